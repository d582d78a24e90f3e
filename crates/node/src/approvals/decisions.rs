//! What waits, and what clerks decide of it.

use super::{Approved, Word};
use crate::{refusal::Refusal, role::Role, shared::Shared};
use yizhang_ledger::{
    approval,
    batch::{BATCH_RECORDS_MAX, RecordBlock, SubmissionId},
    chain::Submitted,
    hash::Hash,
    record::{self, Record},
    value::{Code, Day},
};
use yizhang_store::{Refused, Waiting, WaitingFault, WaitingRoom};

/// Has a submission wait; none if it stands in the chain already.
///
/// # Errors
/// [`Refusal::Conflict`], [`Refusal::TooMany`], [`Refusal::Waiting`], [`Refusal::Store`].
pub(crate) fn hold(
    shared: &Shared,
    submitted: &Submitted,
    maker: Hash,
) -> Result<Option<Waiting>, Refusal> {
    let records = submitted.block.len();
    if records >= BATCH_RECORDS_MAX {
        // The approval has to go into the same batch.
        return Err(Refusal::TooMany {
            what: "records of a submission that a second clerk approves",
            limit: BATCH_RECORDS_MAX - 1,
            found: records,
        });
    }
    let (id, content) = (submitted.id, submitted.block.content_digest());
    shared.approvals.with(|room, _| {
        room.sweep((shared.clock)())?;
        // Under the lock: what was approved leaves the room only when it is in the chain.
        if is_in_chain(shared, &submitted.submitter, id)? {
            room.remove(id)?;
            return Ok(None);
        }
        if let Some(known) = room.find(id) {
            return if known.content == content {
                Ok(Some(known.clone()))
            } else {
                Err(Refusal::Conflict { id })
            };
        }
        let waiting = Waiting {
            id,
            submitter: submitted.submitter.clone(),
            maker,
            content,
            records: u32::try_from(records).expect("fewer than 16,384, as was just checked"),
            came: (shared.clock)(),
            refused: None,
        };
        room.take(&waiting, &submitted.block)?;
        Ok(Some(waiting))
    })
}

/// Refuses a submission under whose number another one waits. Where nobody knows what waits, what need not wait is taken all the same.
///
/// # Errors
/// [`Refusal::Conflict`].
pub(crate) fn ensure_not_taken(shared: &Shared, submitted: &Submitted) -> Result<(), Refusal> {
    let (id, content) = (submitted.id, submitted.block.content_digest());
    match shared.approvals.waiting_under(id) {
        Some(waiting) if waiting != content => Err(Refusal::Conflict { id }),
        _ => Ok(()),
    }
}

/// What waits and what was refused.
///
/// # Errors
/// [`Refusal::Waiting`], [`Refusal::Store`].
pub(crate) fn list(shared: &Shared) -> Result<Vec<Waiting>, Refusal> {
    shared.approvals.with(|room, _| {
        room.sweep((shared.clock)())?;
        let known: Vec<Waiting> = room.list().into_iter().cloned().collect();
        let mut list = Vec::with_capacity(known.len());
        for waiting in known {
            // A crash has come between the chain and the room.
            if is_in_chain(shared, &waiting.submitter, waiting.id)? {
                room.remove(waiting.id)?;
            } else {
                list.push(waiting);
            }
        }
        Ok(list)
    })
}

/// A submission that waits, with its records.
///
/// # Errors
/// [`Refusal::Waiting`].
pub(crate) fn show(shared: &Shared, id: SubmissionId) -> Result<(Waiting, RecordBlock), Refusal> {
    shared.approvals.with(|room, _| {
        let block = room.block(id)?;
        let waiting = room.find(id).ok_or(WaitingFault::NotWaiting { id })?;
        Ok((waiting.clone(), block))
    })
}

/// Approves a submission: what is to be appended. Whoever has it says so by [`done`], whatever came of it.
///
/// # Errors
/// [`Refusal::SameClerk`], [`Refusal::Conflict`] if they have looked at something else, [`Refusal::Waiting`], [`Refusal::Busy`].
pub(crate) fn approve(shared: &Shared, word: &Word) -> Result<Approved, Refusal> {
    let on = Day::of((shared.clock)());
    let region = shared.origin.region();
    shared.approvals.with(|room, appending| {
        let block = room.block(word.id)?;
        let waiting = about(room, word)?;
        if waiting.maker == word.clerk {
            return Err(Refusal::SameClerk);
        }
        let submitter = Code::new(&waiting.submitter);
        let approval = record::Approval {
            submission: waiting.id,
            submitter: submitter.ok_or(Refusal::Broken("a submitter is no code"))?,
            content: waiting.content,
            maker: waiting.maker,
            checker: word.clerk,
            on,
        };
        let approved = Approved {
            submitted: Submitted {
                id: waiting.id,
                submitter: waiting.submitter.clone(),
                block,
            },
            approval: Submitted {
                id: approval::submission_of(waiting.id, &waiting.content),
                submitter: Role::Node(region).submitter(),
                block: alone(&Record::Approval(approval))?,
            },
        };
        if !appending.insert(word.id) {
            return Err(Refusal::Busy {
                what: "approvals of one submission",
            });
        }
        Ok(approved)
    })
}

/// What was approved is in the chain, or could not be appended.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn done(shared: &Shared, approved: &Submitted) -> Result<(), Refusal> {
    shared.approvals.with(|room, appending| {
        appending.remove(&approved.id);
        if is_in_chain(shared, &approved.submitter, approved.id)? {
            room.remove(approved.id)?;
        }
        Ok(())
    })
}

/// Refuses a submission.
///
/// # Errors
/// [`Refusal::Conflict`] if they have looked at something else, [`Refusal::Waiting`], [`Refusal::Busy`].
pub(crate) fn refuse(shared: &Shared, word: &Word, reason: &str) -> Result<(), Refusal> {
    let at = (shared.clock)();
    shared.approvals.with(|room, appending| {
        about(room, word)?;
        if appending.contains(&word.id) {
            return Err(Refusal::Busy {
                what: "decisions on one submission",
            });
        }
        let refused = Refused {
            checker: word.clerk,
            at,
            reason: reason.to_string(),
        };
        Ok(room.refuse(word.id, refused)?)
    })
}

/// Whose submission a clerk speaks of.
///
/// # Errors
/// As [`refuse`].
pub(crate) fn maker(shared: &Shared, word: &Word) -> Result<Hash, Refusal> {
    shared
        .approvals
        .with(|room, _| Ok(about(room, word)?.maker))
}

/// What a clerk speaks of, if it is what they have looked at.
fn about<'r>(room: &'r WaitingRoom, word: &Word) -> Result<&'r Waiting, Refusal> {
    let id = word.id;
    let waiting = room.find(id).filter(|waiting| waiting.refused.is_none());
    let waiting = waiting.ok_or(WaitingFault::NotWaiting { id })?;
    if waiting.content == word.content {
        Ok(waiting)
    } else {
        Err(Refusal::Conflict { id })
    }
}

fn is_in_chain(shared: &Shared, submitter: &str, id: SubmissionId) -> Result<bool, Refusal> {
    let found = shared.store.submission(&shared.origin, submitter, &id)?;
    Ok(found.is_some())
}

fn alone(record: &Record<'_>) -> Result<RecordBlock, Refusal> {
    let mut bytes = Vec::new();
    let written = record.write(&mut bytes);
    written.map_err(|_| Refusal::Broken("an approval cannot be written"))?;
    Ok(RecordBlock::parse(bytes)?)
}
