//! From one state of a chain to the next: what is prepared is followed, what is refused says both sides, and sizes end
//! where the format says.

use crate::support::{
    self,
    generate::sample::{self, FIRST_KEY, SECOND_KEY, key, origin, raw_entry},
    random,
};
use yizhang_ledger::{
    Invalid, Verified, approval,
    batch::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, BATCH_SUBMISSIONS_MAX, Batch, RecordBlock,
        SUBMISSION_BYTES_MAX, SubmissionId,
    },
    chain::{ChainState, KEPT_LEVEL, Submitted},
    codec::{CodecFault, PAYLOAD_BYTES_MAX},
    entry::{BATCH_PAYLOAD_BYTES_MAX, Entry, Kind, RecordId},
    fact::Fact,
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::Head,
    person::AccountId,
    record::{Contribution, Record},
    tree,
    value::{Fen, LeafIndex, TreeSize, UnixMillis},
};

fn empty() -> ChainState {
    ChainState::empty(origin(440_000))
}

fn submitted(number: u16, block: RecordBlock) -> Submitted {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_le_bytes());
    Submitted {
        id: SubmissionId(id),
        submitter: "x".into(),
        block,
    }
}

fn enrolment() -> RecordBlock {
    sample::block(&[sample::record(Kind::ENROL).unwrap()])
}

fn small_records(count: usize) -> RecordBlock {
    RecordBlock::parse(raw_entry(200, &[]).repeat(count)).unwrap()
}

fn opened(head: &Head) -> Verified<Head> {
    let seed = if head.size.0 <= sample::FIRST_KEY_UNTIL {
        FIRST_KEY
    } else {
        SECOND_KEY
    };
    Head::open(head.sign(&key(seed)).as_bytes(), &sample::roster()).unwrap()
}

#[test]
fn what_one_node_prepares_every_other_follows() {
    let mut rng = random("what_one_node_prepares_every_other_follows");
    let (mut writer, mut reader) = (empty(), empty());
    let mut leaves = Vec::new();
    for number in 0..40 {
        let extension = support::extension(&mut rng, &writer, UnixMillis(1_000 * number));
        let batch = Batch::parse(extension.batch().bytes().to_vec()).unwrap();
        assert_eq!(&batch, extension.batch());
        leaves.extend_from_slice(batch.leaves());
        let admitted = reader
            .follow(batch)
            .unwrap()
            .confirm(&opened(&extension.after().head()))
            .unwrap();
        for node in admitted.branches {
            let start = usize::try_from(node.index << node.level).unwrap();
            assert!(node.level >= KEPT_LEVEL);
            assert_eq!(
                node.hash,
                tree::root::<Blake3Keyed>(&leaves[start..start + (1 << node.level)])
            );
        }
        assert_eq!(admitted.after.head(), extension.after().head());
        assert_eq!(
            admitted.after.head().root,
            tree::root::<Blake3Keyed>(&leaves)
        );
        (writer, reader) = (extension.after().clone(), admitted.after);
    }
    assert_eq!(
        (reader.batches(), reader.size().0),
        (40, leaves.len() as u64)
    );
}

#[test]
fn a_restored_state_goes_on_like_the_one_that_was_kept() {
    let mut rng = random("a_restored_state_goes_on_like_the_one_that_was_kept");
    let state = support::extension(&mut rng, &empty(), UnixMillis(7))
        .after()
        .clone();
    let frontier = tree::Frontier::from_peaks(state.size(), &state.frontier().peaks()).unwrap();
    let again = ChainState::restore(
        state.origin().clone(),
        state.batches(),
        state.link(),
        state.time(),
        state.roster(),
        frontier,
    );
    let next = state
        .prepare(&[submitted(1, enrolment())], UnixMillis(9), 4)
        .unwrap();
    assert_eq!(
        again.follow(next.batch().clone()).unwrap().after().head(),
        next.after().head()
    );
}

