//! What a node says of itself in its log, every few seconds and when something changes: who was answered and refused, what
//! was accepted and fetched, whether it may sign, when its certificates end. No persons, no pseudonyms; English, for machines.

use crate::{
    accepting::{Counts, TurnedAway},
    certificate::{Certificates, Stage, Validity},
    copies::{ahead_ms, newest},
    shared::Shared,
    tally::Recent,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, interval_at},
};
use tonic::Code;
use yizhang_ledger::{
    head::Origin,
    value::{TreeSize, UnixMillis},
};

/// How often what was done is summed up: soon enough for somebody who watches, and few lines for a busy node.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(10);
/// How often it is said how many were turned away: a crowd of strangers must not fill the log.
const DOOR_INTERVAL: Duration = Duration::from_secs(60);
/// How often certificates are looked at.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes the log of a node until it is dropped.
pub(crate) async fn write(
    shared: Arc<Shared>,
    turned_away: Arc<TurnedAway>,
    certificates: Certificates,
    mut readiness: watch::Receiver<bool>,
    clock: fn() -> UnixMillis,
) {
    let mut summaries = interval_at(Instant::now() + SUMMARY_INTERVAL, SUMMARY_INTERVAL);
    summaries.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut days = interval(CERTIFICATE_INTERVAL);
    let mut summary = Summary::new(Arc::clone(&shared));
    let mut minutes = interval_at(Instant::now() + DOOR_INTERVAL, DOOR_INTERVAL);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut told = turned_away.counts();
    loop {
        tokio::select! {
            _ = summaries.tick() => summary.write(),
            _ = minutes.tick() => told = say_turned_away(told, turned_away.counts()),
            _ = days.tick() => certificates.each(|name, validity| warn(name, validity, clock())),
            changed = readiness.changed() => match changed {
                Ok(()) => {
                    let is_ready = *readiness.borrow_and_update();
                    say_readiness(&shared, is_ready).await;
                }
                // The engine has ended.
                Err(_) => return summary.write(),
            },
        }
    }
}

/// Says whether the node may sign, and if not, why.
async fn say_readiness(shared: &Shared, is_ready: bool) {
    if is_ready {
        tracing::info!(chain = %shared.origin.region(), "ready: submissions are accepted");
        return;
    }
    let status = shared.engine.status().await;
    // It may have become ready meanwhile, which is said next.
    let status = status.filter(|status| !status.is_ready());
    let reason = status.map_or_else(String::new, |status| status.readiness.to_string());
    tracing::warn!(chain = %shared.origin.region(), reason, "not ready: submissions are refused");
}

/// Says how many connections were turned away since it was last told. Returns what is told by then.
fn say_turned_away(told: Counts, now: Counts) -> Counts {
    for ((reason, before), (_, count)) in told.into_iter().zip(now) {
        let connections = count.saturating_sub(before);
        if connections > 0 {
            tracing::warn!(reason, connections, "connections were turned away");
        }
    }
    now
}

/// Warns of a certificate that ends soon or has ended.
fn warn(certificate: &'static str, validity: Validity, now: UnixMillis) {
    match validity.stage(now) {
        Stage::Valid => {}
        Stage::Ending { days } => {
            tracing::warn!(
                certificate,
                days_left = days,
                "a certificate is about to end; without it nobody can connect"
            );
        }
        Stage::Ended => {
            tracing::error!(certificate, "a certificate has ended; nobody can connect");
        }
        Stage::NotYet => {
            tracing::error!(
                certificate,
                "a certificate is not valid yet, or the clock is wrong; nobody can connect"
            );
        }
    }
}

/// What is summed up, and what was said last.
struct Summary {
    shared: Arc<Shared>,
    sizes: BTreeMap<Origin, TreeSize>,
    /// Chains of which it has been said that their time is ahead of the clock, until it no longer is.
    ahead: BTreeSet<Origin>,
    /// Whether it has been said that the clock is off, until it no longer is.
    said_off: bool,
}

impl Summary {
    fn new(shared: Arc<Shared>) -> Self {
        let sizes = sizes(&shared);
        let mut summary = Self {
            shared,
            sizes,
            ahead: BTreeSet::new(),
            said_off: false,
        };
        summary.look_at_times();
        summary
    }

    /// Warns of chains whose newest batch is ahead of the clock here: one of two clocks is wrong. A batch is never earlier than
    /// the one before it, so that the time of such a chain stands still until the clocks have caught up.
    fn look_at_times(&mut self) {
        let now = (self.shared.clock)();
        for origin in self.shared.roster.origins() {
            let ahead = ahead_ms(newest(&self.shared.store, origin), now);
            if ahead == 0 {
                self.ahead.remove(origin);
            } else if self.ahead.insert(origin.clone()) {
                let seconds = ahead / 1_000;
                tracing::warn!(
                    chain = %origin.region(),
                    seconds,
                    is_own = *origin == self.shared.origin,
                    "the time of a chain is ahead of the clock of this node; one of two clocks is wrong"
                );
            }
        }
    }

    /// Warns of a clock that is not as those of peers are.
    fn look_at_clock(&mut self) {
        let off = self
            .shared
            .clocks
            .off_ms((self.shared.clock)(), std::time::Instant::now());
        if off != 0 && !self.said_off {
            let seconds = off / 1_000;
            tracing::warn!(
                seconds,
                "the clock of this node differs from those of its peers; set it"
            );
        }
        self.said_off = off != 0;
    }

    fn write(&mut self) {
        write_recent(&self.shared.tally.take_recent());
        let sizes = sizes(&self.shared);
        for (origin, size) in &sizes {
            let before = self.sizes.get(origin).map_or(0, |size| size.0);
            let entries = size.0.saturating_sub(before);
            if entries > 0 && *origin != self.shared.origin {
                tracing::info!(chain = %origin.region(), entries, size = size.0, "fetched");
            }
        }
        self.sizes = sizes;
        self.look_at_times();
        self.look_at_clock();
    }
}

fn sizes(shared: &Shared) -> BTreeMap<Origin, TreeSize> {
    let size = |origin: &Origin| Some((origin.clone(), shared.store.size(origin)?));
    shared.roster.origins().filter_map(size).collect()
}

fn write_recent(recent: &Recent) {
    if recent.submissions > 0 {
        let (submissions, records) = (recent.submissions, recent.records);
        tracing::info!(submissions, records, "accepted");
    }
    for (alike, calls) in &recent.calls {
        let caller = match alike.caller.as_str() {
            "" => "unknown",
            caller => caller,
        };
        let method = alike.method;
        match Code::from(alike.code) {
            Code::Ok => tracing::info!(caller, method, calls, "answered"),
            Code::Cancelled => tracing::info!(caller, method, calls, "given up by the caller"),
            code => tracing::warn!(caller, method, calls, ?code, "refused"),
        }
    }
}
