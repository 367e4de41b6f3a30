//! srt-live-transmit, which carries one stream and knows nothing of the roles' protocol: what it
//! receives is read from its standard output, what it shall send is written to its standard input.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::child::{Delivery, Done, PATIENCE, Process};
use crate::report::Lateness;
use crate::role::stamp::{MESSAGE, Stamp, now_ns};
use crate::spread::percentile;

pub(crate) const PROGRAM: &str = "srt-live-transmit";

/// For what is still in its buffers when there is no more input.
const DRAIN: Duration = Duration::from_millis(500);

/// It, as a listener.
#[derive(Debug)]
pub(crate) struct Receiver {
    process: Process,
    addr: SocketAddr,
    arrivals: JoinHandle<io::Result<Arrivals>>,
    /// Set when it is only to empty its buffers.
    is_ending: Arc<AtomicBool>,
}

/// It, as a caller.
#[derive(Debug)]
pub(crate) struct Sender {
    process: Process,
    stdin: ChildStdin,
}

#[derive(Debug, Default)]
struct Arrivals {
    received: u64,
    late_us: Vec<u64>,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Receiver {
    pub(crate) fn spawn(latency: Duration, limit: Duration) -> Result<Self> {
        // It does not say which port it has got, so it is given one that was free a moment ago.
        let addr = UdpSocket::bind(("127.0.0.1", 0))?.local_addr()?;
        let source = format!("srt://{addr}?mode=listener&latency={}", latency.as_millis());
        let (process, _, stdout) = spawn(&source, "file://con", limit)?;
        let is_ending = Arc::<AtomicBool>::default();
        let arrivals = tokio::spawn(read(stdout, latency, is_ending.clone()));
        Ok(Self { process, addr, arrivals, is_ending })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// To be called before the caller goes. What it has in its buffers for want of more is not late.
    pub(crate) fn ending(&self) {
        self.is_ending.store(true, Relaxed);
    }

    /// What has arrived, after the caller has gone, with which it ends.
    pub(crate) async fn finish(mut self) -> Result<Delivery> {
        let status = self.process.wait().await?;
        ensure!(status.success(), self.process.error(&format!("has failed: {status}")));
        let arrivals =
            timeout(PATIENCE, self.arrivals).await.context("its output has no end")??;
        Ok(arrivals?.delivery())
    }
}

impl Sender {
    pub(crate) fn spawn(to: SocketAddr, latency: Duration, limit: Duration) -> Result<Self> {
        let target = format!("srt://{to}?mode=caller&latency={}", latency.as_millis());
        let (process, stdin, _) = spawn("file://con", &target, limit)?;
        Ok(Self { process, stdin })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Writes as the senders among the roles send: each millisecond what has become due.
    pub(crate) async fn send(&mut self, mbps: f64, duration: Duration) -> Result<Done> {
        let per_second = mbps * 1e6 / 8.0 / MESSAGE as f64;
        let total = (per_second * duration.as_secs_f64()) as u64;
        let deadline = Instant::now() + duration + PATIENCE;
        let mut due = Instant::now();
        let start = due;
        let mut sent = 0;
        let mut packet = [0; MESSAGE];
        while sent < total {
            due += Duration::from_millis(1);
            sleep_until(due).await;
            while sent < total && (sent as f64) < per_second * (due - start).as_secs_f64() {
                Stamp::now(0, sent as u32).write(&mut packet);
                let write = timeout_at(deadline, self.stdin.write_all(&packet)).await;
                if !matches!(write, Ok(Ok(()))) {
                    return Err(self.process.error("does not take its input"));
                }
                sent += 1;
            }
        }
        Ok(Done { sent, bytes: sent * MESSAGE as u64, failed: 0 })
    }

    /// Ends its input, and it once all that it has read is sent. At the end of its input it spins, so a
    /// measurement has ended before.
    pub(crate) async fn finish(self) {
        drop(self.stdin);
        sleep(DRAIN).await;
    }
}

impl Arrivals {
    fn delivery(mut self) -> Delivery {
        self.late_us.sort_unstable();
        let share = |share| percentile(&self.late_us, share).unwrap_or(0);
        Delivery {
            received: self.received,
            bytes: self.received * MESSAGE as u64,
            lateness_us: Some(Lateness {
                p50: share(0.5),
                p99: share(0.99),
                p999: share(0.999),
                max: share(1.0),
            }),
            micros: match (self.first, self.last) {
                (Some(first), Some(last)) => (last - first).as_micros() as u64,
                _ => 0,
            },
        }
    }
}

/// Whatever happens, it does not outlive `limit`.
fn spawn(
    source: &str,
    target: &str,
    limit: Duration,
) -> Result<(Process, ChildStdin, ChildStdout)> {
    let mut command = Command::new(PROGRAM);
    // It ends when the other end does, instead of waiting for the next.
    command.args(["-quiet", "-autoreconnect:no"]).arg(format!("-chunk:{MESSAGE}"));
    command.arg(format!("-timeout:{}", limit.as_secs())).args([source, target]);
    Process::spawn(PROGRAM.to_owned(), command)
}

async fn read(
    mut stdout: ChildStdout,
    latency: Duration,
    is_ending: Arc<AtomicBool>,
) -> io::Result<Arrivals> {
    let latency_ns = latency.as_nanos() as u64;
    let mut arrivals = Arrivals::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        let read = stdout.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(arrivals);
        }
        let (now_ns, now) = (now_ns(), Instant::now());
        let is_flushed = is_ending.load(Relaxed);
        filled += read;
        // Its messages are whole: they stand one after the other, whatever is lost between them.
        let whole = filled - filled % MESSAGE;
        for message in buffer[..whole].chunks_exact(MESSAGE) {
            arrivals.received += 1;
            let Some(stamp) = Stamp::read(message).filter(|_| !is_flushed) else { continue };
            let due_ns = stamp.sent_ns + latency_ns;
            arrivals.late_us.push(now_ns.saturating_sub(due_ns) / 1000);
            arrivals.first.get_or_insert(now);
            arrivals.last = Some(now);
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}
