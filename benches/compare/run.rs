//! One peer under one workload, once: its processes are started, measured from outside, and ended.
//!
//! The window of a measurement is the same for all: from just before the first packet is sent to a
//! margin after the last one was due to be played.

use std::env;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::child::{Connected, Delivery, Done, PATIENCE, Ready, Role};
use crate::measure::Sample;
use crate::peer::Peer;
use crate::report::{Conditions, Figures};
use crate::role::stamp::MESSAGE;
use crate::transmit;
use crate::workload::{Kind, Workload};

/// The latency of throughput in live mode, so that the window is not what limits it.
const PEAK_LATENCY: Duration = Duration::from_millis(500);

/// In packets: what is under way in that latency, at 2.7 Gbit/s.
const PEAK_WINDOW: u32 = 131_072;

/// So that libsrt's default limit in live mode, 1 Gbit/s, is not what is measured.
const PEAK_MAX_MBPS: u32 = 10_000;

/// How much is sent to measure throughput, for each second of traffic that other workloads have. Far
/// more than the send buffer holds, which is libsrt's default of 12 MB.
const PEAK_BYTES_PER_SECOND: u64 = 150_000_000;

/// How long idle connections are watched at least: what they cost comes in bursts, some every second.
const LEAST_IDLE: Duration = Duration::from_secs(5);

/// Runs what it is asked to.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) conditions: Conditions,
    /// The program with srt-tokio 0.4.4.
    pub(crate) srt_tokio: Option<PathBuf>,
}

#[derive(Debug)]
enum Receiver {
    Role(Role),
    Transmit(transmit::Receiver),
}

#[derive(Debug)]
enum Sender {
    Role(Role),
    Transmit(transmit::Sender),
}

/// Arguments of a role, as `KEY=VALUE`.
#[derive(Clone, Debug, Default)]
struct Keys(Vec<String>);

/// Both ends, connected.
#[derive(Debug)]
struct Pair {
    receiver: Receiver,
    sender: Sender,
    /// What the receiver held before the first call.
    empty: Sample,
    connected: Option<Connected>,
}

impl Runner {
    pub(crate) async fn run(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        match workload.kind {
            Kind::Receive => self.receive(workload, peer).await,
            Kind::Send => self.send(workload, peer).await,
            Kind::Relay => self.relay(workload, peer).await,
            Kind::PeakLive | Kind::PeakFile => self.peak(workload, peer).await,
            Kind::Idle => self.idle(workload, peer).await,
            Kind::Accept => self.accept(workload, peer).await,
        }
    }

    async fn receive(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let feeder = if peer == Peer::Udp { Peer::Udp } else { Peer::RawC };
        // The listener of srt-tokio takes two calls from one port for the same.
        let ports = if peer == Peer::SrtTokio { "own" } else { "shared" };
        let keys = self.traffic(workload).with("ports", ports);
        let mut pair = self.connect(peer, keys.clone(), feeder, keys).await?;
        let pid = pair.receiver.pid();
        let (begin, start) = (Sample::begin(pid)?, Instant::now());
        let done = pair.send(workload, self).await?;
        sleep(self.latency() + self.margin()).await;
        let (end, window) = (Sample::end(pid)?, start.elapsed());
        let figures = used(&[(pair.empty, begin, end)], window);
        Ok(delivered(figures, done, pair.finish().await?))
    }

    async fn send(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let drain = if peer == Peer::Udp { Peer::Udp } else { Peer::RawC };
        let ports = match peer {
            Peer::BestC | Peer::OursShared(_) => "shared",
            _ => "own",
        };
        let keys = self.traffic(workload);
        let mut pair = self.connect(drain, keys.clone(), peer, keys.with("ports", ports)).await?;
        let pid = pair.sender.pid();
        let (begin, start) = (Sample::begin(pid)?, Instant::now());
        let done = pair.send(workload, self).await?;
        sleep(self.latency() + self.margin()).await;
        let (end, window) = (Sample::end(pid)?, start.elapsed());
        let figures = used(&[(begin, begin, end)], window);
        Ok(delivered(figures, done, pair.finish().await?))
    }

    async fn relay(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let keys = self.traffic(workload);
        // It is played twice, one after the other.
        let delay = 2 * self.latency();
        let sink_keys = keys.clone().with("delay_ms", delay.as_millis());
        // On two cores the plain loop would lose some of it.
        let sink_keys = sink_keys.with("moderation_ms", 20);
        let mut sink = self.role(Peer::BestC, "receive", sink_keys)?;
        let to = listening(&mut sink).await?;
        let outputs = keys.clone().with("ports", "shared").with("to", to);
        let mut relay = self.role(peer, "relay", outputs)?;
        let to = listening(&mut relay).await?;
        sink.connected().await?;
        let input = keys.with("streams", 1).with("to", to);
        let mut source = self.role(Peer::RawC, "send", input)?;
        source.ready().await?;
        relay.connected().await?;

        let pid = relay.pid();
        let (begin, start) = (Sample::begin(pid)?, Instant::now());
        source.go().await?;
        let mut done = source.done(self.traffic_limit()).await?;
        sleep(delay + self.margin()).await;
        let (end, window) = (Sample::end(pid)?, start.elapsed());
        source.stop().await?;
        relay.stop().await?;
        let delivery = sink.stop().await?;
        done.sent *= u64::from(workload.streams);
        Ok(delivered(used(&[(begin, begin, end)], window), done, delivery))
    }

