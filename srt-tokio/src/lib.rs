//! SRT (Secure Reliable Transport) for tokio: live video and files across lossy networks.
//!
//! It is a library over libsrt, the reference implementation. One reactor thread for the whole
//! process waits for libsrt's events and wakes tasks. Every call into libsrt is a non-blocking one,
//! nothing busy-waits, and no socket and no operation has a thread of this library.
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
//! let mut buffer = [0; 1456];
//! let received = stream.recv(&mut buffer).await?;
//! assert_eq!(&buffer[..received], b"hello");
//! println!("{peer} says hello");
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! ## Connections
//!
//! - [`SrtStream`] is a connection, [`SrtListener`] accepts them. Their [`connect`](SrtStream::connect)
//!   and [`bind`](SrtListener::bind) do with libsrt's defaults; `builder` has everything else.
//! - [`SrtSocket`] is neither yet: for a local address, or a UDP socket, that comes first.
//! - [`SrtEndpoint`] is one UDP port for many calls, or a pool of ports.
//! - [`SrtGroup`] is several connections that carry one stream: bonding.
//! - [`SrtUri`] is an `srt://` URI, in one of two [dialects](UriDialect).
//! - [`Reconnect`] calls again when a connection fails or ends.
//!
//! ## Data
//!
//! - [`recv`](SrtStream::recv) and [`send`](SrtStream::send), with `try_` and `poll_` forms;
//!   [`AsyncRead`] and [`AsyncWrite`].
//! - [`recv_msg`](SrtStream::recv_msg) and [`send_msg`](SrtStream::send_msg) have what goes with a
//!   message: [`Message`], [`SendOptions`].
//! - [`recv_many`](SrtStream::recv_many) takes all that there is; [`messages`](SrtStream::messages) is
//!   a `Stream` and a `Sink`.
//! - [`split`](SrtStream::split) and [`into_split`](SrtStream::into_split) make halves, as of tokio's
//!   `TcpStream`.
//!
//! ## Options
//!
//! [`SrtOptions`] has all of libsrt's, typed, with units, defaults and ranges, and presets such as
//! [`SrtOptions::for_path`]. The builders have the same setters. What can be changed later has a
//! `set_` method on streams and listeners, and what can be read a getter.
//!
//! ## Encryption and access
//!
//! - A [`Passphrase`] on both sides encrypts; [`Encryption`] is what has come of it.
//! - A [`Firewall`] keeps malformed datagrams, some of which crash libsrt, away from it (Linux).
//! - [`StreamId`] is what a caller asks for, and [`AccessControl`] one of the standard form, `#!::`.
//! - [`on_request`](SrtListenerBuilder::on_request) takes a function from a [`ConnectionRequest`] to a
//!   [`Decision`]. [`AccessPolicy`] and [`Credentials`] decide the usual cases, [`ListenerEvents`] tell
//!   what came of each request.
//!
//! ## Watching
//!
//! - [`Stats`] of a connection, as a snapshot or at [intervals](SrtStream::stats_stream).
//! - [`CloseReason`] is how a connection has ended.
//! - [`log`] makes [`tracing`] events of libsrt's log lines. This library has events of its own, whose
//!   targets begin with `srt_tokio`.
//! - [`reactor_metrics`] counts what the reactor does. [`Moderation`] spends delivery delay on saving
//!   CPU time; [`CpuSet`] says where the threads of a listener may run.
//!
//! ## Errors
//!
//! I/O functions return [`std::io::Result`], with kinds as TCP has them. [`Error::from_io`] finds the
//! [`Error`] inside, with libsrt's [`ErrorCode`] or the [`RejectReason`] of the peer.
//!
//! # Messages and bytes
//!
//! In [live mode](TransmissionMode::Live), the default, SRT carries messages of at most one packet.
//! `recv` and `send` take and give one message each. As [`AsyncRead`] and [`AsyncWrite`], a stream
//! never loses part of a message, but keeps for the next read what does not fit, and cuts what is
//! written into messages of the payload size.
//!
//! The [file modes](TransmissionMode) carry bytes, or messages of any size, without loss and as fast as
//! the network allows.
//!
//! # The end
//!
//! SRT cannot carry an empty message, so a receive of 0 bytes is the end. In live mode that means that
//! the peer has closed the connection or is gone, which libsrt does not tell apart there;
//! [`close_reason`](SrtStream::close_reason) does, where the statistics allow it. In the file modes a
//! lost connection is an error.
//!
//! What waits in the receive buffer for its time when the peer closes is still delivered, at its time,
//! up to the first packet that is missing. libsrt discards what is left a minute after the end; from
//! 1.5.2 on, earlier if dozens of other sockets are closed meanwhile.
//!
//! [`close`](SrtStream::close) waits until the peer has everything; dropping a stream waits for
//! nothing.
//!
//! An end does not prove that everything has arrived, not even a clean one in a file mode: a peer whose
//! `close` has timed out, or that has given up waiting, closes the connection in the same way. The
//! sender learns of it: its `close` fails with [`Error::FlushTimedOut`] or [`Error::FlushInterrupted`]
//! and the number of packets that were not acknowledged. A receiver that has to know needs a length or
//! an end mark in the data.
//!
//! # Cancel safety
//!
//! Every future can be dropped at any time, and so be used in `select!` or `timeout`. A receive that
//! did not complete has taken no message, a send has sent none, an accept has taken no connection, and
//! a connect closes what it has begun.
//!
//! # Runtimes
//!
//! Any tokio runtime will do, with or without its I/O and time drivers. Only host names need one that
//! can block, and [`Reconnect`] and [`stats_stream`](SrtStream::stats_stream) one with a time driver.
//!
//! # Threads and processes
//!
//! - The first socket starts the thread `srt-reactor`, which is never joined. Without sockets it is
//!   parked; otherwise libsrt has it look up 100 times a second even when idle.
//! - libsrt has two threads for each UDP port, one for each connection that receives in live mode, and
//!   one that collects closed sockets once a second. That one joins the threads of ports that are no
//!   longer used under a lock that other calls need: after 10 to 100 callers with a port each were
//!   dropped at once, calls on other streams waited for 0.08 to 0.7 s (libsrt 1.5.1). Accepted
//!   connections, and the calls of an [`SrtEndpoint`], share a port and are not concerned.
//! - A program may end with sockets open, by returning from `main`, by [`std::process::exit`] or by a
//!   panic: they are closed before libsrt's own clean-up runs, and what is pending stays pending.
//! - A child of `fork` must not use SRT, as libsrt's threads do not exist there. Starting programs with
//!   [`std::process::Command`] is fine.
//!
//! # Feature flags
//!
//! None is on by default.
//!
//! - `metrics`: `StatsRecorder`, which hands [`Stats`] to the recorder of the `metrics` facade.
//! - `serde`: [`Stats`] can be serialized and deserialized.
//! - `vendored`: libsrt is built with cmake from the source tree that the environment variable
//!   `SRT_SOURCE_DIR` names, with bonding, and linked statically, instead of using the system's.
//!
//! [`AsyncRead`]: tokio::io::AsyncRead
//! [`AsyncWrite`]: tokio::io::AsyncWrite

#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]

mod cpu_set;
mod endpoint;
mod error;
mod firewall;
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
mod stream;
mod sync;
#[expect(unsafe_code, reason = "the one module that calls libsrt")]
mod sys;
mod uri;

// They have methods of types above, and rustdoc shows methods in the order of the source.
mod access_control;
mod stats;

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
pub use firewall::Firewall;
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
