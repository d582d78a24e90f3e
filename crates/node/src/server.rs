//! The node put together: store, replica, engine, peers, services, TLS.

use crate::{
    accepting::{Accepting, CONNECTIONS_MAX},
    believed,
    board::Board,
    calls::CallsLayer,
    certificate::Certificates,
    copies::{self, LatestNews},
    engine::{self, Engine, Event, Parts, Peer},
    lookup::VerifiedHeads,
    metrics::Metrics,
    pulse::Pulse,
    report, scrape,
    search::Searches,
    services::{
        self, AccountService, LedgerService, Refusal, ReplicationService, ReviewService,
        SubmissionService,
    },
    tally::Tally,
};
use ed25519_dalek::SigningKey;
use std::{
    collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, thread::JoinHandle,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{Notify, Semaphore, oneshot, watch},
    task,
    time::{MissedTickBehavior, interval},
};
use tonic::{
    Request,
    service::interceptor::InterceptedService,
    transport::{Certificate, Identity, Server, ServerTlsConfig, server::TcpIncoming},
};
use yizhang_entitlement::Policy;
use yizhang_ledger::{
    head::Origin,
    person::FederationSecret,
    roster::Roster,
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{Held, Input, PeerId, Replica};
use yizhang_store::{Damage, Options, Store, StoreError};
use yizhang_wire::{
    DESCRIPTORS,
    channel::{
        ACCOUNT_BYTES_MAX, CONNECTION_WINDOW_BYTES, CallerIdentity, FRAME_BYTES_MAX,
        HANDSHAKE_TIMEOUT, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, MESSAGE_BYTES_MAX,
        STREAM_WINDOW_BYTES, certificate_pem, connect_lazily, node_name,
    },
    deadline::SERVICE_TIMEOUT,
    v1::{
        account_server::AccountServer, ledger_server::LedgerServer,
        replication_server::ReplicationServer, review_server::ReviewServer,
        submission_server::SubmissionServer,
    },
};

/// How often the replica looks at the clock: a tenth of its shortest wait.
const TICK: Duration = Duration::from_millis(100);
/// Requests that one connection may have open: 256 callers that submit one record each, and room.
const REQUESTS_PER_CONNECTION_MAX: usize = 512;
/// Chains that may be read out to nodes at once: each holds a thread and a few batches.
const NODE_READERS_MAX: usize = 64;
/// Chains that may be read out to auditors and others at once, apart from nodes, so that audits never hold replication up.
const AUDIT_READERS_MAX: usize = 16;
/// Reviews at a time: each computes accounts one after another.
const REVIEWS_MAX: usize = 2;
/// Lookups and checks that may run on blocking threads at once.
const BLOCKING_MAX: usize = 64;
/// How long calls under way may take to end when the node stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last lines of the log may take when the node stops.
const LOG_TIMEOUT: Duration = Duration::from_secs(1);

/// Everything that a node is told at its start.
pub struct Config {
    /// The chain that this node writes.
    pub origin: Origin,
    /// The verified roster.
    pub roster: Roster,
    /// The note that the roster came in.
    pub roster_note: Vec<u8>,
    /// The key of the chain.
    pub chain_key: SigningKey,
    /// The federation secret.
    pub secret: FederationSecret,
    /// The rules that accounts are computed under.
    pub policy: Policy,
    /// Certificate of the node, PEM.
    pub certificate_pem: String,
    /// Key of the certificate, PEM.
    pub key_pem: String,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Data directory.
    pub data: PathBuf,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// Where Prometheus may read metrics, over plain HTTP; port 0 takes a free one.
    pub metrics: Option<SocketAddr>,
    /// Lines of the log that were lost, for the metrics.
    pub log_lines_lost: fn() -> u64,
}

/// Why a node did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The roster does not name the node's chain, or names another key for it.
    #[error("the roster does not name the key of chain {0}")]
    NotInRoster(Origin),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node's own chain is damaged on disk: it could be neither continued nor served.
    #[error("the chain of this node is damaged, see `yizhang node check`: {0}")]
    Damaged(Damage),
    /// The address cannot be listened on.
    #[error("{address}: {source}")]
    Listen {
        /// Address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Certificates or keys cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] tonic::transport::Error),
    /// Threads, descriptors.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// The description of the services cannot be read.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Why a running node cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The store has stopped, or takes no more.
    #[error("{reason}")]
    Store {
        /// In the words of the store.
        reason: String,
    },
    /// The one serial thread has ended.
    #[error("the engine has ended")]
    EngineEnded,
}

impl Failure {
    /// Says so, unless something was said before.
    pub(crate) fn tell(self, fail: &watch::Sender<Option<Self>>) {
        fail.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(self);
            is_first
        });
    }
}

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
    pub(crate) news: LatestNews,
    pub(crate) clock: fn() -> UnixMillis,
    pub(crate) searches: Searches,
    pub(crate) node_readers: Arc<Semaphore>,
    pub(crate) audit_readers: Arc<Semaphore>,
    pub(crate) reviews: Arc<Semaphore>,
    pub(crate) tally: Arc<Tally>,
    blocking: Semaphore,
}

