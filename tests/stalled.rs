//! Live streams whose reader has stopped: the sender goes on with what is new.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::time::Duration;

use futures::SinkExt;
use srt_tokio::{Error, SendOptions, SrtOptions, SrtStream};
use support::pair::{pair_with, within};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

const MESSAGE: [u8; 1316] = [1; 1316];

/// Little room on both sides. What is too late by more than a second makes room for what is new. The
/// peer has more of it than is dropped at once, as libsrt breaks the connection at a greater gap.
fn options() -> SrtOptions {
    let mut options = SrtOptions::new();
    options.flow_window(256).receive_buffer_size(256 * 1456).send_buffer_size(32 * 1456);
    options
}

/// Sends in the way of `send`, which sends one message, until old ones have had to make room. Then
/// the reader comes back.
async fn outlasts_its_reader(send: impl AsyncFn(&mut SrtStream)) {
    let (mut writer, reader) = pair_with(&options()).await;
    within(async {
        while writer.stats().unwrap().packets_send_dropped == 0 {
            send(&mut writer).await;
        }
    })
    .await;
    let dropped = writer.stats().unwrap();
    assert!(dropped.bytes_send_dropped > dropped.packets_send_dropped * 1316);

    let go_on = async {
        let mut interval = tokio::time::interval(Duration::from_millis(5));
        loop {
            interval.tick().await;
            writer.send(b"new").await.unwrap();
        }
    };
    let read = async {
        let mut buffer = [0; 1456];
        while reader.recv(&mut buffer).await.unwrap() != 3 {}
    };
    within(async {
        tokio::select! {
            () = go_on => unreachable!(),
            () = read => {}
        }
    })
    .await;
}

#[tokio::test]
async fn sends_outlast_their_reader() {
    let options = SendOptions::new();
    tokio::join!(
        outlasts_its_reader(async |writer| assert_eq!(writer.send(&MESSAGE).await.unwrap(), 1316)),
        outlasts_its_reader(async |writer| {
            writer.send_msg(&MESSAGE, &options).await.unwrap();
        }),
        outlasts_its_reader(async |writer| {
            let (header, payload) = MESSAGE.split_at(12);
            writer.send_vectored(&[IoSlice::new(header), IoSlice::new(payload)]).await.unwrap();
        }),
        outlasts_its_reader(async |writer| {
            poll_fn(|cx| writer.poll_send(cx, &MESSAGE)).await.unwrap();
        }),
    );
}

#[tokio::test]
async fn writes_and_sinks_outlast_their_reader() {
    tokio::join!(
        outlasts_its_reader(async |writer| writer.write_all(&MESSAGE).await.unwrap()),
        outlasts_its_reader(async |writer| {
            let (header, payload) = MESSAGE.split_at(12);
            let pieces = [IoSlice::new(header), IoSlice::new(payload)];
            assert_eq!(writer.write_vectored(&pieces).await.unwrap(), 1316);
        }),
        outlasts_its_reader(async |writer| {
            writer.messages().send(MESSAGE.to_vec().into()).await.unwrap();
        }),
    );
}

/// Those that wait first and try then.
#[tokio::test]
async fn waits_for_room_outlast_their_reader() {
    let sent = |writer: &SrtStream| match writer.try_send(&MESSAGE) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            false
        }
    };
    tokio::join!(
        outlasts_its_reader(async |writer| loop {
            writer.writable().await.unwrap();
            if sent(writer) {
                break;
            }
        }),
        outlasts_its_reader(async |writer| loop {
            poll_fn(|cx| writer.poll_send_ready(cx)).await.unwrap();
            if sent(writer) {
                break;
            }
        }),
    );
}

/// Nothing is dropped while nobody sends, so that what the peer has no room for is never acknowledged.
async fn gets_nowhere(flush: impl AsyncFn(&mut SrtStream) -> io::Result<()>) {
    let mut options = options();
    options.peer_idle_timeout(Duration::from_secs(2));
    let (mut writer, _reader) = pair_with(&options).await;
    // As long as there is room.
    let mut sent = 0;
    while timeout(Duration::from_millis(300), writer.send(&MESSAGE)).await.is_ok() {
        sent += 1;
    }
    let error = within(flush(&mut writer)).await.unwrap_err();
    let Some(&Error::FlushTimedOut { unacknowledged }) = Error::from_io(&error) else {
        panic!("{error:?}");
    };
    assert!((1..sent).contains(&unacknowledged), "{unacknowledged} of {sent}");
}

#[tokio::test]
async fn flushes_that_get_nowhere_end() {
    tokio::join!(
        gets_nowhere(async |writer| writer.acknowledged().await),
        gets_nowhere(async |writer| writer.shutdown().await),
        gets_nowhere(async |writer| SinkExt::close(&mut writer.messages()).await),
        gets_nowhere(async |writer| writer.close().await),
    );
}
