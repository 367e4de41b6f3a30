//! What the headers hold that a generator run over 1.5.1 cannot give: later versions' additions, and macros built from
//! other names.

#[cfg(not(srt_1_6_0))]
use core::ffi::c_char;
use core::ffi::c_int;

use crate::*;

// The headers of 1.5.2 and later hide these behind ENABLE_AEAD_API_PREVIEW and ENABLE_MAXREXMITBW, macros that whoever
// includes them defines and that say nothing about the library. The values are fixed, so only the version gates them.
#[cfg(srt_1_5_2)]
pub const SRTO_CRYPTOMODE: SRT_SOCKOPT = 62;
#[cfg(srt_1_5_3)]
pub const SRTO_MAXREXMITBW: SRT_SOCKOPT = 63;
#[cfg(srt_1_5_2)]
pub const SRT_REJ_CRYPTO: SRT_REJECT_REASON = 17;
#[cfg(srt_1_5_2)]
pub const SRT_KM_S_BADCRYPTOMODE: SRT_KM_STATE = 5;

#[cfg(not(srt_1_5_2))]
pub const SRTO_E_SIZE: SRT_SOCKOPT = 62;
#[cfg(all(srt_1_5_2, not(srt_1_5_3)))]
pub const SRTO_E_SIZE: SRT_SOCKOPT = 63;
#[cfg(srt_1_5_3)]
pub const SRTO_E_SIZE: SRT_SOCKOPT = 64;
#[cfg(not(srt_1_5_2))]
pub const SRT_REJ_E_SIZE: SRT_REJECT_REASON = 17;
#[cfg(all(srt_1_5_2, not(srt_1_6_0)))]
pub const SRT_REJ_E_SIZE: SRT_REJECT_REASON = 18;
#[cfg(srt_1_6_0)]
pub const SRT_REJ_E_SIZE: SRT_REJECT_REASON = 19;
#[cfg(not(srt_1_6_0))]
pub const SRT_REJ__SIZE: SRT_REJECT_REASON = SRT_REJ_E_SIZE;

pub const SRT_EPOLL_EVENTTYPES: SRT_EPOLL_OPT =
    SRT_EPOLL_IN | SRT_EPOLL_OUT | SRT_EPOLL_UPDATE | SRT_EPOLL_ERR;
pub const SRT_EPOLL_ETONLY: SRT_EPOLL_OPT = SRT_EPOLL_UPDATE;

pub const fn SRT_MAKE_VERSION(major: c_int, minor: c_int, patch: c_int) -> c_int {
    patch + minor * 0x100 + major * 0x10000
}

pub const fn SRT_REJC_VALUE(code: c_int) -> c_int {
    1000 * (code / 1000)
}

// 1.6 has the function srt_rejectreason_str alone.
#[cfg(not(srt_1_6_0))]
unsafe extern "C" {
    pub static srt_rejectreason_msg: [*const c_char; 0usize];
}
