//! What an issuer changes who lies: he signs it himself, so that nothing but the chains, the roster and the account speak against him.
//!
//! What only he can know (the commitment, strangers, names), what he leaves out where no register is shown, and positions that nothing shows (FORMAT.md,
//! "All records of accounts up to a size") is his word, and no change of it stands here.

use crate::{
    Change, Mutant, Scene,
    federation::Role,
    raw::{CHAINS, Place, ROSTER, RawChain, RawFile, RawRegister, Signer},
    records::birth,
};
use ed25519_dalek::SigningKey;
use rand::{
    RngExt,
    seq::{IndexedMutRandom, IndexedRandom, SliceRandom},
};
use yizhang_ledger::{hash::Hash, note, person::AccountId, roster::Roster, value::Day};
use yizhang_statement::{ChainEvidence, Content, RecordEvidence, StatedChain};

type Reasons = &'static [&'static str];

const REFUTED: Reasons = &["Refusal::Refuted/"];
/// The content of the account's leaf is made of the records that are stated: a register without them has another root.
const REGISTER: Reasons = &[
    "Refusal::Invalid/Invalid::Proof/",
    "Refusal::Refuted/Refuted::Register/",
];
const FOREIGN: Reasons = &["Refusal::Refuted/Refuted::ForeignRecord"];
const ORDER: Reasons = &["Refusal::Refuted/Refuted::Order"];
const PROOF: Reasons = &[
    "Refusal::Invalid/Invalid::Proof/",
    "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/",
];
const SHOWN: Reasons = &["Refusal::Invalid/Invalid::Proof/", "Refusal::Refuted/"];
const ROSTERS: Reasons = &["Refusal::Roster/"];
const ISSUERS: Reasons = &["Refusal::Issuer"];
const FOLD: Reasons = &["Refusal::OtherFold"];
const UNTRUSTED: Reasons = &["Refusal::Invalid/Invalid::NoTrustedSignature"];

pub(crate) const CHANGES: &[Change] = &[
    Change {
        name: "a covered record left out",
        make: covered_left_out,
    },
    Change {
        name: "any covered record left out, its proof left as it was",
        make: left_out_bare,
    },
    Change {
        name: "a covered record of somebody else",
        make: foreign_covered,
    },
    Change {
        name: "a later record of somebody else",
        make: foreign_later,
    },
    Change {
        name: "an invented covered record",
        make: invented_covered,
    },
    Change {
        name: "an invented later record",
        make: invented_later,
    },
    Change {
        name: "a record altered",
        make: altered,
    },
    Change {
        name: "records out of order",
        make: out_of_order,
    },
    Change {
        name: "a record twice",
        make: twice,
    },
    Change {
        name: "entries that have changed places",
        make: changed_places,
    },
    Change {
        name: "a head of another size",
        make: other_size,
    },
    Change {
        name: "another person",
        make: other_person,
    },
    Change {
        name: "one account more",
        make: account_more,
    },
    Change {
        name: "one of two accounts",
        make: account_less,
    },
    Change {
        name: "the head of another chain",
        make: other_chain,
    },
    Change {
        name: "the head of another federation",
        make: other_federation,
    },
    Change {
        name: "a chain of another person's statement",
        make: spliced_chain,
    },
    Change {
        name: "a head signed by another key",
        make: head_by_another,
    },
    Change {
        name: "a head with another size under its signature",
        make: size_under_signature,
    },
    Change {
        name: "a wrong roster",
        make: wrong_roster,
    },
    Change {
        name: "a bit of a roster flipped",
        make: roster_bit,
    },
    Change {
        name: "signed by another key",
        make: wrong_key,
    },
    Change {
        name: "signed for another day",
        make: wrong_day,
    },
    Change {
        name: "a wrong cosignature",
        make: wrong_cosignature,
    },
    Change {
        name: "a register that shows something else",
        make: register_changed,
    },
    Change {
        name: "a byte of the chains",
        make: chains_noise,
    },
    Change {
        name: "another account",
        make: other_account,
    },
    Change {
        name: "the account of another day",
        make: other_day,
    },
    Change {
        name: "the account under other rules",
        make: other_rules,
    },
];

