//! Evidence as this node keeps it: in the journal, so that a quarantine outlives a restart, and only then on the board, so
//! that others learn of it.
//!
//! An entry of the journal is an evidence file, where something ties the two heads together. Otherwise it is a byte (1 if the heads
//! prove a fork, 0 if they only should not exist), the length of our head (4 bytes, little endian), our head, their head.

use crate::{
    board::Board,
    engine::{Engine, Event},
    fork_files,
    heads::Heads,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use yizhang_ledger::{
    beginning::Beginning,
    head::{Head, Origin},
    roster::Roster,
    value::TreeSize,
};
use yizhang_replica::{Contradiction, Evidence, Input, limits::EVIDENCE_PER_CHAIN_MAX};
use yizhang_statement::{FORK_BYTES_MAX, ForkEvidence};
use yizhang_store::{JournalEntry, JournalKind, Store, StoreError};

/// Two heads of one chain that cannot both be true.
struct KeptEvidence {
    proof: bool,
    ours: Vec<u8>,
    theirs: Vec<u8>,
    beginning: Option<Beginning>,
}

impl KeptEvidence {
    fn of(evidence: &Evidence) -> Self {
        let ours = evidence.ours.clone().unwrap_or_default();
        let mut kept = Self {
            proof: evidence.is_proof(),
            ours,
            theirs: evidence.theirs.clone(),
            beginning: evidence.beginning.clone(),
        };
        // Of a tree so large that its path fits into no file the heads stay, which close the chain.
        let file = kept.file().map(|file| file.to_bytes());
        if file.is_some_and(|file| file.len() > FORK_BYTES_MAX) {
            kept.beginning = None;
        }
        kept
    }

    fn to_entry(&self) -> JournalEntry {
        match self.file() {
            Some(file) => JournalEntry {
                kind: JournalKind::FORK_FILE,
                bytes: file.to_bytes(),
            },
            None => JournalEntry {
                kind: JournalKind::FORK_EVIDENCE,
                bytes: self.to_bytes(),
            },
        }
    }

    /// As an evidence file, if something ties the heads together.
    fn file(&self) -> Option<ForkEvidence> {
        Some(ForkEvidence {
            first: self.theirs.clone(),
            second: self.ours.clone(),
            beginning: Some(self.beginning.clone()?),
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.ours.len()).expect("a head has at most 64 KiB");
        let mut bytes = vec![u8::from(self.proof)];
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.ours);
        bytes.extend_from_slice(&self.theirs);
        bytes
    }

    /// What an entry of the journal is about; none if it is no evidence.
    fn read(entry: &JournalEntry) -> Option<Self> {
        match entry.kind {
            JournalKind::FORK_EVIDENCE => Self::read_heads(&entry.bytes),
            JournalKind::FORK_FILE => Self::read_file(&entry.bytes),
            _ => None,
        }
    }

    fn read_file(bytes: &[u8]) -> Option<Self> {
        let ForkEvidence {
            first,
            second,
            beginning,
        } = ForkEvidence::parse(bytes).ok()?;
        Some(Self {
            proof: true,
            ours: second,
            theirs: first,
            beginning: Some(beginning?),
        })
    }

    fn read_heads(bytes: &[u8]) -> Option<Self> {
        let (proof, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (ours, theirs) =
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some(Self {
            proof: *proof == 1,
            ours: ours.to_vec(),
            theirs: theirs.to_vec(),
            beginning: None,
        })
    }

    /// The head that contradicts what was held, if this still says something under a roster: its key counts, and that of the other head, if
    /// there is one; and what ties them together does.
    fn counts(&self, roster: &Roster) -> Option<Head> {
        let head = Head::open(&self.theirs, roster).ok()?.into_inner();
        let counts = match self.file() {
            Some(file) => file.verify(roster).is_ok(),
            None => self.ours.is_empty() || Head::open(&self.ours, roster).is_ok(),
        };
        counts.then_some(head)
    }

    /// What is shown to everybody who watches this node, if two heads at hand prove it.
    fn shown(self) -> Option<Contradiction> {
        let is_shown = self.proof && !self.ours.is_empty();
        is_shown.then_some(Contradiction {
            heads: [self.ours, self.theirs],
            beginning: self.beginning,
        })
    }
}

/// Ties the heads of evidence together, if the chain that is held here can.
fn tie(evidence: &mut Evidence, store: &Store, roster: &Roster) {
    let Some(shown) = evidence.shown() else {
        return;
    };
    let Contradiction {
        heads: [ours, theirs],
        beginning,
    } = fork_files::tied(store, roster, shown);
    if beginning.is_some() {
        evidence.ours = Some(ours);
        evidence.theirs = theirs;
        evidence.beginning = beginning;
    }
}

/// The thread that writes evidence down.
pub(crate) struct Journal {
    /// Unbounded, so that the engine never waits for the disk; the replica reports so many pieces of evidence about a chain
    /// (`EVIDENCE_PER_CHAIN_MAX`), and a roster has so many chains.
    jobs: mpsc::Sender<Box<Evidence>>,
    thread: JoinHandle<()>,
}

impl Journal {
    /// Starts the thread. What is durable it reports to the engine.
    pub(crate) fn start(
        store: Arc<Store>,
        engine: Engine,
        heads: Arc<Heads>,
    ) -> std::io::Result<Self> {
        let (jobs, received) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || write_all(&store, &engine, heads.roster(), &received))?;
        Ok(Self { jobs, thread })
    }

    /// Queues evidence.
    pub(crate) fn keep(&self, evidence: Box<Evidence>) {
        let _ = self.jobs.send(evidence);
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// Writes evidence into the journal, piece by piece, with what ties its heads together, and says so when a piece is durable. Only
/// then does the replica have it shown to others.
///
/// A crash before a piece is durable: the chain is closed in no file, and nobody has heard of the fork from here. Whoever holds
/// the contradicting head shows it again after the start, and it is found again. A crash after it: the chain is closed when
/// the node starts, and the evidence is on the board before anybody watches.
///
/// What the journal has already is not written again: a node that starts finds the same evidence again, each time.
fn write_all(
    store: &Store,
    engine: &Engine,
    roster: &Roster,
    jobs: &mpsc::Receiver<Box<Evidence>>,
) {
    let mut written = Written::read(store);
    while let Ok(mut evidence) = jobs.recv() {
        tie(&mut evidence, store, roster);
        let kept = KeptEvidence::of(&evidence);
        if !written.is_news(&kept) {
            engine.send_blocking(Event::Input(Input::Kept(evidence)));
            continue;
        }
        let JournalEntry { kind, bytes } = kept.to_entry();
        if let Err(error) = store.journal_append(kind, &bytes) {
            // A write that failed has stopped the store, which ends the node.
            tracing::error!(%error, "evidence could not be written to the journal; it is not shown to others");
            continue;
        }
        written.add(&kept);
        engine.send_blocking(Event::Input(Input::Kept(evidence)));
    }
}

/// The contradicting heads that the journal has, apart for what is tied together, for what only closes a chain, and for suspicions.
#[derive(Default)]
struct Written {
    tied: ByChain,
    proofs: ByChain,
    suspicions: ByChain,
}

/// Heads by the first line of each.
type ByChain = BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>;

impl Written {
    /// What cannot be read is written again; opening has said already that the journal is damaged.
    fn read(store: &Store) -> Self {
        let mut written = Self::default();
        let entries = store.journal().into_iter().flatten().map_while(Result::ok);
        for kept in entries.filter_map(|entry| KeptEvidence::read(&entry)) {
            written.add(&kept);
        }
        written
    }

    fn is_news(&mut self, kept: &KeptEvidence) -> bool {
        match self.of(kept).get(&chain_of(&kept.theirs)) {
            Some(heads) => heads.len() < EVIDENCE_PER_CHAIN_MAX && !heads.contains(&kept.theirs),
            None => true,
        }
    }

    fn add(&mut self, kept: &KeptEvidence) {
        let chain = chain_of(&kept.theirs);
        let of_chain = self.of(kept).entry(chain).or_default();
        of_chain.insert(kept.theirs.clone());
    }

    fn of(&mut self, kept: &KeptEvidence) -> &mut ByChain {
        if kept.beginning.is_some() {
            &mut self.tied
        } else if kept.proof {
            &mut self.proofs
        } else {
            &mut self.suspicions
        }
    }
}

/// The first line of a head: its chain.
fn chain_of(note: &[u8]) -> Vec<u8> {
    let line = note.split(|byte| *byte == b'\n').next();
    line.expect("even nothing has a first piece").to_vec()
}

/// Reads the journal: the smallest size at which evidence closes a chain. The evidence goes on the board again.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn closed_chains(
    store: &Store,
    roster: &Roster,
    board: &Board,
) -> Result<BTreeMap<Origin, TreeSize>, StoreError> {
    let mut closed: BTreeMap<Origin, TreeSize> = BTreeMap::new();
    for entry in store.journal()? {
        let entry = entry?;
        let Some(kept) = KeptEvidence::read(&entry) else {
            continue;
        };
        // What no key of the roster has signed, whoever wrote it there, proves nothing.
        let Some(head) = kept.counts(roster) else {
            continue;
        };
        if roster.is_settled(&head) {
            continue;
        }
        if kept.proof {
            let at = closed.entry(head.origin.clone()).or_insert(head.size);
            *at = head.size.min(*at);
        }
        if let Some(shown) = kept.shown() {
            // What an earlier version has kept without it, or what the chain did not reach when it was kept.
            board.accuse(head.origin, fork_files::tied(store, roster, shown));
        }
    }
    Ok(closed)
}

/// The largest size of a chain that the journal's evidence says was signed with its key; 0 if it says nothing.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn signed_in_journal(
    store: &Store,
    roster: &Roster,
    origin: &Origin,
) -> Result<TreeSize, StoreError> {
    let mut signed = TreeSize(0);
    for entry in store.journal()? {
        let entry = entry?;
        let Some(kept) = KeptEvidence::read(&entry) else {
            continue;
        };
        for note in [&kept.ours, &kept.theirs] {
            if let Ok(head) = Head::open(note, roster)
                && head.origin == *origin
            {
                signed = signed.max(head.size);
            }
        }
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Inbox, channel};
    use yizhang_ledger::hash::Hash;
    use yizhang_replica::Conflict;
    use yizhang_store::Options;

    /// As docs/FORMAT.md has it, section 13, kind 2 of the journal.
    #[test]
    fn evidence_is_kept_as_the_format_says_and_read_back() {
        let bytes = [&[1, 3, 0, 0, 0][..], b"one", b"other"].concat();
        let kept = KeptEvidence::read_heads(&bytes).unwrap();
        assert_eq!(
            (&kept.ours[..], &kept.theirs[..]),
            (&b"one"[..], &b"other"[..])
        );
        assert!(kept.proof);
        assert_eq!(kept.to_entry().bytes, bytes);
        for cut in 0..8 {
            assert!(
                KeptEvidence::read_heads(&bytes[..cut]).is_none(),
                "cut at {cut}"
            );
        }
    }

    /// As docs/FORMAT.md has it, section 13, kind 9 of the journal.
    #[test]
    fn evidence_with_what_ties_it_together_is_kept_as_a_file_if_it_fits_into_one() {
        let tied = |hashes| Evidence {
            beginning: Some(Beginning {
                root: Hash([1; 32]),
                path: vec![Hash([2; 32]); hashes],
            }),
            ..*evidence()
        };
        let entry = KeptEvidence::of(&tied(40)).to_entry();
        assert_eq!(entry.kind, JournalKind::FORK_FILE);
        let kept = KeptEvidence::read(&entry).unwrap();
        assert!(kept.proof);
        assert_eq!(kept.to_entry(), entry);
        let entry = KeptEvidence::of(&tied(63)).to_entry();
        assert_eq!(entry, KeptEvidence::of(&evidence()).to_entry());
        let untied = JournalEntry {
            kind: JournalKind::FORK_FILE,
            bytes: entry.bytes,
        };
        assert!(KeptEvidence::read(&untied).is_none());
    }

    fn evidence() -> Box<Evidence> {
        let held = TreeSize(3);
        Box::new(Evidence {
            origin: Origin::parse("test.yizhang/440000").unwrap(),
            conflict: Conflict::Confessed {
                held,
                signed: TreeSize(9),
            },
            ours: Some(b"one".to_vec()),
            theirs: b"other".to_vec(),
            beginning: None,
        })
    }

    /// What checks heads under a roster that names nobody.
    fn heads() -> Arc<Heads> {
        Heads::new(Roster {
            federation: "test.yizhang".into(),
            version: 1,
            previous: Hash::ZERO,
            threshold: 1,
            mirrors: 0,
            roots: vec![[7; 32]],
            tls_authority: vec![],
            regions: BTreeMap::new(),
        })
    }

    /// Has evidence kept in a store, and ends. Returns what the engine was told.
    fn keep_in(store: &Arc<Store>) -> Option<Event> {
        let (engine, inbox) = channel();
        let journal = Journal::start(Arc::clone(store), engine, heads()).unwrap();
        journal.keep(evidence());
        journal.finish();
        let Inbox { mut events, .. } = inbox;
        events.blocking_recv()
    }

    #[test]
    fn evidence_is_reported_when_the_journal_has_it_and_outlives_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            Store::open(folder.path(), Options::new(Vec::new()))
                .unwrap()
                .0
        };
        let store = Arc::new(open());
        let told = keep_in(&store);
        assert!(matches!(told, Some(Event::Input(Input::Kept(kept))) if kept == evidence()));
        // As after a crash: nothing is flushed.
        drop(store);
        let entries: Vec<_> = open().journal().unwrap().map(Result::unwrap).collect();
        let [entry] = &entries[..] else {
            panic!("one entry expected")
        };
        assert_eq!(entry.kind, JournalKind::FORK_EVIDENCE);
        assert_eq!(entry.bytes, KeptEvidence::of(&evidence()).to_bytes());
    }

    #[test]
    fn evidence_that_could_not_be_written_is_reported_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), Options::new(Vec::new())).unwrap();
        store.close().unwrap();
        assert!(keep_in(&Arc::new(store)).is_none());
    }
}
