//! What a statement has of one chain: as an answer of a node has it, with everything that paths have in common told once.

use super::{
    HiddenRecord,
    form::{PortableFault, SectionName},
};
use crate::{
    ChainEvidence, CosignedRegister, RecordEvidence, RegisterEvidence, SHOWN_ACCOUNTS_MAX,
    ShownAccount,
};
use bincode::{BorrowDecode, Encode};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    Invalid,
    entry::{Entry, RecordId},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::Head,
    multiproof::{self, PlacedLeaf, PlacedPath},
    person::AccountId,
    record::{AccountRegister, Record},
    register::{
        Absence, InRegister, ListedRecord, Neighbour, Presence, RegisterLeaf, RegisterTree,
        RegisteredAccount,
    },
    roster::REGIONS_MAX,
    tree::ProofFault,
    value::{LeafIndex, TreeSize},
};

/// Most chains of a statement: as many as a roster may have regions.
pub const STATED_CHAINS_MAX: usize = REGIONS_MAX;
/// Most records of a statement, over all chains: nodes give 10,000.
pub const STATED_RECORDS_MAX: usize = 16_384;

/// Refuses more than a statement may have, before anything is made of it.
pub(super) fn check(chains: &[StatedChain]) -> Result<(), PortableFault> {
    let wrong = |reason| PortableFault::Content {
        section: SectionName::Chains,
        reason,
    };
    if chains.len() > STATED_CHAINS_MAX {
        return Err(wrong("it has more than 256 chains"));
    }
    let records: usize = chains.iter().map(|chain| chain.records.len()).sum();
    if records > STATED_RECORDS_MAX {
        return Err(wrong("it has more than 16,384 records"));
    }
    let registers = chains.iter().filter_map(|chain| chain.register.as_ref());
    let has_many = |register: &StatedRegister| register.accounts.len() > SHOWN_ACCOUNTS_MAX;
    if registers.into_iter().any(has_many) {
        return Err(wrong("a register is shown for more than 64 accounts"));
    }
    Ok(())
}

/// A chain of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StatedChain {
    /// The signed head with cosignatures, a note.
    pub head: Vec<u8>,
    /// What shows that no record is missing; none if the issuer has none.
    pub register: Option<StatedRegister>,
    /// The records, ascending by position.
    pub records: Vec<StatedRecord>,
    /// The multiproof of all entries that are tied to the head.
    pub hashes: Vec<Hash>,
}

/// A record of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StatedRecord {
    /// Its position.
    pub index: LeafIndex,
    /// The entry.
    pub entry: Vec<u8>,
    /// Whether the multiproof ties it to the head; if not, the register shows it.
    pub is_tied: bool,
}

/// A register of accounts of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StatedRegister {
    index: LeafIndex,
    entry: Vec<u8>,
    batch_index: LeafIndex,
    batch: Vec<u8>,
    accounts: Vec<StatedPlace>,
    /// The multiproof of all leaves of the register that are shown.
    hashes: Vec<Hash>,
    cosigned: Option<StatedCosigned>,
}

/// A head that others have cosigned and that the register stands under, too.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
struct StatedCosigned {
    head: Vec<u8>,
    path: Vec<Hash>,
}

