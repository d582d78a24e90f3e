//! Building a register: the records of a chain since an older register, read once from the segments, sorted in bounded memory and merged
//! with the accounts of the older one.

use super::{
    file::{AccountReader, RegisterFile, RegisterWriter},
    layout::{Anchor, Header},
    spill::{Posted, Run, Table, merged},
};
use crate::{
    disk::Disk,
    error::{DamageFault, Result},
    index::posting::accounts,
    number::{narrow, wide},
    segments::{Frame, FrameReader},
};
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    entry::Entry,
    hash::{hash_leaf, hash_leaves},
    head::Origin,
    record::AccountRegister,
    register::{RegisterBuilder, RegisteredAccount},
    segment::FrameKind,
    value::{LeafIndex, TreeSize},
};

/// How much a build holds at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Records in memory, 56 bytes each; exceeded by those of a batch at most.
    pub(super) table_records: usize,
    /// Sorted runs that are merged at once, each read with 256 KiB in memory. With more the register so far is written first.
    pub(super) runs: usize,
}

impl Limits {
    /// 118 MB for the table and 16 MB for runs.
    pub(super) const USUAL: Self = Self {
        table_records: 2 * 1024 * 1024 - 64 * 1024,
        runs: 64,
    };
}

/// A build of the register of a chain.
pub(super) struct Build<'a> {
    pub(super) disk: &'a Disk,
    pub(super) origin: &'a Origin,
    /// Where runs and unfinished registers go.
    pub(super) folder: &'a Path,
    pub(super) limits: Limits,
    /// Asked from time to time; an error ends the build.
    pub(super) go_on: &'a dyn Fn() -> Result<()>,
}

impl Build<'_> {
    /// Writes the register of the first `size` entries as the file `target`, durable but for its name.
    ///
    /// `frames` starts at the batch with the first entry that the older register does not cover, or before. What is wrong with the
    /// older register is an error that names its file.
    pub(super) fn write(
        &self,
        base: Option<RegisterFile>,
        mut frames: FrameReader,
        size: TreeSize,
        target: &Path,
    ) -> Result<AccountRegister> {
        let mut from = base.as_ref().map_or(0, |base| base.register().size);
        let mut base = base;
        let mut table = Table::default();
        let mut unfinished: Option<PathBuf> = None;
        loop {
            let gathered = self.gather(&mut frames, from, size.0, &mut table)?;
            let (is_last, path) = if gathered.through == size.0 {
                (true, target.to_path_buf())
            } else {
                (
                    false,
                    self.folder.join(format!("{:020}.part", gathered.through)),
                )
            };
            let register = self.merge(base.as_ref(), gathered, &table, &path)?;
            table.clear();
            if let Some(done) = unfinished.replace(path.clone()) {
                self.disk.remove(&done)?;
            }
            if is_last {
                return Ok(register);
            }
            from = register.size;
            base = RegisterFile::open(&path, self.origin)?;
        }
    }

    /// Reads the records from `from` on into the table and runs, up to `size` or until there is no room for more.
    fn gather(
        &self,
        frames: &mut FrameReader,
        from: u64,
        size: u64,
        table: &mut Table,
    ) -> Result<Gathered> {
        let mut gathered = Gathered {
            runs: Vec::new(),
            through: from,
            anchor: Anchor::default(),
        };
        while gathered.through < size {
            (self.go_on)()?;
            if table.len() >= self.limits.table_records {
                table.sort();
                if gathered.runs.len() >= self.limits.runs {
                    return Ok(gathered);
                }
                gathered.runs.push(Run::write(self.folder, table)?);
                table.clear();
            }
            let place = frames.place();
            let missing = DamageFault::Record(LeafIndex(gathered.through));
            let frame = frames.next_frame()?;
            let frame = frame.ok_or_else(|| frames.damage_at(place, missing.clone()))?;
            if frame.header.kind == FrameKind::Batch {
                let place = frame.place;
                let posted = gathered.post(&frame, size, table);
                posted.ok_or_else(|| frames.damage_at(place, missing))?;
            }
        }
        table.sort();
        Ok(gathered)
    }

    /// Merges the accounts of the older register with the records since, and writes the new one.
    fn merge(
        &self,
        base: Option<&RegisterFile>,
        gathered: Gathered,
        table: &Table,
        path: &Path,
    ) -> Result<AccountRegister> {
        let mut writer = RegisterWriter::create(self.disk, path.to_path_buf())?;
        let mut builder = RegisterBuilder::new(|block| {
            (self.go_on)()?;
            writer.block(block)
        });
        let mut old = base.map(RegisterFile::accounts).transpose()?;
        let (through, gathered_anchor) = (gathered.through, gathered.anchor);
        let mut records = merged(gathered.runs, table)?;
        let mut known = next_of(&mut old)?;
        while let Some(Posted { account, leaf }) = records.next()? {
            while let Some(one) = known.filter(|one| one.account <= account) {
                builder.account(one)?;
                known = next_of(&mut old)?;
            }
            builder.record(account, leaf)?;
        }
        while let Some(one) = known {
            builder.account(one)?;
            known = next_of(&mut old)?;
        }
        let register = builder.finish(TreeSize(through))?;
        let header = Header {
            origin: self.origin.clone(),
            register,
            anchor: gathered_anchor,
        };
        writer.finish(&header)?;
        Ok(register)
    }
}

/// The next account of the older register, if there is one.
fn next_of(old: &mut Option<AccountReader<'_>>) -> Result<Option<RegisteredAccount>> {
    old.as_mut().map_or(Ok(None), AccountReader::next)
}

/// Records read since an older register: in runs, and the newest in a table.
struct Gathered {
    runs: Vec<Run>,
    /// How many entries of the chain are read.
    through: u64,
    anchor: Anchor,
}

impl Gathered {
    /// Takes the records of a batch into a table, those that are not read yet and are covered. None if this is not the batch that goes
    /// on from there.
    fn post(&mut self, frame: &Frame, size: u64, table: &mut Table) -> Option<()> {
        let first = frame.header.position;
        let end = first.checked_add(wide(frame.header.entries))?;
        if first > self.through {
            return None;
        }
        if end <= self.through {
            return Some(());
        }
        let through = end.min(size);
        let entries = entries_of(frame)?;
        let wanted = entries.get(narrow(self.through - first)..narrow(through - first))?;
        let leaves = hash_leaves(wanted.iter().copied());
        self.anchor = Anchor {
            batch: hash_leaf(entries.first()?),
            entry: *leaves.last()?,
        };
        for (entry, leaf) in wanted.iter().zip(leaves) {
            for account in accounts(entry).into_iter().flatten() {
                table.push(account, leaf);
            }
        }
        self.through = through;
        Some(())
    }
}

/// The entries of a batch; none if they are not what its header says.
fn entries_of(frame: &Frame) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(frame.header.entries);
    let mut rest = frame.content.as_slice();
    while !rest.is_empty() {
        let (entry, after) = Entry::split_first(rest, LeafIndex(frame.header.position)).ok()?;
        entries.push(entry.bytes);
        rest = after;
    }
    (entries.len() == frame.header.entries).then_some(entries)
}
