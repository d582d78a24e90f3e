//! What agencies have stated about the worker: household registration, birth, class of retirement, death; and disputes.

use crate::{
    account::{
        BirthLine, Class, ClassLine, Conflict, DeathLine, DisputeLine, HomeLine, Person,
        RecordNumber, Standing,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    records::set::{AsOf, Held, RecordSet, number},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    person::AccountId,
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
                person.home.push(HomeLine {
                    from: fields.from,
                    place: fields.place,
                    on: fields.on,
                    region,
                    record,
                });
            }
            Record::Birth(fields) => {
                let archive = fields.by == BirthEvidence::Archive;
                person.birth.push(BirthLine {
                    month: fields.birth,
                    archive,
                    on: fields.on,
                    region,
                    record,
                });
            }
            Record::RetireClass(fields) => {
                person.class.push(ClassLine {
                    class: fields.class.into(),
                    on: fields.on,
                    region,
                    record,
                });
            }
            Record::Death(fields) => {
                person.death.push(DeathLine {
                    month: fields.month,
                    on: fields.on,
                    region,
                    record,
                });
            }
            _ => {}
        }
    }
    person
        .home
        .sort_by_key(|line| (line.from, line.on, line.region, line.record));
    person
        .birth
        .sort_by_key(|line| (line.archive, line.on, line.region, line.record));
    person
        .class
        .sort_by_key(|line| (line.on, line.region, line.record));
    person
        .death
        .sort_by_key(|line| (line.on, line.region, line.record));
    person
}

fn stated<'s, 'f>(set: &'s RecordSet<'f>) -> impl Iterator<Item = (usize, &'s Held<'f>)> {
    set.iter()
        .filter(|(_, held)| held.standing == Standing::Held)
}

/// The month of death and the record behind it: of several notices the last holds.
pub(crate) fn death(person: &Person) -> Option<(Month, RecordNumber)> {
    person.death.last().map(|line| (line.month, line.record))
}

/// Where facts of the person disagree. Two births on the ground of citizen's ids, or a man's and a woman's class, are two
/// persons under one number until somebody says otherwise (C17); under two numbers that a link ties together they are what
/// was corrected (C16). What archives say against each other and against the id decides for benefits (C19). Of two deaths, or two
/// households from one month, the later statement holds, and is named (Y08).
pub(crate) fn conflicts(set: &RecordSet<'_>, person: &Person, as_of: AsOf) -> Vec<Conflict> {
    let mut found = two_persons(set, person);
    found.extend(births(person));
    let deaths = person.death.iter().map(|line| (line.month, line.record));
    found.extend(contradiction(deaths));
    // Of statements from one month the last of the line holds.
    let mut homes = Vec::new();
    for from_month in person.home.chunk_by(|one, other| one.from == other.from) {
        found.extend(contradiction(
            from_month.iter().map(|line| (line.place, line.record)),
        ));
        homes.extend(from_month.last().filter(|line| line.from <= as_of.month));
    }
    let moved = homes
        .iter()
        .zip(homes.iter().skip(1))
        .any(|(one, next)| one.place.province() != next.place.province());
    if moved {
        found.push(conflict(
            ConflictCode::C38,
            None,
            homes.iter().map(|line| line.record).collect(),
        ));
    }
    found
}

/// C17, by number.
fn two_persons(set: &RecordSet<'_>, person: &Person) -> Vec<Conflict> {
    let number_of = |record: RecordNumber| {
        let held = set.numbered(record)?;
        held.fact.record.accounts().next()
    };
    let mut stated: BTreeMap<AccountId, (Statements<Month>, Statements<bool>)> = BTreeMap::new();
    for line in person.birth.iter().filter(|line| !line.archive) {
        let Some(account) = number_of(line.record) else {
            continue;
        };
        stated
            .entry(account)
            .or_default()
            .0
            .push((line.month, line.record));
    }
    for line in &person.class {
        let Some(account) = number_of(line.record) else {
            continue;
        };
        let of_men = line.class == Class::M60;
        stated
            .entry(account)
            .or_default()
            .1
            .push((of_men, line.record));
    }
    let mut found = Vec::new();
    for (births, classes) in stated.into_values() {
        let mut records = Vec::new();
        records.extend(differing(births));
        records.extend(differing(classes));
        if !records.is_empty() {
            found.push(conflict(ConflictCode::C17, None, records));
        }
    }
    found
}

/// What records say of one fact.
type Statements<T> = Vec<(T, RecordNumber)>;

/// The records, where they do not all say the same.
fn differing<T: PartialEq>(statements: Statements<T>) -> Vec<RecordNumber> {
    let differs = statements
        .iter()
        .zip(statements.iter().skip(1))
        .any(|(one, other)| one.0 != other.0);
    if differs {
        statements.into_iter().map(|(_, record)| record).collect()
    } else {
        Vec::new()
    }
}

fn contradiction<T: PartialEq>(
    statements: impl Iterator<Item = (T, RecordNumber)>,
) -> Option<Conflict> {
    let records = differing(statements.collect());
    (!records.is_empty()).then(|| conflict(ConflictCode::Y08, None, records))
}

/// C19: archives that differ, or the last of them from the last id.
fn births(person: &Person) -> Option<Conflict> {
    let id = person.birth.iter().rfind(|line| !line.archive);
    let archives = || person.birth.iter().filter(|line| line.archive);
    let mut records = differing(archives().map(|line| (line.month, line.record)).collect());
    let last = archives().next_back();
    records.extend(
        last.zip(id)
            .filter(|(archive, id)| archive.month != id.month)
            .map(|(archive, _)| archive.record),
    );
    if records.is_empty() {
        return None;
    }
    records.extend(id.map(|line| line.record));
    Some(conflict(ConflictCode::C19, None, records))
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
                outcomes
                    .entry((fields.target, held.fact.region))
                    .or_insert(at);
            }
            _ => {}
        }
    }
    if disputed.is_empty() {
        return Vec::new();
    }
    let mut known = BTreeMap::new();
    for (at, held) in set.iter() {
        known.insert((held.fact.region, held.fact.id), at);
    }
    let line = |(at, held, fields): (usize, &Held<'_>, &Dispute<'_>)| DisputeLine {
        on: fields.on,
        region: fields.region,
        reason: fields.reason.as_str().to_owned(),
        disputed: known
            .get(&(fields.region, fields.target))
            .copied()
            .map(number),
        // The agency whose record is disputed answers.
        outcome: outcomes
            .get(&(held.fact.id, fields.region))
            .copied()
            .map(number),
        record: number(at),
    };
    disputed.into_iter().map(line).collect()
}

/// Disputes that nobody has answered (C41).
pub(crate) fn open_disputes(disputes: &[DisputeLine]) -> Vec<Conflict> {
    let open = disputes.iter().filter(|line| line.outcome.is_none());
    open.map(|line| {
        conflict(
            ConflictCode::C41,
            None,
            line.disputed.into_iter().chain([line.record]).collect(),
        )
    })
    .collect()
}
