//! Sums of money: of one amount after another, and of the two shares of contributions.

use crate::{
    account::Amount,
    formulas::{refund::overlap_refund, rounding::half_up_fen},
};
use yizhang_ledger::{
    record::{Contribution, Period, Shares},
    value::{Fen, Rate},
};

/// A sum of amounts in fen.
///
/// An amount is at most 10^15 either way ([`Fen`]), an account has fewer than 2^32 records, and no sum takes more than eight
/// amounts of one of them: less than 2^85, and times the months of any calendar (2^16) less than 2^101. So 128 bits hold every
/// sum and every product here, and no order of adding overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FenSum(i128);

/// Why nothing here overflows.
const BOUND: &str = "sums of an account's amounts stay far below 128 bits (`FenSum`)";

/// What a sum may be short and still be full: GB/T 40217 allows a fen of rounding in every share.
pub(crate) const TOLERANCE: FenSum = FenSum(1);

impl FenSum {
    pub(crate) const ZERO: Self = Self(0);

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect(BOUND))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect(BOUND))
    }

    pub(crate) fn negated(self) -> Self {
        Self(self.0.checked_neg().expect(BOUND))
    }

    /// The sum of all.
    pub(crate) fn of(sums: impl Iterator<Item = Self>) -> Self {
        sums.fold(Self::ZERO, Self::plus)
    }

    /// Whether it reaches another one, but for rounding.
    pub(crate) fn reaches(self, other: Self) -> bool {
        self.plus(TOLERANCE) >= other
    }

    /// At least nothing.
    pub(crate) fn or_nothing(self) -> Self {
        self.max(Self::ZERO)
    }

    pub(crate) fn times(self, count: usize) -> Self {
        let count = i128::try_from(count).expect("a count fits 128 bits");
        Self(self.0.checked_mul(count).expect(BOUND))
    }

    /// `some` of `all` equal shares of it, half up to the fen; of none it is the whole. A share beyond the limit of an amount is
    /// nothing that a payment could be, and counts as none.
    pub(crate) fn share(self, some: usize, all: usize) -> Self {
        let all = i128::try_from(all.max(1)).expect("a count fits 128 bits");
        half_up_fen(self.times(some).0, all).map_or(Self::ZERO, Self::from)
    }

    /// What a rate makes of it, half up to the fen: sums times ten thousand stay below 128 bits as well.
    pub(crate) fn at_rate(self, rate: Rate) -> Self {
        const WHOLE: i128 = 10_000;
        let product = self.0.checked_mul(rate.get().into()).expect(BOUND);
        let rounded = product.checked_add(WHOLE / 2).expect(BOUND);
        Self(rounded.div_euclid(WHOLE))
    }

    /// As the account says it: 64 bits, at which sums stop that no payments come to (nine thousand amounts of ten trillion yuan).
    pub(crate) fn shown(self) -> i64 {
        let limit = if self.0 < 0 { i64::MIN } else { i64::MAX };
        i64::try_from(self.0).unwrap_or(limit)
    }

    /// As an amount, within its limit.
    pub(crate) fn amount(self) -> Option<Fen> {
        Fen::new(i64::try_from(self.0).ok()?)
    }
}

impl From<Fen> for FenSum {
    fn from(amount: Fen) -> Self {
        Self(amount.get().into())
    }
}

impl From<i64> for FenSum {
    fn from(fen: i64) -> Self {
        Self(fen.into())
    }
}

/// Sums by share: of unit and person, or of the two shares of a personal account.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) unit: FenSum,
    pub(crate) person: FenSum,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Self) {
        *self = self.and(other);
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            unit: self.unit.plus(other.unit),
            person: self.person.plus(other.person),
        }
    }

    /// What is left of it, at least nothing.
    pub(crate) fn less(self, other: Self) -> Self {
        Self {
            unit: self.unit.minus(other.unit).or_nothing(),
            person: self.person.minus(other.person).or_nothing(),
        }
    }

    /// No more than another one, share by share.
    pub(crate) fn at_most(self, other: Self) -> Self {
        Self {
            unit: self.unit.min(other.unit),
            person: self.person.min(other.person),
        }
    }

    /// No less than another one, share by share.
    pub(crate) fn at_least(self, other: Self) -> Self {
        Self {
            unit: self.unit.max(other.unit),
            person: self.person.max(other.person),
        }
    }

    /// As much less.
    pub(crate) fn negated(self) -> Self {
        Self {
            unit: self.unit.negated(),
            person: self.person.negated(),
        }
    }

    /// `some` of `all` equal shares of each, half up to the fen.
    pub(crate) fn share(self, some: usize, all: usize) -> Self {
        Self {
            unit: self.unit.share(some, all),
            person: self.person.share(some, all),
        }
    }

    /// Whether it reaches another one in both shares, but for rounding.
    pub(crate) fn reaches(self, other: Self) -> bool {
        self.unit.reaches(other.unit) && self.person.reaches(other.person)
    }

    /// Both shares in one.
    pub(crate) fn both(self) -> FenSum {
        self.unit.plus(self.person)
    }

    pub(crate) fn amount(self) -> Amount {
        Amount {
            unit: self.unit.shown(),
            person: self.person.shown(),
        }
    }
}

impl From<Shares> for Sums {
    fn from(shares: Shares) -> Self {
        Self {
            unit: shares.unit.into(),
            person: shares.person.into(),
        }
    }
}

/// Amounts given back: whatever their sign in the file.
pub(crate) fn given_back(shares: Shares) -> Sums {
    Sums {
        unit: without_sign(shares.unit),
        person: without_sign(shares.person),
    }
}

/// An amount given back: whatever its sign in the file.
pub(crate) fn without_sign(amount: Fen) -> FenSum {
    let sum = FenSum::from(amount);
    sum.max(sum.negated())
}

/// The share of some of a period's months in each of two amounts, half up to the fen.
pub(crate) fn part_of(amounts: Shares, some: usize, period: Period) -> Sums {
    let some = u32::try_from(some).expect("a period has at most 255 months");
    let part = |paid: Fen| overlap_refund(paid, some, period.months.into()).into();
    Sums {
        unit: part(amounts.unit),
        person: part(amounts.person),
    }
}

/// The share of some of a contribution's months in what was paid, half up to the fen.
pub(crate) fn part(contribution: &Contribution<'_>, some: usize) -> Sums {
    part_of(contribution.paid, some, contribution.period)
}

/// What several sums may be off together, beyond what one may: each is rounded.
pub(crate) fn rounding(sums: usize) -> Sums {
    let fen = TOLERANCE.times(sums.saturating_sub(1));
    Sums {
        unit: fen,
        person: fen,
    }
}
