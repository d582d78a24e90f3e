//! What holds for every history, over generated ones. A failure prints the seed that repeats it.

mod exclusive;
mod refunds;

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, fifteenth, flexible, interest, month, scheme, source, step},
};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng as Rng;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Account, Policy,
    account::{BenefitFact, FamilyAccount, Ground, MonthStatus, Standing, TransferCase},
    fold,
};
use yizhang_ledger::{
    entry::{Entry, Kind, RecordId},
    hash::Hash,
    record::{
        AccountType, Agreement, Benefit, Birth, BirthEvidence, Bridge, CaseId, Contribution, Death,
        Deemed, Dispute, Household, Participation, Payer, PayerKind, Period, Record, RetireClass,
        RetireClassFact, Reversal, Shares, TransferSide, TransferStep, TransferSums,
    },
    value::{Code, Day, Fen, LeafIndex, Month},
};

/// Histories of each run: a few seconds. `YIZHANG_HISTORIES` asks for more, `YIZHANG_SEED` for others.
const HISTORIES: u64 = 2_000;
const SEED: u64 = 20_261_123;

const CHAINS: [&str; 3] = ["110000", "440000", "520000"];
const PLACES: [&str; 4] = ["110000", "440300", "440100", "520100"];
const SCHEMES: [&str; 5] = ["hrss:110", "hrss:110", "hrss:120", "hrss:170", "hrss:210"];

struct History {
    records: Vec<(usize, Vec<u8>)>,
    as_of: Day,
}

impl History {
    fn federation(&self) -> Federation {
        let mut federation = Federation::default();
        for (chain, region) in CHAINS.iter().enumerate() {
            let own: Vec<Vec<u8>> = self
                .records
                .iter()
                .filter(|(at, _)| *at == chain)
                .map(|(_, bytes)| bytes.clone())
                .collect();
            if !own.is_empty() {
                federation.append(division(region), &own);
            }
        }
        federation
    }

    fn generate(rng: &mut Rng) -> Self {
        let mut records: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut ids: Vec<(usize, RecordId)> = Vec::new();
        for serial in 0..rng.random_range(1..40_usize) {
            let chain = rng.random_range(0..CHAINS.len());
            let text = format!(
                "{}",
                if rng.random_ratio(1, 8) {
                    serial / 2
                } else {
                    serial
                }
            );
            let target = if ids.is_empty() {
                None
            } else {
                Some(ids[rng.random_range(0..ids.len())])
            };
            // Mostly of the same chain, as the rules want it.
            let chain = target
                .filter(|_| rng.random_ratio(7, 8))
                .map_or(chain, |(chain, _)| chain);
            let bytes = match rng.random_range(0..20) {
                0..=2 if target.is_some() => {
                    let target = target.unwrap().1;
                    let fields = Reversal {
                        account: WORKER,
                        target,
                        reason: Code::NONE,
                        source: source(&text),
                    };
                    federation::entry(&Record::Reversal(fields))
                }
                3 => federation::entry(&Record::InterestCredit(interest(
                    pick(rng, &SCHEMES),
                    2020,
                    100,
                    &text,
                ))),
                4 => participation(rng, &text),
                14 => federation::entry(&stated(rng, &text)),
                15 => federation::entry(&transfer(rng, &text)),
                16 => federation::entry(&benefit(rng, &text)),
                5 => federation::entry(&Record::unread(
                    Kind(rng.random_range(990..993)),
                    text.as_bytes(),
                )),
                6 if !records.is_empty() => records[rng.random_range(0..records.len())].1.clone(),
                _ => contribution(rng, &text, target.map(|(_, id)| id)),
            };
            ids.push((chain, RecordId(yizhang_ledger::hash::hash_leaf(&bytes))));
            records.push((chain, bytes));
        }
        Self {
            records,
            as_of: fifteenth(month("2020-01").plus(rng.random_range(0..30)).unwrap()),
        }
    }
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.random_range(0..from.len())]
}

