//! Figures: what the account comes to under a rule set, each with what it rests on and what it lacks.

use super::{Class, Day, Deserialize, Division, Hash, Month, RecordNumber, Serialize, json};

/// The rule set, and the rules of it that this account used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesUsed {
    /// Name of the set: a BLAKE3 hash over all of its rules.
    #[serde(with = "json::text")]
    pub name: Hash,
    /// The rules used, in the order of their first use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<RuleLine>,
}

/// A rule that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLine {
    /// Its id in the set.
    pub id: String,
    /// What it is about.
    pub key: String,
    /// Subject: a scheme, a class; empty where the key needs none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// Province or city; left out for the nation.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub place: Option<Division>,
    /// First month for which it holds.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub from: Option<Month>,
    /// Last month.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Month>,
    /// What holds, as text.
    pub value: String,
    /// The document that says so.
    pub document: String,
    /// Its number.
    pub number: String,
    /// Day of publication, where known.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub published: Option<Day>,
    /// `V` verified, `K` known, `U` uncertain, `D` design.
    pub confidence: String,
}

/// Position of a rule in [`RulesUsed::used`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleNumber(pub u32);

/// Position of a figure in [`super::Account::figures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FigureNumber(pub u32);

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

names! {
    /// What a figure says. Months are counted as the family counts them, money is in fen.
    FigureName {
        /// Month of birth: by the archive if it says so, else by the citizen's id.
        BirthMonth,
        /// Class of retirement.
        RetirementClass,
        /// Household registration now 户籍.
        Household,
        /// Place of the pension relation.
        Relation,
        /// Place of benefit 待遇领取地, as things stand.
        BenefitPlace,
        /// Month of the statutory retirement age. Without a class its `first` and `last` say which months it could be.
        StatutoryMonth,
        /// The statutory age, in months.
        StatutoryAge,
        /// Earliest month that the worker may choose, and by which the months needed then can be there.
        EarliestMonth,
        /// Latest month that worker and employer may agree on.
        LatestMonth,
        /// Employee-pension months, deemed ones included.
        EmployeeMonths,
        /// Months needed for a monthly pension at the statutory month.
        MinimumMonths,
        /// Months needed at the earliest month.
        MinimumMonthsEarliest,
        /// Months paid ahead, which count once they have begun (C30).
        PrepaidMonths,
        /// Months short of the minimum, those paid ahead taken off.
        MonthsShort,
        /// Months that are still to be paid before the statutory month.
        MonthsLeft,
        /// Latest month in which to start paying every month, so that the minimum is met.
        LatestStart,
        /// Month in which the months needed are there.
        MinimumReached,
        /// First month of the pension: after the one in which age and months are there.
        PensionFirst,
        /// Personal account as posted: principal and posted interest.
        BalancePosted,
        /// Personal account with interest estimated for years not posted.
        BalanceInterim,
        /// What has to be given back of it: for records that an agreement has cleared, for months paid twice in two schemes, for
        /// months after a benefit began or after death.
        BalanceOwed,
        /// What is left of the personal account of a worker who draws a pension or has died.
        BalanceLeft,
        /// What has to be refunded of contributions for months after a benefit began (C21), payers' and workers' shares.
        RefundAfterBenefit,
        /// What has to be refunded of contributions for months after death (C22), payers' and workers' shares.
        RefundAfterDeath,
        /// What has to be recovered of benefits drawn for months after death (C22).
        RecoveryAfterDeath,
        /// Months of the forecast.
        ForecastMonths,
        /// Average contribution index.
        AverageIndex,
        /// 计发基数 of the place of benefit.
        ReferenceWage,
        /// 计发月数 of the age.
        Divisor,
        /// Personal account of the forecast.
        ForecastBalance,
        /// Basic pension a month.
        BasicPension,
        /// Account pension a month.
        AccountPension,
        /// Transitional pension a month 过渡性养老金, where a rule has the province's rate.
        TransitionalPension,
        /// Pension a month: basic, account and, where a rule has it, transitional part; local parts are not included.
        Pension,
        /// Resident-pension months.
        ResidentMonths,
        /// Month in which the age of resident pension is reached.
        ResidentMonth,
        /// First month of resident pension.
        ResidentFirst,
        /// Months needed for resident pension.
        ResidentMinimum,
        /// Resident pension a month: basic part of the place, and account.
        ResidentPension,
        /// Employee months from which the resident account joins employee pension at retirement.
        BridgeThreshold,
        /// Employee months after bridging into employee pension: resident years do not convert.
        EmployeeIfBridged,
        /// Resident months after bridging into resident pension: employee months are added.
        ResidentIfBridged,
        /// Both personal accounts together, as they would be after bridging.
        BalanceIfBridged,
        /// Employee-medical months of all places.
        MedicalMonths,
        /// Those of the place where the worker is covered now.
        MedicalLocalMonths,
        /// Months needed for benefits in retirement there.
        MedicalStandard,
        /// Months that must have been paid in the area itself.
        MedicalStandardLocal,
        /// Months short of it.
        MedicalShort,
        /// Whole months without medical cover before the running one; with `first` and `last`, those of a gap that has ended.
        MedicalGap,
        /// Most months of waiting after that gap, once it is paid again.
        MedicalWait,
        /// Whole months without medical cover before the running one, of a worker who was covered as a resident; with `first` and
        /// `last`, those of a lapse that has ended.
        ResidentMedicalLapse,
        /// Months of waiting after that lapse, once enrolled again; with `first` and `last`, those of a worker who enrols for the next year.
        ResidentMedicalWait,
        /// First month without resident medical cover, unless the next year is enrolled for; from the month on in which that can be done.
        ResidentMedicalEnrol,
        /// Most months of waiting of a worker who is covered again after a gap.
        WaitRunning,
        /// The last of them.
        WaitUntil,
        /// Unemployment months paid since the last claim.
        UnemploymentPaid,
        /// Unused months of benefit from earlier claims.
        UnemploymentUnused,
        /// Most months of benefit that the law allows.
        UnemploymentCeiling,
        /// Months of benefit by the province's formula, unused ones included.
        UnemploymentMonths,
        /// Unemployment benefit a month.
        UnemploymentAmount,
        /// Mean base of the last twelve months, were there a work injury now.
        InjuryMean,
        /// The same within the limits of the place: 本人工资.
        InjuryWage,
        /// One-off disability benefit 一次性伤残补助金 of a grade, by that wage.
        InjuryBenefit,
        /// Months of a gap that the worker may still pay.
        GapPayable,
        /// Until when the first of them can be paid.
        GapUntil,
        /// What they cost at the lowest base.
        GapPrice,
        /// What a payer still owes for months of a gap.
        GapOwed,
        /// Late fee 滞纳金 on what a unit owes of it, up to the account's day.
        GapLateFee,
        /// What a base limit published late adds to months already paid (type 34).
        ExpectedDifference,
        /// Months that a flexible worker paid back, although the rule that the figure rests on does not take them (Y12).
        PaidBackBeyond,
        /// What the personal account was credited less than the rule's share of the base (Y13); below zero, more.
        AccountShort,
    }
}

