//! The figures as pictures.
//!
//! - `bars`: peers beside each other, a panel for each workload
//! - `growth`: how figures grow with streams and bitrate
//! - `lines`: lines of figures
//! - `colour`: whose is which

mod bars;
mod colour;
mod growth;
mod lines;

use std::path::Path;

use anyhow::Result;

use self::bars::{Bar, Bars, Panel};
pub(crate) use self::growth::charts as growth;
use crate::summary::{Row, Section};

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
