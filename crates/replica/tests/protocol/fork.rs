//! Forks: what is evidence, what closes a chain, and what must not.

use crate::world::{
    Node, Signed, branch, chain, evidence, fetches, held, holding, holding_under, next, note,
    origin, other_branch, peer, persists, questions, root_at, sign, spread,
};
use yizhang_ledger::{
    chain::ChainState,
    roster::{Continuation, NamedTree},
    value::{TreeSize, UnixMillis},
};
use yizhang_replica::{Conflict, Evidence, Input};

#[test]
fn two_roots_at_one_size_are_evidence_and_close_the_chain_there() {
    let main = chain(1, 2);
    let other = other_branch(&main);
    let mut node = holding(&main);
    let outputs = node.announce(2, &[&other[0]]);
    let [found] = &evidence(&outputs)[..] else {
        panic!("evidence expected")
    };
    assert!(found.is_proof());
    assert_eq!(
        (found.ours.as_ref(), &found.theirs),
        (Some(&main[1].note), &other[0].note)
    );
    assert!(matches!(
        found.conflict,
        Conflict::Fork {
            size: TreeSize(6),
            ..
        }
    ));
    assert_eq!(node.closed_at(1), Some(TreeSize(6)));
    assert!(
        evidence(&node.announce(2, &[&other[0]])).is_empty(),
        "reported once"
    );
    // The branch that continues what is held is not accepted either.
    let main = branch(1, &main[1].after, 2..3);
    let outputs = node.announce(1, &[&main[0]]);
    let fetch = fetches(&outputs)[0].0;
    assert!(persists(&node.fetched(fetch, &main[0])).is_empty());
    assert!(fetches(&node.wait(60_000)).is_empty());
}

#[test]
fn other_chains_carry_on_beside_a_closed_one() {
    let main = chain(1, 2);
    let mut node = holding(&main);
    node.announce(2, &[&other_branch(&main)[0]]);
    let healthy = chain(2, 1);
    let outputs = node.announce(2, &[&healthy[0]]);
    assert_eq!(
        persists(&node.fetched(fetches(&outputs)[0].0, &healthy[0])),
        [TreeSize(3)]
    );
}

#[test]
fn a_closed_chain_still_accepts_what_lies_before() {
    let main = chain(1, 4);
    let mut node = holding(&main[..1]);
    let other = other_branch(&main);
    let heads = [main[2].note.clone(), other[1].note.clone()];
    assert_eq!(evidence(&node.shown(2, &heads)).len(), 1);
    assert_eq!(node.closed_at(1), Some(TreeSize(9)));
    let fetch = fetches(&node.announce(1, &[&main[3]]))[0].0;
    assert_eq!(persists(&node.fetched(fetch, &main[1])), [TreeSize(6)]);
    assert!(persists(&node.fetched(fetch, &main[2])).is_empty());
}

#[test]
fn an_old_head_is_compared_with_the_store_and_convicts_only_if_it_differs() {
    let main = chain(1, 4);
    let other = other_branch(&main);
    for (shown, convicts) in [(&main[1], false), (&other[0], true)] {
        let mut node = holding(&main);
        let outputs = node.announce(2, &[shown]);
        assert_eq!(questions(&outputs), [(origin(1), TreeSize(6))]);
        assert!(
            questions(&node.announce(2, &[&main[0]])).is_empty(),
            "one question for each peer and chain"
        );
        let root = root_at(&main, TreeSize(6));
        let outputs = node.handle(Input::RootAt {
            origin: origin(1),
            size: TreeSize(6),
            root,
        });
        assert_eq!(evidence(&outputs).len(), usize::from(convicts));
        assert!(
            questions(&outputs).is_empty(),
            "what was answered is not asked again"
        );
        assert_eq!(node.closed_at(1), convicts.then_some(TreeSize(6)));
    }
}

#[test]
fn an_answer_that_shows_a_fork_outlives_the_connection() {
    let main = chain(1, 4);
    let mut node = holding(&main);
    node.announce(2, &[&other_branch(&main)[0]]);
    node.handle(Input::PeerLost(peer(2)));
    let root = root_at(&main, TreeSize(6));
    let outputs = node.handle(Input::RootAt {
        origin: origin(1),
        size: TreeSize(6),
        root,
    });
    assert_eq!(evidence(&outputs).len(), 1);
}

#[test]
fn a_signed_size_that_is_no_batch_end_is_evidence() {
    let main = chain(1, 4);
    let stray = next(1, &main[0].after, 200, 1);
    assert_eq!(stray.size(), TreeSize(5));
    let mut node = holding(&main);
    node.announce(2, &[&stray]);
    let outputs = node.handle(Input::RootAt {
        origin: origin(1),
        size: TreeSize(5),
        root: None,
    });
    assert!(matches!(
        evidence(&outputs)[0].conflict,
        Conflict::Fork { held: None, .. }
    ));
}

