//! The members of a group as its stream knows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use bytes::BufMut;
use tracing::debug;

use super::group_member::GroupMember;
use super::group_type::GroupType;
use super::journal::Journal;
use super::member_status::{MemberState, MemberStatus, NOBODY};
use crate::error::{Error, ErrorCode};
use crate::firewall::{ClosedPorts, Firewall};
use crate::options::SrtOptions;
use crate::reactor::{Direction, Registration, moderation};
use crate::socket::SrtSocket;
use crate::sys::{ConnectCallback, Endpoint, Moved, RawSocket, Sending, with_timer_slack};

#[derive(Debug)]
pub(crate) struct Roster {
    group_type: GroupType,
    journal: Arc<Journal>,
    /// What the last send or receive has told of the members.
    digest: AtomicU64,
    /// Whether the last message found no room on any link.
    is_full: AtomicBool,
    /// Of the side that has made the group.
    caller: Option<Caller>,
}

/// What it takes to connect members.
#[derive(Debug)]
struct Caller {
    /// Of the group, without the passphrase.
    options: SrtOptions,
    next_token: AtomicU32,
    _callback: ConnectCallback,
}

/// Whether the connecting of a member could be begun.
#[derive(Debug)]
struct Begun {
    token: u32,
    result: Result<(), Error>,
}

impl Roster {
    /// Of a group that has been accepted.
    pub(crate) fn accepted(registration: &Registration) -> Self {
        // If the last member is gone already, nothing depends on it any more.
        let group_type = registration.socket().group_type().unwrap_or(GroupType::Broadcast);
        let journal = Journal::new(registration.retry(Direction::Members), None);
        Self::with(group_type, Arc::new(journal), None)
    }

    /// Of a group that has no members yet.
    pub(super) fn calling(
        group_type: GroupType,
        registration: &Registration,
        options: &SrtOptions,
    ) -> Result<Self, Error> {
        let [members, connect] =
            [Direction::Members, Direction::Write].map(|direction| registration.retry(direction));
        let journal = Arc::new(Journal::new(members, Some(connect)));
        let callback = ConnectCallback::new(journal.clone());
        callback.install(registration.socket())?;
        let caller = Caller {
            options: options.without_passphrase(),
            next_token: AtomicU32::new(0),
            _callback: callback,
        };
        Ok(Self::with(group_type, journal, Some(caller)))
    }

    fn with(group_type: GroupType, journal: Arc<Journal>, caller: Option<Caller>) -> Self {
        let (digest, is_full) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { group_type, journal, digest, is_full, caller }
    }

