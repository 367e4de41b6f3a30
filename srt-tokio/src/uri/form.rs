//! How values are written.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use crate::error::Error;
use crate::options::{Bandwidth, KeyLength, MaxBandwidth, Passphrase, StreamId, Version};

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

/// Values of another form, or `-1` for an option that is off.
pub(super) struct OrOff<F>(pub(super) F);

/// Values of another form, of programs whose texts end at a zero.
pub(super) struct NoZeros<F>(pub(super) F);

/// A number in a range.
pub(super) struct Number<T> {
    pub(super) digits: Digits,
    pub(super) min: u64,
    pub(super) max: u64,
    /// What is said if it is none, or out of range.
    pub(super) expected: &'static str,
    pub(super) of: PhantomData<T>,
}

/// One of several texts. The first one for a value is the one that is written.
pub(super) struct Choice<T: 'static> {
    pub(super) of: &'static [(&'static str, T)],
    /// What is said if it is none of them.
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

/// A number of bytes per second.
pub(super) struct Rate;

/// A number of bytes per second, `0` for what the input needs, or `-1` for no limit.
pub(super) struct MaxRate;

/// `0xMMmmpp`, or any number of that meaning; where `dotted`, also `major.minor.patch`.
pub(super) struct PeerVersion {
    pub(super) dotted: bool,
}

/// The text of what has one.
pub(super) struct Text<T>(pub(super) PhantomData<T>);

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

impl<F: Form> Form for OrOff<F> {
    type Value = Option<F::Value>;

    fn read(&self, text: &[u8]) -> Result<Option<Self::Value>, &'static str> {
        if text == b"-1" { Ok(Some(None)) } else { Ok(self.0.read(text)?.map(Some)) }
    }

    fn write(&self, value: &Self::Value) -> Result<Vec<u8>, &'static str> {
        value.as_ref().map_or_else(|| Ok(b"-1".into()), |value| self.0.write(value))
    }
}

impl<F: Form> Form for NoZeros<F> {
    type Value = F::Value;

    fn read(&self, text: &[u8]) -> Result<Option<F::Value>, &'static str> {
        if text.contains(&0) { Err(ZERO) } else { self.0.read(text) }
    }

    fn write(&self, value: &F::Value) -> Result<Vec<u8>, &'static str> {
        let text = self.0.write(value)?;
        if text.contains(&0) { Err(ZERO) } else { Ok(text) }
    }
}

impl<T: Copy + TryFrom<u64> + TryInto<u64>> Form for Number<T> {
    type Value = T;

    fn read(&self, text: &[u8]) -> Result<Option<T>, &'static str> {
        let number = self.digits.read(text).filter(|number| self.contains(*number));
        number.and_then(|number| number.try_into().ok()).map(Some).ok_or(self.expected)
    }

    fn write(&self, value: &T) -> Result<Vec<u8>, &'static str> {
        let number = (*value).try_into().ok().filter(|number| self.contains(*number));
        Ok(number.ok_or(self.expected)?.to_string().into())
    }
}

impl<T> Number<T> {
    fn contains(&self, number: u64) -> bool {
        (self.min..=self.max).contains(&number)
    }
}

impl<T: Copy + PartialEq> Form for Choice<T> {
    type Value = T;

    fn read(&self, text: &[u8]) -> Result<Option<T>, &'static str> {
        let chosen = self.of.iter().find(|(name, _)| name.as_bytes() == text);
        chosen.map(|(_, value)| Some(*value)).ok_or(self.expected)
    }

    fn write(&self, value: &T) -> Result<Vec<u8>, &'static str> {
        let chosen = self.of.iter().find(|(_, other)| other == value);
        chosen.map(|(name, _)| (*name).into()).ok_or(self.expected)
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
            Self::C if text.starts_with("0x") || text.starts_with("0X") => (&text[2..], 16),
            Self::C if text.len() > 1 && text.starts_with('0') => return None,
            _ => (text, 10),
        };
        // What comes next would take a sign.
        let unsigned = digits.chars().all(|digit| digit.is_digit(radix));
        unsigned.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
    }
}

impl Form for Rate {
    type Value = Bandwidth;

    fn read(&self, text: &[u8]) -> Result<Option<Bandwidth>, &'static str> {
        let rate = Digits::Decimal.read(text).filter(|rate| *rate <= i64::MAX as u64);
        rate.map(|rate| Some(Bandwidth::from_bytes_per_second(rate))).ok_or(RATE)
    }

    fn write(&self, value: &Bandwidth) -> Result<Vec<u8>, &'static str> {
        Ok(value.bytes_per_second().to_string().into())
    }
}

impl Form for MaxRate {
    type Value = MaxBandwidth;

    fn read(&self, text: &[u8]) -> Result<Option<MaxBandwidth>, &'static str> {
        let limit = OrOff(Rate).read(text)?;
        Ok(limit.map(|limit| match limit {
            None => MaxBandwidth::Unlimited,
            Some(Bandwidth::ZERO) => MaxBandwidth::FollowInput,
            Some(limit) => MaxBandwidth::Limit(limit),
        }))
    }

    fn write(&self, value: &MaxBandwidth) -> Result<Vec<u8>, &'static str> {
        match value {
            MaxBandwidth::Unlimited => OrOff(Rate).write(&None),
            MaxBandwidth::FollowInput => Rate.write(&Bandwidth::ZERO),
            MaxBandwidth::Limit(Bandwidth::ZERO) => Err("a limit of 0 stands for no such limit"),
            MaxBandwidth::Limit(limit) => Rate.write(limit),
        }
    }
}

impl Form for PeerVersion {
    type Value = Version;

    fn read(&self, text: &[u8]) -> Result<Option<Version>, &'static str> {
        let number = || Digits::C.read(text).filter(|number| *number <= 0xff_ff_ff);
        match (self.dotted.then(|| dotted(text)).flatten(), number()) {
            (Some(version), _) => Ok(Some(version)),
            (None, Some(number)) => Ok(Some(Version::from_number(number as u32))),
            (None, None) if self.dotted => Err("not a version as 1.5.0 or 0x010500"),
            (None, None) => Err("not a version as 0x010500"),
        }
    }

    fn write(&self, value: &Version) -> Result<Vec<u8>, &'static str> {
        let Version { major, minor, patch } = value;
        Ok(format!("0x{major:02x}{minor:02x}{patch:02x}").into())
    }
}

impl<T: FromStr<Err = Error> + fmt::Display> Form for Text<T> {
    type Value = T;

    fn read(&self, text: &[u8]) -> Result<Option<T>, &'static str> {
        let text = std::str::from_utf8(text).map_err(|_| "not UTF-8")?;
        text.parse().map(Some).map_err(reason)
    }

    fn write(&self, value: &T) -> Result<Vec<u8>, &'static str> {
        Ok(value.to_string().into())
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

const RATE: &str = "not a number of bytes per second up to 9223372036854775807";
const ZERO: &str = "the program would use only what is before the zero";

/// `major.minor.patch`.
fn dotted(text: &[u8]) -> Option<Version> {
    let mut numbers = text.split(|byte| *byte == b'.');
    let mut next = || u8::try_from(Digits::Decimal.read(numbers.next()?)?).ok();
    let version = Version::new(next()?, next()?, next()?);
    numbers.next().is_none().then_some(version)
}

fn reason(error: Error) -> &'static str {
    match error {
        Error::InvalidOption { reason, .. } => reason,
        _ => "not possible",
    }
}
