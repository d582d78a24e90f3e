//! The rosters among the files: one federation, versions that follow each other, signed by the root keys that the first of them names.

use crate::request::File;
use yizhang_ledger::{
    Invalid,
    note::Note,
    roster::{RootFingerprint, Roster},
};
use yizhang_show::verdict::Anchor;

/// Rosters that follow each other, and whether the reader trusts their root keys.
pub(crate) struct Rosters {
    /// The newest.
    pub(crate) newest: Roster,
    /// Those before it, the newest of them first.
    pub(crate) others: Vec<Roster>,
    /// Whose root keys they are.
    pub(crate) anchor: Anchor,
    /// The root keys of any version.
    roots: Vec<RootFingerprint>,
    /// All of them as they are signed, the oldest first.
    notes: Vec<Vec<u8>>,
}

/// Why rosters are of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RosterFault {
    /// There is none.
    None,
    /// One is no roster, not signed as it should be, or does not follow from the one before.
    Invalid { file: String, fault: Invalid },
    /// A version between two of them is missing.
    Gap { missing: u64 },
    /// Two of them have one number.
    Twice { version: u64 },
    /// No version has the root keys that the reader trusts.
    OtherRoots { found: RootFingerprint },
}

/// A roster that was not checked yet, and the file that it is from.
struct Stated<'a> {
    file: &'a File<'a>,
    roster: Roster,
}

impl Rosters {
    /// Opens the rosters among files, for a reader who trusts root keys with a fingerprint, or has none to compare.
    pub(crate) fn open(
        notes: &[&File<'_>],
        trusted: Option<RootFingerprint>,
    ) -> Result<Self, RosterFault> {
        let stated = in_order(notes)?;
        let mut versions: Vec<Roster> = Vec::new();
        let mut signed = Vec::new();
        for stated in &stated {
            let fault = |fault| invalid(stated.file, fault);
            let opened = match versions.last() {
                None => {
                    let Roster {
                        roots, threshold, ..
                    } = &stated.roster;
                    Roster::open(stated.file.bytes, roots, *threshold)
                }
                Some(before) if before.version == stated.roster.version => {
                    let version = before.version;
                    if *before != stated.roster {
                        return Err(RosterFault::Twice { version });
                    }
                    continue;
                }
                Some(before) => {
                    let missing = before.version.saturating_add(1);
                    if missing != stated.roster.version {
                        return Err(RosterFault::Gap { missing });
                    }
                    before.open_next(stated.file.bytes)
                }
            };
            versions.push(opened.map_err(fault)?);
            signed.push(stated.file.bytes.to_vec());
        }
        let anchor = anchor(&versions, trusted)?;
        let roots = versions.iter().map(Roster::root_fingerprint).collect();
        let newest = versions.pop().ok_or(RosterFault::None)?;
        versions.reverse();
        Ok(Self {
            newest,
            others: versions,
            anchor,
            roots,
            notes: signed,
        })
    }

    /// The versions as they are signed, if they are under these root keys; none of another federation's.
    pub(crate) fn of(&self, root: RootFingerprint) -> &[Vec<u8>] {
        if self.roots.contains(&root) {
            &self.notes
        } else {
            &[]
        }
    }
}

/// The rosters by the versions that they state.
fn in_order<'a>(notes: &[&'a File<'a>]) -> Result<Vec<Stated<'a>>, RosterFault> {
    let mut stated = Vec::new();
    for file in notes {
        let roster = unsigned(file.bytes).map_err(|fault| invalid(file, fault))?;
        stated.push(Stated { file, roster });
    }
    stated.sort_by_key(|stated| stated.roster.version);
    Ok(stated)
}

/// Whether the reader trusts the root keys. Those of any version will do: what comes after is signed by them, and they name what was
/// before.
fn anchor(versions: &[Roster], trusted: Option<RootFingerprint>) -> Result<Anchor, RosterFault> {
    let first = versions.first().ok_or(RosterFault::None)?;
    let found = first.root_fingerprint();
    let Some(trusted) = trusted else {
        return Ok(Anchor::Unknown(found.to_string()));
    };
    let mut all = versions.iter().map(Roster::root_fingerprint);
    if all.any(|fingerprint| fingerprint == trusted) {
        Ok(Anchor::Known(trusted.to_string()))
    } else {
        Err(RosterFault::OtherRoots { found })
    }
}

/// A roster as its text has it, whoever has signed it.
fn unsigned(note: &[u8]) -> Result<Roster, Invalid> {
    Roster::parse(Note::parse(note)?.text)
}

fn invalid(file: &File<'_>, fault: Invalid) -> RosterFault {
    RosterFault::Invalid {
        file: file.name.to_owned(),
        fault,
    }
}
