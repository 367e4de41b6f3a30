//! What came of it.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use srt_tokio::Stats;

use crate::meter::Usage;
use crate::publisher::Published;
use crate::record::Tally;
use crate::viewer::Seen;

#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) source: &'static str,
    /// Ctrl-C has ended it early.
    pub(crate) interrupted: bool,
    /// What has gone wrong, other than what the numbers say.
    pub(crate) failures: Vec<String>,
    /// How many were published.
    pub(crate) messages: u64,
    pub(crate) published: Published,
    /// Messages that the server has received.
    pub(crate) ingested: u64,
    /// Messages that the server did not send because a viewer was too far behind.
    pub(crate) dropped: u64,
    /// What each viewer has.
    pub(crate) seen: Vec<Seen>,
    /// Of both ends of all connections.
    pub(crate) stats: Vec<Stats>,
    pub(crate) usage: Usage,
    pub(crate) tasks: usize,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.problems().is_empty()
    }

    /// Connections that carried media: the publisher's and the viewers'.
    fn streams(&self) -> u64 {
        1 + self.seen.len() as u64
    }

    fn sent(&self) -> u64 {
        self.messages * self.streams()
    }

    fn received(&self) -> u64 {
        self.ingested + self.tally(|tally| tally.received)
    }

    /// Stream by stream, as one has no use for what another has too much.
    fn lost(&self) -> u64 {
        let viewed = self.seen.iter().map(|seen| seen.tally.received);
        let received = viewed.chain([self.ingested]);
        received.map(|received| self.messages.saturating_sub(received)).sum()
    }

    fn tally(&self, count: fn(&Tally) -> u64) -> u64 {
        self.seen.iter().map(|seen| count(&seen.tally)).sum()
    }

    fn stats(&self, count: fn(&Stats) -> u64) -> u64 {
        self.stats.iter().map(count).sum()
    }

    /// Those of the viewers that the source does not have itself.
    fn continuity_errors(&self) -> u64 {
        let own = self.published.continuity_errors;
        self.seen.iter().map(|seen| seen.continuity_errors.abs_diff(own)).sum()
    }

    fn rtt(&self) -> Duration {
        self.stats.iter().map(|stats| stats.rtt).max().unwrap_or_default()
    }

    fn mbps(&self) -> f64 {
        let seconds = self.published.elapsed.as_secs_f64();
        self.published.bytes as f64 * 8.0 / 1e6 / seconds.max(f64::EPSILON)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.failures.clone();
        if self.messages == 0 {
            problems.push("nothing was published".to_owned());
        }
        let mut count = |count: u64, what: &str| {
            if count > 0 {
                problems.push(format!("{count} {what}"));
            }
        };
        count(self.lost(), "messages lost");
        count(self.tally(|tally| tally.repeated), "messages repeated");
        count(self.tally(|tally| tally.bytes_corrupt), "bytes corrupt");
        count(self.continuity_errors(), "errors of continuity");
        // Only a cause: whoever drops something may have sent or received it before.
        if self.lost() > 0 {
            count(self.dropped, "dropped for viewers too far behind");
            count(self.stats(|stats| stats.packets_send_dropped), "given up by SRT's senders");
            count(self.stats(|stats| stats.packets_receive_dropped), "given up by SRT's receivers");
        }
        problems
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ok": self.is_good(),
            "problems": self.problems(),
            "interrupted": self.interrupted,
            "source": self.source,
            "seconds": round(self.published.elapsed.as_secs_f64()),
            "mbps": round(self.mbps()),
            "streams": self.streams(),
            "viewers": self.seen.len(),
            "messages_published": self.messages,
            "packets_sent": self.sent(),
            "packets_received": self.received(),
            "packets_lost": self.lost(),
            "packets_repeated": self.tally(|tally| tally.repeated),
            "packets_retransmitted": self.stats(|stats| stats.packets_retransmitted),
            "bytes_corrupt": self.tally(|tally| tally.bytes_corrupt),
            "continuity_errors": self.continuity_errors(),
            "dropped_by_server": self.dropped,
            "dropped_by_senders": self.stats(|stats| stats.packets_send_dropped),
            "dropped_by_receivers": self.stats(|stats| stats.packets_receive_dropped),
            "latency_ms": self.published.latency.as_millis() as u64,
            "rtt_ms": round(self.rtt().as_secs_f64() * 1e3),
            "cpu_percent": round(self.usage.cpu_percent()),
            "reactor_waits": self.usage.waits,
            "reactor_waits_per_second": round(self.usage.waits_per_second()),
            "tasks": self.tasks,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.interrupted {
            f.write_str("Ended early. ")?;
        }
        writeln!(
            f,
            "{} messages in {:.1} s ({:.2} Mbit/s) to {} viewers, at a latency of {} ms.",
            self.messages,
            self.published.elapsed.as_secs_f64(),
            self.mbps(),
            self.seen.len(),
            self.published.latency.as_millis(),
        )?;
        writeln!(
            f,
            "This process: {:.1} % of a core, {:.0} reactor wake-ups a second.",
            self.usage.cpu_percent(),
            self.usage.waits_per_second(),
        )?;
        let problems = self.problems();
        if problems.is_empty() {
            f.write_str("OK: every viewer has received every byte, in order and unchanged.")
        } else {
            write!(f, "FAILED: {}.", problems.join("; "))
        }
    }
}

/// To three decimals.
fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
