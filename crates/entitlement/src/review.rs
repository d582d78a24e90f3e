//! What an agency looks for in many accounts: conflicts, gaps, transfers that wait, retirements that are near.

use crate::{
    account::{
        Account, Class, Conflict, ContributionLine, DisputeLine, FamilyAccount, FigureName,
        FigureValue, Gap, GapCause, NotAnAccount, TransferCase, json,
    },
    conflicts::class::{Actor, ConflictCode, Severity},
    dispute::Reason,
    policy::family::Family,
};
use serde::{Deserialize, Serialize};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::CaseId,
    value::{Day, Division, Month},
};

/// Which list a finding is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// A conflict that waits for somebody; `what` is its class.
    Conflict,
    /// Months that do not count and could; `what` is the cause.
    Gap,
    /// A transfer case that waits for a step; `what` is the step.
    Transfer,
    /// A retirement within the months asked for, or past and without an award; `what` is the class of retirement,
    /// [`CLASS_UNKNOWN`] where no agency has stated it and some class would be that near, or [`RESIDENT`].
    Retirement,
    /// A dispute that nobody has answered; `what` is its reason.
    Dispute,
}

impl List {
    /// All of them, by name.
    pub const NAMED: [(Self, &'static str); 5] = [
        (Self::Conflict, "conflict"),
        (Self::Gap, "gap"),
        (Self::Transfer, "transfer"),
        (Self::Retirement, "retirement"),
        (Self::Dispute, "dispute"),
    ];

    /// The list of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(list, _)| list)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .into_iter()
            .find(|(list, _)| *list == self)
            .map_or("", |(_, name)| name)
    }

    /// What its findings can be: classes of conflict, causes of gaps, awaited steps, classes of retirement, reasons of disputes.
    pub fn vocabulary(self) -> Vec<String> {
        match self {
            Self::Conflict => {
                let open = ConflictCode::CLASSES
                    .iter()
                    .filter(|class| class.severity != Severity::Auto);
                open.map(|class| format!("{:?}", class.code)).collect()
            }
            Self::Gap => CAUSES
                .into_iter()
                .filter_map(|(_, name)| name)
                .map(str::to_owned)
                .collect(),
            Self::Transfer => AWAITED.iter().map(ToString::to_string).collect(),
            Self::Retirement => {
                let classes = [Class::M60, Class::F55, Class::F50]
                    .iter()
                    .map(|class| format!("{class:?}"));
                classes
                    .chain([CLASS_UNKNOWN, RESIDENT].map(str::to_owned))
                    .collect()
            }
            Self::Dispute => Reason::ALL
                .iter()
                .map(|reason| reason.code().to_owned())
                .collect(),
        }
    }
}

/// On the list of retirements: near under some class, and no agency has stated which.
pub const CLASS_UNKNOWN: &str = "class_unknown";
/// On the list of retirements: resident pension, of a worker who has no employee pension.
pub const RESIDENT: &str = "resident";

/// Causes of gaps by name; none for those that nobody has to close: what was taken back, and what comes later.
const CAUSES: [(GapCause, Option<&str>); 6] = [
    (GapCause::NotFull, Some("not_full")),
    (GapCause::Refunded, Some("refunded")),
    (GapCause::Arrears, Some("arrears")),
    (GapCause::Unpaid, Some("unpaid")),
    (GapCause::Later, None),
    (GapCause::Reversed, None),
];

/// Steps that a case can wait for.
const AWAITED: [Kind; 7] = [
    Kind::LETTER,
    Kind::FREEZE,
    Kind::INFO_SHEET,
    Kind::FUNDS_SENT,
    Kind::FUNDS_RECEIVED,
    Kind::POSTED,
    Kind::CLOSED,
];

