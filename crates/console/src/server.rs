//! The server: on this machine alone, under a name that nobody can guess.

use crate::{desk::Desk, imports, node, routes, shared::Shared};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

/// What a console is told at its start.
pub struct Config {
    /// What is behind its pages.
    pub desk: Arc<dyn Desk>,
    /// Where to listen, on this machine; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder for what imports leave: receipts, faulty rows, sums of the day. Its owner alone may enter it.
    pub folder: PathBuf,
}

/// Why a console does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Others could come in, with this clerk's rights.
    #[error("{address} can be reached from other machines; a console is for its own machine alone")]
    NotHere {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The machine has no random bytes.
    #[error("the machine has no random bytes")]
    Random,
}

/// A console that listens.
pub struct Console {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Console {
    /// Listens, and makes the address of the start.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let address = config.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotHere { address });
        }
        let failed = |error| StartError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let shared = Shared::new(config.desk, config.folder, port).ok_or(StartError::Random)?;
        if let Err(error) = imports::clear_up(&shared) {
            tracing::warn!(%error, "what an earlier console has left cannot be taken away");
        }
        Ok(Self {
            listener,
            shared: Arc::new(shared),
        })
    }

    /// What the clerk opens, once.
    pub fn address(&self) -> String {
        self.shared.first_address()
    }

    /// Answers until the clerk ends it, or the future is dropped.
    pub async fn serve(self) {
        // However it ends, also where the future is dropped.
        let _cleared = ClearedUp(Arc::clone(&self.shared));
        let router = routes::router(&self.shared);
        let ended = Arc::clone(&self.shared);
        let sampled = Arc::clone(&self.shared);
        let served = axum::serve(self.listener, router);
        tokio::select! {
            // It ends with an error only where the system has no connections any more.
            _ = served.into_future() => {}
            () = ended.ended.notified() => {}
            () = node::keep_sampling(sampled) => {}
        }
    }
}

/// Takes away what imports have left, in the end.
struct ClearedUp(Arc<Shared>);

impl Drop for ClearedUp {
    fn drop(&mut self) {
        // The folder of a file that is being looked at is gone with it; what is written there afterwards has no name.
        if let Err(error) = imports::clear_up(&self.0) {
            tracing::warn!(%error, "what imports have left cannot be taken away");
        }
    }
}
