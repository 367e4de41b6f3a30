//! The packet filter: what the two sides agree on, and what it makes good. After libsrt's
//! test_fec_rebuilding.cpp.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use srt_tokio::{
    Error, Fec, FecArq, FecLayout, PacketFilter, RejectReason, SrtListener, SrtOptions, SrtSocket,
    SrtStream, Stats, TransmissionMode, libsrt_version,
};
use support::pair::{listen, pair_through_proxy, within};
use tokio::time::MissedTickBehavior;

fn with_filter(filter: &str) -> SrtOptions {
    let mut options = SrtOptions::new();
    if filter.is_empty() {
        options.allow_peer_filter(true);
    } else {
        options.packet_filter(PacketFilter::new(filter).unwrap());
    }
    options
}

async fn call(listener: &SrtListener, options: SrtOptions) -> io::Result<SrtStream> {
    within(SrtStream::builder().options(&options).connect(listener.local_addr()?)).await
}

/// What both sides say that they have agreed on.
fn agreed(caller: &SrtStream, accepted: &SrtStream) -> BTreeSet<String> {
    let [caller, accepted] = [caller, accepted].map(|stream| {
        let filter = stream.packet_filter().unwrap().expect("a filter");
        filter.as_str().split(',').map(str::to_owned).collect()
    });
    assert_eq!(caller, accepted);
    caller
}

/// ConfigExchange, Connection, ConnectionReorder, ConnectionFull1, ConnectionFull2, ConnectionMess and
/// ConnectionForced.
#[tokio::test]
async fn what_each_side_leaves_open_is_what_the_other_says_or_the_default() {
    const FULL: &str = "fec,cols:10,rows:20,arq:never,layout:even";
    const FULL_REORDERED: &str = "fec,layout:even,rows:20,cols:10,arq:never";
    const FULL_ALWAYS: &str = "fec,cols:10,rows:20,arq:always,layout:even";
    const FULL_ALWAYS_REORDERED: &str = "fec,layout:even,rows:20,cols:10,arq:always";
    let cases = [
        // One after the other: the caller's, the listener's, and what comes of them.
        (
            "fec,cols:10,rows:10",
            "fec,cols:10,arq:never",
            "fec,arq:never,cols:10,layout:staircase,rows:10",
        ),
        (
            "fec,cols:10,rows:10",
            "fec,rows:10,cols:10",
            "fec,arq:onreq,cols:10,layout:staircase,rows:10",
        ),
        ("fec,cols:10,rows:10", "fec", "fec,arq:onreq,cols:10,layout:staircase,rows:10"),
        ("fec,cols:7", "fec", "fec,arq:onreq,cols:7,layout:staircase,rows:1"),
        (FULL, FULL_REORDERED, "fec,arq:never,cols:10,layout:even,rows:20"),
        (FULL_ALWAYS, FULL_ALWAYS_REORDERED, "fec,arq:always,cols:10,layout:even,rows:20"),
        (
            "fec,cols:,cols:10",
            "fec,cols:,rows:10",
            "fec,arq:onreq,cols:10,layout:staircase,rows:10",
        ),
    ];
    for (on_caller, on_listener, expected) in cases {
        let listener = listen(&with_filter(on_listener)).await;
        let caller = call(&listener, with_filter(on_caller)).await.expect(on_caller);
        let (accepted, _) = within(listener.accept()).await.unwrap();
        let expected: BTreeSet<_> = expected.split(',').map(str::to_owned).collect();
        assert_eq!(agreed(&caller, &accepted), expected, "{on_caller} and {on_listener}");
    }
    // Who has none takes the other's as it is, or if it is the caller with libsrt 1.5.5, none.
    for (on_caller, on_listener) in [("fec,rows:20,cols:20", ""), ("", "fec,rows:20,cols:20")] {
        let listener = listen(&with_filter(on_listener)).await;
        let caller = call(&listener, with_filter(on_caller)).await.unwrap();
        let (accepted, _) = within(listener.accept()).await.unwrap();
        if on_caller.is_empty() && libsrt_version() >= (1, 5, 5) {
            assert_eq!(caller.packet_filter().unwrap(), None);
            assert_eq!(accepted.packet_filter().unwrap(), None);
            continue;
        }
        let agreed = agreed(&caller, &accepted);
        assert!(["fec", "cols:20", "rows:20"].iter().all(|part| agreed.contains(*part)));
    }
}

/// ConfigExchangeFaux.
#[tokio::test]
async fn a_configuration_that_makes_no_sense_is_refused_at_once() {
    for config in [
        "FEC,Cols:20",
        "fec,cols:-10",
        "fec,cols:10,rows:0",
        "fec,cols:10,rows:-1",
        "fec,cols:10,layout:stairwars",
        "fec,cols:10,arq:sometimes",
        "fec,cols:10,weight:2",
    ] {
        let error = SrtSocket::new(&with_filter(config)).unwrap_err();
        assert!(
            matches!(
                Error::from_io(&error),
                Some(Error::InvalidOption { option: "SRTO_PACKETFILTER", .. })
            ),
            "{config}: {error:?}"
        );
    }
}

