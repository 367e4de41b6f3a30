//! Senders in the file modes, which are not woken for every acknowledgement.
//!
//! libsrt reports a full send buffer as writable again when the first packets of it are acknowledged.
//! A task that is woken by that fills the little room there is, and waits for the next report. So the
//! report is held back until there is room for a good deal, but not for long.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::source::Source;
use crate::sys::{Event, RawSocket, SocketId};

/// How long a sender is held back at most, up to the next look: that is 10 ms, or with rests as long
/// as these and a little more. Who gets so little room in this time is not woken often anyway.
const PATIENCE: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub(super) struct Held(HashMap<SocketId, Sender>);

#[derive(Debug)]
struct Sender {
    source: Arc<Source>,
    since: Instant,
}

impl Held {
    /// Keeps for later that a socket has become writable.
    pub(super) fn hold(&mut self, id: SocketId, source: &Arc<Source>, now: Instant) {
        self.0.entry(id).or_insert_with(|| Sender { source: source.clone(), since: now });
    }

    /// Tells the sources whose sockets have enough room, or have been held back for long. Returns
    /// how many they were.
    pub(super) fn release(&mut self, now: Instant, woken: &mut Vec<Waker>) -> usize {
        let before = self.0.len();
        self.0.retain(|id, Sender { source, since }| {
            let enough = !RawSocket::has_unacknowledged(*id, source.low_water());
            let released = enough || now.duration_since(*since) >= PATIENCE;
            if released {
                // Also if the source counts as ready, as somebody may be about to take that back.
                source.notify(Event { writable: true, ..Event::default() }, woken);
            }
            !released
        });
        before - self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::task::{Context, Poll};

    use super::super::source::{Direction, Slot};
    use super::*;
    use crate::{SrtListener, SrtOptions, SrtStream, TransmissionMode};

    /// A caller some of whose data cannot be acknowledged, because the other end has no room for it.
    async fn stuck() -> (SrtStream, SrtStream) {
        let mut options = SrtOptions::new();
        options.transmission_mode(TransmissionMode::FileStream);
        options.flow_window(32).receive_buffer_size(32 * 1456);
        let listener = SrtListener::builder().options(&options).bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = async { SrtStream::builder().options(&options).connect(address).await };
        let (caller, accepted) = tokio::join!(connect, listener.accept());
        let (caller, accepted) = (caller.unwrap(), accepted.unwrap().0);
        let data = [0; 256 * 1024];
        assert_eq!(caller.send(&data).await.unwrap(), data.len());
        (caller, accepted)
    }

    /// A source somebody waits to send on, which no event ever reaches.
    fn waiting(low_water: usize) -> Arc<Source> {
        let source = Arc::new(Source::new());
        source.set_low_water(low_water);
        source.clear(Direction::Write, source.snapshot());
        let mut cx = Context::from_waker(Waker::noop());
        let polled = source.poll_ready(&mut cx, Direction::Write, &mut Slot(Direction::Write));
        assert!(matches!(polled, Poll::Pending));
        source
    }

    #[tokio::test]
    async fn a_sender_with_enough_room_is_woken_at_once() {
        let (caller, _accepted) = stuck().await;
        let source = waiting(1_000);
        let now = Instant::now();
        let (mut held, mut woken) = (Held::default(), Vec::new());
        held.hold(caller.socket_id(), &source, now);
        assert_eq!(held.release(now, &mut woken), 1);
        assert_eq!(woken.len(), 1);
        assert!(source.ready(Direction::Write).is_some());
        assert!(held.is_empty());
    }

    #[tokio::test]
    async fn a_sender_with_too_little_room_is_held_back_but_not_for_long() {
        let (caller, _accepted) = stuck().await;
        let source = waiting(0);
        let now = Instant::now();
        let (mut held, mut woken) = (Held::default(), Vec::new());
        held.hold(caller.socket_id(), &source, now);
        assert_eq!(held.release(now + PATIENCE / 2, &mut woken), 0);
        // The time counts from the first report.
        held.hold(caller.socket_id(), &source, now + PATIENCE / 2);
        assert_eq!(held.release(now + PATIENCE, &mut woken), 1);
        assert_eq!(woken.len(), 1);
        assert!(held.is_empty());
    }

    #[tokio::test]
    async fn a_socket_that_is_no_more_is_not_held_on_to() {
        let (caller, _accepted) = stuck().await;
        let (id, source) = (caller.socket_id(), waiting(0));
        let now = Instant::now();
        let (mut held, mut woken) = (Held::default(), Vec::new());
        held.hold(id, &source, now);
        caller.close_within(Duration::ZERO).await.unwrap_err();
        let dropped = async {
            while held.release(now, &mut woken) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), dropped).await.expect("still held");
    }
}
