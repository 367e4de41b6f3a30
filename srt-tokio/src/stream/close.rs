//! How this side ends a connection, and sees to it that what was sent arrives before.

use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::SrtStream;
use crate::error::Error;
use crate::options::TransmissionMode;
use crate::reactor::{Attempt, Direction};
use crate::sys::{State, option};

/// How long [`SrtStream::close`] waits in live mode. A sender gives up what it could not deliver
/// within a second or the latency, whichever is longer, so there is nothing to be had from more.
const LIVE_LINGER: Duration = Duration::from_secs(3);

/// How long [`SrtStream::close`] waits in the file modes: libsrt's default for a blocking close.
const FILE_LINGER: Duration = Duration::from_secs(180);

/// Where a time is longer than an [`Instant`] can tell: thirty years.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// How much longer than its latency a peer may take to play a packet: its reader has to get a
/// processor.
const PLAY_MARGIN: Duration = Duration::from_millis(50);

/// How much longer than the peer may be silent it may acknowledge nothing: an acknowledgement that gets
/// lost is repeated.
const ANSWER_MARGIN: Duration = Duration::from_secs(1);

impl SrtStream {
    /// Waits until the peer has acknowledged everything that was sent, which means that it has it in
    /// its buffer, not that it has read it.
    ///
    /// # Errors
    ///
    /// - [`Error::FlushTimedOut`] in live mode, if the peer is there but has acknowledged nothing more for
    ///   a second longer than the latency and than the
    ///   [`peer_idle_timeout`](crate::SrtOptions::peer_idle_timeout): its reader has stopped, and what it
    ///   lacks is too late.
    /// - [`Error::FlushInterrupted`] if the connection broke before, or was closed by the peer. Also if
    ///   libsrt gave it up before this was called, and with it the knowledge of what had been
    ///   acknowledged.
    /// - [`Error::Closed`] once this side has closed the stream.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: waiting changes nothing.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let part = [0; 1316];
    /// stream.send(&part).await?;
    /// stream.acknowledged().await?;
    /// println!("the peer has all of it up to here");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "flush")]
    #[doc(alias = "srt_getsndbuffer")]
    pub async fn acknowledged(&self) -> io::Result<()> {
        let mut seen = None;
        let acknowledged = |_| self.acknowledged_in_time(&mut seen);
        Ok(self.registration.io(Direction::Flush, acknowledged).await?)
    }

    /// Waits until the peer has everything that was sent, then closes the connection. Operations of
    /// other tasks on the stream end with [`Error::Closed`].
    ///
    /// In live mode this includes the time in which the peer plays a packet that is sent now, because
    /// most receivers stop at the moment that they hear of the close. As the peer's clock may be late
    /// by the time that the handshake took, a caller waits that much longer, 3 s at most. A stream that
    /// has never sent anything is closed at once.
    ///
    /// Waits no longer than [`linger`](crate::SrtOptions::linger) says. To be more or less patient, use
    /// [`close_within`](Self::close_within).
    ///
    /// # Errors
    ///
    /// The connection is closed in any case, but the peer has not acknowledged everything. The first two
    /// count the packets that are missing. The peer does not learn of them: to its receiver, the end
    /// looks as if everything had arrived.
    ///
    /// - [`Error::FlushTimedOut`] if it took too long.
    /// - [`Error::FlushInterrupted`] if the connection broke before, or was closed by the peer.
    /// - [`Error::Closed`] if another task has closed it meanwhile, without waiting as long. To close a
    ///   stream that is closed already is no error.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has completed, the stream is still open.
    #[doc(alias = "srt_close")]
    pub async fn close(&self) -> io::Result<()> {
        let patience = self.linger().unwrap_or_else(|| match self.mode {
            TransmissionMode::Live => LIVE_LINGER.max(self.play_time()),
            _ => FILE_LINGER,
        });
        self.close_within(patience).await
    }

    /// As [`close`](Self::close), with a time limit of its own. Zero closes at once.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::{Error, SrtStream};
    ///
    /// /// Says goodbye, and returns whether the peer has heard it.
    /// async fn farewell(stream: SrtStream) -> std::io::Result<bool> {
    ///     stream.send(b"bye").await?;
    ///     match stream.close_within(Duration::from_millis(500)).await {
    ///         Err(error) => match Error::from_io(&error) {
    ///             Some(Error::FlushTimedOut { .. }) => Ok(false),
    ///             _ => Err(error),
    ///         },
    ///         Ok(()) => Ok(true),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has completed, the stream is still open.
    pub async fn close_within(&self, patience: Duration) -> io::Result<()> {
        if self.registration.is_closed() {
            return Ok(());
        }
        let start = Instant::now();
        let deadline = start.checked_add(patience);
        let played = start + self.play_time();
        let mut seen = None;
        let flush = |_| self.flushed(played, deadline, &mut seen);
        let flushed = match self.registration.io(Direction::Flush, flush).await {
            Err(Error::Closed) => return Ok(self.closed()?),
            flushed => flushed,
        };
        self.registration.close();
        Ok(flushed?)
    }

    /// Waits until the peer has everything. The connection stays as it is: SRT has no way to close
    /// one direction.
    pub(crate) fn poll_flush_all(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let acknowledged = |_| self.acknowledged_in_time(&mut None);
        match ready!(self.registration.poll_io(cx, Direction::Flush, acknowledged)) {
            Err(Error::Closed) => Poll::Ready(self.closed().map_err(Into::into)),
            flushed => Poll::Ready(flushed.map_err(Into::into)),
        }
    }