    async fn peak(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let mode = if workload.kind == Kind::PeakFile { "file" } else { "live" };
        let keys = Keys::default()
            .with("streams", workload.streams)
            .with("mode", mode)
            .with("window", PEAK_WINDOW)
            .with("max_mbps", PEAK_MAX_MBPS)
            .with("bytes", PEAK_BYTES_PER_SECOND * u64::from(self.conditions.seconds))
            .with("latency_ms", PEAK_LATENCY.as_millis())
            .with("limit_s", self.limit().as_secs());
        let mut pair = self.connect(peer, keys.clone(), peer, keys).await?;
        let pids = [pair.receiver.pid(), pair.sender.pid()];
        let begin = [Sample::begin(pids[0])?, Sample::begin(pids[1])?];
        let start = Instant::now();
        let done = pair.send(workload, self).await?;
        sleep(PEAK_LATENCY + self.margin()).await;
        let end = [Sample::end(pids[0])?, Sample::end(pids[1])?];
        let window = start.elapsed();
        let both = [(pair.empty, begin[0], end[0]), (begin[1], begin[1], end[1])];
        let figures = delivered(used(&both, window), done, pair.finish().await?);
        // In file mode there are no packets to be counted, so it is packets' worth of bytes.
        let packets = |bytes: u64| bytes / MESSAGE as u64;
        let (sent, received) = (packets(done.bytes), packets(figures.bytes));
        Ok(Figures { sent, received, ..figures })
    }

    async fn idle(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let keys = self.traffic(workload).with("ports", "shared");
        let pair = self.connect(peer, keys.clone(), Peer::RawC, keys).await?;
        let pid = pair.receiver.pid();
        // What connecting has left to be done is not idling.
        sleep(self.latency() + self.margin()).await;
        let (begin, start) = (Sample::begin(pid)?, Instant::now());
        sleep(self.duration().max(LEAST_IDLE)).await;
        let (end, window) = (Sample::end(pid)?, start.elapsed());
        let figures = used(&[(pair.empty, begin, end)], window);
        Ok(accepted(figures, pair.connected))
    }

    async fn accept(&self, workload: Workload, peer: Peer) -> Result<Figures> {
        let start = Instant::now();
        let keys = self.traffic(workload).with("ports", "shared");
        let pair = self.connect(peer, keys.clone(), Peer::RawC, keys).await?;
        let end = Sample::end(pair.receiver.pid())?;
        let figures = used(&[(pair.empty, pair.empty, end)], start.elapsed());
        Ok(accepted(figures, pair.connected))
    }

    /// Starts both ends and waits until all calls are connected and accepted.
    async fn connect(
        &self,
        receiver: Peer,
        receiver_keys: Keys,
        sender: Peer,
        sender_keys: Keys,
    ) -> Result<Pair> {
        let (mut receiver, to) = match receiver {
            Peer::SrtLiveTransmit => {
                let receiver = transmit::Receiver::spawn(self.latency(), self.limit())?;
                let addr = receiver.addr();
                (Receiver::Transmit(receiver), addr)
            }
            peer => {
                let mut role = self.role(peer, "receive", receiver_keys)?;
                let addr = listening(&mut role).await?;
                (Receiver::Role(role), addr)
            }
        };
        let empty = Sample::end(receiver.pid())?;
        let mut sender = match sender {
            Peer::SrtLiveTransmit => {
                Sender::Transmit(transmit::Sender::spawn(to, self.latency(), self.limit())?)
            }
            peer => Sender::Role(self.role(peer, "send", sender_keys.with("to", to))?),
        };
        if let Sender::Role(role) = &mut sender {
            let Ready { connected, rejected, .. } = role.ready().await?;
            ensure!(rejected == 0, "{rejected} of {} calls were rejected", connected + rejected);
        }
        let connected = match &mut receiver {
            Receiver::Role(role) => Some(role.connected().await?),
            Receiver::Transmit(_) => None,
        };
        Ok(Pair { receiver, sender, empty, connected })
    }

