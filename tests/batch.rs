//! Receiving many messages at once.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use srt_tokio::{Error, SrtOptions, SrtStream, TransmissionMode};
use support::pair::{pair, pair_in, pair_with, within};

async fn receive(stream: &SrtStream, count: usize, limit: usize) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while messages.len() < count {
        let before = messages.len();
        let received = within(stream.recv_many(&mut messages, limit)).await.unwrap();
        assert_eq!(messages.len(), before + received);
        assert!((1..=limit).contains(&received), "{received} of {limit}");
    }
    messages
}

#[tokio::test]
async fn a_batch_has_whole_messages_in_order() {
    let (caller, accepted) = pair().await;
    // More than one slab.
    let sent: Vec<Vec<u8>> = (0..300).map(|i| vec![i as u8; 1 + (i * 37) % 1316]).collect();
    for message in &sent {
        within(caller.send(message)).await.unwrap();
    }
    assert_eq!(receive(&accepted, sent.len(), 64).await, sent);
}

#[tokio::test]
async fn messages_stay_as_they_are_while_later_ones_arrive() {
    let (caller, accepted) = pair().await;
    let mut kept = Vec::new();
    for round in 0..5_u8 {
        for number in 0..100 {
            within(caller.send(&[round, number, 7])).await.unwrap();
        }
        // Every other one goes, so that memory is given back at the same time.
        let received = receive(&accepted, 100, 100).await;
        kept.extend(received.into_iter().step_by(2));
    }
    for (index, message) in kept.iter().enumerate() {
        assert_eq!(message[..], [(index / 50) as u8, (index % 50 * 2) as u8, 7]);
    }
}

#[tokio::test]
async fn no_more_than_the_limit_is_taken() {
    let (caller, accepted) = pair().await;
    for number in 0..10 {
        within(caller.send(&[number])).await.unwrap();
    }
    let mut messages = Vec::new();
    assert_eq!(within(accepted.recv_many(&mut messages, 0)).await.unwrap(), 0);
    assert_eq!(accepted.try_recv_many(&mut messages, 0).unwrap(), 0);
    assert_eq!(receive(&accepted, 10, 3).await.concat(), (0..10).collect::<Vec<u8>>());
    let error = accepted.try_recv_many(&mut messages, 3).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert!(messages.is_empty());
}

#[tokio::test]
async fn the_end_comes_after_the_last_message() {
    let (caller, accepted) = pair().await;
    for number in 0..50 {
        within(caller.send(&[number])).await.unwrap();
    }
    within(caller.close()).await.unwrap();
    assert_eq!(receive(&accepted, 50, 64).await.concat(), (0..50).collect::<Vec<u8>>());
    let mut messages = Vec::new();
    assert_eq!(within(accepted.recv_many(&mut messages, 64)).await.unwrap(), 0);
    assert_eq!(accepted.try_recv_many(&mut messages, 64).unwrap(), 0);
    within(accepted.close()).await.unwrap();
    let error = within(accepted.recv_many(&mut messages, 64)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
}

#[tokio::test]
async fn what_a_small_buffer_has_left_comes_first() {
    let (caller, accepted) = pair().await;
    within(caller.send(&[1; 500])).await.unwrap();
    within(caller.send(&[2; 500])).await.unwrap();
    within(accepted.recv(&mut [0; 10])).await.unwrap_err();
    let messages = receive(&accepted, 2, 8).await;
    assert_eq!(messages, [vec![1; 500], vec![2; 500]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_tasks_share_a_stream() {
    let (caller, accepted) = pair().await;
    let accepted = Arc::new(accepted);
    let take = async |stream: Arc<SrtStream>| {
        let mut bytes = Vec::new();
        let mut messages = Vec::new();
        while within(stream.recv_many(&mut messages, 5)).await.unwrap() > 0 {
            bytes.extend(messages.drain(..).flatten());
        }
        bytes
    };
    let poll = async |stream: Arc<SrtStream>| {
        let mut bytes = Vec::new();
        let mut messages = Vec::new();
        while within(poll_fn(|cx| stream.poll_recv_many(cx, &mut messages, 5))).await.unwrap() > 0 {
            bytes.extend(messages.drain(..).flatten());
        }
        bytes
    };
    let receivers = [
        tokio::spawn(take(accepted.clone())),
        tokio::spawn(take(accepted.clone())),
        tokio::spawn(poll(accepted)),
    ];
    for number in 0..200 {
        within(caller.send(&[number])).await.unwrap();
        tokio::task::yield_now().await;
    }
    within(caller.close()).await.unwrap();
    let mut received = Vec::new();
    for receiver in receivers {
        received.extend(within(receiver).await.unwrap());
    }
    received.sort_unstable();
    assert_eq!(received, (0..200).collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_byte_stream_is_received_in_pieces() {
    let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
    let sent: Vec<u8> = (0..3_000_000_u32).map(|i| (i ^ (i >> 9)) as u8).collect();
    let send = async {
        let mut rest = &sent[..];
        while !rest.is_empty() {
            rest = &rest[caller.send(rest).await.unwrap()..];
        }
        caller.close().await.unwrap();
    };
    let take = async {
        let mut received = Vec::new();
        let mut pieces = Vec::new();
        while accepted.recv_many(&mut pieces, 16).await.unwrap() > 0 {
            received.extend(pieces.drain(..).flatten());
        }
        received
    };
    let ((), received) = within(async { tokio::join!(send, take) }).await;
    assert!(received == sent, "{} of {} bytes, or different ones", received.len(), sent.len());
}

#[tokio::test]
async fn messages_of_many_packets_are_received_whole() {
    let options = SrtOptions::new().transmission_mode(TransmissionMode::FileMessage).clone();
    let (caller, accepted) = pair_with(&options).await;
    let sent: Vec<Vec<u8>> = (0..20).map(|i| vec![i; 1 + i as usize * 50_000]).collect();
    let send = async {
        for message in &sent {
            caller.send(message).await.unwrap();
        }
    };
    let take = receive(&accepted, sent.len(), 4);
    let ((), received) = within(async { tokio::join!(send, take) }).await;
    assert!(received == sent);
}