/// Where an account stands in the register, or would stand.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
struct StatedPlace {
    account: AccountId,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
enum Place {
    Present {
        index: u64,
        content: Hash,
    },
    Absent {
        before: u64,
        left: Option<Leaf>,
        right: Option<Leaf>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
struct Leaf {
    account: AccountId,
    content: Hash,
}

impl Leaf {
    const fn of(leaf: &RegisterLeaf) -> Self {
        Self {
            account: leaf.account,
            content: leaf.content,
        }
    }

    const fn leaf(&self) -> RegisterLeaf {
        RegisterLeaf {
            account: self.account,
            content: self.content,
        }
    }
}

/// A chain of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainPart {
    /// With the records that are shown.
    pub chain: StatedChain,
    /// The others, as far as the register covers them.
    pub hidden: Vec<HiddenRecord>,
}

impl ChainPart {
    /// What a node has found, as [`StatedChain::of`] takes it, of which these records are shown.
    pub fn of(
        evidence: &ChainEvidence,
        size: TreeSize,
        shown: &BTreeSet<RecordId>,
    ) -> Option<Self> {
        let is_shown =
            |record: &RecordEvidence| shown.contains(&RecordId(hash_leaf(&record.entry)));
        let chain = StatedChain::part_of(evidence, size, is_shown)?;
        let covered = match &evidence.register {
            Some(register) => {
                let RecordEvidence { index, entry, .. } = &register.register;
                AccountRegister::read(entry, *index).ok()?.size
            }
            None => 0,
        };
        let others = evidence.records.iter();
        let others = others.filter(|record| record.index.0 < covered && !is_shown(record));
        Some(Self {
            chain,
            hidden: others.map(hidden).collect::<Option<_>>()?,
        })
    }
}

fn hidden(record: &RecordEvidence) -> Option<HiddenRecord> {
    let entry = Entry::parse(&record.entry, record.index).ok()?;
    let accounts: BTreeSet<AccountId> = Record::read(&entry).ok()?.accounts().collect();
    Some(HiddenRecord {
        index: record.index,
        leaf: hash_leaf(&record.entry),
        accounts: accounts.into_iter().collect(),
    })
}

impl StatedChain {
    /// What a node has found, under the head of this size that it was tied to. None if its paths are not those of verified evidence.
    pub fn of(evidence: &ChainEvidence, size: TreeSize) -> Option<Self> {
        Self::part_of(evidence, size, |_record| true)
    }

    fn part_of(
        evidence: &ChainEvidence,
        size: TreeSize,
        is_shown: impl Fn(&RecordEvidence) -> bool,
    ) -> Option<Self> {
        let shown: Vec<&RecordEvidence> = evidence
            .records
            .iter()
            .filter(|record| is_shown(record))
            .collect();
        let mut tied: BTreeMap<LeafIndex, &[Hash]> = BTreeMap::new();
        if let Some(register) = &evidence.register {
            for entry in [&register.batch, &register.register] {
                tied.insert(entry.index, &entry.path);
            }
        }
        // In a chain of one entry a path is empty, and ties it all the same.
        let is_tied = |record: &RecordEvidence| !record.path.is_empty() || size.0 == 1;
        for record in shown.iter().filter(|record| is_tied(record)) {
            tied.insert(record.index, &record.path);
        }
        let paths: Vec<PlacedPath<'_>> = tied
            .iter()
            .map(|(index, path)| PlacedPath {
                index: index.0,
                path,
            })
            .collect();
        let hashes = if paths.is_empty() {
            Vec::new()
        } else {
            multiproof::join(&paths, size.0)?
        };
        let register = match &evidence.register {
            Some(register) => Some(StatedRegister::of(register, &evidence.records)?),
            None => None,
        };
        let records = shown.into_iter().map(|record| StatedRecord {
            index: record.index,
            entry: record.entry.clone(),
            is_tied: is_tied(record),
        });
        Some(Self {
            head: evidence.head.clone(),
            register,
            records: records.collect(),
            hashes,
        })
    }

