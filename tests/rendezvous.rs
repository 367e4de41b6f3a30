//! Two peers that call each other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use srt_tokio::{Error, SrtOptions, SrtSocket, SrtStream};
use support::pair::within;

/// The outcome of libsrt's Common.CookieContest.
#[tokio::test]
async fn peers_meet_over_either_family() {
    for family in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        let [(left, one), (right, two)] = [bound(family), bound(family)];
        let meet = async { tokio::join!(left.rendezvous(two), right.rendezvous(one)) };
        let (left, right) = within(meet).await;
        let (left, right) = (left.unwrap(), right.unwrap());
        assert_eq!((left.local_addr().unwrap(), left.peer_addr().unwrap()), (one, two));
        assert_eq!((right.local_addr().unwrap(), right.peer_addr().unwrap()), (two, one));
        for (from, to) in [(&left, &right), (&right, &left)] {
            within(from.send(b"hello")).await.unwrap();
            assert_eq!(within(to.recv(&mut [0; 1456])).await.unwrap(), 5);
        }
    }
}

/// libsrt makes it ten times the timeout of a caller.
#[tokio::test]
async fn a_peer_that_does_not_come_is_waited_for_ten_times_as_long() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let timeout = Duration::from_millis(100);
    let mut builder = SrtStream::builder();
    builder.connect_timeout(timeout).local_addr("127.0.0.1:0".parse().unwrap());
    let start = Instant::now();
    let error = within(builder.rendezvous(silent.local_addr().unwrap())).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
    assert!(start.elapsed() >= 10 * timeout, "{:?}", start.elapsed());
}

/// A socket at a free port.
fn bound(family: IpAddr) -> (SrtSocket, SocketAddr) {
    let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind((family, 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}
