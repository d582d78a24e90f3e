//! The form of the files of an index: a header, content, and a checksum of both.

use crate::fault::OrdersFault;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    hash::Hash,
    value::{Code, Month},
};

/// First bytes of every file; the last is the version.
const MAGIC: &[u8; 8] = b"yzorder\x01";
/// Bytes before the content.
const HEADER_BYTES: usize = 64;
/// Bytes behind it: BLAKE3 of header and content.
const FOOTER_BYTES: usize = 32;
/// Bytes written at once.
const BUFFER_BYTES: usize = 1_024 * 1_024;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Rows and their salts.
    Rows = 1,
    /// Where the row of an order stands.
    Orders = 2,
    /// Where the rows and the record of a month stand.
    Months = 3,
    /// The records.
    Entries = 4,
}

impl FileKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows.bin",
            Self::Orders => "orders.bin",
            Self::Months => "months.bin",
            Self::Entries => "entries.bin",
        }
    }
}

/// Whose orders, and of which month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The platform: its unified social credit code.
    pub platform: String,
    /// The month.
    pub month: Month,
}

impl Subject {
    /// The platform as records name it.
    pub(crate) fn code(&self) -> Code<'_> {
        Code::new(&self.platform).unwrap_or_default()
    }

    /// Magic, kind, month, length of the code, code, zeros.
    fn header(&self, kind: FileKind) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let month = self.month.number().to_le_bytes();
        let length = u8::try_from(self.platform.len()).unwrap_or(u8::MAX);
        let start = MAGIC.iter().copied().chain([kind as u8]).chain(month);
        let text = start.chain([length]).chain(self.platform.bytes());
        for (to, from) in header.iter_mut().zip(text) {
            *to = from;
        }
        header
    }
}

/// Writes a file.
pub(crate) struct IndexWriter {
    path: PathBuf,
    file: File,
    /// Hashed and written in large pieces.
    waiting: Vec<u8>,
    hasher: blake3::Hasher,
    /// Bytes of content so far.
    length: u64,
}

impl IndexWriter {
    /// A new file in a folder, for its owner alone.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn create(
        folder: &Path,
        kind: FileKind,
        subject: &Subject,
    ) -> Result<Self, OrdersFault> {
        let path = folder.join(kind.name());
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(OrdersFault::index(&path))?;
        let mut writer = Self {
            path,
            file,
            waiting: Vec::with_capacity(BUFFER_BYTES),
            hasher: blake3::Hasher::new(),
            length: 0,
        };
        writer.write(&subject.header(kind))?;
        writer.length = 0;
        Ok(writer)
    }

    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), OrdersFault> {
        if self.waiting.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        self.waiting.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OrdersFault> {
        self.hasher.update(&self.waiting);
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.map_err(OrdersFault::index(&self.path))
    }

    /// Durable when it returns; the checksum of the file.
    pub(crate) fn finish(mut self) -> Result<Hash, OrdersFault> {
        self.flush()?;
        let sum = *self.hasher.finalize().as_bytes();
        let written = self.file.write_all(&sum);
        written
            .and_then(|()| self.file.sync_all())
            .map_err(OrdersFault::index(&self.path))?;
        Ok(Hash(sum))
    }
}

/// A file that was written.
pub(crate) struct IndexFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl IndexFile {
    /// Opens a file of an index.
    ///
    /// # Errors
    /// [`OrdersFault::Damaged`] for one that is not of this kind and subject, [`OrdersFault::Index`].
    pub(crate) fn open(
        folder: &Path,
        kind: FileKind,
        subject: &Subject,
    ) -> Result<Self, OrdersFault> {
        let path = folder.join(kind.name());
        let fault = OrdersFault::index(&path);
        let file = File::open(&path).map_err(&fault)?;
        let all = file.metadata().map_err(fault)?.len();
        let damaged = |reason| OrdersFault::Damaged {
            path: path.clone(),
            reason,
        };
        let length = all
            .checked_sub((HEADER_BYTES + FOOTER_BYTES) as u64)
            .ok_or_else(|| damaged("it is cut off"))?;
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0)
            .map_err(OrdersFault::index(&path))?;
        if header != subject.header(kind) {
            return Err(damaged("it is of another platform, month or version"));
        }
        Ok(Self { path, file, length })
    }

    /// Bytes of content.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn damaged(&self, reason: &'static str) -> OrdersFault {
        OrdersFault::Damaged {
            path: self.path.clone(),
            reason,
        }
    }

    /// Content from a place on.
    pub(crate) fn read(&self, from: u64, length: usize) -> Result<Vec<u8>, OrdersFault> {
        let end = from.checked_add(length as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(self.damaged("a place lies behind its end"));
        }
        let mut bytes = vec![0; length];
        self.file
            .read_exact_at(&mut bytes, HEADER_BYTES as u64 + from)
            .map_err(OrdersFault::index(&self.path))?;
        Ok(bytes)
    }

    /// The checksum that stands at its end.
    pub(crate) fn stated_sum(&self) -> Result<Hash, OrdersFault> {
        let mut sum = [0; FOOTER_BYTES];
        self.file
            .read_exact_at(&mut sum, HEADER_BYTES as u64 + self.length)
            .map_err(OrdersFault::index(&self.path))?;
        Ok(Hash(sum))
    }

    /// Reads all of it, and compares the checksum.
    pub(crate) fn verify(&self) -> Result<(), OrdersFault> {
        let fault = OrdersFault::index(&self.path);
        let file = File::open(&self.path).map_err(&fault)?;
        let mut hasher = blake3::Hasher::new();
        io::copy(
            &mut file.take(HEADER_BYTES as u64 + self.length),
            &mut hasher,
        )
        .map_err(&fault)?;
        if self.stated_sum()? == Hash(*hasher.finalize().as_bytes()) {
            Ok(())
        } else {
            Err(self.damaged("its checksum is another one"))
        }
    }
}
