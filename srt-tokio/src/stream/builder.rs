//! What a connection is configured with before there is one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{ToSocketAddrs, lookup_host};

use super::SrtStream;
use crate::listener::no_address;
use crate::options::{KeyLength, Passphrase, SrtOptions, StreamId, TransmissionMode};
use crate::socket::SrtSocket;

/// Configures a connection; from [`SrtStream::builder`].
#[derive(Clone, Debug)]
pub struct SrtStreamBuilder {
    pub(super) options: SrtOptions,
    pub(super) local: Option<SocketAddr>,
}

impl SrtStreamBuilder {
    crate::options::option_setters!();

    /// The local address to connect from. By default a free port on whatever interface leads to
    /// the peer.
    pub fn local_addr(&mut self, address: SocketAddr) -> &mut Self {
        self.local = Some(address);
        self
    }

    /// Replaces all options.
    pub fn options(&mut self, options: SrtOptions) -> &mut Self {
        self.options = options;
        self
    }

    /// Connects to a listener; see [`SrtStream::connect`].
    ///
    /// # Errors
    ///
    /// As [`SrtStream::connect`], and [`Error::InvalidOption`](crate::Error::InvalidOption) if libsrt refuses an option.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<SrtStream> {
        let mut last = None;
        for address in lookup_host(address).await? {
            match self.socket()?.connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    /// Connects to a peer that connects at the same time; see [`SrtStream::rendezvous`]. Needs a
    /// [local address](Self::local_addr).
    ///
    /// # Errors
    ///
    /// As [`SrtStream::rendezvous`], and [`Error::InvalidOption`](crate::Error::InvalidOption) if libsrt refuses an option.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    pub async fn rendezvous(&self, remote: SocketAddr) -> io::Result<SrtStream> {
        self.socket()?.rendezvous(remote).await
    }

    fn socket(&self) -> io::Result<SrtSocket> {
        let socket = SrtSocket::new(&self.options)?;
        if let Some(local) = self.local {
            socket.bind(local)?;
        }
        Ok(socket)
    }
}
