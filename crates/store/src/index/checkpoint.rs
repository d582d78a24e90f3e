//! Checkpoints: up to where the index has taken in each chain, and what it takes to go on from there.
//!
//! Keys of the database, all integers big endian so that they sort:
//!
//! | key | value |
//! |---|---|
//! | `M` | manifest: generation, runs with counts and sums, digest of the `C` and `O` values of the generation |
//! | `C` generation chain | state of the chain: origin, size, link, right edge of the tree, place of the last frame |
//! | `O` generation chain kept | open row of branches |
//! | `N` chain kept row | full row: 128 hashes |
//! | `F` chain number | marks from that number on |
//! | `R` run key chunk | chunk of a run |
//!
//! The manifest is written last. A crash before that leaves the old generation whole, for nothing of it is overwritten.

use super::{
    engine::Engine,
    rows::{OpenRow, OpenRows},
    run::CHUNK_BYTES_MAX,
};
use crate::{
    error::IndexFault,
    frames::{MARK_ENCODED_BYTES, Mark},
    number::{Fields, wide},
    segments::Place,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    chain::ChainState,
    hash::{Hash, derive},
    head::Origin,
    tree::Frontier,
    value::{TreeSize, UnixMillis},
};

const MANIFEST_CONTEXT: &str = "yizhang 2026-11-23 v1 store index manifest";
const CHAINS_CONTEXT: &str = "yizhang 2026-11-23 v1 store index chains";
/// Raised when entries are found under other accounts than before: an index of an earlier version is made anew.
const VERSION: u32 = 2;
/// Most runs: three of each size class and those being merged; more is no manifest of ours.
const RUNS_MAX: u16 = 128;

type Outcome<T> = Result<T, IndexFault>;

/// Where the index stands with one chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainCheckpoint {
    pub(crate) state: ChainState,
    /// Where the last batch frame starts and ends.
    pub(crate) last: Place,
    pub(crate) end: Place,
    /// Marks up to here.
    pub(crate) marks: u64,
    pub(crate) open: OpenRows,
}

/// A sorted run as the manifest names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: u32,
    pub(crate) entries: u64,
    /// Sum of the digests of its postings.
    pub(crate) sum: u64,
}

/// What the database holds, as of its last manifest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkpoint {
    pub(crate) generation: u64,
    pub(crate) next_run: u32,
    pub(crate) runs: Vec<Run>,
    pub(crate) chains: BTreeMap<u16, ChainCheckpoint>,
}

impl Checkpoint {
    /// Reads the last manifest and what it names; none in a new database.
    pub(crate) fn read(engine: &Engine) -> Outcome<Option<Self>> {
        let Some(manifest) = engine.get(b"M")? else {
            return Ok(None);
        };
        let (mut checkpoint, digest) =
            read_manifest(&manifest).ok_or(IndexFault::Value("the manifest"))?;
        let mut digested = Vec::new();
        let generation = checkpoint.generation;
        engine.each(&generation_key(b'C', generation), |key, value| {
            digested.extend_from_slice(value);
            let read = Fields(key.get(9..).unwrap_or_default())
                .array()
                .map(u16::from_be_bytes)
                .zip(read_chain(value));
            let (chain, read) = read.ok_or(IndexFault::Value("the state of a chain"))?;
            checkpoint.chains.insert(chain, read);
            Ok(())
        })?;
        engine.each(&generation_key(b'O', generation), |key, value| {
            digested.extend_from_slice(value);
            let fault = IndexFault::Value("an open row");
            let mut fields = Fields(key.get(9..).unwrap_or_default());
            let chain = fields
                .array()
                .map(u16::from_be_bytes)
                .ok_or(fault.clone())?;
            let chain = checkpoint.chains.get_mut(&chain).ok_or(fault.clone())?;
            chain.open.rows.push(read_open_row(value).ok_or(fault)?);
            Ok(())
        })?;
        if derive(CHAINS_CONTEXT, &[&digested]) != digest {
            return Err(IndexFault::Value("the state of the chains"));
        }
        Ok(Some(checkpoint))
    }