fn participation(rng: &mut Rng, serial: &str) -> Vec<u8> {
    let kind = Kind(Kind::ENROL.0 + rng.random_range(0..4));
    let fields = Participation {
        account: WORKER,
        scheme: scheme(pick(rng, &SCHEMES)),
        from: some_month(rng),
        place: division(pick(rng, &PLACES)),
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        reason: Code::NONE,
        account_type: AccountType::General,
        source: source(serial),
    };
    federation::entry(&Record::Participation(kind, fields))
}

fn some_month(rng: &mut Rng) -> Month {
    month("2020-01").plus(rng.random_range(0..24)).unwrap()
}

fn contribution(rng: &mut Rng, serial: &str, target: Option<RecordId>) -> Vec<u8> {
    let scheme = pick(rng, &SCHEMES);
    let kind = match rng.random_range(0..10) {
        0..=1 => Kind::DUE,
        2 if target.is_some() => Kind::REFUND,
        3 => Kind::ADJUST_DELTA,
        _ => Kind::RECEIVED,
    };
    let first = some_month(rng);
    let months = if scheme == "hrss:170" { 12 } else { 1 };
    let first = if months == 12 {
        Month::of(first.year(), 1).unwrap()
    } else {
        first
    };
    // Some refunds of a year name a few of its months.
    let (first, months) = if kind == Kind::REFUND && months == 12 && rng.random_ratio(1, 2) {
        let offset: u8 = rng.random_range(0..12);
        (
            first.plus(offset.into()).unwrap(),
            rng.random_range(1..=12 - offset),
        )
    } else {
        (first, months)
    };
    let plain = flexible(scheme, first, serial);
    let sign = if kind == Kind::REFUND { -1 } else { 1 };
    let share = |fen: i64| Shares {
        unit: Fen::ZERO,
        person: Fen::new(sign * fen).unwrap(),
    };
    let late = first.plus(rng.random_range(0..4)).unwrap();
    let fields = Contribution {
        period: Period { first, months },
        place: division(pick(rng, &PLACES)),
        nature: if rng.random_ratio(1, 10) { 34 } else { 10 },
        paid: share(if rng.random_ratio(1, 4) {
            50_000
        } else {
            100_000
        }),
        credited: share(40_000),
        full: rng.random_ratio(9, 10),
        received: if kind == Kind::DUE {
            None
        } else {
            Some(fifteenth(late))
        },
        target: if matches!(kind, Kind::REFUND | Kind::ADJUST_DELTA) {
            target
        } else {
            None
        },
        ..plain
    };
    federation::entry(&Record::Contribution(kind, fields))
}

/// What agencies state about a worker. Deaths are rare, and late.
fn stated<'s>(rng: &mut Rng, serial: &'s str) -> Record<'s> {
    let (account, document, source) = (WORKER, Hash::ZERO, source(serial));
    let first = some_month(rng);
    let last = first.plus(rng.random_range(0..6)).unwrap();
    let on = fifteenth(last);
    match rng.random_range(0..14) {
        0..=1 => Record::Household(Household {
            account,
            place: division(pick(rng, &PLACES)),
            from: first,
            on,
            source,
        }),
        2..=3 => {
            let by = if rng.random_ratio(1, 2) {
                BirthEvidence::Archive
            } else {
                BirthEvidence::CitizenId
            };
            let birth = month("1962-01").plus(rng.random_range(0..240)).unwrap();
            Record::Birth(Birth {
                account,
                birth,
                by,
                on,
                document,
                source,
            })
        }
        4..=5 => {
            let class = [RetireClass::M60, RetireClass::F55, RetireClass::F50]
                [rng.random_range(0..3_usize)];
            Record::RetireClass(RetireClassFact {
                account,
                class,
                on,
                source,
            })
        }
        6..=7 => {
            let (scheme, place) = (scheme(pick(rng, &SCHEMES)), division(pick(rng, &PLACES)));
            Record::Deemed(Deemed {
                account,
                scheme,
                first,
                last,
                place,
                on,
                document,
                reason: Code::NONE,
                source,
            })
        }
        8..=9 => {
            let (scheme, keep) = (scheme(pick(rng, &SCHEMES)), division(pick(rng, &PLACES)));
            Record::Agreement(Agreement {
                account,
                scheme,
                first,
                last,
                keep,
                on,
                document,
                source,
            })
        }
        10..=11 => {
            let kind = if rng.random_ratio(1, 2) {
                Kind::DISPUTE
            } else {
                Kind::DISPUTE_OUTCOME
            };
            let (region, target) = (division(pick(rng, &CHAINS)), RecordId(Hash([7; 32])));
            Record::Dispute(
                kind,
                Dispute {
                    account,
                    region,
                    target,
                    reason: Code::NONE,
                    on,
                    document,
                    source,
                },
            )
        }
        12 => {
            let schemes = ["hrss:110", "hrss:170", "hrss:120"];
            let from = rng.random_range(0..schemes.len());
            let into = schemes[(from + rng.random_range(1..schemes.len())) % schemes.len()];
            Record::Bridge(Bridge {
                account,
                scheme: scheme(schemes[from]),
                into: scheme(into),
                place: division(pick(rng, &PLACES)),
                on,
                personal_account: Fen::new(rng.random_range(0..3) * 40_000).unwrap(),
                document,
                source,
            })
        }
        _ => Record::Death(Death {
            account,
            month: last.plus(12).unwrap(),
            on,
            document,
            source,
        }),
    }
}

