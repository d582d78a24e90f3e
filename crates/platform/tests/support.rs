//! What the tests share: small files of invented workers, and the index of one.

use std::path::Path;
use tempfile::TempDir;
use yizhang_intake::{FaultyRows, Source};
use yizhang_ledger::{order::OrderSecret, person::FederationSecret, value::Month};
use yizhang_platform::{
    Column, ErrorFile, Index, OrderFile, OrdersFault, RowFault, Subject, Summary, Terms, build,
    sample::{self, SampleOrders},
};

pub(crate) const SECRET: OrderSecret = OrderSecret([1; 32]);

pub(crate) fn subject() -> Subject {
    Subject {
        platform: "91440300MA00000745".into(),
        month: Month::parse("2026-10").unwrap(),
    }
}

/// A file that was read into an index.
pub(crate) struct Read {
    pub(crate) folder: TempDir,
    pub(crate) summary: Summary,
}

impl Read {
    pub(crate) fn index(&self) -> Index {
        Index::open(&self.folder.path().join("index"), &subject()).unwrap()
    }

    pub(crate) fn entries(&self) -> Vec<Vec<u8>> {
        let index = self.index();
        (0..index.months())
            .map(|month| index.entry(month).unwrap())
            .collect()
    }

    /// What was written about faulty rows.
    pub(crate) fn errors(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("errors")).unwrap_or_default()
    }
}

pub(crate) fn read(text: &[u8], faulty: FaultyRows) -> Result<Read, OrdersFault> {
    let folder = tempfile::tempdir().unwrap();
    let summary = read_into(text, faulty, folder.path(), "index")?;
    Ok(Read { folder, summary })
}

/// Reads a file into a folder that is there: its index under a name, its faulty rows beside it.
pub(crate) fn read_into(
    text: &[u8],
    faulty: FaultyRows,
    folder: &Path,
    name: &str,
) -> Result<Summary, OrdersFault> {
    let file = OrderFile::open(Source::Bytes(text.into()), None)?;
    let index = folder.join(name);
    if !index.exists() {
        std::fs::create_dir(&index).unwrap();
    }
    let words = |fault: &RowFault| fault.to_string();
    let mut errors = ErrorFile::at(folder.join("errors"), &words);
    let terms = Terms {
        subject: &subject(),
        secret: &SECRET,
        pseudonyms: &FederationSecret::new([7; 32]),
        faulty,
    };
    build(&file, &terms, &index, Some(&mut errors), &mut |_| {})
}

/// The header of a sample file, and its rows.
pub(crate) fn sample(rows: u64, seed: u64) -> (String, Vec<String>) {
    let mut bytes = Vec::new();
    let sample = SampleOrders {
        rows,
        workers: rows / 40 + 1,
        month: subject().month,
        seed,
    };
    sample::write(&sample, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.collect())
}

pub(crate) fn file_of(header: &str, rows: &[String]) -> String {
    format!("{header}\n{}\n", rows.join("\n"))
}

/// An order with some cells of its own, in the order of [`Column::ALL`].
pub(crate) fn order(cells: &[(Column, &str)]) -> Vec<String> {
    let usual = [
        "A1",
        "440300199003078815",
        "440300",
        "delivery",
        "bicycle",
        "completed",
        "yes",
        "2026-10-03 12:00:00",
        "2026-10-03 12:30:00",
        "6.80",
        "1",
        "0.3",
        "",
        "",
    ];
    let columns = Column::ALL.into_iter().zip(usual);
    let cell = |(column, usual): (Column, &str)| {
        let own = cells.iter().find(|(own, _)| *own == column);
        own.map_or(usual, |(_, text)| *text).to_owned()
    };
    columns.map(cell).collect()
}

pub(crate) fn csv(orders: &[Vec<String>]) -> String {
    let names: Vec<&str> = Column::ALL.iter().map(|column| column.english()).collect();
    let rows: Vec<String> = orders.iter().map(|order| order.join(",")).collect();
    file_of(&names.join(","), &rows)
}
