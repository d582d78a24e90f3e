//! What was recorded about a worker, and which of it acts: reversed, refunded, agreed away.

pub(crate) mod agreements;
pub(crate) mod instalments;
pub(crate) mod lines;
pub(crate) mod money;
pub(crate) mod refunds;
pub(crate) mod set;
pub(crate) mod standing;
