//! What nothing costs. The figures are of the whole process, so there is one test in this binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures::future::join_all;
use srt_tokio::{SrtOptions, SrtStream, reactor_metrics};
use support::pair::{counted, listen, within};

const CONNECTIONS: usize = 50;

/// Keep-alives go once a second. Waits that last are looked after as often on a listener, and every
/// three seconds on connections, from the second time on.
const WATCH: Duration = Duration::from_secs(8);

/// libsrt's CEPoll.InfiniteWait, WaitNoSocketsInEpoll, WaitAllSocketsInEpollReleased,
/// HandleEpollNoEvent and ThreadedUpdate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_poll_no_task_and_without_sockets_the_reactor_rests() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let callers = join_all((0..CONNECTIONS).map(|_| SrtStream::connect(address)));
    let accepted = join_all((0..CONNECTIONS).map(|_| listener.accept()));
    let (callers, accepted) = within(async { tokio::join!(callers, accepted) }).await;

    let polls = Arc::new(AtomicU64::new(0));
    let streams = callers
        .into_iter()
        .map(Result::unwrap)
        .chain(accepted.into_iter().map(|accepted| accepted.unwrap().0));
    let mut tasks: Vec<_> = streams
        .map(|stream| {
            tokio::spawn(counted(polls.clone(), async move {
                let _ = stream.recv(&mut [0; 1456]).await;
            }))
        })
        .collect();
    tasks.push(tokio::spawn(counted(polls.clone(), async move {
        let _ = listener.accept().await;
    })));

    // All have been polled, found nothing, and wait.
    within(async {
        while polls.load(Relaxed) < tasks.len() as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = (polls.load(Relaxed), reactor_metrics());
    tokio::time::sleep(WATCH).await;
    let after = (polls.load(Relaxed), reactor_metrics());
    assert_eq!(after.0, before.0, "idle tasks were polled");
    assert_eq!(after.1.sockets, 2 * CONNECTIONS + 1);
    assert_eq!(after.1.would_block, before.1.would_block);
    let looked_after = after.1.repairs - before.1.repairs;
    assert!(looked_after <= WATCH.as_secs() + 1, "{looked_after}, the listener's among them");

    for task in &tasks {
        task.abort();
    }
    within(join_all(tasks)).await;
    assert_eq!(reactor_metrics().sockets, 0);
    // The reactor finishes the wait that it is in.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = (reactor_metrics().waits, reactor_switches());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((reactor_metrics().waits, reactor_switches()), before, "the reactor does not rest");

    // And it comes back.
    let (caller, accepted) = support::pair::pair().await;
    within(caller.send(b"awake")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 5);
}

/// How often the reactor thread has been given a CPU, where the system tells.
fn reactor_switches() -> Option<String> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let reactor = tasks.flatten().map(|task| task.path()).find(|task| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "srt-reactor")
    })?;
    let status = std::fs::read_to_string(reactor.join("status")).ok()?;
    Some(status.lines().filter(|line| line.contains("ctxt_switches")).collect())
}
