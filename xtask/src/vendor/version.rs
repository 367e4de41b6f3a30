//! Versions of libsrt, upstream's and those of distributions.

use std::{cmp::Ordering, fmt};

use crate::util;

/// Upstream's version, and behind a hyphen the distribution's revision of it, as in `1.5.1-1+deb12u2`. Ordered as
/// dpkg orders them; a revision is newer than what it is a revision of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    text: String,
    /// Where the revision begins.
    upstream: usize,
}

impl Version {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), upstream: text.rfind('-').unwrap_or(text.len()) }
    }

    /// The major, minor and patch number.
    pub(super) fn numbers(&self) -> [u64; 3] {
        util::version(self.upstream())
    }

    /// Without the revision.
    pub(super) fn upstream(&self) -> &str {
        &self.text[..self.upstream]
    }

    /// Empty for upstream's own.
    fn revision(&self) -> &str {
        &self.text[self.upstream..]
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.upstream(), other.upstream())
            .then_with(|| order(self.revision(), other.revision()))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// dpkg's order: text and numbers in turn.
fn order(mut a: &str, mut b: &str) -> Ordering {
    while !(a.is_empty() && b.is_empty()) {
        let (text_a, rest_a) = split(a, |c| !c.is_ascii_digit());
        let (text_b, rest_b) = split(b, |c| !c.is_ascii_digit());
        let (number_a, next_a) = split(rest_a, |c| c.is_ascii_digit());
        let (number_b, next_b) = split(rest_b, |c| c.is_ascii_digit());
        let ordering = weights(text_a)
            .cmp(weights(text_b))
            .then_with(|| value(number_a).cmp(&value(number_b)));
        if ordering.is_ne() {
            return ordering;
        }
        (a, b) = (next_a, next_b);
    }
    Ordering::Equal
}

/// A tilde comes before the end, letters after it, and all else after letters.
fn weights(text: &str) -> impl Iterator<Item = u32> {
    let weight = |c: char| match c {
        '~' => 0,
        c if c.is_ascii_alphabetic() => c.into(),
        c => u32::from(c) + 0x0100_0000,
    };
    text.chars().map(weight).chain([1])
}

fn value(number: &str) -> u64 {
    match number {
        "" => 0,
        number => number.parse().unwrap_or(u64::MAX),
    }
}

/// The leading characters that `belong`, and the rest.
fn split(text: &str, belong: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belong(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_from_old_to_new() {
        let ordered = [
            "1.4.4",
            "1.5.0~rc1-1",
            "1.5.0",
            "1.5.1",
            "1.5.1-1",
            "1.5.1-1ubuntu1",
            "1.5.1-1+deb12u1",
            "1.5.1-1+deb12u2",
            "1.5.1-1+deb12u10",
            "1.5.1-2",
            "1.5.5",
            "1.5.7",
            "1.5.7-1",
            "1.5.10",
            "1.6.0",
        ]
        .map(Version::new);
        for (at, version) in ordered.iter().enumerate() {
            for (other_at, other) in ordered.iter().enumerate() {
                assert_eq!(version.cmp(other), at.cmp(&other_at), "{version} and {other}");
            }
        }
    }

    #[test]
    fn a_version_has_an_upstream_part() {
        let version = Version::new("1.5.1-1+deb12u2");
        assert_eq!((version.upstream(), version.numbers()), ("1.5.1", [1, 5, 1]));
        assert_eq!(version.to_string(), "1.5.1-1+deb12u2");
        assert_eq!(Version::new("1.5.7").upstream(), "1.5.7");
    }
}
