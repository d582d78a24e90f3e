//! The protocol through its public door: single rules one by one, and whole federations under a seeded scheduler.

mod append;
mod cosign;
mod fetch;
mod flood;
mod fork;
mod histories;
mod recover;
mod simulation;
mod world;
