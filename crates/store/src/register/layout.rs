//! How a register lies in its file: a header, and blocks of accounts with the branches that end with them.
//!
//! Everything stands in the order in which one pass writes it. The place of a block follows from its number alone, so that a path is
//! found with one block and a few branches read, whatever the size.

use crate::{
    error::RegisterFileFault,
    number::{Fields, narrow, wide},
};
use yizhang_ledger::{
    hash::{Hash, derive},
    head::Origin,
    person::AccountId,
    record::AccountRegister,
    register::{BLOCK_ACCOUNTS, BLOCK_LEVEL, FORM, FinishedBlock, RegisteredAccount},
    value::TreeSize,
};

const MAGIC: [u8; 8] = *b"YZREG\x00\x01\x0a";
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-29 v1 store register checksum";
const CHECKSUM_BYTES: usize = 16;
const ORIGIN_BYTES: usize = 80;

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 256;
/// Bytes of an account: id, number of records, account hash.
pub(super) const ACCOUNT_BYTES: usize = 16 + 8 + 32;

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) origin: Origin,
    pub(super) register: AccountRegister,
    pub(super) anchor: Anchor,
}

/// What ties a register to its chain: a chain that was fetched anew may hold another history. Zeros for a register of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Leaf hash of the batch entry of the batch with the last entry that is covered; it names all that stands before.
    pub(crate) batch: Hash,
    /// Leaf hash of that last entry.
    pub(crate) entry: Hash,
}

impl Header {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let fields = &self.register;
        for number in [fields.size, fields.accounts, u64::from(fields.form)] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for hash in [fields.root, self.anchor.batch, self.anchor.entry] {
            out.extend_from_slice(&hash.0);
        }
        out.extend_from_slice(self.origin.as_str().as_bytes());
        out.resize(HEADER_BYTES - CHECKSUM_BYTES, 0);
        let checksum = checksum(&[&out]);
        out.extend_from_slice(&checksum);
        out
    }

    /// Reads the header of a register of a chain.
    pub(super) fn read(bytes: &[u8], origin: &Origin) -> Result<Self, RegisterFileFault> {
        let (fields, sum) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(RegisterFileFault::Truncated)?;
        let rest = fields
            .strip_prefix(&MAGIC)
            .ok_or(RegisterFileFault::Header)?;
        if checksum(&[fields]) != *sum {
            return Err(RegisterFileFault::Checksum);
        }
        let header = Self::fields(rest, origin).ok_or(RegisterFileFault::Header)?;
        // One header, one form: what is not written here is zeros.
        if header.bytes() == bytes {
            Ok(header)
        } else {
            Err(RegisterFileFault::Foreign)
        }
    }

    fn fields(bytes: &[u8], origin: &Origin) -> Option<Self> {
        let mut fields = Fields(bytes);
        let (size, accounts, form) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let root = Hash(fields.array()?);
        let (batch, entry) = (Hash(fields.array()?), Hash(fields.array()?));
        fields.take(ORIGIN_BYTES)?;
        let form = u16::try_from(form).ok().filter(|form| *form == FORM)?;
        let is_possible = size <= TreeSize::MAX.0 && accounts <= size.saturating_mul(2);
        is_possible.then(|| Self {
            origin: origin.clone(),
            register: AccountRegister {
                form,
                size,
                accounts,
                root,
            },
            anchor: Anchor { batch, entry },
        })
    }
}

/// Blocks of a register of so many accounts.
pub(super) const fn blocks(accounts: u64) -> u64 {
    accounts.div_ceil(wide(BLOCK_ACCOUNTS))
}

/// Accounts in a block of a register of so many.
pub(super) fn accounts_in(block: u64, accounts: u64) -> usize {
    // Blocks are asked for that there are.
    let rest = accounts.saturating_sub(block * wide(BLOCK_ACCOUNTS));
    narrow(rest).min(BLOCK_ACCOUNTS)
}

