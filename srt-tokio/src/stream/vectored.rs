//! Sending what lies in several pieces, such as a header and a payload, as one message.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use super::SrtStream;
use crate::options::TransmissionMode;

/// libsrt's greatest message in live mode, and a full packet at the usual size of a segment.
const PACKET: usize = 1456;

/// The most of a stream of bytes that is put together at a time.
const CHUNK: usize = 64 * 1024;

impl SrtStream {
    /// As [`send`](Self::send), for a message in several pieces. They are put together by copying,
    /// without an allocation if the message fits into a packet. In
    /// [`FileStream`](TransmissionMode::FileStream) mode it takes 64 KiB at a time.
    ///
    /// # Errors
    ///
    /// As `send`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, nothing was sent.
    ///
    /// # Examples
    ///
    /// Seven packets of MPEG-TS make one message:
    ///
    /// ```no_run
    /// use std::io::IoSlice;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// # let packets = [[0x47; 188]; 7];
    /// stream.send_vectored(&packets.each_ref().map(|packet| IoSlice::new(packet))).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_sendmsg2")]
    pub async fn send_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        // More than there are addresses, if the pieces overlap, is too much in any case.
        let mut len = pieces.iter().fold(0_usize, |len, piece| len.saturating_add(piece.len()));
        self.check_message(len)?;
        if self.mode == TransmissionMode::FileStream {
            len = len.min(CHUNK);
        }
        if len > PACKET {
            let mut message = vec![0; len];
            gather(&mut message, pieces);
            return self.send(&message).await;
        }
        let mut packet = [0; PACKET];
        gather(&mut packet, pieces);
        self.send(&packet[..len]).await
    }

    /// Small pieces go into one packet, as each write makes a packet of its own.
    pub(crate) fn poll_write_pieces(
        &self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let limit = self.limits.write.min(PACKET);
        let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
        match (filled.next(), filled.next()) {
            (None, _) => Poll::Ready(Ok(0)),
            (Some(piece), None) => self.poll_write_part(cx, piece),
            (Some(piece), _) if piece.len() >= limit => self.poll_write_part(cx, piece),
            _ => {
                let mut packet = [0; PACKET];
                let len = gather(&mut packet[..limit], pieces);
                self.poll_write_part(cx, &packet[..len])
            }
        }
    }
}

/// Copies as much as fits, and returns how much that is.
fn gather(mut room: &mut [u8], pieces: &[IoSlice<'_>]) -> usize {
    let size = room.len();
    for piece in pieces {
        let (part, rest) = room.split_at_mut(piece.len().min(room.len()));
        part.copy_from_slice(&piece[..part.len()]);
        room = rest;
    }
    size - room.len()
}
