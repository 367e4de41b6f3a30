//! Connecting, binding and what can go wrong with them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use srt_tokio::{
    Error, KeyLength, Passphrase, RejectReason, SrtListener, SrtOptions, SrtSocket, SrtStream,
    StreamId, TransmissionMode,
};
use support::pair::{listen, pair_with, within};

/// libsrt's SocketData.PeerName.
#[tokio::test]
async fn both_ends_know_their_addresses() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let (caller, accepted) =
        within(async { tokio::join!(SrtStream::connect(address), listener.accept()) }).await;
    let (caller, (accepted, peer)) = (caller.unwrap(), accepted.unwrap());
    assert_eq!(caller.peer_addr().unwrap(), address);
    assert_eq!(accepted.local_addr().unwrap(), address);
    assert_eq!(accepted.peer_addr().unwrap(), caller.local_addr().unwrap());
    assert_eq!(accepted.peer_addr().unwrap(), peer);
}

#[tokio::test]
async fn a_name_is_resolved_and_each_of_its_addresses_tried() {
    let listener = listen(&SrtOptions::new()).await;
    let port = listener.local_addr().unwrap().port();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let addresses = [silent.local_addr().unwrap(), listener.local_addr().unwrap()];
    let mut builder = SrtStream::builder();
    builder.connect_timeout(Duration::from_millis(300));
    let connect = builder.connect(&addresses[..]);
    let (caller, _accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().peer_addr().unwrap(), addresses[1]);

    let connect = builder.connect(("localhost", port));
    let (caller, _accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().peer_addr().unwrap().port(), port);

    let error = within(SrtStream::connect("no such name:1")).await.unwrap_err();
    assert!(Error::from_io(&error).is_none(), "{error:?}");
}

/// Of those that a name stands for, whatever their order.
#[tokio::test]
async fn addresses_of_a_family_that_cannot_be_reached_are_passed_over() {
    let listener = listen(&SrtOptions::new()).await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let four = listener.local_addr().unwrap();
    let six: SocketAddr = "[::1]:9".parse().unwrap();
    let mut builder = SrtStream::builder();
    builder.local_addr("127.0.0.1:0".parse().unwrap()).connect_timeout(Duration::from_millis(300));
    let addresses = [six, four];
    let connect = builder.connect(&addresses[..]);
    let (caller, _accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().peer_addr().unwrap(), four);

    let addresses = [silent.local_addr().unwrap(), six];
    let error = within(builder.connect(&addresses[..])).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));

    let error = within(builder.connect(six)).await.unwrap_err();
    let local = "127.0.0.1:0".parse().unwrap();
    assert_eq!(Error::from_io(&error), Some(&Error::AddressFamily { local, remote: six }));
    let error = within(builder.rendezvous(six)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::AddressFamily { local, remote: six }));

    builder.local_addr("[::]:0".parse().unwrap()).connect_timeout(Duration::from_secs(3));
    let connect = builder.connect(four);
    let (caller, _accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let mapped = (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), four.port()).into();
    assert_eq!(caller.unwrap().peer_addr().unwrap(), mapped);
}

#[tokio::test]
async fn a_rejection_is_not_forgotten_for_what_another_address_fails_with() {
    let listener =
        listen(SrtOptions::new().passphrase(Passphrase::new("open sesame").unwrap())).await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut addresses = [listener.local_addr().unwrap(), silent.local_addr().unwrap()];
    let mut builder = SrtStream::builder();
    builder.passphrase(Passphrase::new("open barley").unwrap());
    builder.connect_timeout(Duration::from_secs(1));
    for _ in 0..2 {
        let error = within(builder.connect(&addresses[..])).await.unwrap_err();
        let reason = Error::Rejected(RejectReason::BadSecret);
        assert_eq!(Error::from_io(&error), Some(&reason), "{addresses:?}");
        addresses.reverse();
    }
}

/// libsrt's TestConnectionTimeout.Nonblocking and BlockingLoop, and CEPoll.HandleEpollEvent.
#[tokio::test]
async fn a_silent_peer_times_out_each_time() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut builder = SrtStream::builder();
    builder.connect_timeout(Duration::from_millis(300));
    for _ in 0..5 {
        let start = Instant::now();
        let error = within(builder.connect(silent.local_addr().unwrap())).await.unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(300));
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
    }
}

