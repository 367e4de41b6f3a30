//! When to send what a file has.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep_until};

use crate::payload::{PAYLOAD, TS_PACKET};

/// How far to look for the next tick of a clock. The standard demands ten a second: at 100 Mbit/s
/// they are 1.25 MB apart.
const LOOK_AHEAD: usize = 8 << 20;

/// After a longer delay than this, for example with the machine asleep, the stream goes on from
/// where it was, rather than hurry until it has caught up.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Cuts a stream of bytes into payloads and gives them out one by one, each at its time.
pub(crate) struct Paced {
    reader: Box<dyn AsyncRead + Unpin>,
    pace: Pace,
    ahead: BytesMut,
    ended: bool,
    /// How many bytes have been given out.
    position: u64,
    /// When the first byte was due.
    start: Option<Instant>,
}

pub(crate) enum Pace {
    None,
    /// In bytes a second.
    Rate(f64),
    Clock(Clock),
}

/// The clock of the first program in a transport stream. Between two ticks, bytes are taken to be
/// evenly spread.
#[derive(Default)]
pub(crate) struct Clock {
    pid: Option<u16>,
    /// How far the stream has been searched for ticks, in bytes.
    searched: u64,
    latest: Option<Tick>,
    /// Between the latest two ticks.
    seconds_per_byte: Option<f64>,
}

struct Tick {
    /// In 1 / 27 MHz.
    pcr: u64,
    position: u64,
    /// In seconds since the first tick.
    time: f64,
}

impl Paced {
    pub(crate) fn new(reader: impl AsyncRead + Unpin + 'static, pace: Pace) -> Self {
        Self {
            reader: Box::new(reader),
            pace,
            ahead: BytesMut::new(),
            ended: false,
            position: 0,
            start: None,
        }
    }

    /// Waits until the next payload is due. The last one may be smaller; 0 is the end.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let due = loop {
            if self.ended && self.ahead.is_empty() {
                return Ok(0);
            }
            if self.ended || self.ahead.len() >= PAYLOAD {
                if let Some(due) = self.pace.due(self.position, &self.ahead, self.ended)? {
                    break due;
                }
            }
            self.ahead.reserve(64 * 1024);
            self.ended = self.reader.read_buf(&mut self.ahead).await? == 0;
        };
        if !matches!(self.pace, Pace::None) {
            self.wait(due).await;
        }
        let len = self.ahead.len().min(PAYLOAD);
        self.ahead.copy_to_slice(&mut buffer[..len]);
        self.position += len as u64;
        Ok(len)
    }

    async fn wait(&mut self, due: Duration) {
        let now = Instant::now();
        let start = self.start.get_or_insert(now);
        let late = now.saturating_duration_since(*start + due);
        if late > MAX_DELAY {
            *start += late;
        }
        sleep_until(*start + due).await;
    }
}

impl Pace {
    pub(crate) fn rate(mbps: f64) -> Self {
        Self::Rate(mbps * 1e6 / 8.0)
    }

    pub(crate) fn clock() -> Self {
        Self::Clock(Clock::default())
    }

    /// When the payload at `position` is due, counted from the start. `ahead` are the bytes from
    /// there on; `None` if these are too few to tell.
    fn due(&mut self, position: u64, ahead: &[u8], ended: bool) -> io::Result<Option<Duration>> {
        let seconds = match self {
            Self::None => Some(0.0),
            Self::Rate(rate) => Some(position as f64 / *rate),
            Self::Clock(clock) => clock.due(position, ahead, ended)?,
        };
        Ok(seconds.map(Duration::from_secs_f64))
    }
}

impl Clock {
    fn due(&mut self, position: u64, ahead: &[u8], ended: bool) -> io::Result<Option<f64>> {
        // All that is given out has to be searched before, so look to the end of the payload.
        let end = position + PAYLOAD as u64;
        loop {
            if let (Some(tick), Some(pace)) = (&self.latest, self.seconds_per_byte) {
                if ended || tick.position >= end {
                    let since = position as f64 - tick.position as f64;
                    return Ok(Some((tick.time + since * pace).max(0.0)));
                }
            }
            let offset = (self.searched - position) as usize;
            let Some(packet) = ahead.get(offset..offset + TS_PACKET) else {
                if ended || offset > LOOK_AHEAD {
                    return Err(no_clock());
                }
                return Ok(None);
            };
            if self.searched == 0 && packet[0] != 0x47 {
                return Err(no_clock());
            }
            if let Some(pcr) = self.tick_in(packet) {
                self.tick(pcr);
            }
            self.searched += TS_PACKET as u64;
        }
    }

    /// The program clock reference that a packet has, if it is one of the clock's.
    fn tick_in(&mut self, packet: &[u8]) -> Option<u64> {
        const ADAPTATION_FIELD: u8 = 0x20;
        const PCR: u8 = 0x10;
        let has_pcr = packet[0] == 0x47
            && packet[3] & ADAPTATION_FIELD != 0
            && packet[4] >= 7
            && packet[5] & PCR != 0;
        if !has_pcr {
            return None;
        }
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        if *self.pid.get_or_insert(pid) != pid {
            return None;
        }
        // 33 bits of 90 kHz, 6 reserved ones, 9 bits of 27 MHz.
        let bits = (&packet[6..12]).get_uint(6);
        Some((bits >> 15) * 300 + (bits & 0x1ff))
    }

    fn tick(&mut self, pcr: u64) {
        const PER_SECOND: u64 = 27_000_000;
        const WRAP: u64 = (1 << 33) * 300;
        let position = self.searched;
        let mut time = 0.0;
        if let Some(last) = &self.latest {
            let bytes = (position - last.position) as f64;
            let ticks = (pcr % WRAP + WRAP - last.pcr) % WRAP;
            // Where the clock jumps, for example because files were joined, the pace stays.
            if ticks <= PER_SECOND {
                self.seconds_per_byte = Some(ticks as f64 / PER_SECOND as f64 / bytes);
            }
            time = last.time + bytes * self.seconds_per_byte.unwrap_or(0.0);
        }
        self.latest = Some(Tick { pcr: pcr % WRAP, position, time });
    }
}

fn no_clock() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "not MPEG-TS with a clock: say with --mbps how fast to send it",
    )
}
