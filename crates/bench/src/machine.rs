//! What the machine can do at most, and how fast it is at this moment.

use anyhow::Context;
use rustix::fs::{Advice, fadvise};
use std::{
    fs::{self, File},
    hint::black_box,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Instant,
};
use tempfile::NamedTempFile;
use yizhang_ledger::{
    batch::slices, entry::Entry, hash::hash_leaves, record::Record, value::LeafIndex,
};

/// Leaves of one pass of the calibration kernel: they fit in the second-level cache.
const CALIBRATION_LEAVES: usize = 1_024;
/// Passes of which the fastest counts.
const CALIBRATION_PASSES: usize = 64;
/// Syncs of which the median counts.
const SYNCS: usize = 200;
/// Bytes read and written for the limits of the disk.
const DISK_BYTES: usize = 256 * 1024 * 1024;

/// Nanoseconds to hash one leaf of 64 bytes, eight at a time: what the same processor takes at a quiet moment shows how much
/// of it neighbours take away now.
pub fn calibrate() -> f64 {
    let bytes = vec![7_u8; 64 * CALIBRATION_LEAVES];
    let passes = (0..CALIBRATION_PASSES).map(|_| {
        let start = Instant::now();
        black_box(hash_leaves(black_box(bytes.as_slice()).chunks(64)));
        start.elapsed().as_secs_f64()
    });
    passes.fold(f64::INFINITY, f64::min) * 1e9 / CALIBRATION_LEAVES as f64
}

/// Physical limits, each by itself on one core.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Limits {
    /// Leaf hashes of the workload's records, a second.
    pub hashes: f64,
    /// Records read from their canonical bytes, a second.
    pub decoded: f64,
    /// Median of a small append with fdatasync, seconds.
    pub sync: f64,
    /// Sequential write with one fdatasync at the end, bytes a second.
    pub write: f64,
    /// Sequential read that misses the page cache, bytes a second.
    pub read_cold: f64,
    /// Sequential read from the page cache, bytes a second.
    pub read_warm: f64,
}

/// Measures the limits with a block of the workload's records, on the disk of `folder`.
///
/// # Errors
/// What the disk says.
pub fn limits(block: &[u8], folder: &Path) -> anyhow::Result<Limits> {
    let mut ends = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        rest = Entry::split_first(rest, LeafIndex(0))?.1;
        ends.push(u32::try_from(block.len() - rest.len())?);
    }
    let count = ends.len() as f64;
    let hashes = count / fastest(|| drop(black_box(hash_leaves(slices(black_box(block), &ends)))));
    let decoded = count
        / fastest(|| {
            for bytes in slices(black_box(block), &ends) {
                if let Ok(entry) = Entry::parse(bytes, LeafIndex(0)) {
                    black_box(Record::read(&entry).is_ok());
                }
            }
        });
    let (sync, write) = disk(folder)?;
    let (read_cold, read_warm) = read(folder)?;
    Ok(Limits {
        hashes,
        decoded,
        sync,
        write,
        read_cold,
        read_warm,
    })
}

fn fastest(mut run: impl FnMut()) -> f64 {
    let runs = (0..20).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    runs.fold(f64::INFINITY, f64::min)
}

fn disk(folder: &Path) -> anyhow::Result<(f64, f64)> {
    let mut file = NamedTempFile::new_in(folder)?;
    let mut syncs = Vec::new();
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&[1; 4_096])?;
        file.as_file().sync_data()?;
        syncs.push(start.elapsed().as_secs_f64());
    }
    syncs.sort_unstable_by(f64::total_cmp);
    let block = vec![2; 1024 * 1024];
    let start = Instant::now();
    for _ in 0..DISK_BYTES / block.len() {
        file.write_all(&block)?;
    }
    file.as_file().sync_data()?;
    Ok((
        syncs[SYNCS / 2],
        DISK_BYTES as f64 / start.elapsed().as_secs_f64(),
    ))
}

fn read(folder: &Path) -> anyhow::Result<(f64, f64)> {
    let mut file = NamedTempFile::new_in(folder)?;
    let mut block = vec![3; 1024 * 1024];
    for _ in 0..DISK_BYTES / block.len() {
        file.write_all(&block)?;
    }
    file.as_file().sync_data()?;
    forget_file(file.path())?;
    let mut pass = || -> anyhow::Result<f64> {
        let mut file = File::open(file.path())?;
        let start = Instant::now();
        while file.read(&mut block)? > 0 {}
        Ok(DISK_BYTES as f64 / start.elapsed().as_secs_f64())
    };
    Ok((pass()?, pass()?))
}

/// Makes the system forget the pages of all files under a folder, so that the next read comes from the disk.
///
/// # Errors
/// What the disk says.
pub fn forget(folder: &Path) -> anyhow::Result<()> {
    files_under(folder)?
        .iter()
        .try_for_each(|file| forget_file(file))
}

fn forget_file(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path)?;
    // Only pages that are on the disk can be forgotten.
    file.sync_data()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}

/// Bytes of all files under a folder.
///
/// # Errors
/// What the disk says.
pub fn bytes_under(folder: &Path) -> anyhow::Result<u64> {
    files_under(folder)?
        .iter()
        .map(|file| Ok(file.metadata()?.len()))
        .sum()
}

fn files_under(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Starts to look for the peak of this process's memory from here on.
///
/// # Errors
/// Where the system has no such files.
pub fn reset_peak() -> anyhow::Result<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// The largest resident memory of a process, in bytes, since it began or since [`reset_peak`].
///
/// # Errors
/// Where the system has no such files.
pub fn peak(process: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
}

/// The processor and its cores, in words.
pub fn describe() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    });
    format!(
        "{}, {cores} cores, {} GiB",
        model.unwrap_or("unknown processor"),
        kib.unwrap_or(0_u64) / 1024 / 1024
    )
}