names! {
    /// Which of the three numbers.
    Forecast {
        /// If nothing more were paid.
        Now,
        /// If every month is paid at the last base until the statutory month.
        Continued,
        /// If every month is paid at the highest base until the latest month.
        Best,
    }
}

names! {
    /// A fact or rule that a figure lacks.
    MissingName {
        /// Month of birth.
        Birth,
        /// Class of retirement.
        Class,
        /// Household registration.
        Household,
        /// Place of the relation.
        Relation,
        /// Which of several places was the previous one.
        PreviousPlace,
        /// Enough months for a monthly pension.
        EnoughMonths,
        /// Which of several places decides on a claim of unemployment benefit (Y09).
        ClaimPlace,
        /// Which of several places keeps months that they all hold (C01).
        ContestedMonths,
        /// Which place will take a temporary account over (国办发〔2009〕66号 art. 5).
        TemporaryAccount,
        /// A month that counts.
        Months,
        /// The base of months while it is open which record stays.
        Base,
        /// Average wage of a place.
        AverageWage,
        /// 计发基数 of a place.
        ReferenceWage,
        /// Highest base of a place.
        BaseCeiling,
        /// Lowest base of a place.
        BaseFloor,
        /// Rate of a contribution.
        Rate,
        /// Interest of a year.
        InterestRate,
        /// Basic resident pension of a place.
        ResidentBasic,
        /// Month in which resident pension began at a place: fewer months may suffice.
        ResidentStart,
        /// Divisor of the age.
        Divisor,
        /// Medical months for retirement at a place.
        MedicalStandard,
        /// A province's formula of unemployment months.
        UnemploymentFormula,
        /// Months that may be paid back at a place.
        Backpay,
        /// Day up to which contributions of a month are due at a place.
        DueDay,
        /// What was paid out of the personal account: of a pension, or to heirs, no payment on record says so by its item.
        PaidFromAccount,
        /// A rule that every set should have.
        Rule,
    }
}

