//! What an import found and did.

use super::{fault, kind, place, said_name, table, yuan};
use crate::text::t;
use std::{borrow::Cow, cmp::Reverse, path::Path};
use yizhang_intake::{Encoding, Format, Intake, LineCount, RowFault, Summary};
use yizhang_ledger::value::Division;

/// Faults that are printed; all are in the error file.
const FAULTS_PRINTED_MAX: usize = 20;

/// What an import has done.
#[derive(Debug, Default)]
pub struct Imported {
    /// Records that are in the chain now.
    pub records: u64,
    /// Of them, records that were there before: the same submission, sent again.
    pub present: u64,
    /// Size of the chain after the last of them.
    pub size: u64,
    /// Persons whom others hold, and this region does not, among those of whom a statement needs that, as far as they were looked up.
    pub unheld: u64,
    /// Records that are in no chain: they wait for a second clerk.
    pub waiting: u64,
    /// Records that are in no chain: a second clerk has refused them.
    pub refused: u64,
}

/// How many rows of a sample are in the chain already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Rows that were looked up.
    pub asked: usize,
    /// Of them, those of which the very record is there.
    pub same: usize,
    /// Of them, those of which the record is there under another pseudonym of its person: it was written under an earlier secret of the
    /// federation, and would stand there twice.
    pub under_another: usize,
    /// Of them, those under whose serial there is another record.
    pub other: usize,
}

/// What of a file is in the chain already, before anything is sent.
pub fn known(known: Known) -> Vec<String> {
    let mut lines = Vec::new();
    if known.same > 0 {
        lines.push(t!("import.known", asked = known.asked, same = known.same).to_string());
    }
    if known.under_another > 0 {
        let (asked, rows) = (known.asked, known.under_another);
        lines.push(t!("import.under_another", asked = asked, rows = rows).to_string());
    }
    if known.other > 0 {
        let (asked, other) = (known.asked, known.other);
        lines.push(t!("import.used_serials", asked = asked, other = other).to_string());
    }
    lines
}

/// What the check of a file found, in words.
pub struct Report {
    /// How many rows there are of what sort, and what is not read.
    pub lines: Vec<String>,
    /// The names of the columns of `kinds`.
    pub header: [String; 4],
    /// Rows, money due and money paid of each kind of record.
    pub kinds: Vec<[String; 4]>,
    /// The first faults, errors before warnings.
    pub faults: Vec<String>,
    /// How many there are of each, if not all stand among the first; how many rows have warnings.
    pub counts: Vec<String>,
}

impl Report {
    /// What a check found.
    pub fn of(summary: &Summary, intake: &Intake) -> Self {
        let mut lines = vec![
            t!(
                "import.summary",
                form = form(intake),
                rows = summary.rows,
                valid = summary.valid,
                faulty = summary.faulty,
                duplicates = summary.duplicates
            )
            .to_string(),
            self::lines(&summary.lines).to_string(),
        ];
        lines.extend(left_unread(intake));
        let header = [
            t!("import.kind"),
            t!("import.rows"),
            t!("import.due"),
            t!("import.paid"),
        ];
        let kinds = summary.kinds.iter().map(|(kind, total)| {
            [
                kind::word(*kind),
                total.rows.to_string(),
                sum(total.due_fen),
                sum(total.paid_fen),
            ]
        });
        // Errors before warnings, of which there may be one in every row.
        let mut shown: Vec<&RowFault> = summary.first_faults.iter().collect();
        shown.sort_by_key(|fault| Reverse(fault.fault.severity()));
        let faults = shown.into_iter().take(FAULTS_PRINTED_MAX).map(fault::row);
        Self {
            lines,
            header: header.map(|name| name.to_string()),
            kinds: kinds.collect(),
            faults: faults.collect(),
            counts: counts(summary),
        }
    }
}

/// How often each fault was found, unless all of them are shown, and how many rows have warnings.
fn counts(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    // What is shown is the first few, errors and warnings together.
    let shown = summary.first_faults.len().min(FAULTS_PRINTED_MAX);
    let found = summary
        .codes
        .iter()
        .filter(|(code, _)| **code != "duplicate");
    let all: u64 = found.clone().map(|(_, count)| *count).sum();
    if all > u64::try_from(shown).expect("a few lines") {
        let counts: Vec<String> = found
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        lines.push(t!("import.counts", list = counts.join(", ")).to_string());
    }
    if summary.warned > 0 {
        lines.push(t!("import.warned", rows = summary.warned).to_string());
    }
    lines
}

