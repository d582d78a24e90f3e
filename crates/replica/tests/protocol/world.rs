//! A small federation to test with: keys, a roster, submissions, and one replica with the inputs it is given most.

use ed25519_dalek::SigningKey;
use std::{cell::RefCell, collections::BTreeMap};
use yizhang_ledger::{
    batch::{Batch, RecordBlock, SubmissionId},
    beginning::Beginning,
    chain::{ChainState, Extension, Submitted},
    cosignature::CosignerKey,
    entry::Kind,
    hash::{Blake3Keyed, Hash, derive},
    head::Origin,
    note::NoteKey,
    record::Record,
    roster::{ChainKey, Continuation, CosigningKey, KeyKind, Region, Roster},
    tree::{self, consistency_path},
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    CheckedContradiction, CheckedHead, Config, Contradiction, Evidence, FetchId, Held, Input,
    Limits, Output, PeerId, Receipt, Refused, Replica, Ticket,
};

const CODES: [u32; 5] = [440_000, 110_000, 330_000, 520_000, 510_000];

pub(crate) fn division(node: usize) -> Division {
    Division::new(CODES[node]).unwrap()
}

pub(crate) fn peer(node: usize) -> PeerId {
    PeerId(division(node))
}

pub(crate) fn origin(node: usize) -> Origin {
    ORIGINS.with(|origins| origins[node].clone())
}

thread_local! {
    /// Names of chains: they are asked for at every step.
    static ORIGINS: [Origin; 5] =
        CODES.map(|code| Origin::new("test.yizhang", Division::new(code).unwrap()).unwrap());
    /// Keys by node, kind and number: what they are made of is not secret, and making one takes as long as signing.
    static KEYS: RefCell<BTreeMap<(usize, KeyKind, usize), SigningKey>> = RefCell::default();
}

pub(crate) fn key(node: usize) -> SigningKey {
    key_number(node, KeyKind::Chain, 0)
}

/// The key with which a node cosigns.
pub(crate) fn cosigning_key(node: usize, kind: KeyKind) -> SigningKey {
    key_number(node, kind, 0)
}

/// A key of a node; number 0 is the first one of its kind, each further one takes over from the one before.
pub(crate) fn key_number(node: usize, kind: KeyKind, number: usize) -> SigningKey {
    let made = || {
        let context = match kind {
            KeyKind::Chain => "yizhang test keys",
            KeyKind::Witness => "yizhang test witness keys",
            KeyKind::Mirror => "yizhang test mirror keys",
        };
        let code = division(node).code().to_le_bytes();
        let number = number.to_le_bytes();
        SigningKey::from_bytes(&derive(context, &[&code, &number]).0)
    };
    KEYS.with_borrow_mut(|keys| {
        keys.entry((node, kind, number))
            .or_insert_with(made)
            .clone()
    })
}

fn cosigning_keys(node: usize, kind: KeyKind) -> Vec<CosigningKey> {
    let public = cosigning_key(node, kind).verifying_key().to_bytes();
    let key = CosignerKey::new(&kind.name(&origin(node)), public).unwrap();
    vec![CosigningKey::always(key)]
}

/// A roster of the first so many nodes.
pub(crate) fn roster(nodes: usize) -> Roster {
    let region = |node: usize| {
        let origin = origin(node);
        let key = NoteKey::new(origin.as_str(), key(node).verifying_key().to_bytes()).unwrap();
        let keys = vec![ChainKey {
            key,
            from: TreeSize(0),
            until: None,
        }];
        (
            division(node),
            Region {
                origin,
                endpoint: format!("https://localhost:{}", 4_400 + node),
                keys,
                witness_keys: cosigning_keys(node, KeyKind::Witness),
                mirror_keys: cosigning_keys(node, KeyKind::Mirror),
                continuations: Vec::new(),
            },
        )
    };
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[7; 32]],
        tls_authority: vec![],
        regions: (0..nodes).map(region).collect(),
    }
}

/// A submission of records of a kind that nobody reads, told apart by `content`.
pub(crate) fn submission(submitter: &str, id: u64, records: usize, content: u64) -> Submitted {
    let mut bytes = Vec::new();
    for number in 0..records as u64 {
        let payload = [content.to_le_bytes(), number.to_le_bytes()].concat();
        Record::unread(Kind(500), &payload)
            .write(&mut bytes)
            .unwrap();
    }
    let mut number = [0; 16];
    number[..8].copy_from_slice(&id.to_le_bytes());
    Submitted {
        id: SubmissionId(number),
        submitter: submitter.into(),
        block: RecordBlock::parse(bytes).unwrap(),
    }
}

