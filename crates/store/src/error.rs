//! What can go wrong, by whose fault, and what to do about it.

use crate::access::AccessFault;
use std::{fmt, io, path::PathBuf, sync::Arc};
use yizhang_ledger::{
    Invalid,
    head::Origin,
    segment::FrameFault,
    value::{LeafIndex, TreeSize},
};

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The evidence is wrong.
    Invalid,
    /// Well formed, but not now or not here.
    Refused,
    /// The disk or this software: stop and look.
    Broken,
}

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The batch does not follow the durable state of its chain.
    #[error("{origin}: the batch does not follow: {fault}")]
    DoesNotFollow {
        /// The chain.
        origin: Origin,
        /// The rule it breaks.
        #[source]
        fault: Invalid,
    },
    /// The head describes another state than the one it is stored with.
    #[error("{origin}: the head is not that of size {size}")]
    HeadMismatch {
        /// The chain.
        origin: Origin,
        /// The size that it had to be of.
        size: TreeSize,
    },
    /// The next batch may be appended only when the head of the one before is known.
    #[error("{origin}: the head of size {size} is missing: note it before appending")]
    HeadMissing {
        /// The chain.
        origin: Origin,
        /// The size whose head is missing.
        size: TreeSize,
    },
    /// The store was not opened with this chain.
    #[error("{origin}: no chain of this store")]
    UnknownChain {
        /// The chain asked for.
        origin: Origin,
    },
    /// No leaf stands there.
    #[error("{origin}: no leaf {index} in a tree of {size} leaves")]
    NoSuchLeaf {
        /// The chain.
        origin: Origin,
        /// The position asked for.
        index: LeafIndex,
        /// The size of the tree, or the durable size where that is smaller.
        size: TreeSize,
    },
    /// Batches are handed out from the start of one only.
    #[error("{origin}: no batch starts at {at}")]
    NoBatchStarts {
        /// The chain.
        origin: Origin,
        /// The position asked for.
        at: TreeSize,
    },
    /// A journal entry is larger than [`crate::JOURNAL_ENTRY_BYTES_MAX`].
    #[error("a journal entry has at most {limit} bytes, found {found}")]
    JournalEntryTooLarge {
        /// Limit in bytes.
        limit: usize,
        /// Bytes found.
        found: usize,
    },
    /// The index was found damaged and is being built again from the segments; ask again later.
    #[error("the index is being rebuilt: ask again in a while")]
    IndexRebuilding,
    /// Another process, or another handle of this one, has the directory open.
    #[error("{} is in use by another process: stop it first", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The same region cannot have two chains.
    #[error("{} already holds the chain {known}, so {asked} has no place in it", path.display())]
    RegionTaken {
        /// The directory.
        path: PathBuf,
        /// The chain that it holds.
        known: Origin,
        /// The chain asked for.
        asked: Origin,
    },
    /// The `format` file is not one that this version can use.
    #[error("{}: {fault}", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: MarkerFault,
    },
    /// A chain is damaged on disk; the others are not concerned.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The journal is damaged: facts that this node relies on may be missing.
    #[error("{} is damaged at byte {offset}: {fault}; for what to do run `yizhang node check`", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// What is wrong there.
        #[source]
        fault: FrameFault,
    },
    /// A file of the access log is not what was written: nothing can follow it.
    #[error("{} is wrong at byte {offset}: {fault}; for what to do run `yizhang node check`", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// What is wrong there.
        #[source]
        fault: AccessFault,
    },
    /// The file of a register is not what was written. Never reaches a caller but as a reason: registers are derived.
    #[error("{} is wrong at byte {offset}: {fault}; it is made again", path.display())]
    Register {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// What is wrong there.
        #[source]
        fault: RegisterFileFault,
    },
    /// An operation on a file failed. After a failed write the store is stopped.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The store found itself in a state that it believed impossible, and has stopped before it could do harm.
    #[error(
        "{origin}: {belief}; this is a mistake in the program: the store has stopped, please report it"
    )]
    Impossible {
        /// The chain that was being written.
        origin: Origin,
        /// What turned out not to be true.
        belief: &'static str,
    },
    /// The store stopped after a failed write or sync, or was closed. Nothing is tried again: open it anew.
    #[error("the store has stopped: {reason}")]
    Stopped {
        /// The first failure.
        reason: Arc<str>,
    },
}

