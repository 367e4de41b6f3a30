//! `srt://` URIs in both dialects: reading, writing, and what is opened with them.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv6Addr;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use srt_tokio::ConnectionMode::{Caller, Listener, Rendezvous};
use srt_tokio::TransmissionMode::{FileMessage, FileStream, Live};
use srt_tokio::UriDialect::{FFmpeg, LiveTransmit};
use srt_tokio::{
    AccessControl, AccessMode, Bandwidth, CipherMode, ConnectionMode, DeviceName, Error, KeyLength,
    MaxBandwidth, PacketFilter, Passphrase, RetransmitAlgorithm, SrtListener, SrtOptions,
    SrtStream, SrtUri, StreamId, UriDialect, UriError, Version,
};
use support::pair::within;
use support::programs::free_port;

const DIALECTS: [UriDialect; 2] = [LiveTransmit, FFmpeg];

/// The keys of each program, by its own tables.
const UPSTREAM: [(UriDialect, &[&str]); 2] = [
    (
        LiveTransmit,
        &[
            // `srt_options` in apps/socketoptions.hpp of libsrt 1.5.5.
            "transtype",
            "maxbw",
            "pbkeylen",
            "passphrase",
            "mss",
            "fc",
            "sndbuf",
            "rcvbuf",
            "ipttl",
            "iptos",
            "inputbw",
            "mininputbw",
            "oheadbw",
            "latency",
            "tsbpdmode",
            "tlpktdrop",
            "snddropdelay",
            "nakreport",
            "conntimeo",
            "drifttracer",
            "lossmaxttl",
            "rcvlatency",
            "peerlatency",
            "minversion",
            "streamid",
            "congestion",
            "messageapi",
            "payloadsize",
            "kmrefreshrate",
            "kmpreannounce",
            "enforcedencryption",
            "ipv6only",
            "peeridletimeo",
            "packetfilter",
            "groupconnect",
            "groupminstabletimeo",
            "bindtodevice",
            "retransmitalgo",
            "cryptomode",
            "maxrexmitbw",
            // `SrtConfigurePre` in apps/socketoptions.cpp.
            "linger",
            // `SrtCommon::InitParameters` in apps/transmitmedia.cpp.
            "bind",
            "adapter",
            "mode",
            "timeout",
            "tsbpd",
            "port",
            // docs/apps/srt-live-transmit.md.
            "blocking",
        ],
    ),
    (
        FFmpeg,
        &[
            // `libsrt_options` in libavformat/libsrt.c of FFmpeg 5.1 to 7.1.
            "timeout",
            "listen_timeout",
            "send_buffer_size",
            "recv_buffer_size",
            "pkt_size",
            "payload_size",
            "maxbw",
            "pbkeylen",
            "passphrase",
            "enforced_encryption",
            "kmrefreshrate",
            "kmpreannounce",
            "snddropdelay",
            "mss",
            "ffs",
            "ipttl",
            "iptos",
            "inputbw",
            "oheadbw",
            "latency",
            "tsbpddelay",
            "rcvlatency",
            "peerlatency",
            "tlpktdrop",
            "nakreport",
            "connect_timeout",
            "mode",
            "sndbuf",
            "rcvbuf",
            "lossmaxttl",
            "minversion",
            "streamid",
            "srt_streamid",
            "smoother",
            "messageapi",
            "transtype",
            "linger",
            "tsbpd",
        ],
    ),
];

type Set = fn(&mut SrtOptions) -> &mut SrtOptions;

