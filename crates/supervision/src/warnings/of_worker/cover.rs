//! Basic cover of a worker, anywhere: enrolled, or paid.

use crate::{stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Payer, Record},
    value::{Division, Month, Namespace, Scheme},
};

/// A basic insurance, whatever scheme gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Basic {
    /// Of employees, public institutions or residents: 110, 120, 170.
    Pension,
    /// Of employees or residents, of the schemes before it too: 310, 390, 391, 380.
    Medical,
}

impl Basic {
    fn of(scheme: &Scheme<'_>) -> Option<Self> {
        match (scheme.namespace, scheme.code.as_str()) {
            (Namespace::Hrss, "110" | "120" | "170") => Some(Self::Pension),
            (Namespace::Nhsa, "310" | "390" | "391" | "380") => Some(Self::Medical),
            _ => None,
        }
    }
}

/// Through whom somebody takes part, and where.
type Stream<'a> = (Basic, Scheme<'a>, Division, Payer<'a>);

/// The cover of a worker.
pub(super) struct Cover {
    paid: BTreeSet<(Basic, Month)>,
    /// Of each stream, from when on it is active, and from when on it is not: ascending.
    streams: Vec<(Basic, Vec<(Month, bool)>)>,
}

impl Cover {
    /// The cover that a worker's acting records state.
    pub(super) fn of(records: &[Stated<'_>], terms: &Terms<'_>) -> Self {
        let mut refunded: BTreeSet<RecordId> = BTreeSet::new();
        for stated in records {
            if let Record::Contribution(Kind::REFUND, fields) = &stated.record {
                refunded.extend(fields.target);
            }
        }
        let mut paid = BTreeSet::new();
        let mut streams: BTreeMap<Stream<'_>, Vec<(Month, Kind, RecordId)>> = BTreeMap::new();
        for stated in records {
            match &stated.record {
                Record::Contribution(Kind::RECEIVED, fields) => {
                    let by_then = fields.received.is_some_and(|day| day <= terms.day());
                    let is_kept = fields.full && by_then && !refunded.contains(&stated.id);
                    if let Some(basic) = Basic::of(&fields.scheme).filter(|_| is_kept) {
                        paid.extend(fields.period.iter().map(|month| (basic, month)));
                    }
                }
                Record::Participation(kind, fields) => {
                    if let Some(basic) = Basic::of(&fields.scheme) {
                        let stream = (basic, fields.scheme, fields.place, fields.payer);
                        let event = (fields.from, *kind, stated.id);
                        streams.entry(stream).or_default().push(event);
                    }
                }
                _ => {}
            }
        }
        let streams = streams.into_iter().map(|((basic, ..), mut events)| {
            events.sort_unstable();
            let states = events.into_iter().map(|(from, kind, _)| {
                let is_active = kind == Kind::ENROL || kind == Kind::RESUME;
                (from, is_active)
            });
            (basic, states.collect())
        });
        Self {
            paid,
            streams: streams.collect(),
        }
    }

    /// Whether a month is covered.
    pub(super) fn has(&self, basic: Basic, month: Month) -> bool {
        if self.paid.contains(&(basic, month)) {
            return true;
        }
        let of_basic = self.streams.iter().filter(|(its, _)| *its == basic);
        of_basic.into_iter().any(|(_, states)| {
            let last = states.iter().rev().find(|(from, _)| *from <= month);
            last.is_some_and(|(_, is_active)| *is_active)
        })
    }
}
