//! The desk of an agency's clerk: a web server on the clerk's own machine, for one clerk, under that clerk's certificate.
//!
//! It holds no rules, no keys and no connection: what is done is done by a [`Desk`], what an account, a review or a check of a file says
//! `show` describes, and whether somebody may read, the node decides.
//!
//! *Invariants:* it listens on this machine alone, under a name that nobody can guess, and answers no request that names another; nothing
//! is shown without the cookie that the address of the start was exchanged for, once; nothing is changed without the session's token and by
//! a page of another origin; a page takes nothing from elsewhere; no number of a person stands in an address (but one that
//! a clerk types into the filter of a list: to be mended), a log or a file's name;
//! what others wrote is text, in pages, in CSV and in workbooks.

mod closing;
mod desk;
mod export;
mod guard;
mod imports;
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

pub use desk::{
    Checked, Clerk, Deed, Desk, Faulty, Found, Import, Opened, Progress, Reviewed, Sent, Step,
    Stepped, Total, Trouble, UsedSerials, Whom,
};
pub use export::for_a_sheet;
pub use server::{Config, Console, StartError};

rust_i18n::i18n!("locales", fallback = "en");
