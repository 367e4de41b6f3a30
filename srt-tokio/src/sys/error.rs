//! libsrt's numbers for errors and reject reasons.

#[cfg(test)]
mod tests;

use std::ffi::c_int;

use srt_sys as ffi;

use crate::error::{Error, ErrorCode, RejectReason};

/// The error of the libsrt call that has just failed on this thread.
///
/// libsrt keeps it per thread and until the next failure, so this has to be called at once, and
/// never with an await in between.
#[cold]
pub(super) fn last_error(function: &'static str) -> Error {
    let mut os_error: c_int = 0;
    // SAFETY: the pointer is to a local variable.
    let code = unsafe { ffi::srt_getlasterror(&raw mut os_error) };
    from_code(function, code, (os_error > 0).then_some(os_error))
}

/// An error that libsrt gives as a number.
pub(super) fn from_code(
    function: &'static str,
    code: ffi::SRT_ERRNO,
    os_error: Option<c_int>,
) -> Error {
    match code {
        ffi::SRT_EASYNCSND | ffi::SRT_EASYNCRCV => Error::WouldBlock,
        ffi::SRT_ECONNLOST => Error::ConnectionLost,
        _ => Error::Library { function, code: error_code(code), os_error },
    }
}

/// The outcome of a call that returns nothing but whether it failed; see [`last_error`].
pub(super) fn check(result: c_int, function: &'static str) -> Result<(), Error> {
    if result < 0 { Err(last_error(function)) } else { Ok(()) }
}

fn error_code(raw: ffi::SRT_ERRNO) -> ErrorCode {
    match raw {
        ffi::SRT_ECONNSETUP => ErrorCode::ConnectionSetup,
        ffi::SRT_ENOSERVER => ErrorCode::NoServer,
        ffi::SRT_ECONNREJ => ErrorCode::Rejected,
        ffi::SRT_ESOCKFAIL => ErrorCode::SocketFailed,
        ffi::SRT_ESECFAIL => ErrorCode::SecurityFailed,
        ffi::SRT_ESCLOSED => ErrorCode::SocketClosed,
        ffi::SRT_ECONNFAIL => ErrorCode::ConnectionFailed,
        ffi::SRT_ECONNLOST => ErrorCode::ConnectionLost,
        ffi::SRT_ENOCONN => ErrorCode::NotConnected,
        ffi::SRT_ERESOURCE => ErrorCode::Resources,
        ffi::SRT_ETHREAD => ErrorCode::Thread,
        ffi::SRT_ENOBUF => ErrorCode::NoBuffer,
        ffi::SRT_ESYSOBJ => ErrorCode::SystemObject,
        ffi::SRT_EFILE => ErrorCode::File,
        ffi::SRT_EINVRDOFF => ErrorCode::FileReadOffset,
        ffi::SRT_ERDPERM => ErrorCode::FileRead,
        ffi::SRT_EINVWROFF => ErrorCode::FileWriteOffset,
        ffi::SRT_EWRPERM => ErrorCode::FileWrite,
        ffi::SRT_EINVOP => ErrorCode::InvalidOperation,
        ffi::SRT_EBOUNDSOCK => ErrorCode::AlreadyBound,
        ffi::SRT_ECONNSOCK => ErrorCode::AlreadyConnected,
        ffi::SRT_EINVPARAM => ErrorCode::InvalidParameter,
        ffi::SRT_EINVSOCK => ErrorCode::InvalidSocket,
        ffi::SRT_EUNBOUNDSOCK => ErrorCode::Unbound,
        ffi::SRT_ENOLISTEN => ErrorCode::NotListening,
        ffi::SRT_ERDVNOSERV => ErrorCode::RendezvousNoServer,
        ffi::SRT_ERDVUNBOUND => ErrorCode::RendezvousUnbound,
        ffi::SRT_EINVALMSGAPI => ErrorCode::MessageApi,
        ffi::SRT_EINVALBUFFERAPI => ErrorCode::BufferApi,
        ffi::SRT_EDUPLISTEN => ErrorCode::DuplicateListener,
        ffi::SRT_ELARGEMSG => ErrorCode::LargeMessage,
        ffi::SRT_EINVPOLLID => ErrorCode::InvalidPollId,
        ffi::SRT_EPOLLEMPTY => ErrorCode::EmptyPoll,
        ffi::SRT_EBINDCONFLICT => ErrorCode::BindConflict,
        ffi::SRT_EASYNCFAIL => ErrorCode::Again,
        ffi::SRT_EASYNCSND => ErrorCode::SendAgain,
        ffi::SRT_EASYNCRCV => ErrorCode::ReceiveAgain,
        ffi::SRT_ETIMEOUT => ErrorCode::Timeout,
        ffi::SRT_ECONGEST => ErrorCode::Congestion,
        ffi::SRT_EPEERERR => ErrorCode::Peer,
        raw => ErrorCode::Unknown(raw),
    }
}

pub(super) fn reject_reason(raw: c_int) -> RejectReason {
    // The constant of 1.5.2, named by its value so that an older header will do.
    const SRT_REJ_CRYPTO: ffi::SRT_REJECT_REASON = 17;
    // C's enumerations have no sign on some platforms and one on others.
    match raw as ffi::SRT_REJECT_REASON {
        ffi::SRT_REJ_UNKNOWN => RejectReason::Unknown,
        ffi::SRT_REJ_SYSTEM => RejectReason::System,
        ffi::SRT_REJ_PEER => RejectReason::Peer,
        ffi::SRT_REJ_RESOURCE => RejectReason::Resource,
        ffi::SRT_REJ_ROGUE => RejectReason::Rogue,
        ffi::SRT_REJ_BACKLOG => RejectReason::Backlog,
        ffi::SRT_REJ_IPE => RejectReason::Internal,
        ffi::SRT_REJ_CLOSE => RejectReason::Close,
        ffi::SRT_REJ_VERSION => RejectReason::Version,
        ffi::SRT_REJ_RDVCOOKIE => RejectReason::RendezvousCookie,
        ffi::SRT_REJ_BADSECRET => RejectReason::BadSecret,
        ffi::SRT_REJ_UNSECURE => RejectReason::Unsecure,
        ffi::SRT_REJ_MESSAGEAPI => RejectReason::MessageApi,
        ffi::SRT_REJ_CONGESTION => RejectReason::Congestion,
        ffi::SRT_REJ_FILTER => RejectReason::Filter,
        ffi::SRT_REJ_GROUP => RejectReason::Group,
        ffi::SRT_REJ_TIMEOUT => RejectReason::Timeout,
        SRT_REJ_CRYPTO => RejectReason::Crypto,
        _ => match raw {
            1000..2000 => RejectReason::Predefined(raw as u16),
            2000.. => RejectReason::User(raw as u32),
            raw => RejectReason::Other(raw),
        },
    }
}

/// The number of a reason that a listener gives. What only libsrt itself can give becomes the one for
/// no reason in particular.
pub(super) fn reject_code(reason: RejectReason) -> c_int {
    match reason {
        RejectReason::Predefined(code) if (1000..2000).contains(&code) => code.into(),
        // Travels with 1000 added.
        RejectReason::User(code @ 2000..=0x7fff_fc17) => code as c_int,
        _ => ffi::SRT_REJX_FALLBACK,
    }
}

/// The reason as it will arrive at the peer.
pub(crate) fn as_sent(reason: RejectReason) -> RejectReason {
    reject_reason(reject_code(reason))
}
