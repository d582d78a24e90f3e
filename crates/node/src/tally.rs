//! What a node counts: calls by method, caller and outcome, and records accepted. Prometheus reads the sums since the start,
//! the log what came since it was last written. Callers are agencies, nodes and auditors, never persons.

use crate::{
    permission::{LOOKUP, OTHER_METHOD, READS, by_path},
    role::Role,
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tonic::Code;

/// Callers that are told apart between two writings of the log, each with its methods and outcomes; the rest is counted
/// under nobody's name.
const LINES_MAX: usize = 256;
/// Upper ends of the classes of durations, in seconds: from a receipt to a review of many accounts.
const DURATIONS_SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0];

/// Methods that are called all the time by machines; the log names them only where they are refused.
const QUIET: [&str; 5] = [
    "Ledger.Status",
    "Replication.Watch",
    "Replication.Fetch",
    "Replication.Tell",
    OTHER_METHOD,
];

/// The name of a method by its path; a stranger can ask for any path.
pub(crate) fn method(path: &str) -> &'static str {
    by_path(path).map_or(OTHER_METHOD, |method| method.name)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    method: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReadLabels {
    method: &'static str,
    role: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) method: &'static str,
    /// Who called, if the certificate said so before the call ended.
    pub(crate) caller: Option<Role>,
    pub(crate) code: Code,
    pub(crate) took: Duration,
}

/// Calls of one caller that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alike {
    pub(crate) caller: String,
    pub(crate) method: &'static str,
    /// [`Code`] as an integer, which has an order.
    pub(crate) code: i32,
}

/// What was counted since the log was last written.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    pub(crate) calls: BTreeMap<Alike, u64>,
    pub(crate) submissions: u64,
    pub(crate) records: u64,
}

/// The counters of a node.
pub(crate) struct Tally {
    recent: Mutex<Recent>,
    requests: Family<MethodLabels, Counter>,
    durations: Family<MethodLabels, Histogram, fn() -> Histogram>,
    refusals: Family<RefusalLabels, Counter>,
    lookups: Counter,
    reads: Family<ReadLabels, Counter>,
    read_limits: Family<LimitLabels, Counter>,
    submissions: Counter,
    records: Counter,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            recent: Mutex::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS_SECONDS)),
            refusals: Family::default(),
            lookups: Counter::default(),
            reads: Family::default(),
            read_limits: Family::default(),
            submissions: Counter::default(),
            records: Counter::default(),
        }
    }

    /// A call has ended.
    pub(crate) fn ended(&self, call: Ended) {
        let labels = MethodLabels {
            method: call.method,
        };
        self.requests.get_or_create(&labels).inc();
        let seconds = call.took.as_secs_f64();
        self.durations.get_or_create(&labels).observe(seconds);
        let is_refused = !matches!(call.code, Code::Ok | Code::Cancelled);
        if is_refused {
            let labels = RefusalLabels {
                method: call.method,
                code: format!("{:?}", call.code),
            };
            self.refusals.get_or_create(&labels).inc();
        }
        if call.code == Code::Ok && call.method == LOOKUP {
            self.lookups.inc();
        }
        if call.code == Code::Ok
            && READS.contains(&call.method)
            && let Some(caller) = call.caller
        {
            let labels = ReadLabels {
                method: call.method,
                role: caller.kind(),
            };
            self.reads.get_or_create(&labels).inc();
        }
        if is_refused || !QUIET.contains(&call.method) {
            self.note(call);
        }
    }

    fn note(&self, call: Ended) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut alike = Alike {
            caller: call.caller.map_or_else(String::new, Role::submitter),
            method: call.method,
            code: call.code.into(),
        };
        if recent.calls.len() >= LINES_MAX && !recent.calls.contains_key(&alike) {
            alike.caller = String::new();
        }
        *recent.calls.entry(alike).or_default() += 1;
    }

    /// A certificate was refused a read by a limit.
    pub(crate) fn read_limit_reached(&self, limit: &'static str) {
        self.read_limits.get_or_create(&LimitLabels { limit }).inc();
    }

    /// A submission has been given its place in the chain and its receipt.
    pub(crate) fn accepted(&self, records: u32) {
        self.submissions.inc();
        self.records.inc_by(records.into());
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.submissions += 1;
        recent.records += u64::from(records);
    }

    /// What was counted since the last call.
    pub(crate) fn take_recent(&self) -> Recent {
        std::mem::take(&mut self.recent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Names the counters to Prometheus.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "requests",
            "Calls that have ended, however they ended",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "How long calls took until their last message",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "refusals",
            "Calls that were refused or failed, by gRPC code",
            self.refusals.clone(),
        );
        registry.register("lookups", "Accounts answered", self.lookups.clone());
        registry.register(
            "reads",
            "Accounts, reviews and chains answered, by method and the caller's role",
            self.reads.clone(),
        );
        registry.register(
            "read_limits",
            "Lookups refused because a certificate had read as much as it may, by limit",
            self.read_limits.clone(),
        );
        registry.register(
            "submissions",
            "Submissions accepted into the own chain",
            self.submissions.clone(),
        );
        registry.register(
            "records",
            "Records accepted into the own chain",
            self.records.clone(),
        );
    }
}
