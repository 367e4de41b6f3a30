//! How often a thread had to be woken.

/// How many times the calling thread has waited for something so far, if the system tells.
pub(crate) fn wakeups() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return linux::wakeups();
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::MaybeUninit;

    pub(super) fn wakeups() -> Option<u64> {
        let mut usage = MaybeUninit::<libc::rusage>::uninit();
        // SAFETY: the pointer is to a local variable of the type that the system fills.
        if unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: the call has succeeded, so the system has filled it.
        let usage = unsafe { usage.assume_init() };
        u64::try_from(usage.ru_nvcsw).ok()
    }
}

#[cfg(all(test, target_os = "linux", not(srt_loom)))]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_wait_counts() {
        let before = wakeups().unwrap();
        for _ in 0..5 {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(wakeups().unwrap() >= before + 5);
    }
}
