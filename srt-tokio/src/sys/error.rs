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

/// What libsrt's numbers stand for, and back.
macro_rules! error_codes {
    ($($number:ident, $code:ident;)*) => {
        fn error_code(raw: ffi::SRT_ERRNO) -> ErrorCode {
            match raw {
                $(ffi::$number => ErrorCode::$code,)*
                raw => ErrorCode::Other(raw),
            }
        }

        pub(crate) fn error_number(code: ErrorCode) -> c_int {
            match code {
                $(ErrorCode::$code => ffi::$number,)*
                ErrorCode::Other(raw) => raw,
            }
        }
    };
}

error_codes! {
    SRT_ECONNSETUP, ConnectionSetup;
    SRT_ENOSERVER, NoServer;
    SRT_ECONNREJ, Rejected;
    SRT_ESOCKFAIL, SocketFailed;
    SRT_ESECFAIL, SecurityFailed;
    SRT_ESCLOSED, SocketClosed;
    SRT_ECONNFAIL, ConnectionFailed;
    SRT_ECONNLOST, ConnectionLost;
    SRT_ENOCONN, NotConnected;
    SRT_ERESOURCE, Resources;
    SRT_ETHREAD, Thread;
    SRT_ENOBUF, NoBuffer;
    SRT_ESYSOBJ, SystemObject;
    SRT_EFILE, File;
    SRT_EINVRDOFF, FileReadOffset;
    SRT_ERDPERM, FileRead;
    SRT_EINVWROFF, FileWriteOffset;
    SRT_EWRPERM, FileWrite;
    SRT_EINVOP, InvalidOperation;
    SRT_EBOUNDSOCK, AlreadyBound;
    SRT_ECONNSOCK, AlreadyConnected;
    SRT_EINVPARAM, InvalidParameter;
    SRT_EINVSOCK, InvalidSocket;
    SRT_EUNBOUNDSOCK, Unbound;
    SRT_ENOLISTEN, NotListening;
    SRT_ERDVNOSERV, RendezvousNoServer;
    SRT_ERDVUNBOUND, RendezvousUnbound;
    SRT_EINVALMSGAPI, MessageApi;
    SRT_EINVALBUFFERAPI, BufferApi;
    SRT_EDUPLISTEN, DuplicateListener;
    SRT_ELARGEMSG, LargeMessage;
    SRT_EINVPOLLID, InvalidPollId;
    SRT_EPOLLEMPTY, EmptyPoll;
    SRT_EBINDCONFLICT, BindConflict;
    SRT_EASYNCFAIL, Again;
    SRT_EASYNCSND, SendAgain;
    SRT_EASYNCRCV, ReceiveAgain;
    SRT_ETIMEOUT, Timeout;
    SRT_ECONGEST, Congestion;
    SRT_EPEERERR, Peer;
}

/// The constant of 1.5.2, named by its value so that an older header will do.
const SRT_REJ_CRYPTO: ffi::SRT_REJECT_REASON = 17;

/// The reasons that libsrt itself has, and back.
macro_rules! reject_reasons {
    ($($number:path, $reason:ident;)*) => {
        pub(super) fn reject_reason(raw: c_int) -> RejectReason {
            // C's enumerations have no sign on some platforms and one on others.
            match raw as ffi::SRT_REJECT_REASON {
                $($number => RejectReason::$reason,)*
                _ => match raw {
                    1000..2000 => RejectReason::Predefined(raw as u16),
                    2000.. => RejectReason::User(raw as u32),
                    raw => RejectReason::Other(raw),
                },
            }
        }

        pub(crate) fn reject_number(reason: RejectReason) -> c_int {
            match reason {
                $(RejectReason::$reason => $number as c_int,)*
                RejectReason::Predefined(code) => code.into(),
                RejectReason::User(code) => code.try_into().unwrap_or(c_int::MAX),
                RejectReason::Other(raw) => raw,
            }
        }
    };
}

reject_reasons! {
    ffi::SRT_REJ_UNKNOWN, Unknown;
    ffi::SRT_REJ_SYSTEM, System;
    ffi::SRT_REJ_PEER, Peer;
    ffi::SRT_REJ_RESOURCE, Resource;
    ffi::SRT_REJ_ROGUE, Rogue;
    ffi::SRT_REJ_BACKLOG, Backlog;
    ffi::SRT_REJ_IPE, Internal;
    ffi::SRT_REJ_CLOSE, Close;
    ffi::SRT_REJ_VERSION, Version;
    ffi::SRT_REJ_RDVCOOKIE, RendezvousCookie;
    ffi::SRT_REJ_BADSECRET, BadSecret;
    ffi::SRT_REJ_UNSECURE, Unsecure;
    ffi::SRT_REJ_MESSAGEAPI, MessageApi;
    ffi::SRT_REJ_CONGESTION, Congestion;
    ffi::SRT_REJ_FILTER, Filter;
    ffi::SRT_REJ_GROUP, Group;
    ffi::SRT_REJ_TIMEOUT, Timeout;
    SRT_REJ_CRYPTO, Crypto;
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
