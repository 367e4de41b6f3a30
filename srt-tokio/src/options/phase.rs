//! When an option can be set.

use std::fmt;

/// Until when libsrt takes an option, in its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionPhase {
    /// `pre-bind`: until the socket is bound, which connecting does as well.
    PreBind,
    /// `pre`: until the socket connects or listens.
    Pre,
    /// `post`: always.
    Post,
}

impl fmt::Display for OptionPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PreBind => "before the socket is bound",
            Self::Pre => "before the socket connects or listens",
            Self::Post => "at any time",
        })
    }
}