fn mutant(scene: &Scene<'_>, bytes: Vec<u8>, reasons: Reasons) -> Mutant {
    let trusted = scene.round.federation.trusted();
    Mutant {
        bytes,
        trusted,
        reasons,
    }
}

fn seal(scene: &Scene<'_>, content: &Content, reasons: Reasons) -> Option<Mutant> {
    let bytes = scene.round.federation.seal(content, scene.honest.issuer);
    Some(mutant(scene, bytes, reasons))
}

/// The honest file without its opening, changed and signed by its issuer.
pub(crate) fn forged(scene: &Scene<'_>, mut file: RawFile, reasons: Reasons) -> Mutant {
    let chain = &scene.round.federation.chains[scene.honest.issuer];
    let key = scene
        .round
        .federation
        .chain_key(scene.honest.issuer, chain.len());
    file.sign(&Signer {
        origin: chain.origin.as_str(),
        day: "2026-11-30",
        key: &key,
    });
    mutant(scene, file.to_bytes(), reasons)
}

pub(crate) fn file(scene: &Scene<'_>) -> RawFile {
    RawFile::of(
        &scene
            .round
            .federation
            .seal(&scene.honest.content, scene.honest.issuer),
    )
}

/// One of the chains of the statement that there is something about, as its place there and in the federation.
#[derive(Clone, Copy)]
struct At {
    place: usize,
    of: usize,
}

impl Scene<'_> {
    fn places(&self) -> Vec<At> {
        let views = self.honest.asked.views.keys().enumerate();
        views.map(|(place, of)| At { place, of: *of }).collect()
    }

    fn place(&mut self) -> Option<At> {
        self.places().choose(self.rng).copied()
    }

    fn size(&self, at: At) -> usize {
        let view = &self.honest.asked.views[&at.of];
        view.size
            .unwrap_or(self.round.federation.chains[at.of].len())
    }

    /// How many entries the register covers that is shown.
    fn covered(&self, at: At) -> Option<usize> {
        let size = self.size(at);
        let is_shown = !self.honest.asked.views[&at.of].without_register;
        let register = self
            .round
            .federation
            .register_at(at.of, size)
            .filter(|_| is_shown);
        register.map(|_| self.round.federation.covered(at.of, size))
    }

    fn evidence(&self, at: At) -> ChainEvidence {
        let asked = &self.honest.asked;
        let (evidence, _) =
            self.round
                .federation
                .evidence(at.of, &asked.views[&at.of], &asked.accounts);
        evidence
    }

    /// The records of everybody else in the chain, with their paths.
    fn foreign(&self, at: At) -> Vec<RecordEvidence> {
        let mut view = self.honest.asked.views[&at.of].clone();
        view.without_register = true;
        let others = self
            .round
            .people
            .iter()
            .filter(|one| !self.honest.asked.accounts.contains(one));
        let (evidence, _) =
            self.round
                .federation
                .evidence(at.of, &view, &others.copied().collect());
        evidence.records
    }

    /// The statement with other evidence of a chain, its proofs made for it.
    fn with(&self, at: At, evidence: &ChainEvidence, reasons: Reasons) -> Option<Mutant> {
        let mut content = self.honest.content.clone();
        let size = self.size(at) as u64;
        content.chains[at.place] =
            StatedChain::of(evidence, yizhang_ledger::value::TreeSize(size))?;
        seal(self, &content, reasons)
    }
}

fn covered_left_out(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let covered = scene.covered(at)? as u64;
    let mut evidence = scene.evidence(at);
    let own: Vec<usize> = (0..evidence.records.len())
        .filter(|one| evidence.records[*one].index.0 < covered)
        .collect();
    evidence.records.remove(*own.choose(scene.rng)?);
    scene.with(at, &evidence, REGISTER)
}

