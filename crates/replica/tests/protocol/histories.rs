//! Two histories of a chain that have no head of one size: what shows them, and whose word counts.

use crate::world::{
    Node, Signed, beginning, blamed, chain, evidence, fetches, holding, next, origin, other_branch,
    spread,
};
use yizhang_ledger::{beginning::Beginning, chain::ChainState, hash::Hash, value::TreeSize};
use yizhang_replica::{
    Conflict, Contradiction, FetchId, Input, Readiness, Stop, limits::FORGED_LINES_MAX,
};

/// Another history of chain 1, which has no head of a size that the first one has below its own.
fn longer_history() -> Signed {
    next(1, &ChainState::empty(origin(1)), 500, 20)
}

#[test]
fn the_chains_own_node_is_believed_when_it_shows_that_it_has_two_histories() {
    let main = chain(1, 2);
    let other = longer_history();
    for heads in [
        [other.note.clone(), main[1].note.clone()],
        [main[1].note.clone(), other.note.clone()],
    ] {
        let mut node = holding(&main);
        let outputs = node.shown(1, &heads);
        let [found] = &evidence(&outputs)[..] else {
            panic!("evidence expected")
        };
        let confessed = Conflict::Confessed {
            held: TreeSize(6),
            signed: TreeSize(21),
        };
        assert_eq!(found.conflict, confessed);
        assert_eq!(found.ours.as_ref(), Some(&main[1].note));
        assert_eq!(found.theirs, other.note);
        assert!(found.is_proof());
        assert_eq!(node.closed_at(1), Some(TreeSize(21)));
    }
}

#[test]
fn two_heads_of_different_sizes_close_a_chain_by_the_word_of_its_own_node_alone() {
    let main = chain(1, 2);
    let other = longer_history();
    // Another node says so; the larger head is held.
    for (says, smaller, larger) in [(2, &main[1], &other), (1, &main[0], &main[1])] {
        let mut node = holding(&main);
        let outputs = node.shown(says, &[smaller.note.clone(), larger.note.clone()]);
        assert!(evidence(&outputs).is_empty());
        assert_eq!(node.closed_at(1), None);
    }
}

#[test]
fn whoever_shows_two_heads_of_which_one_contradicts_what_is_held_convicts_the_chain() {
    let main = chain(1, 2);
    let (branched, longer) = (&other_branch(&main)[0], longer_history());
    for heads in [
        [branched.note.clone(), longer.note.clone()],
        [main[0].note.clone(), branched.note.clone()],
    ] {
        let mut node = holding(&main);
        let outputs = node.shown(2, &heads);
        assert_eq!(evidence(&outputs).len(), 1);
        assert_eq!(node.closed_at(1), Some(TreeSize(6)));
    }
}

/// A peer announces the other history, and says as often as it is asked that it has no batch which starts where ours ends.
/// Returns the fetch under way after that, if there is one.
fn refuse(node: &mut Node, peer: usize, times: usize) -> Option<FetchId> {
    let mut outputs = node.announce(peer, &[&longer_history()]);
    for _ in 0..times {
        let fetch = fetches(&outputs).first().expect("it is asked again").0;
        let refused = node.handle(Input::FetchRefused { fetch });
        assert!(evidence(&refused).iter().all(|found| !found.is_proof()));
        outputs = node.wait(60_000);
    }
    fetches(&outputs).first().map(|fetch| fetch.0)
}

#[test]
fn the_chains_own_node_that_has_nothing_behind_our_end_is_believed_the_third_time() {
    let main = chain(1, 2);
    let mut node = holding(&main);
    assert!(refuse(&mut node, 1, 2).is_some());
    assert_eq!(node.closed_at(1), None);
    let mut node = holding(&main);
    assert_eq!(refuse(&mut node, 1, 3), None);
    assert_eq!(node.closed_at(1), Some(TreeSize(21)));
}

#[test]
fn another_node_that_has_nothing_behind_our_end_closes_nothing() {
    let mut node = holding(&chain(1, 2));
    refuse(&mut node, 2, 5);
    assert_eq!(node.closed_at(1), None);
}

#[test]
fn a_batch_that_extends_the_chain_makes_good_what_was_refused_before() {
    let main = chain(1, 3);
    let mut node = holding(&main[..2]);
    let fetch = refuse(&mut node, 1, 2).unwrap();
    node.fetched(fetch, &main[2]);
    node.persisted(1, TreeSize(9));
    node.handle(Input::FetchRefused { fetch });
    assert_eq!(node.closed_at(1), None);
}

/// The larger history against the end of the first one, as whoever holds the larger one shows it.
fn tied(main: &[Signed], other: &Signed) -> Contradiction {
    let smaller = main.last().unwrap();
    Contradiction {
        heads: [other.note.clone(), smaller.note.clone()],
        beginning: Some(beginning([&other.batch], smaller.size())),
    }
}

