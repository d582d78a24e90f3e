//! Benefits awarded, drawn, recovered and stopped, and their conflicts: with refunds that came after them, and with death.

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber, Standing},
    benefits::{
        awards::{awards, is_held_in, is_in_force},
        exclusive::{Source, Span},
    },
    conflicts::{class::ConflictCode, finders::conflict},
    months::{
        holders::months_between,
        ledger::{Bounds, has_base},
    },
    policy::{Successors, family::Family},
    records::{
        money::FenSum,
        set::{Held, RecordSet, Role, Target, number},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Period, Record},
    value::{Day, Division, LeafIndex, Month},
};

/// Months taken away after a benefit was awarded on them (C23; 社会保险经办条例 art. 46), or made worth less. Where another
/// record makes the month count with the same base, nothing has changed; where the benefit was awarded again since, the
/// award knew of it.
pub(crate) fn refunded_after_award(
    set: &RecordSet<'_>,
    (family, range): (Family<'_>, &Range<usize>),
    lines: &[MonthLine],
    bounds: Bounds<'_>,
) -> Vec<Conflict> {
    if !family.rule().exclusive_benefit {
        return Vec::new();
    }
    let mut awards: Vec<(usize, &Benefit<'_>)> = awards(set, range).collect();
    if awards.is_empty() {
        return Vec::new();
    }
    awards.sort_by_key(|(at, award)| (award.from, *at));
    let (chains, differences) = (Chains::of(set), Differences::of(set, range));
    let mut records = Vec::new();
    for (at, held) in set
        .within(range)
        .filter(|(_, held)| !differences.acts_elsewhere(held))
    {
        for (because, taken) in losses(set, (at, held)) {
            let is_lost = |month: &Month| {
                let base = differences.base(at, held, *month);
                !is_made_good((held, base), *month, lines)
            };
            let lost: Vec<Month> = taken.into_iter().filter(is_lost).collect();
            records.extend(hit(
                set,
                (at, held),
                (because, &lost),
                (&awards, &chains),
                (family, bounds),
            ));
        }
    }
    if records.is_empty() {
        Vec::new()
    } else {
        vec![conflict(ConflictCode::C23, Some(family), records)]
    }
}

/// The award that rests on months which a record lost, if it did not know of it: with the record, and what took them.
fn hit(
    set: &RecordSet<'_>,
    (at, held): (usize, &Held<'_>),
    (because, lost): (usize, &[Month]),
    (awards, chains): (&[(usize, &Benefit<'_>)], &Chains),
    (family, bounds): (Family<'_>, Bounds<'_>),
) -> Vec<RecordNumber> {
    // A difference lowers what was paid by the record that it names.
    let paid = match held.target {
        Target::At(target) if because == at => set.get(target).and_then(Held::day),
        _ if because == at => None,
        _ => held.day(),
    };
    // An award rests on months before it that were paid by its day, on none after death, and on none that counted for employees.
    let rests_on = |award: &Benefit<'_>, month: Month| {
        let is_before = month < award.from && bounds.ends.status(month).is_none();
        is_before && !bounds.was_employee_on(set, month, award.on)
    };
    let rests = |award: &Benefit<'_>| {
        paid.is_none_or(|day| day <= award.on) && lost.iter().any(|month| rests_on(award, *month))
    };
    let is_later =
        |(award, fields): (usize, &Benefit<'_>)| chains.is_after(set, because, (award, fields.on));
    // A pension awarded again takes the place of the one before; a claim of unemployment is one of its own.
    let known: BTreeSet<Month> = awards
        .iter()
        .filter(|(at, other)| !is_later((*at, other)))
        .map(|(_, other)| other.from)
        .collect();
    let is_known = |award: &Benefit<'_>| {
        if family.rule().ends_with_benefit {
            !known.is_empty()
        } else {
            known.contains(&award.from)
        }
    };
    let hit = awards
        .iter()
        .find(|(at, award)| rests(award) && !is_known(award) && is_later((*at, award)));
    hit.map_or_else(Vec::new, |(award, _)| {
        vec![number(at), number(because), number(*award)]
    })
}

/// What a contribution lost, months or base, each with the record by which it did: a refund, reversal or agreement; a
/// difference that lowers a base does it itself. A part of a payment has no month to lose, nor has what is only due; what is
/// taken back of a refund, or of a lowered base, is no loss.
fn losses(set: &RecordSet<'_>, (at, held): (usize, &Held<'_>)) -> Vec<(usize, Vec<Month>)> {
    let Some((role, contribution)) = held.money() else {
        return Vec::new();
    };
    let mut by: BTreeMap<usize, Vec<Month>> = BTreeMap::new();
    let given_back = held.given_back();
    if role == Role::Received && contribution.full {
        for (month, refund) in given_back.own.iter().chain(&given_back.of_parts) {
            by.entry(*refund).or_default().push(*month);
        }
    }
    let named = match held.target {
        Target::At(target) => set.get(target).and_then(Held::money),
        _ => None,
    };
    let of_part = named.is_some_and(|(_, paid)| !paid.full);
    let base = contribution.base.get();
    let rest = match (role, held.standing) {
        (Role::Adjust, _) if of_part => None,
        (Role::Adjust, Standing::Held) => (base < 0).then_some(at),
        // What went with the record that it raised is that one's loss.
        (Role::Adjust, Standing::Refunded | Standing::Reversed) => held
            .because
            .filter(|because| base > 0 && held.target != Target::At(*because)),
        // What is not full for the sake of another record lost its month to a refund.
        (
            Role::Received,
            Standing::Refunded | Standing::Reversed | Standing::NotFull | Standing::Cleared,
        ) => held.because.filter(|_| contribution.full),
        _ => None,
    };
    if let Some(rest) = rest {
        let months = held
            .period
            .into_iter()
            .flat_map(Period::iter)
            .filter(|month| !given_back.has(*month));
        by.entry(rest).or_default().extend(months);
    }
    for months in by.values_mut() {
        months.sort_unstable();
    }
    by.into_iter().collect()
}

/// The differences of a family.
struct Differences {
    /// By the position of a record and a month what those that name it, and stand or fall with it, add to its base of the month.
    bases: BTreeMap<(usize, Month), i64>,
    /// Those in force.
    acting: BTreeSet<RecordId>,
}

impl Differences {
    fn of(set: &RecordSet<'_>, range: &Range<usize>) -> Self {
        let (mut bases, mut acting) = (BTreeMap::new(), BTreeSet::new());
        for (_, held) in set.within(range) {
            let Some((Role::Adjust, fields)) = held.money() else {
                continue;
            };
            if held.standing == Standing::Held {
                acting.insert(held.fact.id);
            }
            match held.target {
                Target::At(target)
                    if held.standing == Standing::Held || held.because == Some(target) =>
                {
                    for month in fields.period.iter() {
                        let sum: &mut i64 = bases.entry((target, month)).or_default();
                        *sum = sum.saturating_add(fields.base.get());
                    }
                }
                _ => {}
            }
        }
        Self { bases, acting }
    }

    /// The base of a record for a month of its period with the differences of the month, in fen.
    fn base(&self, at: usize, held: &Held<'_>, month: Month) -> Option<i64> {
        let (_, fields) = held.money()?;
        let added = self.bases.get(&(at, month)).copied().unwrap_or(0);
        Some(fields.base.get().saturating_add(added))
    }

    /// Whether a difference that its chain took back acts by another chain all the same.
    fn acts_elsewhere(&self, held: &Held<'_>) -> bool {
        held.standing == Standing::Reversed && self.acting.contains(&held.fact.id)
    }
}

/// The order of what chains hold.
struct Chains {
    /// Of each chain its records by position, each with the latest day up to it.
    days: BTreeMap<Division, Vec<(LeafIndex, Option<Day>)>>,
    /// Where the awards are, also those by which another chain acts.
    awards: BTreeMap<(RecordId, Division), LeafIndex>,
}

impl Chains {
    fn of(set: &RecordSet<'_>) -> Self {
        let mut days: BTreeMap<Division, Vec<(LeafIndex, Option<Day>)>> = BTreeMap::new();
        let mut awards = BTreeMap::new();
        for (_, held) in set.iter() {
            let fact = held.fact;
            days.entry(fact.region)
                .or_default()
                .push((fact.index, held.day()));
            if fact.record.kind() == Kind::BENEFIT_AWARD {
                awards.insert((fact.id, fact.region), fact.index);
            }
        }
        for records in days.values_mut() {
            records.sort_unstable();
            let mut latest = None;
            for (_, day) in records {
                latest = latest.max(*day);
                *day = latest;
            }
        }
        Self { days, awards }
    }

    /// Whether a record came after an award: by its day; a reversal, which has none, by its place behind the award or a copy of
    /// it in one chain, and in a chain other than the award's behind a record of a later day.
    fn is_after(&self, set: &RecordSet<'_>, at: usize, (award, awarded): (usize, Day)) -> bool {
        let (Some(held), Some(award)) = (set.get(at), set.get(award)) else {
            return false;
        };
        if let Some(day) = held.day() {
            return day > awarded;
        }
        match self.awards.get(&(award.fact.id, held.fact.region)) {
            Some(index) if *index < held.fact.index => return true,
            Some(_) if award.fact.region == held.fact.region => return false,
            // A copy behind it says nothing of when the award was made.
            _ => {}
        }
        let records = self
            .days
            .get(&held.fact.region)
            .map_or(&[][..], Vec::as_slice);
        let before = records.partition_point(|(index, _)| *index < held.fact.index);
        let latest = before
            .checked_sub(1)
            .and_then(|last| records.get(last))
            .and_then(|(_, day)| *day);
        latest.is_some_and(|day| day > awarded)
    }
}

/// Whether a month that a record lost counts all the same: with the same base where it has one.
fn is_made_good((held, base): (&Held<'_>, Option<i64>), month: Month, lines: &[MonthLine]) -> bool {
    let Some((Role::Received, contribution)) = held.money() else {
        return false;
    };
    let line = lines
        .binary_search_by_key(&month, |line| line.month)
        .ok()
        .and_then(|at| lines.get(at));
    line.is_some_and(|line| {
        let same = !has_base(contribution) || line.base == base;
        // An agreement that keeps the higher base takes nothing from an award.
        let more = held.standing == Standing::Cleared && line.base >= base;
        line.status == MonthStatus::Counted && (same || more)
    })
}

/// The benefits that are paid and exclude others, without the months that were recovered in full.
pub(crate) fn drawn<'f>(set: &RecordSet<'f>, successors: &Successors<'_>) -> Vec<Span<'f>> {
    let recovered = recovered(set);
    let payment = |(at, held): (usize, &Held<'f>)| {
        let Record::Benefit(Kind::BENEFIT_PAID, benefit) = &held.fact.record else {
            return None;
        };
        let is_exclusive = held
            .family
            .is_some_and(|family| family.rule().exclusive_benefit);
        let (first, last) = months_of(benefit);
        let span = Span {
            source: Source::of(benefit, successors),
            first,
            last,
            record: number(at),
        };
        let is_drawn = held.standing == Standing::Held && !held.is_of_heirs;
        (is_drawn && is_exclusive).then_some(span)
    };
    let paid = set.iter().filter_map(payment);
    paid.flat_map(|paid| without(paid, &recovered)).collect()
}

/// Of each payment, by its number, the months that were recovered in full, ascending.
pub(crate) type Recovered = BTreeMap<RecordNumber, Vec<(Month, Month)>>;

/// By the months that they name, what recoveries of a payment gave back.
type Instalments = BTreeMap<(Month, Month), FenSum>;

/// What was recovered of each payment, for months that the recoveries name: those for the same months are instalments of one
/// debt. All of it is recovered where all recoveries together reach the payment, whatever months they name.
///
/// A recovery names the payment, or an overpayment that does. It may stand in another chain: what was drawn twice may be
/// deducted from the other pension (人社部发〔2014〕17号 art. 8).
pub(crate) fn recovered(set: &RecordSet<'_>) -> Recovered {
    recoveries(set)
        .into_iter()
        .map(|(record, (paid, instalments))| (record, given_back(paid, &instalments)))
        .collect()
}

/// Payments that were recovered, in full or in part, with what was.
type Recoveries<'f> = BTreeMap<RecordNumber, (&'f Benefit<'f>, Instalments)>;

fn recoveries<'s>(set: &'s RecordSet<'_>) -> Recoveries<'s> {
    let benefits = || {
        set.iter().filter_map(|(at, held)| match &held.fact.record {
            Record::Benefit(kind, benefit) if held.standing == Standing::Held => {
                Some((at, held, *kind, benefit))
            }
            _ => None,
        })
    };
    if !benefits().any(|(_, _, kind, _)| kind == Kind::RECOVERY) {
        return Recoveries::new();
    }
    let by_id: BTreeMap<RecordId, (usize, Kind, &Benefit<'_>)> = benefits()
        .map(|(at, held, kind, benefit)| (held.fact.id, (at, kind, benefit)))
        .collect();
    let mut debts = Recoveries::new();
    for (_, _, _, recovery) in benefits().filter(|(_, _, kind, _)| *kind == Kind::RECOVERY) {
        let named = |target: Option<RecordId>| by_id.get(&target?);
        let payment = match named(recovery.target) {
            Some((_, Kind::OVERPAYMENT, overpaid)) => named(overpaid.target),
            other => other,
        };
        let Some((at, Kind::BENEFIT_PAID, paid)) = payment else {
            continue;
        };
        let (_, instalments) = debts
            .entry(number(*at))
            .or_insert_with(|| (paid, Instalments::new()));
        let sum = instalments.entry(months_of(recovery)).or_default();
        *sum = sum.plus(recovery.amount.into());
    }
    debts
}

/// What recoveries gave back of each payment, for whatever months.
pub(crate) fn recovered_sums(set: &RecordSet<'_>) -> BTreeMap<RecordNumber, FenSum> {
    let mut sums = BTreeMap::new();
    for (record, (_, instalments)) in recoveries(set) {
        sums.insert(record, FenSum::of(instalments.values().copied()));
    }
    sums
}

/// What has still to be recovered of each payment for months after death: their share of it, less what recoveries gave back whose
/// months reach beyond death. Half up to the fen.
pub(crate) fn unrecovered(
    set: &RecordSet<'_>,
    drawn: &[Span<'_>],
    died: Month,
) -> BTreeMap<RecordNumber, FenSum> {
    let recoveries = recoveries(set);
    let mut owed = BTreeMap::new();
    for span in drawn.iter().filter(|span| span.last > died) {
        let Some(Record::Benefit(_, paid)) =
            set.numbered(span.record).map(|held| &held.fact.record)
        else {
            continue;
        };
        let (first, last) = months_of(paid);
        let after = months_between(first.max(died.next()), last);
        let share =
            FenSum::from(paid.amount).share(count(after), count(months_between(first, last)));
        let mut back = FenSum::ZERO;
        if let Some((_, instalments)) = recoveries.get(&span.record) {
            for ((_, until), sum) in instalments {
                if *until > died || first > died {
                    back = back.plus(*sum);
                }
            }
        }
        owed.insert(span.record, share.minus(back).or_nothing());
    }
    owed
}

fn months_of(benefit: &Benefit<'_>) -> (Month, Month) {
    (benefit.from, benefit.until.unwrap_or(benefit.from))
}

/// The months of a payment whose share was given back, ascending.
fn given_back(paid: &Benefit<'_>, instalments: &Instalments) -> Vec<(Month, Month)> {
    let ((first, last), amount) = (months_of(paid), FenSum::from(paid.amount));
    if FenSum::of(instalments.values().copied()) >= amount {
        return vec![(first, last)];
    }
    let whole = months_between(first, last);
    let reaches = |(months, sum): &(&(Month, Month), &FenSum)| {
        let part = months_between(first.max(months.0), last.min(months.1));
        part > 0 && sum.times(count(whole)) >= amount.times(count(part))
    };
    instalments
        .iter()
        .filter(reaches)
        .map(|(months, _)| *months)
        .collect()
}

/// A number of months as a count.
fn count(months: u32) -> usize {
    usize::try_from(months).expect("32 bits of months fit a position")
}

/// Benefits drawn for months after death (C22; 社会保险经办条例 art. 25, 26, 46).
pub(crate) fn drawn_after_death(
    drawn: &[Span<'_>],
    death: Option<(Month, RecordNumber)>,
) -> Vec<Conflict> {
    let Some((died, notice)) = death else {
        return Vec::new();
    };
    let mut found: BTreeMap<Family<'_>, (Month, Month, u32, Vec<RecordNumber>)> = BTreeMap::new();
    for paid in drawn.iter().filter(|paid| paid.last > died) {
        let first = paid.first.max(died.next());
        let (from, until, months, records) = found
            .entry(paid.source.family)
            .or_insert_with(|| (first, paid.last, 0, vec![notice]));
        (*from, *until) = (first.min(*from), paid.last.max(*until));
        *months = months_between(*from, *until);
        records.push(paid.record);
    }
    let conflict = |(family, (first, last, months, records))| Conflict {
        first: Some(first),
        last: Some(last),
        months,
        ..conflict(ConflictCode::C22, Some(family), records)
    };
    found.into_iter().map(conflict).collect()
}

/// Stops of awards that their chain does not hold (Y01): without effect.
pub(crate) fn stops_elsewhere(
    set: &RecordSet<'_>,
    (family, range): (Family<'_>, &Range<usize>),
) -> Vec<Conflict> {
    let stray = |(at, held): (usize, &Held<'_>)| {
        let Record::Benefit(Kind::BENEFIT_STOP, stop) = &held.fact.record else {
            return None;
        };
        let award = stop.target.filter(|_| held.standing == Standing::Held)?;
        let elsewhere = set
            .within(range)
            .find(|(_, other)| other.fact.id == award)?;
        let mut same = set
            .within(range)
            .filter(|(_, other)| other.fact.id == held.fact.id && is_in_force(other));
        let is_stray = !same.any(|(_, same)| is_held_in(set, range, award, same.fact.region));
        is_stray.then(|| {
            conflict(
                ConflictCode::Y01,
                Some(family),
                vec![number(at), number(elsewhere.0)],
            )
        })
    };
    set.within(range).filter_map(stray).collect()
}

/// What of a payment was not recovered.
fn without<'f>(paid: Span<'f>, recovered: &Recovered) -> Vec<Span<'f>> {
    let Some(recovered) = recovered.get(&paid.record) else {
        return vec![paid];
    };
    let mut rest = Vec::new();
    let mut first = paid.first;
    for (from, until) in recovered {
        if first < *from && first <= paid.last {
            rest.push(Span {
                first,
                last: from.previous().unwrap_or(first).min(paid.last),
                ..paid
            });
        }
        first = first.max(until.next());
    }
    if first <= paid.last {
        rest.push(Span { first, ..paid });
    }
    rest
}
