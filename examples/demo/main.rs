//! Live video from a publisher through a server to viewers, each over SRT on loopback.
//!
//! - `server`: accepts publishers and viewers, and hands on what is published
//! - `publisher`, `viewer`: the clients
//! - `source`: what is published: `ffmpeg`, `playback` of a file, or the generator of the tests
//! - `record`: what was published, and whether viewers received just that
//! - `link`, `meter`: statistics of a connection and of the process
//! - `table`, `verdict`: what is shown meanwhile and at the end

mod ffmpeg;
mod link;
mod meter;
mod playback;
mod publisher;
mod record;
mod server;
mod source;
mod table;
mod verdict;
mod viewer;

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::signal::ctrl_c;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::meter::Meter;
use crate::publisher::Publisher;
use crate::record::Record;
use crate::server::Server;
use crate::source::Source;
use crate::table::Table;
use crate::verdict::Verdict;
use crate::viewer::{Progress, Viewer};

/// Publishes live video through an SRT server to viewers, all over SRT on loopback, and checks each
/// byte that arrives.
///
/// Ends with a verdict. The exit status is 0 only if every viewer has received everything that was
/// published, byte for byte. Ctrl-C ends it early, with the verdict so far.
#[derive(Debug, Parser)]
#[command(name = "demo", after_help = AFTER_HELP)]
struct Args {
    /// How long to publish
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// How many viewers there are
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=400))]
    viewers: u64,
    /// The bit rate of the video, 0.5 to 200
    #[arg(long, value_name = "X", default_value_t = 5.0, value_parser = mbps, allow_negative_numbers = true)]
    mbps: f64,
    /// Publish an MPEG-TS file, at the speed of its program clock, over and over
    #[arg(long, value_name = "FILE.ts", conflicts_with_all = ["mbps", "source"])]
    input: Option<PathBuf>,
    /// Where the video comes from
    #[arg(long, value_enum, default_value_t = Origin::Auto)]
    source: Origin,
    /// Print a JSON object as the last line, and everything else to the standard error
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
The JSON object has, among others:
  streams           connections that carry media: the publisher's and one for each viewer
  packets_sent      SRT data messages, counted once for each stream that is to carry them
  packets_received  those that have arrived, at the server or at a viewer
  packets_lost      the difference
  bytes_corrupt     bytes that viewers received and that differ from what was published
  cpu_percent       processor time of this process, of one core";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Origin {
    /// FFmpeg's test picture if it runs, else the generator's
    Auto,
    /// FFmpeg's test picture
    Ffmpeg,
    /// A grey picture that needs no other program
    Generator,
}

/// So many viewers connect at the same time.
const CONNECTING: usize = 32;

