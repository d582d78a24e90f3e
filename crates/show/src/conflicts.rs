//! Conflicts for people: what, under which scheme, which months, who must do what.

use super::{
    family, kind, named,
    page::{Block, Part},
    place, record, serde_name, yuan,
};
use crate::text::t;
use std::cmp::Reverse;
use yizhang_entitlement::{
    Account,
    account::{Concern, Conflict, RecordNumber, TransferCase},
    conflict::{ConflictCode, Severity},
};
use yizhang_ledger::value::Month;

/// Records of a row that are shown; the account in JSON has all.
const RECORDS_SHOWN_MAX: usize = 12;
/// Stretches of months of a row that are shown.
const SPANS_SHOWN_MAX: usize = 3;

/// All conflicts, what waits for people first, then by scheme, class and month.
pub(crate) fn part(account: &Account) -> Option<Part> {
    let resolved = account
        .conflicts
        .iter()
        .filter(|conflict| conflict.severity == Severity::Auto)
        .count();
    let mut all: Vec<(&Conflict, Concern)> = account
        .conflicts
        .iter()
        .map(|conflict| (conflict, account.concern(conflict)))
        .collect();
    all.sort_by_cached_key(|(conflict, concern)| {
        let row = (concern.family.clone(), format!("{:?}", conflict.code));
        (
            Reverse(conflict.severity),
            row,
            concern.case.map(|case| case.0),
            concern.spans.clone(),
        )
    });
    let rows = all
        .chunk_by(is_one_row)
        .map(|group| row(account, group))
        .collect();
    let header = [
        t!("conflict.what"),
        t!("conflict.scheme"),
        t!("conflict.months"),
        t!("conflict.severity"),
        t!("conflict.acts"),
        t!("conflict.records"),
    ];
    let choices = all
        .iter()
        .flat_map(|(conflict, concern)| {
            let mut lines = choice_lines(conflict);
            lines.extend(stays_line(conflict, concern));
            lines
        })
        .collect();
    let title = t!(
        "account.conflicts",
        open = account.conflicts.len() - resolved,
        resolved = resolved
    );
    Part::titled(
        title,
        vec![
            Block::Table(header.map(|cell| cell.to_string()).to_vec(), rows),
            Block::Lines(choices),
        ],
    )
}

/// Conflicts of one class, scheme and case stand in one row.
fn is_one_row((one, of): &(&Conflict, Concern), (other, to): &(&Conflict, Concern)) -> bool {
    one.code == other.code
        && one.severity == other.severity
        && of.family == to.family
        && of.case == to.case
}

fn row(account: &Account, group: &[(&Conflict, Concern)]) -> Vec<String> {
    let Some((conflict, concern)) = group.first() else {
        return Vec::new();
    };
    let scheme = concern
        .family
        .as_ref()
        .and_then(|name| account.family(name))
        .map(family::name);
    let mut spans: Vec<String> = Vec::new();
    for (first, last) in group.iter().flat_map(|(_, concern)| &concern.spans) {
        let text = span(*first, *last);
        if spans.last() != Some(&text) {
            spans.push(text);
        }
    }
    let more = spans.len().saturating_sub(SPANS_SHOWN_MAX);
    spans.truncate(SPANS_SHOWN_MAX);
    spans.extend((more > 0).then(|| format!("+{more}")));
    let times = if group.len() > 1 {
        format!(" ×{}", group.len())
    } else {
        String::new()
    };
    let records: Vec<RecordNumber> = group
        .iter()
        .flat_map(|(conflict, _)| conflict.records.clone())
        .collect();
    vec![
        t!(
            "conflict.named",
            what = named(&format!("conflict.{:?}", conflict.code)),
            class = format!("{:?}", conflict.code)
        )
        .to_string()
            + &times,
        scheme.unwrap_or_default(),
        spans.join("\n"),
        named(&format!(
            "severity.{}",
            serde_name(&conflict.severity).to_lowercase()
        )),
        to_do(conflict.code, awaited(account, concern)),
        shown(account, &records),
    ]
}

/// Who must do what. A case says itself whose step it waits for.
fn to_do(code: ConflictCode, case: Option<&TransferCase>) -> String {
    let next = case
        .and_then(|case| case.next.as_ref())
        .filter(|_| code == ConflictCode::C11);
    if let Some(next) = next {
        return t!(
            "conflict.awaited",
            who = place::name(next.place),
            step = kind::name(next.step)
        )
        .to_string();
    }
    let actor = named(&format!("actor.{}", serde_name(&code.class().acts)));
    let what = named(&format!("resolve.{code:?}"));
    if code.class().acts == yizhang_entitlement::conflict::Actor::Nobody {
        return what;
    }
    t!("conflict.to_do", who = actor, what = what).to_string()
}

fn awaited<'a>(account: &'a Account, concern: &Concern) -> Option<&'a TransferCase> {
    let case = concern.case?;
    account
        .families
        .iter()
        .flat_map(|family| &family.transfers)
        .find(|known| known.case == case)
}

/// The first records of a row.
fn shown(account: &Account, records: &[RecordNumber]) -> String {
    let more = records.len().saturating_sub(RECORDS_SHOWN_MAX);
    let shown = record::positions(account, records.iter().copied().take(RECORDS_SHOWN_MAX));
    if more > 0 {
        format!("{shown} +{more}")
    } else {
        shown
    }
}

fn span(first: Month, last: Month) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first} – {last}")
    }
}

/// What is taken meanwhile, and what each choice would mean.
fn choice_lines(conflict: &Conflict) -> Vec<String> {
    let months = conflict
        .first
        .map(|first| first.to_string())
        .unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(kept) = &conflict.provisional {
        let reason = named(&format!("provisional.{}", serde_name(&kept.reason)));
        let (class, place) = (format!("{:?}", conflict.code), place::name(kept.place));
        lines.push(
            t!(
                "account.provisional",
                class = class,
                months = months,
                place = place,
                reason = reason
            )
            .to_string(),
        );
    }
    for choice in &conflict.choices {
        let credited = yuan(choice.credited.unit.saturating_add(choice.credited.person));
        lines.push(
            t!(
                "account.choice",
                place = place::name(choice.place),
                credited = credited
            )
            .to_string(),
        );
    }
    lines
}

/// What stays after a refund for months that do not count (Y10).
fn stays_line(conflict: &Conflict, concern: &Concern) -> Option<String> {
    let stays = conflict
        .to_return
        .filter(|_| conflict.code == ConflictCode::Y10)?;
    let spans: Vec<String> = concern
        .spans
        .iter()
        .take(SPANS_SHOWN_MAX)
        .map(|(first, last)| span(*first, *last))
        .collect();
    let line = t!(
        "account.stays",
        class = format!("{:?}", conflict.code),
        months = spans.join(", "),
        sum = yuan(stays)
    );
    Some(line.to_string())
}
