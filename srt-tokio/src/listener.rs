//! A socket that accepts connections.
//!
//! - this file: the listener itself
//! - `any`: accepting from whichever of several listeners has a connection
//! - `builder`: what it is configured with
//! - `shards`: how several UDP sockets come to one port

mod any;
mod builder;
mod shards;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::{FusedStream, Stream};
use tokio::net::ToSocketAddrs;
use tracing::debug;

use crate::error::{Error, ErrorCode};
use crate::reactor::{Attempt, Direction, Ready, Registration, Waiter};
use crate::request::{AccessPolicy, Admission, ListenerEvents};
use crate::socket::SrtSocket;
use crate::stream::SrtStream;
use crate::sys::{Callback, RawSocket, State};

pub use self::builder::SrtListenerBuilder;

/// Accepts connections on one UDP port.
///
/// Who gets in, and with which passphrase, can be [decided](SrtListenerBuilder::on_request) for each
/// connection during the handshake.
///
/// Where one UDP socket and the thread that receives from it are not enough, the port can have
/// [several](SrtListenerBuilder::shards).
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
///
/// Several listeners are served by `select!`, or by a task each:
///
/// ```no_run
/// use srt_tokio::SrtListener;
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let publishers = SrtListener::bind("0.0.0.0:9000").await?;
/// let viewers = SrtListener::bind("0.0.0.0:9001").await?;
/// loop {
///     tokio::select! {
///         publisher = publishers.accept() => println!("{} publishes", publisher?.1),
///         viewer = viewers.accept() => println!("{} views", viewer?.1),
///     }
/// }
/// # }
/// ```
///
/// # Options
///
/// A listener's options are those of the connections that it accepts, unless they are set for one of
/// them when it is [decided on](SrtListenerBuilder::on_request). They can be read, and some be set,
/// while it listens:
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{Bandwidth, SrtListener};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut builder = SrtListener::builder();
/// let listener = builder.latency(Duration::from_millis(200)).bind("127.0.0.1:0").await?;
/// assert_eq!(listener.receive_latency()?, Duration::from_millis(200));
///
/// let limit = Bandwidth::from_megabits_per_second(20);
/// listener.set_max_bandwidth(limit)?;
/// assert_eq!(listener.max_bandwidth()?, limit.into());
/// # Ok(())
/// # }
/// ```
pub struct SrtListener {
    /// At least one.
    shards: Vec<Registration>,
    /// The shard to look at first, so that a busy one does not keep the others waiting.
    first: AtomicUsize,
    local: SocketAddr,
    /// For the accepted streams.
    linger: Option<Duration>,
    admission: Arc<Admission>,
    /// Dropped after the shards that ask it.
    _callback: Callback,
}

