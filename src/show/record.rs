//! Records of an account for people: by chain and position, with their kind.

use super::{kind, place};
use rust_i18n::t;
use std::{collections::BTreeMap, fmt::Write as _};
use yizhang_entitlement::{Account, account::RecordNumber};
use yizhang_ledger::value::Division;

/// A record by chain, position and kind.
pub(crate) fn named(account: &Account, number: RecordNumber) -> String {
    account.record(number).map_or_else(String::new, |record| {
        let region = place::name(record.region);
        t!("figures.record", region = region, index = record.index, kind = kind::name(record.kind)).to_string()
    })
}

/// Records by chain, their positions as runs: `Guangdong #12–#24 #31, Beijing #10`.
pub(crate) fn positions(account: &Account, numbers: impl IntoIterator<Item = RecordNumber>) -> String {
    let mut chains: BTreeMap<Division, Vec<u64>> = BTreeMap::new();
    for record in numbers.into_iter().filter_map(|number| account.record(number)) {
        chains.entry(record.region).or_default().push(record.index);
    }
    let shown: Vec<String> =
        chains.into_iter().map(|(region, indexes)| format!("{}{}", place::name(region), runs(indexes))).collect();
    shown.join(t!("account.comma").as_ref())
}

fn runs(mut indexes: Vec<u64>) -> String {
    indexes.sort_unstable();
    indexes.dedup();
    let mut text = String::new();
    let mut rest = indexes.as_slice();
    while let Some(first) = rest.first() {
        let length = rest.iter().zip(*first..).take_while(|(index, expected)| *index == expected).count();
        let (run, after) = rest.split_at(length);
        rest = after;
        // Writing to a string cannot fail.
        let _ = match run {
            [one] => write!(text, " #{one}"),
            [one, .., last] => write!(text, " #{one}–#{last}"),
            [] => Ok(()),
        };
    }
    text
}
