//! docs/IMPORT.md tells what the intake does: columns, kinds, codes, faults, limits, and examples that import.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};
use yizhang_intake::{
    CODES_MAX, COLUMN_NAMES_MAX, Column, Damage, Fault, FileFault, Intake, Layout, LineCount,
    OtherForm, ROW_BYTES_MAX, ROWS_MAX, ReadOptions, Row, RowFault, SERIALS_KEPT_MAX,
    SUBMISSION_RECORDS, Source, WorkbookLimit,
    tables::{self, BaseRule, CodeRow, Moves},
};
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, SUBMISSION_BYTES_MAX},
    entry::Kind,
    person::FederationSecret,
    value::Code,
};

/// Letters that stand for several kinds.
const CONTRIBUTIONS: &str = "C";
const EVERY_KIND: &str = "all";

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/IMPORT.md")).unwrap()
}

/// The text below a heading, up to the next heading of any level.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let start = document
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let body = &document[start + heading.len() + 2..];
    &body[..body.find("\n#").unwrap_or(body.len())]
}

/// The rows of a section's tables whose first cell is code, without its quotes there.
fn rows<'d>(document: &'d str, heading: &str) -> Vec<Vec<&'d str>> {
    let cells = |line: &'d str| {
        let mut cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        cells[0] = cells[0].trim_matches('`');
        cells
    };
    section(document, heading)
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
        .collect()
}

/// First and second cells, the second as a list.
fn words<'d>(document: &'d str, heading: &str) -> BTreeMap<&'d str, Vec<&'d str>> {
    let rows = rows(document, heading);
    let found: BTreeMap<_, _> = rows.iter().map(|row| (row[0], list(row[1]))).collect();
    assert_eq!(found.len(), rows.len(), "{heading}: a row stands twice");
    found
}

fn list(cell: &str) -> Vec<&str> {
    cell.split(['、', ','])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

fn table(rows: &'static [CodeRow]) -> BTreeMap<&'static str, Vec<&'static str>> {
    rows.iter()
        .map(|row| (row.code, row.names.clone()))
        .collect()
}

fn secret() -> FederationSecret {
    FederationSecret::new([7; 32])
}

fn read(file: &str) -> (Layout, Vec<Row>) {
    let intake = Intake::open(
        Source::Bytes(file.as_bytes().into()),
        &ReadOptions::default(),
    )
    .unwrap();
    let secret = secret();
    let rows = intake
        .rows(&secret)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    (intake.layout(), rows)
}

fn faults(row: &Row) -> &[RowFault] {
    match row {
        Row::Valid(row) => &row.notes,
        Row::Faulty(row) => &row.faults,
    }
}

#[test]
fn every_column_stands_in_the_table_with_all_its_names() {
    let document = document();
    let rows = rows(&document, "## Columns");
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row[0], [list(row[1]), list(row[2])].concat()))
        .collect();
    let expected: Vec<_> = Column::ALL
        .iter()
        .map(|column| (column.english(), column.aliases().to_vec()))
        .collect();
    assert_eq!(found, expected);
    assert!(
        rows.iter().all(|row| row.len() == 6),
        "a row of the table has another number of cells than its header"
    );
}

/// How a kind uses a column, as the last cell of its row says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Use {
    May,
    Sometimes,
    Always,
}

fn uses(cell: &str, letters: &BTreeMap<&str, &str>) -> BTreeMap<String, Use> {
    let mut uses = BTreeMap::new();
    let tokens = cell.split(';').flat_map(|part| {
        part.split(':')
            .next()
            .unwrap_or_default()
            .split_whitespace()
    });
    for token in tokens {
        let usage = match token.chars().next() {
            Some('*') => Use::Always,
            Some('_') => Use::Sometimes,
            _ => Use::May,
        };
        let name = token.trim_matches(['*', '_', '`']);
        let stands_for = |kind: &str, letter: &str| {
            name == kind
                || name == letter
                || name == EVERY_KIND
                || name == CONTRIBUTIONS && "DRAF".contains(letter)
        };
        let kinds: Vec<_> = letters
            .iter()
            .filter(|(kind, letter)| stands_for(kind, letter))
            .collect();
        assert!(!kinds.is_empty(), "{token} is no kind");
        for (kind, _) in kinds {
            let known: &mut Use = uses.entry((*kind).to_owned()).or_insert(usage);
            *known = usage.max(*known);
        }
    }
    uses
}

