//! A caller that connects again.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use futures::StreamExt;
use srt_tokio::{
    Backoff, Error, Passphrase, Reconnect, ReconnectState, RejectReason, SrtListener, SrtOptions,
    SrtStream, SrtStreamBuilder,
};
use support::pair::{PATIENCE, listen, within};

/// Long enough to see that nothing waits for it.
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_listener_that_comes_late_is_found() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    // Where somebody answers it may take its time.
    let mut attempts = 0;
    let connect = move || {
        attempts += 1;
        let timeout = if attempts < 3 { Duration::from_millis(300) } else { PATIENCE };
        let builder = SrtStream::builder().connect_timeout(timeout).clone();
        async move { builder.connect(address).await }
    };
    let mut reconnect = Reconnect::with(connect).backoff(quick());
    for attempt in 1..3 {
        expect_connecting(&mut reconnect, attempt).await;
        match within(reconnect.next_state()).await {
            Some(ReconnectState::Waiting { delay, error: Some(error) }) => {
                assert!(delay <= Duration::from_millis(10), "{delay:?}");
                assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
            }
            state => panic!("{state:?}"),
        }
    }
    drop(silent);
    let listener = SrtListener::bind(address).await.unwrap();
    expect_connecting(&mut reconnect, 3).await;
    let (state, accepted) =
        within(async { tokio::join!(reconnect.next_state(), listener.accept()) }).await;
    let Some(ReconnectState::Connected(stream)) = state else { panic!("{state:?}") };
    let (accepted, _) = accepted.unwrap();
    within(stream.send(b"there you are")).await.unwrap();
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 13);
}

#[tokio::test]
async fn a_wrong_passphrase_ends_it_at_once() {
    let (_listener, address) = guarded().await;
    let builder = stranger();
    let mut states: Vec<_> = within(Reconnect::new(&builder, address).collect()).await;
    let Some(ReconnectState::GivenUp { error }) = states.pop() else { panic!("{states:?}") };
    let reason = Error::Rejected(RejectReason::BadSecret);
    assert_eq!(Error::from_io(&error), Some(&reason));
    assert!(matches!(states[..], [ReconnectState::Connecting { attempt: 1 }]), "{states:?}");

    let mut reconnect = Reconnect::new(&builder, address);
    // The second call begins anew rather than go on with nothing.
    for _ in 0..2 {
        let error = within(reconnect.connect()).await.unwrap_err();
        assert_eq!(Error::from_io(&error), Some(&reason));
    }
    assert!(within(reconnect.next_state()).await.is_none());
}

#[tokio::test]
async fn what_is_worth_another_attempt_is_for_the_program_to_say() {
    let (_listener, address) = guarded().await;
    let reconnect = Reconnect::new(&stranger(), address)
        .backoff(quick())
        .max_attempts(3)
        .retry_if(|error| Error::from_io(error).is_some());
    let states: Vec<_> = within(reconnect.collect()).await;
    assert!(
        matches!(
            states[..],
            [
                ReconnectState::Connecting { attempt: 1 },
                ReconnectState::Waiting { error: Some(_), .. },
                ReconnectState::Connecting { attempt: 2 },
                ReconnectState::Waiting { error: Some(_), .. },
                ReconnectState::Connecting { attempt: 3 },
                ReconnectState::GivenUp { .. },
            ]
        ),
        "{states:?}"
    );
}

#[tokio::test]
async fn the_next_connection_comes_at_once_after_one_that_lasted() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let mut reconnect = Reconnect::new(&SrtStream::builder(), address)
        .backoff(Backoff::new().initial(NEVER).max(NEVER))
        .stable_after(Duration::ZERO);
    for _ in 0..3 {
        let (stream, accepted) =
            within(async { tokio::join!(reconnect.connect(), listener.accept()) }).await;
        drop((stream.unwrap(), accepted.unwrap()));
    }
}

