//! The server: it takes connections, shakes hands, and hands them to the pages. Who is slow is cut off.

use crate::{
    config::{Config, StartError, Tls},
    guard::ClientAddress,
    journeys::Journeys,
    node::Node,
    provider::Provider,
    rates::{Rates, whole},
    routes,
    sessions::Sessions,
    shared::{Shared, Site},
};
use axum::{Router, extract::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tower_service::Service;

/// Connections at a time: phones keep one each for a minute.
const CONNECTIONS_MAX: usize = 8_192;
/// Connections of one address of the internet at a time: a browser takes six, a household has some browsers. Behind a proxy all come from one.
const CONNECTIONS_OF_ONE_MAX: usize = 128;
/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection lasts at most, also one that says nothing: a browser opens the next by itself.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(180);
/// How often it is asked on a connection of HTTP/2 whether anybody is there, and how long the answer may take.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Requests at a time on one connection of HTTP/2.
const STREAMS_MAX: u32 = 32;
/// Pause after the system has no descriptor for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A portal that listens.
pub struct Portal {
    listener: TcpListener,
    address: SocketAddr,
    site: String,
    tls: Option<TlsAcceptor>,
    router: Router,
    is_behind_proxy: bool,
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Callers(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One connection of an address, counted until it ends.
struct Counted {
    callers: Callers,
    address: IpAddr,
}

impl Callers {
    /// Counts a connection; none if the address has as many as it may.
    fn count(&self, from: IpAddr) -> Option<Counted> {
        let address = whole(from);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= CONNECTIONS_OF_ONE_MAX {
            return None;
        }
        *count += 1;
        Some(Counted {
            callers: self.clone(),
            address,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self
            .callers
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

impl Portal {
    /// Listens, and has everything that is needed to answer.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let Config {
            region,
            node,
            listen,
            tls,
            is_behind_proxy,
            address,
            root,
            policy,
            offices,
            example,
            sign_on,
            clock,
        } = config;
        if tls.is_none() && !is_behind_proxy && !listen.ip().is_loopback() {
            return Err(StartError::InTheClear { address: listen });
        }
        let failed = |error| StartError::Listen {
            address: listen,
            error,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let own = format!("http://localhost:{}", bound.port());
        let site = Site::read(&address.unwrap_or(own))?;
        let tls = tls.as_ref().map(acceptor).transpose()?;
        let origin = site.origin.clone();
        let shared = Arc::new(Shared {
            region,
            node: Node::new(node),
            sessions: Sessions::default(),
            journeys: Journeys::default(),
            provider: sign_on.map(Provider::new).transpose()?,
            rates: Rates::new(Instant::now()),
            site,
            is_behind_proxy,
            root,
            policy,
            offices,
            example,
            clock,
        });
        Ok(Self {
            listener,
            address: bound,
            site: origin,
            tls,
            router: routes::router(&shared),
            is_behind_proxy,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Under what address people reach it.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// Answers until the future is dropped.
    pub async fn serve(self) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let callers = Callers::default();
        loop {
            let permit = Arc::clone(&room)
                .acquire_owned()
                .await
                .expect("nobody closes the room");
            let (stream, from) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let counted = if self.is_behind_proxy {
                None
            } else {
                // Whoever has too many is hung up on.
                let Some(counted) = callers.count(from.ip()) else {
                    continue;
                };
                Some(counted)
            };
            let (tls, router) = (self.tls.clone(), self.router.clone());
            tokio::spawn(async move {
                // What goes wrong between two machines is nobody's business here: a phone goes into a tunnel.
                let served = connection(stream, from.ip(), tls, router);
                let _ = timeout(CONNECTION_TIMEOUT, served).await;
                drop(counted);
                drop(permit);
            });
        }
    }
}

async fn connection(stream: TcpStream, from: IpAddr, tls: Option<TlsAcceptor>, router: Router) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => pages(stream, from, router).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                pages(stream, from, router).await;
            }
        }
    }
}

async fn pages<S>(stream: S, from: IpAddr, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: hyper::Request<_>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ClientAddress(from));
        router.clone().call(request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(KEEPALIVE))
        .keep_alive_timeout(KEEPALIVE)
        .max_concurrent_streams(STREAMS_MAX);
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn acceptor(tls: &Tls) -> Result<TlsAcceptor, StartError> {
    let fault = |reason: String| StartError::Tls { reason };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&tls.certificate_pem).collect();
    let chain = chain.map_err(|error| fault(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_slice(&tls.key_pem).map_err(|error| fault(error.to_string()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut config = config.map_err(|error| fault(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