/// Something in an account that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its list.
    pub list: List,
    /// Class, cause, awaited step, class of retirement, reason of a dispute.
    pub what: String,
    /// Family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// First month; of a retirement, its statutory month, or the first that it could be.
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
    /// Months concerned; of a retirement, months short of the minimum.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub months: u32,
    /// Severity of a conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Who must act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts: Option<Actor>,
    /// The places of a conflict, the one of the last payment before a gap, the one whose step a transfer waits for, the region whose record is
    /// disputed.
    #[serde(default, with = "json::texts", skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Division>,
    /// Number of a transfer case, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The last day within the limit.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub due: Option<Day>,
    /// Working days past it.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub overdue: u32,
    /// Months of a gap that the worker can still pay; left out where no rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payable: Option<u32>,
    /// The last month in which the first of them can be paid.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub until: Option<Month>,
    /// The least that they cost, or what the payer owes without the late fee, in fen; of a conflict what has to go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// Of a dispute what names it: the hash of its leaf.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub dispute: Option<Hash>,
    /// The day on which it was raised.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub raised: Option<Day>,
    /// The kind of the disputed record; left out where the record is none of the account.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub disputed: Option<Kind>,
    /// The position of the disputed record in the chain of its region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

impl Finding {
    const fn new(list: List, what: String) -> Self {
        Self {
            list,
            what,
            family: None,
            first: None,
            last: None,
            months: 0,
            severity: None,
            acts: None,
            places: Vec::new(),
            case: None,
            due: None,
            overdue: 0,
            payable: None,
            until: None,
            price: None,
            dispute: None,
            raised: None,
            disputed: None,
            at: None,
        }
    }
}

/// The findings of an account, conflicts first. What a rule has resolved is none; retirements are named up to
/// `retirement_months` ahead.
pub fn review(account: &Account, retirement_months: u16) -> Vec<Finding> {
    let open = account
        .conflicts
        .iter()
        .filter(|conflict| conflict.severity != Severity::Auto);
    let mut findings: Vec<Finding> = open.map(|found| conflict(account, found)).collect();
    for family in &account.families {
        let named = |finding: Finding| Finding {
            family: Some(family.family.clone()),
            ..finding
        };
        let gaps = family.gaps_until(account.as_of);
        findings.extend(
            gaps.iter()
                .filter_map(|one| gap(account, family, one))
                .map(named),
        );
        findings.extend(family.transfers.iter().filter_map(transfer).map(named));
    }
    findings.extend(retirement(account, retirement_months));
    let open = account.disputes.iter();
    let open = open.filter(|line| line.outcome.is_none());
    findings.extend(open.map(|line| dispute(account, line)));
    findings
}

/// Whether retirement cannot be told because no agency has stated a birth: of a worker who lives, has pension months and no pension in
/// force, be it drawn or suspended.
pub fn is_without_birth(account: &Account) -> bool {
    let pays = |family: &FamilyAccount| {
        let gives_pension = PENSIONS.iter().any(|pension| family.is_of(*pension));
        gives_pension && family.counted_months > 0
    };
    let draws = |family: &FamilyAccount| family.drawing.is_some();
    let pensions = || account.families.iter().filter(|family| pays(family));
    account.person.birth.is_empty()
        && account.person.death.is_empty()
        && pensions().next().is_some()
        && !pensions().any(draws)
}

