//! MPEG-TS, made and checked.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

/// The size of a transport stream packet in bytes.
pub const PACKET: usize = 188;
/// As many whole packets as SRT's default payload holds, in bytes.
pub const MESSAGE: usize = 7 * PACKET;
/// The ticks of the program clock in a second.
pub const PCR_RATE: u64 = 27_000_000;

const SYNC: u8 = 0x47;
const PAT_PID: u16 = 0;
const VIDEO_PID: u16 = 0x100;
const PMT_PID: u16 = 0x1000;
const NULL_PID: u16 = 0x1fff;
const PIDS: usize = 0x2000;

/// Pictures in a second. Each has a PCR and a PTS.
const PICTURE_RATE: u64 = 25;
/// How long after its first byte a picture is to be shown.
const PICTURE_DELAY: Duration = Duration::from_millis(100);
/// The size of a picture in macroblocks of 16 by 16 pixels.
const COLUMNS: u8 = 11;
const ROWS: u8 = 9;

/// An endless transport stream of constant bit rate: its items are its packets.
///
/// It holds one program with one MPEG-1 video, which any player shows as a grey picture. What the
/// picture does not need of the bit rate is filled with noise, so that hardly any two messages are
/// the same, and a tenth with null packets.
#[derive(Debug)]
pub struct Generator {
    bit_rate: u64,
    picture: u64,
    /// How many packets there are up to the end of the current picture.
    packets: u64,
    /// The packets of the current picture, the next one last.
    pending: Vec<[u8; PACKET]>,
    counters: Counters,
    noise: u64,
}

/// The continuity counters of the PIDs that the generator uses.
#[derive(Debug, Default)]
struct Counters {
    pat: u8,
    pmt: u8,
    video: u8,
}

impl Generator {
    /// The least bit rate that the picture fits into.
    pub const MIN_BIT_RATE: u64 = 300_000;

    /// # Panics
    ///
    /// If the bit rate is less than [`MIN_BIT_RATE`](Self::MIN_BIT_RATE).
    pub fn new(bit_rate: u64) -> Self {
        assert!(bit_rate >= Self::MIN_BIT_RATE, "too low for the picture");
        Self {
            bit_rate,
            picture: 0,
            packets: 0,
            pending: Vec::new(),
            counters: Counters::default(),
            noise: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// The next seven packets.
    pub fn message(&mut self) -> Bytes {
        let mut message = BytesMut::with_capacity(MESSAGE);
        for packet in self.take(MESSAGE / PACKET) {
            message.put_slice(&packet);
        }
        message.freeze()
    }

    /// When the next packet is due, counted from the first one.
    pub fn due(&self) -> Duration {
        let packet = self.packets - self.pending.len() as u64;
        Duration::from_nanos(scale(packet, 1_000_000_000, self.bit_rate))
    }

    fn next_picture(&mut self) {
        let end = (self.picture + 1) * self.bit_rate / (PICTURE_RATE * 8 * PACKET as u64);
        let slots = (end - self.packets) as usize;
        let mut packets = Vec::with_capacity(slots);
        // At most 100 ms are allowed between two tables.
        if self.picture % 2 == 0 {
            packets.push(section(PAT_PID, &mut self.counters.pat, &pat()));
            packets.push(section(PMT_PID, &mut self.counters.pmt, &pmt()));
        }
        let pcr = scale(self.packets + packets.len() as u64, PCR_RATE, self.bit_rate);
        let video_slots = (slots - packets.len()) - (slots - packets.len()) / 10;
        // The last packet of a picture is stuffed in the adaptation field, now less, now more.
        let stuffing = (self.picture % 100) as usize;
        let payload = video_slots * (PACKET - 4) - PCR_FIELD.len() - stuffing;
        let pes = self.pes(payload);
        packetize(&mut packets, &pes, pcr, &mut self.counters.video);
        packets.resize(slots, null_packet());
        packets.reverse();
        self.pending = packets;
        self.packets = end;
        self.picture += 1;
    }

    /// A picture as a PES packet of `size` bytes.
    fn pes(&mut self, size: usize) -> Vec<u8> {
        let mut pes = Vec::with_capacity(size);
        let delay = PICTURE_DELAY.as_millis() as u64 * 90;
        let pts = self.picture * (90_000 / PICTURE_RATE) + delay;
        // Video, of a length that is not given, aligned, with a PTS.
        pes.put_slice(&[0, 0, 1, 0xe0, 0, 0, 0x84, 0x80, 5]);
        pes.put_u8(0x21 | (pts >> 29) as u8 & 0x0e);
        pes.put_u16((pts >> 14) as u16 | 1);
        pes.put_u16((pts << 1) as u16 | 1);

        let (width, height) = (u32::from(COLUMNS) * 16, u32::from(ROWS) * 16);
        pes.put_slice(&[0, 0, 1, 0xb3]);
        // Square pixels, 25 pictures a second, then variable bit rate, a buffer of 40 KiB and the
        // default quantizer matrices.
        pes.put_u32(width << 20 | height << 8 | 0x13);
        pes.put_u32(0x3ffff << 14 | 1 << 13 | 20 << 3);
        // A closed group of this one picture; the marker bit is all that its time code needs.
        pes.put_slice(&[0, 0, 1, 0xb8, 0, 0x08, 0, 0x40]);
        // An intra picture, the first of its group.
        pes.put_slice(&[0, 0, 1, 0, 0, 0x0f, 0xff, 0xf8]);

        let slices = slices();
        pes.put_slice(&[0, 0, 1, 0xb2]);
        let noise = size - pes.len() - slices.len();
        self.put_noise(&mut pes, noise);
        pes.put_slice(&slices);
        pes
    }

    /// Bytes of which none is 0, so that no start code comes about.
    fn put_noise(&mut self, buffer: &mut Vec<u8>, mut len: usize) {
        while len > 0 {
            // xorshift
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 7;
            self.noise ^= self.noise << 17;
            let bytes = (self.noise | 0x0101_0101_0101_0101).to_ne_bytes();
            let part = len.min(bytes.len());
            buffer.put_slice(&bytes[..part]);
            len -= part;
        }
    }
}

impl Iterator for Generator {
    type Item = [u8; PACKET];

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(packet) = self.pending.pop() {
                return Some(packet);
            }
            self.next_picture();
        }
    }
}

