//! What a role tells, a line of JSON each.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::tally::Total;

/// What was sent on all streams together.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Sent {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    /// Messages that were due on a stream that is no more, or had no room.
    pub(crate) failed: u64,
}

impl Sent {
    pub(crate) fn count(&mut self, len: usize) {
        self.messages += 1;
        self.bytes += len as u64;
    }
}

/// The role can be called there.
pub(crate) fn listening(address: SocketAddr) {
    tell(&json!({ "ready": true, "addr": address }));
}

/// The role has made its calls.
pub(crate) fn called(connected: usize, rejected: usize) {
    tell(&json!({ "ready": true, "connected": connected, "rejected": rejected }));
}

/// The role was called as often as it expects, which took this long from the first to the last.
pub(crate) fn accepted(connected: usize, took: Duration) {
    tell(&json!({ "connected": connected, "micros": took.as_micros() as u64 }));
}

/// The role has sent everything.
pub(crate) fn done(sent: &Sent) {
    tell(
        &json!({ "done": true, "sent": sent.messages, "bytes": sent.bytes, "failed": sent.failed }),
    );
}

/// The result of a role that receives, and sends if it is a relay.
pub(crate) fn received(total: &Total, sent: Option<&Sent>) {
    let mut result = json!({
        "received": total.received,
        "bytes": total.bytes,
        "micros": total.elapsed.as_micros() as u64,
    });
    if let Some(max) = total.late(1.0) {
        result["lateness_us"] = json!({
            "p50": total.late(0.5),
            "p99": total.late(0.99),
            "p999": total.late(0.999),
            "max": max,
        });
    }
    if let Some(sent) = sent {
        result["sent"] = sent.messages.into();
        result["failed"] = sent.failed.into();
    }
    tell(&json!({ "result": result }));
}

/// The result of a role that sends.
pub(crate) fn sent(sent: &Sent, rejected: usize) {
    tell(&json!({ "result": {
        "sent": sent.messages,
        "bytes": sent.bytes,
        "failed": sent.failed,
        "rejected": rejected,
    } }));
}

fn tell(line: &Value) {
    // If nobody listens any more, standard input has ended too, and with it the role.
    let _ = writeln!(io::stdout(), "{line}");
}
