//! Work on platforms as they have deposited it, injuries at it, and subsidies of contributions. Nothing of it is a month of insurance.

use super::{RecordNumber, json};
use serde::{Deserialize, Serialize};
use yizhang_ledger::{
    hash::Hash,
    record::{CaseId, Earnings, InjuryStep, Reporter, Trade, TransportMode, Work},
    value::{Day, Division, Month},
};

/// The word of a trade.
pub const fn trade_word(trade: Trade) -> &'static str {
    match trade {
        Trade::Delivery => "delivery",
        Trade::RideHailing => "ride-hailing",
        Trade::Freight => "freight",
        Trade::Other => "other",
    }
}

/// The word of a mode of transport.
pub const fn mode_word(mode: TransportMode) -> &'static str {
    match mode {
        TransportMode::Foot => "foot",
        TransportMode::Bicycle => "bicycle",
        TransportMode::MotorCycle => "motor-cycle",
        TransportMode::Car => "car",
        TransportMode::Online => "online",
    }
}

/// The word of who reports.
pub const fn reporter_word(reporter: Reporter) -> &'static str {
    match reporter {
        Reporter::Platform => "platform",
        Reporter::Worker => "worker",
        Reporter::Other => "other",
    }
}

/// The word of a step with an injury.
pub const fn injury_step_word(step: InjuryStep) -> &'static str {
    match step {
        InjuryStep::Accepted => "accepted",
        InjuryStep::MaterialsAsked => "materials-asked",
        InjuryStep::MaterialsComplete => "materials-complete",
        InjuryStep::Suspended => "suspended",
        InjuryStep::Resumed => "resumed",
        InjuryStep::Recognised => "recognised",
        InjuryStep::NotRecognised => "not-recognised",
    }
}

/// How much was worked. Days and the longest stretch are of one platform, and no sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worked {
    /// Orders completed.
    pub orders: u64,
    /// Of them insured against occupational injury.
    pub insured_orders: u64,
    /// Minutes under way with orders.
    pub minutes: u64,
    /// Of them those at night.
    pub night_minutes: u64,
}

impl From<&Work> for Worked {
    fn from(work: &Work) -> Self {
        Self {
            orders: work.orders.into(),
            insured_orders: work.insured_orders.into(),
            minutes: work.minutes.into(),
            night_minutes: work.night_minutes.into(),
        }
    }
}

/// What was earned, in fen: net = gross + incentives - deductions + refunds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earned {
    /// For the orders.
    pub gross: i64,
    /// Beside them.
    pub incentives: i64,
    /// Kept by the platform.
    pub deductions: i64,
    /// Given back of what it kept.
    pub refunds: i64,
    /// Paid out.
    pub net: i64,
}

impl From<&Earnings> for Earned {
    fn from(earnings: &Earnings) -> Self {
        Self {
            gross: earnings.gross.get(),
            incentives: earnings.incentives.get(),
            deductions: earnings.deductions.get(),
            refunds: earnings.refunds.get(),
            net: earnings.net.get(),
        }
    }
}

/// A month of work on platforms: what they add up to, and each of them. Several in one month are normal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkMonth {
    /// The month.
    #[serde(with = "json::text")]
    pub month: Month,
    /// Of all platforms, without what was corrected.
    pub worked: Worked,
    /// Of all platforms, without what was corrected.
    pub earned: Earned,
    /// By platform, place, trade and mode.
    pub platforms: Vec<WorkLine>,
}

/// A month on a platform at a place, in one trade with one mode of transport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkLine {
    /// The platform: its unified social credit code.
    pub platform: String,
    /// City of the orders.
    #[serde(with = "json::text")]
    pub place: Division,
    /// `delivery`, `ride-hailing`, `freight` or `other`.
    pub trade: String,
    /// `foot`, `bicycle`, `motor-cycle`, `car` or `online`.
    pub mode: String,
    /// Days with an order. Three platforms on one day are three days, so that they are never summed.
    pub days: u8,
    /// The longest stretch without a rest, in minutes.
    pub longest_minutes: u32,
    /// How much was worked.
    pub worked: Worked,
    /// What was earned.
    pub earned: Earned,
    /// Rows of the order file.
    pub rows: u32,
    /// Root of the tree of these rows.
    #[serde(with = "json::text")]
    pub root: Hash,
    /// The record that takes its place: then it adds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<RecordNumber>,
    /// The record.
    pub record: RecordNumber,
}

/// An injury at work, by its number: what was reported, how far the agency is, and the grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjuryCase {
    /// Its number.
    #[serde(with = "json::case")]
    pub case: CaseId,
    /// Reports, in the order in which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportLine>,
    /// Steps of agencies, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<InjuryStepLine>,
    /// Grades of disability, in their order: the last one is the one in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<GradeLine>,
}

/// An accident as it was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// The platform whose order was under way, as the report says.
    pub platform: String,
    /// City of the accident.
    #[serde(with = "json::text")]
    pub place: Division,
    /// As [`WorkLine::trade`].
    pub trade: String,
    /// The moment of the accident, in milliseconds since 1970-01-01T00:00Z.
    pub occurred: u64,
    /// The moment of the report.
    pub reported: u64,
    /// `platform`, `worker` or `other`.
    pub reporter: String,
    /// Leaf of the order under way, where one is named.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub order: Option<Hash>,
    /// The record.
    pub record: RecordNumber,
}

/// A step of an agency with an injury.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InjuryStepLine {
    /// `accepted`, `materials-asked`, `materials-complete`, `suspended`, `resumed`, `recognised` or `not-recognised`.
    pub step: String,
    /// The scheme under which it is handled.
    pub scheme: String,
    /// Where it was done.
    #[serde(with = "json::text")]
    pub place: Division,
    /// The day.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Why, as a code of the agency.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The record.
    pub record: RecordNumber,
}

/// A grade of disability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeLine {
    /// 1 (worst) to 10.
    pub grade: u8,
    /// Where it was done.
    #[serde(with = "json::text")]
    pub place: Division,
    /// The day.
    #[serde(with = "json::text")]
    pub on: Day,
    /// The record.
    pub record: RecordNumber,
}

/// What a programme has borne of a worker's contributions to a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubsidyLine {
    /// The programme, as its rules name it.
    pub programme: String,
    /// The scheme.
    pub scheme: String,
    /// Whose programme.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Months awarded, each once.
    pub months: u32,
    /// The first of them.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// The last of them.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// Asked for, in fen.
    pub asked: i64,
    /// Awarded, in fen.
    pub awarded: i64,
    /// Paid, in fen.
    pub credited: i64,
    /// The records.
    pub records: Vec<RecordNumber>,
}
