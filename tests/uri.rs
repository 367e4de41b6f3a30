//! `srt://` URIs in both dialects: reading, writing, and what is opened with them.

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
    AccessControl, AccessMode, ConnectionMode, KeyLength, Passphrase, SrtListener, SrtOptions,
    SrtStream, SrtUri, StreamId, UriDialect, UriError,
};
use support::pair::within;
use support::programs::free_port;

const DIALECTS: [UriDialect; 2] = [LiveTransmit, FFmpeg];

#[test]
fn every_key_sets_its_option() {
    type Set = fn(&mut SrtOptions) -> &mut SrtOptions;
    const BOTH: &[(&str, Set)] = &[
        ("transtype=live", |o| o.transmission_mode(Live)),
        ("transtype=live&messageapi=1", |o| o.transmission_mode(Live)),
        ("transtype=file", |o| o.transmission_mode(FileStream)),
        ("transtype=file&messageapi=0", |o| o.transmission_mode(FileStream)),
        ("messageapi=1&transtype=file", |o| o.transmission_mode(FileMessage)),
        ("messageapi=1", |o| o),
        ("passphrase=correct-horse", |o| o.passphrase(secret("correct-horse"))),
        ("passphrase=correct%26hor%3de#", |o| o.passphrase(secret("correct&hor=e#"))),
        ("passphrase=", |o| o),
        ("pbkeylen=16", |o| o.key_length(KeyLength::Aes128)),
        ("pbkeylen=24", |o| o.key_length(KeyLength::Aes192)),
        ("pbkeylen=32", |o| o.key_length(KeyLength::Aes256)),
        ("pbkeylen=0", |o| o),
        ("streamid=#!::r=a?b,m=publish", |o| o.stream_id(id("#!::r=a?b,m=publish"))),
        ("streamid=%ff%26=&", |o| o.stream_id(id(b"\xff&="))),
        ("stream%69d=a", |o| o.stream_id(id("a"))),
        ("streamid=", |o| o.stream_id(id(""))),
        ("linger=90", |o| o.linger(Duration::from_secs(90))),
        ("sndbuf=1000000", |o| o.send_buffer_size(1_000_000)),
        ("rcvbuf=2000000", |o| o.receive_buffer_size(2_000_000)),
        ("mss=1400", |o| o.max_segment_size(1400)),
    ];
    const LIVE_TRANSMIT: &[(&str, Set)] = &[
        ("messageapi=yes&transtype=file", |o| o.transmission_mode(FileMessage)),
        ("messageapi=off&transtype=file", |o| o.transmission_mode(FileStream)),
        ("congestion=file&transtype=file", |o| o.transmission_mode(FileStream)),
        ("congestion=live", |o| o),
        ("latency=250", |o| o.latency(millis(250))),
        ("latency=0xfA", |o| o.latency(millis(250))),
        ("latency=0", |o| o.latency(millis(0))),
        ("rcvlatency=250", |o| o.receive_latency(millis(250))),
        ("peerlatency=250", |o| o.peer_latency(millis(250))),
        ("conntimeo=300", |o| o.connect_timeout(millis(300))),
        ("peeridletimeo=2147483647", |o| o.peer_idle_timeout(millis(2147483647))),
        ("payloadsize=1456", |o| o.payload_size(1456)),
        ("fc=32", |o| o.flow_window(32)),
        ("ipv6only=1", |o| o.ipv6_only(true)),
        ("ipv6only=0", |o| o.ipv6_only(false)),
        ("ipv6only=-1", |o| o),
        ("streamid=a+b%2bc%20d", |o| o.stream_id(id("a+b+c d"))),
    ];
    const FFMPEG: &[(&str, Set)] = &[
        ("smoother=file&transtype=file", |o| o.transmission_mode(FileStream)),
        ("smoother=live", |o| o),
        ("messageapi=-1&transtype=file", |o| o.transmission_mode(FileStream)),
        ("latency=250000", |o| o.latency(millis(250))),
        ("latency=0250000", |o| o.latency(millis(250))),
        ("latency=1500", |o| o.latency(Duration::from_micros(1500))),
        ("latency=-1", |o| o),
        ("tsbpddelay=250000", |o| o.latency(millis(250))),
        ("rcvlatency=250000", |o| o.receive_latency(millis(250))),
        ("peerlatency=0", |o| o.peer_latency(millis(0))),
        ("connect_timeout=300", |o| o.connect_timeout(millis(300))),
        ("payload_size=1128", |o| o.payload_size(1128)),
        ("pkt_size=ts_size", |o| o.payload_size(1316)),
        ("payload_size=max_size", |o| o.payload_size(1456)),
        ("ffs=32&sndbuf=-1&rcvbuf=-1&mss=-1&linger=-1", |o| o.flow_window(32)),
        ("pbkeylen=-1", |o| o),
        ("srt_streamid=a+b%2bc%20d", |o| o.stream_id(id("a b+c d"))),
    ];
    let both = DIALECTS.map(|dialect| (dialect, BOTH));
    for (dialect, cases) in
        both.into_iter().chain([(LiveTransmit, LIVE_TRANSMIT), (FFmpeg, FFMPEG)])
    {
        for (query, set) in cases {
            let mut options = SrtOptions::new();
            let uri = parsed(dialect, &format!("srt://127.0.0.1:9000?{query}"));
            assert_eq!(uri.options(), set(&mut options), "{query}");
            assert_eq!(parsed(dialect, &uri.build(dialect).unwrap()), uri, "{query}");
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
            assert_eq!(parsed(dialect, &uri.build(dialect).unwrap()), uri, "{text}");
        }
    }
}

