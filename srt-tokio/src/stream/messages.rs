//! The messages of a stream as a `Stream` and a `Sink`.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::SrtStream;
use crate::reactor::Direction;

/// The messages of a stream, from [`SrtStream::messages`] and [`SrtStream::into_messages`].
///
/// As a [`Stream`] it yields the messages that are received, and ends where
/// [`recv`](SrtStream::recv) returns 0. In [`FileStream`](crate::TransmissionMode::FileStream) mode
/// a message is as many bytes as there are. The messages are slices of memory that up to 64 of them
/// share, so that there is one allocation for that many at most; to keep one for long, copy it.
///
/// As a [`Sink`] it sends them, each as one message; in `FileStream` mode their boundaries are lost.
/// A flush waits until libsrt has them all. A close waits until the peer has, too, but leaves the
/// connection open, as SRT cannot close one direction.
///
/// The first error is the last item of the stream. The sink goes on after a message that it has
/// refused for its size.
///
/// It holds at most one message, which it has been given and libsrt has no room for: dropping it
/// after a flush loses nothing, and received messages are never lost. To poll several of these in the
/// same direction of one stream at once makes no sense: only the latest is woken.
///
/// Made by [`new`](Self::new) it works with whatever refers to a stream: an `Arc`, or the halves.
///
/// # Examples
///
/// ```no_run
/// use futures::StreamExt;
/// use srt_tokio::SrtListener;
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = SrtListener::bind("0.0.0.0:9000").await?;
/// let (publisher, _) = listener.accept().await?;
/// let (viewer, _) = listener.accept().await?;
/// publisher.messages().forward(viewer.messages()).await?;
/// viewer.close().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Messages<S> {
    stream: S,
    /// Accepted, and not sent.
    pending: Bytes,
    ended: bool,
}

impl SrtStream {
    /// The messages of the stream as a [`Stream`] and a [`Sink`] of [`Bytes`].
    pub fn messages(&self) -> Messages<&Self> {
        Messages::new(self)
    }

    /// As [`messages`](Self::messages), for tasks that own the stream.
    ///
    /// ```no_run
    /// use bytes::Bytes;
    /// use futures::SinkExt;
    /// use srt_tokio::SrtStream;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut messages = SrtStream::connect("media.example.com:9000").await?.into_messages();
    /// messages.send(Bytes::from_static(&[0x47; 1316])).await?;
    /// println!("sent to {}", messages.get_ref().peer_addr()?);
    /// let stream = messages.into_inner();
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_messages(self) -> Messages<Self> {
        Messages::new(self)
    }
}

impl<S: AsRef<SrtStream>> Messages<S> {
    /// The messages of `stream`.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use srt_tokio::{Messages, SrtStream};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = Arc::new(SrtStream::connect("media.example.com:9000").await?);
    /// let messages = Messages::new(stream.clone());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(stream: S) -> Self {
        Self { stream, pending: Bytes::new(), ended: false }
    }

    /// What this was made of.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Gives back what this was made of. A message that was accepted but not flushed is dropped.
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn poll_send_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            match ready!(self.stream.as_ref().poll_send(cx, &self.pending)) {
                // All of it, except in a stream of bytes.
                Ok(sent) => self.pending.advance(sent),
                Err(error) => {
                    self.pending = Bytes::new();
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Shows no data.
impl<S: fmt::Debug> fmt::Debug for Messages<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("stream", &self.stream)
            .field("pending_bytes", &self.pending.len())
            .field("ended", &self.ended)
            .finish()
    }
}

impl<S: AsRef<SrtStream> + Unpin> Stream for Messages<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let stream = self.stream.as_ref();
        let receive = |_| {
            let mut slab = stream.slab.lock().unwrap_or_else(PoisonError::into_inner);
            stream.receive_bytes(&mut slab, |data, _: usize| data)
        };
        let received = ready!(stream.registration.poll_io(cx, Direction::Read, receive));
        self.ended = received.as_ref().map_or(true, Bytes::is_empty);
        Poll::Ready(match received {
            Ok(_) if self.ended => None,
            received => Some(received.map_err(Into::into)),
        })
    }
}

impl<S: AsRef<SrtStream> + Unpin> FusedStream for Messages<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S: AsRef<SrtStream> + Unpin> Sink<Bytes> for Messages<S> {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_pending(cx)
    }

    /// # Errors
    ///
    /// As [`SrtStream::send`], if the message is empty or too large.
    ///
    /// # Panics
    ///
    /// If `poll_ready` was not ready before.
    fn start_send(mut self: Pin<&mut Self>, message: Bytes) -> io::Result<()> {
        assert!(self.pending.is_empty(), "`start_send` without `poll_ready`");
        self.stream.as_ref().check_message(message.len())?;
        self.pending = message;
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_pending(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send_pending(cx))?;
        self.stream.as_ref().poll_flush_all(cx)
    }
}
