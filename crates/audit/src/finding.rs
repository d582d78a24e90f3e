//! Findings: what an audit has to say about one place, for people as a sentence and for programs as a code with fields.

use serde::{Deserialize, Serialize};
use std::fmt;
use yizhang_ledger::value::Division;

/// Most findings that a chain's report lists; a file of noise gives one per frame. The rest is counted.
pub const FINDINGS_MAX: usize = 1_000;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the chain holds as far as it was verified.
    Note,
    /// A rule is broken: damaged, missing or invalid data.
    Fault,
    /// The owner of a chain has signed two histories.
    Fork,
}

/// What was found. The name in kebab case is stable: scripts and translations may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The data directory has a chain that the roster does not name.
    UnknownChain,
    /// A file or directory has no business where it is.
    UnexpectedFile,
    /// The source holds nothing of a chain that the roster names.
    NoData,
    /// A file cannot be read.
    Unreadable,
    /// A stream ended with an error.
    SourceFailed,
    /// A stream goes on although its chain could not be followed; the rest was not read.
    SourceEndless,
    /// A chain is shorter than an earlier run has read it, or than a signed head that the node held; or it is gone.
    SourceShrunk,
    /// A chain is shorter than what the journal of the node remembers, or somebody else signs with its key.
    BehindJournal,
    /// The segment with the first leaf of the chain is missing.
    SegmentMissing,
    /// Leaves are missing between two segments.
    SegmentGap,
    /// A segment starts before the one before it ends.
    SegmentOverlap,
    /// The header of a segment is damaged.
    SegmentHeader,
    /// A segment belongs to another chain.
    SegmentForeign,
    /// A segment's name and header name different first leaves.
    SegmentName,
    /// The header of a frame is damaged; what follows in the file cannot be read.
    FrameHeader,
    /// Header or body of a frame have changed.
    FrameChecksum,
    /// A file ends inside a frame, or a frame claims to be longer than it is.
    FrameTruncated,
    /// The header or the offsets of a frame disagree with its content.
    FrameFields,
    /// The last file ends inside a frame, as after a crash or while the node writes.
    UnfinishedTail,
    /// The last batch has no signed head yet.
    UnsignedTail,
    /// No head stands behind a batch.
    HeadMissing,
    /// A head that was there before stands there again.
    HeadRepeated,
    /// A head stands where no batch is before it.
    HeadUnexpected,
    /// The chain could not be followed further.
    ChainStopped,
    /// Two signed histories of one chain.
    Fork,
    /// The source has stopped a chain because of signed heads that contradict each other.
    Quarantined,
    /// One source holds less of a chain than another.
    Shorter,
    /// Two sources hold no common batch that could be compared.
    NotCompared,
    /// Records of a kind that this version does not read.
    UnknownKind,
    /// The chain was written under a newer roster than the one audited with.
    RosterNewer,
    /// An approval does not stand directly before what it approves, or is not by the node.
    ApprovalWrong,
    /// A register of accounts is not what the chain gives.
    RegisterWrong,
    /// A register of accounts covers entries behind itself.
    RegisterBeyond,
    /// A register of accounts covers no more than the one before it.
    RegisterWentBack,
    /// A register of accounts is of a form that this version cannot compute.
    RegisterForm,
    /// Registers of accounts could not be computed again, or are too many.
    RegistersNotCompared,
    // Invalid evidence, one code for each rule of the format.
    /// An entry is cut off.
    EntryTruncated,
    /// Kind or length of an entry are not canonical.
    EntryHeader,
    /// A payload is too large.
    EntryTooLarge,
    /// Bytes follow an entry.
    EntryTrailing,
    /// The fields of an entry are wrong.
    Payload,
    /// A batch does not start with a batch entry.
    NotABatch,
    /// A batch entry stands among records.
    BatchAmongRecords,
    /// A batch is too large.
    BatchTooLarge,
    /// A batch has no records or too many.
    RecordsOutOfRange,
    /// A batch has another number of records than it promises.
    RecordCount,
    /// Submissions do not add up.
    SubmissionCount,
    /// A batch or head of another chain.
    WrongChain,
    /// A batch does not start where the chain ends.
    WrongPosition,
    /// A batch has another number than the next.
    WrongNumber,
    /// A batch names another predecessor.
    LinkMismatch,
    /// A batch names another tree before it.
    RootBeforeMismatch,
    /// A batch is older than its predecessor.
    TimeWentBack,
    /// A batch is under an older roster than its predecessor.
    RosterWentBack,
    /// A head has another size than the chain.
    HeadSize,
    /// A head signs another tree.
    HeadRoot,
    /// A head is not the one from which the roster says that its chain goes on.
    HeadNotContinued,
    /// A head is no signed note.
    NoteForm,
    /// A note is no head.
    HeadForm,
    /// The roster has no such chain.
    UnknownOrigin,
    /// No key that the roster allows has signed.
    NoTrustedSignature,
    /// A signature does not verify.
    BadSignature,
    /// A proof proves nothing.
    Proof,
    /// A roster cannot be read.
    RosterForm,
    /// Too few root keys have signed a roster.
    RosterSignatures,
    /// A roster is not made from the one before it.
    RosterPrevious,
}

