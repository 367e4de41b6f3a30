//! Setting options and reading them.

use std::fmt::Debug;
use std::io;
use std::time::Duration;

use futures::future::try_join;
use srt_tokio::{
    Bandwidth, CipherMode, DeviceName, Error, Fec, FecArq, FecLayout, KeyLength, MaxBandwidth,
    OptionPhase, PacketFilter, RetransmitAlgorithm, SrtListener, SrtOptions, SrtSocket, SrtStream,
    StreamId, TransmissionMode, Version, libsrt_version,
};
use support::pair::{listen, pair, pair_with, within};

const MAX: usize = i32::MAX as usize;

type Set<T> = fn(&mut SrtOptions, T);
type Get<T> = fn(&SrtSocket) -> io::Result<T>;

/// One row of libsrt's matrix.
struct Row<T> {
    name: &'static str,
    set: Set<T>,
    get: Get<T>,
    default: T,
    /// The least, the greatest, and one that is not the default.
    valid: [T; 3],
    /// As far as the type has them: what it has not cannot be written.
    invalid: Vec<T>,
}

impl<T: Clone + Debug + PartialEq> Row<T> {
    fn check(self) {
        self.check_after(|_| {});
    }

    /// With other options set before, that the values depend on.
    fn check_after(self, prepare: fn(&mut SrtOptions)) {
        let Self { name, set, get, default, valid, invalid } = self;
        let with = |value: T| {
            let mut options = SrtOptions::new();
            set(&mut options, value);
            options
        };
        let fresh = SrtSocket::new(&SrtOptions::new()).unwrap();
        assert_eq!(get(&fresh).unwrap(), default, "{name}");

        let mut prepared = SrtOptions::new();
        prepare(&mut prepared);
        for value in valid {
            let mut socket = SrtSocket::new(&prepared).unwrap();
            socket.set_options(&with(value.clone())).unwrap();
            assert_eq!(get(&socket).unwrap(), value, "{name}");
            // And back, unless that is not to be said.
            let back = with(default.clone());
            if back != SrtOptions::new() {
                socket.set_options(&back).unwrap();
                assert_eq!(get(&socket).unwrap(), default, "{name}");
            }
        }
        for value in invalid {
            let mut socket = SrtSocket::new(&SrtOptions::new()).unwrap();
            let error = socket.set_options(&with(value.clone())).unwrap_err();
            assert_eq!(refused(&error), name, "{value:?}");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(get(&socket).unwrap(), default, "{name}");
            assert!(SrtSocket::new(&with(value)).is_err());
        }
    }
}

/// The name of the option that was refused.
fn refused(error: &io::Error) -> &'static str {
    match Error::from_io(error) {
        Some(Error::InvalidOption { option, .. }) => option,
        _ => panic!("{error:?}"),
    }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn bytes(bytes: u64) -> Bandwidth {
    Bandwidth::from_bytes_per_second(bytes)
}

