//! Workers who are there: codes that clerks have handed out, challenges for keys, and the tickets that either opens. All of it is in
//! memory: a node that starts again knows none, and everybody opens anew. Which keys are bound stands in the chains (`keys`).

mod answers;
mod asked;
mod challenges;
mod codes;
pub(crate) mod keys;
mod tickets;

pub(crate) use answers::{Answered, BoundKey, KeyAnswer};
use asked::Asked;
pub(crate) use challenges::{Challenges, For, NotAnswered};
pub(crate) use codes::{Approval, CodeFault, Codes, Entered, LIFE as CODE_LIFE, NewCode};
pub(crate) use tickets::{Basis, IDLE, Ticket, TicketId, Tickets, WHOLE};

use crate::{config::Config, refusal::Refusal};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use yizhang_holder::sign_on::Provider;

/// Every refusal to open an account comes after as much time, whatever it was that did not fit: longer than it takes to find a key and
/// check what it has signed.
pub(crate) const REFUSED_AFTER: Duration = Duration::from_millis(300);

/// What a node keeps of workers who are there.
pub(crate) struct Holders {
    codes: Mutex<Codes>,
    challenges: Mutex<Challenges>,
    tickets: Mutex<Tickets>,
    asked: Mutex<Asked>,
    /// Whether codes are good only when a second clerk has approved them.
    pub(crate) codes_need_approval: bool,
    /// The identity provider of the agency, if it has one.
    pub(crate) provider: Option<Arc<Provider>>,
    /// Held while a dispute is looked at and written.
    pub(crate) disputing: tokio::sync::Mutex<()>,
    /// Whether what it opens lets a key be bound.
    pub(crate) sign_on_binds: bool,
}

impl Holders {
    /// Of a node that begins now.
    pub(crate) fn new(config: &Config) -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("a machine on which TLS works has random bytes");
        Self {
            codes: Mutex::default(),
            challenges: Mutex::new(Challenges::new(key, Instant::now())),
            tickets: Mutex::default(),
            asked: Mutex::default(),
            codes_need_approval: config.codes_need_approval,
            provider: config.sign_on.clone(),
            disputing: tokio::sync::Mutex::default(),
            sign_on_binds: config.sign_on_binds,
        }
    }

    pub(crate) fn codes(&self) -> MutexGuard<'_, Codes> {
        lock(&self.codes)
    }

    pub(crate) fn challenges(&self) -> MutexGuard<'_, Challenges> {
        lock(&self.challenges)
    }

    pub(crate) fn tickets(&self) -> MutexGuard<'_, Tickets> {
        lock(&self.tickets)
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Asked> {
        lock(&self.asked)
    }

    /// The ticket of a caller, which lasts a while longer for being used.
    ///
    /// # Errors
    /// [`Refusal::NotOpened`].
    pub(crate) fn ticket(&self, id: &[u8], certificate: &[u8; 32]) -> Result<Ticket, Refusal> {
        let id = TicketId::read(id).ok_or(Refusal::NotOpened)?;
        let found = self.tickets().using(&id, certificate, Instant::now());
        found.ok_or(Refusal::NotOpened)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that nobody can guess.
///
/// # Errors
/// [`Refusal::Broken`] where the machine has none.
pub(crate) fn random<const COUNT: usize>() -> Result<[u8; COUNT], Refusal> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Broken("the machine has no random bytes"))?;
    Ok(bytes)
}
