//! One cell to one value.

use crate::{
    credit_code,
    fault::{Fault, OneOf},
    found::Found,
    tables::{self, BaseRule},
    tidy,
};
use std::borrow::Cow;
use yizhang_ledger::{
    hash::Hash,
    person::SocialSecurityNumber,
    value::{Code, Day, Division, Fen, Month, Namespace, Rate, Scheme, UnixMillis},
};

/// Years that rows may name: from the first month of the ledger to far beyond any contribution.
const YEARS: std::ops::RangeInclusive<u16> = 1_900..=2_199;
/// First two digits of citizen IDs: provinces (GB/T 2260), Hong Kong, Macao, Taiwan.
const PROVINCES: std::ops::RangeInclusive<u8> = 11..=83;

/// Provinces by their first two digits (GB/T 2260), with 66, under which some systems keep the 兵团; 71, 81 and 82 are
/// Taiwan, Hong Kong and Macao.
const PROVINCE_CODES: &[u32] = &[
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 66, 71, 81, 82,
];

/// An amount in yuan with at most two decimals, as `-12.3`.
pub(crate) fn amount(text: &str) -> Result<Fen, Fault> {
    if tidy::is_scientific_amount(text) {
        return Err(Fault::Scientific);
    }
    let form = || Fault::AmountForm {
        found: Found::new(text),
    };
    let range = || Fault::AmountRange {
        limit: Fen::new(Fen::MAX).expect("the largest amount is one"),
        found: Found::new(text),
    };
    let plain = text.strip_suffix('元').unwrap_or(text).trim_end();
    let plain = plain.strip_prefix(['￥', '¥']).unwrap_or(plain);
    let (sign, magnitude) = match plain.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let magnitude = without_thousands(magnitude).ok_or_else(form)?;
    let magnitude = without_zeros(&magnitude);
    let fen = fixed_point(magnitude, 2).ok_or_else(form)?;
    i64::try_from(fen)
        .ok()
        .and_then(|fen| Fen::new(sign * fen))
        .ok_or_else(range)
}

/// An amount without its commas, if they stand behind each three digits: `6,000.00`.
fn without_thousands(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return Some(text.into());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut groups = whole.split(',');
    let is_first = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()));
    let is_grouped = is_first && groups.all(|group| group.len() == 3);
    is_grouped.then(|| format!("{}.{fraction}", whole.replace(',', "")).into())
}

/// An amount without the zeros behind its second decimal: databases write `4500.0000`.
fn without_zeros(text: &str) -> &str {
    let Some(at) = text.find('.') else {
        return text;
    };
    match text.get(at + 3..) {
        Some(more) if more.bytes().all(|byte| byte == b'0') => text.get(..at + 3).unwrap_or(text),
        _ => text,
    }
}

/// A rate from 0 to 1, as `0.08` or `8%`.
pub(crate) fn rate(text: &str) -> Result<Rate, Fault> {
    let ten_thousandths = match text.strip_suffix('%') {
        Some(percent) => fixed_point(percent.trim_end(), 2),
        None => fixed_point(text, 4),
    };
    let rate = ten_thousandths
        .filter(|rate| *rate <= 10_000)
        .and_then(|rate| Rate::new(u32::try_from(rate).ok()?));
    rate.ok_or_else(|| Fault::RateForm {
        found: Found::new(text),
    })
}

/// Digits with at most `decimals` behind a point, as a whole number of the smallest unit. Too large a number is the
/// largest, which is beyond every bound.
fn fixed_point(text: &str, decimals: usize) -> Option<u64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (text, "0"),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > decimals {
        return None;
    }
    let padding = std::iter::repeat_n(b'0', decimals - fraction.len());
    let all = whole.bytes().chain(fraction.bytes()).chain(padding);
    Some(all.fold(0, |number: u64, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    }))
}

pub(crate) fn month(text: &str) -> Result<Month, Fault> {
    refuse_count_of_days(text)?;
    let written = || match Parts::of(text)? {
        // A spreadsheet makes a month the first of its days.
        Parts {
            year,
            month,
            day: None | Some(1),
        } => Month::of(year, month),
        Parts { .. } => None,
    };
    Month::parse(text)
        .or_else(written)
        .filter(|month| YEARS.contains(&month.year()))
        .ok_or_else(|| Fault::MonthForm {
            found: Found::new(text),
        })
}

pub(crate) fn day(text: &str) -> Result<Day, Fault> {
    refuse_count_of_days(text)?;
    let written = || {
        let Parts { year, month, day } = Parts::of(text)?;
        Day::new(u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day?))
    };
    Day::parse(text)
        .or_else(written)
        .filter(|day| {
            day.in_month()
                .is_some_and(|month| YEARS.contains(&month.year()))
        })
        .ok_or_else(|| Fault::DateForm {
            found: Found::new(text),
        })
}

