//! The reactor: its thread's life, and what others share with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Instant;

use tracing::error;

use super::cycle::Cycle;
use super::lingering::Lingering;
use super::metrics;
use super::registry::{Changes, Registry, Sources};
use super::source::Source;
use super::timers::Timers;
use crate::error::Error;
use crate::sys::{Epoll, RawSocket, SocketId};

/// The process-wide reactor. Its thread is never joined: while no socket is registered it is
/// parked, and at the end of the process `sys::startup` sees to it that it is not inside libsrt.
#[derive(Debug)]
pub(super) struct Reactor {
    pub(super) epoll: Epoll,
    pub(super) registry: Registry,
    pub(super) timers: Timers,
    pub(super) lingering: Lingering,
    thread: OnceLock<thread::Thread>,
    dead: AtomicBool,
}

static REACTOR: OnceLock<Arc<Reactor>> = OnceLock::new();

/// The reactor, started by the first call.
pub(super) fn reactor() -> Result<&'static Reactor, Error> {
    static STARTING: Mutex<()> = Mutex::new(());

    if let Some(reactor) = REACTOR.get() {
        return Ok(reactor);
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(reactor) = REACTOR.get() {
        return Ok(reactor);
    }
    let reactor = Reactor::start()?;
    Ok(REACTOR.get_or_init(|| reactor))
}

pub(super) fn registered() -> usize {
    REACTOR.get().map_or(0, |reactor| reactor.registry.len())
}

impl Reactor {
    /// A reactor without its thread.
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {
            epoll: Epoll::new()?,
            registry: Registry::default(),
            timers: Timers::default(),
            lingering: Lingering::default(),
            thread: OnceLock::new(),
            dead: AtomicBool::new(false),
        })
    }

    fn start() -> Result<Arc<Self>, Error> {
        let reactor = Arc::new(Self::new()?);
        let handle = thread::Builder::new()
            .name("srt-reactor".into())
            .spawn({
                let reactor = reactor.clone();
                move || reactor.live()
            })
            .map_err(|error| Error::ReactorStart { os_error: error.raw_os_error() })?;
        let _ = reactor.thread.set(handle.thread().clone());
        Ok(reactor)
    }

    pub(super) fn register(&self, id: SocketId, source: &Arc<Source>) -> Result<(), Error> {
        // Nobody takes over what changes any more.
        if self.dead.load(Ordering::SeqCst) {
            return Err(Error::ReactorDied);
        }
        // In the registry before in the epoll, or the first event would find nobody.
        if self.registry.insert(id, source.clone()) {
            self.unpark();
        }
        // Looked at after the insertion, as `die` sets it before it goes through the sources: one
        // of the two sees the other.
        if self.dead.load(Ordering::SeqCst) {
            self.registry.remove(id);
            return Err(Error::ReactorDied);
        }
        self.epoll.add(id).inspect_err(|_| self.registry.remove(id))
    }

    pub(super) fn deregister(&self, id: SocketId) {
        self.registry.remove(id);
        // Fails if libsrt has given up the socket already, which comes to the same.
        let _ = self.epoll.remove(id);
    }

    /// Keeps a socket that nobody holds any more open until what it has sent is acknowledged, but no
    /// longer than `until`.
    pub(super) fn linger(&self, socket: RawSocket, until: Instant) {
        self.lingering.add(socket, until);
        self.unpark();
        // Nobody would look after it. As in `register`, either this or `die` sees the other.
        if self.dead.load(Ordering::SeqCst) {
            self.lingering.close_all();
        }
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn live(&self) {
        let mut cycle = Cycle::new(self);
        let ended = catch_unwind(AssertUnwindSafe(|| cycle.run()));
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.die(&error.to_string(), cycle.into_waits()),
            Err(_) => self.die("panicked", cycle.into_waits()),
        }
    }

    /// Nobody shall wait for a reactor that is no more.
    fn die(&self, reason: &str, (mut sources, mut woken): (Sources, Vec<Waker>)) {
        error!(reason, "the SRT reactor has failed; all SRT operations end with an error");
        self.dead.store(true, Ordering::SeqCst);
        self.registry.update(&mut sources, &mut Changes::default());
        for source in sources.into_values() {
            source.kill(&mut woken);
        }
        wake(&mut woken);
        self.lingering.close_all();
    }
}

