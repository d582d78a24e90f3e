//! What all pages share: whose session it is, and what the clerk is at. All of it is in memory.

use crate::{
    approvals::Looked,
    desk::{Desk, Opened, Whom},
    imports::Job,
    kept::Kept,
    lists::ReviewState,
    node::Samples,
    warnings::Told,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use yizhang_wire::purpose::Purpose;

/// How long a session lasts: a day at work. After it the console is started anew.
const SESSION_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// Random bytes of the name that it is reached under: nobody on the same machine guesses it.
const NAME_BYTES: usize = 16;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// What all pages share.
pub(crate) struct Shared {
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) folder: PathBuf,
    /// What requests name as their host.
    pub(crate) host: String,
    door: Mutex<Door>,
    work: Mutex<Work>,
    review: Mutex<ReviewState>,
    job: Mutex<Option<Arc<Job>>>,
    samples: Mutex<Samples>,
    /// Told when the clerk ends the console.
    pub(crate) ended: Notify,
}

/// Who has come in.
struct Door {
    /// The token of the start, until it was exchanged.
    token: Option<String>,
    session: Option<Session>,
}

/// The clerk who has come in.
#[derive(Clone)]
pub(crate) struct Session {
    cookie: String,
    /// What forms carry, so that no other page can send one.
    pub(crate) token: String,
    opened: Instant,
}

/// What the clerk is at, in all tabs.
#[derive(Default)]
pub(crate) struct Work {
    /// For what persons are looked up from pages that are of no list of persons: what was stated last.
    pub(crate) purpose: Option<Purpose>,
    /// The lists of persons whom the clerk goes through.
    pub(crate) queues: Kept<Queue>,
    /// Texts that are looked for in lists.
    pub(crate) texts: Kept<String>,
    /// Submissions that were looked at, with their records.
    pub(crate) looked: Kept<Looked>,
    /// Warnings that were read.
    pub(crate) warnings: Kept<Told>,
}

/// A list of persons whom the clerk goes through, in a tab.
pub(crate) struct Queue {
    /// For what: what the page showed from which it was opened, until it is changed in a page of this list.
    pub(crate) purpose: Purpose,
    pub(crate) persons: Vec<Whom>,
    /// The account that was opened last, so that leafing through its pages asks once.
    pub(crate) open: Option<OpenFile>,
}

/// An account that is open.
#[derive(Clone)]
pub(crate) struct OpenFile {
    pub(crate) whom: Whom,
    pub(crate) purpose: Purpose,
    pub(crate) opened: Arc<Opened>,
}

impl Shared {
    /// None where the machine has no random bytes.
    pub(crate) fn new(desk: Arc<dyn Desk>, folder: PathBuf, port: u16) -> Option<Self> {
        let name = u128::from_be_bytes(random::<NAME_BYTES>()?);
        Some(Self {
            desk,
            folder,
            host: format!("c{name:032x}.localhost:{port}"),
            door: Mutex::new(Door {
                token: Some(random_text()?),
                session: None,
            }),
            work: Mutex::default(),
            review: Mutex::default(),
            job: Mutex::default(),
            samples: Mutex::default(),
            ended: Notify::new(),
        })
    }

    /// Scheme, host and port, as browsers send them.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The address of the start; without its token when that was used.
    pub(crate) fn first_address(&self) -> String {
        let door = lock(&self.door);
        let token = door.token.as_deref().unwrap_or_default();
        format!("{}/open?token={token}", self.origin())
    }

    /// Exchanges the token of the start for a session, once; the cookie.
    pub(crate) fn exchange(&self, token: &str) -> Option<String> {
        let mut door = lock(&self.door);
        let is_it = door
            .token
            .as_ref()
            .is_some_and(|known| is_same(known, token));
        if !is_it {
            return None;
        }
        let session = Session {
            cookie: random_text()?,
            token: random_text()?,
            opened: Instant::now(),
        };
        let cookie = session.cookie.clone();
        door.token = None;
        door.session = Some(session);
        Some(cookie)
    }

    /// The session of a cookie.
    pub(crate) fn session(&self, cookie: &str) -> Option<Session> {
        let mut door = lock(&self.door);
        let session = door.session.as_ref()?;
        if session.opened.elapsed() > SESSION_MAX {
            door.session = None;
            return None;
        }
        is_same(&session.cookie, cookie).then(|| session.clone())
    }

    /// What the clerk is at. Never held while anything is waited for.
    pub(crate) fn work(&self) -> MutexGuard<'_, Work> {
        lock(&self.work)
    }

    pub(crate) fn review(&self) -> MutexGuard<'_, ReviewState> {
        lock(&self.review)
    }

    pub(crate) fn job(&self) -> MutexGuard<'_, Option<Arc<Job>>> {
        lock(&self.job)
    }

    pub(crate) fn samples(&self) -> MutexGuard<'_, Samples> {
        lock(&self.samples)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares two secrets in a time that does not tell where they differ.
pub(crate) fn is_same(known: &str, found: &str) -> bool {
    let differences = known
        .bytes()
        .zip(found.bytes())
        .fold(0, |all, (one, other)| all | (one ^ other));
    known.len() == found.len() && differences == 0
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

fn random_text() -> Option<String> {
    Some(Base64UrlUnpadded::encode_string(&random::<TOKEN_BYTES>()?))
}
