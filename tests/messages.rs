//! Sending and receiving messages.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use srt_tokio::{Error, SrtOptions, TransmissionMode};
use support::pair::{pair, pair_in, pair_with, within};
use tokio::io::{AsyncReadExt, ReadBuf};

#[tokio::test]
async fn messages_arrive_whole_and_in_order() {
    let (caller, accepted) = pair().await;
    let sent: Vec<Vec<u8>> = (0..200).map(|i| vec![i as u8; 1 + i * 6]).collect();
    for message in &sent {
        assert_eq!(within(caller.send(message)).await.unwrap(), message.len());
    }
    let mut buffer = [0; 1456];
    for message in &sent {
        let received = within(accepted.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], message);
    }
}

#[tokio::test]
async fn both_directions_work_at_the_same_time() {
    let (caller, accepted) = pair().await;
    let talk = async |stream: &srt_tokio::SrtStream, word: &[u8]| {
        let mut buffer = [0; 1456];
        for _ in 0..100 {
            stream.send(word).await.unwrap();
        }
        for _ in 0..100 {
            let received = stream.recv(&mut buffer).await.unwrap();
            assert_eq!(received, 4);
        }
    };
    within(async { tokio::join!(talk(&caller, b"ping"), talk(&accepted, b"pong")) }).await;
}

/// libsrt's CRcvBufferReadMsg.SmallReadBuffer.
#[tokio::test]
async fn a_message_too_large_for_the_buffer_is_kept() {
    let (caller, accepted) = pair().await;
    within(caller.send(&[7; 1000])).await.unwrap();
    within(caller.send(&[8; 10])).await.unwrap();

    let mut small = [0; 100];
    let error = within(accepted.recv(&mut small)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(Error::from_io(&error), Some(&Error::BufferTooSmall { len: 100, needed: 1000 }));
    let error = accepted.try_recv(&mut small).unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::BufferTooSmall { len: 100, needed: 1000 }));

    let mut large = [0; 1000];
    assert_eq!(within(accepted.recv(&mut large)).await.unwrap(), 1000);
    assert_eq!(large, [7; 1000]);
    assert_eq!(within(accepted.recv(&mut small)).await.unwrap(), 10);
    assert_eq!(small[..10], [8; 10]);
}

#[tokio::test]
async fn a_message_that_one_receiver_cannot_take_goes_to_another() {
    let (caller, accepted) = pair().await;
    let mut small = [0; 100];
    let mut large = [0; 1456];
    let small = async {
        let error = accepted.recv(&mut small).await.unwrap_err();
        assert_eq!(Error::from_io(&error), Some(&Error::BufferTooSmall { len: 100, needed: 1000 }));
    };
    let large = async { assert_eq!(accepted.recv(&mut large).await.unwrap(), 1000) };
    let send = async { caller.send(&[7; 1000]).await.unwrap() };
    // The small one waits first and is woken first.
    within(async { tokio::join!(biased; small, large, send) }).await;
}

#[tokio::test]
async fn the_greatest_message_is_the_one_that_libsrt_takes() {
    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileMessage)
        .receive_buffer_size(24_000_000)
        .clone();
    let (caller, accepted) = pair_with(&options).await;
    let max = caller.max_send_size();
    let error = within(caller.send(&vec![0; max + 1])).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::MessageTooLarge { len: max + 1, max }));
    let message = vec![3; max];
    let mut buffer = BytesMut::new();
    let (sent, received) =
        within(async { tokio::join!(caller.send(&message), accepted.recv_buf(&mut buffer)) }).await;
    assert_eq!((sent.unwrap(), received.unwrap()), (max, max));
}

#[tokio::test]
async fn a_buffer_that_can_grow_grows() {
    let (caller, accepted) = pair().await;
    within(caller.send(&[1; 1316])).await.unwrap();
    within(caller.send(&[2; 1316])).await.unwrap();
    let mut buffer = BytesMut::new();
    assert_eq!(within(accepted.recv_buf(&mut buffer)).await.unwrap(), 1316);
    assert_eq!(within(accepted.recv_buf(&mut buffer)).await.unwrap(), 1316);
    assert_eq!(buffer.len(), 2632);
    assert!(buffer[..1316].iter().all(|&byte| byte == 1));
    assert!(buffer[1316..].iter().all(|&byte| byte == 2));
}

#[tokio::test]
async fn an_empty_message_is_refused() {
    let (caller, _accepted) = pair().await;
    let error = within(caller.send(&[])).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::EmptyMessage));
}

#[tokio::test]
async fn a_message_larger_than_the_payload_size_is_refused() {
    let (caller, accepted) = pair().await;
    assert_eq!(caller.max_send_size(), 1316);
    let error = within(caller.send(&[0; 1317])).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::MessageTooLarge { len: 1317, max: 1316 }));
    // Nothing of it was sent.
    within(caller.send(b"next")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 4);
}

#[tokio::test]
async fn a_larger_payload_of_the_peer_is_received_whole() {
    let (caller, accepted) = pair_with(SrtOptions::new().payload_size(1456)).await;
    within(caller.send(&[9; 1456])).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1456);
}

