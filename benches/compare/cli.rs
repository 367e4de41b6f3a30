//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Compares what SRT libraries cost over the same workloads.
///
/// The last line of the standard output is a JSON object: what each peer took and lost, by workload.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
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
    /// Bring docs/performance.md up to date, from a file written with --json if one is given, without measuring
    #[arg(long, value_name = "FROM", num_args = 0..=1)]
    pub(crate) docs: Option<Option<PathBuf>>,
    /// The program that plays the roles over srt-tokio 0.4.4
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub(crate) srt_tokio: Option<PathBuf>,
}
