//! What can go wrong: [`Error`], with [`ErrorCode`] and [`RejectReason`] as its parts, and the one
//! table that turns it into an [`io::ErrorKind`].

mod reject;

use std::net::SocketAddr;
use std::{fmt, io};

use crate::options::{self, OptionPhase};
use crate::sys::{error_number, reject_number};

/// An error of this library.
///
/// I/O methods return [`io::Result`], as tokio's do; the `Error` inside is found with
/// [`Error::from_io`]. The kind is chosen so that code written for TCP does the right thing.
///
/// | error | [`io::ErrorKind`] |
/// |---|---|
/// | [`WouldBlock`](Self::WouldBlock) | `WouldBlock` |
/// | [`Rejected`](Self::Rejected) | `ConnectionRefused` |
/// | [`ConnectTimedOut`](Self::ConnectTimedOut), [`FlushTimedOut`](Self::FlushTimedOut) | `TimedOut` |
/// | [`ConnectionLost`](Self::ConnectionLost), [`FlushInterrupted`](Self::FlushInterrupted) | `ConnectionReset` |
/// | [`Closed`](Self::Closed), [`Exiting`](Self::Exiting) | `NotConnected` |
/// | [`MessageTooLarge`](Self::MessageTooLarge), [`BufferTooSmall`](Self::BufferTooSmall), [`EmptyMessage`](Self::EmptyMessage), [`NoMessages`](Self::NoMessages), [`SourceTimeTooEarly`](Self::SourceTimeTooEarly), [`InvalidOption`](Self::InvalidOption), [`WrongPhase`](Self::WrongPhase), [`AddressFamily`](Self::AddressFamily) | `InvalidInput` |
/// | [`Unsupported`](Self::Unsupported) | `Unsupported` |
/// | [`ReactorStart`](Self::ReactorStart), [`ReactorDied`](Self::ReactorDied) | `Other` |
/// | [`Library`](Self::Library) | see [`ErrorCode`]; where that says `Other`, that of the operating system's error if there is one |
///
/// ```no_run
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// use srt_tokio::{Error, RejectReason, SrtStream};
///
/// match SrtStream::connect("127.0.0.1:9000").await {
///     Ok(stream) => drop(stream),
///     Err(error) => match Error::from_io(&error) {
///         Some(Error::Rejected(RejectReason::BadSecret)) => eprintln!("wrong passphrase"),
///         _ => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "srt_getlasterror")]
#[non_exhaustive]
pub enum Error {
    /// The operation would have to wait. From `try_*` methods only.
    WouldBlock,
    /// The peer, or libsrt on its behalf, has refused the connection.
    Rejected(RejectReason),
    /// The peer did not answer within the connection timeout.
    ConnectTimedOut,
    /// The connection is broken: the peer was silent for too long, or has closed the connection
    /// where that is not a regular end.
    ConnectionLost,
    /// This side has closed the socket.
    Closed,
    /// Data was still unacknowledged when the time to flush was over. The peer may have it or not.
    FlushTimedOut {
        /// How many packets. In live mode a message is a packet.
        unacknowledged: usize,
    },
    /// The connection broke, or was closed by the peer, before the peer had acknowledged everything. It
    /// may have received it or not.
    FlushInterrupted {
        /// How many packets were unacknowledged. In live mode a message is a packet. `None` if it was
        /// not known when the connection broke.
        unacknowledged: Option<usize>,
    },
    /// A message to be sent is larger than one message can be.
    MessageTooLarge {
        /// The size of the message in bytes.
        len: usize,
        /// The most that fits, in bytes.
        max: usize,
    },
    /// A received message does not fit into the buffer. It is kept: call again with a larger one.
    BufferTooSmall {
        /// The size of the buffer in bytes.
        len: usize,
        /// The size of the message in bytes.
        needed: usize,
    },
    /// SRT cannot carry an empty message.
    EmptyMessage,
    /// The connection carries a stream of bytes, which has no messages.
    NoMessages,
    /// The source time of a message lies before the start of the connection.
    SourceTimeTooEarly,
    /// The remote address is of a family that the UDP port cannot reach.
    AddressFamily {
        /// The address of the port.
        local: SocketAddr,
        /// The address to connect to.
        remote: SocketAddr,
    },
    /// A socket option, a setting of a builder, or another value was refused.
    InvalidOption {
        /// The option's name in the C API; or what the value is, if it has none there.
        option: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// It is too late to set a socket option.
    WrongPhase {
        /// The option's name in the C API.
        option: &'static str,
        /// Until when it can be set.
        phase: OptionPhase,
    },
    /// The libsrt in use, or the system, lacks a feature.
    Unsupported {
        /// What was asked for.
        feature: &'static str,
        /// Which libsrt or system has it.
        needs: &'static str,
    },
    /// The reactor thread could not be started.
    ReactorStart {
        /// The operating system's error number.
        os_error: Option<i32>,
    },
    /// The reactor thread has failed, so nothing that has to wait would ever end.
    ReactorDied,
    /// The process is about to exit and libsrt is being shut down.
    Exiting,
    /// A call to libsrt failed.
    Library {
        /// The function that failed.
        function: &'static str,
        /// libsrt's error.
        code: ErrorCode,
        /// The operating system's error number, if a system call was the cause.
        os_error: Option<i32>,
    },
}

impl Error {
    /// The error of this library inside `error`, if there is one.
    ///
    /// ```
    /// use std::io;
    /// use srt_tokio::Error;
    ///
    /// let error = io::Error::from(Error::ConnectionLost);
    /// assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    /// assert_eq!(Error::from_io(&error), Some(&Error::ConnectionLost));
    /// ```
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// The [`io::ErrorKind`] that this error becomes.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::WouldBlock => io::ErrorKind::WouldBlock,
            Self::Rejected(_) => io::ErrorKind::ConnectionRefused,
            Self::ConnectTimedOut | Self::FlushTimedOut { .. } => io::ErrorKind::TimedOut,
            Self::ConnectionLost | Self::FlushInterrupted { .. } => io::ErrorKind::ConnectionReset,
            Self::Closed | Self::Exiting => io::ErrorKind::NotConnected,
            Self::MessageTooLarge { .. }
            | Self::BufferTooSmall { .. }
            | Self::EmptyMessage
            | Self::NoMessages
            | Self::SourceTimeTooEarly
            | Self::AddressFamily { .. }
            | Self::InvalidOption { .. }
            | Self::WrongPhase { .. } => io::ErrorKind::InvalidInput,
            Self::Unsupported { .. } => io::ErrorKind::Unsupported,
            Self::ReactorStart { .. } | Self::ReactorDied => io::ErrorKind::Other,
            Self::Library { code, os_error, .. } => match (code.kind(), os_error) {
                // The system knows better.
                (io::ErrorKind::Other, Some(number)) => {
                    io::Error::from_raw_os_error(*number).kind()
                }
                (kind, _) => kind,
            },
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            // Seen often, and to be told by its kind alone: not worth an allocation.
            Error::WouldBlock => io::ErrorKind::WouldBlock.into(),
            error => Self::new(error.kind(), error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldBlock => f.write_str("the operation would have to wait"),
            Self::Rejected(reason) => write!(f, "connection rejected: {reason}"),
            Self::ConnectTimedOut => f.write_str("the peer did not answer in time"),
            Self::ConnectionLost => f.write_str("connection lost"),
            Self::Closed => f.write_str("the socket has been closed by this side"),
            Self::FlushTimedOut { unacknowledged } => {
                write!(f, "{unacknowledged} packets were still unacknowledged at the deadline")
            }
            Self::FlushInterrupted { unacknowledged: Some(packets) } => {
                write!(f, "connection lost with {packets} packets unacknowledged")
            }
            Self::FlushInterrupted { unacknowledged: None } => {
                f.write_str("connection lost before everything was acknowledged")
            }
            Self::MessageTooLarge { len, max } => {
                write!(f, "a message of {len} bytes is larger than the maximum of {max} bytes")
            }
            Self::BufferTooSmall { len, needed } => {
                write!(f, "a buffer of {len} bytes cannot hold a message of {needed} bytes")
            }
            Self::EmptyMessage => f.write_str("SRT cannot carry an empty message"),
            Self::NoMessages => f.write_str("a stream of bytes has no messages"),
            Self::SourceTimeTooEarly => {
                f.write_str("the source time lies before the start of the connection")
            }
            Self::AddressFamily { local, remote } => {
                write!(f, "a socket at {local} cannot reach {remote}, of another address family")
            }
            Self::InvalidOption { option, reason } => {
                write_option(f, option)?;
                write!(f, ": {reason}")
            }
            Self::WrongPhase { option, phase } => {
                write_option(f, option)?;
                write!(f, " can only be set {phase}")
            }
            Self::Unsupported { feature, needs } => write!(f, "{feature} needs {needs}"),
            Self::ReactorStart { os_error } => {
                f.write_str("the reactor thread could not be started")?;
                write_os_error(f, *os_error)
            }
            Self::ReactorDied => f.write_str("the reactor thread has failed"),
            Self::Exiting => f.write_str("the process is exiting"),
            Self::Library { function, code, os_error } => {
                write!(f, "{function}: {code}")?;
                write_os_error(f, *os_error)
            }
        }
    }
}

