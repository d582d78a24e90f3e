//! A chain with a register among its entries, and what a node hands over of it: an honest one, or one that hides something.

use ed25519_dalek::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    Verified,
    batch::{RecordBlock, SubmissionId, slices},
    chain::{ChainState, Submitted},
    cosignature::{self, CosignerKey, UnixSeconds},
    entry::{Entry, Kind},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::{Note, NoteKey},
    person::AccountId,
    record::{AccountRegister, Birth, BirthEvidence, Identity, Record, Source},
    register::{
        Absence, FORM, InRegister, Neighbour, Presence, RegisterTree, RegisteredAccount,
        submission_id,
    },
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster},
    tree::{self, inclusion_path_by},
    value::{Code, Day, Division, LeafIndex, Month, TreeSize, UnixMillis},
};
use yizhang_statement::{ChainEvidence, RecordEvidence, RegisterEvidence, ShownAccount};

pub(crate) const WORKER: AccountId = AccountId([0xA5; 16]);
pub(crate) const OTHER: AccountId = AccountId([0x5A; 16]);
pub(crate) const NOBODY: AccountId = AccountId([0x77; 16]);
/// When the batch with the register came: 2026-11-29 in China.
pub(crate) const REGISTER_MS: u64 = 1_795_881_600_000;
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Positions in every chain of these tests: a batch of four records, one of a register, and one of a record behind it.
pub(crate) const FIRST: usize = 1;
pub(crate) const LINK: usize = 4;
pub(crate) const REGISTER_BATCH: usize = 5;
pub(crate) const REGISTER: usize = 6;
pub(crate) const LAST: usize = 8;
/// Of the newer register, where there is one.
pub(crate) const NEWER_BATCH: usize = 9;
pub(crate) const NEWER: usize = 10;

pub(crate) fn written(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

pub(crate) fn birth(account: AccountId, serial: &str) -> Vec<u8> {
    written(&Record::Birth(Birth {
        account,
        birth: Month::parse("1980-01").unwrap(),
        by: BirthEvidence::CitizenId,
        on: Day::parse("2020-01-01").unwrap(),
        document: Hash::ZERO,
        source: Source {
            serial: Code::new(serial).unwrap(),
            ..Source::default()
        },
    }))
}

fn link() -> Vec<u8> {
    written(&Record::Identity(
        Kind::IDENTITY_LINK,
        Identity {
            account: OTHER,
            other: WORKER,
            target: None,
            reason: Code::NONE,
            evidence: Hash::ZERO,
            on: Day::parse("2020-01-01").unwrap(),
            source: Source::default(),
        },
    ))
}

pub(crate) fn region() -> Division {
    Division::new(440_000).unwrap()
}

pub(crate) fn origin() -> Origin {
    Origin::new("test.yizhang", region()).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[44; 32])
}

pub(crate) fn roster() -> Roster {
    let public = NoteKey::new(origin().as_str(), key().verifying_key().to_bytes());
    let entry = Region {
        origin: origin(),
        endpoint: "https://localhost:1".into(),
        keys: vec![ChainKey {
            key: public.unwrap(),
            from: TreeSize(0),
            until: None,
        }],
        witness_keys: Vec::new(),
        mirror_keys: Vec::new(),
        continuations: Vec::new(),
    };
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[1; 32]],
        tls_authority: Vec::new(),
        regions: BTreeMap::from([(region(), entry)]),
    }
}

/// The same roster with another region, whose node cosigns as a mirror.
pub(crate) fn roster_with_mirror() -> Roster {
    let code = Division::new(520_000).unwrap();
    let origin = Origin::new("test.yizhang", code).unwrap();
    let public = mirror_key().verifying_key().to_bytes();
    let mirror = CosignerKey::new(&KeyKind::Mirror.name(&origin), public).unwrap();
    let of_chain = SigningKey::from_bytes(&[53; 32]).verifying_key().to_bytes();
    let chain = NoteKey::new(origin.as_str(), of_chain).unwrap();
    let entry = Region {
        origin,
        endpoint: "https://localhost:2".into(),
        keys: vec![ChainKey::always(chain)],
        witness_keys: Vec::new(),
        mirror_keys: vec![CosigningKey::always(mirror)],
        continuations: Vec::new(),
    };
    let mut roster = roster();
    roster.regions.insert(code, entry);
    roster
}

