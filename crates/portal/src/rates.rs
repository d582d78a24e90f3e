//! How often one address of the internet may ask.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The length of a window.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are counted at a time, some 64 bytes each. When there are more, all begin anew.
const ADDRESSES_MAX: usize = 131_072;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A page, a picture, a style: a household reads behind one address, a street behind that of a phone company.
    Read,
    /// To open an account.
    Open,
    /// A code that was wrong.
    WrongCode,
}

impl Deed {
    /// How many there may be in a minute from one address.
    const fn most(self) -> u32 {
        match self {
            Self::Read => 1_200,
            Self::Open => 60,
            Self::WrongCode => 10,
        }
    }
}

#[derive(Default)]
struct Counts {
    reads: u32,
    opens: u32,
    wrong_codes: u32,
}

impl Counts {
    const fn of(&self, deed: Deed) -> u32 {
        match deed {
            Deed::Read => self.reads,
            Deed::Open => self.opens,
            Deed::WrongCode => self.wrong_codes,
        }
    }
}

struct Window {
    since: Instant,
    counts: BTreeMap<IpAddr, Counts>,
}

/// What every address has asked for in this minute.
pub(crate) struct Rates(Mutex<Window>);

impl Rates {
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new(Window {
            since: now,
            counts: BTreeMap::new(),
        }))
    }

    /// Whether it may be once more, without counting it.
    pub(crate) fn has_room(&self, address: IpAddr, deed: Deed, now: Instant) -> bool {
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.since) >= WINDOW {
            return true;
        }
        let counts = window.counts.get(&whole(address));
        counts.is_none_or(|counts| counts.of(deed) < deed.most())
    }

    /// Counts, and says whether it may be.
    pub(crate) fn may(&self, address: IpAddr, deed: Deed, now: Instant) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.since) >= WINDOW || window.counts.len() >= ADDRESSES_MAX {
            window.since = now;
            window.counts.clear();
        }
        let counts = window.counts.entry(whole(address)).or_default();
        let count = match deed {
            Deed::Read => &mut counts.reads,
            Deed::Open => &mut counts.opens,
            Deed::WrongCode => &mut counts.wrong_codes,
        };
        if *count >= deed.most() {
            return false;
        }
        *count += 1;
        true
    }
}

/// What one customer has: of IPv6 a network of 64 bits.
pub(crate) fn whole(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else {
        return address;
    };
    if let Some(four) = six.to_ipv4_mapped() {
        return IpAddr::V4(four);
    }
    let [a, b, c, d, ..] = six.segments();
    IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_opens_so_often_a_minute() {
        let now = Instant::now();
        let rates = Rates::new(now);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..Deed::Open.most() {
            assert!(rates.may(one, Deed::Open, now));
        }
        assert!(!rates.may(one, Deed::Open, now));
        assert!(rates.may(one, Deed::Read, now));
        assert!(rates.may("192.0.2.2".parse().unwrap(), Deed::Open, now));
        assert!(rates.may(one, Deed::Open, now + WINDOW));
    }

    #[test]
    fn a_customer_has_one_network() {
        let network = |text: &str| whole(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
