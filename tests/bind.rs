//! Where sockets can be bound, and who may share an address.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use srt_tokio::{Error, SrtEndpoint, SrtListener, SrtOptions, SrtSocket, SrtStream};
use support::pair::within;

fn socket_at(address: SocketAddr) -> io::Result<SrtSocket> {
    let socket = SrtSocket::new(&SrtOptions::new())?;
    socket.bind(address)?;
    Ok(socket)
}

/// Both ends of a connection to `address`, which leads to `listener`.
async fn connected(listener: &SrtListener, address: SocketAddr) -> (SrtStream, SrtStream) {
    let connect = SrtStream::connect(address);
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    within(caller.send(b"hello")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 5);
    (caller, accepted)
}

fn in_use(result: io::Result<impl std::fmt::Debug>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error:?}");
}

// libsrt's test_reuseaddr.cpp, SameAddr1, SameAddr2 and SameAddrV6. All of 127.0.0.0/8 is this
// machine's on Linux only.
#[tokio::test]
async fn a_socket_that_only_holds_an_address_is_no_obstacle() {
    for any in [
        (Ipv4Addr::LOCALHOST, 0).into(),
        #[cfg(target_os = "linux")]
        ([127, 0, 0, 2], 0).into(),
        (Ipv6Addr::LOCALHOST, 0).into(),
    ] {
        let holder = socket_at(any).unwrap();
        let address = holder.local_addr().unwrap();
        let listener = within(SrtListener::bind(address)).await.unwrap();
        connected(&listener, address).await;
        // Once the first listener is gone there can be another one on the port that is held.
        in_use(SrtListener::bind(address).await);
        drop(listener);
        let listener = within(SrtListener::bind(address)).await.unwrap();
        connected(&listener, address).await;
    }
}

// libsrt's test_reuseaddr.cpp, DiffAddr and Wildcard. All of 127.0.0.0/8 is this machine's on Linux
// only.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn addresses_share_a_port_number_but_not_with_the_wildcard() {
    let one = socket_at(([127, 0, 0, 1], 0).into()).unwrap();
    let port = one.local_addr().unwrap().port();
    let other = SocketAddr::from(([127, 0, 0, 2], port));
    let listener = within(SrtListener::bind(other)).await.unwrap();
    connected(&listener, other).await;
    in_use(socket_at((Ipv4Addr::UNSPECIFIED, port).into()));

    let all = within(SrtListener::bind((Ipv4Addr::UNSPECIFIED, 0))).await.unwrap();
    let port = all.local_addr().unwrap().port();
    in_use(socket_at(([127, 0, 0, 1], port).into()));
    connected(&all, ([127, 0, 0, 1], port).into()).await;
}

// libsrt's test_muxer.cpp, IPv4_and_IPv6, and test_reuseaddr.cpp, ProtocolVersion6 and
// ProtocolVersionFaux6.
#[tokio::test]
async fn the_families_have_ports_of_their_own_if_they_are_told_apart() {
    let wildcard = within(SrtListener::bind((Ipv4Addr::UNSPECIFIED, 0))).await.unwrap();
    let port = wildcard.local_addr().unwrap().port();
    in_use(SrtListener::bind((Ipv6Addr::UNSPECIFIED, port)).await);

    let four = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let port = four.local_addr().unwrap().port();
    let mut builder = SrtListener::builder();
    builder.ipv6_only(true);
    let six = within(builder.bind((Ipv6Addr::UNSPECIFIED, port))).await.unwrap();
    let (_, accepted) = connected(&four, (Ipv4Addr::LOCALHOST, port).into()).await;
    assert!(accepted.peer_addr().unwrap().is_ipv4());
    let (_, accepted) = connected(&six, (Ipv6Addr::LOCALHOST, port).into()).await;
    assert!(accepted.peer_addr().unwrap().is_ipv6());
}

// libsrt's test_reuseaddr.cpp, Wildcard6.
#[tokio::test]
async fn a_wildcard_of_both_families_leaves_no_address_of_its_port() {
    let both = within(SrtListener::bind((Ipv6Addr::UNSPECIFIED, 0))).await.unwrap();
    let port = both.local_addr().unwrap().port();
    in_use(socket_at((Ipv6Addr::LOCALHOST, port).into()));
    in_use(socket_at((Ipv4Addr::LOCALHOST, port).into()));
    connected(&both, (Ipv6Addr::LOCALHOST, port).into()).await;
}

