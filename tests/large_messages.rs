//! Messages that need most of the send buffer. The figures are of the whole process, so there is one
//! test in this binary.

use srt_tokio::{SrtOptions, TransmissionMode};
use support::pair::{pair_with, within};

/// libsrt reports such a socket as writable all the while, so no event ever tells that there is
/// room for the whole message.
#[tokio::test]
async fn a_message_that_needs_more_room_than_there_is_waits_and_is_sent() {
    let options = SrtOptions::new()
        .transmission_mode(TransmissionMode::FileMessage)
        .send_buffer_size(3_000_000)
        .receive_buffer_size(12_000_000)
        .clone();
    let (caller, accepted) = pair_with(&options).await;
    let send = async {
        for number in 0..12_u8 {
            caller.send(&vec![number; 1_000_000]).await.unwrap();
        }
    };
    let receive = async {
        let mut buffer = vec![0; 1_000_000];
        for number in 0..12_u8 {
            assert_eq!(accepted.recv(&mut buffer).await.unwrap(), 1_000_000);
            assert!(buffer.iter().all(|&byte| byte == number));
        }
    };
    within(async { tokio::join!(send, receive) }).await;
    // Without them the sender would have been saved by the repair of lost events, if at all.
    assert!(srt_tokio::reactor_metrics().retries > 0);
}
