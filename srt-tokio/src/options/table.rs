//! The table: every option that can be set, with what there is to know about it.

/// Calls `$emit!` with every option, in the order in which they must be applied: the transmission
/// mode first, as it resets others; what takes room from a packet before the payload's size; the
/// size of a segment before the buffers that are counted in it; and the flow window before the
/// receive buffer, whose limit it is.
///
/// An entry reads:
///
/// - its documentation, then its name and the type of its value, or two if the setter takes more
///   than what is kept;
/// - the constant in [`sys::option`](crate::sys::option), the name in C, and the function of
///   [`write`](super::write) that sets it;
/// - the last phase in which libsrt takes it, the unit, the default and what it must be;
/// - if it can be read, the getter, its type, and the function of [`read`](super::read); after
///   `unconnected` where a stream tells it in a way of its own, or has no use for it;
/// - if it can be set on a connection, the setter there;
/// - if not every libsrt has it, which ones have.
macro_rules! for_each_option {
    ($emit:ident) => {
        $emit! {
            /// How data is cut up and timed. Both sides must agree, or the connection is rejected.
            ///
            /// Sets the defaults of several other options, in libsrt's terms of `SRTO_CONGESTION`,
            /// `SRTO_MESSAGEAPI`, `SRTO_TSBPDMODE`, `SRTO_TLPKTDROP`, `SRTO_NAKREPORT`,
            /// `SRTO_LATENCY`, `SRTO_SNDDROPDELAY`, `SRTO_LINGER`, `SRTO_PAYLOADSIZE` and
            /// `SRTO_RETRANSMITALGO`. It is applied before all others, whenever it is set.
            #[doc(alias = "SRTO_MESSAGEAPI")]
            #[doc(alias = "SRTO_CONGESTION")]
            transmission_mode(crate::options::TransmissionMode) {
                option: TRANSTYPE, "SRTO_TRANSTYPE", transmission_mode;
                pre_bind, "", "`Live`", "a mode that this libsrt knows";
                unconnected: transmission_mode -> crate::options::TransmissionMode,
                    transmission_mode;
            }

            /// Whether what arrives is delivered with the timing that it was sent with, after the
            /// [latency](Self::latency). Otherwise it is delivered as soon as it is complete.
            timestamp_delivery(bool) {
                option: TSBPDMODE, "SRTO_TSBPDMODE", flag;
                pre, "", "true in live mode, false in the file modes",
                "true unless the cipher mode is not AES-GCM";
                get: timestamp_delivery -> bool, flag;
            }

            /// Whether a receiver passes over what is not there when its time has come, and a sender
            /// drops what would come too late.
            ///
            /// Without it, but with [`timestamp_delivery`](Self::timestamp_delivery), a packet that
            /// is missing when its time has come keeps a CPU busy until it is there: libsrt's thread
            /// that delivers packets looks for it without a pause (1.5.1 to 1.5.5). For a stream that
            /// shall be complete, switch both off.
            too_late_drop(bool) {
                option: TLPKTDROP, "SRTO_TLPKTDROP", flag;
                pre, "", "true in live mode, false in the file modes", "true or false";
                get: too_late_drop -> bool, flag;
            }

            /// The time between the sending of a packet and its delivery, in which losses are
            /// repaired. Each direction takes the greater one of the two sides' wishes.
            ///
            /// Sets both [`receive_latency`](Self::receive_latency) and
            /// [`peer_latency`](Self::peer_latency).
            latency(std::time::Duration) {
                option: LATENCY, "SRTO_LATENCY", millis;
                pre, "whole milliseconds", "120 ms to receive and 0 for the peer in live mode",
                "0 or more";
            }

            /// The latency of the receiving direction alone.
            receive_latency(std::time::Duration) {
                option: RCVLATENCY, "SRTO_RCVLATENCY", millis;
                pre, "whole milliseconds", "120 ms in live mode, 0 in the file modes", "0 or more";
                get: receive_latency -> std::time::Duration, millis;
            }

            /// The least latency that the peer shall receive with.
            peer_latency(std::time::Duration) {
                option: PEERLATENCY, "SRTO_PEERLATENCY", millis;
                pre, "whole milliseconds", "0", "0 or more";
                get: peer_latency -> std::time::Duration, millis;
            }

            /// Encrypts the connection. Both sides must have the same passphrase.
            ///
            /// A wrong one is refused with [`BadSecret`](crate::RejectReason::BadSecret), one on
            /// one side only with [`Unsecure`](crate::RejectReason::Unsecure); see
            /// [`enforced_encryption`](Self::enforced_encryption).
            passphrase(crate::options::Passphrase) {
                option: PASSPHRASE, "SRTO_PASSPHRASE", passphrase;
                pre, "", "none", "10 to 80 bytes";
                needs: "a libsrt built with encryption (ENABLE_ENCRYPTION)";
            }

            /// The length of the key, where there is a passphrase. Set it on one side only; the
            /// other takes it over. If both have one, the listener's is used.
            key_length(crate::options::KeyLength) {
                option: PBKEYLEN, "SRTO_PBKEYLEN", key_length;
                pre, "", "the peer's, or else AES-128", "AES-128, AES-192 or AES-256";
                unconnected: key_length -> Option<crate::options::KeyLength>, key_length;
                needs: "a libsrt built with encryption (ENABLE_ENCRYPTION)";
            }

            /// How packets are encrypted, where there is a passphrase. If the two sides do not go
            /// together the connection is rejected with [`Crypto`](crate::RejectReason::Crypto).
            ///
            /// AES-GCM takes 16 bytes of each packet, and needs
            /// [`timestamp_delivery`](Self::timestamp_delivery).
            cipher_mode(crate::options::CipherMode) {
                option: CRYPTOMODE, "SRTO_CRYPTOMODE", cipher_mode;
                pre, "", "`Auto`", "AES-CTR where there is no timestamp delivery";
                get: cipher_mode -> crate::options::CipherMode, cipher_mode;
                needs: "libsrt 1.5.2 or later, built with ENABLE_AEAD_API_PREVIEW and, for AES-GCM, \
                        with USE_ENCLIB=openssl-evp or botan";
            }

            /// Whether a connection is rejected if the passphrases differ or one side has none.
            ///
            /// If neither side enforces it, they connect, and what cannot be decrypted is thrown
            /// away: see [`SrtStream::encryption`](crate::SrtStream::encryption). A listener that
            /// does not enforce it may accept callers that do, and at once break off.
            enforced_encryption(bool) {
                option: ENFORCEDENCRYPTION, "SRTO_ENFORCEDENCRYPTION", flag;
                pre, "", "true", "true or false";
                get: enforced_encryption -> bool, flag;
            }

            /// After how many packets a sender begins to use a new key. 0 is libsrt's default.
            ///
            /// Resets [`key_pre_announce`](Self::key_pre_announce) to the most that it allows,
            /// unless that is set as well.
            key_refresh_rate(u32) {
                option: KMREFRESHRATE, "SRTO_KMREFRESHRATE", integer;
                pre, "packets", "0, for 16777216", "0 to 2147483647";
                get: key_refresh_rate -> u32, integer;
            }

            /// How many packets before its first use a new key is announced, and after its last use
            /// an old one is still valid. It should be as many as can be
            /// [in flight](Self::flow_window). 0 is libsrt's default.
            key_pre_announce(u32) {
                option: KMPREANNOUNCE, "SRTO_KMPREANNOUNCE", integer;
                pre, "packets", "0, for 4096", "at most (key_refresh_rate - 1) / 2";
                get: key_pre_announce -> u32, integer;
            }

            /// What a caller asks the listener for. A listener ignores its own.
            stream_id(crate::options::StreamId) {
                option: STREAMID, "SRTO_STREAMID", stream_id;
                pre, "", "empty", "512 bytes at most";
                unconnected: stream_id -> crate::options::StreamId, stream_id;
            }

            /// The oldest libsrt, or what calls itself one, that the peer may have. Others are
            /// rejected with [`Version`](crate::RejectReason::Version).
            ///
            /// Peers from before 1.3.0 say only after the handshake whether they encrypt, so that libsrt
            /// lets them in without it. Where a passphrase is set and encryption is
            /// [enforced](Self::enforced_encryption), they are therefore rejected unless a version is
            /// set here.
            min_peer_version(impl Into<crate::options::Version>, crate::options::Version) {
                option: MINVERSION, "SRTO_MINVERSION", version;
                pre, "", "1.0.0; 1.3.0 where encryption is enforced", "a version";
                get: min_peer_version -> crate::options::Version, version;
            }

            /// Whether this side is the one that sends. Of use only for peers older than 1.3.0,
            /// which send in one direction alone.
            sender(bool) {
                option: SENDER, "SRTO_SENDER", flag;
                pre, "", "false", "true or false";
                get: sender -> bool, flag;
            }

            /// How long a caller waits for an answer. A rendezvous waits ten times as long.
            connect_timeout(std::time::Duration) {
                option: CONNTIMEO, "SRTO_CONNTIMEO", millis;
                pre, "whole milliseconds", "3 s", "0 or more";
                get: connect_timeout -> std::time::Duration, millis;
            }

            /// How long the peer may be silent until the connection counts as lost.
            peer_idle_timeout(std::time::Duration) {
                option: PEERIDLETIMEO, "SRTO_PEERIDLETIMEO", millis;
                pre, "whole milliseconds", "5 s", "0 or more";
                get: peer_idle_timeout -> std::time::Duration, millis;
            }

            /// Sends redundant packets, out of which the receiver rebuilds lost ones. Where the listener
            /// [allows](Self::allow_peer_filter) it, it is enough to set it on the caller's side; if both do, what they say must not contradict, or the
            /// connection is rejected with [`Filter`](crate::RejectReason::Filter). If the listener
            /// alone does, its libsrt 1.5.5 or later goes without, and older ones impose it on callers
            /// that [allow](Self::allow_peer_filter) it:
            /// [`SrtStream::packet_filter`](crate::SrtStream::packet_filter) is what the two sides
            /// have come to, `None` if there is no filter.
            ///
            /// Takes a few bytes of each packet, which makes the greatest
            /// [`payload_size`](Self::payload_size) smaller. In live mode only.
            ///
            /// Both sides must have the same `payload_size`. With a filter, libsrt up to 1.5.5 writes
            /// past the end of its memory when it receives a packet that is larger than its own
            /// side's, be the filter its own or its peer's. The [firewall](Self::firewall) drops such
            /// packets, and handshakes of peers that bring a filter to a socket without one unless
            /// [`allow_peer_filter`](Self::allow_peer_filter) is set. Without the firewall, any caller can
            /// ask a listener for a filter: let in only whom you trust to have the same `payload_size`,
            /// by a [`passphrase`](Self::passphrase) or a
            /// [decision](crate::SrtListenerBuilder::on_request).
            #[doc(alias = "FEC")]
            packet_filter(impl Into<crate::options::PacketFilter>, crate::options::PacketFilter) {
                option: PACKETFILTER, "SRTO_PACKETFILTER", packet_filter;
                pre, "", "none, but the peer's if it has one",
                "a configuration of a filter that this libsrt has";
                get: packet_filter -> Option<crate::options::PacketFilter>, packet_filter;
            }

            /// The greatest message in live mode. Not negotiated; this library receives any size, but
            /// nothing larger than this where a packet filter may be in use
            /// ([`allow_peer_filter`](Self::allow_peer_filter)).
            /// In the file modes it should be 0, which means as large as a packet can be.
            payload_size(usize) {
                option: PAYLOADSIZE, "SRTO_PAYLOADSIZE", payload_size;
                pre, "bytes", "1316, seven packets of MPEG-TS, in live mode, 0 in the file modes",
                "0 to 1456, less what a packet filter or AES-GCM takes";
                get: payload_size -> usize, integer;
            }

            /// The greatest size of a UDP packet with its headers. Of the two sides' sizes the
            /// smaller one is used.
            ///
            /// libsrt takes less and more, but the longest stream id has no room in a smaller packet,
            /// much smaller ones damage its memory, and peers refuse greater ones.
            max_segment_size(usize) {
                option: MSS, "SRTO_MSS", segment_size;
                pre_bind, "bytes", "1500", "1070 to 1500";
                get: max_segment_size -> usize, integer;
            }

            /// The system's send buffer of the UDP port, or what the system allows of it.
            #[doc(alias = "SO_SNDBUF")]
            udp_send_buffer_size(usize) {
                option: UDP_SNDBUF, "SRTO_UDP_SNDBUF", exact;
                pre_bind, "bytes", "65536", "max_segment_size or more";
                get: udp_send_buffer_size -> usize, integer;
            }

            /// The system's receive buffer of the UDP port, or what the system allows of it, on
            /// Linux `net.core.rmem_max`.
            #[doc(alias = "SO_RCVBUF")]
            udp_receive_buffer_size(usize) {
                option: UDP_RCVBUF, "SRTO_UDP_RCVBUF", exact;
                pre_bind, "bytes", "12288000", "max_segment_size or more";
                get: udp_receive_buffer_size -> usize, integer;
            }

            /// The most packets in flight: sent, and not acknowledged. It also limits the receive
            /// buffer.
            flow_window(usize) {
                option: FC, "SRTO_FC", integer;
                pre, "packets", "25600", "32 or more";
                get: flow_window -> usize, integer;
            }

            /// The send buffer. Rounded down to packets, of
            /// [`max_segment_size`](Self::max_segment_size) less 28 bytes each.
            send_buffer_size(usize) {
                option: SNDBUF, "SRTO_SNDBUF", integer;
                pre_bind, "bytes", "12058624, for 8192 packets", "1 or more";
                get: send_buffer_size -> usize, integer;
            }

            /// The receive buffer. Rounded down to packets, of
            /// [`max_segment_size`](Self::max_segment_size) less 28 bytes each, of which it has at
            /// least 32.
            receive_buffer_size(usize) {
                option: RCVBUF, "SRTO_RCVBUF", receive_buffer;
                pre_bind, "bytes", "12058624, for 8192 packets", "1 to what flow_window holds";
                get: receive_buffer_size -> usize, integer;
            }

            /// Whether a receiver goes on to report losses until they are repaired.
            nak_reports(bool) {
                option: NAKREPORT, "SRTO_NAKREPORT", flag;
                pre, "", "true in live mode, false in the file modes", "true or false";
                get: nak_reports -> bool, flag;
            }

            /// How often a sender repeats what is reported as lost.
            retransmit_algorithm(crate::options::RetransmitAlgorithm) {
                option: RETRANSMITALGO, "SRTO_RETRANSMITALGO", retransmit_algorithm;
                pre, "", "`Efficient` in live mode, `Aggressive` in the file modes",
                "an algorithm that this libsrt knows";
                get: retransmit_algorithm -> crate::options::RetransmitAlgorithm,
                    retransmit_algorithm;
            }

            /// How many packets may overtake another one before it counts as lost. The tolerance
            /// begins at this value, and follows what is seen of reordering up to it.
            #[doc(alias = "reorder")]
            max_reorder_tolerance(u32) {
                option: LOSSMAXTTL, "SRTO_LOSSMAXTTL", integer;
                post, "packets", "0", "0 to 2147483647";
                get: max_reorder_tolerance -> u32, integer;
                set: set_max_reorder_tolerance;
            }

            /// How much longer than the latency a sender waits before it drops what would come too
            /// late, 1020 ms in all at least. `None` never drops.
            send_drop_delay(impl Into<Option<std::time::Duration>>, Option<std::time::Duration>) {
                option: SNDDROPDELAY, "SRTO_SNDDROPDELAY", optional_millis;
                post, "whole milliseconds", "0 in live mode, `None` in the file modes", "0 or more";
                get: send_drop_delay -> Option<std::time::Duration>, optional_millis;
                set: set_send_drop_delay;
            }

            /// Whether a receiver follows the drift between its clock and the sender's.
            drift_tracer(bool) {
                option: DRIFTTRACER, "SRTO_DRIFTTRACER", flag;
                post, "", "true", "true or false";
                get: drift_tracer -> bool, flag;
                set: set_drift_tracer;
            }

            /// The limit of what is sent, repeated packets included.
            max_bandwidth(impl Into<crate::options::MaxBandwidth>, crate::options::MaxBandwidth) {
                option: MAXBW, "SRTO_MAXBW", max_bandwidth;
                post, "bytes per second in C", "`Unlimited`", "a bandwidth";
                get: max_bandwidth -> crate::options::MaxBandwidth, max_bandwidth;
                set: set_max_bandwidth;
            }

            /// The bandwidth of what is to be sent, for
            /// [`MaxBandwidth::FollowInput`](crate::MaxBandwidth::FollowInput). Zero has libsrt
            /// measure it.
            input_bandwidth(crate::options::Bandwidth) {
                option: INPUTBW, "SRTO_INPUTBW", bandwidth;
                post, "bytes per second in C", "zero", "a bandwidth";
                get: input_bandwidth -> crate::options::Bandwidth, bandwidth;
                set: set_input_bandwidth;
            }

            /// What libsrt shall at least take for the bandwidth where it measures it; see
            /// [`input_bandwidth`](Self::input_bandwidth).
            min_input_bandwidth(crate::options::Bandwidth) {
                option: MININPUTBW, "SRTO_MININPUTBW", bandwidth;
                post, "bytes per second in C", "zero", "a bandwidth";
                get: min_input_bandwidth -> crate::options::Bandwidth, bandwidth;
                set: set_min_input_bandwidth;
            }

            /// How much may be sent over the [`input_bandwidth`](Self::input_bandwidth), for packets
            /// to be repeated.
            overhead_bandwidth(u8) {
                option: OHEADBW, "SRTO_OHEADBW", integer;
                post, "percent", "25", "5 to 100";
                get: overhead_bandwidth -> u8, integer;
                set: set_overhead_bandwidth;
            }

            /// The limit of what is repeated. `None` is no limit, zero repeats nothing.
            max_retransmit_bandwidth(
                impl Into<Option<crate::options::Bandwidth>>,
                Option<crate::options::Bandwidth>
            ) {
                option: MAXREXMITBW, "SRTO_MAXREXMITBW", optional_bandwidth;
                post, "bytes per second in C", "`None`", "a bandwidth";
                get: max_retransmit_bandwidth -> Option<crate::options::Bandwidth>,
                    optional_bandwidth;
                set: set_max_retransmit_bandwidth;
                needs: "libsrt 1.5.3 or later, built with ENABLE_MAXREXMITBW";
            }

            /// Whether a listener takes groups of connections as well; see
            /// [`SrtGroup`](crate::SrtGroup). Otherwise they are rejected, with
            /// [`Group`](crate::RejectReason::Group) or, by most versions of libsrt,
            /// [`Rogue`](crate::RejectReason::Rogue).
            #[doc(alias = "bonding")]
            group_connect(bool) {
                option: GROUPCONNECT, "SRTO_GROUPCONNECT", flag;
                pre, "", "false", "true or false";
                unconnected: group_connect -> bool, wide_flag;
                needs: "a libsrt built with bonding (ENABLE_BONDING), as the feature `vendored` does";
            }

            /// How long at least a link of a [backup](crate::GroupType::Backup) group may be silent
            /// until another one takes over beside it.
            ///
            /// More than 5 s are refused by libsrt 1.5.5, whatever
            /// [`peer_idle_timeout`](Self::peer_idle_timeout) is: connecting the group then fails
            /// with [`Error::Unsupported`](crate::Error::Unsupported).
            group_min_stability_timeout(std::time::Duration) {
                option: GROUPMINSTABLETIMEO, "SRTO_GROUPMINSTABLETIMEO", millis;
                pre, "whole milliseconds", "60 ms", "60 ms to peer_idle_timeout";
                get: group_min_stability_timeout -> std::time::Duration, millis;
                needs: "a libsrt built with bonding (ENABLE_BONDING), as the feature `vendored` does";
            }

            /// How many routers a packet may pass: IPv4's time to live, IPv6's hop limit.
            #[doc(alias = "IP_TTL")]
            ip_ttl(u8) {
                option: IPTTL, "SRTO_IPTTL", integer;
                pre_bind, "hops", "the system's", "1 to 255";
                get: ip_ttl -> Option<u8>, optional_byte;
            }

            /// The class of packets: IPv4's type of service, IPv6's traffic class.
            #[doc(alias = "IP_TOS")]
            #[doc(alias = "DSCP")]
            ip_tos(u8) {
                option: IPTOS, "SRTO_IPTOS", integer;
                pre_bind, "", "the system's", "0 to 255";
                get: ip_tos -> Option<u8>, optional_byte;
            }

            /// The only network interface to send and receive on. Linux only, for IPv4 only, and the
            /// process must be privileged (`CAP_NET_RAW`), or binding fails.
            #[doc(alias = "SO_BINDTODEVICE")]
            bind_to_device(crate::options::DeviceName) {
                option: BINDTODEVICE, "SRTO_BINDTODEVICE", device;
                pre_bind, "", "none", "1 to 15 bytes";
                get: bind_to_device -> Option<crate::options::DeviceName>, device;
                needs: "Linux";
            }

            /// Whether the UDP port may be shared with other sockets of this library, which are bound
            /// to the same address and have the same options of the port.
            ///
            /// Has nothing to do with `SO_REUSEADDR`.
            reuse_address(bool) {
                option: REUSEADDR, "SRTO_REUSEADDR", flag;
                pre_bind, "", "true", "true or false";
                get: reuse_address -> bool, flag;
            }

            /// Whether a socket bound to an IPv6 address refuses IPv4. By default the wildcard
            /// address `::` takes both.
            #[doc(alias = "IPV6_V6ONLY")]
            ipv6_only(bool) {
                option: IPV6ONLY, "SRTO_IPV6ONLY", flag;
                pre_bind, "", "false for `::`, else the system's", "true or false";
                get: ipv6_only -> Option<bool>, optional_flag;
            }

            /// How long a close may take to deliver what was sent: for
            /// [`SrtStream::close`](crate::SrtStream::close), and in the background when a stream
            /// is dropped. Zero means not at all. By default 180 s in the file modes; in live mode
            /// 3 s, or more if the latency is longer, for `close`, and nothing is sent after a drop.
            ///
            /// This library does it itself; libsrt's option is always off.
            linger(std::time::Duration) {
                option: LINGER, "SRTO_LINGER", nothing;
                post, "any", "as above", "0 or more";
            }
        }
    };
}
pub(super) use for_each_option;
