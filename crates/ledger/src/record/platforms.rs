//! What platforms deposit about the work that they give, and what is paid for it: evidence, premiums, injuries, the special fund. Facts, never
//! states: what is covered, due or late is computed from them (docs/PLATFORMS.md).

use super::{CaseId, Period, Source, check_period, rule};
use crate::{
    codec::CodecFault,
    entry::RecordId,
    hash::Hash,
    order::MONTH_ROWS_MAX,
    person::AccountId,
    value::{Code, Day, Division, Fen, Month, Rate, Scheme, UnixMillis},
};
use bincode::{BorrowDecode, Encode};

/// Bytes of the signature of a deposit (Ed25519).
pub const DEPOSIT_SIGNATURE_BYTES: usize = 64;

/// The kind of business that an order belongs to: what premiums go by (人社部发〔2021〕110号: 出行, 外卖, 即时配送, 同城货运).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum Trade {
    /// 即时配送, meals and parcels.
    Delivery,
    /// 出行, persons.
    RideHailing,
    /// 同城货运, goods within a city.
    Freight,
    /// Any other: domestic work, lessons, work done online.
    Other,
}

/// How the worker moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum TransportMode {
    /// On foot.
    Foot,
    /// Bicycle, with a motor that needs no plate included.
    Bicycle,
    /// Motor cycle.
    MotorCycle,
    /// Car or van.
    Car,
    /// Not at all: work done online.
    Online,
}

/// How much was worked in a month, as the platform counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Work {
    /// Orders completed.
    pub orders: u32,
    /// Of them insured against occupational injury (每单必保).
    pub insured_orders: u32,
    /// Days with an order, 0 to 31. Per platform: three platforms on one day are three days.
    pub days: u8,
    /// Minutes under way with orders; two orders at a time count once.
    pub minutes: u32,
    /// The longest stretch without a rest, in minutes.
    pub longest_minutes: u32,
    /// Of the minutes those at night.
    pub night_minutes: u32,
}

/// What was earned in a month: net = gross + incentives - deductions + refunds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Earnings {
    /// For the orders.
    pub gross: Fen,
    /// Beside them: prizes for peaks, weather, numbers.
    pub incentives: Fen,
    /// Kept by the platform, as a sum above zero.
    pub deductions: Fen,
    /// Of what it kept in this or an earlier month, given back.
    pub refunds: Fen,
    /// Paid out.
    pub net: Fen,
}

/// The rows of an order file that a month sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct OrderRows {
    /// How many: orders completed and others.
    pub rows: u32,
    /// The root of their tree (RFC 6962, over BLAKE3), in ascending order of accepted time and then of number.
    pub root: Hash,
}

/// A month of a worker on a platform at a place, in one trade with one mode of transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct PlatformMonth<'a> {
    /// The worker.
    pub account: AccountId,
    /// The platform: its unified social credit code.
    pub platform: Code<'a>,
    /// The city of the orders.
    pub place: Division,
    /// The month of the orders.
    pub month: Month,
    /// Kind of business.
    pub trade: Trade,
    /// How the worker moves.
    pub mode: TransportMode,
    /// How much was worked.
    pub work: Work,
    /// What was earned.
    pub earnings: Earnings,
    /// What it sums up.
    pub file: OrderRows,
    /// The month that this one corrects: a record of the same chain.
    pub target: Option<RecordId>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// The premium of a platform for the orders of a month in a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct OipPremium<'a> {
    /// The platform.
    pub platform: Code<'a>,
    /// The city.
    pub place: Division,
    /// The month of the orders.
    pub month: Month,
    /// Kind of business.
    pub trade: Trade,
    /// Orders completed.
    pub orders: u64,
    /// Of them insured.
    pub insured_orders: u64,
    /// Premium due, as assessed.
    pub due: Fen,
    /// Premium paid with this record.
    pub paid: Fen,
    /// When it was received; none where nothing was paid.
    pub received: Option<Day>,
    /// The record that this one corrects.
    pub target: Option<RecordId>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// Who has reported an injury.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum Reporter {
    /// The platform.
    Platform,
    /// The worker, or the family.
    Worker,
    /// Anybody else.
    Other,
}

