//! The door: whoever connects says first who it is, in a room of its own (`handshakes`), and then has a seat (`seats`). What
//! reaches the services has shown a certificate of the federation's authority.

use crate::{
    handshakes::{Entered, Handshake, Handshakes},
    party::Party,
    seats::{Seat, Seats, Taken},
    services::{Holder, holder},
};
use std::{
    io,
    pin::Pin,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{
        mpsc,
        oneshot::{self, error::TryRecvError},
    },
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::transport::server::{Connected, TcpConnectInfo, TlsConnectInfo};
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_wire::channel::HANDSHAKE_TIMEOUT;

/// Wait after an error of accepting: descriptors are short, and come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a socket may say nothing: the first message of TLS follows at once on the connection.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// Wait after some had to give way: a crowd of strangers comes in so slowly that whoever is honest has the time to speak, and so
/// fast that four thousand, whom the system holds before the door, are past in a second or two.
const CROWD_PAUSE: Duration = Duration::from_millis(1);
/// How many give way before the next pause.
const CROWD_AT_ONCE: usize = 8;
/// Connections that are ready and not yet taken by the server, which takes each at once.
const READY_MAX: usize = 16;
/// How often idle connections are looked for: many times within the time that they may be idle.
const IDLE_LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// Connections that were turned away since the start, by reason.
#[derive(Debug, Default)]
pub(crate) struct TurnedAway {
    /// No certificate of the authority, or none in time.
    pub(crate) strangers: AtomicU64,
    /// A certificate, but no seat.
    pub(crate) full: AtomicU64,
}

/// How many were turned away, by the reason that log and metrics give.
pub(crate) type Counts = [(&'static str, u64); 2];

impl TurnedAway {
    /// So many until now.
    pub(crate) fn counts(&self) -> Counts {
        [
            ("stranger", self.strangers.load(Ordering::Relaxed)),
            ("full", self.full.load(Ordering::Relaxed)),
        ]
    }
}

/// What the door needs to know.
pub(crate) struct Door {
    pub(crate) tls: TlsAcceptor,
    pub(crate) handshakes: Arc<Handshakes>,
    pub(crate) seats: Arc<Seats>,
    pub(crate) turned_away: Arc<TurnedAway>,
    pub(crate) own: Division,
    pub(crate) roster: Arc<Roster>,
}

/// Accepts until nobody takes connections any more. Those that are ready come out of the channel.
pub(crate) fn open(listener: TcpListener, door: Door) -> mpsc::Receiver<io::Result<Accepted>> {
    let (ready, taken) = mpsc::channel(READY_MAX);
    tokio::spawn(end_idle(Arc::clone(&door.seats), ready.clone()));
    tokio::spawn(accept(listener, Arc::new(door), ready));
    taken
}

async fn end_idle(seats: Arc<Seats>, ready: mpsc::Sender<io::Result<Accepted>>) {
    let mut looks = interval(IDLE_LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            now = looks.tick() => seats.end_idle(now),
            () = ready.closed() => return,
        };
    }
}

async fn accept(listener: TcpListener, door: Arc<Door>, ready: mpsc::Sender<io::Result<Accepted>>) {
    let mut gave_way = 0_usize;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ready.closed() => return,
        };
        let Ok((stream, address)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let speaks = has_sent(&stream);
        let handshake = match door.handshakes.enter(address.ip()) {
            Entered::Free(handshake) => handshake,
            Entered::Instead(handshake) => {
                gave_way += 1;
                if gave_way.is_multiple_of(CROWD_AT_ONCE) {
                    sleep(CROWD_PAUSE).await;
                }
                handshake
            }
        };
        if speaks {
            handshake.has_spoken();
        }
        let (door, ready) = (Arc::clone(&door), ready.clone());
        tokio::spawn(async move {
            if let Some(accepted) = door.admit(stream, handshake).await {
                // Without a server the node is stopping.
                let _ = ready.send(Ok(accepted)).await;
            }
        });
    }
}

/// Whether something has come already, as it has from most callers by the time that they are looked at.
fn has_sent(stream: &TcpStream) -> bool {
    rustix::io::ioctl_fionread(stream).is_ok_and(|bytes| bytes > 0)
}

impl Door {
    /// Brings a stranger to the point where it is somebody, or turns it away.
    async fn admit(&self, stream: TcpStream, handshake: Handshake) -> Option<Accepted> {
        let shaken = tokio::select! {
            shaken = timeout(HANDSHAKE_TIMEOUT, self.shake(stream, &handshake)) => shaken.ok(),
            () = handshake.gives_way() => None,
        };
        let Some(Ok(stream)) = shaken else {
            self.turned_away.strangers.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        drop(handshake);
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates.and_then(<[_]>::first)?;
        let holder = holder(certificate, &self.roster.federation);
        let role = holder.as_ref().map(|holder| holder.role);
        let party = Party::of(certificate, role, self.own, &self.roster);
        let Ok(Taken { seat, ended }) = self.seats.take(party) else {
            self.turned_away.full.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let tls = stream.connect_info();
        Some(Accepted {
            stream,
            info: Connection { tls, seat, holder },
            end: End::Awaited(ended),
        })
    }

    async fn shake(
        &self,
        stream: TcpStream,
        handshake: &Handshake,
    ) -> io::Result<TlsStream<TcpStream>> {
        stream.set_nodelay(true)?;
        timeout(SILENCE_MAX, stream.readable()).await??;
        handshake.has_spoken();
        self.tls.accept(stream).await
    }
}

/// What is known of the connection of a call.
#[derive(Clone)]
pub(crate) struct Connection {
    /// As tonic knows it.
    pub(crate) tls: TlsConnectInfo<TcpConnectInfo>,
    pub(crate) seat: Seat,
    /// Who holds the certificate, if it names a role.
    pub(crate) holder: Option<Holder>,
}

/// A connection that has a seat, and gives it back when it ends.
pub(crate) struct Accepted {
    stream: TlsStream<TcpStream>,
    info: Connection,
    end: End,
}

/// Whether a connection has to give way to another.
enum End {
    /// Not yet: this is told, or dropped, when it has.
    Awaited(oneshot::Receiver<()>),
    /// It has.
    Come,
}

impl End {
    /// Whether it has come; if not, the task is woken when it does.
    fn poll(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if let Self::Awaited(ended) = self
            && Pin::new(ended).poll(context).is_ready()
        {
            *self = Self::Come;
        }
        self.look()
    }

    /// Whether it has come; nobody is woken. Whoever reads is: a connection that writes is read from as well.
    fn look(&mut self) -> io::Result<()> {
        if let Self::Awaited(ended) = self
            && !matches!(ended.try_recv(), Err(TryRecvError::Empty))
        {
            *self = Self::Come;
        }
        match self {
            Self::Awaited(_) => Ok(()),
            Self::Come => {
                let reason = "the seat was given to another connection";
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, reason))
            }
        }
    }
}

impl Connected for Accepted {
    type ConnectInfo = Connection;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.end.poll(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.end.look()?;
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
        self.end.look()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_has_to_give_way_does_not_go_on_however_often_it_is_asked() {
        let mut context = Context::from_waker(std::task::Waker::noop());
        for is_told in [true, false] {
            let (tell, ended) = oneshot::channel();
            let mut end = End::Awaited(ended);
            assert!(end.poll(&mut context).is_ok() && end.look().is_ok());
            if is_told {
                tell.send(()).unwrap();
            } else {
                drop(tell);
            }
            for _ in 0..3 {
                assert!(end.look().is_err());
                assert!(end.poll(&mut context).is_err());
            }
        }
    }
}
