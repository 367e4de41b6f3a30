//! The firewall: datagrams that crash libsrt, or make it allocate gigabytes, do not reach it, and whoever
//! has a right to connect does.
#![cfg(target_os = "linux")]

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use srt_tokio::{
    Error, Firewall, PacketFilter, Passphrase, SrtListener, SrtOptions, SrtSocket, SrtStream,
    StreamId, reactor_metrics,
};
use support::pair::{listen, pair, within};
use support::raw::{
    ACK, DROP_REQUEST, EXTENDED, FILTER, GROUP, HSREQ, Handshake, KMREQ, KMRSP, LOSS_REPORT,
    RawCaller, RawServer, SID, control, key_material, text, words,
};
use support::tap::Tap;
use tokio::sync::{Mutex, MutexGuard, oneshot};

const PASSPHRASE: &str = "correct horse";

/// Held by tests that drop datagrams, which are counted for the whole process.
static TURN: Mutex<()> = Mutex::const_new(());

/// Both sides' options, clear and encrypted.
fn settings() -> [SrtOptions; 2] {
    let mut encrypted = SrtOptions::new();
    encrypted.passphrase(Passphrase::new(PASSPHRASE).unwrap());
    [SrtOptions::new(), encrypted]
}

/// A listener with a stream that goes on during an attack.
struct Scene {
    _turn: MutexGuard<'static, ()>,
    options: SrtOptions,
    listener: SrtListener,
    stop: oneshot::Sender<()>,
    sender: tokio::task::JoinHandle<u32>,
    receiver: tokio::task::JoinHandle<u32>,
}

impl Scene {
    async fn set(options: &SrtOptions) -> Self {
        let turn = TURN.lock().await;
        let listener = listen(options).await;
        let (caller, accepted) = join(&listener, options).await;
        let (stop, mut stopped) = oneshot::channel();
        let sender = tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(2));
            let mut sent = 0_u32;
            while stopped.try_recv().is_err() {
                pace.tick().await;
                within(caller.send(&sent.to_be_bytes())).await.unwrap();
                sent += 1;
            }
            within(caller.close()).await.unwrap();
            sent
        });
        let receiver = tokio::spawn(async move {
            let mut buffer = [0; 1456];
            let mut received = 0_u32;
            while within(accepted.recv(&mut buffer)).await.unwrap() > 0 {
                assert_eq!(buffer[..4], received.to_be_bytes(), "a message is missing");
                received += 1;
            }
            received
        });
        Self { _turn: turn, options: options.clone(), listener, stop, sender, receiver }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// The other stream has not noticed anything, and one more peer gets in.
    async fn end_unharmed(self) {
        let (caller, accepted) = join(&self.listener, &self.options).await;
        within(caller.send(b"still there")).await.unwrap();
        let mut buffer = [0; 1456];
        let received = within(accepted.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], b"still there");
        self.stop.send(()).unwrap();
        let sent = within(self.sender).await.unwrap();
        assert_eq!(within(self.receiver).await.unwrap(), sent);
    }
}

/// A good peer, and the stream that has been accepted of it.
async fn join(listener: &SrtListener, options: &SrtOptions) -> (SrtStream, SrtStream) {
    let mut options = options.clone();
    options.latency(Duration::from_secs(1)).stream_id(StreamId::new("good").unwrap());
    let mut builder = SrtStream::builder();
    builder.options(&options);
    let connect = builder.connect(listener.local_addr().unwrap());
    // What attackers have left behind may come first.
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            if stream.stream_id().as_str() == Some("good") {
                return io::Result::Ok(stream);
            }
        }
    };
    let (caller, accepted) = within(async { tokio::join!(connect, accept) }).await;
    (caller.expect("connect"), accepted.expect("accept"))
}

/// A conclusion whose cookie is still to come.
fn conclusion() -> Handshake {
    Handshake::conclusion(0)
}

/// Sends conclusions to the listener of each setting, which must not answer any.
async fn are_not_answered(attacks: impl IntoIterator<Item = Handshake> + Clone) {
    for options in settings() {
        let scene = Scene::set(&options).await;
        for attack in attacks.clone() {
            let attacker = RawCaller::induce(scene.address()).await.unwrap();
            let before = reactor_metrics().dropped_datagrams;
            let attack = Handshake { cookie: attacker.cookie, ..attack };
            assert!(!attacker.is_answered(&attack).await.unwrap(), "answered: {attack:?}");
            assert!(reactor_metrics().dropped_datagrams > before);
        }
        scene.end_unharmed().await;
    }
}

