//! A file that was imported, held against its receipts: which line is which record, by which receipt, and what does not fit.

mod held;
mod persons;

use crate::{
    agency::{FormArguments, open},
    exit::Outcome,
    pseudonyms::file_error,
    show,
    spool::Spooled,
};
use anyhow::bail;
use held::Held;
use persons::KnownPersons;
use rust_i18n::t;
use std::{collections::BTreeSet, path::Path};
use yizhang_intake::{CellChecks, Column, FaultyRows, Intake, Row};
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_show::verdict;
use yizhang_statement::{FileRow, FileRows, Misfit, Places, RowList};

/// Most imports whose receipts one folder has: for each of them the file is read once.
const RUNS_MAX: usize = 64;
/// What does not fit that is shown, for each receipt: more of it says no more.
const MISFITS_SHOWN_MAX: usize = 20;
/// Runs of lines that are shown of a longer list.
const RANGES_SHOWN_MAX: usize = 10;

/// What is to be held against each other.
pub(super) struct Question<'a> {
    /// A receipt, or a folder of them.
    pub(super) receipts: &'a Path,
    pub(super) file: &'a Path,
    /// Whether rows that are faulty were left out at the import.
    pub(super) faulty: FaultyRows,
    pub(super) form: &'a FormArguments,
}

/// Says of every line of the file which receipt proves it.
///
/// # Errors
/// A receipt or a row list that does not hold, and a file that does not fit.
pub(super) fn run(question: &Question<'_>, roster: &Roster) -> anyhow::Result<Outcome> {
    match Spooled::of(question.file)? {
        None => hold(question, question.file, roster),
        Some(spooled) => hold(question, &spooled.path(), roster),
    }
}

fn hold(question: &Question<'_>, file: &Path, roster: &Roster) -> anyhow::Result<Outcome> {
    let held = held::read(question.receipts, roster)?;
    let intake = open(file, region_of(&held)?, question.form)?;
    let mut file = File::read(&intake, &held)?;
    if question.faulty == FaultyRows::Skip {
        file.leave_out_faulty();
    }
    let is_whole = question.receipts.is_dir();
    if is_whole {
        file.say_of_folder(&held);
    } else {
        file.say_of_receipt(&held);
    }
    let fits = file.say_misfits(&intake, &held, is_whole)?;
    println!("{}", t!("verify.rows.persons"));
    println!("{}", verdict::by_roster(roster.version).text);
    if !fits {
        bail!(
            "{}",
            t!("verify.rows.refused", path = question.file.display())
        );
    }
    Ok(Outcome::Clean)
}

/// The region whose chain the receipts are of.
fn region_of(held: &[Held]) -> anyhow::Result<Division> {
    let mut regions: BTreeSet<Division> = BTreeSet::new();
    regions.extend(held.iter().map(|held| held.shown.origin.region()));
    match (regions.pop_first(), regions.is_empty()) {
        (Some(region), true) => Ok(region),
        _ => bail!("{}", t!("verify.rows.several_chains")),
    }
}

/// The file as it is, and what of it the receipts prove.
struct File {
    /// The rows, as the first import reads them: the lines are the same for each.
    rows: Vec<FileRow>,
    /// For each receipt where its records stand.
    places: Vec<Places>,
    /// For each row whether a receipt proves it, or nothing needs to.
    is_proved: Vec<bool>,
}

impl File {
    /// Reads the file once for each import that the receipts are of, and finds their records in it.
    fn read(intake: &Intake, held: &[Held]) -> anyhow::Result<Self> {
        let mut salts: Vec<[u8; 32]> = Vec::new();
        for held in held {
            if !salts.contains(&held.list.salt) {
                salts.push(held.list.salt);
            }
        }
        if salts.len() > RUNS_MAX {
            bail!("{}", t!("verify.rows.many_imports", limit = RUNS_MAX));
        }
        let mut persons = KnownPersons::of(held.iter().map(|held| &held.list));
        let mut file = Self {
            rows: Vec::new(),
            places: vec![Places::default(); held.len()],
            is_proved: Vec::new(),
        };
        for salt in salts {
            persons.prefer(&salt);
            let rows = rows_of(intake, &persons)?;
            file.is_proved.resize(rows.len(), false);
            let found = FileRows::new(&rows);
            for (held, places) in held.iter().zip(&mut file.places) {
                if held.list.salt == salt {
                    *places = found.places(&held.list);
                    for place in places.proved() {
                        file.is_proved[place] = true;
                    }
                }
            }
            file.rows = rows;
        }
        Ok(file)
    }

