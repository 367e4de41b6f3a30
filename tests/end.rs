//! How connections end.

use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::join_all;
use srt_tokio::{CloseReason, Error, SrtOptions, SrtSocket, SrtStream, TransmissionMode};
use support::pair::{listen, pair, pair_in, pair_through_proxy, pair_with, within};
use support::proxy::{Proxy, is_conclusion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn what_waits_in_the_latency_buffer_is_delivered_before_the_end() {
    let latency = Duration::from_millis(400);
    let (caller, accepted) = pair_with(SrtOptions::new().latency(latency)).await;
    // Spread over time, so that they become playable one after the other.
    let mut interval = tokio::time::interval(Duration::from_millis(2));
    for number in 0..100_u32 {
        interval.tick().await;
        within(caller.send(&number.to_be_bytes())).await.unwrap();
    }
    let closing = Instant::now();
    // Without the patience to have it played.
    within(caller.acknowledged()).await.unwrap();
    within(caller.close_within(Duration::ZERO)).await.unwrap();
    let mut buffer = [0; 1456];
    for number in 0..100_u32 {
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 4);
        assert_eq!(buffer[..4], number.to_be_bytes());
    }
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
    assert!(closing.elapsed() >= latency / 2, "the last packets were played ahead of time");
    // And again, as often as one asks.
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
    assert_eq!(accepted.try_recv(&mut buffer).unwrap(), 0);
}

#[tokio::test]
async fn a_close_gives_the_peer_the_time_to_play_what_was_sent_last() {
    let latency = Duration::from_millis(300);
    let (caller, accepted) = pair_with(SrtOptions::new().latency(latency)).await;
    within(caller.send(b"last words")).await.unwrap();
    let closing = Instant::now();
    within(caller.close()).await.unwrap();
    assert!(closing.elapsed() >= latency);
    // Playable at the moment of the close: a receiver that stops there loses nothing.
    assert_eq!(accepted.try_recv(&mut [0; 1456]).unwrap(), 10);

    // Who has sent nothing has nothing to wait for.
    let (_caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_secs(100))).await;
    within(accepted.close()).await.unwrap();
}

#[tokio::test]
async fn the_tail_is_delivered_to_a_reader_that_comes_late() {
    let (caller, accepted) = pair().await;
    for number in 0..10_u8 {
        within(caller.send(&[number])).await.unwrap();
    }
    within(caller.close()).await.unwrap();
    // Long after the latency, and after libsrt has looked for broken sockets to collect.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut buffer = [0; 1456];
    for number in 0..10_u8 {
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1);
        assert_eq!(buffer[0], number);
    }
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
}

/// libsrt sets the receiver's clock by the handshake, so that a slow one delays all that follows.
#[tokio::test]
async fn packets_are_delivered_before_the_end_however_slow_the_handshake_was() {
    let transfer = async |delay| {
        let (_proxy, caller, accepted) = pair_after(delay).await;
        let send = async {
            let mut interval = tokio::time::interval(Duration::from_millis(10));
            for number in 0..100_u32 {
                interval.tick().await;
                caller.send(&number.to_be_bytes()).await.unwrap();
            }
            // Without the patience to have it played.
            caller.acknowledged().await.unwrap();
            caller.close_within(Duration::ZERO).await.unwrap();
        };
        let receive = async {
            let mut received = Vec::new();
            let mut buffer = [0; 1456];
            while accepted.recv(&mut buffer).await.unwrap() > 0 {
                received.push(u32::from_be_bytes(buffer[..4].try_into().unwrap()));
            }
            received
        };
        let ((), received) = within(async { tokio::join!(send, receive) }).await;
        assert_eq!(received, Vec::from_iter(0..100), "{delay:?}");
    };
    tokio::join!(transfer(Duration::from_millis(600)), transfer(Duration::from_millis(900)));
}

