//! Conflicts of months: what makes one count twice, what was paid for one that does not count, and who contradicts whom about one.

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber, Standing},
    conflicts::{class::ConflictCode, finders::of_run},
    months::{
        by_place::deemed_at,
        holders::{Holder, Run, extend, holders},
        overlap::{Bounds, Cover},
    },
    policy::{
        Successors,
        family::{Duplicates, Family},
    },
    records::{
        parts::UnitShares,
        set::{Held, RecordSet, Role, position},
    },
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::{PayerKind, Record},
    value::{Fen, Month},
};

/// The conflicts of the months of a family, by class; of each the months that follow one another under one holder together.
pub(crate) fn of_months(
    set: &RecordSet<'_>,
    family: Family<'_>,
    lines: &[MonthLine],
    bounds: Bounds<'_>,
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let mut runs = Runs::of(set);
    for line in lines {
        match line.status {
            MonthStatus::Counted => {
                let deemed = deemed(set, line);
                if !deemed.is_empty() {
                    let records = [line.by.as_slice(), &deemed].concat();
                    runs.add(ConflictCode::C33, line, &records);
                }
                if let Some(code) = duplicate(set, family, line, successors) {
                    runs.add(code, line, &line.by);
                }
            }
            MonthStatus::Employee => {
                let records = with_cover(line, bounds.cover);
                runs.add(ConflictCode::C04, line, &records);
            }
            MonthStatus::AfterBenefit => {
                let records = paid_behind(set, line, bounds.ends.benefit);
                runs.add_any(ConflictCode::C21, line, &records);
            }
            MonthStatus::AfterDeath => {
                let records = paid_behind(set, line, bounds.ends.death);
                runs.add_any(ConflictCode::C22, line, &records);
            }
            MonthStatus::Deemed => {
                if !is_of_one_place(set, line, successors) {
                    runs.add(ConflictCode::Y08, line, &line.by);
                }
            }
            MonthStatus::NotFull => {
                let parts = with_standing(set, line, Standing::NotFull);
                runs.add(ConflictCode::C32, line, &parts);
            }
            MonthStatus::Future => runs.add_any(ConflictCode::C30, line, &received(set, line)),
            MonthStatus::Refunded
            | MonthStatus::Arrears
            | MonthStatus::Later
            | MonthStatus::Reversed
            | MonthStatus::Unpaid => {}
        }
    }
    runs.conflicts(family)
}

/// By class the runs of months that have one holder.
struct Runs<'s, 'f> {
    set: &'s RecordSet<'f>,
    by_code: BTreeMap<ConflictCode, Vec<Run<Vec<Holder<'f>>>>>,
}

impl<'s, 'f> Runs<'s, 'f> {
    const fn of(set: &'s RecordSet<'f>) -> Self {
        Self {
            set,
            by_code: BTreeMap::new(),
        }
    }

    /// Adds a month, which comes after all others, to those of a class.
    fn add(&mut self, code: ConflictCode, line: &MonthLine, records: &[RecordNumber]) {
        let holders = holders(self.set, records);
        let runs = self.by_code.entry(code).or_default();
        extend(runs, line.month, holders, records);
    }

    /// The same, if there is any record.
    fn add_any(&mut self, code: ConflictCode, line: &MonthLine, records: &[RecordNumber]) {
        if !records.is_empty() {
            self.add(code, line, records);
        }
    }

    fn conflicts(self, family: Family<'_>) -> Vec<Conflict> {
        let mut found = Vec::new();
        for (code, runs) in self.by_code {
            found.extend(runs.into_iter().map(|run| of_run(code, family, run)));
        }
        found
    }
}

/// The records of a month that counts for employees, and those by which it does.
fn with_cover(line: &MonthLine, cover: Cover<'_>) -> Vec<RecordNumber> {
    let mut records = line.by.clone();
    if let Some(employee) = cover.line(line.month) {
        records.extend(&employee.by);
    }
    records
}

/// What was paid for a month behind an end and has not gone back, with the record that says of the end. Nothing is to be given back for
/// a month that was deemed, or is only due.
fn paid_behind(
    set: &RecordSet<'_>,
    line: &MonthLine,
    end: Option<(Month, RecordNumber)>,
) -> Vec<RecordNumber> {
    let mut records = received(set, line);
    records.extend(differences_paid(set, line));
    // What was paid for the month has gone back where the record keeps the rest.
    records.retain(|number| {
        let held = set.numbered(*number);
        held.is_some_and(|held| !held.given_back().has(line.month))
    });
    if !records.is_empty() {
        records.extend(end.map(|(_, record)| record));
    }
    records
}

