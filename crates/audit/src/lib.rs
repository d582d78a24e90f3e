//! Replays whole chains from their bytes and trusts nobody.
