//! The malicious node: forks its own chain, and lies about everybody else's as well as it can without their keys.

use super::{
    federation::Federation,
    network::Message,
    registers::{Registered, about, of_register, register_of, spoiled},
};
use crate::world::{Signed, origin, sign, submission};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use yizhang_ledger::{
    beginning::Beginning,
    chain::ChainState,
    hash::Hash,
    head::Origin,
    value::{TreeSize, UnixMillis},
};
use yizhang_replica::{Contradiction, FetchId, limits::ANNOUNCED_HEADS_MAX};

pub(super) struct Villain {
    pub(super) node: usize,
    /// Two versions of its chain, equal until it forks.
    pub(super) branches: [Vec<Signed>; 2],
    forked: bool,
    content: u64,
    /// Whether it writes registers, as others do.
    registers: bool,
}

impl Villain {
    pub(super) fn new(node: usize, registers: bool) -> Self {
        Self {
            node,
            registers,
            branches: [Vec::new(), Vec::new()],
            forked: false,
            content: 0,
        }
    }

    fn state(&self, branch: usize) -> ChainState {
        let last = self.branches[branch]
            .last()
            .map(|signed| signed.after.clone());
        last.unwrap_or_else(|| ChainState::empty(origin(self.node)))
    }

    fn grow(&mut self, branch: usize, records: usize, later: &mut ChaCha8Rng) {
        self.content += 1;
        let state = self.state(branch);
        let mut submitted = vec![about("u", self.content, records, self.content)];
        if self.registers && later.random_ratio(1, 4) {
            let batches = self.branches[branch].iter();
            let batches: Vec<_> = batches
                .map(|signed| Registered::read(&signed.batch))
                .collect();
            // Half of them are right: a mirror must not tell by whose they are.
            let register = if later.random_ratio(1, 2) {
                register_of(batches.iter(), state.size())
            } else {
                spoiled(&batches, state.size(), later)
            };
            self.content += 1;
            submitted.push(of_register(self.content, register));
        }
        let signed = sign(
            self.node,
            &state.prepare(&submitted, UnixMillis(1_000), 1).unwrap(),
        );
        if !self.forked {
            self.branches[1 - branch].push(signed.clone());
        }
        self.branches[branch].push(signed);
    }

    /// Signs a batch that breaks the rules of the format.
    fn break_rules(&mut self, branch: usize) {
        let state = self.state(branch);
        let (link, time, roster) = (state.link(), state.time(), state.roster());
        let wrong = ChainState::restore(
            origin(self.node),
            77,
            link,
            time,
            roster,
            state.frontier().clone(),
        );
        let submitted = [submission("u", 1, 1, 1)];
        self.branches[branch].push(sign(
            self.node,
            &wrong.prepare(&submitted, UnixMillis(5_000), 1).unwrap(),
        ));
    }
}

