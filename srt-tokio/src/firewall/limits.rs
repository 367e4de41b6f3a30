//! The limits of one UDP port.

/// What a peer may ask of the sockets on a port. Bytes are of datagrams, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the firewall is Linux's"))]
pub(crate) struct Limits {
    /// The most bytes of a data packet's payload.
    pub(crate) payload: u32,
    /// Whether a packet filter (FEC) may be in use. libsrt then writes payloads to buffers of the size of
    /// its own payloads, without a look at their length.
    pub(crate) filter: bool,
    /// The greatest flow window, in packets. libsrt allocates 48 bytes a packet of it.
    pub(crate) max_flow_window: u32,
    /// The most packets that a peer may ask to drop at once.
    pub(crate) max_dropped: u32,
    /// The smallest size of a segment, in bytes with the headers of IPv4 and UDP. libsrt builds its answer
    /// in a buffer of the peer's size.
    pub(crate) min_segment_size: u32,
}

#[cfg(any(test, target_os = "linux"))]
impl Limits {
    /// Limits that admit what either of two sockets on the port admits. Where a packet filter may be in
    /// use, the smaller payload counts, as the program cannot tell connections apart.
    pub(crate) fn or(self, other: Self) -> Self {
        let payload = match (self.filter, other.filter) {
            (true, false) => self.payload,
            (false, true) => other.payload,
            (true, true) => self.payload.min(other.payload),
            (false, false) => self.payload.max(other.payload),
        };
        Self {
            payload,
            filter: self.filter || other.filter,
            max_flow_window: self.max_flow_window.max(other.max_flow_window),
            max_dropped: self.max_dropped.max(other.max_dropped),
            min_segment_size: self.min_segment_size.min(other.min_segment_size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_admits_what_one_of_its_sockets_admits_but_no_payload_that_a_filter_cannot_take() {
        let plain = Limits {
            payload: 1456,
            filter: false,
            max_flow_window: 100,
            max_dropped: 8192,
            min_segment_size: 400,
        };
        let filtered = Limits {
            payload: 1316,
            filter: true,
            max_flow_window: 50,
            max_dropped: 8192,
            min_segment_size: 316,
        };
        let both = Limits {
            payload: 1316,
            filter: true,
            max_flow_window: 100,
            max_dropped: 8192,
            min_segment_size: 316,
        };
        assert_eq!(plain.or(filtered), both);
        assert_eq!(filtered.or(plain), both);
        let jumbo = Limits { payload: 8956, ..plain };
        assert_eq!(plain.or(jumbo).payload, 8956);
        let smaller = Limits { payload: 1000, ..filtered };
        assert_eq!(filtered.or(smaller).payload, 1000);
    }
}
