//! The programs whose dialects we write understand what we write.

use std::time::Duration;

use srt_tokio::{
    Bandwidth, Error, KeyLength, MaxBandwidth, PacketFilter, Passphrase, RejectReason,
    RetransmitAlgorithm, SrtListener, SrtOptions, SrtStream, SrtUri, StreamId, TransmissionMode,
    UriDialect,
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

/// What it sets on a connection it tells; what it has to set before, it does not connect without.
#[tokio::test]
async fn srt_live_transmit_takes_every_option() {
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let mut uri = with_options(SrtUri::caller("127.0.0.1", port).unwrap(), STREAM_ID);
    set_everything(uri.options_mut())
        .timestamp_delivery(true)
        .peer_idle_timeout(Duration::from_millis(4000))
        .packet_filter(PacketFilter::fec().columns(10))
        .retransmit_algorithm(RetransmitAlgorithm::Aggressive)
        .drift_tracer(false)
        .min_input_bandwidth(Bandwidth::from_bytes_per_second(125_000))
        .ipv6_only(false);
    let mut peer = srt_live_transmit(&uri);
    let stream = was_understood(&listener).await;
    assert_eq!(stream.encryption().unwrap().key_length, Some(KeyLength::Aes256));
    let agreed = stream.packet_filter().unwrap().unwrap();
    assert!(agreed.as_str().contains("cols:10"), "{agreed}");
    for set in [
        "maxbw=0",
        "inputbw=250000",
        "mininputbw=125000",
        "oheadbw=30",
        "snddropdelay=1500",
        "drifttracer=0",
        "lossmaxttl=40",
    ] {
        peer.says(&format!("NOTE: SRT/post::{set}")).await;
    }
}

#[tokio::test]
async fn srt_live_transmit_reads_the_version_that_we_write() {
    let port = free_port();
    let mut uri = with_options(SrtUri::listener(Some("127.0.0.1"), port).unwrap(), "");
    uri.options_mut().min_peer_version((2, 0, 0));
    let _peer = srt_live_transmit(&uri);
    assert_eq!(try_to_call(port).await.unwrap_err(), Error::Rejected(RejectReason::Version));
}

/// It sends nothing unless it could set them all.
#[tokio::test]
async fn ffmpeg_takes_every_option() {
    let listener = listen().await;
    let port = listener.local_addr().unwrap().port();
    let mut uri = with_options(SrtUri::caller("127.0.0.1", port).unwrap(), STREAM_ID);
    set_everything(uri.options_mut());
    let _peer = ffmpeg(&uri);
    let stream = was_understood(&listener).await;
    assert_eq!(stream.encryption().unwrap().key_length, Some(KeyLength::Aes256));
    let received = within_deadline("data", stream.recv(&mut [0; 1316])).await.unwrap();
    assert!(received > 0);
}

#[tokio::test]
async fn ffmpeg_reads_the_version_that_we_write() {
    let port = free_port();
    let mut uri = with_options(SrtUri::listener(Some("127.0.0.1"), port).unwrap(), "");
    uri.options_mut().min_peer_version((2, 0, 0));
    let _peer = ffmpeg(&uri);
    assert_eq!(try_to_call(port).await.unwrap_err(), Error::Rejected(RejectReason::Version));
}

/// Whatever both dialects have and programs do not overlook.
fn set_everything(options: &mut SrtOptions) -> &mut SrtOptions {
    options
        .too_late_drop(true)
        .receive_latency(LATENCY)
        .peer_latency(LATENCY)
        .key_length(KeyLength::Aes256)
        .enforced_encryption(true)
        .key_refresh_rate(1024)
        .key_pre_announce(100)
        .min_peer_version((1, 3, 0))
        .connect_timeout(Duration::from_secs(20))
        .max_segment_size(1500)
        .flow_window(10_000)
        .send_buffer_size(1_000_000)
        .receive_buffer_size(1_000_000)
        .nak_reports(true)
        .max_reorder_tolerance(40)
        .send_drop_delay(Duration::from_millis(1500))
        .max_bandwidth(MaxBandwidth::FollowInput)
        .input_bandwidth(Bandwidth::from_bytes_per_second(250_000))
        .overhead_bandwidth(30)
        .ip_ttl(9)
        .ip_tos(0xb8)
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
    let target = uri.to_string_in(UriDialect::LiveTransmit).unwrap();
    let source = format!("udp://127.0.0.1:{}", free_port());
    Program::start("srt-live-transmit", ["-v", "-autoreconnect:no", &source, &target])
}

fn ffmpeg(uri: &SrtUri) -> Program {
    test_picture(&["-re"], 3, &uri.to_string_in(UriDialect::FFmpeg).unwrap())
}

async fn listen() -> SrtListener {
    let mut listener = SrtListener::builder();
    listener.passphrase(Passphrase::new(SECRET).unwrap()).allow_peer_filter(true);
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
    try_to_call(port).await.unwrap()
}

/// Calls until somebody answers.
async fn try_to_call(port: u16) -> Result<SrtStream, Error> {
    let mut caller = SrtStream::builder();
    caller.passphrase(Passphrase::new(SECRET).unwrap());
    within_deadline("connect", async {
        loop {
            match caller.connect(("127.0.0.1", port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => match Error::from_io(&error) {
                    Some(Error::ConnectTimedOut) => {}
                    error => return Err(error.unwrap().clone()),
                },
            }
        }
    })
    .await
}
