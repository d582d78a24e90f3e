//! The part of the account that belongs to one scheme family.

use super::{
    Amount, Day, Deserialize, Division, Kind, Month, RecordNumber, Serialize, TransferCase, json,
    record::Payer,
};
use crate::policy::family::Family;
use yizhang_ledger::value::Namespace;

/// The account of one scheme family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyAccount {
    /// The family, by its first scheme: `hrss:110` is 110 and 120 together.
    pub family: String,
    /// The schemes that the records name.
    pub schemes: Vec<String>,
    /// Months that count, each once.
    pub counted_months: u32,
    /// Deemed months 视同缴费, beside those that are paid.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub deemed_months: u32,
    /// First month that counts.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// Last month that counts.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// Runs of counted months with the same place, payer and chain.
    pub spans: Vec<Span>,
    /// Runs of months without one that counts.
    pub gaps: Vec<Gap>,
    /// Counted months and money by province of participation; posted transfers take their months along.
    pub by_province: Vec<PlaceMonths>,
    /// Counted months and money by place of participation; posted transfers take their months along.
    pub by_place: Vec<PlaceMonths>,
    /// Principal: all that was credited to the personal account less what was refunded from it, duplicates of one month
    /// included, because the money is there.
    pub credited: Credited,
    /// Interest posted.
    pub interest: Interest,
    /// Records that an agreement cleared, and what is to be refunded of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<ClearedLine>,
    /// Joinings of this personal account to that of another scheme.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<JoinedLine>,
    /// Periods of several months (resident schemes) and single months that count as employee months, and what overlaps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<YearLine>,
    /// Every month that a record touches.
    pub months: Vec<MonthLine>,
    /// Enrolment, suspension, resumption and end, as recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participation: Vec<Participation>,
    /// What they come to, by place and chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<ParticipationStanding>,
    /// Transfer cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferCase>,
    /// Benefit facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<BenefitFact>,
    /// The benefit in force in the as-of month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<Drawing>,
}

/// What a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthStatus {
    /// Counts, once.
    Counted,
    /// Would count here, but counts as an employee month (C04).
    Employee,
    /// Paid or due, but has not begun (C30).
    Future,
    /// Paid in part (C32).
    NotFull,
    /// Refunded.
    Refunded,
    /// Due, not received.
    Arrears,
    /// Received, but after the as-of date.
    Later,
    /// Only records that were taken back.
    Reversed,
    /// Only a difference or a refund, nothing that it could belong to.
    Unpaid,
    /// Paid, due or deemed, but the benefit had begun (C21).
    AfterBenefit,
    /// Paid, due or deemed, but the worker had died (C22).
    AfterDeath,
    /// Counts without money 视同缴费.
    Deemed,
}

/// A month and the records that touch it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthLine {
    /// The month.
    #[serde(with = "json::text")]
    pub month: Month,
    /// What it is.
    pub status: MonthStatus,
    /// The records that make it count: more than one is a conflict, an instalment or a lawful parallel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<RecordNumber>,
    /// The other records that touch it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<RecordNumber>,
    /// Contribution base in fen, differences of the same chain included; left out while more than one record counts, for
    /// periods of several months, and for months that do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<i64>,
}

/// A run of counted months that look the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First month.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Last month.
    #[serde(with = "json::text")]
    pub last: Month,
    /// Number of months.
    pub months: u32,
    /// Where and by whom; more than one if several records count for each month.
    pub holders: Vec<SpanHolder>,
}

/// Where a month was paid, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanHolder {
    /// Scheme.
    pub scheme: String,
    /// Place of participation.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Who paid.
    pub payer: Payer,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
}

/// Why the months of a gap do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// Paid in part.
    NotFull,
    /// Refunded.
    Refunded,
    /// Due, not received.
    Arrears,
    /// Received after the as-of date.
    Later,
    /// Taken back.
    Reversed,
    /// Nothing was recorded: truly unpaid, or not yet posted.
    Unpaid,
}

