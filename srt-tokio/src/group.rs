//! Groups of connections that carry one stream: libsrt's bonding.
//!
//! - this file: the group of a stream
//! - `builder`: what it is connected with
//! - `group_type`: what its members do for each other
//! - `group_member`: a member to be
//! - `member_status`: what is known of a member
//! - `changes`: what happens to members, one after the other
//! - `roster`: the members as the stream knows them
//! - `journal`: what has happened to them

mod builder;
mod changes;
mod group_member;
mod group_type;
mod journal;
mod member_status;
mod roster;

use std::io;
use std::time::Duration;

use crate::error::{Error, ErrorCode};
use crate::reactor::Registration;
use crate::stats::Stats;
use crate::sys::RawSocket;

pub use self::builder::SrtGroupBuilder;
pub use self::changes::{MemberChange, MemberChanges};
pub use self::group_member::GroupMember;
pub use self::group_type::GroupType;
use self::member_status::NOBODY;
pub use self::member_status::{MemberState, MemberStatus};
pub(crate) use self::roster::Roster;

/// Several connections, over several networks, that carry one stream: what others call bonding.
///
/// If a link fails, the others go on, and the receiver notices nothing: messages come in order,
/// each once, as over a single connection. A [`Broadcast`](GroupType::Broadcast) group sends
/// everything over all links; it costs as many times the bandwidth, and a failure costs nothing at
/// all. A [`Backup`](GroupType::Backup) group sends over one link, and takes another when that one
/// does not answer; what has not been acknowledged is then sent again. For that to arrive in time, the
/// [latency](crate::SrtOptions::latency) should be a few times the
/// [stability timeout](crate::SrtOptions::group_min_stability_timeout), 60 ms by default, or four
/// round trips if those are longer. A link that fails just after it has been taken into use, within
/// the latency, is only found out when that is over, and some of what was under way is lost.
///
/// The caller makes the group and connects its members:
///
/// ```no_run
/// use std::time::Duration;
/// use srt_tokio::{GroupMember, SrtGroup};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = SrtGroup::backup()
///     .latency(Duration::from_millis(800))
///     .group_min_stability_timeout(Duration::from_millis(100))
///     .member(GroupMember::new("198.51.100.1:9000".parse()?).weight(2))
///     .member(GroupMember::new("203.0.113.1:9000".parse()?).weight(1))
///     .connect()
///     .await?;
/// println!("a link may be silent for {:?}", stream.group_min_stability_timeout()?);
/// // As with any stream.
/// stream.send(&[0x47; 1316]).await?;
/// stream.close().await?;
/// # Ok(())
/// # }
/// ```
///
/// The listener has to [allow groups](crate::SrtListenerBuilder::group_connect), and accepts a group
/// as one stream when the first of its members has connected:
///
/// ```no_run
/// use srt_tokio::SrtListener;
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let listener = SrtListener::builder().group_connect(true).bind("0.0.0.0:9000").await?;
/// assert!(listener.group_connect()?);
/// let (stream, _) = listener.accept().await?;
/// if let Some(group) = stream.group() {
///     println!("a {} group, {} links so far", group.group_type(), group.members().len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # What is different
///
/// - Groups are for live mode, and for libsrt 1.5.0 or later on both sides.
/// - Options are read from one of the members, and the stream's [statistics](crate::SrtStream::stats)
///   have little more than what is [sent](Stats::packets_sent_unique) and
///   [received](Stats::packets_received_unique) once; see [`member_stats`](Self::member_stats).
/// - libsrt does not connect a link again that has failed: see
///   [`connect_member`](Self::connect_member).
/// - When the last link has failed, or the peer has closed the group, what still waits for its time
///   to be delivered may be lost. [`close`](crate::SrtStream::close) on the sending side waits until
///   it is.
/// - [`acknowledged`](crate::SrtStream::acknowledged) waits until everything has arrived over one
///   link or another. Where libsrt does not tell which links were given everything, as when one has
///   joined later, it waits for all that are in use. What was under way over a link that has failed,
///   and over no other, is lost, and not waited for.
/// - A link of a broadcast group whose send buffer is full while another has room is given up.
/// - A message for which no link of a backup group has room may come twice if another link takes over
///   meanwhile.
/// - libsrt 1.5.1 may lose what is due in the moment in which a link joins: a few milliseconds if
///   anything.
///
/// # Availability
///
/// Most systems' libsrt is built without bonding. Then groups fail with [`Error::Unsupported`]; the
/// feature `vendored` builds one with it.
#[doc(alias = "bonding")]
#[doc(alias = "srt_create_group")]
#[doc(alias = "srt_groupof")]
#[derive(Clone, Copy, Debug)]
pub struct SrtGroup<'a> {
    registration: &'a Registration,
    roster: &'a Roster,
}

impl<'a> SrtGroup<'a> {
    pub(crate) fn new(registration: &'a Registration, roster: &'a Roster) -> Self {
        Self { registration, roster }
    }

    /// A group to be connected that sends everything over all links.
    #[doc(alias = "SRT_GTYPE_BROADCAST")]
    pub fn broadcast() -> SrtGroupBuilder {
        SrtGroupBuilder::new(GroupType::Broadcast)
    }

