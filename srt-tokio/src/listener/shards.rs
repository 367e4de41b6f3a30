//! Several UDP sockets on one port.

#[cfg(not(target_os = "linux"))]
pub(super) use self::lacking::bind;
#[cfg(target_os = "linux")]
pub(super) use self::reuse_port::bind;

#[cfg(target_os = "linux")]
mod reuse_port {
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::thread;

    use socket2::Socket;
    use tokio::sync::oneshot;

    use crate::cpu_set::CpuSet;
    use crate::options::SrtOptions;
    use crate::socket::SrtSocket;
    use crate::sys;

    /// Binds `count` sockets to `address`, each with a UDP socket of its own.
    pub(in super::super) async fn bind(
        options: &SrtOptions,
        address: SocketAddr,
        count: usize,
        pins: &[CpuSet],
    ) -> io::Result<Vec<SrtSocket>> {
        let udp = udp_sockets(address, count, options.is_ipv6_only())?;
        // The kernel shares out packets among the sockets that are there. If libsrt closed one, with
        // the last connection of its shard, those of other shards would go astray. So all of them
        // live on here until nothing is left of the listener.
        let group: Vec<Socket> = udp.iter().map(Socket::try_clone).collect::<io::Result<_>>()?;
        let group = Arc::new(group);
        let mut shards = Vec::with_capacity(count);
        for udp in udp {
            let socket = SrtSocket::new(options)?;
            socket.keep(group.clone());
            shards.push((socket, udp));
        }
        if pins.is_empty() {
            return acquire(shards, pins);
        }
        // libsrt's threads inherit the CPUs of the one that makes them. One of its own lends them
        // here, so that no other thread ever leaves its CPUs.
        let (sender, receiver) = oneshot::channel();
        let pins = pins.to_vec();
        thread::Builder::new().name("srt-bind".into()).spawn(move || {
            // If nobody wants them any more, they are closed here.
            let _ = sender.send(acquire(shards, &pins));
        })?;
        receiver.await.map_err(io::Error::other)?
    }

    fn acquire(shards: Vec<(SrtSocket, Socket)>, pins: &[CpuSet]) -> io::Result<Vec<SrtSocket>> {
        let mut pins = pins.iter().cycle();
        let mut bound = Vec::with_capacity(shards.len());
        for (socket, udp) in shards {
            if let Some(cpus) = pins.next() {
                sys::pin_thread(cpus)?;
            }
            socket.bind_shard(udp)?;
            bound.push(socket);
        }
        Ok(bound)
    }

    fn udp_sockets(address: SocketAddr, count: usize, ipv6_only: bool) -> io::Result<Vec<Socket>> {
        let unbound = || sys::udp_socket(address, Some(ipv6_only));
        // The first one is bound before it can share. It thus meets no other listener's sockets,
        // which would share their callers with it, and in turn have their connections torn apart.
        let first = unbound()?;
        first.bind(&address.into())?;
        first.set_reuse_port(true)?;
        let bound = first.local_addr()?;
        let mut sockets = vec![first];
        while sockets.len() < count {
            let socket = unbound()?;
            socket.set_reuse_port(true)?;
            socket.bind(&bound)?;
            sockets.push(socket);
        }
        Ok(sockets)
    }
}

/// Other systems either lack `SO_REUSEPORT` or do not share out packets among its sockets.
#[cfg(not(target_os = "linux"))]
mod lacking {
    use std::io;
    use std::net::SocketAddr;

    use crate::cpu_set::CpuSet;
    use crate::error::Error;
    use crate::options::SrtOptions;
    use crate::socket::SrtSocket;

    pub(in super::super) async fn bind(
        _options: &SrtOptions,
        _address: SocketAddr,
        _count: usize,
        _pins: &[CpuSet],
    ) -> io::Result<Vec<SrtSocket>> {
        let feature = "a listener with several or pinned shards";
        Err(Error::Unsupported { feature, needs: "Linux" }.into())
    }
}

#[cfg(all(test, target_os = "linux", not(srt_loom)))]
mod tests {
    use std::task::Poll;
    use std::time::Duration;

    use futures::future::join_all;
    use tokio::time::timeout;

    use crate::error::Error;
    use crate::listener::SrtListener;
    use crate::reactor::Direction;
    use crate::stream::SrtStream;

    #[tokio::test]
    async fn every_shard_gets_connections() {
        let listener = SrtListener::builder().shards(4).bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _callers = join_all((0..64).map(|_| SrtStream::connect(address))).await;
        let mut accepted = [0; 4];
        let all = async {
            while accepted.iter().sum::<usize>() < 64 {
                for (index, shard) in listener.shards.iter().enumerate() {
                    let accept = |ready| listener.try_accept(index, ready);
                    while let Ok((stream, _)) = shard.try_io(Direction::Read, accept) {
                        assert_eq!(stream.shard(), Some(index));
                        accepted[index] += 1;
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), all).await.expect("some caller is not accepted");
        assert!(!accepted.contains(&0), "a shard has no connection: {accepted:?}");
    }

    #[tokio::test]
    async fn each_shard_has_its_turn() {
        let listener = SrtListener::builder().shards(3).bind("127.0.0.1:0").await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..5 {
            let polled = listener.poll_shards(|index, _| {
                seen.push(index);
                Poll::Ready(Err(Error::WouldBlock))
            });
            assert!(polled.is_ready());
        }
        assert_eq!(seen, [0, 1, 2, 0, 1]);
        seen.clear();
        assert!(
            listener
                .poll_shards(|index, _| {
                    seen.push(index);
                    Poll::Pending
                })
                .is_pending()
        );
        assert_eq!(seen, [2, 0, 1]);
    }
}
