//! A federation in memory: chains with real batches and signed heads, so that facts are verified as anywhere else.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    Verified,
    batch::{Batch, RecordBlock, SubmissionId},
    chain::{ChainState, Submitted},
    entry::RecordId,
    fact::Fact,
    hash::hash_leaf,
    head::{Head, Origin},
    note::NoteKey,
    record::Record,
    roster::{ChainKey, Region, Roster},
    value::{Division, TreeSize, UnixMillis},
};

const FEDERATION: &str = "test.yizhang";

/// Chains by region; a chain begins with its first records.
#[derive(Default)]
pub(crate) struct Federation {
    chains: BTreeMap<Division, Chain>,
}

struct Chain {
    roster: Roster,
    key: SigningKey,
    state: ChainState,
    batches: Vec<Verified<Batch>>,
}

/// The entry of a record.
pub(crate) fn entry(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record
        .write(&mut bytes)
        .expect("the test writes valid records");
    bytes
}

/// What names a record.
pub(crate) fn id(record: &Record<'_>) -> RecordId {
    RecordId(hash_leaf(&entry(record)))
}

impl Federation {
    /// Appends the records to the chain of a region as one batch, signs the head, and has the batch confirmed by it.
    pub(crate) fn append(&mut self, region: Division, records: &[Vec<u8>]) {
        let chain = self
            .chains
            .entry(region)
            .or_insert_with(|| Chain::new(region));
        let block = RecordBlock::parse(records.concat()).unwrap();
        let id = SubmissionId([0; 16]);
        let submitted = Submitted {
            id,
            submitter: "test".into(),
            block,
        };
        let extension = chain.state.prepare(&[submitted], UnixMillis(1), 1).unwrap();
        let note = extension.after().head().sign(&chain.key);
        let head = Head::open(note.as_bytes(), &chain.roster).unwrap();
        let admitted = extension.confirm(&head).unwrap();
        chain.state = admitted.after;
        chain.batches.push(admitted.batch);
    }

    /// Every record of every chain.
    pub(crate) fn facts(&self) -> Vec<Verified<Fact<'_>>> {
        self.chains
            .values()
            .flat_map(|chain| &chain.batches)
            .flat_map(Verified::<Batch>::facts)
            .collect()
    }
}

impl Chain {
    fn new(region: Division) -> Self {
        let origin = Origin::new(FEDERATION, region).unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = NoteKey::new(origin.as_str(), key.verifying_key().to_bytes()).unwrap();
        let keys = vec![ChainKey {
            key: public,
            from: TreeSize(0),
            until: None,
        }];
        let entry = Region {
            origin: origin.clone(),
            endpoint: "https://localhost:1".into(),
            keys,
            witness_keys: Vec::new(),
            mirror_keys: Vec::new(),
            continuations: Vec::new(),
        };
        let roster = Roster {
            federation: FEDERATION.into(),
            version: 1,
            previous: yizhang_ledger::hash::Hash::ZERO,
            threshold: 1,
            mirrors: 0,
            roots: vec![[1; 32]],
            tls_authority: Vec::new(),
            regions: BTreeMap::from([(region, entry)]),
        };
        Self {
            roster,
            key,
            state: ChainState::empty(origin),
            batches: Vec::new(),
        }
    }
}