    /// Writes the values of this generation, all but the manifest, and returns the manifest.
    pub(crate) fn write(&self, engine: &Engine) -> Outcome<Vec<u8>> {
        let mut digested = Vec::new();
        for (chain, checkpoint) in &self.chains {
            let value = chain_value(checkpoint);
            engine.insert(&chain_key(b'C', self.generation, *chain), &value)?;
            digested.extend_from_slice(&value);
        }
        for (chain, checkpoint) in &self.chains {
            for (kept, open) in (0_u8..).zip(&checkpoint.open.rows) {
                let mut key = chain_key(b'O', self.generation, *chain);
                key.push(kept);
                let value = open_row_value(open);
                engine.insert(&key, &value)?;
                digested.extend_from_slice(&value);
            }
        }
        Ok(self.manifest(derive(CHAINS_CONTEXT, &[&digested])))
    }

    fn manifest(&self, digest: Hash) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&self.next_run.to_le_bytes());
        out.extend_from_slice(&digest.0);
        let runs = u16::try_from(self.runs.len());
        let runs = runs.expect("runs are merged long before there are 2^16");
        out.extend_from_slice(&runs.to_le_bytes());
        for run in &self.runs {
            out.extend_from_slice(&run.id.to_le_bytes());
            out.extend_from_slice(&run.entries.to_le_bytes());
            out.extend_from_slice(&run.sum.to_le_bytes());
        }
        let checksum = derive(MANIFEST_CONTEXT, &[&out]);
        out.extend_from_slice(&checksum.0);
        out
    }

    /// Removes the values of another generation.
    pub(crate) fn forget(engine: &Engine, generation: u64) -> Outcome<()> {
        for kind in *b"CO" {
            let prefix = generation_key(kind, generation);
            let mut keys = Vec::new();
            engine.each(&prefix, |key, _| {
                keys.push(key.to_vec());
                Ok(())
            })?;
            keys.iter().try_for_each(|key| engine.remove(key))?;
        }
        Ok(())
    }

    /// Postings in all runs.
    pub(crate) fn entries(&self) -> u64 {
        self.runs.iter().map(|run| run.entries).sum()
    }
}

/// Writes marks, the first of which has number `from` in its chain.
pub(crate) fn write_marks(engine: &Engine, chain: u16, from: u64, marks: &[Mark]) -> Outcome<()> {
    let per_value = CHUNK_BYTES_MAX / MARK_ENCODED_BYTES;
    for (number, part) in (from..).step_by(per_value).zip(marks.chunks(per_value)) {
        let mut value = Vec::with_capacity(part.len() * MARK_ENCODED_BYTES);
        for mark in part {
            mark.write(&mut value);
        }
        let mut key = marks_prefix(chain);
        key.extend_from_slice(&number.to_be_bytes());
        engine.insert(&key, &value)?;
    }
    Ok(())
}

/// The first `count` marks of a chain.
pub(crate) fn read_marks(engine: &Engine, chain: u16, count: u64) -> Outcome<Vec<Mark>> {
    let mut marks: Vec<Mark> = Vec::new();
    engine.each(&marks_prefix(chain), |key, value| {
        let number = Fields(key.get(3..).unwrap_or_default())
            .array()
            .map(u64::from_be_bytes);
        // Marks after the checkpoint, from a crash before its manifest, are written again.
        if wide(marks.len()) < count && number == Some(wide(marks.len())) {
            let read = value
                .chunks(MARK_ENCODED_BYTES)
                .map(Mark::read)
                .collect::<Option<Vec<_>>>();
            marks.extend(read.ok_or(IndexFault::Value("a list of marks"))?);
        }
        Ok(())
    })?;
    marks.truncate(crate::number::narrow(count));
    let ascending = marks.is_sorted_by(|left, right| left.first < right.first);
    if wide(marks.len()) == count && ascending {
        Ok(marks)
    } else {
        Err(IndexFault::Value("a list of marks"))
    }
}

