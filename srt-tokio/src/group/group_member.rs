//! A member to be.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

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
    /// stands for a free one. The unspecified address of IPv6 stands for the one that the system prefers for
    /// the peer when the link is connected.
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
        let options = self.all_options(group);
        let local = self.local.unwrap_or_else(|| any_address(self.peer));
        let local = self.specific(local, &options)?;
        let socket = SrtSocket::new(&options)?;
        socket.bind(local)?;
        Ok(socket)
    }

    /// The local address, which is no wildcard of IPv6. To be bound to that one, a socket needs
    /// `SRTO_IPV6ONLY`, which libsrt 1.5.5 takes neither for groups nor for their members.
    fn specific(&self, local: SocketAddr, options: &SrtOptions) -> io::Result<SocketAddr> {
        if local.is_ipv4() || !local.ip().is_unspecified() {
            return Ok(local);
        }
        // A UDP socket gets the address of its route when it is connected, which sends nothing.
        let udp = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
        #[cfg(target_os = "linux")]
        if let Some(device) = &options.bind_to_device {
            udp.bind_device(Some(device.as_str().as_bytes()))?;
        }
        #[cfg(not(target_os = "linux"))]
        let _ = options;
        udp.connect(&self.peer.into())?;
        let mut specific = udp.local_addr()?.as_socket().unwrap_or(local);
        specific.set_port(local.port());
        Ok(specific)
    }

    fn all_options(&self, group: &SrtOptions) -> SrtOptions {
        let mut options = group.clone();
        options.merge(&self.options);
        options
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
        let options = self.all_options(group);
        // Without a route, libsrt says what is wrong, in its terms.
        let local = local.map(|local| self.specific(local, &options).unwrap_or(local));
        Ok(Endpoint { local, peer: remote, weight: self.weight, token, config })
    }
}

impl From<SocketAddr> for GroupMember {
    fn from(peer: SocketAddr) -> Self {
        Self::new(peer)
    }
}
