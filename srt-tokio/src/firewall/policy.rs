//! Whether a UDP port is behind the firewall.

/// Whether malformed datagrams are dropped before they reach libsrt.
///
/// ```
/// use srt_tokio::{Firewall, SrtOptions};
///
/// let mut options = SrtOptions::new();
/// // Both switch it off.
/// options.firewall(Firewall::Off).firewall(false);
/// // Binding and connecting fail if there can be no firewall.
/// options.firewall(Firewall::Required);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Firewall {
    /// Every datagram reaches libsrt, unless the UDP port is shared with a socket whose firewall is on.
    Off,
    /// The firewall is in place on Linux. Elsewhere, and where the kernel refuses the program, a warning
    /// says that there is none.
    #[default]
    On,
    /// The firewall is in place, or binding and connecting fail with
    /// [`Error::Unsupported`](crate::Error::Unsupported).
    Required,
}

impl From<bool> for Firewall {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}
