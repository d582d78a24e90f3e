//! Registers that do not show what they are said to show, signed by the node that made the statement.

use super::{
    Bench, Case,
    accepted::accepted,
    chains::{lone, mirror},
};
use crate::{
    federation::{Asked, Part, Role, View, written},
    raw::{
        ACCOUNT, CHAINS, Place, RawChain, RawCosigned, RawFile, RawLeaf, RawPlace, RawRecord,
        RawRegister,
    },
    records::birth,
    world::{NOBODY, OTHER, REGISTER, TWIN, WORKER, asked, asked_of_twins},
};
use yizhang_ledger::{
    hash::Hash,
    note,
    record::{AccountRegister, Record},
    register::FORM,
    value::LeafIndex,
};
use yizhang_statement::{ChainEvidence, RegisterEvidence, StatedChain};

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let mut cases = registers(bench);
    cases.extend(batches(bench));
    cases.extend(shown(bench));
    cases.extend(records(bench));
    cases.extend(presence(bench));
    cases.extend(places(bench));
    cases.extend(absence(bench));
    cases.extend(cosigned(bench));
    cases
}

/// The honest statement with a change of the register of its first chain.
fn with_register(bench: &Bench, change: impl FnOnce(&mut RawRegister)) -> Vec<u8> {
    with_chain(bench, |chain| {
        change(chain.register.as_mut().expect("it has one"));
    })
}

fn with_chain(bench: &Bench, change: impl FnOnce(&mut RawChain)) -> Vec<u8> {
    bench.forged(|file| file.change_chains(|chains| change(&mut chains[0])))
}

/// What an issuer states who has other evidence of the first chain, with the paths that belong to it.
fn with_evidence(bench: &Bench, asked: &Asked, change: impl FnOnce(&mut ChainEvidence)) -> Vec<u8> {
    let federation = &bench.federation;
    let mut content = federation.content(asked);
    let (mut evidence, size) = federation.evidence(0, &asked.views[&0], &asked.accounts);
    change(&mut evidence);
    content.chains[0] = StatedChain::of(&evidence, size).expect("paths are right");
    federation.seal(&content, 0)
}

/// The evidence of an entry of the first chain, by its position.
fn entry(bench: &Bench, at: u64) -> yizhang_statement::RecordEvidence {
    let view = View {
        without_register: true,
        ..View::default()
    };
    let everybody = [WORKER, OTHER, TWIN, crate::world::TWIN_TOO].into();
    let (evidence, _) = bench.federation.evidence(0, &view, &everybody);
    let found = evidence
        .records
        .into_iter()
        .find(|record| record.index == LeafIndex(at));
    found.expect("it is a record")
}

fn alone() -> Asked {
    asked(WORKER, Part::Nothing)
}

fn register_of(form: u16, size: u64) -> Vec<u8> {
    written(&Record::AccountRegister(AccountRegister {
        form,
        size,
        accounts: 1,
        root: Hash([1; 32]),
    }))
}

fn registers(bench: &Bench) -> Vec<Case> {
    // A chain of one entry, which is to be its register.
    let lone = |entry: &[u8]| {
        lone(bench, entry, |chain| {
            chain.records.clear();
            chain.register = Some(RawRegister {
                index: 0,
                entry: entry.to_vec(),
                batch_index: 0,
                batch: entry.to_vec(),
                accounts: Vec::new(),
                hashes: Vec::new(),
                cosigned: None,
            });
        })
    };
    let mut field = register_of(1, 1);
    let last = field.len() - 33;
    field[last] = 0;
    vec![
        bench.refused(
            "a record for a register",
            "Refusal::Refuted/Refuted::Register/RegisterFault::NotARegister",
            lone(&birth(WORKER, "1")),
        ),
        bench.refused(
            "a register of another form",
            "Refusal::Refuted/Refuted::Register/RegisterFault::Form",
            lone(&register_of(FORM + 1, 1)),
        ),
        bench.refused(
            "a register that covers itself",
            "Refusal::Refuted/Refuted::Register/RegisterFault::BeyondItself",
            lone(&register_of(1, 1)),
        ),
        bench.refused(
            "a register whose fields are wrong",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Payload/CodecFault::Field",
            lone(&field),
        ),
        bench.refused(
            "a register that the head does not have",
            "Refusal::Invalid/Invalid::Proof/ProofFault::RootMismatch",
            with_register(bench, |register| {
                register.entry[2] = 1;
                *register.entry.last_mut().expect("it has bytes") ^= 1;
            }),
        ),
    ]
}

