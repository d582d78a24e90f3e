//! The file of a review: every finding a row.

use crate::{files, show};
use anyhow::Context;
use std::{
    borrow::Cow,
    fs::File,
    io,
    path::{Path, PathBuf},
};
use yizhang_console::for_a_sheet;
use yizhang_entitlement::review::Finding;

/// A finding, and what is known of it here.
#[derive(Clone, Copy)]
pub(super) struct Row<'f> {
    pub(super) finding: &'f Finding,
    /// Whether an earlier list was given and did not have it.
    pub(super) is_new: bool,
    /// The agency's own serial of the worker; empty where no book has one.
    pub(super) serial: &'f str,
    /// The number that both agencies use for the transfer; empty where no book has it.
    pub(super) case_number: &'f str,
}

/// A finding as a row of the file, in the order of [`COLUMNS`]. What the node says is text to a spreadsheet, too.
#[derive(serde::Serialize)]
struct CsvRow<'f> {
    account: &'f str,
    list: String,
    what: Cow<'f, str>,
    family: Cow<'f, str>,
    first: String,
    last: String,
    months: u32,
    severity: String,
    acts: String,
    place: String,
    case: Cow<'f, str>,
    due: String,
    overdue: u32,
    payable: String,
    until: String,
    price: String,
    new: &'static str,
    serial: &'f str,
    case_number: &'f str,
}

/// The header of the file, also of one without rows.
const COLUMNS: [&str; 19] = [
    "account",
    "list",
    "what",
    "family",
    "first",
    "last",
    "months",
    "severity",
    "acts",
    "place",
    "case",
    "due",
    "overdue",
    "payable",
    "until",
    "price",
    "new",
    "serial",
    "case_number",
];

/// The file of findings: under a temporary name until there is something to keep, so that a review that never began leaves
/// the last one's file alone; one that goes on adds to the file.
pub(super) struct Findings {
    path: PathBuf,
    rows: csv::Writer<tempfile::NamedTempFile>,
}

impl Findings {
    pub(super) fn begin(path: &Path, goes_on: bool) -> anyhow::Result<Self> {
        let context = || path.display().to_string();
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(directory);
        let mut file = file.map_err(|error| files::not_written(path, &error))?;
        let mut has_header = false;
        if goes_on && path.exists() {
            let copied = io::copy(&mut File::open(path).with_context(context)?, &mut file)
                .with_context(context)?;
            has_header = copied > 0;
        }
        let mut rows = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(file);
        if !has_header {
            rows.write_record(COLUMNS).with_context(context)?;
        }
        Ok(Self {
            path: path.to_owned(),
            rows,
        })
    }

    /// Adds a finding of an account.
    pub(super) fn put(&mut self, account: &str, row: Row<'_>) -> anyhow::Result<()> {
        self.rows
            .serialize(csv_row(account, row))
            .with_context(|| self.path.display().to_string())
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        let context = || self.path.display().to_string();
        let file = self
            .rows
            .into_inner()
            .map_err(|error| anyhow::anyhow!("{error}"))
            .with_context(context)?;
        file.as_file().sync_all().with_context(context)?;
        file.persist(&self.path)
            .map_err(|error| error.error)
            .with_context(context)?;
        Ok(())
    }
}

fn csv_row<'f>(reviewed: &'f str, row: Row<'f>) -> CsvRow<'f> {
    let finding = row.finding;
    let text = |value: Option<String>| value.unwrap_or_default();
    CsvRow {
        account: reviewed,
        list: show::serde_name(&finding.list),
        what: for_a_sheet(&finding.what),
        family: for_a_sheet(finding.family.as_deref().unwrap_or_default()),
        first: text(finding.first.map(|month| month.to_string())),
        last: text(finding.last.map(|month| month.to_string())),
        months: finding.months,
        severity: text(finding.severity.map(|severity| show::serde_name(&severity))),
        acts: text(finding.acts.map(|acts| show::serde_name(&acts))),
        place: finding
            .places
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" "),
        case: for_a_sheet(finding.case.as_deref().unwrap_or_default()),
        due: text(finding.due.map(|day| day.to_string())),
        overdue: finding.overdue,
        payable: text(finding.payable.map(|months| months.to_string())),
        until: text(finding.until.map(|month| month.to_string())),
        price: text(finding.price.map(show::yuan)),
        new: if row.is_new { "new" } else { "" },
        serial: row.serial,
        case_number: row.case_number,
    }
}
