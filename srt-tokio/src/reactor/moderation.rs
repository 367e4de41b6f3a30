//! How long the reactor lets events gather before it collects them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How much delivery delay may be spent on saving CPU time, for the whole process.
///
/// Receiving costs little per packet and much per wake-up of a thread, and by itself every packet
/// wakes four of them, two inside libsrt. So packets are allowed to gather for a moment:
///
/// - After each batch of events the reactor thread rests, and then takes what has arrived, unless
///   batches are far apart. On Linux it also rests, for 10 ms at most, where acknowledgements of
///   many senders, of which there is nothing to report, would wake it more often than that.
/// - On Linux, the threads of every port that is bound or connected while the setting is in force
///   get a [timer slack](Self::timer_slack) that is no shorter: libsrt's threads then wait for the
///   reactor rather than wake up on their own. A port keeps what it was made with. The slack of the
///   thread that makes the call is the same as before when the call returns.
///
/// The delay comes on top of SRT's latency (120 ms by default). A packet waits for half of the time
/// on average and for all of it at most, the first one after a pause or after a loss that could not
/// be repaired for the timer slack on top. What else the reactor reports is delayed by no more than
/// the time itself: connections to be accepted, attempts to connect that have succeeded or failed,
/// and errors. With a limit of the [bandwidth](crate::SrtOptions::max_bandwidth) a sender's packets
/// leave up to the slack later, in small bunches. That shortens the time left for repairing losses,
/// but is not seen by the receiver.
///
/// Set it with [`set_moderation`]; the default is [`Moderation::Balanced`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Moderation {
    /// No delay: every event is delivered as soon as libsrt reports it.
    LowestLatency,
    /// Up to 2 ms.
    #[default]
    Balanced,
    /// Up to 5 ms.
    Efficient,
    /// Up to 20 ms, a sixth of SRT's default latency.
    Economy,
    /// Up to the given time, at most 100 ms. Less than a microsecond means no rest.
    AtMost(Duration),
}

/// More slack has not been seen to save any more, where the rest is shorter.
const ENOUGH_SLACK: Duration = Duration::from_millis(5);

impl Moderation {
    /// The longest delay that this setting adds while packets flow.
    pub fn delay(self) -> Duration {
        match self {
            Self::LowestLatency => Duration::ZERO,
            Self::Balanced => Duration::from_millis(2),
            Self::Efficient => Duration::from_millis(5),
            Self::Economy => Duration::from_millis(20),
            Self::AtMost(delay) => delay.min(Duration::from_millis(100)),
        }
    }

    /// How late the threads of a port may be that is made while this setting is in force: 5 ms for
    /// [`Balanced`](Self::Balanced) and [`Efficient`](Self::Efficient), 20 ms for
    /// [`Economy`](Self::Economy). Only Linux has such a thing; zero stands for what the calling
    /// thread has.
    #[doc(alias = "PR_SET_TIMERSLACK")]
    pub fn timer_slack(self) -> Duration {
        // If it is no longer than the rest, delivery threads often come first and wake in vain.
        self.delay().max(ENOUGH_SLACK).min(3 * self.delay())
    }

    /// How long the reactor rests after a batch of events.
    pub(super) fn rest(self) -> Duration {
        self.delay()
    }
}

/// Sets the process-wide moderation. The reactor goes by it from the next batch of events on, the
/// threads of a port only if it is bound or connected afterwards: set it before anything else.
///
/// ```
/// use srt_tokio::{Moderation, moderation, set_moderation};
///
/// set_moderation(Moderation::Efficient);
/// assert_eq!(moderation(), Moderation::Efficient);
/// println!("up to {:?} later, threads {:?}", moderation().delay(), moderation().timer_slack());
/// # set_moderation(Moderation::default());
/// ```
pub fn set_moderation(moderation: Moderation) {
    MICROS.store(moderation.delay().as_micros() as u64, Relaxed);
}

/// The process-wide moderation.
pub fn moderation() -> Moderation {
    let delay = total();
    let named = [
        Moderation::LowestLatency,
        Moderation::Balanced,
        Moderation::Efficient,
        Moderation::Economy,
    ];
    named
        .into_iter()
        .find(|moderation| moderation.delay() == delay)
        .unwrap_or(Moderation::AtMost(delay))
}

fn total() -> Duration {
    Duration::from_micros(MICROS.load(Relaxed))
}

static MICROS: AtomicU64 = AtomicU64::new(2_000);