/// The columns of a row that have a fault of this code.
fn columns_with(row: &Row, code: &str) -> BTreeSet<Column> {
    faults(row)
        .iter()
        .filter(|fault| fault.fault.code() == code)
        .filter_map(|fault| fault.column)
        .collect()
}

#[test]
fn each_kind_needs_and_may_have_the_columns_that_the_table_says() {
    let document = document();
    let kind_rows = rows(&document, "## Kinds");
    let letters: BTreeMap<&str, &str> = kind_rows
        .iter()
        .filter(|row| row.len() == 4)
        .map(|row| (row[0], row[2]))
        .collect();
    let column_rows = rows(&document, "## Columns");
    let table: BTreeMap<&str, BTreeMap<String, Use>> = column_rows
        .iter()
        .map(|row| (row[0], uses(row[5], &letters)))
        .collect();
    for kind in letters.keys() {
        let others = || Column::ALL.iter().filter(|column| **column != Column::Kind);
        let bare = std::iter::once(format!("{{\"kind\":\"{kind}\"}}\n"));
        let filled = others().map(|column| format!("{{\"kind\":\"{kind}\",\"{column}\":\"1\"}}\n"));
        let (_, rows) = read(&bare.chain(filled).collect::<String>());
        let missing = columns_with(&rows[0], "missing");
        for (column, row) in others().zip(&rows[1..]) {
            let said = table[column.english()].get(*kind).copied();
            let refused = columns_with(row, "not-of-kind").contains(column);
            assert_eq!(
                refused,
                said.is_none(),
                "{kind} {column}: the table says {said:?}"
            );
            match (missing.contains(column), said) {
                (true, Some(Use::Always | Use::Sometimes))
                | (false, None | Some(Use::May | Use::Sometimes)) => {}
                (needed, _) => panic!(
                    "{kind} {column}: needed in a bare row is {needed}, the table says {said:?}"
                ),
            }
        }
    }
}

/// A text of ASCII is looked for among the codes alone.
#[test]
fn no_name_of_a_scheme_is_ascii() {
    for row in tables::schemes() {
        for name in &row.names {
            assert!(!name.is_ascii(), "{}: {name}", row.scheme);
        }
    }
}

