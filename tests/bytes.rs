//! Streams as bytes: `AsyncRead`, `AsyncWrite` and the halves.

use std::time::Duration;

use srt_tokio::{SrtOptions, TransmissionMode};
use support::pair::{pair, pair_in, pair_with, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_small_read_never_cuts_off_a_message() {
    let (caller, mut accepted) = pair().await;
    let message: Vec<u8> = (0..1316).map(|i| i as u8).collect();
    within(caller.send(&message)).await.unwrap();
    within(caller.send(b"next")).await.unwrap();
    let mut received = Vec::new();
    let mut small = [0; 100];
    while received.len() < 1320 {
        let len = within(accepted.read(&mut small)).await.unwrap();
        assert!(len > 0);
        received.extend_from_slice(&small[..len]);
    }
    assert_eq!(received[..1316], message);
    assert_eq!(&received[1316..], b"next");
}

#[tokio::test]
async fn a_read_of_nothing_waits_for_nothing() {
    let (mut caller, mut accepted) = pair().await;
    assert_eq!(within(accepted.read(&mut [])).await.unwrap(), 0);
    assert_eq!(within(caller.write(&[])).await.unwrap(), 0);
}

#[tokio::test]
async fn a_large_write_is_cut_at_the_payload_size() {
    let (mut caller, accepted) = pair_with(SrtOptions::new().payload_size(1000)).await;
    within(caller.write_all(&[5; 2500])).await.unwrap();
    within(caller.flush()).await.unwrap();
    let mut buffer = [0; 1456];
    for len in [1000, 1000, 500] {
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), len);
    }
}

#[tokio::test]
async fn what_a_read_left_of_a_message_comes_before_the_next_message() {
    let (caller, mut accepted) = pair().await;
    within(caller.send(b"first")).await.unwrap();
    within(caller.send(b"second")).await.unwrap();
    let mut two = [0; 2];
    within(accepted.read_exact(&mut two)).await.unwrap();
    let mut buffer = [0; 1456];
    within(accepted.readable()).await.unwrap();
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 3);
    assert_eq!(&buffer[..3], b"rst");
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 6);
}

#[tokio::test]
async fn copying_is_exact_in_every_mode() {
    for mode in
        [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage]
    {
        let mut options = SrtOptions::new();
        options.transmission_mode(mode).receive_buffer_size(1_000_000);
        if mode == TransmissionMode::Live {
            // A busy machine shall not make packets too late.
            options.latency(Duration::from_secs(1)).receive_buffer_size(4_000_000);
        }
        let (mut caller, mut accepted) = pair_with(&options).await;
        let data: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
        // In live mode the sender has to keep to a rate; this is about 20 Mbit/s.
        let pace = (mode == TransmissionMode::Live).then_some(10_000);
        let send = async {
            for part in data.chunks(pace.unwrap_or(data.len())) {
                tokio::io::copy(&mut &part[..], &mut caller).await.unwrap();
                if pace.is_some() {
                    tokio::time::sleep(Duration::from_millis(4)).await;
                }
            }
            caller.shutdown().await.unwrap();
            // The file modes tell an end by closing; reading goes by length here.
            caller
        };
        let receive = async {
            let mut received = vec![0; data.len()];
            accepted.read_exact(&mut received).await.unwrap();
            received
        };
        let (_caller, received) = within(async { tokio::join!(send, receive) }).await;
        assert!(received == data, "{mode:?}");
    }
}

#[tokio::test]
async fn a_receive_into_nothing_leaves_a_stream_of_bytes_as_it_is() {
    let (caller, accepted) = pair_in(TransmissionMode::FileStream).await;
    within(caller.send(b"bytes")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [])).await.unwrap(), 0);
    let mut buffer = [0; 2];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 2);
    assert_eq!(&buffer, b"by");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owned_halves_work_in_different_tasks_and_reunite() {
    let (caller, accepted) = pair().await;
    let (mut read, mut write) = caller.into_split();
    let writer = tokio::spawn(async move {
        write.write_all(&[1; 5000]).await.unwrap();
        write.shutdown().await.unwrap();
        write
    });
    let echo = tokio::spawn(async move {
        let (mut read, mut write) = accepted.into_split();
        let mut buffer = [0; 5000];
        read.read_exact(&mut buffer).await.unwrap();
        write.write_all(&buffer).await.unwrap();
        write.shutdown().await.unwrap();
        read.reunite(write).unwrap()
    });
    let mut echoed = [0; 5000];
    within(read.read_exact(&mut echoed)).await.unwrap();
    assert_eq!(echoed, [1; 5000]);
    let write = within(writer).await.unwrap();
    let caller = write.reunite(read).unwrap();
    let accepted = within(echo).await.unwrap();
    within(caller.send(b"one again")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 9);
}

#[tokio::test]
async fn halves_of_different_streams_do_not_reunite() {
    let (caller, accepted) = pair().await;
    let (caller_read, _caller_write) = caller.into_split();
    let (_accepted_read, accepted_write) = accepted.into_split();
    let error = caller_read.reunite(accepted_write).unwrap_err();
    assert_eq!(error.to_string(), "the halves belong to different streams");
    // Given back in working order.
    let srt_tokio::ReuniteError(read, write) = error;
    assert_ne!(read.local_addr().unwrap(), write.local_addr().unwrap());
}

#[tokio::test]
async fn borrowed_halves_work_at_the_same_time() {
    let (mut caller, accepted) = pair().await;
    let (mut read, mut write) = caller.split();
    let there = async { write.write_all(b"there").await.unwrap() };
    let back = async {
        let mut buffer = [0; 1456];
        let received = accepted.recv(&mut buffer).await.unwrap();
        accepted.send(&buffer[..received]).await.unwrap();
    };
    let read = async {
        let mut buffer = [0; 5];
        read.read_exact(&mut buffer).await.unwrap();
        buffer
    };
    let ((), (), echoed) = within(async { tokio::join!(there, back, read) }).await;
    assert_eq!(&echoed, b"there");
}

#[tokio::test]
async fn a_dropped_half_does_not_close_the_connection() {
    let (caller, accepted) = pair().await;
    let (read, write) = caller.into_split();
    drop(write);
    within(accepted.send(b"still there?")).await.unwrap();
    let mut buffer = [0; 1456];
    assert_eq!(within(read.recv(&mut buffer)).await.unwrap(), 12);
    drop(read);
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
}
