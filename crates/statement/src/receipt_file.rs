//! A receipt that is kept: what a chain has taken, under a head that others have cosigned, checked by whoever has the roster
//! (docs/FORMAT.md, section 14, "Receipt files").

use crate::lines::{LineFault, Lines};
use yizhang_ledger::{
    Invalid,
    batch::SubmissionId,
    cosignature::{self, CosignatureFault, CosignerKey, UnixSeconds},
    hash::{Hash, from_hex},
    head::{HEAD_BYTES_MAX, Head, Origin},
    note::Note,
    range::{LeafRange, RANGE_HASHES_MAX, RangeProof, inside_of, verify_range},
    roster::{KeyKind, Roster},
    tree::ProofFault,
    value::{Division, LeafIndex, TreeSize},
};

/// First line of a receipt file.
pub const RECEIPT_HEADER: &str = "yizhang-receipt/v1";
/// Largest receipt file: the largest head, two lists of hashes of 72 characters each, and its other lines.
pub const RECEIPT_BYTES_MAX: usize = HEAD_BYTES_MAX + 2 * RANGE_HASHES_MAX * 73 + 1_024;

/// A receipt for one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptFile {
    /// The submission.
    pub submission: SubmissionId,
    /// Position of its first record.
    pub first: LeafIndex,
    /// Its records, at least one.
    pub records: u64,
    /// Version of the roster that it was checked by when it was kept. Nobody has signed it: it says which roster a reader needs at least.
    pub roster: u64,
    /// What ties them to the head.
    pub proof: RangeProof,
    /// A head of the chain that reaches its last record, a note with cosignatures.
    pub head: Vec<u8>,
}

/// What a receipt shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipted {
    /// The chain.
    pub origin: Origin,
    /// The size of the head.
    pub size: TreeSize,
    /// Who durably holds every entry up to the head, besides the chain's own node.
    pub mirrors: Vec<Promise>,
    /// Who has seen the head, consistent with all that he saw before.
    pub witnesses: Vec<Promise>,
}

/// A cosignature that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The region whose node has given it.
    pub region: Division,
    /// When, by its own clock.
    pub time: UnixSeconds,
}

/// Why a receipt shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// It is larger than any.
    #[error("a receipt has at most {RECEIPT_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It is not of the form.
    #[error("the receipt, {0}")]
    Form(#[from] LineFault),
    /// The head is not signed by a key that the roster allows.
    #[error("the head of the receipt: {0}")]
    Head(#[from] Invalid),
    /// The head may be of a history that its chain has given up: the roster has decided between two since.
    #[error(
        "the chain of the receipt has shown two histories, which agree up to {agreed} entries, and goes on from {from}: whether the head of the \
         receipt, of {size} entries, is of the one that counts, the receipt does not show. Ask a node, or import the file again"
    )]
    InDoubt {
        /// Size of the head.
        size: TreeSize,
        /// Up to where both histories are the same.
        agreed: TreeSize,
        /// From where the chain goes on.
        from: TreeSize,
    },
    /// A cosignature is wrong, and with it all of them.
    #[error("the head of the receipt: {0}")]
    Cosignature(#[from] CosignatureFault),
    /// The records do not stand there under the head.
    #[error("the records of the receipt: {0}")]
    Range(ProofFault),
    /// The records that were sent are others than those of the receipt.
    #[error("the records that were sent are not those that the receipt is for")]
    OtherRecords,
}

