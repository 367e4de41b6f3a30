//! The readiness of one socket, and the tasks that wait for it.

use std::mem;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::task::{Context, Poll, Waker};

use super::vitals::Vitals;
use crate::sync::{AtomicUsize, Mutex, lock};
use crate::sys::{Ending, Event};

const READABLE: usize = 1 << 0;
const WRITABLE: usize = 1 << 1;
/// libsrt has reported the connection as broken. Sticky, and informative only: what is left in the
/// receive buffer must still be readable, so it neither makes the source ready nor ends operations.
const ERROR: usize = 1 << 2;
/// Closed by this side. Sticky: every wait ends.
const CLOSED: usize = 1 << 3;
/// The reactor can report nothing any more. Sticky: every wait ends.
const DEAD: usize = 1 << 4;
/// A timer that will set the direction ready again is pending.
const RETRY_READ: usize = 1 << 5;
const RETRY_WRITE: usize = 1 << 6;
const RETRY_FLUSH: usize = 1 << 7;
/// Waiting for acknowledgements is worth a look.
const FLUSHABLE: usize = 1 << 8;
/// What was learnt about a broken connection while libsrt still knew it. Sticky.
const CLEAN: usize = 1 << 9;
const ACKNOWLEDGED: usize = 1 << 10;
/// Of a group, looking at its members is worth it.
const MEMBERS: usize = 1 << 11;
const RETRY_MEMBERS: usize = 1 << 12;
/// Learnt about a broken connection as well. Sticky.
const LOST: usize = 1 << 13;
/// Nothing is delivered, because libsrt gets no thread for it. Until something is.
const STARVED: usize = 1 << 14;

/// The upper half of the word counts the events. An operation that found nothing to do clears the
/// readiness only if no event has come since it looked, so an event is never lost.
const TICK: usize = 1 << 16;
const FLAGS: usize = TICK - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Receiving and accepting.
    Read,
    /// Sending and connecting.
    Write,
    /// Waiting until what was sent is acknowledged. A direction of its own, because libsrt reports
    /// no event for it, and its retries must not take the readiness from those that send.
    Flush,
    /// Waiting for changes of a group's members. libsrt reports an event for some of them.
    Members,
}

impl Direction {
    const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Flush, Self::Members];

    fn ready_bit(self) -> usize {
        match self {
            Self::Read => READABLE,
            Self::Write => WRITABLE,
            Self::Flush => FLUSHABLE,
            Self::Members => MEMBERS,
        }
    }

    fn retry_bit(self) -> usize {
        match self {
            Self::Read => RETRY_READ,
            Self::Write => RETRY_WRITE,
            Self::Flush => RETRY_FLUSH,
            Self::Members => RETRY_MEMBERS,
        }
    }
}

/// A snapshot of the readiness word, needed to clear exactly what was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready(usize);

impl Ready {
    pub(crate) fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    pub(crate) fn is_dead(self) -> bool {
        self.0 & DEAD != 0
    }

    /// The peer has closed the connection, and all that it sent has been received.
    pub(crate) fn is_clean_end(self) -> bool {
        self.0 & CLEAN != 0
    }

    /// The connection broke without a close by the peer.
    pub(crate) fn is_lost_end(self) -> bool {
        self.0 & LOST != 0
    }

    /// The connection is broken, but the peer had acknowledged everything.
    pub(crate) fn is_all_acknowledged(self) -> bool {
        self.0 & ACKNOWLEDGED != 0
    }

    /// Whatever arrives is discarded.
    pub(crate) fn is_starved(self) -> bool {
        self.0 & STARVED != 0
    }

    fn permits(self, direction: Direction) -> bool {
        self.0 & (direction.ready_bit() | CLOSED | DEAD) != 0
    }
}

#[derive(Debug)]
pub(crate) struct Source {
    word: AtomicUsize,
    /// In packets. The greatest number stands for any.
    low_water: AtomicUsize,
    /// Packets that were not acknowledged at the end. The greatest number stands for unknown.
    unacknowledged: AtomicUsize,
    waiters: Mutex<Waiters>,
    vitals: Vitals,
}

/// Who waits. For each direction one slot for the `poll_*` methods, which remember the latest
/// caller only, and a list for the async methods, so that any number of tasks may await.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    directions: [Waiting; Direction::ALL.len()],
    next_key: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    slot: Option<Waker>,
    list: Vec<Entry>,
    /// How many visits have found the same wait still going on.
    visits: u8,
}

#[derive(Debug)]
struct Entry {
    key: u64,
    waker: Waker,
}

