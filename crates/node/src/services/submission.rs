//! The service Submission.

use crate::{
    approvals::decisions,
    engine::Answer,
    lookup,
    party::Party,
    refusal::Refusal,
    services::{caller::party_of, gate::holder_of, receipts::receipts},
    shared::Shared,
};
use std::{collections::BTreeSet, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};
use yizhang_entitlement::jurisdiction::{Right, Screen, right_to};
use yizhang_ledger::{
    batch::{RecordBlock, SUBMISSION_BYTES_MAX, SubmissionId},
    chain::Submitted,
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::Record,
};
use yizhang_replica::Refused;
use yizhang_store::Waiting;
use yizhang_wire::{
    convert::{self, FieldFault},
    v1::{self, submission_server::Submission},
};

/// Submissions of one stream that are worked on at once: enough that the next is parsed and hashed while the disk is busy
/// with the last.
const STREAM_SUBMISSIONS_MAX: usize = 8;
/// Records up to this size are parsed where the call is handled; larger ones on a thread that may block.
const INLINE_BYTES_MAX: usize = 16 * 1_024;
/// Searches for an earlier submission before the caller is asked to send again.
const SEARCHES_MAX: usize = 8;

/// Persons of one submission that are looked up to tell whether this region holds them: a warning, not a check of each.
const LOOKED_UP_MAX: usize = 64;
/// Wait for the signature of a batch that is durable.
const SIGNATURE_WAIT: Duration = Duration::from_millis(2);

/// What a node writes by itself, and takes from nobody.
const BY_NODES_ALONE: [Kind; 5] = [
    Kind::APPROVAL,
    Kind::ACCESS_DIGEST,
    Kind::ACCOUNT_REGISTER,
    Kind::KEY_BOUND,
    Kind::KEY_ENDED,
];

