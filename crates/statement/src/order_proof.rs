//! A proof of an order: one row of a platform's order file, tied by its salted leaf to the record of its month, and by the record's path to a
//! signed head (docs/FORMAT.md, section 19). It shows this row and no other.

use crate::{
    ReceiptFault, Receipted,
    evidence::RecordEvidence,
    lines::{LineFault, Lines},
    promises,
};
use core::fmt::Write as _;
use yizhang_ledger::{
    Invalid,
    codec::CodecFault,
    fact::Fact,
    hash::{Hash, from_hex},
    head::{HEAD_BYTES_MAX, Head},
    order::{self, OrderRow, OrderSalt},
    record::{PlatformMonth, Record},
    roster::{KeyKind, Roster},
    tree::{PATH_HASHES_MAX, ProofFault, verify_inclusion},
    value::{Day, LeafIndex},
};

/// First line of a proof of an order.
pub const ORDER_PROOF_HEADER: &str = "yizhang-order-proof/v1";
/// Longest row or entry in a proof: several times the longest that there is.
const BYTES_MAX: usize = 4_096;
/// Largest proof: a head, two paths of hashes of 72 characters each, a row and an entry in hexadecimal digits, and its other lines.
pub const ORDER_PROOF_BYTES_MAX: usize =
    HEAD_BYTES_MAX + 2 * PATH_HASHES_MAX * 72 + 4 * BYTES_MAX + 1_024;

/// A row, the record of its month, and what ties them together and to a head.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderProof {
    /// The row, for [`OrderRow::read`].
    pub row: Vec<u8>,
    /// Its salt.
    pub salt: OrderSalt,
    /// Its place in the month, from 0.
    pub index: u64,
    /// From its leaf to the root in the record.
    pub path: Vec<Hash>,
    /// The record of the month, with its path to the head.
    pub record: RecordEvidence,
    /// A signed head of the chain, a note.
    pub head: Vec<u8>,
}

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedOrder<'p> {
    /// The order.
    pub row: OrderRow<'p>,
    /// The month that it was deposited with.
    pub month: PlatformMonth<'p>,
    /// Where the month stands in its chain.
    pub index: LeafIndex,
    /// The head that it stands under, and who promises what.
    pub under: Receipted,
}

/// A field by which a row belongs to a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderField {
    /// The platform.
    Platform,
    /// The worker.
    Account,
    /// The city.
    Place,
    /// The month in which it was accepted, in UTC+8.
    Month,
    /// Kind of business.
    Trade,
    /// How the worker moves.
    Mode,
}

