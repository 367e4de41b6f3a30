//! The roles of the comparison over srt-tokio 0.4.4, with the arguments and the protocol of `compare
//! role`, whose modules it shares.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures::future::{join_all, try_join_all};
use futures::stream::{self, AbortHandle, Abortable};
use futures::{SinkExt, StreamExt};
use srt_tokio::options::{ByteCount, PacketCount, SocketOptions};
use srt_tokio::{SrtListener, SrtSocket};
use tokio::runtime;
use tokio::time::{MissedTickBehavior, interval};

use self::control::Control;
use self::plan::{Plan, Role};
use self::report::Sent;
use self::stamp::{MESSAGE, Stamp};
use self::tally::{Tally, Total};

#[expect(dead_code, reason = "C waits without a runtime")]
#[path = "../../compare/role/control.rs"]
mod control;
#[expect(dead_code, reason = "other peers have more to choose")]
#[path = "../../compare/role/plan.rs"]
mod plan;
#[path = "../../compare/role/report.rs"]
mod report;
#[path = "../../compare/role/stamp.rs"]
mod stamp;
#[expect(dead_code, reason = "there is no file mode")]
#[path = "../../compare/role/tally.rs"]
mod tally;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const TICK: Duration = Duration::from_millis(1);

/// libsrt's default for both buffers, in packets. The default of this library's send buffer, 32, is
/// less than what is under way at 100 Mbit/s, most of which would be lost.
const WINDOW: u32 = 8192;

/// What a packet counts as in the size of a buffer.
const BUFFERED: u64 = 1500;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    ensure!(args.next().as_deref() == Some("role"), "the arguments are those of `compare role`");
    let plan = Plan::parse(args)?;
    ensure!(!plan.file, "there is no file mode");
    let control = Control::start(plan.limit).context("listening to orders")?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(plan.workers)
        .enable_all()
        .build()
        .context("starting tokio")?;
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
    let (_listener, sockets) = accept(plan, plan.streams, &mut control).await?;
    let tallies = Tally::of_streams(plan.streams, plan.delay);
    let (tasks, aborts): (Vec<_>, Vec<_>) = sockets
        .into_iter()
        .zip(tallies)
        .map(|(socket, tally)| {
            let (messages, abort) = stream::abortable(socket);
            (tokio::spawn(tally_messages(messages, tally)), abort)
        })
        .unzip();
    control.stopped().await;
    aborts.iter().for_each(AbortHandle::abort);
    let tallies = try_join_all(tasks).await?;
    report::received(&Total::of(&tallies), None);
    Ok(())
}

async fn send(plan: &Plan, mut control: Control) -> Result<()> {
    ensure!(!plan.shared_port, "calls cannot share a port");
    let mut sockets = call(plan, plan.remote()?).await?;
    let rejected = plan.streams - sockets.len();
    report::called(sockets.len(), rejected);
    let mut sent = Sent::default();
    if control.go().await {
        if plan.is_flood() {
            sent = flood(plan, &mut sockets).await;
        } else {
            sent = send_at_rate(plan, &mut sockets, &control).await;
        }
        report::done(&sent);
        control.stopped().await;
    }
    report::sent(&sent, rejected);
    Ok(())
}

async fn relay(plan: &Plan, mut control: Control) -> Result<()> {
    let outputs = call(plan, plan.remote()?).await?;
    ensure!(outputs.len() == plan.streams, "only {} calls were accepted", outputs.len());
    let (_listener, mut input) = accept(plan, 1, &mut control).await?;
    let Some(input) = input.pop() else { return Ok(()) };
    let (messages, abort) = stream::abortable(input);
    let tally = Tally::of_streams(1, plan.delay).remove(0);
    let task = tokio::spawn(forward(messages, outputs, tally));
    control.stopped().await;
    abort.abort();
    let (tally, sent) = task.await?;
    report::received(&Total::of(&[tally]), Some(&sent));
    Ok(())
}

/// Listens and accepts `count` connections, or fewer if told to stop, and reports.
async fn accept(
    plan: &Plan,
    count: usize,
    control: &mut Control,
) -> Result<(SrtListener, Vec<SrtSocket>)> {
    let udp = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = udp.local_addr()?;
    let (listener, mut incoming) = SrtListener::builder()
        .set(|options| configure(plan, options))
        .socket(udp)
        .bind(address)
        .await?;
    report::listening(address);
    let mut sockets = Vec::with_capacity(count);
    let mut first = None;
    while sockets.len() < count {
        let request = tokio::select! {
            request = incoming.incoming().next() => request.context("the listener has ended")?,
            () = control.stopped() => return Ok((listener, sockets)),
        };
        sockets.push(request.accept(None).await?);
        first.get_or_insert_with(Instant::now);
    }
    report::accepted(count, first.map_or(Duration::ZERO, |first| first.elapsed()));
    Ok((listener, sockets))
}

