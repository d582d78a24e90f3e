//! The service Ledger: the state of the node, to whoever has a certificate, and whole chains, to auditors.

use crate::{
    certificate::{Certificates, Stage},
    copies::{ChainCopy, News},
    engine::Event,
    floods::Flood,
    fork_files,
    party::Party,
    peer_secrets::Held,
    permission::REPLAY,
    reads::Trace,
    refusal::Refusal,
    room::Left,
    services::replication::{Batches, batches, evidence},
    services::{caller::party_of, gate::holder_of},
    shared::Shared,
    status::{PeerState, Status as NodeStatus},
};
use bytes::Bytes;
use std::{sync::Arc, time::Instant};
use tokio::sync::oneshot;
use tonic::{Request, Response, Status};
use yizhang_ledger::hash::Hash;
use yizhang_ledger::value::UnixMillis;
use yizhang_replica::{CosignedHeads, Cosigner, CosigningWait, Given};
use yizhang_store::Subject;
use yizhang_wire::{
    purpose::{Business, Purpose, PurposeFault},
    v1::{self, ledger_server::Ledger},
};

pub(crate) struct LedgerService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Ledger for LedgerService {
    type ReplayStream = Batches;

    async fn status(
        &self,
        _: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        let (sender, receiver) = oneshot::channel();
        self.0.engine.send(Event::Status(sender)).await;
        let status = receiver.await.map_err(|_| Refusal::Stopping)?;
        Ok(Response::new(reply(status, &self.0)))
    }

    async fn evidence(
        &self,
        request: Request<v1::EvidenceRequest>,
    ) -> Result<Response<v1::EvidenceReply>, Status> {
        let party = party_of(&request)?.clone();
        let reply = self.0.blocking(&party, forks).await?;
        Ok(Response::new(reply))
    }

    async fn end_epoch(
        &self,
        request: Request<v1::EndEpochRequest>,
    ) -> Result<Response<v1::EndEpochReply>, Status> {
        Ok(Response::new(end_epoch(&self.0, request.into_inner())?))
    }

    async fn replay(
        &self,
        request: Request<v1::ReplayRequest>,
    ) -> Result<Response<Batches>, Status> {
        let mut trace = Trace::begun(holder_of(&request)?.clone(), REPLAY);
        let party = party_of(&request)?.clone();
        let chain = read_out(&self.0, &party, &mut trace, request.into_inner());
        Ok(Response::new(self.0.reads.answer(trace, chain).await?))
    }
}

/// How far the register of the own chain is, after it was perhaps asked for.
fn end_epoch(shared: &Shared, request: v1::EndEpochRequest) -> Result<v1::EndEpochReply, Refusal> {
    if shared.room.left() > Left::Little {
        return Err(Refusal::DiskFull);
    }
    let size = shared.store.size(&shared.origin).unwrap_or_default();
    let newest = shared.epochs.newest();
    let too_soon_ms = newest.map_or(0, |newest| newest.too_soon_ms(size, (shared.clock)()));
    // Before it has been looked for, everything is new.
    let anything_new = newest.map_or(size.0 > 0, |newest| newest.has_new(size));
    if request.ask && anything_new && too_soon_ms == 0 {
        shared.epochs.ask();
    }
    Ok(v1::EndEpochReply {
        size: size.0,
        covers: newest.map_or(0, |newest| newest.covers.0),
        time_ms: newest.map_or(0, |newest| newest.time.0),
        under_way: shared.epochs.is_under_way(),
        anything_new,
        too_soon_ms,
    })
}

/// What is known of chains with two histories.
fn forks(shared: &Shared) -> Result<v1::EvidenceReply, Refusal> {
    let mut reply = v1::EvidenceReply::default();
    for pair in shared.board.evidence() {
        match fork_files::file(&shared.store, &shared.roster, &pair)? {
            Some(file) => reply.files.push(file.to_bytes().into()),
            None => reply.untied = reply.untied.saturating_add(1),
        }
    }
    let rosters = shared.rosters.notes_signed_twice().into_iter();
    let rosters = rosters.map(|(version, [held, other])| v1::SignedTwice {
        version,
        held: held.into(),
        other: other.into(),
    });
    reply.rosters = rosters.collect();
    Ok(reply)
}

/// The versions of the roster of which the root keys have signed two.
fn signed_twice(shared: &Shared) -> Vec<v1::SignedTwiceStatus> {
    let known = shared.rosters.signed_twice().into_iter();
    let status = known.map(|twice| v1::SignedTwiceStatus {
        version: twice.version,
        held: Bytes::copy_from_slice(&twice.held.0),
        other: Bytes::copy_from_slice(&twice.other.0),
    });
    status.collect()
}

/// A whole chain, under a mandate.
fn read_out(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::ReplayRequest,
) -> Result<Batches, Refusal> {
    let purpose = Purpose::read(request.purpose.as_ref())?;
    let business = purpose.business();
    trace.purpose = Some(purpose);
    trace.subject = Subject::Chain {
        origin: request.origin.clone(),
        from: request.from,
    };
    if business != Business::Audit {
        return Err(PurposeFault::NoMandate.into());
    }
    let chain = v1::FetchRequest {
        origin: request.origin,
        from: request.from,
    };
    batches(shared, party, &chain)
}

