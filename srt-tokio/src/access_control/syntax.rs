//! `#!::key=value,key=value` and `#!:{key=value,key={...}}`.

use std::fmt;

use super::{AccessControlError, AccessValue};
use crate::options::StreamId;

/// What both forms begin with.
pub(super) const PREFIX: &str = "#!:";

/// What follows the [`PREFIX`].
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// `:`, in which braces are characters as any other.
    Flat,
    /// `{`, up to a `}`.
    Block,
}

pub(super) fn parse(stream_id: &str) -> Result<Vec<(String, AccessValue)>, AccessControlError> {
    let rest = stream_id.strip_prefix(PREFIX).ok_or(AccessControlError::OtherSyntax)?;
    let (content, form) = if let Some(content) = rest.strip_prefix(':') {
        (content, Form::Flat)
    } else if let Some(content) = rest.strip_prefix('{') {
        let content = content.strip_suffix('}').ok_or(AccessControlError::UnbalancedBraces)?;
        (content, Form::Block)
    } else {
        return Err(AccessControlError::OtherSyntax);
    };
    if stream_id.len() > StreamId::MAX_LEN {
        return Err(AccessControlError::TooLong { len: stream_id.len() });
    }
    let pairs = pairs(content, form)?;
    Ok(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Splits at commas, and each part at the first equals sign.
pub(super) fn pairs(
    content: &str,
    form: Form,
) -> Result<Vec<(&str, AccessValue)>, AccessControlError> {
    if content.is_empty() {
        return Ok(Vec::new());
    }
    parts(content, form)?
        .into_iter()
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            check_key(key)?;
            if key.len() == part.len() {
                return Err(AccessControlError::MissingValue { key: key.to_owned() });
            }
            let nested = match form {
                Form::Flat => None,
                Form::Block => value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')),
            };
            let value = match nested {
                Some(content) => AccessValue::Nested(content.to_owned()),
                None => AccessValue::Text(value.to_owned()),
            };
            check_value(key, &value, form)?;
            Ok((key, value))
        })
        .collect()
}

pub(super) fn write(f: &mut fmt::Formatter<'_>, entries: &[(String, AccessValue)]) -> fmt::Result {
    let block = entries.iter().any(|(_, value)| matches!(value, AccessValue::Nested(_)));
    f.write_str(PREFIX)?;
    f.write_str(if block { "{" } else { ":" })?;
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        match value {
            AccessValue::Text(text) => write!(f, "{key}={text}")?,
            AccessValue::Nested(content) => write!(f, "{key}={{{content}}}")?,
        }
    }
    f.write_str(if block { "}" } else { "" })
}

/// Whether a key and its value can be written in both forms.
pub(super) fn check(key: &str, value: &AccessValue) -> Result<(), AccessControlError> {
    check_key(key)?;
    check_value(key, value, Form::Block)
}

/// Splits at the commas that are not between braces.
fn parts(content: &str, form: Form) -> Result<Vec<&str>, AccessControlError> {
    if form == Form::Flat {
        return Ok(content.split(',').collect());
    }
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (index, byte) in content.bytes().enumerate() {
        match byte {
            b',' if depth == 0 => {
                parts.push(&content[start..index]);
                start = index + 1;
            }
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1).ok_or(AccessControlError::UnbalancedBraces)?,
            _ => {}
        }
    }
    if depth > 0 {
        return Err(AccessControlError::UnbalancedBraces);
    }
    parts.push(&content[start..]);
    Ok(parts)
}

fn check_key(key: &str) -> Result<(), AccessControlError> {
    if key.is_empty() || key.contains(['=', ',', '{', '}', '\0']) {
        return Err(AccessControlError::InvalidKey { key: key.to_owned() });
    }
    Ok(())
}

fn check_value(key: &str, value: &AccessValue, form: Form) -> Result<(), AccessControlError> {
    let (text, forbidden): (_, &[char]) = match (value, form) {
        (AccessValue::Text(text), Form::Flat) => (text, &[',', '\0']),
        (AccessValue::Text(text), Form::Block) => (text, &[',', '{', '}', '\0']),
        (AccessValue::Nested(content), _) => {
            parts(content, Form::Block)?;
            (content, &['\0'])
        }
    };
    match text.chars().find(|character| forbidden.contains(character)) {
        Some(character) => Err(AccessControlError::InvalidValue { key: key.to_owned(), character }),
        None => Ok(()),
    }
}
