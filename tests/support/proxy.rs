//! A UDP relay that loses packets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Relays between one client and a server, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: Arc<Faults>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Faults {
    cut: AtomicBool,
    /// Of a thousand packets from the client, how many are lost.
    loss: AtomicU32,
    /// Larger packets from the client, in bytes, are lost.
    largest: AtomicUsize,
}

impl Proxy {
    /// Relays to `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        let back = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        back.connect(server).await.expect("connect");
        let address = front.local_addr().expect("bound");
        let faults = Arc::new(Faults {
            cut: AtomicBool::new(false),
            loss: AtomicU32::new(0),
            largest: AtomicUsize::new(usize::MAX),
        });
        let task = tokio::spawn(relay(front, back, faults.clone()));
        Self { address, faults, task }
    }

    /// Where the client has to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing gets through, in either direction.
    pub fn cut(&self) {
        self.faults.cut.store(true, Relaxed);
    }

    /// From now on so many of a thousand packets from the client are lost, evenly spread.
    pub fn lose(&self, per_mille: u32) {
        self.faults.loss.store(per_mille, Relaxed);
    }

    /// From now on packets from the client that are larger than so many bytes are lost. SRT's header
    /// of 16 bytes counts.
    pub fn lose_larger_than(&self, bytes: usize) {
        self.faults.largest.store(bytes, Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(front: UdpSocket, back: UdpSocket, faults: Arc<Faults>) {
    let mut client = None;
    let mut lost = 0;
    let mut there = [0; 2048];
    let mut back_again = [0; 2048];
    loop {
        tokio::select! {
            // An error is the echo of an earlier packet to a port that is closed.
            Ok((len, from)) = front.recv_from(&mut there) => {
                client = Some(from);
                lost += faults.loss.load(Relaxed);
                if lost >= 1000 {
                    lost -= 1000;
                } else if !faults.cut.load(Relaxed) && len <= faults.largest.load(Relaxed) {
                    let _ = back.send(&there[..len]).await;
                }
            }
            Ok(len) = back.recv(&mut back_again) => {
                if let (Some(client), false) = (client, faults.cut.load(Relaxed)) {
                    let _ = front.send_to(&back_again[..len], client).await;
                }
            }
            else => tokio::task::yield_now().await,
        }
    }
}
