//! The options of libsrt that the table does not have, and why.

macro_rules! options_without_setter {
    ($($c:literal: $reason:literal;)*) => {
        macro_rules! docs {
            () => {
                concat!(
                    "# Options of libsrt without a setter\n\n| | |\n|---|---|\n",
                    $("| `", $c, "` | ", $reason, " |\n",)*
                )
            };
        }
        pub(super) use docs;

        /// Names and reasons.
        #[cfg(test)]
        pub(super) const UNSET: &[(&str, &str)] = &[$(($c, $reason),)*];
    };
}

options_without_setter! {
    "SRTO_CONGESTION": "set by [`transmission_mode`](Self::transmission_mode)";
    "SRTO_EVENT": "what the reactor waits for; see [`readable`](crate::SrtStream::readable) and \
                   [`writable`](crate::SrtStream::writable)";
    "SRTO_GROUPTYPE": "read only: [`SrtGroup::group_type`](crate::SrtGroup::group_type)";
    "SRTO_ISN": "read by [`initial_sequence_number`](crate::SrtStream::initial_sequence_number)";
    "SRTO_KMSTATE": "the state of one direction; [`encryption`](crate::SrtStream::encryption) reads both";
    "SRTO_MESSAGEAPI": "set by [`transmission_mode`](Self::transmission_mode)";
    "SRTO_PEERVERSION": "read by [`peer_version`](crate::SrtStream::peer_version)";
    "SRTO_RCVDATA": "in the [statistics](crate::Stats::receive_buffer_packets)";
    "SRTO_RCVKMSTATE": "read by [`encryption`](crate::SrtStream::encryption)";
    "SRTO_RCVSYN": "always off: no call of this library blocks";
    "SRTO_RCVTIMEO": "of calls that block; every future can go into `tokio::time::timeout`";
    "SRTO_RENDEZVOUS": "set by [`rendezvous`](crate::SrtStream::rendezvous)";
    "SRTO_SNDDATA": "in the [statistics](crate::Stats::send_buffer_packets)";
    "SRTO_SNDKMSTATE": "read by [`encryption`](crate::SrtStream::encryption)";
    "SRTO_SNDSYN": "always off: no call of this library blocks";
    "SRTO_SNDTIMEO": "of calls that block; every future can go into `tokio::time::timeout`";
    "SRTO_STATE": "known from what operations return";
    "SRTO_VERSION": "read by [`libsrt_version`](crate::libsrt_version)";
}
