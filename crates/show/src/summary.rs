//! The account in three sentences: what counts and where, what is missing and what may come, what waits for somebody.

use super::{
    page::{Block, Part},
    place, yuan,
};
use rust_i18n::t;
use yizhang_entitlement::{
    Account,
    account::{FigureName, FigureValue, Forecast, PlaceMonths},
    conflict::Severity,
};

/// The family of the employee pension.
const PENSION: &str = "hrss:110";

/// The three sentences. Nothing for an account without records, which the page says by itself.
pub(super) fn part(account: &Account) -> Option<Part> {
    if account.records.is_empty() {
        return None;
    }
    let sentences = vec![
        what_counts(account),
        what_may_come(account),
        what_waits(account),
    ];
    Part::titled(t!("summary.title"), vec![Block::Lines(sentences)])
}

/// Months of employee pension, and where they were paid.
fn what_counts(account: &Account) -> String {
    let pension = account
        .families
        .iter()
        .find(|family| family.family == PENSION);
    let Some(pension) = pension else {
        return t!("summary.no_pension_months").to_string();
    };
    let months = months(account, FigureName::EmployeeMonths).unwrap_or(pension.counted_months);
    let places: Vec<String> = pension
        .by_province
        .iter()
        .filter(|line| line.months > 0)
        .map(place_months)
        .collect();
    t!(
        "summary.counts",
        months = months,
        places = places.join(t!("account.comma").as_ref())
    )
    .to_string()
}

fn place_months(line: &PlaceMonths) -> String {
    let place = place::name(line.place);
    t!("summary.place", place = place, months = line.months).to_string()
}

/// Months short, and the pension if every month is paid until the statutory one.
fn what_may_come(account: &Account) -> String {
    let short = match months(account, FigureName::MonthsShort) {
        Some(0) => t!("summary.enough").to_string(),
        Some(short) => t!("summary.short", months = short).to_string(),
        None => t!("summary.short_unknown").to_string(),
    };
    let pension = account.forecast(FigureName::Pension, Forecast::Continued);
    let come = match (pension.and_then(|figure| figure.value), month(account)) {
        (Some(FigureValue::Fen(fen)), Some(from)) => {
            t!("summary.pension", from = from, yuan = yuan(fen)).to_string()
        }
        _ => t!("summary.pension_unknown").to_string(),
    };
    t!("summary.outlook", short = short, come = come).to_string()
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
    let waiting = account.conflicts.len().saturating_sub(by_rule);
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
