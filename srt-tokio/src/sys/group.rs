//! Groups of connections: libsrt's bonding.
//!
//! A group has an id like a socket, and most calls on sockets take it. Its members are sockets of its
//! own, which nobody else may touch; but they may be asked.

use std::ffi::c_int;
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::net::SocketAddr;
use std::ptr;

use srt_sys as ffi;

use super::address::{CAddress, from_c};
use super::error::{from_code, last_error};
use super::message::{CONTROL, Moved, Receipt, Sending};
use super::option::{self, Opt};
use super::socket::{RawSocket, SocketId, State, clamp, open};
use super::startup;
use crate::error::{Error, ErrorCode};
use crate::group::{GroupType, MemberState};

/// Members that a send or receive tells about. If there are more, it tells how many.
const TOLD: usize = 16;

/// A member as libsrt describes it.
#[derive(Clone, Debug)]
pub(crate) struct RawMember {
    pub(crate) id: SocketId,
    pub(crate) token: c_int,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) weight: u16,
    pub(crate) state: MemberState,
}

/// A member to be.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Of the same family as the peer.
    pub(crate) local: Option<SocketAddr>,
    pub(crate) peer: SocketAddr,
    pub(crate) weight: u16,
    /// Not negative.
    pub(crate) token: c_int,
    pub(crate) config: MemberConfig,
}

impl RawSocket {
    /// A new group, none of whose calls will ever block.
    pub(crate) fn new_group(group_type: GroupType) -> Result<Self, Error> {
        let _inside = startup::start()?;
        // Without bonding it would fail as well, but set no error.
        drop(MemberConfig::new()?);
        let group_type = match group_type {
            GroupType::Broadcast => ffi::SRT_GTYPE_BROADCAST,
            GroupType::Backup => ffi::SRT_GTYPE_BACKUP,
        };
        // SAFETY: no pointers; libsrt is running.
        let id = unsafe { ffi::srt_create_group(group_type) };
        if id == ffi::SRT_INVALID_SOCK {
            return Err(last_error("srt_create_group"));
        }
        Self::owning(id, None)
    }

    #[inline]
    pub(crate) fn is_group(&self) -> bool {
        is_group(self.id())
    }

    /// The kind of the group that this is, or that the socket is about to become a member of.
    pub(crate) fn group_type(&self) -> Option<GroupType> {
        match self.get_i32(option::GROUPTYPE).ok()? as ffi::SRT_GROUP_TYPE {
            ffi::SRT_GTYPE_BROADCAST => Some(GroupType::Broadcast),
            ffi::SRT_GTYPE_BACKUP => Some(GroupType::Backup),
            _ => None,
        }
    }

    /// Whether a socket is a member of a group that is open.
    pub(crate) fn is_member_of_ours(id: SocketId) -> bool {
        let Ok(_inside) = startup::enter() else { return false };
        // SAFETY: no pointers.
        let group = unsafe { ffi::srt_groupof(id) };
        group != ffi::SRT_INVALID_SOCK && open().contains(&group)
    }

    /// Begins to connect members, and tells of each whether that could be begun. How it ends is told
    /// by the epoll and by [`members`](Self::members).
    pub(crate) fn connect_members(
        &self,
        endpoints: &[Endpoint],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let _inside = startup::enter()?;
        let mut targets = Vec::with_capacity(endpoints.len());
        for endpoint in endpoints {
            let local = endpoint.local.map(CAddress::new);
            let peer = CAddress::new(endpoint.peer);
            let local = local.as_ref().map_or(ptr::null(), CAddress::as_ptr);
            // SAFETY: both addresses have the length of their common family, or the first is null,
            // and outlive the call.
            let mut target = unsafe { ffi::srt_prepare_endpoint(local, peer.as_ptr(), peer.len()) };
            target.weight = endpoint.weight;
            target.token = endpoint.token;
            target.config = endpoint.config.0;
            targets.push(target);
        }
        let count = clamp(targets.len());
        // SAFETY: pointer and length are those of a vector, whose elements libsrt reads and writes;
        // the configurations they point to are those of `endpoints`.
        let result = unsafe { ffi::srt_connect_group(self.id(), targets.as_mut_ptr(), count) };
        let begun = |target: &ffi::SRT_SOCKGROUPCONFIG| match target.errorcode {
            0 => Ok(()),
            code => Err(from_code("srt_connect_group", code, None)),
        };
        let begun: Vec<_> = targets.iter().map(begun).collect();
        if result < 0 && begun.iter().all(Result::is_ok) {
            return Err(last_error("srt_connect_group"));
        }
        Ok(begun)
    }

