//! Passphrases, kept where a decision finds them without waiting.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Decision;
use super::options::ConnectionOptions;
use crate::error::RejectReason;
use crate::options::Passphrase;

/// Passphrases by the name of a user or a stream, for listeners whose peers do not all have the same.
///
/// A decision cannot wait for a database, see
/// [`on_request`](crate::SrtListenerBuilder::on_request); it can look here, while other code keeps the
/// table up to date. Names are any bytes, for example a stream id or a part of it.
///
/// A clone is another handle to the same table. Reading never waits for a change under way. A change
/// makes a copy of the table, which [`replace`](Self::replace) does not need.
///
/// ```no_run
/// use std::time::Duration;
/// use srt_tokio::{Credentials, Passphrase, SrtListener};
///
/// # async fn load() -> std::io::Result<Vec<(String, Passphrase)>> { Ok(Vec::new()) }
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let credentials = Credentials::new();
/// credentials.replace(load().await?);
///
/// let known = credentials.clone();
/// let listener = SrtListener::builder()
///     .on_request(move |request| known.decide(request.stream_id().as_bytes()))
///     .bind("0.0.0.0:9000")
///     .await?;
///
/// tokio::spawn(async move {
///     loop {
///         tokio::time::sleep(Duration::from_secs(30)).await;
///         match load().await {
///             Ok(fresh) => credentials.replace(fresh),
///             Err(error) => eprintln!("the old credentials go on: {error}"),
///         }
///     }
/// });
/// # Ok(())
/// # }
/// ```
///
/// Single entries can be changed as well:
///
/// ```
/// use srt_tokio::{Credentials, Passphrase};
///
/// # fn main() -> Result<(), srt_tokio::Error> {
/// let credentials = Credentials::new();
/// credentials.insert("studio", Passphrase::new("correct horse")?);
/// let before = credentials.insert("studio", Passphrase::new("battery staple")?);
/// assert_eq!(before, Some(Passphrase::new("correct horse")?));
///
/// credentials.remove("studio");
/// assert!(credentials.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    inner: Arc<Inner>,
}

type Table = HashMap<Box<[u8]>, Passphrase>;

#[derive(Default)]
struct Inner {
    /// Held to take or put the pointer, and for nothing that takes time.
    table: Mutex<Arc<Table>>,
    /// Held by who changes the table. Taken before `table`.
    changing: Mutex<()>,
}

impl Credentials {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the whole table at once. If a name comes twice, the latter entry counts.
    pub fn replace<N: Into<Vec<u8>>>(&self, entries: impl IntoIterator<Item = (N, Passphrase)>) {
        let entry = |(name, passphrase): (N, _)| (name.into().into_boxed_slice(), passphrase);
        let table = entries.into_iter().map(entry).collect();
        let _changing = self.changing();
        self.put(table);
    }

    /// Adds an entry, or replaces it. Returns what it was.
    pub fn insert(&self, name: impl Into<Vec<u8>>, passphrase: Passphrase) -> Option<Passphrase> {
        let name = name.into().into_boxed_slice();
        self.change(|table| table.insert(name, passphrase))
    }

    /// Removes an entry. Returns what it was. Connections that it has let in live on.
    pub fn remove(&self, name: impl AsRef<[u8]>) -> Option<Passphrase> {
        self.change(|table| table.remove(name.as_ref()))
    }

    /// The passphrase of a name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Passphrase> {
        self.table().get(name.as_ref()).cloned()
    }

    /// Takes a connection with the passphrase of a name, and rejects it with
    /// [`RejectReason::UNAUTHORIZED`] if there is no such name.
    ///
    /// Whether the peer has the same passphrase turns out after this decision; if not, libsrt rejects
    /// it with [`RejectReason::BadSecret`] or, if it has none, [`RejectReason::Unsecure`].
    pub fn decide(&self, name: impl AsRef<[u8]>) -> Decision {
        match self.get(name) {
            Some(passphrase) => Decision::AcceptWith(ConnectionOptions::from(passphrase)),
            None => Decision::Reject(RejectReason::UNAUTHORIZED),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.table().len()
    }

    /// Whether nobody has a passphrase.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn change<R>(&self, change: impl FnOnce(&mut Table) -> R) -> R {
        let _changing = self.changing();
        // Readers go on with the old one meanwhile.
        let mut table = Table::clone(&self.table());
        let result = change(&mut table);
        self.put(table);
        result
    }

    fn table(&self) -> Arc<Table> {
        self.inner.table.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, table: Table) {
        let table = Arc::new(table);
        let mut current = self.inner.table.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, table);
        drop(current);
        // Not under the lock: it may be large.
        drop(old);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.inner.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).unwrap()
    }

    #[test]
    fn entries_come_change_and_go() {
        let credentials = Credentials::new();
        let handle = credentials.clone();
        let (one, two) = (passphrase("correct horse"), passphrase("battery staple"));
        assert!(credentials.is_empty());
        assert_eq!(credentials.insert("cam1", one.clone()), None);
        assert_eq!(credentials.insert("cam1", two.clone()), Some(one.clone()));
        assert_eq!(handle.get("cam1"), Some(two.clone()));
        handle.replace([("cam2", one.clone()), ("cam2", two.clone())]);
        assert_eq!((credentials.get("cam1"), credentials.get(b"cam2")), (None, Some(two.clone())));
        assert_eq!(credentials.remove("cam2"), Some(two));
        assert_eq!(handle.len(), 0);
    }

    #[test]
    fn only_who_is_known_is_taken() {
        let credentials = Credentials::new();
        credentials.insert("cam1", passphrase("correct horse"));
        assert!(matches!(credentials.decide("cam1"), Decision::AcceptWith(_)));
        let unknown = credentials.decide("cam2");
        assert!(matches!(unknown, Decision::Reject(RejectReason::UNAUTHORIZED)), "{unknown:?}");
        assert!(!format!("{credentials:?}").contains("correct"));
    }
}
