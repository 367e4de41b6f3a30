//! Other people's programs as peers.
