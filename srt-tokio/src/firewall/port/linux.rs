//! Ports with the program attached.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::Socket;
use tracing::{debug, warn};

use super::{PortPolicy, TARGET};
use crate::error::{Error, ErrorCode};
use crate::firewall::definition::rules;
use crate::firewall::program::compile;
use crate::firewall::rule::Rule;
use crate::firewall::{Firewall, Limits};
use crate::sys::{LentUdp, RawSocket, State, udp_drops, udp_socket};

/// The time between two counts of what was dropped, and so the least between two warnings.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// Binds `socket` to a UDP port that is made here and put behind the firewall, or to one that other
/// sockets have already.
pub(crate) fn bind(
    socket: &RawSocket,
    address: SocketAddr,
    policy: &PortPolicy,
) -> Result<PortGuard, Error> {
    if socket.state() != State::Init {
        // libsrt says in its terms that this cannot be.
        return socket.bind(address).map(|()| PortGuard::none());
    }
    if policy.firewall == Firewall::Off {
        return join(socket, address, policy);
    }
    // Not left to libsrt, which may get one a moment later, without the filter.
    let udp = udp_socket(address, policy.ipv6_only).map_err(failed)?;
    if let Err(error) = Filter::new(policy.limits).attach(&udp) {
        refused(&error, Some(address), policy)?;
        return socket.bind(address).map(|()| PortGuard::none());
    }
    match udp.bind(&address.into()) {
        Ok(()) => acquire(socket, udp, policy),
        Err(_) => join(socket, address, policy),
    }
}

/// Binds `socket` to the port of `udp`, and puts it behind the firewall.
pub(crate) fn bind_acquire(
    socket: &RawSocket,
    udp: Socket,
    policy: &PortPolicy,
) -> Result<PortGuard, Error> {
    if policy.firewall == Firewall::Off {
        return socket.bind_acquire(udp).map(|()| PortGuard::none());
    }
    if let Err(error) = Filter::new(policy.limits).attach(&udp) {
        refused(&error, udp.local_addr().ok().and_then(|local| local.as_socket()), policy)?;
        return socket.bind_acquire(udp).map(|()| PortGuard::none());
    }
    discard_received(&udp);
    acquire(socket, udp, policy)
}

/// Discards what came before the filter was attached. Peers repeat what is not answered.
fn discard_received(udp: &Socket) {
    /// The kernel counts more than that for the smallest datagram in a receive buffer.
    const LEAST_SIZE: usize = 256;

    let most = udp.recv_buffer_size().unwrap_or(0) / LEAST_SIZE;
    let mut nothing = [];
    for _ in 0..most {
        match udp.recv_with_flags(&mut nothing, libc::MSG_DONTWAIT) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            _ => {}
        }
    }
}

/// How many datagrams the kernel has dropped on ports behind the firewall.
pub(crate) fn dropped() -> u64 {
    // Kept, so that the reactor allocates nothing in a steady state.
    static COUNTED: Mutex<Vec<Arc<Port>>> = Mutex::new(Vec::new());

    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    counted.extend(ports().open.values().flatten().cloned());
    for port in counted.drain(..) {
        if !port.count_drops() {
            ports().forget(&port);
        }
    }
    DROPPED.load(Relaxed)
}

/// Warns of datagrams that were dropped since the last warning. To be called about once a second.
pub(crate) fn report_drops(now: Instant) {
    static LAST: Mutex<(Option<Instant>, u64)> = Mutex::new((None, 0));

    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let (counted_at, reported) = *last;
    let is_due = counted_at.is_none_or(|at| now.saturating_duration_since(at) >= COUNT_INTERVAL);
    if !is_due {
        return;
    }
    let dropped = dropped();
    *last = (Some(now), dropped);
    // Subscribers run foreign code.
    drop(last);
    if dropped > reported {
        warn!(
            target: TARGET,
            datagrams = dropped - reported,
            "dropped datagrams that are malformed, exceed the limits of the firewall (allow_peer_filter, \
             max_peer_flow_window, min_peer_segment_size, payload_size), or found a receive buffer full"
        );
    }
}