/// Branches that stand with a block.
fn branches_in(block: u64, accounts: u64) -> usize {
    if accounts_in(block, accounts) == BLOCK_ACCOUNTS {
        narrow(u64::from(block.trailing_ones())) + 1
    } else {
        0
    }
}

/// Where a block starts. Before it stand as many full blocks as it has predecessors, and the branches over these: with every block
/// as many as complete subtrees end with it.
pub(super) const fn block_offset(block: u64) -> u64 {
    let accounts = wide(BLOCK_ACCOUNTS * ACCOUNT_BYTES + CHECKSUM_BYTES);
    let branches = 2 * block - block.count_ones() as u64;
    wide(HEADER_BYTES) + block * accounts + branches * 32
}

/// Bytes of a block.
pub(super) fn block_bytes(block: u64, accounts: u64) -> usize {
    accounts_in(block, accounts) * ACCOUNT_BYTES
        + branches_in(block, accounts) * 32
        + CHECKSUM_BYTES
}

/// Where a branch stands that is a complete subtree of [`BLOCK_LEVEL`] or above: with the last block under it.
pub(super) const fn branch_offset(level: u32, number: u64) -> u64 {
    let above = level - BLOCK_LEVEL;
    let last_block = ((number + 1) << above) - 1;
    block_offset(last_block) + wide(BLOCK_ACCOUNTS * ACCOUNT_BYTES) + above as u64 * 32
}

/// Appends a block.
pub(super) fn write_block(number: u64, block: FinishedBlock<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    for account in block.accounts {
        out.extend_from_slice(&account.account.0);
        out.extend_from_slice(&account.records.to_le_bytes());
        out.extend_from_slice(&account.hash.0);
    }
    for branch in block.branches {
        out.extend_from_slice(&branch.0);
    }
    let content = out.get(start..).unwrap_or_default();
    let checksum = checksum(&[&number.to_le_bytes(), content]);
    out.extend_from_slice(&checksum);
}

/// Reads the accounts of a block, of which the file has all bytes.
pub(super) fn read_block(
    number: u64,
    accounts: u64,
    bytes: &[u8],
) -> Result<Vec<RegisteredAccount>, RegisterFileFault> {
    let (content, sum) = bytes
        .split_last_chunk::<CHECKSUM_BYTES>()
        .ok_or(RegisterFileFault::Truncated)?;
    if checksum(&[&number.to_le_bytes(), content]) != *sum {
        return Err(RegisterFileFault::Checksum);
    }
    let mut fields = Fields(content);
    let mut account = || {
        Some(RegisteredAccount {
            account: AccountId(fields.array()?),
            records: fields.u64()?,
            hash: Hash(fields.array()?),
        })
    };
    let all = (0..accounts_in(number, accounts)).map(|_| account());
    let all: Option<Vec<RegisteredAccount>> = all.collect();
    let all = all.ok_or(RegisterFileFault::Truncated)?;
    if all.is_sorted_by(|left, right| left.account < right.account) {
        Ok(all)
    } else {
        Err(RegisterFileFault::Order)
    }
}

fn checksum(parts: &[&[u8]]) -> [u8; CHECKSUM_BYTES] {
    derive(CHECKSUM_CONTEXT, parts).first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_branches_stand_one_behind_the_other() {
        let accounts = 37 * wide(BLOCK_ACCOUNTS) + 5;
        let mut end = wide(HEADER_BYTES);
        for block in 0..blocks(accounts) {
            assert_eq!(block_offset(block), end);
            let branches = wide(accounts_in(block, accounts) * ACCOUNT_BYTES) + end;
            for above in 0..u32::try_from(branches_in(block, accounts)).unwrap() {
                let number = ((block + 1) >> above) - 1;
                let offset = branch_offset(BLOCK_LEVEL + above, number);
                assert_eq!(offset, branches + u64::from(above) * 32);
            }
            end += wide(block_bytes(block, accounts));
        }
        assert_eq!(blocks(0), 0);
        assert_eq!(accounts_in(37, accounts), 5);
    }
}
