//! Another socket for a call that has failed for no reason of its own.
//!
//! If a listener refuses a connection request, libsrt 1.5.5 also gives up the calls from the same port
//! that have waited for an answer for 250 ms. It does not give a reason then, as a peer that refuses a
//! call does. A socket is used up by its call, so the call goes on with a new one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tracing::debug;

use super::SrtSocket;
use crate::error::{Error, RejectReason};
use crate::options::SrtOptions;
use crate::sys::{Kept, library_version, option};

/// The last version that is known not to give up calls of others.
const LAST_WITHOUT: u32 = 0x01_05_01;

/// After this time libsrt sends a connection request again. Earlier it does not look at a call for
/// anything but the answer.
const REQUEST_INTERVAL: Duration = Duration::from_millis(250);

/// libsrt's factor for the timeout of a rendezvous.
const RENDEZVOUS_FACTOR: u32 = 10;

/// What it takes to make such a socket again.
#[derive(Debug)]
pub(super) struct Spare {
    options: SrtOptions,
    local: SocketAddr,
    is_rendezvous: bool,
    kept: Option<Kept>,
    /// When the latest attempt began.
    began: Instant,
    deadline: Instant,
}

impl Spare {
    /// For a socket that shares its port with others. One that is not bound gets a port of its own.
    pub(super) fn of(socket: &SrtSocket) -> Option<Self> {
        if library_version() <= LAST_WITHOUT {
            return None;
        }
        let local = socket.raw.local_addr().ok()?;
        let is_rendezvous = socket.raw.get_bool(option::RENDEZVOUS).ok()?;
        let timeout = socket.raw.get_i32(option::CONNTIMEO).ok()?.max(0) as u64;
        let factor = if is_rendezvous { RENDEZVOUS_FACTOR } else { 1 };
        let began = Instant::now();
        let deadline = began.checked_add(Duration::from_millis(timeout) * factor)?;
        let (options, kept) = (socket.options.clone(), socket.raw.what_is_kept());
        Some(Self { options, local, is_rendezvous, kept, began, deadline })
    }

    /// A socket to go on with, if the call was given up for another one and has time left.
    pub(super) fn socket_after(&mut self, error: &Error) -> Option<SrtSocket> {
        let now = Instant::now();
        let is_given_up = *error == Error::Rejected(RejectReason::Unknown)
            && now.duration_since(self.began) >= REQUEST_INTERVAL;
        let left = self.deadline.saturating_duration_since(now);
        if !is_given_up || left.is_zero() {
            return None;
        }
        self.began = now;
        match self.socket(left) {
            Ok(socket) => {
                debug!(socket = socket.raw.id(), "calling again: the call was given up");
                Some(socket)
            }
            Err(error) => {
                debug!(%error, "a call was given up, and cannot be repeated");
                None
            }
        }
    }

    fn socket(&self, time_left: Duration) -> std::io::Result<SrtSocket> {
        let mut options = self.options.clone();
        let factor = if self.is_rendezvous { RENDEZVOUS_FACTOR } else { 1 };
        options.connect_timeout((time_left / factor).max(Duration::from_millis(1)));
        let socket = SrtSocket::new(&options)?;
        socket.bind(self.local)?;
        if self.is_rendezvous {
            socket.raw.set_bool(option::RENDEZVOUS, true)?;
        }
        if let Some(kept) = &self.kept {
            socket.keep(kept.clone());
        }
        Ok(socket)
    }
}
