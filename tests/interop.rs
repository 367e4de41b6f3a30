//! Real programs as peers: ffmpeg, and libsrt's own srt-live-transmit.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::FutureExt;
use srt_tokio::{
    Error, KeyLength, Passphrase, RejectReason, SrtListener, SrtOptions, SrtSocket, SrtStream,
};
use support::programs::{PICTURE_RATE, Program, free_port, test_picture, within_deadline};
use tokio::fs;
use tokio::net::UdpSocket;
use tokio::time::interval;

const SECRET: &str = "correct-horse";
const WRONG_SECRET: &str = "battery-staple";

/// The largest message of live mode.
const MAX_MESSAGE: usize = 1456;

/// What srt-live-transmit does to connect.
#[derive(Clone, Copy)]
enum Role {
    Caller,
    Listener,
    Rendezvous,
}

/// Where data goes, between us and srt-live-transmit.
#[derive(Clone, Copy)]
enum Direction {
    ToUs,
    FromUs,
}

#[tokio::test]
async fn srt_live_transmit_calls_us_and_sends() {
    carries_every_byte(Role::Caller, Direction::ToUs).await;
}

#[tokio::test]
async fn srt_live_transmit_calls_us_and_receives() {
    carries_every_byte(Role::Caller, Direction::FromUs).await;
}

#[tokio::test]
async fn we_call_srt_live_transmit_and_receive() {
    carries_every_byte(Role::Listener, Direction::ToUs).await;
}

#[tokio::test]
async fn we_call_srt_live_transmit_and_send() {
    carries_every_byte(Role::Listener, Direction::FromUs).await;
}

#[tokio::test]
async fn we_meet_srt_live_transmit_and_receive() {
    carries_every_byte(Role::Rendezvous, Direction::ToUs).await;
}

#[tokio::test]
async fn we_meet_srt_live_transmit_and_send() {
    carries_every_byte(Role::Rendezvous, Direction::FromUs).await;
}

#[tokio::test]
async fn srt_live_transmit_refuses_us_without_the_passphrase() {
    let port = free_port();
    let url = format!("srt://127.0.0.1:{port}?mode=listener&passphrase={SECRET}");
    let mut peer = srt_live_transmit(&url, "udp://127.0.0.1:9999");

    let rejected = call(port, Some(WRONG_SECRET)).await.unwrap_err();
    assert_eq!(reason(&rejected), Some(RejectReason::BadSecret));
    assert_eq!(rejected.kind(), io::ErrorKind::ConnectionRefused);

    let rejected = call(port, None).await.unwrap_err();
    assert_eq!(reason(&rejected), Some(RejectReason::Unsecure));

    let stream = call(port, Some(SECRET)).await.unwrap();
    peer.says("Accepted SRT source connection").await;
    stream.close().await.unwrap();
    peer.succeeded().await;
}

#[tokio::test]
async fn we_refuse_srt_live_transmit_without_the_passphrase() {
    let listener = listener(Some(SECRET)).await;
    let port = listener.local_addr().unwrap().port();
    let mut accept = pin!(listener.accept());

    let wrong = format!("&passphrase={WRONG_SECRET}");
    for (secret, told) in [(&*wrong, "Incorrect passphrase"), ("", "Password required")] {
        let url = format!("srt://127.0.0.1:{port}?mode=caller{secret}");
        let source = format!("udp://127.0.0.1:{}", free_port());
        let mut peer = srt_live_transmit(&source, &url);
        // It does not always notice that its connection failed, but its libsrt logs why.
        peer.says(told).await;
        assert!(accept.as_mut().now_or_never().is_none());
    }

    let (ours, accepted) =
        tokio::join!(call(port, Some(SECRET)), within_deadline("accept", accept));
    let (_, peer) = accepted.unwrap();
    assert_eq!(peer, ours.unwrap().local_addr().unwrap());
}

