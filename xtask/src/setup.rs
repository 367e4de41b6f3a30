//! Installs what is missing, and only that.

use anyhow::{Result, bail};

use crate::{
    need::{self, Need},
    platform::Manager,
};

/// What to set up besides the library.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Also the programs that the tests talk to: ffmpeg, ffprobe and srt-live-transmit
    #[arg(long)]
    tools: bool,
    /// Also what building libsrt from source takes: a C++ compiler, cmake and OpenSSL's headers
    #[arg(long)]
    vendored: bool,
    /// All of the above
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut needs = need::library();
    if options.tools || options.all {
        needs.extend(need::TOOLS);
    }
    if options.vendored || options.all {
        needs.extend(need::VENDORED);
    }
    ensure(&needs)?;
    eprintln!("setup: everything is there");
    Ok(())
}

/// Installs those of `needs` that are missing, and checks that they are there afterwards.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let mut tried = Vec::new();
    // Libraries can be looked for only once pkg-config is there, hence the second round.
    loop {
        let Missing { known, unknown } = Missing::among(needs, Need::is_met);
        if known.is_empty() {
            return Ok(());
        }
        if let Some(need) = known.iter().find(|need| tried.contains(*need)) {
            let hint = need.hint().map(|hint| format!("\n{hint}")).unwrap_or_default();
            bail!("installed, but still not found:{}{hint}", list(&known));
        }
        eprintln!("setup: missing:{}", list(&known));
        let Some(manager) = Manager::detect() else {
            let managers = Manager::ALL.map(Manager::program).join(", ");
            let all = [known, unknown].concat();
            bail!("found no package manager I know ({managers}): install by hand:{}", list(&all));
        };
        manager.install(&packages(manager, &known)?)?;
        tried.extend(known);
    }
}

/// `ensure` for what a task can do without.
pub(crate) fn try_ensure(needs: &[Need]) {
    if let Err(error) = ensure(needs) {
        eprintln!("setup: going on without: {error:#}");
    }
}

#[derive(Debug, Default, PartialEq)]
struct Missing {
    known: Vec<Need>,
    /// Cannot be looked for yet.
    unknown: Vec<Need>,
}

impl Missing {
    fn among(needs: &[Need], is_met: impl Fn(Need) -> bool) -> Self {
        let pkg_config = is_met(Need::PkgConfig);
        let mut missing = Self::default();
        for &need in needs {
            let findable = pkg_config || !need.is_found_by_pkg_config();
            let list = if findable { &mut missing.known } else { &mut missing.unknown };
            let met = findable && is_met(need);
            if !met && !list.contains(&need) {
                list.push(need);
            }
        }
        missing
    }
}

fn packages(manager: Manager, needs: &[Need]) -> Result<Vec<&'static str>> {
    let lacking: Vec<_> =
        needs.iter().copied().filter(|&need| manager.packages(need).is_empty()).collect();
    if !lacking.is_empty() {
        bail!("{} has no package for it, install by hand:{}", manager.program(), list(&lacking));
    }
    let mut packages: Vec<_> =
        needs.iter().flat_map(|&need| manager.packages(need)).copied().collect();
    packages.sort_unstable();
    packages.dedup();
    Ok(packages)
}

fn list(needs: &[Need]) -> String {
    needs.iter().map(|need| format!("\n  - {need}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_wait_for_pkg_config() {
        let library = [Need::Compiler, Need::PkgConfig, Need::Libsrt, Need::PkgConfig];
        let bare = Missing::among(&library, |need| need == Need::Compiler);
        assert_eq!(bare, Missing { known: vec![Need::PkgConfig], unknown: vec![Need::Libsrt] });

        let no_libsrt = Missing::among(&library, |need| need != Need::Libsrt);
        assert_eq!(no_libsrt, Missing { known: vec![Need::Libsrt], unknown: vec![] });

        assert_eq!(Missing::among(&library, |_| true), Missing::default());
    }

    #[test]
    fn a_package_is_named_once() {
        let needs = [Need::SrtTools, Need::Compiler, Need::CxxCompiler];
        assert_eq!(packages(Manager::Apt, &needs).unwrap(), ["build-essential", "srt-tools"]);
    }

    #[test]
    fn what_a_manager_lacks_is_named() {
        let error = packages(Manager::Brew, &[Need::Compiler, Need::Libsrt]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("a C compiler") && !error.contains("libsrt"), "{error}");
    }
}