/// A batch with the signed head after it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) batch: Batch,
    pub(crate) after: ChainState,
    pub(crate) note: Vec<u8>,
}

impl Signed {
    pub(crate) fn size(&self) -> TreeSize {
        self.after.size()
    }
}

/// The batch of one submission after a state, signed by the chain's key.
pub(crate) fn next(node: usize, state: &ChainState, content: u64, records: usize) -> Signed {
    sign(
        node,
        &state
            .prepare(
                &[submission("u", content, records, content)],
                UnixMillis(1_000),
                1,
            )
            .unwrap(),
    )
}

pub(crate) fn sign(node: usize, extension: &Extension) -> Signed {
    let after = extension.after().clone();
    Signed {
        batch: extension.batch().clone(),
        note: note(node, &after),
        after,
    }
}

pub(crate) fn note(node: usize, state: &ChainState) -> Vec<u8> {
    state.head().sign(&key(node)).into_bytes()
}

/// What a history of a chain begins with at a size.
pub(crate) fn beginning<'a>(
    batches: impl IntoIterator<Item = &'a Batch>,
    size: TreeSize,
) -> Beginning {
    let leaves = batches.into_iter().flat_map(Batch::leaves);
    let leaves: Vec<Hash> = leaves.copied().collect();
    let size = usize::try_from(size.0).unwrap();
    Beginning {
        root: tree::root::<Blake3Keyed>(&leaves[..size]),
        path: consistency_path::<Blake3Keyed>(&leaves, size).unwrap(),
    }
}

/// A chain of batches of two records each; batch number `n` ends at size `3 * (n + 1)`.
pub(crate) fn chain(node: usize, batches: u64) -> Vec<Signed> {
    branch(node, &ChainState::empty(origin(node)), 0..batches)
}

/// Batches with these contents after a state.
pub(crate) fn branch(
    node: usize,
    state: &ChainState,
    contents: std::ops::Range<u64>,
) -> Vec<Signed> {
    let mut state = state.clone();
    contents
        .map(|content| {
            let signed = next(node, &state, content, 2);
            state = signed.after.clone();
            signed
        })
        .collect()
}

pub(crate) fn held(signed: &Signed) -> Held {
    Held {
        state: signed.after.clone(),
        head: Some(signed.note.clone()),
        closed_at: None,
    }
}

/// Node 0 of a federation, driven by hand.
pub(crate) struct Node {
    pub(crate) replica: Replica,
    roster: Roster,
    pub(crate) now: u64,
}

impl Node {
    pub(crate) fn new(nodes: usize, durable: Vec<Held>) -> Self {
        Self::limited(nodes, durable, Limits::default())
    }

    pub(crate) fn limited(nodes: usize, durable: Vec<Held>, limits: Limits) -> Self {
        Self::configured(nodes, durable, TreeSize(0), limits)
    }

    /// A node that knows that so much of its chain was signed.
    pub(crate) fn knowing(nodes: usize, durable: Vec<Held>, signed: TreeSize) -> Self {
        Self::configured(nodes, durable, signed, Limits::default())
    }

    fn configured(nodes: usize, durable: Vec<Held>, signed: TreeSize, limits: Limits) -> Self {
        let config = Config {
            own: Some(origin(0)),
            signed,
            cosigned: Vec::new(),
            limits,
        };
        Self {
            replica: Replica::new(roster(nodes), config, durable, UnixMillis(0)),
            roster: roster(nodes),
            now: 0,
        }
    }

    /// A node that writes no chain.
    pub(crate) fn mirror(nodes: usize, durable: Vec<Held>) -> Self {
        Self {
            replica: Replica::new(roster(nodes), Config::default(), durable, UnixMillis(0)),
            roster: roster(nodes),
            now: 0,
        }
    }

    pub(crate) fn handle(&mut self, input: Input) -> Vec<Output> {
        self.replica.handle(input, UnixMillis(self.now))
    }

