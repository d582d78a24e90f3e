//! What somebody hands to somebody else, and how it is checked: the answer of a node, a receipt, records with their proofs, a register that
//! shows that none was left out.
//!
//! Pure: bytes and values in, verdicts out. It is *not* the place for connections, files or words for people, and it
//! believes nobody: what it returns was checked here against a roster, or is refused with a [`Refuted`] that names why.
//!
//! ```
//! use yizhang_entitlement::{Policy, fold};
//! use yizhang_ledger::{person::AccountId, value::Day};
//! use yizhang_statement::{Accounts, Answer, Question, Refuted, Whose};
//!
//! let asked = AccountId([7; 16]);
//! let as_of = Day::parse("2026-10-31").unwrap();
//! let account = fold(&[], Policy::embedded(), as_of).with_account_id(asked);
//! let sealed = account.sealed();
//! let question = Question { whose: Whose::Account(asked), as_of };
//! let read = |own| {
//!     let accounts = Accounts { own: vec![own], ..Accounts::default() };
//!     Answer::read(sealed.json.clone(), sealed.digest, accounts, &question)
//! };
//! assert!(read(asked).is_ok());
//! assert_eq!(read(AccountId([8; 16])).err(), Some(Refuted::OtherAccount));
//! ```
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod answer;
mod believed;
mod bundle;
mod carried;
mod certificate;
mod evidence;
mod fork;
mod lines;
mod order_proof;
mod package;
mod paper;
mod portable;
mod receipt;
mod receipt_file;
mod refuted;
mod register;
mod row_list;
mod row_match;

pub use answer::{Accounts, Answer, Checked, Completeness, Identity, Question, Whose};
pub use bundle::{
    BUNDLE_HEADER_BYTES, BUNDLE_HEADS_MAX, BUNDLE_MAGIC, BundleHeader, SectionHeader, SectionKind,
};
pub use carried::{
    CarriedChain, CarriedFault, CarriedHead, CarriedPart, CarriedReader, newest_roster,
};
pub use certificate::{CERTIFICATE_CONTEXT, CertificateCode};
pub use evidence::{ChainEvidence, RecordEvidence, prove};
pub use fork::{FORK_BYTES_MAX, Fork, ForkEvidence, ForkFault, ForkUnder, HEADER as FORK_HEADER};
pub use lines::LineFault;
pub use order_proof::{
    ORDER_PROOF_BYTES_MAX, ORDER_PROOF_HEADER, OrderField, OrderProof, OrderProofFault, ProvedOrder,
};
pub use package::{
    EvidencePackage, PACKAGE_BYTES_MAX, PACKAGE_HEADER, PACKAGE_ORDERS_MAX, PackageFault,
    PackageShown, PackedOrder,
};
pub use paper::{AccountSince, PAPER_CHARACTERS_MAX, PAPER_HEADER, PaperCode};
pub use portable::{
    AskedPerson, COSIGNATURES_STATED, ChainPart, ChainShown, Content, Cover, EXCERPT_SCHEMES_MAX,
    Excerpt, HiddenRecord, ISSUER_HEADER, NameGroup, Opening, PORTABLE_BYTES_MAX, PORTABLE_MAGIC,
    PORTABLE_SECTION_BYTES_MAX, PersonAnswer, PersonShown, PortableFault, Refusal,
    STATED_CHAINS_MAX, STATED_RECORDS_MAX, SectionName, StatedAccount, StatedAs, StatedChain,
    StatedRecord, Statement, Subject, Verdict, stated_head,
};
pub use receipt::{Receipt, Sent};
pub use receipt_file::{
    Promise, RECEIPT_BYTES_MAX, RECEIPT_HEADER, ReceiptFault, ReceiptFile, Receipted, promises,
};
pub use refuted::Refuted;
pub use register::{
    Complete, CosignedRegister, RegisterEvidence, SHOWN_ACCOUNTS_MAX, ShownAccount, Through,
    prove_complete,
};
pub use row_list::{
    ListedPerson, ListedRow, ROW_LIST_BYTES_MAX, ROW_LIST_COLUMNS_MAX, ROW_LIST_CONTEXT,
    ROW_LIST_MAGIC, ROW_LIST_PERSONS_MAX, RowList, RowListFault,
};
pub use row_match::{FileRow, FileRows, Misfit, Place, Places};
