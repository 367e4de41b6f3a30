//! What an endpoint is configured with.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::ToSocketAddrs;

use super::load::Load;
use super::{Inner, Port, SrtEndpoint};
use crate::error::Error;
use crate::options::SrtOptions;
use crate::socket::try_each;

/// Configures an endpoint; from [`SrtEndpoint::builder`].
#[derive(Clone, Debug)]
pub struct SrtEndpointBuilder {
    options: SrtOptions,
    ports: usize,
}

impl SrtEndpointBuilder {
    pub(super) fn new() -> Self {
        Self { options: SrtOptions::new(), ports: 1 }
    }

    /// Binds this many UDP ports, each with its own two threads of libsrt; 1 by default. They have
    /// consecutive numbers, beginning with the given one; if that is 0, any numbers.
    ///
    /// Calls are spread over them. One goes to the port with the fewest calls to the same address,
    /// and among these to the one with the fewest calls.
    pub fn ports(&mut self, ports: usize) -> &mut Self {
        self.ports = ports;
        self
    }

    /// Sets the options that are set in `options`, and leaves the others.
    pub fn options(&mut self, options: &SrtOptions) -> &mut Self {
        self.options.merge(options);
        self
    }

    /// Binds the ports; see [`SrtEndpoint::bind`].
    ///
    /// # Errors
    ///
    /// As [`SrtEndpoint::bind`], and [`Error::InvalidOption`] if libsrt refuses an option, if there
    /// shall be no [port](Self::ports), or if there are not as many numbers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> io::Result<SrtEndpoint> {
        try_each(address, |address| ready(self.bind_to(address))).await
    }

    fn bind_to(&self, mut address: SocketAddr) -> io::Result<SrtEndpoint> {
        let invalid = |reason| Error::InvalidOption { option: "ports", reason };
        let mut ports = Vec::new();
        while ports.len() < self.ports {
            ports.push(Port::bind(&self.options, address)?);
            if address.port() > 0 && ports.len() < self.ports {
                let next = address.port().checked_add(1);
                address.set_port(next.ok_or_else(|| invalid("more than there are numbers"))?);
            }
        }
        if ports.is_empty() {
            return Err(invalid("an endpoint has at least one").into());
        }
        let load = Load::new(ports.len());
        Ok(SrtEndpoint { inner: Arc::new(Inner { ports, load, options: self.options.clone() }) })
    }

    crate::options::option_setters!();
}
