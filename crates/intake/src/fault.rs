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

/// What a fault holds, for whoever words it: some of it has words of its own in each language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held<'f> {
    /// What stood in a cell.
    Found(&'f Found),
    /// A kind of record.
    Kind(Kind),
    /// A share of an amount.
    Share(Share),
    /// Any one of these.
    OneOf(&'f [String]),
    /// The same in every language.
    Text(String),
}

/// Any one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf(pub Vec<String>);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" or "))
    }
}

/// A value that faults hold.
trait Hold {
    fn held(&self) -> Held<'_>;
}

impl Hold for Found {
    fn held(&self) -> Held<'_> {
        Held::Found(self)
    }
}

impl Hold for Kind {
    fn held(&self) -> Held<'_> {
        Held::Kind(*self)
    }
}

impl Hold for Share {
    fn held(&self) -> Held<'_> {
        Held::Share(*self)
    }
}

impl Hold for OneOf {
    fn held(&self) -> Held<'_> {
        Held::OneOf(&self.0)
    }
}

macro_rules! held_as_text {
    ($($type:ty),*) => {
        $(impl Hold for $type {
            fn held(&self) -> Held<'_> {
                Held::Text(self.to_string())
            }
        })*
    };
}

held_as_text!(
    usize,
    u64,
    u16,
    i32,
    char,
    String,
    &'static str,
    Fen,
    Rate,
    Month,
    Day,
    Division
);

