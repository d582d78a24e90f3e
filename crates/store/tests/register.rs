//! Registers of accounts: whatever epochs came before, a register is what the chain gives; it is shown to be so by paths, made again
//! where it is damaged, and one that a chain commits to wrongly is told from one that is right.

use crate::federation::{self, World, accounts};
use rand::RngExt;
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};
use tempfile::tempdir;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    hash::{Hash, hash_leaf},
    head::Origin,
    person::AccountId,
    record::{AccountRegister, Record},
    register::{
        FORM, FORM_OF_KNOWN_KINDS, InRegister, ListedRecord, RegisterFault, RegisterTree,
        RegisteredAccount,
    },
    tree,
    value::{LeafIndex, TreeSize, UnixMillis},
};
use yizhang_store::{
    Faults, Finding, Options, RegisterChecked, RegisterFileFault, Store, StoreError, check,
    rebuild_index,
};

/// Options under which tables are full after some records, so that runs and unfinished registers come about.
fn tiny(world: &World, register_records: usize) -> Options {
    Options {
        register_records,
        ..world.tiny()
    }
}

/// The register of the first `size` entries by its definition.
fn by_definition(leaves: &[Vec<u8>], size: u64) -> AccountRegister {
    let mut registered: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
    for leaf in leaves.iter().take(usize::try_from(size).unwrap()) {
        for account in accounts(leaf) {
            let one = registered.entry(account);
            let one = one.or_insert_with(|| RegisteredAccount::start(account));
            one.take(&hash_leaf(leaf));
        }
    }
    let hashes: Vec<Hash> = registered.values().map(|one| one.leaf().hash()).collect();
    AccountRegister {
        form: FORM,
        size,
        accounts: hashes.len().try_into().unwrap(),
        root: tree::root::<RegisterTree>(&hashes),
    }
}

/// Every account of the chain, and some of none, as the register shows them.
fn check_shown(world: &mut World, store: &Store, number: usize, register: &AccountRegister) {
    let chain = &world.chains[number];
    let size = usize::try_from(register.size).unwrap();
    let mut records: BTreeMap<AccountId, Vec<ListedRecord<'_>>> = BTreeMap::new();
    for (index, entry) in (0..).map(LeafIndex).zip(&chain.leaves[..size]) {
        for account in accounts(entry) {
            let listed = ListedRecord { index, entry };
            records.entry(account).or_default().push(listed);
        }
    }
    for account in world.accounts.iter().chain(records.keys()) {
        let shown = store.in_register(&chain.origin, TreeSize(register.size), *account);
        let (known, shown) = shown.unwrap().expect("the register was made");
        assert_eq!(known, *register);
        match shown {
            InRegister::Present(presence) => {
                let records = &records[account];
                register
                    .verify_presence(*account, records, &presence)
                    .unwrap();
            }
            InRegister::Absent(absence) => {
                assert!(!records.contains_key(account));
                register.verify_absence(*account, &absence).unwrap();
            }
        }
    }
    for _ in 0..20 {
        let stranger = AccountId(world.rng.random());
        let origin = &world.chains[number].origin;
        let shown = store.in_register(origin, TreeSize(register.size), stranger);
        let Some((_, InRegister::Absent(absence))) = shown.unwrap() else {
            panic!("a stranger is in the register");
        };
        register.verify_absence(stranger, &absence).unwrap();
    }
}

fn files(folder: &Path, origin: &Origin) -> Vec<(String, Vec<u8>)> {
    let folder = folder.join("registers").join(origin.region().to_string());
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_register_is_the_same_whatever_epochs_came_before() {
    for seed in 900..908 {
        let mut world = World::new(seed, 2);
        let (folder, other) = (tempdir().unwrap(), tempdir().unwrap());
        let table = [1, 7, 60, 100_000][usize::try_from(seed % 4).unwrap()];
        let store = Store::open(folder.path(), tiny(&world, table)).unwrap().0;
        let mut covered = [0_u64; 2];
        for _ in 0..6 {
            world.random_work(&store, 6);
            let number = world.rng.random_range(0..2);
            let chain = &world.chains[number];
            // Anywhere, also within a batch.
            let size = chain.state.size().0;
            let size = world.rng.random_range(covered[number]..=size);
            let origin = world.chains[number].origin.clone();
            let register = store.make_register(&origin, TreeSize(size)).unwrap();
            let expected = by_definition(&world.chains[number].leaves, size);
            assert_eq!(register, expected, "seed {seed}, size {size}");
            covered[number] = size;
            check_shown(&mut world, &store, number, &register);
        }
        store.close().unwrap();
        world.check_nothing_wrong(folder.path(), store);
        // Made at once from the segments alone, the file has the same bytes.
        for (chain, size) in world.chains.iter().zip(covered) {
            let made = files(folder.path(), &chain.origin);
            assert!(made.len() <= 2, "{} registers are kept", made.len());
            copy_chain(folder.path(), other.path());
            let again = Store::open(other.path(), world.tiny()).unwrap().0;
            if let Some(last) = made.last() {
                again.make_register(&chain.origin, TreeSize(size)).unwrap();
                assert_eq!(files(other.path(), &chain.origin).last(), Some(last));
            }
        }
    }
}

/// Copies the truth of a data directory: nothing derived.
fn copy_chain(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to.join("registers"));
    fs::copy(from.join("format"), to.join("format")).unwrap();
    for chain in fs::read_dir(from.join("chains")).unwrap() {
        let chain = chain.unwrap();
        let target = to.join("chains").join(chain.file_name());
        fs::create_dir_all(&target).unwrap();
        for file in fs::read_dir(chain.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), target.join(file.file_name())).unwrap();
        }
    }
}

