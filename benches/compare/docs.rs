//! The generated parts of docs/performance.md. What stands outside of their marks is written by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::bundle::Bundle;
use crate::chart;
use crate::marker;
use crate::report::Report;
use crate::summary::{Section, Summary};
use crate::target;
use crate::view;
use crate::workload::Kind::{Accept, Idle, PeakFile, PeakLive, Receive, Relay, Send};

/// Brings the document up to date. Parts that the reports say nothing about stay as they are.
pub(crate) fn update(bundle: &Bundle, summary: &Summary) -> Result<()> {
    // One of its tables beside others that are measured elsewhere would pass for one of theirs.
    if let Some(lacks) = bundle.lacks() {
        bail!("there is nothing on {lacks}: only a whole comparison goes into the document");
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let charts = docs.join("charts");
    fs::create_dir_all(&charts).with_context(|| format!("cannot make {}", charts.display()))?;
    let document = docs.join("performance.md");
    let mut text = fs::read_to_string(&document)
        .with_context(|| format!("cannot read {}", document.display()))?;
    for (name, content) in parts(bundle, summary, &charts)? {
        text = marker::replace(&text, name, &content)
            .map_err(|error| anyhow!("{}: {error}", document.display()))?;
    }
    fs::write(&document, text).with_context(|| format!("cannot write {}", document.display()))?;
    eprintln!("wrote {} and its charts", document.display());
    Ok(())
}

fn parts(bundle: &Bundle, summary: &Summary, charts: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut parts = Vec::new();
    if !bundle.comparisons.is_empty() {
        parts.push(("setup", list(&bundle.provenance())));
    }
    let verdicts = target::verdicts(&bundle.summaries());
    if !verdicts.is_empty() {
        let (tally, table) = (target::tally(&verdicts), target::table(&verdicts).to_markdown());
        parts.push(("verdicts", format!("{tally}.\n\n{table}")));
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
    if let Some(report) = &bundle.scaling {
        parts.push(("scaling", scaling(bundle, report, charts)?));
    }
    Ok(parts)
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}.\n")).collect()
}

fn tables(section: &Section) -> String {
    let heading = section.workload.description();
    let heading = heading[..1].to_uppercase() + &heading[1..];
    let notes: String = view::notes(section).iter().map(|note| format!("{note}\n\n")).collect();
    format!("### {heading}\n\n{}\n{notes}", view::table(section).to_markdown())
}

fn scaling(bundle: &Bundle, report: &Report, charts: &Path) -> Result<String> {
    let mut content = list(&bundle.scaling_provenance());
    let once = report.scaling.iter().all(|run| run.repeat == 0);
    let point = if once { "one run" } else { "the median of the repeats" };
    let _ = writeln!(content, "\nEach point is {point}.\n");
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