/// The raw caller is one that libsrt takes, so it is not for another reason that it gets no answer.
#[tokio::test]
async fn a_well_formed_conclusion_is_answered() {
    let scene = Scene::set(&SrtOptions::new()).await;
    let caller = RawCaller::induce(scene.address()).await.unwrap();
    let conclusion = Handshake::conclusion(caller.cookie).with(SID, b"raw\0");
    assert!(caller.is_answered(&conclusion).await.unwrap());
    scene.end_unharmed().await;
}

#[tokio::test]
async fn a_segment_too_small_for_the_answer_reaches_no_listener() {
    let sizes = [0, 32, 56, 60, 64, 68, 72, 76, 80, 84, 88, 92, 200, 315, u32::MAX];
    are_not_answered(sizes.map(|segment_size| Handshake { segment_size, ..conclusion() })).await;
}

/// The conclusion of a caller of handshake version 4.
fn legacy(cookie: u32) -> Handshake {
    let extensions = Vec::new();
    Handshake { version: 4, flags: 2, extensions, ..Handshake::conclusion(cookie) }
}

/// Peers from before libsrt 1.3 know no extensions, and send what is in them later.
#[tokio::test]
async fn a_caller_of_handshake_version_4_gets_in() {
    let scene = Scene::set(&SrtOptions::new()).await;
    let caller = RawCaller::induce(scene.address()).await.unwrap();
    let legacy = legacy(caller.cookie);
    let answer = caller.ask(&legacy).await.unwrap();
    assert_eq!((answer.kind, answer.version), (-1, 4));
    let request = words(&[0x01_02_04, 0x2f, 120]);
    caller.send(&control(EXTENDED, HSREQ, answer.socket, &request)).await.unwrap();
    let response = caller.receive(|packet| packet.starts_with(&[0xff, 0xff, 0, 2])).await.unwrap();
    assert_eq!(response.len(), 16 + 12);
    scene.end_unharmed().await;
}

/// Such peers say too late whether they encrypt.
#[tokio::test]
async fn a_caller_of_handshake_version_4_does_not_get_in_without_the_passphrase() {
    let [_, options] = settings();
    let scene = Scene::set(&options).await;
    let caller = RawCaller::induce(scene.address()).await.unwrap();
    let legacy = legacy(caller.cookie);
    caller.send(&legacy.datagram(0)).await.unwrap();
    let answer = caller.receive(|_| true).await.unwrap();
    // A shutdown.
    assert_eq!(answer[..2], [0x80, 5], "{answer:?}");
    scene.end_unharmed().await;
}

/// The least that the firewall lets through by default holds the longest answer.
#[tokio::test]
async fn the_smallest_segment_holds_the_longest_answer() {
    let mut options = SrtOptions::new();
    options
        .passphrase(Passphrase::new(PASSPHRASE).unwrap())
        .enforced_encryption(false)
        .allow_peer_filter(true);
    let scene = Scene::set(&options).await;
    for keys in [1, 2] {
        let caller = RawCaller::induce(scene.address()).await.unwrap();
        let filter = text("fec,cols:10,rows:20,arq:always,layout:staircase");
        let conclusion = Handshake { segment_size: 316, ..Handshake::conclusion(caller.cookie) }
            .with(KMREQ, &key_material(keys, 32))
            .with(SID, &[b'a'; 512])
            .with(FILTER, &filter);
        // Not with a rejection.
        assert_eq!(caller.ask(&conclusion).await.unwrap().kind, -1);
    }
    scene.end_unharmed().await;
}

#[tokio::test]
async fn a_flow_window_for_gigabytes_reaches_no_listener() {
    let windows = [0, 1, 262_145, 60_000_000, u32::MAX];
    are_not_answered(windows.map(|flow_window| Handshake { flow_window, ..conclusion() })).await;
}