#[tokio::test]
async fn a_close_gives_time_to_a_peer_whose_handshake_was_slow() {
    let (_proxy, caller, accepted) = pair_after(Duration::from_millis(700)).await;
    within(caller.send(b"last words")).await.unwrap();
    within(caller.close()).await.unwrap();
    assert_eq!(accepted.try_recv(&mut [0; 1456]).unwrap(), 10);
}

/// The end is not waited for longer than libsrt keeps a broken connection.
#[tokio::test]
async fn what_is_behind_a_gap_at_the_end_does_not_keep_the_reader() {
    let options = SrtOptions::new().latency(Duration::from_secs(100)).clone();
    let (proxy, caller, accepted) = pair_through_proxy(&options).await;
    proxy.lose_larger_than(500);
    within(caller.send(&[1; 1000])).await.unwrap();
    within(caller.send(&[2; 10])).await.unwrap();
    // It has arrived when it is reported that the one before it has not.
    within(async {
        while caller.stats().unwrap().naks_received == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(caller);
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 0);
}

#[tokio::test]
async fn reading_bytes_ends_in_live_mode_too() {
    let (mut caller, mut accepted) = pair().await;
    let data: Vec<u8> = (0..50_000).map(|i| i as u8).collect();
    within(caller.write_all(&data)).await.unwrap();
    within(caller.shutdown()).await.unwrap();
    drop(caller);
    let mut received = Vec::new();
    within(accepted.read_to_end(&mut received)).await.unwrap();
    assert_eq!(received, data);
}

#[tokio::test]
async fn a_stream_of_bytes_ends_cleanly() {
    let (mut caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let data: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_be_bytes).collect();
    let sent = data.clone();
    let send = async move {
        caller.write_all(&sent).await.unwrap();
        caller.close().await.unwrap();
    };
    let receive = async {
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await.unwrap();
        received
    };
    let ((), received) = within(async { tokio::join!(send, receive) }).await;
    assert!(received == data, "{} bytes of {} are right", received.len(), data.len());
}

/// libsrt gives up a connection that has ended, with all that it knows of it. Since 1.5.5 it does so
/// whenever a socket is closed, such as the other end in the same process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_bytes_ends_cleanly_whatever_else_is_closed() {
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(pair_in(TransmissionMode::FileStream).await);
    }
    let one = async |(caller, mut accepted): (SrtStream, SrtStream)| {
        caller.send(b"to the end").await.unwrap();
        let mut received = [0; 10];
        accepted.read_exact(&mut received).await.unwrap();
        // Already read, as is most often the case where little is sent.
        caller.close().await.unwrap();
        assert_eq!(accepted.recv(&mut received).await.unwrap(), 0);
        // And again, as often as one asks.
        assert_eq!(accepted.recv(&mut received).await.unwrap(), 0);
        assert_eq!(accepted.close_reason(), Some(CloseReason::Peer));
    };
    within(join_all(streams.into_iter().map(one))).await;
}

