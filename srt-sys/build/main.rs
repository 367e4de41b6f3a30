//! Finds libsrt and tells rustc and the dependents what it found; the crate documentation describes both.

mod cfgs;
mod find_system;
#[cfg(feature = "vendored")]
mod find_vendored;

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// A libsrt whose link directives have been printed.
struct Found {
    version: u32,
    /// The directory of `srt/srt.h`.
    include: Option<PathBuf>,
    root: Option<PathBuf>,
    conf: Vec<String>,
    vendored: bool,
}

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rustc-check-cfg=cfg({})", cfgs::all().join(", "));

    let found = if env::var_os("DOCS_RS").is_some() {
        // The documentation needs no library, and should show everything.
        Found {
            version: cfgs::NEWEST,
            include: None,
            root: None,
            conf: Vec::new(),
            vendored: false,
        }
    } else {
        find().unwrap_or_else(|message| {
            eprintln!("\n{message}\n");
            process::exit(1)
        })
    };
    emit(&found);
}

fn find() -> Result<Found, String> {
    // A dependency may have switched the feature on; only the environment can take it back.
    let no_vendor = var("SRT_NO_VENDOR").is_some_and(|value| value != "0");
    #[cfg(feature = "vendored")]
    if !no_vendor {
        return find_vendored::find();
    }
    if no_vendor {
        eprintln!("SRT_NO_VENDOR is set: looking for an installed libsrt");
    }
    find_system::find()
}

fn emit(found: &Found) {
    let cfgs = cfgs::get(found.version, &found.conf, found.vendored);
    for cfg in &cfgs {
        println!("cargo::rustc-cfg={cfg}");
    }
    println!("cargo::rustc-env=SRT_SYS_BUILD_VERSION={:06x}", found.version);

    println!("cargo::metadata=version={}", Version(found.version));
    println!("cargo::metadata=version_number={:#08x}", found.version);
    println!("cargo::metadata=conf={}", found.conf.join(","));
    println!("cargo::metadata=cfgs={}", cfgs.join(","));
    println!("cargo::metadata=all_cfgs={}", cfgs::all().join(","));
    if let Some(include) = &found.include {
        println!("cargo::metadata=include={}", include.display());
        // For the tests, which compare the bindings with the headers.
        println!("cargo::rustc-env=SRT_SYS_INCLUDE={}", include.display());
    }
    if let Some(root) = &found.root {
        println!("cargo::metadata=root={}", root.display());
    }
    if found.vendored {
        println!("cargo::metadata=vendored=1");
    }
}

struct Version(u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(v) = self;
        write!(f, "{}.{}.{}", v >> 16, v >> 8 & 0xff, v & 0xff)
    }
}

fn supported(version: u32) -> Result<u32, String> {
    if version < cfgs::OLDEST {
        return Err(format!(
            "libsrt {} is too old: srt-sys needs {} or newer.",
            Version(version),
            Version(cfgs::OLDEST)
        ));
    }
    // A patch does not change what is bound here. More than that may.
    let is_known = version & !0xff <= cfgs::NEWEST & !0xff;
    if !is_known && flag("SRT_ALLOW_NEWER")? != Some(true) {
        return Err(format!(
            "libsrt {} is newer than what srt-sys knows, {} to {}.{}: functions may be gone and structures changed.\n\
             SRT_ALLOW_NEWER=1 builds with it nevertheless; run srt-sys's tests, which compare the bindings with the\n\
             headers, before you rely on it.",
            Version(version),
            Version(cfgs::OLDEST),
            cfgs::NEWEST >> 16,
            cfgs::NEWEST >> 8 & 0xff,
        ));
    }
    Ok(version)
}

/// Parses `1.5.1`, also with a suffix: `1.5.4-rc.1`.
fn parse_version(text: &str) -> Option<u32> {
    let mut parts = text.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    let mut next = || parts.next().flatten().filter(|&part| part <= 0xff);
    Some(next()? << 16 | next()? << 8 | next()?)
}

/// The version in `srt/version.h`, read as text: no compiler is needed, and cross builds need not run anything.
fn header_version(include: &Path) -> Result<u32, String> {
    let path = include.join("srt/version.h");
    println!("cargo::rerun-if-changed={}", path.display());
    let text =
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let part = |name| {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let is_it = words.next() == Some("#define") && words.next() == Some(name);
            words.next().filter(|_| is_it)
        })
    };
    let parts = ["SRT_VERSION_MAJOR", "SRT_VERSION_MINOR", "SRT_VERSION_PATCH"].map(part);
    parse_version(&parts.map(Option::unwrap_or_default).join("."))
        .ok_or_else(|| format!("{} does not say which version it is", path.display()))
        .and_then(supported)
}

/// Reads an environment variable; `AARCH64_UNKNOWN_LINUX_GNU_SRT_LIB_DIR` goes before `SRT_LIB_DIR`, so that a cross
/// build can have settings of its own.
fn var(name: &str) -> Option<String> {
    let prefix = env::var("TARGET").unwrap_or_default().replace('-', "_").to_uppercase();
    [format!("{prefix}_{name}"), name.to_owned()].iter().find_map(|name| {
        println!("cargo::rerun-if-env-changed={name}");
        env::var(name).ok().filter(|value| !value.is_empty())
    })
}

fn flag(name: &str) -> Result<Option<bool>, String> {
    match var(name).as_deref() {
        None => Ok(None),
        Some("0") => Ok(Some(false)),
        Some("1") => Ok(Some(true)),
        Some(other) => Err(format!("{name} is \"{other}\"; it must be 0 or 1")),
    }
}

fn target(key: &str) -> String {
    env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default()
}

/// A static libsrt leaves its C++ runtime to whoever links it, and rustc links as C does.
fn link_cxx_runtime() {
    let runtime = match var("CXXSTDLIB") {
        Some(name) => name,
        None if target("ENV") == "msvc" => return,
        None => match &*target("OS") {
            "android" => "c++_shared".to_owned(),
            "freebsd" | "openbsd" | "dragonfly" => "c++".to_owned(),
            _ if target("VENDOR") == "apple" => "c++".to_owned(),
            _ => "stdc++".to_owned(),
        },
    };
    println!("cargo::rustc-link-lib={runtime}");
}

fn link_windows_system_libs() {
    if target("OS") == "windows" {
        for lib in ["ws2_32", "crypt32", "user32", "advapi32"] {
            println!("cargo::rustc-link-lib={lib}");
        }
    }
}
