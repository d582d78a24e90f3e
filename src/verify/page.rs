//! A page of the verifier, for whoever has no program: with the file that was checked, or without any.

use super::Arguments;
use crate::{
    credentials::{self, TrustedRoster},
    files, page,
    worker::trusted_root,
};
use std::path::Path;
use yizhang_page::Page;
use yizhang_statement::PORTABLE_BYTES_MAX;
use yizhang_verifier::File;

/// Writes the page, with what the caller trusts: the fingerprint of root keys, and the versions of the roster that he has.
pub(super) fn write(arguments: &Arguments, target: &Path) -> anyhow::Result<()> {
    let directory = arguments.credentials.as_deref();
    let fingerprint = match (arguments.root, directory) {
        (Some(root), _) => root.to_string(),
        (None, Some(directory)) => trusted_root(directory)?.to_string(),
        (None, None) => String::new(),
    };
    let mut named: Vec<(String, Vec<u8>)> = Vec::new();
    if let Some(path) = &arguments.path {
        let bytes = files::read_at_most(path, PORTABLE_BYTES_MAX)?;
        named.push((page::name(path), bytes));
    }
    // A statement brings its own, and whoever makes the page may know of later ones.
    if let Some(directory) = directory {
        named.extend(notes(&credentials::read_roster(directory)?));
    }
    let files = named.iter().map(|(name, bytes)| File { name, bytes });
    let content = Page {
        fingerprint: &fingerprint,
        files: files.collect(),
    };
    page::write(target, &content)
}

/// The versions of the roster, each as a file with its number.
fn notes(trusted: &TrustedRoster) -> Vec<(String, Vec<u8>)> {
    let notes = trusted.versions.after(0);
    let first = trusted.versions.rosters().last();
    let first = first.map_or(1, |first| first.version);
    let named = (first..).zip(notes);
    let named = named.map(|(version, note)| (format!("roster-{version}.note"), note.to_vec()));
    named.collect()
}
