//! Building a register from the accounts of an older one and the records since, both in ascending order of accounts.

use super::{
    ACCOUNT_KEY, FORM, RegisterTree, RegisteredAccount, leaf_hashes, one_more, start_block,
};
use crate::{
    hash::{Hash, hash_keyed_blocks, pair},
    number::wide,
    person::AccountId,
    record::AccountRegister,
    tree::Frontier,
    value::TreeSize,
};
use alloc::vec::Vec;

/// Accounts that are hashed side by side and handed on together: a subtree of level 8, and what is read to compute a path again.
pub const BLOCK_ACCOUNTS: usize = 1 << BLOCK_LEVEL;
/// Level of the subtree over a block.
pub const BLOCK_LEVEL: u32 = 8;
/// Records that wait to be hashed, at most: 512 KiB, whatever the number of records of one account.
const WAITING_RECORDS_MAX: usize = 16_384;

/// Accounts of a register that are done with.
#[derive(Clone, Copy, Debug)]
pub struct FinishedBlock<'a> {
    /// The accounts, ascending: [`BLOCK_ACCOUNTS`], in the last block perhaps fewer.
    pub accounts: &'a [RegisteredAccount],
    /// The complete subtrees of [`BLOCK_LEVEL`] and above that end with this block, smallest first.
    pub branches: &'a [Hash],
}

/// Takes accounts and records in ascending order of accounts, and hands on the accounts of the new register.
///
/// Of each account first what the older register has of it, then the leaf hashes of its records since, in the order of their
/// positions. Given the covered size, the outcome does not depend on which older registers there were. Memory stays small: the
/// finished accounts go to `each`.
pub struct RegisterBuilder<F> {
    each: F,
    accounts: Vec<RegisteredAccount>,
    /// Which of the accounts have no account hash yet.
    fresh: Vec<usize>,
    /// For each account, where its waiting records start.
    starts: Vec<usize>,
    waiting: Vec<Hash>,
    leaves: Vec<Hash>,
    branches: Vec<Hash>,
    count: u64,
    frontier: Frontier<RegisterTree>,
}

impl<E, F: FnMut(FinishedBlock<'_>) -> Result<(), E>> RegisterBuilder<F> {
    /// A register that has no account yet.
    pub fn new(each: F) -> Self {
        Self {
            each,
            accounts: Vec::with_capacity(BLOCK_ACCOUNTS),
            fresh: Vec::new(),
            starts: Vec::with_capacity(BLOCK_ACCOUNTS),
            waiting: Vec::new(),
            leaves: Vec::with_capacity(BLOCK_ACCOUNTS),
            branches: Vec::new(),
            count: 0,
            frontier: Frontier::default(),
        }
    }

    /// Takes an account of the older register. Accounts that are not ascending are for the caller to refuse.
    ///
    /// # Errors
    /// What `each` says.
    pub fn account(&mut self, account: RegisteredAccount) -> Result<(), E> {
        self.make_room()?;
        self.starts.push(self.waiting.len());
        self.accounts.push(account);
        Ok(())
    }

    /// Takes the next record of an account: the one taken last, or a greater one, which then is new.
    ///
    /// # Errors
    /// What `each` says.
    pub fn record(&mut self, account: AccountId, leaf: Hash) -> Result<(), E> {
        let is_last = |last: &RegisteredAccount| last.account == account;
        if !self.accounts.last().is_some_and(is_last) {
            self.make_room()?;
            self.fresh.push(self.accounts.len());
            self.starts.push(self.waiting.len());
            self.accounts.push(RegisteredAccount {
                account,
                records: 0,
                hash: Hash::ZERO,
            });
        }
        if self.waiting.len() >= WAITING_RECORDS_MAX {
            self.settle();
        }
        self.waiting.push(leaf);
        Ok(())
    }

    /// The register of all that was taken, for the size that it covers.
    ///
    /// # Errors
    /// What `each` says.
    pub fn finish(mut self, size: TreeSize) -> Result<AccountRegister, E> {
        self.flush()?;
        Ok(AccountRegister {
            form: FORM,
            size: size.0,
            accounts: self.count,
            root: self.frontier.root(),
        })
    }

    fn make_room(&mut self) -> Result<(), E> {
        if self.accounts.len() < BLOCK_ACCOUNTS {
            Ok(())
        } else {
            self.flush()
        }
    }

    /// Hands the accounts on that are held.
    fn flush(&mut self) -> Result<(), E> {
        if self.accounts.is_empty() {
            return Ok(());
        }
        self.settle();
        self.leaves.clear();
        leaf_hashes(&self.accounts, &mut self.leaves);
        let branches = &mut self.branches;
        branches.clear();
        self.frontier.extend(&self.leaves, |level, _, completed| {
            if level >= BLOCK_LEVEL {
                branches.extend_from_slice(completed);
            }
        });
        let count = self.count.checked_add(wide(self.accounts.len()));
        self.count =
            count.expect("a chain of fewer than 2^63 entries names fewer than 2^64 accounts");
        (self.each)(FinishedBlock {
            accounts: &self.accounts,
            branches: &self.branches,
        })?;
        self.accounts.clear();
        self.starts.clear();
        Ok(())
    }

    /// Hashes the waiting records: each round takes one record of every account that has one left, so that accounts are hashed
    /// side by side.
    fn settle(&mut self) {
        let mut hashes = Vec::new();
        let fresh = self.fresh.iter().filter_map(|at| self.accounts.get(*at));
        let blocks = fresh.map(|account| start_block(account.account));
        hash_keyed_blocks(&ACCOUNT_KEY, blocks, &mut hashes);
        for (at, hash) in self.fresh.drain(..).zip(&hashes) {
            if let Some(account) = self.accounts.get_mut(at) {
                account.hash = *hash;
            }
        }
        let mut open = self.open();
        while !open.is_empty() {
            hashes.clear();
            let blocks = open.iter().filter_map(|open| {
                let account = self.accounts.get(open.account)?;
                Some(pair(&account.hash, self.waiting.get(open.next)?))
            });
            hash_keyed_blocks(&ACCOUNT_KEY, blocks, &mut hashes);
            for (open, hash) in open.iter_mut().zip(&hashes) {
                if let Some(account) = self.accounts.get_mut(open.account) {
                    account.hash = *hash;
                    account.records = one_more(account.records);
                }
                open.next = after(open.next);
            }
            open.retain(|open| open.next < open.end);
        }
        self.waiting.clear();
        self.starts.fill(0);
    }

    /// The accounts that have waiting records.
    fn open(&self) -> Vec<Open> {
        let ends = self.starts.iter().skip(1).copied();
        let ends = ends.chain([self.waiting.len()]);
        let spans = self.starts.iter().zip(ends).enumerate();
        spans
            .filter(|(_, (start, end))| *start < end)
            .map(|(account, (next, end))| Open {
                account,
                next: *next,
                end,
            })
            .collect()
    }
}

/// An account with records that wait.
struct Open {
    account: usize,
    next: usize,
    end: usize,
}

fn after(position: usize) -> usize {
    position
        .checked_add(1)
        .expect("a position in memory is below the largest address")
}
