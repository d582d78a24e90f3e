//! The register of accounts 账户名册: what a chain commits to about every account at once, so that a reader can be shown that nothing
//! of an account was left out, or that a chain has nothing of it.
//!
//! A register covers the entries of a chain up to a size. It has one leaf an account: the account id, and a hash of the number of
//! the account's records and of its *account hash*, a chain over the leaf hashes of these records in the order of their positions. The
//! leaves stand in ascending order of the ids in a tree of the shape of [`crate::tree`], under keys of their own. Its root goes into
//! the chain as a record ([`crate::record::AccountRegister`]). *Presence* is one path; *absence* are the two leaves between which the
//! account would stand.

use crate::{
    Invalid,
    batch::SubmissionId,
    entry::{Entry, Kind, RecordId},
    hash::{
        BLOCK_BYTES, Hash, TreeHasher, derive, hash_keyed_block, hash_keyed_blocks, hash_leaf, pair,
    },
    person::AccountId,
    record::{AccountRegister, Record},
    tree::{ProofFault, verify_inclusion_by},
    value::{LeafIndex, TreeSize},
};
use alloc::vec::Vec;

mod builder;
mod epoch;

pub use builder::{BLOCK_ACCOUNTS, BLOCK_LEVEL, FinishedBlock, RegisterBuilder};
pub use epoch::{EPOCH_MS, EPOCH_SHARE, EpochEnd};

/// Context from which the key of account hashes is derived.
pub const ACCOUNT_CONTEXT: &str = "yizhang 2026-11-29 v1 register account";
/// Context from which the key of contents is derived.
pub const CONTENT_CONTEXT: &str = "yizhang 2026-11-29 v1 register content";
/// Context from which the key of the register's leaves is derived.
pub const LEAF_CONTEXT: &str = "yizhang 2026-11-29 v1 register leaf";
/// Context from which the key of the register's branches is derived.
pub const BRANCH_CONTEXT: &str = "yizhang 2026-11-29 v1 register branch";

/// Context of [`submission_id`].
pub const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-29 v1 submission of an account register";

/// The form of the registers that are written: an entry counts under the accounts that [`Record::accounts`] says, which for kinds that
/// have no fields yet is told by their number alone ([`Kind::is_personal`]), so that nobody computes two registers from one chain.
pub const FORM: u16 = 2;
/// The form before it, of 2026-11-29, which is read: kinds without fields counted under no account. No chain was written that had any,
/// so what it covers is computed as [`FORM`] is.
pub const FORM_OF_KNOWN_KINDS: u16 = 1;

/// An account as a register has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisteredAccount {
    /// The account.
    pub account: AccountId,
    /// How many records of the chain name it.
    pub records: u64,
    /// The account hash over them.
    pub hash: Hash,
}

impl RegisteredAccount {
    /// An account before its first record.
    pub fn start(account: AccountId) -> Self {
        Self {
            account,
            records: 0,
            hash: hash_keyed_block(&ACCOUNT_KEY, &start_block(account)),
        }
    }

    /// Takes in the next record of the account, by its leaf hash.
    pub fn take(&mut self, leaf: &Hash) {
        self.hash = hash_keyed_block(&ACCOUNT_KEY, &pair(&self.hash, leaf));
        self.records = one_more(self.records);
    }

    /// Its leaf.
    pub fn leaf(&self) -> RegisterLeaf {
        RegisterLeaf {
            account: self.account,
            content: hash_keyed_block(&CONTENT_KEY, &content_block(self)),
        }
    }
}

/// A leaf of a register: whoever is shown it learns that the account has records in the chain, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterLeaf {
    /// The account.
    pub account: AccountId,
    /// Hash of the number of its records and its account hash.
    pub content: Hash,
}

impl RegisterLeaf {
    /// The hash of the leaf.
    pub fn hash(&self) -> Hash {
        hash_keyed_block(&LEAF_KEY, &leaf_block(self.account, &self.content))
    }
}

