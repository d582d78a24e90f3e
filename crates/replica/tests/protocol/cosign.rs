//! What a node cosigns of the chains of others, what it never does, and whose lines it takes.

use crate::world::{
    Node, Signed, announced, blamed, branch, chain, cosigning_key, division, evidence, fetches,
    held, holding, origin, other_branch, peer, persists, questions, roster,
};
use ed25519_dalek::SigningKey;
use yizhang_ledger::{
    chain::ChainState,
    cosignature::{CosignerKey, UnixSeconds, sign},
    hash::derive,
    head::{COSIGNATURES_MAX, Origin},
    note::Note,
    roster::{CosigningKey, KeyKind, Region, Roster},
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    CheckedHead, Config, Cosigner, CosigningWait, Fault, Input, LinesCounted, Output, Replica,
    ToCosign,
    limits::{COSIGN_PAUSE_MS, FORGED_LINES_MAX},
};

const BOTH: [KeyKind; 2] = [KeyKind::Witness, KeyKind::Mirror];

/// What is to be cosigned.
fn to_cosign(outputs: &[Output]) -> Vec<ToCosign> {
    let cosign = |output: &Output| match output {
        Output::Cosign(heads) => Some(heads.clone()),
        _ => None,
    };
    outputs.iter().filter_map(cosign).flatten().collect()
}

/// Heads that are announced as cosigned.
fn announced_cosigned(outputs: &[Output]) -> Vec<Vec<u8>> {
    let head = |output: &Output| match output {
        Output::AnnounceCosigned { head, .. } => Some(head.clone()),
        _ => None,
    };
    outputs.iter().filter_map(head).collect()
}

/// A note with lines of a node under it.
fn with_lines(node: usize, note: &[u8], kinds: &[KeyKind], seconds: u64) -> Vec<u8> {
    let time = UnixSeconds::new(seconds).unwrap();
    let text = Note::parse(note).unwrap().text;
    let line = |kind: &KeyKind| {
        let (name, key) = (kind.name(&origin(node)), cosigning_key(node, *kind));
        sign(text, &name, &key, time)
    };
    let lines: String = kinds.iter().map(line).collect();
    [note, lines.as_bytes()].concat()
}

/// Cosigns as a shell does.
fn cosign(node: &mut Node, heads: &[ToCosign]) -> Vec<Output> {
    let signed = heads
        .iter()
        .map(|head| with_lines(0, &head.note, &head.kinds, head.time.get()));
    let checked = signed.map(|note| node.checked(&note)).collect();
    node.handle(Input::Cosigned(checked))
}

fn show(node: &mut Node, by: usize, note: &[u8]) -> Vec<Output> {
    let heads = vec![node.checked(note)];
    let peer = peer(by);
    node.handle(Input::CosignaturesShown { peer, heads })
}

/// Has the node hear both others, who say nothing but this of its lines.
fn hear_all(node: &mut Node, lines: &[Vec<u8>]) -> Vec<Output> {
    let mut outputs = Vec::new();
    for by in [1, 2] {
        node.connect(by);
        for note in lines {
            outputs.extend(show(node, by, note));
        }
        outputs.extend(node.announce_all(by, &[]));
    }
    outputs
}

/// Node 0 of three, which holds these batches of chain 1 since its start and has heard the others.
fn heard(batches: &[Signed]) -> (Node, Vec<Output>) {
    let mut node = Node::new(3, vec![held(batches.last().unwrap())]);
    let outputs = hear_all(&mut node, &[]);
    (node, outputs)
}

fn given(node: &Node, cosigner: usize, kind: KeyKind) -> Option<(TreeSize, u64)> {
    let region = division(cosigner);
    let status = node.replica.chain(&origin(1)).unwrap();
    let given = status.cosigned.of(Cosigner { kind, region })?;
    Some((given.size, given.time.get()))
}

