//! Order files of a platform to months of workers, their roots, deposits, and what proves an order years later.
//!
//! An order file (CSV or JSON Lines, UTF-8, GB 18030 or UTF-16) is read as a stream and checked row by row; persons become pseudonyms with
//! the block in which they are read. Rows are sorted outside memory, each month of a worker at a place becomes one record with sums and the
//! root of its rows ([`build()`]), and rows with their salts are kept in an index ([`Index`]), which never leaves the platform. The months are
//! packed into submissions that the platform signs ([`Packing`]).
//!
//! It is *not* the place for the network, keys in files, a clock or words for people, and it knows no law. No number of a worker is in a
//! fault, a record or the index.
//!
//! ```
//! use yizhang_intake::{FaultyRows, Source};
//! use yizhang_ledger::{order::OrderSecret, person::FederationSecret, value::Month};
//! use yizhang_platform::{Index, OrderFile, Subject, Terms, build};
//!
//! let text = "订单号,社会保障号码,城市,业务类型,交通方式,状态,已参保,接单时间,完成时间,收入,奖励,扣款,退还\n\
//! A1,440300199003078815,440300,即时配送,电动自行车,已完成,是,2026-10-03 11:58:00,2026-10-03 12:21:30,6.80,1.00,0.30,0\n";
//! let file = OrderFile::open(Source::Bytes(text.as_bytes().into()), None)?;
//! let subject = Subject { platform: "91440300MA00000745".into(), month: Month::parse("2026-10").unwrap() };
//! let terms = Terms {
//!     subject: &subject,
//!     secret: &OrderSecret([1; 32]),
//!     pseudonyms: &FederationSecret::new([7; 32]),
//!     faulty: FaultyRows::Refuse,
//! };
//! let folder = tempfile::tempdir()?;
//! let summary = build(&file, &terms, folder.path(), None, &mut |_bytes| {})?;
//! assert_eq!((summary.lines.valid, summary.workers, summary.months), (1, 1, 1));
//! let index = Index::open(folder.path(), &subject)?;
//! assert!(index.find("A1")?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::indexing_slicing))]

mod build;
mod cell;
mod column;
mod deposit;
mod error_file;
mod fault;
mod index;
mod index_file;
mod layout;
mod month;
mod order_file;
mod row;
pub mod sample;
mod scan;
mod sort;

pub use build::{SYSTEM, Summary, Terms, Totals, build};
pub use column::Column;
pub use deposit::{PackedMonths, Packing, SUBMISSION_MONTHS_MAX};
pub use error_file::{ErrorFile, FAULTS_COLUMN};
pub use fault::{Fault, OrdersFault, RowFault};
pub use index::{FoundOrder, Index, KeptRow, month_of};
pub use index_file::Subject;
pub use month::{NIGHT_FROM_HOUR, NIGHT_TO_HOUR, REST_MINUTES_MIN, earnings_of, work_of};
pub use order_file::OrderFile;
pub use row::ORDER_DAYS_MAX;
pub use scan::{FAULTS_SHOWN_MAX, Lines, TWICE_MAX, first_month};