/// Any step of one of two cases, in any order.
fn transfer<'s>(rng: &mut Rng, serial: &'s str) -> Record<'s> {
    let kind = Kind(rng.random_range(Kind::CERTIFICATE.0..=Kind::CORRECTION.0));
    let case = rng.random_range(0..2);
    let (old, new) = if case == 0 {
        ("440300", "520100")
    } else {
        ("110000", "440100")
    };
    let side = |place: &str| TransferSide {
        place: division(place),
        agency: Code::NONE,
    };
    let first = some_month(rng);
    let last = first.plus(rng.random_range(0..6)).unwrap();
    let amount = |rng: &mut Rng| Fen::new(rng.random_range(0..3) * 40_000).unwrap();
    Record::Transfer(
        kind,
        TransferStep {
            account: WORKER,
            case: CaseId([case; 16]),
            scheme: scheme(pick(rng, &SCHEMES)),
            source_side: side(old),
            target_side: side(new),
            on: fifteenth(last),
            first: Some(first),
            last: Some(last),
            sums: TransferSums {
                deemed_months: 0,
                actual_months: rng.random_range(0..4),
                personal_account: amount(rng),
                personal_account_unit: Fen::ZERO,
                pool: amount(rng),
            },
            account_type: AccountType::General,
            document: Hash::ZERO,
            reason: Code::NONE,
            source: source(serial),
        },
    )
}

fn benefit<'s>(rng: &mut Rng, serial: &'s str) -> Record<'s> {
    let kinds = [
        Kind::BENEFIT_AWARD,
        Kind::BENEFIT_PAID,
        Kind::BENEFIT_STOP,
        Kind::RECOVERY,
    ];
    let kind = kinds[rng.random_range(0..kinds.len())];
    let from = some_month(rng).plus(6).unwrap();
    Record::Benefit(
        kind,
        Benefit {
            account: WORKER,
            scheme: scheme(pick(rng, &SCHEMES)),
            item: Code::new("100011").unwrap(),
            from,
            until: rng
                .random_ratio(1, 2)
                .then(|| from.plus(rng.random_range(0..3)).unwrap()),
            amount: Fen::new(100_000).unwrap(),
            on: fifteenth(from),
            place: division(pick(rng, &PLACES)),
            target: None,
            reason: Code::NONE,
            source: source(serial),
        },
    )
}

fn for_every_history(check: impl Fn(&History, &mut Rng)) {
    for_every_seed(|rng| {
        let history = History::generate(rng);
        check(&history, rng);
    });
}

fn for_every_seed(check: impl Fn(&mut Rng)) {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (seed, histories) = (
        number("YIZHANG_SEED", SEED),
        number("YIZHANG_HISTORIES", HISTORIES),
    );
    for one in seed..seed + histories {
        let replay = Replay(one);
        check(&mut Rng::seed_from_u64(one));
        drop(replay);
    }
}

