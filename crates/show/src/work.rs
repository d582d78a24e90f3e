//! Work on platforms, injuries at it, and subsidies: what is shown of them on the page of an account.

use super::{
    named,
    page::{Block, Part},
    place, record, yuan,
};
use crate::copies::moment;
use crate::text::t;
use yizhang_entitlement::{
    Account,
    account::{InjuryCase, SubsidyLine, WorkLine, WorkMonth},
};
use yizhang_ledger::value::UnixMillis;

/// The parts: none where there is nothing.
pub(crate) fn parts(account: &Account) -> Vec<Part> {
    let months = account.platforms.iter().flat_map(rows).collect();
    let injuries = account.injuries.iter();
    let injuries = injuries.flat_map(|case| injury(account, case)).collect();
    let subsidies = account.subsidies.iter().map(subsidy).collect();
    let parts = [
        Part::titled(t!("work.title"), vec![Block::Table(header(), months)]),
        Part::titled(t!("work.injuries"), vec![Block::Lines(injuries)]),
        Part::titled(t!("work.subsidies"), vec![Block::Lines(subsidies)]),
    ];
    parts.into_iter().flatten().collect()
}

fn header() -> Vec<String> {
    let names = [
        t!("work.month"),
        t!("work.platform"),
        t!("work.place"),
        t!("work.orders"),
        t!("work.days"),
        t!("work.time"),
        t!("work.gross"),
        t!("work.incentives"),
        t!("work.deductions"),
        t!("work.refunds"),
        t!("work.net"),
        t!("work.note"),
    ];
    names.map(|name| name.to_string()).into()
}

/// Each platform of a month; behind several what they add up to.
fn rows(month: &WorkMonth) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = month
        .platforms
        .iter()
        .map(|line| row(month, line))
        .collect();
    if month.platforms.len() > 1 {
        let mut sum = vec![
            month.month.to_string(),
            t!("work.all").to_string(),
            String::new(),
        ];
        sum.push(orders(month.worked.orders, month.worked.insured_orders));
        // Three platforms on one day are three days.
        sum.push(String::new());
        sum.push(time(month.worked.minutes));
        let earned = &month.earned;
        let sums = [
            earned.gross,
            earned.incentives,
            earned.deductions,
            earned.refunds,
            earned.net,
        ];
        sum.extend(sums.map(yuan));
        sum.push(String::new());
        rows.push(sum);
    }
    rows
}

fn row(month: &WorkMonth, line: &WorkLine) -> Vec<String> {
    let (worked, earned) = (&line.worked, &line.earned);
    let note = line.corrected_by.map(|_| t!("work.corrected").to_string());
    vec![
        month.month.to_string(),
        line.platform.clone(),
        place::name(line.place),
        orders(worked.orders, worked.insured_orders),
        line.days.to_string(),
        time(worked.minutes),
        yuan(earned.gross),
        yuan(earned.incentives),
        yuan(earned.deductions),
        yuan(earned.refunds),
        yuan(earned.net),
        note.unwrap_or_default(),
    ]
}

/// How many orders, and how many of them are insured.
pub(crate) fn orders(orders: u64, insured: u64) -> String {
    if orders == insured {
        return orders.to_string();
    }
    t!("work.insured", orders = orders, insured = insured).to_string()
}

/// Minutes as hours and minutes.
pub(crate) fn time(minutes: u64) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    t!("work.hours", hours = hours, minutes = format!("{rest:02}")).to_string()
}

/// The name of a step with an injury.
pub(crate) fn step(word: &str) -> String {
    named(&format!("work.step.{word}"))
}

/// An injury, and below it its reports, steps and grades.
fn injury(account: &Account, case: &InjuryCase) -> Vec<String> {
    let number = format!("{:032x}", u128::from_be_bytes(case.case.0));
    let mut lines = vec![t!("work.injury", number = number).to_string()];
    for report in &case.reports {
        let reporter = named(&format!("work.reporter.{}", report.reporter));
        lines.push(
            t!(
                "work.report",
                occurred = moment(UnixMillis(report.occurred)),
                place = place::name(report.place),
                platform = report.platform,
                reporter = reporter,
                reported = moment(UnixMillis(report.reported)),
                record = record::named(account, report.record)
            )
            .to_string(),
        );
    }
    for line in &case.steps {
        lines.push(
            t!(
                "work.stepped",
                on = line.on,
                step = step(&line.step),
                scheme = place::scheme(&line.scheme),
                record = record::named(account, line.record)
            )
            .to_string(),
        );
    }
    for line in &case.grades {
        lines.push(
            t!(
                "work.graded",
                on = line.on,
                grade = line.grade,
                record = record::named(account, line.record)
            )
            .to_string(),
        );
    }
    lines
}

fn subsidy(line: &SubsidyLine) -> String {
    let months = line.first.zip(line.last);
    let months = months.map_or_else(String::new, |(first, last)| {
        t!(
            "work.subsidy_months",
            count = crate::count::months(line.months),
            first = first,
            last = last
        )
        .to_string()
    });
    t!(
        "work.subsidy",
        programme = line.programme,
        place = place::name(line.place),
        scheme = place::scheme(&line.scheme),
        months = months,
        asked = yuan(line.asked),
        awarded = yuan(line.awarded),
        credited = yuan(line.credited)
    )
    .to_string()
}
