//! The one place where a refusal becomes a gRPC status and a code of our own.

use crate::{
    holders::CodeFault,
    refusal::{NotYou, Refusal},
    shelf::ShelfError,
};
use tonic::{Code, Status, metadata::MetadataValue};
use yizhang_replica::Refused;
use yizhang_store::{Family, StoreError, WaitingFault};
use yizhang_wire::code::{KEY, RETRY_AFTER, RefusalCode};

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let status_code = refusal.status_code();
        if status_code == Code::Internal {
            // The caller cannot mend it, and must not be the only one who learns of it.
            tracing::error!(%refusal, "a call failed for a reason that lies here");
        }
        let mut status = Self::new(status_code, refusal.to_string());
        let code = MetadataValue::from_static(refusal.code().name());
        status.metadata_mut().insert(KEY, code);
        let seconds_left = match &refusal {
            Refusal::ReadLimit(reached) => Some(reached.seconds_left),
            Refusal::NumbersLimit(reached) => Some(reached.seconds_left),
            _ => None,
        };
        if let Some(seconds) = seconds_left {
            let seconds = MetadataValue::from(seconds);
            status.metadata_mut().insert(RETRY_AFTER, seconds);
        }
        status
    }
}

impl Refusal {
    fn status_code(&self) -> Code {
        match self {
            Self::Field(_)
            | Self::Purpose(_)
            | Self::Invalid(_)
            | Self::Number(_)
            | Self::NoRight { .. }
            | Self::Deposit(_) => Code::InvalidArgument,
            Self::Replica(reason) => replica_code(reason),
            Self::Conflict { .. } => Code::AlreadyExists,
            Self::NotYou(_) | Self::NotOpened | Self::SameClerk => Code::PermissionDenied,
            Self::Waiting(fault) => waiting_code(fault),
            Self::Code(fault) => code_code(*fault),
            Self::Passkey(_) => Code::InvalidArgument,
            Self::TooMany { .. }
            | Self::Busy { .. }
            | Self::ReadLimit(_)
            | Self::NumbersLimit(_) => Code::ResourceExhausted,
            Self::Roster(error) => roster_code(error),
            Self::VoidsHead { .. } | Self::NotHeld { .. } => Code::FailedPrecondition,
            Self::UnknownChain(_) => Code::NotFound,
            Self::Late { .. } => Code::DeadlineExceeded,
            Self::DiskFull => Code::FailedPrecondition,
            Self::Stopping | Self::Unsigned { .. } | Self::NoTrace => Code::Unavailable,
            Self::Store(error) => store_code(error),
            Self::Broken(_) => Code::Internal,
        }
    }

    /// The code that a program branches on.
    pub(crate) fn code(&self) -> RefusalCode {
        match self {
            Self::ReadLimit(_) => RefusalCode::ReadLimit,
            Self::NumbersLimit(_) => RefusalCode::NumbersLimit,
            Self::NoTrace => RefusalCode::NoTrace,
            Self::Code(CodeFault::Full | CodeFault::TooManyWrong) => RefusalCode::Busy,
            Self::Code(_) => RefusalCode::Code,
            Self::NotOpened => RefusalCode::NotOpened,
            Self::Passkey(_) => RefusalCode::Field,
            Self::Field(_) => RefusalCode::Field,
            Self::Purpose(_) => RefusalCode::Purpose,
            Self::Invalid(_) | Self::Replica(Refused::Invalid(_)) => RefusalCode::Invalid,
            Self::Number(_) => RefusalCode::Number,
            Self::NoRight { .. } => RefusalCode::NoRight,
            Self::Deposit(_) => RefusalCode::Deposit,
            Self::NotYou(not_you) => not_you.code(),
            Self::Replica(Refused::Mirror) => RefusalCode::Mirror,
            Self::Replica(Refused::NotReady(_)) => RefusalCode::NotReady,
            Self::Busy { .. }
            | Self::Late { .. }
            | Self::Replica(
                Refused::Busy { .. }
                | Refused::TooManyCallers { .. }
                | Refused::SearchOutdated { .. },
            ) => RefusalCode::Busy,
            Self::Conflict { .. } | Self::Replica(Refused::Conflict { .. }) => {
                RefusalCode::OtherContent
            }
            Self::Unsigned { .. } => RefusalCode::Unsigned,
            Self::TooMany { .. } => RefusalCode::TooMany,
            Self::Roster(_) | Self::VoidsHead { .. } | Self::NotHeld { .. } => RefusalCode::Roster,
            Self::UnknownChain(_) => RefusalCode::NotFound,
            Self::Stopping => RefusalCode::Stopping,
            Self::SameClerk => RefusalCode::SameClerk,
            Self::Waiting(WaitingFault::Full { .. }) => RefusalCode::Busy,
            Self::Waiting(WaitingFault::NotWaiting { .. }) => RefusalCode::NotWaiting,
            Self::Waiting(WaitingFault::Store(_)) => RefusalCode::Store,
            Self::Store(error) => match store_code(error) {
                Code::NotFound => RefusalCode::NotFound,
                Code::Internal => RefusalCode::Broken,
                _ => RefusalCode::Store,
            },
            Self::DiskFull => RefusalCode::Store,
            Self::Broken(_) => RefusalCode::Broken,
        }
    }
}

impl From<NotYou> for Status {
    fn from(not_you: NotYou) -> Self {
        Refusal::NotYou(not_you).into()
    }
}

impl NotYou {
    pub(crate) const fn code(&self) -> RefusalCode {
        match self {
            Self::NoRole { .. } => RefusalCode::NoRole,
            Self::NotInRoster { .. } => RefusalCode::NotInRoster,
            Self::NoSuchMethod | Self::NotForRole { .. } => RefusalCode::NotForRole,
            Self::OtherDuty { .. } => RefusalCode::NotYourDuty,
            Self::AccountOfAuditor => RefusalCode::AccountOfAuditor,
            Self::ReviewOfOthers => RefusalCode::ReviewOfOthers,
            Self::OwnWarning => RefusalCode::OwnWarning,
            Self::NotANode => RefusalCode::NotANode,
            Self::OtherAgency { .. } => RefusalCode::OtherAgency,
        }
    }
}

fn waiting_code(fault: &WaitingFault) -> Code {
    match fault {
        WaitingFault::Full { .. } => Code::ResourceExhausted,
        WaitingFault::NotWaiting { .. } => Code::NotFound,
        WaitingFault::Store(error) => store_code(error),
    }
}

const fn code_code(fault: CodeFault) -> Code {
    match fault {
        CodeFault::NotGood | CodeFault::SameClerk => Code::PermissionDenied,
        CodeFault::NotApproved => Code::FailedPrecondition,
        CodeFault::Full | CodeFault::TooManyWrong => Code::ResourceExhausted,
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

fn roster_code(error: &ShelfError) -> Code {
    match error {
        ShelfError::Invalid(_) => Code::InvalidArgument,
        ShelfError::Forked { .. } | ShelfError::Gap { .. } => Code::FailedPrecondition,
        ShelfError::TooMany | ShelfError::Io { .. } => Code::Internal,
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
