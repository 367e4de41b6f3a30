//! Who is measured.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A program of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum Peer {
    /// The plain loop over libsrt, a port for each call: what all others are compared with.
    RawC,
    /// As much as C makes of the same libsrt: one port for all calls, wake-ups moderated.
    BestC,
    /// This library, a port for each call.
    Ours(Setting),
    /// This library, one port for all calls.
    OursShared(Setting),
    /// This library, on a runtime that has the one thread it is started on.
    OursOneThread(Setting),
    /// The implementation in Rust that is on the registry under the name of srt-tokio.
    SrtTokio,
    /// libsrt's own program, which carries one stream.
    SrtLiveTransmit,
    /// No SRT at all: what the kernel takes.
    Udp,
}

/// How much delivery delay this library may spend on saving CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Setting {
    Lowest,
    Balanced,
    Efficient,
    Economy,
}

impl Peer {
    /// As tables name it.
    pub(crate) fn title(self) -> String {
        match self {
            Self::RawC => "raw C".to_owned(),
            Self::BestC => "best C".to_owned(),
            Self::Ours(setting) => format!("ours, {setting}"),
            Self::OursShared(setting) => format!("ours, one port, {setting}"),
            Self::OursOneThread(setting) => format!("ours, one thread, {setting}"),
            Self::SrtTokio => "srt-tokio 0.4.4".to_owned(),
            Self::SrtLiveTransmit => "srt-live-transmit".to_owned(),
            Self::Udp => "plain UDP".to_owned(),
        }
    }

    pub(crate) fn setting(self) -> Option<Setting> {
        match self {
            Self::Ours(setting) | Self::OursShared(setting) | Self::OursOneThread(setting) => {
                Some(setting)
            }
            _ => None,
        }
    }
}

impl Setting {
    pub(crate) const ALL: [Self; 4] =
        [Self::Lowest, Self::Balanced, Self::Efficient, Self::Economy];
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RawC => f.write_str("raw-c"),
            Self::BestC => f.write_str("best-c"),
            Self::Ours(setting) => write!(f, "ours-{setting}"),
            Self::OursShared(setting) => write!(f, "ours-shared-{setting}"),
            Self::OursOneThread(setting) => write!(f, "ours-one-thread-{setting}"),
            Self::SrtTokio => f.write_str("srt-tokio-0.4.4"),
            Self::SrtLiveTransmit => f.write_str("srt-live-transmit"),
            Self::Udp => f.write_str("udp"),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lowest => "lowest",
            Self::Balanced => "balanced",
            Self::Efficient => "efficient",
            Self::Economy => "economy",
        })
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let ours = Setting::ALL
            .into_iter()
            .flat_map(|it| [Self::Ours(it), Self::OursShared(it), Self::OursOneThread(it)]);
        [Self::RawC, Self::BestC, Self::SrtTokio, Self::SrtLiveTransmit, Self::Udp]
            .into_iter()
            .chain(ours)
            .find(|peer| peer.to_string() == name)
            .ok_or_else(|| format!("no such peer: {name}"))
    }
}

impl TryFrom<String> for Peer {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        peer.to_string()
    }
}