// libsrt's test_reuseaddr.cpp, ProtocolVersion.
#[tokio::test]
async fn a_port_goes_from_one_family_to_the_other() {
    let six = within(SrtListener::bind((Ipv6Addr::UNSPECIFIED, 0))).await.unwrap();
    let port = six.local_addr().unwrap().port();
    connected(&six, (Ipv6Addr::LOCALHOST, port).into()).await;
    drop(six);
    // libsrt gives up the port a moment after the sockets.
    let four = within(async {
        loop {
            match SrtListener::bind((Ipv4Addr::UNSPECIFIED, port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    });
    let four = four.await;
    connected(&four, (Ipv4Addr::LOCALHOST, port).into()).await;
}

#[tokio::test]
async fn a_caller_calls_from_the_port_that_is_chosen() {
    let listener = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let other = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let free = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let chosen = free.local_addr().unwrap();
    drop(free);
    let mut builder = SrtStream::builder();
    builder.local_addr(chosen);
    let mut streams = Vec::new();
    // Calls to different peers can come from the same port.
    for listener in [&listener, &other] {
        let connect = builder.connect(listener.local_addr().unwrap());
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        let (caller, (accepted, peer)) = (caller.unwrap(), accepted.unwrap());
        assert_eq!((peer, caller.local_addr().unwrap()), (chosen, chosen));
        streams.push((caller, accepted));
    }
    for (caller, accepted) in &streams {
        within(caller.send(b"hello")).await.unwrap();
        assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 5);
    }
}

// libsrt's test_ipv6.cpp, v6_calls_v4.
#[tokio::test]
async fn a_listener_of_ipv4_can_be_called_by_its_mapped_address() {
    let listener = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mapped = (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), address.port()).into();
    let (caller, accepted) = connected(&listener, mapped).await;
    assert_eq!(caller.peer_addr().unwrap(), mapped);
    assert_eq!(accepted.local_addr().unwrap(), address);
    assert_eq!(accepted.peer_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
}

// libsrt's test_ipv6.cpp, v4_calls_v6_mapped, v6_calls_v6_mapped and v6_calls_v6.
#[tokio::test]
async fn an_accepted_stream_knows_the_address_that_was_called() {
    let localhost = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    for (bound, callable) in [
        (Ipv6Addr::UNSPECIFIED.into(), &localhost[..]),
        (Ipv6Addr::LOCALHOST.into(), &localhost[1..]),
        (std::net::IpAddr::from(Ipv4Addr::UNSPECIFIED), &localhost[..1]),
    ] {
        let listener = within(SrtListener::bind((bound, 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for called in callable {
            let (caller, accepted) = connected(&listener, (*called, port).into()).await;
            let (local, peer) = (accepted.local_addr().unwrap(), accepted.peer_addr().unwrap());
            assert_eq!((local.ip().to_canonical(), local.port()), (*called, port));
            let calling = caller.local_addr().unwrap();
            assert_eq!((peer.ip().to_canonical(), peer.port()), (*called, calling.port()));
        }
    }
}

/// The route's address is another one, and a caller takes no answers from it. All of 127.0.0.0/8 is this
/// machine's on Linux only.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_wildcard_answers_from_the_address_that_was_called_or_not_at_all() {
    for bound in [std::net::IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()] {
        let listener = within(SrtListener::bind((bound, 0))).await.unwrap();
        let called = SocketAddr::from(([127, 0, 0, 2], listener.local_addr().unwrap().port()));
        let mut builder = SrtStream::builder();
        builder.local_addr((Ipv4Addr::LOCALHOST, 0).into()).connect_timeout(ONE_SECOND);
        let caller = match within(builder.connect(called)).await {
            Ok(caller) => caller,
            Err(error) => {
                if cfg!(srt_pktinfo) {
                    panic!("at {bound}: {error}");
                }
                assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
                continue;
            }
        };
        let (accepted, _) = within(listener.accept()).await.unwrap();
        echo(&caller, &accepted).await;
    }
}

/// With any libsrt.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_listener_for_each_address_answers_from_the_one_that_was_called() {
    let first = within(SrtListener::bind("127.0.0.1:0")).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let second = Ipv4Addr::new(127, 0, 0, 2);
    let second = within(SrtListener::bind((second, port))).await.unwrap();
    let listeners = [first, second];
    for listener in &listeners {
        let called = listener.local_addr().unwrap();
        let mut builder = SrtStream::builder();
        builder.local_addr((Ipv4Addr::LOCALHOST, 0).into());
        let accept = SrtListener::accept_any(&listeners);
        let (caller, accepted) =
            within(async { tokio::join!(builder.connect(called), accept) }).await;
        let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
        assert_eq!(accepted.local_addr().unwrap(), called);
        echo(&caller, &accepted).await;
    }
}

#[cfg(target_os = "linux")]
const ONE_SECOND: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(target_os = "linux")]
async fn echo(caller: &SrtStream, accepted: &SrtStream) {
    for (from, to) in [(caller, accepted), (accepted, caller)] {
        within(from.send(b"hello")).await.unwrap();
        assert_eq!(within(to.recv(&mut [0; 1456])).await.unwrap(), 5);
        within(from.acknowledged()).await.unwrap();
    }
}

#[cfg(unix)]
mod udp {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use super::*;

    fn loopback() -> UdpSocket {
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
    }

    #[tokio::test]
    async fn a_listener_takes_over_a_udp_socket() {
        let udp = loopback();
        let address = udp.local_addr().unwrap();
        let listener = SrtListener::builder().bind_udp(udp).unwrap();
        assert_eq!(listener.local_addr().unwrap(), address);
        connected(&listener, address).await;
        // The port can be shared as any other.
        in_use(SrtListener::bind(address).await);
        let endpoint = SrtEndpoint::bind(address).await.unwrap();
        let far = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let connect = endpoint.connect(far.local_addr().unwrap());
        let (caller, accepted) = within(async { tokio::join!(connect, far.accept()) }).await;
        assert_eq!(caller.unwrap().local_addr().unwrap(), address);
        assert_eq!(accepted.unwrap().1, address);
    }

    #[tokio::test]
    async fn a_caller_takes_over_a_udp_socket_that_does_not_block() {
        let listener = within(SrtListener::bind((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let udp = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = udp.local_addr().unwrap();
        let udp = udp.into_std().unwrap();
        let same = udp.try_clone().unwrap();
        let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
        socket.bind_udp(udp).unwrap();
        if cfg!(target_os = "linux") {
            // Or libsrt would ask it without pause.
            assert!(blocks(&same));
        }
        let connect = socket.connect(listener.local_addr().unwrap());
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        assert_eq!(accepted.unwrap().1, address);
        assert_eq!(caller.unwrap().local_addr().unwrap(), address);
    }

    /// Whether the system has calls on the socket wait.
    fn blocks(socket: &UdpSocket) -> bool {
        const O_NONBLOCK: u32 = 0o4000;

        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", socket.as_raw_fd()));
        let info = info.unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
        u32::from_str_radix(flags.trim(), 8).unwrap() & O_NONBLOCK == 0
    }

    #[tokio::test]
    async fn a_rendezvous_takes_over_udp_sockets() {
        let (one, two) = (loopback(), loopback());
        let (one_addr, two_addr) = (one.local_addr().unwrap(), two.local_addr().unwrap());
        let meet = |udp, remote| {
            let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
            socket.bind_udp(udp).unwrap();
            socket.rendezvous(remote)
        };
        let (one, two) = (meet(one, two_addr), meet(two, one_addr));
        let (one, two) = within(async { tokio::join!(one, two) }).await;
        assert_eq!(one.unwrap().peer_addr().unwrap(), two_addr);
        assert_eq!(two.unwrap().peer_addr().unwrap(), one_addr);
    }

    #[tokio::test]
    async fn a_udp_socket_of_ipv6_takes_both_families_or_one() {
        let udp = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
        let port = udp.local_addr().unwrap().port();
        let listener = SrtListener::builder().bind_udp(udp).unwrap();
        connected(&listener, (Ipv4Addr::LOCALHOST, port).into()).await;
        connected(&listener, (Ipv6Addr::LOCALHOST, port).into()).await;

        let only = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None).unwrap();
        only.set_only_v6(true).unwrap();
        only.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into()).unwrap();
        let listener = SrtListener::builder().bind_udp(only.into()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (_, accepted) = connected(&listener, (Ipv6Addr::LOCALHOST, port).into()).await;
        assert!(accepted.peer_addr().unwrap().is_ipv6());
        // The other family's port is free. libsrt 1.5.1 would not bind it by itself.
        let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
        let four = SrtListener::builder().bind_udp(udp).unwrap();
        let (_, accepted) = connected(&four, (Ipv4Addr::LOCALHOST, port).into()).await;
        assert!(accepted.peer_addr().unwrap().is_ipv4());
    }

    #[tokio::test]
    async fn udp_sockets_that_will_not_do_are_refused() {
        let refused = |result: io::Result<()>, what: &str| {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error:?}");
            assert!(error.to_string().contains(what), "{error}");
        };
        let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
        let connected = loopback();
        connected.connect(loopback().local_addr().unwrap()).unwrap();
        refused(socket.bind_udp(connected), "is connected");
        let unbound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None);
        refused(socket.bind_udp(unbound.unwrap().into()), "not bound");
        socket.bind_udp(loopback()).unwrap();
        // And it does not stay open.
        let second = loopback();
        let address = second.local_addr().unwrap();
        refused(socket.bind_udp(second), "srt_bind_acquire");
        UdpSocket::bind(address).unwrap();

        let error = SrtListener::builder().shards(2).bind_udp(loopback()).unwrap_err();
        match Error::from_io(&error) {
            Some(Error::InvalidOption { option, .. }) => assert_eq!(*option, "shards"),
            _ => panic!("{error:?}"),
        }
    }

    #[tokio::test]
    async fn the_udp_socket_is_closed_with_the_last_of_its_port() {
        let udp = loopback();
        let address = udp.local_addr().unwrap();
        let listener = SrtListener::builder().bind_udp(udp).unwrap();
        let (caller, accepted) = connected(&listener, address).await;
        drop(listener);
        assert!(UdpSocket::bind(address).is_err());
        drop((caller, accepted));
        within(async {
            while UdpSocket::bind(address).is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        })
        .await;
    }
}
