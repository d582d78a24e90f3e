//! `yizhang node backup` and `node restore`: the data directory of a node into a backup and back, with the versions of the roster that it
//! has. Keys and secrets are in neither.

use super::{configuration, confined};
use crate::{
    clock,
    credentials::{self, TrustedRoster},
    exit::Outcome,
    output, show,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    head::{Head, Origin},
    roster::Roster,
    value::Division,
};
use yizhang_store::{BackupError, Progress, Watch};

/// Arguments of `node backup`.
#[derive(Args)]
pub(crate) struct BackupArguments {
    /// Directory of the node.
    #[arg(long)]
    dir: PathBuf,
    /// Directory of the backup: new, empty, or with an earlier backup of the same node.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Arguments of `node restore`.
#[derive(Args)]
pub(crate) struct RestoreArguments {
    /// Directory of the backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Directory of the node, with its keys and without data.
    #[arg(long)]
    dir: PathBuf,
}

pub(super) fn back_up(arguments: &BackupArguments) -> anyhow::Result<Outcome> {
    confined::confine()?;
    let node = Node::read(&arguments.dir)?;
    let (to, roster) = (&arguments.to, &node.versions.roster);
    let bar = show::progress::bytes(&t!("node.backing_up"));
    let made = watched(roster, &bar, |watch| {
        yizhang_store::back_up(&node.data, &node.origin, to, clock::now(), watch)
    });
    bar.finish();
    let report = made.map_err(|error| not_done(&error, &t!("node.not_backed_up")))?;
    keep_rosters(&node.dir, &node.versions, to).with_context(|| to.display().to_string())?;
    show::backup::report(&report);
    Ok(if report.findings.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

pub(super) fn restore(arguments: &RestoreArguments) -> anyhow::Result<Outcome> {
    confined::confine()?;
    let from = &arguments.from;
    // What the directory itself has may be of the day on which its keys were put away.
    let kept = credentials::read_versions(&arguments.dir, from)
        .with_context(|| from.display().to_string())?;
    keep_rosters(&arguments.dir, &kept, &arguments.dir)?;
    let node = Node::read(&arguments.dir)?;
    let bar = show::progress::bytes(&t!("node.restoring"));
    let restored = watched(&node.versions.roster, &bar, |watch| {
        yizhang_store::restore(from, &node.origin, &node.data, watch)
    });
    bar.finish();
    let report = restored.map_err(|error| not_done(&error, &t!("node.not_restored")))?;
    show::backup::restored(&report);
    Ok(Outcome::Clean)
}

/// A node as its directory has it.
struct Node {
    dir: PathBuf,
    data: PathBuf,
    origin: Origin,
    versions: TrustedRoster,
}

impl Node {
    fn read(dir: &Path) -> anyhow::Result<Self> {
        let configuration = configuration(dir)?;
        let versions = credentials::read_roster(dir)?;
        let region = Division::new(configuration.region).with_context(|| {
            t!(
                "node.bad_region",
                file = super::CONFIGURATION_FILE,
                region = configuration.region
            )
        })?;
        let origin = Origin::new(&versions.roster.federation, region)
            .context("a roster names its federation well")?;
        Ok(Self {
            dir: dir.to_path_buf(),
            data: dir.join(configuration.data),
            origin,
            versions,
        })
    }
}

/// Runs something long that is told how heads are checked, and shows how far it is.
fn watched<T>(
    roster: &Roster,
    bar: &show::progress::ByteBar,
    run: impl FnOnce(&Watch<'_>) -> Result<T, BackupError>,
) -> Result<T, BackupError> {
    let progress = |progress: Progress<'_>| {
        bar.advance(
            progress.origin.region(),
            progress.bytes,
            progress.bytes_total,
        );
    };
    let signed = |note: &[u8]| Head::open(note, roster).map(|_| ());
    run(&Watch {
        progress: &progress,
        signed: &signed,
    })
}

/// Puts the versions of the roster that somebody has into a directory that may lack some.
fn keep_rosters(dir: &Path, versions: &TrustedRoster, to: &Path) -> anyhow::Result<()> {
    let mut kept = credentials::read_versions(dir, to)?.versions;
    let newest = kept.newest().version;
    for note in versions.versions.after(newest) {
        kept.take(note)?;
    }
    Ok(())
}

/// Says what is wrong. The names of files have long numbers in them, which an error would hide as if they were those of people.
fn not_done(error: &BackupError, what: &str) -> anyhow::Error {
    output::notice(&show::backup::error(error));
    anyhow::Error::msg(what.to_string())
}