/// libsrt's TestSocketOptions.DefaultVals, MinVals, MaxVals and InvalidVals, and the defaults of
/// TestConnectionTimeout.Nonblocking and TestEnforcedEncryption.SetGetDefault. Elsewhere are
/// SRTO_MESSAGEAPI, in `the_mode_of_transmission_is_known_and_applied_first`, and
/// SRTO_GROUPMINSTABLETIMEO, in tests/group.rs; nowhere SRTO_RCVTIMEO and SRTO_SNDTIMEO.
#[tokio::test]
async fn values_have_defaults_and_ranges() {
    let longest = millis(i32::MAX as u64);
    let too_long = longest + millis(1);
    let durations: [(&str, Set<Duration>, Get<Duration>, _, _); 4] = [
        ("SRTO_CONNTIMEO", |o, v| _ = o.connect_timeout(v), SrtSocket::connect_timeout, 3000, 250),
        (
            "SRTO_PEERIDLETIMEO",
            |o, v| _ = o.peer_idle_timeout(v),
            SrtSocket::peer_idle_timeout,
            5000,
            4500,
        ),
        ("SRTO_PEERLATENCY", |o, v| _ = o.peer_latency(v), SrtSocket::peer_latency, 0, 180),
        ("SRTO_RCVLATENCY", |o, v| _ = o.receive_latency(v), SrtSocket::receive_latency, 120, 1100),
    ];
    for (name, set, get, default, other) in durations {
        let valid = [Duration::ZERO, longest, millis(other)];
        let invalid = vec![too_long, Duration::MAX];
        Row { name, set, get, default: millis(default), valid, invalid }.check();
    }
    Row {
        name: "SRTO_LATENCY",
        set: |o, v| _ = o.latency(v),
        get: SrtSocket::receive_latency,
        default: millis(120),
        valid: [Duration::ZERO, longest, millis(200)],
        invalid: vec![too_long],
    }
    .check();
    Row {
        name: "SRTO_SNDDROPDELAY",
        set: |o, v| _ = o.send_drop_delay(v),
        get: SrtSocket::send_drop_delay,
        default: Some(Duration::ZERO),
        valid: [None, Some(longest), Some(millis(1500))],
        invalid: vec![Some(too_long)],
    }
    .check();

    let flags: [(&str, Set<bool>, Get<bool>); 4] = [
        ("SRTO_DRIFTTRACER", |o, v| _ = o.drift_tracer(v), SrtSocket::drift_tracer),
        (
            "SRTO_ENFORCEDENCRYPTION",
            |o, v| _ = o.enforced_encryption(v),
            SrtSocket::enforced_encryption,
        ),
        ("SRTO_NAKREPORT", |o, v| _ = o.nak_reports(v), SrtSocket::nak_reports),
        ("SRTO_TLPKTDROP", |o, v| _ = o.too_late_drop(v), SrtSocket::too_late_drop),
    ];
    for (name, set, get) in flags {
        let valid = [false, true, false];
        Row { name, set, get, default: true, valid, invalid: vec![] }.check();
    }

    Row {
        name: "SRTO_FC",
        set: |o, v| _ = o.flow_window(v),
        get: SrtSocket::flow_window,
        default: 25_600,
        valid: [32, MAX, 10_000],
        invalid: vec![0, 31, MAX + 1],
    }
    .check();
    Row {
        name: "SRTO_KMPREANNOUNCE",
        set: |o, v| _ = o.key_pre_announce(v),
        get: SrtSocket::key_pre_announce,
        default: 0,
        // The greatest is left out there, and depends on the default of SRTO_KMREFRESHRATE.
        valid: [0, ((1 << 24) - 1) / 2, 1024],
        invalid: vec![1 << 23, i32::MAX as u32, u32::MAX],
    }
    .check();
    Row {
        name: "SRTO_KMREFRESHRATE",
        set: |o, v| _ = o.key_refresh_rate(v),
        get: SrtSocket::key_refresh_rate,
        default: 0,
        valid: [0, i32::MAX as u32, 1024],
        invalid: vec![1 << 31, u32::MAX],
    }
    .check();
    Row {
        name: "SRTO_LOSSMAXTTL",
        set: |o, v| _ = o.max_reorder_tolerance(v),
        get: SrtSocket::max_reorder_tolerance,
        default: 0,
        valid: [0, i32::MAX as u32, 10],
        invalid: vec![1 << 31],
    }
    .check();
    Row {
        name: "SRTO_OHEADBW",
        set: |o, v| _ = o.overhead_bandwidth(v),
        get: SrtSocket::overhead_bandwidth,
        default: 25,
        valid: [5, 100, 20],
        invalid: vec![0, 4, 101, 255],
    }
    .check();
    Row {
        name: "SRTO_MAXBW",
        set: |o, v| _ = o.max_bandwidth(v),
        get: SrtSocket::max_bandwidth,
        default: MaxBandwidth::Unlimited,
        valid: [
            MaxBandwidth::FollowInput,
            MaxBandwidth::Limit(bytes(i64::MAX as u64)),
            MaxBandwidth::Limit(bytes(200_000)),
        ],
        invalid: vec![],
    }
    .check();
    Row {
        name: "SRTO_INPUTBW",
        set: |o, v| _ = o.input_bandwidth(v),
        get: SrtSocket::input_bandwidth,
        default: Bandwidth::ZERO,
        valid: [Bandwidth::ZERO, bytes(u64::MAX), bytes(200_000)],
        invalid: vec![],
    }
    .check();
    Row {
        name: "SRTO_MININPUTBW",
        set: |o, v| _ = o.min_input_bandwidth(v),
        get: SrtSocket::min_input_bandwidth,
        default: Bandwidth::ZERO,
        valid: [Bandwidth::ZERO, bytes(u64::MAX), bytes(200_000)],
        invalid: vec![],
    }
    .check();
    #[cfg(srt_maxrexmitbw)]
    Row {
        name: "SRTO_MAXREXMITBW",
        set: |o, v| _ = o.max_retransmit_bandwidth(v),
        get: SrtSocket::max_retransmit_bandwidth,
        default: None,
        valid: [Some(Bandwidth::ZERO), Some(bytes(u64::MAX)), Some(bytes(200_000))],
        invalid: vec![],
    }
    .check();
    Row {
        name: "SRTO_MINVERSION",
        set: |o, v| _ = o.min_peer_version(v),
        get: SrtSocket::min_peer_version,
        default: Version::new(1, 0, 0),
        valid: [Version::new(0, 0, 0), Version::new(255, 255, 255), Version::new(1, 3, 0)],
        invalid: vec![],
    }
    .check();
    Row {
        name: "SRTO_MSS",
        set: |o, v| _ = o.max_segment_size(v),
        get: SrtSocket::max_segment_size,
        default: 1500,
        valid: [1070, 1500, 1400],
        // libsrt would take most of them.
        invalid: vec![0, 75, 76, 104, 1069, 1501, 9000, 65_536, 65_537, MAX],
    }
    .check();
    Row {
        name: "SRTO_PAYLOADSIZE",
        set: |o, v| _ = o.payload_size(v),
        get: SrtSocket::payload_size,
        default: 1316,
        valid: [0, 1456, 1400],
        invalid: vec![1457, 1500, usize::MAX],
    }
    .check();
    Row {
        name: "SRTO_RETRANSMITALGO",
        set: |o, v| _ = o.retransmit_algorithm(v),
        get: SrtSocket::retransmit_algorithm,
        default: RetransmitAlgorithm::Efficient,
        valid: [
            RetransmitAlgorithm::Aggressive,
            RetransmitAlgorithm::Efficient,
            RetransmitAlgorithm::Aggressive,
        ],
        invalid: vec![],
    }
    .check();

    // In whole packets, of 1472 bytes unless the size of a segment is another one.
    Row {
        name: "SRTO_SNDBUF",
        set: |o, v| _ = o.send_buffer_size(v),
        get: SrtSocket::send_buffer_size,
        default: 8192 * 1472,
        valid: [32 * 1472, MAX / 1472 * 1472, 679 * 1472],
        invalid: vec![0, MAX + 1],
    }
    .check();
    Row {
        name: "SRTO_RCVBUF",
        set: |o, v| _ = o.receive_buffer_size(v),
        get: SrtSocket::receive_buffer_size,
        default: 8192 * 1472,
        valid: [32 * 1472, 25_600 * 1472, 679 * 1472],
        // libsrt would make 25600 packets of the greater ones.
        invalid: vec![0, 25_601 * 1472, MAX],
    }
    .check();
    Row {
        name: "SRTO_RCVBUF",
        set: |o, v| _ = o.receive_buffer_size(v),
        get: SrtSocket::receive_buffer_size,
        default: 8192 * 1472,
        valid: [32 * 1472, MAX / 1472 * 1472, 679 * 1472],
        invalid: vec![],
    }
    .check_after(|options| _ = options.flow_window(MAX));
}

