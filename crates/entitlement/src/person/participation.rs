//! Facts that this version lists rather than computes with: participation and benefits.

use crate::{
    account::{
        BenefitFact, Conflict, MonthLine, MonthStatus, Participation, ParticipationStanding,
        ParticipationState, RecordNumber,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    months::holders::{Run, extend},
    records::set::{AsOf, FamilyRange, RecordSet, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    entry::Kind,
    record::{AccountType, Record},
    value::{Division, LeafIndex, Month, Scheme},
};

/// Facts of participation by month, chain and position.
pub(crate) fn participation(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<Participation> {
    let mut facts = Vec::new();
    for (at, held) in set.in_force(range) {
        let Record::Participation(kind, fields) = &held.fact.record else {
            continue;
        };
        let fact = Participation {
            kind: *kind,
            scheme: fields.scheme.to_string(),
            from: fields.from,
            place: fields.place,
            payer: fields.payer.into(),
            temporary: fields.account_type == AccountType::Temporary,
            reason: fields.reason.as_str().to_owned(),
            record: number(at),
        };
        facts.push((fields.from, held.fact.region, held.fact.index, fact));
    }
    facts.sort_by_key(|(from, region, index, _)| (*from, *region, *index));
    facts.into_iter().map(|(_, _, _, fact)| fact).collect()
}

/// What facts of participation come to in the as-of month. The last fact of a chain about a scheme and place holds: by month, then by
/// position, because an agency writes its own chain in order.
pub(crate) fn state(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    as_of: AsOf,
) -> Vec<ParticipationStanding> {
    let mut latest: BTreeMap<Relation<'_>, (Order, Latest)> = BTreeMap::new();
    let mut types: BTreeMap<Relation<'_>, (Order, AccountType)> = BTreeMap::new();
    for (at, held) in set.in_force(range) {
        let Record::Participation(kind, fields) = &held.fact.record else {
            continue;
        };
        if fields.from > as_of.month {
            continue;
        }
        let order = (fields.from, held.fact.index);
        let relation = Relation {
            scheme: fields.scheme,
            place: fields.place,
            region: held.fact.region,
        };
        if *kind == Kind::ENROL {
            let enrolled = (order, fields.account_type);
            let known = types.entry(relation).or_insert(enrolled);
            *known = (*known).max(enrolled);
        }
        let fact = (order, Latest { kind: *kind, at });
        let known = latest.entry(relation).or_insert(fact);
        if order >= known.0 {
            *known = fact;
        }
    }
    let mut states = Vec::new();
    for (relation, ((since, _), fact)) in latest {
        let account_type = types.get(&relation).map(|(_, account_type)| *account_type);
        states.push(ParticipationStanding {
            scheme: relation.scheme.to_string(),
            place: relation.place,
            region: relation.region,
            state: match fact.kind {
                Kind::SUSPEND => ParticipationState::Suspended,
                Kind::TERMINATE => ParticipationState::Ended,
                _ => ParticipationState::Active,
            },
            since,
            temporary: account_type == Some(AccountType::Temporary),
            record: number(fact.at),
        });
    }
    states
}

/// What an agency says of a scheme at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Relation<'f> {
    scheme: Scheme<'f>,
    place: Division,
    region: Division,
}

/// By month, then by position.
type Order = (Month, LeafIndex);

/// The last fact of a relation.
#[derive(Clone, Copy)]
struct Latest {
    kind: Kind,
    at: usize,
}

/// 中断原因 (AAE160) of people who do not work here meanwhile: 参军, 收监, 出国定居.
const AWAY: [&str; 3] = ["6303", "6305", "6402"];

/// Months paid while a suspension says that the worker was away (C35): from the suspension to the next resumption or
/// enrolment of the family, in any chain.
pub(crate) fn paid_while_away(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    lines: &[MonthLine],
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for absence in absences(set, &of.range) {
        for run in paid_during(&absence, lines) {
            let records = [run.records.as_slice(), &absence.records].concat();
            found.push(Conflict {
                first: Some(run.first),
                last: Some(run.last),
                months: run.months(),
                ..conflict(ConflictCode::C35, Some(of.family), records)
            });
        }
    }
    found
}

/// Months away, up to the return, with the records that say so.
struct Absence {
    from: Month,
    until: Option<Month>,
    records: Vec<RecordNumber>,
}

/// A leaving or a return: by its month, then by the place of its record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    month: Month,
    region: Division,
    index: LeafIndex,
    record: RecordNumber,
}

impl Turn {
    /// Whether it ends an absence that another one began: in a later month, or in the month itself where the same chain has it after
    /// the absence.
    fn ends(self, away: Self) -> bool {
        self.month > away.month
            || (self.month == away.month && self.region == away.region && self.index > away.index)
    }
}

/// The absences of a family, in order. What two agencies recorded of one absence is one.
fn absences(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<Absence> {
    let (mut leavings, mut returns) = (Vec::new(), Vec::new());
    for (at, held) in set.in_force(range) {
        let Record::Participation(kind, fields) = &held.fact.record else {
            continue;
        };
        let turn = Turn {
            month: fields.from,
            region: held.fact.region,
            index: held.fact.index,
            record: number(at),
        };
        match *kind {
            Kind::SUSPEND | Kind::TERMINATE if AWAY.contains(&fields.reason.as_str()) => {
                leavings.push(turn);
            }
            Kind::ENROL | Kind::RESUME => returns.push(turn),
            _ => {}
        }
    }
    leavings.sort_unstable();
    returns.sort_unstable();
    let mut absences: Vec<Absence> = Vec::new();
    for away in leavings {
        let later = returns.partition_point(|back| back.month < away.month);
        let mut backs = returns.iter().skip(later);
        let until = backs.find(|back| back.ends(away)).map(|back| back.month);
        match absences.last_mut() {
            Some(last) if last.until.is_none_or(|until| away.month < until) => {
                last.until = last.until.zip(until).map(|(one, other)| one.max(other));
                last.records.push(away.record);
            }
            _ => absences.push(Absence {
                from: away.month,
                until,
                records: vec![away.record],
            }),
        }
    }
    absences
}

/// The runs of months that count, though the worker was away.
fn paid_during(absence: &Absence, lines: &[MonthLine]) -> Vec<Run<()>> {
    let before = lines.partition_point(|line| line.month < absence.from);
    let mut runs = Vec::new();
    for line in lines.iter().skip(before) {
        if absence.until.is_some_and(|until| line.month >= until) {
            break;
        }
        if line.status == MonthStatus::Counted {
            extend(&mut runs, line.month, (), &line.by);
        }
    }
    runs
}

/// Benefit facts by day, kind, chain and position.
pub(crate) fn benefits(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<BenefitFact> {
    let mut facts = Vec::new();
    for (at, held) in set.in_force(range) {
        let Record::Benefit(kind, fields) = &held.fact.record else {
            continue;
        };
        let fact = BenefitFact {
            kind: *kind,
            scheme: fields.scheme.to_string(),
            item: fields.item.as_str().to_owned(),
            from: fields.from,
            until: fields.until,
            amount: fields.amount.get(),
            on: fields.on,
            place: fields.place,
            reason: fields.reason.as_str().to_owned(),
            record: number(at),
        };
        facts.push((held.fact.region, held.fact.index, fact));
    }
    facts.sort_by_key(|(region, index, fact)| (fact.on, fact.kind, *region, *index));
    facts.into_iter().map(|(_, _, fact)| fact).collect()
}
