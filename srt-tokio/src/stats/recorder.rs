//! Statistics for the `metrics` facade.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use metrics::{
    Counter, Gauge, IntoLabels, Key, KeyName, Label, Level, Metadata, Unit, with_recorder,
};

use super::{Stats, for_each_statistic};

/// Hands the statistics of a connection to the recorder of the [`metrics`] facade.
///
/// Every field of [`Stats`] but the [span](Stats::span) is a metric. Its name is `srt_` and that of
/// the field; where the field is a duration then `_seconds`, and where it is a rate then
/// `_bits_per_second`. What is counted from the start of the connection is a counter, except
/// `srt_send_duration_seconds`; all else are gauges. So there are
///
/// - `srt_packets_sent`, `srt_bytes_received_lost` and so on, counters,
/// - `srt_rtt_seconds`, `srt_send_buffer_span_seconds` and so on, gauges,
/// - `srt_bandwidth_bits_per_second` and `srt_max_bandwidth_bits_per_second`, gauges,
/// - `srt_packets_in_flight`, `srt_receive_buffer_bytes` and so on, gauges.
///
/// The labels are up to you. Counters of recorders with the same labels add up, as they should where
/// one connection takes the place of another; the gauges are those of the latest snapshot, so that
/// connections at the same time are to be told apart. Recorders of metrics as a rule keep every set
/// of labels for good: use names that you know, rather than what a peer may choose, such as its
/// stream id.
///
/// Needs the feature `metrics`.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use futures::StreamExt;
/// use srt_tokio::{SrtStream, StatsRecorder};
///
/// /// `camera` is one of those that there are.
/// async fn report(stream: &SrtStream, camera: &'static str) {
///     let recorder = StatsRecorder::new(&[("camera", camera)]);
///     let mut snapshots = stream.stats_stream(Duration::from_secs(5));
///     while let Some(stats) = snapshots.next().await {
///         recorder.record(&stats);
///     }
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
#[derive(Debug)]
pub struct StatsRecorder {
    metrics: Metrics,
    /// What was recorded last: counters of metrics outlive connections, and never go back.
    last: Mutex<Stats>,
}

impl StatsRecorder {
    /// Registers the metrics with these labels, and describes them, at the recorder that is
    /// installed at this moment. Without one nothing is recorded.
    pub fn new(labels: impl IntoLabels) -> Self {
        let labels = labels.into_labels();
        Self { metrics: Metrics::new(&labels), last: Mutex::default() }
    }

    /// Records a snapshot, not a difference of two. Those of a connection are to be recorded in their
    /// order, and the next connection should have a recorder of its own: that there is another one
    /// can only be told here if it is younger.
    pub fn record(&self, stats: &Stats) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if stats.age < last.age { Stats::default() } else { *last };
        *last = *stats;
        drop(last);
        self.metrics.record(stats, &stats.since(&before));
    }
}

macro_rules! define_metrics {
    (
        packets {$($(#[doc = $p_doc:expr])+ #[doc(alias = $p_c:literal)] $p:ident = $p_raw:ident;)*}
        bytes {
            $($(#[doc = $b_doc:expr])+ #[doc(alias = $b_c:literal)]
            $b:ident = $b_raw:ident with $b_packets:ident;)*
        }
        rates {$($(#[doc = $r_doc:expr])+ #[doc(alias = $r_c:literal)] $r:ident = $r_raw:ident;)*}
        times {
            $($(#[doc = $t_doc:expr])+ #[doc(alias = $t_c:literal)]
            $t:ident = $t_convert:ident($t_raw:ident);)*
        }
        amounts {$($(#[doc = $a_doc:expr])+ #[doc(alias = $a_c:literal)] $a:ident = $a_raw:ident;)*}
    ) => {
        struct Metrics {
            age: Gauge,
            $($p: Counter,)*
            $($b: Counter,)*
            bytes_undecrypted: Counter,
            send_duration: Gauge,
            $($r: Gauge,)*
            $($t: Gauge,)*
            $($a: Gauge,)*
        }

        impl Metrics {
            fn new(labels: &[Label]) -> Self {
                Self {
                    age: gauge(
                        "srt_age_seconds", Some(Unit::Seconds), "The age of the connection.", labels,
                    ),
                    $($p: counter(
                        concat!("srt_", stringify!($p)),
                        Some(Unit::Count),
                        concat!($($p_doc),+).trim(),
                        labels,
                    ),)*
                    $($b: counter(
                        concat!("srt_", stringify!($b)),
                        Some(Unit::Bytes),
                        concat!($($b_doc),+).trim(),
                        labels,
                    ),)*
                    bytes_undecrypted: counter(
                        "srt_bytes_undecrypted",
                        Some(Unit::Bytes),
                        "Bytes that could not be decrypted, without headers.",
                        labels,
                    ),
                    send_duration: gauge(
                        "srt_send_duration_seconds",
                        Some(Unit::Seconds),
                        "The time in which there was something to send.",
                        labels,
                    ),
                    $($r: gauge(
                        concat!("srt_", stringify!($r), "_bits_per_second"),
                        Some(Unit::BitsPerSecond),
                        concat!($($r_doc),+).trim(),
                        labels,
                    ),)*
                    $($t: gauge(
                        concat!("srt_", stringify!($t), "_seconds"),
                        Some(Unit::Seconds),
                        concat!($($t_doc),+).trim(),
                        labels,
                    ),)*
                    $($a: gauge(
                        concat!("srt_", stringify!($a)),
                        None,
                        concat!($($a_doc),+).trim(),
                        labels,
                    ),)*
                }
            }

            /// Records what is, and what is `new` since the last time.
            fn record(&self, stats: &Stats, new: &Stats) {
                let seconds = |duration: Duration| duration.as_secs_f64();
                self.age.set(seconds(stats.age));
                $(self.$p.increment(new.$p);)*
                $(self.$b.increment(new.$b);)*
                self.bytes_undecrypted.increment(new.bytes_undecrypted);
                self.send_duration.set(seconds(stats.send_duration));
                $(self.$r.set(stats.$r.bits_per_second() as f64);)*
                $(self.$t.set(seconds(stats.$t));)*
                $(self.$a.set(stats.$a as f64);)*
            }
        }
    };
}

for_each_statistic!(define_metrics);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn counter(
    name: &'static str,
    unit: Option<Unit>,
    text: &'static str,
    labels: &[Label],
) -> Counter {
    with_recorder(|recorder| {
        recorder.describe_counter(KeyName::from(name), unit, text.into());
        recorder.register_counter(&Key::from_parts(name, labels.to_vec()), &METADATA)
    })
}

fn gauge(name: &'static str, unit: Option<Unit>, text: &'static str, labels: &[Label]) -> Gauge {
    with_recorder(|recorder| {
        recorder.describe_gauge(KeyName::from(name), unit, text.into());
        recorder.register_gauge(&Key::from_parts(name, labels.to_vec()), &METADATA)
    })
}

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
