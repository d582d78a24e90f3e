//! The sheet that a worker prints: what was paid, where and how long, with number and check code. It is not the agency's certificate for a
//! transfer, and says so first.

use super::{Setting, words};
use crate::text::t;
use crate::{paper::picture, place};
use maud::{Markup, html};
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account,
    account::{FamilyAccount, FigureName, FigureValue},
};
use yizhang_ledger::entry::Kind;
use yizhang_statement::{CertificateCode, PaperCode, Verdict};

/// The page of a statement that was verified.
pub fn page(shown: &Verdict, setting: &Setting) -> Markup {
    html! {
        main id="main" {
            p.screen { a href=(setting.links.first()) { (t!("home.back")) } }
            p.screen.hint { (t!("home.certificate.print")) }
            (sheet(shown))
        }
    }
}

/// The sheet itself.
pub(super) fn sheet(shown: &Verdict) -> Markup {
    let account = &shown.account;
    let paper = PaperCode::of(shown, "");
    let code = CertificateCode::of(&paper);
    let families: Vec<&FamilyAccount> = account
        .families
        .iter()
        .filter(|family| family.months_held() > 0)
        .collect();
    html! {
        h1 { (t!("home.certificate.title")) }
        p { strong { (t!("home.certificate.not_official")) } }
        @for line in official(account) { p { (line) } }
        dl.facts {
            dt { (t!("home.certificate.number")) }
            dd { b { (code.number()) } }
            dt { (t!("home.certificate.check")) }
            dd { b { (code.check()) } }
            dt { (t!("home.certificate.as_of")) }
            dd { (words::day(shown.as_of)) }
            dt { (t!("home.certificate.stated_by")) }
            dd { (t!("home.certificate.node", region = place::name(shown.issuer.region()))) }
            dt { (t!("home.certificate.records")) }
            dd { (shown.checked.records) }
        }
        @if families.is_empty() { p { (t!("home.certificate.nothing")) } }
        @for family in families { (table(account, family)) }
        section {
            h2 { (t!("home.certificate.how")) }
            @if let Some(picture) = picture(&paper.to_string()) { div.code { (picture) } }
            p { (t!("home.certificate.how_text")) }
            p { (t!("home.certificate.whose")) }
            p.small { (t!("home.certificate.digest", digest = shown.account_digest)) }
        }
    }
}

/// The agency's own certificates on record.
fn official(account: &Account) -> Vec<String> {
    let cases = account.families.iter().flat_map(|family| &family.transfers);
    let steps = cases.flat_map(|case| &case.steps);
    let issued = steps.filter(|step| step.kind == Kind::CERTIFICATE);
    issued
        .map(|step| {
            let (day, source) = (words::day(step.on), words::at(step.source));
            let scheme = words::scheme(&step.scheme);
            t!(
                "home.certificate.official",
                day = day,
                place = source,
                scheme = scheme
            )
            .to_string()
        })
        .collect()
}

fn table(account: &Account, family: &FamilyAccount) -> Markup {
    let lines = family.by_place.iter();
    let lines = lines.filter(|line| line.months + line.contested + line.deemed > 0);
    html! {
        section.sheet {
            h2 { (words::family(family)) }
            table.list {
                thead { tr {
                    th scope="col" { (t!("home.certificate.place")) }
                    th scope="col" { (t!("home.certificate.months")) }
                } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (words::at(line.place)) }
                            td {
                                (words::count(line.months.saturating_add(line.deemed)))
                                @if line.contested > 0 { " " (t!("home.certificate.contested", count = words::count(line.contested))) }
                            }
                        }
                    }
                }
            }
            @for line in below(account, family) { p { (line) } }
        }
    }
}

fn below(account: &Account, family: &FamilyAccount) -> Vec<String> {
    let all = words::long_count(family.months_held());
    let mut lines = vec![t!("home.certificate.all", count = all).to_string()];
    if family.deemed_months > 0 {
        let count = words::count(family.deemed_months);
        lines.push(t!("home.certificate.deemed", count = count).to_string());
    }
    let is_of_it = |figure: &&yizhang_entitlement::account::Figure| {
        figure.name == FigureName::BalancePosted
            && figure.family.as_deref() == Some(family.family.as_str())
    };
    let balance = account.figures.iter().find(is_of_it);
    if let Some(FigureValue::Fen(fen)) = balance.and_then(|figure| figure.value) {
        lines.push(t!("home.certificate.balance", amount = words::money(fen)).to_string());
    }
    let disputed: BTreeSet<_> = account.disputed_months(&family.family);
    if !disputed.is_empty() {
        let count = u32::try_from(disputed.len()).unwrap_or(u32::MAX);
        lines.push(t!("home.certificate.disputed", count = words::count(count)).to_string());
    }
    lines
}
