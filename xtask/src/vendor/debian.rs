//! The distribution's source package, fetched without touching the system's apt configuration: most systems have
//! no source entries, and adding some is their owner's business.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    sources::{self, Archive, Entry},
    version::Version,
};
use crate::{cmd::Cmd, platform, util};

/// The binary package whose source is wanted: the one that setup installs, so that both builds are of one version.
const PACKAGE: &str = "libsrt-openssl-dev";
const SOURCE: &str = "srt";

/// The versions of the source package that apt knows. Not every mirror has the source of all that its index names.
pub(super) fn versions() -> Result<Vec<Version>> {
    let archives = archives()?;
    let mut versions: Vec<_> =
        archives.iter().map(|archive| Version::new(source_version(&archive.version))).collect();
    versions.dedup();
    Ok(versions)
}

/// Fetches the source package and unpacks it, patched, into `dir`.
pub(super) fn unpack(version: &Version, dir: &Path) -> Result<()> {
    let version = version.to_string();
    let mut archives = archives()?;
    archives.retain(|archive| source_version(&archive.version) == version);
    let list = sources::source_list(&entries()?, &archives);
    if list.is_empty() {
        bail!("no entry in /etc/apt/sources.list{{,.d}} brings {PACKAGE} {version}");
    }

    let apt = Apt::new(&list)?;
    apt.get().arg("update").run()?;
    apt.get()
        .args(["source", "--download-only", "--only-source"])
        .arg(format!("{SOURCE}={version}"))
        .dir(&apt.downloads)
        .run()?;
    // Without the check, as apt itself does it: the files were compared with a signed index just now, and the
    // uploader's key, which dpkg would want to see, is on hardly any machine.
    let unpacked = apt.downloads.join("tree");
    Cmd::new("dpkg-source")
        .args(["--no-check", "--extract"])
        .args([&apt.description()?, &unpacked])
        .run()?;
    fs::rename(unpacked, dir)?;
    Ok(())
}

/// The archives that have the package, newest version first.
fn archives() -> Result<Vec<Archive>> {
    let query = || Cmd::new("apt-cache").args(["madison", PACKAGE]).read();
    let mut table = query()?;
    if table.trim().is_empty() {
        // An image without a package index.
        platform::apt_update()?;
        table = query()?;
    }
    Ok(sources::archives(&table))
}

fn entries() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    if let Ok(list) = fs::read_to_string("/etc/apt/sources.list") {
        entries.extend(sources::one_line(&list));
    }
    for file in fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten() {
        let file = file?.path();
        let parse: fn(&str) -> Vec<Entry> = match file.extension().and_then(|it| it.to_str()) {
            Some("list") => sources::one_line,
            Some("sources") => sources::deb822,
            _ => continue,
        };
        let text =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        entries.extend(parse(&text));
    }
    Ok(entries)
}

/// Without the `+b1` of a rebuild of the same source.
fn source_version(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, n)) if n.bytes().all(|b| b.is_ascii_digit()) => source,
        _ => version,
    }
}

/// An apt with source entries, package index and cache of its own.
struct Apt {
    config: PathBuf,
    downloads: PathBuf,
}

impl Apt {
    fn new(source_list: &str) -> Result<Self> {
        let home = util::target().join("libsrt-src/apt");
        let (list, config) = (home.join("debian.sources"), home.join("apt.conf"));
        let (index, cache) = (home.join("lists"), home.join("cache"));
        let downloads = home.join("downloads");
        if downloads.exists() {
            fs::remove_dir_all(&downloads)?;
        }
        for dir in [&index.join("partial"), &cache.join("archives/partial"), &downloads] {
            fs::create_dir_all(dir)?;
        }
        fs::write(&list, source_list)?;
        let settings = [
            ("Dir::Etc::SourceList", list.as_path()),
            ("Dir::Etc::SourceParts", Path::new("-")),
            ("Dir::State::Lists", &index),
            ("Dir::Cache", &cache),
            // As root, apt would download as a user who may not write here.
            ("APT::Sandbox::User", Path::new("root")),
        ];
        let line = |(name, value): (&str, &Path)| format!("{name} \"{}\";\n", value.display());
        fs::write(&config, settings.map(line).concat())?;
        Ok(Self { config, downloads })
    }

    fn get(&self) -> Cmd {
        Cmd::new("apt-get").env("APT_CONFIG", &self.config)
    }

    /// The downloaded package's .dsc file.
    fn description(&self) -> Result<PathBuf> {
        let files = fs::read_dir(&self.downloads)?.collect::<Result<Vec<_>, _>>()?;
        let mut files = files.into_iter().map(|file| file.path());
        let description = files.find(|file| file.extension().is_some_and(|it| it == "dsc"));
        description.context("apt-get source brought no .dsc file")
    }
}

#[cfg(test)]
mod tests {
    use super::source_version;

    #[test]
    fn rebuilds_share_their_source() {
        assert_eq!(source_version("1.5.3-1+b2"), "1.5.3-1");
        assert_eq!(source_version("1.5.1-1+deb12u2"), "1.5.1-1+deb12u2");
        assert_eq!(source_version("1.5.3-1build2"), "1.5.3-1build2");
    }
}
