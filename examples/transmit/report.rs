//! What the user is told, on standard error: standard output may be the target.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use srt_tokio::{SrtStream, Stats, StreamId};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

#[derive(Debug)]
pub(crate) struct Report {
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Text,
    Json,
    Quiet,
}

/// What there is to say while data flows.
pub(crate) struct Progress {
    format: Format,
    start: Instant,
    ends: Vec<End>,
}

struct End {
    name: &'static str,
    stream: Arc<SrtStream>,
    /// A broken connection has no statistics, so these outlive it.
    stats: Stats,
}

impl Report {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    pub(crate) fn listening(&self, end: &str, address: SocketAddr) {
        self.event(
            || format!("{end}: listening on {address}"),
            || json!({"event": "listening", "end": end, "address": address.to_string()}),
        );
    }

    pub(crate) fn connected(&self, end: &str, peer: SocketAddr, stream_id: &StreamId) {
        self.event(
            || match stream_id.is_empty() {
                true => format!("{end}: connected to {peer}"),
                false => format!("{end}: connected to {peer}, stream id {stream_id}"),
            },
            || {
                let id = stream_id.to_string();
                json!({"event": "connected", "end": end, "peer": peer.to_string(), "stream_id": id})
            },
        );
    }

    pub(crate) fn progress(
        &self,
        source: Option<Arc<SrtStream>>,
        target: Option<Arc<SrtStream>>,
    ) -> Progress {
        let ends = [("source", source), ("target", target)];
        Progress {
            format: self.format,
            start: Instant::now(),
            ends: ends
                .into_iter()
                .filter_map(|(name, stream)| {
                    Some(End { name, stream: stream?, stats: Stats::default() })
                })
                .collect(),
        }
    }

    pub(crate) fn error(&self, error: &anyhow::Error) -> ExitCode {
        let message = format!("{error:#}");
        match self.format {
            Format::Json => say(&format!("{}\n", json!({"event": "error", "message": message}))),
            Format::Text | Format::Quiet => say(&format!("transmit: {message}\n")),
        }
        ExitCode::FAILURE
    }

    fn event(&self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        say(&self.format.line(text, json));
    }
}

impl Format {
    fn line(self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) -> String {
        match self {
            Self::Text => format!("{}\n", text()),
            Self::Json => format!("{}\n", json()),
            Self::Quiet => String::new(),
        }
    }
}

impl Progress {
    /// Looks at the connections, for those that follow.
    pub(crate) fn update(&mut self) {
        for end in &mut self.ends {
            if let Ok(stats) = end.stream.stats() {
                end.stats = stats;
            }
        }
    }

    /// Goes on reporting until it is dropped.
    pub(crate) async fn every_second(&mut self, carried: &Cell<u64>) -> Infallible {
        const SECOND: Duration = Duration::from_secs(1);
        let mut last = (Instant::now(), 0);
        let mut seconds = interval_at(last.0 + SECOND, SECOND);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The stream must not stand still because the terminal does.
        let mut stderr = tokio::io::stderr();
        loop {
            let now = seconds.tick().await;
            self.update();
            let carried = carried.get();
            let line = self.line("progress", carried, carried - last.1, now - last.0);
            last = (now, carried);
            // If nobody listens any more, the stream goes on all the same.
            let _ = stderr.write_all(line.as_bytes()).await;
            let _ = stderr.flush().await;
        }
    }

    /// Reports what happened since the start.
    pub(crate) fn summary(&self, carried: u64) {
        say(&self.line("summary", carried, carried, self.start.elapsed()));
    }

    fn line(&self, event: &str, carried: u64, bytes: u64, time: Duration) -> String {
        let bits_per_second = bytes as f64 * 8.0 / time.as_secs_f64().max(1e-3);
        let age = self.start.elapsed().as_secs_f64();
        let text = || {
            let mut line = format!(
                "{event}: {age:.0} s, {:.2} MB, {:.2} Mbit/s",
                carried as f64 / 1e6,
                bits_per_second / 1e6
            );
            for end in &self.ends {
                line.push_str(" | ");
                line.push_str(&end.text());
            }
            line
        };
        let json = || {
            let mut object = json!({
                "event": event,
                "seconds": age,
                "bytes": carried,
                "bits_per_second": bits_per_second,
            });
            for end in &self.ends {
                object[end.name] = end.json();
            }
            object
        };
        self.format.line(text, json)
    }
}

impl End {
    fn text(&self) -> String {
        let Counters { rtt, lost, retransmitted, dropped, buffered } = self.counters();
        format!(
            "{}: rtt {rtt:.1} ms, lost {lost}, retransmitted {retransmitted}, dropped {dropped}, \
             buffered {buffered} ms",
            self.name
        )
    }

    fn json(&self) -> Value {
        let counters = self.counters();
        json!({
            "rtt_ms": counters.rtt,
            "lost": counters.lost,
            "retransmitted": counters.retransmitted,
            "dropped": counters.dropped,
            "buffered_ms": counters.buffered,
        })
    }

    fn counters(&self) -> Counters {
        let stats = &self.stats;
        let rtt = stats.rtt.as_secs_f64() * 1e3;
        if self.name == "source" {
            Counters {
                rtt,
                lost: stats.packets_received_lost,
                retransmitted: stats.packets_received - stats.packets_received_unique,
                dropped: stats.packets_receive_dropped,
                buffered: stats.receive_buffer_span.as_millis() as u64,
            }
        } else {
            Counters {
                rtt,
                lost: stats.packets_sent_lost,
                retransmitted: stats.packets_retransmitted,
                dropped: stats.packets_send_dropped,
                buffered: stats.send_buffer_span.as_millis() as u64,
            }
        }
    }
}

/// Packets, seen from one end: times are in milliseconds.
struct Counters {
    rtt: f64,
    lost: u64,
    retransmitted: u64,
    dropped: u64,
    buffered: u64,
}

/// `eprint!` would panic if standard error is closed.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}
