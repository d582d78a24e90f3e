//! That nothing of an account was left out is believed when a register shows it, and each way to hide a record is refused by its name.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    Invalid, Verified,
    entry::Kind,
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::NoteKey,
    person::AccountId,
    record::{AccountRegister, Birth, BirthEvidence, Identity, Record, Source},
    register::{
        Absence, FORM, InRegister, Neighbour, Presence, RegisterFault, RegisterTree,
        RegisteredAccount, Side,
    },
    roster::{ChainKey, Region, Roster},
    tree::{self, ProofFault, inclusion_path_by},
    value::{Code, Day, Division, LeafIndex, Month, TreeSize},
};
use yizhang_statement::{RecordEvidence, Refuted, RegisterEvidence, prove_complete};

const WORKER: AccountId = AccountId([0xA5; 16]);
const OTHER: AccountId = AccountId([0x5A; 16]);
const NOBODY: AccountId = AccountId([0x77; 16]);

fn written(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

fn birth(account: AccountId, serial: &str) -> Vec<u8> {
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

fn origin() -> Origin {
    Origin::new("test.yizhang", Division::new(440_000).unwrap()).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[44; 32])
}

fn roster() -> Roster {
    let public = NoteKey::new(origin().as_str(), key().verifying_key().to_bytes());
    let region = Region {
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
        regions: BTreeMap::from([(Division::new(440_000).unwrap(), region)]),
    }
}

/// A chain with a register among its entries: one that covers those before it which `seen` keeps, an honest one if it keeps all.
struct Chain {
    entries: Vec<Vec<u8>>,
    register_at: usize,
    accounts: Vec<RegisteredAccount>,
}

impl Chain {
    /// The worker's records at 0, 2 and 3, the last of them a link; a register at 4; and one more record at 5.
    fn honest() -> Self {
        Self::committing(|_| true)
    }

    fn committing(seen: impl Fn(usize) -> bool) -> Self {
        let mut entries = vec![
            birth(WORKER, "1"),
            birth(OTHER, "2"),
            birth(WORKER, "3"),
            link(),
        ];
        let register_at = entries.len();
        let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
        for (_, entry) in entries.iter().enumerate().filter(|(at, _)| seen(*at)) {
            for id in named(entry) {
                let account = accounts.entry(id);
                let account = account.or_insert_with(|| RegisteredAccount::start(id));
                account.take(&hash_leaf(entry));
            }
        }
        let accounts: Vec<RegisteredAccount> = accounts.into_values().collect();
        let register = AccountRegister {
            form: FORM,
            size: register_at as u64,
            accounts: accounts.len() as u64,
            root: tree::root::<RegisterTree>(&leaves(&accounts)),
        };
        entries.push(written(&Record::AccountRegister(register)));
        entries.push(birth(WORKER, "4"));
        Self {
            entries,
            register_at,
            accounts,
        }
    }

    fn head(&self) -> Verified<Head> {
        let head = Head {
            origin: origin(),
            size: TreeSize(self.entries.len() as u64),
            root: tree::root::<Blake3Keyed>(&self.hashes()),
        };
        Head::open(head.sign(&key()).as_bytes(), &roster()).unwrap()
    }

    fn hashes(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| hash_leaf(entry)).collect()
    }

    fn evidence(&self, at: usize) -> RecordEvidence {
        RecordEvidence {
            index: LeafIndex(at as u64),
            entry: self.entries[at].clone(),
            path: tree::inclusion_path(&self.hashes(), at).unwrap(),
        }
    }

    /// All records of an account, those under the register without paths.
    fn records(&self, account: AccountId) -> Vec<RecordEvidence> {
        let all = 0..self.entries.len();
        all.filter(|at| named(&self.entries[*at]).contains(&account))
            .map(|at| {
                let mut record = self.evidence(at);
                if at < self.register_at {
                    record.path.clear();
                }
                record
            })
            .collect()
    }

    fn register(&self, account: AccountId) -> RegisterEvidence {
        let place = self
            .accounts
            .binary_search_by_key(&account, |one| one.account);
        let shown = match place {
            Ok(at) => InRegister::Present(Presence {
                index: at as u64,
                path: self.path(at),
            }),
            Err(before) => InRegister::Absent(Absence {
                before: before as u64,
                left: before.checked_sub(1).map(|at| self.neighbour(at)),
                right: (before < self.accounts.len()).then(|| self.neighbour(before)),
            }),
        };
        RegisterEvidence {
            register: self.evidence(self.register_at),
            shown,
        }
    }

    fn path(&self, at: usize) -> Vec<Hash> {
        inclusion_path_by::<RegisterTree>(&leaves(&self.accounts), at).unwrap()
    }

    fn neighbour(&self, at: usize) -> Neighbour {
        Neighbour {
            leaf: self.accounts[at].leaf(),
            path: self.path(at),
        }
    }

    fn prove(&self, account: AccountId) -> Result<Vec<u64>, Refuted> {
        self.prove_with(account, &self.register(account), &self.records(account))
    }

    /// The positions of what is believed.
    fn prove_with(
        &self,
        account: AccountId,
        register: &RegisterEvidence,
        records: &[RecordEvidence],
    ) -> Result<Vec<u64>, Refuted> {
        let complete = prove_complete(&self.head(), account, register, records)?;
        assert_eq!(complete.through.0, self.register_at as u64);
        let facts = complete.facts.iter();
        Ok(facts
            .map(|fact| {
                assert_eq!(
                    fact.id.0,
                    hash_leaf(&self.entries[usize::try_from(fact.index.0).unwrap()])
                );
                fact.index.0
            })
            .collect())
    }
}

