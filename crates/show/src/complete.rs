//! Up to where it was shown that nothing of an account was left out, chain by chain.

use super::place;
use crate::text::t;
use serde_json::{Value, json};
use yizhang_ledger::value::Day;
use yizhang_statement::{Checked, Completeness};

/// A line for each chain of which it is shown, and one for all others.
pub(crate) fn lines(checked: &Checked) -> Vec<String> {
    let mut lines = Vec::new();
    let mut others = Vec::new();
    for one in &checked.completeness {
        let region = place::name(one.chain.region());
        let Some(through) = one.through else {
            others.push(region);
            continue;
        };
        lines.push(
            t!(
                "complete.through",
                region = region,
                size = through.size,
                day = Day::of(through.time),
                later = later(checked, one)
            )
            .to_string()
                + &confirmed(one),
        );
    }
    if !lines.is_empty() {
        lines.insert(0, t!("complete.title").to_string());
    }
    if !others.is_empty() {
        let regions = others.join(t!("account.comma").as_ref());
        lines.push(t!("complete.unknown", regions = regions).to_string());
    }
    lines
}

/// Who has computed the register of a chain again, or that nobody has said so yet.
fn confirmed(one: &Completeness) -> String {
    if one.mirrors.is_empty() {
        return t!("complete.unconfirmed").to_string();
    }
    let regions: Vec<String> = one
        .mirrors
        .iter()
        .map(|region| place::name(*region))
        .collect();
    let regions = regions.join(t!("account.comma").as_ref());
    t!("complete.confirmed", regions = regions).to_string()
}

/// Entries of a chain behind those of which it is shown that nothing was left out.
fn later(checked: &Checked, one: &Completeness) -> u64 {
    let head = checked.heads.iter().find(|head| head.origin == one.chain);
    let through = one.through.map_or(0, |through| through.size.0);
    head.map_or(0, |head| head.size.0.saturating_sub(through))
}

/// The same as JSON, of every chain.
pub(crate) fn json(checked: &Checked) -> Value {
    let chain = |one: &Completeness| {
        json!({
            "origin": one.chain.as_str(),
            "through": one.through.map(|through| through.size.0),
            "time_ms": one.through.map(|through| through.time.0),
            "later": one.through.map(|_| later(checked, one)),
            "mirrors": one.mirrors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    checked.completeness.iter().map(chain).collect()
}
