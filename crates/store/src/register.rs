//! Registers of accounts: derived files beside the chains, `registers/440000/<size that it covers>.reg`.
//!
//! A register is what the entries of a chain before its size give, whatever registers there were before; so it can be deleted and made
//! again. A new one is made in one sequential pass over the newest older one and the entries since, into a file that gets its name when
//! it is whole and durable. Nothing waits for it but who asked for it.

mod build;
mod check;
mod file;
mod folder;
mod layout;
mod spill;

pub(crate) use check::check_registers;

use crate::{
    Store,
    chain::Chain,
    error::{Result, StoreError},
    lookup::read_leaves,
    segments::{FrameReader, Place},
};
use build::{Build, Limits};
use file::RegisterFile;
use folder::{RegisterFolder, remove};
use layout::Anchor;
use std::{
    sync::{MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::{
    hash::{Hash, hash_leaf},
    head::Origin,
    person::AccountId,
    record::AccountRegister,
    register::{InRegister, RegisterFault},
    value::{LeafIndex, TreeSize},
};

/// The folder with the registers of a chain.
pub(crate) fn folder_of(data: &std::path::Path, origin: &Origin) -> std::path::PathBuf {
    RegisterFolder::new(data, origin).path
}

/// What became of comparing a register that a chain commits to with the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterChecked {
    /// It is what the chain gives.
    Right(AccountRegister),
    /// It is not.
    Wrong {
        /// What the entry says.
        stated: AccountRegister,
        /// What the chain gives.
        computed: AccountRegister,
    },
    /// The entry cannot be a register at its position, or is none that this version can compute.
    Unreadable(RegisterFault),
}

/// What became of it, and how long it took, without waiting for another one that was being made.
#[derive(Clone, Debug)]
pub struct RegisterCheck {
    /// What became of it.
    pub outcome: RegisterChecked,
    /// How long it took.
    pub took: Duration,
}

impl Store {
    /// Makes the register of the first `size` entries of a chain, unless it is there, and says what it is. Takes seconds for some
    /// million records, and one core; one register is made at a time. Reads and appends go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NoSuchLeaf`] for more entries than are durable, [`StoreError::UnknownChain`], [`StoreError::Damaged`],
    /// [`StoreError::Stopped`]; [`StoreError::Io`], which does not stop the store: a register is derived.
    pub fn make_register(&self, origin: &Origin, size: TreeSize) -> Result<AccountRegister> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        if size > chain.size() {
            let (index, size) = (size.next_leaf(), chain.size());
            return Err(StoreError::NoSuchLeaf {
                origin: origin.clone(),
                index,
                size,
            });
        }
        let _one_at_a_time = self.one_at_a_time();
        self.make(chain, size)
    }

    /// Makes a register, of no more entries than are durable, while no other one is made.
    fn make(&self, chain: &Chain, size: TreeSize) -> Result<AccountRegister> {
        let folder = RegisterFolder::new(&self.folder, &chain.folder.origin);
        let known = folder.open(&self.disk, size)?;
        if let Some(known) = self.of_chain(chain, known)? {
            folder.keep_newest(&self.disk)?;
            return Ok(*known.register());
        }
        folder.clear(&self.disk)?;
        let built = self.build(chain, &folder, size);
        if built.is_err() {
            // What it has left would take room for nothing. If that fails, too, the next build removes it.
            let _ = folder.clear(&self.disk);
        }
        let register = built?;
        folder.keep_newest(&self.disk)?;
        Ok(register)
    }

    fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.registers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds upon the newest register there is, and upon one before it, or none, where that is damaged.
    fn build(
        &self,
        chain: &Chain,
        folder: &RegisterFolder,
        size: TreeSize,
    ) -> Result<AccountRegister> {
        loop {
            let base = folder.newest_through(&self.disk, size)?;
            let is_there = base.is_some();
            let base = self.of_chain(chain, base)?;
            if is_there && base.is_none() {
                // One that was of another history is gone now; there may be one before it.
                continue;
            }
            let from = base
                .as_ref()
                .map_or(TreeSize(0), |base| TreeSize(base.register().size));
            let start = if from.0 == 0 || from == chain.size() {
                Place::default()
            } else {
                chain.locate(from.next_leaf())?.place
            };
            let (files, end) = {
                let view = chain.view();
                (view.files.clone(), view.last_end)
            };
            let frames = FrameReader::new(chain.folder.clone(), files, start, Some(end));
            let used = base.as_ref().map(|base| base.path().to_path_buf());
            let build = Build {
                disk: &self.disk,
                origin: &chain.folder.origin,
                folder: &folder.path,
                limits: Limits {
                    table_records: self.options.register_records,
                    ..Limits::USUAL
                },
                go_on: &|| self.stopper.check(),
            };
            match folder.put(&build, base, frames, size) {
                Err(StoreError::Register {
                    path,
                    offset,
                    fault,
                }) if Some(&path) == used.as_ref() => {
                    tracing::warn!(path = %path.display(), offset, %fault, "a register is damaged and is made again");
                    self.disk.remove(&path)?;
                    folder.clear(&self.disk)?;
                }
                outcome => return outcome,
            }
        }
    }

    /// The same register if it is of the chain as it is; one of another history is removed.
    fn of_chain(&self, chain: &Chain, file: Option<RegisterFile>) -> Result<Option<RegisterFile>> {
        let Some(file) = file else { return Ok(None) };
        let size = TreeSize(file.register().size);
        if size <= chain.size() && anchor(chain, size)? == file.header().anchor {
            return Ok(Some(file));
        }
        tracing::warn!(path = %file.path().display(), "a register is of another history of its chain: it is removed");
        remove(&self.disk, file.path())?;
        Ok(None)
    }

    /// Computes the register that the entry at a position of a chain commits to, and compares: what a mirror does before it cosigns a
    /// head behind the entry. Makes the register, as [`Store::make_register`]. If it is not here and newer ones are, those go: whoever goes
    /// through a chain again from its beginning builds each upon the one before it.
    ///
    /// # Errors
    /// As [`Store::make_register`] and [`Store::record`].
    pub fn check_register(&self, origin: &Origin, at: LeafIndex) -> Result<RegisterCheck> {
        let entry = self.record(origin, at)?;
        let stated = match AccountRegister::read(&entry, at) {
            Ok(stated) => stated,
            Err(fault) => {
                return Ok(RegisterCheck {
                    outcome: RegisterChecked::Unreadable(fault),
                    took: Duration::ZERO,
                });
            }
        };
        let size = TreeSize(stated.size);
        let chain = self.chain(origin)?;
        let _one_at_a_time = self.one_at_a_time();
        let start = Instant::now();
        let folder = RegisterFolder::new(&self.folder, origin);
        if folder.open(&self.disk, size)?.is_none() {
            for newer in folder.sizes()?.into_iter().filter(|known| *known > size) {
                folder.remove(&self.disk, newer)?;
            }
        }
        let computed = self.make(chain, size)?;
        let outcome = if computed.agrees_with(&stated) {
            RegisterChecked::Right(stated)
        } else {
            RegisterChecked::Wrong { stated, computed }
        };
        let took = start.elapsed();
        Ok(RegisterCheck { outcome, took })
    }

    /// Bytes of the registers of a chain; a file that cannot be read counts for nothing.
    pub(crate) fn register_bytes(&self, origin: &Origin) -> u64 {
        let folder = folder_of(&self.folder, origin);
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let bytes = files.map(|file| file.metadata().map_or(0, |file| file.len()));
        bytes.sum()
    }

    /// The sizes that registers of a chain cover which are here, ascending.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Stopped`].
    pub fn register_sizes(&self, origin: &Origin) -> Result<Vec<TreeSize>> {
        self.stopper.check()?;
        RegisterFolder::new(&self.folder, origin).sizes()
    }

    /// What the register of the first `size` entries of a chain says about an account, with the register; none if that register was
    /// not made here, or is damaged. It shows something if it is the one that an entry of the chain commits to: compare them.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Stopped`].
    pub fn in_register(
        &self,
        origin: &Origin,
        size: TreeSize,
        account: AccountId,
    ) -> Result<Option<(AccountRegister, InRegister)>> {
        self.stopper.check()?;
        let folder = RegisterFolder::new(&self.folder, origin);
        let Some(file) = folder.open(&self.disk, size)? else {
            return Ok(None);
        };
        match file.shown(account) {
            Ok(shown) => Ok(Some((*file.register(), shown))),
            Err(StoreError::Register {
                path,
                offset,
                fault,
            }) => {
                tracing::warn!(path = %path.display(), offset, %fault, "a register is damaged and is not used");
                let _one_at_a_time = self
                    .registers
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                folder.remove(&self.disk, size)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes the registers of every chain that can be read, and makes the newest of each again.
    pub(crate) fn rebuild_registers(&self) -> Result<()> {
        for chain in self.chains.iter() {
            if chain.view().damage.is_some() {
                continue;
            }
            let origin = &chain.folder.origin;
            let folder = RegisterFolder::new(&self.folder, origin);
            let sizes = folder.sizes()?;
            for size in &sizes {
                folder.remove(&self.disk, *size)?;
            }
            let held = sizes.into_iter().rfind(|size| *size <= chain.size());
            if let Some(size) = held {
                self.make_register(origin, size)?;
            }
        }
        Ok(())
    }
}

/// What ties a register of the first `size` entries to a chain.
fn anchor(chain: &Chain, size: TreeSize) -> Result<Anchor> {
    let Some(last) = size.0.checked_sub(1) else {
        return Ok(Anchor::default());
    };
    let located = chain.locate(LeafIndex(last))?;
    let hash = |leaf: u64| -> Result<Hash> {
        let leaves = read_leaves(chain, leaf, leaf + 1)?;
        Ok(hash_leaf(
            leaves.get(0).expect("one leaf was asked for and read"),
        ))
    };
    Ok(Anchor {
        batch: hash(located.first())?,
        entry: hash(last)?,
    })
}
