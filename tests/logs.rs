//! libsrt's log lines as events. The settings are one for the whole process, so the tests take turns.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use srt_tokio::log::{self, LogArea, LogLevel};
use srt_tokio::{Error, Passphrase, RejectReason, SrtListener, SrtOptions, SrtSocket, SrtStream};
use support::pair::{listen, pair, within};
use tokio::sync::{self, mpsc};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const PASSPHRASES: [&str; 2] = ["the listener's passphrase", "the caller's passphrase"];

#[tokio::test]
async fn nothing_is_forwarded_before_it_is_asked_for() {
    let turn = Turn::take().await;
    assert!(turn.early.is_empty(), "{:?}", turn.early);
}

#[tokio::test]
async fn a_rejected_connection_is_told_of_at_its_level_and_in_its_area() {
    let mut turn = Turn::take().await;
    log::forward(LogLevel::Warning).unwrap();
    reject().await;
    let lines = turn.lines().await;
    assert!(lines.iter().any(|line| line.level == Level::WARN), "{lines:#?}");
    let refusal = lines.iter().find(|line| line.level == Level::ERROR && line.area() == "conn");
    let refusal = refusal.unwrap_or_else(|| panic!("{lines:#?}"));
    assert!(refusal.fields["file"].ends_with(".cpp"), "{refusal:?}");
    assert!(!refusal.fields["file"].contains('/'), "{refusal:?}");
    assert!(!refusal.fields["function"].is_empty(), "{refusal:?}");
    assert!(refusal.fields["line"].parse::<u32>().unwrap() > 0, "{refusal:?}");
    for line in &lines {
        assert!(line.level <= Level::WARN || line.is_demoted(), "{line:?}");
        assert!(!line.message().contains("SRT."), "{line:?}");
        assert!(!line.message().is_empty(), "{line:?}");
    }
}

#[tokio::test]
async fn level_and_areas_change_at_run_time() {
    let mut turn = Turn::take().await;
    log::forward(LogLevel::Error).unwrap();
    reject().await;
    let lines = turn.lines().await;
    assert!(lines.iter().any(|line| line.level == Level::ERROR), "{lines:#?}");
    assert!(lines.iter().all(|line| line.level == Level::ERROR || line.is_demoted()), "{lines:#?}");

    log::forward_areas(LogLevel::Debug, [LogArea::SocketManagement]).unwrap();
    reject().await;
    let lines = turn.lines().await;
    assert!(lines.iter().any(|line| line.level == Level::DEBUG), "{lines:#?}");
    assert!(lines.iter().all(|line| line.area() == "sockmgmt"), "{lines:#?}");

    log::stop();
    reject().await;
    let lines = turn.lines().await;
    assert!(lines.is_empty(), "{lines:#?}");
}

#[tokio::test]
async fn no_passphrase_is_in_any_line() {
    let mut turn = Turn::take().await;
    log::forward(LogLevel::Debug).unwrap();
    reject().await;
    let lines = turn.lines().await;
    assert!(lines.len() > 10, "{lines:#?}");
    for passphrase in PASSPHRASES {
        let hexadecimal: String = passphrase.bytes().map(|byte| format!("{byte:02X} ")).collect();
        for line in &lines {
            assert!(!line.message().contains(passphrase), "{line:?}");
            assert!(!line.message().contains(hexadecimal.trim()), "{line:?}");
        }
    }
}

#[tokio::test]
async fn lines_about_a_socket_have_its_id() {
    let mut turn = Turn::take().await;
    log::forward(LogLevel::Note).unwrap();
    let _pair = pair().await;
    let lines = turn.lines().await;
    let line = lines.iter().find(|line| line.message().starts_with("Connection established"));
    let line = line.unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(line.level, Level::INFO);
    assert!(line.fields["socket"].parse::<i32>().unwrap() > 0, "{line:?}");
}

#[tokio::test]
async fn accepts_that_find_nothing_are_no_errors() {
    let mut turn = Turn::take().await;
    log::forward(LogLevel::Error).unwrap();
    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    assert!(futures::poll!(Box::pin(listener.accept())).is_pending());
    let lines = turn.lines().await;
    assert!(lines.iter().any(|line| line.is_demoted()), "{lines:#?}");
    assert!(lines.iter().all(|line| line.level == Level::TRACE), "{lines:#?}");
}

#[tokio::test]
async fn a_flood_neither_blocks_libsrt_nor_is_kept() {
    let mut turn = Turn::take().await;
    log::forward_areas(LogLevel::Debug, [LogArea::SocketManagement]).unwrap();
    let before = log::lines_dropped();
    let gate = Gate::close();
    // The subscriber does not get on, so whoever waited for it would never come back.
    let made = tokio::task::spawn_blocking(move || {
        let mut made = 0;
        while log::lines_dropped() < before + 100 {
            drop(SrtSocket::new(&SrtOptions::new()).unwrap());
            made += 1;
            assert!(made < 100_000, "the queue has no end");
        }
        made
    });
    let made = within(made).await.unwrap();
    let lost = log::lines_dropped() - before;
    drop(gate);

    let (mut delivered, mut told) = (0, 0);
    while told < lost {
        let line = turn.line().await;
        match line.fields.get("dropped") {
            Some(dropped) => {
                assert_eq!(line.level, Level::WARN);
                told += dropped.parse::<u64>().unwrap();
            }
            None => delivered += 1,
        }
    }
    assert_eq!(told, log::lines_dropped() - before);
    assert!(delivered >= 1000, "{delivered} delivered");
    assert_eq!(delivered + told, made, "{delivered} delivered, {told} told");
}

