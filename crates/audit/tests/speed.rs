//! How fast an audit is, and where its time goes. Not a test that can fail: run it by hand on a quiet machine with
//! `cargo test --release -p yizhang-audit --test all speed -- --ignored --nocapture`.

use crate::fixture::{self, Data, Signed, Writer, audit, roster};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use yizhang_audit::Options;
use yizhang_ledger::{
    batch::Batch,
    chain::ChainState,
    head::Head,
    record::Record,
    segment::{FrameHeader, write_batch_frame},
};

const RECORDS: u64 = 2_000_000;
const BATCH_RECORDS: u64 = 1_000;
const SEGMENT_BATCHES: usize = 400;
const ROUNDS: usize = 5;

fn write(data: &Data, code: u32, batches: u64) -> Vec<Signed> {
    let signed = Writer::new(code).batches(&vec![BATCH_RECORDS; usize::try_from(batches).unwrap()]);
    signed
        .chunks(SEGMENT_BATCHES)
        .for_each(|file| data.write(code, file));
    signed
}

fn report(name: &str, records: u64, took: Duration) {
    let rate = f64::from(u32::try_from(records).unwrap()) / took.as_secs_f64() / 1e6;
    let each = took.as_nanos() / u128::from(records);
    println!("{name:42} {rate:6.2} M records/s  {each:5} ns a record");
}

fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
#[ignore = "a measurement of some minutes, for optimised builds"]
fn replay_speed() {
    for chains in [1, 4] {
        let data = Data::empty();
        let codes: Vec<u32> = (0..chains).map(|chain| 110_000 + 10_000 * chain).collect();
        let batches = RECORDS / BATCH_RECORDS / u64::from(chains);
        for code in &codes {
            write(&data, *code, batches);
        }
        let roster = roster(&codes);
        let mut records = 0;
        let took = best(|| {
            let report = audit(data.path(), &roster, &Options::default());
            assert!(report.is_clean());
            records = report.totals.records;
        });
        report(
            &format!("audit, {chains} chains, all cores, warm"),
            records,
            took,
        );
    }
    stages();
}

/// The parts of the work on one core.
fn stages() {
    let data = Data::empty();
    let signed = write(&data, 440_000, 300);
    let roster = roster(&[440_000]);
    let records: u64 = signed
        .iter()
        .map(|signed| u64::from(signed.extension.batch().entry().records))
        .sum();
    let bytes: usize = signed
        .iter()
        .map(|signed| signed.extension.batch().bytes().len())
        .sum();
    println!("{} bytes a record", bytes as u64 / records);
    let frames: Vec<Vec<u8>> = signed
        .iter()
        .map(|signed| {
            let (batch, mut frame) = (signed.extension.batch(), Vec::new());
            write_batch_frame(batch.bytes(), batch.ends(), batch.entry().first, &mut frame);
            frame
        })
        .collect();
    let took = best(|| {
        for frame in &frames {
            black_box(FrameHeader::read(frame).unwrap().check(frame).unwrap());
        }
    });
    report("  one core: frame checksum", records, took);
    let took = best(|| {
        for signed in &signed {
            black_box(Batch::parse(signed.extension.batch().bytes().to_vec()).unwrap());
        }
    });
    report("  one core: Batch::parse", records, took);
    let took = best(|| {
        for signed in &signed {
            let leaves = yizhang_ledger::batch::slices(
                signed.extension.batch().bytes(),
                signed.extension.batch().ends(),
            );
            black_box(yizhang_ledger::hash::hash_leaves(leaves));
        }
    });
    report("  one core:   of it leaf hashes", records, took);
    let took = best(|| {
        for (_, entry) in signed
            .iter()
            .flat_map(|signed| signed.extension.batch().records())
        {
            black_box(Record::read(&entry).unwrap());
        }
    });
    report("  one core:   of it reading records", records, took);
    let took = best(|| {
        let mut state = ChainState::empty(fixture::origin(440_000));
        for signed in &signed {
            state = state
                .follow(signed.extension.batch().clone())
                .unwrap()
                .after()
                .clone();
        }
        black_box(state);
    });
    report("  one core: follow (with a copy)", records, took);
    let took = best(|| {
        for signed in &signed {
            black_box(Head::open(signed.note.as_bytes(), &roster).unwrap());
        }
    });
    report("  one core: signed heads", records, took);
}
