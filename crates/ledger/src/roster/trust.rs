//! Trust in a federation by a fingerprint: short enough to be read out, printed or compared, it stands for the root keys, and with them for
//! every version of the roster.

use super::Roster;
use crate::{
    Invalid,
    hash::{derive, from_hex},
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// Context of [`RootFingerprint`].
pub const ROOT_CONTEXT: &str = "yizhang 2026-11-30 v1 root fingerprint";
/// Most versions of a roster that lead from one that is trusted to the newest.
pub const VERSIONS_MAX: usize = 1_024;
/// Hexadecimal digits between two blanks of a fingerprint.
const GROUP_DIGITS: usize = 4;

/// What stands for the root keys of a federation: its name, its root keys and how many of them decide. 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RootFingerprint(pub [u8; 16]);

impl RootFingerprint {
    /// Reads 32 hexadecimal digits of either case, with blanks, dashes or colons between them or none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_between =
            |character: &char| matches!(character, '-' | ':') || character.is_whitespace();
        let digits: String = text
            .chars()
            .filter(|character| !is_between(character))
            .map(|character| character.to_ascii_lowercase())
            .collect();
        from_hex(&digits).map(Self)
    }
}

/// In groups of four digits.
impl fmt::Display for RootFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = alloc::format!("{:032x}", u128::from_be_bytes(self.0));
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && at.is_multiple_of(GROUP_DIGITS) {
                f.write_str(" ")?;
            }
            fmt::Write::write_char(f, digit)?;
        }
        Ok(())
    }
}

impl fmt::Debug for RootFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why versions of a roster lead nowhere from a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// There is no version, or more than [`VERSIONS_MAX`].
    #[error("expected 1 to {VERSIONS_MAX} versions of the roster, found {found}")]
    Versions {
        /// How many there are.
        found: usize,
    },
    /// No version has the trusted root keys.
    #[error("expected the root keys {trusted}, found {found}")]
    OtherRoots {
        /// What is trusted.
        trusted: RootFingerprint,
        /// The root keys of the first version.
        found: RootFingerprint,
    },
    /// A version is not signed as it should be, or does not follow from the one before.
    #[error("version {number} of the roster: {fault}")]
    Version {
        /// Which of them, from 1.
        number: usize,
        /// What is wrong.
        fault: Invalid,
    },
}

impl Roster {
    /// What stands for its root keys.
    pub fn root_fingerprint(&self) -> RootFingerprint {
        let mut text = alloc::format!("{}\n{}\n", self.federation, self.threshold).into_bytes();
        for root in &self.roots {
            text.extend_from_slice(root);
        }
        RootFingerprint(derive(ROOT_CONTEXT, &[&text]).first())
    }

    /// The root keys that the text of a roster names, whoever has signed it.
    ///
    /// # Errors
    /// [`Invalid::NoteForm`], [`Invalid::RosterForm`].
    pub fn root_fingerprint_of(note: &[u8]) -> Result<RootFingerprint, Invalid> {
        Ok(unsigned(note)?.root_fingerprint())
    }

    /// The version that the text of a roster says it is, whoever has signed it.
    ///
    /// # Errors
    /// [`Invalid::NoteForm`], [`Invalid::RosterForm`].
    pub fn version_of(note: &[u8]) -> Result<u64, Invalid> {
        Ok(unsigned(note)?.version)
    }

    /// The versions that follow from trusted root keys, oldest first, the trusted one included.
    ///
    /// The first version that has these root keys is the one that is trusted: it must be signed by enough of its own keys. Each further one must
    /// follow from the one before, as [`Roster::open_next`] says. Versions before it are passed over.
    ///
    /// # Errors
    /// [`TrustFault`].
    pub fn open_versions(
        notes: &[Vec<u8>],
        trusted: RootFingerprint,
    ) -> Result<Vec<Self>, TrustFault> {
        let found = notes.len();
        if notes.is_empty() || found > VERSIONS_MAX {
            return Err(TrustFault::Versions { found });
        }
        let mut versions: Vec<Self> = Vec::new();
        let mut first = None;
        for (number, note) in (1..).zip(notes) {
            let in_version = |fault| TrustFault::Version { number, fault };
            if let Some(previous) = versions.last() {
                let next = previous.open_next(note).map_err(in_version)?;
                versions.push(next);
                continue;
            }
            let candidate = unsigned(note).map_err(in_version)?;
            let fingerprint = candidate.root_fingerprint();
            first = first.or(Some(fingerprint));
            if fingerprint == trusted {
                let own = Self::open(note, &candidate.roots, candidate.threshold);
                versions.push(own.map_err(in_version)?);
            }
        }
        match (versions.is_empty(), first) {
            (true, Some(found)) => Err(TrustFault::OtherRoots { trusted, found }),
            _ => Ok(versions),
        }
    }
}

/// A roster as its text has it, whoever has signed it.
fn unsigned(note: &[u8]) -> Result<Roster, Invalid> {
    Roster::parse(crate::note::Note::parse(note)?.text)
}
