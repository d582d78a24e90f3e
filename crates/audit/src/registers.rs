//! Registers of accounts, computed again from the entries of a chain and compared with those that it commits to.
//!
//! A chain that commits to registers is read a second time, when it is known which sizes they cover. Memory is bounded: records wait in a
//! table, sorted runs of it lie in files, and the accounts so far in another.

use crate::{
    error::AuditError,
    finding::{Code, Finding},
    report::ChainReport,
    segments::widen,
    spool::{Spool, SpoolReader, SpoolWriter},
    stated::StatedRegister,
};
use std::{collections::BTreeMap, fmt::Display, ops::ControlFlow};
use yizhang_ledger::{
    batch::Batch,
    hash::Hash,
    person::AccountId,
    record::AccountRegister,
    register::{FinishedBlock, RegisterBuilder, RegisteredAccount},
    tree::Frontier,
    value::TreeSize,
};

/// How much is held.
#[derive(Clone, Copy)]
struct Limits {
    /// Records that wait in memory, 56 bytes each.
    table_records: usize,
    /// Runs of them in files, each read with 300 KiB of memory; with more the accounts so far are written.
    runs: usize,
}

impl Limits {
    const USUAL: Self = Self {
        table_records: 1_024 * 1_024,
        runs: 64,
    };
}

/// Bytes of a record in a run: account and leaf hash.
const RECORD_BYTES: usize = 16 + 32;
/// Bytes of an account: id, number of records, account hash.
const ACCOUNT_BYTES: usize = 16 + 8 + 32;

/// Reads a chain again from its first batch, computes the registers that an audit found in its verified part, and adds a finding to the
/// report for each that is wrong. Heads are not looked at: the entries must give the root that was verified.
///
/// [`crate::audit_directory`] has done it; whoever audits a stream calls it with a second one. `progress` may stop it.
///
/// # Errors
/// [`AuditError::Write`] when there is no room for temporary files, [`AuditError::Interrupted`].
pub fn compare_registers<E: Display>(
    report: &mut ChainReport,
    batches: impl Iterator<Item = Result<Vec<u8>, E>>,
    progress: &dyn Fn() -> ControlFlow<()>,
) -> Result<(), AuditError> {
    let stated = std::mem::take(&mut report.registers);
    if stated.is_empty() {
        return Ok(());
    }
    match compute(&stated, batches, report, progress)? {
        Ok(computed) => {
            for stated in &stated {
                if let Some(finding) = wrong(stated, computed.get(&stated.register.size)) {
                    report.add(finding);
                }
            }
        }
        Err(reason) => {
            let place = stated.first().map(|first| first.place.clone());
            let text = format!("the registers of accounts were not compared: {reason}");
            let place = place.unwrap_or_default();
            report.add(Finding::fault(Code::RegistersNotCompared, &place, text));
        }
    }
    Ok(())
}

/// What is wrong with a register, if it is not what was computed.
fn wrong(stated: &StatedRegister, computed: Option<&AccountRegister>) -> Option<Finding> {
    let computed = computed.filter(|computed| !computed.agrees_with(&stated.register))?;
    let text = "the register of accounts is not what the chain gives: its node left records out, or made them up";
    let place = stated.place.at_leaf(stated.at);
    let sides = |register: &AccountRegister| {
        let AccountRegister { accounts, root, .. } = register;
        format!("{accounts} accounts under {root}")
    };
    let finding = Finding::fault(Code::RegisterWrong, &place, text);
    Some(finding.between(&sides(computed), &sides(&stated.register)))
}

