//! A caller that connects again, and again.

use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::net::ToSocketAddrs;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Error, ErrorCode, RejectReason};
use crate::stream::{SrtStream, SrtStreamBuilder};

/// Connects until it succeeds or there is no point in going on, and again when the program asks for
/// the next connection.
///
/// [`connect`](Self::connect) is all that most programs need. Those that show what is going on use
/// [`next_state`](Self::next_state), or the `Reconnect` as a [`Stream`] of [`ReconnectState`]s.
/// Either goes on from where the other was.
///
/// Between attempts it waits, longer each time; see [`Backoff`]. Names are looked up anew at each
/// attempt. A connection that lasted for a while sets everything back to the beginning; one that did
/// not counts as an attempt that has failed. See [`stable_after`](Self::stable_after).
///
/// It gives up at the first error that will not go away by itself (see
/// [`is_transient`](Self::is_transient)), and after as many attempts or as much time as set; by
/// default it goes on for ever.
///
/// Needs a tokio runtime with a time driver.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use srt_tokio::{Backoff, Reconnect, SrtStream};
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let backoff = Backoff::new().max(Duration::from_secs(10));
/// let mut reconnect = Reconnect::new(&SrtStream::builder(), "media.example.com:9000")
///     .backoff(backoff)
///     // An hour, but no more calls than that.
///     .give_up_after(Duration::from_secs(3600))
///     .max_attempts(500)
///     // A connection that is gone within half a minute was none.
///     .stable_after(Duration::from_secs(30));
/// loop {
///     // An error is final: the wrong passphrase, for example.
///     let stream = reconnect.connect().await?;
///     while stream.send(&[0x47; 1316]).await.is_ok() {}
/// }
/// # }
/// ```
///
/// Showing what is going on:
///
/// ```no_run
/// use srt_tokio::{Reconnect, ReconnectState, SrtStream};
///
/// # #[tokio::main]
/// # async fn main() {
/// let builder = SrtStream::builder();
/// let mut reconnect = Reconnect::new(&builder, "media.example.com:9000");
/// while let Some(state) = reconnect.next_state().await {
///     match state {
///         ReconnectState::Connecting { attempt } => println!("connecting, attempt {attempt}"),
///         ReconnectState::Waiting { delay, error: Some(error) } => {
///             println!("{error}; trying again in {delay:?}");
///         }
///         ReconnectState::Connected(stream) => {
///             // Use it until it ends.
///         }
///         ReconnectState::GivenUp { error } => println!("giving up: {error}"),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[must_use = "does nothing unless asked to connect"]
pub struct Reconnect {
    connect: Box<dyn FnMut() -> Attempt + Send>,
    retry: Box<dyn FnMut(&io::Error) -> bool + Send>,
    backoff: Backoff,
    max_attempts: Option<u32>,
    give_up_after: Option<Duration>,
    stable_after: Duration,
    phase: Phase,
    /// Since the last connection that lasted.
    attempts: u32,
    /// When the first of them began.
    first: Option<Instant>,
    /// The delays since then.
    delays: u32,
    /// When the last connection was handed out, until the next one is asked for.
    connected: Option<Instant>,
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<SrtStream>> + Send>>;

enum Phase {
    /// Not begun, or there is a connection.
    Idle,
    Connecting(Attempt),
    Waiting(Pin<Box<Sleep>>),
    GivenUp,
}

impl Reconnect {
    /// Will connect to `address` as [`SrtStreamBuilder::connect`] does.
    pub fn new<A>(builder: &SrtStreamBuilder, address: A) -> Self
    where
        A: ToSocketAddrs + Clone + Send + Sync + 'static,
    {
        let builder = builder.clone();
        Self::with(move || {
            let (builder, address) = (builder.clone(), address.clone());
            async move { builder.connect(address).await }
        })
    }

    /// Will call `connect` for each attempt: to take turns between servers, to use a new stream id
    /// each time, or for a rendezvous.
    ///
    /// ```
    /// use srt_tokio::{Reconnect, SrtStream};
    ///
    /// let (local, remote) = ("0.0.0.0:9000".parse().unwrap(), "192.0.2.1:9000".parse().unwrap());
    /// let reconnect = Reconnect::with(move || SrtStream::rendezvous(local, remote));
    /// ```
    pub fn with<F, C>(mut connect: C) -> Self
    where
        C: FnMut() -> F + Send + 'static,
        F: Future<Output = io::Result<SrtStream>> + Send + 'static,
    {
        Self {
            connect: Box::new(move || Box::pin(connect())),
            retry: Box::new(Self::is_transient),
            backoff: Backoff::new(),
            max_attempts: None,
            give_up_after: None,
            stable_after: Duration::from_secs(10),
            phase: Phase::Idle,
            attempts: 0,
            first: None,
            delays: 0,
            connected: None,
        }
    }

