//! The tables of keys, in the order in which they are written.

use std::marker::PhantomData;
use std::time::Duration;

use super::form::{
    Choice, Digits, Form, Id, KeyBytes, MaxRate, NoZeros, Number, OrDefault, OrOff, PeerVersion,
    Rate, Secret, Text, Time, Unit,
};
use super::host::Host;
use super::parse::{Draft, split_port};
use super::{ConnectionMode, SrtUri, UriDialect};
use crate::options::{CipherMode, DeviceName, PacketFilter, RetransmitAlgorithm, TransmissionMode};

/// A key of one dialect.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it sets, by a name that is the same in all dialects: that of an option, or of a field of
    /// the [`Draft`]. Two keys that set the same exclude each other.
    pub(super) sets: &'static [&'static str],
    /// Sets it from a decoded value. Fails with what is wrong with that.
    pub(super) read: fn(&mut Draft, &[u8]) -> Result<(), &'static str>,
    /// The value, not encoded yet, if it is to be written. Fails with why it cannot.
    pub(super) write: fn(&SrtUri) -> Result<Option<Vec<u8>>, &'static str>,
}

impl Key {
    /// Whether its value must not be shown.
    pub(super) fn is_secret(&self) -> bool {
        self.sets.contains(&"passphrase")
    }
}

/// A key that sets an option of the socket.
macro_rules! option {
    ($name:literal, $option:ident, $form:expr) => {
        Key {
            name: $name,
            sets: &[stringify!($option)],
            read: |draft, text| {
                if let Some(value) = $form.read(text)? {
                    draft.options.$option(value);
                }
                Ok(())
            },
            write: |uri| uri.options.$option.as_ref().map(|value| $form.write(value)).transpose(),
        }
    };
}

/// Another name of a key, which is understood but not written.
macro_rules! alias {
    ($name:literal, $option:ident, $form:expr) => {
        Key { write: |_| Ok(None), ..option!($name, $option, $form) }
    };
}

/// A key that sets something else.
macro_rules! key {
    ($name:literal, $($sets:ident)|+, $read:expr, $write:expr) => {
        Key { name: $name, sets: &[$(stringify!($sets)),+], read: $read, write: $write }
    };
}

/// A [`Number`] in a range.
macro_rules! number {
    ($digits:ident, $min:literal, $max:literal) => {
        Number {
            digits: Digits::$digits,
            min: $min,
            max: $max,
            expected: concat!("not a number from ", $min, " to ", $max),
            of: PhantomData,
        }
    };
}

