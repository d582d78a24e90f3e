//! Records: entries that state a business fact, and their fields. Facts, never states.
//!
//! Element names in parentheses are those of GB/T 40217—2021. Every record of a person starts with the account, so that
//! an index can be built without reading further.

use crate::{
    codec::{self, CodecFault},
    entry::{Entry, Kind, RecordId, write_entry},
    hash::Hash,
    person::{AccountId, Names},
    value::{Code, Day, Division, Fen, Month, Rate, Scheme, TreeSize},
};
use alloc::vec::Vec;
use bincode::{BorrowDecode, Encode};

mod approval;
mod keys;
mod platforms;
mod stated;
mod subsidies;
mod warnings;

pub use approval::Approval;
pub use keys::{
    CREDENTIAL_BYTES_MAX, ED25519_BYTES, HolderKeyKind, KeyBound, KeyEnded, P256_BYTES,
};
pub use platforms::{
    DEPOSIT_SIGNATURE_BYTES, Deposit, DisabilityGrade, Earnings, FundDraw, FundMove, FundPrepay,
    InjuryDetermination, InjuryReport, InjuryStep, OipPremium, OrderRows, PlatformMonth, Reporter,
    Trade, TransportMode, Work,
};
pub use stated::{
    AccessDigest, AccountRegister, Agreement, Birth, BirthEvidence, Bridge, DEEMED_MONTHS_MAX,
    Death, Deemed, Dispute, Household, RetireClass, RetireClassFact,
};
pub use subsidies::Subsidy;
pub use warnings::{Ending, Subject, Warning, WarningClosed};

/// The month or months that a contribution is for (费款所属期, AAE003): one month, or the twelve of a year where a scheme
/// is paid by the year (AAE101).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct Period {
    /// First month.
    pub first: Month,
    /// Number of months, 1 to 12.
    pub months: u8,
}

impl Period {
    /// Every month of the period.
    pub fn iter(self) -> impl Iterator<Item = Month> {
        (0..u16::from(self.months)).filter_map(move |offset| self.first.plus(offset))
    }
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum PayerKind {
    /// An employer; its code is required.
    Unit,
    /// The worker alone (flexible employment, residents).
    Person,
    /// A government, for people whose premium it takes over (AAE341 = 11).
    Government,
    /// A platform, for the order premium of occupational-injury protection.
    Platform,
    /// Another fund, for instance unemployment insurance paying medical insurance during a claim (社会保险法 48).
    Fund,
}

/// Who pays, with the number that names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct Payer<'a> {
    /// What sort of payer.
    pub kind: PayerKind,
    /// Unified social credit code or unit code (BAB010 / AAB001), or the code of the fund; none for a person.
    pub id: Code<'a>,
}

/// An amount split by who bears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Shares {
    /// Borne by the unit (or credited from it).
    pub unit: Fen,
    /// Borne by the person (or credited from them).
    pub person: Fen,
}

/// Rates split by who bears them (AAA042, AAA041).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct ShareRates {
    /// Of the unit.
    pub unit: Rate,
    /// Of the person.
    pub person: Rate,
}

/// Government money beside a contribution (AAE034, AAE024, AAE026, AAE028).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Subsidies {
    /// Central government.
    pub central: Fen,
    /// Province.
    pub province: Fen,
    /// City.
    pub city: Fen,
    /// County.
    pub county: Fen,
}

/// Type of account (AAE473).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode,
)]
pub enum AccountType {
    /// 一般账户.
    #[default]
    General,
    /// 临时缴费账户: money is gathered elsewhere in the end (国办发〔2009〕66号 art. 5).
    Temporary,
}

/// Where a record comes from in the agency's own books.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode,
)]
pub struct Source<'a> {
    /// Handling agency 经办机构编码 (AAB034).
    pub agency: Code<'a>,
    /// The business system.
    pub system: Code<'a>,
    /// The serial number of the transaction in that system. With the system and the agency it is the business key.
    pub serial: Code<'a>,
}

/// One contribution: due, received, adjusted or refunded, as its kind says (domain rules 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Contribution<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme 险种 (AAE140 with its namespace).
    pub scheme: Scheme<'a>,
    /// 费款所属期 (AAE003).
    pub period: Period,
    /// 结算年月 (AAE002): later than the period for arrears, earlier for prepayments.
    pub settlement: Month,
    /// 到账日期 (EAD131): when the money reached the treasury; none if it has not.
    pub received: Option<Day>,
    /// Place of participation (AAB301).
    pub place: Division,
    /// Who pays.
    pub payer: Payer<'a>,
    /// 应缴类型 (AAA115): 10 normal, 20 refund, 31 to 35 arrears and differences, 40 one-off.
    pub nature: u16,
    /// 缴费基数 (AAE180); for a difference the difference.
    pub base: Fen,
    /// Rates; both 0 where the amount is fixed or by tier.
    pub rates: ShareRates,
    /// 应缴 (AAE020, AAE022).
    pub due: Shares,
    /// 实缴 (AAE080, AAE082).
    pub paid: Shares,
    /// Credited to the personal account (AAE081, AAE083).
    pub credited: Shares,
    /// 足额到账标志 (AAE078): a month counts only when fully paid.
    pub full: bool,
    /// 滞纳金 (AAB204): never part of base or credit.
    pub late_fee: Fen,
    /// Subsidies, resident schemes.
    pub subsidies: Subsidies,
    /// General or temporary account.
    pub account_type: AccountType,
    /// The record that an adjustment or refund is about; required for refunds.
    pub target: Option<RecordId>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// An earlier record of the same chain was wrong and never held; what is right follows as a record of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Reversal<'a> {
    /// The worker of the target.
    pub account: AccountId,
    /// The record taken back; one of the same chain.
    pub target: RecordId,
    /// Why, as a code of the agency.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// Yearly interest posted to a personal account by the agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct InterestCredit<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme.
    pub scheme: Scheme<'a>,
    /// The year that the interest is for.
    pub year: u16,
    /// 记账利率, for instance 0.0262.
    pub rate: Rate,
    /// Interest on the parts credited from unit and person.
    pub amount: Shares,
    /// When it was posted.
    pub posted: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// Enrolment, suspension, resumption or end of participation, as the kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Participation<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme.
    pub scheme: Scheme<'a>,
    /// First month for which it holds.
    pub from: Month,
    /// Place of participation.
    pub place: Division,
    /// Through whom the worker participates.
    pub payer: Payer<'a>,
    /// 中断/变更原因 (AAE160), for instance 6313.
    pub reason: Code<'a>,
    /// General or temporary account.
    pub account_type: AccountType,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct TransferSide<'a> {
    /// Place.
    pub place: Division,
    /// Handling agency.
    pub agency: Code<'a>,
}