impl ReceiptFile {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut lines = vec![
            RECEIPT_HEADER.to_string(),
            format!("submission {}", self.submission),
            format!("first {}", self.first.0),
            format!("records {}", self.records),
            format!("roster {}", self.roster),
        ];
        lines.extend(
            self.proof
                .inside
                .iter()
                .map(|hash| format!("inside {hash}")),
        );
        lines.extend(
            self.proof
                .outside
                .iter()
                .map(|hash| format!("outside {hash}")),
        );
        lines.push(format!("head {}\n", self.head.len()));
        let mut bytes = lines.join("\n").into_bytes();
        bytes.extend_from_slice(&self.head);
        bytes
    }

    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`ReceiptFault::TooLarge`], [`ReceiptFault::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptFault> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptFault::TooLarge { found: bytes.len() });
        }
        let mut lines = Lines::new(bytes);
        if lines.line()? != RECEIPT_HEADER {
            return Err(lines.fault("expected yizhang-receipt/v1").into());
        }
        let submission = lines.value("submission ", "expected the number of a submission")?;
        let submission = from_hex(submission)
            .map(SubmissionId)
            .ok_or(lines.fault("the number of a submission is not 32 hexadecimal digits"))?;
        let first = lines.number("first ", "expected the position of the first record")?;
        let records = lines.number("records ", "expected a number of records")?;
        let roster = lines.number("roster ", "expected the version of a roster")?;
        let mut proof = RangeProof::default();
        let mut line = lines.line()?;
        while let Some(hash) = line.strip_prefix("inside ") {
            add(&mut proof.inside, &lines, hash)?;
            line = lines.line()?;
        }
        while let Some(hash) = line.strip_prefix("outside ") {
            add(&mut proof.outside, &lines, hash)?;
            line = lines.line()?;
        }
        let head = lines.head(line)?;
        lines.end()?;
        let receipt = Self {
            submission,
            first: LeafIndex(first),
            records,
            roster,
            proof,
            head,
        };
        if receipt.to_bytes() == bytes {
            Ok(receipt)
        } else {
            let reason = "it is not in canonical form";
            Err(LineFault { line: 1, reason }.into())
        }
    }

    /// What the receipt shows under a roster: that the chain has records there under a head that its key has signed, and who promises
    /// what. Which records they are, [`ReceiptFile::is_for`] tells.
    ///
    /// # Errors
    /// `Head`, `InDoubt`, `Range`, `Cosignature`.
    pub fn verify(&self, roster: &Roster) -> Result<Receipted, ReceiptFault> {
        let head = Head::open(&self.head, roster)?.into_inner();
        if let Some(doubt) = roster.doubt(&head) {
            return Err(ReceiptFault::InDoubt {
                size: head.size,
                agreed: doubt.agreed.size,
                from: doubt.from.size,
            });
        }
        verify_range(self.range(), head.size.0, &self.proof, &head.root)
            .map_err(ReceiptFault::Range)?;
        Ok(Receipted {
            mirrors: promises(&self.head, roster, &head.origin, KeyKind::Mirror)?,
            witnesses: promises(&self.head, roster, &head.origin, KeyKind::Witness)?,
            size: head.size,
            origin: head.origin,
        })
    }

    /// Whether the receipt is for records with these leaf hashes, in this order. It must have been verified.
    ///
    /// # Errors
    /// [`ReceiptFault::OtherRecords`], [`ReceiptFault::Head`].
    pub fn is_for(&self, leaves: &[Hash], size: TreeSize) -> Result<(), ReceiptFault> {
        match inside_of(self.range(), size.0, leaves) {
            Ok(inside) if inside == self.proof.inside => Ok(()),
            _ => Err(ReceiptFault::OtherRecords),
        }
    }

    /// One that reaches beyond all positions is refused as a range.
    const fn range(&self) -> LeafRange {
        LeafRange {
            first: self.first.0,
            end: self.first.0.saturating_add(self.records),
        }
    }
}

/// The cosignatures of a kind under a head of a chain that count, one a region. A chain's own node promises nothing by them.
///
/// # Errors
/// [`ReceiptFault::Head`] for what is no note, [`ReceiptFault::Cosignature`] for a wrong line.
pub fn promises(
    head: &[u8],
    roster: &Roster,
    origin: &Origin,
    kind: KeyKind,
) -> Result<Vec<Promise>, ReceiptFault> {
    let counting = counting(head, roster, origin, kind)?;
    Ok(counting.iter().map(|one| one.promise).collect())
}

/// A cosignature that counts, and the key that has given it.
pub(crate) struct Counting<'r> {
    pub(crate) promise: Promise,
    pub(crate) key: &'r CosignerKey,
}

/// As [`promises`], with the keys.
pub(crate) fn counting<'r>(
    head: &[u8],
    roster: &'r Roster,
    origin: &Origin,
    kind: KeyKind,
) -> Result<Vec<Counting<'r>>, ReceiptFault> {
    let note = Note::parse(head)?;
    let mut counting: Vec<Counting<'r>> = Vec::new();
    for region in roster
        .regions
        .values()
        .filter(|region| region.origin != *origin)
    {
        for span in region.cosigning_keys(kind) {
            let known = core::slice::from_ref(&span.key);
            for line in cosignature::read(&note, known)? {
                let of_region = region.origin.region();
                let is_first = !counting.iter().any(|one| one.promise.region == of_region);
                if span.is_valid_at(line.time) && is_first {
                    counting.push(Counting {
                        promise: Promise {
                            region: of_region,
                            time: line.time,
                        },
                        key: &span.key,
                    });
                }
            }
        }
    }
    Ok(counting)
}

fn add(hashes: &mut Vec<Hash>, lines: &Lines<'_>, text: &str) -> Result<(), LineFault> {
    if hashes.len() == RANGE_HASHES_MAX {
        return Err(lines.fault("a range has at most 126 hashes on either side"));
    }
    hashes.push(lines.hash(text)?);
    Ok(())
}
