//! Order files of invented workers, for trials and measurements: the same for the same seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{self, Write};
use yizhang_ledger::value::Month;

/// What a sample file has.
#[derive(Clone, Copy, Debug)]
pub struct SampleOrders {
    /// Rows.
    pub rows: u64,
    /// Workers that they are spread over.
    pub workers: u64,
    /// The month.
    pub month: Month,
    /// What it is made from.
    pub seed: u64,
}

/// The number of an invented worker: of a division that ends in 00 and that nobody is registered under.
pub fn worker_number(number: u64) -> String {
    let born = (
        1_970 + number % 35,
        1 + number / 35 % 12,
        1 + number / 420 % 28,
    );
    let body = format!(
        "{:02}0300{:04}{:02}{:02}{:03}",
        pick(&[44, 52, 31, 33], number / 11_760_000),
        born.0,
        born.1,
        born.2,
        number / 11_760 % 1_000
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = body.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize);
    format!("{body}{}", check.unwrap_or('X'))
}

/// One of four, by the remainder of a number.
fn pick<T: Copy>(of: &[T; 4], number: u64) -> T {
    let [first, second, third, last] = *of;
    match number % 4 {
        0 => first,
        1 => second,
        2 => third,
        _ => last,
    }
}

const PLACES: [&str; 4] = ["440300", "440100", "520100", "310000"];
const KINDS: [(&str, &str); 4] = [
    ("即时配送", "电动自行车"),
    ("即时配送", "摩托车"),
    ("出行", "汽车"),
    ("同城货运", "汽车"),
];

/// Writes a file (CSV in UTF-8, Chinese header).
///
/// # Errors
/// Of `out`.
pub fn write(sample: &SampleOrders, out: &mut impl Write) -> io::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(sample.seed);
    let names: Vec<&str> = crate::Column::ALL
        .iter()
        .map(|column| column.chinese())
        .collect();
    writeln!(out, "{}", names.join(","))?;
    for row in 0..sample.rows {
        let worker = rng.random_range(0..sample.workers.max(1));
        // A worker keeps to a city and, nearly always, to a kind of work.
        let place = pick(&PLACES, worker);
        let kind = u64::from(rng.random_range(0..50) == 0);
        let (trade, mode) = pick(&KINDS, worker / 4 + kind);
        let status = match rng.random_range(0..100) {
            0..=3 => "已取消",
            4 => "失败",
            _ => "已完成",
        };
        let insured = if rng.random_range(0..1_000) == 0 {
            "否"
        } else {
            "是"
        };
        let minute = rng.random_range(0..28 * 1_440_u32);
        let length = rng.random_range(8..55_u32);
        let gross = rng.random_range(320..2_600_u32);
        let incentive = rng.random_range(0..200_u32);
        let end = minute + length;
        write!(out, "P{:04}{row:014},", sample.seed % 10_000)?;
        write!(
            out,
            "{},{place},{trade},{mode},{status},{insured},",
            worker_number(worker)
        )?;
        for moment in [minute, end] {
            write!(
                out,
                "{}-{:02} {:02}:{:02}:{:02},",
                sample.month,
                moment / 1_440 + 1,
                moment / 60 % 24,
                moment % 60,
                row % 60
            )?;
        }
        write!(out, "{}.{:02},", gross / 100, gross % 100)?;
        writeln!(
            out,
            "{}.{:02},0.{:02},0.00,",
            incentive / 100,
            incentive % 100,
            row % 90
        )?;
    }
    Ok(())
}
