//! SRT (Secure Reliable Transport) for tokio, over libsrt.
//!
//! SRT carries live video and files over lossy networks. This library turns libsrt, the reference
//! implementation, into futures: one reactor thread for the whole process waits in libsrt's epoll
//! and wakes tasks. No task busy-waits, every call into libsrt is a non-blocking one, and this library
//! spawns no thread per operation or per socket.
//!
//! - [`SrtListener`] accepts connections, [`SrtStream`] is one, [`SrtSocket`] is one not connected yet.
//! - [`SrtEndpoint`] is a UDP port for many calls, or a pool of such ports.
//! - [`OwnedReadHalf`], [`OwnedWriteHalf`], [`ReadHalf`] and [`WriteHalf`] split a stream.
//! - [`SrtGroup`] is several connections that carry one stream: bonding.
//! - [`SrtOptions`] configures sockets; the builders have the same setters. [`Passphrase`],
//!   [`PacketFilter`], [`Bandwidth`] and others are the types of options.
//! - [`Encryption`] is what a connection has come to with keys.
//! - [`Message`] and [`SendOptions`] are what goes with a message's data.
//! - [`ConnectionRequest`] and [`Decision`]: a listener's say in who connects; [`AccessPolicy`] and
//!   [`Credentials`] help with it, [`ListenerEvents`] tell what came of it.
//! - [`SrtUri`] is an `srt://` URI, in one of two [dialects](UriDialect).
//! - [`AccessControl`] is what a stream id says that begins with `#!::`.
//! - [`Stats`] are a connection's statistics, [`ReactorMetrics`] the reactor's.
//! - [`CloseReason`] tells how a connection has ended.
//! - [`Moderation`] trades delivery delay for CPU time.
//! - [`CpuSet`] says where the threads of a listener may run.
//! - [`Reconnect`] is a caller that connects again.
//! - [`log`] turns libsrt's log lines into [`tracing`] events.
//! - [`Error`], [`ErrorCode`] and [`RejectReason`] tell what went wrong.
//!
//! # Quick start
//!
//! ```
//! use srt_tokio::{SrtListener, SrtStream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let listener = SrtListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//!
//! tokio::spawn(async move {
//!     let stream = SrtStream::connect(address).await?;
//!     stream.send(b"hello").await?;
//!     stream.close().await
//! });
//!
//! let (stream, peer) = listener.accept().await?;
//! let mut buffer = [0; 1500];
//! let received = stream.recv(&mut buffer).await?;
//! assert_eq!(&buffer[..received], b"hello");
//! println!("{peer} says hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Messages and bytes
//!
//! In [live mode](TransmissionMode::Live), the default, SRT carries messages of at most one packet.
//! [`recv`](SrtStream::recv) and [`send`](SrtStream::send) take and give one message each. A stream
//! is also [`AsyncRead`] and [`AsyncWrite`]: a read never cuts off a message but keeps the rest for
//! the next one, and a write is cut into messages of the payload size.
//!
//! SRT cannot carry an empty message, so a receive of 0 bytes is the end of the stream: the peer has
//! closed the connection, or in live mode is gone, which libsrt does not tell apart there. In live
//! mode packets wait in the receive buffer until it is time to play them; when the peer closes the
//! connection, those are still delivered, at their time, before the end is.
//!
//! [`recv_msg`](SrtStream::recv_msg) and [`send_msg`](SrtStream::send_msg) are for what goes with a
//! message: its time, its numbers, how long it is worth sending. [`recv_many`](SrtStream::recv_many)
//! takes all messages that there are at once, and [`messages`](SrtStream::messages) makes a `Stream`
//! and a `Sink` of them.
//!
//! # Cancel safety
//!
//! Every future of this library can be dropped at any time, and so be used in `select!` or
//! `timeout`. A receive that did not complete has taken no message, a send has sent none, an accept
//! has taken no connection, and a connect closes what it has begun.
//!
//! # Implementation
//!
//! The first socket starts a thread named `srt-reactor`. While no socket exists it is parked and
//! costs nothing; otherwise libsrt lets it look up 100 times a second even when idle. It is never
//! joined. At the end of the process a handler keeps all threads out of libsrt and closes what is
//! open before libsrt's own clean-up runs, so a program may end with sockets open, by returning
//! from `main`, by [`std::process::exit`] or by a panic. Operations that are still pending then
//! stay pending.
//!
//! A child of `fork` must not use SRT, as libsrt's threads do not exist there. Starting programs
//! with [`std::process::Command`] is fine.
//!
//! libsrt has threads of its own: two for each UDP port, one for each connection that receives in
//! live mode, and one that collects closed sockets once a second. The latter joins the threads of
//! ports that are no longer used, under a lock that other calls need. After 10 to 100 callers with
//! a port each were dropped at the same moment, calls on other streams waited for 0.08 to 0.7 s
//! (measured with libsrt 1.5.1). Accepted connections share the listener's port, and calls of an
//! [`SrtEndpoint`] that of the endpoint, and are not concerned.
//!
//! libsrt's log lines are switched off below "critical" until [`log::forward`] asks for them.
//!
//! Any tokio runtime will do, with or without its I/O and time drivers; only host names need one that
//! can block, and [`Reconnect`] and [`stats_stream`](SrtStream::stats_stream) one with a time driver.
//!
//! # Feature flags
//!
//! - `metrics`: `StatsRecorder`, which hands statistics to the recorder of the `metrics` facade.
//! - `serde`: [`Stats`] can be serialized and deserialized.
//! - `vendored`: build libsrt with cmake from the source tree that the environment variable
//!   `SRT_SOURCE_DIR` names, and link it statically, instead of using the system's.
//!
//! [`AsyncRead`]: tokio::io::AsyncRead
//! [`AsyncWrite`]: tokio::io::AsyncWrite

