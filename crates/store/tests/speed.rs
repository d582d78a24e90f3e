//! How fast and how large, printed rather than asserted: machines differ. Run with
//! `RECORDS=10000000 cargo test --release -p yizhang-store --test all speed -- --ignored --nocapture --test-threads 1`.
//!
//! The workload is that of a region: every account has 20 records, one in each twentieth of the chain, as months go by.
//! With several chains a few accounts have 240 records in each beside. Nothing of it is kept in memory. Cold numbers
//! need the right to drop the page cache.

use crate::federation::{SUBMITTER, World};
use ed25519_dalek::SigningKey;
use rand::RngExt;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::tempdir;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    entry::Kind,
    hash::derive,
    head::Origin,
    person::AccountId,
    record::{
        AccountType, Contribution, Payer, PayerKind, Period, Record, ShareRates, Shares, Source,
        Subsidies,
    },
    value::{Code, Day, Division, Fen, LeafIndex, Month, Scheme, UnixMillis},
};
use yizhang_store::{Options, Store};

/// Records of a group: one batch, one sync.
const GROUP: u64 = 10_000;
/// Records of an ordinary account.
const PER_ACCOUNT: u64 = 20;
/// Accounts with many records, and how many each has in every chain.
const LONG_ACCOUNTS: u64 = 20;
const LONG_RECORDS: u64 = 240;
/// After so many records the rate is printed, to see whether it stays.
const WINDOW: u64 = 10_000_000;
/// Lookups of each sort.
const LOOKUPS: usize = 500;

#[test]
#[ignore = "takes minutes and asserts nothing"]
fn one_chain() {
    measure(&Workload {
        chains: 1,
        records: records(),
    });
}

#[test]
#[ignore = "takes minutes and asserts nothing"]
fn six_chains() {
    measure(&Workload {
        chains: 6,
        records: records() / 6,
    });
}

fn records() -> u64 {
    std::env::var("RECORDS")
        .ok()
        .and_then(|records| records.parse().ok())
        .unwrap_or(1_000_000)
}

/// Which account the records are about.
struct Workload {
    chains: u64,
    /// Records of each chain.
    records: u64,
}

impl Workload {
    /// Ordinary accounts; they are at home in one chain each.
    fn accounts(&self) -> u64 {
        self.chains * self.per_chain()
    }

    fn per_chain(&self) -> u64 {
        self.records / PER_ACCOUNT
    }

    /// The account of record `number` of a chain. In each round over the accounts of a chain they come in another order.
    fn account(&self, chain: u64, number: u64) -> AccountId {
        let stride = self.records / (LONG_ACCOUNTS * LONG_RECORDS);
        if self.chains > 1 && stride > 0 && number.is_multiple_of(stride) {
            return account_id(u64::MAX - number / stride % LONG_ACCOUNTS);
        }
        let (round, place) = (number / self.per_chain(), number % self.per_chain());
        // A prime beyond the number of accounts has no divisor with it in common, so that each has its turn once.
        account_id(
            chain * self.per_chain() + (place * 4_294_967_291 + round * 7_919) % self.per_chain(),
        )
    }
}

fn account_id(number: u64) -> AccountId {
    let hash = derive("yizhang test account", &[&number.to_le_bytes()]);
    AccountId(*hash.0.first_chunk().unwrap())
}

/// A contribution as an agency sends it, about 120 bytes.
fn write_record(account: AccountId, number: u64, out: &mut Vec<u8>) {
    let serial = format!("{number:020x}");
    let month = Month::of(2_020, 5).unwrap();
    let fen = |amount| Fen::new(amount).unwrap();
    let shares = Shares {
        unit: fen(92_800),
        person: fen(46_400),
    };
    let contribution = Contribution {
        account,
        scheme: Scheme::parse("hrss:110").unwrap(),
        period: Period {
            first: month,
            months: 1,
        },
        settlement: month,
        received: Day::new(20_200_501),
        place: Division::new(440_300).unwrap(),
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        nature: 10,
        base: fen(580_000),
        rates: ShareRates::default(),
        due: shares,
        paid: shares,
        credited: shares,
        full: true,
        late_fee: Fen::ZERO,
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target: None,
        source: Source {
            agency: Code::new("44030001").unwrap(),
            system: Code::NONE,
            serial: Code::new(&serial).unwrap(),
        },
    };
    Record::Contribution(Kind::RECEIVED, contribution)
        .write(out)
        .unwrap();
}

