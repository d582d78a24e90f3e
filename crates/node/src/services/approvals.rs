//! The service Approvals: second clerks see what waits, approve it or refuse it.

use crate::{
    approvals::{Approved, Word, decisions},
    party::Party,
    permission::SHOW_WAITING,
    reads::Trace,
    refusal::{NotYou, Refusal},
    role::Duty,
    services::{Holder, caller::party_of, gate::holder_of, submission::message, submit_approved},
    shared::Shared,
};
use std::{collections::BTreeSet, pin::Pin, sync::Arc};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use yizhang_ledger::{
    batch::RecordBlock, entry::Entry, hash::Hash, person::AccountId, record::Record,
    value::LeafIndex,
};
use yizhang_store::{REASON_BYTES_MAX, Subject};
use yizhang_wire::{
    convert::{self, FieldFault},
    purpose::Purpose,
    v1::{self, approvals_server::Approvals},
};

/// Accounts of one submission that stand in the access log one by one: a page of it.
const TRACED_MAX: usize = 64;
/// How a submission with more stands there.
const LIST: &str = "approval";

pub(crate) struct ApprovalsService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Approvals for ApprovalsService {
    type ListStream = Pin<Box<dyn Stream<Item = Result<v1::WaitingSubmission, Status>> + Send>>;

    async fn list(
        &self,
        request: Request<v1::WaitingRequest>,
    ) -> Result<Response<Self::ListStream>, Status> {
        let party = party_of(&request)?.clone();
        let list = self.0.blocking(&party, decisions::list).await?;
        let list = list.into_iter().map(|waiting| Ok(message(&waiting)));
        Ok(Response::new(Box::pin(tokio_stream::iter(list))))
    }

    async fn show(
        &self,
        request: Request<v1::ShowWaitingRequest>,
    ) -> Result<Response<v1::WaitingRecords>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), SHOW_WAITING);
        let party = party_of(&request)?.clone();
        let request = request.into_inner();
        let shown = async {
            trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
            let id = convert::submission_id(&request.submission_id)?;
            shared.reads.count(&trace.holder)?;
            let shown = shared.blocking(&party, move |shared| decisions::show(shared, id));
            let (waiting, block) = shown.await?;
            note_accounts(&mut trace, &block);
            Ok(v1::WaitingRecords {
                submission: Some(message(&waiting)),
                records: block.bytes().to_vec().into(),
            })
        };
        let shown = shown.await;
        Ok(Response::new(shared.reads.answer(trace, shown).await?))
    }

    async fn approve(
        &self,
        request: Request<v1::ApproveRequest>,
    ) -> Result<Response<v1::Receipt>, Status> {
        let shared = Arc::clone(&self.0);
        let (holder, party) = (holder_of(&request)?.clone(), party_of(&request)?.clone());
        let request = request.into_inner();
        let word = word(&holder, &request.submission_id, &request.content)?;
        if !shared.room.takes(&shared.origin) {
            return Err(Refusal::DiskFull.into());
        }
        // On its own feet: whoever hangs up in the middle leaves no half.
        let appending = tokio::spawn(append(shared, party, word));
        let receipt = appending.await.map_err(|_| Refusal::Stopping)??;
        Ok(Response::new(receipt))
    }

    async fn refuse(
        &self,
        request: Request<v1::RefuseRequest>,
    ) -> Result<Response<v1::RefuseReply>, Status> {
        let (holder, party) = (holder_of(&request)?.clone(), party_of(&request)?.clone());
        let request = request.into_inner();
        let word = word(&holder, &request.submission_id, &request.content)?;
        check_reason(&request.reason).map_err(Refusal::from)?;
        let refused = self.0.blocking(&party, move |shared| {
            let is_own = decisions::maker(shared, &word)? == word.clerk;
            if !is_own && !holder.duties.has(Duty::Checker) {
                return Err(NotYou::OtherDuty {
                    method: "Approvals.Refuse",
                    duty: Duty::Checker.word(),
                }
                .into());
            }
            decisions::refuse(shared, &word, &request.reason)
        });
        refused.await?;
        Ok(Response::new(v1::RefuseReply {}))
    }
}

/// Approves a submission and appends it.
async fn append(shared: Arc<Shared>, party: Party, word: Word) -> Result<v1::Receipt, Refusal> {
    let approved = shared.blocking(&party, move |shared| decisions::approve(shared, &word));
    let Approved {
        submitted,
        approval,
    } = approved.await?;
    let receipt = submit_approved(&shared, submitted.clone(), approval).await;
    // Not in a turn of the clerk's: whatever else waits there, what was decided has to come to its end.
    let desk = Arc::clone(&shared);
    let done = tokio::task::spawn_blocking(move || decisions::done(&desk, &submitted));
    match done.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what was approved is still among what waits"),
        Err(error) => tracing::error!(%error, "what was approved is still among what waits"),
    }
    receipt
}

fn word(holder: &Holder, id: &[u8], content: &[u8]) -> Result<Word, Refusal> {
    Ok(Word {
        id: convert::submission_id(id)?,
        content: convert::hash("content", content)?,
        clerk: Hash(holder.certificate),
    })
}

fn check_reason(reason: &str) -> Result<(), FieldFault> {
    let is_text = !reason.trim().is_empty() && !reason.chars().any(char::is_control);
    if is_text && reason.len() <= REASON_BYTES_MAX {
        return Ok(());
    }
    Err(FieldFault::Form {
        field: "reason",
        expected: "1 to 512 bytes of text without control characters",
    })
}

/// Whose records are shown, for the access log.
fn note_accounts(trace: &mut Trace, block: &RecordBlock) {
    let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
    for bytes in block.entries() {
        let Ok(entry) = Entry::parse(bytes, LeafIndex(0)) else {
            continue;
        };
        if let Ok(record) = Record::read(&entry) {
            accounts.extend(record.accounts());
        }
    }
    let mut named = accounts.iter().copied();
    trace.subject = match named.next() {
        Some(first) if accounts.len() <= TRACED_MAX => Subject::Account(first),
        Some(_) => Subject::Accounts {
            list: LIST.to_string(),
            reviewed: u64::try_from(accounts.len()).expect("a block has at most 16,384 records"),
        },
        None => Subject::Unknown,
    };
    if accounts.len() <= TRACED_MAX {
        trace.linked = named.collect();
    }
}