    /// A head as a shell hands it over.
    pub(crate) fn checked(&self, note: &[u8]) -> CheckedHead {
        CheckedHead::check(note, &self.roster)
    }

    /// A peer shows two heads.
    pub(crate) fn shown(&mut self, by: usize, heads: &[Vec<u8>; 2]) -> Vec<Output> {
        let heads = heads.clone();
        let beginning = None;
        self.shown_pair(by, Contradiction { heads, beginning })
    }

    /// A peer shows two heads and what ties them together.
    pub(crate) fn shown_pair(&mut self, by: usize, shown: Contradiction) -> Vec<Output> {
        let contradiction = Box::new(CheckedContradiction::check(shown, &self.roster));
        self.handle(Input::Shown {
            peer: peer(by),
            contradiction,
        })
    }

    /// Another node, connected or not, tells of two heads and what ties them together.
    pub(crate) fn told(&mut self, by: usize, shown: Contradiction) -> Vec<Output> {
        let evidence = vec![CheckedContradiction::check(shown, &self.roster)];
        self.handle(Input::Told {
            peer: peer(by),
            heads: Vec::new(),
            evidence,
        })
    }

    /// How often it was shown evidence that proves nothing by what stood beside it.
    pub(crate) fn forged_evidence(&self) -> u64 {
        self.replica.lines_counted().forged_evidence
    }

    pub(crate) fn wait(&mut self, ms: u64) -> Vec<Output> {
        self.now += ms;
        self.handle(Input::Tick)
    }

    /// All other regions are lost, says the operator, and the wait for them is over.
    pub(crate) fn lose_all(&mut self) {
        self.handle(Input::Lost((0..CODES.len()).map(peer).collect()));
        self.wait(Limits::default().recovery_wait_ms);
    }

    pub(crate) fn connect(&mut self, node: usize) -> Vec<Output> {
        self.handle(Input::PeerConnected(peer(node)))
    }

    pub(crate) fn announce(&mut self, node: usize, heads: &[&Signed]) -> Vec<Output> {
        let heads = heads.iter().map(|head| self.checked(&head.note)).collect();
        self.handle(Input::Announced {
            peer: peer(node),
            heads,
            complete: false,
        })
    }

    pub(crate) fn announce_all(&mut self, node: usize, heads: &[&Signed]) -> Vec<Output> {
        let heads = heads.iter().map(|head| self.checked(&head.note)).collect();
        self.handle(Input::Announced {
            peer: peer(node),
            heads,
            complete: true,
        })
    }

    pub(crate) fn fetched(&mut self, fetch: FetchId, signed: &Signed) -> Vec<Output> {
        self.handle(Input::Fetched {
            fetch,
            batch: Box::new(signed.batch.clone()),
            head: self.checked(&signed.note),
        })
    }

    pub(crate) fn persisted(&mut self, node: usize, size: TreeSize) -> Vec<Output> {
        self.handle(Input::Persisted {
            origin: origin(node),
            size,
        })
    }

    pub(crate) fn submit(&mut self, ticket: u64, submitted: Submitted) -> Vec<Output> {
        let searched = self.replica.chain(&origin(0)).unwrap().durable;
        self.handle(Input::Submit {
            ticket: Ticket(ticket),
            submitted,
            searched,
        })
    }

    /// Answers a request to sign.
    pub(crate) fn signed(&mut self, outputs: &[Output]) -> Vec<Output> {
        let head = outputs.iter().find_map(|output| match output {
            Output::Sign { head } => Some(head.clone()),
            _ => None,
        });
        let note = head.expect("nothing to sign").sign(&key(0)).into_bytes();
        self.handle(Input::Signed { note })
    }

    pub(crate) fn durable(&self, node: usize) -> TreeSize {
        self.replica.chain(&origin(node)).unwrap().durable
    }

    pub(crate) fn closed_at(&self, node: usize) -> Option<TreeSize> {
        self.replica.chain(&origin(node)).unwrap().closed_at
    }
}

/// Node 0 of three, which holds these batches of chain 1 since its start and is connected to the others.
pub(crate) fn holding(batches: &[Signed]) -> Node {
    let mut node = Node::new(3, vec![held(batches.last().unwrap())]);
    node.connect(1);
    node.connect(2);
    node
}