fn batches(bench: &Bench) -> Vec<Case> {
    let batch = |at: u64| {
        let evidence = entry(bench, at);
        move |register: &mut RegisterEvidence| register.batch = evidence
    };
    let refused = |name, rule, change: &dyn Fn(&mut ChainEvidence)| {
        bench.refused(
            name,
            rule,
            with_evidence(bench, &alone(), |evidence| change(evidence)),
        )
    };
    let not_a_batch = with_evidence(bench, &alone(), |evidence| {
        batch(1)(evidence.register.as_mut().expect("it has one"));
    });
    vec![
        bench.refused(
            "a record for the batch of a register",
            "Refusal::Refuted/Refuted::Invalid/Invalid::NotABatch",
            not_a_batch,
        ),
        refused(
            "an earlier batch for that of a register",
            "Refusal::Refuted/Refuted::OtherBatch",
            &|evidence| {
                let size = bench.federation.chains[0].len();
                let register = evidence.register.as_mut().expect("it has one");
                register.batch = bench.federation.chains[0].evidence(0, size);
            },
        ),
        refused(
            "a later batch for that of a register",
            "Refusal::Refuted/Refuted::OtherBatch",
            &|evidence| {
                let size = bench.federation.chains[0].len();
                let at = usize::try_from(REGISTER).expect("it is small") + 1;
                let register = evidence.register.as_mut().expect("it has one");
                register.batch = bench.federation.chains[0].evidence(at, size);
            },
        ),
        bench.refused(
            "another batch entry than the head has",
            "Refusal::Invalid/Invalid::Proof/ProofFault::RootMismatch",
            with_register(bench, |register| {
                *register.batch.last_mut().expect("it has bytes") ^= 1;
            }),
        ),
    ]
}

fn shown(bench: &Bench) -> Vec<Case> {
    let twins = bench
        .federation
        .seal(&bench.federation.content(&asked_of_twins(Part::Nothing)), 0);
    let list = "Refusal::Refuted/Refuted::ShownList";
    let absent = |number: u8| RawPlace {
        account: [number; 16],
        place: Place::Absent {
            before: 0,
            left: None,
            right: None,
        },
    };
    vec![
        bench.refused(
            "accounts shown out of order",
            list,
            bench.forged_from(&twins, |file| {
                file.change_chains(|chains| {
                    chains[0]
                        .register
                        .as_mut()
                        .expect("it has one")
                        .accounts
                        .swap(0, 1);
                });
            }),
        ),
        bench.refused(
            "an account shown twice",
            list,
            with_register(bench, |register| {
                let again = register.accounts[0].clone();
                register.accounts.push(again);
            }),
        ),
        bench.refused(
            "65 accounts shown",
            "Refusal::Form/PortableFault::Content",
            with_register(bench, |register| {
                let others = (0..64).map(absent);
                register.accounts.splice(..0, others);
            }),
        ),
        bench.refused(
            "an account that is not shown",
            "Refusal::Refuted/Refuted::NotShown",
            with_register(bench, |register| {
                register.accounts.clear();
                register.hashes.clear();
            }),
        ),
        bench.refused(
            "a pseudonym that is not shown",
            "Refusal::Refuted/Refuted::NotShown",
            bench.forged(|file| {
                file.change_subject(|subject| {
                    subject.names = vec![crate::raw::RawNames {
                        account: subject.owner,
                        others: vec![[0xAB; 16]],
                    }];
                });
            }),
        ),
    ]
}

fn records(bench: &Bench) -> Vec<Case> {
    let twins = asked_of_twins(Part::Nothing);
    let foreign = "Refusal::Refuted/Refuted::ForeignRecord";
    let covered = RawRecord {
        index: 2,
        entry: entry(bench, 2).entry,
        is_tied: false,
    };
    let later = entry(bench, 14);
    vec![
        bench.refused(
            "a covered record of somebody else",
            foreign,
            with_chain(bench, |chain| chain.records.insert(1, covered)),
        ),
        bench.refused(
            "a later record of somebody else",
            foreign,
            with_evidence(bench, &alone(), |evidence| evidence.records.push(later)),
        ),
        bench.refused(
            "a covered record that nobody can place",
            "Refusal::Refuted/Refuted::NoPath",
            with_evidence(bench, &twins, |evidence| evidence.records[0].path.clear()),
        ),
        bench.refused(
            "a later record that nothing ties to the head",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/ProofFault::PathLength",
            with_evidence(bench, &alone(), |evidence| {
                evidence
                    .records
                    .last_mut()
                    .expect("it has records")
                    .path
                    .clear();
            }),
        ),
        bench.refused(
            "a covered record that is cut",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryTruncated",
            with_chain(bench, |chain| {
                chain.records[0].entry.pop();
            }),
        ),
        bench.refused(
            "a batch entry among covered records",
            foreign,
            with_chain(bench, |chain| {
                let batch = RawRecord {
                    index: 0,
                    entry: chain.register.as_ref().expect("it has one").batch.clone(),
                    is_tied: false,
                };
                chain.records.insert(0, batch);
            }),
        ),
    ]
}

