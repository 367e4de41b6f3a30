//! Who gets in, and what those are told who do not.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use srt_tokio::{
    Error, Passphrase, RejectReason, SrtListener, SrtOptions, SrtSocket, SrtStream, StreamId,
};
use support::programs::within_deadline;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const CALLERS: usize = 60;

#[tokio::test]
async fn a_caller_without_the_right_passphrase_is_told_why() {
    for (caller, listener, reason) in [
        (Some("correct-horse"), Some("battery-staple"), RejectReason::BadSecret),
        (Some("correct-horse"), None, RejectReason::Unsecure),
        (None, Some("battery-staple"), RejectReason::Unsecure),
    ] {
        let listener = bind(&options(listener), 1).await;
        let connected = SrtStream::builder()
            .options(&options(caller))
            .connect(listener.local_addr().unwrap())
            .await;
        assert_eq!(error(connected), Error::Rejected(reason));
        assert!(listener.accept().now_or_never().is_none());
    }
}

#[tokio::test]
async fn at_a_rendezvous_the_side_that_notices_different_passphrases_says_so() {
    for (ours, theirs, reason) in [
        (Some("correct-horse"), Some("battery-staple"), RejectReason::BadSecret),
        (Some("correct-horse"), None, RejectReason::Unsecure),
        (None, Some("battery-staple"), RejectReason::Unsecure),
    ] {
        let (ours, our_address) = bound(ours);
        let (theirs, their_address) = bound(theirs);
        let both =
            async { tokio::join!(ours.rendezvous(their_address), theirs.rendezvous(our_address)) };
        let (ours, theirs) = within_deadline("rendezvous", both).await;
        let told = [error(ours), error(theirs)];
        // Which of the two it is, is a matter of chance. Its libsrt can only send a shutdown, and
        // that of the other takes this for no answer: it waits until its time is over.
        let reason = Error::Rejected(reason);
        assert!(told.contains(&reason), "{told:?}");
        for error in told {
            let shutdown = Error::Rejected(RejectReason::Rogue);
            let lost = Error::ConnectTimedOut;
            assert!([&reason, &shutdown, &lost].contains(&&error), "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_callers_at_once_all_get_in_and_none_is_taken_for_another() {
    const MESSAGES: usize = 10;
    let listener = bind(&SrtOptions::new(), 2 * CALLERS as u32).await;
    let address = listener.local_addr().unwrap();

    let calls = (0..CALLERS).map(|caller| async move {
        let stream = call(address, &format!("caller {caller}")).await.unwrap();
        for message in 0..MESSAGES {
            let message = format!("caller {caller}, message {message}");
            stream.send(message.as_bytes()).await.unwrap();
        }
        // Stays until all have been heard.
        stream
    });
    let receptions = (0..CALLERS).map(|_| async {
        let (stream, _) = listener.accept().await.unwrap();
        let id = stream.stream_id().to_string();
        for message in 0..MESSAGES {
            let mut buffer = [0; 1456];
            let received = stream.recv(&mut buffer).await.unwrap();
            let received = String::from_utf8_lossy(&buffer[..received]);
            assert_eq!(received, format!("{id}, message {message}"));
        }
        id
    });

    let both = async { tokio::join!(join_all(calls), join_all(receptions)) };
    let (_callers, heard) = within_deadline("sixty callers", both).await;
    let heard: HashSet<_> = heard.into_iter().collect();
    assert_eq!(heard.len(), CALLERS);
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn callers_beyond_the_backlog_are_told_so() {
    const BACKLOG: usize = 20;
    let listener = bind(&SrtOptions::new(), BACKLOG as u32).await;
    let address = listener.local_addr().unwrap();

    let calls = join_all((0..CALLERS).map(|_| call(address, "")));
    let calls = within_deadline("sixty callers", calls).await;
    let (waiting, turned_away): (Vec<_>, Vec<_>) = calls.into_iter().partition(Result::is_ok);
    assert_eq!(waiting.len(), BACKLOG);
    for call in turned_away {
        assert_eq!(error(call), Error::Rejected(RejectReason::Backlog));
    }

    let waiting: Vec<_> = waiting.into_iter().map(Result::unwrap).collect();
    let mut accepted = HashSet::new();
    for _ in 0..BACKLOG {
        let (_, peer) = within_deadline("accept", listener.accept()).await.unwrap();
        accepted.insert(peer);
    }
    assert_eq!(accepted, waiting.iter().map(|stream| stream.local_addr().unwrap()).collect());
    assert!(listener.accept().now_or_never().is_none());
}

async fn bind(options: &SrtOptions, backlog: u32) -> SrtListener {
    SrtListener::builder().options(options).backlog(backlog).bind(LOOPBACK).await.unwrap()
}

async fn call(address: SocketAddr, stream_id: &str) -> io::Result<SrtStream> {
    SrtStream::builder()
        // So many at once take their time on a small machine.
        .connect_timeout(Duration::from_secs(10))
        .latency(Duration::from_millis(500))
        .stream_id(StreamId::new(stream_id).unwrap())
        .connect(address)
        .await
}

/// A socket for a rendezvous.
fn bound(passphrase: Option<&str>) -> (SrtSocket, SocketAddr) {
    let mut options = options(passphrase);
    // A rendezvous waits ten times as long.
    options.connect_timeout(Duration::from_millis(100));
    let socket = SrtSocket::new(&options).unwrap();
    socket.bind(LOOPBACK).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn options(passphrase: Option<&str>) -> SrtOptions {
    let mut options = SrtOptions::new();
    if let Some(passphrase) = passphrase {
        options.passphrase(Passphrase::new(passphrase).unwrap());
    }
    options
}

#[track_caller]
fn error(connected: io::Result<SrtStream>) -> Error {
    let error = connected.expect_err("it must not get in");
    Error::from_io(&error).expect("a typed error").clone()
}
