//! What holds for every set of records, over generated ones. A failure prints the seed that repeats it.

use crate::sample::{Chains, Written, day};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng as Rng;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::record::Record;
use yizhang_supervision::{
    FenSum, Stated, Supervision, Terms, Views, acting, fund::Move, subsidies, terms, walk,
};

/// Histories of each run: a few seconds. `YIZHANG_HISTORIES` asks for more, `YIZHANG_SEED` for others.
const HISTORIES: u64 = 300;
const SEED: u64 = 20_261_130;

fn asked(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(otherwise, |text| text.parse().unwrap())
}

/// Whether so many histories run that they are to meet what they are for.
fn are_many() -> bool {
    asked("YIZHANG_HISTORIES", HISTORIES) >= HISTORIES
}

/// Runs a check for many histories, and says of which seed one failed.
fn for_histories(check: impl Fn(&mut Rng)) {
    let first = asked("YIZHANG_SEED", SEED);
    for offset in 0..asked("YIZHANG_HISTORIES", HISTORIES) {
        let seed = first.wrapping_add(offset);
        let mut rng = Rng::seed_from_u64(seed);
        let run = std::panic::AssertUnwindSafe(|| check(&mut rng));
        let holds = std::panic::catch_unwind(run).is_ok();
        assert!(holds, "YIZHANG_SEED={seed} YIZHANG_HISTORIES=1 repeats it");
    }
}

const WORKERS: [&str; 5] = ["w1", "w2", "w3", "w4", "w5"];
const CASES: [&str; 4] = ["K", "L", "M", "N"];
const PLATFORMS: [&str; 2] = ["P", "Q"];
const PLACES: [&str; 3] = ["370200", "370100", "520100"];

fn pick(rng: &mut Rng, from: &[&str]) -> String {
    from[rng.random_range(0..from.len())].to_owned()
}

fn month(rng: &mut Rng) -> String {
    format!("2026-{:02}", rng.random_range(3..=10))
}

fn a_day(rng: &mut Rng) -> String {
    format!(
        "2026-{:02}-{:02}",
        rng.random_range(6..=10),
        rng.random_range(1..=28)
    )
}

fn yuan(rng: &mut Rng) -> String {
    format!(
        "{}.{:02}",
        rng.random_range(1..2_000),
        rng.random_range(0..100)
    )
}

/// A record that is likely to touch others.
fn written(rng: &mut Rng, serial: usize, earlier: &[Written]) -> Written {
    let kinds = [
        "month", "month", "month", "month", "premium", "prepay", "prepay", "report", "draw",
        "draw", "repay", "report", "step", "award", "received", "enrol", "suspend", "warning",
        "reversal",
    ];
    let kind = pick(rng, &kinds);
    let orders = rng.random_range(0..50);
    let named = |rng: &mut Rng, kinds: &[&str]| {
        let known: Vec<&Written> = earlier
            .iter()
            .filter(|one| kinds.contains(&one.kind.as_str()))
            .collect();
        let at = rng.random_range(0..known.len().max(1));
        known.get(at).map(|one| (*one).clone())
    };
    let mut one = Written {
        label: format!("{serial}"),
        kind: kind.clone(),
        worker: pick(rng, &WORKERS),
        platform: pick(rng, &PLATFORMS),
        place: pick(rng, &PLACES),
        month: month(rng),
        orders,
        insured: Some(if rng.random_ratio(1, 3) {
            orders / 2
        } else {
            orders
        }),
        net: yuan(rng),
        longest: rng.random_range(0..400),
        due: yuan(rng),
        amount: yuan(rng),
        revenue: yuan(rng),
        on: a_day(rng),
        at: format!("{} 10:{:02}", a_day(rng), rng.random_range(0..60)),
        case: pick(rng, &CASES),
        step: pick(rng, &["accepted", "suspended", "resumed", "recognised"]),
        rule: "premium-unpaid".into(),
        about: vec!["platform".into()],
        ..Written::default()
    };
    if rng.random_bool(0.7) {
        one.paid = one.due.clone();
    }
    match kind.as_str() {
        "month" if rng.random_ratio(1, 5) => {
            if let Some(first) = named(rng, &["month"]) {
                one.of.clone_from(&first.label);
                one.worker = first.worker;
                one.platform = first.platform;
                one.place = first.place;
            }
        }
        "draw" => {
            if let Some(report) = named(rng, &["report"]) {
                one.case = report.case;
                one.platform = report.platform;
            }
            // Most of them are there, in one fund.
            one.place = "370200".into();
            one.amount = format!("{}.00", rng.random_range(1..100));
        }
        "prepay" if rng.random_bool(0.8) => one.place = "370200".into(),
        "repay" => match named(rng, &["draw"]) {
            Some(draw) => {
                let label = draw.label.clone();
                one = Written {
                    label: one.label,
                    kind: "repay".into(),
                    amount: if rng.random_bool(0.5) {
                        draw.amount.clone()
                    } else {
                        one.amount
                    },
                    on: one.on,
                    of: label,
                    ..draw
                };
            }
            None => one.of = "nothing".into(),
        },
        "reversal" => match named(
            rng,
            &["month", "premium", "prepay", "draw", "award", "reversal"],
        ) {
            Some(first) => {
                one.of = first.label;
                one.worker = first.worker;
                one.place = first.place;
            }
            None => one.of = "nothing".into(),
        },
        _ => {}
    }
    one
}

