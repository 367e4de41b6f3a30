//! The two ends as the user writes them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Error, Result, bail};
use srt_tokio::{SrtUri, TransmissionMode, UriDialect};

use crate::host_port::HostPort;
use crate::udp::UdpUri;

/// The displayed form never holds a passphrase.
#[derive(Debug)]
pub(crate) enum Endpoint {
    Srt(Box<SrtUri>),
    Udp(UdpUri),
    File(PathBuf),
    Standard,
}

impl Endpoint {
    /// Whether it must be fed in real time.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Srt(uri) => uri.transmission_mode() == TransmissionMode::Live,
            Self::Udp(_) => true,
            Self::File(_) | Self::Standard => false,
        }
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once("://") {
            Some(("srt", _)) => {
                Ok(Self::Srt(Box::new(SrtUri::parse(UriDialect::LiveTransmit, text)?)))
            }
            Some(("udp", rest)) => Ok(Self::Udp(rest.parse()?)),
            Some((scheme, _)) => bail!("{scheme}: is neither srt: nor udp:"),
            None if text == "-" => Ok(Self::Standard),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Srt(uri) => {
                let host = uri.host().map(str::to_owned);
                write!(f, "srt://{}", HostPort { host, port: uri.port() })
            }
            Self::Udp(uri) => write!(f, "udp://{}", uri.address()),
            Self::File(path) => path.display().fmt(f),
            Self::Standard => f.write_str("-"),
        }
    }
}