fn presence(bench: &Bench) -> Vec<Case> {
    let mismatch =
        "Refusal::Refuted/Refuted::Register/RegisterFault::Path/ProofFault::RootMismatch";
    vec![
        bench.refused(
            "a covered record left out",
            mismatch,
            with_chain(bench, |chain| {
                chain.records.remove(1);
            }),
        ),
        bench.refused(
            "all covered records left out",
            "Refusal::Refuted/Refuted::Register/RegisterFault::NoRecords",
            with_chain(bench, |chain| {
                chain.records.retain(|record| record.index > REGISTER);
            }),
        ),
        bench.refused(
            "a covered record altered",
            mismatch,
            with_chain(bench, |chain| {
                *chain.records[0].entry.last_mut().expect("it has bytes") ^= 1;
            }),
        ),
        bench.refused(
            "covered records that have changed places",
            mismatch,
            with_chain(bench, |chain| {
                let (first, second) = (
                    chain.records[0].entry.clone(),
                    chain.records[1].entry.clone(),
                );
                (chain.records[0].entry, chain.records[1].entry) = (second, first);
            }),
        ),
    ]
}

fn places(bench: &Bench) -> Vec<Case> {
    let other_root = "Refusal::Invalid/Invalid::Proof/ProofFault::RootMismatch";
    let range = "Refusal::Invalid/Invalid::Proof/ProofFault::OutOfRange";
    let twins = bench
        .federation
        .seal(&bench.federation.content(&asked_of_twins(Part::Nothing)), 0);
    let at = |register: &mut RawRegister, to: u64| {
        if let Place::Present { index, .. } = &mut register.accounts[0].place {
            *index = to;
        }
    };
    vec![
        bench.refused(
            "a hash of a register altered",
            other_root,
            with_register(bench, |register| register.hashes[0][0] ^= 1),
        ),
        bench.refused(
            "a hash of a register too many",
            "Refusal::Invalid/Invalid::Proof/ProofFault::PathLength",
            with_register(bench, |register| register.hashes.push([0; 32])),
        ),
        bench.refused(
            "an account at another place",
            other_root,
            with_register(bench, |register| at(register, 1)),
        ),
        bench.refused(
            "an account behind the register",
            range,
            with_register(bench, |register| at(register, 4)),
        ),
        bench.refused(
            "two accounts at one place",
            range,
            bench.forged_from(&twins, |file| {
                file.change_chains(|chains| {
                    at(chains[0].register.as_mut().expect("it has one"), 3);
                });
            }),
        ),
        // Nothing needs it, and it is held to the root all the same.
        bench.refused(
            "another content of the leaf",
            other_root,
            bench.forged(|file| {
                file.change_chains(|chains| {
                    let register = chains[0].register.as_mut().expect("it has one");
                    if let Place::Present { content, .. } = &mut register.accounts[0].place {
                        *content = [0; 32];
                    }
                });
            }),
        ),
    ]
}

/// A statement of an account about the second chain alone, whose register has one account.
fn placed(bench: &Bench, owner: [u8; 16], place: Place) -> Vec<u8> {
    bench.forged(|file| {
        file.change_subject(|subject| (subject.owner, subject.accounts) = (owner, vec![owner]));
        let mut chains: Vec<RawChain> = file.read(CHAINS);
        chains = vec![chains.remove(1)];
        let register = chains[0].register.as_mut().expect("it has one");
        register.accounts = vec![RawPlace {
            account: owner,
            place,
        }];
        file.write(CHAINS, &chains);
        file.0.retain(|section| section.name != ACCOUNT);
    })
}

/// The content of the one account of the second register.
fn only_content(bench: &Bench) -> [u8; 32] {
    let federation = &bench.federation;
    let other = federation.content(&asked(OTHER, Part::Nothing));
    let mut file = RawFile::of(&federation.seal(&other, 0));
    let chains: Vec<RawChain> = file.read(CHAINS);
    match chains[1].register.as_ref().expect("it has one").accounts[0].place {
        Place::Present { content, .. } => content,
        Place::Absent { .. } => panic!("the stranger has records"),
    }
}

