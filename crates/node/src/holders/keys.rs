//! The keys that are bound to accounts, as the chains have them.

use crate::{
    holders::Basis, holders::BoundKey, refusal::Refusal, role::Role, services::submit,
    shared::Shared,
};
use std::{collections::BTreeSet, sync::Arc};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    entry::Entry,
    fact::Fact,
    hash::Hash,
    head::Origin,
    holder::{BINDINGS_MAX, HolderName},
    person::AccountId,
    record::{HolderKeyKind, KeyBound, KeyEnded, Record},
    value::{Day, Division, LeafIndex},
};

/// A key that is bound, in words of its own.
#[derive(Clone, Debug)]
pub(crate) struct HeldKey {
    pub(crate) name: HolderName,
    pub(crate) kind: HolderKeyKind,
    pub(crate) public: Vec<u8>,
    pub(crate) relying_party: Hash,
    pub(crate) on: Day,
    pub(crate) basis: String,
    /// When it was ended, if it was.
    pub(crate) ended: Option<Day>,
}

impl HeldKey {
    /// What answers of it are checked with.
    pub(crate) fn bound(&self) -> BoundKey<'_> {
        BoundKey {
            kind: self.kind,
            public: &self.public,
            relying_party: &self.relying_party,
        }
    }
}

/// The key with a name, ended or not. Only what a signed head covers counts.
///
/// # Errors
/// [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
pub(crate) fn find(shared: &Shared, name: HolderName) -> Result<Option<HeldKey>, Refusal> {
    if name.number >= BINDINGS_MAX {
        return Ok(None);
    }
    let Some(origin) = origin_of(shared, name.region) else {
        return Ok(None);
    };
    let Some(entry) = proved_entry(shared, &origin, name.binding())? else {
        return Ok(None);
    };
    let Some(bound) = bound(&entry, name)? else {
        return Ok(None);
    };
    Ok(Some(HeldKey {
        name,
        kind: bound.kind,
        public: bound.public.to_vec(),
        relying_party: bound.relying_party,
        on: bound.on,
        basis: bound.basis.as_str().to_string(),
        ended: ended(shared, name)?,
    }))
}

/// All keys that are bound to a worker, in every chain, under every pseudonym, ended ones included.
///
/// # Errors
/// As [`find`].
pub(crate) fn list(shared: &Shared, worker: AccountId) -> Result<Vec<HeldKey>, Refusal> {
    let mut keys = Vec::new();
    for account in pseudonyms(shared, worker) {
        for origin in shared.roster.origins() {
            for number in 0..BINDINGS_MAX {
                let name = HolderName {
                    account,
                    region: origin.region(),
                    number,
                };
                // One that somebody has bound past others is found as well.
                keys.extend(find(shared, name)?);
            }
        }
    }
    Ok(keys)
}

/// Every pseudonym of a worker.
pub(crate) fn pseudonyms(shared: &Shared, worker: AccountId) -> BTreeSet<AccountId> {
    let mut all: BTreeSet<AccountId> = shared.secrets.others(worker).into_iter().collect();
    all.insert(worker);
    all
}

