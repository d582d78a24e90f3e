//! Following other chains: from whom, how much at a time, and what happens when a peer fails.

use crate::world::{
    Node, Signed, announced, blamed, chain, evidence, fetches, held, origin, peer, persists,
};
use yizhang_ledger::{chain::ChainState, value::TreeSize};
use yizhang_replica::{Fault, FetchId, Input, Limits, Output};

/// Node 0 of so many, connected to the others, which have announced `heads` of chain 1.
fn behind(nodes: usize, heads: &[(usize, &Signed)]) -> (Node, Vec<Output>) {
    let mut node = Node::new(nodes, vec![]);
    for other in 1..nodes {
        node.connect(other);
    }
    let outputs = heads
        .iter()
        .flat_map(|(other, head)| node.announce(*other, &[*head]))
        .collect();
    (node, outputs)
}

#[test]
fn a_followed_chain_is_persisted_in_order_and_announced_only_when_durable() {
    let batches = chain(1, 3);
    let (mut node, outputs) = behind(3, &[(1, &batches[2])]);
    let [(fetch, from, _, TreeSize(0), 4)] = fetches(&outputs)[..] else {
        panic!("one fetch expected: {outputs:?}")
    };
    assert_eq!(from, peer(1));
    for batch in &batches {
        let outputs = node.fetched(fetch, batch);
        assert_eq!(persists(&outputs), [batch.size()]);
        assert!(announced(&outputs).is_empty());
    }
    assert!(node.replica.heads().is_empty());
    assert_eq!(
        announced(&node.persisted(1, TreeSize(3))),
        [batches[0].note.clone()]
    );
    // One answer may stand for several batches.
    assert_eq!(
        announced(&node.persisted(1, TreeSize(9))),
        [batches[2].note.clone()]
    );
    assert_eq!(node.durable(1), TreeSize(9));
    assert!(fetches(&node.handle(Input::FetchEnded { fetch })).is_empty());
}

#[test]
fn any_peer_serves_any_chain_and_the_chains_own_node_is_preferred() {
    let batches = chain(1, 3);
    let (_, outputs) = behind(3, &[(2, &batches[0])]);
    assert_eq!(fetches(&outputs)[0].1, peer(2));

    let (mut node, outputs) = behind(3, &[(2, &batches[0])]);
    let fetch = fetches(&outputs)[0].0;
    node.announce(1, &[&batches[2]]);
    node.announce(2, &[&batches[2]]);
    node.fetched(fetch, &batches[0]);
    assert_eq!(
        fetches(&node.handle(Input::FetchEnded { fetch }))[0].1,
        peer(1)
    );
}

#[test]
fn a_batch_beyond_the_window_is_blamed_and_room_comes_with_the_disk() {
    let batches = chain(1, 8);
    let (mut node, outputs) = behind(2, &[(1, &batches[7])]);
    let fetch = fetches(&outputs)[0].0;
    for batch in &batches[..4] {
        node.fetched(fetch, batch);
    }
    let outputs = node.persisted(1, batches[1].size());
    assert!(
        outputs
            .iter()
            .any(|output| matches!(output, Output::ReadMore { batches: 2, .. }))
    );
    node.fetched(fetch, &batches[4]);
    node.fetched(fetch, &batches[5]);
    assert_eq!(node.replica.load().staged_batches, 4);
    let outputs = node.fetched(fetch, &batches[6]);
    assert!(matches!(
        outputs.last(),
        Some(Output::Blame {
            fault: Fault::TooManyBatches,
            ..
        })
    ));
    assert_eq!(node.replica.load().fetches, 0);
}

#[test]
fn a_lost_peer_is_replaced_and_the_fetch_goes_on_where_it_stood() {
    let batches = chain(1, 3);
    let (mut node, outputs) = behind(3, &[(1, &batches[2]), (2, &batches[2])]);
    let fetch = fetches(&outputs)[0].0;
    node.fetched(fetch, &batches[0]);
    let outputs = node.handle(Input::PeerLost(peer(1)));
    let [(again, from, _, TreeSize(3), 3)] = fetches(&outputs)[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(from, peer(2));
    // A late message of the old fetch changes nothing.
    assert!(node.fetched(fetch, &batches[1]).is_empty());
    assert_eq!(
        persists(&node.fetched(again, &batches[1])),
        [batches[1].size()]
    );
}

#[test]
fn a_silent_peer_is_given_up_and_asked_again_later_and_later() {
    let batches = chain(1, 3);
    let (mut node, outputs) = behind(3, &[(1, &batches[2])]);
    let mut waits = vec![];
    let mut fetch = fetches(&outputs)[0].0;
    for _ in 0..4 {
        let outputs = node.wait(Limits::default().fetch_idle_ms);
        assert!(outputs.iter().any(
            |output| matches!(output, Output::CancelFetch { fetch: ended } if *ended == fetch)
        ));
        let given_up = node.now;
        fetch = loop {
            if let [(next, ..)] = fetches(&node.wait(100))[..] {
                break next;
            }
        };
        waits.push(node.now - given_up);
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000]);
    // Another peer is asked at once.
    node.announce(2, &[&batches[2]]);
    assert_eq!(
        fetches(&node.wait(Limits::default().fetch_idle_ms))[0].1,
        peer(2)
    );
}

