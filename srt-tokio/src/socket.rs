//! A socket that is not connected yet.
//!
//! - this file: the socket itself
//! - `lookup`: the addresses that a name stands for
//! - `spare`: another socket for a call that failed for no reason of its own

mod lookup;
mod spare;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tracing::debug;

use crate::error::{Error, RejectReason};
use crate::firewall::{self, PortGuard};
use crate::listener::SrtListener;
use crate::options::{self, KeyMaterialState, SrtOptions};
use crate::reactor::{Attempt, Direction, Ready, Registration, moderation};
use crate::request::Admission;
use crate::stream::SrtStream;
use crate::sys::{Kept, RawSocket, State, library_version, option, with_timer_slack};

use self::spare::Spare;

pub(crate) use self::lookup::{reachable, try_each};

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
pub struct SrtSocket {
    raw: RawSocket,
    options: SrtOptions,
    port: OnceLock<PortGuard>,
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
        options.port_policy()?;
        Ok(Self { raw, options: options.clone(), port: OnceLock::new() })
    }

    /// Sets further options, those that are set in `options`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use srt_tokio::{SrtOptions, SrtSocket};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut socket = SrtSocket::new(&SrtOptions::live())?;
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// socket.set_options(SrtOptions::new().receive_latency(Duration::from_millis(300)))?;
    /// assert_eq!(socket.receive_latency()?, Duration::from_millis(300));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`SrtOptions`](SrtOptions#errors) has them: once the socket is [bound](Self::bind), options
    /// of the UDP port and of buffers fail with [`Error::WrongPhase`]. Those before the one that fails,
    /// in the order that libsrt needs, are set then.
    #[doc(alias = "srt_setsockflag")]
    #[doc(alias = "srt_setsockopt")]
    pub fn set_options(&mut self, options: &SrtOptions) -> io::Result<()> {
        if self.port.get().is_some() {
            options.check_bound()?;
        }
        let mut merged = self.options.clone();
        merged.merge(options);
        merged.port_policy()?;
        options.apply(&self.raw)?;
        self.options = merged;
        Ok(())
    }

    /// Binds the socket to a local address. Port 0 stands for a free one.
    ///
    /// # Errors
    ///
    /// - `AddrInUse` if the address conflicts with that of another socket of this process, or
    ///   [`ErrorCode::SocketFailed`](crate::ErrorCode::SocketFailed) with that of another process.
    /// - [`Error::Unsupported`] if a [firewall](SrtOptions::firewall) is required and there can be none.
    #[doc(alias = "srt_bind")]
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        if address.is_ipv6() && address.ip().is_unspecified() {
            // libsrt wants to be told whether the wildcard address includes IPv4.
            self.raw.set_i32(option::IPV6ONLY, self.options.is_ipv6_only().into())?;
        }
        let policy = self.options.port_policy()?;
        self.bind_by(|| firewall::bind(&self.raw, address, &policy))
    }

    /// Binds the socket to the port of a UDP socket that exists already, and uses that one. For
    /// UDP sockets that were made elsewhere, for example by the service manager or with options of the
    /// system that SRT knows nothing of.
    ///
    /// The UDP socket must be bound, and not connected. libsrt sets the sizes of its buffers, reads
    /// from it in a thread of its own, for which it is made to block, and closes it together with the
    /// last SRT socket on the port. It is closed too if this fails. What else there is of it, such as a
    /// [clone](std::net::UdpSocket::try_clone), must not be read from any more, or packets get lost,
    /// and keeps the port open. The [firewall](SrtOptions::firewall) puts its filter in place of one that
    /// the UDP socket may have.
    ///
    /// Whether it takes IPv4 as well is its own matter, whatever [`ipv6_only`](SrtOptions::ipv6_only)
    /// says. Other sockets of this library can be bound to the same address afterwards, and share the
    /// port.
    ///
    /// Unix only.
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use srt_tokio::{SrtOptions, SrtSocket};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let udp = UdpSocket::bind("127.0.0.1:0")?;
    /// let address = udp.local_addr()?;
    ///
    /// let socket = SrtSocket::new(&SrtOptions::new())?;
    /// socket.bind_udp(udp)?;
    /// assert_eq!(socket.local_addr()?, address);
    /// let listener = socket.listen(16)?;
    /// # drop(listener);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidOption`] if the UDP socket is not bound, or is connected.
    /// - [`ErrorCode::InvalidOperation`](crate::ErrorCode::InvalidOperation) if this one is bound
    ///   already.
    /// - [`Error::Unsupported`] if a [firewall](SrtOptions::firewall) is required and there can be none, or,
    ///   elsewhere than on Linux, if more than a thousand files are open, and its descriptor is among the
    ///   further ones: libsrt waits with `select`.
    #[doc(alias = "srt_bind_acquire")]
    #[cfg(unix)]
    #[cfg_attr(docsrs, doc(cfg(unix)))]
    pub fn bind_udp(&self, udp: std::net::UdpSocket) -> io::Result<()> {
        let refused = |reason| Err(Error::InvalidOption { option: "UDP socket", reason }.into());
        let address = udp.local_addr()?;
        if address.port() == 0 {
            return refused("it is not bound");
        }
        if udp.peer_addr().is_ok() {
            return refused("it is connected");
        }
        let udp = socket2::Socket::from(udp);
        // libsrt's thread would never rest on Linux, where it waits by receiving.
        udp.set_nonblocking(false)?;
        if address.is_ipv6() {
            self.raw.set_i32(option::IPV6ONLY, udp.only_v6()?.into())?;
        }
        self.bind_acquire(udp)
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
        // One that is not bound gets a port of its own.
        let spare = Spare::of(&self);
        if self.raw.state() == State::Init {
            self.bind(any_address(remote))?;
        }
        self.call(remote, spare).await
    }

    async fn call(self, remote: SocketAddr, mut spare: Option<Spare>) -> io::Result<SrtStream> {
        let mut socket = self;
        loop {
            socket.admit()?;
            let error = match socket.attempt(remote).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            socket = match spare.as_mut().and_then(|spare| spare.socket_after(&error)) {
                Some(socket) => socket,
                None => return Err(error.into()),
            };
        }
    }

    async fn attempt(self, remote: SocketAddr) -> Result<SrtStream, Error> {
        let registration = Registration::new(self.raw)?;
        let socket = registration.socket();
        let start = Instant::now();
        with_timer_slack(moderation().timer_slack(), || socket.connect(remote))?;
        let local = socket.local_addr()?;
        let connected = registration.io(Direction::Write, |ready| connected(socket, ready)).await;
        let connected = connected.map_err(|error| explained(error, &self.options));
        if let Err(error) = &connected {
            debug!(socket = socket.id(), peer = %remote, %error, "connecting failed");
        }
        connected?;
        let handshake = start.elapsed();
        let stream = SrtStream::new(registration, local, remote, self.options.linger_time())?;
        Ok(stream.called_for(handshake))
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
        let spare = Spare::of(&self);
        self.call(remote, spare).await
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
        SrtListener::listening(vec![self], backlog, Admission::default())
    }

    /// As [`bind_udp`](Self::bind_udp), for a UDP socket that shares its port with others.
    #[cfg(target_os = "linux")]
    pub(crate) fn bind_shard(&self, udp: socket2::Socket) -> io::Result<()> {
        // Nobody else shall come to send from it: the answers might go to another shard.
        self.raw.set_bool(option::REUSEADDR, false)?;
        self.bind_acquire(udp)
    }

    #[cfg(unix)]
    fn bind_acquire(&self, udp: socket2::Socket) -> io::Result<()> {
        let policy = self.options.port_policy()?;
        self.bind_by(|| firewall::bind_acquire(&self.raw, udp, &policy))
    }

    /// Binds, with the timer slack that libsrt's threads of the port shall have.
    fn bind_by(&self, bind: impl FnOnce() -> Result<PortGuard, Error>) -> io::Result<()> {
        let port = with_timer_slack(moderation().timer_slack(), bind)?;
        // A socket is bound once.
        let _ = self.port.set(port);
        Ok(())
    }

    /// The port, once the socket is bound.
    pub(crate) fn port_guard(&self) -> Option<PortGuard> {
        self.port.get().cloned()
    }

    /// Has the port admit what the socket's options need, which may have changed since it was bound.
    pub(crate) fn admit(&self) -> io::Result<()> {
        match self.port.get() {
            Some(port) => Ok(port.admit(&self.options.port_policy()?)?),
            None => Ok(()),
        }
    }

    /// Has the socket, and what it accepts, keep something until they are closed.
    pub(crate) fn keep(&self, kept: Kept) {
        self.raw.keep(kept);
    }

    pub(crate) fn may_have_filter(&self) -> bool {
        self.options.may_have_filter()
    }

    pub(crate) fn linger_time(&self) -> Option<Duration> {
        self.options.linger_time()
    }

    fn read_option<T>(&self, read: impl FnOnce(&RawSocket) -> Result<T, Error>) -> io::Result<T> {
        Ok(read(&self.raw)?)
    }

    pub(crate) fn into_raw(self) -> RawSocket {
        self.raw
    }

    crate::options::unconnected_getters!();
    crate::options::option_getters!();
}

