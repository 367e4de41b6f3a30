//! What is known of a connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::SrtStream;
use crate::group::SrtGroup;
use crate::options::{StreamId, TransmissionMode};
use crate::stats::Stats;

/// # The connection
impl SrtStream {
    /// The local address.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    #[doc(alias = "srt_getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// The peer's address.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    #[doc(alias = "srt_getpeername")]
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }

    /// Which of the listener's [shards](crate::SrtListenerBuilder::shards) has accepted the stream,
    /// from 0; it is 0 if the listener has one only. `None` if this side has connected.
    ///
    /// libsrt's threads of the first shard serve the streams of shard 0, and so on, so a program that
    /// has [pinned](crate::SrtListenerBuilder::pin_shards) them learns here where the packets of a
    /// stream come from.
    ///
    /// ```
    /// use srt_tokio::{SrtListener, SrtStream};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::bind("127.0.0.1:0").await?;
    /// let caller = SrtStream::connect(listener.local_addr()?).await?;
    /// let (accepted, _) = listener.accept().await?;
    /// assert_eq!(accepted.shard(), Some(0));
    /// assert_eq!(caller.shard(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shard(&self) -> Option<usize> {
        self.shard
    }

    /// What the caller has asked for, on both sides of the connection. Empty if it has not.
    #[doc(alias = "SRTO_STREAMID")]
    pub fn stream_id(&self) -> &StreamId {
        &self.stream_id
    }

    /// The latency of the receiving direction, as negotiated: that of
    /// [`receive_latency`](Self::receive_latency), also when the connection is gone.
    #[doc(alias = "SRTO_RCVLATENCY")]
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// How the connection cuts up and times data.
    ///
    /// ```no_run
    /// use srt_tokio::{SrtStream, TransmissionMode};
    /// use tokio::io::AsyncWrite;
    ///
    /// async fn save(mut stream: SrtStream, mut file: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    ///     if stream.transmission_mode() == TransmissionMode::FileStream {
    ///         tokio::io::copy(&mut stream, &mut file).await?;
    ///         return Ok(());
    ///     }
    ///     let mut message = vec![0; stream.max_receive_size()];
    ///     loop {
    ///         match stream.recv(&mut message).await? {
    ///             0 => return Ok(()),
    ///             len => println!("a message of {len} bytes"),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn transmission_mode(&self) -> TransmissionMode {
        self.mode
    }

    /// The greatest message that can be received, in bytes. A buffer of this size spares
    /// [`recv`](Self::recv) a copy.
    #[doc(alias = "SRTO_MSS")]
    pub fn max_receive_size(&self) -> usize {
        self.limits.receive
    }

    /// The greatest message that can be sent, in bytes.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let data = [0x47; 188 * 100];
    /// // Whole packets of MPEG-TS, as many as fit.
    /// for message in data.chunks(stream.max_send_size() / 188 * 188) {
    ///     stream.send(message).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_PAYLOADSIZE")]
    pub fn max_send_size(&self) -> usize {
        self.limits.send
    }

    /// Takes a snapshot of the statistics.
    ///
    /// After the end of the connection it is the last one that was taken: if this side has closed
    /// it, just before that; if the peer has, or it broke, about a second before the end at most, as
    /// libsrt then gives no new ones. Three seconds it may be if nothing had come or gone before them.
    /// [`close_reason`](Self::close_reason) tells whether the connection stands.
    ///
    /// In live mode, the packets and bytes received since are counted as they are delivered, so that
    /// these counters never show less than what was received from the stream. The
    /// [`age`](Stats::age) is that at the end, and
    /// [`receive_buffer_packets`](Stats::receive_buffer_packets) counts what is still to be received.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because what asks a library may fail in the future.
    #[doc(alias = "srt_bistats")]
    #[doc(alias = "srt_bstats")]
    pub fn stats(&self) -> io::Result<Stats> {
        Ok(self.registration.stats()?)
    }

    /// The group of connections that this stream consists of. `None` if it is a single one.
    #[doc(alias = "srt_groupof")]
    pub fn group(&self) -> Option<SrtGroup<'_>> {
        self.roster.as_ref().map(|roster| SrtGroup::new(&self.registration, roster))
    }
}