    /// As [`crate::prove_complete`] takes it, under the head. Everything that is tied leads to its root.
    ///
    /// # Errors
    /// [`Invalid::Proof`] where the hashes are not as many as positions and sizes call for, or lead to other roots.
    pub fn evidence(&self, head: &Head) -> Result<ChainEvidence, Invalid> {
        let mut tied: BTreeMap<LeafIndex, &[u8]> = BTreeMap::new();
        if let Some(register) = &self.register {
            tied.insert(register.batch_index, &register.batch);
            tied.insert(register.index, &register.entry);
        }
        for record in self.records.iter().filter(|record| record.is_tied) {
            tied.insert(record.index, &record.entry);
        }
        let leaves: Vec<PlacedLeaf> = tied
            .iter()
            .map(|(index, entry)| PlacedLeaf {
                index: index.0,
                hash: hash_leaf(entry),
            })
            .collect();
        let first = tied.keys().next().copied().unwrap_or(LeafIndex(0));
        let refused = |fault| Invalid::Proof { at: first, fault };
        let mut paths: BTreeMap<LeafIndex, Vec<Hash>> = BTreeMap::new();
        if !leaves.is_empty() {
            let opened = multiproof::open::<Blake3Keyed>(&leaves, head.size.0, &self.hashes);
            let opened = opened.map_err(refused)?;
            ensure_root(opened.root, head.root).map_err(refused)?;
            paths = tied.keys().copied().zip(opened.paths).collect();
        } else if !self.hashes.is_empty() {
            return Err(refused(too_many(&self.hashes)));
        }
        let path = |index: LeafIndex| paths.get(&index).cloned().unwrap_or_default();
        let records = self.records.iter().map(|record| RecordEvidence {
            index: record.index,
            entry: record.entry.clone(),
            path: if record.is_tied {
                path(record.index)
            } else {
                Vec::new()
            },
        });
        let register = match &self.register {
            Some(register) => Some(RegisterEvidence {
                register: RecordEvidence {
                    index: register.index,
                    entry: register.entry.clone(),
                    path: path(register.index),
                },
                batch: RecordEvidence {
                    index: register.batch_index,
                    entry: register.batch.clone(),
                    path: path(register.batch_index),
                },
                accounts: register.shown()?,
                cosigned: register.cosigned.as_ref().map(|cosigned| CosignedRegister {
                    head: cosigned.head.clone(),
                    path: cosigned.path.clone(),
                }),
            }),
            None => None,
        };
        Ok(ChainEvidence {
            head: self.head.clone(),
            records: records.collect(),
            register,
        })
    }
}

/// What is redundant in a proof is held to the root like everything else.
fn ensure_root(found: Hash, expected: Hash) -> Result<(), ProofFault> {
    if found == expected {
        Ok(())
    } else {
        Err(ProofFault::RootMismatch { expected, found })
    }
}

fn too_many(hashes: &[Hash]) -> ProofFault {
    ProofFault::PathLength {
        expected: 0,
        found: hashes.len(),
    }
}

impl StatedRegister {
    fn of(evidence: &RegisterEvidence, records: &[RecordEvidence]) -> Option<Self> {
        let at = evidence.register.index;
        let register = AccountRegister::read(&evidence.register.entry, at).ok()?;
        let mut tied: BTreeMap<u64, &[Hash]> = BTreeMap::new();
        let mut accounts = Vec::with_capacity(evidence.accounts.len());
        for ShownAccount { account, shown } in &evidence.accounts {
            let place = match shown {
                InRegister::Present(Presence { index, path }) => {
                    tied.insert(*index, path);
                    Place::Present {
                        index: *index,
                        content: content_of(*account, records, register.size)?,
                    }
                }
                InRegister::Absent(absence) => {
                    if let (Some(left), Some(index)) =
                        (&absence.left, absence.before.checked_sub(1))
                    {
                        tied.insert(index, &left.path);
                    }
                    if let Some(right) = &absence.right {
                        tied.insert(absence.before, &right.path);
                    }
                    let leaf =
                        |side: &Option<Neighbour>| side.as_ref().map(|one| Leaf::of(&one.leaf));
                    Place::Absent {
                        before: absence.before,
                        left: leaf(&absence.left),
                        right: leaf(&absence.right),
                    }
                }
            };
            accounts.push(StatedPlace {
                account: *account,
                place,
            });
        }
        let paths: Vec<PlacedPath<'_>> = tied
            .iter()
            .map(|(index, path)| PlacedPath {
                index: *index,
                path,
            })
            .collect();
        // A register without an account has no leaf to show.
        let hashes = if paths.is_empty() {
            Vec::new()
        } else {
            multiproof::join(&paths, register.accounts)?
        };
        let cosigned = evidence.cosigned.as_ref();
        Some(Self {
            index: at,
            entry: evidence.register.entry.clone(),
            batch_index: evidence.batch.index,
            batch: evidence.batch.entry.clone(),
            accounts,
            hashes,
            cosigned: cosigned.map(|cosigned| StatedCosigned {
                head: cosigned.head.clone(),
                path: cosigned.path.clone(),
            }),
        })
    }

