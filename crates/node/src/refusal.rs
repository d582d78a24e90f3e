//! Why a request was not answered, and the one place where that becomes a gRPC status.

use tonic::{Code, Status};
use yizhang_entitlement::identity::TooManyLinked;
use yizhang_ledger::Invalid;
use yizhang_replica::Refused;
use yizhang_store::{Family, StoreError};
use yizhang_wire::convert::FieldFault;

/// What an auditor is told who asks for an account.
pub const ACCOUNT_OF_AUDITOR: &str = "auditors read chains, not accounts";
/// What anybody but the agency of the region is told who asks for a review.
pub const REVIEW_OF_OTHERS: &str = "a review is for the agency of the node's region";

/// A request that is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A field of the message is not what the service calls for.
    #[error(transparent)]
    Field(#[from] FieldFault),
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
        id: String,
    },
    /// The submission is durable and its head is not signed yet.
    #[error(
        "submission {id} is kept, but its head is not signed yet; send it again later under the same number"
    )]
    Unsigned {
        /// The id.
        id: String,
    },
    /// The caller's certificate does not allow it: [`ACCOUNT_OF_AUDITOR`], [`REVIEW_OF_OTHERS`], or more than a fixed sentence.
    #[error("{0}")]
    NotYou(String),
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
    /// Links tie too many accounts together.
    #[error(transparent)]
    Linked(#[from] TooManyLinked),
    /// A number that is no social-security number.
    #[error("not a social-security number: {0}")]
    Number(#[from] yizhang_ledger::person::NumberFault),
    /// A chain that the roster does not name, or a position that is not the start of a batch.
    #[error("{0}")]
    NotFound(String),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::Field(_) | Refusal::Invalid(_) | Refusal::Number(_) => Code::InvalidArgument,
            Refusal::Replica(reason) => replica_code(reason),
            Refusal::Conflict { .. } => Code::AlreadyExists,
            Refusal::NotYou(_) => Code::PermissionDenied,
            Refusal::TooMany { .. } | Refusal::Linked(_) => Code::ResourceExhausted,
            Refusal::NotFound(_) => Code::NotFound,
            Refusal::Stopping | Refusal::Unsigned { .. } => Code::Unavailable,
            Refusal::Store(error) => store_code(error),
        };
        if code == Code::Internal {
            // The caller cannot mend it, and must not be the only one who learns of it.
            tracing::error!(%refusal, "a call failed for a reason that lies here");
        }
        Self::new(code, refusal.to_string())
    }
}

fn replica_code(reason: &Refused) -> Code {
    match reason {
        Refused::Mirror => Code::FailedPrecondition,
        Refused::NotReady(_) | Refused::SearchOutdated { .. } => Code::Unavailable,
        Refused::Busy { .. } | Refused::TooManyCallers { .. } => Code::ResourceExhausted,
        Refused::Conflict { .. } => Code::AlreadyExists,
        Refused::Invalid(_) => Code::InvalidArgument,
    }
}

fn store_code(error: &StoreError) -> Code {
    match (error, error.family()) {
        (StoreError::IndexRebuilding, _) => Code::Unavailable,
        (
            StoreError::UnknownChain { .. }
            | StoreError::NoSuchLeaf { .. }
            | StoreError::NoBatchStarts { .. },
            _,
        ) => Code::NotFound,
        (_, Family::Invalid) => Code::InvalidArgument,
        (_, Family::Refused) => Code::FailedPrecondition,
        (_, Family::Broken) => Code::Internal,
    }
}