/// Leaves a record out of the chains as they lie in the file.
fn left_out_bare(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let covered = scene.covered(at)? as u64;
    let mut file = file(scene);
    let mut chains: Vec<RawChain> = file.read(CHAINS);
    let records = &mut chains[at.place].records;
    let own: Vec<usize> = (0..records.len())
        .filter(|one| records[*one].index < covered)
        .collect();
    records.remove(*own.choose(scene.rng)?);
    file.write(CHAINS, &chains);
    Some(forged(scene, file, SHOWN))
}

/// Puts a record where it belongs by its position.
fn put(evidence: &mut ChainEvidence, mut record: RecordEvidence, covered: u64) {
    let has_paths = evidence
        .records
        .iter()
        .any(|one| one.index.0 < covered && !one.path.is_empty());
    if record.index.0 < covered && !has_paths {
        record.path.clear();
    }
    let place = evidence
        .records
        .partition_point(|one| one.index < record.index);
    evidence.records.insert(place, record);
}

fn foreign(scene: &mut Scene<'_>, is_covered: bool) -> Option<(At, RecordEvidence)> {
    let at = scene.place()?;
    let covered = scene.covered(at).unwrap_or(0) as u64;
    let mut records = scene.foreign(at);
    records.retain(|record| (record.index.0 < covered) == is_covered);
    Some((at, records.choose(scene.rng)?.clone()))
}

fn foreign_covered(scene: &mut Scene<'_>) -> Option<Mutant> {
    let (at, record) = foreign(scene, true)?;
    let mut evidence = scene.evidence(at);
    put(&mut evidence, record, scene.covered(at)? as u64);
    scene.with(at, &evidence, FOREIGN)
}

fn foreign_later(scene: &mut Scene<'_>) -> Option<Mutant> {
    let (at, record) = foreign(scene, false)?;
    let mut evidence = scene.evidence(at);
    put(&mut evidence, record, 0);
    scene.with(at, &evidence, FOREIGN)
}

fn invented(scene: &mut Scene<'_>, is_covered: bool, reasons: Reasons) -> Option<Mutant> {
    let (at, mut record) = foreign(scene, is_covered)?;
    record.entry = birth(scene.honest.asked.owner, "invented");
    let mut evidence = scene.evidence(at);
    put(&mut evidence, record, scene.covered(at).unwrap_or(0) as u64);
    scene.with(at, &evidence, reasons)
}

fn invented_covered(scene: &mut Scene<'_>) -> Option<Mutant> {
    const REASONS: Reasons = &[
        "Refusal::Invalid/Invalid::Proof/",
        "Refusal::Refuted/Refuted::Register/",
        "Refusal::Refuted/Refuted::NotAbsent",
    ];
    invented(scene, true, REASONS)
}

fn invented_later(scene: &mut Scene<'_>) -> Option<Mutant> {
    invented(scene, false, PROOF)
}

/// Changes the chains as they lie in the file.
fn raw(
    scene: &mut Scene<'_>,
    reasons: Reasons,
    change: impl FnOnce(&mut Scene<'_>, &mut Vec<RawChain>) -> Option<()>,
) -> Option<Mutant> {
    let mut file = file(scene);
    let mut chains: Vec<RawChain> = file.read(CHAINS);
    change(scene, &mut chains)?;
    file.write(CHAINS, &chains);
    Some(forged(scene, file, reasons))
}

/// One of the chains with records enough.
fn with_records<'c>(
    scene: &mut Scene<'_>,
    chains: &'c mut [RawChain],
    least: usize,
) -> Option<&'c mut RawChain> {
    let able: Vec<usize> = (0..chains.len())
        .filter(|one| chains[*one].records.len() >= least)
        .collect();
    Some(&mut chains[*able.choose(scene.rng)?])
}

fn altered(scene: &mut Scene<'_>) -> Option<Mutant> {
    raw(scene, SHOWN, |scene, chains| {
        let chain = with_records(scene, chains, 1)?;
        let record = chain.records.choose_mut(scene.rng)?;
        let at = scene.rng.random_range(0..record.entry.len());
        record.entry[at] ^= 1 << scene.rng.random_range(0..8);
        Some(())
    })
}