impl std::error::Error for Error {}

/// The option's name here, and that in C.
fn write_option(f: &mut fmt::Formatter<'_>, option: &str) -> fmt::Result {
    match options::setter_of(option) {
        Some(setter) => write!(f, "option {setter} ({option})"),
        None => f.write_str(option),
    }
}

fn write_os_error(f: &mut fmt::Formatter<'_>, os_error: Option<i32>) -> fmt::Result {
    match os_error {
        Some(number) => write!(f, " ({})", io::Error::from_raw_os_error(number)),
        None => Ok(()),
    }
}

/// The error codes of libsrt.
///
/// The texts are this library's own: libsrt's `srt_strerror` was not thread-safe before 1.5.5.
#[doc(alias = "SRT_ERRNO")]
#[doc(alias = "srt_strerror")]
#[doc(alias = "srt_getlasterror_str")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// Setting up the connection failed for a reason of its own kind. `Other` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONNSETUP")]
    ConnectionSetup,
    /// No answer came within the connection timeout. `TimedOut` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ENOSERVER")]
    NoServer,
    /// The connection was rejected. `ConnectionRefused` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONNREJ")]
    Rejected,
    /// The UDP socket could not be created or configured. `Other` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ESOCKFAIL")]
    SocketFailed,
    /// Encryption could not be set up, or the handshake may be an attack. `PermissionDenied` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ESECFAIL")]
    SecurityFailed,
    /// The socket was closed while the operation was under way. `NotConnected` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ESCLOSED")]
    SocketClosed,
    /// The connection failed. `ConnectionAborted` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONNFAIL")]
    ConnectionFailed,
    /// The connection was lost, or the peer has closed it. `ConnectionReset` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONNLOST")]
    ConnectionLost,
    /// The socket is not connected. `NotConnected` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ENOCONN")]
    NotConnected,
    /// The system is out of resources. `OutOfMemory` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ERESOURCE")]
    Resources,
    /// libsrt could not start a thread. `OutOfMemory` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ETHREAD")]
    Thread,
    /// There was no memory for a buffer. `OutOfMemory` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ENOBUF")]
    NoBuffer,
    /// A system object, such as a lock, could not be created. `OutOfMemory` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ESYSOBJ")]
    SystemObject,
    /// Access to a file failed. `Other` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EFILE")]
    File,
    /// The offset to read from lies beyond the end of the file. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVRDOFF")]
    FileReadOffset,
    /// The file could not be read. `PermissionDenied` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ERDPERM")]
    FileRead,
    /// The offset to write at is not valid for the file. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVWROFF")]
    FileWriteOffset,
    /// The file could not be written. `PermissionDenied` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EWRPERM")]
    FileWrite,
    /// The operation is not possible in the current state of the socket. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVOP")]
    InvalidOperation,
    /// The operation is not possible once the socket is bound. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EBOUNDSOCK")]
    AlreadyBound,
    /// The operation is not possible once the socket is connected, connecting or listening. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONNSOCK")]
    AlreadyConnected,
    /// A parameter is not valid. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVPARAM")]
    InvalidParameter,
    /// The socket does not exist, or exists no more. `NotConnected` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVSOCK")]
    InvalidSocket,
    /// The operation needs a bound socket. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EUNBOUNDSOCK")]
    Unbound,
    /// The socket is not listening. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ENOLISTEN")]
    NotListening,
    /// A rendezvous socket can neither listen nor accept. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ERDVNOSERV")]
    RendezvousNoServer,
    /// A rendezvous socket must be bound before it connects. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ERDVUNBOUND")]
    RendezvousUnbound,
    /// The call or its arguments do not suit a message socket, for example a message larger than the payload size. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVALMSGAPI")]
    MessageApi,
    /// The call or its arguments do not suit a stream socket. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVALBUFFERAPI")]
    BufferApi,
    /// Another socket of this process listens on the same port. `AddrInUse` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EDUPLISTEN")]
    DuplicateListener,
    /// The message is larger than the send buffer, or than the buffer given to receive it. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ELARGEMSG")]
    LargeMessage,
    /// The epoll id is not valid. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EINVPOLLID")]
    InvalidPollId,
    /// The epoll has no sockets. `InvalidInput` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EPOLLEMPTY")]
    EmptyPoll,
    /// Another socket is bound to a conflicting address. `AddrInUse` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EBINDCONFLICT")]
    BindConflict,
    /// The operation would have to wait. `WouldBlock` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EASYNCFAIL")]
    Again,
    /// There is no room in the send buffer. `WouldBlock` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EASYNCSND")]
    SendAgain,
    /// There is nothing to receive. `WouldBlock` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EASYNCRCV")]
    ReceiveAgain,
    /// The operation timed out. `TimedOut` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ETIMEOUT")]
    Timeout,
    /// The network is congested: send at a lower rate. `Other` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_ECONGEST")]
    Congestion,
    /// The peer has reported an error, for example that it could not write the file it receives. `ConnectionAborted` as an [`io::ErrorKind`].
    #[doc(alias = "SRT_EPEERERR")]
    Peer,
    /// A code that this library does not know. `Other` as an [`io::ErrorKind`].
    Other(i32),
}

