//! Registers computed with next to nothing held, against their definition.
#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that panics has failed"
)]

use super::*;
use rand::{RngExt, SeedableRng};
use yizhang_ledger::{register::RegisterTree, tree::root};

#[test]
fn a_register_is_the_same_however_little_is_held_and_wherever_it_is_cut() {
    for seed in 0..60_u64 {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let limits = Limits {
            table_records: random.random_range(1..50),
            runs: random.random_range(1..5),
        };
        let mut so_far = Accounts::new(limits);
        let mut by_account: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
        for _ in 0..random.random_range(1..30) {
            let count = random.random_range(2..40_usize);
            let mut batch = Named {
                leaves: (0..count).map(|_| Hash(random.random())).collect(),
                accounts: Vec::new(),
            };
            for number in 1..count {
                for _ in 0..random.random_range(0..3) {
                    let account = AccountId([random.random_range(0..90); 16]);
                    batch.accounts.push((number, account));
                }
            }
            let first = so_far.tree.size().0;
            let cut = random.random_range(0..=count);
            let mut taken = 0;
            for until in [cut, count] {
                so_far.take(&batch, first + until as u64).unwrap();
                for (number, account) in &batch.accounts {
                    if (taken..until).contains(number) {
                        let one = by_account.entry(*account);
                        let one = one.or_insert_with(|| RegisteredAccount::start(*account));
                        one.take(&batch.leaves[*number]);
                    }
                }
                taken = until;
                let size = first + until as u64;
                if random.random_ratio(1, 3) {
                    let leaves: Vec<Hash> =
                        by_account.values().map(|one| one.leaf().hash()).collect();
                    let register = so_far.register(size).unwrap();
                    assert_eq!(register.root, root::<RegisterTree>(&leaves), "seed {seed}");
                    assert_eq!(register.accounts, leaves.len() as u64, "seed {seed}");
                }
            }
            so_far.tree.extend(&batch.leaves, |_, _, _| {});
        }
    }
}
