//! Carries a live stream from one place to another, as libsrt's `srt-live-transmit` does.
//!
//! ```text
//! transmit camera.ts srt://media.example.com:9000
//! transmit 'srt://:9000?passphrase=correct horse' udp://239.0.0.1:5000
//! ffmpeg ... -f mpegts - | transmit - 'srt://203.0.113.5:9000?mode=rendezvous&latency=250'
//! ```
//!
//! - `endpoint`: the two ends as the user writes them
//! - `srt`, `udp`: the connections and sockets that srt:// and udp:// URIs stand for
//! - `host_port`: where a host is
//! - `source`, `target`: where data comes from and goes to
//! - `output`: the files and pipes among targets
//! - `hangup`: the end of a target
//! - `pace`: when to send what a file has
//! - `payload`: the sizes of what is carried
//! - `report`: what the user is told

mod endpoint;
mod hangup;
mod host_port;
mod output;
mod pace;
mod payload;
mod report;
mod source;
mod srt;
mod target;
mod udp;

use std::cell::Cell;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use futures::FutureExt;
use tokio::runtime::Runtime;

use crate::endpoint::Endpoint;
use crate::report::{Format, Report};
use crate::source::Source;
use crate::target::Target;

/// Carries a live stream from SOURCE to TARGET.
///
/// srt://HOST:PORT calls HOST, srt://:PORT waits for one caller. Options follow as
/// ?KEY=VALUE&KEY=VALUE, by the rules of srt-live-transmit:
///
///   mode          caller, listener or rendezvous
///   latency       in milliseconds
///   passphrase    10 to 80 bytes
///   pbkeylen      16, 24 or 32 bytes
///   streamid      what a caller asks for
///   transtype     live or file
///   conntimeo     how long a caller waits for an answer, in milliseconds
///   maxbw         the limit of what is sent, in bytes per second
///   packetfilter  forward error correction, as fec,cols:10,rows:5
///   payloadsize   the greatest message that is sent, in bytes; with a packetfilter, a receiver
///                 that is not this program needs the same
///   adapter       the local IP address
///   port          the local port; a rendezvous uses that of the peer by default
///
/// and others, which srt_tokio::UriDialect has a table of.
///
/// udp://HOST:PORT is where datagrams are sent to, udp://:PORT where they are received, and
/// udp://GROUP:PORT is a multicast group for either. The keys of udp:// are:
///
///   adapter       the local IP address; of a group, that of the interface
///   source        the only sender in a group to receive from
///   ttl           how many hops datagrams may take, 0 to 255
///   mcloop        whether this host receives what it sends to a group, yes or no
///   iptos         the type of service, 0 to 255
///   sndbuf        the size of the system's send buffer, in bytes
///   rcvbuf        the size of the system's receive buffer, in bytes
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
struct Args {
    /// An srt:// or udp:// URI, a file, or - for standard input
    source: String,
    /// An srt:// or udp:// URI, a file, or - for standard output
    target: String,
    /// Send a file or standard input at this rate.
    /// By default a file goes out at the pace of its MPEG-TS clock, standard input as it comes
    #[arg(long, value_name = "MBIT/S", value_parser = rate)]
    mbps: Option<f64>,
    /// Report in JSON, an object a line
    #[arg(long)]
    json: bool,
    /// Report nothing but errors
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let report = Report::new(match (args.quiet, args.json) {
        (true, _) => Format::Quiet,
        (_, true) => Format::Json,
        _ => Format::Text,
    });
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report.error(&error.into()),
    };
    let outcome = runtime.block_on(run(&args, &report));
    // Nothing can interrupt a read of standard input that is under way.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report.error(&error),
    }
}

async fn run(args: &Args, report: &Report) -> Result<()> {
    let source: Endpoint = args.source.parse().context("source")?;
    let target: Endpoint = args.target.parse().context("target")?;
    let mut stop = Stop::new()?;

    let (mut from, mut to) = tokio::select! {
        // At the same time, so that neither's peer is kept waiting by the other's.
        opened = async {
            tokio::try_join!(
                at("source", &source, Source::open(&source, target.is_live(), args.mbps, report)),
                at("target", &target, Target::open(&target, report)),
            )
        } => opened?,
        () = stop.requested() => return Ok(()),
    };
    at("target", &target, to.start()).await?;

    let hangup = at("target", &target, to.hangup()).await?;
    let mut progress = report.progress(from.stream(), to.stream());
    let carried = Cell::new(0);
    let ended = tokio::select! {
        ended = async {
            let mut buffer = vec![0; from.max_receive_size()];
            loop {
                let received = match from.recv(&mut buffer).now_or_never() {
                    Some(received) => received,
                    None => {
                        // Nothing is held back while there is nothing to add to it.
                        at("target", &target, to.flush()).await?;
                        from.recv(&mut buffer).await
                    }
                };
                let received = at("source", &source, async { received }).await?;
                if received == 0 {
                    return Ok(());
                }
                at("target", &target, to.send(&buffer[..received])).await?;
                carried.set(carried.get() + received as u64);
            }
        } => ended,
        gone = hangup.noticed() => at("target", &target, async { Err(gone) }).await,
        never = progress.every_second(&carried) => match never {},
        () = stop.requested() => Ok(()),
    };
    // As long as there is a connection to ask.
    progress.update();
    let closed = tokio::select! {
        closed = at("target", &target, to.close()) => closed,
        // Again: now the user is in a hurry.
        () = stop.requested() => Ok(()),
    };
    progress.summary(carried.get());
    ended.and(closed)
}

/// Names the end at which an error has happened.
async fn at<T, E>(
    end: &str,
    endpoint: &Endpoint,
    operation: impl Future<Output = Result<T, E>>,
) -> Result<T>
where
    Result<T, E>: Context<T, E>,
{
    let result = operation.await;
    result.with_context(|| format!("{end} {endpoint}"))
}

/// The user's wish to stop: Ctrl-C, or on Unix also SIGTERM.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn requested(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    fn new() -> Result<Self> {
        Ok(Self {})
    }

    async fn requested(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (1e-3..=1e5).contains(&rate) => Ok(rate),
        _ => Err("not a number from 0.001 to 100000".into()),
    }
}
