//! What a reader knows before he is handed anything.

use super::Arguments;
use crate::{
    exit::Failure,
    worker::{known_rosters, trusted_root},
};
use rust_i18n::t;
use yizhang_ledger::roster::RootFingerprint;

/// What the reader trusts, and what he knows beside it.
pub(super) struct Known {
    pub(super) root: RootFingerprint,
    /// Versions of the roster, oldest first; none where he has the fingerprint alone.
    pub(super) rosters: Vec<Vec<u8>>,
}

impl Known {
    pub(super) fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        if let Some(root) = arguments.root {
            let rosters = Vec::new();
            return Ok(Self { root, rosters });
        }
        let directory = arguments.credentials.as_deref();
        let directory =
            directory.ok_or_else(|| Failure::Arguments(t!("verify.needs_roster").to_string()))?;
        Ok(Self {
            root: trusted_root(directory)?,
            rosters: known_rosters(directory)?,
        })
    }
}