    /// The members at this moment.
    pub(crate) fn members(&self) -> Result<Vec<RawMember>, Error> {
        let _inside = startup::enter()?;
        let mut room = TOLD;
        loop {
            // SAFETY: numbers and addresses, for which all zeros are valid.
            let zeroed = unsafe { mem::zeroed::<ffi::SRT_SOCKGROUPDATA>() };
            let mut data = vec![zeroed; room];
            let mut size = room;
            // SAFETY: libsrt writes `size` elements at most to the vector, which has as many, and
            // how many members there are to a local variable.
            let result =
                unsafe { ffi::srt_group_data(self.id(), data.as_mut_ptr(), &raw mut size) };
            // The result is the number of members, but for 1.6, where it only says that there is one.
            if result >= 0 {
                data.truncate(size);
                return Ok(data.iter().map(RawMember::of).collect());
            }
            if size <= room {
                return Err(last_error("srt_group_data"));
            }
            room = size;
        }
    }

    /// A member that is connected, to be asked what is the same for all of them.
    pub(crate) fn connected_member(&self) -> Option<ManuallyDrop<Self>> {
        let members = self.members().ok()?;
        let connected = members.into_iter().find(|member| member.state.is_connected())?;
        Some(Self::borrowed(connected.id))
    }

    /// Does something to every member that is connected. Fails if there is none.
    pub(crate) fn each_member(
        &self,
        act: impl Fn(&Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut done = Err(Error::ConnectionLost);
        for member in self.members()?.iter().filter(|member| member.state.is_connected()) {
            match act(&Self::borrowed(member.id)) {
                Ok(()) => done = Ok(()),
                // One that has just failed takes nothing with it.
                Err(
                    Error::ConnectionLost
                    | Error::Library {
                        code: ErrorCode::InvalidSocket | ErrorCode::NotConnected, ..
                    },
                ) => {}
                Err(error) => return Err(error),
            }
        }
        done
    }

    /// Fails unless a member is connected.
    pub(crate) fn check_connected(&self) -> Result<(), Error> {
        let _inside = startup::enter()?;
        if self.state() == State::Connected { Ok(()) } else { Err(Error::ConnectionLost) }
    }

    /// Whether a backup group would find a member to send a message over.
    pub(crate) fn has_room(&self) -> bool {
        let has_room = |member: &RawMember| match member.state {
            MemberState::Running => Self::is_writable(member.id),
            state => state == MemberState::Idle,
        };
        self.members().is_ok_and(|members| members.iter().any(has_room))
    }

    /// Whether there is a member that works, or may come to.
    pub(super) fn has_members_left(&self) -> bool {
        let left = |member: &RawMember| member.state != MemberState::Broken;
        self.members().is_ok_and(|members| members.iter().any(left))
    }

    /// Whether a member has packets that are received in their turn; see
    /// [`buffered_packets`](Self::buffered_packets).
    pub(crate) fn any_member_has_buffered(&self) -> Result<bool, Error> {
        let members = self.members()?;
        Ok(members.iter().any(|member| Self::buffered_packets_of(member.id) > 0))
    }

    /// The local address of a member.
    pub(crate) fn local_addr_of(member: SocketId) -> Option<SocketAddr> {
        Self::borrowed(member).local_addr().ok()
    }

    /// Packets that the peer has not got by any member; or more, where that cannot be told.
    pub(super) fn unacknowledged_by_group(&self) -> Result<usize, Error> {
        let members = self.members().map_err(|_| Error::ConnectionLost)?;
        let waiting = |member: &RawMember| Self::borrowed(member.id).unacknowledged().ok();
        let of = |state| members.iter().filter(move |member| member.state == state);
        let Some(most) = of(MemberState::Running).filter_map(waiting).max() else {
            // None has been given anything for a while.
            let idle = of(MemberState::Idle).filter_map(waiting).max();
            return idle.ok_or(Error::ConnectionLost);
        };
        if most == 0 {
            return Ok(0);
        }
        let has_all = self.members_with_all();
        let all = of(MemberState::Running).filter(|member| has_all(member));
        Ok(all.filter_map(waiting).min().unwrap_or(most))
    }

    /// What tells of a member that runs whether it has been given everything that the peer may still
    /// need.
    fn members_with_all(&self) -> impl Fn(&RawMember) -> bool {
        let stats = Self::stats(self.id()).ok();
        // A backup that takes over is given all that is not acknowledged. But where something is
        // received, it may be that alone for which a member runs.
        let is_one_way = stats.is_some_and(|stats| stats.pktRecvUniqueTotal == 0)
            && self.group_type() == Some(GroupType::Backup);
        // A link that joins a broadcast is given what is sent from then on.
        let sent = stats.map(|stats| stats.pktSentUniqueTotal);
        move |member| {
            is_one_way
                || Self::stats(member.id).is_ok_and(|stats| Some(stats.pktSentUniqueTotal) == sent)
        }
    }

    /// As [`send`](Self::send).
    #[inline(never)]
    pub(super) fn send_to_group(&self, data: &[u8], how: &Sending) -> Result<Moved, Error> {
        let mut told = Told::room();
        let mut control = ffi::SRT_MSGCTRL {
            msgttl: how.ttl,
            inorder: how.in_order.into(),
            srctime: how.source_time,
            grpdata: told.as_mut_ptr(),
            grpdata_size: TOLD,
            ..CONTROL
        };
        let len = clamp(data.len());
        // SAFETY: pointer and length are those of a slice, which libsrt only reads; the control
        // structure is a local variable, and what it points to has room for as many members as it
        // says. libsrt keeps copies of the structure with messages of a backup group, but writes
        // through the pointer of this call alone.
        let sent =
            unsafe { ffi::srt_sendmsg2(self.id(), data.as_ptr().cast(), len, &raw mut control) };
        if sent < 0 {
            return Err(last_error("srt_sendmsg2"));
        }
        Ok(Moved { members: told.digest(&control), ..Moved::new(sent, &control) })
    }

    /// As `recv_uninit`.
    #[inline(never)]
    pub(super) fn recv_from_group(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<Moved, Error> {
        let mut told = Told::room();
        let mut control =
            ffi::SRT_MSGCTRL { grpdata: told.as_mut_ptr(), grpdata_size: TOLD, ..CONTROL };
        let len = clamp(buffer.len());
        // SAFETY: pointer and length are those of a slice, which libsrt only writes to; the control
        // structure is a local variable, and what it points to has room for as many members as it
        // says.
        let received = unsafe {
            ffi::srt_recvmsg2(self.id(), buffer.as_mut_ptr().cast(), len, &raw mut control)
        };
        if received < 0 {
            return Err(last_error("srt_recvmsg2"));
        }
        Ok(Moved { members: told.digest(&control), ..Moved::new(received, &control) })
    }
}

/// Whether the id is that of a group.
#[inline]
pub(crate) fn is_group(id: SocketId) -> bool {
    id & ffi::SRTGROUP_MASK != 0
}

impl RawMember {
    fn of(data: &ffi::SRT_SOCKGROUPDATA) -> Self {
        // SAFETY: libsrt has written an address there, or left zeros.
        let peer = unsafe { from_c((&raw const data.peeraddr).cast()) };
        let state = match data.memberstate {
            ffi::SRT_GST_PENDING => MemberState::Pending,
            ffi::SRT_GST_IDLE => MemberState::Idle,
            ffi::SRT_GST_RUNNING => MemberState::Running,
            _ => MemberState::Broken,
        };
        // A link that has just failed may still be taken for one that works.
        let state = match RawSocket::state_of(data.id) {
            State::Connected | State::Connecting | State::Init | State::Opened => state,
            _ => MemberState::Broken,
        };
        Self { id: data.id, token: data.token, peer, weight: data.weight, state }
    }
}

/// Options of one member alone.
#[derive(Debug)]
pub(crate) struct MemberConfig(*mut ffi::SRT_SOCKOPT_CONFIG);

impl MemberConfig {
    /// Without options.
    pub(crate) fn new() -> Result<Self, Error> {
        let _inside = startup::start()?;
        // SAFETY: no arguments.
        let config = unsafe { ffi::srt_create_config() };
        if config.is_null() {
            return Err(Error::Unsupported {
                feature: "a group of connections (bonding)",
                needs: "a libsrt built with bonding (ENABLE_BONDING), as the feature `vendored` does",
            });
        }
        Ok(Self(config))
    }

    /// Takes over an option from a socket. `false` if members cannot differ in it.
    pub(crate) fn add(&mut self, option: Opt, socket: &RawSocket) -> Result<bool, Error> {
        // Earlier ones make no room for more than four bytes. All other options that members can
        // differ in are numbers.
        const ROOM: usize = 4;
        const WITH_ROOM: u32 = 0x01_05_05;

        let mut value = option::Value::default();
        let value = value.read(socket, option)?;
        if option == option::BINDTODEVICE
            && value.len() > ROOM
            && startup::library_version() < WITH_ROOM
        {
            return Err(Error::Unsupported {
                feature: "a device with a name this long for one member of a group",
                needs: "libsrt 1.5.5 or later",
            });
        }
        let _inside = startup::enter()?;
        let len = clamp(value.len());
        // SAFETY: the configuration is this one's own; pointer and length are those of a slice,
        // which libsrt only reads.
        let result =
            unsafe { ffi::srt_config_add(self.0, option.number, value.as_ptr().cast(), len) };
        Ok(result >= 0)
    }
}

impl Drop for MemberConfig {
    fn drop(&mut self) {
        // SAFETY: made by libsrt, and freed here alone. It uses no global state of libsrt's.
        unsafe { ffi::srt_delete_config(self.0) };
    }
}

/// Room for what a call tells about members.
struct Told([MaybeUninit<ffi::SRT_SOCKGROUPDATA>; TOLD]);

impl Told {
    #[inline]
    fn room() -> Self {
        Self([const { MaybeUninit::uninit() }; TOLD])
    }

    fn as_mut_ptr(&mut self) -> *mut ffi::SRT_SOCKGROUPDATA {
        self.0.as_mut_ptr().cast()
    }

    /// A number that changes when a member comes or goes or changes its state. Never 0.
    fn digest(&self, control: &ffi::SRT_MSGCTRL) -> u64 {
        // What is known about odd multipliers and FNV will do: it is all about small differences.
        const FACTOR: u64 = 0x0100_0000_01b3;
        let mix = |digest: u64, word: u32| (digest ^ u64::from(word)).wrapping_mul(FACTOR);

        let mut digest = mix(0xcbf2_9ce4_8422_2325, control.grpdata_size as u32);
        if !control.grpdata.is_null() {
            for member in &self.0[..control.grpdata_size.min(TOLD)] {
                let member = member.as_ptr();
                // SAFETY: libsrt has written this field of as many members as it says.
                let id = unsafe { (*member).id };
                // SAFETY: as above.
                let state = unsafe { (*member).memberstate };
                digest = mix(mix(digest, id as u32), state);
            }
        }
        digest | 1
    }
}
