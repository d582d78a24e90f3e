//! Two histories of a chain that have no head of one size: what shows them, and whose word counts.

use crate::world::{Node, Signed, chain, evidence, fetches, holding, next, origin, other_branch};
use yizhang_ledger::{chain::ChainState, value::TreeSize};
use yizhang_replica::{Conflict, FetchId, Input};

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
