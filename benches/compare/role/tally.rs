//! What a receiver notes of messages.

use std::time::Duration;

use super::stamp::{MESSAGE, Stamp, now_ns};

/// Messages of all streams together whose lateness and number are noted.
const CAPACITY: usize = 1 << 22;

/// What was received on one stream.
#[derive(Debug)]
pub(crate) struct Tally {
    /// By how much each message was late, and a bit for each sequence number. Untouched memory is
    /// not the process's yet, so there is plenty.
    pub(crate) late_us: Vec<u32>,
    pub(crate) seen: Vec<u64>,
    pub(crate) samples: u32,
    /// How old a message is when it is in time.
    pub(crate) delay_ns: u64,
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    pub(crate) first_ns: u64,
    pub(crate) last_ns: u64,
}

/// What was received on all streams.
#[derive(Debug)]
pub(crate) struct Total {
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    /// From the first to the last.
    pub(crate) elapsed: Duration,
    /// In ascending order.
    late_us: Vec<u32>,
}

impl Tally {
    /// One for each stream.
    pub(crate) fn of_streams(streams: usize, delay: Duration) -> Vec<Self> {
        let capacity = (CAPACITY / streams).next_multiple_of(64);
        let tally = || Self {
            late_us: vec![0; capacity],
            seen: vec![0; capacity / 64],
            samples: 0,
            delay_ns: delay.as_nanos() as u64,
            received: 0,
            bytes: 0,
            first_ns: 0,
            last_ns: 0,
        };
        (0..streams).map(|_| tally()).collect()
    }

    /// Notes a message. One that was there before does not count again.
    pub(crate) fn message(&mut self, message: &[u8]) {
        let Some(stamp) = Stamp::read(message) else { return };
        let now = now_ns();
        if let Some(seen) = self.seen.get_mut(stamp.sequence as usize / 64) {
            let bit = 1 << (stamp.sequence % 64);
            if *seen & bit != 0 {
                return;
            }
            *seen |= bit;
        }
        if let Some(late_us) = self.late_us.get_mut(self.samples as usize) {
            let late_ns = now.saturating_sub(stamp.sent_ns + self.delay_ns);
            *late_us = u32::try_from(late_ns / 1000).unwrap_or(u32::MAX);
            self.samples += 1;
        }
        self.received += 1;
        self.time(now, message.len());
    }

    /// Notes a part of a stream of bytes.
    pub(crate) fn bytes(&mut self, len: usize) {
        self.time(now_ns(), len);
    }

    fn time(&mut self, now: u64, len: usize) {
        if self.bytes == 0 {
            self.first_ns = now;
        }
        self.last_ns = now;
        self.bytes += len as u64;
    }
}

impl Total {
    pub(crate) fn of(tallies: &[Tally]) -> Self {
        let used = || tallies.iter().filter(|tally| tally.bytes > 0);
        let first_ns = used().map(|tally| tally.first_ns).min().unwrap_or(0);
        let last_ns = used().map(|tally| tally.last_ns).max().unwrap_or(0);
        let samples = used().flat_map(|tally| &tally.late_us[..tally.samples as usize]);
        let mut late_us: Vec<_> = samples.copied().collect();
        late_us.sort_unstable();
        let bytes = used().map(|tally| tally.bytes).sum();
        let messages = used().map(|tally| tally.received).sum();
        // A stream of bytes is counted as if it had messages.
        let received = if messages == 0 { bytes / MESSAGE as u64 } else { messages };
        Self { received, bytes, elapsed: Duration::from_nanos(last_ns - first_ns), late_us }
    }

    /// By how much the given share of the messages was late at most, in us.
    pub(crate) fn late(&self, share: f64) -> Option<u32> {
        let rank = (share * self.late_us.len() as f64).ceil() as usize;
        self.late_us.get(rank.max(1) - 1).copied()
    }
}
