//! Accepting.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FusedStream;
use srt_tokio::{
    Bandwidth, Error, MaxBandwidth, SrtEndpoint, SrtListener, SrtOptions, SrtSocket, SrtStream,
    SrtStreamBuilder, StreamId,
};
use support::pair::{PATIENCE, listen, within};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One edge stands for all the connections that have come since the last look.
///
/// libsrt's CEPoll.HandleEpollEvent2.
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

/// libsrt's TestConnectionAPI.Accept.
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
    assert!(!incoming.is_terminated());
    assert!(within(incoming.next()).await.is_none());
    assert!(incoming.is_terminated());
}

#[tokio::test]
async fn several_may_take_what_is_incoming_and_any_may_go_away() {
    let listener = listen(&SrtOptions::new()).await;
    let (mut stays, mut goes) = (listener.incoming(), listener.incoming());
    let mut waits = tokio_test::task::spawn(stays.next());
    tokio_test::assert_pending!(waits.poll());
    let mut waits_too = tokio_test::task::spawn(goes.next());
    tokio_test::assert_pending!(waits_too.poll());
    drop(waits_too);
    let caller = within(SrtStream::connect(listener.local_addr().unwrap())).await.unwrap();
    within(async {
        while !waits.is_woken() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let accepted = within(waits).await.unwrap().unwrap();
    assert_eq!(accepted.peer_addr().unwrap(), caller.local_addr().unwrap());
}

/// libsrt's ReuseAddr.SameAddr1, SameAddr2 and SameAddrV6.
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
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await;
    assert_eq!(rebound.local_addr().unwrap(), address);
}

#[tokio::test]
async fn options_in_force_can_be_read_until_it_is_closed() {
    let limit = Bandwidth::from_megabits_per_second(20);
    for shards in if cfg!(target_os = "linux") { 1..=2 } else { 1..=1 } {
        let mut builder = SrtListener::builder();
        builder.latency(Duration::from_millis(200)).ip_ttl(7).too_late_drop(false).shards(shards);
        let listener = builder.bind("127.0.0.1:0").await.unwrap();
        assert_eq!(listener.receive_latency().unwrap(), Duration::from_millis(200));
        assert_eq!(listener.peer_latency().unwrap(), Duration::from_millis(200));
        assert_eq!(listener.ip_ttl().unwrap(), Some(7));
        assert!(!listener.too_late_drop().unwrap());
        assert!(listener.drift_tracer().unwrap());
        assert_eq!(listener.max_bandwidth().unwrap(), MaxBandwidth::Unlimited);
        listener.set_max_bandwidth(limit).unwrap();
        assert_eq!(listener.max_bandwidth().unwrap(), MaxBandwidth::Limit(limit));

        listener.close();
        let error = listener.max_bandwidth().unwrap_err();
        assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    }
}

/// TestConnection.Multiple of libsrt's test_many_connections.cpp.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_close_with_data_under_way_leave_the_listener_alone() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let mut builder = SrtStream::builder();
    builder.connect_timeout(PATIENCE);
    let connect = join_all((0..60).map(|_| builder.connect(address)));
    let (callers, accepted) = within(async { tokio::join!(connect, accept(&listener, 60)) }).await;
    let callers: Vec<_> = callers.into_iter().map(Result::unwrap).collect();
    for caller in &callers {
        for _ in 0..100 {
            assert_eq!(caller.try_send(&[0x47; 1316]).unwrap(), 1316);
        }
    }
    drop(callers);

    within(carries_data(&builder, address, &listener)).await;
    // Whatever has come is whole, and then each of them ends.
    for stream in accepted {
        let mut buffer = [0; 1456];
        let mut received = 0;
        while let len @ 1.. = within(stream.recv(&mut buffer)).await.unwrap() {
            assert_eq!(len, 1316);
            received += 1;
        }
        assert!(received <= 100, "{received}");
    }
}

