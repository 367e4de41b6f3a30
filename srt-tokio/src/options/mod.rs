//! Typed socket options.
//!
//! - this file: the table, one entry an option, and what is made of it
//! - `values`: the types of the values
//! - `apply`: how a value becomes what libsrt wants

mod apply;
mod values;

use std::time::Duration;

use crate::error::Error;
use crate::sys::{RawSocket, option};

pub use values::{KeyLength, Passphrase, StreamId, TransmissionMode};

/// Calls `$emit!` with every option, in the order in which they must be applied: the transmission
/// mode first, as it resets others, and the flow window before the receive buffer, whose limit it is.
///
/// An entry reads: name (type) = conversion in [`apply`], option in [`sys::option`](option).
macro_rules! for_each_option {
    ($emit:ident) => {
        $emit! {
            /// How data is cut up and timed. [`Live`](TransmissionMode::Live) by default. Both
            /// sides must agree, or the connection is rejected.
            ///
            /// Sets the defaults of several other options, in libsrt's terms of `SRTO_CONGESTION`,
            /// `SRTO_MESSAGEAPI`, `SRTO_TSBPDMODE`, `SRTO_TLPKTDROP`, `SRTO_NAKREPORT`,
            /// `SRTO_LATENCY`, `SRTO_LINGER`, `SRTO_PAYLOADSIZE` and `SRTO_RETRANSMITALGO`.
            #[doc(alias = "SRTO_TRANSTYPE")]
            #[doc(alias = "SRTO_MESSAGEAPI")]
            transmission_mode(TransmissionMode) = transmission_mode, TRANSTYPE;

            /// The time between the sending of a packet and its delivery, in which losses are
            /// repaired. Whole milliseconds; 120 ms by default in live mode. Each direction takes
            /// the greater one of the two sides' wishes.
            ///
            /// Sets both [`receive_latency`](Self::receive_latency) and
            /// [`peer_latency`](Self::peer_latency).
            #[doc(alias = "SRTO_LATENCY")]
            latency(Duration) = millis, LATENCY;

            /// The latency of the receiving direction alone. Whole milliseconds; 120 ms by default
            /// in live mode.
            #[doc(alias = "SRTO_RCVLATENCY")]
            receive_latency(Duration) = millis, RCVLATENCY;

            /// The least latency that the peer shall receive with. Whole milliseconds; 0 by
            /// default.
            #[doc(alias = "SRTO_PEERLATENCY")]
            peer_latency(Duration) = millis, PEERLATENCY;

            /// Encrypts the connection. Both sides must have the same passphrase. None by default.
            ///
            /// A wrong one is refused with [`BadSecret`](crate::RejectReason::BadSecret), one on
            /// one side only with [`Unsecure`](crate::RejectReason::Unsecure).
            #[doc(alias = "SRTO_PASSPHRASE")]
            passphrase(Passphrase) = passphrase, PASSPHRASE;

            /// The length of the key, where there is a passphrase. Set it on the caller's side;
            /// the listener takes it over. AES-128 by default.
            #[doc(alias = "SRTO_PBKEYLEN")]
            key_length(KeyLength) = key_length, PBKEYLEN;

            /// What a caller asks the listener for. Empty by default; a listener ignores its own.
            #[doc(alias = "SRTO_STREAMID")]
            stream_id(StreamId) = stream_id, STREAMID;

            /// How long a caller waits for an answer. Whole milliseconds, 3 s by default; a
            /// rendezvous waits ten times as long.
            #[doc(alias = "SRTO_CONNTIMEO")]
            connect_timeout(Duration) = millis, CONNTIMEO;

            /// How long the peer may be silent until the connection counts as lost. Whole
            /// milliseconds; 5 s by default.
            #[doc(alias = "SRTO_PEERIDLETIMEO")]
            peer_idle_timeout(Duration) = millis, PEERIDLETIMEO;

            /// The greatest size of a UDP packet with its headers, in bytes: at least 76, 1500 by
            /// default. Of the two sides' sizes the smaller one is used.
            #[doc(alias = "SRTO_MSS")]
            max_segment_size(usize) = size, MSS;

            /// The greatest message in live mode, in bytes: 1 to 1456, 1316 (seven packets of
            /// MPEG-TS) by default. Not negotiated; this library receives any size. In other modes
            /// 0, which means as large as a packet can be.
            #[doc(alias = "SRTO_PAYLOADSIZE")]
            payload_size(usize) = size, PAYLOADSIZE;

            /// The most packets in flight: at least 32, 25600 by default. It also limits the
            /// receive buffer.
            #[doc(alias = "SRTO_FC")]
            flow_window(usize) = size, FC;

            /// The send buffer in bytes; 8192 packets by default. Rounded to packets.
            #[doc(alias = "SRTO_SNDBUF")]
            send_buffer_size(usize) = size, SNDBUF;

            /// The receive buffer in bytes: at least 32 packets and no more than the
            /// [`flow_window`](Self::flow_window); 8192 packets by default. Rounded to packets.
            #[doc(alias = "SRTO_RCVBUF")]
            receive_buffer_size(usize) = size, RCVBUF;

            /// How long a close may take to deliver what was sent: for
            /// [`SrtStream::close`](crate::SrtStream::close), and in the background when a stream
            /// is dropped. Zero means not at all. By default 180 s in the file modes; in live mode
            /// 3 s, or more if the latency is longer, for `close`, and nothing is sent after a drop.
            ///
            /// This library does it itself; libsrt's option is always off.
            #[doc(alias = "SRTO_LINGER")]
            linger(Duration) = nothing, LINGER;

            /// Whether a socket bound to an IPv6 address refuses IPv4. By default the wildcard
            /// address `::` takes both.
            #[doc(alias = "SRTO_IPV6ONLY")]
            ipv6_only(bool) = flag, IPV6ONLY;
        }
    };
}

