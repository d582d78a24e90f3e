//! The header row: which column stands where.

use crate::{
    column::Column,
    column_map::ColumnMap,
    file_fault::{FileFault, UnknownColumn},
    layout::Layout,
};
use csv::ByteRecord;

/// What became of the columns of a file whose names are not ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnReport {
    /// Names of the file that the map says something of, with the column that each is read as.
    pub mapped: Vec<(String, Column)>,
    /// Names of columns that are not read.
    pub unread: Vec<String>,
    /// Names of the map that the file does not have.
    pub absent: Vec<String>,
}

/// The columns of a file by position, and the positions by column.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// As the file has them.
    names: Vec<String>,
    columns: Vec<Column>,
    positions: [Option<usize>; Column::COUNT],
    pub(crate) layout: Layout,
}

impl Header {
    /// Reads a header row.
    pub(crate) fn read(record: &ByteRecord, map: &ColumnMap) -> Result<Self, FileFault> {
        let mut names = names(record);
        // Spreadsheets write empty columns behind the last one.
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let found: Vec<Option<Column>> = names.iter().map(|name| map.find(name)).collect();
        if found.iter().all(Option::is_none) {
            return Err(FileFault::HeaderMissing { cells: names.len() });
        }
        check_known(&names, &found)?;
        let layout = Layout::chosen_by(&found);
        let columns = found.iter().flatten().map(|column| layout.read_as(*column));
        let header = Self::with(names, columns.collect(), layout)?;
        header.check_layout()?;
        Ok(header)
    }

    /// The header of JSON Lines: every column in order, by its English name.
    pub(crate) fn of_json() -> Self {
        let names = Column::ALL
            .iter()
            .map(|column| column.english().to_owned())
            .collect();
        let mut positions = [None; Column::COUNT];
        positions
            .iter_mut()
            .enumerate()
            .for_each(|(at, position)| *position = Some(at));
        Self {
            names,
            columns: Column::ALL.to_vec(),
            positions,
            layout: Layout::Any,
        }
    }

    fn with(names: Vec<String>, columns: Vec<Column>, layout: Layout) -> Result<Self, FileFault> {
        let mut positions: [Option<usize>; Column::COUNT] = [None; Column::COUNT];
        for (at, column) in columns.iter().enumerate() {
            let Some(position) = positions.get_mut(column.position()) else {
                continue;
            };
            if column.is_unread() && position.is_some() {
                continue;
            }
            if let Some(earlier) = position.replace(at) {
                return Err(FileFault::ColumnTwice {
                    column: *column,
                    positions: [earlier + 1, at + 1],
                });
            }
        }
        Ok(Self {
            names,
            columns,
            positions,
            layout,
        })
    }

    fn check_layout(&self) -> Result<(), FileFault> {
        let allowed = self.layout.columns();
        let foreign: Vec<Column> = self
            .columns
            .iter()
            .copied()
            .filter(|column| !allowed.has(*column))
            .collect();
        if !foreign.is_empty() {
            return Err(FileFault::LayoutsMixed { columns: foreign });
        }
        let has_kind = self.position(Column::Kind).is_some();
        let mut missing: Vec<Column> = self.layout.required(has_kind).to_vec();
        missing.retain(|column| self.position(*column).is_none());
        let either = self
            .position(Column::Period)
            .or(self.position(Column::Year));
        if self.layout == Layout::Accounts && !has_kind && either.is_none() {
            missing.push(Column::Period);
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(FileFault::ColumnsMissing { columns: missing })
        }
    }

    /// What became of the columns under this map.
    pub(crate) fn report(&self, map: &ColumnMap) -> ColumnReport {
        let mut report = ColumnReport {
            absent: map.absent(&self.names),
            ..ColumnReport::default()
        };
        for (name, column) in self.names.iter().zip(&self.columns) {
            if column.is_unread() {
                report.unread.push(name.clone());
            } else if map.renamed(name).is_some() {
                report.mapped.push((name.clone(), *column));
            }
        }
        report
    }

    /// Where a column stands.
    pub(crate) fn position(&self, column: Column) -> Option<usize> {
        self.positions.get(column.position()).copied().flatten()
    }

    /// The column's name in this file; one that it has not by the name in the file's language.
    pub(crate) fn name(&self, column: Column) -> &str {
        let name = self.position(column).and_then(|at| self.names.get(at));
        match name {
            Some(name) => name,
            None if self.is_chinese() => column.chinese(),
            None => column.english(),
        }
    }

    /// Whether a row is this header once more, as on the next page of a print.
    pub(crate) fn is_repeated_by(&self, cells: &ByteRecord) -> bool {
        // Told by the first cell, before anything is compared in full: this is asked of every row.
        let same = |(name, cell): (&String, &[u8])| {
            name.as_bytes() == cell || String::from_utf8_lossy(cell).trim() == name
        };
        cells.len() >= self.names.len() && self.names.iter().zip(cells).all(same)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Every column of the file, by position.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether the file speaks Chinese: then what we add to it does, too.
    pub(crate) fn is_chinese(&self) -> bool {
        self.names.iter().any(|name| !name.is_ascii())
    }
}

/// How much a row looks like a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Likeness {
    /// Cells that name a column.
    pub(crate) known: usize,
    /// Cells that are filled.
    pub(crate) filled: usize,
}

impl Likeness {
    /// How much a row looks like a header.
    pub(crate) fn of(record: &ByteRecord, map: &ColumnMap) -> Self {
        Self::of_names(&names(record), map)
    }

    /// The same, of cells without blanks around them.
    pub(crate) fn of_names(names: &[String], map: &ColumnMap) -> Self {
        Self {
            known: names.iter().filter(|name| map.find(name).is_some()).count(),
            filled: names.iter().filter(|name| !name.is_empty()).count(),
        }
    }

    /// Whether it is one beyond doubt: a title has one word that is a column's name at most.
    pub(crate) const fn is_header(self) -> bool {
        self.known >= 2 && self.known * 2 >= self.filled
    }
}

fn names(record: &ByteRecord) -> Vec<String> {
    record
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
        .collect()
}

fn check_known(names: &[String], found: &[Option<Column>]) -> Result<(), FileFault> {
    let showable =
        |name: &str| (!name.chars().any(|c| c.is_ascii_digit())).then(|| name.to_owned());
    let unknown = names
        .iter()
        .zip(found)
        .enumerate()
        .filter(|(_, (_, column))| column.is_none());
    let columns: Vec<_> = unknown
        .map(|(at, (name, _))| UnknownColumn {
            position: at + 1,
            name: showable(name),
            nearest: Column::nearest(name),
        })
        .collect();
    if columns.is_empty() {
        Ok(())
    } else {
        Err(FileFault::ColumnsUnknown { columns })
    }
}
