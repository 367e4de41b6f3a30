//! libsrt's epoll.

use std::ffi::c_int;
use std::time::Duration;

use srt_sys as ffi;

use super::error::{check, last_error};
use super::socket::SocketId;
use super::startup;
use crate::error::Error;

/// Always the whole mask: with a part of it, an edge of the missing kind is reported without end
/// once the connection breaks.
static EVENTS: c_int = (ffi::SRT_EPOLL_IN
    | ffi::SRT_EPOLL_OUT
    | ffi::SRT_EPOLL_ERR
    | ffi::SRT_EPOLL_UPDATE
    | ffi::SRT_EPOLL_ET) as c_int;

/// One epoll instance, edge-triggered. There must be one waiting thread in the process: libsrt
/// wakes one waiter per event, whichever epoll the event is for.
#[derive(Debug)]
pub(crate) struct Epoll {
    id: c_int,
}

impl Epoll {
    pub(crate) fn new() -> Result<Self, Error> {
        let _inside = startup::start()?;
        // SAFETY: no arguments; libsrt is running.
        let id = unsafe { ffi::srt_epoll_create() };
        if id < 0 {
            return Err(last_error("srt_epoll_create"));
        }
        let epoll = Self { id };
        // Or the last socket's removal would make the wait fail.
        // SAFETY: no pointers.
        if unsafe { ffi::srt_epoll_set(id, ffi::SRT_EPOLL_ENABLE_EMPTY as i32) } < 0 {
            return Err(last_error("srt_epoll_set"));
        }
        Ok(epoll)
    }

    /// Subscribes a socket to everything. Events from before are not reported, unless the socket is
    /// connected already.
    pub(crate) fn add(&self, socket: SocketId) -> Result<(), Error> {
        let _inside = startup::enter()?;
        // SAFETY: the pointer is to a static.
        let result = unsafe { ffi::srt_epoll_add_usock(self.id, socket, &raw const EVENTS) };
        check(result, "srt_epoll_add_usock")
    }

    /// Subscribes anew, which makes libsrt report the current state of the socket as events.
    pub(crate) fn renew(&self, socket: SocketId) -> Result<(), Error> {
        let _inside = startup::enter()?;
        // SAFETY: as in `add`.
        let result = unsafe { ffi::srt_epoll_update_usock(self.id, socket, &raw const EVENTS) };
        check(result, "srt_epoll_update_usock")
    }

    pub(crate) fn remove(&self, socket: SocketId) -> Result<(), Error> {
        let _inside = startup::enter()?;
        // SAFETY: no pointers.
        let result = unsafe { ffi::srt_epoll_remove_usock(self.id, socket) };
        check(result, "srt_epoll_remove_usock")
    }

    /// Waits until there are events or the time is over, and replaces the contents of `events`.
    pub(crate) fn wait(&self, events: &mut Events, timeout: Duration) -> Result<(), Error> {
        events.0.clear();
        let capacity = events.0.capacity();
        let inside = startup::enter()?;
        // SAFETY: libsrt writes `capacity` elements at most to the vector's spare room, which has
        // just that size.
        let count = unsafe {
            ffi::srt_epoll_uwait(
                self.id,
                events.0.as_mut_ptr(),
                capacity as c_int,
                timeout.as_millis() as i64,
            )
        };
        if count < 0 {
            return Err(last_error("srt_epoll_uwait"));
        }
        drop(inside);
        // Up to 1.5.4 libsrt returns one more than it has written when there is more to report.
        let count = (count as usize).min(capacity);
        // SAFETY: libsrt has written that many elements.
        unsafe { events.0.set_len(count) };
        Ok(())
    }
}

impl Drop for Epoll {
    fn drop(&mut self) {
        if let Ok(_inside) = startup::enter() {
            // SAFETY: no pointers. Nobody waits any more: waiting borrows the epoll.
            let _ = unsafe { ffi::srt_epoll_release(self.id) };
        }
    }
}

/// What libsrt reports about a socket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Event {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) error: bool,
    /// A group has lost a member. libsrt reports the first one only.
    pub(crate) update: bool,
}

impl Event {
    /// Of libsrt's flags.
    #[inline]
    pub(super) fn of(flags: c_int) -> Self {
        let has = |flag: ffi::SRT_EPOLL_OPT| flags & flag as c_int != 0;
        Self {
            readable: has(ffi::SRT_EPOLL_IN),
            writable: has(ffi::SRT_EPOLL_OUT),
            error: has(ffi::SRT_EPOLL_ERR),
            update: has(ffi::SRT_EPOLL_UPDATE),
        }
    }
}

/// A buffer of events.
#[derive(Debug)]
pub(crate) struct Events(Vec<ffi::SRT_EPOLL_EVENT>);

impl Events {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// As if libsrt had reported these sockets as readable.
    #[cfg(feature = "__bench")]
    pub(crate) fn readable(sockets: impl Iterator<Item = SocketId>) -> Self {
        let events = ffi::SRT_EPOLL_IN as c_int;
        Self(sockets.map(|fd| ffi::SRT_EPOLL_EVENT { fd, events }).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SocketId, Event)> {
        self.0.iter().map(|event| (event.fd, Event::of(event.events)))
    }
}