/// Finds what is wrong with the packets of a transport stream: lost synchronization, packets marked
/// as damaged, and gaps in the continuity counters of the PIDs.
///
/// A repeated packet counts too. The standard allows one, but only lossy links make use of it.
#[derive(Debug)]
pub struct Continuity {
    counters: Vec<Option<u8>>,
    packets: u64,
    errors: u64,
}

impl Default for Continuity {
    fn default() -> Self {
        Self { counters: vec![None; PIDS], packets: 0, errors: 0 }
    }
}

impl Continuity {
    /// Checks the next packets, of which there must be a whole number.
    pub fn check(&mut self, data: &[u8]) {
        let packets = data.chunks_exact(PACKET);
        self.errors += u64::from(!packets.remainder().is_empty());
        for packet in packets {
            self.packets += 1;
            self.errors += u64::from(!self.continues(packet));
        }
    }

    /// How many packets were checked.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// How many errors were found.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    fn continues(&mut self, packet: &[u8]) -> bool {
        let damaged = packet[1] & 0x80 != 0;
        if packet[0] != SYNC || damaged {
            return false;
        }
        let pid = pid(packet);
        if pid == NULL_PID {
            return true;
        }
        let has_payload = packet[3] & 0x10 != 0;
        let has_field = packet[3] & 0x20 != 0;
        let discontinuity = has_field && packet[4] > 0 && packet[5] & 0x80 != 0;
        let counter = packet[3] & 0x0f;
        let last = self.counters[usize::from(pid)].replace(counter);
        match last {
            Some(last) if !discontinuity => counter == (last + u8::from(has_payload)) & 0x0f,
            _ => true,
        }
    }
}

/// Whether it starts like a packet.
pub fn is_packet(packet: &[u8]) -> bool {
    packet.len() >= PACKET && packet[0] == SYNC
}

/// The packet identifier, which tells the streams inside the transport stream apart.
pub fn pid(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1f, packet[2]])
}

/// The program clock reference in ticks of 27 MHz, if the packet has one. It wraps around after
/// [`PCR_WRAP`].
pub fn pcr(packet: &[u8]) -> Option<u64> {
    let has_field = packet[3] & 0x20 != 0;
    if !has_field || packet[4] < 7 || packet[5] & 0x10 == 0 {
        return None;
    }
    let base = u64::from(u32::from_be_bytes([packet[6], packet[7], packet[8], packet[9]])) << 1
        | u64::from(packet[10] >> 7);
    let extension = u64::from(packet[10] & 1) << 8 | u64::from(packet[11]);
    Some(base * 300 + extension)
}

/// One more than the greatest PCR.
pub const PCR_WRAP: u64 = (1 << 33) * 300;

/// An adaptation field with a PCR of 0.
const PCR_FIELD: [u8; 8] = [7, 0x10, 0, 0, 0, 0, 0x7e, 0];

