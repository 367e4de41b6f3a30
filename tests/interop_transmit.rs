//! The example `transmit`, as a user runs it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use srt_tokio::{SrtListener, SrtStream};
use support::programs::{Ended, Program, free_port, test_picture, within_deadline};
use tempfile::TempDir;
use tokio::fs;
use tokio::net::UdpSocket;

const PAYLOAD: usize = 1316;

#[tokio::test]
async fn a_file_arrives_byte_for_byte_at_the_pace_of_its_clock() {
    let directory = directory();
    let original = directory.path().join("original.ts");
    let copy = directory.path().join("copy.ts");
    test_picture(&[], 3, path(&original)).succeeded().await;

    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", path(&copy)]);
    let port = port(&receiver.says("source: listening on").await);
    let begin = Instant::now();
    let mut sender = transmit([path(&original), &format!("srt://127.0.0.1:{port}")]);
    sender.succeeded().await;
    let time = begin.elapsed();
    receiver.succeeded().await;

    assert!(fs::read(&original).await.unwrap() == fs::read(&copy).await.unwrap());
    // The clock of what ffmpeg makes leaves out the last packets, and begins before the picture.
    assert!(time >= Duration::from_millis(2500), "{time:?}");
}

#[tokio::test]
async fn standard_input_reaches_standard_output_at_the_given_rate() {
    let data = noise(300 * PAYLOAD + 100);
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", "-"]);
    let port = port(&receiver.says("source: listening on").await);
    let begin = Instant::now();
    let mut sender = transmit(["--mbps", "4", "-", &format!("srt://127.0.0.1:{port}")]);
    sender.write(&data).await;
    sender.succeeded().await;
    let time = begin.elapsed();

    assert!(receiver.succeeded().await.stdout == data);
    let due = Duration::from_secs_f64(300.0 * PAYLOAD as f64 * 8.0 / 4e6);
    assert!(time >= due, "{time:?} rather than {due:?}");
}

#[tokio::test]
async fn datagrams_keep_their_bounds() {
    let output = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let output_port = output.local_addr().unwrap().port();
    let mut receiver =
        transmit(["srt://127.0.0.1:0?mode=listener", &format!("udp://127.0.0.1:{output_port}")]);
    let srt_port = port(&receiver.says("source: listening on").await);
    let mut sender = transmit(["udp://127.0.0.1:0", &format!("srt://127.0.0.1:{srt_port}")]);
    let input_port = port(&sender.says("source: listening on").await);
    sender.says("target: connected").await;

    let input = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    input.connect(("127.0.0.1", input_port)).await.unwrap();
    let mut buffer = [0; 2048];
    for size in [1, 188, PAYLOAD, 1456] {
        let datagram = noise(size);
        // Says nothing, and is not the end.
        input.send(&[]).await.unwrap();
        input.send(&datagram).await.unwrap();
        let received = within_deadline("a datagram", output.recv(&mut buffer)).await;
        assert!(buffer[..received.unwrap()] == datagram);
    }
    // One that is larger than a message is cut up.
    let datagram = noise(2 * PAYLOAD + 188);
    input.send(&datagram).await.unwrap();
    for piece in datagram.chunks(PAYLOAD) {
        let received = within_deadline("a datagram", output.recv(&mut buffer)).await;
        assert!(buffer[..received.unwrap()] == *piece);
    }
}

#[tokio::test]
async fn a_rendezvous_carries_a_file_in_file_mode() {
    let directory = directory();
    let (original, copy) = (directory.path().join("original"), directory.path().join("copy"));
    let data = noise(5_000_000);
    fs::write(&original, &data).await.unwrap();
    let (left, right) = (free_port(), free_port());
    let url = |remote, local| {
        format!(
            "srt://127.0.0.1:{remote}?mode=rendezvous&adapter=127.0.0.1&port={local}\
             &transtype=file&passphrase=correct-horse&pbkeylen=32"
        )
    };

    let mut receiver = transmit([&url(right, left), path(&copy)]);
    let mut sender = transmit([path(&original), &url(left, right)]);
    sender.succeeded().await;
    receiver.succeeded().await;
    assert!(fs::read(&copy).await.unwrap() == data);
}

/// For which a packet must not be as large as can be.
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

#[tokio::test]
async fn a_wrong_passphrase_is_named_but_not_shown() {
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener&passphrase=correct-horse", "-"]);
    let port = port(&receiver.says("source: listening on").await);
    let url = format!("srt://127.0.0.1:{port}?passphrase=");
    let refused = failed(["-", &format!("{url}battery-staple")]).await;
    assert!(refused.stderr.contains("wrong passphrase"), "{refused:?}");
    assert!(!refused.stderr.contains("battery"), "{refused:?}");

    // And the listener has not gone.
    let mut sender = transmit(["-", &format!("{url}correct-horse")]);
    sender.write(b"hello").await;
    sender.succeeded().await;
    assert_eq!(receiver.succeeded().await.stdout, b"hello");
}

