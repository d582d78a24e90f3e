//! The node put together: store, replica, engine, peers, services, TLS.

use crate::{
    accepting::Door,
    believed,
    chain_keys::ChainKeys,
    config::{Config, Failure, StartError},
    continued,
    engine::{self, CosigningKeys, Engine, Event, Inbox, Parts, Peer, Teller, cosigned_before},
    mender::Mender,
    metrics::Metrics,
    neighbours::Neighbour,
    pulse::Pulse,
    reads::keep_roots,
    recovery::Recovery,
    registers::keep_registers,
    report,
    reserve::Reserve,
    room,
    rosters::Versions,
    scrape,
    services::{self, Serving},
    shared::Shared,
    tls::{self, TlsError},
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, thread::JoinHandle, time::Duration};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::Handle,
    sync::{Notify, watch},
    task,
    time::{MissedTickBehavior, interval},
};
use yizhang_ledger::{
    head::{Head, Origin},
    roster::KeyKind,
    value::TreeSize,
};
use yizhang_replica::{CheckedHead, Held, Input, Replica};
use yizhang_store::{Opened, Options, Store, StoreError};
use yizhang_wire::channel::{CallerIdentity, connect_lazily, node_name};

/// Connections that the system holds until they are accepted: as many as Linux allows. Whoever comes beyond that is not
/// answered, and tries again.
const BACKLOG_MAX: u32 = 4_096;
/// How often the replica looks at the clock: a tenth of its shortest wait.
const TICK: Duration = Duration::from_millis(100);
/// How long calls under way may take to end when the node stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last lines of the log may take when the node stops.
const LOG_TIMEOUT: Duration = Duration::from_secs(1);

