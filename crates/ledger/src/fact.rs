//! Facts: single records with their place in a chain, believed because a proof leads to a signed head.

use crate::{
    Invalid, Verified,
    entry::{Entry, RecordId},
    hash::{Hash, hash_leaf},
    head::Head,
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