/// A chain of some thousand records about some hundred accounts, so that a register has blocks and branches.
fn grown(seed: u64, folder: &Path, options: impl Fn(&World) -> Options) -> (World, Store) {
    let mut world = World::new(seed, 1);
    let store = Store::open(folder, options(&world)).unwrap().0;
    for _ in 0..16 {
        world.append(&store, 0, &[400]);
    }
    (world, store)
}

#[test]
fn a_register_of_several_blocks_shows_every_account() {
    let folder = tempdir().unwrap();
    let (mut world, store) = grown(920, folder.path(), |world| tiny(world, 300));
    let origin = world.chains[0].origin.clone();
    for size in [0, 1, 2_000, world.chains[0].state.size().0] {
        let register = store.make_register(&origin, TreeSize(size)).unwrap();
        assert_eq!(register, by_definition(&world.chains[0].leaves, size));
        check_shown(&mut world, &store, 0, &register);
    }
    let register = store
        .make_register(&origin, world.chains[0].state.size())
        .unwrap();
    assert!(register.accounts > 512, "{}", register.accounts);
    let beyond = TreeSize(world.chains[0].state.size().0 + 1);
    let outcome = store.make_register(&origin, beyond);
    assert!(matches!(outcome, Err(StoreError::NoSuchLeaf { .. })));
    let sizes: Vec<u64> = store
        .register_sizes(&origin)
        .unwrap()
        .iter()
        .map(|size| size.0)
        .collect();
    assert_eq!(sizes, [2_000, register.size]);
}

#[test]
fn a_damaged_register_shows_nothing_and_is_made_again() {
    let folder = tempdir().unwrap();
    let (mut world, store) = grown(921, folder.path(), |world| tiny(world, 100_000));
    let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
    let half = TreeSize(size.0 / 2);
    let expected = by_definition(&world.chains[0].leaves, half.0);
    store.make_register(&origin, half).unwrap();
    let (name, bytes) = files(folder.path(), &origin).remove(0);
    let path = folder
        .path()
        .join("registers")
        .join(origin.region().to_string())
        .join(name);
    let step = bytes.len() / 60;
    for at in (0..bytes.len())
        .step_by(step.max(1))
        .chain([bytes.len() - 1])
    {
        let mut bent = bytes.clone();
        bent[at] ^= 0x10;
        fs::write(&path, &bent).unwrap();
        for account in world.accounts.clone() {
            // Whatever is shown is right.
            let shown = store.in_register(&origin, half, account).unwrap();
            if let Some((register, InRegister::Present(presence))) = shown {
                assert_eq!(register, expected, "byte {at}");
                let entries = world.chains[0].leaves[..usize::try_from(half.0).unwrap()].iter();
                let records: Vec<ListedRecord<'_>> = (0..)
                    .map(LeafIndex)
                    .zip(entries)
                    .filter(|(_, entry)| accounts(entry).contains(&account))
                    .map(|(index, entry)| ListedRecord { index, entry })
                    .collect();
                register
                    .verify_presence(account, &records, &presence)
                    .unwrap();
            }
        }
        // An epoch upon it is as right as ever, and what was damaged is there again when it is called for.
        fs::write(&path, &bent).unwrap();
        let register = store.make_register(&origin, size).unwrap();
        assert_eq!(register, by_definition(&world.chains[0].leaves, size.0));
        for (name, _) in files(folder.path(), &origin) {
            fs::remove_file(path.with_file_name(name)).unwrap();
        }
        assert_eq!(store.make_register(&origin, half).unwrap(), expected);
        assert_eq!(files(folder.path(), &origin)[0].1, bytes, "byte {at}");
    }
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(
        store.in_register(&origin, half, world.accounts[0]).unwrap(),
        None
    );
    let register = store.make_register(&origin, half).unwrap();
    check_shown(&mut world, &store, 0, &register);
}