#[test]
fn the_code_tables_are_those_of_the_program() {
    let document = document();
    let kinds: BTreeMap<_, _> = tables::kinds()
        .iter()
        .map(|known| (known.row.code, known.row.names.clone()))
        .collect();
    assert_eq!(words(&document, "## Kinds"), kinds);
    assert_eq!(words(&document, "### Payers"), table(tables::payer_kinds()));
    assert_eq!(
        words(&document, "### Account types"),
        table(tables::account_types())
    );
    assert_eq!(words(&document, "### Flags"), table(tables::flags()));
    assert_eq!(
        words(&document, "### Statuses of the tax office"),
        table(tables::tax_statuses())
    );
    assert_eq!(
        words(&document, "### Benefit items"),
        table(tables::benefit_items())
    );
    assert_eq!(
        words(&document, "### Classes of retirement"),
        table(tables::classes())
    );
    assert_eq!(
        words(&document, "### Grounds of a birth"),
        table(tables::birth_grounds())
    );
    for (heading, rows) in [
        ("### Trades", tables::trades()),
        ("### Modes", tables::modes()),
        ("### Reporters", tables::reporters()),
        ("### Steps with an injury", tables::injury_steps()),
        ("### Ways of the fund", tables::fund_moves()),
        ("### Ends of a warning", tables::endings()),
    ] {
        assert_eq!(words(&document, heading), table(rows), "{heading}");
    }
    assert_eq!(
        words(&document, "### Documents of back-payments"),
        table(tables::back_payment_documents())
    );
    assert_eq!(
        words(&document, "### Reasons (AAE160)"),
        table(tables::reasons())
    );
    let schemes: Vec<_> = tables::schemes()
        .iter()
        .map(|row| {
            let base = if row.base == BaseRule::Required {
                "required"
            } else {
                "optional"
            };
            let moves = match row.moves {
                Moves::Yes => "yes",
                Moves::No => "no",
                Moves::Unsaid => "–",
            };
            (row.scheme.to_string(), row.names.clone(), base, moves)
        })
        .collect();
    let found: Vec<_> = rows(&document, "### Schemes")
        .iter()
        .map(|row| (row[0].to_owned(), list(row[1]), row[2], row[3]))
        .collect();
    assert_eq!(found, schemes);
    let types: Vec<_> = tables::natures()
        .iter()
        .map(|row| {
            (
                row.code.to_string(),
                row.name,
                row.kinds.iter().map(Kind::to_string).collect::<Vec<_>>(),
            )
        })
        .collect();
    let kinds_of = |cell| {
        list(cell)
            .into_iter()
            .map(|kind| kind.trim_matches('`').to_owned())
            .collect::<Vec<_>>()
    };
    let found: Vec<_> = rows(&document, "### Types")
        .iter()
        .map(|row| (row[0].to_owned(), row[1], kinds_of(row[2])))
        .collect();
    assert_eq!(found, types);
}

