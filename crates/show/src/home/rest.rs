//! Medical cover today, refunds, offices, and the way to the other pages.

use super::{Office, Setting, words};
use crate::account::Answer;
use crate::text::t;
use maud::{Markup, html};
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account, Family,
    account::{
        Amount, ClearedLine, FamilyAccount, Figure, FigureName, FigureValue, MonthStatus, runs,
    },
    conflict::{ConflictCode, Severity},
};
use yizhang_ledger::value::{Division, Month};

/// Whether medical cover is paid today, and what a break costs.
pub(super) fn medical(account: &Account) -> Markup {
    let families: Vec<&FamilyAccount> = [Family::MEDICAL, Family::RESIDENT_MEDICAL]
        .into_iter()
        .filter_map(|family| account.of_family(family))
        .collect();
    html! {
        section id="medical" {
            h2 { (words::prose(&t!("home.medical.title"))) }
            @if families.is_empty() {
                p { (t!("home.medical.no_records")) }
            } @else {
                p.figure { (cover(account, &families)) }
                @if account.person.death.is_empty() {
                    @for line in medical_lines(account) { p { (words::prose(&line)) } }
                }
            }
        }
    }
}

fn cover(account: &Account, families: &[&FamilyAccount]) -> String {
    if let Some(death) = account.person.death.last() {
        return t!("home.died", month = words::month(death.month)).to_string();
    }
    let now = account.as_of.in_month();
    let is_paid = |family: &&&FamilyAccount| {
        let mut months = family.months.iter();
        months.any(|line| Some(line.month) == now && line.status == MonthStatus::Counted)
    };
    if let Some(family) = families.iter().find(is_paid) {
        return t!("home.medical.paid", scheme = words::family(family)).to_string();
    }
    let last = families.iter().filter_map(|family| family.last).max();
    match last {
        // Who draws a pension may be covered without paying (社会保险法 art. 27): of that the account knows nothing.
        Some(last) if super::pension::drawing(account).is_some() => {
            t!("home.medical.drawing", last = words::month(last)).to_string()
        }
        Some(last) => t!("home.medical.until", last = words::month(last)).to_string(),
        None => t!("home.medical.never").to_string(),
    }
}

fn medical_lines(account: &Account) -> Vec<String> {
    let of = |name| account.figure(name);
    let mut lines = Vec::new();
    if let Some(until) = month(of(FigureName::WaitUntil)) {
        lines.push(t!("home.medical.wait_until", until = until).to_string());
    }
    for (gap, wait) in [
        (FigureName::MedicalGap, FigureName::MedicalWait),
        (
            FigureName::ResidentMedicalLapse,
            FigureName::ResidentMedicalWait,
        ),
    ] {
        let is_running = |figure: &&Figure| figure.first.is_none();
        let gap = months(of(gap).filter(is_running)).filter(|months| *months > 0);
        if let Some(gap) = gap {
            lines.push(t!("home.medical.gap", count = words::count(gap)).to_string());
            if let Some(wait) = months(of(wait)).filter(|months| *months > 0) {
                lines.push(t!("home.medical.wait", count = words::count(wait)).to_string());
            }
        }
    }
    if let Some(from) = month(of(FigureName::ResidentMedicalEnrol)) {
        lines.push(t!("home.medical.enrol", from = from).to_string());
    }
    if let Some(short) = months(of(FigureName::MedicalShort)) {
        lines.push(if short == 0 {
            t!("home.medical.enough").to_string()
        } else {
            t!("home.medical.short", count = words::long_count(short)).to_string()
        });
    }
    lines
}

fn months(figure: Option<&Figure>) -> Option<u32> {
    match figure?.value? {
        FigureValue::Months(months) => Some(months),
        _ => None,
    }
}

fn month(figure: Option<&Figure>) -> Option<String> {
    match figure?.value? {
        FigureValue::Month(month) => Some(words::month(month)),
        _ => None,
    }
}

/// What was refunded, and what is to be; nothing where there is nothing.
pub(super) fn refunds(account: &Account) -> Markup {
    let (due, done) = (due(account), done(account));
    if due.is_empty() && done.is_empty() {
        return html! {};
    }
    html! {
        section id="refunds" {
            h2 { (words::prose(&t!("home.refunds.title"))) }
            @if !due.is_empty() {
                h3 { (t!("home.refunds.due")) }
                ul { @for line in due { li { (words::prose(&line)) } } }
            }
            @if !done.is_empty() {
                h3 { (t!("home.refunds.done")) }
                ul { @for line in done { li { (words::prose(&line)) } } }
            }
        }
    }
}

