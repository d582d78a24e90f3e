//! Where the columns of a file stand, and how a line comes apart into their cells.

use crate::{
    column::Column,
    fault::{Fault, OrdersFault},
};
use csv::ByteRecord;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use yizhang_intake::{FileFault, Format, Shape, split};

/// How many columns there are.
pub(crate) const COLUMNS: usize = Column::ALL.len();

/// What may stand between cells, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Most members of a JSON object: what the widest exports have, several times over.
const MEMBERS_MAX: usize = 1_024;

/// The cells of a row by column; what the file does not have is none.
pub(crate) type Cells<'l> = [Option<&'l str>; COLUMNS];

/// The columns of a file.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// For each cell of a row, its column.
    columns: Vec<Option<Column>>,
    /// Positions, from 1, of cells of the header that name no column.
    pub(crate) unread: Vec<usize>,
}

impl Layout {
    /// JSON Lines have no header.
    pub(crate) const fn json() -> Self {
        Self {
            format: Format::JsonLines,
            columns: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The layout that a header names, with the delimiter by which it has the most columns.
    ///
    /// # Errors
    /// [`FileFault::HeaderMissing`], [`OrdersFault::ColumnTwice`], [`OrdersFault::ColumnsMissing`].
    pub(crate) fn of_header(line: &[u8]) -> Result<Self, OrdersFault> {
        let mut best: (usize, Option<Self>) = (0, None);
        let mut first_cells = 0;
        for delimiter in DELIMITERS {
            let mut cells = ByteRecord::new();
            split(line, delimiter, &mut cells);
            first_cells = first_cells.max(cells.len());
            let layout = Self::of_cells(&cells, delimiter);
            let known = layout.columns.iter().flatten().count();
            if known > best.0 {
                best = (known, Some(layout));
            }
        }
        let layout = best
            .1
            .ok_or(FileFault::HeaderMissing { cells: first_cells })?;
        for column in layout.columns.iter().flatten() {
            let times = layout.columns.iter().flatten();
            if times.filter(|other| *other == column).count() > 1 {
                return Err(OrdersFault::ColumnTwice(*column));
            }
        }
        let is_missing =
            |column: &Column| !column.is_optional() && !layout.columns.contains(&Some(*column));
        let missing: Vec<Column> = Column::ALL.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            Ok(layout)
        } else {
            Err(OrdersFault::ColumnsMissing(missing))
        }
    }

    fn of_cells(cells: &ByteRecord, delimiter: u8) -> Self {
        let named = |cell: &[u8]| str::from_utf8(cell).ok().and_then(Column::named);
        let columns: Vec<Option<Column>> = cells.iter().map(named).collect();
        let unread = columns.iter().enumerate();
        let unread = unread.filter(|(_, column)| column.is_none());
        Self {
            format: Format::Csv { delimiter },
            unread: unread.map(|(at, _)| at + 1).collect(),
            columns,
        }
    }

    /// Reads the cells of a line and hands them on.
    ///
    /// # Errors
    /// What keeps the line from being a row.
    pub(crate) fn with_cells<R>(
        &self,
        line: &str,
        then: impl FnOnce(&Cells<'_>) -> R,
    ) -> Result<R, (Option<Column>, Fault)> {
        let mut cells: Cells<'_> = [None; COLUMNS];
        match self.format {
            Format::JsonLines => {
                let object: Object<'_> =
                    serde_json::from_str(line).map_err(|_| (None, Fault::Json))?;
                let mut texts: Vec<(Column, String)> = Vec::with_capacity(COLUMNS);
                for (name, value) in &object.0 {
                    if let Some(column) = Column::named(name) {
                        let text = text_of(value).ok_or((Some(column), Fault::Json))?;
                        texts.push((column, text));
                    }
                }
                for (column, text) in &texts {
                    put(&mut cells, *column, text)?;
                }
                Ok(then(&cells))
            }
            Format::Csv { delimiter } if line.contains('"') => {
                let mut record = ByteRecord::new();
                if split(line.as_bytes(), delimiter, &mut record) != Shape::Whole {
                    return Err((None, Fault::Quotes));
                }
                let found = record
                    .iter()
                    .map(|cell| str::from_utf8(cell).unwrap_or("\u{fffd}"));
                self.put_all(&mut cells, found)?;
                Ok(then(&cells))
            }
            Format::Csv { delimiter } => {
                self.put_all(&mut cells, line.split(char::from(delimiter)))?;
                Ok(then(&cells))
            }
        }
    }

    fn put_all<'l>(
        &self,
        cells: &mut Cells<'l>,
        texts: impl Iterator<Item = &'l str>,
    ) -> Result<(), (Option<Column>, Fault)> {
        let mut count = 0;
        for text in texts {
            if let Some(Some(column)) = self.columns.get(count)
                && let Some(cell) = cells.get_mut(column.position())
            {
                *cell = Some(text.trim());
            }
            count += 1;
        }
        let expected = self.columns.len();
        if count == expected {
            Ok(())
        } else {
            let fault = Fault::Cells {
                expected,
                found: count,
            };
            Err((None, fault))
        }
    }
}

fn put<'l>(
    cells: &mut Cells<'l>,
    column: Column,
    text: &'l str,
) -> Result<(), (Option<Column>, Fault)> {
    match cells.get_mut(column.position()) {
        Some(Some(_)) => Err((Some(column), Fault::Twice)),
        Some(cell) => {
            *cell = Some(text.trim());
            Ok(())
        }
        None => Ok(()),
    }
}

/// The text of a JSON value: of a text what it says, of a number its digits as they stand; none for lists and objects.
fn text_of(value: &RawValue) -> Option<String> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'{' | b'[' => None,
        b'n' => Some(String::new()),
        _ => Some(text.to_owned()),
    }
}

/// The members of an object in their order, those that stand twice, too.
struct Object<'l>(Vec<(String, &'l RawValue)>);

impl<'de: 'l, 'l> Deserialize<'de> for Object<'l> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(COLUMNS);
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            if members.len() == MEMBERS_MAX {
                return Err(A::Error::custom("too many members"));
            }
            members.push(member);
        }
        Ok(Object(members))
    }
}
