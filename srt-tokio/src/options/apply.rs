//! From typed values to socket options. What libsrt refuses becomes an error that names the option.

use std::time::Duration;

use super::values::{KeyLength, Passphrase, StreamId, TransmissionMode};
use crate::error::{Error, ErrorCode};
use crate::sys::RawSocket;
use crate::sys::option::{self, Opt};

pub(super) fn transmission_mode(
    socket: &RawSocket,
    option: Opt,
    mode: &TransmissionMode,
) -> Result<(), Error> {
    let (transtype, message_api) = match mode {
        TransmissionMode::Live => (option::TRANSTYPE_LIVE, true),
        TransmissionMode::FileStream => (option::TRANSTYPE_FILE, false),
        TransmissionMode::FileMessage => (option::TRANSTYPE_FILE, true),
    };
    named(option, socket.set_i32(option, transtype))?;
    named(option::MESSAGEAPI, socket.set_bool(option::MESSAGEAPI, message_api))
}

pub(super) fn millis(socket: &RawSocket, option: Opt, value: &Duration) -> Result<(), Error> {
    let millis = i32::try_from(value.as_millis())
        .map_err(|_| invalid(option, "longer than libsrt can represent (24 days)"))?;
    named(option, socket.set_i32(option, millis))
}

pub(super) fn size(socket: &RawSocket, option: Opt, value: &usize) -> Result<(), Error> {
    let size = i32::try_from(*value)
        .map_err(|_| invalid(option, "more than libsrt can represent (2147483647)"))?;
    named(option, socket.set_i32(option, size))
}

pub(super) fn flag(socket: &RawSocket, option: Opt, value: &bool) -> Result<(), Error> {
    // An int rather than a bool: some flags have a third value for "not set".
    named(option, socket.set_i32(option, (*value).into()))
}

pub(super) fn passphrase(socket: &RawSocket, option: Opt, value: &Passphrase) -> Result<(), Error> {
    named(option, socket.set_bytes(option, value.as_bytes()))
}

pub(super) fn key_length(socket: &RawSocket, option: Opt, value: &KeyLength) -> Result<(), Error> {
    named(option, socket.set_i32(option, value.bytes()))
}

pub(super) fn stream_id(socket: &RawSocket, option: Opt, value: &StreamId) -> Result<(), Error> {
    if value.is_empty() {
        // libsrt refuses to be told the default.
        return Ok(());
    }
    named(option, socket.set_bytes(option, value.as_bytes()))
}

/// For what this library does itself.
pub(super) fn nothing<T>(_: &RawSocket, _: Opt, _: &T) -> Result<(), Error> {
    Ok(())
}

fn named(option: Opt, result: Result<(), Error>) -> Result<(), Error> {
    result.map_err(|error| match error {
        Error::Library { code, .. } => invalid(
            option,
            match code {
                ErrorCode::InvalidParameter => "value out of range, or not known to this libsrt",
                ErrorCode::AlreadyBound => "must be set before the socket is bound",
                ErrorCode::AlreadyConnected => "must be set before the socket is connected",
                _ => "refused by libsrt",
            },
        ),
        error => error,
    })
}

fn invalid(option: Opt, reason: &'static str) -> Error {
    Error::InvalidOption { option: option.name, reason }
}
