//! The reactor's share of the work, without libsrt's: delivery, registration, wake-ups.
//!
//! - `dispatch`: events are delivered, and nobody waits for them
//! - `dispatch_moderated`: the same where the reactor asks sockets that receive
//! - `wake`: tasks wait, and the events wake them
//! - `register`: sockets come and go
//! - `contended`: two threads do different ones of the above at the same time

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use srt_tokio::__bench::{Batch, Dispatcher, Readiness, Visitor};
use srt_tokio::{Moderation, SrtOptions, set_moderation};
use support::pair::listen;
use tokio::runtime::Runtime;

/// libsrt's ids count down from a random number.
const FIRST_ID: i32 = 817_365_904;
const SIZES: [usize; 3] = [1, 64, 1024];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    set_moderation(Moderation::Balanced);
    dispatch(&mut criterion, "dispatch_moderated");
    set_moderation(Moderation::LowestLatency);
    dispatch(&mut criterion, "dispatch");
    wake(&mut criterion);
    register(&mut criterion);
    contended(&mut criterion);
    criterion.final_summary();
}

fn dispatch(criterion: &mut Criterion, name: &str) {
    let mut group = criterion.benchmark_group(name);
    for size in SIZES {
        let (mut dispatcher, _sources) = dispatcher(size);
        let mut batch = batch(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| dispatcher.dispatch(black_box(&mut batch)));
        });
    }
    group.finish();
}

fn wake(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wake");
    for size in SIZES {
        let (mut dispatcher, sources) = dispatcher(size);
        let mut batch = batch(size);
        let mut cx = Context::from_waker(Waker::noop());
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                for source in &sources {
                    source.clear(source.snapshot());
                    assert!(source.poll_readable(&mut cx).is_pending());
                }
                dispatcher.dispatch(black_box(&mut batch));
            });
        });
    }
    let (mut dispatcher, sources) = dispatcher(1);
    group.throughput(Throughput::Elements(1));
    for tasks in [1, 8, 64] {
        group.bench_function(BenchmarkId::new("contended", tasks), |bencher| {
            bencher.iter_custom(|rounds| compete(&mut dispatcher, &sources[0], tasks, rounds));
        });
    }
    group.finish();
}

/// Several tasks wait for the same socket, as receivers that share a stream do: each event wakes all
/// of them, the first takes what there is, the others find nothing and wait again. A round lasts
/// until it is taken.
fn compete(dispatcher: &mut Dispatcher, source: &Readiness, tasks: usize, rounds: u64) -> Duration {
    let runtime = runtime();
    let mut batch = batch(1);
    let contest = Arc::new(Contest {
        source: source.clone(),
        prizes: AtomicUsize::new(0),
        judge: thread::current(),
        taken: AtomicBool::new(false),
    });
    for _ in 0..tasks {
        let contest = contest.clone();
        runtime.spawn(async move { contest.take_part().await });
    }
    let mut round = || {
        contest.prizes.store(1, Ordering::Release);
        dispatcher.dispatch(&mut batch);
        while !contest.taken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    };
    // By then all tasks have run.
    (0..100).for_each(|_| round());
    let start = Instant::now();
    (0..rounds).for_each(|_| round());
    start.elapsed()
}

struct Contest {
    source: Readiness,
    prizes: AtomicUsize,
    judge: thread::Thread,
    taken: AtomicBool,
}

impl Contest {
    async fn take_part(&self) {
        loop {
            let seen = self.source.readable().await;
            let take = |prizes: usize| prizes.checked_sub(1);
            if self.prizes.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok() {
                self.taken.store(true, Ordering::Release);
                self.judge.unpark();
            } else {
                self.source.clear(seen);
            }
        }
    }
}

fn register(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("register");
    let (mut dispatcher, _sources) = dispatcher(1024);
    let registrar = dispatcher.registrar();
    let mut nothing = batch(0);
    group.bench_function("registry", |bencher| {
        let id = FIRST_ID - 1024;
        bencher.iter(|| {
            registrar.register(black_box(id));
            registrar.deregister(id);
            dispatcher.dispatch(&mut nothing);
        });
    });
    // Another socket keeps the reactor from parking.
    let runtime = runtime();
    let _listener = runtime.block_on(listen(&SrtOptions::new()));
    let visitor = Visitor::new();
    group.bench_function("epoll", |bencher| {
        bencher.iter(|| visitor.visit());
    });
    group.finish();
}

fn contended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("contended");
    let (mut dispatcher, _sources) = dispatcher(1024);
    let mut batch = batch(1024);
    let registrar = dispatcher.registrar();
    let mut ids = (0..1024).map(|n| FIRST_ID - 1024 - n).cycle();
    group.bench_function("dispatch", |bencher| {
        let register = || {
            let id = ids.next().expect("endless");
            registrar.register(id);
            registrar.deregister(id);
            spin(Duration::from_micros(10));
        };
        beside(register, || bencher.iter(|| dispatcher.dispatch(black_box(&mut batch))));
    });
    group.bench_function("register", |bencher| {
        let register = || {
            registrar.register(black_box(FIRST_ID - 1024));
            registrar.deregister(FIRST_ID - 1024);
        };
        beside(|| dispatcher.dispatch(&mut batch), || bencher.iter(register));
    });
    group.finish();
}

/// Runs `foreground` while another thread repeats `background`.
fn beside(mut background: impl FnMut() + Send, foreground: impl FnOnce()) {
    let running = Arc::new(());
    let watched = Arc::downgrade(&running);
    thread::scope(|scope| {
        // Dropped also if the foreground panics.
        let _running = running;
        scope.spawn(|| {
            while watched.strong_count() > 0 {
                background();
            }
        });
        foreground();
    });
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// A dispatcher with sources that count as readable. It stays, so make few.
fn dispatcher(sources: usize) -> (Dispatcher, Vec<Readiness>) {
    let mut dispatcher = Dispatcher::new();
    let registrar = dispatcher.registrar();
    let sources = ids(sources).map(|id| registrar.register(id)).collect();
    dispatcher.dispatch(&mut batch(0));
    (dispatcher, sources)
}

fn batch(events: usize) -> Batch {
    Batch::readable(ids(events))
}

fn ids(count: usize) -> impl Iterator<Item = i32> {
    (0..count as i32).map(|n| FIRST_ID - n)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}
