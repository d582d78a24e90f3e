//! What people see: tables, lines and progress bars, in the language in force.

pub(crate) mod account;
pub(crate) mod audit;
mod conflicts;
pub(crate) mod damage;
pub(crate) mod explain;
mod family;
pub(crate) mod fault;
mod figures;
pub(crate) mod finding;
pub(crate) mod html;
pub(crate) mod import;
pub(crate) mod kind;
mod page;
mod picture;
pub(crate) mod place;
pub(crate) mod progress;
mod record;
pub(crate) mod review;
pub(crate) mod rule_fault;
pub(crate) mod rules;
pub(crate) mod status;
pub(crate) mod store;
mod summary;
pub(crate) mod transfer;
pub(crate) mod usage;

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use rust_i18n::t;

/// An empty table with a header in the house style.
fn table<'a>(header: impl IntoIterator<Item = std::borrow::Cow<'a, str>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.into_iter().map(|text| text.to_string()));
    table
}

/// An empty table without a header.
fn bare_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Prints lines, each after so many blanks.
fn print_lines(lines: &[String], indent: usize) {
    for line in lines {
        println!("{:indent$}{line}", "");
    }
}

/// Fen as yuan with two decimals.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        fen.unsigned_abs() / 100,
        fen.unsigned_abs() % 100
    )
}

/// Fewest digits of a citizen ID.
const CITIZEN_ID_DIGITS_MIN: usize = 15;

/// A text without what could be a person's number: one that was typed at a wrong place is in no message and no log of it.
/// Digits inside a longer word, as of a digest, stay.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let is_of_word = |c: char| c.is_ascii_alphanumeric();
    for part in text.split_inclusive(|c: char| !is_of_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_of_word(c));
        let digits = word.trim_end_matches(['x', 'X']);
        let is_number = digits.len() >= CITIZEN_ID_DIGITS_MIN
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        shown.push_str(if is_number { "…" } else { word });
        shown.push_str(part.strip_prefix(word).unwrap_or_default());
    }
    shown
}

/// The text under a key that is put together here.
pub(crate) fn named(key: &str) -> String {
    t!(key).to_string()
}

/// The name of a value in the account's JSON.
pub(crate) fn serde_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_string))
        .unwrap_or_default()
}
