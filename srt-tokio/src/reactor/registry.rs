//! Which source belongs to which socket id.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::source::Source;
use crate::sys::SocketId;

/// The reactor thread's own. Nobody else looks at it, so no event is ever delivered under a lock.
pub(super) type Sources = HashMap<SocketId, Arc<Source>>;

/// Where sockets come and go. The reactor takes over what has changed before it delivers events;
/// operations never touch it: they hold their source.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// Sockets that are registered, whether the reactor knows it already or not.
    len: AtomicUsize,
    changes: Mutex<Vec<Change>>,
}

#[derive(Debug)]
enum Change {
    Add(SocketId, Arc<Source>),
    Remove(SocketId),
}

impl Registry {
    /// Returns whether this is the only source now.
    pub(super) fn insert(&self, id: SocketId, source: Arc<Source>) -> bool {
        let mut changes = self.lock();
        changes.push(Change::Add(id, source));
        self.len.fetch_add(1, Ordering::SeqCst) == 0
    }

    /// To be called once for each source inserted.
    pub(super) fn remove(&self, id: SocketId) {
        let mut changes = self.lock();
        changes.push(Change::Remove(id));
        self.len.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::SeqCst)
    }

    /// Brings `sources` up to date. `changes` is an empty buffer to trade for the filled one, so
    /// that the lock is held for no longer than that takes.
    pub(super) fn update(&self, sources: &mut Sources, changes: &mut Changes) {
        mem::swap(&mut *self.lock(), &mut changes.0);
        for change in changes.0.drain(..) {
            match change {
                Change::Add(id, source) => drop(sources.insert(id, source)),
                Change::Remove(id) => drop(sources.remove(&id)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer that [`Registry::update`] uses again and again.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Change>);