/// Prints what the check of a file found.
pub fn summary(summary: &Summary, intake: &Intake, errors: &Path) {
    let report = Report::of(summary, intake);
    for line in &report.lines {
        println!("{line}");
    }
    if !report.kinds.is_empty() {
        let mut kinds = table(report.header.map(Into::into));
        kinds.add_rows(report.kinds);
        println!("{kinds}");
    }
    for line in report.faults.iter().chain(&report.counts) {
        println!("{line}");
    }
    if summary.faulty > 0 {
        println!("{}", t!("import.errors", path = errors.display()));
    }
}

/// Where every line of the file went.
fn lines(count: &LineCount) -> Cow<'static, str> {
    t!(
        "import.lines",
        all = count.all,
        header = count.header,
        rows = count.rows,
        continued = count.continued,
        blank = count.blank,
        titles = count.titles,
        again = count.headers_again,
        totals = count.totals,
        footers = count.footers
    )
}

/// What of the file is not read, and what the map of columns did.
fn left_unread(intake: &Intake) -> Vec<String> {
    let comma = t!("import.comma");
    let mut lines = Vec::new();
    if let Some(sheet) = intake.sheet().filter(|sheet| !sheet.unread.is_empty()) {
        lines.push(t!("import.other_sheets", names = names(&sheet.unread)).to_string());
    }
    let columns = intake.columns();
    if !columns.mapped.is_empty() {
        let list: Vec<String> = columns
            .mapped
            .iter()
            .map(|(name, column)| format!("{} = {}", said_name(name), fault::column(*column)))
            .collect();
        lines.push(t!("import.mapped", list = list.join(&comma)).to_string());
    }
    if !columns.unread.is_empty() {
        lines.push(t!("import.unread", names = names(&columns.unread)).to_string());
    }
    if !columns.absent.is_empty() {
        lines.push(t!("import.absent", names = names(&columns.absent)).to_string());
    }
    lines
}

/// Names that the file says, in a list.
fn names(said: &[String]) -> String {
    let shown: Vec<String> = said.iter().map(|name| said_name(name)).collect();
    shown.join(&t!("import.comma"))
}

/// The form of a file: `CSV, GB 18030`.
pub fn form(intake: &Intake) -> String {
    if let Some(sheet) = intake.sheet() {
        return t!("import.workbook", name = said_name(&sheet.name)).to_string();
    }
    let encoding = match intake.encoding() {
        Encoding::Utf8 | Encoding::Utf8Bom => "UTF-8",
        Encoding::Gb18030 => "GB 18030",
        Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
    };
    match intake.format() {
        Format::Csv { .. } => format!("CSV, {encoding}"),
        Format::JsonLines => format!("JSON Lines, {encoding}"),
    }
}

/// What was appended.
pub fn done(region: Division, imported: &Imported) -> Vec<String> {
    let added = imported.records - imported.present;
    let region = place::name(region);
    let mut lines = Vec::new();
    if imported.records > 0 || imported.waiting + imported.refused == 0 {
        lines.push(
            t!(
                "import.done",
                region = region,
                added = added,
                present = imported.present,
                size = imported.size
            )
            .to_string(),
        );
    }
    if imported.waiting > 0 {
        let records = imported.waiting;
        lines.push(t!("import.waiting", region = region, records = records).to_string());
    }
    if imported.refused > 0 {
        let records = imported.refused;
        let text = t!(
            "import.refused_by_checker",
            region = region,
            records = records
        );
        lines.push(text.to_string());
    }
    if imported.unheld > 0 {
        lines.push(t!("import.unheld", persons = imported.unheld).to_string());
    }
    lines
}

/// How many of the other nodes hold everything that was imported.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    /// Those that have announced it.
    pub holding: usize,
    /// All of the roster but the one that was asked.
    pub others: usize,
}

/// On how many other disks the imported records are.
pub fn shared(Sharing { holding, others }: Sharing) -> String {
    let key = if holding > 0 {
        "import.shared"
    } else {
        "import.unshared"
    };
    t!(key, holding = holding, others = others).to_string()
}

fn sum(fen: i128) -> String {
    i64::try_from(fen).map_or_else(|_| fen.to_string(), yuan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_intake::FileFault;

    #[test]
    fn names_of_sheets_show_no_number_of_a_person_and_give_a_terminal_no_commands() {
        let said = ["440300199003078815", "2018\u{1b}[2J", "缴费\n明细"].map(String::from);
        let shown = names(&said);
        assert!(!shown.contains("4403"), "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
        assert!(shown.contains("2018 [2J"), "{shown}");
        assert!(shown.ends_with("缴费 明细"), "{shown}");
        let fault = FileFault::SheetsSeveral {
            sheets: said.to_vec(),
        };
        let shown = fault::file(&fault);
        assert!(!shown.contains("4403"), "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
    }
}
