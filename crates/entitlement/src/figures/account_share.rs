//! What was credited to the personal account, against the share of the base that the rules credit (Y13).

use super::{
    breaches::{self, Breach, Named},
    workings::Workings,
};
use crate::{
    account::{Conflict, FamilyAccount, FigureName, MonthStatus},
    conflicts::class::ConflictCode,
    months::ledger::{has_base, is_alike},
    records::{
        money::{FenSum, Sums, TOLERANCE},
        parts::UnitShares,
        set::{FamilyRange, Held, RecordSet, Role, Target, number},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Shares},
    value::{Division, Fen, Month, Scheme},
};
use yizhang_rules::{Key, Rule, Series, Value};

/// 缴费比例调整补收 (AAA115): a difference of the rate has no base of its own.
const DIFFERENCE_OF_RATE: u16 = 35;

const NAMED: Named = Named {
    code: ConflictCode::Y13,
    figure: FigureName::AccountShort,
    write: |workings, draft, amount| {
        workings.fen(draft, Fen::new(amount));
    },
};

/// A row that was received, with the differences that belong to it.
struct Row<'s, 'f> {
    first: Month,
    last: Month,
    fields: &'s Contribution<'f>,
    at: Vec<usize>,
    /// The bases of its months and of its differences, by month.
    bases: BTreeMap<Month, FenSum>,
    credited: FenSum,
}

/// The rows whose personal account got another amount than the rule's share of their base, by more than a fen a month.
pub(crate) fn account_share(
    workings: &mut Workings<'_>,
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    account: &FamilyAccount,
) -> Vec<Conflict> {
    let mut rates = Rates::default();
    let mut breaches = Vec::new();
    for row in rows(set, &of.range).into_values() {
        if !counts(account, &row) {
            continue;
        }
        let Some((rule, expected)) = rates.expected(workings, &row) else {
            continue;
        };
        let short = expected.minus(row.credited);
        if short.max(short.negated()) > TOLERANCE.times(row.bases.len().max(1)) {
            breaches.push(Breach {
                first: row.first,
                last: row.last,
                records: row.at.iter().map(|at| number(*at)).collect(),
                rule: workings.rule(rule),
                amount: short.shown(),
            });
        }
    }
    breaches::conflicts(workings, of.family, NAMED, breaches)
}

/// The rows in force that were received in full on a base, by position, each with its differences in force.
fn rows<'s, 'f>(set: &'s RecordSet<'f>, range: &Range<usize>) -> BTreeMap<usize, Row<'s, 'f>> {
    let mut rows: BTreeMap<usize, Row<'s, 'f>> = BTreeMap::new();
    let received = set
        .in_force(range)
        .filter_map(|(at, held)| match held.money() {
            Some((Role::Received, fields)) => Some((at, fields)),
            _ => None,
        });
    let received: Vec<_> = received
        .filter(|(_, fields)| is_paid_alone(fields))
        .filter(|(_, fields)| has_base(fields) && fields.base != Fen::ZERO)
        .collect();
    let shares = UnitShares::of(received.iter().copied());
    // The worker's share in a row of its own belongs with the unit's.
    let mut with_units: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, fields) in received {
        if let Some(unit) = shares.beside(fields) {
            with_units.insert(at, unit);
            continue;
        }
        let last = fields.period.iter().last();
        let mut row = Row {
            first: fields.period.first,
            last: last.unwrap_or(fields.period.first),
            fields,
            at: vec![at],
            bases: BTreeMap::new(),
            credited: FenSum::ZERO,
        };
        row.add(fields);
        rows.insert(at, row);
    }
    for (at, unit) in &with_units {
        let (Some(row), Some((_, fields))) = (rows.get_mut(unit), set.at(*at).money()) else {
            continue;
        };
        row.at.push(*at);
        row.credit(fields);
    }
    add_differences(set, range, &mut rows, &with_units);
    rows
}