fn mirror_key() -> SigningKey {
    SigningKey::from_bytes(&[52; 32])
}

/// A head with the line of that mirror.
pub(crate) fn cosigned(note: &[u8]) -> Vec<u8> {
    let note = Note::parse(note).unwrap();
    let name = "test.yizhang/520000/mirror";
    let known = CosignerKey::new(name, mirror_key().verifying_key().to_bytes()).unwrap();
    let time = UnixSeconds::new(5).unwrap();
    let line = cosignature::sign(note.text, name, &mirror_key(), time);
    cosignature::add(&note, &known, &line).unwrap().into_bytes()
}

/// Who an entry is found under.
pub(crate) fn named(entry: &[u8]) -> Vec<AccountId> {
    let entry = Entry::parse(entry, LeafIndex(0)).unwrap();
    if entry.kind == Kind::BATCH {
        return Vec::new();
    }
    Record::read(&entry).unwrap().accounts().collect()
}

/// A chain with a register: of those entries before it which were seen, an honest one if that was all.
pub(crate) struct Chain {
    pub(crate) entries: Vec<Vec<u8>>,
    accounts: Vec<RegisteredAccount>,
    covered: usize,
    growing: Growing,
}

impl Chain {
    /// The worker's records at 1, 3 and 4, the last of them a link with another; a register at 6; and one more record at 8.
    pub(crate) fn honest() -> Self {
        Self::committing(|_| true)
    }

    pub(crate) fn committing(seen: impl Fn(usize) -> bool) -> Self {
        let records = [
            birth(WORKER, "1"),
            birth(OTHER, "2"),
            birth(WORKER, "3"),
            link(),
        ];
        Self::of(&records, seen)
    }

    /// As the honest one, and nobody is linked to anybody.
    pub(crate) fn unlinked() -> Self {
        let records = [
            birth(WORKER, "1"),
            birth(OTHER, "2"),
            birth(WORKER, "3"),
            birth(WORKER, "5"),
        ];
        Self::of(&records, |_| true)
    }

    fn of(records: &[Vec<u8>], seen: impl Fn(usize) -> bool) -> Self {
        let mut chain = Growing::default();
        chain.append(records, [1; 16]);
        let (accounts, covered) = chain.commit(seen);
        chain.append(&[birth(WORKER, "4")], [2; 16]);
        Self {
            entries: chain.entries.clone(),
            accounts,
            covered,
            growing: chain,
        }
    }

    /// The same chain with a newer register, a day later: of what is in it so far.
    pub(crate) fn with_newer_register(mut self) -> Self {
        self.growing.now.0 += DAY_MS;
        let (accounts, covered) = self.growing.commit(|_| true);
        Self {
            entries: self.growing.entries.clone(),
            accounts,
            covered,
            growing: self.growing,
        }
    }

    pub(crate) fn note(&self) -> Vec<u8> {
        let head = Head {
            origin: origin(),
            size: TreeSize(self.entries.len() as u64),
            root: tree::root::<Blake3Keyed>(&self.hashes()),
        };
        head.sign(&key()).into_bytes()
    }

    pub(crate) fn head(&self) -> Verified<Head> {
        Head::open(&self.note(), &roster()).unwrap()
    }

