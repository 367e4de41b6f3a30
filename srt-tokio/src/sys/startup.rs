//! libsrt's start, and its end with the process.
//!
//! libsrt cleans up in a static destructor: it closes the sockets, joins its threads and destroys
//! its locks, whatever other threads are doing with them. While the process runs there is no good
//! moment to do that earlier, so a handler does it just before the destructor runs:
//!
//! 1. From then on no thread enters libsrt any more through this library.
//! 2. It waits until all have left, the reactor its wait among them.
//! 3. It closes the sockets that are open. libsrt would do that under a lock that the thread of a
//!    connection asks for as it starts, and if built with bonding hang when it starts just then.
//! 4. It calls `srt_cleanup`, which leaves nothing to do for the destructor.
//!
//! The last two can take for ever: a thread of libsrt may be stuck in a callback, or spin while it holds
//! a lock. So they run on a thread of their own, with a time limit. If that thread does not finish, the
//! destructor would not either, and must not run: the process ends without it, and without the other
//! exit handlers that were registered before libsrt was started.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use std::{io, ptr};

use srt_sys as ffi;

use super::gate::{Gate, Inside};
use crate::error::{Error, ErrorCode};

/// libsrt 1.5.0, the oldest that this library is made for.
const MINIMUM_VERSION: u32 = 0x01_05_00;

/// `LOG_CRIT`. libsrt writes to the standard error stream by default, and an accept loop that finds
/// its queue empty, which is nothing unusual, would fill it with error lines.
pub(super) const LOG_LEVEL: c_int = 2;

/// The longest that the end of the process waits for calls under way. The reactor's takes 10 ms at
/// most, all others microseconds.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

/// The longest that the end of the process waits for libsrt to close the sockets and to end its threads,
/// which takes a second at most unless there are thousands of sockets.
const CLEANUP_PATIENCE: Duration = Duration::from_secs(10);

/// The longest that the end of the process waits for what is buffered in C streams to be written.
const FLUSH_PATIENCE: Duration = Duration::from_secs(1);

static STARTED: AtomicBool = AtomicBool::new(false);
static GATE: Gate = Gate::new();

/// As [`enter`], having started libsrt if this is the first call in the life of the process.
pub(super) fn start() -> Result<Inside, Error> {
    static STARTING: Mutex<()> = Mutex::new(());

    if STARTED.load(Ordering::Acquire) {
        return enter();
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if STARTED.load(Ordering::Acquire) {
        return enter();
    }
    if library_version() < MINIMUM_VERSION.max(ffi::BUILD_VERSION & 0xff_ff_00) {
        return Err(Error::Unsupported {
            feature: "this program",
            needs: "the libsrt it was built with, or a newer one",
        });
    }
    // SAFETY: no arguments; may be called from any thread.
    if unsafe { ffi::srt_startup() } < 0 {
        // libsrt counts it as started nevertheless, and would not try again to start the thread that
        // collects closed sockets.
        // SAFETY: no arguments; there is a start to be undone, and no other thread is inside libsrt.
        let _ = unsafe { ffi::srt_cleanup() };
        // The one reason that it reports in this way. It leaves no error of its own.
        let (function, code) = ("srt_startup", ErrorCode::Thread);
        return Err(Error::Library { function, code, os_error: None });
    }
    // SAFETY: no pointers; libsrt is running.
    unsafe { ffi::srt_setloglevel(LOG_LEVEL) };
    // Registered after libsrt's static objects were made, and therefore run before they are
    // destroyed.
    at_exit::register();
    STARTED.store(true, Ordering::Release);
    enter()
}

/// To be held during every call of libsrt, which is there for so long.
#[inline]
pub(super) fn enter() -> Result<Inside, Error> {
    GATE.enter().ok_or(Error::Exiting)
}

/// Whether the process is about to end, so that nobody enters any more.
#[inline]
pub(super) fn is_exiting() -> bool {
    GATE.is_shut()
}

/// The version of the libsrt in use, as `0xMMmmpp`.
pub(crate) fn library_version() -> u32 {
    // SAFETY: no arguments, no state.
    unsafe { ffi::srt_getversion() }
}

/// Shuts libsrt down. `status` is that of the process.
fn shut_down(status: c_int) {
    GATE.shut(EXIT_PATIENCE);
    let clean_up = || {
        super::socket::close_all();
        // SAFETY: no arguments. Nobody enters libsrt any more, and its static objects are still there.
        let _ = unsafe { ffi::srt_cleanup() };
    };
    // Without a thread, libsrt's destructor does what it can.
    if !matches!(ends_within(CLEANUP_PATIENCE, clean_up), Ok(false)) {
        return;
    }
    // A thread that reads from the standard input holds the lock of its stream.
    let _ = ends_within(FLUSH_PATIENCE, || {
        // SAFETY: a null pointer stands for all streams.
        unsafe { libc::fflush(ptr::null_mut()) };
    });
    // SAFETY: it runs no code of this process.
    unsafe { libc::_exit(status) }
}

/// Whether a function returns in time, on a thread of its own. Fails if there is no thread.
fn ends_within(patience: Duration, function: impl FnOnce() + Send + 'static) -> io::Result<bool> {
    let (done, finished) = mpsc::channel();
    thread::Builder::new().name("srt-exit".into()).spawn(move || {
        function();
        let _ = done.send(());
    })?;
    Ok(finished.recv_timeout(patience).is_ok())
}

/// How the handler is registered: with glibc it hears of the exit status.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod at_exit {
    use std::ffi::{c_int, c_void};
    use std::ptr;

    unsafe extern "C" {
        /// From the C standard library.
        fn on_exit(handler: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    }

    /// If the table is full, the process exits as it would without the handler.
    pub(super) fn register() {
        // SAFETY: the handler is a plain function that does not unwind, and ignores the argument.
        let _ = unsafe { on_exit(handler, ptr::null_mut()) };
    }

    extern "C" fn handler(status: c_int, _: *mut c_void) {
        super::shut_down(status);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod at_exit {
    use std::ffi::c_int;

    /// Of a process that could not end in order. Which status it was meant to have is not known.
    const FAILURE: c_int = 1;

    unsafe extern "C" {
        /// From the C standard library.
        fn atexit(handler: extern "C" fn()) -> c_int;
    }

    /// If the table is full, the process exits as it would without the handler.
    pub(super) fn register() {
        // SAFETY: the handler is a plain function that does not unwind.
        let _ = unsafe { atexit(handler) };
    }

    extern "C" fn handler() {
        super::shut_down(FAILURE);
    }
}
