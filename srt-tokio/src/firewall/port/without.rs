//! Ports of systems that have no such programs.

use std::net::SocketAddr;
use std::time::Instant;

use super::PortPolicy;
use crate::error::Error;
use crate::sys::RawSocket;

const NEEDS: &str = "Linux";

/// A port that is not behind the firewall.
#[derive(Clone, Debug)]
pub(crate) struct PortGuard;

impl PortGuard {
    pub(crate) fn admit(&self, _policy: &PortPolicy) -> Result<(), Error> {
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct ClosedPorts;

impl ClosedPorts {
    pub(crate) fn close(_guards: impl IntoIterator<Item = PortGuard>) -> Self {
        Self
    }
}

pub(crate) fn bind(
    socket: &RawSocket,
    address: SocketAddr,
    policy: &PortPolicy,
) -> Result<PortGuard, Error> {
    policy.without_firewall(Some(address), NEEDS)?;
    socket.bind(address)?;
    Ok(PortGuard)
}

#[cfg(unix)]
pub(crate) fn bind_acquire(
    socket: &RawSocket,
    udp: socket2::Socket,
    policy: &PortPolicy,
) -> Result<PortGuard, Error> {
    policy.without_firewall(udp.local_addr().ok().and_then(|local| local.as_socket()), NEEDS)?;
    socket.bind_acquire(udp)?;
    Ok(PortGuard)
}

pub(crate) fn dropped() -> u64 {
    0
}

pub(crate) fn report_drops(_now: Instant) {}
