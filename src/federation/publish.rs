//! `yizhang federation publish`, `fetch`: a signed version of the roster into directories and to nodes, and from them.

use crate::{
    connection, copies,
    credentials::{self, Credentials},
    exit::{Failure, Outcome},
    files, newer,
    node::parse_region,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::time::sleep;
use yizhang_ledger::value::Division;
use yizhang_node::{Shelf, Taken};
use yizhang_wire::{
    deadline::{STATUS_TIMEOUT, within},
    v1::{PublishRequest, RostersRequest},
};

/// Most versions that a node takes at once.
const VERSIONS_AT_ONCE: usize = 8;
/// How long a node may take to start anew before it is no longer waited for.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked whether it has.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Arguments of `federation publish`.
#[derive(Args)]
pub(crate) struct PublishArguments {
    /// The version, signed by enough root keys.
    #[arg(long)]
    file: PathBuf,
    /// A directory of a node, an agency or an auditor that is to have it; once for each.
    #[arg(long)]
    dir: Vec<PathBuf>,
    /// Region of a running node that is to have it; the others fetch it from there.
    #[arg(long, value_parser = parse_region, requires = "credentials")]
    node: Option<Division>,
    /// Directory of credentials with which the node is called. It takes the version, too.
    #[arg(long, requires = "node")]
    credentials: Option<PathBuf>,
}

/// Hands a version to directories, and to a node.
pub(super) fn publish(arguments: &PublishArguments) -> anyhow::Result<Outcome> {
    let note = files::read(&arguments.file)?;
    if arguments.dir.is_empty() && arguments.node.is_none() {
        return Err(Failure::Arguments(t!("federation.publish_where").to_string()).into());
    }
    // The node first: it refuses what would take a chain its newest head.
    if let (Some(node), Some(dir)) = (arguments.node, &arguments.credentials) {
        let newest = on_runtime(to_node(dir, node, &note))?;
        println!(
            "{}",
            t!("federation.published", region = node, version = newest)
        );
    }
    for dir in &arguments.dir {
        keep(dir, &note)?;
    }
    Ok(Outcome::Clean)
}

/// Takes a version into a directory.
fn keep(dir: &Path, note: &[u8]) -> anyhow::Result<()> {
    let mut versions = credentials::read_roster(dir)?.versions;
    let taken = versions
        .take(note)
        .with_context(|| dir.display().to_string())?;
    let (dir, version) = (dir.display(), versions.newest().version);
    println!(
        "{}",
        match taken {
            Taken::New => t!("federation.kept", dir = dir, version = version),
            Taken::Known => t!("federation.kept_already", dir = dir, version = version),
        }
    );
    Ok(())
}

/// Hands a node all that it lacks up to a version: what the directory keeps, and the version itself.
async fn to_node(dir: &Path, node: Division, note: &[u8]) -> anyhow::Result<u64> {
    let credentials = Credentials::read(dir)?;
    let versions = credentials::read_roster(dir)?.versions;
    let mut client = newer::client(&credentials, node)?;
    let failed = |status| connection::failure(node, &status);
    // The number alone is asked for.
    let asked = RostersRequest { version: u64::MAX };
    let there = within(STATUS_TIMEOUT, client.after(asked))
        .await
        .map_err(failed)?;
    let mut missing: Vec<Vec<u8>> = versions.after(there.newest).map(<[u8]>::to_vec).collect();
    if Shelf::number_of(note)? > versions.newest().version {
        missing.push(note.to_vec());
    }
    let newest = match missing.as_slice() {
        [] => there.newest,
        missing => hand_over(&credentials, node, missing).await?,
    };
    // What came before the version may be missing here, too.
    newer::fetch(&credentials, node).await?;
    Ok(newest)
}

/// Hands a node versions that it lacks, oldest first, and waits until it works under the newest.
pub(crate) async fn hand_over(
    credentials: &Credentials,
    node: Division,
    versions: &[Vec<u8>],
) -> anyhow::Result<u64> {
    let mut client = newer::client(credentials, node)?;
    // Whoever hands over nothing learns nothing.
    let mut newest = 0;
    for some in versions.chunks(VERSIONS_AT_ONCE) {
        let rosters = some.iter().cloned().map(Into::into).collect();
        let published = client.publish(PublishRequest { rosters });
        let published = within(STATUS_TIMEOUT, published).await;
        newest = published
            .map_err(|status| connection::failure(node, &status))?
            .newest;
    }
    started_anew(credentials, node, newest).await;
    Ok(newest)
}

/// Waits until a node works under a version, as far as that is to be waited for: it has it for good.
async fn started_anew(credentials: &Credentials, node: Division, version: u64) {
    let until = Instant::now() + START_TIMEOUT;
    while Instant::now() < until {
        sleep(LOOK_INTERVAL).await;
        if let Ok(status) = copies::status(credentials, node).await
            && Shelf::number_of(&status.roster).is_ok_and(|number| number >= version)
        {
            return;
        }
    }
}

/// Arguments of `federation fetch`.
#[derive(Args)]
pub(crate) struct FetchArguments {
    /// Directory of credentials of an agency or an auditor.
    #[arg(long)]
    dir: PathBuf,
    /// Region of the node to ask.
    #[arg(long, value_parser = parse_region)]
    node: Division,
}

/// Fetches the versions from a node that a directory lacks. What does not follow from what is trusted there is not taken.
pub(super) fn fetch(arguments: &FetchArguments) -> anyhow::Result<Outcome> {
    let version = on_runtime(from_node(&arguments.dir, arguments.node))?;
    let dir = arguments.dir.display();
    println!("{}", t!("federation.kept", dir = dir, version = version));
    Ok(Outcome::Clean)
}

async fn from_node(dir: &Path, node: Division) -> anyhow::Result<u64> {
    let credentials = Credentials::read(dir)?;
    Ok(newer::fetch(&credentials, node).await?.version)
}

fn on_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}
