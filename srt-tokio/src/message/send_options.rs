//! How to send a message.

use std::ffi::c_int;
use std::time::Duration;

use super::{Message, SourceTime};
use crate::sys::Sending;

/// How to send a message, for [`SrtStream::send_msg`](crate::SrtStream::send_msg).
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{SendOptions, SourceTime};
///
/// let mut options = SendOptions::new();
/// options.ttl(Duration::from_millis(500)).in_order(false);
///
/// // A frame that was captured 40 ms ago.
/// let mut options = SendOptions::new();
/// options.source_time(SourceTime::now() - Duration::from_millis(40));
/// ```
#[doc(alias = "SRT_MSGCTRL")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendOptions {
    ttl: Option<Duration>,
    in_order: bool,
    source_time: Option<SourceTime>,
}

impl SendOptions {
    /// As [`send`](crate::SrtStream::send) sends: for as long as it takes, in order, now.
    pub fn new() -> Self {
        Self { ttl: None, in_order: true, source_time: None }
    }

    /// How long the message may wait until it is sent, and lost packets of it be sent again. Then it
    /// is given up, and the peer never gets it. In whole milliseconds, rounded up; without end by
    /// default.
    ///
    /// In live mode everything is given up after the latency, or a second if that is longer: a
    /// shorter time gives up sooner, a longer one changes nothing. In
    /// [`FileMessage`](crate::TransmissionMode::FileMessage) mode a peer with libsrt 1.5.1 waits for
    /// a message that was given up, and delivers none behind it that was sent
    /// [in order](Self::in_order); later versions do.
    ///
    /// Not supported with libsrt 1.5.5 and later versions before 1.6: messages that have one are
    /// refused with [`Error::Unsupported`](crate::Error::Unsupported). Where a packet is lost whose
    /// message is given up, these versions ask the peer to drop it over and over, at full CPU load, and
    /// the connection can neither go on nor be closed.
    #[doc(alias = "msgttl")]
    pub fn ttl(&mut self, ttl: Duration) -> &mut Self {
        self.ttl = Some(ttl);
        self
    }

    /// Whether the peer must not get the message before those that were sent earlier. `true` by
    /// default. Concerns messages in
    /// [`FileMessage`](crate::TransmissionMode::FileMessage) mode; in live mode all are delivered in
    /// order.
    #[doc(alias = "inorder")]
    pub fn in_order(&mut self, in_order: bool) -> &mut Self {
        self.in_order = in_order;
        self
    }

    /// The time that the message is from, in place of the time at which it is sent: the peer gets it
    /// one latency later. For gateways, which pass messages on with the distances in time that they
    /// had. It must not lie before the start of the connection.
    ///
    /// Concerns live mode only.
    #[doc(alias = "srctime")]
    pub fn source_time(&mut self, time: SourceTime) -> &mut Self {
        self.source_time = Some(time);
        self
    }

    pub(crate) fn own_source_time(&self) -> Option<SourceTime> {
        self.source_time
    }

    /// As libsrt wants them. Where packets are not `timed`, it has no use for the source time.
    pub(crate) fn sending(&self, timed: bool) -> Sending {
        let Self { ttl, in_order, source_time } = *self;
        let millis = |time: Duration| time.as_nanos().div_ceil(1_000_000);
        Sending {
            // What does not fit is three weeks and more, and as good as without end.
            ttl: ttl.and_then(|ttl| c_int::try_from(millis(ttl)).ok()).unwrap_or(-1),
            in_order,
            source_time: source_time.filter(|_| timed).map_or(0, SourceTime::micros),
        }
    }
}

impl Default for SendOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// To pass a message on with its source time.
impl From<&Message> for SendOptions {
    fn from(message: &Message) -> Self {
        Self { source_time: message.source_time, ..Self::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_left_to_libsrt() {
        let plain = SendOptions::new().sending(true);
        assert_eq!((plain.ttl, plain.in_order, plain.source_time), (-1, true, 0));
    }

    #[test]
    fn times_are_milliseconds_and_microseconds() {
        let time = SourceTime::now();
        let mut options = SendOptions::new();
        options.ttl(Duration::from_millis(1500)).source_time(time).in_order(false);
        let sending = options.sending(true);
        assert_eq!((sending.ttl, sending.in_order), (1500, false));
        assert_eq!(sending.source_time, time.micros());
        assert_eq!(options.sending(false).source_time, 0);
        assert_eq!(options.ttl(Duration::ZERO).sending(true).ttl, 0);
        assert_eq!(options.ttl(Duration::from_nanos(1)).sending(true).ttl, 1);
        assert_eq!(options.ttl(Duration::from_micros(2_001)).sending(true).ttl, 3);
        assert_eq!(options.ttl(Duration::MAX).sending(true).ttl, -1);
    }
}