#[test]
fn a_refusal_names_both_sides() {
    let first = empty()
        .prepare(&[submitted(1, enrolment())], UnixMillis(5), 3)
        .unwrap();
    let state = first.after().clone();
    let second = state
        .prepare(&[submitted(2, enrolment())], UnixMillis(6), 3)
        .unwrap();
    let (one, two) = (first.batch().clone(), second.batch().clone());
    assert_eq!(
        empty().follow(two.clone()).unwrap_err(),
        Invalid::WrongPosition {
            expected: TreeSize(0),
            found: LeafIndex(2)
        }
    );
    assert_eq!(
        state.follow(one).unwrap_err(),
        Invalid::WrongPosition {
            expected: TreeSize(2),
            found: LeafIndex(0)
        }
    );
    assert_eq!(
        ChainState::empty(origin(110_000))
            .follow(two.clone())
            .unwrap_err(),
        Invalid::WrongChain {
            expected: "demo.yizhang/110000".into(),
            found: "demo.yizhang/440000".into()
        }
    );
    let at = LeafIndex(2);
    let restored = |batches: u64, link: Hash, time: u64, roster: u64, peak: Hash| {
        let frontier = tree::Frontier::from_peaks(TreeSize(2), &[peak]).unwrap();
        ChainState::restore(
            origin(440_000),
            batches,
            link,
            UnixMillis(time),
            roster,
            frontier,
        )
    };
    let (link, root, other) = (state.link(), state.head().root, Hash([1; 32]));
    let cases = [
        (
            restored(7, link, 5, 3, root),
            Invalid::WrongNumber {
                expected: 7,
                found: 1,
            },
        ),
        (
            restored(1, other, 5, 3, root),
            Invalid::LinkMismatch {
                at,
                expected: other,
                found: link,
            },
        ),
        (
            restored(1, link, 5, 3, other),
            Invalid::RootBeforeMismatch {
                at,
                expected: other,
                found: root,
            },
        ),
        (
            restored(1, link, 7, 3, root),
            Invalid::TimeWentBack {
                at,
                last: UnixMillis(7),
                found: UnixMillis(6),
            },
        ),
        (
            restored(1, link, 5, 4, root),
            Invalid::RosterWentBack {
                at,
                last: 4,
                found: 3,
            },
        ),
    ];
    for (state, expected) in cases {
        assert_eq!(state.follow(two.clone()).unwrap_err(), expected);
    }
    // The same time and the same roster are no step back.
    assert!(restored(1, link, 6, 3, root).follow(two).is_ok());
}

#[test]
fn only_the_head_of_this_very_tree_confirms_a_batch() {
    let extension = empty()
        .prepare(&[submitted(1, enrolment())], UnixMillis(5), 3)
        .unwrap();
    let head = extension.after().head();
    let refusal = |head: &Head| extension.clone().confirm(&opened(head)).unwrap_err();
    let bent = Hash([9; 32]);
    assert_eq!(
        refusal(&Head {
            size: TreeSize(3),
            ..head.clone()
        }),
        Invalid::HeadSize {
            expected: TreeSize(2),
            found: TreeSize(3)
        }
    );
    assert_eq!(
        refusal(&Head {
            root: bent,
            ..head.clone()
        }),
        Invalid::HeadRoot {
            size: TreeSize(2),
            expected: head.root,
            found: bent
        }
    );
    let other = Head {
        origin: origin(110_000),
        ..head.clone()
    };
    let other = Head::open(
        other.sign(&key(sample::OTHER_KEY)).as_bytes(),
        &sample::roster(),
    )
    .unwrap();
    assert_eq!(
        extension.clone().confirm(&other).unwrap_err(),
        Invalid::WrongChain {
            expected: "demo.yizhang/440000".into(),
            found: "demo.yizhang/110000".into()
        }
    );
    assert_eq!(
        extension
            .clone()
            .confirm(&opened(&head))
            .unwrap()
            .after
            .head(),
        head
    );
}