/// What libsrt's matrix leaves out.
#[tokio::test]
async fn values_of_other_options_have_ranges_too() {
    Row {
        name: "SRTO_IPTTL",
        set: |o, v: Option<u8>| _ = v.map(|v| o.ip_ttl(v)),
        get: SrtSocket::ip_ttl,
        default: None,
        valid: [Some(1), Some(255), Some(64)],
        invalid: vec![Some(0)],
    }
    .check();
    Row {
        name: "SRTO_IPTOS",
        set: |o, v: Option<u8>| _ = v.map(|v| o.ip_tos(v)),
        get: SrtSocket::ip_tos,
        default: None,
        valid: [Some(0), Some(255), Some(0xb8)],
        invalid: vec![],
    }
    .check();
    Row {
        name: "SRTO_IPV6ONLY",
        set: |o, v: Option<bool>| _ = v.map(|v| o.ipv6_only(v)),
        get: SrtSocket::ipv6_only,
        default: None,
        valid: [Some(false), Some(true), Some(true)],
        invalid: vec![],
    }
    .check();
    let flags: [(&str, Set<bool>, Get<bool>, bool); 3] = [
        ("SRTO_REUSEADDR", |o, v| _ = o.reuse_address(v), SrtSocket::reuse_address, true),
        ("SRTO_SENDER", |o, v| _ = o.sender(v), SrtSocket::sender, false),
        ("SRTO_TSBPDMODE", |o, v| _ = o.timestamp_delivery(v), SrtSocket::timestamp_delivery, true),
    ];
    for (name, set, get, default) in flags {
        Row { name, set, get, default, valid: [false, true, !default], invalid: vec![] }.check();
    }
    let sizes: [(&str, Set<usize>, Get<usize>, _); 2] = [
        (
            "SRTO_UDP_RCVBUF",
            |o, v| _ = o.udp_receive_buffer_size(v),
            SrtSocket::udp_receive_buffer_size,
            12_288_000,
        ),
        (
            "SRTO_UDP_SNDBUF",
            |o, v| _ = o.udp_send_buffer_size(v),
            SrtSocket::udp_send_buffer_size,
            65_536,
        ),
    ];
    for (name, set, get, default) in sizes {
        // libsrt would make 1500 of the smaller ones.
        let invalid = vec![0, 1499, MAX + 1];
        Row { name, set, get, default, valid: [1500, MAX, 100_000], invalid }.check();
    }
}

