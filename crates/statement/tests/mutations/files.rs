//! What somebody changes who is not the issuer: bytes and sections of the file.

use crate::{
    Change, Mutant, Scene,
    raw::{ACCOUNT, CHAINS, ISSUER, OPENING, RawFile, RawSection, SUBJECT},
};
use rand::{RngExt, seq::IndexedRandom};
use yizhang_ledger::person::NumberSalt;
use yizhang_statement::{Opening, PORTABLE_BYTES_MAX, Statement};

/// Any reason: which byte it was says nothing about what is seen first.
const ANY: &[&str] = &["Refusal::"];
const FORM: &[&str] = &["Refusal::Form/"];
const CONTENT: &[&str] = &["Refusal::Form/PortableFault::Content"];
const OTHER_NUMBER: &[&str] = &["Refusal::OtherNumber"];
const UNPACK: &[&str] = &["Refusal::Form/PortableFault::Unpack"];

pub(crate) const CHANGES: &[Change] = &[
    Change {
        name: "a bit flipped",
        make: bit,
    },
    Change {
        name: "bytes overwritten",
        make: overwritten,
    },
    Change {
        name: "cut",
        make: cut,
    },
    Change {
        name: "bytes left out",
        make: left_out,
    },
    Change {
        name: "bytes put in",
        make: put_in,
    },
    Change {
        name: "something behind it",
        make: behind,
    },
    Change {
        name: "sections dropped, doubled or out of order",
        make: sections,
    },
    Change {
        name: "a section of another statement",
        make: spliced,
    },
    Change {
        name: "bytes of another statement",
        make: spliced_bytes,
    },
    Change {
        name: "the issuer's note of another statement",
        make: other_note,
    },
    Change {
        name: "the number of somebody else",
        make: other_number,
    },
    Change {
        name: "the opening of another statement",
        make: other_opening,
    },
    Change {
        name: "a section that unpacks to more than it says",
        make: bomb,
    },
    Change {
        name: "a section compressed anew",
        make: compressed,
    },
    Change {
        name: "a file that is too large",
        make: large,
    },
    Change {
        name: "trust in other root keys",
        make: other_roots,
    },
    Change {
        name: "a statement of another federation",
        make: other_federation,
    },
];

/// A changed file; none where it is the honest statement after all, with its number revealed or not.
fn mutant(scene: &Scene<'_>, bytes: Vec<u8>, reasons: &'static [&'static str]) -> Option<Mutant> {
    let honest = &scene.honest.bytes;
    let without = |bytes: &[u8]| {
        RawFile::of(bytes)
            .0
            .iter()
            .filter(|section| section.name != OPENING)
            .cloned()
            .collect()
    };
    let unrevealed = RawFile(without(honest)).to_bytes();
    let trusted = scene.round.federation.trusted();
    (bytes != *honest && bytes != unrevealed).then_some(Mutant {
        bytes,
        trusted,
        reasons,
    })
}

/// Another statement of the same federation.
fn another<'a>(scene: &mut Scene<'a>) -> &'a crate::Honest {
    scene.round.honest.choose(scene.rng).unwrap()
}

fn bit(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut bytes = scene.honest.bytes.clone();
    for _ in 0..*[1, 1, 1, 2, 8].choose(scene.rng).unwrap() {
        let at = scene.rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << scene.rng.random_range(0..8);
    }
    mutant(scene, bytes, ANY)
}

fn overwritten(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut bytes = scene.honest.bytes.clone();
    let at = scene.rng.random_range(0..bytes.len());
    let end = bytes.len().min(at + scene.rng.random_range(1..=40));
    let filler: Option<u8> = scene.rng.random_bool(0.5).then(|| scene.rng.random());
    for byte in &mut bytes[at..end] {
        *byte = filler.unwrap_or_else(|| scene.rng.random());
    }
    mutant(scene, bytes, ANY)
}

fn cut(scene: &mut Scene<'_>) -> Option<Mutant> {
    let end = scene.rng.random_range(0..scene.honest.bytes.len());
    mutant(scene, scene.honest.bytes[..end].to_vec(), FORM)
}

fn left_out(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut bytes = scene.honest.bytes.clone();
    let at = scene.rng.random_range(0..bytes.len());
    let end = bytes.len().min(at + scene.rng.random_range(1..=64));
    bytes.drain(at..end);
    mutant(scene, bytes, ANY)
}

fn put_in(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut bytes = scene.honest.bytes.clone();
    let at = scene.rng.random_range(0..=bytes.len());
    let more: Vec<u8> = (0..scene.rng.random_range(1..=64))
        .map(|_| scene.rng.random())
        .collect();
    bytes.splice(at..at, more);
    mutant(scene, bytes, ANY)
}

fn behind(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut bytes = scene.honest.bytes.clone();
    bytes.extend((0..scene.rng.random_range(1..=64)).map(|_| scene.rng.random::<u8>()));
    mutant(scene, bytes, FORM)
}

fn sections(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = RawFile::of(&scene.honest.bytes);
    let at = scene.rng.random_range(0..file.0.len());
    match scene.rng.random_range(0..4) {
        0 => {
            file.0.remove(at);
        }
        1 => {
            let again = file.0[at].clone();
            file.0.insert(at, again);
        }
        2 => {
            let other = scene.rng.random_range(0..file.0.len());
            file.0.swap(at, other);
        }
        _ => file.0[at].name = scene.rng.random(),
    }
    mutant(scene, file.to_bytes(), FORM)
}