#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]

mod access_control;
mod cpu_set;
mod endpoint;
mod error;
mod group;
mod listener;
pub mod log;
mod message;
mod options;
mod reactor;
mod reconnect;
mod request;
mod socket;
mod split;
mod stats;
mod stream;
mod sync;
#[expect(unsafe_code, reason = "the one module that calls libsrt")]
mod sys;
mod uri;

/// The crate of the buffers that [`SrtStream::recv_buf`] and [`SrtStream::recv_many`] take, in the version
/// that they take.
#[doc(no_inline)]
pub use bytes;

pub use access_control::{
    AccessControl, AccessControlBuilder, AccessControlError, AccessMode, AccessValue, ContentType,
};
pub use cpu_set::CpuSet;
pub use endpoint::{SrtEndpoint, SrtEndpointBuilder};
pub use error::{Error, ErrorCode, RejectReason};
pub use group::{
    GroupMember, GroupType, MemberChange, MemberChanges, MemberState, MemberStatus, SrtGroup,
    SrtGroupBuilder,
};
pub use listener::{Incoming, SrtListener, SrtListenerBuilder};
pub use message::{Message, PacketSequence, SendOptions, Sent, SourceTime};
pub use options::{
    Bandwidth, CipherMode, DeviceName, Encryption, Fec, FecArq, FecLayout, KeyLength,
    KeyMaterialState, MaxBandwidth, OptionPhase, PacketFilter, Passphrase, RetransmitAlgorithm,
    SrtOptions, StreamId, TransmissionMode, Version,
};
pub use reactor::{Moderation, ReactorMetrics, moderation, reactor_metrics, set_moderation};
pub use reconnect::{Backoff, Reconnect, ReconnectState};
pub use request::{
    AccessPolicy, ConnectionOptions, ConnectionRequest, Credentials, Decision, IpNetwork,
    ListenerEvent, ListenerEvents,
};
pub use socket::SrtSocket;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
#[cfg(feature = "metrics")]
pub use stats::StatsRecorder;
pub use stats::{Stats, StatsStream};
pub use stream::{CloseReason, Messages, SrtStream, SrtStreamBuilder};

/// What the workspace's own benchmarks measure. Not part of the API.
#[cfg(feature = "__bench")]
#[doc(hidden)]
pub use reactor::bench as __bench;
pub use uri::{ConnectionMode, SrtUri, UriDialect, UriError};

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The version of the libsrt in use.
///
/// ```
/// assert!(srt_tokio::libsrt_version() >= (1, 5, 0));
/// ```
#[doc(alias = "srt_getversion")]
#[doc(alias = "SRTO_VERSION")]
pub fn libsrt_version() -> Version {
    Version::from_number(sys::library_version())
}
