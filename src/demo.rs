//! `yizhang demo`: a small federation of real nodes, fed real files, in under a minute.
//!
//! Every node is a process of its own; everything that is done here can be done by hand with the other commands.

mod portal;
mod statement;
mod tamper;

use crate::{
    agency::{self, FormArguments, Rows},
    audit, clock, connection,
    credentials::{self, Credentials},
    exit::Outcome,
    federation::{self, InitArguments, RegionArgument},
    node,
    pseudonyms::NodePseudonyms,
    purpose::PersonArgument,
    secrets, show,
    signals::StopSignals,
    worker,
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use rust_i18n::t;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use yizhang_intake::{FaultyRows, sample::P1_NUMBER};
use yizhang_ledger::{
    person::SocialSecurityNumber,
    value::{Day, Division},
};
use yizhang_show::account::Answer;
use yizhang_wire::{
    deadline::{STATUS_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{StatusReply, StatusRequest, ledger_client::LedgerClient, lookup_request::Worker},
};

/// The regions of the demonstration and the file that each agency imports: a form of its own each.
const FILES: [(u32, &str, &[u8]); 4] = [
    (
        110_000,
        "110000.csv",
        include_bytes!("sample_files/demo/110000.csv"),
    ),
    (
        330_000,
        "330000.csv",
        include_bytes!("sample_files/demo/330000.csv"),
    ),
    (
        440_000,
        "440000.csv",
        include_bytes!("sample_files/demo/440000.csv"),
    ),
    (
        520_000,
        "520000.jsonl",
        include_bytes!("sample_files/demo/520000.jsonl"),
    ),
];
/// What an agency has stated about the rider: household, month of birth, class of retirement.
const FACTS: (u32, &str, &[u8]) = (
    520_000,
    "520000-facts.csv",
    include_bytes!("sample_files/demo/520000-facts.csv"),
);
/// Example values for Guizhou, which has published none that the program brings: without them the rider's pension cannot
/// be computed.
const RULES: (&str, &str) = (
    "example.toml",
    include_str!("sample_files/demo/rules/example.toml"),
);
/// The files of the demonstration with their regions, and the example rules: for whoever shows the rider without a node.
pub(crate) fn sample_files() -> impl Iterator<Item = (u32, &'static [u8])> {
    FILES
        .iter()
        .chain([&FACTS])
        .map(|(region, _, content)| (*region, *content))
}

/// The example rules.
pub(crate) const EXAMPLE_RULES: &str = RULES.1;

/// Directory of the rule files, in that of the demonstration.
const RULES_DIR: &str = "rules";
/// The two nodes that are asked for the account: one where the worker is, one at home.
const ASKED: [u32; 2] = [110_000, 520_000];
/// The region whose agency tries to change what it has signed, once all is done.
const FORGER: u32 = 520_000;
/// The day for which the account is shown: that of the domain's worked example.
const AS_OF: u32 = 20_261_031;
/// How long nodes may take to be ready, or to hold all chains.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often that is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long nodes may take to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Arguments of `demo`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Keep everything in this directory (made if it is not there, empty if it is), and leave the nodes running until
    /// Ctrl-C.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Say how the federation is set up while it is, and not after the page.
    #[arg(long)]
    verbose: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let start = clock::now();
    let scratch = tempfile::tempdir()?;
    let dir = arguments
        .keep
        .clone()
        .unwrap_or_else(|| scratch.path().join("demo"));
    let details = if arguments.verbose {
        Details::AsTheyHappen
    } else {
        Details::AfterThePage
    };
    if details == Details::AfterThePage {
        println!("{}", t!("demo.soon", nodes = FILES.len()));
    }
    let mut demo = Demo::found(&dir, details)?;
    demo.is_kept = arguments.keep.is_some();
    demo.start()?;
    demo.import()?;
    demo.wait_for_replication()?;
    let answer = demo.show_account()?;
    demo.carry_away(&answer)?;
    demo.say_details();
    let outcome = demo.audit()?;
    demo.tamper()?;
    if demo.is_kept {
        demo.invite()?;
    }
    demo.stop()?;
    println!(
        "{}",
        t!(
            "demo.done",
            seconds = seconds(clock::now().0.saturating_sub(start.0))
        )
    );
    Ok(outcome)
}

/// Milliseconds as seconds with one decimal.
fn seconds(millis: u64) -> String {
    format!("{}.{}", millis / 1_000, millis % 1_000 / 100)
}

/// A line before each step: what happens now, and why.
fn step(text: &str) {
    println!("\n{text}");
}

/// When it is said how the federation was set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Details {
    AsTheyHappen,
    /// First what it is for.
    AfterThePage,
}