impl ErrorCode {
    /// The number in C, such as 2001 for [`ConnectionLost`](Self::ConnectionLost).
    ///
    /// ```
    /// use srt_tokio::ErrorCode;
    ///
    /// assert_eq!(ErrorCode::ConnectionLost.code(), 2001);
    /// assert_eq!(ErrorCode::Other(4711).code(), 4711);
    /// ```
    #[doc(alias = "SRT_ERRNO")]
    pub fn code(self) -> i32 {
        error_number(self)
    }

    /// The [`io::ErrorKind`] that this code becomes.
    pub fn kind(self) -> io::ErrorKind {
        match self {
            Self::ConnectionSetup
            | Self::SocketFailed
            | Self::File
            | Self::Congestion
            | Self::Other(_) => io::ErrorKind::Other,
            Self::NoServer | Self::Timeout => io::ErrorKind::TimedOut,
            Self::Rejected => io::ErrorKind::ConnectionRefused,
            Self::SecurityFailed | Self::FileRead | Self::FileWrite => {
                io::ErrorKind::PermissionDenied
            }
            Self::SocketClosed | Self::NotConnected | Self::InvalidSocket => {
                io::ErrorKind::NotConnected
            }
            Self::ConnectionFailed | Self::Peer => io::ErrorKind::ConnectionAborted,
            Self::ConnectionLost => io::ErrorKind::ConnectionReset,
            Self::Resources | Self::Thread | Self::NoBuffer | Self::SystemObject => {
                io::ErrorKind::OutOfMemory
            }
            Self::FileReadOffset
            | Self::FileWriteOffset
            | Self::InvalidOperation
            | Self::AlreadyBound
            | Self::AlreadyConnected
            | Self::InvalidParameter
            | Self::Unbound
            | Self::NotListening
            | Self::RendezvousNoServer
            | Self::RendezvousUnbound
            | Self::MessageApi
            | Self::BufferApi
            | Self::LargeMessage
            | Self::InvalidPollId
            | Self::EmptyPoll => io::ErrorKind::InvalidInput,
            Self::DuplicateListener | Self::BindConflict => io::ErrorKind::AddrInUse,
            Self::Again | Self::SendAgain | Self::ReceiveAgain => io::ErrorKind::WouldBlock,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionSetup => "connection setup failed",
            Self::NoServer => "no answer from the peer within the connection timeout",
            Self::Rejected => "connection rejected",
            Self::SocketFailed => "the UDP socket could not be created or configured",
            Self::SecurityFailed => "encryption could not be set up",
            Self::SocketClosed => "socket closed during the operation",
            Self::ConnectionFailed => "connection failed",
            Self::ConnectionLost => "connection lost",
            Self::NotConnected => "socket is not connected",
            Self::Resources => "out of system resources",
            Self::Thread => "a thread could not be started",
            Self::NoBuffer => "no memory for a buffer",
            Self::SystemObject => "a system object could not be created",
            Self::File => "file access failed",
            Self::FileReadOffset => "read offset beyond the end of the file",
            Self::FileRead => "the file could not be read",
            Self::FileWriteOffset => "write offset is not valid for the file",
            Self::FileWrite => "the file could not be written",
            Self::InvalidOperation => "operation not possible in the current state of the socket",
            Self::AlreadyBound => "not possible on a bound socket",
            Self::AlreadyConnected => "not possible on a connected or listening socket",
            Self::InvalidParameter => "invalid parameter",
            Self::InvalidSocket => "the socket exists no more",
            Self::Unbound => "not possible on an unbound socket",
            Self::NotListening => "the socket is not listening",
            Self::RendezvousNoServer => "a rendezvous socket can neither listen nor accept",
            Self::RendezvousUnbound => "a rendezvous socket must be bound before it connects",
            Self::MessageApi => "not possible in message mode",
            Self::BufferApi => "not possible in stream mode",
            Self::DuplicateListener => "another socket listens on the same port",
            Self::LargeMessage => "message larger than the buffer",
            Self::InvalidPollId => "invalid epoll id",
            Self::EmptyPoll => "epoll has no sockets",
            Self::BindConflict => "another socket is bound to a conflicting address",
            Self::Again => "the operation would have to wait",
            Self::SendAgain => "no room in the send buffer",
            Self::ReceiveAgain => "nothing to receive",
            Self::Timeout => "timed out",
            Self::Congestion => "congestion: send at a lower rate",
            Self::Peer => "the peer reported an error",
            Self::Other(code) => return write!(f, "unknown error {code}"),
        })
    }
}

