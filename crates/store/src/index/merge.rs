//! Runs in the database: written from a sorted sequence, read by key or in order, and merged by size.

use super::{
    checkpoint::Run,
    engine::Engine,
    posting::{Posting, is_submission},
    rows::{Pyramid, RowKey},
    run::{Chunk, ChunkWriter, find_in_chunk, read_chunk},
};
use crate::{error::IndexFault, number::narrow};
use yizhang_ledger::hash::Hash;

/// Runs of about one size that are merged into one.
pub(crate) const FAN_IN: usize = 4;

type Outcome<T> = Result<T, IndexFault>;

/// Which runs to merge next: the oldest four of the smallest size class that has four, a class being the sizes between
/// two powers of four. A pure function of the sizes, so that every node with the same tables has the same runs.
pub(crate) fn plan(sizes: &[u64]) -> Option<Vec<usize>> {
    let class = |size: &u64| size.max(&1).ilog2() / 2;
    let mut classes: Vec<u32> = sizes.iter().map(class).collect();
    classes.sort_unstable();
    let crowded = classes
        .windows(FAN_IN)
        .find(|window| window.first() == window.last())?
        .first()
        .copied()?;
    let members = sizes
        .iter()
        .enumerate()
        .filter(|(_, size)| class(size) == crowded);
    Some(members.map(|(position, _)| position).take(FAN_IN).collect())
}

/// Writes ascending postings as run `id`.
pub(crate) fn write_run(
    engine: &Engine,
    id: u32,
    mut postings: impl Iterator<Item = Outcome<Posting>>,
) -> Outcome<Run> {
    let mut run = Run {
        id,
        entries: 0,
        sum: 0,
    };
    let mut writer = ChunkWriter::new();
    let mut number = 0_u32;
    let mut insert = |chunk: Chunk| {
        let key = chunk_key(id, chunk.first_key, number);
        number += 1;
        engine.insert(&key, &chunk.bytes)
    };
    postings.try_for_each(|posting| {
        let posting = posting?;
        run.entries += 1;
        run.sum = run.sum.wrapping_add(posting.digest());
        writer.push(posting).map_or(Ok(()), &mut insert)
    })?;
    writer.finish().map_or(Ok(()), &mut insert)?;
    Ok(run)
}

/// Writes the union of `sources` as run `id`.
pub(crate) fn merge_runs(engine: &Engine, id: u32, sources: &[Run]) -> Outcome<Run> {
    let mut cursors = sources
        .iter()
        .map(|run| Cursor::new(engine, run.id))
        .collect::<Outcome<Vec<_>>>()?;
    let merged = std::iter::from_fn(|| {
        let least = cursors
            .iter_mut()
            .filter(|cursor| cursor.head().is_some())
            .min_by_key(|cursor| cursor.head())?;
        let posting = least.head();
        least
            .advance()
            .map_or_else(|fault| Some(Err(fault)), |()| posting.map(Ok))
    });
    write_run(engine, id, merged)
}

/// Removes the chunks of a run that no manifest names any more.
pub(crate) fn remove_run(engine: &Engine, id: u32) -> Outcome<()> {
    let prefix = run_prefix(id);
    let mut last = prefix.clone();
    while let Some((key, _)) = engine.after(&last, &prefix)? {
        engine.remove(&key)?;
        last = key;
    }
    Ok(())
}

/// The postings of a key in one run.
pub(crate) fn find(engine: &Engine, run: &Run, key: u128, out: &mut Vec<Posting>) -> Outcome<()> {
    engine.each_back(
        &run_prefix(run.id),
        &chunk_key(run.id, key, u32::MAX),
        |stored, value| {
            let first = first_key(stored).ok_or(IndexFault::Value("the key of a chunk"))?;
            let found = find_in_chunk(value, key, |posting| out.push(posting));
            // The postings of a key may go back over several chunks that start with it.
            found
                .map(|()| first == key)
                .ok_or(IndexFault::Value("a chunk"))
        },
    )
}

/// The account keys above `start` that a run has for a chain, ascending, at least the first `limit` if there are so many.
pub(crate) fn accounts_after(
    engine: &Engine,
    run: &Run,
    (chain, start): (u16, u128),
    limit: usize,
) -> Outcome<Vec<u128>> {
    let prefix = run_prefix(run.id);
    let last = chunk_key(run.id, start, u32::MAX);
    // The chunk that holds `start`, or what follows it, begins at or before it.
    let mut from = chunk_key(run.id, start, 0);
    engine.each_back(&prefix, &last, |stored, _| {
        from = stored.to_vec();
        Ok(false)
    })?;
    let mut found: Vec<u128> = Vec::new();
    engine.each_from(&prefix, &from, |_, value| {
        let each = |posting: Posting| {
            let wanted =
                posting.key > start && posting.chain == chain && !is_submission(posting.key);
            if wanted && found.last() != Some(&posting.key) {
                found.push(posting.key);
            }
        };
        read_chunk(value, each).ok_or(IndexFault::Value("a chunk"))?;
        Ok(found.len() < limit)
    })?;
    Ok(found)
}