/// RejectsMalformedLengths, in the handshake.
#[tokio::test]
async fn extensions_of_wrong_lengths_reach_no_listener() {
    are_not_answered([
        conclusion().with(KMREQ, &[0xa5; 1200]),
        conclusion().with(KMREQ, &[0xa5; 4]),
        conclusion().with(KMREQ, &key_material(2, 32)[..100]),
        conclusion().with(KMRSP, &[0xa5; 1200]),
        conclusion().with(SID, &[b'a'; 516]),
        conclusion().with(GROUP, &[1; 400]),
        conclusion().with(HSREQ, &[1; 4]),
        // Anybody could ask for a filter, and then send more than its buffers hold.
        conclusion().with(FILTER, &text("fec,cols:10")),
    ])
    .await;
}

/// A rejection goes to callers; a listener would take it for a request.
#[tokio::test]
async fn a_handshake_of_another_type_reaches_no_listener() {
    let kinds = [2, 1002, i32::MIN, -3];
    are_not_answered(kinds.map(|kind| Handshake { kind, segment_size: 56, ..conclusion() })).await;
}

#[tokio::test]
async fn a_servers_answer_that_crashes_callers_does_not_reach_them() {
    let attacks: [fn(Handshake) -> Handshake; 8] = [
        |it| Handshake { segment_size: 32, ..it },
        |it| Handshake { segment_size: 40, ..it },
        |it| Handshake { segment_size: 92, ..it },
        |it| Handshake { flow_window: 60_000_000, ..it },
        |it| Handshake { flow_window: 0, ..it },
        |it| it.with(KMRSP, &[0xa5; 1200]),
        |it| it.with(GROUP, &[1; 400]),
        |it| it.with(FILTER, &text("fec,cols:10")),
    ];
    for options in settings() {
        let scene = Scene::set(&options).await;
        for attack in attacks {
            let server = RawServer::answering(attack).await;
            let mut builder = SrtStream::builder();
            builder.options(&options).connect_timeout(Duration::from_millis(600));
            let error = within(builder.connect(server.address())).await.unwrap_err();
            assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
        }
        scene.end_unharmed().await;
    }
}

/// The raw server is one that callers take.
#[tokio::test]
async fn a_servers_well_formed_answer_reaches_callers() {
    let server = RawServer::answering(|it| it).await;
    within(SrtStream::connect(server.address())).await.unwrap();
}

/// Malformed packets from the right address, for the right socket, do nothing to the connection.
/// DropReqRejectsShortPayload, LossReportRejectsTrailingRangeFirst and RejectsMalformedLengths.
#[tokio::test]
async fn malformed_packets_of_a_peer_do_not_harm_its_connection() {
    for options in settings() {
        let scene = Scene::set(&options).await;
        let tap = Tap::to(scene.address()).await;
        let mut builder = SrtStream::builder();
        builder.options(&options).stream_id(StreamId::new("tapped").unwrap());
        let caller = within(builder.connect(tap.address())).await.unwrap();
        let accepted = loop {
            let (stream, _) = within(scene.listener.accept()).await.unwrap();
            if stream.stream_id().as_str() == Some("tapped") {
                break stream;
            }
        };
        exchange(&caller, &accepted).await;
        let (server, client) = tap.ids().expect("packets have passed");

        let before = reactor_metrics().dropped_datagrams;
        let mut count = 0;
        for (kind, subtype, content) in malformed() {
            tap.to_server(&control(kind, subtype, server, &content)).await;
            tap.to_client(&control(kind, subtype, client, &content)).await;
            count += 2;
        }
        exchange(&caller, &accepted).await;
        assert!(reactor_metrics().dropped_datagrams - before >= count);
        assert_eq!((caller.close_reason(), accepted.close_reason()), (None, None));
        scene.end_unharmed().await;
    }
}

