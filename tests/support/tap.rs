//! A UDP relay that shows what passes and adds to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Relays between one client and a server, until it is dropped.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    front: Arc<UdpSocket>,
    back: Arc<UdpSocket>,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    client: Option<SocketAddr>,
    to_server: Vec<Vec<u8>>,
    to_client: Vec<Vec<u8>>,
}

/// So many packets of each direction are kept.
const KEPT: usize = 256;

impl Tap {
    /// Relays to `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("bind"));
        let back = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("bind"));
        back.connect(server).await.expect("connect");
        let address = front.local_addr().expect("bound");
        let seen = Arc::<Mutex<Seen>>::default();
        let task = tokio::spawn(relay(front.clone(), back.clone(), seen.clone()));
        Self { address, front, back, seen, task }
    }

    /// Where the client has to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Packets that have passed, from the client and from the server.
    pub fn seen(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let seen = self.seen.lock().unwrap();
        (seen.to_server.clone(), seen.to_client.clone())
    }

    /// The ids of the connection's sockets, that of the server and that of the client, once packets have
    /// passed in both directions.
    pub fn ids(&self) -> Option<(u32, u32)> {
        let destination = |packets: &[Vec<u8>]| {
            let ids = packets.iter().filter_map(|packet| packet.get(12..16)?.try_into().ok());
            ids.map(u32::from_be_bytes).find(|id| *id != 0)
        };
        let seen = self.seen.lock().unwrap();
        Some((destination(&seen.to_server)?, destination(&seen.to_client)?))
    }

    /// Sends a datagram to the server, as if it came from the client.
    pub async fn to_server(&self, datagram: &[u8]) {
        // Errors are echoes of earlier datagrams.
        let _ = self.back.send(datagram).await;
    }

    /// Sends a datagram to the client, as if it came from the server.
    pub async fn to_client(&self, datagram: &[u8]) {
        let client = self.seen.lock().unwrap().client;
        if let Some(client) = client {
            let _ = self.front.send_to(datagram, client).await;
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn note(packets: &mut Vec<Vec<u8>>, packet: &[u8]) {
    if packets.len() < KEPT {
        packets.push(packet.to_vec());
    }
}

async fn relay(front: Arc<UdpSocket>, back: Arc<UdpSocket>, seen: Arc<Mutex<Seen>>) {
    let mut there = [0; 2048];
    let mut back_again = [0; 2048];
    loop {
        tokio::select! {
            Ok((len, from)) = front.recv_from(&mut there) => {
                {
                    let mut seen = seen.lock().unwrap();
                    seen.client = Some(from);
                    note(&mut seen.to_server, &there[..len]);
                }
                let _ = back.send(&there[..len]).await;
            }
            Ok(len) = back.recv(&mut back_again) => {
                let client = {
                    let mut seen = seen.lock().unwrap();
                    note(&mut seen.to_client, &back_again[..len]);
                    seen.client
                };
                if let Some(client) = client {
                    let _ = front.send_to(&back_again[..len], client).await;
                }
            }
            else => tokio::task::yield_now().await,
        }
    }
}