    /// Says which rows are faulty. Nothing needs to prove them.
    fn leave_out_faulty(&mut self) {
        let mut faulty = BTreeSet::new();
        for (place, row) in self.rows.iter().enumerate() {
            if row.leaf.is_none() {
                self.is_proved[place] = true;
                faulty.insert(place);
            }
        }
        if !faulty.is_empty() {
            let (count, lines) = (faulty.len(), self.ranges(&faulty));
            println!("{}", t!("verify.rows.faulty", count = count, lines = lines));
        }
    }

    fn say_of_receipt(&self, held: &[Held]) {
        for (held, places) in held.iter().zip(&self.places) {
            verdict::print_lines(&verdict::receipt_lines(&held.receipt, &held.shown));
            let proved: BTreeSet<usize> = places.proved().collect();
            let (count, lines) = (proved.len(), self.ranges(&proved));
            if count > 0 {
                println!("{}", t!("verify.rows.proved", count = count, lines = lines));
            }
        }
    }

    fn say_of_folder(&self, held: &[Held]) {
        for (held, places) in held.iter().zip(&self.places) {
            let proved: BTreeSet<usize> = places.proved().collect();
            let first = held.receipt.first.0;
            let last = first.saturating_add(held.receipt.records).saturating_sub(1);
            println!(
                "{}",
                t!(
                    "verify.rows.proved_by",
                    lines = self.ranges(&proved),
                    receipt = held.name(),
                    first = first,
                    last = last,
                    mirrors = held.shown.mirrors.len()
                )
            );
        }
        let fewest = held.iter().min_by_key(|held| held.shown.mirrors.len());
        if let Some(fewest) = fewest {
            let (region, size) = (fewest.shown.origin.region(), fewest.shown.size);
            println!(
                "{}",
                t!(
                    "verify.rows.fewest",
                    region = show::place::name(region),
                    size = size,
                    receipt = fewest.name()
                )
            );
            verdict::print_lines(&verdict::promise_lines(&fewest.shown));
        }
    }

    /// Says what does not fit, and whether everything does. Of a folder every row must be proved, of one receipt every record.
    fn say_misfits(&self, intake: &Intake, held: &[Held], is_whole: bool) -> anyhow::Result<bool> {
        let found = FileRows::new(&self.rows);
        let mut fits = true;
        for (held, places) in held.iter().zip(&self.places) {
            if places.proved().next().is_none() {
                fits = false;
                println!("{}", t!("verify.rows.none", receipt = held.name()));
                continue;
            }
            let misfits = found.misfits(&held.list, places, &self.is_proved);
            fits &= misfits.is_empty();
            let columns = changed_columns(intake, held, &misfits)?;
            for (misfit, columns) in misfits.iter().zip(columns) {
                println!("{}", misfit_line(misfit, held, &columns));
            }
            if misfits.len() > MISFITS_SHOWN_MAX {
                let count = misfits.len() - MISFITS_SHOWN_MAX;
                println!(
                    "{}",
                    t!("verify.rows.more", count = count, receipt = held.name())
                );
            }
        }
        let mut open: BTreeSet<usize> = (0..self.rows.len()).collect();
        open.retain(|place| !self.is_proved[*place]);
        let (count, lines) = (open.len(), self.ranges(&open));
        if !open.is_empty() && is_whole {
            fits = false;
            println!(
                "{}",
                t!("verify.rows.unproved", count = count, lines = lines)
            );
        } else if !open.is_empty() {
            println!(
                "{}",
                t!("verify.rows.outside", count = count, lines = lines)
            );
        }
        Ok(fits)
    }

