//! A federation in miniature with a model of what its chains must hold, and one check of everything against the model.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file uses its own part"
)]

use ed25519_dalek::SigningKey;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use yizhang_ledger::{
    Verified,
    batch::{Batch, RecordBlock, SubmissionId, slices},
    chain::{ChainState, Extension, Submitted},
    entry::{Kind, RecordId},
    fact::Fact,
    hash::{Hash, hash_leaf},
    head::{Head, Origin},
    note::{self, NoteKey},
    person::AccountId,
    record::{Identity, Record, Reversal, Source},
    roster::{ChainKey, Region, Roster, root_key_name},
    value::{Code, Day, LeafIndex, TreeSize, UnixMillis},
};
use yizhang_store::{Options, Store};

pub const FEDERATION: &str = "test.yizhang";

/// The chains, their keys, and what has been acknowledged of each.
pub struct World {
    pub rng: ChaCha8Rng,
    pub chains: Vec<Model>,
    pub accounts: Vec<AccountId>,
    pub roster: Roster,
}

/// What a chain must hold.
pub struct Model {
    pub origin: Origin,
    pub key: SigningKey,
    pub state: ChainState,
    pub leaves: Vec<Vec<u8>>,
    /// Where each batch ends, with its bytes and head.
    pub batches: BTreeMap<u64, (Vec<u8>, Vec<u8>)>,
    pub submissions: Vec<(SubmissionId, u64, u32, Hash, u64)>,
    /// Handed to the store, not acknowledged.
    pub pending: Vec<Extension>,
}

pub const SUBMITTER: &str = "agency-1";

impl World {
    pub fn new(seed: u64, chains: usize) -> Self {
        println!("seed {seed}");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let root = SigningKey::from_bytes(&[1; 32]);
        let mut regions = BTreeMap::new();
        let mut models = Vec::new();
        for number in 0..chains {
            let code = 110_000 + u32::try_from(number).unwrap() * 10_000;
            let origin = Origin::parse(&format!("{FEDERATION}/{code}")).unwrap();
            let key = SigningKey::from_bytes(&rng.random());
            let public = NoteKey::new(origin.as_str(), key.verifying_key().to_bytes()).unwrap();
            let keys = vec![ChainKey {
                key: public,
                from: TreeSize(0),
                until: None,
            }];
            let region = Region {
                origin: origin.clone(),
                endpoint: "https://localhost:1".into(),
                keys,
                witness_keys: Vec::new(),
                mirror_keys: Vec::new(),
                continuations: Vec::new(),
            };
            regions.insert(origin.region(), region);
            models.push(Model::new(origin, key));
        }
        let roster = Roster {
            federation: FEDERATION.into(),
            version: 1,
            previous: Hash::ZERO,
            threshold: 1,
            mirrors: 0,
            roots: vec![root.verifying_key().to_bytes()],
            tls_authority: vec![1, 2, 3],
            regions,
        };
        let text = roster.text();
        let signed = note::sign(&text, &root_key_name(FEDERATION), &root);
        let roster = Roster::open(signed.as_bytes(), &roster.roots, 1).unwrap();
        let accounts = (0..40).map(|_| AccountId(rng.random())).collect();
        Self {
            rng,
            chains: models,
            accounts,
            roster,
        }
    }

    pub fn origins(&self) -> Vec<Origin> {
        self.chains
            .iter()
            .map(|chain| chain.origin.clone())
            .collect()
    }

    pub fn options(&self) -> Options {
        Options::new(self.origins())
    }

    /// Options under which everything happens early: tables of some postings, files of some KiB.
    pub fn tiny(&self) -> Options {
        Options {
            table_entries: 50,
            cached_rows: 4,
            segment_bytes: 6_000,
            ..self.options()
        }
    }

    pub fn open(&self, folder: &std::path::Path) -> Store {
        Store::open(folder, self.tiny()).unwrap().0
    }

