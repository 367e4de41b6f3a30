//! Processes that end with sockets open. Each case runs in a process of its own, started by this
//! one, so the harness is a plain `main`.

use std::env;
use std::process::{Command, ExitCode, Stdio, exit};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use srt_tokio::log::{self, LogLevel};
use srt_tokio::{
    AccessPolicy, ConnectionOptions, Decision, RejectReason, SrtEndpoint, SrtGroup, SrtListener,
    SrtStream,
};

/// Sockets in every state are open: listening, connected in both roles with data under way and a
/// task that waits for more, and connecting.
const CASES: [(&str, i32); 9] = [
    ("returning from main", 0),
    ("returning from main with the runtime still running", 0),
    ("exit called by a task", 0),
    (TRAFFIC, 0),
    (FORWARDING, 0),
    (DECIDING, 0),
    (GROUP, 0),
    (STUCK, STUCK_STATUS),
    ("a panic in main", 101),
];

const TRAFFIC: &str = "exit called in the middle of traffic";
const FORWARDING: &str = "exit called in the middle of traffic with log lines being forwarded";
const DECIDING: &str = "exit called while a listener decides on requests";

/// libsrt can neither close the listener nor end its threads.
const STUCK: &str = "exit called while a decision takes for ever";

/// Only glibc tells exit handlers the status.
const STUCK_STATUS: i32 = if cfg!(all(target_os = "linux", target_env = "gnu")) { 7 } else { 1 };

const GROUP: &str = "exit called in the middle of a group's traffic";

const CHILD: &str = "SRT_EXIT_TEST_CASE";

/// libsrt's own clean-up takes a second at worst.
const PATIENCE: Duration = Duration::from_secs(20);

/// Races at exit show themselves rarely.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    if let Ok(case) = env::var(CHILD) {
        child(&case);
        return ExitCode::SUCCESS;
    }
    // The arguments of `cargo test`'s harness that make sense here.
    let filters: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if env::args().any(|arg| arg == "--list") {
        for (case, _) in CASES {
            println!("{case}: test");
        }
        return ExitCode::SUCCESS;
    }
    let (mut passed, mut failed) = (0, 0);
    for (case, code) in CASES {
        if !filters.is_empty() && !filters.iter().any(|filter| case.contains(filter)) {
            continue;
        }
        // It takes as long as libsrt is waited for.
        let rounds = if case == STUCK { 1 } else { ROUNDS };
        match (0..rounds).try_for_each(|_| run(case, code)) {
            Ok(()) => {
                println!("test {case} ... ok");
                passed += 1;
            }
            Err(error) => {
                println!("test {case} ... FAILED\n{error}");
                failed += 1;
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; \
         0 filtered out"
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(case: &str, code: i32) -> Result<(), String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .env(CHILD, case)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.code() == Some(code) => return Ok(()),
            Some(status) => return Err(format!("ended with {status}, not with exit code {code}")),
            None if start.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("still running after {PATIENCE:?}"));
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn child(case: &str) {
    if case == FORWARDING {
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).init();
        log::forward(LogLevel::Debug).expect("forward");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let sockets = runtime.block_on(open(case == GROUP));
    match case {
        "returning from main" => drop(runtime),
        "returning from main with the runtime still running" => std::mem::forget(runtime),
        "exit called by a task" => runtime.block_on(async {
            let _ = tokio::spawn(async { exit(0) }).await;
        }),
        TRAFFIC | FORWARDING | GROUP => {
            let streams = [sockets.caller.clone(), sockets.accepted.clone()];
            for stream in streams {
                let receiver = stream.clone();
                runtime.spawn(async move { while stream.send(&[1; 1316]).await.is_ok() {} });
                runtime.spawn(async move {
                    let mut buffer = [0; 1456];
                    while receiver.recv(&mut buffer).await.is_ok_and(|len| len > 0) {}
                });
            }
            std::thread::sleep(Duration::from_millis(200));
            exit(0);
        }
        DECIDING => {
            let decided = runtime.block_on(besieged());
            for _ in 0..50 {
                decided.recv_timeout(PATIENCE).expect("decisions");
            }
            exit(0);
        }
        STUCK => {
            let (_listener, begun) = runtime.block_on(undecided());
            begun.recv_timeout(PATIENCE).expect("a decision");
            exit(7);
        }
        "a panic in main" => {
            // Unwinding would drop them.
            std::mem::forget(sockets);
            panic!("on purpose")
        }
        _ => unreachable!("no such case: {case}"),
    }
    // Neither closed nor dropped.
    std::mem::forget(sockets);
}

struct Sockets {
    _listener: SrtListener,
    caller: std::sync::Arc<SrtStream>,
    accepted: std::sync::Arc<SrtStream>,
}

async fn open(group: bool) -> Sockets {
    // Where libsrt has none, a single connection will do.
    let group = group && cfg!(srt_bonding);
    let mut listener = SrtListener::builder();
    if group {
        listener.group_connect(true);
    }
    let listener = listener.bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("bound");
    let connect = async {
        if group {
            SrtGroup::broadcast().member(address).member(address).connect().await
        } else {
            SrtStream::connect(address).await
        }
    };
    let (caller, accepted) = tokio::join!(connect, listener.accept());
    let caller = std::sync::Arc::new(caller.expect("connect"));
    let accepted = std::sync::Arc::new(accepted.expect("accept").0);
    caller.send(b"under way").await.expect("send");
    let waiting = caller.clone();
    tokio::spawn(async move { waiting.recv(&mut [0; 1456]).await });
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("bind");
    tokio::spawn(async move {
        let connecting = SrtStream::connect(silent.local_addr().expect("bound")).await;
        drop(silent);
        connecting.map(drop)
    });
    Sockets { _listener: listener, caller, accepted }
}

/// A listener that is asked without end. Tells of each decision.
async fn besieged() -> mpsc::Receiver<()> {
    let (sender, decided) = mpsc::channel();
    let listener = SrtListener::builder()
        .access_policy(AccessPolicy::new().max_connections(1000))
        .on_request(move |request| {
            let _ = sender.send(());
            // So that the exit falls into one.
            std::thread::sleep(Duration::from_millis(1));
            match request.peer_addr().port() % 2 {
                0 => Decision::Reject(RejectReason::FORBIDDEN),
                _ => {
                    let latency = Duration::from_millis(50);
                    Decision::accept_with(ConnectionOptions::new().latency(latency))
                }
            }
        })
        .bind("127.0.0.1:0")
        .await
        .expect("bind");
    let address = listener.local_addr().expect("bound");
    let mut events = listener.events();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    // Callers of both kinds.
    for _ in 0..8 {
        let endpoint = SrtEndpoint::bind("127.0.0.1:0").await.expect("bind");
        tokio::spawn(async move {
            loop {
                let _ = endpoint.connect(address).await;
            }
        });
    }
    decided
}

/// A listener that comes to no decision. Tells when it has begun to think.
async fn undecided() -> (SrtListener, mpsc::Receiver<()>) {
    let (sender, begun) = mpsc::channel();
    let listener = SrtListener::builder()
        .on_request(move |_| {
            let _ = sender.send(());
            loop {
                std::thread::park();
            }
        })
        .bind("127.0.0.1:0")
        .await
        .expect("bind");
    let connect = SrtStream::connect(listener.local_addr().expect("bound"));
    tokio::spawn(async move { connect.await.map(drop) });
    (listener, begun)
}