impl SrtListener {
    /// Listens on `address` with libsrt's default options. A name that stands for several
    /// addresses is tried address by address until one can be bound. Port 0 stands for a free one.
    ///
    /// On a host with several addresses, a listener on all of them (`0.0.0.0` or `::`) answers from the
    /// one that was called if libsrt is 1.5.2 or later and built with `ENABLE_PKTINFO`, as the feature
    /// `vendored` does except on Windows and BSD. Otherwise it answers from the address that the route
    /// to the caller has, and a caller that has called another one gets no connection. Bind one listener
    /// for each address then, and accept from all with [`accept_any`](Self::accept_any).
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
        SrtListenerBuilder::new()
    }

    /// Listens with sockets that are bound to the same address, at least one, and have the same
    /// options.
    pub(crate) fn listening(
        sockets: Vec<SrtSocket>,
        backlog: u32,
        admission: Admission,
    ) -> io::Result<Self> {
        let local = sockets[0].local_addr()?;
        let linger = sockets[0].linger_time();
        let admission = Arc::new(admission);
        admission.set_may_have_filter(sockets[0].may_have_filter());
        let callback = Callback::new(admission.clone());
        let mut shards = Vec::with_capacity(sockets.len());
        for socket in sockets {
            socket.admit()?;
            let shard = Registration::new(socket.into_raw())?;
            callback.install(shard.socket())?;
            // The first one looks after all.
            admission.set_acceptor(shard.retry(Direction::Read));
            shard.socket().listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
            debug!(socket = shard.socket().id(), %local, "listening");
            shards.push(shard);
        }
        let first = AtomicUsize::new(0);
        Ok(Self { shards, first, local, linger, admission, _callback: callback })
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
    #[doc(alias = "srt_accept_bond")]
    pub async fn accept(&self) -> io::Result<(SrtStream, SocketAddr)> {
        let mut places = self.places();
        poll_fn(|cx| self.poll_accept_at(cx, &mut places)).await
    }

    /// As [`accept`](Self::accept). Only the waker of the latest call is woken.
    ///
    /// # Errors
    ///
    /// As `accept`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{future::poll_fn, io, task::Poll};
    /// use srt_tokio::{SrtListener, SrtStream};
    ///
    /// /// Accepts from whichever listener has a connection.
    /// async fn accept_any(listeners: &[SrtListener]) -> io::Result<SrtStream> {
    ///     poll_fn(|cx| {
    ///         for listener in listeners {
    ///             if let Poll::Ready((stream, _)) = listener.poll_accept(cx)? {
    ///                 return Poll::Ready(Ok(stream));
    ///             }
    ///         }
    ///         Poll::Pending
    ///     })
    ///     .await
    /// }
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(SrtStream, SocketAddr)>> {
        let accepted = self.poll_shards(|index, shard| {
            shard.poll_io(cx, Direction::Read, |ready| self.try_accept(index, ready))
        });
        accepted.map_err(Into::into)
    }

    /// The connections as a stream. It ends once the listener is [closed](Self::close), or after an
    /// error. There may be any number of them; each connection goes to one.
    ///
    /// ```no_run
    /// use futures::TryStreamExt;
    /// use srt_tokio::SrtListener;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::bind("0.0.0.0:9000").await?;
    /// listener
    ///     .incoming()
    ///     .try_for_each_concurrent(100, async |stream| {
    ///         println!("{} asks for {}", stream.peer_addr()?, stream.stream_id());
    ///         stream.close().await
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self, places: self.places(), ended: false }
    }

    /// What the listener is asked from now on, and what comes of it. Each call gives a stream of its
    /// own.
    ///
    /// ```no_run
    /// use srt_tokio::{ListenerEvent, SrtListener};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::bind("0.0.0.0:9000").await?;
    /// let mut events = listener.events();
    /// tokio::spawn(async move {
    ///     while let Some(event) = events.recv().await {
    ///         match event {
    ///             ListenerEvent::Rejected { request, reason } => {
    ///                 println!("{} was rejected: {reason}", request.peer_addr());
    ///             }
    ///             ListenerEvent::Failed(request) => {
    ///                 println!("{} did not get through", request.peer_addr());
    ///             }
    ///             _ => {}
    ///         }
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> ListenerEvents {
        self.admission.events()
    }

    /// Replaces the [`access_policy`](SrtListenerBuilder::access_policy), for requests from now on.
    /// Connections that are there stay.
    pub fn set_access_policy(&self, policy: &AccessPolicy) {
        self.admission.set_policy(policy.clone());
    }

    /// The address that the listener is bound to.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// Stops listening. Calls to [`accept`](Self::accept) under way end with [`Error::Closed`].
    /// Accepted connections live on; those that wait to be accepted are closed by libsrt a few
    /// seconds later. The streams of [`events`](Self::events) end.
    ///
    /// If a [decision](SrtListenerBuilder::on_request) is under way, this waits for it.
    ///
    /// Dropping the listener does the same.
    #[doc(alias = "srt_close")]
    pub fn close(&self) {
        for shard in &self.shards {
            shard.close();
        }
        self.admission.close();
    }

    crate::options::live_setters!(" for the connections that are accepted from now on.");

    crate::options::unconnected_getters!();
    crate::options::option_getters!();

    fn read_option<T>(&self, read: impl FnOnce(&RawSocket) -> Result<T, Error>) -> io::Result<T> {
        // All have the same options.
        let shard = &self.shards[0];
        let value = read(shard.socket());
        // libsrt answers for a while after that.
        if shard.is_closed() { Err(Error::Closed.into()) } else { Ok(value?) }
    }

    fn write_option(&self, write: impl Fn(&RawSocket) -> Result<(), Error>) -> io::Result<()> {
        for shard in &self.shards {
            write(shard.socket()).map_err(|error| match error {
                _ if shard.is_closed() => Error::Closed,
                error => error,
            })?;
        }
        Ok(())
    }

    /// Places to wait for connections, for one task among any number.
    fn places(&self) -> Places<'_> {
        let others = self.shards[1..].iter().map(|shard| shard.waiter(Direction::Read));
        Places { first: self.shards[0].waiter(Direction::Read), others: others.collect() }
    }

    fn poll_accept_at(
        &self,
        cx: &mut Context<'_>,
        places: &mut Places<'_>,
    ) -> Poll<io::Result<(SrtStream, SocketAddr)>> {
        let accepted = self.poll_shards(|index, shard| {
            let accept = |ready| self.try_accept(index, ready);
            shard.poll_at(cx, Direction::Read, places.of(index), accept)
        });
        accepted.map_err(Into::into)
    }

    /// Polls one shard after the other until one has a connection or an error. All that are pending
    /// have the task's waker then.
    fn poll_shards(
        &self,
        mut poll: impl FnMut(usize, &Registration) -> Poll<Result<(SrtStream, SocketAddr), Error>>,
    ) -> Poll<Result<(SrtStream, SocketAddr), Error>> {
        let count = self.shards.len();
        let first = self.first.load(Ordering::Relaxed);
        for index in (first..count).chain(0..first) {
            let accepted = poll(index, &self.shards[index]);
            if accepted.is_ready() {
                self.first.store((index + 1) % count, Ordering::Relaxed);
                return accepted;
            }
        }
        Poll::Pending
    }

    fn try_accept(&self, shard: usize, ready: Ready) -> Attempt<(SrtStream, SocketAddr)> {
        let listener = self.shards[shard].socket();
        let is_listening = || listener.state() == State::Listening;
        loop {
            let accepted = listener.accept().and_then(|(socket, peer)| {
                let accepting = self.admission.take(&socket);
                let peer = peer.map_or_else(|| socket.peer_addr(), Ok)?;
                let stream =
                    SrtStream::new(Registration::new(socket)?, self.local, peer, self.linger)?;
                accepting.done();
                Ok((stream.on_shard(shard), peer))
            });
            if matches!(accepted, Err(Error::WouldBlock)) {
                self.admission.settle();
            }
            match accepted {
                Ok(accepted) => return Attempt::Done(Ok(accepted)),
                // Nothing there, and nothing more will come.
                Err(Error::WouldBlock) if ready.is_error() && !is_listening() => {
                    return Attempt::Done(Err(Error::ConnectionLost));
                }
                // The connection broke before it was accepted. The listener is well.
                Err(Error::ConnectionLost) if is_listening() => {}
                Err(Error::Library { code, .. }) if is_dead(code) && is_listening() => {}
                Err(error) => return Attempt::from(Err(error)),
            }
        }
    }
}

