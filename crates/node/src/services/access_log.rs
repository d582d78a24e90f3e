//! The service AccessLog: what of the log is told to nodes whose workers ask, and to the agency of the region.

use crate::{
    holders::{Answered, KeyAnswer, keys},
    lookup,
    party::Party,
    permission::OF_WORKER,
    reads::Trace,
    refusal::Refusal,
    role::Role,
    services::{
        access_entries::{self, Pages},
        access_warnings,
        caller::party_of,
        gate::holder_of,
        holders::passkey_answer,
        readings,
    },
    shared::Shared,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_holder::Nonce;
use yizhang_ledger::{
    holder::HolderName,
    value::{Day, UnixMillis},
};
use yizhang_store::Subject;
use yizhang_wire::{
    convert,
    v1::{self, access_log_server::AccessLog, of_worker_request::Proof},
};

/// A day, in ms.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

pub(crate) struct AccessLogService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl AccessLog for AccessLogService {
    type EntriesStream = Pages;

    async fn entries(
        &self,
        request: Request<v1::EntriesRequest>,
    ) -> Result<Response<Pages>, Status> {
        let holder = holder_of(&request)?.clone();
        let pages = access_entries::entries(&self.0, holder, request.into_inner()).await?;
        Ok(Response::new(pages))
    }

    async fn warnings(
        &self,
        request: Request<v1::WarningsRequest>,
    ) -> Result<Response<v1::WarningsReply>, Status> {
        let (holder, party) = (holder_of(&request)?.clone(), party_of(&request)?.clone());
        let request = request.into_inner();
        let told = access_warnings::warnings(&self.0, &party, holder, request).await?;
        Ok(Response::new(told))
    }

    async fn close_warning(
        &self,
        request: Request<v1::CloseWarningRequest>,
    ) -> Result<Response<v1::CloseWarningReply>, Status> {
        let (holder, party) = (holder_of(&request)?.clone(), party_of(&request)?.clone());
        let request = request.into_inner();
        let closed = access_warnings::close(&self.0, &party, holder, request).await?;
        Ok(Response::new(closed))
    }

    async fn of_worker(
        &self,
        request: Request<v1::OfWorkerRequest>,
    ) -> Result<Response<v1::ToldReadings>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), OF_WORKER);
        let party = party_of(&request)?.clone();
        let told = of_worker(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, told).await?))
    }
}

/// The readings of a worker who has opened the account at the calling node.
async fn of_worker(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::OfWorkerRequest,
) -> Result<v1::ToldReadings, Refusal> {
    let Role::Node(caller) = trace.holder.role else {
        return Err(Refusal::Broken("a call came past the gate"));
    };
    let answered = answered(request)?;
    let (name, day) = (answered.name, answered.day);
    if !is_recent(day, (shared.clock)()) || !answered.is_for(caller) {
        return Err(Refusal::NotOpened);
    }
    // That somebody has tried is the worker's to know.
    trace.subject = Subject::Account(name.account);
    trace.worker = Some(format!("key {} {}", name.region, name.number));
    let told = shared.blocking(party, move |shared| {
        let key = keys::find(shared, name)?.ok_or(Refusal::NotOpened)?;
        if key.ended.is_some() || !answered.opens(key.bound(), caller) {
            return Err(Refusal::NotOpened);
        }
        // A region can bind a key of its own to anybody: it is believed of whom it holds.
        let holders = lookup::holders(shared, name.account)?;
        if !holders.is_empty() && !holders.contains(&name.region) {
            return Err(Refusal::NotOpened);
        }
        let today = Day::of((shared.clock)());
        if !shared.holders.asked().count(today, answered.nonce) {
            let what = "questions with one answer of a key";
            return Err(Refusal::Busy { what });
        }
        readings::here(shared, name.account)
    });
    told.await
}

/// Whether a day is today or yesterday.
fn is_recent(day: Day, now: UnixMillis) -> bool {
    let yesterday = UnixMillis(now.0.saturating_sub(DAY_MS));
    [now, yesterday].map(Day::of).contains(&day)
}

/// What a key has answered, as a message has it.
fn answered(request: v1::OfWorkerRequest) -> Result<Answered, Refusal> {
    let nonce = request.nonce.as_ref().try_into();
    Ok(Answered {
        name: HolderName::from_bytes(&request.name).ok_or(Refusal::NotOpened)?,
        day: convert::day(request.day)?,
        nonce: Nonce(nonce.map_err(|_| Refusal::NotOpened)?),
        answer: match request.proof.ok_or(Refusal::NotOpened)? {
            Proof::Signature(signature) => KeyAnswer::Signature(signature.into()),
            Proof::Passkey(answer) => passkey_answer(answer),
        },
    })
}
