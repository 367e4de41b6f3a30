//! The sizes of what is carried.

/// A packet of MPEG-TS.
pub(crate) const TS_PACKET: usize = 188;

/// The default payload of a packet: seven packets of MPEG-TS, what fits into an Ethernet frame.
pub(crate) const PAYLOAD: usize = 7 * TS_PACKET;

/// Cuts data that is larger than `max`. The pieces are whole packets of MPEG-TS, seven at most, if
/// `max` has room for one.
pub(crate) fn pieces(data: &[u8], max: usize) -> impl Iterator<Item = &[u8]> {
    let piece = match max.min(PAYLOAD) / TS_PACKET {
        0 => max,
        packets => packets * TS_PACKET,
    };
    data.chunks(if data.len() <= max { max } else { piece })
}
