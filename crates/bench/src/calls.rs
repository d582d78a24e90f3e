//! What callers of a node see: submissions, receipts, lookups, over gRPC and TLS.

use crate::{
    federation::{Caller, Federation},
    lookups::Times,
    workload::Blocks,
};
use anyhow::{Context, ensure};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::transport::Channel;
use yizhang_ledger::{head::Head, person::AccountId, roster::Roster};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    purpose::{Business, Purpose},
    v1::{
        LookupReply, LookupRequest, SubmitRequest, WatchRequest, account_client::AccountClient,
        lookup_request::Worker, replication_client::ReplicationClient,
        submission_client::SubmissionClient,
    },
};

/// Submissions on the way at once in a stream.
const AHEAD: usize = 8;
/// The day of all lookups.
const AS_OF: u32 = 20_261_031;

/// Distinguishes submissions of one run.
fn submission(part: u8, number: u64, records: Vec<u8>) -> SubmitRequest {
    let mut id = [part; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    SubmitRequest {
        submission_id: id.to_vec().into(),
        records: records.into(),
    }
}

/// Sends all blocks as one stream of submissions. Returns records and the time until the last receipt.
///
/// # Errors
/// What the node says.
pub async fn stream(
    channel: Channel,
    blocks: &Blocks,
    part: u8,
) -> anyhow::Result<(u64, Duration)> {
    let (sender, requests) = mpsc::channel(AHEAD);
    let blocks = blocks.read()?;
    let start = Instant::now();
    let sending = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        for (number, block) in (0..).zip(blocks) {
            if sender
                .blocking_send(submission(part, number, block?))
                .is_err()
            {
                break;
            }
        }
        Ok(())
    });
    let mut client = SubmissionClient::new(channel);
    let mut receipts = client
        .submit_stream(ReceiverStream::new(requests))
        .await?
        .into_inner();
    let mut records = 0;
    while let Some(receipt) = receipts.message().await? {
        records += u64::from(receipt.records);
    }
    let took = start.elapsed();
    sending.await??;
    Ok((records, took))
}

/// Calls of one record each.
#[derive(Debug)]
pub struct Single {
    /// From the moment a call was due to its receipt.
    pub times: Times,
    /// How long all of them took.
    pub took: Duration,
}

/// Sends one record a call: `callers` at a time as fast as they can, or, with `rate`, so many a second whatever the node does,
/// so that a slow answer does not hide those that wait behind it.
///
/// # Errors
/// What the node says.
pub async fn single(
    channel: &Channel,
    records: Vec<Vec<u8>>,
    callers: usize,
    rate: Option<f64>,
    part: u8,
) -> anyhow::Result<Single> {
    let calls = records.len();
    let queue = Arc::new(Mutex::new(
        (0_u64..).zip(records).collect::<Vec<_>>().into_iter(),
    ));
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (queue, mut client) = (Arc::clone(&queue), SubmissionClient::new(channel.clone()));
        running.spawn(async move {
            let mut times = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((number, record)) = next else {
                    return Ok::<_, tonic::Status>(times);
                };
                let due = match rate {
                    Some(rate) => start + Duration::from_secs_f64(number as f64 / rate),
                    None => Instant::now(),
                };
                tokio::time::sleep_until(due.into()).await;
                client.submit(submission(part, number, record)).await?;
                times.push(due.elapsed());
            }
        });
    }
    let mut times = Times::default();
    while let Some(ended) = running.join_next().await {
        ended??.into_iter().for_each(|took| times.add(took));
    }
    ensure!(
        times.len() == calls,
        "{} of {calls} calls were answered",
        times.len()
    );
    Ok(Single {
        times,
        took: start.elapsed(),
    })
}

/// From the call of a submission until another node announces that it holds the record.
///
/// # Errors
/// What the nodes say.
pub async fn visible(
    federation: &Federation,
    writer: u32,
    reader: u32,
    records: Vec<Vec<u8>>,
    part: u8,
) -> anyhow::Result<Times> {
    let mut client = SubmissionClient::new(federation.connect(writer, Caller::Agency(writer))?);
    let channel = federation.connect(reader, Caller::Node(writer))?;
    let mut heads = ReplicationClient::new(channel)
        .watch(WatchRequest {})
        .await?
        .into_inner();
    let origin = federation.origin(writer)?;
    let roster: &Roster = &federation.roster;
    let mut times = Times::default();
    for (number, record) in (0..).zip(records) {
        let start = Instant::now();
        let receipt = client
            .submit(submission(part, number, record))
            .await?
            .into_inner();
        'seen: loop {
            let message = heads.next().await.context("the node ended the stream")??;
            for note in &message.heads {
                let head = Head::open(note, roster)?;
                if head.origin == origin && head.size.0 > receipt.first {
                    break 'seen;
                }
            }
        }
        times.add(start.elapsed());
    }
    Ok(times)
}

/// Lookups at a node, one after the other.
///
/// # Errors
/// What the node says.
pub async fn lookups(
    channel: &Channel,
    accounts: impl Iterator<Item = AccountId>,
    proofs: bool,
) -> anyhow::Result<Times> {
    let mut client =
        AccountClient::new(channel.clone()).max_decoding_message_size(ACCOUNT_BYTES_MAX);
    let purpose = Purpose::new(Business::Other, "benchmark", "benchmark")?.message();
    let mut times = Times::default();
    for account in accounts {
        let worker = Some(Worker::Account(account.0.to_vec().into()));
        let start = Instant::now();
        let reply: LookupReply = client
            .lookup(LookupRequest {
                worker,
                as_of: AS_OF,
                proofs,
                registers: proofs,
                purpose: Some(purpose.clone()),
                ..LookupRequest::default()
            })
            .await?
            .into_inner();
        times.add(start.elapsed());
        ensure!(
            proofs != reply.chains.is_empty(),
            "proofs come when they are asked for"
        );
    }
    Ok(times)
}
