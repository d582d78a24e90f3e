//! The page of one month: what stands behind it.

use super::{
    Setting, address, disputes, sheet, terms, trust, words,
    years::{Picture, Stretch, facts},
};
use crate::text::t;
use crate::{account::Answer, kind, named, record, serde_name};
use maud::{Markup, html};
use yizhang_entitlement::account::{FamilyAccount, RecordLine, RecordNumber};
use yizhang_ledger::value::Month;

/// The page of a month of a family, named as in an address (`hrss-110`); none where the account has no such family or
/// nothing to say of the month.
pub fn page(answer: &Answer, family: &str, month: Month, setting: &Setting) -> Option<Markup> {
    let account = &answer.account;
    let is_it = |known: &&FamilyAccount| address(&known.family) == family;
    let family = account.families.iter().find(is_it)?;
    let picture = Picture::of(answer, family);
    let stretch = Stretch {
        first: month,
        last: month,
        fact: picture.fact(month)?,
    };
    let records: Vec<(RecordNumber, &RecordLine)> = picture
        .records(month, month)
        .into_iter()
        .filter_map(|number| Some((number, account.record(number)?)))
        .collect();
    let beside = |month: Option<Month>| {
        let month = month.filter(|month| picture.fact(*month).is_some())?;
        Some((
            setting.links.month(&family.family, month)?,
            words::month(month),
        ))
    };
    let (before, after) = (beside(month.previous()), beside(Some(month.next())));
    Some(html! {
        main id="main" {
            p { a href=(setting.links.first()) { (t!("home.back")) } }
            h1 { (t!("home.month_title", scheme = words::family(family), month = words::month(month))) }
            (trust::line(answer, &setting.links))
            (facts(answer, &picture, &stretch))
            @if !records.is_empty() {
                h2 { (words::prose(&t!("home.month_records"))) }
                ul.cards {
                    @for (number, line) in &records {
                        li {
                            (record_card(family, &record::named(account, *number), line))
                            (disputes::of_card(account, *number, line, setting))
                        }
                    }
                }
            } @else { (disputes::nothing_to_dispute()) }
            nav.pages aria-label=(t!("home.pages")) {
                @if let Some((link, name)) = before { a href=(link) rel="prev" { "← " (name) } }
                @if let Some((link, name)) = after { a href=(link) rel="next" { (name) " →" } }
            }
        }
        (terms::meanings(setting))
    })
}

fn record_card(family: &FamilyAccount, name: &str, line: &RecordLine) -> Markup {
    html! {
        h3 { (kind::name(line.kind)) }
        p { (name) }
        p { (named(&format!("home.record.{}", serde_name(&line.standing)))) }
        @if let Some(said) = &line.contribution {
            dl.facts {
                dt { (words::prose(&t!("home.fact.base"))) }
                dd { (words::money(said.base)) }
                dt { (sheet::paid_beside(family)) }
                dd { (words::money(said.paid.unit)) }
                dt { (t!("home.sheet.person")) }
                dd { (words::money(said.paid.person)) }
                @if let Some(day) = said.received {
                    dt { (t!("home.fact.came")) }
                    dd { (words::day(day)) }
                }
            }
        }
        @if !line.agency.is_empty() {
            p.small { (t!("home.record.agency", agency = line.agency)) }
        }
        @if !line.serial.is_empty() {
            p.small { (t!("home.record.serial", system = line.system, serial = line.serial)) }
        }
    }
}
