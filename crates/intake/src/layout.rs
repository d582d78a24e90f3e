//! Which columns belong to which kind of record, and which kinds share one layout.

use crate::column::{
    Column::{
        AccountType, ActBy, ActualMonths, Agency, Amount, Attachment, Base, Basis, Case, Class,
        Contribution, CreditedPerson, CreditedUnit, Date, Days, Decided, Deductions, DeemedMonths,
        Document, Due, DuePerson, DueUnit, Ending, Error, Evidence, FirstMonth, Found, From, Full,
        Grade, Gross, Ground, Incentives, Injury, InsuredOrders, InterestPerson, InterestRate,
        InterestUnit, Into, Item, Kind as KindColumn, LastMonth, LateFee, LongestMinutes, Minutes,
        Mode, Month, Months, Name, Nature, Net, NewAgency, NewPlace, NightMinutes, Occurred,
        OldAgency, OldPlace, Order, Orders, OtherPerson, Paid, PaidPerson, PaidUnit, Party,
        PayerId, PayerKind, Period, PeriodEnd, Person, PersonCode, PersonRate, PersonalAccount,
        PersonalAccountUnit, Place, Platform, Pool, Posted, Programme, Rate, Reason, Received,
        Refunds, Region, Remark, Reported, Reporter, Revenue, Root, RowNumber, Rows, Rule, Scheme,
        Serial, Settlement, Share, Step, SubsidyCentral, SubsidyCity, SubsidyCounty,
        SubsidyProvince, System, Target, TaxStatus, Trade, UnitName, UnitRate, Until, Wanted,
        Warning, Way, Year,
    },
    ColumnSet,
};
use yizhang_ledger::entry::Kind;

/// Of every row.
const BARE: ColumnSet = ColumnSet::of(&[KindColumn, Agency, System, Serial]).and(IGNORED);
/// Of every row about a worker.
const COMMON: ColumnSet = ColumnSet::of(&[Person]).and(BARE);
const IGNORED: ColumnSet = ColumnSet::of(&[RowNumber, Name, UnitName, PersonCode, Remark, Error]);

const DUE: ColumnSet = ColumnSet::of(&[
    Scheme,
    Period,
    PeriodEnd,
    Year,
    Months,
    Settlement,
    Place,
    PayerKind,
    PayerId,
    Nature,
    Base,
    UnitRate,
    PersonRate,
    DueUnit,
    DuePerson,
    TaxStatus,
    AccountType,
])
.and(COMMON);
const MONEY: ColumnSet = ColumnSet::of(&[
    Received,
    PaidUnit,
    PaidPerson,
    CreditedUnit,
    CreditedPerson,
    LateFee,
    Full,
    SubsidyCentral,
    SubsidyProvince,
    SubsidyCity,
    SubsidyCounty,
    Target,
])
.and(DUE);
const REVERSAL: ColumnSet = ColumnSet::of(&[Target, Reason]).and(COMMON);
const INTEREST: ColumnSet = ColumnSet::of(&[
    Scheme,
    Year,
    InterestRate,
    InterestUnit,
    InterestPerson,
    Posted,
])
.and(COMMON);
const PARTICIPATION: ColumnSet =
    ColumnSet::of(&[Scheme, From, Place, PayerKind, PayerId, Reason, AccountType]).and(COMMON);
const TRANSFER: ColumnSet = ColumnSet::of(&[
    Case,
    Scheme,
    OldPlace,
    OldAgency,
    NewPlace,
    NewAgency,
    Date,
    FirstMonth,
    LastMonth,
    DeemedMonths,
    ActualMonths,
    PersonalAccount,
    PersonalAccountUnit,
    Pool,
    AccountType,
    Document,
    Reason,
])
.and(COMMON);
const BENEFIT: ColumnSet = ColumnSet::of(&[
    Scheme, Item, From, Until, Amount, Date, Place, Target, Reason,
])
.and(COMMON);
const IDENTITY: ColumnSet =
    ColumnSet::of(&[OtherPerson, Target, Reason, Evidence, Date]).and(COMMON);
const STATED: ColumnSet = ColumnSet::of(&[Decided]).and(COMMON);
const DEATH: ColumnSet = ColumnSet::of(&[Month, Document]).and(STATED);
const BIRTH: ColumnSet = ColumnSet::of(&[Month, Ground, Document]).and(STATED);
const DEEMED: ColumnSet =
    ColumnSet::of(&[Scheme, FirstMonth, LastMonth, Place, Document, Reason]).and(STATED);
const HOUSEHOLD: ColumnSet = ColumnSet::of(&[Place, From]).and(STATED);
const CLASS: ColumnSet = ColumnSet::of(&[Class]).and(STATED);
const AGREEMENT: ColumnSet =
    ColumnSet::of(&[Scheme, FirstMonth, LastMonth, Place, Document]).and(STATED);
const BRIDGE: ColumnSet =
    ColumnSet::of(&[Scheme, Into, Place, PersonalAccount, Document]).and(STATED);
