//! What anyone can check with bytes alone. Each file is a module.

mod chain;
mod dispute;
mod document;
mod hash;
mod multiproof;
mod person;
mod public;
mod range;
mod register;
mod roster;
mod strict;
mod support;
mod vectors;