/// The numbers of the sockets are those in log lines.
impl fmt::Debug for SrtListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets: Vec<_> = self.shards.iter().map(|shard| shard.socket().id()).collect();
        f.debug_struct("SrtListener")
            .field("sockets", &sockets)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

/// The connections of a listener, from [`SrtListener::incoming`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<'a> {
    listener: &'a SrtListener,
    places: Places<'a>,
    ended: bool,
}

impl Stream for Incoming<'_> {
    type Item = io::Result<SrtStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let accepted = ready!(self.listener.poll_accept_at(cx, &mut self.places));
        // What can be survived is not reported, so nothing better follows an error.
        self.ended = accepted.is_err();
        Poll::Ready(match accepted {
            Err(error) if Error::from_io(&error) == Some(&Error::Closed) => None,
            accepted => Some(accepted.map(|(stream, _)| stream)),
        })
    }
}

impl FusedStream for Incoming<'_> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

/// A place to wait at each shard of a listener.
#[derive(Debug)]
struct Places<'a> {
    first: Waiter<'a>,
    /// Takes no memory if there are none.
    others: Vec<Waiter<'a>>,
}

impl<'a> Places<'a> {
    fn of(&mut self, shard: usize) -> &mut Waiter<'a> {
        match shard {
            0 => &mut self.first,
            shard => &mut self.others[shard - 1],
        }
    }
}

/// Whether the error is of a pending connection that is no more.
fn is_dead(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::SocketClosed | ErrorCode::InvalidSocket | ErrorCode::NotConnected)
}
