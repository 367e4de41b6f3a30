//! Socket addresses to and from C.

use std::ffi::c_int;
use std::net::SocketAddr;

use socket2::SockAddr;
use srt_sys::sockaddr;

/// An address for libsrt to read.
#[derive(Debug)]
pub(super) struct CAddress(SockAddr);

impl CAddress {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self(address.into())
    }

    pub(super) fn as_ptr(&self) -> *const sockaddr {
        self.0.as_ptr().cast()
    }

    pub(super) fn len(&self) -> c_int {
        self.0.len() as c_int
    }
}

/// Calls `fill` with room for an address, and returns what it has written there if it succeeds.
///
/// `fill` gets a pointer that is valid for writes of the given length.
pub(super) fn read_address<T, E>(
    fill: impl FnOnce(*mut sockaddr, *mut c_int) -> Result<T, E>,
) -> Result<(T, Option<SocketAddr>), E> {
    let mut storage = socket2::SockAddrStorage::zeroed();
    let mut len = storage.size_of() as c_int;
    let result = fill((&raw mut storage).cast(), &raw mut len)?;
    // SAFETY: the storage was zeroed, and libsrt has written a valid address of `len` bytes at most
    // the storage's size over it, or nothing.
    let address = unsafe { SockAddr::new(storage, len.max(0) as socket2::socklen_t) };
    Ok((result, address.as_socket()))
}