#[test]
fn every_fault_of_a_row_stands_there_once_and_no_other() {
    let document = document();
    let mut found: Vec<_> = rows(&document, "## Faults of a row")
        .iter()
        .map(|row| row[0])
        .collect();
    let mut expected = Fault::CODES.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// One fault of each variant. The match makes sure that a new variant is added here.
fn file_faults() -> Vec<FileFault> {
    let all = vec![
        FileFault::Io {
            action: "read the file",
            source: io::Error::other("example"),
        },
        FileFault::Pseudonyms("the node cannot be reached".into()),
        FileFault::Empty,
        FileFault::NoFile,
        FileFault::OtherForm {
            form: OtherForm::Pdf,
        },
        FileFault::WorkbookBroken {
            damage: Damage::Packing,
        },
        FileFault::WorkbookLocked,
        FileFault::WorkbookLimit {
            limit: WorkbookLimit::Rows,
        },
        FileFault::SheetsSeveral { sheets: Vec::new() },
        FileFault::SheetUnknown {
            sheet: String::new(),
            sheets: Vec::new(),
        },
        FileFault::NoWorkbook,
        FileFault::HeaderMissing { cells: 1 },
        FileFault::ColumnsUnknown {
            columns: Vec::new(),
        },
        FileFault::ColumnTwice {
            column: Column::Person,
            positions: [1, 2],
        },
        FileFault::ColumnsMissing {
            columns: Vec::new(),
        },
        FileFault::LayoutsMixed {
            columns: Vec::new(),
        },
        FileFault::RowTooLong {
            line: 1,
            limit: ROW_BYTES_MAX,
        },
        FileFault::TooManyRows { limit: ROWS_MAX },
        FileFault::TooManyTargets {
            limit: SERIALS_KEPT_MAX,
        },
        FileFault::LinesLost {
            count: LineCount::default(),
        },
        FileFault::RowFaulty { line: 1 },
    ];
    for fault in &all {
        match fault {
            FileFault::Io { .. }
            | FileFault::Pseudonyms(_)
            | FileFault::Empty
            | FileFault::NoFile
            | FileFault::OtherForm { .. }
            | FileFault::WorkbookBroken { .. }
            | FileFault::WorkbookLocked
            | FileFault::WorkbookLimit { .. }
            | FileFault::SheetsSeveral { .. }
            | FileFault::SheetUnknown { .. }
            | FileFault::NoWorkbook
            | FileFault::LinesLost { .. }
            | FileFault::HeaderMissing { .. }
            | FileFault::ColumnsUnknown { .. }
            | FileFault::ColumnTwice { .. }
            | FileFault::ColumnsMissing { .. }
            | FileFault::LayoutsMixed { .. }
            | FileFault::RowTooLong { .. }
            | FileFault::TooManyRows { .. }
            | FileFault::TooManyTargets { .. }
            | FileFault::RowFaulty { .. } => {}
        }
    }
    all
}

#[test]
fn every_fault_of_a_file_stands_there_once_and_no_other() {
    let document = document();
    let found: Vec<_> = rows(&document, "## Faults of a file")
        .iter()
        .map(|row| row[0])
        .collect();
    let expected: Vec<_> = file_faults().iter().map(FileFault::code).collect();
    assert_eq!(found, expected);
}

/// Fenced blocks of files, in order.
fn examples(document: &str) -> Vec<&str> {
    let fenced = document.split("\n```").skip(1).step_by(2);
    fenced
        .filter_map(|block| {
            block
                .strip_prefix("csv\n")
                .or_else(|| block.strip_prefix("jsonl\n"))
        })
        .collect()
}

#[test]
fn the_examples_import_without_any_fault_or_warning() {
    let document = document();
    let examples = examples(&document);
    let mut layouts = Vec::new();
    for example in &examples {
        let (layout, rows) = read(example);
        assert!(!rows.is_empty(), "{example}");
        for row in &rows {
            assert!(
                matches!(row, Row::Valid(_)) && faults(row).is_empty(),
                "{example}\n{:?}",
                faults(row)
            );
        }
        layouts.push(layout);
    }
    for layout in [
        Layout::Accounts,
        Layout::Transfers,
        Layout::Benefits,
        Layout::Identities,
        Layout::Statements,
        Layout::Platforms,
        Layout::Subsidies,
        Layout::Warnings,
        Layout::Any,
    ] {
        assert!(layouts.contains(&layout), "no example of {layout:?}");
    }
}

#[test]
fn the_smallest_files_state_the_same_record() {
    let document = document();
    let records: Vec<_> = examples(section(&document, "## The smallest file"))
        .into_iter()
        .take(3)
        .map(|example| match read(example).1.as_slice() {
            [Row::Valid(row)] => row.bytes.clone(),
            other => panic!("expected one valid row, found {other:?}"),
        })
        .collect();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| *record == records[0]));
}

#[test]
fn the_limits_are_those_of_the_program() {
    let document = document();
    let limits = section(&document, "## Limits");
    let numbers = [
        ROWS_MAX,
        SERIALS_KEPT_MAX,
        ROW_BYTES_MAX,
        BATCH_RECORDS_MAX,
        SUBMISSION_BYTES_MAX,
        Code::LENGTH_MAX,
        CODES_MAX,
        COLUMN_NAMES_MAX,
    ];
    let of_workbooks = [
        WorkbookLimit::Bytes,
        WorkbookLimit::Parts,
        WorkbookLimit::PartBytes,
        WorkbookLimit::UnpackedBytes,
        WorkbookLimit::Sheets,
        WorkbookLimit::Rows,
        WorkbookLimit::Columns,
        WorkbookLimit::OldFormCells,
        WorkbookLimit::TextBytes,
    ];
    let of_workbooks = of_workbooks.map(|limit| usize::try_from(limit.most()).unwrap());
    for number in numbers.into_iter().chain(of_workbooks) {
        assert!(
            limits.contains(&format!("| {}", grouped(number))),
            "{number} is not among the limits"
        );
    }
    assert!(document.contains(&format!("{} on average", grouped(SUBMISSION_RECORDS))));
}

/// A number as people read it: 16,384.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}