/// Why a connection was refused.
#[doc(alias = "SRT_REJECT_REASON")]
#[doc(alias = "srt_getrejectreason")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// No reason is known.
    #[doc(alias = "SRT_REJ_UNKNOWN")]
    Unknown,
    /// A system call failed.
    #[doc(alias = "SRT_REJ_SYSTEM")]
    System,
    /// The peer has rejected the connection without saying why.
    #[doc(alias = "SRT_REJ_PEER")]
    Peer,
    /// Resources could not be allocated.
    #[doc(alias = "SRT_REJ_RESOURCE")]
    Resource,
    /// The handshake was malformed.
    #[doc(alias = "SRT_REJ_ROGUE")]
    Rogue,
    /// The listener's backlog is full.
    #[doc(alias = "SRT_REJ_BACKLOG")]
    Backlog,
    /// libsrt has found an error of its own.
    #[doc(alias = "SRT_REJ_IPE")]
    Internal,
    /// The socket is being closed.
    #[doc(alias = "SRT_REJ_CLOSE")]
    Close,
    /// The peer is older than the minimum version.
    #[doc(alias = "SRT_REJ_VERSION")]
    Version,
    /// Both rendezvous peers have made the same cookie.
    #[doc(alias = "SRT_REJ_RDVCOOKIE")]
    RendezvousCookie,
    /// The passphrases differ.
    #[doc(alias = "SRT_REJ_BADSECRET")]
    BadSecret,
    /// Only one side has a passphrase.
    #[doc(alias = "SRT_REJ_UNSECURE")]
    Unsecure,
    /// One side is in message mode, the other in stream mode.
    #[doc(alias = "SRT_REJ_MESSAGEAPI")]
    MessageApi,
    /// The congestion controllers differ: one side is in live mode, the other in file mode.
    #[doc(alias = "SRT_REJ_CONGESTION")]
    Congestion,
    /// The packet filters do not go together.
    #[doc(alias = "SRT_REJ_FILTER")]
    Filter,
    /// The kinds of connection group differ, or one side has none.
    #[doc(alias = "SRT_REJ_GROUP")]
    Group,
    /// There was no answer in time.
    #[doc(alias = "SRT_REJ_TIMEOUT")]
    Timeout,
    /// The cipher modes do not go together. libsrt has known this reason since 1.5.2; before, it does
    /// not tell which reason a peer has given that it does not know. With a passphrase, a call that is
    /// rejected for such a one is reported as this, which is the one reason of that kind that peers
    /// up to 1.5.5 have; the links of a [group](crate::SrtGroup) are reported as
    /// [`Unknown`](Self::Unknown).
    #[doc(alias = "SRT_REJ_CRYPTO")]
    Crypto,
    /// One of the codes from 1000 to 1999 that SRT's access-control guidelines define, most of them
    /// an HTTP status plus 1000: 1401 is unauthorized, 1404 not found.
    Predefined(u16),
    /// A code of 2000 or more, whose meaning is the peer's own.
    User(u32),
    /// A code that this library does not know.
    Other(i32),
}

