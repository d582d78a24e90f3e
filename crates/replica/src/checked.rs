//! Heads as they come in: checked where they are read.

use crate::{
    cosigner::Line,
    limits::HEAD_LINES_MAX,
    lines::read_lines,
    signed::{Memory, NoMemory, OneLine, Signature, SignedHead, is_by, split, split_lines},
};
use alloc::vec::Vec;
use yizhang_ledger::{Invalid, head::Origin, roster::Roster, value::TreeSize};

/// A head as somebody has sent it, after its form and its signatures were looked at: once, where it was read, and not by the one
/// serial thread of a node, whose work this would be most of. The replica takes heads in this form alone.
#[derive(Clone, Debug)]
pub struct CheckedHead {
    /// What the text claims, without believing anything.
    pub(crate) origin: Option<Origin>,
    pub(crate) size: Option<TreeSize>,
    pub(crate) found: Found,
    /// Cosignatures that count, if the head is signed.
    pub(crate) lines: Vec<Line>,
    /// Lines that claim to be by a key of the roster and are not: nobody honest sends one.
    pub(crate) forged: usize,
}

/// What a head turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// Signed by a key of the roster.
    Signed(SignedHead),
    /// Of a chain, or by a key, that our version of the roster does not know while the sender's may.
    Unknown,
    /// It has more lines than anybody honest puts there, and was not looked at.
    Padded,
    /// No honest node sends it.
    Invalid(Invalid),
}

impl CheckedHead {
    /// Looks at a note, under the roster that the replica has.
    pub fn check(note: &[u8], roster: &Roster) -> Self {
        Self::check_with(note, roster, &NoMemory)
    }

    /// As [`CheckedHead::check`], without verifying again what is remembered.
    pub fn check_with(note: &[u8], roster: &Roster, memory: &impl Memory) -> Self {
        let found = Found::of(note, roster, memory);
        let read = match &found {
            Found::Signed(signed) => read_lines(note, &signed.head, roster, memory),
            Found::Unknown | Found::Padded | Found::Invalid(_) => (Vec::new(), 0),
        };
        let (lines, forged) = read;
        Self {
            origin: claimed_origin(note),
            size: claimed_size(note),
            found,
            lines,
            forged,
        }
    }

    /// How many lines claim to be by a cosigner of the roster and are not.
    pub const fn forged(&self) -> usize {
        self.forged
    }

    /// Whether a key of the roster has signed it.
    pub fn is_signed(&self) -> bool {
        matches!(self.found, Found::Signed(_))
    }
}

impl Found {
    fn of(note: &[u8], roster: &Roster, memory: &impl Memory) -> Self {
        if has_too_many_lines(note) {
            return Self::Padded;
        }
        if let Some(alone) = with_line_of_chain_alone(note)
            && let Some(OneLine(Signature::Chain(signed))) = memory.recall(&alone)
        {
            return Self::Signed(signed);
        }
        match SignedHead::open(note, roster) {
            Ok(signed) => {
                let line = OneLine(Signature::Chain(signed.clone()));
                memory.remember(&signed.note, &line);
                Self::Signed(signed)
            }
            Err(Invalid::UnknownOrigin { .. } | Invalid::NoTrustedSignature { .. }) => {
                Self::Unknown
            }
            Err(fault) => Self::Invalid(fault),
        }
    }
}

/// The note without the lines that are not under the name of its chain, if one is.
fn with_line_of_chain_alone(note: &[u8]) -> Option<Vec<u8>> {
    let origin = claimed_origin(note)?;
    let (text, lines) = split(note);
    let mut by_name = split_lines(lines).filter(|line| is_by(line, &origin));
    let line = by_name.next()?;
    // Of two, one may be wrong, and then the note is.
    by_name.next().is_none().then(|| [text, line].concat())
}

/// The chain that a note claims to be about, without believing anything.
fn claimed_origin(note: &[u8]) -> Option<Origin> {
    let line = split_lines(note).next()?.strip_suffix(b"\n")?;
    Origin::parse(core::str::from_utf8(line).ok()?)
}

/// The size that a note claims, without believing anything.
fn claimed_size(note: &[u8]) -> Option<TreeSize> {
    let line = split_lines(note).nth(1)?.strip_suffix(b"\n")?;
    let size = core::str::from_utf8(line).ok()?.parse();
    size.ok().map(TreeSize)
}

/// Whether more lines stand under a note than anybody honest puts there.
fn has_too_many_lines(note: &[u8]) -> bool {
    let (_, lines) = split(note);
    split_lines(lines).nth(HEAD_LINES_MAX).is_some()
}
