//! What rows of each kind state, a file for each group of kinds.

mod benefits;
mod contribution;
mod corrections;
mod identity;
mod interest;
mod participation;
mod statements;
mod transfers;

pub use transfers::{CASE_CONTEXT, case_id};

use crate::{book::Book, cells::Cells};
use yizhang_ledger::{
    entry::Kind,
    person::AccountId,
    record::{Record, Source},
};

/// What every row has.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'r> {
    pub(crate) account: Option<AccountId>,
    pub(crate) source: Option<Source<'r>>,
}

/// The record that a row of its kind states. What is wrong is noted in `cells`.
pub(crate) fn record<'r>(
    cells: &mut Cells<'r>,
    book: &Book<'_>,
    frame: Frame<'r>,
) -> Option<Record<'r>> {
    let kind = cells.kind;
    Some(match kind {
        Kind::DUE | Kind::RECEIVED | Kind::ADJUST_DELTA | Kind::REFUND => Record::Contribution(
            kind,
            contribution::read(cells, book, frame.account, frame.source)?,
        ),
        Kind::REVERSAL => Record::Reversal(corrections::reversal(cells, book, frame)?),
        Kind::INTEREST_CREDIT => Record::InterestCredit(interest::interest(cells, frame)?),
        Kind::ENROL | Kind::SUSPEND | Kind::RESUME | Kind::TERMINATE => {
            Record::Participation(kind, participation::participation(cells, frame)?)
        }
        Kind::IDENTITY_LINK | Kind::IDENTITY_SPLIT => {
            Record::Identity(kind, identity::identity(cells, book, frame)?)
        }
        Kind::DEATH_NOTICE => Record::Death(statements::death(cells, frame)?),
        Kind::BIRTH_DATE_FACT => Record::Birth(statements::birth(cells, frame)?),
        Kind::DEEMED_MONTHS => Record::Deemed(statements::deemed(cells, frame)?),
        Kind::HUKOU_FACT => Record::Household(statements::household(cells, frame)?),
        Kind::RETIRE_CLASS_FACT => Record::RetireClass(statements::class(cells, frame)?),
        Kind::DUPLICATE_AGREEMENT => Record::Agreement(statements::agreement(cells, frame)?),
        Kind::BRIDGE => Record::Bridge(statements::bridge(cells, frame)?),
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => {
            Record::Dispute(kind, statements::dispute(cells, book, frame)?)
        }
        kind if kind <= Kind::CORRECTION => {
            Record::Transfer(kind, transfers::transfer(cells, frame)?)
        }
        kind => Record::Benefit(kind, benefits::benefit(cells, book, frame)?),
    })
}
