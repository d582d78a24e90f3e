//! Months: the same for any order of rows, with the sums that their rows have.

use crate::support::{csv, file_of, order, read, sample, subject};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use yizhang_intake::FaultyRows;
use yizhang_ledger::record::{Trade, TransportMode, Work};
use yizhang_platform::{Column, Packing, month_of};

fn shuffled(rows: &[String], rng: &mut ChaCha8Rng) -> Vec<String> {
    let mut rows = rows.to_vec();
    for at in (1..rows.len()).rev() {
        rows.swap(at, rng.random_range(0..=at));
    }
    rows
}

#[test]
fn any_order_of_rows_gives_the_same_months_roots_and_index() {
    for seed in 0..12 {
        println!("seed {seed}");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (header, rows) = sample(rng.random_range(1..700), seed);
        let first = read(file_of(&header, &rows).as_bytes(), FaultyRows::Refuse).unwrap();
        for _ in 0..3 {
            let text = file_of(&header, &shuffled(&rows, &mut rng));
            let other = read(text.as_bytes(), FaultyRows::Refuse).unwrap();
            assert_eq!(first.entries(), other.entries());
            assert_eq!(
                first.index().digest().unwrap(),
                other.index().digest().unwrap()
            );
            assert_eq!(first.summary.totals, other.summary.totals);
        }
        first.index().verify().unwrap();
    }
}

#[test]
fn every_row_is_in_one_month_and_every_order_is_found() {
    let (header, rows) = sample(900, 5);
    let read = read(file_of(&header, &rows).as_bytes(), FaultyRows::Refuse).unwrap();
    let index = read.index();
    let mut all = 0;
    for month in 0..index.months() {
        let entry = index.entry(month).unwrap();
        let record = month_of(&entry).unwrap();
        assert_eq!(index.rows(month).unwrap().len(), record.file.rows as usize);
        assert!(index.months_of(record.account).unwrap().contains(&month));
        all += u64::from(record.file.rows);
    }
    assert_eq!(all, 900);
    for row in &rows {
        let number = row.split(',').next().unwrap();
        assert!(index.find(number).unwrap().is_some(), "{number}");
    }
    for absent in ["", "P", "P000500000000000900", "p000500000000000001"] {
        assert!(index.find(absent).unwrap().is_none(), "{absent}");
    }
}

#[test]
fn one_form_of_file_reads_as_another() {
    let (header, rows) = sample(60, 9);
    let text = file_of(&header, &rows);
    let expected = read(text.as_bytes(), FaultyRows::Refuse).unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let json = rows.iter().map(|row| {
        let members = names.iter().zip(row.split(','));
        let members = members.map(|(name, cell)| format!("\"{name}\":\"{cell}\""));
        format!("{{{}}}", members.collect::<Vec<String>>().join(","))
    });
    let quoted: Vec<String> = rows
        .iter()
        .map(|row| format!("\"{}\"", row.replace(',', "\",\"")))
        .collect();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("BOM", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("GB 18030", gb18030(&text)),
        ("CR LF", text.replace('\n', "\r\n").into_bytes()),
        ("tabs", text.replace(',', "\t").into_bytes()),
        ("quotes", file_of(&header, &quoted).into_bytes()),
        (
            "JSON Lines",
            json.collect::<Vec<String>>().join("\n").into_bytes(),
        ),
        ("a title", format!("十月订单\n\n{text}").into_bytes()),
    ];
    for (form, bytes) in forms {
        let found = read(&bytes, FaultyRows::Refuse).unwrap();
        assert_eq!(found.summary.first_faults, [], "{form}");
        assert_eq!(found.entries(), expected.entries(), "{form}");
    }
}

fn gb18030(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoding = yizhang_intake::Encoding::Gb18030;
    encoding.encode(text.as_bytes(), &mut bytes).unwrap();
    bytes
}

/// The work of one worker's orders, each with its times and how it ended.
fn work(orders: &[(&str, &str, &str)]) -> Work {
    let rows: Vec<Vec<String>> = orders
        .iter()
        .enumerate()
        .map(|(at, (accepted, finished, status))| {
            let number = format!("A{at}");
            order(&[
                (Column::Order, &number),
                (Column::Accepted, accepted),
                (Column::Finished, finished),
                (Column::Status, status),
            ])
        })
        .collect();
    let read = read(csv(&rows).as_bytes(), FaultyRows::Refuse).unwrap();
    assert_eq!(read.summary.first_faults, []);
    let entries = read.entries();
    assert_eq!(entries.len(), 1);
    month_of(&entries[0]).unwrap().work
}

