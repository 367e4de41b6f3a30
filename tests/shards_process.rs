//! What sharded listeners have of the process: threads and file descriptors. All of them are looked
//! at, so there are no other tests in this binary, and these take turns.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use futures::future::join_all;
use srt_tokio::{CpuSet, SrtEndpoint, SrtListener, SrtOptions, SrtStream};
use support::pair::{pair, within};
use tokio::sync::Mutex;

static TURN: Mutex<()> = Mutex::const_new(());

/// A thread's name and the CPUs that it may use.
type Thread = (String, CpuSet);

/// The threads of this process, by their ids.
fn threads() -> BTreeMap<String, Thread> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let thread = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().to_owned()
        };
        let cpus = field("Cpus_allowed_list:").parse().unwrap();
        let id = task.file_name().into_string().unwrap();
        std::io::Result::Ok((id, (field("Name:"), cpus)))
    };
    // Some end while they are looked at.
    tasks.filter_map(|task| thread(task).ok()).collect()
}

/// The threads with names that begin with `name`.
fn named(name: &str) -> Vec<Thread> {
    threads().into_values().filter(|(own, _)| own.starts_with(name)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shards_run_where_they_are_pinned_and_nothing_else_does() {
    let _turn = TURN.lock().await;
    // Everything is there that is not of a shard.
    let _others = pair().await;
    let before = threads();
    let all = threads()[&std::process::id().to_string()].1.clone();
    let cpus = [all.iter().next().unwrap(), all.iter().last().unwrap()].map(CpuSet::from);

    let listener = SrtListener::builder()
        .shards(2)
        .pin_shards(cpus.clone())
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    within(async {
        while !named("srt-bind").is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut after = threads();
    for (id, thread) in &before {
        assert_eq!(after.remove(id).as_ref(), Some(thread));
    }
    // What is new has one of each for each shard.
    for kind in ["SRT:RcvQ", "SRT:SndQ"] {
        let mut pinned: Vec<_> = after
            .values()
            .filter(|(name, _)| name.starts_with(kind))
            .map(|(_, cpus)| cpus)
            .collect();
        pinned.sort_by_key(|cpus| cpus.iter().next());
        assert_eq!(pinned, cpus.iter().collect::<Vec<_>>(), "{kind}");
    }
    assert_eq!(after.len(), 4, "{after:?}");

    // The threads of connections follow their shard. Both get some of so many.
    let endpoint = SrtEndpoint::builder().ports(32).bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let callers = join_all((0..32).map(|_| endpoint.connect(address)));
    let accepted = join_all((0..32).map(|_| listener.accept()));
    let (callers, accepted) = within(async { tokio::join!(callers, accepted) }).await;
    for caller in &callers {
        within(caller.as_ref().unwrap().send(b"hello")).await.unwrap();
    }
    for accepted in &accepted {
        let (stream, _) = accepted.as_ref().unwrap();
        assert_eq!(within(stream.recv(&mut [0; 1456])).await.unwrap(), 5);
    }
    let used: BTreeSet<_> =
        named("SRT:TsbPd").into_iter().map(|(_, cpus)| cpus.to_string()).collect();
    let pins: BTreeSet<_> = cpus.iter().map(CpuSet::to_string).collect();
    assert_eq!(used, pins);
    assert_eq!(named("SRT:TsbPd").len(), 32);

    // And nothing else has changed in all that time, nor has what was made meanwhile.
    let now = threads();
    assert!(before.iter().all(|(id, thread)| now.get(id) == Some(thread)));
    let free = named("SRT:RcvQ").into_iter().filter(|(_, cpus)| *cpus == all).count();
    assert!(free >= 32, "{free} of the callers' threads may use all CPUs");
}

/// The kernel shares out packets among the sockets of the port that there are. libsrt closes that of
/// a shard with its last connection.
#[tokio::test]
async fn connections_outlive_the_listener_and_the_shards_of_others() {
    const SHARDS: usize = 8;
    let _turn = TURN.lock().await;
    let listener = SrtListener::builder().shards(SHARDS).bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut pairs = Vec::new();
    for _ in 0..SHARDS / 2 {
        let (caller, accepted) =
            within(async { tokio::join!(SrtStream::connect(address), listener.accept()) }).await;
        pairs.push((caller.unwrap(), accepted.unwrap().0));
    }
    let own = pairs.len();
    drop(listener);
    // At least every second shard has no connection and is given up.
    within(async {
        while named("SRT:RcvQ").len() > own + SHARDS / 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let mut buffer = [0; 1456];
    for (caller, accepted) in &pairs {
        for (from, to) in [(caller, accepted), (accepted, caller)] {
            within(from.send(b"still there")).await.unwrap();
            assert_eq!(within(to.recv(&mut buffer)).await.unwrap(), 11);
        }
        within(caller.acknowledged()).await.unwrap();
    }
}

/// What waits with `select` has no place for these; on Linux libsrt does not.
#[tokio::test]
async fn descriptors_beyond_a_thousand_are_as_good_as_others() {
    let _turn = TURN.lock().await;
    let mut files = Vec::new();
    while files.len() < 1024 {
        match fs::File::open("/dev/null") {
            Ok(file) => files.push(file),
            // Where no more are permitted there are no such descriptors.
            Err(_) => return,
        }
    }
    let listener = SrtListener::builder().shards(2).bind("127.0.0.1:0").await.unwrap();
    let connect = SrtStream::connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, accepted) = (caller.unwrap(), accepted.unwrap().0);
    within(caller.send(b"high")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 4);
}

/// A port for each caller, and its threads, are what an endpoint saves.
#[tokio::test]
async fn the_calls_of_an_endpoint_have_two_threads_together() {
    let _turn = TURN.lock().await;
    let listener = support::pair::listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = SrtEndpoint::bind("127.0.0.1:0").await.unwrap();
    let ids = || -> BTreeSet<String> {
        let ports = |(_, (name, _)): &(String, Thread)| {
            name.starts_with("SRT:RcvQ") || name.starts_with("SRT:SndQ")
        };
        threads().into_iter().filter(ports).map(|(id, _)| id).collect()
    };
    let before = ids();
    let callers = join_all((0..20).map(|_| endpoint.connect(address)));
    let accepted = join_all((0..20).map(|_| listener.accept()));
    let (callers, _accepted) = within(async { tokio::join!(callers, accepted) }).await;
    assert!(callers.iter().all(Result::is_ok));
    let new: Vec<_> = ids().difference(&before).cloned().collect();
    assert!(new.is_empty(), "{new:?}");
}
