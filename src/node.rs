//! `yizhang node`: run a node, verify its directory, rebuild its index, ask for its state.

pub(crate) mod access_log;
mod alone;
mod backup;
mod confined;
pub(crate) mod keys;
mod log;
mod register;
mod run;
mod service;
mod shown;

pub(crate) use log::{Log, LogForm};
pub(crate) use register::end_epoch;
pub(crate) use run::starter_gone;

use crate::{
    clock, copies,
    credentials::{self, Credentials},
    exit::{Failure, Outcome},
    files, newer, show,
    usage::WrongValue,
};
use anyhow::Context;
use clap::{Args, Subcommand};
use rust_i18n::t;
use serde::{Deserialize, Serialize};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use yizhang_holder::sign_on::{Description, Provider};
use yizhang_ledger::{
    record::AccessDigest,
    value::{Division, UnixMillis},
};
use yizhang_node::{ReadLimits, RegisterRule, RoomLimits, WarningLimits};
use yizhang_show::status::{
    CertificateStatus, DiskStatus, FloodStatus, NodeStatus, PeerStatus, SignedTwiceStatus,
};
use yizhang_store::{AccessFinding, CheckReport};
use yizhang_wire::{convert, v1::StatusReply};

pub(crate) const CONFIGURATION_FILE: &str = "node.toml";

/// `node.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Division code of the region whose chain the node writes.
    pub(crate) region: u32,
    /// Address and port to listen on.
    pub(crate) listen: SocketAddr,
    /// Data directory, relative to the directory of the node.
    pub(crate) data: PathBuf,
    /// Most MiB of the chain of another region; without it, a quarter of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mirror_mib_max: Option<u64>,
    /// MiB that are kept for the own chain; without it, 2048. With less free the chains of others are fetched no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keep_free_mib: Option<u64>,
    /// How many accounts one certificate may read here.
    #[serde(default, skip_serializing_if = "ReadConfiguration::is_usual")]
    pub(crate) reads: ReadConfiguration,
    /// From how much on something in the access log is a warning.
    #[serde(default, skip_serializing_if = "WarningConfiguration::is_usual")]
    pub(crate) warnings: WarningConfiguration,
    /// One-time codes with which workers open their accounts.
    #[serde(default, skip_serializing_if = "CodeConfiguration::is_usual")]
    pub(crate) codes: CodeConfiguration,
    /// The identity provider of the agency, by which workers may open their accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sign_on: Option<SignOnConfiguration>,
    /// What a second clerk approves before it enters the chain.
    #[serde(default, skip_serializing_if = "ApprovalConfiguration::is_usual")]
    pub(crate) approvals: ApprovalConfiguration,
    /// When a register of the own chain's accounts is written.
    #[serde(default, skip_serializing_if = "RegisterConfiguration::is_usual")]
    pub(crate) registers: RegisterConfiguration,
}

/// The table `codes` of `node.toml`; what is not there is as usual.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeConfiguration {
    /// Whether a code is good only when a second clerk, with a certificate of their own, has approved it.
    #[serde(default)]
    pub(crate) need_approval: bool,
}

impl CodeConfiguration {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// The table `sign_on` of `node.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOnConfiguration {
    /// The issuer that ID tokens name, to the letter.
    issuer: String,
    /// The client that they are for, as the provider calls the portal.
    client_id: String,
    /// The claim with the social-security number.
    claim: String,
    /// File with the provider's keys, a JWK set; relative to the directory of the node.
    keys: PathBuf,
    /// Whether a sign-on lets a key be bound. Without a word it opens the account and no more: whoever has the portal sees every sign-on.
    #[serde(default)]
    may_bind: bool,
}

impl SignOnConfiguration {
    /// The provider, with the keys that lie in a directory.
    fn provider(&self, dir: &Path) -> anyhow::Result<Provider> {
        let path = dir.join(&self.keys);
        let keys = files::read(&path)?;
        let described = Description {
            issuer: &self.issuer,
            client: &self.client_id,
            claim: &self.claim,
            keys: &keys,
        };
        Provider::read(&described).with_context(|| path.display().to_string())
    }
}

/// The table `approvals` of `node.toml`; what is not there is as usual.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalConfiguration {
    /// Whether submissions with corrections, reversals, links of identities or endings of transfers wait for a second clerk.
    #[serde(default)]
    pub(crate) need: bool,
}

