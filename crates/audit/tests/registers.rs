//! Registers of accounts: an audit computes every one again, and says of a wrong one where it stands.

use crate::fixture::{Data, Signed, Writer, audit, faults, notes, origin, received, roster};
use std::{collections::BTreeMap, ops::ControlFlow};
use yizhang_audit::{
    AuditError, ChainReport, Code, Options, ResumeFile, audit_stream, compare_registers,
};
use yizhang_ledger::{
    batch::slices,
    entry::{Entry, Kind},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::{AccountRegister, Record},
    register::{FORM, FORM_OF_KNOWN_KINDS, RegisterTree, RegisteredAccount},
    tree::root,
    value::LeafIndex,
};

const REGION: u32 = 440_000;

/// A chain with registers in it.
struct Chain {
    writer: Writer,
    batches: Vec<Signed>,
}

impl Chain {
    fn new() -> Self {
        Self {
            writer: Writer::new(REGION),
            batches: Vec::new(),
        }
    }

    fn grow(&mut self, records: u64) {
        let batch = self.writer.batch(records);
        self.batches.push(batch);
    }

    fn size(&self) -> u64 {
        self.writer.state.size().0
    }

    fn leaves(&self) -> Vec<Vec<u8>> {
        let batches = self.batches.iter().map(|signed| signed.extension.batch());
        batches
            .flat_map(|batch| slices(batch.bytes(), batch.ends()).map(<[u8]>::to_vec))
            .collect()
    }

    /// Appends a register with a record before it and one behind it, and says where it stands.
    fn commit(&mut self, register: AccountRegister) -> u64 {
        let at = self.size() + 2;
        let mut bytes = received(at << 32, 1, 1);
        Record::AccountRegister(register).write(&mut bytes).unwrap();
        bytes.extend(received(at << 33, 1, 1));
        let batch = self.writer.batch_of(bytes);
        self.batches.push(batch);
        at
    }

    fn data(&self) -> Data {
        let data = Data::empty();
        for file in self.batches.chunks(3) {
            data.write(REGION, file);
        }
        data
    }

    fn stream(&self) -> ChainReport {
        let pairs = self
            .batches
            .iter()
            .map(|signed| Ok::<_, String>(signed.pair()));
        let roster = roster(&[REGION]);
        let options = Options::default();
        let going = |_: &_| ControlFlow::Continue(());
        audit_stream(&origin(REGION), pairs, &roster, &options, None, &going).unwrap()
    }

    fn bytes(&self) -> impl Iterator<Item = Result<Vec<u8>, String>> {
        self.batches.iter().map(|signed| Ok(signed.pair().0))
    }
}

fn going() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The register of some entries by its definition.
fn by_definition(leaves: &[Vec<u8>], size: u64) -> AccountRegister {
    let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
    for leaf in leaves.iter().take(usize::try_from(size).unwrap()) {
        let entry = Entry::parse(leaf, LeafIndex(0)).unwrap();
        if entry.kind == Kind::BATCH {
            continue;
        }
        for account in Record::read(&entry).unwrap().accounts() {
            let one = accounts.entry(account);
            let one = one.or_insert_with(|| RegisteredAccount::start(account));
            one.take(&hash_leaf(leaf));
        }
    }
    let hashes: Vec<Hash> = accounts.values().map(|one| one.leaf().hash()).collect();
    AccountRegister {
        form: FORM,
        size,
        accounts: hashes.len().try_into().unwrap(),
        root: root::<RegisterTree>(&hashes),
    }
}

/// A chain of several epochs with right registers; one of them ends within a batch.
fn honest() -> Chain {
    let mut chain = Chain::new();
    for (records, before) in [(30, 0), (400, 7), (2, 0), (90, 0)] {
        chain.grow(records);
        let size = chain.size() - before;
        chain.commit(by_definition(&chain.leaves(), size));
        chain.grow(5);
    }
    chain
}

#[test]
fn right_registers_are_computed_again_and_nothing_is_said() {
    let data = honest().data();
    let report = data.audit(&roster(&[REGION]));
    assert!(report.is_clean());
    assert_eq!(notes(&report, REGION), []);
    assert!(report.chain("440000").unwrap().registers.is_empty());
}

