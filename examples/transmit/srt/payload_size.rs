//! How large the messages of a live connection can be.
//!
//! The payload size is not negotiated. Without a packet filter it only limits what this side sends.
//! With one, redundant packets have the size of the sender's, and libsrt's memory for them, which it
//! writes to without a check, the size of the receiver's. So the receiver's must not be smaller.

use std::error::Error;
use std::fmt;

use anyhow::Result;
use srt_tokio::{PacketFilter, SrtOptions, SrtSocket, SrtStream, SrtUri, TransmissionMode};

use super::End;
use crate::payload::PAYLOAD;

/// The greatest that there is.
const MAX: usize = 1456;

/// Packet filters and AES-GCM take whole words of 32 bits from each packet.
const STEP: usize = 4;

/// What they may take together, with some to spare.
const MAX_TAKEN: usize = 64;

/// The peer has a packet filter, whose redundant packets would be larger than it may have room for.
#[derive(Debug)]
pub(crate) struct FilterOfPeer {
    filter: PacketFilter,
    payload_size: usize,
}

/// Sets the payload size that suits a source or a target.
pub(crate) fn choose(uri: &mut SrtUri, end: End) -> Result<()> {
    if uri.transmission_mode() != TransmissionMode::Live {
        return Ok(());
    }
    // Whatever the URI says has to be valid, whether or not it is needed.
    let socket = SrtSocket::new(uri.options())?;
    let size = match end {
        // Room for whatever the peer sends, and for its filter.
        End::Source => greatest(uri.options()),
        End::Target if uri.payload_size().is_some() => None,
        // What peers have if they are not told otherwise.
        End::Target if socket.packet_filter()?.is_some() => Some(PAYLOAD),
        // Whatever the peer at the other end sends can then be passed on as it is.
        End::Target => greatest(uri.options()),
    };
    if let Some(size) = size {
        uri.options_mut().payload_size(size);
    }
    Ok(())
}

/// Refuses to send with a filter that only the peer has asked for, unless the peer has room.
pub(crate) fn check(uri: &SrtUri, end: End, stream: &SrtStream) -> Result<()> {
    let is_target = end == End::Target && stream.transmission_mode() == TransmissionMode::Live;
    let payload_size = stream.max_send_size();
    if !is_target || payload_size <= PAYLOAD || uri.payload_size().is_some() {
        return Ok(());
    }
    match stream.packet_filter()? {
        None => Ok(()),
        Some(filter) => Err(FilterOfPeer { filter, payload_size }.into()),
    }
}

/// The greatest payload size that libsrt takes together with the other options.
fn greatest(options: &SrtOptions) -> Option<usize> {
    let mut options = options.clone();
    let mut sizes = (MAX - MAX_TAKEN..=MAX).rev().step_by(STEP);
    sizes.find(|size| SrtSocket::new(options.payload_size(*size)).is_ok())
}

impl fmt::Display for FilterOfPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { filter, payload_size } = self;
        write!(
            f,
            "the peer has asked for the packet filter {filter}, which needs the same payload size on \
             both sides: say which, as payloadsize={PAYLOAD} (it is {payload_size} here)"
        )
    }
}

impl Error for FilterOfPeer {}