/// srt-live-transmit's: `apps/socketoptions.hpp` and `apps/transmitmedia.cpp` of libsrt.
pub(super) static LIVE_TRANSMIT: &[Key] = {
    const MILLISECONDS: Time = Time(Digits::C, Unit::Milliseconds);
    const SECONDS: Time = Time(Digits::Decimal, Unit::Seconds);
    const CIPHER: Choice<CipherMode> = Choice {
        of: &[("0", CipherMode::Auto), ("1", CipherMode::AesCtr), ("2", CipherMode::AesGcm)],
        expected: "not 0, 1 or 2",
    };
    const RETRANSMISSION: Choice<RetransmitAlgorithm> = Choice {
        of: &[("0", RetransmitAlgorithm::Aggressive), ("1", RetransmitAlgorithm::Efficient)],
        expected: "not 0 or 1",
    };

    &[
        key!("mode", mode, live_transmit_mode, |uri| Ok(mode(uri, UriDialect::LiveTransmit))),
        key!("adapter", adapter, adapter, |uri| Ok(uri.local_host().map(Into::into))),
        key!("port", local_port, local_port, |uri| Ok(unless_zero(uri.local_port))),
        key!("bind", adapter | local_port, bind, |_| Ok(None)),
        key!(
            "timeout",
            timeout,
            |draft, text| set_time(&mut draft.timeout, &OrDefault(MILLISECONDS), text),
            |uri| uri.timeout.map(|time| MILLISECONDS.write(&time)).transpose()
        ),
        key!("transtype", transtype, transtype, |uri| Ok(transtype_of(uri))),
        key!(
            "messageapi",
            messageapi,
            |draft, text| FLAG.read(text).map(|flag| draft.message_api = flag),
            |uri| Ok(message_api_of(uri))
        ),
        key!("congestion", congestion, congestion, |_| Ok(None)),
        option!("tsbpdmode", timestamp_delivery, FLAG),
        alias!("tsbpd", timestamp_delivery, OffOnly),
        option!("tlpktdrop", too_late_drop, FLAG),
        option!("latency", latency, MILLISECONDS),
        option!("rcvlatency", receive_latency, MILLISECONDS),
        option!("peerlatency", peer_latency, MILLISECONDS),
        option!("passphrase", passphrase, Secret),
        option!("pbkeylen", key_length, KeyBytes),
        option!("cryptomode", cipher_mode, CIPHER),
        option!("enforcedencryption", enforced_encryption, FLAG),
        option!("kmrefreshrate", key_refresh_rate, number!(C, 0, 2147483647)),
        option!("kmpreannounce", key_pre_announce, number!(C, 0, 2147483647)),
        option!("streamid", stream_id, Id),
        option!("minversion", min_peer_version, PeerVersion { dotted: true }),
        option!("conntimeo", connect_timeout, MILLISECONDS),
        option!("peeridletimeo", peer_idle_timeout, MILLISECONDS),
        option!("packetfilter", packet_filter, Text::<PacketFilter>(PhantomData)),
        option!("mss", max_segment_size, number!(C, 1070, 1500)),
        option!("payloadsize", payload_size, number!(C, 0, 2147483647)),
        option!("fc", flow_window, number!(C, 32, 2147483647)),
        option!("sndbuf", send_buffer_size, number!(C, 1, 2147483647)),
        option!("rcvbuf", receive_buffer_size, number!(C, 1, 2147483647)),
        option!("nakreport", nak_reports, FLAG),
        option!("retransmitalgo", retransmit_algorithm, RETRANSMISSION),
        option!("lossmaxttl", max_reorder_tolerance, number!(C, 0, 2147483647)),
        option!("snddropdelay", send_drop_delay, OrOff(MILLISECONDS)),
        option!("drifttracer", drift_tracer, FLAG),
        option!("maxbw", max_bandwidth, MaxRate),
        option!("inputbw", input_bandwidth, Rate),
        option!("mininputbw", min_input_bandwidth, Rate),
        option!("oheadbw", overhead_bandwidth, number!(C, 5, 100)),
        option!("maxrexmitbw", max_retransmit_bandwidth, OrOff(Rate)),
        option!("groupconnect", group_connect, FLAG),
        option!("groupminstabletimeo", group_min_stability_timeout, MILLISECONDS),
        option!("ipttl", ip_ttl, OrDefault(number!(C, 1, 255))),
        option!("iptos", ip_tos, OrDefault(number!(C, 0, 255))),
        option!("bindtodevice", bind_to_device, Text::<DeviceName>(PhantomData)),
        option!("ipv6only", ipv6_only, OrDefault(BIT)),
        option!("linger", linger, SECONDS),
    ]
};

