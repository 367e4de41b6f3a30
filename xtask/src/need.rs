//! What has to be on the machine, and how to tell that it is.

use std::{env, ffi::OsString, fmt};

use crate::{cmd::Cmd, util};

/// The oldest libsrt that srt-sys binds.
pub(crate) const MIN_LIBSRT: &str = "1.5.0";

/// The real programs that the tests talk to.
pub(crate) const TOOLS: &[Need] = &[Need::Ffmpeg, Need::SrtTools];
/// For building libsrt from source.
pub(crate) const VENDORED: &[Need] =
    &[Need::Compiler, Need::CxxCompiler, Need::PkgConfig, Need::Cmake, Need::OpenSsl];

/// For the library itself, unless the user says where libsrt is.
pub(crate) fn library() -> Vec<Need> {
    match env::var_os("SRT_LIB_DIR") {
        Some(_) => vec![Need::Compiler],
        None => vec![Need::Compiler, Need::PkgConfig, Need::Libsrt],
    }
}

/// Something to be found on the machine, or to be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Compiler,
    CxxCompiler,
    PkgConfig,
    Libsrt,
    OpenSsl,
    Cmake,
    Ffmpeg,
    SrtTools,
    DebianSource,
    Git,
    Valgrind,
}

impl Need {
    /// Whether it is there.
    pub(crate) fn is_met(self) -> bool {
        match self {
            // Where Rust links with MSVC there is no cc.
            Self::Compiler => cfg!(windows) || util::on_path("cc"),
            Self::CxxCompiler => util::on_path("c++"),
            Self::PkgConfig => util::on_path(pkg_config()),
            Self::Libsrt => has_module(&format!("--atleast-version={MIN_LIBSRT}"), "srt"),
            Self::OpenSsl => has_module("--exists", "openssl"),
            Self::Cmake => util::on_path("cmake"),
            Self::Ffmpeg => util::on_path("ffmpeg") && util::on_path("ffprobe"),
            Self::SrtTools => util::on_path("srt-live-transmit"),
            Self::DebianSource => util::on_path("dpkg-source"),
            Self::Git => util::on_path("git"),
            Self::Valgrind => util::on_path("valgrind"),
        }
    }

    /// Libraries are found through pkg-config: without it there is no telling whether they are there.
    pub(crate) fn is_found_by_pkg_config(self) -> bool {
        matches!(self, Self::Libsrt | Self::OpenSsl)
    }

    /// Why it may still be missing after its package was installed.
    pub(crate) fn hint(self) -> Option<String> {
        if self != Self::Libsrt {
            return None;
        }
        let found = Cmd::new(pkg_config()).args(["--modversion", "srt"]).read().ok()?;
        Some(format!(
            "pkg-config finds libsrt {}, which is too old: point SRT_LIB_DIR and SRT_INCLUDE_DIR at \
             a newer one, or build it with the feature `vendored` (`cargo xtask test --vendored`)",
            found.trim()
        ))
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiler => f.write_str("a C compiler (cc)"),
            Self::CxxCompiler => f.write_str("a C++ compiler (c++)"),
            Self::PkgConfig => f.write_str("pkg-config"),
            Self::Libsrt => write!(f, "libsrt >= {MIN_LIBSRT} with its headers and srt.pc"),
            Self::OpenSsl => f.write_str("OpenSSL with its headers and openssl.pc"),
            Self::Cmake => f.write_str("cmake"),
            Self::Ffmpeg => f.write_str("ffmpeg and ffprobe"),
            Self::SrtTools => f.write_str("libsrt's programs (srt-live-transmit)"),
            Self::DebianSource => f.write_str("dpkg-source"),
            Self::Git => f.write_str("git"),
            Self::Valgrind => f.write_str("valgrind"),
        }
    }
}

/// The program that the pkg-config crate will run.
fn pkg_config() -> OsString {
    env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into())
}

fn has_module(query: &str, module: &str) -> bool {
    Cmd::new(pkg_config()).args([query, module]).read().is_ok()
}
