//! Statistics: what is counted, for any number of readers, and beyond the end.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use srt_tokio::{SrtOptions, SrtStream, Stats, StatsRecorder, TransmissionMode};
use support::pair::{pair, pair_in, pair_through_proxy, pair_with, within};

/// Headers of IPv4, UDP and SRT.
const HEADERS: u64 = 44;

async fn exchange(from: &SrtStream, to: &SrtStream, count: u64) {
    let mut buffer = [0; 1456];
    for _ in 0..count {
        within(from.send(&[7; 100])).await.unwrap();
    }
    for _ in 0..count {
        assert_eq!(within(to.recv(&mut buffer)).await.unwrap(), 100);
    }
}

#[tokio::test]
async fn both_sides_count_the_same() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_secs(1))).await;
    exchange(&caller, &accepted, 50).await;
    within(caller.acknowledged()).await.unwrap();
    let (sender, receiver) = (caller.stats().unwrap(), accepted.stats().unwrap());
    assert_eq!(sender.packets_sent_unique, 50);
    assert_eq!(receiver.packets_received_unique, 50);
    assert_eq!(sender.bytes_sent_unique, 50 * (100 + HEADERS));
    assert_eq!(receiver.bytes_received_unique, 50 * (100 + HEADERS));
    assert!(receiver.acks_sent > 0 && sender.acks_received > 0);
    assert_eq!(sender.send_buffer_packets, 0);
    assert_eq!(receiver.receive_latency, Duration::from_secs(1));
    assert_eq!(sender.send_latency, Duration::from_secs(1));
    assert_eq!(sender.max_segment_size, 1500);
    assert!(sender.flow_window > 0 && sender.send_buffer_available > 0, "{sender:?}");
    assert!(sender.send_duration > Duration::ZERO);
    assert_eq!(sender.span, sender.age);
}

#[tokio::test]
async fn two_readers_do_not_disturb_each_other() {
    let (caller, accepted) = pair().await;
    let mut often = Vec::new();
    let first = accepted.stats().unwrap();
    for _ in 0..5 {
        let before = accepted.stats().unwrap();
        exchange(&caller, &accepted, 10).await;
        often.push(accepted.stats().unwrap().since(&before));
    }
    let whole = accepted.stats().unwrap().since(&first);
    assert_eq!(whole.packets_received_unique, 50);
    for interval in &often {
        assert_eq!(interval.packets_received_unique, 10);
        assert_eq!(interval.bytes_received_unique, 10 * (100 + HEADERS));
        assert!(interval.span <= whole.span);
    }
}

#[tokio::test]
async fn losses_and_what_makes_up_for_them_are_counted_on_both_sides() {
    // On a busy machine it may take its time until the last of them has made it.
    let (proxy, caller, accepted) =
        pair_through_proxy(SrtOptions::new().too_late_drop(false)).await;
    proxy.lose_if(|data| data.message_number % 10 == 5 && !data.is_retransmitted);
    for _ in 0..10 {
        exchange(&caller, &accepted, 10).await;
    }
    // In this order, as a packet may be sent once more at any time.
    let receiver = accepted.stats().unwrap();
    let sender = caller.stats().unwrap();
    assert!(receiver.packets_received_lost > 0, "{receiver:?}");
    assert!(receiver.bytes_received_lost > 0);
    assert!(receiver.naks_sent > 0 && sender.naks_received > 0);
    assert!(sender.packets_sent_lost > 0);
    assert!(sender.packets_retransmitted >= receiver.packets_received_retransmitted);
    assert!(receiver.packets_received_retransmitted > 0, "{receiver:?}");
    assert_eq!(receiver.packets_received_unique, 100);
    assert_eq!(sender.bytes_retransmitted, sender.packets_retransmitted * (100 + HEADERS));
}

#[tokio::test]
async fn the_last_snapshot_is_exact_if_this_side_closes() {
    for mode in [TransmissionMode::Live, TransmissionMode::FileMessage] {
        let (caller, accepted) = pair_in(mode).await;
        exchange(&caller, &accepted, 20).await;
        within(caller.close()).await.unwrap();
        let last = caller.stats().unwrap();
        assert_eq!(last.packets_sent_unique, 20);
        assert_eq!(last.send_buffer_packets, 0);
        assert_eq!(caller.stats().unwrap(), last);
    }
}