#[test]
fn minutes_are_those_of_the_union_and_short_rests_end_no_stretch() {
    // Two orders at a time count once; a rest of 19 minutes ends no stretch and is no work; one of 20 does.
    let found = work(&[
        ("2026-10-03 12:00:00", "2026-10-03 12:30:00", "completed"),
        ("2026-10-03 12:10:00", "2026-10-03 12:40:00", "completed"),
        ("2026-10-03 12:59:00", "2026-10-03 13:09:00", "completed"),
        ("2026-10-03 13:29:00", "2026-10-03 13:59:00", "completed"),
        ("2026-10-04 09:00:00", "2026-10-04 09:30:59", "cancelled"),
    ]);
    let expected = Work {
        orders: 4,
        insured_orders: 4,
        days: 2,
        minutes: 80,
        longest_minutes: 50,
        night_minutes: 0,
    };
    assert_eq!(found, expected);
}

#[test]
fn the_night_is_from_22_to_6_in_utc_8_whatever_zone_a_time_has() {
    let found = work(&[
        ("2026-10-03T13:30:00Z", "2026-10-03 22:30:00", "completed"),
        (
            "2026-10-04T05:30:00+08:00",
            "2026-10-03T22:10:00.999Z",
            "completed",
        ),
        ("2026-10-31 23:50:00", "2026-11-01 00:10:00", "completed"),
    ]);
    // 60 minutes with 30 at night, 40 with 30, 20 with 20.
    assert_eq!(
        (found.minutes, found.night_minutes, found.days),
        (120, 80, 3)
    );
}

#[test]
fn minutes_are_at_most_those_of_the_days() {
    let found = work(&[
        ("2026-10-03 00:00:00", "2026-10-03 23:59:00", "completed"),
        ("2026-10-03 23:00:00", "2026-10-05 23:00:00", "completed"),
    ]);
    assert_eq!(
        (found.days, found.minutes, found.longest_minutes),
        (1, 1_440, 1_440)
    );
}

#[test]
fn months_part_by_place_trade_and_mode_and_sums_are_exact() {
    let orders = [
        order(&[]),
        order(&[(Column::Order, "A2"), (Column::Place, "440100")]),
        order(&[(Column::Order, "A3"), (Column::Mode, "motorcycle")]),
        order(&[(Column::Order, "A4"), (Column::Trade, "freight")]),
        order(&[
            (Column::Order, "A5"),
            (Column::Gross, "9.25"),
            (Column::Deductions, "20"),
            (Column::Refunds, "0.05"),
            (Column::Insured, "否"),
        ]),
    ];
    let read = read(csv(&orders).as_bytes(), FaultyRows::Refuse).unwrap();
    let entries = read.entries();
    assert_eq!(entries.len(), 4);
    let months: Vec<_> = entries
        .iter()
        .map(|entry| month_of(entry).unwrap())
        .collect();
    let own = months.iter().find(|month| {
        month.place.code() == 440_300
            && month.trade == Trade::Delivery
            && month.mode == TransportMode::Bicycle
    });
    let own = own.unwrap();
    assert_eq!(
        (own.work.orders, own.work.insured_orders, own.file.rows),
        (2, 1, 2)
    );
    let sums = own.earnings;
    assert_eq!(sums.gross.get(), 1_605);
    assert_eq!(sums.incentives.get(), 200);
    assert_eq!(sums.deductions.get(), 2_030);
    assert_eq!(sums.refunds.get(), 5);
    assert_eq!(sums.net.get(), -220);
    assert_eq!(read.summary.workers, 1);
}

#[test]
fn the_same_index_gives_the_same_submissions_and_each_is_signed() {
    let (header, rows) = sample(300, 3);
    let read = read(file_of(&header, &rows).as_bytes(), FaultyRows::Refuse).unwrap();
    let index = read.index();
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let region = yizhang_ledger::value::Division::new(440_000).unwrap();
    let packed = || Packing::new(&index, region, &key).map(Result::unwrap);
    assert!(packed().eq(packed()));
    let mut months = 0;
    for one in packed() {
        assert_eq!(one.first, months);
        months += one.months;
        let block = yizhang_ledger::batch::RecordBlock::parse(one.bytes).unwrap();
        let entries: Vec<&[u8]> = block.entries().collect();
        let (last, signed) = entries.split_last().unwrap();
        let entry = yizhang_ledger::entry::Entry::parse(last, yizhang_ledger::value::LeafIndex(0));
        let entry = entry.unwrap();
        let record = yizhang_ledger::record::Record::read(&entry).unwrap();
        let yizhang_ledger::record::Record::Deposit(deposit) = record else {
            panic!("the last record is the deposit");
        };
        assert_eq!(deposit.platform.as_str(), subject().platform);
        yizhang_ledger::deposit::verify(&deposit, region, signed).unwrap();
    }
    assert_eq!(months, index.months());
}
