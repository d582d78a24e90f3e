//! What is signed and shown beside heads, in metrics: cosignatures, and evidence that is none.

use crate::status::Status;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChainLabels {
    chain: String,
}

type Size = Gauge<u64, AtomicU64>;

/// The metrics of cosignatures and evidence.
#[derive(Default)]
pub(super) struct Cosigned {
    given: Counter,
    received: Counter,
    refused: Counter,
    evidence_refused: Counter,
    entries: Family<ChainLabels, Size>,
    cosigners: Family<ChainLabels, Size>,
}

impl Cosigned {
    pub(super) fn read(&self, status: &Status) {
        self.given.inc_by(status.lines.given);
        self.received.inc_by(status.lines.received);
        self.refused.inc_by(status.lines.forged);
        self.evidence_refused.inc_by(status.lines.forged_evidence);
        for (origin, heads) in &status.cosigned {
            let labels = ChainLabels {
                chain: origin.region().to_string(),
            };
            let newest = heads.newest_head();
            let (size, count) = newest.map_or((0, 0), |(size, by)| (size.0, by));
            self.entries.get_or_create(&labels).set(size);
            self.cosigners.get_or_create(&labels).set(count);
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "cosignatures_given",
            "Cosignatures that this node has given since it started",
            self.given.clone(),
        );
        registry.register(
            "cosignatures_received",
            "Cosignatures of others that were new when they came",
            self.received.clone(),
        );
        registry.register(
            "cosignatures_refused",
            "Cosignatures that are not by the key of the roster that they name",
            self.refused.clone(),
        );
        registry.register(
            "evidence_refused",
            "Pairs of heads shown as evidence with something beside them that does not tie them together",
            self.evidence_refused.clone(),
        );
        registry.register(
            "chain_cosigned_entries",
            "Entries of a chain up to the largest head that is cosigned",
            self.entries.clone(),
        );
        registry.register(
            "chain_cosigners",
            "Witnesses and mirrors that have cosigned that head",
            self.cosigners.clone(),
        );
    }
}
