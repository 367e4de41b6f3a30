//! The two ends as the user writes them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use srt_tokio::SrtUri;
use tokio::net::lookup_host;

use crate::srt;

/// The payload of a packet: seven packets of MPEG-TS, what fits into an Ethernet frame.
pub(crate) const PAYLOAD: usize = 7 * 188;

/// The displayed form never holds a passphrase.
#[derive(Debug)]
pub(crate) enum Endpoint {
    Srt(Box<SrtUri>),
    Udp(HostPort),
    File(PathBuf),
    Standard,
}

/// A host and a port, where no host means any address.
#[derive(Debug)]
pub(crate) struct HostPort {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
}

impl Endpoint {
    /// Whether it must be fed in real time.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Srt(uri) => srt::is_live(uri),
            Self::Udp(_) => true,
            Self::File(_) | Self::Standard => false,
        }
    }
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

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once("://") {
            Some(("srt", _)) => Ok(Self::Srt(Box::new(srt::parse(text)?))),
            // What other programs write for "any address".
            Some(("udp", rest)) => Ok(Self::Udp(rest.trim_start_matches('@').parse()?)),
            Some((scheme, _)) => bail!("{scheme}: is neither srt: nor udp:"),
            None if text == "-" => Ok(Self::Standard),
            None => Ok(Self::File(text.into())),
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

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Srt(uri) => {
                let host = uri.host().map(str::to_owned);
                write!(f, "srt://{}", HostPort { host, port: uri.port() })
            }
            Self::Udp(address) => write!(f, "udp://{address}"),
            Self::File(path) => path.display().fmt(f),
            Self::Standard => f.write_str("-"),
        }
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