/// As above, with many more callers on one port, and with data under way in both directions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_close_while_both_sides_send_leave_the_listener_alone() {
    const CALLS: usize = 200;

    let listener = SrtListener::builder().backlog(CALLS as u32).bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = SrtOptions::new();
    options.connect_timeout(PATIENCE);
    let endpoint = SrtEndpoint::builder().options(&options).bind("127.0.0.1:0").await;
    let endpoint = endpoint.unwrap();
    let connect = join_all((0..CALLS).map(|_| endpoint.connect(address)));
    let (callers, accepted) =
        within(async { tokio::join!(connect, accept(&listener, CALLS)) }).await;

    let (mut calls, mut answers) = (JoinSet::new(), JoinSet::new());
    let has_data = Arc::new(Semaphore::new(0));
    for caller in callers {
        calls.spawn(exchange(caller.unwrap(), has_data.clone()));
    }
    for stream in accepted {
        answers.spawn(exchange(stream, has_data.clone()));
    }
    // Until data has come on every stream.
    drop(within(has_data.acquire_many(2 * CALLS as u32)).await.unwrap());
    within(calls.shutdown()).await;
    assert_eq!(within(answers.join_all()).await.len(), CALLS);

    let mut builder = SrtStream::builder();
    builder.options(&options);
    within(carries_data(&builder, address, &listener)).await;
}

/// Sends until the peer is gone, or a good while, and tells of the first message that comes.
async fn exchange(stream: SrtStream, has_data: Arc<Semaphore>) {
    let send = async {
        while stream.send(&[0x47; 1316]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let receive = async {
        let mut buffer = [0; 1456];
        if stream.recv(&mut buffer).await.is_ok_and(|len| len > 0) {
            has_data.add_permits(1);
        }
        while stream.recv(&mut buffer).await.is_ok_and(|len| len > 0) {}
    };
    tokio::join!(send, receive);
}

/// Several listeners in one `select!`, which is this library's srt_accept_bond.
#[tokio::test]
async fn one_task_serves_several_listeners() {
    let one = listen(&SrtOptions::new()).await;
    let two = listen(&SrtOptions::new()).await;
    let three = listen(&SrtOptions::new()).await;
    let [first, second, third] = [&one, &two, &three].map(|it| it.local_addr().unwrap());
    let order = [first, second, third, third, second, first];
    let connect = join_all(order.map(SrtStream::connect));
    let serve = async {
        let mut accepted = Vec::new();
        for _ in order {
            accepted.push(tokio::select! {
                stream = one.accept() => stream.unwrap(),
                stream = two.accept() => stream.unwrap(),
                stream = three.accept() => stream.unwrap(),
            });
        }
        accepted
    };
    let (callers, accepted) = within(async { tokio::join!(connect, serve) }).await;
    let ends = |caller: SrtStream| (caller.local_addr().unwrap(), caller.peer_addr().unwrap());
    let callers: BTreeSet<_> = callers.into_iter().map(|caller| ends(caller.unwrap())).collect();
    let accepted = accepted.iter().map(|(stream, peer)| (*peer, stream.local_addr().unwrap()));
    assert_eq!(accepted.collect::<BTreeSet<_>>(), callers);
    assert_eq!(callers.len(), order.len());
}

async fn accept(listener: &SrtListener, count: usize) -> Vec<SrtStream> {
    let mut accepted = Vec::new();
    for _ in 0..count {
        accepted.push(listener.accept().await.unwrap().0);
    }
    accepted
}

/// The next caller gets in and is heard.
async fn carries_data(builder: &SrtStreamBuilder, address: SocketAddr, listener: &SrtListener) {
    let (caller, accepted) = tokio::join!(builder.connect(address), listener.accept());
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    caller.send(b"hello").await.unwrap();
    assert_eq!(accepted.recv(&mut [0; 1456]).await.unwrap(), 5);
}

#[tokio::test]
async fn a_listener_of_a_bound_socket_has_the_options_of_its_builder() {
    let bound = || {
        let socket = SrtSocket::new(SrtOptions::new().peer_idle_timeout(Duration::from_secs(7)));
        let socket = socket.unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket
    };
    let mut builder = SrtListener::builder();
    let listener = builder.latency(Duration::from_millis(250)).listen(bound()).unwrap();
    assert_eq!(listener.receive_latency().unwrap(), Duration::from_millis(250));
    assert_eq!(listener.peer_idle_timeout().unwrap(), Duration::from_secs(7));

    let error = SrtListener::builder().shards(4).listen(bound()).unwrap_err();
    assert!(matches!(Error::from_io(&error), Some(Error::InvalidOption { option: "shards", .. })));
    let error = SrtListener::builder().max_segment_size(1400).listen(bound()).unwrap_err();
    assert!(matches!(Error::from_io(&error), Some(Error::WrongPhase { option: "SRTO_MSS", .. })));
}