/// Families of which a pension comes.
const PENSIONS: [Family<'static>; 2] = [Family::PENSION, Family::RESIDENT_PENSION];

/// Findings as JSON, fields in the order of [`Finding`].
pub fn to_json(findings: &[Finding]) -> Vec<u8> {
    serde_json::to_vec(findings).expect("plain values are always JSON")
}

/// Reads what [`to_json`] wrote.
///
/// # Errors
/// [`NotAnAccount::Json`] where they are none.
pub fn from_json(bytes: &[u8]) -> Result<Vec<Finding>, NotAnAccount> {
    serde_json::from_slice(bytes).map_err(|fault| NotAnAccount::Json { at: fault.column() })
}

fn conflict(account: &Account, conflict: &Conflict) -> Finding {
    let concern = account.concern(conflict);
    Finding {
        family: concern.family,
        first: concern.spans.first().map(|(first, _)| *first),
        last: concern.spans.last().map(|(_, last)| *last),
        months: conflict.months,
        severity: Some(conflict.severity),
        acts: Some(conflict.code.class().acts),
        places: concern.places.into_iter().collect(),
        case: concern.case.map(hex),
        price: conflict.to_return,
        ..Finding::new(List::Conflict, format!("{:?}", conflict.code))
    }
}

fn gap(account: &Account, family: &FamilyAccount, gap: &Gap) -> Option<Finding> {
    let (_, cause) = CAUSES.into_iter().find(|(cause, _)| *cause == gap.cause)?;
    let cause = cause?;
    let value = |name| account.of_gap(name, &family.family, gap.first)?.value;
    let fen = |name| {
        if let Some(FigureValue::Fen(amount)) = value(name) {
            Some(amount)
        } else {
            None
        }
    };
    Some(Finding {
        first: Some(gap.first),
        last: Some(gap.last),
        months: gap.months,
        acts: matches!(gap.cause, GapCause::NotFull | GapCause::Arrears).then_some(Actor::Payer),
        places: family.place_before(gap.first).into_iter().collect(),
        payable: match value(FigureName::GapPayable) {
            Some(FigureValue::Months(months)) => Some(months),
            _ => None,
        },
        until: match value(FigureName::GapUntil) {
            Some(FigureValue::Month(month)) => Some(month),
            _ => None,
        },
        price: fen(FigureName::GapPrice).or_else(|| fen(FigureName::GapOwed)),
        ..Finding::new(List::Gap, cause.to_owned())
    })
}

fn dispute(account: &Account, line: &DisputeLine) -> Finding {
    let disputed = line.disputed.and_then(|number| account.record(number));
    let contribution = disputed.and_then(|record| record.contribution.as_ref());
    let last = |said: &ContributionLine| said.first.plus(u16::from(said.months.saturating_sub(1)));
    let spans = contribution.map(|said| (said.first, last(said)));
    let worked = line.disputed.and_then(|number| account.worked(number));
    let worked = worked.map(|(month, _)| month);
    Finding {
        family: contribution.and_then(|said| account.family_of_scheme(&said.scheme)),
        first: spans.map(|(first, _)| first).or(worked),
        last: spans.and_then(|(_, last)| last).or(worked),
        acts: Some(Actor::Agency),
        places: vec![line.region],
        due: line.due,
        overdue: line.overdue,
        dispute: account.record(line.record).map(|record| record.id),
        raised: Some(line.on),
        disputed: disputed.map(|record| record.kind),
        at: disputed.map(|record| record.index),
        ..Finding::new(List::Dispute, line.reason.clone())
    }
}

fn hex(case: CaseId) -> String {
    format!("{:032x}", u128::from_be_bytes(case.0))
}

fn transfer(case: &TransferCase) -> Option<Finding> {
    let next = case.next.as_ref()?;
    let moved = case.in_transfer.as_ref();
    Some(Finding {
        months: moved.map_or(0, |moved| moved.months),
        places: vec![next.place],
        case: Some(hex(case.case)),
        due: next.due,
        overdue: next.overdue,
        ..Finding::new(List::Transfer, next.step.to_string())
    })
}

/// The nearest retirement: by class under employee pension, else by age under resident pension.
fn retirement(account: &Account, within: u16) -> Option<Finding> {
    let month = |name| match account.figure(name).and_then(|figure| figure.value) {
        Some(FigureValue::Month(month)) => Some(month),
        _ => None,
    };
    let months = |name| match account.figure(name).and_then(|figure| figure.value) {
        Some(FigureValue::Months(months)) => months,
        _ => 0,
    };
    let now = account.as_of.in_month()?;
    let is_near = |month: Month| month.since(now) <= i32::from(within);
    let found = |what: String, first: Month| Finding {
        first: Some(first),
        ..Finding::new(List::Retirement, what)
    };
    let employee = account
        .figure(FigureName::StatutoryMonth)
        .filter(|_| months(FigureName::EmployeeMonths) > 0);
    let finding = if let Some(figure) = employee {
        let short = months(FigureName::MonthsShort);
        match (
            month(FigureName::StatutoryMonth),
            figure.first,
            account.person.class.last(),
        ) {
            (Some(statutory), _, Some(line)) => Finding {
                months: short,
                ..found(format!("{:?}", line.class), statutory)
            },
            (None, Some(first), None) => Finding {
                last: figure.last,
                ..found(CLASS_UNKNOWN.to_owned(), first)
            },
            _ => return None,
        }
    } else {
        let short =
            months(FigureName::ResidentMinimum).saturating_sub(months(FigureName::ResidentMonths));
        Finding {
            months: short,
            ..found(RESIDENT.to_owned(), month(FigureName::ResidentMonth)?)
        }
    };
    finding.first.is_some_and(is_near).then_some(finding)
}
