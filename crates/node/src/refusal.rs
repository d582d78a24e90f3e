//! Why a request was not answered, in the words of the node. `services/refusal.rs` makes of it what a caller gets.

use crate::{
    deposits::NoDeposit,
    holders::CodeFault,
    reads::{LimitReached, NotCounted, NumbersReached},
    shelf::ShelfError,
};
use yizhang_holder::passkey::PasskeyFault;
use yizhang_ledger::{
    Invalid,
    batch::SubmissionId,
    entry::Kind,
    head::Origin,
    value::{Division, TreeSize},
};
use yizhang_replica::Refused;
use yizhang_store::{StoreError, WaitingFault};
use yizhang_wire::{convert::FieldFault, purpose::PurposeFault};

/// A request that is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A field of the message is not what the service calls for.
    #[error(transparent)]
    Field(#[from] FieldFault),
    /// Personal data is read for a stated purpose only.
    #[error(transparent)]
    Purpose(#[from] PurposeFault),
    /// The certificate has read as much as it may.
    #[error(transparent)]
    ReadLimit(#[from] LimitReached),
    /// The certificate has been told as many pseudonyms as it may.
    #[error(transparent)]
    NumbersLimit(#[from] NumbersReached),
    /// A one-time code opens nothing.
    #[error(transparent)]
    Code(#[from] CodeFault),
    /// A submission does not wait for approval, or cannot.
    #[error(transparent)]
    Waiting(#[from] WaitingFault),
    /// Whoever sent a submission does not approve it.
    #[error(
        "a submission is approved by a second clerk, with another certificate than it came with"
    )]
    SameClerk,
    /// A key or a ticket opens nothing. Which of the many reasons it is, is not told.
    #[error(
        "not opened: the key, its answer or the ticket does not open this account, or does no more; open it again"
    )]
    NotOpened,
    /// A new passkey is not taken.
    #[error(transparent)]
    Passkey(#[from] PasskeyFault),
    /// Nobody reads without a trace.
    #[error(
        "the access log cannot be written here, and nothing is read without it; ask another node"
    )]
    NoTrace,
    /// The evidence is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The replica says no.
    #[error(transparent)]
    Replica(Refused),
    /// The submission id was used before for other records.
    #[error("submission {id} was accepted before with other records")]
    Conflict {
        /// The id.
        id: SubmissionId,
    },
    /// The submission is durable and its head is not signed yet.
    #[error(
        "submission {id} is kept, but its head is not signed yet; send it again later under the same number"
    )]
    Unsigned {
        /// The id.
        id: SubmissionId,
    },
    /// The caller's certificate does not allow it.
    #[error(transparent)]
    NotYou(#[from] NotYou),
    /// Others are being served already.
    #[error("too many {what} at once; try again")]
    Busy {
        /// What there are too many of.
        what: &'static str,
    },
    /// The chain has no right to state a record of a submission: it would be a claim for ever.
    #[error(
        "record {number} of the submission ({kind}): its place, or both its places, lie outside the region {region}, whose chain this is"
    )]
    NoRight {
        /// Which record, from 1.
        number: usize,
        /// Its kind.
        kind: Kind,
        /// The region of the chain.
        region: Division,
    },
    /// What a platform submits is no deposit, or somebody else submits one.
    #[error(transparent)]
    Deposit(#[from] NoDeposit),
    /// Nothing more is written.
    #[error("the disk of the node is full; its operator has to make room")]
    DiskFull,
    /// A message that does not come to its end.
    #[error("a message did not come to its end within {seconds} seconds")]
    Late {
        /// How long it may take.
        seconds: u64,
    },
    /// A limit.
    #[error("{what}: at most {limit}, found {found}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// Limit.
        limit: usize,
        /// Found.
        found: usize,
    },
    /// A number that is no social-security number.
    #[error("not a social-security number: {0}")]
    Number(#[from] yizhang_ledger::person::NumberFault),
    /// A version of the roster is not taken.
    #[error(transparent)]
    Roster(#[from] ShelfError),
    /// A version of the roster under which a chain would have lost its newest head: its signature would count no more.
    #[error(
        "the head of chain {origin} at {size} would count no more under version {version}: let the key that has signed it count up to a size that the chain has not reached"
    )]
    VoidsHead {
        /// The chain.
        origin: Origin,
        /// The size of its newest head here.
        size: TreeSize,
        /// The version.
        version: u64,
    },
    /// A version of the roster that says that a chain goes on from a state which this node does not hold.
    #[error(
        "version {version} says that chain {origin} goes on from {size} entries under a root that this node does not hold: hand it to a node \
         that holds the history that is to count"
    )]
    NotHeld {
        /// The chain.
        origin: Origin,
        /// The size.
        size: TreeSize,
        /// The version.
        version: u64,
    },
    /// A chain that the roster does not name.
    #[error("the roster names no chain {0}")]
    UnknownChain(Origin),
    /// A bug of ours.
    #[error("the node is broken: {0}")]
    Broken(&'static str),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the caller's certificate does not allow it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotYou {
    /// It is of no role here.
    #[error("the certificate names no role in the federation {federation}")]
    NoRole {
        /// The federation.
        federation: String,
    },
    /// The roster does not name the region.
    #[error("the certificate is of region {region}, which the roster does not name")]
    NotInRoster {
        /// The region in the certificate.
        region: Division,
    },
    /// There is no such method, for anybody.
    #[error("nobody may call this method")]
    NoSuchMethod,
    /// The method is for other roles.
    #[error("{method} is not for {found}")]
    NotForRole {
        /// The method.
        method: &'static str,
        /// Who calls.
        found: String,
    },
    /// The clerk has another duty.
    #[error("{method} is for clerks with the duty {duty}, which the certificate does not name")]
    OtherDuty {
        /// The method.
        method: &'static str,
        /// What it is for.
        duty: &'static str,
    },
    /// Accounts are not for auditors.
    #[error("auditors read chains, not accounts")]
    AccountOfAuditor,
    /// A review is for one agency.
    #[error("a review is for the agency of the node's region")]
    ReviewOfOthers,
    /// A warning about the access log is closed by somebody else than whom it is about.
    #[error(
        "a warning is closed by another person, with another certificate, than those that it is about"
    )]
    OwnWarning,
    /// Replication is among nodes.
    #[error("replication is among nodes")]
    NotANode,
    /// Only one agency writes to a chain.
    #[error("only agency.{region} submits to this node, found {found}")]
    OtherAgency {
        /// The region of the chain.
        region: Division,
        /// Who calls.
        found: String,
    },
}

impl From<NotCounted> for Refusal {
    fn from(not_counted: NotCounted) -> Self {
        match not_counted {
            NotCounted::Limit(reached) => Self::ReadLimit(reached),
            NotCounted::Numbers(reached) => Self::NumbersLimit(reached),
            NotCounted::Certificates => Self::Busy {
                what: "certificates that read",
            },
        }
    }
}
