//! The sockets that `udp://` URIs stand for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::{Options, UdpUri, UdpUriError};

impl UdpUri {
    /// A socket that receives what is sent to the address, or to the group.
    pub(crate) async fn source(&self) -> Result<UdpSocket> {
        let mut address = self.address.local().await?;
        let is_group = address.ip().is_multicast();
        if let (Some(adapter), None, false) = (self.options.adapter, &self.address.host, is_group) {
            address.set_ip(adapter);
        }
        if self.options.source.is_some() && !(is_group && address.is_ipv4()) {
            return Err(not_for("source", "a multicast group of IPv4").into());
        }
        let socket = self.options.socket(address)?;
        if is_group {
            // Several programs of a host can receive from a group.
            socket.set_reuse_address(true)?;
        }
        let local = if is_group { self.options.receiving(address)? } else { address };
        socket.bind(&local.into()).with_context(|| format!("cannot bind {local}"))?;
        if is_group {
            let joined = self.options.join(&socket, address)?;
            joined.with_context(|| format!("cannot join the group {}", address.ip()))?;
        }
        Ok(tokio_socket(socket)?)
    }

    /// A socket to send from, and where to. It is not connected: then it is no error if nobody is
    /// there to receive.
    pub(crate) async fn target(&self) -> Result<(UdpSocket, SocketAddr)> {
        let address = self.address.resolve().await?;
        if self.options.source.is_some() {
            return Err(not_for("source", "a source of data").into());
        }
        let socket = self.options.socket(address)?;
        let mut local = any(address);
        match (self.options.adapter, address.ip()) {
            (None, _) => {}
            (Some(IpAddr::V4(adapter)), IpAddr::V4(group)) if group.is_multicast() => {
                let set = socket.set_multicast_if_v4(&adapter);
                set.with_context(|| format!("adapter={adapter}"))?;
            }
            (Some(_), IpAddr::V6(group)) if group.is_multicast() => {
                return Err(adapter_of_v6().into());
            }
            (Some(adapter), ip) if adapter.is_ipv4() == ip.is_ipv4() => local = adapter,
            _ => return Err(other_family().into()),
        }
        let local = SocketAddr::new(local, 0);
        socket.bind(&local.into()).with_context(|| format!("cannot bind {local}"))?;
        Ok((tokio_socket(socket)?, address))
    }
}

impl Options {
    /// A socket for the address, with the options that do not depend on the direction.
    fn socket(&self, address: SocketAddr) -> Result<Socket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        let (is_group, is_v4) = (address.ip().is_multicast(), address.is_ipv4());
        if let Some(ttl) = self.ttl {
            let set = match (is_group, is_v4) {
                (false, true) => socket.set_ttl_v4(ttl.into()),
                (true, true) => socket.set_multicast_ttl_v4(ttl.into()),
                (false, false) => socket.set_unicast_hops_v6(ttl.into()),
                (true, false) => socket.set_multicast_hops_v6(ttl.into()),
            };
            set.with_context(|| format!("ttl={ttl}"))?;
        }
        if let Some(tos) = self.tos {
            set_tos(&socket, is_v4, tos).with_context(|| format!("iptos={tos}"))?;
        }
        if let Some(enabled) = self.multicast_loop {
            let set = match (is_group, is_v4) {
                (false, _) => return Err(not_for("mcloop", "a multicast group").into()),
                (true, true) => socket.set_multicast_loop_v4(enabled),
                (true, false) => socket.set_multicast_loop_v6(enabled),
            };
            set.context("mcloop")?;
        }
        if let Some(size) = self.send_buffer {
            socket.set_send_buffer_size(size).with_context(|| format!("sndbuf={size}"))?;
        }
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size).with_context(|| format!("rcvbuf={size}"))?;
        }
        Ok(socket)
    }

    /// What to bind to receive from a group: where it is possible the group itself, so that what is
    /// sent to other addresses of the port stays out.
    fn receiving(&self, group: SocketAddr) -> Result<SocketAddr, UdpUriError> {
        if cfg!(unix) {
            return Ok(group);
        }
        let local = match self.adapter {
            Some(adapter) if adapter.is_ipv4() != group.is_ipv4() => return Err(other_family()),
            Some(adapter) => adapter,
            None => any(group),
        };
        Ok(SocketAddr::new(local, group.port()))
    }

    fn join(&self, socket: &Socket, group: SocketAddr) -> Result<io::Result<()>, UdpUriError> {
        let interface = match (self.adapter, group) {
            (Some(_), SocketAddr::V6(_)) => return Err(adapter_of_v6()),
            (Some(IpAddr::V6(_)), SocketAddr::V4(_)) => return Err(other_family()),
            (Some(IpAddr::V4(adapter)), SocketAddr::V4(_)) => adapter,
            (None, _) => Ipv4Addr::UNSPECIFIED,
        };
        Ok(match (group, &self.source) {
            (SocketAddr::V4(group), None) => socket.join_multicast_v4(group.ip(), &interface),
            (SocketAddr::V4(group), Some(source)) => {
                socket.join_ssm_v4(source, group.ip(), &interface)
            }
            (SocketAddr::V6(group), _) => socket.join_multicast_v6(group.ip(), group.scope_id()),
        })
    }
}

#[cfg(unix)]
fn set_tos(socket: &Socket, is_v4: bool, tos: u8) -> io::Result<()> {
    if is_v4 { socket.set_tos_v4(tos.into()) } else { socket.set_tclass_v6(tos.into()) }
}

#[cfg(not(unix))]
fn set_tos(socket: &Socket, is_v4: bool, tos: u8) -> io::Result<()> {
    if is_v4 { socket.set_tos_v4(tos.into()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

fn any(address: SocketAddr) -> IpAddr {
    match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn tokio_socket(socket: Socket) -> io::Result<UdpSocket> {
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

fn not_for(key: &'static str, needs: &'static str) -> UdpUriError {
    UdpUriError::NotFor { key, needs }
}

fn other_family() -> UdpUriError {
    not_for("adapter", "an address of the same family")
}

/// IPv6 names interfaces by numbers, not by addresses.
fn adapter_of_v6() -> UdpUriError {
    not_for("adapter", "a group of IPv4; one of IPv6 names its interface, as [ff02::1%eth0]")
}
