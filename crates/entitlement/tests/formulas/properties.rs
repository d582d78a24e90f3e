//! What holds for any input, over generated ones. A failure prints the seed that repeats it.

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use yizhang_entitlement::formulas::{
    benefit_place::{Facts, PlaceMonths, benefit_place},
    pension::{
        DivisorRow, Index, IndexLine, IndexMonths, IndexRule, account_pension, basic_pension,
        career_index, divisor,
    },
    refund::overlap_refund,
    retirement::{Schedule, latest_start, months_left, retirement},
};
use yizhang_ledger::value::{Division, Fen, Month};

const SEED: u64 = 20_261_124;
const RUNS: u64 = 2_000;

fn each_seed(check: impl Fn(u64, &mut ChaCha8Rng)) {
    for seed in SEED..SEED + RUNS {
        check(seed, &mut ChaCha8Rng::seed_from_u64(seed));
    }
}

fn any_month(rng: &mut ChaCha8Rng) -> Month {
    let edge = [22_800, 22_801, u16::MAX - 1, u16::MAX];
    let number = if rng.random_bool(0.2) {
        edge[rng.random_range(0..4)]
    } else {
        rng.random_range(22_800..=u16::MAX)
    };
    Month::new(number).unwrap()
}

#[test]
fn a_later_birth_never_retires_earlier_nor_beyond_the_largest_delay() {
    for (age, first, step, most) in [(720, 1965, 4, 36), (660, 1970, 4, 36), (600, 1975, 2, 60)] {
        let first_birth = Month::of(first, 1).unwrap();
        let schedule = Schedule {
            original_age_months: age,
            first_birth,
            step_months: step,
            delay_max_months: most,
        };
        let mut before = None;
        for number in 22_800..=26_000 {
            let found = retirement(schedule, Month::new(number).unwrap(), 36).unwrap();
            assert!(found.delay_months <= most);
            assert!(
                before.is_none_or(|before| before < found.statutory),
                "birth number {number}"
            );
            before = Some(found.statutory);
        }
    }
}

#[test]
fn the_order_of_places_does_not_matter() {
    each_seed(|seed, rng| {
        let codes = [110_000, 440_100, 440_300, 520_100, 330_200];
        let mut place = || Division::new(codes[rng.random_range(0..5)]).unwrap();
        let (home, relation) = (Some(place()), Some(place()));
        let mut months: Vec<_> = (0..6)
            .map(|_| PlaceMonths {
                place: Division::new(codes[rng.random_range(0..5)]).unwrap(),
                months: rng.random_range(0..140),
                temporary: rng.random_range(0_u32..60).saturating_sub(30),
                last: rng
                    .random_bool(0.8)
                    .then(|| Month::of(rng.random_range(2020..2023), 1).unwrap()),
            })
            .collect();
        let found = benefit_place(
            Facts {
                home,
                relation,
                months: &months,
            },
            120,
        );
        months.shuffle(rng);
        assert_eq!(
            benefit_place(
                Facts {
                    home,
                    relation,
                    months: &months
                },
                120
            ),
            found,
            "seed {seed}"
        );
    });
}

#[test]
fn a_higher_age_never_has_a_larger_divisor() {
    let table = [(60, 139), (61, 132), (62, 125), (63, 117)];
    let table = table.map(|(age_years, months)| DivisorRow { age_years, months });
    let divisors: Vec<_> = (720..=756)
        .map(|age| divisor(&table, age).unwrap())
        .collect();
    assert!(divisors.is_sorted_by(|one, next| one > next));
}

#[test]
fn refunds_never_exceed_the_payment() {
    each_seed(|seed, rng| {
        let paid = Fen::new(rng.random_range(-10..=Fen::MAX)).unwrap();
        let refund = overlap_refund(paid, rng.random(), rng.random_range(0..20));
        assert!(
            refund >= Fen::ZERO && refund <= paid.max(Fen::ZERO),
            "seed {seed}: {refund} of {paid}"
        );
    });
}

#[test]
fn extreme_values_do_not_panic() {
    assert_eq!(Fen::new(i64::MAX), None);
    let most = Fen::new(Fen::MAX).unwrap();
    assert_eq!(basic_pension(most, Index(u32::MAX), u32::MAX), None);
    let line = IndexLine {
        months: u32::MAX,
        base: most,
        average: Fen::new(1).unwrap(),
    };
    assert_eq!(
        career_index(
            IndexRule::default(),
            IndexMonths {
                paid: &[line],
                ..IndexMonths::default()
            }
        ),
        None
    );
    assert_eq!(
        account_pension(most, yizhang_entitlement::formulas::pension::Divisor(0)),
        None
    );
    each_seed(|_, rng| {
        let mut any = || {
            if rng.random_bool(0.3) {
                [0, 1, u16::MAX][rng.random_range(0..3)]
            } else {
                rng.random()
            }
        };
        let (original_age_months, step_months, delay_max_months, flex) =
            (any(), any(), any(), any());
        let (first_birth, birth) = (any_month(rng), any_month(rng));
        let schedule = Schedule {
            original_age_months,
            first_birth,
            step_months,
            delay_max_months,
        };
        let found = retirement(schedule, birth, flex);
        assert!(found.is_none_or(|found| found.statutory >= birth));
        assert!(latest_start(rng.random(), birth).is_none_or(|start| start < birth));
        assert!(months_left(first_birth, birth) < 65_536);
    });
}
