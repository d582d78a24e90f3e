//! A peer that says what it has said, again and again: it is passed over before its signatures are looked at, and at last it is
//! sent away; and what might be evidence is still looked at.

use crate::world::{Node, Signed, blamed, chain, holding, other_branch, peer, questions};
use yizhang_replica::{
    Fault, Input, Output,
    limits::{FLOOD_HEADS, HEAD_LINES_MAX, STALE_HEADS_MAX},
};

fn announce_note(node: &mut Node, from: usize, note: &[u8]) -> Vec<Output> {
    node.handle(Input::Announced {
        peer: peer(from),
        heads: vec![node.checked(note)],
        complete: false,
    })
}

/// A note of the same text whose signature is of something else: whoever looks at it blames the peer.
fn falsified(signed: &Signed, other: &Signed) -> Vec<u8> {
    let (text, lines) = (text_of(&signed.note), lines_of(&other.note));
    [text, lines].concat()
}

fn blank_line(note: &[u8]) -> usize {
    let blank = note.windows(2).position(|pair| pair == b"\n\n");
    blank.unwrap() + 2
}

fn text_of(note: &[u8]) -> Vec<u8> {
    note[..blank_line(note)].to_vec()
}

fn lines_of(note: &[u8]) -> Vec<u8> {
    note[blank_line(note)..].to_vec()
}

#[test]
fn old_heads_beyond_a_few_are_not_looked_at() {
    let batches = chain(1, 3);
    let mut node = Node::new(2, Vec::new());
    node.connect(1);
    node.announce(1, &[&batches[2]]);
    for _ in 0..STALE_HEADS_MAX {
        assert_eq!(blamed(&node.announce(1, &[&batches[0]])), []);
    }
    let old = falsified(&batches[0], &batches[1]);
    assert_eq!(blamed(&announce_note(&mut node, 1, &old)), []);
    // What a peer has said in vain is forgotten with time.
    node.wait(1_000);
    assert_eq!(blamed(&announce_note(&mut node, 1, &old)), [peer(1)]);
}

#[test]
fn a_flood_of_old_heads_ends_with_the_connection() {
    let batches = chain(1, 3);
    let mut node = Node::new(2, Vec::new());
    node.connect(1);
    node.announce(1, &[&batches[2]]);
    for _ in 0..FLOOD_HEADS {
        assert_eq!(blamed(&node.announce(1, &[&batches[0]])), []);
    }
    let outputs = node.announce(1, &[&batches[0]]);
    let flood = Fault::Flood;
    assert!(
        matches!(outputs.last(), Some(Output::Blame { fault, .. }) if *fault == flood),
        "{outputs:?}"
    );
}

#[test]
fn heads_with_many_lines_are_not_looked_at() {
    let batches = chain(1, 3);
    let mut node = Node::new(2, Vec::new());
    node.connect(1);
    let padded = |others: usize| {
        let line = b"\xe2\x80\x94 stranger AAAAAA==\n";
        [falsified(&batches[0], &batches[1]), line.repeat(others)].concat()
    };
    let too_many = padded(HEAD_LINES_MAX);
    assert_eq!(blamed(&announce_note(&mut node, 1, &too_many)), []);
    let as_many_as_a_head_may_have = padded(HEAD_LINES_MAX - 1);
    assert_eq!(
        blamed(&announce_note(&mut node, 1, &as_many_as_a_head_may_have)),
        [peer(1)]
    );
}

#[test]
fn an_old_head_that_shows_a_fork_is_still_evidence() {
    let main = chain(1, 4);
    let other = other_branch(&main);
    let mut node = holding(&main);
    node.connect(1);
    node.announce(1, &[&main[3]]);
    let forked = other
        .iter()
        .rev()
        .find(|signed| signed.size() < main[3].size());
    let outputs = node.announce(1, &[forked.unwrap()]);
    assert_eq!(questions(&outputs).len(), 1, "the store is asked about it");
}