pub(crate) struct SubmissionService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Submission for SubmissionService {
    type SubmitStreamStream = Pin<Box<dyn Stream<Item = Result<v1::Receipt, Status>> + Send>>;

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::Receipt>, Status> {
        let submitter = submitter(&request)?;
        let begun = begin(&self.0, submitter, request.into_inner()).await?;
        Ok(Response::new(begun.finish(&self.0).await?))
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let submitter = submitter(&request)?;
        let mut requests = request.into_inner();
        let shared = Arc::clone(&self.0);
        let (pending, mut waiting) = mpsc::channel::<Result<Begun, Status>>(STREAM_SUBMISSIONS_MAX);
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
                    Ok(begun) => begun.finish(&answering).await.map_err(Status::from),
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

    async fn receipts(
        &self,
        request: Request<v1::ReceiptsRequest>,
    ) -> Result<Response<v1::ReceiptsReply>, Status> {
        let party = party_of(&request)?.clone();
        let receipts = receipts(&self.0, &party, request.into_inner()).await?;
        Ok(Response::new(receipts))
    }
}

/// Who submits.
#[derive(Clone)]
struct Submitter {
    name: String,
    party: Party,
    /// Fingerprint of the certificate.
    certificate: Hash,
}

fn submitter<T>(request: &Request<T>) -> Result<Submitter, Status> {
    let holder = holder_of(request)?;
    Ok(Submitter {
        name: holder.role.submitter(),
        certificate: Hash(holder.certificate),
        party: party_of(request)?.clone(),
    })
}

/// Checks a submission and sends it on its way.
async fn begin(
    shared: &Arc<Shared>,
    submitter: Submitter,
    request: v1::SubmitRequest,
) -> Result<Begun, Status> {
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
    let Checked { block, statements } = if found <= INLINE_BYTES_MAX {
        read(shared, records.into())?
    } else {
        shared
            .blocking(&submitter.party, move |shared| read(shared, records.into()))
            .await?
    };
    let submitted = Submitted {
        id,
        submitter: submitter.name,
        block,
    };
    if shared.approvals.concern(&submitted.block) {
        let (held, maker) = (submitted.clone(), submitter.certificate);
        let held = shared.blocking(&submitter.party, move |shared| {
            decisions::hold(shared, &held, maker)
        });
        if let Some(waiting) = held.await? {
            return Ok(Begun::Waiting(waiting));
        }
    } else if shared.approvals.are_needed() {
        let plain = submitted.clone();
        let free = shared.blocking(&submitter.party, move |shared| {
            decisions::ensure_not_taken(shared, &plain)
        });
        free.await?;
    }
    let mut pending = Pending::offer(shared, submitted, None).await;
    if !statements.is_empty() {
        let party = submitter.party;
        pending.warning = Some(Warning { party, statements });
    }
    Ok(Begun::Pending(pending))
}

/// What became of a submission that was read.
enum Begun {
    Pending(Pending),
    /// It waits for a second clerk, or was refused by one.
    Waiting(Waiting),
}

impl Begun {
    async fn finish(self, shared: &Arc<Shared>) -> Result<v1::Receipt, Refusal> {
        match self {
            Self::Pending(pending) => finish(shared, pending).await,
            Self::Waiting(waiting) => Ok(v1::Receipt {
                submission_id: waiting.id.0.to_vec().into(),
                origin: shared.origin.to_string(),
                waiting: Some(message(&waiting)),
                ..v1::Receipt::default()
            }),
        }
    }
}

/// What a message says of a submission that waits or was refused.
pub(super) fn message(waiting: &Waiting) -> v1::WaitingSubmission {
    let hash = |hash: &Hash| hash.0.to_vec().into();
    let refused = waiting.refused.as_ref();
    v1::WaitingSubmission {
        submission_id: waiting.id.0.to_vec().into(),
        content: hash(&waiting.content),
        records: waiting.records,
        came_ms: waiting.came.0,
        maker: hash(&waiting.maker),
        refused_ms: refused.map_or(0, |refused| refused.at.0),
        checker: refused.map_or_else(Default::default, |refused| hash(&refused.checker)),
        reason: refused.map_or_else(String::new, |refused| refused.reason.clone()),
    }
}

/// Submits what a second clerk has approved, with the approval before it in the same batch.
pub(crate) async fn submit_approved(
    shared: &Arc<Shared>,
    submitted: Submitted,
    approval: Submitted,
) -> Result<v1::Receipt, Refusal> {
    let pending = Pending::offer(shared, submitted, Some(approval)).await;
    finish(shared, pending).await
}

/// Submits what the node itself has to say, the ordinary way: durable and signed when it returns.
pub(crate) async fn submit(shared: &Arc<Shared>, submitted: Submitted) -> Result<(), Refusal> {
    let pending = Pending::offer(shared, submitted, None).await;
    finish(shared, pending).await.map(drop)
}

/// A submission that was read.
struct Checked {
    block: RecordBlock,
    statements: Statements,
}

/// Of whom the records state what only a region that holds them may.
#[derive(Clone, Default)]
struct Statements {
    /// Of these one has to hold them.
    persons: BTreeSet<AccountId>,
    /// Of these all that hold them have to state the same.
    linked: BTreeSet<AccountId>,
}

impl Statements {
    fn note(&mut self, record: &Record<'_>) {
        let noted = match right_to(record.kind()) {
            Right::Holding => &mut self.persons,
            Right::EveryHolding => &mut self.linked,
            Right::Place
            | Right::PlaceAlone
            | Right::Side
            | Right::PlaceOrHolding
            | Right::Anyone => return,
        };
        for account in record.accounts() {
            if noted.len() < LOOKED_UP_MAX {
                noted.insert(account);
            }
        }
    }

    /// How many of them others hold, as far as this node knows. A warning: what cannot be read now is no reason to withhold a receipt.
    fn unheld(&self, shared: &Shared) -> u32 {
        let own = shared.origin.region();
        let mut unheld = 0;
        for person in &self.persons {
            let holders = lookup::holders(shared, *person).unwrap_or_default();
            unheld += u32::from(!holders.is_empty() && !holders.contains(&own));
        }
        for person in &self.linked {
            let holders = lookup::holders(shared, *person).unwrap_or_default();
            unheld += u32::from(holders.iter().any(|holder| *holder != own));
        }
        unheld
    }

