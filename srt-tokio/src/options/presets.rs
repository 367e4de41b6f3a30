//! Options for common purposes.

use std::time::Duration;

use super::{Bandwidth, MaxBandwidth, RetransmitAlgorithm, SrtOptions, TransmissionMode};

/// The payload of a packet in bytes: seven packets of MPEG-TS.
const PAYLOAD: u64 = 1316;
/// What a packet takes of a buffer in bytes: libsrt's default of `SRTO_MSS` less the headers of IP and
/// UDP.
const CELL: u64 = 1500 - 28;
/// libsrt's defaults, in packets.
const FLOW_WINDOW: u64 = 25_600;
const BUFFER: u64 = 8192;

/// How many packets may be lost for good.
const RESIDUAL_LOSS: f64 = 1e-6;
/// What remains of a loss that is greater than one can make up for.
const MAX_LOSS: f64 = 0.5;
/// Timers and queues take their time on the shortest paths too.
const MIN_RTT: Duration = Duration::from_millis(20);
const MIN_ROUND_TRIPS: u32 = 3;
/// How long a sender at least keeps what is not acknowledged, as libsrt has it.
const SENDER_PATIENCE: Duration = Duration::from_millis(1020);

impl SrtOptions {
    /// For live media over the internet: [live mode](TransmissionMode::Live), and no more bandwidth
    /// for repeated packets than a quarter of the stream's, so that a bad path is not made worse.
    ///
    /// Sets [`transmission_mode`](Self::transmission_mode), and
    /// [`max_bandwidth`](Self::max_bandwidth) to [`MaxBandwidth::FollowInput`]. With libsrt's latency
    /// of 120 ms it is good for round trips of up to 30 ms. For others, see
    /// [`for_path`](Self::for_path).
    ///
    /// ```
    /// use srt_tokio::{SrtOptions, SrtStream};
    ///
    /// let mut builder = SrtStream::builder();
    /// builder.options(&SrtOptions::live()).key_refresh_rate(100_000);
    /// ```
    pub fn live() -> Self {
        let mut options = Self::new();
        options.transmission_mode(TransmissionMode::Live).max_bandwidth(MaxBandwidth::FollowInput);
        options
    }