#[test]
fn what_programs_observe_is_kept_for_them() {
    let uri = parsed(LiveTransmit, "srt://a:9000?timeout=1500");
    assert_eq!((uri.timeout(), uri.listen_timeout()), (Some(millis(1500)), None));
    let built = uri.build(FFmpeg).unwrap();
    assert_eq!(built, "srt://a:9000?timeout=1500000");
    assert_eq!(parsed(FFmpeg, &built), uri);

    let uri = parsed(FFmpeg, "srt://:9000?mode=listener&listen_timeout=5000000&timeout=0");
    assert_eq!((uri.timeout(), uri.listen_timeout()), (None, Some(millis(5000))));
    assert_eq!(uri, parsed(FFmpeg, &uri.build(FFmpeg).unwrap()));
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
        ("srt://a:9000?streamid=%00", "streamid=\\0: a stream id has no zeros"),
        ("srt://a:9000?mode=host", "mode=host: not caller"),
        ("srt://a:9000?pbkeylen=20", "pbkeylen=20: not 16"),
        ("srt://a:9000?transtype=lively", "transtype=lively: not live or file"),
        ("srt://a:9000?mss=75", "mss=75: not a number from 76"),
        ("srt://a:9000?passphrase=secret", "passphrase: a passphrase has 10 to 80 bytes"),
        ("srt://a:9000?linger=1.5", "linger=1.5: not a number of seconds"),
        ("srt://a:9000?latency=2000&latency=2000", "latency=2000: contradicts latency=2000"),
        ("srt://a:9000?messageapi=0", "messageapi=0: contradicts live mode"),
        ("srt://a:9000?messageapi=0&transtype=live", "messageapi=0: contradicts transtype=live"),
        ("srt://a:9000?timeout=forever", "timeout=forever: not a number"),
    ];
    let live_transmit = [
        ("srt://a:9000?blocking=1", "blocking=1: for a program"),
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
        ("srt://a:9000?mss=1501", "mss=1501: not a number from 76 to 1500"),
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
        reason: "not a number from 76 to 1500",
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
        assert_eq!(uri.build(dialect).unwrap(), text);
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
        uri.build(LiveTransmit).unwrap(),
        "srt://media.example.com:9000?timeout=10&transtype=file&messageapi=1&latency=250\
         &passphrase=correct %26 horse&streamid=#!::r=live/cam 1+2,m=publish&linger=2"
    );
    assert_eq!(
        uri.build(FFmpeg).unwrap(),
        "srt://media.example.com:9000?timeout=10000&transtype=file&messageapi=1&latency=250000\
         &passphrase=correct+%26+horse&streamid=#!::r=live/cam+1%2B2,m=publish&linger=2"
    );

    let mut uri = SrtUri::rendezvous("::1", 9000).unwrap();
    assert_eq!(uri.build(LiveTransmit).unwrap(), "srt://[::1]:9000?mode=rendezvous");
    uri.set_local(Some("fe80::1%eth0"), 9001).unwrap();
    assert_eq!(
        uri.build(LiveTransmit).unwrap(),
        "srt://[::1]:9000?adapter=fe80::1%25eth0&port=9001"
    );
    let uri = SrtUri::listener(None, 9000).unwrap();
    assert_eq!(uri.build(LiveTransmit).unwrap(), "srt://:9000");
    assert_eq!(uri.build(FFmpeg).unwrap(), "srt://:9000?mode=listener");

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
        (LiveTransmit, with(|o| o.max_segment_size(75)), "mss"),
        (LiveTransmit, waiting, "listen_timeout"),
        (FFmpeg, with(|o| o.latency(Duration::from_nanos(1_000_500))), "latency"),
        (FFmpeg, with(|o| o.latency(Duration::from_micros(500))), "latency"),
        (FFmpeg, with(|o| o.ipv6_only(true)), "ipv6only"),
        (FFmpeg, with(|o| o.peer_idle_timeout(millis(1))), "peeridletimeo"),
        (FFmpeg, with(|o| o.payload_size(1457)), "payload_size"),
        (FFmpeg, SrtUri::listener(None, 0).unwrap(), "port"),
        (FFmpeg, local, "adapter"),
    ] {
        match uri.build(dialect) {
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
        match uri.build(dialect) {
            Ok(text) => prop_assert_eq!(SrtUri::parse(dialect, &text), Ok(uri), "{}", text),
            Err(UriError::Inexpressible { key, .. }) => {
                // What the strategy has that a dialect has not.
                let known: &[&str] = match dialect {
                    LiveTransmit => &["listen_timeout"],
                    _ => &["adapter", "port", "peeridletimeo", "ipv6only"],
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
        pairs in vec((key(), "[0-9]{1,10}|-1|0x[0-9a-f]{0,9}|[a-z]{0,9}|live|file|\\PC{0,20}"), 0..6),
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
            Ok(uri) => assert_eq!(parsed(dialect, &uri.build(dialect).unwrap()), uri, "{text}"),
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
        (host, 1_u16.., any::<bool>(), option::of(name), any::<u16>()).prop_map(
            |(host, port, is_caller, local_host, local_port)| {
                let new = if is_caller { SrtUri::caller } else { SrtUri::rendezvous };
                let mut uri = new(&host, port).unwrap();
                uri.set_local(local_host.as_deref(), local_port).unwrap();
                uri
            }
        ),
    ];
    let time = || option::weighted(0.3, (0..=i32::MAX as u64).prop_map(millis));
    let times = (time(), time(), time(), time(), time(), time(), time());
    let size = || option::weighted(0.3, 76_usize..=1456);
    let sizes = (size(), size(), size(), size(), size());
    let modes = prop::sample::select(vec![Live, FileStream, FileMessage]);
    let lengths =
        prop::sample::select(vec![KeyLength::Aes128, KeyLength::Aes192, KeyLength::Aes256]);
    let others = (
        option::of(modes),
        option::of(vec(any::<u8>(), 10..=80)),
        option::of(lengths),
        option::of(vec(1_u8.., 0..=512)),
        option::of((0..=i32::MAX as u64).prop_map(Duration::from_secs)),
        option::weighted(0.1, any::<bool>()),
    );
    (ends, times, sizes, others).prop_map(|(mut uri, times, sizes, others)| {
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
            transmission_mode = others.0;
            passphrase = others.1.map(|bytes| Passphrase::new(bytes).unwrap());
            key_length = others.2;
            stream_id = others.3.map(id);
            linger = others.4;
            ipv6_only = others.5;
        }
        uri
    })
}

fn key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "adapter",
        "bind",
        "blocking",
        "congestion",
        "connect_timeout",
        "conntimeo",
        "fc",
        "ffs",
        "ipv6only",
        "latency",
        "linger",
        "listen_timeout",
        "messageapi",
        "mode",
        "mss",
        "passphrase",
        "payloadsize",
        "pbkeylen",
        "pkt_size",
        "port",
        "rcvbuf",
        "rcvlatency",
        "smoother",
        "sndbuf",
        "streamid",
        "timeout",
        "transtype",
    ];
    prop_oneof![5 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => "[a-z_%]{0,6}"]
}
