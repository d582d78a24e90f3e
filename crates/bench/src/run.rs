//! The run: which figures are taken, in which order, with which accounts.

use crate::{
    calls,
    chains::Chains,
    complete::{self, Registers},
    epochs,
    federation::{Caller, Federation, REGIONS},
    figure::{Limit, OURS, Unit},
    ingest::{Ingested, ingest},
    lookups::{self, Times},
    machine::{self, Limits},
    portal,
    report::Report,
    statements::Issuer,
    systems::{
        System,
        fjall::Fjall,
        ours::Ours,
        plain::Plain,
        postgres::{Availability, Postgres},
        sled::Sled,
    },
    tls,
    workload::{Blocks, LARGE_ACCOUNTS, LARGE_RECORDS, RECORDS_PER_ACCOUNT, Workload},
};
use anyhow::{Context, ensure};
use clap::ValueEnum;
use ed25519_dalek::SigningKey;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use yizhang_ledger::{head::Origin, person::AccountId, roster::Roster};
use yizhang_store::Store;
use yizhang_wire::channel::node_name;

/// Records of a batch, as an agency sends a day's file.
const GROUP: u64 = 10_000;
/// Records of a small batch.
const SMALL_GROUP: u64 = 1_000;
/// What a sync takes on a disk without a cache in front of it.
const SLOW_SYNC: Duration = Duration::from_millis(2);
/// Lookups of each kind when the page cache is left alone.
const WARM_LOOKUPS: u64 = 1_000;
/// Lookups of each kind when the page cache is emptied before each.
const COLD_LOOKUPS: u64 = 100;
/// Callers that submit one record a call.
const CALLERS: usize = 256;
/// Submissions whose way to another node is timed.
const VISIBLE: usize = 100;
/// The node that is submitted to.
const WRITER: u32 = REGIONS[0];
/// The node that mirrors it.
const MIRROR: u32 = REGIONS[1];

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The store of a node with all records: ingest, disk, memory, lookups, restart, rebuild.
    Store,
    /// The auditor's replay; needs the store part.
    Replay,
    /// Running nodes: submissions, lookups, catch-up, restart; needs the store part.
    Nodes,
    /// Registers of accounts in the chains: making them, and lookups that show that nothing was left out beside lookups with a path for
    /// each record; needs the store part.
    Registers,
    /// Two thousand workers who read their first page on a portal, all at a time.
    Portal,
    /// Ingest and lookups side by side with alternatives.
    Compare,
}

impl Part {
    /// All of them, in the order of a run: alternatives last, since their caches would count as memory of ours.
    pub const ALL: [Self; 6] = [
        Self::Store,
        Self::Replay,
        Self::Nodes,
        Self::Registers,
        Self::Portal,
        Self::Compare,
    ];
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// Records of the large part.
    pub records: u64,
    /// Records of each comparison, and of the submissions to a running node.
    pub side_records: u64,
    /// Workers who read their first page at a time.
    pub workers: usize,
    /// Which parts.
    pub parts: Vec<Part>,
    /// Folder under which a new one is made for everything written, and removed in the end.
    pub dir: PathBuf,
    /// The program.
    pub yizhang: PathBuf,
    /// Show progress.
    pub say: bool,
}

/// Runs the benchmark.
///
/// # Errors
/// What the disk or the program says; answers that are not what was written.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let dir = TempDir::with_prefix_in("yizhang-bench-", &options.dir).context("--dir")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let federation = Federation::found(&options.yizhang, &dir.path().join("federation"))?;
    let mut report = Report::new(options.records, options.side_records);
    let side = Workload::new(options.side_records)?;
    let blocks = side.save(&dir.path().join("side"), GROUP, |_| {})?;
    let first = blocks.read()?.next().context("a block")??;
    let limits = machine::limits(&first, dir.path())?;
    report.limits = Some(limits);
    let tls = {
        let (certificate, key) = federation.tls(WRITER)?;
        let region = yizhang_ledger::value::Division::new(WRITER).context("a region")?;
        let name = node_name(&federation.roster.federation, region);
        runtime.block_on(tls::stream(
            &federation.roster.tls_authority,
            &certificate,
            &key,
            &name,
        ))?
    };
    let per_record = first.len() as f64 / GROUP.min(options.side_records) as f64;
    let run = Run {
        options,
        dir: dir.path(),
        runtime: &runtime,
        limits,
        tls_records: tls / per_record,
        per_record,
    };
    let parts: Vec<_> = Part::ALL
        .into_iter()
        .filter(|part| options.parts.contains(part))
        .collect();
    let mut federation = federation;
    for part in parts {
        let done = match part {
            Part::Store => run.store(&mut report, &federation),
            Part::Replay => run.replay(&mut report, &federation),
            Part::Nodes => run.nodes(&mut report, &mut federation, &blocks),
            Part::Registers => run.registers(&mut report, &mut federation, side, &blocks),
            Part::Portal => run.runtime.block_on(portal::measure(
                &mut report,
                &mut federation,
                &portal::Crowd {
                    program: &options.yizhang,
                    dir: run.dir,
                    workers: options.workers,
                },
            )),
            Part::Compare => run.compare(&mut report, side, &blocks),
        };
        // What was measured before is worth having.
        if let Err(error) = done {
            report
                .missing
                .push(format!("the rest of {part:?}: {error:#}"));
        }
    }
    Ok(report)
}

