//! Which record of a month of a platform stands: a correction takes the place of what it names.

use crate::{
    account::Standing,
    records::set::{Held, RecordSet, Target},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::{PlatformMonth, Record, Trade, TransportMode},
    value::{Code, Division, LeafIndex, Month},
};

/// Of each month of a platform the last record in force that corrects it stands; and of those that are of one month on one platform, without
/// one of them correcting the other, the first of the chain (C09).
pub(crate) fn settle(set: &mut RecordSet<'_>) {
    let mut chains: BTreeMap<usize, Vec<(LeafIndex, usize)>> = BTreeMap::new();
    for (at, held) in set.iter() {
        if held.standing == Standing::Held && matches!(held.fact.record, Record::PlatformMonth(_)) {
            let of_root = chains.entry(root(set, at)).or_default();
            of_root.push((held.fact.index, at));
        }
    }
    for mut of_root in chains.into_values() {
        of_root.sort_unstable();
        let Some((_, last)) = of_root.pop() else {
            continue;
        };
        for (_, at) in of_root {
            set.stand(at, Standing::Corrected, Some(last));
        }
    }
    set_repeated_aside(set);
}

/// The first of the months that correct one another, whatever became of it. A hash is made before the record that names it, so there are
/// no rings.
fn root(set: &RecordSet<'_>, at: usize) -> usize {
    let mut root = at;
    for _ in 0..set.len() {
        match set.at(root).target {
            Target::At(next) if matches!(set.at(next).fact.record, Record::PlatformMonth(_)) => {
                root = next;
            }
            Target::At(_) | Target::None | Target::Elsewhere | Target::Unknown => break,
        }
    }
    root
}

/// What a platform has of a worker in a month.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'f> {
    month: Month,
    platform: Code<'f>,
    place: Division,
    trade: Trade,
    mode: TransportMode,
    region: Division,
}

fn set_repeated_aside(set: &mut RecordSet<'_>) {
    let mut known: BTreeMap<Key<'_>, Vec<(LeafIndex, usize)>> = BTreeMap::new();
    for (at, held, fields) in in_force(set) {
        let key = Key {
            month: fields.month,
            platform: fields.platform,
            place: fields.place,
            trade: fields.trade,
            mode: fields.mode,
            region: held.fact.region,
        };
        known.entry(key).or_default().push((held.fact.index, at));
    }
    let mut repeated = Vec::new();
    for mut of_key in known.into_values() {
        of_key.sort_unstable();
        let mut positions = of_key.into_iter().map(|(_, at)| at);
        let first = positions.next();
        repeated.extend(positions.map(|at| (at, first)));
    }
    for (at, first) in repeated {
        set.stand(at, Standing::SameKey, first);
    }
}

/// The months in force, with their positions.
fn in_force<'s, 'f>(
    set: &'s RecordSet<'f>,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'f PlatformMonth<'f>)> {
    set.iter().filter_map(|(at, held)| match &held.fact.record {
        Record::PlatformMonth(fields) if held.standing == Standing::Held => {
            Some((at, held, fields))
        }
        _ => None,
    })
}