/// Prints how to repeat the history that failed.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat with YIZHANG_SEED={} YIZHANG_HISTORIES=1", self.0);
        }
    }
}

fn counted(family: &FamilyAccount) -> BTreeSet<Month> {
    let lines = family
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted);
    lines.map(|line| line.month).collect()
}

#[test]
fn order_repetition_and_partition_of_the_facts_change_no_byte() {
    for_every_history(|history, rng| {
        let federation = history.federation();
        let facts = federation.facts();
        let expected = fold(&facts, Policy::embedded(), history.as_of).canonical_json();
        // Two parts that overlap, each in an order of its own, as if gathered from two nodes.
        let mut one: Vec<_> = facts
            .iter()
            .filter(|_| rng.random_ratio(1, 2))
            .copied()
            .collect();
        let mut other: Vec<_> = facts
            .iter()
            .filter(|fact| !one.contains(fact))
            .copied()
            .collect();
        other.extend(one.iter().filter(|_| rng.random_ratio(1, 3)).copied());
        one.shuffle(rng);
        other.shuffle(rng);
        one.extend(other);
        assert_eq!(
            fold(&one, Policy::embedded(), history.as_of).canonical_json(),
            expected
        );
        let account = fold(&one, Policy::embedded(), history.as_of);
        assert_eq!(Account::from_json(&expected).unwrap(), account);
    });
}

/// What is a claim.
fn claims(account: &Account) -> BTreeSet<String> {
    let claims = account
        .records
        .iter()
        .filter(|record| record.standing == Standing::Claim);
    claims
        .map(|record| format!("{} {}", record.region, record.id))
        .collect()
}

#[test]
fn a_record_of_another_scheme_changes_nothing_here() {
    let compared = std::cell::Cell::new(0_u32);
    for_every_history(|history, rng| {
        let federation = history.federation();
        let before = fold(&federation.facts(), Policy::embedded(), history.as_of);
        let mut more = History {
            records: history.records.clone(),
            as_of: history.as_of,
        };
        let first = some_month(rng);
        let stranger =
            Record::Contribution(Kind::RECEIVED, flexible("nhsa:390", first, "stranger"));
        more.records.push((1, federation::entry(&stranger)));
        let federation = more.federation();
        let after = fold(&federation.facts(), Policy::embedded(), history.as_of);
        if claims(&before) != claims(&after) {
            // Now that a region holds the worker, what others state of the person is a claim.
            return;
        }
        compared.set(compared.get() + 1);
        for family in &before.families {
            assert_eq!(after.family(&family.family), Some(family));
        }
        assert_eq!(after.families.len(), before.families.len() + 1);
    });
    assert!(compared.get() > 0, "no history was compared");
}

#[test]
fn a_reversal_undoes_exactly_its_target() {
    for_every_history(|history, rng| {
        let federation = history.federation();
        let before = fold(&federation.facts(), Policy::embedded(), history.as_of);
        let mut more = History {
            records: history.records.clone(),
            as_of: history.as_of,
        };
        let mistake = contribution(rng, "mistake", None);
        let target = RecordId(yizhang_ledger::hash::hash_leaf(&mistake));
        let fields = Reversal {
            account: WORKER,
            target,
            reason: Code::NONE,
            source: source("undo"),
        };
        more.records.push((1, mistake));
        more.records
            .push((1, federation::entry(&Record::Reversal(fields))));
        let federation = more.federation();
        let after = fold(&federation.facts(), Policy::embedded(), history.as_of);
        for family in &after.families {
            let (months, credited, places, bases) = before
                .family(&family.family)
                .map_or_else(Default::default, figures);
            assert_eq!(
                figures(family),
                (months, credited, places, bases),
                "{}",
                family.family
            );
        }
    });
}

type Figures = (BTreeSet<Month>, i64, Vec<(u32, u32, u32)>, Vec<Option<i64>>);

fn figures(family: &FamilyAccount) -> Figures {
    let places = family
        .by_place
        .iter()
        .map(|line| (line.place.code(), line.months, line.contested));
    let lines = family
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted);
    (
        counted(family),
        family.credited.total,
        places.collect(),
        lines.map(|line| line.base).collect(),
    )
}

