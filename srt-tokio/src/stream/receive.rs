//! Receiving messages, or bytes.

use std::io;
use std::task::{Context, Poll};

use bytes::BufMut;
use tokio::io::ReadBuf;

use super::SrtStream;
use super::leftover::Fit;
use crate::reactor::Direction;

/// # Receiving
impl SrtStream {
    /// Receives one message, or in [`FileStream`](crate::TransmissionMode::FileStream) mode as many bytes
    /// as there are, and returns its length. 0 is the end: the peer has closed the connection, or in
    /// live mode is gone, and everything playable has been received. It is no proof that everything that
    /// was sent has arrived: see [the end](crate#the-end).
    ///
    /// A buffer of 1456 bytes takes any live message straight from libsrt; a smaller one costs a
    /// copy.
    ///
    /// # Errors
    ///
    /// - [`Error::BufferTooSmall`](crate::Error::BufferTooSmall) if the message does not fit. It is kept for the next call.
    /// - [`Error::ConnectionLost`](crate::Error::ConnectionLost) in the file modes. Where messages are used, libsrt does not tell
    ///   a regular end from a loss, so both are reported as this error. In `FileStream` mode it does
    ///   until it gives up the connection, at least once a second and in 1.5.5 whenever another
    ///   socket is closed. An end just before that is reported as a regular one if the peer was
    ///   heard of within the [idle timeout](crate::SrtOptions::peer_idle_timeout), and as a loss if
    ///   nothing but keep-alives had come for longer.
    /// - [`Error::Closed`](crate::Error::Closed) once this side has closed the stream.
    /// - [`ErrorCode::Thread`](crate::ErrorCode::Thread) if nothing has ever been received, after some
    ///   seconds, and the system refuses threads to this process: libsrt has one to deliver a
    ///   connection's packets at their time, starts it when the first one arrives, and discards them
    ///   without it. The connection stands, and a later call receives once there is a thread.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was received.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let mut buffer = [0; 1456];
    /// loop {
    ///     let received = stream.recv(&mut buffer).await?;
    ///     if received == 0 {
    ///         break;
    ///     }
    ///     println!("{received} bytes");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_recv")]
    #[doc(alias = "srt_recvmsg")]
    #[doc(alias = "srt_recvmsg2")]
    #[doc(alias = "SRTO_RCVTIMEO")]
    pub async fn recv(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        self.recv_buf(&mut buffer).await
    }

    /// As [`recv`](Self::recv), appending to `buffer`, which grows if it can and has to.
    ///
    /// # Errors
    ///
    /// As `recv`; [`Error::BufferTooSmall`](crate::Error::BufferTooSmall) only if the buffer cannot grow.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was received.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use bytes::BytesMut;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let mut file = tokio::fs::File::create("recording.ts").await?;
    /// // Records with one write for all that there is.
    /// let mut buffer = BytesMut::new();
    /// while stream.recv_buf(&mut buffer).await? > 0 {
    ///     while stream.try_recv_buf(&mut buffer).is_ok_and(|received| received > 0) {}
    ///     file.write_all(&buffer).await?;
    ///     buffer.clear();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_buf(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        let receive = |ready| self.receive(ready, buffer, Fit::Whole);
        Ok(self.registration.io(Direction::Read, receive).await?)
    }

    /// As [`recv`](Self::recv), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv`, and `WouldBlock` if there is nothing to receive.
    pub fn try_recv(&self, mut buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv_buf(&mut buffer)
    }

    /// As [`recv_buf`](Self::recv_buf), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv_buf`, and `WouldBlock` if there is nothing to receive.
    pub fn try_recv_buf(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        let receive = |ready| self.receive(ready, buffer, Fit::Whole);
        Ok(self.registration.try_io(Direction::Read, receive)?)
    }

    /// As [`recv`](Self::recv), for use in hand-written futures. Only the waker of the latest call
    /// of a receiving `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, task::{Context, Poll, ready}};
    /// use srt_tokio::SrtStream;
    /// use tokio::io::ReadBuf;
    ///
    /// /// Sends back the messages that it receives.
    /// struct Echo {
    ///     stream: SrtStream,
    ///     buffer: [u8; 1456],
    ///     /// The length of a message in the buffer that is still to be sent.
    ///     held: usize,
    /// }
    ///
    /// impl Echo {
    ///     fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    ///         loop {
    ///             if self.held > 0 {
    ///                 ready!(self.stream.poll_send(cx, &self.buffer[..self.held]))?;
    ///                 self.held = 0;
    ///             }
    ///             let mut buffer = ReadBuf::new(&mut self.buffer);
    ///             self.held = ready!(self.stream.poll_recv(cx, &mut buffer))?;
    ///             if self.held == 0 {
    ///                 return Poll::Ready(Ok(()));
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.poll_receive(cx, buffer, Fit::Whole)
    }

    /// Waits until a receive is worth trying. It may still find nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`](crate::Error::Closed) once this side has closed the stream. Whatever else is wrong, the receive
    /// tells.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. Once it was ready it stays so until a receive has taken what there is.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::io::ErrorKind;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let mut buffer = [0; 1456];
    /// loop {
    ///     stream.readable().await?;
    ///     match stream.try_recv(&mut buffer) {
    ///         Ok(0) => break,
    ///         Ok(received) => println!("{received} bytes"),
    ///         Err(error) if error.kind() == ErrorKind::WouldBlock => {}
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_epoll_add_usock")]
    #[doc(alias = "srt_epoll_uwait")]
    #[doc(alias = "srt_epoll_wait")]
    #[doc(alias = "SRT_EPOLL_IN")]
    pub async fn readable(&self) -> io::Result<()> {
        Ok(self.registration.ready(Direction::Read).await?)
    }

    /// As [`readable`](Self::readable). Only the waker of the latest call of a receiving `poll_*`
    /// method is woken.
    ///
    /// # Errors
    ///
    /// As `readable`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{future::poll_fn, io, task::Poll};
    /// use srt_tokio::SrtStream;
    ///
    /// /// Waits for a stream on which a receive is worth trying.
    /// async fn any_readable(streams: &[SrtStream]) -> io::Result<&SrtStream> {
    ///     poll_fn(|cx| {
    ///         for stream in streams {
    ///             if stream.poll_recv_ready(cx)?.is_ready() {
    ///                 return Poll::Ready(Ok(stream));
    ///             }
    ///         }
    ///         Poll::Pending
    ///     })
    ///     .await
    /// }
    /// ```
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.registration.poll_ready(cx, Direction::Read).map_err(Into::into)
    }
}
