//! libsrt's log lines, as they come.
//!
//! libsrt calls its log handler on whatever thread has something to say, often the one that receives
//! for a whole port, and under the lock of its log settings. A call to libsrt in there would hang,
//! and whatever waits would hold up the port. So the handler copies the line into a bounded queue,
//! drops it if that is full, and knows of nothing else.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::catch_unwind;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use srt_sys as ffi;

use super::startup;
use crate::error::Error;
use crate::log::{LogArea, LogLevel};

/// How many lines wait at most. libsrt says a dozen about a connection and a few a second in trouble;
/// at the level of debugging it fills any queue. With [`MAX_TEXT`] this is a megabyte at worst.
const CAPACITY: usize = 1024;

/// The most that is kept of a line, in bytes. libsrt's own are shorter, but some quote the peer.
const MAX_TEXT: usize = 1024;

/// The most that is kept of the names of a file and a function, in bytes.
const MAX_NAME: usize = 256;

/// Of what libsrt puts before a line only the severity is wanted, because the area comes with it.
const FLAGS: c_int =
    ffi::SRT_LOGF_DISABLE_TIME | ffi::SRT_LOGF_DISABLE_THREADNAME | ffi::SRT_LOGF_DISABLE_EOL;

static QUEUE: OnceLock<SyncSender<Line>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);
/// Held while libsrt's log settings are changed. The handler does not know it.
static SETTINGS: Mutex<()> = Mutex::new(());

thread_local! {
    static DEAF: Cell<bool> = const { Cell::new(false) };
}

/// One line of libsrt's.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) level: LogLevel,
    pub(crate) file: Vec<u8>,
    pub(crate) line: u32,
    pub(crate) function: Vec<u8>,
    pub(crate) text: Vec<u8>,
}

/// A queue for lines, as long as it may be.
pub(crate) fn queue() -> (SyncSender<Line>, Receiver<Line>) {
    sync_channel(CAPACITY)
}

/// From now on the handler fills this queue. Only the first call counts: there is one queue in the
/// life of the process, so that the handler finds it without a lock.
pub(crate) fn fill(queue: SyncSender<Line>) {
    let _ = QUEUE.set(queue);
}

/// Has lines of this level and above, of these areas, put into the queue.
pub(crate) fn forward(level: LogLevel, areas: &[LogArea]) -> Result<(), Error> {
    // Otherwise the start would change the level.
    let _inside = startup::start()?;
    let _settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: no pointers.
    unsafe { ffi::srt_setlogflags(FLAGS) };
    // SAFETY: the handler is a function, valid for as long as the process lives, and takes no data.
    unsafe { ffi::srt_setloghandler(ptr::null_mut(), Some(take)) };
    set_areas(areas);
    set_level(raw_level(level));
    Ok(())
}

/// Back to what [`startup::start`] has set. A line that libsrt was composing at this moment may go to
/// the standard error stream.
pub(crate) fn stop() {
    let Ok(_inside) = startup::enter() else { return };
    let _settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    set_level(startup::LOG_LEVEL);
    // SAFETY: no pointers.
    unsafe { ffi::srt_setloghandler(ptr::null_mut(), None) };
    // SAFETY: no pointers.
    unsafe { ffi::srt_setlogflags(0) };
    set_areas(LogArea::ALL);
}

/// How many lines were dropped because the queue was full.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Relaxed)
}

/// From now on the lines that libsrt logs on this thread are thrown away: those that the use of the
/// queue's content causes would follow each other for ever.
pub(crate) fn ignore_this_thread() {
    DEAF.set(true);
}

fn set_level(level: c_int) {
    // SAFETY: no pointers.
    unsafe { ffi::srt_setloglevel(level) };
}

fn set_areas(areas: &[LogArea]) {
    let areas: Vec<c_int> = areas.iter().map(|&area| raw_area(area)).collect();
    // SAFETY: the pointer and the length are those of a vector, which libsrt only reads.
    unsafe { ffi::srt_resetlogfa(areas.as_ptr(), areas.len()) };
}

