//! Many calls on one UDP port.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use futures::future::join_all;
use srt_tokio::{
    Error, ErrorCode, RejectReason, SrtEndpoint, SrtListener, SrtOptions, SrtSocket, SrtStream,
    TransmissionMode, reactor_metrics,
};
use support::pair::{listen, within};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn endpoint() -> SrtEndpoint {
    SrtEndpoint::bind(LOOPBACK).await.unwrap()
}

/// The stream that a listener accepts while `connect` is under way, and that one.
async fn accepted(
    listener: &SrtListener,
    connect: impl Future<Output = io::Result<SrtStream>>,
) -> (SrtStream, SrtStream) {
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    (caller.unwrap(), accepted.unwrap().0)
}

/// Sees to it that messages get from one end to the other and back.
async fn assert_connected(one: &SrtStream, other: &SrtStream) {
    let mut buffer = [0; 1456];
    for (from, to) in [(one, other), (other, one)] {
        let message = from.local_addr().unwrap().to_string();
        within(from.send(message.as_bytes())).await.unwrap();
        let received = within(to.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], message.as_bytes());
    }
}

#[tokio::test]
async fn many_calls_share_the_port_and_each_has_its_own_data() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = endpoint().await;
    let mut pairs = Vec::new();
    for _ in 0..50 {
        pairs.push(accepted(&listener, endpoint.connect(address)).await);
    }
    for (caller, accepted) in &pairs {
        assert_eq!(caller.local_addr().unwrap(), endpoint.local_addr().unwrap());
        assert_eq!(accepted.peer_addr().unwrap(), endpoint.local_addr().unwrap());
    }
    // All first, so that a message in the wrong place is found.
    for (number, (caller, _)) in pairs.iter().enumerate() {
        within(caller.send(&[number as u8; 100])).await.unwrap();
    }
    let mut seen = BTreeMap::new();
    for (_, accepted) in &pairs {
        let mut buffer = [0; 1456];
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 100);
        *seen.entry(buffer[0]).or_insert(0) += 1;
    }
    assert!(seen.values().all(|count| *count == 1) && seen.len() == 50, "{seen:?}");
}

#[tokio::test]
async fn streams_and_listeners_outlive_the_endpoint() {
    let there = endpoint().await;
    let listener = there.listen(4).unwrap();
    let here = endpoint().await;
    let (caller, accepted_first) =
        accepted(&listener, here.connect(there.local_addr().unwrap())).await;
    drop((there, here));
    assert_connected(&caller, &accepted_first).await;

    let again = SrtStream::connect(listener.local_addr().unwrap());
    let (again, accepted_again) = accepted(&listener, again).await;
    assert_connected(&again, &accepted_again).await;
    assert_connected(&caller, &accepted_first).await;
}

