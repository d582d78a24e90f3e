//! Transfer cases for people: where each stands, who must act until when, and what does not agree.

use super::{kind, named, place, print_lines, serde_name, yuan};
use rust_i18n::t;
use std::borrow::Cow;
use yizhang_entitlement::account::{TransferAmounts, TransferCase, TransferStep};

/// Prints a case.
pub fn print(case: &TransferCase) {
    print_lines(&lines(case), 0);
}

/// A case in lines, what belongs to it behind two blanks.
pub fn lines(case: &TransferCase) -> Vec<String> {
    let state = named(&format!("transfer.state.{}", serde_name(&case.state)));
    let is_used =
        |step: &&TransferStep| case.faults.iter().all(|fault| fault.record != step.record);
    let last = case.steps.iter().rfind(is_used);
    let last = last
        .map(|step| format!("{} {}", kind::name(step.kind), step.on))
        .unwrap_or_default();
    let (from, to) = (place::name(case.source), place::name(case.target));
    let mut lines = vec![
        t!(
            "transfer.case",
            from = from,
            to = to,
            state = state,
            last = last
        )
        .to_string(),
    ];
    let mut put = |line: Cow<'_, str>| lines.push(format!("  {line}"));
    if let Some(next) = &case.next {
        let due = next.due.map(|day| day.to_string()).unwrap_or_default();
        let who = place::name(next.place);
        put(t!(
            "transfer.next",
            who = who,
            step = kind::name(next.step),
            due = due
        ));
        if next.overdue > 0 {
            put(t!("transfer.overdue", days = next.overdue));
        }
        if next.is_estimate {
            put(t!("transfer.estimate"));
        }
    }
    if let Some(months) = &case.in_transfer {
        put(t!(
            "transfer.on_the_way",
            months = months.months,
            first = months.first,
            last = months.last
        ));
    }
    if let Some(months) = &case.transferred {
        put(t!(
            "transfer.moved",
            months = months.months,
            first = months.first,
            last = months.last
        ));
    }
    if let Some(sums) = &case.sums {
        put(t!("transfer.computed", sums = amounts(sums.computed)));
        for differs in &sums.differences {
            let between = named(&format!(
                "transfer.between.{}",
                serde_name(&differs.between)
            ));
            put(t!(
                "transfer.differs",
                between = between,
                months = differs.months,
                account = yuan(differs.personal_account),
                pool = yuan(differs.pool)
            ));
        }
    }
    for check in &case.checks {
        let what = named(&format!("transfer.check.{}", serde_name(&check.what)));
        put(t!("transfer.check", what = what, months = check.months));
        if let Some(day) = check.inform_by {
            put(t!("transfer.inform", due = day));
        }
    }
    for fault in &case.faults {
        let why = named(&format!("transfer.fault.{}", serde_name(&fault.fault)));
        put(t!(
            "transfer.unused",
            step = kind::name(fault.step),
            why = why
        ));
    }
    lines
}

fn amounts(sums: TransferAmounts) -> String {
    t!(
        "transfer.amounts",
        months = sums.months,
        account = yuan(sums.personal_account),
        pool = yuan(sums.pool)
    )
    .to_string()
}
