//! A connection.
//!
//! - this file: the stream itself, and what receiving and sending have in common
//! - `connect`: how it comes into being
//! - `receive`, `batch`: receiving, one message or all that there are
//! - `send`, `vectored`: sending, from one piece or several
//! - `message`: messages with what goes with them
//! - `messages`: messages as a `Stream` and a `Sink`
//! - `about`: what is known of it
//! - `halves`: taking it apart
//! - `close`: how this side ends it
//! - `close_reason`: how it has ended
//! - `progress`: whether the peer still acknowledges
//! - `options`: setting and reading options
//! - `builder`: what it is configured with before
//! - `limits`: how large messages can be
//! - `leftover`: what a receive has left of a message
//! - `shared_port`: UDP ports for calls that need none of their own

mod builder;
mod leftover;
mod limits;
mod progress;
mod shared_port;

// rustdoc shows their methods in this order.
mod connect;
mod receive;

mod batch;
mod message;
mod messages;
mod send;
mod vectored;

mod about;
mod halves;

mod close;
mod close_reason;
mod options;

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tracing::{debug, warn};

use self::batch::Slab;
use self::leftover::{Fit, Leftover};
use self::limits::Limits;
use self::progress::Progress;
use crate::error::{Error, ErrorCode};
use crate::group::Roster;
use crate::options::{Encryption, StreamId, TransmissionMode, encryption, getters};
use crate::reactor::{Attempt, Direction, Ready, Registration};
use crate::sys::{Moved, Receipt, Sending, State, option};

pub use self::builder::SrtStreamBuilder;
pub use self::close_reason::CloseReason;
pub use self::messages::Messages;

/// A connection to a peer.
///
/// All methods take `&self`, so an `Arc<SrtStream>` is all that it takes to use a stream from
/// several tasks, in both directions at once.
///
/// Dropping a stream closes the connection without waiting for anything to be sent. In live mode,
/// what is not sent by then is lost; see [`close`](Self::close). In the file modes it is still sent,
/// in the background, for as long as [`linger`](crate::SrtOptions::linger) says.
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
    flushing: Mutex<Progress>,
    /// How long the handshake took, if this side began it.
    handshake: Duration,
    /// The members, if this is a group.
    roster: Option<Box<Roster>>,
}

impl SrtStream {
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
            handshake: Duration::ZERO,
            roster,
        })
    }

    /// As taken by that shard of a listener.
    pub(crate) fn on_shard(mut self, shard: usize) -> Self {
        self.shard = Some(shard);
        self
    }

    /// As the outcome of a call that took so long.
    pub(crate) fn called_for(mut self, handshake: Duration) -> Self {
        self.handshake = handshake;
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
                if self.mode == TransmissionMode::Live {
                    self.registration.count_received(received.len());
                }
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
            Err(error) if is_lost(&error) => self.receive_at_end(&error),
            Err(Error::WouldBlock) if self.roster.is_some() => self.receive_from_links(),
            Err(error) => Attempt::from(Err(error)),
        }
    }

    /// Nothing can be received from the group now. libsrt does not fail until it discards what its broken
    /// links have in their buffers, although it does not deliver what is behind a gap.
    fn receive_from_links<R: Receipt>(&self) -> Attempt<R> {
        let group = self.registration.socket();
        if group.state() == State::Connected || self.is_connecting() {
            return Attempt::WouldBlock;
        }
        // The mark comes first, and then libsrt closes the group.
        if self.registration.is_closed() {
            return Attempt::Done(Err(Error::Closed));
        }
        match group.any_member_has_buffered() {
            Ok(false) => Attempt::Done(Ok(R::default())),
            // If the group is gone, the next receive says so.
            Ok(true) | Err(_) => Attempt::RetrySoon,
        }
    }

    /// The connection is broken and nothing can be received now.
    fn receive_at_end<R: Receipt>(&self, error: &Error) -> Attempt<R> {
        if self.registration.is_closed() {
            return Attempt::Done(Err(Error::Closed));
        }
        if self.mode != TransmissionMode::Live {
            return Attempt::Done(if self.has_ended_cleanly(error) {
                Ok(R::default())
            } else {
                Err(Error::ConnectionLost)
            });
        }
        if self.is_connecting() {
            return Attempt::RetrySoon;
        }
        // libsrt still delivers packets at their time, however late its clock makes that, but reports
        // no event for them. It counts those up to the first gap only: nothing can fill a gap now, so
        // what is behind it is never delivered. A minute after the end it discards the packets. Once
        // it fails for a group, it has given up the links.
        if self.roster.is_none() && self.registration.socket().buffered_packets() > 0 {
            Attempt::RetrySoon
        } else {
            Attempt::Done(Ok(R::default()))
        }
    }

    /// Whether the peer has closed the connection, on which libsrt has nothing left to receive and
    /// fails with `error`.
    fn has_ended_cleanly(&self, error: &Error) -> bool {
        let seen = self.registration.snapshot();
        if self.mode != TransmissionMode::FileStream || seen.is_clean_end() {
            return seen.is_clean_end();
        }
        if *error == Error::ConnectionLost {
            // libsrt would say so if it was a close. The next receive must not come to another result.
            self.registration.learn_loss();
            return false;
        }
        // libsrt had given the socket up, which it does not do before everything has been received,
        // before it could be asked. Then a close follows from the time at which the peer was heard of.
        !seen.is_lost_end() && self.close_reason() == Some(CloseReason::Peer)
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
            // While the peer has no room, nothing is acknowledged and no event comes. libsrt drops
            // packets that are too late only within a call to send, and so makes room.
            Err(Error::WouldBlock) if self.mode == TransmissionMode::Live => Attempt::RetrySoon,
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
/// everything, and otherwise as [`acknowledged`](SrtStream::acknowledged) does.
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
