//! Approvals as a chain holds them: each stands in the batch of what was approved, directly before it, and the node itself has written it.

use crate::finding::{Code, Finding, Findings, Place};
use yizhang_ledger::{
    approval,
    batch::{Batch, Submission},
    entry::Kind,
    hash::Hash,
    record::{Approval, Record},
    value::LeafIndex,
};

/// A submission of a batch: where it stands, and its content digest.
type Part<'b> = (&'b Submission, LeafIndex, Hash);

/// Says of every approval in a batch that follows whether it is one.
pub(crate) fn check(batch: &Batch, place: &Place, findings: &mut Findings) {
    let parts: Vec<Part<'_>> = batch.submissions().collect();
    let node = format!("node.{}", batch.entry().origin.region());
    for (at, entry) in batch.records() {
        if entry.kind != Kind::APPROVAL {
            continue;
        }
        let Ok(Record::Approval(fields)) = Record::read(&entry) else {
            continue;
        };
        if !is_one(&fields, at, &node, &parts) {
            let text = "an approval does not stand directly before the submission that it names, or the node has not written it";
            findings.push(Finding::fault(
                Code::ApprovalWrong,
                &place.at_leaf(at.0),
                text,
            ));
        }
    }
}

/// Whether an approval stands alone in a submission of the node under the id that it has to have, and before what it names.
fn is_one(fields: &Approval<'_>, at: LeafIndex, node: &str, parts: &[Part<'_>]) -> bool {
    let Ok(number) = parts.binary_search_by_key(&at, |(_, first, _)| *first) else {
        return false;
    };
    let mut from = parts.iter().skip(number);
    let (Some((own, ..)), Some((approved, _, content))) = (from.next(), from.next()) else {
        return false;
    };
    let is_of_node = own.submitter == node
        && own.records == 1
        && own.id == approval::submission_of(fields.submission, &fields.content);
    let is_before_it = approved.id == fields.submission
        && approved.submitter == fields.submitter.as_str()
        && *content == fields.content;
    is_of_node && is_before_it
}