/// libsrt's TestSocketOptions.DefaultVals and InvalidVals, for SRTO_MESSAGEAPI.
#[tokio::test]
async fn the_mode_of_transmission_is_known_and_applied_first() {
    for mode in
        [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage]
    {
        let mut options = SrtOptions::new();
        // Set before the mode, which would reset them.
        options
            .receive_latency(millis(30))
            .nak_reports(true)
            .retransmit_algorithm(RetransmitAlgorithm::Aggressive)
            .transmission_mode(mode);
        let (caller, accepted) = pair_with(&options).await;
        for stream in [&caller, &accepted] {
            assert_eq!(stream.transmission_mode(), mode);
            assert!(stream.nak_reports().unwrap());
            let algorithm = stream.retransmit_algorithm().unwrap();
            assert_eq!(algorithm, RetransmitAlgorithm::Aggressive);
            assert_eq!(stream.timestamp_delivery().unwrap(), mode == TransmissionMode::Live);
        }
    }
    let (caller, _accepted) = pair().await;
    assert_eq!(caller.retransmit_algorithm().unwrap(), RetransmitAlgorithm::Efficient);
    assert_eq!(caller.send_drop_delay().unwrap(), Some(Duration::ZERO));
    let mut file = SrtOptions::new();
    file.transmission_mode(TransmissionMode::FileStream);
    let socket = SrtSocket::new(&file).unwrap();
    assert_eq!(socket.retransmit_algorithm().unwrap(), RetransmitAlgorithm::Aggressive);
    assert_eq!(socket.send_drop_delay().unwrap(), None);
    assert_eq!(socket.payload_size().unwrap(), 0);
}

/// What a stream tells in a way of its own.
#[tokio::test]
async fn sockets_and_listeners_tell_what_streams_tell_otherwise() {
    let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    assert_eq!(socket.transmission_mode().unwrap(), TransmissionMode::Live);
    assert!(socket.stream_id().unwrap().is_empty());
    assert_eq!(socket.key_length().unwrap(), None);

    let id: StreamId = "live/cam1".parse().unwrap();
    let mut options = SrtOptions::new();
    options
        .stream_id(id.clone())
        .passphrase("correct horse".parse().unwrap())
        .key_length(KeyLength::Aes192);
    for mode in
        [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage]
    {
        let socket = SrtSocket::new(options.transmission_mode(mode)).unwrap();
        assert_eq!(socket.transmission_mode().unwrap(), mode);
        assert_eq!(socket.stream_id().unwrap(), id);
        assert_eq!(socket.key_length().unwrap(), Some(KeyLength::Aes192));
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        assert_eq!(listener.transmission_mode().unwrap(), mode);
        assert_eq!(listener.stream_id().unwrap(), id);
        assert_eq!(listener.key_length().unwrap(), Some(KeyLength::Aes192));
    }
}

/// TestSocketOptions.RestrictionBind, for the error. Which options it concerns is tested with the
/// table.
#[tokio::test]
async fn a_bound_socket_names_what_is_too_late() {
    let mut socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.set_options(SrtOptions::new().flow_window(10_000)).unwrap();
    assert_eq!(socket.flow_window().unwrap(), 10_000);
    let error = socket.set_options(SrtOptions::new().max_segment_size(1400)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let expected = Error::WrongPhase { option: "SRTO_MSS", phase: OptionPhase::PreBind };
    assert_eq!(Error::from_io(&error), Some(&expected));
    assert_eq!(socket.max_segment_size().unwrap(), 1500);
}

/// What is set late counts as much as what a socket is made with.
#[tokio::test]
async fn options_can_be_added_to_a_socket() {
    let mut listener = SrtSocket::new(&SrtOptions::new()).unwrap();
    listener.set_options(SrtOptions::new().ipv6_only(true)).unwrap();
    listener.bind("[::]:0".parse().unwrap()).unwrap();
    assert_eq!(listener.ipv6_only().unwrap(), Some(true));
    listener.set_options(SrtOptions::new().latency(millis(33))).unwrap();
    let port = listener.local_addr().unwrap().port();
    let listener = listener.listen(4).unwrap();
    let connect = SrtStream::connect(("::1", port));
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().peer_latency().unwrap(), millis(33));
    assert_eq!(accepted.unwrap().0.latency(), millis(33));
}

