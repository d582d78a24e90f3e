//! Who has computed a register again: the head behind it that most mirrors have cosigned.

use crate::{refusal::Refusal, shared::Shared, verified_heads::Heads};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{
    head::{Head, Origin},
    roster::KeyKind,
    value::{LeafIndex, TreeSize},
};
use yizhang_statement::{ChainEvidence, CosignedRegister, promises};

/// What was found for the register of each chain last: signatures are checked again only where something is new.
#[derive(Default)]
pub(crate) struct Confirmations(Mutex<BTreeMap<Origin, Known>>);

#[derive(Clone)]
struct Known {
    register: LeafIndex,
    notes: Vec<Vec<u8>>,
    best: Option<CosignedRegister>,
}

/// A head behind a register, and how many mirrors have cosigned it.
struct Cosigned {
    note: Vec<u8>,
    size: TreeSize,
    mirrors: usize,
}

impl Confirmations {
    /// Puts to the register of each chain the cosigned head, if there is one.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub(super) fn add(
        &self,
        shared: &Shared,
        heads: &Heads,
        chains: &mut [ChainEvidence],
    ) -> Result<(), Refusal> {
        for chain in chains {
            let Some(register) = &mut chain.register else {
                continue;
            };
            let held = heads.values().find(|held| held.note == chain.head);
            if let Some(held) = held {
                register.cosigned = self.of(shared, &held.head.origin, register.register.index)?;
            }
        }
        Ok(())
    }

    fn of(
        &self,
        shared: &Shared,
        origin: &Origin,
        register: LeafIndex,
    ) -> Result<Option<CosignedRegister>, Refusal> {
        let notes = shared.board.cosigned(origin);
        let known = self.lock().get(origin).cloned();
        if let Some(known) = known
            && known.register == register
            && known.notes == notes
        {
            return Ok(known.best);
        }
        let best = match best_head(shared, origin, &notes, register) {
            Some(best) => {
                let proof = shared.store.proof(origin, register, best.size)?;
                Some(CosignedRegister {
                    head: best.note,
                    path: proof.path,
                })
            }
            None => None,
        };
        let known = Known {
            register,
            notes,
            best: best.clone(),
        };
        self.lock().insert(origin.clone(), known);
        Ok(best)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Origin, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head of a chain behind a register that most mirrors have cosigned.
fn best_head(
    shared: &Shared,
    origin: &Origin,
    notes: &[Vec<u8>],
    register: LeafIndex,
) -> Option<Cosigned> {
    let mut best: Option<Cosigned> = None;
    for note in notes {
        let Ok(head) = Head::open(note, &shared.roster) else {
            continue;
        };
        let is_held = shared.store.size(origin) >= Some(head.size);
        if head.origin != *origin || head.size.0 <= register.0 || !is_held {
            continue;
        }
        let mirrors = promises(note, &shared.roster, origin, KeyKind::Mirror);
        let mirrors = mirrors.map_or(0, |mirrors| mirrors.len());
        if mirrors > best.as_ref().map_or(0, |best| best.mirrors) {
            best = Some(Cosigned {
                note: note.clone(),
                size: head.size,
                mirrors,
            });
        }
    }
    best
}