/// What is to be refunded or returned.
fn due(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, key) in [
        (FigureName::RefundAfterBenefit, "home.refund.after_benefit"),
        (FigureName::RefundAfterDeath, "home.refund.after_death"),
        (FigureName::RecoveryAfterDeath, "home.refund.recovery"),
    ] {
        let sums = sums(account, name);
        lines.extend(sums.map(|sum| t!(key, amount = words::money(sum)).to_string()));
    }
    for family in &account.families {
        for year in &family.years {
            let both = year
                .refund_due
                .zip(year.refunded.or(Some(Amount::default())));
            let Some((due, refunded)) = both.filter(|(due, _)| due.unit > 0 || due.person > 0)
            else {
                continue;
            };
            let sum = |amount: Amount| words::money(amount.unit.saturating_add(amount.person));
            lines.push(
                t!(
                    "home.refund.overlap",
                    scheme = words::family(family),
                    year = year.first.year(),
                    due = sum(due),
                    refunded = sum(refunded)
                )
                .to_string(),
            );
        }
    }
    lines.extend(of_conflicts(account));
    if lines.is_empty() {
        // What is to be given back of the personal account is part of what stands above, where anything does.
        let sums = sums(account, FigureName::BalanceOwed);
        lines.extend(
            sums.map(|sum| t!("home.refund.balance", amount = words::money(sum)).to_string()),
        );
    }
    lines
}

/// The sums of all figures of a name that are more than nothing.
fn sums(account: &Account, name: FigureName) -> impl Iterator<Item = i64> + '_ {
    let figures = account
        .figures
        .iter()
        .filter(move |figure| figure.name == name);
    figures.filter_map(|figure| match figure.value {
        Some(FigureValue::Fen(fen)) if fen > 0 => Some(fen),
        _ => None,
    })
}

/// What has to go back for matters that a rule has settled and an agency has still to carry out.
fn of_conflicts(account: &Account) -> Vec<String> {
    let is_of_figures = |code: ConflictCode| {
        // Told by the figures and years above.
        matches!(
            code,
            ConflictCode::C04 | ConflictCode::C21 | ConflictCode::C22
        )
    };
    let conflicts = account.conflicts.iter();
    conflicts
        .filter(|conflict| conflict.severity >= Severity::Task && !is_of_figures(conflict.code))
        .filter_map(|conflict| {
            let sum = conflict.to_return.filter(|sum| *sum > 0)?;
            let what = super::conflicts::what(conflict.code);
            Some(t!("home.refund.of", what = what, amount = words::money(sum)).to_string())
        })
        .collect()
}

/// What was refunded.
fn done(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for family in &account.families {
        let scheme = || words::family(family);
        if family.credited.refunded > 0 {
            let amount = words::money(family.credited.refunded);
            lines.push(t!("home.refund.account", scheme = scheme(), amount = amount).to_string());
        }
        let refunded = family.months.iter();
        let refunded = refunded.filter(|line| line.status == MonthStatus::Refunded);
        for run in runs(refunded.map(|line| line.month)) {
            let months = words::months(run);
            lines.push(t!("home.refund.months", scheme = scheme(), months = months).to_string());
        }
        for cleared in &family.cleared {
            let of = |amount: Amount| words::money(amount.unit.saturating_add(amount.person));
            lines.push(
                t!(
                    "home.refund.cleared",
                    place = words::at(cleared.place),
                    months = words::months(period(account, cleared)),
                    due = of(cleared.due),
                    refunded = of(cleared.refunded)
                )
                .to_string(),
            );
        }
    }
    lines
}

/// The months of a record that was not kept.
fn period(account: &Account, cleared: &ClearedLine) -> (Month, Month) {
    let record = account.record(cleared.record);
    let stated = record.and_then(|record| record.contribution.as_ref());
    let last = stated.and_then(|stated| {
        let further = u16::from(stated.months.saturating_sub(1));
        stated.first.plus(further)
    });
    (cleared.first, last.unwrap_or(cleared.first))
}

/// Where to go: offices that are configured, else whose agency.
pub(super) fn offices(account: &Account, setting: &Setting) -> Markup {
    let sources = account.sources.iter().map(|source| source.region);
    let regions: BTreeSet<Division> = sources.collect();
    html! {
        section id="offices" {
            h2 { (t!("home.offices.title")) }
            ul {
                @for region in regions {
                    @let known: Vec<&Office> = setting.offices.iter().filter(|office| office.region == region).collect();
                    @if known.is_empty() {
                        li { (words::prose(&t!("home.office.unknown", region = words::at(region)))) }
                    }
                    @for office in known {
                        li { b { (office.name) } br; (office.address) br; (t!("home.office.telephone", number = office.telephone)) }
                    }
                }
            }
            p { (t!("home.offices.call")) }
        }
    }
}

/// The way to the other pages.
pub(super) fn other_pages(answer: &Answer, setting: &Setting) -> Markup {
    html! {
        nav.pages aria-label=(t!("home.pages")) {
            @if !answer.account.records.is_empty() {
                @if let Some(estimate) = setting.links.estimate() { a href=(estimate) { (t!("home.estimate.way")) } }
                a href=(setting.links.sheet()) { (t!("home.to_sheet")) }
                @if let Some(certificate) = setting.links.certificate().filter(|_| setting.token.is_some()) {
                    a href=(certificate) { (t!("home.certificate.way")) }
                }
            }
            a href=(setting.links.terms()) { (t!("home.all_terms")) }
            @if let Some(readings) = setting.links.readings() {
                a href=(readings) { (t!("home.to_readings")) }
            }
        }
    }
}
