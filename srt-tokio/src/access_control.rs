//! Stream ids in the syntax of SRT's access control guidelines.
//!
//! - this file: what such an id says, and how it is put together
//! - `syntax`: how it is written

mod syntax;

use std::fmt;
use std::str::FromStr;

use crate::options::StreamId;

/// What a stream id in the syntax of SRT's [access control guidelines] says: who wants which
/// resource, and to do what.
///
/// Such an id begins with `#!::`, and a list of keys and values follows:
///
/// | key | | |
/// |---|---|---|
/// | `u` | [`user`](Self::user) | who calls, and so which passphrase is expected |
/// | `r` | [`resource`](Self::resource) | which stream or file |
/// | `h` | [`host`](Self::host) | the host that has the resource |
/// | `s` | [`session`](Self::session) | an id agreed upon before, to be used once |
/// | `t` | [`content_type`](Self::content_type) | `stream`, `file`, `auth`, or an application's own |
/// | `m` | [`mode`](Self::mode) | `request`, `publish` or `bidirectional` |
///
/// Any other key is for [`get`](Self::get). One letter is reserved for keys of the guidelines;
/// applications begin theirs with a name and an underscore, as `acme_region`.
///
/// An id that begins with `#!:{` and ends with `}` may have values in braces, whose meaning is up to
/// the application. Of what `#!:{u=john,sig={simple,expires=never},m=publish}` says, `sig` is
/// [`Nested`](AccessValue::Nested). After `#!::`, braces have no meaning.
///
/// Values are neither quoted nor escaped, so there is no comma in them; after `#!:{`, braces come
/// in pairs. An id in which a key appears twice is refused, because it could be read in two ways.
///
/// ```
/// use srt_tokio::{AccessControl, AccessMode, ContentType};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stream_id = AccessControl::builder()
///     .user("admin")
///     .resource("live/cam1")
///     .mode(AccessMode::Publish)
///     .build()?
///     .to_stream_id();
/// assert_eq!(stream_id.as_str(), Some("#!::u=admin,r=live/cam1,m=publish"));
///
/// let access = stream_id.access_control()?;
/// assert_eq!(access.user(), Some("admin"));
/// assert_eq!(access.mode(), AccessMode::Publish);
/// // Not said, and so the default.
/// assert_eq!((access.content_type(), access.session()), (ContentType::Stream, None));
/// for (key, value) in access.iter() {
///     println!("{key}: {value:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// [access control guidelines]: https://github.com/Haivision/srt/blob/master/docs/features/access-control.md
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AccessControl {
    /// In the order of the id. Whatever is in here can be written.
    entries: Vec<(String, AccessValue)>,
}

/// The value of a key in an [`AccessControl`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessValue {
    /// Text, as it is.
    Text(String),
    /// What is between braces, without them. The guidelines do not say what it looks like; braces in
    /// it come in pairs.
    Nested(String),
}

/// What a caller is going to do, from [`AccessControl::mode`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccessMode {
    /// Receive.
    #[default]
    Request,
    /// Send.
    Publish,
    /// Both.
    Bidirectional,
}

/// What a connection is for, from [`AccessControl::content_type`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentType {
    /// Whatever the application exchanges.
    #[default]
    Stream,
    /// A file, which the resource names.
    File,
    /// Sensitive data, whose purpose the resource states.
    Auth,
    /// A type that an application has defined.
    Other(String),
}

impl AccessControl {
    /// Puts one together.
    pub fn builder() -> AccessControlBuilder {
        AccessControlBuilder { entries: Vec::new() }
    }

    /// Reads a stream id.
    ///
    /// ```
    /// use srt_tokio::{AccessControl, AccessControlError};
    ///
    /// let access = AccessControl::parse("#!::r=live/cam1,acme_region=eu").unwrap();
    /// assert_eq!(access.resource(), Some("live/cam1"));
    /// assert_eq!(access.get("acme_region").and_then(|value| value.as_text()), Some("eu"));
    ///
    /// let free = AccessControl::parse("live/cam1");
    /// assert_eq!(free, Err(AccessControlError::OtherSyntax));
    /// ```
    ///
    /// # Errors
    ///
    /// [`AccessControlError::OtherSyntax`] if the id is of another form, which is not forbidden, and
    /// the other errors if it is not well-formed.
    pub fn parse(stream_id: &str) -> Result<Self, AccessControlError> {
        Self::checked(syntax::parse(stream_id)?)
    }

    /// Who calls.
    pub fn user(&self) -> Option<&str> {
        self.text(USER)
    }

    /// Which stream or file is meant.
    pub fn resource(&self) -> Option<&str> {
        self.text(RESOURCE)
    }

    /// The host that has the resource, as in a URL.
    pub fn host(&self) -> Option<&str> {
        self.text(HOST)
    }

    /// An id that was agreed upon in another way before, to be used once.
    pub fn session(&self) -> Option<&str> {
        self.text(SESSION)
    }

