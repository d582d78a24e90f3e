//! Supervision through the public door: cases as files, and what holds for every set of records.

mod cases;
mod properties;
mod routes;
mod rules;
mod sample;
