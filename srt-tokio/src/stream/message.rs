//! Messages with what goes with them: times, numbers, and how they are sent.

use std::io;
use std::sync::PoisonError;
use std::task::{Context, Poll};

use super::SrtStream;
use crate::error::{Error, ErrorCode};
use crate::message::{Message, PacketSequence, SendOptions, Sent, SourceTime};
use crate::options::TransmissionMode;
use crate::reactor::{Attempt, Direction};
use crate::sys::{Moved, can_expire_messages};

impl SrtStream {
    /// Receives one message with its source time and its numbers. `None` is the end, where
    /// [`recv`](Self::recv) returns 0.
    ///
    /// Messages are slices of memory that some of them share, as those of
    /// [`recv_many`](Self::recv_many).
    ///
    /// # Errors
    ///
    /// As `recv`, and [`Error::NoMessages`] in [`FileStream`](TransmissionMode::FileStream) mode.
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
    /// while let Some(message) = stream.recv_msg().await? {
    ///     println!("packet {}: {} bytes", message.packet_sequence, message.data.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_recvmsg2")]
    #[doc(alias = "SRT_MSGCTRL")]
    pub async fn recv_msg(&self) -> io::Result<Option<Message>> {
        self.check_messages()?;
        Ok(self.registration.io(Direction::Read, |_| self.receive_message()).await?)
    }

    /// As [`recv_msg`](Self::recv_msg), without waiting.
    ///
    /// # Errors
    ///
    /// As `recv_msg`, and `WouldBlock` if there is nothing to receive.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::io;
    /// use srt_tokio::{SendOptions, SrtStream};
    ///
    /// /// Passes on what has come, until `WouldBlock` says that there is no more.
    /// fn fan_out(from: &SrtStream, viewers: &[SrtStream]) -> io::Result<()> {
    ///     while let Some(message) = from.try_recv_msg()? {
    ///         for viewer in viewers {
    ///             // One that is slow loses messages, rather than keep the others waiting.
    ///             let _ = viewer.try_send_msg(&message.data, &SendOptions::from(&message));
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn try_recv_msg(&self) -> io::Result<Option<Message>> {
        self.check_messages()?;
        Ok(self.registration.try_io(Direction::Read, |_| self.receive_message())?)
    }