/// libsrt's TestEPoll.SimpleAsync, receiving.
#[tokio::test]
async fn try_recv_would_block_until_there_is_something() {
    let (caller, accepted) = pair().await;
    let mut buffer = [0; 1456];
    let error = accepted.try_recv(&mut buffer).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    caller.try_send(b"now").unwrap();
    let received = within(async {
        loop {
            accepted.readable().await.unwrap();
            match accepted.try_recv(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => break received,
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(&buffer[..received], b"now");
}

/// libsrt's TestEPoll.SimpleAsync, both ways.
#[tokio::test]
async fn poll_functions_receive_and_send() {
    let (caller, accepted) = pair().await;
    within(std::future::poll_fn(|cx| caller.poll_send_ready(cx))).await.unwrap();
    let sent = within(std::future::poll_fn(|cx| caller.poll_send(cx, b"polled"))).await.unwrap();
    assert_eq!(sent, 6);
    let mut storage = [0; 1456];
    let mut buffer = ReadBuf::new(&mut storage);
    within(std::future::poll_fn(|cx| accepted.poll_recv(cx, &mut buffer))).await.unwrap();
    assert_eq!(buffer.filled(), b"polled");
}

#[tokio::test]
async fn a_cancelled_receive_takes_nothing() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_millis(20))).await;
    let mut buffer = [0; 1456];
    for round in 0..50_u8 {
        let mut receive = tokio_test::task::spawn(accepted.recv(&mut buffer));
        // Polled once, then dropped, with the message anywhere on its way.
        if round % 2 == 0 {
            tokio_test::assert_pending!(receive.poll());
        }
        within(caller.send(&[round])).await.unwrap();
        drop(receive);
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1);
        assert_eq!(buffer[0], round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_receive_from_one_stream_and_nothing_is_lost() {
    let (caller, accepted) = pair().await;
    let accepted = std::sync::Arc::new(accepted);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let accepted = accepted.clone();
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                let mut buffer = [0; 1456];
                while accepted.recv(&mut buffer).await.unwrap() > 0 {
                    numbers.push(u32::from_be_bytes(buffer[..4].try_into().unwrap()));
                }
                numbers
            })
        })
        .collect();
    for number in 0..1000_u32 {
        within(caller.send(&number.to_be_bytes())).await.unwrap();
    }
    within(caller.close()).await.unwrap();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.extend(within(task).await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
}

/// libsrt's CRcvBufferReadMsg.MsgAcked, LongMsgReadReady and MsgHalfAck.
#[tokio::test]
async fn messages_of_any_size_keep_their_boundaries_in_file_message_mode() {
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let sizes = [1, 1456, 1457, 100_000, 7, 1_000_000, 1];
    let send = async {
        for size in sizes {
            caller.send(&vec![size as u8; size]).await.unwrap();
        }
    };
    let receive = async {
        let mut buffer = BytesMut::new();
        for size in sizes {
            buffer.clear();
            assert_eq!(accepted.recv_buf(&mut buffer).await.unwrap(), size);
            assert!(buffer.iter().all(|&byte| byte == size as u8));
        }
    };
    within(async { tokio::join!(send, receive) }).await;
}

#[tokio::test]
async fn lost_packets_are_sent_again() {
    let listener =
        support::pair::listen(SrtOptions::new().receive_latency(Duration::from_millis(500))).await;
    let proxy = support::proxy::Proxy::to(listener.local_addr().unwrap()).await;
    let connect = srt_tokio::SrtStream::connect(proxy.address());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    assert_eq!(caller.latency(), Duration::from_millis(120));
    assert_eq!(accepted.latency(), Duration::from_millis(500));
    proxy.lose(50);
    let send = async {
        let mut interval = tokio::time::interval(Duration::from_millis(1));
        for number in 0..500_u32 {
            interval.tick().await;
            caller.send(&number.to_be_bytes()).await.unwrap();
        }
    };
    let receive = async {
        let mut buffer = [0; 1456];
        for number in 0..500_u32 {
            assert_eq!(accepted.recv(&mut buffer).await.unwrap(), 4);
            assert_eq!(buffer[..4], number.to_be_bytes());
        }
    };
    within(async { tokio::join!(send, receive) }).await;
    let stats = accepted.stats().unwrap();
    assert!(stats.packets_received_lost > 0, "{stats:?}");
    assert!(caller.stats().unwrap().packets_retransmitted > 0);
    assert_eq!(stats.packets_receive_dropped, 0);
}

#[tokio::test]
async fn the_debug_form_of_a_stream_shows_nothing_of_what_was_received() {
    let (caller, accepted) = pair().await;
    caller.send(b"TOP SECRET").await.unwrap();
    let mut start = [0; 4];
    // The rest is kept for the next read.
    let mut reader = accepted;
    within(reader.read_exact(&mut start)).await.unwrap();
    assert_eq!(&start, b"TOP ");
    let shown = format!("{reader:?}");
    assert!(shown.contains("SrtStream") && shown.contains("peer: 127.0.0.1:"), "{shown}");
    assert!(!shown.contains("SECRET") && !shown.contains("83, 69, 67"), "{shown}");
}
