//! The signature of the node that made a statement.

use super::{
    check::Refusal,
    form::{PortableFault, SectionName},
};
use ed25519_dalek::SigningKey;
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    note::{self, Note},
    roster::Roster,
    value::{Day, TreeSize},
};

/// First line of what the issuer signs; no head begins so, because no origin does.
pub const ISSUER_HEADER: &str = "yizhang-statement/v1";

/// Who has made a statement, as its note says.
pub(super) struct Issuer {
    pub(super) origin: Origin,
}

/// The signed note of an issuer.
pub(super) fn sign(issuer: &Origin, day: Day, digest: Hash, key: &SigningKey) -> Vec<u8> {
    note::sign(&text(issuer, day, digest), issuer.as_str(), key).into_bytes()
}

fn text(issuer: &Origin, day: Day, digest: Hash) -> String {
    format!("{ISSUER_HEADER}\n{issuer}\n{day}\n{digest}\n")
}

/// Reads the note: this day, this digest, by whom, with one line of signature.
pub(super) fn read(note: &[u8], day: Day, digest: Hash) -> Result<Issuer, PortableFault> {
    let wrong = |reason| PortableFault::Content {
        section: SectionName::Issuer,
        reason,
    };
    let parsed = Note::parse(note).map_err(|_| wrong("it is no signed note"))?;
    let mut lines = parsed.text.lines();
    let header = lines.next();
    let origin = lines.next().and_then(Origin::parse);
    let origin = origin.ok_or(wrong("its second line is no chain"))?;
    if header != Some(ISSUER_HEADER) || parsed.text != text(&origin, day, digest) {
        return Err(wrong(
            "it is not signed as it is: something before the signature was changed",
        ));
    }
    if parsed.signatures() != 1 {
        return Err(wrong("it has more than one line of signature"));
    }
    Ok(Issuer { origin })
}

/// Believes the note because a key of the issuer's chain has signed it that counts at the size of the chain's head in the statement, or
/// later.
pub(super) fn verify(
    note: &[u8],
    issuer: &Issuer,
    size: TreeSize,
    roster: &Roster,
) -> Result<(), Refusal> {
    let unknown = || Refusal::Issuer {
        issuer: issuer.origin.clone(),
    };
    let keys = roster.keys(&issuer.origin).ok_or_else(unknown)?;
    let note = Note::parse(note)?;
    for span in keys {
        let is_over = span.until.is_some_and(|until| until < size);
        if !is_over && note.is_signed_by(&span.key)? {
            return Ok(());
        }
    }
    Err(unknown())
}