#[tokio::test]
async fn the_port_lives_as_long_as_the_endpoint_even_without_calls() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = endpoint().await;
    let port = endpoint.local_addr().unwrap();
    for _ in 0..2 {
        drop(accepted(&listener, endpoint.connect(address)).await);
        // libsrt gives up closed sockets within two seconds or so.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(UdpSocket::bind(port).is_err(), "the port has been given up");
    }
    drop(endpoint);
    within(async {
        while UdpSocket::bind(port).is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_listens_and_calls_on_the_same_port() {
    let (one, other) = (endpoint().await, endpoint().await);
    let (at_one, at_other) = (one.listen(8).unwrap(), other.listen(8).unwrap());
    let to_one = at_one.local_addr().unwrap();
    let to_other = at_other.local_addr().unwrap();
    assert_eq!(to_one, one.local_addr().unwrap());
    // Both ends of both calls have the same two addresses.
    let there = accepted(&at_other, one.connect(to_other)).await;
    let back = accepted(&at_one, other.connect(to_one)).await;
    assert_connected(&there.0, &there.1).await;
    assert_connected(&back.0, &back.1).await;

    let error = one.listen(8).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    let duplicate = ErrorCode::DuplicateListener;
    assert!(
        matches!(Error::from_io(&error), Some(Error::Library { code, .. }) if *code == duplicate)
    );
    drop(at_one);
    let at_one = one.listen(8).unwrap();
    let again = accepted(&at_one, other.connect(to_one)).await;
    assert_connected(&again.0, &again.1).await;
    assert_connected(&back.0, &back.1).await;
}

#[tokio::test]
async fn an_endpoint_calls_its_own_listener() {
    let endpoint = endpoint().await;
    let listener = endpoint.listen(8).unwrap();
    let connect = endpoint.connect(endpoint.local_addr().unwrap());
    let (caller, accepted) = accepted(&listener, connect).await;
    assert_connected(&caller, &accepted).await;
}

#[tokio::test]
async fn calls_of_a_pool_to_one_address_go_from_different_ports() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = SrtEndpoint::builder().ports(3).bind(LOOPBACK).await.unwrap();
    let ports: Vec<_> = endpoint.local_addrs().collect();
    assert_eq!(ports.len(), 3);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(accepted(&listener, endpoint.connect(address)).await);
    }
    let count = |streams: &[(SrtStream, SrtStream)]| {
        let mut count = BTreeMap::new();
        for (caller, _) in streams {
            *count.entry(caller.local_addr().unwrap()).or_insert(0) += 1;
        }
        ports.iter().map(|port| count.get(port).copied().unwrap_or(0)).collect::<Vec<i32>>()
    };
    assert_eq!(count(&streams), [2, 2, 2]);

    // Where a call has ended, however it did, there is room for another. They are in order.
    let (dropped, _) = streams.remove(4);
    let freed = dropped.local_addr().unwrap();
    drop(dropped);
    streams.push(accepted(&listener, endpoint.connect(address)).await);
    assert_eq!(streams.last().unwrap().0.local_addr().unwrap(), freed);
    within(streams[0].0.close()).await.unwrap();
    streams.push(accepted(&listener, endpoint.connect(address)).await);
    let closed = streams[0].0.local_addr().unwrap();
    assert_eq!(streams.last().unwrap().0.local_addr().unwrap(), closed);

    // And after attempts that failed or were given up.
    let silent = UdpSocket::bind(LOOPBACK).unwrap();
    let silent = silent.local_addr().unwrap();
    let options = SrtOptions::new().connect_timeout(Duration::from_millis(100)).clone();
    let attempts = join_all((0..3).map(|_| endpoint.connect_with(&options, silent)));
    assert!(within(attempts).await.iter().all(Result::is_err));
    let given_up = within(async {
        tokio::time::timeout(Duration::from_millis(10), endpoint.connect(silent)).await
    });
    given_up.await.unwrap_err();
    assert_eq!(count(&streams[1..]), [2, 2, 2]);
    streams.push(accepted(&listener, endpoint.connect(address)).await);
    streams.push(accepted(&listener, endpoint.connect(address)).await);
    streams.push(accepted(&listener, endpoint.connect(address)).await);
    assert_eq!(count(&streams[1..]), [3, 3, 3]);
}

#[tokio::test]
async fn a_pool_has_consecutive_ports() {
    // Somebody else may have one of them, so this is tried a few times.
    let bound = within(async {
        loop {
            let first = UdpSocket::bind(LOOPBACK).unwrap().local_addr().unwrap();
            if let Ok(pool) = SrtEndpoint::builder().ports(3).bind(first).await {
                break (first.port(), pool);
            }
        }
    });
    let (first, pool) = bound.await;
    let ports: Vec<_> = pool.local_addrs().map(|address| address.port()).collect();
    assert_eq!(ports, [first, first + 1, first + 2]);
    assert_eq!(pool.local_addr().unwrap().port(), first);

    let error = SrtEndpoint::builder().ports(2).bind("127.0.0.1:65535").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let error = SrtEndpoint::builder().ports(0).bind(LOOPBACK).await.unwrap_err();
    assert!(matches!(Error::from_io(&error), Some(Error::InvalidOption { option: "ports", .. })));
}

