//! A socket with the program attached.

use std::io::Read;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::packets::Packet;
use crate::firewall::limits::Limits;
use crate::firewall::port::Filter;

/// How long the kernel may take to deliver a datagram over loopback.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many at once fit into any receive buffer.
const BATCH: usize = 32;

#[derive(Debug)]
pub(super) struct Kernel {
    sender: UdpSocket,
    receiver: Socket,
}

impl Kernel {
    pub(super) fn with(limits: Limits) -> Self {
        let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        let receiver = Socket::from(receiver);
        receiver.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Filter::new(limits).attach(&receiver).unwrap();
        Self { sender, receiver }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.receiver
    }

    /// Which of the packets pass. Packets keep their order on the way.
    pub(super) fn keeps(&self, packets: &[Packet]) -> Vec<bool> {
        packets.chunks(BATCH).flat_map(|batch| self.keeps_of(batch)).collect()
    }

    fn keeps_of(&self, batch: &[Packet]) -> Vec<bool> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);

        // Each packet is followed by one that passes, which says that the one before has come or never will.
        let marks: Vec<_> = batch
            .iter()
            .map(|packet| {
                self.sender.send(packet.bytes()).unwrap();
                let mark = Packet::control(1, 0).with_word(4, NUMBER.fetch_add(1, Relaxed));
                self.sender.send(mark.bytes()).unwrap();
                mark
            })
            .collect();
        marks
            .iter()
            .zip(batch)
            .map(|(mark, packet)| {
                let first = self.receive();
                if first == mark.bytes() && first != packet.bytes() {
                    return false;
                }
                assert_eq!(first, packet.bytes());
                assert_eq!(self.receive(), mark.bytes());
                true
            })
            .collect()
    }

    fn receive(&self) -> Vec<u8> {
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0; 4096];
        loop {
            match (&self.receiver).read(&mut buffer) {
                Ok(len) => return buffer[..len].to_vec(),
                Err(_) if Instant::now() < deadline => {}
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }
}
