//! Statistics of a connection.
//!
//! - this file: the table of what libsrt counts and measures, and what is made of it
//! - `stats_stream`: snapshots at intervals
//! - `recorder`: snapshots for the `metrics` facade
//! - `seconds`, `bits_per_second`: durations and bandwidths for serde

#[cfg(feature = "serde")]
mod bits_per_second;
#[cfg(feature = "metrics")]
mod recorder;
#[cfg(feature = "serde")]
mod seconds;
mod stats_stream;

use std::time::Duration;

use crate::options::Bandwidth;
use crate::sys::RawStats;

#[cfg(feature = "metrics")]
pub use recorder::StatsRecorder;
pub use stats_stream::StatsStream;

/// The headers of SRT, UDP and IPv4, in bytes, that libsrt adds to each packet it counts.
const HEADERS: u64 = 44;

/// Calls `$emit!` with everything that is counted from the start of the connection, then everything
/// that is measured now. An entry names the field of C's `CBytePerfMon` that it comes from, in which
/// bytes include the headers of the packets that are named beside them, and rates are megabits per
/// second.
macro_rules! for_each_statistic {
    ($emit:ident) => {
        $emit! {
            packets {
                /// Data packets sent, with retransmissions.
                #[doc(alias = "pktSentTotal")]
                packets_sent = pktSentTotal;

                /// Data packets sent, without retransmissions.
                #[doc(alias = "pktSentUniqueTotal")]
                packets_sent_unique = pktSentUniqueTotal;

                /// Packets that the peer has reported as lost, counted each time it does.
                #[doc(alias = "pktSndLossTotal")]
                packets_sent_lost = pktSndLossTotal;

                /// Packets sent again.
                #[doc(alias = "pktRetransTotal")]
                packets_retransmitted = pktRetransTotal;

                /// Packets not sent because it was too late.
                #[doc(alias = "pktSndDropTotal")]
                packets_send_dropped = pktSndDropTotal;

                /// Data packets received, with retransmissions.
                #[doc(alias = "pktRecvTotal")]
                packets_received = pktRecvTotal;

                /// Data packets received or rebuilt by the packet filter, each once.
                #[doc(alias = "pktRecvUniqueTotal")]
                packets_received_unique = pktRecvUniqueTotal;

                /// Packets found missing, whether they came later or not.
                #[doc(alias = "pktRcvLossTotal")]
                packets_received_lost = pktRcvLossTotal;

                /// Packets received that the peer had sent again.
                #[doc(alias = "pktRcvRetrans")]
                packets_received_retransmitted = pktRcvRetrans;

                /// Packets received after the time at which they should have been delivered.
                #[doc(alias = "pktRcvBelated")]
                packets_received_belated = pktRcvBelated;

                /// Packets given up because they had not come in time. In libsrt 1.5.1 with those
                /// that could not be decrypted.
                #[doc(alias = "pktRcvDropTotal")]
                packets_receive_dropped = pktRcvDropTotal;

                /// Packets that could not be decrypted.
                #[doc(alias = "pktRcvUndecryptTotal")]
                packets_undecrypted = pktRcvUndecryptTotal;

                /// Acknowledgements sent.
                #[doc(alias = "pktSentACKTotal")]
                acks_sent = pktSentACKTotal;

                /// Acknowledgements received.
                #[doc(alias = "pktRecvACKTotal")]
                acks_received = pktRecvACKTotal;

                /// Reports of losses sent.
                #[doc(alias = "pktSentNAKTotal")]
                naks_sent = pktSentNAKTotal;

                /// Reports of losses received.
                #[doc(alias = "pktRecvNAKTotal")]
                naks_received = pktRecvNAKTotal;

                /// Packets that the packet filter has added to those sent.
                #[doc(alias = "pktSndFilterExtraTotal")]
                filter_packets_sent = pktSndFilterExtraTotal;

                /// Packets received that the peer's packet filter had added.
                #[doc(alias = "pktRcvFilterExtraTotal")]
                filter_packets_received = pktRcvFilterExtraTotal;

                /// Packets that the packet filter has rebuilt from others.
                #[doc(alias = "pktRcvFilterSupplyTotal")]
                filter_packets_rebuilt = pktRcvFilterSupplyTotal;

                /// Lost packets that the packet filter could not rebuild.
                #[doc(alias = "pktRcvFilterLossTotal")]
                filter_packets_lost = pktRcvFilterLossTotal;
            }
            bytes {
                /// Bytes sent, with retransmissions.
                #[doc(alias = "byteSentTotal")]
                bytes_sent = byteSentTotal with packets_sent;

                /// Bytes sent, without retransmissions.
                #[doc(alias = "byteSentUniqueTotal")]
                bytes_sent_unique = byteSentUniqueTotal with packets_sent_unique;

                /// Bytes sent again.
                #[doc(alias = "byteRetransTotal")]
                bytes_retransmitted = byteRetransTotal with packets_retransmitted;

                /// Bytes not sent because it was too late.
                #[doc(alias = "byteSndDropTotal")]
                bytes_send_dropped = byteSndDropTotal with packets_send_dropped;

                /// Bytes received, with retransmissions.
                #[doc(alias = "byteRecvTotal")]
                bytes_received = byteRecvTotal with packets_received;

                /// Bytes received or rebuilt by the packet filter, each once.
                #[doc(alias = "byteRecvUniqueTotal")]
                bytes_received_unique = byteRecvUniqueTotal with packets_received_unique;

                /// Bytes found missing: an estimate, from the size of other packets.
                #[doc(alias = "byteRcvLossTotal")]
                bytes_received_lost = byteRcvLossTotal with packets_received_lost;

                /// Bytes given up because they had not come in time: an estimate, from the size of
                /// other packets. In libsrt 1.5.1 with those that could not be decrypted.
                #[doc(alias = "byteRcvDropTotal")]
                bytes_receive_dropped = byteRcvDropTotal with packets_receive_dropped;
            }
            rates {
                /// The estimated capacity of the path.
                #[doc(alias = "mbpsBandwidth")]
                bandwidth = mbpsBandwidth;

                /// The limit to the rate of sending.
                #[doc(alias = "mbpsMaxBW")]
                max_bandwidth = mbpsMaxBW;
            }
            times {
                /// The smoothed round-trip time; 100 ms until it was measured.
                #[doc(alias = "msRTT")]
                rtt = float_millis(msRTT);

                /// The least time from one packet to the next when sending.
                #[doc(alias = "usPktSndPeriod")]
                packet_send_period = float_micros(usPktSndPeriod);

                /// The time span of the send buffer's contents.
                #[doc(alias = "msSndBuf")]
                send_buffer_span = millis(msSndBuf);

                /// The time span of the receive buffer's contents.
                #[doc(alias = "msRcvBuf")]
                receive_buffer_span = millis(msRcvBuf);

                /// The latency of the sending direction; zero where packets are not timed.
                #[doc(alias = "msSndTsbPdDelay")]
                send_latency = millis(msSndTsbPdDelay);

                /// The latency of the receiving direction; zero where packets are not timed.
                #[doc(alias = "msRcvTsbPdDelay")]
                receive_latency = millis(msRcvTsbPdDelay);

                /// How much too late belated packets came: a moving average. Zero while none came too
                /// late. Before libsrt 1.5.4 it starts from an arbitrary value, whose share falls by a
                /// fifth with each belated packet.
                #[doc(alias = "pktRcvAvgBelatedTime")]
                belated_by = float_millis(pktRcvAvgBelatedTime);
            }
            amounts {
                /// The most packets that the peer has room for.
                #[doc(alias = "pktFlowWindow")]
                flow_window = pktFlowWindow;

                /// The most packets in flight that congestion control allows.
                #[doc(alias = "pktCongestionWindow")]
                congestion_window = pktCongestionWindow;

                /// Packets sent and not acknowledged.
                #[doc(alias = "pktFlightSize")]
                packets_in_flight = pktFlightSize;

                /// The greatest size of a UDP packet with its headers, in bytes.
                #[doc(alias = "byteMSS")]
                max_segment_size = byteMSS;

                /// Packets in the send buffer.
                #[doc(alias = "pktSndBuf")]
                send_buffer_packets = pktSndBuf;

                /// Bytes in the send buffer.
                #[doc(alias = "byteSndBuf")]
                send_buffer_bytes = byteSndBuf;

                /// Bytes that the send buffer has room for.
                #[doc(alias = "byteAvailSndBuf")]
                send_buffer_available = byteAvailSndBuf;

                /// Packets in the receive buffer.
                #[doc(alias = "pktRcvBuf")]
                receive_buffer_packets = pktRcvBuf;

                /// Bytes in the receive buffer.
                #[doc(alias = "byteRcvBuf")]
                receive_buffer_bytes = byteRcvBuf;

                /// Bytes that the receive buffer has room for.
                #[doc(alias = "byteAvailRcvBuf")]
                receive_buffer_available = byteAvailRcvBuf;

                /// How many packets late a packet may come without being taken for lost.
                #[doc(alias = "pktReorderTolerance")]
                reorder_tolerance = pktReorderTolerance;

                /// How many packets late packets out of order came at most, since the start of the
                /// connection.
                #[doc(alias = "pktReorderDistance")]
                reorder_distance = pktReorderDistance;
            }
        }
    };
}

