//! Whether each record has effect: reversals, dates, copies, business keys, and partial payment.
//!
//! Refunds that leave a record less than full are settled later, with the months (`refunds`), because a refund for months
//! that count as employee months is allowed for.

use crate::{
    account::Standing,
    records::set::{AsOf, RecordSet, Role, Target},
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Period, Record},
    value::{Code, Division, LeafIndex, Scheme},
};

/// Gives every record its standing, apart from [`Standing::Refunded`].
pub(crate) fn settle(set: &mut RecordSet<'_>, as_of: AsOf) {
    settle_reversals(set);
    settle_dates(set, as_of);
    settle_copies(set);
    settle_keys(set);
    settle_followers(set);
    settle_partial(set);
}

fn put(set: &mut RecordSet<'_>, position: usize, standing: Standing, because: Option<usize>) {
    if let Some(held) = set.0.get_mut(position) {
        (held.standing, held.because) = (standing, because);
    }
}

fn is_held(set: &RecordSet<'_>, position: usize) -> bool {
    set.get(position)
        .is_some_and(|held| held.standing == Standing::Held)
}

/// A reversal in force takes its target back, and a reversal taken back itself takes nothing back: so the farthest from
/// the record that it is all about is settled first.
fn settle_reversals(set: &mut RecordSet<'_>) {
    let mut order: Vec<(u32, usize)> = Vec::new();
    for (position, held) in set
        .0
        .iter_mut()
        .enumerate()
        .filter(|(_, held)| held.is_reversal())
    {
        match held.target {
            Target::At(_) => order.push((held.depth, position)),
            _ => held.standing = Standing::NoTarget,
        }
    }
    order.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    for (_, position) in order {
        let target = set.get(position).map(|held| held.target);
        if let Some(Target::At(target)) = target
            && is_held(set, position)
            && is_held(set, target)
        {
            put(set, target, Standing::Reversed, Some(position));
        }
    }
}

fn settle_dates(set: &mut RecordSet<'_>, as_of: AsOf) {
    for held in &mut set.0 {
        if matches!(held.fact.record, Record::Unknown(..)) {
            held.standing = Standing::Unread;
        } else if held.standing == Standing::Held && held.day().is_some_and(|day| day > as_of.day) {
            held.standing = Standing::Later;
        }
    }
}

/// The same content in several chains is one record: it acts from the lowest region where it is in force. What acts on a
/// target stays, because it acts on its own chain only.
fn settle_copies(set: &mut RecordSet<'_>) {
    let acting = set
        .0
        .iter()
        .enumerate()
        .filter(|(at, held)| held.standing == Standing::Held && acts_alone(set, *at));
    let mut order: Vec<(RecordId, Division, usize)> = acting
        .map(|(at, held)| (held.fact.id, held.fact.region, at))
        .collect();
    order.sort_unstable();
    let mut first: Option<(RecordId, usize)> = None;
    for (id, _, at) in order {
        match first {
            Some((known, original)) if known == id => put(set, at, Standing::Copy, Some(original)),
            _ => first = Some((id, at)),
        }
    }
}

fn acts_alone(set: &RecordSet<'_>, at: usize) -> bool {
    set.get(at)
        .is_some_and(|held| !held.is_reversal() && !has_followed_target(set, at))
}

fn has_followed_target(set: &RecordSet<'_>, at: usize) -> bool {
    set.get(at).is_some_and(|held| {
        matches!(held.money(), Some((Role::Refund | Role::Adjust, _)))
            && matches!(held.target, Target::At(_))
    })
}

/// What tells one transaction of an agency's books from another. What differs most often stands first, for the sort.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct BusinessKey<'f> {
    period: Period,
    kind: Kind,
    nature: u16,
    region: Division,
    scheme: Scheme<'f>,
    serial: Code<'f>,
    agency: Code<'f>,
    system: Code<'f>,
}

