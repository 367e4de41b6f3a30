//! How a connection has ended.

use std::fmt;

use super::SrtStream;
use crate::reactor::Fate;

/// How a connection has ended, from [`SrtStream::close_reason`].
///
/// The versions of libsrt up to 1.5.5 do not tell the end that a peer makes from its silence, except in
/// [`FileStream`](crate::TransmissionMode::FileStream) mode once everything has been received. What
/// is told here follows from the statistics, and is told only where it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side has closed the connection.
    Local,
    /// The peer has closed the connection, or its process has ended in good order.
    Peer,
    /// The peer was silent for longer than the
    /// [idle timeout](crate::SrtOptions::peer_idle_timeout), or than about five seconds if that is
    /// shorter: it, or the way to it, is gone.
    TimedOut,
    /// The connection broke, and it cannot be told why. Either nothing but keep-alives had been on
    /// its way in both directions for the idle timeout, after which a close looks like silence; or
    /// libsrt had received something that it could not deal with. Also where a
    /// [group](crate::SrtGroup) has received nothing for that time: of what it sends, libsrt does not
    /// tell whether it was answered.
    Unknown,
}

impl SrtStream {
    /// How the connection has ended, `None` while it stands.
    ///
    /// The connection may have ended while messages still wait to be received. A connection that
    /// was refused never becomes a stream: that is [`Error::Rejected`](crate::Error::Rejected) from
    /// `connect`.
    ///
    /// ```no_run
    /// use srt_tokio::CloseReason;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// while stream.recv(&mut [0; 1456]).await? > 0 {}
    /// if stream.close_reason() != Some(CloseReason::Peer) {
    ///     eprintln!("the stream ended too soon");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_getsockstate")]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.registration.fate(self.peer_idle_timeout).map(|fate| match fate {
            Fate::Closed => CloseReason::Local,
            Fate::ClosedByPeer => CloseReason::Peer,
            _ if self.registration.snapshot().is_clean_end() => CloseReason::Peer,
            Fate::Silence => CloseReason::TimedOut,
            Fate::Unknown => CloseReason::Unknown,
        })
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "closed by this side",
            Self::Peer => "closed by the peer",
            Self::TimedOut => "the peer was silent for too long",
            Self::Unknown => "broken for an unknown reason",
        })
    }
}
