//! One task a peer: watch what it announces, and watch again when the connection is lost. One task a fetch: bring batches,
//! parsed, to the engine.

use super::{
    incoming::{Early, Incoming, Source, end_of},
    pace::Pace,
};
use crate::{
    board::{EVIDENCE_MAX, Telling},
    carrier::SentBatch,
    engine::Engine,
    floods::Floods,
    heads::{Heads, Said},
    peer_secrets::PeerSecrets,
    room::Room,
    rosters::{Rosters, VERSIONS_AT_ONCE},
    shelf::Shelf,
    waiting::ANNOUNCEMENT_BYTES_MAX,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep},
};
use tonic::{Code, Status, Streaming, transport::Channel};
use yizhang_ledger::{
    batch::Batch,
    head::Origin,
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{CheckedHead, FetchId, Input, PeerId, limits::ANNOUNCED_HEADS_MAX};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    code::RefusalCode,
    convert,
    deadline::{self, ANNOUNCEMENT_TIMEOUT, BATCH_SILENCE_MAX, STREAM_START_TIMEOUT, within},
    v1::{
        self, FetchRequest, RostersRequest, SignedBatch, TellRequest, WatchRequest,
        replication_client::ReplicationClient, rosters_client::RostersClient,
    },
};

/// Wait before the first attempt to reach a lost peer again; doubles up to [`RECONNECT_WAIT_MAX`].
const RECONNECT_WAIT_MIN: Duration = Duration::from_millis(100);
/// Longest wait between two attempts: how long a restarted peer may stay unnoticed.
const RECONNECT_WAIT_MAX: Duration = Duration::from_secs(3);
/// Longest wait before a peer that sends nonsense or floods is called again; it begins with [`RECONNECT_WAIT_MAX`] and doubles
/// each time. An operator who has mended his node waits no longer than this.
const PENALTY_MAX: Duration = Duration::from_secs(10 * 60);
/// Most answers with versions of the roster that are read of a peer in search of one that contradicts: all that a directory keeps.
const ROSTER_ANSWERS_MAX: usize = 513;
/// Longest reason in the log for which a peer is away.
const REASON_CHARACTERS_MAX: usize = 300;

/// A peer as the engine knows it.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) region: Division,
    pub(crate) channel: Channel,
    /// Told when the peer sent nonsense: its connection is dropped and taken up again after the longest wait.
    pub(crate) blamed: Arc<Notify>,
    /// Where there is none left for a chain, nothing of it is fetched.
    pub(crate) room: Arc<Room>,
    pub(crate) floods: Arc<Floods>,
    /// Checks what the peer sends before the engine gets it.
    pub(crate) heads: Arc<Heads>,
    pub(crate) clock: fn() -> UnixMillis,
    pub(crate) secrets: Arc<PeerSecrets>,
    pub(crate) rosters: Arc<Rosters>,
}