    /// How long to wait between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Gives up when this many attempts in a row have failed; 0 counts as 1. By default there is no
    /// limit.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Gives up rather than start an attempt later than this after the first one. By default there is
    /// no limit. An attempt under way is not cut short; the
    /// [connection timeout](SrtStreamBuilder::connect_timeout) does that.
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = Some(time);
        self
    }

    /// How long a connection must last to count as one, from when it is handed out until the next one
    /// is asked for; 10 s by default. One that did not is a failed attempt: it keeps a peer that accepts
    /// and hangs up at once from being called without pause, or for longer than
    /// [`max_attempts`](Self::max_attempts) and [`give_up_after`](Self::give_up_after) allow.
    pub fn stable_after(mut self, time: Duration) -> Self {
        self.stable_after = time;
        self
    }

    /// Decides after which errors to go on, instead of [`is_transient`](Self::is_transient).
    ///
    /// ```
    /// use srt_tokio::{Error, Reconnect, RejectReason, SrtStream};
    ///
    /// // A server whose code 2001 means that the event is over.
    /// let over = Error::Rejected(RejectReason::User(2001));
    /// let builder = SrtStream::builder();
    /// let reconnect = Reconnect::new(&builder, "media.example.com:9000").retry_if(move |error| {
    ///     Error::from_io(error) != Some(&over) && Reconnect::is_transient(error)
    /// });
    /// ```
    pub fn retry_if(mut self, retry: impl FnMut(&io::Error) -> bool + Send + 'static) -> Self {
        self.retry = Box::new(retry);
        self
    }

