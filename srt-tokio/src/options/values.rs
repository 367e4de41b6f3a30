//! The types of option values. What can be made is valid.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::error::Error;

/// How a connection cuts up and times data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransmissionMode {
    /// Messages of at most one packet, delivered with the timing they were sent with. What comes
    /// too late is dropped. For live media.
    #[default]
    #[doc(alias = "SRTT_LIVE")]
    Live,
    /// A reliable stream of bytes, as fast as the network allows. For files.
    #[doc(alias = "SRTT_FILE")]
    #[doc(alias = "srt_sendfile")]
    #[doc(alias = "srt_recvfile")]
    FileStream,
    /// Reliable messages of any size up to the buffers', as fast as the network allows.
    ///
    /// A message must fit into the peer's receive buffer with room to spare: one that does not is
    /// never delivered, and those behind it are not either.
    ///
    /// libsrt cuts off a message that is larger than the buffer it is received into. A receive into
    /// a buffer smaller than the [receive buffer](crate::SrtOptions::receive_buffer_size) therefore
    /// goes through one of that size inside the stream, of which only what messages fill takes up
    /// memory. Choose a receive buffer of the size of your messages.
    #[doc(alias = "SRTT_FILE")]
    FileMessage,
}

impl fmt::Display for TransmissionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Live => "live",
            Self::FileStream => "file stream",
            Self::FileMessage => "file message",
        })
    }
}

/// The length of the encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyLength {
    /// 128 bits.
    Aes128,
    /// 192 bits.
    Aes192,
    /// 256 bits.
    Aes256,
}

impl KeyLength {
    pub(crate) fn bytes(self) -> i32 {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    pub(super) fn of(bytes: i32) -> Option<Self> {
        [Self::Aes128, Self::Aes192, Self::Aes256].into_iter().find(|key| key.bytes() == bytes)
    }
}

impl fmt::Display for KeyLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        })
    }
}

/// How often a sender repeats what its receiver reports as lost.
#[doc(alias = "SRTO_RETRANSMITALGO")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetransmitAlgorithm {
    /// At every report. Repairs losses soonest, for networks with capacity to spare.
    Aggressive,
    /// Not while the last repetition may still be on its way. Saves bandwidth, and needs
    /// [`nak_reports`](crate::SrtOptions::nak_reports) from the receiver.
    #[default]
    Efficient,
}

/// The secret that the encryption key is made from. Never shown by `Debug`, and wiped from memory when
/// it is dropped, as libsrt does with its own copy.
///
/// ```
/// let passphrase = srt_tokio::Passphrase::new("correct horse")?;
/// assert_eq!(format!("{passphrase:?}"), "Passphrase(..)");
/// assert!(srt_tokio::Passphrase::new("too short").is_err());
/// # Ok::<(), srt_tokio::Error>(())
/// ```
#[doc(alias = "SRTO_PASSPHRASE")]
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// The shortest passphrase, in bytes.
    pub const MIN_LEN: usize = 10;
    /// The longest passphrase, in bytes.
    pub const MAX_LEN: usize = 80;

    /// A `Vec` or `String` is taken over, and wiped in the end; what is borrowed is copied.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] unless it has 10 to 80 bytes.
    pub fn new(passphrase: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let passphrase = Zeroizing::new(passphrase.into());
        if (Self::MIN_LEN..=Self::MAX_LEN).contains(&passphrase.len()) {
            Ok(Self(passphrase))
        } else {
            Err(Error::InvalidOption {
                option: "SRTO_PASSPHRASE",
                reason: "a passphrase has 10 to 80 bytes",
            })
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Passphrase {
    type Err = Error;

    fn from_str(passphrase: &str) -> Result<Self, Error> {
        Self::new(passphrase)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// What a caller asks a listener for: any bytes, by custom text.
///
/// Zeros among them need libsrt 1.5.4 or later on both sides. An older one on this side fails with
/// [`Error::Unsupported`] when the id is applied to a socket, and an older listener reads what is before
/// the first zero only; so does [`ConnectionRequest::stream_id`](crate::ConnectionRequest::stream_id)
/// with any libsrt.
///
/// ```
/// let id = srt_tokio::StreamId::new("#!::r=live/cam1,m=publish")?;
/// assert_eq!(id.as_str(), Some("#!::r=live/cam1,m=publish"));
/// assert!(!id.is_empty());
/// # Ok::<(), srt_tokio::Error>(())
/// ```
#[doc(alias = "SRTO_STREAMID")]
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct StreamId(Vec<u8>);

impl StreamId {
    /// The longest stream id, in bytes.
    pub const MAX_LEN: usize = 512;

    /// The id of these bytes. None at all ask for nothing in particular.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if it has more than 512 bytes, or ends with a zero: it travels in units
    /// of four bytes, and zeros fill the last one.
    pub fn new(stream_id: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let stream_id = stream_id.into();
        let reason = if stream_id.len() > Self::MAX_LEN {
            "a stream id has 512 bytes at most"
        } else if stream_id.ends_with(&[0]) {
            "a stream id does not end with a zero"
        } else {
            return Ok(Self(stream_id));
        };
        Err(Error::InvalidOption { option: "SRTO_STREAMID", reason })
    }

    /// What a peer has sent, whatever it is. It travels in units of four bytes, and some versions of
    /// libsrt give the zeros that fill the last one.
    pub(crate) fn received(mut stream_id: Vec<u8>) -> Self {
        while stream_id.last() == Some(&0) {
            stream_id.pop();
        }
        Self(stream_id)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether the caller asks for nothing in particular.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for StreamId {
    type Err = Error;

    fn from_str(stream_id: &str) -> Result<Self, Error> {
        Self::new(stream_id)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(&self.0).escape_debug().fmt(f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId(\"{self}\")")
    }
}
