//! What was published, and what each viewer got of it.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

/// The messages that were published, in order.
#[derive(Debug, Default)]
pub(crate) struct Record {
    messages: RwLock<Messages>,
}

#[derive(Debug, Default)]
struct Messages {
    /// How many of the oldest are forgotten.
    forgotten: u64,
    kept: VecDeque<Bytes>,
}

impl Record {
    /// More than can be under way between publisher and viewer: 8192 messages each in the send and
    /// the receive buffers of both connections, and in the server's channel.
    const KEPT: usize = 65_536;

    /// Must come before the sending, so that no viewer can be ahead of the record.
    pub(crate) fn push(&self, message: Bytes) {
        let mut messages = self.messages.write().unwrap_or_else(PoisonError::into_inner);
        if messages.kept.len() == Self::KEPT {
            messages.kept.pop_front();
            messages.forgotten += 1;
        }
        messages.kept.push_back(message);
    }

    /// How many messages were published.
    pub(crate) fn len(&self) -> u64 {
        self.read(Messages::len)
    }

    fn read<T>(&self, f: impl FnOnce(&Messages) -> T) -> T {
        f(&self.messages.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Messages {
    fn len(&self) -> u64 {
        self.forgotten + self.kept.len() as u64
    }

    fn get(&self, index: u64) -> Option<&Bytes> {
        self.kept.get(index.checked_sub(self.forgotten)? as usize)
    }

    /// The first one at or after `index` that is the same as `message`.
    fn find_from(&self, index: u64, message: &[u8]) -> Option<u64> {
        (index..self.len()).find(|index| self.get(*index).is_some_and(|kept| kept == message))
    }
}

/// How what was received compares with what was published, in messages unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Received, repetitions left out.
    pub(crate) received: u64,
    /// Published, but not received although later ones were.
    pub(crate) lost: u64,
    /// Received again, or too late to be in order.
    pub(crate) repeated: u64,
    /// Bytes that differ from the published ones, are missing from a message or too many in it.
    pub(crate) bytes_corrupt: u64,
}

/// Compares what one viewer receives, byte by byte, with the record.
///
/// Messages carry no numbers, so it is their contents that tell which one this is. The number of
/// lost ones is exact all the same: as long as nothing is corrupt or out of order, taking each
/// message for the nearest published one that is equal always leads to the end.
#[derive(Debug)]
pub(crate) struct Checker {
    record: Arc<Record>,
    /// The index of the published message that is due.
    next: u64,
    tally: Tally,
}

impl Checker {
    pub(crate) fn new(record: Arc<Record>) -> Self {
        Self { record, next: 0, tally: Tally::default() }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(crate) fn check(&mut self, message: &[u8]) {
        let Self { record, next, tally } = self;
        record.read(|published| {
            if let Some(found) = published.find_from((*next).max(published.forgotten), message) {
                tally.received += 1;
                tally.lost += found - *next;
                *next = found + 1;
            } else if published.find_from(published.forgotten, message).is_some() {
                tally.repeated += 1;
            } else if let Some(due) = published.get(*next) {
                tally.received += 1;
                tally.bytes_corrupt += differences(due, message);
                *next += 1;
            } else {
                // More messages than were published.
                tally.bytes_corrupt += message.len() as u64;
            }
        });
    }
}

/// How many bytes are not the same, the difference in length included.
fn differences(a: &[u8], b: &[u8]) -> u64 {
    let differing = a.iter().zip(b).filter(|(a, b)| a != b).count();
    (differing + a.len().abs_diff(b.len())) as u64
}
