//! Cells to values.

use crate::fault::Fault;
use yizhang_intake::{Found, is_in_a_province};
use yizhang_ledger::{
    hash::Hash,
    order::OrderStatus,
    record::{Trade, TransportMode},
    value::{Code, Day, Division, Fen, UnixMillis},
};

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Most money in one cell: a million yuan, several hundred times what goods moved within a city earn. What a month sums up stays far below
/// the bound of a field.
pub(crate) const ORDER_FEN_MAX: Fen = match Fen::new(100_000_000) {
    Some(fen) => fen,
    None => Fen::ZERO,
};
/// UTC+8.
const EAST_MINUTES: i64 = 8 * 60;

type Words<T> = &'static [(T, &'static [&'static str])];

const TRADES: Words<Trade> = &[
    (Trade::Delivery, &["delivery", "即时配送", "外卖", "配送"]),
    (Trade::RideHailing, &["ride-hailing", "出行", "网约车"]),
    (Trade::Freight, &["freight", "同城货运", "货运"]),
    (Trade::Other, &["other", "其他"]),
];
const MODES: Words<TransportMode> = &[
    (TransportMode::Foot, &["foot", "步行"]),
    (TransportMode::Bicycle, &["bicycle", "自行车", "电动自行车"]),
    (TransportMode::MotorCycle, &["motorcycle", "摩托车"]),
    (TransportMode::Car, &["car", "汽车", "货车"]),
    (TransportMode::Online, &["online", "线上", "无"]),
];
const STATUSES: Words<OrderStatus> = &[
    (OrderStatus::Completed, &["completed", "已完成", "完成"]),
    (OrderStatus::Cancelled, &["cancelled", "已取消", "取消"]),
    (OrderStatus::Failed, &["failed", "失败", "未完成"]),
];
const INSURED: Words<bool> = &[
    (true, &["yes", "是", "1", "true", "已参保", "已投保"]),
    (false, &["no", "否", "0", "false", "未参保", "未投保"]),
];

fn choice<T: Copy>(text: &str, words: Words<T>, expected: &'static str) -> Result<T, Fault> {
    for (value, known) in words {
        if known.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(*value);
        }
    }
    Err(Fault::Choice {
        expected,
        found: Found::new(text),
    })
}

pub(crate) fn trade(text: &str) -> Result<Trade, Fault> {
    const EXPECTED: &str = "delivery 即时配送, ride-hailing 出行, freight 同城货运, other 其他";
    choice(text, TRADES, EXPECTED)
}

pub(crate) fn mode(text: &str) -> Result<TransportMode, Fault> {
    const EXPECTED: &str =
        "foot 步行, bicycle 电动自行车, motorcycle 摩托车, car 汽车, online 线上";
    choice(text, MODES, EXPECTED)
}

pub(crate) fn status(text: &str) -> Result<OrderStatus, Fault> {
    choice(
        text,
        STATUSES,
        "completed 已完成, cancelled 已取消, failed 失败",
    )
}

pub(crate) fn insured(text: &str) -> Result<bool, Fault> {
    choice(text, INSURED, "yes 是, no 否")
}

pub(crate) fn place(text: &str) -> Result<Division, Fault> {
    let found = || Found::new(text);
    let place = Division::parse(text).ok_or_else(|| Fault::PlaceForm { found: found() })?;
    if is_in_a_province(place) {
        Ok(place)
    } else {
        Err(Fault::PlaceUnknown { found: place })
    }
}

pub(crate) fn order(text: &str) -> Result<Code<'_>, Fault> {
    let code = Code::new(text).filter(|code| !code.is_none());
    code.ok_or_else(|| Fault::Order {
        found: Found::new(text),
    })
}

pub(crate) fn route(text: &str) -> Result<Hash, Fault> {
    if text.is_empty() {
        return Ok(Hash::ZERO);
    }
    Hash::from_hex(&text.to_ascii_lowercase()).ok_or_else(|| Fault::Route {
        found: Found::new(text),
    })
}