    /// Records of several kinds about some of the accounts.
    fn block(&mut self, records: usize) -> RecordBlock {
        let mut bytes = Vec::new();
        for _ in 0..records {
            let account = self.accounts[self.rng.random_range(0..self.accounts.len())];
            let serial = format!("{:016x}", self.rng.next_u64());
            let source = Source {
                agency: Code::new("44030001").unwrap(),
                system: Code::NONE,
                serial: Code::new(&serial).unwrap(),
            };
            let target = RecordId(Hash(self.rng.random()));
            let record = match self.rng.random_range(0..10) {
                0 => Record::unread(Kind(60_000), serial.as_bytes()),
                1 => {
                    let other = AccountId(self.rng.random());
                    let (reason, evidence) = (Code::NONE, Hash::ZERO);
                    let on = Day::new(20_260_101).unwrap();
                    Record::Identity(
                        Kind::IDENTITY_LINK,
                        Identity {
                            account,
                            other,
                            target: None,
                            reason,
                            evidence,
                            on,
                            source,
                        },
                    )
                }
                _ => Record::Reversal(Reversal {
                    account,
                    target,
                    reason: Code::NONE,
                    source,
                }),
            };
            record.write(&mut bytes).unwrap();
        }
        RecordBlock::parse(bytes).unwrap()
    }

    /// A batch that follows what chain `number` was handed last, one submission for each number of records.
    pub fn prepare(&mut self, number: usize, submissions: &[usize]) -> Extension {
        let submitted: Vec<Submitted> = submissions
            .iter()
            .map(|records| Submitted {
                id: SubmissionId(self.rng.random()),
                submitter: SUBMITTER.into(),
                block: self.block(*records),
            })
            .collect();
        let chain = &mut self.chains[number];
        let state = chain
            .pending
            .last()
            .map_or(&chain.state, |last| last.after());
        let extension = state
            .prepare(&submitted, UnixMillis(1_700_000_000_000), 1)
            .unwrap();
        chain.pending.push(extension.clone());
        extension
    }

    /// Appends one batch as the node that signs the chain does.
    pub fn append(&mut self, store: &Store, number: usize, submissions: &[usize]) {
        let extension = self.prepare(number, submissions);
        let chain = &mut self.chains[number];
        store.persist(&chain.origin, &[(&extension, None)]).unwrap();
        let note = chain.acknowledge();
        store.note_head(&chain.origin, &note).unwrap();
    }

    /// Appends a group of batches with their heads, as a mirror does.
    pub fn mirror(&mut self, store: &Store, number: usize, group: &[&[usize]]) {
        let extensions: Vec<_> = group
            .iter()
            .map(|submissions| self.prepare(number, submissions))
            .collect();
        let chain = &mut self.chains[number];
        let notes: Vec<_> = extensions
            .iter()
            .map(|extension| chain.sign(extension.after()))
            .collect();
        let group: Vec<_> = extensions
            .iter()
            .zip(&notes)
            .map(|(e, note)| (e, Some(note.as_slice())))
            .collect();
        store.persist(&chain.origin, &group).unwrap();
        for _ in &group {
            chain.acknowledge();
        }
    }

    /// Random appends on random chains.
    pub fn random_work(&mut self, store: &Store, batches: usize) {
        for _ in 0..batches {
            let number = self.rng.random_range(0..self.chains.len());
            let sizes = |rng: &mut ChaCha8Rng| -> Vec<usize> {
                (0..rng.random_range(1..4))
                    .map(|_| rng.random_range(1..30))
                    .collect()
            };
            if number == 0 {
                let submissions = sizes(&mut self.rng);
                self.append(store, number, &submissions);
            } else {
                let group: Vec<_> = (0..self.rng.random_range(1..4))
                    .map(|_| sizes(&mut self.rng))
                    .collect();
                let group: Vec<&[usize]> = group.iter().map(Vec::as_slice).collect();
                self.mirror(store, number, &group);
            }
        }
    }

    /// After a crash: takes over whole batches that were not acknowledged and forgets the others, then signs the head
    /// that a crash may have taken. Every acknowledged batch must be there.
    pub fn settle(&mut self, store: &Store) {
        for chain in &mut self.chains {
            let state = store.state(&chain.origin).expect("the chain is served");
            let found = state.size();
            assert!(
                found >= chain.state.size(),
                "{}: acknowledged batches are lost",
                chain.origin
            );
            while chain.state.size() < found {
                assert!(
                    !chain.pending.is_empty(),
                    "{}: nobody handed this over",
                    chain.origin
                );
                chain.acknowledge();
            }
            chain.pending.clear();
            assert_eq!(state.head(), chain.state.head());
            if found.0 > 0 && store.head(&chain.origin).is_none() {
                let note = chain.sign(&state);
                store.note_head(&chain.origin, &note).unwrap();
            }
        }
    }

