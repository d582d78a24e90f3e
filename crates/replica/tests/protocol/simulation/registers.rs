//! Registers of accounts: nodes write right ones into their chains, the malicious node wrong ones too. The engine knows nothing of them; as
//! in a node, its shell computes every register itself before it signs as a mirror, which takes a while.

use super::{
    cosigned::Numbers,
    disk::{Files, Frame},
    federation::{Event, Federation},
};
use crate::world::origin;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, rc::Rc};
use yizhang_ledger::{
    batch::{Batch, RecordBlock, SubmissionId},
    chain::Submitted,
    entry::Kind,
    hash::{Hash, derive},
    head::Origin,
    person::AccountId,
    record::{AccountRegister, Death, Record, Source},
    register::{FORM, RegisterTree, RegisteredAccount},
    roster::KeyKind,
    tree::root,
    value::{Day, Month, TreeSize},
};
use yizhang_replica::{Input, Readiness, Ticket, ToCosign};

/// Accounts that the records of a chain are about.
const ACCOUNTS: u64 = 7;

/// A record that names an account.
#[derive(Clone, Copy, Debug)]
struct Naming {
    at: u64,
    account: AccountId,
    leaf: Hash,
}

/// A register in a chain.
#[derive(Clone, Copy, Debug)]
struct Registering {
    at: u64,
    register: AccountRegister,
}

/// What a batch has to do with registers.
#[derive(Clone, Debug, Default)]
pub(super) struct Registered {
    namings: Vec<Naming>,
    registers: Vec<Registering>,
}

impl Registered {
    pub(super) fn read(batch: &Batch) -> Self {
        let mut read = Self::default();
        // Leaf 0 is the batch entry.
        for ((index, entry), leaf) in batch.records().zip(&batch.leaves()[1..]) {
            let at = index.0;
            if entry.kind == Kind::ACCOUNT_REGISTER {
                let Ok(Record::AccountRegister(register)) = Record::read(&entry) else {
                    continue;
                };
                read.registers.push(Registering { at, register });
            } else if entry.kind == Kind::DEATH_NOTICE {
                let record = Record::read(&entry).expect("a record of ours");
                read.namings.extend(record.accounts().map(|account| Naming {
                    at,
                    account,
                    leaf: *leaf,
                }));
            }
        }
        read
    }
}

/// The register of all entries before a size.
pub(super) fn register_of<'r>(
    batches: impl Iterator<Item = &'r Registered>,
    size: TreeSize,
) -> AccountRegister {
    let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
    for naming in batches.flat_map(|batch| &batch.namings) {
        if naming.at < size.0 {
            let account = naming.account;
            let known = accounts.entry(account);
            let start = || RegisteredAccount::start(account);
            known.or_insert_with(start).take(&naming.leaf);
        }
    }
    let leaves: Vec<Hash> = accounts.values().map(|known| known.leaf().hash()).collect();
    AccountRegister {
        form: FORM,
        size: size.0,
        accounts: leaves.len() as u64,
        root: root::<RegisterTree>(&leaves),
    }
}

/// The position of the first register of a chain, up to a size, that is not what it should be.
fn first_wrong(frames: &[Rc<Frame>], size: TreeSize) -> Option<u64> {
    let all = || frames.iter().map(|frame| &frame.registered);
    let mut covered = 0;
    for Registering { at, register } in all().flat_map(|batch| &batch.registers) {
        if *at >= size.0 {
            return None;
        }
        let covers = TreeSize(register.size);
        if register.size > *at || register.size < covered || register_of(all(), covers) != *register
        {
            return Some(*at);
        }
        covered = register.size;
    }
    None
}

/// Records about some accounts, told apart by `content`.
pub(super) fn about(submitter: &str, id: u64, records: usize, content: u64) -> Submitted {
    let mut bytes = Vec::new();
    for number in 0..records as u64 {
        let told = [content.to_le_bytes(), number.to_le_bytes()].concat();
        let about = (content + number) % ACCOUNTS;
        let record = Record::Death(Death {
            account: AccountId(derive("yizhang test account", &[&about.to_le_bytes()]).first()),
            month: Month::of(2_020, 5).unwrap(),
            on: Day::new(20_200_501).unwrap(),
            document: derive("yizhang test document", &[&told]),
            source: Source::default(),
        });
        record.write(&mut bytes).unwrap();
    }
    submitted(submitter, id, bytes)
}

