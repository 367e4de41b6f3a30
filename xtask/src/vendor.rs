//! Gets libsrt's source, for the feature `vendored`.
//!
//! - this file: which version to take, and where from
//! - `version`: versions and their order
//! - `flaws`: what is known to be wrong with them
//! - `upstream`, `debian`: where source comes from; `sources` is apt's list of it
//! - `tree`: where it goes to

mod debian;
mod flaws;
mod sources;
mod tree;
mod upstream;
mod version;

use std::{
    env,
    path::{self, PathBuf},
};

use anyhow::{Context, Error, Result, bail};

use self::version::Version;
use crate::{
    need::{MIN_LIBSRT, Need},
    platform::Manager,
    setup, util,
};

/// The series that the bindings are for: they were compared with the headers of 1.5.0 to 1.5.5, and a later release of the
/// series is expected to add to them only.
const SERIES: [u64; 2] = [1, 5];

/// Which source, and where from.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A tag of upstream's; implies `--source upstream`
    #[arg(long, value_name = "TAG")]
    version: Option<String>,
    /// Where the source comes from
    #[arg(long, value_enum, default_value_t = Source::Auto)]
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Source {
    /// The newest version of series 1.5 that can be reached, the distribution's or upstream's
    Auto,
    /// A tag of the upstream repository, the newest release of series 1.5 unless `--version` says otherwise
    Upstream,
    /// The source package of Debian or Ubuntu, with the distribution's patches
    Debian,
}

/// A version that may be had.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    version: Version,
    origin: Origin,
    /// Whether its tree is there already.
    is_there: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Origin {
    Debian,
    Upstream,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tree = match (options.source, options.version.as_deref()) {
        (Source::Debian, Some(_)) => {
            bail!("--version names a tag of upstream's; Debian's version is the one it installs")
        }
        (Source::Auto, None) => newest(&Origin::ALL)?,
        (Source::Debian, None) => newest(&[Origin::Debian])?,
        (Source::Upstream, None) => newest(&[Origin::Upstream])?,
        (Source::Auto | Source::Upstream, Some(tag)) => {
            warn(&Version::new(tag.trim_start_matches('v')));
            let name = format!("upstream-{}", tag.replace('/', "-"));
            tree::get(&name, |dir| upstream::clone(tag, dir))?
        }
    };
    println!("{}", tree.display());
    Ok(())
}

/// The tree to build from: the user's, if `SRT_SOURCE_DIR` names one, or else the newest that is there. Only if there is
/// none, the newest that can be reached is fetched, so that a run does not depend on the network.
pub(crate) fn source_dir() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("SRT_SOURCE_DIR") {
        // Absolute, because cargo runs build scripts in their packages' directories.
        let dir = path::absolute(dir)?;
        tree::check(&dir).context("SRT_SOURCE_DIR")?;
        return Ok(dir);
    }
    match choose(trees(&Origin::ALL)?).first() {
        Some(candidate) => candidate.take(),
        None => newest(&Origin::ALL),
    }
}

/// The newest version from these origins that is there or can be fetched. What is there is not replaced by an older one.
fn newest(origins: &[Origin]) -> Result<PathBuf> {
    let mut candidates = trees(origins)?;
    for &origin in origins {
        match origin.versions() {
            Ok(versions) => candidates.extend(versions.into_iter().map(|version| Candidate {
                version,
                origin,
                is_there: false,
            })),
            Err(error) => {
                eprintln!("vendor: {} cannot be reached: {}", origin.name(), last_line(&error));
            }
        }
    }
    for candidate in choose(candidates) {
        let Candidate { version, origin, .. } = &candidate;
        match candidate.take() {
            Ok(tree) => return Ok(tree),
            Err(error) => eprintln!(
                "vendor: cannot get the source of libsrt {version} from {}: {error:#}",
                origin.name()
            ),
        }
    }
    let [major, minor] = SERIES;
    bail!("found no source of libsrt {major}.{minor}: set SRT_SOURCE_DIR to a tree of your own")
}