/// As [`tied`], the other way round.
fn turned(mut shown: Contradiction) -> Contradiction {
    shown.heads.reverse();
    shown
}

#[test]
fn whoever_holds_the_shorter_history_or_none_is_convinced_by_what_ties_the_heads_together() {
    let main = chain(1, 2);
    let shown = tied(&main, &longer_history());
    for held in [&main[..], &main[..1], &chain(2, 1)[..]] {
        for shown in [shown.clone(), turned(shown.clone())] {
            let mut node = holding(held);
            let outputs = node.shown_pair(2, shown.clone());
            let [found] = &evidence(&outputs)[..] else {
                panic!("evidence expected")
            };
            assert!(found.is_proof());
            assert!(matches!(
                found.conflict,
                Conflict::Fork {
                    size: TreeSize(6),
                    ..
                }
            ));
            assert_eq!(node.closed_at(1), Some(TreeSize(6)));
            assert!(spread(&outputs).is_empty(), "before it is in the journal");
            let outputs = node.handle(Input::Kept(Box::new(found.clone())));
            assert_eq!(spread(&outputs), [tied(&main, &longer_history())]);
            // Told again, by whomever, it is no news.
            assert!(evidence(&node.shown_pair(2, shown.clone())).is_empty());
            assert!(evidence(&node.shown_pair(1, turned(shown))).is_empty());
            assert_eq!(node.forged_evidence(), 0);
        }
    }
}

#[test]
fn a_telling_convinces_as_well_and_a_chain_stops_its_own_node() {
    let own = chain(0, 2);
    let shown = tied(&own, &next(0, &ChainState::empty(origin(0)), 500, 20));
    let mut node = holding(&own);
    node.lose_all();
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    node.told(2, shown);
    let at = TreeSize(6);
    assert_eq!(
        node.replica.readiness(),
        Readiness::Stopped(Stop::Forked { at })
    );
}

/// What ties nothing together, each beside the heads that it is shown with.
fn forgeries() -> Vec<Contradiction> {
    let (main, other) = (chain(1, 3), longer_history());
    let right = tied(&main[..2], &other);
    let beginning_is = |root: Hash, path: &[Hash]| Contradiction {
        beginning: Some(Beginning {
            root,
            path: path.to_vec(),
        }),
        ..right.clone()
    };
    let Beginning { root, path } = right.beginning.clone().unwrap();
    let mut longer = path.clone();
    longer.push(root);
    let batches = || main.iter().map(|signed| &signed.batch);
    let honest = Contradiction {
        heads: [main[2].note.clone(), main[1].note.clone()],
        beginning: Some(beginning(batches(), TreeSize(6))),
    };
    let of_one_size = Contradiction {
        heads: [main[1].note.clone(), other_branch(&main)[0].note.clone()],
        beginning: right.beginning.clone(),
    };
    let of_two_chains = Contradiction {
        heads: [other.note.clone(), chain(2, 2)[1].note.clone()],
        ..right.clone()
    };
    vec![
        beginning_is(Hash([7; 32]), &path),
        beginning_is(main[1].after.head().root, &path),
        beginning_is(root, &path[1..]),
        beginning_is(root, &longer),
        beginning_is(root, &[]),
        // A true path between heads that agree accuses an honest chain.
        honest,
        of_one_size,
        of_two_chains,
    ]
}

#[test]
fn what_ties_nothing_together_convinces_nobody_and_is_counted() {
    for (number, forgery) in forgeries().into_iter().enumerate() {
        let mut node = holding(&chain(1, 2));
        let outputs = node.shown_pair(2, forgery.clone());
        assert!(evidence(&outputs).is_empty(), "forgery {number}");
        assert!(blamed(&outputs).is_empty(), "forgery {number}");
        assert_eq!(node.closed_at(1), None, "forgery {number}");
        assert_eq!(node.forged_evidence(), 1, "forgery {number}");
        for time in 2..=FORGED_LINES_MAX {
            let blamed = blamed(&node.shown_pair(2, turned(forgery.clone())));
            assert_eq!(!blamed.is_empty(), time == FORGED_LINES_MAX, "{number}");
        }
    }
}

#[test]
fn what_our_roster_cannot_judge_counts_against_nobody() {
    let main = chain(1, 2);
    let mut stranger = tied(&main, &longer_history());
    let line = stranger.heads[0].len() - 20;
    // Another key id: a key that our version does not name.
    let text = String::from_utf8(stranger.heads[0].clone()).unwrap();
    let (before, signature) = text.rsplit_once(' ').unwrap();
    assert!(before.len() < line);
    stranger.heads[0] = format!("{before} AAAA{}", &signature[4..]).into_bytes();
    let mut node = holding(&main);
    let outputs = node.shown_pair(2, stranger);
    assert!(evidence(&outputs).is_empty() && blamed(&outputs).is_empty());
    assert_eq!((node.closed_at(1), node.forged_evidence()), (None, 0));
}