macro_rules! define_options {
    ($($(#[$meta:meta])* $name:ident($type:ty) = $convert:ident, $option:ident;)*) => {
        /// Socket options, to be applied when a socket is made.
        ///
        /// What is not set keeps libsrt's default. The builders of
        /// [`SrtStream`](crate::SrtStream::builder) and
        /// [`SrtListener`](crate::SrtListener::builder) have the same setters.
        ///
        /// ```
        /// use std::time::Duration;
        /// use srt_tokio::{Passphrase, SrtOptions};
        ///
        /// # fn main() -> Result<(), srt_tokio::Error> {
        /// let mut options = SrtOptions::new();
        /// options
        ///     .latency(Duration::from_millis(200))
        ///     .passphrase(Passphrase::new("correct horse")?);
        /// # Ok(())
        /// # }
        /// ```
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct SrtOptions {
            $(pub(crate) $name: Option<$type>,)*
        }

        impl SrtOptions {
            /// Libsrt's defaults.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$meta])*
                pub fn $name(&mut self, value: $type) -> &mut Self {
                    self.$name = Some(value);
                    self
                }
            )*

            /// Sets the options on a socket that is not bound yet.
            pub(crate) fn apply(&self, socket: &RawSocket) -> Result<(), Error> {
                $(if let Some(value) = &self.$name {
                    apply::$convert(socket, option::$option, value)?;
                })*
                socket.set_linger_off()
            }
        }

        /// Gives a builder, which has its options in the field `options`, the setters of
        /// [`SrtOptions`].
        macro_rules! option_setters {
            () => {
                $(
                    $(#[$meta])*
                    pub fn $name(&mut self, value: $type) -> &mut Self {
                        self.options.$name(value);
                        self
                    }
                )*
            };
        }
        pub(crate) use option_setters;
    };
}

for_each_option!(define_options);

impl SrtOptions {
    pub(crate) fn linger_time(&self) -> Option<Duration> {
        self.linger
    }

    pub(crate) fn is_ipv6_only_set(&self) -> bool {
        self.ipv6_only.is_some()
    }
}
