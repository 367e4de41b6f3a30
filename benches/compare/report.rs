//! All that was measured, as it is written to a file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, Versions};
use crate::peer::Peer;
use crate::workload::Workload;

/// What a file says that it is, so that a later version does not misread it.
const FORMAT: u32 = 1;

/// All that a run of the comparison has found out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    format: u32,
    pub(crate) machine: Machine,
    pub(crate) versions: Versions,
    pub(crate) conditions: Conditions,
    pub(crate) runs: Vec<Run>,
    pub(crate) scaling: Vec<Run>,
}

/// What all runs have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    /// Of traffic.
    pub(crate) seconds: u32,
    pub(crate) repeats: u32,
    pub(crate) latency_ms: u32,
    /// What is waited after the last packet's latency before a measurement ends.
    pub(crate) margin_ms: u32,
}

/// One peer, one workload, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) workload: Workload,
    pub(crate) peer: Peer,
    /// From 0. Runs are compared within a repeat only.
    pub(crate) repeat: u32,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Measured(Figures),
    /// Why there are no figures.
    Failed(String),
}

/// What was measured. Of both ends together where both are measured.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How long was measured.
    pub(crate) window_us: u64,
    /// User and system time in the window.
    pub(crate) cpu_us: u64,
    /// Packets times the number of those that each is for.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    /// From the first to the last packet.
    pub(crate) delivery_us: u64,
    pub(crate) lateness_us: Option<Lateness>,
    pub(crate) voluntary_switches: u64,
    pub(crate) involuntary_switches: u64,
    pub(crate) threads: u64,
    pub(crate) rss_kib: u64,
    /// Since before the first call.
    pub(crate) rss_growth_kib: u64,
    pub(crate) peak_kib: u64,
    /// Calls accepted.
    pub(crate) connected: u64,
    /// From the first to the last of them.
    pub(crate) connecting_us: u64,
}

/// How long after their time packets were delivered, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lateness {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

impl Report {
    pub(crate) fn new(machine: Machine, versions: Versions, conditions: Conditions) -> Self {
        let (runs, scaling) = (Vec::new(), Vec::new());
        Self { format: FORMAT, machine, versions, conditions, runs, scaling }
    }

    pub(crate) fn load(path: &Path) -> Result<Self> {
        let read = || -> Result<Self> {
            let report: Self = serde_json::from_slice(&fs::read(path)?)?;
            ensure!(report.format == FORMAT, "it has format {}, not {FORMAT}", report.format);
            Ok(report)
        };
        read().with_context(|| format!("cannot read a report from {}", path.display()))
    }

    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Conditions {
    /// `runs` is how often the whole comparison was run.
    pub(crate) fn sentence(&self, runs: usize) -> String {
        let Self { seconds, repeats, latency_ms, margin_ms } = self;
        let times = if *repeats == 1 { "once" } else { &format!("{repeats} times") };
        let of_each = if runs == 1 { "" } else { &format!(" in each of {runs} runs") };
        format!(
            "{seconds} s of traffic in packets of 1316 bytes, latency {latency_ms} ms, each {times}{of_each}, \
             all peers in turn; measured until {margin_ms} ms after the last packet was due"
        )
    }
}

impl Run {
    pub(crate) fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Measured(figures) => Some(figures),
            Outcome::Failed(_) => None,
        }
    }
}

impl Figures {
    /// Packets that did not arrive.
    pub(crate) fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.received)
    }
}