/// What all parts share.
struct Run<'a> {
    options: &'a Options,
    dir: &'a Path,
    runtime: &'a Runtime,
    limits: Limits,
    /// Records a second through one TLS stream.
    tls_records: f64,
    /// Canonical bytes of a record.
    per_record: f64,
}

impl Run<'_> {
    fn bar(&self, what: &'static str, total: u64) -> ProgressBar {
        if !self.options.say {
            return ProgressBar::hidden();
        }
        let style =
            ProgressStyle::with_template("{msg:32} {bar:30} {human_pos}/{human_len} {elapsed}");
        let bar = ProgressBar::new(total)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.with_message(what)
    }

    /// The limit of durable ingest: the slowest of hashing, decoding, and writing with a sync for each group.
    fn ingest_limit(&self, group: u64) -> Limit {
        let written =
            group as f64 / (self.limits.sync + group as f64 * self.per_record / self.limits.write);
        let bounds = [
            ("hashing", self.limits.hashes),
            ("decoding", self.limits.decoded),
            ("writing and fdatasync", written),
        ];
        let (what, value) = bounds
            .into_iter()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or(("", f64::NAN));
        Limit { what, value }
    }

    fn add_ingested(
        &self,
        report: &mut Report,
        id: &str,
        system: &'static str,
        done: &Ingested,
        group: u64,
    ) {
        let conditions = format!("{} records", done.records);
        let limit = Some(self.ingest_limit(group));
        report.add_within(
            id,
            system,
            done.rate(),
            Unit::RecordsPerSecond,
            conditions,
            limit,
        );
    }

    /// Ours and the alternatives, one after the other, with the same batches.
    fn compare(
        &self,
        report: &mut Report,
        workload: Workload,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        let small = workload.save(&self.dir.join("side-small"), SMALL_GROUP, |_| {})?;
        let groups = [(GROUP, blocks), (SMALL_GROUP, &small)];
        let keys = crate::systems::ours::invented_keys(REGIONS.len())?;
        for (group, blocks) in groups {
            for (number, name) in ["ours", "plain", "fjall", "sled", "postgres"]
                .into_iter()
                .enumerate()
            {
                let folder = self.dir.join(format!("compare-{group}-{name}"));
                fs::create_dir(&folder)?;
                let mut system: Box<dyn System> = match number {
                    0 => Box::new(Ours::open(&folder, keys.clone())?),
                    1 => Box::new(Plain::create(&folder)?),
                    2 => Box::new(Fjall::create(&folder)?),
                    3 => Box::new(Sled::create(&folder)?),
                    _ => match Postgres::create(&folder)? {
                        Availability::Running(system) => system,
                        Availability::Absent(why) => {
                            report
                                .missing
                                .push(format!("PostgreSQL, groups of {group}: {why}"));
                            continue;
                        }
                    },
                };
                self.compare_one(report, system.as_mut(), &keys, workload, blocks, group)?;
                drop(system);
                fs::remove_dir_all(&folder)?;
            }
            for delayed in ["ours", "plain", "sled"] {
                let folder = self.dir.join(format!("delayed-{group}-{delayed}"));
                fs::create_dir(&folder)?;
                let mut system: Box<dyn System> = match delayed {
                    "ours" => Box::new(Ours::open(&folder, keys.clone())?),
                    "plain" => Box::new(Plain::create(&folder)?),
                    _ => Box::new(Sled::create(&folder)?),
                };
                ensure!(system.delay_syncs(SLOW_SYNC), "its syncs can be delayed");
                report.calibrate();
                let done = self.ingest(system.as_mut(), &keys, blocks, workload.records)?;
                let id = format!("ingest.embedded.{group}.sync-2ms");
                let value = group as f64
                    / (group as f64 * self.per_record / self.limits.write
                        + SLOW_SYNC.as_secs_f64());
                let limit = Some(Limit {
                    what: "a sync of 2 ms each",
                    value,
                });
                let conditions = format!("{} records", done.records);
                report.add_within(
                    &id,
                    system.name(),
                    done.rate(),
                    Unit::RecordsPerSecond,
                    conditions,
                    limit,
                );
                drop(system);
                fs::remove_dir_all(&folder)?;
            }
        }
        Ok(())
    }

    fn ingest(
        &self,
        system: &mut dyn System,
        keys: &crate::systems::ours::Keys,
        blocks: &Blocks,
        records: u64,
    ) -> anyhow::Result<Ingested> {
        let bar = self.bar(system.name(), records);
        let done = ingest(system, &mut Chains::empty(keys), blocks, records, |done| {
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        Ok(done)
    }

    fn compare_one(
        &self,
        report: &mut Report,
        system: &mut dyn System,
        keys: &crate::systems::ours::Keys,
        workload: Workload,
        blocks: &Blocks,
        group: u64,
    ) -> anyhow::Result<()> {
        report.calibrate();
        let done = self.ingest(system, keys, blocks, workload.records)?;
        let name = system.name();
        self.add_ingested(
            report,
            &format!("ingest.embedded.{group}"),
            name,
            &done,
            group,
        );
        let start = Instant::now();
        system.settle()?;
        let settled = done.records as f64 / (done.seconds + start.elapsed().as_secs_f64());
        let conditions =
            "until nothing waits: tables of ours, compactions of fjall, vacuum and checkpoint of PostgreSQL".into();
        report.add(
            &format!("ingest.settled.{group}"),
            name,
            settled,
            Unit::RecordsPerSecond,
            conditions,
        );
        if group != GROUP {
            return Ok(());
        }
        let disk = system.disk_bytes()? as f64 / done.bytes as f64;
        report.add(
            "compare.disk",
            name,
            disk,
            Unit::Ratio,
            "bytes on disk for a byte of records".into(),
        );
        report.calibrate();
        let usual = || (0..WARM_LOOKUPS).map(|number| workload.account(number * 37));
        let least = usize::try_from(RECORDS_PER_ACCOUNT)?;
        // Once round, so that warm is warm.
        lookups::plain(system, usual(), least, || Ok(()))?;
        if let Some(times) = lookups::plain(system, usual(), least, || Ok(()))? {
            add_times(report, "compare.lookup.20", name, &times);
        }
        let large = || (0..WARM_LOOKUPS / 10).map(|number| workload.large_account(number));
        lookups::plain(system, large(), least_large(workload), || Ok(()))?;
        if let Some(times) = lookups::plain(system, large(), least_large(workload), || Ok(()))? {
            add_times(report, "compare.lookup.1440", name, &times);
        }
        Ok(())
    }

    /// A node's data directory with all records over six chains.
    fn store(&self, report: &mut Report, federation: &Federation) -> anyhow::Result<()> {
        let workload = Workload::new(self.options.records)?.in_turn();
        let bar = self.bar("making records up", workload.records);
        let blocks = workload.save(&self.dir.join("blocks"), GROUP, |done| {
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        let (keys, folder) = (federation.keys()?, federation.data(WRITER));
        let mut ours = Ours::open(&folder, keys.clone())?;
        report.calibrate();
        machine::reset_peak()?;
        let done = self.ingest(&mut ours, &keys, &blocks, workload.records)?;
        self.add_ingested(report, "ingest.embedded.10000.large", OURS, &done, GROUP);
        let (first, last) = (done.parts.first(), done.parts.last());
        let trend = last
            .zip(first)
            .map_or(f64::NAN, |(last, first)| last / first);
        report.add(
            "ingest.trend",
            OURS,
            trend,
            Unit::Ratio,
            "rate of the last fifth over that of the first".into(),
        );
        let peak = machine::peak(std::process::id())? as f64;
        report.add(
            "memory.embedded",
            OURS,
            peak,
            Unit::Bytes,
            "peak while writing".into(),
        );
        fs::remove_file(self.dir.join("blocks"))?;
        // Neither flushed nor closed: what the index held in memory only is read from the segments again.
        drop(ours);
        report.calibrate();
        let start = Instant::now();
        let ours = Ours::open(&folder, keys.clone())?;
        report.add(
            "restart.dropped",
            OURS,
            start.elapsed().as_secs_f64(),
            Unit::Seconds,
            String::new(),
        );
        Self::store_lookups(report, federation, &ours, workload)?;
        ours.store().close()?;
        drop(ours);
        self.add_disk(report, &folder, done.bytes)?;
        self.reopen_and_rebuild(report, &folder, keys, workload.records)
    }

    /// A store that was closed is opened, and its index made again from the segments.
    fn reopen_and_rebuild(
        &self,
        report: &mut Report,
        folder: &Path,
        keys: BTreeMap<Origin, SigningKey>,
        records: u64,
    ) -> anyhow::Result<()> {
        report.calibrate();
        let start = Instant::now();
        drop(Ours::open(folder, keys)?);
        report.add(
            "restart.closed",
            OURS,
            start.elapsed().as_secs_f64(),
            Unit::Seconds,
            String::new(),
        );
        report.calibrate();
        let start = Instant::now();
        drop(yizhang_store::rebuild_index(folder, &|_| {})?);
        let took = start.elapsed().as_secs_f64();
        let limit = Limit {
            what: "decoding and hashing",
            value: records as f64 / self.replay_limit(),
        };
        report.add_within(
            "rebuild",
            OURS,
            took,
            Unit::Seconds,
            String::new(),
            Some(limit),
        );
        Ok(())
    }

    /// What ingest left on the disk, before anything is built again.
    fn add_disk(
        &self,
        report: &mut Report,
        folder: &Path,
        record_bytes: u64,
    ) -> anyhow::Result<()> {
        let ratio = |bytes: u64| bytes as f64 / record_bytes as f64;
        // The journal is empty where nothing special has happened.
        for (id, part) in [("disk.segments", "chains"), ("disk.index", "index")] {
            let bytes = ratio(machine::bytes_under(&folder.join(part))?);
            report.add(
                id,
                OURS,
                bytes,
                Unit::Ratio,
                "bytes for a byte of records".into(),
            );
        }
        let all = ratio(machine::bytes_under(folder)?);
        let conditions = format!(
            "bytes for a byte of records; {:.0} bytes a record",
            self.per_record
        );
        report.add("disk.all", OURS, all, Unit::Ratio, conditions);
        Ok(())
    }

    fn replay_limit(&self) -> f64 {
        1.0 / (1.0 / self.limits.hashes + 1.0 / self.limits.decoded)
    }

    fn store_lookups(
        report: &mut Report,
        federation: &Federation,
        ours: &Ours,
        workload: Workload,
    ) -> anyhow::Result<()> {
        let (store, roster) = (ours.store(), &federation.roster);
        // From the first on, or further on, so that cold lookups are of accounts that nobody has asked for.
        let usual = |first: u64, count: u64| {
            (first..first + count).map(move |number| workload.account(number * 7_001))
        };
        let large = |count: u64| (0..count).map(move |number| workload.large_account(number));
        let (few, many) = (usize::try_from(RECORDS_PER_ACCOUNT)?, least_large(workload));
        let folder = federation.data(WRITER);
        ours.store().flush()?;
        report.calibrate();
        // Once round, so that warm is warm.
        lookups::proved(store, roster, usual(0, WARM_LOOKUPS), few, || Ok(()))?;
        let times = lookups::proved(store, roster, usual(0, WARM_LOOKUPS), few, || Ok(()))?;
        add_times(report, "lookup.20.proofs.warm", OURS, &times.gather);
        add_times(report, "verify.20", OURS, &times.verify);
        add_times(report, "fold.20", OURS, &times.fold);
        let times = lookups::proved(
            store,
            roster,
            usual(WARM_LOOKUPS, COLD_LOOKUPS),
            few,
            || machine::forget(&folder),
        )?;
        add_times(report, "lookup.20.proofs.cold", OURS, &times.gather);
        let mut heads = Times::default();
        for _ in 0..COLD_LOOKUPS {
            let start = Instant::now();
            lookups::verified_heads(store, roster)?;
            heads.add(start.elapsed());
        }
        add_times(report, "lookup.heads", OURS, &heads);
        report.calibrate();
        lookups::proved(store, roster, large(LARGE_ACCOUNTS), many, || Ok(()))?;
        let times = lookups::proved(store, roster, large(COLD_LOOKUPS), many, || Ok(()))?;
        ensure!(
            times.chains == REGIONS.len(),
            "large accounts are in every chain"
        );
        add_times(report, "lookup.1440.proofs.warm", OURS, &times.gather);
        add_times(report, "verify.1440", OURS, &times.verify);
        add_times(report, "fold.1440", OURS, &times.fold);
        let times = lookups::proved(store, roster, large(COLD_LOOKUPS / 5), many, || {
            machine::forget(&folder)
        })?;
        add_times(report, "lookup.1440.proofs.cold", OURS, &times.gather);
        Ok(())
    }

    /// Registers in all chains, and the same lookups by them and by paths, in turn.
    fn registers(
        &self,
        report: &mut Report,
        federation: &mut Federation,
        side: Workload,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        federation.kill_all()?;
        let folder = federation.data(WRITER);
        let roster = &federation.roster;
        let mut ours = Ours::open(&folder, federation.keys()?)?;
        report.calibrate();
        let start = Instant::now();
        let registers = Registers::write(&mut ours, roster)?;
        let took = start.elapsed().as_secs_f64();
        let conditions = format!("{} chains, one after the other", REGIONS.len());
        report.add("register.first", OURS, took, Unit::Seconds, conditions);
        ours.store().flush()?;
        let store = ours.store();
        let workload = Workload::new(self.options.records)?.in_turn();
        let all = 0..COLD_LOOKUPS;
        let usual = all.clone().map(|number| workload.account(number * 6_007));
        let large = all.map(|number| workload.large_account(number));
        let asked = [
            Asked {
                name: "20",
                accounts: usual.collect(),
                least: usize::try_from(RECORDS_PER_ACCOUNT)?,
            },
            Asked {
                name: "1440",
                accounts: large.collect(),
                least: least_large(workload),
            },
        ];
        report.calibrate();
        for asked in &asked {
            asked.warm(report, store, roster, &registers)?;
            asked.cold(report, store, roster, &registers, &folder)?;
        }
        let issuer = Issuer::new(roster, &federation.keys()?)?;
        for asked in &asked {
            asked.statements(report, store, &issuer, &registers)?;
        }
        drop(ours);
        self.ingest_beside_registers(report, side, blocks)
    }

    /// The same ingest alone and while every chain has its register made for each fifth of what it takes.
    fn ingest_beside_registers(
        &self,
        report: &mut Report,
        side: Workload,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        let keys = crate::systems::ours::invented_keys(REGIONS.len())?;
        let chains: Vec<Origin> = keys.keys().cloned().collect();
        let epoch = side.records / u64::try_from(REGIONS.len())? / 5;
        report.calibrate();
        let folder = self.dir.join("ingest-alone");
        fs::create_dir(&folder)?;
        let mut ours = Ours::open(&folder, keys.clone())?;
        let alone = self.ingest(&mut ours, &keys, blocks, side.records)?;
        self.add_ingested(report, "ingest.registers.without", OURS, &alone, GROUP);
        drop(ours);
        fs::remove_dir_all(&folder)?;
        let folder = self.dir.join("ingest-beside");
        fs::create_dir(&folder)?;
        let mut ours = Ours::open(&folder, keys.clone())?;
        let (store, stop) = (ours.shared_store(), AtomicBool::new(false));
        let (beside, made) = std::thread::scope(|scope| {
            let maker = scope.spawn(|| epochs::make_registers(&store, &chains, epoch, &stop));
            let done = self.ingest(&mut ours, &keys, blocks, side.records);
            stop.store(true, Ordering::Relaxed);
            let made = maker
                .join()
                .map_err(|_| anyhow::anyhow!("making registers failed"))??;
            anyhow::Ok((done?, made))
        })?;
        self.add_ingested(report, "ingest.registers.with", OURS, &beside, GROUP);
        let share = beside.rate() / alone.rate();
        let conditions = format!("rate with over rate without; {made} registers made");
        report.add(
            "ingest.registers.share",
            OURS,
            share,
            Unit::Ratio,
            conditions,
        );
        drop((ours, store));
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    /// Replays the data directory as an auditor.
    fn replay(&self, report: &mut Report, federation: &Federation) -> anyhow::Result<()> {
        let folder = federation.data(WRITER);
        for cores in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build()?;
            for (cache, passes) in [("cold", 1), ("warm", 3)] {
                if cache == "cold" {
                    machine::forget(&folder)?;
                }
                report.calibrate();
                let mut rates = Vec::new();
                for _ in 0..passes {
                    let start = Instant::now();
                    let options = yizhang_audit::Options::default();
                    let go_on = |_: &yizhang_audit::Progress| ControlFlow::Continue(());
                    let audit = || {
                        yizhang_audit::audit_directory(
                            &folder,
                            &federation.roster,
                            &options,
                            &go_on,
                        )
                    };
                    let found = pool.install(audit)?;
                    ensure!(
                        found.is_clean(),
                        "the audit found: {:?}",
                        found.all_findings().next().map(ToString::to_string)
                    );
                    ensure!(
                        found.totals.records == self.options.records,
                        "the audit read {}",
                        found.totals.records
                    );
                    rates.push(self.options.records as f64 / start.elapsed().as_secs_f64());
                }
                rates.sort_unstable_by(f64::total_cmp);
                let rate = rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN);
                let cpu = Limit {
                    what: "decoding and hashing",
                    value: self.replay_limit() * cores as f64,
                };
                let disk = Limit {
                    what: "sequential read",
                    value: self.limits.read_cold / self.per_record,
                };
                let limit = if cache == "cold" && disk.value < cpu.value {
                    disk
                } else {
                    cpu
                };
                let conditions = format!("median of {passes}");
                let id = format!("replay.{cache}.{cores}");
                report.add_within(
                    &id,
                    OURS,
                    rate,
                    Unit::RecordsPerSecond,
                    conditions,
                    Some(limit),
                );
            }
        }
        Ok(())
    }

    /// Nodes as processes.
    fn nodes(
        &self,
        report: &mut Report,
        federation: &mut Federation,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        let workload = Workload::new(self.options.records)?;
        // Connections belong to the runtime in force.
        let _runtime = self.runtime.enter();
        federation.start(WRITER)?;
        self.runtime
            .block_on(federation.wait(WRITER, |status| status.ready))?;
        let channel = federation.connect(WRITER, Caller::Agency(WRITER))?;
        report.calibrate();
        self.node_lookups(report, &channel, workload)?;
        report.calibrate();
        let (records, took) = self
            .runtime
            .block_on(calls::stream(channel.clone(), blocks, 1))?;
        let rate = records as f64 / took.as_secs_f64();
        let limit = Some(Limit {
            what: "one TLS stream",
            value: self.tls_records,
        });
        let conditions = format!("{records} records, submissions of {GROUP}");
        report.add_within(
            "ingest.grpc.batches",
            OURS,
            rate,
            Unit::RecordsPerSecond,
            conditions,
            limit,
        );
        self.single(report, federation, blocks)?;
        let peak = machine::peak(federation.process(WRITER)?)? as f64;
        report.add(
            "memory.node",
            OURS,
            peak,
            Unit::Bytes,
            "peak of the node that is submitted to".into(),
        );
        self.catch_up(report, federation, blocks)?;
        federation.kill(WRITER)?;
        report.calibrate();
        let start = Instant::now();
        federation.start(WRITER)?;
        self.runtime.block_on(federation.wait(WRITER, |_| true))?;
        let conditions = "kill -9 until the node answers, its process included".into();
        report.add(
            "restart.killed",
            OURS,
            start.elapsed().as_secs_f64(),
            Unit::Seconds,
            conditions,
        );
        Ok(())
    }

    /// Lookups of usual and of large accounts over one connection, without proofs and with them.
    fn node_lookups(
        &self,
        report: &mut Report,
        channel: &Channel,
        workload: Workload,
    ) -> anyhow::Result<()> {
        for (proofs, suffix) in [(false, ""), (true, ".proofs")] {
            let usual = || (0..WARM_LOOKUPS).map(|number| workload.account(number * 7_001));
            // Once round, so that warm is warm.
            self.runtime
                .block_on(calls::lookups(channel, usual(), proofs))?;
            let times = self
                .runtime
                .block_on(calls::lookups(channel, usual(), proofs))?;
            add_times(report, &format!("lookup.20.grpc{suffix}"), OURS, &times);
            let large = || (0..COLD_LOOKUPS).map(|number| workload.large_account(number));
            self.runtime
                .block_on(calls::lookups(channel, large(), proofs))?;
            let times = self
                .runtime
                .block_on(calls::lookups(channel, large(), proofs))?;
            add_times(report, &format!("lookup.1440.grpc{suffix}"), OURS, &times);
        }
        Ok(())
    }

    /// One record a call.
    fn single(
        &self,
        report: &mut Report,
        federation: &Federation,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        let channel = federation.connect(WRITER, Caller::Agency(WRITER))?;
        let calls = usize::try_from(self.options.side_records / 10)?;
        let records = single_records(blocks, calls)?;
        report.calibrate();
        let single =
            self.runtime
                .block_on(calls::single(&channel, records.clone(), CALLERS, None, 2))?;
        let rate = calls as f64 / single.took.as_secs_f64();
        let conditions = format!("{CALLERS} callers on one connection, {calls} calls");
        report.add(
            "ingest.grpc.single",
            OURS,
            rate,
            Unit::RecordsPerSecond,
            conditions,
        );
        add_times(report, "ingest.grpc.single", OURS, &single.times);
        let half = rate / 2.0;
        let single =
            self.runtime
                .block_on(calls::single(&channel, records, CALLERS, Some(half), 3))?;
        add_times(report, "receipt.half-load", OURS, &single.times);
        let (p999, conditions) = (
            single.times.quantile(0.999),
            format!("{half:.0} calls a second"),
        );
        report.add(
            "receipt.half-load.p99.9",
            OURS,
            p999,
            Unit::Milliseconds,
            conditions,
        );
        Ok(())
    }

    /// A new node fetches everything; then what is submitted is seen there.
    fn catch_up(
        &self,
        report: &mut Report,
        federation: &mut Federation,
        blocks: &Blocks,
    ) -> anyhow::Result<()> {
        let sizes = |status: &yizhang_wire::v1::StatusReply| -> BTreeMap<String, u64> {
            status
                .chains
                .iter()
                .map(|chain| (chain.origin.clone(), chain.size))
                .collect()
        };
        let wanted = std::cell::RefCell::new(BTreeMap::new());
        self.runtime.block_on(federation.wait(WRITER, |status| {
            *wanted.borrow_mut() = sizes(status);
            true
        }))?;
        let wanted = wanted.into_inner();
        report.calibrate();
        let start = Instant::now();
        federation.start(MIRROR)?;
        self.runtime
            .block_on(federation.wait(MIRROR, |status| sizes(status) == wanted))?;
        let entries: u64 = wanted.values().sum();
        let rate = entries as f64 / start.elapsed().as_secs_f64();
        let limit = Some(Limit {
            what: "one TLS stream",
            value: self.tls_records,
        });
        let conditions = format!("{entries} entries, from the start of the process");
        report.add_within(
            "catch-up",
            OURS,
            rate,
            Unit::RecordsPerSecond,
            conditions,
            limit,
        );
        let peak = machine::peak(federation.process(MIRROR)?)? as f64;
        report.add(
            "memory.mirror",
            OURS,
            peak,
            Unit::Bytes,
            "peak of the node that catches up".into(),
        );
        let records = single_records(blocks, VISIBLE)?;
        let times = self
            .runtime
            .block_on(calls::visible(federation, WRITER, MIRROR, records, 4))?;
        add_times(report, "visible-at-peer", OURS, &times);
        Ok(())
    }
}

/// Accounts that are looked up in both ways.
struct Asked {
    /// About how many records each has.
    name: &'static str,
    accounts: Vec<AccountId>,
    /// Fewest records of each.
    least: usize,
}

impl Asked {
    fn warm(
        &self,
        report: &mut Report,
        store: &Store,
        roster: &Roster,
        registers: &Registers,
    ) -> anyhow::Result<()> {
        let accounts = || self.accounts.iter().copied();
        // Once round, so that warm is warm.
        lookups::proved(store, roster, accounts(), self.least, || Ok(()))?;
        let paths = lookups::proved(store, roster, accounts(), self.least, || Ok(()))?;
        complete::complete(store, registers, accounts(), self.least, || Ok(()))?;
        let complete = complete::complete(store, registers, accounts(), self.least, || Ok(()))?;
        self.add(report, "lookup", "paths.warm", &paths.gather);
        self.add(report, "lookup", "complete.warm", &complete.gather);
        self.add(report, "verify", "paths", &paths.verify);
        self.add(report, "verify", "complete", &complete.verify);
        Ok(())
    }

    fn cold(
        &self,
        report: &mut Report,
        store: &Store,
        roster: &Roster,
        registers: &Registers,
        folder: &Path,
    ) -> anyhow::Result<()> {
        let few = self.accounts.len() / 5;
        let accounts = || self.accounts.iter().copied().take(few);
        let forget = || machine::forget(folder);
        let paths = lookups::proved(store, roster, accounts(), self.least, forget)?;
        let complete = complete::complete(store, registers, accounts(), self.least, forget)?;
        self.add(report, "lookup", "paths.cold", &paths.gather);
        self.add(report, "lookup", "complete.cold", &complete.gather);
        Ok(())
    }

    /// Statements of these accounts: how large, how long to make and to check.
    fn statements(
        &self,
        report: &mut Report,
        store: &Store,
        issuer: &Issuer,
        registers: &Registers,
    ) -> anyhow::Result<()> {
        let accounts = || self.accounts.iter().copied();
        issuer.state(store, registers, accounts(), self.least)?;
        let stated = issuer.state(store, registers, accounts(), self.least)?;
        self.add(report, "statement", "make", &stated.make);
        self.add(report, "statement", "verify", &stated.verify);
        let of_chains = |chains: usize, bytes: usize, conditions: String| {
            let id = format!("statement.{}.bytes.{chains}", self.name);
            (id, bytes, conditions)
        };
        let projection = issuer.projection(store, registers, stated.bytes)?;
        let measured = format!("measured; {} of them no chains", projection.fixed);
        let grown = "by arithmetic: 3.5e10 entries and 1e8 accounts a chain";
        let sizes = [
            of_chains(projection.chains, stated.bytes, measured),
            of_chains(10, projection.over(10), grown.to_string()),
            of_chains(31, projection.over(31), grown.to_string()),
        ];
        for (id, bytes, conditions) in sizes {
            let bytes = u32::try_from(bytes).context("a statement is small")?;
            report.add(&id, OURS, f64::from(bytes), Unit::Bytes, conditions);
        }
        Ok(())
    }

    fn add(&self, report: &mut Report, what: &str, how: &str, times: &Times) {
        add_times(report, &format!("{what}.{}.{how}", self.name), OURS, times);
    }
}

/// The first records of a file, each by itself.
fn single_records(blocks: &Blocks, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut records = Vec::new();
    for block in blocks.read()? {
        let block = block?;
        let mut rest = block.as_slice();
        while !rest.is_empty() && records.len() < count {
            let (entry, after) = yizhang_ledger::entry::Entry::split_first(
                rest,
                yizhang_ledger::value::LeafIndex(0),
            )?;
            records.push(entry.bytes.to_vec());
            rest = after;
        }
    }
    ensure!(
        records.len() == count,
        "expected {count} records, found {}",
        records.len()
    );
    Ok(records)
}

fn least_large(workload: Workload) -> usize {
    // The stride between their records is rounded down, so there are never fewer.
    usize::try_from(LARGE_RECORDS.min(workload.records / LARGE_ACCOUNTS)).unwrap_or(usize::MAX)
}

fn add_times(report: &mut Report, id: &str, system: &'static str, times: &Times) {
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let conditions = format!("{} tries", times.len());
        report.add(
            &format!("{id}.{name}"),
            system,
            times.quantile(share),
            Unit::Milliseconds,
            conditions,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_the_records_that_they_should() {
        let workload = Workload::new(60_000).unwrap();
        let folder = TempDir::new().unwrap();
        let blocks = workload
            .save(&folder.path().join("blocks"), 7_000, |_| {})
            .unwrap();
        let mut found: BTreeMap<AccountId, usize> = BTreeMap::new();
        for record in single_records(&blocks, 60_000).unwrap() {
            let entry =
                yizhang_ledger::entry::Entry::parse(&record, yizhang_ledger::value::LeafIndex(0))
                    .unwrap();
            for account in yizhang_ledger::record::Record::read(&entry)
                .unwrap()
                .accounts()
            {
                *found.entry(account).or_default() += 1;
            }
        }
        assert!((0..workload.accounts()).all(|number| found[&workload.account(number)] >= 20));
        assert_eq!(found.len() as u64, workload.accounts() + LARGE_ACCOUNTS);
        assert!(
            (0..LARGE_ACCOUNTS)
                .all(|number| found[&workload.large_account(number)] >= least_large(workload))
        );
    }
}
