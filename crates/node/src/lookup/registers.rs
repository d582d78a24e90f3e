//! Which register of a chain a lookup can use, and what it says about the accounts that are looked up.

use crate::{committed::register_of, refusal::Refusal, verified_heads::HeldHead};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    person::AccountId,
    record::AccountRegister,
    register::InRegister,
    value::{LeafIndex, TreeSize},
};
use yizhang_statement::{RecordEvidence, RegisterEvidence, SHOWN_ACCOUNTS_MAX, ShownAccount};
use yizhang_store::Store;

/// The newest register of each chain that lookups can use, as it was found last: its paths are made once for each head.
#[derive(Default)]
pub(crate) struct UsableRegisters(Mutex<BTreeMap<Origin, Known>>);

/// What was found of a chain, and from what.
#[derive(Clone)]
struct Known {
    head: Hash,
    /// The registers that were here.
    made: Vec<TreeSize>,
    usable: Option<Arc<Usable>>,
}

/// A register that a chain commits to below its head, and that this node has computed itself.
struct Usable {
    register: AccountRegister,
    entry: RecordEvidence,
    batch: RecordEvidence,
}

/// What a register says about some accounts.
pub(super) struct ShownRegister {
    pub(super) evidence: RegisterEvidence,
    /// Records before this position need no path.
    pub(super) bare_below: TreeSize,
}

impl UsableRegisters {
    /// What the newest register below a head says about accounts; none if there is no such register here, or they are too many.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub(super) fn shown(
        &self,
        store: &Store,
        held: &HeldHead,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<Option<ShownRegister>, Refusal> {
        if accounts.is_empty() || accounts.len() > SHOWN_ACCOUNTS_MAX {
            return Ok(None);
        }
        let Some(usable) = self.newest(store, held)? else {
            return Ok(None);
        };
        let size = TreeSize(usable.register.size);
        let mut shown = Vec::with_capacity(accounts.len());
        for account in accounts {
            let found = store.in_register(&held.head.origin, size, *account)?;
            // The file may be gone by now, or be made again of another history.
            match found {
                Some((register, found)) if register.agrees_with(&usable.register) => {
                    shown.push(ShownAccount {
                        account: *account,
                        shown: found,
                    });
                }
                _ => return Ok(None),
            }
        }
        let is_present = |one: &&ShownAccount| matches!(one.shown, InRegister::Present(_));
        // Of two accounts nothing but paths shows how their records lie between each other.
        let is_one = shown.iter().filter(is_present).count() <= 1;
        Ok(Some(ShownRegister {
            bare_below: if is_one { size } else { TreeSize(0) },
            evidence: RegisterEvidence {
                register: usable.entry.clone(),
                batch: usable.batch.clone(),
                accounts: shown,
                cosigned: None,
            },
        }))
    }

    fn newest(&self, store: &Store, held: &HeldHead) -> Result<Option<Arc<Usable>>, Refusal> {
        let origin = &held.head.origin;
        let made = store.register_sizes(origin)?;
        if let Some(known) = self.lock().get(origin)
            && known.head == held.head.root
            && known.made == made
        {
            return Ok(known.usable.clone());
        }
        let usable = find(store, held, &made)?.map(Arc::new);
        let known = Known {
            head: held.head.root,
            made,
            usable: usable.clone(),
        };
        self.lock().insert(origin.clone(), known);
        Ok(usable)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Origin, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest of the registers made here that the chain commits to below a head.
fn find(store: &Store, held: &HeldHead, made: &[TreeSize]) -> Result<Option<Usable>, Refusal> {
    let origin = &held.head.origin;
    for size in made.iter().rev() {
        let Some(stored) = register_of(store, origin, *size)? else {
            continue;
        };
        if stored.first.0 >= held.head.size.0 {
            continue;
        }
        let usable = usable(store, held, stored.first)?;
        if let Some(usable) = usable.filter(|usable| usable.register.size == size.0) {
            return Ok(Some(usable));
        }
    }
    Ok(None)
}

/// The register at a position; none if what stands there is none that this version can compute.
fn usable(store: &Store, held: &HeldHead, at: LeafIndex) -> Result<Option<Usable>, Refusal> {
    let origin = &held.head.origin;
    let batch = store.batch_start(origin, at)?;
    let proofs = store.proofs(origin, &[batch, at], held.head.size)?;
    let mut evidence = [batch, at]
        .into_iter()
        .zip(proofs)
        .map(|(index, proof)| RecordEvidence {
            index,
            entry: proof.entry,
            path: proof.path,
        });
    let (Some(batch), Some(entry)) = (evidence.next(), evidence.next()) else {
        return Ok(None);
    };
    let Ok(register) = AccountRegister::read(&entry.entry, at) else {
        return Ok(None);
    };
    Ok(Some(Usable {
        register,
        entry,
        batch,
    }))
}
