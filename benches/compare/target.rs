//! What the library is meant to reach, and whether it has.

use std::fmt;

use crate::peer::Peer::{self, Ours, OursOneThread, OursShared, SrtTokio};
use crate::peer::Setting::{Balanced, Economy, Efficient, Lowest};
use crate::spread::Spread;
use crate::summary::{REFERENCE, Row, Section, Summary};
use crate::table::Table;
use crate::workload::Kind::{Accept, Idle, PeakFile, PeakLive, Receive, Relay, Send};

/// One target under one workload, with what each run of the comparison has found.
#[derive(Debug)]
pub(crate) struct Verdict {
    what: String,
    limit: String,
    findings: Vec<Finding>,
}

/// What one run of the comparison says about a target.
#[derive(Clone, Debug)]
struct Finding {
    /// The figure.
    found: String,
    /// Whether the peer has lost nothing and not failed.
    does_its_work: bool,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
enum Outcome {
    Met,
    /// By how much, or how else.
    Missed(String),
    /// Why the figure says nothing.
    NotComparable(String),
}

/// How many targets are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// In every run.
    pub(crate) met: usize,
    /// In some runs, but not in all.
    pub(crate) sometimes: usize,
    pub(crate) missed: usize,
    pub(crate) not_comparable: usize,
    runs: usize,
}

/// A limit of a median.
#[derive(Clone, Debug)]
struct Limit {
    text: String,
    /// `None` if the peer that it is of has none.
    value: Option<f64>,
    bound: Bound,
    unit: Unit,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost,
    AtLeast,
    /// Than another peer's figure.
    LessThan,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    /// Of raw C's figure.
    Ratio,
    /// Beyond raw C's.
    Micros,
    /// Beyond raw C's.
    Bytes,
}

/// All targets that the runs of the comparison say something about; each summary is of one of them.
pub(crate) fn verdicts(summaries: &[Summary]) -> Vec<Verdict> {
    let of = |summary: &Summary| summary.sections.iter().flat_map(of_section).collect::<Vec<_>>();
    let mut runs = summaries.iter().map(of);
    let mut verdicts = runs.next().unwrap_or_default();
    for run in runs {
        for verdict in &mut verdicts {
            let same = run.iter().find(|it| it.what == verdict.what && it.limit == verdict.limit);
            verdict.findings.push(same.map_or_else(Finding::absent, |it| it.findings[0].clone()));
        }
    }
    verdicts
}

pub(crate) fn tally(verdicts: &[Verdict]) -> Tally {
    let runs = verdicts.iter().map(|it| it.findings.len()).max().unwrap_or(0);
    let mut tally = Tally { runs, ..Tally::default() };
    for verdict in verdicts {
        let (met, missed) = (verdict.met(), verdict.misses().count());
        *match (met, missed) {
            (0, 0) => &mut tally.not_comparable,
            (0, _) => &mut tally.missed,
            _ if met == verdict.findings.len() => &mut tally.met,
            _ => &mut tally.sometimes,
        } += 1;
    }
    tally
}

pub(crate) fn table(verdicts: &[Verdict]) -> Table {
    let runs = tally(verdicts).runs;
    let found: Vec<_> = match runs {
        0 | 1 => vec!["found".to_owned()],
        _ => (1..=runs).map(|run| format!("run {run}")).collect(),
    };
    let mut header = vec!["target", "limit"];
    header.extend(found.iter().map(String::as_str));
    header.push("verdict");
    let mut table = Table::new(&header);
    for verdict in verdicts {
        let found = verdict.findings.iter().map(|it| it.found.clone());
        let cells = [verdict.what.clone(), verdict.limit.clone()].into_iter().chain(found);
        table.row(cells.chain([verdict.in_words()]));
    }
    table
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { met, sometimes, missed, not_comparable, runs } = *self;
        let all = met + sometimes + missed + not_comparable;
        if runs == 1 {
            write!(f, "{met} of {all} targets met")?;
        } else {
            write!(f, "{met} of {all} targets met in all of {runs} runs")?;
            write!(f, ", {sometimes} in some, {missed} in none")?;
        }
        match not_comparable {
            0 => Ok(()),
            some => write!(f, ", {some} not comparable"),
        }
    }
}

impl Verdict {
    /// Not comparable in the first run, if there is a reason. What was lost or has failed is missed
    /// all the same.
    fn unless(mut self, why: Option<String>) -> Self {
        let [Finding { outcome, does_its_work, .. }, ..] = &mut self.findings[..] else {
            return self;
        };
        if let Some(why) = why.filter(|_| *does_its_work) {
            *outcome = Outcome::NotComparable(why);
        }
        self
    }