#[tokio::test]
async fn the_last_snapshot_stays_when_the_peer_closes() {
    let (caller, accepted) = pair().await;
    exchange(&caller, &accepted, 20).await;
    let before = accepted.stats().unwrap();
    within(caller.close()).await.unwrap();
    while within(accepted.recv(&mut [0; 1456])).await.unwrap() > 0 {}
    let last = accepted.stats().unwrap();
    assert_eq!(last.packets_received_unique, 20);
    assert!(last.age >= before.age);
    // Long after libsrt has forgotten the socket.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(accepted.stats().unwrap(), last);
    within(accepted.close()).await.unwrap();
    assert_eq!(accepted.stats().unwrap(), last);
}

/// The reactor takes one every three seconds at least.
#[tokio::test]
async fn there_is_a_last_snapshot_though_nobody_took_any() {
    let (caller, accepted) = pair().await;
    exchange(&caller, &accepted, 20).await;
    tokio::time::sleep(Duration::from_millis(4500)).await;
    within(caller.close()).await.unwrap();
    while within(accepted.recv(&mut [0; 1456])).await.unwrap() > 0 {}
    assert_eq!(accepted.stats().unwrap().packets_received_unique, 20);
}

/// libsrt gives none any more when the peer has closed, and the last look may be long ago.
#[tokio::test]
async fn the_last_snapshot_counts_all_that_was_received() {
    let (caller, accepted) = pair().await;
    let send = async {
        for _ in 0..300 {
            caller.send(&[7; 100]).await.unwrap();
        }
        caller.close().await.unwrap();
    };
    let receive = async {
        let mut received = 0;
        while accepted.recv(&mut [0; 1456]).await.unwrap() > 0 {
            received += 1;
        }
        received
    };
    let ((), received) = within(async { tokio::join!(send, receive) }).await;
    assert_eq!(received, 300);
    let stats = accepted.stats().unwrap();
    assert_eq!(stats.packets_received_unique, 300);
    assert_eq!(stats.bytes_received_unique, 300 * (100 + HEADERS));
    assert!(stats.packets_received >= 300 && stats.bytes_received >= 300 * (100 + HEADERS));
    assert_eq!(accepted.stats().unwrap(), stats);
}