/// The state of the node as it is told to others.
fn reply(status: NodeStatus, shared: &Shared) -> v1::StatusReply {
    let is_full = shared.room.left() == Left::Nothing;
    let ready = status.is_ready() && !is_full;
    let (reason, code) = match status.readiness.code() {
        None if is_full => (Refusal::DiskFull.to_string(), "disk-full"),
        None => (String::new(), ""),
        Some(code) => (status.readiness.to_string(), code),
    };
    let at = status.at;
    let disk = shared.room.disk();
    let cosigned = status.cosigned;
    let chain = |copy: ChainCopy| v1::ChainStatus {
        cosigners: cosigned.get(&copy.origin).map_or_else(Vec::new, cosigners),
        cosigned: cosigned
            .get(&copy.origin)
            .and_then(|heads| heads.notes().into_iter().next())
            .unwrap_or_default()
            .into(),
        damage: shared.damages.first(&copy.origin),
        ahead_ms: copy.ahead_ms(at),
        wrong_register: shared
            .wrong_registers
            .first(&copy.origin)
            .map_or(0, |at| at.0),
        ..chain_status(copy)
    };
    let chains = status.chains.into_iter().map(chain).collect();
    let now = Instant::now();
    let floods = shared.floods.lately(now).into_iter();
    let peers = status.peers.into_iter();
    let peers = peers.map(|peer| peer_status(peer, shared));
    v1::StatusReply {
        secret_checks: checks(shared.peer_secrets.own()),
        secret_written: place(shared.peer_secrets.written()),
        roster: shared.rosters.note_in_force().to_vec().into(),
        own_origin: shared.origin.to_string(),
        ready,
        not_ready_reason: reason,
        chains,
        peers: peers.collect(),
        not_ready_code: code.to_string(),
        at_ms: at.0,
        unshared_ms: status.unshared_ms,
        forged_evidence: status.lines.forged_evidence,
        rosters_signed_twice: signed_twice(shared),
        cosigning: Some(v1::CosigningStatus {
            given: status.lines.given,
            received: status.lines.received,
            forged: status.lines.forged,
            waits_code: status
                .cosigning_waits
                .map_or("", CosigningWait::code)
                .into(),
        }),
        scrubbed_ms: shared.damages.last_round().0,
        evidence: shared.board.evidence().into_iter().map(evidence).collect(),
        room_code: shared.room.left().code().unwrap_or_default().to_string(),
        floods: floods.map(|flood| flood_status(flood, at)).collect(),
        clock_off_ms: shared.clocks.off_ms((shared.clock)(), now),
        certificates: certificates(shared.certificates, at),
        disk_free_bytes: disk.free,
        disk_size_bytes: disk.size,
    }
}

/// The newest cosignature of each cosigner.
fn cosigners(heads: &CosignedHeads) -> Vec<v1::Cosigner> {
    let one = |(by, given): (Cosigner, Given)| v1::Cosigner {
        region: by.region.to_string(),
        kind: by.kind.word().into(),
        size: given.size.0,
        seconds: given.time.get(),
    };
    heads.cosigners().map(one).collect()
}

fn certificates(certificates: Certificates, at: UnixMillis) -> Vec<v1::CertificateStatus> {
    let mut statuses = Vec::new();
    certificates.each(|name, validity| {
        statuses.push(v1::CertificateStatus {
            name: name.to_string(),
            until_ms: validity.until.0,
            ending: matches!(validity.stage(at), Stage::Ending { .. } | Stage::Ended),
        });
    });
    statuses
}

fn flood_status(flood: Flood, at: UnixMillis) -> v1::FloodStatus {
    let noticed = u64::try_from(flood.noticed.as_millis()).unwrap_or(u64::MAX);
    v1::FloodStatus {
        region: flood.region.to_string(),
        goes_on: flood.goes_on,
        noticed_ms: at.0.saturating_sub(noticed),
    }
}

/// The place of a secret among them, as messages carry it.
pub(crate) fn place(secret: usize) -> u32 {
    u32::try_from(secret).expect("there are eight at most")
}

/// The checks of secrets, as messages carry them.
pub(crate) fn checks(checks: &[Hash]) -> Vec<Bytes> {
    let bytes = |check: &Hash| check.0.to_vec().into();
    checks.iter().map(bytes).collect()
}

fn peer_status(peer: PeerState, shared: &Shared) -> v1::PeerStatus {
    let secrets = shared.peer_secrets.of(peer.region);
    let told = shared.rosters.of(peer.region);
    v1::PeerStatus {
        secrets: secrets.map_or("", Held::code).into(),
        roster: told.map_or(0, |told| told.version),
        other_roster: told.is_some_and(|told| told.is_other),
        region: peer.region.to_string(),
        connected: peer.is_connected,
        holds: peer.holds.0,
    }
}

/// A chain as this node holds it; where there is nothing to tell, the message has a 0 or no bytes.
pub(crate) fn chain_status(copy: ChainCopy) -> v1::ChainStatus {
    let News {
        announced,
        heard,
        live,
        quarantined_from,
    } = copy.news;
    v1::ChainStatus {
        origin: copy.origin.to_string(),
        size: copy.size.0,
        head: copy.head.unwrap_or_default().into(),
        quarantined: quarantined_from.is_some(),
        announced: announced.0,
        quarantined_from: quarantined_from.map_or(0, |size| size.0),
        newest_ms: copy.newest.map_or(0, |time| time.0),
        heard_ms: heard.map_or(0, |time| time.0),
        live,
        left_aside: copy.left_aside,
        ..Default::default()
    }
}
