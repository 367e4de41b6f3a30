//! Compares what SRT libraries cost over the same workloads: `cargo xtask bench`.
//!
//! One program in two parts. `compare role` is one end of a connection, which is measured or is what
//! a measured one talks to. `compare run` starts such processes, measures them from outside, and
//! tells what came out.
//!
//! - `role`: the programs that are measured
//! - `cli`, `orchestrate`: what is asked for, and how it is done
//! - `workload`, `peer`, `plan`: what is measured, whose, and in which order
//! - `child`, `transmit`: processes under measurement, and how they are talked to
//! - `measure`: what a process has used
//! - `run`: one peer under one workload, once
//! - `report`, `machine`, `bundle`: all that was measured, on what, and once or more often
//! - `spread`, `summary`, `target`: what it says
//! - `table`, `view`, `chart`, `docs`, `marker`: how it is shown

mod bundle;
mod chart;
mod child;
mod cli;
mod docs;
mod machine;
mod marker;
mod measure;
mod orchestrate;
mod peer;
mod plan;
mod report;
mod role;
mod run;
mod spread;
mod summary;
mod table;
mod target;
mod transmit;
mod view;
mod workload;

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

fn main() -> ExitCode {
    let mut args = env::args().skip(1).peekable();
    let outcome = match args.peek().map(String::as_str) {
        Some("role") => role::run(args.skip(1)),
        Some("run") => orchestrate::run(&Cli::parse_from(args)),
        // By `cargo bench`, or `cargo test --benches`.
        _ => orchestrate::smoke(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
