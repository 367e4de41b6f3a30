//! Messages as a `Stream` and a `Sink`, and streams under tokio-util's codecs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt, TryStreamExt, stream};
use srt_tokio::{Error, Messages, SrtOptions, SrtStream, TransmissionMode};
use support::pair::{pair, pair_in, pair_with, within};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

const MODES: [TransmissionMode; 3] =
    [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage];

fn numbered(count: u32) -> Vec<Bytes> {
    let size = |number: u32| 4 + (number as usize * 37) % 1300;
    let message = |number: u32| {
        let mut message = vec![number as u8; size(number)];
        message[..4].copy_from_slice(&number.to_be_bytes());
        Bytes::from(message)
    };
    (0..count).map(message).collect()
}

/// Patient enough for a machine with much to do.
fn live() -> SrtOptions {
    SrtOptions::new().latency(Duration::from_secs(1)).clone()
}

#[tokio::test]
async fn what_goes_into_the_sink_comes_out_of_the_stream() {
    for mode in [TransmissionMode::Live, TransmissionMode::FileMessage] {
        let (caller, accepted) = pair_with(live().transmission_mode(mode)).await;
        let sent = numbered(300);
        let mut sink = caller.messages();
        let mut received = accepted.messages();
        let send = async {
            for message in &sent {
                sink.send(message.clone()).await.unwrap();
            }
        };
        let receive = async {
            for message in &sent {
                assert_eq!(received.next().await.unwrap().unwrap(), message);
            }
        };
        within(async { tokio::join!(send, receive) }).await;
    }
}

#[tokio::test]
async fn a_live_stream_ends_after_the_last_message() {
    let (caller, accepted) = pair_with(&live()).await;
    let sent = numbered(100);
    let mut sink = caller.into_messages();
    let send = async {
        sink.send_all(&mut stream::iter(sent.clone()).map(Ok)).await.unwrap();
        sink.into_inner().close().await.unwrap();
    };
    let mut messages = accepted.messages();
    let receive = messages.by_ref().try_collect::<Vec<_>>();
    let ((), received) = within(async { tokio::join!(send, receive) }).await;
    assert_eq!(received.unwrap(), sent);
    assert!(within(messages.next()).await.is_none());
    // Nor does closing it turn that into an error, except for who comes afterwards.
    within(accepted.close()).await.unwrap();
    assert!(within(messages.next()).await.is_none());
    assert!(within(accepted.messages().next()).await.unwrap().is_err());
}

#[tokio::test]
async fn an_error_is_the_last_item() {
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let mut messages = accepted.messages();
    drop(caller);
    let error = within(messages.next()).await.unwrap().unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectionLost));
    assert!(within(messages.next()).await.is_none());
}

#[tokio::test]
async fn a_byte_stream_arrives_whole_whatever_the_pieces() {
    let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
    // Larger than the room that there is for it.
    let sent = Bytes::from((0..20_000_000_u32).map(|i| (i ^ (i >> 9)) as u8).collect::<Vec<_>>());
    let send = async {
        let mut sink = caller.into_messages();
        sink.send(sent.clone()).await.unwrap();
        sink.close().await.unwrap();
        sink.get_ref().close().await.unwrap();
    };
    let receive = async {
        let mut received = Vec::new();
        let mut messages = accepted.messages();
        while let Some(piece) = messages.next().await {
            received.extend_from_slice(&piece.unwrap());
        }
        received
    };
    let ((), received) = within(async { tokio::join!(send, receive) }).await;
    assert!(received == sent, "{} of {} bytes, or different ones", received.len(), sent.len());
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_and_the_sink_goes_on() {
    let (caller, accepted) = pair().await;
    let mut sink = caller.messages();
    let error = within(sink.send(Bytes::new())).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::EmptyMessage));
    let error = within(sink.send(Bytes::from_static(&[0; 1317]))).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::MessageTooLarge { len: 1317, max: 1316 }));
    within(sink.send(Bytes::from_static(b"good"))).await.unwrap();
    assert_eq!(within(accepted.messages().next()).await.unwrap().unwrap(), "good");
}

