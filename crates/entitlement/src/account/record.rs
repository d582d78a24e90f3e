//! One line a record: where it stands in which chain, what it says about money, and whether it has effect.

use crate::account::json;
use serde::{Deserialize, Serialize};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{PayerKind, Shares},
    value::{Day, Division, Month},
};

/// The number of a record in [`crate::Account::records`], from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordNumber(pub u32);

/// Whether a record has effect, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has effect.
    Held,
    /// A reversal took it back.
    Reversed,
    /// The same content stands in another chain, and acts from there (C08).
    Copy,
    /// Its business key came earlier in the chain with other content (C09).
    SameKey,
    /// It is dated after the as-of date.
    Later,
    /// Paid in part: money, but no month (C32).
    NotFull,
    /// Refunds left it less than full: no month.
    Refunded,
    /// A later record of its chain took its place: a month of a platform.
    Corrected,
    /// An agreement keeps the record of another place for its months.
    Cleared,
    /// A reversal, refund or difference without a target that it may act on.
    NoTarget,
    /// Of a kind that this version does not read.
    Unread,
    /// Stated by a chain that has no right to state it: a claim (Y15).
    Claim,
}

/// A record and its proof coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLine {
    /// Region whose chain holds it.
    #[serde(with = "json::text")]
    pub region: Division,
    /// Position of its first leaf there.
    pub index: u64,
    /// Positions of further leaves with the same content (C08).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<u64>,
    /// Leaf hash, in hexadecimal: what names it.
    #[serde(with = "json::text")]
    pub id: Hash,
    /// Kind.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// Whether it has effect.
    pub standing: Standing,
    /// The record behind the standing: what reversed it, what it copies, what came first; for a refund that made it less
    /// than full, the first refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<RecordNumber>,
    /// The record that it names, where it names one that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<RecordNumber>,
    /// Handling agency.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agency: String,
    /// Business system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub system: String,
    /// Serial number there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// What a contribution says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution: Option<ContributionLine>,
}

/// What a contribution record says, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributionLine {
    /// Scheme, for instance `hrss:110`.
    pub scheme: String,
    /// First month of its period.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Number of months, 1 to 12.
    pub months: u8,
    /// Place of participation.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Who pays.
    pub payer: Payer,
    /// 应缴类型 (AAA115).
    pub nature: u16,
    /// 缴费基数 in fen; for a difference the difference.
    pub base: i64,
    /// Due.
    pub due: Amount,
    /// Paid.
    pub paid: Amount,
    /// Credited to the personal account.
    pub credited: Amount,
    /// 足额到账.
    pub full: bool,
    /// When the money reached the treasury.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub received: Option<Day>,
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// What sort of payer.
    pub kind: PayerName,
    /// Its number; left out for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
}

/// The sorts of payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerName {
    /// An employer.
    Unit,
    /// The worker.
    Person,
    /// A government.
    Government,
    /// A platform.
    Platform,
    /// Another fund.
    Fund,
}

impl From<yizhang_ledger::record::Payer<'_>> for Payer {
    fn from(payer: yizhang_ledger::record::Payer<'_>) -> Self {
        let kind = match payer.kind {
            PayerKind::Unit => PayerName::Unit,
            PayerKind::Person => PayerName::Person,
            PayerKind::Government => PayerName::Government,
            PayerKind::Platform => PayerName::Platform,
            PayerKind::Fund => PayerName::Fund,
        };
        Self {
            kind,
            id: payer.id.as_str().to_owned(),
        }
    }
}

/// Money in fen, by who bears it (for resident pension, `unit` is the collective).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Of the unit.
    pub unit: i64,
    /// Of the person.
    pub person: i64,
}

impl From<Shares> for Amount {
    fn from(shares: Shares) -> Self {
        Self {
            unit: shares.unit.get(),
            person: shares.person.get(),
        }
    }
}
