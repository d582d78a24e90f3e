//! Registers of accounts: account hashes, leaves, roots, and the presence and absence of accounts.

use super::{
    case, fields,
    json::Json,
    sample::{self, account, raw_entry, source},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Entry, Kind},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::{AccountRegister, Identity, Record, Reversal},
    register::{FORM, FORM_OF_KNOWN_KINDS, RegisterLeaf, RegisterTree, RegisteredAccount},
    tree::{inclusion_path_by, root},
    value::LeafIndex,
};

/// Where the entry with the register stands: right behind what it covers, and a batch entry.
const AT: u64 = 10;

pub fn cases() -> Vec<Json> {
    let mut cases = Vec::new();
    cases.extend(hashes());
    cases.extend(roots());
    let chain = Chain::sample();
    cases.extend(reading(&chain));
    cases.extend(present(&chain));
    cases.extend(not_present(&chain));
    cases.extend(absent(&chain));
    cases.extend(not_absent(&chain));
    cases
}

/// A chain of a few entries and its register.
#[derive(Clone)]
struct Chain {
    entries: Vec<(u64, Vec<u8>)>,
    accounts: Vec<RegisteredAccount>,
    register: AccountRegister,
}

impl Chain {
    /// Accounts 1, 3, 5, 7 and 9. The link at 4 stands under two, the kind at 6 under none; what stands at 0 is a batch entry.
    fn sample() -> Self {
        let of = |number: u8, serial: &'static str| {
            sample::entry(&Record::Reversal(Reversal {
                account: account(number),
                source: source(serial),
                ..sample::reversal()
            }))
        };
        let link = sample::entry(&Record::Identity(
            Kind::IDENTITY_LINK,
            Identity {
                account: account(3),
                other: account(7),
                ..sample::identity()
            },
        ));
        let unknown = raw_entry(60_000, &account(5).0);
        let entries = vec![
            (1, of(3, "R-1")),
            (2, of(5, "R-2")),
            (3, of(3, "R-3")),
            (4, link),
            (5, of(9, "R-5")),
            (6, unknown),
            (7, of(5, "R-7")),
            (8, of(1, "R-8")),
        ];
        Self::of(entries, 9)
    }

    fn of(entries: Vec<(u64, Vec<u8>)>, size: u64) -> Self {
        let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
        for (_, bytes) in &entries {
            for id in named(bytes) {
                let registered = accounts
                    .entry(id)
                    .or_insert_with(|| RegisteredAccount::start(id));
                registered.take(&hash_leaf(bytes));
            }
        }
        let accounts: Vec<RegisteredAccount> = accounts.into_values().collect();
        let leaves: Vec<Hash> = accounts.iter().map(|one| one.leaf().hash()).collect();
        let register = AccountRegister {
            form: FORM,
            size,
            accounts: accounts.len().try_into().unwrap(),
            root: root::<RegisterTree>(&leaves),
        };
        Self {
            entries,
            accounts,
            register,
        }
    }

    fn path(&self, index: usize) -> Vec<Hash> {
        let leaves: Vec<Hash> = self.accounts.iter().map(|one| one.leaf().hash()).collect();
        inclusion_path_by::<RegisterTree>(&leaves, index).unwrap()
    }

    fn records(&self, number: u8) -> Vec<(u64, Vec<u8>)> {
        let names = |bytes: &[u8]| named(bytes).contains(&account(number));
        let entries = self.entries.iter().filter(|(_, bytes)| names(bytes));
        entries.cloned().collect()
    }

    fn index(&self, number: u8) -> usize {
        let mut accounts = self.accounts.iter();
        accounts
            .position(|one| one.account == account(number))
            .unwrap()
    }

    fn leaf(&self, index: usize) -> RegisterLeaf {
        self.accounts[index].leaf()
    }
}

fn named(bytes: &[u8]) -> Vec<AccountId> {
    let entry = Entry::parse(bytes, LeafIndex(0)).unwrap();
    Record::read(&entry).unwrap().accounts().collect()
}

