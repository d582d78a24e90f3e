//! The own chain: group commit, receipts, resends, limits.

use crate::world::{
    Node, announced, chain, held, key, next, origin, persists, receipts, refusals, signs,
    submission,
};
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, BATCH_SUBMISSIONS_MAX, SubmissionId},
    chain::ChainState,
    head::Head,
    value::{LeafIndex, TreeSize},
};
use yizhang_replica::{Input, Limits, Output, Readiness, Receipt, Refused, Stop, Ticket};

#[test]
fn signs_only_what_is_durable_and_acknowledges_only_what_is_signed() {
    let mut node = Node::new(1, vec![]);
    let outputs = node.submit(1, submission("u", 1, 2, 1));
    assert_eq!(persists(&outputs), [TreeSize(3)]);
    assert!(!signs(&outputs) && receipts(&outputs).is_empty() && announced(&outputs).is_empty());

    let outputs = node.persisted(0, TreeSize(3));
    assert!(signs(&outputs) && receipts(&outputs).is_empty() && announced(&outputs).is_empty());
    assert!(node.replica.heads().is_empty(), "durable but unsigned");

    let outputs = node.signed(&outputs);
    let [receipt] = &receipts(&outputs)[..] else {
        panic!("one receipt expected")
    };
    let expected = next(0, &ChainState::empty(origin(0)), 1, 2);
    let Receipt {
        ticket,
        first,
        records,
        size,
        head,
    } = receipt;
    assert_eq!(
        (*ticket, *first, *records, *size),
        (Ticket(1), LeafIndex(1), 2, TreeSize(3))
    );
    assert!(Head::open(head, &crate::world::roster(1)).is_ok());
    assert_eq!(announced(&outputs), std::slice::from_ref(head));
    assert_eq!(node.replica.heads(), std::slice::from_ref(head));
    assert_eq!(expected.size(), *size);
}

#[test]
fn what_comes_while_the_disk_is_busy_shares_the_next_batch() {
    let mut node = Node::new(1, vec![]);
    assert_eq!(
        persists(&node.submit(1, submission("u", 1, 1, 1))),
        [TreeSize(2)]
    );
    for id in 2..=4 {
        assert!(node.submit(id, submission("u", id, 2, id)).is_empty());
    }
    let outputs = node.persisted(0, TreeSize(2));
    assert!(
        persists(&outputs).is_empty(),
        "the next batch waits for the signature"
    );
    let outputs = node.signed(&outputs);
    assert_eq!(persists(&outputs), [TreeSize(9)]);
    let outputs = node.persisted(0, TreeSize(9));
    let firsts: Vec<_> = receipts(&node.signed(&outputs))
        .iter()
        .map(|receipt| receipt.first.0)
        .collect();
    assert_eq!(firsts, [3, 5, 7]);
}

#[test]
fn a_group_never_exceeds_the_records_of_a_batch() {
    let mut node = Node::new(1, vec![]);
    node.submit(1, submission("u", 1, 1, 1));
    node.submit(2, submission("u", 2, BATCH_RECORDS_MAX, 2));
    node.submit(3, submission("u", 3, 1, 3));
    let outputs = node.persisted(0, TreeSize(2));
    let full = TreeSize(2 + 1 + BATCH_RECORDS_MAX as u64);
    assert_eq!(persists(&node.signed(&outputs)), [full]);
    let outputs = node.persisted(0, full);
    assert_eq!(persists(&node.signed(&outputs)), [TreeSize(full.0 + 2)]);
}

