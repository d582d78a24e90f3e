//! Submissions on their way to a node: read on a thread, streamed, each receipt checked; and whether others hold them.

use crate::{connection, copies, credentials::Credentials, exit::Failure, pseudonyms::file_error};
use anyhow::Context;
use rust_i18n::t;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use yizhang_intake::{FileFault, Submission};
use yizhang_ledger::{
    batch::SubmissionId,
    head::Origin,
    value::{Division, LeafIndex},
};
use yizhang_show::import::{Imported, Sharing};
use yizhang_statement as statement;
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{self, RECEIPT_SILENCE_MAX, STATUS_TIMEOUT, STREAM_START_TIMEOUT, within},
    v1::{
        Receipt, StatusRequest, SubmitRequest, ledger_client::LedgerClient,
        submission_client::SubmissionClient,
    },
};

/// Submissions that are sent ahead of their receipts: the node parses one while it writes another.
const SENT_AHEAD_MAX: usize = 4;
/// Sends submissions to a node, read on a thread of their own.
pub(super) fn send_submissions(
    credentials: &Credentials,
    node: Division,
    submissions: impl Iterator<Item = Result<Submission, FileFault>> + Send,
    received: &dyn Fn(u64),
) -> anyhow::Result<Imported> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel(SENT_AHEAD_MAX);
        // Reading and checking rows is work for a thread of its own.
        let reader = scope.spawn(move || read(submissions, &sender));
        let sent = runtime.block_on(submit(credentials, node, receiver, received));
        let read = reader
            .join()
            .map_err(|_| anyhow::anyhow!("reading the file stopped"))?;
        read.map_err(stopped)?;
        sent
    })
}

/// Why the file was not read to its end: what a node has not told can be asked for again.
fn stopped(fault: FileFault) -> anyhow::Error {
    let can_be_repeated = matches!(fault, FileFault::Pseudonyms(_));
    let error = file_error(fault);
    if can_be_repeated {
        error.context(t!("import.again"))
    } else {
        error
    }
}

fn read(
    submissions: impl Iterator<Item = Result<Submission, FileFault>>,
    sender: &mpsc::Sender<Submission>,
) -> Result<(), FileFault> {
    for submission in submissions {
        // Sending has ended with an error, which is reported.
        if sender.blocking_send(submission?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Streams submissions to a node and verifies each receipt.
async fn submit(
    credentials: &Credentials,
    region: Division,
    submissions: mpsc::Receiver<Submission>,
    received: &dyn Fn(u64),
) -> anyhow::Result<Imported> {
    let refuse = |status: tonic::Status| {
        connection::failure_that_can_be_repeated(region, &status, t!("import.again"))
    };
    let channel = connection::to_node(credentials, region)?;
    let mut ledger = LedgerClient::new(channel.clone());
    let status = within(STATUS_TIMEOUT, ledger.status(StatusRequest {}))
        .await
        .map_err(refuse)?;
    let own = status
        .chains
        .iter()
        .find(|chain| chain.origin == status.own_origin);
    let mut known_until = own.map_or(0, |chain| chain.size);
    let (requests, stream) = mpsc::channel(1);
    let (expected, mut expecting) = mpsc::channel(SENT_AHEAD_MAX);
    let forward = tokio::spawn(forward(submissions, requests, expected));
    let mut client = SubmissionClient::new(channel).max_encoding_message_size(MESSAGE_BYTES_MAX);
    let mut receipts = within(
        STREAM_START_TIMEOUT,
        client.submit_stream(ReceiverStream::new(stream)),
    )
    .await
    .map_err(refuse)?;
    let origin = &credentials.region(region)?.origin;
    let mut imported = Imported::default();
    // Only what has been sent is waited for: reading the file takes the time that it takes.
    while let Some(Expected { id, records }) = expecting.recv().await {
        let receipt = deadline::next(&mut receipts, RECEIPT_SILENCE_MAX)
            .await
            .map_err(refuse)?;
        let Some(receipt) = receipt else {
            return Err(Failure::Refused(t!("import.cut_off", node = region).to_string()).into());
        };
        let size = verify(credentials, origin, &receipt, id, records)?;
        imported.records += u64::from(receipt.records);
        // A submission that the file has twice comes back with the receipt of the first time.
        if receipt.first < known_until {
            imported.present += u64::from(receipt.records);
        }
        known_until = known_until.max(receipt.first + u64::from(receipt.records));
        imported.size = imported.size.max(size);
        imported.unheld += u64::from(receipt.unheld);
        received(u64::from(receipt.records));
    }
    forward.await?;
    Ok(imported)
}

/// A submission whose receipt is still to come.
struct Expected {
    id: SubmissionId,
    records: usize,
}

/// Passes submissions on to the stream of a call, each after what is expected of it. Ends when the call does.
async fn forward(
    mut submissions: mpsc::Receiver<Submission>,
    requests: mpsc::Sender<SubmitRequest>,
    expected: mpsc::Sender<Expected>,
) {
    while let Some(submission) = submissions.recv().await {
        let next = Expected {
            id: submission.id,
            records: submission.records,
        };
        let request = SubmitRequest {
            submission_id: submission.id.0.to_vec().into(),
            records: submission.bytes.into(),
        };
        if expected.send(next).await.is_err() || requests.send(request).await.is_err() {
            return;
        }
    }
}

/// The size of the chain by a receipt that was checked against what was sent.
fn verify(
    credentials: &Credentials,
    origin: &Origin,
    receipt: &Receipt,
    id: SubmissionId,
    records: usize,
) -> anyhow::Result<u64> {
    let stated = statement::Receipt {
        submission: convert::submission_id(&receipt.submission_id)?,
        first: LeafIndex(receipt.first),
        records: usize::try_from(receipt.records)?,
        head: receipt.head.to_vec(),
    };
    let sent = statement::Sent {
        submission: id,
        records,
        origin,
    };
    let head = stated
        .verify(&credentials.roster, &sent)
        .with_context(|| t!("import.wrong_receipt"))?;
    Ok(head.size.0)
}

/// How often it is asked, and how long it is waited in between, until others hold what was imported: peers that are there have it
/// within a second or two.
const SHARING_LOOKS: u32 = 10;
const SHARING_WAIT: Duration = Duration::from_millis(300);

/// How many other nodes hold the chain up to this size; none if there are no others, or the node does not say.
pub(super) fn sharing(credentials: &Credentials, node: Division, size: u64) -> Option<Sharing> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let mut last = None;
    for look in 0..SHARING_LOOKS {
        if look > 0 {
            std::thread::sleep(SHARING_WAIT);
        }
        // What was imported is durable: a status that cannot be had is no failure of the import.
        let status = runtime.block_on(copies::status(credentials, node)).ok()?;
        let others = status.peers.len();
        let holding = status
            .peers
            .iter()
            .filter(|peer| peer.holds >= size)
            .count();
        if others == 0 {
            return None;
        }
        let sharing = Sharing { holding, others };
        if holding == others {
            return Some(sharing);
        }
        last = Some(sharing);
        let reachable = status.peers.iter().filter(|peer| peer.connected).count();
        if holding >= reachable && look > 0 {
            break;
        }
    }
    last
}
