//! What a message says of itself, in the machine's byte order: when it was sent (8 bytes, the
//! monotonic clock in ns), on which stream (4) and as the how manieth of that (4).

/// What fits into one packet, in bytes.
pub(crate) const MESSAGE: usize = 1316;

const HEAD: usize = 16;

/// What the head of a message says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) sent_ns: u64,
    pub(crate) stream: u32,
    pub(crate) sequence: u32,
}

impl Stamp {
    pub(crate) fn now(stream: u32, sequence: u32) -> Self {
        Self { sent_ns: now_ns(), stream, sequence }
    }

    /// # Panics
    ///
    /// If the message has no room.
    pub(crate) fn write(self, message: &mut [u8]) {
        message[..8].copy_from_slice(&self.sent_ns.to_ne_bytes());
        message[8..12].copy_from_slice(&self.stream.to_ne_bytes());
        message[12..HEAD].copy_from_slice(&self.sequence.to_ne_bytes());
    }

    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let (sent_ns, rest) = message.split_first_chunk()?;
        let (stream, rest) = rest.split_first_chunk()?;
        let (sequence, _) = rest.split_first_chunk()?;
        Some(Self {
            sent_ns: u64::from_ne_bytes(*sent_ns),
            stream: u32::from_ne_bytes(*stream),
            sequence: u32::from_ne_bytes(*sequence),
        })
    }
}

/// The monotonic clock, which all processes of the machine share.
pub(crate) fn now_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for the call, which does not keep it.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
