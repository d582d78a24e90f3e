//! What people see, described once for terminal, HTML and paper: tables, lines and progress bars, in the language in
//! force.
//!
//! It computes no figure and asks nobody: what it shows comes as values. It is not the place for arguments, files,
//! sockets or exit codes. The texts of what stands here are in `locales/`; the binary has those of its commands.
//!
//! ```
//! use yizhang_show::language::{self, Language};
//! use yizhang_ledger::value::Division;
//!
//! let guangdong = Division::parse("440000").unwrap();
//! language::set(Language::En);
//! assert_eq!(yizhang_show::place::name(guangdong), "Guangdong");
//! language::set(Language::Zh);
//! assert_eq!(yizhang_show::place::name(guangdong), "广东");
//! ```

pub mod account;
mod complete;
mod conflicts;
pub mod copies;
mod count;
mod excerpt;
mod family;
mod figures;
pub mod html;
pub mod kind;
pub mod language;
mod page;
mod picture;
pub mod place;
mod printable;
pub mod provisional;
pub mod readings;
mod record;
mod summary;
mod text;
pub mod transfer;
pub mod verdict;
mod work;

// The pages of a worker, which the portal shows.
#[cfg(feature = "home")]
pub mod home;

// What is shown in terminals only, and the crates that it is about: a page in a browser does without them.
#[cfg(feature = "terminal")]
pub mod audit;
#[cfg(feature = "terminal")]
pub mod backup;
#[cfg(feature = "terminal")]
pub mod bundle;
#[cfg(feature = "terminal")]
pub mod cosigned;
#[cfg(feature = "terminal")]
pub mod damage;
#[cfg(feature = "terminal")]
pub mod explain;
#[cfg(feature = "terminal")]
pub mod fault;
#[cfg(feature = "terminal")]
pub mod finding;
#[cfg(feature = "terminal")]
pub mod import;
#[cfg(feature = "paper")]
pub mod paper;
#[cfg(feature = "terminal")]
pub mod progress;
#[cfg(feature = "terminal")]
pub mod review;
#[cfg(feature = "terminal")]
pub mod rule_fault;
#[cfg(feature = "terminal")]
pub mod rules;
#[cfg(feature = "terminal")]
pub mod status;
#[cfg(feature = "terminal")]
pub mod store;
#[cfg(feature = "terminal")]
mod terminal;
#[cfg(feature = "terminal")]
pub mod waiting;
#[cfg(feature = "terminal")]
pub mod warnings;

pub use printable::{printable, printable_json, printable_lines};

#[cfg(feature = "terminal")]
use terminal::{bare_table, table};
use text::t;

#[cfg(not(feature = "home"))]
rust_i18n::i18n!("locales", fallback = "en");
#[cfg(feature = "home")]
rust_i18n::i18n!("locales", fallback = "en", backend = home::Texts);

/// Prints lines, each after so many blanks.
fn print_lines(lines: &[String], indent: usize) {
    for line in lines {
        println!("{:indent$}{}", "", printable(line));
    }
}

/// Fen as yuan with two decimals.
pub fn yuan(fen: i64) -> String {
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
pub fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let is_of_word = |c: char| c.is_ascii_alphanumeric();
    for part in text.split_inclusive(|c: char| !is_of_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_of_word(c));
        let digits = word.trim_end_matches(['x', 'X']);
        let is_number = digits.len() >= CITIZEN_ID_DIGITS_MIN
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        shown.push_str(if is_number { "…" } else { word });
        let after = part.strip_prefix(word);
        shown.push_str(after.expect("only the end was cut off the part"));
    }
    shown
}

/// A name that a file says, such as that of a sheet: without what could be a person's number, and on one line.
pub fn said_name(name: &str) -> String {
    without_numbers(&printable(name))
}

/// The text under a key that is put together here.
pub fn named(key: &str) -> String {
    t!(key).to_string()
}

/// The name of a value in the account's JSON, for values that are nothing but a name: those of enumerations without fields.
pub fn serde_name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => panic!("only what is a name in the JSON has one"),
    }
}
