//! The generated parts of docs/performance.md. What stands outside of their marks is written by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::chart;
use crate::marker;
use crate::plan::{self, Round};
use crate::report::Report;
use crate::summary::{Section, Summary};
use crate::target;
use crate::view;
use crate::workload::Kind::{Accept, Idle, PeakFile, PeakLive, Receive, Relay, Send};

/// Brings the document up to date. Parts that the report says nothing about stay as they are.
pub(crate) fn update(report: &Report, summary: &Summary) -> Result<()> {
    // One of its tables beside others that are measured elsewhere would pass for one of theirs.
    let lacking = |round: &Round| summary.sections.iter().all(|it| it.workload != round.workload);
    if let Some(round) = plan::full().iter().find(|round| !report.runs.is_empty() && lacking(round))
    {
        bail!(
            "the report has nothing on {}: only a whole one goes into the document",
            round.workload
        );
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let charts = docs.join("charts");
    fs::create_dir_all(&charts).with_context(|| format!("cannot make {}", charts.display()))?;
    let document = docs.join("performance.md");
    let mut text = fs::read_to_string(&document)
        .with_context(|| format!("cannot read {}", document.display()))?;
    for (name, content) in parts(report, summary, &charts)? {
        text = marker::replace(&text, name, &content)
            .map_err(|error| anyhow!("{}: {error}", document.display()))?;
    }
    fs::write(&document, text).with_context(|| format!("cannot write {}", document.display()))?;
    eprintln!("wrote {} and its charts", document.display());
    Ok(())
}

fn parts(report: &Report, summary: &Summary, charts: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut parts = vec![("setup", setup(report))];
    let verdicts = target::verdicts(summary);
    if !verdicts.is_empty() {
        let (met, all) = (target::met(&verdicts), verdicts.len());
        let table = target::table(&verdicts).to_markdown();
        parts.push(("verdicts", format!("{met} of {all} targets met.\n\n{table}")));
    }
    let kinds: [(_, &[_]); 6] = [
        ("receive", &[Receive]),
        ("send", &[Send]),
        ("relay", &[Relay]),
        ("peak", &[PeakLive, PeakFile]),
        ("idle", &[Idle]),
        ("accept", &[Accept]),
    ];
    for (name, kinds) in kinds {
        let sections = summary.of_kinds(kinds);
        if sections.is_empty() {
            continue;
        }
        let mut content = String::new();
        if matches!(name, "receive" | "send") {
            let file = format!("{name}-cpu.svg");
            chart::cpu(&sections, &charts.join(&file))?;
            picture(&mut content, &format!("CPU time, {name}"), &file);
        }
        if name == "receive" {
            chart::lateness(&sections, &charts.join("receive-lateness.svg"))?;
            picture(&mut content, "Lateness, receive", "receive-lateness.svg");
        }
        for section in sections {
            content.push_str(&tables(section));
        }
        parts.push((name, content));
    }
    if !report.scaling.is_empty() {
        parts.push(("scaling", scaling(report, charts)?));
    }
    Ok(parts)
}

fn setup(report: &Report) -> String {
    let Report { machine, versions, conditions, .. } = report;
    format!(
        "- Machine: {}.\n- Versions: {}.\n- Runs: {}.\n",
        machine.sentence(),
        versions.sentence(),
        conditions.sentence()
    )
}

fn tables(section: &Section) -> String {
    let heading = section.workload.description();
    let heading = heading[..1].to_uppercase() + &heading[1..];
    let notes: String = view::notes(section).iter().map(|note| format!("{note}\n\n")).collect();
    format!("### {heading}\n\n{}\n{notes}", view::table(section).to_markdown())
}

fn scaling(report: &Report, charts: &Path) -> Result<String> {
    let repeats = report.scaling.iter().map(|run| run.repeat + 1).max().unwrap_or(0);
    let point = if repeats == 1 { "one run" } else { &format!("the median of {repeats} runs") };
    let mut content =
        format!("Each point is {point} with {} s of traffic.\n\n", report.conditions.seconds);
    for chart in chart::growth(&Summary::of(&report.scaling)) {
        chart.draw(&charts.join(&chart.file))?;
        picture(&mut content, &chart.title, &chart.file);
        let (unit, table) = (chart.up, chart.table().to_markdown());
        let _ = writeln!(
            content,
            "<details><summary>In figures, {unit}</summary>\n\n{table}\n</details>\n"
        );
    }
    Ok(content)
}

fn picture(content: &mut String, title: &str, file: &str) {
    let _ = writeln!(content, "![{title}](charts/{file})\n");
}
