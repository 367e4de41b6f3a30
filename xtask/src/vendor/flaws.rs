//! What is known to be wrong with versions of libsrt.

use super::version::Version;

/// Something that a version has fixed.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// The first version of upstream's without it.
    fixed: &'static str,
    /// The first revisions of earlier versions without it.
    backports: &'static [&'static str],
}

const FLAWS: &[Flaw] = &[
    Flaw {
        name: "CVE-2026-55869",
        what: "a key request or response overflows memory",
        fixed: "1.5.6",
        backports: &["1.5.1-1+deb12u2"],
    },
    Flaw {
        name: "CVE-2026-55868",
        what: "a forged key refresh downgrades the encryption",
        fixed: "1.5.6",
        backports: &["1.5.1-1+deb12u2"],
    },
    Flaw {
        name: "control packets",
        what: "a forged ACK, DROPREQ or LOSSREPORT is read out of bounds",
        fixed: "1.5.7",
        backports: &[],
    },
    Flaw {
        name: "small segments",
        what: "a handshake with a small MSS overflows memory",
        fixed: "1.5.7",
        backports: &[],
    },
];

/// Versions that are worse than older ones, and why.
const UNUSABLE: &[(&str, &str)] = &[("1.5.6", "crashes when a program exits")];

/// The flaws that a version has. Those of a distribution that are not in the table may have fixes that are not known
/// here.
pub(super) fn of(version: &Version) -> impl Iterator<Item = &'static Flaw> {
    FLAWS.iter().filter(move |flaw| flaw.affects(version))
}

/// Why a version is never chosen, whoever has packaged it.
pub(super) fn unusable(version: &Version) -> Option<&'static str> {
    let row = UNUSABLE.iter().find(|(unusable, _)| *unusable == version.upstream());
    row.map(|(_, why)| *why)
}

impl Flaw {
    fn affects(&self, version: &Version) -> bool {
        let is_backport = |fixed: &&str| {
            let fixed = Version::new(fixed);
            fixed.upstream() == version.upstream() && *version >= fixed
        };
        version.numbers() < Version::new(self.fixed).numbers()
            && !self.backports.iter().any(is_backport)
    }

    /// The versions that have fixed it, as text.
    pub(super) fn fixed_in(&self) -> String {
        [&[self.fixed], self.backports].concat().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(version: &str) -> Vec<&'static str> {
        of(&Version::new(version)).map(|flaw| flaw.name).collect()
    }

    #[test]
    fn a_fix_counts_from_its_version_on() {
        let cves = ["CVE-2026-55869", "CVE-2026-55868"];
        let later = ["control packets", "small segments"];
        assert_eq!(names("1.5.5"), [cves, later].concat());
        assert_eq!(names("1.5.6"), later);
        assert_eq!(names("1.5.7"), [""; 0]);
        assert_eq!(names("1.5.10-1"), [""; 0]);
    }

    #[test]
    fn a_backport_counts_for_its_own_version() {
        let later = ["control packets", "small segments"];
        assert_eq!(names("1.5.1-1+deb12u1").len(), 4);
        assert_eq!(names("1.5.1-1+deb12u2"), later);
        assert_eq!(names("1.5.1-1+deb12u3"), later);
        assert_eq!(names("1.5.1").len(), 4);
        assert_eq!(names("1.5.4-1").len(), 4);
    }

    #[test]
    fn one_version_is_skipped_whoever_has_packaged_it() {
        for (version, is_skipped) in
            [("1.5.5", false), ("1.5.6", true), ("1.5.6-1+deb14u1", true), ("1.5.7", false)]
        {
            assert_eq!(unusable(&Version::new(version)).is_some(), is_skipped, "{version}");
        }
    }

    #[test]
    fn what_has_fixed_a_flaw_is_named() {
        let flaws: Vec<_> = of(&Version::new("1.5.5")).map(Flaw::fixed_in).collect();
        assert_eq!(flaws[0], "1.5.6 and 1.5.1-1+deb12u2");
        assert_eq!(flaws[2], "1.5.7");
    }
}