    pub(super) fn group_type(&self) -> GroupType {
        self.group_type
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn members(&self, group: &RawSocket) -> Vec<MemberStatus> {
        self.journal.look(group);
        self.journal.members()
    }

    /// Whether there is a member that works, or may come to.
    pub(super) fn is_alive(&self) -> bool {
        self.journal.members().iter().any(|member| member.state != MemberState::Broken)
    }

    /// Whether a member may come to work.
    pub(crate) fn is_connecting(&self, group: &RawSocket) -> bool {
        self.members(group).iter().any(|member| member.state == MemberState::Pending)
    }

    /// Sets an option on the members, and has it set on those to come.
    pub(crate) fn write_option(
        &self,
        group: &RawSocket,
        write: impl Fn(&RawSocket) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match write(group) {
            // libsrt looks in a list that it takes for a sorted one, which it is not before 1.5.5.
            Err(Error::WrongPhase { .. }) => group.each_member(write),
            written => written,
        }
    }

    /// Sends a message, if that can be done without libsrt's keeping it although it fails.
    pub(crate) fn send(
        &self,
        group: &RawSocket,
        data: &[u8],
        how: &Sending,
    ) -> Result<Moved, Error> {
        if self.group_type == GroupType::Backup {
            self.check_links(group)?;
        }
        let sent = group.send(data, how);
        match &sent {
            Ok(moved) => self.note(moved, group),
            Err(Error::WouldBlock) => self.is_full.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        sent
    }

    /// What a backup group has no link for, libsrt refuses and keeps nevertheless. The next link gets
    /// all that was ever tried.
    fn check_links(&self, group: &RawSocket) -> Result<(), Error> {
        group.check_connected()?;
        if self.is_full.load(Ordering::Relaxed) {
            if !group.has_room() {
                return Err(Error::WouldBlock);
            }
            self.is_full.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// As [`RawSocket::recv_buf`].
    pub(crate) fn recv_buf(
        &self,
        group: &RawSocket,
        buffer: &mut impl BufMut,
    ) -> Result<Moved, Error> {
        let received = group.recv_buf(buffer)?;
        self.note(&received, group);
        Ok(received)
    }

    /// Takes note of what a send or receive tells of the members.
    #[inline]
    fn note(&self, moved: &Moved, group: &RawSocket) {
        if self.digest.load(Ordering::Relaxed) != moved.members {
            self.note_change(moved.members, group);
        }
    }

    #[cold]
    fn note_change(&self, digest: u64, group: &RawSocket) {
        self.digest.store(digest, Ordering::Relaxed);
        self.journal.look(group);
    }

    /// Begins to connect members. Fails if none could be begun.
    pub(super) fn connect(&self, group: &RawSocket, members: &[GroupMember]) -> Result<(), Error> {
        let begun = self.begin(group, members)?;
        let mut first = None;
        let mut any = false;
        for Begun { token, result } in begun {
            match result {
                Ok(()) => any = true,
                Err(error) => {
                    debug!(group = group.id(), token, %error, "a link could not be begun");
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            Some(error) if !any => Err(error),
            _ => Ok(()),
        }
    }

    /// Begins to connect a member, and returns its token.
    pub(super) fn connect_one(
        &self,
        group: &RawSocket,
        member: &GroupMember,
    ) -> Result<u32, Error> {
        let mut begun = self.begin(group, std::slice::from_ref(member))?;
        match begun.pop() {
            Some(Begun { token, result }) => result.map(|()| token),
            None => Err(not_possible()),
        }
    }

    fn begin(&self, group: &RawSocket, members: &[GroupMember]) -> Result<Vec<Begun>, Error> {
        let caller = self.caller.as_ref().ok_or_else(not_possible)?;
        let mut endpoints = Vec::with_capacity(members.len());
        let mut ports = Vec::with_capacity(members.len());
        for member in members {
            let token = caller.next_token.fetch_add(1, Ordering::Relaxed);
            let mut endpoint = member.endpoint(&caller.options, token)?;
            ports.extend(caller.port(member, &mut endpoint)?);
            endpoints.push(endpoint);
        }
        let slack = moderation().timer_slack();
        let weights = endpoints.iter().map(|endpoint| (endpoint.token as u32, endpoint.weight));
        self.journal.announce(weights);
        // A member that is connected while libsrt is still about to connect members counts as pending for
        // ever. An answer that comes this fast is asked for again after 250 ms.
        let closed = ClosedPorts::close(ports.iter().filter_map(SrtSocket::port_guard));
        let begun = with_timer_slack(slack, || group.connect_members(&endpoints));
        drop(closed);
        // The members are on the ports now, and keep them open.
        drop(ports);
        let begun = begun?;
        // Whoever waits for changes hears of them.
        self.journal.look(group);
        let mut results = Vec::with_capacity(begun.len());
        for (endpoint, result) in endpoints.iter().zip(begun) {
            let token = endpoint.token as u32;
            if let Err(error) = &result {
                let member = MemberStatus {
                    token: Some(token),
                    peer_addr: Some(endpoint.peer),
                    local_addr: endpoint.local,
                    weight: endpoint.weight,
                    state: MemberState::Broken,
                    id: NOBODY,
                };
                self.journal.refused(member, error.clone());
            }
            results.push(Begun { token, result });
        }
        Ok(results)
    }
}

impl Caller {
    /// The UDP port for a member, behind the firewall; the member is told to use it. `None` if libsrt is to
    /// make the port, or to say what is wrong with it.
    fn port(
        &self,
        member: &GroupMember,
        endpoint: &mut Endpoint,
    ) -> Result<Option<SrtSocket>, Error> {
        let policy = self.options.port_policy()?;
        if self.options.check_shared().is_err() {
            policy.without_firewall(endpoint.local, "a group whose ports may be shared")?;
            return Ok(None);
        }
        if policy.firewall == Firewall::Off {
            return Ok(None);
        }
        match member.port(&self.options).and_then(|port| Ok((port.local_addr()?, port))) {
            Ok((local, port)) => {
                endpoint.local = Some(local);
                Ok(Some(port))
            }
            Err(error) if policy.firewall == Firewall::Required => {
                Err(Error::from_io(&error).cloned().unwrap_or_else(not_possible))
            }
            // The member fails for the same reason, or goes without.
            Err(error) => {
                debug!(peer = %endpoint.peer, %error, "no port behind the firewall for a link");
                Ok(None)
            }
        }
    }
}

fn not_possible() -> Error {
    let (function, code) = ("srt_connect_group", ErrorCode::InvalidOperation);
    Error::Library { function, code, os_error: None }
}
