//! A connection.
//!
//! - this file: the stream itself
//! - `batch`: receiving many messages at once
//! - `builder`: what it is configured with before
//! - `close`: how this side ends it
//! - `close_reason`: how it has ended
//! - `limits`: how large messages can be
//! - `leftover`: what a receive has left of a message
//! - `options`: setting and reading options
//! - `message`: messages with what goes with them
//! - `messages`: messages as a `Stream` and a `Sink`
//! - `vectored`: sending what lies in several pieces
//! - `shared_port`: UDP ports for calls that need none of their own

mod builder;
mod leftover;
mod limits;
mod shared_port;

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::ToSocketAddrs;
use tracing::{debug, warn};

use self::batch::Slab;
use self::leftover::{Fit, Leftover};
use self::limits::Limits;
use crate::error::{Error, ErrorCode};
use crate::group::{Roster, SrtGroup};
use crate::options::{Encryption, SrtOptions, StreamId, TransmissionMode, encryption, getters};
use crate::reactor::{Attempt, Direction, Ready, Registration};
use crate::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::stats::Stats;
use crate::sys::{Moved, Receipt, Sending, option};

pub use self::builder::SrtStreamBuilder;
pub use self::close_reason::CloseReason;
pub use self::messages::Messages;

/// How much later than its latency a packet may become playable: the clocks of two machines drift,
/// and the first round trip may have been a slow one.
const TAIL_MARGIN: Duration = Duration::from_millis(200);

/// A connection to a peer.
///
/// All methods take `&self`, so an `Arc<SrtStream>` is all that it takes to use a stream from
/// several tasks, in both directions at once.
///
/// Dropping a stream closes the connection without waiting for anything to be sent. In live mode,
/// what is not sent by then is lost; see [`close`](Self::close). In the file modes it is still sent,
/// in the background, for as long as [`linger`](SrtOptions::linger) says.
///
/// # Options
///
/// Most options can be read from a stream, and some can be set while it is connected:
///
/// ```no_run
/// use std::{io, time::Duration};
/// use srt_tokio::{Bandwidth, MaxBandwidth, SrtStream};
///
/// /// Adapts to what the encoder sends from now on.
/// fn bitrate_changed(stream: &SrtStream, bitrate: Bandwidth) -> io::Result<()> {
///     stream.set_max_bandwidth(MaxBandwidth::FollowInput)?;
///     stream.set_input_bandwidth(bitrate)?;
///     stream.set_overhead_bandwidth(if stream.stats()?.packets_retransmitted > 0 { 50 } else { 25 })
/// }
///
/// /// Lets go of what would come late, and of what keeps the measured bandwidth up in a pause.
/// fn standby(stream: &SrtStream) -> io::Result<()> {
///     stream.set_send_drop_delay(Duration::ZERO)?;
///     stream.set_min_input_bandwidth(Bandwidth::ZERO)?;
///     stream.set_max_retransmit_bandwidth(Bandwidth::from_megabits_per_second(1))
/// }
///
/// /// For paths that have turned out to reorder packets, or whose delay keeps changing.
/// fn tolerate(stream: &SrtStream) -> io::Result<()> {
///     stream.set_max_reorder_tolerance((2 * stream.max_reorder_tolerance()?).max(10))?;
///     stream.set_drift_tracer(false)
/// }
/// ```
///
/// The others are settled when it connects, and have no setter here:
///
/// ```compile_fail,E0599
/// use std::{io, time::Duration};
/// use srt_tokio::SrtStream;
///
/// fn too_late(stream: &SrtStream) -> io::Result<()> {
///     stream.set_latency(Duration::from_millis(200))
/// }
/// ```
pub struct SrtStream {
    registration: Registration,
    local: SocketAddr,
    peer: SocketAddr,
    shard: Option<usize>,
    stream_id: StreamId,
    latency: Duration,
    linger: Mutex<Option<Duration>>,
    peer_idle_timeout: Duration,
    mode: TransmissionMode,
    limits: Limits,
    slab: Mutex<Slab>,
    leftover: Mutex<Leftover>,
    /// The length of the leftover, to spare a look under the lock.
    leftover_len: AtomicUsize,
    /// Whether anything was sent since the send buffer was last seen empty.
    sent: AtomicBool,
    /// Held while `sent` is taken back for a look at the send buffer.
    flushing: Mutex<()>,
    /// When the end was first seen while packets still waited for their time.
    ended_at: OnceLock<Instant>,
    /// The members, if this is a group.
    roster: Option<Box<Roster>>,
}