/// FFmpeg's: `libavformat/libsrt.c`.
pub(super) static FFMPEG: &[Key] = {
    const MICROSECONDS: OrDefault<Time> = OrDefault(Time(Digits::Decimal, Unit::Microseconds));
    const MILLISECONDS: OrDefault<Time> = OrDefault(Time(Digits::Decimal, Unit::Milliseconds));
    const SECONDS: OrDefault<Time> = OrDefault(Time(Digits::Decimal, Unit::Seconds));

    &[
        key!("mode", mode, ffmpeg_mode, |uri| Ok(mode(uri, UriDialect::FFmpeg))),
        key!(
            "timeout",
            timeout,
            |draft, text| set_time(&mut draft.timeout, &MICROSECONDS, text),
            |uri| uri.timeout.map(|time| MICROSECONDS.write(&time)).transpose()
        ),
        key!(
            "listen_timeout",
            listen_timeout,
            |draft, text| set_time(&mut draft.listen_timeout, &MICROSECONDS, text),
            |uri| uri.listen_timeout.map(|time| MICROSECONDS.write(&time)).transpose()
        ),
        key!("transtype", transtype, transtype, |uri| Ok(transtype_of(uri))),
        key!(
            "messageapi",
            messageapi,
            |draft, text| OrDefault(BIT).read(text).map(|flag| draft.message_api = flag),
            |uri| Ok(message_api_of(uri))
        ),
        key!("smoother", congestion, congestion, |_| Ok(None)),
        option!("tsbpd", timestamp_delivery, OrDefault(BIT)),
        option!("tlpktdrop", too_late_drop, OrDefault(BIT)),
        option!("latency", latency, MICROSECONDS),
        alias!("tsbpddelay", latency, MICROSECONDS),
        option!("rcvlatency", receive_latency, MICROSECONDS),
        option!("peerlatency", peer_latency, MICROSECONDS),
        option!("passphrase", passphrase, NoZeros(Secret)),
        option!("pbkeylen", key_length, OrDefault(KeyBytes)),
        option!("enforced_encryption", enforced_encryption, OrDefault(BIT)),
        option!("kmrefreshrate", key_refresh_rate, OrDefault(number!(Decimal, 0, 2147483647))),
        option!("kmpreannounce", key_pre_announce, OrDefault(number!(Decimal, 0, 2147483647))),
        option!("streamid", stream_id, NoZeros(Id)),
        alias!("srt_streamid", stream_id, NoZeros(Id)),
        option!("minversion", min_peer_version, OrDefault(PeerVersion { dotted: false })),
        option!("connect_timeout", connect_timeout, MILLISECONDS),
        option!("mss", max_segment_size, OrDefault(number!(Decimal, 1070, 1500))),
        option!("payload_size", payload_size, PayloadSize),
        alias!("pkt_size", payload_size, PayloadSize),
        option!(
            "send_buffer_size",
            udp_send_buffer_size,
            OrDefault(number!(Decimal, 1, 2147483647))
        ),
        option!(
            "recv_buffer_size",
            udp_receive_buffer_size,
            OrDefault(number!(Decimal, 1, 2147483647))
        ),
        option!("ffs", flow_window, OrDefault(number!(Decimal, 32, 2147483647))),
        option!("sndbuf", send_buffer_size, OrDefault(number!(Decimal, 1, 2147483647))),
        option!("rcvbuf", receive_buffer_size, OrDefault(number!(Decimal, 1, 2147483647))),
        option!("nakreport", nak_reports, OrDefault(BIT)),
        option!("lossmaxttl", max_reorder_tolerance, OrDefault(number!(Decimal, 0, 2147483647))),
        option!("snddropdelay", send_drop_delay, DropDelay),
        option!("maxbw", max_bandwidth, MaxRate),
        option!("inputbw", input_bandwidth, OrDefault(Rate)),
        option!("oheadbw", overhead_bandwidth, OrDefault(number!(Decimal, 5, 100))),
        option!("ipttl", ip_ttl, OrDefault(number!(Decimal, 1, 255))),
        option!("iptos", ip_tos, OrDefault(number!(Decimal, 0, 255))),
        option!("linger", linger, SECONDS),
    ]
};

/// A flag of srt-live-transmit.
const FLAG: Choice<bool> = Choice {
    of: &[
        ("1", true),
        ("yes", true),
        ("on", true),
        ("true", true),
        ("0", false),
        ("no", false),
        ("off", false),
        ("false", false),
    ],
    expected: "not yes, no, on, off, true, false, 1 or 0",
};

/// A flag of FFmpeg.
const BIT: Choice<bool> = Choice { of: &[("0", false), ("1", true)], expected: "not 0 or 1" };

/// A flag of srt-live-transmit that can switch off, but not on.
struct OffOnly;

impl Form for OffOnly {
    type Value = bool;

    fn read(&self, text: &[u8]) -> Result<Option<bool>, &'static str> {
        Ok(FLAG.read(text)?.filter(|on| !on))
    }

    fn write(&self, value: &bool) -> Result<Vec<u8>, &'static str> {
        FLAG.write(value)
    }
}

/// A number of microseconds, `-1` for never, or `-2` for the default.
struct DropDelay;

impl Form for DropDelay {
    type Value = Option<Duration>;

    fn read(&self, text: &[u8]) -> Result<Option<Option<Duration>>, &'static str> {
        match text {
            b"-2" => Ok(None),
            _ => OrOff(Time(Digits::Decimal, Unit::Microseconds)).read(text),
        }
    }

    fn write(&self, value: &Option<Duration>) -> Result<Vec<u8>, &'static str> {
        OrOff(Time(Digits::Decimal, Unit::Microseconds)).write(value)
    }
}

/// A number of bytes, or one of the names that FFmpeg has for some.
struct PayloadSize;

impl Form for PayloadSize {
    type Value = usize;

    fn read(&self, text: &[u8]) -> Result<Option<usize>, &'static str> {
        match text {
            b"ts_size" => Ok(Some(1316)),
            b"max_size" => Ok(Some(1456)),
            _ => OrDefault(number!(Decimal, 0, 1456)).read(text),
        }
    }

    fn write(&self, value: &usize) -> Result<Vec<u8>, &'static str> {
        number!(Decimal, 0, 1456).write(value)
    }
}