/// Appends the hashes of the leaves of accounts, in order; several times faster than one by one.
pub fn leaf_hashes(accounts: &[RegisteredAccount], out: &mut Vec<Hash>) {
    let mut contents = Vec::with_capacity(accounts.len());
    hash_keyed_blocks(
        &CONTENT_KEY,
        accounts.iter().map(content_block),
        &mut contents,
    );
    let leaves = accounts.iter().zip(&contents);
    let blocks = leaves.map(|(account, content)| leaf_block(account.account, content));
    hash_keyed_blocks(&LEAF_KEY, blocks, out);
}

/// The hasher of a register's tree.
#[derive(Clone, Copy, Debug)]
pub struct RegisterTree;

impl TreeHasher for RegisterTree {
    /// The bytes of a leaf, account id and content, are 48, which zeros fill up to one block.
    fn leaf(bytes: &[u8]) -> Hash {
        let mut block = bytes.to_vec();
        block.resize(block.len().next_multiple_of(BLOCK_BYTES), 0);
        Hash(*blake3::keyed_hash(&LEAF_KEY, &block).as_bytes())
    }

    fn branch(left: &Hash, right: &Hash) -> Hash {
        hash_keyed_block(&BRANCH_KEY, &pair(left, right))
    }

    fn empty() -> Hash {
        Hash(*blake3::keyed_hash(&BRANCH_KEY, &[]).as_bytes())
    }

    fn branches(children: &[Hash], out: &mut Vec<Hash>) {
        let (pairs, _odd) = children.as_chunks::<2>();
        let blocks = pairs.iter().map(|[left, right]| pair(left, right));
        hash_keyed_blocks(&BRANCH_KEY, blocks, out);
    }
}

/// Why a register does not show what it is said to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterFault {
    /// The entry is no register.
    #[error("entry {at} is a {found}, not a register of accounts")]
    NotARegister {
        /// Position.
        at: LeafIndex,
        /// Kind found.
        found: Kind,
    },
    /// The register counts by rules that this version does not know.
    #[error(
        "the register has form {found}, this version reads form {FORM_OF_KNOWN_KINDS} and {FORM}"
    )]
    Form {
        /// Form found.
        found: u16,
    },
    /// A register cannot cover itself.
    #[error("the register at {at} covers {size} entries, more than stand before it")]
    BeyondItself {
        /// Its position.
        at: LeafIndex,
        /// Size that it covers.
        size: TreeSize,
    },
    /// An account without records stands in no register.
    #[error("an account is shown to be in the register without a record")]
    NoRecords,
    /// A record does not follow the one before it.
    #[error("expected a record behind {previous}, found {found}")]
    Order {
        /// The record before.
        previous: LeafIndex,
        /// The record found.
        found: LeafIndex,
    },
    /// A record stands behind what the register covers.
    #[error("record {at} is not among the {size} entries that the register covers")]
    NotCovered {
        /// The record.
        at: LeafIndex,
        /// Size that the register covers.
        size: TreeSize,
    },
    /// A record cannot be read.
    #[error(transparent)]
    Record(Invalid),
    /// A record does not name the account.
    #[error("record {at} does not name the account")]
    OtherAccount {
        /// The record.
        at: LeafIndex,
    },
    /// A leaf is not in the register: records are missing, too many or in another order, or the leaf stands elsewhere.
    #[error("leaf {index} of the register: {fault}")]
    Path {
        /// Its position in the register.
        index: u64,
        /// What is wrong.
        fault: ProofFault,
    },
    /// More accounts are said to stand before the absent one than there are.
    #[error(
        "{before} accounts are said to stand before the absent one, the register has {accounts}"
    )]
    Before {
        /// Accounts before, as stated.
        before: u64,
        /// Accounts of the register.
        accounts: u64,
    },
    /// An absent account is shown with the leaf before it unless it would be the first, and with the one behind it unless it would be
    /// the last.
    #[error("the {0} of the absent account is missing, or is shown where there is none")]
    Neighbour(Side),
    /// The neighbours do not enclose the account: it is in the register, or would stand elsewhere.
    #[error("the {0} of the absent account does not stand on that side of it")]
    Between(Side),
}