#[test]
fn every_month_counts_at_most_once_and_counted_months_and_gaps_fill_the_calendar() {
    for_every_history(|history, _| {
        let federation = history.federation();
        let account = fold(&federation.facts(), Policy::embedded(), history.as_of);
        let now = history.as_of.in_month().unwrap();
        let employee = account.family("hrss:110").map(counted).unwrap_or_default();
        for family in &account.families {
            let months: Vec<Month> = family.months.iter().map(|line| line.month).collect();
            assert!(
                months.is_sorted_by(|one, other| one < other),
                "a month stands twice"
            );
            let mut filled = counted(family);
            assert_eq!(u32::try_from(filled.len()).unwrap(), family.counted_months);
            assert_eq!(
                family.spans.iter().map(|span| span.months).sum::<u32>(),
                family.counted_months
            );
            let settled: u32 = family.by_place.iter().map(|line| line.months).sum();
            let contested = family
                .by_place
                .iter()
                .map(|line| line.contested)
                .max()
                .unwrap_or(0);
            assert!(settled + contested <= family.counted_months);
            assert!(
                filled.iter().all(|month| *month <= now),
                "a month counts before it begins"
            );
            let covered = if family.family == "hrss:170" {
                employee.clone()
            } else {
                BTreeSet::new()
            };
            assert!(
                filled.is_disjoint(&covered),
                "a month counts for employees and residents"
            );
            // A resident's premium may count beside employee medical insurance, whose months are no gap of it.
            let beside = if family.family == "nhsa:390" {
                account.family("nhsa:310").map(counted).unwrap_or_default()
            } else {
                BTreeSet::new()
            };
            for gap in &family.gaps {
                for offset in 0..gap.months {
                    let month = gap.first.plus(u16::try_from(offset).unwrap()).unwrap();
                    assert!(
                        filled.insert(month),
                        "{month} counts and is a gap, or is in two gaps"
                    );
                    assert!(!covered.contains(&month) && !beside.contains(&month));
                }
            }
            // Deemed months fill it as well; a benefit or a death ends it.
            for line in family
                .months
                .iter()
                .filter(|line| line.status == MonthStatus::Deemed)
            {
                assert!(
                    filled.insert(line.month),
                    "{} is deemed and something else",
                    line.month
                );
            }
            let ended = |benefit: &BenefitFact| benefit.kind == Kind::BENEFIT_AWARD;
            // The employee pension ends the gaps of every family.
            let retired = account
                .family("hrss:110")
                .is_some_and(|pension| pension.benefits.iter().any(ended));
            if !account.person.death.is_empty() || retired || family.benefits.iter().any(ended) {
                continue;
            }
            let Some(first) = filled.first().copied() else {
                continue;
            };
            let elsewhere = covered.into_iter().chain(beside);
            filled.extend(elsewhere.filter(|month| *month >= first));
            // A scheme that was left for another has no gaps from that month on.
            let left = family
                .joined
                .iter()
                .find(|line| line.has_effect)
                .and_then(|line| line.on.in_month());
            let until = left.map_or(now.next(), |left| left.min(now.next()));
            filled.retain(|month| *month < until);
            let calendar = usize::try_from(until.since(first)).unwrap_or(0);
            assert_eq!(
                filled.len(),
                calendar,
                "{} from {first} to before {until}",
                family.family
            );
        }
    });
}

#[test]
fn every_figure_rests_on_what_is_there_and_says_what_it_lacks() {
    for_every_history(|history, _| {
        let federation = history.federation();
        let account = fold(&federation.facts(), Policy::embedded(), history.as_of);
        for (at, figure) in account.figures.iter().enumerate() {
            let mut is_open = !figure.missing.is_empty();
            for ground in &figure.from {
                match ground {
                    Ground::Figure(number) => {
                        assert!(
                            usize::try_from(number.0).unwrap() < at,
                            "{figure:?} rests on a later one"
                        );
                        is_open |= account.figure_at(*number).unwrap().value.is_none();
                    }
                    Ground::Rule(number) => assert!(account.rule(*number).is_some(), "{figure:?}"),
                    Ground::Record(number) => {
                        assert!(account.record(*number).is_some(), "{figure:?}");
                    }
                    Ground::Family(name) => assert!(account.family(name).is_some(), "{figure:?}"),
                    Ground::Assumed(_) => {}
                }
            }
            assert!(
                figure.value.is_some() || is_open,
                "{figure:?} has no value and says not why"
            );
        }
        for number in account
            .families
            .iter()
            .flat_map(|family| &family.transfers)
            .flat_map(|case| &case.rules)
        {
            assert!(account.rule(*number).is_some());
        }
    });
}

