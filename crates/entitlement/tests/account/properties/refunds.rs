//! One year of residents, densely: paid in one row or two, beside employee months, behind awards, with refunds of all of these,
//! stops and reversals.

use super::{Rng, figures, for_every_seed};
use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month, scheme, source},
};
use rand::{RngExt, seq::SliceRandom};
use yizhang_entitlement::{
    Account, Policy,
    account::{MonthStatus, Standing},
    fold,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::hash_leaf,
    record::{Benefit, Contribution, Period, Record, Reversal, Shares},
    value::{Code, Day, Fen, Month},
};

/// What the year costs, and a month of it.
const YEAR_FEN: i64 = 120_000;
const MONTH_FEN: i64 = YEAR_FEN / 12;

/// The entries of a history, and those that a later one can act on.
#[derive(Clone, Default)]
struct Year {
    entries: Vec<Vec<u8>>,
    rows: Vec<(RecordId, i64)>,
    employee: Vec<RecordId>,
    awards: Vec<RecordId>,
}

impl Year {
    fn generate(rng: &mut Rng) -> Self {
        let mut year = Self::default();
        let parts = if rng.random_ratio(1, 3) {
            vec![YEAR_FEN / 2, YEAR_FEN / 2]
        } else {
            vec![YEAR_FEN]
        };
        for (at, fen) in parts.iter().enumerate() {
            let full = at + 1 == parts.len();
            let row = year.push(&Record::Contribution(
                Kind::RECEIVED,
                year_of_residents(*fen, full, &format!("Y{at}")),
            ));
            year.rows.push((row, *fen));
        }
        for step in 0..rng.random_range(1..9) {
            year.step(rng, &format!("S{step}"));
        }
        year
    }

    fn push(&mut self, record: &Record<'_>) -> RecordId {
        let bytes = federation::entry(record);
        let id = RecordId(hash_leaf(&bytes));
        self.entries.push(bytes);
        id
    }

    /// Adds one more record, and says which.
    fn step(&mut self, rng: &mut Rng, serial: &str) -> RecordId {
        match rng.random_range(0..8) {
            0..=1 => {
                let paid = flexible("hrss:110", some_month(rng), serial);
                let id = self.push(&Record::Contribution(
                    Kind::RECEIVED,
                    Contribution {
                        received: Some(some_day(rng)),
                        ..paid
                    },
                ));
                self.employee.push(id);
                id
            }
            2 if !self.employee.is_empty() => {
                let target = self.employee[rng.random_range(0..self.employee.len())];
                let paid = flexible("hrss:110", some_month(rng), serial);
                self.push(&refund(&paid, target, 100_000, some_day(rng)))
            }
            3 => {
                let award = benefit(some_month(rng), some_day(rng), None, serial);
                let id = self.push(&Record::Benefit(Kind::BENEFIT_AWARD, award));
                self.awards.push(id);
                id
            }
            4 if !self.awards.is_empty() => {
                let target = self.awards[rng.random_range(0..self.awards.len())];
                let stop = benefit(some_month(rng), some_day(rng), Some(target), serial);
                self.push(&Record::Benefit(Kind::BENEFIT_STOP, stop))
            }
            _ => {
                let (target, paid) = self.rows[rng.random_range(0..self.rows.len())];
                let of_row = paid / 12;
                let months = rng.random_range(1..13);
                let odd = if rng.random_ratio(1, 6) {
                    rng.random_range(-of_row..of_row)
                } else {
                    0
                };
                let whole = year_of_residents(paid, true, serial);
                let first = rng.random_range(0..=12 - months);
                let period = if rng.random_ratio(1, 2) {
                    Period {
                        first: month("2025-01").plus(first).unwrap(),
                        months: u8::try_from(months).unwrap(),
                    }
                } else {
                    whole.period
                };
                let fen = (i64::from(months) * of_row + odd).max(1);
                self.push(&refund(
                    &Contribution { period, ..whole },
                    target,
                    fen,
                    some_day(rng),
                ))
            }
        }
    }

    fn account(&self, rng: Option<&mut Rng>) -> Account {
        let mut federation = Federation::default();
        federation.append(division("440000"), &self.entries);
        let mut facts = federation.facts();
        if let Some(rng) = rng {
            facts.shuffle(rng);
        }
        fold(&facts, Policy::embedded(), day("2026-06-30"))
    }
}

fn some_month(rng: &mut Rng) -> Month {
    month("2025-01").plus(rng.random_range(0..12)).unwrap()
}

