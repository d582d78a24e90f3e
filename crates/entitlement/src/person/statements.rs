//! What agencies have stated about the worker: household registration, birth, class of retirement, death; and disputes.

use crate::{
    account::{
        BirthLine, Class, ClassLine, Conflict, DeathLine, DisputeLine, HomeLine, Person,
        RecordNumber, Standing,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    dispute::Limit,
    policy::Policy,
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
    let deaths = person.death.iter().map(|line| Said {
        what: line.month,
        record: line.record,
    });
    found.extend(contradiction(deaths.collect()));
    // Of statements from one month the last of the line holds.
    let mut homes = Vec::new();
    for from_month in person.home.chunk_by(|one, other| one.from == other.from) {
        let places = from_month.iter().map(|line| Said {
            what: line.place,
            record: line.record,
        });
        found.extend(contradiction(places.collect()));
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
    let mut by_number: BTreeMap<AccountId, UnderNumber> = BTreeMap::new();
    for line in person.birth.iter().filter(|line| !line.archive) {
        if let Some(account) = account_of(set, line.record) {
            let under = by_number.entry(account).or_default();
            under.births.push(Said {
                what: line.month,
                record: line.record,
            });
        }
    }
    for line in &person.class {
        if let Some(account) = account_of(set, line.record) {
            let under = by_number.entry(account).or_default();
            under.of_men.push(Said {
                what: line.class == Class::M60,
                record: line.record,
            });
        }
    }
    let mut found = Vec::new();
    for under in by_number.into_values() {
        let mut records = differing(under.births);
        records.extend(differing(under.of_men));
        if !records.is_empty() {
            found.push(conflict(ConflictCode::C17, None, records));
        }
    }
    found
}

/// The account under which a record was stated.
fn account_of(set: &RecordSet<'_>, record: RecordNumber) -> Option<AccountId> {
    set.numbered(record)?.fact.record.accounts().next()
}

/// What was stated under one number: births by citizen's ids, and whether a class is a man's.
#[derive(Default)]
struct UnderNumber {
    births: Vec<Said<Month>>,
    of_men: Vec<Said<bool>>,
}

/// What a record says of a fact.
struct Said<T> {
    what: T,
    record: RecordNumber,
}

/// The records, where they do not all say the same.
fn differing<T: PartialEq>(said: Vec<Said<T>>) -> Vec<RecordNumber> {
    let differs = said
        .first()
        .is_some_and(|first| said.iter().any(|one| one.what != first.what));
    if differs {
        said.into_iter().map(|one| one.record).collect()
    } else {
        Vec::new()
    }
}

fn contradiction<T: PartialEq>(said: Vec<Said<T>>) -> Option<Conflict> {
    let records = differing(said);
    (!records.is_empty()).then(|| conflict(ConflictCode::Y08, None, records))
}

/// C19: archives that differ, or the last of them from the last id.
fn births(person: &Person) -> Option<Conflict> {
    let id = person.birth.iter().rfind(|line| !line.archive);
    let archives: Vec<&BirthLine> = person.birth.iter().filter(|line| line.archive).collect();
    let said = archives.iter().map(|line| Said {
        what: line.month,
        record: line.record,
    });
    let mut records = differing(said.collect());
    if let (Some(archive), Some(id)) = (archives.last(), id)
        && archive.month != id.month
    {
        records.push(archive.record);
    }
    if records.is_empty() {
        return None;
    }
    records.extend(id.map(|line| line.record));
    Some(conflict(ConflictCode::C19, None, records))
}

/// Disputes in force, and their outcomes.
pub(crate) fn disputes(set: &RecordSet<'_>, policy: &Policy, as_of: AsOf) -> Vec<DisputeLine> {
    let mut disputed = Vec::new();
    // The first answer to each dispute, in the order of the set, by the chain that answers.
    let mut outcomes: BTreeMap<(RecordId, Division), usize> = BTreeMap::new();
    for (at, held) in stated(set) {
        match &held.fact.record {
            Record::Dispute(Kind::DISPUTE, fields) => disputed.push((at, fields)),
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
    let mut known: BTreeMap<(RecordId, Division), usize> = BTreeMap::new();
    for (at, held) in set.iter() {
        known.insert((held.fact.id, held.fact.region), at);
    }
    let limit = Limit::of(policy);
    let mut lines = Vec::new();
    for (at, fields) in disputed {
        let record = known.get(&(fields.target, fields.region));
        // The agency whose record is disputed answers.
        let outcome = outcomes.get(&(set.at(at).fact.id, fields.region)).copied();
        let answer = outcome.and_then(|at| answer(set, at));
        let due = match outcome {
            Some(_) => None,
            None => limit.due(fields.on),
        };
        lines.push(DisputeLine {
            on: fields.on,
            region: fields.region,
            reason: fields.reason.as_str().to_owned(),
            due,
            overdue: due.map_or(0, |due| limit.overdue(due, as_of.day)),
            answer: answer
                .map_or("", |answer| answer.reason.as_str())
                .to_owned(),
            answered: answer.map(|answer| answer.on),
            disputed: record.copied().map(number),
            outcome: outcome.map(number),
            record: number(at),
        });
    }
    lines
}

/// What an answer says.
fn answer<'s, 'f>(set: &'s RecordSet<'f>, at: usize) -> Option<&'s Dispute<'f>> {
    match &set.at(at).fact.record {
        Record::Dispute(Kind::DISPUTE_OUTCOME, fields) => Some(fields),
        _ => None,
    }
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
