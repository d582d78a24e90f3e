//! Finding conflicts: every one named with its records; none resolved by silence.

use crate::{
    account::{
        CaseState, Conflict, FamilyAccount, MonthLine, MonthStatus, OutCheckName, RecordNumber,
        Standing, TransferCase,
    },
    benefits::awards::awards,
    conflicts::class::{ConflictCode, Severity},
    months::{
        holders::{Holder, Run, extend, holders},
        ledger::Bounds,
        overlap::Cover,
        totals::deemed_at,
    },
    policy::{
        Policy, Successors,
        family::{Duplicates, Family},
    },
    records::{
        lost_to_refund::lost_to_refunds,
        set::{AsOf, FamilyRange, Held, RecordSet, Role, Target, number},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::Kind,
    record::{PayerKind, Record},
    value::{Division, Fen},
};

/// A conflict of these records.
pub(crate) fn conflict(
    code: ConflictCode,
    family: Option<Family<'_>>,
    mut records: Vec<RecordNumber>,
) -> Conflict {
    records.sort_unstable();
    records.dedup();
    let class = code.class();
    Conflict {
        code,
        severity: class.severity,
        family: family.map(|family| family.to_string()),
        first: None,
        last: None,
        months: 0,
        keeper: class.keeper,
        provisional: None,
        choices: Vec::new(),
        to_return: None,
        records,
    }
}

/// Conflicts of a family: of its months, by month and class, then of its records.
pub(crate) fn of_family(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    lines: &[MonthLine],
    bounds: Bounds<'_>,
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let mut found = of_months(set, of.family, lines, bounds, successors);
    found.sort_by(|one, other| {
        (one.first, one.code, &one.records).cmp(&(other.first, other.code, &other.records))
    });
    found.extend(of_records(set, &of.range, Some(of.family)));
    found.extend(lost_to_refunds(set, of));
    found
}

fn of_months(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    bounds: Bounds<'_>,
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let Bounds { cover, ends, .. } = bounds;
    let mut runs: BTreeMap<ConflictCode, Vec<Run<Vec<Holder<'_>>>>> = BTreeMap::new();
    let mut add = |code, line: &MonthLine, records: &[RecordNumber]| {
        extend(
            runs.entry(code).or_default(),
            line.month,
            holders(set, records),
            records,
        );
    };
    for line in lines {
        let deemed = deemed(set, line);
        if line.status == MonthStatus::Counted && !deemed.is_empty() {
            add(
                ConflictCode::C33,
                line,
                &[line.by.as_slice(), &deemed].concat(),
            );
        }
        match line.status {
            MonthStatus::Counted if line.by.len() > 1 => {
                let by_people = line
                    .by
                    .iter()
                    .filter(|number| !is_by_government(set, **number))
                    .count();
                if let Some(code) =
                    duplicate(family, &holders(set, &line.by), by_people, successors)
                {
                    add(code, line, &line.by);
                }
            }
            MonthStatus::Employee => {
                let mut records = line.by.clone();
                records.extend(
                    cover
                        .line(line.month)
                        .into_iter()
                        .flat_map(|line| line.by.iter().copied()),
                );
                add(ConflictCode::C04, line, &records);
            }
            MonthStatus::AfterBenefit | MonthStatus::AfterDeath => {
                let (code, end) = match line.status {
                    MonthStatus::AfterDeath => (ConflictCode::C22, ends.death),
                    _ => (ConflictCode::C21, ends.benefit),
                };
                let mut records = received(set, line);
                records.extend(differences_paid(set, line));
                // What was paid for these months has gone back where the record keeps the rest.
                let is_given_back = |number: &RecordNumber| {
                    let held = set.numbered(*number);
                    held.is_some_and(|held| held.given_back().has(line.month))
                };
                records.retain(|number| !is_given_back(number));
                // Nothing is to be given back for a month that was deemed, or is only due.
                if !records.is_empty() {
                    records.extend(end.map(|(_, record)| record));
                    add(code, line, &records);
                }
            }
            MonthStatus::Deemed if !is_one_place(set, line, successors) => {
                add(ConflictCode::Y08, line, &line.by);
            }
            MonthStatus::NotFull => add(
                ConflictCode::C32,
                line,
                &with_standing(set, line, Standing::NotFull),
            ),
            MonthStatus::Future => {
                let received = received(set, line);
                if !received.is_empty() {
                    add(ConflictCode::C30, line, &received);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (code, runs) in runs {
        found.extend(runs.into_iter().map(|run| Conflict {
            first: Some(run.first),
            last: Some(run.last),
            months: run.months(),
            ..conflict(code, Some(family), run.records)
        }));
    }
    found
}

/// Months paid in a division that is another one now (C27): the records keep their code, places are counted under the
/// new one.
pub(crate) fn renamed_places(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let mut runs: Vec<Run<Vec<Division>>> = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        let places: Vec<Division> = holders(set, &line.by)
            .into_iter()
            .map(|holder| holder.place)
            .filter(|place| successors.rule(*place).is_some())
            .collect();
        if !places.is_empty() {
            extend(&mut runs, line.month, places, &line.by);
        }
    }
    runs.into_iter()
        .map(|run| of_run(ConflictCode::C27, family, run))
        .collect()
}

/// Months paid by an employer that is another one now (C28): a link, without effect on a worker's months.
pub(crate) fn renamed_employers(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    policy: &Policy,
    as_of: AsOf,
) -> Vec<Conflict> {
    if !policy.knows_employers() {
        return Vec::new();
    }
    let mut runs: Vec<Run<Vec<&str>>> = Vec::new();
    for line in lines
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        let payers: Vec<&str> = holders(set, &line.by)
            .into_iter()
            .map(|holder| holder.payer)
            .filter(|payer| payer.kind != PayerKind::Person)
            .map(|payer| payer.id.as_str())
            .filter(|payer| policy.employer_successor(payer, as_of.month).is_some())
            .collect();
        if !payers.is_empty() {
            extend(&mut runs, line.month, payers, &line.by);
        }
    }
    runs.into_iter()
        .map(|run| of_run(ConflictCode::C28, family, run))
        .collect()
}

fn of_run<K>(code: ConflictCode, family: Family<'_>, run: Run<K>) -> Conflict {
    Conflict {
        first: Some(run.first),
        last: Some(run.last),
        months: run.months(),
        ..conflict(code, Some(family), run.records)
    }
}

/// Whether all records that deem a month say that it was worked at one place.
fn is_one_place(set: &RecordSet<'_>, line: &MonthLine, successors: &Successors<'_>) -> bool {
    let mut places = line
        .by
        .iter()
        .filter_map(|number| deemed_at(set, *number))
        .map(|place| successors.now(place));
    let first = places.next();
    places.all(|place| Some(place) == first)
}

/// The records among the others of a month that deem it paid.
fn deemed(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    let deems = |number: &&RecordNumber| {
        let held = set.numbered(**number);
        held.is_some_and(|held| {
            let deems = matches!(held.fact.record, Record::Deemed(_)) || held.is_alone;
            deems && held.standing == Standing::Held
        })
    };
    line.others.iter().filter(deems).copied().collect()
}

/// The contributions received, in full or in part, among the records of a month that does not count.
fn received(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    let mut received = with_standing(set, line, Standing::Held);
    received.extend(with_standing(set, line, Standing::NotFull));
    received
}

/// The differences by which money came, among the records of a month that does not count.
fn differences_paid(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    let is_paid = |number: &&RecordNumber| {
        let held = set.numbered(**number);
        held.is_some_and(|held| match held.money() {
            Some((Role::Adjust, fields)) if held.standing == Standing::Held => {
                fields.paid.unit > Fen::ZERO || fields.paid.person > Fen::ZERO
            }
            _ => false,
        })
    };
    line.others.iter().filter(is_paid).copied().collect()
}

/// The contributions received among the records of a month that do not count and have this standing.
fn with_standing(set: &RecordSet<'_>, line: &MonthLine, standing: Standing) -> Vec<RecordNumber> {
    let chosen = |number: &&RecordNumber| {
        let held = set.numbered(**number);
        held.is_some_and(|held| {
            held.standing == standing && matches!(held.money(), Some((Role::Received, _)))
        })
    };
    line.others.iter().filter(chosen).copied().collect()
}

/// The class of a month that several records of these holders make count, some of them paid by people and not by governments;
/// none where that is lawful. Places are what they are called now.
fn duplicate(
    family: Family<'_>,
    holders: &[Holder<'_>],
    by_people: usize,
    successors: &Successors<'_>,
) -> Option<ConflictCode> {
    let place = |holder: &Holder<'_>| successors.now(holder.place);
    let differ = |same: &dyn Fn(&Holder<'_>, &Holder<'_>) -> bool| {
        holders
            .iter()
            .zip(holders.iter().skip(1))
            .any(|(one, other)| !same(one, other))
    };
    let by_place = differ(&|one, other| place(one) == place(other));
    match family.rule().duplicates {
        Duplicates::ByProvince {
            schemes,
            provinces,
            payers,
        } => {
            if differ(&|one, other| one.scheme == other.scheme) {
                Some(schemes)
            } else if differ(&|one, other| place(one).province() == place(other).province()) {
                Some(provinces)
            } else if differ(&|one, other| one.payer == other.payer) {
                Some(payers)
            } else {
                Some(ConflictCode::Y04)
            }
        }
        Duplicates::ByPlace { places, .. } if by_place => Some(places),
        Duplicates::ByPlace { within, .. } => within,
        Duplicates::BesideGovernment
            if by_people == 1 && !by_place && is_of_one_scheme(holders) =>
        {
            None
        }
        Duplicates::BesideGovernment | Duplicates::Unclassed => Some(ConflictCode::Y04),
        Duplicates::Parallel => None,
    }
}

fn is_of_one_scheme(holders: &[Holder<'_>]) -> bool {
    holders
        .iter()
        .zip(holders.iter().skip(1))
        .all(|(one, other)| one.scheme == other.scheme)
}

/// Whether a government paid its share of a premium (国发〔2016〕3号).
fn is_by_government(set: &RecordSet<'_>, number: RecordNumber) -> bool {
    let held = set.numbered(number);
    held.and_then(Held::money)
        .is_some_and(|(_, fields)| fields.payer.kind == PayerKind::Government)
}

/// Conflicts of single records: re-sent rows, business keys, targets out of reach.
pub(crate) fn of_records(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    family: Option<Family<'_>>,
) -> Vec<Conflict> {
    let mut sent_again = Vec::new();
    let mut keys: BTreeMap<usize, Vec<RecordNumber>> = BTreeMap::new();
    let mut unreached = Vec::new();
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
    found
}

/// Months that several provinces hold block a transfer that has begun and an award that was asked for (domain reference,
/// C01): until an agreement, they are on hold there.
pub(crate) fn hold_open(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    account: &FamilyAccount,
    conflicts: &mut [Conflict],
) {
    let is_asked = |held: &Held<'_>| {
        let asks = matches!(&held.fact.record, Record::Benefit(Kind::BENEFIT_APPLY, _));
        asks && held.standing == Standing::Held
    };
    let award =
        awards(set, range).next().is_some() || set.within(range).any(|(_, held)| is_asked(held));
    let ended = |case: &&TransferCase| {
        matches!(
            case.state,
            CaseState::Rejected | CaseState::Returned | CaseState::Withdrawn
        )
    };
    let checks = account
        .transfers
        .iter()
        .filter(|case| !ended(case))
        .flat_map(|case| &case.checks);
    let double: BTreeSet<RecordNumber> = checks
        .filter(|check| check.what == OutCheckName::Duplicate)
        .flat_map(|check| check.records.iter().copied())
        .collect();
    for found in conflicts
        .iter_mut()
        .filter(|found| found.code == ConflictCode::C01)
    {
        if award || found.records.iter().any(|record| double.contains(record)) {
            found.severity = Severity::Hold;
        }
    }
}

/// Months covered by employee and resident medical insurance at once (C06): the cover is the employee's.
pub(crate) fn between_families(families: &[FamilyAccount]) -> Vec<Conflict> {
    let months = |name: &str| {
        families
            .iter()
            .find(|one| one.family == name)
            .map_or(&[][..], |one| &one.months)
    };
    let (employee, resident) = (
        Cover {
            months: months("nhsa:310"),
            ..Cover::default()
        },
        months("nhsa:390"),
    );
    let mut runs: Vec<Run<()>> = Vec::new();
    for line in resident
        .iter()
        .filter(|line| line.status == MonthStatus::Counted)
    {
        if let Some(other) = employee.line(line.month) {
            let records: Vec<RecordNumber> = line.by.iter().chain(&other.by).copied().collect();
            extend(&mut runs, line.month, (), &records);
        }
    }
    let conflict = |run: Run<()>| Conflict {
        family: Some("nhsa:390".to_owned()),
        first: Some(run.first),
        last: Some(run.last),
        months: run.months(),
        ..conflict(ConflictCode::C06, None, run.records)
    };
    runs.into_iter().map(conflict).collect()
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
