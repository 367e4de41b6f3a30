//! What libsrt 1.6 adds.
//!
//! It has dropped names as well. Some constants of the logging API are there under other names, with the same values, and
//! those of functional areas are not: see the README.

use core::ffi::{c_char, c_int};

use crate::{SRT_REJECT_REASON, SRTSOCKET};

pub type SRTSTATUS = c_int;
pub type SRTRUNSTATUS = c_int;

pub const SRT_STATUS_OK: SRTSTATUS = 0;
pub const SRT_RUN_ERROR: SRTRUNSTATUS = -1;
pub const SRT_RUN_OK: SRTRUNSTATUS = 0;
pub const SRT_RUN_ALREADY: SRTRUNSTATUS = 1;
pub const SRT_SOCKID_CONNREQ: SRTSOCKET = 0;

pub const SRT_MAX_PLSIZE_AF_INET: c_int = 1456;
pub const SRT_MAX_PLSIZE_AF_INET6: c_int = 1444;
pub const SRT_STREAMID_MAX: usize = 512;
pub const SRT_PACKETFILTER_MAX: usize = 64;

pub const SRT_REJ_CONFIG: SRT_REJECT_REASON = 18;

pub type SRT_CLOSE_REASON = SRT_REJECT_REASON;
pub const SRT_CLS_UNKNOWN: SRT_CLOSE_REASON = 0;
pub const SRT_CLS_INTERNAL: SRT_CLOSE_REASON = 1;
pub const SRT_CLS_PEER: SRT_CLOSE_REASON = 2;
pub const SRT_CLS_RESOURCE: SRT_CLOSE_REASON = 3;
pub const SRT_CLS_ROGUE: SRT_CLOSE_REASON = 4;
pub const SRT_CLS_OVERFLOW: SRT_CLOSE_REASON = 5;
pub const SRT_CLS_IPE: SRT_CLOSE_REASON = 6;
pub const SRT_CLS_API: SRT_CLOSE_REASON = 7;
pub const SRT_CLS_FALLBACK: SRT_CLOSE_REASON = 8;
pub const SRT_CLS_LATE: SRT_CLOSE_REASON = 9;
pub const SRT_CLS_CLEANUP: SRT_CLOSE_REASON = 10;
pub const SRT_CLS_DEADLSN: SRT_CLOSE_REASON = 11;
pub const SRT_CLS_PEERIDLE: SRT_CLOSE_REASON = 12;
pub const SRT_CLS_UNSTABLE: SRT_CLOSE_REASON = 13;
pub const SRT_CLS_E_SIZE: SRT_CLOSE_REASON = 14;

pub const SRT_CLSC_INTERNAL: c_int = 0;
pub const SRT_CLSC_USER: c_int = 100;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SRT_CLOSE_INFO {
    pub agent: SRT_CLOSE_REASON,
    pub peer: SRT_CLOSE_REASON,
    pub time: i64,
}

unsafe extern "C" {
    pub fn srt_close_withreason(u: SRTSOCKET, reason: c_int) -> SRTSTATUS;
    pub fn srt_close_getreason(u: SRTSOCKET, info: *mut SRT_CLOSE_INFO) -> SRTSTATUS;
    pub fn srt_getsockdevname(u: SRTSOCKET, name: *mut c_char, namelen: *mut usize) -> SRTSTATUS;
    pub fn srt_getmaxpayloadsize(sock: SRTSOCKET) -> c_int;
    pub fn srt_rejectreasonx_str(id: c_int) -> *const c_char;
}
