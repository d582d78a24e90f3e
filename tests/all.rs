//! The whole program. Each file is a module; `budgets` and `flood` measure what nodes take and leave, and are programs of their own, as is `house`.

mod agency;
mod backup;
mod bench;
mod bundle;
mod clock;
mod continued;
mod cosigned;
mod credential;
mod deceit;
#[allow(dead_code, reason = "each test takes what it needs of it")]
#[path = "../crates/page/tests/devtools/mod.rs"]
mod devtools;
mod federation;
mod hostile;
mod import_doc;
mod interop;
mod lies;
mod operations;
mod output;
mod page;
mod reading;
mod receipts;
mod registers;
mod replacement;
mod room;
mod rosters;
mod rules;
mod said;
mod secrets;
mod standing;
mod statement;
mod support;
mod texts;
mod twin;
mod views;
mod waits;