    fn met(&self) -> usize {
        self.findings.iter().filter(|it| matches!(it.outcome, Outcome::Met)).count()
    }

    /// How the runs that have missed it did so.
    fn misses(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().filter_map(|it| match &it.outcome {
            Outcome::Missed(how) => Some(how.as_str()),
            _ => None,
        })
    }

    fn not_comparable(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().filter_map(|it| match &it.outcome {
            Outcome::NotComparable(why) => Some(why.as_str()),
            _ => None,
        })
    }

    fn in_words(&self) -> String {
        let misses = self.misses().collect::<Vec<_>>().join("; ");
        let mut why: Vec<_> = self.not_comparable().collect();
        why.dedup();
        let why = why.join("; ");
        let mut parts = Vec::new();
        match self.findings.len() {
            1 if self.met() == 1 => parts.push("met".to_owned()),
            1 => {}
            _ if misses.is_empty() && self.met() == 0 => {}
            runs => parts.push(format!("met {} of {runs}", self.met())),
        }
        if !misses.is_empty() {
            parts.push(format!("MISSED {misses}"));
        }
        if !why.is_empty() {
            parts.push(format!("not comparable: {why}"));
        }
        parts.join(", ")
    }
}

impl Finding {
    fn absent() -> Self {
        let why = "not measured".to_owned();
        Self {
            found: "nothing".to_owned(),
            does_its_work: true,
            outcome: Outcome::NotComparable(why),
        }
    }
}

fn of_section(section: &Section) -> Vec<Verdict> {
    let cpu = |peer, limit| judge(section, peer, "CPU", Limit::times(limit), |it| it.cpu);
    let late = |peer, limit_us| {
        judge(section, peer, "p99 lateness", Limit::beyond_us(limit_us), |it| it.p99_excess_us)
    };
    let verdicts = match section.workload.kind {
        Receive => vec![
            cpu(OursOneThread(Lowest), 1.3),
            cpu(Ours(Lowest), 1.3),
            late(Ours(Lowest), 300.0),
            cpu(Ours(Balanced), 1.0),
            late(Ours(Balanced), 2_500.0),
            cpu(Ours(Efficient), 0.7),
            cpu(Ours(Economy), 0.5),
            below(section, Ours(Economy), SrtTokio),
        ],
        Send if section.workload.streams == 1 => {
            vec![cpu(Ours(Balanced), 1.05), cpu(Ours(Economy), 0.5)]
        }
        Send => {
            vec![cpu(OursShared(Balanced), 0.3), below(section, OursShared(Balanced), SrtTokio)]
        }
        Relay => vec![cpu(Ours(Balanced), 1.05)],
        PeakLive | PeakFile => {
            vec![judge(section, Ours(Balanced), "throughput", Limit::at_least_times(0.97), |it| {
                it.throughput
            })]
        }
        Idle => vec![
            cpu(Ours(Balanced), 1.02),
            judge(
                section,
                Ours(Balanced),
                "memory of a connection",
                Limit::beyond_bytes(2_048.0),
                |it| it.memory_excess,
            ),
        ],
        Accept => {
            vec![judge(section, Ours(Balanced), "time", Limit::times(1.1), |it| it.accepting)]
        }
    };
    verdicts.into_iter().flatten().collect()
}

/// CPU time less than that of another peer; `None` if one of them was not to be measured.
fn below(section: &Section, peer: Peer, other: Peer) -> Option<Verdict> {
    let row = section.row(other)?;
    let limit = Limit::less_than(&other.title(), row.cpu.map(|it| it.median));
    let why = row.unsound();
    judge(section, peer, "CPU", limit, |it| it.cpu).map(|verdict| verdict.unless(why))
}

