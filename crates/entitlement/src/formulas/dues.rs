//! What is due of a base: shares of unit and person, of pool and account, adjustments, subsidies, funds.

use super::rounding::{fen, half_up_fen};
use yizhang_ledger::value::{Fen, Rate};

/// Two parts of one contribution and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The part of the unit, or of the pool.
    pub pool: Fen,
    /// The part of the person, or of the personal account.
    pub person: Fen,
    /// Both.
    pub total: Fen,
}

/// Base times rate, half up to the fen: a contribution, or what a platform sets aside of its revenue (1 % in the source
/// paper: a proposal, not law). `None` beyond the limit of an amount.
///
/// Source: GB/T 40217—2021, its sample rows (verified); the rates are dated and regional: an argument.
pub fn due(base: Fen, rate: Rate) -> Option<Fen> {
    rate.of_half_up(base)
}

/// A contribution in two parts, each half up to the fen on its own: unit and person (16 % and 8 %), or of a flexible
/// worker, who pays both, pool and account (12 % and 8 %).
///
/// Source: 国发〔2005〕38号; GB/T 40217—2021, its sample rows (verified).
pub fn due_in_parts(base: Fen, pool: Rate, person: Rate) -> Option<Parts> {
    let (pool, person) = (due(base, pool)?, due(base, person)?);
    Some(Parts {
        pool,
        person,
        total: fen(i128::from(pool.get()).checked_add(i128::from(person.get()))?)?,
    })
}

/// What a base published later adds to a month already paid (type 34, 缴费基数调整补收): due of the new base less due of
/// the old one; negative if the new one is lower. It adds money and base, never a month.
///
/// Source: 京人社发〔2025〕11号 as it was carried out (verified that it was back-dated; the arithmetic is our design).
pub fn base_adjustment(old_base: Fen, new_base: Fen, rate: Rate) -> Option<Fen> {
    fen(i128::from(due(new_base, rate)?.get())
        .checked_sub(i128::from(due(old_base, rate)?.get()))?)
}

/// A share of what was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line: 2.
    pub numerator: u32,
    /// Below the line: 3; not 0.
    pub denominator: u32,
}

/// The subsidy for one scheme of a month that was paid: at most `share` of it, half up to the fen, and not more than
/// the cap, if there is one.
///
/// Source: Beijing, pay first, two thirds a scheme (verified); elsewhere local (uncertain): an argument.
pub fn subsidy(paid: Fen, share: Fraction, cap: Option<Fen>) -> Option<Fen> {
    let product = i128::from(paid.get()).checked_mul(i128::from(share.numerator))?;
    let amount = half_up_fen(product, i128::from(share.denominator))?;
    Some(cap.map_or(amount, |cap| amount.min(cap)))
}
