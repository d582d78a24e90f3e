//! The engine with its real threads over a disk that fails and loses power, once at every operation: what it has said by then
//! is true afterwards.

use super::{Answer, CosigningKeys, Event, Parts, Placed, channel, start};
use crate::{
    board::{Board, Changes},
    carrier::Carrier,
    chain_keys::ChainKeys,
    config::{Failure, NodeKeys, RoomLimits},
    copies::LatestNews,
    heads::Heads,
    room::Room,
    tally::Tally,
};
use ed25519_dalek::SigningKey;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{Semaphore, oneshot, watch},
};
use yizhang_ledger::{
    batch::{Batch, RecordBlock, SubmissionId},
    chain::{ChainState, Submitted},
    cosignature::CosignerKey,
    entry::Kind,
    hash::Hash,
    head::{Head, Origin},
    note::NoteKey,
    record::Record,
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster},
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    CheckedContradiction, CheckedHead, Config, Contradiction, FetchId, Input, PeerId, Replica,
};
use yizhang_statement::ForkEvidence;
use yizhang_store::{CosignedEntry, Faults, JournalKind, Options, Store};

const REGIONS: [u32; 2] = [440_000, 520_000];
/// Submissions of one run, one after the other, so that each has a batch, a signature and a sync.
const SUBMISSIONS: u8 = 4;
/// Batches that are fetched of the peer's chain, before it forks.
const MIRRORED: u8 = 2;
/// The submission after which the peer shows that its chain has forked.
const FORK_AFTER: u8 = 1;
/// How long anything may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
const COSIGNATURES: [JournalKind; 2] = [
    JournalKind::COSIGNATURE_GIVEN,
    JournalKind::COSIGNATURE_RECEIVED,
];
/// Fewest operations that such a run has, so that a run which does nothing is noticed.
const OPERATIONS_MIN: u64 = 12;

fn division(region: usize) -> Division {
    Division::new(REGIONS[region]).unwrap()
}

fn origin(region: usize) -> Origin {
    Origin::new("test.yizhang", division(region)).unwrap()
}

fn key(region: usize) -> SigningKey {
    SigningKey::from_bytes(&[u8::try_from(region).unwrap() + 1; 32])
}

/// The keys of a node; every region has others.
fn node_keys(region: usize) -> NodeKeys {
    let region = u8::try_from(region).unwrap();
    let key = |of: u8| SigningKey::from_bytes(&[of + region; 32]);
    NodeKeys {
        chain: key(1),
        chain_before: Vec::new(),
        witness: key(11),
        mirror: key(21),
    }
}

fn cosigning_keys(region: usize, kind: KeyKind) -> Vec<CosigningKey> {
    let public = node_keys(region).of(kind).verifying_key().to_bytes();
    let key = CosignerKey::new(&kind.name(&origin(region)), public).unwrap();
    vec![CosigningKey::always(key)]
}

fn roster() -> Roster {
    let region = |region: usize| {
        let origin = origin(region);
        let key = NoteKey::new(origin.as_str(), key(region).verifying_key().to_bytes()).unwrap();
        let keys = vec![ChainKey {
            key,
            from: TreeSize(0),
            until: None,
        }];
        let endpoint = "https://localhost:4400".to_owned();
        let entry = Region {
            origin,
            endpoint,
            keys,
            witness_keys: cosigning_keys(region, KeyKind::Witness),
            mirror_keys: cosigning_keys(region, KeyKind::Mirror),
            continuations: Vec::new(),
        };
        (division(region), entry)
    };
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[7; 32]],
        tls_authority: vec![],
        regions: (0..REGIONS.len()).map(region).collect(),
    }
}

/// A clock that goes on whenever somebody looks at it, so that what waits for time happens.
fn clock() -> UnixMillis {
    static NOW: AtomicU64 = AtomicU64::new(1);
    UnixMillis(NOW.fetch_add(100, Ordering::Relaxed))
}

fn submitted(number: u8) -> Submitted {
    let mut bytes = Vec::new();
    Record::unread(Kind(500), &[number; 9])
        .write(&mut bytes)
        .unwrap();
    Submitted {
        id: SubmissionId([number; 16]),
        submitter: "agency.440000".into(),
        block: RecordBlock::parse(bytes).unwrap(),
    }
}

/// A head as the task that reads it hands it over.
fn checked(note: &[u8]) -> CheckedHead {
    CheckedHead::check(note, &roster())
}

/// Two heads of the peer's chain that cannot both be true.
fn fork() -> Contradiction {
    let head = |root: u8| Head {
        origin: origin(1),
        size: TreeSize(9),
        root: Hash([root; 32]),
    };
    Contradiction {
        heads: [head(1), head(2)].map(|head| head.sign(&key(1)).into_bytes()),
        beginning: None,
    }
}

/// A head of the peer's chain that contradicts what is mirrored of it, and is smaller than that.
fn smaller() -> Vec<u8> {
    let head = Head {
        origin: origin(1),
        size: TreeSize(3),
        root: Hash([3; 32]),
    };
    head.sign(&key(1)).into_bytes()
}