fn out_of_order(scene: &mut Scene<'_>) -> Option<Mutant> {
    raw(scene, ORDER, |scene, chains| {
        let chain = with_records(scene, chains, 2)?;
        let before = chain.records.clone();
        chain.records.shuffle(scene.rng);
        (chain.records != before).then_some(())
    })
}

fn twice(scene: &mut Scene<'_>) -> Option<Mutant> {
    raw(scene, ORDER, |scene, chains| {
        let chain = with_records(scene, chains, 1)?;
        let at = scene.rng.random_range(0..chain.records.len());
        let again = chain.records[at].clone();
        chain.records.insert(scene.rng.random_range(0..=at), again);
        Some(())
    })
}

fn changed_places(scene: &mut Scene<'_>) -> Option<Mutant> {
    raw(scene, SHOWN, |scene, chains| {
        let chain = with_records(scene, chains, 2)?;
        let (one, other) = (
            scene.rng.random_range(0..chain.records.len()),
            scene.rng.random_range(0..chain.records.len()),
        );
        let (first, second) = (
            chain.records[one].entry.clone(),
            chain.records[other].entry.clone(),
        );
        (first != second).then_some(())?;
        (chain.records[one].entry, chain.records[other].entry) = (second, first);
        Some(())
    })
}

fn is_tied(chain: &RawChain) -> bool {
    chain.register.is_some() || chain.records.iter().any(|record| record.is_tied)
}

fn other_size(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let size = *scene.round.federation.chains[at.of]
        .ends
        .choose(scene.rng)?;
    let head = scene.round.federation.head(at.of, size, &[]);
    (size != scene.size(at)).then_some(())?;
    raw(scene, PROOF, |_, chains| {
        let chain = &mut chains[at.place];
        chain.head = head;
        is_tied(chain).then_some(())
    })
}

fn shows_something(scene: &Scene<'_>) -> bool {
    let mut chains = scene.places().into_iter();
    chains.any(|at| scene.covered(at).is_some() || !scene.evidence(at).records.is_empty())
}

fn other_person(scene: &mut Scene<'_>) -> Option<Mutant> {
    let others = scene
        .round
        .people
        .iter()
        .copied()
        .chain([AccountId(scene.rng.random())]);
    let others: Vec<AccountId> = others
        .filter(|one| !scene.honest.asked.accounts.contains(one))
        .collect();
    let other = *others.choose(scene.rng)?;
    shows_something(scene).then_some(())?;
    let mut file = file(scene);
    file.change_subject(|subject| (subject.owner, subject.accounts) = (other.0, vec![other.0]));
    Some(forged(scene, file, REFUTED))
}

fn account_more(scene: &mut Scene<'_>) -> Option<Mutant> {
    let more = scene.rng.random();
    let mut file = file(scene);
    file.change_subject(|subject| {
        subject.accounts.push(more);
        subject.accounts.sort_unstable();
    });
    Some(forged(scene, file, REFUTED))
}

fn account_less(scene: &mut Scene<'_>) -> Option<Mutant> {
    (scene.honest.asked.accounts.len() == 2).then_some(())?;
    let is_stranger = scene.rng.random_bool(0.5);
    let mut file = file(scene);
    file.change_subject(|subject| {
        let other = subject
            .accounts
            .iter()
            .copied()
            .find(|one| *one != subject.owner);
        subject.accounts = vec![subject.owner];
        if is_stranger {
            subject.strangers.extend(other);
        }
    });
    Some(forged(scene, file, REFUTED))
}

fn other_chain(scene: &mut Scene<'_>) -> Option<Mutant> {
    const REASONS: Reasons = &["Refusal::Chains", "Refusal::Invalid/Invalid::Proof/"];
    let (one, other) = (scene.place()?, scene.place()?);
    (one.place != other.place).then_some(())?;
    raw(scene, REASONS, |_, chains| {
        chains[one.place].head = chains[other.place].head.clone();
        Some(())
    })
}

