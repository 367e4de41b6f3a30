//! The example `transmit` with forward error correction, beside libsrt's own program.
//!
//! Programs of libsrt up to 1.5.5 crash where the payload size of a receiver is smaller than that of
//! its sender.

#![cfg(unix)]

use std::time::Duration;

use srt_tokio::{PacketFilter, SrtListener, SrtOptions, SrtStream};
use support::programs::{Program, within_deadline};
use support::transmit::{
    Feeder, Output, PAYLOAD, datagrams_to, failed, noise, port, srt_live_transmit, transmit,
};
use tokio::net::UdpSocket;

const FILTER: &str = "packetfilter=fec,cols:5";

/// What a packet has room for, beside the filter.
const MAX: usize = 1452;

/// So many datagrams are on their way at a time, that the buffers of UDP sockets have room for.
const BURST: usize = 20;

#[tokio::test]
async fn a_packet_filter_finds_room() {
    let listener =
        SrtListener::builder().allow_peer_filter(true).bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let uri = format!("srt://127.0.0.1:{port}?packetfilter=fec,cols:10");
    let mut sender = transmit(["-", &uri]);
    let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
    let agreed = stream.packet_filter().unwrap().unwrap();
    assert!(agreed.as_str().contains("cols:10"), "{agreed}");
    drop(stream);
    sender.ended().await;
}

/// Whether or not it has been told of the filter's parameters, and of the payload size.
#[tokio::test]
async fn a_receiver_has_room_for_whatever_its_peer_sends() {
    for ours in ["packetfilter=fec", FILTER, "packetfilter=fec,cols:5&payloadsize=1316"] {
        for size in [PAYLOAD, MAX] {
            let output = Output::open().await;
            let source = format!("srt://127.0.0.1:0?mode=listener&{ours}");
            let mut receiver = transmit([&source, &output.url]);
            let srt_port = port(&receiver.says("source: listening on").await);
            let mut peer = Feeder::to(&format!("srt://127.0.0.1:{srt_port}?{FILTER}"), size).await;
            for burst in datagrams(size).chunks(BURST) {
                for datagram in burst {
                    peer.send(datagram).await;
                }
                for datagram in burst {
                    assert!(output.recv().await == *datagram, "{ours}: {size}");
                }
            }
            peer.close().await;
            receiver.succeeds().await;
        }
    }
}

/// A caller's filter is the listener's, too.
#[tokio::test]
async fn a_sender_keeps_to_the_payload_size_that_it_is_told() {
    for size in [PAYLOAD, 1400, MAX] {
        let mut link = Sender::open(&format!("{FILTER}&payloadsize={size}"), size).await;
        link.carries(size, size).await;
        link.interrupt().await;
    }
}

#[tokio::test]
async fn a_sender_cuts_up_what_is_larger_than_its_payload_size() {
    let mut link = Sender::open(FILTER, PAYLOAD).await;
    link.carries(MAX, PAYLOAD).await;
    link.interrupt().await;

    // In whole packets of MPEG-TS.
    let mut link = Sender::open(&format!("{FILTER}&payloadsize=1200"), PAYLOAD).await;
    link.carries(PAYLOAD, 1128).await;
    link.interrupt().await;
}

#[tokio::test]
async fn a_payload_size_that_leaves_the_filter_no_room_is_refused() {
    for size in [MAX + 1, 1456, 0] {
        let url = format!("srt://127.0.0.1:9000?{FILTER}&payloadsize={size}");
        for ended in [failed([&url, "-"]).await, failed(["-", &url]).await] {
            let named = if size == 0 { "PACKETFILTER" } else { "PAYLOADSIZE" };
            assert!(ended.stderr.contains(named), "{ended:?}");
        }
    }
}

/// The firewall lets filters in that the URI speaks of.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_filter_that_only_the_peer_speaks_of_is_kept_out() {
    let mut options = SrtOptions::new();
    options.packet_filter(PacketFilter::fec().columns(5)).connect_timeout(Duration::from_secs(1));
    for (ours, is_taken) in [("", false), ("&packetfilter=fec", true)] {
        let target = format!("srt://127.0.0.1:0?mode=listener{ours}");
        let mut sender = transmit(["-", &target]);
        let address = ("127.0.0.1", port(&sender.says("target: listening on").await));
        let connected = SrtStream::builder().options(&options).connect(address).await;
        assert_eq!(connected.is_ok(), is_taken, "{connected:?}");
        if let Ok(stream) = connected {
            sender.write(&noise(PAYLOAD)).await;
            let received = within_deadline("data", stream.recv(&mut [0; MAX])).await;
            assert_eq!(received.unwrap(), PAYLOAD);
        }
    }
}

/// Datagrams of one size, no two of which are the same.
fn datagrams(size: usize) -> Vec<Vec<u8>> {
    /// For several rows of the filter.
    const COUNT: usize = 60;
    let noise = noise(size + COUNT);
    (0..COUNT).map(|number| noise[number..number + size].to_vec()).collect()
}

/// Ours as the sender, libsrt's program as the receiver.
struct Sender {
    program: Program,
    _peer: Program,
    input: UdpSocket,
    output: Output,
}

impl Sender {
    async fn open(options: &str, chunk: usize) -> Self {
        let output = Output::open().await;
        let target = format!("srt://127.0.0.1:0?mode=listener&{options}");
        let mut program = transmit(["udp://127.0.0.1:0", &target]);
        let input = datagrams_to(port(&program.says("source: listening on").await)).await;
        let srt_port = port(&program.says("target: listening on").await);
        let peer = srt_live_transmit([
            &format!("-chunk:{chunk}"),
            &format!("srt://127.0.0.1:{srt_port}?{FILTER}"),
            &output.url,
        ]);
        program.says("target: connected").await;
        Self { program, _peer: peer, input, output }
    }

    /// Datagrams of a size come out again, in pieces if they are larger.
    async fn carries(&self, size: usize, piece: usize) {
        for burst in datagrams(size).chunks(BURST) {
            for datagram in burst {
                self.input.send(datagram).await.unwrap();
            }
            for piece in burst.iter().flat_map(|datagram| datagram.chunks(piece)) {
                assert!(self.output.recv().await == piece, "{size}: {}", piece.len());
            }
        }
    }

    async fn interrupt(&mut self) {
        self.program.signal("INT").await;
        self.program.succeeds().await;
    }
}
