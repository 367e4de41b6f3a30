//! Runs the test suite.

use std::{fmt, ops::AddAssign, path::PathBuf};

use anyhow::{Result, ensure};

use crate::{Passthrough, cmd::Cmd, need, setup, util, vendor};

/// Which libsrt to test against, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Against a static libsrt with bonding, built from SRT_SOURCE_DIR or from what `cargo xtask vendor` fetches
    #[arg(long)]
    pub(crate) vendored: bool,
    #[command(flatten)]
    pub(crate) args: Passthrough,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let args = &options.args;
    let mut totals = if options.vendored { vendored(args)? } else { system(args)? };
    if args.is_empty() && !options.vendored {
        totals += loom()?;
    }
    println!("\n{totals}");
    Ok(())
}

/// Tests against the libsrt that the system has.
pub(crate) fn system(args: &Passthrough) -> Result<Totals> {
    setup::ensure(&[&need::library(), need::TOOLS].concat())?;
    count(cargo_test().args(args.iter()))
}

/// The integration tests once more, with another moderation setting than the default one.
pub(crate) fn moderated(setting: &str) -> Result<Totals> {
    // Some of them run examples.
    let cargo =
        Cmd::new("cargo").args(["test", "--package", "srt-workspace", "--tests", "--examples"]);
    count(cargo.env("SRT_TEST_MODERATION", setting))
}

/// Tests against a libsrt built from source.
pub(crate) fn vendored(args: &Passthrough) -> Result<Totals> {
    setup::ensure(&[need::VENDORED, need::TOOLS].concat())?;
    let source = vendor::source_dir()?;
    let cargo = cargo_test().args(["--features", "vendored", "--target-dir"]);
    count(cargo.arg(vendored_target()).args(args.iter()).env("SRT_SOURCE_DIR", source))
}

/// Where builds with a libsrt from source go: apart, so that changing between the two rebuilds neither.
pub(crate) fn vendored_target() -> PathBuf {
    util::target().join("vendored")
}

/// Explores the interleavings of the lock-free parts.
pub(crate) fn loom() -> Result<Totals> {
    setup::ensure(&need::library())?;
    let cargo = Cmd::new("cargo")
        .args(["test", "--package", "srt-tokio", "--lib", "--release", "--target-dir"])
        .arg(util::target().join("loom"))
        .arg("loom")
        .env("RUSTFLAGS", util::flags("RUSTFLAGS", "--cfg srt_loom"));
    let totals = count(cargo)?;
    ensure!(totals.passed > 0, "no loom model ran: does the filter still match their names?");
    Ok(totals)
}

fn cargo_test() -> Cmd {
    Cmd::new("cargo").args(["test", "--workspace"])
}

fn count(cargo: Cmd) -> Result<Totals> {
    Ok(Totals::of(&cargo.tee()?))
}

/// How many tests ran, over all the programs of a `cargo test`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Totals {
    fn of(output: &str) -> Self {
        let mut totals = Self::default();
        for line in output.lines().filter(|line| line.starts_with("test result: ")) {
            let words: Vec<_> = line.split([' ', ';']).collect();
            let number = |what| {
                let pair = words.windows(2).find(|pair| pair[1] == what);
                pair.and_then(|pair| pair[0].parse::<u64>().ok()).unwrap_or(0)
            };
            totals.passed += number("passed");
            totals.failed += number("failed");
            totals.skipped += number("ignored");
        }
        totals
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_over_all_programs() {
        let output = "\
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s

   Doc-tests srt_tokio
test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s
";
        let totals = Totals::of(output);
        assert_eq!(totals, Totals { passed: 12, failed: 0, skipped: 1 });
        assert_eq!(totals.to_string(), "12 passed, 0 failed, 1 skipped");
        assert_eq!(Totals::of("error: could not compile"), Totals::default());
    }
}
