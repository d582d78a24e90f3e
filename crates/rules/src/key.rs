//! The register of keys: what can be configured, in which unit (domain reference, section 11).

use std::fmt;
use yizhang_ledger::{
    record::Trade,
    value::{Code, Division, Namespace, Scheme},
};

/// What a value is measured in, and what may stand under `value` in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// `{ months = 180 }`
    Months,
    /// Working days unless the key says otherwise: `{ days = 15 }`
    Days,
    /// `{ count = 1 }`
    Count,
    /// `{ yuan = "7162.00" }`
    Yuan,
    /// `{ rate = "0.0262" }`, 0 to 10 with up to four decimals.
    Rate,
    /// `{ month = "1998-01" }`
    Month,
    /// `{ table = [[40, 233], [41, 230]] }`: rows of whole numbers, every row as long as the key says.
    Table(usize),
    /// `{ dates = ["2026-01-01"] }`, ascending.
    Dates,
    /// `{ code = "91440300MA0000000X" }`: 1 to 32 visible ASCII characters.
    Code,
}

impl Unit {
    /// Its word in a value.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Days => "days",
            Self::Count => "count",
            Self::Yuan => "yuan",
            Self::Rate => "rate",
            Self::Month => "month",
            Self::Table(_) => "table",
            Self::Dates => "dates",
            Self::Code => "code",
        }
    }

    /// A value as files write it.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Months => "{ months = 180 }",
            Self::Days => "{ days = 15 }",
            Self::Count => "{ count = 139 }",
            Self::Yuan => "{ yuan = \"7162.00\" }",
            Self::Rate => "{ rate = \"0.0262\" }",
            Self::Month => "{ month = \"1998-01\" }",
            Self::Table(_) => "{ table = [[40, 233], [41, 230]] }",
            Self::Dates => "{ dates = [\"2026-01-01\"] }",
            Self::Code => "{ code = \"91440300MA0000000X\" }",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(columns) => write!(f, "table of {columns} columns"),
            unit => f.write_str(unit.word()),
        }
    }
}

/// What stands under `of`: what nothing asks for is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Nothing.
    Nothing,
    /// A class of retirement: `M60`, `F55`, `F50`.
    Class,
    /// `men` or `women`.
    Sex,
    /// A scheme as `hrss:110`.
    Scheme,
    /// A scheme, or nothing for every scheme that has no rule of its own.
    AnyScheme,
    /// A pension scheme with a personal account; that of employees stands for both of theirs.
    Account,
    /// An employer, by the code that contributions name.
    Employer,
    /// A benefit item, by the code that benefits name.
    Item,
    /// A kind of business of platforms: [`TRADES`].
    Trade,
}

impl Subject {
    /// Whether a text may stand there.
    pub fn admits(self, of: &str) -> bool {
        match self {
            Self::Nothing => of.is_empty(),
            Self::Class => matches!(of, "M60" | "F55" | "F50"),
            Self::Sex => matches!(of, "men" | "women"),
            Self::Scheme => is_scheme(of),
            Self::AnyScheme => of.is_empty() || is_scheme(of),
            Self::Account => matches!(of, "hrss:110" | "hrss:170"),
            Self::Employer | Self::Item => Code::new(of).is_some_and(|code| !code.is_none()),
            Self::Trade => TRADES.iter().any(|(_, word)| *word == of),
        }
    }
}

/// Kinds of business of platforms, each with its word in rules.
pub const TRADES: [(Trade, &str); 4] = [
    (Trade::Delivery, "delivery"),
    (Trade::RideHailing, "ride-hailing"),
    (Trade::Freight, "freight"),
    (Trade::Other, "other"),
];

/// Codes of schemes that two administrations share (domain reference, 1.1); those of a city or province, under `local`, are
/// its own.
const SCHEMES: &[&str] = &[
    "hrss:110", "hrss:120", "hrss:170", "hrss:210", "hrss:410", "hrss:510", "hrss:OIP", "nhsa:310",
    "nhsa:320", "nhsa:330", "nhsa:370", "nhsa:380", "nhsa:390", "nhsa:391", "nhsa:392", "nhsa:410",
    "nhsa:510", "ann:OA", "ann:EA", "pp:IP",
];

