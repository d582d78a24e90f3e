//! The rows of a file held against the row lists of receipts: which line is which record, which is another one, which is none.

use crate::{ListedRow, RowList};
use std::collections::BTreeSet;
use yizhang_ledger::hash::Hash;

/// A row of a file as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Line where it begins.
    pub line: u64,
    /// The leaf hash of the record that it states; none of a faulty row.
    pub leaf: Option<Hash>,
}

/// The rows of a file, found by leaf.
pub struct FileRows<'f> {
    rows: &'f [FileRow],
    /// Places in `rows` of those that state a record, ascending by leaf, those of one leaf by place.
    by_leaf: Vec<usize>,
}

/// Where the records of one receipt stand in a file, record by record: places among its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<Place>);

/// Where one record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the order of the receipt.
    InOrder(usize),
    /// Before or behind where it belongs.
    Elsewhere(usize),
    /// No row of the file states it.
    Nowhere,
}

/// What does not fit between a receipt and a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The row at the place of a record states another one, or none.
    Differs {
        /// The record, counted from 0 within the receipt.
        record: usize,
        /// Line of the row.
        line: u64,
    },
    /// No row states the record.
    Missing {
        /// The record, counted from 0 within the receipt.
        record: usize,
        /// Line where its row began at the import.
        listed: u64,
    },
    /// The row of the record stands in another order than the records.
    Moved {
        /// Line of the row.
        line: u64,
        /// Line where it began at the import.
        listed: u64,
    },
    /// The row stands among those of the receipt and is none of them.
    Added {
        /// Its line.
        line: u64,
    },
}

impl<'f> FileRows<'f> {
    /// Orders the rows of a file by leaf.
    pub fn new(rows: &'f [FileRow]) -> Self {
        let leaf = |place: &usize| rows.get(*place).and_then(|row| row.leaf);
        let mut by_leaf: Vec<usize> = (0..rows.len())
            .filter(|place| leaf(place).is_some())
            .collect();
        // Stable: places of one leaf stay in the order of the file.
        by_leaf.sort_by_key(leaf);
        Self { rows, by_leaf }
    }

    /// Where the records of a receipt stand.
    pub fn places(&self, list: &RowList) -> Places {
        let mut shift = Shift::default();
        let mut found = Vec::with_capacity(list.rows.len());
        for row in &list.rows {
            let place = self.find(row, &shift);
            if let Some(line) = place.and_then(|place| self.line(place)) {
                shift = Shift::between(row.line, line);
            }
            found.push(place);
        }
        Places::in_order(&found)
    }

    /// A row with this leaf: the one where it is to be expected, or else the first.
    fn find(&self, listed: &ListedRow, shift: &Shift) -> Option<usize> {
        let leaf = |place: &usize| self.rows.get(*place).and_then(|row| row.leaf);
        let start = self
            .by_leaf
            .partition_point(|place| leaf(place) < Some(listed.leaf));
        let same = self.by_leaf.get(start..)?.iter();
        let mut same = same.take_while(|place| leaf(place) == Some(listed.leaf));
        let expected = shift.of(listed.line);
        let first = same.clone().next().copied();
        let there = same.find(|place| self.line(**place) == expected);
        there.copied().or(first)
    }

    fn line(&self, place: usize) -> Option<u64> {
        self.rows.get(place).map(|row| row.line)
    }

