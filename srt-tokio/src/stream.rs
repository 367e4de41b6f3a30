//! A connection.
//!
//! - this file: the stream itself
//! - `batch`: receiving many messages at once
//! - `builder`: what it is configured with before
//! - `close`: how this side ends it
//! - `limits`: how large messages can be
//! - `leftover`: what a receive has left of a message
//! - `vectored`: sending what lies in several pieces
//! - `shared_port`: UDP ports for calls that need none of their own

mod batch;
mod builder;
mod close;
mod leftover;
mod limits;
mod shared_port;
mod vectored;

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
use tracing::debug;

use self::batch::Slab;
use self::leftover::{Fit, Leftover};
use self::limits::Limits;
use crate::error::{Error, ErrorCode};
use crate::options::{SrtOptions, StreamId, TransmissionMode};
use crate::reactor::{Attempt, Direction, Ready, Registration};
use crate::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::stats::Stats;
use crate::sys::{RawSocket, option};

pub use self::builder::SrtStreamBuilder;

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
#[derive(Debug)]
pub struct SrtStream {
    registration: Registration,
    local: SocketAddr,
    peer: SocketAddr,
    stream_id: StreamId,
    latency: Duration,
    linger: Option<Duration>,
    mode: TransmissionMode,
    limits: Limits,
    slab: Mutex<Slab>,
    leftover: Mutex<Leftover>,
    /// The length of the leftover, to spare a look under the lock.
    leftover_len: AtomicUsize,
    /// Whether anything was sent since the send buffer was last seen empty.
    sent: AtomicBool,
    /// When the end was first seen while packets still waited for their time.
    ended_at: OnceLock<Instant>,
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
        let socket = registration.socket();
        // Only now is the interface known; unless the connection has been closed by the peer since.
        let local = socket.local_addr().unwrap_or(local);
        let mode = mode_of(socket)?;
        let latency = Duration::from_millis(socket.get_i32(option::RCVLATENCY)?.max(0) as u64);
        let stream_id = StreamId::received(socket.get_bytes(option::STREAMID)?);
        let limits = Limits::of(socket, mode)?;
        registration.wake_senders_at(limits.low_water);
        debug!(socket = socket.id(), %local, %peer, ?mode, "connected");
        Ok(Self {
            registration,
            local,
            peer,
            stream_id,
            latency,
            linger,
            mode,
            limits,
            slab: Mutex::default(),
            leftover: Mutex::default(),
            leftover_len: AtomicUsize::new(0),
            sent: AtomicBool::new(false),
            ended_at: OnceLock::new(),
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
    #[doc(alias = "srt_recvmsg2")]
    pub async fn recv(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        self.recv_buf(&mut buffer).await
    }

    /// As [`recv`](Self::recv), appending to `buffer`, which grows if it can and has to.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was received.
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
    pub fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.poll_receive(cx, buffer, Fit::Whole)
    }

    /// Waits until a receive is worth trying. It may still find nothing.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a receive has taken what there is.
    pub async fn readable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Read).await?)
    }

    /// As [`readable`](Self::readable). Only the waker of the latest call of a receiving `poll_*`
    /// method is woken.
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
    pub async fn send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        Ok(self.registration.io(Direction::Write, |_| self.transmit(data)).await?)
    }

    /// As [`send`](Self::send), without waiting.
    ///
    /// # Errors
    ///
    /// As `send`, and `WouldBlock` if there is no room.
    pub fn try_send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        Ok(self.registration.try_io(Direction::Write, |_| self.transmit(data))?)
    }

    /// As [`send`](Self::send), for use in hand-written futures. Only the waker of the latest call
    /// of a sending `poll_*` method is woken.
    pub fn poll_send(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check_message(data.len()) {
            return Poll::Ready(Err(error.into()));
        }
        let transmit = |_| self.transmit(data);
        self.registration.poll_io(cx, Direction::Write, transmit).map_err(Into::into)
    }

    /// Waits until a send is worth trying. It may still find no room.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a send finds no room.
    pub async fn writable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Write).await?)
    }

    /// As [`writable`](Self::writable). Only the waker of the latest call of a sending `poll_*`
    /// method is woken.
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

    /// What the caller has asked for, on both sides of the connection. Empty if it has not.
    #[doc(alias = "SRTO_STREAMID")]
    pub fn stream_id(&self) -> &StreamId {
        &self.stream_id
    }

    /// The latency of the receiving direction, as negotiated.
    #[doc(alias = "SRTO_RCVLATENCY")]
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// How the connection cuts up and times data.
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
    #[doc(alias = "SRTO_PAYLOADSIZE")]
    pub fn max_message_size(&self) -> usize {
        self.limits.send
    }

    /// Takes a snapshot of the statistics.
    ///
    /// # Errors
    ///
    /// Fails once the connection is broken or closed.
    #[doc(alias = "srt_bistats")]
    pub fn stats(&self) -> io::Result<Stats> {
        Ok(self.registration.socket().stats()?.into())
    }

    /// Splits the stream into halves that borrow it.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        split::borrowed(self)
    }

    /// Splits the stream into halves that can go to different tasks.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::owned(self)
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

    fn receive(&self, ready: Ready, buffer: &mut impl BufMut, fit: Fit) -> Attempt<usize> {
        let fit = match self.mode {
            // A stream of bytes has no messages to keep whole, and nothing is what fits into nothing.
            TransmissionMode::FileStream if buffer.remaining_mut() == 0 => {
                return Attempt::Done(Ok(0));
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
            match self.receive_into(ready, leftover.room(self.limits.receive)) {
                Attempt::Done(Ok(received)) if received > 0 => {}
                end => return end,
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
        Attempt::Done(given)
    }

    fn receive_into(&self, ready: Ready, buffer: &mut impl BufMut) -> Attempt<usize> {
        let socket = self.registration.socket();
        match socket.recv_buf(buffer) {
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
    fn receive_at_end(&self) -> Attempt<usize> {
        if self.registration.is_closed() {
            return Attempt::Done(Err(Error::Closed));
        }
        if self.mode != TransmissionMode::Live {
            let clean = self.registration.snapshot().is_clean_end();
            return Attempt::Done(if clean { Ok(0) } else { Err(Error::ConnectionLost) });
        }
        // Packets that wait for their time are still delivered, but no event announces them. Those
        // behind a gap never are: nobody is left to fill it.
        let ended_at = *self.ended_at.get_or_init(Instant::now);
        let waiting = self.registration.socket().buffered_packets() > 0;
        if waiting && ended_at.elapsed() < self.latency + TAIL_MARGIN {
            Attempt::RetrySoon
        } else {
            Attempt::Done(Ok(0))
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

    fn transmit(&self, data: &[u8]) -> Attempt<usize> {
        match self.registration.socket().send(data) {
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
            Err(error) if is_lost(&error) => Attempt::Done(Err(Error::ConnectionLost)),
            Err(error) => Attempt::from(Err(error)),
        }
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
/// go together. A flush does nothing, as libsrt sends on its
/// own; a shutdown waits until the peer has everything, but does not close the connection, because
/// SRT cannot close one direction. Drop or [`close`](SrtStream::close) the stream to do that, and
/// mind that two peers that both shut down and then read to the end wait for each other.
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

fn mode_of(socket: &RawSocket) -> Result<TransmissionMode, Error> {
    if !socket.get_bool(option::MESSAGEAPI)? {
        Ok(TransmissionMode::FileStream)
    } else if socket.get_bytes(option::CONGESTION)?.starts_with(b"live") {
        Ok(TransmissionMode::Live)
    } else {
        Ok(TransmissionMode::FileMessage)
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
