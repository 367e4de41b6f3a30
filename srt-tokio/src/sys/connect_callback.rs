//! What libsrt tells about members of a group that could not be connected, or broke: it forgets them
//! at once, and the reason with them.
//!
//! It calls a function on the thread that receives for the member's port. As with a listener's
//! [`callback`](super::callback), the pointer that libsrt keeps is none but a key to a table.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use srt_sys as ffi;

use super::address::from_c;
use super::error::{check, from_code, reject_reason};
use super::socket::{RawSocket, SocketId};
use super::startup;
use crate::error::{Error, ErrorCode, RejectReason};

/// Hears of failures, on libsrt's threads. It must not close anything, as the thread is in the midst
/// of that.
pub(crate) trait Failures: Send + Sync {
    fn failed(&self, failure: Failure);
}

/// A member that is no more.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) id: SocketId,
    pub(crate) token: c_int,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) error: Error,
}

/// Has somebody hear of failures for as long as this exists.
pub(crate) struct ConnectCallback {
    key: usize,
}

static HEARERS: RwLock<BTreeMap<usize, Arc<dyn Failures>>> = RwLock::new(BTreeMap::new());

impl ConnectCallback {
    pub(crate) fn new(hearer: Arc<dyn Failures>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);

        let key = NEXT.fetch_add(1, Ordering::Relaxed);
        HEARERS.write().unwrap_or_else(PoisonError::into_inner).insert(key, hearer);
        Self { key }
    }

    /// To be called before the group has members.
    pub(crate) fn install(&self, group: &RawSocket) -> Result<(), Error> {
        let _inside = startup::enter()?;
        let key = ptr::without_provenance_mut(self.key);
        // SAFETY: the function can be called at any time with any key, which it does not dereference.
        let result = unsafe { ffi::srt_connect_callback(group.id(), Some(trampoline), key) };
        check(result, "srt_connect_callback")
    }
}

impl Drop for ConnectCallback {
    fn drop(&mut self) {
        let hearer = HEARERS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        // Under no lock: it may do anything.
        drop(hearer);
    }
}

impl fmt::Debug for ConnectCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectCallback").field("key", &self.key).finish()
    }
}

/// # Safety
///
/// `peer` is null or points to a socket address until this returns. libsrt sees to it.
unsafe extern "C" fn trampoline(
    key: *mut c_void,
    socket: SocketId,
    code: c_int,
    peer: *const ffi::sockaddr,
    token: c_int,
) {
    // No more of anybody's code, and none of libsrt's.
    if code == ffi::SRT_SUCCESS || startup::is_exiting() {
        return;
    }
    let told = catch_unwind(AssertUnwindSafe(|| {
        let hearers = HEARERS.read().unwrap_or_else(PoisonError::into_inner);
        let hearer = hearers.get(&key.addr()).cloned();
        drop(hearers);
        let Some(hearer) = hearer else { return };
        // SAFETY: as the caller promises.
        let peer = unsafe { from_c(peer) };
        hearer.failed(Failure { id: socket, token, peer, error: explain(socket, code) });
    }));
    if let Err(payload) = told {
        // To drop it might panic again.
        mem::forget(payload);
    }
}

fn explain(socket: SocketId, code: c_int) -> Error {
    let error = from_code("srt_connect_group", code, None);
    let Error::Library { code: code @ (ErrorCode::NoServer | ErrorCode::Rejected), .. } = error
    else {
        return error;
    };
    // SAFETY: no pointers.
    match reject_reason(unsafe { ffi::srt_getrejectreason(socket) }) {
        RejectReason::Timeout => Error::ConnectTimedOut,
        RejectReason::Unknown if code == ErrorCode::NoServer => Error::ConnectTimedOut,
        reason => Error::Rejected(reason),
    }
}
