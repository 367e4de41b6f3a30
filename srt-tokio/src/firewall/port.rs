//! UDP ports behind the firewall.

use std::net::SocketAddr;
use std::sync::Once;

use tracing::warn;

use super::TARGET;
use super::limits::Limits;
use super::policy::Firewall;
use crate::error::Error;

#[cfg(not(target_os = "linux"))]
pub(crate) use self::lacking::{PortGuard, bind, bind_acquire, dropped, report_drops};
#[cfg(all(test, target_os = "linux", not(srt_loom)))]
pub(super) use self::linux::Filter;
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{PortGuard, bind, bind_acquire, dropped, report_drops};

/// What the options of a socket say about its UDP port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PortPolicy {
    pub(crate) firewall: Firewall,
    pub(crate) limits: Limits,
    pub(crate) ipv6_only: Option<bool>,
}

impl PortPolicy {
    /// What to do with a port that cannot be put behind the firewall.
    pub(crate) fn without_firewall(
        &self,
        address: Option<SocketAddr>,
        reason: &'static str,
    ) -> Result<(), Error> {
        static WARNED: Once = Once::new();

        match self.firewall {
            Firewall::Off => {}
            Firewall::On => WARNED.call_once(|| {
                let local = address.map(tracing::field::display);
                warn!(target: TARGET, local, reason, "a UDP port of SRT is not behind the firewall");
            }),
            Firewall::Required => {
                return Err(Error::Unsupported { feature: "a firewall", needs: reason });
            }
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, VecDeque};
    use std::io;
    use std::net::{Ipv6Addr, SocketAddr};
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
    use std::time::{Duration, Instant};

    use socket2::{Domain, Protocol, Socket, Type};
    use tracing::{debug, warn};

    use super::{PortPolicy, TARGET};
    use crate::error::{Error, ErrorCode};
    use crate::firewall::definition::rules;
    use crate::firewall::program::compile;
    use crate::firewall::rule::Rule;
    use crate::firewall::{Firewall, Limits};
    use crate::sys::{RawSocket, State, udp_drops};

    /// For how long it is remembered that a port was behind the firewall: libsrt closes it only seconds
    /// after its last socket, and until then shares it with new ones.
    const MEMORY: Duration = Duration::from_secs(20);

    /// The least time between two warnings.
    const QUIET: Duration = Duration::from_secs(10);

    /// Binds `socket` to a UDP port that is made here and put behind the firewall, or to one that other
    /// sockets have already.
    pub(crate) fn bind(
        socket: &RawSocket,
        address: SocketAddr,
        policy: &PortPolicy,
    ) -> Result<PortGuard, Error> {
        if policy.firewall == Firewall::Off || socket.state() != State::Init {
            socket.bind(address)?;
            return Ok(PortGuard::none());
        }
        match udp_socket(address, policy.ipv6_only) {
            Ok(udp) => match Filter::new(policy.limits).attach(&udp) {
                Ok(()) if udp.bind(&address.into()).is_ok() => acquire(socket, udp, policy),
                Ok(()) => join(socket, address, policy),
                Err(error) => {
                    refused(&error, Some(address), policy)?;
                    socket.bind(address)?;
                    Ok(PortGuard::none())
                }
            },
            // libsrt's own attempt says what is wrong, in its terms.
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
            socket.bind_acquire(udp)?;
            return Ok(PortGuard::none());
        }
        if let Err(error) = Filter::new(policy.limits).attach(&udp) {
            refused(&error, udp.local_addr().ok().and_then(|local| local.as_socket()), policy)?;
            socket.bind_acquire(udp)?;
            return Ok(PortGuard::none());
        }
        discard_received(&udp);
        acquire(socket, udp, policy)
    }

    /// Discards what came before the filter was attached. Peers repeat what is not answered.
    fn discard_received(udp: &Socket) {
        /// More datagrams than any receive buffer holds. What comes from now on is filtered.
        const MOST: usize = 1 << 17;

        let mut nothing = [];
        for _ in 0..MOST {
            if udp.recv_with_flags(&mut nothing, libc::MSG_DONTWAIT).is_err() {
                break;
            }
        }
    }

    /// How many datagrams the kernel has dropped on ports behind the firewall.
    pub(crate) fn dropped() -> u64 {
        // Kept, so that the reactor allocates nothing each second.
        static LIVE: Mutex<Vec<Arc<Port>>> = Mutex::new(Vec::new());

        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        ports().append_open(&mut live);
        // Those that nobody else has any more are closed by this, under no lock of the ports.
        live.drain(..).for_each(|port| port.count_drops());
        DROPPED.load(Relaxed)
    }

    /// Warns of datagrams that were dropped since the last warning.
    pub(crate) fn report_drops(now: Instant) {
        static LAST: Mutex<(Option<Instant>, u64)> = Mutex::new((None, 0));

        let dropped = dropped();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, reported) = *last;
        let is_quiet = at.is_some_and(|at| now.saturating_duration_since(at) < QUIET);
        if dropped == reported || is_quiet {
            return;
        }
        *last = (Some(now), dropped);
        // Subscribers run foreign code.
        drop(last);
        warn!(
            target: TARGET,
            datagrams = dropped - reported,
            "dropped datagrams that are no valid SRT packets, or did not fit into a receive buffer"
        );
    }

