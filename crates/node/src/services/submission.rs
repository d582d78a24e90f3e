//! The service Submission.

use crate::{
    engine::Answer,
    party::Party,
    refusal::{NotYou, Refusal},
    role::Role,
    services::caller::{party_of, role_of},
    shared::Shared,
};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};
use yizhang_ledger::{
    batch::{RecordBlock, SUBMISSION_BYTES_MAX, SubmissionId},
    chain::Submitted,
};
use yizhang_replica::Refused;
use yizhang_wire::{
    convert,
    v1::{self, submission_server::Submission},
};

/// Submissions of one stream that are worked on at once: enough that the next is parsed and hashed while the disk is busy
/// with the last.
const STREAM_SUBMISSIONS_MAX: usize = 8;
/// Records up to this size are parsed where the call is handled; larger ones on a thread that may block.
const INLINE_BYTES_MAX: usize = 16 * 1_024;
/// Searches for an earlier submission before the caller is asked to send again.
const SEARCHES_MAX: usize = 8;

/// Wait for the signature of a batch that is durable.
const SIGNATURE_WAIT: Duration = Duration::from_millis(2);

pub(crate) struct SubmissionService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Submission for SubmissionService {
    type SubmitStreamStream = Pin<Box<dyn Stream<Item = Result<v1::Receipt, Status>> + Send>>;

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::Receipt>, Status> {
        let submitter = submitter(&request)?;
        let pending = begin(&self.0, submitter, request.into_inner()).await?;
        Ok(Response::new(finish(&self.0, pending).await?))
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let submitter = submitter(&request)?;
        let mut requests = request.into_inner();
        let shared = Arc::clone(&self.0);
        let (pending, mut waiting) =
            mpsc::channel::<Result<Pending, Status>>(STREAM_SUBMISSIONS_MAX);
        tokio::spawn(async move {
            loop {
                let next = match requests.message().await {
                    Ok(Some(request)) => begin(&shared, submitter.clone(), request).await,
                    Ok(None) => return,
                    Err(status) => Err(status),
                };
                let failed = next.is_err();
                if pending.send(next).await.is_err() || failed {
                    return;
                }
            }
        });
        let (receipts, answers) = mpsc::channel(STREAM_SUBMISSIONS_MAX);
        let answering = Arc::clone(&self.0);
        tokio::spawn(async move {
            while let Some(pending) = waiting.recv().await {
                let answer = match pending {
                    Ok(pending) => finish(&answering, pending).await,
                    Err(status) => Err(status),
                };
                let failed = answer.is_err();
                if receipts.send(answer).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }
}

/// The name of a caller that may submit.
#[derive(Clone, Debug)]
struct Submitter {
    name: String,
    party: Party,
}

/// Only the agency of the region writes to the region's chain. Decided before any of a message is read, so that others
/// cannot make the node hold submissions in memory.
pub(crate) fn authorise(mut request: Request<()>, shared: &Shared) -> Result<Request<()>, Status> {
    let role = role_of(&request, &shared.roster.federation)?;
    let region = shared.origin.region();
    match role {
        Role::Agency(agency) if agency == region => {
            let party = party_of(&request)?.clone();
            let name = role.submitter();
            request.extensions_mut().insert(Submitter { name, party });
            Ok(request)
        }
        Role::Agency(_) | Role::Node(_) | Role::Auditor => Err(NotYou::OtherAgency {
            region,
            found: role.submitter(),
        }
        .into()),
    }
}

fn submitter<T>(request: &Request<T>) -> Result<Submitter, Status> {
    let submitter = request.extensions().get::<Submitter>();
    submitter
        .cloned()
        .ok_or_else(|| Refusal::Broken("the caller was not authorised").into())
}

/// Checks a submission and sends it on its way.
async fn begin(
    shared: &Arc<Shared>,
    submitter: Submitter,
    request: v1::SubmitRequest,
) -> Result<Pending, Status> {
    let id = convert::submission_id(&request.submission_id).map_err(Refusal::from)?;
    if !shared.room.takes(&shared.origin) {
        return Err(Refusal::DiskFull.into());
    }
    let found = request.records.len();
    if found > SUBMISSION_BYTES_MAX {
        return Err(Refusal::TooMany {
            what: "bytes of a submission",
            limit: SUBMISSION_BYTES_MAX,
            found,
        }
        .into());
    }
    let records = request.records;
    let block = if found <= INLINE_BYTES_MAX {
        RecordBlock::parse(records.into()).map_err(Refusal::from)?
    } else {
        shared
            .blocking(&submitter.party, move |_| {
                Ok(RecordBlock::parse(records.into())?)
            })
            .await?
    };
    let submitted = Submitted {
        id,
        submitter: submitter.name,
        block,
    };
    Ok(Pending {
        id,
        answer: shared.searches.offer(submitted.clone()).await,
        again: submitted,
    })
}

/// A submission that is on its way through search and engine.
struct Pending {
    id: SubmissionId,
    answer: oneshot::Receiver<Answer>,
    /// To be offered again if batches have overtaken the search. The records are shared, not copied.
    again: Submitted,
}

async fn finish(shared: &Arc<Shared>, pending: Pending) -> Result<v1::Receipt, Status> {
    let Pending {
        id,
        mut answer,
        again,
    } = pending;
    let mut searches = 1;
    let placed = loop {
        // The engine drops what it holds when it stops.
        match answer.await.map_err(|_| Refusal::Stopping)? {
            Err(Refusal::Replica(Refused::SearchOutdated { .. })) if searches < SEARCHES_MAX => {
                searches += 1;
                answer = shared.searches.offer(again.clone()).await;
            }
            // Found between disk and signature, because it was sent twice at once. After a crash it lasts longer, and the
            // caller is told.
            Err(Refusal::Unsigned { .. }) if searches < SEARCHES_MAX => {
                searches += 1;
                tokio::time::sleep(SIGNATURE_WAIT).await;
                answer = shared.searches.offer(again.clone()).await;
            }
            answered => break answered?,
        }
    };
    Ok(v1::Receipt {
        submission_id: id.0.to_vec().into(),
        origin: shared.origin.to_string(),
        first: placed.first.0,
        records: placed.records,
        head: placed.head.into(),
    })
}