/// The federation and its running nodes.
struct Demo {
    dir: PathBuf,
    nodes: Vec<Child>,
    details: Details,
    /// Whether its files and nodes outlive it.
    is_kept: bool,
    /// Lines that are said after the page.
    kept: Vec<String>,
}

/// Nodes do not outlive the demonstration, however it ends.
impl Drop for Demo {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            // It may have ended already.
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

/// What a node of a few records keeps for its own chain, in MiB: the demo also runs on a disk that is nearly full.
const KEEP_FREE_MIB: u64 = 64;

fn prepare_node(dir: &Path) -> anyhow::Result<()> {
    let mut configuration = node::configuration(dir)?;
    configuration.keep_free_mib = Some(KEEP_FREE_MIB);
    // One clerk shows everything.
    configuration.approvals.need = false;
    let path = dir.join(node::CONFIGURATION_FILE);
    fs::write(path, toml::to_string(&configuration)?)?;
    Ok(())
}

impl Demo {
    fn found(dir: &Path, details: Details) -> anyhow::Result<Self> {
        let mut demo = Self {
            dir: dir.to_path_buf(),
            nodes: Vec::new(),
            details,
            is_kept: false,
            kept: Vec::new(),
        };
        demo.detail(&t!("demo.found", dir = dir.display()));
        // All held at once, so that each gets a port of its own; the nodes take them over.
        let ports = FILES.map(|_| TcpListener::bind("127.0.0.1:0"));
        let mut regions = Vec::new();
        for ((region, ..), port) in FILES.iter().zip(ports) {
            let address = port?.local_addr()?;
            regions.push(RegionArgument {
                code: division(*region)?,
                host: address.ip().to_string(),
                port: address.port(),
            });
        }
        federation::init(&InitArguments {
            dir: dir.to_path_buf(),
            name: "demo.yizhang".into(),
            regions,
        })?;
        for (region, ..) in FILES {
            prepare_node(&dir.join(region.to_string()))?;
        }
        let (name, text) = RULES;
        let rules = dir.join(RULES_DIR);
        fs::create_dir(&rules)?;
        fs::write(rules.join(name), text)?;
        Ok(demo)
    }

    /// Says how the federation is set up: now, or after the page.
    fn detail(&mut self, text: &str) {
        match self.details {
            Details::AsTheyHappen => println!("{text}"),
            Details::AfterThePage => self.kept.push(text.to_string()),
        }
    }

    /// Says what has been kept.
    fn say_details(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        if !kept.is_empty() {
            step(&t!("demo.details"));
        }
        for line in kept {
            println!("  {line}");
        }
    }

    fn start(&mut self) -> anyhow::Result<()> {
        self.detail(&t!("demo.start"));
        let program = std::env::current_exe()?;
        for (region, ..) in FILES {
            let dir = self.dir.join(region.to_string());
            let log = fs::File::create(dir.join("node.log"))?;
            let node = Command::new(&program)
                .args(["node", "run", "--dir"])
                .arg(&dir)
                .arg("--rules")
                .arg(self.dir.join(RULES_DIR))
                // Held until the end, however this process ends; then the nodes end, too.
                .arg("--end-with-input")
                .stdin(Stdio::piped())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()?;
            self.nodes.push(node);
        }
        self.wait(&t!("demo.waiting_ready"), |statuses| {
            statuses.iter().all(|status| status.ready)
        })?;
        for (region, ..) in FILES {
            let region = show::place::name(division(region)?);
            self.detail(&t!("demo.ready", region = region));
        }
        Ok(())
    }

