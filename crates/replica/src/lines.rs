//! The lines of cosigners under a head that somebody has sent: each is verified once, and counts or does not.

use crate::{
    cosigner::{Cosigner, Line},
    signed::{Memory, OneLine, Signature, name_of, split, split_lines},
};
use alloc::{borrow::ToOwned, vec::Vec};
use yizhang_ledger::{
    cosignature::CosignatureFault,
    head::{Head, Origin},
    roster::{CosigningKey, KeyKind, Roster},
};

/// A line under a head.
enum Read {
    /// By a key that the roster names for that time.
    Counts(Line),
    /// By somebody whom the roster does not name, at a time for which it does not name the key, or of the chain's own node, whose word
    /// on its own chain adds nothing.
    PassedOver,
    /// It claims to be by a key of the roster and is not.
    Forged,
}

/// The lines under a verified head that count, and how many are forged.
pub(crate) fn read_lines(
    note: &[u8],
    head: &Head,
    roster: &Roster,
    memory: &impl Memory,
) -> (Vec<Line>, usize) {
    let (text, lines) = split(note);
    let mut found = Vec::new();
    let mut forged: usize = 0;
    for line in split_lines(lines) {
        let Some((by, keys)) = named(line, roster) else {
            continue;
        };
        if by.region == head.origin.region() {
            continue;
        }
        match read(text, line, by, keys, memory) {
            Read::Counts(line) => found.push(line),
            Read::PassedOver => {}
            Read::Forged => forged = forged.saturating_add(1),
        }
    }
    (found, forged)
}

/// The cosigner that a line names, with its keys.
fn named<'a>(line: &[u8], roster: &'a Roster) -> Option<(Cosigner, &'a [CosigningKey])> {
    let name = core::str::from_utf8(name_of(line)?).ok()?;
    let (origin, word) = name.rsplit_once('/')?;
    let kinds = [KeyKind::Witness, KeyKind::Mirror];
    let kind = kinds.into_iter().find(|kind| kind.word() == word)?;
    let region = roster.region(&Origin::parse(origin)?)?;
    let by = Cosigner {
        kind,
        region: region.origin.region(),
    };
    Some((by, region.cosigning_keys(kind)))
}

fn read(
    text: &[u8],
    line: &[u8],
    by: Cosigner,
    keys: &[CosigningKey],
    memory: &impl Memory,
) -> Read {
    let alone = [text, line].concat();
    // The blank line is none of the text that is signed.
    let signed = text
        .strip_suffix(b"\n")
        .and_then(|text| core::str::from_utf8(text).ok());
    let (Some(text), Ok(line)) = (signed, core::str::from_utf8(line)) else {
        return Read::PassedOver;
    };
    if !line.ends_with('\n') {
        return Read::PassedOver;
    }
    let counts = |key_id, time| {
        Read::Counts(Line {
            by,
            key_id,
            time,
            text: line.to_owned(),
        })
    };
    if let Some(OneLine(Signature::Cosigner { key_id, time })) = memory.recall(&alone) {
        return counts(key_id, time);
    }
    for span in keys {
        match span.key.verify(text, line) {
            Ok(time) if span.is_valid_at(time) => {
                let key_id = span.key.id();
                memory.remember(&alone, &OneLine(Signature::Cosigner { key_id, time }));
                return counts(key_id, time);
            }
            Ok(_) | Err(CosignatureFault::Form) => return Read::PassedOver,
            Err(CosignatureFault::OtherKey { .. }) => {}
            Err(_) => return Read::Forged,
        }
    }
    Read::PassedOver
}