impl ApprovalConfiguration {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// The table `registers` of `node.toml`; what is not there is as usual.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterConfiguration {
    /// With so many new entries.
    entries: Option<u64>,
    /// So long after the last, if there are new entries.
    hours: Option<u32>,
}

/// The table `reads` of `node.toml`; what is not there is as usual.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadConfiguration {
    /// In a minute.
    accounts_a_minute: Option<u32>,
    /// In an hour.
    accounts_an_hour: Option<u32>,
    /// In a day of UTC+8.
    accounts_a_day: Option<u32>,
    /// Persons whose pseudonyms are told by their numbers, in a day of UTC+8.
    numbers_a_day: Option<u32>,
}

/// The table `warnings` of `node.toml`; what is not there is as usual.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WarningConfiguration {
    /// The hour of UTC+8 with which the night begins.
    night_from: Option<u8>,
    /// The hour with which it ends.
    night_to: Option<u8>,
    /// Readings without a case in a day.
    no_case_a_day: Option<u32>,
    /// More readings than this in an hour.
    readings_an_hour: Option<u32>,
    /// Lookups in a day that have found nothing.
    nothing_found_a_day: Option<u32>,
    /// Days on which one account is read and no case says why.
    same_account_days: Option<u32>,
    /// Within so many days.
    same_account_within_days: Option<u32>,
}

impl WarningConfiguration {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    fn limits(&self) -> WarningLimits {
        let usual = WarningLimits::USUAL;
        WarningLimits {
            night_from: self.night_from.unwrap_or(usual.night_from),
            night_to: self.night_to.unwrap_or(usual.night_to),
            no_case_a_day: self.no_case_a_day.unwrap_or(usual.no_case_a_day),
            readings_an_hour: self.readings_an_hour.unwrap_or(usual.readings_an_hour),
            nothing_found_a_day: self
                .nothing_found_a_day
                .unwrap_or(usual.nothing_found_a_day),
            same_account_days: self.same_account_days.unwrap_or(usual.same_account_days),
            same_account_within_days: self
                .same_account_within_days
                .unwrap_or(usual.same_account_within_days),
        }
    }
}

/// Least that is kept, in MiB: with nothing kept the disk would be full before anybody says so.
const KEPT_MIB_MIN: u64 = 64;

impl Configuration {
    /// The identity provider of the agency, if there is one.
    fn provider(&self, dir: &Path) -> anyhow::Result<Option<Arc<Provider>>> {
        let provider = self.sign_on.as_ref().map(|table| table.provider(dir));
        Ok(provider.transpose()?.map(Arc::new))
    }

    /// Whether a sign-on lets a key be bound: where the operator says so, and no second clerk is asked for.
    fn sign_on_binds(&self) -> bool {
        let may_bind = self.sign_on.as_ref().is_some_and(|table| table.may_bind);
        may_bind && !self.codes.need_approval
    }

    /// How the disk is shared. More MiB than can be counted are all there can be.
    fn room(&self) -> RoomLimits {
        let bytes = |mib: u64| mib.saturating_mul(1_024 * 1_024);
        let usual = RoomLimits::default();
        RoomLimits {
            mirror_bytes_max: self.mirror_mib_max.map(bytes),
            kept_bytes: self
                .keep_free_mib
                .map_or(usual.kept_bytes, |mib| bytes(mib.max(KEPT_MIB_MIN))),
        }
    }
}

impl RegisterConfiguration {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    fn rule(&self) -> RegisterRule {
        let usual = RegisterRule::default();
        let ms = |hours: u32| u64::from(hours) * 60 * 60 * 1_000;
        RegisterRule {
            entries: self.entries.unwrap_or(usual.entries),
            every_ms: self.hours.map_or(usual.every_ms, ms),
        }
    }
}

impl ReadConfiguration {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    fn limits(&self) -> ReadLimits {
        let usual = ReadLimits::USUAL;
        ReadLimits {
            minute: self.accounts_a_minute.unwrap_or(usual.minute),
            hour: self.accounts_an_hour.unwrap_or(usual.hour),
            day: self.accounts_a_day.unwrap_or(usual.day),
            numbers_day: self.numbers_a_day.unwrap_or(usual.numbers_day),
        }
    }
}