/// The time of the packet's start in units of `1 / rate` seconds.
fn scale(packet: u64, rate: u64, bit_rate: u64) -> u64 {
    (u128::from(packet) * (PACKET as u128 * 8) * u128::from(rate) / u128::from(bit_rate)) as u64
}

/// Cuts a PES packet up. The first packet has the PCR, the last is stuffed.
fn packetize(packets: &mut Vec<[u8; PACKET]>, mut pes: &[u8], pcr: u64, counter: &mut u8) {
    let mut start = true;
    while !pes.is_empty() {
        let mut field = Vec::new();
        if start {
            let (base, extension) = (pcr % PCR_WRAP / 300, pcr % 300);
            field.put_slice(&PCR_FIELD[..2]);
            field.put_u32((base >> 1) as u32);
            field.put_u16((base << 15 | 0x3f << 9 | extension) as u16);
        }
        let payload = pes.len().min(PACKET - 4 - field.len());
        let wanted = PACKET - 4 - payload;
        if field.is_empty() && wanted > 0 {
            field.put_u8(0);
            // A field of a single byte consists of its length alone.
            if wanted > 1 {
                field.put_u8(0);
            }
        }
        field.resize(wanted, 0xff);
        if let Some(len) = field.first_mut() {
            *len = (wanted - 1) as u8;
        }
        let has_field = if field.is_empty() { 0 } else { 0x20 };
        let mut packet = header(VIDEO_PID, start, has_field | 0x10 | next(counter));
        packet[4..][..wanted].copy_from_slice(&field);
        packet[4 + wanted..].copy_from_slice(&pes[..payload]);
        packets.push(packet);
        pes = &pes[payload..];
        start = false;
    }
}

/// A packet without contents.
fn header(pid: u16, start: bool, control: u8) -> [u8; PACKET] {
    let mut packet = [0xff; PACKET];
    let [high, low] = pid.to_be_bytes();
    packet[..4].copy_from_slice(&[SYNC, high | u8::from(start) << 6, low, control]);
    packet
}

fn null_packet() -> [u8; PACKET] {
    header(NULL_PID, false, 0x10)
}

fn next(counter: &mut u8) -> u8 {
    let current = *counter;
    *counter = (current + 1) & 0x0f;
    current
}

/// A table in a packet of its own.
fn section(pid: u16, counter: &mut u8, table: &[u8]) -> [u8; PACKET] {
    let mut packet = header(pid, true, 0x10 | next(counter));
    packet[4] = 0;
    packet[5..][..table.len()].copy_from_slice(table);
    packet
}

fn pat() -> Vec<u8> {
    let [high, low] = PMT_PID.to_be_bytes();
    // Program 1 is where its map is.
    table(0, &[0, 1, 0xe0 | high, low])
}

fn pmt() -> Vec<u8> {
    let [high, low] = VIDEO_PID.to_be_bytes();
    // The video has the clock; the program has nothing but the video, which is MPEG-1.
    table(2, &[0xe0 | high, low, 0xf0, 0, 1, 0xe0 | high, low, 0xf0, 0])
}

/// A program specific information table, version 0, of one section.
fn table(id: u8, body: &[u8]) -> Vec<u8> {
    let mut table = vec![id, 0xb0, body.len() as u8 + 9, 0, 1, 0xc1, 0, 0];
    table.put_slice(body);
    table.put_u32(crc(&table));
    table
}

/// MPEG's CRC-32.
fn crc(data: &[u8]) -> u32 {
    data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let carry = (crc >> 31) * 0x04c1_1db7;
            crc << 1 ^ carry
        })
    })
}

/// The rows of a picture that is grey all over.
#[expect(clippy::unusual_byte_groupings, reason = "variable-length codes, each set off")]
fn slices() -> Vec<u8> {
    // Each macroblock: the next one, intra; four blocks of luma and two of chroma, none of which
    // differs from the block before it, nor from its own average.
    const MACROBLOCK: u64 = 0b11_10010_10010_10010_10010_0010_0010;
    const MACROBLOCK_BITS: u32 = 30;

    let mut slices = Vec::new();
    for row in 1..=ROWS {
        slices.put_slice(&[0, 0, 1, row]);
        // A quantizer scale of 1, and no extra information.
        let (mut bits, mut count) = (0b00001_0, 6);
        for _ in 0..COLUMNS {
            bits = bits << MACROBLOCK_BITS | MACROBLOCK;
            count += MACROBLOCK_BITS;
            while count >= 8 {
                count -= 8;
                slices.put_u8((bits >> count) as u8);
            }
            bits &= (1 << count) - 1;
        }
        if count > 0 {
            slices.put_u8((bits << (8 - count)) as u8);
        }
    }
    slices
}
