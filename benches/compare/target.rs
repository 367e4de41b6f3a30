//! What the library is meant to reach, and whether it has.

use crate::peer::Peer::{self, Ours, OursOneThread, OursShared, SrtTokio};
use crate::peer::Setting::{Balanced, Economy, Efficient, Lowest};
use crate::spread::Spread;
use crate::summary::{Row, Section, Summary};
use crate::table::Table;
use crate::workload::Kind::{Accept, Idle, PeakFile, PeakLive, Receive, Relay, Send};

/// One target under one workload.
#[derive(Debug)]
pub(crate) struct Verdict {
    what: String,
    limit: String,
    found: String,
    /// What the limit is missed by; `None` if it is met.
    missed: Option<String>,
}

/// A limit of a median.
#[derive(Clone, Debug)]
struct Limit {
    text: String,
    value: f64,
    is_upper: bool,
    unit: Unit,
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

/// All targets that the runs of `summary` say something about.
pub(crate) fn verdicts(summary: &Summary) -> Vec<Verdict> {
    summary.sections.iter().flat_map(of_section).collect()
}

/// How many of the verdicts are good.
pub(crate) fn met(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|it| it.missed.is_none()).count()
}

pub(crate) fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&["target", "limit", "found", "verdict"]);
    for Verdict { what, limit, found, missed } in verdicts {
        let verdict = match missed {
            Some(by) => format!("MISSED {by}").trim_end().to_owned(),
            None => "met".to_owned(),
        };
        table.row([what.clone(), limit.clone(), found.clone(), verdict]);
    }
    table
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

/// CPU time less than that of another peer, if that one does its work.
fn below(section: &Section, peer: Peer, other: Peer) -> Option<Verdict> {
    let row = section.row(other).filter(|row| row.is_sound())?;
    let limit = Limit::below(&other.title(), row.cpu?.median);
    judge(section, peer, "CPU", limit, |it| it.cpu)
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
    let median = of(row).map(|it| it.median);
    let mut found = median.map_or_else(|| "nothing".to_owned(), |it| limit.unit.show(it));
    let mut missed = median.map_or(Some(String::new()), |it| limit.missed_by(it));
    if row.lost > 0 {
        found.push_str(&format!(", lost {} of {}", row.lost, row.sent));
        missed.get_or_insert_default();
    }
    if !row.failures.is_empty() {
        found.push_str(&format!(", failed {} times", row.failures.len()));
        missed.get_or_insert_default();
    }
    let what = format!("{}, {}: {what}", section.workload, peer.title());
    Some(Verdict { what, limit: limit.text, found, missed })
}

impl Limit {
    fn times(value: f64) -> Self {
        Self::upper(format!("at most {value:.2} x raw C"), value, Unit::Ratio)
    }

    fn at_least_times(value: f64) -> Self {
        let text = format!("at least {value:.2} x raw C");
        Self { is_upper: false, ..Self::upper(text, value, Unit::Ratio) }
    }

    fn below(whose: &str, value: f64) -> Self {
        Self::upper(format!("less than {whose}: {value:.2}"), value, Unit::Ratio)
    }

    fn beyond_us(value: f64) -> Self {
        Self::upper(format!("at most raw C + {} ms", value / 1_000.0), value, Unit::Micros)
    }

    fn beyond_bytes(value: f64) -> Self {
        Self::upper(format!("at most raw C + {value} bytes"), value, Unit::Bytes)
    }

    fn upper(text: String, value: f64, unit: Unit) -> Self {
        Self { text, value, is_upper: true, unit }
    }

    fn missed_by(&self, found: f64) -> Option<String> {
        let by = if self.is_upper { found - self.value } else { self.value - found };
        (by > 0.0).then(|| match self.unit {
            Unit::Ratio => format!("by {:.0} %", 100.0 * by / self.value),
            unit => format!("by {}", unit.show(by).trim_start_matches('+')),
        })
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Micros => format!("{:+.2} ms", value / 1_000.0),
            Self::Bytes => format!("{value:+.0} bytes"),
        }
    }
}
