//! `cargo xtask`: installs what the workspace needs, then tests, demonstrates or measures it.

mod bench;
mod budget;
mod ci;
mod cmd;
mod demo;
mod msrv;
mod need;
mod platform;
mod setup;
mod test;
mod util;
mod vendor;

/// The comparison's command line, which is read here already: building the comparison takes minutes.
#[path = "../../benches/compare"]
#[allow(dead_code, reason = "the rest is for the comparison itself")]
mod compare {
    pub(crate) mod cli;
    pub(crate) mod peer;
    pub(crate) mod plan;
    pub(crate) mod workload;
}

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Project tasks. Each installs what it lacks with the platform's package manager and says what it runs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what is missing: a C compiler, pkg-config and libsrt
    Setup(setup::Options),
    /// Run the demo; its arguments are passed on as they are
    #[command(disable_help_flag = true)]
    Demo {
        /// Passed to the demo; `--help` lists what it takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run the test suite: unit, integration and doc tests, then the loom models
    ///
    /// Arguments narrow the run, and leave the loom models out: `cargo xtask test --test end -- --nocapture`.
    Test(test::Options),
    /// Put a libsrt source tree under target/ and print its path as the last line
    Vendor(vendor::Options),
    /// Run everything a change must pass
    Ci,
    /// Compare with other SRT libraries and programs; arguments are passed on as they are, `--help` lists them
    ///
    /// `cargo xtask bench criterion` runs the criterion benchmarks instead; what follows is passed to `cargo bench`.
    #[command(disable_help_flag = true)]
    Bench {
        /// Passed to the comparison
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Count the instructions of the hot paths, and compare them with benches/budget.toml
    Budget(budget::Options),
}

/// Arguments for the cargo command that a task ends in.
#[derive(Args, Debug, Default)]
struct Passthrough {
    /// Passed to cargo
    #[arg(allow_hyphen_values = true)]
    args: Vec<OsString>,
    /// Passed to the programs that cargo runs
    #[arg(last = true)]
    program_args: Vec<OsString>,
}

impl Passthrough {
    fn is_empty(&self) -> bool {
        self.args.is_empty() && self.program_args.is_empty()
    }

    /// The arguments as cargo takes them, with the `--` that clap took out.
    fn iter(&self) -> impl Iterator<Item = OsString> {
        let separator = (!self.program_args.is_empty()).then(|| OsString::from("--"));
        self.args.iter().cloned().chain(separator).chain(self.program_args.iter().cloned())
    }
}

fn main() -> ExitCode {
    let Err(error) = run(Cli::parse().task) else {
        return ExitCode::SUCCESS;
    };
    // Not returned from main: where RUST_BACKTRACE is set, a backtrace of xtask would bury what went wrong.
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Setup(options) => setup::run(&options),
        Task::Demo { args } => demo::run(args),
        Task::Test(options) => test::run(&options),
        Task::Vendor(options) => vendor::run(&options),
        Task::Ci => ci::run(),
        Task::Bench { args } => bench::run(&args),
        Task::Budget(options) => budget::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Task {
        Cli::try_parse_from(line.split(' ')).unwrap().task
    }

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn demo_arguments_are_verbatim() {
        let Task::Demo { args } = parse("xtask demo --help --rate 5 -- x") else { panic!() };
        assert_eq!(args, ["--help", "--rate", "5", "--", "x"]);
    }

    #[test]
    fn bench_arguments_are_verbatim() {
        let Task::Bench { args } = parse("xtask bench --quick --only send --help") else {
            panic!()
        };
        assert_eq!(args, ["--quick", "--only", "send", "--help"]);
        let Task::Bench { args } = parse("xtask bench criterion --bench rw -- x") else { panic!() };
        assert_eq!(args, ["criterion", "--bench", "rw", "--", "x"]);
    }

    #[test]
    fn test_arguments_keep_their_separator() {
        let Task::Test(options) = parse("xtask test --vendored --test end -- --nocapture") else {
            panic!()
        };
        assert!(options.vendored);
        let args: Vec<_> = options.args.iter().collect();
        assert_eq!(args, ["--test", "end", "--", "--nocapture"]);

        let Task::Test(options) = parse("xtask test -- --test-threads=1") else { panic!() };
        assert_eq!(options.args.iter().collect::<Vec<_>>(), ["--", "--test-threads=1"]);
    }
}
