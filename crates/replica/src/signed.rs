//! Signed heads as they are kept and passed on: the text, the one signature of the chain that was verified, and apart from it the lines of
//! cosigners that were.
//!
//! A note may carry more lines than the roster's keys account for. Whoever keeps or serves a line that it has not verified
//! vouches for it, and gives a stranger room in its memory.

use alloc::vec::Vec;
use yizhang_ledger::{
    Invalid, Verified,
    cosignature::UnixSeconds,
    head::{Head, Origin},
    roster::Roster,
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
pub(crate) struct NoMemory;

impl Memory for NoMemory {
    fn recall(&self, _: &[u8]) -> Option<OneLine> {
        None
    }

    fn remember(&self, _: &[u8], _: &OneLine) {}
}

impl SignedHead {
    /// Reads and verifies a note.
    ///
    /// # Errors
    /// As [`Head::open`].
    pub(crate) fn open(note: &[u8], roster: &Roster) -> Result<Self, Invalid> {
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

/// The text with the blank line after it, and the signature lines.
pub(crate) fn split(note: &[u8]) -> (&[u8], &[u8]) {
    let blank = note.windows(2).rposition(|pair| pair == b"\n\n");
    let text_end = blank.map_or(note.len(), |blank| {
        blank.checked_add(2).expect("both newlines lie in the note")
    });
    note.split_at(text_end)
}

/// Whether a signature line names this chain: a dash, a blank, the name, a blank.
pub(crate) fn is_by(line: &[u8], origin: &Origin) -> bool {
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