    /// What the connection is for; [`ContentType::Stream`] unless said otherwise.
    pub fn content_type(&self) -> ContentType {
        self.text(TYPE).map_or_else(ContentType::default, ContentType::from)
    }

    /// What the caller is going to do; [`AccessMode::Request`] unless said otherwise.
    pub fn mode(&self) -> AccessMode {
        self.text(MODE).and_then(AccessMode::named).unwrap_or_default()
    }

    /// The value of any key.
    pub fn get(&self, key: &str) -> Option<&AccessValue> {
        self.iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// All keys and values, in the order of the id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AccessValue)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// As a stream id: after `#!::` if possible, and after `#!:{` if there are nested values.
    pub fn to_stream_id(&self) -> StreamId {
        StreamId::new(self.to_string()).expect("checked when it was made")
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(AccessValue::as_text)
    }

    /// Looks at what the syntax leaves open.
    fn checked(entries: Vec<(String, AccessValue)>) -> Result<Self, AccessControlError> {
        for (index, (key, value)) in entries.iter().enumerate() {
            if entries[..index].iter().any(|(earlier, _)| earlier == key) {
                return Err(AccessControlError::DuplicateKey { key: key.clone() });
            }
            if !STANDARD.contains(&&**key) {
                continue;
            }
            let AccessValue::Text(text) = value else {
                return Err(AccessControlError::NestedStandardKey { key: key.clone() });
            };
            if key == MODE && AccessMode::named(text).is_none() {
                return Err(AccessControlError::UnknownMode { mode: text.clone() });
            }
        }
        Ok(Self { entries })
    }
}

/// The stream id.
impl fmt::Display for AccessControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        syntax::write(f, &self.entries)
    }
}

impl FromStr for AccessControl {
    type Err = AccessControlError;

    fn from_str(stream_id: &str) -> Result<Self, AccessControlError> {
        Self::parse(stream_id)
    }
}

impl From<&AccessControl> for StreamId {
    fn from(access: &AccessControl) -> Self {
        access.to_stream_id()
    }
}

impl TryFrom<&StreamId> for AccessControl {
    type Error = AccessControlError;

    fn try_from(stream_id: &StreamId) -> Result<Self, AccessControlError> {
        stream_id.access_control()
    }
}

impl StreamId {
    /// What the id says, if it is in the syntax of SRT's access control guidelines.
    ///
    /// # Errors
    ///
    /// As [`AccessControl::parse`], and [`AccessControlError::NotUtf8`].
    pub fn access_control(&self) -> Result<AccessControl, AccessControlError> {
        if !self.as_bytes().starts_with(syntax::PREFIX.as_bytes()) {
            return Err(AccessControlError::OtherSyntax);
        }
        AccessControl::parse(self.as_str().ok_or(AccessControlError::NotUtf8)?)
    }
}

impl AccessValue {
    /// The text, unless the value is nested.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nested(_) => None,
        }
    }

    /// What is between the braces, if the value is nested.
    pub fn as_nested(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Nested(content) => Some(content),
        }
    }

    /// The keys and values that a nested value consists of, if it is a list of them, in their order.
    ///
    /// ```
    /// use srt_tokio::{AccessControl, AccessValue};
    ///
    /// # fn main() -> Result<(), srt_tokio::AccessControlError> {
    /// let access = AccessControl::parse("#!:{r=cam1,acme={region=eu,rate=5}}")?;
    /// let acme = access.get("acme").unwrap();
    /// assert_eq!(acme.as_nested(), Some("region=eu,rate=5"));
    /// let pairs = acme.pairs()?;
    /// assert_eq!(pairs[0], ("region", AccessValue::Text("eu".to_owned())));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The value is text, or does not have that form, which is not forbidden.
    pub fn pairs(&self) -> Result<Vec<(&str, Self)>, AccessControlError> {
        match self {
            Self::Text(_) => Err(AccessControlError::OtherSyntax),
            Self::Nested(content) => syntax::pairs(content, syntax::Form::Block),
        }
    }
}

impl AccessMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Publish => "publish",
            Self::Bidirectional => "bidirectional",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Request, Self::Publish, Self::Bidirectional]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}

