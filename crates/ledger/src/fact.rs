//! Facts: single records with their place in a chain, believed because a proof leads to a signed head.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
    Invalid, Verified,
    entry::{Entry, RecordId},
    hash::{Hash, hash_leaf},
    head::Head,
    person::Names,
    record::Record,
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
