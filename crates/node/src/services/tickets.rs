//! The ticket that a call brings.

use crate::{holders::Ticket, reads::Trace, refusal::Refusal, shared::Shared};
use yizhang_store::Subject;

/// The ticket of a call, which stands in its trace.
pub(super) fn opened(shared: &Shared, trace: &mut Trace, ticket: &[u8]) -> Result<Ticket, Refusal> {
    let ticket = shared.holders.ticket(ticket, &trace.holder.certificate)?;
    trace.subject = Subject::Account(ticket.account);
    trace.worker = Some(ticket.described());
    Ok(ticket)
}