/// The first batches of the peer's chain, each with its signed head.
fn mirrored() -> Vec<(Batch, Vec<u8>)> {
    let mut state = ChainState::empty(origin(1));
    let mut batches = Vec::new();
    for number in 0..MIRRORED {
        let extension = state
            .prepare(&[submitted(number)], UnixMillis(1), 1)
            .unwrap();
        state = extension.after().clone();
        let note = state.head().sign(&key(1)).into_bytes();
        batches.push((extension.batch().clone(), note));
    }
    batches
}

/// What an engine has said.
#[derive(Default)]
struct Said {
    receipts: Vec<(SubmissionId, Placed)>,
    heads: Vec<Vec<u8>>,
    evidence: Vec<Contradiction>,
    /// Heads with the lines of this node.
    cosigned: Vec<Vec<u8>>,
}

/// An engine under way.
struct Running {
    engine: super::Engine,
    board: Board,
    failure: watch::Receiver<Option<Failure>>,
    runtime: Runtime,
    said: Said,
}

impl Running {
    fn tell(&self, input: Input) {
        self.engine.send_blocking(Event::Input(input));
    }

    /// Waits until there is something, or the node has failed; time passes for the engine meanwhile.
    fn wait<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            if self.failure.borrow().is_some() {
                return None;
            }
            assert!(start.elapsed() < PATIENCE, "the engine does not answer");
            self.tell(Input::Tick);
            sleep(Duration::from_millis(1));
        }
    }

    /// The peer is there, holds nothing, and nobody else is to be waited for.
    fn hear_the_peer(&self) {
        let peer = PeerId(division(1));
        self.tell(Input::PeerConnected(peer));
        self.tell(Input::Announced {
            peer,
            heads: Vec::new(),
            complete: true,
        });
    }

    /// Every newest head on the board.
    fn announced(&self) -> Changes {
        let mut watcher = self.board.watch(origin(0), origin(1));
        let announced = self.runtime.block_on(async { watcher.next().await });
        announced.expect("the board is open").0
    }

    /// Delivers batches of the peer's chain as its first fetch does, and returns whether the engine goes on.
    fn mirror(&self) -> bool {
        let batches = mirrored();
        let newest = batches.last().expect("there are some").1.clone();
        self.tell(Input::Announced {
            peer: PeerId(division(1)),
            heads: vec![checked(&newest)],
            complete: false,
        });
        for (batch, head) in batches {
            self.tell(Input::Fetched {
                fetch: FetchId(0),
                batch: Box::new(batch),
                head: checked(&head),
            });
        }
        let is_announced = || {
            let Changes {
                heads, cosigned, ..
            } = self.announced();
            (heads.contains(&newest) && !cosigned.is_empty()).then_some(())
        };
        self.wait(is_announced).is_some()
    }

    /// Submits, and returns whether the engine goes on.
    fn submit(&mut self, store: &Store, number: u8) -> bool {
        let submitted = submitted(number);
        let (id, searched) = (submitted.id, store.size(&origin(0)).unwrap());
        let (reply, mut answer) = oneshot::channel::<Answer>();
        self.engine.send_blocking(Event::Submit {
            submitted,
            approval: None,
            searched,
            reply,
            room: Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap(),
        });
        match self.wait(|| answer.try_recv().ok()) {
            Some(Ok(placed)) => {
                self.said.receipts.push((id, placed));
                true
            }
            Some(Err(_)) | None => false,
        }
    }

    /// The peer shows that its chain has forked. Returns whether the engine goes on.
    fn show_the_fork(&self) -> bool {
        self.tell(Input::Shown {
            peer: PeerId(division(1)),
            contradiction: Box::new(CheckedContradiction::check(fork(), &roster())),
        });
        self.tell(Input::Announced {
            peer: PeerId(division(1)),
            heads: vec![checked(&smaller())],
            complete: false,
        });
        let is_shown = || (self.board.evidence().len() == 2).then_some(());
        self.wait(is_shown).is_some()
    }

    fn work(&mut self, store: &Store) {
        self.hear_the_peer();
        if !self.mirror() {
            return;
        }
        for number in 0..SUBMISSIONS {
            if !self.submit(store, number) || (number == FORK_AFTER && !self.show_the_fork()) {
                return;
            }
        }
    }
}

