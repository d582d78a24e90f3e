//! Files of invented people: deterministic, plausible, of any size, written as they are made.
//!
//! The same options give the same bytes on every machine. Each region gets one file with the rows that its agency would
//! send. Workers come one after another, so memory does not grow with the number of rows.

mod career;
mod clerk;
mod demo;
mod dice;
mod fact;
mod figures;
mod file;
mod identity;
mod persona;
mod spell;

pub use demo::{DEMO_SEED, DEMO_WORKERS, DemoFile, demo};
pub use file::{Language, Style};
pub use identity::WORKERS_MAX;
pub use persona::{P1_NUMBER, P2_NUMBER};

use career::World;
use clerk::{Clerk, Mishaps};
use dice::Dice;
use file::SampleFile;
use std::io::{self, Write};
use yizhang_ledger::value::{Division, Month};

/// The regions of a sample where no others are asked for: 北京, 浙江, 广东, 贵州.
pub const REGIONS: [u32; 4] = [110_000, 330_000, 440_000, 520_000];

/// First month of careers where no other is asked for: 2015-01.
pub const FROM: Month = month(2_015, 1);
/// Last month that is known where no other is asked for: 2026-10, the one of which the personas' accounts are told.
pub const LAST: Month = month(2_026, 10);

/// For the constants above: anything else would not compile.
const fn month(year: u16, month: u16) -> Month {
    match Month::new(year * 12 + month - 1) {
        Some(month) => month,
        None => panic!("a month of this millennium"),
    }
}

/// How much to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleSize {
    /// So many workers, with all their rows; at most [`WORKERS_MAX`].
    Workers(u32),
    /// Exactly so many rows, of as many workers as that takes; the last worker's rows may end early.
    Rows(u64),
}

/// What to write.
#[derive(Clone, Debug)]
pub struct SampleOptions {
    /// Where chance starts.
    pub seed: u64,
    /// How much.
    pub size: SampleSize,
    /// Region and form of each file.
    pub files: Vec<(Division, Style)>,
    /// First month of any career but those of the personas, who begin when they do.
    pub from: Month,
    /// Last month that is known: money that arrives later is only due.
    pub last: Month,
    /// Whether the first workers are the personas.
    pub personas: bool,
    /// Workers passed over before the first: those of another sample, so that nobody is in both.
    pub passed_over: u32,
}

impl SampleOptions {
    /// Plain CSV files for [`REGIONS`], [`FROM`] to [`LAST`], with the personas.
    pub fn new(seed: u64, size: SampleSize) -> Self {
        let files = REGIONS
            .into_iter()
            .filter_map(Division::new)
            .map(|region| (region, Style::PLAIN))
            .collect();
        Self {
            seed,
            size,
            files,
            from: FROM,
            last: LAST,
            personas: true,
            passed_over: 0,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleReport {
    /// Workers with at least one row.
    pub workers: u32,
    /// Rows of each file, in the order of the options.
    pub rows: Vec<(Division, u64)>,
}

/// Writes a sample: `open` gives a writer for each file of the options, in order.
///
/// # Errors
/// Those of the writers.
pub fn generate<'w>(
    options: &SampleOptions,
    mut open: impl FnMut(Division, Style) -> io::Result<Box<dyn Write + 'w>>,
) -> io::Result<SampleReport> {
    let mut files = Vec::with_capacity(options.files.len());
    for (region, style) in &options.files {
        files.push(SampleFile::begin(
            region.code(),
            *style,
            open(*region, *style)?,
        )?);
    }
    let world = World {
        regions: options
            .files
            .iter()
            .map(|(region, _)| figures::places(region.code()))
            .collect(),
        from: options.from,
        last: options.last,
    };
    let (workers_max, mut left) = match options.size {
        SampleSize::Workers(workers) => (
            workers.saturating_add(options.passed_over).min(WORKERS_MAX),
            u64::MAX,
        ),
        SampleSize::Rows(rows) => (WORKERS_MAX, rows),
    };
    let mut workers = options.passed_over;
    while workers < workers_max && left > 0 && !files.is_empty() {
        workers += 1;
        live(options, &world, &mut files, &mut left, workers)?;
    }
    let rows = options
        .files
        .iter()
        .zip(&files)
        .map(|((region, _), file)| (*region, file.rows))
        .collect();
    files.into_iter().try_for_each(SampleFile::finish)?;
    Ok(SampleReport {
        workers: workers - options.passed_over,
        rows,
    })
}

fn live(
    options: &SampleOptions,
    world: &World,
    files: &mut [SampleFile<'_>],
    left: &mut u64,
    worker: u32,
) -> io::Result<()> {
    let mut dice = Dice::new(options.seed, worker);
    let (number, home, born) = world.person(worker, &mut dice);
    match (options.personas, worker) {
        (true, 1) => {
            let mut clerk = Clerk::new(
                files,
                left,
                P1_NUMBER.to_owned(),
                dice,
                Mishaps::NONE,
                world.last,
            );
            persona::live_p1(&mut clerk, world)?;
            clerk.finish()
        }
        (true, 2) => {
            let mut clerk = Clerk::new(
                files,
                left,
                P2_NUMBER.to_owned(),
                dice,
                Mishaps::NONE,
                world.last,
            );
            persona::live_p2(&mut clerk, world)?;
            clerk.finish()
        }
        _ => {
            let Some(home) = home else { return Ok(()) };
            let mut clerk = Clerk::new(files, left, number, dice, Mishaps::USUAL, world.last);
            career::live(&mut clerk, world, home, born)?;
            clerk.finish()
        }
    }
}
