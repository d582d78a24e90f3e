//! The federation: its nodes, its clock, and the list of what happens when.

use super::{
    checks::Truth,
    clients::Client,
    disk::{Disk, Files},
    network::{Connection, Message},
    plan::Plan,
    registers::{self, Progress},
    rosters::Rosters,
    tell::Telling,
    villain::Villain,
};
use crate::world::origin;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use yizhang_ledger::{
    hash::{Hash, derive},
    head::Origin,
    value::{TreeSize, UnixMillis},
};
use yizhang_replica::{Config, Input, Readiness, Replica, Ticket};

/// Something that happens at its time.
#[derive(Debug)]
pub(super) enum Event {
    /// An input from the node's own shell; void if the node has crashed since.
    Input {
        node: usize,
        life: u32,
        input: Box<Input>,
    },
    /// A write ends.
    DiskDone {
        node: usize,
        life: u32,
        origin: Origin,
    },
    /// A write of the journal ends.
    JournalDone {
        node: usize,
        life: u32,
    },
    /// The journal has what is being cosigned.
    CosignDone {
        node: usize,
        life: u32,
    },
    /// The journal has the lines of others.
    LinesDone {
        node: usize,
        life: u32,
    },
    /// The clock of the node ticks.
    Tick {
        node: usize,
        life: u32,
    },
    /// The node tries to connect to another.
    Connect {
        node: usize,
        life: u32,
        to: usize,
    },
    /// A message arrives.
    Message {
        connection: u64,
        message: Message,
    },
    /// A connection is noticed to be broken.
    Broken {
        connection: u64,
    },
    /// A node tells all others what they might not see by watching.
    Tell {
        node: usize,
        life: u32,
    },
    /// Another node is told.
    Told {
        from: usize,
        to: usize,
        telling: Telling,
    },
    Restart {
        node: usize,
    },
    /// A node may write a register of its accounts.
    Registrar {
        node: usize,
    },
    /// A newer version of the roster is published.
    Roster,
    /// A node asks those that it is connected to for a newer version.
    Look {
        node: usize,
    },
    /// A client does something.
    Client {
        client: usize,
    },
    /// Fate strikes somewhere.
    Fate,
}

/// Events of one federation; the longest of some thousand seeds has a tenth of it.
const EVENTS_MAX: u64 = 300_000;

/// What happened how often, so that a test can tell that the seeds are worth running.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(BTreeMap<&'static str, u64>);

/// Everything that a set of seeds is expected to meet.
const EXPECTED: [&str; 40] = [
    "heads cosigned",
    "cosigned heads that a restart remembers",
    "cosigned heads after old copies",
    "chains closed with heads cosigned",
    "receipts",
    "receipts repeated",
    "refused busy",
    "refused not ready",
    "conflicts found in the store",
    "crashes",
    "old copies",
    "old copies that had lost signed batches",
    "write failures",
    "partitions",
    "fetches",
    "fetches cancelled",
    "fetches refused",
    "look-ups",
    "blames",
    "proofs",
    "suspicions",
    "closings",
    "proofs known to all",
    "proofs with a beginning",
    "proofs of two sizes known to all",
    "forged beginnings",
    "own tails signed after a restart",
    "own batches fetched back",
    "registers submitted",
    "lines of mirrors behind registers",
    "lines of mirrors withheld",
    "wrong registers found",
    "wrong registers witnessed",
    "chain keys replaced",
    "heads by a later key",
    "keys of cosigners replaced",
    "lines by a later key",
    "regions joined",
    "starts under a newer roster",
    "heads of a newer roster",
];

impl Counts {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    pub(super) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        EXPECTED
            .iter()
            .map(|what| (*what, self.0.get(what).copied().unwrap_or(0)))
    }
}

/// A node: its disk, and while it is up its replica.
pub(super) struct Node {
    pub(super) disk: Disk,
    pub(super) replica: Option<Replica>,
    /// How often it has started.
    pub(super) life: u32,
    /// An old copy of the disk.
    pub(super) copy: Files,
    /// Chains whose writes have failed since the start.
    pub(super) failed: Vec<Origin>,
    /// Heads that wait to be told to the node of their chain.
    pub(super) passed_on: BTreeMap<Origin, Vec<u8>>,
    /// Whether it was ever restored from an old copy.
    pub(super) was_restored: bool,
    /// The version of the roster that it has; it never goes back.
    pub(super) version: usize,
    /// How far it knows registers to be right, as a mirror.
    pub(super) registers: BTreeMap<Origin, Progress>,
    /// The register of its own that it waits for, and where the chain will end with it.
    pub(super) registering: Option<Ticket>,
    pub(super) register_end: TreeSize,
}

