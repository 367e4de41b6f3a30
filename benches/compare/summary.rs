//! What the runs of a report say together: medians, and ratios to raw C within each repeat.

use serde_json::{Value, json};

use crate::peer::Peer;
use crate::report::{Figures, Lateness, Outcome, Run};
use crate::spread::Spread;
use crate::workload::{Kind, Workload};

/// What the others are compared with.
pub(crate) const REFERENCE: Peer = Peer::RawC;

/// All workloads, in the order in which they were run.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) sections: Vec<Section>,
}

/// One workload.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) workload: Workload,
    pub(crate) rows: Vec<Row>,
}

/// One peer under one workload.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) peer: Peer,
    /// The median of each figure by itself; `None` if every run has failed.
    pub(crate) typical: Option<Figures>,
    /// CPU time as a multiple of raw C's.
    pub(crate) cpu: Option<Spread>,
    /// Bytes a second, as a multiple of raw C's.
    pub(crate) throughput: Option<Spread>,
    /// Time from the first call accepted to the last, as a multiple of raw C's.
    pub(crate) accepting: Option<Spread>,
    /// 99th percentile of lateness beyond raw C's, in microseconds.
    pub(crate) p99_excess_us: Option<Spread>,
    /// Memory beyond raw C's that connections have added, in bytes for each.
    pub(crate) memory_excess: Option<Spread>,
    /// In all runs.
    pub(crate) sent: u64,
    pub(crate) lost: u64,
    /// Why runs have failed.
    pub(crate) failures: Vec<String>,
}

impl Summary {
    pub(crate) fn of(runs: &[Run]) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        for Run { workload, peer, .. } in runs {
            let known = sections.iter().position(|it| it.workload == *workload);
            if known.is_none() {
                sections.push(Section { workload: *workload, rows: Vec::new() });
            }
            let section = known.unwrap_or(sections.len() - 1);
            let rows = &mut sections[section].rows;
            if !rows.iter().any(|row| row.peer == *peer) {
                rows.push(Row::of(runs, *workload, *peer));
            }
        }
        Self { sections }
    }

    pub(crate) fn of_kinds(&self, kinds: &[Kind]) -> Vec<&Section> {
        self.sections.iter().filter(|it| kinds.contains(&it.workload.kind)).collect()
    }

    /// For programs: by workload and peer.
    pub(crate) fn to_json(&self) -> Value {
        let section = |section: &Section| {
            let kind = section.workload.kind;
            let rows = section.rows.iter().map(|row| (row.peer.to_string(), row.to_json(kind)));
            (section.workload.to_string(), Value::Object(rows.collect()))
        };
        Value::Object(self.sections.iter().map(section).collect())
    }
}

impl Section {
    pub(crate) fn row(&self, peer: Peer) -> Option<&Row> {
        self.rows.iter().find(|it| it.peer == peer)
    }
}

impl Row {
    fn of(runs: &[Run], workload: Workload, peer: Peer) -> Self {
        let runs_of = |peer: Peer| {
            runs.iter().filter(move |run| run.workload == workload && run.peer == peer)
        };
        let measured: Vec<_> =
            runs_of(peer).filter_map(|run| Some((run.repeat, run.figures()?))).collect();
        let references: Vec<_> =
            runs_of(REFERENCE).filter_map(|run| Some((run.repeat, run.figures()?))).collect();
        // Each run beside that of the reference in the same repeat: what disturbs one disturbs both.
        let pairs: Vec<(&Figures, &Figures)> = measured
            .iter()
            .filter_map(|(repeat, own)| {
                let (_, reference) = references.iter().find(|(it, _)| it == repeat)?;
                Some((*own, *reference))
            })
            .collect();
        let compare = |of: &dyn Fn(&Figures, &Figures) -> Option<f64>| {
            Spread::of(pairs.iter().filter_map(|(own, reference)| of(own, reference)))
        };
        let failure = |run: &Run| match &run.outcome {
            Outcome::Failed(why) => Some(why.clone()),
            Outcome::Measured(_) => None,
        };
        Self {
            peer,
            typical: typical(&measured.iter().map(|(_, it)| *it).collect::<Vec<_>>()),
            cpu: compare(&|own, other| ratio(own.cpu_us as f64, other.cpu_us as f64)),
            throughput: compare(&|own, other| ratio(own.throughput()?, other.throughput()?)),
            accepting: compare(&|own, other| {
                ratio(own.connecting_us as f64, other.connecting_us as f64)
            }),
            p99_excess_us: compare(&|own, other| {
                Some(own.lateness_us?.p99 as f64 - other.lateness_us?.p99 as f64)
            }),
            memory_excess: compare(&|own, other| {
                let excess_kib = own.rss_growth_kib as f64 - other.rss_growth_kib as f64;
                ratio(excess_kib * 1024.0, own.connected as f64)
            }),
            sent: measured.iter().map(|(_, it)| it.sent).sum(),
            lost: measured.iter().map(|(_, it)| it.lost()).sum(),
            failures: runs_of(peer).filter_map(failure).collect(),
        }
    }

