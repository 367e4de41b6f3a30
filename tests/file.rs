//! Files as streams of bytes.

use std::io::Write;

use srt_tokio::{SrtOptions, TransmissionMode};
use support::pair::{pair_in, pair_with, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn content(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i ^ (i >> 9) ^ (i >> 17)) as u8).collect()
}

/// FileUpload of libsrt's test_file_transmission.cpp.
#[tokio::test]
async fn seven_send_buffers_arrive_as_they_are_and_the_end_is_0() {
    const SEND_BUFFER: usize = 1_500_000;

    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileStream)
        .send_buffer_size(SEND_BUFFER)
        .clone();
    let (caller, accepted) = pair_with(&options).await;
    let sent = content(7 * SEND_BUFFER);
    let send = async {
        for part in sent.chunks(1456) {
            let mut rest = part;
            while !rest.is_empty() {
                rest = &rest[caller.send(rest).await.unwrap()..];
            }
        }
        // With much of it still to be sent.
        caller.close().await.unwrap();
    };
    let receive = async {
        let mut received = Vec::with_capacity(sent.len());
        let mut buffer = [0; 1456];
        loop {
            match accepted.recv(&mut buffer).await.unwrap() {
                0 => break received,
                len => received.extend_from_slice(&buffer[..len]),
            }
        }
    };
    let ((), received) = within(async { tokio::join!(send, receive) }).await;
    assert!(received == sent, "{} bytes of {}, or different ones", received.len(), sent.len());
}

#[tokio::test]
async fn a_file_is_copied_to_a_file() {
    let sent = content(5_000_000);
    let mut source = tempfile::NamedTempFile::new().unwrap();
    source.write_all(&sent).unwrap();
    let target = tempfile::NamedTempFile::new().unwrap();
    let (mut caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let send = async {
        let mut file = tokio::fs::File::open(source.path()).await.unwrap();
        let copied = tokio::io::copy(&mut file, &mut caller).await.unwrap();
        caller.close().await.unwrap();
        copied
    };
    let receive = async {
        let mut file = tokio::fs::File::create(target.path()).await.unwrap();
        let copied = tokio::io::copy(&mut accepted, &mut file).await.unwrap();
        file.flush().await.unwrap();
        copied
    };
    let (sent_len, received_len) = within(async { tokio::join!(send, receive) }).await;
    assert_eq!((sent_len, received_len), (sent.len() as u64, sent.len() as u64));
    assert!(std::fs::read(target.path()).unwrap() == sent);
}

/// ReadFractional of libsrt's test_buffer_rcv.cpp, from one end to the other.
#[tokio::test]
async fn bytes_are_read_in_pieces_of_any_size() {
    let (caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let sent = content(10_000);
    for part in sent.chunks(1456) {
        assert_eq!(within(caller.send(part)).await.unwrap(), part.len());
    }
    let mut received = Vec::new();
    for size in [1, 2, 728, 1455, 1457, 3000].into_iter().cycle() {
        if received.len() == sent.len() {
            break;
        }
        let mut piece = vec![0; size.min(sent.len() - received.len())];
        within(accepted.read_exact(&mut piece)).await.unwrap();
        received.extend(piece);
    }
    assert_eq!(received, sent);
}