fn live_transmit_mode(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    draft.mode = match text {
        b"caller" | b"client" => Some(ConnectionMode::Caller),
        b"listener" | b"server" => Some(ConnectionMode::Listener),
        b"rendezvous" => Some(ConnectionMode::Rendezvous),
        b"default" => None,
        _ => return Err("not caller, listener or rendezvous"),
    };
    Ok(())
}

fn ffmpeg_mode(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    draft.mode = Some(match text {
        b"caller" => ConnectionMode::Caller,
        b"listener" => ConnectionMode::Listener,
        b"rendezvous" => ConnectionMode::Rendezvous,
        _ => return Err("not caller, listener or rendezvous"),
    });
    Ok(())
}

/// The mode, unless it goes without saying.
fn mode(uri: &SrtUri, dialect: UriDialect) -> Option<Vec<u8>> {
    let default = dialect.default_mode(uri.host.as_ref(), uri.local_host.as_ref());
    (uri.mode != default).then(|| uri.mode.as_str().into())
}

fn adapter(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    draft.adapter = Some(host(text)?);
    Ok(())
}

fn local_port(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    let port = Digits::C.read(text).and_then(|port| u16::try_from(port).ok());
    draft.local_port = port.ok_or("not a port")?;
    Ok(())
}

fn bind(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "not an address and a port")?;
    let (host, port) = split_port(text).map_err(|_| "not an address and a port")?;
    if port == 0 {
        return Err("the port cannot be 0");
    }
    draft.adapter = host;
    draft.local_port = port;
    Ok(())
}

fn transtype(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    draft.is_file = Some(live_or_file(text)?);
    Ok(())
}

fn congestion(draft: &mut Draft, text: &[u8]) -> Result<(), &'static str> {
    draft.is_file_congestion = Some(live_or_file(text)?);
    Ok(())
}

/// Whether it is file.
fn live_or_file(text: &[u8]) -> Result<bool, &'static str> {
    match text {
        b"live" => Ok(false),
        b"file" => Ok(true),
        _ => Err("not live or file"),
    }
}

fn transtype_of(uri: &SrtUri) -> Option<Vec<u8>> {
    let name: &str = match uri.options.transmission_mode? {
        TransmissionMode::Live => "live",
        TransmissionMode::FileStream | TransmissionMode::FileMessage => "file",
    };
    Some(name.into())
}

/// Nothing where it is the default.
fn message_api_of(uri: &SrtUri) -> Option<Vec<u8>> {
    (uri.options.transmission_mode == Some(TransmissionMode::FileMessage)).then(|| b"1".into())
}

fn set_time(
    time: &mut Option<Duration>,
    form: &impl Form<Value = Duration>,
    text: &[u8],
) -> Result<(), &'static str> {
    *time = form.read(text)?.filter(|time| !time.is_zero());
    Ok(())
}

fn host(text: &[u8]) -> Result<Host, &'static str> {
    let text = std::str::from_utf8(text).ok();
    text.and_then(|text| Host::new(text).ok()).ok_or("not a name or an IP address without brackets")
}

fn unless_zero(port: u16) -> Option<Vec<u8>> {
    (port != 0).then(|| port.to_string().into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What the first column of a dialect's table has in backticks.
    fn documented(dialect: UriDialect) -> BTreeSet<&'static str> {
        let (_, docs) = include_str!("dialect.rs").split_once("pub enum UriDialect {").unwrap();
        let (live_transmit, docs) = docs.split_once("LiveTransmit,").unwrap();
        let docs = match dialect {
            UriDialect::LiveTransmit => live_transmit,
            UriDialect::FFmpeg => docs.split_once("FFmpeg,").unwrap().0,
        };
        let cells = docs.lines().filter_map(|line| line.trim().strip_prefix("/// | `"));
        let keys =
            cells.flat_map(|line| line.split('|').next().unwrap_or("").split('`').step_by(2));
        keys.collect()
    }

    #[test]
    fn the_documents_have_every_key() {
        for dialect in UriDialect::ALL {
            let mut keys = BTreeSet::new();
            let unsupported = dialect.unsupported_keys().iter().map(|(name, _)| *name);
            for name in dialect.keys().iter().map(|key| key.name).chain(unsupported) {
                assert!(keys.insert(name), "{name} twice");
            }
            assert_eq!(keys, documented(dialect), "{dialect}");
        }
    }
}
