//! Benefits: awarded, drawn, recovered, lost, and those that exclude each other.

pub(crate) mod award_that_lost;
pub(crate) mod awards;
pub(crate) mod chains;
pub(crate) mod drawing;
pub(crate) mod drawn;
pub(crate) mod employed;
pub(crate) mod ends;
pub(crate) mod exclusive;
pub(crate) mod items;
pub(crate) mod recovered;
