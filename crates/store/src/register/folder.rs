//! The folder with the registers of a chain: their names, which are there, and what unfinished builds have left.

use super::{build::Build, file::RegisterFile};
use crate::{
    disk::{Disk, failed},
    error::{Result, StoreError},
    segments::FrameReader,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use yizhang_ledger::{head::Origin, record::AccountRegister, value::TreeSize};

/// Registers of a chain that are kept: the newest, and the one before it, which lookups use until a signed head covers the newest.
const REGISTERS_KEPT: usize = 2;

/// Where the registers of a chain lie.
pub(super) struct RegisterFolder {
    pub(super) path: PathBuf,
    pub(super) origin: Origin,
}

impl RegisterFolder {
    pub(super) fn new(data: &Path, origin: &Origin) -> Self {
        Self {
            path: data.join("registers").join(origin.region().to_string()),
            origin: origin.clone(),
        }
    }

    pub(super) fn file(&self, size: TreeSize) -> PathBuf {
        self.path.join(format!("{:020}.reg", size.0))
    }

    /// The sizes of the registers that are here, ascending. Names that are not ours are passed over.
    pub(super) fn sizes(&self) -> Result<Vec<TreeSize>> {
        let mut sizes: Vec<TreeSize> = self
            .names()?
            .iter()
            .filter_map(|name| size_of(name))
            .collect();
        sizes.sort_unstable();
        Ok(sizes)
    }

    fn names(&self) -> Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &self.path)(error)),
        };
        entries
            .map(|entry| Ok(entry.map_err(failed("list", &self.path))?.path()))
            .collect()
    }

    /// The register of a size; none if it is not here. One whose header is damaged, or is of something else, is removed.
    pub(super) fn open(&self, disk: &Disk, size: TreeSize) -> Result<Option<RegisterFile>> {
        let path = self.file(size);
        match RegisterFile::open(&path, &self.origin) {
            Ok(Some(file)) if file.register().size == size.0 => Ok(Some(file)),
            Ok(None) => Ok(None),
            Ok(Some(_)) | Err(StoreError::Register { .. }) => {
                tracing::warn!(path = %path.display(), "what should be a register is none: it is removed");
                remove(disk, &path)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The newest register that covers at most `size`.
    pub(super) fn newest_through(
        &self,
        disk: &Disk,
        size: TreeSize,
    ) -> Result<Option<RegisterFile>> {
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
    pub(super) fn put(
        &self,
        build: &Build<'_>,
        base: Option<RegisterFile>,
        frames: FrameReader,
        size: TreeSize,
    ) -> Result<AccountRegister> {
        build.disk.create_folder(&self.path)?;
        let unfinished = self.path.join("register.new");
        let register = build.write(base, frames, size, &unfinished)?;
        // A crash before leaves the unfinished file, which the next build removes; a crash after, the register.
        build.disk.rename(&unfinished, &self.file(size))?;
        Ok(register)
    }

    /// Removes what a build that did not come to its end has left.
    pub(super) fn clear(&self, disk: &Disk) -> Result<()> {
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

    pub(super) fn keep_newest(&self, disk: &Disk) -> Result<()> {
        let sizes = self.sizes()?;
        let old = sizes.len().saturating_sub(REGISTERS_KEPT);
        for size in sizes.into_iter().take(old) {
            self.remove(disk, size)?;
        }
        Ok(())
    }

    pub(super) fn remove(&self, disk: &Disk, size: TreeSize) -> Result<()> {
        remove(disk, &self.file(size))
    }
}

/// Removes a file that is derived; another thread may have done so.
pub(super) fn remove(disk: &Disk, path: &Path) -> Result<()> {
    match disk.remove(path) {
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// The size in the name of a register.
fn size_of(path: &Path) -> Option<TreeSize> {
    let name = path.file_name()?.to_str()?.strip_suffix(".reg")?;
    let is_number = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    name.parse().ok().filter(|_| is_number).map(TreeSize)
}