/// TestSocketOptions.RestrictionConnected, MinInputBWRuntime
#[tokio::test]
async fn live_options_can_be_set_on_both_ends_of_a_connection() {
    let (caller, accepted) = pair().await;
    for stream in [&caller, &accepted] {
        stream.set_drift_tracer(false).unwrap();
        assert!(!stream.drift_tracer().unwrap());
        stream.set_max_reorder_tolerance(10).unwrap();
        assert_eq!(stream.max_reorder_tolerance().unwrap(), 10);
        stream.set_send_drop_delay(None).unwrap();
        assert_eq!(stream.send_drop_delay().unwrap(), None);
        stream.set_send_drop_delay(millis(1500)).unwrap();
        assert_eq!(stream.send_drop_delay().unwrap(), Some(millis(1500)));
        stream.set_overhead_bandwidth(20).unwrap();
        assert_eq!(stream.overhead_bandwidth().unwrap(), 20);
        stream.set_max_bandwidth(bytes(200_000)).unwrap();
        assert_eq!(stream.max_bandwidth().unwrap(), MaxBandwidth::Limit(bytes(200_000)));

        stream.set_min_input_bandwidth(bytes(50_000_000)).unwrap();
        assert_eq!(stream.min_input_bandwidth().unwrap(), bytes(50_000_000));
        stream.set_input_bandwidth(bytes(1)).unwrap();
        assert_eq!(stream.input_bandwidth().unwrap(), bytes(1));
        stream.set_input_bandwidth(Bandwidth::ZERO).unwrap();
        assert_eq!(stream.input_bandwidth().unwrap(), Bandwidth::ZERO);
        stream.set_max_bandwidth(MaxBandwidth::FollowInput).unwrap();
        assert_eq!(stream.max_bandwidth().unwrap(), MaxBandwidth::FollowInput);
        assert_eq!(stream.min_input_bandwidth().unwrap(), bytes(50_000_000));
        stream.set_min_input_bandwidth(bytes(20_000_000)).unwrap();
        assert_eq!(stream.min_input_bandwidth().unwrap(), bytes(20_000_000));

        assert_eq!(refused(&stream.set_overhead_bandwidth(101).unwrap_err()), "SRTO_OHEADBW");
        assert_eq!(stream.overhead_bandwidth().unwrap(), 20);
    }
    within(caller.send(b"still there")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 11);
    // A half is a stream as far as options go.
    let (read, write) = caller.into_split();
    write.set_max_bandwidth(MaxBandwidth::Unlimited).unwrap();
    assert_eq!(read.max_bandwidth().unwrap(), MaxBandwidth::Unlimited);
}