    /// Whether it did what it was measured at: all but one packet in a thousand arrived.
    pub(crate) fn is_sound(&self) -> bool {
        self.unsound().is_none()
    }

    /// Why it did not.
    pub(crate) fn unsound(&self) -> Option<String> {
        let Self { lost, sent, .. } = self;
        if self.typical.is_none() {
            Some(format!("{} failed", self.peer.title()))
        } else if lost * 1000 > *sent {
            Some(format!("{} lost {lost} of {sent}", self.peer.title()))
        } else {
            None
        }
    }

    fn to_json(&self, kind: Kind) -> Value {
        let median = |spread: Option<Spread>| spread.map(|it| rounded(it.median));
        let p99 = self.typical.and_then(|it| it.lateness_us).map(|it| it.p99);
        let mut fields = json!({
            "cpu_ratio_raw_c": median(self.cpu),
            "lost": self.lost,
            "lateness_p99_us": p99,
        });
        match kind {
            Kind::PeakLive | Kind::PeakFile => {
                fields["throughput_ratio_raw_c"] = json!(median(self.throughput));
            }
            Kind::Accept => fields["time_ratio_raw_c"] = json!(median(self.accepting)),
            Kind::Idle => {
                fields["memory_beyond_raw_c_bytes"] = json!(median(self.memory_excess));
            }
            Kind::Receive | Kind::Send | Kind::Relay => {}
        }
        if let Some(why) = self.failures.first() {
            fields["failed"] = json!(why);
        }
        fields
    }
}

impl Figures {
    /// In bytes a second, from the first packet to the last.
    pub(crate) fn throughput(&self) -> Option<f64> {
        ratio(self.bytes as f64 * 1e6, self.delivery_us as f64)
    }
}

fn typical(all: &[&Figures]) -> Option<Figures> {
    let median = |of: &dyn Fn(&Figures) -> u64| {
        Spread::of(all.iter().map(|it| of(it) as f64)).map_or(0, |it| it.median.round() as u64)
    };
    let late = |of: &dyn Fn(&Lateness) -> u64| {
        Spread::of(all.iter().filter_map(|it| Some(of(&it.lateness_us?) as f64)))
            .map(|it| it.median.round() as u64)
    };
    let lateness = || {
        Some(Lateness {
            p50: late(&|it| it.p50)?,
            p99: late(&|it| it.p99)?,
            p999: late(&|it| it.p999)?,
            max: late(&|it| it.max)?,
        })
    };
    (!all.is_empty()).then(|| Figures {
        window_us: median(&|it| it.window_us),
        cpu_us: median(&|it| it.cpu_us),
        sent: median(&|it| it.sent),
        received: median(&|it| it.received),
        bytes: median(&|it| it.bytes),
        delivery_us: median(&|it| it.delivery_us),
        lateness_us: lateness(),
        voluntary_switches: median(&|it| it.voluntary_switches),
        involuntary_switches: median(&|it| it.involuntary_switches),
        threads: median(&|it| it.threads),
        rss_kib: median(&|it| it.rss_kib),
        rss_growth_kib: median(&|it| it.rss_growth_kib),
        peak_kib: median(&|it| it.peak_kib),
        connected: median(&|it| it.connected),
        connecting_us: median(&|it| it.connecting_us),
    })
}

fn ratio(value: f64, of: f64) -> Option<f64> {
    (of > 0.0).then(|| value / of)
}

/// As many digits as mean something.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