    /// Lines of rows, those that follow one another as one run.
    fn ranges(&self, places: &BTreeSet<usize>) -> String {
        let mut runs: Vec<std::ops::RangeInclusive<usize>> = Vec::new();
        for place in places {
            match runs.last_mut() {
                Some(run) if run.end() + 1 == *place => *run = *run.start()..=*place,
                _ => runs.push(*place..=*place),
            }
        }
        let line = |place: usize| self.rows[place].line;
        let mut shown = Vec::new();
        for run in runs.iter().take(RANGES_SHOWN_MAX) {
            let (first, last) = (line(*run.start()), line(*run.end()));
            shown.push(if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            });
        }
        if runs.len() > RANGES_SHOWN_MAX {
            shown.push("…".to_string());
        }
        shown.join(", ")
    }
}

fn rows_of(intake: &Intake, persons: &KnownPersons) -> anyhow::Result<Vec<FileRow>> {
    let mut rows = Vec::new();
    for row in intake.rows(persons).map_err(file_error)? {
        rows.push(match row.map_err(file_error)? {
            Row::Valid(row) => FileRow {
                line: row.line,
                leaf: Some(row.id().0),
            },
            Row::Faulty(row) => FileRow {
                line: row.line,
                leaf: None,
            },
        });
    }
    Ok(rows)
}

/// For each of the misfits that are shown the columns whose cells are others than at the import, by their names in the file.
fn changed_columns(
    intake: &Intake,
    held: &Held,
    misfits: &[Misfit],
) -> anyhow::Result<Vec<Vec<String>>> {
    let shown = &misfits[..misfits.len().min(MISFITS_SHOWN_MAX)];
    let lines: BTreeSet<u64> = shown.iter().filter_map(differing_line).collect();
    let mut changed = vec![Vec::new(); shown.len()];
    if lines.is_empty() {
        return Ok(changed);
    }
    let list = held.whole_list()?;
    let columns = columns_of(&list);
    let checks = CellChecks::new(&list.salt);
    let found = intake
        .checks_at(&lines, &columns, checks)
        .map_err(file_error)?;
    for (misfit, changed) in shown.iter().zip(&mut changed) {
        let Misfit::Differs { record, line } = misfit else {
            continue;
        };
        let now = found.get(line).map(Vec::as_slice).unwrap_or_default();
        for ((column, before), now) in columns.iter().zip(list.checks_of(*record)).zip(now) {
            if before != now {
                changed.push(intake.column_name(*column).to_owned());
            }
        }
    }
    Ok(changed)
}

const fn differing_line(misfit: &Misfit) -> Option<u64> {
    match misfit {
        Misfit::Differs { line, .. } => Some(*line),
        _ => None,
    }
}

/// The columns of a list. A program that knows fewer shows none from the first on that it does not know.
fn columns_of(list: &RowList) -> Vec<Column> {
    let known = |name: &String| {
        let mut all = Column::ALL.iter();
        all.find(|column| column.english() == name).copied()
    };
    list.columns.iter().map_while(known).collect()
}

fn misfit_line(misfit: &Misfit, held: &Held, columns: &[String]) -> String {
    let position = |record: usize| {
        let record = u64::try_from(record).expect("a place in memory fits 64 bits");
        held.receipt.first.0.saturating_add(record)
    };
    let receipt = held.name();
    let text = match misfit {
        Misfit::Differs { record, line } if columns.is_empty() => t!(
            "verify.rows.differs",
            line = line,
            position = position(*record),
            receipt = receipt
        ),
        Misfit::Differs { record, line } => t!(
            "verify.rows.differs_in",
            line = line,
            columns = columns.join(", "),
            position = position(*record),
            receipt = receipt
        ),
        Misfit::Missing { record, listed } => t!(
            "verify.rows.missing",
            position = position(*record),
            line = listed,
            receipt = receipt
        ),
        Misfit::Moved { line, listed } => t!(
            "verify.rows.moved",
            line = line,
            listed = listed,
            receipt = receipt
        ),
        Misfit::Added { line } => t!("verify.rows.added", line = line, receipt = receipt),
    };
    text.to_string()
}
