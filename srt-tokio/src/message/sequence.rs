//! The numbers of packets.

use std::fmt;

/// The number of a packet, which counts up by one from a random start, and after 2147483647 from 0.
///
/// Without an order of its own, as numbers come again: [`offset_from`](Self::offset_from) tells
/// which of two that are not too far apart is the later one.
///
/// ```
/// use srt_tokio::Message;
///
/// /// How many packets are missing between two messages of a live stream.
/// fn missing(before: &Message, after: &Message) -> i32 {
///     after.packet_sequence.offset_from(before.packet_sequence) - 1
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketSequence(u32);

/// Half of the numbers there are.
const HALF: u32 = 1 << 30;

impl PacketSequence {
    /// The greatest number, which is followed by 0.
    pub const MAX: Self = Self((1 << 31) - 1);

    pub(crate) fn new(number: i32) -> Self {
        Self(number as u32 & Self::MAX.0)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// The number of the packet that follows this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1) & Self::MAX.0)
    }

    /// How many packets this one comes after `other`; negative if it comes before. Of the two ways
    /// around, the shorter one counts.
    pub fn offset_from(self, other: Self) -> i32 {
        let ahead = self.0.wrapping_sub(other.0) & Self::MAX.0;
        if ahead < HALF { ahead as i32 } else { -((2 * HALF - ahead) as i32) }
    }
}

impl From<PacketSequence> for u32 {
    fn from(sequence: PacketSequence) -> Self {
        sequence.get()
    }
}

impl fmt::Display for PacketSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u32 = PacketSequence::MAX.0;

    /// CSeqNo.incseq of libsrt's test_seqno.cpp.
    #[test]
    fn the_number_after_the_greatest_is_0() {
        assert_eq!(PacketSequence(1).next(), PacketSequence(2));
        assert_eq!(PacketSequence(MAX - 1).next(), PacketSequence::MAX);
        assert_eq!(PacketSequence::MAX.next(), PacketSequence(0));
    }

    /// CSeqNo.seqcmp and seqoff of libsrt's test_seqno.cpp.
    #[test]
    fn offsets_go_the_shorter_way_around() {
        let offset = |from, to| PacketSequence(to).offset_from(PacketSequence(from));
        assert_eq!(offset(7, 7), 0);
        assert_eq!(offset(125, 128), 3);
        assert_eq!(offset(128, 125), -3);
        assert_eq!(offset(MAX, 0), 1);
        assert_eq!(offset(0, MAX), -1);
        assert_eq!(offset(MAX - 2, 1), 4);
        assert_eq!(offset(1, MAX - 2), -4);
        assert_eq!(offset(0, HALF - 1), HALF as i32 - 1);
        assert_eq!(offset(HALF - 1, 0), 1 - HALF as i32);
        assert_eq!(offset(0, HALF), -(HALF as i32));
    }

    #[test]
    fn what_libsrt_gives_is_a_number() {
        assert_eq!(PacketSequence::new(MAX as i32).get(), MAX);
        assert_eq!(u32::from(PacketSequence::new(5)), 5);
        assert_eq!(PacketSequence::new(5).to_string(), "5");
    }
}
