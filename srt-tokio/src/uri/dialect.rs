//! Whose keys and units a URI is written in.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{percent_decode, percent_encode_byte};

use super::ConnectionMode;
use super::host::Host;
use super::keys::{self, Key};

/// Which program's rules an `srt://` URI follows.
///
/// In both, an `&` stands between keys, a number sign begins nothing, a key may appear once, and
/// what is not allowed is an error, also where the program would ignore it.
///
/// Both programs took `%` for itself for a long time: srt-live-transmit up to libsrt 1.5.3, and
/// FFmpeg up to 6.1. A built URI therefore has as few escapes as possible: for `%`, `&`, control
/// characters, what is not UTF-8, and in FFmpeg's dialect `+`. All else is written as it is, which
/// stricter readers of URIs than these two may object to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UriDialect {
    /// That of libsrt's own `srt-live-transmit`.
    ///
    /// Without a `mode`, a URI without a host listens, one with a host calls, and one with a host
    /// and an `adapter` meets its peer. Numbers are decimal, or hexadecimal after `0x`; what begins
    /// with another zero is refused, as it would be octal there. Flags are `1`, `yes`, `on` or
    /// `true`, and `0`, `no`, `off` or `false`. A plus is a plus.
    ///
    /// | key | value | sets |
    /// |---|---|---|
    /// | `mode` | `caller` or `client`, `listener` or `server`, `rendezvous`, `default` | [`mode`](crate::SrtUri::mode) |
    /// | `adapter` | name or IP address | a listener's [`host`](crate::SrtUri::host), [`local_host`](crate::SrtUri::local_host) of the others |
    /// | `port` | number | [`local_port`](crate::SrtUri::local_port); not for a listener |
    /// | `bind` | `ADDRESS:PORT` | `adapter` and `port` at once |
    /// | `timeout` | milliseconds; `-1` and `0` for none | [`timeout`](crate::SrtUri::timeout) |
    /// | `transtype` | `live`, `file` | [`transmission_mode`](crate::SrtOptions::transmission_mode) |
    /// | `messageapi` | flag | messages in `file`; always on in `live` |
    /// | `congestion` | `live`, `file` | nothing more than `transtype` does, which it must agree with |
    /// | `latency` | milliseconds | [`latency`](crate::SrtOptions::latency) |
    /// | `rcvlatency` | milliseconds | [`receive_latency`](crate::SrtOptions::receive_latency) |
    /// | `peerlatency` | milliseconds | [`peer_latency`](crate::SrtOptions::peer_latency) |
    /// | `passphrase` | 10 to 80 bytes, or nothing | [`passphrase`](crate::SrtOptions::passphrase) |
    /// | `pbkeylen` | `16`, `24`, `32`, or `0` for the default | [`key_length`](crate::SrtOptions::key_length) |
    /// | `streamid` | up to 512 bytes | [`stream_id`](crate::SrtOptions::stream_id) |
    /// | `conntimeo` | milliseconds | [`connect_timeout`](crate::SrtOptions::connect_timeout) |
    /// | `peeridletimeo` | milliseconds | [`peer_idle_timeout`](crate::SrtOptions::peer_idle_timeout) |
    /// | `mss` | bytes, at least 76 | [`max_segment_size`](crate::SrtOptions::max_segment_size) |
    /// | `payloadsize` | bytes | [`payload_size`](crate::SrtOptions::payload_size) |
    /// | `fc` | packets, at least 32 | [`flow_window`](crate::SrtOptions::flow_window) |
    /// | `sndbuf`, `rcvbuf` | bytes | [`send_buffer_size`](crate::SrtOptions::send_buffer_size), [`receive_buffer_size`](crate::SrtOptions::receive_buffer_size) |
    /// | `linger` | seconds | [`linger`](crate::SrtOptions::linger) |
    /// | `ipv6only` | `0`, `1`, or `-1` for the default | [`ipv6_only`](crate::SrtOptions::ipv6_only) |
    /// | `blocking` | | [an error](crate::UriError::ProgramKey): nothing here blocks |
    LiveTransmit,
    /// That of FFmpeg's `srt` protocol.
    ///
    /// Without a `mode`, a URI calls. Numbers are decimal, `-1` stands for the default, and flags are
    /// `1` and `0`. A plus stands for a space, and is itself written `%2B`. There is no key for a
    /// local address; a rendezvous uses the peer's port on all interfaces. (FFmpeg binds the peer's
    /// own address, which can only succeed if both are on one machine.)
    ///
    /// Most times are in **microseconds**, of which SRT sees whole milliseconds. A time of less than a
    /// millisecond, other than zero, is refused: most likely it was meant to be in milliseconds.
    ///
    /// | key | value | sets |
    /// |---|---|---|
    /// | `mode` | `caller`, `listener`, `rendezvous` | [`mode`](crate::SrtUri::mode) |
    /// | `timeout` | **microseconds**; `0` for none | [`timeout`](crate::SrtUri::timeout) |
    /// | `listen_timeout` | **microseconds**; `0` for none | [`listen_timeout`](crate::SrtUri::listen_timeout) |
    /// | `transtype` | `live`, `file` | [`transmission_mode`](crate::SrtOptions::transmission_mode) |
    /// | `messageapi` | flag | messages in `file`; always on in `live` |
    /// | `smoother` | `live`, `file` | nothing more than `transtype` does, which it must agree with |
    /// | `latency`, `tsbpddelay` | **microseconds** | [`latency`](crate::SrtOptions::latency) |
    /// | `rcvlatency` | **microseconds** | [`receive_latency`](crate::SrtOptions::receive_latency) |
    /// | `peerlatency` | **microseconds** | [`peer_latency`](crate::SrtOptions::peer_latency) |
    /// | `passphrase` | 10 to 80 bytes, or nothing | [`passphrase`](crate::SrtOptions::passphrase) |
    /// | `pbkeylen` | `16`, `24`, `32`, or `0` for the default | [`key_length`](crate::SrtOptions::key_length) |
    /// | `streamid`, `srt_streamid` | up to 512 bytes | [`stream_id`](crate::SrtOptions::stream_id) |
    /// | `connect_timeout` | milliseconds | [`connect_timeout`](crate::SrtOptions::connect_timeout) |
    /// | `mss` | bytes, 76 to 1500 | [`max_segment_size`](crate::SrtOptions::max_segment_size) |
    /// | `payload_size`, `pkt_size` | bytes up to 1456, `ts_size` (1316) or `max_size` (1456) | [`payload_size`](crate::SrtOptions::payload_size) |
    /// | `ffs` | packets, at least 32 | [`flow_window`](crate::SrtOptions::flow_window) |
    /// | `sndbuf`, `rcvbuf` | bytes | [`send_buffer_size`](crate::SrtOptions::send_buffer_size), [`receive_buffer_size`](crate::SrtOptions::receive_buffer_size) |
    /// | `linger` | seconds | [`linger`](crate::SrtOptions::linger) |
    FFmpeg,
}