/// Of records under one business key the first of the chain acts (C09). Without a serial there is no key.
fn settle_keys(set: &mut RecordSet<'_>) {
    let mut keyed: Vec<(BusinessKey<'_>, LeafIndex, usize)> = Vec::new();
    for (at, held) in set
        .0
        .iter()
        .enumerate()
        .filter(|(_, held)| held.standing == Standing::Held)
    {
        let (source, scheme, period, nature) = match &held.fact.record {
            Record::Contribution(_, fields) => {
                (fields.source, fields.scheme, fields.period, fields.nature)
            }
            Record::InterestCredit(fields) => match held.period {
                Some(period) => (fields.source, fields.scheme, period, 0),
                None => continue,
            },
            _ => continue,
        };
        if !source.serial.is_none() {
            let key = BusinessKey {
                region: held.fact.region,
                agency: source.agency,
                system: source.system,
                serial: source.serial,
                scheme,
                period,
                kind: held.fact.record.kind(),
                nature,
            };
            keyed.push((key, held.fact.index, at));
        }
    }
    keyed.sort_unstable();
    let mut repeated = Vec::new();
    let mut first: Option<(&BusinessKey<'_>, usize)> = None;
    for (key, _, at) in &keyed {
        match first {
            Some((known, original)) if known == key => repeated.push((*at, original)),
            _ => first = Some((key, *at)),
        }
    }
    for (at, original) in repeated {
        put(set, at, Standing::SameKey, Some(original));
    }
}

/// A refund or difference shares the fate of what it names, and without a contribution to act on it has no effect.
fn settle_followers(set: &mut RecordSet<'_>) {
    // A difference first, so that the refund of a difference finds it settled.
    for wanted in [Role::Adjust, Role::Refund] {
        for at in 0..set.0.len() {
            let Some(held) = set.get(at).filter(|held| held.standing == Standing::Held) else {
                continue;
            };
            let Some((role, _)) = held.money().filter(|(role, _)| *role == wanted) else {
                continue;
            };
            match held.target {
                Target::None if role == Role::Adjust => {}
                Target::At(target) => follow(set, at, target),
                Target::None | Target::Elsewhere | Target::Unknown => {
                    put(set, at, Standing::NoTarget, None);
                }
            }
        }
    }
}

fn follow(set: &mut RecordSet<'_>, at: usize, target: usize) {
    let Some(named) = set.get(target) else { return };
    match (named.money(), named.standing) {
        (Some((Role::Received | Role::Adjust, _)), Standing::Held) => {}
        (Some((Role::Received | Role::Adjust, _)), Standing::Copy) => {
            follow_original(set, at, target);
        }
        (Some((Role::Received | Role::Adjust, _)), standing) => {
            put(set, at, standing, Some(target));
        }
        _ => put(set, at, Standing::NoTarget, Some(target)),
    }
}

/// What one of two chains says of a record that both hold, it says of the one record, by whichever chain that acts; said by
/// both, it is said once.
fn follow_original(set: &mut RecordSet<'_>, at: usize, copy: usize) {
    let (Some(held), Some(original)) = (set.get(at), set.get(copy).and_then(|copy| copy.because))
    else {
        return;
    };
    let id = held.fact.id;
    let mut others = set
        .0
        .iter()
        .enumerate()
        .filter(|(other, one)| *other != at && one.standing == Standing::Held);
    let same = others
        .find(|(_, one)| one.fact.id == id)
        .map(|(other, _)| other);
    if same.is_some() || !is_held(set, original) {
        put(set, at, Standing::Copy, Some(same.unwrap_or(copy)));
    } else if let Some(held) = set.0.get_mut(at) {
        held.target = Target::At(original);
    }
}

fn settle_partial(set: &mut RecordSet<'_>) {
    for held in &mut set.0 {
        let partial =
            matches!(held.money(), Some((Role::Received, contribution)) if !contribution.full);
        if partial && held.standing == Standing::Held {
            held.standing = Standing::NotFull;
        }
    }
}