/// What the next key of a worker will be called in the chain of this node; none if there is no room for another.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn next_name(
    shared: &Shared,
    account: AccountId,
) -> Result<Option<HolderName>, Refusal> {
    let (origin, region) = (&shared.origin, shared.origin.region());
    let submitter = Role::Node(region).submitter();
    for number in 0..BINDINGS_MAX {
        let name = HolderName {
            account,
            region,
            number,
        };
        let found = shared
            .store
            .submission(origin, &submitter, &name.binding())?;
        // A name that somebody has ended beforehand would open nothing.
        if found.is_none() && ended(shared, name)?.is_none() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Binds a key: in the chain, durable and signed, when this returns.
///
/// # Errors
/// [`Refusal::Conflict`] if another key has been bound under this name in the meantime, and as of any submission.
pub(crate) async fn bind(
    shared: &Arc<Shared>,
    name: HolderName,
    record: KeyBound<'_>,
) -> Result<(), Refusal> {
    write(shared, name.binding(), &Record::KeyBound(record)).await
}

/// Ends a key.
///
/// # Errors
/// As of any submission.
pub(crate) async fn end(shared: &Arc<Shared>, record: KeyEnded<'_>) -> Result<(), Refusal> {
    let name = HolderName {
        account: record.account,
        region: record.region,
        number: record.number,
    };
    write(shared, name.ending(), &Record::KeyEnded(record)).await
}

/// Writes a record into the chain of this node, in its name: durable and signed when this returns.
///
/// # Errors
/// As of any submission.
pub(crate) async fn write(
    shared: &Arc<Shared>,
    id: SubmissionId,
    record: &Record<'_>,
) -> Result<(), Refusal> {
    if !shared.room.takes(&shared.origin) {
        return Err(Refusal::DiskFull);
    }
    let mut bytes = Vec::new();
    record
        .write(&mut bytes)
        .expect("the fields were made for this kind");
    let block = RecordBlock::parse(bytes).expect("one record that was just written is a block");
    let submitted = Submitted {
        id,
        submitter: Role::Node(shared.origin.region()).submitter(),
        block,
    };
    submit(shared, submitted).await
}

/// Where in the chain of this node a binding stands, and the head that covers it.
///
/// # Errors
/// [`Refusal::Broken`] if it does not stand there.
pub(crate) fn placed(shared: &Shared, name: HolderName) -> Result<Placed, Refusal> {
    let submitter = Role::Node(shared.origin.region()).submitter();
    let found = shared
        .store
        .submission(&shared.origin, &submitter, &name.binding())?;
    match found {
        Some(found) => Ok(Placed {
            index: found.first,
            head: found.head.unwrap_or_else(Vec::new),
        }),
        None => Err(Refusal::Broken("a binding that was receipted is not there")),
    }
}

/// A record in the chain of this node.
pub(crate) struct Placed {
    pub(crate) index: LeafIndex,
    pub(crate) head: Vec<u8>,
}

/// When a key was ended, if any chain says so that this node holds a copy of: also one that the roster names no more, and also before a
/// head covers it. A binding is believed when it is proved, an ending as soon as it is there.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn ended(shared: &Shared, name: HolderName) -> Result<Option<Day>, Refusal> {
    for origin in shared.store.origins() {
        let submitter = Role::Node(origin.region()).submitter();
        let found = shared
            .store
            .submission(origin, &submitter, &name.ending())?;
        let Some(found) = found else {
            continue;
        };
        let bytes = shared.store.record(origin, found.first)?;
        let entry = Entry::parse(&bytes, found.first)?;
        if let Ok(Record::KeyEnded(fields)) = Record::read(&entry)
            && (fields.account, fields.region, fields.number)
                == (name.account, name.region, name.number)
        {
            return Ok(Some(fields.on));
        }
    }
    Ok(None)
}

/// Refuses what was opened with a key that has been ended since, at whatever node.
///
/// # Errors
/// [`Refusal::NotOpened`], [`Refusal::Store`].
pub(crate) fn ensure_not_ended(shared: &Shared, basis: Basis) -> Result<(), Refusal> {
    let Basis::Key(name) = basis else {
        return Ok(());
    };
    if ended(shared, name)?.is_some() {
        shared.holders.tickets().close_all_of(name);
        return Err(Refusal::NotOpened);
    }
    Ok(())
}

/// What an entry says of a key, if it binds the one with this name.
fn bound(entry: &[u8], name: HolderName) -> Result<Option<KeyBound<'_>>, Refusal> {
    let entry = Entry::parse(entry, LeafIndex(0))?;
    Ok(match Record::read(&entry) {
        Ok(Record::KeyBound(fields))
            if (fields.account, fields.number) == (name.account, name.number) =>
        {
            Some(fields)
        }
        _ => None,
    })
}

/// The first record of a submission that the node of a chain has made itself, tied to the newest signed head of that chain.
///
/// # Errors
/// As [`find`].
pub(crate) fn proved_entry(
    shared: &Shared,
    origin: &Origin,
    id: SubmissionId,
) -> Result<Option<Vec<u8>>, Refusal> {
    let submitter = Role::Node(origin.region()).submitter();
    if shared.store.size(origin).is_none() {
        return Ok(None);
    }
    let Some(found) = shared.store.submission(origin, &submitter, &id)? else {
        return Ok(None);
    };
    let heads = shared.heads.newest(&shared.store, &shared.roster)?;
    let Some(held) = heads
        .get(origin)
        .filter(|held| found.first.0 < held.head.size.0)
    else {
        return Ok(None);
    };
    let proof = shared.store.proof(origin, found.first, held.head.size)?;
    Fact::prove(&proof.entry, found.first, &proof.path, &held.head)?;
    Ok(Some(proof.entry))
}

fn origin_of(shared: &Shared, region: Division) -> Option<Origin> {
    let mut origins = shared.roster.origins();
    origins.find(|origin| origin.region() == region).cloned()
}
