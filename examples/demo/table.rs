//! The live view of the connections and the process.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use srt_tokio::Stats;

use crate::link::Link;
use crate::meter::Meter;

/// What SRT, UDP and IPv4 add to each packet, in bytes.
const HEADERS: u64 = 44;

/// More connections are summed up, so that the table fits a terminal of 24 lines.
const MAX_ROWS: usize = 12;

/// Redrawn in place on a terminal; elsewhere, where that would leave a mess, one line at a time.
pub(crate) struct Table {
    output: Box<dyn Write + Send>,
    in_place: bool,
    title: String,
    rows: Vec<Row>,
    meter: Meter,
    drawn: usize,
}

#[derive(Debug)]
struct Row {
    name: String,
    link: Arc<Link>,
    before: Stats,
}

/// What a connection, or several, did since the last time.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    bits: u64,
    rtt: Duration,
    lost: u64,
    resent: u64,
}

impl Table {
    /// Writes to the standard output, or the standard error if results go to the former.
    pub(crate) fn new(title: String, to_stderr: bool) -> Self {
        let (output, in_place): (Box<dyn Write + Send>, _) = if to_stderr {
            (Box::new(io::stderr()), io::stderr().is_terminal())
        } else {
            (Box::new(io::stdout()), io::stdout().is_terminal())
        };
        Self { output, in_place, title, rows: Vec::new(), meter: Meter::start(), drawn: 0 }
    }

    /// Adds a connection by its sending end.
    pub(crate) fn add(&mut self, name: String, link: Arc<Link>) {
        let before = link.stats();
        self.rows.push(Row { name, link, before });
    }

    /// Draws what has happened since the last time, and `summary` below.
    pub(crate) fn draw(&mut self, elapsed: Duration, summary: &str) -> io::Result<()> {
        let period = self.meter.usage();
        self.meter = Meter::start();
        let seconds = period.elapsed.as_secs_f64();
        let lines: Vec<_> = self.rows.iter_mut().map(Row::advance).collect();
        let process = format!(
            "CPU {:.1} %, {:.0} reactor wake-ups a second",
            period.cpu_percent(),
            period.waits_per_second()
        );
        let mut text = String::new();
        if self.in_place {
            if self.drawn > 0 {
                // Up to where the table begins, and everything below is cleared.
                let _ = write!(text, "\x1b[{}F\x1b[J", self.drawn);
            }
            let table = self.table(&lines, seconds, elapsed);
            self.drawn = table.lines().count() + 2;
            let _ = writeln!(text, "{table}{process}\n{summary}");
        } else {
            let all = Line::sum(&lines);
            let _ = writeln!(
                text,
                "{:>3} s  {:.2} Mbit/s in all, RTT {:.2} ms, {} lost, {} resent; {process}; {summary}",
                elapsed.as_secs(),
                all.mbps(seconds),
                all.rtt_ms(),
                all.lost,
                all.resent,
            );
        }
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    fn table(&self, lines: &[Line], seconds: f64, elapsed: Duration) -> String {
        let mut table = format!("{}, {} s\n", self.title, elapsed.as_secs());
        table += "connection              Mbit/s   RTT ms     lost   resent\n";
        let mut row = |name: &str, line: &Line| {
            let _ = writeln!(
                table,
                "{name:<20}  {:>8.2} {:>8.2} {:>8} {:>8}",
                line.mbps(seconds),
                line.rtt_ms(),
                line.lost,
                line.resent
            );
        };
        let shown = if lines.len() > MAX_ROWS { MAX_ROWS - 1 } else { lines.len() };
        for (Row { name, .. }, line) in self.rows.iter().zip(&lines[..shown]) {
            row(name, line);
        }
        if shown < lines.len() {
            let rest = &lines[shown..];
            row(&format!("{} more", rest.len()), &Line::sum(rest));
        }
        table
    }
}

impl Row {
    fn advance(&mut self) -> Line {
        let now = self.link.stats();
        let line = Line {
            bits: (payload(&now) - payload(&self.before)) * 8,
            rtt: now.rtt,
            lost: now.packets_sent_lost,
            resent: now.packets_retransmitted,
        };
        self.before = now;
        line
    }
}

impl Line {
    /// The sums, and the greatest round-trip time.
    fn sum(lines: &[Self]) -> Self {
        lines.iter().fold(Self::default(), |sum, line| Self {
            bits: sum.bits + line.bits,
            rtt: sum.rtt.max(line.rtt),
            lost: sum.lost + line.lost,
            resent: sum.resent + line.resent,
        })
    }

    fn mbps(&self, seconds: f64) -> f64 {
        self.bits as f64 / seconds / 1e6
    }

    fn rtt_ms(&self) -> f64 {
        self.rtt.as_secs_f64() * 1e3
    }
}

fn payload(stats: &Stats) -> u64 {
    stats.bytes_sent.saturating_sub(stats.packets_sent * HEADERS)
}
