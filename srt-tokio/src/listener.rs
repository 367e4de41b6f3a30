//! A socket that accepts connections.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::net::{ToSocketAddrs, lookup_host};
use tracing::debug;

use crate::error::{Error, ErrorCode};
use crate::options::{KeyLength, Passphrase, SrtOptions, StreamId, TransmissionMode};
use crate::reactor::{Attempt, Direction, Ready, Registration};
use crate::socket::SrtSocket;
use crate::stream::SrtStream;
use crate::sys::State;

/// Accepts connections on one UDP port.
///
/// ```no_run
/// use srt_tokio::SrtListener;
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = SrtListener::bind("0.0.0.0:9000").await?;
/// loop {
///     let (stream, peer) = listener.accept().await?;
///     tokio::spawn(async move {
///         println!("{peer} asks for {}", stream.stream_id());
///         let mut buffer = [0; 1500];
///         while stream.recv(&mut buffer).await? > 0 {}
///         stream.close().await
///     });
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct SrtListener {
    registration: Registration,
    local: SocketAddr,
    /// For the accepted streams.
    linger: Option<Duration>,
}

impl SrtListener {
    /// Listens on `address` with libsrt's default options. A name that stands for several
    /// addresses is tried address by address until one can be bound. Port 0 stands for a free one.
    ///
    /// # Errors
    ///
    /// See [`SrtSocket::bind`] and [`SrtSocket::listen`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::builder().bind(address).await
    }

    /// A listener with options of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use srt_tokio::{Passphrase, SrtListener};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::builder()
    ///     .latency(Duration::from_millis(200))
    ///     .passphrase(Passphrase::new("correct horse")?)
    ///     .backlog(256)
    ///     .bind("127.0.0.1:0")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SrtListenerBuilder {
        SrtListenerBuilder { options: SrtOptions::new(), backlog: SrtListenerBuilder::BACKLOG }
    }

    pub(crate) fn listening(
        registration: Registration,
        linger: Option<Duration>,
    ) -> Result<Self, Error> {
        let local = registration.socket().local_addr()?;
        debug!(socket = registration.socket().id(), %local, "listening");
        Ok(Self { registration, local, linger })
    }

    /// Takes the next connection, and waits for one if there is none.
    ///
    /// Any number of tasks may accept at the same time; each connection goes to one of them. A
    /// connection that the peer has closed meanwhile still gives what it has sent; one that libsrt
    /// has given up is passed over.
    ///
    /// # Errors
    ///
    /// - [`Error::Closed`] once [`close`](Self::close) was called.
    /// - [`Error::ConnectionLost`] if libsrt has given up the listener, and whatever else makes it
    ///   impossible to accept. What concerns one connection only is not an error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, no connection was taken.
    #[doc(alias = "srt_accept")]
    pub async fn accept(&self) -> io::Result<(SrtStream, SocketAddr)> {
        Ok(self.registration.io(Direction::Read, |ready| self.try_accept(ready)).await?)
    }

    /// As [`accept`](Self::accept). Only the waker of the latest call is woken.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(SrtStream, SocketAddr)>> {
        let accepted =
            ready!(self.registration.poll_io(cx, Direction::Read, |ready| self.try_accept(ready)));
        Poll::Ready(accepted.map_err(Into::into))
    }

    /// The connections as a stream. It ends once the listener is [closed](Self::close), or after an
    /// error.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self, failed: false }
    }

    /// The address that the listener is bound to.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// Stops listening. Calls to [`accept`](Self::accept) under way end with [`Error::Closed`].
    /// Accepted connections live on; those that wait to be accepted are closed by libsrt a few
    /// seconds later.
    ///
    /// Dropping the listener does the same.
    #[doc(alias = "srt_close")]
    pub fn close(&self) {
        self.registration.close();
    }

    fn try_accept(&self, ready: Ready) -> Attempt<(SrtStream, SocketAddr)> {
        let listener = self.registration.socket();
        loop {
            let accepted = listener.accept().and_then(|(socket, peer)| {
                let peer = peer.map_or_else(|| socket.peer_addr(), Ok)?;
                let stream =
                    SrtStream::new(Registration::new(socket)?, self.local, peer, self.linger)?;
                Ok((stream, peer))
            });
            match accepted {
                Ok(accepted) => return Attempt::Done(Ok(accepted)),
                // Nothing there, and nothing more will come.
                Err(Error::WouldBlock) if ready.is_error() && !self.is_listening() => {
                    return Attempt::Done(Err(Error::ConnectionLost));
                }
                // The connection broke before it was accepted. The listener is well.
                Err(Error::ConnectionLost) if self.is_listening() => {}
                Err(Error::Library { code, .. }) if is_dead(code) && self.is_listening() => {}
                Err(error) => return Attempt::from(Err(error)),
            }
        }
    }

    fn is_listening(&self) -> bool {
        self.registration.socket().state() == State::Listening
    }
}

/// Configures a listener; from [`SrtListener::builder`].
#[derive(Clone, Debug)]
pub struct SrtListenerBuilder {
    options: SrtOptions,
    backlog: u32,
}

impl SrtListenerBuilder {
    /// The default backlog.
    const BACKLOG: u32 = 128;

    crate::options::option_setters!();

    /// How many connections may wait to be accepted; 128 by default. More are rejected with
    /// [`RejectReason::Backlog`](crate::RejectReason::Backlog).
    pub fn backlog(&mut self, backlog: u32) -> &mut Self {
        self.backlog = backlog;
        self
    }

    /// Replaces all options.
    pub fn options(&mut self, options: SrtOptions) -> &mut Self {
        self.options = options;
        self
    }

    /// Starts to listen; see [`SrtListener::bind`].
    ///
    /// # Errors
    ///
    /// As [`SrtListener::bind`], and [`Error::InvalidOption`] if libsrt refuses an option.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> io::Result<SrtListener> {
        let mut last = None;
        for address in lookup_host(address).await? {
            match self.bind_to(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    fn bind_to(&self, address: SocketAddr) -> io::Result<SrtListener> {
        let socket = SrtSocket::new(&self.options)?;
        socket.bind(address)?;
        socket.listen(self.backlog)
    }
}

/// The connections of a listener, from [`SrtListener::incoming`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<'a> {
    listener: &'a SrtListener,
    failed: bool,
}

impl Stream for Incoming<'_> {
    type Item = io::Result<SrtStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let accepted = ready!(self.listener.poll_accept(cx));
        // What can be survived is not reported, so nothing better follows an error.
        self.failed = accepted.is_err();
        Poll::Ready(match accepted {
            Err(error) if Error::from_io(&error) == Some(&Error::Closed) => None,
            accepted => Some(accepted.map(|(stream, _)| stream)),
        })
    }
}

pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address")
}

/// Whether the error is of a pending connection that is no more.
fn is_dead(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::SocketClosed | ErrorCode::InvalidSocket | ErrorCode::NotConnected)
}
