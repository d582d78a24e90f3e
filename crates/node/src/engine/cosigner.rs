//! The thread that cosigns: it writes down what is going to be cosigned, of all chains that wait with one sync, and only then signs.
//! Beside that it keeps what is known of the lines of others, so that whoever has lost what he cosigned is told of it by those who were
//! started anew, too.

use super::{
    Engine,
    handle::Event,
    register_checks::{RegisterChecks, RegisterTools},
};
use crate::{config::NodeKeys, heads::Heads, room::Room, wrong_registers::WrongRegisters};
use ed25519_dalek::SigningKey;
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use yizhang_ledger::{
    cosignature::{UnixSeconds, sign},
    head::Origin,
    note::Note,
    roster::KeyKind,
    value::TreeSize,
};
use yizhang_replica::{CheckedHead, Input, ToCosign};
use yizhang_store::{CosignedEntry, Store, StoreError};

/// How often lines of others are written down: what is lost of them in a crash comes again with the next heads.
const LINES_INTERVAL: Duration = Duration::from_secs(5);

/// The keys with which a node cosigns, under the names of its region.
#[derive(Clone)]
pub(crate) struct CosigningKeys {
    origin: Origin,
    witness: SigningKey,
    mirror: SigningKey,
}

impl CosigningKeys {
    pub(crate) fn new(origin: Origin, keys: &NodeKeys) -> Self {
        Self {
            origin,
            witness: keys.witness.clone(),
            mirror: keys.mirror.clone(),
        }
    }

    /// The key of a kind; a head is cosigned by none as a chain.
    const fn of(&self, kind: KeyKind) -> &SigningKey {
        match kind {
            KeyKind::Chain | KeyKind::Witness => &self.witness,
            KeyKind::Mirror => &self.mirror,
        }
    }

    fn public(&self, kind: KeyKind) -> [u8; 32] {
        self.of(kind).verifying_key().to_bytes()
    }

    /// A note with the lines of these keys under it: the same for the same time.
    fn cosign(&self, note: &[u8], kinds: &[KeyKind], time: UnixSeconds) -> Vec<u8> {
        let mut cosigned = note.to_vec();
        let Ok(read) = Note::parse(note) else {
            // Nobody takes it for a head then.
            return cosigned;
        };
        for kind in kinds {
            let line = sign(read.text, &kind.name(&self.origin), self.of(*kind), time);
            cosigned.extend_from_slice(line.as_bytes());
        }
        cosigned
    }
}

/// What a node knows of cosigned heads from its journal: the lines of its own keys, made again, and those of others that it has kept.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn cosigned_before(
    store: &Store,
    keys: &CosigningKeys,
    heads: &Heads,
) -> Result<Vec<CheckedHead>, StoreError> {
    let kept = store.cosigned()?;
    let mut notes = Vec::new();
    for CosignedEntry { key, seconds, note } in kept.given {
        let kinds = [KeyKind::Witness, KeyKind::Mirror];
        // Those of keys from before are among what was kept of others.
        let kind = kinds.into_iter().find(|kind| keys.public(*kind) == key);
        if let (Some(kind), Some(time)) = (kind, UnixSeconds::new(seconds)) {
            notes.push(keys.cosign(&note, &[kind], time));
        }
    }
    if notes.is_empty() && holds_other_chains(store, &keys.origin) {
        tracing::warn!(
            "the journal has nothing that the keys of this node have cosigned: it cosigns nothing before its peers have said what they \
             hold of its lines. If it has cosigned before and no peer answers, it needs new keys by a new version of the roster: \
             docs/OPERATIONS.md, \"Cosignatures\""
        );
    }
    notes.extend(kept.received);
    Ok(notes.iter().map(|note| heads.check(note)).collect())
}

/// Whether the node has been a mirror before, as far as its disk knows.
fn holds_other_chains(store: &Store, own: &Origin) -> bool {
    let mut others = store.origins().filter(|origin| *origin != own);
    others.any(|origin| store.size(origin).is_some_and(|size| size > TreeSize(0)))
}

