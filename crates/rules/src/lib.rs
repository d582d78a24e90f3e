//! Policy as data: rules of the nation, its provinces and cities, each with its months and the document behind it.
//!
//! A [`RuleSet`] is read from files, has a name, and answers what holds where and when: the city before the province, the
//! province before the nation. The program brings a set of what is verified, known or ours; an operator lays his own over
//! it. What is uncertain or local is never brought, only stated by an operator.
//!
//! It is *not* the place for files themselves (they are handed in as text), and it computes nothing.
//!
//! ```
//! use yizhang_ledger::value::{Division, Month};
//! use yizhang_rules::{Key, RuleSet};
//!
//! let (place, month) = (Division::new(440_300).unwrap(), Month::parse("2031-05").unwrap());
//! let minimum = RuleSet::embedded().number(Key::PensionMinimum, "", place, month).unwrap();
//! assert_eq!((minimum.value, minimum.rule.id.as_str()), (192, "pension.minimum/2031"));
//! ```
// `expect` is allowed with the sentence that proves that it cannot happen: a broken belief of our own must be loud.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// What the lints of the workspace do not ask of every crate.
#![warn(
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod fault;
mod file;
mod key;
mod overlay;
mod place;
mod rule;
mod set;
mod texts;
mod value;

pub use fault::{Expected, Fault, Found, Place, RuleFault, Span};
pub use file::{FILE_BYTES_MAX, ROWS_MAX, RuleFile, TEXT_BYTES_MAX};
pub use key::{Key, Scope, Subject, TRADES, Unit};
pub use place::Where;
pub use rule::{Confidence, Rule, Value};
pub use set::{Change, FAULTS_MAX, FILES_MAX, Figure, NAME_CONTEXT, RULES_MAX, RuleSet, Series};
pub use texts::{RuleText, RuleTexts};