/// A procedure from 440300 to 520100 in the right order up to some step, a month apart, with the chain of each step.
fn procedure(rng: &mut Rng) -> Vec<(usize, Vec<u8>)> {
    let steps = [
        (Kind::TRANSFER_APPLY, 2),
        (Kind::LETTER, 2),
        (Kind::FREEZE, 1),
        (Kind::INFO_SHEET, 1),
        (Kind::FUNDS_SENT, 1),
        (Kind::FUNDS_RECEIVED, 2),
        (Kind::POSTED, 2),
        (Kind::CLOSED, 2),
    ];
    let so_far = rng.random_range(0..=steps.len());
    let record = |(offset, (kind, chain)): (u16, (Kind, usize))| {
        let on = fifteenth(month("2020-06").plus(offset).unwrap());
        let fields = TransferStep {
            on,
            ..step("440300", "520100", "procedure")
        };
        (chain, federation::entry(&Record::Transfer(kind, fields)))
    };
    (0..).zip(steps).take(so_far).map(record).collect()
}

#[test]
fn a_transfer_in_whatever_state_changes_no_counted_month_and_no_money() {
    let posted = std::cell::Cell::new(0_u32);
    for_every_history(|history, rng| {
        let federation = history.federation();
        let before = fold(&federation.facts(), Policy::embedded(), history.as_of);
        let mut more = History {
            records: history.records.clone(),
            as_of: history.as_of,
        };
        more.records.extend(procedure(rng));
        let federation = more.federation();
        let after = fold(&federation.facts(), Policy::embedded(), history.as_of);
        if claims(&before) != claims(&after) {
            return;
        }
        let Some(family) = after.family("hrss:110") else {
            return;
        };
        let figures = |family: &FamilyAccount| {
            // Not the records of a gap, whose numbers the steps shift.
            let gaps = family
                .gaps
                .iter()
                .map(|gap| (gap.first, gap.last, gap.cause));
            (counted(family), family.credited.total, gaps.collect())
        };
        let none = (BTreeSet::new(), 0, Vec::new());
        assert_eq!(
            figures(family),
            before.family("hrss:110").map_or(none, figures)
        );
        let in_places: u32 = family.by_place.iter().map(|line| line.months).sum();
        let contested = family
            .by_place
            .iter()
            .map(|line| line.contested)
            .max()
            .unwrap_or(0);
        assert!(
            in_places + contested <= family.counted_months,
            "a month belongs to two places"
        );
        for line in &family.by_place {
            assert!(
                line.in_transfer.max(line.transferred) <= line.months + line.contested,
                "{}",
                line.place
            );
        }
        let moves = family
            .transfers
            .iter()
            .any(|case| case.transferred.is_some());
        posted.set(posted.get() + u32::from(moves));
    });
    // A single history, repeated from its seed, may move nothing.
    assert!(
        posted.get() > 0 || std::env::var("YIZHANG_HISTORIES").is_ok(),
        "no history had a posted transfer"
    );
}