#[test]
fn a_clock_or_roster_that_went_back_is_held_where_it_was() {
    let state = empty()
        .prepare(&[submitted(1, enrolment())], UnixMillis(5), 3)
        .unwrap()
        .after()
        .clone();
    let extension = state
        .prepare(&[submitted(2, enrolment())], UnixMillis(4), 2)
        .unwrap();
    assert_eq!(
        (
            extension.batch().entry().time,
            extension.batch().entry().roster
        ),
        (UnixMillis(5), 3)
    );
    assert!(state.follow(extension.batch().clone()).is_ok());
}

#[test]
fn a_kind_that_is_not_read_survives_untouched() {
    let payload: Vec<u8> = (0..=255).collect();
    for kind in [
        Kind::LATE_FEE,
        Kind(1),
        Kind(200),
        Kind(250),
        Kind(251),
        Kind::PARAMETER_PUBLISH,
        Kind(1_023),
        Kind(1_024),
        Kind(2_047),
        Kind(2_048),
        Kind(u16::MAX),
    ] {
        let record = Record::unread(kind, &payload);
        let bytes = sample::entry(&record);
        let extension = empty()
            .prepare(&[submitted(1, sample::block(&[record]))], UnixMillis(1), 1)
            .unwrap();
        let batch = Batch::parse(extension.batch().bytes().to_vec()).unwrap();
        assert!(
            batch
                .records()
                .map(|(_, entry)| entry.bytes)
                .eq([bytes.as_slice()])
        );
        let head = opened(&extension.after().head());
        let admitted = empty().follow(batch).unwrap().confirm(&head).unwrap();
        let facts: Vec<_> = admitted.batch.facts().collect();
        assert_eq!((facts[0].record, facts[0].index), (record, LeafIndex(1)));
        let path = tree::inclusion_path(admitted.batch.leaves(), 1).unwrap();
        let fact = Fact::prove(&bytes, LeafIndex(1), &path, &head).unwrap();
        assert_eq!((fact.record, fact.id.0), (record, hash_leaf(&bytes)));
        let is_personal = matches!(kind, Kind::LATE_FEE | Kind(1_024 | 2_047));
        let first = AccountId(*payload.first_chunk().unwrap());
        let found: Vec<AccountId> = fact.record.accounts().collect();
        assert_eq!(found, Vec::from_iter(is_personal.then_some(first)));
        // What is too short for an account is nobody's.
        assert_eq!(Record::unread(kind, &payload[..15]).accounts().count(), 0);
    }
}

#[test]
fn a_record_is_written_only_under_a_kind_of_its_fields() {
    let refused = |record: Record<'_>| {
        assert!(
            matches!(record.write(&mut Vec::new()), Err(CodecFault::Field(_))),
            "{record:?}"
        );
    };
    refused(Record::Contribution(Kind::ENROL, sample::contribution()));
    refused(Record::Participation(
        Kind::RECEIVED,
        sample::participation(),
    ));
    refused(Record::Benefit(Kind::CERTIFICATE, sample::benefit()));
    refused(Record::Transfer(Kind::BENEFIT_PAID, sample::transfer()));
    refused(Record::Identity(Kind::REVERSAL, sample::identity()));
    refused(Record::unread(Kind::BATCH, &[]));
    refused(Record::unread(Kind::RECEIVED, &[]));
}

#[test]
fn two_clerks_answer_for_what_changes_something_whatever_it_is_called() {
    let plain = sample::contribution();
    let received = |fields| Record::Contribution(Kind::RECEIVED, fields);
    assert!(!approval::is_for_two(&received(plain)));
    for nature in [20, 34, 35] {
        let changing = Contribution { nature, ..plain };
        assert!(approval::is_for_two(&received(changing)), "{nature}");
    }
    let mut below = plain;
    below.credited.person = Fen::new(-1).unwrap();
    assert!(approval::is_for_two(&received(below)));
    assert!(approval::is_for_two(&Record::Contribution(
        Kind::REFUND,
        Contribution {
            target: Some(RecordId(Hash([1; 32]))),
            ..plain
        }
    )));
    assert!(!approval::is_for_two(&Record::Participation(
        Kind::ENROL,
        sample::participation()
    )));
}