    /// For live media on a local network with a round trip of 5 ms at most, as soon as possible:
    /// [live mode](TransmissionMode::Live) with a latency of 20 ms, in which every report of a loss is
    /// answered at once.
    ///
    /// Sets [`transmission_mode`](Self::transmission_mode), [`latency`](Self::latency),
    /// [`retransmit_algorithm`](Self::retransmit_algorithm), and
    /// [`peer_idle_timeout`](Self::peer_idle_timeout) to 2 s.
    ///
    /// ```no_run
    /// use srt_tokio::{SrtOptions, SrtStream};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let options = SrtOptions::low_latency();
    /// let stream = SrtStream::builder().options(&options).connect("mixer.lan:9000").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn low_latency() -> Self {
        let mut options = Self::new();
        options
            .transmission_mode(TransmissionMode::Live)
            .latency(Duration::from_millis(20))
            .retransmit_algorithm(RetransmitAlgorithm::Aggressive)
            .peer_idle_timeout(Duration::from_secs(2));
        options
    }

    /// For files, as fast as the network allows: [`FileStream`](TransmissionMode::FileStream), with
    /// buffers as large as libsrt's [flow window](Self::flow_window). They hold 37 MB, enough for
    /// 1 Gbit/s over a round trip of 300 ms, and take up only what is in them.
    ///
    /// Sets [`transmission_mode`](Self::transmission_mode),
    /// [`send_buffer_size`](Self::send_buffer_size) and
    /// [`receive_buffer_size`](Self::receive_buffer_size).
    ///
    /// ```no_run
    /// use srt_tokio::{SrtOptions, SrtStream};
    /// use tokio::fs::File;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let mut builder = SrtStream::builder();
    /// builder.options(&SrtOptions::file());
    /// let mut stream = builder.connect("archive.example.com:9000").await?;
    /// tokio::io::copy(&mut File::open("match.ts").await?, &mut stream).await?;
    /// // Waits until the peer has it all.
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn file() -> Self {
        let mut options = Self::new();
        options
            .transmission_mode(TransmissionMode::FileStream)
            .send_buffer_size(bytes(FLOW_WINDOW))
            .receive_buffer_size(bytes(FLOW_WINDOW));
        options
    }

    /// For live media of a known `bitrate`, over a path with a known round-trip time and loss. `loss`
    /// is the part of the packets that the network loses: 0.01 is one in a hundred. It counts as 0.5 if
    /// it is more.
    ///
    /// The bitrate is that of the payload, at its highest. The round-trip time and the loss are best
    /// taken from the [statistics](crate::Stats) of a connection over the same path: the highest
    /// [`rtt`](crate::Stats::rtt), and
    /// [`packets_received_lost`](crate::Stats::packets_received_lost) for each of
    /// [`packets_received`](crate::Stats::packets_received). Both sides should have these options.
    ///
    /// # The formula
    ///
    /// A packet is lost for good if it is lost again in each of *n* repetitions, for which each takes a
    /// round trip. So that this happens to one in a million at most, with *p* as the loss and no less
    /// than 20 ms as the round-trip time *RTT*,
    ///
    /// - *n* = ⌈log 10⁻⁶ / log *p*⌉, and at least 3: 3 up to a loss of 1 %, 4 up to 3.1 %, 5 up to
    ///   6.3 %, 6 up to 10 %
    /// - [`latency`](Self::latency) = *n* · *RTT*
    ///
    /// libsrt's configuration guidelines give the rest. With packets of 1316 bytes, and thus
    /// *r* = *bitrate* / 8 / 1316 packets per second,
    ///
    /// - [`flow_window`](Self::flow_window) = *r* · (*RTT* + *latency*), and at least libsrt's 25600,
    /// - [`receive_buffer_size`](Self::receive_buffer_size) = *r* · (*latency* + *RTT* / 2), and at
    ///   least libsrt's 8192 packets, of 1472 bytes each,
    /// - [`send_buffer_size`](Self::send_buffer_size) = *r* · (*RTT* + *latency*), the latter at
    ///   least 1.02 s, which is how long a sender keeps what is not acknowledged; again at least 8192
    ///   packets.
    ///
    /// The bandwidth is [that of the input](MaxBandwidth::FollowInput), with
    /// [`min_input_bandwidth`](Self::min_input_bandwidth) = *bitrate*, and with
    /// [`overhead_bandwidth`](Self::overhead_bandwidth) = 25 % + 2 · *p*, for repetitions, some of
    /// which are lost as well, or made in vain.
    ///
    /// ```
    /// use std::time::Duration;
    /// use srt_tokio::{Bandwidth, SrtListener, SrtOptions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let bitrate = Bandwidth::from_megabits_per_second(20);
    /// // Across an ocean, with one packet in fifty lost: a latency of 4 · 150 ms.
    /// let options = SrtOptions::for_path(bitrate, Duration::from_millis(150), 0.02);
    /// let listener = SrtListener::builder().options(&options).bind("127.0.0.1:0").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_path(bitrate: Bandwidth, rtt: Duration, loss: f64) -> Self {
        // Not a number is as good as nothing.
        let loss = if loss > 0.0 { loss.min(MAX_LOSS) } else { 0.0 };
        let rtt = rtt.max(MIN_RTT);
        let latency = rtt.saturating_mul(round_trips(loss));
        let packets = |time: Duration| {
            let bytes =
                u128::from(bitrate.bytes_per_second()).saturating_mul(time.as_millis()) / 1000;
            u64::try_from(bytes / u128::from(PAYLOAD)).unwrap_or(u64::MAX).saturating_add(1)
        };
        let received = packets(latency.saturating_add(rtt / 2)).max(BUFFER);
        let window = packets(latency.saturating_add(rtt)).max(FLOW_WINDOW);
        let sent = packets(latency.max(SENDER_PATIENCE).saturating_add(rtt)).max(BUFFER);
        let overhead = 25.0 + 2.0 * 100.0 * loss;
        let mut options = Self::new();
        options
            .transmission_mode(TransmissionMode::Live)
            .latency(latency)
            .flow_window(usize::try_from(window).unwrap_or(usize::MAX))
            .receive_buffer_size(bytes(received))
            .send_buffer_size(bytes(sent))
            .max_bandwidth(MaxBandwidth::FollowInput)
            .min_input_bandwidth(bitrate)
            .overhead_bandwidth(overhead.ceil().min(100.0) as u8);
        options
    }
}

