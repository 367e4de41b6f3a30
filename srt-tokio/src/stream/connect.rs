//! How a stream comes into being.

use std::io;
use std::net::SocketAddr;

use tokio::net::ToSocketAddrs;

use super::{SrtStream, SrtStreamBuilder};
use crate::options::SrtOptions;

/// # Connecting
impl SrtStream {
    /// Connects to a listener, with libsrt's default options. A name that stands for several
    /// addresses is tried address by address.
    ///
    /// The connection has a UDP port of its own, and libsrt two threads for it. Where there are many,
    /// an [`SrtEndpoint`](crate::SrtEndpoint) saves that.
    ///
    /// # Errors
    ///
    /// - [`Error::Rejected`](crate::Error::Rejected) if the peer refuses, with the reason.
    /// - [`Error::ConnectTimedOut`](crate::Error::ConnectTimedOut) if it does not answer within 3 s, or what is set with
    ///   [`connect_timeout`](SrtStreamBuilder::connect_timeout).
    /// - What name resolution fails with.
    ///
    /// Of several addresses that a name stands for, each is tried. If all fail it is the error of the
    /// last one, but a rejection rather than anything else.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::SrtStream;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = SrtStream::connect("media.example.com:9000").await?;
    /// stream.send(&[0x47; 1316]).await?;
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_connect")]
    #[doc(alias = "srt_connect_callback")]
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::builder().connect(address).await
    }

    /// Connects to a peer that connects to this address at the same time, with libsrt's default
    /// options. For two peers behind firewalls that let replies through.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); the timeout is ten times as long. If the passphrases differ,
    /// the side that notices fails with [`BadSecret`](crate::RejectReason::BadSecret) at once, but
    /// libsrt does not tell the other, which fails when its time is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    #[doc(alias = "srt_rendezvous")]
    pub async fn rendezvous(local: SocketAddr, remote: SocketAddr) -> io::Result<Self> {
        Self::builder().local_addr(local).rendezvous(remote).await
    }

    /// A stream with options of its own.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::{SrtStream, StreamId};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = SrtStream::builder()
    ///     .latency(Duration::from_millis(250))
    ///     .stream_id(StreamId::new("live/cam1")?)
    ///     .connect("media.example.com:9000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SrtStreamBuilder {
        SrtStreamBuilder { options: SrtOptions::new(), local: None, share_port: false }
    }
}
