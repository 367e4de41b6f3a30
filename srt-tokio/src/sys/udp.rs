//! UDP sockets for libsrt, and what the kernel counts of them.

use std::ffi::c_int;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use socket2::{Domain, Protocol, Socket, Type};

/// A UDP socket for an address, not bound yet. As with libsrt's own, whether it takes IPv6 only is up to the
/// system where that is not said, but for the wildcard.
pub(crate) fn udp_socket(address: SocketAddr, ipv6_only: Option<bool>) -> io::Result<Socket> {
    let udp = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    let only = if address.ip() == Ipv6Addr::UNSPECIFIED {
        Some(ipv6_only.unwrap_or(false))
    } else {
        ipv6_only.filter(|_| address.is_ipv6())
    };
    if let Some(only) = only {
        udp.set_only_v6(only)?;
    }
    Ok(udp)
}

/// A UDP socket that was handed over to libsrt, which closes it when it is done with the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LentUdp {
    fd: RawFd,
    /// The kernel's number of the socket, which no other one ever has.
    cookie: u64,
}

impl LentUdp {
    /// To be called before the socket is handed over. `None` before Linux 4.6.
    pub(crate) fn of(socket: &Socket) -> Option<Self> {
        Some(Self { fd: socket.as_raw_fd(), cookie: cookie(socket)? })
    }

    /// A descriptor of one's own for the socket, as long as libsrt has not closed it. It keeps the UDP port
    /// open, so it is for a moment only.
    pub(crate) fn borrow(&self) -> Option<Socket> {
        // SAFETY: no pointers. If libsrt has closed the descriptor, this fails, or gives one for something else,
        // which the comparison below finds out.
        let fd = unsafe { libc::fcntl(self.fd, libc::F_DUPFD_CLOEXEC, 0) };
        if fd < 0 {
            return None;
        }
        // SAFETY: the descriptor has just been made and has no other owner.
        let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(fd) });
        (cookie(&socket) == Some(self.cookie)).then_some(socket)
    }
}

fn cookie(socket: &Socket) -> Option<u64> {
    let mut value = [0_u64; 1];
    (get(socket, libc::SO_COOKIE, &mut value)? == size_of::<u64>()).then_some(value[0])
}

/// How many datagrams the kernel has dropped instead of delivering them to the socket, because of its
/// filter or of a full receive buffer. The count wraps around. `None` before Linux 4.12.
pub(crate) fn udp_drops(socket: &Socket) -> Option<u32> {
    /// The array of `SO_MEMINFO`, as in `linux/sock_diag.h`: its length, and where dropped datagrams are.
    const VALUES: usize = 9;
    const DROPS: usize = 8;

    let mut values = [0_u32; VALUES];
    let len = get(socket, libc::SO_MEMINFO, &mut values)?;
    (len == size_of_val(&values)).then_some(values[DROPS])
}

/// Reads an option, an array of numbers, and returns its length in bytes.
fn get<T: Copy>(socket: &Socket, option: c_int, values: &mut [T]) -> Option<usize> {
    let mut len = size_of_val(values) as libc::socklen_t;
    // SAFETY: the descriptor is open as long as the borrowed socket; the kernel writes `len` bytes at most
    // to the slice of plain numbers, whose size that is, and the length to a local variable.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            values.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (result == 0).then_some(len as usize)
}
