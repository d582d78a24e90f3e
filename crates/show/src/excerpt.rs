//! The records of an excerpt: as they stand in the chains, and nothing that is made of them.

use super::{
    kind,
    page::{Block, Part},
    place, yuan,
};
use crate::text::t;
use yizhang_entitlement::{
    Account,
    account::{Amount, RecordLine, Standing},
};

/// The records that are shown, in their order.
pub(crate) fn parts(account: &Account) -> Vec<Part> {
    let header = [
        t!("excerpt.months"),
        t!("excerpt.scheme"),
        t!("excerpt.place"),
        t!("excerpt.kind"),
        t!("excerpt.base"),
        t!("excerpt.paid"),
        t!("excerpt.record"),
    ];
    let rows = account.records.iter().map(row).collect();
    let header = header.map(|text| text.to_string()).to_vec();
    let part = Part::titled(t!("excerpt.title"), vec![Block::Table(header, rows)]);
    part.into_iter().collect()
}

fn row(record: &RecordLine) -> Vec<String> {
    let line = record.contribution.as_ref();
    let of = |text: Option<String>| text.unwrap_or_default();
    let months = line.map(|line| {
        let last = line.first.plus(u16::from(line.months.saturating_sub(1)));
        let last = last.filter(|last| *last != line.first);
        last.map_or_else(
            || line.first.to_string(),
            |last| format!("{} – {last}", line.first),
        )
    });
    let kind = kind::name(record.kind);
    // Everything else that may put a record out of effect may rest on records that are not shown.
    let kind = if record.standing == Standing::Reversed {
        t!("excerpt.reversed", kind = kind).to_string()
    } else {
        kind
    };
    vec![
        of(months),
        of(line.map(|line| place::scheme(&line.scheme))),
        of(line.map(|line| place::name(line.place))),
        kind,
        of(line.map(|line| yuan(line.base))),
        of(line.map(|line| yuan(sum(line.paid)))),
        format!("{} #{}", place::name(record.region), record.index),
    ]
}

/// Of both, as far as there are such sums.
const fn sum(amount: Amount) -> i64 {
    amount.unit.saturating_add(amount.person)
}