impl Federation {
    /// The malicious node's turn: it grows its chain, forks it, and announces one thing or another.
    pub(super) fn villain_acts(&mut self) {
        let (dice, branch, records) = (
            self.rng.random_range(0..40),
            self.rng.random_range(0..2_usize),
            self.rng.random_range(1..4_usize),
        );
        let Some(villain) = &mut self.villain else {
            return;
        };
        match dice {
            0 => villain.forked = true,
            1 if villain.forked => villain.break_rules(branch),
            2..15 => villain.grow(branch, records, &mut self.later),
            _ => {}
        }
        let node = villain.node;
        let watchers: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, open)| open.source == node)
            .map(|(n, open)| (*n, open.watcher))
            .collect();
        for (connection, watcher) in watchers {
            let message = match self.rng.random_range(0..40) {
                0 => Message::Announce {
                    heads: vec![b"garbage".to_vec()],
                    cosigned: Vec::new(),
                    complete: false,
                },
                1 => Message::Shown(self.false_evidence()),
                // With a twin, neither process knows of the other.
                6 if !self.telling => Message::Shown(self.both_branches()),
                7 => Message::Announce {
                    heads: self.flood(watcher),
                    cosigned: Vec::new(),
                    complete: false,
                },
                2..6 => Message::Announce {
                    heads: self.stale_heads(),
                    cosigned: Vec::new(),
                    complete: self.rng.random_ratio(1, 2),
                },
                _ => Message::Announce {
                    heads: self.villain_heads(watcher),
                    cosigned: Vec::new(),
                    complete: false,
                },
            };
            self.send(connection, message);
        }
    }

    /// Which of its branches a watcher is shown. With a twin the first process shows one of them to everybody.
    const fn branch_for(&self, watcher: usize) -> usize {
        if self.telling { 0 } else { watcher % 2 }
    }

    /// Its own chain, one branch for each half of the others, and true heads of honest chains.
    pub(super) fn villain_heads(&mut self, watcher: usize) -> Vec<Vec<u8>> {
        let both = self.rng.random_ratio(1, 20) && !self.telling;
        let shown = self.branch_for(watcher);
        let Some(villain) = &self.villain else {
            return Vec::new();
        };
        let branches = (0..2).filter(|branch| both || *branch == shown);
        let mut heads: Vec<_> = branches
            .filter_map(|branch| villain.branches[branch].last())
            .map(|signed| signed.note.clone())
            .collect();
        let spied = self.rng.random_range(0..self.nodes.len());
        for owner in 0..self.nodes.len() {
            let chain = origin(owner);
            let files = &self.nodes[spied].disk.files;
            heads.extend(
                files
                    .heads
                    .get(&(chain.clone(), files.size(&chain)))
                    .cloned(),
            );
        }
        heads
    }

    /// Its own heads from the beginning, again and again.
    fn flood(&self, watcher: usize) -> Vec<Vec<u8>> {
        let villain = self.villain.as_ref().expect("the villain acts");
        let branch = villain.branches[self.branch_for(watcher)].iter();
        let notes = branch.map(|signed| signed.note.clone());
        notes.cycle().take(ANNOUNCED_HEADS_MAX).collect()
    }

    /// True heads, but old ones.
    fn stale_heads(&mut self) -> Vec<Vec<u8>> {
        let spied = self.rng.random_range(0..self.nodes.len());
        let heads: Vec<_> = self.nodes[spied]
            .disk
            .files
            .heads
            .values()
            .cloned()
            .collect();
        heads
            .into_iter()
            .filter(|_| self.rng.random_ratio(1, 4))
            .collect()
    }

    /// The ends of its two branches: what it would admit if it were honest again.
    fn both_branches(&self) -> Contradiction {
        let villain = self.villain.as_ref().expect("the villain acts");
        let end = |branch: &Vec<Signed>| branch.last().map(|signed| signed.note.clone());
        let ends = villain.branches.each_ref().map(end);
        Contradiction {
            heads: ends.map(|note| note.unwrap_or_else(|| b"none".to_vec())),
            beginning: None,
        }
    }

    /// Two true heads that do not contradict each other, with or without something beside them that looks as if they did.
    fn false_evidence(&mut self) -> Contradiction {
        let heads: Vec<_> = self.nodes[0].disk.files.heads.values().cloned().collect();
        let pick = |rng: &mut rand_chacha::ChaCha8Rng| match heads.len() {
            0 => b"none".to_vec(),
            count => heads[rng.random_range(0..count)].clone(),
        };
        let heads = [pick(&mut self.rng), pick(&mut self.rng)];
        let beginning = self.later.random_ratio(1, 2).then(|| Beginning {
            root: Hash(self.later.random()),
            path: vec![Hash(self.later.random()); self.later.random_range(0..6)],
        });
        if beginning.is_some() {
            self.counts.count("forged beginnings");
        }
        Contradiction { heads, beginning }
    }

    pub(super) fn villain_serves(&mut self, number: u64, fetch: FetchId) {
        let dice = self.rng.random_range(0..10);
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let watcher = connection.watcher;
        let Some(serving) = connection.serving.remove(&fetch) else {
            return;
        };
        let mut batches = self.truly(watcher, &serving.origin, serving.at);
        match dice {
            // It withholds.
            0 => return,
            1 => return self.send(number, Message::Refused { fetch }),
            2 => {
                let garbage = Message::Batch {
                    fetch,
                    bytes: vec![9; 40],
                    head: b"garbage".to_vec(),
                };
                return self.send(number, garbage);
            }
            3 | 4 => self.make_up(&serving.origin, serving.at, &mut batches),
            // More than was asked for.
            5 => {
                batches = batches
                    .iter()
                    .cycle()
                    .take(serving.credit + 3)
                    .cloned()
                    .collect();
            }
            _ => batches.truncate(serving.credit),
        }
        for (bytes, head) in batches {
            self.send(number, Message::Batch { fetch, bytes, head });
        }
        self.send(number, Message::End { fetch });
    }

    /// What an honest node would serve; of its own chain one branch or the other.
    fn truly(&self, watcher: usize, chain: &Origin, from: TreeSize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(villain) = &self.villain else {
            return Vec::new();
        };
        if *chain == origin(villain.node) {
            let branch = villain.branches[self.branch_for(watcher)].iter();
            let rest = branch.filter(|signed| signed.batch.entry().first.0 >= from.0);
            return rest
                .map(|signed| (signed.batch.bytes().to_vec(), signed.note.clone()))
                .collect();
        }
        let files = &self.nodes[watcher].disk.files;
        let others = self.nodes.iter().map(|node| &node.disk.files);
        let longest = others
            .max_by_key(|files| files.size(chain))
            .unwrap_or(files);
        let frames = longest.chains.get(chain).into_iter().flatten();
        let rest = frames.filter(|frame| frame.before.size() >= from);
        rest.filter_map(|frame| {
            let head = longest.heads.get(&(chain.clone(), frame.after.size()))?;
            Some((frame.bytes.clone(), head.clone()))
        })
        .collect()
    }

    /// Puts a made-up batch under the true head of the first one, as large as that is: what a relay would do that wants
    /// to discredit a chain.
    fn make_up(&self, chain: &Origin, from: TreeSize, batches: &mut [(Vec<u8>, Vec<u8>)]) {
        let frames = self
            .nodes
            .iter()
            .flat_map(|node| node.disk.files.chains.get(chain).into_iter().flatten());
        let Some(frame) = frames.into_iter().find(|frame| frame.before.size() == from) else {
            return;
        };
        let records = usize::try_from(frame.after.size().0 - from.0 - 1).unwrap();
        let made_up = frame
            .before
            .prepare(&[submission("u", 1, records, 777)], UnixMillis(1), 1)
            .unwrap();
        if let Some((bytes, _)) = batches.first_mut() {
            *bytes = made_up.batch().bytes().to_vec();
        }
    }
}
