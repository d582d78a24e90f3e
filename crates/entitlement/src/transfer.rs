//! Transfers from place to place: the state of each case as a pure function of the set of its steps.
//!
//! The steps of a case stand in two chains under one case number. Each counts only if it comes from the chain of the side
//! whose step it is, and after the steps that must come before it; every other one is named with its fault and not used.
//! A chain speaks for the places that lie in its region.
//!
//! Months are counted by the month ledger and by nothing here: a transfer moves the place of a month, at posting, and
//! between closing and posting shows it as on the way. So no month can be lost or counted twice by a transfer.
//!
//! What moves is computed from the *closed view*: the records of the old place as they were on the day of closing. Later
//! records of the old place have effect on the account as anywhere, but not on the closed view; they are listed as C10 and
//! C15 until a correction or supplement follows.
//!
//! What an account type, document hash or sum of a step does not say, nothing here makes up. Not decided: the age limits
//! for temporary accounts (国办发〔2009〕66号 art. 5), about which the figures ask.

mod account_type;
mod alone;
mod army_posting;
mod candidate;
mod case;
mod cases;
mod checks;
mod closing;
mod comparison;
mod conflicts;
mod deadlines;
mod documents;
mod family_records;
mod holdings;
mod moved_money;
mod places;
mod procedure;
mod step;
mod view;
mod work;

pub(crate) use alone::mark_alone;
pub use candidate::{Candidate, is_follow_up, missing_before, used, would_fault};
pub(crate) use cases::{Transfers, judged_in, transfers};
pub use step::{Sides, may_take};
