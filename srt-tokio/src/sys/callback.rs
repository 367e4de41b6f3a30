//! The question that libsrt asks a listener: whether to take a connection.
//!
//! libsrt keeps a function and a pointer with the listener's socket. It calls the function on the
//! thread that receives for the port, in the middle of the handshake, and under a lock that closing
//! the listener needs as well: `srt_close` waits for an answer under way, and none is asked for once it
//! has returned.
//!
//! Nothing here depends on that. The pointer is none but a key to a table, and a call holds what it
//! has found there until it returns. So nothing is freed under it, whoever closes or drops what and
//! when.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use srt_sys as ffi;

use super::address::from_c;
use super::error::{check, reject_code};
use super::socket::{RawSocket, SocketId};
use super::startup;
use crate::error::{Error, RejectReason};

/// What libsrt makes of a callback's result.
const TAKE: c_int = 0;
const REJECT: c_int = -1;

/// Decides on connections. Called on libsrt's threads, by several at the same time if several sockets
/// listen.
pub(crate) trait Answer: Send + Sync {
    fn answer(&self, call: &Call<'_>) -> Result<(), RejectReason>;
}

/// A connection that libsrt asks about.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The one that `srt_accept` will return. It has the listener's options and is not bound yet.
    pub(crate) socket: &'a RawSocket,
    pub(crate) peer: SocketAddr,
    pub(crate) handshake_version: u32,
    pub(crate) stream_id: &'a [u8],
}

/// Gives answers for as long as this exists. Where it is gone and the socket still listens, everybody
/// is rejected.
pub(crate) struct Callback {
    key: usize,
}

static ANSWERS: RwLock<BTreeMap<usize, Arc<dyn Answer>>> = RwLock::new(BTreeMap::new());

/// How many answers are under way, on all threads.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static ANSWERING: Cell<bool> = const { Cell::new(false) };
}

impl Callback {
    pub(crate) fn new(answer: Arc<dyn Answer>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);

        let key = NEXT.fetch_add(1, Ordering::Relaxed);
        ANSWERS.write().unwrap_or_else(PoisonError::into_inner).insert(key, answer);
        Self { key }
    }

    /// To be called before the socket listens; from 1.5.2 on libsrt insists.
    pub(crate) fn install(&self, socket: &RawSocket) -> Result<(), Error> {
        let _inside = startup::enter()?;
        let key = ptr::without_provenance_mut(self.key);
        // SAFETY: the function can be called at any time with any key, which it does not dereference.
        let result = unsafe { ffi::srt_listen_callback(socket.id(), Some(trampoline), key) };
        check(result, "srt_listen_callback")
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        let answer = ANSWERS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        // Under no lock: it may do anything.
        drop(answer);
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("key", &self.key).finish()
    }
}

/// Whether this thread is giving an answer. To close a listener would then be to wait for oneself.
pub(crate) fn is_answering() -> bool {
    ANSWERING.get()
}

/// Whether any thread is giving an answer. To close a listener may then be to wait for it.
pub(crate) fn are_answers_under_way() -> bool {
    UNDER_WAY.load(Ordering::SeqCst) > 0
}

/// # Safety
///
/// `peer` is null or points to a socket address, `stream_id` is null or points to a string, both until
/// this returns. libsrt sees to it.
unsafe extern "C" fn trampoline(
    key: *mut c_void,
    socket: SocketId,
    handshake_version: c_int,
    peer: *const ffi::sockaddr,
    stream_id: *const c_char,
) -> c_int {
    // No more of anybody's code, and none of libsrt's.
    if startup::is_exiting() {
        return REJECT;
    }
    let _answering = Answering::begin();
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let answers = ANSWERS.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.get(&key.addr()).cloned();
        // Or an answer that makes a listener would wait for itself.
        drop(answers);
        let answer = answer.ok_or(RejectReason::DOWN)?;
        // SAFETY: as the caller promises.
        let peer = unsafe { from_c(peer) }.ok_or(RejectReason::INTERNAL_SERVER_ERROR)?;
        let stream_id = if stream_id.is_null() {
            &[]
        } else {
            // SAFETY: not null, and as the caller promises.
            unsafe { CStr::from_ptr(stream_id) }.to_bytes()
        };
        let handshake_version = u32::try_from(handshake_version).unwrap_or(0);
        let socket = &RawSocket::borrowed(socket);
        answer.answer(&Call { socket, peer, handshake_version, stream_id })
    }));
    let reason = match answered {
        Ok(Ok(())) => return TAKE,
        Ok(Err(reason)) => reason,
        Err(payload) => {
            // To drop it might panic again.
            mem::forget(payload);
            RejectReason::INTERNAL_SERVER_ERROR
        }
    };
    // SAFETY: no pointers. libsrt refuses codes below 1000, and `reject_code` gives none.
    let _ = unsafe { ffi::srt_setrejectreason(socket, reject_code(reason)) };
    REJECT
}

/// Marks the thread as answering until dropped.
struct Answering(());

impl Answering {
    fn begin() -> Self {
        ANSWERING.set(true);
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
        ANSWERING.set(false);
    }
}
