//! The options of the firewall, which libsrt knows nothing of.

use std::fmt;
use std::ops::RangeInclusive;

use super::port::DEFAULT_MAX_SEGMENT_SIZE;
use super::{CipherMode, OptionPhase, SrtOptions, TransmissionMode, write};
use crate::error::Error;
use crate::firewall::{Firewall, Limits, PortPolicy};
use crate::sys::{RawSocket, option};

/// What is set of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FirewallOptions {
    pub(crate) firewall: Option<Firewall>,
    pub(crate) max_peer_flow_window: Option<u32>,
    pub(crate) min_peer_segment_size: Option<u32>,
    pub(crate) allow_peer_filter: Option<bool>,
}

/// Calls `$act!` with the name of every field.
macro_rules! for_each_field {
    ($act:ident) => {
        $act!(firewall);
        $act!(max_peer_flow_window);
        $act!(min_peer_segment_size);
        $act!(allow_peer_filter);
    };
}

impl FirewallOptions {
    /// Takes over what is set in `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        macro_rules! merge {
            ($name:ident) => {
                self.$name = other.$name.or(self.$name);
            };
        }
        for_each_field!(merge);
    }

    /// The setter of an option that is not the same in `other`, if there is one.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        macro_rules! compare {
            ($name:ident) => {
                if self.$name != other.$name {
                    return Some(stringify!($name));
                }
            };
        }
        for_each_field!(compare);
        None
    }

    /// Shows what is set.
    pub(super) fn show(&self, options: &mut fmt::DebugStruct<'_, '_>) {
        macro_rules! show {
            ($name:ident) => {
                if let Some(value) = &self.$name {
                    options.field(stringify!($name), value);
                }
            };
        }
        for_each_field!(show);
    }
}

/// The payload of a packet is so much smaller than its segment: the headers of IPv4, UDP and SRT.
const HEADERS: usize = 44;

/// libsrt's, in live mode.
const DEFAULT_PAYLOAD_SIZE: usize = 1316;

/// libsrt's own.
const DEFAULT_FLOW_WINDOW: usize = 25_600;

/// A message of live mode is one packet, and what is not dropped on request is dropped when its time has
/// come. libsrt 1.5.1 took 0.06 s for that many, and 4 s for 25,600.
const MAX_DROPPED_LIVE: usize = 2048;

/// libsrt needs 48 bytes a packet.
const DEFAULT_MAX_FLOW_WINDOW: u32 = 262_144;

/// The longest answer to a handshake, with its headers: 44 bytes of these, the handshake's 48, and the
/// extensions, each with 4 bytes of its own, HSRSP (12 bytes), KMRSP (104 with two keys of 32 bytes),
/// CONGESTION (16), FILTER (64) and GROUP (8).
const DEFAULT_MIN_SEGMENT_SIZE: u32 = 44 + 48 + 5 * 4 + 12 + 104 + 16 + 64 + 8;

/// libsrt's in live mode, less what a filter takes of it.
const MAX_FILTERED_PAYLOAD_SIZE: usize = 1456 - 4;

/// What AES-GCM adds to a payload.
const AUTHENTICATION_TAG: usize = 16;

/// The least and the greatest flow window of a peer that can be asked for. With the latter, a handshake
/// can take 800 MB.
const FLOW_WINDOWS: RangeInclusive<u32> = 32..=1 << 24;

/// The least and the greatest segment of a peer that can be asked for.
const SEGMENT_SIZES: RangeInclusive<u32> = 76..=65_536;

