//! The example `transmit` with `udp://` URIs: multicast groups, and the keys of libsrt's program.
//!
//! Groups are joined on loopback, so that nothing leaves this host.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use support::programs::{free_port, test_picture, within_deadline};
use support::transmit::{
    Output, PAYLOAD, datagrams_to, failed, noise, port, srt_live_transmit, transmit,
};
use tokio::net::UdpSocket;
use tokio::time::interval;

/// For use within an organization.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 47, 11);

#[tokio::test]
async fn a_source_joins_a_group() {
    let group_port = free_port();
    let source = format!("udp://{GROUP}:{group_port}?adapter=127.0.0.1");
    let mut receiver = transmit([&source, "-"]);
    receiver.says("source: listening on").await;
    // As does another program's, and both get everything.
    let mut second = transmit([&source, "-"]);
    second.says("source: listening on").await;
    let target = format!("udp://{GROUP}:{group_port}?localaddr=127.0.0.1&ttl=0&pkt_size={PAYLOAD}");
    let _ffmpeg = test_picture(&["-re"], 60, &target);
    for receiver in [&mut receiver, &mut second] {
        let received = receiver.writes(20 * PAYLOAD).await;
        let packets = received.chunks_exact(188);
        assert!(packets.map(|packet| packet[0]).all(|sync| sync == 0x47));
    }
}

#[tokio::test]
async fn a_target_sends_to_a_group() {
    let group_port = free_port();
    let group = format!("udp://{GROUP}:{group_port}?adapter=127.0.0.1");
    let output = Output::open().await;
    // One end of libsrt's program has to be SRT, so the way out of it is another one of ours.
    let mut peer = transmit(["srt://127.0.0.1:0?mode=listener", &output.url]);
    let srt_port = port(&peer.says("source: listening on").await);
    let _theirs = srt_live_transmit([&group, &format!("srt://127.0.0.1:{srt_port}")]);
    peer.says("source: connected").await;
    sends(&format!("{group}&ttl=0&mcloop=yes"), &output).await;
}

/// Also after the at sign that other programs write.
#[tokio::test]
async fn an_address_of_either_family_is_a_target() {
    for (bind, prefix) in
        [("127.0.0.1:0", "udp://"), ("127.0.0.1:0", "udp://@"), ("[::1]:0", "udp://")]
    {
        let output = Output::at(bind).await;
        let target = output.url.replace("udp://", prefix);
        sends(&format!("{target}?ttl=1&iptos=0xb8&sndbuf=100000"), &output).await;
    }
}

#[tokio::test]
async fn a_source_receives_from_one_sender_of_a_group() {
    let group_port = free_port();
    let query = "adapter=127.0.0.1&source=127.0.0.1&rcvbuf=100000";
    let mut receiver = transmit([&format!("udp://@{GROUP}:{group_port}?{query}"), "-"]);
    receiver.says("source: listening on").await;
    let group = SocketAddr::from((GROUP, group_port));
    for (sender, text) in [([127, 0, 0, 2], b"other"), ([127, 0, 0, 1], b"hello")] {
        let socket = sender_to_groups(sender.into());
        assert_eq!(socket.send_to(text, group).await.unwrap(), 5);
    }
    assert_eq!(receiver.writes(5).await, b"hello");
}

#[tokio::test]
async fn an_adapter_is_the_local_address() {
    let mut receiver = transmit(["udp://:0?adapter=127.0.0.1", "-"]);
    let listening = receiver.says("source: listening on").await;
    assert!(listening.contains("127.0.0.1:"), "{listening}");

    let output = Output::open().await;
    let mut sender = transmit(["-", &format!("{}?adapter=127.0.0.2", output.url)]);
    sender.write(&noise(PAYLOAD)).await;
    let (datagram, from) = output.recv_from().await;
    assert!(datagram == noise(PAYLOAD));
    assert_eq!(from.ip(), Ipv4Addr::new(127, 0, 0, 2));
}

