//! One thread that waits in libsrt's epoll for the whole process and wakes tasks.
//!
//! - `thread`: the thread's life, and what others share with it
//! - `cycle`: what the thread does over and over
//! - `registry`: socket id to source
//! - `source`: the readiness word of one socket and who waits on it
//! - `vitals`: what is kept of a connection for the time after its end
//! - `registration`: what a socket's owner holds: operations that wait, and deregistration
//! - `timers`: retries for the few states that libsrt reports no event for
//! - `lingering`: dropped sockets that still have something to deliver
//! - `pulse`: sockets that the reactor looks after without an event
//! - `held`: senders that are woken when there is room for a good deal
//! - `commotion`: wake-ups that end no wait, and rests in their place
//! - `thread_probe`: whether the system refuses threads, which libsrt does not tell
//! - `moderation`: how long the thread lets events gather
//! - `metrics`: counters

mod commotion;
mod cycle;
mod held;
mod lingering;
#[cfg(all(test, srt_loom))]
mod loom;
mod metrics;
mod moderation;
mod pulse;
mod registration;
mod registry;
mod source;
mod thread;
mod thread_probe;
mod timers;
mod vitals;

#[cfg(feature = "__bench")]
pub use cycle::bench;
pub use metrics::{ReactorMetrics, reactor_metrics};
pub use moderation::{Moderation, moderation, set_moderation};

pub(crate) use registration::{Attempt, Registration, Retry};
pub(crate) use source::{Direction, Ready, Waiter};
pub(crate) use vitals::Fate;
