//! How fast and how large, printed rather than asserted: machines differ. Run with
//! `cargo test --release -p yizhang-store --test speed -- --ignored --nocapture`.

mod federation;

use federation::World;
use rand::RngExt;
use std::{fs, path::Path, time::Instant};
use tempfile::tempdir;
use yizhang_ledger::{person::AccountId, value::LeafIndex};
use yizhang_store::{Options, Store};

fn bytes_under(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| if entry.path().is_dir() { bytes_under(&entry.path()) } else { entry.metadata().unwrap().len() })
        .sum()
}

fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096 / 1_000_000
}

fn records() -> u64 {
    std::env::var("RECORDS").ok().and_then(|records| records.parse().ok()).unwrap_or(1_000_000)
}

#[test]
#[ignore = "takes minutes and asserts nothing"]
fn speed_and_size() {
    let (records, group) = (records(), 10_000);
    let mut world = World::new(61, 1);
    world.accounts = (0..records / 20).map(|_| AccountId(world.rng.random())).collect();
    let folder = tempdir().unwrap();
    let options = Options::new(world.origins());
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    let (mut persisting, mut record_bytes) = (0.0, 0);
    let origin = world.chains[0].origin.clone();
    for _ in 0..records / group {
        let extension = world.prepare(0, &[usize::try_from(group).unwrap()]);
        record_bytes += extension.batch().bytes().len();
        let chain = &mut world.chains[0];
        let note = chain.sign(extension.after());
        let start = Instant::now();
        store.persist(&origin, &[(&extension, None)]).unwrap();
        store.note_head(&origin, &note).unwrap();
        persisting += start.elapsed().as_secs_f64();
        chain.state = extension.after().clone();
        chain.pending.clear();
    }
    let rate = f64::from(u32::try_from(records).unwrap()) / persisting / 1e6;
    println!("persist: {rate:.2} M records/s, {} MB resident", resident());
    let start = Instant::now();
    store.close().unwrap();
    println!("close: {:?}", start.elapsed());
    drop(store);
    let (all, index) = (bytes_under(folder.path()), bytes_under(&folder.path().join("index")));
    let ratio = 100 * all / u64::try_from(record_bytes).unwrap();
    println!("disk: {ratio} % of the records, index {} bytes a record", index / records);
    let start = Instant::now();
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    println!("open after close: {:?}", start.elapsed());
    drop(store);
    let start = Instant::now();
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    println!("open after a kill: {:?}", start.elapsed());
    let size = store.state(&origin).unwrap().size();
    for wanted in [20, 1_440] {
        let mut times = Vec::new();
        for _ in 0..200 {
            let account = world.accounts[world.rng.random_range(0..world.accounts.len())];
            let start = Instant::now();
            let mut indexes: Vec<_> = store.positions(&account).unwrap().into_iter().map(|(_, index)| index).collect();
            indexes.resize_with(wanted, || LeafIndex(world.rng.random_range(0..size.0)));
            assert_eq!(store.proofs(&origin, &indexes, size).unwrap().len(), wanted);
            times.push(start.elapsed());
        }
        times.sort_unstable();
        println!("lookup of {wanted} records with proofs: median {:?}, p99 {:?}", times[100], times[197]);
    }
    drop(store);
    let start = Instant::now();
    drop(yizhang_store::rebuild_index(folder.path(), &|_| {}).unwrap());
    println!("rebuild of the index: {:?}, {} MB resident", start.elapsed(), resident());
}