/// Control packets that read or write out of bounds.
fn malformed() -> Vec<(u16, u16, Vec<u8>)> {
    let mut packets = vec![
        (ACK, 0, vec![]),
        (ACK, 0, words(&[1, 1])),
        (ACK, 0, words(&[1 << 31])),
        (ACK, 0, words(&[1, 1, 1, 1 << 31])),
        (LOSS_REPORT, 0, vec![]),
        (LOSS_REPORT, 0, words(&[1 << 31])),
        (LOSS_REPORT, 0, words(&[1, (1 << 31) | 5])),
        (DROP_REQUEST, 0, vec![]),
        (DROP_REQUEST, 0, words(&[1])),
        (DROP_REQUEST, 0, words(&[1, 1 << 30])),
        (DROP_REQUEST, 0, words(&[1 << 31, 1])),
        (EXTENDED, HSREQ, vec![0; 4]),
        (EXTENDED, 0x7fff, vec![0; 1400]),
        (0, 0, vec![0; 20]),
    ];
    for kind in [KMREQ, KMRSP] {
        packets.push((EXTENDED, kind, vec![0xa5; 1400]));
        packets.push((EXTENDED, kind, vec![0xa5; 3]));
        packets.push((EXTENDED, kind, key_material(2, 32)[..60].to_vec()));
    }
    // Forged: that there is no key any more.
    packets.extend((0..6).map(|state| (EXTENDED, KMRSP, words(&[state]))));
    packets
}

async fn exchange(caller: &SrtStream, accepted: &SrtStream) {
    let mut buffer = [0; 1456];
    for (from, to) in [(caller, accepted), (accepted, caller)] {
        within(from.send(b"hello")).await.unwrap();
        let received = within(to.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], b"hello");
    }
}

/// libsrt writes such payloads past the end of the filter's buffers.
#[tokio::test]
async fn payloads_too_large_for_a_filter_are_dropped() {
    let _turn = TURN.lock().await;
    let mut options = SrtOptions::new();
    options.packet_filter(PacketFilter::fec().columns(10)).latency(Duration::from_millis(200));
    let listener = listen(&options).await;
    let mut larger = options.clone();
    larger.payload_size(1452);
    let (caller, accepted) = join(&listener, &larger).await;
    let before = reactor_metrics().dropped_datagrams;
    // Several rows of them.
    for _ in 0..30 {
        within(caller.send(&[1; 1452])).await.unwrap();
    }
    within(caller.send(&[2; 1316])).await.unwrap();
    let mut buffer = [0; 1456];
    let received = within(accepted.recv(&mut buffer)).await.unwrap();
    assert_eq!(buffer[..received], [2; 1316]);
    assert!(reactor_metrics().dropped_datagrams > before);
}

#[tokio::test]
async fn a_peer_brings_a_filter_where_that_is_allowed_and_only_there() {
    let _turn = TURN.lock().await;
    let mut with_filter = SrtOptions::new();
    with_filter
        .packet_filter(PacketFilter::fec().columns(10))
        .connect_timeout(Duration::from_millis(600));
    let connect = |address| {
        let mut builder = SrtStream::builder();
        builder.options(&with_filter);
        async move { builder.connect(address).await }
    };
    let listener = listen(&SrtOptions::new()).await;
    let error = within(connect(listener.local_addr().unwrap())).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));

    let listener = listen(SrtOptions::new().allow_peer_filter(true)).await;
    let caller = within(connect(listener.local_addr().unwrap())).await.unwrap();
    assert!(caller.packet_filter().unwrap().is_some());
}

/// What a second socket on a port needs is admitted too.
#[tokio::test]
async fn a_port_admits_what_one_of_its_sockets_needs() {
    let endpoint = srt_tokio::SrtEndpoint::bind("127.0.0.1:0").await.unwrap();
    let mut options = SrtOptions::new();
    options.packet_filter(PacketFilter::fec().columns(10));
    let listener = endpoint.listen_with(&options, 8).unwrap();
    let (caller, _accepted) = join(&listener, &options).await;
    assert!(caller.packet_filter().unwrap().is_some());
}

/// An option that is set after binding counts.
#[tokio::test]
async fn options_set_after_binding_are_admitted() {
    let mut socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut options = SrtOptions::new();
    options.packet_filter(PacketFilter::fec().columns(10));
    socket.set_options(&options).unwrap();
    let late: [&SrtOptions; 3] = [
        &SrtOptions::new().firewall(Firewall::Required).clone(),
        &SrtOptions::new().max_peer_flow_window(32).clone(),
        &SrtOptions::new().min_peer_segment_size(1400).clone(),
    ];
    for options in late {
        let error = socket.set_options(options).unwrap_err();
        assert!(matches!(Error::from_io(&error), Some(Error::WrongPhase { .. })), "{options:?}");
    }
    let listener = socket.listen(8).unwrap();
    let (caller, _accepted) = join(&listener, &options).await;
    assert!(caller.packet_filter().unwrap().is_some());
}

