//! A million malformed datagrams, in a process of their own: it lives, and its streams go on.
#![cfg(target_os = "linux")]

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use srt_tokio::{SrtListener, SrtOptions, SrtStream, StreamId, reactor_metrics};
use support::pair::{PATIENCE, listen};
use support::raw::{Handshake, RawCaller, SID};
use support::tap::Tap;
use tokio::time::timeout;
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const DATAGRAMS: usize = 1_000_000;

/// So many are sent in a row, before the sockets get time to take them.
const BURST: usize = 100;

/// Counts the firewall's warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let tells = metadata.fields().field("datagrams").is_some();
        if tells && metadata.target() == "srt_tokio::firewall" && *metadata.level() == Level::WARN {
            self.0.fetch_add(1, Relaxed);
        }
    }
}

#[tokio::test]
async fn a_million_mutated_datagrams_harm_nobody() {
    let warnings = Warnings::default();
    tracing_subscriber::registry().with(warnings.clone()).init();
    let began = Instant::now();
    let listener = Arc::new(listen(&SrtOptions::new()).await);
    let address = listener.local_addr().unwrap();
    // Both ends of one connection, whose packets the attacker has seen.
    let tap = Tap::to(address).await;
    let (caller, accepted) = join(&listener, tap.address(), "tapped").await;
    exchange(&caller, &accepted).await;
    let (to_server, to_client) = tap.seen();
    assert!(to_server.len() > 3 && to_client.len() > 3);
    // Whoever gets in among the attackers is sent away.
    let doorman = tokio::spawn({
        let listener = listener.clone();
        async move { while listener.accept().await.is_ok() {} }
    });
    let conclusion = RawCaller::induce(address).await.unwrap();
    let valid = Handshake::conclusion(conclusion.cookie).with(SID, b"attacker").datagram(0);

    let before = reactor_metrics().dropped_datagrams;
    let done = Arc::new(AtomicBool::new(false));
    let targets = [(address, to_server), (caller.local_addr().unwrap(), to_client)];
    let flood = thread::spawn({
        let done = done.clone();
        move || {
            flood(&targets);
            done.store(true, Relaxed);
        }
    });
    let send = async {
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        let mut random = Random(0x5eed);
        let mut sent = 0_u32;
        while !done.load(Relaxed) {
            pace.tick().await;
            caller.send(&sent.to_be_bytes()).await.unwrap();
            // Some of these end in connections.
            conclusion.send(&random.mutated(&valid, &valid)).await.unwrap();
            sent += 1;
        }
        caller.send(b"last").await.unwrap();
        sent
    };
    let receive = async {
        let mut buffer = [0; 1456];
        let mut received = 0_u32;
        while timeout(PATIENCE, accepted.recv(&mut buffer)).await.expect("hangs").unwrap() > 0 {
            if buffer.starts_with(b"last") {
                break;
            }
            assert_eq!(buffer[..4], received.to_be_bytes(), "a message is missing");
            received += 1;
        }
        received
    };
    let (sent, received) = tokio::join!(send, receive);
    assert_eq!(sent, received);
    flood.join().unwrap();
    assert!(reactor_metrics().dropped_datagrams - before > DATAGRAMS as u64 / 4);

    // One for the first second of it, and then one in ten seconds.
    let warnings = warnings.0.load(Relaxed) as u64;
    assert!(warnings >= 1 && warnings <= began.elapsed().as_secs() / 10 + 1, "{warnings}");

    doorman.abort();
    let (caller, accepted) = join(&listener, address, "good").await;
    exchange(&caller, &accepted).await;
}

/// Sends mutated packets to each target.
fn flood(targets: &[(SocketAddr, Vec<Vec<u8>>)]) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let induction = Handshake::induction().datagram(0);
    let conclusion = Handshake::conclusion(0xc00c1e).with(SID, b"attacker").datagram(0);
    let mut random = Random(0x0bad_5eed);
    for number in 0..DATAGRAMS {
        let (target, packets) = &targets[number % targets.len()];
        let packet = match random.below(4) {
            0 => &conclusion,
            1 => &induction,
            _ => &packets[random.below(packets.len())],
        };
        let other = &packets[random.below(packets.len())];
        // A port that answers with an ICMP error would show here; nobody minds.
        let _ = socket.send_to(&random.mutated(packet, other), target);
        if number % BURST == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A generator that repeats run for run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// The packet with up to three changes.
    fn mutated(&mut self, packet: &[u8], other: &[u8]) -> Vec<u8> {
        const EXTREMES: [u32; 6] = [0, 1, 56, 0x7fff_ffff, 0x8000_0000, u32::MAX];

        let mut packet = packet.to_vec();
        for _ in 0..=self.below(3) {
            let len = packet.len();
            match self.below(6) {
                0 if len > 0 => packet[self.below(len)] = self.next() as u8,
                1 if len > 0 => packet[self.below(len)] ^= 1 << self.below(8),
                2 if len >= 4 => {
                    let at = 4 * self.below(len / 4);
                    let word = match self.below(3) {
                        0 => self.next() as u32,
                        1 => (self.below(10) << 16 | self.below(400)) as u32,
                        _ => EXTREMES[self.below(EXTREMES.len())],
                    };
                    packet[at..at + 4].copy_from_slice(&word.to_be_bytes());
                }
                3 => packet.truncate(self.below(len + 1)),
                4 => packet.resize((len + self.below(300)).min(1472), self.next() as u8),
                5 => packet.extend_from_slice(&other[self.below(other.len())..]),
                _ => {}
            }
        }
        packet.truncate(2000);
        packet
    }
}

/// Calls an address, and returns both ends.
async fn join(listener: &SrtListener, address: SocketAddr, id: &str) -> (SrtStream, SrtStream) {
    let mut builder = SrtStream::builder();
    builder.stream_id(StreamId::new(id).unwrap()).latency(Duration::from_secs(3));
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await?;
            if stream.stream_id().as_str() == Some(id) {
                return io::Result::Ok(stream);
            }
        }
    };
    let both = async { tokio::try_join!(builder.connect(address), accept) };
    timeout(PATIENCE, both).await.expect("connecting hangs").unwrap()
}

async fn exchange(caller: &SrtStream, accepted: &SrtStream) {
    let mut buffer = [0; 1456];
    for (from, to) in [(caller, accepted), (accepted, caller)] {
        from.send(b"hello").await.unwrap();
        let received = timeout(PATIENCE, to.recv(&mut buffer));
        let received = received.await.expect("receiving hangs").unwrap();
        assert_eq!(&buffer[..received], b"hello");
    }
}
