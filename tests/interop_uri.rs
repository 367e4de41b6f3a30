//! The programs whose dialects we write understand what we write.

use std::time::Duration;

use srt_tokio::{
    Error, Passphrase, SrtListener, SrtStream, SrtUri, StreamId, TransmissionMode, UriDialect,
};
use support::programs::{Program, free_port, test_picture, within_deadline};

/// More than the default that we have, so that both sides use it.
const LATENCY: Duration = Duration::from_millis(321);

/// With what has a meaning in URIs, except for what programs decode only of late.
const SECRET: &str = "correct horse=#é?";
const STREAM_ID: &str = "#!::r=live/cam 1?a=b,m=publish";

#[tokio::test]
async fn srt_live_transmit_calls() {
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let uri = with_options(SrtUri::caller("127.0.0.1", port).unwrap(), STREAM_ID);
    let _peer = srt_live_transmit(&uri);
    was_understood(&listener).await;
}

#[tokio::test]
async fn srt_live_transmit_calls_from_where_it_is_told_to() {
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let mut uri = with_options(SrtUri::caller("127.0.0.1", port).unwrap(), STREAM_ID);
    uri.set_local(Some("127.0.0.1"), free_port()).unwrap();
    let _peer = srt_live_transmit(&uri);
    let stream = was_understood(&listener).await;
    assert_eq!(stream.peer_addr().unwrap().port(), uri.local_port());
}

#[tokio::test]
async fn srt_live_transmit_listens() {
    let port = free_port();
    let uri = SrtUri::listener(Some("127.0.0.1"), port).unwrap();
    let _peer = srt_live_transmit(&with_options(uri, ""));
    assert_eq!(call(port).await.latency(), LATENCY);
}

#[tokio::test]
async fn srt_live_transmit_meets_us() {
    let (ours, theirs) = (free_port(), free_port());
    let meet = |local, remote| {
        let mut uri = SrtUri::rendezvous("127.0.0.1", remote).unwrap();
        uri.set_local(Some("127.0.0.1"), local).unwrap();
        uri.options_mut().passphrase(Passphrase::new(SECRET).unwrap());
        uri
    };
    let _peer = srt_live_transmit(&with_options(meet(theirs, ours), ""));
    let stream = within_deadline("rendezvous", meet(ours, theirs).connect()).await.unwrap();
    assert_eq!(stream.latency(), LATENCY);
}

#[tokio::test]
async fn ffmpeg_calls() {
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let uri = SrtUri::caller("127.0.0.1", port).unwrap();
    let _peer = ffmpeg(&with_options(uri, STREAM_ID));
    was_understood(&listener).await;
}

#[tokio::test]
async fn ffmpeg_listens() {
    let port = free_port();
    let uri = SrtUri::listener(Some("127.0.0.1"), port).unwrap();
    let _peer = ffmpeg(&with_options(uri, ""));
    assert_eq!(call(port).await.latency(), LATENCY);
}

fn with_options(mut uri: SrtUri, stream_id: &str) -> SrtUri {
    let options = uri.options_mut();
    options
        .transmission_mode(TransmissionMode::Live)
        .latency(LATENCY)
        .passphrase(Passphrase::new(SECRET).unwrap())
        .payload_size(1316)
        .linger(Duration::from_secs(1));
    if !stream_id.is_empty() {
        options.stream_id(StreamId::new(stream_id).unwrap());
    }
    uri
}

/// It sends what never comes.
fn srt_live_transmit(uri: &SrtUri) -> Program {
    let target = uri.build(UriDialect::LiveTransmit).unwrap();
    let source = format!("udp://127.0.0.1:{}", free_port());
    Program::start("srt-live-transmit", ["-autoreconnect:no", &source, &target])
}

fn ffmpeg(uri: &SrtUri) -> Program {
    test_picture(&["-re"], 3, &uri.build(UriDialect::FFmpeg).unwrap())
}

async fn listen() -> SrtListener {
    let mut listener = SrtListener::builder();
    listener.passphrase(Passphrase::new(SECRET).unwrap());
    listener.bind("127.0.0.1:0").await.unwrap()
}

async fn was_understood(listener: &SrtListener) -> SrtStream {
    let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
    assert_eq!(stream.stream_id().as_str(), Some(STREAM_ID));
    assert_eq!(stream.latency(), LATENCY);
    stream
}

/// Calls until somebody listens.
async fn call(port: u16) -> SrtStream {
    let mut caller = SrtStream::builder();
    caller.passphrase(Passphrase::new(SECRET).unwrap());
    within_deadline("connect", async {
        loop {
            match caller.connect(("127.0.0.1", port)).await {
                Err(error) if Error::from_io(&error) == Some(&Error::ConnectTimedOut) => {}
                connected => return connected.unwrap(),
            }
        }
    })
    .await
}
