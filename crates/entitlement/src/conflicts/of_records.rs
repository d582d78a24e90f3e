//! Conflicts of single records: rows sent again, business keys that are not alone, targets out of reach, claims.

use crate::{
    account::{Conflict, RecordNumber, Standing},
    conflicts::{class::ConflictCode, finders::conflict},
    policy::family::Family,
    records::set::{RecordSet, Role, Target, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::value::Division;

/// Conflicts of single records: re-sent rows, business keys, targets out of reach.
pub(crate) fn of_records(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    family: Option<Family<'_>>,
) -> Vec<Conflict> {
    let mut sent_again = Vec::new();
    let mut keys: BTreeMap<usize, Vec<RecordNumber>> = BTreeMap::new();
    let mut unreached = Vec::new();
    let mut claims: BTreeMap<Division, Vec<RecordNumber>> = BTreeMap::new();
    for (at, held) in set.within(range) {
        if !held.again.is_empty() {
            sent_again.push(number(at));
        }
        match (held.standing, held.because) {
            (Standing::Copy, Some(original)) => sent_again.extend([number(original), number(at)]),
            (Standing::SameKey, Some(original)) if follows_key(set, at) => {
                keys.entry(original).or_default().push(number(at));
            }
            (Standing::NoTarget, _) => {
                let code = match held.target {
                    Target::Elsewhere => ConflictCode::Y01,
                    Target::Unknown => ConflictCode::Y02,
                    Target::None | Target::At(_) => ConflictCode::Y03,
                };
                let mut records = vec![number(at)];
                records.extend(held.because.map(number));
                unreached.push(conflict(code, family, records));
            }
            (Standing::Claim, Some(original)) if set.at(original).fact.id == held.fact.id => {
                sent_again.extend([number(original), number(at)]);
            }
            (Standing::Claim, _) => {
                let of_chain = claims.entry(held.fact.region).or_default();
                of_chain.push(number(at));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if !sent_again.is_empty() {
        found.push(conflict(ConflictCode::C08, family, sent_again));
    }
    for (original, mut records) in keys {
        records.push(number(original));
        found.push(conflict(ConflictCode::C09, family, records));
    }
    unreached.sort_by(|one, other| (one.code, &one.records).cmp(&(other.code, &other.records)));
    found.extend(unreached);
    for records in claims.into_values() {
        found.push(conflict(ConflictCode::Y15, family, records));
    }
    found
}

/// Whether the record repeats a key itself, rather than sharing the fate of a record that does.
fn follows_key(set: &RecordSet<'_>, at: usize) -> bool {
    let Some(held) = set.get(at) else {
        return false;
    };
    match held.money() {
        Some((Role::Refund | Role::Adjust, _)) => {
            held.target == Target::None || held.because.map(Target::At) != Some(held.target)
        }
        _ => true,
    }
}
