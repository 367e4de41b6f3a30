//! Socket addresses to and from C.

use std::ffi::c_int;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use socket2::{SockAddr, SockAddrStorage};
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
    let mut storage = SockAddrStorage::zeroed();
    let mut len = storage.size_of() as c_int;
    let result = fill((&raw mut storage).cast(), &raw mut len)?;
    // SAFETY: the storage was zeroed, and libsrt has written a valid address of `len` bytes at most
    // the storage's size over it, or nothing.
    let address = unsafe { SockAddr::new(storage, len.max(0) as socket2::socklen_t) };
    Ok((result, address.as_socket()))
}

/// An address that libsrt points to. `None` if it is not one of IP.
///
/// # Safety
///
/// `address` is null, or points to a socket address of the family that it says it is of.
pub(super) unsafe fn from_c(address: *const sockaddr) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: every socket address begins with that.
    let family = unsafe { (*address).sa_family };
    let any = [(Ipv4Addr::UNSPECIFIED, 0).into(), (Ipv6Addr::UNSPECIFIED, 0).into()];
    let mut any = any.map(|any: SocketAddr| SockAddr::from(any)).into_iter();
    let len = any.find(|any| any.family() == family)?.len();
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: addresses of the family have this length, as the caller promises, and the storage has
    // room for any.
    unsafe {
        ptr::copy_nonoverlapping(address.cast::<u8>(), (&raw mut storage).cast(), len as usize);
    }
    // SAFETY: the storage has just been given an address of that length.
    unsafe { SockAddr::new(storage, len) }.as_socket()
}
