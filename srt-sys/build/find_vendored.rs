use std::env;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use crate::{Found, Version, cfgs, link_cxx_runtime, link_windows_system_libs, parse_version};
use crate::{supported, target, var};

pub(crate) fn find() -> Result<Found, String> {
    let Source { path: source, version, lists } = Source::find()?;
    eprintln!("building libsrt {} from {}", Version(version), source.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);

    // AEAD and the retransmission limit are previews of 1.6 that the 1.5 series leaves out unless asked. 1.6 has given
    // one of them another name.
    let aead = ["ENABLE_AEAD", "ENABLE_AEAD_API_PREVIEW"].into_iter().find(|o| lists.have(o));
    let maxrexmitbw = lists.have("ENABLE_MAXREXMITBW");
    // With it a listener on all addresses answers from the one that was called. cmake stops where it is not implemented.
    let os = target("OS");
    let pktinfo = lists.have("ENABLE_PKTINFO") && os != "windows" && !os.ends_with("bsd");
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
        .define("USE_ENCLIB", if aead.is_some() { "openssl-evp" } else { "openssl" });
    if let Some(option) = aead {
        config.define(option, "ON");
    }
    if maxrexmitbw {
        config.define("ENABLE_MAXREXMITBW", "ON");
    }
    if pktinfo {
        config.define("ENABLE_PKTINFO", "ON");
    }

    println!("cargo::rustc-link-search=native={}", out.join("lib").display());
    let name = if target("ENV") == "msvc" { "srt_static" } else { "srt" };
    println!("cargo::rustc-link-lib=static={name}");
    link_crypto(&mut config)?;
    link_cxx_runtime();
    link_windows_system_libs();

    build(config)?;

    let conf = cfgs::conf_words().filter(|&word| match word {
        "aead" => aead.is_some(),
        "maxrexmitbw" => maxrexmitbw,
        "pktinfo" => pktinfo,
        _ => true,
    });
    let conf = conf.map(str::to_owned).collect();
    Ok(Found { version, include: Some(out.join("include")), root: Some(out), conf, vendored: true })
}

/// A source tree of libsrt.
struct Source {
    path: PathBuf,
    version: u32,
    lists: Lists,
}

/// The text of its `CMakeLists.txt`.
struct Lists(String);

impl Source {
    fn find() -> Result<Self, String> {
        let Some(path) = var("SRT_SOURCE_DIR").map(PathBuf::from) else {
            return Err("\
The feature `vendored` builds libsrt from the source tree that SRT_SOURCE_DIR names, and it is not set.

`cargo xtask vendor` fetches such a tree and prints its path. SRT_NO_VENDOR=1 takes an installed libsrt
instead."
                .to_owned());
        };
        // Not the tree itself: a checkout holds more than what is compiled. `logging` is 1.6's.
        let parts = ["CMakeLists.txt", "common", "haicrypt", "logging", "scripts", "srtcore"];
        for part in parts.map(|part| path.join(part)) {
            // What is not there would count as changed.
            if part.exists() {
                println!("cargo::rerun-if-changed={}", part.display());
            }
        }
        let lists = path.join("CMakeLists.txt");
        let text = fs::read_to_string(&lists)
            .map_err(|e| format!("SRT_SOURCE_DIR: cannot read {}: {e}", lists.display()))?;
        match Lists(text).version() {
            Some((lists, version)) => Ok(Self { path, version: supported(version)?, lists }),
            None => Err(format!("SRT_SOURCE_DIR: {} is not libsrt's", lists.display())),
        }
    }
}

impl Lists {
    fn version(self) -> Option<(Self, u32)> {
        let version = self.0.lines().find_map(|line| {
            let arguments =
                line.trim_start().strip_prefix("set")?.trim_start().strip_prefix('(')?;
            let value = arguments.trim_start().strip_prefix("SRT_VERSION ")?;
            parse_version(value.trim_end().trim_end_matches(')').trim())
        });
        version.map(|version| (self, version))
    }

    /// Whether there is such an option: cmake ignores others.
    fn have(&self, option: &str) -> bool {
        self.0.lines().any(|line| {
            let mut words = line.split(|c: char| c.is_whitespace() || c == '(');
            words.find(|word| !word.is_empty()) == Some("option")
                && words.find(|word| !word.is_empty()) == Some(option)
        })
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