/// How often a packet has to be sent again at most.
fn round_trips(loss: f64) -> u32 {
    if loss == 0.0 {
        return MIN_ROUND_TRIPS;
    }
    // A little less, so that a round number is not rounded up for its last digit.
    let round_trips = RESIDUAL_LOSS.ln() / loss.ln() - 1e-9;
    (round_trips.ceil() as u32).max(MIN_ROUND_TRIPS)
}

/// The size of a buffer for so many packets.
fn bytes(packets: u64) -> usize {
    usize::try_from(packets.saturating_mul(CELL)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_loss_takes_more_round_trips() {
        let table = [
            (0.0, 3),
            (0.001, 3),
            (0.01, 3),
            (0.011, 4),
            (0.031, 4),
            (0.032, 5),
            (0.063, 5),
            (0.064, 6),
            (0.1, 6),
            (0.11, 7),
            (0.5, 20),
        ];
        for (loss, expected) in table {
            assert_eq!(round_trips(loss), expected, "{loss}");
        }
    }

    #[test]
    fn a_path_gives_what_the_formula_says() {
        let bitrate = Bandwidth::from_megabits_per_second(20);
        let options = SrtOptions::for_path(bitrate, Duration::from_millis(150), 0.02);
        assert_eq!(options.latency, Some(Duration::from_millis(600)));
        // 2.5 MB/s for 0.675 s are fewer than libsrt's buffer has.
        assert_eq!(options.receive_buffer_size, Some(8192 * 1472));
        assert_eq!(options.flow_window, Some(25_600));
        assert_eq!(options.send_buffer_size, Some(8192 * 1472));
        assert_eq!(options.overhead_bandwidth, Some(29));
        assert_eq!(options.min_input_bandwidth, Some(bitrate));

        let bitrate = Bandwidth::from_megabits_per_second(1000);
        let options = SrtOptions::for_path(bitrate, Duration::from_millis(300), 0.1);
        assert_eq!(options.latency, Some(Duration::from_millis(1800)));
        // 125 MB/s for 1.95 s and for 2.1 s.
        assert_eq!(options.receive_buffer_size, Some(185_221 * 1472));
        assert_eq!(options.flow_window, Some(199_469));
        assert_eq!(options.send_buffer_size, Some(199_469 * 1472));
        assert_eq!(options.overhead_bandwidth, Some(45));
    }

    #[test]
    fn a_path_that_is_not_possible_is_bounded() {
        let nothing = SrtOptions::for_path(Bandwidth::ZERO, Duration::ZERO, f64::NAN);
        assert_eq!(nothing.latency, Some(Duration::from_millis(60)));
        assert_eq!(nothing.flow_window, Some(25_600));
        let options = SrtOptions::for_path(
            Bandwidth::from_bytes_per_second(u64::MAX),
            Duration::MAX,
            f64::INFINITY,
        );
        assert_eq!(options.overhead_bandwidth, Some(100));
        assert_eq!(options.receive_buffer_size, Some(usize::MAX));
    }
}