fn leaves(accounts: &[RegisteredAccount]) -> Vec<Hash> {
    accounts.iter().map(|one| one.leaf().hash()).collect()
}

fn named(entry: &[u8]) -> Vec<AccountId> {
    let entry = yizhang_ledger::entry::Entry::parse(entry, LeafIndex(0)).unwrap();
    Record::read(&entry).unwrap().accounts().collect()
}

fn region() -> Division {
    Division::new(440_000).unwrap()
}

fn refused(fault: RegisterFault) -> Result<Vec<u64>, Refuted> {
    Err(Refuted::Register {
        chain: region(),
        fault,
    })
}

fn is_other_root(outcome: &Result<Vec<u64>, Refuted>) -> bool {
    let Err(Refuted::Register { fault, .. }) = outcome else {
        return false;
    };
    matches!(
        fault,
        RegisterFault::Path {
            fault: ProofFault::RootMismatch { .. },
            ..
        }
    )
}

#[test]
fn all_records_of_an_account_are_believed_by_one_path() {
    let chain = Chain::honest();
    assert_eq!(chain.prove(WORKER), Ok(vec![0, 2, 3, 5]));
    assert_eq!(chain.prove(OTHER), Ok(vec![1, 3]));
    assert_eq!(chain.prove(NOBODY), Ok(vec![]));
}

#[test]
fn a_record_that_is_left_out_is_missed() {
    let chain = Chain::honest();
    for missing in 0..3 {
        let mut records = chain.records(WORKER);
        records.remove(missing);
        let outcome = chain.prove_with(WORKER, &chain.register(WORKER), &records);
        assert!(is_other_root(&outcome), "{missing}: {outcome:?}");
    }
    // Behind the register nothing shows that one is missing: `through` says so.
    let mut records = chain.records(WORKER);
    records.pop();
    let outcome = chain.prove_with(WORKER, &chain.register(WORKER), &records);
    assert_eq!(outcome, Ok(vec![0, 2, 3]));
}

#[test]
fn a_register_that_hides_a_record_does_not_go_with_the_records() {
    let chain = Chain::committing(|at| at != 2);
    assert!(is_other_root(&chain.prove(WORKER)));
    // Who is not shown the record cannot see it: mirrors and auditors compute the register again.
    let mut records = chain.records(WORKER);
    records.remove(1);
    let outcome = chain.prove_with(WORKER, &chain.register(WORKER), &records);
    assert_eq!(outcome, Ok(vec![0, 3, 5]));
}

#[test]
fn an_account_with_records_is_not_absent() {
    let chain = Chain::committing(|at| at == 1);
    let size = TreeSize(4);
    let at = LeafIndex(0);
    let chain_of = region();
    assert_eq!(
        chain.prove(WORKER),
        Err(Refuted::NotAbsent {
            chain: chain_of,
            at,
            size
        })
    );
    let honest = Chain::honest();
    let register = RegisterEvidence {
        register: honest.evidence(honest.register_at),
        shown: InRegister::Absent(Absence {
            before: 1,
            left: Some(honest.neighbour(0)),
            right: Some(honest.neighbour(1)),
        }),
    };
    let later = &honest.records(WORKER)[3..];
    assert_eq!(
        honest.prove_with(WORKER, &register, later),
        refused(RegisterFault::Between(Side::Right))
    );
}

#[test]
fn what_is_no_register_under_the_head_shows_nothing() {
    let chain = Chain::honest();
    let records = chain.records(WORKER);
    let mut register = chain.register(WORKER);
    register.register = chain.evidence(0);
    let (at, found) = (LeafIndex(0), Kind::BIRTH_DATE_FACT);
    assert_eq!(
        chain.prove_with(WORKER, &register, &records),
        refused(RegisterFault::NotARegister { at, found })
    );
    let mut register = chain.register(WORKER);
    register.register.entry = Chain::committing(|at| at != 2).entries[4].clone();
    let outcome = chain.prove_with(WORKER, &register, &records);
    assert!(
        matches!(outcome, Err(Refuted::Invalid(Invalid::Proof { .. }))),
        "{outcome:?}"
    );
}

#[test]
fn records_of_others_twice_or_out_of_place_are_refused() {
    let chain = Chain::honest();
    let register = chain.register(WORKER);
    let mut records = chain.records(WORKER);
    records.swap(0, 1);
    let outcome = chain.prove_with(WORKER, &register, &records);
    assert!(matches!(outcome, Err(Refuted::Order { .. })), "{outcome:?}");
    let mut records = chain.records(WORKER);
    records.insert(1, chain.evidence(1));
    let at = LeafIndex(1);
    assert_eq!(
        chain.prove_with(WORKER, &register, &records),
        refused(RegisterFault::OtherAccount { at })
    );
    let mut records = chain.records(OTHER);
    records.push(chain.evidence(5));
    let outcome = chain.prove_with(OTHER, &chain.register(OTHER), &records);
    assert!(
        matches!(outcome, Err(Refuted::ForeignRecord { .. })),
        "{outcome:?}"
    );
    // A record behind the register needs a path of its own.
    let mut records = chain.records(WORKER);
    records[3].path.clear();
    let outcome = chain.prove_with(WORKER, &register, &records);
    assert!(
        matches!(outcome, Err(Refuted::Invalid(Invalid::Proof { .. }))),
        "{outcome:?}"
    );
    assert_eq!(
        chain.prove_with(WORKER, &register, &[]),
        refused(RegisterFault::NoRecords)
    );
}