fn hashes() -> Vec<Json> {
    let leaves: Vec<Hash> = (0..3_u8).map(|number| hash_leaf(&[number])).collect();
    let swapped = vec![leaves[1], leaves[0], leaves[2]];
    let one = |name: &str, number: u8, leaves: &[Hash]| {
        let mut registered = RegisteredAccount::start(account(number));
        for leaf in leaves {
            registered.take(leaf);
        }
        let inputs = [
            ("account", Json::hex(account(number).0)),
            ("leaves", Json::list(leaves.to_vec())),
        ];
        let expect = Json::object([
            ("records", Json::wide(registered.records)),
            ("hash", registered.hash.into()),
            ("content", registered.leaf().content.into()),
            ("leaf", registered.leaf().hash().into()),
        ]);
        case("registered account", name, inputs, expect)
    };
    vec![
        one("before the first record", 1, &[]),
        one("one record", 1, &leaves[..1]),
        one("one record of another account", 2, &leaves[..1]),
        one("three records", 1, &leaves),
        one("three records in another order", 1, &swapped),
        one("one record twice", 1, &[leaves[0], leaves[0]]),
    ]
}

fn roots() -> Vec<Json> {
    let leaf = |number: u8| {
        let mut registered = RegisteredAccount::start(account(number));
        registered.take(&hash_leaf(&[number]));
        registered.leaf().hash()
    };
    let leaves: Vec<Hash> = (0..9).map(leaf).collect();
    let of = |size: usize| {
        let leaves = &leaves[..size];
        let inputs = [("leaves", Json::list(leaves.to_vec()))];
        let expect = Json::object([("hash", root::<RegisterTree>(leaves).into())]);
        case("register root", format!("{size} accounts"), inputs, expect)
    };
    (0..=leaves.len()).map(of).collect()
}

fn fault(name: &str) -> Json {
    Json::Text(format!("RegisterFault::{name}"))
}

fn holds() -> Json {
    Json::Object(vec![])
}

fn entry_of(register: &AccountRegister) -> Vec<u8> {
    sample::entry(&Record::AccountRegister(*register))
}

fn reading(chain: &Chain) -> Vec<Json> {
    let one = |name: &str, bytes: Vec<u8>, at: u64, outcome: Json| {
        let inputs = [("bytes", Json::hex(bytes)), ("at", Json::wide(at))];
        case("register", name, inputs, outcome)
    };
    let register = chain.register;
    let read = || fields::account_register(&register);
    let of_form = |form: u16| entry_of(&AccountRegister { form, ..register });
    let first = AccountRegister {
        form: FORM_OF_KNOWN_KINDS,
        ..register
    };
    vec![
        one("a register", entry_of(&register), AT, read()),
        one(
            "all that stands before it",
            entry_of(&register),
            register.size,
            read(),
        ),
        one(
            "itself",
            entry_of(&register),
            register.size - 1,
            fault("BeyondItself"),
        ),
        one(
            "the first form",
            entry_of(&first),
            AT,
            fields::account_register(&first),
        ),
        one("a later form", of_form(FORM + 1), AT, fault("Form")),
        one(
            "a reversal",
            chain.entries[0].1.clone(),
            AT,
            fault("NotARegister"),
        ),
        one(
            "a byte too many",
            [entry_of(&register), vec![0]].concat(),
            AT,
            fault("Record/Invalid::EntryTrailing"),
        ),
        one(
            "a root too short",
            raw_entry(Kind::ACCOUNT_REGISTER.0, &[1, 9, 5, 0xad]),
            AT,
            fault("Record/Invalid::Payload/CodecFault::Field"),
        ),
    ]
}

struct Present {
    register: AccountRegister,
    account: u8,
    records: Vec<(u64, Vec<u8>)>,
    index: u64,
    path: Vec<Hash>,
}

impl Present {
    fn of(chain: &Chain, number: u8) -> Self {
        let index = chain.index(number);
        Self {
            register: chain.register,
            account: number,
            records: chain.records(number),
            index: index.try_into().unwrap(),
            path: chain.path(index),
        }
    }

    fn case(self, name: &str, outcome: Json) -> Json {
        let records = self.records.into_iter().map(|(index, entry)| {
            Json::object([("index", Json::wide(index)), ("entry", Json::hex(entry))])
        });
        let inputs = [
            ("register", Json::hex(entry_of(&self.register))),
            ("at", Json::wide(AT)),
            ("account", Json::hex(account(self.account).0)),
            ("records", Json::List(records.collect())),
            ("index", Json::wide(self.index)),
            ("path", Json::list(self.path)),
        ];
        case("presence", name, inputs, outcome)
    }
}