const fn absent(before: u64, left: Option<RawLeaf>, right: Option<RawLeaf>) -> Place {
    Place::Absent {
        before,
        left,
        right,
    }
}

fn absence(bench: &Bench) -> Vec<Case> {
    let with = |owner, place| placed(bench, owner, place);
    let content = only_content(bench);
    let leaf = || {
        Some(RawLeaf {
            account: OTHER.0,
            content,
        })
    };
    let (low, high) = ([0x11; 16], NOBODY.0);
    let before = "Refusal::Refuted/Refuted::Register/RegisterFault::Before";
    let neighbour = "Refusal::Refuted/Refuted::Register/RegisterFault::Neighbour";
    let between = "Refusal::Refuted/Refuted::Register/RegisterFault::Between";
    let mut wrong = leaf();
    wrong.as_mut().expect("it is there").content[0] ^= 1;
    let dropped = with_register(bench, |register| {
        register.accounts[0].place = absent(4, None, None);
        register.hashes.clear();
    });
    vec![
        accepted(
            bench,
            "absence behind the last account",
            with(high, absent(1, leaf(), None)),
        ),
        accepted(
            bench,
            "absence before the first account",
            with(low, absent(0, None, leaf())),
        ),
        bench.refused(
            "absence beyond the register",
            before,
            with(high, absent(2, None, None)),
        ),
        bench.refused(
            "absence without its left neighbour",
            neighbour,
            with(high, absent(1, None, None)),
        ),
        bench.refused(
            "absence without its right neighbour",
            neighbour,
            with(low, absent(0, None, None)),
        ),
        bench.refused(
            "absence behind a larger account",
            between,
            with(low, absent(1, leaf(), None)),
        ),
        bench.refused(
            "absence before a smaller account",
            between,
            with(high, absent(0, None, leaf())),
        ),
        bench.refused(
            "absence of the account itself",
            between,
            with(OTHER.0, absent(1, leaf(), None)),
        ),
        bench.refused(
            "absence beside a leaf that is not there",
            "Refusal::Invalid/Invalid::Proof/ProofFault::RootMismatch",
            with(high, absent(1, wrong, None)),
        ),
        bench.refused(
            "absence of somebody with records",
            "Refusal::Refuted/Refuted::NotAbsent",
            dropped,
        ),
    ]
}

/// The head beside the one that the records are under, which others have cosigned.
fn cosigned(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let with = |change: &dyn Fn(&mut RawCosigned)| {
        with_register(bench, |register| {
            change(register.cosigned.as_mut().expect("it has one"));
        })
    };
    let origin = federation.chains[0].origin.as_str();
    let first_key = federation.key(Role::Chain, 0);
    let head = federation.head(0, 11, &[mirror()]);
    let text = String::from_utf8(head.clone()).expect("a note is a text");
    let (text, _) = text.split_once("\n\n").expect("a note has a text");
    let ended = note::sign(&format!("{text}\n"), origin, &first_key).into_bytes();
    let mut twice = head.clone();
    let line = String::from_utf8(head).expect("a note is a text");
    twice.extend_from_slice(line.lines().last().expect("it has lines").as_bytes());
    twice.push(b'\n');
    let small = federation.head(0, 9, &[]);
    vec![
        bench.refused(
            "a cosigned head of another chain",
            "Refusal::Refuted/Refuted::OtherChain",
            with(&|cosigned| cosigned.head = federation.head(1, 5, &[])),
        ),
        bench.refused(
            "a cosigned head by a key that has ended",
            "Refusal::Refuted/Refuted::Invalid/Invalid::NoTrustedSignature",
            with(&|cosigned| cosigned.head.clone_from(&ended)),
        ),
        bench.refused(
            "a cosigned head with a line twice",
            "Refusal::Refuted/Refuted::Cosigned/CosignatureFault::Twice",
            with(&|cosigned| cosigned.head.clone_from(&twice)),
        ),
        bench.refused(
            "a cosigned head before the register",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/ProofFault::OutOfRange",
            with(&|cosigned| cosigned.head.clone_from(&small)),
        ),
        bench.refused(
            "a register that the cosigned head does not have",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/ProofFault::RootMismatch",
            with(&|cosigned| cosigned.path[0][0] ^= 1),
        ),
        bench.refused(
            "a path too short to the cosigned head",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/ProofFault::PathLength",
            with(&|cosigned| {
                cosigned.path.pop();
            }),
        ),
    ]
}
