//! Accepting.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::join_all;
use srt_tokio::{SrtListener, SrtOptions, SrtStream, StreamId};
use support::pair::{listen, within};

/// One edge stands for all the connections that have come since the last look.
#[tokio::test]
async fn connections_that_waited_are_all_accepted() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let callers = within(join_all((0..50).map(|_| SrtStream::connect(address)))).await;
    let mut missing: BTreeSet<_> =
        callers.iter().map(|caller| caller.as_ref().unwrap().local_addr().unwrap()).collect();
    assert_eq!(missing.len(), 50);
    // A caller that had to repeat its request would be back if its first connection were closed.
    let mut streams = Vec::new();
    for _ in 0..50 {
        let (stream, peer) = within(listener.accept()).await.unwrap();
        assert!(missing.remove(&peer), "{peer}");
        streams.push(stream);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_accept_and_each_connection_goes_to_one() {
    let listener = Arc::new(listen(&SrtOptions::new()).await);
    let address = listener.local_addr().unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..8 {
        let (listener, sender) = (listener.clone(), sender.clone());
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let _ = sender.send((stream, peer));
            }
        });
    }
    let callers = within(join_all((0..64).map(|_| SrtStream::connect(address)))).await;
    let mut missing: BTreeSet<_> =
        callers.iter().map(|caller| caller.as_ref().unwrap().local_addr().unwrap()).collect();
    let mut streams = Vec::new();
    while !missing.is_empty() {
        let (stream, peer) = within(receiver.recv()).await.unwrap();
        assert!(missing.remove(&peer));
        streams.push(stream);
    }
    listener.close();
}

#[tokio::test]
async fn a_cancelled_accept_takes_no_connection() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut accept = tokio_test::task::spawn(listener.accept());
        tokio_test::assert_pending!(accept.poll());
        let caller = within(SrtStream::connect(address)).await.unwrap();
        drop(accept);
        let (accepted, peer) = within(listener.accept()).await.unwrap();
        assert_eq!(peer, caller.local_addr().unwrap());
        streams.push((caller, accepted));
    }
}

#[tokio::test]
async fn incoming_yields_connections_until_the_listener_is_closed() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let mut incoming = listener.incoming();
    let mut streams = Vec::new();
    for number in 0..3 {
        let id = StreamId::new(format!("stream {number}")).unwrap();
        let mut builder = SrtStream::builder();
        builder.stream_id(id.clone());
        let connect = builder.connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, incoming.next()) }).await;
        let accepted = accepted.unwrap().unwrap();
        assert_eq!(accepted.stream_id(), &id);
        streams.push((caller.unwrap(), accepted));
    }
    listener.close();
    assert!(within(incoming.next()).await.is_none());
}

#[tokio::test]
async fn dropping_a_listener_frees_its_port() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    // libsrt gives up the port a moment after the socket.
    let rebound = within(async {
        loop {
            match SrtListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    assert_eq!(rebound.local_addr().unwrap(), address);
}
