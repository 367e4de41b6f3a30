//! Sending messages, or bytes.

use std::io;
use std::task::{Context, Poll};

use super::SrtStream;
use crate::reactor::Direction;
use crate::sys::Sending;

/// # Sending
impl SrtStream {
    /// Sends one message, or in [`FileStream`](crate::TransmissionMode::FileStream) mode as many bytes as
    /// there is room for, and returns how many. Waits while the send buffer is full. In the file modes,
    /// if it holds 3 MiB or more, that is until a 32nd of it is free again, 256 KiB at most, or some
    /// 10 ms have passed. In live mode, packets that are too late to be of use are dropped while it waits,
    /// which [`Stats::packets_send_dropped`](crate::Stats::packets_send_dropped) counts. So there is room
    /// again after a second even if the peer takes nothing, or after the latency and the
    /// [delay of drops](crate::SrtOptions::send_drop_delay) if these are longer, unless
    /// [`too_late_drop`](crate::SrtOptions::too_late_drop) or the delay says that nothing is dropped.
    ///
    /// When it returns, libsrt has the data, but the peer may not: see [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// - [`Error::MessageTooLarge`](crate::Error::MessageTooLarge) if the message is larger than the
    ///   [payload size](crate::SrtOptions::payload_size) in live mode, or than the send buffer.
    /// - [`Error::EmptyMessage`](crate::Error::EmptyMessage) if it is empty, except in `FileStream` mode.
    /// - [`Error::ConnectionLost`](crate::Error::ConnectionLost) if the connection is broken, or closed by the peer.
    /// - [`Error::Closed`](crate::Error::Closed) once this side has closed the stream.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was sent.
    #[doc(alias = "srt_send")]
    #[doc(alias = "srt_sendmsg2")]
    #[doc(alias = "SRTO_SNDTIMEO")]
    pub async fn send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        Ok(self.registration.io(Direction::Write, transmit).await?)
    }

    /// As [`send`](Self::send), without waiting.
    ///
    /// # Errors
    ///
    /// As `send`, and `WouldBlock` if there is no room.
    pub fn try_send(&self, data: &[u8]) -> io::Result<usize> {
        self.check_message(data.len())?;
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        Ok(self.registration.try_io(Direction::Write, transmit)?)
    }

    /// As [`send`](Self::send), for use in hand-written futures. Only the waker of the latest call
    /// of a sending `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `send`.
    pub fn poll_send(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check_message(data.len()) {
            return Poll::Ready(Err(error.into()));
        }
        let transmit = |_| self.transmit(data, &Sending::PLAIN);
        self.registration.poll_io(cx, Direction::Write, transmit).map_err(Into::into)
    }

    /// Waits until a send is worth trying. It may still find no room.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) once this side has closed the stream. Whatever else is wrong, the send tells.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a send finds no room.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::io::ErrorKind;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let capture = || [0x47; 1316];
    /// loop {
    ///     stream.writable().await?;
    ///     // What is sent is the latest at the time when there is room for it.
    ///     match stream.try_send(&capture()) {
    ///         Ok(_) => {}
    ///         Err(error) if error.kind() == ErrorKind::WouldBlock => {}
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # }
    /// ```
    #[doc(alias = "srt_epoll_add_usock")]
    #[doc(alias = "srt_epoll_uwait")]
    #[doc(alias = "srt_epoll_wait")]
    #[doc(alias = "SRT_EPOLL_OUT")]
    pub async fn writable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Write).await?)
    }

    /// As [`writable`](Self::writable). Only the waker of the latest call of a sending `poll_*`
    /// method is woken.
    ///
    /// # Errors
    ///
    /// As `writable`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, task::{Context, Poll, ready}};
    /// use srt_tokio::SrtStream;
    ///
    /// /// Sends what is the latest at the time when there is room for it.
    /// fn poll_send_latest(
    ///     stream: &SrtStream,
    ///     capture: impl Fn() -> [u8; 1316],
    ///     cx: &mut Context<'_>,
    /// ) -> Poll<io::Result<()>> {
    ///     loop {
    ///         ready!(stream.poll_send_ready(cx))?;
    ///         if stream.poll_send(cx, &capture())?.is_ready() {
    ///             return Poll::Ready(Ok(()));
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_ready(cx, Direction::Write).map_err(Into::into)
    }
}
