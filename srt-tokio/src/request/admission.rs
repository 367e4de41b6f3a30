//! What libsrt is answered when it asks about a connection, and what comes of the answer.
//!
//! libsrt asks in the middle of the handshake. It may well refuse the connection afterwards, which
//! nobody is told. So what was let in is remembered with its socket, and looked after until it is
//! accepted or its socket is gone.

use std::any::Any;
use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use super::connections::{Connections, Place};
use super::events::{Events, ListenerEvent, ListenerEvents};
use super::policy::AccessPolicy;
use super::{ConnectionOptions, ConnectionRequest, Decision, OnRequest};
use crate::error::{Error, RejectReason};
use crate::reactor::Retry;
use crate::sys::{Answer, Call, RawSocket, SocketId, State, as_sent, option};

/// From when on a decision is too slow. Packets of all connections of the port wait meanwhile; in
/// memory it is a matter of microseconds.
const SLOW: Duration = Duration::from_millis(10);

/// How often there is a warning about slow decisions at most.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// From how many waiting connections on somebody looks whether they are still there, though nobody
/// accepts and no limit is reached.
const MANY: usize = 64;

/// What a listener makes of requests.
///
/// No lock is held under another one, nor while anything else is called.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    on_request: Option<OnRequest>,
    policy: Mutex<Arc<AccessPolicy>>,
    connections: Arc<Connections>,
    waiting: Mutex<Waiting>,
    events: Events,
    /// Has those who accept try to.
    acceptor: OnceLock<Retry>,
    /// Whether connections of the listener may have a packet filter.
    may_have_filter: OnceLock<bool>,
    slow: Mutex<Slow>,
}

/// Connections that were let in and not accepted yet, and those that are members of groups.
#[derive(Debug, Default)]
struct Waiting {
    connections: HashMap<SocketId, Admitted>,
    /// How many there were when somebody last looked which are still there.
    settled: usize,
}

#[derive(Debug)]
struct Admitted {
    /// `None` once it is known to have got through, as a member of a group.
    request: Option<ConnectionRequest>,
    place: Place,
}

/// The slow decisions that there was no warning about.
#[derive(Debug, Default)]
struct Slow {
    unreported: u64,
    reported_at: Option<Instant>,
}

impl Admission {
    pub(crate) fn new(on_request: Option<OnRequest>, policy: AccessPolicy) -> Self {
        Self { on_request, policy: Mutex::new(Arc::new(policy)), ..Self::default() }
    }

    /// Takes what has those who accept try to. Only the first one counts.
    pub(crate) fn set_acceptor(&self, retry: Retry) {
        let _ = self.acceptor.set(retry);
    }

    /// Says whether connections of the listener may have a packet filter.
    pub(crate) fn set_may_have_filter(&self, may: bool) {
        let _ = self.may_have_filter.set(may);
    }

    pub(crate) fn set_policy(&self, policy: AccessPolicy) {
        let policy = Arc::new(policy);
        let old = mem::replace(&mut *lock(&self.policy), policy);
        drop(old);
    }

    pub(crate) fn events(&self) -> ListenerEvents {
        self.events.subscribe()
    }

    /// The listener is closed.
    pub(crate) fn close(&self) {
        self.events.close();
        let waiting = mem::take(&mut *lock(&self.waiting));
        drop(waiting);
    }