    fn udp_socket(address: SocketAddr, ipv6_only: Option<bool>) -> io::Result<Socket> {
        let udp = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // As libsrt has it: the system's default, but for the wildcard.
        let only = if address.ip() == Ipv6Addr::UNSPECIFIED {
            Some(ipv6_only.unwrap_or(false))
        } else {
            ipv6_only.filter(|_| address.is_ipv6())
        };
        if let Some(only) = only {
            udp.set_only_v6(only)?;
        }
        Ok(udp)
    }

    /// Hands a UDP socket with the filter over to libsrt.
    fn acquire(socket: &RawSocket, udp: Socket, policy: &PortPolicy) -> Result<PortGuard, Error> {
        let error = |error: io::Error| Error::Library {
            function: "srt_bind_acquire",
            code: ErrorCode::SocketFailed,
            os_error: error.raw_os_error(),
        };
        let local = udp.local_addr().map_err(error)?.as_socket();
        let clone = udp.try_clone().map_err(error)?;
        socket.bind_acquire(udp)?;
        let port = local.map(|local| Port::new(clone, local, policy.limits));
        Ok(PortGuard { port, is_new: true }.kept_by(socket))
    }

    /// Has libsrt bind the socket: to a port that it has already, or not at all.
    fn join(
        socket: &RawSocket,
        address: SocketAddr,
        policy: &PortPolicy,
    ) -> Result<PortGuard, Error> {
        let known = ports().find(address);
        if let Known::Closing(limits) = &known
            && limits.or(policy.limits) != *limits
        {
            // As for other options of the port in which it differs.
            let (function, code) = ("srt_bind", ErrorCode::BindConflict);
            return Err(Error::Library { function, code, os_error: None });
        }
        socket.bind(address)?;
        match known {
            Known::Open(port) => {
                let guard = PortGuard { port: Some(port), is_new: false }.kept_by(socket);
                guard.admit(policy)?;
                Ok(guard)
            }
            Known::Closing(_) => Ok(PortGuard::none()),
            Known::Not => {
                let reason = "a UDP port that is not shared with sockets without a firewall";
                policy.without_firewall(Some(address), reason)?;
                Ok(PortGuard::none())
            }
        }
    }

    fn refused(
        error: &io::Error,
        address: Option<SocketAddr>,
        policy: &PortPolicy,
    ) -> Result<(), Error> {
        let local = address.map(tracing::field::display);
        debug!(target: TARGET, local, %error, "the kernel has refused the filter");
        policy.without_firewall(address, "a kernel that takes SO_ATTACH_FILTER")
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
            let Some(port) = &self.port else { return Ok(()) };
            port.admit(policy.limits).or_else(|error| refused(&error, Some(port.local), policy))
        }

        /// Lets nothing pass until [`reopen`](Self::reopen), unless other sockets may be on the port. What
        /// comes meanwhile is lost, and not counted.
        pub(crate) fn close(&self) {
            if let Some(port) = self.port.as_ref().filter(|_| self.is_new) {
                let _limits = port.limits();
                // If it fails, more passes than should.
                let _ = port.udp.attach_filter(&compile(&[Rule::Drop]));
            }
        }

        pub(crate) fn reopen(&self) -> Result<(), Error> {
            let Some(port) = self.port.as_ref().filter(|_| self.is_new) else { return Ok(()) };
            let limits = port.limits();
            let opened = Filter::new(*limits).attach(&port.udp);
            if let Some(drops) = udp_drops(&port.udp) {
                port.drops.store(drops, Relaxed);
            }
            opened.map_err(|error| Error::Library {
                function: "setsockopt",
                code: ErrorCode::SocketFailed,
                os_error: error.raw_os_error(),
            })
        }