/// Reads a whole run in order.
pub(crate) fn scan(engine: &Engine, run: &Run, mut each: impl FnMut(Posting)) -> Outcome<()> {
    engine.each(&run_prefix(run.id), |_, value| {
        read_chunk(value, &mut each).ok_or(IndexFault::Value("a chunk"))
    })
}

/// The runs that the database holds chunks of, whether a manifest names them or not.
pub(crate) fn present(engine: &Engine) -> Outcome<Vec<u32>> {
    let mut runs: Vec<u32> = Vec::new();
    let mut last = vec![b'R'];
    while let Some((key, _)) = engine.after(&last, b"R")? {
        let id = key
            .get(1..5)
            .and_then(|id| id.first_chunk())
            .map(|id| u32::from_be_bytes(*id));
        let id = id.ok_or(IndexFault::Value("the key of a chunk"))?;
        runs.push(id);
        last = run_prefix(id);
        last.extend_from_slice(&[u8::MAX; 21]);
    }
    Ok(runs)
}

pub(crate) fn write_row(engine: &Engine, key: RowKey, branches: &[Hash]) -> Outcome<()> {
    let value: Vec<u8> = branches.iter().flat_map(|branch| branch.0).collect();
    engine.insert(&row_key(key), &value)
}

pub(crate) fn read_row(engine: &Engine, key: RowKey) -> Outcome<Option<Pyramid>> {
    engine
        .get(&row_key(key))?
        .map(|value| row_nodes(&value))
        .transpose()
}

/// Reads every full row of a chain at a kept level.
pub(crate) fn each_row(
    engine: &Engine,
    chain: u16,
    kept: u8,
    mut each: impl FnMut(u64, Pyramid) -> Outcome<()>,
) -> Outcome<()> {
    let prefix = row_key(RowKey {
        chain,
        kept,
        row: 0,
    });
    let (prefix, _row) = prefix.split_at(4);
    engine.each(prefix, |key, value| {
        let row = key
            .get(4..)
            .and_then(|row| row.first_chunk())
            .map(|row| u64::from_be_bytes(*row));
        each(
            row.ok_or(IndexFault::Value("the key of a row"))?,
            row_nodes(value)?,
        )
    })
}

fn row_nodes(value: &[u8]) -> Outcome<Pyramid> {
    let (branches, rest) = value.as_chunks::<32>();
    let fits = rest.is_empty() && branches.len() == super::rows::ROW_BRANCHES;
    fits.then(|| Pyramid::new(branches.iter().map(|branch| Hash(*branch)).collect()))
        .ok_or(IndexFault::Value("a row"))
}

fn row_key(key: RowKey) -> Vec<u8> {
    let mut bytes = vec![b'N'];
    bytes.extend_from_slice(&key.chain.to_be_bytes());
    bytes.push(key.kept);
    bytes.extend_from_slice(&key.row.to_be_bytes());
    bytes
}

fn run_prefix(id: u32) -> Vec<u8> {
    let mut key = vec![b'R'];
    key.extend_from_slice(&id.to_be_bytes());
    key
}

fn chunk_key(id: u32, first_key: u128, number: u32) -> Vec<u8> {
    let mut key = run_prefix(id);
    key.extend_from_slice(&first_key.to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The first key of a chunk, from its key in the database.
fn first_key(key: &[u8]) -> Option<u128> {
    key.get(5..21)?
        .first_chunk()
        .map(|key| u128::from_be_bytes(*key))
}

/// Reads a run chunk by chunk.
pub(crate) struct Cursor<'a> {
    engine: &'a Engine,
    prefix: Vec<u8>,
    last: Vec<u8>,
    postings: Vec<Posting>,
    next: u64,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(engine: &'a Engine, id: u32) -> Outcome<Self> {
        let prefix = run_prefix(id);
        let mut cursor = Self {
            engine,
            last: prefix.clone(),
            prefix,
            postings: Vec::new(),
            next: 0,
        };
        cursor.load()?;
        Ok(cursor)
    }

    fn head(&self) -> Option<Posting> {
        self.postings.get(narrow(self.next)).copied()
    }

    /// The rest of the chunk that the cursor is in, at least a posting unless the run is at its end.
    pub(crate) fn take_chunk(&mut self) -> Outcome<Vec<Posting>> {
        let rest = self
            .postings
            .split_off(narrow(self.next).min(self.postings.len()));
        self.load()?;
        Ok(rest)
    }

    fn advance(&mut self) -> Outcome<()> {
        self.next += 1;
        if self.head().is_none() {
            self.load()
        } else {
            Ok(())
        }
    }

    fn load(&mut self) -> Outcome<()> {
        self.postings.clear();
        self.next = 0;
        if let Some((key, value)) = self.engine.after(&self.last, &self.prefix)? {
            read_chunk(&value, |posting| self.postings.push(posting))
                .ok_or(IndexFault::Value("a chunk"))?;
            self.last = key;
        }
        Ok(())
    }
}
