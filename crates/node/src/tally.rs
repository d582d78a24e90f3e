//! What a node counts: calls by method, caller and outcome, and records accepted. Prometheus reads the sums since the start,
//! the log what came since it was last written. Callers are agencies, nodes and auditors, never persons.

use crate::role::Role;
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

/// Methods that are told apart, by their path in gRPC; a stranger can ask for any path.
const METHODS: [(&str, &str); 9] = [
    ("/yizhang.v1.Submission/Submit", "Submission.Submit"),
    (
        "/yizhang.v1.Submission/SubmitStream",
        "Submission.SubmitStream",
    ),
    ("/yizhang.v1.Account/Lookup", LOOKUP),
    ("/yizhang.v1.Review/Accounts", "Review.Accounts"),
    ("/yizhang.v1.Ledger/Status", "Ledger.Status"),
    ("/yizhang.v1.Ledger/Replay", "Ledger.Replay"),
    ("/yizhang.v1.Replication/Watch", "Replication.Watch"),
    ("/yizhang.v1.Replication/Fetch", "Replication.Fetch"),
    ("/yizhang.v1.Replication/Tell", "Replication.Tell"),
];
const LOOKUP: &str = "Account.Lookup";
/// Any other path: health, reflection, what is not there.
const OTHER_METHOD: &str = "other";
/// Methods that are called all the time by machines; the log names them only where they are refused.
const QUIET: [&str; 5] = [
    "Ledger.Status",
    "Replication.Watch",
    "Replication.Fetch",
    "Replication.Tell",
    OTHER_METHOD,
];

/// The name of a method by its path.
pub(crate) fn method(path: &str) -> &'static str {
    let known = METHODS.iter().find(|(known, _)| *known == path);
    known.map_or(OTHER_METHOD, |(_, name)| name)
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
