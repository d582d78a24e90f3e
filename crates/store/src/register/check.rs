//! Comparing the registers of a data directory with what the segments give, without changing anything.

use super::{
    build::{Build, Limits},
    file::RegisterFile,
    folder::RegisterFolder,
};
use crate::{
    disk::{Disk, failed},
    error::{RegisterFileFault, Result, StoreError},
    segments::{ChainFolder, FrameReader, Place},
};
use std::path::{Path, PathBuf};
use yizhang_ledger::value::{LeafIndex, TreeSize};

/// What is wrong with the registers of a chain, when they are compared with what its segments give.
pub(crate) fn check_registers(
    data: &Path,
    chain: &ChainFolder,
    files: &[LeafIndex],
    size: TreeSize,
) -> Result<Vec<(PathBuf, RegisterFileFault)>> {
    let folder = RegisterFolder::new(data, &chain.origin);
    let mut found = Vec::new();
    for covered in folder.sizes()? {
        let path = folder.file(covered);
        if covered > size {
            found.push((path, RegisterFileFault::Foreign));
            continue;
        }
        match check_one(&folder, chain, files, covered) {
            Ok(()) => {}
            Err(StoreError::Register { fault, .. }) => found.push((path, fault)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Compares one register with what the segments give. The files of the build go into a folder of their own.
fn check_one(
    folder: &RegisterFolder,
    chain: &ChainFolder,
    files: &[LeafIndex],
    covered: TreeSize,
) -> Result<()> {
    let path = folder.file(covered);
    let wrong = |fault| StoreError::Register {
        path: path.clone(),
        offset: 0,
        fault,
    };
    let Some(file) = RegisterFile::open(&path, &folder.origin)? else {
        return Ok(());
    };
    if file.register().size != covered.0 {
        return Err(wrong(RegisterFileFault::Foreign));
    }
    let temporary =
        tempfile::tempdir().map_err(failed("create a folder for temporary files beside", &path))?;
    let build = Build {
        disk: &Disk::default(),
        origin: &folder.origin,
        folder: temporary.path(),
        limits: Limits::USUAL,
        go_on: &|| Ok(()),
    };
    let frames = FrameReader::new(chain.clone(), files.to_vec(), Place::default(), None);
    let target = temporary.path().join("register.new");
    let computed = build.write(None, frames, covered, &target)?;
    if computed != *file.register() {
        return Err(wrong(RegisterFileFault::Root));
    }
    // The register is right; the rest of the header and every block must be as well.
    let made = RegisterFile::open(&target, &folder.origin)?;
    let made = made.ok_or_else(|| wrong(RegisterFileFault::Truncated))?;
    if made.header() != file.header() {
        return Err(wrong(RegisterFileFault::Foreign));
    }
    let (mut stored, mut made) = (file.accounts()?, made.accounts()?);
    loop {
        match (stored.next()?, made.next()?) {
            (None, None) => return Ok(()),
            (stored, made) if stored == made => {}
            _ => return Err(wrong(RegisterFileFault::Root)),
        }
    }
}