pub(super) struct Federation {
    pub(super) seed: u64,
    pub(super) plan: Plan,
    pub(super) rng: ChaCha8Rng,
    /// Draws for what came later than the first seeds.
    pub(super) later: ChaCha8Rng,
    pub(super) rosters: Rosters,
    /// Lines that were signed: a node makes the same again when it starts.
    pub(super) lines: BTreeMap<String, String>,
    pub(super) now: u64,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) villain: Option<Villain>,
    pub(super) connections: BTreeMap<u64, Connection>,
    pub(super) next_connection: u64,
    /// Links that lose everything: from, to.
    pub(super) cut: Vec<(usize, usize)>,
    pub(super) clients: Vec<Client>,
    pub(super) next_ticket: u64,
    pub(super) next_register: u64,
    /// Callers that wait for an answer of a node that is up.
    pub(super) waiting: BTreeMap<Ticket, usize>,
    pub(super) truth: Truth,
    /// Whether the trouble is over.
    pub(super) calm: bool,
    /// The node that was restored from an old copy and has not yet caught up.
    pub(super) restoring: Option<usize>,
    pub(super) counts: Counts,
    /// A hash of all that happened, if one is wanted.
    trace: Option<Hash>,
    /// Whether it prints what happens.
    pub(super) tells: bool,
    /// Whether nodes tell one another what they might not see by watching, and the malicious node has a twin.
    pub(super) telling: bool,
}

impl Federation {
    pub(super) fn new(seed: u64) -> Self {
        let mut later = ChaCha8Rng::seed_from_u64(seed);
        later.set_stream(1);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut plan = Plan::draw(&mut rng);
        plan.draw_later(&mut later);
        Self::with(seed, plan, rng, later)
    }

    /// A federation as it was before there were registers and changes of rosters in it: seeds that failed then tell their stories.
    pub(super) fn before_registers(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let plan = Plan::draw(&mut rng);
        Self::with(seed, plan, rng, ChaCha8Rng::seed_from_u64(seed))
    }

    fn with(seed: u64, plan: Plan, rng: ChaCha8Rng, mut later: ChaCha8Rng) -> Self {
        let node = || Node {
            disk: Disk::default(),
            replica: None,
            life: 0,
            copy: Files::default(),
            failed: Vec::new(),
            passed_on: BTreeMap::new(),
            was_restored: false,
            version: 0,
            registers: BTreeMap::new(),
            registering: None,
            register_end: TreeSize(0),
        };
        let honest = plan.nodes - usize::from(plan.villain);
        let mut federation = Self {
            seed,
            rosters: Rosters::first(&plan, &mut later),
            lines: BTreeMap::new(),
            now: 0,
            events: BTreeMap::new(),
            next_event: 0,
            nodes: (0..honest).map(|_| node()).collect(),
            villain: plan.villain.then(|| Villain::new(honest, plan.registers)),
            connections: BTreeMap::new(),
            next_connection: 0,
            cut: Vec::new(),
            clients: (0..honest)
                .map(|node| Client::new(node, plan.submissions))
                .collect(),
            next_ticket: 0,
            next_register: 1 << 40,
            waiting: BTreeMap::new(),
            truth: Truth::default(),
            calm: false,
            restoring: None,
            counts: Counts::default(),
            trace: None,
            tells: false,
            telling: false,
            plan,
            rng,
            later,
        };
        for node in 0..honest {
            federation.begin_later(node);
            federation.at(federation.now, Event::Restart { node });
            federation.at(1 + node as u64, Event::Client { client: node });
        }
        federation.at(50, Event::Fate);
        federation
    }

    /// Lets everything happen that the plan allows.
    pub(super) fn trouble(&mut self) {
        self.run_until(self.plan.trouble);
    }

    /// Ends the trouble, waits until everybody has caught up, and checks what everybody holds.
    pub(super) fn heal(&mut self) {
        self.calm = true;
        self.cut.clear();
        self.everybody_joins();
        for node in 0..self.nodes.len() {
            let down = self.nodes[node].replica.is_none();
            if !down && !self.nodes[node].failed.is_empty() {
                self.crash(node);
            }
        }
        if self.plan.raw_network {
            // Real connections lose nothing while they stand; what these have lost comes with a new one.
            for connection in self.connections.keys().copied().collect::<Vec<_>>() {
                self.at(self.now + 1, Event::Broken { connection });
            }
        }
        let deadline = self.now + 120_000;
        while self.now < deadline && !self.is_settled() {
            self.run_until(self.now + 500);
        }
        // What is still on its way arrives: news of a fork, and what must not change anything.
        self.run_until(self.now + 20_000);
        self.check_end();
    }

