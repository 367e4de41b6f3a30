//! Packet filters: forward error correction.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The configuration of a packet filter.
///
/// libsrt has one, [`fec`](Self::fec). The text of another, or of one that this library does not know
/// all of, goes into [`new`](Self::new).
///
/// ```
/// use srt_tokio::{FecArq, FecLayout, PacketFilter, SrtStream};
///
/// # fn main() -> Result<(), srt_tokio::Error> {
/// let fec = PacketFilter::fec().columns(10).rows(5).layout(FecLayout::Staircase).arq(FecArq::OnRequest);
/// assert_eq!(PacketFilter::from(fec).as_str(), "fec,cols:10,rows:5,layout:staircase,arq:onreq");
///
/// let mut builder = SrtStream::builder();
/// builder.packet_filter(fec);
/// // The same, as text.
/// builder.packet_filter(PacketFilter::new("fec,cols:10,rows:5,layout:staircase,arq:onreq")?);
///
/// // Columns only, against bursts of losses.
/// let fec = PacketFilter::fec().columns(8).columns_only(4);
/// assert_eq!(PacketFilter::from(fec).as_str(), "fec,cols:8,rows:-4");
/// # Ok(())
/// # }
/// ```
#[doc(alias = "SRTO_PACKETFILTER")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PacketFilter(String);

impl PacketFilter {
    /// The longest configuration, in bytes. libsrt ignores longer ones, whatever its documents say.
    pub const MAX_LEN: usize = 64;

    /// Forward error correction, with all parameters left to the peer or to libsrt's defaults.
    pub fn fec() -> Fec {
        Fec::default()
    }

    /// A configuration as libsrt reads it, such as `fec,cols:10,rows:5`. Whether the filter exists and
    /// takes the parameters is found out when it is applied to a socket.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] unless it has 1 to 64 bytes.
    pub fn new(config: impl Into<String>) -> Result<Self, Error> {
        let config = config.into();
        if (1..=Self::MAX_LEN).contains(&config.len()) {
            Ok(Self(config))
        } else {
            Err(Error::InvalidOption {
                option: "SRTO_PACKETFILTER",
                reason: "the configuration of a packet filter has 1 to 64 bytes",
            })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a connection has agreed on, whatever it is.
    pub(super) fn agreed(config: &[u8]) -> Option<Self> {
        (!config.is_empty()).then(|| Self(String::from_utf8_lossy(config).into_owned()))
    }
}

impl FromStr for PacketFilter {
    type Err = Error;

    fn from_str(config: &str) -> Result<Self, Error> {
        Self::new(config)
    }
}

impl fmt::Display for PacketFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Forward error correction, from [`PacketFilter::fec`].
///
/// Packets are thought of as a matrix. For each row, and each column if there are several rows, a
/// redundant packet is sent, out of which one lost packet of the row or column can be rebuilt without
/// asking the sender again.
///
/// What is not set is what the peer has, or else libsrt's default; one of the two sides must set
/// [`columns`](Self::columns).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "does nothing unless given to an option"]
pub struct Fec {
    columns: Option<u16>,
    rows: Option<u16>,
    only_columns: bool,
    layout: Option<FecLayout>,
    arq: Option<FecArq>,
}

impl Fec {
    /// The number of columns, which is the length of a row: 2 or more.
    pub const fn columns(mut self, columns: u16) -> Self {
        self.columns = Some(columns);
        self
    }

    /// The number of rows, which is the length of a column: 1 or more, by default 1. With 1 there are
    /// redundant packets for rows only.
    pub const fn rows(mut self, rows: u16) -> Self {
        self.rows = Some(rows);
        self.only_columns = false;
        self
    }

    /// The number of rows, 2 or more, with redundant packets for columns only. A column's packets are
    /// sent at a distance of a row from each other, so that losses in a burst can be rebuilt.
    pub const fn columns_only(mut self, rows: u16) -> Self {
        self.rows = Some(rows);
        self.only_columns = true;
        self
    }

    /// Where columns begin. [`Staircase`](FecLayout::Staircase) by default.
    pub const fn layout(mut self, layout: FecLayout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// When losses are reported to the sender, to be sent again. [`OnRequest`](FecArq::OnRequest) by default.
    pub const fn arq(mut self, arq: FecArq) -> Self {
        self.arq = Some(arq);
        self
    }
}

impl From<Fec> for PacketFilter {
    fn from(fec: Fec) -> Self {
        Self(fec.to_string())
    }
}

/// As libsrt reads it.
impl fmt::Display for Fec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fec")?;
        if let Some(columns) = self.columns {
            write!(f, ",cols:{columns}")?;
        }
        if let Some(rows) = self.rows {
            let sign = if self.only_columns { "-" } else { "" };
            write!(f, ",rows:{sign}{rows}")?;
        }
        match self.layout {
            Some(FecLayout::Even) => f.write_str(",layout:even")?,
            Some(FecLayout::Staircase) => f.write_str(",layout:staircase")?,
            None => {}
        }
        match self.arq {
            Some(FecArq::Always) => f.write_str(",arq:always"),
            Some(FecArq::OnRequest) => f.write_str(",arq:onreq"),
            Some(FecArq::Never) => f.write_str(",arq:never"),
            None => Ok(()),
        }
    }
}

/// Where the columns of a [`Fec`] matrix begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FecLayout {
    /// All in the same row, so that the redundant packets of all columns are sent one after the other.
    Even,
    /// Each one row below the one before it, so that redundant packets are spread evenly.
    Staircase,
}

/// When a receiver with [`Fec`] reports losses to the sender, to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FecArq {
    /// At once, as without forward error correction.
    Always,
    /// Once it is clear that they cannot be rebuilt.
    OnRequest,
    /// Not at all.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fec_is_written_as_libsrt_reads_it() {
        let text = |fec: Fec| PacketFilter::from(fec).to_string();
        assert_eq!(text(PacketFilter::fec()), "fec");
        assert_eq!(text(PacketFilter::fec().columns(10)), "fec,cols:10");
        assert_eq!(text(PacketFilter::fec().rows(3).columns_only(20)), "fec,rows:-20");
        assert_eq!(text(PacketFilter::fec().columns_only(20).rows(3)), "fec,rows:3");
        let even = PacketFilter::fec().layout(FecLayout::Even);
        assert_eq!(text(even.arq(FecArq::Always)), "fec,layout:even,arq:always");
        assert_eq!(text(even.arq(FecArq::Never)), "fec,layout:even,arq:never");
        let longest = PacketFilter::fec()
            .columns(u16::MAX)
            .columns_only(u16::MAX)
            .layout(FecLayout::Staircase)
            .arq(FecArq::Always);
        let longest = text(longest);
        assert_eq!(longest, "fec,cols:65535,rows:-65535,layout:staircase,arq:always");
        assert!(PacketFilter::new(longest).is_ok());
    }

    #[test]
    fn a_configuration_that_libsrt_would_ignore_is_refused() {
        assert!(PacketFilter::new("x".repeat(64)).is_ok());
        assert!(PacketFilter::new("x".repeat(65)).is_err());
        assert!(PacketFilter::new("").is_err());
    }
}
