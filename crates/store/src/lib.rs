//! The disk: segment files, the journal and the rebuildable index.
