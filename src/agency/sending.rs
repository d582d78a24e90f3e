//! Submissions on their way to a node: read on a thread, streamed, each receipt checked; and whether others hold them.

use super::{
    receipts::{Placed, Receipts},
    row_lists::Ready,
};
use crate::{connection, copies, credentials::Credentials, newer, patience::Patience};
use anyhow::{Context, ensure};
use rust_i18n::t;
use std::{collections::VecDeque, time::Duration};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{codegen::Bytes, transport::Channel};
use yizhang_ledger::{
    batch::{SubmissionId, content_digest},
    hash::Hash,
    head::Origin,
    roster::Roster,
    value::{Division, LeafIndex},
};
use yizhang_show::import::{Imported, Sharing};
use yizhang_statement::{self as statement, RowList};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{self, RECEIPT_SILENCE_MAX, STATUS_TIMEOUT, STREAM_START_TIMEOUT, within},
    v1::{
        Receipt, StatusRequest, SubmitRequest, WaitingSubmission, ledger_client::LedgerClient,
        submission_client::SubmissionClient,
    },
};

/// Submissions that are read ahead of being sent.
const READ_AHEAD_MAX: usize = 4;
/// Submissions that are sent ahead of their receipts: the node parses some while it writes others.
const UNRECEIPTED_MAX: usize = 8;

/// What became of a submission, as the node has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was added to the chain.
    Accepted,
    /// It was in the chain before.
    There,
    /// It waits for a second clerk.
    Waits,
    /// A second clerk has refused it.
    Refused,
}

/// A submission of which the node has said what became of it.
pub(crate) struct Taken<'s> {
    pub(crate) id: SubmissionId,
    pub(crate) fate: Fate,
    /// How many records it has.
    pub(crate) records: u64,
    /// Its records, as they stand in chains.
    pub(crate) bytes: &'s [u8],
}

/// Sends submissions to a node, read on a thread of their own.
pub(crate) fn send_submissions(
    credentials: &Credentials,
    node: Division,
    submissions: impl Iterator<Item = anyhow::Result<Ready>> + Send,
    receipts: Option<&Receipts>,
    taken: &dyn Fn(&Taken<'_>),
) -> anyhow::Result<SentFile> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel(READ_AHEAD_MAX);
        // Reading and checking rows is work for a thread of its own.
        let reader = scope.spawn(move || read(submissions, &sender));
        let sent = runtime.block_on(submit(credentials, node, receiver, receipts, taken));
        let read = reader
            .join()
            .map_err(|_| anyhow::anyhow!("reading the file stopped"))?;
        read?;
        sent
    })
}

