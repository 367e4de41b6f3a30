//! What it takes to notice that a message has come: how often a receiving task is polled, how often
//! the reactor looks, and how much of that is in vain. Counts, for one stream of 10 Mbit/s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use srt_tokio::{Moderation, ReactorMetrics, SrtStream, reactor_metrics, set_moderation};
use support::pair::{counted, pair};

const MESSAGE: [u8; 1316] = [0x47; 1316];
/// Of 1316 bytes at 10 Mbit/s.
const INTERVAL: Duration = Duration::from_micros(1_053);
const MESSAGES: u64 = 2_000;
/// Sent before anything is counted.
const WARM_UP: u64 = 200;

#[tokio::main]
async fn main() {
    println!(
        "{:<14} {:>8} {:>8} {:>8} {:>8} {:>8}   per message",
        "moderation", "polls", "waits", "events", "wakes", "in vain"
    );
    for moderation in [
        Moderation::LowestLatency,
        Moderation::Balanced,
        Moderation::Efficient,
        Moderation::Economy,
    ] {
        set_moderation(moderation);
        let (polls, before, after) = measure().await;
        let per_message = |count: u64| count as f64 / MESSAGES as f64;
        let grown = |count: fn(&ReactorMetrics) -> u64| per_message(count(&after) - count(&before));
        println!(
            "{:<14} {:>8.3} {:>8.3} {:>8.3} {:>8.3} {:>8.3}",
            format!("{moderation:?}"),
            per_message(polls),
            grown(|metrics| metrics.waits),
            grown(|metrics| metrics.events),
            grown(|metrics| metrics.wakes),
            grown(|metrics| metrics.would_block),
        );
    }
}

async fn measure() -> (u64, ReactorMetrics, ReactorMetrics) {
    let (caller, accepted) = pair().await;
    let sender = tokio::spawn(async move {
        let mut interval = tokio::time::interval(INTERVAL);
        for _ in 0..WARM_UP + MESSAGES {
            interval.tick().await;
            caller.send(&MESSAGE).await.expect("sent");
        }
        caller
    });
    let polls = Arc::new(AtomicU64::new(0));
    let receiver = tokio::spawn(counted(polls.clone(), receive(accepted, polls)));
    let counts = receiver.await.expect("no panic");
    sender.await.expect("no panic");
    counts
}

async fn receive(
    stream: SrtStream,
    polls: Arc<AtomicU64>,
) -> (u64, ReactorMetrics, ReactorMetrics) {
    let mut buffer = [0; 1456];
    let mut start = (0, reactor_metrics());
    for number in 0..WARM_UP + MESSAGES {
        if number == WARM_UP {
            start = (polls.load(Relaxed), reactor_metrics());
        }
        assert!(stream.recv(&mut buffer).await.expect("received") > 0, "the connection has ended");
    }
    (polls.load(Relaxed) - start.0, start.1, reactor_metrics())
}