impl Shared {
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
        task::spawn_blocking(move || deed(&shared))
            .await
            .map_err(|_| Refusal::Stopping)?
    }
}

/// A running node.
pub struct Node {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    log: task::JoinHandle<()>,
    opened: Vec<String>,
    shared: Arc<Shared>,
    engine: JoinHandle<()>,
    failure: watch::Receiver<Option<Failure>>,
    shutdown: Arc<Notify>,
    server: task::JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Node {
    /// Opens the store, starts all threads and tasks, and listens. Ready to be called when it returns; ready for
    /// submissions when its health says so.
    ///
    /// # Errors
    /// Any [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        check_key(&config)?;
        let listener = listen(config.listen).await?;
        let address = listener.local_addr()?;
        let scraped = match config.metrics {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let metrics_address = scraped.as_ref().map(TcpListener::local_addr).transpose()?;
        let (data, origins) = (
            config.data.clone(),
            config.roster.origins().cloned().collect(),
        );
        let opening = task::spawn_blocking(move || Store::open(&data, Options::new(origins)));
        let (store, opened) = opening.await.map_err(std::io::Error::other)??;
        if let Some(damage) = store.damage(&config.origin) {
            return Err(StartError::Damaged(damage));
        }
        let (engine, inbox) = engine::channel();
        let shared = share(&config, store, engine.clone());
        engine::announce_held(
            &shared.store,
            &shared.board,
            config.roster.origins().cloned(),
        );
        let closed = engine::closed_chains(&shared)?;
        let peers = peers(&config)?;
        let (ready, readiness) = watch::channel(false);
        let (fail, failure) = watch::channel(None);
        let parts = Parts {
            replica: replica(&config, &shared.store, &closed)?,
            shared: Arc::clone(&shared),
            key: config.chain_key.clone(),
            peers: peers.clone(),
            runtime: Handle::current(),
            ready,
            fail,
            clock: config.clock,
        };
        let thread = engine::start(inbox, parts)?;
        tokio::spawn(tick(engine.clone()));
        for peer in peers {
            tokio::spawn(peer.keep_watching(engine.clone()));
        }
        let log = report::write(
            Arc::clone(&shared),
            Certificates::read(&config.certificate_pem, &config.roster.tls_authority),
            readiness.clone(),
            config.clock,
        );
        let log = tokio::spawn(log);
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        if let Some(listener) = scraped {
            tokio::spawn(scrape::serve(listener, metrics(&config, &shared, &room)));
        }
        let shutdown = Arc::new(Notify::new());
        let serving = Serving {
            listener,
            room,
            readiness,
            shutdown: Arc::clone(&shutdown),
        };
        let server = serve(&config, &shared, serving)?;
        Ok(Self {
            address,
            metrics_address,
            log,
            opened: opened.to_string().lines().map(str::to_string).collect(),
            shared,
            engine: thread,
            failure,
            shutdown,
            server,
        })
    }

    /// Where the node listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the metrics of the node are read, if anywhere.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The sign of life by which others see that the node's one serial thread moves.
    pub fn pulse(&self) -> Pulse {
        Pulse::of(self.shared.engine.clone())
    }

    /// The way to tell the node which peers need not be waited for.
    pub fn recovery(&self) -> Recovery {
        Recovery {
            shared: Arc::clone(&self.shared),
        }
    }

    /// What opening the data directory found, in lines for people.
    pub fn opened(&self) -> &[String] {
        &self.opened
    }

    /// Returns when the node cannot go on, with the reason: the disk failed, or a part of the node has ended. The process
    /// should end too, so that whoever runs it notices; starting again reads what the disk holds.
    pub async fn failed(&mut self) -> Failure {
        let engine = self.shared.engine.clone();
        tokio::select! {
            failure = self.failure.wait_for(Option::is_some) => {
                let told = failure.ok().and_then(|failure| failure.clone());
                told.unwrap_or(Failure::EngineEnded)
            }
            () = engine.stopped() => Failure::EngineEnded,
        }
    }

    /// Ends calls, waits for what is being written, and closes the store.
    ///
    /// # Errors
    /// [`StartError::Store`] if the last heads could not be written; they will be signed again.
    pub async fn stop(self) -> Result<(), StartError> {
        self.shared.board.close();
        self.shutdown.notify_one();
        let abort = self.server.abort_handle();
        if tokio::time::timeout(STOP_TIMEOUT, self.server)
            .await
            .is_err()
        {
            abort.abort();
        }
        self.shared.engine.send(Event::Stop).await;
        let (engine, store) = (self.engine, Arc::clone(&self.shared.store));
        task::spawn_blocking(move || {
            // A panic of the engine has been printed by its thread.
            let _ = engine.join();
            store.close()
        })
        .await
        .map_err(std::io::Error::other)??;
        // It ends with the engine; a log that is slow is not waited for.
        let _ = tokio::time::timeout(LOG_TIMEOUT, self.log).await;
        Ok(())
    }
}

/// What a restarted node waits for, and the operator's word on it.
#[derive(Clone)]
pub struct Recovery {
    shared: Arc<Shared>,
}

/// A region that has not said since the start what it holds of the node's own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The region.
    pub region: Division,
    /// The time in the newest batch that this node holds of the region's chain; none if it holds nothing.
    pub newest: Option<UnixMillis>,
}

