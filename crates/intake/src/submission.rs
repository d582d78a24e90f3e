//! Records cut into submissions: each with a number that the same content gets again.
//!
//! Where a submission ends is said by the records themselves, and by nothing that an operator may choose: so the same
//! file is always cut at the same places, and a node that has its submissions adds nothing. A row more or less moves the
//! places around it alone; further on the same records end submissions again, and those are known to the node.

use crate::{
    file_fault::FileFault,
    intake::Rows,
    row::{ParsedRow, Row},
};
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, SUBMISSION_BYTES_MAX, SubmissionId},
    entry::RecordId,
    hash::derive,
};

/// Context from which the number of a submission is derived: over its bytes.
pub const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-29 v1 submission of a file";

/// Records that a submission has on average in a long file: large enough that the cost of a batch disappears, small
/// enough that progress is seen. A power of two; twice as many are the most.
pub const SUBMISSION_RECORDS: usize = 8_192;

const _: () =
    assert!(SUBMISSION_RECORDS.is_power_of_two() && SUBMISSION_RECORDS * 2 <= BATCH_RECORDS_MAX);

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
pub struct Submission {
    /// Its place in the file, from 0.
    pub number: u64,
    /// Equal for equal content: sending a file again adds nothing.
    pub id: SubmissionId,
    /// Concatenated entries, for `RecordBlock::parse`.
    pub bytes: Vec<u8>,
    /// How many records, at least one.
    pub records: usize,
    /// Line of its first record.
    pub first_line: u64,
    /// Line of its last record.
    pub last_line: u64,
    /// Line of each record.
    pub lines: Vec<u64>,
    /// The checks of their cells, where the rows have them.
    pub cells: Vec<u8>,
}

impl Submission {
    /// The submission that one row makes: the same as that of a file which begins with it.
    pub fn of_row(row: &ParsedRow) -> Self {
        Self {
            number: 0,
            id: submission_id(&row.bytes),
            bytes: row.bytes.clone(),
            records: 1,
            first_line: row.line,
            last_line: row.line,
            lines: vec![row.line],
            cells: row.cells.clone(),
        }
    }
}

/// Cuts rows into submissions. Ends after the first [`FileFault`].
pub struct Submissions<'i> {
    rows: Rows<'i>,
    faulty: FaultyRows,
    number: u64,
    /// How long the next one is.
    cut: Cut,
    /// Read, but too large for the submission before.
    left_over: Option<ParsedRow>,
    ended: bool,
}

impl<'i> Submissions<'i> {
    /// Cuts these rows.
    pub const fn new(rows: Rows<'i>, faulty: FaultyRows) -> Self {
        Self {
            rows,
            faulty,
            number: 0,
            cut: Cut::FIRST,
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

    fn next_submission(&mut self) -> Result<Option<Submission>, FileFault> {
        let cut = self.cut;
        let mut submission = Submission {
            number: self.number,
            id: SubmissionId([0; 16]),
            bytes: Vec::new(),
            records: 0,
            first_line: 0,
            last_line: 0,
            lines: Vec::new(),
            cells: Vec::new(),
        };
        while let Some(row) = self.next_row()? {
            if submission.bytes.len() + row.bytes.len() > SUBMISSION_BYTES_MAX {
                self.left_over = Some(row);
                break;
            }
            submission.bytes.extend_from_slice(&row.bytes);
            submission.lines.push(row.line);
            submission.cells.extend_from_slice(&row.cells);
            if submission.records == 0 {
                submission.first_line = row.line;
            }
            submission.last_line = row.line;
            submission.records += 1;
            if cut.ends(submission.records, row.id()) {
                break;
            }
        }
        if submission.records == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.cut = cut.next();
        submission.id = submission_id(&submission.bytes);
        Ok(Some(submission))
    }
}

/// Where a submission ends. The first of a file has one record, so that a refusal is known at once; each one after it
/// is a little longer, up to [`SUBMISSION_RECORDS`]: so that in a short file, too, a row more makes no more than a tenth of it
/// new.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Records that it has on average.
    average: usize,
}

impl Cut {
    const FIRST: Self = Self { average: 1 };

    /// The cut of the next submission: an eighth longer, and one record at least.
    fn next(self) -> Self {
        let longer = self.average + (self.average / 8).max(1);
        Self {
            average: longer.min(SUBMISSION_RECORDS),
        }
    }

    /// Whether it ends with the record that makes it so many: from half of the average on with the first one whose id
    /// has enough zero bits. How many is a whole number, the same for averages that are near one another: so the same
    /// records end submissions when there is one submission more before them.
    fn ends(self, records: usize, last: RecordId) -> bool {
        let least = (self.average / 2).max(1);
        let one_in = 1 << least.ilog2();
        let RecordId(hash) = last;
        let bits = usize::from(u16::from_le_bytes(hash.first())) % one_in;
        records >= least && bits == 0 || records >= self.average.saturating_mul(2)
    }
}

/// The number of the submission with these bytes.
pub fn submission_id(bytes: &[u8]) -> SubmissionId {
    SubmissionId(derive(SUBMISSION_CONTEXT, &[bytes]).first())
}

impl Iterator for Submissions<'_> {
    type Item = Result<Submission, FileFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let submission = self.next_submission();
        self.ended = !matches!(submission, Ok(Some(_)));
        submission.transpose()
    }
}
