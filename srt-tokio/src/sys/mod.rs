//! Everything that is unsafe: the only module that names `srt_sys`. Safe functions come out of it.
//!
//! - `startup`: the library's start, and its end with the process
//! - `gate`: who is inside libsrt
//! - `socket`: a socket id that closes itself, and the calls on it
//! - `message`: sending and receiving
//! - `callback`: what libsrt asks a listener about a connection
//! - `group`: groups of connections
//! - `connect_callback`: what libsrt tells about members of a group that fail
//! - `epoll`: the event source of the reactor
//! - `option`: socket options, raw
//! - `stats`: statistics, raw
//! - `log`: log lines, raw
//! - `timer_slack`: what the threads that libsrt makes inherit of the calling one
//! - `address`: socket addresses
//! - `wakeups`: how often a thread had to be woken
//! - `udp`: UDP sockets for libsrt, and what the kernel counts of them
//! - `affinity`: the CPUs of a thread, where libsrt's threads have theirs from
//! - `error`: libsrt's error and reject codes

mod address;
#[cfg(target_os = "linux")]
mod affinity;
mod callback;
mod connect_callback;
mod epoll;
mod error;
mod gate;
mod group;
pub(crate) mod log;
mod message;
pub(crate) mod option;
mod socket;
mod startup;
mod stats;
mod timer_slack;
#[cfg(target_os = "linux")]
mod udp;
mod wakeups;

#[cfg(target_os = "linux")]
pub(crate) use affinity::pin_thread;
pub(crate) use callback::{Answer, Call, Callback, are_answers_under_way, is_answering};
pub(crate) use connect_callback::{ConnectCallback, Failure, Failures};
pub(crate) use epoll::{Epoll, Event, Events};
pub(crate) use error::{as_sent, error_number, reject_number};
pub(crate) use group::{Endpoint, MemberConfig, RawMember, is_group};
pub(crate) use message::{Moved, Receipt, Sending, can_expire_messages, clock_now};
pub(crate) use socket::{Ending, Kept, RawSocket, SocketId, State};
pub(crate) use startup::library_version;
pub(crate) use stats::RawStats;
pub(crate) use timer_slack::with_timer_slack;
#[cfg(target_os = "linux")]
pub(crate) use udp::{LentUdp, udp_drops, udp_socket};
pub(crate) use wakeups::wakeups;
