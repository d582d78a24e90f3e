//! A programme as data: whom it bears contributions of, how much, and for how long.

use crate::money::FenSum;
use serde::Deserialize;
use yizhang_ledger::value::{Code, Division, Fen, Month, Scheme};

/// Largest file of a programme, in bytes: a hundred times the example.
pub const PROGRAMME_BYTES_MAX: usize = 128 * 1024;

/// A complete programme that is an example, and nobody's.
const EXAMPLE: &str = include_str!("../../data/example-programme.toml");

/// What a programme bears of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The scheme, as `hrss:110`.
    pub scheme: String,
    /// Numerator of the share.
    pub numerator: u32,
    /// Denominator; above 0.
    pub denominator: u32,
    /// The most of a month.
    pub most: Fen,
}

impl Cap {
    /// What is borne of a month's contribution: the share, half up to the fen, and no more than the cap.
    pub fn of(&self, due: Fen) -> Fen {
        let share = FenSum::share(due, self.numerator, self.denominator);
        let share = share.and_then(|share| i64::try_from(share.get()).ok());
        let share = share.and_then(Fen::new).unwrap_or(self.most);
        share.min(self.most)
    }
}

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its code in records.
    pub id: String,
    /// Whether it is an example, and nobody's.
    pub is_example: bool,
    /// Whose it is: contributions at this place.
    pub place: Division,
    /// First month that is borne.
    pub from: Month,
    /// Last month; none while there is no end.
    pub until: Option<Month>,
    /// The document behind it.
    pub document: String,
    /// Codes that make a worker eligible.
    pub groups: Vec<String>,
    /// Most months, of all programmes at all places.
    pub months_max: u32,
    /// Who has fewer months than these to retirement is borne up to it.
    pub near_retirement_months: u32,
    /// What is borne, by scheme.
    pub caps: Vec<Cap>,
}

/// Why a file is no programme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgrammeFault {
    /// It is too large.
    #[error("expected at most {PROGRAMME_BYTES_MAX} bytes, found {0}")]
    TooLarge(usize),
    /// It is not written as a programme.
    #[error("{0}")]
    Syntax(String),
    /// A field is not what it must be.
    #[error("{field}: expected {expected}, found {found}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    example: bool,
    place: String,
    from: String,
    until: Option<String>,
    document: String,
    groups: Vec<String>,
    months: u32,
    near_retirement_months: u32,
    scheme: Vec<WrittenCap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCap {
    scheme: String,
    share: [u32; 2],
    cap: String,
}

/// The programme that is brought as an example.
pub fn example() -> Programme {
    Programme::read(EXAMPLE).expect("a test reads the example")
}

impl Programme {
    /// Reads a programme from TOML.
    ///
    /// # Errors
    /// Any [`ProgrammeFault`].
    pub fn read(text: &str) -> Result<Self, ProgrammeFault> {
        if text.len() > PROGRAMME_BYTES_MAX {
            return Err(ProgrammeFault::TooLarge(text.len()));
        }
        let written: Written = toml::from_str(text)
            .map_err(|fault| ProgrammeFault::Syntax(fault.message().to_owned()))?;
        let code = |text: &str| Code::new(text).is_some_and(|code| !code.is_none());
        let id = needed(
            "id",
            "1 to 32 visible ASCII characters",
            &written.id,
            |text| code(text).then(|| text.to_owned()),
        )?;
        let mut groups = Vec::new();
        for group in &written.groups {
            groups.push(needed(
                "groups",
                "codes of 1 to 32 characters",
                group,
                |text| code(text).then(|| text.to_owned()),
            )?);
        }
        let until = written.until.as_deref();
        let until = until.map(|text| needed("until", "a month as 2026-06", text, Month::parse));
        Ok(Self {
            id,
            is_example: written.example,
            place: needed("place", "a division code", &written.place, Division::parse)?,
            from: needed("from", "a month as 2025-07", &written.from, Month::parse)?,
            until: until.transpose()?,
            document: written.document,
            groups,
            months_max: written.months,
            near_retirement_months: written.near_retirement_months,
            caps: written.scheme.iter().map(cap).collect::<Result<_, _>>()?,
        })
    }

    /// Whether it bears a month.
    pub fn bears(&self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|until| month <= until)
    }
}

fn cap(written: &WrittenCap) -> Result<Cap, ProgrammeFault> {
    let scheme = needed("scheme", "a scheme as hrss:110", &written.scheme, |text| {
        Scheme::parse(text).map(|scheme| scheme.to_string())
    })?;
    let [numerator, denominator] = written.share;
    if denominator == 0 || numerator > denominator {
        return Err(ProgrammeFault::Field {
            field: "share",
            expected: "a share of no more than the whole, as [2, 3]",
            found: format!("[{numerator}, {denominator}]"),
        });
    }
    let most = needed("cap", "an amount as 954.93", &written.cap, yuan)?;
    Ok(Cap {
        scheme,
        numerator,
        denominator,
        most,
    })
}

fn needed<T>(
    field: &'static str,
    expected: &'static str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, ProgrammeFault> {
    read(text).ok_or_else(|| ProgrammeFault::Field {
        field,
        expected,
        found: text.chars().take(80).collect(),
    })
}

/// Digits, and exactly two of them after the point; more than nothing.
fn yuan(text: &str) -> Option<Fen> {
    let (whole, cents) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if cents.len() != 2 || !digits(whole) || !digits(cents) {
        return None;
    }
    let fen = whole.parse::<i64>().ok()?.checked_mul(100)?;
    let fen = fen.checked_add(cents.parse().ok()?)?;
    Fen::new(fen).filter(|amount| *amount > Fen::ZERO)
}
