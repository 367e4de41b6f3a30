//! How much later than asked for the kernel may end a thread's timed waits. The threads that libsrt
//! makes for a port inherit it from the thread that binds the port, and hand it on to those of the
//! port's connections.

use std::time::Duration;

/// Runs `make_threads` on a thread that has at least the given timer slack. Afterwards the calling
/// thread has its own again, whatever happens. Does nothing where there is no such thing as slack.
pub(crate) fn with_timer_slack<R>(slack: Duration, make_threads: impl FnOnce() -> R) -> R {
    #[cfg(target_os = "linux")]
    let _raised = linux::Raised::to(slack);
    #[cfg(not(target_os = "linux"))]
    let _ = slack;
    make_threads()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::c_ulong;
    use std::marker::PhantomData;
    use std::time::Duration;

    /// Puts the calling thread's slack back when it is dropped. Never leaves the thread.
    pub(super) struct Raised {
        before: c_ulong,
        not_send: PhantomData<*const ()>,
    }

    impl Raised {
        pub(super) fn to(slack: Duration) -> Option<Self> {
            let slack = c_ulong::try_from(slack.as_nanos()).unwrap_or(c_ulong::MAX);
            // SAFETY: takes no pointer; concerns the calling thread only.
            let before = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
            // Negative is an error, or slack beyond what an int can tell, and zero means a
            // real-time thread, which has none.
            let before = c_ulong::try_from(before).ok().filter(|before| *before > 0)?;
            (slack > before && set(slack)).then_some(Self { before, not_send: PhantomData })
        }
    }

    impl Drop for Raised {
        fn drop(&mut self) {
            set(self.before);
        }
    }

    fn set(slack: c_ulong) -> bool {
        // SAFETY: takes no pointer; concerns the calling thread only.
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, slack) == 0 }
    }
}

#[cfg(all(test, target_os = "linux", not(srt_loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;

    /// Of the calling thread, in nanoseconds.
    fn slack() -> i32 {
        // SAFETY: takes no pointer; concerns the calling thread only.
        unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }
    }

    #[test]
    fn new_threads_inherit_the_slack_and_the_calling_one_gets_its_own_back() {
        let own = slack();
        let inherited =
            with_timer_slack(Duration::from_millis(7), || thread::spawn(slack).join().unwrap());
        assert_eq!((inherited, slack()), (7_000_000, own));

        let panicking = || with_timer_slack(Duration::from_millis(7), || panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        assert_eq!(slack(), own);
    }

    #[test]
    fn a_thread_with_more_slack_keeps_it() {
        with_timer_slack(Duration::from_millis(7), || {
            with_timer_slack(Duration::ZERO, || assert_eq!(slack(), 7_000_000));
            with_timer_slack(Duration::from_millis(3), || assert_eq!(slack(), 7_000_000));
        });
    }
}
