//! To text.

use std::fmt::Write;

use super::keys::Key;
use super::{SrtUri, UriDialect, UriError};

impl SrtUri {
    /// Writes the URI in `dialect`, **with the passphrase** if there is one. Read in the same dialect,
    /// it gives an equal one.
    ///
    /// ```
    /// use srt_tokio::{SrtUri, UriDialect};
    ///
    /// # fn main() -> Result<(), srt_tokio::UriError> {
    /// let mut uri = SrtUri::listener(Some("::1"), 9000)?;
    /// uri.options_mut().latency(std::time::Duration::from_millis(80));
    /// assert_eq!(
    ///     uri.to_string_in(UriDialect::LiveTransmit)?,
    ///     "srt://[::1]:9000?mode=listener&latency=80"
    /// );
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`UriError::Inexpressible`] if the dialect has no key for something, or not with that value.
    pub fn to_string_in(&self, dialect: UriDialect) -> Result<String, UriError> {
        let mut text = String::from("srt://");
        if let Some(host) = &self.host {
            let _ = write!(text, "{host}");
        }
        let _ = write!(text, ":{}", self.port);
        let mut separator = '?';
        for key in dialect.keys() {
            let value = (key.write)(self);
            let value = value.map_err(|reason| inexpressible(dialect, key.name, reason))?;
            if let Some(value) = value {
                let _ = write!(text, "{separator}{}={}", key.name, dialect.encode(&value));
                separator = '&';
            }
        }
        // Whatever the dialect has no words for would be missing.
        match Self::parse(dialect, &text) {
            Ok(parsed) if parsed == *self => Ok(text),
            parsed => Err(self.missing_in(dialect, parsed.ok())),
        }
    }

    fn missing_in(&self, dialect: UriDialect, parsed: Option<Self>) -> UriError {
        if self.port == 0 {
            return inexpressible(dialect, "port", "the port of the URI cannot be 0");
        }
        let has = |key: &Key| {
            let mut sets = dialect.keys().iter().flat_map(|key| key.sets);
            sets.any(|set| key.sets.contains(set))
        };
        let keys = UriDialect::ALL.into_iter().flat_map(UriDialect::keys);
        let mut missing = keys.filter(|key| !has(key) && !matches!((key.write)(self), Ok(None)));
        let name = match missing.next() {
            Some(key) => key.name,
            None => parsed
                .and_then(|parsed| self.options.difference(&parsed.options))
                .unwrap_or("the URI"),
        };
        inexpressible(dialect, name, "there is no such key")
    }
}

fn inexpressible(dialect: UriDialect, key: &'static str, reason: &'static str) -> UriError {
    UriError::Inexpressible { dialect, key, reason }
}