/// Adds the differences in force to the rows that they belong to; `with_units` are the workers' shares, with the unit's that they stand
/// with.
fn add_differences(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    rows: &mut BTreeMap<usize, Row<'_, '_>>,
    with_units: &BTreeMap<usize, usize>,
) {
    let differences: Vec<_> = set
        .in_force(range)
        .filter_map(|(at, held)| match held.money() {
            Some((Role::Adjust, fields)) => Some((at, fields)),
            _ => None,
        })
        .collect();
    let shares = UnitShares::of(differences.iter().copied());
    for (at, difference) in differences {
        let Some(named) = row_of(set, rows, set.at(at), difference) else {
            continue;
        };
        let leading = with_units.get(&named).copied().unwrap_or(named);
        let Some(row) = rows.get_mut(&leading) else {
            continue;
        };
        row.at.push(at);
        if shares.beside(difference).is_some() {
            row.credit(difference);
        } else {
            row.add(difference);
        }
    }
}

/// Whether a row was paid in full by itself: what made the parts before it full has the credit of its own part alone.
fn is_paid_alone(fields: &Contribution<'_>) -> bool {
    let both = |shares: Shares| Sums::from(shares).both();
    fields.full && both(fields.paid) >= both(fields.due)
}

/// The row that a difference belongs to: the one that it names, else the first one of its chain for the same scheme, place and
/// payer whose months it has.
fn row_of(
    set: &RecordSet<'_>,
    rows: &BTreeMap<usize, Row<'_, '_>>,
    held: &Held<'_>,
    difference: &Contribution<'_>,
) -> Option<usize> {
    match held.target {
        Target::At(target) => Some(target),
        Target::None => {
            let month = difference.period.first;
            let mut alike = rows.iter().filter(|(at, row)| {
                let is_of_chain = set
                    .get(**at)
                    .is_some_and(|other| other.fact.region == held.fact.region);
                is_of_chain
                    && row.first <= month
                    && month <= row.last
                    && is_alike(difference, row.fields)
            });
            alike.next().map(|(at, _)| *at)
        }
        Target::Elsewhere | Target::Unknown => None,
    }
}

impl Row<'_, '_> {
    fn add(&mut self, fields: &Contribution<'_>) {
        if fields.nature != DIFFERENCE_OF_RATE {
            for month in fields.period.iter() {
                let base = self.bases.entry(month).or_default();
                *base = base.plus(fields.base.into());
            }
        }
        self.credit(fields);
    }

    fn credit(&mut self, fields: &Contribution<'_>) {
        self.credited = self.credited.plus(Sums::from(fields.credited).both());
    }
}

/// Why a list can be cut there.
const PARTITION: &str = "a partition point lies within its list";

/// Whether the row makes any month count.
fn counts(account: &FamilyAccount, row: &Row<'_, '_>) -> bool {
    let start = account
        .months
        .partition_point(|line| line.month < row.first);
    let lines = account.months.get(start..).expect(PARTITION);
    let own = row.at.first().map(|at| number(*at));
    lines
        .iter()
        .take_while(|line| line.month <= row.last)
        .any(|line| {
            line.status == MonthStatus::Counted && own.is_some_and(|own| line.by.contains(&own))
        })
}

/// The rates of a place and scheme as they were looked up last.
#[derive(Default)]
struct Rates<'p, 'f> {
    of: Option<(Division, Scheme<'f>)>,
    series: Series<'p>,
}

impl<'p, 'f> Rates<'p, 'f> {
    /// What the rules credit for the bases of a row, with the rule of its last month; nothing where a month has none.
    fn expected(
        &mut self,
        workings: &Workings<'p>,
        row: &Row<'_, 'f>,
    ) -> Option<(&'p Rule, FenSum)> {
        let of = Some((row.fields.place, row.fields.scheme));
        if self.of != of {
            let (scheme, place) = (row.fields.scheme.to_string(), row.fields.place);
            self.of = of;
            self.series = workings
                .policy
                .rules()
                .series(Key::AccountRate, &scheme, place);
        }
        let (mut expected, mut by) = (FenSum::ZERO, None);
        for (month, base) in &row.bases {
            let rule = self.series.at(*month)?;
            let Value::Rate(rate) = rule.value else {
                return None;
            };
            let one = rate.of_half_up(base.amount()?)?;
            expected = expected.plus(one.into());
            by = Some(rule);
        }
        Some((by?, expected))
    }
}