impl Waiters {
    fn of(&mut self, direction: Direction) -> &mut Waiting {
        &mut self.directions[direction as usize]
    }
}

impl Waiting {
    fn take(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.slot.take());
        if !self.list.is_empty() {
            woken.extend(self.list.drain(..).map(|entry| entry.waker));
        }
        self.visits = 0;
    }

    fn waits(&self) -> bool {
        self.slot.is_some() || !self.list.is_empty()
    }

    /// Whether somebody has been waiting since before the previous visit.
    fn waits_long(&mut self) -> bool {
        self.visits = if self.waits() { self.visits.saturating_add(1) } else { 0 };
        self.visits > 1
    }
}

/// In which directions there is somebody who waits for an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    pub(crate) reading: bool,
    pub(crate) writing: bool,
}

impl Waits {
    pub(crate) fn any(self) -> bool {
        self.reading || self.writing
    }
}

/// Where a waiting task leaves its waker.
pub(crate) trait Park {
    /// Stores `waker`, and returns the one it displaces, to be dropped outside the lock.
    fn park(&mut self, waiters: &mut Waiters, waker: &Waker) -> Option<Waker>;
}

impl Source {
    /// A new source counts as ready, so the first operation is tried rather than waited for: the
    /// event that would have announced it may have come before the registration.
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicUsize::new(READABLE | WRITABLE | FLUSHABLE | MEMBERS),
            low_water: AtomicUsize::new(usize::MAX),
            unacknowledged: AtomicUsize::new(usize::MAX),
            waiters: Mutex::new(Waiters::default()),
            vitals: Vitals::default(),
        }
    }

    pub(super) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    pub(crate) fn snapshot(&self) -> Ready {
        Ready(self.word.load(Acquire))
    }

    /// The current readiness if an operation in `direction` is worth trying.
    pub(crate) fn ready(&self, direction: Direction) -> Option<Ready> {
        let ready = self.snapshot();
        ready.permits(direction).then_some(ready)
    }

    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        place: &mut impl Park,
    ) -> Poll<Ready> {
        if let Some(ready) = self.ready(direction) {
            return Poll::Ready(ready);
        }
        let mut waiters = lock(&self.waiters);
        let displaced = place.park(&mut waiters, cx.waker());
        // An event between the look above and here found no waker to wake. It has changed the word
        // before it asked for the lock, so this second look sees it.
        let ready = self.ready(direction);
        drop(waiters);
        drop(displaced);
        match ready {
            Some(ready) => Poll::Ready(ready),
            None => Poll::Pending,
        }
    }

    /// Whether a sender is to be woken only when little enough is unacknowledged.
    pub(crate) fn holds_senders(&self) -> bool {
        self.low_water() < usize::MAX
    }

    /// How many packets may be unacknowledged for a sender to be worth waking.
    pub(crate) fn low_water(&self) -> usize {
        self.low_water.load(Relaxed)
    }

    pub(crate) fn set_low_water(&self, packets: usize) {
        self.low_water.store(packets, Relaxed);
    }

    /// Takes back the readiness of `direction`, unless an event has come since `seen`.
    pub(crate) fn clear(&self, direction: Direction, seen: Ready) {
        let _ = self.word.fetch_update(AcqRel, Acquire, |word| {
            (word & !FLAGS == seen.0 & !FLAGS).then_some(word & !direction.ready_bit())
        });
    }

    /// Records what the epoll has reported, and moves the wakers it concerns to `woken`.
    pub(crate) fn notify(&self, event: Event, woken: &mut Vec<Waker>) {
        let mut bits = 0;
        // A broken connection concerns all directions: each has to see for itself.
        if event.readable || event.error {
            bits |= READABLE;
        }
        if event.writable || event.error {
            bits |= WRITABLE;
        }
        if event.error {
            bits |= ERROR | FLUSHABLE;
        }
        if event.update || event.error {
            bits |= MEMBERS;
        }
        // What can be received has been delivered.
        self.set(bits, if event.readable { STARVED } else { 0 }, woken);
    }

    /// Has those that wait to receive told that nothing can be delivered.
    pub(crate) fn starve(&self, woken: &mut Vec<Waker>) {
        self.set(STARVED | READABLE, 0, woken);
    }

    /// Takes that back, once it has been told.
    pub(crate) fn feed(&self) {
        self.word.fetch_and(!STARVED, AcqRel);
    }

    /// Records how a broken connection has ended.
    pub(crate) fn learn(&self, ending: Ending) {
        let mut bits = 0;
        if ending.clean {
            bits |= CLEAN;
        }
        if let Some(packets) = ending.unacknowledged {
            self.unacknowledged.store(packets, Relaxed);
            if packets == 0 {
                bits |= ACKNOWLEDGED;
            }
        }
        if ending.lost {
            bits |= LOST;
        }
        self.word.fetch_or(bits, AcqRel);
    }

    /// How many packets were not acknowledged when the connection broke, as far as that is known. If it
    /// is not, it is now taken to be the number `seen` shortly before.
    pub(crate) fn unacknowledged_at_end(&self, seen: Option<usize>) -> Option<usize> {
        let known = self.unacknowledged.load(Relaxed);
        if known < usize::MAX {
            return Some(known);
        }
        if let Some(seen) = seen {
            self.unacknowledged.store(seen, Relaxed);
        }
        seen
    }

    /// Says that an operation in `direction` is worth trying after all.
    pub(crate) fn renew(&self, direction: Direction, woken: &mut Vec<Waker>) {
        self.set(direction.ready_bit(), 0, woken);
    }

    /// Ends every wait because this side closes the socket. True for the first call only.
    pub(crate) fn close(&self, woken: &mut Vec<Waker>) -> bool {
        self.set(CLOSED, 0, woken) & CLOSED == 0
    }

    /// Ends every wait because nothing will be reported any more.
    pub(crate) fn kill(&self, woken: &mut Vec<Waker>) {
        self.set(DEAD, 0, woken);
    }

    /// Notes that a retry in `direction` is wanted. False if one is pending already.
    pub(crate) fn arm_retry(&self, direction: Direction) -> bool {
        let bit = direction.retry_bit();
        self.word.fetch_or(bit, AcqRel) & bit == 0
    }

    /// The time for a retry has come.
    pub(crate) fn retry(&self, direction: Direction, woken: &mut Vec<Waker>) {
        self.set(direction.ready_bit(), direction.retry_bit(), woken);
    }

    /// Who has been waiting for an event since before the previous visit.
    pub(crate) fn waits_long(&self) -> Waits {
        let mut waiters = lock(&self.waiters);
        let reading = waiters.of(Direction::Read).waits_long();
        let writing = waiters.of(Direction::Write).waits_long();
        Waits { reading, writing }
    }

    /// Whether somebody is waiting for changes of a group's members.
    pub(crate) fn awaits_members(&self) -> bool {
        let mut waiters = lock(&self.waiters);
        waiters.of(Direction::Members).waits()
    }

    fn set(&self, set: usize, unset: usize, woken: &mut Vec<Waker>) -> usize {
        let update = |word: usize| Some(((word & !unset) | set).wrapping_add(TICK));
        let (Ok(before) | Err(before)) = self.word.fetch_update(AcqRel, Acquire, update);
        let mut waiters = lock(&self.waiters);
        for direction in Direction::ALL {
            if Ready(set).permits(direction) {
                waiters.of(direction).take(woken);
            }
        }
        before
    }
}

