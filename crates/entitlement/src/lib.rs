//! The account: from the set of verified records to the one account of a worker.
//!
//! [`fold()`] is a pure function of a *set* of verified facts, a [`Policy`] (the rule set) and an as-of date. Facts may come from several chains, in any
//! order, more than once: the account is the same, to the byte. Every month is counted once, whatever number of chains
//! hold it, and whatever does not count says why. Nothing is hidden: conflicts are named with their records, and where
//! the law leaves a choice to people, the choice stays open.
//!
//! It is *not* the place for files, sockets, clocks or randomness, and it decides nothing that an agency decides. It takes
//! only [`yizhang_ledger::Verified`] facts. All facts handed to [`fold()`] must be of one worker; [`linked_accounts`] says which
//! further account ids belong to that worker, so that the caller can gather their records as well.
//!
//! ```
//! use yizhang_entitlement::{Policy, fold};
//! use yizhang_ledger::value::Day;
//!
//! let account = fold(&[], Policy::embedded(), Day::parse("2026-10-31").unwrap());
//! assert!(account.families.is_empty());
//! assert!(account.canonical_json().starts_with(br#"{"format":"yizhang-account/14","as_of":"2026-10-31""#));
//! ```
//!
//! # Rules of this version
//!
//! * *The unit is the scheme-month.* A month counts for a scheme family if at least one `Received` record for it is full,
//!   in force, received by the as-of date, and the month has begun by then (国发〔2009〕66号 and the counting rule of the
//!   domain reference, section 6). Type 34 and 35 differences add base and money, never a month.
//! * *As of a date* means the day's end: receipts, refunds, postings and transfer steps dated later have no effect yet.
//!   Reversals carry no date and always act: what they take back never held.
//! * *A record is its content.* The same content again in one chain is the same record, so a reversal takes back every
//!   copy, and sending the row again does not revive it; a new record with a serial of its own does.
//! * *An agency answers for its own chain.* A reversal, refund or difference acts on records of the same chain; one that
//!   names a record elsewhere, or an unknown one, is shown ([`ConflictCode::Y01`] to [`ConflictCode::Y03`]) and has no
//!   effect.
//! * *A refund* removes the month if what stays paid is less than what was due, by more than one fen a share. A refund of
//!   the overlap below is allowed for, so that the rest of the year stays.
//! * *Resident and employee pension* (人社部发〔2014〕17号 art. 7): a month counted for employees is an employee month only;
//!   the refund due of the payment `P` of a period of `n` months is `P × k / n`, half up to the fen, for each of the
//!   person's and the collective's share.
//! * *Two records for one month* (C01 to C03, C05, C07): counted once, both listed, keeper open. Months by place say which
//!   months are contested between places.
//! * *Transfers* (国办发〔2009〕66号 arts 4 and 8; [`transfer`]): a month counts at the old place until it is posted at the new
//!   one, and there from then on. Steps by the wrong side or out of order are named and not used.
//!
//! # Where things are
//!
//! A folder imports only those before it, as a test of the house holds; but all take the names of conflict classes and the making of a
//! conflict from `conflicts`.
//!
//! * `policy`: the rules in force, families of schemes, how they move. [`account`]: the result, whose types all of it fills.
//! * `records`: every record once, its standing, where it belongs; sums of money.
//! * `months`: what each month of a family comes to, and money by place.
//! * `person`: what was stated of the worker, identity, participation, joined accounts.
//! * `platforms`: work on platforms, injuries at it, subsidies; none of it is a month.
//! * `benefits`: awards, and what is drawn, recovered or lost.
//! * `effect`: which records act once refunds and agreements have had their say.
//! * [`transfer`]: cases, from place to place.
//! * `figures`, by [`formulas`]: what it all comes to under a rule set.
//! * `conflicts`: what cannot all be right.
//! * `fold`: the order of all this; [`review`] and [`provisional`]: what else is read from it.
//!
//! # The JSON form
//!
//! [`Account::canonical_json`]: no blanks, fields in the order of the types in [`account`], integers only (money in fen),
//! months `YYYY-MM`, days `YYYY-MM-DD`, division codes and hashes as text. Absent values and empty lists marked so in
//! the types are left out. Records stand once, in `records`; everything else names them by their number there, from 0.
//! The account id of the worker is no part of it unless [`Account::with_account_id`] puts it there.
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

pub mod account;
mod benefits;
mod conflicts;
pub mod dispute;
mod effect;
mod figures;
mod fold;
pub mod formulas;
mod months;
mod person;
mod platforms;
mod policy;
pub mod projection;
pub mod provisional;
mod records;
pub mod review;
pub mod transfer;

pub use account::{Account, Sealed};
pub use conflicts::class::{self as conflict, ConflictCode};
pub use fold::fold;
pub use person::identity::{self, linked_accounts};
pub use policy::Policy;
pub use policy::family::{self, Family};
pub use records::jurisdiction;
