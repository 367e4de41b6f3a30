//! Holds the instruction counts of the hot paths to a budget.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use toml_edit::{DocumentMut, value};

use crate::{
    cmd::Cmd,
    need::{self, Need},
    setup, util,
};

/// Counts depend on the instruction set, and valgrind runs on few systems.
const IS_SUPPORTED: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// The program that has the scenarios, cargo's profile for it, and the function in it that is counted.
const PROGRAM: &str = "budget";
const PROFILE: &str = "budget";
const MEASURED: &str = "*budget*measured*";

/// What to do with the counts.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Make the counts of now the budget
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if !IS_SUPPORTED {
        println!("skipped: the budget is for x86-64, and counted with valgrind on Linux");
        return Ok(());
    }
    setup::ensure(&[&need::library()[..], &[Need::Valgrind]].concat())?;
    let path = util::root().join("benches/budget.toml");
    let mut budget = Budget::parse(&fs::read_to_string(&path)?).context("benches/budget.toml")?;
    let rustc = Cmd::new("rustc").arg("--version").read()?;
    let rustc = rustc.split(' ').nth(1).context("rustc has no version")?;
    let counts = count()?;
    if options.bless {
        budget.bless(rustc, &counts);
        fs::write(&path, budget.0.to_string())?;
        println!("wrote {} counts to benches/budget.toml", counts.len());
        return Ok(());
    }
    budget.check(rustc, &counts)
}

/// The instructions that an operation of each scenario takes.
fn count() -> Result<Vec<Count>> {
    Cmd::new("cargo")
        .args(["build", "--profile", PROFILE, "--features", "__bench", "--bin", PROGRAM])
        .run()?;
    // As valgrind names it.
    let program = util::target().join(PROFILE).join(PROGRAM).canonicalize()?;
    fs::create_dir_all(profiles())?;
    let scenarios = Cmd::new(&program).read()?;
    scenarios
        .lines()
        .map(|scenario| {
            let instructions = instructions(&program, scenario).context(scenario.to_owned())?;
            Ok(Count { scenario: scenario.to_owned(), instructions })
        })
        .collect()
}

fn instructions(program: &Path, scenario: &str) -> Result<u64> {
    let profile = profiles().join(format!("{scenario}.out"));
    let operations = Cmd::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program)
        .arg(scenario)
        .read()?;
    let operations: u64 = operations.trim().parse().context("how many operations were they?")?;
    let total = own_instructions(&fs::read_to_string(profile)?, program);
    ensure!(total > 0, "no function matches {MEASURED}");
    Ok(total / operations)
}

/// The sum over the functions of `program` itself in a profile, without those of shared libraries.
fn own_instructions(profile: &str, program: &Path) -> u64 {
    let (mut own, mut called, mut total) = (false, false, 0);
    for line in profile.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            own = Path::new(object) == program;
        } else if line.starts_with("calls=") {
            called = true;
        } else if let Some(cost) = cost(line) {
            // After a call comes what the called function took, which is listed there too.
            if own && !called {
                total += cost;
            }
            called = false;
        }
    }
    total
}

/// The second number of a line that consists of a position and a cost.
fn cost(line: &str) -> Option<u64> {
    let (position, cost) = line.split_once(' ')?;
    position.parse::<u64>().ok()?;
    cost.parse().ok()
}

/// Where the profiles are left for `callgrind_annotate` to show.
fn profiles() -> PathBuf {
    util::target().join("callgrind")
}

struct Count {
    scenario: String,
    instructions: u64,
}

/// The contents of `budget.toml`.
struct Budget(DocumentMut);

impl Budget {
    fn parse(text: &str) -> Result<Self> {
        let budget: DocumentMut = text.parse()?;
        ensure!(budget["margin"].is_integer(), "no number `margin`");
        ensure!(budget["rustc"].is_str(), "no string `rustc`");
        ensure!(budget["instructions"].is_table(), "no table `instructions`");
        Ok(Self(budget))
    }

    fn bless(&mut self, rustc: &str, counts: &[Count]) {
        self.0["rustc"] = value(rustc);
        if let Some(table) = self.0["instructions"].as_table_mut() {
            table.clear();
            for Count { scenario, instructions } in counts {
                table.insert(scenario, value(*instructions as i64));
            }
        }
    }