fn measure(workload: &Workload) {
    let mut world = World::new(61, usize::try_from(workload.chains).unwrap());
    let folder = tempdir().unwrap();
    let options = Options::new(world.origins());
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    let record_bytes = ingest(workload, &mut world, &store);
    // Dropped without being closed, with full tables in memory: to the next start it looks like a kill.
    drop(store);
    let start = Instant::now();
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    println!("open after a kill: {:?}", start.elapsed());
    for (chain, number) in world.chains.iter().zip(0..) {
        let state = store.state(&chain.origin).unwrap();
        assert_eq!(
            state.size().0,
            workload.records + workload.records.div_ceil(GROUP),
            "chain {number}"
        );
        // The kill took the head of the last batch away.
        note_head(&store, &chain.origin, &chain.key, &state);
    }
    let start = Instant::now();
    store.close().unwrap();
    drop(store);
    println!("close: {:?}", start.elapsed());
    let (all, index) = (
        bytes_under(folder.path()),
        bytes_under(&folder.path().join("index")),
    );
    let records = workload.chains * workload.records;
    println!(
        "disk: {} % of {} bytes a record",
        100 * all / record_bytes,
        record_bytes / records
    );
    println!("index: {} bytes a record", index / records);
    let start = Instant::now();
    let store = Store::open(folder.path(), options).unwrap().0;
    println!("open after close: {:?}", start.elapsed());
    lookups(workload, &mut world, &store);
    println!("memory: {}", memory());
    drop(store);
    let start = Instant::now();
    drop(yizhang_store::rebuild_index(folder.path(), &|_| {}).unwrap());
    println!(
        "rebuild of the index: {:?}; memory: {}",
        start.elapsed(),
        memory()
    );
}

