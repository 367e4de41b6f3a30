//! What a role is told at the start.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::stamp::MESSAGE;

/// A role and its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) role: Role,
    /// `peer=`, whose implementation it is.
    pub(crate) peer: Peer,
    /// `streams=`, 1 by default.
    pub(crate) streams: usize,
    /// `to=`, of those that call.
    pub(crate) to: Option<SocketAddr>,
    /// `latency_ms=`, 120 by default.
    pub(crate) latency: Duration,
    /// `delay_ms=`: how old a message is when it arrives in time; the latency by default, 0 over UDP.
    pub(crate) delay: Duration,
    /// `mode=live` or `file`.
    pub(crate) file: bool,
    /// `window=`: flow window and receive buffer in packets; libsrt's defaults if it is not given.
    pub(crate) window: Option<u32>,
    /// `max_mbps=`: limit of what is sent on a stream; libsrt's default if it is not given, which in
    /// live mode is 1 Gbit/s.
    pub(crate) max_mbps: Option<u32>,
    /// `ports=own` or `shared`: whether the calls have a UDP port each. Shared by default for best-c.
    pub(crate) shared_port: bool,
    /// `in_flight=`: how many calls may be under way; 1 by default, 64 if nothing is to be sent. A
    /// receiver takes the time of the handshake for the time of travel, so on connections that were
    /// made at once everything is late.
    pub(crate) in_flight: usize,
    /// `mbps=` of each stream; 0, the default, is as fast as it goes.
    pub(crate) mbps: f64,
    /// `seconds=` of traffic, 5 by default.
    pub(crate) seconds: f64,
    /// `bytes=` of all streams together, if `mbps` is 0.
    pub(crate) bytes: u64,
    /// `setting=lowest|balanced|efficient|economy`, the last three by what they may add of delay.
    pub(crate) setting: Setting,
    /// `workers=` of the tokio runtime, 2 by default; 0 is a runtime without any.
    pub(crate) workers: usize,
    /// `moderation_ms=`: how long best-c lets events gather, 5 by default.
    pub(crate) moderation: Duration,
    /// `slack_us=`: the timer slack of best-c's ports; as long as `moderation_ms` by default.
    pub(crate) slack: Duration,
    /// `limit_s=`, 120 by default: the role is killed if it takes longer.
    pub(crate) limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Receive,
    Send,
    Relay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    RawC,
    BestC,
    Ours,
    SrtTokio,
    Udp,
}

/// How much delivery delay this library may spend on saving CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Setting {
    Lowest,
    #[default]
    Balanced,
    Efficient,
    Economy,
}

impl Plan {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let role = args.next().context("no role is named")?.parse()?;
        let mut values = Values::parse(args)?;
        let peer = values.take("peer")?.unwrap_or(Peer::Ours);
        let latency = values.millis("latency_ms", 120)?;
        let in_time = if peer == Peer::Udp { 0 } else { latency.as_millis() as u64 };
        let ports = values.choice("ports", ["own", "shared"])?;
        let mbps = values.or("mbps", 0.0)?;
        let bytes = values.or("bytes", 0)?;
        let moderation = values.millis("moderation_ms", 5)?;
        let slack = values.take("slack_us")?;
        let silent = role == Role::Send && mbps == 0.0 && bytes == 0;
        let plan = Self {
            role,
            peer,
            streams: values.or("streams", 1)?,
            to: values.take("to")?,
            latency,
            delay: values.millis("delay_ms", in_time)?,
            file: values.choice("mode", ["live", "file"])? == Some("file"),
            window: values.take("window")?,
            max_mbps: values.take("max_mbps")?,
            shared_port: ports.map_or(peer == Peer::BestC, |ports| ports == "shared"),
            in_flight: values.or("in_flight", if silent { 64 } else { 1 })?,
            mbps,
            seconds: values.or("seconds", 5.0)?,
            bytes,
            setting: values.or("setting", Setting::default())?,
            workers: values.or("workers", 2)?,
            moderation,
            slack: Duration::from_micros(slack.unwrap_or(moderation.as_micros() as u64)),
            limit: Duration::from_secs(values.or("limit_s", 120)?),
        };
        ensure!(plan.streams > 0, "streams=0");
        ensure!(plan.in_flight > 0, "in_flight=0");
        values.finish()?;
        Ok(plan)
    }

    /// Whom to call.
    pub(crate) fn remote(&self) -> Result<SocketAddr> {
        self.to.context("to= is missing")
    }

    /// How many messages of all streams together are due each millisecond.
    pub(crate) fn messages_per_tick(&self) -> f64 {
        self.messages_per_second() * self.streams as f64 / 1000.0
    }

    /// How many messages are to be sent on all streams together.
    pub(crate) fn messages(&self) -> u64 {
        (self.messages_per_second() * self.seconds) as u64 * self.streams as u64
    }

    /// Whether to send as fast as it goes.
    pub(crate) fn is_flood(&self) -> bool {
        self.mbps == 0.0
    }

    fn messages_per_second(&self) -> f64 {
        self.mbps * 1e6 / 8.0 / MESSAGE as f64
    }
}

/// What is given as `KEY=VALUE` and not taken yet.
struct Values(HashMap<String, String>);

impl Values {
    fn parse(args: impl Iterator<Item = String>) -> Result<Self> {
        let pairs = args.map(|arg| {
            let (key, value) =
                arg.split_once('=').with_context(|| format!("{arg} is not KEY=VALUE"))?;
            Ok((key.to_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect::<Result<_>>()?))
    }

    fn take<T: FromStr>(&mut self, key: &str) -> Result<Option<T>> {
        self.0
            .remove(key)
            .map(|value| value.parse().map_err(|_| anyhow!("{key}={value} is not understood")))
            .transpose()
    }

    fn or<T: FromStr>(&mut self, key: &str, default: T) -> Result<T> {
        Ok(self.take(key)?.unwrap_or(default))
    }

    fn millis(&mut self, key: &str, default: u64) -> Result<Duration> {
        Ok(Duration::from_millis(self.or(key, default)?))
    }

    fn choice(&mut self, key: &str, known: [&'static str; 2]) -> Result<Option<&'static str>> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        let choice = known.into_iter().find(|known| *known == value);
        Ok(Some(choice.with_context(|| format!("{key}={value}: it is one of {known:?}"))?))
    }

    fn finish(self) -> Result<()> {
        match self.0.into_keys().next() {
            Some(key) => bail!("nothing is called {key}="),
            None => Ok(()),
        }
    }
}

impl FromStr for Role {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "receive" => Self::Receive,
            "send" => Self::Send,
            "relay" => Self::Relay,
            _ => bail!("no such role: {name}"),
        })
    }
}

impl FromStr for Peer {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "raw-c" => Self::RawC,
            "best-c" => Self::BestC,
            "ours" => Self::Ours,
            "srt-tokio-0.4.4" => Self::SrtTokio,
            "udp" => Self::Udp,
            _ => bail!("no such peer: {name}"),
        })
    }
}

impl FromStr for Setting {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "lowest" => Self::Lowest,
            "balanced" => Self::Balanced,
            "efficient" => Self::Efficient,
            "economy" => Self::Economy,
            _ => bail!("no such setting: {name}"),
        })
    }
}