        /// Has a socket, and what it accepts, keep the port.
        fn kept_by(self, socket: &RawSocket) -> Self {
            if let Some(port) = &self.port {
                socket.keep(port.clone());
            }
            self
        }
    }

    /// A UDP port behind the firewall, kept by the sockets on it.
    #[derive(Debug)]
    struct Port {
        key: u64,
        udp: Socket,
        local: SocketAddr,
        limits: Mutex<Limits>,
        /// The kernel's count of dropped datagrams when it was read last.
        drops: AtomicU32,
    }

    static DROPPED: AtomicU64 = AtomicU64::new(0);

    impl Port {
        fn new(udp: Socket, local: SocketAddr, limits: Limits) -> Arc<Self> {
            let mut ports = ports();
            let key = ports.next_key;
            let (limits, drops) = (Mutex::new(limits), AtomicU32::new(0));
            let port = Arc::new(Self { key, udp, local, limits, drops });
            ports.next_key += 1;
            ports.open.insert(key, (local, Arc::downgrade(&port)));
            port
        }

        /// Admits what a further socket on the port needs.
        fn admit(&self, limits: Limits) -> io::Result<()> {
            let mut current = self.limits();
            let wider = current.or(limits);
            if wider != *current {
                Filter::new(wider).attach(&self.udp)?;
                *current = wider;
            }
            Ok(())
        }

        /// Held while the filter is changed, which does not block.
        fn limits(&self) -> MutexGuard<'_, Limits> {
            self.limits.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn count_drops(&self) {
            if let Some(drops) = udp_drops(&self.udp) {
                let before = self.drops.swap(drops, Relaxed);
                DROPPED.fetch_add(drops.wrapping_sub(before).into(), Relaxed);
            }
        }
    }

    impl Drop for Port {
        fn drop(&mut self) {
            self.count_drops();
            let limits = *self.limits.get_mut().unwrap_or_else(PoisonError::into_inner);
            let mut ports = ports();
            ports.open.remove(&self.key);
            ports.closing.push_back((Instant::now(), self.local, limits));
            ports.forget(Instant::now());
        }
    }

    #[derive(Debug, Default)]
    struct Ports {
        next_key: u64,
        open: HashMap<u64, (SocketAddr, Weak<Port>)>,
        closing: VecDeque<(Instant, SocketAddr, Limits)>,
    }

    /// What is known of the port with an address.
    enum Known {
        Open(Arc<Port>),
        /// No socket of this library is on it, but libsrt may not have closed it yet.
        Closing(Limits),
        Not,
    }

    impl Ports {
        fn append_open(&self, to: &mut Vec<Arc<Port>>) {
            to.extend(self.open.values().filter_map(|(_, port)| port.upgrade()));
        }

        fn find(&self, address: SocketAddr) -> Known {
            let mut there = self.open.values().filter(|(local, _)| *local == address);
            if let Some(port) = there.find_map(|(_, port)| port.upgrade()) {
                return Known::Open(port);
            }
            let closing = self.closing.iter().rev().find(|(_, local, _)| *local == address);
            closing.map_or(Known::Not, |(_, _, limits)| Known::Closing(*limits))
        }

        fn forget(&mut self, now: Instant) {
            let is_old = |at: Instant| now.saturating_duration_since(at) > MEMORY;
            while self.closing.front().is_some_and(|(at, ..)| is_old(*at)) {
                self.closing.pop_front();
            }
        }
    }

    /// The ports of the process. No other lock is taken under this one, and no port is dropped.
    fn ports() -> MutexGuard<'static, Ports> {
        static PORTS: LazyLock<Mutex<Ports>> = LazyLock::new(Mutex::default);
        PORTS.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(not(target_os = "linux"))]
mod lacking {
    use std::net::SocketAddr;
    use std::time::Instant;

    use super::PortPolicy;
    use crate::error::Error;
    use crate::sys::RawSocket;

    const NEEDED: &str = "Linux";

    /// A port that cannot be behind the firewall.
    #[derive(Clone, Debug)]
    pub(crate) struct PortGuard;

    impl PortGuard {
        pub(crate) fn admit(&self, _policy: &PortPolicy) -> Result<(), Error> {
            Ok(())
        }

        pub(crate) fn close(&self) {}

        pub(crate) fn reopen(&self) -> Result<(), Error> {
            Ok(())
        }
    }

    pub(crate) fn bind(
        socket: &RawSocket,
        address: SocketAddr,
        policy: &PortPolicy,
    ) -> Result<PortGuard, Error> {
        policy.without_firewall(Some(address), NEEDED)?;
        socket.bind(address)?;
        Ok(PortGuard)
    }

    #[cfg(unix)]
    pub(crate) fn bind_acquire(
        socket: &RawSocket,
        udp: socket2::Socket,
        policy: &PortPolicy,
    ) -> Result<PortGuard, Error> {
        policy
            .without_firewall(udp.local_addr().ok().and_then(|local| local.as_socket()), NEEDED)?;
        socket.bind_acquire(udp)?;
        Ok(PortGuard)
    }

    pub(crate) fn dropped() -> u64 {
        0
    }

    pub(crate) fn report_drops(_now: Instant) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_without_a_firewall_is_an_error_only_where_one_is_required() {
        let limits =
            Limits { payload: 1456, filter: false, max_flow_window: 32, min_segment_size: 316 };
        let without = |firewall| {
            let policy = PortPolicy { firewall, limits, ipv6_only: None };
            policy.without_firewall(None, "a kernel that has it")
        };
        assert_eq!(without(Firewall::Off), Ok(()));
        assert_eq!(without(Firewall::On), Ok(()));
        let needs = "a kernel that has it";
        let error = Error::Unsupported { feature: "a firewall", needs };
        assert_eq!(without(Firewall::Required), Err(error));
    }
}