/// Year, month and day of a date that is written with separators.
struct Parts {
    year: u16,
    month: u16,
    day: Option<u16>,
}

impl Parts {
    /// Reads `2026/1/20`, `2019-1-5`, `2018年12月`, `2018年12月1日`, each with a time of day behind it or none.
    fn of(text: &str) -> Option<Self> {
        let date = match text.split_once([' ', 'T']) {
            Some((date, time)) if is_time(time.trim_start()) => date,
            Some(_) => return None,
            None => text,
        };
        let dashed = date.replace(['年', '月', '/'], "-").replace('日', "");
        let mut parts = dashed.strip_suffix('-').unwrap_or(&dashed).split('-');
        let year = parts.next().filter(|year| year.len() == 4)?;
        let month = parts.next().filter(|month| month.len() <= 2)?;
        let day = match parts.next() {
            Some(day) if day.len() <= 2 => Some(whole(day)?),
            Some(_) => return None,
            None => None,
        };
        let read = Self {
            year: whole(year)?,
            month: whole(month)?,
            day,
        };
        parts.next().is_none().then_some(read)
    }
}

/// A time of day, as `00:00:00` or `13:45`, with parts of a second or none.
fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let is_part = |part: &&str| part.len() == 2 && whole(part).is_some_and(|number| number < 60);
    (2..=3).contains(&parts.len())
        && parts.iter().all(is_part)
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// Days that a spreadsheet counts from 1900 on: these are the years from 1954 to 2119.
const COUNT_OF_DAYS: std::ops::RangeInclusive<u32> = 20_000..=80_500;

fn refuse_count_of_days(text: &str) -> Result<(), Fault> {
    // Behind a point stands the time of the day.
    let count = match text.split_once('.') {
        Some((days, time)) if time.bytes().all(|byte| byte.is_ascii_digit()) => days,
        _ => text,
    };
    let is_count = count.len() == 5
        && count
            .parse()
            .is_ok_and(|count| COUNT_OF_DAYS.contains(&count));
    if is_count {
        let found = Found::new(text);
        return Err(Fault::SerialDate { found });
    }
    Ok(())
}

pub(crate) fn year(text: &str) -> Result<u16, Fault> {
    let year = if text.len() == 4 { whole(text) } else { None };
    year.filter(|year| YEARS.contains(year))
        .ok_or_else(|| Fault::YearForm {
            found: Found::new(text),
        })
}

pub(crate) fn count(text: &str, least: u16, most: u16) -> Result<u16, Fault> {
    let form = || Fault::CountForm {
        least: least.into(),
        most: most.into(),
        found: Found::new(text),
    };
    whole(text)
        .filter(|count| (least..=most).contains(count))
        .ok_or_else(form)
}

/// A whole number from 0 to `most`.
pub(crate) fn number(text: &str, most: u64) -> Result<u64, Fault> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_digits { text.parse().ok() } else { None };
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| Fault::CountForm {
            least: 0,
            most,
            found: Found::new(text),
        })
}

/// Milliseconds of a minute, a day, and of the eight hours by which China's time is ahead of UTC.
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
const CHINA_AHEAD_MS: u64 = 8 * 60 * MINUTE_MS;

/// A moment in China's time: a day and a time of that day.
pub(crate) fn moment(text: &str) -> Result<UnixMillis, Fault> {
    let form = || Fault::MomentForm {
        found: Found::new(text),
    };
    let (date, time) = text.split_once([' ', 'T']).ok_or_else(form)?;
    let time = time.trim_start();
    let time = time.strip_suffix("+08:00").unwrap_or(time);
    let day = day(date).map_err(|_| form())?;
    if !is_time(time) {
        return Err(form());
    }
    let mut parts = time.split([':', '.']);
    let mut next = || parts.next().and_then(whole).map_or(0, u64::from);
    let (hour, minute, second) = (next(), next(), next());
    let of_day = (hour * 60 + minute) * MINUTE_MS + second * 1_000;
    days_since_1970(day)
        .and_then(|days| (days * DAY_MS + of_day).checked_sub(CHINA_AHEAD_MS))
        .filter(|_| hour < 24)
        .map(UnixMillis)
        .ok_or_else(form)
}

/// Days from 1970-01-01 to a day; none before.
fn days_since_1970(day: Day) -> Option<u64> {
    const OF_1970_01_01: u32 = 719_469;
    let number = day.number();
    let (year, month, date) = (number / 10_000, number / 100 % 100, number % 100);
    // Years from March on, so that the day that some have more is their last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + date;
    days.checked_sub(OF_1970_01_01).map(u64::from)
}

/// The code of a platform: a unified social credit code.
pub(crate) fn platform(text: &str) -> Result<Code<'_>, Fault> {
    let code = unit(text)?;
    match text.len() {
        credit_code::LENGTH => Ok(code),
        found => Err(Fault::CreditCodeLength {
            expected: credit_code::LENGTH,
            found,
        }),
    }
}