impl StoreError {
    /// Whose fault it is.
    pub const fn family(&self) -> Family {
        match self {
            Self::DoesNotFollow { .. } | Self::HeadMismatch { .. } => Family::Invalid,
            Self::HeadMissing { .. }
            | Self::UnknownChain { .. }
            | Self::NoSuchLeaf { .. }
            | Self::NoBatchStarts { .. }
            | Self::JournalEntryTooLarge { .. }
            | Self::IndexRebuilding
            | Self::InUse { .. }
            | Self::RegionTaken { .. } => Family::Refused,
            Self::Marker { .. }
            | Self::Damaged(_)
            | Self::Journal { .. }
            | Self::Access { .. }
            | Self::Register { .. }
            | Self::Io { .. }
            | Self::Impossible { .. }
            | Self::Stopped { .. } => Family::Broken,
        }
    }
}

/// What is wrong with the `format` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkerFault {
    /// Written by another version.
    #[error("the directory has format {found:?}, this version reads {expected:?}")]
    Version {
        /// The first line that this version writes.
        expected: &'static str,
        /// The first line found.
        found: String,
    },
    /// Not what was written.
    #[error(
        "the file has changed on disk: delete it, it is written again from the configuration and the segments"
    )]
    Changed,
}

/// A place at which a chain on disk is not what was written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{origin}: {} is damaged at byte {offset}: {fault}; for what to do run `yizhang node check`", file.display())]
pub struct Damage {
    /// The chain.
    pub origin: Origin,
    /// The file.
    pub file: PathBuf,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What is wrong there.
    pub fault: DamageFault,
}

/// What is wrong with a place on disk.
#[derive(Clone, Debug)]
pub enum DamageFault {
    /// The bytes are not what was written.
    Frame(FrameFault),
    /// The bytes are what was written, and are no continuation of the chain.
    Evidence(Box<Invalid>),
    /// A head frame that is not the head of the batch before it.
    Head,
    /// A file is missing: the chain goes on at this leaf.
    MissingFile(LeafIndex),
    /// The system cannot read it.
    Read(Arc<io::Error>),
    /// A record does not give the hash that was stored for it.
    Record(LeafIndex),
}

impl fmt::Display for DamageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(fault) => fault.fmt(f),
            Self::Evidence(fault) => write!(f, "the batch does not follow: {fault}"),
            Self::Head => f.write_str("the head is not that of the batch before it"),
            Self::MissingFile(first) => write!(f, "the file with leaf {first} is missing"),
            Self::Read(error) => write!(f, "it cannot be read: {error}"),
            Self::Record(index) => write!(f, "leaf {index} has changed"),
        }
    }
}

/// What is wrong with the index. Never reaches a caller but as a reason in a report: the index is derived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexFault {
    /// There is none.
    #[error("there is no index")]
    Missing,
    /// sled, or the system under it, failed or panicked.
    #[error("sled failed to {action}: {message}")]
    Engine {
        /// What was tried.
        action: &'static str,
        /// What it said.
        message: String,
    },
    /// A value is not what was written.
    #[error("{0} is not what was written")]
    Value(&'static str),
    /// Index and segments disagree.
    #[error("{0} disagrees with the segments")]
    Disagrees(&'static str),
    /// Asked for by the operator.
    #[error("a rebuild was asked for")]
    Asked,
}

/// What is wrong with the file of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterFileFault {
    /// It ends too early.
    #[error("the file ends too early")]
    Truncated,
    /// It does not begin like a register.
    #[error("this is no register that this version reads")]
    Header,
    /// The bytes have changed.
    #[error("the checksum is wrong")]
    Checksum,
    /// It is of another chain or another size.
    #[error("the register is of another chain or size")]
    Foreign,
    /// Accounts do not ascend.
    #[error("the accounts are not in order")]
    Order,
    /// The accounts do not give the root, or the chain gives others.
    #[error("the accounts are not those of the chain")]
    Root,
}

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;