/// The registers of the sizes that are stated; the inner error says why they cannot be computed.
fn compute<E: Display>(
    stated: &[StatedRegister],
    batches: impl Iterator<Item = Result<Vec<u8>, E>>,
    report: &ChainReport,
    progress: &dyn Fn() -> ControlFlow<()>,
) -> Result<Result<BTreeMap<u64, AccountRegister>, String>, AuditError> {
    let mut sizes: Vec<u64> = stated.iter().map(|stated| stated.register.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut sizes = sizes.into_iter().peekable();
    let mut computed = BTreeMap::new();
    let mut so_far = Accounts::new(Limits::USUAL);
    for bytes in batches {
        if so_far.tree.size().0 >= report.size {
            break;
        }
        if progress().is_break() {
            return Err(AuditError::Interrupted);
        }
        let read = bytes.map_err(|error| error.to_string());
        let read = read.and_then(|bytes| Named::read(bytes).map_err(|fault| fault.to_string()));
        let batch = match read {
            Ok(batch) => batch,
            Err(reason) => return Ok(Err(reason)),
        };
        let end = so_far
            .tree
            .size()
            .0
            .saturating_add(widen(batch.leaves.len()));
        while let Some(size) = sizes.next_if(|size| *size < end) {
            so_far.take(&batch, size)?;
            computed.insert(size, so_far.register(size)?);
        }
        so_far.take(&batch, end)?;
        so_far.tree.extend(&batch.leaves, |_, _, _| {});
    }
    let tree = &so_far.tree;
    if tree.size().0 != report.size || tree.root().to_string() != report.root {
        return Ok(Err(
            "the source gives other entries when it is read again".into()
        ));
    }
    // A register behind the last batch can cover no more than that.
    for size in sizes.filter(|size| *size == report.size) {
        computed.insert(size, so_far.register(size)?);
    }
    Ok(Ok(computed))
}

/// The entries of a batch, with the accounts that they are found under.
struct Named {
    leaves: Vec<Hash>,
    /// By the number of the entry in the batch.
    accounts: Vec<(usize, AccountId)>,
}

impl Named {
    fn read(bytes: Vec<u8>) -> Result<Self, yizhang_ledger::Invalid> {
        let mut accounts = Vec::new();
        let mut number = 0_usize;
        let batch = Batch::parse_with(bytes, |record| {
            // The batch entry has number 0.
            number = number.saturating_add(1);
            accounts.extend(record.accounts().map(|account| (number, account)));
        })?;
        Ok(Self {
            leaves: batch.leaves().to_vec(),
            accounts,
        })
    }
}

/// A record that waits: sorts by account, then as they came.
type Waiting = (AccountId, u64, Hash);

/// The accounts of a chain so far.
struct Accounts {
    limits: Limits,
    /// As of the last register that was computed, or written for want of room; ascending.
    base: Option<Spool<ACCOUNT_BYTES>>,
    runs: Vec<Spool<RECORD_BYTES>>,
    table: Vec<Waiting>,
    /// Entries before this position are taken.
    taken: u64,
    /// The tree of all batches before.
    tree: Frontier,
}

impl Accounts {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            base: None,
            runs: Vec::new(),
            table: Vec::new(),
            taken: 0,
            tree: Frontier::default(),
        }
    }

    /// Takes the records of the next batch up to a position, those that are not taken yet.
    fn take(&mut self, batch: &Named, until: u64) -> Result<(), AuditError> {
        let first = self.tree.size().0;
        for (number, account) in &batch.accounts {
            let at = first.saturating_add(widen(*number));
            if (self.taken..until).contains(&at)
                && let Some(leaf) = batch.leaves.get(*number)
            {
                self.table.push((*account, at, *leaf));
            }
        }
        self.taken = self.taken.max(until);
        if self.table.len() < self.limits.table_records {
            return Ok(());
        }
        self.spill()?;
        if self.runs.len() >= self.limits.runs {
            self.register(self.taken)?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), AuditError> {
        self.table.sort_unstable();
        let mut run = SpoolWriter::create()?;
        for (account, _, leaf) in self.table.drain(..) {
            run.push(&joined(&account.0, &[&leaf.0]))?;
        }
        self.runs.push(run.finish()?);
        Ok(())
    }

    /// The register of all that was taken, which covers this size.
    fn register(&mut self, size: u64) -> Result<AccountRegister, AuditError> {
        self.spill()?;
        let runs = std::mem::take(&mut self.runs);
        let mut runs = runs
            .into_iter()
            .map(Run::start)
            .collect::<Result<Vec<_>, _>>()?;
        let mut base = self.base.take().map(Spool::read).transpose()?;
        let mut written = SpoolWriter::create()?;
        let mut builder = RegisterBuilder::new(|block: FinishedBlock<'_>| {
            let mut accounts = block.accounts.iter();
            accounts.try_for_each(|one| written.push(&account_bytes(one)))
        });
        let mut known = next_account(&mut base)?;
        // The first of those with the least account: the oldest, so that the records of an account come in their order.
        while let Some(run) = runs
            .iter_mut()
            .filter(|run| run.head.is_some())
            .min_by_key(|run| run.head.map(|(account, _)| account))
        {
            let Some((account, leaf)) = run.take()? else {
                break;
            };
            while let Some(one) = known.filter(|one| one.account <= account) {
                builder.account(one)?;
                known = next_account(&mut base)?;
            }
            builder.record(account, leaf)?;
        }
        while let Some(one) = known {
            builder.account(one)?;
            known = next_account(&mut base)?;
        }
        let register = builder.finish(TreeSize(size))?;
        self.base = Some(written.finish()?);
        Ok(register)
    }
}

/// A run and its next record.
struct Run {
    reader: SpoolReader<RECORD_BYTES>,
    head: Option<(AccountId, Hash)>,
}

impl Run {
    fn start(run: Spool<RECORD_BYTES>) -> Result<Self, AuditError> {
        let mut run = Self {
            reader: run.read()?,
            head: None,
        };
        run.take()?;
        Ok(run)
    }

    /// The next record, and the one behind it at hand.
    fn take(&mut self) -> Result<Option<(AccountId, Hash)>, AuditError> {
        let taken = self.head.take();
        self.head = self.reader.next()?.and_then(|bytes| {
            let (account, leaf) = bytes.split_first_chunk()?;
            Some((AccountId(*account), Hash(*leaf.first_chunk()?)))
        });
        Ok(taken)
    }
}

fn account_bytes(account: &RegisteredAccount) -> [u8; ACCOUNT_BYTES] {
    let records = account.records.to_le_bytes();
    joined(&account.account.0, &[&records, &account.hash.0])
}

fn next_account(
    base: &mut Option<SpoolReader<ACCOUNT_BYTES>>,
) -> Result<Option<RegisteredAccount>, AuditError> {
    let Some(base) = base else { return Ok(None) };
    Ok(base.next()?.and_then(|bytes| {
        let (account, rest) = bytes.split_first_chunk()?;
        let (records, hash) = rest.split_first_chunk()?;
        Some(RegisteredAccount {
            account: AccountId(*account),
            records: u64::from_le_bytes(*records),
            hash: Hash(*hash.first_chunk()?),
        })
    }))
}

/// An id and what follows it, `N` bytes in all.
fn joined<const N: usize>(id: &[u8; 16], rest: &[&[u8]]) -> [u8; N] {
    let mut bytes = id.to_vec();
    for part in rest {
        bytes.extend_from_slice(part);
    }
    bytes
        .try_into()
        .expect("the parts of a record have its number of bytes together")
}

#[cfg(test)]
mod tests;