/// Hands a UDP socket with the filter over to libsrt.
fn acquire(socket: &RawSocket, udp: Socket, policy: &PortPolicy) -> Result<PortGuard, Error> {
    let local = udp.local_addr().map_err(failed)?.as_socket();
    let lent = LentUdp::of(&udp);
    let drops = udp_drops(&udp).unwrap_or(0);
    socket.bind_acquire(udp)?;
    // Without the two, the filter is there all the same, but neither counts nor admits more.
    let port = local.zip(lent).map(|(local, lent)| Port::new(lent, local, drops, policy.limits));
    Ok(PortGuard { port, is_new: true }.kept_by(socket))
}

/// Has libsrt bind the socket: to a port that it has already, or to none.
fn join(socket: &RawSocket, address: SocketAddr, policy: &PortPolicy) -> Result<PortGuard, Error> {
    // The latest, as earlier ones are closed. Nobody can join shards.
    let port = ports().open.get(&address).and_then(|there| there.last().cloned());
    socket.bind(address)?;
    // If it is there still, libsrt cannot have made another one on the address.
    let Some(port) = port.filter(|port| port.lent.borrow().is_some()) else {
        policy.without_firewall(
            Some(address),
            "a UDP port that is not shared with sockets without a firewall",
        )?;
        return Ok(PortGuard::none());
    };
    let guard = PortGuard { port: Some(port), is_new: false }.kept_by(socket);
    guard.admit(policy)?;
    Ok(guard)
}

fn refused(
    error: &io::Error,
    address: Option<SocketAddr>,
    policy: &PortPolicy,
) -> Result<(), Error> {
    let local = address.map(tracing::field::display);
    debug!(target: TARGET, local, %error, "the kernel refuses the filter");
    policy.without_firewall(address, "a kernel that takes SO_ATTACH_FILTER")
}

fn failed(error: io::Error) -> Error {
    let code = ErrorCode::SocketFailed;
    Error::Library { function: "srt_bind_acquire", code, os_error: error.raw_os_error() }
}

/// The filter of a port.
pub(in crate::firewall) struct Filter(Limits);

impl Filter {
    pub(in crate::firewall) fn new(limits: Limits) -> Self {
        Self(limits)
    }

    /// Attaches the filter to a UDP socket, in place of one that it may have.
    pub(in crate::firewall) fn attach(&self, udp: &Socket) -> io::Result<()> {
        udp.attach_filter(&compile(&rules(&self.0)))
    }
}

/// The UDP port of a socket, as far as the firewall is concerned.
#[derive(Clone, Debug)]
pub(crate) struct PortGuard {
    /// `None` if it is not behind the firewall.
    port: Option<Arc<Port>>,
    /// Whether the port was made for this socket.
    is_new: bool,
}

impl PortGuard {
    fn none() -> Self {
        Self { port: None, is_new: false }
    }

    /// Admits what a socket on the port needs, which may have got further options since it was bound.
    pub(crate) fn admit(&self, policy: &PortPolicy) -> Result<(), Error> {
        self.port.as_ref().map_or(Ok(()), |port| port.admit(policy.limits)).map_err(failed)
    }

    /// Has a socket, and what it accepts, count what was dropped when they are closed.
    fn kept_by(self, socket: &RawSocket) -> Self {
        if let Some(port) = &self.port {
            socket.keep(Arc::new(CountAtEnd(port.clone())));
        }
        self
    }
}

/// Ports on which nothing passes until this is dropped. What comes meanwhile is lost, and not counted.
#[derive(Debug)]
pub(crate) struct ClosedPorts(Vec<Arc<Port>>);

