//! `yizhang sample`: deterministic, plausible files of invented people, of any size.

use crate::{exit::Outcome, node::parse_region, show};
use anyhow::{Context, ensure};
use clap::Args;
use rust_i18n::t;
use std::{
    fs::{self, File},
    io::BufWriter,
    path::PathBuf,
};
use yizhang_intake::sample::{
    DEMO_SEED, DEMO_WORKERS, REGIONS, SampleOptions, SampleSize, Style, WORKERS_MAX, generate,
};
use yizhang_ledger::value::Division;

/// Arguments of `sample`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Directory for the files, one for each region; made if it is not there.
    #[arg(long)]
    dir: PathBuf,
    /// Number of workers, each with a whole career.
    #[arg(long, conflicts_with = "rows", default_value_t = 1_000)]
    workers: u32,
    /// Number of rows over all files, instead of workers.
    #[arg(long)]
    rows: Option<u64>,
    /// Where chance starts: the same seed gives the same bytes.
    #[arg(long, default_value_t = DEMO_SEED)]
    seed: u64,
    /// Regions, if not Beijing, Zhejiang, Guangdong and Guizhou.
    #[arg(long = "region", value_parser = parse_region)]
    regions: Vec<Division>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let limit = WORKERS_MAX - DEMO_WORKERS;
    ensure!(
        arguments.workers <= limit,
        "{}",
        t!("sample.too_many", limit = limit)
    );
    let size = arguments
        .rows
        .map_or(SampleSize::Workers(arguments.workers), SampleSize::Rows);
    let mut options = SampleOptions::new(arguments.seed, size);
    // A sample can be imported beside the demonstration: its workers are others.
    options.personas = false;
    options.passed_over = DEMO_WORKERS;
    if !arguments.regions.is_empty() {
        let known: Vec<String> = REGIONS.iter().map(ToString::to_string).collect();
        for region in &arguments.regions {
            ensure!(
                REGIONS.contains(&region.code()),
                "{}",
                t!("sample.region", region = region, known = known.join(", "))
            );
        }
        options.files = arguments
            .regions
            .iter()
            .map(|region| (*region, Style::PLAIN))
            .collect();
    }
    fs::create_dir_all(&arguments.dir).with_context(|| arguments.dir.display().to_string())?;
    let report = generate(&options, |region, style| {
        let path = arguments
            .dir
            .join(format!("{region}.{}", style.extension()));
        Ok(Box::new(BufWriter::new(File::create(path)?)))
    })?;
    for (region, rows) in &report.rows {
        println!(
            "{}",
            t!(
                "sample.file",
                region = show::place::name(*region),
                file = format!("{region}.csv"),
                rows = rows
            )
        );
    }
    println!(
        "{}",
        t!(
            "sample.done",
            workers = report.workers,
            dir = arguments.dir.display()
        )
    );
    Ok(Outcome::Clean)
}