#[tokio::test]
async fn ffmpeg_calls_us_and_what_arrives_decodes() {
    const STREAM_ID: &str = "#!::r=live/cam1,m=publish";
    let directory = tempfile::tempdir().unwrap();
    let listener = listener(Some(SECRET)).await;
    let address = listener.local_addr().unwrap();
    let url = format!("srt://{address}?mode=caller&passphrase={SECRET}&pbkeylen=32");
    // Without lingering, ffmpeg's libsrt drops what it has not sent yet when ffmpeg is through.
    let url = format!("{url}&streamid={STREAM_ID}&linger=2");
    // In real time, as a live source has it.
    let mut ffmpeg = test_picture(&["-re"], 3, &url);

    let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
    assert_eq!(stream.stream_id().as_str(), Some(STREAM_ID));
    let received = within_deadline("the end of the stream", async {
        let mut received = Vec::new();
        while stream.recv_buf(&mut received).await.unwrap() > 0 {}
        received
    });
    let file = directory.path().join("received.ts");
    fs::write(&file, received.await).await.unwrap();
    ffmpeg.succeeded().await;
    assert_eq!(pictures_in(&file).await, 3 * PICTURE_RATE);
}

#[tokio::test]
async fn we_call_ffmpeg_and_what_arrives_decodes() {
    let directory = tempfile::tempdir().unwrap();
    let original = directory.path().join("original.ts");
    let seconds = 6;
    test_picture(&[], seconds, path(&original)).succeeded().await;
    let original = fs::read(original).await.unwrap();

    let port = free_port();
    let url = format!("srt://127.0.0.1:{port}?mode=listener");
    let file = directory.path().join("received.ts");
    // It shall stop on its own, well before the end: when we close the connection, it forgets what
    // its libsrt has not delivered yet.
    let args = ["-v", "error", "-i", &url, "-c", "copy", "-t", "2"];
    let mut ffmpeg = Program::start("ffmpeg", args.into_iter().chain([path(&file)]));

    let stream = call(port, None).await.unwrap();
    let mut ticks = interval(Duration::from_millis(2));
    for message in original.chunks(1316) {
        ticks.tick().await;
        if let Err(error) = stream.send(message).await {
            assert_eq!(Error::from_io(&error), Some(&Error::ConnectionLost));
            break;
        }
    }
    let ended = within_deadline("ffmpeg to close", stream.recv(&mut [0; MAX_MESSAGE])).await;
    assert_eq!(ended.unwrap(), 0);
    ffmpeg.succeeded().await;
    let pictures = pictures_in(&file).await;
    assert!((2 * PICTURE_RATE - 5..=2 * PICTURE_RATE + 5).contains(&pictures), "{pictures}");
}

/// Sends messages of all sizes, without and with encryption.
async fn carries_every_byte(role: Role, direction: Direction) {
    for passphrase in [None, Some(SECRET)] {
        let mut link = Link::open(role, direction, passphrase).await;
        // The buffer of a UDP socket must hold what is on its way.
        for messages in messages(200).chunks(20) {
            for message in messages {
                link.send(message).await;
            }
            for message in messages {
                let received = within_deadline("a message", link.recv()).await;
                assert!(received == *message, "not the message that was sent");
            }
        }
        link.stream.close().await.unwrap();
        link.peer.succeeded().await;
    }
}

/// A connection with srt-live-transmit, and the UDP socket on its other side.
struct Link {
    stream: SrtStream,
    peer: Program,
    udp: UdpSocket,
    direction: Direction,
}

impl Link {
    async fn open(role: Role, direction: Direction, passphrase: Option<&str>) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let udp_port = match direction {
            Direction::ToUs => {
                let port = free_port();
                udp.connect(("127.0.0.1", port)).await.unwrap();
                port
            }
            Direction::FromUs => udp.local_addr().unwrap().port(),
        };
        let udp_url = format!("udp://127.0.0.1:{udp_port}");
        let start = |mut srt_url: String| {
            if let Some(passphrase) = passphrase {
                srt_url = format!("{srt_url}&passphrase={passphrase}&pbkeylen=24");
            }
            match direction {
                Direction::ToUs => srt_live_transmit(&udp_url, &srt_url),
                Direction::FromUs => srt_live_transmit(&srt_url, &udp_url),
            }
        };

