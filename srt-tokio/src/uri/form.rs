//! How values are written.

use std::time::Duration;

use crate::error::Error;
use crate::options::{KeyLength, Passphrase, StreamId};

/// A way to write values of one type. What fails says what is wrong.
pub(super) trait Form {
    type Value;

    /// The value that a text stands for, or none if that is the default.
    fn read(&self, text: &[u8]) -> Result<Option<Self::Value>, &'static str>;

    /// The text that stands for a value.
    fn write(&self, value: &Self::Value) -> Result<Vec<u8>, &'static str>;
}

/// Values of another form, or `-1` for the default.
pub(super) struct OrDefault<F>(pub(super) F);

/// A number of bytes or packets.
pub(super) struct Size {
    pub(super) digits: Digits,
    pub(super) min: usize,
    pub(super) max: usize,
    /// What is said if it is none, or out of range.
    pub(super) expected: &'static str,
}

/// A time, as a number of units, up to what libsrt can represent.
pub(super) struct Time(pub(super) Digits, pub(super) Unit);

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Microseconds,
    Milliseconds,
    Seconds,
}

/// How numbers are written.
#[derive(Clone, Copy)]
pub(super) enum Digits {
    Decimal,
    /// As in C, except for octal ones.
    C,
}

/// `0` or `1`.
pub(super) struct Bit;

/// `16`, `24` or `32` bytes, or `0` for the default.
pub(super) struct KeyBytes;

/// The bytes of a passphrase, or none for no passphrase.
pub(super) struct Secret;

/// The bytes of a stream id.
pub(super) struct Id;

impl<F: Form> Form for OrDefault<F> {
    type Value = F::Value;

    fn read(&self, text: &[u8]) -> Result<Option<F::Value>, &'static str> {
        if text == b"-1" { Ok(None) } else { self.0.read(text) }
    }

    fn write(&self, value: &F::Value) -> Result<Vec<u8>, &'static str> {
        self.0.write(value)
    }
}

impl Form for Size {
    type Value = usize;

    fn read(&self, text: &[u8]) -> Result<Option<usize>, &'static str> {
        let size = self.digits.read(text).and_then(|size| usize::try_from(size).ok());
        size.filter(|size| (self.min..=self.max).contains(size)).map(Some).ok_or(self.expected)
    }

    fn write(&self, value: &usize) -> Result<Vec<u8>, &'static str> {
        match (self.min..=self.max).contains(value) {
            true => Ok(value.to_string().into()),
            false => Err(self.expected),
        }
    }
}

impl Form for Time {
    type Value = Duration;

    fn read(&self, text: &[u8]) -> Result<Option<Duration>, &'static str> {
        let Self(digits, unit) = self;
        unit.time(digits.read(text).ok_or_else(|| unit.expected())?).map(Some)
    }

    fn write(&self, value: &Duration) -> Result<Vec<u8>, &'static str> {
        let Self(_, unit) = self;
        let number = u64::try_from(unit.count(*value)).map_err(|_| unit.expected())?;
        match unit.time(number)? == *value {
            true => Ok(number.to_string().into()),
            false => Err(unit.expected()),
        }
    }
}

impl Unit {
    fn time(self, number: u64) -> Result<Duration, &'static str> {
        let (time, max) = match self {
            Self::Microseconds if (1..1000).contains(&number) => {
                return Err("less than a millisecond (the unit is the microsecond)");
            }
            Self::Microseconds => (Duration::from_micros(number), Duration::from_millis(MAX)),
            Self::Milliseconds => (Duration::from_millis(number), Duration::from_millis(MAX)),
            Self::Seconds => (Duration::from_secs(number), Duration::from_secs(MAX)),
        };
        if time <= max { Ok(time) } else { Err(self.expected()) }
    }

    fn count(self, time: Duration) -> u128 {
        match self {
            Self::Microseconds => time.as_micros(),
            Self::Milliseconds => time.as_millis(),
            Self::Seconds => time.as_secs().into(),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Microseconds => "not a number of microseconds up to 2147483647000",
            Self::Milliseconds => "not a number of milliseconds up to 2147483647",
            Self::Seconds => "not a number of seconds up to 2147483647",
        }
    }
}

impl Digits {
    pub(super) fn read(self, text: &[u8]) -> Option<u64> {
        let text = std::str::from_utf8(text).ok()?;
        let (digits, radix) = match self {
            Self::C if text.starts_with("0x") => (&text[2..], 16),
            Self::C if text.len() > 1 && text.starts_with('0') => return None,
            _ => (text, 10),
        };
        // What comes next would take a sign.
        let unsigned = digits.chars().all(|digit| digit.is_digit(radix));
        unsigned.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
    }
}

impl Form for Bit {
    type Value = bool;

    fn read(&self, text: &[u8]) -> Result<Option<bool>, &'static str> {
        match text {
            b"0" => Ok(Some(false)),
            b"1" => Ok(Some(true)),
            _ => Err("not 0 or 1"),
        }
    }

    fn write(&self, value: &bool) -> Result<Vec<u8>, &'static str> {
        Ok(u8::from(*value).to_string().into())
    }
}

impl Form for KeyBytes {
    type Value = KeyLength;

    fn read(&self, text: &[u8]) -> Result<Option<KeyLength>, &'static str> {
        match text {
            b"0" => Ok(None),
            b"16" => Ok(Some(KeyLength::Aes128)),
            b"24" => Ok(Some(KeyLength::Aes192)),
            b"32" => Ok(Some(KeyLength::Aes256)),
            _ => Err("not 16, 24 or 32"),
        }
    }

    fn write(&self, value: &KeyLength) -> Result<Vec<u8>, &'static str> {
        Ok(value.bytes().to_string().into())
    }
}

impl Form for Secret {
    type Value = Passphrase;

    fn read(&self, text: &[u8]) -> Result<Option<Passphrase>, &'static str> {
        match text {
            b"" => Ok(None),
            _ => Passphrase::new(text).map(Some).map_err(reason),
        }
    }

    fn write(&self, value: &Passphrase) -> Result<Vec<u8>, &'static str> {
        Ok(value.as_bytes().into())
    }
}

impl Form for Id {
    type Value = StreamId;

    fn read(&self, text: &[u8]) -> Result<Option<StreamId>, &'static str> {
        StreamId::new(text).map(Some).map_err(reason)
    }

    fn write(&self, value: &StreamId) -> Result<Vec<u8>, &'static str> {
        Ok(value.as_bytes().into())
    }
}

/// The greatest `int` of C.
const MAX: u64 = i32::MAX as u64;

fn reason(error: Error) -> &'static str {
    match error {
        Error::InvalidOption { reason, .. } => reason,
        _ => "not possible",
    }
}
