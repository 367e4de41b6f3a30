//! What the kernel counts of a UDP socket.

use std::ffi::c_int;
use std::os::fd::AsRawFd;

use socket2::Socket;

/// The array of `SO_MEMINFO`, as in `linux/sock_diag.h`: its length, and where dropped datagrams are.
const VALUES: usize = 9;
const DROPS: usize = 8;

/// How many datagrams the kernel has dropped instead of delivering them to the socket, because of its
/// filter or of a full receive buffer. The count wraps around. `None` before Linux 4.12.
pub(crate) fn udp_drops(socket: &Socket) -> Option<u32> {
    let mut values = [0_u32; VALUES];
    let size = size_of_val(&values) as libc::socklen_t;
    let mut len = size;
    // SAFETY: the descriptor is open as long as the borrowed socket; the kernel writes `len` bytes at most
    // to the local array, whose size that is, and the length to a local variable.
    let result: c_int = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (result == 0 && len == size).then_some(values[DROPS])
}