/// What is there already from these origins.
fn trees(origins: &[Origin]) -> Result<Vec<Candidate>> {
    let mut trees = Vec::new();
    for &origin in origins {
        let versions = tree::present(origin.prefix())?.into_iter();
        trees.extend(versions.map(|version| Candidate { version, origin, is_there: true }));
    }
    Ok(trees)
}

/// Those that can be used, newest first. Of one version, a tree that is there is first.
fn choose(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.retain(|Candidate { version, .. }| {
        let numbers = version.numbers();
        numbers >= util::version(MIN_LIBSRT)
            && numbers[..2] == SERIES
            && flaws::unusable(version).is_none()
    });
    candidates.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| b.is_there.cmp(&a.is_there)));
    candidates
}

impl Candidate {
    /// The tree, fetched unless it is there. Says what is wrong with it.
    fn take(&self) -> Result<PathBuf> {
        let version = &self.version;
        let name = format!("{}{version}", self.origin.prefix());
        let tree = tree::get(&name, |dir| match self.origin {
            Origin::Debian => {
                setup::ensure(&[Need::DebianSource])?;
                debian::unpack(version, dir)
            }
            Origin::Upstream => upstream::clone(&upstream::tag(version), dir),
        })?;
        warn(version);
        Ok(tree)
    }
}

impl Origin {
    const ALL: [Self; 2] = [Self::Debian, Self::Upstream];

    fn name(self) -> &'static str {
        match self {
            Self::Debian => "the distribution's archive",
            Self::Upstream => "upstream's repository",
        }
    }

    /// What the name of a tree has before its version.
    fn prefix(self) -> &'static str {
        match self {
            Self::Debian => "debian-",
            Self::Upstream => "upstream-v",
        }
    }

    fn versions(self) -> Result<Vec<Version>> {
        match self {
            Self::Debian if Manager::detect() == Some(Manager::Apt) => debian::versions(),
            Self::Debian => Ok(Vec::new()),
            Self::Upstream => upstream::versions(),
        }
    }
}

/// Says what is known to be wrong with a version.
fn warn(version: &Version) {
    if let Some(why) = flaws::unusable(version) {
        eprintln!("vendor: libsrt {version} {why}");
    }
    let mut flaws = flaws::of(version).peekable();
    if flaws.peek().is_some() {
        eprintln!("vendor: libsrt {version} has known flaws:");
    }
    for flaw in flaws {
        eprintln!("  - {}: {}; fixed in {}", flaw.name, flaw.what, flaw.fixed_in());
    }
}

/// What a program says last is what went wrong.
fn last_line(error: &Error) -> String {
    let text = format!("{error:#}");
    text.lines().next_back().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debian(version: &str) -> Candidate {
        Candidate { version: Version::new(version), origin: Origin::Debian, is_there: false }
    }

    fn upstream(version: &str) -> Candidate {
        Candidate { origin: Origin::Upstream, ..debian(version) }
    }

    #[test]
    fn the_newest_comes_first_wherever_it_is_from() {
        let u1 = debian("1.5.1-1+deb12u1");
        let u2 = debian("1.5.1-1+deb12u2");
        let (v5, v7) = (upstream("1.5.5"), upstream("1.5.7"));
        let all = [&u1, &v5, &u2, &v7].map(Clone::clone);
        assert_eq!(choose(all.into()), [v7, v5, u2, u1]);
    }

    #[test]
    fn what_cannot_be_used_is_left_out() {
        let versions = ["1.4.4", "1.5.0", "1.5.6", "1.5.6-1", "1.6.0", "2.5.0"];
        let left = choose(versions.map(upstream).into());
        assert_eq!(left, [upstream("1.5.0")]);
    }

    #[test]
    fn a_tree_gives_way_only_to_a_newer_version() {
        let there = Candidate { is_there: true, ..upstream("1.5.5") };
        let chosen = choose(vec![upstream("1.5.5"), debian("1.5.1-1"), there.clone()]);
        assert_eq!(chosen[0], there);
        let chosen = choose(vec![there, upstream("1.5.7")]);
        assert_eq!(chosen[0], upstream("1.5.7"));
    }
}