/// Why a proof shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderProofFault {
    /// It is larger than any.
    #[error("a proof of an order has at most {ORDER_PROOF_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It is not of the form.
    #[error("the proof, {0}")]
    Form(#[from] LineFault),
    /// The row is none.
    #[error("the row of the proof: {0}")]
    Row(CodecFault),
    /// The record does not stand in the chain, or the head is not signed by a key that the roster allows.
    #[error("the record of the proof: {0}")]
    Record(#[from] Invalid),
    /// The record is none of a month.
    #[error("the record of the proof is none of a platform's month")]
    NoMonth,
    /// The row does not belong to the month.
    #[error("the row and the month of the proof differ: {0:?}")]
    OtherMonth(OrderField),
    /// The row is not one of those that the month sums up.
    #[error("the row is not among those of the month: {0}")]
    Leaf(ProofFault),
    /// The head shows nothing by itself, or a cosignature of it is wrong.
    #[error("{0}")]
    Head(#[from] ReceiptFault),
}

/// Rows name a worker's order: only its length is shown.
impl core::fmt::Debug for OrderProof {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OrderProof([redacted], {} bytes of row)", self.row.len())
    }
}

impl OrderProof {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{ORDER_PROOF_HEADER}\n");
        line(&mut text, "row", &hex(&self.row));
        line(&mut text, "salt", &hex(&self.salt.0));
        line(&mut text, "index", &self.index.to_string());
        for hash in &self.path {
            line(&mut text, "path", &hash.to_string());
        }
        line(&mut text, "entry", &hex(&self.record.entry));
        line(&mut text, "leaf", &self.record.index.0.to_string());
        for hash in &self.record.path {
            line(&mut text, "step", &hash.to_string());
        }
        line(&mut text, "head", &self.head.len().to_string());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.head);
        bytes
    }

    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`OrderProofFault::TooLarge`], [`OrderProofFault::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, OrderProofFault> {
        if bytes.len() > ORDER_PROOF_BYTES_MAX {
            return Err(OrderProofFault::TooLarge { found: bytes.len() });
        }
        let mut lines = Lines::new(bytes);
        if lines.line()? != ORDER_PROOF_HEADER {
            return Err(lines.fault("expected yizhang-order-proof/v1").into());
        }
        let row = lines.value("row ", "expected a row")?;
        let row = bytes_of(&lines, row)?;
        let salt = lines.value("salt ", "expected a salt")?;
        let salt = from_hex(salt)
            .map(OrderSalt)
            .ok_or(lines.fault("a salt is not 32 hexadecimal digits"))?;
        let index = lines.number("index ", "expected the place of the row")?;
        let (path, rest) = hashes(&mut lines, "path ")?;
        let entry = rest
            .strip_prefix("entry ")
            .ok_or(lines.fault("expected the entry of a record"))?;
        let entry = bytes_of(&lines, entry)?;
        let leaf = lines.number("leaf ", "expected the position of the record")?;
        let (steps, rest) = hashes(&mut lines, "step ")?;
        let head = lines.head(rest)?;
        lines.end()?;
        let proof = Self {
            row,
            salt,
            index,
            path,
            record: RecordEvidence {
                index: LeafIndex(leaf),
                entry,
                path: steps,
            },
            head,
        };
        if proof.to_bytes() == bytes {
            Ok(proof)
        } else {
            let reason = "it is not in canonical form";
            Err(LineFault { line: 1, reason }.into())
        }
    }

    /// What the proof shows under a roster: row to leaf, leaf to the root in the record, record to the head, head to a key of the roster.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn verify(&self, roster: &Roster) -> Result<ProvedOrder<'_>, OrderProofFault> {
        let row = OrderRow::read(&self.row).map_err(OrderProofFault::Row)?;
        let head = Head::open(&self.head, roster)?;
        if let Some(doubt) = roster.doubt(&head) {
            let fault = ReceiptFault::InDoubt {
                size: head.size,
                agreed: doubt.agreed.size,
                from: doubt.from.size,
            };
            return Err(fault.into());
        }
        let RecordEvidence { index, entry, path } = &self.record;
        let fact = Fact::prove(entry, *index, path, &head)?.into_inner();
        let Record::PlatformMonth(month) = fact.record else {
            return Err(OrderProofFault::NoMonth);
        };
        belongs(&row, &month)?;
        let leaf = order::leaf(&self.salt, &self.row);
        let rows = u64::from(month.file.rows);
        verify_inclusion(&leaf, self.index, rows, &self.path, &month.file.root)
            .map_err(OrderProofFault::Leaf)?;
        let held = |kind| promises(&self.head, roster, &head.origin, kind);
        let under = Receipted {
            mirrors: held(KeyKind::Mirror)?,
            witnesses: held(KeyKind::Witness)?,
            origin: head.origin.clone(),
            size: head.size,
        };
        Ok(ProvedOrder {
            row,
            month,
            index: *index,
            under,
        })
    }
}

/// Refuses a row that is not of a month by its own words.
fn belongs(row: &OrderRow<'_>, month: &PlatformMonth<'_>) -> Result<(), OrderProofFault> {
    let accepted = Day::of(row.accepted).in_month();
    for (is_equal, field) in [
        (row.platform == month.platform, OrderField::Platform),
        (row.account == month.account, OrderField::Account),
        (row.place == month.place, OrderField::Place),
        (accepted == Some(month.month), OrderField::Month),
        (row.trade == month.trade, OrderField::Trade),
        (row.mode == month.mode, OrderField::Mode),
    ] {
        if !is_equal {
            return Err(OrderProofFault::OtherMonth(field));
        }
    }
    Ok(())
}

fn line(text: &mut String, word: &str, value: &str) {
    for part in [word, " ", value, "\n"] {
        text.push_str(part);
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // A string takes whatever is written to it.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The bytes of an even number of hexadecimal digits.
fn bytes_of(lines: &Lines<'_>, text: &str) -> Result<Vec<u8>, LineFault> {
    let fault = lines.fault("expected pairs of hexadecimal digits");
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return Err(fault);
    };
    if pairs.is_empty() || pairs.len() > BYTES_MAX {
        return Err(fault);
    }
    let mut bytes = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let byte = core::str::from_utf8(pair).ok().and_then(from_hex);
        let [byte] = byte.ok_or(fault)?;
        bytes.push(byte);
    }
    Ok(bytes)
}

/// The hashes of lines that begin with a word, and the line behind them.
fn hashes<'a>(lines: &mut Lines<'a>, word: &str) -> Result<(Vec<Hash>, &'a str), LineFault> {
    let mut hashes = Vec::new();
    loop {
        let line = lines.line()?;
        let Some(hash) = line.strip_prefix(word) else {
            return Ok((hashes, line));
        };
        if hashes.len() == PATH_HASHES_MAX {
            return Err(lines.fault("a path has at most 63 hashes"));
        }
        hashes.push(lines.hash(hash)?);
    }
}
