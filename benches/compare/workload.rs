//! What is measured: how many streams of what bitrate, and which end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A load, and the end of it that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Workload {
    pub(crate) kind: Kind,
    pub(crate) streams: u32,
    /// Of each stream. 0 is as fast as it goes where something is sent.
    pub(crate) kbps: u32,
}

/// Which end is measured, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Receiving what raw C sends from one port.
    Receive,
    /// Sending to a receiver in raw C.
    Send,
    /// Receiving one stream and sending it to `streams` calls from one port, both ends raw C.
    Relay,
    /// Throughput of one stream in live mode, both ends measured.
    PeakLive,
    /// The same in file mode.
    PeakFile,
    /// Accepted connections on which nothing is sent.
    Idle,
    /// Accepting calls made at once.
    Accept,
}

impl Workload {
    pub(crate) const fn new(kind: Kind, streams: u32, kbps: u32) -> Self {
        Self { kind, streams, kbps }
    }

    /// Of each stream, in Mbit/s.
    pub(crate) fn mbps(&self) -> f64 {
        f64::from(self.kbps) / 1000.0
    }

    /// The shape of the load without the kind.
    pub(crate) fn load(&self) -> String {
        match self.kind {
            Kind::Receive | Kind::Send | Kind::Relay => format!("{}x{}", self.streams, self.mbps()),
            Kind::PeakLive | Kind::PeakFile | Kind::Idle | Kind::Accept => self.streams.to_string(),
        }
    }

    /// In words.
    pub(crate) fn description(&self) -> String {
        let Self { streams, .. } = self;
        let mbps = self.mbps();
        let plural = if *streams == 1 { "" } else { "s" };
        match self.kind {
            Kind::Receive => format!("receiving {streams} stream{plural} of {mbps} Mbit/s"),
            Kind::Send => format!("sending {streams} stream{plural} of {mbps} Mbit/s"),
            Kind::Relay => format!("relaying 1 stream of {mbps} Mbit/s to {streams}"),
            Kind::PeakLive => "one stream as fast as it goes, live mode, latency 500 ms".to_owned(),
            Kind::PeakFile => "one stream as fast as it goes, file mode".to_owned(),
            Kind::Idle => format!("{streams} connections, nothing sent"),
            Kind::Accept => format!("accepting {streams} calls"),
        }
    }
}

/// Its name, as in `receive 50x2`.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Receive => "receive",
            Kind::Send => "send",
            Kind::Relay => "relay",
            Kind::PeakLive => return f.write_str("peak live"),
            Kind::PeakFile => return f.write_str("peak file"),
            Kind::Idle => "idle",
            Kind::Accept => "accept",
        };
        write!(f, "{kind} {}", self.load())
    }
}