fn history(rng: &mut Rng) -> (Vec<Written>, Chains) {
    let mut records: Vec<Written> = Vec::new();
    for serial in 0..rng.random_range(1..80) {
        let one = written(rng, serial, &records);
        records.push(one);
    }
    let chains = Chains::of(&records);
    (records, chains)
}

fn a_day_of(rng: &mut Rng) -> yizhang_ledger::value::Day {
    day(&a_day(rng))
}

#[test]
fn any_order_of_arrival_gives_the_same_views() {
    let warned = std::sync::atomic::AtomicUsize::new(0);
    for_histories(|rng| {
        let (_, chains) = history(rng);
        let terms = Terms::new(terms::embedded(), a_day_of(rng));
        let mut stated = chains.stated();
        let views = walk(stated.iter().copied(), &terms);
        warned.fetch_add(
            views.warnings.candidates.len(),
            std::sync::atomic::Ordering::Relaxed,
        );
        for _ in 0..3 {
            stated.shuffle(rng);
            let again = stated[rng.random_range(0..stated.len())];
            stated.push(again);
            assert_eq!(walk(stated.iter().copied(), &terms), views);
        }
    });
    assert!(
        !are_many() || warned.into_inner() > 100,
        "the histories are to meet the rules"
    );
}

/// Workers in parts, in any order, merged: as all at once.
#[test]
fn workers_apart_and_merged_are_workers_together() {
    for_histories(|rng| {
        let (_, chains) = history(rng);
        let terms = Terms::new(terms::embedded(), a_day_of(rng));
        let stated = chains.stated();
        let whole = walk(stated.iter().copied(), &terms);
        let mut workers: BTreeMap<_, Vec<Stated<'_>>> = BTreeMap::new();
        for one in &stated {
            for account in one.record.accounts() {
                workers.entry(account).or_default().push(*one);
            }
        }
        let mut workers: Vec<_> = workers.into_iter().collect();
        workers.shuffle(rng);
        let mut parts: Vec<Supervision<'_>> = (0..3).map(|_| Supervision::new(terms)).collect();
        let mut found = BTreeSet::new();
        for (worker, records) in workers {
            let part = rng.random_range(0..parts.len());
            let of_worker = parts[part].add_worker(worker, records);
            found.extend(of_worker.warnings.iter().map(|warning| warning.id));
        }
        parts.shuffle(rng);
        let mut all = parts.pop().unwrap();
        for part in parts {
            all.merge(part);
        }
        let parties = all.finish(stated);
        found.extend(parties.warnings.iter().map(|warning| warning.id));
        assert_eq!(parties.coverage, whole.coverage);
        assert_eq!(parties.funds, whole.funds);
        assert_eq!(parties.durations, whole.durations);
        assert_eq!(parties.subsidies, whole.subsidies);
        assert_eq!(parties.raised, whole.warnings.raised);
        let ids = whole.warnings.candidates.iter().map(|warning| warning.id);
        assert_eq!(found, ids.collect());
    });
}

/// What a month is known by.
type Key = (String, String, String, String);

fn key(one: &Written) -> Key {
    (
        one.worker.clone(),
        one.platform.clone(),
        one.place.clone(),
        one.month.clone(),
    )
}

/// Without corrections and reversals every month that was deposited counts, and counts once: as a plain count of keys finds.
#[test]
fn no_month_of_a_worker_is_lost_or_doubled() {
    for_histories(|rng| {
        let (mut records, _) = history(rng);
        records.retain(|one| one.kind == "month");
        for one in &mut records {
            one.of.clear();
        }
        let chains = Chains::of(&records);
        let terms = Terms::new(terms::embedded(), day("2026-12-01"));
        let views = walk(chains.stated(), &terms);
        let keys: BTreeSet<Key> = records.iter().map(key).collect();
        assert_eq!(months(&views), u64::try_from(keys.len()).unwrap());
        let mut orders: BTreeMap<Key, (u32, u32)> = BTreeMap::new();
        for one in &records {
            // Of one key the record with most rows: here, with most orders.
            let known = orders.entry(key(one)).or_default();
            if one.orders.max(1) > known.0 {
                *known = (one.orders.max(1), one.orders);
            }
        }
        let rows: u64 = orders.values().map(|(_, orders)| u64::from(*orders)).sum();
        let found: u64 = views
            .coverage
            .iter()
            .map(|line| line.deposited.orders)
            .sum();
        let zero_or_one = orders.values().filter(|(rows, _)| *rows == 1).count();
        // No order and one order are both a file of one row: which of two such records acts, their ids say.
        assert!(
            found.abs_diff(rows) <= u64::try_from(zero_or_one).unwrap(),
            "{found} {rows}"
        );
    });
}

