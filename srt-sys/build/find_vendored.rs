use std::env;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use crate::{Found, Version, cfgs, link_cxx_runtime, link_windows_system_libs, parse_version};
use crate::{supported, target, var};

pub(crate) fn find() -> Result<Found, String> {
    let (source, version) = source()?;
    eprintln!("building libsrt {} from {}", Version(version), source.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);

    // AEAD and the retransmission limit are previews of 1.6 that the 1.5 series leaves out unless asked.
    let aead = version >= 0x01_05_02;
    let maxrexmitbw = version >= 0x01_05_03;
    let mut config = cmake::Config::new(&source);
    config
        .profile(profile())
        .define("CMAKE_INSTALL_LIBDIR", "lib")
        // 1.5.1 asks for a cmake older than what cmake 4 still speaks.
        .define("CMAKE_POLICY_VERSION_MINIMUM", "3.5")
        .define("ENABLE_APPS", "OFF")
        .define("ENABLE_SHARED", "OFF")
        .define("ENABLE_STATIC", "ON")
        .define("ENABLE_TESTING", "OFF")
        .define("ENABLE_UNITTESTS", "OFF")
        .define("ENABLE_HEAVY_LOGGING", "OFF")
        .define("ENABLE_BONDING", "ON")
        .define("ENABLE_ENCRYPTION", "ON")
        .define("USE_ENCLIB", if aead { "openssl-evp" } else { "openssl" });
    if aead {
        config.define("ENABLE_AEAD_API_PREVIEW", "ON");
    }
    if maxrexmitbw {
        config.define("ENABLE_MAXREXMITBW", "ON");
    }

    println!("cargo::rustc-link-search=native={}", out.join("lib").display());
    let name = if target("ENV") == "msvc" { "srt_static" } else { "srt" };
    println!("cargo::rustc-link-lib=static={name}");
    link_crypto(&mut config)?;
    link_cxx_runtime();
    link_windows_system_libs();

    build(config)?;

    let conf = cfgs::conf_words().filter(|&word| match word {
        "aead" => aead,
        "maxrexmitbw" => maxrexmitbw,
        _ => true,
    });
    let conf = conf.map(str::to_owned).collect();
    Ok(Found { version, include: Some(out.join("include")), root: Some(out), conf, vendored: true })
}

fn source() -> Result<(PathBuf, u32), String> {
    let Some(source) = var("SRT_SOURCE_DIR").map(PathBuf::from) else {
        return Err("\
The feature `vendored` builds libsrt from the source tree that SRT_SOURCE_DIR names, and it is not set.

`cargo xtask vendor` fetches such a tree and prints its path. SRT_NO_VENDOR=1 takes an installed libsrt
instead."
            .to_owned());
    };
    // Not the tree itself: a checkout holds more than what is compiled.
    for part in ["CMakeLists.txt", "common", "haicrypt", "scripts", "srtcore"] {
        println!("cargo::rerun-if-changed={}", source.join(part).display());
    }
    let lists = source.join("CMakeLists.txt");
    let text = fs::read_to_string(&lists)
        .map_err(|e| format!("SRT_SOURCE_DIR: cannot read {}: {e}", lists.display()))?;
    let version = text.lines().find_map(|line| {
        let arguments = line.trim_start().strip_prefix("set")?.trim_start().strip_prefix('(')?;
        let value = arguments.trim_start().strip_prefix("SRT_VERSION ")?;
        parse_version(value.trim_end().trim_end_matches(')').trim())
    });
    match version {
        Some(version) => Ok((source, supported(version)?)),
        None => Err(format!("SRT_SOURCE_DIR: {} is not libsrt's", lists.display())),
    }
}

/// Optimised whatever cargo's profile is: libsrt's threads have deadlines to meet in debug builds too.
fn profile() -> &'static str {
    if env::var("DEBUG").is_ok_and(|debug| debug == "false") { "Release" } else { "RelWithDebInfo" }
}

fn link_crypto(config: &mut cmake::Config) -> Result<(), String> {
    if let Some(root) = var("OPENSSL_ROOT_DIR") {
        println!("cargo::rustc-link-search=native={root}/lib");
        let name = if target("ENV") == "msvc" { "libcrypto" } else { "crypto" };
        println!("cargo::rustc-link-lib={name}");
        config.define("USE_OPENSSL_PC", "OFF").define("OPENSSL_ROOT_DIR", root);
        return Ok(());
    }
    pkg_config::Config::new().atleast_version("1.1").probe("libcrypto").map(drop).map_err(|e| {
        format!(
            "building libsrt needs OpenSSL's headers: install libssl-dev (Debian, Ubuntu), openssl-devel (Fedora), \
             openssl (Arch), openssl-dev (Alpine) or openssl (Homebrew, vcpkg), or set OPENSSL_ROOT_DIR.\n\n{e}"
        )
    })
}

/// The cmake crate panics when cmake is missing or fails; that is no bug of ours to show a backtrace for.
fn build(mut config: cmake::Config) -> Result<(), String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(|| config.build()));
    panic::set_hook(hook);
    result.map(drop).map_err(|payload| {
        let reason = payload.downcast_ref::<String>().map_or("", |text| text.trim());
        format!("cmake could not build libsrt; its output is above.\n\n{reason}")
    })
}
