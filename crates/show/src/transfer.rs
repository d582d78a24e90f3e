//! Transfer cases for people: where each stands, who must act until when, and what does not agree.

use super::{count, kind, named, place, print_lines, serde_name, yuan};
use crate::text::t;
use std::borrow::Cow;
use yizhang_entitlement::account::{StepFault, TransferAmounts, TransferCase, TransferStep};

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
    let mut below = next_step(case);
    below.extend(months_moved(case));
    below.extend(sums(case));
    below.extend(checks(case));
    below.extend(faults(case));
    lines.extend(below.into_iter().map(|line| format!("  {line}")));
    lines
}

/// Who has to do what, and until when.
fn next_step(case: &TransferCase) -> Vec<Cow<'static, str>> {
    let Some(next) = &case.next else {
        return Vec::new();
    };
    let due = next.due.map(|day| day.to_string()).unwrap_or_default();
    let mut lines = vec![t!(
        "transfer.next",
        who = place::name(next.place),
        step = kind::name(next.step),
        due = due
    )];
    if next.overdue > 0 {
        lines.push(t!(
            "transfer.overdue",
            days = count::working_days(next.overdue)
        ));
    }
    if next.is_estimate {
        lines.push(t!("transfer.estimate"));
    }
    lines
}

/// Months that are on the way, and those that have come.
fn months_moved(case: &TransferCase) -> Vec<Cow<'static, str>> {
    let mut lines = Vec::new();
    for (key, moved) in [
        ("transfer.on_the_way", &case.in_transfer),
        ("transfer.moved", &case.transferred),
    ] {
        if let Some(moved) = moved {
            lines.push(t!(
                key,
                months = count::months(moved.months),
                first = moved.first,
                last = moved.last
            ));
        }
    }
    lines
}

/// What the records of the old place come to, and where sheet, money and records differ.
fn sums(case: &TransferCase) -> Vec<Cow<'static, str>> {
    let Some(sums) = &case.sums else {
        return Vec::new();
    };
    let mut lines = vec![t!("transfer.computed", sums = amounts(sums.computed))];
    for differs in &sums.differences {
        let between = named(&format!(
            "transfer.between.{}",
            serde_name(&differs.between)
        ));
        lines.push(t!(
            "transfer.differs",
            between = between,
            months = count::months(differs.months),
            account = yuan(differs.personal_account),
            pool = yuan(differs.pool)
        ));
    }
    lines
}

/// What the old place has to settle first.
fn checks(case: &TransferCase) -> Vec<Cow<'static, str>> {
    let mut lines = Vec::new();
    for check in &case.checks {
        let what = named(&format!("transfer.check.{}", serde_name(&check.what)));
        lines.push(t!(
            "transfer.check",
            what = what,
            months = count::months(check.months)
        ));
        if let Some(day) = check.inform_by {
            lines.push(t!("transfer.inform", due = day));
        }
    }
    lines
}

/// Steps without effect, and why.
fn faults(case: &TransferCase) -> Vec<Cow<'static, str>> {
    let line = |fault: &StepFault| {
        let why = named(&format!("transfer.fault.{}", serde_name(&fault.fault)));
        t!("transfer.unused", step = kind::name(fault.step), why = why)
    };
    case.faults.iter().map(line).collect()
}

fn amounts(sums: TransferAmounts) -> String {
    t!(
        "transfer.amounts",
        months = count::months(sums.months),
        account = yuan(sums.personal_account),
        pool = yuan(sums.pool)
    )
    .to_string()
}
