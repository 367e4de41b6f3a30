//! What the reactor thread does over and over: wait, tell the sources, wake, rest.
//!
//! - `bench`: a way in for the benchmarks

#[cfg(feature = "__bench")]
pub mod bench;

use std::mem;
use std::panic;
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use tracing::debug;

use super::commotion::Commotion;
use super::held::Held;
use super::metrics;
use super::moderation::moderation;
use super::pulse::Pulse;
use super::registry::{Changes, Sources};
use super::source::{Direction, Source, Waits};
use super::thread::{Reactor, wake};
use super::thread_probe::ThreadProbe;
use super::vitals::Visit;
use crate::error::Error;
use crate::firewall;
use crate::sys::{Event, Events, RawSocket, SocketId, is_group};

/// libsrt's wait looks up every 10 ms whatever it is asked for, so a longer one saves nothing.
const WAIT: Duration = Duration::from_millis(10);

/// A wait this short ends with the next acknowledgement after it, which libsrt wakes the waiting
/// thread for even if it has nothing to report.
const SHORT_WAIT: Duration = Duration::from_millis(1);

/// Events taken from libsrt at a time. What does not fit is reported by the next call.
const EVENTS_CAPACITY: usize = 1024;

/// How often sockets are visited, for their vital signs and for waits that go on and on, in case an
/// event was lost. Two of three visits to an idle connection are left out, so what a lost event had
/// to tell becomes known after some six seconds there, and after two elsewhere.
const ROUND_INTERVAL: Duration = Duration::from_secs(1);

/// Sockets visited at a time, so that a round over thousands delays no event for long.
const VISITS_A_TURN: usize = 64;

/// Turns that a round over more sockets takes, few enough for an interval even with the longest rests.
const TURNS_A_ROUND: usize = 8;

/// Batches with this many rests between them are not worth one.
const FAR_APART: u32 = 4;

/// A wait that fails this many times in a row is taken for dead.
const MAX_FAILURES: u32 = 10;

/// All that only the reactor thread touches.
#[derive(Debug)]
pub(super) struct Cycle<'a> {
    reactor: &'a Reactor,
    sources: Sources,
    changes: Changes,
    pulse: Pulse,
    held: Held,
    commotion: Commotion,
    thread_probe: ThreadProbe,
    events: Events,
    woken: Vec<Waker>,
    round_at: Instant,
    /// Of the current round.
    to_visit: Vec<SocketId>,
    visits_a_turn: usize,
}

impl<'a> Cycle<'a> {
    pub(super) fn new(reactor: &'a Reactor) -> Self {
        Self {
            reactor,
            sources: Sources::default(),
            changes: Changes::default(),
            pulse: Pulse::default(),
            held: Held::default(),
            commotion: Commotion::default(),
            thread_probe: ThreadProbe::default(),
            events: Events::with_capacity(EVENTS_CAPACITY),
            woken: Vec::with_capacity(EVENTS_CAPACITY),
            round_at: Instant::now() + ROUND_INTERVAL,
            to_visit: Vec::with_capacity(EVENTS_CAPACITY),
            visits_a_turn: VISITS_A_TURN,
        }
    }

    /// Who may be waiting: the sources, and wakers that are not theirs any more.
    pub(super) fn into_waits(self) -> (Sources, Vec<Waker>) {
        (self.sources, self.woken)
    }

