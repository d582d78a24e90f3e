//! `yizhang audit`: replay whole chains from a data directory or from nodes.

use crate::{
    clock, connection, copies,
    credentials::{self, Credentials},
    exit::{Failure, Outcome},
    files, newer,
    node::parse_region,
    purpose::{PersonArgument, parse_visible},
    show,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::mpsc,
};
use tonic::Status;
use yizhang_audit::{
    Contradiction, Finding, Options, Progress, Report, ResumeFile, RosterName, accusation,
    audit_directory, audit_stream, compare, compare_registers,
};
use yizhang_ledger::{head::Origin, roster::Roster, value::Division};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{self, BATCH_SILENCE_MAX, STREAM_START_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{ReplayRequest, StatusReply, ledger_client::LedgerClient},
};

/// Batches read ahead of the replay: 12 MiB at most.
const READ_AHEAD_BATCHES: usize = 4;

/// Arguments of `audit`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Directory of a node whose files are replayed, running or not; repeat to compare several.
    #[arg(long, required_unless_present = "node")]
    pub(crate) dir: Vec<PathBuf>,
    /// Region of a node whose chains are replayed over the network; repeat to compare several.
    #[arg(long, value_parser = parse_region)]
    pub(crate) node: Vec<Division>,
    /// Directory of credentials, for instance the auditor's: whose signatures count, and for nodes who is asking.
    #[arg(long)]
    pub(crate) credentials: PathBuf,
    /// Number of the mandate under which nodes are audited; they write it down. Required with --node.
    #[arg(long = "case", value_name = "NUMBER", value_parser = parse_visible)]
    pub(crate) case_number: Option<String>,
    #[command(flatten)]
    pub(crate) person: PersonArgument,
    /// File that keeps progress, so that an interrupted audit goes on and a later one reads only what is new. For a single
    /// source.
    #[arg(long)]
    pub(crate) resume: Option<PathBuf>,
    /// Write the report as JSON to this file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let sources = arguments.dir.len() + arguments.node.len();
    anyhow::ensure!(
        arguments.resume.is_none() || sources == 1,
        "{}",
        t!("audit.resume_single")
    );
    let roster = credentials::read_roster(&arguments.credentials)?.roster;
    let options = Options {
        run: run_name(),
        resume: arguments.resume.clone(),
        ..Options::default()
    };
    let mut reports = Vec::new();
    for dir in &arguments.dir {
        reports.push(directory(dir, &roster, &options)?);
    }
    if !arguments.node.is_empty() {
        let mandate = mandate(arguments)?;
        for region in &arguments.node {
            let credentials = &arguments.credentials;
            reports.push(node(credentials, *region, &mandate, &options)?);
        }
    }
    let differences = compare(&reports);
    show::audit::print(&reports, &differences);
    show::audit::ahead(&reports, clock::now());
    if let Some(path) = &arguments.json {
        write_json(path, &reports, &differences)?;
    }
    Ok(outcome(&reports, &differences))
}

/// What nodes are told for which whole chains are read.
fn mandate(arguments: &Arguments) -> anyhow::Result<Purpose> {
    let Some(case) = &arguments.case_number else {
        return Err(Failure::Arguments(t!("audit.no_mandate").to_string()).into());
    };
    arguments.person.reads_for(Business::Audit, case)
}

/// Clean only if every report is and none contradicts another.
pub(crate) fn outcome(reports: &[Report], differences: &[Finding]) -> Outcome {
    let grave = |finding: &Finding| finding.severity != yizhang_audit::Severity::Note;
    if reports.iter().all(Report::is_clean) && !differences.iter().any(grave) {
        Outcome::Clean
    } else {
        Outcome::Findings
    }
}

