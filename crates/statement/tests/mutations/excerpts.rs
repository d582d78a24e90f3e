//! Excerpts of honest statements, and what an issuer who lies changes about them: what is hidden is held by the register as much as what is shown.
//!
//! That a hidden record is not for the months and schemes is his word, and no change of it stands here.

use crate::{
    Change, Mutant, Scene,
    honest::{Honest, Round},
    lies::{file, forged},
    names::checked,
    raw::{HIDDEN, RawChain, RawCover, RawHidden},
};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use yizhang_ledger::value::Month;
use yizhang_statement::{Cover, Excerpt};

/// Changes of each excerpt.
pub(crate) const EACH: usize = 4;

const REGISTER: &[&str] = &[
    "Refusal::Invalid/Invalid::Proof/",
    "Refusal::Refuted/Refuted::Register/",
];
/// It may be too many records, or a chain without a register that hides some.
const PLACED: &[&str] = &[
    "Refusal::Form/PortableFault::Content",
    "Refusal::Invalid/Invalid::Proof/",
    "Refusal::Refuted/",
];

pub(crate) const CHANGES: &[Change] = &[
    Change {
        name: "a hidden record that is another one",
        make: another_leaf,
    },
    Change {
        name: "a hidden record left out",
        make: hidden_left_out,
    },
    Change {
        name: "a hidden record twice",
        make: hidden_twice,
    },
    Change {
        name: "a hidden record behind everything",
        make: hidden_behind,
    },
    Change {
        name: "a record of an excerpt neither shown nor hidden",
        make: shown_left_out,
    },
    Change {
        name: "a record of an excerpt altered",
        make: shown_altered,
    },
    Change {
        name: "an excerpt that says that it is whole",
        make: said_whole,
    },
];

/// An excerpt of what somebody asked for, for some months and perhaps one scheme.
pub(crate) fn of(round: &Round, honest: &Honest, rng: &mut ChaCha8Rng) -> Honest {
    let month = |month| Month::of(2025, month).expect("a month");
    let first = rng.random_range(1..=12);
    let excerpt = Excerpt {
        first: month(first),
        last: month(rng.random_range(first..=12)),
        schemes: if rng.random_bool(0.5) {
            vec!["hrss:110".into()]
        } else {
            Vec::new()
        },
    };
    let mut content = round.federation.excerpt(&honest.asked, excerpt);
    content.subject.commitment = honest.content.subject.commitment;
    let bytes = round.federation.seal(&content, honest.issuer);
    Honest {
        asked: honest.asked.clone(),
        content,
        issuer: honest.issuer,
        opening: honest.opening.clone(),
        is_revealed: false,
        bytes,
    }
}

/// It is believed, and what it shows and hides are all records that the whole statement shows where a register covers them.
pub(crate) fn check(excerpt: &Honest, whole: &Honest, round: &Round, again: &str) {
    let trusted = round.federation.trusted();
    let [part, all] = [excerpt, whole].map(|one| {
        checked(&one.bytes, trusted).unwrap_or_else(|fault| panic!("honest, and {fault}; {again}"))
    });
    assert!(matches!(part.cover, Cover::Part(_)), "{again}");
    for (part, all) in part.chains.iter().zip(&all.chains) {
        assert_eq!(
            (part.size, part.through),
            (all.size, all.through),
            "{again}"
        );
        assert!(part.records + part.hidden <= all.records, "{again}");
        if part.through.map(|through| through.size) == part.size {
            assert_eq!(part.records + part.hidden, all.records, "{again}");
        }
    }
}

fn with_hidden(
    scene: &mut Scene<'_>,
    reasons: &'static [&'static str],
    change: impl FnOnce(&mut ChaCha8Rng, &mut Vec<RawHidden>, usize),
) -> Option<Mutant> {
    let mut file = file(scene);
    let mut hidden: Vec<Vec<RawHidden>> = file.read(HIDDEN);
    let chains: Vec<usize> = (0..hidden.len())
        .filter(|at| !hidden[*at].is_empty())
        .collect();
    let chain = *chains.choose(scene.rng)?;
    let record = scene.rng.random_range(0..hidden[chain].len());
    change(scene.rng, &mut hidden[chain], record);
    file.write(HIDDEN, &hidden);
    Some(forged(scene, file, reasons))
}

fn another_leaf(scene: &mut Scene<'_>) -> Option<Mutant> {
    with_hidden(scene, REGISTER, |rng, hidden, at| {
        let byte = rng.random_range(0..32);
        hidden[at].leaf[byte] ^= 1 << rng.random_range(0..8);
    })
}

fn hidden_left_out(scene: &mut Scene<'_>) -> Option<Mutant> {
    with_hidden(scene, REGISTER, |_, hidden, at| drop(hidden.remove(at)))
}

fn hidden_twice(scene: &mut Scene<'_>) -> Option<Mutant> {
    with_hidden(scene, PLACED, |_, hidden, at| {
        let twice = hidden[at].clone();
        hidden.insert(at, twice);
    })
}

fn hidden_behind(scene: &mut Scene<'_>) -> Option<Mutant> {
    with_hidden(scene, PLACED, |_, hidden, _| {
        if let Some(last) = hidden.last_mut() {
            last.index = 1 << 40;
        }
    })
}

/// The place of a chain that hides something and shows something before that, and of the record there.
fn shown_before_hidden(scene: &mut Scene<'_>) -> Option<(usize, usize)> {
    let mut file = file(scene);
    let hidden: Vec<Vec<RawHidden>> = file.read(HIDDEN);
    let chains: Vec<RawChain> = file.read(crate::raw::CHAINS);
    let mut places = Vec::new();
    for (chain, (stated, hidden)) in chains.iter().zip(&hidden).enumerate() {
        let Some(last) = hidden.last() else { continue };
        for (record, shown) in stated.records.iter().enumerate() {
            if shown.index < last.index {
                places.push((chain, record));
            }
        }
    }
    places.choose(scene.rng).copied()
}

fn shown_left_out(scene: &mut Scene<'_>) -> Option<Mutant> {
    let (chain, record) = shown_before_hidden(scene)?;
    let mut file = file(scene);
    file.change_chains(|chains| drop(chains[chain].records.remove(record)));
    Some(forged(scene, file, PLACED))
}

fn shown_altered(scene: &mut Scene<'_>) -> Option<Mutant> {
    let (chain, record) = shown_before_hidden(scene)?;
    let mut file = file(scene);
    file.change_chains(|chains| {
        let entry = &mut chains[chain].records[record].entry;
        if let Some(last) = entry.last_mut() {
            *last ^= 1;
        }
    });
    Some(forged(scene, file, PLACED))
}

fn said_whole(scene: &mut Scene<'_>) -> Option<Mutant> {
    let mut file = file(scene);
    let hidden: Vec<Vec<RawHidden>> = file.read(HIDDEN);
    if hidden.iter().all(Vec::is_empty) {
        return None;
    }
    file.change_subject(|subject| subject.cover = RawCover::Whole);
    file.0.retain(|section| section.name != HIDDEN);
    Some(forged(scene, file, PLACED))
}
