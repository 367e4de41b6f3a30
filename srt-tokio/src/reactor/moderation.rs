//! How long the reactor lets events gather before it collects them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How much delivery delay may be spent on saving CPU time, for the whole process.
///
/// Every wake-up of a task costs two context switches, whether it finds one packet or ten. After
/// each batch of events the reactor thread therefore rests for a moment, and what arrives meanwhile
/// is delivered together. The delay comes on top of SRT's latency (120 ms by default), is half of
/// the given time on average and never more than all of it.
///
/// The process that receives one stream of 10 Mbit/s took 0.79 to 0.84 of the CPU time at 2 ms, and
/// 0.52 to 0.59 at 5 ms, of what it took without a rest (two runs of 4 s each on a machine with two
/// cores, libsrt 1.5.1). With 50 streams of 2 Mbit/s most of the time is libsrt's own, and it was
/// 0.84 to 0.93 and 0.80 to 0.82.
///
/// Set it with [`set_moderation`]; the default is [`Moderation::Balanced`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moderation {
    /// No rest: every event is delivered as soon as libsrt reports it.
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

impl Moderation {
    /// The longest delay that this setting adds.
    ///
    /// It is made up of the reactor's rest and of the [`timer_slack`](Self::timer_slack).
    pub fn delay(self) -> Duration {
        match self {
            Self::LowestLatency => Duration::ZERO,
            Self::Balanced => Duration::from_millis(2),
            Self::Efficient => Duration::from_millis(5),
            Self::Economy => Duration::from_millis(20),
            Self::AtMost(delay) => delay.min(Duration::from_millis(100)),
        }
    }

    /// How late the threads of a port may be that is made while this setting is in force. Only
    /// Linux has such a thing.
    #[doc(alias = "PR_SET_TIMERSLACK")]
    pub fn timer_slack(self) -> Duration {
        self.delay() / 2
    }

    /// How long the reactor rests after a batch of events.
    pub(super) fn rest(self) -> Duration {
        self.delay() - self.timer_slack()
    }
}

/// Sets the process-wide moderation. Takes effect with the next batch of events.
///
/// ```
/// use srt_tokio::{Moderation, moderation, set_moderation};
///
/// set_moderation(Moderation::Efficient);
/// assert_eq!(moderation(), Moderation::Efficient);
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
