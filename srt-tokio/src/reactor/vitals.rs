//! What is kept of a connection for the time after its end, when libsrt tells nothing any more.
//!
//! libsrt gives no statistics from the moment on at which a connection breaks, and does not tell why
//! it broke: the peer's close and its silence look the same, except in stream mode. So the reactor
//! takes a snapshot of each connection once a second, or every three where nothing changes. The last
//! one is what is left at the end, and from the differences follows when the peer was last heard of.
//!
//! What was received since the last snapshot is known from the messages that have been delivered. They
//! are counted in live mode only, where a message is a packet.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::stats::Stats;
use crate::sys::{Event, RawSocket, RawStats, SocketId};

/// libsrt takes no peer for dead before sixteen of its timers of 300 ms have expired one after the
/// other, however short the idle timeout is.
const LEAST_IDLE: Duration = Duration::from_millis(16 * 300);

/// A peer that is there has answered by then.
const ANSWER: Duration = Duration::from_secs(1);

/// How many visits are left out after one that found no change: they are most of what an idle
/// connection costs this library.
const LEFT_OUT: u8 = 2;

/// What has become of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    Done,
    LeftOut,
    NotAConnection,
}

/// How a connection has ended, as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// This side has closed it.
    Closed,
    /// The peer was heard of shortly before, so it must have closed it.
    ClosedByPeer,
    /// The peer has not answered for long, though there was something to answer.
    Silence,
    Unknown,
}

#[derive(Debug, Default)]
pub(crate) struct Vitals {
    signs: Mutex<Option<Box<Signs>>>,
    received: Received,
}

/// Counts packets and their bytes in one word, so that a message costs a single addition. Both wrap
/// around, but differences of two readings are right as long as there are fewer than 2^24 packets and
/// 2^40 bytes in between.
#[derive(Debug, Default)]
struct Received(AtomicU64);

impl Received {
    const PACKET: u64 = 1 << 40;