    fn import(&mut self) -> anyhow::Result<()> {
        self.detail(&t!("demo.import"));
        let files = self.dir.join("files");
        fs::create_dir(&files)?;
        for (region, name, content) in FILES.into_iter().chain([FACTS]) {
            let file = files.join(name);
            fs::write(&file, content)?;
            let node = division(region)?;
            let intake = agency::open(&file, node, &FormArguments::default())?;
            let summary = agency::check(&intake, &files.join(format!("{name}.errors")))?;
            ensure!(
                summary.faulty == 0,
                "{}",
                t!("demo.faulty", file = name, rows = summary.faulty)
            );
            let credentials = Credentials::read(&self.agency(region))?;
            let rows = Rows {
                credentials: &credentials,
                node,
                intake: &intake,
                pseudonyms: &NodePseudonyms::for_import(&credentials, node, &person())?,
                faulty: FaultyRows::Refuse,
                count: summary.valid,
            };
            let imported = agency::send(&rows, None, &|_| {})?;
            self.detail(&t!(
                "demo.imported",
                region = show::place::name(node),
                form = show::import::form(&intake),
                records = imported.imported.records
            ));
        }
        Ok(())
    }

    fn wait_for_replication(&mut self) -> anyhow::Result<()> {
        self.detail(&t!("demo.replicate"));
        self.wait(&t!("demo.waiting_replicated"), |statuses| {
            let sizes = |status: &StatusReply| {
                status
                    .chains
                    .iter()
                    .map(|chain| chain.size)
                    .collect::<Vec<_>>()
            };
            let own = |status: &StatusReply| {
                let own = status
                    .chains
                    .iter()
                    .find(|chain| chain.origin == status.own_origin);
                own.is_some_and(|chain| chain.size > 0)
            };
            statuses.iter().all(own)
                && statuses
                    .windows(2)
                    .all(|pair| sizes(&pair[0]) == sizes(&pair[1]))
        })?;
        self.detail(&t!("demo.replicated", nodes = FILES.len()));
        Ok(())
    }

    /// Shows the rider's account, as two nodes give it alike.
    fn show_account(&self) -> anyhow::Result<Answer> {
        step(&t!("demo.account"));
        let [here, there] = ASKED;
        let (first, second) = (self.ask(here)?, self.ask(there)?);
        show::account::print(&first);
        println!("\n  {}", t!("demo.example_values"));
        ensure!(first.json == second.json, "{}", t!("demo.different"));
        for region in ASKED {
            println!(
                "  {}",
                t!(
                    "demo.digest",
                    region = show::place::name(division(region)?),
                    digest = first.digest
                )
            );
        }
        println!("  {}", t!("demo.same"));
        Ok(first)
    }

    /// Asks a node for the account, with proofs, and checks them here.
    fn ask(&self, region: u32) -> anyhow::Result<Answer> {
        let credentials = Credentials::read(&self.agency(region))?;
        let as_of = Day::new(AS_OF).context("a day of the calendar")?;
        let rules = self.dir.join(RULES_DIR);
        let policy = crate::rules::policy(Some(&rules))?;
        let worker = Worker::Number(P1_NUMBER.to_string());
        let question = worker::Question {
            worker,
            purpose: reads_for(Business::Inquiry)?,
            as_of,
            proofs: true,
            policy: &policy,
            rules: Some(&rules),
        };
        runtime()?.block_on(worker::ask(&credentials, division(region)?, question))
    }

    fn audit(&self) -> anyhow::Result<Outcome> {
        step(&t!("demo.audit"));
        let auditor = self.dir.join("auditor");
        let options = yizhang_audit::Options::default();
        let mandate = reads_for(Business::Audit)?;
        let audit_of = |region| audit::node(&auditor, region, &mandate, &options);
        let reports = FILES
            .iter()
            .map(|(region, ..)| audit_of(division(*region)?))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let differences = yizhang_audit::compare(&reports);
        for (report, (region, ..)) in reports.iter().zip(FILES) {
            let key = if report.is_clean() {
                "demo.audited"
            } else {
                "demo.audit_failed"
            };
            let (chains, records) = (report.totals.chains, report.totals.records);
            println!(
                "  {}",
                t!(
                    key,
                    region = show::place::name(division(region)?),
                    chains = chains,
                    records = records
                )
            );
        }
        let outcome = audit::outcome(&reports, &differences);
        if outcome == Outcome::Findings {
            show::audit::print(&reports, &differences);
        }
        Ok(outcome)
    }

