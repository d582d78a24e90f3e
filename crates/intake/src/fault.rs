//! What can be wrong with a row, each with a short stable code.

use crate::{column::Column, found::Found};
use std::fmt;
use yizhang_ledger::{
    entry::Kind,
    person::NumberFault,
    value::{Day, Division, Fen, Month, Rate},
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do; the row is taken.
    Note,
    /// Worth a look; the row is taken.
    Warning,
    /// The row is not taken.
    Error,
}

/// One thing about one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Line in the file, from 1, the header included.
    pub line: u64,
    /// The column, where it is one that we know.
    pub column: Option<Column>,
    /// The column's name as the file's header has it; empty where the fault is about the whole row.
    pub name: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.name.is_empty() {
            write!(f, ", {}", self.name)?;
        }
        write!(f, ": {} [{}]", self.fault, self.fault.code())
    }
}

/// Which share of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Of the unit.
    Unit,
    /// Of the person.
    Person,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "unit",
            Self::Person => "person",
        })
    }
}

/// What is wrong with a row, and what was expected. Carries no person's number or name ([`Found`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The row has another number of cells than the header.
    #[error("expected {expected} cells, found {found}")]
    CellCount {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A quotation mark opens a cell and does not close it, or something stands behind the one that closes it.
    #[error(
        "a quotation mark opens a cell that does not end with one (looked for up to line {last}, which was read as rows of its own); drop it, or double each mark that belongs to the text"
    )]
    Quote {
        /// Last line that was searched.
        last: u64,
    },
    /// The cell's bytes are no text in the encoding of the file.
    #[error("the cell is no text in the encoding of the file")]
    Encoding,
    /// A character that nobody sees.
    #[error("the cell has a character that cannot be seen; write it anew")]
    Invisible,
    /// A cell of a sheet that a merged one covers.
    #[error("the cell is part of a merged one; unmerge it and fill each row")]
    Merged,
    /// A formula that failed, or was never calculated.
    #[error("the formula in the cell has no value; open the file in a spreadsheet and mend it")]
    Formula,
    /// A long number as a spreadsheet shows it: its last digits are lost.
    #[error(
        "a spreadsheet has made a short number of this (such as 4.4E+17), and digits are lost; export it as text"
    )]
    Scientific,
    /// A number of a person with stars.
    #[error("the number is masked with stars; export it whole")]
    Masked,
    /// A date as a spreadsheet counts days.
    #[error("{found} is a spreadsheet's count of days; write it as a date, 20190120 or 2019-01-20")]
    SerialDate {
        /// The count.
        found: Found,
    },
    /// Warning: a base that no month has; amounts are in yuan.
    #[error("{found} yuan is no usual base of a month; is it in fen?")]
    BaseImprobable {
        /// The base.
        found: Fen,
    },
    /// Warning: a month far ahead.
    #[error("{found} is more than a year ahead of {today}")]
    MonthAhead {
        /// The day of the import.
        today: Day,
        /// The month.
        found: Month,
    },
    /// Warning: a place or an agency that is not of the region whose chain the row goes to.
    #[error("{found} is not in the region {region}, in whose chain the row will stand for ever")]
    OutsideRegion {
        /// The region.
        region: Division,
        /// The place, or the place that the agency's code begins with.
        found: Division,
    },
    /// A line of JSON Lines is no flat object.
    #[error(
        "expected one JSON object with texts and numbers, found something else at character {at}"
    )]
    Json {
        /// Where, from 1.
        at: usize,
    },
    /// A key of a JSON object is no column.
    #[error("key number {number} of the object is not the name of a column")]
    KeyUnknown {
        /// Which key, from 1.
        number: usize,
    },
    /// A key stands twice.
    #[error("the key stands twice")]
    KeyTwice,
    /// The kind of the row must have this value.
    #[error("a {kind} row needs a value here")]
    Missing {
        /// Kind of the row.
        kind: Kind,
    },
    /// The kind of the row has no such value.
    #[error("a {kind} row has no such value; expected an empty cell, found {found}")]
    NotOfKind {
        /// Kind of the row.
        kind: Kind,
        /// What stands there.
        found: Found,
    },
    /// No such kind.
    #[error("expected a kind of record (such as Received or 到账), found {found}")]
    KindUnknown {
        /// What stands there.
        found: Found,
    },
    /// The kind needs columns that this file's layout has not.
    #[error("rows of kind {found} need a file with other columns")]
    KindNotOfLayout {
        /// Kind of the row.
        found: Kind,
    },
    /// A number of a person has the wrong length.
    #[error("a citizen ID has 18 characters, a coded number 4 to 32; found {found}")]
    PersonLength {
        /// Characters found.
        found: usize,
    },
    /// A number of a person has a character that may not stand there.
    #[error("character {at} may not stand in a social-security number")]
    PersonCharacter {
        /// Its position, from 1.
        at: usize,
    },
    /// Digits 7 to 14 of a citizen ID are no date.
    #[error("digits 7 to 14 of a citizen ID are the date of birth; they are not a date")]
    PersonBirthDate,
    /// The last character of a citizen ID is wrong (ISO 7064 MOD 11-2).
    #[error("the last character of this citizen ID would be {expected}, found {found}")]
    PersonCheck {
        /// What the first 17 digits call for.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// A link of a person with themselves.
    #[error("both numbers are the same person")]
    SamePerson,
    /// A personal account is joined to that of its own scheme.
    #[error("an account is joined to that of another scheme, not of the same")]
    SameScheme,
    /// A number of a person stands where no personal datum may stand.
    #[error("this looks like a citizen ID; a record may not contain one")]
    LooksLikePerson,
    /// Warning: the same, in the old form of 15 digits, which chance produces too.
    #[error("this could be a citizen ID of the old 15-digit form; a record may not contain one")]
    MayBePerson,
    /// A code is too long or has other than visible ASCII characters.
    #[error("a code has at most {limit} visible ASCII characters; found {found}")]
    CodeForm {
        /// Most characters.
        limit: usize,
        /// What stands there.
        found: Found,
    },
    /// A unified social credit code has a character outside its alphabet (GB 32100).
    #[error(
        "character {at} may not stand in a unified social credit code (digits and capitals without I O S V Z)"
    )]
    CreditCodeCharacter {
        /// Its position, from 1.
        at: usize,
    },
    /// The last character of a unified social credit code is wrong (GB 32100).
    #[error(
        "the last character of this unified social credit code would be {expected}, found {found}"
    )]
    CreditCodeCheck {
        /// What the first 17 characters call for.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// No such scheme.
    #[error("expected a scheme (such as hrss:110), found {found}")]
    SchemeUnknown {
        /// What stands there.
        found: Found,
    },
    /// A bare code that two sets have.
    #[error("more than one scheme has this code: write {candidates}")]
    SchemeAmbiguous {
        /// The schemes, as `hrss:410 or nhsa:410`.
        candidates: String,
    },
    /// No such type of contribution (AAA115).
    #[error("expected a type of AAA115 (such as 10), found {found}")]
    NatureUnknown {
        /// What stands there.
        found: Found,
    },
    /// The type is not one of this kind of row.
    #[error("a {kind} row has no type {found}; expected {expected}")]
    NatureNotOfKind {
        /// Kind of the row.
        kind: Kind,
        /// Types that it may have.
        expected: String,
        /// Type found.
        found: u16,
    },
    /// No such payer.
    #[error("expected unit, person, government, platform or fund, found {found}")]
    PayerKindUnknown {
        /// What stands there.
        found: Found,
    },
    /// A person who pays is named by the person column alone.
    #[error("the payer is the person: expected an empty cell, found {found}")]
    PayerIdOfPerson {
        /// What stands there.
        found: Found,
    },
    /// No such type of account.
    #[error("expected 1 (general) or 2 (temporary), found {found}")]
    AccountTypeUnknown {
        /// What stands there.
        found: Found,
    },
    /// No such class of retirement.
    #[error("expected M60, F55 or F50, found {found}")]
    ClassUnknown {
        /// What stands there.
        found: Found,
    },
    /// No such ground of a birth.
    #[error("expected id or archive, found {found}")]
    GroundUnknown {
        /// What stands there.
        found: Found,
    },
    /// The month of birth is said to be the citizen id's and is not.
    #[error(
        "expected the month of the row's citizen id, or archive as the ground; found another month"
    )]
    BirthDiffers,
    /// The month of birth is said to be the citizen id's, and the number is no citizen id.
    #[error("a coded number has no month of birth in it; expected archive as the ground")]
    BirthNotInId,
    /// Something is stated that had not happened on the day of the statement.
    #[error("what is stated on {decided} has happened by then; found {found}")]
    AfterDecision {
        /// The day of the statement.
        decided: Day,
        /// The month.
        found: Month,
    },
    /// Warning: a month before the one of birth in the citizen id of the row. Not shown, because it is part of the id.
    #[error("{found} is before the month of birth in the row's citizen id")]
    BeforeBirth {
        /// The month.
        found: Month,
    },
    /// Warning: months or a transfer of a scheme whose relation stays where it is (条例 art. 15).
    #[error(
        "{found} does not move with the worker, and no months of it add up; nothing comes of this row"
    )]
    SchemeStays {
        /// The scheme.
        found: String,
    },
    /// Warning: a place in no province.
    #[error("no province has the first two digits of {found}")]
    PlaceUnknown {
        /// The place.
        found: Division,
    },
    /// Something is said to have happened on a day to come.
    #[error("expected a day up to {today}, or it has no effect until then; found {found}")]
    DayAhead {
        /// The day of the import.
        today: Day,
        /// The day.
        found: Day,
    },
    /// A transfer leads where it comes from: to the same place, and no other agency there.
    #[error("expected another place than the old one, or another agency there; found {found}")]
    SamePlace {
        /// The place.
        found: Division,
    },
    /// The unit's part of a personal account is more than all of it.
    #[error("expected at most {whole}, the whole account; found {found}")]
    UnitAboveWhole {
        /// The account.
        whole: Fen,
        /// The part.
        found: Fen,
    },
    /// A closing names a document and not which kind it is.
    #[error(
        "expected court, audit, inspection, arbitration or commitment beside a document, or back-payments do not move on it; found {found}"
    )]
    DocumentUnnamed {
        /// The reason.
        found: Found,
    },
    /// No yes or no.
    #[error("expected 1 (yes) or 0 (no), found {found}")]
    FlagForm {
        /// What stands there.
        found: Found,
    },
    /// Warning: a reason that is not in the table of AAE160.
    #[error("the reason is not in the table of AAE160; found {found}")]
    ReasonUnknown {
        /// What stands there.
        found: Found,
    },
    /// No month.
    #[error("expected a month as YYYYMM or YYYY-MM, found {found}")]
    MonthForm {
        /// What stands there.
        found: Found,
    },
    /// No day of the calendar.
    #[error("expected a date as YYYYMMDD or YYYY-MM-DD, found {found}")]
    DateForm {
        /// What stands there.
        found: Found,
    },
    /// No year.
    #[error("expected a year from 1900 to 2199, found {found}")]
    YearForm {
        /// What stands there.
        found: Found,
    },
    /// A number of months out of its bounds.
    #[error("expected a whole number from {least} to {most}, found {found}")]
    CountForm {
        /// Smallest.
        least: u16,
        /// Largest.
        most: u16,
        /// What stands there.
        found: Found,
    },
    /// Both a month and a year.
    #[error("period and year are both given; expected one of them")]
    PeriodTwice,
    /// No amount.
    #[error("expected an amount in yuan with at most two decimals, as 360.00; found {found}")]
    AmountForm {
        /// What stands there.
        found: Found,
    },
    /// An amount beyond the bounds of the ledger.
    #[error("an amount is at most {limit} yuan; found {found}")]
    AmountRange {
        /// Largest amount.
        limit: Fen,
        /// What stands there.
        found: Found,
    },
    /// An amount below zero where that means nothing.
    #[error("a {kind} row has no amount below zero; found {found}")]
    AmountNegative {
        /// Kind of the row.
        kind: Kind,
        /// What stands there.
        found: Fen,
    },
    /// A refund above zero.
    #[error("amounts of a refund are below zero; found {found}")]
    AmountPositive {
        /// What stands there.
        found: Fen,
    },
    /// A base of zero. A month without income is the absence of a row.
    #[error("a contribution base is above zero; found {found}")]
    BaseNotPositive {
        /// What stands there.
        found: Fen,
    },
    /// No rate.
    #[error("expected a rate from 0 to 1 as 0.08 or 8%, with at most four decimals; found {found}")]
    RateForm {
        /// What stands there.
        found: Found,
    },
    /// No division code.
    #[error("expected a division code of six digits (GB/T 2260), found {found}")]
    DivisionForm {
        /// What stands there.
        found: Found,
    },
    /// No hash.
    #[error("expected 64 hexadecimal digits, found {found}")]
    HashForm {
        /// What stands there.
        found: Found,
    },
    /// Due is not base times rate, with a tolerance of one fen.
    #[error("base x {share} rate is {expected}, found {found} due")]
    DueMismatch {
        /// Whose share.
        share: Share,
        /// Base times rate, half up.
        expected: Fen,
        /// What stands there.
        found: Fen,
    },
    /// More paid than due.
    #[error("at most the {due} due can be paid, found {found}")]
    PaidAboveDue {
        /// Due.
        due: Fen,
        /// Paid.
        found: Fen,
    },
    /// More credited than paid.
    #[error("at most the {paid} paid can be credited, found {found}")]
    CreditedAbovePaid {
        /// Paid.
        paid: Fen,
        /// Credited.
        found: Fen,
    },
    /// Said to be fully paid, and is not.
    #[error("the row says fully paid, but {paid} of {due} is paid")]
    FullButShort {
        /// Due from both.
        due: Fen,
        /// Paid by both.
        paid: Fen,
    },
    /// No such status of the tax office.
    #[error("expected a status of the tax office (such as 04), found {found}")]
    TaxStatusUnknown {
        /// What stands there.
        found: Found,
    },
    /// Said to be received, while the tax office has not passed it to the treasury.
    #[error("only 04 is in the treasury and so received; found {found}")]
    NotInTreasury {
        /// The status.
        found: &'static str,
    },
    /// Warning: said not to be fully paid, though all that is due is paid. The month will not count.
    #[error("all that is due is paid, but the row says not fully paid; the month will not count")]
    PaidButNotFull,
    /// Arrears settled before the month that they are for.
    #[error("arrears are settled in or after the month they are for, {period}; found {found}")]
    SettledBeforePeriod {
        /// First month of the period.
        period: Month,
        /// Month of settlement.
        found: Month,
    },
    /// Only one end of a span of months.
    #[error("a span of months has both ends or none")]
    SpanOneEnd,
    /// A span of months that ends before it begins.
    #[error("a span of months from {first} cannot end with {found}")]
    SpanReversed {
        /// First month.
        first: Month,
        /// Last month found.
        found: Month,
    },
    /// A row with the same agency, system and serial says something else.
    #[error("line {first} has the same agency, system and serial and says something else")]
    SerialConflict {
        /// Line of the earlier row.
        first: u64,
    },
    /// Several rows have this serial, each of another scheme.
    #[error(
        "{rows} rows have this serial, each of another scheme; say which with scheme, or give the record id"
    )]
    TargetAmbiguous {
        /// How many.
        rows: usize,
    },
    /// A row for more months than one may be for.
    #[error("a row is for at most {limit} months, found {found}; split it")]
    SpanLong {
        /// Most months.
        limit: u16,
        /// Months found.
        found: i32,
    },
    /// The last month is given, and something else that says it.
    #[error("the last month is given beside a year or a number of months; keep one")]
    EndTwice,
    /// Warning: what the personal account gets is not what the rules say of this month.
    #[error(
        "the personal account gets {expected} of this base by the rules ({rate}), found {found}"
    )]
    CreditedDiffers {
        /// By the rules.
        expected: Fen,
        /// The rate.
        rate: Rate,
        /// In the row, both shares.
        found: Fen,
    },
    /// Warning: what is due is at another rate than the rules say of this month.
    #[error(
        "{expected} is due of this base by the rules ({rate}), found {found}; is the rate one of an earlier time?"
    )]
    DueAtOtherRate {
        /// By the rules.
        expected: Fen,
        /// The rate.
        rate: Rate,
        /// In the row.
        found: Fen,
    },
    /// Note: the very same row again. The ledger counts it once.
    #[error("the same as line {first}; counted once")]
    Duplicate {
        /// Line of the earlier row.
        first: u64,
    },
    /// No earlier row of the file has this serial.
    #[error(
        "no earlier row of this file has this serial; name a record of another file by its 64-digit id"
    )]
    TargetNotFound,
    /// The row with this serial is itself faulty.
    #[error("the row with this serial, line {line}, is itself faulty")]
    TargetFaulty {
        /// Its line.
        line: u64,
    },
    /// The row with this serial is about another person.
    #[error("the row with this serial, line {line}, is about another person")]
    TargetOfOther {
        /// Its line.
        line: u64,
    },
    /// The fields pass every check above, but the ledger refuses the record.
    #[error("the ledger refuses the record: {reason}")]
    Record {
        /// Why.
        reason: &'static str,
    },
}