    #[inline]
    fn add(&self, len: usize) {
        self.0.fetch_add(Self::PACKET + len as u64, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What has been received in all.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    packets: u64,
    bytes: u64,
    reading: u64,
}

impl Total {
    fn update(&mut self, received: &Received) {
        let reading = received.now();
        let new = reading.wrapping_sub(self.reading);
        self.packets += new / Received::PACKET;
        self.bytes += new % Received::PACKET;
        self.reading = reading;
    }
}

#[derive(Debug)]
struct Signs {
    stats: Stats,
    /// When they were taken.
    at: Instant,
    /// The peer has been heard of since.
    heard_since: Instant,
    /// When something was first seen to wait for an answer, since the peer was heard of.
    asked_at: Option<Instant>,
    /// Visits to be left out.
    left_out: u8,
    received: Total,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
enum End {
    /// This side has closed the connection.
    Closed,
    /// libsrt has given it up by itself, because it could make no sense of what came.
    GivenUp,
    /// The peer has closed it, or was silent for too long.
    Broken(Instant),
}

impl Vitals {
    /// Starts to keep watch over a connection that has just been made.
    pub(crate) fn watch(&self, id: SocketId) {
        let at = Instant::now();
        let mut vitals = self.lock();
        let signs = vitals.insert(Box::new(Signs::new(at)));
        signs.notice(id);
        signs.look(id, at);
    }

    /// Takes a snapshot, if this is a connection that stands. The visit is left out where the last one
    /// found that nothing happens.
    pub(crate) fn visit(&self, id: SocketId, now: Instant) -> Visit {
        match &mut *self.lock() {
            Some(signs) => {
                signs.received.update(&self.received);
                signs.visit(id, now)
            }
            None => Visit::NotAConnection,
        }
    }

    /// Counts a packet that has been delivered.
    #[inline]
    pub(crate) fn count_received(&self, len: usize) {
        self.received.add(len);
    }

    /// The last snapshot, which is a new one as long as the connection stands. Afterwards it counts
    /// what is received from the buffer.
    pub(crate) fn stats(&self, id: SocketId) -> Result<Stats, Error> {
        let mut signs = self.lock();
        let signs = signs.as_mut().ok_or(Error::ConnectionLost)?;
        signs.notice(id);
        if !signs.look(id, Instant::now()) {
            let buffered = RawSocket::buffered_packets_of(id) as u64;
            signs.received.update(&self.received);
            let Total { packets, bytes, .. } = signs.received;
            signs.stats = signs.stats.with_received(packets, bytes, buffered);
        }
        Ok(signs.stats)
    }

    /// Whether this is a connection that has not received a single packet of data.
    pub(crate) fn has_received_nothing(&self) -> bool {
        let signs = self.lock();
        // Of a group, libsrt tells the second number only.
        signs.as_deref().is_some_and(|Signs { stats, end, .. }| {
            end.is_none() && stats.packets_received == 0 && stats.packets_received_unique == 0
        })
    }

    /// libsrt has reported that the connection is broken.
    pub(crate) fn broken(&self, event: Event, now: Instant) {
        // Only where the peer is the reason, it reports everything else with it.
        let given_up = !event.readable && !event.writable;
        if let Some(signs) = &mut *self.lock() {
            signs.end(if given_up { End::GivenUp } else { End::Broken(now) }, now);
        }
    }

    /// This side is about to close the connection.
    pub(crate) fn close(&self, id: SocketId) {
        if let Some(signs) = &mut *self.lock() {
            let now = Instant::now();
            signs.notice(id);
            signs.look(id, now);
            signs.end(End::Closed, now);
        }
    }

    /// How the connection has ended, if it has. A peer that may be silent for the time of `idle` was
    /// not silent for longer.
    pub(crate) fn fate(&self, id: SocketId, idle: Duration) -> Option<Fate> {
        let mut signs = self.lock();
        let signs = signs.as_mut()?;
        signs.notice(id);
        signs.end.map(|end| signs.fate(end, idle.max(LEAST_IDLE)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Signs>>> {
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signs {
    fn new(at: Instant) -> Self {
        let stats = Stats::default();
        let received = Total::default();
        Self { stats, at, heard_since: at, asked_at: None, left_out: 0, received, end: None }
    }

    fn visit(&mut self, id: SocketId, now: Instant) -> Visit {
        if let Some(left_out) = self.left_out.checked_sub(1) {
            self.left_out = left_out;
            return Visit::LeftOut;
        }
        // Here and not in `look`, or visits would be left out for ever where somebody asks for
        // statistics all the time.
        self.left_out = LEFT_OUT;
        self.look(id, now);
        Visit::Done
    }

    /// Takes a snapshot. False if the connection has ended.
    fn look(&mut self, id: SocketId, now: Instant) -> bool {
        if self.end.is_some() {
            return false;
        }
        // Fails if the connection has broken and the event is still to come.
        let raw = RawSocket::stats(id);
        if let Ok(raw) = &raw {
            self.take(raw, now);
        }
        raw.is_ok()
    }

    /// Notes how the connection has ended, unless that is known already.
    fn end(&mut self, end: End, now: Instant) {
        if self.end.is_none() {
            self.end = Some(end);
            self.stats = self.stats.ended(self.stats.age + now.saturating_duration_since(self.at));
        }
    }

    fn take(&mut self, raw: &RawStats, now: Instant) {
        let before = self.stats;
        let stats = Stats::following(&before, raw);
        let heard = |stats: &Stats| {
            let control = (stats.acks_received, stats.naks_received, stats.rtt);
            // Of a group, libsrt tells the second number only.
            (stats.packets_received, stats.packets_received_unique, control)
        };
        if heard(&stats) != heard(&before) {
            self.heard_since = self.at;
            self.asked_at = None;
        } else if stats.send_buffer_packets > 0 || stats.acks_sent > before.acks_sent {
            // What is sent is acknowledged, and an acknowledgement is repeated until it is answered.
            self.asked_at.get_or_insert(now);
        }
        self.stats = stats;
        self.at = now;
        let unchanged = Stats { age: before.age, span: before.span, ..stats } == before;
        if !unchanged {
            self.left_out = 0;
        }
    }

    /// The end may have come before the event that reports it, or, in what was accepted, before
    /// anybody subscribed to it: then no event comes.
    fn notice(&mut self, id: SocketId) {
        if self.end.is_none() && !RawSocket::stands(id) {
            let now = Instant::now();
            self.end(End::Broken(now), now);
        }
    }

    fn fate(&self, end: End, idle: Duration) -> Fate {
        let at = match end {
            End::Closed => return Fate::Closed,
            End::GivenUp => return Fate::Unknown,
            End::Broken(at) => at,
        };
        let unanswered = self.asked_at.map(|asked| at.saturating_duration_since(asked));
        if at.saturating_duration_since(self.heard_since) < idle {
            Fate::ClosedByPeer
        } else if unanswered.is_some_and(|time| time >= ANSWER) {
            Fate::Silence
        } else {
            Fate::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(5);

    /// A connection that is looked at once a second; returns how it ended and when.
    fn watched(looks: &[RawStats], ended_after: Duration) -> Fate {
        let start = Instant::now();
        let mut signs = Signs::new(start);
        for (second, raw) in looks.iter().enumerate() {
            signs.take(raw, start + Duration::from_secs(second as u64));
        }
        signs.fate(End::Broken(start + ended_after), IDLE)
    }

    fn received(packets: i64) -> RawStats {
        RawStats { pktRecvTotal: packets, ..RawStats::default() }
    }

    #[test]
    fn a_peer_heard_of_within_the_idle_timeout_has_closed() {
        let looks = [received(10), received(20), received(30), received(40)];
        assert_eq!(watched(&looks, Duration::from_millis(3_500)), Fate::ClosedByPeer);
        // It has sent the last in the second before the third look, and may have done so at once.
        assert_eq!(watched(&looks, Duration::from_millis(6_900)), Fate::ClosedByPeer);
        assert_eq!(watched(&looks, Duration::from_millis(7_100)), Fate::Unknown);
    }

    #[test]
    fn any_packet_that_is_counted_is_a_sign_of_life() {
        let rtt = |millis| RawStats { msRTT: millis, ..RawStats::default() };
        let ack = |count| RawStats { pktRecvACKTotal: count, ..RawStats::default() };
        let nak = |count| RawStats { pktRecvNAKTotal: count, ..RawStats::default() };
        let nothing = [RawStats::default(); 8];
        let end = Duration::from_secs(9);
        assert_eq!(watched(&nothing, end), Fate::Unknown);
        let of_a_group = RawStats { pktRecvUniqueTotal: 1, ..RawStats::default() };
        for last in [rtt(1.5), ack(1), nak(1), received(1), of_a_group] {
            assert_eq!(watched(&[&nothing[..], &[last]].concat(), end), Fate::ClosedByPeer);
        }
    }

    #[test]
    fn a_peer_that_does_not_acknowledge_is_silent() {
        let waiting = RawStats { pktSndBuf: 3, ..RawStats::default() };
        let looks = [RawStats::default(), waiting, waiting, waiting, waiting];
        assert_eq!(watched(&looks, Duration::from_millis(5_200)), Fate::Silence);
        // It cannot have answered yet.
        let looks = [RawStats::default(); 5];
        let looks = [&looks[..], &[waiting]].concat();
        assert_eq!(watched(&looks, Duration::from_millis(5_500)), Fate::Unknown);
    }

    #[test]
    fn a_peer_that_does_not_answer_an_acknowledgement_is_silent() {
        let acks = |sent| RawStats { pktSentACKTotal: sent, ..received(5) };
        let looks = [acks(1), acks(40), acks(80), acks(120), acks(160)];
        assert_eq!(watched(&looks, Duration::from_millis(5_500)), Fate::Silence);
        // One that has answered gets no more of them.
        let looks = [acks(1), acks(1), acks(1), acks(1), acks(1)];
        assert_eq!(watched(&looks, Duration::from_millis(5_500)), Fate::Unknown);
    }

    #[test]
    fn visits_are_left_out_while_nothing_changes() {
        let start = Instant::now();
        let mut signs = Signs::new(start);
        let look = |packets, age| RawStats { msTimeStamp: age, ..received(packets) };
        for (raw, left_out) in
            [(look(1, 0), 0), (look(2, 1000), 0), (look(2, 2000), LEFT_OUT), (look(3, 5000), 0)]
        {
            signs.left_out = LEFT_OUT;
            signs.take(&raw, start);
            assert_eq!(signs.left_out, left_out, "{raw:?}");
        }
    }

    #[test]
    fn visits_are_not_left_out_for_ever() {
        let now = Instant::now();
        let mut signs = Signs::new(now);
        // There is no such socket, so nothing changes by itself.
        let visit = |signs: &mut Signs| signs.visit(-1, now) == Visit::Done;
        let visits: Vec<_> = (0..7).map(|_| visit(&mut signs)).collect();
        assert_eq!(visits, [true, false, false, true, false, false, true]);
        // It has received something.
        signs.take(&received(1), now);
        assert!(visit(&mut signs));
        // Somebody asks for statistics all the time.
        let asked = |signs: &mut Signs| {
            signs.take(&received(1), now);
            visit(signs)
        };
        let visits: Vec<_> = (0..3).map(|_| asked(&mut signs)).collect();
        assert_eq!(visits, [false, false, true]);
    }

    #[test]
    fn packets_and_bytes_are_told_apart_across_the_wrap() {
        let received = Received(AtomicU64::new(u64::MAX - 3 * Received::PACKET));
        let mut total = Total { reading: received.now(), ..Total::default() };
        for round in 1..=5 {
            for _ in 0..1_000_000 {
                received.add(1456);
            }
            total.update(&received);
            assert_eq!(total.packets, round * 1_000_000);
            assert_eq!(total.bytes, round * 1_456_000_000);
        }
    }

    #[test]
    fn an_answer_takes_back_the_suspicion() {
        let waiting = RawStats { pktSndBuf: 3, ..RawStats::default() };
        let answered = RawStats { pktRecvACKTotal: 1, ..RawStats::default() };
        let looks = [RawStats::default(), waiting, waiting, answered];
        assert_eq!(watched(&looks, Duration::from_secs(8)), Fate::Unknown);
    }
}