// libsrt's test_connection_timeout.cpp, BlockingInterrupted and NonblockingInterrupted.
#[tokio::test]
async fn dropping_a_connect_ends_it() {
    let listener = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let mut connect = tokio_test::task::spawn(async move {
        SrtStream::builder().connect_timeout(Duration::from_secs(60)).connect(address).await
    });
    let listener = tokio::net::UdpSocket::from_std(listener).unwrap();
    let mut packet = [0; 1500];
    within(async {
        while !connect.is_woken() {
            tokio_test::assert_pending!(connect.poll());
            tokio::task::yield_now().await;
            if listener.try_recv(&mut packet).is_ok() {
                break;
            }
        }
    })
    .await;
    drop(connect);
    // The caller repeats its handshake four times a second for as long as it tries. What comes
    // within the first interval may have been on its way.
    let silence = within(async {
        let mut quiet = 0;
        for _ in 0..20 {
            let packet = listener.recv(&mut packet);
            match tokio::time::timeout(Duration::from_millis(600), packet).await {
                Ok(_) => {}
                Err(_) => {
                    quiet += 1;
                    break;
                }
            }
        }
        quiet
    })
    .await;
    assert_eq!(silence, 1, "handshakes go on after the future was dropped");
}

#[tokio::test]
async fn a_wrong_passphrase_is_rejected_and_the_listener_goes_on() {
    let passphrase = Passphrase::new("correct horse").unwrap();
    let listener = listen(SrtOptions::new().passphrase(passphrase.clone())).await;
    let address = listener.local_addr().unwrap();

    let wrong = Passphrase::new("battery staple").unwrap();
    let error = within(SrtStream::builder().passphrase(wrong).connect(address)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::BadSecret)));

    let error = within(SrtStream::connect(address)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::Unsecure)));

    let mut builder = SrtStream::builder();
    builder.passphrase(passphrase).key_length(KeyLength::Aes256);
    let connect = builder.connect(address);
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    within(caller.send(b"secret")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 6);
}

#[tokio::test]
async fn peers_in_different_modes_reject_each_other() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let connect = async |mode| {
        within(SrtStream::builder().transmission_mode(mode).connect(address)).await.unwrap_err()
    };
    let error = connect(TransmissionMode::FileStream).await;
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::MessageApi)));
    let error = connect(TransmissionMode::FileMessage).await;
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::Congestion)));
}

#[tokio::test]
async fn a_full_backlog_rejects() {
    let listener = SrtListener::builder().backlog(1).bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _first = within(SrtStream::connect(address)).await.unwrap();
    let error = within(SrtStream::connect(address)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::Backlog)));
    within(listener.accept()).await.unwrap();
    within(SrtStream::connect(address)).await.unwrap();
}

#[tokio::test]
async fn a_rendezvous_connects_two_equals() {
    let (one, two) = two_ports();
    let (left, right) = within(async {
        tokio::join!(SrtStream::rendezvous(one, two), SrtStream::rendezvous(two, one))
    })
    .await;
    let (left, right) = (left.unwrap(), right.unwrap());
    within(left.send(b"hello")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(right.recv(&mut buffer)).await.unwrap(), 5);
}

#[tokio::test]
async fn a_rendezvous_needs_a_local_address() {
    let error =
        within(SrtStream::builder().rendezvous("127.0.0.1:9".parse().unwrap())).await.unwrap_err();
    let code = srt_tokio::ErrorCode::RendezvousUnbound;
    assert!(
        matches!(Error::from_io(&error), Some(Error::Library { code: c, .. }) if *c == code),
        "{error:?}"
    );
}

/// libsrt's TestSocketOptions.StreamIDWrongLen, StreamIDOdd, StreamIDEven and StreamIDFull.
#[tokio::test]
async fn the_stream_id_reaches_the_listener_byte_by_byte() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    for len in [0, 1, 2, 3, 4, 5, 255, 511, 512] {
        let bytes: Vec<u8> = (0..len).map(|i| b'a' + (i % 26) as u8).collect();
        let id = StreamId::new(bytes).unwrap();
        let mut builder = SrtStream::builder();
        builder.stream_id(id.clone());
        let connect = builder.connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        assert_eq!(caller.unwrap().stream_id(), &id);
        assert_eq!(accepted.unwrap().0.stream_id(), &id);
    }
    assert!(StreamId::new([b'a'; 513]).is_err());
}

