//! Comparing an index with what a replay of the segments says it should hold.

use crate::{
    error::{IndexFault, StoreError},
    frames::{Mark, Marks},
    index::{
        checkpoint::read_marks,
        load::{self, Loaded},
        merge,
        posting::postings,
        rows::{OpenRows, RowKey},
    },
    segments::Place,
};
use std::{collections::BTreeMap, fs, io, path::Path};
use tempfile::TempDir;
use yizhang_ledger::{chain::Extension, hash::Hash, value::TreeSize};

/// Memory for sled's cache during a check.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A copy of the index, open, and what the replay has said so far.
pub(super) struct IndexCheck {
    loaded: Loaded,
    copy: TempDir,
    chains: BTreeMap<u16, ChainCheck>,
    entries: u64,
    sum: u64,
    fault: Option<IndexFault>,
}

#[derive(Default)]
struct ChainCheck {
    open: OpenRows,
    marks: Marks,
    reached: bool,
}

impl IndexCheck {
    /// Copies the newest database, opens the copy and reads it whole.
    pub(super) fn open(data: &Path) -> Result<Self, IndexFault> {
        let folder = data.join("index");
        let unlisted = |error: StoreError| IndexFault::Engine {
            action: "list the index",
            message: error.to_string(),
        };
        let number = load::numbers(&folder)
            .map_err(unlisted)?
            .last()
            .copied()
            .ok_or(IndexFault::Missing)?;
        let failed = |error: io::Error| IndexFault::Engine {
            action: "copy the index",
            message: error.to_string(),
        };
        // A folder of its own for each check: several may run side by side, in one process even.
        let copy = tempfile::Builder::new()
            .prefix("yizhang-check-")
            .tempdir()
            .map_err(failed)?;
        copy_folder(
            &load::database(&folder, number),
            &load::database(copy.path(), number),
        )
        .map_err(failed)?;
        let loaded = load::open(copy.path(), number, CACHE_BYTES)?;
        load::verify(&loaded.engine, &loaded.checkpoint)?;
        Ok(Self {
            loaded,
            copy,
            chains: BTreeMap::new(),
            entries: 0,
            sum: 0,
            fault: None,
        })
    }

    pub(super) fn entries(&self) -> u64 {
        self.loaded.checkpoint.entries()
    }

    /// Leaves of a chain that the index has. It is written behind the segments, so they had as many.
    pub(super) fn size(&self, number: u16) -> TreeSize {
        let chain = self.loaded.checkpoint.chains.get(&number);
        chain.map_or(TreeSize(0), |chain| chain.state.size())
    }

    /// Takes the next batch of a chain.
    pub(super) fn batch(&mut self, number: u16, extension: &Extension, place: Place, end: Place) {
        let Some(target) = self.loaded.checkpoint.chains.get(&number) else {
            return;
        };
        let after = extension.after();
        if after.size() > target.state.size() {
            return;
        }
        for posting in postings(extension.batch(), number) {
            self.entries += 1;
            self.sum = self.sum.wrapping_add(posting.digest());
        }
        let chain = self.chains.entry(number).or_default();
        let mark = chain.marks.next(extension.batch().entry().first.0, place);
        chain.marks.0.extend(mark);
        let mut rows: Vec<(RowKey, Vec<Hash>)> = Vec::new();
        chain
            .open
            .extend(extension.branches(), |kept, row, branches| {
                rows.push((
                    RowKey {
                        chain: number,
                        kept,
                        row,
                    },
                    branches,
                ));
            });
        let mut fault = None;
        if after.size() == target.state.size() {
            chain.reached = true;
            let same = after.link() == target.state.link()
                && after.head() == target.state.head()
                && (place, end) == (target.last, target.end)
                && chain.open == target.open;
            fault = (!same).then_some(IndexFault::Disagrees("the state of a chain"));
        }
        for (key, branches) in rows {
            match merge::read_row(&self.loaded.engine, key) {
                Ok(Some(stored)) if stored.row() == branches => {}
                Ok(_) => fault = Some(IndexFault::Disagrees("a row of branches")),
                Err(error) => fault = Some(error),
            }
        }
        self.fault = self.fault.take().or(fault);
    }

    /// The outcome, after all chains were read.
    pub(super) fn finish(self) -> Result<(), IndexFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let checkpoint = &self.loaded.checkpoint;
        for (number, target) in &checkpoint.chains {
            let chain = self.chains.get(number).filter(|chain| chain.reached);
            let chain = chain.ok_or(IndexFault::Disagrees("the last batch"))?;
            let stored: Vec<Mark> = read_marks(&self.loaded.engine, *number, target.marks)?;
            if stored != chain.marks.0 {
                return Err(IndexFault::Disagrees("a list of marks"));
            }
        }
        let sum = checkpoint
            .runs
            .iter()
            .fold(0_u64, |sum, run| sum.wrapping_add(run.sum));
        let same = (checkpoint.entries(), sum) == (self.entries, self.sum);
        drop(self.loaded);
        drop(self.copy);
        if same {
            Ok(())
        } else {
            Err(IndexFault::Disagrees("the postings"))
        }
    }
}

fn copy_folder(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let target = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