    pub(super) fn run_until(&mut self, until: u64) {
        while let Some(first) = self.events.first_entry() {
            if first.key().0 > until {
                break;
            }
            let ((at, _), event) = first.remove_entry();
            self.now = at;
            assert!(
                self.next_event < EVENTS_MAX,
                "the federation does not come to rest"
            );
            self.write_down(&event);
            self.happen(event);
        }
        self.now = until;
    }

    /// Tells an event to whoever wants it told.
    fn write_down(&mut self, event: &Event) {
        if self.trace.is_none() && !self.tells {
            return;
        }
        let (at, story) = (self.now, self.story(event));
        self.trace = self.trace.map(|trace| {
            let parts: [&[u8]; 3] = [&trace.0, &at.to_le_bytes(), story.as_bytes()];
            derive("yizhang test trace", &parts)
        });
        let is_dull = matches!(
            event,
            Event::Tick { .. }
                | Event::Client { .. }
                | Event::Fate
                | Event::Look { .. }
                | Event::Registrar { .. }
        );
        if self.tells && !is_dull {
            println!("{at:>6} {story}");
        }
    }

    /// From now on a hash of all that happens is kept.
    pub(super) fn keep_trace(&mut self) {
        self.trace = Some(Hash::ZERO);
    }

    pub(super) fn at(&mut self, at: u64, event: Event) {
        self.events.insert((at, self.next_event), event);
        self.next_event += 1;
    }

    /// Draws a number of milliseconds from 1 on.
    pub(super) fn up_to(&mut self, ms: u64) -> u64 {
        self.rng.random_range(1..=ms)
    }