impl SrtStream {
    /// Connects to a listener, with libsrt's default options. A name that stands for several
    /// addresses is tried address by address.
    ///
    /// The connection has a UDP port of its own, and libsrt two threads for it. Where there are many,
    /// an [`SrtEndpoint`](crate::SrtEndpoint) saves that.
    ///
    /// # Errors
    ///
    /// - [`Error::Rejected`] if the peer refuses, with the reason.
    /// - [`Error::ConnectTimedOut`] if it does not answer within 3 s, or what is set with
    ///   [`connect_timeout`](SrtStreamBuilder::connect_timeout).
    /// - What name resolution fails with.
    ///
    /// Of several addresses that a name stands for, each is tried. If all fail it is the error of the
    /// last one, but a rejection rather than anything else.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::SrtStream;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = SrtStream::connect("media.example.com:9000").await?;
    /// stream.send(&[0x47; 1316]).await?;
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_connect")]
    #[doc(alias = "srt_connect_callback")]
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::builder().connect(address).await
    }

    /// Connects to a peer that connects to this address at the same time, with libsrt's default
    /// options. For two peers behind firewalls that let replies through.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); the timeout is ten times as long. If the passphrases differ,
    /// the side that notices fails with [`BadSecret`](crate::RejectReason::BadSecret) at once, but
    /// libsrt does not tell the other, which fails when its time is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    #[doc(alias = "srt_rendezvous")]
    pub async fn rendezvous(local: SocketAddr, remote: SocketAddr) -> io::Result<Self> {
        Self::builder().local_addr(local).rendezvous(remote).await
    }

    /// A stream with options of its own.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::{SrtStream, StreamId};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = SrtStream::builder()
    ///     .latency(Duration::from_millis(250))
    ///     .stream_id(StreamId::new("live/cam1")?)
    ///     .connect("media.example.com:9000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SrtStreamBuilder {
        SrtStreamBuilder { options: SrtOptions::new(), local: None, share_port: false }
    }

    /// Makes a stream of a connected socket. `local` is its local address as far as it was known
    /// before.
    pub(crate) fn new(
        registration: Registration,
        local: SocketAddr,
        peer: SocketAddr,
        linger: Option<Duration>,
    ) -> Result<Self, Error> {
        let is_group = registration.socket().is_group();
        let roster = is_group.then(|| Box::new(Roster::accepted(&registration)));
        Self::with_roster(registration, local, peer, linger, roster)
    }

    /// Makes a stream of a connected group, whose addresses are those of one of its members.
    pub(crate) fn of_group(
        registration: Registration,
        local: SocketAddr,
        peer: SocketAddr,
        linger: Option<Duration>,
        roster: Roster,
    ) -> Result<Self, Error> {
        Self::with_roster(registration, local, peer, linger, Some(Box::new(roster)))
    }

    fn with_roster(
        registration: Registration,
        local: SocketAddr,
        peer: SocketAddr,
        linger: Option<Duration>,
        roster: Option<Box<Roster>>,
    ) -> Result<Self, Error> {
        // Of a group, some members may not have agreed on anything with the peer yet.
        let member = roster.as_ref().and_then(|_| registration.socket().connected_member());
        let socket = member.as_deref().unwrap_or_else(|| registration.socket());
        // Only now is the interface known; unless the connection has been closed by the peer since.
        let local = socket.local_addr().unwrap_or(local);
        let mode = getters::transmission_mode(socket)?;
        let millis =
            |option| Ok::<_, Error>(Duration::from_millis(socket.get_i32(option)?.max(0) as u64));
        let latency = millis(option::RCVLATENCY)?;
        let peer_idle_timeout = millis(option::PEERIDLETIMEO)?;
        let stream_id = getters::stream_id(socket)?;
        let limits = Limits::of(socket, mode)?;
        registration.wake_senders_at(limits.low_water);
        debug!(socket = socket.id(), %local, %peer, ?mode, "connected");
        if let Some(state) = encryption(socket).ok().and_then(Encryption::undecryptable) {
            warn!(socket = socket.id(), %peer, %state, "what the peer sends cannot be decrypted");
            registration.socket().deafen();
        }
        registration.watch();
        Ok(Self {
            registration,
            local,
            peer,
            shard: None,
            stream_id,
            latency,
            linger: Mutex::new(linger),
            peer_idle_timeout,
            mode,
            limits,
            slab: Mutex::default(),
            leftover: Mutex::default(),
            leftover_len: AtomicUsize::new(0),
            sent: AtomicBool::new(false),
            flushing: Mutex::default(),
            ended_at: OnceLock::new(),
            roster,
        })
    }

    /// Receives one message, or in [`FileStream`](TransmissionMode::FileStream) mode as many bytes
    /// as there are, and returns its length. 0 is the end: the peer has closed the connection, or in
    /// live mode is gone, and everything playable has been received.
    ///
    /// A buffer of 1456 bytes takes any live message straight from libsrt; a smaller one costs a
    /// copy.
    ///
    /// # Errors
    ///
    /// - [`Error::BufferTooSmall`] if the message does not fit. It is kept for the next call.
    /// - [`Error::ConnectionLost`] in the file modes. Where messages are used, libsrt does not tell
    ///   a regular end from a loss, so both are reported as this error. In `FileStream` mode it does
    ///   until it gives up the connection, at least once a second and in 1.5.5 whenever another
    ///   socket is closed; an end just before that may be reported as a loss.
    /// - [`Error::Closed`] once this side has closed the stream.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was received.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let mut buffer = [0; 1456];
    /// loop {
    ///     let received = stream.recv(&mut buffer).await?;
    ///     if received == 0 {
    ///         break;
    ///     }
    ///     println!("{received} bytes");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_recv")]
    #[doc(alias = "srt_recvmsg")]
    #[doc(alias = "srt_recvmsg2")]
    #[doc(alias = "SRTO_RCVTIMEO")]
    pub async fn recv(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        self.recv_buf(&mut buffer).await
    }

    /// As [`recv`](Self::recv), appending to `buffer`, which grows if it can and has to.
    ///
    /// # Errors
    ///
    /// As `recv`; [`Error::BufferTooSmall`] only if the buffer cannot grow.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was received.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use bytes::BytesMut;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let mut file = tokio::fs::File::create("recording.ts").await?;
    /// // Records with one write for all that there is.
    /// let mut buffer = BytesMut::new();
    /// while stream.recv_buf(&mut buffer).await? > 0 {
    ///     while stream.try_recv_buf(&mut buffer).is_ok_and(|received| received > 0) {}
    ///     file.write_all(&buffer).await?;
    ///     buffer.clear();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        let receive = |ready| self.receive(ready, buffer, Fit::Whole);
        Ok(self.registration.io(Direction::Read, receive).await?)
    }

    /// As [`recv`](Self::recv), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv`, and `WouldBlock` if there is nothing to receive.
    pub fn try_recv(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv_buf(&mut buffer)
    }

    /// As [`recv_buf`](Self::recv_buf), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv_buf`, and `WouldBlock` if there is nothing to receive.
    pub fn try_recv_buf(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        let receive = |ready| self.receive(ready, buffer, Fit::Whole);
        Ok(self.registration.try_io(Direction::Read, receive)?)
    }

    /// As [`recv`](Self::recv), for use in hand-written futures. Only the waker of the latest call
    /// of a receiving `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, task::{Context, Poll, ready}};
    /// use srt_tokio::SrtStream;
    /// use tokio::io::ReadBuf;
    ///
    /// /// Sends back the messages that it receives.
    /// struct Echo {
    ///     stream: SrtStream,
    ///     buffer: [u8; 1456],
    ///     /// The length of a message in the buffer that is still to be sent.
    ///     held: usize,
    /// }
    ///
    /// impl Echo {
    ///     fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    ///         loop {
    ///             if self.held > 0 {
    ///                 ready!(self.stream.poll_send(cx, &self.buffer[..self.held]))?;
    ///                 self.held = 0;
    ///             }
    ///             let mut buffer = ReadBuf::new(&mut self.buffer);
    ///             self.held = ready!(self.stream.poll_recv(cx, &mut buffer))?;
    ///             if self.held == 0 {
    ///                 return Poll::Ready(Ok(()));
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.poll_receive(cx, buffer, Fit::Whole)
    }

    /// Waits until a receive is worth trying. It may still find nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once this side has closed the stream. Whatever else is wrong, the receive
    /// tells.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a receive has taken what there is.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::io::ErrorKind;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let mut buffer = [0; 1456];
    /// loop {
    ///     stream.readable().await?;
    ///     match stream.try_recv(&mut buffer) {
    ///         Ok(0) => break,
    ///         Ok(received) => println!("{received} bytes"),
    ///         Err(error) if error.kind() == ErrorKind::WouldBlock => {}
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_epoll_add_usock")]
    #[doc(alias = "srt_epoll_uwait")]
    #[doc(alias = "srt_epoll_wait")]
    #[doc(alias = "SRT_EPOLL_IN")]
    pub async fn readable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Read).await?)
    }

    /// As [`readable`](Self::readable). Only the waker of the latest call of a receiving `poll_*`
    /// method is woken.
    ///
    /// # Errors
    ///
    /// As `readable`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{future::poll_fn, io, task::Poll};
    /// use srt_tokio::SrtStream;
    ///
    /// /// Waits for a stream on which a receive is worth trying.
    /// async fn any_readable(streams: &[SrtStream]) -> io::Result<&SrtStream> {
    ///     poll_fn(|cx| {
    ///         for stream in streams {
    ///             if stream.poll_recv_ready(cx)?.is_ready() {
    ///                 return Poll::Ready(Ok(stream));
    ///             }
    ///         }
    ///         Poll::Pending
    ///     })
    ///     .await
    /// }
    /// ```
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_ready(cx, Direction::Read).map_err(Into::into)
    }

    /// Sends one message, or in [`FileStream`](TransmissionMode::FileStream) mode as many bytes as
    /// there is room for, and returns how many. Waits while the send buffer is full. In the file modes,
    /// if it holds 3 MiB or more, that is until a 32nd of it is free again, 256 KiB at most, or some
    /// 10 ms have passed.
    ///
    /// When it returns, libsrt has the data, but the peer may not: see [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// - [`Error::MessageTooLarge`] if the message is larger than the
    ///   [payload size](SrtOptions::payload_size) in live mode, or than the send buffer.
    /// - [`Error::EmptyMessage`] if it is empty, except in `FileStream` mode.
    /// - [`Error::ConnectionLost`] if the connection is broken, or closed by the peer.
    /// - [`Error::Closed`] once this side has closed the stream.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was sent.
    #[doc(alias = "srt_send")]
    #[doc(alias = "srt_sendmsg2")]
    #[doc(alias = "SRTO_SNDTIMEO")]
    pub async fn send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        Ok(self.registration.io(Direction::Write, transmit).await?)
    }

    /// As [`send`](Self::send), without waiting.
    ///
    /// # Errors
    ///
    /// As `send`, and `WouldBlock` if there is no room.
    pub fn try_send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        Ok(self.registration.try_io(Direction::Write, transmit)?)
    }

    /// As [`send`](Self::send), for use in hand-written futures. Only the waker of the latest call
    /// of a sending `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `send`.
    pub fn poll_send(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check_message(data.len()) {
            return Poll::Ready(Err(error.into()));
        }
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        self.registration.poll_io(cx, Direction::Write, transmit).map_err(Into::into)
    }

    /// Waits until a send is worth trying. It may still find no room.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once this side has closed the stream. Whatever else is wrong, the send tells.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a send finds no room.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::io::ErrorKind;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let capture = || [0x47; 1316];
    /// loop {
    ///     stream.writable().await?;
    ///     // What is sent is the latest at the time when there is room for it.
    ///     match stream.try_send(&capture()) {
    ///         Ok(_) => {}
    ///         Err(error) if error.kind() == ErrorKind::WouldBlock => {}
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # }
    /// ```
    #[doc(alias = "srt_epoll_add_usock")]
    #[doc(alias = "srt_epoll_uwait")]
    #[doc(alias = "srt_epoll_wait")]
    #[doc(alias = "SRT_EPOLL_OUT")]
    pub async fn writable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Write).await?)
    }

    /// As [`writable`](Self::writable). Only the waker of the latest call of a sending `poll_*`
    /// method is woken.
    ///
    /// # Errors
    ///
    /// As `writable`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, task::{Context, Poll, ready}};
    /// use srt_tokio::SrtStream;
    ///
    /// /// Sends what is the latest at the time when there is room for it.
    /// fn poll_send_latest(
    ///     stream: &SrtStream,
    ///     capture: impl Fn() -> [u8; 1316],
    ///     cx: &mut Context<'_>,
    /// ) -> Poll<io::Result<()>> {
    ///     loop {
    ///         ready!(stream.poll_send_ready(cx))?;
    ///         if stream.poll_send(cx, &capture())?.is_ready() {
    ///             return Poll::Ready(Ok(()));
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_ready(cx, Direction::Write).map_err(Into::into)
    }

    /// The local address.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    #[doc(alias = "srt_getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// The peer's address.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    #[doc(alias = "srt_getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }

    /// Which of the listener's [shards](crate::SrtListenerBuilder::shards) has accepted the stream,
    /// from 0; it is 0 if the listener has one only. `None` if this side has connected.
    ///
    /// libsrt's threads of the first shard serve the streams of shard 0, and so on, so a program that
    /// has [pinned](crate::SrtListenerBuilder::pin_shards) them learns here where the packets of a
    /// stream come from.
    ///
    /// ```
    /// use srt_tokio::{SrtListener, SrtStream};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::bind("127.0.0.1:0").await?;
    /// let caller = SrtStream::connect(listener.local_addr()?).await?;
    /// let (accepted, _) = listener.accept().await?;
    /// assert_eq!(accepted.shard(), Some(0));
    /// assert_eq!(caller.shard(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shard(&self) -> Option<usize> {
        self.shard
    }

    /// What the caller has asked for, on both sides of the connection. Empty if it has not.
    #[doc(alias = "SRTO_STREAMID")]
    pub fn stream_id(&self) -> &StreamId {
        &self.stream_id
    }

    /// The latency of the receiving direction, as negotiated: that of
    /// [`receive_latency`](Self::receive_latency), also when the connection is gone.
    #[doc(alias = "SRTO_RCVLATENCY")]
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// How the connection cuts up and times data.
    ///
    /// ```no_run
    /// use srt_tokio::{SrtStream, TransmissionMode};
    /// use tokio::io::AsyncWrite;
    ///
    /// async fn save(mut stream: SrtStream, mut file: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    ///     if stream.transmission_mode() == TransmissionMode::FileStream {
    ///         tokio::io::copy(&mut stream, &mut file).await?;
    ///         return Ok(());
    ///     }
    ///     let mut message = vec![0; stream.max_received_size()];
    ///     loop {
    ///         match stream.recv(&mut message).await? {
    ///             0 => return Ok(()),
    ///             len => println!("a message of {len} bytes"),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn transmission_mode(&self) -> TransmissionMode {
        self.mode
    }

    /// The greatest message that can be received, in bytes. A buffer of this size spares
    /// [`recv`](Self::recv) a copy.
    #[doc(alias = "SRTO_MSS")]
    pub fn max_received_size(&self) -> usize {
        self.limits.receive
    }

    /// The greatest message that can be sent, in bytes.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let data = [0x47; 188 * 100];
    /// // Whole packets of MPEG-TS, as many as fit.
    /// for message in data.chunks(stream.max_message_size() / 188 * 188) {
    ///     stream.send(message).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_PAYLOADSIZE")]
    pub fn max_message_size(&self) -> usize {
        self.limits.send
    }

    /// Takes a snapshot of the statistics.
    ///
    /// After the end of the connection it is the last one that was taken: if this side has closed
    /// it, just before that; if the peer has, or it broke, about a second before the end at most, as
    /// libsrt then gives no new ones. Three seconds it may be if nothing had come or gone before them.
    /// [`close_reason`](Self::close_reason) tells whether the connection stands.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because what asks a library may fail in the future.
    #[doc(alias = "srt_bistats")]
    #[doc(alias = "srt_bstats")]
    pub fn stats(&self) -> io::Result<Stats> {
        Ok(self.registration.stats()?)
    }

    /// The group of connections that this stream consists of. `None` if it is a single one.
    #[doc(alias = "srt_groupof")]
    pub fn group(&self) -> Option<SrtGroup<'_>> {
        self.roster.as_ref().map(|roster| SrtGroup::new(&self.registration, roster))
    }

    /// Splits the stream into halves that borrow it.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let mut stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let (mut reader, mut writer) = stream.split();
    /// let (mut stdin, mut stdout) = (tokio::io::stdin(), tokio::io::stdout());
    /// tokio::try_join!(
    ///     tokio::io::copy(&mut reader, &mut stdout),
    ///     tokio::io::copy(&mut stdin, &mut writer),
    /// )?;
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        split::borrowed(self)
    }

    /// Splits the stream into halves that can go to different tasks.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let (reader, writer) = stream.into_split();
    /// let answer = tokio::spawn(async move {
    ///     let mut buffer = [0; 1456];
    ///     let received = reader.recv(&mut buffer).await;
    ///     (reader, received)
    /// });
    /// writer.send(b"question").await?;
    ///
    /// let (reader, received) = answer.await?;
    /// println!("{} bytes", received?);
    /// // The two are of one stream.
    /// let stream = reader.reunite(writer).unwrap();
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::owned(self)
    }

    /// As taken by that shard of a listener.
    pub(crate) fn on_shard(mut self, shard: usize) -> Self {
        self.shard = Some(shard);
        self
    }

    #[cfg(all(test, not(srt_loom)))]
    pub(crate) fn socket_id(&self) -> crate::sys::SocketId {
        self.registration.socket().id()
    }

    pub(crate) fn poll_read_part(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_receive(cx, buffer, Fit::Part).map_ok(|_| ())
    }

    pub(crate) fn poll_write_part(
        &self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.poll_send(cx, &data[..data.len().min(self.limits.write)])
    }

    fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        fit: Fit,
    ) -> Poll<io::Result<usize>> {
        let receive = |ready| self.receive(ready, buffer, fit);
        self.registration.poll_io(cx, Direction::Read, receive).map_err(Into::into)
    }

    fn receive<R: Receipt>(&self, ready: Ready, buffer: &mut impl BufMut, fit: Fit) -> Attempt<R> {
        let fit = match self.mode {
            // A stream of bytes has no messages to keep whole, and nothing is what fits into nothing.
            TransmissionMode::FileStream if buffer.remaining_mut() == 0 => {
                return Attempt::Done(Ok(R::default()));
            }
            TransmissionMode::FileStream => Fit::Part,
            _ => fit,
        };
        if buffer.chunk_mut().len() >= self.limits.receive
            && self.leftover_len.load(Ordering::Acquire) == 0
        {
            return self.receive_into(ready, buffer);
        }
        let mut leftover = self.leftover.lock().unwrap_or_else(PoisonError::into_inner);
        if leftover.is_empty() {
            match self.receive_into::<Moved>(ready, leftover.room(self.limits.receive)) {
                Attempt::Done(Ok(received)) if received.len > 0 => leftover.describe(received),
                end => return end.map(R::from),
            }
        }
        let given = leftover.give(buffer, fit);
        let len = leftover.len();
        self.leftover_len.store(len, Ordering::Release);
        drop(leftover);
        if len > 0 {
            // There is something to receive, though libsrt may have nothing, for whoever waits.
            self.registration.renew(Direction::Read);
        }
        Attempt::Done(given.map(R::from))
    }

    fn receive_into<R: Receipt>(&self, ready: Ready, buffer: &mut impl BufMut) -> Attempt<R> {
        let socket = self.registration.socket();
        let received = match &self.roster {
            None => socket.recv_buf(buffer),
            Some(roster) => roster.recv_buf(socket, buffer).map(R::from),
        };
        match received {
            Ok(received) => {
                // To find out by the next receive would cost libsrt an exception.
                if socket.is_drained() {
                    self.registration.clear(Direction::Read, ready);
                } else if self.mode == TransmissionMode::FileStream
                    && self.registration.snapshot().is_error()
                {
                    // This may have been the last of it, and libsrt soon forgets how it ended.
                    self.registration.learn_ending();
                }
                Attempt::Done(Ok(received))
            }
            Err(error) if is_lost(&error) => self.receive_at_end(),
            Err(error) => Attempt::from(Err(error)),
        }
    }

    /// The connection is broken and nothing can be received now.
    fn receive_at_end<R: Receipt>(&self) -> Attempt<R> {
        if self.registration.is_closed() {
            return Attempt::Done(Err(Error::Closed));
        }
        if self.mode != TransmissionMode::Live {
            let clean = self.registration.snapshot().is_clean_end();
            return Attempt::Done(if clean {
                Ok(R::default())
            } else {
                Err(Error::ConnectionLost)
            });
        }
        if self.is_connecting() {
            return Attempt::RetrySoon;
        }
        // Packets that wait for their time are still delivered, but no event announces them. Those
        // behind a gap never are: nobody is left to fill it.
        let ended_at = *self.ended_at.get_or_init(Instant::now);
        let waiting = self.registration.socket().buffered_packets() > 0;
        if waiting && ended_at.elapsed() < self.latency + TAIL_MARGIN {
            Attempt::RetrySoon
        } else {
            Attempt::Done(Ok(R::default()))
        }
    }

    fn check_message(&self, len: usize) -> Result<(), Error> {
        if self.mode == TransmissionMode::FileStream {
            return Ok(());
        }
        match len {
            0 => Err(Error::EmptyMessage),
            len if len > self.limits.send => {
                Err(Error::MessageTooLarge { len, max: self.limits.send })
            }
            _ => Ok(()),
        }
    }

    fn transmit<R: Receipt>(&self, data: &[u8], how: &Sending) -> Attempt<R> {
        let socket = self.registration.socket();
        let sent = match &self.roster {
            None => socket.send(data, how),
            Some(roster) => roster.send(socket, data, how).map(R::from),
        };
        match sent {
            Ok(sent) => {
                // After the send, so that a look at the send buffer before this counts the data.
                // Stored only when it changes, to keep the cache line shared.
                if !self.sent.load(Ordering::Relaxed) {
                    self.sent.store(true, Ordering::Release);
                }
                Attempt::Done(Ok(sent))
            }
            // The socket may count as writable, with room for one packet, while the message needs
            // more: libsrt reports no event then.
            Err(Error::WouldBlock)
                if self.mode == TransmissionMode::FileMessage
                    && data.len() > self.limits.packet =>
            {
                Attempt::RetrySoon
            }
            // An acknowledgement at the same moment may get lost on a group.
            Err(Error::WouldBlock) if self.roster.is_some() => Attempt::RetrySoon,
            Err(error) if is_lost(&error) && self.is_connecting() => Attempt::RetrySoon,
            Err(error) if is_lost(&error) => Attempt::Done(Err(Error::ConnectionLost)),
            Err(error) => Attempt::from(Err(error)),
        }
    }

    /// Whether this is a group that may come to stand.
    fn is_connecting(&self) -> bool {
        let roster = self.roster.as_ref();
        roster.is_some_and(|roster| roster.is_connecting(self.registration.socket()))
    }
}