#[tokio::test]
async fn limits_are_the_users() {
    let _turn = TURN.lock().await;
    let mut options = SrtOptions::new();
    options.max_peer_flow_window(1000).min_peer_segment_size(1400);
    let listener = listen(&options).await;
    let address = listener.local_addr().unwrap();
    for (flow_window, segment_size, admitted) in
        [(1000, 1400, true), (1001, 1400, false), (1000, 1399, false)]
    {
        let caller = RawCaller::induce(address).await.unwrap();
        let conclusion =
            Handshake { flow_window, segment_size, ..Handshake::conclusion(caller.cookie) };
        let answered = caller.is_answered(&conclusion).await.unwrap();
        assert_eq!(answered, admitted, "{flow_window}, {segment_size}");
    }
    for refused in [
        SrtOptions::new().max_peer_flow_window(31),
        SrtOptions::new().max_peer_flow_window(16_777_217),
        SrtOptions::new().allow_peer_filter(true).payload_size(0),
        SrtOptions::new()
            .allow_peer_filter(true)
            .transmission_mode(srt_tokio::TransmissionMode::FileStream),
        SrtOptions::new().min_peer_segment_size(75),
        SrtOptions::new().min_peer_segment_size(65_537),
    ] {
        let error = SrtSocket::new(refused).unwrap_err();
        assert!(matches!(Error::from_io(&error), Some(Error::InvalidOption { .. })), "{refused:?}");
    }
}