    pub(super) fn chance(&mut self, of: u32, out_of: u32) -> bool {
        !self.calm && self.rng.random_ratio(of.min(out_of), out_of)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Input { node, life, input } if self.is_alive(node, life) => {
                self.feed(node, *input);
            }
            Event::DiskDone { node, life, origin } if self.is_alive(node, life) => {
                self.disk_done(node, &origin);
            }
            Event::JournalDone { node, life } if self.is_alive(node, life) => {
                self.journal_done(node);
            }
            Event::CosignDone { node, life } if self.is_alive(node, life) => {
                self.cosign_done(node);
            }
            Event::LinesDone { node, life } if self.is_alive(node, life) => {
                self.nodes[node].disk.keep_lines();
            }
            Event::Tick { node, life } if self.is_alive(node, life) => {
                self.at(self.now + 100, Event::Tick { node, life });
                self.feed(node, Input::Tick);
            }
            Event::Connect { node, life, to } if self.is_alive(node, life) => {
                self.connect(node, to);
            }
            Event::Message {
                connection,
                message,
            } => self.deliver(connection, message),
            Event::Broken { connection } => self.broken(connection),
            Event::Tell { node, life } if self.is_alive(node, life) => self.tell(node),
            Event::Told { from, to, telling } => self.told(from, to, telling),
            Event::Restart { node } => self.restart(node),
            Event::Registrar { node } => self.registrar_acts(node),
            Event::Roster => self.roster_changes(),
            Event::Look { node } => self.look_for_roster(node),
            Event::Client { client } => self.client_acts(client),
            Event::Fate => self.fate(),
            Event::Input { .. }
            | Event::DiskDone { .. }
            | Event::JournalDone { .. }
            | Event::CosignDone { .. }
            | Event::LinesDone { .. }
            | Event::Tick { .. }
            | Event::Tell { .. }
            | Event::Connect { .. } => {}
        }
    }

    pub(super) fn is_alive(&self, node: usize, life: u32) -> bool {
        self.nodes[node].replica.is_some() && self.nodes[node].life == life
    }

    /// Cuts the power of a node.
    pub(super) fn crash(&mut self, node: usize) {
        self.counts.count("crashes");
        self.stop(node);
        let pause = self.up_to(3_000);
        self.at(self.now + pause, Event::Restart { node });
    }

    /// Ends a node; what was under way is lost or not.
    pub(super) fn stop(&mut self, node: usize) {
        self.nodes[node].replica = None;
        self.waiting.retain(|_, asked| *asked != node);
        let earlier = self.nodes[node].disk.files.cosigned.clone();
        self.nodes[node].disk.crash(&mut self.rng);
        self.check_given(node, &earlier);
        self.drop_connections_of(node);
    }

    fn restart(&mut self, node: usize) {
        if self.nodes[node].replica.is_some() || !self.knows(node, node) {
            return;
        }
        if self.chance(self.plan.old_copy, 100) && self.may_lose_its_disk(node) {
            self.counts.count("old copies");
            let copy = self.nodes[node].copy.clone();
            let own = origin(node);
            if copy.size(&own) < self.truth.largest_signed(&own) {
                self.counts.count("old copies that had lost signed batches");
            }
            self.nodes[node].disk = Disk::of(copy);
            self.restoring = Some(node);
            self.nodes[node].was_restored = true;
        }
        let config = Config {
            own: Some(origin(node)),
            signed: TreeSize(0),
            cosigned: self.cosigned_before(node),
            limits: self.plan.limits.clone(),
        };
        let held = self.nodes[node].disk.held();
        let unsigned = held
            .iter()
            .any(|held| *held.state.origin() == origin(node) && held.head.is_none());
        self.truth.unsigned_tail.insert(node, unsigned);
        let registers = registers::known(&self.nodes[node].disk.files, self.numbers(node));
        let roster = self.roster_of(node).clone();
        let state = &mut self.nodes[node];
        state.registers = registers;
        state.registering = None;
        state.register_end = TreeSize(0);
        state.replica = Some(Replica::new(roster, config, held, UnixMillis(self.now)));
        state.failed.clear();
        state.passed_on.clear();
        state.life += 1;
        let life = state.life;
        self.at(self.now + 1, Event::Tick { node, life });
        if self.telling {
            let pause = self.up_to(1_000);
            self.at(self.now + pause, Event::Tell { node, life });
        }
        for to in (0..self.plan.nodes).filter(|to| *to != node) {
            let pause = self.up_to(50);
            self.at(self.now + pause, Event::Connect { node, life, to });
        }
    }

    /// Whether a node may be restored from an old copy: so many honest nodes hold all that it has signed that no majority
    /// can miss them all, and none of them is being restored itself. Beyond that no protocol can help without waiting for
    /// mirrors before it acknowledges.
    fn may_lose_its_disk(&self, node: usize) -> bool {
        let own = origin(node);
        let others = self.plan.nodes - 1;
        let needed = others - (others / 2 + 1) + 1;
        let signed = self.truth.largest_signed(&own);
        let holders = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != node && self.knows(node, *other));
        let holders = holders
            .filter(|(_, holder)| holder.disk.files.size(&own) >= signed)
            .count();
        let remember = (0..self.nodes.len())
            .filter(|other| *other != node && self.knows(node, *other))
            .filter(|other| self.remembers(*other, node))
            .count();
        self.restoring.is_none() && holders >= needed && remember >= needed
    }

    fn fate(&mut self) {
        if self.calm {
            return;
        }
        let node = self.rng.random_range(0..self.nodes.len());
        if self.chance(self.plan.partition, 100) {
            self.counts.count("partitions");
            let from = self.rng.random_range(0..self.plan.nodes);
            let to = self.rng.random_range(0..self.plan.nodes);
            self.cut.push((from, to));
            if self.rng.random_ratio(1, 2) {
                self.cut.push((to, from));
            }
        }
        if self.rng.random_ratio(1, 5) {
            self.cut.clear();
        }
        if self.chance(self.plan.crash, 2_000) && self.nodes[node].replica.is_some() {
            self.crash(node);
        }
        if self.rng.random_ratio(1, 10) {
            self.nodes[node].copy = self.nodes[node].disk.files.clone();
        }
        if !self.nodes[node].failed.is_empty() && self.nodes[node].replica.is_some() {
            // The operator restarts a node whose disk has failed.
            self.crash(node);
        }
        self.villain_acts();
        self.twin_tells();
        let pause = self.up_to(200);
        self.at(self.now + pause, Event::Fate);
    }

    fn is_settled(&self) -> bool {
        let ready = |node: &Node| {
            node.replica
                .as_ref()
                .is_some_and(|replica| replica.readiness() == Readiness::Ready)
        };
        self.nodes.iter().all(ready)
            && self.clients.iter().all(Client::is_done)
            && self.has_converged()
            && self.has_newest_roster()
    }

    /// An event in words.
    fn story(&self, event: &Event) -> String {
        match event {
            Event::Message {
                connection,
                message,
            } => {
                let ends = self
                    .connections
                    .get(connection)
                    .map(|open| (open.source, open.watcher));
                format!("connection {connection} {ends:?}: {message}")
            }
            Event::Input { node, input, .. } => match &**input {
                Input::Signed { note } => {
                    let told = derive("yizhang test trace", &[note]);
                    format!("node {node} has signed {told}")
                }
                Input::Submit {
                    ticket, submitted, ..
                } => {
                    let content = submitted.block.content_digest();
                    format!("node {node} is given a submission, {ticket:?}, {content}")
                }
                _ => format!("{event:?}"),
            },
            event => format!("{event:?}"),
        }
    }

    pub(super) fn digest(&self) -> Hash {
        self.trace.expect("a trace was kept")
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "seed {}: {:?}\n{:?}\nsettled at {} ms",
            self.seed, self.plan, self.counts, self.now
        )
    }
}
