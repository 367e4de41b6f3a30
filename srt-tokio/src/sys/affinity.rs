//! Which CPUs a thread may use.

use std::ffi::c_ulong;
use std::io;

use crate::cpu_set::CpuSet;

/// Keeps the current thread, and those that it makes from now on, on these CPUs.
pub(crate) fn pin_thread(cpus: &CpuSet) -> io::Result<()> {
    const BITS: usize = c_ulong::BITS as usize;

    let mut mask: Vec<c_ulong> = Vec::new();
    for cpu in cpus.iter().map(usize::from) {
        // They come in ascending order.
        mask.resize(cpu / BITS + 1, 0);
        mask[cpu / BITS] |= 1 << (cpu % BITS);
    }
    // SAFETY: the kernel reads as many bytes from the pointer as it is told, which are the vector's.
    let result = unsafe { libc::sched_setaffinity(0, size_of_val(&*mask), mask.as_ptr().cast()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
