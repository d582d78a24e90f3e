//! The state of a node in metrics, as Prometheus reads them. docs/OPERATIONS.md says what each means.

mod cosigned;

use crate::{
    accepting::TurnedAway,
    certificate::Certificates,
    handshakes::Handshakes,
    party::CLASSES,
    room::EACH_LEFT,
    seats::{CONNECTIONS_MAX, Seats},
    shared::Shared,
    status::Status,
};
use cosigned::Cosigned;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Instant,
};
use yizhang_ledger::value::UnixMillis;

/// A metric that is never below 0.
type Size = Gauge<u64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChainLabels {
    chain: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabels {
    region: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CertificateLabels {
    certificate: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LeftLabels {
    left: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HeldLabels {
    what: &'static str,
    class: &'static str,
}

/// The metrics that are read when somebody asks.
#[derive(Default)]
struct Gauges {
    up: Gauge,
    ready: Gauge,
    entries: Family<ChainLabels, Size>,
    lag: Family<ChainLabels, Size>,
    quarantined: Family<ChainLabels, Gauge>,
    paused: Family<ChainLabels, Gauge>,
    damaged: Family<ChainLabels, Size>,
    wrong_register: Family<ChainLabels, Size>,
    ahead: Family<ChainLabels, Size>,
    unshared: Size,
    connected: Family<RegionLabels, Gauge>,
    flooding: Family<RegionLabels, Gauge>,
    room: Family<LeftLabels, Gauge>,
    clock_off: Gauge,
    rosters_signed_twice: Size,
    connections: Size,
    connections_max: Size,
    handshakes: Size,
    turned_away: Family<ReasonLabels, Counter>,
    held: Family<HeldLabels, Size>,
    certificate: Family<CertificateLabels, Gauge>,
    lines_lost: Counter,
    cosigned: Cosigned,
}

/// What the metrics are read from.
pub(crate) struct Metrics {
    pub(crate) shared: Arc<Shared>,
    pub(crate) certificates: Certificates,
    pub(crate) handshakes: Arc<Handshakes>,
    pub(crate) seats: Arc<Seats>,
    pub(crate) turned_away: Arc<TurnedAway>,
    pub(crate) data: PathBuf,
    pub(crate) clock: fn() -> UnixMillis,
    pub(crate) log_lines_lost: fn() -> u64,
}

impl Metrics {
    /// All metrics as they are now, in the text form of OpenMetrics.
    pub(crate) async fn text(&self) -> Result<String, fmt::Error> {
        let gauges = Gauges::default();
        let status = self.shared.engine.status().await;
        gauges.read_status(status.as_ref());
        gauges.read_damages(status.as_ref(), &self.shared);
        gauges.read_warnings(&self.shared);
        self.read_machine(&gauges);
        let mut registry = Registry::with_prefix("yizhang");
        self.shared.tally.register(&mut registry);
        gauges.register(&mut registry);
        self.register_disk(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    /// A disk that does not answer has no metrics: 0 would be a full one.
    fn register_disk(&self, registry: &mut Registry) {
        let Ok(disk) = rustix::fs::statvfs(&self.data) else {
            return;
        };
        let (free, size) = (Size::default(), Size::default());
        free.set(disk.f_bavail.saturating_mul(disk.f_frsize));
        size.set(disk.f_blocks.saturating_mul(disk.f_frsize));
        registry.register_with_unit(
            "disk_free",
            "Room left for the data directory",
            Unit::Bytes,
            free,
        );
        registry.register_with_unit(
            "disk_size",
            "Size of the disk of the data directory",
            Unit::Bytes,
            size,
        );
    }

    fn read_machine(&self, gauges: &Gauges) {
        gauges.connections.set(wide(self.seats.count()));
        gauges.connections_max.set(wide(CONNECTIONS_MAX));
        gauges.handshakes.set(wide(self.handshakes.under_way()));
        for (reason, count) in self.turned_away.counts() {
            let turned_away = gauges.turned_away.get_or_create(&ReasonLabels { reason });
            turned_away.inc_by(count);
        }
        gauges.lines_lost.inc_by((self.log_lines_lost)());
        for chain in self.shared.roster.origins() {
            let labels = ChainLabels {
                chain: chain.region().to_string(),
            };
            let paused = gauges.paused.get_or_create(&labels);
            paused.set((!self.shared.room.takes(chain)).into());
        }
        for class in CLASSES {
            for (what, budget) in self.shared.budgets.each() {
                let bytes = budget.held(class);
                let class = class.name();
                let labels = HeldLabels { what, class };
                let held = gauges.held.get_or_create(&labels);
                held.set(wide(bytes));
            }
        }
        self.certificates.each(|certificate, validity| {
            let labels = CertificateLabels { certificate };
            let left = validity.seconds_left((self.clock)());
            gauges.certificate.get_or_create(&labels).set(left);
        });
    }
}

impl Gauges {
    /// The state that the engine tells; an engine that does not answer is not up.
    fn read_status(&self, status: Option<&Status>) {
        let Some(status) = status else { return };
        self.up.set(1);
        self.cosigned.read(status);
        self.ready.set(status.is_ready().into());
        self.unshared.set(status.unshared_ms / 1_000);
        for chain in &status.chains {
            let labels = ChainLabels {
                chain: chain.origin.region().to_string(),
            };
            self.entries.get_or_create(&labels).set(chain.size.0);
            let lag = chain.news.announced.0.saturating_sub(chain.size.0);
            self.lag.get_or_create(&labels).set(lag);
            let quarantined = self.quarantined.get_or_create(&labels);
            quarantined.set(chain.news.quarantined_from.is_some().into());
            let ahead = chain.ahead_ms(status.at) / 1_000;
            self.ahead.get_or_create(&labels).set(ahead);
        }
        for peer in &status.peers {
            let labels = RegionLabels {
                region: peer.region.to_string(),
            };
            self.connected
                .get_or_create(&labels)
                .set(peer.is_connected.into());
        }
    }

    /// What was found damaged; none where the engine does not answer, as with all metrics of chains.
    fn read_damages(&self, status: Option<&Status>, shared: &Shared) {
        for chain in status.map_or(&[][..], |status| &status.chains) {
            let labels = ChainLabels {
                chain: chain.origin.region().to_string(),
            };
            let places = self.damaged.get_or_create(&labels);
            places.set(wide(shared.damages.count(&chain.origin)));
            let wrong = shared.wrong_registers.first(&chain.origin);
            let register = self.wrong_register.get_or_create(&labels);
            register.set(wrong.map_or(0, |at| at.0));
        }
    }

    /// What `node status` warns of besides.
    fn read_warnings(&self, shared: &Shared) {
        let now = Instant::now();
        for flood in shared.floods.lately(now) {
            let region = flood.region.to_string();
            let flooding = self.flooding.get_or_create(&RegionLabels { region });
            flooding.set(flood.goes_on.into());
        }
        let left = shared.room.left();
        for each in EACH_LEFT {
            let labels = LeftLabels {
                left: each.code().unwrap_or("plenty"),
            };
            self.room.get_or_create(&labels).set((each == left).into());
        }
        let off = shared.clocks.off_ms((shared.clock)(), now);
        self.clock_off.set(off / 1_000);
        let twice = shared.rosters.signed_twice().len();
        self.rosters_signed_twice
            .set(u64::try_from(twice).expect("at most four are kept"));
    }

    fn register(&self, registry: &mut Registry) {
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);
        registry.register("up", "1 if the engine answers", self.up.clone());
        registry.register("ready", "1 if submissions are accepted", self.ready.clone());
        registry.register(
            "chain_entries",
            "Entries held of a chain",
            self.entries.clone(),
        );
        registry.register(
            "chain_lag_entries",
            "Entries that a peer has announced and this node does not hold",
            self.lag.clone(),
        );
        registry.register(
            "chain_quarantined",
            "1 if there is evidence against a chain",
            self.quarantined.clone(),
        );
        self.register_faults(registry);
        self.cosigned.register(registry);
        registry.register(
            "chain_paused",
            "1 if nothing more of a chain is written, for want of room on the disk",
            self.paused.clone(),
        );
        registry.register(
            "peer_connected",
            "1 if the node of a region is watched",
            self.connected.clone(),
        );
        registry.register(
            "peer_flooding",
            "1 while the node of a region floods this one, 0 for an hour after",
            self.flooding.clone(),
        );
        self.register_machine(registry);
    }

    fn register_faults(&self, registry: &mut Registry) {
        registry.register(
            "chain_damaged_places",
            "Places of a chain that were found damaged on this disk since the start",
            self.damaged.clone(),
        );
        registry.register(
            "chain_wrong_register",
            "Position of the first register of accounts in a chain that this node found wrong, 0 if none",
            self.wrong_register.clone(),
        );
        registry.register_with_unit(
            "chain_time_ahead",
            "By how much the newest batch is ahead of the clock, 0 up to ten minutes",
            Unit::Seconds,
            self.ahead.clone(),
        );
        registry.register(
            "rosters_signed_twice",
            "Versions of the roster of which the root keys have signed two",
            self.rosters_signed_twice.clone(),
        );
        registry.register(
            "room",
            "1 for how much room is left on the disk",
            self.room.clone(),
        );
        registry.register_with_unit(
            "clock_off",
            "By how much the clock is ahead of those of peers, below 0 behind, 0 up to five minutes",
            Unit::Seconds,
            self.clock_off.clone(),
        );
        registry.register_with_unit(
            "own_chain_unshared",
            "How long entries of the own chain have been on this disk alone",
            Unit::Seconds,
            self.unshared.clone(),
        );
    }

    fn register_machine(&self, registry: &mut Registry) {
        registry.register("connections", "Connections open", self.connections.clone());
        registry.register(
            "connections_limit",
            "Connections that may be open",
            self.connections_max.clone(),
        );
        registry.register(
            "handshakes",
            "Connections that have not shown a certificate yet",
            self.handshakes.clone(),
        );
        registry.register(
            "connections_turned_away",
            "Connections that were turned away",
            self.turned_away.clone(),
        );
        registry.register_with_unit(
            "held",
            "What is held in memory for callers: requests that come in, answers that wait to be read",
            Unit::Bytes,
            self.held.clone(),
        );
        registry.register_with_unit(
            "certificate_remaining",
            "Time until a certificate ends, below 0 after it",
            Unit::Seconds,
            self.certificate.clone(),
        );
        registry.register(
            "log_lines_lost",
            "Lines of the log that could not be written",
            self.lines_lost.clone(),
        );
    }
}

/// A count of things in memory as a metric.
fn wide(count: usize) -> u64 {
    u64::try_from(count).expect("an address has at most 64 bits")
}
