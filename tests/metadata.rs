//! What goes with messages: numbers, source times, a time to live, and the order.

use std::future::poll_fn;
use std::io;
use std::time::{Duration, Instant};

use srt_tokio::{
    Error, Message, SendOptions, SourceTime, SrtOptions, SrtStream, TransmissionMode, Version,
};
use support::pair::{pair, pair_in, pair_through_proxy, pair_with, within};
use tokio::io::AsyncReadExt;

async fn receive(stream: &SrtStream) -> Message {
    within(stream.recv_msg()).await.unwrap().expect("a message, not the end")
}

fn file_messages() -> SrtOptions {
    SrtOptions::new().transmission_mode(TransmissionMode::FileMessage).clone()
}

#[tokio::test]
async fn both_sides_know_a_message_by_the_same_numbers() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_millis(20))).await;
    let mut before = None;
    for number in 1..=100 {
        let sent = within(caller.send_msg(&[7; 100], &SendOptions::new())).await.unwrap();
        let received = receive(&accepted).await;
        assert_eq!(received.data, [7; 100][..]);
        assert_eq!(received.message_number, number);
        assert_eq!(received.message_number, sent.message_number);
        assert_eq!(received.packet_sequence, sent.packet_sequence);
        if let Some(before) = before.replace(sent.packet_sequence) {
            assert_eq!(sent.packet_sequence.offset_from(before), 1);
        }
    }
}

#[tokio::test]
async fn a_message_of_several_packets_is_sent_from_its_first_and_received_up_to_its_last() {
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let sent = within(caller.send_msg(&[1; 5000], &SendOptions::new())).await.unwrap();
    let next = within(caller.send_msg(&[2; 5], &SendOptions::new())).await.unwrap();
    assert_eq!(next.packet_sequence.offset_from(sent.packet_sequence), 4);
    let received = receive(&accepted).await;
    assert_eq!(received.packet_sequence.offset_from(sent.packet_sequence), 3);
    assert_eq!(received.message_number, sent.message_number);
    // Nobody says when it should be delivered.
    assert_eq!(received.source_time, None);
    assert_eq!(receive(&accepted).await.message_number, next.message_number);
}

#[tokio::test]
async fn the_end_is_none_for_as_long_as_one_asks() {
    let (caller, accepted) = pair().await;
    within(caller.send(b"last")).await.unwrap();
    within(caller.close()).await.unwrap();
    assert_eq!(receive(&accepted).await.data, b"last"[..]);
    assert_eq!(within(accepted.recv_msg()).await.unwrap(), None);
    assert_eq!(accepted.try_recv_msg().unwrap(), None);
    within(accepted.close()).await.unwrap();
    let error = within(accepted.recv_msg()).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
}

#[tokio::test]
async fn trying_and_polling_do_the_same() {
    let (caller, accepted) = pair().await;
    let options = SendOptions::new();
    assert_eq!(accepted.try_recv_msg().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    let first = caller.try_send_msg(b"first", &options).unwrap();
    let second = poll_fn(|cx| caller.poll_send_msg(cx, b"second", &options));
    let second = within(second).await.unwrap();
    within(accepted.readable()).await.unwrap();
    let received = within(async {
        loop {
            match accepted.try_recv_msg() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::task::yield_now().await;
                }
                received => break received,
            }
        }
    });
    assert_eq!(received.await.unwrap().unwrap().packet_sequence, first.packet_sequence);
    let received = poll_fn(|cx| accepted.poll_recv_msg(cx));
    let received = within(received).await.unwrap().unwrap();
    assert_eq!(received.packet_sequence, second.packet_sequence);
}

#[tokio::test]
async fn what_a_small_buffer_has_left_keeps_its_numbers() {
    let (caller, mut accepted) = pair().await;
    let first = within(caller.send_msg(&[1; 500], &SendOptions::new())).await.unwrap();
    let second = within(caller.send_msg(&[2; 500], &SendOptions::new())).await.unwrap();
    within(accepted.recv(&mut [0; 10])).await.unwrap_err();
    let received = receive(&accepted).await;
    assert_eq!(received.data, [1; 500][..]);
    assert_eq!(received.packet_sequence, first.packet_sequence);
    assert!(received.source_time.is_some());
    within(accepted.read_exact(&mut [0; 10])).await.unwrap();
    let received = receive(&accepted).await;
    assert_eq!(received.data, [2; 490][..]);
    assert_eq!(received.packet_sequence, second.packet_sequence);
}

