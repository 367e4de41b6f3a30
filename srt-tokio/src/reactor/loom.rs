//! Every interleaving of a waiting task with the reactor, model-checked. A lost wake-up shows as a
//! deadlock. Run by `cargo xtask test`; see CONTRIBUTING.

use std::future::poll_fn;
use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicUsize as StdAtomicUsize;
use std::task::{Context, Poll, Wake, Waker, ready};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::{model::Builder, thread};

use super::source::{Direction, Park, Ready, Slot, Source, Waiter};
use super::thread::wake;
use crate::sys::Event;

const READABLE: Event = Event { readable: true, ..NOTHING };
const WRITABLE: Event = Event { writable: true, ..NOTHING };
const BROKEN: Event = Event { error: true, ..NOTHING };
const NOTHING: Event = Event { readable: false, writable: false, error: false, update: false };

/// Explores every interleaving that preempts threads twice at most, which is what bugs of this kind
/// need; without a bound the models run for hours.
fn model(test: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(test);
}

/// A source with something to take, as a socket with messages.
struct Fake {
    source: Source,
    readable: AtomicUsize,
    writable: AtomicUsize,
}

impl Fake {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            source: Source::new(),
            readable: AtomicUsize::new(0),
            writable: AtomicUsize::new(0),
        })
    }

    fn supply(&self, direction: Direction) -> &AtomicUsize {
        match direction {
            Direction::Read => &self.readable,
            Direction::Write => &self.writable,
            Direction::Flush | Direction::Members => unreachable!("not in the models"),
        }
    }

    /// What the reactor does when libsrt reports an event.
    fn notify(&self, event: Event) {
        let mut woken = Vec::new();
        self.source.notify(event, &mut woken);
        wake(&mut woken);
    }

    /// What libsrt does when a packet comes.
    fn put(&self, direction: Direction) {
        self.supply(direction).fetch_add(1, SeqCst);
        self.notify(if direction == Direction::Read { READABLE } else { WRITABLE });
    }

    /// What `Registration` does with an operation: `true` if it took something, `false` if the
    /// source has come to its end.
    fn poll_take(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        place: &mut impl Park,
    ) -> Poll<bool> {
        loop {
            let ready: Ready = ready!(self.source.poll_ready(cx, direction, place));
            if ready.is_closed() || ready.is_dead() {
                return Poll::Ready(false);
            }
            let supply = self.supply(direction);
            if supply.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok() {
                return Poll::Ready(true);
            }
            if ready.is_error() {
                return Poll::Ready(false);
            }
            self.source.clear(direction, ready);
        }
    }

    fn take_async(&self, direction: Direction) -> bool {
        let mut waiter = Waiter::new(&self.source, direction);
        block_on(poll_fn(|cx| self.poll_take(cx, direction, &mut waiter)))
    }

    fn take_polled(&self, direction: Direction) -> bool {
        block_on(poll_fn(|cx| self.poll_take(cx, direction, &mut Slot(direction))))
    }
}

#[test]
fn an_edge_at_any_step_wakes_the_reader() {
    model(|| {
        let fake = Fake::new();
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.put(Direction::Read)
        });
        assert!(fake.take_async(Direction::Read));
        reactor.join().unwrap();
    });
}

#[test]
fn an_edge_at_any_step_wakes_a_poll_function() {
    model(|| {
        let fake = Fake::new();
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.put(Direction::Read)
        });
        assert!(fake.take_polled(Direction::Read));
        reactor.join().unwrap();
    });
}

#[test]
fn an_edge_while_the_readiness_is_cleared_is_not_lost() {
    model(|| {
        let fake = Fake::new();
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || {
                fake.put(Direction::Read);
                fake.put(Direction::Read);
            }
        });
        assert!(fake.take_async(Direction::Read));
        assert!(fake.take_async(Direction::Read));
        reactor.join().unwrap();
    });
}

#[test]
fn two_readers_each_get_one_of_two_messages() {
    model(|| {
        let fake = Fake::new();
        let other = thread::spawn({
            let fake = fake.clone();
            move || assert!(fake.take_async(Direction::Read))
        });
        fake.put(Direction::Read);
        fake.put(Direction::Read);
        assert!(fake.take_async(Direction::Read));
        other.join().unwrap();
    });
}

#[test]
fn two_directions_do_not_take_each_others_edges() {
    model(|| {
        let fake = Fake::new();
        let writer = thread::spawn({
            let fake = fake.clone();
            move || assert!(fake.take_polled(Direction::Write))
        });
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || {
                fake.put(Direction::Read);
                fake.put(Direction::Write);
            }
        });
        assert!(fake.take_polled(Direction::Read));
        writer.join().unwrap();
        reactor.join().unwrap();
    });
}

