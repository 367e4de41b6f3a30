//! A member to be.

use std::io;
use std::net::SocketAddr;

use crate::error::Error;
use crate::options::SrtOptions;
use crate::socket::{SrtSocket, any_address};
use crate::sys::Endpoint;

/// The greatest weight that libsrt takes.
const MAX_WEIGHT: u16 = 32_767;

/// A link of a group that is to be connected.
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{GroupMember, SrtOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Over the network that this address belongs to, with more patience than usual.
/// let mut options = SrtOptions::new();
/// options.connect_timeout(Duration::from_secs(10));
/// let member = GroupMember::new("203.0.113.1:9000".parse()?)
///     .local_addr("192.0.2.7:0".parse()?)
///     .weight(1)
///     .options(&options);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "SRT_SOCKGROUPCONFIG")]
#[doc(alias = "srt_prepare_endpoint")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a member does nothing until it is given to a group"]
pub struct GroupMember {
    peer: SocketAddr,
    local: Option<SocketAddr>,
    weight: u16,
    token: Option<u32>,
    options: SrtOptions,
}

impl GroupMember {
    /// A link to `peer`, from a free port on whatever interface leads there.
    pub fn new(peer: SocketAddr) -> Self {
        Self { peer, local: None, weight: 0, token: None, options: SrtOptions::new() }
    }

    /// The local address to connect from, which is what makes the link one of another network. Port 0
    /// stands for a free one.
    #[doc(alias = "srt_connect_bind")]
    pub fn local_addr(mut self, address: SocketAddr) -> Self {
        self.local = Some(address);
        self
    }

    /// In a [`Backup`](crate::GroupType::Backup) group, the link of the greatest weight that works is
    /// the one that is used. 0 to 32767; 0 by default. In a broadcast group it means nothing.
    pub fn weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }

    /// A number to know the member by; see [`MemberStatus::token`](crate::MemberStatus::token). 0 to
    /// 2147483647. By default members have 0, 1 and so on, in the order in which they are added.
    pub fn token(mut self, token: u32) -> Self {
        self.token = Some(token);
        self
    }

    /// Options of this member alone, on top of those of the group.
    ///
    /// Members can only differ in what is about a single link: `bind_to_device`, `connect_timeout`,
    /// `drift_tracer`, `group_min_stability_timeout`, `ip_tos`, `ip_ttl`, `key_refresh_rate`,
    /// `key_pre_announce`, `max_reorder_tolerance`, `nak_reports`, `peer_idle_timeout`,
    /// `receive_buffer_size`, `send_buffer_size`, `send_drop_delay`, `udp_receive_buffer_size` and
    /// `udp_send_buffer_size`. Any other makes connecting fail with
    /// [`Error::InvalidOption`].
    ///
    /// A device's name of more than four bytes takes libsrt 1.5.5, as earlier ones have no room for it.
    #[doc(alias = "SRT_SOCKOPT_CONFIG")]
    #[doc(alias = "srt_create_config")]
    #[doc(alias = "srt_config_add")]
    pub fn options(mut self, options: &SrtOptions) -> Self {
        self.options.merge(options);
        self
    }

    /// A socket on the UDP port that the member is to have, for a group with these options: libsrt binds
    /// members to a port that there is already.
    pub(super) fn port(&self, group: &SrtOptions) -> io::Result<SrtSocket> {
        let mut options = group.clone();
        options.merge(&self.options);
        let socket = SrtSocket::new(&options)?;
        socket.bind(self.local.unwrap_or_else(|| any_address(self.peer)))?;
        Ok(socket)
    }

    /// What libsrt wants to know, for a group with these options. `token` is for if it has none.
    pub(super) fn endpoint(&self, group: &SrtOptions, token: u32) -> Result<Endpoint, Error> {
        let invalid = |option, reason| Err(Error::InvalidOption { option, reason });
        if self.weight > MAX_WEIGHT {
            return invalid("weight", "must be 0 to 32767");
        }
        let Ok(token) = i32::try_from(self.token.unwrap_or(token)) else {
            return invalid("token", "must be 0 to 2147483647");
        };
        let (local, remote) = (self.local, self.peer);
        if let Some(local) = local.filter(|local| local.is_ipv4() != remote.is_ipv4()) {
            return Err(Error::AddressFamily { local, remote });
        }
        let config = self.options.of_member(group)?;
        Ok(Endpoint { local, peer: remote, weight: self.weight, token, config })
    }
}

impl From<SocketAddr> for GroupMember {
    fn from(peer: SocketAddr) -> Self {
        Self::new(peer)
    }
}
