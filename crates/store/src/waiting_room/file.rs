//! The bytes of a file of the waiting room.

use super::{REASON_BYTES_MAX, Refused, Waiting};
use yizhang_ledger::{
    batch::SubmissionId,
    hash::{Hash, derive},
    value::{Code, UnixMillis},
};

/// How a file begins: what it is, and the version of its form.
const MAGIC: [u8; 8] = *b"YZWAIT\0\x01";
/// Context of the checksum.
const CONTEXT: &str = "yizhang 2026-11-30 v1 waiting submission";
const CHECKSUM_BYTES: usize = 16;
/// Most bytes before the records.
pub(super) const HEAD_BYTES_MAX: usize = MAGIC.len()
    + CHECKSUM_BYTES
    + 16
    + 3 * 32
    + 4
    + 2 * 8
    + (1 + Code::LENGTH_MAX)
    + (2 + REASON_BYTES_MAX);

pub(super) fn write(waiting: &Waiting, records: &[u8]) -> Vec<u8> {
    let none = Refused {
        checker: Hash::ZERO,
        at: UnixMillis(0),
        reason: String::new(),
    };
    let refused = waiting.refused.as_ref().unwrap_or(&none);
    let (submitter, reason) = (waiting.submitter.as_bytes(), refused.reason.as_bytes());
    let submitter_length = u8::try_from(submitter.len()).expect("a submitter is a Code");
    let reason_length = u16::try_from(reason.len()).expect("a reason is a sentence");
    let mut body = Vec::with_capacity(HEAD_BYTES_MAX + records.len());
    body.extend(waiting.id.0);
    body.extend(waiting.maker.0);
    body.extend(waiting.content.0);
    body.extend(waiting.records.to_le_bytes());
    body.extend(waiting.came.0.to_le_bytes());
    body.extend(refused.checker.0);
    body.extend(refused.at.0.to_le_bytes());
    body.push(submitter_length);
    body.extend(submitter);
    body.extend(reason_length.to_le_bytes());
    body.extend(reason);
    body.extend(records);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(checksum(&body));
    bytes.extend(body);
    bytes
}

/// What a file says, and the records in it; none if it is no file of the waiting room, or was changed.
pub(super) fn read(bytes: &[u8]) -> Option<(Waiting, &[u8])> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (sum, body) = rest.split_at_checked(CHECKSUM_BYTES)?;
    if sum != checksum(body) {
        return None;
    }
    let mut reader = Reader(body);
    let id = SubmissionId(reader.take()?);
    let (maker, content) = (Hash(reader.take()?), Hash(reader.take()?));
    let records = u32::from_le_bytes(reader.take()?);
    let came = UnixMillis(u64::from_le_bytes(reader.take()?));
    let checker = Hash(reader.take()?);
    let at = UnixMillis(u64::from_le_bytes(reader.take()?));
    let [submitter_length] = reader.take()?;
    let submitter = reader.text(submitter_length.into())?;
    let reason_length = u16::from_le_bytes(reader.take()?);
    let reason = reader.text(reason_length.into())?;
    let refused = Refused {
        checker,
        at,
        reason,
    };
    let waiting = Waiting {
        id,
        submitter,
        maker,
        content,
        records,
        came,
        refused: (at.0 > 0).then_some(refused),
    };
    Some((waiting, reader.0))
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let Hash(hash) = derive(CONTEXT, &[body]);
    *hash.first_chunk().expect("a hash has 32 bytes")
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(taken.to_vec()).ok()
    }
}