fn marks_prefix(chain: u16) -> Vec<u8> {
    let [high, low] = chain.to_be_bytes();
    vec![b'F', high, low]
}

fn generation_key(kind: u8, generation: u64) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(&generation.to_be_bytes());
    key
}

fn chain_key(kind: u8, generation: u64, chain: u16) -> Vec<u8> {
    let mut key = generation_key(kind, generation);
    key.extend_from_slice(&chain.to_be_bytes());
    key
}

fn read_manifest(bytes: &[u8]) -> Option<(Checkpoint, Hash)> {
    let (fields, checksum) = bytes.split_last_chunk::<32>()?;
    if derive(MANIFEST_CONTEXT, &[fields]).0 != *checksum {
        return None;
    }
    let mut fields = Fields(fields);
    if fields.u32()? != VERSION {
        return None;
    }
    let (generation, next_run, digest) = (fields.u64()?, fields.u32()?, Hash(fields.array()?));
    let count = fields.u16().filter(|count| *count <= RUNS_MAX)?;
    let mut run = || {
        Some(Run {
            id: fields.u32()?,
            entries: fields.u64()?,
            sum: fields.u64()?,
        })
    };
    let runs = (0..count).map(|_| run()).collect::<Option<Vec<_>>>()?;
    Some((
        Checkpoint {
            generation,
            next_run,
            runs,
            chains: BTreeMap::new(),
        },
        digest,
    ))
}

fn chain_value(checkpoint: &ChainCheckpoint) -> Vec<u8> {
    let ChainCheckpoint {
        state,
        last,
        end,
        marks,
        ..
    } = checkpoint;
    let name = state.origin().as_str();
    let length = u8::try_from(name.len()).expect("the name of a chain has at most 71 characters");
    let mut out = vec![length];
    out.extend_from_slice(name.as_bytes());
    for number in [
        state.size().0,
        state.batches(),
        state.time().0,
        state.roster(),
        *marks,
    ] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for place in [last, end] {
        out.extend_from_slice(&place.file.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
    }
    out.extend_from_slice(&state.link().0);
    state
        .frontier()
        .peaks()
        .iter()
        .for_each(|peak| out.extend_from_slice(&peak.0));
    out
}

fn read_chain(bytes: &[u8]) -> Option<ChainCheckpoint> {
    let mut fields = Fields(bytes);
    let [length] = fields.array()?;
    let origin = Origin::parse(std::str::from_utf8(fields.take(length.into())?).ok()?)?;
    let (size, batches, time) = (
        TreeSize(fields.u64()?),
        fields.u64()?,
        UnixMillis(fields.u64()?),
    );
    let (roster, marks) = (fields.u64()?, fields.u64()?);
    let mut place = || {
        Some(Place {
            file: fields.u32()?,
            offset: fields.u64()?,
        })
    };
    let (last, end) = (place()?, place()?);
    let link = Hash(fields.array()?);
    let (peaks, rest) = fields.0.as_chunks::<32>();
    let peaks: Vec<Hash> = peaks.iter().map(|peak| Hash(*peak)).collect();
    let frontier = Frontier::from_peaks(size, &peaks).filter(|_| rest.is_empty())?;
    let state = ChainState::restore(origin, batches, link, time, roster, frontier);
    Some(ChainCheckpoint {
        state,
        last,
        end,
        marks,
        open: OpenRows::default(),
    })
}

fn open_row_value(open: &OpenRow) -> Vec<u8> {
    let mut out = open.row.to_le_bytes().to_vec();
    open.branches
        .iter()
        .for_each(|branch| out.extend_from_slice(&branch.0));
    out
}

fn read_open_row(bytes: &[u8]) -> Option<OpenRow> {
    let mut fields = Fields(bytes);
    let row = fields.u64()?;
    let (branches, rest) = fields.0.as_chunks::<32>();
    rest.is_empty().then(|| OpenRow {
        row,
        branches: branches.iter().map(|branch| Hash(*branch)).collect(),
    })
}