/// Runs an engine over a disk that fails at some operation, until it does or all is done, and cuts it off.
fn run(folder: &Path, faults: &Arc<Faults>) -> Said {
    let origins: Vec<_> = (0..REGIONS.len()).map(origin).collect();
    let options = Options {
        faults: Some(Arc::clone(faults)),
        ..Options::new(origins.clone())
    };
    let Ok((store, _)) = Store::open(folder, options) else {
        return Said::default();
    };
    let store = Arc::new(store);
    let runtime = Runtime::new().unwrap();
    let (engine, inbox) = channel();
    let (ready, _) = watch::channel(false);
    let (fail, failure) = watch::channel(None);
    let board = Board::new();
    let config = Config {
        own: Some(origin(0)),
        ..Config::default()
    };
    let parts = Parts {
        replica: Replica::new(roster(), config, Vec::new(), clock()),
        origin: origin(0),
        origins,
        store: Arc::clone(&store),
        board: board.clone(),
        news: Arc::new(LatestNews::default()),
        tally: Arc::new(Tally::new()),
        damages: Arc::default(),
        wrong_registers: Arc::default(),
        engine: engine.clone(),
        keys: ChainKeys::new(&[], &[], key(0)),
        cosigning_keys: CosigningKeys::new(origin(0), &node_keys(0)),
        heads: Heads::new(roster()),
        peers: Vec::new(),
        carrier: Carrier::default(),
        room: Room::new(origin(0), folder.to_path_buf(), RoomLimits::default()),
        runtime: runtime.handle().clone(),
        ready,
        fail,
        clock,
    };
    let thread = start(inbox, parts).unwrap();
    let mut running = Running {
        engine,
        board,
        failure,
        runtime,
        said: Said::default(),
    };
    running.work(&store);
    running.engine.send_blocking(Event::Stop);
    thread.join().unwrap();
    let Changes {
        heads, cosigned, ..
    } = running.announced();
    let evidence = running.board.evidence();
    // The store is not closed: what waits in memory is lost, as after a crash.
    Said {
        receipts: running.said.receipts,
        heads,
        evidence,
        cosigned,
    }
}

/// What was said is true of what is found on the disk.
fn check(folder: &Path, said: &Said, step: u64) {
    let options = Options::new((0..REGIONS.len()).map(origin).collect());
    let (store, _) = Store::open(folder, options).unwrap();
    for (id, placed) in &said.receipts {
        let found = store.submission(&origin(0), "agency.440000", id).unwrap();
        let found = found.unwrap_or_else(|| panic!("step {step}: a receipt is void"));
        assert_eq!(
            (found.first, found.records),
            (placed.first, placed.records),
            "step {step}"
        );
    }
    let receipts = said.receipts.iter().map(|(_, placed)| &placed.head);
    for note in said.heads.iter().chain(receipts) {
        let head = Head::open(note, &roster()).unwrap();
        let root = store.root_at(&head.origin, head.size).unwrap();
        assert_eq!(
            root,
            Some(head.root),
            "step {step}: a head went out before it was durable"
        );
    }
    let mut kept = Vec::new();
    for entry in store.journal().unwrap() {
        let entry = entry.unwrap();
        match entry.kind {
            JournalKind::FORK_EVIDENCE | JournalKind::FORK_FILE => kept.push(entry.bytes),
            kind => assert!(COSIGNATURES.contains(&kind), "{kind:?}"),
        }
    }
    let given = store.cosigned().unwrap().given;
    for note in &said.cosigned {
        // A later one of the same key takes its place, and may not have left.
        let size = |note: &[u8]| Head::open(note, &roster()).unwrap().size;
        let has_it = |entry: &&CosignedEntry| size(&entry.note) >= size(note);
        assert_eq!(
            given.iter().filter(has_it).count(),
            2,
            "step {step}: a line left that the journal does not have"
        );
    }
    for Contradiction { heads, beginning } in &said.evidence {
        let [ours, theirs] = heads;
        let heads = [&ours[..], &theirs[..]].concat();
        let is_it = |bytes: &Vec<u8>| match (beginning, ForkEvidence::parse(bytes)) {
            (None, _) => bytes.ends_with(&heads),
            (Some(_), Ok(file)) => {
                file.verify(&roster()).unwrap();
                (&file.first, &file.second, &file.beginning) == (theirs, ours, beginning)
            }
            (Some(_), Err(_)) => false,
        };
        assert!(
            kept.iter().any(is_it),
            "step {step}: evidence was shown that the journal does not have"
        );
    }
}

#[test]
fn what_the_engine_has_said_is_on_the_disk_at_whatever_operation_that_fails() {
    let mut step = 1;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::new(Faults::at(step));
        let said = run(folder.path(), &faults);
        // As after a loss of power: what no sync has covered is gone.
        faults.lose_unsynced(0).unwrap();
        check(folder.path(), &said, step);
        if !faults.tripped() {
            assert_eq!(said.receipts.len(), usize::from(SUBMISSIONS));
            let [first, second] = &said.evidence[..] else {
                panic!("two pairs expected")
            };
            assert_eq!(*first, fork());
            // Tied together by what is mirrored: whoever holds neither history sees that there are two.
            assert_eq!(second.heads[1], smaller());
            assert!(second.beginning.is_some());
            assert_eq!(said.heads.len(), REGIONS.len());
            assert!(!said.cosigned.is_empty());
            break;
        }
        step += 1;
    }
    assert!(step >= OPERATIONS_MIN, "only {step} operations");
}
