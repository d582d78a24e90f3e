//! The account in three sentences: what counts and where, what is missing and what may come, what waits for somebody.

use super::{
    copies::IN_DOUBT,
    family,
    page::{Block, Part},
    place, yuan,
};
use crate::text::t;
use yizhang_entitlement::{
    Account, Family,
    account::{Drawing, FamilyAccount, FigureName, FigureValue, Forecast, PlaceMonths, Resting},
    conflict::Severity,
};

/// The three sentences. Nothing for an account without records, which the page says by itself. A sentence that rests on a
/// quarantined chain bears the sign of doubt.
pub(super) fn part(account: &Account, doubt: &Resting) -> Option<Part> {
    if account.records.is_empty() {
        return None;
    }
    let sign = if doubt.families.is_empty() {
        ""
    } else {
        IN_DOUBT
    };
    let sentences = vec![
        format!("{}{sign}", what_counts(account)),
        format!("{}{sign}", what_may_come(account)),
        format!("{}{sign}", what_waits(account)),
    ];
    Part::titled(t!("summary.title"), vec![Block::Lines(sentences)])
}

/// Months of employee pension, and where they were paid; where there is none, the months of the other schemes.
fn what_counts(account: &Account) -> String {
    match account.of_family(Family::PENSION) {
        Some(pension) if counted(pension) == 1 => {
            t!("summary.counts_one", places = listed(&parts_of(pension))).to_string()
        }
        Some(pension) if counted(pension) > 0 => t!(
            "summary.counts",
            months = counted(pension),
            places = listed(&parts_of(pension))
        )
        .to_string(),
        Some(_) => t!("summary.no_pension_months").to_string(),
        None => of_other_schemes(account),
    }
}

/// Months that count, deemed ones included.
fn counted(family: &FamilyAccount) -> u32 {
    family.months_held()
}

/// What the months of a family are made of: paid in one province, deemed, held by several provinces. Together they are all.
fn parts_of(family: &FamilyAccount) -> Vec<String> {
    let mut parts: Vec<String> = family
        .by_province
        .iter()
        .filter(|line| line.months > 0)
        .map(place_months)
        .collect();
    if family.deemed_months > 0 {
        parts.push(t!("summary.deemed", months = family.deemed_months).to_string());
    }
    // An account that was not checked here may state anything.
    let alone = family.by_province.iter().map(|line| line.months);
    let alone = alone.fold(0, u32::saturating_add);
    let shared = family.counted_months.saturating_sub(alone);
    if shared > 0 {
        parts.push(t!("summary.shared", months = shared).to_string());
    }
    parts
}

fn place_months(line: &PlaceMonths) -> String {
    let place = place::name(line.place);
    t!("summary.place", place = place, months = line.months).to_string()
}

fn of_other_schemes(account: &Account) -> String {
    let schemes: Vec<String> = account
        .families
        .iter()
        .filter(|family| counted(family) > 0)
        .map(|family| {
            let (scheme, months) = (family::name(family), counted(family));
            t!("summary.place", place = scheme, months = months).to_string()
        })
        .collect();
    if schemes.is_empty() {
        return t!("summary.nothing_counts").to_string();
    }
    t!("summary.others_count", schemes = listed(&schemes)).to_string()
}

fn listed(parts: &[String]) -> String {
    parts.join(t!("account.comma").as_ref())
}

/// What comes of it: nothing after a death, the benefit that is drawn, or the months short and the pension if every month is
/// paid until the statutory one.
fn what_may_come(account: &Account) -> String {
    if let Some(death) = account.person.death.last() {
        return t!("summary.died", month = death.month).to_string();
    }
    let drawn = |family: Family<'_>| account.of_family(family)?.drawing.as_ref();
    if let Some(drawing) = drawn(Family::PENSION).or_else(|| drawn(Family::RESIDENT_PENSION)) {
        return drawing_since(drawing);
    }
    if account.of_family(Family::PENSION).is_none() {
        return t!("summary.no_outlook").to_string();
    }
    let short = match months(account, FigureName::MonthsShort) {
        Some(0) => t!("summary.enough").to_string(),
        Some(1) => t!("summary.short_one").to_string(),
        Some(short) => t!("summary.short", months = short).to_string(),
        None => t!("summary.short_unknown").to_string(),
    };
    let pension = account.forecast(FigureName::Pension, Forecast::Continued);
    let come = match (pension.map(|figure| figure.value), month(account)) {
        (Some(Some(FigureValue::Fen(fen))), Some(from)) => {
            t!("summary.pension", from = from, yuan = yuan(fen)).to_string()
        }
        (Some(_), _) => t!("summary.pension_unknown").to_string(),
        (None, _) => t!("summary.pension_not_computed").to_string(),
    };
    t!("summary.outlook", short = short, come = come).to_string()
}

fn drawing_since(drawing: &Drawing) -> String {
    let key = if drawing.is_suspended {
        "summary.suspended"
    } else {
        "summary.drawing"
    };
    t!(key, from = drawing.from, place = place::name(drawing.place)).to_string()
}

fn what_waits(account: &Account) -> String {
    let count = |is_such: fn(Severity) -> bool| {
        let such = account
            .conflicts
            .iter()
            .filter(|conflict| is_such(conflict.severity));
        such.count()
    };
    let tasks = count(|severity| severity == Severity::Task);
    let by_rule = count(|severity| matches!(severity, Severity::Auto | Severity::Task));
    let waiting = count(|severity| !matches!(severity, Severity::Auto | Severity::Task));
    if waiting > 0 {
        t!("summary.waiting", count = waiting).to_string()
    } else if tasks > 0 {
        t!("summary.task", count = by_rule, tasks = tasks).to_string()
    } else if by_rule > 0 {
        t!("summary.by_rule", count = by_rule).to_string()
    } else {
        t!("summary.no_conflict").to_string()
    }
}

fn months(account: &Account, name: FigureName) -> Option<u32> {
    match account.figure(name)?.value? {
        FigureValue::Months(months) => Some(months),
        _ => None,
    }
}

/// The month of the statutory age.
fn month(account: &Account) -> Option<String> {
    match account.figure(FigureName::StatutoryMonth)?.value? {
        FigureValue::Month(month) => Some(month.to_string()),
        _ => None,
    }
}