macro_rules! define_stats {
    (
        packets {$($(#[doc = $p_doc:expr])+ #[doc(alias = $p_c:literal)] $p:ident = $p_raw:ident;)*}
        bytes {
            $($(#[doc = $b_doc:expr])+ #[doc(alias = $b_c:literal)]
            $b:ident = $b_raw:ident with $b_packets:ident;)*
        }
        rates {$($(#[doc = $r_doc:expr])+ #[doc(alias = $r_c:literal)] $r:ident = $r_raw:ident;)*}
        times {
            $($(#[doc = $t_doc:expr])+ #[doc(alias = $t_c:literal)]
            $t:ident = $t_convert:ident($t_raw:ident);)*
        }
        amounts {$($(#[doc = $a_doc:expr])+ #[doc(alias = $a_c:literal)] $a:ident = $a_raw:ident;)*}
    ) => {
        /// A snapshot of a connection's statistics, from
        /// [`SrtStream::stats`](crate::SrtStream::stats).
        ///
        /// Counters count from the start of the connection, and taking a snapshot resets nothing:
        /// any number of readers can take the [difference](Self::since) of two snapshots without
        /// disturbing each other. Counters of bytes include the headers of SRT, UDP and IPv4, 44
        /// bytes a packet. libsrt's counters of packets start over after 2^32, which takes a month
        /// of 20 Mbit/s; those here go on.
        ///
        /// The names of libsrt's fields, which the fields here can be found by in the
        /// documentation's search, are those without "Total" where both exist.
        ///
        /// With the feature `serde` it can be serialized and deserialized, durations as seconds and
        /// bandwidths as bits per second.
        #[doc(alias = "srt_bistats")]
        #[doc(alias = "srt_bstats")]
        #[doc(alias = "SRT_TRACEBSTATS")]
        #[doc(alias = "CBytePerfMon")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default))]
        #[non_exhaustive]
        pub struct Stats {
            /// The age of the connection.
            #[doc(alias = "msTimeStamp")]
            #[doc(alias = "srt_connection_time")]
            #[cfg_attr(feature = "serde", serde(with = "seconds"))]
            pub age: Duration,

            /// The time that the counters are about: the age of the connection, or what lies between
            /// the two snapshots of a [difference](Self::since).
            #[cfg_attr(feature = "serde", serde(with = "seconds"))]
            pub span: Duration,

            $(
                $(#[doc = $p_doc])+
                #[doc(alias = $p_c)]
                pub $p: u64,
            )*

            $(
                $(#[doc = $b_doc])+
                #[doc(alias = $b_c)]
                pub $b: u64,
            )*

            /// Bytes that could not be decrypted, without headers.
            #[doc(alias = "byteRcvUndecryptTotal")]
            pub bytes_undecrypted: u64,

            /// The time in which there was something to send.
            #[doc(alias = "usSndDurationTotal")]
            #[cfg_attr(feature = "serde", serde(with = "seconds"))]
            pub send_duration: Duration,

            $(
                $(#[doc = $r_doc])+
                #[doc(alias = $r_c)]
                #[cfg_attr(feature = "serde", serde(with = "bits_per_second"))]
                pub $r: Bandwidth,
            )*

            $(
                $(#[doc = $t_doc])+
                #[doc(alias = $t_c)]
                #[cfg_attr(feature = "serde", serde(with = "seconds"))]
                pub $t: Duration,
            )*

            $(
                $(#[doc = $a_doc])+
                #[doc(alias = $a_c)]
                pub $a: u64,
            )*
        }

        impl Stats {
            /// What has changed since an `earlier` snapshot of the same connection: the counters are
            /// those of the time in between. Everything else is as it is in `self`.
            ///
            /// ```
            /// # async fn example(stream: &srt_tokio::SrtStream) -> std::io::Result<()> {
            /// let before = stream.stats()?;
            /// tokio::time::sleep(std::time::Duration::from_secs(10)).await;
            /// let interval = stream.stats()?.since(&before);
            /// println!("{} sent, {} received", interval.send_rate(), interval.receive_rate());
            /// println!("{} packets lost on the way here", interval.packets_received_lost);
            /// # Ok(())
            /// # }
            /// ```
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self {
                    span: self.age.saturating_sub(earlier.age),
                    $($p: self.$p.saturating_sub(earlier.$p),)*
                    $($b: self.$b.saturating_sub(earlier.$b),)*
                    bytes_undecrypted: self
                        .bytes_undecrypted
                        .saturating_sub(earlier.bytes_undecrypted),
                    send_duration: self.send_duration.saturating_sub(earlier.send_duration),
                    ..*self
                }
            }

            /// What libsrt tells, after the snapshot before it.
            pub(crate) fn following(before: &Self, raw: &RawStats) -> Self {
                $(let $p = extend(before.$p, raw.$p_raw as u32);)*
                Self {
                    age: millis(raw.msTimeStamp),
                    span: millis(raw.msTimeStamp),
                    $($p,)*
                    $($b: raw.$b_raw.wrapping_add(HEADERS * ($b_packets >> 32 << 32)),)*
                    bytes_undecrypted: raw.byteRcvUndecryptTotal,
                    send_duration: Duration::from_micros(count(raw.usSndDurationTotal)),
                    $($r: megabits(raw.$r_raw),)*
                    $($t: $t_convert(raw.$t_raw),)*
                    $($a: count(raw.$a_raw),)*
                }
                .checked(raw)
            }
        }
    };
}

for_each_statistic!(define_stats);
#[cfg(feature = "metrics")]
pub(crate) use for_each_statistic;

impl Stats {
    /// The rate of sending over the [span](Self::span) with headers and retransmissions.
    #[doc(alias = "mbpsSendRate")]
    pub fn send_rate(&self) -> Bandwidth {
        self.rate(self.bytes_sent)
    }

    /// The rate of receiving over the [span](Self::span) with headers and retransmissions.
    #[doc(alias = "mbpsRecvRate")]
    pub fn receive_rate(&self) -> Bandwidth {
        self.rate(self.bytes_received)
    }

    /// Without the average of what has not been counted yet: libsrt before 1.5.4 does not initialize
    /// it.
    fn checked(mut self, raw: &RawStats) -> Self {
        if raw.pktRcvBelated == 0 {
            self.belated_by = Duration::ZERO;
        }
        self
    }

    /// As at the end of the connection, at that age.
    pub(crate) fn ended(self, age: Duration) -> Self {
        Self { age, span: age, ..self }
    }

    /// With at least so many packets received, and so many bytes in them. `buffered` packets are still
    /// in the receive buffer.
    pub(crate) fn with_received(self, packets: u64, payload: u64, buffered: u64) -> Self {
        let bytes = payload + HEADERS * packets;
        let more_packets = packets.saturating_sub(self.packets_received_unique);
        let more_bytes = bytes.saturating_sub(self.bytes_received_unique);
        let is_empty = buffered == 0;
        Self {
            packets_received: self.packets_received + more_packets,
            packets_received_unique: self.packets_received_unique + more_packets,
            bytes_received: self.bytes_received + more_bytes,
            bytes_received_unique: self.bytes_received_unique + more_bytes,
            receive_buffer_packets: buffered,
            receive_buffer_bytes: if is_empty { 0 } else { self.receive_buffer_bytes },
            receive_buffer_span: if is_empty { Duration::ZERO } else { self.receive_buffer_span },
            ..self
        }
    }

    fn rate(&self, bytes: u64) -> Bandwidth {
        if self.span.is_zero() {
            return Bandwidth::ZERO;
        }
        Bandwidth::measured(bytes as f64 / self.span.as_secs_f64())
    }
}

/// libsrt counts packets with 32 bits. They never go back by much, and never on by half of that
/// within the time between two looks; but before the first look they may have come this far.
fn extend(before: u64, now: u32) -> u64 {
    if before == 0 {
        return now.into();
    }
    before.saturating_add_signed(i64::from(now.wrapping_sub(before as u32) as i32))
}

/// C's numbers have a sign; they are never negative, but for a moment they may be inconsistent.
fn count(value: impl Into<i64>) -> u64 {
    value.into().max(0) as u64
}

fn megabits(per_second: f64) -> Bandwidth {
    Bandwidth::measured(per_second * 1e6 / 8.0)
}

fn millis(value: impl Into<i64>) -> Duration {
    Duration::from_millis(count(value))
}

fn float_millis(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1e3).unwrap_or_default()
}

fn float_micros(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1e6).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The layout test of srt-sys sees to it that it has every field of the header.
    const BINDINGS: &str = include_str!("../../srt-sys/src/bindings.rs");

    macro_rules! fields_of_c {
        (
            packets {$($(#[doc = $p_doc:expr])+ #[doc(alias = $p_c:literal)] $p:ident = $p_raw:ident;)*}
            bytes {
                $($(#[doc = $b_doc:expr])+ #[doc(alias = $b_c:literal)]
                $b:ident = $b_raw:ident with $b_packets:ident;)*
            }
            rates {$($(#[doc = $r_doc:expr])+ #[doc(alias = $r_c:literal)] $r:ident = $r_raw:ident;)*}
            times {
                $($(#[doc = $t_doc:expr])+ #[doc(alias = $t_c:literal)]
                $t:ident = $t_convert:ident($t_raw:ident);)*
            }
            amounts {$($(#[doc = $a_doc:expr])+ #[doc(alias = $a_c:literal)] $a:ident = $a_raw:ident;)*}
        ) => {
            /// The field that each entry of the table is made of, and what the documentation says.
            const TABLE: &[(&str, &str)] = &[
                $((stringify!($p_raw), $p_c),)*
                $((stringify!($b_raw), $b_c),)*
                $((stringify!($r_raw), $r_c),)*
                $((stringify!($t_raw), $t_c),)*
                $((stringify!($a_raw), $a_c),)*
            ];
        };
    }

    for_each_statistic!(fields_of_c);

    #[test]
    fn every_field_of_c_is_to_be_had() {
        let (_, fields) = BINDINGS.split_once("pub struct CBytePerfMon {").unwrap();
        let (fields, _) = fields.split_once('}').unwrap();
        let fields: BTreeSet<&str> = fields
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
            .collect();
        assert!(fields.len() >= 82, "{fields:?}");

        // Outside of the table; and the two rates, which are methods.
        let mut known = BTreeSet::from([
            "msTimeStamp",
            "byteRcvUndecryptTotal",
            "usSndDurationTotal",
            "mbpsSendRate",
            "mbpsRecvRate",
        ]);
        for (field, documented) in TABLE {
            assert_eq!(field, documented);
            assert!(known.insert(field), "{field} twice");
        }
        for field in fields.difference(&known) {
            // What libsrt counts since somebody has reset it is a difference of two snapshots here.
            assert!(known.contains(&*format!("{field}Total")), "{field} is not to be had");
        }
        assert!(known.is_subset(&fields), "{:?}", known.difference(&fields));
    }

    #[test]
    fn counters_go_on_where_those_of_libsrt_start_over() {
        let mut raw = RawStats {
            pktRecvTotal: 0x7fff_ffff,
            byteRecvTotal: 10_000 + 44 * 0x7fff_ffff,
            // An int in C.
            pktRetransTotal: i32::MAX,
            ..RawStats::default()
        };
        let first = Stats::following(&Stats::default(), &raw);
        assert_eq!(first.packets_received, 0x7fff_ffff);
        assert_eq!(first.packets_retransmitted, 0x7fff_ffff);

        (raw.pktRecvTotal, raw.byteRecvTotal) = (0xffff_fff0, 20_000 + 44 * 0xffff_fff0);
        raw.pktRetransTotal = i32::MIN;
        let second = Stats::following(&first, &raw);
        assert_eq!(second.packets_received, 0xffff_fff0);
        assert_eq!(second.bytes_received, 20_000 + 44 * 0xffff_fff0);
        assert_eq!(second.packets_retransmitted, 0x8000_0000);

        (raw.pktRecvTotal, raw.byteRecvTotal) = (5, 30_000 + 44 * 5);
        let third = Stats::following(&second, &raw);
        assert_eq!(third.packets_received, 0x1_0000_0005);
        assert_eq!(third.bytes_received, 30_000 + 44 * 0x1_0000_0005);
        assert_eq!(third.since(&second).packets_received, 21);
        assert_eq!(third.since(&second).bytes_received, 10_000 + 44 * 21);
    }

    #[test]
    fn a_first_look_may_come_late() {
        for packets in [0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let raw = RawStats { pktSentTotal: packets, ..RawStats::default() };
            let stats = Stats::following(&Stats::default(), &raw);
            assert_eq!(stats.packets_sent, packets as u64);
        }
    }

    #[test]
    fn two_looks_in_the_wrong_order_do_no_harm() {
        let at = |packets| RawStats { pktSentTotal: packets, ..RawStats::default() };
        let late = Stats::following(&Stats::default(), &at(10));
        let early = Stats::following(&late, &at(8));
        assert_eq!(early.packets_sent, 8);
        assert_eq!(Stats::following(&early, &at(12)).packets_sent, 12);
    }

    #[test]
    fn a_difference_is_about_the_time_in_between() {
        let at = |seconds: i64| RawStats {
            msTimeStamp: seconds * 1000,
            byteSentTotal: 1_000_000 * seconds as u64,
            usSndDurationTotal: seconds * 500_000,
            pktSndBuf: seconds as i32,
            ..RawStats::default()
        };
        let before = Stats::following(&Stats::default(), &at(10));
        assert_eq!((before.age, before.span), (Duration::from_secs(10), Duration::from_secs(10)));
        assert_eq!(before.send_rate(), Bandwidth::from_megabits_per_second(8));
        let after = Stats::following(&before, &at(14));
        let interval = after.since(&before);
        assert_eq!((interval.age, interval.span), (after.age, Duration::from_secs(4)));
        assert_eq!(interval.bytes_sent, 4_000_000);
        assert_eq!(interval.send_rate(), Bandwidth::from_megabits_per_second(8));
        assert_eq!(interval.send_duration, Duration::from_secs(2));
        assert_eq!(interval.send_buffer_packets, 14);
        assert_eq!(interval.receive_rate(), Bandwidth::ZERO);
        assert_eq!(after.since(&after).send_rate(), Bandwidth::ZERO);
    }

    #[test]
    fn values_are_in_units_of_rust() {
        let raw = RawStats {
            msRTT: 12.5,
            usPktSndPeriod: 10.5,
            pktRcvBelated: 1,
            pktRcvAvgBelatedTime: 3.25,
            mbpsBandwidth: 950.5,
            mbpsMaxBW: 1000.0,
            msSndTsbPdDelay: 120,
            byteAvailSndBuf: -1,
            ..RawStats::default()
        };
        let stats = Stats::following(&Stats::default(), &raw);
        assert_eq!(stats.rtt, Duration::from_micros(12_500));
        assert_eq!(stats.packet_send_period, Duration::from_nanos(10_500));
        assert_eq!(stats.belated_by, Duration::from_micros(3_250));
        assert_eq!(stats.bandwidth, Bandwidth::from_bits_per_second(950_500_000));
        assert_eq!(stats.max_bandwidth, Bandwidth::from_megabits_per_second(1000));
        assert_eq!(stats.send_latency, Duration::from_millis(120));
        assert_eq!(stats.send_buffer_available, 0);
    }

    #[test]
    fn where_nothing_was_belated_there_is_no_average() {
        let raw = |packets, average| RawStats {
            pktRcvBelated: packets,
            pktRcvAvgBelatedTime: average,
            ..RawStats::default()
        };
        let belated_by = |raw| Stats::following(&Stats::default(), &raw).belated_by;
        assert_eq!(belated_by(raw(0, 1e9)), Duration::ZERO);
        assert_eq!(belated_by(raw(1, 2.0)), Duration::from_millis(2));
        for nonsense in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(belated_by(raw(1, nonsense)), Duration::ZERO);
        }
    }
}
