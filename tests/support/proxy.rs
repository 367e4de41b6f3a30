//! A UDP relay that loses packets.