/// `None` if the peer was not to be measured. Losing packets or failing is missing the target,
/// whatever else was found.
fn judge(
    section: &Section,
    peer: Peer,
    what: &str,
    limit: Limit,
    of: impl FnOnce(&Row) -> Option<Spread>,
) -> Option<Verdict> {
    let row = section.row(peer)?;
    let what = format!("{}, {}: {what}", section.workload, peer.title());
    let median = of(row).map(|it| it.median);
    let mut found = median.map_or_else(|| "nothing".to_owned(), |it| limit.show(it));
    let mut misses: Vec<String> = median.and_then(|it| limit.missed_by(it)).into_iter().collect();
    if row.lost > 0 {
        found.push_str(&format!(", lost {} of {}", row.lost, row.sent));
        misses.push("packets lost".to_owned());
    }
    if !row.failures.is_empty() {
        found.push_str(&format!(", failed {} times", row.failures.len()));
        misses.push("runs failed".to_owned());
    }
    let outcome = if !misses.is_empty() {
        Outcome::Missed(misses.join(", "))
    } else if median.is_some() && limit.value.is_some() {
        Outcome::Met
    } else {
        Outcome::NotComparable(format!("no {} in the same repeat", REFERENCE.title()))
    };
    let does_its_work = row.lost == 0 && row.failures.is_empty();
    let finding = Finding { found, does_its_work, outcome };
    let verdict = Verdict { what, limit: limit.text, findings: vec![finding] };
    Some(verdict.unless(section.row(REFERENCE).and_then(Row::unsound)))
}

impl Limit {
    fn times(value: f64) -> Self {
        let text = format!("at most {value:.2} x raw C");
        Self { text, value: Some(value), bound: Bound::AtMost, unit: Unit::Ratio }
    }

    fn at_least_times(value: f64) -> Self {
        let text = format!("at least {value:.2} x raw C");
        Self { text, value: Some(value), bound: Bound::AtLeast, unit: Unit::Ratio }
    }

    /// Than the figure of another peer, which differs from run to run and so is not in the text.
    fn less_than(whose: &str, value: Option<f64>) -> Self {
        let text = format!("less than {whose}");
        Self { text, value, bound: Bound::LessThan, unit: Unit::Ratio }
    }

    fn beyond_us(value: f64) -> Self {
        let text = format!("at most raw C + {} ms", value / 1_000.0);
        Self { text, value: Some(value), bound: Bound::AtMost, unit: Unit::Micros }
    }

    fn beyond_bytes(value: f64) -> Self {
        let text = format!("at most raw C + {value} bytes");
        Self { text, value: Some(value), bound: Bound::AtMost, unit: Unit::Bytes }
    }

    fn missed_by(&self, found: f64) -> Option<String> {
        let value = self.value?;
        let by = match self.bound {
            Bound::AtMost | Bound::LessThan => found - value,
            Bound::AtLeast => value - found,
        };
        let is_missed = by > 0.0 || (by == 0.0 && matches!(self.bound, Bound::LessThan));
        is_missed.then(|| match self.unit {
            Unit::Ratio => format!("by {}", percent(100.0 * by / value)),
            Unit::Micros => format!("by {}", millis(by / 1_000.0)),
            Unit::Bytes => format!("by {}", bytes(by)),
        })
    }

    /// With as many digits as it takes to see on which side of the limit it is.
    fn show(&self, found: f64) -> String {
        let usual = self.unit.digits();
        let Some(value) = self.value else {
            return self.unit.show(found, usual);
        };
        let is_told = |&digits: &usize| {
            self.missed_by(found).is_none()
                || self.unit.show(found, digits) != self.unit.show(value, digits)
        };
        let digits = (usual..usual + 4).find(is_told).unwrap_or(usual);
        let text = self.unit.show(found, digits);
        match self.bound {
            Bound::AtMost | Bound::AtLeast => text,
            // It is another in each run.
            Bound::LessThan => format!("{text} against {}", self.unit.show(value, digits)),
        }
    }
}

impl Unit {
    /// Behind the point.
    fn digits(self) -> usize {
        match self {
            Self::Ratio | Self::Micros => 2,
            Self::Bytes => 0,
        }
    }

    fn show(self, value: f64, digits: usize) -> String {
        match self {
            Self::Ratio => format!("{value:.digits$}"),
            Self::Micros => format!("{:+.digits$} ms", value / 1_000.0),
            Self::Bytes => format!("{value:+.digits$} bytes"),
        }
    }
}

/// Never as nothing what is more than that.
fn percent(value: f64) -> String {
    match value {
        0.0..0.05 => "less than 0.1 %".to_owned(),
        0.05..9.95 => format!("{value:.1} %"),
        _ => format!("{value:.0} %"),
    }
}

fn millis(value: f64) -> String {
    if value < 0.005 { "less than 0.01 ms".to_owned() } else { format!("{value:.2} ms") }
}

fn bytes(value: f64) -> String {
    if value < 0.5 { "less than 1 byte".to_owned() } else { format!("{value:.0} bytes") }
}