const DISPUTE: ColumnSet = ColumnSet::of(&[Region, Target, Reason, Document]).and(STATED);
const PLATFORM_MONTH: ColumnSet = ColumnSet::of(&[
    Platform,
    Place,
    Month,
    Trade,
    Mode,
    Orders,
    InsuredOrders,
    Days,
    Minutes,
    LongestMinutes,
    NightMinutes,
    Gross,
    Incentives,
    Deductions,
    Refunds,
    Net,
    Rows,
    Root,
    Target,
])
.and(COMMON);
const PREMIUM: ColumnSet = ColumnSet::of(&[
    Platform,
    Place,
    Month,
    Trade,
    Orders,
    InsuredOrders,
    Due,
    Paid,
    Received,
    Target,
])
.and(BARE);
const INJURY_REPORT: ColumnSet = ColumnSet::of(&[
    Injury, Platform, Place, Trade, Occurred, Reported, Reporter, Order, Attachment,
])
.and(COMMON);
const DETERMINATION: ColumnSet =
    ColumnSet::of(&[Injury, Step, Scheme, Place, Date, Document, Reason]).and(COMMON);
const GRADE: ColumnSet = ColumnSet::of(&[Injury, Grade, Place, Date, Document]).and(COMMON);
const PREPAY: ColumnSet = ColumnSet::of(&[
    Platform, Place, FirstMonth, LastMonth, Revenue, Rate, Due, Paid, Received, Target,
])
.and(BARE);
const DRAW: ColumnSet =
    ColumnSet::of(&[Platform, Place, Injury, Way, Amount, Date, Target]).and(BARE);
const SUBSIDY: ColumnSet = ColumnSet::of(&[
    Programme,
    Scheme,
    FirstMonth,
    LastMonth,
    Place,
    Contribution,
    Share,
    Amount,
    Date,
    Target,
    Reason,
])
.and(COMMON);
const WARNING: ColumnSet = ColumnSet::of(&[
    Rule, Party, Case, Injury, Place, FirstMonth, LastMonth, Found, Wanted, Basis, Date, ActBy,
])
.and(COMMON);
const WARNING_CLOSED: ColumnSet = ColumnSet::of(&[Warning, Target, Ending, Reason, Date]).and(BARE);

/// The columns that a row of this kind may fill.
pub(crate) fn columns_of(kind: Kind) -> ColumnSet {
    match kind {
        Kind::DUE => DUE,
        Kind::REVERSAL => REVERSAL,
        Kind::INTEREST_CREDIT => INTEREST,
        Kind::DEATH_NOTICE => DEATH,
        Kind::DEEMED_MONTHS => DEEMED,
        Kind::HUKOU_FACT => HOUSEHOLD,
        Kind::RETIRE_CLASS_FACT => CLASS,
        Kind::BIRTH_DATE_FACT => BIRTH,
        Kind::DUPLICATE_AGREEMENT => AGREEMENT,
        Kind::BRIDGE => BRIDGE,
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => DISPUTE,
        Kind::PLATFORM_MONTH => PLATFORM_MONTH,
        Kind::OIP_PREMIUM => PREMIUM,
        Kind::INJURY_REPORT => INJURY_REPORT,
        Kind::INJURY_DETERMINATION => DETERMINATION,
        Kind::DISABILITY_GRADE => GRADE,
        Kind::FUND_PREPAY => PREPAY,
        Kind::FUND_DRAW => DRAW,
        Kind::WARNING => WARNING,
        Kind::WARNING_CLOSED => WARNING_CLOSED,
        _ => match Layout::of(kind) {
            Layout::Accounts if (Kind::ENROL..=Kind::TERMINATE).contains(&kind) => PARTICIPATION,
            Layout::Accounts | Layout::Platforms | Layout::Warnings | Layout::Any => MONEY,
            Layout::Subsidies => SUBSIDY,
            Layout::Transfers => TRANSFER,
            Layout::Benefits => BENEFIT,
            Layout::Identities => IDENTITY,
            Layout::Statements => STATED,
        },
    }
}

/// Kinds that state something about a worker.
const STATEMENTS: &[Kind] = &[
    Kind::DEATH_NOTICE,
    Kind::DEEMED_MONTHS,
    Kind::HUKOU_FACT,
    Kind::RETIRE_CLASS_FACT,
    Kind::BIRTH_DATE_FACT,
    Kind::DUPLICATE_AGREEMENT,
    Kind::BRIDGE,
    Kind::DISPUTE,
    Kind::DISPUTE_OUTCOME,
];

/// Whether a row of this kind says whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    /// Always.
    Named,
    /// Where it is about one.
    MayBeNamed,
    /// Never: it is about a platform, a fund, a warning.
    Nobody,
}

impl Worker {
    /// What a row of this kind says.
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::WARNING => Self::MayBeNamed,
            kind if columns_of(kind).has(Person) => Self::Named,
            _ => Self::Nobody,
        }
    }
}

