//! `yizhang node run`: a node from its start to its end.

use super::{CONFIGURATION_FILE, alone::AloneArguments, chain_key, configuration};
use crate::{
    clock,
    credentials::{self, CERTIFICATE_FILE, TLS_KEY_FILE},
    exit::Outcome,
    files, show,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{io::IsTerminal, path::PathBuf};
use yizhang_ledger::{head::Origin, value::Division};
use yizhang_node::{Config, Node};

/// Arguments of `node run`.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Directory of the node, as `federation init` made it.
    #[arg(long)]
    dir: PathBuf,
    #[command(flatten)]
    alone: AloneArguments,
    /// Directory of the operator's own rule files, laid over the rules of the program.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// Everything that a node is told at its start.
fn assemble(arguments: &RunArguments) -> anyhow::Result<Config> {
    let dir = &arguments.dir;
    let configuration = configuration(dir)?;
    let trusted = credentials::read_roster(dir)?;
    let region = Division::new(configuration.region).with_context(|| {
        t!(
            "node.bad_region",
            file = CONFIGURATION_FILE,
            region = configuration.region
        )
    })?;
    let origin = Origin::new(&trusted.roster.federation, region)
        .context("a roster names its federation well")?;
    let chain_key = chain_key(dir)?;
    Ok(Config {
        origin,
        roster: trusted.roster,
        roster_note: trusted.note,
        chain_key,
        secret: credentials::read_secret(dir)?,
        policy: crate::rules::policy(arguments.rules.as_deref())?,
        certificate_pem: files::read_text(&dir.join(CERTIFICATE_FILE))?,
        key_pem: files::read_text(&dir.join(TLS_KEY_FILE))?,
        listen: configuration.listen,
        data: dir.join(configuration.data),
        clock: clock::now,
    })
}

pub(super) fn serve(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    raise_descriptor_limit();
    let config = assemble(arguments)?;
    let region = config.origin.region();
    arguments
        .alone
        .check(config.roster.regions.len().saturating_sub(1))?;
    let runtime = tokio::runtime::Runtime::new().context("the runtime cannot start")?;
    runtime.block_on(async {
        let mut node = Node::start(config).await?;
        for line in node.opened() {
            // A log is for machines: it stays in English.
            tracing::info!("{line}");
        }
        println!(
            "{}",
            t!(
                "node.listening",
                region = show::place::name(region),
                address = node.address()
            )
        );
        let recovery = node.recovery();
        let alone = async {
            arguments.alone.see_to(&recovery).await;
            std::future::pending::<()>().await;
        };
        let failure = tokio::select! {
            asked = stop_asked() => asked.map(|()| None)?,
            reason = node.failed() => Some(reason),
            () = alone => None,
        };
        println!("{}", t!("node.stopping"));
        let stopped = node.stop().await;
        match failure {
            // The store cannot be closed in order either; what it acknowledged is on the disk.
            Some(reason) => Err(anyhow::anyhow!("{}", t!("node.failed", reason = reason))),
            None => Ok(stopped?),
        }
    })?;
    println!("{}", t!("node.stopped"));
    Ok(Outcome::Clean)
}

/// Takes all descriptors that the system allows: connections and segment files both need some.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // The old limit does as well, with fewer callers.
    let _ = setrlimit(Resource::Nofile, limit);
}

async fn stop_asked() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.map_err(Into::into),
        _ = terminate.recv() => Ok(()),
    }
}