#[tokio::test]
async fn the_greater_latency_wins() {
    let listener = listen(SrtOptions::new().latency(Duration::from_millis(80))).await;
    let mut builder = SrtStream::builder();
    builder.receive_latency(Duration::from_millis(20)).peer_latency(Duration::from_millis(140));
    let connect = builder.connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().latency(), Duration::from_millis(80));
    assert_eq!(accepted.unwrap().0.latency(), Duration::from_millis(140));
}

#[tokio::test]
async fn ipv6_works_and_its_wildcard_takes_both_families() {
    let listener = within(SrtListener::bind("[::]:0")).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["[::1]", "127.0.0.1"] {
        let address: SocketAddr = format!("{host}:{port}").parse().unwrap();
        let connect = SrtStream::connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
        within(caller.send(b"six")).await.unwrap();
        let mut buffer = [0; 1456];
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_socket_can_be_bound_before_it_connects() {
    let listener = listen(&SrtOptions::new()).await;
    let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let local = socket.local_addr().unwrap();
    let connect = socket.connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    assert_eq!(caller.unwrap().local_addr().unwrap(), local);
    assert_eq!(accepted.unwrap().1, local);
}

#[tokio::test]
async fn a_port_that_is_taken_cannot_be_bound() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = within(SrtListener::bind(taken.local_addr().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error:?}");

    let listener = listen(&SrtOptions::new()).await;
    let error = within(SrtListener::bind(listener.local_addr().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error:?}");
}

/// libsrt wants room for a payload of the receiver's own size, even if none can come.
#[tokio::test]
async fn a_peer_with_smaller_segments_is_received() {
    let listener = listen(&SrtOptions::new()).await;
    let mut builder = SrtStream::builder();
    builder.max_segment_size(1300).payload_size(1200);
    let connect = builder.connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    for len in [1200, 5] {
        within(caller.send(&vec![1; len])).await.unwrap();
        assert_eq!(within(accepted.recv(&mut vec![0; len])).await.unwrap(), len);
    }
}

/// The handshake has room for all that it may have to carry.
#[tokio::test]
async fn the_smallest_segments_do_for_the_longest_stream_id_and_keys() {
    let modes =
        [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage];
    let hosts = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
    for (mode, host) in modes.into_iter().flat_map(|mode| hosts.map(|host| (mode, host))) {
        let mut options = SrtOptions::new();
        options
            .transmission_mode(mode)
            .max_segment_size(1070)
            .passphrase("correct horse".parse().unwrap())
            .key_length(KeyLength::Aes256);
        if mode == TransmissionMode::Live {
            options.payload_size(1000);
        }
        let listener = SrtListener::builder().options(&options).bind((host, 0)).await.unwrap();
        let stream_id = StreamId::new("i".repeat(StreamId::MAX_LEN)).unwrap();
        options.stream_id(stream_id.clone());
        let mut builder = SrtStream::builder();
        let connect = builder.options(&options).connect(listener.local_addr().unwrap());
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
        assert_eq!(accepted.stream_id(), &stream_id, "{mode:?} at {host}");
        for (from, to) in [(&caller, &accepted), (&accepted, &caller)] {
            let sent: Vec<u8> = (0..300_u32).flat_map(u32::to_be_bytes).collect();
            let send = async {
                for message in sent.chunks(4) {
                    from.send(message).await.unwrap();
                }
            };
            let receive = async {
                let mut received = Vec::new();
                while received.len() < sent.len() {
                    assert!(to.recv_buf(&mut received).await.unwrap() > 0, "it has ended");
                }
                received
            };
            let ((), received) = within(async { tokio::join!(send, receive) }).await;
            assert!(received == sent, "{mode:?} at {host}");
        }
    }
}

/// Before 1.5.2, libsrt does not know the reason.
#[tokio::test]
async fn a_listener_of_another_cipher_mode_is_known_by_its_reason() {
    const DIFFERENT_CIPHER_MODES: u32 = 1017;

    let listener = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let refused = async |passphrase: Option<&str>| {
        let mut builder = SrtStream::builder();
        if let Some(passphrase) = passphrase {
            builder.passphrase(passphrase.parse().unwrap());
        }
        let error = tokio::select! {
            connected = within(builder.connect(address)) => connected.unwrap_err(),
            () = refuse(&listener, DIFFERENT_CIPHER_MODES) => unreachable!("it goes on"),
        };
        Error::from_io(&error).cloned()
    };
    let crypto = Error::Rejected(RejectReason::Crypto);
    assert_eq!(refused(Some("correct horse")).await, Some(crypto.clone()));
    // To a caller without a cipher nobody says so: it is another reason that libsrt does not know.
    let knows = srt_tokio::libsrt_version() >= (1, 5, 2);
    let unknown = Error::Rejected(RejectReason::Unknown);
    assert_eq!(refused(None).await, Some(if knows { crypto } else { unknown }));
}

/// A listener that answers each caller with that request type in its second handshake.
async fn refuse(listener: &tokio::net::UdpSocket, code: u32) {
    // After a header of four words.
    const VERSION: usize = 16;
    const FIELD: usize = 20;
    const TYPE: usize = 36;
    const ID: usize = 40;
    const COOKIE: usize = 44;
    const INDUCTION: u32 = 1;

    let mut packet = [0; 1500];
    loop {
        let (len, caller) = listener.recv_from(&mut packet).await.unwrap();
        let id: [u8; 4] = packet[ID..ID + 4].try_into().unwrap();
        let asked = u32::from_be_bytes(packet[TYPE..TYPE + 4].try_into().unwrap());
        let mut put =
            |at: usize, value: u32| packet[at..at + 4].copy_from_slice(&value.to_be_bytes());
        put(12, u32::from_be_bytes(id));
        put(VERSION, 5);
        // SRT's mark.
        put(FIELD, 0x4a17);
        put(ID, 4711);
        put(COOKIE, 42);
        if asked != INDUCTION {
            put(TYPE, code);
        }
        listener.send_to(&packet[..len.min(64)], caller).await.unwrap();
    }
}

#[test]
fn a_runtime_without_drivers_will_do() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let listener = listen(&SrtOptions::new()).await;
        let connect = SrtStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = tokio::join!(connect, listener.accept());
        let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
        caller.send(b"no drivers").await.unwrap();
        assert_eq!(accepted.recv(&mut [0; 1456]).await.unwrap(), 10);
        caller.close().await.unwrap();
    });
}

