//! A socket that is not connected yet.

use std::io;
use std::net::SocketAddr;

use tracing::debug;

use crate::error::{Error, RejectReason};
use crate::listener::SrtListener;
use crate::options::SrtOptions;
use crate::reactor::{Attempt, Direction, Ready, Registration, moderation};
use crate::stream::SrtStream;
use crate::sys::{RawSocket, State, option, with_timer_slack};

/// A configured socket, to become a stream or a listener.
///
/// Most programs need [`SrtStream`] and [`SrtListener`] only. A socket of its own is useful where
/// the local address has to be known or chosen before connecting.
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{SrtOptions, SrtSocket};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = SrtSocket::new(&SrtOptions::new())?;
/// listener.bind("127.0.0.1:0".parse().unwrap())?;
/// let address = listener.local_addr()?;
/// let listener = listener.listen(16)?;
///
/// let caller = SrtSocket::new(SrtOptions::new().latency(Duration::from_millis(50)))?;
/// let stream = caller.connect(address).await?;
/// assert_eq!(stream.peer_addr()?, address);
/// # drop(listener);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SrtSocket {
    raw: RawSocket,
    options: SrtOptions,
}

impl SrtSocket {
    /// Makes a socket with the given options.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if libsrt refuses one of the options.
    #[doc(alias = "srt_create_socket")]
    pub fn new(options: &SrtOptions) -> io::Result<Self> {
        let raw = RawSocket::new()?;
        options.apply(&raw)?;
        Ok(Self { raw, options: options.clone() })
    }

    /// Binds the socket to a local address. Port 0 stands for a free one.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if the address conflicts with that of another socket of this process, or
    /// [`ErrorCode::SocketFailed`](crate::ErrorCode::SocketFailed) with that of another process.
    #[doc(alias = "srt_bind")]
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        if let SocketAddr::V6(v6) = address {
            // libsrt wants to be told whether the wildcard address includes IPv4.
            if v6.ip().is_unspecified() && !self.options.is_ipv6_only_set() {
                self.raw.set_i32(option::IPV6ONLY, 0)?;
            }
        }
        Ok(with_timer_slack(moderation().timer_slack(), || self.raw.bind(address))?)
    }

    /// The local address, once the socket is bound.
    ///
    /// # Errors
    ///
    /// Fails if the socket is not bound.
    #[doc(alias = "srt_getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.raw.local_addr()?)
    }

    /// Connects to a listener.
    ///
    /// # Errors
    ///
    /// See [`SrtStream::connect`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the socket.
    #[doc(alias = "srt_connect")]
    pub async fn connect(self, remote: SocketAddr) -> io::Result<SrtStream> {
        let registration = Registration::new(self.raw)?;
        let socket = registration.socket();
        // Binds the socket if it is not bound yet.
        with_timer_slack(moderation().timer_slack(), || socket.connect(remote))?;
        let local = socket.local_addr()?;
        let connected = registration.io(Direction::Write, |ready| connected(socket, ready)).await;
        if let Err(error) = &connected {
            debug!(socket = socket.id(), peer = %remote, %error, "connecting failed");
        }
        connected?;
        Ok(SrtStream::new(registration, local, remote, self.options.linger_time())?)
    }

    /// Connects to a peer that connects to this socket at the same time. The socket must be bound,
    /// and the peer must use its address as the remote one.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and
    /// [`ErrorCode::RendezvousUnbound`](crate::ErrorCode::RendezvousUnbound) if the socket is not
    /// bound.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the socket.
    #[doc(alias = "srt_rendezvous")]
    #[doc(alias = "SRTO_RENDEZVOUS")]
    pub async fn rendezvous(self, remote: SocketAddr) -> io::Result<SrtStream> {
        self.raw.set_bool(option::RENDEZVOUS, true)?;
        self.connect(remote).await
    }

    /// Starts to listen. `backlog` connections at most wait to be accepted; further ones are
    /// rejected with [`RejectReason::Backlog`].
    ///
    /// # Errors
    ///
    /// Fails if the socket is not bound, if the backlog is 0, or if another socket listens on the
    /// same port.
    #[doc(alias = "srt_listen")]
    pub fn listen(self, backlog: u32) -> io::Result<SrtListener> {
        let registration = Registration::new(self.raw)?;
        registration.socket().listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        Ok(SrtListener::listening(registration, self.options.linger_time())?)
    }
}

/// Looks how far a connection attempt has come.
fn connected(socket: &RawSocket, ready: Ready) -> Attempt<()> {
    match socket.state() {
        State::Connected => Attempt::Done(Ok(())),
        // An attempt that was rejected may stay in this state, and only the event tells.
        State::Init | State::Opened | State::Connecting if !ready.is_error() => Attempt::WouldBlock,
        // Collected by libsrt, with the reason.
        State::Closed | State::Gone => Attempt::Done(Err(Error::ConnectionLost)),
        _ => Attempt::Done(match socket.reject_reason() {
            RejectReason::Timeout => Err(Error::ConnectTimedOut),
            // Connected, and closed by the peer since. What it has sent is still to be had.
            RejectReason::Unknown if socket.knows_peer() => Ok(()),
            reason => Err(Error::Rejected(reason)),
        }),
    }
}
