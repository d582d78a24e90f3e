//! The money that moves with an employee pension relation from one province to another.

use super::rounding::{fen, total};
use yizhang_ledger::value::{Fen, Month, Rate};

/// A month paid, as the sending agency has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidMonth {
    /// The month.
    pub month: Month,
    /// The actual base.
    pub base: Fen,
    /// What the unit paid.
    pub unit: Fen,
    /// What the person paid.
    pub person: Fen,
    /// What was credited to the personal account.
    pub credited: Fen,
}

/// The part of the pool (统筹基金) that moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolRule {
    /// The share of the bases: 12 %.
    pub rate: Rate,
    /// The first month whose base counts: 1998-01.
    pub from: Month,
}

/// The money of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferSums {
    /// The bases that the pool part is computed from.
    pub bases: Fen,
    /// The pool part that moves.
    pub pool: Fen,
    /// The personal account that moves: credits and interest.
    pub account: Fen,
    /// What was paid and neither moves from the pool nor was credited to the account; negative if the pool sends more
    /// than it got.
    pub stays: Fen,
}

/// The sums of a general account: the whole personal account (its credits plus `interest`, as posted), and the pool's
/// share of the *sum* of the bases since the first month of the rule, half up to the fen once. Months are taken as they
/// are, so less than a year goes by its actual months.
///
/// Before the rule's first month the account holds what the person paid, with interest: [`PaidMonth::credited`] says so.
/// `None` if a sum is beyond the limit of an amount.
///
/// Source: 国办发〔2009〕66号 art. 4 (verified). Interest of the year of transfer is the receiver's in one local practice
/// (uncertain): leave it out of `interest` where that holds.
pub fn general_account(
    months: &[PaidMonth],
    interest: Fen,
    rule: PoolRule,
) -> Option<TransferSums> {
    let bases = fen(total(
        months
            .iter()
            .filter(|paid| paid.month >= rule.from)
            .map(|paid| paid.base),
    ))?;
    let pool = rule.rate.of_half_up(bases)?;
    let credited = total(months.iter().map(|paid| paid.credited));
    let account = fen(credited.checked_add(i128::from(interest.get()))?)?;
    let paid = total(months.iter().flat_map(|paid| [paid.unit, paid.person]));
    let stays = fen(paid
        .checked_sub(i128::from(pool.get()))?
        .checked_sub(credited)?)?;
    Some(TransferSums {
        bases,
        pool,
        account,
        stays,
    })
}

/// The sum of a temporary account (临时基本养老保险缴费账户): everything that unit and person paid, with `interest`.
/// `None` if it is beyond the limit of an amount.
///
/// Source: 国办发〔2009〕66号 art. 5 (verified).
pub fn temporary_account(months: &[PaidMonth], interest: Fen) -> Option<Fen> {
    let paid = total(months.iter().flat_map(|paid| [paid.unit, paid.person]));
    fen(paid.checked_add(i128::from(interest.get()))?)
}