    /// Changes history in two ways, each in a copy of its own, and shows how it is found out.
    fn tamper(&self) -> anyhow::Result<()> {
        step(&t!("demo.tamper"));
        let auditor = self.dir.join("auditor");
        let secret = secrets::read(&self.dir.join(FORGER.to_string()))?;
        let number = SocialSecurityNumber::parse(P1_NUMBER)
            .map_err(|fault| anyhow::anyhow!(show::fault::number(fault)))?;
        let scene = tamper::Scene {
            node: self.dir.join(FORGER.to_string()),
            copies: self.dir.join("tampered"),
            region: division(FORGER)?,
            rider: secret.account_id(&number),
            roster: credentials::read_roster(&auditor)?.roster,
        };
        let honest = audit::node(
            &auditor,
            scene.region,
            &reads_for(Business::Audit)?,
            &yizhang_audit::Options::default(),
        )?;
        tamper::flip_a_byte(&scene)?;
        tamper::sign_a_second_history(&scene, honest)
    }

    /// Leaves the nodes running and says what can be tried.
    fn invite(&mut self) -> anyhow::Result<()> {
        let [here, _] = ASKED;
        let runtime = runtime()?;
        let mut stop = {
            let _entered = runtime.enter();
            StopSignals::listen()?
        };
        let door = self.open_the_door()?;
        println!("\n{}", t!("demo.door", site = door.site, code = door.code));
        println!(
            "\n{}",
            t!(
                "demo.keep",
                dir = self.dir.display(),
                node = here,
                number = P1_NUMBER
            )
        );
        runtime.block_on(stop.asked());
        Ok(())
    }

    fn stop(mut self) -> anyhow::Result<()> {
        step(&t!("demo.stop"));
        for node in &self.nodes {
            let id = rustix::process::Pid::from_child(node);
            // After Ctrl-C the nodes have had the signal already and may be gone.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let start = Instant::now();
        while let Some(mut node) = self.nodes.pop() {
            let status = loop {
                match node.try_wait()? {
                    Some(status) => break status,
                    None if start.elapsed() > STOP_PATIENCE => bail!("{}", t!("demo.stuck")),
                    None => sleep(GLANCE),
                }
            };
            ensure!(status.success(), "{}", t!("demo.failed", status = status));
        }
        println!("  {}", t!("demo.stopped"));
        Ok(())
    }

    fn agency(&self, region: u32) -> PathBuf {
        self.dir.join(region.to_string()).join("agency")
    }

    /// Waits until the states of all nodes are as wanted.
    fn wait(&self, what: &str, wanted: impl Fn(&[StatusReply]) -> bool) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let statuses = FILES
                .iter()
                .map(|(region, ..)| self.status(*region))
                .collect::<anyhow::Result<Vec<_>>>()?;
            // A node that does not answer yet has no status.
            let answered: Vec<StatusReply> = statuses.into_iter().flatten().collect();
            if answered.len() == FILES.len() && wanted(&answered) {
                return Ok(());
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "{}",
                t!("demo.impatient", what = what, dir = self.dir.display())
            );
            sleep(GLANCE);
        }
    }

    fn status(&self, region: u32) -> anyhow::Result<Option<StatusReply>> {
        let credentials = Credentials::read(&self.agency(region))?;
        runtime()?.block_on(async {
            let mut client =
                LedgerClient::new(connection::to_node(&credentials, division(region)?)?);
            Ok(within(STATUS_TIMEOUT, client.status(StatusRequest {}))
                .await
                .ok())
        })
    }
}

/// Whoever runs the demonstration.
fn person() -> PersonArgument {
    PersonArgument {
        person: "demo".to_string(),
    }
}

/// For what the demonstration reads.
fn reads_for(business: Business) -> anyhow::Result<Purpose> {
    person().reads_for(business, "DEMO-1")
}

fn division(code: u32) -> anyhow::Result<Division> {
    Division::new(code).context("a region of the demonstration has six digits")
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}
