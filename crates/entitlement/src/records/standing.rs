//! Whether each record has effect: reversals, dates, copies, business keys, and partial payment.
//!
//! What refunds and agreements leave of a record is worked out later, family by family ([`crate::effect`]), because a refund for
//! months that count as employee months is allowed for.

use crate::{
    account::Standing,
    policy::Successors,
    records::{
        jurisdiction,
        set::{AsOf, Held, RecordSet, Role, Target, Undecided},
    },
};
use std::cmp::Reverse;
use yizhang_ledger::{
    dispute::NODE_SYSTEM,
    entry::{Kind, RecordId},
    record::{Period, Record},
    value::{Code, Division, LeafIndex, Scheme},
};

/// Gives every record its standing, apart from what refunds and agreements leave of it.
pub(crate) fn decide<'f>(
    records: Undecided<'f>,
    as_of: AsOf,
    successors: &Successors<'_>,
) -> RecordSet<'f> {
    let mut set = records.into_set();
    reverse(&mut set);
    hold_back_later(&mut set, as_of);
    if jurisdiction::set_claims_aside(&mut set, successors) {
        set.part_claims();
    }
    decide_by_content(&mut set);
    set
}

/// The same as of an earlier day, of records of which it is known already what nobody but a stranger claims.
pub(crate) fn decide_again(records: Undecided<'_>, as_of: AsOf) -> RecordSet<'_> {
    let mut set = records.into_set();
    reverse(&mut set);
    hold_back_later(&mut set, as_of);
    decide_by_content(&mut set);
    set
}

fn decide_by_content(set: &mut RecordSet<'_>) {
    set_copies_aside(set);
    set_repeated_keys_aside(set);
    let_followers_follow(set);
    tell_parts(set);
}

fn is_held(set: &RecordSet<'_>, position: usize) -> bool {
    set.at(position).standing == Standing::Held
}

/// A reversal in force takes its target back, and a reversal taken back itself takes nothing back: so the farthest from
/// the record that it is all about comes first.
fn reverse(set: &mut RecordSet<'_>) {
    let (mut order, mut astray) = (Vec::new(), Vec::new());
    for (position, held) in set.iter().filter(|(_, held)| held.is_reversal()) {
        match held.target {
            Target::At(target) => order.push((Reverse(held.depth), position, target)),
            Target::None | Target::Elsewhere | Target::Unknown => astray.push(position),
        }
    }
    for position in astray {
        set.stand(position, Standing::NoTarget, None);
    }
    order.sort_unstable();
    for (_, position, target) in order {
        if is_held(set, position) && is_workers_own(set.at(target)) {
            set.stand(position, Standing::NoTarget, None);
        } else if is_held(set, position) && is_held(set, target) {
            set.stand(target, Standing::Reversed, Some(position));
        }
    }
}

/// Whether a node has written it for the worker: a dispute ends by an answer, and no agency takes it back (our design).
fn is_workers_own(held: &Held<'_>) -> bool {
    match &held.fact.record {
        Record::Dispute(Kind::DISPUTE, fields) => fields.source.system.as_str() == NODE_SYSTEM,
        _ => false,
    }
}

/// What cannot be read, and what is dated behind the day of the account.
fn hold_back_later(set: &mut RecordSet<'_>, as_of: AsOf) {
    for at in 0..set.len() {
        let held = set.at(at);
        if matches!(held.fact.record, Record::Unknown(..)) {
            // The reversal of a record that nobody here can read is named all the same.
            set.stand(at, Standing::Unread, held.because);
        } else if held.standing == Standing::Held && held.day().is_some_and(|day| day > as_of.day) {
            set.stand(at, Standing::Later, None);
        }
    }
}

/// The same content in several chains is one record: it acts from the lowest region where it is in force. What acts on a
/// target stays, because it acts on its own chain only.
fn set_copies_aside(set: &mut RecordSet<'_>) {
    let mut by_content: Vec<(RecordId, Division, usize)> = Vec::new();
    for (at, held) in set.iter() {
        if held.standing == Standing::Held && !acts_on_another(held) {
            by_content.push((held.fact.id, held.fact.region, at));
        }
    }
    by_content.sort_unstable();
    for of_content in by_content.chunk_by(|one, other| one.0 == other.0) {
        let mut positions = of_content.iter().map(|(_, _, at)| *at);
        let original = positions.next();
        for copy in positions {
            set.stand(copy, Standing::Copy, original);
        }
    }
}

/// Whether it is a reversal, or a refund or difference that follows a record of its chain.
fn acts_on_another(held: &Held<'_>) -> bool {
    let has_target = matches!(held.target, Target::At(_));
    let follows = matches!(held.money(), Some((Role::Refund | Role::Adjust, _))) && has_target;
    held.is_reversal() || follows
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

impl<'f> BusinessKey<'f> {
    /// The key of money or interest. Without a serial there is none.
    fn of(held: &Held<'f>) -> Option<Self> {
        let (source, scheme, period, nature) = match &held.fact.record {
            Record::Contribution(_, fields) => {
                (fields.source, fields.scheme, fields.period, fields.nature)
            }
            Record::InterestCredit(fields) => (fields.source, fields.scheme, held.period?, 0),
            _ => return None,
        };
        if source.serial.is_none() {
            return None;
        }
        Some(Self {
            region: held.fact.region,
            agency: source.agency,
            system: source.system,
            serial: source.serial,
            scheme,
            period,
            kind: held.fact.record.kind(),
            nature,
        })
    }
}

/// Of records under one business key the first of the chain acts (C09).
fn set_repeated_keys_aside(set: &mut RecordSet<'_>) {
    let mut keyed: Vec<(BusinessKey<'_>, LeafIndex, usize)> = Vec::new();
    for (at, held) in set.iter() {
        if held.standing == Standing::Held
            && let Some(key) = BusinessKey::of(held)
        {
            keyed.push((key, held.fact.index, at));
        }
    }
    keyed.sort_unstable();
    let mut repeated = Vec::new();
    for of_key in keyed.chunk_by(|one, other| one.0 == other.0) {
        let mut positions = of_key.iter().map(|(_, _, at)| *at);
        let original = positions.next();
        repeated.extend(positions.map(|at| (at, original)));
    }
    for (at, original) in repeated {
        set.stand(at, Standing::SameKey, original);
    }
}

/// A refund or difference shares the fate of what it names, and without a contribution to act on it has no effect.
fn let_followers_follow(set: &mut RecordSet<'_>) {
    // A difference first, so that the refund of a difference finds it settled.
    for wanted in [Role::Adjust, Role::Refund] {
        for at in 0..set.len() {
            let held = set.at(at);
            let Some((role, _)) = held.money() else {
                continue;
            };
            if role != wanted || held.standing != Standing::Held {
                continue;
            }
            match held.target {
                Target::None if role == Role::Adjust => {}
                Target::At(target) => follow(set, at, target),
                Target::None | Target::Elsewhere | Target::Unknown => {
                    set.stand(at, Standing::NoTarget, None);
                }
            }
        }
    }
}

fn follow(set: &mut RecordSet<'_>, at: usize, target: usize) {
    let named = set.at(target);
    match (named.money(), named.standing) {
        (Some((Role::Received | Role::Adjust, _)), Standing::Held) => {}
        (Some((Role::Received | Role::Adjust, _)), Standing::Copy) => {
            follow_original(set, at, target);
        }
        (Some((Role::Received | Role::Adjust, _)), standing) => {
            set.stand(at, standing, Some(target));
        }
        _ => set.stand(at, Standing::NoTarget, Some(target)),
    }
}

/// What one of two chains says of a record that both hold, it says of the one record, by whichever chain that acts; said by
/// both, it is said once.
fn follow_original(set: &mut RecordSet<'_>, at: usize, copy: usize) {
    let original = set.at(copy).because;
    let original = original.expect("a copy stands aside because of its original");
    let id = set.at(at).fact.id;
    let said_already = set
        .iter()
        .find(|(other, one)| *other != at && one.standing == Standing::Held && one.fact.id == id);
    match said_already {
        Some((same, _)) => set.stand(at, Standing::Copy, Some(same)),
        None if is_held(set, original) => set.aim(at, original),
        None => set.stand(at, Standing::Copy, Some(copy)),
    }
}

fn tell_parts(set: &mut RecordSet<'_>) {
    for at in 0..set.len() {
        let held = set.at(at);
        if let Some((Role::Received, contribution)) = held.money()
            && held.standing == Standing::Held
            && !contribution.full
        {
            set.stand(at, Standing::NotFull, None);
        }
    }
}