impl UriDialect {
    pub(super) const ALL: [Self; 2] = [Self::LiveTransmit, Self::FFmpeg];

    pub(super) fn keys(self) -> &'static [Key] {
        match self {
            Self::LiveTransmit => keys::LIVE_TRANSMIT,
            Self::FFmpeg => keys::FFMPEG,
        }
    }

    /// Keys that exist, but tell the program something that a library has no part in.
    pub(super) fn program_keys(self) -> &'static [&'static str] {
        match self {
            Self::LiveTransmit => &["blocking"],
            Self::FFmpeg => &[],
        }
    }

    /// What a URI means that does not name its mode.
    pub(super) fn default_mode(
        self,
        host: Option<&Host>,
        adapter: Option<&Host>,
    ) -> ConnectionMode {
        match (self, host, adapter) {
            (Self::FFmpeg, ..) | (Self::LiveTransmit, Some(_), None) => ConnectionMode::Caller,
            (Self::LiveTransmit, None, _) => ConnectionMode::Listener,
            (Self::LiveTransmit, Some(_), Some(_)) => ConnectionMode::Rendezvous,
        }
    }

    /// FFmpeg insists on a port also where it listens.
    pub(super) fn takes_port_zero(self) -> bool {
        self == Self::LiveTransmit
    }

    /// A key or value as it is meant. Fails if a `%` begins no escape.
    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>, &'static str> {
        let escapes = text.split('%').skip(1);
        let is_escape =
            |rest: &str| rest.bytes().take_while(u8::is_ascii_hexdigit).take(2).count() == 2;
        if !escapes.into_iter().all(is_escape) {
            return Err("a % begins no escape (one of its own is written %25)");
        }
        let text = match self {
            Self::LiveTransmit => Cow::Borrowed(text),
            Self::FFmpeg => Cow::Owned(text.replace('+', " ")),
        };
        Ok(percent_decode(text.as_bytes()).collect())
    }

    /// A value as the dialect's program will decode it.
    pub(super) fn encode(self, value: &[u8]) -> String {
        let mut text = String::new();
        for chunk in value.utf8_chunks() {
            for character in chunk.valid().chars() {
                match (self, character) {
                    (Self::FFmpeg, ' ') => text.push('+'),
                    (_, '%' | '&' | '\0'..='\x1f' | '\x7f') | (Self::FFmpeg, '+') => {
                        text.push_str(percent_encode_byte(character as u8));
                    }
                    _ => text.push(character),
                }
            }
            text.extend(chunk.invalid().iter().copied().map(percent_encode_byte));
        }
        text
    }
}

impl fmt::Display for UriDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LiveTransmit => "srt-live-transmit",
            Self::FFmpeg => "FFmpeg",
        })
    }
}
