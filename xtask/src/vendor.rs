//! Gets libsrt's source, for the feature `vendored`.

mod debian;
mod sources;

use std::{
    env, fs,
    path::{self, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    cmd::Cmd,
    need::{MIN_LIBSRT, Need},
    platform::Manager,
    setup, util,
};

const UPSTREAM: &str = "https://github.com/Haivision/srt.git";
/// The newest release that the bindings were compared with.
const UPSTREAM_TAG: &str = "v1.5.5";

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
    /// The distribution's source package where there is one that is new enough, else upstream
    Auto,
    /// A tag of the upstream repository, v1.5.5 unless `--version` says otherwise
    Upstream,
    /// The source package of Debian or Ubuntu, with the distribution's patches
    Debian,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tree = match (options.source, options.version.as_deref()) {
        (Source::Debian, Some(_)) => {
            bail!("--version names a tag of upstream's; Debian's version is the one it installs")
        }
        (Source::Auto, None) => auto()?,
        (Source::Debian, None) => debian(&debian::versions()?)?,
        (Source::Auto | Source::Upstream, tag) => upstream(tag.unwrap_or(UPSTREAM_TAG))?,
    };
    println!("{}", tree.display());
    Ok(())
}

/// The tree to build from: the user's, if `SRT_SOURCE_DIR` names one.
pub(crate) fn source_dir() -> Result<PathBuf> {
    match env::var_os("SRT_SOURCE_DIR") {
        // Absolute, because cargo runs build scripts in their packages' directories.
        Some(dir) => {
            let dir = path::absolute(dir)?;
            check(&dir).context("SRT_SOURCE_DIR")?;
            Ok(dir)
        }
        None => auto(),
    }
}

fn auto() -> Result<PathBuf> {
    if Manager::detect() == Some(Manager::Apt) {
        let mut versions = debian::versions()?;
        versions.retain(|version| util::version(version) >= util::version(MIN_LIBSRT));
        if !versions.is_empty() {
            return debian(&versions);
        }
        eprintln!(
            "vendor: this distribution has no libsrt {MIN_LIBSRT} or newer, taking upstream's"
        );
    }
    upstream(UPSTREAM_TAG)
}

/// The newest version that is to be had: not every mirror has the source of all that its index names.
fn debian(versions: &[String]) -> Result<PathBuf> {
    let name = |version: &str| format!("debian-{version}");
    if let Some(tree) =
        versions.iter().map(|version| path_of(&name(version))).find(|it| it.is_dir())
    {
        return Ok(tree);
    }
    setup::ensure(&[Need::DebianSource])?;
    for version in versions {
        match tree(&name(version), |dir| debian::unpack(version, dir)) {
            Ok(tree) => return Ok(tree),
            Err(error) => eprintln!("vendor: cannot get the source of libsrt {version}: {error:#}"),
        }
    }
    bail!("apt has no source package of libsrt; `--source upstream` clones it instead")
}

fn upstream(tag: &str) -> Result<PathBuf> {
    tree(&format!("upstream-{}", tag.replace('/', "-")), |dir| {
        setup::ensure(&[Need::Git])?;
        Cmd::new("git")
            .args(["-c", "advice.detachedHead=false", "clone", "--depth", "1", "--branch", tag])
            .arg(UPSTREAM)
            .arg(dir)
            .run()
    })
}

/// The tree of that name, made by `fill` unless it is there.
fn tree(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let (tree, partial) = (path_of(name), path_of(&format!("{name}.partial")));
    if tree.is_dir() {
        return Ok(tree);
    }
    fs::create_dir_all(path_of(""))?;
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fill(&partial)?;
    check(&partial)?;
    // A tree has its name only once it is whole: an interrupted run leaves nothing that looks finished.
    fs::rename(&partial, &tree)?;
    Ok(tree)
}

fn path_of(name: &str) -> PathBuf {
    util::target().join("libsrt-src").join(name)
}

fn check(tree: &Path) -> Result<()> {
    for file in ["CMakeLists.txt", "srtcore/srt.h"] {
        ensure!(tree.join(file).is_file(), "{} is not libsrt's source: no {file}", tree.display());
    }
    Ok(())
}
