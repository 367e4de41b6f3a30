//! Turns what srt-sys found into cfgs for the tests, benchmarks and examples, and compiles the benchmarks' C.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo hands these over from srt-sys's build script.
    let all = env::var("DEP_LIBSRT_ALL_CFGS").expect("srt-sys says which cfgs there are");
    let set = env::var("DEP_LIBSRT_CFGS").expect("srt-sys says which cfgs are set");
    println!("cargo::rustc-check-cfg=cfg({all})");
    for cfg in set.split(',') {
        println!("cargo::rustc-cfg={cfg}");
    }
    // They measure by Linux's means.
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        compile_benches();
    }
}

/// Makes a library that the benchmark alone links.
fn compile_benches() {
    const DIR: &str = "benches/c";
    const NOUNS: [&str; 8] =
        ["stamp", "pace", "message", "socket", "receive", "send", "relay", "udp"];

    println!("cargo::rerun-if-changed={DIR}");
    let mut build = cc::Build::new();
    build
        .files(NOUNS.map(|noun| format!("{DIR}/{noun}.c")))
        .std("gnu11")
        // Whatever cargo's profile is: this is what others are measured against.
        .opt_level(2)
        .extra_warnings(true)
        .cargo_metadata(false);
    if let Ok(include) = env::var("DEP_LIBSRT_INCLUDE") {
        build.include(include);
    }
    build.compile("bench_peers");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo::rustc-link-search=native={out}");
}