#[test]
fn a_register_that_lies_is_named_with_its_position() {
    let size = honest().size();
    let leaves = honest().leaves();
    let right = by_definition(&leaves, size);
    let mut hidden = leaves.clone();
    hidden.remove(3);
    let mut made_up = leaves.clone();
    made_up.push(received(1 << 50, 1, 1));
    let lies = [
        (
            "a record is left out",
            AccountRegister {
                size,
                ..by_definition(&hidden, size - 1)
            },
        ),
        (
            "a record is made up",
            AccountRegister {
                size,
                ..by_definition(&made_up, size + 1)
            },
        ),
        (
            "counted wrong",
            AccountRegister {
                accounts: right.accounts - 1,
                ..right
            },
        ),
        (
            "of an earlier size",
            AccountRegister {
                size,
                ..by_definition(&leaves, size - 6)
            },
        ),
        (
            "in another order",
            AccountRegister {
                root: Hash([5; 32]),
                ..right
            },
        ),
        (
            "of nobody",
            AccountRegister {
                accounts: 0,
                root: AccountRegister::empty_root(),
                ..right
            },
        ),
    ];
    for (lie, register) in lies {
        let mut chain = honest();
        let at = chain.commit(register);
        let report = chain.data().audit(&roster(&[REGION]));
        assert_eq!(faults(&report, REGION), [Code::RegisterWrong], "{lie}");
        let chain = report.chain("440000").unwrap();
        let finding = chain.findings.last().unwrap();
        assert_eq!(finding.place.leaf, Some(at), "{lie}");
        let (expected, found) = (finding.expected.as_ref(), finding.found.as_ref());
        assert_ne!(expected, found);
        assert!(expected.unwrap().contains(&right.root.to_string()), "{lie}");
    }
}

#[test]
fn a_register_that_cannot_be_is_named_without_computing_it() {
    let mut chain = honest();
    let (size, leaves) = (chain.size(), chain.leaves());
    let beyond = AccountRegister {
        size: size + 3,
        ..by_definition(&leaves, size)
    };
    chain.commit(beyond);
    let report = chain.data().audit(&roster(&[REGION]));
    assert_eq!(faults(&report, REGION), [Code::RegisterBeyond]);
    let mut chain = honest();
    chain.commit(by_definition(&leaves, 20));
    let report = chain.data().audit(&roster(&[REGION]));
    assert_eq!(faults(&report, REGION), [Code::RegisterWentBack]);
    let mut chain = honest();
    chain.commit(AccountRegister {
        form: FORM_OF_KNOWN_KINDS,
        ..by_definition(&leaves, size)
    });
    let report = chain.data().audit(&roster(&[REGION]));
    assert_eq!(
        (faults(&report, REGION), notes(&report, REGION)),
        (vec![], vec![])
    );
    let mut chain = honest();
    chain.commit(AccountRegister {
        form: FORM + 1,
        ..by_definition(&leaves, size)
    });
    let report = chain.data().audit(&roster(&[REGION]));
    assert_eq!(faults(&report, REGION), []);
    assert_eq!(notes(&report, REGION), [Code::RegisterForm]);
}

#[test]
fn the_registers_of_a_stream_are_compared_with_a_second_one() {
    let mut chain = honest();
    let wrong = AccountRegister {
        root: Hash([5; 32]),
        ..by_definition(&chain.leaves(), chain.size())
    };
    let at = chain.commit(wrong);
    let mut report = chain.stream();
    assert!(report.is_clean());
    assert_eq!(report.registers.len(), 5);
    compare_registers(&mut report, chain.bytes(), &going).unwrap();
    assert!(report.registers.is_empty());
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|one| (one.code, one.place.leaf))
        .collect();
    assert_eq!(found, [(Code::RegisterWrong, Some(at))]);

    // A second stream that is another, or ends, compares nothing and is no proof of anything.
    let mut other = Chain::new();
    other.grow(7);
    for bytes in [
        other.bytes().collect::<Vec<_>>(),
        chain.bytes().take(4).collect(),
    ] {
        let mut report = chain.stream();
        compare_registers(&mut report, bytes.into_iter(), &going).unwrap();
        let codes: Vec<Code> = report.findings.iter().map(|one| one.code).collect();
        assert_eq!(codes, [Code::RegistersNotCompared]);
    }
    let stopping = || ControlFlow::Break(());
    let outcome = compare_registers(&mut chain.stream(), chain.bytes(), &stopping);
    assert!(matches!(outcome, Err(AuditError::Interrupted)));
}

#[test]
fn a_register_behind_a_resume_point_is_compared_with_the_whole_chain() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        resume: Some(folder.path().join("resume")),
        ..Options::default()
    };
    let mut chain = honest();
    let (data, roster) = (chain.data(), roster(&[REGION]));
    assert!(audit(data.path(), &roster, &options).is_clean());
    let source = data
        .path()
        .canonicalize()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let resume = ResumeFile::open(&folder.path().join("resume"), &source, &roster).unwrap();
    assert_eq!(resume.size(&origin(REGION)).0, chain.size());

    let (size, old) = (chain.size(), chain.batches.len());
    let at = chain.commit(AccountRegister {
        root: Hash([5; 32]),
        ..by_definition(&chain.leaves(), size)
    });
    chain.commit(by_definition(&chain.leaves(), size + 2));
    let (old, new) = chain.batches.split_at(old);
    assert_eq!(
        old.len() % 3,
        0,
        "the new batches are in a file of their own"
    );
    data.write(REGION, new);
    let report = audit(data.path(), &roster, &options);
    let found: Vec<_> = report
        .all_findings()
        .map(|one| (one.code, one.place.leaf))
        .collect();
    assert_eq!(found, [(Code::RegisterWrong, Some(at))]);
}
