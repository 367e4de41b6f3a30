#![doc = include_str!("../README.md")]
#![no_std]
#![expect(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "names are those of the C headers"
)]
#![expect(
    missing_docs,
    reason = "libsrt's API reference documents the items, under the same names"
)]

#[expect(missing_debug_implementations, reason = "libc's sockaddr_storage may have none")]
mod bindings;
mod ext;
#[cfg(srt_1_6_0)]
mod since_1_6;

pub use bindings::*;
pub use ext::*;
#[cfg(unix)]
pub use libc::{sockaddr, sockaddr_storage};
#[cfg(srt_1_6_0)]
pub use since_1_6::*;
#[cfg(windows)]
pub use windows::{sockaddr, sockaddr_storage};

#[cfg(unix)]
pub type SYSSOCKET = core::ffi::c_int;
#[cfg(windows)]
pub type SYSSOCKET = usize;

/// The version of the libsrt that the build found, as `0xMMmmpp`.
///
/// The library that the program is started with can be another one: compare with [`srt_getversion`].
pub const BUILD_VERSION: u32 = match u32::from_str_radix(env!("SRT_SYS_BUILD_VERSION"), 16) {
    Ok(version) => version,
    Err(_) => panic!("the build script sets a hexadecimal number"),
};

#[cfg(windows)]
mod windows {
    use core::ffi::c_char;

    #[repr(C)]
    #[derive(Clone, Copy, Debug)]
    pub struct sockaddr {
        pub sa_family: u16,
        pub sa_data: [c_char; 14],
    }

    #[repr(C)]
    #[derive(Clone, Copy, Debug)]
    pub struct sockaddr_storage {
        pub ss_family: u16,
        __ss_pad1: [c_char; 6],
        __ss_align: i64,
        __ss_pad2: [c_char; 112],
    }
}
