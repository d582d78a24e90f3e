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

/// Prints what of a file is in the chain already, before anything is sent.
pub fn known(known: Known) {
    if known.same > 0 {
        println!(
            "{}",
            t!("import.known", asked = known.asked, same = known.same)
        );
    }
    if known.under_another > 0 {
        println!(
            "{}",
            t!(
                "import.under_another",
                asked = known.asked,
                rows = known.under_another
            )
        );
    }
    if known.other > 0 {
        println!(
            "{}",
            t!(
                "import.used_serials",
                asked = known.asked,
                other = known.other
            )
        );
    }
}

/// Prints what the check of a file found.
pub fn summary(summary: &Summary, intake: &Intake, errors: &Path) {
    println!(
        "{}",
        t!(
            "import.summary",
            form = form(intake),
            rows = summary.rows,
            valid = summary.valid,
            faulty = summary.faulty,
            duplicates = summary.duplicates
        )
    );
    println!("{}", lines(&summary.lines));
    for line in left_unread(intake) {
        println!("{line}");
    }
    let mut kinds = table([
        t!("import.kind"),
        t!("import.rows"),
        t!("import.due"),
        t!("import.paid"),
    ]);
    for (kind, total) in &summary.kinds {
        kinds.add_row([
            kind::word(*kind),
            total.rows.to_string(),
            sum(total.due_fen),
            sum(total.paid_fen),
        ]);
    }
    if !summary.kinds.is_empty() {
        println!("{kinds}");
    }
    // Errors before warnings, of which there may be one in every row.
    let mut shown: Vec<&RowFault> = summary.first_faults.iter().collect();
    shown.sort_by_key(|fault| Reverse(fault.fault.severity()));
    for fault in shown.into_iter().take(FAULTS_PRINTED_MAX) {
        println!("{}", fault::row(fault));
    }
    // What stands above is the first few, errors and warnings together.
    let shown = summary.first_faults.len().min(FAULTS_PRINTED_MAX);
    let found = summary
        .codes
        .iter()
        .filter(|(code, _)| **code != "duplicate");
    if found.clone().map(|(_, count)| *count).sum::<u64>()
        > u64::try_from(shown).expect("a few lines")
    {
        let counts: Vec<String> = found
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        println!("{}", t!("import.counts", list = counts.join(", ")));
    }
    if summary.warned > 0 {
        println!("{}", t!("import.warned", rows = summary.warned));
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

/// Prints what was appended.
pub fn done(region: Division, imported: &Imported) {
    let added = imported.records - imported.present;
    let region = place::name(region);
    if imported.records > 0 || imported.waiting + imported.refused == 0 {
        println!(
            "{}",
            t!(
                "import.done",
                region = region,
                added = added,
                present = imported.present,
                size = imported.size
            )
        );
    }
    if imported.waiting > 0 {
        let records = imported.waiting;
        println!(
            "{}",
            t!("import.waiting", region = region, records = records)
        );
    }
    if imported.refused > 0 {
        let records = imported.refused;
        println!(
            "{}",
            t!(
                "import.refused_by_checker",
                region = region,
                records = records
            )
        );
    }
    if imported.unheld > 0 {
        println!("{}", t!("import.unheld", persons = imported.unheld));
    }
}

/// How many of the other nodes hold everything that was imported.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    /// Those that have announced it.
    pub holding: usize,
    /// All of the roster but the one that was asked.
    pub others: usize,
}

/// Prints on how many other disks the imported records are.
pub fn shared(Sharing { holding, others }: Sharing) {
    let key = if holding > 0 {
        "import.shared"
    } else {
        "import.unshared"
    };
    println!("{}", t!(key, holding = holding, others = others));
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