#[test]
fn a_larger_head_is_compared_once_the_chain_has_grown_to_it() {
    let main = chain(1, 4);
    let other = other_branch(&main);
    let mut node = holding(&main[..2]);
    node.announce(2, &[&other[1]]);
    let outputs = node.announce(1, &[&main[3]]);
    let fetch = fetches(&outputs)
        .first()
        .map_or(yizhang_replica::FetchId(0), |fetch| fetch.0);
    node.handle(Input::FetchEnded { fetch });
    let fetch = yizhang_replica::FetchId(1);
    node.fetched(fetch, &main[2]);
    let outputs = node.persisted(1, TreeSize(9));
    assert!(matches!(evidence(&outputs)[..], [ref found] if found.is_proof()));
    assert_eq!(node.closed_at(1), Some(TreeSize(9)));
}

#[test]
fn a_relay_cannot_discredit_a_chain_with_made_up_batches() {
    let main = chain(1, 3);
    let mut node = holding(&main[..1]);
    let made_up = Signed {
        note: main[1].note.clone(),
        ..next(1, &main[0].after, 666, 2)
    };
    for turn in 0..10 {
        node.handle(Input::PeerConnected(peer(2)));
        let fetch = fetches(&node.announce(2, &[&main[1]]))
            .first()
            .map(|fetch| fetch.0);
        let fetch = fetch.unwrap_or_else(|| fetches(&node.wait(30_000))[0].0);
        let outputs = node.fetched(fetch, &made_up);
        assert!(persists(&outputs).is_empty());
        assert!(evidence(&outputs).iter().all(|found| !found.is_proof()));
        assert_eq!(
            evidence(&outputs).len(),
            usize::from(turn == 0),
            "the same suspicion is reported once"
        );
    }
    assert_eq!(node.closed_at(1), None);
    node.handle(Input::PeerLost(peer(2)));
    let fetch = fetches(&node.announce(1, &[&main[1]]))[0].0;
    assert_eq!(persists(&node.fetched(fetch, &main[1])), [TreeSize(6)]);
}

#[test]
fn the_chains_own_node_is_believed_after_it_has_contradicted_itself_three_times() {
    let main = chain(1, 2);
    let other = other_branch(&main);
    let mut node = holding(&main);
    let mut fetch = fetches(&node.announce(1, &[&other[2]]))[0].0;
    // It serves the continuation of a branch that it has never shown here.
    for turn in 1..=3 {
        assert_eq!(node.closed_at(1), None, "turn {turn}");
        node.fetched(fetch, &other[1]);
        fetch = fetches(&node.wait(30_000))
            .first()
            .map_or(fetch, |fetch| fetch.0);
    }
    assert_eq!(node.closed_at(1), Some(other[1].size()));
}

#[test]
fn a_signed_batch_that_breaks_the_rules_is_evidence_whoever_brings_it() {
    let main = chain(1, 1);
    let state = &main[0].after;
    let wrong_number = ChainState::restore(
        origin(1),
        9,
        state.link(),
        state.time(),
        state.roster(),
        state.frontier().clone(),
    );
    let went_back = ChainState::restore(
        origin(1),
        1,
        state.link(),
        UnixMillis(0),
        state.roster(),
        state.frontier().clone(),
    );
    let submitted = [crate::world::submission("u", 5, 2, 5)];
    for (broken, now) in [(wrong_number, 2_000), (went_back, 0)] {
        let batch = sign(1, &broken.prepare(&submitted, UnixMillis(now), 1).unwrap());
        let mut node = holding(&main);
        let fetch = fetches(&node.announce(2, &[&batch]))[0].0;
        let outputs = node.fetched(fetch, &batch);
        let [found] = &evidence(&outputs)[..] else {
            panic!("evidence expected")
        };
        assert!(
            found.is_proof()
                && matches!(
                    found.conflict,
                    Conflict::InvalidBatch {
                        size: TreeSize(6),
                        ..
                    }
                )
        );
        assert_eq!(node.closed_at(1), Some(TreeSize(6)));
        assert!(persists(&outputs).is_empty());
    }
}

#[test]
fn shown_heads_that_do_not_contradict_each_other_change_nothing() {
    let (main, foreign) = (chain(1, 3), chain(2, 3));
    let mut node = holding(&main[..1]);
    for (one, other) in [
        (&main[0], &main[0]),
        (&main[1], &main[2]),
        (&main[0], &foreign[0]),
    ] {
        let heads = [one.note.clone(), other.note.clone()];
        let outputs = node.shown(2, &heads);
        assert!(evidence(&outputs).is_empty());
        assert_eq!(node.closed_at(1), None);
    }
    let heads = [main[0].note.clone(), b"nonsense".to_vec()];
    let outputs = node.shown(2, &heads);
    assert_eq!(crate::world::blamed(&outputs), [peer(2)]);
}

