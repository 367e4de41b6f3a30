//! The name or address of a host.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::UriError;

/// A name, an IPv4 address, or an IPv6 address without brackets.
///
/// Displayed as in a URI: with brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host(String);

impl Host {
    pub(super) fn new(host: &str) -> Result<Self, UriError> {
        let valid = match host.split_once('%') {
            // With the interface that it is to be reached by.
            Some((address, zone)) => is_ipv6(address) && is_name(zone),
            None => is_name(host) || is_ipv6(host),
        };
        match valid {
            true => Ok(Self(host.to_owned())),
            false => Err(UriError::InvalidHost { host: host.to_owned() }),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, unless it is a name.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        let (address, _) = self.0.split_once('%').unwrap_or((&self.0, ""));
        address.parse().ok()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.contains(':') {
            true => write!(f, "[{}]", self.0),
            false => f.write_str(&self.0),
        }
    }
}

/// Whether nothing in it could mean something else in a URI. Resolvers know better what a name is.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-._~".contains(c))
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}
