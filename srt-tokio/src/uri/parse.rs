//! From text.

use std::time::Duration;

use super::host::Host;
use super::keys::Key;
use super::{ConnectionMode, SrtUri, UriDialect, UriError};
use crate::options::{SrtOptions, TransmissionMode};

/// What the keys have said so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) mode: Option<ConnectionMode>,
    pub(super) adapter: Option<Host>,
    pub(super) local_port: u16,
    pub(super) is_file: Option<bool>,
    pub(super) is_file_congestion: Option<bool>,
    pub(super) message_api: Option<bool>,
    pub(super) timeout: Option<Duration>,
    pub(super) listen_timeout: Option<Duration>,
    pub(super) options: SrtOptions,
}

impl SrtUri {
    /// Reads a URI that is written in `dialect`.
    ///
    /// # Errors
    ///
    /// Says what is wrong, with key and value: see [`UriError`]. What libsrt alone can judge, such as
    /// whether a size suits another one, is an error only when a socket is made.
    pub fn parse(dialect: UriDialect, uri: &str) -> Result<Self, UriError> {
        const SCHEME: &str = "srt://";

        let rest = match uri.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(UriError::NotSrt),
        };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, port) = split_address(address)?;

        let mut draft = Draft::default();
        let query = Query::read(dialect, query, &mut draft)?;
        query.finish(draft, host, port)
    }
}

/// Splits a host and a port, and takes an IPv6 address out of its brackets.
pub(super) fn split_port(text: &str) -> Result<(Option<Host>, u16), UriError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let invalid = || UriError::InvalidHost { host: text.to_owned() };
            let (host, port) = rest.split_once(']').ok_or_else(invalid)?;
            if !host.contains(':') {
                return Err(invalid());
            }
            (host, port.strip_prefix(':').ok_or(UriError::MissingPort)?)
        }
        None => {
            let (host, port) = text.rsplit_once(':').ok_or(UriError::MissingPort)?;
            if host.contains(':') {
                return Err(UriError::InvalidHost { host: host.to_owned() });
            }
            (host, port)
        }
    };
    if port.is_empty() {
        return Err(UriError::MissingPort);
    }
    let host = if host.is_empty() { None } else { Some(Host::new(host)?) };
    // As `parse` takes a sign, too.
    let number = if port.starts_with('+') { None } else { port.parse().ok() };
    Ok((host, number.ok_or_else(|| UriError::InvalidPort { port: port.to_owned() })?))
}

/// Splits what is between the scheme and the question mark.
fn split_address(text: &str) -> Result<(Option<Host>, u16), UriError> {
    // Whatever this is, there may be a secret in it.
    if text.contains(['&', '=', ';']) || names_secret(text) {
        return Err(UriError::NoQuestionMark);
    }
    if text.contains('@') {
        return Err(UriError::UserInfo);
    }
    match text.split_once('/') {
        None | Some((_, "")) => split_port(text.trim_end_matches('/')),
        Some(_) => Err(UriError::Path),
    }
}

/// The keys that a URI has.
struct Query {
    dialect: UriDialect,
    /// With their values, where these may be shown.
    found: Vec<(&'static Key, Option<String>)>,
}

impl Query {
    fn read(dialect: UriDialect, query: &str, draft: &mut Draft) -> Result<Self, UriError> {
        let mut this = Self { dialect, found: Vec::new() };
        let mut after_secret = false;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let Some((name, text)) = pair.split_once('=') else {
                let is_secret = after_secret || may_be_secret(pair);
                return Err(UriError::MissingValue { key: (!is_secret).then(|| pair.to_owned()) });
            };
            after_secret = this.read_pair(name, text, draft, after_secret)?;
        }
        Ok(this)
    }

