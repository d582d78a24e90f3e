//! `node run --start-alone`: a node that signs although regions could not be asked what they hold of its chain.
//!
//! It is the one switch with which an operator can sign a second history. So it is never taken on its own: the node asks the
//! others as always, and only those that still have not answered when the wait is over have to be given up, by name.

use super::{parse_region, refuse_arguments};
use crate::{output, show};
use clap::Args;
use rust_i18n::t;
use std::{
    collections::BTreeSet,
    io::{IsTerminal, stdin},
    time::Duration,
};
use tokio::sync::oneshot;
use yizhang_ledger::value::Division;
use yizhang_node::{Absent, Recovery};

/// How long the node asks the others before the operator is: the wait of the protocol, and time for the answers.
const ASKED_FOR: Duration = Duration::from_secs(12);

/// Arguments of `node run` for a node whose peers are lost.
#[derive(Args)]
pub(crate) struct AloneArguments {
    /// Accept submissions although nodes do not answer that may hold more of this chain. First asks them all the same,
    /// then names those that are absent and asks for confirmation. Only when they are lost for good: a node that was
    /// restored from a backup would sign a second history, and its chain would be quarantined.
    #[arg(long)]
    start_alone: bool,
    /// For scripts: a region whose node is lost for good, confirmed beforehand; once for each. Others that are absent are
    /// waited for.
    #[arg(long, value_name = "REGION", requires = "start_alone", value_parser = parse_region)]
    lost: Vec<Division>,
}

impl AloneArguments {
    /// A script cannot be asked.
    pub(super) fn check(&self, others: usize) -> anyhow::Result<()> {
        if self.start_alone && self.lost.is_empty() && others > 0 && !stdin().is_terminal() {
            return Err(refuse_arguments(&t!("alone.no_terminal")));
        }
        Ok(())
    }

    /// Sees to it that the node need not wait for regions that the operator gives up. Returns when there is nothing more
    /// to be said.
    pub(super) async fn see_to(&self, recovery: &Recovery) {
        if !self.start_alone {
            return;
        }
        recovery.declare_lost(self.lost.iter().copied()).await;
        tokio::time::sleep(ASKED_FOR).await;
        let absent = recovery.absent().await;
        if absent.is_empty() {
            tracing::info!("no region is waited for any more");
            return;
        }
        for absent in &absent {
            output::notice(&absent_line(absent));
        }
        if !stdin().is_terminal() {
            output::notice(&t!("alone.still_absent"));
            return;
        }
        ask(recovery, &absent).await;
    }
}

/// Says what is at stake, and takes the codes of all absent regions for a yes.
async fn ask(recovery: &Recovery, absent: &[Absent]) {
    output::notice(&t!("alone.stake"));
    let codes: BTreeSet<Division> = absent.iter().map(|absent| absent.region).collect();
    let wanted: Vec<String> = codes.iter().map(ToString::to_string).collect();
    output::notice(&t!("alone.question", codes = wanted.join(" ")));
    let Some(answer) = read_line().await else {
        return;
    };
    if confirms(&answer, &codes) {
        recovery.declare_lost(codes).await;
        tracing::warn!(regions = %wanted.join(" "), "the operator has declared regions lost for good");
    } else {
        output::notice(&t!("alone.not_confirmed"));
    }
}

/// Whether somebody has typed exactly these codes, in any order.
fn confirms(answer: &str, codes: &BTreeSet<Division>) -> bool {
    let typed: Option<BTreeSet<Division>> =
        answer.split_whitespace().map(Division::parse).collect();
    typed.as_ref() == Some(codes)
}

/// A line of standard input, read on a thread of its own, so that a node which is told to stop does not wait for it.
async fn read_line() -> Option<String> {
    let (sender, line) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if stdin().read_line(&mut line).is_ok() {
            // The node may have ended.
            let _ = sender.send(line);
        }
    });
    line.await.ok()
}

/// A region that has not answered, and how old the newest is that is known of it.
fn absent_line(absent: &Absent) -> String {
    let region = show::place::name(absent.region);
    let code = absent.region;
    match absent.newest.and_then(moment) {
        Some(time) => t!("alone.absent", region = region, code = code, time = time).to_string(),
        None => t!("alone.absent_unknown", region = region, code = code).to_string(),
    }
}

/// A time of a batch in UTC+8, to the minute.
fn moment(time: yizhang_ledger::value::UnixMillis) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(i64::try_from(time.0).ok()?).ok()?;
    let time = jiff::tz::Offset::constant(8).to_datetime(time);
    Some(time.strftime("%Y-%m-%d %H:%M").to_string())
}