/// A run of months of one cause without a month that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// First month.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Last month.
    #[serde(with = "json::text")]
    pub last: Month,
    /// Number of months.
    pub months: u32,
    /// Why.
    pub cause: GapCause,
    /// Whether it is the last run before the as-of month: nothing has followed yet.
    pub open: bool,
    /// The records behind it; for an unpaid gap the suspension or end that was in force, if one is recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordNumber>,
}

impl FamilyAccount {
    /// The gaps that a reader is told of. Those of work-injury insurance (`hrss:410`) and maternity insurance are none: no
    /// months add up there, and nothing moves (社会保险经办条例 art. 15). Of the running month nobody can say yet that
    /// nothing will come.
    pub fn gaps_until(&self, as_of: Day) -> Vec<Gap> {
        if NOTHING_ADDS_UP.iter().any(|family| self.is_of(*family)) {
            return Vec::new();
        }
        self.gaps
            .iter()
            .filter_map(|gap| gap.until(as_of))
            .collect()
    }

    /// Whether it is that of a family.
    pub fn is_of(&self, family: Family<'_>) -> bool {
        family.is_named(&self.family)
    }

    /// Where the last month that counts before this one was paid, else the first that counts at all.
    pub fn place_before(&self, month: Month) -> Option<Division> {
        let before = self
            .spans
            .iter()
            .rfind(|span| span.last < month)
            .or_else(|| self.spans.first());
        before?.holders.last().map(|holder| holder.place)
    }
}

/// Families of which a month is over when it is over: injury and maternity.
const NOTHING_ADDS_UP: [Family<'static>; 5] = [
    Family::WORK_INJURY,
    Family::named(Namespace::Hrss, "510"),
    Family::PLATFORM_INJURY,
    Family::named(Namespace::Local, "SUPINJ"),
    Family::named(Namespace::Nhsa, "510"),
];

impl FamilyAccount {
    /// Months that count, paid or deemed. An account may have been read from JSON, in which any number can stand.
    pub const fn months_held(&self) -> u32 {
        self.counted_months.saturating_add(self.deemed_months)
    }
}

impl Gap {
    /// The months of it that have ended by the end of a day; none for what is left of it then. Money that was paid in part,
    /// given back or taken back is so whether the month has ended or not.
    fn until(&self, as_of: Day) -> Option<Self> {
        let waits = matches!(
            self.cause,
            GapCause::Unpaid | GapCause::Arrears | GapCause::Later
        );
        let tomorrow = as_of.number().checked_add(1).and_then(Day::new);
        let has_tomorrow = tomorrow.is_some();
        if !(waits && has_tomorrow && as_of.in_month() == Some(self.last)) {
            return Some(self.clone());
        }
        let months = self.months.checked_sub(1).filter(|months| *months > 0)?;
        let last = self.last.previous()?;
        Some(Self {
            last,
            months,
            ..self.clone()
        })
    }
}

/// Months and money of a province or place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceMonths {
    /// Province or place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Months that count here and nowhere else.
    pub months: u32,
    /// Months that count once, here or at another place: keeper open.
    pub contested: u32,
    /// Deemed months here.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub deemed: u32,
    /// Deemed months that count once, here or at another place: agencies differ on where they were worked (Y08).
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub deemed_contested: u32,
    /// Of both, months on the way to another place: closed here, not yet posted there.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub in_transfer: u32,
    /// Of both, months that a transfer brought here: paid elsewhere, posted here.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub transferred: u32,
    /// Of both, months of a temporary account here: they belong to the place that will take it over (国办发〔2009〕66号
    /// art. 5).
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub temporary: u32,
    /// Of these, months that count once, here or at another place.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub temporary_contested: u32,
    /// The last month that counts here, deemed ones included, those of a temporary account not; left out where there is none.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// The last one of these that no other place holds; only where some are contested.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_alone: Option<Month>,
    /// Credited to the personal account by contributions for this place, wherever a transfer has taken it since.
    pub credited: Amount,
}

/// Principal of the personal account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    /// All of it, in fen.
    pub total: i64,
    /// By who bore it.
    pub shares: Amount,
    /// Subsidies of governments, which are part of a resident account.
    #[serde(default, skip_serializing_if = "json::is_zero_fen")]
    pub subsidies: i64,
    /// Of the total, taken back by refunds.
    pub refunded: i64,
}