    /// Prints a table, and fails if a count is over its budget.
    fn check(&self, rustc: &str, counts: &[Count]) -> Result<()> {
        let margin = self.0["margin"].as_integer().unwrap_or_default();
        println!("{:<20} {:>10} {:>10}", "instructions", "budget", "now");
        let mut wrong = Vec::new();
        for Count { scenario, instructions } in counts {
            let now = *instructions as i64;
            let Some(budget) = self.budget(scenario) else {
                println!("{scenario:<20} {:>10} {now:>10}", "none");
                wrong.push(scenario.as_str());
                continue;
            };
            let change = (now - budget) as f64 * 100.0 / budget as f64;
            let verdict = if now * 100 > budget * (100 + margin) {
                wrong.push(scenario);
                "  over"
            } else if now * 100 < budget * (100 - margin) {
                "  better: bless it"
            } else {
                ""
            };
            println!("{scenario:<20} {budget:>10} {now:>10} {change:>+7.1} %{verdict}");
        }
        let counted = |name: &str| counts.iter().any(|count| count.scenario == name);
        let table = self.0["instructions"].as_table().into_iter().flatten();
        wrong.extend(table.map(|(name, _)| name).filter(|name| !counted(name)));
        if wrong.is_empty() {
            return Ok(());
        }
        let theirs = self.0["rustc"].as_str().unwrap_or_default();
        if theirs != rustc {
            println!("the budget is of rustc {theirs}, this is {rustc}");
        }
        println!("to see where they went: callgrind_annotate {}/NAME.out", profiles().display());
        bail!(
            "over the budget of instructions by more than {margin} %, or not in both lists: {}; \
             if it has to be, `cargo xtask budget --bless` and say why in the commit",
            wrong.join(", ")
        )
    }

    fn budget(&self, scenario: &str) -> Option<i64> {
        self.0["instructions"].get(scenario)?.as_integer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_instructions_are_those_of_the_program_without_what_it_calls() {
        let profile = "\
positions: line
events: Ir
summary: 1000

ob=/usr/lib/libc.so.6
fn=malloc
0 500
ob=/target/release/budget
fl=/src/thread.rs
fn=dispatch
10 3
11 4
cob=/usr/lib/libc.so.6
cfn=malloc
calls=2 0
11 500
12 5

fn=wake
20 30
totals: 1000
";
        let own = |program| own_instructions(profile, Path::new(program));
        assert_eq!(own("/target/release/budget"), 42);
        assert_eq!(own("/usr/lib/libc.so.6"), 500);
        assert_eq!(own("/usr/lib/libsrt.so.1.5"), 0);
    }

    fn budget() -> Budget {
        let text = "margin = 10 # percent\nrustc = \"1.95.0\"\n\n[instructions]\na = 100\nb = 50\n";
        Budget::parse(text).unwrap()
    }

    fn counts(counts: &[(&str, u64)]) -> Vec<Count> {
        let count =
            |&(name, instructions): &(&str, _)| Count { scenario: name.to_owned(), instructions };
        counts.iter().map(count).collect()
    }

    #[test]
    fn a_count_within_the_margin_passes() {
        budget().check("1.95.0", &counts(&[("a", 110), ("b", 1)])).unwrap();
    }

    #[test]
    fn what_is_over_is_named() {
        let error = budget().check("1.95.0", &counts(&[("a", 111), ("b", 50)])).unwrap_err();
        assert!(error.to_string().contains(": a;"), "{error}");
    }

    #[test]
    fn the_lists_must_agree() {
        let error = budget().check("1.95.0", &counts(&[("a", 100), ("c", 1)])).unwrap_err();
        assert!(error.to_string().contains(": c, b;"), "{error}");
    }

    #[test]
    fn blessing_keeps_what_people_wrote() {
        let mut budget = budget();
        budget.bless("1.96.0", &counts(&[("c", 7), ("a", 90)]));
        let text = "margin = 10 # percent\nrustc = \"1.96.0\"\n\n[instructions]\nc = 7\na = 90\n";
        assert_eq!(budget.0.to_string(), text);
    }
}
