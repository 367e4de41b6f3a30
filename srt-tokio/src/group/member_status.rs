//! What is known of a member of a group.

use std::fmt;
use std::net::SocketAddr;

use crate::sys::{RawMember, RawSocket, SocketId};

/// In place of a member's id, where no socket was made.
pub(super) const NOBODY: SocketId = -1;

/// A member of a group at one moment.
#[doc(alias = "SRT_SOCKGROUPDATA")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemberStatus {
    /// Which member it is; see [`GroupMember::token`](crate::GroupMember::token). `None` on the side
    /// that has accepted the group.
    pub token: Option<u32>,
    /// The peer's address.
    pub peer_addr: Option<SocketAddr>,
    /// The local address, as far as it is known.
    pub local_addr: Option<SocketAddr>,
    /// Which link of a backup group to prefer; see [`GroupMember::weight`](crate::GroupMember::weight).
    pub weight: u16,
    /// What the member is doing.
    pub state: MemberState,
    pub(crate) id: SocketId,
}

/// What a member of a group is doing.
#[doc(alias = "SRT_MEMBERSTATUS")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberState {
    /// It is being connected.
    #[doc(alias = "SRT_GST_PENDING")]
    Pending,
    /// It is connected, and nothing is sent or received over it: it stands by, or nothing has been
    /// sent since it was connected.
    #[doc(alias = "SRT_GST_IDLE")]
    Idle,
    /// It is in use.
    #[doc(alias = "SRT_GST_RUNNING")]
    Running,
    /// It could not be connected, or is broken. It is no member any more.
    #[doc(alias = "SRT_GST_BROKEN")]
    Broken,
}

impl MemberState {
    /// Whether the link stands.
    pub fn is_connected(self) -> bool {
        matches!(self, Self::Idle | Self::Running)
    }
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Broken => "broken",
        })
    }
}

impl MemberStatus {
    pub(super) fn of(raw: &RawMember) -> Self {
        Self {
            token: u32::try_from(raw.token).ok(),
            peer_addr: raw.peer,
            local_addr: RawSocket::local_addr_of(raw.id),
            weight: raw.weight,
            state: raw.state,
            id: raw.id,
        }
    }
}