#[tokio::test]
async fn closing_the_sink_waits_until_the_peer_has_everything() {
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let mut sink = caller.messages();
    within(sink.feed(Bytes::from_static(b"fed, not flushed"))).await.unwrap();
    within(sink.close()).await.unwrap();
    let received = within(accepted.messages().next()).await.unwrap().unwrap();
    assert_eq!(received, "fed, not flushed");
    // The connection is still open.
    within(accepted.send(b"back")).await.unwrap();
    assert_eq!(within(caller.messages().next()).await.unwrap().unwrap(), "back");
}

#[tokio::test]
async fn dropping_the_messages_loses_none() {
    let (caller, accepted) = pair().await;
    let sent = numbered(50);
    for message in &sent {
        within(caller.send(message)).await.unwrap();
    }
    for message in &sent {
        let mut messages = accepted.messages();
        assert_eq!(within(messages.next()).await.unwrap().unwrap(), message);
    }
}

/// As [`dropping_the_messages_loses_none`], in the middle of waiting.
#[tokio::test]
async fn a_cancelled_next_takes_nothing() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_millis(20))).await;
    let mut messages = accepted.messages();
    for round in 0..50_u8 {
        let mut next = tokio_test::task::spawn(messages.next());
        if round % 2 == 0 {
            tokio_test::assert_pending!(next.poll());
        }
        within(caller.send(&[round])).await.unwrap();
        drop(next);
        assert_eq!(within(messages.next()).await.unwrap().unwrap(), [round][..]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_refers_to_a_stream_will_do() {
    let (caller, accepted) = pair().await;
    let (read, write) = caller.into_split();
    let echo = Arc::new(accepted);
    let echo = tokio::spawn(async move {
        let messages = Messages::new(echo.clone());
        messages.forward(Messages::new(echo)).await
    });
    let mut write = Messages::new(write);
    let mut read = Messages::new(read);
    for number in 0..20_u8 {
        within(write.send(Bytes::copy_from_slice(&[number]))).await.unwrap();
        assert_eq!(within(read.next()).await.unwrap().unwrap(), [number][..]);
    }
    within(read.get_ref().close()).await.unwrap();
    // It flushes at the end. libsrt may have forgotten by then whether the peer has everything.
    if let Err(error) = within(echo).await.unwrap() {
        let error = Error::from_io(&error);
        assert!(matches!(error, Some(Error::FlushInterrupted { .. })), "{error:?}");
    }
}

#[tokio::test]
async fn frames_of_a_codec_arrive_in_every_mode_and_both_directions() {
    for mode in MODES {
        let (caller, accepted) = pair_with(live().transmission_mode(mode)).await;
        let framed = |stream: SrtStream| Framed::new(stream, LengthDelimitedCodec::new());
        let (caller, accepted) = (framed(caller), framed(accepted));
        // Below, at and beyond the size of a packet.
        let frames: Vec<Bytes> = [1, 1000, 1312, 1316, 1456, 5000, 20_000]
            .into_iter()
            .cycle()
            .take(50)
            .enumerate()
            .map(|(index, size)| Bytes::from(vec![index as u8; size]))
            .collect();
        let talk = async |framed: Framed<SrtStream, LengthDelimitedCodec>| {
            let (mut sink, mut stream) = framed.split();
            let send = async {
                for frame in &frames {
                    sink.send(frame.clone()).await.unwrap();
                }
            };
            let receive = async {
                for frame in &frames {
                    assert_eq!(stream.next().await.unwrap().unwrap(), frame, "{mode:?}");
                }
            };
            tokio::join!(send, receive);
            sink.reunite(stream).unwrap()
        };
        within(async { tokio::join!(talk(caller), talk(accepted)) }).await;
    }
}

#[tokio::test]
async fn a_framed_stream_of_bytes_ends_when_the_peer_closes() {
    let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
    let mut sink = Framed::new(caller, LengthDelimitedCodec::new());
    let frames = Framed::new(accepted, LengthDelimitedCodec::new());
    within(sink.send(Bytes::from_static(b"one frame"))).await.unwrap();
    within(SinkExt::<Bytes>::close(&mut sink)).await.unwrap();
    within(sink.get_ref().close()).await.unwrap();
    let received: Vec<_> = within(frames.try_collect()).await.unwrap();
    assert_eq!(received, ["one frame"]);
}
