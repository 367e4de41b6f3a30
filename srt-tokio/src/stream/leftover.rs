//! What a receive has left of a message.

use bytes::BufMut;

use crate::error::Error;
use crate::sys::Moved;

/// A message that was too large for the buffer it was received for, or what is left of it.
#[derive(Default)]
pub(super) struct Leftover {
    message: Vec<u8>,
    start: usize,
    /// What goes with the message.
    origin: Moved,
}

/// What to do with a message larger than the buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fit {
    /// Keep it and fail.
    Whole,
    /// Give what fits and keep the rest.
    Part,
}

impl Leftover {
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.message.len() - self.start
    }

    /// Room for a new message of up to `size` bytes.
    pub(super) fn room(&mut self, size: usize) -> &mut Vec<u8> {
        self.message.clear();
        self.start = 0;
        self.message.reserve(size);
        &mut self.message
    }

    /// Says where the message in the room comes from.
    pub(super) fn describe(&mut self, origin: Moved) {
        self.origin = origin;
    }

    pub(super) fn give(&mut self, buffer: &mut impl BufMut, fit: Fit) -> Result<Moved, Error> {
        let rest = &self.message[self.start..];
        let room = buffer.remaining_mut();
        if fit == Fit::Whole && room < rest.len() {
            return Err(Error::BufferTooSmall { len: room, needed: rest.len() });
        }
        let given = rest.len().min(room);
        buffer.put_slice(&rest[..given]);
        self.start += given;
        Ok(Moved { len: given, ..self.origin })
    }
}
