//! Runs the comparison with other SRT libraries, or the criterion benchmarks.

use std::{
    env,
    ffi::OsString,
    iter,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use serde_json::Value;

use crate::{
    cmd::Cmd,
    compare::cli::Cli,
    need::{self, Need},
    setup, util,
};

/// The package that has srt-tokio 0.4.4 among its dependencies, in a workspace of its own.
const PEER: &str = "benches/peer/Cargo.toml";

pub(crate) fn run(args: &[OsString]) -> Result<()> {
    match args.split_first() {
        Some((word, args)) if word == "criterion" => criterion(args),
        _ => compare(args),
    }
}

fn criterion(args: &[OsString]) -> Result<()> {
    setup::ensure(&need::library())?;
    Cmd::new("cargo").args(["bench", "--features", "__bench"]).args(args).replace()
}

fn compare(args: &[OsString]) -> Result<()> {
    // Help and what is wrong with the arguments come from here; the comparison reads them again.
    let program = OsString::from("cargo xtask bench");
    let cli = Cli::parse_from(iter::once(&program).chain(args));
    cli.check_names().map_err(|error| anyhow!(error))?;
    for file in cli.files() {
        ensure!(file.is_file(), "there is no file {}", file.display());
    }
    let measures = cli.files().is_empty();
    ensure!(
        cfg!(target_os = "linux") || !measures,
        "it measures processes through Linux's /proc and their CPU clocks"
    );
    setup::ensure(&need::library())?;
    let mut peer = None;
    if measures {
        setup::try_ensure(&[Need::SrtTools]);
        peer = self::peer()
            .inspect_err(|error| {
                eprintln!("bench: going on without srt-tokio 0.4.4: {error:#}");
            })
            .ok();
    }
    let program =
        build(&["bench", "--no-run", "--package", "srt-workspace", "--bench", "compare"])?;
    let mut compare = Cmd::new(program).dir(&env::current_dir()?).arg("run");
    if let Some(peer) = peer {
        compare = compare.arg("--srt-tokio").arg(peer);
    }
    // Not through cargo, which would leave it behind when it is ended itself.
    compare.args(args).replace()
}

/// Builds the program of the other library.
fn peer() -> Result<PathBuf> {
    let target = util::target().join("peer");
    let target = target.to_str().context("the target directory is not UTF-8")?;
    build(&["build", "--release", "--locked", "--manifest-path", PEER, "--target-dir", target])
}

/// Runs cargo, and says where the program is that it has built.
fn build(args: &[&str]) -> Result<PathBuf> {
    let cargo = Cmd::new("cargo").args(args).arg("--message-format=json-render-diagnostics");
    executable(&cargo.stdout()?).context("cargo has not said what it has built")
}

/// The last program in cargo's messages.
fn executable(messages: &str) -> Option<PathBuf> {
    let path = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(Path::new(message["executable"].as_str()?).to_owned())
    };
    messages.lines().filter_map(path).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_the_messages() {
        let messages = r#"
{"reason":"compiler-artifact","executable":null}
{"reason":"compiler-artifact","executable":"/target/build-script"}
{"reason":"compiler-artifact","executable":"/target/compare"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(executable(messages), Some(PathBuf::from("/target/compare")));
        assert_eq!(executable(""), None);
    }
}