    /// Whether everything was acknowledged when this side closed the stream.
    fn closed(&self) -> Result<(), Error> {
        let _flushing = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        let all = !self.sent.load(Ordering::Acquire)
            || self.registration.snapshot().is_all_acknowledged();
        if all { Ok(()) } else { Err(Error::Closed) }
    }

    /// Whether the peer has everything, or in live mode never will.
    ///
    /// A peer without room acknowledges nothing, and libsrt drops what is too late only within a call to
    /// send. Even if there is room again, libsrt may not learn of it before something is dropped.
    fn acknowledged_in_time(&self, seen: &mut Option<usize>) -> Attempt<()> {
        let acknowledged = self.all_acknowledged(seen);
        let (Attempt::RetrySoon, &mut Some(unacknowledged), TransmissionMode::Live) =
            (&acknowledged, seen, self.mode)
        else {
            return acknowledged;
        };
        let mut progress = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        let stalled = progress.note(unacknowledged, Instant::now());
        drop(progress);
        // A peer that is gone has been noticed by then.
        let patience = || self.peer_idle_timeout.max(self.play_time()) + ANSWER_MARGIN;
        if stalled > ANSWER_MARGIN && stalled > patience() {
            return Attempt::Done(Err(Error::FlushTimedOut { unacknowledged }));
        }
        acknowledged
    }

    /// Whether the peer has everything. Keeps in `seen` how many packets it lacks, for the case that
    /// libsrt does not know any more at the next look.
    fn all_acknowledged(&self, seen: &mut Option<usize>) -> Attempt<()> {
        let socket = self.registration.socket();
        let _flushing = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken back before the look, so that a send at the same time is not forgotten.
        let sent = self.sent.swap(false, Ordering::AcqRel);
        let mut unacknowledged = socket.unacknowledged();
        *seen = unacknowledged.as_ref().ok().copied().or(*seen);
        if unacknowledged != Ok(0) {
            if sent {
                self.sent.store(true, Ordering::Release);
            }
            if unacknowledged.is_ok() {
                if socket.state() == State::Connected {
                    return Attempt::RetrySoon;
                }
                // The last acknowledgement may have come between the two looks.
                unacknowledged = socket.unacknowledged();
            }
        }
        match unacknowledged {
            Ok(0) => Attempt::Done(Ok(())),
            Ok(packets) => {
                Attempt::Done(Err(Error::FlushInterrupted { unacknowledged: Some(packets) }))
            }
            Err(Error::Exiting) => Attempt::WouldBlock,
            // libsrt has given the socket up.
            Err(_) if !sent || self.registration.snapshot().is_all_acknowledged() => {
                Attempt::Done(Ok(()))
            }
            Err(_) => Attempt::Done(Err(self.interrupted(*seen))),
        }
    }

    /// The error where libsrt does not know any more how much was acknowledged.
    fn interrupted(&self, seen: Option<usize>) -> Error {
        let unacknowledged = self.registration.unacknowledged_at_end(seen);
        Error::FlushInterrupted { unacknowledged }
    }

    /// Whether everything is acknowledged and has been played, as far as there is time.
    fn flushed(
        &self,
        played: Instant,
        deadline: Option<Instant>,
        seen: &mut Option<usize>,
    ) -> Attempt<()> {
        let now = Instant::now();
        let late = deadline.is_some_and(|deadline| now >= deadline);
        match self.all_acknowledged(seen) {
            Attempt::Done(Ok(())) => {
                let playing =
                    now < played && !late && self.registration.socket().state() == State::Connected;
                if playing { Attempt::RetrySoon } else { Attempt::Done(Ok(())) }
            }
            Attempt::Done(Err(error)) => Attempt::Done(Err(error)),
            _ if late => Attempt::Done(match self.registration.socket().unacknowledged() {
                // The last acknowledgement has come between the two looks.
                Ok(0) => Ok(()),
                Ok(unacknowledged) => Err(Error::FlushTimedOut { unacknowledged }),
                Err(_) => Err(self.interrupted(*seen)),
            }),
            wait => wait,
        }
    }

    /// How long it takes until the peer has played what is sent now.
    fn play_time(&self) -> Duration {
        let socket = self.registration.socket();
        // In this order: what leaves the buffer has been counted.
        let has_sent = socket.unacknowledged().is_ok_and(|packets| packets > 0)
            || self.registration.stats().is_ok_and(|stats| stats.packets_sent_unique > 0);
        if self.mode != TransmissionMode::Live || !has_sent {
            return Duration::ZERO;
        }
        let latency = socket.get_i32(option::PEERLATENCY).unwrap_or(0).max(0) as u64;
        // A handshake that was slow to arrive has set the peer's clock late, by no more than the whole
        // exchange took. Most of a long exchange is waiting for a peer to appear.
        let clock_offset = self.handshake.min(LIVE_LINGER);
        Duration::from_millis(latency) + clock_offset + PLAY_MARGIN
    }
}

impl Drop for SrtStream {
    fn drop(&mut self) {
        let linger = match (self.linger(), self.mode) {
            (Some(linger), _) => linger,
            (None, TransmissionMode::Live) => Duration::ZERO,
            (None, _) => FILE_LINGER,
        };
        if linger.is_zero() {
            return self.registration.close();
        }
        let now = Instant::now();
        let until = now.checked_add(linger).unwrap_or_else(|| now + FOR_EVER);
        self.registration.close_lingering(until);
    }
}
