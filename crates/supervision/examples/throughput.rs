//! All rules over many invented workers, each made, read from bytes, looked at and let go: how long it takes and how much memory. The command
//! stands in docs/BENCHMARKS.md.

use std::time::Instant;
use yizhang_ledger::{
    entry::{Entry, Kind, RecordId},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::{
        AccountType, Earnings, OipPremium, OrderRows, Participation, Payer, PayerKind,
        PlatformMonth, Record, Source, Trade, TransportMode, Work,
    },
    value::{Code, Day, Division, Fen, LeafIndex, Month, Scheme},
};
use yizhang_supervision::{Stated, Supervision, Terms, terms};

/// Workers, unless the first argument says otherwise.
const WORKERS: u64 = 1_000_000;
/// Months of each.
const MONTHS: u16 = 12;
/// Platforms, of invented codes.
const PLATFORMS: [&str; 5] = [
    "91370200MA00000001",
    "91370200MA00000002",
    "91370200MA00000003",
    "91370200MA00000004",
    "91370200MA00000005",
];
/// Cities of 山东, where premiums of orders are known.
const CITIES: [u32; 16] = [
    370_100, 370_200, 370_300, 370_400, 370_500, 370_600, 370_700, 370_800, 370_900, 371_000,
    371_100, 371_300, 371_400, 371_500, 371_600, 371_700,
];

/// Numbers that look like chance and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn small(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(u64::from(limit))).expect("below a limit of 32 bits")
    }
}

/// Entries one after the other, and where each ends.
#[derive(Default)]
struct Entries {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Entries {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, record: &Record<'_>) {
        record
            .write(&mut self.bytes)
            .expect("invented by the rules");
        self.ends.push(self.bytes.len());
    }

    fn stated(&self) -> impl Iterator<Item = Stated<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| {
            let bytes = &self.bytes[start..*end];
            let entry = Entry::parse(bytes, LeafIndex(0)).expect("written as an entry");
            Stated {
                region: Division::new(370_000).expect("山东"),
                id: RecordId(hash_leaf(bytes)),
                record: Record::read(&entry).expect("written as a record"),
            }
        })
    }
}

fn month(offset: u16) -> Month {
    let first = Month::of(2025, 9).expect("a month");
    first.plus(offset).expect("a month")
}

/// The records of a worker: a month on one platform or two, enrolled or not.
fn invent(worker: u64, numbers: &mut Numbers, entries: &mut Entries) {
    let mut account = [0; 16];
    account[..8].copy_from_slice(&worker.to_be_bytes());
    let account = AccountId(account);
    let city = CITIES[usize::try_from(numbers.below(16)).expect("small")];
    let place = Division::new(city).expect("a city");
    for scheme in ["hrss:110", "nhsa:310"] {
        if numbers.below(10) > 0 {
            entries.push(&Record::Participation(
                Kind::ENROL,
                Participation {
                    account,
                    scheme: Scheme::parse(scheme).expect("a scheme"),
                    from: Month::of(2020, 1).expect("a month"),
                    place,
                    payer: Payer {
                        kind: PayerKind::Person,
                        id: Code::NONE,
                    },
                    reason: Code::NONE,
                    account_type: AccountType::General,
                    source: Source::default(),
                },
            ));
        }
    }
    let first = usize::try_from(numbers.below(5)).expect("small");
    let platforms = if numbers.below(4) == 0 { 2 } else { 1 };
    for offset in 0..MONTHS {
        for further in 0..platforms {
            let platform = PLATFORMS[(first + further) % PLATFORMS.len()];
            let fields = platform_month(account, platform, place, month(offset), numbers);
            entries.push(&Record::PlatformMonth(fields));
        }
    }
}

fn platform_month<'a>(
    account: AccountId,
    platform: &'a str,
    place: Division,
    month: Month,
    numbers: &mut Numbers,
) -> PlatformMonth<'a> {
    let orders = 200 + numbers.small(800);
    let minutes = 6_000 + numbers.small(12_000);
    let missing = u32::from(numbers.below(1_000) == 0);
    let net = Fen::new(i64::from(orders) * 650).expect("an amount");
    PlatformMonth {
        account,
        platform: Code::new(platform).expect("a code"),
        place,
        month,
        trade: Trade::Delivery,
        mode: TransportMode::MotorCycle,
        work: Work {
            orders,
            insured_orders: orders - missing,
            days: 26,
            minutes,
            longest_minutes: 60 + numbers.small(190),
            night_minutes: numbers.small(3_100),
        },
        earnings: Earnings {
            gross: net,
            net,
            ..Earnings::default()
        },
        file: OrderRows {
            rows: orders,
            root: Hash::ZERO,
        },
        target: None,
        source: Source::default(),
    }
}

/// The premiums of every platform, city and month: one in fifty was not paid.
fn premiums(numbers: &mut Numbers) -> Entries {
    let mut entries = Entries::default();
    for platform in PLATFORMS {
        for city in CITIES {
            for offset in 0..MONTHS {
                let is_paid = numbers.below(50) > 0;
                let due = Fen::new(1_000_000).expect("an amount");
                entries.push(&Record::OipPremium(OipPremium {
                    platform: Code::new(platform).expect("a code"),
                    place: Division::new(city).expect("a city"),
                    month: month(offset),
                    trade: Trade::Delivery,
                    orders: 40_000,
                    insured_orders: 40_000,
                    due,
                    paid: if is_paid { due } else { Fen::ZERO },
                    received: is_paid.then(|| Day::new(20_260_910).expect("a day")),
                    target: None,
                    source: Source::default(),
                }));
            }
        }
    }
    entries
}

/// The most memory that the process has had, in MiB, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib / 1_024)
}

fn main() {
    let asked = std::env::args().nth(1);
    let workers = asked.map_or(WORKERS, |text| text.parse().expect("a number of workers"));
    let terms = Terms::new(terms::embedded(), Day::new(20_261_130).expect("a day"));
    let mut numbers = Numbers(20_261_130);
    let start = Instant::now();
    let mut supervision = Supervision::new(terms);
    let mut entries = Entries::default();
    let (mut records, mut warnings) = (0, 0);
    for worker in 0..workers {
        entries.clear();
        invent(worker, &mut numbers, &mut entries);
        records += entries.ends.len();
        let mut account = [0; 16];
        account[..8].copy_from_slice(&worker.to_be_bytes());
        let found = supervision.add_worker(AccountId(account), entries.stated());
        warnings += found.warnings.len();
    }
    let of_parties = premiums(&mut numbers);
    let views = supervision.finish(of_parties.stated());
    let seconds = start.elapsed().as_secs();
    println!("{workers} workers, {records} records: {seconds} s");
    println!(
        "{warnings} warnings of workers, {} of platforms",
        views.warnings.len()
    );
    println!("{} lines of coverage", views.coverage.len());
    if let Some(peak) = peak_mib() {
        println!("{peak} MiB at most");
    }
}
