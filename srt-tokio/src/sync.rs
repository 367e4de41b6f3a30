//! The synchronisation primitives of the readiness code: std's, or loom's when it is model-checked.
//!
//! Loom runs are built with `--cfg srt_loom` rather than the customary `--cfg loom`, because the
//! latter also switches tokio to its mocked build, which has no network.

#[cfg(srt_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard, atomic::AtomicUsize};
#[cfg(not(srt_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic::AtomicUsize};

/// Locks without poisoning. What a panic can interrupt under this lock, a waker's clone, happens
/// before anything is changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
