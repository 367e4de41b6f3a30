//! A UDP relay that loses packets, or delays them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Relays between one client and a server, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: Arc<Faults>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Faults {
    cut: AtomicBool,
    /// Of a thousand packets from the client, how many are lost.
    loss: AtomicU32,
    /// Larger packets from the client, in bytes, are lost.
    largest: AtomicUsize,
    /// So many of the server's next answers to a conclusion are lost.
    conclusions: AtomicU32,
    /// Data packets from the client that are lost.
    lost: Mutex<Option<Box<Pick>>>,
    /// Packets from the client that come later.
    delayed: Mutex<Option<(Duration, Box<PickAny>)>>,
}

type Pick = dyn Fn(DataPacket) -> bool + Send;
type PickAny = dyn Fn(&[u8]) -> bool + Send;

/// The header of a data packet.
#[derive(Clone, Copy, Debug)]
pub struct DataPacket {
    /// The number of its message, 0 if it is one of the packet filter's.
    pub message_number: u32,
    /// Whether it was sent before.
    pub is_retransmitted: bool,
}

impl DataPacket {
    fn parse(packet: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_be_bytes(packet.get(at..at + 4)?.try_into().ok()?));
        // The first bit is that of control packets.
        let (0, word) = (word(0)? >> 31, word(4)?) else { return None };
        Some(Self { message_number: word & 0x03ff_ffff, is_retransmitted: word & 0x0400_0000 != 0 })
    }
}

/// Whether a packet is a caller's conclusion handshake, the second one that it sends.
pub fn is_conclusion(packet: &[u8]) -> bool {
    // The type of the control packet, and the type of the handshake.
    packet.starts_with(&[0x80, 0]) && packet.get(36..40) == Some(&[0xff; 4])
}

impl Proxy {
    /// Relays to `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        let back = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        back.connect(server).await.expect("connect");
        let address = front.local_addr().expect("bound");
        let faults =
            Arc::new(Faults { largest: AtomicUsize::new(usize::MAX), ..Faults::default() });
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

    /// The next so many answers of the server to the second part of a handshake, the conclusion, are
    /// lost. Where the client has not got one, it asks again.
    pub fn lose_conclusions(&self, count: u32) {
        self.faults.conclusions.store(count, Relaxed);
    }

    /// From now on the data packets from the client that `pick` returns `true` for are lost.
    pub fn lose_if(&self, pick: impl Fn(DataPacket) -> bool + Send + 'static) {
        *self.faults.lost.lock().unwrap() = Some(Box::new(pick));
    }

    /// From now on the packets from the client that `pick` returns `true` for arrive later by `delay`.
    pub fn delay_if(&self, delay: Duration, pick: impl Fn(&[u8]) -> bool + Send + 'static) {
        *self.faults.delayed.lock().unwrap() = Some((delay, Box::new(pick)));
    }
}

impl Faults {
    /// Whether a packet from the client is lost, besides the evenly spread ones.
    fn lose(&self, packet: &[u8]) -> bool {
        let pick = self.lost.lock().unwrap();
        self.cut.load(Relaxed)
            || packet.len() > self.largest.load(Relaxed)
            || pick.as_ref().zip(DataPacket::parse(packet)).is_some_and(|(pick, data)| pick(data))
    }

    /// By how much a packet from the client is delayed.
    fn delay(&self, packet: &[u8]) -> Option<Duration> {
        let delayed = self.delayed.lock().unwrap();
        delayed.as_ref().and_then(|(delay, pick)| pick(packet).then_some(*delay))
    }

    /// Whether a packet from the server is lost.
    fn lose_answer(&self, packet: &[u8]) -> bool {
        let lost = || {
            let fewer = |count: u32| count.checked_sub(1);
            self.conclusions.fetch_update(Relaxed, Relaxed, fewer).is_ok()
        };
        self.cut.load(Relaxed) || is_conclusion(packet) && lost()
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cut, loss, largest, .. } = self;
        let mut faults = f.debug_struct("Faults");
        faults.field("cut", cut).field("loss", loss).field("largest", largest);
        faults.finish_non_exhaustive()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(front: UdpSocket, back: UdpSocket, faults: Arc<Faults>) {
    let back = Arc::new(back);
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
                } else if !faults.lose(&there[..len]) {
                    let packet = &there[..len];
                    match faults.delay(packet) {
                        Some(delay) => send_later(back.clone(), packet.to_vec(), delay),
                        None => drop(back.send(packet).await),
                    }
                }
            }
            Ok(len) = back.recv(&mut back_again) => {
                let lost = faults.lose_answer(&back_again[..len]);
                if let (Some(client), false) = (client, lost) {
                    let _ = front.send_to(&back_again[..len], client).await;
                }
            }
            else => tokio::task::yield_now().await,
        }
    }
}

fn send_later(socket: Arc<UdpSocket>, packet: Vec<u8>, delay: Duration) {
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        let _ = socket.send(&packet).await;
    });
}
