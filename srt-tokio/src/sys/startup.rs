//! libsrt's start, and its end with the process.
//!
//! libsrt cleans up in a static destructor: it closes the sockets, joins its threads and destroys
//! its locks, whatever other threads are doing with them. `srt_cleanup` would do the same a little
//! earlier, and there is no good moment for it in a library, so before the end of the process it is
//! called for nothing but a start that has failed. Instead a handler runs before the destructor:
//!
//! 1. From then on no thread enters libsrt any more through this library.
//! 2. It waits until all have left, the reactor its wait among them.
//! 3. It closes the sockets that are open. libsrt would do that under a lock that the thread of a
//!    connection asks for as it starts, and if built with bonding hang when it starts just then.
//! 4. It has later versions clean up, whose destructor leaves the threads running.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use srt_sys as ffi;

use super::gate::{Gate, Inside};
use crate::error::{Error, ErrorCode};

/// libsrt 1.5.0, the oldest that this library is made for.
const MINIMUM_VERSION: u32 = 0x01_05_00;

/// libsrt's destructor cleans up in 1.5.5. After that, in what calls itself 1.5.5 up to the next release,
/// it only does if `srt_cleanup` was called, and destroys what its threads still use.
const LEAVES_THREADS: u32 = 0x01_05_05;

/// `LOG_CRIT`. libsrt writes to the standard error stream by default, and an accept loop that finds
/// its queue empty, which is nothing unusual, would fill it with error lines.
pub(super) const LOG_LEVEL: c_int = 2;

/// The longest that the end of the process waits for calls under way. The reactor's takes 10 ms at
/// most, all others microseconds.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

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
    // destroyed. If the table is full the process exits as it would without the handler.
    // SAFETY: the handler is a plain function that does not unwind.
    let _ = unsafe { atexit(at_exit) };
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

unsafe extern "C" {
    /// From the C standard library.
    fn atexit(handler: extern "C" fn()) -> c_int;
}

extern "C" fn at_exit() {
    GATE.shut(EXIT_PATIENCE);
    super::socket::close_all();
    if library_version() >= LEAVES_THREADS {
        // SAFETY: no arguments; libsrt was started, and nobody enters it through this library any more.
        let _ = unsafe { ffi::srt_cleanup() };
    }
}