    /// Everything that can be asked of a store, compared with the model. `proofs` says at how many sizes of each chain
    /// every record is proved.
    pub fn check(&mut self, store: &Store, proofs: usize) {
        for number in 0..self.chains.len() {
            self.check_chain(store, number);
            self.check_proofs(store, number, proofs);
        }
        self.check_positions(store);
        assert!(
            store
                .positions(&AccountId(self.rng.random()))
                .unwrap()
                .is_empty()
        );
    }

    /// The index finds every record of every account.
    pub fn check_positions(&self, store: &Store) {
        let mut expected: BTreeMap<AccountId, BTreeSet<(Origin, LeafIndex)>> = BTreeMap::new();
        for chain in &self.chains {
            for (index, leaf) in chain.leaves.iter().enumerate() {
                for account in accounts(leaf) {
                    let position = (chain.origin.clone(), LeafIndex(index.try_into().unwrap()));
                    expected.entry(account).or_default().insert(position);
                }
            }
        }
        for (account, positions) in &expected {
            assert_eq!(
                store.positions(account).unwrap(),
                positions.iter().cloned().collect::<Vec<_>>()
            );
        }
    }

    /// After closing: `check` has nothing to say, in particular about the index.
    pub fn check_nothing_wrong(&self, folder: &std::path::Path, closed: Store) {
        drop(closed);
        let report = yizhang_store::check(folder, &|_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert!(
            report
                .chains
                .iter()
                .zip(&self.chains)
                .all(|(found, model)| found.size == model.state.size())
        );
    }

    fn check_chain(&self, store: &Store, number: usize) {
        let chain = &self.chains[number];
        let origin = &chain.origin;
        let state = store.state(origin).unwrap();
        assert_eq!(state.head(), chain.state.head());
        assert_eq!(
            (state.link(), state.batches()),
            (chain.state.link(), chain.state.batches())
        );
        let head = chain
            .batches
            .last_key_value()
            .map(|(_, (_, head))| head.clone());
        assert_eq!(store.head(origin), head);
        assert_eq!(
            store.newest_head(origin).unwrap().map(|(_, head)| head),
            head
        );
        for (index, leaf) in (0..).zip(&chain.leaves) {
            assert_eq!(store.record(origin, LeafIndex(index)).unwrap(), *leaf);
        }
        assert!(store.record(origin, LeafIndex(state.size().0)).is_err());
        self.check_batches(store, number);
        for (id, first, records, content, size_after) in &chain.submissions {
            let found = store.submission(origin, SUBMITTER, id).unwrap().unwrap();
            assert_eq!(
                (found.first.0, found.records, found.content),
                (*first, *records, *content)
            );
            assert_eq!(
                (found.size_after.0, found.head.as_ref()),
                (*size_after, Some(&chain.batches[size_after].1))
            );
            assert_eq!(store.submission(origin, "agency-2", id).unwrap(), None);
        }
    }

    fn check_batches(&self, store: &Store, number: usize) {
        let chain = &self.chains[number];
        let origin = &chain.origin;
        let read = |from: u64| {
            store
                .batches(origin, TreeSize(from))
                .unwrap()
                .map(Result::unwrap)
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = chain.batches.values().cloned().collect();
        assert_eq!(read(0), all);
        let mut replayed = ChainState::empty(origin.clone());
        let boundaries: BTreeSet<u64> = std::iter::once(0)
            .chain(chain.batches.keys().copied())
            .collect();
        for (position, (bytes, _)) in all.iter().enumerate() {
            let size = replayed.size();
            assert_eq!(
                store.root_at(origin, size).unwrap(),
                Some(replayed.frontier().root())
            );
            if position.is_multiple_of(7) {
                assert_eq!(read(size.0), all[position..]);
            }
            if !boundaries.contains(&(size.0 + 1)) {
                assert_eq!(store.root_at(origin, TreeSize(size.0 + 1)).unwrap(), None);
                assert!(store.batches(origin, TreeSize(size.0 + 1)).is_err());
            }
            replayed = replayed
                .follow(Batch::parse(bytes.clone()).unwrap())
                .unwrap()
                .after()
                .clone();
        }
        assert_eq!(
            store.root_at(origin, replayed.size()).unwrap(),
            Some(replayed.frontier().root())
        );
        assert!(read(replayed.size().0).is_empty());
        assert!(
            store
                .batches(origin, TreeSize(replayed.size().0 + 1))
                .is_err()
        );
    }

    fn check_proofs(&mut self, store: &Store, number: usize, sizes: usize) {
        let chain = &self.chains[number];
        let mut chosen: Vec<u64> = chain.batches.keys().copied().collect();
        let last = chosen.pop();
        let step = (chosen.len() / sizes.max(1)).max(1);
        for size in chosen.into_iter().step_by(step).take(sizes).chain(last) {
            let head = self.head(number, size);
            let indexes: Vec<LeafIndex> = (0..size).map(LeafIndex).collect();
            let proofs = store
                .proofs(&chain.origin, &indexes, TreeSize(size))
                .unwrap();
            let starts: BTreeSet<u64> = std::iter::once(0)
                .chain(chain.batches.keys().copied())
                .collect();
            for (index, proof) in indexes.iter().zip(&proofs) {
                assert_eq!(proof.entry, chain.leaves[usize::try_from(index.0).unwrap()]);
                let proved = Fact::prove(&proof.entry, *index, &proof.path, &head);
                assert_eq!(
                    proved.is_ok(),
                    !starts.contains(&index.0),
                    "{index} in {size}"
                );
                let root = yizhang_ledger::tree::verify_inclusion(
                    &hash_leaf(&proof.entry),
                    index.0,
                    size,
                    &proof.path,
                    &head.root,
                );
                assert_eq!(root, Ok(()));
            }
            let one = indexes[self.rng.random_range(0..indexes.len())];
            assert_eq!(
                store.proof(&chain.origin, one, TreeSize(size)).unwrap(),
                proofs[usize::try_from(one.0).unwrap()]
            );
            assert!(
                store
                    .proof(&chain.origin, LeafIndex(size), TreeSize(size))
                    .is_err()
            );
        }
    }

    pub fn head(&self, number: usize, size: u64) -> Verified<Head> {
        Head::open(&self.chains[number].batches[&size].1, &self.roster).unwrap()
    }
}

impl Model {
    fn new(origin: Origin, key: SigningKey) -> Self {
        Self {
            state: ChainState::empty(origin.clone()),
            origin,
            key,
            leaves: Vec::new(),
            batches: BTreeMap::new(),
            submissions: Vec::new(),
            pending: Vec::new(),
        }
    }

    pub fn sign(&self, state: &ChainState) -> Vec<u8> {
        state.head().sign(&self.key).into_bytes()
    }

    /// The oldest pending batch is durable. Returns its head.
    pub fn acknowledge(&mut self) -> Vec<u8> {
        let extension = self.pending.remove(0);
        let (batch, after) = (extension.batch(), extension.after());
        self.leaves
            .extend(slices(batch.bytes(), batch.ends()).map(<[u8]>::to_vec));
        for (submission, first, content) in batch.submissions() {
            self.submissions.push((
                submission.id,
                first.0,
                submission.records,
                content,
                after.size().0,
            ));
        }
        let note = self.sign(after);
        self.batches
            .insert(after.size().0, (batch.bytes().to_vec(), note.clone()));
        self.state = after.clone();
        note
    }
}

/// The accounts of an entry, by decoding it.
pub fn accounts(leaf: &[u8]) -> Vec<AccountId> {
    let entry = yizhang_ledger::entry::Entry::parse(leaf, LeafIndex(0)).unwrap();
    if entry.kind == Kind::BATCH {
        return Vec::new();
    }
    Record::read(&entry).unwrap().accounts().collect()
}

/// Copies a directory.
pub(crate) fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap().map(Result::unwrap) {
        let target = target.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
