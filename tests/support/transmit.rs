//! The example `transmit`, as a user runs it, and libsrt's own program of the kind.

use std::net::SocketAddr;

use tokio::net::UdpSocket;

use crate::programs::{Ended, Program, free_port, within_deadline};

/// The example's default for the payload of a packet.
pub const PAYLOAD: usize = 1316;

/// Starts the example.
pub fn transmit<const N: usize>(args: [&str; N]) -> Program {
    Program::example("transmit", args)
}

/// How the example ends, which is with an error.
///
/// # Panics
///
/// If it succeeds, or does not end.
pub async fn failed<const N: usize>(args: [&str; N]) -> Ended {
    let ended = transmit(args).ended().await;
    assert!(!ended.status.success(), "{ended:?}");
    ended
}

/// Starts libsrt's program, to end when the connection does.
pub fn srt_live_transmit<const N: usize>(args: [&str; N]) -> Program {
    Program::start("srt-live-transmit", ["-autoreconnect:no"].into_iter().chain(args))
}

/// The port at the end of a line.
///
/// # Panics
///
/// If there is none.
pub fn port(line: &str) -> u16 {
    let (_, port) = line.rsplit_once(':').expect("an address with a port");
    port.parse().expect("a port")
}

/// Bytes without a pattern, always the same.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// libsrt's program as a sender of datagrams.
#[derive(Debug)]
pub struct Feeder {
    program: Program,
    datagrams: UdpSocket,
}

impl Feeder {
    /// Starts it and waits until it is connected to an `srt://` URL. `chunk` is the greatest datagram.
    ///
    /// # Panics
    ///
    /// If it does not connect.
    pub async fn to(url: &str, chunk: usize) -> Self {
        let port = free_port();
        let source = format!("udp://127.0.0.1:{port}");
        let mut program = srt_live_transmit([&format!("-chunk:{chunk}"), &source, url]);
        program.says("SRT target connected").await;
        let datagrams = datagrams_to(port).await;
        Self { program, datagrams }
    }

    /// Has it send a datagram.
    ///
    /// # Panics
    ///
    /// If the system refuses to.
    pub async fn send(&self, datagram: &[u8]) {
        let sent = self.datagrams.send(datagram).await;
        assert_eq!(sent.expect("loopback takes datagrams"), datagram.len());
    }

    /// Has it close the connection.
    #[cfg(unix)]
    pub async fn close(&mut self) {
        self.program.signal("INT").await;
        self.program.ends().await;
    }
}

/// Where a program sends datagrams to.
#[derive(Debug)]
pub struct Output {
    socket: UdpSocket,
    /// For the program.
    pub url: String,
}

impl Output {
    /// Takes a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn open() -> Self {
        Self::at("127.0.0.1:0").await
    }

    /// Takes an address of this host.
    ///
    /// # Panics
    ///
    /// If it is not free.
    pub async fn at(address: &str) -> Self {
        let socket = UdpSocket::bind(address).await.expect("the address is free");
        let url = format!("udp://{}", socket.local_addr().expect("it is bound"));
        Self { socket, url }
    }

    /// The next datagram.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub async fn recv(&self) -> Vec<u8> {
        self.recv_from().await.0
    }

    /// The next datagram and its sender.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub async fn recv_from(&self) -> (Vec<u8>, SocketAddr) {
        let mut datagram = vec![0; 2048];
        let received = within_deadline("a datagram", self.socket.recv_from(&mut datagram)).await;
        let (len, from) = received.expect("it can be received");
        datagram.truncate(len);
        (datagram, from)
    }
}

/// A socket that sends to a port of this host.
///
/// # Panics
///
/// If there is no socket to be had.
pub async fn datagrams_to(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("there is a free port");
    socket.connect(("127.0.0.1", port)).await.expect("loopback can be reached");
    socket
}