/// Called with no lock held: a waker may run any code.
pub(super) fn wake(woken: &mut Vec<Waker>) {
    metrics::WAKES.add(woken.len());
    for waker in woken.drain(..) {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            metrics::PANICS.add(1);
            // Whoever listens to it may panic as well.
            let _ = catch_unwind(|| error!("a waker panicked"));
        }
    }
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::task::{Context, Poll};
    use std::time::Duration;

    use super::super::registration::{Attempt, Registration};
    use super::super::source::{Direction, Ready, Slot};
    use super::*;

    #[test]
    fn the_death_of_the_reactor_ends_waits_and_refuses_newcomers() {
        // Without a thread, which would take over what is registered at any time.
        let reactor = Reactor::new().unwrap();
        let mut sources = Sources::default();
        let waits: Vec<_> = (0..3).map(|_| Wait::begin()).collect();
        let socket = RawSocket::new().unwrap();
        reactor.register(socket.id(), &waits[0].source).unwrap();
        reactor.registry.update(&mut sources, &mut Changes::default());
        // Not taken over yet; and one whose event was being delivered.
        let newer = RawSocket::new().unwrap();
        reactor.register(newer.id(), &waits[1].source).unwrap();
        let mut woken = Vec::new();
        waits[2].source.kill(&mut woken);

        reactor.die("on purpose", (sources, woken));
        for wait in &waits {
            assert!(wait.wakes.0.load(Ordering::SeqCst));
            match wait.poll() {
                Poll::Ready(ready) => assert!(ready.is_dead()),
                Poll::Pending => panic!("still waiting for a dead reactor"),
            }
        }
        let late = RawSocket::new().unwrap();
        let refused = reactor.register(late.id(), &Arc::new(Source::new()));
        assert_eq!(refused, Err(Error::ReactorDied));
        reactor.deregister(socket.id());

        let id = socket.id();
        reactor.linger(socket, Instant::now() + Duration::from_secs(60));
        assert!(reactor.lingering.is_empty(), "{id} lingers for ever");
    }

    #[tokio::test]
    async fn a_lost_event_is_made_up_for() {
        let listener = RawSocket::new().unwrap();
        listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = Registration::new(listener).unwrap();
        listener.socket().listen(1).unwrap();
        listener.clear(Direction::Read, listener.snapshot());
        let caller = Registration::new(RawSocket::new().unwrap()).unwrap();
        caller.socket().connect(listener.socket().local_addr().unwrap()).unwrap();

        // The event has come, and is taken for something else.
        listener.ready(Direction::Read).await.unwrap();
        listener.clear(Direction::Read, listener.snapshot());
        let accept = |_| Attempt::from(listener.socket().accept());
        let accepted = listener.io(Direction::Read, accept);
        tokio::time::timeout(Duration::from_secs(20), accepted).await.unwrap().unwrap();
    }

    /// A task that waits to receive.
    struct Wait {
        source: Arc<Source>,
        wakes: Arc<Wakes>,
    }

    impl Wait {
        fn begin() -> Self {
            let wait = Self { source: Arc::new(Source::new()), wakes: Arc::default() };
            wait.source.clear(Direction::Read, wait.source.snapshot());
            assert!(wait.poll().is_pending());
            wait
        }

        fn poll(&self) -> Poll<Ready> {
            let waker = Waker::from(self.wakes.clone());
            let mut cx = Context::from_waker(&waker);
            self.source.poll_ready(&mut cx, Direction::Read, &mut Slot(Direction::Read))
        }
    }

    #[derive(Default)]
    struct Wakes(AtomicBool);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}
