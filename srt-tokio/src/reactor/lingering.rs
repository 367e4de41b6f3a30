//! Sockets that nobody holds any more, but that still have something to deliver, or an answer to
//! give.
//!
//! libsrt could do this by itself with `SRTO_LINGER`, but 1.5.5 stops to send when a lingering
//! socket is closed, and tells the peer only when the linger time is over.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::sys::{RawSocket, State, are_answers_under_way};

#[derive(Debug, Default)]
pub(super) struct Lingering {
    /// Spares the reactor the lock in the usual case that there is none.
    count: AtomicUsize,
    sockets: Mutex<Vec<(RawSocket, Instant)>>,
}

impl Lingering {
    /// Keeps `socket` open until what it has sent is acknowledged, but no longer than `until`.
    pub(super) fn add(&self, socket: RawSocket, until: Instant) {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.push((socket, until));
        self.count.store(sockets.len(), Ordering::SeqCst);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    /// Closes all, delivered or not.
    pub(super) fn close_all(&self) {
        let sockets = mem::take(&mut *self.sockets.lock().unwrap_or_else(PoisonError::into_inner));
        self.count.store(0, Ordering::SeqCst);
        drop(sockets);
    }

    /// Closes those that have delivered everything, or have no time or no peer left, and listeners
    /// unless somebody has to be waited for.
    pub(super) fn close_done(&self) {
        if self.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let (waiting, done): (Vec<_>, Vec<_>) =
            mem::take(&mut *sockets).into_iter().partition(|(socket, until)| {
                let state = socket.state();
                state == State::Listening && are_answers_under_way()
                    || state == State::Connected
                        && now < *until
                        && socket.unacknowledged().is_ok_and(|packets| packets > 0)
            });
        *sockets = waiting;
        self.count.store(sockets.len(), Ordering::SeqCst);
        drop(sockets);
        drop(done);
    }
}
