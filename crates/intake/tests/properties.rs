//! Random rows, with the seed printed: what is written is what is read, and what is broken is refused.

use crate::support::{self, codes, csv, parsed, received, record, with, without};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use yizhang_intake::credit_code;
use yizhang_ledger::{record::Record, value::Fen, value::Month};

const ROUNDS: u64 = 300;

/// Runs `test` with a generator for each seed, and names the seed when it fails.
fn for_seeds(test: impl Fn(&mut ChaCha8Rng) + std::panic::RefUnwindSafe) {
    for seed in 0..ROUNDS {
        let run = std::panic::catch_unwind(|| test(&mut ChaCha8Rng::seed_from_u64(seed)));
        assert!(run.is_ok(), "seed {seed}");
    }
}

fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    rng.next_u64() % bound
}

fn text(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn an_amount_is_read_as_it_is_written() {
    for_seeds(|rng| {
        let bound = 10_u64.pow(1 + u32::try_from(below(rng, 15)).unwrap());
        let fen = Fen::new(i64::try_from(below(rng, bound)).unwrap()).unwrap();
        let row = with(received(), &[("late_fee", text(fen.to_string()))]);
        let rows = parsed(csv(&[row]));
        let Record::Contribution(_, fields) = record(&rows[0]) else {
            panic!()
        };
        assert_eq!(fields.late_fee, fen);
        // A third decimal that is not zero, and one digit too many, are refused.
        for broken in [
            format!("{fen}1"),
            format!("1{}{fen}", "0".repeat(16)),
            format!("{fen} 0"),
            format!("{fen}e0"),
        ] {
            let row = with(received(), &[("late_fee", text(broken.clone()))]);
            let found = codes(csv(&[row]));
            assert!(
                [["amount-form"], ["amount-range"], ["scientific"]].contains(&[found[0]])
                    && found.len() == 1,
                "{broken}: {found:?}"
            );
        }
    });
}

#[test]
fn a_month_is_read_as_it_is_written() {
    for_seeds(|rng| {
        let month = Month::new(u16::try_from(1_990 * 12 + below(rng, 600)).unwrap()).unwrap();
        let compact = format!("{:04}{:02}", month.year(), month.month());
        for form in [month.to_string(), compact] {
            let row = with(received(), &[("period", text(form))]);
            let rows = parsed(csv(&[row]));
            let Record::Contribution(_, fields) = record(&rows[0]) else {
                panic!()
            };
            assert_eq!(fields.period.first, month);
        }
        let broken = format!("{:04}-{:02}", month.year(), 13 + below(rng, 87));
        assert_eq!(
            codes(csv(&[with(received(), &[("period", text(broken))])])),
            ["month-form"]
        );
    });
}

#[test]
fn any_one_changed_character_of_a_number_is_noticed() {
    for_seeds(|rng| {
        let at = usize::try_from(below(rng, 18)).unwrap();
        let change = |number: &str| {
            let mut bytes = number.as_bytes().to_vec();
            let other = b'0'
                + (bytes[at].wrapping_sub(b'0') % 10 + 1 + u8::try_from(below(rng, 8)).unwrap())
                    % 10;
            bytes[at] = if bytes[at] == other {
                b'0' + (other - b'0' + 1) % 10
            } else {
                other
            };
            text(String::from_utf8(bytes).unwrap())
        };
        let changed: [&str; 2] = [support::ANNA, "91441900MA0000074G"].map(change);
        let found = codes(csv(&[with(received(), &[("person", changed[0])])]));
        assert!(
            found.len() == 1 && found[0].starts_with("citizen-id"),
            "{}: {found:?}",
            changed[0]
        );
        let found = codes(csv(&[with(received(), &[("payer_id", changed[1])])]));
        assert_eq!(found, ["credit-code-check"], "{}", changed[1]);
        assert!(credit_code::check(changed[1]).is_err());
    });
}

#[test]
fn base_times_rate_passes_and_two_fen_more_do_not() {
    for_seeds(|rng| {
        let base = 1 + below(rng, 5_000_000);
        let rate = 1 + below(rng, 3_000);
        let due = (base * rate + 5_000) / 10_000;
        let yuan = |fen: u64| text(format!("{}.{:02}", fen / 100, fen % 100));
        let row = |due: u64| {
            let row = without(
                received(),
                &[
                    "unit_rate",
                    "due_unit",
                    "paid_unit",
                    "credited_person",
                    "payer_id",
                ],
            );
            let rate = text(format!("0.{rate:04}"));
            let changes = [
                ("base", yuan(base)),
                ("person_rate", rate),
                ("due_person", yuan(due)),
                ("paid_person", "0"),
            ];
            csv(&[with(row, &changes)])
        };
        assert_eq!(codes(row(due)), [] as [&str; 0]);
        assert_eq!(codes(row(due + 2)), ["due-mismatch"]);
    });
}

#[test]
fn no_garbage_makes_the_reader_panic() {
    for_seeds(|rng| {
        let mut bytes = csv(&[received(), support::reversal()]).into_bytes();
        for _ in 0..=below(rng, 40) {
            let at = usize::try_from(below(rng, bytes.len() as u64)).unwrap();
            bytes[at] = u8::try_from(below(rng, 256)).unwrap();
        }
        if let Ok(intake) = support::open(&bytes) {
            let _ = intake.check(&support::secret(), None, &mut |_| {});
        }
        let mut bytes = support::json(&[received(), support::reversal()]).into_bytes();
        let at = usize::try_from(below(rng, bytes.len() as u64)).unwrap();
        bytes[at] = u8::try_from(below(rng, 256)).unwrap();
        if let Ok(intake) = support::open(&bytes) {
            let _ = intake.check(&support::secret(), None, &mut |_| {});
        }
    });
}
