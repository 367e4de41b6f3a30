//! Statistics of a connection.

use std::time::Duration;

use crate::sys::RawStats;

/// A snapshot of a connection's statistics, from [`SrtStream::stats`](crate::SrtStream::stats).
///
/// Counters count from the start of the connection, and taking a snapshot resets nothing: any
/// number of readers can take the difference of two snapshots without disturbing each other. Byte
/// counters include the headers of SRT, UDP and IPv4, 44 bytes a packet.
#[doc(alias = "srt_bistats")]
#[doc(alias = "srt_bstats")]
#[doc(alias = "SRT_TRACEBSTATS")]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// The age of the connection. `msTimeStamp`
    pub age: Duration,
    /// Data packets sent, with retransmissions. `pktSentTotal`
    pub packets_sent: u64,
    /// Data packets sent, without retransmissions. `pktSentUniqueTotal`
    pub packets_sent_unique: u64,
    /// Packets that the peer has reported as lost. `pktSndLossTotal`
    pub packets_sent_lost: u64,
    /// Packets sent again. `pktRetransTotal`
    pub packets_retransmitted: u64,
    /// Packets not sent because it was too late. `pktSndDropTotal`
    pub packets_send_dropped: u64,
    /// Data packets received, with retransmissions and repaired ones. `pktRecvTotal`
    pub packets_received: u64,
    /// Data packets received, each once. `pktRecvUniqueTotal`
    pub packets_received_unique: u64,
    /// Packets found missing, whether they came later or not. `pktRcvLossTotal`
    pub packets_received_lost: u64,
    /// Packets given up because they had not come in time. `pktRcvDropTotal`
    pub packets_receive_dropped: u64,
    /// Packets that could not be decrypted. `pktRcvUndecryptTotal`
    pub packets_undecrypted: u64,
    /// Bytes sent, with retransmissions. `byteSentTotal`
    pub bytes_sent: u64,
    /// Bytes received, with retransmissions. `byteRecvTotal`
    pub bytes_received: u64,
    /// Bytes sent again. `byteRetransTotal`
    pub bytes_retransmitted: u64,
    /// The smoothed round-trip time; 100 ms until it was measured. `msRTT`
    pub rtt: Duration,
    /// The estimated capacity of the path in bits per second. `mbpsBandwidth`
    pub bandwidth: f64,
    /// Packets sent and not acknowledged. `pktFlightSize`
    pub packets_in_flight: u64,
    /// Packets in the send buffer. `pktSndBuf`
    pub send_buffer_packets: u64,
    /// Bytes in the send buffer. `byteSndBuf`
    pub send_buffer_bytes: u64,
    /// The time span of the send buffer's contents. `msSndBuf`
    pub send_buffer_span: Duration,
    /// Packets in the receive buffer. `pktRcvBuf`
    pub receive_buffer_packets: u64,
    /// Bytes in the receive buffer. `byteRcvBuf`
    pub receive_buffer_bytes: u64,
    /// The time span of the receive buffer's contents. `msRcvBuf`
    pub receive_buffer_span: Duration,
}

impl From<RawStats> for Stats {
    fn from(raw: RawStats) -> Self {
        Self {
            age: millis(raw.msTimeStamp),
            packets_sent: count(raw.pktSentTotal),
            packets_sent_unique: count(raw.pktSentUniqueTotal),
            packets_sent_lost: count(raw.pktSndLossTotal),
            packets_retransmitted: count(raw.pktRetransTotal),
            packets_send_dropped: count(raw.pktSndDropTotal),
            packets_received: count(raw.pktRecvTotal),
            packets_received_unique: count(raw.pktRecvUniqueTotal),
            packets_received_lost: count(raw.pktRcvLossTotal),
            packets_receive_dropped: count(raw.pktRcvDropTotal),
            packets_undecrypted: count(raw.pktRcvUndecryptTotal),
            bytes_sent: raw.byteSentTotal,
            bytes_received: raw.byteRecvTotal,
            bytes_retransmitted: raw.byteRetransTotal,
            rtt: Duration::try_from_secs_f64(raw.msRTT / 1e3).unwrap_or_default(),
            bandwidth: raw.mbpsBandwidth * 1e6,
            packets_in_flight: count(raw.pktFlightSize),
            send_buffer_packets: count(raw.pktSndBuf),
            send_buffer_bytes: count(raw.byteSndBuf),
            send_buffer_span: millis(raw.msSndBuf),
            receive_buffer_packets: count(raw.pktRcvBuf),
            receive_buffer_bytes: count(raw.byteRcvBuf),
            receive_buffer_span: millis(raw.msRcvBuf),
        }
    }
}

/// C's counters have a sign; they are never negative, but for a moment they may be inconsistent.
fn count(value: impl Into<i64>) -> u64 {
    value.into().max(0) as u64
}

fn millis(value: impl Into<i64>) -> Duration {
    Duration::from_millis(count(value))
}
