//! Money of a programme that bears part of a worker's own contributions: asked for, awarded, paid.

use super::{Period, Source, check_period, rule};
use crate::{
    codec::CodecFault,
    entry::{Kind, RecordId},
    person::AccountId,
    value::{Code, Day, Division, Fen, Rate, Scheme},
};
use bincode::{BorrowDecode, Encode};

/// 社会保险补贴: applied for, awarded or credited, as the kind says. The contribution comes first (先缴后补).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Subsidy<'a> {
    /// The worker.
    pub account: AccountId,
    /// The programme, as its rules name it.
    pub programme: Code<'a>,
    /// The scheme whose contribution is borne in part.
    pub scheme: Scheme<'a>,
    /// The months.
    pub period: Period,
    /// Whose programme.
    pub place: Division,
    /// The contribution that it is reckoned from.
    pub contribution: Fen,
    /// The share of it; 0 where the programme pays a fixed sum.
    pub share: Rate,
    /// Asked for, awarded or paid.
    pub amount: Fen,
    /// The day.
    pub on: Day,
    /// What it follows from: of a credit the award; of an award the application, or the payment where the programme needs none.
    pub target: Option<RecordId>,
    /// Why, as a code of the agency: what makes the worker eligible.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

pub(super) fn check(kind: Kind, fields: &Subsidy<'_>) -> Result<(), CodecFault> {
    check_period(fields.period)?;
    rule(!fields.programme.is_none(), "the programme is not named")?;
    let sums = [fields.contribution, fields.amount];
    rule(
        sums.iter().all(|sum| *sum >= Fen::ZERO),
        "a sum is below zero",
    )?;
    rule(
        kind != Kind::SUBSIDY_CREDIT || fields.target.is_some(),
        "a subsidy is credited without the award",
    )
}
