//! What a call on a stream costs.
//!
//! - `recv`: with messages waiting in libsrt, and with none
//! - `send`: with room in the send buffer

use std::hint::black_box;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use srt_tokio::{Moderation, SrtOptions, SrtStream, set_moderation};
use support::pair::pair_with;
use tokio::io::ReadBuf;
use tokio::runtime::Runtime;

const MESSAGE: [u8; 1316] = [0x47; 1316];
/// Room for any live message.
const WHOLE: usize = 1456;
const LATENCY: Duration = Duration::from_millis(20);
/// Messages sent in advance, a quarter of what the buffers hold.
const BURST: u64 = 2048;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        // The time of the calls alone: to send the messages takes fifty times as long.
        .measurement_time(Duration::from_millis(100))
        .configure_from_args();
    // What is measured here has its events behind it, or ahead.
    set_moderation(Moderation::LowestLatency);
    let ends = Ends::new();
    recv_ready(&mut criterion, &ends);
    send(&mut criterion, &ends);
    recv_not_ready(&mut criterion, &Ends::new());
    criterion.final_summary();
}

fn recv_ready(criterion: &mut Criterion, ends: &Ends) {
    let mut group = criterion.benchmark_group("recv");
    let (mut whole, mut small) = ([0; WHOLE], [0; MESSAGE.len()]);
    let mut cx = Context::from_waker(Waker::noop());
    group.bench_function("ready", |bencher| {
        bencher.iter_custom(|messages| {
            ends.receive(messages, |stream| stream.try_recv(&mut whole).map(|_| 1))
        });
    });
    group.bench_function("ready_copied", |bencher| {
        bencher.iter_custom(|messages| {
            ends.receive(messages, |stream| stream.try_recv(&mut small).map(|_| 1))
        });
    });
    group.bench_function("ready_awaited", |bencher| {
        bencher.iter_custom(|messages| {
            ends.receive(messages, |stream| match pin!(stream.recv(&mut whole)).poll(&mut cx) {
                Poll::Ready(received) => received.map(|_| 1),
                Poll::Pending => Err(ErrorKind::WouldBlock.into()),
            })
        });
    });
    let mut messages = Vec::with_capacity(64);
    group.bench_function("ready_many", |bencher| {
        bencher.iter_custom(|iterations| {
            ends.receive(iterations, |stream| {
                let received = stream.try_recv_many(&mut messages, 64);
                messages.clear();
                received
            })
        });
    });
    group.finish();
}

fn recv_not_ready(criterion: &mut Criterion, ends: &Ends) {
    let stream = &ends.accepted;
    let mut buffer = [0; WHOLE];
    let mut cx = Context::from_waker(Waker::noop());
    let mut group = criterion.benchmark_group("recv");
    group.measurement_time(Duration::from_secs(2));
    // A new stream counts as readable until it is tried.
    while !matches!(stream.try_recv(&mut buffer), Err(error) if error.kind() == ErrorKind::WouldBlock)
    {
    }
    group.bench_function("not_ready", |bencher| {
        bencher.iter(|| black_box(stream.try_recv(&mut buffer)).is_err());
    });
    group.bench_function("not_ready_polled", |bencher| {
        let mut buffer = ReadBuf::new(&mut buffer);
        bencher.iter(|| black_box(stream.poll_recv(&mut cx, &mut buffer)).is_pending());
    });
    group.bench_function("not_ready_awaited", |bencher| {
        bencher.iter(|| pin!(stream.recv(&mut buffer)).poll(&mut cx).is_pending());
    });
    group.finish();
}

fn send(criterion: &mut Criterion, ends: &Ends) {
    let mut group = criterion.benchmark_group("send");
    group.bench_function("ready", |bencher| {
        bencher.iter_custom(|messages| ends.send(messages));
    });
    group.finish();
}

/// A connection in live mode.
struct Ends {
    runtime: Runtime,
    caller: SrtStream,
    accepted: SrtStream,
}

impl Ends {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (caller, accepted) = runtime.block_on(pair_with(SrtOptions::new().latency(LATENCY)));
        Self { runtime, caller, accepted }
    }

    /// How long it takes to receive so many messages that libsrt has ready. `receive` says how many
    /// it has received.
    fn receive(
        &self,
        messages: u64,
        mut receive: impl FnMut(&SrtStream) -> io::Result<usize>,
    ) -> Duration {
        let (mut elapsed, mut received) = (Duration::ZERO, 0);
        while received < messages {
            self.burst((messages - received).min(BURST));
            thread::sleep(LATENCY + Duration::from_millis(5));
            let start = Instant::now();
            received += drain(|| receive(&self.accepted));
            elapsed += start.elapsed();
        }
        // Packets that were late before may have come in addition.
        elapsed.mul_f64(messages as f64 / received as f64)
    }

    /// How long it takes to send so many messages.
    fn send(&self, messages: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        let mut left = messages;
        while left > 0 {
            let burst = left.min(BURST);
            elapsed += self.burst(burst);
            left -= burst;
            let mut buffer = [0; WHOLE];
            drain(|| self.accepted.try_recv(&mut buffer).map(|_| 1));
        }
        elapsed
    }

    /// Sends messages without a pause, and returns how long that took, once the peer has them.
    fn burst(&self, messages: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..messages {
            let sent = self.caller.try_send(black_box(&MESSAGE));
            assert_eq!(sent.expect("room for a burst"), MESSAGE.len());
        }
        let elapsed = start.elapsed();
        let acknowledged = self.runtime.block_on(self.caller.acknowledged());
        acknowledged.expect("a connection");
        elapsed
    }
}

/// Receives until nothing is left, and returns how many messages that were.
fn drain(mut receive: impl FnMut() -> io::Result<usize>) -> u64 {
    let mut received = 0;
    loop {
        match receive() {
            Ok(0) => panic!("the connection has ended"),
            Ok(count) => received += count as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return received,
            Err(error) => panic!("cannot receive: {error}"),
        }
    }
}
