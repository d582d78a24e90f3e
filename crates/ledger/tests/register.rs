//! Registers of accounts against their definition: whatever epochs came before, the register of a size is the same, and it is what
//! hashing record by record gives.

use crate::support::random;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, convert::Infallible};
use yizhang_ledger::{
    hash::{Hash, TreeHasher, derive},
    person::AccountId,
    record::AccountRegister,
    register::{
        ACCOUNT_CONTEXT, Absence, BLOCK_ACCOUNTS, BRANCH_CONTEXT, CONTENT_CONTEXT, EPOCH_MS,
        EpochEnd, FORM, FinishedBlock, LEAF_CONTEXT, Neighbour, RegisterBuilder, RegisterFault,
        RegisterTree, RegisteredAccount, leaf_hashes,
    },
    tree::{inclusion_path_by, root},
    value::{TreeSize, UnixMillis},
};

/// Accounts with the leaf hashes of their records, in order.
type Records = BTreeMap<AccountId, Vec<Hash>>;

fn keyed(context: &str, parts: &[&[u8]]) -> Hash {
    let mut block = parts.concat();
    block.resize(64, 0);
    let Hash(key) = derive(context, &[]);
    Hash(*blake3::keyed_hash(&key, &block).as_bytes())
}

/// As docs/FORMAT.md words it.
fn by_the_book(account: AccountId, leaves: &[Hash]) -> RegisteredAccount {
    let start = keyed(ACCOUNT_CONTEXT, &[&account.0]);
    let hash = leaves.iter().fold(start, |hash, leaf| {
        keyed(ACCOUNT_CONTEXT, &[&hash.0, &leaf.0])
    });
    RegisteredAccount {
        account,
        records: leaves.len().try_into().unwrap(),
        hash,
    }
}

fn leaf_by_the_book(account: &RegisteredAccount) -> Hash {
    let count = account.records.to_le_bytes();
    let content = keyed(CONTENT_CONTEXT, &[&count, &account.hash.0]);
    keyed(LEAF_CONTEXT, &[&account.account.0, &content.0])
}

fn naive(records: &Records) -> (Vec<RegisteredAccount>, Hash) {
    let accounts: Vec<RegisteredAccount> = records
        .iter()
        .map(|(account, leaves)| by_the_book(*account, leaves))
        .collect();
    let leaves: Vec<Hash> = accounts.iter().map(leaf_by_the_book).collect();
    let root = root::<RegisterTree>(&leaves);
    (accounts, root)
}

/// Merges the records of an epoch into the accounts of an older register.
fn epoch(old: &[RegisteredAccount], new: &Records) -> (Vec<RegisteredAccount>, AccountRegister) {
    let mut accounts = Vec::new();
    let mut builder = RegisterBuilder::new(|block: FinishedBlock<'_>| {
        let number = accounts.len() / BLOCK_ACCOUNTS;
        assert!(accounts.len() % BLOCK_ACCOUNTS == 0);
        accounts.extend_from_slice(block.accounts);
        let leaves: Vec<Hash> = accounts.iter().map(leaf_by_the_book).collect();
        let completed = usize::try_from(number.trailing_ones() + 1).unwrap();
        let is_full = block.accounts.len() == BLOCK_ACCOUNTS;
        assert_eq!(block.branches.len(), if is_full { completed } else { 0 });
        for (above, branch) in block.branches.iter().enumerate() {
            let start = leaves.len() - (BLOCK_ACCOUNTS << above);
            assert_eq!(*branch, root::<RegisterTree>(&leaves[start..]));
        }
        Ok::<(), Infallible>(())
    });
    let mut old = old.iter().copied().peekable();
    for (account, leaves) in new {
        while let Some(known) = old.next_if(|known| known.account <= *account) {
            builder.account(known).unwrap();
        }
        for leaf in leaves {
            builder.record(*account, *leaf).unwrap();
        }
    }
    for known in old {
        builder.account(known).unwrap();
    }
    let register = builder.finish(TreeSize(1 << 40)).unwrap();
    (accounts, register)
}

fn account(rng: &mut ChaCha8Rng, most: u128) -> AccountId {
    AccountId(rng.random_range(0..most).to_be_bytes())
}

fn some_records(rng: &mut ChaCha8Rng, accounts: u128, records: usize) -> Vec<(AccountId, Hash)> {
    let record = |rng: &mut ChaCha8Rng| (account(rng, accounts), Hash(rng.random()));
    (0..records).map(|_| record(rng)).collect()
}

fn grouped(records: &[(AccountId, Hash)]) -> Records {
    let mut by_account = Records::new();
    for (account, leaf) in records {
        by_account.entry(*account).or_default().push(*leaf);
    }
    by_account
}

#[test]
fn the_keys_are_those_of_their_contexts() {
    let account = AccountId([7; 16]);
    let leaves = [Hash([1; 32]), Hash([2; 32])];
    let mut registered = RegisteredAccount::start(account);
    for leaf in &leaves {
        registered.take(leaf);
    }
    assert_eq!(registered, by_the_book(account, &leaves));
    assert_eq!(registered.leaf().hash(), leaf_by_the_book(&registered));
    let Hash(branch) = derive(BRANCH_CONTEXT, &[]);
    let (left, right) = (Hash([3; 32]), Hash([4; 32]));
    assert_eq!(
        RegisterTree::branch(&left, &right),
        keyed(BRANCH_CONTEXT, &[&left.0, &right.0])
    );
    let empty = Hash(*blake3::keyed_hash(&branch, &[]).as_bytes());
    assert_eq!(AccountRegister::empty_root(), empty);
    let bytes = [
        registered.account.0.as_slice(),
        &registered.leaf().content.0,
    ]
    .concat();
    assert_eq!(RegisterTree::leaf(&bytes), registered.leaf().hash());
}

