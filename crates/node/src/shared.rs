//! What the services share.

use crate::{
    board::Board, config::Config, copies::LatestNews, damages::Damages, engine::Engine,
    refusal::Refusal, search::Searches, tally::Tally, tellings::Tellings,
    verified_heads::VerifiedHeads,
};
use std::sync::Arc;
use tokio::{sync::Semaphore, task};
use yizhang_entitlement::Policy;
use yizhang_ledger::{head::Origin, person::FederationSecret, roster::Roster, value::UnixMillis};
use yizhang_store::Store;

/// Chains that may be read out to nodes at once: each holds a thread and a few batches.
const NODE_READERS_MAX: usize = 64;
/// Chains that may be read out to auditors and others at once, apart from nodes, so that audits never hold replication up.
const AUDIT_READERS_MAX: usize = 16;
/// Reviews at a time: each computes accounts one after another.
const REVIEWS_MAX: usize = 2;
/// Lookups and checks that may run on blocking threads at once.
const BLOCKING_MAX: usize = 64;

/// Lookups at once from which on a node is busy: more than two cores work on.
const BUSY_LOOKUPS: usize = 8;

/// What all services share.
pub(crate) struct Shared {
    pub(crate) origin: Origin,
    pub(crate) roster: Roster,
    pub(crate) roster_note: Vec<u8>,
    pub(crate) secret: FederationSecret,
    pub(crate) policy: Policy,
    pub(crate) store: Arc<Store>,
    pub(crate) board: Board,
    pub(crate) engine: Engine,
    pub(crate) heads: VerifiedHeads,
    pub(crate) news: Arc<LatestNews>,
    pub(crate) clock: fn() -> UnixMillis,
    pub(crate) searches: Arc<Searches>,
    pub(crate) node_readers: Arc<Semaphore>,
    pub(crate) audit_readers: Arc<Semaphore>,
    pub(crate) reviews: Arc<Semaphore>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) tellings: Tellings,
    pub(crate) damages: Damages,
    blocking: Semaphore,
}

impl Shared {
    /// Of a node that is told so much, over its store.
    pub(crate) fn new(config: &Config, store: Arc<Store>, engine: Engine) -> Self {
        Self {
            origin: config.origin.clone(),
            roster: config.roster.clone(),
            roster_note: config.roster_note.clone(),
            secret: config.secret.clone(),
            policy: config.policy.clone(),
            heads: VerifiedHeads::default(),
            news: Arc::default(),
            clock: config.clock,
            searches: Searches::new(Arc::clone(&store), config.origin.clone(), engine.clone()),
            store,
            board: Board::new(),
            engine,
            node_readers: Arc::new(Semaphore::new(NODE_READERS_MAX)),
            audit_readers: Arc::new(Semaphore::new(AUDIT_READERS_MAX)),
            reviews: Arc::new(Semaphore::new(REVIEWS_MAX)),
            tally: Arc::new(Tally::new()),
            tellings: Tellings::default(),
            damages: Damages::default(),
            blocking: Semaphore::new(BLOCKING_MAX),
        }
    }

    /// Whether so much is being looked up that what can wait should.
    pub(crate) fn is_busy(&self) -> bool {
        self.blocking.available_permits() < BLOCKING_MAX - BUSY_LOOKUPS
    }

    /// Runs something that waits for the disk or computes for long where it may.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        deed: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _permit = self
            .blocking
            .acquire()
            .await
            .map_err(|_| Refusal::Stopping)?;
        let shared = Arc::clone(self);
        task::spawn_blocking(move || {
            let done = deed(&shared);
            if let Err(Refusal::Store(error)) = &done {
                shared.damages.look_at(error);
            }
            done
        })
        .await
        .map_err(|_| Refusal::Stopping)?
    }
}