    fn is_empty(&self) -> bool {
        self.persons.is_empty() && self.linked.is_empty()
    }
}

/// Reads the records of a submission. Refuses those of a kind that only the node itself writes, and what the chain has no right to state:
/// there it would be a claim for ever.
fn read(shared: &Shared, bytes: Vec<u8>) -> Result<Checked, Refusal> {
    let region = shared.origin.region();
    let screen = Screen::at_the_door(region, &shared.policy);
    let (mut number, mut refused) = (0_usize, None);
    let mut statements = Statements::default();
    let block = RecordBlock::parse_with(bytes, |record| {
        number += 1;
        statements.note(record);
        if refused.is_none() && screen.is_claim(record) {
            let kind = record.kind();
            refused = Some(Refusal::NoRight {
                number,
                kind,
                region,
            });
        }
    })?;
    if BY_NODES_ALONE.iter().any(|kind| block.holds(*kind)) {
        return Err(FieldFault::Form {
            field: "records",
            expected: "no AccessDigest, AccountRegister, KeyBound, KeyEnded or Approval: a node writes its own",
        }
        .into());
    }
    match refused {
        Some(refusal) => Err(refusal),
        None => Ok(Checked { block, statements }),
    }
}

/// A submission that is on its way through search and engine.
struct Pending {
    id: SubmissionId,
    answer: oneshot::Receiver<Answer>,
    /// To be offered again if batches have overtaken the search. The records are shared, not copied.
    again: Submitted,
    /// What goes into the same batch before it.
    approval: Option<Submitted>,
    /// What its submitter is warned of once it is in the chain; none if there is nothing to look up.
    warning: Option<Warning>,
}

/// Of whom a submission states what its region might not have the right to, and whose turn it is to have that looked up.
struct Warning {
    party: Party,
    statements: Statements,
}

impl Pending {
    /// Sends a submission on its way.
    async fn offer(
        shared: &Arc<Shared>,
        submitted: Submitted,
        approval: Option<Submitted>,
    ) -> Self {
        let offered = shared.searches.offer(submitted.clone(), approval.clone());
        Self {
            id: submitted.id,
            answer: offered.await,
            again: submitted,
            approval,
            warning: None,
        }
    }
}

async fn finish(shared: &Arc<Shared>, pending: Pending) -> Result<v1::Receipt, Refusal> {
    let Pending {
        id,
        mut answer,
        again,
        approval,
        warning,
    } = pending;
    let mut searches = 1;
    let placed = loop {
        // The engine drops what it holds when it stops.
        match answer.await.map_err(|_| Refusal::Stopping)? {
            Err(Refusal::Replica(Refused::SearchOutdated { .. })) if searches < SEARCHES_MAX => {
                searches += 1;
                answer = shared.searches.offer(again.clone(), approval.clone()).await;
            }
            // Found between disk and signature, because it was sent twice at once. After a crash it lasts longer, and the
            // caller is told.
            Err(Refusal::Unsigned { .. }) if searches < SEARCHES_MAX => {
                searches += 1;
                tokio::time::sleep(SIGNATURE_WAIT).await;
                answer = shared.searches.offer(again.clone(), approval.clone()).await;
            }
            answered => break answered?,
        }
    };
    let unheld = match warning {
        Some(Warning { party, statements }) => {
            let counted = shared.blocking(&party, move |shared| Ok(statements.unheld(shared)));
            // The submission is in the chain: that nobody has time for a warning is no failure.
            counted.await.unwrap_or(0)
        }
        None => 0,
    };
    Ok(v1::Receipt {
        waiting: None,
        unheld,
        submission_id: id.0.to_vec().into(),
        origin: shared.origin.to_string(),
        first: placed.first.0,
        records: placed.records,
        head: placed.head.into(),
    })
}
