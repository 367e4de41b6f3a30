//! Several reports as one: the comparison run more than once, and how figures grow.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::plan;
use crate::report::{Conditions, Report, Run};
use crate::summary::Summary;

/// What is shown together.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    /// Each is one run of the comparison, on the same machine and of the same programs.
    pub(crate) comparisons: Vec<Report>,
    /// The one whose figures over streams and bitrate are shown.
    pub(crate) scaling: Option<Report>,
}

impl Bundle {
    /// Of files that were written with `--json`.
    pub(crate) fn load(files: &[PathBuf]) -> Result<Self> {
        let load = |file: &PathBuf| Ok((file.display().to_string(), Report::load(file)?));
        Self::of(files.iter().map(load).collect::<Result<_>>()?)
    }

    /// Of reports with their names. Each is a whole comparison, or has figures of scaling, or both.
    pub(crate) fn of(reports: Vec<(String, Report)>) -> Result<Self> {
        let mut bundle = Self::default();
        for (name, report) in reports {
            let lacks = lacks(&report);
            if !report.scaling.is_empty() {
                ensure!(bundle.scaling.is_none(), "{name} is a second report on scaling");
                bundle.scaling = Some(report.clone());
            } else if let Some(lacks) = lacks {
                bail!("{name} is no whole comparison: it has nothing on {lacks}");
            }
            if lacks.is_none() {
                if let Some(first) = bundle.comparisons.first() {
                    is_like(first, &report).map_err(|what| {
                        anyhow::anyhow!("{name} is not of the same {what} as those before it")
                    })?;
                }
                bundle.comparisons.push(report);
            }
        }
        Ok(bundle)
    }

    /// What was just measured, even if it is not the whole.
    pub(crate) fn measured(report: Report) -> Self {
        let scaling = (!report.scaling.is_empty()).then(|| report.clone());
        Self { comparisons: vec![report], scaling }
    }

    /// What the first comparison lacks that is part of a whole one.
    pub(crate) fn lacks(&self) -> Option<String> {
        self.comparisons.iter().find_map(lacks)
    }

    /// Of each comparison by itself.
    pub(crate) fn summaries(&self) -> Vec<Summary> {
        self.comparisons.iter().map(|it| Summary::of(&it.runs)).collect()
    }

    /// Of all comparisons as one with the repeats of all of them, so that a median is one over these.
    pub(crate) fn pooled(&self) -> Summary {
        let mut pooled: Vec<Run> = Vec::new();
        let mut repeats = 0;
        for report in &self.comparisons {
            let renumbered = |run: &Run| Run { repeat: repeats + run.repeat, ..run.clone() };
            pooled.extend(report.runs.iter().map(renumbered));
            repeats += report.conditions.repeats;
        }
        Summary::of(&pooled)
    }

    /// What the comparisons were measured on, with and how; empty if there are none.
    pub(crate) fn provenance(&self) -> Vec<String> {
        let Some(first) = self.comparisons.first() else {
            return Vec::new();
        };
        let runs = self.comparisons.len();
        let loads: Vec<_> = self.comparisons.iter().map(|it| it.machine.load.to_string()).collect();
        let mut how = first.conditions.sentence(runs);
        if runs > 1 {
            let repeats: u32 = self.comparisons.iter().map(|it| it.conditions.repeats).sum();
            how.push_str(&format!("; tables and charts are of all {repeats} repeats together"));
        }
        vec![
            format!("Machine: {}; load before: {}", first.machine.sentence(), loads.join(", ")),
            format!("Versions: {}", first.versions.sentence()),
            format!("Runs: {how}"),
        ]
    }

    /// The same of the figures of scaling.
    pub(crate) fn scaling_provenance(&self) -> Vec<String> {
        let Some(report) = &self.scaling else {
            return Vec::new();
        };
        // They may have been repeated less often than what else the report has.
        let repeats = report.scaling.iter().map(|run| run.repeat + 1).max().unwrap_or(0);
        let mut report = report.clone();
        report.conditions = Conditions { repeats, ..report.conditions };
        Self { comparisons: vec![report], scaling: None }.provenance()
    }
}

/// The first run of a whole comparison that a report does not have.
fn lacks(report: &Report) -> Option<String> {
    let rounds = plan::full();
    let mut all = (0..report.conditions.repeats).flat_map(|repeat| {
        rounds.iter().flat_map(move |round| {
            round.peers.iter().map(move |&peer| (round.workload, peer, repeat))
        })
    });
    let (workload, peer, repeat) = all.find(|&(workload, peer, repeat)| {
        let is_it = |it: &Run| (it.workload, it.peer, it.repeat) == (workload, peer, repeat);
        report.versions.include(peer) && !report.runs.iter().any(is_it)
    })?;
    Some(format!("{workload} {peer}, repeat {}", repeat + 1))
}

/// Otherwise says what they differ in.
fn is_like(first: &Report, other: &Report) -> Result<(), &'static str> {
    if first.machine.sentence() != other.machine.sentence() {
        Err("machine")
    } else if first.versions != other.versions {
        Err("versions")
    } else if first.conditions != other.conditions {
        Err("seconds and repeats")
    } else {
        Ok(())
    }
}
