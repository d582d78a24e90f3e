//! Where rows come from: a file or bytes that can be read more than once, and how they are to be understood.

use crate::{
    codes::CodeMap,
    column_map::ColumnMap,
    encoding::{BUFFER_BYTES, Encoding},
    file_fault::FileFault,
    rates::RateTable,
};
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use yizhang_ledger::value::{Day, Division, Namespace};

/// Most bytes of a row. A wide row with every cell filled takes about 2 KiB; the rest is room for remarks.
pub const ROW_BYTES_MAX: usize = 64 * 1_024;

/// What to read. Reading takes several passes, so a pipe has to be stored first.
#[derive(Clone)]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "Source({})", path.display()),
            Self::Bytes(bytes) => write!(f, "Source({} bytes, [redacted])", bytes.len()),
        }
    }
}

impl Source {
    /// Opens it to be read from its beginning.
    ///
    /// # Errors
    /// [`FileFault::NoFile`] for a pipe, [`FileFault::Io`].
    pub fn open(&self) -> Result<Box<dyn Read + Send>, FileFault> {
        match self {
            // Before it is opened: a pipe waits for somebody who writes.
            Self::Path(path) if is_no_file(path)? => Err(FileFault::NoFile),
            Self::Path(path) => Ok(Box::new(
                File::open(path).map_err(FileFault::io("open the file"))?,
            )),
            Self::Bytes(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn size(&self) -> Result<u64, FileFault> {
        match self {
            Self::Path(path) => std::fs::metadata(path)
                .map(|metadata| metadata.len())
                .map_err(FileFault::io("open the file")),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// The first bytes, enough to tell format and encoding by.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn start(&self) -> Result<Vec<u8>, FileFault> {
        let mut start = Vec::new();
        let limit = BUFFER_BYTES as u64;
        self.open()?
            .take(limit)
            .read_to_end(&mut start)
            .map_err(FileFault::io("read the file"))?;
        Ok(start)
    }
}

/// Whether there is something at `path` that can be read once at most: a pipe, a socket, a device. A folder is told by
/// the system.
fn is_no_file(path: &Path) -> Result<bool, FileFault> {
    let found = std::fs::metadata(path).map_err(FileFault::io("open the file"))?;
    Ok(!found.is_file() && !found.is_dir())
}

/// The form of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Cells between delimiters, quoted where needed (RFC 4180), below a header row.
    Csv {
        /// Comma, tab, semicolon or bar.
        delimiter: u8,
    },
    /// One JSON object a line, with the names of columns as keys.
    JsonLines,
}

/// How to understand a file; what is not said is detected.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Form of the rows.
    pub format: Option<Format>,
    /// Encoding of the texts.
    pub encoding: Option<Encoding>,
    /// Whose scheme codes bare codes such as `410` are. Without it, only codes that one set alone has can be bare.
    pub namespace: Option<Namespace>,
    /// What the codes of the agency's own system stand for.
    pub codes: CodeMap,
    /// What the columns of the agency's own system stand for.
    pub columns: ColumnMap,
    /// Which sheet of a workbook is read; without it the only visible one that has something on it.
    pub sheet: Option<String>,
    /// Rates of a rule set; without them no row is compared with any.
    pub rates: RateTable,
    /// The day of the import; without it no day is too late.
    pub today: Option<Day>,
    /// The region whose chain the rows go to; without it no place is outside.
    pub region: Option<Division>,
    /// The divisions that are another one now, of the rule set.
    pub successors: BTreeMap<Division, Division>,
}

/// Counts what was read.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    read: Arc<AtomicU64>,
}

impl Meter {
    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Counts what is read of `inner`.
    pub const fn over<R>(self, inner: R) -> Metered<R> {
        Metered { inner, meter: self }
    }
}

/// A reader that is counted.
#[derive(Debug)]
pub struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.meter.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