names! {
    /// What a figure takes for granted.
    Assumption {
        /// Wages, averages and limits stay as they are.
        NoGrowth,
        /// No interest after the last year that has a rate.
        NoFurtherInterest,
        /// The newest published value, although its months have passed.
        LastPublished,
        /// The household stays where it is.
        HouseholdUnchanged,
        /// Money for months that several places hold is all counted: what is given back of it comes off.
        DoubleMoneyIncluded,
        /// Months whose base is not known have the index of the others.
        OtherMonthsAlike,
        /// Transitional and local parts of the pension are left out.
        WithoutProvincialParts,
        /// The index takes bases as they were recorded: no rule has a floor or a cap of the province.
        IndexAsRecorded,
        /// Local parts of the pension are left out.
        WithoutLocalParts,
        /// Between two ages of the table the divisor is on the line between them.
        DivisorBetweenAges,
        /// The months that are needed then are there by then.
        MonthsThere,
        /// Every month from the running one on is paid.
        EveryMonthPaid,
        /// Work ends without the worker's wish, and new work is sought (社会保险法 art. 45).
        UnemployedUnwillingly,
        /// The bridging threshold follows the minimum months of the year.
        BridgeFollowsMinimum,
        /// Men's standard for class M60, women's for the others.
        SexByClass,
        /// No months have to be paid in the pooling area itself: no rule says so.
        NoLocalMinimum,
        /// Fewer than twelve months have a base: their mean stands for twelve.
        FewerMonths,
        /// Every employer's base is added: which of them would answer for the injury is open.
        AllEmployers,
        /// The average wage is the one that a pension index divides by.
        AverageOfPension,
        /// Principal alone: the interest that goes with it is not worked out.
        PrincipalOnly,
        /// The basic pension is the nation's least: what the place adds is not known.
        NationalFloor,
        /// The injury would happen in the month of the account's date.
        InjuryNow,
        /// Every payment out of the personal account is on record.
        PaymentsOnRecord,
        /// What is owed is paid on the account's day.
        PaidToday,
        /// The worker belongs to no group that the place exempts from waiting.
        NoExemption,
    }
}

names! {
    /// Why a province is the place of benefit (国办发〔2009〕66号 art. 6).
    PlaceReason {
        /// R1: the relation is at home.
        RelationAtHome,
        /// R2: enough months where the relation is.
        EnoughAtRelation,
        /// R3: enough months at the previous place.
        EnoughEarlier,
        /// R4: nowhere enough: home.
        NowhereEnough,
        /// The same whatever the missing fact turns out to be.
        WhateverMissing,
    }
}

names! {
    /// What the law leaves to people.
    QuestionName {
        /// When to retire, within the choice.
        RetireWhen,
        /// How to make up for missing months: keep paying, pay at once, or move to resident pension.
        ShortOfMinimum,
        /// Which way to bridge employee and resident pension.
        Bridge,
        /// Which province pays, while facts are missing.
        WhereToDraw,
        /// Whether a general account begun elsewhere at that age should be a temporary one (国办发〔2009〕66号 art. 5).
        TemporaryAccount,
        /// Whose records these are: two persons under one number (C17). Until it is resolved nothing is summed.
        TwoPersons,
    }
}

/// A figure: its value or what is missing, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it says.
    pub name: FigureName,
    /// The family that it is about, where there could be several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Which of three numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// First month that it is about.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// Last month.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// Grade of disability that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<u32>,
    /// Its value; left out while something is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<FigureValue>,
    /// Why, for a place of benefit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<PlaceReason>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Ground>,
    /// What is missing. A figure may have a value all the same, where it could only become larger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

/// The value of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureValue {
    /// A number of months.
    Months(u32),
    /// A month.
    Month(#[serde(with = "json::text")] Month),
    /// An amount in fen.
    Fen(i64),
    /// An index in ten-thousandths.
    Index(u32),
    /// A divisor in tenths of a month.
    Divisor(u32),
    /// A place.
    Place(#[serde(with = "json::text")] Division),
    /// A class of retirement.
    Class(Class),
}

/// Something that a figure rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Another figure.
    Figure(FigureNumber),
    /// A rule.
    Rule(RuleNumber),
    /// A record.
    Record(RecordNumber),
    /// The months and money of a family, with the records behind them.
    Family(String),
    /// Something taken for granted.
    Assumed(Assumption),
}

/// What a figure lacks, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What.
    pub what: MissingName,
    /// For which place.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub place: Option<Division>,
    /// From which month on.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// To which month.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
}

/// A question that the law leaves to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is to be decided.
    pub name: QuestionName,
    /// The figures that bear on it.
    pub from: Vec<Ground>,
}