#[tokio::test]
async fn what_is_wrong_with_an_url_is_named() {
    for (url, named) in [
        ("srt://127.0.0.1:9000?lateness=3", "lateness=3"),
        ("srt://127.0.0.1:9000?latency=soon", "latency=soon"),
        ("srt://127.0.0.1:9000?mode=host", "mode=host"),
        ("srt://127.0.0.1:9000?pbkeylen=20", "pbkeylen=20"),
        ("srt://127.0.0.1:9000?passphrase=secret", "passphrase"),
        ("srt://127.0.0.1:70000", "70000"),
        ("srt://127.0.0.1", "port"),
        ("srt://:9000?mode=caller", "host"),
        ("rtp://127.0.0.1:9000", "rtp"),
    ] {
        let ended = failed([url, "-"]).await;
        assert!(ended.stderr.contains(named), "{url}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_file_that_is_no_transport_stream_needs_a_rate() {
    let directory = directory();
    let original = directory.path().join("original");
    fs::write(&original, noise(PAYLOAD)).await.unwrap();
    let target = format!("udp://127.0.0.1:{}", free_port());
    let ended = failed([path(&original), &target]).await;
    assert!(ended.stderr.contains("--mbps"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_file_is_not_emptied_for_a_source_that_never_comes() {
    let directory = directory();
    let file = directory.path().join("precious");
    fs::write(&file, "precious").await.unwrap();
    let source = format!("srt://127.0.0.1:{}?conntimeo=300", free_port());
    let ended = failed([&source, path(&file)]).await;
    assert!(ended.stderr.contains("did not answer"), "{}", ended.stderr);
    assert_eq!(fs::read(&file).await.unwrap(), b"precious");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_receiver_keeps_what_it_has() {
    let directory = directory();
    let file = directory.path().join("received");
    let data = noise(10 * PAYLOAD);
    let mut receiver = transmit(["--json", "srt://127.0.0.1:0?mode=listener", path(&file)]);
    let listening = receiver.says("listening").await;
    let address = json(&listening)["address"].as_str().unwrap().to_owned();
    let stream = SrtStream::connect(address).await.unwrap();
    for message in data.chunks(PAYLOAD) {
        stream.send(message).await.unwrap();
    }

    let progress = receiver.says(&format!("\"bytes\":{}", data.len())).await;
    assert!(json(&progress)["source"]["rtt_ms"].is_number());
    receiver.signal("INT").await;
    let ended = receiver.succeeded().await;
    let summary = json(ended.stderr.lines().last().unwrap());
    assert_eq!(summary["event"], "summary");
    assert_eq!(summary["bytes"], data.len());
    assert!(fs::read(&file).await.unwrap() == data);
    let end = within_deadline("the end", stream.recv(&mut [0; PAYLOAD])).await;
    assert_eq!(end.unwrap(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_sender_delivers_what_it_has() {
    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let data = noise(10 * PAYLOAD);
    let mut sender = transmit(["-", &format!("srt://{address}")]);
    let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
    sender.write(&data).await;

    // Standard input stays open, and is being read.
    let mut received = Vec::new();
    while received.len() < data.len() {
        let message = stream.recv_buf(&mut received);
        assert!(within_deadline("a message", message).await.unwrap() > 0);
    }
    sender.signal("TERM").await;
    sender.succeeds().await;
    let end = within_deadline("the end", stream.recv_buf(&mut received)).await;
    assert_eq!(end.unwrap(), 0);
    assert!(received == data);
}

#[tokio::test]
async fn quiet_is_quiet() {
    let mut receiver = transmit(["--quiet", "-", "-"]);
    assert_eq!(receiver.succeeded().await.stderr, "");
}

fn transmit<const N: usize>(args: [&str; N]) -> Program {
    Program::example("transmit", args)
}

async fn failed<const N: usize>(args: [&str; N]) -> Ended {
    let ended = transmit(args).ended().await;
    assert!(!ended.status.success(), "{ended:?}");
    ended
}

/// The port at the end of a line.
fn port(line: &str) -> u16 {
    let (_, port) = line.rsplit_once(':').expect("an address with a port");
    port.parse().expect("a port")
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a line is an object")
}

/// Bytes without a pattern, always the same.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary directories have sane names")
}
