//! Package managers: which one is here, what it calls things, how it installs them.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail};

use crate::{cmd::Cmd, need::Need, util};

/// A platform's package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Apk,
    Brew,
}

impl Manager {
    // Homebrew last: on a Linux that has both, the system's own packages are what the linker finds unaided.
    pub(crate) const ALL: [Self; 5] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Apk, Self::Brew];

    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
            Self::Brew => "brew",
        }
    }

    /// The manager of the running system.
    pub(crate) fn detect() -> Option<Self> {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self::choose(&release, |program| util::on_path(program))
    }

    /// The distribution decides, since several managers may be installed side by side; where it says nothing,
    /// the first one on the path.
    fn choose(os_release: &str, on_path: impl Fn(&str) -> bool) -> Option<Self> {
        let own = distributions(os_release).find_map(|id| {
            Self::ALL.into_iter().find(|manager| manager.distributions().contains(&id))
        });
        own.into_iter().chain(Self::ALL).find(|manager| on_path(manager.program()))
    }

    fn distributions(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["debian", "ubuntu"],
            Self::Dnf => &["fedora", "rhel", "centos"],
            Self::Pacman => &["arch"],
            Self::Apk => &["alpine"],
            Self::Brew => &[],
        }
    }

    /// The packages that bring something; none where the manager has it not.
    pub(crate) fn packages(self, need: Need) -> &'static [&'static str] {
        match (self, need) {
            (Self::Apt, Need::Compiler | Need::CxxCompiler) => &["build-essential"],
            (Self::Apt, Need::PkgConfig) => &["pkg-config"],
            (Self::Apt, Need::Libsrt) => &["libsrt-openssl-dev"],
            (Self::Apt, Need::OpenSsl) => &["libssl-dev"],
            (Self::Apt, Need::SrtTools) => &["srt-tools"],
            (Self::Apt, Need::DebianSource) => &["dpkg-dev"],

            (Self::Dnf, Need::Compiler) => &["gcc"],
            (Self::Dnf, Need::CxxCompiler) => &["gcc-c++"],
            (Self::Dnf, Need::PkgConfig) => &["pkgconf-pkg-config"],
            (Self::Dnf, Need::Libsrt) => &["srt-devel"],
            (Self::Dnf, Need::OpenSsl) => &["openssl-devel"],
            (Self::Dnf, Need::Ffmpeg) => &["ffmpeg-free"],
            (Self::Dnf, Need::SrtTools) => &["srt"],

            (Self::Pacman, Need::Compiler | Need::CxxCompiler) => &["gcc"],
            (Self::Pacman, Need::PkgConfig) => &["pkgconf"],
            (Self::Pacman, Need::Libsrt | Need::SrtTools) => &["srt"],
            (Self::Pacman, Need::OpenSsl) => &["openssl"],

            (Self::Apk, Need::Compiler | Need::CxxCompiler) => &["build-base", "linux-headers"],
            (Self::Apk, Need::PkgConfig) => &["pkgconf"],
            (Self::Apk, Need::Libsrt) => &["libsrt-dev"],
            (Self::Apk, Need::OpenSsl) => &["openssl-dev"],
            (Self::Apk, Need::SrtTools) => &["libsrt-progs"],

            // The compilers come with Apple's command line tools, not with a formula.
            (Self::Brew, Need::Compiler | Need::CxxCompiler) => &[],
            (Self::Brew, Need::PkgConfig) => &["pkgconf"],
            (Self::Brew, Need::Libsrt | Need::SrtTools) => &["srt"],
            (Self::Brew, Need::OpenSsl) => &["openssl@3"],

            (_, Need::Cmake) => &["cmake"],
            (_, Need::Ffmpeg) => &["ffmpeg"],
            (_, Need::Git) => &["git"],
            (_, Need::Valgrind) => &["valgrind"],
            (_, Need::DebianSource) => &[],
        }
    }

    /// Installs packages, as root where the manager needs it.
    pub(crate) fn install(self, packages: &[&str]) -> Result<()> {
        let install = self.privileged(&self.install_args(packages))?;
        if self == Self::Apt {
            apt_update()?;
        }
        install.run().with_context(|| match self {
            // -Sy would be a partial upgrade, which Arch does not support, and -Syu is the user's decision.
            Self::Pacman => "if the package database is missing or old, run `pacman -Syu` first",
            _ => "the package manager could not install what is missing",
        })
    }

    fn install_args(self, packages: &[&str]) -> Vec<String> {
        let verb: &[&str] = match self {
            Self::Apt => &["install", "--yes", "--no-install-recommends"],
            Self::Dnf => &["install", "--assumeyes"],
            Self::Pacman => &["-S", "--needed", "--noconfirm"],
            Self::Apk => &["add", "--no-cache"],
            Self::Brew => &["install"],
        };
        verb.iter().chain(packages).map(|&arg| arg.to_owned()).collect()
    }

    fn privileged(self, args: &[String]) -> Result<Cmd> {
        // Under sudo too, which drops the environment.
        let env: &[&str] = match self {
            Self::Apt => &["env", "DEBIAN_FRONTEND=noninteractive"],
            _ => &[],
        };
        let sudo: &[&str] = if self == Self::Brew || is_root() { &[] } else { &["sudo"] };
        let mut words = [sudo, env, &[self.program()]].concat().into_iter();
        let cmd = Cmd::new(words.next().unwrap_or_default()).args(words).args(args);
        if !sudo.is_empty() && !util::on_path("sudo") {
            let line = format!("{} {}", self.program(), args.join(" "));
            bail!("installing needs root, and there is no sudo: run `{line}` as root");
        }
        Ok(cmd)
    }
}

