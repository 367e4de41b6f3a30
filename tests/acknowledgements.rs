//! What acknowledgements cost. The figures are of the reactor's thread, so there is one test in this binary.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use futures::future::join_all;
use srt_tokio::{Moderation, SrtEndpoint, SrtOptions, SrtStream, set_moderation};
use support::pair::{listen, within};
use tokio::time::{Instant, interval};

const STREAMS: usize = 100;

const WATCH: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_acknowledgements_of_many_senders_do_not_wake_the_reactor_one_by_one() {
    let listener = within(listen(&SrtOptions::new())).await;
    let address = listener.local_addr().unwrap();
    let endpoint = within(SrtEndpoint::bind("127.0.0.1:0")).await.unwrap();
    let calls = join_all((0..STREAMS).map(|_| endpoint.connect(address)));
    // Nobody receives, or the reactor would have something to do.
    let accepted = join_all((0..STREAMS).map(|_| listener.accept()));
    let (calls, accepted) = within(async { tokio::join!(calls, accepted) }).await;
    let calls: Vec<_> = calls.into_iter().map(Result::unwrap).collect();
    assert!(accepted.iter().all(Result::is_ok));

    // Whatever the other tests are run at.
    set_moderation(Moderation::Balanced);
    send_for(WATCH / 4, &calls).await;
    let (before, start) = (reactor_wakeups(), Instant::now());
    send_for(WATCH, &calls).await;
    let (woken, millis) = (reactor_wakeups() - before, start.elapsed().as_millis() as u64);
    assert!(woken < millis, "the reactor was woken {woken} times in {millis} ms");

    // Who waits for a message meanwhile is told of it.
    let (first, _) = accepted[0].as_ref().unwrap();
    let mut buffer = [0; 1456];
    while first.try_recv(&mut buffer).is_ok() {}
    let (received, ()) = tokio::join!(within(first.recv(&mut buffer)), send_for(WATCH / 4, &calls));
    assert_eq!(received.unwrap(), 1316);

    // And when nothing is sent any more it waits, rather than look.
    drop(calls);
    tokio::time::sleep(WATCH / 2).await;
    let (before, start) = (reactor_wakeups(), Instant::now());
    tokio::time::sleep(WATCH / 2).await;
    let (woken, millis) = (reactor_wakeups() - before, start.elapsed().as_millis() as u64);
    assert!(woken < millis / 4, "the reactor was woken {woken} times in {millis} ms");
}

/// Sends a message on each stream every ten milliseconds.
async fn send_for(time: Duration, streams: &[SrtStream]) {
    let end = Instant::now() + time;
    let mut ticks = interval(Duration::from_millis(10));
    while ticks.tick().await < end {
        for stream in streams {
            within(stream.send(&[0x47; 1316])).await.unwrap();
        }
    }
}

/// How often the thread has waited for something.
fn reactor_wakeups() -> u64 {
    let mut tasks = fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
    let is_reactor = |comm: String| comm.trim() == "srt-reactor";
    let reactor = tasks
        .find(|task| fs::read_to_string(task.join("comm")).is_ok_and(is_reactor))
        .expect("a reactor");
    let status = fs::read_to_string(reactor.join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}
