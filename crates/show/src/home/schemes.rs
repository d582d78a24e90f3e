//! The schemes, each with its months, where it stands now, and the personal account.

use super::words;
use crate::text::t;
use maud::{Markup, html};
use yizhang_entitlement::{
    Account, Family,
    account::{FamilyAccount, ParticipationState, PlaceMonths},
};
use yizhang_ledger::value::Month;

/// The schemes as a list of cards.
pub(super) fn section(account: &Account) -> Markup {
    html! {
        section id="schemes" {
            h2 { (words::prose(&t!("home.schemes.title"))) }
            ul.cards {
                @for family in account.families.iter().filter(|family| !family.schemes.is_empty()) {
                    li {
                        h3 { (words::family(family)) }
                        p.figure { (words::long_count(family.months_held())) }
                        @for line in lines(account, family) { p { (words::prose(&line)) } }
                    }
                }
            }
        }
    }
}

fn lines(account: &Account, family: &FamilyAccount) -> Vec<String> {
    let mut lines = vec![standing(account, family)];
    if family.by_province.len() > 1 {
        let places: Vec<String> = family.by_province.iter().map(place).collect();
        lines.push(t!("home.scheme.places", list = words::listed(&places)).to_string());
    }
    if family.deemed_months > 0 {
        let count = words::count(family.deemed_months);
        lines.push(t!("home.scheme.deemed", count = count).to_string());
    }
    if let Some(name) = adds_up(family) {
        lines.push(name);
    }
    if family.credited.total != 0 {
        let (credited, interest) = (family.credited.total, family.interest.total);
        lines.push(if interest == 0 {
            t!("home.scheme.account", credited = words::money(credited)).to_string()
        } else {
            t!(
                "home.scheme.account_interest",
                credited = words::money(credited),
                interest = words::money(interest)
            )
            .to_string()
        });
    }
    lines
}

/// Of insurance whose months add up to nothing: that a month covers itself.
fn adds_up(family: &FamilyAccount) -> Option<String> {
    let is_of_the_month =
        family.is_of(Family::WORK_INJURY) || family.is_of(Family::PLATFORM_INJURY);
    is_of_the_month.then(|| t!("home.scheme.of_the_month").to_string())
}

fn place(line: &PlaceMonths) -> String {
    let count = words::count(line.months);
    t!(
        "home.scheme_count",
        scheme = words::at(line.place),
        count = count
    )
    .to_string()
}

/// Where a scheme stands now.
fn standing(account: &Account, family: &FamilyAccount) -> String {
    if let Some(benefit) = &family.drawing {
        let key = if benefit.is_suspended {
            "home.standing.suspended_benefit"
        } else {
            "home.standing.drawing"
        };
        let (from, place) = (words::month(benefit.from), words::at(benefit.place));
        return t!(key, from = from, place = place).to_string();
    }
    let Some(last) = family.last else {
        return t!("home.standing.never").to_string();
    };
    let has = |state| family.standing.iter().any(|line| line.state == state);
    let key = if is_paid_up(account, family, last) {
        "home.standing.paying"
    } else if has(ParticipationState::Suspended) {
        "home.standing.suspended"
    } else if has(ParticipationState::Ended) {
        "home.standing.ended"
    } else {
        "home.standing.unpaid"
    };
    t!(key, last = words::month(last)).to_string()
}

/// Whether nothing is missing behind the last month yet, and no agency has said that nothing will come.
fn is_paid_up(account: &Account, family: &FamilyAccount, last: Month) -> bool {
    let mut standing = family.standing.iter();
    let is_stopped =
        standing.any(|line| line.state != ParticipationState::Active && line.since > last);
    account.is_on_its_way(last.next()) && !is_stopped
}