/// For as long as the linger time lasts.
#[tokio::test]
async fn a_dropped_stream_of_bytes_is_delivered_in_the_background() {
    let (mut caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let data = vec![42; 4_000_000];
    within(caller.write_all(&data)).await.unwrap();
    drop(caller);
    let mut received = Vec::new();
    within(accepted.read_to_end(&mut received)).await.unwrap();
    assert!(received == data);
}

/// Longer than a clock can tell.
#[tokio::test]
async fn a_dropped_stream_may_linger_for_ever() {
    let (mut caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    caller.set_linger(Duration::MAX);
    let data = vec![42; 4_000_000];
    within(caller.write_all(&data)).await.unwrap();
    drop(caller);
    let mut received = Vec::new();
    within(accepted.read_to_end(&mut received)).await.unwrap();
    assert!(received == data);
}

#[tokio::test]
async fn a_lost_connection_is_an_error_in_file_mode() {
    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileStream)
        .peer_idle_timeout(Duration::from_millis(500))
        .clone();
    let (_proxy, mut caller, mut accepted) = cut_off(&options).await;
    let mut buffer = [0; 1456];
    let error = within(accepted.read(&mut buffer)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    let error = within(async {
        loop {
            if let Err(error) = caller.write(&buffer).await {
                break error;
            }
        }
    })
    .await;
    assert_eq!(Error::from_io(&error), Some(&Error::ConnectionLost));
}

#[tokio::test]
async fn a_vanished_peer_is_the_end_in_live_mode() {
    let options = SrtOptions::new().peer_idle_timeout(Duration::from_millis(500)).clone();
    let (_proxy, caller, accepted) = cut_off(&options).await;
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
    let error = within(async {
        loop {
            if let Err(error) = caller.send(b"anybody there?").await {
                break error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn closing_says_when_not_everything_arrived() {
    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileStream)
        .peer_idle_timeout(Duration::from_secs(20))
        .clone();
    let (_proxy, caller, _accepted) = cut_off(&options).await;
    // Two packets.
    within(caller.send(&[1; 2000])).await.unwrap();
    let start = Instant::now();
    let error = within(caller.close_within(Duration::from_millis(300))).await.unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(Error::from_io(&error), Some(&Error::FlushTimedOut { unacknowledged: 2 }));
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    // Closed all the same.
    let error = within(caller.send(b"more")).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    within(caller.close()).await.unwrap();
}

/// Who waits until the peer has everything is not told so if another task does not wait.
#[tokio::test]
async fn a_flush_that_meets_a_close_says_whether_everything_arrived() {
    let options = SrtOptions::new().transmission_mode(TransmissionMode::FileStream).clone();
    let (_proxy, caller, _accepted) = cut_off(&options).await;
    let (reader, mut writer) = caller.into_split();
    within(reader.send(b"into the void")).await.unwrap();
    let mut shutdown = tokio_test::task::spawn(writer.shutdown());
    let mut close = tokio_test::task::spawn(reader.close());
    tokio_test::assert_pending!(shutdown.poll());
    tokio_test::assert_pending!(close.poll());
    within(reader.close_within(Duration::ZERO)).await.unwrap_err();
    for closed in
        [tokio_test::assert_ready!(shutdown.poll()), tokio_test::assert_ready!(close.poll())]
    {
        assert_eq!(Error::from_io(&closed.unwrap_err()), Some(&Error::Closed));
    }

    let (caller, _accepted) = pair_in(TransmissionMode::FileStream).await;
    let (reader, mut writer) = caller.into_split();
    within(reader.send(b"there")).await.unwrap();
    let (first, second) = within(async { tokio::join!(reader.close(), reader.close()) }).await;
    first.unwrap();
    second.unwrap();
    within(writer.shutdown()).await.unwrap();
}

#[tokio::test]
async fn closing_wakes_the_other_tasks_of_a_stream() {
    let (caller, _accepted) = pair().await;
    let caller = std::sync::Arc::new(caller);
    let mut buffer = [0; 1456];
    let mut receive = tokio_test::task::spawn(caller.recv(&mut buffer));
    tokio_test::assert_pending!(receive.poll());
    within(caller.close()).await.unwrap();
    assert!(receive.is_woken());
    let error = tokio_test::assert_ready!(receive.poll()).unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
}

/// As libsrt's own blocking close would, for as long as the linger time of three minutes.
#[tokio::test]
async fn dropping_does_not_wait_for_what_is_unsent() {
    let mut streams = Vec::new();
    for mode in [TransmissionMode::Live, TransmissionMode::FileStream] {
        let options = SrtOptions::new().transmission_mode(mode).clone();
        let (proxy, caller, accepted) = cut_off(&options).await;
        // Nobody acknowledges any of it.
        while caller.try_send(&[1; 1316]).is_ok() {}
        streams.push((proxy, caller, accepted));
    }
    let start = Instant::now();
    drop(streams);
    assert!(start.elapsed() < support::pair::PATIENCE, "{:?}", start.elapsed());
}

/// libsrt's TestConnectionAPI.Listen.
#[tokio::test]
async fn a_listener_that_closes_ends_its_accept_but_not_its_streams() {
    let listener = listen(&SrtOptions::new()).await;
    let connect = SrtStream::connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    let mut accept = tokio_test::task::spawn(listener.accept());
    tokio_test::assert_pending!(accept.poll());
    listener.close();
    assert!(accept.is_woken());
    let error = tokio_test::assert_ready!(accept.poll()).unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    within(caller.send(b"still here")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 10);
}

#[tokio::test]
async fn what_a_peer_sent_before_it_closed_is_there_even_if_accepted_later() {
    let listener = listen(&SrtOptions::new()).await;
    let caller = within(SrtStream::connect(listener.local_addr().unwrap())).await.unwrap();
    within(caller.send(b"hello and goodbye")).await.unwrap();
    within(caller.close()).await.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 17);
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_listener_sent_before_it_closed_is_there_even_if_noticed_later() {
    let listener = listen(&SrtOptions::new()).await;
    // Once polled, the connection is under way; what comes of it is only looked at afterwards.
    let mut connect = tokio_test::task::spawn(SrtStream::connect(listener.local_addr().unwrap()));
    let called = connect.poll();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    within(accepted.send(b"hello and goodbye")).await.unwrap();
    within(accepted.close()).await.unwrap();
    // On a busy machine, the connection may have been there within the poll.
    let caller = match called {
        Poll::Ready(caller) => caller.unwrap(),
        Poll::Pending => within(connect).await.unwrap(),
    };
    let mut buffer = [0; 1456];
    assert_eq!(within(caller.recv(&mut buffer)).await.unwrap(), 17);
    assert_eq!(within(caller.recv(&mut buffer)).await.unwrap(), 0);
}

/// libsrt collects a broken socket within two seconds, and knows nothing about it from then on.
const UNTIL_COLLECTED: Duration = Duration::from_millis(2500);

/// libsrt 1.5.5 collects when another socket is closed, here the peer, and may do so before anybody
/// could ask.
#[cfg(not(srt_1_5_5))]
#[tokio::test]
async fn a_clean_end_stays_clean_however_late_it_is_read() {
    for read_before in [true, false] {
        let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
        within(caller.send(b"bytes")).await.unwrap();
        let mut buffer = [0; 1456];
        if read_before {
            assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 5);
        }
        within(caller.close()).await.unwrap();
        if !read_before {
            assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 5);
        }
        tokio::time::sleep(UNTIL_COLLECTED).await;
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn closing_after_the_peer_did_is_fine_however_late() {
    for mode in [TransmissionMode::Live, TransmissionMode::FileStream] {
        let (caller, accepted) = pair_in(mode).await;
        within(caller.send(b"there")).await.unwrap();
        within(accepted.send(b"back")).await.unwrap();
        within(accepted.acknowledged()).await.unwrap();
        within(caller.close()).await.unwrap();
        let mut buffer = [0; 1456];
        while within(accepted.recv(&mut buffer)).await.unwrap() > 0 {}
        tokio::time::sleep(UNTIL_COLLECTED).await;
        let mut accepted = accepted;
        within(accepted.acknowledged()).await.unwrap();
        within(accepted.shutdown()).await.unwrap();
        within(accepted.close()).await.unwrap();
    }
}

#[tokio::test]
async fn flushing_ends_when_the_connection_does() {
    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileMessage)
        .peer_idle_timeout(Duration::from_millis(500))
        .clone();
    let (_proxy, caller, _accepted) = cut_off(&options).await;
    for _ in 0..3 {
        within(caller.send(b"into the void")).await.unwrap();
    }
    // Counted while libsrt still knows.
    let lost = Some(Error::FlushInterrupted { unacknowledged: Some(3) });
    let error = within(caller.acknowledged()).await.unwrap_err();
    assert_eq!(Error::from_io(&error), lost.as_ref());
    tokio::time::sleep(UNTIL_COLLECTED).await;
    let error = within(caller.acknowledged()).await.unwrap_err();
    assert_eq!(Error::from_io(&error), lost.as_ref());
    let error = within(caller.close_within(Duration::from_secs(60))).await.unwrap_err();
    assert_eq!(Error::from_io(&error), lost.as_ref());
}

#[tokio::test]
async fn waiting_for_acknowledgements_leaves_senders_alone() {
    let options = SrtOptions::new().transmission_mode(TransmissionMode::FileStream).clone();
    let (_proxy, caller, _accepted) = cut_off(&options).await;
    within(caller.send(b"into the void")).await.unwrap();
    let mut waiting = tokio_test::task::spawn(caller.acknowledged());
    tokio_test::assert_pending!(waiting.poll());
    caller.try_send(b"there is room").unwrap();
}

/// Without lingering, what is not acknowledged yet is given up.
#[tokio::test]
async fn lingering_for_no_time_closes_at_once() {
    let options =
        SrtOptions::new().linger(Duration::ZERO).latency(Duration::from_secs(100)).clone();
    let (_proxy, caller, _accepted) = cut_off(&options).await;
    within(caller.send(b"into the void")).await.unwrap();
    let error = tokio_test::assert_ready!(tokio_test::task::spawn(caller.close()).poll());
    let error = error.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::FlushTimedOut { unacknowledged: 1 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receive_that_meets_a_close_says_that_it_was_this_side() {
    for _ in 0..50 {
        let (caller, accepted) = pair().await;
        let accepted = std::sync::Arc::new(accepted);
        let receiver = tokio::spawn({
            let accepted = accepted.clone();
            async move {
                let mut buffer = [0; 1456];
                loop {
                    match accepted.try_recv(&mut buffer) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        result => break result,
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        within(accepted.close_within(Duration::ZERO)).await.unwrap();
        let error = within(receiver).await.unwrap().unwrap_err();
        assert_eq!(Error::from_io(&error), Some(&Error::Closed));
        drop(caller);
    }
}

/// In a process of its own the count would be exact; here other tests have sockets, but never
/// hundreds.
#[tokio::test]
async fn a_thousand_streams_leave_nothing_behind() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    // All from one port: libsrt stands still while it gives up many.
    let port = SrtSocket::new(&SrtOptions::new()).unwrap();
    port.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut builder = SrtStream::builder();
    builder.local_addr(port.local_addr().unwrap()).connect_timeout(Duration::from_secs(20));
    for _ in 0..10 {
        let connect = async || builder.connect(address).await.unwrap();
        let accept = async || listener.accept().await.unwrap();
        let callers = join_all((0..100).map(|_| connect()));
        let accepted = join_all((0..100).map(|_| accept()));
        drop(within(async { tokio::join!(callers, accepted) }).await);
    }
    assert!(srt_tokio::reactor_metrics().sockets < 200);
}

/// A connected pair through a relay that lets nothing pass any more.
async fn cut_off(options: &SrtOptions) -> (Proxy, SrtStream, SrtStream) {
    let (proxy, caller, accepted) = pair_through_proxy(options).await;
    proxy.cut();
    (proxy, caller, accepted)
}

/// A connected pair with a latency of 120 ms, whose handshake took so long.
async fn pair_after(delay: Duration) -> (Proxy, SrtStream, SrtStream) {
    let listener = listen(&SrtOptions::new()).await;
    let proxy = Proxy::to(listener.local_addr().unwrap()).await;
    proxy.delay_if(delay, is_conclusion);
    let connect = SrtStream::connect(proxy.address());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    (proxy, caller.unwrap(), accepted.unwrap().0)
}