/// Gives `SrtOptions` or a builder, whose options are `$options`, the setters.
macro_rules! firewall_setters {
    ($self:ident => $options:expr) => {
        /// Whether malformed datagrams are dropped by the kernel before libsrt parses them.
        ///
        /// Released versions of libsrt, 1.5.5 among them, can be crashed by a single datagram of
        /// anybody who can reach the port, with or without a passphrase. The firewall lets only
        /// well-formed SRT packets pass; `SECURITY.md` in the repository lists what it stops, and what it
        /// cannot. [`ReactorMetrics::dropped_datagrams`](crate::ReactorMetrics::dropped_datagrams) counts
        /// what it drops, and a warning of the target `srt_tokio::firewall`, at most one in ten seconds,
        /// says so.
        ///
        /// Linux only. Elsewhere, and where the kernel refuses the filter (`SO_ATTACH_FILTER`, which needs
        /// no privileges), there is one warning for the reason and no firewall, unless it is
        /// [`Required`](crate::Firewall::Required). The first socket on a UDP port decides whether all
        /// that share it are behind the firewall. Of their limits the most permissive ones hold. A
        /// [UDP socket of one's own](crate::SrtSocket::bind_udp) gets the filter in place of one that it
        /// has.
        ///
        /// | set | default |
        /// |---|---|
        /// | before binding | [`On`](crate::Firewall::On) |
        #[doc(alias = "SO_ATTACH_FILTER")]
        #[doc(alias = "BPF")]
        pub fn firewall(&mut $self, firewall: impl Into<crate::Firewall>) -> &mut Self {
            $options.firewall.firewall = Some(firewall.into());
            $self
        }

        /// The greatest flow window, in packets, that a peer's handshake may announce. libsrt
        /// allocates 48 bytes for each packet of it, before the peer has proved to know a passphrase.
        /// Handshakes that announce more are dropped by the [firewall](Self::firewall): less than 25,600
        /// keeps out callers with libsrt's default window. Of the sockets that share a UDP port, the
        /// greatest limit holds.
        ///
        /// | set | unit | default | must be |
        /// |---|---|---|---|
        /// | before binding | packets | 262144, ten times libsrt's default window | 32 to 16777216 |
        pub fn max_peer_flow_window(&mut $self, packets: u32) -> &mut Self {
            $options.firewall.max_peer_flow_window = Some(packets);
            $self
        }

        /// The smallest segment, in bytes with the headers of IPv4 and UDP, that a peer's handshake may
        /// announce as its [`max_segment_size`](Self::max_segment_size). libsrt writes its answer to a
        /// buffer of that size without a look at the length. Handshakes that announce less are dropped
        /// by the [firewall](Self::firewall): more than 1500 keeps out all with the default size. Of the
        /// sockets that share a UDP port, the smallest limit holds.
        ///
        /// | set | unit | default | must be |
        /// |---|---|---|---|
        /// | before binding | bytes | 316, the longest answer that there is | 76 to 65536 |
        pub fn min_peer_segment_size(&mut $self, bytes: u32) -> &mut Self {
            $options.firewall.min_peer_segment_size = Some(bytes);
            $self
        }

        /// Whether a peer may bring a packet filter (FEC) where this side has no
        /// [`packet_filter`](Self::packet_filter) set.
        ///
        /// libsrt writes what it receives on a connection with a filter to buffers of the size of its own
        /// [`payload_size`](Self::payload_size), without a look at the length. Where a filter may be
        /// in use, set here or brought by a peer, the [firewall](Self::firewall) therefore drops data
        /// packets with a longer payload, of all connections on the UDP port. Otherwise it drops
        /// handshakes with a filter. The attempt of a caller with a filter then times out; that of a caller
        /// without one on a listener that imposes its filter (libsrt before 1.5.5) fails with
        /// [`Rogue`](crate::RejectReason::Rogue) after the timeout.
        ///
        /// Where a filter may be in use, the [`cipher_mode`](Self::cipher_mode) is AES-CTR unless it is set:
        /// peers with AES-GCM are rejected, as their packets are longer.
        ///
        /// | set | default | must be |
        /// |---|---|---|
        /// | before listening or connecting | false | false in the file modes and with a `payload_size` of 0 |
        #[doc(alias = "FEC")]
        pub fn allow_peer_filter(&mut $self, allow: bool) -> &mut Self {
            $options.firewall.allow_peer_filter = Some(allow);
            $self
        }
    };
}
pub(crate) use firewall_setters;

impl SrtOptions {
    /// Whether these can be set on a socket that has its UDP port.
    pub(crate) fn check_bound(&self) -> Result<(), Error> {
        let FirewallOptions { firewall, max_peer_flow_window, min_peer_segment_size, .. } =
            &self.firewall;
        let late = |option| Err(Error::WrongPhase { option, phase: OptionPhase::PreBind });
        if firewall.is_some() {
            return late("firewall");
        }
        if max_peer_flow_window.is_some() {
            return late("max_peer_flow_window");
        }
        if min_peer_segment_size.is_some() {
            return late("min_peer_segment_size");
        }
        Ok(())
    }

