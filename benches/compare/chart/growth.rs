//! Which charts show how CPU time, memory and threads grow, and what is in them.

use super::colour;
use super::lines::{Lines, Series};
use crate::plan::STREAMS_AXIS_KBPS;
use crate::report::Figures;
use crate::summary::Summary;
use crate::workload::Kind::{self, Receive, Send};
use crate::workload::Workload;

/// What is across.
#[derive(Clone, Copy, Debug)]
enum Axis {
    /// The number of streams, all of the same bitrate.
    Streams,
    /// The bitrate of one stream.
    Bitrate,
}

/// What is up.
#[derive(Clone, Copy, Debug)]
enum Quantity {
    Cpu,
    Memory,
    Threads,
}

use Axis::{Bitrate, Streams};
use Quantity::{Cpu, Memory, Threads};

/// The charts for which there are figures.
pub(crate) fn charts(summary: &Summary) -> Vec<Lines> {
    let shown =
        [(Streams, Cpu), (Streams, Memory), (Streams, Threads), (Bitrate, Cpu), (Bitrate, Memory)];
    let charts = [Receive, Send].into_iter().flat_map(|kind| {
        shown.map(|(axis, quantity)| Lines {
            title: format!("{}: {} over {}", verb(kind), quantity.name(), axis.name()),
            file: format!("scaling-{}-{}-{}.svg", slug(kind), axis.name(), quantity.name())
                .to_lowercase(),
            across: axis.label(),
            up: quantity.unit(),
            series: series(summary, kind, axis, quantity),
        })
    });
    charts.filter(|chart| !chart.series.is_empty()).collect()
}

/// A line for each peer. A process that loses packets does less work: it has no point there.
fn series(summary: &Summary, kind: Kind, axis: Axis, quantity: Quantity) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for section in &summary.sections {
        let Some(x) = axis.place(&section.workload, kind) else { continue };
        for row in section.rows.iter().filter(|row| row.is_sound()) {
            let Some(figures) = &row.typical else { continue };
            let label = row.peer.title();
            let known = all.iter().position(|it| it.label == label);
            if known.is_none() {
                all.push(Series { label, colour: colour::of(row.peer), points: Vec::new() });
            }
            let series = known.unwrap_or(all.len() - 1);
            all[series].points.push((x, quantity.of(figures)));
        }
    }
    all
}

impl Axis {
    fn name(self) -> &'static str {
        match self {
            Streams => "streams",
            Bitrate => "bitrate",
        }
    }

    fn label(self) -> String {
        match self {
            Streams => format!("streams of {} Mbit/s", f64::from(STREAMS_AXIS_KBPS) / 1000.0),
            Bitrate => "Mbit/s, one stream".to_owned(),
        }
    }

    fn place(self, workload: &Workload, kind: Kind) -> Option<f64> {
        let &Workload { streams, kbps, .. } = workload;
        let is_on_axis = match self {
            Streams => kbps == STREAMS_AXIS_KBPS,
            Bitrate => streams == 1 && kbps != STREAMS_AXIS_KBPS,
        };
        (is_on_axis && workload.kind == kind).then(|| match self {
            Streams => f64::from(streams),
            Bitrate => workload.mbps(),
        })
    }
}

impl Quantity {
    fn name(self) -> &'static str {
        match self {
            Cpu => "CPU",
            Memory => "memory",
            Threads => "threads",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Cpu => "% of a core",
            Memory => "MiB",
            Threads => "threads",
        }
    }

    fn of(self, figures: &Figures) -> f64 {
        match self {
            Cpu => 100.0 * figures.cpu_us as f64 / figures.window_us as f64,
            Memory => figures.peak_kib as f64 / 1024.0,
            Threads => figures.threads as f64,
        }
    }
}

fn verb(kind: Kind) -> &'static str {
    if kind == Send { "Sending" } else { "Receiving" }
}

fn slug(kind: Kind) -> &'static str {
    if kind == Send { "send" } else { "receive" }
}
