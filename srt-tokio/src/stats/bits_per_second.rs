//! Bandwidths as a number of bits per second, which people and other programs can read.

use serde::{Deserialize, Deserializer, Serializer};

use crate::options::Bandwidth;

pub(super) fn serialize<S: Serializer>(
    bandwidth: &Bandwidth,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(bandwidth.bits_per_second())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Bandwidth, D::Error> {
    Ok(Bandwidth::from_bits_per_second(u64::deserialize(deserializer)?))
}