/// libsrt would take it, and write past the end of its buffers as soon as there is something to send.
#[tokio::test]
async fn a_filter_without_a_payload_size_is_refused() {
    let refused = |options: &SrtOptions| {
        let error = SrtSocket::new(options).unwrap_err();
        let reason = "needs live mode and a payload_size other than 0";
        let expected = Error::InvalidOption { option: "SRTO_PACKETFILTER", reason };
        assert_eq!(Error::from_io(&error), Some(&expected), "{options:?}");
    };
    refused(with_filter("fec,cols:10").payload_size(0));
    for mode in [TransmissionMode::FileStream, TransmissionMode::FileMessage] {
        refused(with_filter("fec,cols:10").transmission_mode(mode));
        refused(with_filter("fec,cols:10").transmission_mode(mode).payload_size(1316));
    }
}

/// RejectionConflict, RejectionIncomplete and RejectionIncompleteEmpty.
#[tokio::test]
async fn configurations_that_do_not_go_together_are_a_reason_to_reject() {
    for (on_caller, on_listener) in [
        ("fec,cols:10,rows:10", "fec,cols:20,arq:never"),
        ("fec,rows:10", "fec,arq:never"),
        ("fec,rows:10", ""),
    ] {
        let listener = listen(&with_filter(on_listener)).await;
        let error = call(&listener, with_filter(on_caller)).await.unwrap_err();
        let expected = Error::Rejected(RejectReason::Filter);
        assert_eq!(Error::from_io(&error), Some(&expected), "{on_caller} and {on_listener}");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        // The first that there is to accept is the next caller, if it is a better one.
        let caller = call(&listener, with_filter("fec,cols:20,rows:5")).await.unwrap();
        let (accepted, _) = within(listener.accept()).await.unwrap();
        assert_eq!(accepted.peer_addr().unwrap().port(), caller.local_addr().unwrap().port());
    }
}

#[tokio::test]
async fn the_filter_of_the_peer_makes_messages_smaller() {
    // A caller's, because libsrt 1.5.5 gives up a listener's where the caller has none.
    let mut options = SrtOptions::new();
    options.payload_size(1456).allow_peer_filter(true);
    let listener = listen(&options).await;
    let _caller = call(&listener, with_filter("fec,cols:10")).await.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    // Four bytes are the filter's.
    assert_eq!(accepted.max_send_size(), 1452);
    let error = within(accepted.send(&[1; 1453])).await.unwrap_err();
    let expected = Error::MessageTooLarge { len: 1453, max: 1452 };
    assert_eq!(Error::from_io(&error), Some(&expected));
}

/// The content of message `number`, of which the first is 1: all of different sizes.
fn message(number: u32) -> Bytes {
    let size = 732 + (number as usize * 97) % 584;
    (0..size).map(|at| (at as u32 ^ (number * 31)) as u8).collect()
}

/// A connection on which messages are sent, and what has come of it.
#[derive(Debug)]
struct Outcome {
    /// Messages that did not arrive.
    missing: BTreeSet<u32>,
    sender: Stats,
    receiver: Stats,
}

/// Sends `count` messages over a link on which the packets of those that are `lost` are lost: the
/// first time, or if `forever` whenever they are sent again.
async fn send_over_lossy_link(
    mut options: SrtOptions,
    count: u32,
    lost: &'static [u32],
    forever: bool,
) -> Outcome {
    // Behind those that matter, so that their rows are complete and the tail is no special case.
    const MORE: u32 = 50;

    // Time for a busy machine.
    options.latency(Duration::from_secs(1));
    let (proxy, caller, accepted) = pair_through_proxy(&options).await;
    proxy.lose_if(move |data| {
        lost.contains(&data.message_number) && (forever || !data.is_retransmitted)
    });
    let send = async {
        // Slowly, so that nothing else is lost.
        let mut pace = tokio::time::interval(Duration::from_millis(2));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 1..=count + MORE {
            pace.tick().await;
            caller.send(&message(number)).await.unwrap();
        }
    };
    let first = caller.initial_sequence_number().unwrap();
    let receive = async {
        let mut arrived = BTreeSet::new();
        while arrived.last() != Some(&(count + MORE)) {
            let received = accepted.recv_msg().await.unwrap().unwrap();
            // A packet holds a message. Those that are rebuilt do not know the number of theirs.
            let number = 1 + received.packet_sequence.offset_from(first) as u32;
            assert!([1, number].contains(&received.message_number), "{received:?}");
            assert!(received.data == message(number), "message {number} is another one");
            assert!(arrived.last().is_none_or(|last| *last < number));
            arrived.insert(number);
        }
        (1..=count).filter(|number| !arrived.contains(number)).collect()
    };
    let ((), missing) = within(async { tokio::join!(send, receive) }).await;
    let (sender, receiver) = (caller.stats().unwrap(), accepted.stats().unwrap());
    Outcome { missing, sender, receiver }
}

