//! srt:// URLs and the connections they stand for.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use srt_tokio::{
    KeyLength, Passphrase, SrtListener, SrtOptions, SrtStream, StreamId, TransmissionMode,
};
use url::form_urlencoded;

use crate::endpoint::HostPort;
use crate::report::Report;

/// The largest message of live mode.
const MAX_LIVE_MESSAGE: usize = 1456;

#[derive(Debug)]
pub(crate) struct SrtUrl {
    address: HostPort,
    mode: Mode,
    /// The local address, and the local port.
    adapter: Option<IpAddr>,
    port: Option<u16>,
    transmission: TransmissionMode,
    options: SrtOptions,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Caller,
    Listener,
    Rendezvous,
}

impl SrtUrl {
    pub(crate) fn is_live(&self) -> bool {
        self.transmission == TransmissionMode::Live
    }

    /// Calls, waits for a caller, or meets the peer.
    pub(crate) async fn open(&self, end: &'static str, report: &Report) -> Result<SrtStream> {
        let stream = match self.mode {
            Mode::Caller => self.call().await?,
            Mode::Listener => self.listen(end, report).await?,
            Mode::Rendezvous => self.meet().await?,
        };
        report.connected(end, stream.peer_addr()?, stream.stream_id());
        Ok(stream)
    }

    async fn call(&self) -> Result<SrtStream> {
        let remote = self.address.resolve().await?;
        let mut caller = SrtStream::builder();
        caller.options(self.options.clone());
        if self.adapter.is_some() || self.port.is_some() {
            caller.local_addr(self.local(remote, self.port.unwrap_or(0)));
        }
        Ok(caller.connect(remote).await?)
    }

    async fn listen(&self, end: &'static str, report: &Report) -> Result<SrtStream> {
        let local = match self.adapter {
            Some(adapter) => (adapter, self.address.port).into(),
            None => self.address.local().await?,
        };
        let mut listener = SrtListener::builder();
        listener.options(self.options.clone());
        let listener = listener.bind(local).await?;
        report.listening(end, listener.local_addr()?);
        let (stream, _) = listener.accept().await?;
        Ok(stream)
    }

    async fn meet(&self) -> Result<SrtStream> {
        let remote = self.address.resolve().await?;
        let local = self.local(remote, self.port.unwrap_or_else(|| remote.port()));
        let mut peer = SrtStream::builder();
        peer.options(self.options.clone()).local_addr(local);
        Ok(peer.rendezvous(remote).await?)
    }

    fn local(&self, remote: SocketAddr, port: u16) -> SocketAddr {
        let any = match remote {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        (self.adapter.unwrap_or(any), port).into()
    }
}

/// From what follows `srt://`.
impl FromStr for SrtUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let address: HostPort = address.trim_end_matches('/').parse()?;
        let mut url = Self {
            mode: match address.host {
                Some(_) => Mode::Caller,
                None => Mode::Listener,
            },
            address,
            adapter: None,
            port: None,
            transmission: TransmissionMode::Live,
            options: SrtOptions::new(),
        };
        // To srt-live-transmit, a plus is a plus. And a stream id often has a number sign, which
        // is why this is no work for a parser of standard URLs.
        let query = query.replace('+', "%2B");
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            // The value of a passphrase is for nobody to see.
            let shown = match &*key {
                "passphrase" => "passphrase".into(),
                _ => format!("{key}={value}"),
            };
            url.set(&key, &value).context(shown)?;
        }
        ensure!(
            url.mode == Mode::Listener || url.address.host.is_some(),
            "a {} needs a host",
            url.mode
        );
        ensure!(
            url.mode != Mode::Listener || url.port.is_none(),
            "a listener's port is that of the URL"
        );
        ensure!(
            url.mode == Mode::Listener || url.address.port != 0,
            "a {} needs the peer's port",
            url.mode
        );
        url.options.transmission_mode(url.transmission);
        if url.is_live() {
            // Whatever the peer at the other end sends can then be passed on as it is.
            url.options.payload_size(MAX_LIVE_MESSAGE);
        }
        Ok(url)
    }
}

impl SrtUrl {
    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "mode" => {
                self.mode = match value {
                    "caller" => Mode::Caller,
                    "listener" => Mode::Listener,
                    "rendezvous" => Mode::Rendezvous,
                    _ => bail!("not caller, listener or rendezvous"),
                }
            }
            "latency" => {
                self.options.latency(millis(value)?);
            }
            "conntimeo" => {
                self.options.connect_timeout(millis(value)?);
            }
            "passphrase" => {
                self.options.passphrase(Passphrase::new(value)?);
            }
            "pbkeylen" => {
                self.options.key_length(match value {
                    "16" => KeyLength::Aes128,
                    "24" => KeyLength::Aes192,
                    "32" => KeyLength::Aes256,
                    _ => bail!("not 16, 24 or 32"),
                });
            }
            "streamid" => {
                self.options.stream_id(StreamId::new(value)?);
            }
            "transtype" => {
                self.transmission = match value {
                    "live" => TransmissionMode::Live,
                    "file" => TransmissionMode::FileStream,
                    _ => bail!("not live or file"),
                }
            }
            "adapter" => self.adapter = Some(value.parse().context("not an IP address")?),
            "port" => self.port = Some(value.parse().context("not a port")?),
            _ => bail!("unknown option"),
        }
        Ok(())
    }
}

impl fmt::Display for SrtUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "srt://{}", self.address)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller",
            Self::Listener => "listener",
            Self::Rendezvous => "rendezvous",
        })
    }
}

fn millis(value: &str) -> Result<Duration> {
    let millis = value.parse().context("not a number of milliseconds")?;
    Ok(Duration::from_millis(millis))
}
