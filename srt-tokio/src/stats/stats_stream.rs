//! Snapshots of a connection's statistics at intervals.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Stats;
use crate::stream::SrtStream;

/// Snapshots at intervals, from [`SrtStream::stats_stream`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct StatsStream<'a> {
    stream: &'a SrtStream,
    interval: Interval,
    ended: bool,
}

impl SrtStream {
    /// Takes a snapshot of the statistics now and once in every `period`. The first one after the end
    /// of the connection, whichever side has brought it about, is the last. A rate over the first one
    /// alone would be one over milliseconds; begin with the difference of two.
    ///
    /// Any number of these can run at once. Their differences are to be had by [`Stats::since`].
    ///
    /// # Panics
    ///
    /// If `period` is zero, or outside of a tokio runtime with a time driver.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::SrtStream;
    ///
    /// async fn watch(stream: &SrtStream) {
    ///     let mut snapshots = stream.stats_stream(Duration::from_secs(1));
    ///     // It comes at once: what to compare with.
    ///     let Some(mut before) = snapshots.recv().await else { return };
    ///     while let Some(stats) = snapshots.recv().await {
    ///         let interval = stats.since(&before);
    ///         println!("{}", interval.receive_rate());
    ///         before = stats;
    ///     }
    /// }
    /// ```
    #[doc(alias = "srt_bistats")]
    #[track_caller]
    pub fn stats_stream(&self, period: Duration) -> StatsStream<'_> {
        let mut interval = interval(period);
        // Who comes late has no use for what was to come before.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        StatsStream { stream: self, interval, ended: false }
    }
}

impl StatsStream<'_> {
    /// Takes the next snapshot, when its time has come. `None` after the last one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, no snapshot was taken.
    pub async fn recv(&mut self) -> Option<Stats> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv). Only the waker of the latest call is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Stats>> {
        if self.ended {
            return Poll::Ready(None);
        }
        ready!(self.interval.poll_tick(cx));
        // In this order, so that the snapshot after the end is the last one.
        self.ended = self.stream.close_reason().is_some();
        let stats = self.stream.stats().ok();
        self.ended |= stats.is_none();
        Poll::Ready(stats)
    }
}

impl Stream for StatsStream<'_> {
    type Item = Stats;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Stats>> {
        self.poll_recv(cx)
    }
}