/// Yuan with at most two decimals, not below zero: `12`, `12.3`, `12.30`; nothing is zero.
pub(crate) fn amount(text: &str) -> Result<Fen, Fault> {
    if text.is_empty() {
        return Ok(Fen::ZERO);
    }
    let fault = || Fault::Amount {
        found: Found::new(text),
    };
    let (yuan, decimals) = match text.split_once('.') {
        Some((yuan, decimals)) => (yuan, decimals),
        None => (text, "0"),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(yuan) || !is_number(decimals) || decimals.len() > 2 {
        return Err(fault());
    }
    let above = || Fault::AmountAbove {
        most: ORDER_FEN_MAX,
    };
    let unit = if decimals.len() == 1 { 10 } else { 1 };
    let decimals: i64 = decimals.parse().map_err(|_| fault())?;
    let yuan: i64 = yuan.parse().map_err(|_| above())?;
    let fen = yuan
        .checked_mul(100)
        .and_then(|fen| fen.checked_add(decimals * unit));
    let fen = fen.and_then(Fen::new);
    fen.filter(|fen| *fen <= ORDER_FEN_MAX).ok_or_else(above)
}

/// A moment: `2026-10-03 12:00:00` (UTC+8) or ISO 8601 with `T` and a zone.
pub(crate) fn time(text: &str) -> Result<UnixMillis, Fault> {
    // A moment that lies in no month of the format belongs to no month of a file either.
    let moment = moment(text.as_bytes()).filter(|moment| Day::of(*moment).in_month().is_some());
    moment.ok_or_else(|| Fault::Time {
        found: Found::new(text),
    })
}

fn moment(text: &[u8]) -> Option<UnixMillis> {
    let (local, rest) = text.split_at_checked(19)?;
    let stands = |at: usize, byte: u8| local.get(at) == Some(&byte);
    let is_apart = matches!(local.get(10), Some(b' ' | b'T' | b't'));
    let is_form =
        stands(4, b'-') && stands(7, b'-') && stands(13, b':') && stands(16, b':') && is_apart;
    let part = |from: usize, to: usize| digits(local.get(from..to)?);
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if !is_form || !is_day(year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (millis, rest) = fraction(rest)?;
    let east = zone(rest)?;
    let minutes = days_since_1970(year, month, day) * 1_440 + hour * 60 + minute - east;
    let millis = (minutes * 60 + second) * 1_000 + millis;
    u64::try_from(millis).ok().map(UnixMillis)
}

fn digits(text: &[u8]) -> Option<i64> {
    let mut value = 0;
    for byte in text {
        let digit = byte.is_ascii_digit().then(|| i64::from(*byte - b'0'))?;
        value = value * 10 + digit;
    }
    Some(value)
}

/// Milliseconds behind a point, further digits dropped.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', rest)) = text.split_first() else {
        return Some((0, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let (fraction, behind) = rest.split_at(length);
    let mut millis = 0;
    for at in 0..3 {
        millis = millis * 10 + fraction.get(at).map_or(0, |byte| i64::from(*byte - b'0'));
    }
    Some((millis, behind))
}

/// Minutes east of UTC.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text.split_first() {
        None => return Some(EAST_MINUTES),
        Some((b'Z' | b'z', [])) => return Some(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = match rest {
        [a, b, b':', c, d] | [a, b, c, d] => (digits(&[*a, *b])?, digits(&[*c, *d])?),
        [a, b] => (digits(&[*a, *b])?, 0),
        _ => return None,
    };
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// Whether the Gregorian calendar has the day. Orders are of our time: years from 2000 on.
fn is_day(year: i64, month: i64, day: i64) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (2_000..=9_999).contains(&year) && (1..=last).contains(&day)
}

/// Days are counted in years that begin in March, so that the leap day ends a year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, in_era) = (year / 400, year % 400);
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = in_era * 365 + in_era / 4 - in_era / 100 + in_year;
    era * 146_097 + day_of_era - 719_468
}
