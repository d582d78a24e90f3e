//! Sums of money.

use std::fmt;
use yizhang_ledger::value::{Fen, Rate};

/// A sum of amounts, in fen. An amount is below 2^50 and a sum has fewer than 2^64 of them, so that no sum reaches 2^127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FenSum(i128);

impl FenSum {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum in fen.
    pub const fn get(self) -> i128 {
        self.0
    }

    /// With another sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Without another sum.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// An amount so many times.
    pub fn times(amount: Fen, count: u64) -> Self {
        Self(i128::from(amount.get()).saturating_mul(i128::from(count)))
    }

    /// A share of an amount, half up to the fen: the numerator and the denominator of the share, which is above 0.
    pub fn share(amount: Fen, numerator: u32, denominator: u32) -> Option<Self> {
        let doubled = i128::from(amount.get())
            .checked_mul(i128::from(numerator))?
            .checked_mul(2)?
            .checked_add(i128::from(denominator))?;
        let divisor = i128::from(denominator).checked_mul(2)?;
        Some(Self(doubled.checked_div_euclid(divisor)?))
    }

    /// An amount times a rate, half up to the fen.
    pub fn rated(amount: Fen, rate: Rate) -> Option<Self> {
        rate.of_half_up(amount).map(Self::from)
    }

    /// Above zero, as a warning states it; 0 for less than nothing.
    pub fn unsigned(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }
}

impl From<Fen> for FenSum {
    fn from(amount: Fen) -> Self {
        Self(i128::from(amount.get()))
    }
}

impl fmt::Display for FenSum {
    /// Yuan with two decimals, as `-12.30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}
