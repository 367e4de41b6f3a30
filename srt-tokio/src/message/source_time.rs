//! Points in time on libsrt's clock.

use std::ops::{Add, Sub};
use std::time::{Duration, Instant};

use crate::sys::clock_now;

/// A point in time on libsrt's clock, with microseconds.
///
/// libsrt has a clock of its own, that of this process: on Linux the monotonic one as a rule, but
/// its start and its kind depend on how libsrt was built. A source time therefore means nothing
/// outside of the process; [`to_instant`](Self::to_instant) and `From<Instant>` convert from and to
/// the clock of [`Instant`].
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use srt_tokio::SourceTime;
///
/// let earlier = SourceTime::now() - Duration::from_millis(40);
/// assert!(earlier.to_instant() < Instant::now());
/// assert!(SourceTime::now().saturating_duration_since(earlier) >= Duration::from_millis(40));
/// ```
///
/// A gateway that keeps the distances in time that messages had:
///
/// ```no_run
/// use std::io;
/// use srt_tokio::{SendOptions, SrtStream};
///
/// async fn relay(from: &SrtStream, to: &SrtStream) -> io::Result<()> {
///     while let Some(message) = from.recv_msg().await? {
///         to.send_msg(&message.data, &SendOptions::from(&message)).await?;
///     }
///     Ok(())
/// }
/// ```
#[doc(alias = "srctime")]
#[doc(alias = "srt_time_now")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceTime {
    /// Since the clock's start. Positive, as libsrt takes 0 for "not set".
    micros: i64,
}

impl SourceTime {
    /// The current time.
    #[doc(alias = "srt_time_now")]
    pub fn now() -> Self {
        Self::new(clock_now())
    }

    /// `None` if libsrt did not tell.
    pub(crate) fn received(micros: i64) -> Option<Self> {
        (micros > 0).then_some(Self { micros })
    }

    fn new(micros: i64) -> Self {
        Self { micros: micros.max(1) }
    }

    /// Microseconds since the clock's start, as libsrt has them.
    pub(crate) fn micros(self) -> i64 {
        self.micros
    }

    /// The same point in time on the clock of [`Instant`], as far as both clocks go at the same rate
    /// from then till now. To within some microseconds, which is what it takes to read two clocks.
    pub fn to_instant(self) -> Instant {
        let (now, instant) = (Self::now(), Instant::now());
        if self >= now {
            instant + (self - now)
        } else {
            // The clock's start may be later than this.
            instant.checked_sub(now - self).unwrap_or(instant)
        }
    }

    /// How much later this is than `earlier`; zero if it is not.
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros).max(0) as u64)
    }
}

/// As [`SourceTime::to_instant`], the other way around.
impl From<Instant> for SourceTime {
    fn from(instant: Instant) -> Self {
        let (now, clock) = (Instant::now(), Self::now());
        match instant.checked_duration_since(now) {
            Some(ahead) => clock + ahead,
            None => clock - (now - instant),
        }
    }
}

/// As far as the clock goes.
impl Add<Duration> for SourceTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::new(self.micros.saturating_add(micros(duration)))
    }
}

/// As far back as the clock goes.
impl Sub<Duration> for SourceTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::new(self.micros.saturating_sub(micros(duration)))
    }
}

/// Zero if the other one is later.
impl Sub for SourceTime {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same_point_in_time() {
        for offset in [Duration::ZERO, Duration::from_millis(50)] {
            let instant = Instant::now() + offset;
            let [from, to] = [SourceTime::from(instant), SourceTime::now() + offset];
            assert!(from <= to, "{from:?} {to:?}");
            // Up to what is cut off of two times.
            let cut = Duration::from_micros(2);
            assert!(from.to_instant() <= Instant::now() + offset + cut);
            assert!(from.to_instant() + cut >= instant);
        }
    }

    #[test]
    fn durations_are_added_and_taken_away() {
        let now = SourceTime::now();
        let second = Duration::from_secs(1);
        assert_eq!((now + second) - now, second);
        assert_eq!(now - (now + second), Duration::ZERO);
        assert_eq!((now + second) - second, now);
        assert!(now < now + Duration::from_micros(1));
    }

    #[test]
    fn the_clock_has_a_first_and_a_last_moment() {
        let now = SourceTime::now();
        assert_eq!((now - Duration::MAX).micros(), 1);
        assert_eq!((now + Duration::MAX).micros(), i64::MAX);
        assert!((now - Duration::MAX).to_instant() <= Instant::now());
        assert_eq!(SourceTime::received(0), None);
    }
}
