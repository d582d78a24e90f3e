//! Lookups that show that nothing was left out: by the register of each chain instead of a path for each record.

use crate::{
    lookups::Times,
    systems::{System, ours::Ours},
};
use anyhow::{Context, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};
use yizhang_ledger::{
    Verified,
    batch::RecordBlock,
    chain::Submitted,
    head::{Head, Origin},
    person::AccountId,
    record::{AccountRegister, Record},
    register::submission_id,
    roster::Roster,
    value::{LeafIndex, TreeSize, UnixMillis},
};
use yizhang_statement::{RecordEvidence, RegisterEvidence, ShownAccount, prove_complete};
use yizhang_store::Store;

/// The registers of all chains, each with its paths to the newest head, as a node keeps them until its chains grow.
pub struct Registers(BTreeMap<Origin, Registered>);

struct Registered {
    head: Verified<Head>,
    register: AccountRegister,
    entry: RecordEvidence,
    batch: RecordEvidence,
}

/// How large a chain is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Largest {
    pub(crate) leaves: u64,
    pub(crate) accounts: u64,
}

/// What is handed over of one chain.
pub(crate) struct Shown {
    pub(crate) head: Verified<Head>,
    pub(crate) register: RegisterEvidence,
    pub(crate) records: Vec<RecordEvidence>,
}

/// Times of lookups by registers, and of the caller's check.
#[derive(Clone, Debug, Default)]
pub struct Completed {
    /// Reading, and finding the account in every register.
    pub gather: Times,
    /// Checking that it is all.
    pub verify: Times,
}

impl Registers {
    /// Makes the register of every chain and writes it into the chain.
    ///
    /// # Errors
    /// What the store says.
    pub fn write(ours: &mut Ours, roster: &Roster) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        for origin in roster.origins() {
            let at = write_one(ours, origin)?;
            let (_, note) = ours
                .store()
                .newest_head(origin)?
                .context("every chain has a signed head")?;
            let head = Head::open(&note, roster)?;
            all.insert(origin.clone(), Registered::read(ours.store(), head, at)?);
        }
        Ok(Self(all))
    }

    /// The largest chain and the accounts of its register.
    pub(crate) fn largest(&self) -> Largest {
        let sizes = self.0.values().map(|one| one.head.size.0);
        let accounts = self.0.values().map(|one| one.register.accounts);
        Largest {
            leaves: sizes.max().unwrap_or(0),
            accounts: accounts.max().unwrap_or(0),
        }
    }

    /// What a node hands over of an account, from every chain.
    pub(crate) fn gather(&self, store: &Store, account: AccountId) -> anyhow::Result<Vec<Shown>> {
        let mut wanted: BTreeMap<Origin, Vec<LeafIndex>> = BTreeMap::new();
        for (origin, index) in store.positions(&account)? {
            wanted.entry(origin).or_default().push(index);
        }
        let mut all = Vec::with_capacity(self.0.len());
        for (origin, registered) in &self.0 {
            let indexes = wanted.remove(origin).unwrap_or_default();
            all.push(registered.gather(store, origin, account, &indexes)?);
        }
        Ok(all)
    }
}

/// Appends the register of a chain, and says where it stands.
fn write_one(ours: &mut Ours, origin: &Origin) -> anyhow::Result<LeafIndex> {
    let state = ours
        .store()
        .state(origin)
        .context("a chain that is there")?;
    let register = ours.store().make_register(origin, state.size())?;
    let mut bytes = Vec::new();
    Record::AccountRegister(register)
        .write(&mut bytes)
        .map_err(anyhow::Error::msg)?;
    let submitted = Submitted {
        id: submission_id(TreeSize(register.size)),
        submitter: format!("node.{}", origin.region()),
        block: RecordBlock::parse(bytes)?,
    };
    let now = UnixMillis(state.time().0 + 1);
    let extension = state.prepare(&[submitted], now, 1)?;
    let at = extension.after().size().0 - 1;
    ours.append(&extension)?;
    Ok(LeafIndex(at))
}

impl Registered {
    fn read(store: &Store, head: Verified<Head>, at: LeafIndex) -> anyhow::Result<Self> {
        let batch = store.batch_start(&head.origin, at)?;
        let entry = proved(store, &head, at)?;
        Ok(Self {
            register: AccountRegister::read(&entry.entry, at)?,
            batch: proved(store, &head, batch)?,
            entry,
            head,
        })
    }

    fn gather(
        &self,
        store: &Store,
        origin: &Origin,
        account: AccountId,
        indexes: &[LeafIndex],
    ) -> anyhow::Result<Shown> {
        let size = TreeSize(self.register.size);
        let (found, shown) = store
            .in_register(origin, size, account)?
            .context("the register was made")?;
        ensure!(found == self.register, "another register");
        let covered = indexes.partition_point(|index| index.0 < size.0);
        let (covered, later) = indexes.split_at(covered);
        let mut records = Vec::with_capacity(indexes.len());
        for (index, entry) in covered.iter().zip(store.records(origin, covered)?) {
            records.push(RecordEvidence {
                index: *index,
                entry,
                path: Vec::new(),
            });
        }
        for index in later {
            records.push(proved(store, &self.head, *index)?);
        }
        let register = RegisterEvidence {
            register: self.entry.clone(),
            batch: self.batch.clone(),
            accounts: vec![ShownAccount { account, shown }],
            cosigned: None,
        };
        Ok(Shown {
            head: self.head.clone(),
            register,
            records,
        })
    }
}

fn proved(store: &Store, head: &Head, index: LeafIndex) -> anyhow::Result<RecordEvidence> {
    let proof = store.proof(&head.origin, index, head.size)?;
    Ok(RecordEvidence {
        index,
        entry: proof.entry,
        path: proof.path,
    })
}

/// Looks accounts up by registers, and checks what comes back as a caller does; `before` runs before each, untimed.
///
/// # Errors
/// What the store says, an account that is not complete, or fewer records than `least`.
pub fn complete(
    store: &Store,
    registers: &Registers,
    accounts: impl Iterator<Item = AccountId>,
    least: usize,
    mut before: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Completed> {
    let mut times = Completed::default();
    for account in accounts {
        before()?;
        let start = Instant::now();
        let shown = registers.gather(store, account)?;
        times.gather.add(start.elapsed());
        let start = Instant::now();
        let asked = BTreeSet::from([account]);
        let mut records = 0;
        for chain in &shown {
            let complete = prove_complete(&chain.head, &asked, &chain.register, &chain.records)?;
            records += complete.facts.len();
        }
        times.verify.add(start.elapsed());
        ensure!(
            records >= least,
            "expected {least} records or more, found {records}"
        );
    }
    Ok(times)
}
