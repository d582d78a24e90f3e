//! Tickets: accounts that their workers have opened.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use yizhang_ledger::{holder::HolderName, person::AccountId};

/// After so long without a call a ticket ends: somebody has put the phone away.
pub(crate) const IDLE: Duration = Duration::from_secs(15 * 60);
/// After so long it ends in any case.
pub(crate) const WHOLE: Duration = Duration::from_secs(60 * 60);
/// How long after a code was entered a key may be bound.
pub(crate) const BINDING: Duration = Duration::from_secs(15 * 60);
/// Tickets at a time, some 200 bytes each.
const OPEN_MAX: usize = 65_536;
/// Tickets of one account at a time: all phones of a family. The oldest goes first.
const OF_ACCOUNT_MAX: usize = 16;
/// Accounts that are read with one ticket: somebody turns pages.
const READS_MAX: u32 = 600;

/// What a caller shows to read: 32 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TicketId(pub(crate) [u8; 32]);

impl TicketId {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

/// What an account was opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// A code, given by one clerk and perhaps approved by another.
    Code {
        maker: [u8; 32],
        checker: Option<[u8; 32]>,
    },
    /// The word of the agency's identity provider.
    SignOn,
    /// A key.
    Key(HolderName),
}

/// An account that its worker has opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) account: AccountId,
    /// Fingerprint of the certificate over which it was opened: over no other is it good.
    certificate: [u8; 32],
    pub(crate) basis: Basis,
    opened: Instant,
    used: Instant,
    reads: u32,
    has_bound: bool,
}

impl Ticket {
    fn is_open(&self, now: Instant) -> bool {
        now < self.opened + WHOLE && now < self.used + IDLE
    }

    /// How it stands in the access log what the account was opened with.
    pub(crate) fn described(&self) -> String {
        match self.basis {
            Basis::Code { .. } => "code".to_string(),
            Basis::SignOn => "sign-on".to_string(),
            Basis::Key(name) => format!("key {} {}", name.region, name.number),
        }
    }
}

/// Why a key is not bound with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotBinding;

/// The tickets that are open.
#[derive(Default)]
pub(crate) struct Tickets {
    open: BTreeMap<TicketId, Ticket>,
    /// Those of each account, oldest first.
    of_account: BTreeMap<AccountId, VecDeque<TicketId>>,
}

impl Tickets {
    /// Opens an account; false if too many are open.
    pub(crate) fn open(
        &mut self,
        id: TicketId,
        account: AccountId,
        certificate: [u8; 32],
        basis: Basis,
        now: Instant,
    ) -> bool {
        if self.open.len() >= OPEN_MAX {
            self.retain(|ticket| ticket.is_open(now));
        }
        if self.open.len() >= OPEN_MAX {
            return false;
        }
        let ticket = Ticket {
            account,
            certificate,
            basis,
            opened: now,
            used: now,
            reads: 0,
            has_bound: false,
        };
        self.open.insert(id, ticket);
        let own = self.of_account.entry(account).or_default();
        own.push_back(id);
        if own.len() > OF_ACCOUNT_MAX
            && let Some(oldest) = own.pop_front()
        {
            self.open.remove(&oldest);
        }
        true
    }

    /// Keeps some tickets.
    fn retain(&mut self, is_kept: impl Fn(&Ticket) -> bool) {
        self.open.retain(|_, ticket| is_kept(ticket));
        let open = &self.open;
        self.of_account.retain(|_, own| {
            own.retain(|id| open.contains_key(id));
            !own.is_empty()
        });
    }

    /// Ends a ticket.
    fn remove(&mut self, id: &TicketId) {
        let Some(ticket) = self.open.remove(id) else {
            return;
        };
        if let Some(own) = self.of_account.get_mut(&ticket.account) {
            own.retain(|other| other != id);
            if own.is_empty() {
                self.of_account.remove(&ticket.account);
            }
        }
    }

    /// A ticket that is used; none if it is not open, or was opened over another certificate.
    pub(crate) fn using(
        &mut self,
        id: &TicketId,
        certificate: &[u8; 32],
        now: Instant,
    ) -> Option<Ticket> {
        let ticket = self.open.get_mut(id)?;
        if ticket.certificate != *certificate {
            return None;
        }
        if !ticket.is_open(now) {
            self.remove(id);
            return None;
        }
        ticket.used = now;
        Some(*ticket)
    }

    /// Counts a reading; false if the ticket has had as many as one has.
    pub(crate) fn read(&mut self, id: &TicketId) -> bool {
        match self.open.get_mut(id) {
            Some(ticket) if ticket.reads < READS_MAX => {
                ticket.reads += 1;
                true
            }
            _ => false,
        }
    }

    /// Takes the right to bind a key, which a ticket that a code or a sign-on has opened has once and for a while. One that a key has opened has none: whoever
    /// has got hold of a ticket is not to make himself at home.
    pub(crate) fn take_binding(&mut self, id: &TicketId, now: Instant) -> Result<(), NotBinding> {
        let ticket = self.open.get_mut(id).ok_or(NotBinding)?;
        let may_bind = matches!(ticket.basis, Basis::Code { .. } | Basis::SignOn);
        if !may_bind || ticket.has_bound || now >= ticket.opened + BINDING {
            return Err(NotBinding);
        }
        ticket.has_bound = true;
        Ok(())
    }

