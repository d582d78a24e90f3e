//! Benefits drawn, recovered and stopped, and their conflicts: with death, and with the chain of another agency.

use crate::{
    account::{Conflict, RecordNumber, Standing},
    benefits::{
        awards::{is_held_in, is_in_force},
        exclusive::{Source, Span},
    },
    conflicts::{class::ConflictCode, finders::conflict},
    months::holders::months_between,
    policy::{Successors, family::Family},
    records::{
        money::FenSum,
        set::{FamilyRange, Held, RecordSet, number},
    },
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Record},
    value::Month,
};

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
pub(crate) fn stops_elsewhere(set: &RecordSet<'_>, of: &FamilyRange<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, held) in set.within(&of.range) {
        let Record::Benefit(Kind::BENEFIT_STOP, stop) = &held.fact.record else {
            continue;
        };
        let (Some(award), Standing::Held) = (stop.target, held.standing) else {
            continue;
        };
        let elsewhere = set
            .within(&of.range)
            .find(|(_, other)| other.fact.id == award);
        if let Some((elsewhere, _)) = elsewhere
            && !is_said_where_held(set, of, held.fact.id, award)
        {
            let records = vec![number(at), number(elsewhere)];
            found.push(conflict(ConflictCode::Y01, Some(of.family), records));
        }
    }
    found
}

/// Whether one of the chains that say a stop holds the award that it is about.
fn is_said_where_held(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    stop: RecordId,
    award: RecordId,
) -> bool {
    let mut said = set
        .within(&of.range)
        .filter(|(_, other)| other.fact.id == stop && is_in_force(other));
    said.any(|(_, same)| is_held_in(set, &of.range, award, same.fact.region))
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