/// Returns those calls that were accepted.
async fn call(plan: &Plan, to: SocketAddr) -> Result<Vec<SrtSocket>> {
    let calls = stream::iter(0..plan.streams).map(|_| connect(plan, to));
    let called: Vec<_> = calls.buffer_unordered(plan.in_flight).collect().await;
    let tell = |error: &io::Error| eprintln!("bench: calling: {error}");
    Ok(called.into_iter().filter_map(|socket| socket.inspect_err(tell).ok()).collect())
}

async fn connect(plan: &Plan, to: SocketAddr) -> io::Result<SrtSocket> {
    SrtSocket::builder().set(|options| configure(plan, options)).call(to, None).await
}

fn configure(plan: &Plan, options: &mut SocketOptions) {
    let window = plan.window.unwrap_or(WINDOW);
    let bytes = ByteCount(u64::from(window) * BUFFERED);
    options.connect.timeout = CONNECT_TIMEOUT;
    options.connect.udp_recv_buffer_size = bytes;
    options.connect.udp_send_buffer_size = bytes;
    options.receiver.latency = plan.latency;
    options.receiver.buffer_size = bytes;
    options.sender.peer_latency = plan.latency;
    options.sender.buffer_size = bytes;
    let flow_window = &mut options.sender.flow_control_window_size;
    *flow_window = PacketCount(flow_window.0.max(window.into()));
}

async fn tally_messages(mut messages: Abortable<SrtSocket>, mut tally: Tally) -> Tally {
    while let Some(Ok((_, message))) = messages.next().await {
        tally.message(&message);
    }
    tally
}

async fn send_at_rate(plan: &Plan, sockets: &mut [SrtSocket], control: &Control) -> Sent {
    let mut sent = Sent::default();
    let mut message = [0; MESSAGE];
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    // The first one is now.
    ticks.tick().await;
    let total = plan.messages();
    let streams = sockets.len();
    let mut next = 0;
    for tick in 1_u64.. {
        ticks.tick().await;
        if control.is_stopped() || next == total || streams == 0 {
            break;
        }
        let due = total.min((tick as f64 * plan.messages_per_tick()) as u64);
        for number in next..due {
            let stream = number as usize % streams;
            Stamp::now(stream as u32, (number / streams as u64) as u32).write(&mut message);
            let message = Bytes::copy_from_slice(&message);
            match sockets[stream].send((Instant::now(), message)).await {
                Ok(()) => sent.count(MESSAGE),
                Err(_) => sent.failed += 1,
            }
        }
        next = due;
    }
    sent
}

/// Fills all streams as fast as they take.
async fn flood(plan: &Plan, sockets: &mut [SrtSocket]) -> Sent {
    let each = plan.bytes / sockets.len().max(1) as u64;
    let flows = sockets.iter_mut().zip(0..).map(async |(socket, stream)| {
        let mut sent = Sent::default();
        let mut message = [0; MESSAGE];
        while sent.bytes < each {
            Stamp::now(stream, sent.messages as u32).write(&mut message);
            let message = Bytes::copy_from_slice(&message);
            if socket.send((Instant::now(), message)).await.is_err() {
                break;
            }
            sent.count(MESSAGE);
        }
        sent
    });
    let mut total = Sent::default();
    for sent in join_all(flows).await {
        total.messages += sent.messages;
        total.bytes += sent.bytes;
    }
    total
}

async fn forward(
    mut messages: Abortable<SrtSocket>,
    mut outputs: Vec<SrtSocket>,
    mut tally: Tally,
) -> (Tally, Sent) {
    let mut sent = Sent::default();
    while let Some(Ok((_, message))) = messages.next().await {
        tally.message(&message);
        for output in &mut outputs {
            // An output without room goes without: the others do not wait for it.
            match output.try_send(Instant::now(), message.clone()) {
                Ok(()) => sent.count(message.len()),
                Err(_) => sent.failed += 1,
            }
        }
    }
    (tally, sent)
}