    /// Whether an attempt that failed with this error may succeed later, without a change on this
    /// side. Not so:
    ///
    /// - What does not go together: [`BadSecret`](RejectReason::BadSecret),
    ///   [`Unsecure`](RejectReason::Unsecure), [`Version`](RejectReason::Version),
    ///   [`MessageApi`](RejectReason::MessageApi), [`Congestion`](RejectReason::Congestion),
    ///   [`Filter`](RejectReason::Filter), [`Group`](RejectReason::Group) and
    ///   [`Crypto`](RejectReason::Crypto).
    /// - The [`Predefined`](RejectReason::Predefined) codes that find fault with the request: 1001 to
    ///   1003 (key not supported, file path, unknown host), 1400 (bad request), 1401 (unauthorized),
    ///   1403 (forbidden), 1405 (mode not supported), 1406 (not acceptable), 1415 (media type not
    ///   supported), 1501 (not implemented) and 1505 (version not supported). The others are about the
    ///   state of the server; 1404, not found, because what is not there may be published later, and
    ///   1409, conflict, because the server may not have noticed yet that the last connection has
    ///   ended.
    /// - What is wrong on this side: errors of the kinds `InvalidInput` and `Unsupported`,
    ///   [`ErrorCode::SecurityFailed`], [`Error::ReactorDied`] and [`Error::Exiting`].
    ///
    /// Everything else is transient: no answer, a name that cannot be resolved, a server that is full,
    /// and codes of the peer's own.
    pub fn is_transient(error: &io::Error) -> bool {
        match Error::from_io(error) {
            Some(Error::Rejected(reason)) => !is_permanent(*reason),
            Some(
                Error::ReactorDied
                | Error::Exiting
                | Error::Library { code: ErrorCode::SecurityFailed, .. },
            ) => false,
            _ => !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported),
        }
    }

    /// Connects, with as many attempts as it takes. To be called again when the connection has ended.
    ///
    /// # Errors
    ///
    /// That of the last attempt, when it has given up. A further call begins anew.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what is under way is kept, and the next call goes on with it. Dropping the
    /// `Reconnect` ends it.
    pub async fn connect(&mut self) -> io::Result<SrtStream> {
        loop {
            match self.next_state().await {
                Some(ReconnectState::Connected(stream)) => return Ok(*stream),
                Some(ReconnectState::GivenUp { error }) => return Err(error),
                Some(_) => {}
                None => self.begin_anew(),
            }
        }
    }

    /// Goes on until the state changes, and returns the new one; `None` once it has given up.
    ///
    /// Nothing goes on by itself: it is this method, [`connect`](Self::connect) or the [`Stream`] that
    /// makes attempts. So after [`ReconnectState::Connected`] it is to be called when that connection
    /// has ended, and makes the next one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no state is lost. Dropping the `Reconnect` ends what is under way.
    pub async fn next_state(&mut self) -> Option<ReconnectState> {
        poll_fn(|cx| self.poll_next_state(cx)).await
    }

    /// As [`next_state`](Self::next_state).
    ///
    /// ```no_run
    /// use std::task::{Context, Poll, ready};
    /// use srt_tokio::{Reconnect, ReconnectState, SrtStream};
    ///
    /// /// The next connection, or `None` once it has given up.
    /// fn poll_connected(
    ///     reconnect: &mut Reconnect,
    ///     cx: &mut Context<'_>,
    /// ) -> Poll<Option<SrtStream>> {
    ///     loop {
    ///         match ready!(reconnect.poll_next_state(cx)) {
    ///             Some(ReconnectState::Connected(stream)) => return Poll::Ready(Some(*stream)),
    ///             Some(_) => {}
    ///             None => return Poll::Ready(None),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn poll_next_state(&mut self, cx: &mut Context<'_>) -> Poll<Option<ReconnectState>> {
        let state = loop {
            match &mut self.phase {
                Phase::Idle => break self.begin(),
                Phase::Connecting(attempt) => match ready!(attempt.as_mut().poll(cx)) {
                    Ok(stream) => break self.connected(stream),
                    Err(error) => break self.failed(Some(error)),
                },
                Phase::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    self.phase = Phase::Idle;
                }
                Phase::GivenUp => return Poll::Ready(None),
            }
        };
        Poll::Ready(Some(state))
    }

    fn begin(&mut self) -> ReconnectState {
        if let Some(connected) = self.connected.take() {
            if connected.elapsed() < self.stable_after {
                return self.failed(None);
            }
            self.begin_anew();
        }
        self.attempts = self.attempts.saturating_add(1);
        self.first.get_or_insert_with(Instant::now);
        self.phase = Phase::Connecting((self.connect)());
        ReconnectState::Connecting { attempt: self.attempts }
    }

    fn connected(&mut self, stream: SrtStream) -> ReconnectState {
        self.phase = Phase::Idle;
        self.connected = Some(Instant::now());
        ReconnectState::Connected(Box::new(stream))
    }

    /// The attempt has failed; without an error because the connection did not last.
    fn failed(&mut self, error: Option<io::Error>) -> ReconnectState {
        let exhausted = self.max_attempts.is_some_and(|max| self.attempts >= max);
        if exhausted || error.as_ref().is_some_and(|error| !(self.retry)(error)) {
            return self.give_up(error);
        }
        let delay = self.next_delay();
        let passed = self.first.map_or(Duration::ZERO, |first| first.elapsed());
        if self.give_up_after.is_some_and(|limit| passed.saturating_add(delay) > limit) {
            return self.give_up(error);
        }
        self.phase = Phase::Waiting(Box::pin(sleep(delay)));
        ReconnectState::Waiting { delay, error }
    }

    fn next_delay(&mut self) -> Duration {
        let delay = self.backoff.delay(self.delays, random());
        self.delays = self.delays.saturating_add(1);
        delay
    }

    fn give_up(&mut self, error: Option<io::Error>) -> ReconnectState {
        self.phase = Phase::GivenUp;
        ReconnectState::GivenUp { error: error.unwrap_or_else(|| Error::ConnectionLost.into()) }
    }

    fn begin_anew(&mut self) {
        self.phase = Phase::Idle;
        self.attempts = 0;
        self.first = None;
        self.delays = 0;
    }
}

/// Ends when it has given up.
impl Stream for Reconnect {
    type Item = ReconnectState;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_state(cx)
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Idle => "idle",
            Phase::Connecting(_) => "connecting",
            Phase::Waiting(_) => "waiting",
            Phase::GivenUp => "given up",
        };
        f.debug_struct("Reconnect")
            .field("phase", &phase)
            .field("attempts", &self.attempts)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

/// What a [`Reconnect`] has come to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReconnectState {
    /// An attempt has begun.
    Connecting {
        /// Its number since the last connection that [lasted](Reconnect::stable_after), from 1 on.
        attempt: u32,
    },
    /// An attempt has succeeded.
    Connected(Box<SrtStream>),
    /// The next attempt will be made later.
    Waiting {
        /// How long it waits.
        delay: Duration,
        /// Why the last attempt failed; `None` if it did not, but the connection ended too soon.
        error: Option<io::Error>,
    },
    /// There will be no more attempts.
    GivenUp {
        /// Why the last one failed; see [`Error::from_io`]. [`Error::ConnectionLost`] if it did not,
        /// but the connection ended too soon.
        error: io::Error,
    },
}

