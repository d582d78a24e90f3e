//! The agency's own handles of its workers: a file beside the ledger, from pseudonym to serial and from hashed to plain case
//! number. An import adds to it when asked, a review shows what it says. It is never sent, and holds no number of a person.

use crate::{
    files,
    pseudonyms::{NodePseudonyms, file_error},
};
use anyhow::{Context, bail, ensure};
use rust_i18n::t;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use yizhang_console::for_a_sheet;
use yizhang_intake::{Intake, ParsedRow, Pseudonyms, Row};
use yizhang_ledger::{entry::Entry, record::Record, value::LeafIndex};

/// Most workers, and most cases, that a book names when it is read: those of a large city.
const NAMES_MAX: usize = 20_000_000;

/// Workers whose serials an import holds before it writes them down.
const HELD_MAX: usize = 1_000_000;

/// The owner alone reads a book.
const MODE: u32 = 0o600;

const COLUMNS: [&str; 4] = ["account", "serial", "case", "case_number"];

/// How far into a file its header is looked for: twice as long as that of a book.
const HEADER_BYTES_MAX: u64 = 64;

/// Adds what a file names to a book: for each worker the last serial, for each transfer case its number. The worker stands there under
/// every pseudonym, whichever a list may name.
pub(super) fn append(
    path: &Path,
    intake: &Intake,
    pseudonyms: &NodePseudonyms,
) -> anyhow::Result<()> {
    let mut book = Writer::open(path)?;
    add(&mut book, intake, pseudonyms)?;
    for at in 0..pseudonyms.others() {
        add(&mut book, intake, &pseudonyms.under_another(at))?;
    }
    book.finish()
}

fn add(book: &mut Writer, intake: &Intake, pseudonyms: &dyn Pseudonyms) -> anyhow::Result<()> {
    let mut serials: BTreeMap<String, String> = BTreeMap::new();
    let mut cases: BTreeMap<String, String> = BTreeMap::new();
    let rows = intake.rows(pseudonyms).map_err(file_error)?;
    for row in rows {
        let row = row.map_err(file_error)?;
        let Row::Valid(row) = row else { continue };
        let handle = Handle::of(&row)?;
        serials.insert(handle.account, handle.serial);
        cases.extend(handle.case);
        if serials.len() >= HELD_MAX || cases.len() >= HELD_MAX {
            book.write(&mut serials, &mut cases)?;
        }
    }
    book.write(&mut serials, &mut cases)
}

/// What names the worker and the case of a row.
struct Handle {
    account: String,
    serial: String,
    /// Hashed and plain number.
    case: Option<(String, String)>,
}

impl Handle {
    fn of(row: &ParsedRow) -> anyhow::Result<Self> {
        let entry = Entry::parse(&row.bytes, LeafIndex(0))?;
        let record = Record::read(&entry)?;
        let account = record.accounts().next();
        let (Some(account), Some(source)) = (account, record.source()) else {
            bail!("a row of a file is about a worker and has a source");
        };
        let case = match (&record, &row.case_number) {
            (Record::Transfer(_, step), Some(number)) => Some((hex(&step.case.0), number.clone())),
            _ => None,
        };
        Ok(Self {
            account: account.reveal_hex(),
            serial: source.serial.to_string(),
            case,
        })
    }
}

/// Lower-case hexadecimal digits, as findings name a case.
fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    digits
}

struct Writer {
    path: PathBuf,
    rows: csv::Writer<File>,
}

impl Writer {
    /// Opens a book to add to it. A link is none: it could lead anywhere.
    fn open(path: &Path) -> anyhow::Result<Self> {
        let known = path.symlink_metadata();
        if let Ok(known) = &known {
            ensure!(
                known.is_file(),
                "{}",
                t!("book.no_file", path = path.display())
            );
        }
        let is_empty = known.map_or(true, |known| known.len() == 0);
        ensure!(
            is_empty || begins_book(path)?,
            "{}",
            t!("book.other_file", path = path.display())
        );
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(MODE)
            .open(path)
            .map_err(|error| files::not_written(path, &error))?;
        file.set_permissions(Permissions::from_mode(MODE))
            .with_context(|| path.display().to_string())?;
        let mut book = Self {
            path: path.to_owned(),
            rows: csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(file),
        };
        if is_empty {
            book.row(COLUMNS)?;
        }
        Ok(book)
    }

    fn row(&mut self, cells: [&str; COLUMNS.len()]) -> anyhow::Result<()> {
        self.rows
            .write_record(cells)
            .with_context(|| self.path.display().to_string())
    }