#[test]
fn suspicions_cannot_crowd_out_a_proof() {
    let main = chain(1, 40);
    let mut node = Node::new(3, vec![held(&main[0])]);
    node.connect(1);
    node.connect(2);
    node.connect(2);
    let mut reported = 0;
    for count in 1..40_u64 {
        // A batch of `count` batches' records under a true head.
        let size = main[usize::try_from(count).unwrap()].size();
        let records = usize::try_from(size.0 - 3 - 1).unwrap();
        let made_up = next(1, &main[0].after, 666, records);
        let made_up = Signed {
            note: main[usize::try_from(count).unwrap()].note.clone(),
            ..made_up
        };
        let mut outputs = node.announce(2, &[&made_up]);
        while fetches(&outputs).is_empty() {
            outputs = node.wait(30_000);
        }
        reported += evidence(&node.fetched(fetches(&outputs)[0].0, &made_up)).len();
    }
    assert_eq!(reported, 16);
    let other = next(1, &ChainState::empty(origin(1)), 99, 2);
    assert_eq!(other.note, note(1, &other.after));
    assert_eq!(evidence(&node.announce(2, &[&other])).len(), 1);
}

#[test]
fn evidence_is_shown_to_others_when_the_journal_has_it_and_not_before() {
    let main = chain(1, 2);
    let other = other_branch(&main);
    let mut node = holding(&main);
    let outputs = node.announce(2, &[&other[0]]);
    assert!(spread(&outputs).is_empty());
    let [found] = &evidence(&outputs)[..] else {
        panic!("evidence expected")
    };
    assert!(spread(&node.wait(60_000)).is_empty());
    let outputs = node.handle(Input::Kept(Box::new(found.clone())));
    let [shown] = &spread(&outputs)[..] else {
        panic!("one pair expected")
    };
    assert_eq!(shown.heads, [main[1].note.clone(), other[0].note.clone()]);
    assert_eq!(shown.beginning, None);
}

#[test]
fn a_suspicion_is_kept_and_shown_to_nobody() {
    let main = chain(1, 2);
    let mut node = holding(&main);
    let suspicion = Evidence {
        origin: origin(1),
        conflict: Conflict::Forgotten {
            held: TreeSize(6),
            signed: TreeSize(9),
        },
        ours: Some(main[1].note.clone()),
        theirs: main[0].note.clone(),
        beginning: None,
    };
    let outputs = node.handle(Input::Kept(Box::new(suspicion)));
    assert!(spread(&outputs).is_empty());
}

/// What is evidence in what a node says when it is shown a head of size 6, and told what it holds there.
fn evidence_at_six(node: &mut Node, main: &[Signed], shown: &Signed) -> usize {
    node.announce(2, &[shown]);
    let outputs = node.handle(Input::RootAt {
        origin: origin(1),
        size: TreeSize(6),
        root: root_at(main, TreeSize(6)),
    });
    evidence(&outputs).len()
}

fn named(signed: &Signed) -> NamedTree {
    NamedTree {
        size: signed.size(),
        root: signed.after.head().root,
    }
}

#[test]
fn what_the_roster_has_decided_closes_no_chain() {
    let main = chain(1, 4);
    let other = other_branch(&main);
    // Decided at 9: what contradicts the chain at 6 says nothing.
    let mut node = holding_under(&main, Continuation::at(named(&main[2])));
    assert_eq!(evidence_at_six(&mut node, &main, &other[0]), 0);
    assert_eq!(node.closed_at(1), None);
    // Decided at 3: it is evidence as ever.
    let mut node = holding_under(&main, Continuation::at(named(&main[0])));
    assert_eq!(evidence_at_six(&mut node, &main, &other[0]), 1);
    assert_eq!(node.closed_at(1), Some(TreeSize(6)));
}

#[test]
fn a_head_in_doubt_says_nothing_and_the_chain_is_fetched_to_where_it_goes_on() {
    let main = chain(1, 4);
    let other = other_branch(&main);
    let chosen = Continuation {
        agreed: named(&main[0]),
        from: named(&main[2]),
    };
    let mut node = holding_under(&main[..1], chosen);
    assert!(node.announce(2, &[&other[0]]).is_empty());
    assert!(evidence(&node.shown(2, &[main[1].note.clone(), other[0].note.clone()])).is_empty());
    let fetch = fetches(&node.announce(1, &[&main[3]]))[0].0;
    for batch in &main[1..] {
        assert_eq!(persists(&node.fetched(fetch, batch)), [batch.size()]);
    }
    // Whoever holds some of the other history cannot be led past that.
    let mut node = holding_under(&main[..1], chosen);
    let wide = next(1, &main[0].after, 300, 8);
    assert!(wide.size() > main[2].size());
    let fetch = fetches(&node.announce(1, &[&wide]))[0].0;
    assert!(persists(&node.fetched(fetch, &wide)).is_empty());
    assert_eq!(node.closed_at(1), Some(wide.size()));
}
