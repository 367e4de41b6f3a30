//! A libsrt socket.

use std::any::Any;
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::mem::{self, ManuallyDrop};
use std::net::SocketAddr;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use srt_sys as ffi;

use super::address::{CAddress, read_address};
use super::epoll::Event;
use super::error::{check, last_error, reject_reason};
use super::option::{self, Opt};
use super::startup;
use crate::error::{Error, ErrorCode, RejectReason};

/// Ids count down from a random number, so one is not used again for a very long time: a call on a
/// closed socket fails rather than meet another socket.
pub(crate) type SocketId = ffi::SRTSOCKET;

/// Owns a socket: dropping it closes it.
#[derive(Debug)]
pub(crate) struct RawSocket {
    id: SocketId,
    closed: AtomicBool,
    /// Whether nothing is received but only thrown away.
    deaf: AtomicBool,
    kept: Mutex<Option<Kept>>,
}

/// What has to live as long as a socket is open. The socket does nothing with it but drop it.
pub(crate) type Kept = Arc<dyn Any + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Init,
    Opened,
    Listening,
    Connecting,
    Connected,
    Broken,
    Closing,
    Closed,
    /// Closed and collected, or never there.
    Gone,
}

/// How a connection has ended, as far as libsrt still tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
    /// The peer has closed it, and all that it sent has been received. Known in stream mode only.
    pub(crate) clean: bool,
    /// Packets that the peer has not acknowledged, if that is known.
    pub(crate) unacknowledged: Option<usize>,
    /// The connection broke without a close by the peer. Known in stream mode only.
    pub(crate) lost: bool,
}

impl RawSocket {
    /// A new socket, none of whose calls will ever block.
    pub(crate) fn new() -> Result<Self, Error> {
        let _inside = startup::start()?;
        // SAFETY: no arguments; libsrt is running.
        let id = unsafe { ffi::srt_create_socket() };
        if id == ffi::SRT_INVALID_SOCK {
            return Err(last_error("srt_create_socket"));
        }
        Self::owning(id, None)
    }