    /// Takes over a connection that libsrt has handed out. It counts until its socket is closed.
    pub(crate) fn take(&self, socket: &RawSocket) -> Accepting<'_> {
        if socket.is_group() {
            return self.take_group(socket);
        }
        let admitted = lock(&self.waiting).connections.remove(&socket.id());
        let request = admitted.map(|Admitted { request, place }| {
            socket.keep(Arc::new(place));
            request
        });
        Accepting { admission: self, request: request.flatten() }
    }

    /// As [`take`](Self::take), of a group's members, each of which counts until it is gone.
    fn take_group(&self, group: &RawSocket) -> Accepting<'_> {
        let members = group.members().unwrap_or_default();
        let mut waiting = lock(&self.waiting);
        let admitted =
            |id| waiting.connections.get_mut(&id).and_then(|admitted| admitted.request.take());
        let mut requests: Vec<_> =
            members.iter().map(|member| member.id).filter_map(admitted).collect();
        drop(waiting);
        // The first one stands for the group.
        let request = requests.pop();
        for request in requests {
            self.events.send(|| ListenerEvent::Accepted(request));
        }
        Accepting { admission: self, request }
    }

    /// Takes note of a member that has joined a group after that was accepted.
    fn join(&self, id: SocketId) {
        let mut waiting = lock(&self.waiting);
        let joined = waiting.connections.get_mut(&id).and_then(|admitted| admitted.request.take());
        drop(waiting);
        if let Some(request) = joined {
            self.events.send(|| ListenerEvent::Accepted(request));
        }
    }

    /// Finds out which of those that were let in have not got through.
    pub(crate) fn settle(&self) {
        let ids: Vec<_> = lock(&self.waiting).connections.keys().copied().collect();
        let mut unfinished = false;
        for id in ids {
            match RawSocket::state_of(id) {
                State::Closed | State::Gone => {
                    // Somebody else may have seen it as well.
                    let failed = lock(&self.waiting).connections.remove(&id);
                    if let Some(Admitted { request, place }) = failed {
                        drop(place);
                        if let Some(request) = request {
                            debug!(peer = %request.peer, "a connection that was let in has failed");
                            self.events.send(|| ListenerEvent::Failed(request));
                        }
                    }
                }
                State::Init | State::Opened => unfinished = true,
                State::Connected if RawSocket::is_member_of_ours(id) => self.join(id),
                _ => {}
            }
        }
        let mut waiting = lock(&self.waiting);
        waiting.settled = waiting.connections.len();
        drop(waiting);
        if unfinished {
            self.look_soon();
        }
    }

    /// Has those who accept look what has come of a connection.
    fn look_soon(&self) {
        if let Some(acceptor) = self.acceptor.get() {
            acceptor.soon();
        }
    }

    fn admit(&self, call: &Call<'_>, request: &ConnectionRequest) -> Result<Place, RejectReason> {
        let ip = request.peer.ip();
        let policy = lock(&self.policy).clone();
        policy.admits(ip)?;
        let place = self.place(&policy, ip).ok_or(RejectReason::OVERLOAD)?;
        let options = match self.decide(request) {
            Decision::Accept => return Ok(place),
            Decision::AcceptWith(options) => options,
            Decision::Reject(reason) => return Err(reason),
        };
        self.apply(&options, call.socket).map_err(|error| {
            warn!(peer = %request.peer, %error, "the options of a connection were refused");
            RejectReason::INTERNAL_SERVER_ERROR
        })?;
        Ok(place)
    }

    fn apply(&self, options: &ConnectionOptions, socket: &RawSocket) -> Result<(), Error> {
        if self.may_have_filter.get() != Some(&true) {
            return options.apply(socket);
        }
        let limit = socket.get_i32(option::PAYLOADSIZE)?;
        options.apply(socket)?;
        if socket.get_i32(option::PAYLOADSIZE)? < limit {
            // The firewall admits what the listener's size admits, and libsrt's buffers would be smaller.
            let reason = "must not become smaller where a packet filter may be in use";
            return Err(Error::InvalidOption { option: option::PAYLOADSIZE.name, reason });
        }
        Ok(())
    }

    fn place(&self, policy: &AccessPolicy, ip: IpAddr) -> Option<Place> {
        policy.place(&self.connections, ip).or_else(|| {
            self.settle();
            policy.place(&self.connections, ip)
        })
    }

    fn decide(&self, request: &ConnectionRequest) -> Decision {
        let Some(OnRequest(decide)) = &self.on_request else {
            return Decision::Accept;
        };
        let begin = Instant::now();
        let decided = catch_unwind(AssertUnwindSafe(|| decide(request)));
        let time = begin.elapsed();
        if time >= SLOW {
            self.warn(request, time);
        }
        decided.unwrap_or_else(|payload| {
            let message = message(&*payload);
            warn!(peer = %request.peer, message, "the decision on a request has panicked");
            // To drop it might panic again.
            mem::forget(payload);
            Decision::Reject(RejectReason::INTERNAL_SERVER_ERROR)
        })
    }

    fn warn(&self, request: &ConnectionRequest, time: Duration) {
        let mut slow = lock(&self.slow);
        let now = Instant::now();
        if slow.reported_at.is_some_and(|at| now.duration_since(at) < WARNING_INTERVAL) {
            slow.unreported += 1;
            return;
        }
        slow.reported_at = Some(now);
        let unreported = mem::take(&mut slow.unreported);
        drop(slow);
        warn!(
            peer = %request.peer,
            ?time,
            unreported,
            "a slow decision on a request has held up all connections of the port"
        );
    }
}

impl Answer for Admission {
    fn answer(&self, call: &Call<'_>) -> Result<(), RejectReason> {
        let request = ConnectionRequest::new(call);
        self.events.send(|| ListenerEvent::Requested(request.clone()));
        match self.admit(call, &request) {
            Ok(place) => {
                let mut waiting = lock(&self.waiting);
                waiting
                    .connections
                    .insert(call.socket.id(), Admitted { request: Some(request), place });
                let many = waiting.connections.len() >= MANY.max(2 * waiting.settled);
                drop(waiting);
                if many {
                    self.settle();
                }
                self.look_soon();
                Ok(())
            }
            Err(reason) => {
                let reason = as_sent(reason);
                debug!(peer = %request.peer, %reason, "rejected");
                self.events.send(|| ListenerEvent::Rejected { request, reason });
                Err(reason)
            }
        }
    }
}

/// A connection that libsrt has handed out and that is not a stream yet.
#[derive(Debug)]
pub(crate) struct Accepting<'a> {
    admission: &'a Admission,
    request: Option<ConnectionRequest>,
}

impl Accepting<'_> {
    /// It is a stream now.
    pub(crate) fn done(mut self) {
        if let Some(request) = self.request.take() {
            self.admission.events.send(|| ListenerEvent::Accepted(request));
        }
    }
}

impl Drop for Accepting<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.admission.events.send(|| ListenerEvent::Failed(request));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic had to say.
fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("")
}
