//! Statistics as libsrt gives them.

use std::mem::MaybeUninit;

use srt_sys as ffi;

use super::error::last_error;
use super::socket::{RawSocket, SocketId};
use super::startup;
use crate::error::Error;

pub(crate) type RawStats = ffi::SRT_TRACEBSTATS;

impl RawSocket {
    /// Takes a snapshot. Never resets the interval counters, which all readers share, so that they
    /// count from the start of the connection as well.
    ///
    /// Fails from the moment on at which the connection breaks.
    pub(crate) fn stats(id: SocketId) -> Result<RawStats, Error> {
        let _inside = startup::enter()?;
        let mut stats = MaybeUninit::<RawStats>::zeroed();
        // SAFETY: libsrt writes one structure to the local variable.
        let result = unsafe { ffi::srt_bistats(id, stats.as_mut_ptr(), 0, 1) };
        if result < 0 {
            return Err(last_error("srt_bistats"));
        }
        // SAFETY: plain numbers, for which all zeros, where libsrt wrote nothing, are valid.
        Ok(unsafe { stats.assume_init() })
    }
}
