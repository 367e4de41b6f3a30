//! A socket that the reactor watches.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::task::coop;

use super::metrics;
use super::source::{Direction, Park, Ready, Slot, Source, Waiter};
use super::thread::{Reactor, reactor, wake};
use super::vitals::Fate;
use crate::error::{Error, ErrorCode};
use crate::stats::Stats;
use crate::sys::{Ending, RawSocket, is_answering};

/// The outcome of trying an operation once.
#[derive(Debug)]
pub(crate) enum Attempt<R> {
    Done(Result<R, Error>),
    /// Nothing to do until libsrt reports an event.
    WouldBlock,
    /// Nothing to do for now, and no event will tell when there is.
    RetrySoon,
}

impl<R> Attempt<R> {
    pub(crate) fn map<S>(self, convert: impl FnOnce(R) -> S) -> Attempt<S> {
        match self {
            Self::Done(result) => Attempt::Done(result.map(convert)),
            Self::WouldBlock => Attempt::WouldBlock,
            Self::RetrySoon => Attempt::RetrySoon,
        }
    }
}

impl<R> From<Result<R, Error>> for Attempt<R> {
    fn from(result: Result<R, Error>) -> Self {
        match result {
            // While the process exits, what waits goes on waiting.
            Err(Error::WouldBlock | Error::Exiting) => Self::WouldBlock,
            result => Self::Done(result),
        }
    }
}

/// Owns a socket and its place in the reactor. Dropping it deregisters, then closes.
#[derive(Debug)]
pub(crate) struct Registration {
    socket: RawSocket,
    source: Arc<Source>,
    reactor: &'static Reactor,
}

impl Registration {
    pub(crate) fn new(socket: RawSocket) -> Result<Self, Error> {
        let reactor = reactor()?;
        let source = Arc::new(Source::new());
        reactor.register(socket.id(), &source)?;
        Ok(Self { socket, source, reactor })
    }

    pub(crate) fn socket(&self) -> &RawSocket {
        &self.socket
    }