/// A side of an absent account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The leaf before it.
    Left,
    /// The leaf behind it.
    Right,
}

impl core::fmt::Display for Side {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Left => "neighbour before",
            Self::Right => "neighbour behind",
        })
    }
}

/// A record that is said to be under a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ListedRecord<'a> {
    /// Its position in the chain. The register proves the order of records, not this number.
    pub index: LeafIndex,
    /// The entry.
    pub entry: &'a [u8],
}

impl ListedRecord<'_> {
    /// Whether the record is found under an account. None if it cannot be read.
    pub fn names(&self, account: AccountId) -> Option<bool> {
        let read = read_entry(self.entry, self.index).ok()?;
        Some(read.accounts().any(|named| named == account))
    }
}

/// A record that is not shown: its leaf hash, at its place among the records of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenLeaf {
    /// The position in the chain that it is said to have.
    pub index: LeafIndex,
    /// The leaf hash.
    pub leaf: Hash,
}

/// Where an account stands in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Its position among the accounts.
    pub index: u64,
    /// From its leaf to the root of the register.
    pub path: Vec<Hash>,
}

/// That an account is not in a register: the leaves between which it would stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// How many accounts stand before it.
    pub before: u64,
    /// The last of them; none if there is none.
    pub left: Option<Neighbour>,
    /// The first account behind it; none if there is none.
    pub right: Option<Neighbour>,
}

/// What a register says about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InRegister {
    /// It is in the register.
    Present(Presence),
    /// It is not.
    Absent(Absence),
}

/// A leaf of the register and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The leaf.
    pub leaf: RegisterLeaf,
    /// From it to the root of the register.
    pub path: Vec<Hash>,
}

