//! From typed values to socket options.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::bandwidth::{Bandwidth, MaxBandwidth};
use super::device::DeviceName;
use super::encryption::CipherMode;
use super::packet_filter::PacketFilter;
use super::values::{KeyLength, Passphrase, RetransmitAlgorithm, StreamId, TransmissionMode};
use super::version::Version;
use crate::error::{Error, ErrorCode};
use crate::sys::RawSocket;
use crate::sys::option::{self, Opt};

type Result = std::result::Result<(), Error>;

/// libsrt's number for "none", "never" or "no limit".
const NONE: i32 = -1;

/// The headers of IPv4 and UDP, which are not in the buffers.
const UDP_HEADERS: i32 = 28;

/// libsrt gives the buffers of a packet filter the size of the payload, and writes to them without a
/// look at it.
const UNFILTERED: &str = "needs live mode and a payload_size other than 0";

pub(super) fn transmission_mode(
    socket: &RawSocket,
    option: Opt,
    mode: &TransmissionMode,
) -> Result {
    let (transtype, message_api) = match mode {
        TransmissionMode::Live => (option::TRANSTYPE_LIVE, true),
        TransmissionMode::FileStream => (option::TRANSTYPE_FILE, false),
        TransmissionMode::FileMessage => (option::TRANSTYPE_FILE, true),
    };
    socket.set_i32(option, transtype)?;
    socket.set_bool(option::MESSAGEAPI, message_api)
}

pub(super) fn flag(socket: &RawSocket, option: Opt, value: &bool) -> Result {
    // An int rather than a bool: some flags have a third value for "not set".
    socket.set_i32(option, (*value).into())
}

pub(super) fn integer<T: Copy + TryInto<i32>>(
    socket: &RawSocket,
    option: Opt,
    value: &T,
) -> Result {
    socket.set_i32(option, to_i32(option, *value)?)
}

/// For what libsrt changes without notice if it does not like it.
pub(super) fn exact(socket: &RawSocket, option: Opt, value: &usize) -> Result {
    set_and_look(socket, option, *value, |wanted, kept| wanted == kept)
}

/// The segments with which any connection can be made. Both ends were found by trial: callers and
/// listeners of libsrt 1.5.1 and 1.5.5 over IPv4 and IPv6, alone and in groups, in live mode and the
/// file modes, with keys of 32 bytes that are changed under way, and with a stream id of 512 bytes.
///
/// In a smaller one there is no room for the longest stream id, of which libsrt wants half a packet to
/// be left, and below 105 handshakes run over the end of its memory. A greater one is refused by the
/// peer as a malformed handshake.
const SEGMENTS: RangeInclusive<usize> = 1070..=1500;

pub(super) fn segment_size(socket: &RawSocket, option: Opt, size: &usize) -> Result {
    if SEGMENTS.contains(size) { exact(socket, option, size) } else { Err(refused()) }
}

/// libsrt counts it in packets, of which there are at least 32 and at most as many as the flow
/// window has.
pub(super) fn receive_buffer(socket: &RawSocket, option: Opt, size: &usize) -> Result {
    let packet = socket.get_i32(option::MSS)? - UDP_HEADERS;
    set_and_look(socket, option, *size, |wanted, kept| wanted.saturating_sub(kept) < packet)
}

pub(super) fn millis(socket: &RawSocket, option: Opt, value: &Duration) -> Result {
    let millis = i32::try_from(value.as_millis())
        .map_err(|_| invalid(option, "longer than libsrt can represent (24 days)"))?;
    socket.set_i32(option, millis)
}

pub(super) fn optional_millis(socket: &RawSocket, option: Opt, value: &Option<Duration>) -> Result {
    match value {
        Some(value) => millis(socket, option, value),
        None => socket.set_i32(option, NONE),
    }
}

pub(super) fn bandwidth(socket: &RawSocket, option: Opt, value: &Bandwidth) -> Result {
    socket.set_i64(option, bytes(*value))
}

pub(super) fn max_bandwidth(socket: &RawSocket, option: Opt, value: &MaxBandwidth) -> Result {
    let bytes = match value {
        MaxBandwidth::Unlimited => NONE.into(),
        MaxBandwidth::FollowInput => 0,
        MaxBandwidth::Limit(limit) => bytes(*limit).max(1),
    };
    socket.set_i64(option, bytes)
}

pub(super) fn optional_bandwidth(
    socket: &RawSocket,
    option: Opt,
    value: &Option<Bandwidth>,
) -> Result {
    socket.set_i64(option, value.map_or(NONE.into(), bytes))
}

