//! The options of a connection, and what it has been agreed on.

use std::io;
use std::sync::PoisonError;
use std::time::Duration;

use super::{SrtStream, is_lost};
use crate::error::Error;
use crate::message::PacketSequence;
use crate::options::{self, Encryption, Version};
use crate::reactor::{Attempt, Direction};
use crate::sys::{RawSocket, option};

impl SrtStream {
    crate::options::live_setters!(
        " on this connection. On a group it is set on all links; on those that are connected later \
         only with libsrt 1.5.5 or later."
    );

    /// Sets how long a close may take to deliver what was sent, as
    /// [`linger`](crate::SrtOptions::linger) does before the connection is made.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// // What is sent from now on may be delivered in the background after a drop, in live mode too.
    /// stream.set_linger(Duration::from_secs(2));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_LINGER")]
    pub fn set_linger(&self, linger: Duration) {
        *self.linger.lock().unwrap_or_else(PoisonError::into_inner) = Some(linger);
    }

    crate::options::option_getters!();

    /// The version of the peer's SRT library.
    ///
    /// # Errors
    ///
    /// Fails once the connection is gone.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let first = stream.initial_sequence_number()?;
    /// println!("the peer has SRT {}, and gets packets from {first} on", stream.peer_version()?);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_PEERVERSION")]
    pub fn peer_version(&self) -> io::Result<Version> {
        self.read_option(|socket| {
            Ok(Version::from_number(socket.get_i32(option::PEERVERSION)? as u32))
        })
    }

    /// The sequence number of the first packet that this side sends. What the peer receives has
    /// numbers from there on, in [`Message::packet_sequence`](crate::Message::packet_sequence).
    ///
    /// # Errors
    ///
    /// Fails once the connection is gone.
    #[doc(alias = "SRTO_ISN")]
    pub fn initial_sequence_number(&self) -> io::Result<PacketSequence> {
        self.read_option(|socket| Ok(PacketSequence::new(socket.get_i32(option::ISN)?)))
    }

    /// What the connection has come to with encryption.
    ///
    /// Keys are exchanged while a connection is made, so this is the outcome, and does not change
    /// when keys are [refreshed](crate::SrtOptions::key_refresh_rate). Only peers older than 1.3.0
    /// exchange them afterwards: see [`encryption_settled`](Self::encryption_settled).
    ///
    /// libsrt reports no event for it. To be told of a peer that sends what cannot be decrypted, watch
    /// [`Stats::packets_undecrypted`](crate::Stats::packets_undecrypted).
    ///
    /// # Errors
    ///
    /// Fails once the connection is gone.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use srt_tokio::{KeyMaterialState, SrtStream};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let stream = SrtStream::builder()
    ///     .passphrase("correct horse".parse()?)
    ///     .enforced_encryption(false)
    ///     .connect("127.0.0.1:9000")
    ///     .await?;
    /// let encryption = stream.encryption()?;
    /// if encryption.send == KeyMaterialState::BadSecret {
    ///     eprintln!("the listener has another passphrase, and cannot read what is sent");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_KMSTATE")]
    #[doc(alias = "SRTO_SNDKMSTATE")]
    #[doc(alias = "SRTO_RCVKMSTATE")]
    pub fn encryption(&self) -> io::Result<Encryption> {
        self.read_option(options::encryption)
    }

    /// As [`encryption`](Self::encryption), once the exchange of keys is over. That is at once, except
    /// with peers older than 1.3.0, where it takes a round trip; meanwhile the task is woken every
    /// 10 ms to look again, as libsrt reports no event.
    ///
    /// # Errors
    ///
    /// Fails once the connection is gone.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: waiting changes nothing.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// if !stream.encryption_settled().await?.is_secured() {
    ///     stream.close().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn encryption_settled(&self) -> io::Result<Encryption> {
        let settled = |_| match options::encryption(self.registration.socket()) {
            Ok(encryption) if !encryption.is_settled() => Attempt::RetrySoon,
            Err(error) if is_lost(&error) => Attempt::Done(Err(Error::ConnectionLost)),
            result => Attempt::from(result),
        };
        Ok(self.registration.io(Direction::Flush, settled).await?)
    }

    pub(super) fn linger(&self) -> Option<Duration> {
        *self.linger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_option<T>(&self, read: impl FnOnce(&RawSocket) -> Result<T, Error>) -> io::Result<T> {
        let socket = self.registration.socket();
        // From 1.5.5 on a group gives back what was first set on it, and refuses some options. Its
        // members know what holds.
        let member = self.roster.as_ref().and_then(|_| socket.connected_member());
        read(member.as_deref().unwrap_or(socket)).map_err(|error| self.option_error(error))
    }

    pub(crate) fn write_option(
        &self,
        write: impl Fn(&RawSocket) -> Result<(), Error>,
    ) -> io::Result<()> {
        let socket = self.registration.socket();
        let written = match &self.roster {
            Some(roster) => roster.write_option(socket, write),
            None => write(socket),
        };
        written.map_err(|error| self.option_error(error))
    }

    fn option_error(&self, error: Error) -> io::Error {
        if self.registration.is_closed() {
            Error::Closed.into()
        } else if is_lost(&error) {
            Error::ConnectionLost.into()
        } else {
            error.into()
        }
    }
}
