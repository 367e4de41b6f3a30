//! Throughput of `AsyncRead` and `AsyncWrite` in file mode, one connection, both ends in this process.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use srt_tokio::{SrtStream, TransmissionMode};
use support::pair::pair_in;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

const BYTES: usize = 8 << 20;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("rw");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Bytes(BYTES as u64));
    // Seven packets of a transport stream at a time, and what a program that copies files takes.
    for buffer in [1316, 64 * 1024] {
        let mut ends = Some(runtime.block_on(pair_in(TransmissionMode::FileStream)));
        group.bench_function(BenchmarkId::from_parameter(buffer), |bencher| {
            bencher.iter_custom(|iterations| {
                let (caller, accepted) = ends.take().expect("put back below");
                let amount = BYTES * iterations as usize;
                let (elapsed, both) = runtime.block_on(transfer(caller, accepted, amount, buffer));
                ends = Some(both);
                elapsed
            });
        });
    }
    group.finish();
    criterion.final_summary();
}

async fn transfer(
    mut caller: SrtStream,
    mut accepted: SrtStream,
    amount: usize,
    buffer: usize,
) -> (Duration, (SrtStream, SrtStream)) {
    let start = Instant::now();
    let writer = tokio::spawn(async move {
        let data = vec![0x47; buffer];
        let mut left = amount;
        while left > 0 {
            let part = left.min(buffer);
            caller.write_all(&data[..part]).await.expect("written");
            left -= part;
        }
        caller
    });
    let mut data = vec![0; buffer];
    let mut left = amount;
    while left > 0 {
        let read = accepted.read(&mut data).await.expect("read");
        assert!(read > 0, "the connection has ended");
        left -= read;
    }
    let elapsed = start.elapsed();
    (elapsed, (writer.await.expect("no panic"), accepted))
}