/// Megabits a second. Less is too little for the picture; more is more than any contribution link has.
const MBPS: RangeInclusive<f64> = 0.5..=200.0;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(verdict) => {
            if args.json {
                eprintln!("\n{verdict}");
                println!("{}", verdict.to_json());
            } else {
                println!("\n{verdict}");
            }
            ExitCode::from(u8::from(!verdict.is_good()))
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<Verdict> {
    let interrupted = interruption();
    Demo::set_up(args).await?.play(args, interrupted).await
}

/// Everything is connected, and nothing is published yet.
struct Demo {
    server: Arc<Server>,
    publisher: Publisher,
    viewers: Vec<Viewer>,
    source: Source,
    record: Arc<Record>,
}

impl Demo {
    async fn set_up(args: &Args) -> Result<Self> {
        let record = Arc::new(Record::default());

        let server = Arc::new(Server::bind("127.0.0.1:0").await?);
        let address = server.local_addr()?;
        tokio::spawn(server.clone().run());

        let viewers: Vec<_> = stream::iter(1..=args.viewers)
            .map(|number| {
                let viewer = Viewer::connect(address, record.clone());
                async move { viewer.await.with_context(|| format!("viewer {number}")) }
            })
            .buffered(CONNECTING)
            .try_collect()
            .await?;
        // They see the beginning only if the server knows all of them by then.
        server.wait_for_links(viewers.len()).await?;

        let source = args.open_source().await?;
        let publisher = Publisher::connect(address, record.clone()).await;
        let publisher = publisher.context("the publisher")?;
        server.wait_for_links(viewers.len() + 1).await?;
        Ok(Self { server, publisher, viewers, source, record })
    }

    async fn play(self, args: &Args, interrupted: watch::Receiver<bool>) -> Result<Verdict> {
        let Self { server, publisher, viewers, source, record } = self;
        let source_name = source.name();
        let mut table = Table::new(format!("{source} to {} viewers", args.viewers), args.json);
        table.add("publisher -> server".to_owned(), publisher.link());
        let mut ends = server.links();
        for (number, link) in (1..=args.viewers).zip(&ends) {
            table.add(format!("server -> viewer {number}"), link.clone());
        }
        ends.push(publisher.link());
        ends.extend(viewers.iter().map(Viewer::link));
        let progress: Vec<_> = viewers.iter().map(Viewer::progress).collect();

        let meter = Meter::start();
        let stop = stop(args.seconds, interrupted.clone());
        let publishing = tokio::spawn(publisher.run(source, stop));
        let viewing: Vec<_> =
            viewers.into_iter().map(|viewer| tokio::spawn(viewer.run())).collect();
        let mut all = pin!(async { tokio::join!(publishing, join_all(viewing)) });
        let second = Duration::from_secs(1);
        let mut ticks = interval_at(Instant::now() + second, second);
        // After a stall one row, not one for each second that is over.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut tasks = 0;
        let (published, viewed) = loop {
            tokio::select! {
                finished = &mut all => break finished,
                _ = ticks.tick() => {}
            }
            // Only while a connection lasts does it have statistics.
            for end in &ends {
                end.stats();
            }
            tasks = tasks.max(Handle::current().metrics().num_alive_tasks());
            // After Ctrl-C the shell may be writing to the terminal already.
            if !*interrupted.borrow() {
                table.draw(meter.usage().elapsed, &summary(&record, &progress))?;
            }
        };
        let usage = meter.usage();

        let published = published?;
        let mut failures: Vec<_> = published.failure.iter().map(|e| format!("{e:#}")).collect();
        for (number, viewed) in (1..).zip(viewed) {
            if let Err(error) = viewed? {
                failures.push(format!("viewer {number}: {error:#}"));
            }
        }
        Ok(Verdict {
            source: source_name,
            interrupted: *interrupted.borrow(),
            failures,
            messages: record.len(),
            published,
            ingested: server.received(),
            dropped: server.dropped(),
            seen: progress.iter().map(|progress| progress.get()).collect(),
            stats: ends.iter().map(|end| end.stats()).collect(),
            usage,
            tasks,
        })
    }
}

impl Args {
    async fn open_source(&self) -> Result<Source> {
        if let Some(path) = &self.input {
            return Source::file(path).await;
        }
        let bit_rate = (self.mbps * 1e6) as u64;
        match self.source {
            Origin::Auto => Ok(Source::any(bit_rate).await),
            Origin::Ffmpeg => Source::ffmpeg(bit_rate).await,
            Origin::Generator => Ok(Source::generator(bit_rate)),
        }
    }
}

fn mbps(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(mbps) if MBPS.contains(&mbps) => Ok(mbps),
        _ => Err(format!("not in {} to {}", MBPS.start(), MBPS.end())),
    }
}

/// Becomes true with the first Ctrl-C. The second ends the process.
fn interruption() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        while ctrl_c().await.is_ok() {
            if sender.send_replace(true) {
                exit(130);
            }
        }
        // There is no handler, so that Ctrl-C ends the process anyway.
        sender.closed().await;
    });
    receiver
}

/// Completes when it is time to end.
async fn stop(seconds: u64, mut interrupted: watch::Receiver<bool>) {
    tokio::select! {
        () = sleep(Duration::from_secs(seconds)) => {}
        _ = interrupted.wait_for(|interrupted| *interrupted) => {}
    }
}

fn summary(record: &Record, progress: &[Arc<Progress>]) -> String {
    let seen = progress.iter().map(|progress| progress.get().tally);
    let (received, lost, corrupt) = seen.fold((0, 0, 0), |(received, lost, corrupt), tally| {
        (received + tally.received, lost + tally.lost, corrupt + tally.bytes_corrupt)
    });
    format!(
        "{} messages published; viewers have {received}, {lost} missing, {corrupt} bytes corrupt",
        record.len()
    )
}
