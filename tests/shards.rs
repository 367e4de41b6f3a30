//! Listeners with several UDP sockets.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{join_all, poll_fn};
use srt_tokio::{CpuSet, Error, SrtEndpoint, SrtListener, SrtOptions, SrtSocket, SrtStream};
use support::pair::{PATIENCE, within};

const SHARDS: usize = 4;
/// Enough that no shard gets none.
const CALLERS: usize = 64;

async fn sharded() -> SrtListener {
    SrtListener::builder().shards(SHARDS).bind("127.0.0.1:0").await.unwrap()
}

async fn callers(address: SocketAddr, count: usize) -> Vec<SrtStream> {
    let callers = within(join_all((0..count).map(|_| SrtStream::connect(address)))).await;
    callers.into_iter().map(Result::unwrap).collect()
}

fn addresses(callers: &[SrtStream]) -> BTreeSet<SocketAddr> {
    let addresses: BTreeSet<_> =
        callers.iter().map(|caller| caller.local_addr().unwrap()).collect();
    assert_eq!(addresses.len(), callers.len());
    addresses
}

#[tokio::test]
async fn every_connection_is_accepted_once_whatever_its_shard() {
    let listener = sharded().await;
    let callers = callers(listener.local_addr().unwrap(), CALLERS).await;
    let mut missing = addresses(&callers);
    let mut accepted = Vec::new();
    for _ in 0..CALLERS {
        let (stream, peer) = within(listener.accept()).await.unwrap();
        assert_eq!(stream.local_addr().unwrap(), listener.local_addr().unwrap());
        assert!(missing.remove(&peer));
        accepted.push(stream);
    }
    for caller in &callers {
        let own = caller.local_addr().unwrap();
        within(caller.send(own.to_string().as_bytes())).await.unwrap();
    }
    for stream in &accepted {
        let mut buffer = [0; 1456];
        let received = within(stream.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], stream.peer_addr().unwrap().to_string().as_bytes());
    }
}

#[tokio::test]
async fn a_stream_tells_which_shard_has_taken_it() {
    let listener = sharded().await;
    let address = listener.local_addr().unwrap();
    let callers = callers(address, CALLERS).await;
    assert!(callers.iter().all(|caller| caller.shard().is_none()));
    let mut streams = Vec::new();
    // In both ways to accept.
    while streams.len() < CALLERS / 2 {
        streams.push(within(listener.accept()).await.unwrap().0);
    }
    let mut incoming = listener.incoming();
    while streams.len() < CALLERS {
        streams.push(within(incoming.next()).await.unwrap().unwrap());
    }
    let shards: BTreeSet<_> = streams.iter().map(|stream| stream.shard().unwrap()).collect();
    assert_eq!(shards, (0..SHARDS).collect());

    // The kernel goes by the addresses and ports, which calls from one port have in common.
    let endpoint = SrtEndpoint::bind("127.0.0.1:0").await.unwrap();
    let mut shards = BTreeSet::new();
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(within(endpoint.connect(address)).await.unwrap());
        let (accepted, _) = within(listener.accept()).await.unwrap();
        shards.insert(accepted.shard().unwrap());
        open.push(accepted);
    }
    assert_eq!(shards.len(), 1, "{shards:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_accept_and_each_connection_goes_to_one() {
    let listener = Arc::new(sharded().await);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (listener, sender) = (listener.clone(), sender.clone());
            tokio::spawn(async move {
                loop {
                    match listener.accept().await {
                        Ok(accepted) => sender.send(accepted).unwrap(),
                        Err(error) => break error,
                    }
                }
            })
        })
        .collect();
    let callers = callers(listener.local_addr().unwrap(), CALLERS).await;
    let mut missing = addresses(&callers);
    let mut streams = Vec::new();
    while !missing.is_empty() {
        let (stream, peer) = within(receiver.recv()).await.unwrap();
        assert!(missing.remove(&peer));
        streams.push(stream);
    }
    listener.close();
    for task in tasks {
        let error = within(task).await.unwrap();
        assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    }
}

#[tokio::test]
async fn a_cancelled_accept_takes_no_connection() {
    let listener = sharded().await;
    let address = listener.local_addr().unwrap();
    for _ in 0..20 {
        let mut accept = tokio_test::task::spawn(listener.accept());
        tokio_test::assert_pending!(accept.poll());
        let caller = within(SrtStream::connect(address)).await.unwrap();
        drop(accept);
        assert_eq!(within(listener.accept()).await.unwrap().1, caller.local_addr().unwrap());
    }
}

#[tokio::test]
async fn a_waiting_accept_is_woken_by_any_shard() {
    let listener = sharded().await;
    let address = listener.local_addr().unwrap();
    for round in 0..20 {
        // In both ways to wait.
        let accept = async {
            match round % 2 {
                0 => listener.accept().await,
                _ => poll_fn(|cx| listener.poll_accept(cx)).await,
            }
        };
        let mut accept = tokio_test::task::spawn(accept);
        tokio_test::assert_pending!(accept.poll());
        let caller = within(SrtStream::connect(address)).await.unwrap();
        let (_, peer) = within(accept).await.unwrap();
        assert_eq!(peer, caller.local_addr().unwrap());
    }
}