fn some_day(rng: &mut Rng) -> Day {
    let days = [
        "2024-11-11",
        "2025-01-05",
        "2025-02-15",
        "2025-05-05",
        "2025-06-30",
        "2025-09-15",
        "2025-12-31",
    ];
    day(days[rng.random_range(0..days.len())])
}

fn year_of_residents(fen: i64, full: bool, serial: &str) -> Contribution<'_> {
    let first = month("2025-01");
    let person = |fen: i64| Shares {
        unit: Fen::ZERO,
        person: Fen::new(fen).unwrap(),
    };
    let plain = flexible("hrss:170", first, serial);
    Contribution {
        period: Period { first, months: 12 },
        received: Some(day("2025-01-05")),
        due: person(YEAR_FEN),
        paid: person(fen),
        credited: person(fen),
        full,
        ..plain
    }
}

fn refund<'s>(of: &Contribution<'s>, target: RecordId, fen: i64, on: Day) -> Record<'s> {
    let back = Shares {
        unit: Fen::ZERO,
        person: Fen::new(-fen).unwrap(),
    };
    let fields = Contribution {
        paid: back,
        credited: back,
        nature: 20,
        target: Some(target),
        received: Some(on),
        ..*of
    };
    Record::Contribution(Kind::REFUND, fields)
}

fn benefit(from: Month, on: Day, target: Option<RecordId>, serial: &str) -> Benefit<'_> {
    Benefit {
        account: WORKER,
        scheme: scheme("hrss:170"),
        item: Code::new("100011").unwrap(),
        from,
        until: None,
        amount: Fen::new(20_000).unwrap(),
        on,
        place: division("440300"),
        target,
        reason: Code::NONE,
        source: source(serial),
    }
}

/// What stays of the year, and how many refunds took of it.
fn stays(account: &Account) -> (i64, i64) {
    let of_year = |kind: Kind| {
        let lines = account
            .records
            .iter()
            .filter(move |line| line.kind == kind && line.standing != Standing::Reversed);
        lines
            .filter_map(|line| line.contribution.as_ref())
            .filter(|line| line.scheme == "hrss:170")
    };
    let paid: i64 = of_year(Kind::RECEIVED).map(|line| line.paid.person).sum();
    let back: i64 = of_year(Kind::REFUND)
        .map(|line| line.paid.person.abs())
        .sum();
    (
        paid - back,
        of_year(Kind::REFUND).count().try_into().unwrap(),
    )
}

#[test]
fn no_more_months_of_a_year_count_than_the_money_that_stays_is_for() {
    for_every_seed(|rng| {
        let account = Year::generate(rng).account(None);
        let family = account.family("hrss:170").unwrap();
        let counted = family
            .months
            .iter()
            .filter(|line| line.status == MonthStatus::Counted)
            .count();
        let (stays, refunds) = stays(&account);
        let needed = i64::try_from(counted).unwrap() * MONTH_FEN;
        // Each refund and each row may be a fen off.
        assert!(
            counted == 0 || stays + refunds + 2 >= needed,
            "{counted} months count, and {stays} fen stay"
        );
    });
}

#[test]
fn a_mistake_of_any_sort_that_was_reversed_changes_no_refund() {
    for_every_seed(|rng| {
        let year = Year::generate(rng);
        let before = year.account(None);
        let mut more = year.clone();
        let target = more.step(rng, "mistake");
        let fields = Reversal {
            account: WORKER,
            target,
            reason: Code::NONE,
            source: source("undo"),
        };
        more.push(&Record::Reversal(fields));
        let after = more.account(Some(rng));
        for family in &after.families {
            let expected = before
                .family(&family.family)
                .map_or_else(Default::default, figures);
            assert_eq!(figures(family), expected, "{}", family.family);
        }
    });
}

#[test]
fn the_same_in_a_second_chain_changes_no_month() {
    for_every_seed(|rng| {
        let year = Year::generate(rng);
        let before = year.account(None);
        let mut federation = Federation::default();
        federation.append(division("440000"), &year.entries);
        federation.append(
            division("110000"),
            &year.entries[..rng.random_range(1..=year.entries.len())],
        );
        let after = fold(&federation.facts(), Policy::embedded(), day("2026-06-30"));
        for family in &after.families {
            let expected = before
                .family(&family.family)
                .map_or_else(Default::default, figures);
            assert_eq!(figures(family), expected, "{}", family.family);
        }
    });
}

#[test]
fn a_year_is_read_alike_in_any_order() {
    for_every_seed(|rng| {
        let year = Year::generate(rng);
        assert_eq!(
            year.account(None).canonical_json(),
            year.account(Some(rng)).canonical_json()
        );
    });
}
