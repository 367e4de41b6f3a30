//! Sockets that have received something lately, which the reactor looks after itself.
//!
//! libsrt's event for a packet costs a wake-up of the connection's delivery thread at the packet's
//! time, and what is received is received for the next one. While the reactor rests after each batch
//! anyway, it need not wait for these events: at the end of the rest it asks the sockets.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::source::{Direction, Source};
use crate::sys::{Event, RawSocket, SocketId};

/// For how long after its last packet a socket is asked for the next one.
const LATELY: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Pulse(HashMap<SocketId, Active>);

#[derive(Debug)]
struct Active {
    source: Arc<Source>,
    last: Instant,
}

impl Pulse {
    /// Notes that a socket has received something.
    pub(super) fn note(&mut self, id: SocketId, source: &Arc<Source>, now: Instant) {
        self.0.entry(id).or_insert_with(|| Active { source: source.clone(), last: now }).last = now;
    }

    /// Tells the sources what their sockets have to be received. Returns how many have something.
    pub(super) fn take(&mut self, now: Instant, woken: &mut Vec<Waker>) -> usize {
        let mut found = 0;
        self.0.retain(|id, active| {
            // What is known to be there, nobody has asked for yet.
            if active.source.ready(Direction::Read).is_none() && RawSocket::is_readable(*id) {
                active.source.notify(Event { readable: true, ..Event::default() }, woken);
                active.last = now;
                found += 1;
            }
            now.duration_since(active.last) < LATELY && !active.source.snapshot().is_closed()
        });
        found
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