/// Queries in both dialects, and the options that they set.
const BOTH: &[(&str, Set)] = &[
    ("transtype=live", |o| o.transmission_mode(Live)),
    ("transtype=live&messageapi=1", |o| o.transmission_mode(Live)),
    ("transtype=file", |o| o.transmission_mode(FileStream)),
    ("transtype=file&messageapi=0", |o| o.transmission_mode(FileStream)),
    ("messageapi=1&transtype=file", |o| o.transmission_mode(FileMessage)),
    ("messageapi=1", |o| o),
    ("tlpktdrop=0", |o| o.too_late_drop(false)),
    ("passphrase=correct-horse", |o| o.passphrase(secret("correct-horse"))),
    ("passphrase=correct%26hor%3de#", |o| o.passphrase(secret("correct&hor=e#"))),
    ("passphrase=", |o| o),
    ("pbkeylen=16", |o| o.key_length(KeyLength::Aes128)),
    ("pbkeylen=24", |o| o.key_length(KeyLength::Aes192)),
    ("pbkeylen=32", |o| o.key_length(KeyLength::Aes256)),
    ("pbkeylen=0", |o| o),
    ("kmrefreshrate=2147483647", |o| o.key_refresh_rate(2_147_483_647)),
    ("kmpreannounce=0", |o| o.key_pre_announce(0)),
    ("streamid=#!::r=a?b,m=publish", |o| o.stream_id(id("#!::r=a?b,m=publish"))),
    ("streamid=%ff%26=&", |o| o.stream_id(id(b"\xff&="))),
    ("stream%69d=a", |o| o.stream_id(id("a"))),
    ("streamid=", |o| o.stream_id(id(""))),
    ("minversion=0x010304", |o| o.min_peer_version((1, 3, 4))),
    ("minversion=0X010304", |o| o.min_peer_version((1, 3, 4))),
    ("minversion=66308", |o| o.min_peer_version((1, 3, 4))),
    ("minversion=0xffffff", |o| o.min_peer_version((255, 255, 255))),
    ("linger=90", |o| o.linger(Duration::from_secs(90))),
    ("sndbuf=1000000", |o| o.send_buffer_size(1_000_000)),
    ("rcvbuf=2000000", |o| o.receive_buffer_size(2_000_000)),
    ("mss=1400", |o| o.max_segment_size(1400)),
    ("nakreport=0", |o| o.nak_reports(false)),
    ("lossmaxttl=40", |o| o.max_reorder_tolerance(40)),
    ("snddropdelay=0", |o| o.send_drop_delay(Duration::ZERO)),
    ("snddropdelay=-1", |o| o.send_drop_delay(None)),
    ("maxbw=1000000", |o| o.max_bandwidth(bytes(1_000_000))),
    ("maxbw=9223372036854775807", |o| o.max_bandwidth(bytes(i64::MAX as u64))),
    ("maxbw=0", |o| o.max_bandwidth(MaxBandwidth::FollowInput)),
    ("maxbw=-1", |o| o.max_bandwidth(MaxBandwidth::Unlimited)),
    ("inputbw=0", |o| o.input_bandwidth(Bandwidth::ZERO)),
    ("inputbw=0125000", |o| o.input_bandwidth(bytes(125_000))),
    ("oheadbw=5", |o| o.overhead_bandwidth(5)),
    ("oheadbw=100", |o| o.overhead_bandwidth(100)),
    ("ipttl=1", |o| o.ip_ttl(1)),
    ("ipttl=255", |o| o.ip_ttl(255)),
    ("iptos=184", |o| o.ip_tos(0xb8)),
    ("ipttl=-1&iptos=-1", |o| o),
];
const LIVE_TRANSMIT: &[(&str, Set)] = &[
    ("messageapi=yes&transtype=file", |o| o.transmission_mode(FileMessage)),
    ("messageapi=off&transtype=file", |o| o.transmission_mode(FileStream)),
    ("congestion=file&transtype=file", |o| o.transmission_mode(FileStream)),
    ("congestion=live", |o| o),
    ("tsbpdmode=true", |o| o.timestamp_delivery(true)),
    ("tsbpdmode=false", |o| o.timestamp_delivery(false)),
    ("tsbpd=no", |o| o.timestamp_delivery(false)),
    ("tsbpd=yes", |o| o),
    ("tlpktdrop=on", |o| o.too_late_drop(true)),
    ("latency=250", |o| o.latency(millis(250))),
    ("latency=0xfA", |o| o.latency(millis(250))),
    ("latency=0", |o| o.latency(millis(0))),
    ("rcvlatency=250", |o| o.receive_latency(millis(250))),
    ("peerlatency=250", |o| o.peer_latency(millis(250))),
    ("passphrase=correct%00horse", |o| o.passphrase(secret("correct\0horse"))),
    ("cryptomode=0", |o| o.cipher_mode(CipherMode::Auto)),
    ("cryptomode=1", |o| o.cipher_mode(CipherMode::AesCtr)),
    ("cryptomode=2", |o| o.cipher_mode(CipherMode::AesGcm)),
    ("enforcedencryption=no", |o| o.enforced_encryption(false)),
    ("kmrefreshrate=0x100", |o| o.key_refresh_rate(256)),
    ("minversion=1.3.4", |o| o.min_peer_version((1, 3, 4))),
    ("conntimeo=300", |o| o.connect_timeout(millis(300))),
    ("peeridletimeo=2147483647", |o| o.peer_idle_timeout(millis(2147483647))),
    ("packetfilter=fec,cols:10,rows:5", |o| o.packet_filter(filter("fec,cols:10,rows:5"))),
    ("payloadsize=1456", |o| o.payload_size(1456)),
    ("fc=32", |o| o.flow_window(32)),
    ("nakreport=yes", |o| o.nak_reports(true)),
    ("retransmitalgo=0", |o| o.retransmit_algorithm(RetransmitAlgorithm::Aggressive)),
    ("retransmitalgo=1", |o| o.retransmit_algorithm(RetransmitAlgorithm::Efficient)),
    ("snddropdelay=1500", |o| o.send_drop_delay(millis(1500))),
    ("drifttracer=off", |o| o.drift_tracer(false)),
    ("groupconnect=1", |o| o.group_connect(true)),
    ("groupminstabletimeo=60", |o| o.group_min_stability_timeout(millis(60))),
    ("mininputbw=125000", |o| o.min_input_bandwidth(bytes(125_000))),
    ("maxrexmitbw=125000", |o| o.max_retransmit_bandwidth(bytes(125_000))),
    ("maxrexmitbw=0", |o| o.max_retransmit_bandwidth(Bandwidth::ZERO)),
    ("maxrexmitbw=-1", |o| o.max_retransmit_bandwidth(None)),
    ("iptos=0xb8", |o| o.ip_tos(0xb8)),
    ("bindtodevice=eth0", |o| o.bind_to_device(device("eth0"))),
    ("ipv6only=1", |o| o.ipv6_only(true)),
    ("ipv6only=0", |o| o.ipv6_only(false)),
    ("ipv6only=-1", |o| o),
    ("streamid=a+b%2bc%20d", |o| o.stream_id(id("a+b+c d"))),
    ("streamid=a%00b", |o| o.stream_id(id("a\0b"))),
];
const FFMPEG: &[(&str, Set)] = &[
    ("smoother=file&transtype=file", |o| o.transmission_mode(FileStream)),
    ("smoother=live", |o| o),
    ("messageapi=-1&transtype=file", |o| o.transmission_mode(FileStream)),
    ("tsbpd=0", |o| o.timestamp_delivery(false)),
    ("tsbpd=-1&tlpktdrop=-1&nakreport=-1&enforced_encryption=-1", |o| o),
    ("latency=250000", |o| o.latency(millis(250))),
    ("latency=0250000", |o| o.latency(millis(250))),
    ("latency=1500", |o| o.latency(Duration::from_micros(1500))),
    ("latency=-1", |o| o),
    ("tsbpddelay=250000", |o| o.latency(millis(250))),
    ("rcvlatency=250000", |o| o.receive_latency(millis(250))),
    ("peerlatency=0", |o| o.peer_latency(millis(0))),
    ("enforced_encryption=1", |o| o.enforced_encryption(true)),
    ("connect_timeout=300", |o| o.connect_timeout(millis(300))),
    ("payload_size=1128", |o| o.payload_size(1128)),
    ("pkt_size=ts_size", |o| o.payload_size(1316)),
    ("payload_size=max_size", |o| o.payload_size(1456)),
    ("ffs=32&sndbuf=-1&rcvbuf=-1&mss=-1&linger=-1", |o| o.flow_window(32)),
    ("send_buffer_size=100000", |o| o.udp_send_buffer_size(100_000)),
    ("recv_buffer_size=200000", |o| o.udp_receive_buffer_size(200_000)),
    ("send_buffer_size=-1&recv_buffer_size=-1", |o| o),
    ("pbkeylen=-1&kmrefreshrate=-1&kmpreannounce=-1&minversion=-1", |o| o),
    ("snddropdelay=1500000", |o| o.send_drop_delay(millis(1500))),
    ("snddropdelay=-2&lossmaxttl=-1&inputbw=-1&oheadbw=-1", |o| o),
    ("srt_streamid=a+b%2bc%20d", |o| o.stream_id(id("a b+c d"))),
];

/// The queries above, by dialect.
fn cases() -> impl Iterator<Item = (UriDialect, &'static (&'static str, Set))> {
    [(LiveTransmit, BOTH), (FFmpeg, BOTH), (LiveTransmit, LIVE_TRANSMIT), (FFmpeg, FFMPEG)]
        .into_iter()
        .flat_map(|(dialect, cases)| cases.iter().map(move |case| (dialect, case)))
}

#[test]
fn every_key_sets_its_option() {
    for (dialect, (query, set)) in cases() {
        let mut options = SrtOptions::new();
        let uri = parsed(dialect, &format!("srt://127.0.0.1:9000?{query}"));
        assert_eq!(uri.options(), set(&mut options), "{query}");
        assert_eq!(parsed(dialect, &uri.to_string_in(dialect).unwrap()), uri, "{query}");
    }
}

#[test]
fn no_key_of_either_program_is_forgotten() {
    // No options, but who connects to whom and what programs observe.
    const OTHERS: [&str; 6] = ["mode", "adapter", "port", "bind", "timeout", "listen_timeout"];

    for (dialect, upstream) in UPSTREAM {
        let mut tested: BTreeSet<_> = cases()
            .filter(|(of, _)| *of == dialect)
            .flat_map(|(_, (query, _))| query.split('&'))
            .filter_map(|pair| pair.split_once('=').map(|(key, _)| key))
            .filter(|key| !key.contains('%'))
            .collect();
        for key in upstream {
            match SrtUri::parse(dialect, &format!("srt://a:9000?{key}=%01")) {
                Err(UriError::UnknownKey { .. }) => panic!("{key} in {dialect}"),
                Err(UriError::UnsupportedKey { .. }) => assert!(tested.insert(key), "{key}"),
                _ if OTHERS.contains(key) => assert!(tested.insert(key), "{key}"),
                _ => {}
            }
        }
        assert_eq!(tested, upstream.iter().copied().collect(), "{dialect}");

        // As the library compares its documents with its keys, there are no others either.
        let docs = include_str!("../srt-tokio/src/uri/dialect.rs");
        for key in upstream {
            assert!(docs.contains(&format!("`{key}`")), "{key} in {dialect}");
        }
    }
}

