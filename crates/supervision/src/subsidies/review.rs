//! What a programme bears of a worker's months, before anything is awarded.

use super::{Cap, Programme, of_worker};
use crate::{money::FenSum, stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Contribution, Record},
    value::{Fen, Month},
};

/// Who asks, and for which months.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What makes the worker eligible, as a code.
    pub group: &'a str,
    /// First month asked for.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// The month of the statutory retirement age, where it is known.
    pub retires: Option<Month>,
}

/// Why a month of a scheme is not borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// The worker is of no group of the programme.
    Group,
    /// The programme bears no such month.
    NotThen,
    /// The worker has retired by then.
    Retired,
    /// It was not paid in full by the day, at the programme's place.
    Unpaid,
    /// An award bears it already, of whatever city and programme.
    Awarded(RecordId),
    /// So many months have been borne, at all places.
    TooMany(u32),
}

/// A month of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthLine {
    /// The month.
    pub month: Month,
    /// The scheme.
    pub scheme: String,
    /// What was due for it, where it was paid.
    pub due: Fen,
    /// What is borne, or why not.
    pub borne: Result<Fen, Refused>,
    /// The contributions, and the award that bears it already.
    pub records: Vec<RecordId>,
}

/// What a programme bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// By month and scheme.
    pub lines: Vec<MonthLine>,
    /// In all.
    pub sum: FenSum,
    /// Months borne by earlier awards, at all places.
    pub months_before: u32,
    /// Months that may be borne in all; none where it is up to retirement.
    pub months_max: Option<u32>,
}

/// Months that a worker may ask for at once: a hundred years.
const MONTHS_MAX: u16 = 1_200;

/// Reviews the months of a worker under a programme. `records` are the worker's acting records, of all places.
pub fn review(
    records: &[Stated<'_>],
    programme: &Programme,
    asked: Asked<'_>,
    terms: &Terms<'_>,
) -> Review {
    let paid = paid(records, programme, terms);
    let awarded = awarded(records, terms);
    let mut borne: BTreeSet<Month> = awarded.keys().map(|(_, month)| *month).collect();
    let before = count(&borne);
    let months_max = months_max(programme, asked, borne.first().copied());
    let is_of_group = programme.groups.iter().any(|group| group == asked.group);
    let mut review = Review {
        lines: Vec::new(),
        sum: FenSum::ZERO,
        months_before: before,
        months_max,
    };
    let months = (0..MONTHS_MAX).map_while(|offset| asked.first.plus(offset));
    for month in months.take_while(|month| *month <= asked.last) {
        let allowed = if !is_of_group {
            Err(Refused::Group)
        } else if !programme.bears(month) {
            Err(Refused::NotThen)
        } else if asked.retires.is_some_and(|retires| retires <= month) {
            Err(Refused::Retired)
        } else {
            Ok(())
        };
        for cap in &programme.caps {
            let key = (cap.scheme.clone(), month);
            let money = paid.get(&key);
            let room = borne.contains(&month) || months_max.is_none_or(|most| count(&borne) < most);
            let line = month_line(month, cap, allowed, money, awarded.get(&key).copied());
            let line = if line.borne.is_ok() && !room {
                let most = months_max.unwrap_or_default();
                MonthLine {
                    borne: Err(Refused::TooMany(most)),
                    ..line
                }
            } else {
                line
            };
            if let Ok(amount) = line.borne {
                borne.insert(month);
                review.sum = review.sum.plus(FenSum::from(amount));
            }
            review.lines.push(line);
        }
    }
    review
}

fn count(months: &BTreeSet<Month>) -> u32 {
    u32::try_from(months.len()).expect("there are fewer months than 2^16")
}

/// The most months in all: none for whoever had fewer to retirement than the programme says when the first one was borne.
fn months_max(programme: &Programme, asked: Asked<'_>, first_borne: Option<Month>) -> Option<u32> {
    let first = first_borne.unwrap_or(asked.first).min(asked.first);
    let left = asked.retires.map(|retires| retires.since(first));
    let near = i64::from(programme.near_retirement_months);
    let is_near = left.is_some_and(|left| i64::from(left) < near);
    (!is_near).then_some(programme.months_max)
}

/// Money for a month of a scheme.
#[derive(Default)]
struct Money {
    due: FenSum,
    records: Vec<RecordId>,
}

/// What was paid in full for each month and scheme by the day at the programme's place, and is not given back.
fn paid(
    records: &[Stated<'_>],
    programme: &Programme,
    terms: &Terms<'_>,
) -> BTreeMap<(String, Month), Money> {
    let mut refunded: BTreeSet<RecordId> = BTreeSet::new();
    for stated in records {
        if let Record::Contribution(Kind::REFUND, fields) = &stated.record {
            refunded.extend(fields.target);
        }
    }
    let mut paid: BTreeMap<(String, Month), Money> = BTreeMap::new();
    for stated in records {
        let Record::Contribution(Kind::RECEIVED, fields) = &stated.record else {
            continue;
        };
        let by_then = fields.received.is_some_and(|day| day <= terms.day());
        let here = programme.place.covers(fields.place);
        if !fields.full || !by_then || !here || refunded.contains(&stated.id) {
            continue;
        }
        for month in fields.period.iter() {
            let money = paid.entry((fields.scheme.to_string(), month)).or_default();
            // The same month paid twice is borne once: the larger of the two.
            money.due = money.due.max(due_a_month(fields));
            money.records.push(stated.id);
        }
    }
    paid
}

/// What was due for one month of a row, half up to the fen.
fn due_a_month(fields: &Contribution<'_>) -> FenSum {
    let months = u32::from(fields.period.months.max(1));
    let parts = [fields.due.unit, fields.due.person];
    let shares = parts.map(|part| FenSum::share(part, 1, months).unwrap_or(FenSum::ZERO));
    shares.into_iter().fold(FenSum::ZERO, FenSum::plus)
}

/// The months that awards bear, of all places and programmes, each with the first of its awards.
fn awarded(records: &[Stated<'_>], terms: &Terms<'_>) -> BTreeMap<(String, Month), RecordId> {
    let mut awarded: BTreeMap<(String, Month), RecordId> = BTreeMap::new();
    for (kind, id, fields) in of_worker(records, terms) {
        if kind != Kind::SUBSIDY_AWARD {
            continue;
        }
        for month in fields.period.iter() {
            let key = (fields.scheme.to_string(), month);
            let known = awarded.entry(key).or_insert(id);
            *known = (*known).min(id);
        }
    }
    awarded
}

fn month_line(
    month: Month,
    cap: &Cap,
    allowed: Result<(), Refused>,
    money: Option<&Money>,
    award: Option<RecordId>,
) -> MonthLine {
    let due = money.and_then(|money| i64::try_from(money.due.get()).ok());
    let due = due.and_then(Fen::new).unwrap_or(Fen::ZERO);
    let borne = match (allowed, award) {
        (Err(why), _) => Err(why),
        (Ok(()), Some(award)) => Err(Refused::Awarded(award)),
        (Ok(()), None) if money.is_none() => Err(Refused::Unpaid),
        (Ok(()), None) => Ok(cap.of(due)),
    };
    let paid = money.map(|money| money.records.clone()).unwrap_or_default();
    MonthLine {
        month,
        scheme: cap.scheme.clone(),
        due,
        borne,
        records: paid.into_iter().chain(award).collect(),
    }
}