#[tokio::test]
async fn a_cancelled_receive_takes_no_message() {
    let (caller, accepted) = pair_with(SrtOptions::new().latency(Duration::from_millis(20))).await;
    for round in 0..50_u8 {
        let mut waiting = tokio_test::task::spawn(accepted.recv_msg());
        // Polled once, then dropped, with the message anywhere on its way.
        if round % 2 == 0 {
            tokio_test::assert_pending!(waiting.poll());
        }
        within(caller.send(&[round])).await.unwrap();
        drop(waiting);
        assert_eq!(receive(&accepted).await.data, [round][..]);
    }
}

#[tokio::test]
async fn messages_that_cannot_be_are_refused() {
    let (caller, _accepted) = pair().await;
    let options = SendOptions::new();
    let error = within(caller.send_msg(&[], &options)).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::EmptyMessage));
    let error = caller.try_send_msg(&[0; 1317], &options).unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::MessageTooLarge { len: 1317, max: 1316 }));
}

#[tokio::test]
async fn a_stream_of_bytes_has_no_messages() {
    let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
    let error = within(caller.send_msg(b"bytes", &SendOptions::new())).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::NoMessages));
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let error = within(accepted.recv_msg()).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::NoMessages));
}

/// libsrt's CRcvBufferReadMsg.OnePacketTSBPD.
#[tokio::test]
async fn a_message_is_delivered_a_latency_after_its_source_time() {
    let latency = Duration::from_millis(700);
    let waited = Duration::from_millis(200);
    let (caller, accepted) = pair_with(SrtOptions::new().latency(latency)).await;
    let source = SourceTime::now();
    // As if the message had been waiting somewhere.
    tokio::time::sleep(waited).await;
    let mut options = SendOptions::new();
    within(caller.send_msg(b"late", options.source_time(source))).await.unwrap();
    within(caller.send_msg(b"now", &SendOptions::new())).await.unwrap();
    let late = receive(&accepted).await.source_time.expect("live messages have one");
    // What libsrt took the peer's clock for was on its way for a while.
    assert!(late - source >= latency - Duration::from_millis(1), "{:?}", late - source);
    assert!(SourceTime::now() >= late, "delivered ahead of its time");
    assert!(late.to_instant() <= Instant::now());
    let now = receive(&accepted).await.source_time.unwrap();
    assert!(now - late >= waited, "{:?}", now - late);
}

/// A gateway that takes what time it likes does not change the times of what it passes on.
#[tokio::test]
async fn a_relay_keeps_the_distances_between_messages() {
    const COUNT: u32 = 50;
    // Time for a busy machine.
    let options = SrtOptions::new().latency(Duration::from_secs(1)).clone();
    let (publisher, relay_in) = pair_with(&options).await;
    let (relay_out, viewer) = pair_with(&options).await;
    let publish = async {
        let start = SourceTime::now();
        let mut times = Vec::new();
        for number in 0..COUNT {
            let time = start + Duration::from_micros((number * 3_000 + number % 7 * 311).into());
            tokio::time::sleep_until(time.to_instant().into()).await;
            let mut options = SendOptions::new();
            let number = number.to_be_bytes();
            publisher.send_msg(&number, options.source_time(time)).await.unwrap();
            times.push(time);
        }
        times
    };
    let relay = async {
        for number in 0..COUNT {
            let message = relay_in.recv_msg().await.unwrap().unwrap();
            // In bunches.
            if number % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            relay_out.send_msg(&message.data, &SendOptions::from(&message)).await.unwrap();
        }
    };
    let view = async {
        let mut times = Vec::new();
        for number in 0..COUNT {
            let message = viewer.recv_msg().await.unwrap().unwrap();
            assert_eq!(message.data, number.to_be_bytes()[..]);
            times.push(message.source_time.unwrap());
        }
        times
    };
    let (published, (), viewed) = within(async { tokio::join!(publish, relay, view) }).await;
    let distances =
        |times: &[SourceTime]| -> Vec<_> { times.iter().map(|&time| time - times[0]).collect() };
    assert_eq!(distances(&viewed), distances(&published));
}

#[tokio::test]
async fn a_source_time_before_the_connection_is_refused() {
    let early = SourceTime::now();
    let (caller, accepted) = pair().await;
    let mut options = SendOptions::new();
    let error = within(caller.send_msg(b"early", options.source_time(early))).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::SourceTimeTooEarly));
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    within(caller.send_msg(b"now", &SendOptions::new())).await.unwrap();
    assert_eq!(receive(&accepted).await.data, b"now"[..]);
}

#[tokio::test]
async fn in_a_file_mode_a_source_time_means_nothing() {
    let early = SourceTime::now();
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let mut options = SendOptions::new();
    within(caller.send_msg(b"early", options.source_time(early))).await.unwrap();
    assert_eq!(receive(&accepted).await.source_time, None);
}