/// # Safety
///
/// `file`, `function` and `text` are null or C strings that stay as they are until this returns.
/// libsrt sees to it.
unsafe extern "C" fn take(
    _: *mut c_void,
    level: c_int,
    file: *const c_char,
    line: c_int,
    function: *const c_char,
    text: *const c_char,
) {
    let taken = catch_unwind(|| {
        // At the end of the process this may be in the midst of libsrt's destructors.
        if DEAF.get() || startup::is_exiting() {
            return;
        }
        let Some(queue) = QUEUE.get() else { return };
        let line = Line {
            level: level_of(level),
            // SAFETY: as the caller promises.
            file: unsafe { copy(file, MAX_NAME) },
            line: u32::try_from(line).unwrap_or(0),
            // SAFETY: as above.
            function: unsafe { copy(function, MAX_NAME) },
            // SAFETY: as above.
            text: unsafe { copy(text, MAX_TEXT) },
        };
        if queue.try_send(line).is_err() {
            DROPPED.fetch_add(1, Relaxed);
        }
    });
    // Nothing in there panics. If it did, the line would be lost, but libsrt's frames not unwound.
    if taken.is_err() {
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// The first `max` bytes of a C string.
///
/// # Safety
///
/// `string` is null, or a C string that stays as it is during the call.
unsafe fn copy(string: *const c_char, max: usize) -> Vec<u8> {
    if string.is_null() {
        return Vec::new();
    }
    // SAFETY: not null, and a C string by this function's contract.
    let bytes = unsafe { CStr::from_ptr(string) }.to_bytes();
    bytes[..bytes.len().min(max)].to_vec()
}

fn raw_level(level: LogLevel) -> c_int {
    match level {
        LogLevel::Fatal => ffi::LOG_CRIT,
        LogLevel::Error => ffi::LOG_ERR,
        LogLevel::Warning => ffi::LOG_WARNING,
        LogLevel::Note => ffi::LOG_NOTICE,
        LogLevel::Debug => ffi::LOG_DEBUG,
    }
}

/// libsrt has no other levels, but numbers between and beyond them.
fn level_of(raw: c_int) -> LogLevel {
    match raw {
        ..=ffi::LOG_CRIT => LogLevel::Fatal,
        ffi::LOG_ERR => LogLevel::Error,
        ffi::LOG_WARNING => LogLevel::Warning,
        ffi::LOG_NOTICE => LogLevel::Note,
        _ => LogLevel::Debug,
    }
}

/// The number of an area. libsrt 1.6 numbers them as they are made, which is in the order of
/// [`LogArea::ALL`]; its headers have no names for the numbers.
fn raw_area(area: LogArea) -> c_int {
    const NUMBERED_IN_ORDER: u32 = 0x01_06_00;

    if startup::library_version() >= NUMBERED_IN_ORDER {
        return LogArea::ALL.iter().position(|one| *one == area).map_or(0, |place| place as c_int);
    }
    numbered_area(area)
}

fn numbered_area(area: LogArea) -> c_int {
    match area {
        LogArea::General => ffi::SRT_LOGFA_GENERAL,
        LogArea::SocketManagement => ffi::SRT_LOGFA_SOCKMGMT,
        LogArea::Connection => ffi::SRT_LOGFA_CONN,
        LogArea::Timer => ffi::SRT_LOGFA_XTIMER,
        LogArea::Tsbpd => ffi::SRT_LOGFA_TSBPD,
        LogArea::Resources => ffi::SRT_LOGFA_RSRC,
        LogArea::Congestion => ffi::SRT_LOGFA_CONGEST,
        LogArea::PacketFilter => ffi::SRT_LOGFA_PFILTER,
        LogArea::ApiControl => ffi::SRT_LOGFA_API_CTRL,
        LogArea::QueueControl => ffi::SRT_LOGFA_QUE_CTRL,
        LogArea::EpollUpdate => ffi::SRT_LOGFA_EPOLL_UPD,
        LogArea::ApiReceive => ffi::SRT_LOGFA_API_RECV,
        LogArea::BufferReceive => ffi::SRT_LOGFA_BUF_RECV,
        LogArea::QueueReceive => ffi::SRT_LOGFA_QUE_RECV,
        LogArea::ChannelReceive => ffi::SRT_LOGFA_CHN_RECV,
        LogArea::GroupReceive => ffi::SRT_LOGFA_GRP_RECV,
        LogArea::ApiSend => ffi::SRT_LOGFA_API_SEND,
        LogArea::BufferSend => ffi::SRT_LOGFA_BUF_SEND,
        LogArea::QueueSend => ffi::SRT_LOGFA_QUE_SEND,
        LogArea::ChannelSend => ffi::SRT_LOGFA_CHN_SEND,
        LogArea::GroupSend => ffi::SRT_LOGFA_GRP_SEND,
        LogArea::Internal => ffi::SRT_LOGFA_INTERNAL,
        LogArea::QueueManagement => ffi::SRT_LOGFA_QUE_MGMT,
        LogArea::ChannelManagement => ffi::SRT_LOGFA_CHN_MGMT,
        LogArea::GroupManagement => ffi::SRT_LOGFA_GRP_MGMT,
        LogArea::EpollApi => ffi::SRT_LOGFA_EPOLL_API,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The layout test of srt-sys sees to it that these have every name of the headers.
    const BINDINGS: &str = include_str!("../../../srt-sys/src/bindings.rs");

    #[test]
    fn every_area_of_the_headers_can_be_chosen_or_is_left_out_on_purpose() {
        // The last one is no area but the greatest number of one.
        let left_out = ["HAICRYPT", "APPLOG", "LASTNONE"];
        let headers: BTreeSet<c_int> = BINDINGS
            .lines()
            .filter_map(|line| line.strip_prefix("pub const SRT_LOGFA_")?.split_once(": i32 = "))
            .filter(|(name, _)| !left_out.contains(name))
            .map(|(_, number)| number.trim_end_matches(';').parse().unwrap())
            .collect();
        assert_eq!(headers.len(), 26);
        assert_eq!(
            LogArea::ALL.iter().copied().map(numbered_area).collect::<BTreeSet<_>>(),
            headers
        );
    }
}