#[test]
fn a_head_is_cosigned_when_its_batches_are_durable_and_announced_when_that_is_written_down() {
    let batches = chain(1, 1);
    let mut node = Node::new(3, Vec::new());
    assert!(to_cosign(&hear_all(&mut node, &[])).is_empty());
    let outputs = node.announce(1, &[&batches[0]]);
    assert!(to_cosign(&outputs).is_empty(), "it has seen the head alone");
    let (fetch, ..) = fetches(&outputs)[0];
    let outputs = node.fetched(fetch, &batches[0]);
    assert_eq!(persists(&outputs), [TreeSize(3)]);
    assert!(to_cosign(&outputs).is_empty(), "it is not durable");
    let outputs = node.persisted(1, TreeSize(3));
    assert_eq!(announced(&outputs), [batches[0].note.clone()]);
    let [asked] = &to_cosign(&outputs)[..] else {
        panic!("one head is to be cosigned")
    };
    assert_eq!((&asked.origin, &asked.note), (&origin(1), &batches[0].note));
    assert_eq!(asked.kinds, BOTH);
    assert_eq!(given(&node, 0, KeyKind::Mirror), None);
    let outputs = cosign(&mut node, std::slice::from_ref(asked));
    let note = with_lines(0, &batches[0].note, &[KeyKind::Mirror, KeyKind::Witness], 0);
    assert_eq!(announced_cosigned(&outputs), [note]);
    assert_eq!(given(&node, 0, KeyKind::Witness), Some((TreeSize(3), 0)));
    // Once is enough.
    assert!(to_cosign(&node.wait(60_000)).is_empty());
}

#[test]
fn nothing_is_cosigned_before_the_peers_have_said_what_they_hold() {
    let mut node = Node::new(3, vec![held(chain(1, 2).last().unwrap())]);
    assert_eq!(node.replica.cosigning_wait(), Some(CosigningWait::Hearing));
    node.connect(1);
    assert!(to_cosign(&node.announce_all(1, &[])).is_empty());
    assert!(to_cosign(&node.wait(1_000)).is_empty());
    node.connect(2);
    assert_eq!(to_cosign(&node.announce_all(2, &[])).len(), 1);
    assert_eq!(node.replica.cosigning_wait(), None);
}

#[test]
fn a_node_that_is_started_alone_waits_as_it_does_for_its_own_chain() {
    let mut node = Node::new(3, vec![held(chain(1, 2).last().unwrap())]);
    assert!(to_cosign(&node.wait(1_000)).is_empty());
    let lost = [1, 2].map(peer).into();
    assert!(to_cosign(&node.handle(Input::Lost(lost))).is_empty());
    assert_eq!(to_cosign(&node.wait(60_000)).len(), 1);
}

#[test]
fn what_a_peer_shows_of_its_own_lines_is_never_gone_below() {
    let batches = chain(1, 4);
    let mut node = Node::new(3, vec![held(&batches[1])]);
    let shown = with_lines(0, &batches[2].note, &BOTH, 77);
    assert!(to_cosign(&hear_all(&mut node, &[shown])).is_empty());
    assert_eq!(given(&node, 0, KeyKind::Mirror), Some((TreeSize(9), 77)));
    // It gets there, and has the same line; then it goes on.
    let (fetch, ..) = fetches(&node.announce(1, &[&batches[3]]))[0];
    node.fetched(fetch, &batches[2]);
    assert!(to_cosign(&node.persisted(1, TreeSize(9))).is_empty());
    node.fetched(fetch, &batches[3]);
    node.wait(COSIGN_PAUSE_MS);
    let asked = to_cosign(&node.persisted(1, TreeSize(12)));
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].note, batches[3].note);
}

#[test]
fn what_was_cosigned_and_is_not_of_the_chain_that_is_held_is_evidence_against_the_chain() {
    let main = chain(1, 4);
    let other = &other_branch(&main)[0];
    // Its size is below what is held: only the store can tell.
    let mut node = Node::new(3, vec![held(&main[3])]);
    let outputs = hear_all(&mut node, &[with_lines(0, &other.note, &BOTH, 5)]);
    assert!(to_cosign(&outputs).is_empty());
    let asked = questions(&outputs);
    assert_eq!(asked, [(origin(1), other.size())]);
    let root = Some(main[1].after.head().root);
    let outputs = node.handle(Input::RootAt {
        origin: origin(1),
        size: other.size(),
        root,
    });
    let [found] = &evidence(&outputs)[..] else {
        panic!("evidence expected")
    };
    assert_eq!(found.theirs, other.note);
    assert_eq!(node.closed_at(1), Some(other.size()));
    assert!(to_cosign(&node.wait(60_000)).is_empty());
}

