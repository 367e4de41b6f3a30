//! Source trees under target/libsrt-src.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};

use super::version::Version;
use crate::util;

/// What a tree's name ends with until the tree is whole.
const PARTIAL: &str = ".partial";

/// The versions of the trees that are there whose names are `prefix` and a version.
pub(super) fn present(prefix: &str) -> Result<Vec<Version>> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(path_of("")).into_iter().flatten() {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        versions.extend(version(name, prefix).filter(|_| check(&path).is_ok()));
    }
    Ok(versions)
}

/// The tree of that name, made by `fill` unless it is there.
pub(super) fn get(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let (tree, partial) = (path_of(name), path_of(&format!("{name}{PARTIAL}")));
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

/// Whether it is libsrt's source.
pub(super) fn check(tree: &Path) -> Result<()> {
    for file in ["CMakeLists.txt", "srtcore/srt.h"] {
        ensure!(tree.join(file).is_file(), "{} is not libsrt's source: no {file}", tree.display());
    }
    Ok(())
}

/// The version in the name of a whole tree.
fn version(name: &str, prefix: &str) -> Option<Version> {
    let version = name.strip_prefix(prefix)?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    (is_version && !version.ends_with(PARTIAL)).then(|| Version::new(version))
}

fn path_of(name: &str) -> PathBuf {
    util::target().join("libsrt-src").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_versions() {
        let debian = version("debian-1.5.1-1+deb12u2", "debian-");
        assert_eq!(debian, Some(Version::new("1.5.1-1+deb12u2")));
        let upstream = version("upstream-v1.5.5", "upstream-v");
        assert_eq!(upstream, Some(Version::new("1.5.5")));
        for name in ["apt", "upstream-master", "upstream-v1.5.5.partial", "debian-1.5.1-1"] {
            assert_eq!(version(name, "upstream-v"), None, "{name}");
        }
    }
}