/// OutOfOrderMsgGap of libsrt's test_buffer_rcv.cpp, from one end to the other.
#[tokio::test]
async fn a_message_out_of_order_overtakes_what_is_lost_and_others_wait() {
    let (proxy, caller, accepted) = pair_through_proxy(&file_messages()).await;
    proxy.lose_larger_than(500);
    let mut out_of_order = SendOptions::new();
    out_of_order.in_order(false);
    within(caller.send_msg(&[1; 1000], &SendOptions::new())).await.unwrap();
    within(caller.send_msg(&[2; 10], &SendOptions::new())).await.unwrap();
    within(caller.send_msg(&[3; 10], &out_of_order)).await.unwrap();
    assert_eq!(receive(&accepted).await.data, [3; 10][..]);
    proxy.lose_larger_than(usize::MAX);
    assert_eq!(receive(&accepted).await.data, [1; 1000][..]);
    assert_eq!(receive(&accepted).await.data, [2; 10][..]);
}

/// The versions that can give up messages without losing themselves in it.
fn has_time_to_live() -> bool {
    !(Version::new(1, 5, 5)..Version::new(1, 6, 0)).contains(&srt_tokio::libsrt_version())
}

/// Whether the mode is a file mode or live mode.
#[tokio::test]
async fn a_time_to_live_is_refused_where_libsrt_would_send_for_ever() {
    for options in [file_messages(), SrtOptions::new()] {
        let (caller, accepted) = pair_with(&options).await;
        for ttl in [Duration::ZERO, Duration::from_secs(60), Duration::MAX] {
            let mut options = SendOptions::new();
            options.ttl(ttl);
            let supported = has_time_to_live() || ttl == Duration::MAX;
            let waited = within(caller.send_msg(&[1; 10], &options)).await;
            let tried = caller.try_send_msg(&[1; 10], &options);
            let polled = within(poll_fn(|cx| caller.poll_send_msg(cx, &[1; 10], &options))).await;
            for sent in [waited, tried, polled] {
                match sent {
                    Ok(_) => assert!(supported, "{ttl:?}"),
                    Err(error) => {
                        assert!(!supported, "{ttl:?}: {error}");
                        let error = Error::from_io(&error);
                        assert!(matches!(error, Some(Error::Unsupported { .. })), "{error:?}");
                    }
                }
            }
        }
        within(caller.send_msg(&[2; 20], &SendOptions::new())).await.unwrap();
        while receive(&accepted).await.data != [2; 20][..] {}
    }
}

/// libsrt's CRcvBufferReadMsg.PacketDropByMsgNoSeqNo.
#[tokio::test]
async fn a_message_is_given_up_when_its_time_to_live_is_over() {
    if !has_time_to_live() {
        return;
    }
    let (proxy, caller, accepted) = pair_through_proxy(&file_messages()).await;
    // Nor does it come through when it is sent again.
    proxy.lose_larger_than(500);
    let mut options = SendOptions::new();
    options.ttl(Duration::from_millis(100));
    within(caller.send_msg(&[1; 1000], &options)).await.unwrap();
    // libsrt 1.5.1 never delivers what has to wait for it.
    let mut options = SendOptions::new();
    options.in_order(srt_tokio::libsrt_version() >= (1, 5, 2));
    within(caller.send_msg(&[2; 10], &options)).await.unwrap();
    assert_eq!(receive(&accepted).await.data, [2; 10][..]);
    // The peer waits for nothing any more.
    within(caller.acknowledged()).await.unwrap();
    proxy.lose_larger_than(usize::MAX);
    within(caller.send_msg(&[3; 1000], &options)).await.unwrap();
    assert_eq!(receive(&accepted).await.data, [3; 1000][..]);
}

/// TSBPDGapBeforeValid of libsrt's test_buffer_rcv.cpp, from one end to the other.
#[tokio::test]
async fn in_live_mode_what_is_behind_a_gap_comes_at_its_time() {
    let (proxy, caller, accepted) = pair_through_proxy(&SrtOptions::new()).await;
    within(caller.send(&[1; 10])).await.unwrap();
    let before = receive(&accepted).await;
    proxy.lose_larger_than(500);
    within(caller.send(&[2; 1000])).await.unwrap();
    within(caller.send(&[3; 1000])).await.unwrap();
    within(caller.send(&[4; 10])).await.unwrap();
    let after = receive(&accepted).await;
    assert_eq!(after.data, [4; 10][..]);
    assert_eq!(after.packet_sequence.offset_from(before.packet_sequence), 3);
    assert_eq!(accepted.stats().unwrap().packets_receive_dropped, 2);
}
