//! Well-formed packets.

/// The socket id that packets are for.
const DESTINATION: u32 = 0x1234_5678;

/// A datagram in the making.
#[derive(Clone, Debug)]
pub(super) struct Packet(Vec<u8>);

impl Packet {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// A data packet: the number of its message, and the length of its payload.
    pub(super) fn data(number: u32, payload: usize) -> Self {
        let first_and_last = 0b11 << 30;
        Self(Vec::new())
            .words(&[17, first_and_last | number, 1_000_000, DESTINATION])
            .content(&vec![0x47; payload])
    }

    /// The header of a control packet.
    pub(super) fn control(number: u32, subtype: u32) -> Self {
        Self(Vec::new()).words(&[(1 << 31) | (number << 16) | subtype, 0, 1_000_000, DESTINATION])
    }

    pub(super) fn words(self, words: &[u32]) -> Self {
        self.content(&words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>())
    }

    pub(super) fn content(mut self, content: &[u8]) -> Self {
        self.0.extend_from_slice(content);
        self
    }

    /// An extension of a handshake. Its content has a multiple of four bytes.
    pub(super) fn extension(self, kind: u32, content: &[u8]) -> Self {
        self.words(&[(kind << 16) | (content.len() as u32 / 4)]).content(content)
    }

    pub(super) fn with_byte(mut self, at: usize, value: u8) -> Self {
        if let Some(byte) = self.0.get_mut(at) {
            *byte = value;
        }
        self
    }

    pub(super) fn with_word(mut self, at: usize, value: u32) -> Self {
        if let Some(word) = self.0.get_mut(at..at + 4) {
            word.copy_from_slice(&value.to_be_bytes());
        }
        self
    }

    pub(super) fn cut(mut self, len: usize) -> Self {
        self.0.truncate(len);
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A handshake of a type and version, without extensions, for a port.
pub(super) fn handshake(kind: i32, version: u32) -> Packet {
    let flags = if version == 4 { 2 } else { 7 };
    Packet::control(0, 0).with_word(12, 0).words(&[
        version,
        flags,
        17,
        1500,
        25_600,
        kind as u32,
        99,
        0xc00c1e,
        0x7f00_0001,
        0,
        0,
        0,
    ])
}

/// Key material with so many keys of so many words.
pub(super) fn key_material(words: u8, keys: u8) -> Vec<u8> {
    let which = if keys == 2 { 3 } else { 1 };
    let header = [0x12, 0x20, 0x29, which, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 4, words];
    let rest = 16 + usize::from(keys) * 4 * usize::from(words) + 8;
    [&header[..], &vec![0xa5; rest]].concat()
}

/// Packets of every kind.
pub(super) fn well_formed() -> Vec<Packet> {
    let control = Packet::control;
    let hs = [0, 1, 5, 1, 0, 0, 0, 0xbf, 0, 120, 0, 120];
    let acknowledged = [5, 100_000, 50_000, 8192, 1000, 2000, 1_000_000];
    vec![
        Packet::data(1, 1),
        Packet::data(0, 1316),
        Packet::data(1, 1316),
        Packet::data(0x03ff_ffff, 1456),
        Packet::data(5, 188).with_word(4, 0xc800_0005),
        Packet::data(6, 188).with_word(4, 0xf400_0006),
        control(1, 0).content(&[0; 4]),
        control(1, 0),
        control(2, 0).words(&acknowledged[..1]),
        control(2, 0).words(&acknowledged[..4]),
        control(2, 0).words(&acknowledged[..6]),
        control(2, 0).words(&acknowledged),
        control(3, 0).words(&[5]),
        control(3, 0).words(&[5 | (1 << 31), 8, 11]),
        control(3, 0).content(&[1; 1456]),
        control(4, 0).content(&[0; 4]),
        control(5, 0).content(&[0; 4]),
        control(6, 0).content(&[0; 4]),
        control(7, 0).words(&[5, 8]),
        control(8, 0).content(&[0; 4]),
        control(0x7fff, 1).content(&hs),
        control(0x7fff, 2).content(&hs),
        control(0x7fff, 3).content(&key_material(4, 1)),
        control(0x7fff, 4).content(&key_material(8, 2)),
        handshake(1, 4),
        // libsrt leaves in its answer to an induction what it was asked.
        handshake(1, 5).with_word(28, 0).with_word(12, 77),
        handshake(-1, 4),
        handshake(-1, 5).extension(1, &hs),
        handshake(-1, 5).extension(1, &hs).extension(5, b"live/cam"),
        handshake(-1, 5)
            .extension(1, &hs)
            .extension(3, &key_material(8, 2))
            .extension(5, &[b'a'; 512])
            .extension(6, b"elif")
            .extension(8, &[0, 0, 0, 9, 1, 0, 0, 1]),
        handshake(-1, 5).extension(2, &hs).extension(4, &key_material(6, 1)).with_word(12, 77),
        handshake(0, 5),
        handshake(-2, 5),
    ]
}
