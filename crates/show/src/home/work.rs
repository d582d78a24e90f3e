//! Work on platforms: an earnings slip for each month and platform, injuries with the step that they are at, and subsidies.

use super::{Setting, disputes, words};
use crate::text::t;
use crate::{named, work};
use maud::{Markup, html};
use yizhang_entitlement::{
    Account,
    account::{InjuryCase, SubsidyLine, WorkLine, WorkMonth},
};
use yizhang_ledger::value::{Day, UnixMillis};

/// Months that are open on the page; what is older opens at a tap.
const OPEN_MONTHS: usize = 3;

/// Months of work, the newest first; injuries; subsidies. Nothing where there is none.
pub(super) fn section(account: &Account, setting: &Setting) -> Markup {
    let mut newest: Vec<&WorkMonth> = account.platforms.iter().collect();
    newest.reverse();
    let (open, older) = newest.split_at(newest.len().min(OPEN_MONTHS));
    html! {
        @if !newest.is_empty() {
            section id="work" {
                h2 { (t!("home.work.title")) }
                p { (t!("home.work.about")) }
                ul.cards { @for month in open { li { (slip(account, month, setting)) } } }
                @if !older.is_empty() {
                    details {
                        summary { (t!("home.work.older", count = crate::count::months(older.len()))) }
                        ul.cards { @for month in older { li { (slip(account, month, setting)) } } }
                    }
                }
            }
        }
        @if !account.injuries.is_empty() {
            section id="injuries" {
                h2 { (t!("home.injuries.title")) }
                ul.cards { @for case in &account.injuries { li { (injury(account, case, setting)) } } }
            }
        }
        @if !account.subsidies.is_empty() {
            section id="subsidies" {
                h2 { (t!("home.subsidies.title")) }
                ul.cards { @for line in &account.subsidies { li { (subsidy(account, line, setting)) } } }
            }
        }
    }
}

/// The earnings slip of a month: what came in all, then each platform.
fn slip(account: &Account, month: &WorkMonth, setting: &Setting) -> Markup {
    let several = month
        .platforms
        .iter()
        .filter(|line| line.corrected_by.is_none())
        .count()
        > 1;
    html! {
        h3 { (words::month(month.month)) }
        p.figure { (t!("home.work.net", sum = words::money(month.earned.net))) }
        @if several {
            p { (t!("home.work.all", orders = month.worked.orders, time = work::time(month.worked.minutes))) }
        }
        @for line in &month.platforms { (of_platform(account, line, setting)) }
    }
}

fn of_platform(account: &Account, line: &WorkLine, setting: &Setting) -> Markup {
    html! {
        h4 { (t!("home.work.platform", platform = line.platform, place = words::at(line.place))) }
        @if line.corrected_by.is_some() {
            p.small { (t!("home.work.corrected")) }
        } @else {
            (facts(line))
            @if line.worked.insured_orders < line.worked.orders {
                p { (t!("home.work.uninsured", count = line.worked.orders.saturating_sub(line.worked.insured_orders))) }
            }
            @if let Some(record) = account.record(line.record) {
                (disputes::of_card(account, line.record, record, setting))
            }
        }
    }
}

/// What a platform says of a month, line by line.
pub(super) fn facts(line: &WorkLine) -> Markup {
    let (worked, earned) = (&line.worked, &line.earned);
    html! {
        dl.facts {
            dt { (t!("home.work.orders")) }
            dd { (t!("home.work.orders_days", orders = worked.orders, days = line.days)) }
            dt { (t!("home.work.time")) }
            dd { (work::time(worked.minutes)) }
            dt { (t!("home.work.gross")) }
            dd { (words::money(earned.gross)) }
            @if earned.incentives != 0 {
                dt { (t!("home.work.incentives")) }
                dd { (words::money(earned.incentives)) }
            }
            @if earned.deductions != 0 {
                dt { (t!("home.work.deductions")) }
                dd { (words::money(earned.deductions)) }
            }
            @if earned.refunds != 0 {
                dt { (t!("home.work.refunds")) }
                dd { (words::money(earned.refunds)) }
            }
            dt { (t!("home.work.paid")) }
            dd { (words::money(earned.net)) }
        }
    }
}

fn injury(account: &Account, case: &InjuryCase, setting: &Setting) -> Markup {
    let first = case.reports.first();
    let steps: Vec<_> = case.steps.iter().rev().collect();
    html! {
        h3 {
            @match first {
                Some(report) => (t!("home.injury.of", day = words::day(Day::of(UnixMillis(report.occurred))), place = words::at(report.place))),
                None => (t!("home.injury.unreported")),
            }
        }
        p.figure { (named(&format!("home.injury.{}", steps.first().map_or("reported", |line| line.step.as_str())))) }
        @if let Some(line) = case.grades.last() {
            p { (t!("home.injury.grade", grade = line.grade, day = words::day(line.on))) }
        }
        dl.facts {
            @for report in &case.reports {
                dt { (words::day(Day::of(UnixMillis(report.reported)))) }
                dd { (t!("home.injury.report", reporter = named(&format!("home.reporter.{}", report.reporter)), platform = report.platform)) }
            }
            @for line in &case.steps {
                dt { (words::day(line.on)) }
                dd { (t!("home.injury.step", step = work::step(&line.step), scheme = words::scheme(&line.scheme), place = words::at(line.place))) }
            }
        }
        // What was done last is what a worker would object to.
        @let last = case.grades.last().map(|line| line.record)
            .or_else(|| steps.first().map(|line| line.record))
            .or_else(|| first.map(|report| report.record));
        @if let Some((number, record)) = last.and_then(|number| Some((number, account.record(number)?))) {
            (disputes::of_card(account, number, record, setting))
        }
    }
}

fn subsidy(account: &Account, line: &SubsidyLine, setting: &Setting) -> Markup {
    let last = line.records.last().copied();
    html! {
        h3 { (t!("home.subsidy.of", scheme = words::scheme(&line.scheme), place = words::at(line.place))) }
        p.figure { (t!("home.subsidy.paid", sum = words::money(line.credited))) }
        dl.facts {
            dt { (t!("home.subsidy.programme")) }
            dd { (line.programme) }
            @if let Some(span) = line.first.zip(line.last) {
                dt { (t!("home.subsidy.months")) }
                dd { (t!("home.subsidy.months_of", count = words::count(line.months), months = words::months(span))) }
            }
            @if line.asked != 0 {
                dt { (t!("home.subsidy.asked")) }
                dd { (words::money(line.asked)) }
            }
            dt { (t!("home.subsidy.awarded")) }
            dd { (words::money(line.awarded)) }
        }
        @if let Some((number, record)) = last.and_then(|number| Some((number, account.record(number)?))) {
            (disputes::of_card(account, number, record, setting))
        }
    }
}
