//! The summary as tables: on a terminal and in the documentation.

use crate::report::{Figures, Outcome};
use crate::spread::Spread;
use crate::summary::{Row, Section};
use crate::table::Table;
use crate::workload::Kind;

/// The rows of a workload.
pub(crate) fn table(section: &Section) -> Table {
    match section.workload.kind {
        Kind::Receive | Kind::Send | Kind::Relay => traffic(section),
        Kind::PeakLive | Kind::PeakFile => peak(section),
        Kind::Idle => idle(section),
        Kind::Accept => accept(section),
    }
}

/// Why runs have failed, a line for each peer.
pub(crate) fn notes(section: &Section) -> Vec<String> {
    let note = |row: &Row| {
        let why = row.failures.first()?;
        // What a program says of its failure may have any number of lines.
        let words: Vec<_> = why.split_whitespace().collect();
        Some(format!("{} failed: {}", row.peer.title(), words.join(" ")))
    };
    section.rows.iter().filter_map(note).collect()
}

/// What the columns of the tables are.
pub(crate) const LEGEND: &str = "\
CPU is user and system time of the measured process; x raw C is its multiple of raw C's in the same repeat: median \
(lowest to highest). Lost are packets of all repeats that did not arrive. Late is the time from when a packet was due, \
its sending time plus the latency, to when the application had it; p99 - raw C is the difference to raw C's in the same \
repeat, in milliseconds: again median (lowest to highest), which need not be the difference of the medians. Wake-ups are voluntary context switches, switches \
include the involuntary ones. Memory is the most that the process held.";

/// One run on a line.
pub(crate) fn line(outcome: &Outcome) -> String {
    let figures = match outcome {
        Outcome::Measured(figures) => figures,
        Outcome::Failed(why) => return format!("FAILED: {why}"),
    };
    let mut parts = vec![format!("CPU {} s", seconds(figures.cpu_us))];
    if figures.sent > 0 {
        parts.push(format!("lost {} of {}", figures.lost(), figures.sent));
    }
    if let Some(late) = figures.lateness_us {
        parts.push(format!("p99 {} ms late", millis(late.p99)));
    }
    if figures.connected > 0 {
        let Figures { connected, connecting_us, .. } = figures;
        parts.push(format!("{connected} accepted in {} ms", millis(*connecting_us)));
    }
    parts.join(", ")
}

fn traffic(section: &Section) -> Table {
    // Lateness is a target only there.
    let is_compared = section.workload.kind == Kind::Receive;
    let mut header = vec!["", "CPU s", "x raw C", "lost", "late p50", "p99", "p99.9", "max ms"];
    header.extend(is_compared.then_some("p99 - raw C"));
    header.extend(["wake-ups", "switches", "MiB", "threads"]);
    let mut table = Table::new(&header);
    for row in &section.rows {
        let Some(it) = failure_or(row, &mut table) else { continue };
        let late = it.lateness_us.unwrap_or_default();
        let mut cells = vec![name(row), seconds(it.cpu_us), ratio(row.cpu), lost(row)];
        cells.extend([late.p50, late.p99, late.p999, late.max].map(millis));
        cells.extend(is_compared.then(|| excess_ms(row.p99_excess_us)));
        cells.extend([
            it.voluntary_switches.to_string(),
            (it.voluntary_switches + it.involuntary_switches).to_string(),
            mib(it.peak_kib),
            it.threads.to_string(),
        ]);
        table.row(cells);
    }
    table
}

fn peak(section: &Section) -> Table {
    let mut table =
        Table::new(&["", "Mbit/s", "x raw C", "CPU s/GB", "CPU x raw C", "lost", "MiB", "threads"]);
    for row in &section.rows {
        let Some(it) = failure_or(row, &mut table) else { continue };
        let mbps = it.throughput().unwrap_or(0.0) * 8.0 / 1e6;
        let cpu_per_gb = it.cpu_us as f64 / 1e6 / (it.bytes.max(1) as f64 / 1e9);
        table.row([
            name(row),
            format!("{mbps:.0}"),
            ratio(row.throughput),
            format!("{cpu_per_gb:.2}"),
            ratio(row.cpu),
            lost(row),
            mib(it.peak_kib),
            it.threads.to_string(),
        ]);
    }
    table
}

fn idle(section: &Section) -> Table {
    let mut table = Table::new(&[
        "",
        "CPU s",
        "x raw C",
        "wake-ups",
        "MiB",
        "KiB a connection",
        "bytes beyond raw C",
        "threads",
    ]);
    for row in &section.rows {
        let Some(it) = failure_or(row, &mut table) else { continue };
        let growth = it.rss_growth_kib as f64 / it.connected.max(1) as f64;
        table.row([
            name(row),
            seconds(it.cpu_us),
            ratio(row.cpu),
            it.voluntary_switches.to_string(),
            mib(it.rss_kib),
            format!("{growth:.1}"),
            row.memory_excess.map_or_else(String::new, |it| format!("{:+.0}", it.median)),
            it.threads.to_string(),
        ]);
    }
    table
}

fn accept(section: &Section) -> Table {
    let mut table =
        Table::new(&["", "accepted", "missed", "ms", "x raw C", "CPU s", "CPU x raw C", "threads"]);
    for row in &section.rows {
        let Some(it) = failure_or(row, &mut table) else { continue };
        table.row([
            name(row),
            it.connected.to_string(),
            u64::from(section.workload.streams).saturating_sub(it.connected).to_string(),
            millis(it.connecting_us),
            ratio(row.accepting),
            seconds(it.cpu_us),
            ratio(row.cpu),
            it.threads.to_string(),
        ]);
    }
    table
}

/// The figures of a row; one that has none says that it has failed, and `notes` why.
fn failure_or<'a>(row: &'a Row, table: &mut Table) -> Option<&'a Figures> {
    if row.typical.is_none() {
        table.row([row.peer.title(), "failed".to_owned()]);
    }
    row.typical.as_ref()
}

fn name(row: &Row) -> String {
    let title = row.peer.title();
    match row.failures.len() {
        0 => title,
        failures => format!("{title} ({failures} failed)"),
    }
}

fn ratio(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || "-".to_owned(),
        |Spread { median, min, max }| format!("{median:.2} ({min:.2}-{max:.2})"),
    )
}

fn excess_ms(spread_us: Option<Spread>) -> String {
    spread_us.map_or_else(
        || "-".to_owned(),
        |Spread { median, min, max }| {
            let [median, min, max] = [median, min, max].map(|us| us / 1_000.0);
            if min == max {
                format!("{median:+.2}")
            } else {
                format!("{median:+.2} ({min:+.2} to {max:+.2})")
            }
        },
    )
}

fn lost(row: &Row) -> String {
    match row.lost {
        0 => "0".to_owned(),
        lost => format!("{lost} of {}", row.sent),
    }
}

fn seconds(us: u64) -> String {
    format!("{:.2}", us as f64 / 1e6)
}

fn millis(us: u64) -> String {
    format!("{:.2}", us as f64 / 1e3)
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}