fn present(chain: &Chain) -> Vec<Json> {
    let mut cases: Vec<Json> = [1, 3, 5, 7, 9]
        .into_iter()
        .map(|number| Present::of(chain, number).case(&format!("account {number}"), holds()))
        .collect();
    let alone = Chain::of(chain.entries[1..2].to_vec(), 9);
    cases.push(Present::of(&alone, 5).case("the only account", holds()));
    cases
}

fn not_present(chain: &Chain) -> Vec<Json> {
    let of = |number: u8| Present::of(chain, number);
    let mut cases = Vec::new();
    for missing in 0..3 {
        let mut one = of(3);
        one.records.remove(missing);
        let name = format!("record {missing} of three is left out");
        cases.push(one.case(&name, fault("Path/ProofFault::RootMismatch")));
    }
    let mut one = of(3);
    let other = chain.records(5)[1].clone();
    one.records.push(other);
    cases.push(one.case("a record of another account", fault("OtherAccount")));
    let mut one = of(5);
    one.records.push((8, one.records[1].1.clone()));
    cases.push(one.case(
        "a record that is not there twice",
        fault("Path/ProofFault::RootMismatch"),
    ));
    let mut one = of(5);
    one.records.insert(1, one.records[0].clone());
    cases.push(one.case("a record twice at one position", fault("Order")));
    let mut one = of(3);
    one.records.swap(0, 1);
    cases.push(one.case("two records in another order", fault("Order")));
    let mut one = of(3);
    let first = one.records[0].1.clone();
    one.records[0].1 = std::mem::replace(&mut one.records[1].1, first);
    cases.push(one.case(
        "two records at each other's positions",
        fault("Path/ProofFault::RootMismatch"),
    ));
    let mut one = of(3);
    one.records[2].0 = 9;
    cases.push(one.case("a record behind what is covered", fault("NotCovered")));
    let mut one = of(9);
    one.records.clear();
    cases.push(one.case("no record", fault("NoRecords")));
    let mut one = of(9);
    one.records[0].1.push(0);
    cases.push(one.case(
        "a record that is none",
        fault("Record/Invalid::EntryTrailing"),
    ));
    let mut one = of(5);
    one.account = 3;
    cases.push(one.case("the records of another account", fault("OtherAccount")));
    let mut one = of(3);
    one.index = 2;
    cases.push(one.case("another position", fault("Path/ProofFault::RootMismatch")));
    let mut one = of(3);
    one.index = 5;
    cases.push(one.case(
        "behind the last account",
        fault("Path/ProofFault::OutOfRange"),
    ));
    let mut one = of(3);
    one.path.pop();
    cases.push(one.case("a hash too few", fault("Path/ProofFault::PathLength")));
    let mut one = of(3);
    one.register.root.0[31] ^= 1;
    cases.push(one.case("another root", fault("Path/ProofFault::RootMismatch")));
    let mut one = of(3);
    one.register.accounts = 4;
    cases.push(one.case("counted one too few", fault("Path/ProofFault::PathLength")));
    cases.push(hidden(chain));
    cases
}

/// The register of a node that leaves out a record of account 5: whoever has the record sees it.
fn hidden(chain: &Chain) -> Json {
    let mut entries = chain.entries.clone();
    entries.remove(6);
    let lying = Chain::of(entries, chain.register.size);
    let mut one = Present::of(&lying, 5);
    one.records = chain.records(5);
    one.case(
        "a register that hides a record",
        fault("Path/ProofFault::RootMismatch"),
    )
}

#[derive(Clone)]
struct Absent {
    register: AccountRegister,
    account: u8,
    before: u64,
    left: Option<(RegisterLeaf, Vec<Hash>)>,
    right: Option<(RegisterLeaf, Vec<Hash>)>,
}

impl Absent {
    /// As the register has it, right for an account that is not in it.
    fn of(chain: &Chain, number: u8) -> Self {
        let shown = |index: usize| (chain.leaf(index), chain.path(index));
        let mut accounts = chain.accounts.iter();
        let before = accounts.position(|one| one.account >= account(number));
        let before = before.unwrap_or(chain.accounts.len());
        Self {
            register: chain.register,
            account: number,
            before: before.try_into().unwrap(),
            left: before.checked_sub(1).map(shown),
            right: (before < chain.accounts.len()).then(|| shown(before)),
        }
    }

