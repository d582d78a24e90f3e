//! The head of a chain as a statement has it: with as many cosignatures as convince, and no more.

use crate::receipt_file::counting;
use yizhang_ledger::{
    Invalid,
    cosignature::{self, CosignerKey},
    head::Origin,
    note::Note,
    roster::{KeyKind, Roster},
};

/// Most cosignatures of one head in a statement: with 30 mirrors and 30 witnesses of 31 chains they alone would have a quarter of a megabyte.
pub const COSIGNATURES_STATED: usize = 4;

/// A head with the lines of its chain and of at most [`COSIGNATURES_STATED`] cosigners whose lines count: mirrors before witnesses, in the
/// order of their regions. Of one with a wrong line none is kept: what the chain has signed counts all the same.
///
/// # Errors
/// [`Invalid::NoteForm`] for what is no note.
pub fn stated_head(note: &[u8], roster: &Roster, origin: &Origin) -> Result<Vec<u8>, Invalid> {
    let parsed = Note::parse(note)?;
    let mirrors = counting(note, roster, origin, KeyKind::Mirror);
    let witnesses = counting(note, roster, origin, KeyKind::Witness);
    let kept: Vec<&CosignerKey> = match (&mirrors, &witnesses) {
        (Ok(mirrors), Ok(witnesses)) => {
            let all = mirrors.iter().chain(witnesses);
            all.map(|one| one.key).take(COSIGNATURES_STATED).collect()
        }
        _ => Vec::new(),
    };
    Ok(cosignature::keep(&parsed, origin.as_str(), &kept).into_bytes())
}