fn months(views: &Views<'_>) -> u64 {
    views
        .coverage
        .iter()
        .map(|line| line.deposited.months)
        .sum()
}

/// With corrections and reversals no more than one month of a key acts, and each correction's family of versions has one at most.
#[test]
fn of_versions_of_a_month_one_acts_at_most() {
    for_histories(|rng| {
        let (records, chains) = history(rng);
        let stated = chains.stated();
        let acting = acting(stated.iter().copied());
        let mut roots: BTreeMap<&str, &str> = BTreeMap::new();
        for one in records.iter().filter(|one| one.kind == "month") {
            let root = roots.get(one.of.as_str()).copied().unwrap_or(&one.label);
            roots.insert(&one.label, root);
        }
        let mut seen = BTreeSet::new();
        for one in &acting.records {
            if matches!(one.record, Record::PlatformMonth(_)) {
                let label = chains.label(one.id);
                assert!(seen.insert(roots[label.as_str()]), "{label}");
            }
        }
    });
}

/// The balance after every line is the one before with its amount, never below zero, and in the end what came in less what went out.
#[test]
fn the_fund_balances_to_the_fen_after_every_line() {
    let drawn = std::sync::atomic::AtomicUsize::new(0);
    for_histories(|rng| {
        let (_, chains) = history(rng);
        let terms = Terms::new(terms::embedded(), a_day_of(rng));
        for fund in walk(chains.stated(), &terms).funds {
            let mut balance = FenSum::ZERO;
            let mut last = None;
            for entry in &fund.movements {
                let amount = FenSum::from(entry.amount);
                balance = match entry.way {
                    Move::Prepaid | Move::Repaid => balance.plus(amount),
                    Move::Drawn => balance.minus(amount),
                };
                assert_eq!(entry.balance, balance);
                assert!(balance >= FenSum::ZERO);
                assert!(last.is_none_or(|last| last <= entry.day) && entry.day <= terms.day());
                last = Some(entry.day);
            }
            let (prepaid, drew) = (fund.moved(Move::Prepaid), fund.moved(Move::Drawn));
            let repaid = fund.moved(Move::Repaid);
            assert_eq!(fund.balance(), prepaid.minus(drew).plus(repaid));
            assert!(repaid <= drew);
            let draws = fund
                .movements
                .iter()
                .filter(|entry| entry.way == Move::Drawn);
            drawn.fetch_add(draws.count(), std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert!(
        !are_many() || drawn.into_inner() > 20,
        "the histories are to draw"
    );
}

/// What a programme bears is the sum of its months, each no more than share and cap, none that is borne already, and no more months than 36.
#[test]
fn a_review_bears_no_month_twice_and_its_sum_is_that_of_its_months() {
    let borne = std::sync::atomic::AtomicUsize::new(0);
    for_histories(|rng| {
        let mut records = Vec::new();
        for serial in 0..rng.random_range(1..60) {
            let year = rng.random_range(2023..=2026);
            let month = format!("{year}-{:02}", rng.random_range(1..=12));
            records.push(Written {
                label: format!("{serial}"),
                kind: pick(rng, &["received", "received", "award", "refund"]),
                worker: "w".into(),
                scheme: pick(rng, &["hrss:110", "nhsa:310"]),
                month,
                months: rng.random_range(1..=3),
                due: yuan(rng),
                amount: yuan(rng),
                on: "2026-06-30".into(),
                of: format!("{}", rng.random_range(0..60)),
                ..Written::default()
            });
        }
        for one in records
            .iter_mut()
            .filter(|one| one.kind == "award" || one.kind == "received")
        {
            one.of.clear();
        }
        let chains = Chains::of(&records);
        let terms = Terms::new(terms::embedded(), day("2026-06-30"));
        let worker =
            Supervision::new(terms).add_worker(crate::sample::account("w"), chains.stated());
        let programme = subsidies::example();
        let asked = subsidies::Asked {
            group: "disabled",
            first: crate::sample::month("2025-07"),
            last: crate::sample::month("2026-06"),
            retires: None,
        };
        let review = subsidies::review(&worker.acting.records, &programme, asked, &terms);
        let mut sum = FenSum::ZERO;
        let mut months = BTreeSet::new();
        for line in &review.lines {
            let awarded = records.iter().any(|one| {
                let first = crate::sample::month(&one.month);
                let is_within = (0..i32::from(one.months)).contains(&line.month.since(first));
                one.kind == "award" && one.scheme == line.scheme && is_within
            });
            if let Ok(amount) = line.borne {
                assert!(!awarded, "{} {}", line.month, line.scheme);
                let cap = programme
                    .caps
                    .iter()
                    .find(|cap| cap.scheme == line.scheme)
                    .unwrap();
                assert_eq!(amount, cap.of(line.due));
                assert!(amount <= cap.most);
                sum = sum.plus(FenSum::from(amount));
                months.insert(line.month);
                borne.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        assert_eq!(review.sum, sum);
        assert!(review.months_before >= 36 || months.len() <= 36);
    });
    assert!(
        !are_many() || borne.into_inner() > 50,
        "the histories are to bear something"
    );
}
