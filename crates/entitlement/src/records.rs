//! What was recorded about a worker: each record once, its standing, and sums of the money that it moves.

pub(crate) mod given_back;
pub mod jurisdiction;
pub(crate) mod lines;
pub(crate) mod money;
pub(crate) mod parts;
pub(crate) mod places;
pub(crate) mod refunds;
pub(crate) mod set;
pub(crate) mod standing;