impl ClosedPorts {
    /// Closes the ports that were made for the sockets of the guards; others may be in use.
    pub(crate) fn close(guards: impl IntoIterator<Item = PortGuard>) -> Self {
        let new = guards.into_iter().filter(|guard| guard.is_new);
        let ports: Vec<_> = new.filter_map(|guard| guard.port).collect();
        ports.iter().for_each(|port| port.close());
        Self(ports)
    }
}

impl Drop for ClosedPorts {
    fn drop(&mut self) {
        self.0.iter().for_each(|port| port.reopen());
    }
}

/// Counts what a port has dropped before libsrt closes it.
struct CountAtEnd(Arc<Port>);

impl Drop for CountAtEnd {
    fn drop(&mut self) {
        self.0.count_drops();
    }
}

/// A UDP port behind the firewall.
#[derive(Debug)]
struct Port {
    lent: LentUdp,
    local: SocketAddr,
    filter: Mutex<FilterState>,
}

#[derive(Debug)]
struct FilterState {
    limits: Limits,
    is_closed: bool,
    /// The kernel's count of dropped datagrams when it was read last.
    drops: u32,
}

static DROPPED: AtomicU64 = AtomicU64::new(0);

impl Port {
    fn new(lent: LentUdp, local: SocketAddr, drops: u32, limits: Limits) -> Arc<Self> {
        let filter = Mutex::new(FilterState { limits, is_closed: false, drops });
        let port = Arc::new(Self { lent, local, filter });
        ports().open.entry(local).or_default().push(port.clone());
        port
    }

    /// Admits what a further socket on the port needs.
    fn admit(&self, limits: Limits) -> io::Result<()> {
        let mut filter = self.filter();
        let wider = filter.limits.or(limits);
        if wider == filter.limits {
            return Ok(());
        }
        if let (false, Some(udp)) = (filter.is_closed, self.lent.borrow()) {
            Filter::new(wider).attach(&udp)?;
        }
        filter.limits = wider;
        Ok(())
    }

    fn close(&self) {
        let mut filter = self.filter();
        if let Some(udp) = self.lent.borrow() {
            // If it fails, more passes than should.
            let _ = udp.attach_filter(&compile(&[Rule::Drop]));
            filter.is_closed = true;
        }
    }

    fn reopen(&self) {
        let mut filter = self.filter();
        if let Some(udp) = self.lent.borrow() {
            if let Err(error) = Filter::new(filter.limits).attach(&udp) {
                // The kernel has taken the same program before. Nothing passes without it.
                debug!(target: TARGET, local = %self.local, %error, "a port cannot be opened again");
            }
            filter.drops = udp_drops(&udp).unwrap_or(filter.drops);
            filter.is_closed = false;
        }
    }

    /// Adds what was dropped since the last count. Returns whether the port is open still.
    fn count_drops(&self) -> bool {
        let mut filter = self.filter();
        let Some(udp) = self.lent.borrow() else { return false };
        if let (false, Some(drops)) = (filter.is_closed, udp_drops(&udp)) {
            DROPPED.fetch_add(drops.wrapping_sub(filter.drops).into(), Relaxed);
            filter.drops = drops;
        }
        true
    }

    /// Held while the filter is changed or asked, which does not block.
    fn filter(&self) -> MutexGuard<'_, FilterState> {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Ports {
    /// By address, which shards share. libsrt may have closed some of them.
    open: HashMap<SocketAddr, Vec<Arc<Port>>>,
}

impl Ports {
    fn forget(&mut self, port: &Arc<Port>) {
        if let Some(there) = self.open.get_mut(&port.local) {
            there.retain(|it| !Arc::ptr_eq(it, port));
            if there.is_empty() {
                self.open.remove(&port.local);
            }
        }
    }
}

/// The ports of the process. No other lock is taken under this one.
fn ports() -> MutexGuard<'static, Ports> {
    static PORTS: LazyLock<Mutex<Ports>> = LazyLock::new(Mutex::default);
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}
