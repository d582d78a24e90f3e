//! Approvals: an audit says of one that approves nothing where it stands.

use crate::fixture::{Data, Signed, Writer, faults, received, roster};
use yizhang_audit::Code;
use yizhang_ledger::{
    approval,
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    hash::Hash,
    record::{Approval, Record},
    value::{Code as LedgerCode, Day, UnixMillis},
};

const REGION: u32 = 440_000;
const NODE: &str = "node.440000";
const AGENCY: &str = "agency.440000";

/// What an agency has sent under a number.
fn sent(number: u8) -> Submitted {
    Submitted {
        id: SubmissionId([number; 16]),
        submitter: AGENCY.into(),
        block: RecordBlock::parse(received(number.into(), 1, 1)).unwrap(),
    }
}

fn approval_of(submitted: &Submitted) -> Approval<'static> {
    Approval {
        submission: submitted.id,
        submitter: LedgerCode::new(AGENCY).unwrap(),
        content: submitted.block.content_digest(),
        maker: Hash([1; 32]),
        checker: Hash([2; 32]),
        on: Day::new(20_261_201).unwrap(),
    }
}

/// The submission with an approval.
fn by(submitter: &str, approval: Approval<'_>) -> Submitted {
    let mut bytes = Vec::new();
    Record::Approval(approval).write(&mut bytes).unwrap();
    Submitted {
        id: approval::submission_of(approval.submission, &approval.content),
        submitter: submitter.into(),
        block: RecordBlock::parse(bytes).unwrap(),
    }
}

/// What an audit finds in a chain whose second batch has these submissions.
fn found(parts: &[Submitted]) -> Vec<Code> {
    let mut writer = Writer::new(REGION);
    let first = writer.batch(2);
    let time = UnixMillis(1_700_000_000_001);
    let extension = writer.state.prepare(parts, time, 1).unwrap();
    writer.state = extension.after().clone();
    let note = writer.state.head().sign(&writer.key);
    let data = Data::empty();
    data.write(REGION, &[first, Signed { extension, note }]);
    faults(&data.audit(&roster(&[REGION])), REGION)
}

#[test]
fn an_approval_before_what_it_approves_is_one_and_every_other_is_not() {
    let (one, other) = (sent(1), sent(2));
    let right = by(NODE, approval_of(&one));
    let both = [right.clone(), one.clone()];
    assert_eq!(found(&both), []);
    let behind = [other.clone(), right.clone(), one.clone()];
    assert_eq!(found(&behind), []);

    let other_content = Approval {
        content: other.block.content_digest(),
        ..approval_of(&one)
    };
    let other_submitter = Approval {
        submitter: LedgerCode::new("agency.520000").unwrap(),
        ..approval_of(&one)
    };
    let other_id = Submitted {
        id: SubmissionId([9; 16]),
        ..right.clone()
    };
    let mut two = right.block.bytes().to_vec();
    two.extend_from_slice(right.block.bytes());
    let two = Submitted {
        block: RecordBlock::parse(two).unwrap(),
        ..right.clone()
    };
    let wrong: [&[Submitted]; 8] = [
        std::slice::from_ref(&right),
        &[one.clone(), right.clone()],
        &[right.clone(), other.clone(), one.clone()],
        &[by(AGENCY, approval_of(&one)), one.clone()],
        &[by("node.520000", approval_of(&one)), one.clone()],
        &[by(NODE, other_content), one.clone()],
        &[by(NODE, other_submitter), one.clone()],
        &[other_id, one.clone()],
    ];
    for (number, parts) in wrong.into_iter().enumerate() {
        assert_eq!(found(parts), [Code::ApprovalWrong], "case {number}");
    }
    // Neither of two in one submission.
    assert_eq!(found(&[two, one]), [Code::ApprovalWrong; 2]);
}