macro_rules! codes {
    ($($variant:ident $code:literal;)*) => {
        impl Fault {
            /// Every code.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// A short name that scripts and translations can rely on.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }
        }
    };
}

codes! {
    CellCount "cell-count";
    Quote "quote";
    Encoding "encoding";
    Invisible "invisible";
    Merged "merged";
    Formula "formula";
    Scientific "scientific";
    Masked "masked";
    SerialDate "serial-date";
    BaseImprobable "base-improbable";
    MonthAhead "month-ahead";
    OutsideRegion "outside-region";
    Json "json";
    KeyUnknown "key-unknown";
    KeyTwice "key-twice";
    Missing "missing";
    NotOfKind "not-of-kind";
    KindUnknown "kind-unknown";
    KindNotOfLayout "kind-not-of-layout";
    PersonLength "citizen-id-length";
    PersonCharacter "citizen-id-character";
    PersonBirthDate "citizen-id-birth-date";
    PersonCheck "citizen-id-check";
    SamePerson "same-person";
    SameScheme "same-scheme";
    LooksLikePerson "looks-like-person";
    MayBePerson "may-be-person";
    CodeForm "code-form";
    CreditCodeCharacter "credit-code-character";
    CreditCodeCheck "credit-code-check";
    SchemeUnknown "scheme-unknown";
    SchemeAmbiguous "scheme-ambiguous";
    NatureUnknown "type-unknown";
    NatureNotOfKind "type-not-of-kind";
    PayerKindUnknown "payer-kind-unknown";
    PayerIdOfPerson "payer-id-of-person";
    AccountTypeUnknown "account-type-unknown";
    ClassUnknown "class-unknown";
    GroundUnknown "ground-unknown";
    BirthDiffers "birth-differs";
    BirthNotInId "birth-not-in-id";
    AfterDecision "after-decision";
    BeforeBirth "before-birth";
    SchemeStays "scheme-stays";
    PlaceUnknown "place-unknown";
    DayAhead "day-ahead";
    SamePlace "same-place";
    UnitAboveWhole "unit-above-whole";
    DocumentUnnamed "document-unnamed";
    FlagForm "flag-form";
    ReasonUnknown "reason-unknown";
    MonthForm "month-form";
    DateForm "date-form";
    YearForm "year-form";
    CountForm "count-form";
    PeriodTwice "period-twice";
    AmountForm "amount-form";
    AmountRange "amount-range";
    AmountNegative "amount-negative";
    AmountPositive "amount-positive";
    BaseNotPositive "base-not-positive";
    RateForm "rate-form";
    DivisionForm "division-form";
    HashForm "hash-form";
    DueMismatch "due-mismatch";
    PaidAboveDue "paid-above-due";
    CreditedAbovePaid "credited-above-paid";
    FullButShort "full-but-short";
    TaxStatusUnknown "tax-status-unknown";
    NotInTreasury "not-in-treasury";
    PaidButNotFull "paid-but-not-full";
    SettledBeforePeriod "settled-before-period";
    SpanOneEnd "span-one-end";
    SpanReversed "span-reversed";
    SerialConflict "serial-conflict";
    Duplicate "duplicate";
    TargetAmbiguous "target-ambiguous";
    SpanLong "span-long";
    EndTwice "end-twice";
    CreditedDiffers "credited-differs";
    DueAtOtherRate "due-at-other-rate";
    TargetNotFound "target-not-found";
    TargetFaulty "target-faulty";
    TargetOfOther "target-of-other";
    Record "record";
}

impl Fault {
    /// Whether the row is taken in spite of it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Duplicate { .. } => Severity::Note,
            Self::MayBePerson
            | Self::BaseImprobable { .. }
            | Self::MonthAhead { .. }
            | Self::OutsideRegion { .. }
            | Self::ReasonUnknown { .. }
            | Self::PaidButNotFull
            | Self::CreditedDiffers { .. }
            | Self::DueAtOtherRate { .. }
            | Self::DayAhead { .. }
            | Self::BeforeBirth { .. }
            | Self::SchemeStays { .. }
            | Self::PlaceUnknown { .. }
            | Self::DocumentUnnamed { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl From<NumberFault> for Fault {
    fn from(fault: NumberFault) -> Self {
        match fault {
            NumberFault::Length { found } => Self::PersonLength { found },
            NumberFault::Character { at } => Self::PersonCharacter { at },
            NumberFault::BirthDate => Self::PersonBirthDate,
            NumberFault::Check { expected, found } => Self::PersonCheck { expected, found },
        }
    }
}