#[test]
fn two_cosigned_heads_of_one_size_convict_the_chain_whoever_has_cosigned_them() {
    let main = chain(1, 2);
    let other = &other_branch(&main)[0];
    let mut node = holding(&main[..1]);
    assert_eq!(other.size(), main[1].size());
    show(&mut node, 2, &with_lines(2, &main[1].note, &BOTH, 5));
    let outputs = show(&mut node, 2, &with_lines(2, &other.note, &BOTH, 6));
    let [found] = &evidence(&outputs)[..] else {
        panic!("evidence expected")
    };
    assert_eq!(
        (found.ours.as_ref(), &found.theirs),
        (Some(&main[1].note), &other.note)
    );
    assert_eq!(node.closed_at(1), Some(other.size()));
}

#[test]
fn a_chain_that_is_closed_is_not_cosigned_and_others_are() {
    let (main, second) = (chain(1, 3), chain(2, 2));
    let mut node = Node::new(3, vec![held(&main[2]), held(&second[1])]);
    node.connect(1);
    let branched = &other_branch(&main)[1];
    node.shown(1, &[main[2].note.clone(), branched.note.clone()]);
    let asked = to_cosign(&hear_all(&mut node, &[]));
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].origin, origin(2));
}

#[test]
fn a_chain_that_is_closed_meanwhile_is_not_announced_as_cosigned() {
    let main = chain(1, 2);
    let (mut node, outputs) = heard(&main);
    let asked = to_cosign(&outputs);
    let branched = &other_branch(&main)[0];
    node.shown(1, &[main[1].note.clone(), branched.note.clone()]);
    assert!(announced_cosigned(&cosign(&mut node, &asked)).is_empty());
}

#[test]
fn of_each_chain_one_head_waits_the_newest() {
    let batches = chain(1, 4);
    let (mut node, outputs) = heard(&batches[..1]);
    let first = to_cosign(&outputs);
    let (fetch, ..) = fetches(&node.announce(1, &[&batches[3]]))[0];
    for batch in &batches[1..] {
        node.wait(COSIGN_PAUSE_MS);
        node.fetched(fetch, batch);
        let outputs = node.persisted(1, batch.size());
        assert!(to_cosign(&outputs).is_empty(), "the first is under way");
    }
    let next = to_cosign(&cosign(&mut node, &first));
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].note, batches[3].note);
}

#[test]
fn what_the_shell_could_not_sign_yet_is_asked_for_again() {
    let (mut node, outputs) = heard(&chain(1, 2));
    let asked = to_cosign(&outputs);
    // Its registers are being computed: the witness signs alone.
    let mut part = asked.clone();
    part[0].kinds = vec![KeyKind::Witness];
    assert_eq!(announced_cosigned(&cosign(&mut node, &part)).len(), 1);
    let again = to_cosign(&node.wait(COSIGN_PAUSE_MS));
    assert_eq!(again[0].kinds, [KeyKind::Mirror]);
    assert!(announced_cosigned(&cosign(&mut node, &[])).is_empty());
    let again = to_cosign(&node.wait(COSIGN_PAUSE_MS));
    assert_eq!(again[0].kinds, [KeyKind::Mirror]);
    assert_eq!(announced_cosigned(&cosign(&mut node, &again)).len(), 1);
    assert!(to_cosign(&node.wait(60_000)).is_empty());
}

#[test]
fn what_grows_fast_is_cosigned_a_few_times_a_second() {
    let batches = chain(1, 2);
    let (mut node, outputs) = heard(&batches[..1]);
    let first = to_cosign(&outputs);
    cosign(&mut node, &first);
    let (fetch, ..) = fetches(&node.announce(1, &[&batches[1]]))[0];
    node.fetched(fetch, &batches[1]);
    assert!(to_cosign(&node.persisted(1, batches[1].size())).is_empty());
    assert!(to_cosign(&node.wait(COSIGN_PAUSE_MS - 1)).is_empty());
    assert_eq!(to_cosign(&node.wait(1)).len(), 1);
}

