//! Opening the index that a data directory has, or a new one in a fresh folder.
//!
//! Every database has a folder of its own, `index/00000001` and so on; a rebuild takes the next number and the old
//! folder is removed. `index/clean` names the folder that was closed properly. It is taken away before anything is
//! written, so that after a crash the whole index is read once and compared with its sums.

use super::{
    checkpoint::{ChainCheckpoint, Checkpoint},
    engine::Engine,
    merge,
    rows::{BranchPlace, ROW_BRANCHES, ROW_LEVELS},
};
use crate::{
    disk::{Disk, failed},
    error::{IndexFault, Result},
    number::{narrow, wide},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use yizhang_ledger::{chain::KEPT_LEVEL, hash::Hash};

const CLEAN: &str = "clean";

/// An open database with the checkpoint it is at.
pub(crate) struct Loaded {
    pub(crate) engine: Arc<Engine>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) number: u32,
}

/// The numbers of the folders under `index`, ascending.
pub(crate) fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", folder)(error)),
    };
    let mut numbers: Vec<u32> = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed("list", folder))?.file_name();
        // Whatever else lies there is no database.
        numbers.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub(crate) fn database(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}"))
}

/// Opens the newest database and reads its checkpoint; whole and compared with its sums if it was not closed properly.
pub(crate) fn existing(
    disk: &Disk,
    folder: &Path,
    cache_bytes: u64,
) -> Result<Result<Loaded, IndexFault>> {
    let Some(number) = numbers(folder)?.last().copied() else {
        return Ok(Err(IndexFault::Missing));
    };
    let clean = was_clean(folder, number);
    let mark = folder.join(CLEAN);
    if mark.exists() {
        // A crash before this leaves a database that nobody has touched; after it, one that will be read whole.
        disk.remove(&mark)?;
    }
    Ok(open(folder, number, cache_bytes).and_then(|loaded| {
        if !clean {
            verify(&loaded.engine, &loaded.checkpoint)?;
            remove_strays(&loaded)?;
        }
        Ok(loaded)
    }))
}

/// A database with nothing in it, in a folder of its own, the others removed.
pub(crate) fn fresh(
    disk: &Disk,
    folder: &Path,
    cache_bytes: u64,
) -> Result<Result<Loaded, IndexFault>> {
    disk.create_folder(folder)?;
    let old = numbers(folder)?;
    let number = old.last().map_or(1, |last| last.wrapping_add(1));
    remove_others(folder, number);
    let engine = Engine::open(&database(folder, number), cache_bytes);
    Ok(engine.map(|engine| Loaded {
        engine: Arc::new(engine),
        checkpoint: Checkpoint::default(),
        number,
    }))
}

/// Removes every database but one. What cannot be removed is only space: the newest counts.
pub(crate) fn remove_others(folder: &Path, keep: u32) {
    let numbers = match numbers(folder) {
        Ok(numbers) => numbers,
        Err(error) => {
            tracing::warn!(%error, "old indexes cannot be looked for");
            return;
        }
    };
    for number in numbers.into_iter().filter(|number| *number != keep) {
        if let Err(error) = fs::remove_dir_all(database(folder, number)) {
            tracing::warn!(%error, number, "an old index cannot be removed");
        }
    }
}

/// Notes that the database was closed properly. Everything in it is durable already.
pub(crate) fn mark_clean(disk: &Disk, folder: &Path, number: u32) -> Result<()> {
    disk.replace(&folder.join(CLEAN), number.to_string().as_bytes())
}

pub(crate) fn was_clean(folder: &Path, number: u32) -> bool {
    fs::read(folder.join(CLEAN)).is_ok_and(|text| text == number.to_string().as_bytes())
}