    fn hashes(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| hash_leaf(entry)).collect()
    }

    pub(crate) fn evidence(&self, at: usize) -> RecordEvidence {
        RecordEvidence {
            index: LeafIndex(at as u64),
            entry: self.entries[at].clone(),
            path: tree::inclusion_path(&self.hashes(), at).unwrap(),
        }
    }

    /// All records of some accounts with their paths.
    pub(crate) fn proved(&self, accounts: &[AccountId]) -> Vec<RecordEvidence> {
        let all = 0..self.entries.len();
        let is_own = |at: &usize| {
            let named = named(&self.entries[*at]);
            named.iter().any(|one| accounts.contains(one))
        };
        all.filter(is_own).map(|at| self.evidence(at)).collect()
    }

    /// All records of an account, those under the register without paths.
    pub(crate) fn records(&self, account: AccountId) -> Vec<RecordEvidence> {
        let mut records = self.proved(&[account]);
        for record in &mut records {
            if record.index.0 < self.covered as u64 {
                record.path.clear();
            }
        }
        records
    }

    pub(crate) fn register(&self, accounts: &[AccountId]) -> RegisterEvidence {
        let accounts: BTreeSet<AccountId> = accounts.iter().copied().collect();
        let shown = accounts.into_iter().map(|account| ShownAccount {
            account,
            shown: self.shown(account),
        });
        let newest = self.entries.len() - 1;
        let (batch, register) = if newest == NEWER {
            (NEWER_BATCH, NEWER)
        } else {
            (REGISTER_BATCH, REGISTER)
        };
        RegisterEvidence {
            register: self.evidence(register),
            batch: self.evidence(batch),
            accounts: shown.collect(),
            cosigned: None,
        }
    }

    pub(crate) fn shown(&self, account: AccountId) -> InRegister {
        let place = self
            .accounts
            .binary_search_by_key(&account, |one| one.account);
        match place {
            Ok(at) => InRegister::Present(Presence {
                index: at as u64,
                path: self.path(at),
            }),
            Err(before) => InRegister::Absent(Absence {
                before: before as u64,
                left: before.checked_sub(1).map(|at| self.neighbour(at)),
                right: (before < self.accounts.len()).then(|| self.neighbour(before)),
            }),
        }
    }

    fn path(&self, at: usize) -> Vec<Hash> {
        inclusion_path_by::<RegisterTree>(&leaves(&self.accounts), at).unwrap()
    }

    pub(crate) fn neighbour(&self, at: usize) -> Neighbour {
        Neighbour {
            leaf: self.accounts[at].leaf(),
            path: self.path(at),
        }
    }

    /// What a node hands over of the chain about an account.
    pub(crate) fn handed(&self, account: AccountId) -> ChainEvidence {
        ChainEvidence {
            head: self.note(),
            records: self.records(account),
            register: Some(self.register(&[account])),
        }
    }
}

/// A chain that batches are appended to.
struct Growing {
    state: ChainState,
    entries: Vec<Vec<u8>>,
    now: UnixMillis,
}

impl Default for Growing {
    fn default() -> Self {
        Self {
            state: ChainState::empty(origin()),
            entries: Vec::new(),
            now: UnixMillis(REGISTER_MS),
        }
    }
}

impl Growing {
    /// Appends the register of those entries so far that were seen. Its accounts, and the size that it covers.
    fn commit(&mut self, seen: impl Fn(usize) -> bool) -> (Vec<RegisteredAccount>, usize) {
        let covered = self.entries.len();
        let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
        for (_, entry) in self.entries.iter().enumerate().filter(|(at, _)| seen(*at)) {
            for id in named(entry) {
                let account = accounts.entry(id);
                let account = account.or_insert_with(|| RegisteredAccount::start(id));
                account.take(&hash_leaf(entry));
            }
        }
        let accounts: Vec<RegisteredAccount> = accounts.into_values().collect();
        let size = TreeSize(covered as u64);
        let register = AccountRegister {
            form: FORM,
            size: size.0,
            accounts: accounts.len() as u64,
            root: tree::root::<RegisterTree>(&leaves(&accounts)),
        };
        let record = written(&Record::AccountRegister(register));
        self.append(&[record], submission_id(size).0);
        (accounts, covered)
    }

    fn append(&mut self, records: &[Vec<u8>], id: [u8; 16]) {
        let submitted = Submitted {
            id: SubmissionId(id),
            submitter: "node.440000".into(),
            block: RecordBlock::parse(records.concat()).unwrap(),
        };
        let extension = self.state.prepare(&[submitted], self.now, 1).unwrap();
        let batch = extension.batch();
        for entry in slices(batch.bytes(), batch.ends()) {
            self.entries.push(entry.to_vec());
        }
        self.state = extension.after().clone();
    }
}

fn leaves(accounts: &[RegisteredAccount]) -> Vec<Hash> {
    accounts.iter().map(|one| one.leaf().hash()).collect()
}
