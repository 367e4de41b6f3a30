//! How fast a stream sends.

use std::time::{Duration, Instant};

use srt_tokio::{Bandwidth, MaxBandwidth};
use support::pair::{pair, within};

#[tokio::test]
async fn a_limit_holds_back_what_is_sent_until_it_is_lifted() {
    const MESSAGES: u32 = 50;

    let (caller, accepted) = pair().await;
    let send = async || {
        let start = Instant::now();
        for _ in 0..MESSAGES {
            caller.send(&[0x47; 1316]).await.unwrap();
        }
        caller.acknowledged().await.unwrap();
        start.elapsed()
    };
    // With its headers a packet has 1360 bytes, so they take 544 ms. Of these, the first is not
    // delayed, nor is one in 16, by which libsrt measures the path.
    let limit = Bandwidth::from_megabits_per_second(1);
    caller.set_max_bandwidth(limit).unwrap();
    let elapsed = within(send()).await;
    assert!(elapsed >= Duration::from_millis(450), "{elapsed:?}");
    assert_eq!(caller.stats().unwrap().max_bandwidth, limit);

    caller.set_max_bandwidth(MaxBandwidth::Unlimited).unwrap();
    within(send()).await;
    let mut buffer = [0; 1456];
    for _ in 0..2 * MESSAGES {
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1316);
    }
}
