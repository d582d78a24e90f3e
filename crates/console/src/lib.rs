//! The desk of an agency's clerk: a web server on the clerk's own machine, for one clerk, under that clerk's certificate.
//!
//! It holds no rules, no keys and no connection: what is done is done by a [`Desk`], what an account, a review or a check of a file says
//! `show` describes, and whether somebody may read, the node decides.
//!
//! *Invariants:* it listens on this machine alone, under a name that nobody can guess, and answers no request that names another; nothing
//! is shown without the cookie that the address of the start was exchanged for, once; nothing is changed without the session's token and by
//! a page of another origin; a page takes nothing from elsewhere; nobody is looked up under another purpose than the page shows; no number
//! of a person and nothing that a clerk types stands in an address, a log or a file's name;
//! what others wrote is text, in pages, in CSV and in workbooks.

mod approvals;
mod closing;
mod desk;
mod disputes;
mod export;
mod grid;
mod guard;
mod imports;
mod kept;
mod layout;
mod lists;
mod node;
mod person;
mod plot;
mod routes;
mod server;
mod shared;
mod text;
mod transfer;
mod warnings;

pub use desk::{
    Answered, Answering, Became, Checked, Clerk, ClosedWarning, Days, Decided, Deed, Desk, Fate,
    Faulty, Found, Import, Opened, Progress, Refused, Reviewed, Sent, Step, Stepped, Trouble,
    UsedSerials, Waiting, Warning, Warnings, Whom,
};
pub use export::for_a_sheet;
pub use server::{Config, Console, StartError};

rust_i18n::i18n!("locales", fallback = "en");