    /// A group to be connected that sends over one link, and holds the others ready.
    #[doc(alias = "SRT_GTYPE_BACKUP")]
    pub fn backup() -> SrtGroupBuilder {
        SrtGroupBuilder::new(GroupType::Backup)
    }

    /// What the members do for each other.
    #[doc(alias = "SRTO_GROUPTYPE")]
    pub fn group_type(&self) -> GroupType {
        self.roster.group_type()
    }

    /// The members at this moment. A member that has failed may be missing already.
    ///
    /// ```no_run
    /// # async fn example(stream: srt_tokio::SrtStream) -> std::io::Result<()> {
    /// # let Some(group) = stream.group() else { return Ok(()) };
    /// for member in group.members() {
    ///     if member.state.is_connected() {
    ///         let stats = group.member_stats(&member)?;
    ///         println!("{:?} is {}, {:?} away", member.peer_addr, member.state, stats.rtt);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_group_data")]
    pub fn members(&self) -> Vec<MemberStatus> {
        self.roster.members(self.registration.socket())
    }

    /// What happens to members from now on. Each call gives a stream of its own.
    ///
    /// What is seen by a send or receive, such as another link taking over, is told within
    /// milliseconds, and on the caller's side so is the failure of a link. libsrt reports no event for
    /// most of the rest; as long as somebody waits, the reactor has a look once a second.
    ///
    /// ```no_run
    /// use std::net::SocketAddr;
    /// use std::sync::Arc;
    /// use srt_tokio::SrtGroup;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let peers: [SocketAddr; 2] = ["198.51.100.1:9000".parse()?, "203.0.113.1:9000".parse()?];
    /// let stream = SrtGroup::broadcast().member(peers[0]).member(peers[1]).connect().await?;
    /// let stream = Arc::new(stream);
    /// tokio::spawn({
    ///     let stream = stream.clone();
    ///     async move {
    ///         let Some(group) = stream.group() else { return };
    ///         let mut changes = group.changes();
    ///         while let Some(change) = changes.recv().await {
    ///             println!("link {:?} is {}", change.member.token, change.member.state);
    ///         }
    ///         println!("{} changes were missed", changes.missed());
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRT_EPOLL_UPDATE")]
    pub fn changes(&self) -> MemberChanges<'a> {
        MemberChanges::new(self.registration, self.roster)
    }

    /// Begins to connect one more member, and returns its token. Whether it succeeds is told by
    /// [`members`](Self::members) and [`changes`](Self::changes).
    ///
    /// This is also how a link that has failed is connected again:
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use srt_tokio::{GroupMember, MemberState};
    ///
    /// # async fn example(stream: srt_tokio::SrtStream) -> std::io::Result<()> {
    /// # let Some(group) = stream.group() else { return Ok(()) };
    /// let mut changes = group.changes();
    /// while let Some(change) = changes.recv().await {
    ///     let member = change.member;
    ///     if let (MemberState::Broken, Some(peer), Some(token)) =
    ///         (member.state, member.peer_addr, member.token)
    ///     {
    ///         // A peer that rejects does so again, as fast as it is asked.
    ///         tokio::time::sleep(Duration::from_secs(1)).await;
    ///         let again = GroupMember::new(peer).weight(member.weight).token(token);
    ///         group.connect_member(again)?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A link that comes while another one works, or is being connected, joins the stream. Once there
    /// is none, the stream has ended, and takes no new one.
    ///
    /// # Errors
    ///
    /// - [`Error::ConnectionLost`] once the stream has [ended](crate::SrtStream::close_reason).
    /// - [`ErrorCode::InvalidOperation`] on the side that has accepted the group.
    /// - What makes it impossible to begin, such as a local address that cannot be bound, and
    ///   [`Error::InvalidOption`] for options that members cannot have.
    #[doc(alias = "srt_connect_group")]
    pub fn connect_member(&self, member: impl Into<GroupMember>) -> io::Result<u32> {
        if self.registration.fate(Duration::ZERO).is_some() {
            // libsrt would have it stand again, though its readers may have been told of the end.
            return Err(Error::ConnectionLost.into());
        }
        Ok(self.roster.connect_one(self.registration.socket(), &member.into())?)
    }

    /// Takes a snapshot of the statistics of one member. Its counters of packets are those of libsrt,
    /// which start over after 2^32.
    ///
    /// # Errors
    ///
    /// Fails once the member is gone, and before it is connected.
    #[doc(alias = "srt_bistats")]
    pub fn member_stats(&self, member: &MemberStatus) -> io::Result<Stats> {
        if member.id == NOBODY {
            return Err(Error::ConnectionLost.into());
        }
        let raw = RawSocket::stats(member.id).map_err(|error| match error {
            // Also where the id means nothing to libsrt any more.
            Error::Library { code: ErrorCode::InvalidSocket, .. } => Error::ConnectionLost,
            error => error,
        })?;
        Ok(Stats::following(&Stats::default(), &raw))
    }
}