/// 职业伤害报告: an accident at work, as it was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct InjuryReport<'a> {
    /// The worker.
    pub account: AccountId,
    /// The case, the same in all that follows.
    pub case: CaseId,
    /// The platform whose order was under way, as the report says.
    pub platform: Code<'a>,
    /// The city of the accident.
    pub place: Division,
    /// Kind of business.
    pub trade: Trade,
    /// The moment of the accident.
    pub occurred: UnixMillis,
    /// The moment of the report.
    pub reported: UnixMillis,
    /// Who has reported.
    pub reporter: Reporter,
    /// The leaf of the order under way, zeros if none is named.
    pub order: Hash,
    /// Hash of the private attachment (route, place, papers), zeros if none.
    pub attachment: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// A step of the agency on the way from a report to a decision (工伤保险条例 art. 18 to 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum InjuryStep {
    /// 受理.
    Accepted,
    /// 补正通知: what is missing was asked for.
    MaterialsAsked,
    /// What was missing is there.
    MaterialsComplete,
    /// 中止: waits for a court or another authority.
    Suspended,
    /// Goes on.
    Resumed,
    /// 认定.
    Recognised,
    /// 不予认定.
    NotRecognised,
}

/// A step of the agency with an injury, the decision among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct InjuryDetermination<'a> {
    /// The worker.
    pub account: AccountId,
    /// The case.
    pub case: CaseId,
    /// Which step.
    pub step: InjuryStep,
    /// The scheme under which it is handled: `hrss:OIP` or `hrss:410`. One event, one scheme.
    pub scheme: Scheme<'a>,
    /// Where it was done.
    pub place: Division,
    /// The day.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Why, as a code of the agency.
    pub reason: Code<'a>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// 劳动能力鉴定: the grade of disability after an injury.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct DisabilityGrade<'a> {
    /// The worker.
    pub account: AccountId,
    /// The case.
    pub case: CaseId,
    /// 1 (worst) to 10 (GB/T 16180).
    pub grade: u8,
    /// Where it was done.
    pub place: Division,
    /// The day.
    pub on: Day,
    /// Hash of the document behind it, zeros if none.
    pub document: Hash,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// What a platform has declared and prepaid to the special fund for a period. The fund is a proposal of the paper that this ledger was
/// made for, not law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct FundPrepay<'a> {
    /// The platform.
    pub platform: Code<'a>,
    /// Whose fund.
    pub place: Division,
    /// The months.
    pub period: Period,
    /// Revenue declared for them.
    pub revenue: Fen,
    /// The rate, by rule.
    pub rate: Rate,
    /// Due, as assessed.
    pub due: Fen,
    /// Paid with this record.
    pub paid: Fen,
    /// When it was received; none where nothing was paid.
    pub received: Option<Day>,
    /// The record that this one corrects.
    pub target: Option<RecordId>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// Which way money of the special fund moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum FundMove {
    /// Out, for a case.
    Drawn,
    /// Back, when the insurance has paid.
    Repaid,
}

/// Money of the special fund, drawn for a case or repaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct FundDraw<'a> {
    /// The platform whose part of the fund it is.
    pub platform: Code<'a>,
    /// Whose fund.
    pub place: Division,
    /// The injury.
    pub case: CaseId,
    /// Which way.
    pub way: FundMove,
    /// How much, above zero.
    pub amount: Fen,
    /// The day.
    pub on: Day,
    /// Of a repayment, the draw.
    pub target: Option<RecordId>,
    /// Agency, system, serial.
    pub source: Source<'a>,
}

/// The platform's own signature over what stands beside it in a submission. It is the last record of the submission and signs all before it
/// ([`crate::deposit`]); that the key is the platform's the node of the chain vouches for, which takes a deposit from nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Deposit<'a> {
    /// The platform.
    pub platform: Code<'a>,
    /// The platform's signing key, Ed25519.
    pub public: [u8; 32],
    /// How many records it signs.
    pub records: u32,
    /// Their digest ([`crate::deposit::digest`]).
    pub digest: Hash,
    /// [`DEPOSIT_SIGNATURE_BYTES`] bytes.
    pub signature: &'a [u8],
}

/// Minutes of a day.
const DAY_MINUTES: u32 = 1_440;

