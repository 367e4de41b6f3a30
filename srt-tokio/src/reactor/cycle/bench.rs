//! The reactor's parts for benchmarks to drive, without its thread and without waiting for libsrt.
//!
//! Not part of the API: whatever is here may change or go in any version.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Cycle;
use crate::reactor::moderation::moderation;
use crate::reactor::source::{Direction, Ready, Slot, Source, Waiter};
use crate::reactor::thread::{Reactor, reactor};
use crate::sys::{Events, RawSocket};

/// What the reactor thread has and does, without the thread.
#[derive(Debug)]
pub struct Dispatcher(Cycle<'static>);

impl Dispatcher {
    /// A dispatcher without sources. Its memory is never given back.
    ///
    /// # Panics
    ///
    /// If libsrt cannot be started.
    #[expect(clippy::new_without_default, reason = "it starts things and leaves them behind")]
    pub fn new() -> Self {
        let reactor = Reactor::new().expect("a reactor");
        let mut cycle = Cycle::new(Box::leak(Box::new(reactor)));
        // What is counted does not depend on the time.
        cycle.round_at += Duration::from_secs(3600);
        Self(cycle)
    }

    /// Does what the thread does when libsrt has reported `batch`, in the moderation that is set.
    pub fn dispatch(&mut self, batch: &mut Batch) {
        mem::swap(&mut self.0.events, &mut batch.0);
        self.0.turn(!moderation().rest().is_zero());
        mem::swap(&mut self.0.events, &mut batch.0);
    }

    /// Where sources come and go, from any thread.
    pub fn registrar(&self) -> Registrar {
        Registrar(self.0.reactor)
    }
}

/// Events as libsrt would report them.
#[derive(Debug)]
pub struct Batch(Events);

impl Batch {
    /// Each of these sockets has become readable.
    pub fn readable(sockets: impl Iterator<Item = i32>) -> Self {
        Self(Events::readable(sockets))
    }
}

/// The registry as the owners of sockets see it, without libsrt's epoll.
#[derive(Clone, Copy, Debug)]
pub struct Registrar(&'static Reactor);

impl Registrar {
    /// Makes a source and registers it.
    pub fn register(self, socket: i32) -> Readiness {
        let source = Arc::new(Source::new());
        self.0.registry.insert(socket, source.clone());
        Readiness(source)
    }

    /// Takes back one registration.
    pub fn deregister(self, socket: i32) {
        self.0.registry.remove(socket);
    }
}

/// The readiness of one socket.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<Source>);

/// The readiness that somebody has seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen(Ready);

impl Readiness {
    /// Whether a receive is worth trying; if not, the waker of the latest call is woken once it is.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<Seen> {
        let mut place = Slot(Direction::Read);
        self.0.poll_ready(cx, Direction::Read, &mut place).map(Seen)
    }

    /// Waits, beside any number of others, until a receive is worth trying.
    pub async fn readable(&self) -> Seen {
        let mut place = Waiter::new(&self.0, Direction::Read);
        let ready = |cx: &mut Context<'_>| self.0.poll_ready(cx, Direction::Read, &mut place);
        Seen(std::future::poll_fn(ready).await)
    }

    /// What is known at this moment.
    pub fn snapshot(&self) -> Seen {
        Seen(self.0.snapshot())
    }

    /// Says that there was nothing to receive, unless an event has come since `seen`.
    pub fn clear(&self, seen: Seen) {
        self.0.clear(Direction::Read, seen.0);
    }
}

/// A socket of libsrt's that comes to the running reactor and goes again.
#[derive(Debug)]
pub struct Visitor {
    socket: RawSocket,
    source: Arc<Source>,
    reactor: &'static Reactor,
}

impl Visitor {
    /// A socket that is not registered.
    ///
    /// # Panics
    ///
    /// If libsrt gives none, or the reactor cannot be started.
    #[expect(clippy::new_without_default, reason = "it starts things")]
    pub fn new() -> Self {
        Self {
            socket: RawSocket::new().expect("a socket"),
            source: Arc::new(Source::new()),
            reactor: reactor().expect("the reactor"),
        }
    }

    /// Registers the socket, subscribes it in libsrt's epoll, and takes both back.
    ///
    /// # Panics
    ///
    /// If libsrt refuses.
    pub fn visit(&self) {
        let id = self.socket.id();
        self.reactor.register(id, &self.source).expect("registered");
        self.reactor.deregister(id);
    }
}