/// The number of the socket is that in log lines.
impl fmt::Debug for SrtSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtSocket")
            .field("socket", &self.raw.id())
            .field("options", &self.options)
            .finish()
    }
}

/// Any address of the family, and any port.
pub(crate) fn any_address(remote: SocketAddr) -> SocketAddr {
    match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
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
            // What libsrt 1.5.1 calls any failure to agree on a key that the caller finds itself.
            RejectReason::Unsecure if has_bad_secret(socket) => {
                Err(Error::Rejected(RejectReason::BadSecret))
            }
            reason => Err(Error::Rejected(reason)),
        }),
    }
}

/// libsrt has known the reason that cipher modes differ since 1.5.2. Before, it makes no reason at all of
/// one that it does not know, and of none other that a peer gives to a caller with a passphrase.
fn explained(error: Error, options: &SrtOptions) -> Error {
    const SINCE: u32 = 0x01_05_02;

    match error {
        Error::Rejected(RejectReason::Unknown)
            if options.has_passphrase() && library_version() < SINCE =>
        {
            Error::Rejected(RejectReason::Crypto)
        }
        error => error,
    }
}

/// Whether the peer has said that its passphrase is another one.
fn has_bad_secret(socket: &RawSocket) -> bool {
    options::encryption(socket)
        .is_ok_and(|encryption| encryption.send == KeyMaterialState::BadSecret)
}