#[test]
fn a_resend_joins_what_waits_and_gets_the_same_receipt() {
    let mut node = Node::new(1, vec![]);
    node.submit(1, submission("u", 1, 1, 1));
    assert!(node.submit(2, submission("u", 1, 1, 1)).is_empty());
    let outputs = node.persisted(0, TreeSize(2));
    let receipts_now = receipts(&node.signed(&outputs));
    assert_eq!(
        receipts_now
            .iter()
            .map(|receipt| receipt.ticket.0)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    // A search of the store that is older than the batch still adds nothing.
    let late = submission("u", 1, 1, 1);
    let outputs = node.handle(Input::Submit {
        ticket: Ticket(3),
        submitted: late,
        searched: TreeSize(0),
    });
    assert_eq!(
        receipts(&outputs),
        [Receipt {
            ticket: Ticket(3),
            ..receipts_now[0].clone()
        }]
    );
    assert!(persists(&outputs).is_empty());
}

#[test]
fn another_content_under_a_used_number_is_refused_and_another_submitter_is_not() {
    let mut node = Node::new(1, vec![]);
    let id = submission("u", 1, 1, 1).id;
    node.submit(1, submission("u", 1, 1, 1));
    assert_eq!(
        refusals(&node.submit(2, submission("u", 1, 1, 9))),
        [(Ticket(2), Refused::Conflict { id })]
    );
    assert!(refusals(&node.submit(3, submission("v", 1, 1, 9))).is_empty());
    let outputs = node.persisted(0, TreeSize(2));
    node.signed(&outputs);
    assert_eq!(
        refusals(&node.submit(4, submission("u", 1, 1, 9))),
        [(Ticket(4), Refused::Conflict { id })]
    );
}

/// The submissions of the batch that is to be persisted.
fn persisted_ids(outputs: &[Output]) -> Vec<SubmissionId> {
    let batch = outputs.iter().find_map(|output| match output {
        Output::Persist { extension, .. } => Some(extension.batch()),
        _ => None,
    });
    let submissions = batch.expect("nothing to persist").submissions();
    submissions.map(|(submission, ..)| submission.id).collect()
}

#[test]
fn an_approval_stands_in_the_batch_of_what_was_approved_and_before_it() {
    let mut node = Node::new(1, vec![]);
    let busy = node.submit(1, submission("u", 1, 1, 1));
    let size = persists(&busy)[0];
    // While the disk is busy: as many submissions as leave room for one more, which would part the two.
    let most = u64::try_from(BATCH_SUBMISSIONS_MAX).unwrap() - 1;
    for number in 2..=1 + most {
        node.submit(number, submission("u", number, 1, number));
    }
    let approved = |ticket| Input::SubmitApproved {
        ticket: Ticket(ticket),
        submitted: submission("u", 9_000, 2, 9),
        approval: submission("n", 9_001, 1, 7),
        searched: TreeSize(2),
    };
    assert!(refusals(&node.handle(approved(9_000))).is_empty());
    assert!(refusals(&node.handle(approved(9_002))).is_empty());
    let outputs = node.persisted(0, size);
    let outputs = node.signed(&outputs);
    assert_eq!(persisted_ids(&outputs).len(), BATCH_SUBMISSIONS_MAX - 1);
    let size = persists(&outputs)[0];
    let outputs = node.persisted(0, size);
    let outputs = node.signed(&outputs);
    let pair = [
        submission("n", 9_001, 1, 7).id,
        submission("u", 9_000, 2, 9).id,
    ];
    assert_eq!(persisted_ids(&outputs), pair);
    let size = persists(&outputs)[0];
    let outputs = node.persisted(0, size);
    let receipts = receipts(&node.signed(&outputs));
    let told: Vec<_> = receipts
        .iter()
        .map(|receipt| (receipt.ticket.0, receipt.records))
        .collect();
    // Both who asked, about what was approved; nobody about the approval.
    assert_eq!(told, [(9_000, 2), (9_002, 2)]);
}

#[test]
fn a_search_that_may_have_missed_a_batch_is_refused() {
    let own = chain(0, 2);
    let mut node = Node::new(1, vec![held(&own[1])]);
    let submitted = submission("u", 7, 1, 7);
    let id = submitted.id;
    let early = Input::Submit {
        ticket: Ticket(1),
        submitted: submitted.clone(),
        searched: TreeSize(3),
    };
    assert_eq!(
        refusals(&node.handle(early)),
        [(Ticket(1), Refused::SearchOutdated { id })]
    );
    assert_eq!(persists(&node.submit(2, submitted)), [TreeSize(8)]);
}

#[test]
fn the_queue_is_bounded_by_count_records_and_bytes() {
    let limits = |submissions, records, bytes| Limits {
        waiting_submissions_max: submissions,
        waiting_records_max: records,
        waiting_bytes_max: bytes,
        ..Limits::default()
    };
    let bytes = submission("u", 1, 1, 1).block.bytes().len();
    let cases = [
        (limits(2, 1_000, 10_000), "submissions", 2, 2),
        (limits(1_000, 2, 10_000), "records", 2, 2),
        (
            limits(1_000, 1_000, 2 * bytes),
            "bytes",
            2 * bytes,
            2 * bytes,
        ),
    ];
    for (limits, what, waiting, limit) in cases {
        let mut node = Node::limited(1, vec![], limits);
        node.submit(0, submission("u", 0, 1, 0));
        for id in 1..=2 {
            assert!(
                refusals(&node.submit(id, submission("u", id, 1, id))).is_empty(),
                "{what}"
            );
        }
        let refused = refusals(&node.submit(3, submission("u", 3, 1, 3)));
        assert_eq!(
            refused,
            [(
                Ticket(3),
                Refused::Busy {
                    what,
                    waiting,
                    limit
                }
            )]
        );
    }
}

#[test]
fn callers_of_one_submission_are_bounded() {
    let mut node = Node::new(1, vec![]);
    for ticket in 1..=16 {
        assert!(refusals(&node.submit(ticket, submission("u", 1, 1, 1))).is_empty());
    }
    let id = submission("u", 1, 1, 1).id;
    assert_eq!(
        refusals(&node.submit(17, submission("u", 1, 1, 1))),
        [(Ticket(17), Refused::TooManyCallers { id })]
    );
}

#[test]
fn a_submitter_that_fits_into_no_batch_is_refused_alone() {
    let mut node = Node::new(1, vec![]);
    let outputs = node.submit(1, submission("two words", 1, 1, 1));
    assert!(matches!(
        refusals(&outputs)[..],
        [(Ticket(1), Refused::Invalid(_))]
    ));
    assert_eq!(
        persists(&node.submit(2, submission("u", 2, 1, 2))),
        [TreeSize(2)]
    );
}

#[test]
fn a_failed_disk_stops_the_chain_and_answers_everybody() {
    let mut node = Node::new(1, vec![]);
    node.submit(1, submission("u", 1, 1, 1));
    node.submit(2, submission("u", 2, 1, 2));
    let outputs = node.handle(Input::PersistFailed { origin: origin(0) });
    let stopped = Refused::NotReady(Readiness::Stopped(Stop::DiskFailed));
    let mut refused = refusals(&outputs);
    refused.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(
        refused,
        [(Ticket(1), stopped.clone()), (Ticket(2), stopped.clone())]
    );
    assert!(
        node.persisted(0, TreeSize(2))
            .iter()
            .all(|output| !matches!(output, Output::Sign { .. }))
    );
    assert_eq!(
        refusals(&node.submit(3, submission("u", 3, 1, 3))),
        [(Ticket(3), stopped)]
    );
}

#[test]
fn a_signature_that_the_roster_does_not_know_is_not_announced() {
    let mut node = Node::new(1, vec![]);
    node.submit(1, submission("u", 1, 2, 1));
    node.persisted(0, TreeSize(3));
    let head = next(0, &ChainState::empty(origin(0)), 1, 2).after.head();
    let outputs = node.handle(Input::Signed {
        note: head.sign(&key(1)).into_bytes(),
    });
    assert!(announced(&outputs).is_empty() && receipts(&outputs).is_empty());
    assert_eq!(
        node.replica.readiness(),
        Readiness::Stopped(Stop::SignatureRefused)
    );
    assert_eq!(refusals(&outputs).len(), 1);
}

#[test]
fn a_mirror_takes_no_submission() {
    let mut node = Node::mirror(2, vec![]);
    assert_eq!(
        refusals(&node.submit(1, submission("u", 1, 1, 1))),
        [(Ticket(1), Refused::Mirror)]
    );
    assert_eq!(node.replica.readiness(), Readiness::Mirror);
}
