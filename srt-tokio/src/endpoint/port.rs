//! What keeps a UDP port open.

use std::io;
use std::net::SocketAddr;

use crate::options::SrtOptions;
use crate::socket::SrtSocket;

/// A UDP port, which is open as long as this exists. It is held by a socket that is never connected
/// nor registered with the reactor.
#[derive(Debug)]
pub(crate) struct Port {
    _anchor: SrtSocket,
    address: SocketAddr,
}

impl Port {
    pub(crate) fn bind(options: &SrtOptions, address: SocketAddr) -> io::Result<Self> {
        options.check_shared()?;
        let anchor = SrtSocket::new(options)?;
        anchor.bind(address)?;
        let address = anchor.local_addr()?;
        Ok(Self { _anchor: anchor, address })
    }

    /// For other sockets to bind to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
