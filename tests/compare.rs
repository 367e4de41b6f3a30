//! The arithmetic and the texts of the comparison, `cargo xtask bench`.

#[path = "../benches/compare"]
#[allow(dead_code, reason = "the rest is for the comparison itself")]
mod compare {
    pub(crate) mod bundle;
    pub(crate) mod chart;
    pub(crate) mod cli;
    pub(crate) mod machine;
    pub(crate) mod marker;
    pub(crate) mod peer;
    pub(crate) mod plan;
    pub(crate) mod report;
    pub(crate) mod spread;
    pub(crate) mod summary;
    pub(crate) mod table;
    pub(crate) mod target;
    pub(crate) mod view;
    pub(crate) mod workload;
}

// As the modules name each other.
use compare::{
    bundle, chart, cli, machine, marker, peer, plan, report, spread, summary, table, target, view,
    workload,
};

use bundle::Bundle;
use clap::Parser;
use cli::Cli;
use machine::{Machine, Versions};
use peer::Peer::{self, Ours, RawC, SrtTokio};
use peer::Setting::{Balanced, Economy};
use report::{Conditions, Figures, Lateness, Outcome, Report, Run};
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

/// The lines of the table of targets, after its header.
fn judged(runs: &[&[Run]]) -> Vec<String> {
    let summaries: Vec<_> = runs.iter().map(|it| Summary::of(it)).collect();
    let table = target::table(&target::verdicts(&summaries)).to_markdown();
    table.lines().skip(2).map(str::to_owned).collect()
}

/// How the first target is judged.
fn verdict(runs: &[Run]) -> String {
    let line = judged(&[runs]).remove(0);
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    cells[2..].join(": ")
}

fn raw() -> Run {
    run(RawC, 0, 100, 1_000)
}

#[test]
fn a_target_is_met_by_the_median_and_without_a_loss() {
    assert_eq!(verdict(&[raw(), run(Ours(Balanced), 0, 100, 1_000)]), "1.00: met");
    assert_eq!(verdict(&[raw(), run(Ours(Balanced), 0, 150, 1_000)]), "1.50: MISSED by 50 %");
    let lossy = verdict(&[raw(), run(Ours(Balanced), 0, 50, 999)]);
    assert_eq!(lossy, "0.50, lost 1 of 1000: MISSED packets lost");
    let failed = verdict(&[raw(), failure(Ours(Balanced), 0)]);
    assert_eq!(failed, "nothing, failed 1 times: MISSED runs failed");
}

#[test]
fn what_is_just_missed_is_not_missed_by_nothing() {
    let by = |cpu_us: u64| {
        let mut own = run(Ours(Balanced), 0, 0, 1_000);
        own.outcome = Outcome::Measured(Figures { cpu_us, ..*own.figures().unwrap() });
        verdict(&[raw(), own])
    };
    assert_eq!(by(100_000), "1.00: met");
    assert_eq!(by(100_001), "1.00001: MISSED by less than 0.1 %");
    assert_eq!(by(100_400), "1.004: MISSED by 0.4 %");
    assert_eq!(by(102_560), "1.03: MISSED by 2.6 %");
}

#[test]
fn a_target_does_not_vanish_with_what_it_is_measured_by() {
    let own = || run(Ours(Balanced), 0, 50, 1_000);
    let lossy = verdict(&[run(RawC, 0, 100, 998), own()]);
    assert_eq!(lossy, "0.50: not comparable: raw C lost 2 of 1000");
    assert_eq!(verdict(&[failure(RawC, 0), own()]), "nothing: not comparable: raw C failed");
    let unpaired = verdict(&[run(RawC, 1, 100, 1_000), own()]);
    assert_eq!(unpaired, "nothing: not comparable: no raw C in the same repeat");

    let economy = |other: Run| {
        let runs = [raw(), run(Ours(Economy), 0, 50, 1_000), other];
        judged(&[&runs]).pop().unwrap()
    };
    let start = "| receive 50x2, ours, economy: CPU | less than srt-tokio 0.4.4 |";
    let met = economy(run(SrtTokio, 0, 70, 999));
    assert_eq!(met, format!("{start} 0.50 against 0.70 | met |"));
    let equal = economy(run(SrtTokio, 0, 50, 1_000));
    assert_eq!(equal, format!("{start} 0.50 against 0.50 | MISSED by less than 0.1 % |"));
    let lossy = economy(run(SrtTokio, 0, 30, 990));
    let why = "not comparable: srt-tokio 0.4.4 lost 10 of 1000";
    assert_eq!(lossy, format!("{start} 0.50 against 0.30 | {why} |"));
    let failed = economy(failure(SrtTokio, 0));
    assert_eq!(failed, format!("{start} 0.50 | not comparable: srt-tokio 0.4.4 failed |"));
}