#[tokio::test]
async fn after_a_connection_that_did_not_last_it_waits() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let mut reconnect = Reconnect::new(&SrtStream::builder(), address)
        .backoff(quick().factor(3.0))
        .stable_after(NEVER);
    for round in 0..3 {
        if round > 0 {
            match within(reconnect.next_state()).await {
                Some(ReconnectState::Waiting { delay, error: None }) => {
                    assert_eq!(delay, Duration::from_millis([0, 1, 3][round]));
                }
                state => panic!("{state:?}"),
            }
        }
        expect_connecting(&mut reconnect, round as u32 + 1).await;
        expect_connected(&mut reconnect, &listener).await;
    }
}

/// A listener that accepts everybody and then hangs up.
#[tokio::test]
async fn connections_that_do_not_last_use_up_attempts_and_time() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let reconnect =
        || Reconnect::new(&SrtStream::builder(), address).backoff(quick()).stable_after(NEVER);
    let mut few = reconnect().max_attempts(3);
    for attempt in 1..=3 {
        expect_connecting(&mut few, attempt).await;
        expect_connected(&mut few, &listener).await;
        if attempt < 3 {
            let state = within(few.next_state()).await;
            assert!(
                matches!(state, Some(ReconnectState::Waiting { error: None, .. })),
                "{state:?}"
            );
        }
    }
    expect_given_up(&mut few).await;

    let mut short = reconnect().backoff(Backoff::new().initial(NEVER).max(NEVER));
    short = short.give_up_after(Duration::from_secs(60));
    expect_connecting(&mut short, 1).await;
    expect_connected(&mut short, &listener).await;
    expect_given_up(&mut short).await;
}

#[tokio::test]
async fn only_a_connection_that_lasted_sets_the_delays_back() {
    for (stable_after, expected) in [(Duration::ZERO, [1, 2, 1, 2]), (NEVER, [1, 2, 4, 8])] {
        let listener = listen(&SrtOptions::new()).await;
        let address = listener.local_addr().unwrap();
        let mut attempts = 0;
        let connect = move || {
            attempts += 1;
            async move {
                match attempts {
                    3 => SrtStream::connect(address).await,
                    _ => Err(Error::ConnectTimedOut.into()),
                }
            }
        };
        let mut reconnect =
            Reconnect::with(connect).backoff(quick().factor(2.0)).stable_after(stable_after);
        let mut delays = Vec::new();
        while delays.len() < expected.len() {
            let state = within(reconnect.next_state()).await;
            if let Some(ReconnectState::Waiting { delay, .. }) = state {
                delays.push(delay.as_millis());
            }
        }
        assert_eq!(delays, expected);
    }
}

async fn expect_connecting(reconnect: &mut Reconnect, number: u32) {
    match within(reconnect.next_state()).await {
        Some(ReconnectState::Connecting { attempt }) => assert_eq!(attempt, number),
        state => panic!("{state:?}"),
    }
}

/// The attempt under way succeeds, but what it makes does not last.
async fn expect_connected(reconnect: &mut Reconnect, listener: &SrtListener) {
    let (state, accepted) =
        within(async { tokio::join!(reconnect.next_state(), listener.accept()) }).await;
    assert!(matches!(state, Some(ReconnectState::Connected(_))), "{state:?}");
    drop((state, accepted.unwrap()));
}

async fn expect_given_up(reconnect: &mut Reconnect) {
    match within(reconnect.next_state()).await {
        Some(ReconnectState::GivenUp { error }) => {
            assert_eq!(Error::from_io(&error), Some(&Error::ConnectionLost));
        }
        state => panic!("{state:?}"),
    }
}

fn quick() -> Backoff {
    Backoff::new().initial(Duration::from_millis(1)).max(Duration::from_millis(10)).jitter(0.0)
}

/// A listener that wants a passphrase.
async fn guarded() -> (SrtListener, SocketAddr) {
    let passphrase = Passphrase::new("open sesame").unwrap();
    let listener = listen(SrtOptions::new().passphrase(passphrase)).await;
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A caller with another one.
fn stranger() -> SrtStreamBuilder {
    let mut builder = SrtStream::builder();
    builder.passphrase(Passphrase::new("open barley").unwrap());
    builder
}
