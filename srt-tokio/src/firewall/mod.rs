//! The firewall: drops malformed datagrams in the kernel, before libsrt parses them.
//!
//! Released versions of libsrt can be crashed, or made to allocate gigabytes, by single datagrams from
//! peers that have not authenticated. On Linux, this library makes the UDP sockets of libsrt itself, and
//! attaches a classic BPF program to them that lets only well-formed SRT packets pass.
//!
//! - `policy`: what the user chooses
//! - `limits`: the limits of one UDP port
//! - `definition`: which datagrams are well-formed SRT packets; the only place that says so
//! - `rule`: the terms of the definition, and their evaluation in Rust
//! - `program`: the BPF program made from a definition
//! - `port`: UDP ports with the program attached, and how many datagrams they dropped

/// The target of this module's events.
const TARGET: &str = "srt_tokio::firewall";

#[cfg(target_os = "linux")]
mod definition;
mod limits;
mod policy;
mod port;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod rule;
#[cfg(all(test, target_os = "linux", not(srt_loom)))]
mod tests;

pub(crate) use limits::Limits;
pub use policy::Firewall;
#[cfg(unix)]
pub(crate) use port::bind_acquire;
pub(crate) use port::{ClosedPorts, PortGuard, PortPolicy, bind, dropped, report_drops};