// Below the methods above, as rustdoc shows them in the order of the source.
mod batch;
mod close;
mod close_reason;
mod message;
mod messages;
mod vectored;

// Last, because there are many.
mod options;

/// Shows nothing that was received. The number of the socket is that in log lines.
impl fmt::Debug for SrtStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtStream")
            .field("socket", &self.registration.socket().id())
            .field("local", &self.local)
            .field("peer", &self.peer)
            .field("mode", &self.mode)
            .field("stream_id", &self.stream_id)
            .finish_non_exhaustive()
    }
}

/// For [`Messages`], which takes whatever refers to a stream.
impl AsRef<Self> for SrtStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// In live mode ends after the last playable packet. A read never cuts off a message: what does not
/// fit is kept for the next one.
impl AsyncRead for SrtStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_read_part(cx, buffer)
    }
}

/// A write makes a message of at most the payload size; pieces of a vectored write that fit into one
/// go together. A flush does nothing, as libsrt sends on its own; a shutdown waits until the peer has
/// everything, but does not close the connection, because SRT cannot close one direction. Drop or
/// [`close`](SrtStream::close) the stream to do that, and mind that two peers that both shut down and
/// then read to the end wait for each other.
///
/// A shutdown fails with [`Error::Closed`] if this side has closed the stream before the peer had
/// everything.
impl AsyncWrite for SrtStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_part(cx, data)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_pieces(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush_all(cx)
    }
}

/// Whether the error says that the connection is no more. libsrt gives up the id of a broken socket
/// after a while, so later calls fail in other ways than the first.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::ConnectionLost => true,
        Error::Library { code, .. } => {
            matches!(code, ErrorCode::InvalidSocket | ErrorCode::NotConnected)
        }
        _ => false,
    }
}
