//! Connections and listeners.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::lookup_host;

use super::{ConnectionMode, SrtUri, UriDialect, UriError};
use crate::error::Error;
use crate::listener::SrtListener;
use crate::socket::try_each;
use crate::stream::SrtStream;

impl SrtUri {
    /// Connects as a caller or in a rendezvous. If the peer's name stands for several addresses, they
    /// are tried one after the other.
    ///
    /// Of the local host's addresses, the first one of the same family as the peer's is used.
    /// [`timeout`](Self::timeout) is not applied here.
    ///
    /// # Errors
    ///
    /// - [`UriError::WrongMode`] for the URI of a listener.
    /// - [`UriError::Contradiction`] if the local host has no address of the same family as any of
    ///   the peer's.
    /// - As [`SrtStreamBuilder::connect`](crate::SrtStreamBuilder::connect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::{SrtUri, UriDialect};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut uri = SrtUri::parse(UriDialect::FFmpeg, "srt://media.example.com:9000")?;
    /// uri.options_mut().connect_timeout(Duration::from_secs(1));
    /// let stream = uri.connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(&self) -> io::Result<SrtStream> {
        let host = match (&self.host, self.mode) {
            (Some(host), ConnectionMode::Caller | ConnectionMode::Rendezvous) => host.as_str(),
            _ => return Err(UriError::WrongMode { mode: self.mode }.into()),
        };
        let locals: Vec<_> = match &self.local_host {
            Some(local) => lookup_host((local.as_str(), self.local_port)).await?.collect(),
            None => Vec::new(),
        };
        let connected =
            try_each((host, self.port), |remote| self.connect_to(&locals, remote)).await;
        connected.map_err(|error| match (Error::from_io(&error), &self.local_host) {
            (Some(Error::AddressFamily { remote, .. }), Some(local)) => {
                let value = Some(local.as_str().to_owned());
                let other = format!("the address {} of the peer", remote.ip());
                UriError::contradiction("adapter", value, other).into()
            }
            _ => error,
        })
    }

    /// Listens. [`listen_timeout`](Self::listen_timeout) is not applied here.
    ///
    /// # Errors
    ///
    /// - [`UriError::WrongMode`] for a URI that is not a listener's.
    /// - As [`SrtListenerBuilder::bind`](crate::SrtListenerBuilder::bind).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use srt_tokio::{SrtUri, UriDialect};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let uri = SrtUri::parse(UriDialect::LiveTransmit, "srt://127.0.0.1:0?mode=listener")?;
    /// let listener = uri.listen().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn listen(&self) -> io::Result<SrtListener> {
        if self.mode != ConnectionMode::Listener {
            return Err(UriError::WrongMode { mode: self.mode }.into());
        }
        let mut listener = SrtListener::builder();
        listener.options(&self.options);
        match &self.host {
            Some(host) => listener.bind((host.as_str(), self.port)).await,
            None => listener.bind((Ipv4Addr::UNSPECIFIED, self.port)).await,
        }
    }

    async fn connect_to(&self, locals: &[SocketAddr], remote: SocketAddr) -> io::Result<SrtStream> {
        let mut builder = SrtStream::builder();
        builder.options(&self.options);
        if let Some(local) = self.local_for(locals, remote)? {
            builder.local_addr(local);
        }
        match self.mode {
            ConnectionMode::Rendezvous => builder.rendezvous(remote).await,
            _ => builder.connect(remote).await,
        }
    }

    /// Where to connect from, unless it is left to the system.
    fn local_for(
        &self,
        locals: &[SocketAddr],
        remote: SocketAddr,
    ) -> Result<Option<SocketAddr>, Error> {
        let port = match (self.local_port, self.mode) {
            (0, ConnectionMode::Rendezvous) => remote.port(),
            (port, _) => port,
        };
        let Some(&first) = locals.first() else {
            let any = match remote {
                SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            };
            return Ok((port != 0).then_some(SocketAddr::new(any, port)));
        };
        let mut locals = locals.iter().copied();
        let local = locals.find(|local| local.is_ipv4() == remote.is_ipv4());
        let mut local = local.ok_or(Error::AddressFamily { local: first, remote })?;
        local.set_port(port);
        Ok(Some(local))
    }
}

impl SrtStream {
    /// Connects as an `srt://` URI says, as a caller or in a rendezvous; see [`SrtUri`].
    ///
    /// # Errors
    ///
    /// As [`SrtUri::parse`] and [`SrtUri::connect`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::{SrtStream, UriDialect};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let uri = "srt://media.example.com:9000?latency=250&streamid=live/cam1";
    /// let stream = SrtStream::open(UriDialect::LiveTransmit, uri).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(dialect: UriDialect, uri: &str) -> io::Result<Self> {
        SrtUri::parse(dialect, uri)?.connect().await
    }
}

impl SrtListener {
    /// Listens as an `srt://` URI says; see [`SrtUri`].
    ///
    /// # Errors
    ///
    /// As [`SrtUri::parse`] and [`SrtUri::listen`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::{SrtListener, UriDialect};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::open(UriDialect::LiveTransmit, "srt://:9000?latency=250").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(dialect: UriDialect, uri: &str) -> io::Result<Self> {
        SrtUri::parse(dialect, uri)?.listen().await
    }
}
