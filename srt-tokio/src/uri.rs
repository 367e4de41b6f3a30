//! `srt://` URIs.
//!
//! - this file: what a URI says
//! - `dialect`: whose keys and units it is written in
//! - `host`: the name or address of a host
//! - `parse`, `build`: from text and to text
//! - `keys`: the tables of keys, one a dialect
//! - `form`: how values are written
//! - `open`: connections and listeners
//! - `error`: what can be wrong

mod build;
mod dialect;
mod error;
mod form;
mod host;
mod keys;
mod open;
mod parse;

use std::fmt;
use std::time::Duration;

use self::host::Host;
use crate::options::{SrtOptions, TransmissionMode};

pub use self::dialect::UriDialect;
pub use self::error::UriError;

/// What an `srt://` URI says: who connects to whom, and with which options.
///
/// The programs that take such URIs differ in their keys, in their units and in what a URI without
/// a mode means: `latency=200000` is 200 s to srt-live-transmit, and 200 ms to FFmpeg. Hence a
/// [`UriDialect`] is always named, and there is no `FromStr`.
///
/// ```
/// use srt_tokio::{ConnectionMode, SrtUri, UriDialect};
///
/// # fn main() -> Result<(), srt_tokio::UriError> {
/// let uri = "srt://media.example.com:9000?latency=250&streamid=live/cam1";
/// let uri = SrtUri::parse(UriDialect::LiveTransmit, uri)?;
/// assert_eq!(uri.mode(), ConnectionMode::Caller);
/// assert_eq!((uri.host(), uri.port()), (Some("media.example.com"), 9000));
///
/// let theirs = uri.to_string_in(UriDialect::FFmpeg)?;
/// assert_eq!(theirs, "srt://media.example.com:9000?latency=250000&streamid=live/cam1");
/// # Ok(())
/// # }
/// ```
///
/// Some of it is for the program to observe, and all can be set:
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{SrtUri, TransmissionMode, UriDialect};
///
/// # fn main() -> Result<(), srt_tokio::UriError> {
/// let mut uri = SrtUri::caller("media.example.com", 9000)?;
/// uri.set_local(Some("192.0.2.1"), 5000)?.set_timeout(Some(Duration::from_secs(5)));
/// uri.options_mut().payload_size(1128);
/// assert_eq!((uri.local_host(), uri.local_port()), (Some("192.0.2.1"), 5000));
/// assert_eq!(uri.timeout(), Some(Duration::from_secs(5)));
/// // How to cut up what is to be sent.
/// assert_eq!(uri.transmission_mode(), TransmissionMode::Live);
/// assert_eq!(uri.payload_size(), Some(1128));
///
/// let mut uri = SrtUri::listener(None, 9000)?;
/// uri.set_listen_timeout(Some(Duration::from_secs(60)));
/// assert_eq!(uri.listen_timeout(), Some(Duration::from_secs(60)));
/// assert_eq!(
///     uri.to_string_in(UriDialect::FFmpeg)?,
///     "srt://:9000?mode=listener&listen_timeout=60000000",
/// );
/// # Ok(())
/// # }
/// ```
///
/// [`connect`](Self::connect) and [`listen`](Self::listen) do what it says;
/// [`SrtStream::open`](crate::SrtStream::open) and [`SrtListener::open`](crate::SrtListener::open)
/// do so at once. A program can also set options of its own with [`options_mut`](Self::options_mut),
/// or make a URI from nothing with [`caller`](Self::caller), [`listener`](Self::listener) and
/// [`rendezvous`](Self::rendezvous).
///
/// A passphrase is part of what [`to_string_in`](Self::to_string_in) returns, but not of `Debug` or of any error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrtUri {
    mode: ConnectionMode,
    /// The peer, or for a listener this side.
    host: Option<Host>,
    port: u16,
    /// This side, of a caller or rendezvous. Port 0 stands for the default.
    local_host: Option<Host>,
    local_port: u16,
    options: SrtOptions,
    /// Not zero.
    timeout: Option<Duration>,
    /// Not zero.
    listen_timeout: Option<Duration>,
}

/// Who begins a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionMode {
    /// This side calls a listener.
    Caller,
    /// This side waits for callers.
    Listener,
    /// Both sides call each other.
    #[doc(alias = "SRTO_RENDEZVOUS")]
    Rendezvous,
}

impl SrtUri {
    /// A URI that calls the listener at `host`, a name or an IP address without brackets.
    ///
    /// # Errors
    ///
    /// [`UriError::InvalidHost`], and [`UriError::InvalidPort`] if the port is 0.
    pub fn caller(host: &str, port: u16) -> Result<Self, UriError> {
        Self::to_peer(ConnectionMode::Caller, host, port)
    }

    /// A URI that listens on the local address `host`, or on all of IPv4 if there is none. Port 0
    /// stands for a free one.
    ///
    /// # Errors
    ///
    /// [`UriError::InvalidHost`].
    pub fn listener(host: Option<&str>, port: u16) -> Result<Self, UriError> {
        let host = host.map(Host::new).transpose()?;
        Ok(Self::plain(ConnectionMode::Listener, host, port))
    }