    /// As [`recv_msg`](Self::recv_msg), for use in hand-written futures. Only the waker of the
    /// latest call of a receiving `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `recv_msg`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, task::{Context, Poll, ready}};
    /// use srt_tokio::{Message, SendOptions, SrtStream};
    ///
    /// /// Passes messages on, each with its source time.
    /// struct Relay {
    ///     from: SrtStream,
    ///     to: SrtStream,
    ///     held: Option<Message>,
    /// }
    ///
    /// impl Relay {
    ///     fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    ///         loop {
    ///             if let Some(message) = &self.held {
    ///                 let options = SendOptions::from(message);
    ///                 ready!(self.to.poll_send_msg(cx, &message.data, &options))?;
    ///                 self.held = None;
    ///             }
    ///             let received = ready!(self.from.poll_recv_msg(cx))?;
    ///             if received.is_none() {
    ///                 return Poll::Ready(Ok(()));
    ///             }
    ///             self.held = received;
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_recv_msg(&self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Message>>> {
        self.check_messages()?;
        let receive = |_| self.receive_message();
        self.registration.poll_io(cx, Direction::Read, receive).map_err(Into::into)
    }

    /// As [`send`](Self::send), with a time to live, a source time or out of order, and returns how
    /// the message was numbered.
    ///
    /// # Errors
    ///
    /// As `send`, and
    ///
    /// - [`Error::NoMessages`] in [`FileStream`](TransmissionMode::FileStream) mode.
    /// - [`Error::SourceTimeTooEarly`] if the message is from a time before the start of the
    ///   connection. A gateway that meets this, because it had received the message before it was
    ///   connected on the other side, can send it without a source time.
    /// - [`Error::Unsupported`] if the message has a [time to live](SendOptions::ttl) and libsrt is one
    ///   of the versions 1.5.5 and later before 1.6.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was sent.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::SendOptions;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// // Of no use to anybody after half a second.
    /// let mut options = SendOptions::new();
    /// options.ttl(Duration::from_millis(500));
    /// let sent = stream.send_msg(b"cursor 17 23", &options).await?;
    /// println!("message {}", sent.message_number);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_sendmsg")]
    #[doc(alias = "srt_sendmsg2")]
    #[doc(alias = "SRT_MSGCTRL")]
    pub async fn send_msg(&self, data: &[u8], options: &SendOptions) -> io::Result<Sent> {
        self.check_messages()?;
        self.check_message(data.len())?;
        let transmit = |_| self.transmit_with(data, options);
        Ok(self.registration.io(Direction::Write, transmit).await?)
    }

    /// As [`send_msg`](Self::send_msg), without waiting.
    ///
    /// # Errors
    ///
    /// As `send_msg`, and `WouldBlock` if there is no room.
    pub fn try_send_msg(&self, data: &[u8], options: &SendOptions) -> io::Result<Sent> {
        self.check_messages()?;
        self.check_message(data.len())?;
        let transmit = |_| self.transmit_with(data, options);
        Ok(self.registration.try_io(Direction::Write, transmit)?)
    }

    /// As [`send_msg`](Self::send_msg), for use in hand-written futures. Only the waker of the
    /// latest call of a sending `poll_*` method is woken.
    ///
    /// # Errors
    ///
    /// As `send_msg`.
    pub fn poll_send_msg(
        &self,
        cx: &mut Context<'_>,
        data: &[u8],
        options: &SendOptions,
    ) -> Poll<io::Result<Sent>> {
        self.check_messages()?;
        self.check_message(data.len())?;
        let transmit = |_| self.transmit_with(data, options);
        self.registration.poll_io(cx, Direction::Write, transmit).map_err(Into::into)
    }

    fn check_messages(&self) -> io::Result<()> {
        match self.mode {
            TransmissionMode::FileStream => Err(Error::NoMessages.into()),
            _ => Ok(()),
        }
    }

    fn receive_message(&self) -> Attempt<Option<Message>> {
        let mut slab = self.slab.lock().unwrap_or_else(PoisonError::into_inner);
        self.receive_bytes(&mut slab, |data, received: Moved| {
            let Moved { packet_sequence, message_number, source_time, .. } = received;
            (!data.is_empty()).then(|| Message {
                data,
                source_time: SourceTime::received(source_time).filter(|_| self.is_timed()),
                packet_sequence: PacketSequence::new(packet_sequence),
                message_number: message_number as u32,
            })
        })
    }

    fn transmit_with(&self, data: &[u8], options: &SendOptions) -> Attempt<Sent> {
        let how = options.sending(self.is_timed());
        if how.expires() && !can_expire_messages() {
            let feature = "a message's time to live";
            let needs =
                "a libsrt before 1.5.5, or 1.6: this one may then send to the peer without end";
            return Attempt::Done(Err(Error::Unsupported { feature, needs }));
        }
        let sent = match self.transmit::<Moved>(data, &how) {
            // Its size is as it should be, so there is one thing left that libsrt may dislike.
            Attempt::Done(Err(Error::Library { code: ErrorCode::MessageApi, .. }))
                if self.is_timed() && options.own_source_time().is_some() =>
            {
                Attempt::Done(Err(Error::SourceTimeTooEarly))
            }
            sent => sent,
        };
        sent.map(|sent| Sent {
            packet_sequence: PacketSequence::new(sent.packet_sequence),
            message_number: sent.message_number as u32,
        })
    }

    /// Whether packets are delivered at their times.
    fn is_timed(&self) -> bool {
        self.mode == TransmissionMode::Live
    }
}
