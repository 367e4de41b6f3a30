//! The figures as pictures.
//!
//! - `bars`: peers beside each other, a panel for each workload
//! - `lines`: how figures grow
//! - `colour`: whose is which

mod bars;
mod colour;
mod lines;

use std::path::Path;

use anyhow::Result;

use self::bars::{Bar, Bars, Panel};
pub(crate) use self::lines::Lines;
use self::lines::Series;
use crate::plan::STREAMS_AXIS_KBPS;
use crate::report::Figures;
use crate::summary::{Row, Section, Summary};
use crate::workload::Kind::{Receive, Send};
use crate::workload::{Kind, Workload};

/// CPU time, as a multiple of raw C's.
pub(crate) fn cpu(sections: &[&Section], file: &Path) -> Result<()> {
    let bar = |row: &Row| {
        let value = row.cpu.map(|it| it.median);
        (value, value.map_or_else(String::new, |it| format!("{it:.2}")))
    };
    let title = "CPU time of the process, raw C = 1 (shorter is better)";
    Bars { title, panels: panels(sections, bar), mark: Some(1.0) }.draw(file)
}

/// The 99th percentile of lateness.
pub(crate) fn lateness(sections: &[&Section], file: &Path) -> Result<()> {
    let bar = |row: &Row| {
        let late = row.typical.and_then(|it| it.lateness_us);
        let ms = late.map(|it| it.p99 as f64 / 1000.0);
        (ms, ms.map_or_else(String::new, |it| format!("{it:.1} ms")))
    };
    let title = "Delivery later than the latency, 99th percentile (shorter is better)";
    Bars { title, panels: panels(sections, bar), mark: None }.draw(file)
}

/// How CPU, memory and threads grow. Only what was measured.
pub(crate) fn scaling(summary: &Summary) -> Vec<Lines> {
    let mbps = f64::from(STREAMS_AXIS_KBPS) / 1000.0;
    let streams = |kind: Kind| {
        move |it: &Workload| {
            (it.kind == kind && it.kbps == STREAMS_AXIS_KBPS).then_some(it.streams.into())
        }
    };
    let bitrate = |kind: Kind| {
        move |it: &Workload| {
            let is_on_axis = it.kind == kind && it.streams == 1 && it.kbps != STREAMS_AXIS_KBPS;
            is_on_axis.then(|| it.mbps())
        }
    };
    let cpu = |it: &Figures| 100.0 * it.cpu_us as f64 / it.window_us as f64;
    let memory = |it: &Figures| it.peak_kib as f64 / 1024.0;
    let threads = |it: &Figures| it.threads as f64;

    let across = format!("streams of {mbps} Mbit/s");
    let rate = "Mbit/s, one stream".to_owned();
    let core = "% of a core";
    let mut charts = Vec::new();
    for (kind, verb) in [(Receive, "Receiving"), (Send, "Sending")] {
        let name = verb.to_lowercase();
        let mut add = |what: &str, file: &str, across: &String, up: &'static str, series| {
            charts.push(Lines {
                title: format!("{verb}: {what}"),
                file: format!("scaling-{name}-{file}.svg"),
                across: across.clone(),
                up,
                series,
            });
        };
        let over_streams = streams(kind);
        add("CPU over streams", "streams-cpu", &across, core, series(summary, &over_streams, &cpu));
        add(
            "memory over streams",
            "streams-memory",
            &across,
            "MiB",
            series(summary, &over_streams, &memory),
        );
        add(
            "threads over streams",
            "streams-threads",
            &across,
            "threads",
            series(summary, &over_streams, &threads),
        );
        add(
            "CPU over the bitrate",
            "bitrate-cpu",
            &rate,
            core,
            series(summary, &bitrate(kind), &cpu),
        );
    }
    charts.retain(|chart| !chart.series.is_empty());
    charts
}

fn panels(sections: &[&Section], bar: impl Fn(&Row) -> (Option<f64>, String)) -> Vec<Panel> {
    let bars = |section: &Section| {
        let bars = section.rows.iter().map(|row| {
            let (value, mut text) = bar(row);
            if row.lost > 0 {
                text.push_str(&format!(", lost {} of {}", row.lost, row.sent));
            }
            if value.is_none() {
                text.push_str("failed");
            }
            let colour = colour::of(row.peer);
            Bar { label: row.peer.title(), value, text, colour, is_sound: row.is_sound() }
        });
        bars.collect()
    };
    let panel = |it: &&Section| Panel { title: it.workload.description(), bars: bars(it) };
    sections.iter().map(panel).collect()
}

/// A line for each peer over the workloads that have a place on the axis.
fn series(
    summary: &Summary,
    place: &dyn Fn(&Workload) -> Option<f64>,
    of: &dyn Fn(&Figures) -> f64,
) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for section in &summary.sections {
        let Some(x) = place(&section.workload) else { continue };
        for row in section.rows.iter().filter(|row| row.is_sound()) {
            let Some(figures) = &row.typical else { continue };
            let label = row.peer.title();
            let known = all.iter().position(|it| it.label == label);
            if known.is_none() {
                all.push(Series { label, colour: colour::of(row.peer), points: Vec::new() });
            }
            let series = known.unwrap_or(all.len() - 1);
            all[series].points.push((x, of(figures)));
        }
    }
    all
}
