//! What the table says, compared with the headers and with what libsrt does.

use std::collections::BTreeSet;

use super::unset::UNSET;
use super::*;

/// The layout test of srt-sys sees to it that these have every name of the headers.
const BINDINGS: [&str; 2] =
    [include_str!("../../../srt-sys/src/bindings.rs"), include_str!("../../../srt-sys/src/ext.rs")];

/// Not options, but ends of lists.
const ENDS: [&str; 2] = ["SRTO_DEPRECATED_END", "SRTO_E_SIZE"];

#[test]
fn every_option_of_the_headers_has_a_setter_or_a_reason() {
    let headers: BTreeSet<&str> = BINDINGS
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("pub const ")?.split(':').next())
        .filter(|name| name.starts_with("SRTO_") && !ENDS.contains(name))
        .collect();
    assert!(headers.len() >= 58, "{headers:?}");
    let mut known = BTreeSet::new();
    for entry in TABLE {
        assert!(known.insert(entry.option.name), "{} twice", entry.option.name);
    }
    for (name, reason) in UNSET {
        assert!(known.insert(name), "{name} twice");
        assert!(!reason.is_empty(), "{name}");
    }
    assert_eq!(known, headers);
}

#[test]
fn errors_name_the_setter_and_the_option() {
    let refused = Error::InvalidOption { option: "SRTO_FC", reason: entries::flow_window.reason };
    assert_eq!(refused.to_string(), "option flow_window (SRTO_FC): must be 32 or more");
    let late = Error::WrongPhase { option: "SRTO_MSS", phase: entries::max_segment_size.phase };
    assert_eq!(
        late.to_string(),
        "option max_segment_size (SRTO_MSS) can only be set before the socket is bound"
    );
    let other = Error::InvalidOption { option: "shards", reason: "a listener has at least one" };
    assert_eq!(other.to_string(), "shards: a listener has at least one");
}

#[test]
fn debug_shows_what_is_set_and_no_secret() {
    let mut options = SrtOptions::new();
    options.flow_window(64).passphrase("correct horse".parse().unwrap());
    assert_eq!(
        format!("{options:?}"),
        "SrtOptions { passphrase: Passphrase(..), flow_window: 64, .. }"
    );
}

/// A value for every option, other than the default.
#[cfg(not(srt_loom))]
fn samples() -> Vec<(&'static Entry, SrtOptions)> {
    type Set = fn(&mut SrtOptions) -> &mut SrtOptions;

    macro_rules! samples {
        ($($name:ident($value:expr)),* $(,)?) => {
            [$((stringify!($name), (|options| options.$name($value)) as Set),)*]
        };
    }
    let samples = samples![
        transmission_mode(TransmissionMode::FileStream),
        timestamp_delivery(false),
        too_late_drop(false),
        latency(Duration::from_millis(200)),
        receive_latency(Duration::from_millis(1100)),
        peer_latency(Duration::from_millis(180)),
        passphrase("correct horse".parse().unwrap()),
        key_length(KeyLength::Aes256),
        cipher_mode(CipherMode::AesCtr),
        enforced_encryption(false),
        key_refresh_rate(1024),
        key_pre_announce(100),
        stream_id("#!::u=haivision".parse().unwrap()),
        min_peer_version((1, 3, 0)),
        sender(true),
        connect_timeout(Duration::from_millis(250)),
        peer_idle_timeout(Duration::from_millis(4500)),
        packet_filter(PacketFilter::fec().columns(10)),
        payload_size(1400),
        max_segment_size(1400),
        udp_send_buffer_size(100_000),
        udp_receive_buffer_size(100_000),
        flow_window(10_000),
        send_buffer_size(1_000_000),
        receive_buffer_size(1_000_000),
        nak_reports(false),
        retransmit_algorithm(RetransmitAlgorithm::Aggressive),
        max_reorder_tolerance(10),
        send_drop_delay(Duration::from_millis(1500)),
        drift_tracer(false),
        max_bandwidth(Bandwidth::from_bytes_per_second(200_000)),
        input_bandwidth(Bandwidth::from_bytes_per_second(200_000)),
        min_input_bandwidth(Bandwidth::from_bytes_per_second(200_000)),
        overhead_bandwidth(20),
        max_retransmit_bandwidth(Bandwidth::from_bytes_per_second(200_000)),
        group_connect(true),
        group_min_stability_timeout(Duration::from_millis(100)),
        ip_ttl(9),
        ip_tos(0xb8),
        bind_to_device(DeviceName::new("lo").unwrap()),
        reuse_address(false),
        ipv6_only(true),
        linger(Duration::from_secs(1)),
    ];
    let setters: Vec<_> = samples.iter().map(|(name, _)| *name).collect();
    let table: Vec<_> = TABLE.iter().map(|entry| entry.setter).collect();
    assert_eq!(setters, table);
    let options = |(entry, (_, set)): (_, (_, Set))| {
        let mut options = SrtOptions::new();
        set(&mut options);
        (entry, options)
    };
    TABLE.iter().zip(samples).map(options).collect()
}