/// TestSocketOptions.RestrictionListening, LossMaxTTL, MinInputBWDefault, MinInputBWSet
#[tokio::test]
async fn what_is_accepted_has_the_live_options_of_its_listener() {
    let mut options = SrtOptions::new();
    options.max_reorder_tolerance(5).min_input_bandwidth(bytes(50_000_000));
    let listener = listen(&options).await;
    let address = listener.local_addr().unwrap();
    let connect = async || {
        let connect = SrtStream::connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        (caller.unwrap(), accepted.unwrap().0)
    };
    let (first_caller, first) = connect().await;
    assert_eq!(first.max_reorder_tolerance().unwrap(), 5);
    assert_eq!(first.min_input_bandwidth().unwrap(), bytes(50_000_000));
    assert_eq!(first_caller.max_reorder_tolerance().unwrap(), 0);
    assert_eq!(first_caller.min_input_bandwidth().unwrap(), Bandwidth::ZERO);

    listener.set_max_reorder_tolerance(7).unwrap();
    listener.set_min_input_bandwidth(bytes(20_000_000)).unwrap();
    listener.set_input_bandwidth(bytes(1)).unwrap();
    listener.set_max_bandwidth(bytes(200_000)).unwrap();
    listener.set_overhead_bandwidth(20).unwrap();
    listener.set_drift_tracer(false).unwrap();
    listener.set_send_drop_delay(millis(1500)).unwrap();
    assert_eq!(refused(&listener.set_overhead_bandwidth(4).unwrap_err()), "SRTO_OHEADBW");
    let (_second_caller, second) = connect().await;
    assert_eq!(second.max_reorder_tolerance().unwrap(), 7);
    assert_eq!(second.min_input_bandwidth().unwrap(), bytes(20_000_000));
    assert_eq!(second.input_bandwidth().unwrap(), bytes(1));
    assert_eq!(second.max_bandwidth().unwrap(), MaxBandwidth::Limit(bytes(200_000)));
    assert_eq!(second.overhead_bandwidth().unwrap(), 20);
    assert!(!second.drift_tracer().unwrap());
    assert_eq!(second.send_drop_delay().unwrap(), Some(millis(1500)));
    // Not those that are connected already.
    assert_eq!(first.max_reorder_tolerance().unwrap(), 5);

    listener.close();
    let error = listener.set_max_reorder_tolerance(1).unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
}

/// TestSocketOptions.TLPktDropInherits, Latency, StreamIDLenListener
#[tokio::test]
async fn what_is_accepted_has_the_other_options_of_its_listener_but_its_stream_id() {
    let mut options = SrtOptions::new();
    options
        .too_late_drop(false)
        .receive_latency(millis(140))
        .peer_latency(millis(100))
        .flow_window(10_000)
        .stream_id("something1234".parse().unwrap());
    let listener = listen(&options).await;
    let connect = SrtStream::connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    assert!(!accepted.too_late_drop().unwrap());
    assert_eq!(caller.receive_latency().unwrap(), millis(120));
    assert_eq!(caller.peer_latency().unwrap(), millis(140));
    assert_eq!(accepted.receive_latency().unwrap(), millis(140));
    assert_eq!(accepted.peer_latency().unwrap(), millis(120));
    assert_eq!(accepted.flow_window().unwrap(), 10_000);
    assert!(caller.stream_id().is_empty());
    assert!(accepted.stream_id().is_empty());
}

#[tokio::test]
async fn a_stream_that_is_gone_has_no_options() {
    let gone = |error: io::Error| Error::from_io(&error).cloned().unwrap();
    let (caller, accepted) = pair().await;
    within(caller.close()).await.unwrap();
    assert_eq!(gone(caller.set_drift_tracer(false).unwrap_err()), Error::Closed);
    assert_eq!(gone(caller.drift_tracer().unwrap_err()), Error::Closed);
    assert_eq!(gone(caller.encryption().unwrap_err()), Error::Closed);
    assert_eq!(gone(caller.encryption_settled().await.unwrap_err()), Error::Closed);
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 0);
    assert_eq!(gone(accepted.set_drift_tracer(false).unwrap_err()), Error::ConnectionLost);
}

#[tokio::test]
async fn a_stream_knows_its_peer() {
    let (caller, accepted) = pair().await;
    for stream in [&caller, &accepted] {
        assert_eq!(stream.peer_version().unwrap(), libsrt_version());
    }
    let first = caller.initial_sequence_number().unwrap();
    assert_eq!(accepted.initial_sequence_number().unwrap(), first);
    within(caller.send(b"first")).await.unwrap();
    assert_eq!(within(accepted.recv_msg()).await.unwrap().unwrap().packet_sequence, first);
    assert!(format!("{}", libsrt_version()).starts_with("1.5."));
}

#[tokio::test]
async fn a_peer_that_is_too_old_is_rejected() {
    let listener = listen(SrtOptions::new().min_peer_version((2, 0, 0))).await;
    let error = within(SrtStream::connect(listener.local_addr().unwrap())).await.unwrap_err();
    let expected = Error::Rejected(srt_tokio::RejectReason::Version);
    assert_eq!(Error::from_io(&error), Some(&expected));
}