/// What can be done with a node.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a node until it is told to stop (Ctrl-C, SIGTERM, SIGHUP).
    Run(run::RunArguments),
    /// Verify a whole data directory of a node that is not running: what is wrong, and what to do.
    Check(CheckArguments),
    /// Copy what a node holds into a directory, also while it runs; a later backup into the same directory adds what is new.
    Backup(backup::BackupArguments),
    /// Make the data directory of a node from a backup.
    Restore(backup::RestoreArguments),
    /// Delete the index of a node that is not running and make it again from the segments.
    RebuildIndex(RebuildArguments),
    /// List who read what at a node, for what, and what the answer was; also while it runs.
    AccessLog(access_log::Arguments),
    /// Ask a running node for its chains and peers.
    Status(StatusArguments),
    /// Have a running node write the register of its accounts into its chain now, and wait until it stands there.
    Register(register::Arguments),
}

/// Arguments of `node check`.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// Directory of the node.
    #[arg(long)]
    dir: PathBuf,
}

/// Arguments of `node rebuild-index`.
#[derive(Args)]
pub(crate) struct RebuildArguments {
    /// Directory of the node.
    #[arg(long)]
    dir: PathBuf,
}

/// Arguments of `node status`.
#[derive(Args)]
pub(crate) struct StatusArguments {
    /// Region of the node to ask.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of credentials, for instance that of an agency.
    #[arg(long)]
    credentials: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Reads a region on the command line.
pub(crate) fn parse_region(text: &str) -> Result<Division, WrongValue> {
    Division::parse(text).ok_or_else(|| WrongValue(t!("argument.region").to_string()))
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Run(arguments) => run::serve(arguments),
        Command::Check(arguments) => check(&arguments.dir),
        Command::Backup(arguments) => backup::back_up(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::RebuildIndex(arguments) => rebuild_index(&arguments.dir),
        Command::AccessLog(arguments) => access_log::run(arguments),
        Command::Status(arguments) => status(arguments),
        Command::Register(arguments) => register::run(arguments),
    }
}

/// Arguments that are wrong only together with what the program finds.
fn refuse_arguments(text: &str) -> anyhow::Error {
    Failure::Arguments(text.to_string()).into()
}

pub(crate) fn configuration(dir: &Path) -> anyhow::Result<Configuration> {
    let path = dir.join(CONFIGURATION_FILE);
    toml::from_str(&files::read_text(&path)?).with_context(|| path.display().to_string())
}

pub(crate) fn data_directory(dir: &Path) -> anyhow::Result<PathBuf> {
    Ok(dir.join(configuration(dir)?.data))
}

fn check(dir: &Path) -> anyhow::Result<Outcome> {
    let data = data_directory(dir)?;
    let bar = show::progress::bytes(&t!("node.checking"));
    let report = yizhang_store::check(&data, &|progress| {
        bar.advance(
            progress.origin.region(),
            progress.bytes,
            progress.bytes_total,
        );
    });
    bar.finish();
    let report = report
        .map_err(|error| anyhow::Error::msg(show::damage::store(&error)))
        .with_context(|| data.display().to_string())?;
    show::store::check_report(&report);
    let own = own_roots(dir, &report)?;
    let access = yizhang_store::check_access(&data, &own, clock::today())
        .map_err(|error| anyhow::Error::msg(show::damage::store(&error)))?;
    show::store::access_report(&access);
    let is_traced = !access.findings.iter().any(AccessFinding::is_damage);
    let accusations = accusations(dir, &data)?;
    for finding in &accusations {
        println!("{}", show::finding::line(finding));
    }
    if !accusations.is_empty() {
        println!("  {}", t!("node.quarantined"));
    }
    let losses = losses(dir, &data, &report)?;
    for finding in &losses {
        println!("{}", show::finding::line(finding));
    }
    Ok(
        if report.is_sound() && is_traced && accusations.is_empty() && losses.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Findings
        },
    )
}

/// The roots of the access log in the node's own chain.
fn own_roots(dir: &Path, report: &CheckReport) -> anyhow::Result<Vec<AccessDigest>> {
    let region = Division::new(configuration(dir)?.region);
    let own = report
        .access_digests
        .iter()
        .filter(|(origin, _)| Some(origin.region()) == region);
    Ok(own.map(|(_, digest)| *digest).collect())
}