#[test]
fn an_error_wakes_both_directions() {
    model(|| {
        let fake = Fake::new();
        let writer = thread::spawn({
            let fake = fake.clone();
            move || assert!(!fake.take_async(Direction::Write))
        });
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.notify(BROKEN)
        });
        assert!(!fake.take_async(Direction::Read));
        writer.join().unwrap();
        reactor.join().unwrap();
    });
}

#[test]
fn a_waiter_dropped_while_waiting_takes_nothing_from_the_other() {
    model(|| {
        let fake = Fake::new();
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.put(Direction::Read)
        });
        {
            let mut waiter = Waiter::new(&fake.source, Direction::Read);
            let mut cx = Context::from_waker(Waker::noop());
            if fake.poll_take(&mut cx, Direction::Read, &mut waiter).is_ready() {
                fake.put(Direction::Read);
            }
        }
        assert!(fake.take_async(Direction::Read));
        reactor.join().unwrap();
    });
}

#[test]
fn closing_ends_a_wait() {
    model(|| {
        let fake = Fake::new();
        let reader = thread::spawn({
            let fake = fake.clone();
            move || assert!(!fake.take_async(Direction::Read))
        });
        let mut woken = Vec::new();
        assert!(fake.source.close(&mut woken));
        wake(&mut woken);
        assert!(!fake.source.close(&mut woken));
        reader.join().unwrap();
    });
}

#[test]
fn shutdown_ends_a_wait() {
    model(|| {
        let fake = Fake::new();
        let reader = thread::spawn({
            let fake = fake.clone();
            move || assert!(!fake.take_polled(Direction::Read))
        });
        let mut woken = Vec::new();
        fake.source.kill(&mut woken);
        wake(&mut woken);
        reader.join().unwrap();
    });
}

#[test]
fn a_late_event_does_not_reopen_a_closed_source() {
    model(|| {
        let fake = Fake::new();
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.put(Direction::Read)
        });
        let mut woken = Vec::new();
        fake.source.close(&mut woken);
        wake(&mut woken);
        assert!(!fake.take_async(Direction::Read));
        reactor.join().unwrap();
        assert!(!fake.take_async(Direction::Read));
    });
}

#[test]
fn a_retry_wakes_and_can_be_armed_again() {
    model(|| {
        let fake = Fake::new();
        assert!(fake.source.arm_retry(Direction::Read));
        assert!(!fake.source.arm_retry(Direction::Read));
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || {
                fake.readable.fetch_add(1, SeqCst);
                let mut woken = Vec::new();
                fake.source.retry(Direction::Read, &mut woken);
                wake(&mut woken);
            }
        });
        assert!(fake.take_async(Direction::Read));
        reactor.join().unwrap();
        assert!(fake.source.arm_retry(Direction::Read));
    });
}

/// As when a receiver keeps a message that it cannot take, while another has seen none.
#[test]
fn what_is_left_over_wakes_a_reader_that_has_just_found_nothing() {
    model(|| {
        let fake = Fake::new();
        let other = thread::spawn({
            let fake = fake.clone();
            move || {
                fake.readable.fetch_add(1, SeqCst);
                let mut woken = Vec::new();
                fake.source.renew(Direction::Read, &mut woken);
                wake(&mut woken);
            }
        });
        assert!(fake.take_async(Direction::Read));
        other.join().unwrap();
    });
}

#[test]
fn a_panicking_waker_does_not_keep_others_from_being_woken() {
    struct Panics(StdArc<StdAtomicUsize>);

    impl Wake for Panics {
        fn wake(self: StdArc<Self>) {
            self.0.fetch_add(1, SeqCst);
            panic!("a waker that panics");
        }
    }

    model(|| {
        let fake = Fake::new();
        let panics = StdArc::new(StdAtomicUsize::new(0));
        let panicking = Waker::from(StdArc::new(Panics(panics.clone())));
        let mut place = Slot(Direction::Read);
        let poll =
            fake.poll_take(&mut Context::from_waker(&panicking), Direction::Read, &mut place);
        assert!(poll.is_pending());
        let reactor = thread::spawn({
            let fake = fake.clone();
            move || fake.put(Direction::Read)
        });
        assert!(fake.take_async(Direction::Read));
        reactor.join().unwrap();
        assert_eq!(panics.load(SeqCst), 1);
    });
}