/// Kinds that share a header. A column that only one layout has chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Contributions, reversals, interest, participation.
    Accounts,
    /// Steps of transfers: has the column `case`.
    Transfers,
    /// Benefit facts: has the column `item`.
    Benefits,
    /// Links of two numbers of one person: has the column `other_person`.
    Identities,
    /// What agencies state about a worker, agreements, joined accounts and disputes: has the column `decided`.
    Statements,
    /// What platforms deposit and owe, injuries, the special fund: has the column `platform` or `injury`.
    Platforms,
    /// Subsidies of contributions: has the column `programme`.
    Subsidies,
    /// Warnings and how they end: has the column `rule` or `warning`.
    Warnings,
    /// JSON Lines: every row has its own keys.
    Any,
}

impl Layout {
    /// The layout of rows of this kind.
    pub(crate) fn of(kind: Kind) -> Self {
        if (Kind::CERTIFICATE..=Kind::CORRECTION).contains(&kind) {
            Self::Transfers
        } else if (Kind::BENEFIT_APPLY..=Kind::RECOVERY).contains(&kind) {
            Self::Benefits
        } else if kind == Kind::IDENTITY_LINK || kind == Kind::IDENTITY_SPLIT {
            Self::Identities
        } else if STATEMENTS.contains(&kind) {
            Self::Statements
        } else if (Kind::PLATFORM_MONTH..=Kind::FUND_DRAW).contains(&kind) {
            Self::Platforms
        } else if matches!(
            kind,
            Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT
        ) {
            Self::Subsidies
        } else if kind == Kind::WARNING || kind == Kind::WARNING_CLOSED {
            Self::Warnings
        } else {
            Self::Accounts
        }
    }

    /// Whether rows of this kind can stand in a file of this layout.
    pub(crate) fn takes(self, kind: Kind) -> bool {
        self == Self::Any || self == Self::of(kind)
    }

    /// The layout that these header columns choose.
    pub(crate) fn chosen_by(columns: &[Option<crate::Column>]) -> Self {
        let has = |column| columns.contains(&Some(column));
        // A warning may be about a case of a transfer or an injury: so warnings come first.
        let choosing = [
            (Rule, Self::Warnings),
            (Warning, Self::Warnings),
            (Platform, Self::Platforms),
            (Injury, Self::Platforms),
            (Programme, Self::Subsidies),
            (Case, Self::Transfers),
            (Item, Self::Benefits),
            (OtherPerson, Self::Identities),
            (Decided, Self::Statements),
        ];
        choosing
            .into_iter()
            .find(|(column, _)| has(*column))
            .map_or(Self::Accounts, |(_, layout)| layout)
    }

    /// What a column is in this layout: 所属期起 and 所属期止 are the ends of a span, and of a contribution the months that
    /// are paid for.
    pub(crate) const fn read_as(self, column: crate::Column) -> crate::Column {
        match (self, column) {
            (Self::Accounts, FirstMonth) => Period,
            (Self::Accounts, LastMonth) => PeriodEnd,
            (_, column) => column,
        }
    }

    /// Every column of the layout.
    pub(crate) const fn columns(self) -> ColumnSet {
        match self {
            Self::Accounts => MONEY.and(REVERSAL).and(INTEREST).and(PARTICIPATION),
            Self::Transfers => TRANSFER,
            Self::Benefits => BENEFIT,
            Self::Identities => IDENTITY,
            Self::Statements => DEATH
                .and(BIRTH)
                .and(DEEMED)
                .and(HOUSEHOLD)
                .and(CLASS)
                .and(AGREEMENT)
                .and(BRIDGE)
                .and(DISPUTE),
            Self::Platforms => PLATFORM_MONTH
                .and(PREMIUM)
                .and(INJURY_REPORT)
                .and(DETERMINATION)
                .and(GRADE)
                .and(PREPAY)
                .and(DRAW),
            Self::Subsidies => SUBSIDY,
            Self::Warnings => WARNING.and(WARNING_CLOSED),
            Self::Any => ColumnSet::of(crate::Column::ALL),
        }
    }

    /// Columns that every file of the layout has. What a single kind needs besides is said row by row.
    pub(crate) const fn required(self, has_kind: bool) -> &'static [crate::Column] {
        match (self, has_kind) {
            (Self::Accounts, true) => &[Person, Serial],
            (Self::Accounts, false) => &[Person, Scheme, Received, Place, Serial],
            (Self::Transfers, _) => &[
                KindColumn, Person, Case, Scheme, OldPlace, NewPlace, Date, Serial,
            ],
            (Self::Benefits, _) => &[
                KindColumn, Person, Scheme, Item, From, Amount, Date, Place, Serial,
            ],
            (Self::Identities, _) => &[KindColumn, Person, OtherPerson, Date, Serial],
            (Self::Statements, _) => &[KindColumn, Person, Decided, Serial],
            (Self::Platforms, _) => &[KindColumn, Place, Serial],
            (Self::Subsidies, _) => &[
                KindColumn, Person, Programme, Scheme, FirstMonth, Place, Amount, Date, Serial,
            ],
            (Self::Warnings, _) => &[KindColumn, Date, Serial],
            (Self::Any, _) => &[],
        }
    }
}
