//! Sessions: browsers whose people have opened an account. All of it is in memory.

use base64ct::{Base64UrlUnpadded, Encoding};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Sessions at a time, some 300 bytes each.
const SESSIONS_MAX: usize = 65_536;

/// The name of the cookie: browsers take one of this name over HTTPS alone, for this host alone.
pub(crate) const COOKIE: &str = "__Host-session";

/// What names a session: 32 random bytes, as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(String);

impl SessionId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the cookies of a request; none if no session is among them.
    pub(crate) fn of_cookies(cookies: &str) -> Option<Self> {
        Some(Self(cookie(cookies, COOKIE)?.to_string()))
    }
}

/// The value of a cookie among those of a request.
pub(crate) fn cookie<'c>(cookies: &'c str, name: &str) -> Option<&'c str> {
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(value)
}

/// Somebody who is there.
#[derive(Clone)]
pub(crate) struct Session {
    /// What the node answers for.
    pub(crate) ticket: Vec<u8>,
    /// What forms of this session carry, so that no other page can send one.
    pub(crate) token: String,
    /// Whether a key may be bound, and so should be: once, where no key has opened it.
    pub(crate) may_bind: bool,
    opened: Instant,
    used: Instant,
    idle: Duration,
    whole: Duration,
}

impl Session {
    /// A session of an account that a node has opened for so long.
    pub(crate) fn new(
        ticket: Vec<u8>,
        may_bind: bool,
        idle: Duration,
        whole: Duration,
        now: Instant,
    ) -> Option<Self> {
        Some(Self {
            ticket,
            token: random_text()?,
            may_bind,
            opened: now,
            used: now,
            idle,
            whole,
        })
    }

    fn is_open(&self, now: Instant) -> bool {
        now < self.opened + self.whole && now < self.used + self.idle
    }
}

/// The sessions that are open.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<SessionId, Session>>);

impl Sessions {
    /// Opens a session under a name of its own; none if there are too many, or the machine has no random bytes.
    pub(crate) fn open(&self, session: Session, now: Instant) -> Option<SessionId> {
        let id = SessionId(random_text()?);
        let mut open = self.lock();
        if open.len() >= SESSIONS_MAX {
            open.retain(|_, session| session.is_open(now));
        }
        if open.len() >= SESSIONS_MAX {
            return None;
        }
        open.insert(id.clone(), session);
        Some(id)
    }

    /// A session that is used.
    pub(crate) fn using(&self, id: &SessionId, now: Instant) -> Option<Session> {
        let mut open = self.lock();
        let session = open.get_mut(id)?;
        if !session.is_open(now) {
            open.remove(id);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    /// Says that a key is bound now.
    pub(crate) fn has_key(&self, id: &SessionId) {
        if let Some(session) = self.lock().get_mut(id) {
            session.may_bind = false;
        }
    }

    pub(crate) fn close(&self, id: &SessionId) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 32 random bytes as text, which nobody guesses; none where the machine has none.
pub(crate) fn random_text() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(Base64UrlUnpadded::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(900);
    const WHOLE: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_session_ends_with_the_ticket_that_it_is_for() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let session = || Session::new(vec![7; 32], true, IDLE, WHOLE, now).unwrap();
        let id = sessions.open(session(), now).unwrap();
        assert!(sessions.using(&id, now).is_some());
        assert!(sessions.using(&id, now + IDLE).is_none());
        let id = sessions.open(session(), now).unwrap();
        sessions.close(&id);
        assert!(sessions.using(&id, now).is_none());
    }

    #[test]
    fn every_session_has_a_name_and_a_token_of_its_own() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let session = Session::new(vec![7; 32], true, IDLE, WHOLE, now).unwrap();
        let other = Session::new(vec![7; 32], true, IDLE, WHOLE, now).unwrap();
        assert_ne!(session.token, other.token);
        let ids = [session, other].map(|session| sessions.open(session, now).unwrap());
        assert!(ids[0] != ids[1]);
    }

    #[test]
    fn a_session_is_found_among_cookies() {
        let found = |cookies: &str| SessionId::of_cookies(cookies).map(|id| id.0);
        assert_eq!(
            found("lang=zh; __Host-session=abc"),
            Some("abc".to_string())
        );
        assert_eq!(found("session=abc; x__Host-session=abc"), None);
        assert_eq!(found(""), None);
    }
}
