//! The two directions of a stream.

use std::error;
use std::fmt;
use std::io::{self, IoSlice};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::SrtStream;

/// The receiving half of a stream, from [`SrtStream::split`]. Dereferences to the stream.
#[derive(Debug)]
pub struct ReadHalf<'a>(&'a SrtStream);

/// The sending half of a stream, from [`SrtStream::split`]. Dereferences to the stream.
#[derive(Debug)]
pub struct WriteHalf<'a>(&'a SrtStream);

/// The receiving half of a stream, from [`SrtStream::into_split`]. Dereferences to the stream.
///
/// The connection is closed when both halves are dropped.
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<SrtStream>);

/// The sending half of a stream, from [`SrtStream::into_split`]. Dereferences to the stream.
///
/// The connection is closed when both halves are dropped. SRT cannot close one direction, so
/// dropping this half alone tells the peer nothing.
#[derive(Debug)]
pub struct OwnedWriteHalf(Arc<SrtStream>);

/// The halves belong to different streams. Gives them back.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

pub(crate) fn borrowed(stream: &SrtStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

pub(crate) fn owned(stream: SrtStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = Arc::new(stream);
    (OwnedReadHalf(stream.clone()), OwnedWriteHalf(stream))
}

impl OwnedReadHalf {
    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] if they belong to different streams.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<SrtStream, ReuniteError> {
        reunite(self, other)
    }
}

impl OwnedWriteHalf {
    /// Puts the halves of one stream together again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] if they belong to different streams.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<SrtStream, ReuniteError> {
        reunite(other, self)
    }
}

fn reunite(read: OwnedReadHalf, write: OwnedWriteHalf) -> Result<SrtStream, ReuniteError> {
    if !Arc::ptr_eq(&read.0, &write.0) {
        return Err(ReuniteError(read, write));
    }
    drop(write);
    // A half is never cloned, so the other one was the only other reference.
    Arc::try_unwrap(read.0)
        .map_err(|stream| ReuniteError(OwnedReadHalf(stream.clone()), OwnedWriteHalf(stream)))
}

macro_rules! impl_read {
    ($($half:ty),*) => {
        $(
            impl AsyncRead for $half {
                fn poll_read(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    buffer: &mut ReadBuf<'_>,
                ) -> Poll<io::Result<()>> {
                    self.0.poll_read_part(cx, buffer)
                }
            }
        )*
    };
}

macro_rules! impl_write {
    ($($half:ty),*) => {
        $(
            impl AsyncWrite for $half {
                fn poll_write(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    data: &[u8],
                ) -> Poll<io::Result<usize>> {
                    self.0.poll_write_part(cx, data)
                }

                fn poll_write_vectored(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    pieces: &[IoSlice<'_>],
                ) -> Poll<io::Result<usize>> {
                    self.0.poll_write_pieces(cx, pieces)
                }

                fn is_write_vectored(&self) -> bool {
                    true
                }

                fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                    Poll::Ready(Ok(()))
                }

                /// Waits until the peer has everything; the connection stays open.
                fn poll_shutdown(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                ) -> Poll<io::Result<()>> {
                    self.0.poll_flush_all(cx)
                }
            }
        )*
    };
}

macro_rules! impl_deref {
    ($($half:ty),*) => {
        $(
            impl Deref for $half {
                type Target = SrtStream;

                fn deref(&self) -> &SrtStream {
                    &self.0
                }
            }

            impl AsRef<SrtStream> for $half {
                fn as_ref(&self) -> &SrtStream {
                    &self.0
                }
            }
        )*
    };
}

impl_read!(ReadHalf<'_>, OwnedReadHalf);
impl_write!(WriteHalf<'_>, OwnedWriteHalf);
impl_deref!(ReadHalf<'_>, WriteHalf<'_>, OwnedReadHalf, OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves belong to different streams")
    }
}

impl error::Error for ReuniteError {}