        let (stream, mut peer) = match role {
            Role::Caller => {
                let listener = listener(passphrase).await;
                let port = listener.local_addr().unwrap().port();
                let peer = start(format!("srt://127.0.0.1:{port}?mode=caller"));
                let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
                (stream, peer)
            }
            Role::Listener => {
                let port = free_port();
                let peer = start(format!("srt://127.0.0.1:{port}?mode=listener"));
                (call(port, passphrase).await.unwrap(), peer)
            }
            Role::Rendezvous => {
                let socket = SrtSocket::new(&options(passphrase)).unwrap();
                socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
                let ours = socket.local_addr().unwrap().port();
                let theirs = free_port();
                let peer = start(format!(
                    "srt://127.0.0.1:{ours}?mode=rendezvous&adapter=127.0.0.1&port={theirs}"
                ));
                let meeting = socket.rendezvous(([127, 0, 0, 1], theirs).into());
                let stream = within_deadline("rendezvous", meeting).await.unwrap();
                (stream, peer)
            }
        };
        // As long as it has no target, it throws away what it gets.
        if let Direction::ToUs = direction {
            peer.says(match role {
                Role::Listener => "Accepted SRT target connection",
                Role::Caller | Role::Rendezvous => "SRT target connected",
            })
            .await;
        }
        Self { stream, peer, udp, direction }
    }

    async fn send(&self, message: &[u8]) {
        let sent = match self.direction {
            Direction::ToUs => self.udp.send(message).await,
            Direction::FromUs => self.stream.send(message).await,
        };
        assert_eq!(sent.unwrap(), message.len());
    }

    async fn recv(&self) -> Vec<u8> {
        let mut buffer = vec![0; 2 * MAX_MESSAGE];
        let received = match self.direction {
            Direction::ToUs => self.stream.recv(&mut buffer).await,
            Direction::FromUs => self.udp.recv(&mut buffer).await,
        };
        buffer.truncate(received.unwrap());
        buffer
    }
}

/// It ends when the connection does.
fn srt_live_transmit(source: &str, target: &str) -> Program {
    Program::start("srt-live-transmit", ["-autoreconnect:no", source, target])
}

/// Counts the pictures. There must be nothing wrong with any of them, or with the sound.
async fn pictures_in(file: &Path) -> usize {
    let decode = ["-v", "error", "-i", path(file), "-f", "null", "-"];
    let decoded = Program::start("ffmpeg", decode).succeeded().await;
    assert_eq!(decoded.stderr, "", "ffmpeg");

    let count = ["-v", "error", "-count_frames", "-select_streams", "v"];
    let show = ["-show_entries", "stream=nb_read_frames", "-of", "json", path(file)];
    let probed = Program::start("ffprobe", [&count[..], &show].concat());
    let probed = { probed }.succeeded().await;
    assert_eq!(probed.stderr, "", "ffprobe");
    let found: serde_json::Value = serde_json::from_slice(&probed.stdout).unwrap();
    let pictures = found["streams"][0]["nb_read_frames"].as_str().unwrap();
    pictures.parse().unwrap()
}

async fn listener(passphrase: Option<&str>) -> SrtListener {
    let mut listener = SrtListener::builder();
    listener.options(&options(passphrase));
    listener.bind("127.0.0.1:0").await.unwrap()
}

/// Calls until somebody listens.
async fn call(port: u16, passphrase: Option<&str>) -> io::Result<SrtStream> {
    let mut caller = SrtStream::builder();
    caller.options(&options(passphrase));
    within_deadline("connect", async {
        loop {
            match caller.connect(("127.0.0.1", port)).await {
                Err(error) if Error::from_io(&error) == Some(&Error::ConnectTimedOut) => {}
                connected => return connected,
            }
        }
    })
    .await
}

fn options(passphrase: Option<&str>) -> SrtOptions {
    let mut options = SrtOptions::new();
    options.payload_size(MAX_MESSAGE);
    if let Some(passphrase) = passphrase {
        options.passphrase(Passphrase::new(passphrase).unwrap()).key_length(KeyLength::Aes192);
    }
    options
}

fn reason(error: &io::Error) -> Option<RejectReason> {
    match Error::from_io(error) {
        Some(Error::Rejected(reason)) => Some(*reason),
        _ => None,
    }
}

/// Messages of sizes from one byte to the greatest, no two of which are the same.
fn messages(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|index| {
            let size = 1 + index * (MAX_MESSAGE - 1) / (count - 1);
            (0..size).map(|byte| (byte * 7 + index) as u8).collect()
        })
        .collect()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary directories have sane names")
}
