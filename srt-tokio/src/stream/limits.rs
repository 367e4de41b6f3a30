//! How large messages can be, and when a sender that waits for room goes on.

use crate::error::Error;
use crate::options::TransmissionMode;
use crate::sys::{RawSocket, option};

/// IPv4's and UDP's headers and SRT's own, in bytes, as libsrt subtracts them from the greatest
/// size of a segment.
const HEADERS: usize = 44;

/// What libsrt counts a packet's headers as when it converts a buffer's size to packets.
const BUFFER_HEADERS: usize = 28;

/// Room in a large send buffer, in bytes, that is worth waking a sender for.
const WINDOW: usize = 256 * 1024;

/// libsrt acknowledges so many packets at a time, or every 10 ms. To wait for fewer saves nothing.
const ACKNOWLEDGED: usize = 64;

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
    /// How few packets of a full send buffer are to be left when a sender is woken. The greatest number
    /// stands for any.
    pub(super) low_water: usize,
}

impl Limits {
    pub(super) fn of(socket: &RawSocket, mode: TransmissionMode) -> Result<Self, Error> {
        let size = |option| Ok::<_, Error>(socket.get_i32(option)?.max(0) as usize);
        let packet = size(option::MSS)?.saturating_sub(HEADERS);
        // libsrt keeps it as a number of packets.
        let send_buffer = size(option::SNDBUF)? / (packet + HEADERS - BUFFER_HEADERS);
        let low_water = low_water(send_buffer, packet);
        Ok(match mode {
            TransmissionMode::Live => {
                let payload = match size(option::PAYLOADSIZE)? {
                    0 => packet,
                    payload => payload,
                };
                // libsrt wants room for a payload of this side's size, whatever the peer's is.
                let receive = packet.max(payload);
                Self { packet, send: payload, write: payload, receive, low_water: usize::MAX }
            }
            TransmissionMode::FileStream => {
                Self { packet, send: usize::MAX, write: usize::MAX, receive: 1, low_water }
            }
            TransmissionMode::FileMessage => Self {
                packet,
                send: send_buffer * packet,
                // Larger messages would have to wait for that much room at once.
                write: packet,
                receive: size(option::RCVBUF)?,
                low_water,
            },
        })
    }
}

/// How few packets of a full send buffer are to be left when a sender is woken.
fn low_water(send_buffer: usize, packet: usize) -> usize {
    // So little that a sender that only the buffer holds back, where the round trip is long, loses
    // next to nothing by what it does not use meanwhile.
    let window = (send_buffer / 32).min(WINDOW / packet.max(1));
    if window > ACKNOWLEDGED { send_buffer - window } else { usize::MAX }
}
