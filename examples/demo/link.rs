//! One end of a connection, with its statistics.

use std::sync::{Mutex, PoisonError};

use srt_tokio::{SrtStream, Stats};

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) stream: SrtStream,
    last: Mutex<Stats>,
}

impl Link {
    pub(crate) fn new(stream: SrtStream) -> Self {
        Self { stream, last: Mutex::default() }
    }

    /// The statistics, or once the connection has ended, the last that were taken before.
    pub(crate) fn stats(&self) -> Stats {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(stats) = self.stream.stats() {
            *last = stats;
        }
        *last
    }
}
