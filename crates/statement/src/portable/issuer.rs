//! The signature of the node that made a statement.

use super::{
    check::{Refusal, Rosters},
    form::{PortableFault, SectionName},
};
use ed25519_dalek::SigningKey;
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    note::{self, Note},
    roster::{ChainKey, Roster},
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

/// Believes the note because a key of the issuer's chain has signed it that is in force under the roster which the statement brings, and that
/// has not ended, as far as the reader knows, before the size of the chain's head in the statement. Says whether it has ended since: whoever
/// has stolen a key chooses head and day, and nothing but its end tells him from the node.
pub(super) fn verify(
    note: &[u8],
    issuer: &Issuer,
    size: TreeSize,
    rosters: &Rosters,
) -> Result<bool, Refusal> {
    let unknown = || Refusal::Issuer {
        issuer: issuer.origin.clone(),
    };
    let note = Note::parse(note)?;
    let keys = |roster| Roster::keys(roster, &issuer.origin).ok_or_else(unknown);
    let known = keys(&rosters.newest)?;
    for span in keys(&rosters.stated)? {
        let is_over = |known: &&ChainKey| {
            known.key == span.key && known.until.is_some_and(|until| until < size)
        };
        let is_in_force = span.until.is_none() && !known.iter().any(|one| is_over(&one));
        if is_in_force && note.is_signed_by(&span.key)? {
            let has_ended = |known: &&ChainKey| known.key == span.key && known.until.is_some();
            return Ok(known.iter().any(|one| has_ended(&one)));
        }
    }
    Err(unknown())
}
