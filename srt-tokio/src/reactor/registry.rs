//! Which source belongs to which socket id.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::source::Source;
use crate::sys::SocketId;

/// Written when a socket comes or goes, read by the reactor for each batch of events. Operations
/// never touch it: they hold their source.
#[derive(Debug, Default)]
pub(super) struct Registry(RwLock<HashMap<SocketId, Arc<Source>>>);

impl Registry {
    /// Returns whether this is the only source now.
    pub(super) fn insert(&self, id: SocketId, source: Arc<Source>) -> bool {
        let mut sources = self.write();
        sources.insert(id, source);
        sources.len() == 1
    }

    pub(super) fn remove(&self, id: SocketId) {
        let removed = self.write().remove(&id);
        drop(removed);
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, HashMap<SocketId, Arc<Source>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.read().len()
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<SocketId, Arc<Source>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