#[tokio::test]
async fn the_last_snapshot_counts_what_is_received_after_the_end() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_secs(2))).await;
    for _ in 0..50 {
        within(caller.send(&[7; 100])).await.unwrap();
    }
    within(caller.acknowledged()).await.unwrap();
    drop(caller);
    within(async {
        while accepted.close_reason().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(accepted.stats().unwrap().receive_buffer_packets, 50);
    while within(accepted.recv(&mut [0; 1456])).await.unwrap() > 0 {}
    let stats = accepted.stats().unwrap();
    assert_eq!(stats.packets_received_unique, 50);
    assert_eq!(stats.bytes_received_unique, 50 * (100 + HEADERS));
    assert_eq!((stats.receive_buffer_packets, stats.receive_buffer_bytes), (0, 0));
}

#[tokio::test]
async fn a_stream_of_snapshots_ends_with_the_last_one() {
    let (caller, accepted) = pair().await;
    let mut slow = accepted.stats_stream(Duration::from_millis(70));
    let first = within(slow.next()).await.unwrap();
    let fast = async {
        let snapshots = accepted.stats_stream(Duration::from_millis(10));
        snapshots.collect::<Vec<_>>().await
    };
    let talk = async {
        exchange(&caller, &accepted, 20).await;
        caller.close().await.unwrap();
    };
    let ((), fast) = within(async { tokio::join!(talk, fast) }).await;
    assert!(fast.windows(2).all(|two| two[0].age <= two[1].age));
    let last = accepted.stats().unwrap();
    assert_eq!(fast.last(), Some(&last));
    assert_eq!(last.since(&first).packets_received_unique, 20);

    let rest: Vec<_> = within(slow.by_ref().collect()).await;
    assert_eq!(rest.last(), Some(&last));
    assert_eq!(within(slow.next()).await, None);
    // One that begins after the end has that one to tell.
    let late: Vec<_> = within(accepted.stats_stream(Duration::from_secs(60)).collect()).await;
    assert_eq!(late, [last]);
}

#[tokio::test]
async fn a_snapshot_becomes_json_and_back() {
    let (caller, accepted) = pair().await;
    exchange(&caller, &accepted, 5).await;
    let stats = accepted.stats().unwrap();
    let json = serde_json::to_value(stats).unwrap();
    assert_eq!(json["packets_received_unique"], 5);
    assert_eq!(json["receive_latency"], 0.12);
    let back: Stats = serde_json::from_value(json).unwrap();
    assert_eq!(back.packets_received_unique, 5);
    assert!(back.rtt.abs_diff(stats.rtt) < Duration::from_nanos(2));
    // What an older version has not written is zero.
    let old: Stats = serde_json::from_str(r#"{"packets_sent": 3, "age": 1.5}"#).unwrap();
    assert_eq!((old.packets_sent, old.age), (3, Duration::from_millis(1500)));
    assert!(serde_json::from_str::<Stats>(r#"{"age": -1.0}"#).is_err());
}

/// Keeps the latest value of each metric.
#[derive(Debug, Default)]
struct Values {
    values: Mutex<BTreeMap<Key, Arc<AtomicU64>>>,
    units: Mutex<BTreeMap<String, Option<Unit>>>,
}

impl Values {
    fn value(&self, key: &Key) -> Arc<AtomicU64> {
        self.values.lock().unwrap().entry(key.clone()).or_default().clone()
    }

    fn describe(&self, name: KeyName, unit: Option<Unit>, text: &str) {
        assert!(text.ends_with('.') && !text.starts_with(' '), "{text}");
        self.units.lock().unwrap().insert(name.as_str().to_owned(), unit);
    }

    fn get(&self, name: &'static str, label: &'static str) -> u64 {
        let key = Key::from_parts(name, &[("stream", label)]);
        let values = self.values.lock().unwrap();
        values.get(&key).expect(name).load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Recorder for Values {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(name, unit, &text);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(name, unit, &text);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.value(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.value(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn a_snapshot_becomes_metrics() {
    let (caller, accepted) = pair().await;
    exchange(&caller, &accepted, 30).await;
    let values = Values::default();
    let [sender, receiver] = metrics::with_local_recorder(&values, || {
        ["sender", "receiver"].map(|name| StatsRecorder::new(&[("stream", name)]))
    });
    sender.record(&caller.stats().unwrap());
    receiver.record(&accepted.stats().unwrap());
    assert_eq!(values.get("srt_packets_sent_unique", "sender"), 30);
    assert_eq!(values.get("srt_packets_sent_unique", "receiver"), 0);
    assert_eq!(values.get("srt_bytes_received_unique", "receiver"), 30 * (100 + HEADERS));
    let gauge = |name| f64::from_bits(values.get(name, "receiver"));
    assert_eq!(gauge("srt_receive_latency_seconds"), 0.12);
    assert_eq!(gauge("srt_max_segment_size"), 1500.0);
    assert!(gauge("srt_max_bandwidth_bits_per_second") > 0.0);
    let units = values.units.lock().unwrap();
    assert_eq!(units["srt_bytes_sent"], Some(Unit::Bytes));
    assert_eq!(units["srt_rtt_seconds"], Some(Unit::Seconds));
    // What is recorded again is not counted again.
    receiver.record(&accepted.stats().unwrap());
    assert_eq!(values.get("srt_bytes_received_unique", "receiver"), 30 * (100 + HEADERS));
    // Two connections, and every field but the span.
    let fields = serde_json::to_value(Stats::default()).unwrap().as_object().unwrap().len();
    assert_eq!(values.values.lock().unwrap().len(), 2 * (fields - 1));
    assert_eq!(units.len(), fields - 1);
}

#[test]
fn connections_in_a_row_are_counted_together() {
    let values = Values::default();
    let recorder =
        || metrics::with_local_recorder(&values, || StatsRecorder::new(&[("stream", "camera")]));
    let at = |age, packets| {
        let mut stats = Stats::default();
        (stats.age, stats.packets_sent) = (Duration::from_secs(age), packets);
        stats
    };
    let lasting = recorder();
    let mut expected = 0;
    for [(first, early), (second, late)] in
        [[(5, 1_000), (10, 2_000)], [(3, 50), (8, 90)], [(0, 0), (60, 30_000)]]
    {
        let of_its_own = recorder();
        for (stats, new) in [(at(first, early), early), (at(second, late), late - early)] {
            lasting.record(&stats);
            of_its_own.record(&stats);
            expected += 2 * new;
            assert_eq!(values.get("srt_packets_sent", "camera"), expected);
        }
    }
}