fn with_fec(fec: Fec) -> SrtOptions {
    SrtOptions::new().packet_filter(fec).clone()
}

/// libsrt's TestFECRebuilding.Prepare.
#[tokio::test]
async fn where_nothing_is_lost_nothing_is_rebuilt() {
    let fec = PacketFilter::fec().columns(10).arq(FecArq::Never);
    let outcome = send_over_lossy_link(with_fec(fec), 100, &[], true).await;
    assert!(outcome.missing.is_empty());
    // One packet for each row of ten.
    assert_eq!(outcome.sender.filter_packets_sent, 15, "{outcome:?}");
    assert!((14..=15).contains(&outcome.receiver.filter_packets_received), "{outcome:?}");
    assert_eq!(outcome.receiver.filter_packets_rebuilt, 0);
    assert_eq!(outcome.receiver.filter_packets_lost, 0);
}

/// Rebuild, from one end to the other.
#[tokio::test]
async fn one_packet_of_each_row_is_rebuilt() {
    let fec = PacketFilter::fec().columns(7).rows(1).arq(FecArq::Never);
    let lost = &[5, 8, 21, 40, 43, 70];
    let outcome = send_over_lossy_link(with_fec(fec), 70, lost, true).await;
    assert!(outcome.missing.is_empty(), "{outcome:?}");
    assert_eq!(outcome.receiver.filter_packets_rebuilt, 6);
    assert_eq!(outcome.receiver.filter_packets_lost, 0);
    assert_eq!(outcome.sender.packets_retransmitted, 0);
    assert_eq!(outcome.receiver.naks_sent, 0);
}

/// NoRebuild, from one end to the other.
#[tokio::test]
async fn two_packets_of_a_row_are_lost_for_good_if_nobody_asks_for_them() {
    let fec = PacketFilter::fec().columns(7).arq(FecArq::Never);
    let outcome = send_over_lossy_link(with_fec(fec), 70, &[5, 7], false).await;
    assert_eq!(outcome.missing, BTreeSet::from([5, 7]));
    assert_eq!(outcome.receiver.filter_packets_rebuilt, 0);
    assert_eq!(outcome.receiver.packets_receive_dropped, 2);
    assert_eq!(outcome.sender.packets_retransmitted, 0);
}

#[tokio::test]
async fn what_cannot_be_rebuilt_is_sent_again() {
    for arq in [FecArq::OnRequest, FecArq::Always] {
        let fec = PacketFilter::fec().columns(7).arq(arq);
        let outcome = send_over_lossy_link(with_fec(fec), 70, &[5, 7, 30], false).await;
        assert!(outcome.missing.is_empty(), "{arq:?}: {outcome:?}");
        assert!(outcome.sender.packets_retransmitted >= 2, "{arq:?}: {outcome:?}");
        assert!(outcome.receiver.naks_sent >= 1);
        // What is asked for at once is not the filter's any more.
        assert_eq!(
            outcome.receiver.filter_packets_lost >= 2,
            arq == FecArq::OnRequest,
            "{outcome:?}"
        );
    }
}

/// All of a row at once, which only columns can make good.
#[tokio::test]
async fn a_burst_is_rebuilt_from_columns() {
    for fec in [
        PacketFilter::fec().columns(5).rows(5).layout(FecLayout::Even),
        PacketFilter::fec().columns(5).rows(5).layout(FecLayout::Staircase),
        PacketFilter::fec().columns(5).columns_only(5).layout(FecLayout::Even),
    ] {
        let fec = fec.arq(FecArq::Never);
        let lost = &[61, 62, 63, 64, 65];
        let outcome = send_over_lossy_link(with_fec(fec), 100, lost, true).await;
        assert!(outcome.missing.is_empty(), "{fec}: {outcome:?}");
        assert_eq!(outcome.receiver.filter_packets_rebuilt, 5, "{fec}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_is_rebuilt_can_be_decrypted() {
    let mut options = with_fec(PacketFilter::fec().columns(7).arq(FecArq::Never));
    options.passphrase("correct horse".parse().unwrap());
    let outcome = send_over_lossy_link(options, 70, &[3, 10], true).await;
    assert!(outcome.missing.is_empty(), "{outcome:?}");
    assert_eq!(outcome.receiver.filter_packets_rebuilt, 2);
    assert_eq!(outcome.receiver.packets_undecrypted, 0);
}