#[test]
fn payloads_end_at_their_limit() {
    let payload = [0; PAYLOAD_BYTES_MAX + 1];
    let mut out = Vec::new();
    Record::unread(Kind(200), &payload[1..])
        .write(&mut out)
        .unwrap();
    assert!(Entry::parse(&out, LeafIndex(0)).is_ok());
    assert_eq!(
        Record::unread(Kind(200), &payload).write(&mut out),
        Err(CodecFault::TooLarge)
    );
    let framed = |kind: u16, length: usize| raw_entry(kind, &vec![0; length]);
    let limit =
        |kind: u16, length: usize| Entry::parse(&framed(kind, length), LeafIndex(7)).map(|_| ());
    let refused = |limit: usize| {
        Err(Invalid::EntryTooLarge {
            at: LeafIndex(7),
            limit,
            found: limit + 1,
        })
    };
    assert_eq!(limit(200, PAYLOAD_BYTES_MAX), Ok(()));
    assert_eq!(
        limit(200, PAYLOAD_BYTES_MAX + 1),
        refused(PAYLOAD_BYTES_MAX)
    );
    assert_eq!(limit(0, BATCH_PAYLOAD_BYTES_MAX), Ok(()));
    assert_eq!(
        limit(0, BATCH_PAYLOAD_BYTES_MAX + 1),
        refused(BATCH_PAYLOAD_BYTES_MAX)
    );
}

#[test]
fn records_of_a_batch_end_at_their_limit() {
    let full = empty()
        .prepare(
            &[submitted(1, small_records(BATCH_RECORDS_MAX))],
            UnixMillis(1),
            1,
        )
        .unwrap();
    assert!(Batch::parse(full.batch().bytes().to_vec()).is_ok());
    let (half, more) = (
        small_records(BATCH_RECORDS_MAX / 2),
        small_records(BATCH_RECORDS_MAX / 2 + 1),
    );
    let found = BATCH_RECORDS_MAX + 1;
    let refused = Err(Invalid::RecordsOutOfRange {
        limit: BATCH_RECORDS_MAX,
        found,
    });
    assert_eq!(
        empty()
            .prepare(&[submitted(1, half), submitted(2, more)], UnixMillis(1), 1)
            .map(|_| ()),
        refused
    );
    assert_eq!(
        RecordBlock::parse(raw_entry(200, &[]).repeat(found)).map(|_| ()),
        refused
    );
    assert_eq!(
        empty().prepare(&[], UnixMillis(1), 1).map(|_| ()),
        Err(Invalid::RecordsOutOfRange {
            limit: BATCH_RECORDS_MAX,
            found: 0
        })
    );
}

/// Records of the largest payload, filled up to exactly so many bytes.
fn block_of(bytes: usize) -> Vec<u8> {
    let large = raw_entry(200, &[0; PAYLOAD_BYTES_MAX]);
    let rest = bytes % large.len();
    // The last two entries share what is left, so that neither is too small to be one.
    let (one, other) = (rest / 2 + 1_000, rest - rest / 2 + large.len() - 1_000);
    let sized = |bytes: usize| raw_entry(200, &vec![0; bytes - 4]);
    let block = [
        large.repeat(bytes / large.len() - 1),
        sized(one),
        sized(other),
    ]
    .concat();
    assert_eq!(block.len(), bytes);
    block
}