/// Interest posted by agencies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// All of it, in fen.
    pub total: i64,
    /// The postings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postings: Vec<InterestPosting>,
}

/// Interest of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterestPosting {
    /// The year.
    pub year: u16,
    /// Rate in ten-thousandths.
    pub rate: u32,
    /// Amount.
    pub amount: Amount,
    /// The record.
    pub record: RecordNumber,
}

/// A contribution that agency and person agreed not to keep (人社部发〔2009〕187号 art. 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearedLine {
    /// First month of its period.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Credited to the personal account: principal to be refunded, with interest.
    pub due: Amount,
    /// Refunded of it so far.
    pub refunded: Amount,
    /// The record.
    pub record: RecordNumber,
    /// The agreement.
    pub agreement: RecordNumber,
}

/// A personal account joined to that of another scheme (人社部发〔2014〕17号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedLine {
    /// The family that took it over.
    pub into: String,
    /// The day.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Where it was done.
    #[serde(with = "json::text")]
    pub place: Division,
    /// What was joined, as the agency states it.
    pub personal_account: i64,
    /// What the records of this family come to by that day, without what is to be given back.
    pub computed: i64,
    /// What is to be given back of it (C04).
    #[serde(default, skip_serializing_if = "json::is_zero_fen")]
    pub owed: i64,
    /// Whether it ended the relation: the first one between employee and resident pension.
    pub has_effect: bool,
    /// The record.
    pub record: RecordNumber,
}

/// A contribution for a period of several months, or for a month that counts as an employee month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearLine {
    /// First month.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Months of the period.
    pub months: u32,
    /// Of them, months that count as employee months (C04).
    pub employee: u32,
    /// Of them, months that have not begun.
    pub future: u32,
    /// Months that it keeps; 0 where the record does not count.
    pub effective: u32,
    /// To be refunded for the employee months, by 人社部发〔2014〕17号 art. 7: the share times employee months over
    /// months, half up. What has been refunded already is included. Left out without overlap and where a government paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_due: Option<Amount>,
    /// Refunded so far, but for the part of months that refunds took while the record kept the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Amount>,
    /// The record.
    pub record: RecordNumber,
}

/// A fact of participation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participation {
    /// `Enrol`, `Suspend`, `Resume` or `Terminate`.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// Scheme.
    pub scheme: String,
    /// First month for which it holds.
    #[serde(with = "json::text")]
    pub from: Month,
    /// Place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Through whom.
    pub payer: Payer,
    /// Whether the account is a temporary one 临时缴费账户 (AAE473).
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub temporary: bool,
    /// 中断/变更原因 (AAE160).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The record.
    pub record: RecordNumber,
}

/// What the participation facts of a place come to in the as-of month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipationStanding {
    /// Scheme.
    pub scheme: String,
    /// Place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// State.
    pub state: ParticipationState,
    /// Since when.
    #[serde(with = "json::text")]
    pub since: Month,
    /// Whether the account is a temporary one 临时缴费账户, by the last enrolment.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub temporary: bool,
    /// The record.
    pub record: RecordNumber,
}

/// State of participation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParticipationState {
    /// 参保缴费.
    Active,
    /// 暂停.
    Suspended,
    /// 终止.
    Ended,
}

/// A benefit fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenefitFact {
    /// `BenefitApply` to `Recovery`.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// Scheme.
    pub scheme: String,
    /// 待遇项目 (AAA036).
    pub item: String,
    /// First month that it concerns.
    #[serde(with = "json::text")]
    pub from: Month,
    /// Last month.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Month>,
    /// In fen: a month's, or what was paid, overpaid or recovered.
    pub amount: i64,
    /// The day it happened.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Place of benefit.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The record.
    pub record: RecordNumber,
}

/// A benefit in force: that of the newest award of its family that no stop by its own chain and no last month has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// First month of the benefit.
    #[serde(with = "json::text")]
    pub from: Month,
    /// Place of benefit.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Whether it is held up: suspended, and not resumed since.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub is_suspended: bool,
    /// The award; of a pension without one on record, the newest payment.
    pub record: RecordNumber,
}