impl RejectReason {
    /// The number in C: those of libsrt itself are below 1000, the
    /// [predefined](Self::Predefined) ones below 2000, and the rest are the [user's](Self::User). For
    /// gateways that pass a reason on.
    ///
    /// ```
    /// use srt_tokio::RejectReason;
    ///
    /// assert_eq!(RejectReason::BadSecret.code(), 10);
    /// assert_eq!(RejectReason::NOT_FOUND.code(), 1404);
    /// assert_eq!(RejectReason::User(2500).code(), 2500);
    /// ```
    pub fn code(self) -> i32 {
        reject_number(self)
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no reason given",
            Self::System => "a system call failed",
            Self::Peer => "rejected by the peer",
            Self::Resource => "out of resources",
            Self::Rogue => "malformed handshake",
            Self::Backlog => "the listener's backlog is full",
            Self::Internal => "internal error",
            Self::Close => "the socket is being closed",
            Self::Version => "the peer's version is too old",
            Self::RendezvousCookie => "rendezvous cookie collision",
            Self::BadSecret => "wrong passphrase",
            Self::Unsecure => "only one side has a passphrase",
            Self::MessageApi => "one side uses messages, the other a stream",
            Self::Congestion => "different congestion controllers",
            Self::Filter => "different packet filters",
            Self::Group => "different connection groups",
            Self::Timeout => "no answer in time",
            Self::Crypto => "different cipher modes",
            Self::Predefined(code) => match reject::name(*code) {
                Some(name) => return write!(f, "{name} (code {code})"),
                None => return write!(f, "code {code}"),
            },
            Self::User(code) => return write!(f, "user-defined code {code}"),
            Self::Other(code) => return write!(f, "unknown reason {code}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_becomes_the_documented_kind() {
        use io::ErrorKind;

        let library = |code, os_error| Error::Library { function: "srt_close", code, os_error };
        let (local, remote) = (([127, 0, 0, 1], 1).into(), ([0; 16], 2).into());
        let table = [
            (Error::WouldBlock, ErrorKind::WouldBlock),
            (Error::Rejected(RejectReason::BadSecret), ErrorKind::ConnectionRefused),
            (Error::ConnectTimedOut, ErrorKind::TimedOut),
            (Error::FlushTimedOut { unacknowledged: 1 }, ErrorKind::TimedOut),
            (Error::FlushInterrupted { unacknowledged: None }, ErrorKind::ConnectionReset),
            (Error::ConnectionLost, ErrorKind::ConnectionReset),
            (Error::Closed, ErrorKind::NotConnected),
            (Error::Exiting, ErrorKind::NotConnected),
            (Error::MessageTooLarge { len: 2, max: 1 }, ErrorKind::InvalidInput),
            (Error::BufferTooSmall { len: 1, needed: 2 }, ErrorKind::InvalidInput),
            (Error::EmptyMessage, ErrorKind::InvalidInput),
            (Error::NoMessages, ErrorKind::InvalidInput),
            (Error::SourceTimeTooEarly, ErrorKind::InvalidInput),
            (Error::AddressFamily { local, remote }, ErrorKind::InvalidInput),
            (Error::InvalidOption { option: "SRTO_FC", reason: "" }, ErrorKind::InvalidInput),
            (
                Error::WrongPhase { option: "SRTO_MSS", phase: OptionPhase::PreBind },
                ErrorKind::InvalidInput,
            ),
            (Error::Unsupported { feature: "", needs: "" }, ErrorKind::Unsupported),
            (Error::ReactorStart { os_error: None }, ErrorKind::Other),
            (Error::ReactorDied, ErrorKind::Other),
            (library(ErrorCode::NoServer, None), ErrorKind::TimedOut),
            (library(ErrorCode::SocketFailed, None), ErrorKind::Other),
            #[cfg(target_os = "linux")]
            (library(ErrorCode::SocketFailed, Some(98)), ErrorKind::AddrInUse),
            #[cfg(target_os = "linux")]
            (library(ErrorCode::InvalidParameter, Some(98)), ErrorKind::InvalidInput),
        ];
        for (error, kind) in table {
            let io = io::Error::from(error.clone());
            assert_eq!(io.kind(), kind, "{error:?}");
            assert!(!error.to_string().ends_with('.'));
            // A plain kind is all there is to this one, so that it costs no allocation.
            let found = Error::from_io(&io);
            assert_eq!(found, (error != Error::WouldBlock).then_some(&error));
        }
    }

    #[test]
    fn every_code_becomes_the_documented_kind() {
        use ErrorCode::*;
        use io::ErrorKind;

        let table = [
            (ConnectionSetup, ErrorKind::Other),
            (NoServer, ErrorKind::TimedOut),
            (Rejected, ErrorKind::ConnectionRefused),
            (SocketFailed, ErrorKind::Other),
            (SecurityFailed, ErrorKind::PermissionDenied),
            (SocketClosed, ErrorKind::NotConnected),
            (ConnectionFailed, ErrorKind::ConnectionAborted),
            (ConnectionLost, ErrorKind::ConnectionReset),
            (NotConnected, ErrorKind::NotConnected),
            (Resources, ErrorKind::OutOfMemory),
            (Thread, ErrorKind::OutOfMemory),
            (NoBuffer, ErrorKind::OutOfMemory),
            (SystemObject, ErrorKind::OutOfMemory),
            (File, ErrorKind::Other),
            (FileReadOffset, ErrorKind::InvalidInput),
            (FileRead, ErrorKind::PermissionDenied),
            (FileWriteOffset, ErrorKind::InvalidInput),
            (FileWrite, ErrorKind::PermissionDenied),
            (InvalidOperation, ErrorKind::InvalidInput),
            (AlreadyBound, ErrorKind::InvalidInput),
            (AlreadyConnected, ErrorKind::InvalidInput),
            (InvalidParameter, ErrorKind::InvalidInput),
            (InvalidSocket, ErrorKind::NotConnected),
            (Unbound, ErrorKind::InvalidInput),
            (NotListening, ErrorKind::InvalidInput),
            (RendezvousNoServer, ErrorKind::InvalidInput),
            (RendezvousUnbound, ErrorKind::InvalidInput),
            (MessageApi, ErrorKind::InvalidInput),
            (BufferApi, ErrorKind::InvalidInput),
            (DuplicateListener, ErrorKind::AddrInUse),
            (LargeMessage, ErrorKind::InvalidInput),
            (InvalidPollId, ErrorKind::InvalidInput),
            (EmptyPoll, ErrorKind::InvalidInput),
            (BindConflict, ErrorKind::AddrInUse),
            (Again, ErrorKind::WouldBlock),
            (SendAgain, ErrorKind::WouldBlock),
            (ReceiveAgain, ErrorKind::WouldBlock),
            (Timeout, ErrorKind::TimedOut),
            (Congestion, ErrorKind::Other),
            (Peer, ErrorKind::ConnectionAborted),
            (Other(4711), ErrorKind::Other),
        ];
        for (code, kind) in table {
            assert_eq!(code.kind(), kind, "{code:?}");
        }
    }
}
