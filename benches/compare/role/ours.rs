//! The roles over this library.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use futures::future::try_join_all;
use srt_tokio::{
    Bandwidth, Moderation, SrtEndpoint, SrtListener, SrtOptions, SrtStream, TransmissionMode,
    set_moderation,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime;
use tokio::time::{MissedTickBehavior, interval};

use super::control::Control;
use super::plan::{Plan, Role, Setting};
use super::report::{self, Sent};
use super::stamp::{MESSAGE, Stamp};
use super::tally::{Tally, Total};

/// What is read or written at a time when a stream has no messages, in bytes.
const CHUNK: usize = 64 * 1024;

/// Messages taken at a time.
const BATCH: usize = 64;

/// What a packet counts as in the size of a buffer: libsrt's MSS without the headers of IPv4 and UDP.
const BUFFERED: usize = 1472;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const TICK: Duration = Duration::from_millis(1);

pub(crate) fn run(plan: &Plan, control: Control) -> Result<()> {
    set_moderation(match plan.setting {
        Setting::Lowest => Moderation::LowestLatency,
        Setting::Balanced => Moderation::Balanced,
        Setting::Efficient => Moderation::Efficient,
        Setting::Economy => Moderation::Economy,
    });
    let mut builder = match plan.workers {
        0 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    if plan.workers > 0 {
        builder.worker_threads(plan.workers);
    }
    let runtime = builder.enable_all().build().context("starting tokio")?;
    let plan = plan.clone();
    // On a worker, as the tasks of a program would be.
    let role = runtime.spawn(async move {
        match plan.role {
            Role::Receive => receive(&plan, control).await,
            Role::Send => send(&plan, control).await,
            Role::Relay => relay(&plan, control).await,
        }
    });
    runtime.block_on(role)?
}

async fn receive(plan: &Plan, mut control: Control) -> Result<()> {
    let streams = accept(plan, plan.streams, &mut control).await?;
    let tallies = Tally::of_streams(plan.streams, plan.delay);
    let tallies = if plan.file {
        receive_bytes(streams, tallies, &control).await?
    } else {
        receive_messages(streams, tallies, &mut control).await?
    };
    report::received(&Total::of(&tallies), None);
    Ok(())
}

async fn send(plan: &Plan, mut control: Control) -> Result<()> {
    let mut streams = call(plan, plan.remote()?).await?;
    let rejected = plan.streams - streams.len();
    report::called(streams.len(), rejected);
    let mut sent = Sent::default();
    if control.go().await {
        sent = match (plan.is_flood(), plan.file) {
            (false, _) => send_at_rate(plan, &streams, &control).await,
            (true, false) => flood(&mut streams, plan.bytes, flood_messages).await,
            (true, true) => flood(&mut streams, plan.bytes, flood_bytes).await,
        };
        report::done(&sent);
        control.stopped().await;
    }
    report::sent(&sent, rejected);
    Ok(())
}

async fn relay(plan: &Plan, mut control: Control) -> Result<()> {
    let outputs = call(&Plan { shared_port: true, ..plan.clone() }, plan.remote()?).await?;
    ensure!(outputs.len() == plan.streams, "only {} calls were accepted", outputs.len());
    let mut input = accept(plan, 1, &mut control).await?;
    let Some(input) = input.pop().map(Arc::new) else { return Ok(()) };
    let tally = Tally::of_streams(1, plan.delay).remove(0);
    let task = tokio::spawn(forward(input.clone(), outputs, tally));
    control.stopped().await;
    close(&input).await;
    let (tally, sent) = task.await?;
    report::received(&Total::of(&[tally]), Some(&sent));
    Ok(())
}

/// Listens and accepts `count` connections, or fewer if told to stop, and reports.
async fn accept(plan: &Plan, count: usize, control: &mut Control) -> Result<Vec<SrtStream>> {
    let listener = SrtListener::builder()
        .options(&options(plan))
        .backlog(count as u32)
        .bind((Ipv4Addr::LOCALHOST, 0))
        .await?;
    report::listening(listener.local_addr()?);
    let mut streams = Vec::with_capacity(count);
    let mut first = None;
    while streams.len() < count {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = control.stopped() => return Ok(streams),
        };
        first.get_or_insert_with(Instant::now);
        streams.push(stream);
    }
    report::accepted(count, first.map_or(Duration::ZERO, |first| first.elapsed()));
    Ok(streams)
}

/// Returns those calls that were accepted.
async fn call(plan: &Plan, to: SocketAddr) -> Result<Vec<SrtStream>> {
    let options = options(plan);
    let endpoint = if plan.shared_port {
        let mut builder = SrtEndpoint::builder();
        Some(builder.options(&options).bind((Ipv4Addr::UNSPECIFIED, 0)).await?)
    } else {
        None
    };
    let calls =
        futures::stream::iter(0..plan.streams).map(|_| connect(endpoint.as_ref(), &options, to));
    let called: Vec<_> = calls.buffer_unordered(plan.in_flight).collect().await;
    let tell = |error: &io::Error| eprintln!("bench: calling: {error}");
    Ok(called.into_iter().filter_map(|stream| stream.inspect_err(tell).ok()).collect())
}

async fn connect(
    endpoint: Option<&SrtEndpoint>,
    options: &SrtOptions,
    to: SocketAddr,
) -> io::Result<SrtStream> {
    match endpoint {
        Some(endpoint) => endpoint.connect(to).await,
        None => SrtStream::builder().options(options).connect(to).await,
    }
}

fn options(plan: &Plan) -> SrtOptions {
    let mut options = SrtOptions::new();
    options.connect_timeout(CONNECT_TIMEOUT);
    if plan.file {
        options.transmission_mode(TransmissionMode::FileStream);
    } else {
        options.latency(plan.latency);
    }
    if let Some(window) = plan.window {
        let window = window as usize;
        options.flow_window(window);
        options.receive_buffer_size(window * BUFFERED);
    }
    if let Some(limit) = plan.max_mbps {
        options.max_bandwidth(Bandwidth::from_megabits_per_second(limit.into()));
    }
    options
}

/// Ends what is under way on the stream.
async fn close(stream: &SrtStream) {
    // An error would be about what was not acknowledged in time, which is none.
    let _ = stream.close_within(Duration::ZERO).await;
}

async fn receive_messages(
    streams: Vec<SrtStream>,
    tallies: Vec<Tally>,
    control: &mut Control,
) -> Result<Vec<Tally>> {
    let streams: Vec<_> = streams.into_iter().map(Arc::new).collect();
    let tasks: Vec<_> = streams
        .iter()
        .zip(tallies)
        .map(|(stream, tally)| tokio::spawn(tally_messages(stream.clone(), tally)))
        .collect();
    control.stopped().await;
    for stream in &streams {
        close(stream).await;
    }
    Ok(try_join_all(tasks).await?)
}

async fn tally_messages(stream: Arc<SrtStream>, mut tally: Tally) -> Tally {
    let mut messages = Vec::with_capacity(BATCH);
    while let Ok(1..) = stream.recv_many(&mut messages, BATCH).await {
        for message in messages.drain(..) {
            tally.message(&message);
        }
    }
    tally
}

async fn receive_bytes(
    streams: Vec<SrtStream>,
    tallies: Vec<Tally>,
    control: &Control,
) -> Result<Vec<Tally>> {
    let tasks = streams
        .into_iter()
        .zip(tallies)
        .map(|(stream, tally)| tokio::spawn(tally_bytes(stream, tally, control.clone())));
    Ok(try_join_all(tasks).await?)
}

async fn tally_bytes(mut stream: SrtStream, mut tally: Tally, mut control: Control) -> Tally {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = tokio::select! {
            read = stream.read(&mut chunk) => read,
            () = control.stopped() => return tally,
        };
        let Ok(len @ 1..) = read else { return tally };
        tally.bytes(len);
    }
}