impl fmt::Display for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl ContentType {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stream => "stream",
            Self::File => "file",
            Self::Auth => "auth",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for ContentType {
    fn from(name: &str) -> Self {
        [Self::Stream, Self::File, Self::Auth]
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Puts an [`AccessControl`] together; from [`AccessControl::builder`]. Keys are written in the
/// order in which they are set.
///
/// ```
/// use srt_tokio::{AccessControl, ContentType};
///
/// # fn main() -> Result<(), srt_tokio::AccessControlError> {
/// let access = AccessControl::builder()
///     .resource("results.csv")
///     .content_type(ContentType::File)
///     .session("a1b2c3")
///     .text("acme_priority", "high")
///     .build()?;
/// assert_eq!(access.to_string(), "#!::r=results.csv,t=file,s=a1b2c3,acme_priority=high");
///
/// let access = AccessControl::builder()
///     .resource("results.csv")
///     .nested("acme", "region=eu,rate=5")
///     .build()?;
/// assert_eq!(access.to_string(), "#!:{r=results.csv,acme={region=eu,rate=5}}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AccessControlBuilder {
    entries: Vec<(String, AccessValue)>,
}

impl AccessControlBuilder {
    /// Who calls.
    pub fn user(&mut self, user: impl Into<String>) -> &mut Self {
        self.text(USER, user)
    }

    /// Which stream or file is meant.
    pub fn resource(&mut self, resource: impl Into<String>) -> &mut Self {
        self.text(RESOURCE, resource)
    }

    /// The host that has the resource, as in a URL.
    pub fn host(&mut self, host: impl Into<String>) -> &mut Self {
        self.text(HOST, host)
    }

    /// An id that was agreed upon in another way before, to be used once.
    pub fn session(&mut self, session: impl Into<String>) -> &mut Self {
        self.text(SESSION, session)
    }

    /// What the connection is for.
    pub fn content_type(&mut self, content_type: ContentType) -> &mut Self {
        self.text(TYPE, content_type.as_str())
    }

    /// What the caller is going to do.
    pub fn mode(&mut self, mode: AccessMode) -> &mut Self {
        self.text(MODE, mode.as_str())
    }

    /// Any key. The guidelines reserve those of one letter; an application's own begin with a name
    /// and an underscore.
    pub fn text(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.set(key, AccessValue::Text(value.into()))
    }

    /// Any key but the standard ones, with a value in braces, which are not part of `content`.
    pub fn nested(&mut self, key: impl Into<String>, content: impl Into<String>) -> &mut Self {
        self.set(key, AccessValue::Nested(content.into()))
    }

    /// Looks at everything together.
    ///
    /// # Errors
    ///
    /// A key or value cannot be written, a key was set twice, or the id has more than 512 bytes.
    pub fn build(&self) -> Result<AccessControl, AccessControlError> {
        for (key, value) in &self.entries {
            syntax::check(key, value)?;
        }
        let access = AccessControl::checked(self.entries.clone())?;
        match access.to_string().len() {
            0..=StreamId::MAX_LEN => Ok(access),
            len => Err(AccessControlError::TooLong { len }),
        }
    }

    fn set(&mut self, key: impl Into<String>, value: AccessValue) -> &mut Self {
        self.entries.push((key.into(), value));
        self
    }
}

/// Why a stream id is not, or cannot become, one of the access control guidelines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessControlError {
    /// The id begins with neither `#!::` nor `#!:{`: it is of a free form.
    OtherSyntax,
    /// The id is not UTF-8.
    NotUtf8,
    /// The id has more than 512 bytes.
    TooLong {
        /// How many.
        len: usize,
    },
    /// A key is empty, or has a character that no key can have.
    InvalidKey {
        /// The key.
        key: String,
    },
    /// A key has no value.
    MissingValue {
        /// The key.
        key: String,
    },
    /// A value has a character that it cannot have there.
    InvalidValue {
        /// The key.
        key: String,
        /// The character: a comma, a brace or a zero.
        character: char,
    },
    /// A brace is not closed, or more are closed than were opened, or something follows.
    UnbalancedBraces,
    /// A key appears twice.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// `u`, `r`, `h`, `s`, `t` or `m` has a value in braces.
    NestedStandardKey {
        /// The key.
        key: String,
    },
    /// `m` is not `request`, `publish` or `bidirectional`, which the guidelines do not let anyone
    /// extend.
    UnknownMode {
        /// What it is.
        mode: String,
    },
}

impl fmt::Display for AccessControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherSyntax => f.write_str("not in the syntax of access control"),
            Self::NotUtf8 => f.write_str("the stream id is not UTF-8"),
            Self::TooLong { len } => {
                write!(f, "a stream id has {} bytes at most, not {len}", StreamId::MAX_LEN)
            }
            Self::InvalidKey { key } => write!(f, "{key:?} cannot be a key"),
            Self::MissingValue { key } => write!(f, "the key {key:?} has no value"),
            Self::InvalidValue { key, character } => {
                write!(f, "the value of {key:?} cannot have {character:?}")
            }
            Self::UnbalancedBraces => f.write_str("the braces do not match"),
            Self::DuplicateKey { key } => write!(f, "the key {key:?} appears twice"),
            Self::NestedStandardKey { key } => {
                write!(f, "the value of {key:?} cannot be in braces")
            }
            Self::UnknownMode { mode } => {
                write!(f, "m={mode:?} is not request, publish or bidirectional")
            }
        }
    }
}

impl std::error::Error for AccessControlError {}

const USER: &str = "u";
const RESOURCE: &str = "r";
const HOST: &str = "h";
const SESSION: &str = "s";
const TYPE: &str = "t";
const MODE: &str = "m";
const STANDARD: [&str; 6] = [USER, RESOURCE, HOST, SESSION, TYPE, MODE];