/// A user's own UDP socket is behind the firewall too, and what came before is discarded.
#[tokio::test]
async fn a_udp_socket_of_ones_own_is_behind_the_firewall() {
    let _turn = TURN.lock().await;
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = udp.local_addr().unwrap();
    let early = UdpSocket::bind("127.0.0.1:0").unwrap();
    early.send_to(&Handshake::induction().datagram(0), address).unwrap();
    let listener = SrtListener::builder().bind_udp(udp).unwrap();
    let attacker = RawCaller::induce(address).await.unwrap();
    early.set_nonblocking(true).unwrap();
    assert_eq!(early.recv(&mut [0; 100]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    let attack = Handshake { segment_size: 200, ..Handshake::conclusion(attacker.cookie) };
    assert!(!attacker.is_answered(&attack).await.unwrap());
    join(&listener, &SrtOptions::new()).await;
}

/// With the firewall off, what it would drop reaches libsrt; this one libsrt can take.
#[tokio::test]
async fn the_firewall_can_be_switched_off() {
    let listener = listen(SrtOptions::new().firewall(false)).await;
    let caller = RawCaller::induce(listener.local_addr().unwrap()).await.unwrap();
    let larger = Handshake { flow_window: 262_145, ..Handshake::conclusion(caller.cookie) };
    assert!(caller.is_answered(&larger).await.unwrap());
}

/// On every kind of port.
#[tokio::test]
async fn a_firewall_can_be_required() {
    let mut options = SrtOptions::new();
    options.firewall(Firewall::Required);
    let listener = listen(&options).await;
    join(&listener, &options).await;

    let sharded =
        SrtListener::builder().options(&options).shards(3).bind("127.0.0.1:0").await.unwrap();
    join(&sharded, &options).await;

    let endpoint = srt_tokio::SrtEndpoint::builder()
        .options(&options)
        .ports(2)
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let both = async { tokio::try_join!(endpoint.connect(address), listener.accept()) };
    within(both).await.unwrap();

    let mut shared = SrtStream::builder();
    shared.options(&options).share_port(true);
    let both = async { tokio::try_join!(shared.connect(address), listener.accept()) };
    within(both).await.unwrap();

    // Shared with a socket that has none.
    let open = listen(SrtOptions::new().firewall(false)).await;
    let socket = SrtSocket::new(&options).unwrap();
    let error = socket.bind(open.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error:?}");
}

/// A port that libsrt has not closed yet is known to be behind the firewall, which goes on to count, and
/// admits what the next socket allows.
#[tokio::test]
async fn a_port_can_be_bound_again_at_once() {
    let _turn = TURN.lock().await;
    let mut options = SrtOptions::new();
    options.firewall(Firewall::Required);
    let mut address = "127.0.0.1:0".parse().unwrap();
    for _ in 0..3 {
        let listener = SrtListener::builder().options(&options).bind(address).await.unwrap();
        address = listener.local_addr().unwrap();
        join(&listener, &options).await;
        let attacker = RawCaller::induce(address).await.unwrap();
        let before = reactor_metrics().dropped_datagrams;
        let attack = Handshake { segment_size: 200, cookie: attacker.cookie, ..conclusion() };
        assert!(!attacker.is_answered(&attack).await.unwrap());
        assert!(reactor_metrics().dropped_datagrams > before);
    }
    let mut with_filter = options.clone();
    with_filter.packet_filter(PacketFilter::fec().columns(10));
    let listener = SrtListener::builder().options(&with_filter).bind(address).await.unwrap();
    join(&listener, &with_filter).await;
}

/// Where the old one is gone for good, `Required` is not content with what was there once.
#[tokio::test]
async fn a_port_that_was_behind_the_firewall_once_is_no_proof() {
    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    freed(address).await;
    let _open = SrtListener::builder().firewall(false).bind(address).await.unwrap();
    let socket = SrtSocket::new(SrtOptions::new().firewall(Firewall::Required)).unwrap();
    let error = socket.bind(address).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error:?}");
}

/// The port of a connection that has ended is free, even if its stream is still held.
#[tokio::test]
async fn the_firewall_keeps_no_port_open() {
    let listener = listen(&SrtOptions::new()).await;
    let (caller, accepted) = join(&listener, &SrtOptions::new()).await;
    let address = SocketAddr::new(
        std::net::Ipv4Addr::UNSPECIFIED.into(),
        caller.local_addr().unwrap().port(),
    );
    drop(accepted);
    assert_eq!(within(caller.recv(&mut [0; 1456])).await.unwrap(), 0);
    freed(address).await;
    drop(caller);
}

/// Waits until nobody has a UDP port any more.
async fn freed(address: SocketAddr) {
    within(async {
        while UdpSocket::bind(address).is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

/// A decision cannot make the buffers of a filter smaller than what the firewall admits.
#[tokio::test]
async fn a_decision_leaves_room_for_the_filter() {
    use srt_tokio::{ConnectionOptions, Decision, TransmissionMode};

    type Set = fn(&mut ConnectionOptions) -> &mut ConnectionOptions;
    let sets: [(Set, bool); 3] = [
        (|it| it.payload_size(200), false),
        (|it| it.transmission_mode(TransmissionMode::FileMessage), false),
        (|it| it.payload_size(1400), true),
    ];
    for (set, is_taken) in sets {
        let listener = SrtListener::builder()
            .allow_peer_filter(true)
            .on_request(move |_| {
                let mut options = ConnectionOptions::new();
                set(&mut options);
                Decision::AcceptWith(options)
            })
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let connected = within(SrtStream::connect(listener.local_addr().unwrap())).await;
        assert_eq!(connected.is_ok(), is_taken, "{connected:?}");
    }
}

/// Sockets of the file modes and of all sizes of segments.
#[tokio::test]
async fn extremes_of_options_get_through() {
    use srt_tokio::{KeyLength, TransmissionMode};

    let (caller, accepted) = pair().await;
    exchange(&caller, &accepted).await;
    let mut options = SrtOptions::new();
    options
        .passphrase(Passphrase::new(PASSPHRASE).unwrap())
        .stream_id(StreamId::new("x".repeat(512)).unwrap())
        .flow_window(262_144)
        .payload_size(1456);
    for key in [KeyLength::Aes128, KeyLength::Aes192, KeyLength::Aes256] {
        for mode in [None, Some(TransmissionMode::FileMessage), Some(TransmissionMode::FileStream)]
        {
            let mut options = options.clone();
            options.key_length(key);
            if let Some(mode) = mode {
                options.transmission_mode(mode);
            }
            let (caller, accepted) = support::pair::pair_with(&options).await;
            within(caller.send(&[7; 1456])).await.unwrap();
            let mut buffer = vec![0; 12_058_624];
            let mut received = 0;
            while received < 1456 {
                received += within(accepted.recv(&mut buffer)).await.unwrap();
            }
            assert!(buffer[..1456] == [7; 1456], "{options:?}");
        }
    }
}