#[tokio::test]
async fn a_packet_filter_is_agreed_on() {
    let fec =
        PacketFilter::fec().columns(10).rows(5).layout(FecLayout::Even).arq(FecArq::OnRequest);
    let listener = listen(SrtOptions::new().allow_peer_filter(true)).await;
    let address = listener.local_addr().unwrap();
    let mut builder = SrtStream::builder();
    builder.packet_filter(fec);
    let connect = builder.connect(address);
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    for stream in &[caller.unwrap(), accepted.unwrap().0] {
        let filter = stream.packet_filter().unwrap().unwrap();
        let mut parts: Vec<_> = filter.as_str().split(',').collect();
        parts.sort_unstable();
        assert_eq!(parts, ["arq:onreq", "cols:10", "fec", "layout:even", "rows:5"]);
    }
    let (caller, _accepted) = pair().await;
    assert_eq!(caller.packet_filter().unwrap(), None);
}

#[tokio::test]
async fn a_packet_filter_that_libsrt_does_not_take_is_refused() {
    let set = |filter: PacketFilter| SrtSocket::new(SrtOptions::new().packet_filter(filter));
    let fecs: [(Fec, bool); 8] = [
        (PacketFilter::fec(), true),
        (PacketFilter::fec().columns(2), true),
        (PacketFilter::fec().columns(1), false),
        (PacketFilter::fec().rows(1), true),
        (PacketFilter::fec().rows(0), false),
        (PacketFilter::fec().columns_only(2), true),
        (PacketFilter::fec().columns_only(1), false),
        (PacketFilter::fec().columns(20).layout(FecLayout::Staircase).arq(FecArq::Never), true),
    ];
    for (fec, is_valid) in fecs {
        match set(fec.into()) {
            Ok(socket) if is_valid => {
                assert_eq!(socket.packet_filter().unwrap(), Some(fec.into()));
            }
            Err(error) if !is_valid => assert_eq!(refused(&error), "SRTO_PACKETFILTER"),
            other => panic!("{fec}: {other:?}"),
        }
    }
    for text in ["FEC,Cols:20", "nothing", "fec,cols:10,weight:2"] {
        let error = set(PacketFilter::new(text).unwrap()).unwrap_err();
        assert_eq!(refused(&error), "SRTO_PACKETFILTER", "{text}");
    }
    // The filter's header takes room from the payload's.
    let mut options = SrtOptions::new();
    options.payload_size(1456).packet_filter(PacketFilter::fec().columns(10));
    assert_eq!(refused(&SrtSocket::new(&options).unwrap_err()), "SRTO_PAYLOADSIZE");
}

#[tokio::test]
async fn options_that_a_libsrt_lacks_say_which_one_has_them() {
    let refused = |options: &SrtOptions| {
        let error = SrtSocket::new(options).err()?;
        match Error::from_io(&error) {
            Some(Error::Unsupported { feature, needs }) => {
                assert_eq!(error.kind(), io::ErrorKind::Unsupported);
                Some((*feature, *needs))
            }
            _ => panic!("{error:?}"),
        }
    };
    // A libsrt of the system may have been built with them, and nobody knows.
    let (has_aead, has_limit) = (cfg!(srt_aead), cfg!(srt_maxrexmitbw));
    for mode in [CipherMode::Auto, CipherMode::AesCtr, CipherMode::AesGcm] {
        match refused(SrtOptions::new().cipher_mode(mode)) {
            None => assert!(libsrt_version() >= (1, 5, 2)),
            Some((feature, needs)) => {
                assert!(!has_aead);
                assert!(feature == "cipher_mode" && needs.contains("1.5.2"), "{needs}");
            }
        }
    }
    match refused(SrtOptions::new().max_retransmit_bandwidth(None)) {
        None => assert!(libsrt_version() >= (1, 5, 3)),
        Some((feature, needs)) => {
            assert!(!has_limit);
            assert!(feature == "max_retransmit_bandwidth" && needs.contains("1.5.3"), "{needs}");
        }
    }
    if libsrt_version() < (1, 5, 2) {
        let (caller, _accepted) = pair().await;
        for result in [
            caller.set_max_retransmit_bandwidth(None),
            caller.max_retransmit_bandwidth().map(drop),
            caller.cipher_mode().map(drop),
        ] {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::Unsupported);
        }
    }
}

#[cfg(srt_aead)]
#[tokio::test]
async fn aes_gcm_needs_timestamp_delivery() {
    let mut options = SrtOptions::new();
    options.cipher_mode(CipherMode::AesGcm).timestamp_delivery(false);
    assert_eq!(refused(&SrtSocket::new(&options).unwrap_err()), "SRTO_CRYPTOMODE");
    options.timestamp_delivery(true);
    let mut socket = SrtSocket::new(&options).unwrap();
    assert_eq!(socket.cipher_mode().unwrap(), CipherMode::AesGcm);
    let error = socket.set_options(SrtOptions::new().timestamp_delivery(false)).unwrap_err();
    assert_eq!(refused(&error), "SRTO_TSBPDMODE");
}

