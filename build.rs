//! Turns what srt-sys found into cfgs for the tests, benchmarks and examples.

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
}