#[test]
fn who_connects_to_whom() {
    // Mode, host and port, local host and port.
    type Ends = (ConnectionMode, Option<&'static str>, u16, Option<&'static str>, u16);
    const BOTH: &[(&str, Ends)] = &[
        ("srt://a.example:9000", (Caller, Some("a.example"), 9000, None, 0)),
        ("SRT://a.example:9000/?", (Caller, Some("a.example"), 9000, None, 0)),
        ("srt://127.0.0.1:9000?&mode=caller&", (Caller, Some("127.0.0.1"), 9000, None, 0)),
        ("srt://[::1]:9000", (Caller, Some("::1"), 9000, None, 0)),
        ("srt://[fe80::1%eth0]:65535", (Caller, Some("fe80::1%eth0"), 65535, None, 0)),
        ("srt://:9000?mode=listener", (Listener, None, 9000, None, 0)),
        ("srt://[::]:9000?mode=listener", (Listener, Some("::"), 9000, None, 0)),
        ("srt://a:9000?mode=rendezvous", (Rendezvous, Some("a"), 9000, None, 0)),
    ];
    const LIVE_TRANSMIT: &[(&str, Ends)] = &[
        ("srt://:9000", (Listener, None, 9000, None, 0)),
        ("srt://:0?mode=server", (Listener, None, 0, None, 0)),
        ("srt://:9000?adapter=10.1.2.3", (Listener, Some("10.1.2.3"), 9000, None, 0)),
        ("srt://a:9000?adapter=a&mode=listener", (Listener, Some("a"), 9000, None, 0)),
        ("srt://a:9000?mode=default&adapter=b", (Rendezvous, Some("a"), 9000, Some("b"), 0)),
        ("srt://a:9000?mode=client&adapter=b", (Caller, Some("a"), 9000, Some("b"), 0)),
        ("srt://a:9000?port=0x10", (Caller, Some("a"), 9000, None, 16)),
        ("srt://a:9000?bind=:4001", (Caller, Some("a"), 9000, None, 4001)),
        ("srt://a:9000?bind=[::1]:4001", (Rendezvous, Some("a"), 9000, Some("::1"), 4001)),
        ("srt://[::1]:9000?adapter=::", (Rendezvous, Some("::1"), 9000, Some("::"), 0)),
    ];
    let both = DIALECTS.map(|dialect| (dialect, BOTH));
    for (dialect, cases) in both.into_iter().chain([(LiveTransmit, LIVE_TRANSMIT)]) {
        for (text, ends) in cases {
            let uri = parsed(dialect, text);
            let found = (uri.mode(), uri.host(), uri.port(), uri.local_host(), uri.local_port());
            assert_eq!(found, *ends, "{text}");
            assert_eq!(parsed(dialect, &uri.to_string_in(dialect).unwrap()), uri, "{text}");
        }
    }
}