    fn role(&self, peer: Peer, what: &str, keys: Keys) -> Result<Role> {
        let program = match peer {
            Peer::SrtTokio => self.srt_tokio.clone().context("it was not built")?,
            _ => env::current_exe()?,
        };
        let name = match peer {
            Peer::Ours(_) | Peer::OursShared(_) | Peer::OursOneThread(_) => "ours".to_owned(),
            peer => peer.to_string(),
        };
        let keys = match peer.setting() {
            Some(setting) => keys.with("setting", setting),
            None => keys,
        };
        let keys = match peer {
            Peer::OursOneThread(_) => keys.with("workers", 0),
            _ => keys,
        };
        let mut command = Command::new(program);
        command.args(["role", what]).arg(format!("peer={name}")).args(keys.0);
        Role::spawn(format!("{name} {what}"), command)
    }

    /// The keys of what is sent at a rate.
    fn traffic(&self, workload: Workload) -> Keys {
        Keys::default()
            .with("streams", workload.streams)
            .with("mbps", workload.mbps())
            .with("seconds", self.conditions.seconds)
            .with("latency_ms", self.conditions.latency_ms)
            .with("limit_s", self.limit().as_secs())
    }

    fn duration(&self) -> Duration {
        Duration::from_secs(self.conditions.seconds.into())
    }

    fn latency(&self) -> Duration {
        Duration::from_millis(self.conditions.latency_ms.into())
    }

    fn margin(&self) -> Duration {
        Duration::from_millis(self.conditions.margin_ms.into())
    }

    /// How long a sender may take.
    fn traffic_limit(&self) -> Duration {
        2 * self.duration() + 2 * PATIENCE
    }

    /// How long a process may live: what ends it should this process be gone.
    fn limit(&self) -> Duration {
        self.traffic_limit() + 3 * PATIENCE
    }
}

impl Receiver {
    fn pid(&self) -> u32 {
        match self {
            Self::Role(role) => role.pid(),
            Self::Transmit(transmit) => transmit.pid(),
        }
    }
}

impl Sender {
    fn pid(&self) -> u32 {
        match self {
            Self::Role(role) => role.pid(),
            Self::Transmit(transmit) => transmit.pid(),
        }
    }
}

impl Pair {
    async fn send(&mut self, workload: Workload, runner: &Runner) -> Result<Done> {
        match &mut self.sender {
            Sender::Role(role) => {
                role.go().await?;
                role.done(runner.traffic_limit()).await
            }
            Sender::Transmit(transmit) => transmit.send(workload.mbps(), runner.duration()).await,
        }
    }

    /// Ends the sender and then the receiver, and returns what has arrived.
    async fn finish(self) -> Result<Delivery> {
        match self.sender {
            // A role that receives has not heard of the end of a stream yet, one that transmits ends with it.
            Sender::Role(role) => match self.receiver {
                Receiver::Role(receiver) => {
                    let delivery = receiver.stop().await;
                    role.stop().await?;
                    delivery
                }
                Receiver::Transmit(receiver) => {
                    receiver.ending();
                    role.stop().await?;
                    receiver.finish().await
                }
            },
            Sender::Transmit(transmit) => {
                transmit.finish().await;
                match self.receiver {
                    Receiver::Role(receiver) => receiver.stop().await,
                    Receiver::Transmit(receiver) => receiver.finish().await,
                }
            }
        }
    }
}

impl Keys {
    /// Replaces the value if there is one.
    fn with(mut self, key: &str, value: impl Display) -> Self {
        self.0.retain(|it| it.split('=').next() != Some(key));
        self.0.push(format!("{key}={value}"));
        self
    }
}

/// The address of a role that listens.
async fn listening(role: &mut Role) -> Result<SocketAddr> {
    role.ready().await?.addr.context("a role that listens says where")
}

/// What processes have used in the window, each given with what it was when empty, at the beginning
/// and at the end.
fn used(processes: &[(Sample, Sample, Sample)], window: Duration) -> Figures {
    let mut figures = Figures { window_us: window.as_micros() as u64, ..Figures::default() };
    for (empty, begin, end) in processes {
        figures.cpu_us += (end.cpu - begin.cpu).as_micros() as u64;
        // Threads that have ended in between take what they had with them.
        let switches = |of: fn(&Sample) -> u64| of(end).saturating_sub(of(begin));
        figures.voluntary_switches += switches(|it| it.voluntary_switches);
        figures.involuntary_switches += switches(|it| it.involuntary_switches);
        figures.threads += end.threads;
        figures.rss_kib += end.rss_kib;
        figures.rss_growth_kib += end.rss_kib.saturating_sub(empty.rss_kib);
        figures.peak_kib += end.peak_kib;
    }
    figures
}

fn delivered(figures: Figures, done: Done, delivery: Delivery) -> Figures {
    Figures {
        // What a sender could not get rid of has not arrived either.
        sent: done.sent + done.failed,
        received: delivery.received,
        bytes: delivery.bytes,
        delivery_us: delivery.micros,
        lateness_us: delivery.lateness_us,
        ..figures
    }
}

fn accepted(figures: Figures, connected: Option<Connected>) -> Figures {
    let Some(Connected { connected, micros }) = connected else { return figures };
    Figures { connected, connecting_us: micros, ..figures }
}
