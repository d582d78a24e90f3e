//! The formulas through the public door: the official tables and worked examples as data, and what holds for any input.

mod cases;
mod plain;
mod properties;
mod words;