fn other_federation(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let size = scene.round.other.chains[at.of].len();
    let head = scene.round.other.head(at.of, size, &[]);
    raw(
        scene,
        &["Refusal::Invalid/Invalid::UnknownOrigin"],
        |_, chains| {
            chains[at.place].head = head;
            Some(())
        },
    )
}

fn spliced_chain(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let other = scene.round.honest.choose(scene.rng)?;
    let place = other.asked.views.keys().position(|of| *of == at.of)?;
    let theirs = &other.content.chains[place];
    let shows = theirs.register.is_some() || !theirs.records.is_empty();
    let is_other = other
        .asked
        .accounts
        .is_disjoint(&scene.honest.asked.accounts);
    (shows && is_other).then_some(())?;
    let mut content = scene.honest.content.clone();
    content.chains[at.place] = theirs.clone();
    seal(scene, &content, REFUTED)
}

/// A key that is not the chain's.
fn strange_key(scene: &mut Scene<'_>, of: usize) -> SigningKey {
    let federation = &scene.round.federation;
    let other = scene.rng.random_range(0..federation.chains.len());
    match scene.rng.random_range(0..5) {
        0 => federation.key(Role::Root, 0),
        1 => federation.key(Role::Mirror, of),
        2 => federation.key(Role::Witness, other),
        3 => scene.round.other.chain_key(of, 100),
        _ => federation.key(Role::Chain, 9),
    }
}

fn text_of(note: &[u8]) -> String {
    let note = String::from_utf8(note.to_vec()).unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    format!("{text}\n")
}

fn head_by_another(scene: &mut Scene<'_>) -> Option<Mutant> {
    let at = scene.place()?;
    let key = strange_key(scene, at.of);
    let origin = scene.round.federation.chains[at.of].origin.as_str();
    raw(scene, UNTRUSTED, |_, chains| {
        let head = &mut chains[at.place].head;
        *head = note::sign(&text_of(head), origin, &key).into_bytes();
        Some(())
    })
}

fn size_under_signature(scene: &mut Scene<'_>) -> Option<Mutant> {
    // Another size may be one that another key of the chain is for.
    const REASONS: Reasons = &[
        "Refusal::Invalid/Invalid::BadSignature",
        "Refusal::Invalid/Invalid::NoTrustedSignature",
    ];
    let at = scene.place()?;
    let by = scene.rng.random_range(1..9);
    raw(scene, REASONS, |scene, chains| {
        let head = String::from_utf8(chains[at.place].head.clone()).unwrap();
        let size = scene.size(at);
        let other = head.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + by), 1);
        chains[at.place].head = other.into_bytes();
        Some(())
    })
}

fn wrong_roster(scene: &mut Scene<'_>) -> Option<Mutant> {
    let federation = &scene.round.federation;
    let by_others = |roster: &Roster| {
        let name = format!("{}/root", roster.federation);
        note::sign(&roster.text(), &name, &federation.key(Role::Root, 7)).into_bytes()
    };
    let mut notes = federation.roster_notes();
    let [first, second, third] = &federation.rosters[..] else {
        panic!("three versions")
    };
    match scene.rng.random_range(0..7) {
        0 => notes = scene.round.other.roster_notes(),
        1 => notes.clear(),
        2 => notes = vec![notes[0].clone(), notes[2].clone()],
        3 => notes.swap(1, 2),
        4 => notes[0] = by_others(first),
        5 => notes[2] = by_others(third),
        _ => {
            let previous = Hash(scene.rng.random());
            notes[1] = federation.signed(&Roster {
                previous,
                ..second.clone()
            });
        }
    }
    let mut content = scene.honest.content.clone();
    content.rosters = notes;
    seal(scene, &content, ROSTERS)
}

fn roster_bit(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = file(scene);
    let mut notes: Vec<Vec<u8>> = file.read(ROSTER);
    let version = scene.rng.random_range(0..notes.len());
    let note = &mut notes[version];
    // A first version with other root keys would be passed over: the second has those that are trusted.
    let text = String::from_utf8(note.clone()).unwrap();
    let first = if version == 0 {
        text.find("authority").unwrap()
    } else {
        0
    };
    let at = scene.rng.random_range(first..note.len());
    note[at] ^= 1 << scene.rng.random_range(0..8);
    file.write(ROSTER, &notes);
    Some(forged(scene, file, ROSTERS))
}

