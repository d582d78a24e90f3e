//! Room for those who have not shown a certificate yet. It is apart from the places of those who have, so that strangers
//! keep nobody out but, at worst and for a moment, each other.
//!
//! Nobody waits outside for long: what the system holds before the door is served in order, and an honest caller waits behind
//! strangers there. When the room is full, one of those who have said nothing gives way: at the address that has most, and of
//! addresses that have as many the oldest, so that nobody is last for what his address is. Only when all have spoken does one of
//! them. Whoever is honest speaks at once.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Handshakes under way: a socket that says nothing costs a descriptor and little else, and the more there is room for, the
/// longer each may take.
pub(crate) const HANDSHAKES_MAX: usize = 512;
/// Of these from one address (one /64 of IPv6): half, so that one address leaves room to others.
const HANDSHAKES_PER_ADDRESS_MAX: usize = HANDSHAKES_MAX / 2;

/// The handshakes under way.
#[derive(Default)]
pub(crate) struct Handshakes {
    room: Mutex<Room>,
}

#[derive(Default)]
struct Room {
    next: u64,
    /// By number, so the oldest first.
    under_way: BTreeMap<u64, UnderWay>,
}

struct UnderWay {
    address: IpAddr,
    has_spoken: bool,
    gives_way: Arc<Notify>,
}

impl Handshakes {
    /// Takes room, at the cost of another if there is none.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Entered {
        let address = neighbourhood(address);
        let mut room = self.lock();
        let gone = room
            .victim(address)
            .and_then(|number| room.under_way.remove(&number));
        let is_instead = gone.is_some();
        if let Some(gone) = gone {
            gone.gives_way.notify_one();
        }
        let handshake = room.begin(self, address);
        if is_instead {
            Entered::Instead(handshake)
        } else {
            Entered::Free(handshake)
        }
    }

    /// How many are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.lock().under_way.len()
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Who gives way to one more from this address; none while there is room.
    fn victim(&self, address: IpAddr) -> Option<u64> {
        let counts = self.counts();
        let at = |address: &IpAddr| counts.get(address).copied().unwrap_or_default();
        let mut candidates: Vec<(&u64, &UnderWay)> = self.under_way.iter().collect();
        if at(&address) >= HANDSHAKES_PER_ADDRESS_MAX {
            candidates.retain(|(_, one)| one.address == address);
        } else if self.under_way.len() < HANDSHAKES_MAX {
            return None;
        }
        let victim = candidates
            .into_iter()
            .min_by_key(|(number, one)| (one.has_spoken, Reverse(at(&one.address)), *number));
        victim.map(|(number, _)| *number)
    }

    fn counts(&self) -> BTreeMap<IpAddr, usize> {
        let mut counts = BTreeMap::new();
        for one in self.under_way.values() {
            *counts.entry(one.address).or_default() += 1;
        }
        counts
    }

    fn begin(&mut self, handshakes: &Arc<Handshakes>, address: IpAddr) -> Handshake {
        let gives_way = Arc::new(Notify::new());
        let number = self.next;
        self.next += 1;
        let under_way = UnderWay {
            address,
            has_spoken: false,
            gives_way: Arc::clone(&gives_way),
        };
        self.under_way.insert(number, under_way);
        Handshake {
            handshakes: Arc::clone(handshakes),
            number,
            gives_way,
        }
    }
}

/// How room was found.
pub(crate) enum Entered {
    /// It was free.
    Free(Handshake),
    /// Another had to give way.
    Instead(Handshake),
}

/// One handshake; its room is free again when it is dropped.
pub(crate) struct Handshake {
    handshakes: Arc<Handshakes>,
    number: u64,
    gives_way: Arc<Notify>,
}

impl Handshake {
    /// Something has come.
    pub(crate) fn has_spoken(&self) {
        let mut room = self.handshakes.lock();
        if let Some(under_way) = room.under_way.get_mut(&self.number) {
            under_way.has_spoken = true;
        }
    }

    /// Returns when it has to give way to another.
    pub(crate) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.handshakes.lock().under_way.remove(&self.number);
    }
}

/// What counts as one address: an address of IPv4, the /64 of one of IPv6, which is what one customer is given.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [first, second, third, fourth, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(first, second, third, fourth, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests;
