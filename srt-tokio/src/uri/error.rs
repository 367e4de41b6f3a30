//! What can be wrong with a URI.

use std::{error, fmt, io};

use super::{ConnectionMode, UriDialect};

/// Why a URI cannot be read, written or opened.
///
/// Values are decoded. A passphrase is not among them, nor is what could be part of one: such a value
/// is `None`.
///
/// From methods that connect or listen, it is found inside of an [`io::Error`] with
/// [`from_io`](Self::from_io).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriError {
    /// The URI does not begin with `srt://`.
    NotSrt,
    /// There is a user name before the host, which SRT has no use for.
    UserInfo,
    /// There is a path behind the port, which SRT has no use for.
    Path,
    /// There are options, as it seems, but no question mark before them.
    NoQuestionMark,
    /// The host is neither a name nor an address. In a URI, an IPv6 address has brackets.
    InvalidHost {
        /// The host.
        host: String,
    },
    /// There is no host, and so nobody to connect to.
    MissingHost {
        /// The mode in which that matters.
        mode: ConnectionMode,
    },
    /// The port is not a number that is possible there.
    InvalidPort {
        /// The port.
        port: String,
    },
    /// There is no port.
    MissingPort,
    /// The key is not one of the dialect.
    UnknownKey {
        /// The key.
        key: String,
        /// Its value.
        value: Option<String>,
    },
    /// The key is one of the dialect, and asks for what this library does not do.
    UnsupportedKey {
        /// The key.
        key: String,
        /// Its value.
        value: Option<String>,
        /// Why it does not.
        reason: &'static str,
    },
    /// There is no equals sign behind a key.
    MissingValue {
        /// The key, unless it may be part of a passphrase: in one, an `&` must be written as `%26`.
        key: Option<String>,
    },
    /// The value is not possible.
    InvalidValue {
        /// The key.
        key: String,
        /// Its value.
        value: Option<String>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two things are said that cannot both be.
    Contradiction {
        /// The key of one of them.
        key: String,
        /// Its value.
        value: Option<String>,
        /// The other one.
        other: String,
    },
    /// What the URI says cannot be written in the dialect.
    Inexpressible {
        /// The dialect.
        dialect: UriDialect,
        /// The key of this dialect, or if it has none that of another one, or if there is no key at
        /// all the setter of [`SrtOptions`](crate::SrtOptions).
        key: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The URI of a listener was to be connected, or another one to be listened on.
    WrongMode {
        /// Its mode.
        mode: ConnectionMode,
    },
}

impl UriError {
    /// The `UriError` inside `error`, if there is one.
    ///
    /// ```
    /// use std::io;
    /// use srt_tokio::UriError;
    ///
    /// let error = io::Error::from(UriError::MissingPort);
    /// assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    /// assert_eq!(UriError::from_io(&error), Some(&UriError::MissingPort));
    /// ```
    pub fn from_io(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    pub(super) fn contradiction(
        key: &str,
        value: Option<String>,
        other: impl Into<String>,
    ) -> Self {
        Self::Contradiction { key: key.to_owned(), value, other: other.into() }
    }
}

impl From<UriError> for io::Error {
    fn from(error: UriError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSrt => f.write_str("the URI does not begin with srt://"),
            Self::UserInfo => f.write_str("an srt:// URI has no user name"),
            Self::Path => f.write_str("an srt:// URI has no path behind the port"),
            Self::NoQuestionMark => f.write_str("options begin with a question mark"),
            Self::InvalidHost { host } => {
                write!(f, "{host:?} is neither a name nor an address (IPv6 ones are in brackets)")
            }
            Self::MissingHost { mode } => write!(f, "in {mode} mode, a host is needed"),
            Self::InvalidPort { port } => write!(f, "{port:?} is not a possible port"),
            Self::MissingPort => f.write_str("the port is missing"),
            Self::UnknownKey { key, value } => {
                write!(f, "{}: unknown key", Pair(key, value))
            }
            Self::UnsupportedKey { key, value, reason } => {
                write!(f, "{}: not supported, {reason}", Pair(key, value))
            }
            Self::MissingValue { key: Some(key) } => write!(f, "{}: no value", key.escape_debug()),
            Self::MissingValue { key: None } => {
                f.write_str("a key has no value (in a passphrase, write & as %26)")
            }
            Self::InvalidValue { key, value, reason } => {
                write!(f, "{}: {reason}", Pair(key, value))
            }
            Self::Contradiction { key, value, other } => {
                write!(f, "{}: contradicts {}", Pair(key, value), other.escape_debug())
            }
            Self::Inexpressible { dialect, key, reason } => {
                write!(f, "{key} in the dialect of {dialect}: {reason}")
            }
            Self::WrongMode { mode: ConnectionMode::Listener } => {
                f.write_str("a URI in listener mode does not connect")
            }
            Self::WrongMode { mode } => write!(f, "a URI in {mode} mode does not listen"),
        }
    }
}

impl error::Error for UriError {}

/// `key=value` on one line, or the key alone if the value is not to be seen.
struct Pair<'a>(&'a str, &'a Option<String>);

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(key, Some(value)) => write!(f, "{}={}", key.escape_debug(), value.escape_debug()),
            Self(key, None) => key.escape_debug().fmt(f),
        }
    }
}