/// As its receiver sees it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn datagrams_have_the_ttl_and_the_class_that_is_set() {
    let group_port = free_port();
    for host in [Ipv4Addr::LOCALHOST, GROUP] {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
        header::ask(&socket);
        let address = SocketAddr::from((host, group_port));
        socket.bind(&address.into()).unwrap();
        if host.is_multicast() {
            socket.join_multicast_v4(&host, &Ipv4Addr::LOCALHOST).unwrap();
        }
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let query = if host.is_multicast() { "adapter=127.0.0.1&" } else { "" };
        let mut sender = transmit(["-", &format!("udp://{address}?{query}ttl=7&iptos=0xb8")]);
        sender.write(&noise(PAYLOAD)).await;
        let header = tokio::task::spawn_blocking(move || header::receive(&socket)).await.unwrap();
        assert_eq!((header.ttl, header.tos), (Some(7), Some(0xb8)), "{host}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_udp_url_is_named() {
    for (url, named) in [
        ("udp://127.0.0.1:9000?tll=3", "\"tll\""),
        ("udp://127.0.0.1:9000?tll=3", "adapter, iptos, mcloop, rcvbuf, sndbuf, source, ttl"),
        ("udp://127.0.0.1:9000?ttl=256", "ttl=256: expected 0 to 255"),
        ("udp://127.0.0.1:9000?ttl", "ttl="),
        ("udp://127.0.0.1:9000?ttl=1&ttl=2", "twice"),
        ("udp://127.0.0.1:9000?mcloop=maybe", "mcloop=maybe"),
        ("udp://127.0.0.1:9000?mcloop=1", "a multicast group"),
        ("udp://127.0.0.1:9000?rcvbuf=0", "rcvbuf=0"),
        ("udp://239.255.47.11:9000?adapter=lo", "adapter=lo: expected an IP address"),
        ("udp://239.255.47.11:0?adapter=::1", "the same family"),
        ("udp://239.255.47.11:9000?source=::1", "source=::1"),
        ("udp://[ff02::1%lo]:9000?adapter=::1", "adapter needs"),
        ("udp://127.0.0.1:0?source=127.0.0.1", "source needs"),
        ("udp://127.0.0.1", "the port"),
    ] {
        for ended in [failed([url, "-"]).await, failed(["-", url]).await] {
            assert!(ended.stderr.contains(named), "{url}: {}", ended.stderr);
        }
    }
}

/// Whatever is not there yet to receive, what our example sends to `target` comes out at last.
async fn sends(target: &str, output: &Output) {
    let mut sender = transmit(["udp://127.0.0.1:0", target]);
    let input = port(&sender.says("source: listening on").await);
    let socket = datagrams_to(input).await;
    let received = async {
        let mut ticks = interval(Duration::from_millis(50));
        let mut received = pin!(output.recv());
        loop {
            tokio::select! {
                received = &mut received => return received,
                _ = ticks.tick() => assert_eq!(socket.send(b"hello").await.unwrap(), 5),
            }
        }
    };
    assert_eq!(within_deadline(target, received).await, b"hello");
}

/// A socket of an address of loopback.
fn sender_to_groups(address: Ipv4Addr) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    socket.set_nonblocking(true).unwrap();
    UdpSocket::from_std(socket.into()).unwrap()
}

/// What the system tells of a datagram's IP header.
#[cfg(target_os = "linux")]
mod header {
    use std::mem::MaybeUninit;
    use std::os::fd::AsRawFd;

    use socket2::{MaybeUninitSlice, MsgHdrMut, Socket};

    /// Of IPv4.
    #[derive(Debug, Default)]
    pub(crate) struct Header {
        pub(crate) ttl: Option<u8>,
        pub(crate) tos: Option<u8>,
    }

    /// Has the kernel report these fields of received datagrams.
    pub(crate) fn ask(socket: &Socket) {
        socket.set_recv_tos_v4(true).unwrap();
        let on: libc::c_int = 1;
        let len = size_of_val(&on) as libc::socklen_t;
        // SAFETY: the value is an int of that length, and outlives the call.
        let set = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_IP,
                libc::IP_RECVTTL,
                (&raw const on).cast(),
                len,
            )
        };
        assert_eq!(set, 0);
    }

    /// Receives a datagram, and reads the control messages `{ length, level, type, value }`.
    pub(crate) fn receive(socket: &Socket) -> Header {
        const WORD: usize = size_of::<usize>();
        const VALUE: usize = WORD + 8;
        let mut data = [MaybeUninit::uninit(); 2048];
        let mut data = [MaybeUninitSlice::new(&mut data)];
        let mut control = [MaybeUninit::new(0); 256];
        let mut message = MsgHdrMut::new().with_buffers(&mut data).with_control(&mut control);
        socket.recvmsg(&mut message, 0).unwrap();
        let len = message.control_len();
        // SAFETY: every byte has been initialized above.
        let control = control.map(|byte| unsafe { byte.assume_init() });
        let mut rest = &control[..len];
        let mut header = Header::default();
        while rest.len() > VALUE {
            let int = |at: usize| i32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
            let len = usize::from_ne_bytes(rest[..WORD].try_into().unwrap());
            match (int(WORD), int(WORD + 4)) {
                (libc::IPPROTO_IP, libc::IP_TTL) => header.ttl = Some(rest[VALUE]),
                (libc::IPPROTO_IP, libc::IP_TOS) => header.tos = Some(rest[VALUE]),
                _ => {}
            }
            rest = &rest[len.next_multiple_of(WORD).min(rest.len())..];
        }
        header
    }
}
