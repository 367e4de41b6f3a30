//! Which addresses may connect, and how often.

use std::net::IpAddr;
use std::sync::Arc;

use super::connections::{Connections, Place};
use super::network::IpNetwork;
use crate::error::RejectReason;

/// Which addresses may connect to a listener, and how often; for
/// [`access_policy`](crate::SrtListenerBuilder::access_policy).
///
/// It comes before [`on_request`](crate::SrtListenerBuilder::on_request): who is refused here is not
/// asked about there.
///
/// By default everybody may connect, as often as the listener accepts.
///
/// # Limits
///
/// What counts is a connection from the request until its stream is closed or dropped; one that
/// [lingers](crate::SrtOptions::linger) counts until it is through. Requests that are rejected, or that
/// fail after they were let in, do not count any more once this is known, which is before the next
/// request that would be refused. A connection that breaks while it waits to be accepted counts until
/// libsrt gives it up, a second or two.
///
/// The limits are for the listener and all its [shards](crate::SrtListenerBuilder::shards) together.
///
/// ```no_run
/// use std::net::Ipv4Addr;
/// use srt_tokio::{AccessPolicy, IpNetwork, SrtListener};
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let mut policy = AccessPolicy::new();
/// policy
///     .allow("192.0.2.0/24".parse::<IpNetwork>()?)
///     .allow(Ipv4Addr::new(10, 0, 0, 7))
///     .max_connections(500)
///     .max_connections_per_ip(4);
/// let listener = SrtListener::builder().access_policy(&policy).bind("0.0.0.0:9000").await?;
///
/// // Later, while it runs.
/// policy.deny(Ipv4Addr::new(192, 0, 2, 66));
/// listener.set_access_policy(&policy);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    allowed: Vec<IpNetwork>,
    denied: Vec<IpNetwork>,
    max_connections: Option<usize>,
    max_connections_per_ip: Option<usize>,
}

impl AccessPolicy {
    /// Everybody may connect.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a network in, and those that were allowed before. Once there is one, addresses of no such
    /// network are rejected with [`RejectReason::FORBIDDEN`].
    pub fn allow(&mut self, network: impl Into<IpNetwork>) -> &mut Self {
        self.allowed.push(network.into());
        self
    }

    /// Keeps a network out, allowed or not: its addresses are rejected with
    /// [`RejectReason::FORBIDDEN`].
    ///
    /// Each request is compared with all networks, one after the other.
    pub fn deny(&mut self, network: impl Into<IpNetwork>) -> &mut Self {
        self.denied.push(network.into());
        self
    }

    /// The most connections at a time. Further ones are rejected with [`RejectReason::OVERLOAD`]. No
    /// limit by default.
    pub fn max_connections(&mut self, max: usize) -> &mut Self {
        self.max_connections = Some(max);
        self
    }

    /// The most connections from one IP address at a time. Further ones are rejected with
    /// [`RejectReason::OVERLOAD`]. No limit by default.
    ///
    /// A host can have any number of IPv6 addresses of its network.
    pub fn max_connections_per_ip(&mut self, max: usize) -> &mut Self {
        self.max_connections_per_ip = Some(max);
        self
    }

    pub(super) fn admits(&self, ip: IpAddr) -> Result<(), RejectReason> {
        let is_in = |networks: &[IpNetwork]| networks.iter().any(|network| network.contains(ip));
        if is_in(&self.denied) || !self.allowed.is_empty() && !is_in(&self.allowed) {
            Err(RejectReason::FORBIDDEN)
        } else {
            Ok(())
        }
    }

    /// A place for one more connection, if there is one.
    pub(super) fn place(&self, connections: &Arc<Connections>, ip: IpAddr) -> Option<Place> {
        let max = self.max_connections.unwrap_or(usize::MAX);
        let max_per_ip = self.max_connections_per_ip.unwrap_or(usize::MAX);
        connections.place(ip, max, max_per_ip)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn who_is_denied_stays_out_and_who_is_allowed_keeps_others_out() {
        let admits = |policy: &AccessPolicy, ip: [u8; 4]| policy.admits(ip.into()).is_ok();
        let mut policy = AccessPolicy::new();
        assert!(admits(&policy, [127, 0, 0, 1]));
        policy.deny(Ipv4Addr::LOCALHOST);
        assert!(!admits(&policy, [127, 0, 0, 1]));
        assert!(admits(&policy, [127, 0, 0, 2]));
        policy.allow("127.0.0.0/31".parse::<IpNetwork>().unwrap());
        policy.allow(Ipv4Addr::new(10, 0, 0, 1));
        assert!(admits(&policy, [127, 0, 0, 0]));
        assert!(admits(&policy, [10, 0, 0, 1]));
        assert!(!admits(&policy, [127, 0, 0, 1]));
        assert!(!admits(&policy, [127, 0, 0, 2]));
    }
}
