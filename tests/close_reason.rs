//! How connections have ended, as far as it can be known.

use std::time::Duration;

use srt_tokio::{CloseReason, SrtOptions, SrtStream, TransmissionMode};
use support::pair::{pair, pair_in, pair_through_proxy, within};

/// Once libsrt looks for broken sockets to collect, which it does each second, and deletes them a
/// second later.
const UNTIL_COLLECTED: Duration = Duration::from_millis(2500);

const MODES: [TransmissionMode; 3] =
    [TransmissionMode::Live, TransmissionMode::FileStream, TransmissionMode::FileMessage];

/// Receives until nothing comes any more.
async fn to_the_end(stream: &SrtStream) {
    let mut buffer = [0; 1456];
    while within(stream.recv(&mut buffer)).await.is_ok_and(|received| received > 0) {}
}

#[tokio::test]
async fn a_close_is_known_for_what_it_is_on_both_sides() {
    for mode in MODES {
        let (caller, accepted) = pair_in(mode).await;
        assert_eq!((caller.close_reason(), accepted.close_reason()), (None, None));
        within(caller.send(b"last words")).await.unwrap();
        within(caller.close()).await.unwrap();
        assert_eq!(caller.close_reason(), Some(CloseReason::Local));
        to_the_end(&accepted).await;
        assert_eq!(accepted.close_reason(), Some(CloseReason::Peer), "{mode:?}");
        // For good, whatever happens afterwards.
        tokio::time::sleep(UNTIL_COLLECTED).await;
        within(accepted.close()).await.unwrap();
        assert_eq!(accepted.close_reason(), Some(CloseReason::Peer));
        assert_eq!(caller.close_reason(), Some(CloseReason::Local));
    }
}

/// libsrt's CEPoll.NotifyConnectionBreak.
#[tokio::test]
async fn a_drop_is_a_close_by_the_peer() {
    let (caller, accepted) = pair().await;
    drop(accepted);
    to_the_end(&caller).await;
    assert_eq!(caller.close_reason(), Some(CloseReason::Peer));
}

#[tokio::test]
async fn the_reason_is_known_while_the_last_messages_are_still_to_come() {
    let (caller, accepted) = pair().await;
    within(caller.send(b"first")).await.unwrap();
    within(accepted.recv(&mut [0; 1456])).await.unwrap();
    within(caller.send(b"last")).await.unwrap();
    within(caller.acknowledged()).await.unwrap();
    within(caller.close_within(Duration::ZERO)).await.unwrap();
    within(async {
        while accepted.close_reason().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(accepted.close_reason(), Some(CloseReason::Peer));
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 4);
}

/// The sender's data goes unanswered, and the receiver's acknowledgements do, unless the last of them
/// was answered just before.
#[tokio::test]
async fn a_peer_that_is_cut_off_while_data_flows_has_timed_out() {
    for mode in [TransmissionMode::Live, TransmissionMode::FileMessage] {
        let options = SrtOptions::new().transmission_mode(mode).clone();
        let (proxy, caller, accepted) = pair_through_proxy(&options).await;
        let send = async {
            let mut interval = tokio::time::interval(Duration::from_millis(5));
            for count in 0_u32.. {
                interval.tick().await;
                if count == 100 {
                    proxy.cut();
                }
                if caller.send(&[7; 1000]).await.is_err() {
                    break;
                }
            }
        };
        let receive = to_the_end(&accepted);
        within(async { tokio::join!(send, receive) }).await;
        assert_eq!(caller.close_reason(), Some(CloseReason::TimedOut), "{mode:?}");
        let reason = accepted.close_reason();
        assert!(
            matches!(reason, Some(CloseReason::TimedOut | CloseReason::Unknown)),
            "{mode:?}: {reason:?}"
        );
    }
}

/// It may as well have closed: whether it was silent before, libsrt does not tell.
#[tokio::test]
async fn a_peer_that_is_cut_off_while_nothing_flows_is_lost_for_an_unknown_reason() {
    let options = SrtOptions::new().peer_idle_timeout(Duration::from_millis(500)).clone();
    let (proxy, caller, accepted) = pair_through_proxy(&options).await;
    proxy.cut();
    let ends = async { tokio::join!(to_the_end(&caller), to_the_end(&accepted)) };
    within(ends).await;
    assert_eq!(caller.close_reason(), Some(CloseReason::Unknown));
    assert_eq!(accepted.close_reason(), Some(CloseReason::Unknown));
    assert_eq!(CloseReason::Unknown.to_string(), "broken for an unknown reason");
}

#[tokio::test]
async fn what_is_accepted_after_the_caller_has_closed_was_closed_by_the_peer() {
    let options = SrtOptions::new().peer_idle_timeout(Duration::from_millis(500)).clone();
    let listener = support::pair::listen(&options).await;
    let caller = within(SrtStream::connect(listener.local_addr().unwrap())).await.unwrap();
    // What has nothing to be received is not accepted any more with libsrt 1.5.5.
    within(caller.send(b"gone")).await.unwrap();
    within(caller.acknowledged()).await.unwrap();
    within(caller.close_within(Duration::ZERO)).await.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    to_the_end(&accepted).await;
    // Longer than any silence that libsrt takes for the end.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(accepted.close_reason(), Some(CloseReason::Peer));
}
