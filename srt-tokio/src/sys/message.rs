//! Messages: the two calls that move them, and what goes with the data.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use bytes::BufMut;
use srt_sys as ffi;

use super::error::last_error;
use super::socket::{RawSocket, clamp};
use super::startup::{self, library_version};
use crate::error::Error;

/// How to send a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    /// Milliseconds after which it is given up; negative for never.
    pub(crate) ttl: c_int,
    pub(crate) in_order: bool,
    /// Microseconds of libsrt's clock; 0 for the time of the call.
    pub(crate) source_time: i64,
}

impl Sending {
    /// Without a wish of its own. In order, as messages of several packets may overtake each other
    /// otherwise.
    pub(crate) const PLAIN: Self = Self { ttl: -1, in_order: true, source_time: 0 };

    /// Whether the message may be given up.
    pub(crate) fn expires(&self) -> bool {
        self.ttl >= 0
    }
}

/// A message, or in stream mode some bytes, that libsrt has taken or given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    pub(crate) len: usize,
    /// Of a message sent its first packet's, of one received its last packet's.
    pub(crate) packet_sequence: i32,
    pub(crate) message_number: i32,
    /// Microseconds of libsrt's clock, 0 if unknown. Means nothing where packets are not timed.
    pub(crate) source_time: i64,
    /// Of a group, changes with the states of its members. 0 if unknown.
    pub(crate) members: u64,
}

/// What is to be known of a message, or of some bytes, after it was moved: all of it, or the length
/// alone, which takes fewer instructions.
pub(crate) trait Receipt: Copy + Default + From<Moved> {
    /// Whether it tells more than the length.
    const IS_FULL: bool;

    fn new(len: c_int, control: &ffi::SRT_MSGCTRL) -> Self;

    fn len(self) -> usize;
}

impl Receipt for Moved {
    const IS_FULL: bool = true;

    #[inline]
    fn new(len: c_int, control: &ffi::SRT_MSGCTRL) -> Self {
        Self {
            len: len as usize,
            packet_sequence: control.pktseq,
            message_number: control.msgno,
            source_time: control.srctime,
            members: 0,
        }
    }

    #[inline]
    fn len(self) -> usize {
        self.len
    }
}

impl Receipt for usize {
    const IS_FULL: bool = false;

    #[inline]
    fn new(len: c_int, _: &ffi::SRT_MSGCTRL) -> Self {
        len as Self
    }

    #[inline]
    fn len(self) -> usize {
        self
    }
}

impl From<Moved> for usize {
    #[inline]
    fn from(moved: Moved) -> Self {
        moved.len
    }
}

impl RawSocket {
    /// Sends one message, or in stream mode as much as there is room for.
    #[inline]
    pub(crate) fn send<R: Receipt>(&self, data: &[u8], how: &Sending) -> Result<R, Error> {
        let _inside = startup::enter()?;
        if self.is_group() {
            return self.send_to_group(data, how).map(R::from);
        }
        let mut control = ffi::SRT_MSGCTRL {
            msgttl: how.ttl,
            inorder: how.in_order.into(),
            srctime: how.source_time,
            ..CONTROL
        };
        let len = clamp(data.len());
        // SAFETY: pointer and length are those of a slice, which libsrt only reads; the control
        // structure is a local variable.
        let sent =
            unsafe { ffi::srt_sendmsg2(self.id(), data.as_ptr().cast(), len, &raw mut control) };
        if sent < 0 { Err(last_error("srt_sendmsg2")) } else { Ok(R::new(sent, &control)) }
    }

    /// Receives one message, or in stream mode what there is, into the contiguous spare room of
    /// `buffer`. A message that does not fit is cut off without notice: see that it fits.
    #[inline]
    pub(crate) fn recv_buf<R: Receipt>(&self, buffer: &mut impl BufMut) -> Result<R, Error> {
        if self.is_deaf() {
            return self.discard();
        }
        let spare = buffer.chunk_mut();
        // SAFETY: `recv_uninit` writes nothing but initialised bytes.
        let received: R = self.recv_uninit(unsafe { spare.as_uninit_slice_mut() })?;
        // SAFETY: that many bytes have just been written at the start of the spare room.
        unsafe { buffer.advance_mut(received.len()) };
        Ok(received)
    }

    #[inline]
    fn recv_uninit<R: Receipt>(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<R, Error> {
        let _inside = startup::enter()?;
        if self.is_group() {
            return self.recv_from_group(buffer).map(R::from);
        }
        let mut control = CONTROL;
        let place = if R::IS_FULL { &raw mut control } else { ptr::null_mut() };
        let len = clamp(buffer.len());
        // SAFETY: pointer and length are those of a slice, which libsrt only writes to; the control
        // structure is a local variable, or null.
        let received =
            unsafe { ffi::srt_recvmsg2(self.id(), buffer.as_mut_ptr().cast(), len, place) };
        if received < 0 { Err(last_error("srt_recvmsg2")) } else { Ok(R::new(received, &control)) }
    }

    /// Receives until there is nothing, or the end.
    #[cold]
    fn discard<R: Receipt>(&self) -> Result<R, Error> {
        // What does not fit is cut off, and left to the next call in stream mode.
        let mut discarded = [MaybeUninit::uninit(); 2048];
        loop {
            match self.recv_uninit::<R>(&mut discarded) {
                Ok(received) if received.len() > 0 => {}
                end => return end,
            }
        }
    }
}

/// Whether the libsrt in use can give up messages whose time to live is over.
///
/// From 1.5.5 on, if the peer asks for such a message again, the thread that sends asks the peer without
/// end to drop it. It holds a lock meanwhile, so that nothing is acknowledged any more and `srt_close`
/// does not return. 1.6.0 has another send buffer.
pub(crate) fn can_expire_messages() -> bool {
    can_expire(library_version())
}

fn can_expire(version: u32) -> bool {
    !(0x01_05_05..0x01_06_00).contains(&version)
}

/// The current time on libsrt's clock, in microseconds.
pub(crate) fn clock_now() -> i64 {
    // SAFETY: no arguments; it reads a clock and nothing of the library's.
    unsafe { ffi::srt_time_now() }
}

/// As `srt_msgctrl_default`.
pub(super) const CONTROL: ffi::SRT_MSGCTRL = ffi::SRT_MSGCTRL {
    flags: 0,
    msgttl: ffi::SRT_MSGTTL_INF,
    inorder: 0,
    boundary: 0,
    srctime: 0,
    pktseq: ffi::SRT_SEQNO_NONE,
    msgno: ffi::SRT_MSGNO_NONE,
    grpdata: ptr::null_mut(),
    grpdata_size: 0,
};

#[cfg(test)]
mod tests {
    use super::can_expire;

    #[test]
    fn versions_that_send_for_ever_are_known() {
        for version in [0x01_05_00, 0x01_05_01, 0x01_05_04, 0x01_06_00] {
            assert!(can_expire(version), "{version:x}");
        }
        for version in [0x01_05_05, 0x01_05_07] {
            assert!(!can_expire(version), "{version:x}");
        }
    }
}