impl AccountRegister {
    /// Whether it says the same of a chain as another one does, whatever form either has.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let Self {
            form: _,
            size,
            accounts,
            root,
        } = self;
        (*size, *accounts, *root) == (other.size, other.accounts, other.root)
    }

    /// The root of the register without an account.
    pub fn empty_root() -> Hash {
        RegisterTree::empty()
    }

    /// Reads the entry at a position as a register that this version can compute.
    ///
    /// # Errors
    /// [`RegisterFault::Record`], [`RegisterFault::NotARegister`], and as [`AccountRegister::check`].
    pub fn read(bytes: &[u8], at: LeafIndex) -> Result<Self, RegisterFault> {
        let read = read_entry(bytes, at)?;
        let Record::AccountRegister(register) = read else {
            let found = read.kind();
            return Err(RegisterFault::NotARegister { at, found });
        };
        register.check(at)?;
        Ok(register)
    }

    /// Whether the register at a position can be what it says, as far as its fields tell.
    ///
    /// # Errors
    /// [`RegisterFault::Form`], [`RegisterFault::BeyondItself`].
    pub const fn check(&self, at: LeafIndex) -> Result<(), RegisterFault> {
        if !matches!(self.form, FORM_OF_KNOWN_KINDS | FORM) {
            return Err(RegisterFault::Form { found: self.form });
        }
        if self.size > at.0 {
            return Err(RegisterFault::BeyondItself {
                at,
                size: TreeSize(self.size),
            });
        }
        Ok(())
    }

    /// Shows that these are all records of an account among the entries that the register covers, in their order.
    ///
    /// # Errors
    /// [`RegisterFault`], by the first thing that does not hold.
    pub fn verify_presence(
        &self,
        account: AccountId,
        records: &[ListedRecord<'_>],
        presence: &Presence,
    ) -> Result<(), RegisterFault> {
        self.read_part(account, records, &[], presence)
            .map(|_read| ())
    }

    /// As [`AccountRegister::verify_presence`], where some of the records are not shown, with what was read on the way, in the order of the
    /// records. Of the hidden ones the register shows how many they are, and where they lie between the others.
    pub(crate) fn read_part<'a>(
        &self,
        account: AccountId,
        records: &[ListedRecord<'a>],
        hidden: &[HiddenLeaf],
        presence: &Presence,
    ) -> Result<Vec<(RecordId, Record<'a>)>, RegisterFault> {
        let mut registered = RegisteredAccount::start(account);
        let mut previous: Option<LeafIndex> = None;
        let mut all = Vec::with_capacity(records.len());
        let (mut records, mut hidden) = (records.iter().peekable(), hidden.iter().peekable());
        loop {
            let next = records.peek().map(|record| record.index);
            let is_hidden = |one: &&HiddenLeaf| next.is_none_or(|next| one.index <= next);
            if let Some(one) = hidden.next_if(is_hidden) {
                self.check_place(one.index, previous)?;
                registered.take(&one.leaf);
                previous = Some(one.index);
                continue;
            }
            let Some(record) = records.next() else {
                break;
            };
            self.check_place(record.index, previous)?;
            let read = read_listed(account, record)?;
            let leaf = hash_leaf(record.entry);
            registered.take(&leaf);
            previous = Some(record.index);
            all.push((RecordId(leaf), read));
        }
        if registered.records == 0 {
            return Err(RegisterFault::NoRecords);
        }
        self.verify_leaf(&registered.leaf(), presence.index, &presence.path)?;
        Ok(all)
    }

    const fn check_place(
        &self,
        at: LeafIndex,
        previous: Option<LeafIndex>,
    ) -> Result<(), RegisterFault> {
        if let Some(previous) = previous
            && at.0 <= previous.0
        {
            return Err(RegisterFault::Order {
                previous,
                found: at,
            });
        }
        if at.0 >= self.size {
            let size = TreeSize(self.size);
            return Err(RegisterFault::NotCovered { at, size });
        }
        Ok(())
    }

    /// Shows that none of the entries that the register covers names an account.
    ///
    /// # Errors
    /// [`RegisterFault`], by the first thing that does not hold.
    pub fn verify_absence(
        &self,
        account: AccountId,
        absence: &Absence,
    ) -> Result<(), RegisterFault> {
        let before = absence.before;
        if before > self.accounts {
            let accounts = self.accounts;
            return Err(RegisterFault::Before { before, accounts });
        }
        let left_index = before.checked_sub(1);
        match (left_index, &absence.left) {
            (None, None) => {}
            (Some(index), Some(left)) => {
                if left.leaf.account >= account {
                    return Err(RegisterFault::Between(Side::Left));
                }
                self.verify_leaf(&left.leaf, index, &left.path)?;
            }
            _ => return Err(RegisterFault::Neighbour(Side::Left)),
        }
        let right_index = Some(before).filter(|before| *before < self.accounts);
        match (right_index, &absence.right) {
            (None, None) => Ok(()),
            (Some(index), Some(right)) => {
                if right.leaf.account <= account {
                    return Err(RegisterFault::Between(Side::Right));
                }
                self.verify_leaf(&right.leaf, index, &right.path)
            }
            _ => Err(RegisterFault::Neighbour(Side::Right)),
        }
    }

    fn verify_leaf(
        &self,
        leaf: &RegisterLeaf,
        index: u64,
        path: &[Hash],
    ) -> Result<(), RegisterFault> {
        verify_inclusion_by::<RegisterTree>(&leaf.hash(), index, self.accounts, path, &self.root)
            .map_err(|fault| RegisterFault::Path { index, fault })
    }
}

/// Under which id a node writes the register of a size into its chain: the same whenever it does, so that it is in the chain once, and
/// whoever has the chain finds it.
pub fn submission_id(size: TreeSize) -> SubmissionId {
    SubmissionId(derive(SUBMISSION_CONTEXT, &[&size.0.to_le_bytes()]).first())
}

