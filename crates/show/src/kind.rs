//! Names of kinds of record: for people, and as files write them.

use crate::language::{self, Language};
use crate::text::t;
use yizhang_ledger::entry::Kind;

/// A kind as people call it. One that this program does not know has a number only.
pub fn name(kind: Kind) -> String {
    let key = format!("kind.{kind}");
    let name = t!(&key);
    if name == key {
        kind.to_string()
    } else {
        name.to_string()
    }
}

/// A kind as the files of agencies name it: in Chinese as people do, in English by its code.
pub fn word(kind: Kind) -> String {
    match language::current() {
        Language::Zh => name(kind),
        Language::En => kind.to_string(),
    }
}