#[tokio::test]
async fn options_of_the_port_must_agree() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = SrtEndpoint::builder().max_segment_size(1400).bind(LOOPBACK).await.unwrap();
    let refused = |error: io::Error| match Error::from_io(&error) {
        Some(Error::InvalidOption { option, .. }) => *option,
        _ => panic!("{error:?}"),
    };
    let larger = SrtOptions::new().max_segment_size(1401).clone();
    let error = within(endpoint.connect_with(&larger, address)).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_MSS");
    assert_eq!(refused(endpoint.listen_with(&larger, 8).unwrap_err()), "SRTO_MSS");
    let other = SrtOptions::new().ipv6_only(true).clone();
    let error = within(endpoint.connect_with(&other, address)).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_IPV6ONLY");
    let other = SrtOptions::new().ip_ttl(9).clone();
    let error = within(endpoint.connect_with(&other, address)).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_IPTTL");
    let alone = SrtOptions::new().reuse_address(false).clone();
    let error = within(endpoint.connect_with(&alone, address)).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_REUSEADDR");
    let error = SrtEndpoint::builder().reuse_address(false).bind(LOOPBACK).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_REUSEADDR");
    let invalid = SrtOptions::new().payload_size(100_000).clone();
    let error = within(endpoint.connect_with(&invalid, address)).await.unwrap_err();
    assert_eq!(refused(error), "SRTO_PAYLOADSIZE");

    let smaller = SrtOptions::new().max_segment_size(1200).payload_size(900).clone();
    let (caller, accepted) = accepted(&listener, endpoint.connect_with(&smaller, address)).await;
    assert_connected(&caller, &accepted).await;
}

/// libsrt lets a socket onto a port only if all of these are the same.
#[tokio::test]
async fn calls_take_over_the_options_of_the_port() {
    let mut options = SrtOptions::new();
    options
        .ip_ttl(9)
        .ip_tos(0xb8)
        .udp_send_buffer_size(100_000)
        .udp_receive_buffer_size(200_000)
        .reuse_address(true);
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let endpoint = SrtEndpoint::builder().options(&options).bind(LOOPBACK).await.unwrap();
    for call in [&options, &SrtOptions::new()] {
        let (caller, accepted) = accepted(&listener, endpoint.connect_with(call, address)).await;
        assert_connected(&caller, &accepted).await;
        assert_eq!(caller.ip_ttl().unwrap(), Some(9));
        assert_eq!(caller.udp_receive_buffer_size().unwrap(), 200_000);
    }
    let mut builder = SrtStream::builder();
    builder.options(&options).share_port(true);
    let (first, _accepted) = accepted(&listener, builder.connect(address)).await;
    let other = listen(&SrtOptions::new()).await;
    let other_address = other.local_addr().unwrap();
    let (second, _accepted) = accepted(&other, builder.connect(other_address)).await;
    assert_eq!(first.local_addr().unwrap().port(), second.local_addr().unwrap().port());
    // Not on the same port, as it could not be.
    builder.ip_ttl(10);
    let third_listener = listen(&SrtOptions::new()).await;
    let third_address = third_listener.local_addr().unwrap();
    let (third, _accepted) = accepted(&third_listener, builder.connect(third_address)).await;
    assert_ne!(first.local_addr().unwrap().port(), third.local_addr().unwrap().port());
}

/// Each call agrees on its packets' size with its peer, whatever others on the port have.
#[tokio::test]
async fn calls_with_packets_of_different_sizes_share_a_port() {
    let mode = |size| {
        let mut options = SrtOptions::new();
        options.transmission_mode(TransmissionMode::FileMessage).max_segment_size(size);
        options
    };
    let endpoint = SrtEndpoint::builder().options(&mode(1500)).bind(LOOPBACK).await.unwrap();
    let there = SrtEndpoint::builder().options(&mode(1500)).bind(LOOPBACK).await.unwrap();
    let listener = there.listen_with(&mode(1300), 8).unwrap();
    let large = listen(&mode(1500)).await;
    let (to_small, to_large) = (listener.local_addr().unwrap(), large.local_addr().unwrap());
    let pairs = [
        accepted(&listener, endpoint.connect(to_small)).await,
        accepted(&listener, endpoint.connect_with(&mode(1100), to_small)).await,
        accepted(&large, endpoint.connect(to_large)).await,
        accepted(&large, endpoint.connect_with(&mode(1100), to_large)).await,
    ];
    let message: Vec<u8> = (0..100_000_u32).map(|index| index as u8).collect();
    for (caller, accepted) in &pairs {
        for (from, to) in [(caller, accepted), (accepted, caller)] {
            within(from.send(&message)).await.unwrap();
            let mut received = Vec::with_capacity(2 * message.len());
            within(to.recv_buf(&mut received)).await.unwrap();
            assert!(received == message);
        }
    }
}