impl Peer {
    fn client(&self) -> ReplicationClient<Channel> {
        ReplicationClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Watches the peer until the engine is gone.
    pub(crate) async fn keep_watching(self, engine: Engine) {
        let mut wait = RECONNECT_WAIT_MIN;
        let mut penalty = RECONNECT_WAIT_MAX;
        // Said once for each time that it is away, not at every attempt.
        let mut is_missed = false;
        loop {
            let mut connected = false;
            let began = Instant::now();
            let end = tokio::select! {
                result = self.watch(&engine, &mut connected) => End::of_watch(result),
                () = self.blamed.notified() => End::Blamed("it sent nonsense".to_string()),
                () = engine.stopped() => return,
            };
            let peer = self.region;
            if let End::NotInRoster(_) = &end {
                // The peer works under a version that does not name this node: either is behind.
                tokio::spawn(self.clone().fetch_rosters());
            }
            if let End::Flooded(_) = &end {
                self.floods.notice(peer, std::time::Instant::now());
            }
            if let End::Blamed(reason) | End::Flooded(reason) = &end {
                if began.elapsed() > PENALTY_MAX {
                    penalty = RECONNECT_WAIT_MAX;
                }
                wait = penalty;
                self.floods
                    .is_not_called(peer, wait, std::time::Instant::now());
                let seconds = wait.as_secs();
                tracing::warn!(%peer, reason, seconds, "a peer is not called for a while");
                penalty = (penalty * 2).min(PENALTY_MAX);
            }
            let (End::Lost(reason)
            | End::NotInRoster(reason)
            | End::Blamed(reason)
            | End::Flooded(reason)) = end;
            if connected {
                tracing::warn!(%peer, reason, "a peer is lost");
            } else if !is_missed {
                tracing::warn!(%peer, reason, "a peer cannot be reached");
            }
            is_missed = true;
            if connected {
                engine.hear(Input::PeerLost(PeerId(self.region))).await;
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = engine.stopped() => return,
            }
            wait = if connected {
                RECONNECT_WAIT_MIN
            } else {
                (wait * 2).min(RECONNECT_WAIT_MAX)
            };
        }
    }

    async fn watch(&self, engine: &Engine, connected: &mut bool) -> Result<(), Status> {
        let client = ReplicationClient::new(self.channel.clone());
        let mut client = client.max_decoding_message_size(ANNOUNCEMENT_BYTES_MAX);
        let mut stream = within(STREAM_START_TIMEOUT, client.watch(WatchRequest {})).await?;
        let mut pace = Pace::new();
        loop {
            let next = if *connected {
                stream.message().await?
            } else {
                deadline::next(&mut stream, ANNOUNCEMENT_TIMEOUT).await?
            };
            let Some(message) = next else { return Ok(()) };
            if !*connected {
                *connected = true;
                tracing::info!(peer = %self.region, "a peer is found");
                engine.hear(Input::PeerConnected(PeerId(self.region))).await;
                self.roster_told(message.roster, &message.roster_hash);
            }
            let told = message.heads.len() + message.cosigned.len() + 2 * message.evidence.len();
            let message = bounded(message);
            pace.keep(told).await;
            self.hear(engine, message).await?;
        }
    }

    /// The peer says under which version of the roster it works. A newer one than is held here is fetched from it, and another one of
    /// the same number looked for. What is no hash says nothing.
    fn roster_told(&self, version: u64, hash: &[u8]) {
        let hash = convert::digest(hash).ok();
        let told = self.rosters.told(self.region, version, hash);
        if version > self.rosters.newest() {
            tokio::spawn(self.clone().fetch_rosters());
        } else if told.is_other {
            tracing::warn!(peer = %self.region, version, "a peer works under another version of the roster with a number that is held here");
            let peer = self.clone();
            tokio::spawn(async move { peer.look_for_other_roster().await });
        }
    }

    /// Looks for the first version of the peer that contradicts one held here, and keeps it, if the root keys have signed it.
    async fn look_for_other_roster(&self) {
        let peer = self.region;
        let mut version = self.rosters.first().saturating_sub(1);
        for _ in 0..ROSTER_ANSWERS_MAX {
            let Some(notes) = self.rosters_after(version).await else {
                return;
            };
            let last = notes.last().and_then(|note| Shelf::number_of(note).ok());
            let rosters = Arc::clone(&self.rosters);
            let kept = spawn_blocking(move || rosters.keep_other(&notes)).await;
            match kept {
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%peer, %error, "another version of the roster could not be kept");
                    return;
                }
                Ok(Ok(true)) | Err(_) => return,
            }
            let newest = self.rosters.newest();
            match last.filter(|last| (version + 1..newest).contains(last)) {
                Some(last) => version = last,
                // It has shown none that counts, of all that could.
                None => return,
            }
        }
    }

    /// The versions of the roster that the peer has above one, a few; none if it does not answer.
    async fn rosters_after(&self, version: u64) -> Option<Vec<Vec<u8>>> {
        let mut client =
            RostersClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let asked = client.after(RostersRequest { version });
        match within(STREAM_START_TIMEOUT, asked).await {
            Ok(reply) => {
                let notes = reply.rosters.into_iter().take(VERSIONS_AT_ONCE);
                Some(notes.map(Into::into).collect())
            }
            Err(status) => {
                tracing::warn!(peer = %self.region, code = ?status.code(), "versions of the roster could not be fetched");
                None
            }
        }
    }

    /// Fetches the versions of the roster that are missing here, and keeps them. What is wrong with them is said, and tried again when
    /// the peer is found again.
    async fn fetch_rosters(self) {
        let peer = self.region;
        loop {
            let version = self.rosters.newest();
            let Some(notes) = self
                .rosters_after(version)
                .await
                .filter(|notes| !notes.is_empty())
            else {
                return;
            };
            let rosters = Arc::clone(&self.rosters);
            let taken = spawn_blocking(move || rosters.take(&notes));
            match taken.await {
                Ok(Ok(newest)) if newest > version => {
                    tracing::info!(%peer, version = newest, "a newer version of the roster has come from a peer");
                }
                // It has sent what is known, or the node is stopping.
                Ok(Ok(_)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::error!(%peer, %error, "a version of the roster from a peer is not taken");
                    // It may follow from another one than is held here.
                    return self.look_for_other_roster().await;
                }
            }
        }
    }

    /// Has a message of the watch checked, and hands it to the engine.
    async fn hear(&self, engine: &Engine, message: v1::Heads) -> Result<(), Status> {
        let said = Said {
            heads: message.heads.into_iter().map(Into::into).collect(),
            evidence: message
                .evidence
                .into_iter()
                .map(crate::services::contradiction)
                .collect(),
        };
        let cosigned = Said {
            heads: message.cosigned.into_iter().map(Into::into).collect(),
            evidence: Vec::new(),
        };
        let checked = self.heads.check_all(said).await;
        let Said { heads, evidence } = checked.ok_or_else(stopping)?;
        let peer = PeerId(self.region);
        for contradiction in evidence {
            // A few of them end the connection.
            if contradiction.is_forged() {
                tracing::warn!(peer = %self.region, "a peer shows evidence that proves nothing");
            }
            let shown = Input::Shown {
                peer,
                contradiction: Box::new(contradiction),
            };
            engine.hear(shown).await;
        }
        // Before the heads, of which it may be said that they are all: then what this node has cosigned has been told, too.
        if !cosigned.heads.is_empty() {
            let checked = self.heads.check_all(cosigned).await;
            let Said { heads, .. } = checked.ok_or_else(stopping)?;
            // A few of them end the connection.
            let lines: usize = heads.iter().map(CheckedHead::forged).sum();
            if lines > 0 {
                tracing::warn!(peer = %self.region, lines, "a peer sends cosignatures that are not by the key that they name");
            }
            engine.hear(Input::CosignaturesShown { peer, heads }).await;
        }
        let announced = Input::Announced {
            peer,
            heads,
            complete: message.complete,
        };
        engine.hear(announced).await;
        Ok(())
    }

    /// Brings the batches of a chain from `from` on, in order, until the peer has no more; as many as `window` allows.
    pub(crate) async fn fetch(
        self,
        engine: Engine,
        fetch: FetchId,
        origin: Origin,
        from: TreeSize,
        window: Arc<Semaphore>,
    ) {
        let fetched = self.fetch_all(&engine, fetch, &origin, from, &window).await;
        engine.bring(end_of(fetch, fetched)).await;
    }

    /// Tells the peer what it might not see by watching.
    pub(crate) async fn tell(&self, telling: Telling) -> Result<(), Status> {
        let evidence = telling.evidence.into_iter();
        let request = TellRequest {
            heads: telling.heads.into_iter().map(Into::into).collect(),
            evidence: evidence.map(crate::services::evidence).collect(),
            clock_ms: (self.clock)().0,
            secret_checks: crate::services::checks(self.secrets.own()),
            secret_written: crate::services::place(self.secrets.written()),
        };
        within(STREAM_START_TIMEOUT, self.client().tell(request)).await?;
        Ok(())
    }

    /// The batch that starts there, with its head, as the peer holds it; none if it does not, or sends something else.
    pub(crate) async fn batch_at(
        &self,
        origin: &Origin,
        from: TreeSize,
    ) -> Option<(Batch, Vec<u8>)> {
        let request = FetchRequest {
            origin: origin.to_string(),
            from: from.0,
        };
        let mut client = self.client();
        let fetched = within(STREAM_START_TIMEOUT, client.fetch(request)).await;
        let mut stream = fetched.ok()?;
        let message = deadline::next(&mut stream, BATCH_SILENCE_MAX).await;
        let message = message.ok().flatten()?;
        let parsing = spawn_blocking(move || Batch::parse(message.batch.into()));
        let batch = parsing.await.ok()?.ok()?;
        Some((batch, message.head.into()))
    }

    async fn fetch_all(
        &self,
        engine: &Engine,
        fetch: FetchId,
        origin: &Origin,
        from: TreeSize,
        window: &Semaphore,
    ) -> Result<(), Early> {
        if !self.room.takes(origin) {
            return Ok(());
        }
        let request = FetchRequest {
            origin: origin.to_string(),
            from: from.0,
        };
        let mut client = self.client();
        let stream = within(STREAM_START_TIMEOUT, client.fetch(request)).await;
        let source = FromPeer {
            peer: self.region,
            origin,
            stream: stream.map_err(|status| early(self.region, origin, &status))?,
        };
        let way = Incoming {
            engine,
            room: &self.room,
            heads: &self.heads,
        };
        way.bring(fetch, origin, source, window).await
    }
}

