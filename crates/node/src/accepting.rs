//! Connections, at most so many: whoever comes beyond that waits outside, so that callers never use up the descriptors that
//! the store needs.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_stream::Stream;
use tonic::transport::server::{Connected, TcpConnectInfo, TcpIncoming};

/// Connections at a time: every node and agency of the country with some each; half the descriptors that a process usually
/// has.
pub(crate) const CONNECTIONS_MAX: usize = 512;

/// A listener that accepts while there is room.
pub(crate) struct Accepting {
    incoming: TcpIncoming,
    room: Arc<Semaphore>,
    waiting: Option<Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Accepting {
    /// `room` has a place for each of [`CONNECTIONS_MAX`] connections.
    pub(crate) fn new(incoming: TcpIncoming, room: Arc<Semaphore>) -> Self {
        Self {
            incoming,
            room,
            waiting: None,
            permit: None,
        }
    }
}

impl Stream for Accepting {
    type Item = io::Result<Accepted>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.permit.is_none() {
            let room = Arc::clone(&self.room);
            let waiting = self
                .waiting
                .get_or_insert_with(|| Box::pin(async move { room.acquire_owned().await.ok() }));
            let permit = std::task::ready!(waiting.as_mut().poll(context));
            self.waiting = None;
            self.permit = permit;
        }
        let stream = std::task::ready!(Pin::new(&mut self.incoming).poll_next(context));
        let permit = self.permit.take();
        Poll::Ready(stream.map(|stream| {
            stream.map(|stream| Accepted {
                stream,
                _permit: permit,
            })
        }))
    }
}

/// A connection that gives its room back when it ends.
pub(crate) struct Accepted {
    stream: TcpStream,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Connected for Accepted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