/// Opens a database and reads its checkpoint.
pub(crate) fn open(folder: &Path, number: u32, cache_bytes: u64) -> Result<Loaded, IndexFault> {
    let engine = Engine::open(&database(folder, number), cache_bytes)?;
    // It can have opened empty without an error, hence no manifest is no index.
    let checkpoint = Checkpoint::read(&engine)?.ok_or(IndexFault::Missing)?;
    Ok(Loaded {
        engine: Arc::new(engine),
        checkpoint,
        number,
    })
}

/// Reads everything that the checkpoint names and compares it with counts, sums and hashes.
pub(crate) fn verify(engine: &Engine, checkpoint: &Checkpoint) -> Result<(), IndexFault> {
    for run in &checkpoint.runs {
        let (mut entries, mut sum) = (0_u64, 0_u64);
        merge::scan(engine, run, |posting| {
            entries += 1;
            sum = sum.wrapping_add(posting.digest());
        })?;
        if (entries, sum) != (run.entries, run.sum) {
            return Err(IndexFault::Value("a run"));
        }
    }
    checkpoint
        .chains
        .iter()
        .try_for_each(|(number, chain)| verify_rows(engine, *number, chain))
}

/// Every full row must be there, and give the branch that stands for it one kept level up; the right edge of the tree must
/// be among the branches.
fn verify_rows(engine: &Engine, number: u16, chain: &ChainCheckpoint) -> Result<(), IndexFault> {
    let fault = || IndexFault::Value("a row of branches");
    let branch = |level: u32, index: u64| -> Result<Hash, IndexFault> {
        let place = BranchPlace::of(level, index).ok_or_else(fault)?;
        if let Some(hash) = chain.open.branch(place) {
            return Ok(hash);
        }
        let key = super::rows::RowKey {
            chain: number,
            kept: place.kept,
            row: place.row,
        };
        merge::read_row(engine, key)?
            .and_then(|row| row.branch(place.above, place.position))
            .ok_or_else(fault)
    };
    let size = chain.state.size().0;
    for (kept, level) in (0_u8..).zip((KEPT_LEVEL..63).step_by(narrow(ROW_LEVELS.into()))) {
        let (rows, open) = (
            (size >> level) / wide(ROW_BRANCHES),
            narrow((size >> level) % wide(ROW_BRANCHES)),
        );
        let held = chain
            .open
            .rows
            .get(usize::from(kept))
            .map_or((0, 0), |open| (open.row, open.branches.len()));
        if held != (rows, open) {
            return Err(fault());
        }
        let mut seen = 0;
        merge::each_row(engine, number, kept, |row, pyramid| {
            // Rows after the checkpoint, from a crash before its manifest, are written again.
            if row < rows {
                seen += 1;
                if pyramid.root() != Some(branch(level + ROW_LEVELS, row)?) {
                    return Err(fault());
                }
            }
            Ok(())
        })?;
        if seen != rows {
            return Err(fault());
        }
    }
    let levels = (0..63).rev().filter(|level| size >> level & 1 == 1);
    for (level, peak) in levels.zip(chain.state.frontier().peaks()) {
        if level >= KEPT_LEVEL && branch(level, (size >> level) - 1)? != peak {
            return Err(fault());
        }
    }
    Ok(())
}

/// Removes runs that no manifest names: what a crash in the middle of a dump or a merge left.
fn remove_strays(loaded: &Loaded) -> Result<(), IndexFault> {
    let named = |id: &u32| loaded.checkpoint.runs.iter().any(|run| run.id == *id);
    merge::present(&loaded.engine)?
        .iter()
        .filter(|id| !named(id))
        .try_for_each(|id| merge::remove_run(&loaded.engine, *id))
}

/// Bytes of the files under a folder.
pub(crate) fn bytes_under(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)
        .map_err(failed("list", folder))?
        .flatten()
    {
        let kind = entry.file_type().map_err(failed("list", folder))?;
        bytes += if kind.is_dir() {
            bytes_under(&entry.path())?
        } else {
            // A file that is gone since it was listed takes no room.
            entry.metadata().map_or(0, |metadata| metadata.len())
        };
    }
    Ok(bytes)
}
