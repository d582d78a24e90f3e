//! Registers of accounts: derived files beside the chains, `registers/440000/<size that it covers>.reg`.
//!
//! A register is what the entries of a chain before its size give, whatever registers there were before; so it can be deleted and made
//! again. A new one is made in one sequential pass over the newest older one and the entries since, into a file that gets its name when
//! it is whole and durable. Nothing waits for it but who asked for it.

mod build;
mod file;
mod layout;
mod spill;

use crate::{
    Store,
    chain::Chain,
    disk::{Disk, failed},
    error::{RegisterFileFault, Result, StoreError},
    segments::{ChainFolder, FrameReader, Place},
};
use build::{Build, Limits};
use file::RegisterFile;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::PoisonError,
};
use yizhang_ledger::{
    head::Origin,
    person::AccountId,
    record::AccountRegister,
    register::{InRegister, RegisterFault},
    value::{LeafIndex, TreeSize},
};

/// Registers of a chain that are kept: the newest, and the one before it, which lookups use until a signed head covers the newest.
const REGISTERS_KEPT: usize = 2;

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
    /// It covers less than a register that was made here before: nothing calls for one, and to compute it again would take the whole
    /// chain.
    Older {
        /// What the entry says.
        stated: AccountRegister,
        /// What the newest register here covers.
        made: TreeSize,
    },
    /// The entry cannot be a register at its position, or is none that this version can compute.
    Unreadable(RegisterFault),
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
        let _one_at_a_time = self
            .registers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let shelf = Shelf::new(&self.folder, origin);
        if let Some(known) = shelf.open(&self.disk, size)? {
            shelf.keep_newest(&self.disk)?;
            return Ok(*known.register());
        }
        shelf.clear(&self.disk)?;
        let register = self.build(chain, &shelf, size)?;
        shelf.keep_newest(&self.disk)?;
        Ok(register)
    }

    /// Builds upon the newest register there is, and upon one before it, or none, where that is damaged.
    fn build(&self, chain: &Chain, shelf: &Shelf, size: TreeSize) -> Result<AccountRegister> {
        loop {
            let base = shelf.newest_through(&self.disk, size)?;
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
                folder: &shelf.folder,
                limits: Limits {
                    table_records: self.options.register_records,
                    ..Limits::USUAL
                },
                go_on: &|| self.stopper.check(),
            };
            match shelf.put(&build, base, frames, size) {
                Err(StoreError::Register {
                    path,
                    offset,
                    fault,
                }) if Some(&path) == used.as_ref() => {
                    tracing::warn!(path = %path.display(), offset, %fault, "a register is damaged and is made again");
                    self.disk.remove(&path)?;
                    shelf.clear(&self.disk)?;
                }
                outcome => return outcome,
            }
        }
    }

    /// Computes the register that the entry at a position of a chain commits to, and compares: what a mirror does before it cosigns a
    /// head behind the entry. Makes the register, as [`Store::make_register`].
    ///
    /// # Errors
    /// As [`Store::make_register`] and [`Store::record`].
    pub fn check_register(&self, origin: &Origin, at: LeafIndex) -> Result<RegisterChecked> {
        let entry = self.record(origin, at)?;
        let stated = match AccountRegister::read(&entry, at) {
            Ok(stated) => stated,
            Err(fault) => return Ok(RegisterChecked::Unreadable(fault)),
        };
        let size = TreeSize(stated.size);
        let made = Shelf::new(&self.folder, origin).sizes()?;
        if let Some(made) = made.last().copied()
            && size < made
            && !self.has_register(origin, size)?
        {
            return Ok(RegisterChecked::Older { stated, made });
        }
        let computed = self.make_register(origin, size)?;
        Ok(if computed == stated {
            RegisterChecked::Right(stated)
        } else {
            RegisterChecked::Wrong { stated, computed }
        })
    }

    /// The sizes that registers of a chain cover which are here, ascending.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Stopped`].
    pub fn register_sizes(&self, origin: &Origin) -> Result<Vec<TreeSize>> {
        self.stopper.check()?;
        Shelf::new(&self.folder, origin).sizes()
    }

    fn has_register(&self, origin: &Origin, size: TreeSize) -> Result<bool> {
        let shelf = Shelf::new(&self.folder, origin);
        Ok(shelf.open(&self.disk, size)?.is_some())
    }

    /// What the register of the first `size` entries of a chain says about an account, with the register; none if that register was
    /// not made here, or is damaged.
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
        let shelf = Shelf::new(&self.folder, origin);
        let Some(file) = shelf.open(&self.disk, size)? else {
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
                shelf.remove(&self.disk, size)?;
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
            let shelf = Shelf::new(&self.folder, origin);
            let sizes = shelf.sizes()?;
            for size in &sizes {
                shelf.remove(&self.disk, *size)?;
            }
            let held = sizes.into_iter().rfind(|size| *size <= chain.size());
            if let Some(size) = held {
                self.make_register(origin, size)?;
            }
        }
        Ok(())
    }
}

/// The registers of a chain on disk.
struct Shelf {
    folder: PathBuf,
    origin: Origin,
}

impl Shelf {
    fn new(data: &Path, origin: &Origin) -> Self {
        Self {
            folder: data.join("registers").join(origin.region().to_string()),
            origin: origin.clone(),
        }
    }

    fn path(&self, size: TreeSize) -> PathBuf {
        self.folder.join(format!("{:020}.reg", size.0))
    }