fn is_scheme(of: &str) -> bool {
    SCHEMES.contains(&of)
        || Scheme::parse(of).is_some_and(|scheme| scheme.namespace == Namespace::Local)
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Class => "M60, F55 or F50",
            Self::Sex => "men or women",
            Self::Scheme => "a scheme as hrss:110",
            Self::AnyScheme => "a scheme as hrss:210, or nothing for all others",
            Self::Account => "hrss:110 or hrss:170",
            Self::Employer => "the code of an employer",
            Self::Item => "the code of a benefit item",
            Self::Trade => "delivery, ride-hailing, freight or other",
        })
    }
}

/// Where a rule may hold: what is asked for the nation only is refused for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The nation.
    Nation,
    /// The nation, or a place.
    Anywhere,
    /// A place.
    Place,
}

impl Scope {
    /// Whether a rule with this place, or without one, may stand.
    pub const fn admits(self, place: Option<Division>) -> bool {
        match self {
            Self::Nation => place.is_none(),
            Self::Anywhere => true,
            Self::Place => place.is_some(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nation => "nation",
            Self::Anywhere => "nation or place",
            Self::Place => "place",
        })
    }
}

macro_rules! keys {
    ($($key:ident $name:literal $unit:expr, $continuity:ident, $subject:ident, $scope:ident, $meaning:literal;)*) => {
        /// What a rule is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = $meaning] $key,)*
        }

        impl Key {
            /// Every key, in the order of the register.
            pub const ALL: &'static [Self] = &[$(Self::$key),*];

            /// Its name in files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)* }
            }

            /// The unit of its values.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$key => $unit,)* }
            }

            /// Whether two rules of one subject and place may leave no month between them.
            pub const fn is_continuous(self) -> bool {
                match self { $(Self::$key => continuity!($continuity),)* }
            }

            /// What a rule of it may be about, under `of`.
            pub const fn subject(self) -> Subject {
                match self { $(Self::$key => Subject::$subject,)* }
            }

            /// Where a rule of it may hold, under `place`.
            pub const fn scope(self) -> Scope {
                match self { $(Self::$key => Scope::$scope,)* }
            }

            /// What it says.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$key => $meaning,)* }
            }
        }
    };
}

macro_rules! continuity {
    (Continuous) => {
        true
    };
    (Loose) => {
        false
    };
}