/// Batches that the node of another region sends.
struct FromPeer<'a> {
    peer: Division,
    origin: &'a Origin,
    stream: Streaming<SignedBatch>,
}

impl Source for FromPeer<'_> {
    async fn next(&mut self) -> Result<Option<SentBatch>, Early> {
        let message = deadline::next(&mut self.stream, BATCH_SILENCE_MAX).await;
        let message = message.map_err(|status| early(self.peer, self.origin, &status))?;
        Ok(message.map(|sent| SentBatch {
            batch: sent.batch.into(),
            head: sent.head.into(),
        }))
    }
}

/// How a fetch ends by the status of a peer.
fn early(peer: Division, origin: &Origin, status: &Status) -> Early {
    tracing::debug!(%peer, chain = %origin, code = ?status.code(), "a fetch ended early");
    match status.code() {
        Code::NotFound => Early::Refused,
        _ => Early::Lost,
    }
}

/// What is looked at of a message of a watch. The rest is given up before anything waits: a message of a MiB may have half a
/// million empty pairs, and memory for as many.
fn bounded(mut message: v1::Heads) -> v1::Heads {
    // Of one head more than there may be, the replica says that there are too many.
    message.heads.truncate(ANNOUNCED_HEADS_MAX + 1);
    message.heads.shrink_to_fit();
    message.evidence.truncate(EVIDENCE_MAX);
    message.evidence.shrink_to_fit();
    message.cosigned.truncate(ANNOUNCED_HEADS_MAX);
    message.cosigned.shrink_to_fit();
    message
}