    /// The accounts with their paths in the register.
    fn shown(&self) -> Result<Vec<ShownAccount>, Invalid> {
        let at = self.index;
        let refused = |fault| Invalid::Proof { at, fault };
        // What it is not is said by whoever checks it; one that cannot be read has no leaf here.
        let register = AccountRegister::read(&self.entry, at).ok();
        let accounts = register.map_or(0, |register| register.accounts);
        let mut leaves: BTreeMap<u64, RegisterLeaf> = BTreeMap::new();
        for leaf in self.accounts.iter().flat_map(StatedPlace::leaves) {
            let known = leaves.insert(leaf.index, leaf.leaf);
            if known.is_some_and(|known| known != leaf.leaf) {
                return Err(refused(ProofFault::OutOfRange {
                    position: leaf.index,
                    size: accounts,
                }));
            }
        }
        let placed: Vec<PlacedLeaf> = leaves
            .iter()
            .map(|(index, leaf)| PlacedLeaf {
                index: *index,
                hash: leaf.hash(),
            })
            .collect();
        let mut paths: BTreeMap<u64, Vec<Hash>> = BTreeMap::new();
        if !placed.is_empty() {
            let opened = multiproof::open::<RegisterTree>(&placed, accounts, &self.hashes);
            let opened = opened.map_err(refused)?;
            let root = register.map_or(opened.root, |register| register.root);
            ensure_root(opened.root, root).map_err(refused)?;
            paths = leaves.keys().copied().zip(opened.paths).collect();
        } else if !self.hashes.is_empty() {
            return Err(refused(too_many(&self.hashes)));
        }
        let shown = self.accounts.iter().map(|one| one.shown(&paths));
        Ok(shown.collect())
    }
}

/// A leaf of a register and where it is said to stand.
struct PlacedRegisterLeaf {
    index: u64,
    leaf: RegisterLeaf,
}

impl StatedPlace {
    /// The leaves that are shown for the account.
    fn leaves(&self) -> Vec<PlacedRegisterLeaf> {
        match &self.place {
            Place::Present { index, content } => vec![PlacedRegisterLeaf {
                index: *index,
                leaf: RegisterLeaf {
                    account: self.account,
                    content: *content,
                },
            }],
            Place::Absent {
                before,
                left,
                right,
            } => {
                let mut leaves = Vec::new();
                if let (Some(left), Some(index)) = (left, before.checked_sub(1)) {
                    let leaf = left.leaf();
                    leaves.push(PlacedRegisterLeaf { index, leaf });
                }
                if let Some(right) = right {
                    let (index, leaf) = (*before, right.leaf());
                    leaves.push(PlacedRegisterLeaf { index, leaf });
                }
                leaves
            }
        }
    }

    fn shown(&self, paths: &BTreeMap<u64, Vec<Hash>>) -> ShownAccount {
        let path = |index: u64| paths.get(&index).cloned().unwrap_or_default();
        let shown = match &self.place {
            Place::Present { index, .. } => InRegister::Present(Presence {
                index: *index,
                path: path(*index),
            }),
            Place::Absent {
                before,
                left,
                right,
            } => InRegister::Absent(Absence {
                before: *before,
                left: left.as_ref().map(|left| Neighbour {
                    leaf: left.leaf(),
                    path: before.checked_sub(1).map(path).unwrap_or_default(),
                }),
                right: right.as_ref().map(|right| Neighbour {
                    leaf: right.leaf(),
                    path: path(*before),
                }),
            }),
        };
        ShownAccount {
            account: self.account,
            shown,
        }
    }
}

/// The content of an account's leaf, by its records before the register's size. None if one cannot be read.
fn content_of(account: AccountId, records: &[RecordEvidence], size: u64) -> Option<Hash> {
    let mut registered = RegisteredAccount::start(account);
    for record in records.iter().filter(|record| record.index.0 < size) {
        let listed = ListedRecord {
            index: record.index,
            entry: &record.entry,
        };
        if listed.names(account)? {
            registered.take(&hash_leaf(&record.entry));
        }
    }
    Some(registered.leaf().content)
}