#[test]
fn a_crash_at_any_step_leaves_the_old_register_or_the_new_one() {
    let mut step = 1;
    loop {
        let folder = tempdir().unwrap();
        let (world, store) = grown(922, folder.path(), |world| tiny(world, 100_000));
        let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
        store.make_register(&origin, TreeSize(100)).unwrap();
        store.make_register(&origin, TreeSize(200)).unwrap();
        store.close().unwrap();
        drop(store);
        let faults = Arc::new(Faults::at(u64::MAX));
        let options = Options {
            faults: Some(faults.clone()),
            ..tiny(&world, 1_000)
        };
        let store = Store::open(folder.path(), options).unwrap().0;
        let before = faults.steps();
        faults.fail_at(before + step);
        let outcome = store.make_register(&origin, size);
        let has_failed = outcome.is_err();
        assert_eq!(has_failed, faults.tripped());
        drop(store);
        faults.lose_unsynced(0).unwrap();
        let store = Store::open(folder.path(), tiny(&world, 1_000)).unwrap().0;
        let expected = by_definition(&world.chains[0].leaves, size.0);
        assert_eq!(store.make_register(&origin, size).unwrap(), expected);
        let names: Vec<String> = files(folder.path(), &origin)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(
            names.len() <= 2 && names.iter().all(|name| name.contains(".reg")),
            "{names:?}"
        );
        store.close().unwrap();
        world.check_nothing_wrong(folder.path(), store);
        if !has_failed {
            assert!(step > 8, "a register takes some steps");
            return;
        }
        step += 1;
    }
}

/// Appends a record of the node itself, and says where.
fn append(world: &mut World, store: &Store, register: AccountRegister) -> LeafIndex {
    let mut bytes = Vec::new();
    Record::AccountRegister(register).write(&mut bytes).unwrap();
    let submitted = Submitted {
        id: SubmissionId(world.rng.random()),
        submitter: federation::SUBMITTER.into(),
        block: RecordBlock::parse(bytes).unwrap(),
    };
    let chain = &mut world.chains[0];
    let now = UnixMillis(1_700_000_000_000);
    let extension = chain.state.prepare(&[submitted], now, 1).unwrap();
    store.persist(&chain.origin, &[(&extension, None)]).unwrap();
    chain.pending.push(extension);
    let note = chain.acknowledge();
    store.note_head(&chain.origin, &note).unwrap();
    LeafIndex(chain.state.size().0 - 1)
}

#[test]
fn a_register_in_a_chain_is_compared_with_the_chain() {
    let folder = tempdir().unwrap();
    let (mut world, store) = grown(923, folder.path(), |world| tiny(world, 700));
    let origin = world.chains[0].origin.clone();
    let size = world.chains[0].state.size().0;
    let right = by_definition(&world.chains[0].leaves, size);
    let at = append(&mut world, &store, right);
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Right(right)
    );
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Right(right)
    );

    let size = world.chains[0].state.size().0;
    let computed = by_definition(&world.chains[0].leaves, size);
    let mut hidden = world.chains[0].leaves.clone();
    hidden.remove(17);
    let wrong = [
        // A record is left out.
        AccountRegister {
            size,
            ..by_definition(&hidden, size - 1)
        },
        // The register of an earlier size.
        AccountRegister {
            size,
            ..by_definition(&world.chains[0].leaves, 3_000)
        },
        // Counted wrong.
        AccountRegister {
            accounts: computed.accounts + 1,
            ..computed
        },
        // Two accounts swapped, or otherwise in disorder: another root.
        AccountRegister {
            root: Hash([7; 32]),
            ..computed
        },
    ];
    for stated in wrong {
        let at = append(&mut world, &store, stated);
        assert_eq!(
            store.check_register(&origin, at).unwrap().outcome,
            RegisterChecked::Wrong { stated, computed }
        );
    }
    let stated = by_definition(&world.chains[0].leaves, 40);
    let at = append(&mut world, &store, stated);
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Right(stated),
        "one of an earlier size is made again"
    );
    let size = world.chains[0].state.size().0 + 2;
    let beyond = AccountRegister { size, ..computed };
    let at = append(&mut world, &store, beyond);
    let size = TreeSize(size);
    let fault = RegisterFault::BeyondItself { at, size };
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Unreadable(fault)
    );
    let first = AccountRegister {
        form: FORM_OF_KNOWN_KINDS,
        ..computed
    };
    let at = append(&mut world, &store, first);
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Right(first),
        "one of the form before says the same"
    );
    let later = AccountRegister {
        form: FORM + 1,
        ..computed
    };
    let at = append(&mut world, &store, later);
    let fault = RegisterFault::Form { found: FORM + 1 };
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Unreadable(fault)
    );
}

