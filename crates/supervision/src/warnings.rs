//! Warnings 预警: what rules find in records on a day. A warning asks somebody to look; it decides nothing.
//!
//! A warning has the number that `ledger` gives it ([`yizhang_ledger::warning::id`]): the same set of records, rules and day gives the same ones at
//! every node. A worker's rules look at one worker's records at a time, those of platforms at sums.

mod of_cases;
mod of_platforms;
mod of_worker;
mod standing;

pub use of_cases::of_case;
pub use of_platforms::of_platforms;
pub use of_worker::{Limits, of_worker};
pub use standing::{Raised, State, standing};

use crate::{injuries::Stage, named::Named, terms::Terms};
use std::fmt;
use yizhang_ledger::{
    entry::RecordId,
    hash::Hash,
    person::AccountId,
    record::{CaseId, Subject},
    value::{Code, Day, Division, Month},
    warning,
};

/// A rule of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A premium is due and not paid days after the month of its orders.
    PremiumUnpaid,
    /// Fewer orders are insured than the rule wants.
    CoverageShort,
    /// A platform has far fewer workers than the month before.
    HeadcountDrop,
    /// Prepayments to the special fund are due and not paid.
    FundArrears,
    /// Months of orders without pension insurance, anywhere.
    PensionMissing,
    /// Months of orders without medical insurance, anywhere.
    MedicalMissing,
    /// Months of low income.
    IncomeLow,
    /// A stretch of work without a rest.
    StretchLong,
    /// Work at night.
    NightLong,
    /// The platform has not reported an accident.
    ReportLate,
    /// A case is not decided within the limit of the law.
    DecisionLate,
    /// A case is not decided within the days that are aimed at.
    AimMissed,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The platform.
    Platform,
    /// The agency of the place.
    Agency,
}

impl Actor {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Agency => "agency",
        }
    }
}

/// In what a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Fen: paid against due.
    Fen,
    /// Orders: insured against wanted.
    Orders,
    /// Workers: there against wanted.
    Workers,
    /// Months: found against those that raise no warning.
    Months,
    /// Minutes, likewise.
    Minutes,
    /// Hours gone by against the limit.
    Hours,
    /// Days, likewise.
    Days,
}

impl Measure {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fen => "fen",
            Self::Orders => "orders",
            Self::Workers => "workers",
            Self::Months => "months",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::PremiumUnpaid,
        Self::CoverageShort,
        Self::HeadcountDrop,
        Self::FundArrears,
        Self::PensionMissing,
        Self::MedicalMissing,
        Self::IncomeLow,
        Self::StretchLong,
        Self::NightLong,
        Self::ReportLate,
        Self::DecisionLate,
        Self::AimMissed,
    ];

    /// Its code in records.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PremiumUnpaid => "premium-unpaid",
            Self::CoverageShort => "coverage-short",
            Self::HeadcountDrop => "headcount-drop",
            Self::FundArrears => "fund-arrears",
            Self::PensionMissing => "pension-missing",
            Self::MedicalMissing => "medical-missing",
            Self::IncomeLow => "income-low",
            Self::StretchLong => "stretch-long",
            Self::NightLong => "night-long",
            Self::ReportLate => "report-late",
            Self::DecisionLate => "decision-late",
            Self::AimMissed => "aim-missed",
        }
    }

    /// The rule of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// Who acts.
    pub const fn actor(self) -> Actor {
        match self {
            Self::PremiumUnpaid
            | Self::CoverageShort
            | Self::FundArrears
            | Self::StretchLong
            | Self::ReportLate => Actor::Platform,
            Self::HeadcountDrop
            | Self::PensionMissing
            | Self::MedicalMissing
            | Self::IncomeLow
            | Self::NightLong
            | Self::DecisionLate
            | Self::AimMissed => Actor::Agency,
        }
    }

    /// In what it counts.
    pub const fn measure(self) -> Measure {
        match self {
            Self::PremiumUnpaid | Self::FundArrears => Measure::Fen,
            Self::CoverageShort => Measure::Orders,
            Self::HeadcountDrop => Measure::Workers,
            Self::PensionMissing | Self::MedicalMissing | Self::IncomeLow => Measure::Months,
            Self::StretchLong | Self::NightLong => Measure::Minutes,
            Self::ReportLate => Measure::Hours,
            Self::DecisionLate | Self::AimMissed => Measure::Days,
        }
    }

    /// Whether it looks at single months, as far back as `warning.look-back`: of an older warning it cannot tell whether it is met.
    pub const fn is_of_single_months(self) -> bool {
        matches!(
            self,
            Self::CoverageShort | Self::HeadcountDrop | Self::StretchLong | Self::NightLong
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a rule found: a warning that may be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number.
    pub id: Hash,
    /// The rule.
    pub rule: Rule,
    /// The worker that it is about, if any.
    pub worker: Option<AccountId>,
    /// The platform, empty if none.
    pub party: String,
    /// The case, if any.
    pub case: Option<CaseId>,
    /// Where.
    pub place: Division,
    /// First month.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// What was found, in the measure of the rule.
    pub found: u64,
    /// What the rule wants, in the same measure.
    pub wanted: u64,
    /// The records that it rests on, ascending; about a platform those with the smallest ids.
    pub records: Vec<RecordId>,
    /// How many it rests on in all.
    pub records_in_all: u64,
    /// Hash of `records` ([`warning::basis`]).
    pub basis: Hash,
    /// Who acts.
    pub actor: Actor,
    /// By when: so many working days after the day.
    pub act_by: Day,
    /// The stage of a case that took longest: which to make simpler.
    pub longest: Option<Stage>,
}

/// What a rule says of a subject.
struct Finding<'f> {
    rule: Rule,
    worker: Option<AccountId>,
    party: &'f str,
    case: Option<CaseId>,
    place: Division,
    first: Month,
    last: Month,
    found: u64,
    wanted: u64,
}

impl Finding<'_> {
    fn candidate(self, records: Vec<RecordId>, terms: &Terms<'_>) -> Candidate {
        let mut records = records;
        records.sort_unstable();
        records.dedup();
        let subject = Subject {
            worker: self.worker,
            party: Code::new(self.party).unwrap_or_default(),
            case: self.case,
        };
        let code = Code::new(self.rule.code()).expect("a test reads every code of a rule");
        Candidate {
            id: warning::id(code, &subject, self.place, self.first),
            rule: self.rule,
            worker: self.worker,
            party: self.party.to_owned(),
            case: self.case,
            place: self.place,
            first: self.first,
            last: self.last,
            found: self.found,
            wanted: self.wanted,
            basis: warning::basis(&records),
            records_in_all: u64::try_from(records.len()).unwrap_or(u64::MAX),
            records,
            actor: self.rule.actor(),
            act_by: terms.act_by(),
            longest: None,
        }
    }

    /// One that rests on many records, of which some are named.
    fn resting_on(self, named: &Named, terms: &Terms<'_>) -> Candidate {
        let mut candidate = self.candidate(named.records().to_vec(), terms);
        candidate.records_in_all = named.count();
        candidate
    }
}