/// A submission that is a register alone.
pub(super) fn of_register(id: u64, register: AccountRegister) -> Submitted {
    let mut bytes = Vec::new();
    Record::AccountRegister(register).write(&mut bytes).unwrap();
    submitted("node", id, bytes)
}

fn submitted(submitter: &str, id: u64, bytes: Vec<u8>) -> Submitted {
    let mut number = [0; 16];
    number[..8].copy_from_slice(&id.to_le_bytes());
    Submitted {
        id: SubmissionId(number),
        submitter: submitter.into(),
        block: RecordBlock::parse(bytes).unwrap(),
    }
}

/// A register of a malicious node, which is wrong in one way or another.
pub(super) fn spoiled(
    batches: &[Registered],
    size: TreeSize,
    rng: &mut ChaCha8Rng,
) -> AccountRegister {
    let mut batches = batches.to_vec();
    let count: usize = batches.iter().map(|batch| batch.namings.len()).sum();
    let mut register = register_of(batches.iter(), size);
    let earlier = batches.iter().flat_map(|batch| &batch.registers);
    let covered = earlier.map(|stated| stated.register.size).max();
    match rng.random_range(0..6) {
        // One record is left out.
        0 if count > 1 => {
            let at = rng.random_range(0..count);
            let mut passed = 0;
            for batch in &mut batches {
                let len = batch.namings.len();
                if (passed..passed + len).contains(&at) {
                    batch.namings.remove(at - passed);
                }
                passed += len;
            }
            register = register_of(batches.iter(), size);
        }
        // Accounts are exchanged.
        1 if count > 0 => {
            for naming in batches.iter_mut().flat_map(|batch| &mut batch.namings) {
                naming.account.0[0] ^= 1;
            }
            register = register_of(batches.iter(), size);
        }
        2 if register.accounts > 0 && register.accounts < size.0 => register.accounts += 1,
        // It covers less than one before it.
        4 if covered > Some(0) => {
            let size = TreeSize(covered.unwrap_or(1) - 1);
            register = register_of(batches.iter(), size);
        }
        5 if register.accounts > 0 => register.root = Hash([9; 32]),
        // It covers itself, and more.
        _ => register.size += 1_000,
    }
    register
}

/// How far a mirror knows the registers of a chain to be right.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    right: TreeSize,
    covered: u64,
    /// When the register behind it will have been computed.
    computed_at: Option<u64>,
    is_wrong: bool,
}

/// What a starting mirror knows: what it has cosigned before.
pub(super) fn known(files: &Files, numbers: Numbers) -> BTreeMap<Origin, Progress> {
    let mut known = BTreeMap::new();
    for (chain, right) in files.cosigned.sizes_by_mirror(numbers) {
        let frames = files.chains.get(&chain).into_iter().flatten();
        let below = frames.filter(|frame| frame.after.size() <= right);
        let registers = below.flat_map(|frame| &frame.registered.registers);
        let covered = registers.map(|stated| stated.register.size).max();
        let progress = Progress {
            right,
            covered: covered.unwrap_or(0),
            ..Progress::default()
        };
        known.insert(chain, progress);
    }
    known
}

impl Federation {
    /// Leaves out what a mirror cannot say, or not yet.
    pub(super) fn leave_out(&mut self, node: usize, heads: Vec<ToCosign>) -> Vec<ToCosign> {
        let mut left = Vec::new();
        for mut head in heads {
            let may = self.are_right(node, &head.origin, head.size);
            if !may {
                self.counts.count("lines of mirrors withheld");
                head.kinds.retain(|kind| *kind != KeyKind::Mirror);
            }
            if !head.kinds.is_empty() {
                left.push(head);
            }
        }
        left
    }

    /// Whether a mirror knows that all registers of a chain up to a size are right. If not, it will; a wrong one it has found ends that.
    fn are_right(&mut self, node: usize, chain: &Origin, size: TreeSize) -> bool {
        let mut progress = self.nodes[node]
            .registers
            .get(chain)
            .copied()
            .unwrap_or_default();
        let frames = &self.nodes[node].disk.files.chains[chain];
        if progress.right < size && !progress.is_wrong {
            let is_computed = progress.computed_at.is_some_and(|at| at <= self.now);
            if let Some(next) = next_register(frames, progress.right) {
                if is_computed {
                    progress.computed_at = None;
                    go_through(frames, next, &mut progress);
                    if progress.is_wrong {
                        self.counts.count("wrong registers found");
                    }
                } else if progress.computed_at.is_none() {
                    let takes = self.later.random_range(1..=self.plan.disk * 4);
                    progress.computed_at = Some(self.now + takes);
                }
            } else {
                progress.right = frames
                    .last()
                    .map_or(TreeSize(0), |frame| frame.after.size());
            }
        }
        self.nodes[node].registers.insert(chain.clone(), progress);
        progress.right >= size
    }

