//! Numbers with a type and texts with a bound: months, days, money, rates, codes, places.

use crate::codec::canonical_integer;
use alloc::string::String;
use bincode::{BorrowDecode, Encode};
use core::fmt;

/// A calendar month in UTC+8, stored as `year * 12 + (month - 1)`. From 1900-01 to 5461-04 (the end of 16 bits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u16);

impl Month {
    const FIRST: u16 = 1_900 * 12;

    /// The month with this stored number, if it is not before 1900-01.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= Self::FIRST {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The month of a year, `month` from 1 to 12.
    pub fn of(year: u16, month: u16) -> Option<Self> {
        if !(1..=12).contains(&month) {
            return None;
        }
        Self::new(year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?)
    }

    /// Reads `YYYYMM` or `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| {
            part.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| part.parse().ok())
                .flatten()
        };
        let (year, month) = match text.len() {
            6 => (text.get(..4)?, text.get(4..)?),
            7 if text.get(4..5)? == "-" => (text.get(..4)?, text.get(5..)?),
            _ => return None,
        };
        Self::of(digits(year)?, digits(month)?)
    }

    /// The stored number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The year, for instance 2026.
    pub const fn year(self) -> u16 {
        self.0 / 12
    }

    /// The month of the year, 1 to 12.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a remainder of 12 plus one fits"
    )]
    pub const fn month(self) -> u16 {
        self.0 % 12 + 1
    }

    /// The month `count` months later, if it can be expressed.
    pub fn plus(self, count: u16) -> Option<Self> {
        self.0.checked_add(count).map(Self)
    }

    /// The next month; the last expressible month is its own successor.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The month before, if there is one that can be expressed.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).and_then(Self::new)
    }

    /// How many months after `earlier` this is; negative if it is before.
    pub fn since(self, earlier: Self) -> i32 {
        i32::from(self.0)
            .checked_sub(i32::from(earlier.0))
            .expect("two numbers of 16 bits differ by one of 17")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

canonical_integer!(Month, u16, "a month is before 1900-01");

/// A calendar day in UTC+8, stored as the number `YYYYMMDD`. Years 1900 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// The day with this `YYYYMMDD` number, if the calendar (Gregorian) has it.
    pub fn new(number: u32) -> Option<Self> {
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1_900..=9_999).contains(&year) && (1..=last).contains(&day)).then_some(Self(number))
    }

    /// The day in UTC+8 of a moment; the last that there is, for a later one.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "days from 1970 to the last millisecond of 64 bits are below 2^38"
    )]
    pub fn of(moment: UnixMillis) -> Self {
        // Days are counted from 0000-03-01 on: years then end with the leap day, and each 400 years have as many days.
        const EAST_MS: u64 = 8 * 60 * 60 * 1_000;
        const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
        const DAYS_TO_1970: u64 = 719_468;
        const DAYS_OF_400_YEARS: u64 = 146_097;
        // A moment that no calendar has (it comes from outside) becomes the last day, below.
        let days = moment.0.saturating_add(EAST_MS) / DAY_MS;
        let days = days + DAYS_TO_1970;
        let in_era = days % DAYS_OF_400_YEARS;
        let year_in_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
        let from_march = (5 * in_year + 2) / 153;
        let day = in_year - (153 * from_march + 2) / 5 + 1;
        let month = (from_march + 2) % 12 + 1;
        let year = days / DAYS_OF_400_YEARS * 400 + year_in_era + u64::from(month <= 2);
        let number = u32::try_from(year * 10_000 + month * 100 + day);
        number.ok().and_then(Self::new).unwrap_or(Self(99_991_231))
    }

    /// Reads `YYYYMMDD` or `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let compact: String = match text.len() {
            8 => text.into(),
            10 if text.get(4..5)? == "-" && text.get(7..8)? == "-" => text.split('-').collect(),
            _ => return None,
        };
        if compact.len() != 8 || !compact.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::new(compact.parse().ok()?)
    }

    /// The stored number `YYYYMMDD`.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The month that the day lies in; `None` after 5461-04.
    pub fn in_month(self) -> Option<Month> {
        Month::of(
            u16::try_from(self.0 / 10_000).ok()?,
            u16::try_from(self.0 / 100 % 100).ok()?,
        )
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0 / 10_000,
            self.0 / 100 % 100,
            self.0 % 100
        )
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

canonical_integer!(
    Day,
    u32,
    "a date is not a day of the calendar between 1900 and 9999"
);

/// Milliseconds since 1970-01-01T00:00Z, as told by the clock of the node that writes. For audit, never for merging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, BorrowDecode)]
pub struct UnixMillis(pub u64);

/// An amount of money in fen (1/100 yuan), at most 10^15 either way, so that sums of thousands never overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount of a single field: ten trillion yuan.
    pub const MAX: i64 = 1_000_000_000_000_000;

    /// An amount of `fen`, if within ±[`Fen::MAX`].
    pub const fn new(fen: i64) -> Option<Self> {
        if fen >= -Self::MAX && fen <= Self::MAX {
            Some(Self(fen))
        } else {
            None
        }
    }

    /// The amount in fen.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals, as `-12.30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

canonical_integer!(Fen, i64, "an amount is beyond ten trillion yuan");

/// A rate in ten-thousandths: 0.0800 is 800 (the four decimals of D16.4 in GB/T 40217). At most 10.0000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u32);

impl Rate {
    /// No rate.
    pub const ZERO: Self = Self(0);

    /// A rate of this many ten-thousandths, at most 100,000.
    pub const fn new(ten_thousandths: u32) -> Option<Self> {
        if ten_thousandths <= 100_000 {
            Some(Self(ten_thousandths))
        } else {
            None
        }
    }

