//! How large messages can be.

use crate::error::Error;
use crate::options::TransmissionMode;
use crate::sys::{RawSocket, option};

/// IPv4's and UDP's headers and SRT's own, in bytes, as libsrt subtracts them from the greatest
/// size of a segment.
const HEADERS: usize = 44;

/// What libsrt counts a packet's headers as when it converts a buffer's size to packets.
const BUFFER_HEADERS: usize = 28;

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The payload of one packet.
    pub(super) packet: usize,
    /// The greatest message that can be sent.
    pub(super) send: usize,
    /// What a single write makes into a message.
    pub(super) write: usize,
    /// The greatest message that can be received. A smaller buffer would have libsrt cut it off.
    pub(super) receive: usize,
}

impl Limits {
    pub(super) fn of(socket: &RawSocket, mode: TransmissionMode) -> Result<Self, Error> {
        let size = |option| Ok::<_, Error>(socket.get_i32(option)?.max(0) as usize);
        let packet = size(option::MSS)?.saturating_sub(HEADERS);
        Ok(match mode {
            TransmissionMode::Live => {
                let payload = match size(option::PAYLOADSIZE)? {
                    0 => packet,
                    payload => payload,
                };
                // libsrt wants room for a payload of this side's size, whatever the peer's is.
                Self { packet, send: payload, write: payload, receive: packet.max(payload) }
            }
            TransmissionMode::FileStream => {
                Self { packet, send: usize::MAX, write: usize::MAX, receive: 1 }
            }
            TransmissionMode::FileMessage => Self {
                packet,
                // Kept by libsrt as a number of packets.
                send: size(option::SNDBUF)? / (packet + HEADERS - BUFFER_HEADERS) * packet,
                // Larger messages would have to wait for that much room at once.
                write: packet,
                receive: size(option::RCVBUF)?,
            },
        })
    }
}