fn whole(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

pub(crate) fn division(text: &str) -> Result<Division, Fault> {
    // Of a village or street, 12 digits: the first six are its county.
    let is_of_village = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let county = if is_of_village { text.get(..6) } else { None };
    Division::parse(county.unwrap_or(text)).ok_or_else(|| Fault::DivisionForm {
        found: Found::new(text),
    })
}

/// Whether a place is in a province. Abolished divisions of one are: old records keep their codes.
pub fn is_in_a_province(place: Division) -> bool {
    PROVINCE_CODES.contains(&(place.code() / 10_000))
}

pub(crate) fn hash(text: &str) -> Result<Hash, Fault> {
    Hash::from_hex(&text.to_ascii_lowercase()).ok_or_else(|| Fault::HashForm {
        found: Found::new(text),
    })
}

/// A code without a personal datum in it.
pub(crate) fn code(text: &str) -> Result<Code<'_>, Fault> {
    if tidy::is_scientific(text) && text.contains('+') {
        return Err(Fault::Scientific);
    }
    let code = Code::new(text).ok_or_else(|| Fault::CodeForm {
        limit: Code::LENGTH_MAX,
        found: Found::new(text),
    })?;
    if looks_like_person(text) {
        Err(Fault::LooksLikePerson)
    } else {
        Ok(code)
    }
}

/// An item of a benefit by its word, or any code.
pub(crate) fn benefit_item(text: &str) -> Result<Code<'_>, Fault> {
    tables::code(tables::benefit_items(), text)
        .and_then(Code::new)
        .map_or_else(|| code(text), Ok)
}

/// The code of a unit: a unified social credit code if it has the length of one, otherwise any code.
pub(crate) fn unit(text: &str) -> Result<Code<'_>, Fault> {
    let code = code(text)?;
    if text.len() == credit_code::LENGTH {
        credit_code::check(text)?;
    }
    Ok(code)
}

/// A scheme with its namespace, as a bare code, or by its Chinese name.
pub(crate) fn scheme(
    text: &str,
    namespace: Option<Namespace>,
) -> Result<(Scheme<'static>, BaseRule), Fault> {
    let (prefix, bare) = text
        .split_once(':')
        .map_or((None, text), |(prefix, code)| (Some(prefix), code));
    let is_name = !text.is_ascii();
    let named = |row: &tables::SchemeRow| {
        let code = row.scheme.code.as_str().eq_ignore_ascii_case(bare);
        let inside =
            prefix.is_none_or(|prefix| row.scheme.namespace.prefix().eq_ignore_ascii_case(prefix));
        // Most files have codes, and no name of a scheme is ASCII.
        code && inside || is_name && row.names.contains(&text)
    };
    let found: Vec<_> = tables::schemes().iter().filter(|row| named(row)).collect();
    let preferred = found
        .iter()
        .find(|row| Some(row.scheme.namespace) == namespace);
    match (found.as_slice(), preferred) {
        ([row], _) | ([_, _, ..], Some(row)) => Ok((row.scheme, row.base)),
        ([], _) => Err(Fault::SchemeUnknown {
            found: Found::new(text),
        }),
        (several, None) => {
            let candidates = several.iter().map(|row| row.scheme.to_string());
            Err(Fault::SchemeAmbiguous {
                candidates: OneOf(candidates.collect()),
            })
        }
    }
}

/// Whether a run of digits in `text` holds a citizen ID: 18 characters with a date of birth and the right check character.
pub(crate) fn looks_like_person(text: &str) -> bool {
    text.len() >= 18 && runs(text).any(|run| windows(run, 18).any(is_citizen_id))
}

/// Whether a run of digits could be a citizen ID of the old form, which has no check character.
pub(crate) fn may_be_person(text: &str) -> bool {
    text.len() >= 15 && runs(text).any(|run| run.len() == 15 && is_citizen_id(run))
}

fn is_citizen_id(run: &str) -> bool {
    let province = run.get(..2).and_then(|digits| digits.parse().ok());
    province.is_some_and(|province| PROVINCES.contains(&province))
        && SocialSecurityNumber::parse(run).is_ok()
}

/// The parts of a run that are so long: a serial may have a number before or behind that of a person.
fn windows(run: &str, length: usize) -> impl Iterator<Item = &str> {
    (length..=run.len()).filter_map(move |end| run.get(end.checked_sub(length)?..end))
}

/// The runs of digits in `text`, each with an X behind it if one stands there.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|c: char| !c.is_ascii_digit())
        .map(|run| {
            run.trim_end_matches(|c: char| !c.is_ascii_digit() && !c.eq_ignore_ascii_case(&'x'))
        })
}
