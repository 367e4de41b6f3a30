//! The example `transmit`, as a user runs it.

use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use serde_json::Value;
use srt_tokio::{Error, RejectReason, SrtListener, SrtStream, TransmissionMode};
use support::programs::{Program, free_port, test_picture, within_deadline};
use support::proxy::Proxy;
use support::transmit::{
    Feeder, Output, PAYLOAD, datagrams_to, failed, noise, port, srt_live_transmit, transmit,
};
use tempfile::TempDir;
use tokio::fs;
use tokio::net::UdpSocket;
use tokio::time::interval;

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

/// Its source is silent, so it has nothing to send that could fail.
#[cfg(unix)]
#[tokio::test]
async fn a_sender_notices_that_its_receiver_is_gone() {
    let srt_port = free_port();
    let url = format!("srt://127.0.0.1:{srt_port}");
    let mut peer = srt_live_transmit([&format!("{url}?mode=listener"), "file://con"]);
    let mut sender = transmit(["-", &format!("{url}?conntimeo=20000")]);
    sender.says("target: connected").await;
    peer.says("Accepted SRT source connection").await;
    peer.signal("INT").await;
    let ended = sender.ends().await;
    assert!(!ended.status.success(), "{ended:?}");
    // Why, cannot always be told.
    assert!(ended.stderr.contains("transmit: target srt://"), "{ended:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_receiver_notices_that_nobody_reads_from_its_pipe() {
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", "-"]);
    let port = port(&receiver.says("source: listening on").await);
    let peer = Feeder::to(&format!("srt://127.0.0.1:{port}"), PAYLOAD).await;
    peer.send(b"hello").await;
    receiver.writes(5).await;
    receiver.stop_reading().await;
    let ended = receiver.ends().await;
    assert!(!ended.status.success(), "{ended:?}");
    assert!(ended.stderr.contains("nobody reads"), "{ended:?}");
}

#[tokio::test]
async fn nothing_is_held_back_on_standard_output() {
    const MESSAGES: [&[u8]; 3] = [b"one\ntwo", b"three", b"\n"];
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", "-"]);
    let port = port(&receiver.says("source: listening on").await);
    let peer = Feeder::to(&format!("srt://127.0.0.1:{port}"), PAYLOAD).await;
    let mut sent = Vec::new();
    for message in MESSAGES {
        peer.send(message).await;
        sent.extend_from_slice(message);
        assert_eq!(receiver.writes(sent.len()).await, sent);
    }
}

#[tokio::test]
async fn nothing_is_held_back_from_a_file() {
    let directory = directory();
    let file = directory.path().join("received");
    fs::write(&file, "").await.unwrap();
    let mut reader = Program::start("tail", ["-f", "-c", "+1", path(&file)]);
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", path(&file)]);
    let port = port(&receiver.says("source: listening on").await);
    let peer = Feeder::to(&format!("srt://127.0.0.1:{port}"), PAYLOAD).await;
    peer.send(b"hello").await;
    assert_eq!(reader.writes(5).await, b"hello");
}

/// libsrt's caller asks again if it has got no answer, and only a listener answers.
#[tokio::test]
async fn a_caller_that_has_not_heard_that_it_is_accepted_gets_in() {
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", "-"]);
    let listening = port(&receiver.says("source: listening on").await);
    let proxy = Proxy::to(([127, 0, 0, 1], listening).into()).await;
    proxy.lose_conclusions(2);
    let url = format!("srt://{}?conntimeo=20000", proxy.address());
    let peer = Feeder::to(&url, PAYLOAD).await;
    peer.send(b"hello").await;
    assert_eq!(receiver.writes(5).await, b"hello");

    let mut sender = transmit(["udp://127.0.0.1:0", "srt://127.0.0.1:0?mode=listener"]);
    let input = datagrams_to(port(&sender.says("source: listening on").await)).await;
    let listening = port(&sender.says("target: listening on").await);
    let proxy = Proxy::to(([127, 0, 0, 1], listening).into()).await;
    proxy.lose_conclusions(2);
    let url = format!("srt://{}?conntimeo=20000", proxy.address());
    let output = Output::open().await;
    let _peer = srt_live_transmit([&url, &output.url]);
    sender.says("target: connected").await;
    // What is sent before the caller has heard that it is accepted is lost on it.
    let mut ticks = interval(Duration::from_millis(50));
    let mut received = pin!(output.recv());
    loop {
        tokio::select! {
            received = &mut received => break assert_eq!(received, b"hello"),
            _ = ticks.tick() => assert_eq!(input.send(b"hello").await.unwrap(), 5),
        }
    }
}

#[tokio::test]
async fn a_listener_takes_one_caller() {
    let mut receiver = transmit(["srt://127.0.0.1:0?mode=listener", "-"]);
    let address = ("127.0.0.1", port(&receiver.says("source: listening on").await));
    let stream = SrtStream::connect(address).await.unwrap();
    receiver.says("source: connected").await;
    let error = SrtStream::connect(address).await.unwrap_err();
    let expected = Error::Rejected(RejectReason::OVERLOAD);
    assert_eq!(Error::from_io(&error), Some(&expected));
    stream.send(b"hello").await.unwrap();
    assert_eq!(receiver.writes(5).await, b"hello");
    stream.close().await.unwrap();
    receiver.succeeds().await;
}

/// In this mode the end looks like the loss of the connection.
#[cfg(unix)]
#[tokio::test]
async fn messages_in_file_mode_end_well_when_all_have_come() {
    let output = Output::open().await;
    let url = "srt://127.0.0.1:0?mode=listener&transtype=file&messageapi=1";
    let mut receiver = transmit([url, &output.url]);
    let listening = port(&receiver.says("source: listening on").await);
    let url = format!("srt://127.0.0.1:{listening}?transtype=file&messageapi=1");
    let mut peer = Feeder::to(&url, PAYLOAD).await;
    for size in [1, PAYLOAD] {
        peer.send(&noise(size)).await;
        assert!(output.recv().await == noise(size));
    }
    peer.close().await;
    receiver.succeeds().await;
}

/// Several times as large as what was once the buffer for them.
#[tokio::test]
async fn a_large_message_in_file_mode_arrives() {
    let url = "srt://127.0.0.1:0?mode=listener&transtype=file&messageapi=1";
    let mut receiver = transmit([url, "-"]);
    let listening = port(&receiver.says("source: listening on").await);
    let mut caller = SrtStream::builder();
    caller.transmission_mode(TransmissionMode::FileMessage);
    let stream = caller.connect(("127.0.0.1", listening)).await.unwrap();
    let message = noise(300_000);
    stream.send(&message).await.unwrap();
    assert!(receiver.writes(message.len()).await == message);
    stream.close().await.unwrap();
    receiver.succeeds().await;
}

#[tokio::test]
async fn quiet_is_quiet() {
    let mut receiver = transmit(["--quiet", "-", "-"]);
    assert_eq!(receiver.succeeded().await.stderr, "");
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a line is an object")
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary directories have sane names")
}