#[test]
fn nobody_cosigns_his_own_chain_and_such_a_line_counts_for_nothing() {
    let own = chain(0, 2);
    let mut node = Node::new(3, vec![held(&own[1])]);
    assert!(to_cosign(&hear_all(&mut node, &[])).is_empty());
    let batches = chain(1, 2);
    show(&mut node, 1, &with_lines(1, &batches[1].note, &BOTH, 5));
    assert_eq!(given(&node, 1, KeyKind::Mirror), None);
}

#[test]
fn of_each_cosigner_the_newest_line_is_kept() {
    let batches = chain(1, 3);
    let mut node = holding(&batches[..2]);
    let mirror = [KeyKind::Mirror];
    let newest = |node: &Node| given(node, 2, KeyKind::Mirror);
    show(&mut node, 2, &with_lines(2, &batches[1].note, &mirror, 50));
    assert_eq!(newest(&node), Some((TreeSize(6), 50)));
    // Earlier, and of a smaller head: known.
    show(&mut node, 2, &with_lines(2, &batches[1].note, &mirror, 49));
    show(&mut node, 2, &with_lines(2, &batches[0].note, &mirror, 90));
    assert_eq!(newest(&node), Some((TreeSize(6), 50)));
    show(&mut node, 2, &with_lines(2, &batches[1].note, &mirror, 51));
    assert_eq!(newest(&node), Some((TreeSize(6), 51)));
    // A head that is not held yet.
    show(&mut node, 2, &with_lines(2, &batches[2].note, &mirror, 3));
    assert_eq!(newest(&node), Some((TreeSize(9), 3)));
    let status = node.replica.chain(&origin(1)).unwrap();
    assert_eq!(
        status.cosigned.notes(),
        [with_lines(2, &batches[2].note, &mirror, 3)]
    );
    let counted = LinesCounted {
        received: 3,
        ..LinesCounted::default()
    };
    assert_eq!(node.replica.lines_counted(), counted);
}

#[test]
fn lines_of_strangers_are_passed_over_and_forged_ones_count_against_who_sends_them() {
    let batches = chain(1, 2);
    let mut node = holding(&batches);
    let stranger = b"\xe2\x80\x94 test.yizhang/650000/mirror AAAAAA==\n";
    let good = with_lines(2, &batches[1].note, &[KeyKind::Mirror], 50);
    let outputs = show(&mut node, 1, &[&good[..], stranger].concat());
    assert!(blamed(&outputs).is_empty());
    assert_eq!(given(&node, 2, KeyKind::Mirror), Some((TreeSize(6), 50)));
    // The line of another head under this one.
    let line = with_lines(2, &batches[0].note, &[KeyKind::Witness], 50);
    let line = &line[batches[0].note.len()..];
    let forged = [&good[..], line].concat();
    for _ in 1..FORGED_LINES_MAX {
        assert!(blamed(&show(&mut node, 1, &forged)).is_empty());
    }
    assert_eq!(given(&node, 2, KeyKind::Witness), None);
    let outputs = show(&mut node, 1, &forged);
    assert!(
        matches!(outputs.last(), Some(Output::Blame { fault, .. }) if *fault == Fault::ForgedLines),
        "{outputs:?}"
    );
    let counted = node.replica.lines_counted();
    assert_eq!(counted.forged, u64::from(FORGED_LINES_MAX));
}

#[test]
fn lines_of_others_are_shown_to_newcomers_and_announced_to_nobody() {
    let batches = chain(1, 2);
    let mut node = holding(&batches);
    let cosigned = with_lines(2, &batches[1].note, &BOTH, 50);
    let outputs = show(&mut node, 2, &cosigned);
    assert!(outputs.is_empty(), "{outputs:?}");
    let outputs = node.wait(100);
    let [Output::ShowCosigned { heads, .. }] = &outputs[..] else {
        panic!("lines are shown: {outputs:?}")
    };
    assert_eq!(heads.len(), 1);
    assert!(node.wait(100).is_empty(), "once");
}