#[tokio::test]
async fn an_endpoint_at_all_addresses_calls_from_the_right_one() {
    let any = SrtEndpoint::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
    let listener = any.listen(8).unwrap();
    let port = any.local_addr().unwrap().port();
    let to_it = SrtStream::connect((Ipv4Addr::LOCALHOST, port));
    let (caller, accepted_first) = accepted(&listener, to_it).await;
    assert_connected(&caller, &accepted_first).await;

    let other = listen(&SrtOptions::new()).await;
    let (caller, accepted_second) =
        accepted(&other, any.connect(other.local_addr().unwrap())).await;
    assert_connected(&caller, &accepted_second).await;
    assert_eq!(caller.local_addr().unwrap(), (Ipv4Addr::LOCALHOST, port).into());
}

#[tokio::test]
async fn ipv6_endpoints_call_both_families_unless_told_not_to() {
    let six = listen_at((Ipv6Addr::LOCALHOST, 0)).await;
    let four = listen(&SrtOptions::new()).await;
    let (to_six, to_four) = (six.local_addr().unwrap(), four.local_addr().unwrap());

    for local in [Ipv6Addr::UNSPECIFIED, Ipv6Addr::LOCALHOST] {
        let endpoint = SrtEndpoint::bind((local, 0)).await.unwrap();
        for _ in 0..2 {
            let (caller, accepted) = accepted(&six, endpoint.connect(to_six)).await;
            assert_connected(&caller, &accepted).await;
        }
    }
    let both = SrtEndpoint::bind((Ipv6Addr::UNSPECIFIED, 0)).await.unwrap();
    let (caller, accepted_first) = accepted(&four, both.connect(to_four)).await;
    assert_connected(&caller, &accepted_first).await;
    let mapped = (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), to_four.port()).into();
    assert_eq!(caller.peer_addr().unwrap(), mapped);
    let (caller, accepted_second) = accepted(&six, both.connect(to_six)).await;
    assert_connected(&caller, &accepted_second).await;

    let only_six =
        SrtEndpoint::builder().ipv6_only(true).bind((Ipv6Addr::UNSPECIFIED, 0)).await.unwrap();
    let only_four = endpoint().await;
    for (endpoint, remote) in [(only_six, to_four), (only_four, to_six)] {
        let error = within(endpoint.connect(remote)).await.unwrap_err();
        let local = endpoint.local_addr().unwrap();
        assert_eq!(Error::from_io(&error), Some(&Error::AddressFamily { local, remote }));
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn of_several_addresses_those_are_tried_that_can_be_reached() {
    let four = listen(&SrtOptions::new()).await;
    let six = listen_at((Ipv6Addr::LOCALHOST, 0)).await;
    let addresses = [six.local_addr().unwrap(), four.local_addr().unwrap()];
    let (caller, _) = accepted(&four, endpoint().await.connect(&addresses[..])).await;
    assert_eq!(caller.peer_addr().unwrap(), addresses[1]);

    // The error is of an attempt, not that there was none.
    let silent = UdpSocket::bind(LOOPBACK).unwrap().local_addr().unwrap();
    let options = SrtOptions::new().connect_timeout(Duration::from_millis(100)).clone();
    let addresses = [silent, six.local_addr().unwrap()];
    let connecting = endpoint().await;
    let error = within(connecting.connect_with(&options, &addresses[..])).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_failed_call_leaves_the_others_alone() {
    let secret = srt_tokio::Passphrase::new("correct horse").unwrap();
    let listener = listen(SrtOptions::new().passphrase(secret.clone())).await;
    let address = listener.local_addr().unwrap();
    let endpoint = SrtEndpoint::builder().passphrase(secret).bind(LOOPBACK).await.unwrap();
    let (caller, accepted) = accepted(&listener, endpoint.connect(address)).await;
    let error = within(endpoint.connect_with(&SrtOptions::new(), address)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Rejected(RejectReason::Unsecure)));
    assert_connected(&caller, &accepted).await;
}

#[tokio::test]
async fn an_endpoint_dropped_while_a_call_connects_does_not_end_it() {
    let relay = UdpSocket::bind(LOOPBACK).unwrap();
    let address = relay.local_addr().unwrap();
    let endpoint = endpoint().await;
    let clone = endpoint.clone();
    let mut connect = tokio_test::task::spawn(async move { clone.connect(address).await });
    tokio_test::assert_pending!(connect.poll());
    drop(endpoint);
    // The call is under way, and it is answered only now.
    relay.set_nonblocking(true).unwrap();
    let relay = tokio::net::UdpSocket::from_std(relay).unwrap();
    let (_, from) = within(relay.recv_from(&mut [0; 1500])).await.unwrap();
    drop(relay);
    let listener = SrtListener::bind(address).await.unwrap();
    let (caller, accepted) = accepted(&listener, connect).await;
    assert_eq!(caller.local_addr().unwrap(), from);
    assert_connected(&caller, &accepted).await;
}

#[tokio::test]
async fn two_endpoints_of_a_process_do_not_meet() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let (one, other) = (endpoint().await, endpoint().await);
    assert_ne!(one.local_addr().unwrap(), other.local_addr().unwrap());
    let (from_one, at_one) = accepted(&listener, one.connect(address)).await;
    let (from_other, at_other) = accepted(&listener, other.connect(address)).await;
    drop((one, from_one, at_one));
    assert_connected(&from_other, &at_other).await;
}

