//! A file that cannot be read twice (a pipe, standard input) as one that can: an import checks a whole file before it sends
//! any of it.

use crate::output;
use anyhow::{Context, ensure};
use rust_i18n::t;
use std::{
    fs::File,
    io::{self, Read as _},
    os::{fd::AsRawFd as _, unix::fs::FileTypeExt as _},
    path::{Path, PathBuf},
};

/// Most bytes of a pipe that are kept: twenty million rows.
const SPOOLED_BYTES_MAX: u64 = 4 * 1_024 * 1_024 * 1_024;
/// Standard input, as people write it.
const STANDARD_INPUT: &str = "-";

/// A copy of what came through a pipe. It has no name in any directory and is gone when the process is, however it ends:
/// there are persons in it.
pub(crate) struct Spooled(File);

impl Spooled {
    /// Copies what is no ordinary file; none if it can be read again as it is.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Option<Self>> {
        let source: Box<dyn io::Read> = if path == Path::new(STANDARD_INPUT) {
            Box::new(io::stdin().lock())
        } else {
            match path.metadata() {
                Ok(found) if found.is_file() || found.is_dir() => return Ok(None),
                // Not there: whoever opens it says so.
                Err(_) => return Ok(None),
                Ok(found) => {
                    if found.file_type().is_fifo() {
                        // Opening it waits until somebody writes, for as long as that takes.
                        output::notice(&t!("spool.waiting", path = path.display()));
                    }
                    Box::new(File::open(path).with_context(|| path.display().to_string())?)
                }
            }
        };
        let mut copy = tempfile::tempfile().context(t!("spool.no_room"))?;
        let copied = io::copy(&mut source.take(SPOOLED_BYTES_MAX + 1), &mut copy)
            .context(t!("spool.no_room"))?;
        ensure!(
            copied <= SPOOLED_BYTES_MAX,
            "{}",
            t!("spool.too_large", limit = SPOOLED_BYTES_MAX)
        );
        Ok(Some(Self(copy)))
    }

    /// Where it can be opened, from the start, as often as it is needed.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}