/// Whether each option can be set on a socket in a certain phase, the earliest that is still open.
#[cfg(not(srt_loom))]
fn check_phase(socket: &RawSocket, phase: OptionPhase) {
    let too_late = |entry: &Entry| match phase {
        OptionPhase::PreBind => false,
        OptionPhase::Pre => entry.phase == OptionPhase::PreBind,
        OptionPhase::Post => entry.phase != OptionPhase::Post,
    };
    for (entry, options) in samples() {
        match options.apply(socket) {
            // Not in the libsrt that the tests run with, so there is no phase either.
            Err(Error::Unsupported { feature, needs }) => {
                assert_eq!((feature, Some(needs)), (entry.setter, entry.needs));
            }
            applied if too_late(entry) => {
                let (option, phase) = (entry.option.name, entry.phase);
                assert_eq!(applied, Err(Error::WrongPhase { option, phase }), "{}", entry.setter);
            }
            applied => assert_eq!(applied, Ok(()), "{}", entry.setter),
        }
    }
}

/// TestSocketOptions.RestrictionBind
#[cfg(not(srt_loom))]
#[test]
fn on_a_bound_socket_options_of_the_port_and_buffers_are_too_late() {
    let socket = RawSocket::new().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    check_phase(&socket, OptionPhase::Pre);
}

/// TestSocketOptions.RestrictionListening
#[cfg(not(srt_loom))]
#[test]
fn on_a_listening_socket_all_but_live_options_are_too_late() {
    let socket = RawSocket::new().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(1).unwrap();
    check_phase(&socket, OptionPhase::Post);
}

/// TestSocketOptions.RestrictionConnected, and RestrictionCallerConnecting, which is switched off
/// there.
#[cfg(not(srt_loom))]
#[tokio::test]
async fn on_a_connection_all_but_live_options_are_too_late() {
    use crate::listener::SrtListener;
    use crate::stream::SrtStream;

    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let connecting = RawSocket::new().unwrap();
    connecting.connect(silent.local_addr().unwrap()).unwrap();
    check_phase(&connecting, OptionPhase::Post);

    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    let connect = SrtStream::connect(listener.local_addr().unwrap());
    let (caller, accepted) = tokio::join!(connect, listener.accept());
    for stream in &[caller.unwrap(), accepted.unwrap().0] {
        stream
            .write_option(|socket| {
                check_phase(socket, OptionPhase::Post);
                Ok(())
            })
            .unwrap();
    }
}

#[cfg(not(srt_loom))]
#[test]
fn on_a_new_socket_no_option_is_too_late() {
    for (entry, options) in samples() {
        let socket = RawSocket::new().unwrap();
        match options.apply(&socket) {
            Err(Error::Unsupported { needs, .. }) => assert_eq!(Some(needs), entry.needs),
            applied => assert_eq!(applied, Ok(()), "{}", entry.setter),
        }
    }
}

#[cfg(not(srt_loom))]
#[test]
fn all_options_at_once_are_applied_in_an_order_that_libsrt_takes() {
    let mut all = SrtOptions::new();
    for (entry, options) in samples() {
        // Their answers are looked at elsewhere; in file mode others have no sense.
        let elsewhere = ["cipher_mode", "max_retransmit_bandwidth", "transmission_mode"];
        let applied = options.apply(&RawSocket::new().unwrap());
        let unsupported = matches!(applied, Err(Error::Unsupported { .. }));
        if !unsupported && !elsewhere.contains(&entry.setter) {
            all.merge(&options);
        }
    }
    all.transmission_mode(TransmissionMode::Live);
    let socket = RawSocket::new().unwrap();
    all.apply(&socket).unwrap();
    assert_eq!(getters::receive_latency(&socket), Ok(Duration::from_millis(1100)));
    assert_eq!(getters::peer_latency(&socket), Ok(Duration::from_millis(180)));
    assert_eq!(getters::too_late_drop(&socket), Ok(false));
    assert_eq!(getters::key_pre_announce(&socket), Ok(100));
    assert_eq!(getters::payload_size(&socket), Ok(1400));
}
