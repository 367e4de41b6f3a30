//! Whether the system refuses threads to this process.
//!
//! libsrt starts the thread that delivers a connection's packets when the first one arrives. If it gets
//! none, it discards that packet and all that follow, counts nothing and tells nobody. Nothing can be
//! seen of it from outside but what it comes from.

use std::thread;
use std::time::{Duration, Instant};

/// How long an answer holds. A task may wait for a first packet for hours, and a thread costs tens of
/// microseconds.
const VALIDITY: Duration = Duration::from_secs(3);

/// The usual stack of libsrt's threads, which may be what is refused.
const STACK_SIZE: usize = 8 << 20;

#[derive(Debug, Default)]
pub(super) struct ThreadProbe {
    latest: Option<(Instant, bool)>,
}

impl ThreadProbe {
    /// Tries to start a thread, unless that was done a moment ago.
    pub(super) fn are_refused(&mut self, now: Instant) -> bool {
        match self.latest {
            Some((at, refused)) if now.saturating_duration_since(at) < VALIDITY => refused,
            _ => {
                // It ends at once.
                let probe = thread::Builder::new().name("srt-probe".into()).stack_size(STACK_SIZE);
                let probe = probe.spawn(|| {});
                let refused = probe.is_err();
                self.latest = Some((now, refused));
                refused
            }
        }
    }
}
