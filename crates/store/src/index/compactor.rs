//! The thread that keeps the index: writes full tables as runs, merges runs, and builds a damaged index again.

use super::{
    ChainCheckpoint, Insertion, Published, Shared, Table,
    checkpoint::{Checkpoint, write_marks},
    engine::Engine,
    load::{self, Loaded},
    merge,
    rows::OpenRows,
};
use crate::{
    error::{IndexFault, StoreError},
    frames::Marks,
    number::{narrow, wide},
    replay::{Halt, Step, replay},
    segments::{FrameReader, Place},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
};
use yizhang_ledger::chain::ChainState;

/// Rebuilds in a row without a table written in between, before the store gives up: the disk does not hold an index.
const REBUILDS_MAX: u32 = 3;

pub(super) struct Compactor {
    shared: Arc<Shared>,
    engine: Arc<Engine>,
    checkpoint: Checkpoint,
    number: u32,
    rebuilds: u32,
}

/// Why a piece of work ended.
enum Trouble {
    /// The database: to be built again.
    Index(IndexFault),
    /// The disk or the segments: the store stops.
    Store(StoreError),
}

impl From<IndexFault> for Trouble {
    fn from(fault: IndexFault) -> Self {
        Self::Index(fault)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

enum Work {
    Rebuild(IndexFault),
    Dump(Arc<Table>),
    End,
}

impl Compactor {
    pub(super) fn new(shared: Arc<Shared>, loaded: Loaded) -> Self {
        let Loaded {
            engine,
            checkpoint,
            number,
        } = loaded;
        Self {
            shared,
            engine,
            checkpoint,
            number,
            rebuilds: 0,
        }
    }

    /// Runs until the store is closed. A panic stops the store: nobody may wait for a thread that is gone.
    pub(super) fn run_or_stop(self) {
        let shared = self.shared.clone();
        if catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
            tracing::error!("the index thread panicked: the store stops");
            shared.stopper.stop("the index thread panicked");
            let _tables = shared.lock();
            shared.changed.notify_all();
        }
    }

    fn run(mut self) {
        let mut outcome = self.read_runs();
        loop {
            match outcome {
                Ok(()) => {}
                Err(Trouble::Index(fault)) => {
                    self.shared.report(fault);
                }
                Err(Trouble::Store(error)) => {
                    let _ = self.shared.stopper.watch::<()>(Err(error));
                }
            }
            // Under the lock, so that nobody starts to wait between his check and this call.
            {
                let _tables = self.shared.lock();
                self.shared.changed.notify_all();
            }
            outcome = match self.wait() {
                Work::End => return,
                Work::Dump(table) => self.dump_first(&table),
                Work::Rebuild(fault) => self.rebuild(&fault),
            };
        }
    }

    /// Reads what the index was opened with, for the submissions in it, and compares it with counts and sums; until then
    /// a search reads the runs.
    fn read_runs(&self) -> Result<(), Trouble> {
        for run in &self.checkpoint.runs {
            let (mut entries, mut sum) = (0, 0_u64);
            let mut cursor = merge::Cursor::new(&self.engine, run.id)?;
            loop {
                let chunk = cursor.take_chunk()?;
                if chunk.is_empty() {
                    break;
                }
                if self.is_ending() {
                    return Ok(());
                }
                entries += wide(chunk.len());
                sum = chunk
                    .iter()
                    .fold(sum, |sum, posting| sum.wrapping_add(posting.digest()));
                self.shared
                    .known
                    .add(chunk.iter().map(|posting| posting.key));
            }
            if (entries, sum) != (run.entries, run.sum) {
                return Err(IndexFault::Value("a run").into());
            }
        }
        self.shared.known.complete();
        Ok(())
    }

    fn is_ending(&self) -> bool {
        self.shared.lock().closing || self.shared.stopper.check().is_err()
    }

    fn wait(&self) -> Work {
        let mut tables = self.shared.lock();
        loop {
            if tables.closing || self.shared.stopper.check().is_err() {
                return Work::End;
            }
            if let Some(fault) = &tables.damaged {
                return Work::Rebuild(fault.clone());
            }
            if let Some(table) = tables.frozen.front() {
                return Work::Dump(table.clone());
            }
            tables = self
                .shared
                .changed
                .wait(tables)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes the oldest frozen table and takes it from memory, then merges.
    fn dump_first(&mut self, table: &Table) -> Result<(), Trouble> {
        let before = self.checkpoint.clone();
        if let Err(trouble) = self
            .write_table(table)
            .and_then(|()| self.write_checkpoint())
        {
            // The table stays in the queue, so the checkpoint must not name it yet.
            self.checkpoint = before;
            return Err(trouble);
        }
        self.rebuilds = 0;
        self.publish();
        self.shared.lock().frozen.pop_front();
        self.shared.changed.notify_all();
        while let Some(members) = self.next_merge() {
            self.merge(&members)?;
        }
        Ok(())
    }

    /// Writes the content of a table. Nothing of it counts before the next manifest.
    fn write_table(&mut self, table: &Table) -> Result<(), Trouble> {
        let id = self.take_run();
        let postings = table.sorted();
        self.shared
            .known
            .add(postings.iter().map(|posting| posting.key));
        let run = merge::write_run(&self.engine, id, postings.into_iter().map(Ok))?;
        if (run.entries, run.sum) != (table.len(), table.sum()) {
            return Err(IndexFault::Value("a table in memory").into());
        }
        let mut keys: Vec<_> = table.rows.iter().collect();
        keys.sort_unstable_by_key(|(key, _)| **key);
        for (key, pyramid) in keys {
            merge::write_row(&self.engine, *key, pyramid.row())?;
        }
        for (chain, marks) in &table.marks {
            let from = self
                .checkpoint
                .chains
                .get(chain)
                .map_or(0, |chain| chain.marks);
            write_marks(&self.engine, *chain, from, marks)?;
        }
        self.checkpoint.runs.push(run);
        self.checkpoint.chains.extend(
            table
                .checkpoints
                .iter()
                .map(|(chain, at)| (*chain, at.clone())),
        );
        Ok(())
    }

    /// Makes what was written count. Before this a crash leaves the checkpoint before and some values that nothing
    /// names; after it, this one.
    fn write_checkpoint(&mut self) -> Result<(), Trouble> {
        let old = self.checkpoint.generation;
        self.checkpoint.generation += 1;
        let manifest = self.checkpoint.write(&self.engine)?;
        self.shared
            .disk
            .step("write the index of", &self.shared.folder)?;
        self.engine.flush()?;
        self.shared
            .disk
            .step("write the manifest of", &self.shared.folder)?;
        self.engine.insert(b"M", &manifest)?;
        self.engine.flush()?;
        self.shared.disk.step("clean up", &self.shared.folder)?;
        Checkpoint::forget(&self.engine, old)?;
        Ok(())
    }

    fn publish(&self) {
        let mut published = self
            .shared
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *published = Published {
            engine: self.engine.clone(),
            runs: self.checkpoint.runs.clone(),
        };
    }

    fn next_merge(&self) -> Option<Vec<usize>> {
        let sizes: Vec<u64> = self.checkpoint.runs.iter().map(|run| run.entries).collect();
        // A waiting table comes first: writers wait for it, and nobody for a merge. There is always a next time.
        let busy = sizes.len() < 2 * merge::FAN_IN && !self.shared.lock().frozen.is_empty();
        if busy { None } else { merge::plan(&sizes) }
    }

    fn merge(&mut self, members: &[usize]) -> Result<(), Trouble> {
        let runs = &self.checkpoint.runs;
        let sources: Vec<_> = members
            .iter()
            .map(|member| *runs.get(*member).expect("a plan names runs that there are"))
            .collect();
        let id = self.take_run();
        let merged = merge::merge_runs(&self.engine, id, &sources)?;
        let expected = sources.iter().fold((0, 0_u64), |(entries, sum), run| {
            (entries + run.entries, sum.wrapping_add(run.sum))
        });
        if (merged.entries, merged.sum) != expected {
            return Err(IndexFault::Value("a run").into());
        }
        self.checkpoint.runs.retain(|run| !sources.contains(run));
        self.checkpoint.runs.push(merged);
        self.write_checkpoint()?;
        // Publishing waits for readers, so that none still reads the runs that are removed next.
        self.publish();
        sources
            .iter()
            .try_for_each(|run| merge::remove_run(&self.engine, run.id))?;
        Ok(())
    }

    fn take_run(&mut self) -> u32 {
        self.checkpoint.next_run += 1;
        self.checkpoint.next_run
    }

    /// Builds in a fresh folder what the database held as of its checkpoint. The tables in memory follow after it as
    /// ever, so that writers need not stop.
    fn rebuild(&mut self, fault: &IndexFault) -> Result<(), Trouble> {
        self.rebuilds += 1;
        if self.rebuilds > REBUILDS_MAX {
            let action = "build the index in";
            let source = Arc::new(std::io::Error::other(fault.to_string()));
            return Err(StoreError::Io {
                action,
                path: self.shared.folder.clone(),
                source,
            }
            .into());
        }
        tracing::warn!(%fault, "building the index again from the segments");
        let targets = std::mem::take(&mut self.checkpoint).chains;
        let keep = self.engine.clone();
        let number = self.number.wrapping_add(1);
        let folder = load::database(&self.shared.folder, number);
        // What an earlier attempt may have left there is in nobody's use.
        let _ = std::fs::remove_dir_all(&folder);
        let result = Engine::open(&folder, self.shared.limits.cache_bytes)
            .map_err(Trouble::from)
            .and_then(|engine| {
                self.engine = Arc::new(engine);
                self.number = number;
                targets
                    .iter()
                    .try_for_each(|(chain, target)| self.rebuild_chain(*chain, target))?;
                self.write_checkpoint()
            });
        if let Err(trouble) = result {
            // The aim stays the same for the next attempt.
            self.checkpoint = Checkpoint {
                chains: targets,
                ..Checkpoint::default()
            };
            return Err(trouble);
        }
        self.shared.known.complete();
        self.publish();
        drop(keep);
        self.shared.lock().damaged = None;
        load::remove_others(&self.shared.folder, self.number);
        tracing::info!(
            entries = self.checkpoint.entries(),
            "the index is whole again"
        );
        Ok(())
    }

    /// Reads a chain from its start up to `target` and writes its postings and rows.
    fn rebuild_chain(&mut self, chain: u16, target: &ChainCheckpoint) -> Result<(), Trouble> {
        let folder = self.shared.chains.get(usize::from(chain));
        let folder = folder
            .expect("a checkpoint names chains of the store only, as opening has checked")
            .clone();
        let files = folder.list()?;
        let origin = folder.origin.clone();
        let mut reader = FrameReader::new(folder, files, Place::default(), Some(target.end));
        let room = self.shared.limits.table_entries;
        let (mut table, mut open, mut marks) = (
            Table::new(narrow(room)),
            OpenRows::default(),
            Marks::default(),
        );
        let state = replay(&mut reader, ChainState::empty(origin), false, |step| {
            let Step::Batch {
                extension,
                place,
                end,
            } = step
            else {
                return Ok(());
            };
            let mark = marks.next(extension.batch().entry().first.0, place);
            marks.0.extend(mark);
            let count = wide(marks.0.len());
            let checkpoint = ChainCheckpoint {
                state: extension.after().clone(),
                last: place,
                end,
                marks: count,
                open: OpenRows::default(),
            };
            table.insert(
                Insertion {
                    chain,
                    extension: &extension,
                    checkpoint,
                    mark,
                },
                &mut open,
            );
            if table.len() >= room {
                let full = std::mem::replace(&mut table, Table::new(narrow(room)));
                self.write_table(&full)?;
            }
            Ok::<(), Trouble>(())
        });
        let state = state.map_err(|halt| match halt {
            Halt::Damage(damage) => Trouble::Store(damage.into()),
            Halt::Caller(trouble) => trouble,
        })?;
        if state.size() != target.state.size() || state.link() != target.state.link() {
            return Err(IndexFault::Disagrees("the checkpoint").into());
        }
        for checkpoint in table.checkpoints.values_mut() {
            checkpoint.open = open.clone();
        }
        if table.batches() > 0 {
            return self.write_table(&table);
        }
        self.checkpoint
            .chains
            .entry(chain)
            .and_modify(|checkpoint| checkpoint.open = open);
        Ok(())
    }
}
