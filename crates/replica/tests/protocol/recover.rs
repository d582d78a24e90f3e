//! Sign once: what a restarted node waits for, fetches back, and never does again.

use crate::world::{
    Node, announced, blamed, branch, chain, evidence, fetches, held, origin, passed_on, peer,
    persists, questions, receipts, refusals, root_at, signs, submission,
};
use yizhang_ledger::{Invalid, value::TreeSize};
use yizhang_replica::{
    Conflict, Held, Input, Limits, Output, PeerId, Readiness, Recovering, Refused, Stop, Ticket,
};

fn hearing(heard: usize, majority: usize, regions: usize) -> Readiness {
    Readiness::Recovering(Recovering::Hearing {
        heard,
        majority,
        regions,
    })
}

#[test]
fn a_node_alone_in_its_federation_is_ready_at_once() {
    assert_eq!(Node::new(1, vec![]).replica.readiness(), Readiness::Ready);
}

#[test]
fn a_restarted_node_refuses_until_every_other_region_was_heard() {
    let mut node = Node::new(3, vec![]);
    let refused = refusals(&node.submit(1, submission("u", 1, 1, 1)));
    assert_eq!(refused, [(Ticket(1), Refused::NotReady(hearing(0, 2, 2)))]);
    node.connect(1);
    node.announce_all(1, &[]);
    node.connect(2);
    node.announce(2, &[]);
    assert_eq!(
        node.replica.readiness(),
        hearing(1, 2, 2),
        "a change is not the complete announcement"
    );
    node.announce_all(2, &[]);
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn after_the_wait_a_majority_suffices_and_less_does_not() {
    let mut node = Node::new(5, vec![]);
    let wait = Limits::default().recovery_wait_ms;
    for heard in 1..=2 {
        node.connect(heard);
        node.announce_all(heard, &[]);
    }
    node.wait(wait);
    assert_eq!(node.replica.readiness(), hearing(2, 3, 4));
    node.connect(3);
    node.announce_all(3, &[]);
    assert_eq!(node.replica.readiness(), Readiness::Ready);

    let mut node = Node::new(5, vec![]);
    for heard in 1..=3 {
        node.connect(heard);
        node.announce_all(heard, &[]);
    }
    node.wait(wait - 1);
    assert_eq!(
        node.replica.readiness(),
        hearing(3, 3, 4),
        "a majority does not suffice before"
    );
    node.wait(1);
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn whoever_carries_a_file_is_asked_for_batches_and_counts_as_no_region() {
    let mut node = Node::new(3, vec![]);
    let chain = chain(1, 2);
    let carrier = PeerId::CARRIER;
    node.handle(Input::PeerConnected(carrier));
    let heads = vec![node.checked(&chain[1].note)];
    let outputs = node.handle(Input::Announced {
        peer: carrier,
        heads,
        complete: true,
    });
    let asked = fetches(&outputs);
    let [(fetch, from, of, TreeSize(0), _)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!((*from, of), (carrier, &origin(1)));
    assert_eq!(node.replica.readiness(), hearing(0, 2, 2));
    let outputs = node.fetched(*fetch, &chain[0]);
    assert_eq!(persists(&outputs), [chain[0].size()]);
    // What no honest node sends it is blamed for, like anybody.
    let outputs = node.handle(Input::FetchedInvalid {
        fetch: *fetch,
        fault: Invalid::NoteForm { reason: "a test" },
    });
    assert_eq!(blamed(&outputs), [carrier]);
    // Gone, it is not heard any more.
    let heads = vec![node.checked(&chain[1].note)];
    let outputs = node.handle(Input::Announced {
        peer: carrier,
        heads,
        complete: false,
    });
    assert!(fetches(&outputs).is_empty());
}

#[test]
fn the_same_peer_heard_twice_counts_once_and_the_own_region_not_at_all() {
    let mut node = Node::new(3, vec![]);
    for other in [1, 1, 0] {
        node.connect(other);
        node.announce_all(other, &[]);
    }
    assert_eq!(node.replica.readiness(), hearing(1, 2, 2));
}

#[test]
fn the_operator_may_start_the_node_alone_but_not_against_what_a_peer_shows() {
    let own = chain(0, 2);
    let mut node = Node::new(3, vec![]);
    node.lose_all();
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    assert_eq!(node.replica.absent(), None);

    let mut node = Node::new(3, vec![held(&own[0])]);
    node.connect(1);
    node.announce(1, &[&own[1]]);
    node.lose_all();
    let back = Recovering::FetchingBack {
        held: TreeSize(3),
        signed: TreeSize(6),
    };
    assert_eq!(node.replica.readiness(), Readiness::Recovering(back));
}

#[test]
fn of_three_regions_one_heard_and_one_declared_lost_suffice_after_the_wait() {
    let mut node = Node::new(3, vec![]);
    let wait = Limits::default().recovery_wait_ms;
    node.connect(1);
    node.announce_all(1, &[]);
    node.wait(wait);
    assert_eq!(node.replica.readiness(), hearing(1, 2, 2));
    assert_eq!(node.replica.absent(), Some(vec![peer(2)]));
    node.handle(Input::Lost([peer(2)].into()));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn a_peer_that_is_absent_and_not_declared_lost_is_waited_for() {
    let mut node = Node::new(3, vec![]);
    let wait = Limits::default().recovery_wait_ms;
    // Its own region is no peer, so that word of it counts for nothing.
    node.handle(Input::Lost([peer(2), peer(0)].into()));
    node.wait(10 * wait);
    assert_eq!(node.replica.readiness(), hearing(0, 2, 2));
    assert_eq!(node.replica.absent(), Some(vec![peer(1)]));
    node.connect(1);
    node.announce_all(1, &[]);
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn a_peer_that_is_declared_lost_and_answers_within_the_wait_is_heard_first() {
    let own = chain(0, 2);
    let mut node = Node::new(3, vec![held(&own[0])]);
    node.handle(Input::Lost([peer(1), peer(2)].into()));
    assert_eq!(node.replica.readiness(), hearing(0, 2, 2));
    node.connect(1);
    node.announce_all(1, &[&own[1]]);
    node.wait(Limits::default().recovery_wait_ms);
    let back = Recovering::FetchingBack {
        held: TreeSize(3),
        signed: TreeSize(6),
    };
    assert_eq!(node.replica.readiness(), Readiness::Recovering(back));
}

#[test]
fn a_node_restored_from_an_old_copy_fetches_its_own_chain_back_first() {
    let own = chain(0, 3);
    let mut node = Node::new(3, vec![held(&own[0])]);
    node.connect(1);
    node.connect(2);
    node.announce_all(1, &[&own[0]]);
    let outputs = node.announce_all(2, &[&own[2]]);
    let [(fetch, from, _, TreeSize(3), _)] = fetches(&outputs)[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(from, peer(2));
    node.fetched(fetch, &own[1]);
    node.fetched(fetch, &own[2]);
    assert!(!signs(&node.persisted(0, TreeSize(6))));
    assert_ne!(node.replica.readiness(), Readiness::Ready);
    node.persisted(0, TreeSize(9));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    let outputs = node.submit(1, submission("u", 50, 1, 50));
    assert_eq!(persists(&outputs), [TreeSize(11)]);
}

#[test]
fn an_unsigned_batch_is_signed_only_when_ready() {
    let own = chain(0, 2);
    let unsigned = Held {
        state: own[1].after.clone(),
        head: None,
        closed_at: None,
    };
    let mut node = Node::new(2, vec![unsigned]);
    assert!(node.replica.heads().is_empty());
    assert!(!signs(&node.wait(1)));
    node.connect(1);
    let outputs = node.announce_all(1, &[&own[0]]);
    assert_eq!(
        node.replica.readiness(),
        Readiness::Recovering(Recovering::Comparing)
    );
    assert_eq!(questions(&outputs), [(origin(0), TreeSize(3))]);
    let root = root_at(&own, TreeSize(3));
    let outputs = node.handle(Input::RootAt {
        origin: origin(0),
        size: TreeSize(3),
        root,
    });
    assert!(signs(&outputs));
    assert_eq!(announced(&node.signed(&outputs)), [own[1].note.clone()]);
}

#[test]
fn an_unsigned_batch_that_was_signed_before_is_signed_again_before_anything_follows_it() {
    let own = chain(0, 3);
    let unsigned = Held {
        state: own[0].after.clone(),
        head: None,
        closed_at: None,
    };
    let mut node = Node::new(2, vec![unsigned]);
    node.connect(1);
    let fetch = fetches(&node.announce_all(1, &[&own[2]]))[0].0;
    let outputs = node.fetched(fetch, &own[1]);
    let [Output::Sign { .. }, Output::Persist { .. }] = outputs[..] else {
        panic!("{outputs:?}")
    };
    assert!(!signs(&node.fetched(fetch, &own[2])));
    assert_eq!(announced(&node.signed(&outputs)), [own[0].note.clone()]);
    node.persisted(0, TreeSize(9));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    assert_eq!(
        persists(&node.submit(1, submission("u", 50, 1, 50))),
        [TreeSize(11)]
    );
}

#[test]
fn a_conflicting_own_head_stops_the_chain_for_ever() {
    let own = chain(0, 2);
    let other = branch(0, &own[0].after, 100..101);
    let mut node = Node::new(2, vec![held(&own[1])]);
    node.connect(1);
    let outputs = node.announce_all(1, &[&other[0]]);
    assert!(evidence(&outputs)[0].is_proof());
    let stopped = Readiness::Stopped(Stop::Forked { at: TreeSize(6) });
    assert_eq!(node.replica.readiness(), stopped);
    node.lose_all();
    node.wait(100_000);
    let refused = refusals(&node.submit(1, submission("u", 1, 1, 1)));
    assert_eq!(refused, [(Ticket(1), Refused::NotReady(stopped))]);
}

#[test]
fn a_chain_closed_in_the_journal_stays_closed_after_a_restart() {
    let own = chain(0, 2);
    let mut node = Node::new(
        1,
        vec![Held {
            closed_at: Some(TreeSize(6)),
            ..held(&own[1])
        }],
    );
    node.wait(1);
    assert_eq!(
        node.replica.readiness(),
        Readiness::Stopped(Stop::Forked { at: TreeSize(6) })
    );
}

#[test]
fn a_larger_own_head_that_comes_late_is_reported_and_stops_signing() {
    let own = chain(0, 3);
    let mut node = Node::new(2, vec![held(&own[0])]);
    node.lose_all();
    let outputs = node.submit(1, submission("u", 50, 1, 50));
    assert_eq!(persists(&outputs), [TreeSize(5)]);
    let outputs = node.persisted(0, TreeSize(5));
    assert!(signs(&outputs));
    node.connect(1);
    let late = node.announce_all(1, &[&own[2]]);
    let conflict = Conflict::Forgotten {
        held: TreeSize(5),
        signed: TreeSize(9),
    };
    assert_eq!(evidence(&late)[0].conflict, conflict);
    assert!(!evidence(&late)[0].is_proof());
    assert_eq!(refusals(&late).len(), 1, "who waits is told");
    // The signature that was under way never leaves the node.
    let outputs = node.signed(&outputs);
    assert!(receipts(&outputs).is_empty() && announced(&outputs).is_empty());
    let back = Recovering::FetchingBack {
        held: TreeSize(5),
        signed: TreeSize(9),
    };
    assert_eq!(node.replica.readiness(), Readiness::Recovering(back));
}

#[test]
fn a_larger_own_head_that_comes_late_and_agrees_is_fetched_back_without_harm() {
    let own = chain(0, 2);
    let mut node = Node::new(2, vec![held(&own[0])]);
    node.lose_all();
    node.wait(1);
    node.connect(1);
    let fetch = fetches(&node.announce_all(1, &[&own[1]]))[0].0;
    node.fetched(fetch, &own[1]);
    node.persisted(0, TreeSize(6));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    assert_eq!(node.closed_at(0), None);
}

#[test]
fn what_was_durable_when_readiness_ended_is_not_appended_twice() {
    let own = chain(0, 2);
    let mut node = Node::new(2, vec![]);
    node.lose_all();
    node.now = 1_000;
    // The batch under way is, to the byte, the one that was signed before the node forgot it.
    node.submit(1, submission("u", 0, 2, 0));
    node.submit(2, submission("u", 9, 2, 9));
    node.connect(1);
    let outputs = node.announce_all(1, &[&own[1]]);
    assert_eq!(
        refusals(&outputs)
            .iter()
            .map(|(ticket, _)| ticket.0)
            .collect::<Vec<_>>(),
        [2, 1]
    );
    assert!(
        fetches(&outputs).is_empty(),
        "not before the batch under way is durable"
    );
    let fetch = fetches(&node.persisted(0, TreeSize(3)))[0].0;
    let outputs = node.fetched(fetch, &own[1]);
    node.signed(&outputs);
    node.persisted(0, TreeSize(6));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    let outputs = node.submit(3, submission("u", 0, 2, 0));
    assert_eq!(receipts(&outputs)[0].size, TreeSize(3));
    assert!(persists(&outputs).is_empty());
    assert_eq!(
        persists(&node.submit(4, submission("u", 9, 2, 9))),
        [TreeSize(9)]
    );
}

#[test]
fn a_node_that_is_shown_its_two_histories_says_so_and_goes_on_if_it_was_not_true() {
    let own = chain(0, 2);
    let mut node = Node::new(2, vec![held(&own[0])]);
    node.connect(1);
    // Its own head, and a larger one: which a peer says does not follow.
    let heads = [own[1].note.clone(), own[0].note.clone()];
    node.shown(1, &heads);
    let outputs = node.announce_all(1, &[&own[1]]);
    let contradicted = Recovering::Contradicted {
        held: TreeSize(3),
        signed: TreeSize(6),
    };
    let readiness = node.replica.readiness();
    assert_eq!(readiness, Readiness::Recovering(contradicted));
    assert!(
        readiness
            .to_string()
            .contains("two histories were signed with this key")
    );
    assert_eq!(node.closed_at(0), None, "a peer's word closes no chain");
    // The peer was wrong: what it holds follows after all.
    let fetch = fetches(&outputs)[0].0;
    assert_eq!(persists(&node.fetched(fetch, &own[1])), [TreeSize(6)]);
    node.persisted(0, TreeSize(6));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn two_heads_of_another_history_of_the_own_chain_stop_it() {
    let (own, other) = (chain(0, 2), branch(0, &chain(0, 1)[0].after, 70..72));
    let mut node = Node::new(2, vec![held(&own[1])]);
    node.connect(1);
    let heads = [other[0].note.clone(), other[1].note.clone()];
    node.shown(1, &heads);
    node.announce_all(1, &[]);
    let forked = Readiness::Stopped(Stop::Forked { at: TreeSize(6) });
    assert_eq!(node.replica.readiness(), forked);
}

#[test]
fn a_node_that_is_told_of_a_head_of_its_chain_that_it_did_not_sign_signs_no_more() {
    let own = chain(0, 2);
    let mut node = Node::new(2, vec![held(&own[0])]);
    node.connect(1);
    node.announce_all(1, &[&own[0]]);
    assert_eq!(node.replica.readiness(), Readiness::Ready);
    // By a node that need not be connected, and that holds no batch of it.
    node.handle(Input::PeerLost(peer(1)));
    let outputs = node.handle(Input::Told {
        peer: peer(1),
        heads: vec![node.checked(&own[1].note)],
        evidence: vec![],
    });
    assert_eq!(evidence(&outputs).len(), 1);
    let elsewhere = Recovering::SignedElsewhere {
        held: TreeSize(3),
        signed: TreeSize(6),
    };
    let readiness = node.replica.readiness();
    assert_eq!(readiness, Readiness::Recovering(elsewhere));
    assert!(
        readiness
            .to_string()
            .contains("a second node runs with this key")
    );
    let refused = node.submit(1, submission("u", 0, 2, 0));
    assert_eq!(refusals(&refused).len(), 1);
}

#[test]
fn a_head_that_nobody_holds_is_passed_on_once_and_compared_when_the_chain_gets_there() {
    let main = chain(1, 3);
    let other = branch(1, &main[0].after, 70..72);
    let mut node = Node::new(3, vec![held(&main[0])]);
    node.connect(1);
    let told = Input::Told {
        peer: peer(1),
        heads: vec![node.checked(&other[0].note)],
        evidence: vec![],
    };
    assert_eq!(
        passed_on(&node.handle(told.clone())),
        [other[0].note.clone()]
    );
    assert!(passed_on(&node.handle(told)).is_empty(), "once");
    assert_eq!(node.closed_at(1), None, "it may be true");
    let fetch = fetches(&node.announce(1, &[&main[1]]))[0].0;
    node.fetched(fetch, &main[1]);
    let outputs = node.persisted(1, TreeSize(6));
    assert_eq!(evidence(&outputs).len(), 1);
    assert_eq!(node.closed_at(1), Some(TreeSize(6)));
}

#[test]
fn a_node_that_knows_that_more_was_signed_than_it_holds_fetches_it_back_before_it_signs() {
    let own = chain(0, 2);
    let mut node = Node::knowing(2, vec![held(&own[0])], TreeSize(6));
    node.connect(1);
    node.announce_all(1, &[]);
    let (held, signed) = (TreeSize(3), TreeSize(6));
    let nobody = Recovering::SignedElsewhere { held, signed };
    assert_eq!(node.replica.readiness(), Readiness::Recovering(nobody));
    let outputs = node.announce(1, &[&own[1]]);
    let back = Recovering::FetchingBack { held, signed };
    assert_eq!(node.replica.readiness(), Readiness::Recovering(back));
    let fetch = fetches(&outputs)[0].0;
    node.fetched(fetch, &own[1]);
    node.persisted(0, TreeSize(6));
    assert_eq!(node.replica.readiness(), Readiness::Ready);
}

#[test]
fn a_chain_is_heard_of_whenever_a_verified_head_of_it_comes_in() {
    let main = chain(1, 2);
    let mut node = Node::new(3, vec![]);
    let heard = |node: &Node| node.replica.chain(&origin(1)).unwrap().heard;
    let live = |node: &Node| node.replica.chain(&origin(1)).unwrap().live;
    node.connect(2);
    assert_eq!((heard(&node), live(&node)), (None, false));
    node.wait(10);
    node.announce(2, &[&main[0]]);
    let first = heard(&node).unwrap();
    node.wait(10);
    node.announce(2, &[&main[0]]);
    assert!(heard(&node).unwrap() > first, "said again is heard again");
    assert!(!live(&node), "it came from somebody else");
    node.connect(1);
    assert!(live(&node));
    // A head of another chain says nothing of this one.
    let before = heard(&node);
    node.wait(10);
    node.announce(2, &[&chain(2, 1)[0]]);
    assert_eq!(heard(&node), before);
    assert!(node.replica.chain(&origin(0)).unwrap().live, "its own");
}