#[test]
fn a_slow_disk_is_not_held_against_the_peer() {
    let batches = chain(1, 8);
    let (mut node, outputs) = behind(2, &[(1, &batches[7])]);
    let fetch = fetches(&outputs)[0].0;
    for batch in &batches[..4] {
        node.fetched(fetch, batch);
    }
    assert!(node.wait(Limits::default().fetch_idle_ms).is_empty());
    assert_eq!(node.replica.load().fetches, 1);
}

#[test]
fn a_peer_that_drips_loses_its_turn_to_another() {
    let batches = chain(1, 30);
    let (mut node, outputs) = behind(3, &[(1, &batches[29]), (2, &batches[29])]);
    let fetch = fetches(&outputs)[0].0;
    let mut number = 0;
    let other = loop {
        node.fetched(fetch, &batches[number]);
        node.persisted(1, batches[number].size());
        number += 1;
        if let [(_, other, ..)] = fetches(&node.wait(Limits::default().fetch_idle_ms - 1))[..] {
            break other;
        }
    };
    assert_eq!(other, peer(2));
    assert!(node.now >= Limits::default().fetch_total_ms);
}

#[test]
fn fetches_are_bounded_overall_and_for_each_peer() {
    let heads: Vec<_> = (1..5).map(|owner| chain(owner, 1).remove(0)).collect();
    let limits = Limits {
        fetches_max: 3,
        fetches_per_peer_max: 2,
        ..Limits::default()
    };
    let mut node = Node::limited(5, vec![], limits);
    for other in 1..5 {
        node.connect(other);
    }
    let all: Vec<_> = heads.iter().collect();
    assert_eq!(
        fetches(&node.announce(1, &all)).len(),
        2,
        "two from one peer"
    );
    assert_eq!(
        fetches(&node.announce(2, &all)).len(),
        1,
        "three altogether"
    );
    let fetch = FetchId(0);
    node.fetched(fetch, &heads[0]);
    assert_eq!(fetches(&node.handle(Input::FetchEnded { fetch })).len(), 1);
}

#[test]
fn nonsense_is_blamed_and_only_on_its_sender() {
    let batches = chain(1, 3);
    let other_chain = chain(2, 3);
    let garbled = |note: &[u8]| {
        let mut note = note.to_vec();
        let end = note.len() - 10;
        note[end] ^= 1;
        note
    };
    let cases: Vec<(&str, Signed)> = vec![
        (
            "a forged signature",
            Signed {
                note: garbled(&batches[0].note),
                ..batches[0].clone()
            },
        ),
        (
            "the head of another size",
            Signed {
                note: batches[1].note.clone(),
                ..batches[0].clone()
            },
        ),
        (
            "the head of another chain",
            Signed {
                note: other_chain[0].note.clone(),
                ..batches[0].clone()
            },
        ),
        ("the batch of another chain", other_chain[0].clone()),
        ("a batch from further on", batches[1].clone()),
        (
            "no note",
            Signed {
                note: b"hello".to_vec(),
                ..batches[0].clone()
            },
        ),
    ];
    for (what, sent) in cases {
        let (mut node, outputs) = behind(3, &[(1, &batches[2]), (2, &batches[2])]);
        let outputs = node.fetched(fetches(&outputs)[0].0, &sent);
        assert_eq!(blamed(&outputs), [peer(1)], "{what}");
        assert!(
            persists(&outputs).is_empty() && evidence(&outputs).is_empty(),
            "{what}"
        );
        let fetch = fetches(&outputs)[0].0;
        assert_eq!(fetches(&outputs)[0].1, peer(2), "{what}");
        assert_eq!(
            persists(&node.fetched(fetch, &batches[0])),
            [TreeSize(3)],
            "{what}"
        );
    }
}

#[test]
fn an_unreadable_batch_is_blamed() {
    let batches = chain(1, 3);
    let (mut node, outputs) = behind(2, &[(1, &batches[2])]);
    let fault = yizhang_ledger::batch::Batch::parse(vec![1, 2, 3]).unwrap_err();
    let outputs = node.handle(Input::FetchedInvalid {
        fetch: fetches(&outputs)[0].0,
        fault,
    });
    assert_eq!(blamed(&outputs), [peer(1)]);
    assert!(
        fetches(&node.wait(60_000)).is_empty(),
        "the peer is gone until it connects again"
    );
}

