//! A host and a port.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use anyhow::{Context, Error, Result};
use tokio::net::lookup_host;

/// A host and a port, where no host means any address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostPort {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

impl HostPort {
    /// The address to reach the host at.
    pub(crate) async fn resolve(&self) -> Result<SocketAddr> {
        let host = self.host.as_deref().context("the host is missing")?;
        let found = lookup_host((host, self.port)).await;
        let mut found = found.with_context(|| format!("cannot resolve {host}"))?;
        found.next().with_context(|| format!("{host} has no address"))
    }

    /// The address to bind.
    pub(crate) async fn local(&self) -> Result<SocketAddr> {
        match self.host {
            Some(_) => self.resolve().await,
            None => Ok((IpAddr::from([0, 0, 0, 0]), self.port).into()),
        }
    }
}

impl FromStr for HostPort {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (host, port) =
            text.rsplit_once(':').with_context(|| format!("the port is missing in {text:?}"))?;
        let port = port.parse().with_context(|| format!("{port:?} is not a port"))?;
        let host = match host.strip_prefix('[') {
            Some(v6) => {
                v6.strip_suffix(']').with_context(|| format!("a bracket is missing in {host:?}"))?
            }
            None => host,
        };
        let host = (!host.is_empty()).then(|| host.to_owned());
        Ok(Self { host, port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.as_deref().unwrap_or_default() {
            v6 if v6.contains(':') => write!(f, "[{v6}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}
