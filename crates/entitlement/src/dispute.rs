//! What a worker can say against a record, what an agency can answer, and until when: codes as data, with the kinds of record that they fit.

use crate::policy::{Policy, calendar::WorkingDays};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Month},
};
use yizhang_rules::Key;

/// Working days in which an agency answers where no rule (`dispute.answer`) says otherwise. Ours: the law lets a worker have records
/// checked (社会保险法 art. 74) and names no limit; this is the one of a step of a transfer (国办发〔2009〕66号 art. 8).
pub const ANSWER_DAYS: u16 = 15;

/// Why a worker disputes a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Base or amount are wrong.
    Amount,
    /// It is not the worker's, or the worker was not there.
    NotMine,
    /// Accounts were tied together without the worker's consent.
    NoConsent,
    /// Money was deducted from the worker's pay without consent, by an employer or a platform.
    Deducted,
    /// Something about a transfer is wrong.
    Transfer,
    /// Something else.
    Other,
}

impl Reason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Amount,
        Self::NotMine,
        Self::NoConsent,
        Self::Deducted,
        Self::Transfer,
        Self::Other,
    ];

    /// As it stands in a record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::NotMine => "not-mine",
            Self::NoConsent => "no-consent",
            Self::Deducted => "deducted",
            Self::Transfer => "transfer",
            Self::Other => "other",
        }
    }

    /// The one of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether it can be said against a record of this kind.
    pub fn fits(self, kind: Kind) -> bool {
        let is_transfer = (Kind::CERTIFICATE..=Kind::CORRECTION).contains(&kind);
        let is_link = matches!(kind, Kind::IDENTITY_LINK | Kind::IDENTITY_SPLIT);
        match self {
            Self::Amount => !is_link && !matches!(kind, Kind::DEATH_NOTICE | Kind::BIRTH_DATE_FACT),
            Self::NotMine | Self::Other => true,
            Self::NoConsent => is_link,
            Self::Deducted => matches!(
                kind,
                Kind::DUE
                    | Kind::RECEIVED
                    | Kind::ADJUST_DELTA
                    | Kind::RECOVERY
                    | Kind::PLATFORM_MONTH
            ),
            Self::Transfer => is_transfer,
        }
    }
}

/// What an agency answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The worker is right: a correction follows, or stands already.
    Upheld,
    /// The worker is right in part.
    Partly,
    /// The record stands.
    Refused,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Upheld, Self::Partly, Self::Refused];

    /// As it stands in a record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Partly => "partly",
            Self::Refused => "refused",
        }
    }
}

/// Whether a record of this kind can be disputed: whatever states something of the worker. What nodes write of themselves cannot, and a
/// dispute is answered, not disputed.
pub fn is_disputable(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::BATCH
            | Kind::DISPUTE
            | Kind::DISPUTE_OUTCOME
            | Kind::ACCESS_DIGEST
            | Kind::ACCOUNT_REGISTER
            | Kind::KEY_BOUND
            | Kind::KEY_ENDED
    )
}

/// Until when a dispute is to be answered.
pub(crate) struct Limit<'p> {
    working_days: WorkingDays<'p>,
    policy: &'p Policy,
}

impl<'p> Limit<'p> {
    pub(crate) fn of(policy: &'p Policy) -> Self {
        Self {
            working_days: policy.working_days(),
            policy,
        }
    }

    /// The last day within the limit of a dispute of a day; none beyond the calendar.
    pub(crate) fn due(&self, raised: Day) -> Option<Day> {
        let days = raised.in_month().and_then(|month| self.days(month));
        self.working_days.after(raised, days.unwrap_or(ANSWER_DAYS))
    }

    /// Working days past the limit.
    pub(crate) fn overdue(&self, due: Day, as_of: Day) -> u32 {
        self.working_days.between(due, as_of)
    }

    fn days(&self, month: Month) -> Option<u16> {
        let rules = self.policy.rules();
        let found = rules.number(Key::DisputeAnswer, "", None, month)?;
        u16::try_from(found.value).ok()
    }
}