keys! {
    RetirementSchedule "retirement.schedule" Unit::Table(4), Continuous, Class, Nation, "how the retirement age of a class rises: original age in months, first month of birth with a delay as YYYYMM, months of birth a step, largest delay in months";
    RetirementFlex "retirement.flex" Unit::Months, Continuous, Nothing, Nation, "months before and after the statutory month that a worker may choose";
    PensionMinimum "pension.minimum" Unit::Months, Continuous, Nothing, Nation, "contribution months for a monthly pension that begins in the month";
    PensionBegins "pension.begins" Unit::Months, Continuous, Nothing, Nation, "months from that in which age and months are there to the first of the pension";
    PensionDivisor "pension.divisor" Unit::Table(2), Continuous, Nothing, Nation, "计发月数: age in years, months";
    PensionReference "pension.reference" Unit::Yuan, Loose, Nothing, Anywhere, "计发基数 of a place";
    PensionAverageWage "pension.average-wage" Unit::Yuan, Loose, Nothing, Anywhere, "average monthly wage that an index divides by";
    IndexFloor "pension.index-floor" Unit::Rate, Loose, Nothing, Anywhere, "least index of a month, of the average wage";
    IndexCeiling "pension.index-ceiling" Unit::Rate, Loose, Nothing, Anywhere, "largest index of a month, of the average wage";
    IndexDeemed "pension.index-deemed" Unit::Rate, Loose, Nothing, Anywhere, "index of a deemed month";
    TransitionRate "pension.transition-rate" Unit::Rate, Loose, Nothing, Anywhere, "过渡性养老金: share of the indexed reference wage for a year deemed or before the personal account";
    TransitionUntil "pension.transition-until" Unit::Month, Loose, Nothing, Anywhere, "last month before the personal account: paid months up to it are in the transitional pension";
    PensionInterest "pension.interest" Unit::Rate, Continuous, Account, Anywhere, "记账利率 of the personal account; hrss:110 for hrss:120 too";
    PensionInterestOffset "pension.interest-offset" Unit::Count, Continuous, Nothing, Anywhere, "months, 0 or 1, added to 12 less the month of a credit when interest is computed";
    AccountRate "contribution.account-rate" Unit::Rate, Continuous, Scheme, Anywhere, "share of the base that is credited to the personal account";
    UnitRate "contribution.unit-rate" Unit::Rate, Loose, Scheme, Anywhere, "the employer's share of the base";
    PersonRate "contribution.person-rate" Unit::Rate, Loose, Scheme, Anywhere, "the worker's share of the base";
    FlexibleRate "contribution.flexible-rate" Unit::Rate, Continuous, Scheme, Anywhere, "share of the base that a flexible worker pays";
    BaseFloor "contribution.base-floor" Unit::Yuan, Loose, Scheme, Anywhere, "lowest base";
    BaseCeiling "contribution.base-ceiling" Unit::Yuan, Loose, Scheme, Anywhere, "highest base";
    LateFeeRate "contribution.late-fee-rate" Unit::Rate, Continuous, Nothing, Anywhere, "滞纳金 a day";
    DueDay "contribution.due-day" Unit::Count, Loose, Nothing, Anywhere, "day of the following month up to which a unit pays what is due for a month";
    FlexibleBackpay "contribution.flexible-backpay" Unit::Months, Loose, Scheme, Anywhere, "months that a flexible worker may pay back";
    BenefitPlaceMonths "benefit-place.months" Unit::Months, Continuous, Nothing, Nation, "months that are enough for a place that is not home";
    TemporaryAgeMen "benefit-place.temporary-age-men" Unit::Months, Continuous, Nothing, Nation, "age from which a man's account elsewhere is temporary";
    TemporaryAgeWomen "benefit-place.temporary-age-women" Unit::Months, Continuous, Nothing, Nation, "age from which a woman's account elsewhere is temporary";
    TransferPoolRate "transfer.pool-rate" Unit::Rate, Continuous, Nothing, Nation, "share of the actual bases that moves from the pool";
    TransferPoolFrom "transfer.pool-from" Unit::Month, Continuous, Nothing, Nation, "first month whose base moves pool money";
    TransferReview "transfer.review" Unit::Days, Continuous, AnyScheme, Nation, "the new place reviews and sends the letter";
    TransferSend "transfer.send" Unit::Days, Continuous, AnyScheme, Anywhere, "the old place completes, from the letter";
    TransferClose "transfer.close" Unit::Days, Continuous, AnyScheme, Nation, "the new place closes, from the arrival of relation and money";
    TransferDangling "transfer.dangling" Unit::Days, Continuous, AnyScheme, Nation, "on the way without being posted before it is called dangling";
    TransferWhole "transfer.whole" Unit::Days, Loose, AnyScheme, Nation, "the whole case, from the application";
    TransferInform "transfer.inform" Unit::Days, Continuous, Nothing, Nation, "the old place tells the worker what does not move";
    TransferBackpay "transfer.backpay" Unit::Months, Continuous, Nothing, Nation, "months paid back at once from which a document is needed";
    TransferCommitment "transfer.commitment-until" Unit::Month, Loose, Nothing, Nation, "last month whose money, paid back at once, moves on the old place's written commitment";
    BridgeMonths "bridge.months" Unit::Months, Loose, Nothing, Nation, "employee months from which resident pension joins employee pension";
    ResidentAge "resident.age" Unit::Months, Continuous, Nothing, Nation, "age from which resident pension is drawn";
    ResidentMinimum "resident.minimum" Unit::Months, Continuous, Nothing, Nation, "months of resident pension for a monthly benefit";
    ResidentStart "resident.start" Unit::Table(2), Loose, Nothing, Anywhere, "first and last month, as YYYYMM, in which resident pension began there: who had less than `resident.minimum` before the age by then pays until it, and fewer months suffice";
    ResidentBegins "resident.begins" Unit::Months, Continuous, Nothing, Nation, "months from that of the age to the first of resident pension";
    ResidentDivisor "resident.divisor" Unit::Count, Continuous, Nothing, Nation, "计发月数 of resident pension, at every age";
    ResidentBasic "resident.basic" Unit::Yuan, Loose, Nothing, Anywhere, "basic resident pension a month";
    UnemploymentMinimum "unemployment.minimum" Unit::Months, Continuous, Nothing, Nation, "paid months for any benefit";
    UnemploymentCeiling "unemployment.ceiling" Unit::Table(2), Continuous, Nothing, Nation, "from so many paid months, at most so many of benefit";
    UnemploymentStretches "unemployment.stretches" Unit::Table(3), Loose, Nothing, Anywhere, "up to so many paid months (0: without end), for each so many, so many months of benefit";
    UnemploymentAmount "unemployment.amount" Unit::Yuan, Loose, Nothing, Place, "unemployment benefit a month";
    MedicalRetirement "medical.retirement" Unit::Months, Loose, Sex, Anywhere, "months of employee medical insurance for benefits in retirement, of men or women";
    MedicalRetirementLocal "medical.retirement-local" Unit::Months, Loose, Sex, Anywhere, "of them, months paid in the pooling area itself";
    MedicalSwitch "medical.switch" Unit::Months, Continuous, Nothing, Nation, "months of cover without a break after which a change between employees' and residents' scheme costs no waiting";
    MedicalGap "medical.gap" Unit::Months, Continuous, Nothing, Anywhere, "gap that costs no waiting";
    MedicalWait "medical.wait-longest" Unit::Months, Continuous, Nothing, Anywhere, "longest waiting after a longer gap";
    ResidentMedicalWait "resident-medical.wait" Unit::Months, Continuous, Nothing, Anywhere, "waiting of residents who enrolled late";
    ResidentMedicalLapse "resident-medical.lapse" Unit::Months, Continuous, Nothing, Anywhere, "waiting for each further year that lapsed";
    ResidentMedicalLeast "resident-medical.wait-least" Unit::Table(2), Loose, Nothing, Anywhere, "from so many lapsed years in a row, at least so many months of waiting, however many were repaid";
    ResidentMedicalWindow "resident-medical.window" Unit::Count, Loose, Nothing, Anywhere, "month of the year, 1 to 12, from which the next year of residents is collected";
    InjuryGrades "injury.grades" Unit::Table(2), Continuous, Nothing, Nation, "grade, months of own wage";
    InjuryAverage "injury.average-wage" Unit::Yuan, Loose, Nothing, Anywhere, "average monthly wage of the pooling area of work injury";
    InjuryFloor "injury.base-floor" Unit::Rate, Continuous, Nothing, Nation, "least own wage, of the average wage";
    InjuryCeiling "injury.base-ceiling" Unit::Rate, Continuous, Nothing, Nation, "most own wage, of the average wage";
    OrderPremium "oip.order-premium" Unit::Yuan, Loose, Trade, Anywhere, "premium of occupational-injury protection for an order, by trade";
    OrderPremiumFirst "oip.order-premium-first" Unit::Yuan, Loose, Trade, Anywhere, "the same, of a platform that takes part for the first time";
    FundRate "fund.rate" Unit::Rate, Loose, Nothing, Anywhere, "专项保障基金: share of its revenue that a platform prepays";
    InjuryReportHours "injury.report-hours" Unit::Count, Loose, Nothing, Anywhere, "hours in which a platform reports an accident";
    InjuryDecide "injury.decide-days" Unit::Count, Loose, Nothing, Anywhere, "calendar days from acceptance to the decision 认定, those of a suspension left out";
    InjuryDecideClear "injury.decide-clear-days" Unit::Count, Loose, Nothing, Anywhere, "the same, where the facts are clear";
    InjuryAim "injury.aim-days" Unit::Count, Loose, Nothing, Anywhere, "calendar days from the report to the decision that are aimed at";
    InjuryCorridor "injury.corridor-metres" Unit::Count, Loose, Nothing, Anywhere, "metres from the route within which a place lies on the way";
    InjurySameAccident "injury.same-accident-minutes" Unit::Count, Loose, Nothing, Anywhere, "minutes within which reports of two platforms may be of one accident (C36)";
    WarningPremium "warning.premium-days" Unit::Count, Loose, Nothing, Anywhere, "calendar days after the month of the orders by which their premium is paid";
    WarningFund "warning.fund-days" Unit::Count, Loose, Nothing, Anywhere, "calendar days after its months by which a prepayment to the special fund is paid";
    WarningCoverage "warning.coverage" Unit::Rate, Loose, Nothing, Anywhere, "least share of the orders that are insured 每单必保";
    WarningHeadcountDrop "warning.headcount-drop" Unit::Rate, Loose, Nothing, Anywhere, "largest drop of a platform's workers against the month before";
    WarningHeadcountLeast "warning.headcount-least" Unit::Count, Loose, Nothing, Anywhere, "workers in the month before from which a drop is looked at";
    WarningUninsured "warning.uninsured-months" Unit::Months, Loose, Nothing, Anywhere, "months in a row with orders and without basic cover from which a warning is raised";
    WarningLowIncome "warning.low-income" Unit::Yuan, Loose, Nothing, Anywhere, "income of a month from all platforms below which it is low";
    WarningLowIncomeMonths "warning.low-income-months" Unit::Months, Loose, Nothing, Anywhere, "months of low income in a row from which a warning is raised";
    WarningLongest "warning.longest-minutes" Unit::Count, Loose, Nothing, Anywhere, "longest stretch without a rest, in minutes, that raises no warning";
    WarningNight "warning.night-minutes" Unit::Count, Loose, Nothing, Anywhere, "minutes at night in a month, on all platforms, that raise no warning";
    WarningLookBack "warning.look-back" Unit::Months, Loose, Nothing, Nation, "months before the running one that rules of single months look at";
    WarningAct "warning.act-days" Unit::Days, Loose, Nothing, Nation, "working days in which somebody acts on a warning";
    BenefitItem "benefit.item" Unit::Code, Loose, Item, Anywhere, "what a benefit item 待遇项目 is: `account`, paid out of the personal account; `after-death`, due only then; `heirs`, what heirs receive of the account";
    DivisionSuccessor "division.successor" Unit::Table(1), Loose, Nothing, Place, "the divisions that take a division's place, six digits each; several where it was split";
    EmployerSuccessor "employer.successor" Unit::Code, Loose, Employer, Nation, "the employer that took an employer's place: renamed, merged, or under a new code";
    DisputeAnswer "dispute.answer" Unit::Days, Loose, Nothing, Nation, "an agency answers a dispute 异议; without a rule 15, which is ours";
    Holidays "calendar.holidays" Unit::Dates, Loose, Nothing, Nation, "days without work in a year, weekends or not";
    Workdays "calendar.workdays" Unit::Dates, Loose, Nothing, Nation, "weekend days with work in a year 调休";
}

