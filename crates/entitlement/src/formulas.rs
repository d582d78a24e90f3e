//! The computations that turn an account into entitlements: ages, years, pensions, waiting periods, refunds.
//!
//! Every function is pure arithmetic on integers. Whatever a law, a province or a year decides (rates, tables,
//! thresholds) is an argument in a small struct with named fields: nothing here is a default, so that changing the law
//! changes no function. Amounts are [`Fen`](yizhang_ledger::value::Fen), computed in 128 bits and rounded half up to the fen, once,
//! at the end. A result that cannot be expressed, or has no meaning (a divisor of nothing, a month after 5461-04), is
//! `None`; no input makes a function panic.
//!
//! What comes out is a computed, *provisional* figure: the agency assesses (核定), and where the law leaves a choice to
//! agency and person no formula makes it.
//!
//! Each function names its source and how sure it is: *verified* (the text or a quotation of it was read), *known*
//! (established practice, no text at hand), *uncertain* (local or changing: argument only) or *our design*.

pub mod benefit_place;
pub(crate) mod count;
pub mod dues;
pub mod injury;
pub mod interest;
pub mod late_fee;
pub mod medical;
pub mod pension;
pub mod refund;
pub mod retirement;
pub(crate) mod rounding;
pub mod transfer_sums;
pub mod unemployment;