const NO_PLATFORM: &str = "the platform is not named";
const MORE_INSURED: &str = "more orders are insured than there are";
const BELOW_ZERO: &str = "a sum is below zero";
const NO_RECEIPT: &str = "money received has no date of receipt, or a date has no money";

pub(super) fn check_month(fields: &PlatformMonth<'_>) -> Result<(), CodecFault> {
    let PlatformMonth { work, file, .. } = fields;
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    rule(work.insured_orders <= work.orders, MORE_INSURED)?;
    rule(
        work.orders <= file.rows,
        "more orders are completed than the file has rows",
    )?;
    rule(file.rows > 0, "a month sums up no row")?;
    rule(
        file.rows <= MONTH_ROWS_MAX,
        "a month sums up more rows than a month has minutes",
    )?;
    rule(work.days <= 31, "a month has more than 31 days")?;
    let most = u32::from(work.days).saturating_mul(DAY_MINUTES);
    rule(
        work.minutes <= most,
        "more minutes are worked than the days have",
    )?;
    rule(
        work.longest_minutes <= work.minutes,
        "the longest stretch is longer than the month",
    )?;
    rule(
        work.night_minutes <= work.minutes,
        "more is worked at night than in all",
    )?;
    check_earnings(&fields.earnings)
}

fn check_earnings(earnings: &Earnings) -> Result<(), CodecFault> {
    let Earnings {
        gross,
        incentives,
        deductions,
        refunds,
        net,
    } = *earnings;
    let sums = [gross, incentives, deductions, refunds];
    rule(sums.iter().all(|sum| *sum >= Fen::ZERO), BELOW_ZERO)?;
    // Four sums of at most 10^15 each are far from the bound of i64.
    let reckoned = gross
        .get()
        .saturating_add(incentives.get())
        .saturating_sub(deductions.get())
        .saturating_add(refunds.get());
    rule(
        reckoned == net.get(),
        "net is not gross + incentives - deductions + refunds",
    )
}

/// Money that a platform owes and pays.
struct Payment {
    due: Fen,
    paid: Fen,
    received: Option<Day>,
}

fn check_payment(payment: &Payment) -> Result<(), CodecFault> {
    let sums = [payment.due, payment.paid];
    rule(sums.iter().all(|sum| *sum >= Fen::ZERO), BELOW_ZERO)?;
    rule(
        (payment.paid > Fen::ZERO) == payment.received.is_some(),
        NO_RECEIPT,
    )
}

pub(super) fn check_premium(fields: &OipPremium<'_>) -> Result<(), CodecFault> {
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    rule(fields.insured_orders <= fields.orders, MORE_INSURED)?;
    check_payment(&Payment {
        due: fields.due,
        paid: fields.paid,
        received: fields.received,
    })
}

pub(super) fn check_report(fields: &InjuryReport<'_>) -> Result<(), CodecFault> {
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    rule(
        fields.occurred.0 <= fields.reported.0,
        "an accident is reported before it happens",
    )
}

pub(super) fn check_grade(fields: &DisabilityGrade<'_>) -> Result<(), CodecFault> {
    rule(
        (1..=10).contains(&fields.grade),
        "a grade of disability is not 1 to 10",
    )
}

pub(super) fn check_prepay(fields: &FundPrepay<'_>) -> Result<(), CodecFault> {
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    check_period(fields.period)?;
    rule(fields.revenue >= Fen::ZERO, BELOW_ZERO)?;
    check_payment(&Payment {
        due: fields.due,
        paid: fields.paid,
        received: fields.received,
    })
}

pub(super) fn check_draw(fields: &FundDraw<'_>) -> Result<(), CodecFault> {
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    rule(fields.amount > Fen::ZERO, "nothing is drawn or repaid")?;
    rule(
        (fields.way == FundMove::Repaid) == fields.target.is_some(),
        "a repayment names the draw, and a draw names none",
    )
}

pub(super) fn check_deposit(fields: &Deposit<'_>) -> Result<(), CodecFault> {
    rule(!fields.platform.is_none(), NO_PLATFORM)?;
    rule(fields.records > 0, "a deposit signs nothing")?;
    rule(
        fields.signature.len() == DEPOSIT_SIGNATURE_BYTES,
        "a signature has not 64 bytes",
    )
}