#[test]
fn a_key_that_has_made_no_line_of_the_roster_cosigns_no_more() {
    let (mut node, outputs) = heard(&chain(1, 2));
    let asked = to_cosign(&outputs);
    // The shell has other keys than the roster says.
    let signed = with_lines(2, &asked[0].note, &[], 0);
    let checked = vec![node.checked(&signed)];
    assert!(announced_cosigned(&node.handle(Input::Cosigned(checked))).is_empty());
    assert_eq!(node.replica.cosigning_wait(), Some(CosigningWait::Refused));
}

#[test]
fn a_batch_end_of_another_history_is_not_cosigned_when_the_own_line_is_on_neither() {
    let main = chain(1, 1);
    let longer = branch(1, &ChainState::empty(origin(1)), 500..503);
    // It has cosigned the third head of one history, and is given another one by and by.
    let shown = with_lines(0, &longer[2].note, &BOTH, 5);
    let mut node = Node::new(3, Vec::new());
    hear_all(&mut node, &[shown]);
    let (fetch, ..) = fetches(&node.announce(1, &[&main[0]]))[0];
    node.fetched(fetch, &main[0]);
    let outputs = node.persisted(1, main[0].size());
    assert!(to_cosign(&outputs).is_empty());
}

/// A federation of so many regions, whose first one has the keys of chain 1.
fn large_roster(regions: u32) -> Roster {
    let mut roster = roster(2);
    for number in 0..regions {
        let code = Division::new(200_001 + number).unwrap();
        let origin = Origin::new("test.yizhang", code).unwrap();
        let named = |kind: KeyKind| {
            let public = large_key(number, kind).verifying_key().to_bytes();
            let key = CosignerKey::new(&kind.name(&origin), public).unwrap();
            vec![CosigningKey::always(key)]
        };
        let region = Region {
            keys: Vec::new(),
            endpoint: "https://localhost:4400".into(),
            witness_keys: named(KeyKind::Witness),
            mirror_keys: named(KeyKind::Mirror),
            continuations: Vec::new(),
            origin,
        };
        roster.regions.insert(code, region);
    }
    roster
}

fn large_key(number: u32, kind: KeyKind) -> SigningKey {
    let bytes = [number.to_le_bytes(), [kind as u8; 4]].concat();
    SigningKey::from_bytes(&derive("yizhang test keys of many", &[&bytes]).0)
}

#[test]
fn a_head_with_more_lines_than_a_note_may_have_goes_about_as_several() {
    const REGIONS: u32 = 60;
    let roster = large_roster(REGIONS);
    let batches = chain(1, 1);
    let config = Config {
        own: Some(origin(0)),
        ..Config::default()
    };
    let held = vec![held(&batches[0])];
    let mut replica = Replica::new(roster.clone(), config, held, UnixMillis(0));
    replica.handle(Input::PeerConnected(peer(1)), UnixMillis(0));
    for number in 0..REGIONS {
        let mut note = batches[0].note.clone();
        let text = Note::parse(&batches[0].note).unwrap().text;
        for kind in BOTH {
            let code = Division::new(200_001 + number).unwrap();
            let name = kind.name(&Origin::new("test.yizhang", code).unwrap());
            let time = UnixSeconds::new(9).unwrap();
            note.extend(sign(text, &name, &large_key(number, kind), time).into_bytes());
        }
        let heads = vec![CheckedHead::check(&note, &roster)];
        let peer = peer(1);
        replica.handle(Input::CosignaturesShown { peer, heads }, UnixMillis(0));
    }
    let notes = replica.chain(&origin(1)).unwrap().cosigned.notes();
    let lines = |note: &Vec<u8>| note.split(|byte| *byte == b'\n').count() - 5;
    let counts: Vec<usize> = notes.iter().map(lines).collect();
    assert_eq!(counts, [1 + COSIGNATURES_MAX, 1 + 120 - COSIGNATURES_MAX]);
    // Whoever is shown both has all lines.
    for note in &notes {
        assert!(CheckedHead::check(note, &roster).is_signed());
    }
}
