//! Amounts of data per second.

use std::fmt;

/// The greatest number that libsrt takes.
const MAX: u64 = i64::MAX as u64;

/// An amount of data per second.
///
/// libsrt counts bytes where people say bits, so the unit is always part of the name here.
///
/// ```
/// use srt_tokio::Bandwidth;
///
/// let bandwidth = Bandwidth::from_megabits_per_second(8);
/// assert_eq!(bandwidth, Bandwidth::from_bytes_per_second(1_000_000));
/// assert_eq!(bandwidth, Bandwidth::from_kilobits_per_second(8_000));
/// assert_eq!(bandwidth, Bandwidth::from_bits_per_second(8_000_000));
/// assert_eq!(bandwidth.to_string(), "8000000 bit/s");
///
/// // A quarter more.
/// let more = Bandwidth::from_bytes_per_second(bandwidth.bytes_per_second() * 5 / 4);
/// assert_eq!(more.bits_per_second(), 10_000_000);
/// assert!(Bandwidth::ZERO.is_zero() && !more.is_zero());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bandwidth {
    bytes_per_second: u64,
}

impl Bandwidth {
    /// Nothing.
    pub const ZERO: Self = Self::from_bytes_per_second(0);

    /// No more than 2<sup>63</sup> - 1, which is the most that libsrt can represent.
    pub const fn from_bytes_per_second(bytes: u64) -> Self {
        Self { bytes_per_second: if bytes > MAX { MAX } else { bytes } }
    }

    /// Rounded up to bytes.
    pub const fn from_bits_per_second(bits: u64) -> Self {
        Self::from_bytes_per_second(bits.div_ceil(8))
    }

    /// A kilobit is a thousand bits.
    pub const fn from_kilobits_per_second(kilobits: u64) -> Self {
        Self::from_bits_per_second(kilobits.saturating_mul(1_000))
    }

    /// A megabit is a million bits.
    pub const fn from_megabits_per_second(megabits: u64) -> Self {
        Self::from_bits_per_second(megabits.saturating_mul(1_000_000))
    }

    /// Of what is measured. A number that is none, or below zero, is nothing.
    pub(crate) fn measured(bytes_per_second: f64) -> Self {
        // The conversion saturates.
        Self::from_bytes_per_second(bytes_per_second.round() as u64)
    }

    /// In bytes per second.
    pub const fn bytes_per_second(self) -> u64 {
        self.bytes_per_second
    }

    /// In bits per second.
    pub const fn bits_per_second(self) -> u64 {
        self.bytes_per_second.saturating_mul(8)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.bytes_per_second == 0
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bit/s", self.bits_per_second())
    }
}

/// The limit of what a connection sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaxBandwidth {
    /// No limit; libsrt's is 1 Gbit/s in live mode.
    #[default]
    Unlimited,
    /// As much as there is to send, and the
    /// [overhead](crate::SrtOptions::overhead_bandwidth) more, for packets to be repeated. What there
    /// is to send is measured, unless the [input bandwidth](crate::SrtOptions::input_bandwidth) is set.
    ///
    /// For streams of a constant rate, or nearly so.
    FollowInput,
    /// This much. Zero would stand for [`FollowInput`](Self::FollowInput) in C, and is 1 byte per
    /// second here.
    Limit(Bandwidth),
}

impl From<Bandwidth> for MaxBandwidth {
    fn from(limit: Bandwidth) -> Self {
        Self::Limit(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_converted_and_bounded() {
        assert_eq!(Bandwidth::from_bits_per_second(9).bytes_per_second(), 2);
        assert_eq!(Bandwidth::from_bits_per_second(9).bits_per_second(), 16);
        assert_eq!(Bandwidth::from_megabits_per_second(1).bytes_per_second(), 125_000);
        assert_eq!(Bandwidth::from_bytes_per_second(u64::MAX).bytes_per_second(), MAX);
        assert_eq!(Bandwidth::from_megabits_per_second(u64::MAX).bytes_per_second(), 1 << 61);
    }
}
