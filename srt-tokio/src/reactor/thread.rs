//! The reactor thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use tracing::{debug, error};

use super::lingering::Lingering;
use super::metrics;
use super::moderation::moderation;
use super::registry::{Changes, Registry, Sources};
use super::source::Source;
use super::timers::Timers;
use crate::error::Error;
use crate::sys::{Epoll, Events, RawSocket, SocketId};

/// libsrt's wait looks up every 10 ms whatever it is asked for, so a longer one saves nothing.
const WAIT: Duration = Duration::from_millis(10);

/// Events taken from libsrt at a time. What does not fit is reported by the next call.
const EVENTS_CAPACITY: usize = 1024;

/// How often waits that go on and on have their subscription renewed, in case an event was lost.
const REPAIR_INTERVAL: Duration = Duration::from_secs(1);

/// A wait that fails this many times in a row is taken for dead.
const MAX_FAILURES: u32 = 10;

/// The process-wide reactor. Its thread is never joined: while no socket is registered it is
/// parked, and at the end of the process `sys::startup` sees to it that it is not inside libsrt.
#[derive(Debug)]
pub(super) struct Reactor {
    epoll: Epoll,
    registry: Registry,
    pub(super) timers: Timers,
    lingering: Lingering,
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
    fn start() -> Result<Arc<Self>, Error> {
        let reactor = Arc::new(Self {
            epoll: Epoll::new()?,
            registry: Registry::default(),
            timers: Timers::default(),
            lingering: Lingering::default(),
            thread: OnceLock::new(),
            dead: AtomicBool::new(false),
        });
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
        let mut sources = Sources::default();
        let ended = catch_unwind(AssertUnwindSafe(|| self.run(&mut sources)));
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.die(&error.to_string(), &mut sources),
            Err(_) => self.die("panicked", &mut sources),
        }
    }

    /// Returns when the process ends, or with an error when libsrt's epoll fails for good.
    fn run(&self, sources: &mut Sources) -> Result<(), Error> {
        let mut changes = Changes::default();
        let mut events = Events::with_capacity(EVENTS_CAPACITY);
        let mut woken = Vec::with_capacity(EVENTS_CAPACITY);
        let mut repair_at = Instant::now() + REPAIR_INTERVAL;
        let mut failures = 0;
        loop {
            if self.registry.len() == 0 && self.lingering.is_empty() {
                // Or what was closed last would stay in memory.
                self.registry.update(sources, &mut changes);
                thread::park();
                continue;
            }
            match self.epoll.wait(&mut events, WAIT) {
                Ok(()) => failures = 0,
                Err(Error::Exiting) => return Ok(()),
                Err(error) => {
                    failures += 1;
                    if failures == MAX_FAILURES {
                        return Err(error);
                    }
                    debug!(%error, "waiting for events failed");
                    thread::sleep(WAIT);
                    continue;
                }
            }
            metrics::WAITS.add(1);
            self.registry.update(sources, &mut changes);
            let count = dispatch(sources, &events, &mut woken);
            metrics::RETRIES.add(self.timers.fire(&mut woken));
            if Instant::now() >= repair_at {
                self.repair(sources);
                repair_at = Instant::now() + REPAIR_INTERVAL;
            }
            wake(&mut woken);
            self.lingering.close_done();
            if count > 0 {
                let rest = moderation().rest();
                if !rest.is_zero() {
                    thread::sleep(rest);
                }
            }
        }
    }

    /// Renews the subscription of sockets that somebody has been waiting on for long: libsrt then
    /// reports their current state anew.
    fn repair(&self, sources: &Sources) {
        for (id, _) in sources.iter().filter(|(_, source)| source.waits_long()) {
            metrics::REPAIRS.add(1);
            // The socket may have been closed since.
            let _ = self.epoll.renew(*id);
        }
    }

    /// Nobody shall wait for a reactor that is no more.
    fn die(&self, reason: &str, sources: &mut Sources) {
        error!(reason, "the SRT reactor has failed; all SRT operations end with an error");
        self.dead.store(true, Ordering::SeqCst);
        self.registry.update(sources, &mut Changes::default());
        let mut woken = Vec::new();
        for (_, source) in sources.drain() {
            source.kill(&mut woken);
        }
        wake(&mut woken);
        self.lingering.close_all();
    }
}

/// Tells the sources what has happened to them. Returns the number of events.
fn dispatch(sources: &Sources, events: &Events, woken: &mut Vec<Waker>) -> usize {
    let mut count = 0;
    let mut late = 0;
    let mut broken = Vec::new();
    for (id, event) in events.iter() {
        count += 1;
        match sources.get(&id) {
            Some(source) if event.error => broken.push((id, event, source)),
            Some(source) => source.notify(event, woken),
            None => late += 1,
        }
    }
    for (id, event, source) in broken {
        source.learn(RawSocket::ending(id));
        source.notify(event, woken);
        // A reader that took the last of the data in between did not know yet that it was to
        // look; one that does so from now on knows.
        source.learn(RawSocket::ending(id));
    }
    metrics::EVENTS.add(count);
    metrics::LATE_EVENTS.add(late);
    count
}

/// Called with no lock held: a waker may run any code.
pub(super) fn wake(woken: &mut Vec<Waker>) {
    metrics::WAKES.add(woken.len());
    for waker in woken.drain(..) {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            metrics::PANICS.add(1);
            error!("a waker panicked");
        }
    }
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::task::{Context, Poll};

    use super::super::registration::{Attempt, Registration};
    use super::super::source::{Direction, Slot};
    use super::*;

    #[test]
    fn the_death_of_the_reactor_ends_waits_and_refuses_newcomers() {
        let reactor = Reactor::start().unwrap();
        let socket = RawSocket::new().unwrap();
        let source = Arc::new(Source::new());
        reactor.register(socket.id(), &source).unwrap();
        source.clear(Direction::Read, source.snapshot());
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut cx = Context::from_waker(&waker);
        let mut slot = Slot(Direction::Read);
        assert!(source.poll_ready(&mut cx, Direction::Read, &mut slot).is_pending());

        reactor.die("on purpose", &mut Sources::default());
        assert!(wakes.0.load(Ordering::SeqCst));
        match source.poll_ready(&mut cx, Direction::Read, &mut slot) {
            Poll::Ready(ready) => assert!(ready.is_dead()),
            Poll::Pending => panic!("still waiting for a dead reactor"),
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

    #[derive(Default)]
    struct Wakes(AtomicBool);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}
