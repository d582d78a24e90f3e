//! What an agency states about a worker beside money: deemed months, household registration, class of retirement, birth,
//! death, what was agreed to be kept of duplicate months, joined accounts, and disputes.
//!
//! A leaf holds no more of a person than its rules need: a birth is a month, a household a division.

use super::{
    AccountId, BorrowDecode, Code, Day, Division, Encode, Fen, Hash, Month, RecordId, Scheme,
    Source,
};

/// Months that one record of deemed months can name: a hundred years.
pub const DEEMED_MONTHS_MAX: u16 = 1_200;

/// 视同缴费: months that count as years of contribution without money, at the place where the worker worked then
/// (人社部规〔2016〕5号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Deemed<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme.
    pub scheme: Scheme<'a>,
    /// First month.
    pub first: Month,
    /// Last month; at most [`DEEMED_MONTHS_MAX`] months with the first.
    pub last: Month,
    /// Where the worker worked then.
    pub place: Division,
    /// The day of the decision.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// On what ground, as a code of the agency.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// 户籍: where the worker's household is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Household<'a> {
    /// The worker.
    pub account: AccountId,
    /// Place; the province is what the place of benefit asks for (国办发〔2009〕66号).
    pub place: Division,
    /// First month for which it holds.
    pub from: Month,
    /// The day of the statement.
    pub on: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// The original retirement age that applies to a worker: decided by post and file, not by sex alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum RetireClass {
    /// Men, 60.
    M60,
    /// Women, 55.
    F55,
    /// Women, 50.
    F50,
}

/// The class of retirement of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct RetireClassFact<'a> {
    /// The worker.
    pub account: AccountId,
    /// Class.
    pub class: RetireClass,
    /// The day of the decision.
    pub on: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// What a statement of birth rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum BirthEvidence {
    /// The citizen's id.
    CitizenId,
    /// The personnel archive 档案, which decides for benefits where it differs.
    Archive,
}

/// The month of birth of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Birth<'a> {
    /// The worker.
    pub account: AccountId,
    /// Month of birth: no rule of retirement asks for the day.
    pub birth: Month,
    /// What it rests on.
    pub by: BirthEvidence,
    /// The day of the statement.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// The worker has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Death<'a> {
    /// The worker.
    pub account: AccountId,
    /// Month of death: the last that can count.
    pub month: Month,
    /// The day of the notice.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// 协商确认: which of the records of several places agency and worker keep for months that all of them hold
/// (人社部发〔2009〕187号 art. 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Agreement<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme; the agreement is about its whole family.
    pub scheme: Scheme<'a>,
    /// First month.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// The place, or province, whose records stay; those of others are cleared.
    pub keep: Division,
    /// The day of the agreement.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// 制度衔接: the personal account of one pension scheme has been joined to that of another (人社部发〔2014〕17号 art. 3 to 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Bridge<'a> {
    /// The worker.
    pub account: AccountId,
    /// The scheme that was left; its relation has ended.
    pub scheme: Scheme<'a>,
    /// The scheme that took the account over.
    pub into: Scheme<'a>,
    /// Where it was done.
    pub place: Division,
    /// The day of the joining.
    pub on: Day,
    /// What was joined: the whole personal account, interest included.
    pub personal_account: Fen,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// 异议: the worker disputes a record, or an agency answers, as the kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Dispute<'a> {
    /// The worker.
    pub account: AccountId,
    /// Whose chain holds the target.
    pub region: Division,
    /// The record disputed; of an answer, the dispute.
    pub target: RecordId,
    /// Why, or how it was decided, as a code of the agency.
    pub reason: Code<'a>,
    /// The day.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// The root of a day of the access log of the node that writes the chain: what was read on it cannot be changed any more. Written
/// by the node itself; names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct AccessDigest {
    /// The day, in UTC+8.
    pub day: Day,
    /// Entries of the day: at least one.
    pub entries: u64,
    /// Hash of the last of them.
    pub last: Hash,
    /// Hash before the first: that of the last entry of the day before that had any, zeros on the first day of all.
    pub before: Hash,
}

/// 账户名册: the root of the register of all accounts that the chain has records of, up to a size; [`crate::register`]. Written by the
/// node itself; names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct AccountRegister {
    /// Which records count, and how: [`crate::register::FORM`] for the only form that there is.
    pub form: u16,
    /// The size of the chain that it covers.
    pub size: u64,
    /// How many accounts it has.
    pub accounts: u64,
    /// The root of its tree.
    pub root: Hash,
}
