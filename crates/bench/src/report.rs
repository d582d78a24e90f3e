//! The report: every figure beside its target, its limit and the alternatives.

use crate::{
    figure::{Figure, Limit, OURS, Unit},
    machine::{Limits, calibrate, describe},
};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

/// What a figure is to reach, on two cores with records of about 120 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

impl Target {
    /// Whether a value reaches it.
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// The targets, by the id of the figure.
pub const TARGETS: &[(&str, Target)] = &[
    ("ingest.embedded.10000.large", Target::AtLeast(500_000.0)),
    ("ingest.trend", Target::AtLeast(0.9)),
    ("ingest.grpc.batches", Target::AtLeast(250_000.0)),
    ("ingest.grpc.single", Target::AtLeast(20_000.0)),
    ("ingest.grpc.single.p99", Target::AtMost(50.0)),
    ("replay.warm.2", Target::AtLeast(3_000_000.0)),
    ("lookup.20.proofs.warm.p99", Target::AtMost(1.0)),
    ("lookup.20.proofs.cold.p99", Target::AtMost(20.0)),
    ("lookup.1440.proofs.warm.p99", Target::AtMost(50.0)),
    ("lookup.1440.complete.warm.p99", Target::AtMost(10.0)),
    ("lookup.1440.complete.cold.p99", Target::AtMost(60.0)),
    ("statement.1440.make.p99", Target::AtMost(100.0)),
    ("statement.1440.verify.p99", Target::AtMost(50.0)),
    ("statement.1440.bytes.10", Target::AtMost(64.0 * 1024.0)),
    ("statement.1440.bytes.31", Target::AtMost(128.0 * 1024.0)),
    ("ingest.registers.share", Target::AtLeast(0.9)),
    ("restart.killed", Target::AtMost(3.0)),
    ("rebuild", Target::AtMost(15.0)),
    ("catch-up", Target::AtLeast(500_000.0)),
    ("disk.all", Target::AtMost(1.35)),
    ("memory.embedded", Target::AtMost(512.0 * 1024.0 * 1024.0)),
    ("memory.node", Target::AtMost(512.0 * 1024.0 * 1024.0)),
    ("portal.page.p99", Target::AtMost(500.0)),
    ("portal.memory", Target::AtMost(256.0 * 1024.0 * 1024.0)),
    ("memory.mirror", Target::AtMost(512.0 * 1024.0 * 1024.0)),
];

/// Fewest records for which the trend has a target: its fifths are then of ten million.
const TREND_RECORDS: u64 = 50_000_000;

/// Everything that a run has measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The machine.
    pub machine: String,
    /// Version of the program and how it was built.
    pub build: String,
    /// Records of the large part.
    pub records: u64,
    /// Records of each comparison.
    pub side_records: u64,
    /// Physical limits.
    pub limits: Option<Limits>,
    /// The figures, in the order in which they were taken.
    pub figures: Vec<Figure>,
    /// What could not be measured, and why.
    pub missing: Vec<String>,
    /// The calibration kernel as it was before the figures that come next.
    #[serde(skip)]
    calibration: f64,
}

impl Report {
    /// A report without figures.
    pub fn new(records: u64, side_records: u64) -> Self {
        let profile = if cfg!(debug_assertions) {
            "dev"
        } else {
            "release"
        };
        Self {
            machine: describe(),
            build: format!("{} {profile}", env!("CARGO_PKG_VERSION")),
            records,
            side_records,
            limits: None,
            figures: Vec::new(),
            missing: Vec::new(),
            calibration: calibrate(),
        }
    }

    /// Runs the calibration kernel; the figures that follow bear its result.
    pub fn calibrate(&mut self) {
        self.calibration = calibrate();
    }

    /// Adds a figure.
    pub fn add(
        &mut self,
        id: &str,
        system: &'static str,
        value: f64,
        unit: Unit,
        conditions: String,
    ) {
        self.add_within(id, system, value, unit, conditions, None);
    }

    /// Adds a figure with its physical limit.
    pub fn add_within(
        &mut self,
        id: &str,
        system: &'static str,
        value: f64,
        unit: Unit,
        conditions: String,
        limit: Option<Limit>,
    ) {
        let calibration = self.calibration;
        self.figures.push(Figure {
            id: id.into(),
            system,
            value,
            unit,
            conditions,
            limit,
            calibration,
        });
    }

    /// Figures of ours that miss their targets.
    pub fn missed(&self) -> Vec<&Figure> {
        let missed = |figure: &&Figure| {
            self.target(figure)
                .is_some_and(|target| !target.is_met_by(figure.value))
        };
        self.figures.iter().filter(missed).collect()
    }

    /// The target of a figure of ours, if it has one.
    fn target(&self, figure: &Figure) -> Option<Target> {
        let found = TARGETS
            .iter()
            .find(|(id, _)| figure.system == OURS && *id == figure.id);
        found
            .map(|(_, target)| *target)
            .filter(|_| figure.id != "ingest.trend" || self.records >= TREND_RECORDS)
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header([
            "figure",
            "system",
            "value",
            "target",
            "of its limit",
            "to ours",
            "kernel",
            "conditions",
        ]);
        for figure in &self.figures {
            table.add_row([
                figure.id.clone(),
                figure.system.into(),
                show(figure.value, figure.unit),
                self.target(figure)
                    .map(|target| show_target(target, figure))
                    .unwrap_or_default(),
                figure
                    .limit
                    .as_ref()
                    .map(|limit| show_limit(figure, limit))
                    .unwrap_or_default(),
                self.to_ours(figure)
                    .map(|ratio| format!("{ratio:.2} x"))
                    .unwrap_or_default(),
                format!("{:.1} ns", figure.calibration),
                figure.conditions.clone(),
            ]);
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }

    /// An alternative's figure as a multiple of ours in the same run.
    fn to_ours(&self, figure: &Figure) -> Option<f64> {
        let ours = self
            .figures
            .iter()
            .find(|ours| ours.system == OURS && ours.id == figure.id)?;
        (figure.system != OURS).then(|| figure.value / ours.value)
    }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::RecordsPerSecond => format!("{value:.0}/s"),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Milliseconds => format!("{value:.3} ms"),
        Unit::Bytes => format!("{:.0} MiB", value / 1024.0 / 1024.0),
        Unit::Ratio => format!("{value:.3}"),
    }
}

fn show_target(target: Target, figure: &Figure) -> String {
    let met = if target.is_met_by(figure.value) {
        "met"
    } else {
        "MISSED"
    };
    match target {
        Target::AtLeast(least) => format!(">= {}: {met}", show(least, figure.unit)),
        Target::AtMost(most) => format!("<= {}: {met}", show(most, figure.unit)),
    }
}

fn show_limit(figure: &Figure, limit: &Limit) -> String {
    format!(
        "{:.2} of {} ({})",
        figure.value / limit.value,
        show(limit.value, figure.unit),
        limit.what
    )
}
