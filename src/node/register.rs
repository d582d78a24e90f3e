//! `yizhang node register`: the end of an epoch on the operator's word.

use super::configuration;
use crate::{
    connection,
    credentials::Credentials,
    exit::{Failure, Outcome},
    output, show,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::time::sleep;
use tonic::transport::Channel;
use yizhang_ledger::value::{Day, Division, UnixMillis};
use yizhang_wire::{
    deadline::{STATUS_TIMEOUT, within},
    v1::{EndEpochReply, EndEpochRequest, ledger_client::LedgerClient},
};

/// How often it is looked how far the node is.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How long a register is waited for: ten times as long as one of the largest province takes. The node goes on without anybody waiting.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);
/// How often in a row a node may say that nothing is under way before it is believed: between two looks it may just begin.
const IDLE_LOOKS_MAX: u32 = 3;

/// Arguments of `node register`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Directory of the running node, whose certificate is used.
    #[arg(long)]
    dir: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let region = configuration(&arguments.dir)?.region;
    let region = Division::new(region).context(t!("argument.region"))?;
    let credentials = Credentials::read(&arguments.dir)?;
    let newest = end_epoch(&credentials, region)?;
    println!(
        "{}",
        t!(
            "node.register_made",
            size = newest.covers,
            day = Day::of(UnixMillis(newest.time_ms))
        )
    );
    Ok(Outcome::Clean)
}

/// Asks for a register, and waits until it is in the chain.
pub(crate) fn end_epoch(
    credentials: &Credentials,
    region: Division,
) -> anyhow::Result<EndEpochReply> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(wait_for_register(credentials, region))
}

async fn wait_for_register(
    credentials: &Credentials,
    region: Division,
) -> anyhow::Result<EndEpochReply> {
    let node = Node {
        channel: connection::to_node(credentials, region)?,
        region,
    };
    let first = node.call(EndEpochRequest { ask: true }).await?;
    if !first.anything_new {
        output::notice(&t!("node.register_nothing_new"));
        return Ok(first);
    }
    if first.too_soon_ms > 0 {
        let minutes = first.too_soon_ms.div_ceil(60_000);
        let text = t!("node.register_too_soon", minutes = minutes);
        return Err(Failure::Refused(text.to_string()).into());
    }
    output::notice(&t!(
        "node.register_asked",
        region = show::place::name(region),
        size = first.size
    ));
    let start = Instant::now();
    let mut idle_looks = 0;
    while start.elapsed() < WAIT_MAX && idle_looks < IDLE_LOOKS_MAX {
        sleep(LOOK_INTERVAL).await;
        let now = node.call(EndEpochRequest { ask: false }).await?;
        if now.covers >= first.size {
            return Ok(now);
        }
        idle_looks = if now.under_way { 0 } else { idle_looks + 1 };
    }
    Err(Failure::Refused(t!("node.register_not_made").to_string()).into())
}

/// The node that is asked.
struct Node {
    channel: Channel,
    region: Division,
}

impl Node {
    async fn call(&self, request: EndEpochRequest) -> anyhow::Result<EndEpochReply> {
        let mut client = LedgerClient::new(self.channel.clone());
        let reply = within(STATUS_TIMEOUT, client.end_epoch(request)).await;
        reply.map_err(|status| connection::failure(self.region, &status))
    }
}