#[test]
fn appends_lookups_and_proofs_go_on_while_a_register_is_made() {
    let folder = tempdir().unwrap();
    let (mut world, store) = grown(927, folder.path(), |world| tiny(world, 50));
    let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
    let expected = by_definition(&world.chains[0].leaves, size.0);
    std::thread::scope(|scope| {
        let making = scope.spawn(|| store.make_register(&origin, size).unwrap());
        let mut appended = 0;
        while !making.is_finished() || appended < 3 {
            world.append(&store, 0, &[20]);
            world.check_positions(&store);
            appended += 1;
        }
        assert_eq!(making.join().unwrap(), expected);
    });
    let grown = world.chains[0].state.size();
    let register = store.make_register(&origin, grown).unwrap();
    assert_eq!(register, by_definition(&world.chains[0].leaves, grown.0));
    // A store that is closed makes none any more, and ends one that it makes.
    store.close().unwrap();
    let outcome = store.make_register(&origin, grown);
    assert!(matches!(outcome, Err(StoreError::Stopped { .. })));
}

#[test]
fn a_register_of_another_history_is_not_built_upon() {
    let (folder, other) = (tempdir().unwrap(), tempdir().unwrap());
    let (world, store) = grown(925, folder.path(), |world| tiny(world, 100_000));
    let (another, elsewhere) = grown(926, other.path(), |world| tiny(world, 100_000));
    let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
    assert_eq!(another.chains[0].origin, origin);
    let half = TreeSize(size.0 / 2);
    elsewhere.make_register(&origin, half).unwrap();
    elsewhere
        .make_register(&origin, TreeSize(half.0 + 1))
        .unwrap();
    let (from, to) = (
        other.path().join("registers"),
        folder.path().join("registers"),
    );
    let region = origin.region().to_string();
    fs::create_dir_all(to.join(&region)).unwrap();
    for (name, bytes) in files(other.path(), &origin) {
        assert!(from.join(&region).join(&name).exists());
        fs::write(to.join(&region).join(name), bytes).unwrap();
    }
    let (mut world, old) = (world, TreeSize(100));
    let right = by_definition(&world.chains[0].leaves, old.0);
    let at = append(&mut world, &store, right);
    // It covers less than the registers that lie there, which are none of this chain.
    assert_eq!(
        store.check_register(&origin, at).unwrap().outcome,
        RegisterChecked::Right(right)
    );
    let leaves = &world.chains[0].leaves;
    assert_eq!(
        store.make_register(&origin, size).unwrap(),
        by_definition(leaves, size.0)
    );
    assert_eq!(
        store.make_register(&origin, half).unwrap(),
        by_definition(leaves, half.0)
    );
}

#[test]
fn a_check_names_a_wrong_register_and_a_rebuild_mends_it() {
    let folder = tempdir().unwrap();
    let (world, store) = grown(924, folder.path(), |world| tiny(world, 100_000));
    let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
    store.make_register(&origin, TreeSize(size.0 - 5)).unwrap();
    store.make_register(&origin, size).unwrap();
    store.close().unwrap();
    drop(store);
    assert!(check(folder.path(), &|_| {}).unwrap().findings.is_empty());
    let all = files(folder.path(), &origin);
    let path = |name: &str| {
        let region = origin.region().to_string();
        folder.path().join("registers").join(region).join(name)
    };
    let mut bent = all[0].1.clone();
    bent[5_000] ^= 1;
    fs::write(path(&all[0].0), bent).unwrap();
    // A register of another size under the newest's name.
    fs::write(path(&all[1].0), &all[0].1).unwrap();
    let report = check(folder.path(), &|_| {}).unwrap();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| match finding {
            Finding::Register(path, fault) => (path.clone(), *fault),
            other => panic!("{other}"),
        })
        .collect();
    let expected = [
        (path(&all[0].0), RegisterFileFault::Checksum),
        (path(&all[1].0), RegisterFileFault::Foreign),
    ];
    assert_eq!(found, expected);
    assert!(report.is_sound(), "a register is derived");
    rebuild_index(folder.path(), &|_| {}).unwrap();
    assert_eq!(files(folder.path(), &origin), all[1..]);
    assert!(check(folder.path(), &|_| {}).unwrap().findings.is_empty());
}