pub(super) fn passphrase(socket: &RawSocket, option: Opt, value: &Passphrase) -> Result {
    valid(socket.set_bytes(option, value.as_bytes()))
}

pub(super) fn key_length(socket: &RawSocket, option: Opt, value: &KeyLength) -> Result {
    valid(socket.set_i32(option, value.bytes()))
}

pub(super) fn cipher_mode(socket: &RawSocket, option: Opt, value: &CipherMode) -> Result {
    let mode = match value {
        CipherMode::Auto => 0,
        CipherMode::AesCtr => 1,
        CipherMode::AesGcm => 2,
    };
    let set = socket.set_i32(option, mode);
    // Otherwise the one reason not to take AES-GCM is that the crypto library does not have it.
    if socket.get_bool(option::TSBPDMODE)? { valid(set) } else { set }
}

pub(super) fn stream_id(socket: &RawSocket, option: Opt, value: &StreamId) -> Result {
    if value.is_empty() {
        // libsrt refuses to be told the default.
        return Ok(());
    }
    socket.set_bytes(option, value.as_bytes())?;
    // A libsrt that gives back only what is before a zero sends only that, too.
    if value.as_bytes().contains(&0) && socket.get_bytes(option)? != value.as_bytes() {
        let needs = "libsrt 1.5.4 or later, where there are zeros in it";
        return Err(Error::Unsupported { feature: "stream_id", needs });
    }
    Ok(())
}

pub(super) fn version(socket: &RawSocket, option: Opt, value: &Version) -> Result {
    socket.set_i32(option, value.number())
}

pub(super) fn retransmit_algorithm(
    socket: &RawSocket,
    option: Opt,
    value: &RetransmitAlgorithm,
) -> Result {
    let algorithm = match value {
        RetransmitAlgorithm::Aggressive => 0,
        RetransmitAlgorithm::Efficient => 1,
    };
    socket.set_i32(option, algorithm)
}

pub(super) fn packet_filter(socket: &RawSocket, option: Opt, value: &PacketFilter) -> Result {
    if socket.get_i32(option::PAYLOADSIZE)? == 0 {
        return Err(invalid(option, UNFILTERED));
    }
    socket.set_bytes(option, value.as_str().as_bytes())
}

pub(super) fn payload_size(socket: &RawSocket, option: Opt, size: &usize) -> Result {
    if *size == 0 && !socket.get_bytes(option::PACKETFILTER)?.is_empty() {
        return Err(invalid(option::PACKETFILTER, UNFILTERED));
    }
    integer(socket, option, size)
}

pub(super) fn device(socket: &RawSocket, option: Opt, value: &DeviceName) -> Result {
    valid(socket.set_bytes(option, value.as_str().as_bytes()))
}

/// For what this library does itself.
pub(super) fn nothing<T>(_: &RawSocket, _: Opt, _: &T) -> Result {
    Ok(())
}

/// Sets an option, and takes it back unless what libsrt has made of it `is_good`.
fn set_and_look(
    socket: &RawSocket,
    option: Opt,
    value: usize,
    is_good: impl FnOnce(i32, i32) -> bool,
) -> Result {
    let value = to_i32(option, value)?;
    let before = socket.get_i32(option)?;
    socket.set_i32(option, value)?;
    if is_good(value, socket.get_i32(option)?) {
        return Ok(());
    }
    socket.set_i32(option, before)?;
    Err(refused())
}

fn to_i32<T: TryInto<i32>>(option: Opt, value: T) -> std::result::Result<i32, Error> {
    value.try_into().map_err(|_| invalid(option, "more than libsrt can represent (2147483647)"))
}

fn bytes(bandwidth: Bandwidth) -> i64 {
    // A bandwidth is never more than libsrt can represent.
    i64::try_from(bandwidth.bytes_per_second()).unwrap_or(i64::MAX)
}

fn invalid(option: Opt, reason: &'static str) -> Error {
    Error::InvalidOption { option: option.name, reason }
}

/// As libsrt says it where it does.
fn refused() -> Error {
    failed(ErrorCode::InvalidParameter)
}

/// For a value that is valid: if libsrt refuses it, it lacks the option.
fn valid(result: Result) -> Result {
    result.map_err(|error| match error {
        Error::Library { code: ErrorCode::InvalidParameter, .. } => {
            failed(ErrorCode::InvalidOperation)
        }
        error => error,
    })
}

fn failed(code: ErrorCode) -> Error {
    Error::Library { function: "srt_setsockflag", code, os_error: None }
}
