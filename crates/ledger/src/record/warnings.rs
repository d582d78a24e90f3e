//! Warnings that agencies have taken up, and how they ended.

use super::{CaseId, SPAN_BACKWARDS, Source, rule};
use crate::{
    codec::CodecFault,
    entry::RecordId,
    hash::Hash,
    person::AccountId,
    value::{Code, Day, Division, Month},
    warning,
};
use bincode::{BorrowDecode, Encode};

/// Whom a warning is about. At least one of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct Subject<'a> {
    /// A worker.
    pub worker: Option<AccountId>,
    /// A platform or an employer: its unified social credit code.
    pub party: Code<'a>,
    /// A case of injury or transfer.
    pub case: Option<CaseId>,
}

/// 预警: a rule found something, and an agency has taken it up. The same set of records, rules and day gives the same warnings at every
/// node, and each its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Warning<'a> {
    /// The number: hash of rule, subject, place and first month ([`crate::warning::id`]).
    pub id: Hash,
    /// The rule.
    pub rule: Code<'a>,
    /// Whom it is about.
    pub subject: Subject<'a>,
    /// Where.
    pub place: Division,
    /// First month that it is about.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// What was found, in the unit of the rule.
    pub found: u64,
    /// What the rule wants, in the same unit.
    pub wanted: u64,
    /// Hash of the ids of the records that it rests on ([`crate::warning::basis`]).
    pub basis: Hash,
    /// The day on which it was raised.
    pub on: Day,
    /// By when somebody acts.
    pub act_by: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// How a warning ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum Ending {
    /// What it asked for was done: the rule finds nothing any more.
    Met,
    /// A person has closed it, with a reason.
    Dismissed,
}

/// A warning ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct WarningClosed<'a> {
    /// The number of the warning.
    pub id: Hash,
    /// The record that raised it.
    pub target: RecordId,
    /// How.
    pub ending: Ending,
    /// Why, as a code of the agency; a dismissal has one.
    pub reason: Code<'a>,
    /// The day.
    pub on: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

pub(super) fn check(fields: &Warning<'_>) -> Result<(), CodecFault> {
    rule(!fields.rule.is_none(), "the rule is not named")?;
    let Subject {
        worker,
        party,
        case,
    } = fields.subject;
    let is_about = worker.is_some() || !party.is_none() || case.is_some();
    rule(is_about, "a warning is about nobody")?;
    rule(fields.first <= fields.last, SPAN_BACKWARDS)?;
    let id = warning::id(fields.rule, &fields.subject, fields.place, fields.first);
    rule(
        fields.id == id,
        "the number of a warning is not that of its rule, subject, place and month",
    )
}

pub(super) fn check_closed(fields: &WarningClosed<'_>) -> Result<(), CodecFault> {
    rule(
        fields.ending != Ending::Dismissed || !fields.reason.is_none(),
        "a warning is dismissed without a reason",
    )
}