#[test]
fn each_run_of_the_comparison_judges_by_itself() {
    let of = |cpu_ms| [raw(), run(Ours(Balanced), 0, cpu_ms, 1_000)];
    let lossy = [run(RawC, 0, 100, 900), run(Ours(Balanced), 0, 90, 1_000)];
    let start = "| receive 50x2, ours, balanced: CPU | at most 1.00 x raw C |";
    let cpu = |runs: &[&[Run]]| {
        let line = judged(runs).remove(0);
        line.strip_prefix(start).unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    assert_eq!(cpu(&[&of(80), &of(90), &of(100)]), " 0.80 | 0.90 | 1.00 | met 3 of 3 |");
    let missed = cpu(&[&of(103), &of(90), &of(200)]);
    assert_eq!(missed, " 1.03 | 0.90 | 2.00 | met 1 of 3, MISSED by 3.0 %; by 100 % |");
    let not_all = cpu(&[&of(80), &lossy, &[]]);
    let why = "not comparable: raw C lost 100 of 1000; not measured";
    assert_eq!(not_all, format!(" 0.80 | 0.90 | nothing | met 1 of 3, {why} |"));
    let never = cpu(&[&lossy, &lossy]);
    assert_eq!(never, " 0.90 | 0.90 | not comparable: raw C lost 100 of 1000 |");

    let tally = |runs: &[&[Run]]| {
        let summaries: Vec<_> = runs.iter().map(|it| Summary::of(it)).collect();
        target::tally(&target::verdicts(&summaries)).to_string()
    };
    // CPU time, and lateness: 10 us for each ms.
    assert_eq!(tally(&[&of(80)]), "2 of 2 targets met");
    let counted = tally(&[&of(103), &of(90), &of(200)]);
    assert_eq!(counted, "1 of 2 targets met in all of 3 runs, 1 in some, 0 in none");
    let counted = tally(&[&lossy, &lossy]);
    let expected = "0 of 2 targets met in all of 2 runs, 0 in some, 0 in none, 2 not comparable";
    assert_eq!(counted, expected);
}

#[test]
fn lateness_is_judged_by_a_figure_of_the_table() {
    let late = |peer, repeat, p99| {
        let mut run = run(peer, repeat, 100, 1_000);
        let lateness_us = Some(Lateness { p99, ..Lateness::default() });
        run.outcome = Outcome::Measured(Figures { lateness_us, ..*run.figures().unwrap() });
        run
    };
    // The difference of the medians would be 2.0 ms.
    let runs = [
        late(RawC, 0, 1_000),
        late(Ours(Balanced), 0, 4_000),
        late(RawC, 1, 2_000),
        late(Ours(Balanced), 1, 1_000),
        late(RawC, 2, 9_000),
        late(Ours(Balanced), 2, 11_600),
    ];
    let summary = Summary::of(&runs);
    let table = view::table(&summary.sections[0]).to_markdown();
    assert!(table.contains("| p99 - raw C |"), "{table}");
    assert!(table.contains("| +2.60 (-1.00 to +3.00) |"), "{table}");
    let line = judged(&[&runs]).remove(1);
    assert!(line.ends_with("| at most raw C + 2.5 ms | +2.60 ms | MISSED by 0.10 ms |"), "{line}");
}

/// A report of a whole comparison without the other libraries, in which ours takes `cpu_ms`.
fn whole(cpu_ms: u64, repeats: u32) -> Report {
    let mut report = report(repeats);
    for repeat in 0..repeats {
        for plan::Round { workload, peers } in plan::full() {
            let is_here = |peer: &Peer| report.versions.include(*peer);
            let peers: Vec<_> = peers.into_iter().filter(is_here).collect();
            report.runs.extend(peers.into_iter().map(|peer| {
                let cpu_ms = if peer == RawC { 100 } else { cpu_ms };
                Run { workload, ..run(peer, repeat, cpu_ms, 1_000) }
            }));
        }
    }
    report
}

fn report(repeats: u32) -> Report {
    let conditions = Conditions { seconds: 2, repeats, latency_ms: 120, margin_ms: 500 };
    Report::new(machine(0.5), Versions::look(false, false), conditions)
}

fn machine(load: f64) -> Machine {
    let mut machine = Machine::look();
    machine.load = load;
    machine
}

fn bundle(reports: impl IntoIterator<Item = Report>) -> Result<Bundle, String> {
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    Bundle::of(names.into_iter().zip(reports).collect()).map_err(|error| error.to_string())
}

#[test]
fn tables_are_of_the_repeats_of_all_comparisons() {
    let bundle = bundle([whole(10, 2), whole(20, 2), whole(60, 2)]).unwrap();
    let pooled = bundle.pooled();
    let section = pooled.sections.iter().find(|it| it.workload == WORKLOAD).unwrap();
    let row = section.row(Ours(Balanced)).unwrap();
    assert_eq!(row.cpu, Some(Spread { median: 0.2, min: 0.1, max: 0.6 }));
    assert_eq!((row.typical.unwrap().cpu_us, row.sent), (20_000, 6_000));
    let ratio = |summary: &Summary| {
        let section = summary.sections.iter().find(|it| it.workload == WORKLOAD).unwrap();
        section.row(Ours(Balanced)).unwrap().cpu.unwrap().median
    };
    assert_eq!(bundle.summaries().iter().map(ratio).collect::<Vec<_>>(), [0.1, 0.2, 0.6]);
}

#[test]
fn where_figures_are_from_is_told() {
    let mut second = whole(10, 3);
    second.machine = machine(1.25);
    let mut scaling = report(3);
    scaling.conditions.seconds = 1;
    scaling.scaling.push(raw());
    let bundle = bundle([whole(10, 3), second, scaling]).unwrap();
    let lines = bundle.provenance();
    assert!(lines[0].ends_with("; load before: 0.5, 1.25"), "{lines:?}");
    let how = "Runs: 2 s of traffic in packets of 1316 bytes, latency 120 ms, each 3 times in each of 2 runs, ";
    assert!(lines[2].starts_with(how), "{lines:?}");
    assert!(lines[2].ends_with("; tables and charts are of all 6 repeats together"), "{lines:?}");
    let lines = bundle.scaling_provenance();
    assert!(lines[0].ends_with("; load before: 0.5"), "{lines:?}");
    let how = "Runs: 1 s of traffic in packets of 1316 bytes, latency 120 ms, each once, ";
    assert!(lines[2].starts_with(how), "{lines:?}");

    let alone = Bundle::measured(whole(10, 1));
    assert!(!alone.provenance()[2].contains("together"));
    assert!(alone.scaling.is_none());
}

#[test]
fn only_comparisons_of_the_same_go_together() {
    let refused = |reports: Vec<Report>| bundle(reports).unwrap_err();
    assert_eq!(
        refused(vec![whole(10, 2), whole(10, 3)]),
        "b is not of the same seconds and repeats as those before it"
    );
    let mut other = whole(10, 2);
    other.versions = Versions::look(true, false);
    let with_all: Vec<_> = plan::full()
        .into_iter()
        .filter(|round| round.peers.contains(&SrtTokio))
        .flat_map(|round| (0..2).map(move |repeat| (round.workload, repeat)))
        .map(|(workload, repeat)| Run { workload, ..run(SrtTokio, repeat, 10, 1_000) })
        .collect();
    other.runs.extend(with_all);
    assert_eq!(
        refused(vec![whole(10, 2), other]),
        "b is not of the same versions as those before it"
    );
    let mut interrupted = whole(10, 2);
    interrupted.runs.pop();
    assert_eq!(
        refused(vec![whole(10, 2), interrupted]),
        "b is no whole comparison: it has nothing on accept 1000 ours-balanced, repeat 2"
    );
    let mut scaling = report(1);
    scaling.scaling.push(raw());
    assert_eq!(refused(vec![scaling.clone(), scaling]), "b is a second report on scaling");
}

#[test]
fn a_report_on_scaling_may_be_part_of_a_comparison_or_not() {
    let mut scaling = report(1);
    scaling.scaling.push(raw());
    // What was measured beside it, but not as a whole, is left alone.
    scaling.runs.push(raw());
    let apart = bundle([whole(10, 2), scaling.clone()]).unwrap();
    assert_eq!((apart.comparisons.len(), apart.scaling.is_some()), (1, true));
    assert_eq!(apart.lacks(), None);
    let alone = bundle([scaling]).unwrap();
    assert!(alone.comparisons.is_empty() && alone.provenance().is_empty());
    let mut both = whole(10, 2);
    both.scaling.push(raw());
    let both = bundle([both, whole(10, 2)]).unwrap();
    assert_eq!((both.comparisons.len(), both.scaling.is_some()), (2, true));
}

#[test]
fn a_name_that_nothing_has_is_refused_with_those_that_there_are() {
    let check = |args: &str| Cli::try_parse_from(args.split('+')).unwrap().check_names();
    assert_eq!(check("bench"), Ok(()));
    assert_eq!(check("bench+--only+receive 50x2 ours+--only+udp"), Ok(()));
    let error = check("bench+--only+udp+--only+recieve").unwrap_err();
    assert!(error.starts_with("nothing to measure is called \"recieve\"; workloads:\n"), "{error}");
    for name in ["receive 50x2", "peak live", "accept 1000", "ours-one-thread-lowest", "udp"] {
        assert!(error.contains(name), "{error}");
    }
    assert!(check("bench+--quick+--only+idle").is_err());
    assert!(check("bench+--only+receive 10x0.1").is_err());
    assert_eq!(check("bench+--scaling+--only+receive 10x0.1"), Ok(()));
}

#[test]
fn only_what_is_whole_is_asked_into_the_document() {
    let parse = |args: &str| Cli::try_parse_from(args.split(' '));
    assert!(parse("bench --docs --only udp").is_err());
    assert!(parse("bench --quick --docs a.json").is_err());
    assert!(parse("bench --docs --scaling").unwrap().files().is_empty());
    assert_eq!(parse("bench --docs a.json b.json").unwrap().files().len(), 2);
}

/// The texts of a picture, with where each begins across, and how it is anchored.
fn texts(svg: &str) -> Vec<(i32, &str, &str)> {
    let texts = svg.split("<text ").skip(1).map(|element| {
        let attribute = |name: &str| {
            let (_, rest) = element.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap()
        };
        let (_, rest) = element.split_once(">\n").unwrap();
        let words = rest.split('\n').next().unwrap();
        (attribute("x").parse().unwrap(), attribute("text-anchor"), words)
    });
    texts.collect()
}

#[test]
fn no_text_of_a_chart_is_cut_off_or_struck_through() {
    let peers = [(RawC, 100), (Ours(Balanced), 93), (Ours(Economy), 250)];
    let runs = peers.map(|(peer, cpu_ms)| run(peer, 0, cpu_ms, 1_000));
    let lossy = run(SrtTokio, 0, 240, 123);
    let summary = Summary::of(&[&runs[..], &[lossy]].concat());
    let sections = summary.sections.iter().collect::<Vec<_>>();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chart.svg");
    chart::cpu(&sections, &file).unwrap();
    let svg = std::fs::read_to_string(&file).unwrap();

    let mark = svg.split("<polyline ").nth(1).unwrap().split_once("points=\"").unwrap().1;
    let mark: i32 = mark.split(',').next().unwrap().parse().unwrap();
    let texts = texts(&svg);
    let at =
        |words: &str| texts.iter().find(|it| it.2 == words).unwrap_or_else(|| panic!("{svg}")).0;
    // A character takes less than 6 pixels.
    let end = |words: &str| at(words) + 6 * words.len() as i32;
    assert!(end("2.40, lost 877 of 1000") <= 520, "{svg}");
    assert!(end("2.50") <= 520, "{svg}");
    assert!(at("0.93") > mark && at("1.00") > mark, "{svg}");
}

#[test]
fn an_axis_has_labels_however_short_it_is() {
    let labels = |figures: [u64; 3]| {
        let point = |(streams, threads): (u32, u64)| {
            let mut run = run(RawC, 0, 100, 1_000);
            run.workload = Workload::new(Kind::Receive, streams, plan::STREAMS_AXIS_KBPS);
            let window_us = 1_000_000;
            run.outcome =
                Outcome::Measured(Figures { threads, window_us, ..*run.figures().unwrap() });
            run
        };
        let runs: Vec<_> = [1, 10, 1_000].into_iter().zip(figures).map(point).collect();
        let charts = chart::growth(&Summary::of(&runs));
        let chart = charts.iter().find(|it| it.up == "threads").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chart.svg");
        chart.draw(&file).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        let up = texts(&svg).into_iter().filter(|it| it.1 == "end").map(|it| it.2.to_owned());
        up.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(labels([5, 5, 8]), "4 5 6 7 8 9 10");
    assert_eq!(labels([8, 8, 8]), "7 8 9 10");
    assert_eq!(labels([3, 10, 40]), "3 5 7 10 20 30 50");
    assert_eq!(labels([6, 15, 1_005]), "5 10 20 50 100 200 500 1000");
    assert_eq!(labels([1, 1_000, 1_000_000]), "1 10 100 1000 10000 100000 1000000");
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
