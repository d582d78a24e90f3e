//! Facts: single records with their place in a chain, believed because a proof leads to a signed head.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    Invalid, Verified,
    entry::{Entry, RecordId},
    hash::{Hash, hash_leaf},
    head::Head,
    person::{AccountId, Names},
    record::{AccountRegister, Record},
    register::{HiddenLeaf, ListedRecord, Presence, RegisterFault},
    tree::verify_inclusion,
    value::{Division, LeafIndex},
};

/// A record and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact<'a> {
    /// The region whose agency signed it.
    pub region: Division,
    /// Its position in that region's chain.
    pub index: LeafIndex,
    /// What names it.
    pub id: RecordId,
    /// What it says.
    pub record: Record<'a>,
}

impl<'a> Fact<'a> {
    /// Believes the entry `bytes` because `path` leads from it, at `index`, to the root of a verified head.
    ///
    /// # Errors
    /// Any [`Invalid`] of an entry, [`Invalid::BatchAmongRecords`] if it is no record, [`Invalid::Proof`].
    pub fn prove(
        bytes: &'a [u8],
        index: LeafIndex,
        path: &[Hash],
        head: &Verified<Head>,
    ) -> Result<Verified<Self>, Invalid> {
        let entry = Entry::parse(bytes, index)?;
        if entry.kind == crate::entry::Kind::BATCH {
            return Err(Invalid::BatchAmongRecords { at: index });
        }
        let leaf = hash_leaf(bytes);
        verify_inclusion(&leaf, index.0, head.size.0, path, &head.root)
            .map_err(|fault| Invalid::Proof { at: index, fault })?;
        let record = Record::read(&entry).map_err(|fault| Invalid::Payload {
            at: index,
            kind: entry.kind,
            fault,
        })?;
        Ok(Verified::new(Self {
            region: head.origin.region(),
            index,
            id: RecordId(leaf),
            record,
        }))
    }
}

impl<'a> Fact<'a> {
    /// Believes all records that a chain has of an account before the size of one of its registers, because one path leads from them
    /// to the root of the register, and the register was proved. That none is missing is as true as the register: a mirror has computed
    /// it again. The positions are not proved, only that they are ascending.
    ///
    /// # Errors
    /// [`RegisterFault::NotARegister`] if the fact is none, and as [`AccountRegister::check`] and
    /// [`AccountRegister::verify_presence`].
    ///
    /// [`AccountRegister::check`]: crate::record::AccountRegister::check
    /// [`AccountRegister::verify_presence`]: crate::record::AccountRegister::verify_presence
    pub fn prove_all(
        register: &Verified<Fact<'_>>,
        account: AccountId,
        records: &[ListedRecord<'a>],
        presence: &Presence,
    ) -> Result<Vec<Verified<Self>>, RegisterFault> {
        Self::prove_part(register, account, records, &[], presence)
    }

    /// As [`Fact::prove_all`], where some of the records are not shown: those that are shown are among all of the account's, in this order.
    ///
    /// # Errors
    /// As [`Fact::prove_all`].
    pub fn prove_part(
        register: &Verified<Fact<'_>>,
        account: AccountId,
        records: &[ListedRecord<'a>],
        hidden: &[HiddenLeaf],
        presence: &Presence,
    ) -> Result<Vec<Verified<Self>>, RegisterFault> {
        let (region, covering) = (register.region, register.account_register()?);
        let read = covering.read_part(account, records, hidden, presence)?;
        let facts = records.iter().zip(read);
        Ok(facts
            .map(|(listed, (id, record))| {
                Verified::new(Self {
                    region,
                    index: listed.index,
                    id,
                    record,
                })
            })
            .collect())
    }

    /// The register that this is, if it can be what it says at its position.
    ///
    /// # Errors
    /// [`RegisterFault::NotARegister`], and as [`AccountRegister::check`].
    pub fn account_register(&self) -> Result<AccountRegister, RegisterFault> {
        let (at, found) = (self.index, self.record.kind());
        let Record::AccountRegister(register) = self.record else {
            return Err(RegisterFault::NotARegister { at, found });
        };
        register.check(at)?;
        Ok(register)
    }
}

/// Reads facts under the names of their accounts. A record that stands in a chain twice, under two pseudonyms of one person, is one
/// record: the first is kept, as where it stands there twice under one, and what names the other means it. The names are no part of
/// what was proved.
pub fn under_names<'a>(
    mut facts: Vec<Verified<Fact<'a>>>,
    names: &Names,
) -> Vec<Verified<Fact<'a>>> {
    if names.is_empty() {
        return facts;
    }
    facts.sort_by_key(|fact| (fact.region, fact.index));
    let mut repeated = Repeated::default();
    let mut first: BTreeMap<(Division, Hash), RecordId> = BTreeMap::new();
    let mut kept = Vec::with_capacity(facts.len());
    for fact in facts {
        let mut fact = fact.into_inner();
        fact.record = repeated.aimed(fact.region, &fact.record.under(names));
        let mut bytes = Vec::new();
        // A link between two names of one person says nothing under either, and breaks the rules of its kind: it repeats nothing.
        if fact.record.write(&mut bytes).is_ok() {
            let content = (fact.region, hash_leaf(&bytes));
            if let Some(id) = first.get(&content) {
                repeated.note(fact.region, fact.id, *id);
                continue;
            }
            first.insert(content, fact.id);
        }
        kept.push(fact);
    }
    // Splits and disputes may name what stands in another chain.
    let aimed = |mut fact: Fact<'a>| {
        fact.record = repeated.aimed(fact.region, &fact.record);
        Verified::new(fact)
    };
    kept.into_iter().map(aimed).collect()
}

/// Records that repeat an earlier one under another pseudonym, with that one.
#[derive(Default)]
struct Repeated {
    in_chain: BTreeMap<(Division, RecordId), RecordId>,
    anywhere: BTreeMap<RecordId, RecordId>,
}

impl Repeated {
    fn note(&mut self, chain: Division, id: RecordId, earlier: RecordId) {
        // Of the very same bytes nothing else is meant.
        if id != earlier {
            self.in_chain.insert((chain, id), earlier);
            self.anywhere.insert(id, earlier);
        }
    }

    /// A record of a chain that means the earlier one of what it names.
    fn aimed<'a>(&self, chain: Division, record: &Record<'a>) -> Record<'a> {
        let chain = match record {
            Record::Dispute(_, fields) => Some(fields.region),
            Record::Identity(..) => None,
            _ => Some(chain),
        };
        record.aiming(|target| match chain {
            Some(chain) => self.in_chain.get(&(chain, target)).copied(),
            None => self.anywhere.get(&target).copied(),
        })
    }
}
