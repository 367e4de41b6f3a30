//! The arithmetic and the texts of the comparison, `cargo xtask bench`.

#[path = "../benches/compare"]
#[allow(dead_code, reason = "the rest is for the comparison itself")]
mod compare {
    pub(crate) mod machine;
    pub(crate) mod marker;
    pub(crate) mod peer;
    pub(crate) mod report;
    pub(crate) mod spread;
    pub(crate) mod summary;
    pub(crate) mod table;
    pub(crate) mod target;
    pub(crate) mod workload;
}

// As the modules name each other.
use compare::{machine, marker, peer, report, spread, summary, table, target, workload};

use peer::Peer::{self, Ours, RawC};
use peer::Setting::Balanced;
use report::{Figures, Lateness, Outcome, Run};
use spread::{Spread, percentile};
use summary::Summary;
use table::Table;
use workload::{Kind, Workload};

const WORKLOAD: Workload = Workload::new(Kind::Receive, 50, 2_000);

/// A run that took so many milliseconds of CPU time.
fn run(peer: Peer, repeat: u32, cpu_ms: u64, received: u64) -> Run {
    let figures = Figures {
        cpu_us: cpu_ms * 1_000,
        sent: 1_000,
        received,
        lateness_us: Some(Lateness { p50: 1, p99: 10 * cpu_ms, p999: 3, max: 4 }),
        ..Figures::default()
    };
    Run { workload: WORKLOAD, peer, repeat, outcome: Outcome::Measured(figures) }
}

fn failure(peer: Peer, repeat: u32) -> Run {
    Run { workload: WORKLOAD, peer, repeat, outcome: Outcome::Failed("why".to_owned()) }
}

#[test]
fn ratios_are_between_runs_of_the_same_repeat() {
    let runs = [
        run(RawC, 0, 100, 1_000),
        run(Ours(Balanced), 0, 80, 1_000),
        run(RawC, 1, 200, 1_000),
        run(Ours(Balanced), 1, 100, 1_000),
        // Without its counterpart it has no ratio.
        failure(RawC, 2),
        run(Ours(Balanced), 2, 900, 1_000),
    ];
    let summary = Summary::of(&runs);
    let [section] = &summary.sections[..] else { panic!("{summary:?}") };
    let row = section.row(Ours(Balanced)).unwrap();
    assert_eq!(row.cpu, Some(Spread { median: 0.65, min: 0.5, max: 0.8 }));
    let excess = row.p99_excess_us.unwrap();
    assert_eq!((excess.min, excess.max), (-1_000.0, -200.0));
    assert_eq!(row.typical.unwrap().cpu_us, 100_000);
    assert_eq!(section.row(RawC).unwrap().failures, ["why"]);

    let json = &summary.to_json()["receive 50x2"]["ours-balanced"];
    assert_eq!(json["cpu_ratio_raw_c"], 0.65);
    assert_eq!(json["lost"], 0);
    assert_eq!(json["lateness_p99_us"], 1_000);
}

#[test]
fn a_target_is_met_by_the_median_and_without_a_loss() {
    let verdict = |runs: &[Run]| {
        let verdicts = target::verdicts(&Summary::of(runs));
        let table = target::table(&verdicts[..1]).to_markdown();
        assert_eq!(table.contains("| met |"), target::met(&verdicts[..1]) == 1);
        table.lines().last().unwrap().rsplit(" | ").next().unwrap().to_owned()
    };
    let raw = || run(RawC, 0, 100, 1_000);
    assert_eq!(verdict(&[raw(), run(Ours(Balanced), 0, 100, 1_000)]), "met |");
    assert_eq!(verdict(&[raw(), run(Ours(Balanced), 0, 150, 1_000)]), "MISSED by 50 % |");
    assert_eq!(verdict(&[raw(), run(Ours(Balanced), 0, 50, 999)]), "MISSED |");
    assert_eq!(verdict(&[raw(), failure(Ours(Balanced), 0)]), "MISSED |");
}

#[test]
fn peers_are_known_by_their_names() {
    for name in ["raw-c", "ours-lowest", "ours-shared-economy", "srt-tokio-0.4.4", "udp"] {
        assert_eq!(name.parse::<Peer>().unwrap().to_string(), name);
    }
    assert_eq!("srtgo".parse::<Peer>().unwrap_err(), "no such peer: srtgo");
}

#[test]
fn a_median_is_in_the_middle() {
    assert_eq!(Spread::of([]), None);
    assert_eq!(Spread::of([3.0]), Some(Spread { median: 3.0, min: 3.0, max: 3.0 }));
    assert_eq!(Spread::of([9.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 9.0 }));
    assert_eq!(Spread::of([4.0, 1.0]), Some(Spread { median: 2.5, min: 1.0, max: 4.0 }));
}

#[test]
fn percentiles_are_of_the_nearest_rank() {
    let hundred: Vec<_> = (1..=100).collect();
    assert_eq!(percentile(&hundred, 0.5), Some(50));
    assert_eq!(percentile(&hundred, 0.99), Some(99));
    assert_eq!(percentile(&hundred, 0.999), Some(100));
    assert_eq!(percentile(&hundred, 1.0), Some(100));
    assert_eq!(percentile(&[7], 0.0), Some(7));
    assert_eq!(percentile::<u64>(&[], 0.5), None);
}

#[test]
fn tables_are_aligned() {
    let mut table = Table::new(&["peer", "CPU s"]);
    table.row(["raw C", "0.5"].map(str::to_owned));
    table.row(["failed".to_owned()]);
    assert_eq!(table.to_text(), "peer    CPU s\nraw C     0.5\nfailed\n");
    let markdown = "| peer | CPU s |\n| --- | --: |\n| raw C | 0.5 |\n| failed |  |\n";
    assert_eq!(table.to_markdown(), markdown);
}

#[test]
fn what_is_written_by_hand_stays() {
    let document = "\
Before.
<!-- begin: generated a -->
old
<!-- end: generated a -->
Between.
<!-- begin: generated b -->
<!-- end: generated b -->
";
    let once = marker::replace(document, "a", "new\n").unwrap();
    let expected = document.replace("\nold\n", "\n\nnew\n\n");
    assert_eq!(once, expected);
    assert_eq!(marker::replace(&once, "a", "new\n").unwrap(), once);
    let error = marker::replace(document, "c", "").unwrap_err();
    assert_eq!(error, "no line `<!-- begin: generated c -->`");
}