/// The thread that cosigns.
pub(crate) struct Cosigner {
    /// Bounded by the replica, which asks for one cosigning at a time, and shows lines a few times a second; what is shown of a chain
    /// takes the place of what was shown before.
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

/// What it is to do.
enum Job {
    Cosign(Vec<ToCosign>),
    /// Of this chain these are the heads with their lines.
    Lines(Origin, Vec<Vec<u8>>),
}

/// What it works with.
pub(crate) struct Tools {
    pub(crate) store: Arc<Store>,
    pub(crate) engine: Engine,
    pub(crate) keys: CosigningKeys,
    pub(crate) heads: Arc<Heads>,
    pub(crate) runtime: Handle,
    pub(crate) room: Arc<Room>,
    pub(crate) wrong_registers: Arc<WrongRegisters>,
}

impl Cosigner {
    /// Starts the thread. What is durable and signed it reports to the engine.
    pub(crate) fn start(tools: Tools) -> std::io::Result<Self> {
        let (jobs, received) = mpsc::channel();
        let cosigning = Cosigning {
            tools,
            jobs: received,
            lines: BTreeMap::new(),
            kept: BTreeMap::new(),
            written: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("cosign".into())
            .spawn(move || cosigning.run())?;
        Ok(Self { jobs, thread })
    }

    /// Queues heads to be cosigned.
    pub(crate) fn cosign(&self, heads: Vec<ToCosign>) {
        let _ = self.jobs.send(Job::Cosign(heads));
    }

    /// Queues what is known of a chain's cosignatures.
    pub(crate) fn keep(&self, origin: Origin, heads: Vec<Vec<u8>>) {
        let _ = self.jobs.send(Job::Lines(origin, heads));
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// The thread's side.
struct Cosigning {
    tools: Tools,
    jobs: mpsc::Receiver<Job>,
    /// Lines that are not written yet, those that are, and when some were written last.
    lines: BTreeMap<Origin, Vec<Vec<u8>>>,
    kept: BTreeMap<Origin, Vec<Vec<u8>>>,
    written: Instant,
}

impl Cosigning {
    fn run(mut self) {
        // What cannot be read is written again; whoever opened the journal has said so.
        let known = self.tools.store.cosigned().unwrap_or_default();
        let registers = self.registers_known(&known.given);
        for note in known.received {
            if let Some(origin) = origin_of(&note) {
                self.kept.entry(origin).or_default().push(note);
            }
        }
        loop {
            let done = match self.jobs.recv_timeout(LINES_INTERVAL) {
                Ok(Job::Cosign(heads)) => self.cosign(heads, &registers),
                Ok(Job::Lines(origin, heads)) => {
                    self.lines.insert(origin, heads);
                    Ok(())
                }
                Err(mpsc::RecvTimeoutError::Timeout) => Ok(()),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            };
            let is_time = self.written.elapsed() >= LINES_INTERVAL;
            let done = done.and_then(|()| if is_time { self.write_lines() } else { Ok(()) });
            if let Err(error) = done {
                // A write that failed has stopped the store, which ends the node. Nothing is cosigned any more.
                tracing::error!(%error, "what is cosigned could not be written to the journal; no line leaves");
                return;
            }
        }
        if let Err(error) = self.write_lines() {
            tracing::warn!(%error, "lines of cosigners were not kept; they come again");
        }
    }

    /// The registers of other chains, as far as this mirror has computed them before it cosigned.
    fn registers_known(&self, given: &[CosignedEntry]) -> RegisterChecks {
        let mirror = self.tools.keys.public(KeyKind::Mirror);
        let by_mirror = given.iter().filter(|entry| entry.key == mirror);
        let sizes = by_mirror.filter_map(|entry| self.held_as(&entry.note));
        let tools = RegisterTools {
            store: Arc::clone(&self.tools.store),
            runtime: self.tools.runtime.clone(),
            room: Arc::clone(&self.tools.room),
            wrong: Arc::clone(&self.tools.wrong_registers),
        };
        RegisterChecks::new(tools, sizes.collect())
    }

    /// Chain and size of a head that was cosigned, if that is what is held of the chain: one of a history that was set aside says nothing of
    /// the registers in the other.
    fn held_as(&self, note: &[u8]) -> Option<(Origin, TreeSize)> {
        let head = self.tools.heads.opened(note)?;
        let root = self.tools.store.root_at(&head.origin, head.size).ok()?;
        (root == Some(head.root)).then_some((head.origin, head.size))
    }

    /// Writes down, then signs. What a mirror cannot say yet, because registers are being computed, is left out, and asked for again.
    ///
    /// A crash before the write has ended leaves some of it in the journal or none; no line has left, and what the journal has is made
    /// again at the next start, for the same time. A crash after it: the same.
    fn cosign(
        &self,
        mut heads: Vec<ToCosign>,
        registers: &RegisterChecks,
    ) -> Result<(), StoreError> {
        for head in &mut heads {
            let (chain, size) = (&head.origin, head.size);
            registers.has_cosigned(chain, head.mirrored);
            let may = |kind: &KeyKind| *kind != KeyKind::Mirror || registers.are_right(chain, size);
            head.kinds.retain(may);
        }
        heads.retain(|head| !head.kinds.is_empty());
        let Tools {
            store,
            engine,
            keys,
            heads: checks,
            runtime: _,
            room: _,
            wrong_registers: _,
        } = &self.tools;
        let entries = heads.iter().flat_map(|head| {
            let entry = |kind: &KeyKind| CosignedEntry {
                key: keys.public(*kind),
                seconds: head.time.get(),
                note: head.note.clone(),
            };
            head.kinds.iter().map(entry)
        });
        let entries: Vec<_> = entries.collect();
        if !entries.is_empty() {
            store.keep_given(&entries)?;
        }
        let cosigned = heads
            .iter()
            .map(|head| keys.cosign(&head.note, &head.kinds, head.time));
        let checked = cosigned.map(|note| checks.check(&note)).collect();
        engine.send_blocking(Event::Input(Input::Cosigned(checked)));
        Ok(())
    }

    fn write_lines(&mut self) -> Result<(), StoreError> {
        self.written = Instant::now();
        let mut news = std::mem::take(&mut self.lines);
        // A node that starts shows what it has read in its journal.
        news.retain(|origin, heads| !heads.is_empty() && self.kept.get(origin) != Some(heads));
        if news.is_empty() {
            return Ok(());
        }
        let chains: Vec<_> = news.values().cloned().collect();
        self.tools.store.keep_received(&chains)?;
        self.kept.extend(news);
        Ok(())
    }
}

/// The chain in the first line of a head.
fn origin_of(note: &[u8]) -> Option<Origin> {
    let line = note.split(|byte| *byte == b'\n').next()?;
    Origin::parse(str::from_utf8(line).ok()?)
}