fn spliced(scene: &mut Scene<'_>) -> Option<Mutant> {
    let theirs = RawFile::of(&another(scene).bytes);
    let mut file = RawFile::of(&scene.honest.bytes);
    let taken = theirs.0.choose(scene.rng)?.clone();
    if taken.name >= ISSUER {
        return None;
    }
    let own = file.0.iter_mut().find(|own| own.name == taken.name)?;
    if *own == taken {
        return None;
    }
    *own = taken;
    mutant(scene, file.to_bytes(), CONTENT)
}

fn spliced_bytes(scene: &mut Scene<'_>) -> Option<Mutant> {
    let theirs = &another(scene).bytes;
    let own = &scene.honest.bytes;
    let at = scene.rng.random_range(0..own.len().min(theirs.len()));
    let bytes = [&own[..at], &theirs[at..]].concat();
    (bytes != *theirs).then_some(())?;
    // Behind its note only the opening is another's.
    mutant(scene, bytes, ANY).filter(|mutant| is_none_of(scene, &mutant.bytes))
}

/// Whether no honest statement of the round is this one, whoever has revealed its number.
fn is_none_of(scene: &Scene<'_>, bytes: &[u8]) -> bool {
    let is_same = |one: &&crate::Honest| {
        let sections = RawFile::of(&one.bytes).0;
        let before = sections
            .into_iter()
            .filter(|section| section.name != OPENING);
        bytes == one.bytes || bytes == RawFile(before.collect()).to_bytes()
    };
    !scene.round.honest.iter().any(|one| is_same(&one))
}

fn other_note(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut theirs = RawFile::of(&another(scene).bytes);
    let mut file = RawFile::of(&scene.honest.bytes);
    let note = theirs.section(ISSUER).stored.clone();
    file.set_stored(ISSUER, &note);
    let bytes = file.to_bytes();
    mutant(scene, bytes, CONTENT)
}

fn revealed(scene: &Scene<'_>, stored: Vec<u8>) -> Vec<u8> {
    let mut file = RawFile::of(&scene.honest.bytes);
    file.0.retain(|section| section.name != OPENING);
    let said = u32::try_from(stored.len()).unwrap();
    file.0.push(RawSection {
        name: OPENING,
        said,
        stored,
    });
    file.to_bytes()
}

fn other_number(scene: &mut Scene<'_>) -> Option<Mutant> {
    let Opening { salt, number } = &scene.honest.opening;
    let numbers = [
        "110000199003071231",
        "110000199003071258",
        "H12345678",
        "H12345679",
    ];
    let other = *numbers.choose(scene.rng).unwrap();
    let is_same = other == number.reveal() && scene.honest.content.subject.commitment.is_some();
    let bytes = revealed(scene, [&salt.0[..], other.as_bytes()].concat());
    if is_same {
        return None;
    }
    mutant(scene, bytes, OTHER_NUMBER)
}

fn other_opening(scene: &mut Scene<'_>) -> Option<Mutant> {
    let Opening { salt, number } = &another(scene).opening;
    if *salt == scene.honest.opening.salt {
        return None;
    }
    let NumberSalt(salt) = salt;
    let bytes = revealed(scene, [&salt[..], number.reveal().as_bytes()].concat());
    mutant(scene, bytes, OTHER_NUMBER)
}

fn bomb(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = RawFile::of(&scene.honest.bytes);
    let zeros = vec![0; *[1_000, 30_000, 2_000_000].choose(scene.rng).unwrap()];
    let name = *[SUBJECT, CHAINS].choose(scene.rng).unwrap();
    file.set_plain(name, &zeros);
    file.section(name).said = scene.rng.random_range(0..1_000);
    mutant(scene, file.to_bytes(), UNPACK)
}

/// The same bytes before compression, and others behind it: the issuer has signed the file and not what it unpacks to.
fn compressed(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = RawFile::of(&scene.honest.bytes);
    let name = scene.rng.random_range(SUBJECT..=ACCOUNT);
    file.0.iter().find(|section| section.name == name)?;
    let plain = file.plain(name);
    let level = scene.rng.random_range(0..=9);
    file.section(name).stored = miniz_oxide::deflate::compress_to_vec(&plain, level);
    mutant(scene, file.to_bytes(), CONTENT)
}

fn large(scene: &mut Scene<'_>) -> Option<Mutant> {
    if !scene.rng.random_bool(0.02) {
        return None;
    }
    let mut bytes = scene.honest.bytes.clone();
    bytes.resize(PORTABLE_BYTES_MAX + 1, 0);
    mutant(scene, bytes, &["Refusal::Form/PortableFault::TooLarge"])
}

fn other_roots(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut trusted = scene.round.federation.trusted();
    trusted.0[scene.rng.random_range(0..16)] ^= 1 << scene.rng.random_range(0..8);
    let bytes = scene.honest.bytes.clone();
    let reasons = &["Refusal::Roster/TrustFault::OtherRoots"];
    Some(Mutant {
        bytes,
        trusted,
        reasons,
    })
}

fn other_federation(scene: &mut Scene<'_>) -> Option<Mutant> {
    let other = &scene.round.other;
    let mut asked = scene.honest.asked.clone();
    asked.part = crate::federation::Part::Nothing;
    for (of, view) in &mut asked.views {
        view.size = Some(other.chains[*of].len());
        view.cosigned = None;
    }
    let bytes = other.seal(&other.content(&asked), 0);
    assert!(
        Statement::parse(&bytes)
            .unwrap()
            .verify(other.trusted())
            .is_ok()
    );
    mutant(scene, bytes, &["Refusal::Roster/TrustFault::OtherRoots"])
}
