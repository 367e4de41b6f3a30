//! What a listener has been asked, and what came of it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;
use tokio::task::coop;
use tracing::error;

use super::ConnectionRequest;
use crate::error::RejectReason;

/// What a listener has been asked, and what came of it; from
/// [`SrtListener::events`](crate::SrtListener::events).
///
/// A request is first [`Requested`](Self::Requested), and then one of the others. If its connection
/// still waits to be accepted when the listener is closed, nothing follows.
///
/// libsrt refuses some requests itself without asking, and these are not reported: those that find the
/// [backlog](crate::SrtListenerBuilder::backlog) full, and malformed ones. A peer that repeats a
/// request, because the answer was lost or slow to come, is asked about again if it was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenerEvent {
    /// Somebody asks for a connection.
    Requested(ConnectionRequest),
    /// The connection has been accepted: it is what a call to
    /// [`accept`](crate::SrtListener::accept), or another form of it, returns.
    Accepted(ConnectionRequest),
    /// The policy or the decision has refused it.
    Rejected {
        /// What was refused.
        request: ConnectionRequest,
        /// What the peer was told.
        reason: RejectReason,
    },
    /// It was let in, but there is no connection. As a rule libsrt has refused it because the peer does
    /// not have the right passphrase or is in another mode; libsrt tells the peer, but not the
    /// listener. Or it broke before it was accepted.
    ///
    /// This is noticed by those who [accept](crate::SrtListener::accept), while nothing is to be
    /// accepted, and at the latest when it matters for a
    /// [limit](crate::AccessPolicy::max_connections).
    Failed(ConnectionRequest),
    /// So many events at this place are lost, because nobody has taken them in time.
    Missed(u64),
}

/// The events of a listener, from [`SrtListener::events`](crate::SrtListener::events).
///
/// Holds the latest 1024 events that have not been taken yet; older ones are dropped and
/// [counted](ListenerEvent::Missed). It ends once the listener is closed or dropped and all is taken.
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct ListenerEvents {
    queue: Arc<Queue>,
}

/// The most events that wait for one receiver.
const CAPACITY: usize = 1024;

/// Where events come from. Never waits for anybody.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Spares the lock in the usual case that nobody listens.
    heard: AtomicBool,
    receivers: Mutex<Receivers>,
}

#[derive(Debug, Default)]
struct Receivers {
    queues: Vec<Weak<Queue>>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Queue(Mutex<Queued>);

#[derive(Debug, Default)]
struct Queued {
    events: VecDeque<ListenerEvent>,
    /// Dropped before the first of `events`.
    missed: u64,
    closed: bool,
    waker: Option<Waker>,
}

impl ListenerEvents {
    /// Takes the next event, and waits for one if there is none. `None` is the end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: if another branch of a `select!` completes first, no event was taken.
    pub async fn recv(&mut self) -> Option<ListenerEvent> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv). Only the waker of the latest call is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<ListenerEvent>> {
        let budget = ready!(coop::poll_proceed(cx));
        let mut queued = self.queue.lock();
        let event = match mem::take(&mut queued.missed) {
            0 => queued.events.pop_front(),
            missed => Some(ListenerEvent::Missed(missed)),
        };
        if event.is_some() || queued.closed {
            budget.made_progress();
            return Poll::Ready(event);
        }
        let displaced = match &mut queued.waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            waker => waker.replace(cx.waker().clone()),
        };
        drop(queued);
        // Under no lock: it may do anything.
        drop(displaced);
        Poll::Pending
    }
}

impl Stream for ListenerEvents {
    type Item = ListenerEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_recv(cx)
    }
}

impl Events {
    pub(super) fn subscribe(&self) -> ListenerEvents {
        let queue = Arc::<Queue>::default();
        let mut receivers = self.lock();
        if receivers.closed {
            queue.lock().closed = true;
        } else {
            // Those that are gone, in case nothing is ever sent.
            receivers.queues.retain(|queue| queue.strong_count() > 0);
            receivers.queues.push(Arc::downgrade(&queue));
            self.heard.store(true, Ordering::Release);
        }
        drop(receivers);
        ListenerEvents { queue }
    }

    /// Sends an event, which is only made if somebody wants it.
    pub(super) fn send(&self, event: impl FnOnce() -> ListenerEvent) {
        if !self.heard.load(Ordering::Acquire) {
            return;
        }
        let queues = self.queues();
        if queues.is_empty() {
            return;
        }
        let event = event();
        for queue in queues {
            queue.push(event.clone());
        }
    }

