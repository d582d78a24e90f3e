//! What agencies have stated about the worker: household registration, birth, class of retirement, death; and disputes.

use crate::{
    account::{BirthLine, ClassLine, Conflict, DeathLine, DisputeLine, HomeLine, Person, RecordNumber, Standing},
    conflict::ConflictCode,
    findings::conflict,
    set::{Held, RecordSet, number},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{BirthEvidence, Dispute, Record},
    value::{Division, Month},
};

/// The facts in force, each sort by its day, then by chain and position; of each sort the last holds.
pub(crate) fn person(set: &RecordSet<'_>) -> Person {
    let mut person = Person::default();
    for (at, held) in stated(set) {
        let record = number(at);
        let region = held.fact.region;
        match &held.fact.record {
            Record::Household(fields) => {
                person.home.push(HomeLine { from: fields.from, place: fields.place, on: fields.on, region, record });
            }
            Record::Birth(fields) => {
                let archive = fields.by == BirthEvidence::Archive;
                person.birth.push(BirthLine { month: fields.birth, archive, on: fields.on, region, record });
            }
            Record::RetireClass(fields) => {
                person.class.push(ClassLine { class: fields.class.into(), on: fields.on, region, record });
            }
            Record::Death(fields) => {
                person.death.push(DeathLine { month: fields.month, on: fields.on, region, record });
            }
            _ => {}
        }
    }
    person.home.sort_by_key(|line| (line.from, line.on, line.region, line.record));
    person.birth.sort_by_key(|line| (line.archive, line.on, line.region, line.record));
    person.class.sort_by_key(|line| (line.on, line.region, line.record));
    person.death.sort_by_key(|line| (line.on, line.region, line.record));
    person
}

fn stated<'s, 'f>(set: &'s RecordSet<'f>) -> impl Iterator<Item = (usize, &'s Held<'f>)> {
    set.0.iter().enumerate().filter(|(_, held)| held.standing == Standing::Held)
}

/// The month of death and the record behind it: of several notices the last holds.
pub(crate) fn death(person: &Person) -> Option<(Month, RecordNumber)> {
    person.death.last().map(|line| (line.month, line.record))
}

/// Where facts of the person disagree: two birth months on the ground of the citizen's id are two persons under one
/// number until somebody says otherwise (C17), the archive against the id is decided by the agency (C19).
pub(crate) fn conflicts(person: &Person) -> Vec<Conflict> {
    let mut found = Vec::new();
    let by_id = || person.birth.iter().filter(|line| !line.archive);
    let records = |lines: Vec<&BirthLine>| lines.into_iter().map(|line| line.record).collect::<Vec<_>>();
    if by_id().any(|line| Some(line.month) != by_id().next().map(|first| first.month)) {
        found.push(conflict(ConflictCode::C17, None, records(by_id().collect())));
    }
    let archive = person.birth.iter().rfind(|line| line.archive);
    if let (Some(archive), Some(id)) = (archive, by_id().next_back())
        && archive.month != id.month
    {
        found.push(conflict(ConflictCode::C19, None, records(vec![id, archive])));
    }
    let mut homes: Vec<_> = person.home.iter().map(|line| line.place.province()).collect();
    homes.dedup();
    if homes.len() > 1 {
        found.push(conflict(ConflictCode::C38, None, person.home.iter().map(|line| line.record).collect()));
    }
    found
}

/// Disputes in force, and their outcomes.
pub(crate) fn disputes(set: &RecordSet<'_>) -> Vec<DisputeLine> {
    let mut disputed = Vec::new();
    // The first answer to each dispute, in the order of the set, by the chain that answers.
    let mut outcomes: BTreeMap<(RecordId, Division), usize> = BTreeMap::new();
    for (at, held) in stated(set) {
        match &held.fact.record {
            Record::Dispute(Kind::DISPUTE, fields) => disputed.push((at, held, fields)),
            Record::Dispute(Kind::DISPUTE_OUTCOME, fields) => {
                outcomes.entry((fields.target, held.fact.region)).or_insert(at);
            }
            _ => {}
        }
    }
    if disputed.is_empty() {
        return Vec::new();
    }
    let mut known = BTreeMap::new();
    for (at, held) in set.0.iter().enumerate() {
        known.insert((held.fact.region, held.fact.id), at);
    }
    let line = |(at, held, fields): (usize, &Held<'_>, &Dispute<'_>)| DisputeLine {
        on: fields.on,
        region: fields.region,
        reason: fields.reason.as_str().to_owned(),
        disputed: known.get(&(fields.region, fields.target)).copied().map(number),
        // The agency whose record is disputed answers.
        outcome: outcomes.get(&(held.fact.id, fields.region)).copied().map(number),
        record: number(at),
    };
    disputed.into_iter().map(line).collect()
}

/// Disputes that nobody has answered (C41).
pub(crate) fn open_disputes(disputes: &[DisputeLine]) -> Vec<Conflict> {
    let open = disputes.iter().filter(|line| line.outcome.is_none());
    open.map(|line| conflict(ConflictCode::C41, None, line.disputed.into_iter().chain([line.record]).collect()))
        .collect()
}
