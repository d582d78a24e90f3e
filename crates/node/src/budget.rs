//! How many bytes a node holds for each party and each class: of requests that are being received, of answers that wait to be
//! read. What one party uses up is missing to itself alone; what a class uses up, to that class alone.

use crate::party::{Class, Party};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const MIB: usize = 1_024 * 1_024;

/// What is held for a class at most, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// For one party.
    party: usize,
    /// For all parties of the class.
    class: usize,
}

/// The shares of all classes.
pub(crate) type Shares = fn(Class) -> Share;

/// Answers that wait to be read. The largest has 16 MiB; most have some tens of KiB, of which a share holds thousands.
pub(crate) const fn answers(class: Class) -> Share {
    match class {
        // The clerks of an agency may share one certificate.
        Class::Own => Share {
            party: 96 * MIB,
            class: 96 * MIB,
        },
        Class::Peer => Share {
            party: 24 * MIB,
            class: 48 * MIB,
        },
        Class::Other => Share {
            party: 24 * MIB,
            class: 48 * MIB,
        },
    }
}

/// Messages that are being received. Those of submissions have up to 4 MiB and come from the own agency and from platforms, which are of the class of others; any other has
/// less than a hundred bytes, so that 500 of them at once fit.
pub(crate) const fn requests(class: Class) -> Share {
    match class {
        Class::Own => Share {
            party: 64 * MIB,
            class: 64 * MIB,
        },
        Class::Peer => Share {
            party: MIB,
            class: 16 * MIB,
        },
        Class::Other => Share {
            party: MIB,
            class: 8 * MIB,
        },
    }
}

/// The bytes that are held, by party.
pub(crate) struct Budget {
    shares: Shares,
    held: Mutex<BTreeMap<Party, usize>>,
}

/// The share of a party or of its class is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent;

impl Budget {
    pub(crate) fn new(shares: Shares) -> Arc<Self> {
        Arc::new(Self {
            shares,
            held: Mutex::default(),
        })
    }

    /// Nothing yet, on the account of a party.
    pub(crate) fn charge(self: &Arc<Self>, party: &Party) -> Charge {
        Charge {
            budget: Arc::clone(self),
            party: party.clone(),
            bytes: 0,
        }
    }

    /// What is held for a class.
    pub(crate) fn held(&self, class: Class) -> usize {
        of_class(&self.lock(), class)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Party, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_class(held: &BTreeMap<Party, usize>, class: Class) -> usize {
    let parties = held.iter().filter(|(party, _)| party.class == class);
    parties.map(|(_, bytes)| bytes).sum()
}

/// Bytes that are held for a party until this is dropped.
pub(crate) struct Charge {
    budget: Arc<Budget>,
    party: Party,
    bytes: usize,
}

impl Charge {
    /// From now on so many bytes are held, not those that were.
    ///
    /// # Errors
    /// [`Spent`], and nothing is held, if that is more than before and more than there is.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Spent> {
        let share = (self.budget.shares)(self.party.class);
        let mut held = self.budget.lock();
        let others = held.get(&self.party).copied().unwrap_or(0) - self.bytes;
        let class = of_class(&held, self.party.class) - self.bytes;
        let fits = others + bytes <= share.party && class + bytes <= share.class;
        let is_held = fits || bytes <= self.bytes;
        self.bytes = if is_held { bytes } else { 0 };
        let total = others + self.bytes;
        if total == 0 {
            held.remove(&self.party);
        } else {
            held.insert(self.party.clone(), total);
        }
        if is_held { Ok(()) } else { Err(Spent) }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.hold(0).expect("nothing fits into any share");
    }
}

#[cfg(test)]
mod tests;
