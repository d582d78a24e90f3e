//! Journeys: browsers that were sent to the identity provider and are expected back. All of it is in memory.
//!
//! A journey belongs to the browser that began it, by a cookie of its own: a return that somebody else has begun, and has sent to it, is
//! none of its journeys. It ends with the return, and the session that is opened then has a fresh name.

use crate::sessions::{cookie, random_text};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Journeys at a time, some 400 bytes each.
const JOURNEYS_MAX: usize = 65_536;
/// How long somebody may take to sign on: as long as the node's challenge is good.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// The name of the cookie: browsers take one of this name over HTTPS alone, for this host alone.
const COOKIE: &str = "__Host-sign-on";
/// The cookie comes along when the provider sends the browser back, which `Strict` would not let it, but with no form and no picture of
/// another site.
const ATTRIBUTES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

/// What is kept of a browser that is on its way.
pub(crate) struct Journey {
    state: String,
    /// What the code is redeemed with (RFC 7636, 4.1).
    pub(crate) verifier: String,
    /// The challenge of the node.
    pub(crate) nonce: Vec<u8>,
    begun: Instant,
}

/// What goes with a browser that sets out.
pub(crate) struct Begun {
    /// What names the journey, and stays with the browser.
    id: String,
    /// What has to come back from the provider.
    pub(crate) state: String,
    /// The hash of the verifier (RFC 7636, 4.2).
    pub(crate) code_challenge: String,
}

impl Begun {
    /// The cookie that ties the journey to the browser.
    pub(crate) fn cookie(&self) -> String {
        let seconds = LIFE.as_secs();
        format!("{COOKIE}={}; {ATTRIBUTES}; Max-Age={seconds}", self.id)
    }
}

/// The cookie that takes the place of a journey's that has ended.
pub(crate) fn no_cookie() -> String {
    format!("{COOKIE}=; {ATTRIBUTES}; Max-Age=0")
}

/// The journeys that are under way.
#[derive(Default)]
pub(crate) struct Journeys(Mutex<BTreeMap<String, Journey>>);

impl Journeys {
    /// Begins one, over a challenge of the node; one that the browser had begun before, by its cookies, ends: it has one cookie. None if
    /// too many are under way, or the machine has no random bytes.
    pub(crate) fn begin(&self, cookies: &str, nonce: Vec<u8>, now: Instant) -> Option<Begun> {
        let (id, state, verifier) = (random_text()?, random_text()?, random_text()?);
        let code_challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(&verifier));
        let journey = Journey {
            state: state.clone(),
            verifier,
            nonce,
            begun: now,
        };
        let mut journeys = self.lock();
        if let Some(before) = cookie(cookies, COOKIE) {
            journeys.remove(before);
        }
        if journeys.len() >= JOURNEYS_MAX {
            journeys.retain(|_, journey| journey.is_good(now));
        }
        if journeys.len() >= JOURNEYS_MAX {
            return None;
        }
        journeys.insert(id.clone(), journey);
        Some(Begun {
            id,
            state,
            code_challenge,
        })
    }

    /// Ends the journey of a browser that is back, once. A return with another state ends nothing: it may be of another site's making.
    pub(crate) fn end(&self, cookies: &str, state: &str, now: Instant) -> Option<Journey> {
        let id = cookie(cookies, COOKIE)?;
        let mut journeys = self.lock();
        if journeys.get(id)?.state != state {
            return None;
        }
        journeys.remove(id).filter(|journey| journey.is_good(now))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Journey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journey {
    fn is_good(&self, now: Instant) -> bool {
        now < self.begun + LIFE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(begun: &Begun) -> String {
        format!("language=zh; {COOKIE}={}", begun.id)
    }

    #[test]
    fn a_journey_ends_once_in_the_browser_that_began_it_with_its_own_state() {
        let (journeys, now) = (Journeys::default(), Instant::now());
        let mine = journeys.begin("", vec![1], now).unwrap();
        let other = journeys.begin("", vec![2], now).unwrap();
        assert!(journeys.end("", &mine.state, now).is_none());
        assert!(journeys.end(&carried(&other), &mine.state, now).is_none());
        assert!(journeys.end(&carried(&mine), "", now).is_none());
        // None of these has cost anybody the journey.
        let ended = journeys.end(&carried(&mine), &mine.state, now).unwrap();
        assert_eq!(ended.nonce, [1]);
        let hash = Base64UrlUnpadded::encode_string(&Sha256::digest(&ended.verifier));
        assert_eq!(hash, mine.code_challenge);
        assert!(journeys.end(&carried(&mine), &mine.state, now).is_none());
        assert!(journeys.end(&carried(&other), &other.state, now).is_some());
    }

    #[test]
    fn a_journey_lasts_as_long_as_the_challenge() {
        let (journeys, now) = (Journeys::default(), Instant::now());
        let begun = journeys.begin("", Vec::new(), now).unwrap();
        let nearly = now + LIFE.saturating_sub(Duration::from_millis(1));
        assert!(
            journeys
                .end(&carried(&begun), &begun.state, nearly)
                .is_some()
        );
        let begun = journeys.begin("", Vec::new(), now).unwrap();
        assert!(
            journeys
                .end(&carried(&begun), &begun.state, now + LIFE)
                .is_none()
        );
    }

    #[test]
    fn a_browser_is_on_one_journey_and_so_many_are_under_way() {
        let (journeys, now) = (Journeys::default(), Instant::now());
        let first = journeys.begin("", Vec::new(), now).unwrap();
        let second = journeys.begin(&carried(&first), Vec::new(), now).unwrap();
        assert!(journeys.end(&carried(&first), &first.state, now).is_none());
        assert!(
            journeys
                .end(&carried(&second), &second.state, now)
                .is_some()
        );
        for _ in 0..JOURNEYS_MAX {
            assert!(journeys.begin("", Vec::new(), now).is_some());
        }
        assert!(journeys.begin("", Vec::new(), now).is_none());
        assert!(journeys.begin("", Vec::new(), now + LIFE).is_some());
    }
}
