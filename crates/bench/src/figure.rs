//! What was measured: one figure each, with what it is to be held against.

use serde::Serialize;

/// Ours, in the column of systems.
pub const OURS: &str = "yizhang";

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Records a second.
    RecordsPerSecond,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// A ratio; its target says which side is good.
    Ratio,
}

/// A physical limit that a figure cannot pass, measured in the same run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// What limits.
    pub what: &'static str,
    /// In the unit of the figure.
    pub value: f64,
}

/// One measured figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What is measured, the same for every system and run, for instance `ingest.embedded.10000`.
    pub id: String,
    /// Who was measured: [`OURS`] or an alternative.
    pub system: &'static str,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Conditions that are not in the id: how many records, how many samples.
    pub conditions: String,
    /// The physical limit, if one was measured.
    pub limit: Option<Limit>,
    /// Nanoseconds of the calibration kernel just before.
    pub calibration: f64,
}