    /// Gives the right back that [`Self::take_binding`] took, where nothing came of it.
    pub(crate) fn give_binding_back(&mut self, id: &TicketId) {
        if let Some(ticket) = self.open.get_mut(id) {
            ticket.has_bound = false;
        }
    }

    /// Ends a ticket of a caller.
    pub(crate) fn close(&mut self, id: &TicketId, certificate: &[u8; 32]) {
        let ticket = self.open.get(id);
        if ticket.is_some_and(|ticket| ticket.certificate == *certificate) {
            self.remove(id);
        }
    }

    /// Ends every ticket that a key has opened, because the key has ended.
    pub(crate) fn close_all_of(&mut self, name: HolderName) {
        self.retain(|ticket| ticket.basis != Basis::Key(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::value::Division;

    const PORTAL: [u8; 32] = [1; 32];
    const ID: TicketId = TicketId([9; 32]);
    const WORKER: AccountId = AccountId([7; 16]);

    fn opened(basis: Basis, now: Instant) -> Tickets {
        let mut tickets = Tickets::default();
        assert!(tickets.open(ID, WORKER, PORTAL, basis, now));
        tickets
    }

    fn key() -> Basis {
        Basis::Key(HolderName {
            account: WORKER,
            region: Division::new(440_000).unwrap(),
            number: 0,
        })
    }

    const CODE: Basis = Basis::Code {
        maker: [2; 32],
        checker: None,
    };

    #[test]
    fn a_ticket_is_good_over_its_own_certificate_alone() {
        let now = Instant::now();
        let mut tickets = opened(key(), now);
        assert!(tickets.using(&ID, &[2; 32], now).is_none());
        assert_eq!(tickets.using(&ID, &PORTAL, now).unwrap().account, WORKER);
        tickets.close(&ID, &[2; 32]);
        assert!(tickets.using(&ID, &PORTAL, now).is_some());
        tickets.close(&ID, &PORTAL);
        assert!(tickets.using(&ID, &PORTAL, now).is_none());
    }

    #[test]
    fn a_ticket_ends_when_it_is_not_used_and_in_any_case_after_an_hour() {
        let mut now = Instant::now();
        let first = now;
        let mut tickets = opened(key(), now);
        let nearly = Duration::from_secs(15 * 60 - 1);
        while now + nearly < first + WHOLE {
            now += nearly;
            assert!(tickets.using(&ID, &PORTAL, now).is_some());
        }
        assert!(tickets.using(&ID, &PORTAL, first + WHOLE).is_none());
        let mut tickets = opened(key(), first);
        assert!(tickets.using(&ID, &PORTAL, first + IDLE).is_none());
    }

    #[test]
    fn a_code_binds_one_key_within_a_quarter_of_an_hour_and_a_key_binds_none() {
        let now = Instant::now();
        let mut tickets = opened(CODE, now);
        assert_eq!(tickets.take_binding(&ID, now), Ok(()));
        assert_eq!(tickets.take_binding(&ID, now), Err(NotBinding));
        tickets.give_binding_back(&ID);
        assert_eq!(tickets.take_binding(&ID, now + BINDING), Err(NotBinding));
        let mut tickets = opened(key(), now);
        assert_eq!(tickets.take_binding(&ID, now), Err(NotBinding));
        let mut tickets = opened(Basis::SignOn, now);
        assert_eq!(tickets.take_binding(&ID, now), Ok(()));
        assert_eq!(tickets.take_binding(&ID, now), Err(NotBinding));
    }

    #[test]
    fn the_end_of_a_key_ends_what_it_has_opened() {
        let now = Instant::now();
        let mut tickets = opened(key(), now);
        let Basis::Key(name) = key() else {
            unreachable!()
        };
        tickets.close_all_of(HolderName { number: 1, ..name });
        assert!(tickets.using(&ID, &PORTAL, now).is_some());
        tickets.close_all_of(name);
        assert!(tickets.using(&ID, &PORTAL, now).is_none());
    }

    #[test]
    fn an_account_has_so_many_tickets_and_the_oldest_goes_first() {
        let now = Instant::now();
        let mut tickets = Tickets::default();
        let id = |number: usize| TicketId([u8::try_from(number).unwrap(); 32]);
        for number in 0..=OF_ACCOUNT_MAX {
            assert!(tickets.open(id(number), WORKER, PORTAL, key(), now));
        }
        assert!(tickets.using(&id(0), &PORTAL, now).is_none());
        for number in 1..=OF_ACCOUNT_MAX {
            assert!(
                tickets.using(&id(number), &PORTAL, now).is_some(),
                "{number}"
            );
        }
    }

    #[test]
    fn so_many_accounts_are_read_with_one_ticket() {
        let mut tickets = opened(key(), Instant::now());
        for _ in 0..READS_MAX {
            assert!(tickets.read(&ID));
        }
        assert!(!tickets.read(&ID));
    }
}