fn read(
    submissions: impl Iterator<Item = anyhow::Result<Ready>>,
    sender: &mpsc::Sender<Ready>,
) -> anyhow::Result<()> {
    for submission in submissions {
        // Sending has ended with an error, which is reported.
        if sender.blocking_send(submission?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Streams submissions to a node and verifies each receipt. A node that goes away after its first receipt is waited for: what has no
/// receipt is sent again, and is not added twice.
async fn submit(
    credentials: &Credentials,
    region: Division,
    submissions: mpsc::Receiver<Ready>,
    receipts: Option<&Receipts>,
    taken: &dyn Fn(&Taken<'_>),
) -> anyhow::Result<SentFile> {
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
    let mut sending = Sending {
        roster: newer::roster_for(credentials, region, newer::version_of(&status)).await?,
        origin: &credentials.region(region)?.origin,
        submissions,
        unreceipted: VecDeque::new(),
        there_at_first: own.map_or(0, |chain| chain.size),
        known_until: own.map_or(0, |chain| chain.size),
        imported: Imported::default(),
        receipts,
        placed: Vec::new(),
        taken,
    };
    let mut patience = Patience::new(region);
    loop {
        let before = sending.imported.records;
        let client = SubmissionClient::new(channel.clone());
        let failed = match sending.stream(client).await? {
            Streamed::All => {
                return Ok(SentFile {
                    imported: sending.imported,
                    placed: sending.placed,
                    roster: sending.roster,
                });
            }
            Streamed::CutOff => tonic::Status::unavailable(t!("import.cut_off", node = region)),
            Streamed::Failed(status) => status,
        };
        if sending.imported.records > before {
            patience.is_rewarded();
        }
        let wait = match sending.imported.records {
            0 => None,
            _ => patience.after(&failed),
        };
        match wait {
            Some(wait) => sleep(wait).await,
            None => return Err(refuse(failed)),
        }
        // It may have gone to start anew under a newer roster.
        if let Ok(status) = copies::status(credentials, region).await {
            sending.roster =
                newer::roster_for(credentials, region, newer::version_of(&status)).await?;
        }
    }
}

/// A file that was sent.
pub(crate) struct SentFile {
    pub(crate) imported: Imported,
    /// Its submissions, but those that a receipt was there for.
    pub(crate) placed: Vec<Placed>,
    /// The roster by which it was checked.
    pub(crate) roster: Roster,
}

/// What is sent, and what has come back.
struct Sending<'s> {
    roster: Roster,
    origin: &'s Origin,
    submissions: mpsc::Receiver<Ready>,
    /// Sent, and no receipt yet; oldest first, at most [`UNRECEIPTED_MAX`].
    unreceipted: VecDeque<Unreceipted>,
    /// How long the chain was when the import began.
    there_at_first: u64,
    /// Up to where the chain was known to reach.
    known_until: u64,
    imported: Imported,
    /// Receipts that were kept before.
    receipts: Option<&'s Receipts>,
    placed: Vec<Placed>,
    taken: &'s dyn Fn(&Taken<'_>),
}

/// A submission whose receipt is still to come.
struct Unreceipted {
    id: SubmissionId,
    /// The leaf hashes of its records.
    leaves: Vec<Hash>,
    bytes: Bytes,
    /// What is kept beside its receipt.
    list: Option<RowList>,
}

impl Unreceipted {
    fn request(&self) -> SubmitRequest {
        SubmitRequest {
            submission_id: self.id.0.to_vec().into(),
            records: self.bytes.clone(),
        }
    }
}

/// How a stream has ended.
enum Streamed {
    /// There is nothing more to send, and every receipt has come.
    All,
    /// The node ended it before the last receipt.
    CutOff,
    Failed(tonic::Status),
}

impl Sending<'_> {
    /// Sends over one call what has no receipt, and what comes.
    ///
    /// # Errors
    /// A receipt that is wrong.
    async fn stream(&mut self, client: SubmissionClient<Channel>) -> anyhow::Result<Streamed> {
        let mut client = client.max_encoding_message_size(MESSAGE_BYTES_MAX);
        let (requests, stream) = mpsc::channel(UNRECEIPTED_MAX);
        for unreceipted in &self.unreceipted {
            // There is room for as many.
            let _ = requests.try_send(unreceipted.request());
        }
        let call = client.submit_stream(ReceiverStream::new(stream));
        let mut receipts = match within(STREAM_START_TIMEOUT, call).await {
            Ok(receipts) => receipts,
            Err(status) => return Ok(Streamed::Failed(status)),
        };
        let mut are_all_read = false;
        loop {
            let is_room = self.unreceipted.len() < UNRECEIPTED_MAX;
            if are_all_read && self.unreceipted.is_empty() {
                return Ok(Streamed::All);
            }
            tokio::select! {
                next = self.submissions.recv(), if is_room && !are_all_read => match next {
                    Some(submission) => self.send(submission, &requests)?,
                    None => are_all_read = true,
                },
                // Only what has been sent is waited for: reading the file takes the time that it takes.
                receipt = deadline::next(&mut receipts, RECEIPT_SILENCE_MAX), if !self.unreceipted.is_empty() => {
                    match receipt {
                        Ok(Some(receipt)) => self.take(&receipt)?,
                        Ok(None) => return Ok(Streamed::CutOff),
                        Err(status) => return Ok(Streamed::Failed(status)),
                    }
                }
            }
        }
    }

    /// Sends a submission, unless a receipt from before says that a mirror holds it.
    fn send(
        &mut self,
        submission: Ready,
        requests: &mpsc::Sender<SubmitRequest>,
    ) -> anyhow::Result<()> {
        let Ready { id, block, list } = submission;
        let leaves = block.leaves().to_vec();
        let known = self.receipts;
        let held = known.and_then(|known| known.mirrored(&self.roster, id, &leaves));
        // A node that has lost what it receipted gets it again: the mirrors may be lost, too.
        if let Some(size) = held.filter(|size| *size <= self.there_at_first) {
            let records = u64::try_from(leaves.len())?;
            self.imported.records += records;
            self.imported.present += records;
            self.imported.size = self.imported.size.max(size);
            (self.taken)(&Taken {
                id,
                fate: Fate::There,
                records,
                bytes: block.bytes(),
            });
            if let (Some(known), Some(list)) = (known, &list) {
                known.keep_list_if_missing(list)?;
            }
            return Ok(());
        }
        let next = Unreceipted {
            id,
            leaves,
            bytes: block.bytes().to_vec().into(),
            list,
        };
        // There is room; a call that has ended is noticed by its receipts.
        let _ = requests.try_send(next.request());
        self.unreceipted.push_back(next);
        Ok(())
    }

    /// Receipts come in the order of the submissions.
    fn take(&mut self, receipt: &Receipt) -> anyhow::Result<()> {
        let sent = self.unreceipted.pop_front();
        let sent = sent.context("a receipt is waited for only after a submission")?;
        if let Some(waiting) = &receipt.waiting {
            return self.note_waiting(waiting, &sent);
        }
        let size = verify(&self.roster, self.origin, receipt, &sent)?;
        if let (Some(receipts), Some(list)) = (self.receipts, &sent.list) {
            receipts.keep_list(list)?;
        }
        let records = u64::from(receipt.records);
        let imported = &mut self.imported;
        imported.records += records;
        // A submission that the file has twice comes back with the receipt of the first time.
        let is_new = receipt.first >= self.known_until;
        if !is_new {
            imported.present += records;
        }
        self.known_until = self.known_until.max(receipt.first + records);
        imported.size = imported.size.max(size);
        imported.unheld += u64::from(receipt.unheld);
        (self.taken)(&Taken {
            id: sent.id,
            fate: if is_new { Fate::Accepted } else { Fate::There },
            records,
            bytes: &sent.bytes,
        });
        self.placed.push(Placed {
            id: sent.id,
            first: receipt.first,
            leaves: sent.leaves,
        });
        Ok(())
    }

    /// A submission that is in no chain: it waits for a second clerk, or was refused by one.
    fn note_waiting(
        &mut self,
        waiting: &WaitingSubmission,
        sent: &Unreceipted,
    ) -> anyhow::Result<()> {
        let is_it = convert::submission_id(&waiting.submission_id)? == sent.id
            && convert::hash("content", &waiting.content)? == content_digest(&sent.leaves);
        ensure!(is_it, "{}", t!("import.wrong_receipt"));
        let records = u64::try_from(sent.leaves.len())?;
        let imported = &mut self.imported;
        let fate = if waiting.refused_ms > 0 {
            imported.refused += records;
            Fate::Refused
        } else {
            imported.waiting += records;
            Fate::Waits
        };
        (self.taken)(&Taken {
            id: sent.id,
            fate,
            records,
            bytes: &sent.bytes,
        });
        Ok(())
    }
}

/// The size of the chain by a receipt that was checked against what was sent.
fn verify(
    roster: &Roster,
    origin: &Origin,
    receipt: &Receipt,
    sent: &Unreceipted,
) -> anyhow::Result<u64> {
    let stated = statement::Receipt {
        submission: convert::submission_id(&receipt.submission_id)?,
        first: LeafIndex(receipt.first),
        records: usize::try_from(receipt.records)?,
        head: receipt.head.to_vec(),
    };
    let sent = statement::Sent {
        submission: sent.id,
        records: sent.leaves.len(),
        origin,
    };
    let head = stated
        .verify(roster, &sent)
        .with_context(|| t!("import.wrong_receipt"))?;
    Ok(head.size.0)
}

/// How often it is asked, and how long it is waited in between, until others hold what was imported: peers that are there have it
/// within a second or two.
const SHARING_LOOKS: u32 = 10;
const SHARING_WAIT: Duration = Duration::from_millis(300);

/// How many other nodes hold the chain up to this size; none if there are no others, or the node does not say.
pub(crate) fn sharing(credentials: &Credentials, node: Division, size: u64) -> Option<Sharing> {
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
