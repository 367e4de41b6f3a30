//! `udp://` URIs, with the keys of srt-live-transmit.
//!
//! - this file: what a URI says
//! - `socket`: the sockets that URIs stand for

mod socket;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use anyhow::{Error, Result};

use crate::host_port::HostPort;

/// The keys, as an error lists them.
const KEYS: &str = "adapter, iptos, mcloop, rcvbuf, sndbuf, source, ttl";

/// Where datagrams come from or go to. Whether the address is that of a multicast group is seen
/// once it is resolved.
#[derive(Debug)]
pub(crate) struct UdpUri {
    address: HostPort,
    options: Options,
}

#[derive(Debug, Default, PartialEq)]
struct Options {
    /// The local address: of a group, that of the interface it is reached through.
    adapter: Option<IpAddr>,
    /// The only sender in a group whose datagrams are received.
    source: Option<Ipv4Addr>,
    /// How many routers datagrams may pass, less one.
    ttl: Option<u8>,
    /// The type-of-service byte.
    tos: Option<u8>,
    /// Whether this host receives what it sends to a group.
    multicast_loop: Option<bool>,
    /// In bytes.
    send_buffer: Option<usize>,
    /// In bytes.
    receive_buffer: Option<usize>,
}

/// What is wrong with a `udp://` URI.
#[derive(Debug, PartialEq)]
pub(crate) enum UdpUriError {
    UnknownKey {
        key: String,
    },
    InvalidValue {
        key: &'static str,
        value: String,
        expected: &'static str,
    },
    RepeatedKey {
        key: &'static str,
    },
    /// The key needs an address of another kind.
    NotFor {
        key: &'static str,
        needs: &'static str,
    },
}

impl UdpUri {
    pub(crate) fn address(&self) -> &HostPort {
        &self.address
    }
}

impl FromStr for UdpUri {
    type Err = Error;

    /// Reads what follows `udp://`.
    fn from_str(text: &str) -> Result<Self> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        // What other programs write for "any address", or before a group.
        let address = address.strip_prefix('@').unwrap_or(address);
        let address = address.strip_suffix('/').unwrap_or(address).parse()?;
        Ok(Self { address, options: query.parse()? })
    }
}

impl FromStr for Options {
    type Err = UdpUriError;

    fn from_str(query: &str) -> Result<Self, UdpUriError> {
        const ADDRESS: &str = "an IP address";
        const BYTE: &str = "0 to 255";
        const BYTES: &str = "a number of bytes from 1 to 2147483647";

        let mut options = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "adapter" => set(&mut options.adapter, "adapter", value, ADDRESS, parsed),
                "source" => set(&mut options.source, "source", value, "an IPv4 address", parsed),
                "ttl" => set(&mut options.ttl, "ttl", value, BYTE, parsed),
                "iptos" => set(&mut options.tos, "iptos", value, BYTE, byte),
                "mcloop" => set(&mut options.multicast_loop, "mcloop", value, "yes or no", switch),
                "sndbuf" => set(&mut options.send_buffer, "sndbuf", value, BYTES, size),
                "rcvbuf" => set(&mut options.receive_buffer, "rcvbuf", value, BYTES, size),
                _ => Err(UdpUriError::UnknownKey { key: key.to_owned() }),
            }?;
        }
        Ok(options)
    }
}

fn set<T>(
    option: &mut Option<T>,
    key: &'static str,
    value: &str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<(), UdpUriError> {
    let Some(read) = read(value) else {
        return Err(UdpUriError::InvalidValue { key, value: value.to_owned(), expected });
    };
    match option.replace(read) {
        None => Ok(()),
        Some(_) => Err(UdpUriError::RepeatedKey { key }),
    }
}

fn parsed<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

/// Decimal, or hexadecimal as classes of service are often written.
fn byte(value: &str) -> Option<u8> {
    match value.strip_prefix("0x") {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => parsed(value),
    }
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "1" | "yes" | "on" | "true" => Some(true),
        "0" | "no" | "off" | "false" => Some(false),
        _ => None,
    }
}

/// The size of a system's buffer, which is an int in C.
fn size(value: &str) -> Option<usize> {
    parsed::<i32>(value).filter(|size| *size > 0)?.try_into().ok()
}

impl fmt::Display for UdpUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key } => {
                write!(f, "{key:?} is not a key of udp:// URIs, which are {KEYS}")
            }
            Self::InvalidValue { key, value, expected } => {
                write!(f, "{key}={value}: expected {expected}")
            }
            Self::RepeatedKey { key } => write!(f, "{key} is there twice"),
            Self::NotFor { key, needs } => write!(f, "{key} needs {needs}"),
        }
    }
}

impl std::error::Error for UdpUriError {}
