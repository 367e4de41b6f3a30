//! A transport stream file, played over and over.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, SeekFrom};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use support::ts::{self, MESSAGE, PACKET, PCR_RATE, PCR_WRAP};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, BufReader};

/// Two clock references may be 100 ms apart. What is much more is a leap of the clock.
const MAX_SPAN: Duration = Duration::from_secs(1);

/// At most so many packets, 100 Mbyte, without a clock reference.
const MAX_SEGMENT: usize = 500_000;

const NO_CLOCK: &str = "has no clock references (PCR) to play by";

/// Its program clock says when each packet is due.
#[derive(Debug)]
pub(crate) struct Playback {
    file: BufReader<File>,
    /// The PID with the clock references.
    clock_pid: Option<u16>,
    /// The last clock reference, and the packet that it came with, which is the first of the next
    /// segment.
    last: Option<(u64, [u8; PACKET])>,
    /// The time from packet to packet in the last segment that had one.
    interval: Duration,
    elapsed: Duration,
    /// When the file was last begun.
    began: Duration,
    ready: VecDeque<(Duration, [u8; PACKET])>,
}

impl Playback {
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let mut playback = Self {
            file: BufReader::with_capacity(1 << 20, File::open(path).await?),
            clock_pid: None,
            last: None,
            interval: Duration::ZERO,
            elapsed: Duration::ZERO,
            began: Duration::ZERO,
            ready: VecDeque::new(),
        };
        // Finds out now, and not on the air, whether it is a transport stream with a clock.
        while playback.interval.is_zero() {
            playback.read_segment().await?;
        }
        Ok(playback)
    }

    /// The next message, and when it is due.
    pub(crate) async fn next(&mut self) -> Result<(Duration, Bytes)> {
        let count = MESSAGE / PACKET;
        while self.ready.len() < count {
            self.read_segment().await?;
        }
        let due = self.ready[0].0;
        let mut message = BytesMut::with_capacity(MESSAGE);
        for (_, packet) in self.ready.drain(..count) {
            message.put_slice(&packet);
        }
        Ok((due, message.freeze()))
    }

    /// Reads the packets from one clock reference up to the next, and spreads them evenly over the
    /// time between the two.
    async fn read_segment(&mut self) -> Result<()> {
        let mut packets = Vec::new();
        let start = self.last.take().map(|(pcr, packet)| {
            packets.push(packet);
            pcr
        });
        let end = loop {
            ensure!(packets.len() < MAX_SEGMENT, NO_CLOCK);
            let Some(packet) = self.read_packet().await? else {
                self.rewind().await?;
                break None;
            };
            if let Some(pcr) = self.clock(&packet) {
                self.last = Some((pcr, packet));
                break Some(pcr);
            }
            packets.push(packet);
        };
        if let (Some(start), Some(end)) = (start, end) {
            let ticks = (end + PCR_WRAP - start) % PCR_WRAP;
            let span = Duration::from_secs_f64(ticks as f64 / PCR_RATE as f64);
            if span <= MAX_SPAN {
                self.interval = span / packets.len() as u32;
            }
        }
        for packet in packets {
            self.ready.push_back((self.elapsed, packet));
            self.elapsed += self.interval;
        }
        if end.is_none() {
            ensure!(self.clock_pid.is_some(), NO_CLOCK);
            // Or it would be sent as fast as it can be read.
            ensure!(self.elapsed > self.began, "is too short to play");
            self.began = self.elapsed;
        }
        Ok(())
    }

    /// The next packet, or none at the end of the file.
    async fn read_packet(&mut self) -> Result<Option<[u8; PACKET]>> {
        let mut packet = [0; PACKET];
        match self.file.read_exact(&mut packet).await {
            Ok(_) if ts::is_packet(&packet) => Ok(Some(packet)),
            Ok(_) => bail!("is not an MPEG transport stream of 188-byte packets"),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).await?;
        Ok(())
    }

    /// The packet's clock reference, if it is from the program that is played by.
    fn clock(&mut self, packet: &[u8; PACKET]) -> Option<u64> {
        let pcr = ts::pcr(packet)?;
        let pid = ts::pid(packet);
        (*self.clock_pid.get_or_insert(pid) == pid).then_some(pcr)
    }
}
