//! Transfer cases in the account: where each stands, who must act, and whether what was stated is what the chain says.

use super::{CaseId, Day, Deserialize, Division, Kind, Month, RecordNumber, Serialize, json};

/// A transfer case: its state, computed from the set of its steps, and the steps, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferCase {
    /// Number of the case, 32 hexadecimal digits.
    #[serde(with = "json::case")]
    pub case: CaseId,
    /// Where it stands.
    pub state: CaseState,
    /// Old place.
    #[serde(with = "json::text")]
    pub source: Division,
    /// New place.
    #[serde(with = "json::text")]
    pub target: Division,
    /// Who must act; left out where the case has ended or waits for the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
    /// Months between closing at the old place and posting at the new one. They count once, at the old place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transfer: Option<MovedMonths>,
    /// Months that have been posted at the new place. They count once, there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred: Option<MovedMonths>,
    /// What the information sheet and the money say, against what the records of the old place come to. From the letter
    /// on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sums: Option<TransferComparison>,
    /// What the old place has to settle before it lets the relation go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<OutCheck>,
    /// Steps that the case could not use, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<StepFault>,
    /// The rules behind limits and sums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<super::RuleNumber>,
    /// Steps by day, then in the order of the procedure; those that could not be used included.
    pub steps: Vec<TransferStep>,
}

/// State of a transfer case (domain reference, 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// No step could be used.
    Unfounded,
    /// Certificate issued; the worker may apply.
    Certified,
    /// Applied for at the new place.
    Applied,
    /// The new place refused the application.
    Rejected,
    /// Contact letter sent 联系函.
    LetterSent,
    /// The old place sent the case back.
    Returned,
    /// Account closed at the old place 封账.
    Frozen,
    /// Information sheet sent, money not.
    InfoSent,
    /// Money sent, information sheet not.
    FundsSent,
    /// Both sent; the money has not arrived.
    InfoAndFundsSent,
    /// The money came back to the old place (a bank returned it) and must be sent again.
    FundsReturned,
    /// The money has arrived, the information sheet has not been sent.
    FundsReceived,
    /// Sheet and money are there and agree.
    Received,
    /// Sheet and money are there, but sheet, money and chain disagree (C13).
    Mismatched,
    /// Posted at the new place 入账: from here on the months belong there.
    Posted,
    /// Closed 办结.
    Closed,
    /// Withdrawn before money was sent.
    Withdrawn,
    /// A case of its own for late money 补充转移: announced.
    Supplement,
    /// A case of its own for a correction 纠错: announced.
    Correction,
}

/// The two sides of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The old place.
    Old,
    /// The new place.
    New,
}

/// What must happen next, by whom and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// The step that is awaited.
    #[serde(with = "json::text")]
    pub step: Kind,
    /// Whose it is.
    pub side: Side,
    /// The place on that side.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Region whose chain will say so; left out while nothing of that side is on record.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub region: Option<Division>,
    /// The limit behind the due day.
    pub limit: LimitName,
    /// The limit, in working days.
    pub working_days: u16,
    /// The day from which it runs.
    #[serde(with = "json::text")]
    pub since: Day,
    /// The last day within the limit; left out beyond the end of the calendar.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub due: Option<Day>,
    /// Working days past the due day, as of the account's date; 0 within the limit.
    pub overdue: u32,
    /// Whether some year of the count has no holidays on record, so that plain weekends were counted.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub is_estimate: bool,
}

/// The limits (国办发〔2009〕66号 art. 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitName {
    /// The new place reviews the application and sends the letter.
    Review,
    /// The old place completes the transfer, from the letter.
    Send,
    /// Sheet or money on the way without being posted (C11).
    Dangling,
    /// The new place posts and closes, from the arrival of relation and money.
    Close,
    /// The whole case, from the application, where that ends earlier (medical insurance: 医保办发〔2021〕43号).
    Whole,
}

/// Months of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedMonths {
    /// First month.
    #[serde(with = "json::text")]
    pub first: Month,
    /// Last month.
    #[serde(with = "json::text")]
    pub last: Month,
    /// Counted months among them, each once.
    pub months: u32,
}

/// How what moves is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SumsBasis {
    /// 一般账户: the personal account, and pool money by the rate.
    General,
    /// 临时缴费账户: all contributions of unit and person, with interest.
    Temporary,
    /// Months only: the records do not say what money there is, or none moves.
    MonthsOnly,
}