/// Records that came to the old place's chain on a day when the accounts had long been closed: money, differences, refunds,
/// what takes earlier contributions of that chain back, agreements.
fn later(rng: &mut Rng, history: &History) -> Vec<(usize, Vec<u8>)> {
    let on = day("2022-06-10");
    let here = history
        .records
        .iter()
        .filter(|(chain, _)| CHAINS[*chain] == "440000");
    let money: Vec<(RecordId, Kind, Contribution<'_>)> = here
        .filter_map(|(_, bytes)| {
            match Record::read(&Entry::parse(bytes, LeafIndex(0)).unwrap()).ok()? {
                // Of a place outside the region the chain's order says nothing about the closing there.
                Record::Contribution(kind, fields)
                    if fields.place.province() == division("440000") =>
                {
                    Some((
                        RecordId(yizhang_ledger::hash::hash_leaf(bytes)),
                        kind,
                        fields,
                    ))
                }
                _ => None,
            }
        })
        .collect();
    let chain = CHAINS.iter().position(|chain| *chain == "440000").unwrap();
    let mut records = Vec::new();
    for serial in 0..rng.random_range(1..6) {
        let text = format!("later-{serial}");
        let named = if money.is_empty() {
            None
        } else {
            Some(money[rng.random_range(0..money.len())])
        };
        let record = match (rng.random_range(0..5), named) {
            (0, Some((target, ..))) => Record::Reversal(Reversal {
                account: WORKER,
                target,
                reason: Code::NONE,
                source: source(&text),
            }),
            (1, Some((target, Kind::RECEIVED, fields))) => {
                let received = Some(on);
                let fields = Contribution {
                    target: Some(target),
                    received,
                    nature: 20,
                    source: source(&text),
                    ..fields
                };
                Record::Contribution(Kind::REFUND, fields)
            }
            (2, Some((target, Kind::RECEIVED, fields))) => {
                let received = Some(on);
                let fields = Contribution {
                    target: Some(target),
                    received,
                    nature: 34,
                    source: source(&text),
                    ..fields
                };
                Record::Contribution(Kind::ADJUST_DELTA, fields)
            }
            (3, _) => {
                let (scheme, keep) = (scheme(pick(rng, &SCHEMES)), division(pick(rng, &PLACES)));
                let (first, last) = (month("2020-01"), month("2021-12"));
                let (document, source) = (Hash::ZERO, source(&text));
                Record::Agreement(Agreement {
                    account: WORKER,
                    scheme,
                    first,
                    last,
                    keep,
                    on,
                    document,
                    source,
                })
            }
            _ => {
                let scheme = pick(rng, &SCHEMES);
                let plain = flexible(scheme, some_month(rng), &text);
                Record::Contribution(
                    Kind::RECEIVED,
                    Contribution {
                        place: division("440300"),
                        received: Some(on),
                        ..plain
                    },
                )
            }
        };
        records.push((chain, federation::entry(&record)));
    }
    records
}

/// Sheet and records are compared as of the closing: nothing that comes later changes what the sheet should have said.
#[test]
fn what_comes_after_a_closing_changes_nothing_of_the_closed_view() {
    let closed = std::cell::Cell::new(0_u32);
    for_every_history(|history, rng| {
        let as_of = day("2022-06-15");
        let mut before = History {
            records: history.records.clone(),
            as_of,
        };
        before.records.extend(procedure(rng));
        let mut after = History {
            records: before.records.clone(),
            as_of,
        };
        after.records.extend(later(rng, &before));
        let views = |history: &History| {
            let federation = history.federation();
            let account = fold(&federation.facts(), Policy::embedded(), as_of);
            let cases = account.families.into_iter().flat_map(|family| {
                let name = family.family.clone();
                family
                    .transfers
                    .into_iter()
                    .map(move |case| (name.clone(), case))
            });
            let is_closed = |case: &TransferCase| {
                let froze = case.steps.iter().find(|step| step.kind == Kind::FREEZE);
                froze
                    .is_some_and(|step| case.faults.iter().all(|fault| fault.record != step.record))
            };
            let closed = cases.filter(|(_, case)| is_closed(case));
            closed
                .map(|(family, case)| {
                    (
                        (family, case.case),
                        case.sums.map(|sums| (sums.computed, sums.interest)),
                    )
                })
                .collect::<BTreeMap<_, _>>()
        };
        let (one, other) = (views(&before), views(&after));
        assert_eq!(one, other);
        closed.set(closed.get() + u32::try_from(one.len()).unwrap());
    });
    assert!(
        closed.get() > 0 || std::env::var("YIZHANG_HISTORIES").is_ok(),
        "no history closed an account"
    );
}