#[tokio::test]
async fn incoming_yields_connections_until_the_listener_is_closed() {
    let listener = sharded().await;
    let callers = callers(listener.local_addr().unwrap(), 16).await;
    let mut missing = addresses(&callers);
    let mut incoming = listener.incoming();
    while !missing.is_empty() {
        let stream = within(incoming.next()).await.unwrap().unwrap();
        assert!(missing.remove(&stream.peer_addr().unwrap()));
    }
    listener.close();
    assert!(within(incoming.next()).await.is_none());
}

#[tokio::test]
async fn the_port_belongs_to_the_listener_alone() {
    let listener = sharded().await;
    let address = listener.local_addr().unwrap();
    let in_use = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}");
    in_use(SrtListener::builder().shards(2).bind(address).await.unwrap_err());
    in_use(SrtListener::bind(address).await.unwrap_err());
    in_use(SrtEndpoint::bind(address).await.unwrap_err());
    in_use(SrtSocket::new(&SrtOptions::new()).unwrap().bind(address).unwrap_err());
    in_use(std::net::UdpSocket::bind(address).unwrap_err());
    // Nor does it come to a port that is somebody's.
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let plain = SrtListener::bind("127.0.0.1:0").await.unwrap();
    for taken in [udp.local_addr().unwrap(), plain.local_addr().unwrap()] {
        in_use(SrtListener::builder().shards(2).bind(taken).await.unwrap_err());
    }
}

#[tokio::test]
async fn the_port_is_free_again_once_listener_and_connections_are_gone() {
    let listener = sharded().await;
    let address = listener.local_addr().unwrap();
    let callers = callers(address, 1).await;
    let (accepted, _) = within(listener.accept()).await.unwrap();
    // Closing is enough for the listener to give it up.
    listener.close();
    let mut builder = SrtListener::builder();
    builder.shards(SHARDS);
    assert_eq!(builder.bind(address).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    drop(accepted);
    let rebound = within(async {
        loop {
            match builder.bind(address).await {
                Ok(listener) => break listener,
                // libsrt gives up the port a moment after the sockets.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    assert_eq!(rebound.await.local_addr().unwrap(), address);
    drop((listener, callers));
}

#[tokio::test]
async fn shards_at_the_ipv6_wildcard_take_both_families() {
    let listener = SrtListener::builder().shards(2).bind((Ipv6Addr::UNSPECIFIED, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()] {
        let address: SocketAddr = address;
        let (caller, accepted) =
            within(async { tokio::join!(SrtStream::connect(address), listener.accept()) }).await;
        let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
        within(caller.send(b"hello")).await.unwrap();
        assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 5);
    }

    let mut builder = SrtListener::builder();
    builder.shards(2).ipv6_only(true);
    // The port is then free for the other family, unless another process has it.
    let mut attempts = 0;
    loop {
        let only = builder.bind((Ipv6Addr::UNSPECIFIED, 0)).await.unwrap();
        let port = only.local_addr().unwrap().port();
        match SrtListener::builder().shards(2).bind((Ipv4Addr::UNSPECIFIED, port)).await {
            Ok(four) => return assert_eq!(four.local_addr().unwrap().port(), port),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse),
        }
        attempts += 1;
        assert!(attempts < 20, "no port can be had by both");
    }
}

#[tokio::test]
async fn impossible_shards_are_refused() {
    let mut builder = SrtListener::builder();
    let invalid = |error: io::Error, setting| match Error::from_io(&error) {
        Some(Error::InvalidOption { option, .. }) => assert_eq!(*option, setting),
        _ => panic!("{error:?}"),
    };
    invalid(builder.shards(0).bind("127.0.0.1:0").await.unwrap_err(), "shards");
    builder.shards(2).pin_shards([CpuSet::from(0), CpuSet::default()]);
    invalid(builder.bind("127.0.0.1:0").await.unwrap_err(), "pin_shards");
    invalid(
        SrtListener::builder()
            .shards(2)
            .payload_size(100_000)
            .bind("127.0.0.1:0")
            .await
            .unwrap_err(),
        "SRTO_PAYLOADSIZE",
    );
    // There is no such machine yet.
    builder.pin_shards([CpuSet::from(u16::MAX)]);
    let error = builder.bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
    let error = CpuSet::numa_node(u32::MAX).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_bind_that_is_given_up_leaves_nothing_bound() {
    let address = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cpus = CpuSet::from_iter(0..u16::MAX);
    let mut builder = SrtListener::builder();
    builder.shards(2).pin_shards([cpus]);
    let bind = async { builder.bind(address).await };
    // It waits for the thread that binds, or that one has been very quick.
    let mut bind = tokio_test::task::spawn(bind);
    let bound = bind.poll();
    drop((bind, bound));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while std::net::UdpSocket::bind(address).is_err() {
        assert!(tokio::time::Instant::now() < deadline, "the port is still bound");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