    /// No honest mirror stands behind a wrong register, whatever its shell has computed.
    pub(super) fn check_registers_under(&mut self, node: usize, to_cosign: &ToCosign) {
        let frames = &self.nodes[node].disk.files.chains[&to_cosign.origin];
        let wrong = first_wrong(frames, to_cosign.size);
        if to_cosign.kinds.contains(&KeyKind::Mirror) {
            assert_eq!(
                wrong, None,
                "the mirror of node {node} cosigns {} of {} behind a wrong register",
                to_cosign.size, to_cosign.origin
            );
            let is_register = |frame: &&Rc<Frame>| !frame.registered.registers.is_empty();
            if frames.iter().any(|frame| is_register(&frame)) {
                self.counts.count("lines of mirrors behind registers");
            }
        } else if wrong.is_some() {
            self.counts.count("wrong registers witnessed");
        }
    }

    /// In the end whoever holds a wrong register has given no line behind it. Of honest chains there is none.
    pub(super) fn check_registers(&mut self) {
        for chain in self.honest_origins() {
            let frames = self.nodes[0].disk.files.chains.get(&chain);
            let frames = frames.map(Vec::as_slice).unwrap_or_default();
            assert_eq!(first_wrong(frames, TreeSize(u64::MAX)), None, "{chain}");
        }
        for (node, state) in self.nodes.iter().enumerate() {
            let numbers = self.numbers(node);
            for (chain, size) in state.disk.files.cosigned.sizes_by_mirror(numbers) {
                let frames = &state.disk.files.chains[&chain];
                assert_eq!(first_wrong(frames, size), None, "{chain} at {size}");
            }
        }
    }

    /// The node's own turn: it writes the register of its chain so far, one at a time.
    pub(super) fn registrar_acts(&mut self, node: usize) {
        let life = self.nodes[node].life;
        let Some(replica) = self.nodes[node].replica.as_ref() else {
            return;
        };
        let own = origin(node);
        let searched = replica.chain(&own).unwrap().durable;
        let is_ready = replica.readiness() == Readiness::Ready;
        let is_busy = self.nodes[node]
            .registering
            .is_some_and(|ticket| self.waiting.contains_key(&ticket));
        let grows = searched > self.nodes[node].register_end;
        if is_ready && !is_busy && grows && self.later.random_ratio(1, 4) {
            let frames = self.nodes[node].disk.files.chains.get(&own);
            let batches = frames.into_iter().flatten().map(|frame| &frame.registered);
            let register = register_of(batches, searched);
            let ticket = Ticket(self.next_ticket);
            self.next_ticket += 1;
            self.next_register += 1;
            self.nodes[node].registering = Some(ticket);
            self.nodes[node].register_end = TreeSize(searched.0 + 2);
            self.counts.count("registers submitted");
            let input = Input::Submit {
                ticket,
                submitted: of_register(self.next_register, register),
                searched,
            };
            let event = Event::Input {
                node,
                life,
                input: Box::new(input),
            };
            // At once: what a register covers must not be overtaken by another one.
            self.at(self.now, event);
        }
        if !self.calm {
            let pause = self.later.random_range(200..2_000);
            self.at(self.now + pause, Event::Registrar { node });
        }
    }
}

/// The first batch with a register that ends behind a size.
fn next_register(frames: &[Rc<Frame>], right: TreeSize) -> Option<&Rc<Frame>> {
    let mut behind = frames.iter().filter(|frame| frame.after.size() > right);
    behind.find(|frame| !frame.registered.registers.is_empty())
}

/// Computes the registers of a batch.
fn go_through(frames: &[Rc<Frame>], next: &Rc<Frame>, progress: &mut Progress) {
    for Registering { at, register } in &next.registered.registers {
        let all = frames.iter().map(|frame| &frame.registered);
        let is_right = register.size <= *at
            && register.size >= progress.covered
            && register_of(all, TreeSize(register.size)) == *register;
        if !is_right {
            progress.is_wrong = true;
            return;
        }
        progress.covered = register.size;
    }
    progress.right = next.after.size();
}
