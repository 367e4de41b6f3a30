//! The tables of keys, in the order in which they are written.

use std::time::Duration;

use super::form::{Bit, Digits, Form, Id, KeyBytes, OrDefault, Secret, Size, Time, Unit};
use super::host::Host;
use super::parse::{Draft, split_port};
use super::{ConnectionMode, SrtUri, UriDialect};
use crate::options::TransmissionMode;

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

/// A [`Size`] in a range.
macro_rules! size {
    ($digits:ident, $min:literal, $max:literal) => {
        Size {
            digits: Digits::$digits,
            min: $min,
            max: $max,
            expected: concat!("not a number from ", $min, " to ", $max),
        }
    };
}

/// srt-live-transmit's: `apps/socketoptions.hpp` and `apps/transmitmedia.cpp` of libsrt.
pub(super) static LIVE_TRANSMIT: &[Key] = {
    const MILLISECONDS: Time = Time(Digits::C, Unit::Milliseconds);
    const SECONDS: Time = Time(Digits::Decimal, Unit::Seconds);

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
            |draft, text| flag(text).map(|flag| draft.message_api = Some(flag)),
            |uri| Ok(message_api_of(uri))
        ),
        key!("congestion", congestion, congestion, |_| Ok(None)),
        option!("latency", latency, MILLISECONDS),
        option!("rcvlatency", receive_latency, MILLISECONDS),
        option!("peerlatency", peer_latency, MILLISECONDS),
        option!("passphrase", passphrase, Secret),
        option!("pbkeylen", key_length, KeyBytes),
        option!("streamid", stream_id, Id),
        option!("conntimeo", connect_timeout, MILLISECONDS),
        option!("peeridletimeo", peer_idle_timeout, MILLISECONDS),
        option!("mss", max_segment_size, size!(C, 76, 2147483647)),
        option!("payloadsize", payload_size, size!(C, 0, 2147483647)),
        option!("fc", flow_window, size!(C, 32, 2147483647)),
        option!("sndbuf", send_buffer_size, size!(C, 1, 2147483647)),
        option!("rcvbuf", receive_buffer_size, size!(C, 1, 2147483647)),
        option!("linger", linger, SECONDS),
        option!("ipv6only", ipv6_only, OrDefault(Bit)),
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
            |draft, text| OrDefault(Bit).read(text).map(|flag| draft.message_api = flag),
            |uri| Ok(message_api_of(uri))
        ),
        key!("smoother", congestion, congestion, |_| Ok(None)),
        option!("latency", latency, MICROSECONDS),
        alias!("tsbpddelay", latency, MICROSECONDS),
        option!("rcvlatency", receive_latency, MICROSECONDS),
        option!("peerlatency", peer_latency, MICROSECONDS),
        option!("passphrase", passphrase, Secret),
        option!("pbkeylen", key_length, OrDefault(KeyBytes)),
        option!("streamid", stream_id, Id),
        alias!("srt_streamid", stream_id, Id),
        option!("connect_timeout", connect_timeout, MILLISECONDS),
        option!("mss", max_segment_size, OrDefault(size!(Decimal, 76, 1500))),
        option!("payload_size", payload_size, PayloadSize),
        alias!("pkt_size", payload_size, PayloadSize),
        option!("ffs", flow_window, OrDefault(size!(Decimal, 32, 2147483647))),
        option!("sndbuf", send_buffer_size, OrDefault(size!(Decimal, 1, 2147483647))),
        option!("rcvbuf", receive_buffer_size, OrDefault(size!(Decimal, 1, 2147483647))),
        option!("linger", linger, SECONDS),
    ]
};

/// A number of bytes, or one of the names that FFmpeg has for some.
struct PayloadSize;

impl Form for PayloadSize {
    type Value = usize;

    fn read(&self, text: &[u8]) -> Result<Option<usize>, &'static str> {
        match text {
            b"ts_size" => Ok(Some(1316)),
            b"max_size" => Ok(Some(1456)),
            _ => OrDefault(size!(Decimal, 0, 1456)).read(text),
        }
    }

    fn write(&self, value: &usize) -> Result<Vec<u8>, &'static str> {
        size!(Decimal, 0, 1456).write(value)
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

/// A flag of srt-live-transmit.
fn flag(text: &[u8]) -> Result<bool, &'static str> {
    match text {
        b"1" | b"yes" | b"on" | b"true" => Ok(true),
        b"0" | b"no" | b"off" | b"false" => Ok(false),
        _ => Err("not yes, no, on, off, true, false, 1 or 0"),
    }
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