    fn case(self, name: &str, outcome: Json) -> Json {
        let side = |shown: Option<(RegisterLeaf, Vec<Hash>)>| {
            shown.map_or(Json::Null, |(leaf, path)| {
                Json::object([
                    ("account", Json::hex(leaf.account.0)),
                    ("content", leaf.content.into()),
                    ("path", Json::list(path)),
                ])
            })
        };
        let inputs = [
            ("register", Json::hex(entry_of(&self.register))),
            ("at", Json::wide(AT)),
            ("account", Json::hex(account(self.account).0)),
            ("before", Json::wide(self.before)),
            ("left", side(self.left)),
            ("right", side(self.right)),
        ];
        case("absence", name, inputs, outcome)
    }
}

fn absent(chain: &Chain) -> Vec<Json> {
    let mut cases: Vec<Json> = [0, 2, 4, 6, 8, 10]
        .into_iter()
        .map(|number| Absent::of(chain, number).case(&format!("account {number}"), holds()))
        .collect();
    let empty = Chain::of(vec![], 9);
    cases.push(Absent::of(&empty, 5).case("in the empty register", holds()));
    let alone = Chain::of(chain.entries[1..2].to_vec(), 9);
    cases.push(Absent::of(&alone, 4).case("before the only account", holds()));
    cases.push(Absent::of(&alone, 6).case("behind the only account", holds()));
    cases
}

fn not_absent(chain: &Chain) -> Vec<Json> {
    let of = |number: u8| Absent::of(chain, number);
    let mismatch = || fault("Path/ProofFault::RootMismatch");
    let mut cases = Vec::new();
    cases.push(of(5).case(
        "an account that is there, as the one behind itself",
        fault("Between"),
    ));
    let mut one = of(6);
    one.account = 5;
    cases.push(one.case(
        "an account that is there, as the one before itself",
        fault("Between"),
    ));
    // Account 5 is said not to be there: 3 and 7 are shown as if they stood side by side.
    let mut one = of(5);
    one.right = of(6).right;
    cases.push(one.clone().case("a leaf is passed over", mismatch()));
    one.right = None;
    one.register.accounts = 2;
    cases.push(one.case(
        "a register that counts no more than two",
        fault("Path/ProofFault::PathLength"),
    ));
    let mut one = of(6);
    one.left = None;
    cases.push(one.case("no leaf before it", fault("Neighbour")));
    let mut one = of(6);
    one.right = None;
    cases.push(one.case("no leaf behind it", fault("Neighbour")));
    let mut one = of(0);
    one.left = of(2).left;
    cases.push(one.case("a leaf before the first", fault("Neighbour")));
    let mut one = of(10);
    one.right = of(8).right;
    cases.push(one.case("a leaf behind the last", fault("Neighbour")));
    let mut one = of(10);
    one.before = 6;
    cases.push(one.case("behind more than there are", fault("Before")));
    let mut one = of(6);
    (one.left, one.right) = (one.right, one.left);
    cases.push(one.case("the neighbours changed about", fault("Between")));
    let mut one = of(6);
    one.account = 8;
    cases.push(one.case("neighbours of another account, before", fault("Between")));
    let mut one = of(6);
    one.account = 4;
    cases.push(one.case("neighbours of another account, behind", fault("Between")));
    let mut one = of(6);
    if let Some((leaf, _)) = &mut one.left {
        leaf.content.0[0] ^= 1;
    }
    cases.push(one.case("another content before it", mismatch()));
    let mut one = of(6);
    if let Some((leaf, _)) = &mut one.right {
        leaf.account = account(8);
    }
    cases.push(one.case("another account behind it", mismatch()));
    let mut one = of(6);
    if let Some((_, path)) = &mut one.right {
        path.push(Hash::ZERO);
    }
    cases.push(one.case("a hash too many", fault("Path/ProofFault::PathLength")));
    // Of the very register in which 5 is missing, as a lying node would commit it, this is right: only who recomputes it sees it.
    let mut entries = chain.entries.clone();
    entries.retain(|(_, bytes)| !named(bytes).contains(&account(5)));
    let lying = Chain::of(entries, chain.register.size);
    cases.push(Absent::of(&lying, 5).case("a register that hides an account", holds()));
    cases
}
