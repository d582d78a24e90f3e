//! The part of the account that is about the worker rather than about a scheme.

use super::{Day, Deserialize, Division, Month, RecordNumber, Serialize, json};
use yizhang_ledger::record::RetireClass;

/// What agencies have stated about the worker, each sort with the one that holds last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Household registration, by the month from which it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub home: Vec<HomeLine>,
    /// Month of birth: by the citizen's id, then by the archive, which decides for benefits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub birth: Vec<BirthLine>,
    /// Class of retirement, by the day of the decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<ClassLine>,
    /// Notices of death, by their day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub death: Vec<DeathLine>,
}

impl Person {
    /// Whether nothing has been stated.
    pub const fn is_empty(&self) -> bool {
        self.home.is_empty()
            && self.birth.is_empty()
            && self.class.is_empty()
            && self.death.is_empty()
    }

    /// Where the household is registered in a month.
    pub fn home_in(&self, month: Month) -> Option<&HomeLine> {
        self.home.iter().rfind(|line| line.from <= month)
    }
}

/// Where the household is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeLine {
    /// First month for which it holds.
    #[serde(with = "json::text")]
    pub from: Month,
    /// Place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// The day of the statement.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// The record.
    pub record: RecordNumber,
}

/// A month of birth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthLine {
    /// The month.
    #[serde(with = "json::text")]
    pub month: Month,
    /// By the personnel archive; otherwise by the citizen's id.
    pub archive: bool,
    /// The day of the statement.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// The record.
    pub record: RecordNumber,
}

/// The original retirement age that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Men, 60.
    M60,
    /// Women, 55.
    F55,
    /// Women, 50.
    F50,
}

impl From<RetireClass> for Class {
    fn from(class: RetireClass) -> Self {
        match class {
            RetireClass::M60 => Self::M60,
            RetireClass::F55 => Self::F55,
            RetireClass::F50 => Self::F50,
        }
    }
}

/// A class of retirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassLine {
    /// The class.
    pub class: Class,
    /// The day of the decision.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// The record.
    pub record: RecordNumber,
}

/// A notice of death.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeathLine {
    /// Month of death.
    #[serde(with = "json::text")]
    pub month: Month,
    /// The day of the notice.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// The record.
    pub record: RecordNumber,
}

/// A record that the worker disputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeLine {
    /// The day.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain holds the disputed record.
    #[serde(with = "json::text")]
    pub region: Division,
    /// Why, as a code: one of [`crate::dispute::Reason`], or the agency's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Until when its agency is to answer: not said of a dispute that was answered.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub due: Option<Day>,
    /// Working days past that.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub overdue: u32,
    /// How it was answered, as a code: one of [`crate::dispute::Outcome`], or the agency's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// The day of the answer.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub answered: Option<Day>,
    /// The disputed record, if it is one of this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<RecordNumber>,
    /// The agency's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RecordNumber>,
    /// The record.
    pub record: RecordNumber,
}
