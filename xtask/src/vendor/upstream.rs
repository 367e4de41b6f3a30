//! Upstream's repository.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::version::Version;
use crate::{cmd::Cmd, need::Need, setup};

const REPOSITORY: &str = "https://github.com/Haivision/srt.git";

/// How long to wait for the list of tags, which is 5 KB: where the repository cannot be reached, there may be no answer
/// at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// The releases, in no order.
pub(super) fn versions() -> Result<Vec<Version>> {
    setup::ensure(&[Need::Git])?;
    let list = git().args(["ls-remote", "--tags", REPOSITORY, "v*"]).read_within(PATIENCE)?;
    Ok(releases(&list).collect())
}

/// Clones a tag.
pub(super) fn clone(tag: &str, dir: &Path) -> Result<()> {
    setup::ensure(&[Need::Git])?;
    git()
        .args(["-c", "advice.detachedHead=false", "clone", "--depth", "1", "--branch", tag])
        .arg(REPOSITORY)
        .arg(dir)
        .run()
}

/// The tag of a release.
pub(super) fn tag(version: &Version) -> String {
    format!("v{version}")
}

/// A git that asks for no password, and gives up a connection that stands still.
fn git() -> Cmd {
    let limits = ["http.lowSpeedLimit=1000", "http.lowSpeedTime=20"];
    let git = Cmd::new("git").env("GIT_TERMINAL_PROMPT", "0");
    limits.into_iter().fold(git, |git, limit| git.args(["-c", limit]))
}

/// The tags that are those of releases, of what `git ls-remote` lists: `object<tab>refs/tags/v1.5.5`.
fn releases(list: &str) -> impl Iterator<Item = Version> {
    list.lines().filter_map(|line| {
        let (_, name) = line.split_once("\trefs/tags/v")?;
        let parts: Vec<_> = name.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        (parts.len() == 3 && parts.iter().all(is_number)).then(|| Version::new(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_from_other_tags() {
        let list = "\
0123456789abcdef0123456789abcdef01234567\trefs/tags/v1.5.1
0123456789abcdef0123456789abcdef01234568\trefs/tags/v1.5.1^{}
0123456789abcdef0123456789abcdef01234569\trefs/tags/v1.5.2-rc.1
0123456789abcdef0123456789abcdef0123456a\trefs/tags/v1.5-dev
0123456789abcdef0123456789abcdef0123456b\trefs/tags/v1.5.10
0123456789abcdef0123456789abcdef0123456c\trefs/tags/v1.6.0
";
        let versions: Vec<_> = releases(list).collect();
        assert_eq!(versions, ["1.5.1", "1.5.10", "1.6.0"].map(Version::new));
        assert_eq!(tag(&versions[1]), "v1.5.10");
    }
}