/// Where something was found, as exactly as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which source, where several were compared: a directory or an address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Division code of the chain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// File, below the data directory.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// First byte of the frame in the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u64>,
    /// Position in the chain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leaf: Option<u64>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// What the rule calls for, where there is a value to name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<String>,
    /// What is there instead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<String>,
    /// The finding as an English sentence, without the place.
    pub text: String,
    /// Signed heads that prove it to others.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<String>,
}

impl Finding {
    pub(crate) fn new(
        severity: Severity,
        code: Code,
        place: &Place,
        text: impl Into<String>,
    ) -> Self {
        let place = place.clone();
        Self {
            severity,
            code,
            place,
            expected: None,
            found: None,
            text: text.into(),
            evidence: Vec::new(),
        }
    }

    pub(crate) fn note(code: Code, place: &Place, text: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, place, text)
    }

    pub(crate) fn fault(code: Code, place: &Place, text: impl Into<String>) -> Self {
        Self::new(Severity::Fault, code, place, text)
    }

    /// That a source says of a chain that it is quarantined from a size on, and shows nothing for it.
    pub fn quarantined(region: Division, from: u64) -> Self {
        let text = "the source has quarantined the chain";
        Self::fault(
            Code::Quarantined,
            &Place::region(region).at_leaf(from),
            text,
        )
    }

    pub(crate) fn between(self, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> Self {
        Self {
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            ..self
        }
    }

    pub(crate) fn with_evidence(self, evidence: Vec<String>) -> Self {
        Self { evidence, ..self }
    }
}

impl Place {
    pub(crate) fn region(region: Division) -> Self {
        Self {
            region: Some(region.to_string()),
            ..Self::default()
        }
    }

    pub(crate) fn in_file(&self, file: &str) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..self.clone()
        }
    }

    pub(crate) fn at_offset(&self, offset: u64) -> Self {
        Self {
            offset: Some(offset),
            ..self.clone()
        }
    }

    pub(crate) fn at_leaf(&self, leaf: u64) -> Self {
        Self {
            leaf: Some(leaf),
            ..self.clone()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.source.clone(),
            self.region.as_ref().map(|region| format!("chain {region}")),
            self.file.clone(),
            self.offset.map(|offset| format!("byte {offset}")),
            self.leaf.map(|leaf| format!("leaf {leaf}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// The findings of one chain, bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Finding>,
    pub(crate) omitted: u64,
}

impl Findings {
    /// Adds a finding unless it is there already (an earlier run has seen it) or there are too many.
    pub(crate) fn push(&mut self, finding: Finding) {
        if self.list.contains(&finding) {
            return;
        }
        // A fork is never left out: it is the one finding that others must act upon.
        if self.list.len() < FINDINGS_MAX
            || finding.severity == Severity::Fork && self.list.len() < 2 * FINDINGS_MAX
        {
            self.list.push(finding);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }
}