    pub(super) fn owning(id: SocketId, kept: Option<Kept>) -> Result<Self, Error> {
        let socket = Self::of(id, kept);
        open().insert(id);
        // A call that blocks would also take wake-ups away from the reactor.
        for option in [option::SNDSYN, option::RCVSYN] {
            match socket.set_bool(option, false) {
                // An accepted socket whose peer has closed already. It has inherited the listener's
                // setting anyway, and what it has received is still to be had.
                Ok(()) | Err(Error::ConnectionLost) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(socket)
    }

    /// Somebody else's socket: not closed when this is dropped.
    pub(super) fn borrowed(id: SocketId) -> ManuallyDrop<Self> {
        ManuallyDrop::new(Self::of(id, None))
    }

    fn of(id: SocketId, kept: Option<Kept>) -> Self {
        let (closed, deaf) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { id, closed, deaf, kept: Mutex::new(kept) }
    }

    pub(crate) fn id(&self) -> SocketId {
        self.id
    }

    /// What is kept, for another socket to keep as well.
    pub(crate) fn what_is_kept(&self) -> Option<Kept> {
        self.kept().clone()
    }

    /// Has the socket, and what it accepts, keep something until they are closed, in addition to what is
    /// kept already.
    pub(crate) fn keep(&self, more: Kept) {
        let mut kept = self.kept();
        *kept = Some(match kept.take() {
            Some(kept) => Arc::new((kept, more)),
            None => more,
        });
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bind(&self, address: SocketAddr) -> Result<(), Error> {
        let _inside = startup::enter()?;
        let address = CAddress::new(address);
        // SAFETY: pointer and length describe an address that outlives the call.
        let result = unsafe { ffi::srt_bind(self.id, address.as_ptr(), address.len()) };
        check(result, "srt_bind")
    }

    /// Binds the socket to the port of `udp`, even if others are bound to the same address already.
    #[cfg(unix)]
    pub(crate) fn bind_acquire(&self, udp: socket2::Socket) -> Result<(), Error> {
        use std::os::fd::IntoRawFd;

        let _inside = startup::enter()?;
        if self.state() != State::Init {
            // libsrt would refuse it too, and leave the descriptor open.
            let (function, code) = ("srt_bind_acquire", ErrorCode::InvalidOperation);
            return Err(Error::Library { function, code, os_error: None });
        }
        // Linux builds of libsrt wait without `select`.
        #[cfg(not(target_os = "linux"))]
        if std::os::fd::AsRawFd::as_raw_fd(&udp) as usize >= libc::FD_SETSIZE {
            return Err(Error::Unsupported {
                feature: "a UDP socket while more than a thousand files are open",
                needs: "a libsrt that can do without select",
            });
        }
        // SAFETY: the descriptor is open and nobody else's from here on: libsrt closes it, with the
        // port or if it fails.
        let result = unsafe { ffi::srt_bind_acquire(self.id, udp.into_raw_fd()) };
        check(result, "srt_bind_acquire")
    }

    pub(crate) fn listen(&self, backlog: c_int) -> Result<(), Error> {
        let _inside = startup::enter()?;
        // SAFETY: no pointers.
        let result = unsafe { ffi::srt_listen(self.id, backlog) };
        check(result, "srt_listen")
    }

    /// Begins to connect. How it ends is told by the epoll, [`state`](Self::state) and
    /// [`reject_reason`](Self::reject_reason).
    pub(crate) fn connect(&self, address: SocketAddr) -> Result<(), Error> {
        let _inside = startup::enter()?;
        let address = CAddress::new(address);
        // SAFETY: pointer and length describe an address that outlives the call.
        let result = unsafe { ffi::srt_connect(self.id, address.as_ptr(), address.len()) };
        check(result, "srt_connect")
    }

    pub(crate) fn accept(&self) -> Result<(Self, Option<SocketAddr>), Error> {
        let _inside = startup::enter()?;
        // Before the call: a close at the same time makes that fail, or comes too late to take it.
        let kept = self.kept().clone();
        let (id, address) = read_address(|name, len| {
            // SAFETY: `name` is valid for writes of `len` bytes, both for the time of the call.
            let id = unsafe { ffi::srt_accept(self.id, name, len) };
            if id == ffi::SRT_INVALID_SOCK { Err(last_error("srt_accept")) } else { Ok(id) }
        })?;
        Ok((Self::owning(id, kept)?, address))
    }

    pub(crate) fn local_addr(&self) -> Result<SocketAddr, Error> {
        let _inside = startup::enter()?;
        self.address("srt_getsockname", ffi::srt_getsockname)
    }

    pub(crate) fn peer_addr(&self) -> Result<SocketAddr, Error> {
        let _inside = startup::enter()?;
        self.address("srt_getpeername", ffi::srt_getpeername)
    }

    fn address(
        &self,
        function: &'static str,
        get: unsafe extern "C" fn(SocketId, *mut ffi::sockaddr, *mut c_int) -> c_int,
    ) -> Result<SocketAddr, Error> {
        let ((), address) = read_address(|name, len| {
            // SAFETY: `name` is valid for writes of `len` bytes, both for the time of the call.
            check(unsafe { get(self.id, name, len) }, function)
        })?;
        address.ok_or(Error::Library { function, code: ErrorCode::NotConnected, os_error: None })
    }

    /// From now on throws away what is received, for a connection whose peer cannot be decrypted.
    ///
    /// libsrt 1.5.1 does not throw it away itself: it delivers what it has been sent, encrypted.
    pub(crate) fn deafen(&self) {
        self.deaf.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> State {
        Self::state_of(self.id)
    }

    /// The state of whichever socket has the id.
    pub(crate) fn state_of(id: SocketId) -> State {
        let Ok(_inside) = startup::enter() else { return State::Gone };
        // SAFETY: no pointers.
        match unsafe { ffi::srt_getsockstate(id) } {
            ffi::SRTS_INIT => State::Init,
            ffi::SRTS_OPENED => State::Opened,
            ffi::SRTS_LISTENING => State::Listening,
            ffi::SRTS_CONNECTING => State::Connecting,
            ffi::SRTS_CONNECTED => State::Connected,
            ffi::SRTS_BROKEN => State::Broken,
            ffi::SRTS_CLOSING => State::Closing,
            ffi::SRTS_CLOSED => State::Closed,
            _ => State::Gone,
        }
    }

    /// Whether this is a connection that stands, or a group that does or may come to.
    pub(crate) fn stands(id: SocketId) -> bool {
        let socket = Self::borrowed(id);
        socket.state() == State::Connected || socket.is_group() && socket.has_members_left()
    }

    /// Whether a receive would find nothing, on a connection that stands.
    ///
    /// Asked after each receive, because to be told so by the next one costs libsrt an exception.
    #[inline]
    pub(crate) fn is_drained(&self) -> bool {
        // A group answers for one of its members.
        if self.is_group() {
            return false;
        }
        // A socket that libsrt has given up is not drained but at its end.
        self.events().is_ok_and(|event| !event.readable && !event.error)
    }

    /// Whether a receive would find something, on a connection that stands.
    pub(crate) fn is_readable(id: SocketId) -> bool {
        Self::pending(id).is_ok_and(|event| event.readable)
    }

    /// Whether this is a connection whose packets are delivered at their time, by a thread of its own.
    pub(crate) fn needs_delivery(id: SocketId) -> bool {
        Self::borrowed(id).get_bool(option::TSBPDMODE).unwrap_or(false)
    }

    /// Whether there is room for a message, on a connection that stands.
    pub(super) fn is_writable(id: SocketId) -> bool {
        Self::pending(id).is_ok_and(|event| event.writable)
    }

    /// What there is about a connection that an epoll would report; of a broken one no more than
    /// that. Means nothing for other sockets.
    pub(crate) fn pending(id: SocketId) -> Result<Event, Error> {
        Self::borrowed(id).events()
    }

    #[inline]
    fn events(&self) -> Result<Event, Error> {
        self.get_i32(option::EVENT).map(Event::of)
    }

    pub(crate) fn reject_reason(&self) -> RejectReason {
        let Ok(_inside) = startup::enter() else { return RejectReason::Unknown };
        // SAFETY: no pointers.
        reject_reason(unsafe { ffi::srt_getrejectreason(self.id) })
    }

    /// Whether a handshake with the peer has taken place.
    pub(crate) fn knows_peer(&self) -> bool {
        self.get_i32(option::PEERVERSION).is_ok_and(|version| version != 0)
    }

    /// Packets that are sent or waiting to be, and not acknowledged.
    pub(crate) fn unacknowledged(&self) -> Result<usize, Error> {
        let _inside = startup::enter()?;
        if self.is_group() {
            return self.unacknowledged_by_group();
        }
        let mut blocks = 0;
        // SAFETY: the first pointer is to a local variable, the second may be null.
        let result = unsafe { ffi::srt_getsndbuffer(self.id, &raw mut blocks, ptr::null_mut()) };
        // On a socket that libsrt has given up it fails without an error of its own.
        if result < 0 { Err(Error::ConnectionLost) } else { Ok(blocks) }
    }

    /// Whether more than so many packets are unacknowledged. False if libsrt has given the socket up.
    pub(crate) fn has_unacknowledged(id: SocketId, more_than: usize) -> bool {
        Self::borrowed(id).unacknowledged().is_ok_and(|packets| packets > more_than)
    }

    /// What is still to be learnt about a connection that is broken. Once a second libsrt gives up
    /// such sockets if they have no data, and then knows nothing any more.
    pub(crate) fn ending(id: SocketId) -> Ending {
        let socket = Self::borrowed(id);
        let is_stream = socket.get_bool(option::MESSAGEAPI).is_ok_and(|messages| !messages);
        let is_over =
            is_stream && socket.state() != State::Connected && socket.buffered_packets() == 0;
        // With nothing left in the buffer there is nothing that this could take.
        let end = is_over.then(|| socket.recv_buf::<usize>(&mut &mut [0_u8][..]));
        Ending {
            clean: end == Some(Ok(0)),
            lost: end == Some(Err(Error::ConnectionLost)),
            unacknowledged: socket.unacknowledged().ok(),
        }
    }

    /// As [`buffered_packets`](Self::buffered_packets), of whichever socket has the id.
    pub(crate) fn buffered_packets_of(id: SocketId) -> usize {
        Self::borrowed(id).buffered_packets()
    }

    /// Packets in the receive buffer up to the first gap, including those whose time has not come.
    pub(crate) fn buffered_packets(&self) -> usize {
        self.get_i32(option::RCVDATA).unwrap_or(0).max(0) as usize
    }

    /// Sets an option. The value must be aligned as libsrt's type for it.
    pub(super) fn set(&self, option: Opt, value: &[u8]) -> Result<(), Error> {
        let _inside = startup::enter()?;
        // SAFETY: pointer and length are those of a slice, which libsrt only reads. The callers, in
        // `option`, align what is not a string.
        let result = unsafe {
            ffi::srt_setsockflag(self.id, option.number, value.as_ptr().cast(), clamp(value.len()))
        };
        check(result, "srt_setsockflag")
    }

    /// Writes the option's value to `value`, which must be aligned as libsrt's type for it, and
    /// returns its length.
    pub(super) fn get(&self, option: Opt, value: &mut [u8]) -> Result<usize, Error> {
        let _inside = startup::enter()?;
        let mut len = clamp(value.len());
        // SAFETY: libsrt writes `len` bytes at most to the slice, and the length to a local
        // variable. The callers, in `option`, align what is not a string.
        let result = unsafe {
            ffi::srt_getsockflag(self.id, option.number, value.as_mut_ptr().cast(), &raw mut len)
        };
        check(result, "srt_getsockflag").map(|()| (len.max(0) as usize).min(value.len()))
    }

    /// Hands the socket over to a new owner. `None` if it is closed, or handed over already.
    pub(crate) fn take(&self) -> Option<Self> {
        let closed = self.closed.swap(true, Ordering::AcqRel);
        (!closed).then(|| Self::of(self.id, self.kept().take()))
    }

    /// Closes the socket without waiting: what is unsent is lost. Only the first call does anything.
    pub(crate) fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        let Ok(inside) = startup::enter() else { return };
        open().remove(&self.id);
        close(self.id);
        drop(inside);
        let kept = self.kept().take();
        // Under no lock: it may do anything.
        drop(kept);
    }
}

impl Drop for RawSocket {
    fn drop(&mut self) {
        self.close();
    }
}

/// Closes what is open at the end of the process.
pub(super) fn close_all() {
    let sockets = mem::take(&mut *open());
    for id in sockets {
        // What waits to be accepted has no owner yet. On other sockets this fails.
        loop {
            // SAFETY: both pointers may be null.
            match unsafe { ffi::srt_accept(id, ptr::null_mut(), ptr::null_mut()) } {
                ffi::SRT_INVALID_SOCK => break,
                pending => close(pending),
            }
        }
        close(id);
    }
}

fn close(id: SocketId) {
    // SAFETY: no pointers. Calls under way in other threads fail: libsrt keeps what they use. An
    // error means that the socket is gone already.
    let _ = unsafe { ffi::srt_close(id) };
}

/// The sockets that are open, for the end of the process. No other lock is taken under this one.
pub(super) fn open() -> MutexGuard<'static, BTreeSet<SocketId>> {
    static OPEN: Mutex<BTreeSet<SocketId>> = Mutex::new(BTreeSet::new());
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn clamp(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}
