//! Who the worker is and where they take part: what agencies state, links, joinings.

pub(crate) mod bridges;
pub mod identity;
pub(crate) mod participation;
pub(crate) mod statements;
