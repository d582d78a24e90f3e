//! What rows of each kind state, a file for each group of kinds.

mod benefits;
mod beside_rules;
mod contribution;
mod corrections;
mod identity;
mod injuries;
mod interest;
mod participation;
mod platforms;
mod statements;
mod subsidies;
mod transfers;
mod warnings;

pub use injuries::{INJURY_CONTEXT, injury_id};
pub use transfers::{CASE_CONTEXT, case_id};

use crate::{row_cells::Cells, serials::Serials};
use yizhang_ledger::{
    entry::Kind,
    person::AccountId,
    record::{Record, Source},
};

/// What every row has.
#[derive(Clone, Copy)]
pub(crate) struct Common<'r> {
    pub(crate) account: Option<AccountId>,
    pub(crate) source: Option<Source<'r>>,
}

/// The record that a row of its kind states. What is wrong is noted in `cells`.
pub(crate) fn record<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<Record<'r>> {
    let kind = cells.kind;
    Some(match kind {
        Kind::DUE | Kind::RECEIVED | Kind::ADJUST_DELTA | Kind::REFUND => Record::Contribution(
            kind,
            contribution::read(cells, serials, common.account, common.source)?,
        ),
        Kind::REVERSAL => Record::Reversal(corrections::reversal(cells, serials, common)?),
        Kind::INTEREST_CREDIT => Record::InterestCredit(interest::interest(cells, common)?),
        Kind::ENROL | Kind::SUSPEND | Kind::RESUME | Kind::TERMINATE => {
            Record::Participation(kind, participation::participation(cells, common)?)
        }
        Kind::IDENTITY_LINK | Kind::IDENTITY_SPLIT => {
            Record::Identity(kind, identity::identity(cells, serials, common)?)
        }
        Kind::DEATH_NOTICE => Record::Death(statements::death(cells, common)?),
        Kind::BIRTH_DATE_FACT => Record::Birth(statements::birth(cells, common)?),
        Kind::DEEMED_MONTHS => Record::Deemed(statements::deemed(cells, common)?),
        Kind::HUKOU_FACT => Record::Household(statements::household(cells, common)?),
        Kind::RETIRE_CLASS_FACT => Record::RetireClass(statements::class(cells, common)?),
        Kind::DUPLICATE_AGREEMENT => Record::Agreement(statements::agreement(cells, common)?),
        Kind::BRIDGE => Record::Bridge(statements::bridge(cells, common)?),
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => {
            Record::Dispute(kind, statements::dispute(cells, serials, common)?)
        }
        Kind::PLATFORM_MONTH => Record::PlatformMonth(platforms::month(cells, serials, common)?),
        Kind::OIP_PREMIUM => Record::OipPremium(platforms::premium(cells, serials, common)?),
        Kind::INJURY_REPORT => Record::InjuryReport(injuries::report(cells, common)?),
        Kind::INJURY_DETERMINATION => {
            Record::InjuryDetermination(injuries::determination(cells, common)?)
        }
        Kind::DISABILITY_GRADE => Record::DisabilityGrade(injuries::grade(cells, common)?),
        Kind::FUND_PREPAY => Record::FundPrepay(platforms::prepay(cells, serials, common)?),
        Kind::FUND_DRAW => Record::FundDraw(platforms::draw(cells, serials, common)?),
        Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT => {
            Record::Subsidy(kind, subsidies::subsidy(cells, serials, common)?)
        }
        Kind::WARNING => Record::Warning(warnings::warning(cells, common)?),
        Kind::WARNING_CLOSED => Record::WarningClosed(warnings::closed(cells, serials, common)?),
        kind if kind <= Kind::CORRECTION => {
            Record::Transfer(kind, transfers::transfer(cells, common)?)
        }
        kind => Record::Benefit(kind, benefits::benefit(cells, serials, common)?),
    })
}
