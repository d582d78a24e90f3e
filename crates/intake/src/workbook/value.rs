//! One cell of a sheet to the text that it stands for.

use crate::tidy;
use calamine::{DataType, ExcelDateTime};
use std::borrow::Cow;

/// Stands in a cell whose formula was never calculated, as in files that a program wrote.
pub(super) const UNCALCULATED: &str = tidy::UNCALCULATED;

/// Digits of a number that a spreadsheet keeps. What lies beyond is noise of its arithmetic.
const DIGITS: usize = 15;
/// The first number with more digits before the point than a spreadsheet keeps.
const DIGITS_LOST_FROM: f64 = 1e15;

/// What a cell says, on one line; nothing is an empty text.
pub(super) fn text(cell: &impl DataType) -> Cow<'_, str> {
    if let Some(text) = cell.get_string() {
        return one_line(text);
    }
    if let Some(flag) = cell.get_bool() {
        return if flag { "1" } else { "0" }.into();
    }
    if let Some(day) = cell.get_datetime() {
        return date(day).into();
    }
    if let Some(error) = cell.get_error() {
        return error.to_string().into();
    }
    let iso = cell.get_datetime_iso().or_else(|| cell.get_duration_iso());
    if let Some(iso) = iso {
        return one_line(iso);
    }
    if let Some(whole) = cell.get_int() {
        return whole.to_string().into();
    }
    cell.get_float()
        .map_or(Cow::Borrowed(""), |value| number(value).into())
}

/// A text with blanks in place of its line ends: a row of a sheet is one line.
fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        text.replace("\r\n", " ").replace(['\n', '\r'], " ").into()
    } else {
        text.into()
    }
}

/// A number as a spreadsheet shows it in a wide column: at most 15 digits, and a longer one with an exponent, since its
/// last digits are lost.
fn number(value: f64) -> String {
    let scientific = format!("{value:.*e}", DIGITS - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    if value.abs() >= DIGITS_LOST_FROM {
        return format!("{mantissa}E+{exponent}");
    }
    let exponent: isize = exponent
        .parse()
        .expect("a number is written with an exponent");
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    format!("{sign}{}", with_point(&digits, exponent))
}

/// Digits of which the first stands so many places before the point.
fn with_point(digits: &str, exponent: isize) -> String {
    match usize::try_from(exponent) {
        Ok(before) if before + 1 >= digits.len() => {
            format!("{digits}{}", "0".repeat(before + 1 - digits.len()))
        }
        Ok(before) => {
            let (whole, fraction) = digits.split_at(before + 1);
            format!("{whole}.{fraction}")
        }
        Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() - 1)),
    }
}

/// A day, with its time if it has one. A span of time, or a time without a day, stays the number that it is.
fn date(day: ExcelDateTime) -> String {
    if day.is_duration() || day.as_f64() < 1.0 {
        return number(day.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = day.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        date
    } else {
        format!("{date} {hour:02}:{minute:02}:{second:02}")
    }
}
