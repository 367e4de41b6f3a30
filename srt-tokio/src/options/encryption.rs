//! Encryption: what a connection shall use, and what has come of it.

use std::fmt;

/// How packets are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CipherMode {
    /// What the caller has, on a listener's side. AES-CTR on a caller's and in a rendezvous.
    #[default]
    Auto,
    /// Counter mode: nobody else can read a packet. Every SRT library has it.
    AesCtr,
    /// Galois counter mode: nobody else can read or change a packet.
    AesGcm,
}

impl fmt::Display for CipherMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::AesCtr => "AES-CTR",
            Self::AesGcm => "AES-GCM",
        })
    }
}

/// How far a connection's key material has come in one direction.
#[doc(alias = "SRT_KM_STATE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyMaterialState {
    /// Not encrypted.
    #[doc(alias = "SRT_KM_S_UNSECURED")]
    Unsecured,
    /// The exchange of keys is under way. Only with peers older than 1.3.0; others exchange them while
    /// they connect.
    #[doc(alias = "SRT_KM_S_SECURING")]
    Securing,
    /// Encrypted, with a key that both sides have.
    #[doc(alias = "SRT_KM_S_SECURED")]
    Secured,
    /// Encrypted, and the receiver has no passphrase.
    #[doc(alias = "SRT_KM_S_NOSECRET")]
    NoSecret,
    /// Encrypted, and the receiver has another passphrase.
    #[doc(alias = "SRT_KM_S_BADSECRET")]
    BadSecret,
    /// Encrypted, in a [mode](CipherMode) that the receiver does not have.
    #[doc(alias = "SRT_KM_S_BADCRYPTOMODE")]
    BadCipherMode,
    /// A state that this library does not know.
    Other(i32),
}

impl KeyMaterialState {
    pub(super) fn of(state: i32) -> Self {
        match state {
            0 => Self::Unsecured,
            1 => Self::Securing,
            2 => Self::Secured,
            3 => Self::NoSecret,
            4 => Self::BadSecret,
            5 => Self::BadCipherMode,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for KeyMaterialState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsecured => "not encrypted",
            Self::Securing => "exchanging keys",
            Self::Secured => "encrypted",
            Self::NoSecret => "the receiver has no passphrase",
            Self::BadSecret => "the receiver has another passphrase",
            Self::BadCipherMode => "the receiver does not have the cipher mode",
            Self::Other(state) => return write!(f, "unknown state {state}"),
        })
    }
}

/// What a connection has come to with encryption, from
/// [`SrtStream::encryption`](crate::SrtStream::encryption).
///
/// With [`enforced_encryption`](crate::SrtOptions::enforced_encryption), the default, both directions
/// are either [`Secured`](KeyMaterialState::Secured) or [`Unsecured`](KeyMaterialState::Unsecured).
/// Without it, and with peers that do not have the same passphrase:
///
/// | | send | receive |
/// |---|---|---|
/// | on both sides, if the passphrases differ | `BadSecret` | `BadSecret` |
/// | on the side with a passphrase, if only one has it | `NoSecret` | `Unsecured` |
/// | on the side without | `Unsecured` | `NoSecret` |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Encryption {
    /// The direction in which this side sends.
    #[doc(alias = "SRTO_SNDKMSTATE")]
    pub send: KeyMaterialState,
    /// The direction in which this side receives.
    #[doc(alias = "SRTO_RCVKMSTATE")]
    #[doc(alias = "SRTO_KMSTATE")]
    pub receive: KeyMaterialState,
    /// The length of the key. `None` if there is no key.
    #[doc(alias = "SRTO_PBKEYLEN")]
    pub key_length: Option<crate::options::KeyLength>,
    /// How packets are encrypted. `None` unless both directions are secured.
    #[doc(alias = "SRTO_CRYPTOMODE")]
    pub cipher_mode: Option<CipherMode>,
}

impl Encryption {
    /// Whether both directions are encrypted, with a key that both sides have.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let encryption = stream.encryption()?;
    /// if encryption.is_secured() {
    ///     println!("{:?}, {:?}", encryption.key_length, encryption.cipher_mode);
    /// } else {
    ///     println!("sent: {}, received: {}", encryption.send, encryption.receive);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_secured(&self) -> bool {
        self.send == KeyMaterialState::Secured && self.receive == KeyMaterialState::Secured
    }

    /// Why nothing that the peer sends can be decrypted, if so.
    pub(crate) fn undecryptable(self) -> Option<KeyMaterialState> {
        use KeyMaterialState::{BadCipherMode, BadSecret, NoSecret};

        let state = self.receive;
        matches!(state, NoSecret | BadSecret | BadCipherMode).then_some(state)
    }

    /// Whether the exchange of keys is over.
    pub(crate) fn is_settled(&self) -> bool {
        self.send != KeyMaterialState::Securing && self.receive != KeyMaterialState::Securing
    }
}