fn wrong_key(scene: &mut Scene<'_>) -> Option<Mutant> {
    let key = strange_key(scene, scene.honest.issuer);
    let origin = &scene.round.federation.chains[scene.honest.issuer].origin;
    let bytes = scene.honest.content.seal(origin, &key).unwrap();
    Some(mutant(scene, bytes, ISSUERS))
}

fn wrong_day(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = file(scene);
    let chain = &scene.round.federation.chains[scene.honest.issuer];
    let key = scene
        .round
        .federation
        .chain_key(scene.honest.issuer, chain.len());
    file.sign(&Signer {
        origin: chain.origin.as_str(),
        day: "2026-12-01",
        key: &key,
    });
    Some(mutant(
        scene,
        file.to_bytes(),
        &["Refusal::Form/PortableFault::Content"],
    ))
}

fn wrong_cosignature(scene: &mut Scene<'_>) -> Option<Mutant> {
    use base64ct::{Base64, Encoding};
    raw(scene, &["Refusal::Cosigned/"], |scene, chains| {
        let able: Vec<&mut RawChain> = chains
            .iter_mut()
            .filter(|chain| chain.head.split(|byte| *byte == b'\n').count() > 6)
            .collect();
        let mut able = able;
        let chain = able.choose_mut(scene.rng)?;
        let text = String::from_utf8(chain.head.clone()).unwrap();
        let line = text.lines().last()?;
        let (name, body) = line.rsplit_once(' ')?;
        let mut body = Base64::decode_vec(body).unwrap();
        // Behind the key id: what it says and its signature.
        let at = scene.rng.random_range(4..body.len());
        body[at] ^= 1 << scene.rng.random_range(0..8);
        let wrong = format!("{name} {}", Base64::encode_string(&body));
        chain.head = text.replace(line, &wrong).into_bytes();
        Some(())
    })
}

fn flip(bytes: &mut [u8], scene: &mut Scene<'_>) -> Option<()> {
    let at = scene.rng.random_range(0..bytes.len().max(1));
    *bytes.get_mut(at)? ^= 1 << scene.rng.random_range(0..8);
    Some(())
}

fn register_changed(scene: &mut Scene<'_>) -> Option<Mutant> {
    const REASONS: Reasons = &[
        "Refusal::Invalid/Invalid::Proof/",
        "Refusal::Refuted/",
        "Refusal::Invalid/",
    ];
    raw(scene, REASONS, |scene, chains| {
        let registers = chains
            .iter_mut()
            .filter_map(|chain| chain.register.as_mut());
        let mut registers: Vec<&mut RawRegister> = registers.collect();
        let register = registers.choose_mut(scene.rng)?;
        let before = register.clone();
        change_register(scene, register)?;
        (**register != before).then_some(())
    })
}

fn change_register(scene: &mut Scene<'_>, register: &mut RawRegister) -> Option<()> {
    match scene.rng.random_range(0..11) {
        0 => flip(register.hashes.choose_mut(scene.rng)?, scene),
        1 => register.hashes.pop().map(|_| ()),
        2 => {
            register.hashes.push(scene.rng.random());
            Some(())
        }
        3 => flip(&mut register.entry, scene),
        4 => flip(&mut register.batch, scene),
        5 => {
            register.batch_index = register
                .batch_index
                .wrapping_add_signed(scene.rng.random_range(-2..=2));
            Some(())
        }
        6 => {
            register.index = register
                .index
                .wrapping_add_signed(scene.rng.random_range(-2..=2));
            Some(())
        }
        7 => {
            register.accounts.pop();
            Some(())
        }
        8 => {
            let cosigned = register.cosigned.as_mut()?;
            flip(cosigned.path.choose_mut(scene.rng)?, scene)
        }
        9 => {
            let place = register.accounts.choose_mut(scene.rng)?;
            flip(&mut place.account, scene)
        }
        _ => {
            let place = register.accounts.choose_mut(scene.rng)?;
            change_place(scene, &mut place.place)
        }
    }
}