/// The number that all records of one transfer case carry, in both chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct CaseId(pub [u8; 16]);

/// What a transfer moves (GB/T 40217 table 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct TransferSums {
    /// Deemed months (AAE200).
    pub deemed_months: u16,
    /// Actual months (AAE201).
    pub actual_months: u16,
    /// Personal account, whole (AIC099).
    pub personal_account: Fen,
    /// Of it from the unit (AIC100).
    pub personal_account_unit: Fen,
    /// Pool money (AIC103).
    pub pool: Fen,
}

/// One step of a transfer, as the kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct TransferStep<'a> {
    /// The worker.
    pub account: AccountId,
    /// The case.
    pub case: CaseId,
    /// Scheme.
    pub scheme: Scheme<'a>,
    /// Old place.
    pub source_side: TransferSide<'a>,
    /// New place.
    pub target_side: TransferSide<'a>,
    /// The day of the step.
    pub on: Day,
    /// First month moved; with `last` absent where the step names none.
    pub first: Option<Month>,
    /// Last month moved.
    pub last: Option<Month>,
    /// Months and money.
    pub sums: TransferSums,
    /// General or temporary account at the old place.
    pub account_type: AccountType,
    /// Hash of the document behind the step (letter, sheet, receipt), zeros if none.
    pub document: Hash,
    /// Why, for returns, withdrawals and corrections.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// A benefit fact, as the kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Benefit<'a> {
    /// The worker.
    pub account: AccountId,
    /// Scheme.
    pub scheme: Scheme<'a>,
    /// 待遇项目 (AAA036), for instance 100011.
    pub item: Code<'a>,
    /// First month of benefit that it concerns.
    pub from: Month,
    /// Last month, where there is one.
    pub until: Option<Month>,
    /// Amount a month, or the amount paid, overpaid or recovered.
    pub amount: Fen,
    /// The day it happened.
    pub on: Day,
    /// Place of benefit.
    pub place: Division,
    /// The record it follows from (an award for a payment, a payment for an overpayment).
    pub target: Option<RecordId>,
    /// Why, for suspensions and stops.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// Two accounts belong to one person, or, as a split, an earlier link was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Identity<'a> {
    /// The account to be found under.
    pub account: AccountId,
    /// The other account.
    pub other: AccountId,
    /// The link that a split takes back; none for a link.
    pub target: Option<RecordId>,
    /// Why: 15 to 18 digits, correction, naturalisation.
    pub reason: Code<'a>,
    /// Hash of the evidence.
    pub evidence: Hash,
    /// The day of the decision.
    pub on: Day,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// A business fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// [`Kind::DUE`], [`Kind::RECEIVED`], [`Kind::ADJUST_DELTA`], [`Kind::REFUND`].
    Contribution(Kind, Contribution<'a>),
    /// [`Kind::REVERSAL`].
    Reversal(Reversal<'a>),
    /// [`Kind::INTEREST_CREDIT`].
    InterestCredit(InterestCredit<'a>),
    /// [`Kind::ENROL`], [`Kind::SUSPEND`], [`Kind::RESUME`], [`Kind::TERMINATE`].
    Participation(Kind, Participation<'a>),
    /// [`Kind::CERTIFICATE`] to [`Kind::CORRECTION`].
    Transfer(Kind, TransferStep<'a>),
    /// [`Kind::BENEFIT_APPLY`] to [`Kind::RECOVERY`].
    Benefit(Kind, Benefit<'a>),
    /// [`Kind::IDENTITY_LINK`], [`Kind::IDENTITY_SPLIT`].
    Identity(Kind, Identity<'a>),
    /// [`Kind::DEATH_NOTICE`].
    Death(Death<'a>),
    /// [`Kind::DEEMED_MONTHS`].
    Deemed(Deemed<'a>),
    /// [`Kind::HUKOU_FACT`].
    Household(Household<'a>),
    /// [`Kind::RETIRE_CLASS_FACT`].
    RetireClass(RetireClassFact<'a>),
    /// [`Kind::BIRTH_DATE_FACT`].
    Birth(Birth<'a>),
    /// [`Kind::DUPLICATE_AGREEMENT`].
    Agreement(Agreement<'a>),
    /// [`Kind::BRIDGE`].
    Bridge(Bridge<'a>),
    /// [`Kind::DISPUTE`], [`Kind::DISPUTE_OUTCOME`].
    Dispute(Kind, Dispute<'a>),
    /// [`Kind::ACCESS_DIGEST`].
    AccessDigest(AccessDigest),
    /// [`Kind::ACCOUNT_REGISTER`].
    AccountRegister(AccountRegister),
    /// [`Kind::KEY_BOUND`].
    KeyBound(KeyBound<'a>),
    /// [`Kind::KEY_ENDED`].
    KeyEnded(KeyEnded<'a>),
    /// [`Kind::APPROVAL`].
    Approval(Approval<'a>),
    /// [`Kind::SUBSIDY_APPLY`], [`Kind::SUBSIDY_AWARD`], [`Kind::SUBSIDY_CREDIT`].
    Subsidy(Kind, Subsidy<'a>),
    /// [`Kind::PLATFORM_MONTH`].
    PlatformMonth(PlatformMonth<'a>),
    /// [`Kind::OIP_PREMIUM`].
    OipPremium(OipPremium<'a>),
    /// [`Kind::INJURY_REPORT`].
    InjuryReport(InjuryReport<'a>),
    /// [`Kind::INJURY_DETERMINATION`].
    InjuryDetermination(InjuryDetermination<'a>),
    /// [`Kind::DISABILITY_GRADE`].
    DisabilityGrade(DisabilityGrade<'a>),
    /// [`Kind::FUND_PREPAY`].
    FundPrepay(FundPrepay<'a>),
    /// [`Kind::FUND_DRAW`].
    FundDraw(FundDraw<'a>),
    /// [`Kind::WARNING`].
    Warning(Warning<'a>),
    /// [`Kind::WARNING_CLOSED`].
    WarningClosed(WarningClosed<'a>),
    /// [`Kind::DEPOSIT`].
    Deposit(Deposit<'a>),
    /// A kind that this version does not read: kept, hashed, replicated and reported.
    Unknown(Unread<'a>),
}

/// What stands in a chain under a kind that this version does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread<'a> {
    /// The kind.
    pub kind: Kind,
    /// Its fields, as they stand there.
    pub payload: &'a [u8],
    /// Whose it is: the first bytes of the payload, where the kind is personal and has as many.
    pub account: Option<AccountId>,
}

/// Which fields a kind has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Batch,
    Contribution,
    Reversal,
    InterestCredit,
    Participation,
    Transfer,
    Benefit,
    Identity,
    Death,
    Deemed,
    Household,
    RetireClass,
    Birth,
    Agreement,
    Bridge,
    AccessDigest,
    AccountRegister,
    Dispute,
    KeyBound,
    KeyEnded,
    Approval,
    Subsidy,
    PlatformMonth,
    OipPremium,
    InjuryReport,
    InjuryDetermination,
    DisabilityGrade,
    FundPrepay,
    FundDraw,
    Warning,
    WarningClosed,
    Deposit,
    Unknown,
}

impl Shape {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::BATCH => Self::Batch,
            Kind::DUE | Kind::RECEIVED | Kind::ADJUST_DELTA | Kind::REFUND => Self::Contribution,
            Kind::REVERSAL => Self::Reversal,
            Kind::INTEREST_CREDIT => Self::InterestCredit,
            Kind::ENROL | Kind::SUSPEND | Kind::RESUME | Kind::TERMINATE => Self::Participation,
            kind if (Kind::CERTIFICATE..=Kind::CORRECTION).contains(&kind) => Self::Transfer,
            kind if (Kind::BENEFIT_APPLY..=Kind::RECOVERY).contains(&kind) => Self::Benefit,
            Kind::IDENTITY_LINK | Kind::IDENTITY_SPLIT => Self::Identity,
            Kind::DEATH_NOTICE => Self::Death,
            Kind::DEEMED_MONTHS => Self::Deemed,
            Kind::HUKOU_FACT => Self::Household,
            Kind::RETIRE_CLASS_FACT => Self::RetireClass,
            Kind::BIRTH_DATE_FACT => Self::Birth,
            Kind::DUPLICATE_AGREEMENT => Self::Agreement,
            Kind::BRIDGE => Self::Bridge,
            Kind::ACCESS_DIGEST => Self::AccessDigest,
            Kind::ACCOUNT_REGISTER => Self::AccountRegister,
            Kind::DISPUTE | Kind::DISPUTE_OUTCOME => Self::Dispute,
            Kind::KEY_BOUND => Self::KeyBound,
            Kind::KEY_ENDED => Self::KeyEnded,
            Kind::APPROVAL => Self::Approval,
            Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT => Self::Subsidy,
            Kind::PLATFORM_MONTH => Self::PlatformMonth,
            Kind::OIP_PREMIUM => Self::OipPremium,
            Kind::INJURY_REPORT => Self::InjuryReport,
            Kind::INJURY_DETERMINATION => Self::InjuryDetermination,
            Kind::DISABILITY_GRADE => Self::DisabilityGrade,
            Kind::FUND_PREPAY => Self::FundPrepay,
            Kind::FUND_DRAW => Self::FundDraw,
            Kind::WARNING => Self::Warning,
            Kind::WARNING_CLOSED => Self::WarningClosed,
            Kind::DEPOSIT => Self::Deposit,
            _ => Self::Unknown,
        }
    }
}

impl<'a> Record<'a> {
    /// Where it comes from in the agency's own books; nothing of what the node itself writes, or of a kind that this version does
    /// not read.
    pub const fn source(&self) -> Option<Source<'a>> {
        match self {
            Self::Contribution(_, fields) => Some(fields.source),
            Self::Reversal(fields) => Some(fields.source),
            Self::InterestCredit(fields) => Some(fields.source),
            Self::Participation(_, fields) => Some(fields.source),
            Self::Transfer(_, fields) => Some(fields.source),
            Self::Benefit(_, fields) => Some(fields.source),
            Self::Identity(_, fields) => Some(fields.source),
            Self::Deemed(fields) => Some(fields.source),
            Self::Household(fields) => Some(fields.source),
            Self::RetireClass(fields) => Some(fields.source),
            Self::Birth(fields) => Some(fields.source),
            Self::Death(fields) => Some(fields.source),
            Self::Agreement(fields) => Some(fields.source),
            Self::Bridge(fields) => Some(fields.source),
            Self::Dispute(_, fields) => Some(fields.source),
            Self::Subsidy(_, fields) => Some(fields.source),
            Self::PlatformMonth(fields) => Some(fields.source),
            Self::OipPremium(fields) => Some(fields.source),
            Self::InjuryReport(fields) => Some(fields.source),
            Self::InjuryDetermination(fields) => Some(fields.source),
            Self::DisabilityGrade(fields) => Some(fields.source),
            Self::FundPrepay(fields) => Some(fields.source),
            Self::FundDraw(fields) => Some(fields.source),
            Self::Warning(fields) => Some(fields.source),
            Self::WarningClosed(fields) => Some(fields.source),
            Self::Deposit(_)
            | Self::AccessDigest(_)
            | Self::AccountRegister(_)
            | Self::KeyBound(_)
            | Self::KeyEnded(_)
            | Self::Approval(_)
            | Self::Unknown(..) => None,
        }
    }

    /// A record of a kind that this version does not read.
    pub fn unread(kind: Kind, payload: &'a [u8]) -> Self {
        let account = match payload.first_chunk() {
            Some(first) if kind.is_personal() => Some(AccountId(*first)),
            _ => None,
        };
        Self::Unknown(Unread {
            kind,
            payload,
            account,
        })
    }

    /// Reads the payload of an entry.
    ///
    /// # Errors
    /// Any [`CodecFault`]; for a kind that this version does not read, none.
    pub fn read(entry: &Entry<'a>) -> Result<Self, CodecFault> {
        let record = match Shape::of(entry.kind) {
            Shape::Contribution => Self::Contribution(entry.kind, codec::decode(entry.payload)?),
            Shape::Reversal => Self::Reversal(codec::decode(entry.payload)?),
            Shape::InterestCredit => Self::InterestCredit(codec::decode(entry.payload)?),
            Shape::Participation => Self::Participation(entry.kind, codec::decode(entry.payload)?),
            Shape::Transfer => Self::Transfer(entry.kind, codec::decode(entry.payload)?),
            Shape::Benefit => Self::Benefit(entry.kind, codec::decode(entry.payload)?),
            Shape::Identity => Self::Identity(entry.kind, codec::decode(entry.payload)?),
            Shape::Death => Self::Death(codec::decode(entry.payload)?),
            Shape::Deemed => Self::Deemed(codec::decode(entry.payload)?),
            Shape::Household => Self::Household(codec::decode(entry.payload)?),
            Shape::RetireClass => Self::RetireClass(codec::decode(entry.payload)?),
            Shape::Birth => Self::Birth(codec::decode(entry.payload)?),
            Shape::Agreement => Self::Agreement(codec::decode(entry.payload)?),
            Shape::Bridge => Self::Bridge(codec::decode(entry.payload)?),
            Shape::AccessDigest => Self::AccessDigest(codec::decode(entry.payload)?),
            Shape::AccountRegister => Self::AccountRegister(codec::decode(entry.payload)?),
            Shape::Dispute => Self::Dispute(entry.kind, codec::decode(entry.payload)?),
            Shape::KeyBound => Self::KeyBound(codec::decode(entry.payload)?),
            Shape::KeyEnded => Self::KeyEnded(codec::decode(entry.payload)?),
            Shape::Approval => Self::Approval(codec::decode(entry.payload)?),
            Shape::Subsidy => Self::Subsidy(entry.kind, codec::decode(entry.payload)?),
            Shape::PlatformMonth => Self::PlatformMonth(codec::decode(entry.payload)?),
            Shape::OipPremium => Self::OipPremium(codec::decode(entry.payload)?),
            Shape::InjuryReport => Self::InjuryReport(codec::decode(entry.payload)?),
            Shape::InjuryDetermination => Self::InjuryDetermination(codec::decode(entry.payload)?),
            Shape::DisabilityGrade => Self::DisabilityGrade(codec::decode(entry.payload)?),
            Shape::FundPrepay => Self::FundPrepay(codec::decode(entry.payload)?),
            Shape::FundDraw => Self::FundDraw(codec::decode(entry.payload)?),
            Shape::Warning => Self::Warning(codec::decode(entry.payload)?),
            Shape::WarningClosed => Self::WarningClosed(codec::decode(entry.payload)?),
            Shape::Deposit => Self::Deposit(codec::decode(entry.payload)?),
            Shape::Batch | Shape::Unknown => Self::unread(entry.kind, entry.payload),
        };
        record.check()?;
        Ok(record)
    }

    /// Appends the entry of this record to `out`.
    ///
    /// # Errors
    /// [`CodecFault::Field`] when a field breaks a rule of its kind, [`CodecFault::TooLarge`].
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), CodecFault> {
        if !self.kind_fits() {
            return Err(CodecFault::Field("the kind is not one of these fields"));
        }
        self.check()?;
        let mut payload = Vec::with_capacity(256);
        match self {
            Self::Contribution(_, fields) => codec::encode(fields, &mut payload)?,
            Self::Reversal(fields) => codec::encode(fields, &mut payload)?,
            Self::InterestCredit(fields) => codec::encode(fields, &mut payload)?,
            Self::Participation(_, fields) => codec::encode(fields, &mut payload)?,
            Self::Transfer(_, fields) => codec::encode(fields, &mut payload)?,
            Self::Benefit(_, fields) => codec::encode(fields, &mut payload)?,
            Self::Identity(_, fields) => codec::encode(fields, &mut payload)?,
            Self::Death(fields) => codec::encode(fields, &mut payload)?,
            Self::Deemed(fields) => codec::encode(fields, &mut payload)?,
            Self::Household(fields) => codec::encode(fields, &mut payload)?,
            Self::RetireClass(fields) => codec::encode(fields, &mut payload)?,
            Self::Birth(fields) => codec::encode(fields, &mut payload)?,
            Self::Agreement(fields) => codec::encode(fields, &mut payload)?,
            Self::Bridge(fields) => codec::encode(fields, &mut payload)?,
            Self::AccessDigest(fields) => codec::encode(fields, &mut payload)?,
            Self::AccountRegister(fields) => codec::encode(fields, &mut payload)?,
            Self::Dispute(_, fields) => codec::encode(fields, &mut payload)?,
            Self::KeyBound(fields) => codec::encode(fields, &mut payload)?,
            Self::KeyEnded(fields) => codec::encode(fields, &mut payload)?,
            Self::Approval(fields) => codec::encode(fields, &mut payload)?,
            Self::Subsidy(_, fields) => codec::encode(fields, &mut payload)?,
            Self::PlatformMonth(fields) => codec::encode(fields, &mut payload)?,
            Self::OipPremium(fields) => codec::encode(fields, &mut payload)?,
            Self::InjuryReport(fields) => codec::encode(fields, &mut payload)?,
            Self::InjuryDetermination(fields) => codec::encode(fields, &mut payload)?,
            Self::DisabilityGrade(fields) => codec::encode(fields, &mut payload)?,
            Self::FundPrepay(fields) => codec::encode(fields, &mut payload)?,
            Self::FundDraw(fields) => codec::encode(fields, &mut payload)?,
            Self::Warning(fields) => codec::encode(fields, &mut payload)?,
            Self::WarningClosed(fields) => codec::encode(fields, &mut payload)?,
            Self::Deposit(fields) => codec::encode(fields, &mut payload)?,
            Self::Unknown(unread) if unread.payload.len() > codec::PAYLOAD_BYTES_MAX => {
                return Err(CodecFault::TooLarge);
            }
            Self::Unknown(unread) => payload.extend_from_slice(unread.payload),
        }
        write_entry(self.kind(), &payload, out);
        Ok(())
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Reversal(_) => Kind::REVERSAL,
            Self::InterestCredit(_) => Kind::INTEREST_CREDIT,
            Self::Death(_) => Kind::DEATH_NOTICE,
            Self::Deemed(_) => Kind::DEEMED_MONTHS,
            Self::Household(_) => Kind::HUKOU_FACT,
            Self::RetireClass(_) => Kind::RETIRE_CLASS_FACT,
            Self::Birth(_) => Kind::BIRTH_DATE_FACT,
            Self::Agreement(_) => Kind::DUPLICATE_AGREEMENT,
            Self::Bridge(_) => Kind::BRIDGE,
            Self::AccessDigest(_) => Kind::ACCESS_DIGEST,
            Self::AccountRegister(_) => Kind::ACCOUNT_REGISTER,
            Self::KeyBound(_) => Kind::KEY_BOUND,
            Self::KeyEnded(_) => Kind::KEY_ENDED,
            Self::Approval(_) => Kind::APPROVAL,
            Self::PlatformMonth(_) => Kind::PLATFORM_MONTH,
            Self::OipPremium(_) => Kind::OIP_PREMIUM,
            Self::InjuryReport(_) => Kind::INJURY_REPORT,
            Self::InjuryDetermination(_) => Kind::INJURY_DETERMINATION,
            Self::DisabilityGrade(_) => Kind::DISABILITY_GRADE,
            Self::FundPrepay(_) => Kind::FUND_PREPAY,
            Self::FundDraw(_) => Kind::FUND_DRAW,
            Self::Warning(_) => Kind::WARNING,
            Self::WarningClosed(_) => Kind::WARNING_CLOSED,
            Self::Deposit(_) => Kind::DEPOSIT,
            Self::Contribution(kind, _)
            | Self::Participation(kind, _)
            | Self::Transfer(kind, _)
            | Self::Benefit(kind, _)
            | Self::Identity(kind, _)
            | Self::Dispute(kind, _)
            | Self::Subsidy(kind, _) => *kind,
            Self::Unknown(unread) => unread.kind,
        }
    }

    /// The accounts that the record is about, to be found under: none for what a node writes of its own accord, and for a kind that this
    /// version does not read the one that [`Kind::is_personal`] lets be told.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        let (account, other) = match self {
            Self::Contribution(_, fields) => (Some(fields.account), None),
            Self::Reversal(fields) => (Some(fields.account), None),
            Self::InterestCredit(fields) => (Some(fields.account), None),
            Self::Participation(_, fields) => (Some(fields.account), None),
            Self::Transfer(_, fields) => (Some(fields.account), None),
            Self::Benefit(_, fields) => (Some(fields.account), None),
            Self::Identity(_, fields) => (Some(fields.account), Some(fields.other)),
            Self::Death(fields) => (Some(fields.account), None),
            Self::Deemed(fields) => (Some(fields.account), None),
            Self::Household(fields) => (Some(fields.account), None),
            Self::RetireClass(fields) => (Some(fields.account), None),
            Self::Birth(fields) => (Some(fields.account), None),
            Self::Agreement(fields) => (Some(fields.account), None),
            Self::Bridge(fields) => (Some(fields.account), None),
            Self::Dispute(_, fields) => (Some(fields.account), None),
            Self::Subsidy(_, fields) => (Some(fields.account), None),
            Self::PlatformMonth(fields) => (Some(fields.account), None),
            Self::InjuryReport(fields) => (Some(fields.account), None),
            Self::InjuryDetermination(fields) => (Some(fields.account), None),
            Self::DisabilityGrade(fields) => (Some(fields.account), None),
            Self::AccessDigest(_)
            | Self::AccountRegister(_)
            | Self::KeyBound(_)
            | Self::KeyEnded(_)
            | Self::Approval(_)
            | Self::OipPremium(_)
            | Self::FundPrepay(_)
            | Self::FundDraw(_)
            | Self::Warning(_)
            | Self::WarningClosed(_)
            | Self::Deposit(_) => (None, None),
            Self::Unknown(unread) => (unread.account, None),
        };
        account.into_iter().chain(other)
    }

    /// The same record, with its accounts under the names that they are read under.
    #[must_use]
    pub fn under(mut self, names: &Names) -> Self {
        if names.is_empty() {
            return self;
        }
        let (account, other) = match &mut self {
            Self::Contribution(_, fields) => (Some(&mut fields.account), None),
            Self::Reversal(fields) => (Some(&mut fields.account), None),
            Self::InterestCredit(fields) => (Some(&mut fields.account), None),
            Self::Participation(_, fields) => (Some(&mut fields.account), None),
            Self::Transfer(_, fields) => (Some(&mut fields.account), None),
            Self::Benefit(_, fields) => (Some(&mut fields.account), None),
            Self::Identity(_, fields) => (Some(&mut fields.account), Some(&mut fields.other)),
            Self::Death(fields) => (Some(&mut fields.account), None),
            Self::Deemed(fields) => (Some(&mut fields.account), None),
            Self::Household(fields) => (Some(&mut fields.account), None),
            Self::RetireClass(fields) => (Some(&mut fields.account), None),
            Self::Birth(fields) => (Some(&mut fields.account), None),
            Self::Agreement(fields) => (Some(&mut fields.account), None),
            Self::Bridge(fields) => (Some(&mut fields.account), None),
            Self::Dispute(_, fields) => (Some(&mut fields.account), None),
            Self::Subsidy(_, fields) => (Some(&mut fields.account), None),
            Self::PlatformMonth(fields) => (Some(&mut fields.account), None),
            Self::InjuryReport(fields) => (Some(&mut fields.account), None),
            Self::InjuryDetermination(fields) => (Some(&mut fields.account), None),
            Self::DisabilityGrade(fields) => (Some(&mut fields.account), None),
            Self::AccessDigest(_)
            | Self::AccountRegister(_)
            | Self::KeyBound(_)
            | Self::KeyEnded(_)
            | Self::Approval(_)
            | Self::OipPremium(_)
            | Self::FundPrepay(_)
            | Self::FundDraw(_)
            | Self::Warning(_)
            | Self::WarningClosed(_)
            | Self::Deposit(_) => (None, None),
            Self::Unknown(unread) => (unread.account.as_mut(), None),
        };
        for account in account.into_iter().chain(other) {
            *account = names.account(*account);
        }
        self
    }

    /// The record that this one acts on, names or disputes.
    pub fn target(&self) -> Option<RecordId> {
        let mut copy = *self;
        copy.target_mut().copied()
    }

    const fn target_mut(&mut self) -> Option<&mut RecordId> {
        match self {
            Self::Contribution(_, fields) => fields.target.as_mut(),
            Self::Reversal(fields) => Some(&mut fields.target),
            Self::Benefit(_, fields) => fields.target.as_mut(),
            Self::Identity(_, fields) => fields.target.as_mut(),
            Self::Dispute(_, fields) => Some(&mut fields.target),
            Self::Subsidy(_, fields) => fields.target.as_mut(),
            Self::PlatformMonth(fields) => fields.target.as_mut(),
            Self::OipPremium(fields) => fields.target.as_mut(),
            Self::FundPrepay(fields) => fields.target.as_mut(),
            Self::FundDraw(fields) => fields.target.as_mut(),
            Self::WarningClosed(fields) => Some(&mut fields.target),
            Self::InjuryReport(_)
            | Self::InjuryDetermination(_)
            | Self::DisabilityGrade(_)
            | Self::Warning(_)
            | Self::Deposit(_)
            | Self::InterestCredit(_)
            | Self::Participation(..)
            | Self::Transfer(..)
            | Self::Death(_)
            | Self::Deemed(_)
            | Self::Household(_)
            | Self::RetireClass(_)
            | Self::Birth(_)
            | Self::Agreement(_)
            | Self::Bridge(_)
            | Self::AccessDigest(_)
            | Self::AccountRegister(_)
            | Self::KeyBound(_)
            | Self::KeyEnded(_)
            | Self::Approval(_)
            | Self::Unknown(..) => None,
        }
    }

    /// The same record with another target, where `other` knows one in the place of its own.
    #[must_use]
    pub(crate) fn aiming(mut self, other: impl Fn(RecordId) -> Option<RecordId>) -> Self {
        if let Some(target) = self.target_mut() {
            *target = other(*target).unwrap_or(*target);
        }
        self
    }

    /// Whether the kind has these fields, so that what is written is read back as the same.
    fn kind_fits(&self) -> bool {
        let shape = match self {
            Self::Contribution(..) => Shape::Contribution,
            Self::Reversal(_) => Shape::Reversal,
            Self::InterestCredit(_) => Shape::InterestCredit,
            Self::Participation(..) => Shape::Participation,
            Self::Transfer(..) => Shape::Transfer,
            Self::Benefit(..) => Shape::Benefit,
            Self::Identity(..) => Shape::Identity,
            Self::Death(_) => Shape::Death,
            Self::Deemed(_) => Shape::Deemed,
            Self::Household(_) => Shape::Household,
            Self::RetireClass(_) => Shape::RetireClass,
            Self::Birth(_) => Shape::Birth,
            Self::Agreement(_) => Shape::Agreement,
            Self::Bridge(_) => Shape::Bridge,
            Self::AccessDigest(_) => Shape::AccessDigest,
            Self::AccountRegister(_) => Shape::AccountRegister,
            Self::Dispute(..) => Shape::Dispute,
            Self::KeyBound(_) => Shape::KeyBound,
            Self::KeyEnded(_) => Shape::KeyEnded,
            Self::Approval(_) => Shape::Approval,
            Self::Subsidy(..) => Shape::Subsidy,
            Self::PlatformMonth(_) => Shape::PlatformMonth,
            Self::OipPremium(_) => Shape::OipPremium,
            Self::InjuryReport(_) => Shape::InjuryReport,
            Self::InjuryDetermination(_) => Shape::InjuryDetermination,
            Self::DisabilityGrade(_) => Shape::DisabilityGrade,
            Self::FundPrepay(_) => Shape::FundPrepay,
            Self::FundDraw(_) => Shape::FundDraw,
            Self::Warning(_) => Shape::Warning,
            Self::WarningClosed(_) => Shape::WarningClosed,
            Self::Deposit(_) => Shape::Deposit,
            Self::Unknown(..) => Shape::Unknown,
        };
        Shape::of(self.kind()) == shape
    }

    /// The scheme that it is about, if it is about one.
    pub const fn scheme(&self) -> Option<Scheme<'a>> {
        match self {
            Self::Contribution(_, fields) => Some(fields.scheme),
            Self::InterestCredit(fields) => Some(fields.scheme),
            Self::Participation(_, fields) => Some(fields.scheme),
            Self::Transfer(_, fields) => Some(fields.scheme),
            Self::Benefit(_, fields) => Some(fields.scheme),
            Self::Deemed(fields) => Some(fields.scheme),
            Self::Agreement(fields) => Some(fields.scheme),
            Self::Bridge(fields) => Some(fields.scheme),
            Self::Subsidy(_, fields) => Some(fields.scheme),
            Self::InjuryDetermination(fields) => Some(fields.scheme),
            Self::PlatformMonth(_)
            | Self::OipPremium(_)
            | Self::InjuryReport(_)
            | Self::DisabilityGrade(_)
            | Self::FundPrepay(_)
            | Self::FundDraw(_)
            | Self::Warning(_)
            | Self::WarningClosed(_)
            | Self::Deposit(_)
            | Self::Reversal(_)
            | Self::Identity(..)
            | Self::Death(_)
            | Self::Household(_)
            | Self::RetireClass(_)
            | Self::Birth(_)
            | Self::AccessDigest(_)
            | Self::AccountRegister(_)
            | Self::Dispute(..)
            | Self::KeyBound(_)
            | Self::KeyEnded(_)
            | Self::Approval(_)
            | Self::Unknown(..) => None,
        }
    }

    /// Rules between fields that make a record meaningless when broken. Rules of law are not among them: a record that
    /// an agency signed is a fact even where the agency erred.
    fn check(&self) -> Result<(), CodecFault> {
        let scheme_is_named = self.scheme().is_none_or(|scheme| !scheme.code.is_none());
        rule(scheme_is_named, "the scheme code is empty")?;
        match self {
            Self::Contribution(kind, fields) => check_contribution(*kind, fields),
            Self::InterestCredit(fields) => rule(
                (1_900..=9_999).contains(&fields.year),
                "a year is not between 1900 and 9999",
            ),
            Self::Transfer(_, fields) => check_transfer(fields),
            Self::Benefit(_, fields) => rule(
                fields.until.is_none_or(|until| fields.from <= until),
                SPAN_BACKWARDS,
            ),
            Self::Identity(kind, fields) => check_identity(*kind, fields),
            Self::Deemed(fields) => check_deemed(fields),
            Self::Bridge(fields) => {
                rule(!fields.into.code.is_none(), "the scheme code is empty")?;
                rule(fields.scheme != fields.into, "a scheme is joined to itself")
            }
            Self::Agreement(fields) => rule(fields.first <= fields.last, SPAN_BACKWARDS),
            Self::AccessDigest(fields) => rule(fields.entries > 0, "a day of reads has none"),
            Self::AccountRegister(fields) => check_register(fields),
            Self::KeyBound(fields) => check_key(fields),
            Self::Approval(fields) => check_approval(fields),
            Self::Subsidy(kind, fields) => subsidies::check(*kind, fields),
            Self::PlatformMonth(fields) => platforms::check_month(fields),
            Self::OipPremium(fields) => platforms::check_premium(fields),
            Self::InjuryReport(fields) => platforms::check_report(fields),
            Self::DisabilityGrade(fields) => platforms::check_grade(fields),
            Self::FundPrepay(fields) => platforms::check_prepay(fields),
            Self::FundDraw(fields) => platforms::check_draw(fields),
            Self::Deposit(fields) => platforms::check_deposit(fields),
            Self::Warning(fields) => warnings::check(fields),
            Self::WarningClosed(fields) => warnings::check_closed(fields),
            Self::Reversal(_)
            | Self::Participation(..)
            | Self::Death(_)
            | Self::Household(_)
            | Self::RetireClass(_)
            | Self::Birth(_)
            | Self::Dispute(..)
            | Self::KeyEnded(_)
            | Self::InjuryDetermination(_)
            | Self::Unknown(..) => Ok(()),
        }
    }
}

const SPAN_BACKWARDS: &str = "a span of months ends before it begins";

/// A rule of a record's fields.
fn rule(holds: bool, broken: &'static str) -> Result<(), CodecFault> {
    if holds {
        Ok(())
    } else {
        Err(CodecFault::Field(broken))
    }
}

fn check_contribution(kind: Kind, fields: &Contribution<'_>) -> Result<(), CodecFault> {
    check_period(fields.period)?;
    rule(
        fields.payer.kind != PayerKind::Unit || !fields.payer.id.is_none(),
        "a contribution of a unit does not name the unit",
    )?;
    rule(
        kind != Kind::REFUND || fields.target.is_some(),
        "a refund does not name its target",
    )?;
    rule(
        kind == Kind::DUE || fields.received.is_some(),
        "money received has no date of receipt",
    )?;
    rule(
        kind != Kind::DUE || fields.received.is_none(),
        "a contribution only due has a date of receipt",
    )
}

fn check_period(period: Period) -> Result<(), CodecFault> {
    rule(
        (1..=12).contains(&period.months),
        "a period has not 1 to 12 months",
    )?;
    let last = u16::from(period.months)
        .checked_sub(1)
        .expect("a period has 1 month at least, as was just checked");
    rule(
        period.first.plus(last).is_some(),
        "a period ends after 5461-04",
    )
}

fn check_transfer(fields: &TransferStep<'_>) -> Result<(), CodecFault> {
    rule(
        fields.first.is_some() == fields.last.is_some(),
        "a span of months has one end only",
    )?;
    rule(fields.first <= fields.last, SPAN_BACKWARDS)
}

fn check_identity(kind: Kind, fields: &Identity<'_>) -> Result<(), CodecFault> {
    rule(
        fields.account != fields.other,
        "an account is linked to itself",
    )?;
    rule(
        (kind == Kind::IDENTITY_SPLIT) == fields.target.is_some(),
        "a split names the link that it takes back, and a link names none",
    )
}

fn check_register(fields: &AccountRegister) -> Result<(), CodecFault> {
    rule(fields.form > 0, "a register has no form")?;
    rule(
        fields.size <= TreeSize::MAX.0,
        "a register covers more than the largest tree",
    )?;
    // An entry names two accounts at most; twice the largest size fits, so nothing saturates.
    rule(
        fields.accounts <= fields.size.saturating_mul(2),
        "a register has more accounts than its entries can name",
    )?;
    rule(
        (fields.accounts == 0) == (fields.root == AccountRegister::empty_root()),
        "only a register without accounts has the root of the empty one",
    )
}

fn check_key(fields: &KeyBound<'_>) -> Result<(), CodecFault> {
    let key_bytes = match fields.kind {
        HolderKeyKind::Ed25519 => ED25519_BYTES,
        HolderKeyKind::Passkey => P256_BYTES,
    };
    rule(
        fields.public.len() == key_bytes,
        "a key has not the length of its kind",
    )?;
    let is_passkey = fields.kind == HolderKeyKind::Passkey;
    rule(
        !is_passkey || fields.public.first() == Some(&4),
        "the point of a passkey is not uncompressed",
    )?;
    rule(
        fields.credential.is_empty() != is_passkey,
        "a passkey has a credential id, and no other key has one",
    )?;
    rule(
        fields.credential.len() <= CREDENTIAL_BYTES_MAX,
        "a credential id is longer than 255 bytes",
    )?;
    rule(
        (fields.relying_party == Hash([0; 32])) != is_passkey,
        "a passkey has a relying party, and no other key has one",
    )
}

fn check_approval(fields: &Approval<'_>) -> Result<(), CodecFault> {
    rule(
        !fields.submitter.is_none(),
        "an approval does not name who submitted",
    )?;
    rule(
        fields.maker != Hash::ZERO && fields.checker != Hash::ZERO,
        "an approval does not name both certificates",
    )?;
    rule(
        fields.maker != fields.checker,
        "who submitted has approved it himself",
    )
}

fn check_deemed(fields: &Deemed<'_>) -> Result<(), CodecFault> {
    rule(fields.first <= fields.last, SPAN_BACKWARDS)?;
    rule(
        fields.last.since(fields.first) < i32::from(DEEMED_MONTHS_MAX),
        "deemed months are more than 1200",
    )
}