    /// A URI that meets the peer at `host`, a name or an IP address without brackets.
    ///
    /// # Errors
    ///
    /// [`UriError::InvalidHost`], and [`UriError::InvalidPort`] if the port is 0.
    pub fn rendezvous(host: &str, port: u16) -> Result<Self, UriError> {
        Self::to_peer(ConnectionMode::Rendezvous, host, port)
    }

    /// Who begins the connection.
    pub fn mode(&self) -> ConnectionMode {
        self.mode
    }

    /// The peer, or for a listener the local address, where none stands for all of IPv4. An IPv6
    /// address has no brackets.
    pub fn host(&self) -> Option<&str> {
        self.host.as_ref().map(Host::as_str)
    }

    /// The peer's port, or for a listener the local one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The local address to connect from, if it is not left to the system.
    pub fn local_host(&self) -> Option<&str> {
        self.local_host.as_ref().map(Host::as_str)
    }

    /// The local port to connect from. 0 is the default: any port for a caller, and for a
    /// rendezvous the same as the peer's.
    pub fn local_port(&self) -> u16 {
        self.local_port
    }

    /// Sets where to connect from: see [`local_host`](Self::local_host) and
    /// [`local_port`](Self::local_port).
    ///
    /// # Errors
    ///
    /// - [`UriError::InvalidHost`].
    /// - [`UriError::Contradiction`] for a listener, which connects to nobody, and if the peer has an
    ///   IP address of the other family.
    pub fn set_local(&mut self, host: Option<&str>, port: u16) -> Result<&mut Self, UriError> {
        let host = host.map(Host::new).transpose()?;
        if self.mode == ConnectionMode::Listener {
            let (key, value) = match host {
                Some(host) => ("adapter", host.as_str().to_owned()),
                None => ("port", port.to_string()),
            };
            return Err(UriError::contradiction(key, Some(value), "listener mode"));
        }
        if let Some(host) = &host {
            self.check_family("adapter", host)?;
        }
        self.local_host = host;
        self.local_port = port;
        Ok(self)
    }

    /// The options of the socket.
    pub fn options(&self) -> &SrtOptions {
        &self.options
    }

    /// The options of the socket, to be changed.
    pub fn options_mut(&mut self) -> &mut SrtOptions {
        &mut self.options
    }

    /// The transmission mode among the options: how data will have to be cut up.
    pub fn transmission_mode(&self) -> TransmissionMode {
        self.options.transmission_mode.unwrap_or_default()
    }

    /// The payload size among the options, if it is set, in bytes.
    pub fn payload_size(&self) -> Option<usize> {
        self.options.payload_size
    }

    /// How long a read or write may wait; without a limit if there is none. This is for the program
    /// to observe, with `tokio::time::timeout`.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Sets [`timeout`](Self::timeout). Zero stands for no limit.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> &mut Self {
        self.timeout = timeout.filter(|timeout| !timeout.is_zero());
        self
    }

    /// How long a listener waits for a caller; without a limit if there is none. This is for the
    /// program to observe, with `tokio::time::timeout`. Only FFmpeg has it.
    pub fn listen_timeout(&self) -> Option<Duration> {
        self.listen_timeout
    }

    /// Sets [`listen_timeout`](Self::listen_timeout). Zero stands for no limit.
    pub fn set_listen_timeout(&mut self, timeout: Option<Duration>) -> &mut Self {
        self.listen_timeout = timeout.filter(|timeout| !timeout.is_zero());
        self
    }

    fn to_peer(mode: ConnectionMode, host: &str, port: u16) -> Result<Self, UriError> {
        let host = Host::new(host)?;
        if port == 0 {
            return Err(UriError::InvalidPort { port: port.to_string() });
        }
        Ok(Self::plain(mode, Some(host), port))
    }

    fn plain(mode: ConnectionMode, host: Option<Host>, port: u16) -> Self {
        Self {
            mode,
            host,
            port,
            local_host: None,
            local_port: 0,
            options: SrtOptions::new(),
            timeout: None,
            listen_timeout: None,
        }
    }

    /// Two IP addresses must be of the same family. What names stand for is seen later.
    fn check_family(&self, key: &'static str, local: &Host) -> Result<(), UriError> {
        let (Some(peer), Some(ip)) = (self.host.as_ref().and_then(Host::ip), local.ip()) else {
            return Ok(());
        };
        if peer.is_ipv4() == ip.is_ipv4() {
            return Ok(());
        }
        let value = Some(local.as_str().to_owned());
        Err(UriError::contradiction(key, value, format!("the address {peer} of the peer")))
    }
}

impl ConnectionMode {
    /// As it is written in a URI.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Listener => "listener",
            Self::Rendezvous => "rendezvous",
        }
    }
}

impl fmt::Display for ConnectionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
