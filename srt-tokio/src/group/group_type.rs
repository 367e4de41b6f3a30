//! What the members of a group do for each other.

use std::fmt;

/// What the members of a group do for each other.
#[doc(alias = "SRT_GROUP_TYPE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupType {
    /// Everything is sent over all links. The receiver takes what comes first.
    #[doc(alias = "SRT_GTYPE_BROADCAST")]
    Broadcast,
    /// Everything is sent over the link of the greatest [weight](crate::GroupMember::weight) that
    /// works. The others are kept up with keep-alives.
    ///
    /// A link that does not answer in time has another one beside it, until it answers again or is
    /// given up.
    #[doc(alias = "SRT_GTYPE_BACKUP")]
    Backup,
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broadcast => "broadcast",
            Self::Backup => "backup",
        })
    }
}