/// A running node.
pub struct Node {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    log: task::JoinHandle<()>,
    room: task::JoinHandle<()>,
    opened: Opened,
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
        check_keys(&config)?;
        let listener = listen(config.listen)?;
        let address = listener.local_addr()?;
        let scraped = match config.metrics {
            Some(address) => Some(listen(address)?),
            None => None,
        };
        let metrics_address = scraped.as_ref().map(TcpListener::local_addr).transpose()?;
        let (store, opened) = open(&config).await?;
        let (engine, inbox) = engine::channel();
        let shared = Arc::new(Shared::new(&config, Arc::new(store), engine));
        shared.room.look(&shared.store);
        let room = tokio::spawn(room::watch(
            Arc::clone(&shared.room),
            Arc::clone(&shared.store),
        ));
        let (ready, readiness) = watch::channel(false);
        let (fail, failure) = watch::channel(None);
        let thread = start_engine(&config, &shared, inbox, Told { ready, fail })?;
        let door = door(&config)?;
        let log = tokio::spawn(report::write(
            Arc::clone(&shared),
            Arc::clone(&door.turned_away),
            shared.certificates,
            readiness.clone(),
            config.clock,
        ));
        tokio::spawn(keep_roots(Arc::clone(&shared)));
        tokio::spawn(keep_registers(Arc::clone(&shared), config.registers));
        if let Some(listener) = scraped {
            tokio::spawn(scrape::serve(listener, metrics(&config, &shared, &door)));
        }
        let shutdown = Arc::new(Notify::new());
        let serving = Serving {
            listener,
            door,
            readiness,
            shutdown: Arc::clone(&shutdown),
        };
        let server = services::serve(&shared, serving)?;
        Ok(Self {
            address,
            metrics_address,
            log,
            room,
            opened,
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

    /// What opening the data directory found.
    pub const fn opened(&self) -> &Opened {
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

    /// The versions of the roster that the node has.
    pub fn versions(&self) -> Versions {
        Versions::new(Arc::clone(&self.shared.rosters), self.shared.roster.version)
    }

    /// Ends calls, waits for what is being written, and closes the store.
    ///
    /// # Errors
    /// [`StartError::Store`] if the last heads could not be written; they will be signed again.
    pub async fn stop(self) -> Result<(), StartError> {
        self.room.abort();
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

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listening = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A node that is started again takes its address back from connections that are just ending.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG_MAX)
    };
    listening().map_err(|source| StartError::Listen { address, source })
}

/// Opens the store. A node whose own chain is damaged does not start.
async fn open(config: &Config) -> Result<(Store, Opened), StartError> {
    let (data, room) = (config.data.clone(), config.room);
    let roster = config.roster().clone();
    let options = Options::new(config.roster().origins().cloned().collect());
    let opening = task::spawn_blocking(move || {
        // A crash before it is taken again leaves a node that has given its reserve up for the start that follows.
        let reserve = Reserve::of(&data, room.kept_bytes);
        reserve.give_up();
        let opened = continued::open(&data, &options, &roster);
        reserve.take();
        opened
    });
    let (store, opened) = opening.await.map_err(std::io::Error::other)??;
    if let Some(damage) = store.damage(&config.origin) {
        return Err(StartError::Damaged(damage));
    }
    if let Some((size, note)) = store.newest_head(&config.origin)?
        && Head::open(&note, config.roster()).is_err()
    {
        return Err(StartError::HeadVoid { size });
    }
    Ok((store, opened))
}

/// Whom the engine tells how the node is.
struct Told {
    ready: watch::Sender<bool>,
    fail: watch::Sender<Option<Failure>>,
}

/// Starts the engine with what the store holds, its clock, and a watch for every peer.
fn start_engine(
    config: &Config,
    shared: &Arc<Shared>,
    inbox: Inbox,
    told: Told,
) -> Result<JoinHandle<()>, StartError> {
    let (store, engine) = (&shared.store, &shared.engine);
    let damaged = config
        .roster()
        .origins()
        .filter_map(|origin| store.damage(origin));
    damaged.for_each(|damage| shared.damages.found(&damage));
    shared.board.announce_held(store, config.roster().origins());
    let closed = engine::closed_chains(store, config.roster(), &shared.board)?;
    let peers = peers(config, shared);
    let neighbour = |peer: &Peer| Neighbour {
        region: peer.region,
        channel: peer.channel.clone(),
    };
    shared.neighbours.are(peers.iter().map(neighbour).collect());
    let cosigning_keys = CosigningKeys::new(config.origin.clone(), &config.keys);
    let cosigned = cosigned_before(store, &cosigning_keys, &shared.heads_of_others)?;
    let replica = replica(config, store, &closed, cosigned)?;
    for (origin, status) in replica.chains() {
        let heads = status.cosigned.notes();
        shared.board.show_cosigned(origin.clone(), heads);
    }
    let parts = Parts {
        replica,
        cosigning_keys,
        heads: Arc::clone(&shared.heads_of_others),
        origin: config.origin.clone(),
        origins: config.roster().origins().cloned().collect(),
        store: Arc::clone(store),
        board: shared.board.clone(),
        news: Arc::clone(&shared.news),
        tally: Arc::clone(&shared.tally),
        damages: Arc::clone(&shared.damages),
        wrong_registers: Arc::clone(&shared.wrong_registers),
        room: Arc::clone(&shared.room),
        engine: engine.clone(),
        keys: ChainKeys::of(config),
        peers: peers.clone(),
        carrier: shared.carrier.clone(),
        runtime: Handle::current(),
        ready: told.ready,
        fail: told.fail,
        clock: config.clock,
    };
    let thread = engine::start(inbox, parts)?;
    let mender = Mender {
        shared: Arc::clone(shared),
        peers: peers.clone(),
    };
    tokio::spawn(mender.run());
    tokio::spawn(tick(engine.clone()));
    for peer in peers {
        if let Some(region) = config.roster().regions.get(&peer.region) {
            let teller = Teller {
                own: config.origin.clone(),
                listener: region.origin.clone(),
                board: shared.board.clone(),
            };
            tokio::spawn(teller.keep_telling(peer.clone(), engine.clone()));
        }
        tokio::spawn(peer.keep_watching(engine.clone()));
    }
    Ok(thread)
}

fn metrics(config: &Config, shared: &Arc<Shared>, door: &Door) -> Arc<Metrics> {
    Arc::new(Metrics {
        shared: Arc::clone(shared),
        certificates: shared.certificates,
        handshakes: Arc::clone(&door.handshakes),
        seats: Arc::clone(&door.seats),
        turned_away: Arc::clone(&door.turned_away),
        data: config.data.clone(),
        clock: config.clock,
        log_lines_lost: config.log_lines_lost,
    })
}

/// The door of the node, through which nobody has come yet.
fn door(config: &Config) -> Result<Door, TlsError> {
    let authority = &config.roster().tls_authority;
    Ok(Door {
        tls: tls::acceptor(&config.certificate_pem, &config.key_pem, authority)?,
        handshakes: Arc::default(),
        seats: Arc::default(),
        turned_away: Arc::default(),
        own: config.origin.region(),
        roster: Arc::new(config.roster().clone()),
    })
}

/// A node that signs with a key which the roster does not name would be refused by everybody else.
fn check_keys(config: &Config) -> Result<(), StartError> {
    let region = config.roster().region(&config.origin);
    for kind in KeyKind::ALL {
        let in_force = region.and_then(|region| region.public_keys(kind).pop());
        let own = config.keys.of(kind).verifying_key().to_bytes();
        if in_force != Some(own) {
            return Err(StartError::NotInRoster {
                kind,
                name: kind.name(&config.origin),
            });
        }
    }
    Ok(())
}

fn replica(
    config: &Config,
    store: &Store,
    closed: &BTreeMap<Origin, TreeSize>,
    cosigned: Vec<CheckedHead>,
) -> Result<Replica, StoreError> {
    let held = config.roster().origins().filter_map(|origin| {
        let state = store.state(origin)?;
        Some(Held {
            head: store.head(origin),
            state,
            closed_at: closed.get(origin).copied(),
        })
    });
    let known = believed::signed_before(store, config.roster(), &config.origin)?;
    let in_journal = engine::signed_in_journal(store, config.roster(), &config.origin)?;
    let in_index = store.lost_size(&config.origin)?;
    let goes_on = config.roster().continuation(&config.origin);
    let goes_on = goes_on.map_or(TreeSize(0), |goes_on| goes_on.from.size);
    let settings = yizhang_replica::Config {
        own: Some(config.origin.clone()),
        // Whatever is left that says how long the chain was, and what the roster says of it: nothing is signed below it.
        signed: known.max(in_journal).max(in_index).max(goes_on),
        cosigned,
        ..yizhang_replica::Config::default()
    };
    Ok(Replica::new(
        config.roster().clone(),
        settings,
        held.collect(),
        (config.clock)(),
    ))
}

/// The nodes of the other regions, not yet connected to.
fn peers(config: &Config, shared: &Shared) -> Vec<Peer> {
    let identity = CallerIdentity::new(&config.certificate_pem, &config.key_pem);
    let roster = config.roster();
    let mut peers = Vec::new();
    for (code, region) in &roster.regions {
        if region.origin == config.origin {
            continue;
        }
        let name = node_name(&roster.federation, *code);
        let channel = connect_lazily(&region.endpoint, &roster.tls_authority, &name, &identity);
        let channel = match channel {
            Ok(channel) => channel,
            // It is law, and cannot be used: the other peers can.
            Err(error) => {
                tracing::error!(region = %code, endpoint = region.endpoint, %error, "a node cannot be called at the address that the roster gives it");
                continue;
            }
        };
        peers.push(Peer {
            region: *code,
            channel,
            blamed: Arc::new(Notify::new()),
            room: Arc::clone(&shared.room),
            floods: Arc::clone(&shared.floods),
            heads: Arc::clone(&shared.heads_of_others),
            clock: config.clock,
            secrets: Arc::clone(&shared.peer_secrets),
            rosters: Arc::clone(&shared.rosters),
        });
    }
    peers
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