macro_rules! faults {
    ($(
        $(#[$meta:meta])*
        $variant:ident $code:literal $severity:ident $({
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        })?;
    )*) => {
        /// What is wrong with a row, and what was expected. Carries no person's number or name ([`Found`]).
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Fault {
            $($(#[$meta])* $variant $({ $($(#[$field_meta])* $field: $type,)* })?,)*
        }

        impl Fault {
            /// Every code.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// A short name that scripts and translations can rely on.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }

            /// Whether the row is taken in spite of it.
            pub const fn severity(&self) -> Severity {
                match self { $(Self::$variant { .. } => Severity::$severity,)* }
            }

            /// What it holds, by the names that texts in other languages have for it.
            pub fn fields(&self) -> Vec<(&'static str, Held<'_>)> {
                match self {
                    $(Self::$variant { $($($field,)*)? } => {
                        vec![$($((stringify!($field), $field.held()),)*)?]
                    })*
                }
            }
        }
    };
}

// Of each: what it is, its words in English, its code, how bad it is, and what it holds.
faults! {
    /// The row has another number of cells than the header.
    #[error("expected {expected} cells, found {found}")]
    CellCount "cell-count" Error {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    };
    /// A quotation mark opens a cell and does not close it, or something stands behind the one that closes it.
    #[error(
        "a quotation mark opens a cell that does not end with one (looked for up to line {last}, which was read as rows of its own); drop it, or double each mark that belongs to the text"
    )]
    Quote "quote" Error {
        /// Last line that was searched.
        last: u64,
    };
    /// The cell's bytes are no text in the encoding of the file.
    #[error("the cell is no text in the encoding of the file")]
    Encoding "encoding" Error;
    /// A character that nobody sees.
    #[error("the cell has a character that cannot be seen; write it anew")]
    Invisible "invisible" Error;
    /// A cell of a sheet that a merged one covers.
    #[error("the cell is part of a merged one; unmerge it and fill each row")]
    Merged "merged" Error;
    /// A formula that failed, or was never calculated.
    #[error("the formula in the cell has no value; open the file in a spreadsheet and mend it")]
    Formula "formula" Error;
    /// A long number as a spreadsheet shows it: its last digits are lost.
    #[error(
        "a spreadsheet has made a short number of this (such as 4.4E+17), and digits are lost; export it as text"
    )]
    Scientific "scientific" Error;
    /// A number of a person with stars.
    #[error("the number is masked with stars; export it whole")]
    Masked "masked" Error;
    /// A date as a spreadsheet counts days.
    #[error("{found} is a spreadsheet's count of days; write it as a date, 20190120 or 2019-01-20")]
    SerialDate "serial-date" Error {
        /// The count.
        found: Found,
    };
    /// Warning: a base that no month has; amounts are in yuan.
    #[error("{found} yuan is no usual base of a month; is it in fen?")]
    BaseImprobable "base-improbable" Warning {
        /// The base.
        found: Fen,
    };
    /// Warning: a month far ahead.
    #[error("{found} is more than a year ahead of {today}")]
    MonthAhead "month-ahead" Warning {
        /// The day of the import.
        today: Day,
        /// The month.
        found: Month,
    };
    /// What happened in a place is stated by the chain of the region in which it lies.
    #[error(
        "{found} is not in the region {region}: in its chain the row would be a claim that counts nothing"
    )]
    NoRight "no-right" Error {
        /// The region whose chain the row goes to.
        region: Division,
        /// The place; of a transfer the old one, where neither lies there.
        found: Division,
    };
    /// Warning: a place or an agency that is not of the region whose chain the row goes to.
    #[error("{found} is not in the region {region}, in whose chain the row will stand for ever")]
    OutsideRegion "outside-region" Warning {
        /// The region.
        region: Division,
        /// The place, or the place that the agency's code begins with.
        found: Division,
    };
    /// A line of JSON Lines is no flat object.
    #[error(
        "expected one JSON object with texts and numbers, found something else at character {at}"
    )]
    Json "json" Error {
        /// Where, from 1.
        at: usize,
    };
    /// A key of a JSON object is no column.
    #[error("key number {number} of the object is not the name of a column")]
    KeyUnknown "key-unknown" Error {
        /// Which key, from 1.
        number: usize,
    };
    /// A key stands twice.
    #[error("the key stands twice")]
    KeyTwice "key-twice" Error;
    /// The kind of the row must have this value.
    #[error("a {kind} row needs a value here")]
    Missing "missing" Error {
        /// Kind of the row.
        kind: Kind,
    };
    /// The kind of the row has no such value.
    #[error("a {kind} row has no such value; expected an empty cell, found {found}")]
    NotOfKind "not-of-kind" Error {
        /// Kind of the row.
        kind: Kind,
        /// What stands there.
        found: Found,
    };
    /// No such kind.
    #[error("expected a kind of record (such as Received or 到账), found {found}")]
    KindUnknown "kind-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// The kind needs columns that this file's layout has not.
    #[error("rows of kind {found} need a file with other columns")]
    KindNotOfLayout "kind-not-of-layout" Error {
        /// Kind of the row.
        found: Kind,
    };
    /// A number of a person has the wrong length.
    #[error("a citizen ID has 18 characters, a coded number 4 to 32; found {found}")]
    PersonLength "citizen-id-length" Error {
        /// Characters found.
        found: usize,
    };
    /// A number of a person has a character that may not stand there.
    #[error("character {at} may not stand in a social-security number")]
    PersonCharacter "citizen-id-character" Error {
        /// Its position, from 1.
        at: usize,
    };
    /// Digits 7 to 14 of a citizen ID are no date.
    #[error("digits 7 to 14 of a citizen ID are the date of birth; they are not a date")]
    PersonBirthDate "citizen-id-birth-date" Error;
    /// The last character of a citizen ID is wrong (ISO 7064 MOD 11-2).
    #[error("the last character of this citizen ID would be {expected}, found {found}")]
    PersonCheck "citizen-id-check" Error {
        /// What the first 17 digits call for.
        expected: char,
        /// What stands there.
        found: char,
    };
    /// A link of a person with themselves.
    #[error("both numbers are the same person")]
    SamePerson "same-person" Error;
    /// A personal account is joined to that of its own scheme.
    #[error("an account is joined to that of another scheme, not of the same")]
    SameScheme "same-scheme" Error;
    /// A number of a person stands where no personal datum may stand.
    #[error("this looks like a citizen ID; a record may not contain one")]
    LooksLikePerson "looks-like-person" Error;
    /// Warning: the same, in the old form of 15 digits, which chance produces too.
    #[error("this could be a citizen ID of the old 15-digit form; a record may not contain one")]
    MayBePerson "may-be-person" Warning;
    /// A code is too long or has other than visible ASCII characters.
    #[error("a code has at most {limit} visible ASCII characters; found {found}")]
    CodeForm "code-form" Error {
        /// Most characters.
        limit: usize,
        /// What stands there.
        found: Found,
    };
    /// A unified social credit code has a character outside its alphabet (GB 32100).
    #[error(
        "character {at} may not stand in a unified social credit code (digits and capitals without I O S V Z)"
    )]
    CreditCodeCharacter "credit-code-character" Error {
        /// Its position, from 1.
        at: usize,
    };
    /// The last character of a unified social credit code is wrong (GB 32100).
    #[error(
        "the last character of this unified social credit code would be {expected}, found {found}"
    )]
    CreditCodeCheck "credit-code-check" Error {
        /// What the first 17 characters call for.
        expected: char,
        /// What stands there.
        found: char,
    };
    /// No such scheme.
    #[error("expected a scheme (such as hrss:110), found {found}")]
    SchemeUnknown "scheme-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// A bare code that two sets have.
    #[error("more than one scheme has this code: write {candidates}")]
    SchemeAmbiguous "scheme-ambiguous" Error {
        /// The schemes.
        candidates: OneOf,
    };
    /// No such type of contribution (AAA115).
    #[error("expected a type of AAA115 (such as 10), found {found}")]
    NatureUnknown "type-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// The type is not one of this kind of row.
    #[error("a {kind} row has no type {found}; expected {expected}")]
    NatureNotOfKind "type-not-of-kind" Error {
        /// Kind of the row.
        kind: Kind,
        /// Types that it may have.
        expected: String,
        /// Type found.
        found: u16,
    };
    /// No such payer.
    #[error("expected unit, person, government, platform or fund, found {found}")]
    PayerKindUnknown "payer-kind-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// A person who pays is named by the person column alone.
    #[error("the payer is the person: expected an empty cell, found {found}")]
    PayerIdOfPerson "payer-id-of-person" Error {
        /// What stands there.
        found: Found,
    };
    /// No such type of account.
    #[error("expected 1 (general) or 2 (temporary), found {found}")]
    AccountTypeUnknown "account-type-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// No such class of retirement.
    #[error("expected M60, F55 or F50, found {found}")]
    ClassUnknown "class-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// No such ground of a birth.
    #[error("expected id or archive, found {found}")]
    GroundUnknown "ground-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// The month of birth is said to be the citizen id's and is not.
    #[error(
        "expected the month of the row's citizen id, or archive as the ground; found another month"
    )]
    BirthDiffers "birth-differs" Error;
    /// The month of birth is said to be the citizen id's, and the number is no citizen id.
    #[error("a coded number has no month of birth in it; expected archive as the ground")]
    BirthNotInId "birth-not-in-id" Error;
    /// Something is stated that had not happened on the day of the statement.
    #[error("what is stated on {decided} has happened by then; found {found}")]
    AfterDecision "after-decision" Error {
        /// The day of the statement.
        decided: Day,
        /// The month.
        found: Month,
    };
    /// Warning: a month before the one of birth in the citizen id of the row. Not shown, because it is part of the id.
    #[error("{found} is before the month of birth in the row's citizen id")]
    BeforeBirth "before-birth" Warning {
        /// The month.
        found: Month,
    };
    /// Warning: months or a transfer of a scheme whose relation stays where it is (条例 art. 15).
    #[error(
        "{found} does not move with the worker, and no months of it add up; nothing comes of this row"
    )]
    SchemeStays "scheme-stays" Warning {
        /// The scheme.
        found: String,
    };
    /// Warning: a place in no province.
    #[error("no province has the first two digits of {found}")]
    PlaceUnknown "place-unknown" Warning {
        /// The place.
        found: Division,
    };
    /// Something is said to have happened on a day to come.
    #[error("expected a day up to {today}, or it has no effect until then; found {found}")]
    DayAhead "day-ahead" Warning {
        /// The day of the import.
        today: Day,
        /// The day.
        found: Day,
    };
    /// A transfer leads where it comes from: to the same place, and no other agency there.
    #[error("expected another place than the old one, or another agency there; found {found}")]
    SamePlace "same-place" Error {
        /// The place.
        found: Division,
    };
    /// The unit's part of a personal account is more than all of it.
    #[error("expected at most {whole}, the whole account; found {found}")]
    UnitAboveWhole "unit-above-whole" Error {
        /// The account.
        whole: Fen,
        /// The part.
        found: Fen,
    };
    /// A closing names a document and not which kind it is.
    #[error(
        "expected court, audit, inspection, arbitration or commitment beside a document, or back-payments do not move on it; found {found}"
    )]
    DocumentUnnamed "document-unnamed" Warning {
        /// The reason.
        found: Found,
    };
    /// No yes or no.
    #[error("expected 1 (yes) or 0 (no), found {found}")]
    FlagForm "flag-form" Error {
        /// What stands there.
        found: Found,
    };
    /// Warning: a reason that is not in the table of AAE160.
    #[error("the reason is not in the table of AAE160; found {found}")]
    ReasonUnknown "reason-unknown" Warning {
        /// What stands there.
        found: Found,
    };
    /// No month.
    #[error("expected a month as YYYYMM or YYYY-MM, found {found}")]
    MonthForm "month-form" Error {
        /// What stands there.
        found: Found,
    };
    /// No day of the calendar.
    #[error("expected a date as YYYYMMDD or YYYY-MM-DD, found {found}")]
    DateForm "date-form" Error {
        /// What stands there.
        found: Found,
    };
    /// No year.
    #[error("expected a year from 1900 to 2199, found {found}")]
    YearForm "year-form" Error {
        /// What stands there.
        found: Found,
    };
    /// A number out of its bounds.
    #[error("expected a whole number from {least} to {most}, found {found}")]
    CountForm "count-form" Error {
        /// Smallest.
        least: u64,
        /// Largest.
        most: u64,
        /// What stands there.
        found: Found,
    };
    /// No moment.
    #[error("expected a moment as 2026-10-03 12:30 in China's time, found {found}")]
    MomentForm "moment-form" Error {
        /// What stands there.
        found: Found,
    };
    /// A word that the table of the column has not.
    #[error("expected {expected}, found {found}")]
    WordUnknown "word-unknown" Error {
        /// The words.
        expected: OneOf,
        /// What stands there.
        found: Found,
    };
    /// A number above what another column lets it be.
    #[error("at most {most} by {other}, found {found}")]
    AboveOther "above-other" Error {
        /// What the other column lets it be.
        most: u64,
        /// Name of the other column.
        other: String,
        /// The number.
        found: u64,
    };
    /// What a platform pays out does not come to what it has earned for the worker and kept.
    #[error("gross + incentives - deductions + refunds is {expected}, found {found} net")]
    NetMismatch "net-mismatch" Error {
        /// By the other columns.
        expected: Fen,
        /// What stands there.
        found: Fen,
    };
    /// A day of receipt, and no money.
    #[error("nothing is paid, so nothing was received on {found}; empty the cell or fill what was paid")]
    ReceivedNothing "received-nothing" Error {
        /// The day.
        found: Day,
    };
    /// An accident that is reported before it happens.
    #[error("an accident is reported after it happens, {occurred}; found {found}")]
    ReportedBefore "reported-before" Error {
        /// The moment of the accident.
        occurred: String,
        /// The moment of the report.
        found: String,
    };
    /// Nothing is drawn or repaid.
    #[error("a {kind} row has an amount above zero, found 0.00")]
    AmountZero "amount-zero" Error {
        /// Kind of the row.
        kind: Kind,
    };
    /// An injury is handled under a scheme that is for none.
    #[error("an injury is handled under {expected}, found {found}")]
    SchemeNotOfInjury "scheme-not-of-injury" Error {
        /// The schemes.
        expected: OneOf,
        /// The scheme.
        found: String,
    };
    /// The code of a platform has not the length of a unified social credit code.
    #[error("a platform is named by its unified social credit code of {expected} characters, found {found}")]
    CreditCodeLength "credit-code-length" Error {
        /// Characters of a code.
        expected: usize,
        /// Characters found.
        found: usize,
    };
    /// A warning about a case of a transfer and an injury.
    #[error("a warning is about one case: keep the one of the transfer or the one of the injury")]
    CaseTwice "case-twice" Error;
    /// Somebody is to have acted before the warning is raised.
    #[error("expected a day from {on} on, when the warning is raised; found {found}")]
    ActByEarly "act-by-early" Error {
        /// The day of the warning.
        on: Day,
        /// By when somebody acts.
        found: Day,
    };
    /// Both a month and a year.
    #[error("period and year are both given; expected one of them")]
    PeriodTwice "period-twice" Error;
    /// No amount.
    #[error("expected an amount in yuan with at most two decimals, as 360.00; found {found}")]
    AmountForm "amount-form" Error {
        /// What stands there.
        found: Found,
    };
    /// An amount beyond the bounds of the ledger.
    #[error("an amount is at most {limit} yuan; found {found}")]
    AmountRange "amount-range" Error {
        /// Largest amount.
        limit: Fen,
        /// What stands there.
        found: Found,
    };
    /// An amount below zero where that means nothing.
    #[error("a {kind} row has no amount below zero; found {found}")]
    AmountNegative "amount-negative" Error {
        /// Kind of the row.
        kind: Kind,
        /// What stands there.
        found: Fen,
    };
    /// A refund above zero.
    #[error("amounts of a refund are below zero; found {found}")]
    AmountPositive "amount-positive" Error {
        /// What stands there.
        found: Fen,
    };
    /// A base of zero. A month without income is the absence of a row.
    #[error("a contribution base is above zero; found {found}")]
    BaseNotPositive "base-not-positive" Error {
        /// What stands there.
        found: Fen,
    };
    /// No rate.
    #[error("expected a rate from 0 to 1 as 0.08 or 8%, with at most four decimals; found {found}")]
    RateForm "rate-form" Error {
        /// What stands there.
        found: Found,
    };
    /// No division code.
    #[error("expected a division code of six digits (GB/T 2260), found {found}")]
    DivisionForm "division-form" Error {
        /// What stands there.
        found: Found,
    };
    /// No hash.
    #[error("expected 64 hexadecimal digits, found {found}")]
    HashForm "hash-form" Error {
        /// What stands there.
        found: Found,
    };
    /// Due is not base times rate, with a tolerance of one fen.
    #[error("base x {share} rate is {expected}, found {found} due")]
    DueMismatch "due-mismatch" Error {
        /// Whose share.
        share: Share,
        /// Base times rate, half up.
        expected: Fen,
        /// What stands there.
        found: Fen,
    };
    /// More paid than due.
    #[error("at most the {due} due can be paid, found {found}")]
    PaidAboveDue "paid-above-due" Error {
        /// Due.
        due: Fen,
        /// Paid.
        found: Fen,
    };
    /// More credited than paid.
    #[error("at most the {paid} paid can be credited, found {found}")]
    CreditedAbovePaid "credited-above-paid" Error {
        /// Paid.
        paid: Fen,
        /// Credited.
        found: Fen,
    };
    /// Said to be fully paid, and is not.
    #[error("the row says fully paid, but {paid} of {due} is paid")]
    FullButShort "full-but-short" Error {
        /// Due from both.
        due: Fen,
        /// Paid by both.
        paid: Fen,
    };
    /// No such status of the tax office.
    #[error("expected a status of the tax office (such as 04), found {found}")]
    TaxStatusUnknown "tax-status-unknown" Error {
        /// What stands there.
        found: Found,
    };
    /// Said to be received, while the tax office has not passed it to the treasury.
    #[error("only 04 is in the treasury and so received; found {found}")]
    NotInTreasury "not-in-treasury" Error {
        /// The status.
        found: &'static str,
    };
    /// Warning: said not to be fully paid, though all that is due is paid. The month will not count.
    #[error("all that is due is paid, but the row says not fully paid; the month will not count")]
    PaidButNotFull "paid-but-not-full" Warning;
    /// Arrears settled before the month that they are for.
    #[error("arrears are settled in or after the month they are for, {period}; found {found}")]
    SettledBeforePeriod "settled-before-period" Error {
        /// First month of the period.
        period: Month,
        /// Month of settlement.
        found: Month,
    };
    /// Only one end of a span of months.
    #[error("a span of months has both ends or none")]
    SpanOneEnd "span-one-end" Error;
    /// A span of months that ends before it begins.
    #[error("a span of months from {first} cannot end with {found}")]
    SpanReversed "span-reversed" Error {
        /// First month.
        first: Month,
        /// Last month found.
        found: Month,
    };
    /// A row with the same agency, system and serial says something else.
    #[error("line {first} has the same agency, system and serial and says something else")]
    SerialConflict "serial-conflict" Error {
        /// Line of the earlier row.
        first: u64,
    };
    /// Several rows have this serial, each of another scheme.
    #[error(
        "{rows} rows have this serial, each of another scheme; say which with scheme, or give the record id"
    )]
    TargetAmbiguous "target-ambiguous" Error {
        /// How many.
        rows: usize,
    };
    /// A row for more months than one may be for.
    #[error("a row is for at most {limit} months, found {found}; split it")]
    SpanLong "span-long" Error {
        /// Most months.
        limit: u16,
        /// Months found.
        found: i32,
    };
    /// The last month is given, and something else that says it.
    #[error("the last month is given beside a year or a number of months; keep one")]
    EndTwice "end-twice" Error;
    /// Warning: what the personal account gets is not what the rules say of this month.
    #[error(
        "the personal account gets {expected} of this base by the rules ({rate}), found {found}"
    )]
    CreditedDiffers "credited-differs" Warning {
        /// By the rules.
        expected: Fen,
        /// The rate.
        rate: Rate,
        /// In the row, both shares.
        found: Fen,
    };
    /// Warning: what is due is at another rate than the rules say of this month.
    #[error(
        "{expected} is due of this base by the rules ({rate}), found {found}; is the rate one of an earlier time?"
    )]
    DueAtOtherRate "due-at-other-rate" Warning {
        /// By the rules.
        expected: Fen,
        /// The rate.
        rate: Rate,
        /// In the row.
        found: Fen,
    };
    /// Note: the very same row again. The ledger counts it once.
    #[error("the same as line {first}; counted once")]
    Duplicate "duplicate" Note {
        /// Line of the earlier row.
        first: u64,
    };
    /// No earlier row of the file has this serial.
    #[error(
        "no earlier row of this file has this serial; name a record of another file by its 64-digit id"
    )]
    TargetNotFound "target-not-found" Error;
    /// The row with this serial is itself faulty.
    #[error("the row with this serial, line {line}, is itself faulty")]
    TargetFaulty "target-faulty" Error {
        /// Its line.
        line: u64,
    };
    /// The row with this serial is about another person.
    #[error("the row with this serial, line {line}, is about another person")]
    TargetOfOther "target-of-other" Error {
        /// Its line.
        line: u64,
    };
    /// The fields pass every check above, but the ledger refuses the record.
    #[error("the ledger refuses the record: {reason}")]
    Record "record" Error {
        /// Why.
        reason: &'static str,
    };
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