#[test]
fn bytes_of_a_submission_and_of_a_batch_end_at_their_limit() {
    let largest = RecordBlock::parse(block_of(SUBMISSION_BYTES_MAX)).unwrap();
    // A submission of the largest size always fits a batch of its own.
    let alone = empty()
        .prepare(&[submitted(1, largest)], UnixMillis(1), 1)
        .unwrap();
    assert!(alone.batch().bytes().len() <= BATCH_BYTES_MAX);
    assert_eq!(
        RecordBlock::parse(block_of(SUBMISSION_BYTES_MAX + 1)).unwrap_err(),
        Invalid::BatchTooLarge {
            limit: SUBMISSION_BYTES_MAX,
            found: SUBMISSION_BYTES_MAX + 1
        }
    );
    let entry_bytes = |blocks: &[usize]| {
        let submitted: Vec<Submitted> = (0..)
            .zip(blocks)
            .map(|(number, bytes)| submitted(number, RecordBlock::parse(block_of(*bytes)).unwrap()))
            .collect();
        empty().prepare(&submitted, UnixMillis(1), 1)
    };
    let half = BATCH_BYTES_MAX / 2;
    // Measured a little below the limit, where the counts take as many bytes.
    let overhead = entry_bytes(&[half, half - 5_000])
        .unwrap()
        .batch()
        .bytes()
        .len()
        - (2 * half - 5_000);
    let exact = entry_bytes(&[half, BATCH_BYTES_MAX - half - overhead]).unwrap();
    assert_eq!(exact.batch().bytes().len(), BATCH_BYTES_MAX);
    assert!(Batch::parse(exact.batch().bytes().to_vec()).is_ok());
    assert_eq!(
        entry_bytes(&[half, BATCH_BYTES_MAX - half - overhead + 1]).unwrap_err(),
        Invalid::BatchTooLarge {
            limit: BATCH_BYTES_MAX,
            found: BATCH_BYTES_MAX + 1
        }
    );
}

#[test]
fn submissions_of_a_batch_end_at_their_limit() {
    let many = |count: usize| -> Vec<Submitted> {
        let longest = "s".repeat(32);
        (0..u16::try_from(count).unwrap())
            .map(|number| Submitted {
                submitter: longest.clone(),
                ..submitted(number, small_records(1))
            })
            .collect()
    };
    let full = empty()
        .prepare(&many(BATCH_SUBMISSIONS_MAX), UnixMillis(u64::MAX), u64::MAX)
        .unwrap();
    let batch = Batch::parse(full.batch().bytes().to_vec()).unwrap();
    assert_eq!(batch.submissions().count(), BATCH_SUBMISSIONS_MAX);
    assert!(batch.ends()[0] < u32::try_from(BATCH_PAYLOAD_BYTES_MAX).unwrap());
    let fault = empty()
        .prepare(&many(BATCH_SUBMISSIONS_MAX + 1), UnixMillis(1), 1)
        .unwrap_err();
    assert!(matches!(
        fault,
        Invalid::Payload {
            kind: Kind::BATCH,
            fault: CodecFault::Field(_),
            ..
        }
    ));
}

#[test]
fn a_submitter_of_33_characters_is_refused() {
    let by = |submitter: String| {
        empty()
            .prepare(
                &[Submitted {
                    submitter,
                    ..submitted(1, enrolment())
                }],
                UnixMillis(1),
                1,
            )
            .map(|_| ())
    };
    assert_eq!(by("s".repeat(32)), Ok(()));
    assert_eq!(by(String::new()), Ok(()));
    for submitter in ["s".repeat(33), "a b".into(), "\u{7532}".into()] {
        assert!(matches!(
            by(submitter),
            Err(Invalid::Payload {
                kind: Kind::BATCH,
                ..
            })
        ));
    }
}

#[test]
fn equal_submissions_have_equal_digests_and_others_do_not() {
    let (one, other) = (
        sample::record(Kind::ENROL).unwrap(),
        sample::record(Kind::RECEIVED).unwrap(),
    );
    let digest = |records: &[Record<'_>]| sample::block(records).content_digest();
    assert_eq!(digest(&[one, other]), digest(&[one, other]));
    assert_ne!(digest(&[one, other]), digest(&[other, one]));
    assert_ne!(digest(&[one]), digest(&[one, one]));
    let both = [
        submitted(1, sample::block(&[one, other])),
        submitted(2, sample::block(&[other])),
    ];
    let extension = empty().prepare(&both, UnixMillis(1), 1).unwrap();
    let found: Vec<_> = extension
        .batch()
        .submissions()
        .map(|(_, first, digest)| (first.0, digest))
        .collect();
    assert_eq!(found, [(1, digest(&[one, other])), (3, digest(&[other]))]);
}
