//! Writes an order file of invented workers, or measures how fast one becomes an index:
//!
//! ```text
//! cargo run --release -p yizhang-platform --example order_file -- generate 10000000 orders.csv
//! cargo run --release -p yizhang-platform --example order_file -- measure orders.csv
//! ```

use std::{
    env,
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};
use yizhang_intake::{FaultyRows, Source};
use yizhang_ledger::{order::OrderSecret, person::FederationSecret, value::Month};
use yizhang_platform::{
    Index, OrderFile, Subject, Terms, build,
    sample::{self, SampleOrders},
};

/// Orders of a worker in a sample file: a full month of a courier.
const ORDERS_OF_A_WORKER: u64 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["generate", rows, path] => generate(rows.parse()?, Path::new(path)),
        ["measure", path] => measure(Path::new(path)),
        _ => Err("expected: generate ROWS FILE, or measure FILE".into()),
    }
}

fn month() -> Month {
    Month::parse("2026-10").expect("a month")
}

fn generate(rows: u64, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(path)?);
    let sample = SampleOrders {
        rows,
        workers: (rows / ORDERS_OF_A_WORKER).max(1),
        month: month(),
        seed: 1,
    };
    sample::write(&sample, &mut out)?;
    out.flush()?;
    Ok(())
}

/// Reading, checking, sorting, hashing, writing the index: all that is between an order file and what is sent.
fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let subject = Subject {
        platform: "91440300MA00000745".into(),
        month: month(),
    };
    let folder = tempfile::tempdir_in(path.parent().unwrap_or(Path::new(".")))?;
    let file = OrderFile::open(Source::Path(path.to_owned()), None)?;
    let terms = Terms {
        subject: &subject,
        secret: &OrderSecret([1; 32]),
        pseudonyms: &FederationSecret::new([7; 32]),
        faulty: FaultyRows::Refuse,
    };
    let begun = Instant::now();
    let mut read = 0.0;
    let summary = build(&file, &terms, folder.path(), None, &mut |_| {
        read = begun.elapsed().as_secs_f64();
    })?;
    let took = begun.elapsed().as_secs_f64();
    let rows = summary.lines.valid;
    println!(
        "{rows} rows, {} months of {} workers",
        summary.months, summary.workers
    );
    println!("read and checked after {read:.2} s, index after {took:.2} s");
    let millis = begun.elapsed().as_millis().max(1);
    println!("{} rows/s", u128::from(rows) * 1_000 / millis);
    let index = Index::open(folder.path(), &subject)?;
    let begun = Instant::now();
    let order = format!("P0001{:014}", rows / 2);
    let found = index.find(&order)?;
    println!("an order found: {}, {:?}", found.is_some(), begun.elapsed());
    Ok(())
}
