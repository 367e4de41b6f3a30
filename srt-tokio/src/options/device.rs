//! Names of network interfaces.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The name of a network interface, such as `eth0`.
///
/// ```
/// let device = srt_tokio::DeviceName::new("eth0")?;
/// assert_eq!(device.as_str(), "eth0");
/// # Ok::<(), srt_tokio::Error>(())
/// ```
#[doc(alias = "SRTO_BINDTODEVICE")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName(String);

impl DeviceName {
    /// The longest name, in bytes.
    #[doc(alias = "IFNAMSIZ")]
    pub const MAX_LEN: usize = 15;

    /// Whether there is such an interface is found out when a socket is bound.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] unless it has 1 to 15 bytes, without zeros.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        if (1..=Self::MAX_LEN).contains(&name.len()) && !name.contains('\0') {
            Ok(Self(name))
        } else {
            Err(Error::InvalidOption {
                option: "SRTO_BINDTODEVICE",
                reason: "the name of an interface has 1 to 15 bytes, and no zeros",
            })
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::new(name)
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