/// Reads a record that must name the account.
fn read_listed<'a>(
    account: AccountId,
    record: &ListedRecord<'a>,
) -> Result<Record<'a>, RegisterFault> {
    let at = record.index;
    let read = read_entry(record.entry, at)?;
    if read.accounts().any(|named| named == account) {
        Ok(read)
    } else {
        Err(RegisterFault::OtherAccount { at })
    }
}

fn read_entry(bytes: &[u8], at: LeafIndex) -> Result<Record<'_>, RegisterFault> {
    let entry = Entry::parse(bytes, at).map_err(RegisterFault::Record)?;
    let kind = entry.kind;
    Record::read(&entry)
        .map_err(|fault| RegisterFault::Record(Invalid::Payload { at, kind, fault }))
}

fn one_more(records: u64) -> u64 {
    records
        .checked_add(1)
        .expect("an account has fewer records than a chain has leaves, 2^63")
}

/// What an account hash starts with: the id and zeros.
fn start_block(account: AccountId) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let (id, _zeros) = block.split_at_mut(16);
    id.copy_from_slice(&account.0);
    block
}

/// The number of records, the account hash, and zeros.
fn content_block(account: &RegisteredAccount) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let (records, rest) = block.split_at_mut(8);
    records.copy_from_slice(&account.records.to_le_bytes());
    let (hash, _zeros) = rest.split_at_mut(32);
    hash.copy_from_slice(&account.hash.0);
    block
}

/// The id, the content, and zeros.
fn leaf_block(account: AccountId, content: &Hash) -> [u8; BLOCK_BYTES] {
    let mut block = start_block(account);
    let (_id, rest) = block.split_at_mut(16);
    let (hash, _zeros) = rest.split_at_mut(32);
    hash.copy_from_slice(&content.0);
    block
}

/// `blake3::derive_key(ACCOUNT_CONTEXT, "")`, written out so that no call derives it again; a test does.
const ACCOUNT_KEY: [u8; 32] = [
    0xe4, 0x9e, 0x57, 0x21, 0x91, 0x5a, 0xee, 0x19, 0x2d, 0xc4, 0x59, 0x02, 0x5b, 0x75, 0x75, 0x5c,
    0xa4, 0x74, 0xd0, 0x19, 0xf6, 0x95, 0x85, 0x01, 0xb6, 0x39, 0x94, 0xe3, 0xc8, 0x72, 0x84, 0x6e,
];
/// `blake3::derive_key(CONTENT_CONTEXT, "")`.
const CONTENT_KEY: [u8; 32] = [
    0xc0, 0x61, 0xb5, 0x34, 0xba, 0x48, 0x86, 0xbb, 0x6d, 0x8a, 0xd0, 0xd1, 0x5a, 0x95, 0xce, 0xb5,
    0xc9, 0x8c, 0xc9, 0x6a, 0xec, 0xb3, 0x3a, 0x92, 0xd7, 0x5f, 0x69, 0xed, 0x9a, 0x05, 0x2c, 0x50,
];
/// `blake3::derive_key(LEAF_CONTEXT, "")`.
const LEAF_KEY: [u8; 32] = [
    0x1b, 0xc3, 0x94, 0xbb, 0x32, 0x0a, 0xe7, 0x4e, 0xb4, 0x1a, 0xd5, 0x8c, 0x0c, 0x38, 0x4e, 0x1e,
    0xca, 0x27, 0x88, 0x1c, 0x68, 0x2a, 0x41, 0xe1, 0x47, 0xdb, 0x60, 0xae, 0x12, 0x37, 0xa4, 0x40,
];
/// `blake3::derive_key(BRANCH_CONTEXT, "")`.
const BRANCH_KEY: [u8; 32] = [
    0x5d, 0xef, 0xde, 0x5e, 0xd3, 0xaf, 0x44, 0x09, 0x5e, 0x4e, 0x22, 0xc6, 0x62, 0x49, 0xe3, 0x66,
    0x37, 0x04, 0xc6, 0xc8, 0x33, 0x24, 0xe6, 0xae, 0x9b, 0x71, 0xea, 0x60, 0x54, 0x6b, 0xc5, 0xc3,
];