    /// Returns when the process ends, or with an error when libsrt's epoll fails for good.
    pub(super) fn run(&mut self) -> Result<(), Error> {
        let mut wait = WAIT;
        let mut last_batch: Option<Instant> = None;
        let mut failures = 0;
        loop {
            if self.reactor.registry.len() == 0 && self.reactor.lingering.is_empty() {
                // Or what was closed last would stay in memory.
                self.update();
                self.pulse.clear();
                self.held.clear();
                self.commotion.clear();
                thread::park();
                continue;
            }
            let observed = (wait == WAIT).then(Commotion::observe).flatten();
            match self.reactor.epoll.wait(&mut self.events, wait) {
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
            // Read now, as it may have been set during the wait.
            let rest = moderation().rest();
            // What is not about packets is worth no longer one than a wait.
            let calm = rest.min(WAIT);
            if let Some(observed) = observed {
                self.commotion.judge(&observed, calm);
            }
            let busy = self.turn(!rest.is_zero());
            wait = if self.held.is_empty() { WAIT } else { SHORT_WAIT };
            if rest.is_zero() {
                continue;
            }
            // Where batches are far apart, nothing comes during a rest.
            let now = Instant::now();
            let is_near = |before| now.duration_since(before) < FAR_APART * rest;
            if busy && last_batch.replace(now).is_some_and(is_near) {
                thread::sleep(rest);
                // There is likely to be something by now; if not, the next wait is a real one.
                wait = Duration::ZERO;
            } else if self.held.is_empty() && self.commotion.lasts(now) {
                thread::sleep(calm);
                // A look in place of a wait.
                wait = Duration::ZERO;
            }
        }
    }

    /// Delivers what the epoll has reported, and if the thread `rests` in between, what the sockets
    /// have received without a report. Returns whether there was anything.
    fn turn(&mut self, rests: bool) -> bool {
        metrics::WAITS.add(1);
        self.update();
        let now = Instant::now();
        let mut count = self.dispatch(now, rests);
        metrics::RETRIES.add(self.reactor.timers.fire(&mut self.woken));
        wake(&mut self.woken);
        // After that, because what is asked of libsrt from here on may have to wait for it.
        if rests {
            count += self.pulse.take(now, &mut self.woken);
            wake(&mut self.woken);
        } else {
            self.pulse.clear();
        }
        if !self.held.is_empty() {
            count += self.held.release(now, &mut self.woken);
            wake(&mut self.woken);
        }
        if now >= self.round_at {
            if self.to_visit.is_empty() {
                self.to_visit.extend(self.sources.keys());
                self.visits_a_turn = VISITS_A_TURN.max(self.to_visit.len().div_ceil(TURNS_A_ROUND));
            }
            self.round_at = now + ROUND_INTERVAL;
            // A subscriber may panic, and so may the payload of its panic when it is dropped.
            if let Err(payload) = panic::catch_unwind(|| firewall::report_drops(now)) {
                mem::forget(payload);
            }
        }
        if !self.to_visit.is_empty() {
            self.visit(now);
        }
        self.reactor.lingering.close_done();
        count > 0
    }

    fn update(&mut self) {
        self.reactor.registry.update(&mut self.sources, &mut self.changes);
    }

    /// Tells the sources what has happened to them. Returns the number of events.
    fn dispatch(&mut self, now: Instant, rests: bool) -> usize {
        let mut count = 0;
        let mut late = 0;
        let mut broken = Vec::new();
        for (id, event) in self.events.iter() {
            count += 1;
            let Some(source) = self.sources.get(&id) else {
                late += 1;
                continue;
            };
            if event.error && !is_live_group(id) {
                broken.push((id, event, source));
                continue;
            }
            let mut event = Event { error: false, update: event.update || event.error, ..event };
            if event.writable && source.holds_senders() {
                self.held.hold(id, source, now);
                event.writable = false;
                if !event.readable && !event.update {
                    continue;
                }
            }
            source.notify(event, &mut self.woken);
            // A group does not tell what it has to be received.
            if event.readable && rests && !is_group(id) {
                self.pulse.note(id, source, now);
            }
        }
        for (id, event, source) in broken {
            tell_break(id, event, source, now, &mut self.woken);
        }
        metrics::EVENTS.add(count);
        metrics::LATE_EVENTS.add(late);
        count
    }

    /// Keeps what there will be no asking for after the end of a connection, and sees to waits that go
    /// on and on.
    fn visit(&mut self, now: Instant) {
        let first = self.to_visit.len().saturating_sub(self.visits_a_turn);
        for id in self.to_visit.drain(first..) {
            let Some(source) = self.sources.get(&id) else { continue };
            let visit = source.vitals().visit(id, now);
            let group = is_group(id);
            if visit == Visit::LeftOut && !group {
                continue;
            }
            let waits = source.waits_long();
            let missed = match visit {
                _ if !waits.any() => Missed::Nothing,
                Visit::Done if !group => missed(id, waits),
                // There is no asking.
                _ => Missed::Event,
            };
            match missed {
                Missed::Nothing => {}
                Missed::Event => {
                    metrics::REPAIRS.add(1);
                    // The socket may have been closed since.
                    let _ = self.reactor.epoll.renew(id);
                }
                Missed::Break => {
                    metrics::REPAIRS.add(1);
                    tell_break(id, BREAK, source, now, &mut self.woken);
                }
            }
            if waits.reading
                && source.vitals().has_received_nothing()
                && RawSocket::needs_delivery(id)
                && self.thread_probe.are_refused(now)
            {
                source.starve(&mut self.woken);
            }
            // Most of what happens to the members of a group is not reported.
            if group && source.awaits_members() {
                source.renew(Direction::Members, &mut self.woken);
            }
        }
        wake(&mut self.woken);
    }
}

/// As libsrt reports it where the peer is the reason, which is the most likely one: asked, it does not
/// tell.
const BREAK: Event = Event { readable: true, writable: true, error: true, update: false };

/// Tells those who wait that the connection is broken, and keeps how it has ended.
fn tell_break(id: SocketId, event: Event, source: &Source, now: Instant, woken: &mut Vec<Waker>) {
    source.vitals().broken(event, now);
    source.learn(RawSocket::ending(id));
    source.notify(event, woken);
    // A reader that took the last of the data in between did not know yet that it was to look; one
    // that does so from now on knows.
    source.learn(RawSocket::ending(id));
}

/// What those who have been waiting for long should have been told.
#[derive(Clone, Copy, Debug)]
enum Missed {
    Nothing,
    /// Something that renewing the subscription has libsrt report: the current state.
    Event,
    /// That the connection is broken, which libsrt does not report again.
    Break,
}

/// Asks a connection, rather than renew its subscription: of an idle one libsrt would report that there
/// is room to send, which would cost the connection more than everything else.
fn missed(id: SocketId, waits: Waits) -> Missed {
    match RawSocket::pending(id) {
        Ok(event) if event.error => Missed::Break,
        Ok(event) if waits.reading && event.readable => Missed::Event,
        Ok(event) if waits.writing && event.writable => Missed::Event,
        Ok(_) | Err(Error::Exiting) => Missed::Nothing,
        // libsrt has given it up already.
        Err(_) => Missed::Break,
    }
}

/// Whether this is a group that stands or may come to: an error means no more than that a link has
/// failed, or that none has room.
fn is_live_group(id: SocketId) -> bool {
    is_group(id) && RawSocket::stands(id)
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::sync::Arc;
    use std::task::Context;

    use super::super::source::Slot;
    use super::*;
    use crate::{SrtListener, SrtStream};

    /// More than it takes until a wait counts as long, though most visits are left out.
    const ROUNDS: usize = 10;

    async fn pair() -> (SrtStream, SrtStream) {
        let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
        let connect = SrtStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = tokio::join!(connect, listener.accept());
        (caller.unwrap(), accepted.unwrap().0)
    }

    /// Has somebody wait in `direction`, and takes back what has been reported.
    fn wait(source: &Source, direction: Direction) {
        source.clear(direction, source.snapshot());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(source.poll_ready(&mut cx, direction, &mut Slot(direction)).is_pending());
    }

    /// Lets libsrt report what there is, and visits all sockets. Returns whether anything was reported.
    fn round(cycle: &mut Cycle<'_>) -> bool {
        cycle.reactor.epoll.wait(&mut cycle.events, WAIT).unwrap();
        cycle.round_at = Instant::now();
        cycle.turn(false)
    }

    #[tokio::test]
    async fn what_a_lost_event_had_to_tell_is_found_by_visits() {
        let (caller, accepted) = pair().await;
        let reactor = Reactor::new().unwrap();
        let mut cycle = Cycle::new(&reactor);
        for (id, direction) in
            [(accepted.socket_id(), Direction::Read), (caller.socket_id(), Direction::Write)]
        {
            let source = Arc::new(Source::new());
            source.vitals().watch(id);
            source.clear(direction, source.snapshot());
            reactor.register(id, &source).unwrap();
            if direction == Direction::Read {
                caller.send(b"lost").await.unwrap();
            }
            let reported = async {
                while source.ready(direction).is_none() {
                    round(&mut cycle);
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), reported).await.expect("never reported");

            wait(&source, direction);
            for _ in 0..ROUNDS {
                round(&mut cycle);
            }
            assert!(source.ready(direction).is_some(), "{direction:?}");
            reactor.deregister(id);
        }
    }

    #[tokio::test]
    async fn a_break_that_is_never_reported_is_found_by_visits() {
        let (caller, accepted) = pair().await;
        let id = accepted.socket_id();
        let reactor = Reactor::new().unwrap();
        let mut cycle = Cycle::new(&reactor);
        let source = Arc::new(Source::new());
        source.vitals().watch(id);
        // The epoll does not know of it.
        reactor.registry.insert(id, source.clone());
        wait(&source, Direction::Read);
        for _ in 0..ROUNDS {
            round(&mut cycle);
        }
        assert!(source.ready(Direction::Read).is_none());
        drop(caller);
        let found = async {
            while source.ready(Direction::Read).is_none() {
                round(&mut cycle);
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found).await.expect("never found");
        assert!(source.snapshot().is_error());
    }

    #[tokio::test]
    async fn nothing_is_reported_about_an_idle_connection_however_long_somebody_waits() {
        let (_caller, accepted) = pair().await;
        let id = accepted.socket_id();
        let reactor = Reactor::new().unwrap();
        let mut cycle = Cycle::new(&reactor);
        let source = Arc::new(Source::new());
        source.vitals().watch(id);
        reactor.register(id, &source).unwrap();
        // That there is room to send.
        assert!(round(&mut cycle));
        wait(&source, Direction::Read);
        for _ in 0..ROUNDS {
            assert!(!round(&mut cycle));
        }
        assert!(source.ready(Direction::Read).is_none());
    }
}