    /// What does not fit between a receipt and the file. `is_proved` says of each row whether any receipt proves it.
    pub fn misfits(&self, list: &RowList, places: &Places, is_proved: &[bool]) -> Vec<Misfit> {
        let is_free = |place: usize| is_proved.get(place) == Some(&false);
        let mut misfits = Vec::new();
        let mut differing = BTreeSet::new();
        let mut shift = Shift::default();
        // Of the rows before the first one that is found, the lines are as far off as that one is.
        if let Some((row, line)) = self.first_found(list, places) {
            shift = Shift::between(row.line, line);
        }
        for (record, (row, place)) in list.rows.iter().zip(&places.0).enumerate() {
            match *place {
                Place::InOrder(place) => {
                    if let Some(line) = self.line(place) {
                        shift = Shift::between(row.line, line);
                    }
                }
                Place::Elsewhere(place) => misfits.extend(self.line(place).map(|line| {
                    let listed = row.line;
                    Misfit::Moved { line, listed }
                })),
                Place::Nowhere => {
                    let there = shift.of(row.line).and_then(|line| self.at_line(line));
                    let there = there.filter(|place| is_free(*place));
                    misfits.push(match there.and_then(|place| self.line(place)) {
                        Some(line) => Misfit::Differs { record, line },
                        None => Misfit::Missing {
                            record,
                            listed: row.line,
                        },
                    });
                    differing.extend(there);
                }
            }
        }
        if let Some((first, last)) = places.ends() {
            let among = (first..last).filter(|place| is_free(*place));
            let added = among.filter(|place| !differing.contains(place));
            misfits.extend(added.filter_map(|place| {
                let line = self.line(place)?;
                Some(Misfit::Added { line })
            }));
        }
        misfits
    }

    fn first_found<'l>(&self, list: &'l RowList, places: &Places) -> Option<(&'l ListedRow, u64)> {
        let mut pairs = list.rows.iter().zip(&places.0);
        pairs.find_map(|(row, place)| match place {
            Place::InOrder(place) => Some((row, self.line(*place)?)),
            _ => None,
        })
    }

    /// The place of the row that begins at a line.
    fn at_line(&self, line: u64) -> Option<usize> {
        self.rows.binary_search_by_key(&line, |row| row.line).ok()
    }
}

impl Places {
    /// Of the rows that were found, the most that stand in the order of the records are in order.
    fn in_order(found: &[Option<usize>]) -> Self {
        let in_order = longest_ascending(found);
        let mut places = Vec::with_capacity(found.len());
        for (record, place) in found.iter().enumerate() {
            places.push(match place {
                Some(place) if in_order.binary_search(&record).is_ok() => Place::InOrder(*place),
                Some(place) => Place::Elsewhere(*place),
                None => Place::Nowhere,
            });
        }
        Self(places)
    }

    /// Places of the rows that are proved: a row that was moved is still its record.
    pub fn proved(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|place| match place {
            Place::InOrder(place) | Place::Elsewhere(place) => Some(*place),
            Place::Nowhere => None,
        })
    }

    /// The first and the last place in order.
    fn ends(&self) -> Option<(usize, usize)> {
        let mut in_order = self.0.iter().filter_map(|place| match place {
            Place::InOrder(place) => Some(*place),
            _ => None,
        });
        let first = in_order.next()?;
        Some((first, in_order.next_back().unwrap_or(first)))
    }
}

/// How far the lines of a file have moved since its import.
#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    down: u64,
    up: u64,
}

impl Shift {
    const fn between(listed: u64, line: u64) -> Self {
        Self {
            down: line.saturating_sub(listed),
            up: listed.saturating_sub(line),
        }
    }

    const fn of(self, listed: u64) -> Option<u64> {
        listed.saturating_add(self.down).checked_sub(self.up)
    }
}

/// The records, ascending, whose places make the longest ascending row of places.
fn longest_ascending(found: &[Option<usize>]) -> Vec<usize> {
    struct End {
        place: usize,
        record: usize,
    }
    // For each length, the record with the smallest place that ends so long a row.
    let mut ends: Vec<End> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(found.len());
    for (record, place) in found.iter().enumerate() {
        let Some(place) = *place else {
            before.push(None);
            continue;
        };
        let length = ends.partition_point(|end| end.place < place);
        let previous = length.checked_sub(1).and_then(|at| ends.get(at));
        before.push(previous.map(|end| end.record));
        match ends.get_mut(length) {
            Some(end) => *end = End { place, record },
            None => ends.push(End { place, record }),
        }
    }
    let mut chosen = Vec::new();
    let mut next = ends.last().map(|end| end.record);
    while let Some(record) = next {
        chosen.push(record);
        next = before.get(record).copied().flatten();
    }
    chosen.reverse();
    chosen
}
