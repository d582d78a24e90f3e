//! Who has computed a register again: the head behind it that most mirrors have cosigned.

use crate::{best_head::best_head, board::Board, refusal::Refusal, verified_heads::Heads};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{head::Origin, roster::Roster, value::LeafIndex};
use yizhang_statement::{ChainEvidence, CosignedRegister};
use yizhang_store::Store;

/// Where cosigned heads are found, and what ties a register to them.
#[derive(Clone, Copy)]
pub(super) struct Cosigners<'s> {
    pub(super) store: &'s Store,
    pub(super) board: &'s Board,
    pub(super) roster: &'s Roster,
}

/// What was found for the register of each chain last: signatures are checked again only where something is new.
#[derive(Default)]
pub(crate) struct Confirmations(Mutex<BTreeMap<Origin, Known>>);

#[derive(Clone)]
struct Known {
    register: LeafIndex,
    notes: Vec<Vec<u8>>,
    best: Option<CosignedRegister>,
}

impl Confirmations {
    /// Puts to the register of each chain the cosigned head, if there is one.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub(super) fn add(
        &self,
        cosigners: Cosigners<'_>,
        heads: &Heads,
        chains: &mut [ChainEvidence],
    ) -> Result<(), Refusal> {
        for chain in chains {
            let Some(register) = &mut chain.register else {
                continue;
            };
            let held = heads.values().find(|held| held.note == chain.head);
            if let Some(held) = held {
                register.cosigned =
                    self.of(cosigners, &held.head.origin, register.register.index)?;
            }
        }
        Ok(())
    }

    fn of(
        &self,
        cosigners: Cosigners<'_>,
        origin: &Origin,
        register: LeafIndex,
    ) -> Result<Option<CosignedRegister>, Refusal> {
        let notes = cosigners.board.cosigned(origin);
        let known = self.lock().get(origin).cloned();
        if let Some(known) = known
            && known.register == register
            && known.notes == notes
        {
            return Ok(known.best);
        }
        let Cosigners { store, roster, .. } = cosigners;
        // The register stands at a position, and so below a head that is larger.
        let best = match best_head(store, roster, origin, &notes, register.0.saturating_add(1)) {
            Some(best) if best.mirrors > 0 => {
                let proof = store.proof(origin, register, best.size)?;
                Some(CosignedRegister {
                    head: best.note,
                    path: proof.path,
                })
            }
            _ => None,
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
