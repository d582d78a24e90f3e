//! Files of records of one size that are written once and read once, in order: what a computation does not keep in memory. They have
//! no name and are gone with the process.

use crate::{error::AuditError, segments::widen};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};
use yizhang_ledger::hash::derive;

/// Records that are written and checked at a time.
const CHUNK_RECORDS: usize = 1_024;
const CHECKSUM_BYTES: usize = 16;
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-29 v1 audit spool checksum";

/// Writes records of `N` bytes.
pub(crate) struct SpoolWriter<const N: usize> {
    file: BufWriter<File>,
    chunk: Vec<u8>,
    records: u64,
}

/// Records of `N` bytes that were written.
pub(crate) struct Spool<const N: usize> {
    file: File,
    records: u64,
}

impl<const N: usize> SpoolWriter<N> {
    pub(crate) fn create() -> Result<Self, AuditError> {
        let file = tempfile::tempfile().map_err(failed)?;
        Ok(Self {
            file: BufWriter::new(file),
            chunk: Vec::with_capacity(CHUNK_RECORDS.saturating_mul(N)),
            records: 0,
        })
    }

    pub(crate) fn push(&mut self, record: &[u8; N]) -> Result<(), AuditError> {
        self.chunk.extend_from_slice(record);
        self.records = self.records.saturating_add(1);
        if self.chunk.len() == CHUNK_RECORDS.saturating_mul(N) {
            self.write()
        } else {
            Ok(())
        }
    }

    fn write(&mut self) -> Result<(), AuditError> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.chunk).map_err(failed)?;
        self.file
            .write_all(&checksum(&self.chunk))
            .map_err(failed)?;
        self.chunk.clear();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Spool<N>, AuditError> {
        self.write()?;
        let file = self.file.into_inner();
        let file = file.map_err(|error| failed(error.into_error()))?;
        Ok(Spool {
            file,
            records: self.records,
        })
    }
}

impl<const N: usize> Spool<N> {
    pub(crate) fn read(mut self) -> Result<SpoolReader<N>, AuditError> {
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(SpoolReader {
            file: BufReader::with_capacity(256 * 1_024, self.file),
            left: self.records,
            chunk: Vec::new().into_iter(),
        })
    }
}

/// Reads records in order.
pub(crate) struct SpoolReader<const N: usize> {
    file: BufReader<File>,
    left: u64,
    chunk: std::vec::IntoIter<[u8; N]>,
}

impl<const N: usize> SpoolReader<N> {
    pub(crate) fn next(&mut self) -> Result<Option<[u8; N]>, AuditError> {
        if self.chunk.len() == 0 {
            self.load()?;
        }
        Ok(self.chunk.next())
    }

    fn load(&mut self) -> Result<(), AuditError> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = left.min(CHUNK_RECORDS);
        if count == 0 {
            return Ok(());
        }
        let mut bytes = vec![0; count.saturating_mul(N)];
        let mut sum = [0; CHECKSUM_BYTES];
        self.file.read_exact(&mut bytes).map_err(failed)?;
        self.file.read_exact(&mut sum).map_err(failed)?;
        // Nobody may be accused for what a disk has changed here.
        if checksum(&bytes) != sum {
            return Err(failed(io::Error::other("it is not what was written")));
        }
        let (records, _) = bytes.as_chunks::<N>();
        let records: Vec<[u8; N]> = records.to_vec();
        self.chunk = records.into_iter();
        self.left = self.left.saturating_sub(widen(count));
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    derive(CHECKSUM_CONTEXT, &[bytes]).first()
}

fn failed(source: io::Error) -> AuditError {
    AuditError::Write {
        path: std::env::temp_dir(),
        source,
    }
}
