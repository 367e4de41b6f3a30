//! Retries for the states that libsrt reports no event for.
//!
//! Such as a message that needs more room than the send buffer has while it still counts as
//! writable, the packets of a broken connection whose time of delivery has not come, the send buffer
//! running empty, and most of what happens to the members of a group. The reactor's wait ends every
//! 10 ms anyway, so they all share that grid instead of a timer each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::source::{Direction, Source};

/// How long an operation waits before it is tried again without an event.
const RETRY_DELAY: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Spares the reactor the lock in the usual case that nothing is pending.
    pending: AtomicUsize,
    heap: Mutex<BinaryHeap<Reverse<Timer>>>,
}

#[derive(Debug)]
struct Timer {
    at: Instant,
    /// Weak, so that a retry never keeps a closed socket's state alive.
    source: Weak<Source>,
    direction: Direction,
}

impl Timers {
    pub(super) fn retry_soon(&self, source: &Arc<Source>, direction: Direction) {
        if !source.arm_retry(direction) {
            return;
        }
        let timer =
            Timer { at: Instant::now() + RETRY_DELAY, source: Arc::downgrade(source), direction };
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        heap.push(Reverse(timer));
        self.pending.store(heap.len(), Ordering::Release);
    }

    /// Makes the sources ready whose time has come. Returns how many they were.
    pub(super) fn fire(&self, woken: &mut Vec<Waker>) -> usize {
        if self.pending.load(Ordering::Acquire) == 0 {
            return 0;
        }
        let now = Instant::now();
        let mut fired = 0;
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        while heap.peek().is_some_and(|Reverse(timer)| timer.at <= now) {
            let Some(Reverse(timer)) = heap.pop() else {
                break;
            };
            if let Some(source) = timer.source.upgrade() {
                source.retry(timer.direction, woken);
                fired += 1;
            }
        }
        self.pending.store(heap.len(), Ordering::Release);
        fired
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Timer {}