/// The time of this run, by which the report names it.
fn run_name() -> String {
    let now = i64::try_from(clock::now().0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(now).map_or_else(|_| now.to_string(), |time| time.to_string())
}

/// Replays the files of a node. The directory may be the node's own (with `node.toml`) or its data directory.
pub(crate) fn directory(dir: &Path, roster: &Roster, options: &Options) -> anyhow::Result<Report> {
    let data = crate::node::data_directory(dir).unwrap_or_else(|_| dir.to_path_buf());
    let bar = show::progress::bytes(&t!("audit.replaying", source = dir.display()));
    // A data directory alone does not say whose it is.
    let configuration = crate::node::configuration(dir).ok();
    let own = configuration.and_then(|configuration| Division::new(configuration.region));
    let options = Options {
        own,
        ..options.clone()
    };
    let report = audit_directory(&data, roster, &options, &|progress: &Progress| {
        bar.advance(progress.region, progress.bytes, progress.total_bytes);
        ControlFlow::Continue(())
    });
    bar.finish();
    report.with_context(|| data.display().to_string())
}

/// Replays every chain that a node serves.
pub(crate) fn node(
    credentials: &Path,
    region: Division,
    mandate: &Purpose,
    options: &Options,
) -> anyhow::Result<Report> {
    let credentials = Credentials::read(credentials)?;
    let source = credentials.region(region)?.endpoint.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let status = runtime.block_on(copies::status(&credentials, region))?;
    let version = newer::version_of(&status);
    let roster = &runtime.block_on(newer::roster_for(&credentials, region, version))?;
    let resume = options
        .resume
        .as_ref()
        .map(|path| ResumeFile::open(path, &source, roster))
        .transpose()?;
    let bar = show::progress::bytes(&t!("audit.replaying", source = region));
    let mut chains = Vec::new();
    for origin in roster.origins() {
        let from = resume.as_ref().map_or(0, |resume| resume.size(origin).0);
        let request = ReplayRequest {
            origin: origin.to_string(),
            from,
            purpose: Some(mandate.message()),
        };
        let batches = stream(&runtime, &credentials, region, request.clone())?;
        let mut report = audit_stream(
            origin,
            batches,
            roster,
            options,
            resume.as_ref(),
            &|progress: &Progress| {
                bar.advance(progress.region, progress.bytes, 0);
                ControlFlow::Continue(())
            },
        )?;
        if !report.registers.is_empty() {
            let whole = ReplayRequest { from: 0, ..request };
            let again = stream(&runtime, &credentials, region, whole)?;
            let batches = again.map(|pair| pair.map(|(batch, _head)| batch));
            compare_registers(&mut report, batches, &|| ControlFlow::Continue(()))?;
        }
        chains.push(report);
    }
    bar.finish();
    // What it says now, after it was asked for everything.
    let status = runtime.block_on(copies::status(&credentials, region))?;
    let findings = accusations(&status, roster);
    Ok(Report::new(
        source,
        RosterName::of(roster),
        chains,
        findings,
    ))
}

/// What a node says against the chains that it holds: evidence that anybody can check, and its word for the others that it
/// has quarantined.
fn accusations(status: &StatusReply, roster: &Roster) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for pair in &status.evidence {
        let shown = Contradiction {
            closes: true,
            held: pair.first.to_vec(),
            other: pair.second.to_vec(),
            beginning: pair
                .beginning
                .as_ref()
                .and_then(|beginning| convert::beginning(beginning).ok()),
        };
        findings.extend(accusation(&shown, roster).filter(|finding| !findings.contains(finding)));
    }
    for chain in status.chains.iter().filter(|chain| chain.quarantined) {
        let Some(origin) = Origin::parse(&chain.origin) else {
            continue;
        };
        let region = origin.region().to_string();
        let is_named = |finding: &Finding| finding.place.region.as_deref() == Some(&region);
        if !findings.iter().any(is_named) {
            findings.push(Finding::quarantined(
                origin.region(),
                chain.quarantined_from,
            ));
        }
    }
    findings
}

/// The bytes of a batch and its signed head.
type SignedBatch = (Vec<u8>, Vec<u8>);

/// The batches of a chain as a node sends them, for a thread that may wait.
fn stream(
    runtime: &tokio::runtime::Runtime,
    credentials: &Credentials,
    region: Division,
    request: ReplayRequest,
) -> anyhow::Result<impl Iterator<Item = Result<SignedBatch, String>> + use<>> {
    // A connection belongs to the runtime that it is made in.
    let _entered = runtime.enter();
    let channel = connection::to_node(credentials, region)?;
    let (sender, receiver) = mpsc::sync_channel(READ_AHEAD_BATCHES);
    let mut client = LedgerClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    // A node that cannot be reached or has no time is no finding about its chains.
    let mut stream = runtime
        .block_on(within(STREAM_START_TIMEOUT, client.replay(request)))
        .map_err(|status| connection::failure(region, &status))?;
    runtime.spawn(async move {
        loop {
            match deadline::next(&mut stream, BATCH_SILENCE_MAX).await {
                Ok(Some(batch)) => {
                    let pair = (batch.batch.into(), batch.head.into());
                    if tokio::task::block_in_place(|| sender.send(Ok(pair))).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(status) => return deliver(&sender, Err(status)),
            }
        }
    });
    Ok(receiver
        .into_iter()
        .map(|pair: Result<_, Status>| pair.map_err(|status| show::printable(status.message()))))
}

fn deliver(
    sender: &mpsc::SyncSender<Result<SignedBatch, Status>>,
    pair: Result<SignedBatch, Status>,
) {
    // The replay may have ended already.
    let _ = tokio::task::block_in_place(|| sender.send(pair));
}

fn write_json(path: &Path, reports: &[Report], differences: &[Finding]) -> anyhow::Result<()> {
    let json = serde_json::json!({ "format": "yizhang-audits/1", "reports": reports, "differences": differences });
    files::replace(path, &serde_json::to_vec_pretty(&json)?)
}
