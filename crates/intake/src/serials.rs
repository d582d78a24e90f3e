//! Serials: which rows of a file are the same, contradict each other, or are named by later rows.
//!
//! A first pass over the file notes which serials matter, eight bytes a row; only those are remembered in full later.

use crate::{
    column::Column, fault::Fault, file_fault::FileFault, header::Header, raw_row::RawRow,
    row_reader::RowReader,
};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};
use yizhang_ledger::{entry::RecordId, person::AccountId, value::Scheme};

/// Most rows of a file: twice the largest that provinces are expected to send (ten million), at eight bytes a row.
pub const ROWS_MAX: usize = 20_000_000;
/// Most serials of a file that stand twice or are named by other rows, at about 200 bytes each.
pub const SERIALS_KEPT_MAX: usize = 2_000_000;

/// Agency, system and serial: what names a row in the agency's own books.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct BusinessKey<'r> {
    pub(crate) agency: &'r str,
    pub(crate) system: &'r str,
    pub(crate) serial: &'r str,
}

impl<'r> BusinessKey<'r> {
    fn of(row: &'r RawRow, header: &Header) -> Self {
        // A cell that cannot be read is the row's fault, and noted elsewhere.
        let cell = |column| row.cell(header, column).unwrap_or_default();
        Self {
            agency: cell(Column::Agency),
            system: cell(Column::System),
            serial: cell(Column::Serial),
        }
    }

    /// The same on every machine; two different keys with one fingerprint cost memory, never truth.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn text(&self) -> String {
        format!("{}\0{}\0{}", self.agency, self.system, self.serial)
    }
}

/// The serials that stand twice or are named as targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    kept: HashSet<u64>,
}

impl Survey {
    /// Reads a whole file once.
    pub(crate) fn of(mut rows: RowReader, header: &Header) -> Result<Self, FileFault> {
        let mut all: Vec<u64> = Vec::new();
        let mut kept = HashSet::new();
        let mut row = RawRow::default();
        while rows.next(&mut row)? {
            if all.len() >= ROWS_MAX {
                return Err(FileFault::TooManyRows { limit: ROWS_MAX });
            }
            let key = BusinessKey::of(&row, header);
            all.push(key.fingerprint());
            let target = row.cell(header, Column::Target).unwrap_or_default();
            if !target.is_empty() && target.len() != HASH_DIGITS {
                kept.insert(
                    BusinessKey {
                        serial: target,
                        ..key
                    }
                    .fingerprint(),
                );
            }
            if kept.len() > SERIALS_KEPT_MAX {
                return Err(FileFault::TooManyTargets {
                    limit: SERIALS_KEPT_MAX,
                });
            }
        }
        all.sort_unstable();
        let repeated = all
            .iter()
            .zip(all.iter().skip(1))
            .filter(|(one, next)| one == next)
            .map(|(one, _)| *one);
        kept.extend(repeated.take(SERIALS_KEPT_MAX + 1));
        if kept.len() > SERIALS_KEPT_MAX {
            return Err(FileFault::TooManyTargets {
                limit: SERIALS_KEPT_MAX,
            });
        }
        Ok(Self { kept })
    }

    fn keeps(&self, key: &BusinessKey<'_>) -> bool {
        self.kept.contains(&key.fingerprint())
    }
}

/// Length of a record id in a cell; no serial is as long.
pub(crate) const HASH_DIGITS: usize = 64;

/// What an earlier row turned out to be.
#[derive(Clone, Copy, Debug)]
struct Seen {
    line: u64,
    /// One receipt may be for several schemes: then each of them has the serial once.
    scheme: Option<Scheme<'static>>,
    /// None if the row was faulty; without an account it is about nobody.
    record: Option<(RecordId, Option<AccountId>)>,
}

/// The serials seen so far in a pass, as far as they matter.
#[derive(Debug)]
pub(crate) struct Serials<'s> {
    survey: &'s Survey,
    /// By serial; one for each scheme.
    seen: HashMap<String, Vec<Seen>>,
}

/// A row as it is noted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted<'r> {
    pub(crate) key: BusinessKey<'r>,
    pub(crate) scheme: Option<Scheme<'static>>,
    pub(crate) line: u64,
}

impl<'s> Serials<'s> {
    pub(crate) fn new(survey: &'s Survey) -> Self {
        Self {
            survey,
            seen: HashMap::new(),
        }
    }

    /// The record of the earlier row with this key, which is to be about this person. Of rows for several schemes the
    /// one of this scheme.
    pub(crate) fn target(
        &self,
        key: &BusinessKey<'_>,
        scheme: Option<Scheme<'static>>,
        account: Option<AccountId>,
    ) -> Result<RecordId, Fault> {
        let rows = self.seen.get(&key.text()).ok_or(Fault::TargetNotFound)?;
        let of_scheme = || {
            rows.iter()
                .find(|seen| scheme.is_some() && seen.scheme == scheme)
        };
        let seen = match rows.as_slice() {
            [only] => only,
            several => of_scheme().ok_or(Fault::TargetAmbiguous {
                rows: several.len(),
            })?,
        };
        match seen.record {
            None => Err(Fault::TargetFaulty { line: seen.line }),
            Some((_, other)) if account.is_some() && account != other => {
                Err(Fault::TargetOfOther { line: seen.line })
            }
            Some((id, _)) => Ok(id),
        }
    }

    /// Notes a row. `record` gives what it turned out to be, and is asked only if that matters. A repeated key gives
    /// [`Fault::Duplicate`] or [`Fault::SerialConflict`].
    pub(crate) fn note(
        &mut self,
        row: Noted<'_>,
        record: impl FnOnce() -> Option<(RecordId, Option<AccountId>)>,
    ) -> Option<Fault> {
        let Noted { key, scheme, line } = row;
        if key.serial.is_empty() || !self.survey.keeps(&key) {
            return None;
        }
        let new = Seen {
            line,
            scheme,
            record: record(),
        };
        let rows = self.seen.entry(key.text()).or_default();
        let Some(seen) = rows.iter_mut().find(|seen| seen.scheme == scheme) else {
            rows.push(new);
            return None;
        };
        match (seen.record, new.record) {
            (Some((old_id, _)), Some((new_id, _))) if old_id == new_id => {
                Some(Fault::Duplicate { first: seen.line })
            }
            (Some(_), Some(_)) => Some(Fault::SerialConflict { first: seen.line }),
            // Faulty first, corrected later.
            (None, Some(_)) => {
                *seen = new;
                None
            }
            (_, None) => None,
        }
    }
}
