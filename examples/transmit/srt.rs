//! The connections that srt:// URIs stand for.

use anyhow::Result;
use srt_tokio::{ConnectionMode, SrtStream, SrtUri, TransmissionMode, UriDialect, UriError};

use crate::report::Report;

/// The largest message of live mode.
const MAX_LIVE_MESSAGE: usize = 1456;

pub(crate) fn parse(text: &str) -> Result<SrtUri, UriError> {
    // They take room from every packet.
    const TAKE_ROOM: [&str; 2] = ["packetfilter=", "cryptomode="];

    let mut uri = SrtUri::parse(UriDialect::LiveTransmit, text)?;
    let is_whole = !TAKE_ROOM.iter().any(|key| text.contains(key));
    if is_live(&uri) && is_whole && uri.payload_size().is_none() {
        // Whatever the peer at the other end sends can then be passed on as it is.
        uri.options_mut().payload_size(MAX_LIVE_MESSAGE);
    }
    Ok(uri)
}

pub(crate) fn is_live(uri: &SrtUri) -> bool {
    uri.transmission_mode() == TransmissionMode::Live
}

/// Calls, waits for a caller, or meets the peer.
pub(crate) async fn open(uri: &SrtUri, end: &'static str, report: &Report) -> Result<SrtStream> {
    let stream = match uri.mode() {
        ConnectionMode::Listener => {
            let listener = uri.listen().await?;
            report.listening(end, listener.local_addr()?);
            let (stream, _) = listener.accept().await?;
            stream
        }
        ConnectionMode::Caller | ConnectionMode::Rendezvous => uri.connect().await?,
    };
    report.connected(end, stream.peer_addr()?, stream.stream_id());
    Ok(stream)
}