/// As [`holding`], under a roster that says from where chain 1 goes on.
pub(crate) fn holding_under(batches: &[Signed], continuation: Continuation) -> Node {
    let mut roster = roster(3);
    let region = roster.regions.get_mut(&division(1)).unwrap();
    region.continuations = vec![continuation];
    let config = Config {
        own: Some(origin(0)),
        ..Config::default()
    };
    let durable = vec![held(batches.last().unwrap())];
    let mut node = Node {
        replica: Replica::new(roster.clone(), config, durable, UnixMillis(0)),
        roster,
        now: 0,
    };
    node.connect(1);
    node.connect(2);
    node
}

/// A branch of chain 1 that leaves it after its first batch.
pub(crate) fn other_branch(main: &[Signed]) -> Vec<Signed> {
    branch(1, &main[0].after, 100..104)
}

/// Fetches started: number, peer, chain, from, batches.
pub(crate) fn fetches(outputs: &[Output]) -> Vec<(FetchId, PeerId, Origin, TreeSize, usize)> {
    let fetch = |output: &Output| match output {
        Output::Fetch { fetch, asked } => {
            let asked = asked.clone();
            Some((*fetch, asked.peer, asked.origin, asked.from, asked.batches))
        }
        _ => None,
    };
    outputs.iter().filter_map(fetch).collect()
}

/// Sizes after the batches to persist.
pub(crate) fn persists(outputs: &[Output]) -> Vec<TreeSize> {
    let persist = |output: &Output| match output {
        Output::Persist { extension, .. } => Some(extension.after().size()),
        _ => None,
    };
    outputs.iter().filter_map(persist).collect()
}

pub(crate) fn announced(outputs: &[Output]) -> Vec<Vec<u8>> {
    let head = |output: &Output| match output {
        Output::Announce { head, .. } => Some(head.clone()),
        _ => None,
    };
    outputs.iter().filter_map(head).collect()
}

pub(crate) fn evidence(outputs: &[Output]) -> Vec<Evidence> {
    let evidence = |output: &Output| match output {
        Output::Keep(evidence) => Some((**evidence).clone()),
        _ => None,
    };
    outputs.iter().filter_map(evidence).collect()
}

/// Pairs of heads to show.
pub(crate) fn passed_on(outputs: &[Output]) -> Vec<Vec<u8>> {
    let passed_on = outputs.iter().filter_map(|output| match output {
        Output::PassOn { head, .. } => Some(head.clone()),
        _ => None,
    });
    passed_on.collect()
}

pub(crate) fn spread(outputs: &[Output]) -> Vec<Contradiction> {
    let spread = |output: &Output| match output {
        Output::Spread { contradiction, .. } => Some(contradiction.clone()),
        _ => None,
    };
    outputs.iter().filter_map(spread).collect()
}

pub(crate) fn blamed(outputs: &[Output]) -> Vec<PeerId> {
    let blame = |output: &Output| match output {
        Output::Blame { peer, .. } => Some(*peer),
        _ => None,
    };
    outputs.iter().filter_map(blame).collect()
}

pub(crate) fn receipts(outputs: &[Output]) -> Vec<Receipt> {
    let receipt = |output: &Output| match output {
        Output::Receipt(receipt) => Some(receipt.clone()),
        _ => None,
    };
    outputs.iter().filter_map(receipt).collect()
}

pub(crate) fn refusals(outputs: &[Output]) -> Vec<(Ticket, Refused)> {
    let refuse = |output: &Output| match output {
        Output::Refuse { ticket, reason } => Some((*ticket, reason.clone())),
        _ => None,
    };
    outputs.iter().filter_map(refuse).collect()
}

pub(crate) fn signs(outputs: &[Output]) -> bool {
    outputs
        .iter()
        .any(|output| matches!(output, Output::Sign { .. }))
}

/// Questions to the store.
pub(crate) fn questions(outputs: &[Output]) -> Vec<(Origin, TreeSize)> {
    let question = |output: &Output| match output {
        Output::LookUpRoot { origin, size } => Some((origin.clone(), *size)),
        _ => None,
    };
    outputs.iter().filter_map(question).collect()
}

/// An answer to any question about a chain of batches.
pub(crate) fn root_at(chain: &[Signed], size: TreeSize) -> Option<Hash> {
    chain
        .iter()
        .find(|signed| signed.size() == size)
        .map(|signed| signed.after.head().root)
}