    /// Ends all receivers, once they have what was sent.
    pub(super) fn close(&self) {
        let mut receivers = self.lock();
        receivers.closed = true;
        let queues = mem::take(&mut receivers.queues);
        drop(receivers);
        for queue in queues.iter().filter_map(Weak::upgrade) {
            let mut queued = queue.lock();
            queued.closed = true;
            let waker = queued.waker.take();
            drop(queued);
            wake(waker);
        }
    }

    /// Those that are still there.
    fn queues(&self) -> Vec<Arc<Queue>> {
        let mut receivers = self.lock();
        let mut queues = Vec::with_capacity(receivers.queues.len());
        receivers.queues.retain(|queue| {
            let queue = queue.upgrade();
            let is_there = queue.is_some();
            queues.extend(queue);
            is_there
        });
        self.heard.store(!queues.is_empty(), Ordering::Release);
        queues
    }

    fn lock(&self) -> MutexGuard<'_, Receivers> {
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.close();
    }
}

impl Queue {
    fn push(&self, event: ListenerEvent) {
        let mut queued = self.lock();
        let oldest = if queued.events.len() == CAPACITY { queued.events.pop_front() } else { None };
        queued.missed += u64::from(oldest.is_some());
        queued.events.push_back(event);
        let waker = queued.waker.take();
        drop(queued);
        wake(waker);
    }

    fn lock(&self) -> MutexGuard<'_, Queued> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Called with no lock held: a waker may run any code. One that panics takes nothing with it, as this
/// may be in the middle of an answer to libsrt.
fn wake(waker: Option<Waker>) {
    let Some(waker) = waker else { return };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        // To drop it might panic again.
        mem::forget(payload);
        // Whoever listens to it may panic as well.
        let _ = catch_unwind(|| error!("a waker panicked"));
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::task::Wake;

    use super::*;
    use crate::options::StreamId;

    fn request(number: usize) -> ConnectionRequest {
        ConnectionRequest {
            peer: SocketAddr::from(([127, 0, 0, 1], 1)),
            stream_id: StreamId::new(number.to_string()).unwrap(),
            handshake_version: 5,
            group_type: None,
        }
    }

    fn send(events: &Events, number: usize) {
        events.send(|| ListenerEvent::Requested(request(number)));
    }

    #[tokio::test]
    async fn every_receiver_gets_what_comes_after_it_and_then_the_end() {
        let events = Events::default();
        events.send(|| panic!("nobody wants it"));
        let mut first = events.subscribe();
        send(&events, 1);
        let mut second = events.subscribe();
        send(&events, 2);
        events.close();
        assert_eq!(first.recv().await, Some(ListenerEvent::Requested(request(1))));
        assert_eq!(first.recv().await, Some(ListenerEvent::Requested(request(2))));
        assert_eq!(first.recv().await, None);
        assert_eq!(second.recv().await, Some(ListenerEvent::Requested(request(2))));
        assert_eq!(second.recv().await, None);
        assert_eq!(events.subscribe().recv().await, None);
    }

    #[tokio::test]
    async fn who_does_not_take_events_loses_the_oldest_and_is_told_how_many() {
        let events = Events::default();
        let mut receiver = events.subscribe();
        for number in 0..CAPACITY + 3 {
            send(&events, number);
        }
        assert_eq!(receiver.recv().await, Some(ListenerEvent::Missed(3)));
        for number in 3..CAPACITY + 3 {
            assert_eq!(receiver.recv().await, Some(ListenerEvent::Requested(request(number))));
        }
        drop(events);
        assert_eq!(receiver.recv().await, None);
    }

    #[tokio::test]
    async fn a_waker_that_panics_takes_nothing_with_it() {
        struct Panics;

        impl Wake for Panics {
            fn wake(self: Arc<Self>) {
                panic!("this is a test");
            }
        }

        let events = Events::default();
        let (mut first, mut second) = (events.subscribe(), events.subscribe());
        let waker = Waker::from(Arc::new(Panics));
        assert!(first.poll_recv(&mut Context::from_waker(&waker)).is_pending());
        send(&events, 1);
        assert_eq!(first.recv().await, Some(ListenerEvent::Requested(request(1))));
        assert_eq!(second.recv().await, Some(ListenerEvent::Requested(request(1))));
    }

    #[tokio::test]
    async fn nothing_is_made_for_receivers_that_are_gone() {
        let events = Events::default();
        drop(events.subscribe());
        events.send(|| panic!("nobody wants it any more"));
        assert!(events.lock().queues.is_empty());
    }
}
