//! The command line.
//!
//! Also part of `xtask`, which answers what needs no measuring before it builds anything.

use std::path::PathBuf;

use clap::Parser;

use super::plan::{self, Round};

/// Compares what SRT libraries cost over the same workloads.
///
/// The last line of the standard output is a JSON object: what each peer took and lost, by workload.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", after_help = names())]
pub(crate) struct Cli {
    /// A choice that takes less than a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also measure over the number of streams, and over the bitrate
    #[arg(long)]
    pub(crate) scaling: bool,
    /// Only what contains this in the name of its workload or peer, as in "receive 50x2 ours"; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// How often everything is measured [default: 3; 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) repeat: Option<u32>,
    /// How long traffic takes [default: 5; 2 with --quick]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) seconds: Option<u32>,
    /// Write all that was measured to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Bring docs/performance.md up to date; with files that --json has written, from these without measuring
    ///
    /// Each file is of a whole comparison, or of one with --scaling. Several comparisons, of the same commit and
    /// with the same seconds and repeats, are put beside each other where targets are judged; tables and charts
    /// are of the repeats of all of them together.
    #[arg(long, value_name = "FILE", num_args = 0.., conflicts_with_all = ["quick", "only"])]
    pub(crate) docs: Option<Vec<PathBuf>>,
    /// The program that plays the roles over srt-tokio 0.4.4
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub(crate) srt_tokio: Option<PathBuf>,
}

impl Cli {
    /// Files to take the figures from, instead of measuring.
    pub(crate) fn files(&self) -> &[PathBuf] {
        self.docs.as_deref().unwrap_or_default()
    }

    /// What is to be measured but for scaling, before it is narrowed.
    pub(crate) fn rounds(&self) -> Vec<Round> {
        if self.quick { plan::quick() } else { plan::full() }
    }

    /// What is to be measured over streams and bitrate, before it is narrowed.
    pub(crate) fn scaling_rounds(&self) -> Vec<Round> {
        if self.scaling { plan::scaling() } else { Vec::new() }
    }

    /// Refuses what nothing is called, with the names that there are.
    pub(crate) fn check_names(&self) -> Result<(), String> {
        let rounds = [self.rounds(), self.scaling_rounds()].concat();
        match self.only.iter().find(|text| !plan::has(&rounds, text)) {
            None => Ok(()),
            Some(text) => {
                Err(format!("nothing to measure is called {text:?}; {}", plan::names(&rounds)))
            }
        }
    }
}

fn names() -> String {
    format!(
        "What --only chooses from; --quick has less of it, --scaling also other streams and bitrates. A name is one\n\
         of the workloads followed by one of the peers, and any part of it will do.\n\n{}",
        plan::names(&plan::full())
    )
}
