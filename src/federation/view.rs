//! `yizhang federation show`, `diff`: what a roster says, and what a proposal changes.

use super::{
    difference::{self, key_lines, kind_name, short, span},
    proposal::{Proposal, in_force},
};
use crate::{credentials, exit::Outcome, show};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::roster::{KeyKind, Roster};

/// Arguments of `federation show`.
#[derive(Args)]
pub(crate) struct ShowArguments {
    /// A directory with the roster in force.
    #[arg(long)]
    dir: PathBuf,
    /// A proposal, to show in its place.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Print the text as it is signed.
    #[arg(long)]
    text: bool,
}

/// Shows the roster in force, or a proposal.
pub(super) fn show(arguments: &ShowArguments) -> anyhow::Result<Outcome> {
    let trusted = credentials::read_roster(&arguments.dir)?;
    let proposal = match &arguments.file {
        Some(file) => Some(Proposal::read(file, &trusted.roster)?),
        None => None,
    };
    let roster = proposal
        .as_ref()
        .map_or(&trusted.roster, |proposal| &proposal.roster);
    if arguments.text {
        print!("{}", roster.text());
        return Ok(Outcome::Clean);
    }
    print_roster(roster);
    if let Some(proposal) = &proposal {
        let signed = proposal.signed(&trusted.roster)?;
        let (by, needed) = (signed.by, signed.needed);
        println!("{}", t!("federation.signed", by = by, needed = needed));
    }
    Ok(Outcome::Clean)
}

fn print_roster(roster: &Roster) {
    println!(
        "{}",
        t!(
            "federation.show_head",
            federation = roster.federation,
            version = roster.version,
            hash = roster.hash()
        )
    );
    let (threshold, roots, mirrors) = (roster.threshold, roster.roots.len(), roster.mirrors);
    println!(
        "{}",
        t!(
            "federation.show_roots",
            threshold = threshold,
            roots = roots
        )
    );
    for root in &roster.roots {
        println!("  {}", short(root));
    }
    let fingerprint = roster.root_fingerprint();
    println!(
        "{}",
        t!("federation.show_fingerprint", fingerprint = fingerprint)
    );
    println!("{}", t!("federation.show_mirrors", mirrors = mirrors));
    for (code, region) in &roster.regions {
        println!("{code} {}  {}", show::place::name(*code), region.endpoint);
        for kind in KeyKind::ALL {
            for (place, key) in key_lines(region, kind).iter().enumerate() {
                let (number, kind) = (place + 1, kind_name(kind));
                let (key, span) = (short(&key.key), span(key));
                println!("  {kind} {number}  {key}  {span}");
            }
        }
        for continuation in &region.continuations {
            let (agreed, from) = (continuation.agreed.size, continuation.from);
            let line = t!(
                "federation.show_continues",
                agreed = agreed,
                size = from.size,
                root = from.root
            );
            println!("  {line}");
        }
    }
}

/// Arguments of `federation diff`.
#[derive(Args)]
pub(crate) struct DiffArguments {
    /// A directory with the roster in force.
    #[arg(long)]
    dir: PathBuf,
    /// The proposal.
    #[arg(long)]
    file: PathBuf,
}

/// Says what a proposal changes.
pub(super) fn diff(arguments: &DiffArguments) -> anyhow::Result<Outcome> {
    let in_force = in_force(&arguments.dir)?;
    let proposal = Proposal::read(&arguments.file, &in_force)?;
    let lines = difference::lines(&in_force, &proposal.roster);
    if lines.is_empty() {
        println!("{}", t!("federation.no_changes"));
    }
    for line in lines {
        println!("{line}");
    }
    Ok(Outcome::Clean)
}
