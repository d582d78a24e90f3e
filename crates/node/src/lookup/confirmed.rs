//! Who has computed a register again: the head behind it that most mirrors have cosigned.

use crate::{board::Board, refusal::Refusal, verified_heads::Heads};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{
    head::{Head, Origin},
    roster::{KeyKind, Roster},
    value::{LeafIndex, TreeSize},
};
use yizhang_statement::{ChainEvidence, CosignedRegister, promises};
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
        let best = match best_head(cosigners, origin, &notes, register) {
            Some(best) => {
                let proof = cosigners.store.proof(origin, register, best.size)?;
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
    cosigners: Cosigners<'_>,
    origin: &Origin,
    notes: &[Vec<u8>],
    register: LeafIndex,
) -> Option<Cosigned> {
    let mut best: Option<Cosigned> = None;
    for note in notes {
        let Ok(head) = Head::open(note, cosigners.roster) else {
            continue;
        };
        let is_held = cosigners.store.size(origin) >= Some(head.size);
        if head.origin != *origin || head.size.0 <= register.0 || !is_held {
            continue;
        }
        let mirrors = promises(note, cosigners.roster, origin, KeyKind::Mirror);
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
