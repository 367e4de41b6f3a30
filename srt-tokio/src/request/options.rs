//! What can be set for one connection before it is accepted.

use std::time::Duration;

use crate::error::Error;
use crate::options::{KeyLength, Passphrase, SrtOptions, TransmissionMode};
use crate::sys::RawSocket;

macro_rules! define_connection_options {
    ($($(#[$meta:meta])* $name:ident($type:ty);)*) => {
        /// Options of a single connection, for [`Decision::AcceptWith`](crate::Decision::AcceptWith).
        ///
        /// What is not set is as the listener has it. Those options of [`SrtOptions`] that are missing
        /// here are the UDP port's, which all connections share, or the caller's.
        ///
        /// libsrt goes on with the handshake after the decision, so a passphrase set here is the one
        /// that the peer must have. What libsrt refuses at this point, because it is out of range or
        /// does not go together, makes the connection fail with
        /// [`RejectReason::INTERNAL_SERVER_ERROR`](crate::RejectReason::INTERNAL_SERVER_ERROR).
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct ConnectionOptions {
            // Decisions are moved around, and most have none.
            options: Box<SrtOptions>,
        }

        impl ConnectionOptions {
            /// The listener's.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$meta])*
                #[doc = ""]
                #[doc = concat!("See [`SrtOptions::", stringify!($name), "`].")]
                pub fn $name(&mut self, value: $type) -> &mut Self {
                    self.options.$name(value);
                    self
                }
            )*
        }
    };
}

define_connection_options! {
    /// How data is cut up and timed, so that one listener can serve live streams and files. Sets the
    /// options named there anew, whatever the listener has.
    #[doc(alias = "SRTO_TRANSTYPE")]
    transmission_mode(TransmissionMode);
    /// The latency of both directions. Whole milliseconds.
    #[doc(alias = "SRTO_LATENCY")]
    latency(Duration);
    /// The latency of the receiving direction alone. Whole milliseconds.
    #[doc(alias = "SRTO_RCVLATENCY")]
    receive_latency(Duration);
    /// The least latency that the peer shall receive with. Whole milliseconds.
    #[doc(alias = "SRTO_PEERLATENCY")]
    peer_latency(Duration);
    /// What the peer must have as well.
    #[doc(alias = "SRTO_PASSPHRASE")]
    passphrase(Passphrase);
    /// The length of the key, where the caller does not choose one.
    #[doc(alias = "SRTO_PBKEYLEN")]
    key_length(KeyLength);
    /// How long the peer may be silent. Whole milliseconds.
    #[doc(alias = "SRTO_PEERIDLETIMEO")]
    peer_idle_timeout(Duration);
    /// The greatest message in live mode, in bytes.
    #[doc(alias = "SRTO_PAYLOADSIZE")]
    payload_size(usize);
    /// The most packets in flight.
    #[doc(alias = "SRTO_FC")]
    flow_window(usize);
    /// The send buffer in bytes.
    #[doc(alias = "SRTO_SNDBUF")]
    send_buffer_size(usize);
    /// The receive buffer in bytes.
    #[doc(alias = "SRTO_RCVBUF")]
    receive_buffer_size(usize);
}

impl ConnectionOptions {
    /// Sets the options on the socket of a connection that libsrt asks about.
    pub(super) fn apply(&self, socket: &RawSocket) -> Result<(), Error> {
        self.options.apply(socket)
    }
}

impl From<Passphrase> for ConnectionOptions {
    fn from(passphrase: Passphrase) -> Self {
        let mut options = Self::new();
        options.passphrase(passphrase);
        options
    }
}