    /// Returns whether the value must not be shown.
    fn read_pair(
        &mut self,
        name: &str,
        text: &str,
        draft: &mut Draft,
        after_secret: bool,
    ) -> Result<bool, UriError> {
        let decoded = self.dialect.decode(name).unwrap_or_else(|_| name.into());
        let name = String::from_utf8_lossy(&decoded);
        let value = self.dialect.decode(text);
        let show = || {
            let value = value.as_deref().unwrap_or(text.as_bytes());
            let value = String::from_utf8_lossy(value);
            // Where another character stands for the `&`.
            (!names_secret(&value)).then(|| value.into_owned())
        };

        let Some(key) = self.dialect.keys().iter().find(|key| key.name == name) else {
            let is_secret = after_secret || may_be_secret(&name);
            let (key, value) = (name.into_owned(), if is_secret { None } else { show() });
            return Err(match self.dialect.why_unsupported(&key) {
                Some(reason) => UriError::UnsupportedKey { key, value, reason },
                None => UriError::UnknownKey { key, value },
            });
        };

        let shown = if key.is_secret() { None } else { show() };
        if let Some(other) = self.find(key.sets) {
            return Err(UriError::contradiction(key.name, shown, other));
        }
        let read = value.and_then(|value| (key.read)(draft, &value));
        if let Err(reason) = read {
            let key = key.name.to_owned();
            return Err(UriError::InvalidValue { key, value: shown, reason });
        }
        self.found.push((key, shown));
        Ok(key.is_secret())
    }

    /// What has been said about any of these, as `key=value`.
    fn find(&self, sets: &[&str]) -> Option<String> {
        self.found.iter().find_map(|(key, value)| {
            key.sets.iter().any(|set| sets.contains(set)).then(|| match value {
                Some(value) => format!("{}={value}", key.name),
                None => key.name.to_owned(),
            })
        })
    }

    /// That what one key says does not go with something else.
    fn contradiction(&self, set: &str, other: impl Into<String>) -> UriError {
        let found = self.found.iter().find(|(key, _)| key.sets.contains(&set));
        let (key, value) = match found {
            Some((key, value)) => (key.name, value.clone()),
            None => (set, None),
        };
        UriError::contradiction(key, value, other)
    }

    /// Looks at everything together.
    fn finish(
        self,
        mut draft: Draft,
        mut host: Option<Host>,
        port: u16,
    ) -> Result<SrtUri, UriError> {
        let default = self.dialect.default_mode(host.as_ref(), draft.adapter.as_ref());
        let mode = draft.mode.unwrap_or(default);
        if mode == ConnectionMode::Listener {
            if draft.local_port != 0 {
                return Err(self.contradiction("local_port", "listener mode"));
            }
            if let Some(adapter) = draft.adapter.take() {
                match &host {
                    Some(host) if *host != adapter => {
                        return Err(self.contradiction("adapter", format!("the host {host}")));
                    }
                    _ => host = Some(adapter),
                }
            }
        } else if host.is_none() {
            return Err(UriError::MissingHost { mode });
        }
        if port == 0 && !(mode == ConnectionMode::Listener && self.dialect.takes_port_zero()) {
            return Err(UriError::InvalidPort { port: port.to_string() });
        }
        if let Some(mode) = self.transmission_mode(&draft)? {
            draft.options.transmission_mode(mode);
        }

        let mut uri = SrtUri::plain(mode, host, port);
        if let Some(adapter) = &draft.adapter {
            let key = self.found.iter().find(|(key, _)| key.sets.contains(&"adapter"));
            uri.check_family(key.map_or("adapter", |(key, _)| key.name), adapter)?;
        }
        uri.local_host = draft.adapter;
        uri.local_port = draft.local_port;
        uri.options = draft.options;
        uri.timeout = draft.timeout;
        uri.listen_timeout = draft.listen_timeout;
        Ok(uri)
    }

    fn transmission_mode(&self, draft: &Draft) -> Result<Option<TransmissionMode>, UriError> {
        let is_file = draft.is_file.unwrap_or(false);
        let live = || self.find(&["transtype"]).unwrap_or_else(|| "live mode".to_owned());
        if draft.is_file_congestion.is_some_and(|congestion| congestion != is_file) {
            return Err(self.contradiction("congestion", live()));
        }
        match (draft.is_file, draft.message_api) {
            (_, Some(false)) if !is_file => Err(self.contradiction("messageapi", live())),
            (None, _) => Ok(None),
            (Some(false), _) => Ok(Some(TransmissionMode::Live)),
            (Some(true), Some(true)) => Ok(Some(TransmissionMode::FileMessage)),
            (Some(true), _) => Ok(Some(TransmissionMode::FileStream)),
        }
    }
}

fn names_secret(text: &str) -> bool {
    text.to_ascii_lowercase().contains("passphrase")
}

/// Whether an unknown key may be a misspelt `passphrase`, or what another program calls it.
fn may_be_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pas", "phr", "pw", "secret", "key", "auth", "token"].iter().any(|part| key.contains(part))
}
