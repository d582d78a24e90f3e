//! `yizhang evidence`: what a node has against chains of which two histories were signed, to be read and carried away.

use crate::{
    connection,
    credentials::{self, Credentials},
    exit::Outcome,
    files,
    node::parse_region,
};
use anyhow::Context;
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{note::Note, roster::Roster, value::Division};
use yizhang_node::SignedTwice;
use yizhang_show::verdict;
use yizhang_statement::ForkEvidence;
use yizhang_wire::{
    deadline::{STATUS_TIMEOUT, within},
    v1::{self, EvidenceReply, EvidenceRequest, ledger_client::LedgerClient},
};

/// What can be done with evidence.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List what a node knows of chains with two signed histories, each checked here.
    List(ListArguments),
    /// Write a file for each, which convinces anybody who has the roster.
    Export(ExportArguments),
}

/// Arguments of `evidence list`.
#[derive(Args)]
pub(crate) struct ListArguments {
    /// Region of the node to ask.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of credentials.
    #[arg(long)]
    credentials: PathBuf,
}

/// Arguments of `evidence export`.
#[derive(Args)]
pub(crate) struct ExportArguments {
    /// Region of the node to ask.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of credentials.
    #[arg(long)]
    credentials: PathBuf,
    /// Directory for the files; made if it is missing.
    #[arg(short, long)]
    out: PathBuf,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::List(arguments) => list(arguments),
        Command::Export(arguments) => export(arguments),
    }
}

fn ask(credentials: &Credentials, node: Division) -> anyhow::Result<EvidenceReply> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut client = LedgerClient::new(connection::to_node(credentials, node)?);
        within(STATUS_TIMEOUT, client.evidence(EvidenceRequest {}))
            .await
            .map_err(|status| connection::failure(node, &status))
    })
}

/// Lists evidence; exit code 1 if there is any.
fn list(arguments: &ListArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let reply = ask(&credentials, arguments.node)?;
    for file in &reply.files {
        let fork = ForkEvidence::parse(file)?.verify(&credentials.roster)?;
        println!("{}", verdict::fork_line(&fork));
    }
    if reply.untied > 0 {
        println!("{}", t!("evidence.untied", count = reply.untied));
    }
    list_rosters(&credentials, &reply.rosters)?;
    if reply.files.is_empty() && reply.untied == 0 && reply.rosters.is_empty() {
        println!("{}", t!("evidence.none"));
        return Ok(Outcome::Clean);
    }
    Ok(Outcome::Findings)
}

/// Lists versions of the roster of which the root keys have signed two, as the versions of a directory show it.
fn list_rosters(credentials: &Credentials, pairs: &[v1::SignedTwice]) -> anyhow::Result<()> {
    let versions = credentials::read_roster(&credentials.directory)?.versions;
    for pair in pairs {
        if let Some(SignedTwice {
            version,
            held,
            other,
        }) = versions.contradict(&pair.held, &pair.other)
        {
            println!(
                "{}",
                t!(
                    "evidence.rosters",
                    version = version,
                    held = held,
                    other = other
                )
            );
        } else {
            println!("{}", t!("evidence.rosters_unknown", version = pair.version));
        }
    }
    Ok(())
}

/// The hash by which the next version would name the roster in a note.
fn hash_of(note: &[u8]) -> anyhow::Result<String> {
    Ok(Roster::parse(Note::parse(note)?.text)?.hash().to_string())
}

/// Writes the two notes of each version of the roster of which the root keys have signed two.
fn export_rosters(pairs: &[v1::SignedTwice], out: &Path) -> anyhow::Result<()> {
    for pair in pairs {
        for note in [&pair.held, &pair.other] {
            let start: String = hash_of(note)?.chars().take(8).collect();
            let path = out.join(format!("roster-{}-{start}.note", pair.version));
            files::replace_public(&path, note)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// Writes the files. One that is there already and says the same stays.
fn export(arguments: &ExportArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let reply = ask(&credentials, arguments.node)?;
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    for file in &reply.files {
        let fork = ForkEvidence::parse(file)?.verify(&credentials.roster)?;
        let (region, size) = (fork.origin.region(), fork.size);
        let start = fork
            .roots
            .map(|root| root.to_string().chars().take(8).collect::<String>());
        let name = format!("{region}-{size}-{}.evidence", start.join("-"));
        let path = arguments.out.join(name);
        files::replace_public(&path, file)?;
        println!("{}", path.display());
    }
    export_rosters(&reply.rosters, &arguments.out)?;
    if reply.untied > 0 {
        println!("{}", t!("evidence.untied", count = reply.untied));
    }
    Ok(Outcome::Clean)
}