#[test]
fn leaves_and_branches_hash_alike_alone_and_together() {
    let accounts: Vec<RegisteredAccount> = (0..41_u8)
        .map(|number| by_the_book(AccountId([number; 16]), &[Hash([number; 32])]))
        .collect();
    for count in 0..=accounts.len() {
        let mut together = Vec::new();
        leaf_hashes(&accounts[..count], &mut together);
        let alone: Vec<Hash> = accounts[..count].iter().map(leaf_by_the_book).collect();
        assert_eq!(together, alone);
        let mut branches = Vec::new();
        RegisterTree::branches(&together, &mut branches);
        let alone: Vec<Hash> = together
            .chunks_exact(2)
            .map(|pair| RegisterTree::branch(&pair[0], &pair[1]))
            .collect();
        assert_eq!(branches, alone);
    }
}

#[test]
fn the_register_of_a_size_is_the_same_whatever_epochs_came_before() {
    let mut rng = random("the_register_of_a_size_is_the_same_whatever_epochs_came_before");
    for round in 0..60 {
        let accounts = [1, 3, 40, 700, 5_000][round % 5];
        let count = rng.random_range(0..3_000);
        let records = some_records(&mut rng, accounts, count);
        let (expected, root) = naive(&grouped(&records));
        let mut known = Vec::new();
        let mut rest = records.as_slice();
        let mut register = None;
        while register.is_none() || !rest.is_empty() {
            let (now, later) = rest.split_at(rng.random_range(0..=rest.len()));
            let (accounts, made) = epoch(&known, &grouped(now));
            (known, register, rest) = (accounts, Some(made), later);
        }
        let register = register.unwrap();
        assert_eq!(known, expected);
        assert_eq!((register.form, register.root), (FORM, root));
        assert_eq!(register.accounts, expected.len() as u64);
    }
}

#[test]
fn an_account_of_more_records_than_are_held_is_hashed_like_any_other() {
    let mut rng = random("an_account_of_more_records_than_are_held_is_hashed_like_any_other");
    let mut records = some_records(&mut rng, 600, 2_000);
    let hub = records[1_000].0;
    records.extend((0..40_000).map(|_| (hub, Hash(rng.random()))));
    let by_account = grouped(&records);
    let (accounts, register) = epoch(&[], &by_account);
    let (expected, root) = naive(&by_account);
    assert_eq!((accounts, register.root), (expected, root));
}

#[test]
fn every_account_is_shown_to_be_there_or_not_and_never_both() {
    let mut rng = random("every_account_is_shown_to_be_there_or_not_and_never_both");
    for size in (0..20).chain([255, 256, 257, 600]) {
        let records: Records = (0..size)
            .map(|number: u128| {
                let account = AccountId((2 * number + 1).to_be_bytes());
                (account, vec![Hash(rng.random())])
            })
            .collect();
        let (accounts, register) = epoch(&[], &records);
        let leaves: Vec<Hash> = accounts.iter().map(|one| one.leaf().hash()).collect();
        let shown = |index: usize| Neighbour {
            leaf: accounts[index].leaf(),
            path: inclusion_path_by::<RegisterTree>(&leaves, index).unwrap(),
        };
        for number in 0..=2 * size {
            let account = AccountId(number.to_be_bytes());
            let before = usize::try_from(number.div_ceil(2))
                .unwrap()
                .min(accounts.len());
            let before = accounts[..before]
                .iter()
                .filter(|one| one.account < account)
                .count();
            let absence = Absence {
                before: before as u64,
                left: before.checked_sub(1).map(shown),
                right: (before < accounts.len()).then(|| shown(before)),
            };
            let outcome = register.verify_absence(account, &absence);
            if number % 2 == 0 {
                assert_eq!(outcome, Ok(()), "{number} of {size}");
            } else {
                assert!(matches!(outcome, Err(RegisterFault::Between(_))));
            }
        }
    }
}

#[test]
fn the_next_register_comes_with_enough_new_entries_or_after_an_hour() {
    let end = |covers, time| EpochEnd {
        covers: TreeSize(covers),
        time: UnixMillis(time),
    };
    let soon = |covers, next, passed| end(covers, 1_000).too_soon_ms(end(next, 1_000 + passed));
    assert_eq!(soon(0, 0, 0), 0, "the first may come at once");
    assert_eq!(soon(1, 2, 0), 0);
    assert_eq!(soon(1, 1, 0), EPOCH_MS);
    assert_eq!(soon(128, 129, 0), 0);
    assert_eq!(soon(129, 130, 0), EPOCH_MS, "two are needed");
    assert_eq!(soon(129, 131, 0), 0);
    assert_eq!(soon(1_280_000, 1_289_999, 7), EPOCH_MS - 7);
    assert_eq!(soon(1_280_000, 1_290_000, 7), 0);
    assert_eq!(soon(1_280_000, 1_280_001, EPOCH_MS - 1), 1);
    assert_eq!(soon(1_280_000, 1_280_001, EPOCH_MS), 0);
    // A clock that went back, and sizes that no chain has.
    let back = end(1_280_000, 1_000).too_soon_ms(end(1_280_001, 0));
    assert_eq!(back, EPOCH_MS);
    assert_eq!(end(u64::MAX, 0).too_soon_ms(end(0, u64::MAX)), 0);
}