async fn send_at_rate(plan: &Plan, streams: &[SrtStream], control: &Control) -> Sent {
    let mut sent = Sent::default();
    let mut message = [0; MESSAGE];
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    // The first one is now.
    ticks.tick().await;
    let total = plan.messages();
    let mut next = 0;
    for tick in 1_u64.. {
        ticks.tick().await;
        if control.is_stopped() || next == total || streams.is_empty() {
            break;
        }
        let due = total.min((tick as f64 * plan.messages_per_tick()) as u64);
        for number in next..due {
            let stream = number as usize % streams.len();
            Stamp::now(stream as u32, (number / streams.len() as u64) as u32).write(&mut message);
            match streams[stream].send(&message).await {
                Ok(len) => sent.count(len),
                Err(_) => sent.failed += 1,
            }
        }
        next = due;
    }
    sent
}

/// Fills all streams as fast as they take, until the peers have `bytes` in all.
async fn flood<F>(
    streams: &mut Vec<SrtStream>,
    bytes: u64,
    fill: fn(SrtStream, u32, u64) -> F,
) -> Sent
where
    F: Future<Output = (SrtStream, Sent)> + Send + 'static,
{
    let each = bytes / streams.len().max(1) as u64;
    let numbered = (0..).zip(std::mem::take(streams));
    let tasks: Vec<_> =
        numbered.map(|(number, stream)| tokio::spawn(fill(stream, number, each))).collect();
    let mut total = Sent::default();
    for (stream, sent) in try_join_all(tasks).await.into_iter().flatten() {
        total.messages += sent.messages;
        total.bytes += sent.bytes;
        streams.push(stream);
    }
    total
}

async fn flood_messages(stream: SrtStream, number: u32, bytes: u64) -> (SrtStream, Sent) {
    let mut sent = Sent::default();
    let mut message = [0; MESSAGE];
    while sent.bytes < bytes {
        Stamp::now(number, sent.messages as u32).write(&mut message);
        let Ok(len) = stream.send(&message).await else { break };
        sent.count(len);
    }
    let _ = stream.acknowledged().await;
    (stream, sent)
}

async fn flood_bytes(mut stream: SrtStream, _: u32, bytes: u64) -> (SrtStream, Sent) {
    let mut sent = Sent::default();
    let chunk = vec![0; CHUNK];
    while sent.bytes < bytes {
        let len = chunk.len().min((bytes - sent.bytes) as usize);
        let Ok(len) = stream.write(&chunk[..len]).await else { break };
        sent.count(len);
    }
    // Waits until the peer has it.
    let _ = stream.shutdown().await;
    (stream, sent)
}

async fn forward(
    input: Arc<SrtStream>,
    outputs: Vec<SrtStream>,
    mut tally: Tally,
) -> (Tally, Sent) {
    let mut sent = Sent::default();
    let mut messages = Vec::with_capacity(BATCH);
    while let Ok(1..) = input.recv_many(&mut messages, BATCH).await {
        for message in messages.drain(..) {
            tally.message(&message);
            for output in &outputs {
                // An output without room goes without: the others do not wait for it.
                match output.try_send(&message) {
                    Ok(len) => sent.count(len),
                    Err(_) => sent.failed += 1,
                }
            }
        }
    }
    (tally, sent)
}