#[tokio::test]
async fn a_limit_of_retransmissions_can_be_changed_on_a_connection() {
    let (caller, _accepted) = pair().await;
    for limit in [Some(bytes(200_000)), Some(Bandwidth::ZERO), None] {
        match caller.set_max_retransmit_bandwidth(limit) {
            Ok(()) => assert_eq!(caller.max_retransmit_bandwidth().unwrap(), limit),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::Unsupported);
                assert_eq!(cfg!(srt_maxrexmitbw).then_some(error.to_string()), None);
            }
        }
    }
}

#[tokio::test]
async fn presets_connect() {
    let bitrate = Bandwidth::from_megabits_per_second(20);
    let presets = [
        SrtOptions::live(),
        SrtOptions::low_latency(),
        SrtOptions::file(),
        SrtOptions::for_path(bitrate, millis(150), 0.02),
        SrtOptions::for_path(Bandwidth::from_megabits_per_second(1000), millis(300), 0.1),
        SrtOptions::for_path(Bandwidth::ZERO, Duration::ZERO, 0.0),
    ];
    for options in presets {
        let (caller, accepted) = pair_with(&options).await;
        within(caller.send(b"preset")).await.unwrap();
        assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 6, "{options:?}");
    }
    let (caller, accepted) = pair_with(&SrtOptions::for_path(bitrate, millis(150), 0.02)).await;
    assert_eq!((caller.latency(), accepted.latency()), (millis(600), millis(600)));
    assert_eq!(caller.max_bandwidth().unwrap(), MaxBandwidth::FollowInput);
    assert_eq!(caller.min_input_bandwidth().unwrap(), bitrate);
    assert_eq!(caller.overhead_bandwidth().unwrap(), 29);
    let (_caller, accepted) = pair_with(&SrtOptions::file()).await;
    assert_eq!(accepted.receive_buffer_size().unwrap(), 25_600 * 1472);
}

/// TestReuseAddr.UDPOptions: both families take a time to live and a type of service.
#[tokio::test]
async fn packets_have_the_ttl_and_the_class_that_is_set() {
    let mut options = SrtOptions::new();
    options.ip_ttl(9).ip_tos(0xb8);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = SrtListener::builder().options(&options).bind(address).await.unwrap();
        let mut builder = SrtStream::builder();
        builder.options(&options);
        let connect = builder.connect(listener.local_addr().unwrap());
        let accept = listener.accept();
        let (caller, (accepted, _)) = within(try_join(connect, accept)).await.unwrap();
        for stream in &[caller, accepted] {
            assert_eq!((stream.ip_ttl().unwrap(), stream.ip_tos().unwrap()), (Some(9), Some(0xb8)));
        }
    }
    // The system's, where nothing is set.
    let (caller, _accepted) = pair().await;
    assert!(caller.ip_ttl().unwrap().is_some_and(|ttl| ttl > 9));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_can_be_bound_to_an_interface() {
    let with_device = |name| {
        let mut builder = SrtListener::builder();
        builder.bind_to_device(DeviceName::new(name).unwrap());
        builder
    };
    let listener = match with_device("lo").bind("127.0.0.1:0").await {
        Ok(listener) => listener,
        // Only the privileged may.
        Err(error) => return assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
    };
    let connect = SrtStream::connect(listener.local_addr().unwrap());
    let (_caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let device = accepted.unwrap().0.bind_to_device().unwrap();
    assert_eq!(device.unwrap().as_str(), "lo");

    let error = with_device("no such device").bind("127.0.0.1:0").await.unwrap_err();
    assert!(matches!(Error::from_io(&error), Some(Error::Library { .. })), "{error:?}");
    assert!(DeviceName::new("").is_err() && DeviceName::new("a name too long!").is_err());
}

#[tokio::test]
async fn linger_can_be_changed_until_the_close() {
    let mut options = SrtOptions::new();
    options.transmission_mode(TransmissionMode::FileStream);
    let (caller, accepted) = pair_with(&options).await;
    // More than the buffers hold, so that something is left.
    let data = vec![1; 64_000_000];
    while caller.try_send(&data).is_ok() {}
    caller.set_linger(Duration::ZERO);
    let error = within(caller.close()).await.unwrap_err();
    assert!(matches!(Error::from_io(&error), Some(Error::FlushTimedOut { .. })), "{error:?}");
    drop(accepted);
}