/// How a watch has ended, and why.
enum End {
    /// As connections end.
    Lost(String),
    /// Because the peer's roster does not name the region of this node.
    NotInRoster(String),
    /// By what the peer sent.
    Blamed(String),
    /// By how much the peer sent at once.
    Flooded(String),
}

impl End {
    fn of_watch(result: Result<(), Status>) -> Self {
        let Err(status) = result else {
            return Self::Lost("it ended the watch".to_string());
        };
        let reason = reason_of(&status);
        if RefusalCode::of(&status) == Some(RefusalCode::NotInRoster) {
            return Self::NotInRoster(reason);
        }
        match status.code() {
            // What tonic says of a message above the limit, before it reads it.
            Code::OutOfRange => Self::Flooded(format!("it floods with large messages: {reason}")),
            _ => Self::Lost(reason),
        }
    }
}

/// Why a watch has failed, from what is known on this side: what a peer says of itself may be anything.
fn reason_of(status: &Status) -> String {
    let mut reason = format!("{:?}", status.code());
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        reason = format!("{reason}: {error}");
        source = error.source();
    }
    reason.chars().take(REASON_CHARACTERS_MAX).collect()
}

/// A task that reads has not ended as it should: the node is stopping.
fn stopping() -> Status {
    Status::internal("a reader stopped")
}

/// A fetch under way: the engine opens its window or ends it.
#[derive(Debug)]
pub(crate) struct Fetching {
    window: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Fetching {
    pub(crate) fn new(window: Arc<Semaphore>, task: JoinHandle<()>) -> Self {
        Self { window, task }
    }

    pub(crate) fn allow(&self, batches: usize) {
        self.window.add_permits(batches);
    }

    pub(crate) fn cancel(&self) {
        self.task.abort();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_half_a_million_empty_pairs_keeps_few_of_them_and_no_memory_for_them() {
        let message = v1::Heads {
            heads: vec![bytes::Bytes::new(); 10_000],
            evidence: vec![v1::Evidence::default(); 500_000],
            cosigned: vec![bytes::Bytes::new(); 10_000],
            complete: true,
            roster: 1,
            roster_hash: bytes::Bytes::new(),
        };
        let message = bounded(message);
        assert_eq!(message.heads.len(), ANNOUNCED_HEADS_MAX + 1);
        assert_eq!(message.evidence.len(), EVIDENCE_MAX);
        assert_eq!(message.cosigned.len(), ANNOUNCED_HEADS_MAX);
        assert!(message.heads.capacity() <= 2 * message.heads.len());
        assert!(message.evidence.capacity() <= 2 * message.evidence.len());
    }
}