    fn write(
        &mut self,
        serials: &mut BTreeMap<String, String>,
        cases: &mut BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        for (account, serial) in std::mem::take(serials) {
            self.row([&account, &serial, "", ""])?;
        }
        for (case, number) in std::mem::take(cases) {
            self.row(["", "", &case, &number])?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        let context = || self.path.display().to_string();
        let mut file = self
            .rows
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
            .with_context(context)?;
        file.flush()
            .and_then(|()| file.sync_all())
            .with_context(context)
    }
}

/// Whether a file begins as a book does. Of another one, such as the input itself, not even the permissions are touched.
fn begins_book(path: &Path) -> anyhow::Result<bool> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut rows = csv::Reader::from_reader(file.take(HEADER_BYTES_MAX));
    Ok(rows.headers().is_ok_and(|header| header.iter().eq(COLUMNS)))
}

/// A book, read.
#[derive(Default)]
pub(crate) struct Book {
    serials: BTreeMap<String, String>,
    cases: BTreeMap<String, String>,
}

impl Book {
    /// Reads a book; of several lines about one worker the last counts.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || path.display().to_string();
        let mut rows = csv::Reader::from_path(path).with_context(context)?;
        let header = rows.headers().with_context(context)?;
        ensure!(
            header.iter().eq(COLUMNS),
            "{}",
            t!("book.no_book", path = path.display())
        );
        let mut book = Self::default();
        for row in rows.records() {
            let row = row.with_context(context)?;
            let cell = |at: usize| row.get(at).unwrap_or_default();
            let named = [
                (&mut book.serials, cell(0), cell(1)),
                (&mut book.cases, cell(2), cell(3)),
            ];
            for (names, key, name) in named {
                if !key.is_empty() {
                    names.insert(key.to_owned(), for_a_sheet(name).into_owned());
                }
                ensure!(
                    names.len() <= NAMES_MAX,
                    "{}",
                    t!("book.too_long", path = path.display(), limit = NAMES_MAX)
                );
            }
        }
        Ok(book)
    }

    /// The agency's serial of a worker, by pseudonym; empty where the book has none.
    pub(crate) fn serial(&self, account: &str) -> &str {
        self.serials.get(account).map_or("", String::as_str)
    }

    /// The number of a case, by its hashed one; empty where the book has none.
    pub(crate) fn case_number(&self, case: Option<&str>) -> &str {
        case.and_then(|case| self.cases.get(case))
            .map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(lines: &[[&str; 4]]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.csv");
        let mut writer = Writer::open(&path).unwrap();
        for line in lines {
            writer.row(*line).unwrap();
        }
        writer.finish().unwrap();
        (folder, path)
    }

    #[test]
    fn a_book_is_its_owner_s_alone_and_the_last_line_of_a_worker_counts() {
        let (_folder, path) = book(&[["aa", "S1", "", ""], ["", "", "cc", "ZY1"]]);
        let mut again = Writer::open(&path).unwrap();
        again.row(["aa", "S2", "", ""]).unwrap();
        again.finish().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, MODE);
        let book = Book::read(&path).unwrap();
        assert_eq!((book.serial("aa"), book.serial("bb")), ("S2", ""));
        assert_eq!(book.case_number(Some("cc")), "ZY1");
        assert_eq!(book.case_number(None), "");
    }

    #[test]
    fn a_book_that_others_could_read_is_closed_to_them() {
        let (_folder, path) = book(&[]);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Writer::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, MODE);
    }

    #[test]
    fn a_link_is_no_book_and_neither_is_another_file() {
        let (folder, path) = book(&[]);
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(Writer::open(&link).is_err());
        std::fs::write(&path, "account,list\naa,gap\n").unwrap();
        assert!(Book::read(&path).is_err());
    }

    #[test]
    fn another_file_is_left_as_it_is_and_an_empty_one_becomes_a_book() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        let inputs = [
            "kind,person,serial\n",
            "notes",
            "\n",
            "account,serial,case,case_number,more\n",
        ];
        for text in inputs {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
            assert!(Writer::open(&path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        }
        std::fs::write(&path, "").unwrap();
        let mut writer = Writer::open(&path).unwrap();
        writer.row(["aa", "S1", "", ""]).unwrap();
        writer.finish().unwrap();
        assert_eq!(Book::read(&path).unwrap().serial("aa"), "S1");
        assert!(Writer::open(&path).is_ok());
    }

    #[test]
    fn no_serial_is_a_formula_to_a_spreadsheet() {
        let (_folder, path) = book(&[["aa", "=HYPERLINK(1)", "", ""]]);
        assert_eq!(Book::read(&path).unwrap().serial("aa"), "'=HYPERLINK(1)");
    }
}