/// The place of `poll_*` methods: only the waker of the latest call is woken.
pub(crate) struct Slot(pub(crate) Direction);

impl Park for Slot {
    fn park(&mut self, waiters: &mut Waiters, waker: &Waker) -> Option<Waker> {
        match &mut waiters.of(self.0).slot {
            Some(stored) if stored.will_wake(waker) => None,
            slot => slot.replace(waker.clone()),
        }
    }
}

/// The place of an async method: an entry of its own, given up when the future is dropped.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    source: &'a Source,
    direction: Direction,
    key: Option<u64>,
}

impl<'a> Waiter<'a> {
    pub(crate) fn new(source: &'a Source, direction: Direction) -> Self {
        Self { source, direction, key: None }
    }
}

impl Park for Waiter<'_> {
    fn park(&mut self, waiters: &mut Waiters, waker: &Waker) -> Option<Waker> {
        let key = waiters.next_key;
        let list = &mut waiters.of(self.direction).list;
        if let Some(entry) = list.iter_mut().find(|entry| Some(entry.key) == self.key) {
            if entry.waker.will_wake(waker) {
                return None;
            }
            return Some(mem::replace(&mut entry.waker, waker.clone()));
        }
        list.push(Entry { key, waker: waker.clone() });
        waiters.next_key += 1;
        self.key = Some(key);
        None
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut waiters = lock(&self.source.waiters);
        let list = &mut waiters.of(self.direction).list;
        let index = list.iter().position(|entry| entry.key == key);
        let entry = index.map(|index| list.swap_remove(index));
        drop(waiters);
        drop(entry);
    }
}
