//! What a group is connected with.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tracing::debug;

use super::group_member::GroupMember;
use super::group_type::GroupType;
use super::member_status::MemberState;
use super::roster::Roster;
use crate::error::Error;
use crate::options::SrtOptions;
use crate::reactor::{Attempt, Direction, Registration};
use crate::stream::SrtStream;
use crate::sys::{RawSocket, State};

/// How long libsrt may take to tell why the last member has failed. It does so at once, but on a
/// thread of its own.
const EXPLANATION: Duration = Duration::from_secs(1);

/// Configures a group of connections; from [`SrtGroup::broadcast`](crate::SrtGroup::broadcast) and
/// [`SrtGroup::backup`](crate::SrtGroup::backup).
#[derive(Clone, Debug)]
pub struct SrtGroupBuilder {
    group_type: GroupType,
    options: SrtOptions,
    members: Vec<GroupMember>,
}

impl SrtGroupBuilder {
    pub(super) fn new(group_type: GroupType) -> Self {
        Self { group_type, options: SrtOptions::new(), members: Vec::new() }
    }

    /// Adds a link: a [`GroupMember`], or no more than the address to connect to.
    pub fn member(&mut self, member: impl Into<GroupMember>) -> &mut Self {
        self.members.push(member.into());
        self
    }

    /// Sets the options that are set in `options`, and leaves the others. They are those of every
    /// member.
    pub fn options(&mut self, options: &SrtOptions) -> &mut Self {
        self.options.merge(options);
        self
    }

    /// Connects the members, and completes as soon as one of them is connected. The others go on in
    /// the background; those that fail are none any more.
    ///
    /// # Errors
    ///
    /// - [`Error::Unsupported`] if libsrt has no bonding.
    /// - [`Error::Rejected`] or [`Error::ConnectTimedOut`] if no member could be connected: the first
    ///   reason that a peer has given, if any has.
    /// - [`Error::InvalidOption`] if libsrt refuses an option, if there is no member, or if a member
    ///   has an option that members [cannot differ in](GroupMember::options).
    /// - [`Error::AddressFamily`] if one of a member's addresses is IPv4 and the other IPv6.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    #[doc(alias = "srt_connect_group")]
    pub async fn connect(&self) -> io::Result<SrtStream> {
        let group = RawSocket::new_group(self.group_type)?;
        if self.members.is_empty() {
            let (option, reason) = ("member", "a group is connected with at least one");
            return Err(Error::InvalidOption { option, reason }.into());
        }
        self.options.apply_to_group(&group)?;
        let registration = Registration::new(group)?;
        let group = registration.socket();
        let start = Instant::now();
        let roster = Roster::calling(self.group_type, &registration, &self.options)?;
        roster.connect(group, &self.members)?;
        let mut explain_until = None;
        let connected = registration
            .io(Direction::Write, |_| connected(group, &roster, &mut explain_until))
            .await;
        if let Err(error) = &connected {
            debug!(group = group.id(), %error, "no link could be connected");
        }
        connected?;
        let handshake = start.elapsed();
        let members = roster.members(group);
        let member = members.iter().find(|member| member.state.is_connected());
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let local = member.and_then(|member| member.local_addr).unwrap_or(nowhere);
        let peer = member.and_then(|member| member.peer_addr).unwrap_or(nowhere);
        let linger = self.options.linger_time();
        let stream = SrtStream::of_group(registration, local, peer, linger, roster)?;
        Ok(stream.called_for(handshake))
    }

    crate::options::option_setters!();
}

/// Looks whether a member is connected, or whether there is none left that could be.
fn connected(
    group: &RawSocket,
    roster: &Roster,
    explain_until: &mut Option<Instant>,
) -> Attempt<()> {
    if group.state() == State::Connected {
        return Attempt::Done(Ok(()));
    }
    let members = roster.members(group);
    if members.iter().any(|member| member.state != MemberState::Broken) {
        return Attempt::WouldBlock;
    }
    match roster.journal().failure() {
        Some(error) => Attempt::Done(Err(error)),
        None if Instant::now() >= *explain_until.get_or_insert(Instant::now() + EXPLANATION) => {
            Attempt::Done(Err(Error::ConnectTimedOut))
        }
        None => Attempt::RetrySoon,
    }
}
