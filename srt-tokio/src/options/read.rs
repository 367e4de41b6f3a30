//! From socket options to typed values.

use std::time::Duration;

use super::bandwidth::{Bandwidth, MaxBandwidth};
use super::device::DeviceName;
use super::encryption::{CipherMode, Encryption, KeyMaterialState};
use super::packet_filter::PacketFilter;
use super::values::{KeyLength, RetransmitAlgorithm, StreamId, TransmissionMode};
use super::version::Version;
use crate::error::Error;
use crate::sys::RawSocket;
use crate::sys::option::{self, Opt};

type Result<T> = std::result::Result<T, Error>;

pub(super) fn flag(socket: &RawSocket, option: Opt) -> Result<bool> {
    socket.get_bool(option)
}

/// One that libsrt writes as an `int`.
pub(super) fn wide_flag(socket: &RawSocket, option: Opt) -> Result<bool> {
    Ok(socket.get_i32(option)? != 0)
}

pub(super) fn optional_flag(socket: &RawSocket, option: Opt) -> Result<Option<bool>> {
    let value = socket.get_i32(option)?;
    Ok((value >= 0).then_some(value > 0))
}

/// What is out of the type's range, which libsrt has nothing of, is its default.
pub(super) fn integer<T: TryFrom<i32> + Default>(socket: &RawSocket, option: Opt) -> Result<T> {
    Ok(T::try_from(socket.get_i32(option)?).unwrap_or_default())
}

pub(super) fn optional_byte(socket: &RawSocket, option: Opt) -> Result<Option<u8>> {
    Ok(u8::try_from(socket.get_i32(option)?).ok())
}

pub(super) fn millis(socket: &RawSocket, option: Opt) -> Result<Duration> {
    Ok(optional_millis(socket, option)?.unwrap_or_default())
}

pub(super) fn optional_millis(socket: &RawSocket, option: Opt) -> Result<Option<Duration>> {
    Ok(u64::try_from(socket.get_i32(option)?).ok().map(Duration::from_millis))
}

pub(super) fn bandwidth(socket: &RawSocket, option: Opt) -> Result<Bandwidth> {
    Ok(optional_bandwidth(socket, option)?.unwrap_or_default())
}

pub(super) fn max_bandwidth(socket: &RawSocket, option: Opt) -> Result<MaxBandwidth> {
    Ok(match optional_bandwidth(socket, option)? {
        None => MaxBandwidth::Unlimited,
        Some(Bandwidth::ZERO) => MaxBandwidth::FollowInput,
        Some(limit) => MaxBandwidth::Limit(limit),
    })
}

pub(super) fn optional_bandwidth(socket: &RawSocket, option: Opt) -> Result<Option<Bandwidth>> {
    Ok(u64::try_from(socket.get_i64(option)?).ok().map(Bandwidth::from_bytes_per_second))
}

/// The two options that the mode sets tell it, and it does not itself.
pub(super) fn transmission_mode(socket: &RawSocket, _mode: Opt) -> Result<TransmissionMode> {
    Ok(if !socket.get_bool(option::MESSAGEAPI)? {
        TransmissionMode::FileStream
    } else if socket.get_bytes(option::CONGESTION)?.starts_with(b"live") {
        TransmissionMode::Live
    } else {
        TransmissionMode::FileMessage
    })
}

pub(super) fn stream_id(socket: &RawSocket, option: Opt) -> Result<StreamId> {
    Ok(StreamId::received(socket.get_bytes(option)?))
}

pub(super) fn key_length(socket: &RawSocket, option: Opt) -> Result<Option<KeyLength>> {
    Ok(KeyLength::of(socket.get_i32(option)?))
}

pub(super) fn cipher_mode(socket: &RawSocket, option: Opt) -> Result<CipherMode> {
    Ok(match socket.get_i32(option)? {
        1 => CipherMode::AesCtr,
        2 => CipherMode::AesGcm,
        _ => CipherMode::Auto,
    })
}

pub(super) fn version(socket: &RawSocket, option: Opt) -> Result<Version> {
    Ok(Version::from_number(socket.get_i32(option)? as u32))
}

pub(super) fn retransmit_algorithm(socket: &RawSocket, option: Opt) -> Result<RetransmitAlgorithm> {
    Ok(match socket.get_i32(option)? {
        0 => RetransmitAlgorithm::Aggressive,
        _ => RetransmitAlgorithm::Efficient,
    })
}

pub(super) fn packet_filter(socket: &RawSocket, option: Opt) -> Result<Option<PacketFilter>> {
    Ok(PacketFilter::agreed(&socket.get_bytes(option)?))
}

pub(super) fn device(socket: &RawSocket, option: Opt) -> Result<Option<DeviceName>> {
    let name = socket.get_bytes(option)?;
    // The system counts the zero at the end.
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(DeviceName::new(String::from_utf8_lossy(name)).ok())
}

/// What has come of the exchange of keys.
pub(crate) fn encryption(socket: &RawSocket) -> Result<Encryption> {
    let send = KeyMaterialState::of(socket.get_i32(option::SNDKMSTATE)?);
    let receive = KeyMaterialState::of(socket.get_i32(option::RCVKMSTATE)?);
    let key_length = key_length(socket, option::PBKEYLEN)?;
    let mut encryption = Encryption { send, receive, key_length, cipher_mode: None };
    if encryption.is_secured() {
        // A libsrt without the option has this mode only.
        let mode = cipher_mode(socket, option::CRYPTOMODE).unwrap_or(CipherMode::AesCtr);
        encryption.cipher_mode = Some(mode);
    }
    Ok(encryption)
}
