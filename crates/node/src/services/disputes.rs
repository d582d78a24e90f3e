//! Disputes of workers who are there: what is checked before the node writes one down in its own name.

use crate::{
    holders::{Ticket, TicketId, keys},
    lookup::{self, Shown},
    party::Party,
    reads::Trace,
    refusal::Refusal,
    services::tickets::opened,
    shared::Shared,
};
use std::{fmt::Write as _, sync::Arc};
use yizhang_entitlement::{
    Account,
    account::{DisputeLine, RecordLine, RecordNumber},
    dispute::{Reason, is_disputable},
};
use yizhang_ledger::{
    batch::SubmissionId,
    dispute::{DISPUTES_OF_RECORD_MAX, DisputeName, NODE_SYSTEM},
    entry::{Kind, RecordId},
    hash::Hash,
    record::{Dispute, Record, Source},
    value::{Code, Day, Division},
};
use yizhang_wire::{convert::FieldFault, v1};

/// Disputes that a worker raises on one day: whoever finds a year of wrong months says so once a month, and some more.
const OF_DAY_MAX: usize = 20;
/// Disputes of one account that wait for an answer: more is a matter for a conversation.
const OPEN_MAX: usize = 60;

const RECORD: FieldFault = FieldFault::Form {
    field: "index",
    expected: "a record of this account that can be disputed",
};
const REASON: FieldFault = FieldFault::Form {
    field: "reason",
    expected: "amount, not-mine, no-consent, deducted, transfer or other, as it fits the record",
};
const DOCUMENT: FieldFault = FieldFault::Form {
    field: "document",
    expected: "a hash of 32 bytes, or nothing",
};
const NO_CODE: Refusal = Refusal::Broken("a word of ours is no code");

/// What is asked for, in its form.
#[derive(Clone, Copy)]
struct Asked {
    region: Division,
    index: u64,
    reason: Reason,
    document: Hash,
    day: Day,
}

/// What comes of it.
enum Checked {
    /// It was raised before and waits.
    Raised(v1::DisputeReply),
    /// It may be written.
    New(DisputeName),
}

/// Writes down that the worker of a ticket disputes a record of the own account.
pub(super) async fn raise(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::DisputeRequest,
) -> Result<v1::DisputeReply, Refusal> {
    let ticket = opened(shared, trace, &request.ticket)?;
    let asked = read(&request, Day::of((shared.clock)()))?;
    let id = TicketId::read(&request.ticket).ok_or(Refusal::NotOpened)?;
    if !shared.holders.tickets().read(&id) {
        return Err(Refusal::Busy {
            what: "readings with one ticket",
        });
    }
    // One after the other: the limits count what is written.
    let _one_at_a_time = shared.holders.disputing.lock().await;
    let checked = shared.blocking(party, move |shared| check(shared, ticket, asked));
    let name = match checked.await? {
        Checked::Raised(reply) => return Ok(reply),
        Checked::New(name) => name,
    };
    // On its own feet: whoever hangs up in the middle leaves no half.
    let written = tokio::spawn(write(Arc::clone(shared), name, asked));
    written.await.map_err(|_| Refusal::Stopping)??;
    let found = shared.blocking(party, move |shared| {
        let found = lookup::lookup(shared, ticket.account, asked.day, Shown::Account)?;
        let line = waiting(&found.account, asked).next();
        line.and_then(|line| reply(&found.account, line))
            .ok_or(Refusal::Broken("a dispute that was receipted is not there"))
    });
    Ok(v1::DisputeReply {
        was_raised: false,
        ..found.await?
    })
}

fn read(request: &v1::DisputeRequest, day: Day) -> Result<Asked, FieldFault> {
    let document = match request.document.as_ref() {
        [] => Hash::ZERO,
        bytes => Hash(bytes.try_into().map_err(|_| DOCUMENT)?),
    };
    Ok(Asked {
        region: Division::new(request.region).ok_or(RECORD)?,
        index: request.index,
        reason: Reason::of_code(&request.reason).ok_or(REASON)?,
        document,
        day,
    })
}

