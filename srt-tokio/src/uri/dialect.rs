//! Whose keys and units a URI is written in.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{percent_decode, percent_encode_byte};

use super::ConnectionMode;
use super::host::Host;
use super::keys::{self, Key};

/// Which program's rules an `srt://` URI follows.
///
/// Each dialect has all keys of its program. In both, an `&` stands between keys, a number sign begins
/// nothing, a key may appear once, and what is not allowed is an error, also where the program would
/// ignore it. An option that libsrt lacks is no error of the URI, but
/// [`Error::Unsupported`](crate::Error::Unsupported) when it is opened.
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
    /// and an `adapter` meets its peer. Numbers are decimal, or where nothing else is said
    /// hexadecimal after `0x`; what begins with another zero is refused there, as it would be octal.
    /// Flags are `1`, `yes`, `on` or `true`, and `0`, `no`, `off` or `false`. A plus is a plus.
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
    /// | `tsbpdmode` | flag | [`timestamp_delivery`](crate::SrtOptions::timestamp_delivery) |
    /// | `tsbpd` | flag | as `tsbpdmode` if off, nothing if on |
    /// | `tlpktdrop` | flag | [`too_late_drop`](crate::SrtOptions::too_late_drop) |
    /// | `latency` | milliseconds | [`latency`](crate::SrtOptions::latency) |
    /// | `rcvlatency` | milliseconds | [`receive_latency`](crate::SrtOptions::receive_latency) |
    /// | `peerlatency` | milliseconds | [`peer_latency`](crate::SrtOptions::peer_latency) |
    /// | `passphrase` | 10 to 80 bytes, or nothing | [`passphrase`](crate::SrtOptions::passphrase) |
    /// | `pbkeylen` | bytes: `16`, `24`, `32`, or `0` for the default | [`key_length`](crate::SrtOptions::key_length) |
    /// | `cryptomode` | `0` for auto, `1` for AES-CTR, `2` for AES-GCM | [`cipher_mode`](crate::SrtOptions::cipher_mode) |
    /// | `enforcedencryption` | flag | [`enforced_encryption`](crate::SrtOptions::enforced_encryption) |
    /// | `kmrefreshrate` | packets | [`key_refresh_rate`](crate::SrtOptions::key_refresh_rate) |
    /// | `kmpreannounce` | packets | [`key_pre_announce`](crate::SrtOptions::key_pre_announce) |
    /// | `streamid` | up to 512 bytes | [`stream_id`](crate::SrtOptions::stream_id) |
    /// | `minversion` | `0xMMmmpp` or any number of that meaning, or `M.m.p`, which is documented but misread by srt-live-transmit | [`min_peer_version`](crate::SrtOptions::min_peer_version) |
    /// | `conntimeo` | milliseconds | [`connect_timeout`](crate::SrtOptions::connect_timeout) |
    /// | `peeridletimeo` | milliseconds | [`peer_idle_timeout`](crate::SrtOptions::peer_idle_timeout) |
    /// | `packetfilter` | up to 64 bytes | [`packet_filter`](crate::SrtOptions::packet_filter) |
    /// | `mss` | bytes, 1070 to 1500 | [`max_segment_size`](crate::SrtOptions::max_segment_size) |
    /// | `payloadsize` | bytes | [`payload_size`](crate::SrtOptions::payload_size) |
    /// | `fc` | packets, at least 32 | [`flow_window`](crate::SrtOptions::flow_window) |
    /// | `sndbuf`, `rcvbuf` | bytes | [`send_buffer_size`](crate::SrtOptions::send_buffer_size), [`receive_buffer_size`](crate::SrtOptions::receive_buffer_size) |
    /// | `nakreport` | flag | [`nak_reports`](crate::SrtOptions::nak_reports) |
    /// | `retransmitalgo` | `0` for aggressive, `1` for efficient | [`retransmit_algorithm`](crate::SrtOptions::retransmit_algorithm) |
    /// | `lossmaxttl` | packets | [`max_reorder_tolerance`](crate::SrtOptions::max_reorder_tolerance) |
    /// | `snddropdelay` | milliseconds; `-1` for never | [`send_drop_delay`](crate::SrtOptions::send_drop_delay) |
    /// | `drifttracer` | flag | [`drift_tracer`](crate::SrtOptions::drift_tracer) |
    /// | `maxbw` | decimal bytes per second; `0` to follow the input, `-1` for no limit | [`max_bandwidth`](crate::SrtOptions::max_bandwidth) |
    /// | `inputbw`, `mininputbw` | decimal bytes per second; `0` to measure it | [`input_bandwidth`](crate::SrtOptions::input_bandwidth), [`min_input_bandwidth`](crate::SrtOptions::min_input_bandwidth) |
    /// | `oheadbw` | percent, 5 to 100 | [`overhead_bandwidth`](crate::SrtOptions::overhead_bandwidth) |
    /// | `maxrexmitbw` | decimal bytes per second; `-1` for no limit | [`max_retransmit_bandwidth`](crate::SrtOptions::max_retransmit_bandwidth) |
    /// | `groupconnect` | flag | [`group_connect`](crate::SrtOptions::group_connect) |
    /// | `groupminstabletimeo` | milliseconds | [`group_min_stability_timeout`](crate::SrtOptions::group_min_stability_timeout) |
    /// | `ipttl` | hops, 1 to 255, or `-1` for the default | [`ip_ttl`](crate::SrtOptions::ip_ttl) |
    /// | `iptos` | 0 to 255, or `-1` for the default | [`ip_tos`](crate::SrtOptions::ip_tos) |
    /// | `bindtodevice` | up to 15 bytes | [`bind_to_device`](crate::SrtOptions::bind_to_device) |
    /// | `ipv6only` | `0`, `1`, or `-1` for the default | [`ipv6_only`](crate::SrtOptions::ipv6_only) |
    /// | `linger` | decimal seconds | [`linger`](crate::SrtOptions::linger) |
    /// | `blocking` | flag | [an error](crate::UriError::UnsupportedKey): nothing here blocks |
    LiveTransmit,
    /// That of FFmpeg's `srt` protocol.
    ///
    /// Without a `mode`, a URI calls. Numbers are decimal, `-1` stands for the default, and flags are
    /// `1` and `0`. A plus stands for a space, and is itself written `%2B`. No value has zeros in it.
    /// There is no key for a local address; a rendezvous uses the peer's port on all interfaces.
    /// (FFmpeg binds the peer's own address, which can only succeed if both are on one machine.)
    ///
    /// Most times are in **microseconds**, of which SRT sees whole milliseconds. A time of less than a
    /// millisecond, other than zero, is refused: most likely it was meant to be in milliseconds.
    ///
    /// FFmpeg itself takes the keys with an asterisk as options of its command line or API
    /// (`-tsbpd 0`), and overlooks them in a URI. Of a value in a URI it reads 1023 characters, which
    /// a long stream id in need of many escapes may exceed.
    ///
    /// | key | value | sets |
    /// |---|---|---|
    /// | `mode` | `caller`, `listener`, `rendezvous` | [`mode`](crate::SrtUri::mode) |
    /// | `timeout` | **microseconds**; `0` for none | [`timeout`](crate::SrtUri::timeout) |
    /// | `listen_timeout` | **microseconds**; `0` for none | [`listen_timeout`](crate::SrtUri::listen_timeout) |
    /// | `transtype` | `live`, `file` | [`transmission_mode`](crate::SrtOptions::transmission_mode) |
    /// | `messageapi` | flag | messages in `file`; always on in `live` |
    /// | `smoother` | `live`, `file` | nothing more than `transtype` does, which it must agree with |
    /// | `tsbpd`\* | flag | [`timestamp_delivery`](crate::SrtOptions::timestamp_delivery) |
    /// | `tlpktdrop` | flag | [`too_late_drop`](crate::SrtOptions::too_late_drop) |
    /// | `latency`, `tsbpddelay` | **microseconds** | [`latency`](crate::SrtOptions::latency) |
    /// | `rcvlatency` | **microseconds** | [`receive_latency`](crate::SrtOptions::receive_latency) |
    /// | `peerlatency` | **microseconds** | [`peer_latency`](crate::SrtOptions::peer_latency) |
    /// | `passphrase` | 10 to 80 bytes, or nothing | [`passphrase`](crate::SrtOptions::passphrase) |
    /// | `pbkeylen` | bytes: `16`, `24`, `32`, or `0` for the default | [`key_length`](crate::SrtOptions::key_length) |
    /// | `enforced_encryption` | flag | [`enforced_encryption`](crate::SrtOptions::enforced_encryption) |
    /// | `kmrefreshrate` | packets | [`key_refresh_rate`](crate::SrtOptions::key_refresh_rate) |
    /// | `kmpreannounce` | packets | [`key_pre_announce`](crate::SrtOptions::key_pre_announce) |
    /// | `streamid`, `srt_streamid`\* | up to 512 bytes | [`stream_id`](crate::SrtOptions::stream_id) |
    /// | `minversion` | `0xMMmmpp`, or any number of that meaning | [`min_peer_version`](crate::SrtOptions::min_peer_version) |
    /// | `connect_timeout` | milliseconds | [`connect_timeout`](crate::SrtOptions::connect_timeout) |
    /// | `mss` | bytes, 1070 to 1500 | [`max_segment_size`](crate::SrtOptions::max_segment_size) |
    /// | `payload_size`, `pkt_size` | bytes up to 1456, `ts_size` (1316) or `max_size` (1456) | [`payload_size`](crate::SrtOptions::payload_size) |
    /// | `send_buffer_size`\*, `recv_buffer_size`\* | bytes | [`udp_send_buffer_size`](crate::SrtOptions::udp_send_buffer_size), [`udp_receive_buffer_size`](crate::SrtOptions::udp_receive_buffer_size) |
    /// | `ffs` | packets, at least 32 | [`flow_window`](crate::SrtOptions::flow_window) |
    /// | `sndbuf`, `rcvbuf` | bytes | [`send_buffer_size`](crate::SrtOptions::send_buffer_size), [`receive_buffer_size`](crate::SrtOptions::receive_buffer_size) |
    /// | `nakreport` | flag | [`nak_reports`](crate::SrtOptions::nak_reports) |
    /// | `lossmaxttl` | packets | [`max_reorder_tolerance`](crate::SrtOptions::max_reorder_tolerance) |
    /// | `snddropdelay` | **microseconds**; `-1` for never, `-2` for the default | [`send_drop_delay`](crate::SrtOptions::send_drop_delay) |
    /// | `maxbw` | bytes per second; `0` to follow the input, `-1` for no limit | [`max_bandwidth`](crate::SrtOptions::max_bandwidth) |
    /// | `inputbw` | bytes per second; `0` to measure it | [`input_bandwidth`](crate::SrtOptions::input_bandwidth) |
    /// | `oheadbw` | percent, 5 to 100 | [`overhead_bandwidth`](crate::SrtOptions::overhead_bandwidth) |
    /// | `ipttl` | hops, 1 to 255 | [`ip_ttl`](crate::SrtOptions::ip_ttl) |
    /// | `iptos` | 0 to 255 | [`ip_tos`](crate::SrtOptions::ip_tos) |
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

    /// Why a key of the dialect is none here, if it is one.
    pub(super) fn why_unsupported(self, key: &str) -> Option<&'static str> {
        let found = self.unsupported_keys().iter().find(|(name, _)| *name == key);
        found.map(|(_, reason)| *reason)
    }

    /// The keys of the dialect that are none here, and why.
    pub(super) fn unsupported_keys(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::LiveTransmit => &[("blocking", "as nothing in this library blocks")],
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