#[test]
fn forged_and_oversized_announcements_are_blamed_and_unknown_chains_are_not() {
    let batches = chain(1, 1);
    let strangers = chain(4, 1);
    let mut node = Node::new(3, vec![]);
    node.connect(1);
    assert!(node.announce(1, &[&strangers[0]]).is_empty());
    let mut forged = batches[0].note.clone();
    let end = forged.len() - 10;
    forged[end] ^= 1;
    let outputs = node.handle(Input::Announced {
        peer: peer(1),
        heads: vec![node.checked(&forged)],
        complete: true,
    });
    assert_eq!(blamed(&outputs), [peer(1)]);
    node.connect(1);
    let heads = vec![node.checked(&batches[0].note); 257];
    let outputs = node.handle(Input::Announced {
        peer: peer(1),
        heads,
        complete: false,
    });
    assert_eq!(blamed(&outputs), [peer(1)]);
    assert!(
        node.announce(1, &[&batches[0]]).is_empty(),
        "no longer connected"
    );
}

#[test]
fn a_chain_is_resumed_from_what_is_durable_after_a_restart() {
    let batches = chain(1, 3);
    let mut node = Node::new(2, vec![held(&batches[1])]);
    assert_eq!(node.replica.heads(), [batches[1].note.clone()]);
    node.connect(1);
    let outputs = node.announce(1, &[&batches[2]]);
    assert_eq!(fetches(&outputs)[0].3, TreeSize(6));
    assert_eq!(fetches(&outputs)[0].2, origin(1));
}

#[test]
fn a_failed_disk_stops_one_chain_and_not_the_others() {
    let mut node = Node::new(3, vec![]);
    let (first, second) = (chain(1, 2), chain(2, 2));
    node.connect(1);
    let fetch = fetches(&node.announce(1, &[&first[1]]))[0].0;
    node.fetched(fetch, &first[0]);
    node.handle(Input::PersistFailed { origin: origin(1) });
    assert!(node.fetched(fetch, &first[1]).is_empty());
    assert!(fetches(&node.wait(60_000)).is_empty());
    assert_eq!(fetches(&node.announce(1, &[&second[1]])).len(), 1);
}

#[test]
fn a_new_key_of_a_newer_roster_is_no_reason_to_blame() {
    let batches = chain(1, 1);
    let mut node = Node::new(2, vec![]);
    node.connect(1);
    let state = ChainState::empty(origin(1));
    let extension = state.follow(batches[0].batch.clone()).unwrap();
    let foreign = extension
        .after()
        .head()
        .sign(&crate::world::key(3))
        .into_bytes();
    assert!(
        node.announce(
            1,
            &[&Signed {
                note: foreign,
                ..batches[0].clone()
            }]
        )
        .is_empty()
    );
}

#[test]
fn signature_lines_that_nobody_verified_are_neither_kept_nor_passed_on() {
    let batches = chain(1, 2);
    let stranger = "\u{2014} stranger AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n";
    let foreign = String::from_utf8(
        batches[0]
            .after
            .head()
            .sign(&crate::world::key(2))
            .into_bytes(),
    )
    .unwrap();
    let foreign = foreign.lines().last().unwrap().to_string() + "\n";
    for (before, after) in [("", stranger), (stranger, ""), (foreign.as_str(), stranger)] {
        let note = String::from_utf8(batches[0].note.clone()).unwrap();
        let (text, line) = note.split_once("\n\n").unwrap();
        let padded = format!("{text}\n\n{before}{line}{after}");
        let padded = Signed {
            note: padded.into_bytes(),
            ..batches[0].clone()
        };
        let (mut node, outputs) = behind(2, &[(1, &padded)]);
        let outputs = node.fetched(fetches(&outputs)[0].0, &padded);
        let persisted = outputs.iter().find_map(|output| match output {
            Output::Persist { head, .. } => head.clone(),
            _ => None,
        });
        assert_eq!(persisted.as_ref(), Some(&batches[0].note));
        assert_eq!(
            announced(&node.persisted(1, TreeSize(3))),
            [batches[0].note.clone()]
        );
    }
}

#[test]
fn a_success_forgives_earlier_failures() {
    let batches = chain(1, 3);
    let (mut node, outputs) = behind(2, &[(1, &batches[0])]);
    let idle = Limits::default().fetch_idle_ms;
    let mut fetch = fetches(&outputs)[0].0;
    for wait in [500, 1_000] {
        node.wait(idle);
        fetch = fetches(&node.wait(wait))[0].0;
    }
    node.fetched(fetch, &batches[0]);
    node.persisted(1, TreeSize(3));
    node.handle(Input::FetchEnded { fetch });
    node.wait(2_000);
    assert_eq!(fetches(&node.announce(1, &[&batches[2]])).len(), 1);
    node.wait(idle);
    assert_eq!(fetches(&node.wait(500)).len(), 1);
}