#[tokio::test]
async fn a_subscriber_may_panic() {
    let mut turn = Turn::take().await;
    log::forward_areas(LogLevel::Debug, [LogArea::SocketManagement]).unwrap();
    PANICKING.store(true, SeqCst);
    drop(SrtSocket::new(&SrtOptions::new()).unwrap());
    drop(SrtSocket::new(&SrtOptions::new()).unwrap());
    // The first one is lost.
    assert!(turn.line().await.tells_of_new_socket());
    assert!(!PANICKING.load(SeqCst));
}

#[tokio::test]
async fn what_a_subscriber_does_is_not_forwarded() {
    let mut turn = Turn::take().await;
    log::forward_areas(LogLevel::Debug, [LogArea::SocketManagement]).unwrap();
    MEDDLING.store(true, SeqCst);
    for _ in 0..3 {
        drop(SrtSocket::new(&SrtOptions::new()).unwrap());
    }
    let told = turn.lines().await.iter().filter(|line| line.tells_of_new_socket()).count();
    MEDDLING.store(false, SeqCst);
    assert_eq!(told, 3);
}

/// Where libsrt writes by default. The tests that log with nothing forwarded run once more for this.
#[test]
fn nothing_goes_to_the_standard_error_stream() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["nothing_is_forwarded_before_it_is_asked_for", "level_and_areas_change_at_run_time"])
        .arg("--nocapture")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("SRT."), "{errors}");
}

/// What the subscriber does with an event besides passing it on: panic, once, or use the library.
static PANICKING: AtomicBool = AtomicBool::new(false);
static MEDDLING: AtomicBool = AtomicBool::new(false);

/// Where the events of the present turn go.
static SINK: Mutex<Option<mpsc::UnboundedSender<Line>>> = Mutex::new(None);

/// One test's use of what is there once in a process.
struct Turn {
    lines: mpsc::UnboundedReceiver<Line>,
    /// What came before anything was forwarded in the life of the process.
    early: Vec<Line>,
    turn: sync::MutexGuard<'static, Option<Vec<Line>>>,
}

impl Turn {
    async fn take() -> Self {
        static TURN: sync::Mutex<Option<Vec<Line>>> = sync::Mutex::const_new(None);

        let turn = within(TURN.lock()).await;
        let (sink, lines) = mpsc::unbounded_channel();
        *lock(&SINK) = Some(sink);
        if turn.is_none() {
            let subscriber = tracing_subscriber::registry().with(Capture);
            tracing::subscriber::set_global_default(subscriber).unwrap();
            reject().await;
        }
        let mut this = Self { lines, early: Vec::new(), turn };
        // What others have left behind, or in the first turn what should not be.
        let left = this.lines().await;
        this.early = this.turn.get_or_insert(left).clone();
        this
    }

    /// The next line.
    async fn line(&mut self) -> Line {
        within(self.lines.recv()).await.expect("the sink is in place")
    }

    /// All lines until now. Afterwards nothing is forwarded any more.
    async fn lines(&mut self) -> Vec<Line> {
        log::forward_areas(LogLevel::Debug, [LogArea::SocketManagement]).unwrap();
        let last = SrtSocket::new(&SrtOptions::new()).unwrap();
        log::stop();
        // Lines keep their order, so when that of the last socket is there the others are.
        let last = format!("@{}", id(&last));
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            if line.tells_of_new_socket() && line.message().ends_with(&last) {
                return lines;
            }
            lines.push(line);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        log::stop();
        *lock(&SINK) = None;
    }
}

/// Holds up the subscriber until it is dropped.
struct Gate;

static CLOSED: Mutex<bool> = Mutex::new(false);
static OPENED: Condvar = Condvar::new();

impl Gate {
    fn close() -> Self {
        *lock(&CLOSED) = true;
        Self
    }

    fn pass() {
        let closed = lock(&CLOSED);
        drop(OPENED.wait_while(closed, |closed| *closed));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        *lock(&CLOSED) = false;
        OPENED.notify_all();
    }
}

#[derive(Clone)]
struct Line {
    level: Level,
    fields: BTreeMap<&'static str, String>,
}

impl Line {
    fn area(&self) -> &str {
        self.fields.get("area").map_or("", String::as_str)
    }

    fn message(&self) -> &str {
        &self.fields["message"]
    }

    fn is_demoted(&self) -> bool {
        self.level == Level::TRACE && self.message().contains("no pending connection")
    }

    fn tells_of_new_socket(&self) -> bool {
        self.message().starts_with("generateSocketID")
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.level, self.fields)
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

struct Capture;

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "libsrt" {
            return;
        }
        assert!(!PANICKING.swap(false, SeqCst), "on purpose");
        Gate::pass();
        if MEDDLING.load(SeqCst) {
            drop(SrtSocket::new(&SrtOptions::new()).unwrap());
        }
        let mut line = Line { level: *event.metadata().level(), fields: BTreeMap::new() };
        event.record(&mut line);
        if let Some(sink) = &*lock(&SINK) {
            let _ = sink.send(line);
        }
    }
}

/// A connection that the listener refuses because of its passphrase.
async fn reject() {
    let [ours, theirs] = PASSPHRASES.map(|text| Passphrase::new(text).unwrap());
    let listener = listen(SrtOptions::new().passphrase(ours)).await;
    let address = listener.local_addr().unwrap();
    let mut caller = SrtStream::builder();
    caller.passphrase(theirs);
    let error = within(caller.connect(address)).await.unwrap_err();
    let reason = Error::from_io(&error);
    assert_eq!(reason, Some(&Error::Rejected(RejectReason::BadSecret)));
}

/// libsrt's id of a socket, which shows in its debug output.
fn id(socket: &SrtSocket) -> String {
    let debug = format!("{socket:?}");
    let (_, id) = debug.split_once(" socket: ").expect("it has an id");
    id.chars().take_while(char::is_ascii_digit).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