/// How long to wait between attempts: the first delay, its growth, its limit, and how much of it is
/// left to chance.
///
/// By default the delays are 0.5 s, 1 s, 2 s and so on up to 30 s, each shortened by up to a half.
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::Backoff;
///
/// // One second each time.
/// let backoff = Backoff::new().initial(Duration::from_secs(1)).factor(1.0).jitter(0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    factor: f64,
    jitter: f64,
}

impl Backoff {
    /// The default.
    pub const fn new() -> Self {
        Self {
            initial: Duration::from_millis(500),
            max: Duration::from_secs(30),
            factor: 2.0,
            jitter: 0.5,
        }
    }

    /// The first delay; 0.5 s by default.
    pub const fn initial(mut self, delay: Duration) -> Self {
        self.initial = delay;
        self
    }

    /// The longest delay, even for the first one; 30 s by default.
    pub const fn max(mut self, delay: Duration) -> Self {
        self.max = delay;
        self
    }

    /// What each delay is multiplied by to get the next one; 2 by default. What is less than 1, or not
    /// a number, counts as 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = if factor > 1.0 { factor } else { 1.0 };
        self
    }

    /// By what share of it a delay is shortened at most, at random, so that the clients of a server
    /// that was away do not all come back at the same moment. From 0 to 1; 0.5 by default. What is
    /// beyond counts as the nearest of these, and what is not a number as 0.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share > 1.0 {
            1.0
        } else if share > 0.0 {
            share
        } else {
            0.0
        };
        self
    }

    /// The delay after `before` others. `random` is from 0 to 1.
    fn delay(&self, before: u32, random: f64) -> Duration {
        let exponent = i32::try_from(before).unwrap_or(i32::MAX);
        // Infinity times an initial delay of zero is not a number.
        let growth = self.factor.powi(exponent).min(f64::MAX);
        // Fails beyond what a duration can hold.
        let full = Duration::try_from_secs_f64(self.initial.as_secs_f64() * growth)
            .map_or(self.max, |delay| delay.min(self.max));
        let share = 1.0 - self.jitter * random;
        Duration::try_from_secs_f64(full.as_secs_f64() * share).unwrap_or(full)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

fn is_permanent(reason: RejectReason) -> bool {
    match reason {
        RejectReason::BadSecret
        | RejectReason::Unsecure
        | RejectReason::Version
        | RejectReason::MessageApi
        | RejectReason::Congestion
        | RejectReason::Filter
        | RejectReason::Group
        | RejectReason::Crypto => true,
        RejectReason::Predefined(code) => {
            matches!(code, 1001..=1003 | 1400 | 1401 | 1403 | 1405 | 1406 | 1415 | 1501 | 1505)
        }
        _ => false,
    }
}

/// A number from 0 to 1. The standard library's hasher has a new random key each time, which is good
/// enough to spread clients and spares a dependency.
fn random() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    /// What fails for the tests' own reasons, after `time`.
    fn failing(time: Duration) -> Reconnect {
        Reconnect::with(move || async move {
            sleep(time).await;
            Err(Error::ConnectTimedOut.into())
        })
    }

    async fn delays(mut reconnect: Reconnect, count: usize) -> Vec<Duration> {
        let mut delays = Vec::new();
        while delays.len() < count {
            if let Some(ReconnectState::Waiting { delay, .. }) = reconnect.next_state().await {
                let asked = Instant::now();
                let next = reconnect.next_state().await;
                assert!(matches!(next, Some(ReconnectState::Connecting { .. })), "{next:?}");
                // Tokio's clock has the resolution of a millisecond.
                let waited = asked.elapsed();
                assert!(
                    waited >= delay && waited <= delay + Duration::from_millis(1),
                    "{waited:?}"
                );
                delays.push(delay);
            }
        }
        delays
    }

    #[tokio::test(start_paused = true)]
    async fn delays_grow_to_their_limit() {
        let backoff = Backoff::new().jitter(0.0);
        let delays = delays(failing(Duration::ZERO).backoff(backoff), 8).await;
        let millis: Vec<_> = delays.iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_spreads_the_delays() {
        let backoff = Backoff::new().initial(Duration::from_secs(8)).factor(1.0).jitter(0.25);
        let delays = delays(failing(Duration::ZERO).backoff(backoff), 50).await;
        let (shortest, longest) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
        assert!(*shortest >= Duration::from_secs(6) && *longest <= Duration::from_secs(8));
        // All but impossible if they are at random.
        assert!(*longest - *shortest > Duration::from_millis(500), "{shortest:?} to {longest:?}");
    }

    #[test]
    fn senseless_settings_do_no_harm() {
        let days = Duration::from_secs(86_400);
        let mild = Backoff::new().factor(f64::NAN).jitter(f64::NAN);
        assert_eq!(mild.delay(1_000_000, 1.0), Duration::from_millis(500));
        assert_eq!(Backoff::new().factor(-3.0).jitter(-1.0).delay(9, 1.0), mild.delay(0, 0.0));
        let wild = Backoff::new().factor(f64::INFINITY).jitter(7.0).max(days);
        assert_eq!(wild.delay(u32::MAX, 0.0), days);
        assert_eq!(wild.delay(u32::MAX, 1.0), Duration::ZERO);
        assert_eq!(wild.initial(Duration::ZERO).delay(u32::MAX, 0.0), Duration::ZERO);
        assert_eq!(Backoff::new().initial(days).delay(0, 0.0), Duration::from_secs(30));
        let endless = Backoff::new().max(Duration::MAX).jitter(0.0);
        assert_eq!(endless.initial(Duration::MAX).delay(0, 0.0), Duration::MAX);
        assert_eq!(endless.factor(f64::INFINITY).delay(1, 0.0), Duration::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_when_the_time_is_over() {
        let second = Duration::from_secs(1);
        let backoff = Backoff::new().initial(second).factor(1.0).jitter(0.0);
        let mut reconnect = failing(3 * second).backoff(backoff).give_up_after(10 * second);
        let begin = Instant::now();
        let error = reconnect.connect().await.unwrap_err();
        assert_eq!(Error::from_io(&error), Some(&Error::ConnectTimedOut));
        // Attempts begin after 0, 4 and 8 s; the next one would at 12 s, and there is no waiting for
        // that.
        let passed = begin.elapsed();
        assert!(passed >= 11 * second && passed < 12 * second, "{passed:?}");
        assert!(reconnect.next_state().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_loses_nothing() {
        let begun = Arc::new(AtomicU32::new(0));
        let second = Duration::from_secs(1);
        let mut reconnect = Reconnect::with({
            let begun = begun.clone();
            move || {
                begun.fetch_add(1, SeqCst);
                async move {
                    sleep(5 * second).await;
                    Err(Error::Rejected(RejectReason::BadSecret).into())
                }
            }
        });
        for _ in 0..4 {
            assert!(tokio::time::timeout(second, reconnect.connect()).await.is_err());
        }
        reconnect.connect().await.unwrap_err();
        assert_eq!(begun.load(SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_it_ends_the_attempt() {
        let attempt = Arc::new(());
        let mut reconnect = Reconnect::with({
            let attempt = attempt.clone();
            move || {
                let attempt = attempt.clone();
                async move {
                    std::future::pending::<()>().await;
                    drop(attempt);
                    Err(Error::ConnectTimedOut.into())
                }
            }
        });
        let second = Duration::from_secs(1);
        assert!(tokio::time::timeout(second, reconnect.connect()).await.is_err());
        assert_eq!(Arc::strong_count(&attempt), 3);
        drop(reconnect);
        assert_eq!(Arc::strong_count(&attempt), 1);
    }

    #[test]
    fn errors_are_told_apart() {
        let permanent = [
            Error::Rejected(RejectReason::BadSecret),
            Error::Rejected(RejectReason::Version),
            Error::Rejected(RejectReason::Predefined(1401)),
            Error::Rejected(RejectReason::Predefined(1403)),
            Error::InvalidOption { option: "SRTO_FC", reason: "" },
            Error::Unsupported { feature: "", needs: "" },
            Error::Exiting,
        ];
        let transient = [
            Error::ConnectTimedOut,
            Error::ConnectionLost,
            Error::Rejected(RejectReason::Backlog),
            Error::Rejected(RejectReason::Peer),
            Error::Rejected(RejectReason::Predefined(1404)),
            Error::Rejected(RejectReason::Predefined(1409)),
            Error::Rejected(RejectReason::Predefined(1503)),
            Error::Rejected(RejectReason::User(2001)),
        ];
        for error in permanent {
            assert!(!Reconnect::is_transient(&error.clone().into()), "{error:?}");
        }
        for error in transient {
            assert!(Reconnect::is_transient(&error.clone().into()), "{error:?}");
        }
        assert!(!Reconnect::is_transient(&io::ErrorKind::InvalidInput.into()));
        assert!(Reconnect::is_transient(&io::ErrorKind::NotFound.into()));
    }
}