    /// What these options say about the UDP port of a socket.
    pub(crate) fn port_policy(&self) -> Result<PortPolicy, Error> {
        let invalid = |option, reason| Err(Error::InvalidOption { option, reason });
        let of = &self.firewall;
        let max_flow_window = of.max_peer_flow_window.unwrap_or(DEFAULT_MAX_FLOW_WINDOW);
        if !FLOW_WINDOWS.contains(&max_flow_window) {
            return invalid("max_peer_flow_window", "must be 32 to 16777216");
        }
        let min_segment_size = of.min_peer_segment_size.unwrap_or(DEFAULT_MIN_SEGMENT_SIZE);
        if !SEGMENT_SIZES.contains(&min_segment_size) {
            return invalid("min_peer_segment_size", "must be 76 to 65536");
        }
        let segment = self.max_segment_size.unwrap_or(DEFAULT_MAX_SEGMENT_SIZE);
        let filtered_payload = self.filtered_payload();
        let filter = filtered_payload.is_some();
        let is_live = self.transmission_mode.is_none_or(|mode| mode == TransmissionMode::Live);
        if filter && (!is_live || self.payload_size == Some(0)) {
            // libsrt would give the filter buffers of no size.
            return invalid("allow_peer_filter", "needs live mode and a payload_size other than 0");
        }
        let payload = filtered_payload.unwrap_or_else(|| segment.saturating_sub(HEADERS));
        let window = self.flow_window.unwrap_or(DEFAULT_FLOW_WINDOW);
        let max_dropped = if is_live { window.min(MAX_DROPPED_LIVE) } else { window } as u32;
        let payload = payload as u32;
        let limits = Limits { payload, filter, max_flow_window, max_dropped, min_segment_size };
        let firewall = self.firewall_of_port();
        Ok(PortPolicy { firewall, limits, ipv6_only: self.ipv6_only })
    }

    /// Whether the UDP port is to be behind the firewall.
    pub(super) fn firewall_of_port(&self) -> Firewall {
        self.firewall.firewall.unwrap_or_default()
    }

    /// Whether there may be a packet filter on a connection.
    pub(crate) fn may_have_filter(&self) -> bool {
        self.packet_filter.is_some() || self.firewall.allow_peer_filter == Some(true)
    }

    /// The most that may come in a data packet, if there may be a packet filter.
    pub(crate) fn filtered_payload(&self) -> Option<usize> {
        if !self.may_have_filter() {
            return None;
        }
        let tag = match self.cipher_mode {
            Some(CipherMode::AesGcm) => AUTHENTICATION_TAG,
            _ => 0,
        };
        let payload = self.payload_size.unwrap_or(DEFAULT_PAYLOAD_SIZE);
        Some(payload.min(MAX_FILTERED_PAYLOAD_SIZE) + tag)
    }

    /// Where encryption is enforced, has libsrt reject peers from before version 1.3.0, unless the options say
    /// otherwise: it lets them in without it, because they say only later whether they encrypt.
    pub(super) fn settle_min_peer_version(&self, socket: &RawSocket) -> Result<(), Error> {
        /// libsrt 1.3.0.
        const WITH_EXTENSIONS: i32 = 0x01_03_00;

        let is_enforced = self.passphrase.is_some() && self.enforced_encryption != Some(false);
        if !is_enforced || self.min_peer_version.is_some() {
            return Ok(());
        }
        // Not below what a listener has set.
        if socket.get_i32(option::MINVERSION)? < WITH_EXTENSIONS {
            socket.set_i32(option::MINVERSION, WITH_EXTENSIONS)?;
        }
        Ok(())
    }

    /// Where there may be a packet filter, has libsrt not take the cipher mode from the caller: the room for
    /// AES-GCM's tag depends on it, and must be known for the port.
    pub(super) fn settle_cipher_mode(&self, socket: &RawSocket) {
        if self.may_have_filter() && self.cipher_mode.is_none() {
            // A libsrt without cipher modes has the one only.
            let _ = write::cipher_mode(socket, option::CRYPTOMODE, &CipherMode::AesCtr);
        }
    }
}
