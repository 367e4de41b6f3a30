//! Versions of SRT.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The version of an SRT library, as libsrt counts them.
///
/// ```
/// use srt_tokio::Version;
///
/// let version = Version::new(1, 5, 1);
/// assert!(version >= (1, 4, 4));
/// assert_eq!(version.to_string(), "1.5.1");
/// assert_eq!("1.5.1".parse(), Ok(version));
/// ```
#[doc(alias = "SRT_MAKE_VERSION")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// The third number.
    pub patch: u8,
}

impl Version {
    /// The version `major.minor.patch`.
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }

    /// From libsrt's form, `0xMMmmpp`.
    pub(crate) fn from_number(number: u32) -> Self {
        let [_, major, minor, patch] = number.to_be_bytes();
        Self { major, minor, patch }
    }

    pub(super) fn number(self) -> i32 {
        i32::from_be_bytes([0, self.major, self.minor, self.patch])
    }
}

impl From<(u8, u8, u8)> for Version {
    fn from((major, minor, patch): (u8, u8, u8)) -> Self {
        Self { major, minor, patch }
    }
}

impl PartialEq<(u8, u8, u8)> for Version {
    fn eq(&self, other: &(u8, u8, u8)) -> bool {
        *self == Self::from(*other)
    }
}

impl PartialOrd<(u8, u8, u8)> for Version {
    fn partial_cmp(&self, other: &(u8, u8, u8)) -> Option<Ordering> {
        self.partial_cmp(&Self::from(*other))
    }
}

/// Understands three numbers, as they are shown.
impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // `parse` would take a sign.
        let number = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let mut parts = text.split('.').map(number);
        match [parts.next(), parts.next(), parts.next(), parts.next()] {
            [Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None] => {
                Ok(Self { major, minor, patch })
            }
            _ => {
                let reason = "reads like 1.5.1, of numbers from 0 to 255";
                Err(Error::InvalidOption { option: "version", reason })
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_in_order() {
        let version = Version::from_number(0x01_05_03);
        assert_eq!(version, (1, 5, 3));
        assert_eq!(version.number(), 0x01_05_03);
        assert_eq!("1.5.3".parse(), Ok(version));
        for text in ["", "1.5", "1.5.3.0", "1.5.256", "1.5.+3", "1..3", "1.5.3 "] {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
        }
        assert!(version > (1, 4, 255) && version < (1, 5, 4) && version < (2, 0, 0));
    }
}