impl Recovery {
    /// The regions that the node waits for; none when it waits for nobody.
    pub async fn absent(&self) -> Vec<Absent> {
        let (reply, absent) = oneshot::channel();
        self.shared.engine.send(Event::Absent(reply)).await;
        // A node that is stopping waits for nobody.
        let regions = absent.await.unwrap_or_default();
        regions
            .into_iter()
            .map(|region| self.absent_region(region))
            .collect()
    }

    fn absent_region(&self, region: Division) -> Absent {
        let entry = self.shared.roster.regions.get(&region);
        Absent {
            region,
            newest: entry.and_then(|entry| copies::newest(&self.shared.store, &entry.origin)),
        }
    }

    /// Says that the nodes of these regions are lost for good. They count as asked once the wait for them is over.
    pub async fn declare_lost(&self, regions: impl IntoIterator<Item = Division>) {
        let lost = regions.into_iter().map(PeerId).collect();
        self.shared
            .engine
            .send(Event::Input(Input::Lost(lost)))
            .await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

fn share(config: &Config, store: Store, engine: Engine) -> Arc<Shared> {
    Arc::new(Shared {
        origin: config.origin.clone(),
        roster: config.roster.clone(),
        roster_note: config.roster_note.clone(),
        secret: config.secret.clone(),
        policy: config.policy.clone(),
        store: Arc::new(store),
        board: Board::new(),
        engine,
        heads: VerifiedHeads::default(),
        news: LatestNews::default(),
        clock: config.clock,
        searches: Searches::new(),
        node_readers: Arc::new(Semaphore::new(NODE_READERS_MAX)),
        audit_readers: Arc::new(Semaphore::new(AUDIT_READERS_MAX)),
        reviews: Arc::new(Semaphore::new(REVIEWS_MAX)),
        tally: Arc::new(Tally::new()),
        blocking: Semaphore::new(BLOCKING_MAX),
    })
}

fn metrics(config: &Config, shared: &Arc<Shared>, room: &Arc<Semaphore>) -> Arc<Metrics> {
    Arc::new(Metrics {
        shared: Arc::clone(shared),
        certificates: Certificates::read(&config.certificate_pem, &config.roster.tls_authority),
        room: Arc::clone(room),
        data: config.data.clone(),
        clock: config.clock,
        log_lines_lost: config.log_lines_lost,
    })
}

/// A node that signs with a key which the roster does not name would be refused by everybody else.
fn check_key(config: &Config) -> Result<(), StartError> {
    let key = config.chain_key.verifying_key().to_bytes();
    let keys = config.roster.keys(&config.origin).unwrap_or_default();
    match keys.last() {
        Some(last) if last.key.to_bytes() == key => Ok(()),
        _ => Err(StartError::NotInRoster(config.origin.clone())),
    }
}

fn replica(
    config: &Config,
    store: &Store,
    closed: &BTreeMap<Origin, TreeSize>,
) -> Result<Replica, StoreError> {
    let held = config.roster.origins().filter_map(|origin| {
        let state = store.state(origin)?;
        Some(Held {
            head: store.head(origin),
            state,
            closed_at: closed.get(origin).copied(),
        })
    });
    let settings = yizhang_replica::Config {
        own: Some(config.origin.clone()),
        signed: believed::signed_before(store, &config.roster, &config.origin)?,
        ..yizhang_replica::Config::default()
    };
    Ok(Replica::new(
        config.roster.clone(),
        settings,
        held.collect(),
        (config.clock)(),
    ))
}

fn peers(config: &Config) -> Result<Vec<Peer>, StartError> {
    let identity = CallerIdentity::new(&config.certificate_pem, &config.key_pem);
    let others = config
        .roster
        .regions
        .iter()
        .filter(|(_, region)| region.origin != config.origin);
    let peer = |(code, region): (
        &yizhang_ledger::value::Division,
        &yizhang_ledger::roster::Region,
    )| {
        let name = node_name(&config.roster.federation, *code);
        let channel = connect_lazily(
            &region.endpoint,
            &config.roster.tls_authority,
            &name,
            &identity,
        )?;
        Ok(Peer {
            region: *code,
            channel,
            blamed: Arc::new(Notify::new()),
        })
    };
    others.map(peer).collect()
}

async fn tick(engine: Engine) {
    let mut interval = interval(TICK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = interval.tick() => engine.send(Event::Input(Input::Tick)).await,
            () = engine.stopped() => return,
        }
    }
}

/// What the server is given besides what it serves.
struct Serving {
    listener: TcpListener,
    /// A place for each connection.
    room: Arc<Semaphore>,
    readiness: watch::Receiver<bool>,
    shutdown: Arc<Notify>,
}

fn serve(
    config: &Config,
    shared: &Arc<Shared>,
    serving: Serving,
) -> Result<task::JoinHandle<Result<(), tonic::transport::Error>>, StartError> {
    let tls = ServerTlsConfig::new()
        .timeout(HANDSHAKE_TIMEOUT)
        .identity(Identity::from_pem(&config.certificate_pem, &config.key_pem))
        .client_ca_root(Certificate::from_pem(certificate_pem(
            &config.roster.tls_authority,
        )));
    let (health, health_service) = tonic_health::server::health_reporter();
    tokio::spawn(report_health(health, serving.readiness));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let submission = SubmissionServer::new(SubmissionService(Arc::clone(shared)));
    let guard = Arc::clone(shared);
    let submission = InterceptedService::new(
        submission.max_decoding_message_size(MESSAGE_BYTES_MAX),
        move |request: Request<()>| services::authorise(request, &guard),
    );
    let account = AccountServer::new(AccountService(Arc::clone(shared)));
    let replication = ReplicationServer::new(ReplicationService(Arc::clone(shared)));
    let ledger = LedgerServer::new(LedgerService(Arc::clone(shared)));
    let review = ReviewServer::new(ReviewService(Arc::clone(shared)));
    let router = Server::builder()
        .tls_config(tls)?
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .timeout(SERVICE_TIMEOUT)
        .concurrency_limit_per_connection(REQUESTS_PER_CONNECTION_MAX)
        .layer(CallsLayer(Arc::clone(&shared.tally)))
        .add_service(health_service)
        .add_service(reflection)
        .add_service(submission)
        .add_service(account.max_encoding_message_size(ACCOUNT_BYTES_MAX))
        .add_service(replication.max_encoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(ledger.max_encoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(review.max_encoding_message_size(MESSAGE_BYTES_MAX));
    let incoming = TcpIncoming::from(serving.listener).with_nodelay(Some(true));
    let incoming = Accepting::new(incoming, serving.room);
    let shutdown = serving.shutdown;
    Ok(tokio::spawn(async move {
        router
            .serve_with_incoming_shutdown(incoming, async move { shutdown.notified().await })
            .await
    }))
}

/// The service as a whole is up; Submission is serving while the node may sign.
async fn report_health(
    health: tonic_health::server::HealthReporter,
    mut readiness: watch::Receiver<bool>,
) {
    loop {
        let ready = *readiness.borrow_and_update();
        if ready {
            health
                .set_serving::<SubmissionServer<SubmissionService>>()
                .await;
        } else {
            health
                .set_not_serving::<SubmissionServer<SubmissionService>>()
                .await;
        }
        if readiness.changed().await.is_err() {
            return;
        }
    }
}
