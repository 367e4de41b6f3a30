//! libsrt's start, and its end with the process.
//!
//! libsrt cleans up in a static destructor: it closes the sockets, joins its threads and destroys
//! its locks, whatever other threads are doing with them. `srt_cleanup` would do the same a little
//! earlier, and there is no good moment for it in a library, so it is never called. Instead a
//! handler runs before the destructor:
//!
//! 1. From then on no thread enters libsrt any more through this library. Calls under way end in
//!    microseconds, long before libsrt comes to its locks.
//! 2. It waits until the reactor has left the one call that waits.
//! 3. It closes the sockets that are open. libsrt would do that under a lock that the thread of a
//!    connection asks for as it starts, and if built with bonding hang when it starts just then.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use srt_sys as ffi;

use super::error::last_error;
use crate::error::Error;

/// libsrt 1.5.0, the oldest that this library is made for.
const MINIMUM_VERSION: u32 = 0x01_05_00;

/// `LOG_CRIT`. libsrt writes to the standard error stream by default, and an accept loop that finds
/// its queue empty, which is nothing unusual, would fill it with error lines.
pub(super) const LOG_LEVEL: c_int = 2;

/// The longest that the end of the process waits for the reactor. Its wait takes 10 ms at most.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

static STARTED: AtomicBool = AtomicBool::new(false);
static EXITING: AtomicBool = AtomicBool::new(false);
/// Threads that are inside a libsrt call that waits.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Starts libsrt, once in the life of the process.
pub(super) fn start() -> Result<(), Error> {
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
        return Err(last_error("srt_startup"));
    }
    // SAFETY: no pointers; libsrt is running.
    unsafe { ffi::srt_setloglevel(LOG_LEVEL) };
    // Registered after libsrt's static objects were made, and therefore run before they are
    // destroyed. If the table is full the process exits as it would without the handler.
    // SAFETY: the handler is a plain function that does not unwind.
    let _ = unsafe { atexit(at_exit) };
    STARTED.store(true, Ordering::Release);
    Ok(())
}

/// Whether libsrt may still be called.
#[inline]
pub(super) fn enter() -> Result<(), Error> {
    if EXITING.load(Ordering::Relaxed) { Err(Error::Exiting) } else { Ok(()) }
}

/// To be held around a call that waits.
#[derive(Debug)]
pub(super) struct Waiting(());

impl Waiting {
    pub(super) fn begin() -> Result<Self, Error> {
        // Counted first and asked second, while the exit handler sets the flag first and looks at
        // the count second: one of the two sees the other.
        WAITING.fetch_add(1, Ordering::SeqCst);
        let waiting = Self(());
        if EXITING.load(Ordering::SeqCst) { Err(Error::Exiting) } else { Ok(waiting) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The version of the libsrt in use, as `0xMMmmpp`.
pub(crate) fn library_version() -> u32 {
    // SAFETY: no arguments, no state.
    unsafe { ffi::srt_getversion() }
}

unsafe extern "C" {
    /// From the C standard library.
    fn atexit(handler: extern "C" fn()) -> c_int;
}

extern "C" fn at_exit() {
    EXITING.store(true, Ordering::SeqCst);
    let deadline = Instant::now() + EXIT_PATIENCE;
    while WAITING.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    super::socket::close_all();
}
