//! What the process uses.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use srt_tokio::{ReactorMetrics, reactor_metrics};

#[derive(Debug)]
pub(crate) struct Meter {
    start: Instant,
    cpu: ProcessTime,
    reactor: ReactorMetrics,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    cpu: Duration,
    /// Times that the reactor thread woke up.
    pub(crate) waits: u64,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), cpu: ProcessTime::now(), reactor: reactor_metrics() }
    }

    /// What was used since the start.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            elapsed: self.start.elapsed(),
            cpu: self.cpu.elapsed(),
            waits: reactor_metrics().waits - self.reactor.waits,
        }
    }
}

impl Usage {
    /// Of one core.
    pub(crate) fn cpu_percent(&self) -> f64 {
        self.per_second(self.cpu.as_secs_f64() * 100.0)
    }

    pub(crate) fn waits_per_second(&self) -> f64 {
        self.per_second(self.waits as f64)
    }

    fn per_second(&self, amount: f64) -> f64 {
        amount / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}
