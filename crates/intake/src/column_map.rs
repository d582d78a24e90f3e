//! Names of an agency's own columns and the ones that they stand for here: data of the operator.

use crate::column::{self, Column};
use std::collections::BTreeMap;

/// Most names of a map; a layout has some seventy columns.
pub const COLUMN_NAMES_MAX: usize = 1_000;

/// What the columns of a system stand for. Blanks in a name, capitals and the like matter as little as in a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap(BTreeMap<String, Column>);

/// What is wrong with a map of columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnMapFault {
    /// What a name should stand for is no column.
    #[error("{from} stands for {to}, which is no column{}", column::did_you_mean(*nearest))]
    Target {
        /// The system's name.
        from: String,
        /// What it should stand for.
        to: String,
        /// The column that was meant, perhaps.
        nearest: Option<&'static str>,
    },
    /// A name stands for two columns.
    #[error("{from} stands for {other} and for {to}")]
    Twice {
        /// The system's name.
        from: String,
        /// What it should stand for.
        to: Column,
        /// What it stands for already.
        other: Column,
    },
    /// Two names stand for one column that is read.
    #[error("{first} and {second} both stand for {to}; a column is read from one place")]
    SameTarget {
        /// One name.
        first: String,
        /// The other name.
        second: String,
        /// The column.
        to: Column,
    },
    /// A name of nothing.
    #[error("expected a name of a column before the equals sign, found nothing")]
    Empty,
    /// Too many names.
    #[error("expected at most {COLUMN_NAMES_MAX} names of columns, found {found}")]
    TooMany {
        /// How many.
        found: usize,
    },
}

impl ColumnMap {
    /// A map of these: name in the agency's file, name here in either language.
    ///
    /// # Errors
    /// [`ColumnMapFault`], the first that is found.
    pub fn new<'t>(
        names: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, ColumnMapFault> {
        let mut map = BTreeMap::new();
        let mut read_from: BTreeMap<Column, &str> = BTreeMap::new();
        for (at, (from, to)) in names.into_iter().enumerate() {
            if at >= COLUMN_NAMES_MAX {
                return Err(ColumnMapFault::TooMany { found: at + 1 });
            }
            let key = column::plain(from);
            if key.is_empty() {
                return Err(ColumnMapFault::Empty);
            }
            let Some(column) = Column::find(to) else {
                return Err(ColumnMapFault::Target {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    nearest: Column::nearest(to),
                });
            };
            match map.insert(key, column) {
                Some(other) if other != column => {
                    return Err(ColumnMapFault::Twice {
                        from: from.to_owned(),
                        to: column,
                        other,
                    });
                }
                Some(_) => continue,
                None => {}
            }
            let earlier = read_from
                .insert(column, from)
                .filter(|_| !column.is_unread());
            if let Some(first) = earlier {
                return Err(ColumnMapFault::SameTarget {
                    first: first.to_owned(),
                    second: from.to_owned(),
                    to: column,
                });
            }
        }
        Ok(Self(map))
    }

    /// The column that a header cell names: as the map says, else by its own name.
    pub(crate) fn find(&self, name: &str) -> Option<Column> {
        self.renamed(name).or_else(|| Column::find(name))
    }

    /// The column that the map, and not the name itself, says.
    pub(crate) fn renamed(&self, name: &str) -> Option<Column> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&column::plain(name)).copied()
    }

    /// The names that are none of these.
    pub(crate) fn absent(&self, names: &[String]) -> Vec<String> {
        let present: Vec<String> = names.iter().map(|name| column::plain(name)).collect();
        let absent = self.0.keys().filter(|name| !present.contains(name));
        absent.cloned().collect()
    }
}