/// Fetches apt's package index, once a run: images are often shipped without one, and an old one names versions that
/// are gone.
pub(crate) fn apt_update() -> Result<()> {
    static DONE: AtomicBool = AtomicBool::new(false);
    if DONE.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    Manager::Apt.privileged(&["update".to_owned()])?.run()
}

/// ID first, then ID_LIKE from near to far.
fn distributions(os_release: &str) -> impl Iterator<Item = &str> {
    let field = move |name: &str| {
        let value = os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').split_whitespace()
    };
    field("ID").chain(field("ID_LIKE"))
}

fn is_root() -> bool {
    Cmd::new("id").arg("-u").read().is_ok_and(|uid| uid.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(os_release: &str, programs: &[&str]) -> Option<Manager> {
        Manager::choose(os_release, |program| programs.contains(&program))
    }

    #[test]
    fn distribution_decides() {
        let fedora = "NAME=\"Fedora Linux\"\nID=fedora\n";
        assert_eq!(choose(fedora, &["apt-get", "dnf"]), Some(Manager::Dnf));
        let mint = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(choose(mint, &["apt-get", "brew"]), Some(Manager::Apt));
        let rocky = "ID_LIKE=\"rhel centos fedora\"\nID=\"rocky\"\n";
        assert_eq!(choose(rocky, &["brew", "dnf"]), Some(Manager::Dnf));
        assert_eq!(choose("ID=alpine", &["apk"]), Some(Manager::Apk));
    }

    #[test]
    fn unknown_systems_use_what_is_there() {
        assert_eq!(choose("", &["brew"]), Some(Manager::Brew));
        assert_eq!(choose("ID=debian", &["brew"]), Some(Manager::Brew));
        assert_eq!(choose("ID=plan9", &[]), None);
    }

    #[test]
    fn every_manager_has_the_library_and_the_programs() {
        for manager in Manager::ALL {
            for need in [Need::PkgConfig, Need::Libsrt, Need::Ffmpeg, Need::SrtTools, Need::Cmake] {
                assert!(!manager.packages(need).is_empty(), "{manager:?} {need:?}");
            }
        }
    }

    #[test]
    fn apt_asks_nothing() {
        let args = Manager::Apt.install_args(&["srt-tools"]);
        assert_eq!(args, ["install", "--yes", "--no-install-recommends", "srt-tools"]);
    }
}
