//! Records cut into submissions: each with a number that the same content gets again.

use crate::{
    file_fault::FileFault,
    intake::Rows,
    parsed::{ParsedRow, Row},
};
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, SUBMISSION_BYTES_MAX, SubmissionId},
    hash::{Hash, derive},
};

/// Context from which the number of a submission is derived: over its number in the file (8 bytes, little endian) and
/// its bytes.
pub const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-23 v1 submission of a file";

/// Records of a submission where nothing else is asked for: large enough that the cost of a batch disappears, small
/// enough that progress is seen.
pub const CHUNK_RECORDS: usize = 10_000;

/// What becomes of faulty rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultyRows {
    /// The first one ends the reading, so that no part of a faulty file is cut any further.
    Refuse,
    /// They are left out.
    Skip,
}

/// The records of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its place in the file, from 0.
    pub number: u64,
    /// Equal for equal content at the same place: sending a file again adds nothing.
    pub id: SubmissionId,
    /// Concatenated entries, for `RecordBlock::parse`.
    pub bytes: Vec<u8>,
    /// How many records, at least one.
    pub records: usize,
    /// Line of its first record.
    pub first_line: u64,
    /// Line of its last record.
    pub last_line: u64,
}

/// Cuts rows into chunks. Ends after the first [`FileFault`].
pub struct Chunks<'i> {
    rows: Rows<'i>,
    records_max: usize,
    faulty: FaultyRows,
    number: u64,
    /// Read, but too large for the chunk before.
    left_over: Option<ParsedRow>,
    ended: bool,
}

impl<'i> Chunks<'i> {
    /// Chunks of at most `records_max` records (kept within 1 and what a submission may have).
    pub fn new(rows: Rows<'i>, records_max: usize, faulty: FaultyRows) -> Self {
        let records_max = records_max.clamp(1, BATCH_RECORDS_MAX);
        Self {
            rows,
            records_max,
            faulty,
            number: 0,
            left_over: None,
            ended: false,
        }
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.rows.bytes_read()
    }

    fn next_row(&mut self) -> Result<Option<ParsedRow>, FileFault> {
        if let Some(row) = self.left_over.take() {
            return Ok(Some(row));
        }
        for row in self.rows.by_ref() {
            match (row?, self.faulty) {
                (Row::Valid(row), _) => return Ok(Some(row)),
                (Row::Faulty(_), FaultyRows::Skip) => {}
                (Row::Faulty(row), FaultyRows::Refuse) => {
                    return Err(FileFault::RowFaulty { line: row.line });
                }
            }
        }
        Ok(None)
    }

    fn cut(&mut self) -> Result<Option<Chunk>, FileFault> {
        let (mut bytes, mut records, mut first_line, mut last_line) = (Vec::new(), 0, 0, 0);
        while records < self.records_max {
            let Some(row) = self.next_row()? else { break };
            if bytes.len() + row.bytes.len() > SUBMISSION_BYTES_MAX {
                self.left_over = Some(row);
                break;
            }
            bytes.extend_from_slice(&row.bytes);
            if records == 0 {
                first_line = row.line;
            }
            last_line = row.line;
            records += 1;
        }
        if records == 0 {
            return Ok(None);
        }
        let number = self.number;
        self.number += 1;
        Ok(Some(Chunk {
            number,
            id: submission_id(number, &bytes),
            bytes,
            records,
            first_line,
            last_line,
        }))
    }
}

/// The number of the submission with these bytes at this place of a file.
pub fn submission_id(number: u64, bytes: &[u8]) -> SubmissionId {
    let Hash([id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]) =
        derive(SUBMISSION_CONTEXT, &[&number.to_le_bytes(), bytes]);
    SubmissionId(id)
}

impl Iterator for Chunks<'_> {
    type Item = Result<Chunk, FileFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let cut = self.cut();
        self.ended = !matches!(cut, Ok(Some(_)));
        cut.transpose()
    }
}