#[tokio::test]
async fn an_address_that_conflicts_is_refused() {
    let one = endpoint().await;
    let port = one.local_addr().unwrap().port();
    let error = SrtEndpoint::bind((Ipv4Addr::UNSPECIFIED, port)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    // The same address is shared.
    let same = SrtEndpoint::bind(one.local_addr().unwrap()).await.unwrap();
    assert_eq!(same.local_addr().unwrap(), one.local_addr().unwrap());
}

#[tokio::test]
async fn a_rendezvous_takes_the_port_of_an_endpoint_unless_both_listen() {
    let (one, other) = (endpoint().await, endpoint().await);
    let (here, there) = (one.local_addr().unwrap(), other.local_addr().unwrap());
    let builder = |local| {
        let mut builder = SrtStream::builder();
        // Ten times as long in a rendezvous.
        builder.local_addr(local).connect_timeout(Duration::from_millis(200)).clone()
    };
    let (left, right) = (builder(here), builder(there));
    // With a listener and a call on one of the ports already.
    let at_one = one.listen(8).unwrap();
    let (caller, accepted_caller) = accepted(&at_one, SrtStream::connect(here)).await;
    let both = async { tokio::try_join!(left.rendezvous(there), right.rendezvous(here)) };
    let (to_there, to_here) = within(both).await.unwrap();
    assert_connected(&to_there, &to_here).await;
    assert_connected(&caller, &accepted_caller).await;

    let _at_other = other.listen(8).unwrap();
    let both = async { tokio::join!(left.rendezvous(there), right.rendezvous(here)) };
    let (to_there, to_here) = within(both).await;
    assert!(to_there.is_err() && to_here.is_err());
}

/// libsrt 1.5.5 would give up the call as well.
#[tokio::test]
async fn what_a_listener_refuses_ends_no_call_from_its_port() {
    /// What a peer sends that wants to meet in a rendezvous.
    fn wave_a_hand() -> Vec<u8> {
        let header = [0x8000_0000, 0, 0, 0];
        let (version, no_extension, sequence, segment, window) = (5, 0, 1, 1500, 8192);
        let (kind, id, cookie) = (0, 4711, 42);
        let handshake = [version, no_extension, sequence, segment, window, kind, id, cookie];
        let address = [0_u32; 4];
        header
            .iter()
            .chain(&handshake)
            .chain(&address)
            .flat_map(|word| word.to_be_bytes())
            .collect()
    }

    let endpoint = endpoint().await;
    let _listener = endpoint.listen(8).unwrap();
    let here = endpoint.local_addr().unwrap();
    let silent = UdpSocket::bind(LOOPBACK).unwrap();
    let there = silent.local_addr().unwrap();
    let mut options = SrtOptions::new();
    options.connect_timeout(Duration::from_millis(1500));
    let refused = async {
        let stranger = UdpSocket::bind(LOOPBACK).unwrap();
        let mut interval = tokio::time::interval(Duration::from_millis(10));
        loop {
            interval.tick().await;
            stranger.send_to(&wave_a_hand(), here).unwrap();
        }
    };
    let error = tokio::select! {
        called = within(endpoint.connect_with(&options, there)) => called.unwrap_err(),
        () = refused => unreachable!("it has no end"),
    };
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
}

#[tokio::test]
async fn the_socket_that_holds_the_port_is_none_of_the_reactors() {
    // Other tests of this binary have sockets at the same time.
    if std::env::var_os("SRT_ENDPOINT_ALONE").is_none() {
        let own = std::env::current_exe().unwrap();
        let name = "the_socket_that_holds_the_port_is_none_of_the_reactors";
        let mut alone = tokio::process::Command::new(own);
        alone.args(["--exact", name]).env("SRT_ENDPOINT_ALONE", "1");
        assert!(within(alone.output()).await.unwrap().status.success());
        return;
    }
    let endpoint = SrtEndpoint::builder().ports(3).bind(LOOPBACK).await.unwrap();
    assert_eq!(reactor_metrics().sockets, 0);
    let listener = endpoint.listen(1).unwrap();
    assert_eq!(reactor_metrics().sockets, 1);
    drop((listener, endpoint));
    assert_eq!(reactor_metrics().sockets, 0);
}

#[tokio::test]
async fn calls_that_share_a_port_go_to_different_addresses() {
    let mut builder = SrtStream::builder();
    builder.share_port(true).local_addr(LOOPBACK);
    let listeners = join_all((0..4).map(|_| listen_at(LOOPBACK))).await;
    let mut ports: Vec<Vec<u16>> = Vec::new();
    let mut streams = Vec::new();
    for listener in &listeners {
        let address = listener.local_addr().unwrap();
        let mut from = Vec::new();
        for _ in 0..3 {
            let pair = accepted(listener, builder.connect(address)).await;
            from.push(pair.0.local_addr().unwrap().port());
            streams.push(pair);
        }
        from.sort_unstable();
        from.dedup();
        assert_eq!(from.len(), 3, "two calls from one port to one address");
        ports.push(from);
    }
    assert!(ports.iter().all(|from| *from == ports[0]), "ports are not shared: {ports:?}");
    for (caller, accepted) in &streams {
        assert_connected(caller, accepted).await;
    }

    // Other options of the port, another port.
    builder.max_segment_size(1400);
    let address = listeners[0].local_addr().unwrap();
    let (other, _) = accepted(&listeners[0], builder.connect(address)).await;
    assert!(!ports[0].contains(&other.local_addr().unwrap().port()));
    // Unless it is asked for, no port is shared.
    let (own, _) =
        accepted(&listeners[1], SrtStream::connect(listeners[1].local_addr().unwrap())).await;
    assert!(!ports[0].contains(&own.local_addr().unwrap().port()));
}

/// A peer that goes by addresses may not have heard of the end of the first call.
#[tokio::test]
async fn a_shared_port_never_calls_an_address_twice() {
    let local: SocketAddr = "127.0.0.2:0".parse().unwrap();
    let mut builder = SrtStream::builder();
    builder.share_port(true).local_addr(local);
    let (one, other) = (listen_at(LOOPBACK).await, listen_at(LOOPBACK).await);
    let first = accepted(&one, builder.connect(one.local_addr().unwrap())).await;
    let second = accepted(&other, builder.connect(other.local_addr().unwrap())).await;
    let shared = first.0.local_addr().unwrap();
    assert_eq!(second.0.local_addr().unwrap(), shared);
    drop(first);
    let third = accepted(&one, builder.connect(one.local_addr().unwrap())).await;
    assert_ne!(third.0.local_addr().unwrap(), shared);
    assert_connected(&second.0, &second.1).await;
}

async fn listen_at(address: impl tokio::net::ToSocketAddrs) -> SrtListener {
    SrtListener::bind(address).await.unwrap()
}

#[test]
fn a_socket_can_be_bound_to_the_port_of_an_endpoint() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let endpoint = runtime.block_on(endpoint());
    let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind(endpoint.local_addr().unwrap()).unwrap();
    assert_eq!(socket.local_addr().unwrap(), endpoint.local_addr().unwrap());
}