    /// Runs `operation` until it is done, waiting in between. Only the waker of the latest call in
    /// the same direction is woken.
    pub(crate) fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        operation: impl FnMut(Ready) -> Attempt<R>,
    ) -> Poll<Result<R, Error>> {
        self.poll_at(cx, direction, &mut Slot(direction), operation)
    }

    /// As [`poll_io`](Self::poll_io), for any number of tasks at once.
    ///
    /// Cancel safe if `operation` is: it is never left half-way between two polls.
    pub(crate) async fn io<R>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(Ready) -> Attempt<R>,
    ) -> Result<R, Error> {
        let mut waiter = Waiter::new(&self.source, direction);
        poll_fn(|cx| self.poll_at(cx, direction, &mut waiter, &mut operation)).await
    }

    /// A place for [`poll_at`](Self::poll_at), for who waits for several sockets at once.
    pub(crate) fn waiter(&self, direction: Direction) -> Waiter<'_> {
        Waiter::new(&self.source, direction)
    }

    /// Tries `operation` once if there is a prospect of success.
    pub(crate) fn try_io<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce(Ready) -> Attempt<R>,
    ) -> Result<R, Error> {
        let Some(ready) = self.source.ready(direction) else {
            return Err(Error::WouldBlock);
        };
        match self.attempt(direction, ready, operation) {
            Some(result) => result,
            None => Err(Error::WouldBlock),
        }
    }

    /// Waits until an operation in `direction` is worth trying.
    pub(crate) async fn ready(&self, direction: Direction) -> Result<(), Error> {
        let mut waiter = Waiter::new(&self.source, direction);
        poll_fn(|cx| self.poll_ready_at(cx, direction, &mut waiter)).await
    }

    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<Result<(), Error>> {
        self.poll_ready_at(cx, direction, &mut Slot(direction))
    }

    /// Tells the source that nothing more is to be had since `seen`.
    pub(crate) fn clear(&self, direction: Direction, seen: Ready) {
        self.source.clear(direction, seen);
    }

    /// Says that an operation in `direction` is worth trying after all, and wakes those that wait.
    /// To be called with no lock held.
    ///
    /// Also if it counts as worth trying already: somebody may have seen nothing and be about to
    /// take the readiness back.
    pub(crate) fn renew(&self, direction: Direction) {
        let mut woken = Vec::new();
        self.source.renew(direction, &mut woken);
        wake(&mut woken);
    }

    /// From now on a sender that waits is woken when no more than so many packets are
    /// unacknowledged, rather than by the next acknowledgement; or after a while.
    pub(crate) fn wake_senders_at(&self, low_water: usize) {
        self.source.set_low_water(low_water);
    }

    /// Finds out how a broken connection has ended, while libsrt still knows.
    pub(crate) fn learn_ending(&self) {
        self.source.learn(RawSocket::ending(self.socket.id()));
    }

    /// How many packets were not acknowledged when the connection broke, as far as that is known. If it
    /// is not, it is now taken to be the number `seen` shortly before.
    pub(crate) fn unacknowledged_at_end(&self, seen: Option<usize>) -> Option<usize> {
        self.source.unacknowledged_at_end(seen)
    }

    /// Remembers that the connection broke without a close by the peer.
    pub(crate) fn learn_loss(&self) {
        self.source.learn(Ending { lost: true, ..Ending::default() });
    }

    /// What is known about the source at this moment.
    pub(crate) fn snapshot(&self) -> Ready {
        self.source.snapshot()
    }

    pub(crate) fn is_ready(&self, direction: Direction) -> bool {
        self.source.ready(direction).is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.source.snapshot().is_closed()
    }

    /// Has the reactor keep watch over the socket, which is a connection, for
    /// [`stats`](Self::stats) and [`fate`](Self::fate).
    pub(crate) fn watch(&self) {
        self.source.vitals().watch(self.socket.id());
    }

    /// Counts a message of so many bytes, in one packet, as received, for the
    /// [`stats`](Self::stats) after the end.
    #[inline]
    pub(crate) fn count_received(&self, len: usize) {
        self.source.vitals().count_received(len);
    }

    /// The last snapshot of the statistics, which is a new one as long as the connection stands.
    pub(crate) fn stats(&self) -> Result<Stats, Error> {
        self.source.vitals().stats(self.socket.id())
    }

    /// How the connection has ended, if it has and the peer may be silent for the time of `idle`.
    pub(crate) fn fate(&self, idle: Duration) -> Option<Fate> {
        self.source.vitals().fate(self.socket.id(), idle)
    }

    /// What has an operation in `direction` tried again.
    pub(crate) fn retry(&self, direction: Direction) -> Retry {
        Retry { source: Arc::downgrade(&self.source), direction, reactor: self.reactor }
    }

    /// Ends all waits, then closes the socket. Does nothing the second time.
    pub(crate) fn close(&self) {
        self.source.vitals().close(self.socket.id());
        let mut woken = Vec::new();
        if self.source.close(&mut woken) {
            wake(&mut woken);
            self.reactor.deregister(self.socket.id());
            if is_answering() {
                // If this is the listener that asks, closing it waits for the answer.
                if let Some(socket) = self.socket.take() {
                    self.reactor.linger(socket, Instant::now());
                }
            }
            self.socket.close();
        }
    }

    /// As [`close`](Self::close), but if something is still to be delivered, the socket itself stays
    /// open until it is, or until `until`.
    pub(crate) fn close_lingering(&self, until: Instant) {
        if self.is_closed() {
            return;
        }
        let unfinished = self.socket.unacknowledged().is_ok_and(|packets| packets > 0);
        let Some(socket) = unfinished.then(|| self.socket.take()).flatten() else {
            return self.close();
        };
        // Ends the waits and deregisters; the socket is no longer this one's to close.
        self.close();
        self.reactor.linger(socket, until);
    }

    fn retry_soon(&self, direction: Direction) {
        self.reactor.timers.retry_soon(&self.source, direction);
    }

    /// As [`poll_io`](Self::poll_io), waiting in a place of one's own in the same direction.
    pub(crate) fn poll_at<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        place: &mut impl Park,
        mut operation: impl FnMut(Ready) -> Attempt<R>,
    ) -> Poll<Result<R, Error>> {
        let budget = ready!(coop::poll_proceed(cx));
        loop {
            let ready = ready!(self.source.poll_ready(cx, direction, place));
            if let Some(result) = self.attempt(direction, ready, &mut operation) {
                budget.made_progress();
                return Poll::Ready(result);
            }
        }
    }

    fn poll_ready_at(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        place: &mut impl Park,
    ) -> Poll<Result<(), Error>> {
        let budget = ready!(coop::poll_proceed(cx));
        let ready = ready!(self.source.poll_ready(cx, direction, place));
        budget.made_progress();
        Poll::Ready(Self::check(ready))
    }

    /// Tries `operation` once. `None` if it has to wait; readiness is then taken back.
    fn attempt<R>(
        &self,
        direction: Direction,
        ready: Ready,
        operation: impl FnOnce(Ready) -> Attempt<R>,
    ) -> Option<Result<R, Error>> {
        if let Err(error) = Self::check(ready) {
            return Some(Err(error));
        }
        match operation(ready) {
            // The socket was closed by this side while the operation was under way.
            Attempt::Done(Err(_)) if self.is_closed() => Some(Err(Error::Closed)),
            Attempt::Done(result) => Some(result),
            Attempt::WouldBlock if direction == Direction::Read && ready.is_starved() => {
                self.source.feed();
                self.source.clear(direction, ready);
                let (function, code) = ("srt_recvmsg2", ErrorCode::Thread);
                Some(Err(Error::Library { function, code, os_error: None }))
            }
            Attempt::WouldBlock => {
                metrics::WOULD_BLOCK.add(1);
                self.source.clear(direction, ready);
                // A broken connection sends no more events.
                if ready.is_error() {
                    self.retry_soon(direction);
                }
                None
            }
            Attempt::RetrySoon => {
                self.source.clear(direction, ready);
                self.retry_soon(direction);
                None
            }
        }
    }

    fn check(ready: Ready) -> Result<(), Error> {
        if ready.is_closed() {
            Err(Error::Closed)
        } else if ready.is_dead() {
            Err(Error::ReactorDied)
        } else {
            Ok(())
        }
    }
}

/// Has an operation on a socket tried again, for who does not own the socket.
#[derive(Debug)]
pub(crate) struct Retry {
    source: Weak<Source>,
    direction: Direction,
    reactor: &'static Reactor,
}

impl Retry {
    /// A few milliseconds from now.
    pub(crate) fn soon(&self) {
        if let Some(source) = self.source.upgrade() {
            self.reactor.timers.retry_soon(&source, self.direction);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.close();
    }
}
