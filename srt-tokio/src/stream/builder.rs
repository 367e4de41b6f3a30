//! What a connection is configured with before there is one.

use std::io;
use std::net::SocketAddr;

use tokio::net::ToSocketAddrs;

use super::{SrtStream, shared_port};
use crate::error::Error;
use crate::options::SrtOptions;
use crate::socket::{SrtSocket, reachable, try_each};

/// Configures a connection; from [`SrtStream::builder`].
///
/// Setters take and return `&mut Self`: chain them up to [`connect`](Self::connect), or keep the
/// builder, which can connect any number of times:
///
/// ```no_run
/// use std::time::Duration;
/// use srt_tokio::SrtStream;
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut builder = SrtStream::builder();
/// builder.latency(Duration::from_millis(250)).connect_timeout(Duration::from_secs(1));
/// let main = builder.connect("192.0.2.7:9000").await?;
/// let spare = builder.connect("192.0.2.8:9000").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SrtStreamBuilder {
    pub(super) options: SrtOptions,
    pub(super) local: Option<SocketAddr>,
    pub(super) share_port: bool,
}

impl SrtStreamBuilder {
    /// The local address to connect from. By default a free port on whatever interface leads to
    /// the peer. It limits which addresses can be reached to those of its family, or to both if it
    /// is the unspecified one of IPv6 and not [`ipv6_only`](Self::ipv6_only).
    #[doc(alias = "srt_connect_bind")]
    pub fn local_addr(&mut self, address: SocketAddr) -> &mut Self {
        self.local = Some(address);
        self
    }

    /// Lets the call use a UDP port together with others that are made with this setting. By default
    /// it has a port of its own.
    ///
    /// libsrt has two threads for each port, so that many calls cost less on common ones. The process
    /// keeps as many as it takes: a port is used for 64 calls at most and never twice for calls to
    /// one address, so that no peer can take one call for another, and only for calls from the same
    /// [`local_addr`](Self::local_addr), if any, and with the same options of the port, which
    /// [`SrtEndpoint::connect_with`](crate::SrtEndpoint::connect_with) names. To have many calls to
    /// one address on one port, or to know the port, use an [`SrtEndpoint`](crate::SrtEndpoint).
    ///
    /// It is off by default because a port of its own is what sets a call apart: for the rules of a
    /// firewall, in captures of packets, for the receive buffer of the system and for the threads
    /// that one busy connection otherwise takes from others.
    ///
    /// Concerns [`connect`](Self::connect) only, and only where the local address has no port.
    ///
    /// ```no_run
    /// use srt_tokio::SrtStream;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut builder = SrtStream::builder();
    /// builder.share_port(true);
    /// for camera in 1..=50 {
    ///     let stream = builder.connect(format!("cam{camera}.example.com:9000")).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn share_port(&mut self, share: bool) -> &mut Self {
        self.share_port = share;
        self
    }

    /// Sets the options that are set in `options`, and leaves the others.
    pub fn options(&mut self, options: &SrtOptions) -> &mut Self {
        self.options.merge(options);
        self
    }

    /// Connects to a listener; see [`SrtStream::connect`].
    ///
    /// # Errors
    ///
    /// As [`SrtStream::connect`], and
    ///
    /// - [`Error::InvalidOption`] if libsrt refuses an option.
    /// - [`Error::AddressFamily`] if none of the addresses can be
    ///   reached from the [local one](Self::local_addr).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<SrtStream> {
        try_each(address, |remote| self.call(remote)).await
    }

    /// Connects to a peer that connects at the same time; see [`SrtStream::rendezvous`]. Needs a
    /// [local address](Self::local_addr).
    ///
    /// # Errors
    ///
    /// As [`SrtStream::rendezvous`], and
    ///
    /// - [`Error::InvalidOption`] if libsrt refuses an option.
    /// - [`Error::AddressFamily`] if the peer cannot be reached from the
    ///   local address.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    pub async fn rendezvous(&self, remote: SocketAddr) -> io::Result<SrtStream> {
        let remote = self.reachable(remote)?;
        self.socket()?.rendezvous(remote).await
    }

    async fn call(&self, remote: SocketAddr) -> io::Result<SrtStream> {
        let remote = self.reachable(remote)?;
        self.caller(remote)?.connect(remote).await
    }

    /// The remote address as the local one can call it.
    fn reachable(&self, remote: SocketAddr) -> Result<SocketAddr, Error> {
        match self.local {
            Some(local) => reachable(local, self.options.is_ipv6_only(), remote),
            None => Ok(remote),
        }
    }

    fn caller(&self, remote: SocketAddr) -> io::Result<SrtSocket> {
        if !self.share_port || self.local.is_some_and(|local| local.port() > 0) {
            return self.socket();
        }
        let socket = SrtSocket::new(&self.options)?;
        let port = shared_port::port_for(remote, self.local, &self.options)?;
        socket.bind(port.address())?;
        socket.keep(port);
        Ok(socket)
    }

    fn socket(&self) -> io::Result<SrtSocket> {
        let socket = SrtSocket::new(&self.options)?;
        if let Some(local) = self.local {
            socket.bind(local)?;
        }
        Ok(socket)
    }

    crate::options::option_setters!();
}
