//! `yizhang-bench`: the benchmark as a program. See docs/BENCHMARKS.md.

use anyhow::Context;
use clap::Parser;
use std::{fs, path::PathBuf, process::ExitCode};
use yizhang_bench::{Options, Part, run};

/// Measures Yizhang beside physical limits and alternatives.
#[derive(Parser)]
struct Arguments {
    /// Records of the large part; the targets are for 10,000,000.
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// Records of each comparison with an alternative, and of the submissions to a running node.
    #[arg(long, default_value_t = 1_000_000)]
    side_records: u64,
    /// Workers who read their first page on a portal at a time; the target is for 2,000.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u16).range(1..=9_000))]
    workers: u16,
    /// Measure these parts only.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Folder for everything that is written, on the disk to be measured; the system's folder for temporary files if not given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The program to measure; the one built beside this one if not given.
    #[arg(long)]
    yizhang: Option<PathBuf>,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let beside = std::env::current_exe()?.with_file_name("yizhang");
    let yizhang = arguments.yizhang.unwrap_or(beside);
    let options = Options {
        records: arguments.records,
        side_records: arguments.side_records,
        workers: arguments.workers.into(),
        parts: if arguments.only.is_empty() {
            Part::ALL.to_vec()
        } else {
            arguments.only
        },
        dir: arguments.dir.unwrap_or_else(std::env::temp_dir),
        yizhang,
        say: true,
    };
    let report = run(&options)?;
    println!(
        "{}\n{}, {} records\n{}",
        report.machine,
        report.build,
        report.records,
        report.table()
    );
    for missing in &report.missing {
        println!("not measured: {missing}");
    }
    if let Some(path) = arguments.json {
        fs::write(&path, serde_json::to_vec_pretty(&report)?)
            .with_context(|| path.display().to_string())?;
    }
    Ok(if report.missed().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
