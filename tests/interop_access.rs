//! The listener's decision with real programs as callers, and the example `access_control`.

use srt_tokio::{
    ConnectionOptions, Credentials, Decision, Error, KeyLength, ListenerEvent, Passphrase,
    RejectReason, SrtListener, SrtStream, StreamId,
};
use support::programs::{Program, free_port, test_picture, within_deadline};
use tokio::fs;

const SECRET: &str = "correct-horse";
const OTHER_SECRET: &str = "battery-staple";

/// A listener with a passphrase for each stream.
async fn listener() -> (SrtListener, String) {
    let credentials = Credentials::new();
    credentials.replace([
        ("#!::r=live/cam1,m=publish", Passphrase::new(SECRET).unwrap()),
        ("#!::r=live/cam2,m=publish", Passphrase::new(OTHER_SECRET).unwrap()),
    ]);
    let listener = SrtListener::builder()
        .on_request(move |request| match request.stream_id().as_str() {
            Some("plain") => Decision::accept_with(ConnectionOptions::new().payload_size(1456)),
            _ => credentials.decide(request.stream_id().as_bytes()),
        })
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let url = format!("srt://{}?mode=caller", listener.local_addr().unwrap());
    (listener, url)
}

async fn received(stream: &SrtStream) -> usize {
    within_deadline("the end of the stream", async {
        let (mut buffer, mut total) = ([0; 1456], 0);
        loop {
            match stream.recv(&mut buffer).await.unwrap() {
                0 => return total,
                received => total += received,
            }
        }
    })
    .await
}

#[tokio::test]
async fn ffmpeg_is_let_in_with_the_passphrase_of_its_stream() {
    let (listener, url) = listener().await;
    for (stream, secret) in [("cam1", SECRET), ("cam2", OTHER_SECRET)] {
        let id = format!("#!::r=live/{stream},m=publish");
        let url = format!("{url}&streamid={id}&passphrase={secret}&linger=2");
        let mut ffmpeg = test_picture(&["-re"], 1, &url);
        let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
        assert_eq!(stream.stream_id().as_str(), Some(&*id));
        assert!(received(&stream).await > 10_000);
        ffmpeg.succeeded().await;
    }
}

#[tokio::test]
async fn ffmpeg_is_kept_out_and_the_listener_hears_of_it() {
    let (listener, url) = listener().await;
    let mut events = listener.events();
    for (id, secret) in
        [("#!::r=live/cam3,m=publish", SECRET), ("#!::r=live/cam1,m=publish", OTHER_SECRET)]
    {
        let url = format!("{url}&streamid={id}&passphrase={secret}");
        let ended = test_picture(&["-re"], 1, &url);
        let call = async {
            let ended = { ended }.ended().await;
            assert!(!ended.status.success(), "{ended:?}");
        };
        let watch = async {
            let next = events.recv().await.unwrap();
            let ListenerEvent::Requested(request) = next else { panic!("{next:?}") };
            assert_eq!(request.stream_id().as_str(), Some(id));
            match events.recv().await.unwrap() {
                ListenerEvent::Rejected { reason, .. } if id.contains("cam3") => {
                    assert_eq!(reason, RejectReason::UNAUTHORIZED);
                }
                ListenerEvent::Failed(_) if id.contains("cam1") => {}
                other => panic!("{other:?}"),
            }
        };
        tokio::select! {
            accepted = listener.accept() => panic!("{accepted:?}"),
            _ = within_deadline("ffmpeg to be kept out", async { tokio::join!(call, watch) }) => {}
        }
    }
}

#[tokio::test]
async fn srt_live_transmit_is_let_in_or_told_why_not() {
    let (listener, url) = listener().await;
    let source = || format!("udp://127.0.0.1:{}", free_port());
    let start =
        |url: &str| Program::start("srt-live-transmit", ["-autoreconnect:no", &source(), url]);
    // It has no more to say of any code of 1000 or more.
    let mut peer = start(&format!("{url}&streamid=nobody"));
    peer.says("Application-defined rejection reason").await;
    drop(peer);

    let mut peer = start(&format!("{url}&streamid=plain"));
    let (stream, _) = within_deadline("accept", listener.accept()).await.unwrap();
    assert_eq!(stream.stream_id().as_str(), Some("plain"));
    peer.says("SRT target connected").await;
}

#[tokio::test]
async fn the_example_goes_by_a_file_that_changes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("passphrases");
    fs::write(&file, format!("studio {SECRET}\n\n")).await.unwrap();
    let args = [file.to_str().unwrap(), "--listen", "127.0.0.1:0", "--max-per-ip", "1"];
    let mut server = Program::example("access_control", args);
    let said = server.says("listening on").await;
    let address = said.rsplit(' ').next().unwrap().to_owned();

    let call = async |id: &str, secret: &str| {
        let mut caller = SrtStream::builder();
        caller
            .stream_id(StreamId::new(id).unwrap())
            .passphrase(Passphrase::new(secret).unwrap())
            .key_length(KeyLength::Aes256);
        within_deadline("connect", caller.connect(&address)).await
    };
    let rejected = |call: std::io::Result<SrtStream>| match Error::from_io(&call.unwrap_err()) {
        Some(Error::Rejected(reason)) => *reason,
        other => panic!("{other:?}"),
    };
    let stream = call("studio/cam1", SECRET).await.unwrap();
    server.says("studio/cam1 begins").await;
    stream.send(b"hello").await.unwrap();
    assert_eq!(rejected(call("studio/cam2", SECRET).await), RejectReason::OVERLOAD);
    stream.close().await.unwrap();
    server.says("studio/cam1 is over, 5 bytes").await;

    // It says so a moment before it lets go of the stream, which is one of one.
    let told = async {
        loop {
            match rejected(call("studio", SECRET).await) {
                RejectReason::OVERLOAD => {}
                told => break told,
            }
        }
    };
    assert_eq!(within_deadline("a place", told).await, RejectReason::BAD_REQUEST);
    assert_eq!(rejected(call("studio/cam1", OTHER_SECRET).await), RejectReason::BadSecret);
    server.says("studio/cam1 did not get through").await;
    assert_eq!(rejected(call("stadium/cam1", OTHER_SECRET).await), RejectReason::UNAUTHORIZED);
    server.says("stadium/cam1 rejected, unauthorized").await;

    // What is no such file is not taken over.
    fs::write(&file, "stadium short\n").await.unwrap();
    server.says("going on with the old passphrases: line 1").await;
    assert_eq!(rejected(call("stadium/cam1", OTHER_SECRET).await), RejectReason::UNAUTHORIZED);
    fs::write(&file, format!("stadium {OTHER_SECRET}\n")).await.unwrap();
    let stream = within_deadline("the new passphrases", async {
        loop {
            match call("stadium/cam1", OTHER_SECRET).await {
                Ok(stream) => break stream,
                // A repeated request of a caller that was rejected may come after the file, and takes
                // the place until it turns out that nobody is there.
                refused => match rejected(refused) {
                    RejectReason::UNAUTHORIZED | RejectReason::OVERLOAD => {}
                    other => panic!("{other}"),
                },
            }
        }
    });
    drop(stream.await);
    server.says("stadium/cam1 is over").await;
}
