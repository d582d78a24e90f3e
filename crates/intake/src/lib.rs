//! Rows of an agency's files to records and back.
//!
//! Reads CSV (UTF-8, GB 18030 or UTF-16, Chinese or English headers, in any order), JSON Lines and workbooks, checks every row against the
//! format and the code tables, and gives ledger entries, cut into submissions; writes the faulty rows to an error file
//! in the layout of the input. [`sample`] writes files of invented people.
//!
//! It is *not* the place for the network, a clock, or words for people: faults are values with a stable code, and the
//! binary words them. It knows no law: rates and limits are for `entitlement`. A person's number becomes a pseudonym as
//! soon as it is read, and is in no fault, log or `Debug` output.
//!
//! ```
//! use yizhang_intake::{Submissions, FaultyRows, Intake, ReadOptions, Row, Source};
//! use yizhang_ledger::person::FederationSecret;
//!
//! let file = "社会保障号码,险种,费款所属期,到账日期,参保地,单位编号,缴费基数,单位缴费比例,个人缴费比例,单位应缴,\
//! 个人应缴,单位实缴,个人实缴,个人划入,业务流水号\n\
//! 440300199003078812,110,2018-12,2019-01-20,440300,91441900MA0000074G,4500.00,14%,8%,630.00,\
//! 360.00,630.00,360.00,360.00,A1\n";
//! let secret = FederationSecret::new([7; 32]);
//! let intake = Intake::open(Source::Bytes(file.as_bytes().into()), &ReadOptions::default())?;
//! let summary = intake.check(&secret, None, &mut |_progress| {})?;
//! assert_eq!((summary.valid, summary.faulty), (0, 1));
//! assert_eq!(summary.first_faults[0].fault.code(), "citizen-id-check");
//!
//! let corrected = file.replace("078812", "078815");
//! let intake = Intake::open(Source::Bytes(corrected.as_bytes().into()), &ReadOptions::default())?;
//! for submission in Submissions::new(intake.rows(&secret)?, FaultyRows::Refuse) {
//!     assert_eq!(submission?.records, 1);
//! }
//! # Ok::<(), yizhang_intake::FileFault>(())
//! ```
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::indexing_slicing))]

mod cell_checks;
mod cell_value;
mod codes;
mod column;
mod column_map;
pub mod credit_code;
mod detect;
mod encoding;
mod error_file;
mod fault;
mod file_fault;
mod found;
mod header;
mod intake;
mod json;
mod kinds;
mod layout;
mod line_count;
mod lines;
mod pseudonyms;
mod quoted_lines;
mod rates;
mod raw_row;
mod row;
mod row_cells;
mod row_reader;
pub mod sample;
mod sample_rows;
mod serials;
mod source;
mod split;
mod submission;
pub mod tables;
mod tidy;
mod workbook;

pub use cell_checks::CellChecks;
pub use cell_value::is_in_a_province;
pub use codes::{CODES_MAX, CodeMap, CodeMapFault};
pub use column::Column;
pub use column_map::{COLUMN_NAMES_MAX, ColumnMap, ColumnMapFault};
pub use credit_code::is_credit_code;
pub use detect::HEADER_LINES_MAX;
pub use encoding::Encoding;
pub use error_file::ErrorFile;
pub use fault::{Fault, Held, OneOf, RowFault, Severity, Share};
pub use file_fault::{Damage, FileFault, OtherForm, UnknownColumn};
pub use found::Found;
pub use header::ColumnReport;
pub use intake::{FAULTS_SHOWN_MAX, Intake, KindTotal, Progress, Rows, Summary};
pub use kinds::{CASE_CONTEXT, INJURY_CONTEXT, case_id, injury_id};
pub use layout::Layout;
pub use line_count::LineCount;
pub use lines::LineReader;
pub use pseudonyms::{BLOCK_ROWS_MAX, Pseudonyms};
pub use rates::{RateOf, RateRule, RateTable};
pub use row::{FaultyRow, ParsedRow, Row};
pub use sample_rows::{SAMPLED_ROWS_MAX, SampledRows};
pub use serials::{ROWS_MAX, SERIALS_KEPT_MAX};
pub use source::{Format, Meter, Metered, ROW_BYTES_MAX, ReadOptions, Source};
pub use split::{Shape, split};
pub use submission::{
    FaultyRows, SUBMISSION_CONTEXT, SUBMISSION_RECORDS, Submission, Submissions, submission_id,
};
pub use workbook::{SheetChoice, WorkbookLimit};
