//! Sending what lies in several pieces.

use std::io::IoSlice;

use srt_tokio::{Error, TransmissionMode};
use support::pair::{pair, pair_in, within};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

fn slices(pieces: &[Vec<u8>]) -> Vec<IoSlice<'_>> {
    pieces.iter().map(|piece| IoSlice::new(piece)).collect()
}

#[tokio::test]
async fn pieces_make_one_message() {
    let (caller, accepted) = pair().await;
    let pieces: Vec<Vec<u8>> = (0..7).map(|i| vec![i; 188]).collect();
    assert_eq!(within(caller.send_vectored(&slices(&pieces))).await.unwrap(), 1316);
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1316);
    assert_eq!(buffer[..1316], pieces.concat());
}

#[tokio::test]
async fn pieces_obey_the_limits_of_a_message() {
    let (caller, _accepted) = pair().await;
    let error = within(caller.send_vectored(&[])).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::EmptyMessage));
    for len in [700, 1_000] {
        let pieces = vec![vec![0; len]; 2];
        let error = within(caller.send_vectored(&slices(&pieces))).await.unwrap_err();
        let expected = Error::MessageTooLarge { len: 2 * len, max: 1316 };
        assert_eq!(Error::from_io(&error), Some(&expected));
    }
}

#[tokio::test]
async fn a_message_of_many_packets_may_lie_in_pieces() {
    let (caller, accepted) = pair_in(TransmissionMode::FileMessage).await;
    let pieces: Vec<Vec<u8>> = (0..50).map(|i| vec![i; 5_000]).collect();
    assert_eq!(within(caller.send_vectored(&slices(&pieces))).await.unwrap(), 250_000);
    let mut message = Vec::new();
    assert_eq!(within(accepted.recv_buf(&mut message)).await.unwrap(), 250_000);
    assert_eq!(message, pieces.concat());
}

#[tokio::test]
async fn a_vectored_write_fills_messages() {
    let (mut caller, accepted) = pair().await;
    assert!(caller.is_write_vectored());
    let pieces: Vec<Vec<u8>> = (0..20).map(|i| vec![i; 188]).collect();
    assert_eq!(within(caller.write_vectored(&slices(&pieces))).await.unwrap(), 1316);
    assert_eq!(within(caller.write_vectored(&[])).await.unwrap(), 0);
    let large = [vec![1; 2_000], vec![2; 10]];
    assert_eq!(within(caller.write_vectored(&slices(&large))).await.unwrap(), 1316);
    let mut buffer = [0; 1456];
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1316);
    assert_eq!(buffer[..1316], pieces.concat()[..1316]);
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1316);
    assert_eq!(buffer[..1316], large[0][..1316]);
}

#[tokio::test]
async fn small_pieces_of_a_byte_stream_share_packets() {
    let (caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let (read, mut write) = caller.into_split();
    let pieces: Vec<Vec<u8>> = (0..=255).map(|i| vec![i; 64]).collect();
    let mut rest = &mut slices(&pieces)[..];
    while !rest.is_empty() {
        let written = within(write.write_vectored(rest)).await.unwrap();
        IoSlice::advance_slices(&mut rest, written);
    }
    within(write.shutdown()).await.unwrap();
    let packets = read.stats().unwrap().packets_sent_unique;
    assert!((12..30).contains(&packets), "{packets} packets for 16 KiB");
    within(write.close()).await.unwrap();
    let mut received = Vec::new();
    within(accepted.read_to_end(&mut received)).await.unwrap();
    assert_eq!(received, pieces.concat());
}