/// Whether it may be written. A record of somebody else is no record of this account, and nothing more is said of it.
fn check(shared: &Shared, ticket: Ticket, asked: Asked) -> Result<Checked, Refusal> {
    keys::ensure_not_ended(shared, ticket.basis)?;
    let found = lookup::lookup(shared, ticket.account, asked.day, Shown::Account)?;
    let account = &found.account;
    let (_, record) = record(account, asked).ok_or(RECORD)?;
    if !asked.reason.fits(record.kind) {
        return Err(REASON.into());
    }
    if let Some(line) = waiting(account, asked).next() {
        let reply = reply(account, line).ok_or(Refusal::Broken("a line without its record"))?;
        return Ok(Checked::Raised(reply));
    }
    ensure_ours(shared, &ticket)?;
    // What an agency has brought in by itself takes nothing from the worker.
    let is_workers = |line: &&DisputeLine| {
        let record = account.record(line.record);
        record.is_some_and(|record| record.system == NODE_SYSTEM)
    };
    let of_record = disputes(account, asked).filter(is_workers).count();
    within("disputes of one record", DISPUTES_OF_RECORD_MAX, of_record)?;
    let lines = &account.disputes;
    let of_day = lines.iter().filter(|line| line.on == asked.day).count();
    within("disputes of one worker on one day", OF_DAY_MAX, of_day)?;
    let open = lines.iter().filter(|line| line.outcome.is_none()).count();
    within("disputes of one worker that wait", OPEN_MAX, open)?;
    Ok(Checked::New(DisputeName {
        account: ticket.account,
        region: asked.region,
        target: RecordId(record.id),
        number: u32::try_from(of_record).unwrap_or(u32::MAX),
    }))
}

/// Refuses what would be a claim: only a region that holds the worker has the right to state a dispute.
fn ensure_ours(shared: &Shared, ticket: &Ticket) -> Result<(), Refusal> {
    let own = shared.origin.region();
    let holders = lookup::holders(shared, ticket.account)?;
    if holders.is_empty() || holders.contains(&own) {
        return Ok(());
    }
    Err(Refusal::NoRight {
        number: 1,
        kind: Kind::DISPUTE,
        region: own,
    })
}

fn within(what: &'static str, limit: impl TryInto<usize>, before: usize) -> Result<(), Refusal> {
    let limit = limit.try_into().unwrap_or(usize::MAX);
    if before < limit {
        Ok(())
    } else {
        Err(Refusal::TooMany {
            what,
            limit,
            found: before.saturating_add(1),
        })
    }
}

/// The disputable record of an account at a position.
fn record(account: &Account, asked: Asked) -> Option<(RecordNumber, &RecordLine)> {
    let is_it = |line: &RecordLine| {
        line.region == asked.region
            && (line.index == asked.index || line.again.contains(&asked.index))
            && is_disputable(line.kind)
    };
    let at = account.records.iter().position(is_it)?;
    Some((
        RecordNumber(u32::try_from(at).ok()?),
        account.records.get(at)?,
    ))
}

/// All disputes of the record.
fn disputes(account: &Account, asked: Asked) -> impl Iterator<Item = &DisputeLine> {
    let number = record(account, asked).map(|(number, _)| number);
    let lines = account.disputes.iter();
    lines.filter(move |line| number.is_some() && line.disputed == number)
}

/// Those of them that wait for an answer.
fn waiting(account: &Account, asked: Asked) -> impl Iterator<Item = &DisputeLine> {
    disputes(account, asked).filter(|line| line.outcome.is_none())
}

fn reply(account: &Account, line: &DisputeLine) -> Option<v1::DisputeReply> {
    let record = account.record(line.record)?;
    Some(v1::DisputeReply {
        id: record.id.0.to_vec().into(),
        index: record.index,
        chain: record.region.code(),
        was_raised: true,
        due: line.due.map_or(0, Day::number),
    })
}

async fn write(shared: Arc<Shared>, name: DisputeName, asked: Asked) -> Result<(), Refusal> {
    let id = name.submission();
    let serial = hex(id);
    let record = Dispute {
        account: name.account,
        region: name.region,
        target: name.target,
        reason: Code::new(asked.reason.code()).ok_or(NO_CODE)?,
        on: asked.day,
        document: asked.document,
        source: Source {
            agency: Code::default(),
            system: Code::new(NODE_SYSTEM).ok_or(NO_CODE)?,
            serial: Code::new(&serial).ok_or(NO_CODE)?,
        },
    };
    keys::write(&shared, id, &Record::Dispute(Kind::DISPUTE, record)).await
}

fn hex(SubmissionId(bytes): SubmissionId) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes all");
    }
    text
}
