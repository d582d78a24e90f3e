//! Heads as statements have them.

use crate::refusal::Refusal;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{head::Origin, roster::Roster};
use yizhang_statement::stated_head;

/// Heads with as many lines as a statement has, by chain and the note that they were made from: lines are verified when they are new.
#[derive(Default)]
pub(crate) struct StatedHeads(Mutex<BTreeMap<Origin, Trimmed>>);

#[derive(Clone)]
struct Trimmed {
    note: Vec<u8>,
    stated: Vec<u8>,
}

impl StatedHeads {
    /// A head with the lines that a statement has of it.
    ///
    /// # Errors
    /// [`Refusal::Broken`] for what is no note.
    pub(crate) fn of(
        &self,
        roster: &Roster,
        origin: &Origin,
        note: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let known = self.lock().get(origin).cloned();
        if let Some(known) = known.filter(|known| known.note == note) {
            return Ok(known.stated);
        }
        let stated = stated_head(note, roster, origin)
            .map_err(|_| Refusal::Broken("a head that was verified is no note"))?;
        let trimmed = Trimmed {
            note: note.to_vec(),
            stated: stated.clone(),
        };
        self.lock().insert(origin.clone(), trimmed);
        Ok(stated)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Origin, Trimmed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
