//! How long it takes to connect, accept and close, one connection after another and several at once.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use futures::future::join_all;
use srt_tokio::{SrtListener, SrtOptions, SrtStream};
use support::pair::listen;
use tokio::runtime::Runtime;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(listen(&SrtOptions::new()));
    let mut group = criterion.benchmark_group("accept");
    group.sampling_mode(SamplingMode::Flat);
    for at_once in [1, 8] {
        group.throughput(Throughput::Elements(at_once));
        group.bench_function(BenchmarkId::from_parameter(at_once), |bencher| {
            bencher.iter_custom(|rounds| {
                let start = Instant::now();
                for _ in 0..rounds {
                    runtime.block_on(round(&listener, at_once));
                }
                start.elapsed()
            });
        });
    }
    group.finish();
    criterion.final_summary();
}

async fn round(listener: &SrtListener, at_once: u64) {
    let address = listener.local_addr().expect("an address");
    let callers = join_all((0..at_once).map(|_| SrtStream::connect(address)));
    let accepted = join_all((0..at_once).map(|_| listener.accept()));
    let (callers, accepted) = tokio::join!(callers, accepted);
    assert!(callers.iter().all(Result::is_ok) && accepted.iter().all(Result::is_ok));
}