/// Months and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferAmounts {
    /// Actual months.
    pub months: u32,
    /// Personal account, in fen.
    pub personal_account: i64,
    /// Pool money, in fen.
    pub pool: i64,
}

impl TransferAmounts {
    /// Whether there is any money among them.
    pub(crate) const fn has_money(self) -> bool {
        self.personal_account != 0 || self.pool != 0
    }
}

/// What was stated, against what the records of the old place come to on the day of closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferComparison {
    /// How the computed sums come about.
    pub basis: SumsBasis,
    /// Computed from the records of the old place; for [`SumsBasis::MonthsOnly`] without money.
    pub computed: TransferAmounts,
    /// Interest posted, contained in the computed personal account, in fen.
    pub interest: i64,
    /// Whether other places share the chain of that interest, so that it may belong to them in part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_interest_shared: bool,
    /// By the information sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<TransferAmounts>,
    /// Money sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<TransferAmounts>,
    /// Money received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<TransferAmounts>,
    /// What money may differ and still agree, in fen.
    pub tolerance: i64,
    /// Where they disagree (C13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

impl TransferComparison {
    /// Whether any two statements disagree.
    pub(crate) const fn has_differences(&self) -> bool {
        !self.differences.is_empty()
    }
}

/// Two statements of a case that disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which two.
    pub between: Between,
    /// Months of the first less those of the second.
    pub months: i64,
    /// Personal account of the first less that of the second, in fen.
    pub personal_account: i64,
    /// Pool money of the first less that of the second, in fen.
    pub pool: i64,
}

/// Which two statements are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// The information sheet and the records of the old place.
    SheetAndChain,
    /// The money sent and the information sheet.
    SentAndSheet,
    /// The money received and the money sent.
    ReceivedAndSent,
    /// What was posted and the money received.
    PostedAndReceived,
}

/// Something that the old place has to settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutCheck {
    /// What.
    pub what: OutCheckName,
    /// Months concerned.
    pub months: u32,
    /// Until when the old place tells the worker of months that stay behind (人社厅发〔2019〕94号 art. 3).
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub inform_by: Option<Day>,
    /// The records.
    pub records: Vec<RecordNumber>,
}

/// What the old place checks (domain reference, 3.4 `OUT_CHECK`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutCheckName {
    /// Months that were due at the old place and not received in full.
    Owing,
    /// The worker draws a benefit, so the relation does not move (国办发〔2009〕66号 art. 2).
    Drawing,
    /// Months that are contested with another place (人社部发〔2009〕187号 art. 3).
    Duplicate,
    /// Months paid back at once that do not move without a document (C20).
    BackPaid,
    /// Months paid by the closing, outside those of the sheet, that no other case takes (Y14).
    LeftBehind,
    /// The account type of steps and records disagree (C34).
    AccountType,
    /// Another case takes the same relation elsewhere, and came first (C14).
    OtherDestination,
    /// Another case takes the same relation elsewhere, and none has come first (C14).
    OpenDestination,
}

/// A step that the case could not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFault {
    /// The step.
    #[serde(with = "json::text")]
    pub step: Kind,
    /// Why.
    pub fault: StepFaultName,
    /// The record.
    pub record: RecordNumber,
}

/// Why a step could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepFaultName {
    /// The chain that holds it is not that of the side whose step it is.
    WrongSide,
    /// It names other provinces than the case.
    OtherSides,
    /// What must come before it is not there.
    OutOfOrder,
    /// The case has it already.
    Repeated,
    /// The case had ended, or money was already on the way.
    TooLate,
    /// Posted by another information sheet than the one of the case (C12).
    OtherSheet,
}

/// A step of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferStep {
    /// `Certificate` to `Correction`.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// The day.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Region whose chain says so.
    #[serde(with = "json::text")]
    pub region: Division,
    /// Scheme.
    pub scheme: String,
    /// Old place.
    #[serde(with = "json::text")]
    pub source: Division,
    /// New place.
    #[serde(with = "json::text")]
    pub target: Division,
    /// First month moved.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// Last month moved.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// Deemed months stated.
    pub deemed_months: u16,
    /// Actual months stated.
    pub actual_months: u16,
    /// Personal account stated, in fen.
    pub personal_account: i64,
    /// Pool money stated, in fen.
    pub pool: i64,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The record.
    pub record: RecordNumber,
}
