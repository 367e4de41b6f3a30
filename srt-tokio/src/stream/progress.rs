//! Whether acknowledgements still come while a task waits for them.

use std::time::{Duration, Instant};

/// Between two looks of the same wait. Longer ones begin anew: the packets may be others.
const LOOK_GAP: Duration = Duration::from_secs(1);

/// The last look at how much is unacknowledged.
#[derive(Debug, Default)]
pub(super) struct Progress(Option<Look>);

#[derive(Debug)]
struct Look {
    at: Instant,
    unacknowledged: usize,
    /// When the number has last fallen, or was first seen.
    since: Instant,
}

impl Progress {
    /// Notes how many packets are unacknowledged. Returns for how long there have not been fewer.
    pub(super) fn note(&mut self, unacknowledged: usize, now: Instant) -> Duration {
        let since = match &self.0 {
            Some(look)
                if now.saturating_duration_since(look.at) < LOOK_GAP
                    && unacknowledged >= look.unacknowledged =>
            {
                look.since
            }
            _ => now,
        };
        self.0 = Some(Look { at: now, unacknowledged, since });
        now.saturating_duration_since(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_acknowledgements_are_progress() {
        let start = Instant::now();
        let mut progress = Progress::default();
        let mut note = |unacknowledged, tenths| {
            let stalled = progress.note(unacknowledged, start + tenths * LOOK_GAP / 10);
            stalled.as_secs_f64() / LOOK_GAP.as_secs_f64()
        };
        assert_eq!(note(5, 0), 0.0);
        assert_eq!(note(5, 5), 0.5);
        // Something was sent.
        assert_eq!(note(7, 8), 0.8);
        assert_eq!(note(6, 12), 0.0);
        assert_eq!(note(6, 14), 0.2);
        // Nobody has waited for a while.
        assert_eq!(note(6, 30), 0.0);
    }
}
