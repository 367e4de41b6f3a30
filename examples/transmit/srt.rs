//! SRT connections, and how they are made from `srt://` URIs.
//!
//! - this file: a connection
//! - `payload_size`: how large its messages can be

mod payload_size;

use std::io;
use std::sync::Arc;

use anyhow::Result;
use srt_tokio::{
    AccessPolicy, CloseReason, ConnectionMode, Error, SrtListener, SrtStream, SrtUri,
    TransmissionMode,
};

use crate::payload::pieces;
use crate::report::Report;

/// The end that a connection is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Source,
    Target,
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: Arc<SrtStream>,
    /// A listener repeats its answer to a caller that has not got it, so it stays until something
    /// from the caller proves that it has.
    listener: Option<SrtListener>,
}

impl Connection {
    /// Calls, waits for a caller, or meets the peer.
    pub(crate) async fn open(uri: &SrtUri, end: End, report: &Report) -> Result<Self> {
        let mut sized = uri.clone();
        payload_size::choose(&mut sized, end)?;
        let (stream, listener) = match sized.mode() {
            ConnectionMode::Listener => {
                let listener = sized.listen().await?;
                // While this listener stays for the caller that it has accepted, it takes no other.
                listener.set_access_policy(AccessPolicy::new().max_connections(1));
                report.listening(end.name(), listener.local_addr()?);
                let (stream, _) = listener.accept().await?;
                (stream, Some(listener))
            }
            ConnectionMode::Caller | ConnectionMode::Rendezvous => (sized.connect().await?, None),
        };
        payload_size::check(uri, end, &stream)?;
        report.connected(end.name(), stream.peer_addr()?, stream.stream_id());
        Ok(Self { stream: Arc::new(stream), listener })
    }

    pub(crate) fn stream(&self) -> &Arc<SrtStream> {
        &self.stream
    }

    /// Receives a message or a chunk. 0 is the end.
    pub(crate) async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let received = match self.stream.recv(buffer).await {
            Err(error) if self.is_regular_end(&error) => Ok(0),
            received => received,
        };
        self.listener = None;
        received
    }

    /// Sends data as it is if it is small enough for a message, or else in pieces.
    pub(crate) async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        for message in pieces(data, self.stream.max_send_size()) {
            let mut rest = message;
            while !rest.is_empty() {
                rest = &rest[self.stream.send(rest).await?..];
            }
        }
        if self.listener.is_some() && self.stream.stats()?.acks_received > 0 {
            self.listener = None;
        }
        Ok(())
    }

    /// In file mode with messages, the library reports the end of the connection as its loss.
    /// Messages come in order and without gaps, so all that the peer sent have come if it has
    /// closed the connection. After a long silence its close cannot be told from a loss, and counts
    /// as one.
    fn is_regular_end(&self, error: &io::Error) -> bool {
        self.stream.transmission_mode() == TransmissionMode::FileMessage
            && Error::from_io(error) == Some(&Error::ConnectionLost)
            && self.stream.close_reason() == Some(CloseReason::Peer)
    }
}

impl End {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}
