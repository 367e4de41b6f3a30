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

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::task::{Context, Poll};
    use std::time::Duration;

    use super::super::source::Slot;
    use super::*;
    use crate::{SrtListener, SrtStream};

    async fn pair() -> (SrtStream, SrtStream) {
        let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
        let connect = SrtStream::connect(listener.local_addr().unwrap());
        let (caller, accepted) = tokio::join!(connect, listener.accept());
        (caller.unwrap(), accepted.unwrap().0)
    }

    /// A source that somebody waits for, and that no event ever reaches.
    fn waiting() -> Arc<Source> {
        let source = Arc::new(Source::new());
        source.clear(Direction::Read, source.snapshot());
        let mut cx = Context::from_waker(Waker::noop());
        let polled = source.poll_ready(&mut cx, Direction::Read, &mut Slot(Direction::Read));
        assert!(matches!(polled, Poll::Pending));
        source
    }

    #[tokio::test]
    async fn what_a_socket_has_received_is_found_without_an_event() {
        let (caller, accepted) = pair().await;
        let (id, source) = (accepted.socket_id(), waiting());
        let now = Instant::now();
        let (mut pulse, mut woken) = (Pulse::default(), Vec::new());
        pulse.note(id, &source, now);
        assert_eq!(pulse.take(now, &mut woken), 0);

        caller.send(b"unannounced").await.unwrap();
        let found = async {
            while pulse.take(now, &mut woken) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found).await.expect("never found");
        assert_eq!(woken.len(), 1);
        assert!(source.ready(Direction::Read).is_some());
        // It is known to be there.
        assert_eq!(pulse.take(now, &mut woken), 0);
    }

    #[tokio::test]
    async fn sockets_that_are_silent_or_closed_are_left_alone() {
        let (_caller, accepted) = pair().await;
        let (id, source) = (accepted.socket_id(), waiting());
        let now = Instant::now();
        let (mut pulse, mut woken) = (Pulse::default(), Vec::new());
        pulse.note(id, &source, now);
        pulse.take(now + LATELY / 2, &mut woken);
        assert_eq!(pulse.0.len(), 1);
        pulse.take(now + LATELY, &mut woken);
        assert_eq!(pulse.0.len(), 0);

        pulse.note(id, &source, now);
        source.close(&mut woken);
        pulse.take(now, &mut woken);
        assert_eq!(pulse.0.len(), 0);
    }
}
