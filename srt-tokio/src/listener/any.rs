//! Accepting from whichever of several listeners has a connection.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use super::SrtListener;
use crate::error::Error;
use crate::stream::SrtStream;

impl SrtListener {
    /// Takes the next connection of any of these listeners, and waits for one if there is none.
    ///
    /// The links of a [group](crate::SrtGroup) may go to several listeners. The group is accepted from
    /// one of them, that of the first link. libsrt 1.5.1 may take links that come to two listeners at the
    /// very same moment for those of two groups, and refuse the second one for good: connect one link
    /// first, and the others with [`connect_member`](crate::SrtGroup::connect_member).
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept), of any of the listeners, and
    /// [`Error::InvalidOption`] if there is none.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, no connection was taken.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::SrtListener;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut builder = SrtListener::builder();
    /// builder.group_connect(true);
    /// let listeners =
    ///     [builder.bind("198.51.100.1:9000").await?, builder.bind("203.0.113.1:9000").await?];
    /// let (stream, peer) = SrtListener::accept_any(&listeners).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_accept_bond")]
    pub async fn accept_any(
        listeners: impl IntoIterator<Item = &Self>,
    ) -> io::Result<(SrtStream, SocketAddr)> {
        /// Where to begin, so that a busy listener does not keep the others waiting.
        static FIRST: AtomicUsize = AtomicUsize::new(0);

        let mut listeners: Vec<_> =
            listeners.into_iter().map(|listener| (listener, listener.places())).collect();
        if listeners.is_empty() {
            let (option, reason) = ("listeners", "there is none");
            return Err(Error::InvalidOption { option, reason }.into());
        }
        let first = FIRST.fetch_add(1, Ordering::Relaxed) % listeners.len();
        listeners.rotate_left(first);
        poll_fn(|cx| {
            for (listener, places) in &mut listeners {
                let accepted = listener.poll_accept_at(cx, places);
                if accepted.is_ready() {
                    return accepted;
                }
            }
            Poll::Pending
        })
        .await
    }
}
