//! Counters of the reactor, for the whole process.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::thread;
use crate::firewall;

/// What the reactor has done since the process started, from [`reactor_metrics`].
///
/// The counters only grow; subtract two snapshots to get a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReactorMetrics {
    /// Sockets registered at this moment.
    pub sockets: usize,
    /// Times that the reactor thread has looked for events, including the times it found none:
    /// while any socket is registered it looks every 10 ms, or after what [`Moderation`] adds.
    ///
    /// [`Moderation`]: crate::Moderation
    pub waits: u64,
    /// Events that libsrt has reported.
    pub events: u64,
    /// Events for sockets that were deregistered meanwhile. Harmless.
    pub late_events: u64,
    /// Tasks woken.
    pub wakes: u64,
    /// Operations that were tried and found nothing to do. Each costs an exception inside libsrt,
    /// so in a steady stream there are few.
    pub would_block: u64,
    /// Operations tried again after a while because libsrt reports no event for what they wait for.
    pub retries: u64,
    /// Waits so long that the socket was looked after, because an event may have been lost.
    pub repairs: u64,
    /// Wakers that panicked. The panic is caught and the other tasks are woken.
    pub panics: u64,
    /// Datagrams that the kernel has dropped on the UDP ports behind the
    /// [firewall](crate::SrtOptions::firewall), because they are no valid SRT packets, or because a
    /// receive buffer was full: the kernel has one counter for both (`SO_MEMINFO`). A snapshot asks it
    /// for each port, some microseconds. Linux only.
    #[doc(alias = "SO_MEMINFO")]
    pub dropped_datagrams: u64,
}

/// Takes a snapshot of the reactor's counters.
///
/// ```
/// let metrics = srt_tokio::reactor_metrics();
/// assert!(metrics.late_events <= metrics.events);
/// ```
pub fn reactor_metrics() -> ReactorMetrics {
    ReactorMetrics {
        sockets: thread::registered(),
        waits: WAITS.get(),
        events: EVENTS.get(),
        late_events: LATE_EVENTS.get(),
        wakes: WAKES.get(),
        would_block: WOULD_BLOCK.get(),
        retries: RETRIES.get(),
        repairs: REPAIRS.get(),
        panics: PANICS.get(),
        dropped_datagrams: firewall::dropped(),
    }
}

pub(super) static WAITS: Counter = Counter::new();
pub(super) static EVENTS: Counter = Counter::new();
pub(super) static LATE_EVENTS: Counter = Counter::new();
pub(super) static WAKES: Counter = Counter::new();
pub(super) static WOULD_BLOCK: Counter = Counter::new();
pub(super) static RETRIES: Counter = Counter::new();
pub(super) static REPAIRS: Counter = Counter::new();
pub(super) static PANICS: Counter = Counter::new();

pub(super) struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) fn add(&self, count: usize) {
        if count > 0 {
            self.0.fetch_add(count as u64, Relaxed);
        }
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
