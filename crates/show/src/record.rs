//! Records of an account for people: by chain and position, with their kind.

use super::{kind, place};
use crate::text::t;
use std::{collections::BTreeMap, fmt::Write as _};
use yizhang_entitlement::{Account, account::RecordNumber};
use yizhang_ledger::value::Division;

/// Fewest steps of a run of positions that are no neighbours.
const RUN_STEPS_MIN: usize = 3;

/// A record by chain, position and kind.
pub(crate) fn named(account: &Account, number: RecordNumber) -> String {
    account.record(number).map_or_else(String::new, |record| {
        let region = place::name(record.region);
        t!(
            "figures.record",
            region = region,
            index = record.index,
            kind = kind::name(record.kind)
        )
        .to_string()
    })
}

/// Records by chain, their positions as runs: `Guangdong #12–#24 #31, Beijing #10–#40/3`, every third of the last.
pub(crate) fn positions(
    account: &Account,
    numbers: impl IntoIterator<Item = RecordNumber>,
) -> String {
    let mut chains: BTreeMap<Division, Vec<u64>> = BTreeMap::new();
    for record in numbers
        .into_iter()
        .filter_map(|number| account.record(number))
    {
        chains.entry(record.region).or_default().push(record.index);
    }
    let shown: Vec<String> = chains
        .into_iter()
        .map(|(region, indexes)| format!("{}{}", place::name(region), runs(indexes)))
        .collect();
    shown.join(t!("account.comma").as_ref())
}

fn runs(mut indexes: Vec<u64>) -> String {
    indexes.sort_unstable();
    indexes.dedup();
    let mut text = String::new();
    let mut rest = indexes.as_slice();
    while let Some(first) = rest.first() {
        let step = rest.get(1).map_or(1, |second| second - first);
        let steps = rest
            .windows(2)
            .take_while(|pair| matches!(pair, [one, other] if other - one == step))
            .count();
        // Two that are no neighbours are two.
        let steps = if step > 1 && steps < RUN_STEPS_MIN {
            0
        } else {
            steps
        };
        let (run, after) = rest.split_at(steps + 1);
        rest = after;
        // Writing to a string cannot fail.
        let _ = match run {
            [one] => write!(text, " #{one}"),
            [one, .., last] if step == 1 => write!(text, " #{one}–#{last}"),
            [one, .., last] => write!(text, " #{one}–#{last}/{step}"),
            [] => Ok(()),
        };
    }
    text
}