#[test]
fn what_programs_observe_is_kept_for_them() {
    let uri = parsed(LiveTransmit, "srt://a:9000?timeout=1500");
    assert_eq!((uri.timeout(), uri.listen_timeout()), (Some(millis(1500)), None));
    let built = uri.to_string_in(FFmpeg).unwrap();
    assert_eq!(built, "srt://a:9000?timeout=1500000");
    assert_eq!(parsed(FFmpeg, &built), uri);

    let uri = parsed(FFmpeg, "srt://:9000?mode=listener&listen_timeout=5000000&timeout=0");
    assert_eq!((uri.timeout(), uri.listen_timeout()), (None, Some(millis(5000))));
    assert_eq!(uri, parsed(FFmpeg, &uri.to_string_in(FFmpeg).unwrap()));
    for none in ["srt://a:9000?timeout=-1", "srt://a:9000?timeout=0"] {
        for dialect in DIALECTS {
            assert_eq!(parsed(dialect, none).timeout(), None);
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let both = [
        ("http://a:9000", "does not begin with srt://"),
        ("srt:a:9000", "does not begin with srt://"),
        ("srt:/", "does not begin with srt://"),
        ("", "does not begin with srt://"),
        ("srt://user@a:9000", "no user name"),
        ("srt://a:9000/live", "no path"),
        ("srt://a:9000&latency=20", "question mark"),
        ("srt://", "port is missing"),
        ("srt://a", "port is missing"),
        ("srt://a:", "port is missing"),
        ("srt://[::1]", "port is missing"),
        ("srt://a:65536", "\"65536\""),
        ("srt://a:+1", "\"+1\""),
        ("srt://a:1:2", "\"a:1\""),
        ("srt://a:x", "\"x\""),
        ("srt://a:0", "\"0\""),
        ("srt://a b:1", "\"a b\""),
        ("srt://::1:9000", "\"::1\""),
        ("srt://[::1:9000", "\"[::1:9000\""),
        ("srt://[a]:9000", "\"[a]:9000\""),
        ("srt://[::g]:9000", "\"::g\""),
        ("srt://:9000?mode=caller", "in caller mode, a host"),
        ("srt://:9000?mode=rendezvous", "in rendezvous mode, a host"),
        ("srt://a:9000?lateness=3", "lateness=3: unknown key"),
        ("srt://a:9000?Latency=3", "Latency=3: unknown key"),
        ("srt://a:9000?=3", "=3: unknown key"),
        ("srt://a:9000?latency", "latency: no value"),
        ("srt://a:9000?latency=", "latency=: not a number"),
        ("srt://a:9000?latency=soon", "latency=soon: not a number"),
        ("srt://a:9000?latency=-2", "latency=-2: not a number"),
        ("srt://a:9000?latency=+2", "latency="),
        ("srt://a:9000?latency=20ms", "latency=20ms: not a number"),
        ("srt://a:9000?latency=99999999999999999999", "latency=99999999999999999999: not a number"),
        ("srt://a:9000?latency=2147483648000", "latency=2147483648000: not a number"),
        ("srt://a:9000?streamid=%zz", "streamid=%zz: a % begins no escape"),
        ("srt://a:9000?streamid=50%", "streamid=50%: a % begins no escape"),
        ("srt://a:9000?maxbw=-2", "maxbw=-2: not a number of bytes per second"),
        ("srt://a:9000?maxbw=9223372036854775808", "9223372036854775808: not a number of bytes"),
        ("srt://a:9000?inputbw=8mbit", "inputbw=8mbit: not a number of bytes per second"),
        ("srt://a:9000?inputbw=0x10", "inputbw=0x10: not a number of bytes per second"),
        ("srt://a:9000?oheadbw=4", "oheadbw=4: not a number from 5 to 100"),
        ("srt://a:9000?oheadbw=101", "oheadbw=101: not a number from 5 to 100"),
        ("srt://a:9000?ipttl=0", "ipttl=0: not a number from 1 to 255"),
        ("srt://a:9000?iptos=256", "iptos=256: not a number from 0 to 255"),
        ("srt://a:9000?lossmaxttl=2147483648", "lossmaxttl=2147483648: not a number from 0"),
        ("srt://a:9000?kmrefreshrate=2147483648", "kmrefreshrate=2147483648: not a number"),
        ("srt://a:9000?kmpreannounce=-5", "kmpreannounce=-5: not a number from 0"),
        ("srt://a:9000?minversion=0x1000000", "minversion=0x1000000: not a version"),
        ("srt://a:9000?minversion=1.3", "minversion=1.3: not a version"),
        ("srt://a:9000?minversion=1.3.256", "minversion=1.3.256: not a version"),
        ("srt://a:9000?minversion=1.3.4.5", "minversion=1.3.4.5: not a version"),
        ("srt://a:9000?minversion=010304", "minversion=010304: not a version"),
        ("srt://a:9000?tlpktdrop=2", "tlpktdrop=2: not "),
        ("srt://a:9000?nakreport=", "nakreport=: not "),
        ("srt://a:9000?maxbw=0&maxbw=0", "maxbw=0: contradicts maxbw=0"),
        ("srt://a:9000?mode=host", "mode=host: not caller"),
        ("srt://a:9000?pbkeylen=20", "pbkeylen=20: not 16"),
        ("srt://a:9000?transtype=lively", "transtype=lively: not live or file"),
        ("srt://a:9000?mss=1069", "mss=1069: not a number from 1070 to 1500"),
        ("srt://a:9000?passphrase=secret", "passphrase: a passphrase has 10 to 80 bytes"),
        ("srt://a:9000?linger=1.5", "linger=1.5: not a number of seconds"),
        ("srt://a:9000?latency=2000&latency=2000", "latency=2000: contradicts latency=2000"),
        ("srt://a:9000?messageapi=0", "messageapi=0: contradicts live mode"),
        ("srt://a:9000?messageapi=0&transtype=live", "messageapi=0: contradicts transtype=live"),
        ("srt://a:9000?timeout=forever", "timeout=forever: not a number"),
    ];
    let live_transmit = [
        ("srt://a:9000?blocking=1", "blocking=1: not supported, as nothing in this library blocks"),
        ("srt://a:9000?groupconnect=maybe", "groupconnect=maybe: not yes"),
        ("srt://a:9000?streamid=a%00", "streamid=a\\0: a stream id does not end with a zero"),
        ("srt://a:9000?cryptomode=3", "cryptomode=3: not 0, 1 or 2"),
        ("srt://a:9000?cryptomode=aes-gcm", "cryptomode=aes-gcm: not 0, 1 or 2"),
        ("srt://a:9000?retransmitalgo=2", "retransmitalgo=2: not 0 or 1"),
        ("srt://a:9000?enforcedencryption=maybe", "enforcedencryption=maybe: not yes"),
        ("srt://a:9000?drifttracer=", "drifttracer=: not yes"),
        ("srt://a:9000?tsbpd=2", "tsbpd=2: not yes"),
        ("srt://a:9000?tsbpd=no&tsbpdmode=no", "tsbpdmode=no: contradicts tsbpd=no"),
        ("srt://a:9000?mininputbw=-1", "mininputbw=-1: not a number of bytes per second"),
        ("srt://a:9000?maxrexmitbw=-2", "maxrexmitbw=-2: not a number of bytes per second"),
        ("srt://a:9000?snddropdelay=-2", "snddropdelay=-2: not a number of milliseconds"),
        ("srt://a:9000?packetfilter=", "packetfilter=: the configuration of a packet filter"),
        ("srt://a:9000?packetfilter=%ff", "packetfilter=\u{fffd}: not UTF-8"),
        ("srt://a:9000?bindtodevice=", "bindtodevice=: the name of an interface"),
        ("srt://a:9000?bindtodevice=sixteen-bytes-16", "the name of an interface has 1 to 15"),
        ("srt://a:9000?sender=1", "sender=1: unknown key"),
        ("srt://a:9000?reuseaddr=1", "reuseaddr=1: unknown key"),
        ("srt://a:9000?udp_rcvbuf=100000", "udp_rcvbuf=100000: unknown key"),
        ("srt://a:9000?enforced_encryption=1", "enforced_encryption=1: unknown key"),
        ("srt://a:9000?messageapi=maybe", "messageapi=maybe: not yes"),
        ("srt://a:9000?latency=0250", "latency=0250: not a number of milliseconds"),
        ("srt://a:9000?latency=0x", "latency=0x: not a number of milliseconds"),
        ("srt://a:9000?latency=-1", "latency=-1: not a number"),
        ("srt://a:9000?port=70000", "port=70000: not a port"),
        ("srt://a:9000?ipv6only=2", "ipv6only=2: not 0 or 1"),
        ("srt://a:9000?adapter=[::1]", "adapter=[::1]: not a name or an IP address"),
        ("srt://a:9000?adapter=", "adapter=: not a name or an IP address"),
        ("srt://a:9000?bind=10.1.2.3", "bind=10.1.2.3: not an address and a port"),
        ("srt://a:9000?bind=:0", "bind=:0: the port cannot be 0"),
        ("srt://a:9000?adapter=b&bind=c:1", "bind=c:1: contradicts adapter=b"),
        ("srt://a:9000?bind=c:1&port=1", "port=1: contradicts bind=c:1"),
        ("srt://:9000?port=4001", "port=4001: contradicts listener mode"),
        ("srt://:9000?bind=a:4001", "bind=a:4001: contradicts listener mode"),
        ("srt://a:9000?mode=listener&adapter=b", "adapter=b: contradicts the host a"),
        (
            "srt://[::1]:9000?adapter=127.0.0.1",
            "adapter=127.0.0.1: contradicts the address ::1 of the peer",
        ),
        (
            "srt://10.1.2.3:9000?bind=[::]:1",
            "bind=::: contradicts the address 10.1.2.3 of the peer",
        ),
        (
            "srt://a:9000?congestion=live&transtype=file",
            "congestion=live: contradicts transtype=file",
        ),
        ("srt://a:9000?congestion=file", "congestion=file: contradicts live mode"),
        ("srt://a:9000?connect_timeout=300", "connect_timeout=300: unknown key"),
    ];
    let ffmpeg = [
        ("srt://:9000", "in caller mode, a host"),
        ("srt://:0?mode=listener", "\"0\""),
        (
            "srt://a:9000?latency=250",
            "latency=250: less than a millisecond (the unit is the microsecond)",
        ),
        ("srt://a:9000?latency=0x1000", "latency=0x1000: not a number of microseconds"),
        ("srt://a:9000?messageapi=true", "messageapi=true: not 0 or 1"),
        ("srt://a:9000?pkt_size=1457", "pkt_size=1457: not a number from 0 to 1456"),
        ("srt://a:9000?mss=1501", "mss=1501: not a number from 1070 to 1500"),
        (
            "srt://a:9000?streamid=a%00b",
            "streamid=a\\0b: the program would use only what is before",
        ),
        ("srt://a:9000?srt_streamid=%00", "srt_streamid=\\0: the program would use only"),
        ("srt://a:9000?passphrase=correct%00horse", "passphrase: the program would use only"),
        ("srt://a:9000?srt_streamid=a&streamid=b", "streamid=b: contradicts srt_streamid=a"),
        ("srt://a:9000?pkt_size=1316&payload_size=1316", "payload_size=1316: contradicts pkt_size"),
        ("srt://a:9000?minversion=1.3.4", "minversion=1.3.4: not a version as 0x010500"),
        ("srt://a:9000?snddropdelay=999", "snddropdelay=999: less than a millisecond"),
        ("srt://a:9000?snddropdelay=-3", "snddropdelay=-3: not a number of microseconds"),
        ("srt://a:9000?send_buffer_size=0", "send_buffer_size=0: not a number from 1"),
        ("srt://a:9000?recv_buffer_size=2147483648", "recv_buffer_size=2147483648: not a number"),
        ("srt://a:9000?tsbpd=true", "tsbpd=true: not 0 or 1"),
        ("srt://a:9000?enforcedencryption=1", "enforcedencryption=1: unknown key"),
        ("srt://a:9000?mininputbw=1", "mininputbw=1: unknown key"),
        ("srt://a:9000?smoother=file", "smoother=file: contradicts live mode"),
        ("srt://a:9000?latency=2000&tsbpddelay=2000", "tsbpddelay=2000: contradicts latency=2000"),
        ("srt://a:9000?mode=default", "mode=default: not caller"),
        ("srt://a:9000?conntimeo=300", "conntimeo=300: unknown key"),
    ];
    let both = DIALECTS.map(|dialect| (dialect, &both[..]));
    let each = [(LiveTransmit, &live_transmit[..]), (FFmpeg, &ffmpeg[..])];
    for (dialect, cases) in both.into_iter().chain(each) {
        for (text, expected) in cases {
            let error = SrtUri::parse(dialect, text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text} in {dialect}: {error}");
        }
    }
    let error = SrtUri::parse(FFmpeg, "srt://a:9000?mss=1&passphrase=correct-horse");
    let expected = UriError::InvalidValue {
        key: "mss".to_owned(),
        value: Some("1".to_owned()),
        reason: "not a number from 1070 to 1500",
    };
    assert_eq!(error, Err(expected));
}

#[test]
fn a_passphrase_is_not_shown() {
    const SECRET: &str = "correct-horse";
    for dialect in DIALECTS {
        for text in [
            // With an `&` that belongs to it, or is not there.
            "srt://a:9000?passphrase=battery-staple&correct-horse",
            "srt://a:9000?passphrase=battery-staple&x=correct-horse",
            "srt://a:9000&passphrase=correct-horse",
            "srt://a:9000;passphrase:correct-horse",
            "srt://a:9000/passphrase/correct-horse",
            "srt://a:9000%3Fpassphrase%3Dcorrect-horse",
            "srt://a:9000?latency=2000;passphrase=correct-horse",
            "srt://a:9000?mode=x%26passphrase%3Dcorrect-horse",
            "srt://a:9000?passphrase%3Dcorrect-horse",
            "srt://user:correct-horse@a:9000",
            "passphrase=correct-horse",
            // Misspelt, or another program's.
            "srt://a:9000?pasphrase=correct-horse",
            "srt://a:9000?Passphrase=correct-horse",
            "srt://a:9000?password=correct-horse",
            "srt://a:9000?auth_token=correct-horse",
            // Not possible, or more than once.
            "srt://a:9000?passphrase=correct-horse%",
            "srt://a:9000?passphrase=correct-horse&passphrase=correct-horse",
        ] {
            let error = SrtUri::parse(dialect, text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains(SECRET), "{text}: {error:?}");
        }
        let long = format!("srt://a:9000?passphrase={}", SECRET.repeat(7));
        let error = SrtUri::parse(dialect, &long).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");

        let text = format!("srt://a:9000?passphrase={SECRET}");
        let uri = parsed(dialect, &text);
        assert!(!format!("{uri:?}").contains(SECRET), "{uri:?}");
        assert_eq!(uri.to_string_in(dialect).unwrap(), text);
    }
}

#[test]
fn a_uri_made_from_nothing_is_written_in_both_dialects() {
    let stream_id = AccessControl::builder()
        .resource("live/cam 1+2")
        .mode(AccessMode::Publish)
        .build()
        .unwrap()
        .to_stream_id();
    let mut uri = SrtUri::caller("media.example.com", 9000).unwrap();
    uri.options_mut()
        .transmission_mode(FileMessage)
        .latency(millis(250))
        .passphrase(secret("correct & horse"))
        .stream_id(stream_id)
        .linger(Duration::from_secs(2));
    uri.set_timeout(Some(millis(10)));
    assert_eq!(
        uri.to_string_in(LiveTransmit).unwrap(),
        "srt://media.example.com:9000?timeout=10&transtype=file&messageapi=1&latency=250\
         &passphrase=correct %26 horse&streamid=#!::r=live/cam 1+2,m=publish&linger=2"
    );
    assert_eq!(
        uri.to_string_in(FFmpeg).unwrap(),
        "srt://media.example.com:9000?timeout=10000&transtype=file&messageapi=1&latency=250000\
         &passphrase=correct+%26+horse&streamid=#!::r=live/cam+1%2B2,m=publish&linger=2"
    );

    let mut uri = SrtUri::rendezvous("::1", 9000).unwrap();
    assert_eq!(uri.to_string_in(LiveTransmit).unwrap(), "srt://[::1]:9000?mode=rendezvous");
    uri.set_local(Some("fe80::1%eth0"), 9001).unwrap();
    assert_eq!(
        uri.to_string_in(LiveTransmit).unwrap(),
        "srt://[::1]:9000?adapter=fe80::1%25eth0&port=9001"
    );
    let uri = SrtUri::listener(None, 9000).unwrap();
    assert_eq!(uri.to_string_in(LiveTransmit).unwrap(), "srt://:9000");
    assert_eq!(uri.to_string_in(FFmpeg).unwrap(), "srt://:9000?mode=listener");

    let host = |host: &str| UriError::InvalidHost { host: host.to_owned() };
    assert_eq!(SrtUri::caller("[::1]", 9000), Err(host("[::1]")));
    assert_eq!(SrtUri::caller("", 9000), Err(host("")));
    assert_eq!(SrtUri::caller("a", 0), Err(UriError::InvalidPort { port: "0".to_owned() }));
    let mut listener = SrtUri::listener(None, 0).unwrap();
    let error = listener.set_local(Some("a"), 0).unwrap_err();
    assert_eq!(error.to_string(), "adapter=a: contradicts listener mode");
    let error = listener.set_local(None, 1).unwrap_err();
    assert_eq!(error.to_string(), "port=1: contradicts listener mode");
    let error = SrtUri::caller("::1", 1).unwrap().set_local(Some("0.0.0.0"), 0).unwrap_err();
    assert_eq!(error.to_string(), "adapter=0.0.0.0: contradicts the address ::1 of the peer");
}

#[test]
fn what_a_dialect_has_no_words_for_is_named() {
    let with = |set: fn(&mut SrtOptions) -> &mut SrtOptions| {
        let mut uri = SrtUri::caller("a", 9000).unwrap();
        set(uri.options_mut());
        uri
    };
    let mut local = SrtUri::caller("a", 9000).unwrap();
    local.set_local(Some("b"), 0).unwrap();
    let mut waiting = SrtUri::listener(None, 9000).unwrap();
    waiting.set_listen_timeout(Some(millis(1)));
    for (dialect, uri, key) in [
        (LiveTransmit, with(|o| o.latency(Duration::from_micros(1500))), "latency"),
        (LiveTransmit, with(|o| o.linger(millis(1500))), "linger"),
        (LiveTransmit, with(|o| o.connect_timeout(Duration::MAX)), "conntimeo"),
        (LiveTransmit, with(|o| o.max_segment_size(1069)), "mss"),
        (LiveTransmit, with(|o| o.overhead_bandwidth(4)), "oheadbw"),
        (LiveTransmit, with(|o| o.max_bandwidth(Bandwidth::ZERO)), "maxbw"),
        (LiveTransmit, with(|o| o.ip_ttl(0)), "ipttl"),
        (LiveTransmit, with(|o| o.udp_send_buffer_size(100_000)), "send_buffer_size"),
        (LiveTransmit, with(|o| o.udp_receive_buffer_size(100_000)), "recv_buffer_size"),
        (LiveTransmit, with(|o| o.sender(true)), "sender"),
        (FFmpeg, with(|o| o.reuse_address(true)), "reuse_address"),
        (LiveTransmit, waiting, "listen_timeout"),
        (FFmpeg, with(|o| o.latency(Duration::from_nanos(1_000_500))), "latency"),
        (FFmpeg, with(|o| o.latency(Duration::from_micros(500))), "latency"),
        (FFmpeg, with(|o| o.ipv6_only(true)), "ipv6only"),
        (FFmpeg, with(|o| o.peer_idle_timeout(millis(1))), "peeridletimeo"),
        (FFmpeg, with(|o| o.cipher_mode(CipherMode::AesGcm)), "cryptomode"),
        (FFmpeg, with(|o| o.packet_filter(filter("fec"))), "packetfilter"),
        (
            FFmpeg,
            with(|o| o.retransmit_algorithm(RetransmitAlgorithm::Efficient)),
            "retransmitalgo",
        ),
        (FFmpeg, with(|o| o.drift_tracer(true)), "drifttracer"),
        (FFmpeg, with(|o| o.min_input_bandwidth(bytes(1))), "mininputbw"),
        (FFmpeg, with(|o| o.max_retransmit_bandwidth(None)), "maxrexmitbw"),
        (FFmpeg, with(|o| o.bind_to_device(device("lo"))), "bindtodevice"),
        (FFmpeg, with(|o| o.stream_id(id("a\0b"))), "streamid"),
        (FFmpeg, with(|o| o.passphrase(secret("correct\0horse"))), "passphrase"),
        (FFmpeg, with(|o| o.payload_size(1457)), "payload_size"),
        (FFmpeg, SrtUri::listener(None, 0).unwrap(), "port"),
        (FFmpeg, local, "adapter"),
    ] {
        match uri.to_string_in(dialect) {
            Err(UriError::Inexpressible { dialect: d, key: k, .. }) => {
                assert_eq!((d, k), (dialect, key), "{uri:?}");
            }
            other => panic!("{uri:?} in {dialect}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn both_dialects_open_the_same_connection() {
    const LISTENER: &str = "srt://127.0.0.1:0?mode=listener&passphrase=correct-horse&latency=60";
    let listener = SrtListener::open(LiveTransmit, LISTENER).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let rest = "passphrase=correct-horse&pbkeylen=32&streamid=#!::r=cam1";
    for (dialect, latency) in [(LiveTransmit, 250), (FFmpeg, 250_000)] {
        let uri = format!("srt://127.0.0.1:{port}?latency={latency}&{rest}");
        let open = SrtStream::open(dialect, &uri);
        let (caller, (accepted, _)) =
            within(async { tokio::try_join!(open, listener.accept()) }).await.unwrap();
        assert_eq!(accepted.stream_id().access_control().unwrap().resource(), Some("cam1"));
        for stream in [&caller, &accepted] {
            assert_eq!(stream.latency(), millis(250), "{uri}");
        }
    }
}

/// Whichever libsrt this is: it has the option, or the error says which one has.
#[tokio::test]
async fn what_libsrt_lacks_is_said_when_a_uri_is_opened() {
    for (pair, setter) in [
        ("cryptomode=1", "cipher_mode"),
        ("maxrexmitbw=125000", "max_retransmit_bandwidth"),
        ("streamid=a%00b", "stream_id"),
    ] {
        let uri = parsed(LiveTransmit, &format!("srt://127.0.0.1:0?mode=listener&{pair}"));
        let opened = within(uri.listen()).await;
        if pair.starts_with("streamid") {
            assert_eq!(opened.is_ok(), srt_tokio::libsrt_version() >= (1, 5, 4));
        }
        if let Err(error) = opened {
            let inner = Error::from_io(&error);
            assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{pair}: {error}");
            assert!(
                matches!(inner, Some(Error::Unsupported { feature, .. }) if *feature == setter),
                "{pair}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_options_of_a_uri_reach_the_socket() {
    const LISTENER: &str = "srt://127.0.0.1:0?mode=listener&tlpktdrop=no&nakreport=off\
        &lossmaxttl=40&snddropdelay=-1&maxbw=0&inputbw=250000&mininputbw=125000&oheadbw=30\
        &retransmitalgo=0&drifttracer=no&minversion=1.3.0&kmrefreshrate=1024&kmpreannounce=100\
        &enforcedencryption=no&ipttl=9&iptos=0xb8";
    let mut listener = parsed(LiveTransmit, LISTENER);
    listener.options_mut().allow_peer_filter(true);
    let listener = listener.listen().await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let uri = format!(
        "srt://127.0.0.1:{port}?tlpktdrop=0&nakreport=0&lossmaxttl=40&snddropdelay=1500000\
         &maxbw=1000000&inputbw=250000&oheadbw=30&minversion=0x010300&kmrefreshrate=1024\
         &kmpreannounce=100&enforced_encryption=0&ipttl=9&iptos=184&send_buffer_size=100000\
         &recv_buffer_size=200000"
    );
    let open = SrtStream::open(FFmpeg, &uri);
    let (caller, (accepted, _)) =
        within(async { tokio::try_join!(open, listener.accept()) }).await.unwrap();
    for stream in [&caller, &accepted] {
        assert!(!stream.too_late_drop().unwrap());
        assert!(!stream.nak_reports().unwrap());
        assert_eq!(stream.max_reorder_tolerance().unwrap(), 40);
        assert_eq!(stream.input_bandwidth().unwrap(), bytes(250_000));
        assert_eq!(stream.overhead_bandwidth().unwrap(), 30);
        assert_eq!(stream.min_peer_version().unwrap(), Version::new(1, 3, 0));
        assert_eq!(stream.key_refresh_rate().unwrap(), 1024);
        assert_eq!(stream.key_pre_announce().unwrap(), 100);
        assert!(!stream.enforced_encryption().unwrap());
        assert_eq!((stream.ip_ttl().unwrap(), stream.ip_tos().unwrap()), (Some(9), Some(0xb8)));
    }
    assert_eq!(caller.max_bandwidth().unwrap(), bytes(1_000_000).into());
    assert_eq!(caller.send_drop_delay().unwrap(), Some(millis(1500)));
    assert_eq!(caller.udp_send_buffer_size().unwrap(), 100_000);
    assert_eq!(caller.udp_receive_buffer_size().unwrap(), 200_000);
    assert_eq!(accepted.max_bandwidth().unwrap(), MaxBandwidth::FollowInput);
    assert_eq!(accepted.send_drop_delay().unwrap(), None);
    assert_eq!(accepted.min_input_bandwidth().unwrap(), bytes(125_000));
    assert_eq!(accepted.retransmit_algorithm().unwrap(), RetransmitAlgorithm::Aggressive);
    assert!(!accepted.drift_tracer().unwrap());

    // A listener's own is of no account to libsrt 1.5.5.
    let uri = format!("srt://127.0.0.1:{port}?packetfilter=fec,cols:10&enforcedencryption=no");
    let open = SrtStream::open(LiveTransmit, &uri);
    let (_caller, (accepted, _)) =
        within(async { tokio::try_join!(open, listener.accept()) }).await.unwrap();
    let agreed = accepted.packet_filter().unwrap().unwrap();
    assert!(agreed.as_str().contains("cols:10"), "{agreed}");
}

#[tokio::test]
async fn a_caller_connects_from_where_it_is_told_to() {
    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for (local, expected) in [("port=", "127.0.0.1"), ("bind=127.0.0.2:", "127.0.0.2")] {
        let local_port = free_port();
        let uri = format!("srt://127.0.0.1:{port}?mode=caller&{local}{local_port}");
        let open = SrtStream::open(LiveTransmit, &uri);
        let (_caller, (_, peer)) =
            within(async { tokio::try_join!(open, listener.accept()) }).await.unwrap();
        assert_eq!(peer.to_string(), format!("{expected}:{local_port}"));
    }
}

#[tokio::test]
async fn two_uris_meet() {
    let (left, right) = (free_port(), free_port());
    let left_uri = format!("srt://127.0.0.1:{right}?adapter=127.0.0.1&port={left}");
    let right_uri = format!("srt://localhost:{left}?adapter=127.0.0.1&port={right}");
    let open = |uri| within(SrtStream::open(LiveTransmit, uri));
    // The name may stand for an IPv6 address, too, of which there is no local one.
    let mut right_uri = parsed(LiveTransmit, &right_uri);
    assert_eq!(right_uri.mode(), Rendezvous);
    right_uri.options_mut().connect_timeout(millis(3000));
    let (left, right) = tokio::join!(open(&left_uri), within(right_uri.connect()));
    assert_eq!(left.unwrap().peer_addr().unwrap(), right.unwrap().local_addr().unwrap());
}

#[tokio::test]
async fn ipv6_addresses_are_taken_out_of_their_brackets() {
    let listener = match SrtListener::open(LiveTransmit, "srt://[::1]:0?mode=server").await {
        Ok(listener) => listener,
        Err(_) if std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() => return,
        Err(error) => panic!("{error}"),
    };
    let uri = format!("srt://{}?bind=[::1]:{}", listener.local_addr().unwrap(), free_port());
    let mut uri = parsed(LiveTransmit, &format!("{uri}&mode=caller"));
    uri.options_mut().connect_timeout(millis(3000));
    let connected = within(async { tokio::try_join!(uri.connect(), listener.accept()) }).await;
    assert_eq!(connected.unwrap().1.1.port(), uri.local_port());
}

#[tokio::test]
async fn a_uri_of_another_mode_is_not_opened() {
    let wrong = |error: io::Error, mode| {
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(UriError::from_io(&error), Some(&UriError::WrongMode { mode }));
    };
    wrong(SrtStream::open(LiveTransmit, "srt://:9000").await.unwrap_err(), Listener);
    wrong(SrtListener::open(LiveTransmit, "srt://a:9000").await.unwrap_err(), Caller);
    let rendezvous = "srt://a:9000?mode=rendezvous";
    wrong(SrtListener::open(FFmpeg, rendezvous).await.unwrap_err(), Rendezvous);
    let error = SrtStream::open(FFmpeg, "srt://a").await.unwrap_err();
    assert_eq!(UriError::from_io(&error), Some(&UriError::MissingPort));
}

proptest! {
    #[test]
    fn what_is_built_is_read_again(uri in uri(), dialect in prop::sample::select(&DIALECTS[..])) {
        match uri.to_string_in(dialect) {
            Ok(text) => prop_assert_eq!(SrtUri::parse(dialect, &text), Ok(uri), "{}", text),
            Err(UriError::Inexpressible { key, .. }) => {
                // What the strategy has that a dialect has not.
                let known: &[&str] = match dialect {
                    LiveTransmit => &["listen_timeout", "send_buffer_size", "recv_buffer_size"],
                    _ => &[
                        "adapter",
                        "port",
                        "peeridletimeo",
                        "ipv6only",
                        "cryptomode",
                        "packetfilter",
                        "retransmitalgo",
                        "drifttracer",
                        "mininputbw",
                        "maxrexmitbw",
                        "bindtodevice",
                        // With a zero.
                        "passphrase",
                        "streamid",
                    ],
                };
                prop_assert!(known.contains(&key), "{}: {:?}", key, uri);
            }
            Err(error) => prop_assert!(false, "{}: {:?}", error, uri),
        }
    }

    #[test]
    fn whatever_text_comes_is_read_or_refused(text in "\\PC{0,60}|srt://[\\PC\0]{0,60}") {
        check(&text);
    }

    #[test]
    fn whatever_resembles_a_uri_is_read_or_refused(
        address in "[a-z0-9.:%/@?&=\\[\\]]{0,12}|(127.0.0.1|a|\\[::1?\\])?:(0|9000|[0-9]{1,6})",
        pairs in vec((key(), "[0-9]{1,19}|-[12]|0x[0-9a-f]{0,9}|[0-9.]{1,9}|[a-z]{0,9}|live|file|yes|\\PC{0,20}"), 0..6),
    ) {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        check(&format!("srt://{address}?{}", pairs.join("&")));
    }

    #[test]
    fn no_error_shows_the_passphrase(
        secret in "[A-Z]{10,20}",
        before in vec((key(), "[a-z0-9]{0,4}"), 0..2),
        key in prop_oneof![3 => Just("passphrase".to_owned()), 1 => "passphras[a-z]?|Passphrase"],
        after in vec((key(), "[a-z0-9]{0,4}"), 0..2),
    ) {
        let pairs = before.into_iter().chain([(key, secret.clone())]).chain(after);
        let pairs: Vec<_> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
        let text = format!("srt://a:9000?{}", pairs.join("&"));
        for dialect in DIALECTS {
            let shown = match SrtUri::parse(dialect, &text) {
                Ok(uri) => format!("{uri:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains(&secret), "{}", shown);
        }
    }
}

/// Looks that what can be read can be written so that it is read as the same.
fn check(text: &str) {
    for dialect in DIALECTS {
        match SrtUri::parse(dialect, text) {
            Ok(uri) => {
                assert_eq!(parsed(dialect, &uri.to_string_in(dialect).unwrap()), uri, "{text}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn parsed(dialect: UriDialect, text: &str) -> SrtUri {
    SrtUri::parse(dialect, text).unwrap_or_else(|error| panic!("{text} in {dialect}: {error}"))
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn secret(secret: &str) -> Passphrase {
    Passphrase::new(secret).unwrap()
}

fn bytes(bytes: u64) -> Bandwidth {
    Bandwidth::from_bytes_per_second(bytes)
}

fn filter(config: &str) -> PacketFilter {
    PacketFilter::new(config).unwrap()
}

fn device(name: &str) -> DeviceName {
    DeviceName::new(name).unwrap()
}

fn id(id: impl Into<Vec<u8>>) -> StreamId {
    StreamId::new(id).unwrap()
}

fn uri() -> impl Strategy<Value = SrtUri> {
    let name = "[a-z][a-z0-9.-]{0,9}";
    let host = prop_oneof![
        name.boxed(),
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()).boxed(),
        any::<Ipv6Addr>().prop_map(|ip| ip.to_string()).boxed(),
        "fe80::1%[a-z0-9]{1,4}".boxed(),
    ];
    let ends = prop_oneof![
        (option::of(host.clone()), 1_u16..).prop_map(|(host, port)| SrtUri::listener(
            host.as_deref(),
            port
        )
        .unwrap()),
        // So few with a local address, and so few rare options, that most URIs can be written in
        // both dialects.
        (host, 1_u16.., any::<bool>(), rare(option::of(name)), rare(option::of(1_u16..))).prop_map(
            |(host, port, is_caller, local_host, local_port)| {
                let new = if is_caller { SrtUri::caller } else { SrtUri::rendezvous };
                let mut uri = new(&host, port).unwrap();
                uri.set_local(local_host.as_deref(), local_port.unwrap_or(0)).unwrap();
                uri
            }
        ),
    ];
    let time = || (0..=i32::MAX as u64).prop_map(millis);
    let rate = || (0..=i64::MAX as u64).prop_map(bytes);
    let count = || 0..=i32::MAX as u32;
    let size = || option::weighted(0.2, 76_usize..=1456);
    let some_time = || option::weighted(0.2, time());
    let some_rate = || option::weighted(0.1, rate());
    let some_count = || option::weighted(0.1, count());
    let flag = || option::weighted(0.1, any::<bool>());
    let times = (
        some_time(),
        rare(some_time()),
        some_time(),
        some_time(),
        some_time(),
        some_time(),
        rare(some_time()),
    );
    let segment = option::weighted(0.2, 1070_usize..=1500);
    let sizes = (segment, size(), size(), size(), size(), rare(size()), rare(size()));
    let flags = (flag(), flag(), flag(), flag(), rare(flag()), rare(flag()));
    let counts = (
        some_count(),
        some_count(),
        some_count(),
        option::weighted(0.1, 5_u8..=100),
        option::weighted(0.1, 1_u8..),
        option::weighted(0.1, any::<u8>()),
    );
    let max_rate = prop_oneof![
        Just(MaxBandwidth::Unlimited),
        Just(MaxBandwidth::FollowInput),
        (1..=i64::MAX as u64).prop_map(|rate| bytes(rate).into()),
    ];
    let rates = (
        option::weighted(0.2, max_rate),
        some_rate(),
        rare(some_rate()),
        rare(option::of(option::of(rate()))),
        option::weighted(0.1, option::of(time())),
    );
    let others = (
        option::of(prop::sample::select(&[Live, FileStream, FileMessage])),
        option::of(vec(1_u8.., 10..=80)),
        option::of(prop::sample::select(&[
            KeyLength::Aes128,
            KeyLength::Aes192,
            KeyLength::Aes256,
        ])),
        option::of(stream_id()),
        option::of((0..=i32::MAX as u64).prop_map(Duration::from_secs)),
        option::weighted(0.1, any::<(u8, u8, u8)>()),
    );
    let texts = (
        rare(option::of("\\PC{1,10}|fec,cols:[0-9]{1,3}")),
        rare(option::of("[a-z0-9 %&+=]{1,15}")),
        rare(option::of(prop::sample::select(&[
            CipherMode::Auto,
            CipherMode::AesCtr,
            CipherMode::AesGcm,
        ]))),
        rare(option::of(prop::sample::select(&[
            RetransmitAlgorithm::Aggressive,
            RetransmitAlgorithm::Efficient,
        ]))),
    );
    let options = (times, sizes, flags, counts, rates, others, texts);
    (ends, options).prop_map(|(mut uri, (times, sizes, flags, counts, rates, others, texts))| {
        uri.set_timeout(times.0).set_listen_timeout(times.1);
        let options = uri.options_mut();
        macro_rules! set {
            ($($option:ident = $value:expr;)*) => {
                $(if let Some(value) = $value {
                    options.$option(value);
                })*
            };
        }
        set! {
            latency = times.2;
            receive_latency = times.3;
            peer_latency = times.4;
            connect_timeout = times.5;
            peer_idle_timeout = times.6;
            max_segment_size = sizes.0;
            payload_size = sizes.1;
            flow_window = sizes.2;
            send_buffer_size = sizes.3;
            receive_buffer_size = sizes.4;
            udp_send_buffer_size = sizes.5;
            udp_receive_buffer_size = sizes.6;
            timestamp_delivery = flags.0;
            too_late_drop = flags.1;
            nak_reports = flags.2;
            enforced_encryption = flags.3;
            drift_tracer = flags.4;
            ipv6_only = flags.5;
            key_refresh_rate = counts.0;
            key_pre_announce = counts.1;
            max_reorder_tolerance = counts.2;
            overhead_bandwidth = counts.3;
            ip_ttl = counts.4;
            ip_tos = counts.5;
            max_bandwidth = rates.0;
            input_bandwidth = rates.1;
            min_input_bandwidth = rates.2;
            max_retransmit_bandwidth = rates.3;
            send_drop_delay = rates.4;
            transmission_mode = others.0;
            passphrase = others.1.map(|bytes| Passphrase::new(bytes).unwrap());
            key_length = others.2;
            stream_id = others.3.map(id);
            linger = others.4;
            min_peer_version = others.5;
            packet_filter = texts.0.map(|text| filter(&text));
            bind_to_device = texts.1.map(|text| device(&text));
            cipher_mode = texts.2;
            retransmit_algorithm = texts.3;
        }
        uri
    })
}

/// What only one dialect has.
fn rare<T: Clone + std::fmt::Debug + 'static>(
    strategy: impl Strategy<Value = Option<T>> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![19 => Just(None), 1 => strategy]
}

/// Now and then with a zero in it.
fn stream_id() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => vec(1_u8.., 0..=512),
        1 => (vec(any::<u8>(), 0..=511), 1_u8..).prop_map(|(mut id, last)| {
            id.push(last);
            id
        }),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let known: Vec<_> = UPSTREAM.iter().flat_map(|(_, keys)| *keys).copied().collect();
    prop_oneof![5 => prop::sample::select(known).prop_map(str::to_owned), 1 => "[a-z_%]{0,6}"]
}