/// Whether all records that deem a month say that it was worked at one place.
fn is_of_one_place(set: &RecordSet<'_>, line: &MonthLine, successors: &Successors<'_>) -> bool {
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
    others_that(set, line, |held| {
        let deems = matches!(held.fact.record, Record::Deemed(_)) || !held.alone.is_empty();
        deems && held.standing == Standing::Held
    })
}

/// The contributions received, in full or in part, among the records of a month that does not count.
fn received(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    let mut received = with_standing(set, line, Standing::Held);
    received.extend(with_standing(set, line, Standing::NotFull));
    received
}

/// The differences by which money came, among the records of a month that does not count.
fn differences_paid(set: &RecordSet<'_>, line: &MonthLine) -> Vec<RecordNumber> {
    others_that(set, line, |held| match held.money() {
        Some((Role::Adjust, fields)) if held.standing == Standing::Held => {
            fields.paid.unit > Fen::ZERO || fields.paid.person > Fen::ZERO
        }
        _ => false,
    })
}

/// The contributions received among the records of a month that do not count and have this standing.
fn with_standing(set: &RecordSet<'_>, line: &MonthLine, standing: Standing) -> Vec<RecordNumber> {
    others_that(set, line, |held| {
        held.standing == standing && held.is_received()
    })
}

/// The records of a month that do not make it count and of which something holds.
fn others_that(
    set: &RecordSet<'_>,
    line: &MonthLine,
    holds: impl Fn(&Held<'_>) -> bool,
) -> Vec<RecordNumber> {
    let numbers = line.others.iter().copied();
    numbers
        .filter(|number| set.numbered(*number).is_some_and(&holds))
        .collect()
}

/// The class of a month that several records make count; none where one does, or where that is lawful. Places are what they are
/// called now.
fn duplicate(
    set: &RecordSet<'_>,
    family: Family<'_>,
    line: &MonthLine,
    successors: &Successors<'_>,
) -> Option<ConflictCode> {
    if line.by.len() < 2 || is_one_in_two_rows(set, line) {
        return None;
    }
    let holders = holders(set, &line.by);
    let by_scheme = differ(&holders, |holder| holder.scheme);
    let by_place = differ(&holders, |holder| successors.now(holder.place));
    match family.rule().duplicates {
        Duplicates::ByProvince {
            schemes,
            provinces,
            payers,
        } => {
            if by_scheme {
                Some(schemes)
            } else if differ(&holders, |holder| successors.now(holder.place).province()) {
                Some(provinces)
            } else if differ(&holders, |holder| holder.payer) {
                Some(payers)
            } else {
                Some(ConflictCode::Y04)
            }
        }
        Duplicates::ByPlace { places, .. } if by_place => Some(places),
        Duplicates::ByPlace { within, .. } => within,
        Duplicates::BesideGovernment => {
            let is_lawful = !by_place && !by_scheme && is_by_one_person(set, line);
            if is_lawful {
                None
            } else {
                Some(ConflictCode::Y04)
            }
        }
        Duplicates::Unclassed => Some(ConflictCode::Y04),
        Duplicates::Parallel => None,
    }
}

/// Whether two rows make a month count that are the unit's and the worker's share of one payment.
fn is_one_in_two_rows(set: &RecordSet<'_>, line: &MonthLine) -> bool {
    let [one, other] = line.by[..] else {
        return false;
    };
    let row = |number: RecordNumber| {
        let at = position(number);
        let (_, contribution) = set.at(at).money()?;
        Some((at, contribution))
    };
    let rows = [row(one), row(other)];
    let shares = UnitShares::of(rows.into_iter().flatten());
    let mut rows = rows.into_iter().flatten();
    rows.any(|(_, contribution)| shares.beside(contribution).is_some())
}

/// Whether holders are not all alike in something.
fn differ<'f, T: PartialEq>(holders: &[Holder<'f>], what: impl Fn(&Holder<'f>) -> T) -> bool {
    let mut all = holders.iter().map(what);
    let first = all.next();
    all.any(|one| Some(one) != first)
}

/// Whether one of the payments of a month is a person's, and each other a government's share of the premium (国发〔2016〕3号).
fn is_by_one_person(set: &RecordSet<'_>, line: &MonthLine) -> bool {
    let is_by_government = |number: &&RecordNumber| {
        let money = set.numbered(**number).and_then(Held::money);
        money.is_some_and(|(_, fields)| fields.payer.kind == PayerKind::Government)
    };
    let governments = line.by.iter().filter(is_by_government).count();
    governments.checked_add(1) == Some(line.by.len())
}
