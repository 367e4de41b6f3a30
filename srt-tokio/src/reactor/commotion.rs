//! Wake-ups that end no wait.
//!
//! libsrt wakes who waits in an epoll whenever anything happens on any of its sockets, and has it look
//! and wait again. With hundreds of senders that is every acknowledgement, thousands of times a
//! second. While this goes on the reactor rests in place of its waits, and looks in between.

use std::time::{Duration, Instant};

use crate::sys::wakeups;

/// For how long nobody waits once waits were disturbed. Then one wait shows whether they still are.
const LAST: Duration = Duration::from_millis(250);

/// A wait that an event has ended before tells little.
const LONG: Duration = Duration::from_millis(5);

/// Fewer wake-ups than this are those that every wait has.
const FEW: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Commotion {
    until: Option<Instant>,
}

/// A wait under way.
#[derive(Debug)]
pub(super) struct Observed {
    since: Instant,
    wakeups: u64,
}

impl Commotion {
    /// To be called before a wait. `None` if the system does not tell what there is to know.
    pub(super) fn observe() -> Option<Observed> {
        Some(Observed { since: Instant::now(), wakeups: wakeups()? })
    }

    /// Judges a wait that is over, which might have been rests of this length.
    pub(super) fn judge(&mut self, wait: &Observed, rest: Duration) {
        let now = Instant::now();
        let took = now.duration_since(wait.since);
        if took < LONG {
            return;
        }
        let woken = wakeups().map_or(0, |wakeups| wakeups.saturating_sub(wait.wakeups));
        let disturbed = is_disturbed(woken, took, rest);
        self.until = disturbed.then(|| now + LAST);
    }

    /// Whether to rest in place of a wait.
    pub(super) fn lasts(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    pub(super) fn clear(&mut self) {
        self.until = None;
    }
}

/// Whether a wait has cost more than twice the wake-ups that rests would have.
fn is_disturbed(woken: u64, took: Duration, rest: Duration) -> bool {
    let woken = u32::try_from(woken).unwrap_or(u32::MAX);
    woken >= FEW && rest.saturating_mul(woken) > 2 * took
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_disturbed_by_more_wake_ups_than_rests_would_cost() {
        let millis = Duration::from_millis;
        // The end of the wait, and one acknowledgement.
        assert!(!is_disturbed(2, millis(10), millis(20)));
        // Five rests would have taken as long.
        assert!(!is_disturbed(10, millis(10), millis(2)));
        assert!(is_disturbed(11, millis(10), millis(2)));
        assert!(is_disturbed(3, millis(10), millis(20)));
        // The lowest latency has no rests.
        assert!(!is_disturbed(1000, millis(10), Duration::ZERO));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_quiet_wait_ends_the_commotion() {
        let mut commotion = Commotion { until: Some(Instant::now() + LAST) };
        assert!(commotion.lasts(Instant::now()));
        let wait = Commotion::observe().unwrap();
        commotion.judge(&wait, Duration::from_millis(2));
        assert!(commotion.lasts(Instant::now()));
        std::thread::sleep(LONG);
        commotion.judge(&wait, Duration::from_millis(2));
        assert!(!commotion.lasts(Instant::now()));
        let wait = Commotion::observe().unwrap();
        for _ in 0..FEW {
            std::thread::sleep(LONG / FEW);
        }
        commotion.judge(&wait, Duration::from_secs(1));
        assert!(commotion.lasts(Instant::now()));
    }
}