    /// The sizes of the registers that are here, ascending. Names that are not ours are passed over.
    fn sizes(&self) -> Result<Vec<TreeSize>> {
        let mut sizes: Vec<TreeSize> = self
            .names()?
            .iter()
            .filter_map(|name| size_of(name))
            .collect();
        sizes.sort_unstable();
        Ok(sizes)
    }

    fn names(&self) -> Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &self.folder)(error)),
        };
        entries
            .map(|entry| Ok(entry.map_err(failed("list", &self.folder))?.path()))
            .collect()
    }

    /// The register of a size; none if it is not here. One whose header is damaged, or is of something else, is removed.
    fn open(&self, disk: &Disk, size: TreeSize) -> Result<Option<RegisterFile>> {
        let path = self.path(size);
        match RegisterFile::open(&path, &self.origin) {
            Ok(Some(file)) if file.register().size == size.0 => Ok(Some(file)),
            Ok(None) => Ok(None),
            Ok(Some(_)) | Err(StoreError::Register { .. }) => {
                tracing::warn!(path = %path.display(), "what should be a register is none: it is removed");
                disk.remove(&path)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The newest register that covers at most `size`.
    fn newest_through(&self, disk: &Disk, size: TreeSize) -> Result<Option<RegisterFile>> {
        for known in self
            .sizes()?
            .into_iter()
            .rev()
            .filter(|known| *known <= size)
        {
            if let Some(file) = self.open(disk, known)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// Builds the register of a size, and gives it its name when it is whole.
    fn put(
        &self,
        build: &Build<'_>,
        base: Option<RegisterFile>,
        frames: FrameReader,
        size: TreeSize,
    ) -> Result<AccountRegister> {
        build.disk.create_folder(&self.folder)?;
        let unfinished = self.folder.join("register.new");
        let register = build.write(base, frames, size, &unfinished)?;
        // A crash before leaves the unfinished file, which the next build removes; a crash after, the register.
        build.disk.rename(&unfinished, &self.path(size))?;
        Ok(register)
    }

    /// Removes what a build that did not come to its end has left.
    fn clear(&self, disk: &Disk) -> Result<()> {
        for path in self.names()? {
            let is_left = path
                .extension()
                .is_some_and(|extension| extension == "new" || extension == "part");
            if is_left {
                disk.remove(&path)?;
            }
        }
        Ok(())
    }

    fn keep_newest(&self, disk: &Disk) -> Result<()> {
        let sizes = self.sizes()?;
        let old = sizes.len().saturating_sub(REGISTERS_KEPT);
        for size in sizes.into_iter().take(old) {
            self.remove(disk, size)?;
        }
        Ok(())
    }

    fn remove(&self, disk: &Disk, size: TreeSize) -> Result<()> {
        let path = self.path(size);
        if path.exists() {
            disk.remove(&path)?;
        }
        Ok(())
    }
}

/// The size in the name of a register.
fn size_of(path: &Path) -> Option<TreeSize> {
    let name = path.file_name()?.to_str()?.strip_suffix(".reg")?;
    let is_number = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    name.parse().ok().filter(|_| is_number).map(TreeSize)
}

/// What is wrong with the registers of a chain, when they are compared with what its segments give.
pub(crate) fn check_registers(
    data: &Path,
    chain: &ChainFolder,
    files: &[LeafIndex],
    size: TreeSize,
) -> Result<Vec<(PathBuf, RegisterFileFault)>> {
    let shelf = Shelf::new(data, &chain.origin);
    let mut found = Vec::new();
    for covered in shelf.sizes()? {
        let path = shelf.path(covered);
        match check_one(&shelf, chain, files, (covered, size)) {
            Ok(()) => {}
            Err(StoreError::Register { fault, .. }) => found.push((path, fault)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Compares one register with what the segments give. The files of the build go into a folder of their own.
fn check_one(
    shelf: &Shelf,
    chain: &ChainFolder,
    files: &[LeafIndex],
    (covered, size): (TreeSize, TreeSize),
) -> Result<()> {
    let path = shelf.path(covered);
    let wrong = |fault| StoreError::Register {
        path: path.clone(),
        offset: 0,
        fault,
    };
    let Some(file) = RegisterFile::open(&path, &shelf.origin)? else {
        return Ok(());
    };
    if covered > size || file.register().size != covered.0 {
        return Err(wrong(RegisterFileFault::Foreign));
    }
    let folder =
        tempfile::tempdir().map_err(failed("create a folder for temporary files beside", &path))?;
    let build = Build {
        disk: &Disk::default(),
        origin: &shelf.origin,
        folder: folder.path(),
        limits: Limits::USUAL,
        go_on: &|| Ok(()),
    };
    let frames = FrameReader::new(chain.clone(), files.to_vec(), Place::default(), None);
    let target = folder.path().join("register.new");
    let computed = build.write(None, frames, covered, &target)?;
    if computed != *file.register() {
        return Err(wrong(RegisterFileFault::Root));
    }
    // The header is right; every block must be as well.
    let made = RegisterFile::open(&target, &shelf.origin)?;
    let made = made.ok_or_else(|| wrong(RegisterFileFault::Truncated))?;
    let (mut stored, mut made) = (file.accounts()?, made.accounts()?);
    loop {
        match (stored.next()?, made.next()?) {
            (None, None) => return Ok(()),
            (stored, made) if stored == made => {}
            _ => return Err(wrong(RegisterFileFault::Root)),
        }
    }
}
