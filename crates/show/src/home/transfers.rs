//! Transfers: from where to where, which step is done, who must act, and until when.

use super::{Setting, disputes, words};
use crate::text::t;
use crate::{kind, named, serde_name};
use maud::{Markup, html};
use yizhang_entitlement::{
    Account,
    account::{CaseState, FamilyAccount, TransferCase},
};
use yizhang_ledger::entry::Kind;

/// Transfers, those that wait for somebody first; nothing where there are none.
pub(super) fn section(account: &Account, setting: &Setting) -> Markup {
    let mut cases: Vec<(&FamilyAccount, &TransferCase)> = Vec::new();
    for family in &account.families {
        cases.extend(family.transfers.iter().map(|case| (family, case)));
    }
    if cases.is_empty() {
        return html! {};
    }
    cases.sort_by_key(|(_, case)| case.next.is_none());
    html! {
        section id="transfers" {
            h2 { (words::prose(&t!("home.transfers.title"))) }
            ul.cards {
                @for (family, case) in cases {
                    li {
                        h3 { (t!("home.transfer.title", scheme = words::family(family), from = words::at(case.source), to = words::at(case.target))) }
                        p.figure { (named(&format!("home.transfer_state.{}", serde_name(&case.state)))) }
                        @for line in lines(case) { p { (words::prose(&line)) } }
                        (steps(account, case, setting))
                    }
                }
            }
        }
    }
}

/// Who must act until when, and what moves.
fn lines(case: &TransferCase) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(next) = &case.next {
        let (who, step) = (words::at(next.place), step(next.step));
        lines.push(match next.due {
            Some(due) => t!(
                "home.transfer.next",
                who = who,
                step = step,
                due = words::day(due)
            )
            .to_string(),
            None => t!("home.transfer.next_open", who = who, step = step).to_string(),
        });
        if next.overdue > 0 {
            let days = crate::count::working_days(next.overdue);
            let who = words::at(next.place);
            lines.push(t!("home.transfer.overdue", who = who, days = days).to_string());
        }
    } else if case.state == CaseState::Certified {
        lines.push(t!("home.transfer.yours", to = words::at(case.target)).to_string());
    }
    for (key, moved) in [
        ("home.transfer.on_the_way", &case.in_transfer),
        ("home.transfer.moved", &case.transferred),
    ] {
        if let Some(moved) = moved {
            let months = words::months((moved.first, moved.last));
            let count = words::count(moved.months);
            lines.push(t!(key, count = count, months = months).to_string());
        }
    }
    for check in &case.checks {
        let what = named(&format!("transfer.check.{}", serde_name(&check.what)));
        lines.push(if check.months == 0 {
            t!("home.transfer.check_plain", what = what).to_string()
        } else {
            let count = words::count(check.months);
            t!("home.transfer.check", what = what, count = count).to_string()
        });
    }
    lines
}

/// What has to be done, in plainer words than those of the procedure.
fn step(awaited: Kind) -> String {
    let key = format!("home.step.{awaited}");
    let plain = named(&key);
    if plain == key {
        return kind::name(awaited);
    }
    plain
}

fn steps(account: &Account, case: &TransferCase, setting: &Setting) -> Markup {
    html! {
        @if !case.steps.is_empty() {
            details {
                summary { (t!("home.transfer.steps", count = case.steps.len())) }
                ol { @for step in &case.steps { li {
                    (words::day(step.on)) " " (kind::name(step.kind))
                    @if let Some(line) = account.record(step.record) { (disputes::way(line, setting)) }
                } } }
            }
        }
    }
}
