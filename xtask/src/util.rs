//! Paths and versions.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is inside the workspace")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Whether a program can be run by its name.
pub(crate) fn on_path(program: impl Into<OsString>) -> bool {
    let mut file = program.into();
    file.push(env::consts::EXE_SUFFIX);
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(&file).is_file()))
}

/// The compiler flags of an environment variable with some more.
pub(crate) fn flags(name: &str, more: &str) -> String {
    let own = env::var(name).unwrap_or_default();
    format!("{own} {more}").trim_start().to_owned()
}

/// The leading dotted numbers of a version, as far as the third.
pub(crate) fn version(text: &str) -> [u64; 3] {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut parts = text[..end].split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("1.5.1-1+deb12u2"), [1, 5, 1]);
        assert_eq!(version("1.85"), [1, 85, 0]);
        assert_eq!(version("1.85.0-x86_64-unknown-linux-gnu"), [1, 85, 0]);
        assert_eq!(version("unknown"), [0, 0, 0]);
        assert!(version("1.10") > version("1.9.9"));
        assert!(version("1.4.4") < version("1.5.0"));
    }

    #[test]
    fn programs_are_looked_for_on_the_path() {
        assert!(on_path("cargo"));
        assert!(!on_path("no-such-program"));
    }
}