/// Fills the chains, a group in each by turns; returns the bytes of all records.
fn ingest(workload: &Workload, world: &mut World, store: &Store) -> u64 {
    let (mut record_bytes, mut done) = (0, 0);
    let (mut persisting, mut working) = (Duration::ZERO, Duration::ZERO);
    let mut slowest = Duration::ZERO;
    for first in (0..workload.records).step_by(usize::try_from(GROUP).unwrap()) {
        let numbers = first..workload.records.min(first + GROUP);
        for (chain, number) in world.chains.iter_mut().zip(0..) {
            let mut bytes = Vec::new();
            numbers
                .clone()
                .for_each(|at| write_record(workload.account(number, at), at, &mut bytes));
            record_bytes += u64::try_from(bytes.len()).unwrap();
            let id = SubmissionId(world.rng.random());
            let start = Instant::now();
            let block = RecordBlock::parse(bytes).unwrap();
            let submitted = Submitted {
                id,
                submitter: SUBMITTER.into(),
                block,
            };
            let extension = chain
                .state
                .prepare(&[submitted], UnixMillis(1_700_000_000_000), 1)
                .unwrap();
            let persist = Instant::now();
            store.persist(&chain.origin, &[(&extension, None)]).unwrap();
            slowest = slowest.max(persist.elapsed());
            persisting += persist.elapsed();
            note_head(store, &chain.origin, &chain.key, extension.after());
            chain.state = extension.after().clone();
            working += start.elapsed();
            done += numbers.end - numbers.start;
        }
        if done >= WINDOW || numbers.end == workload.records {
            let rate =
                |time: Duration| f64::from(u32::try_from(done).unwrap()) / time.as_secs_f64() / 1e6;
            println!(
                "up to record {} of {} chains: {:.2} M records/s persisted, {:.2} with parsing, hashing and signing; \
                 slowest group {slowest:?}; memory: {}",
                numbers.end,
                workload.chains,
                rate(persisting),
                rate(working),
                memory()
            );
            (done, persisting, working, slowest) =
                (0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
        }
    }
    record_bytes
}

fn note_head(
    store: &Store,
    origin: &Origin,
    key: &SigningKey,
    state: &yizhang_ledger::chain::ChainState,
) {
    store
        .note_head(origin, state.head().sign(key).as_bytes())
        .unwrap();
}

fn lookups(workload: &Workload, world: &mut World, store: &Store) {
    let mut ordinary = || account_id(world.rng.random_range(0..workload.accounts()));
    let few = usize::try_from(PER_ACCOUNT).unwrap();
    let some: Vec<AccountId> = (0..LOOKUPS).map(|_| ordinary()).collect();
    if drop_page_cache() {
        report(
            "cold",
            some.iter()
                .map(|account| (drop_page_cache(), lookup(store, account)).1),
            few,
        );
    }
    // What a lookup reads is now in the page cache, all of it.
    for account in &some {
        lookup(store, account);
    }
    report(
        "warm",
        some.iter().map(|account| lookup(store, account)),
        few,
    );
    if workload.chains > 1 {
        let long =
            |number: usize| account_id(u64::MAX - u64::try_from(number).unwrap() % LONG_ACCOUNTS);
        let many = usize::try_from(LONG_RECORDS * workload.chains).unwrap();
        for number in 0..LOOKUPS / 10 {
            lookup(store, &long(number));
        }
        report(
            "warm",
            (0..LOOKUPS).map(|number| lookup(store, &long(number))),
            many,
        );
        if drop_page_cache() {
            report(
                "cold",
                (0..LOOKUPS / 10).map(|number| (drop_page_cache(), lookup(store, &long(number))).1),
                many,
            );
        }
    }
}

/// Finds the records of an account and proves each against the newest head of its chain; how long that takes, the
/// positions alone and all of it, and how many records there are.
fn lookup(store: &Store, account: &AccountId) -> (Duration, Duration, usize) {
    let start = Instant::now();
    let positions = store.positions(account).unwrap();
    let found = start.elapsed();
    let mut proved = 0;
    for chain in positions.chunk_by(|left, right| left.0 == right.0) {
        let origin = &chain[0].0;
        let (size, _) = store.newest_head(origin).unwrap().unwrap();
        let indexes: Vec<LeafIndex> = chain.iter().map(|(_, index)| *index).collect();
        proved += store.proofs(origin, &indexes, size).unwrap().len();
    }
    (found, start.elapsed(), proved)
}

fn report(what: &str, lookups: impl Iterator<Item = (Duration, Duration, usize)>, records: usize) {
    let (mut finding, mut all) = (Vec::new(), Vec::new());
    for (found, done, proved) in lookups {
        // Rounds that do not come out even and the places of the long accounts take a few away.
        assert!(
            proved.abs_diff(records) <= records / 4,
            "{proved} records instead of {records}"
        );
        finding.push(found);
        all.push(done);
    }
    for times in [&mut finding, &mut all] {
        times.sort_unstable();
    }
    let at = |times: &[Duration], percent: usize| {
        times[(times.len() * percent / 100).min(times.len() - 1)]
    };
    println!(
        "lookup of {records} records, {what}: positions median {:?}, p99 {:?}; with proofs median {:?}, p99 {:?}",
        at(&finding, 50),
        at(&finding, 99),
        at(&all, 50),
        at(&all, 99)
    );
}

/// False where this may not be done.
fn drop_page_cache() -> bool {
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn bytes_under(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                bytes_under(&entry.path())
            } else {
                entry.metadata().unwrap().len()
            }
        })
        .sum()
}

/// Memory of the process now and at most.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map_or("?", str::trim)
    };
    format!("{}, at most {}", line("VmRSS:"), line("VmHWM:"))
}
