//! What systems and spreadsheets put around a value, taken off where nothing else can be meant; and what may not stand in one.

use std::borrow::Cow;

/// Where the characters of full width begin that stand for ASCII, from `!` on, and how far they are from it.
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';
const FULL_WIDTH_OFFSET: u32 = 0xff01 - 0x21;
/// Brackets of full width stay: names of schemes have them.
const BRACKETS: [char; 2] = ['（', '）'];

/// Stands in a cell that a merged one covers: what that one says is not said of this row.
pub(crate) const MERGED: &str = "#MERGED!";
/// Stands in a cell whose formula was never calculated, as in files that a program wrote.
pub(crate) const UNCALCULATED: &str = "#UNCALCULATED!";
/// What a spreadsheet writes where a formula has no value.
const FORMULA_ERRORS: &[&str] = &[
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#DATA!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    UNCALCULATED,
];

/// Whether a formula has no value here.
pub(crate) fn is_formula_error(text: &str) -> bool {
    text.starts_with('#') && FORMULA_ERRORS.contains(&text)
}

/// A value without what a spreadsheet puts around a text (`="4403"`, `'4403`), with digits of usual width, and a UUID
/// without its hyphens.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    if is_uuid(text.as_bytes()) {
        return text.replace('-', "").into();
    }
    let inside = quoted(text)
        .or_else(|| {
            let rest = text.strip_prefix('\'')?;
            rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "=+-@ ".contains(c))
                .then_some(rest)
        })
        .unwrap_or(text)
        .trim();
    if inside.contains(is_full_width) {
        inside.chars().map(usual_width).collect::<String>().into()
    } else {
        inside.into()
    }
}

/// The text in `="4403"`, the formula that a spreadsheet keeps a text as it is by.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix("=\"")?.strip_suffix('"')
}

/// Whether a text is such a formula and nothing more.
pub(crate) fn is_quoted_text(text: &str) -> bool {
    quoted(text).is_some_and(|inside| !inside.contains('"'))
}

/// Characters of a UUID as it is usually written, and where its hyphens stand. Without them it is as long as a code may be.
pub(crate) const UUID_LENGTH: usize = 36;
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Whether a text is a UUID, as databases give out serials: `6f9619ff-8b86-d011-b42d-00c04fc964ff`.
fn is_uuid(text: &[u8]) -> bool {
    let fits = |(at, byte): (usize, &u8)| {
        if UUID_HYPHENS.contains(&at) {
            *byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    };
    text.len() == UUID_LENGTH && text.iter().enumerate().all(fits)
}

fn is_full_width(c: char) -> bool {
    FULL_WIDTH.contains(&c) && !BRACKETS.contains(&c)
}

fn usual_width(c: char) -> char {
    if !is_full_width(c) {
        return c;
    }
    char::from_u32(c as u32 - FULL_WIDTH_OFFSET).unwrap_or(c)
}

/// Whether a character cannot be seen: nobody who looks at the file would find it.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        )
}

/// The same of an amount, where nothing else can be meant by `9E2`.
pub(crate) fn is_scientific_amount(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    is_scientific(text) || is_scientific(&format!("{mantissa}E+{exponent}"))
}

/// Whether a spreadsheet has written a long number as a short one: `4.40300199003E+17`. Its last digits are lost.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && digits(exponent),
        None => digits(mantissa) && text.contains(['+', '-']) && digits(exponent),
    }
}
