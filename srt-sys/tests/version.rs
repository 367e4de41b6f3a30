//! The version that the build recorded, against the headers and the library that is linked.

use std::fs;

use srt_sys::{BUILD_VERSION, srt_getversion};

#[test]
fn the_build_version_is_the_headers() {
    let path = concat!(env!("SRT_SYS_INCLUDE"), "/srt/version.h");
    let header = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let [_, major, minor, patch] = BUILD_VERSION.to_be_bytes();
    let line = format!("#define SRT_VERSION_STRING \"{major}.{minor}.{patch}\"");
    assert!(header.contains(&line), "{path} has no {line}");
}

#[test]
fn the_library_is_not_older_than_the_headers() {
    // SAFETY: takes and touches nothing; libsrt allows it before srt_startup.
    let linked = unsafe { srt_getversion() };
    assert!(linked >= BUILD_VERSION, "{linked:#x} is linked, {BUILD_VERSION:#x} was built with");
    if cfg!(srt_vendored) {
        assert_eq!(linked, BUILD_VERSION);
    }
}

#[test]
fn the_cfgs_follow_the_version() {
    for (since, cfg) in [
        (0x01_05_00, cfg!(srt_1_5_0)),
        (0x01_05_01, cfg!(srt_1_5_1)),
        (0x01_05_02, cfg!(srt_1_5_2)),
        (0x01_05_03, cfg!(srt_1_5_3)),
        (0x01_05_04, cfg!(srt_1_5_4)),
        (0x01_05_05, cfg!(srt_1_5_5)),
        (0x01_06_00, cfg!(srt_1_6_0)),
    ] {
        assert_eq!(cfg, BUILD_VERSION >= since, "{since:#x}");
    }
    if cfg!(srt_vendored) {
        assert_eq!(cfg!(srt_aead), cfg!(srt_1_5_2));
        assert_eq!(cfg!(srt_maxrexmitbw), cfg!(srt_1_5_3));
        assert_eq!(cfg!(srt_pktinfo), cfg!(all(srt_1_5_2, not(windows))));
    }
}
