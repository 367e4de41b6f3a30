//! The way into libsrt, which is shut at the end of the process.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Counts who is inside, so that whoever shuts it knows when everybody has left.
#[derive(Debug)]
pub(super) struct Gate {
    shut: AtomicBool,
    inside: [Count; COUNTS],
}

/// Proof that the gate was open; it counts as inside until this is dropped.
#[derive(Debug)]
#[must_use = "libsrt may be gone as soon as this is dropped"]
pub(super) struct Inside {
    count: &'static AtomicUsize,
    /// It is to be dropped where it was made, in whose count it is.
    _not_send: PhantomData<*const ()>,
}

/// Threads share a count if there are more of them, which costs time and nothing else.
const COUNTS: usize = 64;

/// Alone on its cache lines: processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Count(AtomicUsize);

impl Gate {
    pub(super) const fn new() -> Self {
        Self {
            shut: AtomicBool::new(false),
            inside: [const { Count(AtomicUsize::new(0)) }; COUNTS],
        }
    }

    /// `None` if it is shut.
    #[inline]
    pub(super) fn enter(&'static self) -> Option<Inside> {
        let count = &self.inside[own_count()].0;
        // Counted first and asked second, while `shut` sets the flag first and looks at the counts
        // second: one of the two sees the other.
        count.fetch_add(1, Ordering::SeqCst);
        let inside = Inside { count, _not_send: PhantomData };
        if self.shut.load(Ordering::SeqCst) { None } else { Some(inside) }
    }

    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Relaxed)
    }

    /// From now on nobody enters any more. Waits until everybody has left, for the time of `patience`
    /// at most.
    pub(super) fn shut(&self, patience: Duration) {
        self.shut.store(true, Ordering::SeqCst);
        let deadline = Instant::now() + patience;
        while self.inside.iter().any(|count| count.0.load(Ordering::SeqCst) > 0)
            && Instant::now() < deadline
        {
            thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Release);
    }
}

/// Which count is that of this thread.
#[inline]
fn own_count() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    OWN.with(|own| {
        if own.get() == usize::MAX {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        own.get() % COUNTS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_inside_once_it_is_shut() {
        for _ in 0..200 {
            let gate: &'static Gate = Box::leak(Box::new(Gate::new()));
            let gone: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
            // More threads than counts.
            let threads: Vec<_> = (0..COUNTS + 6)
                .map(|_| {
                    thread::spawn(move || {
                        while let Some(_inside) = gate.enter() {
                            assert!(!gone.load(Ordering::SeqCst));
                            thread::yield_now();
                            assert!(!gone.load(Ordering::SeqCst));
                        }
                    })
                })
                .collect();
            gate.shut(Duration::from_secs(60));
            gone.store(true, Ordering::SeqCst);
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(gate.is_shut() && gate.enter().is_none());
        }
    }

    #[test]
    fn patience_with_who_stays_inside_has_an_end() {
        static GATE: Gate = Gate::new();

        let inside = GATE.enter();
        GATE.shut(Duration::from_millis(1));
        assert!(inside.is_some() && GATE.enter().is_none());
    }
}
