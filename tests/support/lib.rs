//! What the tests, examples and benchmarks share.
//!
//! - `allocations`: a global allocator that counts
//! - `pair`: two ends of a connection on loopback
//! - `programs`: other people's programs as peers
//! - `proxy`: a UDP relay that loses packets
//! - `raw`: SRT packets, made by hand
//! - `tap`: a UDP relay that shows what passes and adds to it
//! - `transmit`: the example of that name
//! - `ts`: MPEG-TS, made and checked

pub mod allocations;
pub mod pair;
pub mod programs;
pub mod proxy;
pub mod raw;
pub mod tap;
pub mod transmit;
pub mod ts;
