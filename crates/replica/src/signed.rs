//! Signed heads: checked where they are read, and as they are kept and passed on: the text, the one signature of the chain that was
//! verified, and apart from it the lines of cosigners that were.
//!
//! A note may carry more lines than the roster's keys account for. Whoever keeps or serves a line that it has not verified
//! vouches for it, and gives a stranger room in its memory.

use crate::{cosigned::Line, limits::HEAD_LINES_MAX, lines::read_lines};
use alloc::vec::Vec;
use yizhang_ledger::{
    Invalid, Verified,
    cosignature::UnixSeconds,
    head::{Head, Origin},
    roster::Roster,
    value::TreeSize,
};

/// A head that a key of the roster has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedHead {
    pub(crate) head: Verified<Head>,
    /// The note with one signature, that of the roster's key.
    pub(crate) note: Vec<u8>,
}

/// A note of one signature line that was verified. Its lines are apart, because heads come again and again with other lines.
#[derive(Clone, Debug)]
pub struct OneLine(pub(crate) Signature);

/// Whose line it is.
#[derive(Clone, Debug)]
pub(crate) enum Signature {
    /// The chain's: the head.
    Chain(SignedHead),
    /// A cosigner's, by the key with this id, at this time.
    Cosigner { key_id: u32, time: UnixSeconds },
}

/// What was verified before, so that no signature is verified twice. Of one roster: another one has other keys.
pub trait Memory {
    /// What a note of one line turned out to be, if it was verified and is still known.
    fn recall(&self, note: &[u8]) -> Option<OneLine>;

    /// A note of one line was verified.
    fn remember(&self, note: &[u8], line: &OneLine);
}

/// Nothing is remembered.
struct NoMemory;

impl Memory for NoMemory {
    fn recall(&self, _: &[u8]) -> Option<OneLine> {
        None
    }

    fn remember(&self, _: &[u8], _: &OneLine) {}
}

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

impl SignedHead {
    /// Reads and verifies a note.
    ///
    /// # Errors
    /// As [`Head::open`].
    fn open(note: &[u8], roster: &Roster) -> Result<Self, Invalid> {
        let head = Head::open(note, roster)?;
        let (text, lines) = split(note);
        if split_lines(lines).count() <= 1 {
            return Ok(Self {
                head,
                note: note.to_vec(),
            });
        }
        let alone = |line: &[u8]| [text, line].concat();
        let verified = |note: &Vec<u8>| Head::open(note, roster).is_ok();
        let by_name = split_lines(lines).filter(|line| is_by(line, &head.origin));
        match by_name.map(alone).find(verified) {
            Some(note) => Ok(Self { head, note }),
            None => Err(Invalid::NoteForm {
                reason: "its verified signature has no line of its own",
            }),
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

/// The text with the blank line after it, and the signature lines.
pub(crate) fn split(note: &[u8]) -> (&[u8], &[u8]) {
    let blank = note.windows(2).rposition(|pair| pair == b"\n\n");
    let text_end = blank.map_or(note.len(), |blank| {
        blank.checked_add(2).expect("both newlines lie in the note")
    });
    note.split_at(text_end)
}

/// Whether a signature line names this chain: a dash, a blank, the name, a blank.
fn is_by(line: &[u8], origin: &Origin) -> bool {
    name_of(line) == Some(origin.as_str().as_bytes())
}

/// The name on a signature line.
pub(crate) fn name_of(line: &[u8]) -> Option<&[u8]> {
    line.split(|byte| *byte == b' ').nth(1)
}

/// The lines, each with its newline.
pub(crate) fn split_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}
