//! Everything a change must pass.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::{
    Passthrough, budget,
    cmd::Cmd,
    msrv, need, setup,
    test::{self, Totals},
    util, vendor,
};

pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::default();
    let outcome = all(&mut steps);
    steps.summarize();
    // Last, because it is what readers of a long log look for there.
    println!("\n{}", outcome?);
    Ok(())
}

fn all(steps: &mut Steps) -> Result<Totals> {
    let mut totals = Totals::default();
    let cargo = |args: &str| Cmd::new("cargo").args(args.split(' '));

    steps.run("setup", || {
        setup::ensure(&[&need::library(), need::TOOLS, need::VENDORED].concat())
    })?;
    let source = steps.run("libsrt source", vendor::source_dir)?;
    steps.run("format", || cargo("fmt --all --check").run())?;
    steps.run("oldest compiler", msrv::check)?;
    steps.run("dependencies", || {
        if util::on_path("cargo-deny") {
            return cargo("deny check").run();
        }
        println!("skipped: cargo-deny is not installed");
        Ok(())
    })?;
    steps.run("clippy", || cargo("clippy --workspace --all-targets -- -D warnings").run())?;
    steps.run("clippy, all features", || {
        cargo("clippy --workspace --all-targets --all-features --target-dir")
            .arg(test::vendored_target())
            .args(["--", "-D", "warnings"])
            .env("SRT_SOURCE_DIR", &source)
            .run()
    })?;
    steps.run("docs", || {
        let flags = util::flags("RUSTDOCFLAGS", "-D warnings");
        cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", flags).run()
    })?;
    steps.run("instruction budget", || budget::run(&budget::Options::default()))?;
    let whole = Passthrough::default();
    totals += steps.run("tests, vendored libsrt", || test::vendored(&whole))?;
    totals += steps.run("loom models", test::loom)?;
    totals += steps.run("tests", || test::system(&whole))?;
    totals += steps.run("tests, lowest latency", || test::moderated("lowest"))?;
    totals += steps.run("tests, efficient", || test::moderated("efficient"))?;
    totals += steps.run("tests, economy", || test::moderated("economy"))?;
    Ok(totals)
}

/// The steps so far, and how long each took.
#[derive(Default)]
struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    outcome: &'static str,
    elapsed: Duration,
}

impl Steps {
    fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n==> {name}");
        let start = Instant::now();
        let result = step();
        let elapsed = start.elapsed();
        let outcome = if result.is_ok() { "done" } else { "FAILED" };
        println!("<== {name}: {outcome} after {:.1} s", elapsed.as_secs_f64());
        self.0.push(Step { name, outcome, elapsed });
        result.with_context(|| format!("step `{name}`"))
    }

    fn summarize(&self) {
        println!("\nsummary");
        for Step { name, outcome, elapsed } in &self.0 {
            println!("{:>8.1} s  {outcome:<6}  {name}", elapsed.as_secs_f64());
        }
        let total: Duration = self.0.iter().map(|step| step.elapsed).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}
