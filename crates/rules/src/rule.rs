//! One rule: what holds, where, from when to when, and who said so.

use crate::{key::Key, place::city};
use std::fmt;
use yizhang_ledger::value::{Day, Division, Fen, Month, Rate};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, by which an overlay replaces it and figures name it.
    pub id: String,
    /// What it is about.
    pub key: Key,
    /// The subject: a scheme as `hrss:110`, a class as `M60`, `men`; empty where the key needs none.
    pub of: String,
    /// The province or city; none for the nation.
    pub place: Option<Division>,
    /// Whether it holds only for what is paid at this very code (省直, 市直), and not for the places within.
    pub direct: bool,
    /// First month for which it holds; none if it always has.
    pub from: Option<Month>,
    /// Last month; none if there is no end yet.
    pub until: Option<Month>,
    /// What holds.
    pub value: Value,
    /// The document that says so.
    pub document: String,
    /// Its number and article; a law has articles alone.
    pub number: String,
    /// The day on which it was published, where known.
    pub published: Option<Day>,
    /// How sure we are.
    pub confidence: Confidence,
    /// What a reader should know.
    pub note: String,
}

impl Rule {
    /// Whether it is for a place: the nation's, that of a province or city around it, or of its very code.
    pub fn may_hold_at(&self, place: Division) -> bool {
        let within =
            |of_rule: Division| of_rule == place.province() || Some(of_rule) == city(place);
        self.place
            .is_none_or(|of_rule| of_rule == place || (!self.direct && within(of_rule)))
    }

    /// Whether it holds in a month.
    pub fn holds_in(&self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.until.is_none_or(|until| month <= until)
    }
}

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Months.
    Months(u32),
    /// Days.
    Days(u32),
    /// A number.
    Count(u32),
    /// Money.
    Yuan(Fen),
    /// A rate.
    Rate(Rate),
    /// A month.
    Month(Month),
    /// Rows of equal length.
    Table(Vec<Vec<u32>>),
    /// Ascending days.
    Dates(Vec<Day>),
    /// A code, not empty.
    Code(String),
    /// Not that of what is around the place: it has its own, which this set does not know.
    None,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Months(number) | Self::Days(number) | Self::Count(number) => {
                write!(f, "{number}")
            }
            Self::Yuan(amount) => write!(f, "{amount}"),
            Self::Rate(rate) => write!(f, "{rate}"),
            Self::Month(month) => write!(f, "{month}"),
            Self::Table(rows) => {
                let row =
                    |row: &Vec<u32>| row.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
                f.write_str(&rows.iter().map(row).collect::<Vec<_>>().join(", "))
            }
            Self::Code(code) => f.write_str(code),
            Self::None => f.write_str("none"),
            Self::Dates(days) => f.write_str(
                &days
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        }
    }
}

/// How sure we are of a value (domain reference, section 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The text was read, or a quotation of it.
    Verified,
    /// Known from practice; no text was opened.
    Known,
    /// Uncertain, local or changing every year: only an operator states it.
    Uncertain,
    /// A design rule of ours, no law.
    Design,
}

impl Confidence {
    /// The letter in files.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Verified => "V",
            Self::Known => "K",
            Self::Uncertain => "U",
            Self::Design => "D",
        }
    }

    pub(crate) fn of(letter: &str) -> Option<Self> {
        [Self::Verified, Self::Known, Self::Uncertain, Self::Design]
            .into_iter()
            .find(|one| one.letter() == letter)
    }
}
