//! Messages, and what goes with their data.
//!
//! - this file: a message as it is received, and what is known of one that was sent
//! - `send_options`: how to send one
//! - `sequence`: the numbers of packets
//! - `source_time`: points in time on libsrt's clock

mod send_options;
mod sequence;
mod source_time;

use bytes::Bytes;

pub use send_options::SendOptions;
pub use sequence::PacketSequence;
pub use source_time::SourceTime;

/// A received message, from [`SrtStream::recv_msg`](crate::SrtStream::recv_msg).
#[doc(alias = "SRT_MSGCTRL")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// What was sent. A slice of memory that it shares with some messages before and after it: to
    /// keep it for long, copy it.
    pub data: Bytes,
    /// When the message was to be delivered: the time at which the sender had it, on this machine's
    /// clock, and the latency. Two of them are as far apart as the sender's messages were.
    ///
    /// In live mode only. libsrt 1.5.1 does not tell it for messages that are delivered after the
    /// peer has closed the connection.
    #[doc(alias = "srctime")]
    pub source_time: Option<SourceTime>,
    /// The number of the packet that the message came in, or of its last one if it had several. In
    /// live mode a gap means that packets were lost, or dropped as too late.
    #[doc(alias = "pktseq")]
    pub packet_sequence: PacketSequence,
    /// The number of the message among those of the connection, of which the first is 1. It starts
    /// over at 1 after some tens of millions. A message that the packet filter has rebuilt has lost its
    /// number, and has 1.
    #[doc(alias = "msgno")]
    pub message_number: u32,
}

/// How a message was numbered, from [`SrtStream::send_msg`](crate::SrtStream::send_msg).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sent {
    /// The number of the packet that the message goes in, or of its first one if it has several.
    #[doc(alias = "pktseq")]
    pub packet_sequence: PacketSequence,
    /// The number of the message among those sent, as the peer will see it.
    #[doc(alias = "msgno")]
    pub message_number: u32,
}
