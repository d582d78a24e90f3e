//! Who the worker is and where they take part: what agencies state, links, joinings.

pub(crate) mod bridges;
pub mod identity;
pub(crate) mod participation;
pub mod provisional;
pub(crate) mod statements;