impl Key {
    /// Whether the rule of a scheme comes before one for all of them.
    pub(crate) const fn serves_all(self) -> bool {
        matches!(self.subject(), Subject::AnyScheme)
    }

    /// Whether a value leads from one thing to another of the same sort.
    pub(crate) const fn is_successor(self) -> bool {
        matches!(self, Self::DivisionSuccessor | Self::EmployerSuccessor)
    }

    /// The largest rate of it, in whole numbers: a share of something is no more than the whole.
    pub(crate) const fn rate_max(self) -> u32 {
        match self {
            Self::PensionInterest
            | Self::AccountRate
            | Self::UnitRate
            | Self::PersonRate
            | Self::FlexibleRate
            | Self::LateFeeRate
            | Self::TransferPoolRate
            | Self::FundRate
            | Self::WarningCoverage
            | Self::WarningHeadcountDrop => 1,
            _ => 10,
        }
    }

    /// The least and the largest number of it: nobody lives a hundred years of months past another date, days fit into what
    /// reads them, and nothing is divided by 0.
    pub(crate) const fn range(self) -> (u32, u32) {
        match self {
            Self::PensionInterestOffset => (0, 1),
            Self::DueDay => (1, 31),
            Self::ResidentDivisor => (1, MONTHS_MAX),
            _ => match self.unit() {
                Unit::Months => (0, MONTHS_MAX),
                _ => (0, NUMBER_MAX),
            },
        }
    }

    /// The key of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }
}

/// A hundred years.
const MONTHS_MAX: u32 = 1_200;
/// The largest number of 16 bits.
const NUMBER_MAX: u32 = 65_535;

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