fn change_place(scene: &mut Scene<'_>, place: &mut Place) -> Option<()> {
    match place {
        Place::Present { index, content } => match scene.rng.random_range(0..3) {
            0 => *index = index.wrapping_add_signed(scene.rng.random_range(-2..=2)),
            1 => flip(content, scene)?,
            _ => {
                *place = Place::Absent {
                    before: *index,
                    left: None,
                    right: None,
                }
            }
        },
        Place::Absent {
            before,
            left,
            right,
        } => match scene.rng.random_range(0..4) {
            0 => *before = before.wrapping_add_signed(scene.rng.random_range(-2..=2)),
            1 => flip(&mut left.as_mut()?.account, scene)?,
            2 => flip(&mut right.as_mut()?.content, scene)?,
            _ => (*left, *right) = (right.take(), left.take()),
        },
    }
    Some(())
}

/// A byte of the section as it was before compression. What is read from it must differ in more than positions that nothing shows.
fn chains_noise(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = file(scene);
    let chains: Vec<RawChain> = file.read(CHAINS);
    let mut plain = file.plain(CHAINS);
    flip(&mut plain, scene)?;
    file.set_plain(CHAINS, &plain);
    if let Ok(mut changed) =
        yizhang_ledger::codec::decode_within::<1_000_000, Vec<RawChain>>(&plain)
    {
        without_positions(&mut changed);
        let mut honest = chains;
        without_positions(&mut honest);
        (changed != honest).then_some(())?;
        let lines = |chains: &[RawChain]| {
            chains
                .iter()
                .map(|chain| chain.head.clone())
                .collect::<Vec<_>>()
        };
        // A line that was flipped into one of nobody is passed over.
        (lines(&changed) == lines(&honest) && cosigned(&changed) == cosigned(&honest))
            .then_some(())?;
    }
    Some(forged(
        scene,
        file,
        &[
            "Refusal::Form/PortableFault::Fields/",
            "Refusal::Invalid/",
            "Refusal::Refuted/",
        ],
    ))
}

fn cosigned(chains: &[RawChain]) -> Vec<Option<Vec<u8>>> {
    let register = |chain: &RawChain| {
        chain
            .register
            .as_ref()?
            .cosigned
            .as_ref()
            .map(|one| one.head.clone())
    };
    chains.iter().map(register).collect()
}

fn without_positions(chains: &mut [RawChain]) {
    for record in chains
        .iter_mut()
        .flat_map(|chain| &mut chain.records)
        .filter(|record| !record.is_tied)
    {
        record.index = 0;
    }
}

fn other_account(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut content = scene.honest.content.clone();
    let other = scene
        .round
        .honest
        .choose(scene.rng)?
        .content
        .account
        .clone();
    let account = content.account.as_mut()?;
    let reasons: Reasons = match (scene.rng.random_range(0..3), &mut account.json) {
        (0, Some(json)) => {
            flip(json, scene)?;
            &["Refusal::Digest"]
        }
        (1, json) => {
            flip(&mut account.digest.0, scene)?;
            if json.is_some() {
                &["Refusal::Digest"]
            } else {
                FOLD
            }
        }
        _ => {
            let other = other.filter(|other| other.digest != account.digest)?;
            *account = other;
            FOLD
        }
    };
    seal(scene, &content, reasons)
}

fn other_day(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut content = scene.honest.content.clone();
    content.account.as_ref()?;
    let day = scene.rng.random_range(1..=30);
    content.subject.as_of = Day::parse(&format!("2026-10-{day:02}")).unwrap();
    seal(scene, &content, FOLD)
}

fn other_rules(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut content = scene.honest.content.clone();
    content.account.as_ref()?;
    content.rules.base[0].text = content.rules.base[0].text.replace("196501", "196502");
    seal(scene, &content, FOLD)
}
