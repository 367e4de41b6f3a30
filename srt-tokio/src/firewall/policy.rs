//! Whether a UDP port is behind the firewall.

/// Whether malformed datagrams are dropped before they reach libsrt.
///
/// ```
/// use srt_tokio::{Firewall, SrtOptions};
///
/// let mut options = SrtOptions::new();
/// // The same.
/// options.firewall(Firewall::Off).firewall(false);
/// // An error if there can be no firewall.
/// options.firewall(Firewall::Required);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Firewall {
    /// Everything reaches libsrt.
    Off,
    /// The firewall is in place where the system has it, which is Linux. Elsewhere, or where the kernel
    /// refuses the program, there is one warning and no firewall.
    #[default]
    On,
    /// As `On`, but without a firewall there is no socket either: binding and connecting fail with
    /// [`Error::Unsupported`](crate::Error::Unsupported).
    Required,
}

impl From<bool> for Firewall {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}
