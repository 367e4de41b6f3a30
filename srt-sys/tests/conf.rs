//! Asks the linked libsrt for what the cfgs say was compiled into it.

#![cfg(any(srt_bonding, srt_aead, srt_maxrexmitbw))]

use srt_sys::*;

struct Socket(SRTSOCKET);

impl Socket {
    fn new() -> Self {
        // SAFETY: takes nothing; starts the library at the first call.
        let started = unsafe { srt_startup() };
        assert!(started >= 0);
        // SAFETY: the library is started.
        let socket = unsafe { srt_create_socket() };
        assert_ne!(socket, SRT_INVALID_SOCK);
        Self(socket)
    }

    #[cfg(any(srt_aead, srt_maxrexmitbw))]
    fn set<T>(&self, option: SRT_SOCKOPT, value: T) {
        // SAFETY: `value` is readable for its size, and libsrt checks that size.
        let result = unsafe {
            srt_setsockflag(self.0, option, (&raw const value).cast(), size_of::<T>() as i32)
        };
        assert_eq!(result, 0, "option {option}");
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the id is ours, and closed once.
        unsafe { srt_close(self.0) };
    }
}

#[cfg(srt_bonding)]
#[test]
fn bonding_is_there() {
    let _started = Socket::new();
    // SAFETY: the library is started.
    let group = unsafe { srt_create_group(SRT_GTYPE_BROADCAST) };
    assert_ne!(group, SRT_INVALID_SOCK);
    drop(Socket(group));
}

#[cfg(srt_aead)]
#[test]
fn aead_is_there() {
    const AES_GCM: i32 = 2;
    Socket::new().set(SRTO_CRYPTOMODE, AES_GCM);
}

#[cfg(srt_maxrexmitbw)]
#[test]
fn the_retransmission_limit_is_there() {
    Socket::new().set(SRTO_MAXREXMITBW, 1_000_000_i64);
}
