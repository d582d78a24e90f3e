//! The yearly table 个人权益记录单: base, contributions and balance of each scheme, to be printed on A4.

use super::{Setting, terms, trust, words};
use crate::account::Answer;
use crate::text::t;
use maud::{Markup, html};
use yizhang_entitlement::{
    Account, Family,
    account::{FamilyAccount, YearTotal},
};

/// The page.
pub fn page(answer: &Answer, setting: &Setting) -> Markup {
    html! {
        main id="main" {
            p.screen { a href=(setting.links.first()) { (t!("home.back")) } }
            (body(answer, setting))
        }
        (terms::meanings(setting))
    }
}

/// The page without what leads back.
pub(super) fn body(answer: &Answer, setting: &Setting) -> Markup {
    let account = &answer.account;
    html! {
        h1 { (t!("home.sheet.title")) }
        (trust::line(answer, &setting.links))
        p.screen.hint { (t!("home.sheet.print")) }
        @for family in account.families.iter().filter(|family| !family.months.is_empty()) {
            (table(account, family))
        }
        p.small { (t!("home.sheet.note")) }
    }
}

fn table(account: &Account, family: &FamilyAccount) -> Markup {
    let years = account.yearly(family);
    let has_balance = years
        .iter()
        .any(|year| year.credited != 0 || year.interest != 0);
    html! {
        section.sheet {
            h2 { (words::family(family)) }
            div.wide tabindex="0" role="region" aria-label=(words::family(family)) {
                table.list.yearly {
                    thead { tr {
                        th scope="col" { (t!("home.sheet.year")) }
                        th scope="col" { (t!("home.sheet.months")) }
                        th scope="col" { (words::prose(&t!("home.sheet.base"))) }
                        th scope="col" { (paid_beside(family)) }
                        th scope="col" { (t!("home.sheet.person")) }
                        @if has_balance {
                            th scope="col" { (words::prose(&t!("home.sheet.credited"))) }
                            th scope="col" { (words::prose(&t!("home.sheet.interest"))) }
                            th scope="col" { (t!("home.sheet.balance")) }
                        }
                    } }
                    tbody { @for year in &years { (row(year, has_balance)) } }
                }
            }
            @for line in below(account, family, &years) { p { (words::prose(&line)) } }
        }
    }
}

/// Who pays beside the worker: an employer, or for residents the collective, such as a village.
pub(super) fn paid_beside(family: &FamilyAccount) -> String {
    if family.is_of(Family::RESIDENT_PENSION) || family.is_of(Family::RESIDENT_MEDICAL) {
        return t!("home.sheet.collective").to_string();
    }
    t!("home.sheet.unit").to_string()
}

fn row(year: &YearTotal, has_balance: bool) -> Markup {
    html! {
        tr {
            th scope="row" { (year.year) }
            td { (year.months) }
            td { (base(year)) }
            td { (words::amount(year.paid.unit)) }
            td { (words::amount(year.paid.person)) }
            @if has_balance {
                td { (words::amount(year.credited)) }
                td { (words::amount(year.interest)) }
                td { (year.balance.map_or_else(|| "–".to_owned(), words::amount)) }
            }
        }
    }
}

fn base(year: &YearTotal) -> String {
    match (year.base_min, year.base_max) {
        (Some(least), Some(most)) if least == most => words::amount(least),
        (Some(least), Some(most)) => {
            format!("{} – {}", words::amount(least), words::amount(most))
        }
        _ => "–".to_owned(),
    }
}

/// What all years come to, as the account says it.
fn below(account: &Account, family: &FamilyAccount, years: &[YearTotal]) -> Vec<String> {
    let count = words::long_count(family.months_held());
    let mut lines = vec![t!("home.sheet.total", count = count).to_string()];
    if family.credited.total != 0 || family.interest.total != 0 {
        lines.push(
            t!(
                "home.sheet.account",
                credited = words::money(family.credited.total),
                interest = words::money(family.interest.total)
            )
            .to_string(),
        );
    }
    if family.credited.subsidies > 0 {
        let amount = words::money(family.credited.subsidies);
        lines.push(t!("home.sheet.subsidies", amount = amount).to_string());
    }
    if years.iter().any(|year| year.balance.is_none()) {
        lines.push(t!("home.sheet.differs").to_string());
    }
    let running = account.as_of.in_month().filter(|month| month.month() < 12);
    let last = years.last().map(|last| last.year);
    if running.is_some_and(|month| last == Some(month.year())) {
        lines.push(t!("home.sheet.running").to_string());
    }
    lines
}
