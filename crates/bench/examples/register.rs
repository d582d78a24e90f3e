//! An epoch of the register of accounts: so many new records onto a register of so many accounts, on one core, and the memory that it
//! takes; beside it what hashing alone takes, eight at a time and one by one. The command stands in docs/BENCHMARKS.md.
#![allow(
    clippy::cast_precision_loss,
    reason = "figures are for people; 53 bits are enough"
)]

use anyhow::Context;
use clap::Parser;
use std::{fs, hint::black_box, path::PathBuf, time::Instant};
use yizhang_bench::{
    chains::Chains,
    machine,
    systems::{
        System,
        ours::{Ours, invented_keys},
    },
    workload::{NumberedRecord, numbered_account},
};
use yizhang_ledger::{
    hash::{Hash, TreeHasher},
    head::Origin,
    register::{RegisterTree, RegisteredAccount, leaf_hashes},
    value::TreeSize,
};

/// Records of a batch, as imports send them.
const BLOCK_RECORDS: u64 = 8_192;
/// Steps from one record's account to the next one's: a prime, so that every account has its turn and none is near the one before.
const STEP: u64 = 7_368_787;
/// Accounts that hashing alone is measured with.
const HASHED: u64 = 1_000_000;

#[derive(Parser)]
struct Arguments {
    /// Accounts of the register that the epoch begins with, a record each.
    #[arg(long, default_value_t = 10_000_000)]
    accounts: u64,
    /// Records of the epoch, spread over these accounts.
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// Folder for the chain; it is kept, and used again by the next run with the same numbers.
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let Arguments {
        accounts, records, ..
    } = arguments;
    let temporary = tempfile::tempdir()?;
    let folder = arguments
        .dir
        .unwrap_or_else(|| temporary.path().join("register"));
    let keys = invented_keys(1)?;
    let origin = keys.keys().next().cloned().context("a chain")?;
    let mut ours = Ours::open(&folder, keys.clone())?;
    if ours.store().size(&origin).is_none_or(|size| size.0 == 0) {
        let start = Instant::now();
        let mut chains = Chains::empty(&keys);
        let until = append(&mut ours, &mut chains, accounts, &(0..accounts))?;
        append(
            &mut ours,
            &mut chains,
            accounts,
            &(accounts..accounts + records),
        )?;
        fs::write(folder.join("epoch"), until.to_string())?;
        println!(
            "{} records appended in {:.1} s",
            accounts + records,
            start.elapsed().as_secs_f64()
        );
    }
    ours.store().close()?;
    drop(ours);
    let ours = Ours::open(&folder, keys)?;
    println!("kernel {:.1} ns", machine::calibrate());
    let size = ours.store().size(&origin).context("the chain")?;
    let middle = fs::read_to_string(folder.join("epoch"))?.parse()?;
    fs::remove_dir_all(folder.join("registers")).or_else(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    make(&ours, &origin, TreeSize(middle), "from nothing")?;
    make(&ours, &origin, size, "an epoch")?;
    hashing_alone(accounts, records);
    Ok(())
}

/// Appends records by their numbers, and says how large the chain is then.
fn append(
    ours: &mut Ours,
    chains: &mut Chains,
    accounts: u64,
    numbers: &std::ops::Range<u64>,
) -> anyhow::Result<u64> {
    let mut size = 0;
    for first in numbers.clone().step_by(usize::try_from(BLOCK_RECORDS)?) {
        let mut block = Vec::new();
        for number in first..numbers.end.min(first + BLOCK_RECORDS) {
            let record = NumberedRecord {
                account: numbered_account((number % accounts) * STEP % accounts),
                number,
            };
            record.write(&mut block)?;
        }
        let extension = chains.prepare(block)?;
        ours.append(&extension)?;
        size = extension.after().size().0;
    }
    Ok(size)
}

/// Makes a register and tells seconds and memory.
fn make(ours: &Ours, origin: &Origin, size: TreeSize, what: &str) -> anyhow::Result<()> {
    // Resets the peak that the system keeps.
    fs::write("/proc/self/clear_refs", "5")?;
    let before = status_kib("VmRSS:")?;
    let start = Instant::now();
    let register = ours.store().make_register(origin, size)?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = status_kib("VmHWM:")?;
    println!(
        "{what}: a register of {} accounts that covers {size} entries in {seconds:.2} s; {} MiB before, {} MiB more at most",
        register.accounts,
        before / 1_024,
        peak.saturating_sub(before) / 1_024,
    );
    Ok(())
}

fn status_kib(name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .context("the system says how much memory there is")?
        .parse()?)
}

/// What the hashing of such an epoch takes by itself: a step for every record; content, leaf and branch for every account.
fn hashing_alone(accounts: u64, records: u64) {
    let leaf = Hash([7; 32]);
    let mut registered: Vec<RegisteredAccount> = (0..HASHED)
        .map(|number| RegisteredAccount {
            account: numbered_account(number),
            records: 1,
            hash: leaf,
        })
        .collect();
    let start = Instant::now();
    for account in &mut registered {
        account.take(&leaf);
    }
    let step = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let leaves: Vec<Hash> = registered.iter().map(|one| one.leaf().hash()).collect();
    for pair in leaves.chunks_exact(2) {
        if let [left, right] = pair {
            // As many branches as there are above these leaves.
            black_box(RegisterTree::branch(left, right));
            black_box(RegisterTree::branch(right, left));
        }
    }
    let one_by_one = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut together = Vec::with_capacity(leaves.len());
    leaf_hashes(&registered, &mut together);
    let mut branches = Vec::with_capacity(together.len());
    RegisterTree::branches(&together, &mut branches);
    RegisterTree::branches(&together, &mut branches);
    let by_eights = start.elapsed().as_secs_f64();
    assert_eq!(leaves, together);
    let scaled = |count: u64, seconds: f64| count as f64 / HASHED as f64 * seconds;
    println!(
        "hashing alone, one by one: {:.2} s for the records, {:.2} s for the accounts; accounts eight at a time {:.2} s",
        scaled(records, step),
        scaled(accounts, one_by_one),
        scaled(accounts, by_eights),
    );
}