/// What the journal of a node says against chains, checked against the roster in its directory.
fn accusations(dir: &Path, data: &Path) -> anyhow::Result<Vec<yizhang_audit::Finding>> {
    let roster = credentials::read_roster(dir)?.roster;
    let mut findings = yizhang_audit::accusations(data, &roster);
    findings.retain(|finding| finding.severity != yizhang_audit::Severity::Note);
    Ok(findings)
}

/// What the journal of a node has of signed heads beyond what its files hold.
fn losses(
    dir: &Path,
    data: &Path,
    report: &CheckReport,
) -> anyhow::Result<Vec<yizhang_audit::Finding>> {
    let roster = credentials::read_roster(dir)?.roster;
    let chains = report.chains.iter();
    let held: Vec<_> = chains
        .map(|chain| (chain.origin.clone(), chain.size))
        .collect();
    let own = Division::new(configuration(dir)?.region);
    Ok(yizhang_audit::losses(data, &roster, own, &held))
}

fn rebuild_index(dir: &Path) -> anyhow::Result<Outcome> {
    let data = data_directory(dir)?;
    let bar = show::progress::bytes(&t!("node.rebuilding"));
    let report = yizhang_store::rebuild_index(&data, &|progress| {
        bar.advance(
            progress.origin.region(),
            progress.bytes,
            progress.bytes_total,
        );
    });
    bar.finish();
    let report = report
        .map_err(|error| anyhow::Error::msg(show::damage::store(&error)))
        .with_context(|| data.display().to_string())?;
    show::store::rebuild_report(&report);
    Ok(Outcome::Clean)
}

fn status(arguments: &StatusArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let reply = runtime.block_on(copies::status(&credentials, arguments.node))?;
    let status = told(reply);
    if arguments.json {
        let json = serde_json::to_string_pretty(&show::status::json(&status))?;
        println!("{}", show::printable_json(&json));
    } else {
        show::status::table_of(&status);
    }
    Ok(if status.needs_somebody() {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// A node's status as it is shown.
pub(crate) fn told(reply: StatusReply) -> NodeStatus {
    let roster = newer::version_of(&reply);
    let cosigning = copies::cosigning(&reply);
    let peers = reply.peers.into_iter().map(|peer| PeerStatus {
        region: show::printable(&peer.region),
        connected: peer.connected,
        holds: peer.holds,
        secrets: show::printable(&peer.secrets),
        roster: peer.roster,
        other_roster: peer.other_roster,
    });
    let floods = reply.floods.into_iter().map(|flood| FloodStatus {
        region: show::printable(&flood.region),
        goes_on: flood.goes_on,
        noticed: UnixMillis(flood.noticed_ms),
    });
    let certificates = reply.certificates.into_iter();
    let certificates = certificates.map(|certificate| CertificateStatus {
        name: show::printable(&certificate.name),
        until: UnixMillis(certificate.until_ms),
        ending: certificate.ending,
    });
    let twice = reply.rosters_signed_twice.iter();
    let twice = twice.filter_map(|twice| {
        Some(SignedTwiceStatus {
            version: twice.version,
            held: convert::digest(&twice.held).ok()?.to_string(),
            other: convert::digest(&twice.other).ok()?.to_string(),
        })
    });
    let twice: Vec<_> = twice.collect();
    let checks = reply.secret_checks.iter();
    // What is no digest tells nothing.
    let checks = checks.filter_map(|check| convert::digest(check).ok());
    let checks = checks.map(|check| check.to_string());
    NodeStatus {
        own_origin: show::printable(&reply.own_origin),
        ready: reply.ready,
        not_ready_reason: show::printable(&reply.not_ready_reason),
        not_ready_code: show::printable(&reply.not_ready_code),
        at: UnixMillis(reply.at_ms),
        unshared_ms: reply.unshared_ms,
        scrubbed: (reply.scrubbed_ms > 0).then_some(UnixMillis(reply.scrubbed_ms)),
        chains: yizhang_client::copies(reply.chains),
        peers: peers.collect(),
        forged_evidence: reply.forged_evidence,
        rosters_signed_twice: twice,
        room_code: show::printable(&reply.room_code),
        floods: floods.collect(),
        clock_off_ms: reply.clock_off_ms,
        secret_checks: checks.collect(),
        secret_written: reply.secret_written,
        cosigning,
        roster,
        certificates: certificates.collect(),
        disk: (reply.disk_size_bytes > 0).then_some(DiskStatus {
            free_bytes: reply.disk_free_bytes,
            size_bytes: reply.disk_size_bytes,
        }),
    }
}
