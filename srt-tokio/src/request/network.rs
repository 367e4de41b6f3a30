//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::error::Error;

/// The IP addresses that begin with the same bits, such as `192.0.2.0/24` or `2001:db8::/32`; or a
/// single one.
///
/// IPv4 addresses that are [mapped](Ipv4Addr::to_ipv6_mapped) to IPv6 are the same as plain ones.
///
/// ```
/// use srt_tokio::IpNetwork;
///
/// let studio: IpNetwork = "192.0.2.0/24".parse()?;
/// assert!(studio.contains("192.0.2.77".parse().unwrap()));
/// assert!(studio.contains("::ffff:192.0.2.77".parse().unwrap()));
/// assert!(!studio.contains("192.0.3.1".parse().unwrap()));
/// assert_eq!((studio.address().to_string(), studio.prefix()), ("192.0.2.0".into(), 24));
/// # Ok::<(), srt_tokio::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpNetwork {
    /// The first address.
    address: IpAddr,
    prefix: u8,
}

impl IpNetwork {
    /// The addresses whose first `prefix` bits are those of `address`. The others of its bits do not
    /// matter.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if an address does not have so many bits: 32 for IPv4, 128 for IPv6.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, Error> {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if prefix > bits {
            return Err(invalid("the prefix is longer than an address"));
        }
        let (address, prefix) = match address.to_canonical() {
            // With a shorter prefix it has others as well.
            plain @ IpAddr::V4(_) if address.is_ipv6() && prefix >= 96 => (plain, prefix - 96),
            _ => (address, prefix),
        };
        Ok(Self { address: first(address, prefix), prefix })
    }

    /// The first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits are the same in all addresses.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether an address is one of these.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && first(address, self.prefix) == self.address
    }
}

impl From<IpAddr> for IpNetwork {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl From<Ipv4Addr> for IpNetwork {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<Ipv6Addr> for IpNetwork {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl FromStr for IpNetwork {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let address = |text: &str| {
            text.parse::<IpAddr>().map_err(|_| invalid("not an IP address, or one with a prefix"))
        };
        match text.split_once('/') {
            None => address(text).map(Self::from),
            Some((text, prefix)) => {
                // `parse` would take a sign.
                let prefix = prefix.bytes().all(|byte| byte.is_ascii_digit()).then_some(prefix);
                let prefix = prefix.and_then(|prefix| prefix.parse().ok());
                Self::new(address(text)?, prefix.ok_or_else(|| invalid("not a prefix length"))?)
            }
        }
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The first address that begins with the same bits.
fn first(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

fn invalid(reason: &'static str) -> Error {
    Error::InvalidOption { option: "IP network", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<IpNetwork>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_with_its_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/31", "10.1.2.2", "10.1.2.4"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.2"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::/0", "ffff::", "1.2.3.4"),
            ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"),
            ("::ffff:10.0.0.7", "10.0.0.7", "10.0.0.8"),
            ("10.0.0.0/8", "::ffff:10.0.0.7", "::ffff:11.0.0.7"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8"]
        {
            assert!(text.parse::<IpNetwork>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_is_shown_as_it_is_written() {
        let shown = |text: &str| text.parse::<IpNetwork>().unwrap().to_string();
        assert_eq!(shown("10.1.2.3/8"), "10.0.0.0/8");
        assert_eq!(shown("::1"), "::1/128");
        assert_eq!(shown("::ffff:10.1.2.3/112"), "10.1.0.0/16");
    }
}
