//! What platforms deposit about a worker's work, injuries at it, and subsidies of contributions: evidence beside the months of insurance,
//! never one of them.

pub(crate) mod corrected;
pub(crate) mod injuries;
pub(crate) mod subsidies;
pub(crate) mod work;
