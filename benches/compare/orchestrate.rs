//! The runs of a comparison, one after the other, and what is told of them.

use std::env;
use std::mem;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use tokio::runtime;
use tokio::select;
use tokio::signal::ctrl_c;
use tokio::time::Instant;

use crate::bundle::Bundle;
use crate::cli::Cli;
use crate::docs;
use crate::machine::{Machine, Versions};
use crate::measure;
use crate::peer::Peer;
use crate::plan::{self, Round};
use crate::report::{Conditions, Outcome, Report, Run};
use crate::run::Runner;
use crate::summary::Summary;
use crate::target;
use crate::transmit;
use crate::view;

/// When a quick comparison starts nothing more, so that it ends within a minute.
const QUICK: Duration = Duration::from_secs(54);

const LATENCY_MS: u32 = 120;
const MARGIN_MS: u32 = 500;

/// Does what the command line asks for.
pub(crate) fn run(cli: &Cli) -> Result<()> {
    cli.check_names().map_err(Error::msg)?;
    let bundle = match cli.files() {
        [] => Bundle::measured(measured(cli)?),
        files => Bundle::load(files)?,
    };
    let summary = bundle.pooled();
    tell(&bundle, &summary);
    if cli.docs.is_some() {
        docs::update(&bundle, &summary)?;
    }
    println!("{}", summary.to_json());
    Ok(())
}

/// Sees in a few seconds that the comparison works.
pub(crate) fn smoke() -> Result<()> {
    let conditions = Conditions { seconds: 1, repeats: 1, ..standard() };
    let mut session = Session::new(conditions, None);
    session.perform(&[Part { rounds: plan::smoke(), repeats: 1, into: Series::Runs }])?;
    for Run { workload, peer, outcome, .. } in &session.report.runs {
        if let Outcome::Failed(why) = outcome {
            bail!("{workload} {peer}: {why}");
        }
    }
    Ok(())
}

/// A comparison under way.
#[derive(Debug)]
struct Session {
    runner: Runner,
    report: Report,
    /// Written after every run, so that an interrupted comparison has not been for nothing.
    json: Option<PathBuf>,
    /// Nothing is started after that.
    deadline: Option<Instant>,
}

/// Rounds that are repeated together.
#[derive(Debug)]
struct Part {
    rounds: Vec<Round>,
    repeats: u32,
    into: Series,
}

/// Which of the report's runs.
#[derive(Clone, Copy, Debug)]
enum Series {
    Runs,
    Scaling,
}

impl Session {
    fn new(conditions: Conditions, srt_tokio: Option<PathBuf>) -> Self {
        let versions = Versions::look(srt_tokio.is_some(), has_transmit());
        let report = Report::new(Machine::look(), versions, conditions);
        Self { runner: Runner { conditions, srt_tokio }, report, json: None, deadline: None }
    }

    /// Performs all runs, unless interrupted; then nothing that was started goes on.
    fn perform(&mut self, parts: &[Part]) -> Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            select! {
                biased;
                _ = ctrl_c() => bail!("interrupted"),
                () = terminated() => bail!("terminated"),
                outcome = self.all(parts) => outcome,
            }
        })
    }

    async fn all(&mut self, parts: &[Part]) -> Result<()> {
        let size = |part: &Part| part.repeats * part.rounds.iter().map(Round::len).sum::<u32>();
        let total: u32 = parts.iter().map(size).sum();
        let mut number = 0;
        for Part { rounds, repeats, into } in parts {
            for repeat in 0..*repeats {
                for Round { workload, peers } in rounds {
                    for &peer in peers {
                        number += 1;
                        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
                            eprintln!("[{number}/{total}] {workload} {peer}: no time left");
                            continue;
                        }
                        let outcome = match self.runner.run(*workload, peer).await {
                            Ok(figures) => Outcome::Measured(figures),
                            Err(error) => Outcome::Failed(format!("{error:#}")),
                        };
                        let line = view::line(&outcome);
                        eprintln!("[{number}/{total}] {workload} {peer}: {line}");
                        let run = Run { workload: *workload, peer, repeat, outcome };
                        match into {
                            Series::Runs => self.report.runs.push(run),
                            Series::Scaling => self.report.scaling.push(run),
                        }
                        self.save()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        self.json.as_deref().map_or(Ok(()), |path| self.report.save(path))
    }
}

fn measured(cli: &Cli) -> Result<Report> {
    measure::cpu_time(process::id()).context("cannot measure here")?;
    let mut conditions = standard();
    if cli.quick {
        conditions = Conditions { seconds: 2, repeats: 1, ..conditions };
    }
    conditions.seconds = cli.seconds.unwrap_or(conditions.seconds);
    conditions.repeats = cli.repeat.unwrap_or(conditions.repeats);

    let mut session = Session::new(conditions, cli.srt_tokio.clone());
    if session.report.machine.is_busy() {
        eprintln!("other programs are running: figures will be noisy");
    }
    session.json = cli.json.clone();
    session.save()?;
    if cli.quick && !cli.scaling {
        session.deadline = Some(Instant::now() + QUICK);
    }

    let mut parts = [
        Part { rounds: cli.rounds(), repeats: conditions.repeats, into: Series::Runs },
        Part {
            rounds: cli.scaling_rounds(),
            repeats: cli.repeat.unwrap_or(1),
            into: Series::Scaling,
        },
    ];
    let absent = absent(cli);
    for peer in &absent {
        eprintln!("without {peer}, which is not here");
    }
    for part in &mut parts {
        for round in &mut part.rounds {
            round.peers.retain(|peer| !absent.contains(peer));
        }
        part.rounds = plan::only(mem::take(&mut part.rounds), &cli.only);
    }
    ensure!(parts.iter().any(|part| !part.rounds.is_empty()), "nothing of {:?} is here", cli.only);
    session.perform(&parts)?;
    Ok(session.report)
}

fn standard() -> Conditions {
    Conditions { seconds: 5, repeats: 3, latency_ms: LATENCY_MS, margin_ms: MARGIN_MS }
}

/// The peers that are not to be had here.
fn absent(cli: &Cli) -> Vec<Peer> {
    let mut absent = Vec::new();
    if cli.srt_tokio.is_none() {
        absent.push(Peer::SrtTokio);
    }
    if !has_transmit() {
        absent.push(Peer::SrtLiveTransmit);
    }
    absent
}

fn has_transmit() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(transmit::PROGRAM).is_file())
}

#[cfg(unix)]
async fn terminated() {
    use std::future::pending;
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signal) => _ = signal.recv().await,
        Err(_) => pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

fn tell(bundle: &Bundle, summary: &Summary) {
    println!();
    for line in bundle.provenance() {
        println!("{line}");
    }
    let scaling = bundle.scaling.as_ref().map(|it| Summary::of(&it.scaling));
    let scaling = scaling.iter().flat_map(|it| &it.sections);
    for section in summary.sections.iter().chain(scaling) {
        let workload = section.workload;
        let table = view::table(section).to_text();
        println!("\n{workload} ({})\n\n{table}", workload.description());
        for note in view::notes(section) {
            println!("{note}");
        }
    }
    let verdicts = target::verdicts(&bundle.summaries());
    if !verdicts.is_empty() {
        println!("\n{}", view::LEGEND);
        let (tally, table) = (target::tally(&verdicts), target::table(&verdicts));
        println!("\n{tally}\n\n{}", table.to_text());
    }
}
