use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{
    Found, Version, cfgs, flag, header_version, link_cxx_runtime, link_windows_system_libs,
};
use crate::{parse_version, supported, var};

pub(crate) fn find() -> Result<Found, String> {
    let conf = conf()?;
    let linkage = flag("SRT_STATIC")?;
    let mut found = match (var("SRT_LIB_DIR"), var("SRT_INCLUDE_DIR")) {
        (Some(lib), Some(include)) => from_env(lib.as_ref(), include.into(), linkage)?,
        (None, None) => {
            eprintln!("SRT_LIB_DIR and SRT_INCLUDE_DIR are not set: asking pkg-config");
            from_pkg_config(linkage.unwrap_or(false))?
        }
        _ => return Err("SRT_LIB_DIR and SRT_INCLUDE_DIR must be set together.".to_owned()),
    };
    found.conf = conf;
    Ok(found)
}

/// Neither headers nor pkg-config tell how a library was configured, so this is for the user to say.
fn conf() -> Result<Vec<String>, String> {
    let text = var("SRT_CONF").unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| {
            if cfgs::conf_words().any(|known| known == word) {
                Ok(word.to_owned())
            } else {
                let known = cfgs::conf_words().collect::<Vec<_>>().join(", ");
                Err(format!("SRT_CONF has \"{word}\"; it may have {known}, separated by commas"))
            }
        })
        .collect()
}

fn from_env(lib: &Path, include: PathBuf, linkage: Option<bool>) -> Result<Found, String> {
    eprintln!("SRT_LIB_DIR names {}", lib.display());
    let version = header_version(&include).map_err(|e| format!("SRT_INCLUDE_DIR: {e}"))?;
    let names = file_names(lib).map_err(|e| format!("SRT_LIB_DIR: {}: {e}", lib.display()))?;

    let static_name = ["srt", "srt_static"].into_iter().find(|name| {
        names.iter().any(|n| *n == format!("lib{name}.a"))
            || *name == "srt_static" && names.iter().any(|n| n == "srt_static.lib")
    });
    let dynamic = names.iter().any(|n| {
        n.starts_with("libsrt.so") || ["libsrt.dylib", "libsrt.dll.a", "srt.lib"].contains(&&**n)
    });
    // With both there, the shared one: its security updates need no rebuild.
    let is_static = linkage.unwrap_or(!dynamic);
    if is_static && static_name.is_none() || !is_static && !dynamic {
        let kind = match linkage {
            Some(true) => "static ",
            Some(false) => "shared ",
            None => "",
        };
        return Err(format!("SRT_LIB_DIR: {} has no {kind}libsrt", lib.display()));
    }

    println!("cargo::rustc-link-search=native={}", lib.display());
    if is_static {
        println!("cargo::rustc-link-lib=static={}", static_name.unwrap_or("srt"));
        // Which crypto library it was built with cannot be told from outside.
        for lib in var("SRT_LIBS").as_deref().unwrap_or("crypto").split(':') {
            println!("cargo::rustc-link-lib={lib}");
        }
        link_cxx_runtime();
        link_windows_system_libs();
    } else {
        println!("cargo::rustc-link-lib=srt");
    }
    let root = include.parent().map(Path::to_owned);
    Ok(Found { version, include: Some(include), root, conf: Vec::new(), vendored: false })
}

fn file_names(dir: &Path) -> std::io::Result<Vec<String>> {
    fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn from_pkg_config(is_static: bool) -> Result<Found, String> {
    let library = pkg_config::Config::new()
        .atleast_version(&Version(cfgs::OLDEST).to_string())
        .statik(is_static)
        .cargo_metadata(!is_static)
        .probe("srt")
        .map_err(|e| not_found(&e.to_string()))?;
    if is_static {
        // The pkg-config crate never links statically what it finds below /usr, but here the user has asked for it.
        for path in &library.link_paths {
            println!("cargo::rustc-link-search=native={}", path.display());
        }
        println!("cargo::rustc-link-lib=static=srt");
        for lib in &library.libs {
            // rustc adds the C runtime itself, and the C++ one has its own override.
            let runtime = ["srt", "c", "gcc", "gcc_s", "stdc++", "c++"].contains(&&**lib);
            if !runtime {
                println!("cargo::rustc-link-lib={lib}");
            }
        }
        link_cxx_runtime();
    }
    let version = parse_version(&library.version)
        .ok_or_else(|| format!("pkg-config calls the version of srt \"{}\"", library.version))
        .and_then(supported)?;
    let variable = |name| pkg_config::get_variable("srt", name).ok().map(PathBuf::from);
    let include = variable("includedir")
        .into_iter()
        .chain(library.include_paths)
        .find(|dir| dir.join("srt/srt.h").exists());
    if let Some(include) = &include {
        // An upgrade of the package changes the answer.
        println!("cargo::rerun-if-changed={}", include.join("srt/version.h").display());
    }
    Ok(Found { version, include, root: variable("prefix"), conf: Vec::new(), vendored: false })
}

fn not_found(reason: &str) -> String {
    let cross = if env::var("HOST").ok() != env::var("TARGET").ok() {
        "\nThis is a cross build: pkg-config must know the target's sysroot (PKG_CONFIG_SYSROOT_DIR), or put the target's\n\
         name in front of a variable, as in AARCH64_UNKNOWN_LINUX_GNU_SRT_LIB_DIR.\n"
    } else {
        ""
    };
    format!(
        "libsrt was not found. srt-sys needs {oldest} or newer, with its headers.

Install it:
    Debian, Ubuntu   apt install libsrt-openssl-dev pkg-config
    Fedora           dnf install srt-devel pkgconf-pkg-config
    Arch             pacman -S srt pkgconf
    Alpine           apk add libsrt-dev pkgconf
    macOS            brew install srt pkgconf
    Windows          vcpkg install libsrt, then set SRT_LIB_DIR and SRT_INCLUDE_DIR

or say where it is:
    SRT_LIB_DIR      the directory of libsrt.so, libsrt.a, libsrt.dylib or srt.lib
    SRT_INCLUDE_DIR  the directory that has srt/srt.h
    SRT_STATIC       1 links it statically
    PKG_CONFIG_PATH  the directory of srt.pc

or let cargo build it: `cargo xtask vendor` fetches the source; then set SRT_SOURCE_DIR and build with the feature
`vendored`.
{cross}
What was tried: {reason}",
        oldest = Version(cfgs::OLDEST),
        reason = reason.trim(),
    )
}