#[tokio::test]
async fn an_option_out_of_range_is_named() {
    let refused = |options: &SrtOptions| {
        let error = SrtSocket::new(options).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        match Error::from_io(&error) {
            Some(Error::InvalidOption { option, .. }) => *option,
            _ => panic!("{error:?}"),
        }
    };
    assert_eq!(refused(SrtOptions::new().flow_window(1)), "SRTO_FC");
    assert_eq!(refused(SrtOptions::new().payload_size(2000)), "SRTO_PAYLOADSIZE");
    assert_eq!(refused(SrtOptions::new().latency(Duration::MAX)), "SRTO_LATENCY");
    assert_eq!(refused(SrtOptions::new().send_buffer_size(usize::MAX)), "SRTO_SNDBUF");
}

#[tokio::test]
async fn every_option_can_be_set() {
    let mut options = SrtOptions::new();
    options
        .transmission_mode(TransmissionMode::Live)
        .latency(Duration::from_millis(60))
        .receive_latency(Duration::from_millis(70))
        .peer_latency(Duration::from_millis(50))
        .passphrase(Passphrase::new("0123456789").unwrap())
        .key_length(KeyLength::Aes192)
        .stream_id(StreamId::new("every option").unwrap())
        .connect_timeout(Duration::from_secs(5))
        .peer_idle_timeout(Duration::from_secs(9))
        .max_segment_size(1400)
        .payload_size(1000)
        .flow_window(4096)
        .send_buffer_size(1_000_000)
        .receive_buffer_size(2_000_000)
        .linger(Duration::from_secs(1))
        .ipv6_only(true);
    let (caller, accepted) = pair_with(&options).await;
    assert_eq!(caller.latency(), Duration::from_millis(70));
    assert_eq!(caller.max_send_size(), 1000);
    assert_eq!(accepted.stream_id().as_str(), Some("every option"));
}

/// Two free addresses. A rendezvous has to know the peer's port, so port 0 does not do.
fn two_ports() -> (SocketAddr, SocketAddr) {
    let one = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let two = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    (one.local_addr().unwrap(), two.local_addr().unwrap())
}