    /// The rate in ten-thousandths.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// `amount` times the rate, half up to the fen (away from zero for negative amounts).
    pub fn of_half_up(self, amount: Fen) -> Option<Fen> {
        let product = i128::from(amount.0).checked_mul(i128::from(self.0))?;
        let rounded = product.unsigned_abs().checked_add(5_000)? / 10_000;
        let magnitude = i64::try_from(rounded).ok()?;
        Fen::new(if product < 0 {
            magnitude.checked_neg()?
        } else {
            magnitude
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

canonical_integer!(Rate, u32, "a rate is above 10");

/// A six-digit division code (GB/T 2260), for instance 440300. Not checked against any table: abolished codes stay in
/// records for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Division(u32);

/// The Corps 兵团 of Xinjiang, as some systems know it.
const CORPS: u32 = 660_000;
/// The first three digits of the codes of its cities.
const CITIES_OF_CORPS: u32 = 659;

impl Division {
    /// The division with this code, 100000 to 999999.
    pub const fn new(code: u32) -> Option<Self> {
        if code >= 100_000 && code <= 999_999 {
            Some(Self(code))
        } else {
            None
        }
    }

    /// Reads exactly six digits, the first not 0.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::new(text.parse().ok()?)
    }

    /// The code.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The province-level division that this one lies in: 440300 gives 440000. Pensions are counted by province
    /// (国办发〔2009〕66号).
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a multiple of 10,000 that is not larger than the code"
    )]
    pub const fn province(self) -> Self {
        Self(self.0 / 10_000 * 10_000)
    }

    /// Whether this division is another one or contains it: 440000 contains 440300, 440300 contains 440305. 660000, under which the
    /// Corps 兵团 of Xinjiang has a node of its own, contains its cities as well, which have codes of Xinjiang (GB/T 2260: 659001 and on).
    pub const fn covers(self, narrow: Self) -> bool {
        if self.0 == CORPS {
            narrow.0 / 10_000 == CORPS / 10_000 || narrow.0 / 1_000 == CITIES_OF_CORPS
        } else if self.0.is_multiple_of(10_000) {
            self.0 / 10_000 == narrow.0 / 10_000
        } else if self.0.is_multiple_of(100) {
            self.0 / 100 == narrow.0 / 100
        } else {
            self.0 == narrow.0
        }
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

canonical_integer!(Division, u32, "a division code has not six digits");

/// A code or number of some register: up to 32 visible ASCII characters, possibly none. There is no free text in a leaf,
/// so that no name can slip into one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Code<'a>(&'a str);

impl<'a> Code<'a> {
    /// Longest code, in characters: C..32, the widest identifier of GB/T 40217.
    pub const LENGTH_MAX: usize = 32;
    /// The empty code: "none".
    pub const NONE: Self = Self("");

    /// A code with this text, if it is short enough and of visible ASCII characters only.
    pub fn new(text: &'a str) -> Option<Self> {
        (text.len() <= Self::LENGTH_MAX && text.bytes().all(|b| b.is_ascii_graphic()))
            .then_some(Self(text))
    }

    /// The text.
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether the code is "none".
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de: 'a, 'a, C> BorrowDecode<'de, C> for Code<'a> {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let text: &'de str = BorrowDecode::borrow_decode(decoder)?;
        Self::new(text).ok_or(bincode::error::DecodeError::Other(
            "a code is longer than 32 or has other than visible ASCII characters",
        ))
    }
}

/// Who defines a scheme code. The sets disagree (410 is work injury for one, long-term care for the other), so a scheme
/// is always the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum Namespace {
    /// Human resources and social security (AAE140).
    Hrss,
    /// National healthcare security (insutype).
    Nhsa,
    /// A city or province.
    Local,
    /// Occupational and enterprise annuities.
    Annuity,
    /// Personal pension.
    Personal,
}

impl Namespace {
    /// All namespaces with the prefix that stands for each.
    pub const ALL: [(&'static str, Self); 5] = [
        ("hrss", Self::Hrss),
        ("nhsa", Self::Nhsa),
        ("local", Self::Local),
        ("ann", Self::Annuity),
        ("pp", Self::Personal),
    ];

    /// The prefix, as in `hrss:110`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Hrss => "hrss",
            Self::Nhsa => "nhsa",
            Self::Local => "local",
            Self::Annuity => "ann",
            Self::Personal => "pp",
        }
    }
}

/// A scheme 险种: a namespace and its code, written `hrss:110`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct Scheme<'a> {
    /// Who defines the code.
    pub namespace: Namespace,
    /// The code, not empty.
    pub code: Code<'a>,
}

impl<'a> Scheme<'a> {
    /// Reads `namespace:code`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (prefix, code) = text.split_once(':')?;
        let (_, namespace) = Namespace::ALL
            .into_iter()
            .find(|(known, _)| *known == prefix)?;
        let code = Code::new(code).filter(|code| !code.is_none())?;
        Some(Self { namespace, code })
    }
}

impl fmt::Display for Scheme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace.prefix(), self.code)
    }
}

/// The position of a leaf in its chain, from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode,
)]
pub struct LeafIndex(pub u64);

/// The number of leaves of a tree.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode,
)]
pub struct TreeSize(pub u64);

impl TreeSize {
    /// The largest tree that evidence may speak of, so that a size fits a signed 64-bit integer in any language and no
    /// path is longer than [`crate::tree::PATH_HASHES_MAX`].
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// The position that the next leaf will take.
    pub const fn next_leaf(self) -> LeafIndex {
        LeafIndex(self.0)
    }

    /// The size after `count` more leaves, if it can be expressed.
    pub fn plus(self, count: u64) -> Option<Self> {
        self.0.checked_add(count).map(Self)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
