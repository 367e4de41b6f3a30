//! What becomes of libsrt if the system refuses it a thread.
//!
//! Each test runs in a process of its own, whose limit of threads can then be lowered.

#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Uid, setuid};
use srt_tokio::{Error, ErrorCode, SrtListener, SrtOptions, SrtSocket};
use support::pair::{listen, pair, within};

/// Nobody's, whose processes the limit counts.
const OTHER_USER: u32 = 64_317;

#[tokio::test]
async fn a_start_that_fails_for_want_of_a_thread_is_made_up_for_by_the_next() {
    if !alone("a_start_that_fails_for_want_of_a_thread_is_made_up_for_by_the_next").await {
        return;
    }
    let threads = NoThreads::begin();
    for _ in 0..3 {
        assert_no_thread(&SrtListener::bind("127.0.0.1:0").await.unwrap_err());
        assert_no_thread(&SrtSocket::new(&SrtOptions::new()).unwrap_err());
    }
    drop(threads);

    let listener = listen(&SrtOptions::new()).await;
    assert_eq!(named("SRT:GC"), 1, "nothing collects closed sockets");
    for _ in 0..20 {
        let called = srt_tokio::SrtStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = within(async { tokio::join!(called, listener.accept()) }).await;
        drop((caller.unwrap(), accepted.unwrap()));
    }
    // The listener's is left.
    within(async {
        while named("SRT:SndQ") > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_whose_packets_cannot_be_delivered_fails_until_they_can() {
    if !alone("a_connection_whose_packets_cannot_be_delivered_fails_until_they_can").await {
        return;
    }
    let (caller, accepted) = pair().await;
    let threads = NoThreads::begin();
    let send = async {
        let mut interval = tokio::time::interval(Duration::from_millis(20));
        loop {
            interval.tick().await;
            caller.send(b"anybody there?").await.unwrap();
        }
    };
    let receive = async {
        let mut buffer = [0; 1456];
        for _ in 0..2 {
            assert_no_thread(&within(accepted.recv(&mut buffer)).await.unwrap_err());
        }
        drop(threads);
        while let Err(error) = within(accepted.recv(&mut buffer)).await {
            assert_no_thread(&error);
        }
    };
    tokio::select! {
        () = send => unreachable!("it has no end"),
        () = receive => {}
    }
}

/// Whether this is the process that is there for the test alone. Otherwise that has run.
async fn alone(test: &str) -> bool {
    const ALONE: &str = "SRT_THREADS_ALONE";
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let mut child = tokio::process::Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(ALONE, "1").stdin(Stdio::null());
    let output = within(child.output()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{errors}");
    false
}

/// While this exists, the process gets no further thread.
struct NoThreads {
    soft: u64,
    hard: u64,
}

impl NoThreads {
    fn begin() -> Self {
        // There is no limit for who may do everything.
        if Uid::effective().is_root() {
            setuid(Uid::from_raw(OTHER_USER)).unwrap();
        }
        let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
        setrlimit(Resource::RLIMIT_NPROC, 0, hard).unwrap();
        let refused = std::thread::Builder::new().spawn(|| {});
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        Self { soft, hard }
    }
}

impl Drop for NoThreads {
    fn drop(&mut self) {
        setrlimit(Resource::RLIMIT_NPROC, self.soft, self.hard).unwrap();
    }
}

fn assert_no_thread(error: &io::Error) {
    let expected =
        matches!(Error::from_io(error), Some(Error::Library { code: ErrorCode::Thread, .. }));
    assert!(expected, "{error:?}");
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
}

/// How many threads of this process have a name that begins so.
fn named(name: &str) -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|own| own.starts_with(name)).count()
}
