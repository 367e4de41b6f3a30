//! Receiving many messages at once, into memory that they share.

use std::io;
use std::sync::PoisonError;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use super::SrtStream;
use super::leftover::Fit;
use crate::reactor::{Attempt, Direction};
use crate::sys::Receipt;

/// Messages of full size that one allocation has room for.
const SLAB_MESSAGES: usize = 64;

/// Larger messages get an allocation each: a slab for them would have to be huge, as libsrt wants
/// room for the largest.
const MAX_IN_SLAB: usize = 64 * 1024;

impl SrtStream {
    /// Receives what there is, up to `limit` messages, appends them to `messages`, and returns how
    /// many they are. Waits until there is at least one. 0 is the end, as for [`recv`](Self::recv),
    /// or a `limit` of 0. In [`FileStream`](crate::TransmissionMode::FileStream) mode a message is
    /// as many bytes as there are.
    ///
    /// Where packets come in bunches, be it for [`Moderation`](crate::Moderation) or a high bitrate,
    /// this costs one wake-up a bunch. In live mode 64 messages are slices of one allocation, which
    /// is used again once all of them are dropped. To keep a message for long, copy it, as it keeps
    /// all of the 64 in memory. Pieces of a byte stream are cut from the same amount of memory. In
    /// [`FileMessage`](crate::TransmissionMode::FileMessage) mode each message has an allocation of
    /// its own if the receive buffer has more than 64 KiB.
    ///
    /// # Errors
    ///
    /// As `recv`. What was received before the error is returned first.
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
    /// let mut messages = Vec::with_capacity(64);
    /// while stream.recv_many(&mut messages, 64).await? > 0 {
    ///     for message in messages.drain(..) {
    ///         println!("{} bytes", message.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_recvmsg2")]
    pub async fn recv_many(&self, messages: &mut Vec<Bytes>, limit: usize) -> io::Result<usize> {
        if limit == 0 {
            return Ok(0);
        }
        let receive = |_| self.receive_many(messages, limit);
        Ok(self.registration.io(Direction::Read, receive).await?)
    }

    /// As [`recv_many`](Self::recv_many), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv_many`, and `WouldBlock` if there is nothing to receive.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::SrtStream;
    /// use tokio::time::{Duration, interval};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let streams: Vec<SrtStream> = Vec::new();
    /// // A mixer, which takes from each of its inputs what has come since the last frame.
    /// let mut frames = interval(Duration::from_millis(20));
    /// let mut messages = Vec::new();
    /// loop {
    ///     frames.tick().await;
    ///     for stream in &streams {
    ///         match stream.try_recv_many(&mut messages, 64) {
    ///             Ok(received) => println!("{received} messages"),
    ///             Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
    ///             Err(error) => return Err(error),
    ///         }
    ///     }
    ///     messages.clear();
    /// }
    /// # }
    /// ```
    pub fn try_recv_many(&self, messages: &mut Vec<Bytes>, limit: usize) -> io::Result<usize> {
        if limit == 0 {
            return Ok(0);
        }
        let receive = |_| self.receive_many(messages, limit);
        Ok(self.registration.try_io(Direction::Read, receive)?)
    }

    /// As [`recv_many`](Self::recv_many), for use in hand-written futures. Only the waker of the
    /// latest call of a receiving `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `recv_many`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{future::poll_fn, io, task::Poll};
    /// use bytes::Bytes;
    /// use srt_tokio::SrtStream;
    ///
    /// /// Receives from whichever stream has something.
    /// async fn recv_any(streams: &[SrtStream], messages: &mut Vec<Bytes>) -> io::Result<usize> {
    ///     poll_fn(|cx| {
    ///         for stream in streams {
    ///             let received = stream.poll_recv_many(cx, messages, 64);
    ///             if received.is_ready() {
    ///                 return received;
    ///             }
    ///         }
    ///         Poll::Pending
    ///     })
    ///     .await
    /// }
    /// ```
    pub fn poll_recv_many(
        &self,
        cx: &mut Context<'_>,
        messages: &mut Vec<Bytes>,
        limit: usize,
    ) -> Poll<io::Result<usize>> {
        if limit == 0 {
            return Poll::Ready(Ok(0));
        }
        let receive = |_| self.receive_many(messages, limit);
        self.registration.poll_io(cx, Direction::Read, receive).map_err(Into::into)
    }

    fn receive_many(&self, messages: &mut Vec<Bytes>, limit: usize) -> Attempt<usize> {
        let mut slab = self.slab.lock().unwrap_or_else(PoisonError::into_inner);
        let mut received = 0;
        // Readiness goes with the last message that libsrt has, so that a receive hardly ever finds
        // nothing.
        while received < limit && self.registration.is_ready(Direction::Read) {
            match self.receive_bytes(&mut slab, |message, _: usize| message) {
                Attempt::Done(Ok(message)) if !message.is_empty() => messages.push(message),
                // To come again with the next call.
                _ if received > 0 => break,
                Attempt::Done(ended) => return Attempt::Done(ended.map(|_| 0)),
                Attempt::WouldBlock => return Attempt::WouldBlock,
                Attempt::RetrySoon => return Attempt::RetrySoon,
            }
            received += 1;
        }
        if received == 0 { Attempt::WouldBlock } else { Attempt::Done(Ok(received)) }
    }

    /// Receives one message into memory of its own, or of the slab's, and has it `made` into what it is
    /// wanted for.
    #[inline]
    pub(super) fn receive_bytes<R: Receipt, T>(
        &self,
        slab: &mut Slab,
        made: impl FnOnce(Bytes, R) -> T,
    ) -> Attempt<T> {
        // Taken anew for each message: an event since the last one is then seen.
        let ready = self.registration.snapshot();
        let size = self.limits.receive.max(self.limits.packet);
        if size > MAX_IN_SLAB {
            let mut message = BytesMut::new();
            let received = self.receive(ready, &mut message, Fit::Whole);
            return received.map(|received| made(message.freeze(), received));
        }
        let received = self.receive(ready, slab.room(size), Fit::Whole);
        received.map(|received| made(slab.take(), received))
    }
}

/// Memory that received messages are cut from.
#[derive(Default)]
pub(super) struct Slab(BytesMut);

impl Slab {
    /// Room for one more message of up to `size` bytes.
    fn room(&mut self, size: usize) -> &mut BytesMut {
        if self.0.capacity() < size {
            // Takes back the memory that it had if nobody holds a message in it any more.
            self.0.reserve(size * SLAB_MESSAGES);
        }
        &mut self.0
    }

    fn take(&mut self) -> Bytes {
        self.0.split().freeze()
    }
}
