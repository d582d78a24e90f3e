//! Counts and sums over records, so that an auditor can compare a chain with an agency's books.

use crate::segments::widen;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use yizhang_ledger::{
    batch::Batch,
    entry::Kind,
    record::{Contribution, Record, Shares},
    value::{Namespace, Scheme},
};

/// Most submitters, schemes or kinds that are counted by name: far more than a region has. A chain with more has the
/// rest counted under [`OTHERS`], so that no chain can grow a report without bound.
pub const NAMES_MAX: usize = 4_096;
/// The name under which everything beyond [`NAMES_MAX`] is counted.
pub const OTHERS: &str = "(others)";

/// What the verified part of a chain holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Batches.
    pub batches: u64,
    /// Records, batch entries not counted.
    pub records: u64,
    /// Bytes of the batches, as hashed.
    pub bytes: u64,
    /// Time of the first batch, in milliseconds since 1970.
    pub first_time_ms: Option<u64>,
    /// Time of the last batch.
    pub last_time_ms: Option<u64>,
    /// Records by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Of them those of kinds that this version does not read.
    pub unknown_kinds: BTreeMap<String, u64>,
    /// Records by submitter.
    pub submitters: BTreeMap<String, u64>,
    /// Money received (kind `Received`), by scheme as in `hrss:110`. Later refunds and reversals are not taken off.
    pub paid: BTreeMap<String, Paid>,
}

/// Money received for a scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Number of records.
    pub records: u64,
    /// Borne by units, in fen; in JSON a text, because readers may round numbers of this size.
    #[serde(serialize_with = "write_sum", deserialize_with = "read_sum")]
    pub unit_fen: i128,
    /// Borne by persons, in fen.
    #[serde(serialize_with = "write_sum", deserialize_with = "read_sum")]
    pub person_fen: i128,
}

/// Counts while a batch is read.
#[derive(Default)]
pub(crate) struct Counter {
    /// Records of each kind, and whether the kind is read.
    kinds: BTreeMap<Kind, (u64, bool)>,
    paid: BTreeMap<Namespace, BTreeMap<String, Paid>>,
}

impl Counter {
    pub(crate) fn see(&mut self, record: &Record<'_>) {
        let known = !matches!(record, Record::Unknown(..));
        let (count, _) = self.kinds.entry(record.kind()).or_insert((0, known));
        *count = count.saturating_add(1);
        if let Record::Contribution(Kind::RECEIVED, contribution) = record {
            let Scheme { namespace, code } = contribution.scheme;
            let schemes = self.paid.entry(namespace).or_default();
            // Looked up before it is inserted, so that a text is made once for each scheme and not for each record.
            match schemes.get_mut(code.as_str()) {
                Some(paid) => paid.absorb(&Paid::of(contribution)),
                None => drop(schemes.insert(code.as_str().to_owned(), Paid::of(contribution))),
            }
        }
    }

    /// The counts of the batch that was read.
    pub(crate) fn finish(self, batch: &Batch) -> Tally {
        let mut tally = Tally {
            batches: 1,
            records: u64::from(batch.entry().records),
            bytes: widen(batch.bytes().len()),
            first_time_ms: Some(batch.entry().time.0),
            last_time_ms: Some(batch.entry().time.0),
            ..Tally::default()
        };
        for (kind, (count, known)) in self.kinds {
            add(&mut tally.kinds, kind.to_string(), count);
            if !known {
                add(&mut tally.unknown_kinds, kind.to_string(), count);
            }
        }
        for submission in &batch.entry().submissions.0 {
            add(
                &mut tally.submitters,
                submission.submitter.clone(),
                submission.records.into(),
            );
        }
        for (namespace, schemes) in self.paid {
            let named = schemes
                .into_iter()
                .map(|(code, paid)| (format!("{}:{code}", namespace.prefix()), paid));
            named.for_each(|(scheme, paid)| slot(&mut tally.paid, scheme).absorb(&paid));
        }
        tally
    }
}

impl Tally {
    /// Adds what follows in the chain. Counts stay at the largest number instead of starting over: those of earlier runs
    /// come from a file that anybody may have written.
    pub(crate) fn absorb(&mut self, later: Self) {
        self.batches = self.batches.saturating_add(later.batches);
        self.records = self.records.saturating_add(later.records);
        self.bytes = self.bytes.saturating_add(later.bytes);
        self.first_time_ms = self.first_time_ms.or(later.first_time_ms);
        self.last_time_ms = later.last_time_ms.or(self.last_time_ms);
        later
            .kinds
            .into_iter()
            .for_each(|(kind, count)| add(&mut self.kinds, kind, count));
        later
            .unknown_kinds
            .into_iter()
            .for_each(|(kind, count)| add(&mut self.unknown_kinds, kind, count));
        later
            .submitters
            .into_iter()
            .for_each(|(submitter, count)| add(&mut self.submitters, submitter, count));
        for (scheme, sums) in later.paid {
            slot(&mut self.paid, scheme).absorb(&sums);
        }
    }
}

impl Paid {
    fn of(contribution: &Contribution<'_>) -> Self {
        let Shares { unit, person } = contribution.paid;
        Self {
            records: 1,
            unit_fen: unit.get().into(),
            person_fen: person.get().into(),
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.records = self.records.saturating_add(other.records);
        self.unit_fen = self.unit_fen.saturating_add(other.unit_fen);
        self.person_fen = self.person_fen.saturating_add(other.person_fen);
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: String, count: u64) {
    let total = slot(counts, name);
    *total = total.saturating_add(count);
}

fn slot<V: Default>(map: &mut BTreeMap<String, V>, name: String) -> &mut V {
    let name = if map.len() < NAMES_MAX || map.contains_key(&name) {
        name
    } else {
        OTHERS.to_owned()
    };
    map.entry(name).or_default()
}

fn write_sum<S: Serializer>(sum: &i128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(sum)
}

fn read_sum<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}
